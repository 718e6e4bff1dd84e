/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-matrix.c: layout and drawing of a matrix of thumbnails.
 */
#include "ui/plot/sweep-matrix.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/plot-text.h"
#include "ui/plot/scatter.h"
#include "ui/plot/ticks.h"

#define MARGIN 16
#define GAP 4          /* between cards */
#define GROUP_GAP 12   /* between groups of the outer axes, instead */
#define FRAME 3        /* the card's colour around the thumbnail */
#define RADIUS 5
#define LINE 18        /* of labels, before the text scale */
#define FOOT 17        /* of a card */
#define BAR 40         /* the colour bar's line */
#define LEAST_FOOT 40  /* cards narrower than this have no number */
#define LABEL_GAP 14

typedef struct
{
  char  *title;
  guint  n;
  char **labels;
} Axis;

typedef struct
{
  MpCardState      state;
  double           value, share;
  char            *text, *short_text;
  MpScatter       *scatter;   /* NULL: no points */
  cairo_surface_t *picture;   /* of the scatter, at `side` units and `ratio` pixels for each */
  double           side, ratio;
  MpPlotTheme      theme;
  gboolean         old;       /* the points have changed since */
} Card;

struct _MpSweepMatrix
{
  guint     n_rows, n_columns;
  char     *title, *subtitle, *metric;
  gboolean  lower_is_better, log;
  double    low, high;        /* fixed, or NAN */
  GArray   *rows, *columns;   /* of Axis */
  Card     *cards;
  int       hovered, focused;
};

typedef struct
{
  double  x, y;               /* of the first card */
  double  width, height;      /* of a card */
  double  foot;               /* 0: no room for numbers */
  double  bar, bar_width;     /* height of the colour bar's line */
  gboolean metric_above;      /* and of one for the metric, which has no room beside it */
  double  top;                /* below the title */
  double  widths[8];          /* of the row axes' labels */
  double  low, high;          /* of the colours */
} Layout;

/* ---- making ---- */

static void
axis_clear (gpointer data)
{
  Axis *axis = data;

  g_free (axis->title);
  g_strfreev (axis->labels);
}

MpSweepMatrix *
mp_sweep_matrix_new (guint n_rows,
                     guint n_columns)
{
  MpSweepMatrix *self = g_new0 (MpSweepMatrix, 1);

  self->n_rows = n_rows;
  self->n_columns = n_columns;
  self->low = self->high = NAN;
  self->rows = g_array_new (FALSE, TRUE, sizeof (Axis));
  self->columns = g_array_new (FALSE, TRUE, sizeof (Axis));
  g_array_set_clear_func (self->rows, axis_clear);
  g_array_set_clear_func (self->columns, axis_clear);
  self->cards = g_new0 (Card, n_rows * n_columns);
  for (guint i = 0; i < n_rows * n_columns; i++)
    self->cards[i].value = NAN;
  self->hovered = self->focused = -1;
  return self;
}

void
mp_sweep_matrix_free (MpSweepMatrix *self)
{
  for (guint i = 0; i < self->n_rows * self->n_columns; i++) {
    mp_sweep_matrix_clear_points (self, i);
    g_free (self->cards[i].text);
    g_free (self->cards[i].short_text);
  }
  g_free (self->cards);
  g_array_unref (self->rows);
  g_array_unref (self->columns);
  g_free (self->title);
  g_free (self->subtitle);
  g_free (self->metric);
  g_free (self);
}

void
mp_sweep_matrix_set_title (MpSweepMatrix *self,
                           const char    *title,
                           const char    *subtitle)
{
  g_free (self->title);
  g_free (self->subtitle);
  self->title = g_strdup (title);
  self->subtitle = g_strdup (subtitle);
}

static void
add_axis (GArray            *axes,
          const char        *title,
          guint              n,
          const char *const *labels)
{
  Axis axis = { g_strdup (title), n, g_new0 (char *, n + 1) };

  g_return_if_fail (axes->len < G_N_ELEMENTS (((Layout *) NULL)->widths));

  for (guint i = 0; i < n; i++)
    axis.labels[i] = g_strdup (labels[i]);
  g_array_append_val (axes, axis);
}

