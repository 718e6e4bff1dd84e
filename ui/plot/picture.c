/* SPDX-License-Identifier: Apache-2.0
 *
 * picture.c: the composition of a comparison.
 *
 * Plots are cells of equal size, at most MAX_CELLS in a row; a lane with a panel takes two cells. Charts share the
 * rows below. Cells are as wide as the page allows; when the page is too low for square plots and charts of a readable
 * height, both give way.
 */
#include "ui/plot/picture-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/plot-text.h"

#define EDGE 20        /* around the page */
#define GAP 12         /* between cards */
#define PAD 12         /* inside cards */
#define MAX_CELLS 4
#define CELL 320       /* natural width */
#define CHART 240      /* natural height */
#define LEAST_CHART 150

static void
lane_clear (gpointer data)
{
  MpPictureLane *lane = data;

  g_free ((char *) lane->head.title);
  g_free ((char *) lane->head.subtitle);
  g_free ((char *) lane->head.state);
  mp_scatter_unref (lane->scatter);
  g_clear_pointer (&lane->panel, mp_panel_unref);
}

MpPicture *
mp_picture_new (const char *title,
                const char *subtitle)
{
  MpPicture *self = g_new0 (MpPicture, 1);

  self->title = g_strdup (title);
  self->subtitle = g_strdup (subtitle);
  self->lanes = g_array_new (FALSE, FALSE, sizeof (MpPictureLane));
  g_array_set_clear_func (self->lanes, lane_clear);
  self->charts = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_chart_unref);
  return self;
}

void
mp_picture_free (MpPicture *self)
{
  g_free (self->title);
  g_free (self->subtitle);
  g_array_unref (self->lanes);
  g_ptr_array_unref (self->charts);
  g_free (self);
}

void
mp_picture_add_lane (MpPicture        *self,
                     const MpLaneHead *head,
                     MpScatter        *scatter,
                     MpPanel          *panel)
{
  MpPictureLane lane = { .head = *head, .scatter = mp_scatter_ref (scatter) };

  lane.head.title = g_strdup (head->title);
  lane.head.subtitle = g_strdup (head->subtitle);
  lane.head.state = g_strdup (head->state);
  lane.panel = panel != NULL && mp_panel_get_kind (panel) != MP_PANEL_EMPTY ? mp_panel_ref (panel) : NULL;
  g_array_append_val (self->lanes, lane);
}

void
mp_picture_add_chart (MpPicture *self,
                      MpChart   *chart)
{
  g_ptr_array_add (self->charts, mp_chart_ref (chart));
}

MpChart *
mp_picture_get_chart (MpPicture *self,
                      guint      i)
{
  return i < self->charts->len ? g_ptr_array_index (self->charts, i) : NULL;
}

/* Adds a part after a dot; takes the text. */
static void
add_part (GString *text,
          char    *part)
{
  g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", part);
  g_free (part);
}

char *
mp_lane_head_summary (const MpLaneHead *head)
{
  GString *text = g_string_new (head->state);

  if (head->modes >= 0)
    /* Translators: modes covered, of how many */
    add_part (text, g_strdup_printf (_("modes %d/%d"), head->modes, head->n_modes));
  if (!isnan (head->high_quality))
    /* Translators: HQ is the share of high-quality samples, in per cent */
    add_part (text, g_strdup_printf (_("HQ %.0f %%"), head->high_quality * 100));
  if (!isnan (head->rate)) {
    g_autofree char *rate = mp_format_fixed (head->rate, head->rate < 10 ? 1 : 0);

    /* Translators: iterations per second */
    add_part (text, g_strdup_printf (_("%s it/s"), rate));
  }
  return g_string_free (text, FALSE);
}

/* ---- layout ---- */

/* With the room below it, which a plot in a frame brings itself. */
static double
head_height (const MpPlotStyle *style)
{
  return ceil (46 * style->text_scale + 6);
}

double
mp_lane_head_get_height (const MpPlotStyle *style)
{
  return head_height (style) - PAD;
}

typedef struct
{
  double head, foot;         /* of a lane's card: above and below its plot */
  double title;              /* of the page */
  guint  lane_rows, cells;   /* cells in the widest row */
  guint  chart_rows, charts; /* charts in a row */
  double legend;
} Frame;

static guint
count_cells (const MpPictureLane *lane)
{
  return lane->panel != NULL ? 2 : 1;
}

