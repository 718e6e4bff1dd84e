/* SPDX-License-Identifier: Apache-2.0
 *
 * chart.c: what a chart shows: curves, ranges, cursor.
 */
#include "ui/plot/chart-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"

static void
curve_clear (gpointer data)
{
  MpCurve *curve = data;

  mp_series_unref (curve->series);
  g_clear_pointer (&curve->low, mp_series_unref);
  g_clear_pointer (&curve->high, mp_series_unref);
  g_clear_pointer (&curve->warp, mp_warp_unref);
  g_free (curve->label);
  g_free (curve->word);
}

MpChart *
mp_chart_new (void)
{
  MpChart *self = g_new0 (MpChart, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->curves = g_array_new (FALSE, FALSE, sizeof (MpCurve));
  g_array_set_clear_func (self->curves, curve_clear);
  self->y_low = self->y_high = self->held_low = self->held_high = NAN;
  return self;
}

MpChart *
mp_chart_ref (MpChart *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_chart_unref (MpChart *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  mp_raster_clear (&self->layer);
  g_array_unref (self->curves);
  g_free (self->title);
  g_free (self->subtitle);
  g_free (self->unit);
  g_free (self->empty_text);
  g_free (self);
}

static void
set_string (char       **field,
            const char  *value)
{
  char *copy = g_strdup (value);

  g_free (*field);
  *field = copy;
}

void
mp_chart_set_title (MpChart    *self,
                    const char *title,
                    const char *subtitle)
{
  set_string (&self->title, title);
  set_string (&self->subtitle, subtitle);
}

const char *
mp_chart_get_title (MpChart *self)
{
  return self->title;
}

void
mp_chart_set_unit (MpChart    *self,
                   const char *unit)
{
  set_string (&self->unit, unit);
}

void
mp_chart_set_scale (MpChart *self,
                    MpScale  scale)
{
  self->scale = scale;
  self->held_low = NAN;
  for (guint i = 0; i < self->curves->len; i++)
    g_array_index (self->curves, MpCurve, i).held_low = NAN;
}

MpScale
mp_chart_get_scale (MpChart *self)
{
  return self->scale;
}

void
mp_chart_set_own_scale (MpChart *self,
                        gboolean own_scale)
{
  self->own_scale = own_scale;
}

void
mp_chart_set_smoothing (MpChart *self,
                        double   tau)
{
  g_return_if_fail (tau >= 0 && isfinite (tau));

  self->tau = tau;
}

void
mp_chart_set_legend (MpChart *self,
                     gboolean legend)
{
  self->legend = legend;
}

gboolean
mp_chart_get_legend (MpChart *self)
{
  return self->legend;
}

void
mp_chart_set_empty_text (MpChart    *self,
                         const char *text)
{
  set_string (&self->empty_text, text);
}

guint
mp_chart_add_series (MpChart    *self,
                     MpSeries   *series,
                     const char *label,
                     guint       lane,
                     MpDash      dash)
{
  MpCurve curve = { mp_series_ref (series), g_strdup (label), lane, dash, TRUE, NAN, NAN };

  g_array_append_val (self->curves, curve);
  return self->curves->len - 1;
}

void
mp_chart_set_word (MpChart    *self,
                   guint       index,
                   const char *word)
{
  g_return_if_fail (index < self->curves->len);

  set_string (&g_array_index (self->curves, MpCurve, index).word, word);
}

void
mp_chart_set_band (MpChart  *self,
                   guint     index,
                   MpSeries *low,
                   MpSeries *high)
{
  MpCurve *curve = &g_array_index (self->curves, MpCurve, index);

  g_return_if_fail (index < self->curves->len && curve->low == NULL);

  curve->low = mp_series_ref (low);
  curve->high = mp_series_ref (high);
}

void
mp_chart_set_warp (MpChart *self,
                   guint    index,
                   MpWarp  *warp)
{
  MpCurve *curve = &g_array_index (self->curves, MpCurve, index);

  g_return_if_fail (index < self->curves->len && curve->warp == NULL);

  curve->warp = warp != NULL ? mp_warp_ref (warp) : NULL;
}

void
mp_chart_set_axis (MpChart *self,
                   MpAxis   axis)
{
  if (self->axis != axis)
    self->x_fixed = FALSE; /* was a range of something else */
  self->axis = axis;
}

void
mp_chart_set_visible (MpChart *self,
                      guint    index,
                      gboolean visible)
{
  g_return_if_fail (index < self->curves->len);

  g_array_index (self->curves, MpCurve, index).visible = visible;
}

void
mp_chart_clear_series (MpChart *self)
{
  g_array_set_size (self->curves, 0);
}

guint
mp_chart_get_n_series (MpChart *self)
{
  return self->curves->len;
}

/* All iterations of the visible curves. */
static gboolean
find_span (MpChart *self,
           double  *first,
           double  *last)
{
  gboolean found = FALSE;

  for (guint i = 0; i < self->curves->len; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    guint64        a, b;
    double         from, to;

    if (!curve->visible || !mp_series_get_span (curve->series, &a, &b))
      continue;
    from = mp_warp_to_x (curve->warp, (double) a);
    to = mp_warp_to_x (curve->warp, (double) b);
    *first = found ? MIN (*first, from) : from;
    *last = found ? MAX (*last, to) : to;
    found = TRUE;
  }
  return found;
}

gboolean
mp_chart_find_x_range (MpChart *self,
                       double  *first,
                       double  *last)
{
  gboolean found = find_span (self, first, last);

  if (self->x_fixed) {
    *first = self->x_first;
    *last = self->x_last;
  } else if (found && (self->axis == MP_AXIS_SECONDS ? *last <= *first : *last - *first < 1)) {
    /* one value */
    *first = MAX (*first - 1, 0);
    *last += 1;
  } else if (found && *first <= 0.02 * *last) {
    /* runs start at iteration 0 even where the first value comes a little later */
    *first = 0;
  }
  return found;
}

void
mp_chart_set_x_range (MpChart *self,
                      double   first,
                      double   last)
{
  g_return_if_fail (isfinite (first) && isfinite (last) && last > first);

  self->x_fixed = TRUE;
  self->x_first = first;
  self->x_last = last;
}

void
mp_chart_reset_x_range (MpChart *self)
{
  self->x_fixed = FALSE;
}

void
mp_chart_get_x_range (MpChart *self,
                      double  *first,
                      double  *last)
{
  *first = 0;
  *last = 1;
  mp_chart_find_x_range (self, first, last);
}

/* Sets a range of a given width, moved to lie inside what there is; all of it: automatic again. */
static void
set_x_inside (MpChart *self,
              double   first,
              double   width)
{
  double low, high;

  self->x_fixed = FALSE;
  if (!mp_chart_find_x_range (self, &low, &high) || width >= high - low)
    return;
  first = CLAMP (first, low, high - width);
  mp_chart_set_x_range (self, first, first + width);
}

void
mp_chart_zoom (MpChart *self,
               double   iteration,
               double   factor)
{
  double first, last, width, share;

  g_return_if_fail (factor > 0);

  if (!mp_chart_find_x_range (self, &first, &last))
    return;
  iteration = CLAMP (iteration, first, last);
  share = (iteration - first) / (last - first);
  width = (last - first) / factor;
  if (self->axis != MP_AXIS_SECONDS)
    width = MAX (width, 2);
  set_x_inside (self, iteration - share * width, width);
}

void
mp_chart_pan (MpChart *self,
              double   share)
{
  double first, last;

  if (self->x_fixed && mp_chart_find_x_range (self, &first, &last))
    set_x_inside (self, first + share * (last - first), last - first);
}

void
mp_chart_set_y_range (MpChart *self,
                      double   low,
                      double   high)
{
  g_return_if_fail (!(low >= high));

  self->y_low = low;
  self->y_high = high;
}

void
mp_chart_get_y_range (MpChart *self,
                      double  *low,
                      double  *high)
{
  *low = self->y_low;
  *high = self->y_high;
}

void
mp_chart_set_cursor (MpChart *self,
                     double   iteration,
                     gboolean readout)
{
  self->cursor = TRUE;
  self->readout = readout;
  self->cursor_iteration = iteration;
}

void
mp_chart_clear_cursor (MpChart *self)
{
  self->cursor = FALSE;
}

/* ---- ranges of values ---- */

/* Range of the line, and of the band but for the rarest hundredth of its columns on each side: one spike must not
 * flatten everything else. What is cut runs visibly off the edge. */
static void
add_dense_range (MpTrace *trace,
                 MpScale  scale)
{
  g_autofree double *lows = g_new (double, trace->n_columns);
  g_autofree double *highs = g_new (double, trace->n_columns);
  guint              n = 0, cut;

  for (guint i = 0; i < trace->n_columns; i++) {
    const MpSummary *column = &trace->columns[i];
    double           least = scale == MP_SCALE_LOG ? column->min_positive : column->min;

    if (column->n_finite == 0 || !isfinite (least))
      continue;
    lows[n] = least;
    highs[n++] = column->max;
    trace->least = MIN (trace->least, least);
    trace->most = MAX (trace->most, column->max);
    if (isfinite (trace->line[i]) && (scale == MP_SCALE_LINEAR || trace->line[i] > 0)) {
      trace->low = MIN (trace->low, trace->line[i]);
      trace->high = MAX (trace->high, trace->line[i]);
    }
  }
  if (n == 0)
    return;
  cut = n / 100;
  trace->low = MIN (trace->low, mp_select_value (lows, n, cut));
  trace->high = MAX (trace->high, mp_select_value (highs, n, n - 1 - cut));
}

static void
add_sparse_range (const MpCurve *curve,
                  MpTrace       *trace,
                  MpScale        scale)
{
  MpSummary summary;
  double    least;

  mp_series_summarise (curve->series, trace->begin, trace->end, &summary);
  least = scale == MP_SCALE_LOG ? summary.min_positive : summary.min;
  if (isfinite (least)) {
    trace->low = trace->least = least;
    trace->high = trace->most = summary.max;
  }
}

/* The band is in view whole, as far as the axis can show it. */
static void
add_band_range (const MpCurve       *curve,
                const MpChartLayout *layout,
                MpTrace             *trace,
                MpScale              scale)
{
  MpSeries *ends[] = { curve->low, curve->high };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    guint64   begin = mp_series_search (ends[i], layout->first);
    guint64   end = mp_series_search (ends[i], nextafter (layout->last, INFINITY));
    MpSummary summary;
    double    least;

    mp_series_summarise (ends[i], begin, MAX (begin, end), &summary);
    least = scale == MP_SCALE_LOG ? summary.min_positive : summary.min;
    if (!isfinite (least))
      continue;
    trace->low = MIN (trace->low, least);
    trace->high = MAX (trace->high, summary.max);
  }
}

/* Pads a range of values, and keeps the last one where it still fits well: an axis that trembles with the noise of every
 * frame cannot be read. */
static void
settle_range (MpScale  scale,
              double  *held_low,
              double  *held_high,
              double  *low,
              double  *high)
{
  const double least = 0.8;
  gboolean     logarithmic = scale == MP_SCALE_LOG;
  double       width, held;

  width = logarithmic ? log (*high) - log (*low) : *high - *low;
  held = logarithmic ? log (*held_high) - log (*held_low) : *held_high - *held_low;
  if (*held_low <= *low && *held_high >= *high && width >= least * held) {
    *low = *held_low;
    *high = *held_high;
    return;
  }
  mp_ticks_pad (scale, low, high);
  *held_low = *low;
  *held_high = *high;
}

void
mp_chart_find_y_range (MpChart       *self,
                       MpChartLayout *layout)
{
  double low = INFINITY, high = -INFINITY;

  layout->blank = TRUE;
  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    MpTrace       *trace = &layout->traces[i];

    layout->blank &= !curve->visible || mp_series_get_n (curve->series) == 0;
    trace->low = trace->least = INFINITY;
    trace->high = trace->most = -INFINITY;
    if (trace->dense)
      add_dense_range (trace, self->scale);
    else if (trace->end > trace->begin)
      add_sparse_range (curve, trace, self->scale);
    if (curve->low != NULL && trace->low <= trace->high)
      add_band_range (curve, layout, trace, self->scale);
    low = MIN (low, trace->low);
    high = MAX (high, trace->high);
  }
  layout->empty = !(low <= high);
  if (layout->empty) {
    low = self->scale == MP_SCALE_LOG ? 0.1 : 0;
    high = 1;
  }
  settle_range (self->scale, &self->held_low, &self->held_high, &low, &high);
  if (!isnan (self->y_low) && (self->scale == MP_SCALE_LINEAR || self->y_low > 0))
    low = self->y_low;
  if (!isnan (self->y_high) && self->y_high > low)
    high = self->y_high;
  if (low >= high)
    high = self->scale == MP_SCALE_LOG ? low * 10 : low + 1;
  layout->low = low;
  layout->high = high;
  for (guint i = 0; i < layout->n_traces; i++) {
    MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    MpTrace *trace = &layout->traces[i];

    if (!self->own_scale) {
      trace->low = low;
      trace->high = high;
    } else if (trace->low <= trace->high) {
      settle_range (self->scale, &curve->held_low, &curve->held_high, &trace->low, &trace->high);
    }
  }
}