void
mp_sweep_matrix_add_rows (MpSweepMatrix     *self,
                          const char        *title,
                          guint              n,
                          const char *const *labels)
{
  add_axis (self->rows, title, n, labels);
}

void
mp_sweep_matrix_add_columns (MpSweepMatrix     *self,
                             const char        *title,
                             guint              n,
                             const char *const *labels)
{
  add_axis (self->columns, title, n, labels);
}

void
mp_sweep_matrix_set_metric (MpSweepMatrix *self,
                            const char    *title,
                            gboolean       lower_is_better,
                            gboolean       log)
{
  g_free (self->metric);
  self->metric = g_strdup (title);
  self->lower_is_better = lower_is_better;
  self->log = log;
}

void
mp_sweep_matrix_set_range (MpSweepMatrix *self,
                           double         low,
                           double         high)
{
  self->low = low;
  self->high = high;
}

void
mp_sweep_matrix_set_card (MpSweepMatrix *self,
                          guint          cell,
                          MpCardState    state,
                          double         value,
                          const char    *text,
                          const char    *short_text,
                          double         share)
{
  Card *card = &self->cards[cell];

  g_return_if_fail (cell < self->n_rows * self->n_columns);

  card->state = state;
  card->value = value;
  card->share = share;
  g_free (card->text);
  g_free (card->short_text);
  card->text = g_strdup (text);
  card->short_text = g_strdup (short_text);
}

void
mp_sweep_matrix_set_points (MpSweepMatrix *self,
                            guint          cell,
                            const float   *data,
                            gint64         n_data,
                            const float   *samples,
                            gint64         n_samples,
                            gint64         dimensions,
                            const double  *extent)
{
  Card *card = &self->cards[cell];

  g_return_if_fail (cell < self->n_rows * self->n_columns);

  if (card->scatter == NULL)
    card->scatter = mp_scatter_new ();
  mp_scatter_set_extent (card->scatter, extent);
  mp_scatter_set_points (card->scatter, MP_POINTS_DATA, data, n_data, dimensions);
  mp_scatter_set_points (card->scatter, MP_POINTS_SAMPLES, samples, n_samples, dimensions);
  card->old = TRUE;
}

void
mp_sweep_matrix_clear_points (MpSweepMatrix *self,
                              guint          cell)
{
  Card *card = &self->cards[cell];

  g_clear_pointer (&card->scatter, mp_scatter_unref);
  g_clear_pointer (&card->picture, cairo_surface_destroy);
}

void
mp_sweep_matrix_set_marks (MpSweepMatrix *self,
                           int            hovered,
                           int            focused)
{
  self->hovered = hovered;
  self->focused = focused;
}

/* ---- colours ---- */

#define RGB(hex) { ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex) & 255) / 255.0, 1 }

/* t from 0 to 1: cividis (Nuñez, Anderton and Renslow, 2018). */
static MpColour
ramp (double t)
{
  static const MpColour stops[] = {
    RGB (0x00224e), RGB (0x123570), RGB (0x3b496c), RGB (0x575d6d), RGB (0x707173), RGB (0x8a8678), RGB (0xa59c74),
    RGB (0xc3b369), RGB (0xe1cc55), RGB (0xfee838)
  };
  double place = CLAMP (t, 0, 1) * (G_N_ELEMENTS (stops) - 1);
  guint i = MIN ((guint) place, G_N_ELEMENTS (stops) - 2);

  return mp_colour_mix (stops[i], stops[i + 1], place - i);
}

static gboolean
is_shown (MpSweepMatrix *self,
          double         value)
{
  return isfinite (value) && (!self->log || value > 0);
}