/* First lane of the next row. */
static guint
fill_row (MpPicture *self,
          guint      first,
          guint      most,
          guint     *cells)
{
  guint i = first;

  *cells = 0;
  while (i < self->lanes->len) {
    guint more = count_cells (&g_array_index (self->lanes, MpPictureLane, i));

    if (i > first && *cells + more > most)
      break;
    *cells += more;
    i++;
  }
  return i;
}

static guint
most_cells (MpPicture *self)
{
  guint total = 0;

  for (guint i = 0; i < self->lanes->len; i++)
    total += count_cells (&g_array_index (self->lanes, MpPictureLane, i));
  /* 5 and 6 look better as 3 + 2 and 3 + 3 */
  return total > MAX_CELLS ? 3 : MAX_CELLS;
}

static double
foot_row (const MpPlotStyle *style)
{
  return ceil (20 * style->text_scale);
}

/* Below a plot: its background's name with the colour bar, and the legend. */
static double
foot_height (MpScatter         *scatter,
             double             width,
             const MpPlotStyle *style)
{
  return (mp_scatter_get_heat_map (scatter) != NULL ? foot_row (style) : 0) +
         mp_scatter_get_legend_height (scatter, width, TRUE, style);
}

/* inner: width between the page's edges. */
static Frame
make_frame (MpPicture         *self,
            double             inner,
            const MpPlotStyle *style)
{
  double text = style->text_scale;
  Frame  frame = { .head = head_height (style), .cells = 1 };

  frame.title = ceil ((self->title != NULL ? 26 : self->subtitle != NULL ? 20 : 0) * text);
  for (guint i = 0; i < self->lanes->len; frame.lane_rows++) {
    guint cells;

    i = fill_row (self, i, most_cells (self), &cells);
    frame.cells = MAX (frame.cells, cells);
  }
  for (guint i = 0; i < self->lanes->len; i++)
    frame.foot = MAX (frame.foot, foot_height (g_array_index (self->lanes, MpPictureLane, i).scatter,
                                               MAX (40, (inner + GAP) / frame.cells - GAP - 2 * PAD), style));
  if (self->charts->len > 0) {
    /* one lane is as wide as two charts: its plot would tower over three */
    guint most = frame.cells == 1 ? 2 : MAX (3, frame.cells);

    frame.chart_rows = (self->charts->len + most - 1) / most;
    frame.charts = (self->charts->len + frame.chart_rows - 1) / frame.chart_rows;
    frame.legend = self->lanes->len > 1 ? ceil (22 * text) : 0;
  }
  return frame;
}

static double
lane_height (const Frame *frame,
             double       cell)
{
  return frame->head + cell - 2 * PAD + frame->foot + PAD;
}

void
mp_picture_get_natural_size (MpPicture *self,
                             double    *width,
                             double    *height)
{
  MpPlotStyle style;
  Frame       frame;
  double      cell;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  frame = make_frame (self, MAX_CELLS * CELL, &style);
  *width = 2 * EDGE + MAX (frame.cells, MIN (frame.charts, 3)) * (CELL + GAP) - GAP;
  frame = make_frame (self, *width - 2 * EDGE, &style);
  cell = floor ((*width - 2 * EDGE + GAP) / frame.cells - GAP);
  *height = 2 * EDGE + frame.title + frame.legend + frame.lane_rows * (lane_height (&frame, cell) + GAP) +
            frame.chart_rows * (CHART + GAP) - GAP;
}

/* ---- drawing ---- */

static void
draw_card (MpPen  *pen,
           double  x,
           double  y,
           double  width,
           double  height)
{
  mp_path_rounded (pen->cr, x + 0.5, y + 0.5, width - 1, height - 1, 10);
  mp_colour_set_source (pen->style->card, pen->cr);
  cairo_fill_preserve (pen->cr);
  mp_colour_set_source (pen->style->border, pen->cr);
  cairo_set_line_width (pen->cr, 1);
  cairo_stroke (pen->cr);
}

