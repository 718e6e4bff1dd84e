/* SPDX-License-Identifier: Apache-2.0
 *
 * panel.c: the parts of a panel, where they stand, and what is under a point.
 */
#include "ui/plot/panel-private.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>

#include "ui/plot/plot-format.h"

#define GAP 8    /* between parts */
#define MARGIN 12
#define REACH 9  /* how near to a point the pointer must be */

static void
part_clear (gpointer data)
{
  MpPanelPart *part = data;

  g_free (part->title);
  g_free (part->values);
  g_strfreev (part->labels);
  g_clear_pointer (&part->scatter, mp_scatter_unref);
}

MpPanel *
mp_panel_new (void)
{
  MpPanel *self = g_new0 (MpPanel, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->parts = g_array_new (FALSE, TRUE, sizeof (MpPanelPart));
  g_array_set_clear_func (self->parts, part_clear);
  self->neutral = NAN;
  return self;
}

MpPanel *
mp_panel_ref (MpPanel *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_panel_unref (MpPanel *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_array_unref (self->parts);
  g_free (self->title);
  g_free (self->detail);
  g_free (self);
}

void
mp_panel_set_lane (MpPanel *self,
                   guint    lane)
{
  self->lane = lane;
}

void
mp_panel_begin (MpPanel     *self,
                MpPanelKind  kind,
                const char  *title,
                const char  *detail,
                guint        n_parts)
{
  char *title_copy = g_strdup (title), *detail_copy = g_strdup (detail);

  if (kind != self->kind || n_parts != self->parts->len || g_strcmp0 (title, self->title) != 0) {
    g_array_set_size (self->parts, 0);
    g_array_set_size (self->parts, n_parts);
  }
  g_free (self->title);
  self->title = title_copy;
  g_free (self->detail);
  self->detail = detail_copy;
  self->kind = kind;
  self->ranged = FALSE;
}

MpPanelKind
mp_panel_get_kind (MpPanel *self)
{
  return self->kind;
}

const char *
mp_panel_get_title (MpPanel *self)
{
  return self->title;
}

const char *
mp_panel_get_detail (MpPanel *self)
{
  return self->detail;
}

guint
mp_panel_get_n_parts (MpPanel *self)
{
  return self->parts->len;
}

static MpPanelPart *
get_part (MpPanel     *self,
          MpPanelKind  kind,
          guint        index,
          const char  *title)
{
  MpPanelPart *part;

  g_return_val_if_fail (self->kind == kind && index < self->parts->len, NULL);

  part = &g_array_index (self->parts, MpPanelPart, index);
  g_free (part->title);
  part->title = g_strdup (title);
  return part;
}

void
mp_panel_set_matrix (MpPanel     *self,
                     guint        index,
                     const char  *title,
                     const float *values,
                     gint64       rows,
                     gint64       columns,
                     gint64       row_split,
                     gint64       column_split,
                     double       neutral)
{
  MpPanelPart *part = get_part (self, MP_PANEL_MATRIX, index, title);

  g_return_if_fail (part != NULL && rows >= 0 && columns >= 0);

  g_free (part->values);
  part->values = g_memdup2 (values, sizeof *values * rows * columns);
  part->rows = rows;
  part->columns = columns;
  part->row_split = row_split;
  part->column_split = column_split;
  part->is_map = FALSE;
  self->neutral = neutral;
  self->ranged = FALSE;
}

void
mp_panel_set_map (MpPanel      *self,
                  guint         index,
                  const double  extent[4])
{
  MpPanelPart *part;

  g_return_if_fail (self->kind == MP_PANEL_MATRIX && index < self->parts->len);

  part = &g_array_index (self->parts, MpPanelPart, index);
  part->is_map = TRUE;
  memcpy (part->extent, extent, sizeof part->extent);
}

void
mp_panel_set_space (MpPanel     *self,
                    guint        index,
                    const char  *title,
                    const float *real,
                    gint64       n,
                    const float *generated,
                    gint64       m,
                    gint64       k,
                    const float *real_forces,
                    const float *generated_forces)
{
  MpPanelPart *part = get_part (self, MP_PANEL_SPACE, index, title);

  g_return_if_fail (part != NULL && k >= 1);

  if (part->scatter == NULL) {
    part->scatter = mp_scatter_new ();
    mp_scatter_set_axes (part->scatter, TRUE);
  }
  mp_scatter_set_lane (part->scatter, self->lane);
  mp_scatter_set_points (part->scatter, MP_POINTS_DATA, real, real != NULL ? n : 0, k);
  mp_scatter_set_points (part->scatter, MP_POINTS_SAMPLES, generated, generated != NULL ? m : 0, k);
  mp_scatter_clear_overlays (part->scatter);
  /* drawn to one scale, so the legend states it once */
  if (real != NULL && real_forces != NULL)
    mp_scatter_add_forces (part->scatter, MP_POINTS_DATA, _("force"), real_forces, n, k);
  if (generated != NULL && generated_forces != NULL)
    mp_scatter_add_forces (part->scatter, MP_POINTS_SAMPLES, real_forces == NULL ? _("force") : NULL, generated_forces, m, k);
}

void
mp_panel_set_bars (MpPanel           *self,
                   guint              index,
                   const char        *title,
                   const float       *values,
                   gint64             n,
                   const char *const *labels)
{
  MpPanelPart *part = get_part (self, MP_PANEL_BARS, index, title);

  g_return_if_fail (part != NULL && n >= 0);

  g_free (part->values);
  part->values = g_memdup2 (values, sizeof *values * n);
  part->rows = n;
  part->columns = 1;
  g_strfreev (part->labels);
  part->labels = g_strdupv ((char **) labels);
  self->ranged = FALSE;
}

void
mp_panel_set_scale (MpPanel *self,
                    MpScale  scale)
{
  self->scale = scale;
  self->ranged = FALSE;
}

MpScale
mp_panel_get_scale (MpPanel *self)
{
  return self->scale;
}

void
mp_panel_set_empty (MpPanel    *self,
                    const char *text)
{
  self->empty = g_intern_string (text);
}

void
mp_panel_set_captioned (MpPanel *self,
                        gboolean captioned)
{
  self->captioned = captioned;
}

void
mp_panel_set_points_visible (MpPanel      *self,
                             MpPointsRole  role,
                             gboolean      visible)
{
  g_return_if_fail (role < MP_N_POINTS);

  self->hidden[role] = !visible;
}

/* ---- where things are ---- */

static void
fit (MpPanel *self)
{
  if (self->ranged)
    return;
  if (self->kind == MP_PANEL_MATRIX)
    _mp_panel_fit_matrix (self);
  else if (self->kind == MP_PANEL_BARS)
    _mp_panel_fit_bars (self);
  self->ranged = TRUE;
}

#define BAR 130 /* width of a colour bar beside a matrix */

/* A single matrix in a wide panel has its colour bar beside it, and is the larger for it. */
static gboolean
has_bar_beside (MpPanel           *self,
                double             width,
                double             height,
                const MpPlotStyle *style)
{
  return self->kind == MP_PANEL_MATRIX && self->parts->len == 1 && width > height + (BAR + GAP) * style->text_scale;
}

static double
foot_height (MpPanel           *self,
             double             width,
             double             height,
             const MpPlotStyle *style)
{
  return self->kind == MP_PANEL_MATRIX && !has_bar_beside (self, width, height, style) ? ceil (18 * style->text_scale)
                                                                                     : 0;
}

static gboolean
has_part_titles (MpPanel *self)
{
  for (guint i = 0; i < self->parts->len; i++)
    if (g_array_index (self->parts, MpPanelPart, i).title != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
has_titles (MpPanel *self)
{
  return has_part_titles (self) || (self->captioned && self->title != NULL);
}

/* Of the panel's own title, where the parts' are below it. */
static double
caption_height (MpPanel           *self,
                const MpPlotStyle *style)
{
  return self->captioned && self->title != NULL && has_part_titles (self) ? ceil (17 * style->text_scale) : 0;
}

/* A part's place without its title and legend. */
static MpPanelBox
place_part (MpPanel           *self,
            guint              index,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  double     head = has_titles (self) ? ceil (17 * style->text_scale) : 0;
  double     caption = caption_height (self, style);
  double     tall = height - foot_height (self, width, height, style) - caption;
  guint      n = MAX (self->parts->len, 1), rows = 1, columns = n;
  MpPanelBox box;

  /* bars read better wide, everything else square */
  if (self->kind == MP_PANEL_BARS ? width < n * 170.0 * style->text_scale : tall > 1.25 * width) {
    rows = n;
    columns = 1;
  } else if (n > 3) {
    rows = 2;
    columns = (n + 1) / 2;
  }
  box.width = floor ((width + GAP) / columns - GAP);
  box.height = floor ((tall + GAP) / rows - GAP);
  box.x = index % columns * (box.width + GAP);
  box.y = index / columns * (box.height + GAP) + head + caption;
  box.height -= head;
  if (has_bar_beside (self, width, height, style))
    box.width -= (BAR + GAP) * style->text_scale;
  if (self->kind == MP_PANEL_SPACE) {
    const MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, index);

    if (part->scatter != NULL)
      box.height -= mp_scatter_get_legend_height (part->scatter, box.width, FALSE, style);
  }
  box.width = MAX (box.width, 1);
  box.height = MAX (box.height, 1);
  return box;
}

/* ---- drawing ---- */

static void
draw_space (MpPanel          *self,
            MpPen            *pen,
            MpPanelPart      *part,
            const MpPanelBox *box)
{
  if (part->scatter == NULL)
    return;
  for (guint role = 0; role < MP_N_POINTS; role++)
    mp_scatter_set_points_visible (part->scatter, role, !self->hidden[role]);
  cairo_save (pen->cr);
  cairo_translate (pen->cr, box->x, box->y);
  mp_scatter_draw (part->scatter, pen->cr, box->width, box->height, pen->style);
  cairo_translate (pen->cr, 0, box->height);
  mp_scatter_draw_legend (part->scatter, pen->cr, box->width, FALSE, pen->style);
  cairo_restore (pen->cr);
}

static void
draw_caption (MpPanel *self,
              MpPen   *pen,
              double   x,
              double   y,
              double   most)
{
  double drawn = mp_pen_draw (pen, MP_TEXT_TICK, pen->style->text, x, y, 0, most, self->title);

  if (self->detail != NULL && most - drawn > 40)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x + drawn + 8, y, 0, most - drawn - 8, self->detail);
}

static void
draw_part (MpPanel *self,
           MpPen   *pen,
           guint    index,
           double   width,
           double   height)
{
  MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, index);
  MpPanelBox   box = place_part (self, index, width, height, pen->style);
  double       ascent;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  if (part->title != NULL)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->text, box.x + 1, box.y - 5, 0, box.width - 2, part->title);
  else if (index == 0 && self->captioned && !has_part_titles (self))
    draw_caption (self, pen, box.x + 1, box.y - 5, width - 2);
  if (self->kind == MP_PANEL_MATRIX)
    _mp_panel_draw_matrix (self, pen, part, &box);
  else if (self->kind == MP_PANEL_SPACE)
    draw_space (self, pen, part, &box);
  else if (self->kind == MP_PANEL_BARS)
    _mp_panel_draw_bars (self, pen, part, &box);
}