static void
find_range (MpSweepMatrix *self,
            Layout        *layout)
{
  double low = INFINITY, high = -INFINITY;

  layout->low = self->low;
  layout->high = self->high;
  if (!isnan (self->low) && !isnan (self->high))
    return;
  for (guint i = 0; i < self->n_rows * self->n_columns; i++)
    if (is_shown (self, self->cards[i].value)) {
      low = MIN (low, self->cards[i].value);
      high = MAX (high, self->cards[i].value);
    }
  layout->low = low;
  layout->high = high;
}

static double
place_of (MpSweepMatrix *self,
          const Layout  *layout,
          double         value)
{
  double t = 0.5;

  if (layout->high > layout->low)
    t = self->log ? log (value / layout->low) / log (layout->high / layout->low)
                  : (value - layout->low) / (layout->high - layout->low);
  return self->lower_is_better ? 1 - t : t;
}

/* ---- layout ---- */

/* How many cards of a line stand together. */
static guint
group_of (GArray *axes)
{
  guint n = 1;

  for (guint i = 1; i < axes->len; i++)
    n *= g_array_index (axes, Axis, i).n;
  return axes->len > 1 ? n : G_MAXUINT;
}

static double
line_offset (GArray *axes,
             guint   i,
             double  size)
{
  return i * (size + GAP) + i / group_of (axes) * (GROUP_GAP - GAP);
}

static double
line_gaps (GArray *axes,
           guint   n)
{
  return line_offset (axes, n - 1, 0);
}

static void
measure_labels (MpSweepMatrix *self,
                MpPen         *pen,
                Layout        *layout)
{
  layout->x = MARGIN;
  for (guint i = 0; i < self->rows->len; i++) {
    const Axis *axis = &g_array_index (self->rows, Axis, i);
    double width = mp_pen_measure (pen, MP_TEXT_TICK, axis->title);

    for (guint j = 0; j < axis->n; j++)
      width = MAX (width, mp_pen_measure (pen, MP_TEXT_LABEL, axis->labels[j]));
    layout->widths[i] = ceil (width);
    layout->x += layout->widths[i] + LABEL_GAP;
  }
  /* Titles of column axes stand before their lines. */
  for (guint i = 0; i < self->columns->len; i++)
    layout->x = MAX (layout->x, MARGIN + LABEL_GAP
                     + ceil (mp_pen_measure (pen, MP_TEXT_TICK, g_array_index (self->columns, Axis, i).title)));
}

/* Whether the metric's name has room between the margin, the bar with its numbers, and the legend. */
static gboolean
metric_fits (MpSweepMatrix *self,
             MpPen         *pen,
             const Layout  *layout,
             double         width)
{
  double legend = mp_pen_measure (pen, MP_TEXT_TICK, _("samples")) + mp_pen_measure (pen, MP_TEXT_TICK, _("data")) + 52;

  return self->metric == NULL || mp_pen_measure (pen, MP_TEXT_TICK, self->metric)
                                 <= width - 2 * MARGIN - legend - layout->bar_width - 110 * pen->style->text_scale;
}

static void
make_layout (MpSweepMatrix *self,
             MpPen         *pen,
             double         width,
             double         height,
             Layout        *layout)
{
  double scale = pen->style->text_scale, room;

  *layout = (Layout) { 0 };
  measure_labels (self, pen, layout);
  layout->top = self->title != NULL || self->subtitle != NULL ? MARGIN + 26 * scale : MARGIN / 2;
  layout->y = layout->top + (self->columns->len + 1) * LINE * scale;
  layout->width = (width - MARGIN - layout->x - line_gaps (self->columns, self->n_columns)) / self->n_columns;
  layout->width = MAX (floor (layout->width), 12);
  layout->foot = layout->width >= LEAST_FOOT * scale ? FOOT * scale : FRAME;
  layout->bar_width = MIN (160 * scale, width / 4);
  layout->metric_above = !metric_fits (self, pen, layout, width);
  layout->bar = (BAR + (layout->metric_above ? LINE : 0)) * scale;
  room = (height - layout->y - layout->bar - line_gaps (self->rows, self->n_rows)) / self->n_rows;
  layout->height = MIN (layout->width + layout->foot - FRAME, MAX (floor (room), 12 + layout->foot));
  /* Square thumbnails: what is left in the width stays free. */
  layout->width = MIN (layout->width, layout->height - layout->foot + FRAME);
  if (layout->width < LEAST_FOOT * scale && layout->foot > FRAME)
    layout->foot = FRAME;
  find_range (self, layout);
}