static void
draw_head (MpPen            *pen,
           const MpLaneHead *head,
           double            x,
           double            y,
           double            width)
{
  const MpPlotStyle *style = pen->style;
  g_autofree char   *count = mp_format_count (head->iteration);
  g_autofree char   *iteration = g_strdup_printf (_("it %s"), count);
  g_autofree char   *summary = mp_lane_head_summary (head);
  double             text = style->text_scale, right, first = y + PAD + 13 * text, second = first + 18 * text;

  mp_path_rounded (pen->cr, x + PAD, y + PAD, 4, 33 * text, 2);
  mp_colour_set_source (mp_plot_style_get_lane (style, head->lane), pen->cr);
  cairo_fill (pen->cr);
  x += PAD + 12;
  width -= 2 * PAD + 12;
  right = mp_pen_draw (pen, MP_TEXT_LABEL, style->text, x + width, first, 1, width * 0.5, iteration);
  mp_pen_draw (pen, MP_TEXT_HEADING, style->text, x, first, 0, MAX (20, width - right - 12), head->title);
  right = mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x + width, second, 1, width, summary);
  if (head->subtitle != NULL && width - right > 40)
    mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x, second, 0, width - right - 12, head->subtitle);
}

void
mp_lane_head_draw (const MpLaneHead  *head,
                   cairo_t           *cr,
                   double             width,
                   const MpPlotStyle *style)
{
  MpPen pen;

  mp_pen_init (&pen, cr, style);
  draw_head (&pen, head, 0, 0, width);
  mp_pen_clear (&pen);
}

/* "Decision" of "Decision (probability of real)" where there is no room for the words in brackets. */
static void
draw_layer_name (MpPen      *pen,
                 double      y,
                 double      room,
                 const char *title)
{
  const char       *bracket = strstr (title, " (");
  gboolean          fits = !bracket || mp_pen_measure (pen, MP_TEXT_TICK, title) <= room;
  g_autofree char  *name = fits ? g_strdup (title) : g_strndup (title, bracket - title);

  mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, 0, y, 0, room, name);
}

/* One plot; below it the layer's name and colour bar, and the legend. */
static void
draw_plot (MpPen     *pen,
           MpScatter *scatter,
           guint      lane,
           double     x,
           double     y,
           double     width,
           double     height)
{
  MpHeatMap  *heat_map = mp_scatter_get_heat_map (scatter);
  const char *title = heat_map != NULL ? mp_heat_map_get_title (heat_map) : NULL;
  cairo_t    *cr = pen->cr;
  double      ascent, row = foot_row (pen->style), bar = CLAMP (width * 0.55, 80, 200);

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  mp_scatter_draw (scatter, cr, width, height, pen->style);
  cairo_translate (cr, 0, height + 4);
  if (heat_map != NULL) {
    cairo_save (cr);
    cairo_translate (cr, width - bar, 0);
    mp_heat_map_draw_bar (heat_map, cr, bar, row, pen->style, mp_plot_style_get_lane (pen->style, lane));
    cairo_restore (cr);
    draw_layer_name (pen, row / 2 + ascent * 0.38, MAX (20, width - bar - 10), title);
    cairo_translate (cr, 0, row);
  }
  mp_scatter_draw_legend (scatter, cr, width, TRUE, pen->style);
  cairo_restore (cr);
}

static void
draw_lane (MpPen               *pen,
           const MpPictureLane *lane,
           const Frame         *frame,
           double               x,
           double               y,
           double               width,
           double               height)
{
  guint  cells = count_cells (lane);
  double plot = floor ((width - 2 * PAD - (cells - 1) * PAD) / cells);
  double tall = floor (height - frame->head - frame->foot - PAD);

  draw_card (pen, x, y, width, height);
  draw_head (pen, &lane->head, x, y, width);
  draw_plot (pen, lane->scatter, lane->head.lane, x + PAD, y + frame->head, plot, tall);
  if (lane->panel != NULL) {
    cairo_save (pen->cr);
    cairo_translate (pen->cr, x + 2 * PAD + plot, y + frame->head);
    mp_panel_draw (lane->panel, pen->cr, plot, tall, pen->style);
    cairo_restore (pen->cr);
  }
}

void
mp_scatter_draw_framed (MpScatter         *self,
                        cairo_t           *cr,
                        double             width,
                        double             height,
                        const MpPlotStyle *style)
{
  double foot = foot_height (self, width - 2 * PAD, style);
  MpPen  pen;

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  draw_plot (&pen, self, mp_scatter_get_lane (self), PAD, PAD, width - 2 * PAD, height - 2 * PAD - 2 - foot);
  mp_pen_clear (&pen);
  cairo_restore (cr);
}