void
mp_panel_draw (MpPanel           *self,
               cairo_t           *cr,
               double             width,
               double             height,
               const MpPlotStyle *style)
{
  MpPen pen;

  if (width < 8 || height < 8)
    return;
  fit (self);
  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  for (guint i = 0; i < self->parts->len; i++)
    draw_part (self, &pen, i, width, height);
  if (caption_height (self, style) > 0)
    draw_caption (self, &pen, 1, caption_height (self, style) - 5, width - 2);
  if (self->kind == MP_PANEL_MATRIX) {
    gboolean beside = has_bar_beside (self, width, height, style);
    double   row = ceil (18 * style->text_scale), bar = beside ? BAR * style->text_scale
                                                              : MIN (width, 220 * style->text_scale);

    cairo_save (cr);
    cairo_translate (cr, beside ? width - bar : (width - bar) / 2, beside ? (height - row) / 2 : height - row);
    mp_colour_scale_draw_bar (&self->colours, cr, bar, row, style, mp_plot_style_get_lane (style, self->lane));
    cairo_restore (cr);
  } else if (self->parts->len == 0) {
    mp_pen_draw_block (&pen, MP_TEXT_LABEL, style->dim_text, width / 2, height / 2, width - 16,
                       self->empty ? self->empty : _("Nothing to show yet"));
  }
  mp_pen_clear (&pen);
  cairo_restore (cr);
}

