/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/series-band.h"

#include <glib/gi18n.h>
#include <math.h>

#include "engine/statistics.h"

struct _MpSeriesBand
{
  guint      n;
  MpSeries **members;
  guint64   *taken;      /* values of each member that were looked at */
  MpSeries  *mean, *low, *high;
};

MpSeriesBand *
mp_series_band_new (MpSeries *const *members,
                    guint            n)
{
  MpSeriesBand *self = g_new0 (MpSeriesBand, 1);

  self->n = n;
  self->members = g_new (MpSeries *, n);
  self->taken = g_new0 (guint64, n);
  for (guint i = 0; i < n; i++)
    self->members[i] = mp_series_ref (members[i]);
  self->mean = mp_series_new ();
  self->low = mp_series_new ();
  self->high = mp_series_new ();
  mp_series_band_update (self);
  return self;
}

void
mp_series_band_free (MpSeriesBand *self)
{
  for (guint i = 0; i < self->n; i++)
    mp_series_unref (self->members[i]);
  g_free (self->members);
  g_free (self->taken);
  mp_series_unref (self->mean);
  mp_series_unref (self->low);
  mp_series_unref (self->high);
  g_free (self);
}

/* Values of the next iteration that all members have. FALSE when there is none yet. */
static gboolean
take_next (MpSeriesBand *self,
           guint64      *iteration,
           double       *values)
{
  guint64 latest = 0;

  for (gboolean agreed = FALSE; !agreed;) {
    agreed = TRUE;
    for (guint i = 0; i < self->n; i++) {
      guint64 at = 0;

      while (self->taken[i] < mp_series_get_n (self->members[i])) {
        mp_series_get (self->members[i], self->taken[i], &at, &values[i]);
        if (at >= latest)
          break;
        self->taken[i]++;
      }
      if (self->taken[i] >= mp_series_get_n (self->members[i]))
        return FALSE;
      agreed &= at == latest || (i == 0 && latest == 0);
      latest = MAX (latest, at);
    }
  }
  for (guint i = 0; i < self->n; i++)
    self->taken[i]++;
  *iteration = latest;
  return TRUE;
}

static void
append (MpSeriesBand *self,
        guint64       iteration,
        const double *values)
{
  double mean, sd, low = INFINITY, high = -INFINITY;
  gboolean finite = TRUE;

  mp_mean_and_sd (values, self->n, &mean, &sd);
  for (guint i = 0; i < self->n; i++) {
    finite &= isfinite (values[i]);
    low = MIN (low, values[i]);
    high = MAX (high, values[i]);
  }
  if (self->n >= MP_ENOUGH) {
    low = mean - sd;
    high = mean + sd;
  }
  mp_series_append (self->mean, iteration, finite ? mean : NAN);
  mp_series_append (self->low, iteration, finite ? low : NAN);
  mp_series_append (self->high, iteration, finite ? high : NAN);
}

gboolean
mp_series_band_update (MpSeriesBand *self)
{
  g_autofree double *values = g_new (double, self->n);
  gboolean news = FALSE, again = FALSE;
  guint64 iteration;

  for (guint i = 0; i < self->n; i++)
    again |= self->taken[i] > mp_series_get_n (self->members[i]);
  if (again) {
    mp_series_clear (self->mean);
    mp_series_clear (self->low);
    mp_series_clear (self->high);
    for (guint i = 0; i < self->n; i++)
      self->taken[i] = 0;
  }
  for (; take_next (self, &iteration, values); news = TRUE)
    append (self, iteration, values);
  return news || again;
}

MpSeries *
mp_series_band_get_mean (MpSeriesBand *self)
{
  return self->mean;
}

MpSeries *
mp_series_band_get_low (MpSeriesBand *self)
{
  return self->low;
}

MpSeries *
mp_series_band_get_high (MpSeriesBand *self)
{
  return self->high;
}

char *
mp_series_band_describe (MpSeriesBand *self)
{
  return g_strdup_printf (self->n >= MP_ENOUGH ? _("mean ± sd, n = %u") : _("mean and range, n = %u"), self->n);
}