static void
card_place (MpSweepMatrix *self,
            const Layout  *layout,
            guint          cell,
            double         card[4])
{
  card[0] = layout->x + line_offset (self->columns, cell % self->n_columns, layout->width);
  card[1] = layout->y + line_offset (self->rows, cell / self->n_columns, layout->height);
  card[2] = layout->width;
  card[3] = layout->height;
}

/* A context to measure text with. */
static cairo_t *
scratch_context (void)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t *cr = cairo_create (surface);

  cairo_surface_destroy (surface);
  return cr;
}

static void
layout_outside (MpSweepMatrix     *self,
                double             width,
                double             height,
                const MpPlotStyle *style,
                Layout            *layout)
{
  cairo_t *cr = scratch_context ();
  MpPen pen;

  mp_pen_init (&pen, cr, style);
  make_layout (self, &pen, width, height, layout);
  mp_pen_clear (&pen);
  cairo_destroy (cr);
}

int
mp_sweep_matrix_hit (MpSweepMatrix     *self,
                     double             width,
                     double             height,
                     const MpPlotStyle *style,
                     double             x,
                     double             y)
{
  Layout layout;

  layout_outside (self, width, height, style, &layout);
  for (guint i = 0; i < self->n_rows * self->n_columns; i++) {
    double card[4];

    card_place (self, &layout, i, card);
    if (x >= card[0] && x < card[0] + card[2] && y >= card[1] && y < card[1] + card[3])
      return (int) i;
  }
  return -1;
}

void
mp_sweep_matrix_locate (MpSweepMatrix     *self,
                        double             width,
                        double             height,
                        const MpPlotStyle *style,
                        guint              cell,
                        double             card[4])
{
  Layout layout;

  layout_outside (self, width, height, style, &layout);
  card_place (self, &layout, cell, card);
}

void
mp_sweep_matrix_get_size (MpSweepMatrix     *self,
                          const MpPlotStyle *style,
                          double             thumbnail,
                          double            *width,
                          double            *height)
{
  double scale = style->text_scale, card = thumbnail + 2 * FRAME, foot = card >= LEAST_FOOT * scale ? FOOT * scale : FRAME;
  Layout layout;

  layout_outside (self, 1000, 1000, style, &layout);
  *width = ceil (layout.x + self->n_columns * card + line_gaps (self->columns, self->n_columns) + MARGIN);
  *width = MAX (*width, 360 * scale);
  layout_outside (self, *width, 1000, style, &layout);
  *height = ceil (layout.y + self->n_rows * (card + foot - FRAME) + line_gaps (self->rows, self->n_rows) + layout.bar);
}

/* ---- labels ---- */

/* A label over the cards that it is for, with a line where it spans several. */
static void
draw_column_labels (MpSweepMatrix *self,
                    MpPen         *pen,
                    const Layout  *layout)
{
  double line = LINE * pen->style->text_scale, ascent;
  guint span = self->n_columns;

  mp_pen_get_line (pen, MP_TEXT_LABEL, &ascent);
  for (guint i = 0; i < self->columns->len; i++) {
    const Axis *axis = &g_array_index (self->columns, Axis, i);
    double base = layout->top + i * line + ascent + 1;

    span /= axis->n;
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, layout->x - LABEL_GAP, base, 1, layout->x - MARGIN, axis->title);
    for (guint j = 0; j * span < self->n_columns; j++) {
      double from = layout->x + line_offset (self->columns, j * span, layout->width);
      double to = layout->x + line_offset (self->columns, (j + 1) * span - 1, layout->width) + layout->width;

      mp_pen_draw (pen, MP_TEXT_LABEL, pen->style->text, (from + to) / 2, base, 0.5, to - from, axis->labels[j % axis->n]);
      if (span == 1)
        continue;
      mp_colour_set_source (pen->style->border, pen->cr);
      cairo_rectangle (pen->cr, from, base + 4, to - from, 1);
      cairo_fill (pen->cr);
    }
  }
}

