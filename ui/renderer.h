/* SPDX-License-Identifier: Apache-2.0
 *
 * renderer.h: which of GTK's renderers draws the window.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Without a graphics processor OpenGL is computed by the processor, which takes what lanes train with: GTK is told to
 * draw with Cairo then. dev: the folder of devices, "/dev". What the environment variable GSK_RENDERER says stands.
 * Before GTK is initialised, and before there are threads. */
void mp_renderer_choose (const char *dev);

G_END_DECLS