void
mp_panel_draw_framed (MpPanel           *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style)
{
  gboolean captioned = self->captioned;
  double   ascent, head = ceil (22 * style->text_scale), drawn;
  MpPen    pen;

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_pen_get_line (&pen, MP_TEXT_TITLE, &ascent);
  drawn = mp_pen_draw (&pen, MP_TEXT_TITLE, style->text, MARGIN, MARGIN + ascent, 0, width - 2 * MARGIN, self->title);
  if (self->detail != NULL && width - 2 * MARGIN - drawn > 40)
    mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, MARGIN + drawn + 8, MARGIN + ascent, 0,
                 width - 2 * MARGIN - drawn - 8, self->detail);
  mp_pen_clear (&pen);
  cairo_translate (cr, MARGIN, MARGIN + head);
  self->captioned = FALSE;
  mp_panel_draw (self, cr, width - 2 * MARGIN, height - 2 * MARGIN - head, style);
  self->captioned = captioned;
  cairo_restore (cr);
}

/* ---- under the pointer ---- */

static gboolean
is_inside (const MpPanelBox *box,
           double            x,
           double            y)
{
  return x >= box->x && x < box->x + box->width && y >= box->y && y < box->y + box->height;
}

static gboolean
hit_matrix (MpPanel           *self,
            MpPen             *pen,
            const MpPanelPart *part,
            const MpPanelBox  *box,
            double             x,
            double             y,
            MpPanelHit        *hit)
{
  MpPanelBox cells = _mp_panel_matrix_cells (self, pen, part, box);

  if (!is_inside (&cells, x, y) || part->rows == 0 || part->columns == 0)
    return FALSE;
  hit->row = MIN (part->rows - 1, (gint64) ((y - cells.y) / cells.height * (double) part->rows));
  hit->column = MIN (part->columns - 1, (gint64) ((x - cells.x) / cells.width * (double) part->columns));
  hit->value = part->values[hit->row * part->columns + hit->column];
  return TRUE;
}

