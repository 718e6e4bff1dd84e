/* SPDX-License-Identifier: Apache-2.0
 *
 * device-module.h: the loadable back end; private to engine/train.
 */
#pragma once

#include <glib.h>

#include "kernels/device.h"

G_BEGIN_DECLS

/* The class of the CUDA module, loaded at the first call and never unloaded: vendors' libraries leave threads behind.
 * NULL where there is none; *why (transfer none) then holds a sentence. Any thread. */
const MpDeviceClass *mp_device_module_load (const char **why);

G_END_DECLS
