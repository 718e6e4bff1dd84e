/* SPDX-License-Identifier: Apache-2.0
 *
 * curves.h: distributions around K plane curves c_k: x = c_k (t) + s_k·N (0, I₂), t uniform in [0, 1), curve k with
 * probability w_k. For data sets.
 */
#pragma once

#include "engine/data/data.h"

G_BEGIN_DECLS

/* Where curve k is at t in [0, 1]. It must be smooth; shape is what mp_data_set_curves () was given. */
typedef void (*MpCurveAt) (const double *shape, guint k, double t, double out[2]);

/* As many points as [data] points says. shape (n_shape numbers) and weight and std (n_curves each) are copied; NULL for
 * what [data] imbalance, spread and noise say. Where a std is 0 the density is not known. */
void mp_data_set_curves (MpDataContents *contents, MpExperiment *experiment, MpCurveAt at, const double *shape,
                         guint n_shape, guint n_curves, const double *weight, const double *std);

G_END_DECLS
