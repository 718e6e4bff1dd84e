/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/colour-scale.h"

#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/plot-text.h"
#include "ui/plot/ticks.h"

#define BELOW 0.76 /* the grey's strength beside the lane's */

void
mp_colour_scale_fit (MpColourScale *self,
                     const float   *values,
                     gsize          n,
                     double         neutral,
                     gboolean       exact)
{
  g_autofree double *finite = g_new (double, MAX (n, 1));
  double             least = INFINITY, most = -INFINITY;
  guint              count = 0;

  *self = (MpColourScale) { .low = 0, .high = 1, .neutral = neutral, .strength = 1 };
  for (gsize i = 0; i < n; i++) {
    if (isfinite (values[i])) {
      finite[count++] = values[i];
      least = MIN (least, values[i]);
      most = MAX (most, values[i]);
    }
    self->more = self->more || values[i] == INFINITY;
    self->less = self->less || values[i] == -INFINITY;
  }
  if (count == 0)
    return;
  self->low = exact ? least : mp_select_value (finite, count, count / 100);
  self->high = exact ? most : mp_select_value (finite, count, count - 1 - count / 100);
  if (!isnan (neutral)) {
    self->low = MIN (self->low, neutral);
    self->high = MAX (self->high, neutral);
  }
  if (self->high - self->low <= 1e-7 * MAX (fabs (self->low), fabs (self->high)))
    mp_ticks_pad (MP_SCALE_LINEAR, &self->low, &self->high);
  else
    mp_ticks_round_out (&self->low, &self->high);
  self->less = self->less || least < self->low;
  self->more = self->more || most > self->high;
}

MpColour
mp_colour_scale_get (const MpColourScale *self,
                     double               value,
                     const MpPlotStyle   *style,
                     MpColour             lane)
{
  const double low = self->low, high = self->high, neutral = self->neutral;
  double       reach;

  value = CLAMP (value, low, high);
  if (isnan (neutral) || neutral < low || neutral > high)
    return mp_colour_mix (style->canvas, lane, self->strength * (value - low) / (high - low));
  reach = MAX (high - neutral, neutral - low);
  if (value >= neutral)
    return mp_colour_mix (style->canvas, lane, self->strength * (value - neutral) / reach);
  return mp_colour_mix (style->canvas, style->below, BELOW * self->strength * (neutral - value) / reach);
}

static char *
end_text (double value)
{
  return fabs (value) < 1000 ? mp_format_short (value, 3) : mp_format_engineering (value);
}

static void
draw_gradient (const MpColourScale *self,
               cairo_t             *cr,
               double               x,
               double               y,
               double               width,
               double               height,
               const MpPlotStyle   *style,
               MpColour             lane)
{
  cairo_pattern_t *gradient = cairo_pattern_create_linear (x, 0, x + width, 0);

  for (int i = 0; i <= 16; i++) {
    MpColour colour = mp_colour_scale_get (self, self->low + (self->high - self->low) * i / 16, style, lane);

    cairo_pattern_add_color_stop_rgb (gradient, i / 16.0, colour.red, colour.green, colour.blue);
  }
  mp_path_rounded (cr, x, y, width, height, 2);
  cairo_set_source (cr, gradient);
  cairo_fill_preserve (cr);
  cairo_pattern_destroy (gradient);
  mp_colour_set_source (style->border, cr);
  cairo_set_line_width (cr, 0.75);
  cairo_stroke (cr);
}

void
mp_colour_scale_draw_bar (const MpColourScale *self,
                          cairo_t             *cr,
                          double               width,
                          double               height,
                          const MpPlotStyle   *style,
                          MpColour             lane)
{
  g_autofree char *low_text = end_text (self->low), *high_text = end_text (self->high);
  g_autofree char *left = g_strdup_printf ("%s%s", self->less ? "≤ " : "", low_text);
  g_autofree char *right = g_strdup_printf ("%s%s", self->more ? "≥ " : "", high_text);
  double           ascent, from, to, bar = MIN (8 * style->text_scale, height), top = (height - bar) / 2;
  MpPen            pen;

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_pen_get_line (&pen, MP_TEXT_TICK, &ascent);
  from = mp_pen_measure (&pen, MP_TEXT_TICK, left) + 6;
  to = MAX (from + 10, width - mp_pen_measure (&pen, MP_TEXT_TICK, right) - 6);
  mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, from - 6, height / 2 + ascent * 0.38, 1, 0, left);
  mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, to + 6, height / 2 + ascent * 0.38, 0, 0, right);
  draw_gradient (self, cr, from, top, to - from, bar, style, lane);
  if (self->neutral > self->low && self->neutral < self->high) {
    double at = from + (to - from) * (self->neutral - self->low) / (self->high - self->low);

    mp_colour_set_source (mp_colour_mix (lane, style->text, 0.25), cr);
    cairo_set_line_width (cr, 1.25);
    cairo_move_to (cr, at, top - 2);
    cairo_line_to (cr, at, top + bar + 2);
    cairo_stroke (cr);
  }
  mp_pen_clear (&pen);
  cairo_restore (cr);
}