static void
draw_row_labels (MpSweepMatrix *self,
                 MpPen         *pen,
                 const Layout  *layout)
{
  double line = LINE * pen->style->text_scale, x = MARGIN, ascent;
  guint span = self->n_rows;

  mp_pen_get_line (pen, MP_TEXT_LABEL, &ascent);
  for (guint i = 0; i < self->rows->len; i++) {
    const Axis *axis = &g_array_index (self->rows, Axis, i);

    span /= axis->n;
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, layout->top + self->columns->len * line + ascent + 1, 0,
                 layout->widths[i] + LABEL_GAP, axis->title);
    for (guint j = 0; j * span < self->n_rows; j++) {
      double from = layout->y + line_offset (self->rows, j * span, layout->height);
      double to = layout->y + line_offset (self->rows, (j + 1) * span - 1, layout->height) + layout->height;

      /* Of several rows the label is at their top, where reading begins; of one in its middle. */
      mp_pen_draw (pen, MP_TEXT_LABEL, pen->style->text, x, span > 1 ? from + ascent + 2 : (from + to + ascent * 0.8) / 2, 0,
                   layout->widths[i] + 4, axis->labels[j % axis->n]);
      if (span == 1)
        continue;
      mp_colour_set_source (pen->style->border, pen->cr);
      cairo_rectangle (pen->cr, x + layout->widths[i] + LABEL_GAP / 2 - 1, from, 1, to - from);
      cairo_fill (pen->cr);
    }
    x += layout->widths[i] + LABEL_GAP;
  }
}

/* ---- cards ---- */

static void
hatch (cairo_t     *cr,
       const double card[4],
       MpColour     colour)
{
  cairo_save (cr);
  mp_path_rounded (cr, card[0], card[1], card[2], card[3], RADIUS);
  cairo_clip (cr);
  mp_colour_set_source (mp_colour_fade (colour, 0.35), cr);
  cairo_set_line_width (cr, 1.5);
  for (double x = card[0] - card[3]; x < card[0] + card[2]; x += 8) {
    cairo_move_to (cr, x, card[1] + card[3]);
    cairo_line_to (cr, x + card[3], card[1]);
  }
  cairo_stroke (cr);
  cairo_restore (cr);
}

/* The scatter as pixels. */
static void
make_picture (Card              *card,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  double ratio = MAX (style->pixel_ratio, 1);
  cairo_t *cr;

  g_clear_pointer (&card->picture, cairo_surface_destroy);
  card->picture = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) ceil (width * ratio), (int) ceil (height * ratio));
  cairo_surface_set_device_scale (card->picture, ratio, ratio);
  cr = cairo_create (card->picture);
  mp_scatter_draw (card->scatter, cr, width, height, style);
  cairo_destroy (cr);
  card->side = width;
  card->ratio = ratio;
  card->theme = style->theme;
  card->old = FALSE;
}

/* until: monotonic time after which nothing is made anew; 0: no limit. Returns: whether the picture is old. */
static gboolean
draw_thumbnail (Card              *card,
                cairo_t           *cr,
                double             x,
                double             y,
                double             width,
                double             height,
                gint64             until,
                const MpPlotStyle *style)
{
  MpPlotStyle own = *style;
  gboolean stale = card->picture == NULL || card->old || card->side != width || card->theme != style->theme
                   || card->ratio != MAX (style->pixel_ratio, 1);
  gboolean late = until > 0 && g_get_monotonic_time () >= until;

  own.dot_radius = CLAMP (width / 90, 0.7, 1.5);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  mp_path_rounded (cr, 0, 0, width, height, RADIUS - 1.5);
  cairo_clip (cr);
  if (mp_target_is_vector (cr)) {
    mp_scatter_draw (card->scatter, cr, width, height, &own);
    cairo_restore (cr);
    return FALSE;
  }
  if (stale && !late)
    make_picture (card, width, height, &own);
  if (card->picture != NULL) {
    cairo_scale (cr, width / card->side, width / card->side);
    cairo_set_source_surface (cr, card->picture, 0, 0);
    cairo_paint (cr);
  } else {
    mp_colour_set_source (style->canvas, cr);
    cairo_paint (cr);
  }
  cairo_restore (cr);
  return stale && late;
}

