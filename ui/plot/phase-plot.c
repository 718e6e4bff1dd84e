/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/plot/phase-plot.h"

#include <math.h>
#include <string.h>

#include "ui/plot/picture.h"
#include "ui/plot/plot-text.h"
#include "ui/plot/stream-lines.h"
#include "ui/plot/ticks.h"

#define PANEL_WIDTH 460.0
#define PANEL_HEIGHT 320.0
#define MARGIN 16.0
#define DOT 4.0          /* radius of starts and ends */
#define N_LABEL_ROWS 3   /* how far a label may go from its end, in half lines */

typedef struct
{
  guint    n;
  double  *points; /* x, y */
  guint    colour;
  gboolean arrived;
  char    *label;
} Trajectory;

struct _MpPhasePlot
{
  gatomicrefcount  ref_count;
  char            *title, *names[2];
  double           extent[4];
  gboolean         has_field;
  GPtrArray       *lines;        /* MpStreamLine */
  GPtrArray       *trajectories; /* Trajectory */
};

/* Where the axes are, in the plot's own units. */
typedef struct
{
  double x, y, width, height;
} Frame;

static void
trajectory_free (gpointer data)
{
  Trajectory *trajectory = data;

  g_free (trajectory->points);
  g_free (trajectory->label);
  g_free (trajectory);
}