static gboolean
hit_space (const MpPanelPart *part,
           const MpPanelBox  *box,
           double             x,
           double             y,
           MpPanelHit        *hit)
{
  gsize index;

  if (part->scatter == NULL)
    return FALSE;
  mp_scatter_to_data (part->scatter, box->width, box->height, x - box->x, y - box->y, &hit->x, &hit->y);
  if (mp_scatter_pick (part->scatter, box->width, box->height, x - box->x, y - box->y, REACH, &hit->role, &index))
    hit->index = (gint64) index;
  return TRUE;
}

static gboolean
hit_bars (MpPanel           *self,
          MpPen             *pen,
          const MpPanelPart *part,
          const MpPanelBox  *box,
          double             y,
          MpPanelHit        *hit)
{
  MpPanelBox area = _mp_panel_bars_area (self, pen, part, box);

  if (y < area.y || y >= area.y + area.height || part->rows == 0)
    return FALSE;
  hit->index = MIN (part->rows - 1, (gint64) ((y - area.y) / area.height * (double) part->rows));
  hit->value = part->values[hit->index];
  return TRUE;
}

gboolean
mp_panel_hit (MpPanel           *self,
              double             width,
              double             height,
              const MpPlotStyle *style,
              double             x,
              double             y,
              MpPanelHit        *hit)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t         *cr = cairo_create (surface);
  gboolean         found = FALSE;
  MpPen            pen;

  *hit = (MpPanelHit) { .index = -1, .row = -1, .column = -1, .value = NAN, .x = NAN, .y = NAN };
  fit (self);
  mp_pen_init (&pen, cr, style);
  for (guint i = 0; i < self->parts->len && !found; i++) {
    const MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, i);
    MpPanelBox         box = place_part (self, i, width, height, style);

    if (!is_inside (&box, x, y))
      continue;
    hit->part = i;
    if (self->kind == MP_PANEL_MATRIX)
      found = hit_matrix (self, &pen, part, &box, x, y, hit);
    else if (self->kind == MP_PANEL_SPACE)
      found = hit_space (part, &box, x, y, hit);
    else
      found = hit_bars (self, &pen, part, &box, y, hit);
  }
  mp_pen_clear (&pen);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return found;
}

