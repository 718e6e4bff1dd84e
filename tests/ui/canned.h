/* SPDX-License-Identifier: Apache-2.0
 *
 * canned.h: a comparison that no engine has trained: three lanes on the ring, as tests and timings of plots need it.
 */
#pragma once

#include "ui/plot/picture.h"

G_BEGIN_DECLS

#define CANNED_LANES 3

/* Rows of x, y around `modes` means on a circle; (transfer full). */
float     *canned_ring (guint   seed,
                        gsize   n,
                        guint   modes,
                        double  radius,
                        double  deviation);
MpScatter *canned_scatter (guint lane,
                           gsize n);
/* n values of a noisy falling curve. */
MpSeries  *canned_series (guint lane,
                          gsize n);
/* kind 0: losses, own scales; 1: MMD², log; 2: modes in per cent. */
MpChart   *canned_chart (guint kind,
                         gsize n);
MpPicture *canned_picture (gsize n_points,
                           gsize n_iterations);

G_END_DECLS