MpPhasePlot *
mp_phase_plot_new (void)
{
  MpPhasePlot *self = g_new0 (MpPhasePlot, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->extent[1] = self->extent[3] = 1;
  self->lines = mp_stream_lines_new (0, 0, NULL);
  self->trajectories = g_ptr_array_new_with_free_func (trajectory_free);
  return self;
}

MpPhasePlot *
mp_phase_plot_ref (MpPhasePlot *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_phase_plot_unref (MpPhasePlot *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->lines);
  g_ptr_array_unref (self->trajectories);
  g_free (self->title);
  g_free (self->names[0]);
  g_free (self->names[1]);
  g_free (self);
}

void
mp_phase_plot_set_texts (MpPhasePlot *self,
                         const char  *title,
                         const char  *x_name,
                         const char  *y_name)
{
  g_free (self->title);
  g_free (self->names[0]);
  g_free (self->names[1]);
  self->title = g_strdup (title);
  self->names[0] = g_strdup (x_name);
  self->names[1] = g_strdup (y_name);
}

void
mp_phase_plot_set_extent (MpPhasePlot  *self,
                          const double  extent[4])
{
  memcpy (self->extent, extent, sizeof self->extent);
}

void
mp_phase_plot_set_field (MpPhasePlot *self,
                         guint        width,
                         guint        height,
                         const float *flows)
{
  g_autofree float *scaled = NULL;

  self->has_field = flows != NULL;
  g_ptr_array_unref (self->lines);
  if (flows != NULL) {
    /* Lines are traced in shares of the extent, so that they are evenly spaced as drawn. */
    scaled = g_new (float, 2 * width * height);
    for (guint i = 0; i < width * height; i++) {
      scaled[2 * i] = (float) (flows[2 * i] / (self->extent[1] - self->extent[0]));
      scaled[2 * i + 1] = (float) (flows[2 * i + 1] / (self->extent[3] - self->extent[2]));
    }
  }
  self->lines = mp_stream_lines_new (width, height, scaled);
}

void
mp_phase_plot_clear_trajectories (MpPhasePlot *self)
{
  g_ptr_array_set_size (self->trajectories, 0);
}

guint
mp_phase_plot_get_n_trajectories (MpPhasePlot *self)
{
  return self->trajectories->len;
}

void
mp_phase_plot_add_trajectory (MpPhasePlot  *self,
                              guint         n,
                              const double *points,
                              guint         colour,
                              gboolean      arrived,
                              const char   *label)
{
  Trajectory *trajectory = g_new0 (Trajectory, 1);
  guint at = self->trajectories->len;

  trajectory->n = n;
  trajectory->points = g_new (double, 2 * MAX (n, 1));
  for (guint i = 0; i < n; i++) {
    trajectory->points[2 * i] = points[3 * i + 1];
    trajectory->points[2 * i + 1] = points[3 * i + 2];
  }
  trajectory->colour = colour;
  trajectory->arrived = arrived;
  trajectory->label = g_strdup (label);
  while (at > 0 && ((const Trajectory *) g_ptr_array_index (self->trajectories, at - 1))->colour > colour)
    at--;
  g_ptr_array_insert (self->trajectories, (int) at, trajectory);
}

/* ---- drawing ---- */

static Frame
find_frame (MpPen  *pen,
            double  width,
            double  height)
{
  double tick = mp_pen_get_line (pen, MP_TEXT_TICK, NULL), label = mp_pen_get_line (pen, MP_TEXT_LABEL, NULL);
  double title = mp_pen_get_line (pen, MP_TEXT_TITLE, NULL), left = mp_pen_measure (pen, MP_TEXT_TICK, "−0.55") + 10;
  Frame frame = { left, title + label + 10, 0, 0 };

  frame.width = MAX (width - frame.x - 8, 10);
  frame.height = MAX (height - frame.y - tick - label - 8, 10);
  return frame;
}

static double
to_x (const MpPhasePlot *self,
      const Frame       *frame,
      double             x)
{
  return frame->x + frame->width * (x - self->extent[0]) / (self->extent[1] - self->extent[0]);
}

static double
to_y (const MpPhasePlot *self,
      const Frame       *frame,
      double             y)
{
  return frame->y + frame->height * (self->extent[3] - y) / (self->extent[3] - self->extent[2]);
}

static void
draw_axis (MpPhasePlot *self,
           MpPen       *pen,
           const Frame *frame,
           guint        axis)
{
  double low = self->extent[2 * axis], high = self->extent[2 * axis + 1], ascent;
  g_autoptr (GArray) ticks = mp_ticks_new (MP_SCALE_LINEAR, low, high, 6, FALSE);
  double line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);

  for (guint i = 0; i < ticks->len; i++) {
    const MpTick *tick = &g_array_index (ticks, MpTick, i);
    double at = axis == 0 ? to_x (self, frame, tick->value) : to_y (self, frame, tick->value);

    if (tick->label == NULL)
      continue;
    cairo_set_line_width (pen->cr, 1);
    mp_colour_set_source (pen->style->grid, pen->cr);
    if (axis == 0) {
      cairo_move_to (pen->cr, at, frame->y);
      cairo_rel_line_to (pen->cr, 0, frame->height);
    } else {
      cairo_move_to (pen->cr, frame->x, at);
      cairo_rel_line_to (pen->cr, frame->width, 0);
    }
    cairo_stroke (pen->cr);
    if (axis == 0)
      mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text,
                   CLAMP (at, frame->x, frame->x + frame->width - 8), frame->y + frame->height + 3 + ascent, 0.5, 0,
                   tick->label);
    else
      mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, frame->x - 5, at - line / 2 + ascent, 1, 0, tick->label);
  }
}

static void
draw_texts (MpPhasePlot *self,
            MpPen       *pen,
            const Frame *frame,
            double       height)
{
  double ascent, title_ascent, title = mp_pen_get_line (pen, MP_TEXT_TITLE, &title_ascent);

  mp_pen_get_line (pen, MP_TEXT_LABEL, &ascent);
  if (self->title)
    mp_pen_draw (pen, MP_TEXT_TITLE, pen->style->text, 2, title_ascent, 0, frame->x + frame->width, self->title);
  if (self->names[1])
    mp_pen_draw (pen, MP_TEXT_LABEL, pen->style->dim_text, 2, title + 4 + ascent, 0, frame->width, self->names[1]);
  if (self->names[0])
    mp_pen_draw (pen, MP_TEXT_LABEL, pen->style->dim_text, frame->x + frame->width,
                 height - mp_pen_get_line (pen, MP_TEXT_LABEL, NULL) + ascent - 1, 1, frame->width, self->names[0]);
}