void
mp_panel_draw_ring (MpPanel           *self,
                    cairo_t           *cr,
                    double             width,
                    double             height,
                    const MpPlotStyle *style,
                    MpPointsRole       role,
                    gsize              index)
{
  for (guint i = 0; i < self->parts->len && self->kind == MP_PANEL_SPACE; i++) {
    const MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, i);
    MpPanelBox         box = place_part (self, i, width, height, style);
    double             x, y;

    if (part->scatter != NULL && mp_scatter_locate (part->scatter, box.width, box.height, role, index, &x, &y))
      mp_scatter_draw_ring (cr, box.x + x, box.y + y, style);
  }
}

/* "real 3", "generated 17", or "row 3" where nothing is known about it; counted from 1. */
static char *
name_row (gint64 row,
          gint64 split)
{
  if (split <= 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT, row + 1);
  if (row < split)
    /* Translators: a real point by its number */
    return g_strdup_printf (_("real %" PRId64), row + 1);
  /* Translators: a generated point by its number */
  return g_strdup_printf (_("generated %" PRId64), row - split + 1);
}

/* "(0.5, −1.2)": the middle of a map's cell. */
static char *
name_place (const MpPanelPart *part,
            gint64             row,
            gint64             column)
{
  const double *extent = part->extent;
  double        u = ((double) column + 0.5) / (double) part->columns, v = ((double) row + 0.5) / (double) part->rows;
  g_autofree char *x = mp_format_value (extent[0] + u * (extent[1] - extent[0]), 2);
  g_autofree char *y = mp_format_value (extent[3] - v * (extent[3] - extent[2]), 2);

  return g_strdup_printf ("(%s, %s)", x, y);
}

char *
mp_panel_describe_hit (MpPanel          *self,
                       const MpPanelHit *hit)
{
  const MpPanelPart *part;
  g_autofree char   *value = mp_format_value (hit->value, 3);

  if (hit->part >= self->parts->len || isnan (hit->value))
    return NULL;
  part = &g_array_index (self->parts, MpPanelPart, hit->part);
  if (part->is_map) {
    g_autofree char *place = name_place (part, hit->row, hit->column);

    return g_strdup_printf ("%s: %s", place, value);
  }
  if (self->kind == MP_PANEL_MATRIX) {
    g_autofree char *row = name_row (hit->row, part->row_split);
    g_autofree char *column = name_row (hit->column, part->column_split);

    return g_strdup_printf ("%s × %s: %s", row, column, value);
  }
  if (part->labels != NULL && hit->index < (gint64) g_strv_length (part->labels))
    return g_strdup_printf ("%s: %s", part->labels[hit->index], value);
  return g_strdup_printf ("%" G_GINT64_FORMAT ": %s", hit->index + 1, value);
}

char *
mp_panel_describe (MpPanel *self)
{
  GString *words = g_string_new (self->title);

  if (self->detail != NULL)
    g_string_append_printf (words, " (%s)", self->detail);
  for (guint i = 0; i < self->parts->len; i++) {
    const MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, i);

    if (part->title != NULL)
      g_string_append_printf (words, "; %s", part->title);
    if (part->scatter != NULL) {
      g_autofree char *points = mp_scatter_describe (part->scatter);

      g_string_append_printf (words, ": %s", points);
    }
  }
  return g_string_free (words, FALSE);
}
