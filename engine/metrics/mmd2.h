/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd2.h: the estimator of the metric "mmd2", for tests and tables.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bandwidths: MP_MMD2_LARGEST and MP_MMD2_N − 1 halvings of it. */
#define MP_MMD2_LARGEST 4.0
#define MP_MMD2_N 6

/* Unbiased MMD² of x (n × dimensions) and y (m × dimensions); n, m ≥ 2. */
double mp_mmd2_unbiased (const float *x, gint64 n, const float *y, gint64 m, gint64 dimensions);

G_END_DECLS