static void
draw_arrow_head (cairo_t *cr,
                 double   x,
                 double   y,
                 double   dx,
                 double   dy,
                 double   size)
{
  double length = hypot (dx, dy);

  if (length == 0)
    return;
  dx *= size / length;
  dy *= size / length;
  cairo_move_to (cr, x + dx, y + dy);
  cairo_line_to (cr, x - dx * 0.6 - dy * 0.6, y - dy * 0.6 + dx * 0.6);
  cairo_line_to (cr, x - dx * 0.6 + dy * 0.6, y - dy * 0.6 - dx * 0.6);
  cairo_close_path (cr);
  cairo_fill (cr);
}

static void
draw_lines (MpPhasePlot *self,
            MpPen       *pen,
            const Frame *frame)
{
  MpColour colour = mp_colour_mix (pen->style->canvas, pen->style->dim_text, 0.75);

  mp_colour_set_source (colour, pen->cr);
  for (guint i = 0; i < self->lines->len; i++) {
    const MpStreamLine *line = g_ptr_array_index (self->lines, i);
    guint middle = line->n / 2;

    for (guint j = 0; j < line->n; j++) {
      double x = frame->x + frame->width * line->points[2 * j];
      double y = frame->y + frame->height * (1 - line->points[2 * j + 1]);

      if (j == 0)
        cairo_move_to (pen->cr, x, y);
      else
        cairo_line_to (pen->cr, x, y);
    }
    cairo_set_line_width (pen->cr, 0.6 + 0.5 * line->grade);
    cairo_stroke (pen->cr);
    if (middle + 1 < line->n)
      draw_arrow_head (pen->cr, frame->x + frame->width * line->points[2 * middle],
                       frame->y + frame->height * (1 - line->points[2 * middle + 1]),
                       frame->width * (line->points[2 * middle + 2] - line->points[2 * middle]),
                       -frame->height * (line->points[2 * middle + 3] - line->points[2 * middle + 1]),
                       2.6 + 0.7 * line->grade);
  }
}

static void
draw_trajectory (MpPhasePlot      *self,
                 const Trajectory *trajectory,
                 MpPen            *pen,
                 const Frame      *frame)
{
  MpColour colour = mp_plot_style_get_lane (pen->style, trajectory->colour);
  double x = 0, y = 0;

  for (guint i = 0; i < trajectory->n; i++) {
    x = to_x (self, frame, trajectory->points[2 * i]);
    y = to_y (self, frame, trajectory->points[2 * i + 1]);
    if (i == 0)
      cairo_move_to (pen->cr, x, y);
    else
      cairo_line_to (pen->cr, x, y);
  }
  mp_colour_set_source (colour, pen->cr);
  cairo_set_line_width (pen->cr, 2);
  cairo_stroke (pen->cr);

  /* The start is a ring, an equilibrium a dot. */
  cairo_arc (pen->cr, to_x (self, frame, trajectory->points[0]), to_y (self, frame, trajectory->points[1]), DOT, 0,
             2 * G_PI);
  mp_colour_set_source (pen->style->canvas, pen->cr);
  cairo_fill_preserve (pen->cr);
  mp_colour_set_source (colour, pen->cr);
  cairo_stroke (pen->cr);
  if (trajectory->arrived) {
    cairo_arc (pen->cr, x, y, DOT, 0, 2 * G_PI);
    cairo_fill (pen->cr);
  }
}

static gboolean
is_free (const Frame *label,
         GArray      *placed)
{
  for (guint i = 0; i < placed->len; i++) {
    const Frame *other = &g_array_index (placed, Frame, i);

    if (label->x < other->x + other->width && other->x < label->x + label->width && label->y < other->y + other->height
        && other->y < label->y + label->height)
      return FALSE;
  }
  return TRUE;
}

