/* SPDX-License-Identifier: Apache-2.0
 *
 * curves.h: distributions around K plane curves c_k: x = c_k (t) + s_k·N (0, I₂), t uniform in [0, 1), curve k with
 * probability w_k. For data sets; a state of mp_curves_source.
 */
#pragma once

#include "engine/data/data.h"

G_BEGIN_DECLS

typedef struct _MpCurves MpCurves;

/* Where curve k is at t in [0, 1]. It must be smooth; shape is what mp_curves_new () was given. */
typedef void (*MpCurveAt) (const double *shape, guint k, double t, double out[2]);

extern const MpSource mp_curves_source;

/* shape (n_shape numbers) and weight and std (n_curves each) are copied. Where a std is 0 the density is not known. */
MpCurves *mp_curves_new (MpCurveAt at, const double *shape, guint n_shape, guint n_curves, const double *weight,
                         const double *std);
/* The largest coordinate that a point has, 5 standard deviations included. */
double    mp_curves_get_reach (MpCurves *self);

G_END_DECLS
