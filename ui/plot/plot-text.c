/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-text.c: text through Pango, digits of equal width.
 */
#include "ui/plot/plot-text.h"

#include <math.h>

static double
kind_size (const MpPlotStyle *style,
           MpTextKind         kind)
{
  switch (kind) {
  case MP_TEXT_HEADING:
    return style->title_size * 1.2 * style->text_scale;
  case MP_TEXT_TITLE:
    return style->title_size * style->text_scale;
  case MP_TEXT_LABEL:
    return style->label_size * style->text_scale;
  default:
    return style->tick_size * style->text_scale;
  }
}

void
mp_pen_init (MpPen             *self,
             cairo_t           *cr,
             const MpPlotStyle *style)
{
  PangoAttrList        *attributes = pango_attr_list_new ();
  cairo_font_options_t *options = cairo_font_options_create ();
  PangoContext         *context;
  gboolean              fine;

  *self = (MpPen) { .cr = cr, .style = style, .kind = -1 };
  self->layout = pango_cairo_create_layout (cr);
  context = pango_layout_get_context (self->layout);
  /* where pixels are coarse, whole ones between letters look even; elsewhere true widths do */
  fine = mp_target_is_vector (cr) || style->pixel_ratio >= 1.5;
  cairo_font_options_set_hint_metrics (options, fine ? CAIRO_HINT_METRICS_OFF : CAIRO_HINT_METRICS_ON);
  pango_cairo_context_set_font_options (context, options);
  pango_context_set_round_glyph_positions (context, !fine);
  cairo_font_options_destroy (options);
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  pango_layout_set_attributes (self->layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_set_single_paragraph_mode (self->layout, TRUE);
}

void
mp_pen_clear (MpPen *self)
{
  for (guint i = 0; i < MP_N_TEXTS; i++)
    g_clear_pointer (&self->fonts[i], pango_font_description_free);
  g_clear_object (&self->layout);
}

static void
set_kind (MpPen      *self,
          MpTextKind  kind)
{
  if (self->kind == (int) kind)
    return;
  if (self->fonts[kind] == NULL) {
    PangoFontDescription *font = pango_font_description_new ();

    pango_font_description_set_family (font, self->style->font_family);
    pango_font_description_set_absolute_size (font, kind_size (self->style, kind) * PANGO_SCALE);
    if (kind <= MP_TEXT_TITLE)
      pango_font_description_set_weight (font, PANGO_WEIGHT_BOLD);
    self->fonts[kind] = font;
  }
  pango_layout_set_font_description (self->layout, self->fonts[kind]);
  self->kind = (int) kind;
}

static void
set_text (MpPen      *self,
          MpTextKind  kind,
          double      most,
          const char *text)
{
  set_kind (self, kind);
  pango_layout_set_width (self->layout, most > 0 ? (int) ceil (most * PANGO_SCALE) : -1);
  pango_layout_set_ellipsize (self->layout, most > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  pango_layout_set_text (self->layout, text, -1);
}

double
mp_pen_get_line (MpPen      *self,
                 MpTextKind  kind,
                 double     *ascent)
{
  double size = kind_size (self->style, kind);

  /* from the size alone: fallback fonts must not move what is around them */
  if (ascent != NULL)
    *ascent = size * 0.95;
  return size * 1.3;
}

double
mp_pen_measure (MpPen      *self,
                MpTextKind  kind,
                const char *text)
{
  PangoRectangle box;

  set_text (self, kind, 0, text);
  pango_layout_get_extents (self->layout, NULL, &box);
  return (double) box.width / PANGO_SCALE;
}

double
mp_pen_draw (MpPen      *self,
             MpTextKind  kind,
             MpColour    colour,
             double      x,
             double      y,
             double      align,
             double      most,
             const char *text)
{
  PangoRectangle box;
  double         width;

  if (text == NULL || text[0] == '\0')
    return 0;
  set_text (self, kind, most, text);
  pango_layout_set_alignment (self->layout, PANGO_ALIGN_LEFT);
  pango_layout_get_extents (self->layout, NULL, &box);
  width = (double) box.width / PANGO_SCALE;
  mp_colour_set_source (colour, self->cr);
  cairo_move_to (self->cr, x - align * width, y - (double) pango_layout_get_baseline (self->layout) / PANGO_SCALE);
  pango_cairo_show_layout (self->cr, self->layout);
  return width;
}

double
mp_pen_draw_block (MpPen      *self,
                   MpTextKind  kind,
                   MpColour    colour,
                   double      x,
                   double      y,
                   double      width,
                   const char *text)
{
  PangoRectangle box;

  set_kind (self, kind);
  pango_layout_set_ellipsize (self->layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_width (self->layout, (int) (MAX (width, 1) * PANGO_SCALE));
  pango_layout_set_height (self->layout, -4); /* lines */
  pango_layout_set_single_paragraph_mode (self->layout, FALSE);
  pango_layout_set_alignment (self->layout, PANGO_ALIGN_CENTER);
  pango_layout_set_text (self->layout, text, -1);
  pango_layout_get_extents (self->layout, NULL, &box);
  mp_colour_set_source (colour, self->cr);
  cairo_move_to (self->cr, x - width / 2, y - (double) box.height / PANGO_SCALE / 2);
  pango_cairo_show_layout (self->cr, self->layout);
  pango_layout_set_height (self->layout, -1);
  pango_layout_set_single_paragraph_mode (self->layout, TRUE);
  return (double) box.height / PANGO_SCALE;
}

void
mp_pen_draw_box (MpPen  *self,
                 double  x,
                 double  y,
                 double  width,
                 double  height)
{
  for (int i = 3; i >= 0; i--) {
    /* a soft shadow of four steps */
    mp_path_rounded (self->cr, x - i, y + 1 - i, width + 2 * i, height + 2 * i, 6 + i);
    cairo_set_source_rgba (self->cr, 0, 0, 0, 0.03);
    cairo_fill (self->cr);
  }
  mp_path_rounded (self->cr, x + 0.5, y + 0.5, width - 1, height - 1, 6);
  mp_colour_set_source (self->style->popover, self->cr);
  cairo_fill_preserve (self->cr);
  mp_colour_set_source (self->style->border, self->cr);
  cairo_set_line_width (self->cr, 1);
  cairo_stroke (self->cr);
}

void
mp_pen_draw_readout (MpPen             *self,
                     double             x,
                     double             y,
                     double             width,
                     double             height,
                     const char *const *lines)
{
  double ascent, line = mp_pen_get_line (self, MP_TEXT_TICK, &ascent), wide = 0, tall, left, top;
  guint  n = 0;

  for (; lines[n] != NULL; n++)
    wide = MAX (wide, mp_pen_measure (self, MP_TEXT_TICK, lines[n]));
  wide = MIN (ceil (wide) + 16, width - 4);
  tall = ceil (n * line) + 10;
  left = x + 12 + wide <= width - 2 ? x + 12 : x - 12 - wide;
  left = floor (CLAMP (left, 2, MAX (2, width - 2 - wide)));
  top = y + 12 + tall <= height - 2 ? y + 12 : y - 12 - tall;
  top = floor (CLAMP (top, 2, MAX (2, height - 2 - tall)));
  mp_pen_draw_box (self, left, top, wide, tall);
  for (guint i = 0; i < n; i++)
    mp_pen_draw (self, MP_TEXT_TICK, i == 0 ? self->style->dim_text : self->style->text, left + 8,
                 top + 5 + ascent + i * line, 0, wide - 16, lines[i]);
}

void
mp_path_rounded (cairo_t *cr,
                 double   x,
                 double   y,
                 double   width,
                 double   height,
                 double   radius)
{
  radius = MIN (radius, MIN (width, height) / 2);
  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - radius, y + radius, radius, -G_PI_2, 0);
  cairo_arc (cr, x + width - radius, y + height - radius, radius, 0, G_PI_2);
  cairo_arc (cr, x + radius, y + height - radius, radius, G_PI_2, G_PI);
  cairo_arc (cr, x + radius, y + radius, radius, G_PI, 3 * G_PI_2);
  cairo_close_path (cr);
}

gboolean
mp_target_is_vector (cairo_t *cr)
{
  switch (cairo_surface_get_type (cairo_get_target (cr))) {
  case CAIRO_SURFACE_TYPE_PDF:
  case CAIRO_SURFACE_TYPE_PS:
  case CAIRO_SURFACE_TYPE_SVG:
    return TRUE;
  default:
    return FALSE;
  }
}