/* Right or left of the point, above or below, where other labels leave room. FALSE: nowhere near. */
static gboolean
place_label (const Frame *frame,
             GArray      *placed,
             double       x,
             double       y,
             Frame       *label)
{
  for (guint i = 0; i < 4 * N_LABEL_ROWS; i++) {
    double away = 4 + (i / 4) * label->height / 2;

    label->x = i % 2 == 0 ? x + 8 : x - 8 - label->width;
    label->y = i / 2 % 2 == 0 ? y - away - label->height : y + away;
    label->x = CLAMP (label->x, frame->x + 2, frame->x + frame->width - label->width - 2);
    label->y = CLAMP (label->y, frame->y + 2, frame->y + frame->height - label->height - 2);
    if (is_free (label, placed)) {
      g_array_append_val (placed, *label);
      return TRUE;
    }
  }
  return FALSE;
}

static void
draw_label (MpPhasePlot      *self,
            const Trajectory *trajectory,
            MpPen            *pen,
            const Frame      *frame,
            GArray           *placed)
{
  double ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  double x = to_x (self, frame, trajectory->points[2 * trajectory->n - 2]);
  double y = to_y (self, frame, trajectory->points[2 * trajectory->n - 1]);
  Frame at = { 0, 0, mp_pen_measure (pen, MP_TEXT_TICK, trajectory->label) + 8, line + 2 };

  if (x < frame->x || x > frame->x + frame->width || y < frame->y || y > frame->y + frame->height
      || !place_label (frame, placed, x, y, &at))
    return;
  mp_path_rounded (pen->cr, at.x, at.y, at.width, at.height, 4);
  mp_colour_set_source (mp_colour_fade (pen->style->popover, 0.9), pen->cr);
  cairo_fill (pen->cr);
  mp_pen_draw (pen, MP_TEXT_TICK, pen->style->text, at.x + 4, at.y + 1 + ascent, 0, 0, trajectory->label);
}

static gboolean
is_said (MpPhasePlot *self,
         guint        i)
{
  const Trajectory *trajectory = g_ptr_array_index (self->trajectories, i);

  for (guint j = i + 1; j < self->trajectories->len; j++)
    if (g_strcmp0 (((const Trajectory *) g_ptr_array_index (self->trajectories, j))->label, trajectory->label) == 0)
      return TRUE;
  return FALSE;
}

/* The newest first, each text once. A label keeps off the dots of other ends too; where there is no room for one, its end
 * goes without. */
static void
draw_labels (MpPhasePlot *self,
             MpPen       *pen,
             const Frame *frame)
{
  g_autoptr (GArray) placed = g_array_new (FALSE, FALSE, sizeof (Frame));

  for (guint i = 0; i < self->trajectories->len; i++) {
    const Trajectory *trajectory = g_ptr_array_index (self->trajectories, i);
    Frame dot = { to_x (self, frame, trajectory->points[2 * trajectory->n - 2]) - DOT,
                  to_y (self, frame, trajectory->points[2 * trajectory->n - 1]) - DOT, 2 * DOT, 2 * DOT };

    if (trajectory->arrived)
      g_array_append_val (placed, dot);
  }
  for (guint i = self->trajectories->len; i-- > 0;) {
    const Trajectory *trajectory = g_ptr_array_index (self->trajectories, i);

    if (trajectory->label && !is_said (self, i))
      draw_label (self, trajectory, pen, frame, placed);
  }
}

