/* SPDX-License-Identifier: Apache-2.0
 *
 * series-band.h: several series of the same thing as one: their mean, and a band around it.
 *
 * The band is the mean ± one standard deviation (n − 1 in the divisor) of MP_ENOUGH series or more, and runs from the
 * least to the greatest of fewer, of which a standard deviation says little. Mean and band are there at iterations at
 * which all have a value, so n is the same everywhere; where one value is not finite, neither are they.
 *
 * One thread at a time.
 */
#pragma once

#include "ui/plot/series.h"

G_BEGIN_DECLS

typedef struct _MpSeriesBand MpSeriesBand;

/* The members are referenced. n ≥ 1. */
MpSeriesBand *mp_series_band_new (MpSeries *const *members,
                                  guint            n);
void          mp_series_band_free (MpSeriesBand *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSeriesBand, mp_series_band_free)
/* Takes over what the members have got since; cleared members begin anew. Returns: whether there was anything. */
gboolean      mp_series_band_update (MpSeriesBand *self);
/* (transfer none) */
MpSeries     *mp_series_band_get_mean (MpSeriesBand *self);
MpSeries     *mp_series_band_get_low (MpSeriesBand *self);
MpSeries     *mp_series_band_get_high (MpSeriesBand *self);
/* "mean ± sd, n = 5" or "mean and range, n = 3". (transfer full) */
char         *mp_series_band_describe (MpSeriesBand *self);

G_END_DECLS
