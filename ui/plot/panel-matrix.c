/* SPDX-License-Identifier: Apache-2.0
 *
 * panel-matrix.c: a matrix as cells of colour, with the border between real and generated and their names.
 */
#include "ui/plot/panel-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-raster.h"

#define N_COLOURS 512

void
_mp_panel_fit_matrix (MpPanel *self)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (float));

  for (guint i = 0; i < self->parts->len; i++) {
    const MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, i);

    if (part->values != NULL)
      g_array_append_vals (all, part->values, (guint) (part->rows * part->columns));
  }
  mp_colour_scale_fit (&self->colours, (const float *) (gconstpointer) all->data, all->len, self->neutral, FALSE);
  g_array_unref (all);
}

static double
name_room (MpPen             *pen,
           const MpPanelPart *part)
{
  return part->row_split > 0 || part->column_split > 0 ? mp_pen_get_line (pen, MP_TEXT_TICK, NULL) + 2 : 0;
}

MpPanelBox
_mp_panel_matrix_cells (MpPanel           *self,
                        MpPen             *pen,
                        const MpPanelPart *part,
                        const MpPanelBox  *box)
{
  double     room = name_room (pen, part), wide = box->width - room, tall = box->height - room;
  double     cell = MIN (wide / (double) MAX (part->columns, 1), tall / (double) MAX (part->rows, 1));
  MpPanelBox cells = { .width = MAX (1, cell * (double) part->columns), .height = MAX (1, cell * (double) part->rows) };

  cells.x = floor (box->x + room + (wide - cells.width) / 2);
  cells.y = floor (box->y + room + (tall - cells.height) / 2);
  return cells;
}

/* (transfer full) */
static cairo_surface_t *
paint_cells (MpPanel           *self,
             const MpPanelPart *part,
             const MpPlotStyle *style)
{
  const MpColourScale *scale = &self->colours;
  cairo_surface_t     *image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) part->columns, (int) part->rows);
  guint8              *pixels = cairo_image_surface_get_data (image);
  int                  stride = cairo_image_surface_get_stride (image);
  guint32              colours[N_COLOURS];

  if (cairo_surface_status (image) != CAIRO_STATUS_SUCCESS)
    return image;
  for (int i = 0; i < N_COLOURS; i++)
    colours[i] = mp_colour_pack (mp_colour_scale_get (scale, scale->low + (scale->high - scale->low) * i / (N_COLOURS - 1),
                                                      style, mp_plot_style_get_lane (style, self->lane)), 1);
  cairo_surface_flush (image);
  for (gint64 j = 0; j < part->rows; j++) {
    guint32     *out = (guint32 *) (gpointer) (pixels + j * stride);
    const float *row = part->values + j * part->columns;

    for (gint64 i = 0; i < part->columns; i++) {
      double share = (row[i] - scale->low) / (scale->high - scale->low);

      out[i] = isnan (share) ? 0 : colours[(int) lround (CLAMP (share, 0, 1) * (N_COLOURS - 1))];
    }
  }
  cairo_surface_mark_dirty (image);
  return image;
}

/* Names outside the cells: real before the border, generated behind it; above for columns, at the left for rows. */
static void
draw_names (MpPen             *pen,
            const MpPanelPart *part,
            const MpPanelBox  *cells)
{
  const char *const names[] = { _("real"), _("generated") };
  /* Translators: short for generated */
  const char *const shorts[] = { _("real"), _("gen.") };
  double            ascent;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  for (guint axis = 0; axis < 2; axis++) {
    gint64 split = axis == 0 ? part->column_split : part->row_split, n = axis == 0 ? part->columns : part->rows;
    double length = axis == 0 ? cells->width : cells->height, at = length * (double) split / (double) MAX (n, 1);

    if (split <= 0)
      continue;
    cairo_save (pen->cr);
    cairo_translate (pen->cr, cells->x - (axis == 1 ? 5 : 0), axis == 0 ? cells->y - 5 : cells->y + cells->height);
    if (axis == 1)
      cairo_rotate (pen->cr, -G_PI_2);
    /* turned, the axis runs upwards */
    for (guint k = 0; k < 2; k++) {
      double begin = k == 0 ? 0 : at, end = k == 0 ? at : length, middle = (begin + end) / 2;

      if (end - begin > 12)
        mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, axis == 0 ? middle : length - middle, 0, 0.5,
                     end - begin - 2, mp_pen_measure (pen, MP_TEXT_TICK, names[k]) < end - begin - 2 ? names[k] : shorts[k]);
    }
    cairo_restore (pen->cr);
  }
}

static void
draw_border (MpPen             *pen,
             const MpPanelPart *part,
             const MpPanelBox  *cells)
{
  cairo_t *cr = pen->cr;

  if (part->column_split > 0) {
    double x = round (cells->x + cells->width * (double) part->column_split / (double) MAX (part->columns, 1));

    cairo_move_to (cr, x, cells->y);
    cairo_line_to (cr, x, cells->y + cells->height);
  }
  if (part->row_split > 0) {
    double y = round (cells->y + cells->height * (double) part->row_split / (double) MAX (part->rows, 1));

    cairo_move_to (cr, cells->x, y);
    cairo_line_to (cr, cells->x + cells->width, y);
  }
  mp_colour_set_source (mp_colour_fade (pen->style->canvas, 0.8), cr);
  cairo_set_line_width (cr, 2.5);
  cairo_stroke_preserve (cr);
  mp_colour_set_source (mp_colour_fade (pen->style->text, 0.7), cr);
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
  cairo_rectangle (cr, cells->x + 0.5, cells->y + 0.5, cells->width - 1, cells->height - 1);
  mp_colour_set_source (pen->style->border, cr);
  cairo_stroke (cr);
}

void
_mp_panel_draw_matrix (MpPanel           *self,
                       MpPen             *pen,
                       const MpPanelPart *part,
                       const MpPanelBox  *box)
{
  MpPanelBox       cells = _mp_panel_matrix_cells (self, pen, part, box);
  cairo_surface_t *image;
  cairo_t         *cr = pen->cr;

  if (part->values == NULL || part->rows == 0 || part->columns == 0)
    return;
  image = paint_cells (self, part, pen->style);
  cairo_save (cr);
  cairo_rectangle (cr, cells.x, cells.y, cells.width, cells.height);
  cairo_clip (cr);
  mp_colour_set_source (pen->style->canvas, cr);
  cairo_paint (cr);
  cairo_translate (cr, cells.x, cells.y);
  cairo_scale (cr, cells.width / (double) part->columns, cells.height / (double) part->rows);
  cairo_set_source_surface (cr, image, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), cells.width < (double) part->columns ? CAIRO_FILTER_GOOD
                                                                                          : CAIRO_FILTER_NEAREST);
  cairo_paint (cr);
  cairo_restore (cr);
  cairo_surface_destroy (image);
  draw_border (pen, part, &cells);
  draw_names (pen, part, &cells);
}