static void
draw_number (const Card  *card,
             MpPen       *pen,
             const double place[4],
             double       foot,
             MpColour     ink)
{
  const char *text = card->text;
  double ascent, room = place[2] - 6;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  if (text != NULL && card->short_text != NULL && mp_pen_measure (pen, MP_TEXT_TICK, text) > room)
    text = card->short_text;
  if (text != NULL)
    mp_pen_draw (pen, MP_TEXT_TICK, ink, place[0] + place[2] / 2, place[1] + place[3] - foot / 2 + ascent * 0.4, 0.5, room,
                 text);
}

static gboolean
draw_card (MpSweepMatrix *self,
           MpPen         *pen,
           const Layout  *layout,
           guint          cell,
           gint64         until)
{
  static const MpColour black = RGB (0x000000), white = RGB (0xffffff);
  Card *card = &self->cards[cell];
  const MpPlotStyle *style = pen->style;
  gboolean shown = is_shown (self, card->value), wrong = card->state >= MP_CARD_DIVERGED, pending = FALSE;
  MpColour fill = shown ? ramp (place_of (self, layout, card->value)) : style->card;
  MpColour ink = !shown ? style->dim_text
                        : mp_colour_contrast (fill, black) > mp_colour_contrast (fill, white) ? black : white;
  double place[4], side, tall;

  card_place (self, layout, cell, place);
  side = place[2] - 2 * FRAME;
  tall = place[3] - FRAME - layout->foot;
  mp_path_rounded (pen->cr, place[0], place[1], place[2], place[3], RADIUS);
  mp_colour_set_source (fill, pen->cr);
  cairo_fill_preserve (pen->cr);
  mp_colour_set_source (shown ? fill : style->border, pen->cr);
  cairo_set_line_width (pen->cr, 1);
  cairo_stroke (pen->cr);
  if (wrong)
    hatch (pen->cr, place, shown ? ink : style->dim_text);
  if (card->scatter != NULL)
    pending = draw_thumbnail (card, pen->cr, place[0] + FRAME, place[1] + FRAME, side, tall, until, style);
  if (layout->foot > FRAME)
    draw_number (card, pen, place, layout->foot, wrong && !shown ? style->text : ink);
  if (card->share > 0 && card->share < 1) {
    double y = place[1] + place[3] - layout->foot - 1;

    mp_colour_set_source (mp_colour_fade (style->text, 0.25), pen->cr);
    cairo_rectangle (pen->cr, place[0] + FRAME, y - 2, side, 3);
    cairo_fill (pen->cr);
    mp_colour_set_source (style->text, pen->cr);
    cairo_rectangle (pen->cr, place[0] + FRAME, y - 2, side * card->share, 3);
    cairo_fill (pen->cr);
  }
  if ((int) cell == self->hovered || (int) cell == self->focused) {
    mp_path_rounded (pen->cr, place[0] - 1, place[1] - 1, place[2] + 2, place[3] + 2, RADIUS + 1);
    mp_colour_set_source (style->text, pen->cr);
    cairo_set_line_width (pen->cr, (int) cell == self->focused ? 2.5 : 1.5);
    cairo_stroke (pen->cr);
  }
  return pending;
}

/* ---- the colour bar ---- */