static void
draw_lane_names (MpPicture *self,
                 MpPen     *pen,
                 double     x,
                 double     y,
                 double     width)
{
  double end = x + width, text = pen->style->text_scale;

  for (guint i = 0; i < self->lanes->len && end - x > 60 * text; i++) {
    const MpLaneHead *head = &g_array_index (self->lanes, MpPictureLane, i).head;

    mp_path_rounded (pen->cr, x, y - 5.5 * text, 14 * text, 3, 1.5);
    mp_colour_set_source (mp_plot_style_get_lane (pen->style, head->lane), pen->cr);
    cairo_fill (pen->cr);
    x += 20 * text;
    x += mp_pen_draw (pen, MP_TEXT_LABEL, pen->style->dim_text, x, y, 0, end - x,
                      head->name != NULL ? head->name : head->title) + 20 * text;
  }
}

static double
draw_lanes (MpPicture   *self,
            MpPen       *pen,
            const Frame *frame,
            double       y,
            double       width,
            double       height)
{
  double cell = floor ((width + GAP) / frame->cells - GAP);

  for (guint i = 0; i < self->lanes->len;) {
    double x = EDGE;
    guint  cells, end = fill_row (self, i, most_cells (self), &cells);

    for (; i < end; i++) {
      const MpPictureLane *lane = &g_array_index (self->lanes, MpPictureLane, i);
      double               wide = count_cells (lane) * (cell + GAP) - GAP;

      draw_lane (pen, lane, frame, x, y, wide, height);
      x += wide + GAP;
    }
    y += height + GAP;
  }
  return y;
}

static void
draw_charts (MpPicture   *self,
             MpPen       *pen,
             const Frame *frame,
             double       y,
             double       width,
             double       height)
{
  for (guint i = 0; i < self->charts->len; i++) {
    guint  column = i % frame->charts, row = i / frame->charts;
    double wide = floor ((width + GAP) / frame->charts - GAP);
    double x = EDGE + column * (wide + GAP), top = y + row * (height + GAP);

    draw_card (pen, x, top, wide, height);
    cairo_save (pen->cr);
    cairo_translate (pen->cr, x, top);
    mp_chart_draw (g_ptr_array_index (self->charts, i), pen->cr, wide, height, pen->style);
    cairo_restore (pen->cr);
  }
}

void
mp_picture_draw (MpPicture         *self,
                 cairo_t           *cr,
                 double             width,
                 double             height,
                 const MpPlotStyle *style)
{
  double      inner = width - 2 * EDGE, y = EDGE, room, lanes = 0, charts = 0;
  Frame       frame = make_frame (self, inner, style);
  MpPlotStyle own = *style;
  MpPen       pen;

  g_return_if_fail (self != NULL && cr != NULL && style != NULL);

  cairo_save (cr);
  own.axis_names = TRUE;
  mp_pen_init (&pen, cr, &own);
  mp_colour_set_source (style->page, cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_fill (cr);
  if (frame.title > 0) {
    double drawn = mp_pen_draw (&pen, MP_TEXT_HEADING, style->text, EDGE, y + 12 * style->text_scale, 0, inner,
                                self->title);

    if (inner - drawn > 60)
      mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, EDGE + (drawn > 0 ? drawn + 12 : 0), y + 12 * style->text_scale,
                   0, inner - drawn - 12, self->subtitle);
    y += frame.title;
  }
  room = height - EDGE - y - frame.legend;
  if (frame.lane_rows > 0) {
    double spare = room - frame.chart_rows * (LEAST_CHART + GAP);

    lanes = lane_height (&frame, (inner + GAP) / frame.cells - GAP);
    lanes = MIN (lanes, (spare + GAP) / frame.lane_rows - GAP);
    lanes = MAX (lanes, frame.head + frame.foot + PAD + 40);
    y = draw_lanes (self, &pen, &frame, y, inner, floor (lanes));
  }
  if (frame.chart_rows > 0) {
    if (frame.legend > 0) {
      draw_lane_names (self, &pen, EDGE, y + 12 * style->text_scale, inner);
      y += frame.legend;
    }
    charts = floor ((height - EDGE - y + GAP) / frame.chart_rows - GAP);
    if (charts > 40)
      draw_charts (self, &pen, &frame, y, inner, charts);
  }
  mp_pen_clear (&pen);
  cairo_restore (cr);
}