void
mp_phase_plot_draw (MpPhasePlot       *self,
                    cairo_t           *cr,
                    double             width,
                    double             height,
                    const MpPlotStyle *style)
{
  MpPen pen;
  Frame frame;

  mp_pen_init (&pen, cr, style);
  frame = find_frame (&pen, width, height);
  cairo_save (cr);
  cairo_rectangle (cr, frame.x, frame.y, frame.width, frame.height);
  mp_colour_set_source (style->canvas, cr);
  cairo_fill (cr);
  draw_axis (self, &pen, &frame, 0);
  draw_axis (self, &pen, &frame, 1);
  cairo_rectangle (cr, frame.x, frame.y, frame.width, frame.height);
  cairo_clip (cr);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  draw_lines (self, &pen, &frame);
  for (guint i = 0; i < self->trajectories->len; i++)
    draw_trajectory (self, g_ptr_array_index (self->trajectories, i), &pen, &frame);
  draw_labels (self, &pen, &frame);
  if (!self->has_field && self->trajectories->len == 0)
    mp_pen_draw_block (&pen, MP_TEXT_LABEL, style->dim_text, frame.x + frame.width / 2, frame.y + frame.height / 2,
                       frame.width, _("Computing the flow…"));
  cairo_restore (cr);
  draw_texts (self, &pen, &frame, height);
  mp_pen_clear (&pen);
}

gboolean
mp_phase_plot_to_data (MpPhasePlot       *self,
                       double             width,
                       double             height,
                       const MpPlotStyle *style,
                       double             x,
                       double             y,
                       double             point[2])
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t *cr = cairo_create (surface);
  MpPen pen;
  Frame frame;

  mp_pen_init (&pen, cr, style);
  frame = find_frame (&pen, width, height);
  mp_pen_clear (&pen);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  point[0] = self->extent[0] + (self->extent[1] - self->extent[0]) * (x - frame.x) / frame.width;
  point[1] = self->extent[3] - (self->extent[3] - self->extent[2]) * (y - frame.y) / frame.height;
  return x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height;
}

/* ---- files ---- */

typedef struct
{
  MpPhasePlot *const *plots;
  guint               n, columns;
  const char         *title;
} Page;

static double
heading_height (const Page        *page,
                const MpPlotStyle *style)
{
  return page->title ? 2.2 * style->title_size * style->text_scale : 0;
}

static void
draw_page (gpointer           data,
           cairo_t           *cr,
           double             width,
           double             height,
           const MpPlotStyle *style)
{
  const Page *page = data;
  guint rows = (page->n + page->columns - 1) / page->columns;
  double heading = heading_height (page, style), ascent;
  double panel_width = (width - MARGIN) / page->columns - MARGIN;
  double panel_height = (height - MARGIN - heading) / rows - MARGIN;
  MpPen pen;

  mp_colour_set_source (style->page, cr);
  cairo_paint (cr);
  mp_pen_init (&pen, cr, style);
  mp_pen_get_line (&pen, MP_TEXT_HEADING, &ascent);
  if (page->title)
    mp_pen_draw (&pen, MP_TEXT_HEADING, style->text, MARGIN, MARGIN + ascent, 0, width - 2 * MARGIN, page->title);
  mp_pen_clear (&pen);
  for (guint i = 0; i < page->n; i++) {
    cairo_save (cr);
    cairo_translate (cr, MARGIN + (i % page->columns) * (panel_width + MARGIN),
                     MARGIN + heading + (i / page->columns) * (panel_height + MARGIN));
    mp_phase_plot_draw (page->plots[i], cr, panel_width, panel_height, style);
    cairo_restore (cr);
  }
}

gboolean
mp_phase_plots_write (MpPhasePlot *const  *plots,
                      guint                n,
                      const char          *title,
                      const char          *path,
                      const MpPlotStyle   *style,
                      GError             **error)
{
  Page page = { plots, n, n > 1 ? 2 : 1, title };
  guint rows = (n + page.columns - 1) / page.columns;

  return mp_picture_write_drawing (path, page.columns * (PANEL_WIDTH + MARGIN) + MARGIN,
                                   rows * (PANEL_HEIGHT + MARGIN) + MARGIN + heading_height (&page, style), 2, style,
                                   title, draw_page, &page, error);
}