/* ---- words ---- */

/* Whether the moving average reaches over several values of any curve, so that its line is another than theirs. */
static gboolean
is_smoothed (MpChart *self)
{
  for (guint i = 0; i < self->curves->len; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    guint64        first, last, n = mp_series_get_n (curve->series);

    if (curve->visible && n > 1 && mp_series_get_span (curve->series, &first, &last)
        && (double) (last - first) <= self->tau * (double) (n - 1))
      return TRUE;
  }
  return FALSE;
}

/* What all dashed curves are, or NULL. */
static const char *
find_dashed (MpChart *self)
{
  const char *word = NULL;

  for (guint i = 0; i < self->curves->len; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);

    if (!curve->visible || curve->dash != MP_DASH_DASHED)
      continue;
    if (curve->word == NULL || (word != NULL && !g_str_equal (word, curve->word)))
      return NULL;
    word = curve->word;
  }
  return word;
}

static void
add_words (GString    *text,
           const char *words)
{
  if (words != NULL && words[0] != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", words);
}

char *
mp_chart_dup_note (MpChart *self,
                   gboolean named)
{
  GString         *note = g_string_new (self->subtitle);
  const char      *word = named ? NULL : find_dashed (self);
  g_autofree char *dashed = word != NULL ? g_strdup_printf (C_("curves", "%s dashed"), word) : NULL;

  add_words (note, self->unit);
  add_words (note, self->scale == MP_SCALE_LOG ? C_("axis", "log") : NULL);
  add_words (note, dashed);
  add_words (note, is_smoothed (self) ? _("smoothed") : NULL);
  return g_string_free (note, FALSE);
}

char *
mp_chart_describe (MpChart *self)
{
  GString *text = g_string_new (self->title != NULL ? self->title : _("Chart"));

  if (self->subtitle != NULL)
    g_string_append_printf (text, ", %s", self->subtitle);
  if (is_smoothed (self))
    g_string_append_printf (text, ", %s", _("smoothed"));
  for (guint i = 0; i < self->curves->len; i++) {
    const MpCurve   *curve = &g_array_index (self->curves, MpCurve, i);
    guint64          iteration;
    double           value;
    g_autofree char *number = NULL;
    g_autofree char *count = NULL;

    if (!curve->visible || !mp_series_lookup (curve->series, INFINITY, &iteration, &value))
      continue;
    number = mp_format_value (value, 3);
    count = mp_format_count (iteration);
    /* Translators: a curve's name, its last value with unit, the iteration of that value */
    g_string_append_printf (text, _("; %s: %s%s at iteration %s"), curve->label, number,
                            self->unit != NULL ? self->unit : "", count);
  }
  return g_string_free (text, FALSE);
}
