/* SPDX-License-Identifier: Apache-2.0
 *
 * init.h: initial values of parameters and states, from Philox keyed by (seed, name), so that lanes with equal
 * networks start equal.
 */
#pragma once

#include "engine/graph/plan.h"

G_BEGIN_DECLS

/* What the names of a running average's states begin with; the rest is the name of what they average. */
#define MP_AVERAGE_PREFIX "average/"

/* Kinds: zeros; constant (scale is the value); normal (scale is the standard deviation); xavier-uniform,
 * xavier-normal, he-uniform, he-normal, orthogonal (scale is a gain, usually 1); torch (PyTorch's Linear and Conv
 * default: uniform ±1/√fan_in, for weights and biases; a bias finds its fan-in in scale).
 *   Xavier  std = gain·√(2/(fan_in + fan_out))      He  std = gain·√(2/fan_in)      uniform: ±√3·std
 * Fans follow the op that uses the weight: matrices are inputs × outputs, convolution weights Cout·Kh·Kw·Cin.
 * The stream of a variable is "init/NAME"; a running average's "average/" is left out, so it starts equal.
 *
 * Fills every parameter and state of the graph; optimizer states ("optimizer/…") start at zero. */
gboolean mp_init_all (MpStore *store, guint64 seed, GError **error);
/* Fills values (dense, node's dtype) of one variable. */
gboolean mp_init_values (MpNode *variable, guint64 seed, void *values, GError **error);

G_END_DECLS
