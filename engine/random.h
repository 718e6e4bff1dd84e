/* SPDX-License-Identifier: Apache-2.0
 *
 * random.h: host-side draws from the counter-based generator of kernels/philox.h, for initial values, data sets and
 * data order. A draw depends on nothing but (seed, stream, step, position); streams have names (mp_stream_id ()).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void mp_random_fill_uniform (guint64 seed, guint32 stream, guint64 step, gsize n, double *out); /* [0, 1) */
void mp_random_fill_normal (guint64 seed, guint32 stream, guint64 step, gsize n, double *out);
void mp_random_fill_categorical (guint64 seed, guint32 stream, guint64 step, gsize n, guint32 n_choices,
                                 guint32 *out);
/* A uniform permutation of 0 … n−1 (Fisher–Yates). */
void mp_random_permutation (guint64 seed, guint32 stream, guint64 step, gsize n, guint32 *out);

G_END_DECLS
