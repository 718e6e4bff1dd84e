/* SPDX-License-Identifier: Apache-2.0
 *
 * init.h: initial values of parameters, from Philox keyed by (seed, parameter name), so that lanes with equal networks
 * start equal.
 */
#pragma once

#include "engine/graph/plan.h"

G_BEGIN_DECLS

/* Kinds: zeros, constant (scale is the value), normal (scale is the standard deviation), xavier-uniform,
 * xavier-normal, he-uniform, he-normal, orthogonal (scale is the gain), torch (PyTorch's Linear and Conv default:
 * uniform ±1/√fan_in, for weights and biases; a bias finds its fan-in in scale). Fans follow the op that uses the
 * weight: matrices are inputs × outputs, convolution weights Cout·Kh·Kw·Cin.
 * Fills every parameter and state of the graph that is not one of an optimizer. */
gboolean mp_init_all (MpStore *store, guint64 seed, GError **error);
/* Fills values (dense, node's dtype) of one variable. */
gboolean mp_init_values (MpNode *variable, guint64 seed, void *values, GError **error);

G_END_DECLS