static void
draw_gradient (MpSweepMatrix *self,
               MpPen         *pen,
               double         x,
               double         y,
               double         width,
               double         height)
{
  cairo_pattern_t *gradient = cairo_pattern_create_linear (x, 0, x + width, 0);

  for (int i = 0; i <= 16; i++) {
    MpColour colour = ramp (self->lower_is_better ? 1 - i / 16.0 : i / 16.0);

    cairo_pattern_add_color_stop_rgb (gradient, i / 16.0, colour.red, colour.green, colour.blue);
  }
  mp_path_rounded (pen->cr, x, y, width, height, 2);
  cairo_set_source (pen->cr, gradient);
  cairo_fill (pen->cr);
  cairo_pattern_destroy (gradient);
}

static void
draw_legend_dot (MpPen      *pen,
                 MpColour    colour,
                 double     *x,
                 double      y,
                 double      ascent,
                 const char *text)
{
  mp_colour_set_source (colour, pen->cr);
  cairo_arc (pen->cr, *x - mp_pen_measure (pen, MP_TEXT_TICK, text) - 9, y, 3.5, 0, 2 * G_PI);
  cairo_fill (pen->cr);
  *x -= mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, *x, y + ascent * 0.38, 1, 0, text) + 26;
}

static void
draw_bar (MpSweepMatrix *self,
          MpPen         *pen,
          const Layout  *layout,
          double         width,
          double         y)
{
  double scale = pen->style->text_scale, x = MARGIN, right = width - MARGIN, ascent;
  g_autofree char *low = mp_format_short (layout->low, 3), *high = mp_format_short (layout->high, 3);

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  x += mp_pen_draw (pen, MP_TEXT_TICK, pen->style->text, x, y + ascent * 0.38, 0, right - x, self->metric) + 12;
  if (layout->metric_above) {
    x = MARGIN;
    y += LINE * scale;
  }
  draw_legend_dot (pen, pen->style->samples, &right, y, ascent, _("samples"));
  draw_legend_dot (pen, pen->style->data, &right, y, ascent, _("data"));
  if (self->metric == NULL || !(layout->low <= layout->high))
    return;
  x += mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, y + ascent * 0.38, 0, 0, low) + 6;
  draw_gradient (self, pen, x, y - 5 * scale, layout->bar_width, 10 * scale);
  x += layout->bar_width + 6;
  x += mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, y + ascent * 0.38, 0, 0, high);
  if (self->log && right - x > 40 * scale)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x + 10, y + ascent * 0.38, 0, right - x - 10,
                 mp_pen_measure (pen, MP_TEXT_TICK, _("log scale")) <= right - x - 10 ? _("log scale") : C_("axis", "log"));
}

/* ---- all of it ---- */

gboolean
mp_sweep_matrix_draw (MpSweepMatrix     *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      gint64             budget,
                      const MpPlotStyle *style)
{
  gint64 until = budget > 0 ? g_get_monotonic_time () + budget : 0;
  gboolean pending = FALSE;
  double bottom, ascent;
  Layout layout;
  MpPen pen;

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  make_layout (self, &pen, width, height, &layout);
  if (self->title != NULL || self->subtitle != NULL) {
    double drawn = 0;

    mp_pen_get_line (&pen, MP_TEXT_HEADING, &ascent);
    if (self->title != NULL)
      drawn = mp_pen_draw (&pen, MP_TEXT_HEADING, style->text, MARGIN, MARGIN + ascent, 0, width - 2 * MARGIN, self->title);
    if (self->subtitle != NULL && width - 2 * MARGIN - drawn > 80)
      mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, MARGIN + drawn + 12, MARGIN + ascent, 0,
                   width - 2 * MARGIN - drawn - 12, self->subtitle);
  }
  draw_column_labels (self, &pen, &layout);
  draw_row_labels (self, &pen, &layout);
  for (guint i = 0; i < self->n_rows * self->n_columns; i++)
    pending |= draw_card (self, &pen, &layout, i, until);
  bottom = layout.y + line_offset (self->rows, self->n_rows - 1, layout.height) + layout.height;
  draw_bar (self, &pen, &layout, width, bottom + BAR * style->text_scale / 2);
  mp_pen_clear (&pen);
  cairo_restore (cr);
  return pending;
}
