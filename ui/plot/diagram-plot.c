/* SPDX-License-Identifier: Apache-2.0
 *
 * diagram-plot.c: the columns of a diagram are given. An arrow over several columns keeps a gap free in each between;
 * boxes and gaps of a column are ordered by the middle of what leads to them (Sugiyama, Tagawa and Toda 1981), twice,
 * networks last so that the arrows that move them have a free way in from below.
 */
#include <glib/gi18n-lib.h>

#include "ui/plot/diagram-plot.h"

#include <math.h>
#include <string.h>

#include "ui/plot/picture.h"
#include "ui/plot/plot-text.h"

#define COLUMN 178.0      /* natural width of a column */
#define ROW 90.0
#define MARGIN 14.0
#define BOX_WIDTH 144.0
#define BOX_HEIGHT 66.0
#define GAP 0.35          /* of a row: what an arrow that passes a column takes there */
#define TRACK 22.0        /* between the ways of moves below the boxes */
#define CORNER 8.0
#define SIDE 12.0         /* more at the right end, for moves that pass there */
#define FADED 0.28

typedef struct
{
  double x, y, width, height;
} Place;

/* A box, or the gap of an arrow that goes on to a later column. */
typedef struct
{
  guint    column;
  double   at, span;   /* its rows begin here */
  gboolean last;       /* at the end of its column */
} Item;

typedef struct
{
  guint from, to;      /* items */
} Link;

struct _MpDiagramPlot
{
  const MpDiagram *diagram;
  guint            lane;
  int              phase;
  GArray          *items;    /* Item: of the boxes, then of the gaps */
  GArray          *links;    /* Link, of neighbouring columns */
  guint           *first_gap;/* by arrow: its first item, others follow */
  double          *rows;     /* by column */
  char           **values;   /* by box */
};

static const MpBox *
box_at (const MpDiagramPlot *self,
        guint                i)
{
  return &g_array_index (self->diagram->boxes, MpBox, i);
}

/* ---- order ---- */

typedef struct
{
  guint  item;
  double weight;
} Ranked;

static int
compare_ranked (gconstpointer a,
                gconstpointer b)
{
  const Ranked *x = a, *y = b;

  return x->weight < y->weight ? -1 : x->weight > y->weight ? 1 : (int) x->item - (int) y->item;
}

/* The mean height, 0 … 1, of what leads to this item. */
static double
weigh (const MpDiagramPlot *self,
       guint                item)
{
  double sum = 0;
  guint n = 0;

  for (guint i = 0; i < self->links->len; i++) {
    const Link *link = &g_array_index (self->links, Link, i);
    const Item *from = &g_array_index (self->items, Item, link->from);

    if (link->to != item)
      continue;
    sum += (from->at + from->span / 2) / MAX (self->rows[from->column], 1);
    n++;
  }
  return (n > 0 ? sum / n : 0.5) + (g_array_index (self->items, Item, item).last ? 2 : 0);
}

static void
order_column (MpDiagramPlot *self,
              guint          column)
{
  g_autoptr (GArray) ranked = g_array_new (FALSE, FALSE, sizeof (Ranked));

  for (guint i = 0; i < self->items->len; i++) {
    Ranked rank = { i, 0 };

    if (g_array_index (self->items, Item, i).column != column)
      continue;
    rank.weight = weigh (self, i);
    g_array_append_val (ranked, rank);
  }
  g_array_sort (ranked, compare_ranked);
  self->rows[column] = 0;
  for (guint i = 0; i < ranked->len; i++) {
    Item *item = &g_array_index (self->items, Item, g_array_index (ranked, Ranked, i).item);

    item->at = self->rows[column];
    self->rows[column] += item->span;
  }
}

static gboolean
goes_forward (const MpDiagramPlot *self,
              const MpArrow       *arrow)
{
  return !arrow->back && box_at (self, arrow->to)->column > box_at (self, arrow->from)->column;
}

static void
add_gaps (MpDiagramPlot *self)
{
  for (guint i = 0; i < self->diagram->arrows->len; i++) {
    const MpArrow *arrow = &g_array_index (self->diagram->arrows, MpArrow, i);
    Link link = { arrow->from, 0 };

    self->first_gap[i] = self->items->len;
    if (!goes_forward (self, arrow))
      continue;
    for (guint column = box_at (self, arrow->from)->column + 1; column < box_at (self, arrow->to)->column; column++) {
      Item gap = { column, 0, GAP, FALSE };

      link.to = self->items->len;
      g_array_append_val (self->items, gap);
      g_array_append_val (self->links, link);
      link.from = link.to;
    }
    link.to = arrow->to;
    g_array_append_val (self->links, link);
  }
}

MpDiagramPlot *
mp_diagram_plot_new (const MpDiagram *diagram,
                     guint            lane)
{
  MpDiagramPlot *self = g_new0 (MpDiagramPlot, 1);

  self->diagram = diagram;
  self->lane = lane;
  self->phase = -1;
  self->items = g_array_new (FALSE, TRUE, sizeof (Item));
  self->links = g_array_new (FALSE, TRUE, sizeof (Link));
  self->first_gap = g_new0 (guint, MAX (diagram->arrows->len, 1));
  self->rows = g_new0 (double, MAX (diagram->n_columns, 1));
  self->values = g_new0 (char *, diagram->boxes->len + 1);
  for (guint i = 0; i < diagram->boxes->len; i++) {
    Item item = { box_at (self, i)->column, 0, 1, box_at (self, i)->kind == MP_BOX_NETWORK };

    g_array_append_val (self->items, item);
  }
  add_gaps (self);
  for (guint round = 0; round < 2; round++)
    for (guint column = 0; column < diagram->n_columns; column++)
      order_column (self, column);
  return self;
}

void
mp_diagram_plot_free (MpDiagramPlot *self)
{
  for (guint i = 0; i < self->diagram->boxes->len; i++)
    g_free (self->values[i]);
  g_free (self->values);
  g_array_unref (self->items);
  g_array_unref (self->links);
  g_free (self->first_gap);
  g_free (self->rows);
  g_free (self);
}

void
mp_diagram_plot_set_phase (MpDiagramPlot *self,
                           int            phase)
{
  self->phase = phase;
}

void
mp_diagram_plot_set_value (MpDiagramPlot *self,
                           guint          box,
                           const char    *value)
{
  g_free (self->values[box]);
  self->values[box] = g_strdup (value);
}

const char *
mp_diagram_plot_get_value (const MpDiagramPlot *self,
                           guint                box)
{
  return self->values[box];
}

void
mp_diagram_plot_get_natural_size (MpDiagramPlot *self,
                                  double        *width,
                                  double        *height)
{
  double rows = 1;

  for (guint i = 0; i < self->diagram->n_columns; i++)
    rows = MAX (rows, self->rows[i]);
  *width = MAX (self->diagram->n_columns, 2) * COLUMN + 2 * MARGIN + SIDE;
  *height = rows * ROW + (self->diagram->moves->len + 1) * TRACK + 2 * MARGIN;
}

/* ---- drawing ---- */

/* Of a box, or the middle of a gap. */
static Place
find_place (const MpDiagramPlot *self,
            guint                item,
            double               width,
            double               height,
            const MpPlotStyle   *style)
{
  const Item *at = &g_array_index (self->items, Item, item);
  double scale = style->text_scale, bottom = height - (self->diagram->moves->len + 1) * TRACK * scale - MARGIN;
  double column = (width - 2 * MARGIN - SIDE) / MAX (self->diagram->n_columns, 1);
  double row = MIN ((bottom - MARGIN) / MAX (self->rows[at->column], 1), 1.6 * ROW * scale);
  double top = MARGIN + (bottom - MARGIN - row * self->rows[at->column]) / 2;
  Place place = { 0, 0, MIN (BOX_WIDTH * scale, column - 26), MIN (BOX_HEIGHT * scale, row - 8) };

  place.x = MARGIN + column * at->column + (column - place.width) / 2;
  place.y = top + row * (at->at + at->span / 2) - place.height / 2;
  return place;
}

static gboolean
is_lit (const MpDiagramPlot *self,
        guint                phases)
{
  return self->phase < 0 || (phases >> self->phase & 1) != 0;
}

static void
draw_head (cairo_t *cr,
           double   x,
           double   y,
           double   dx,
           double   dy)
{
  const double size = 5;

  cairo_move_to (cr, x, y);
  cairo_line_to (cr, x - dx * 2 * size - dy * size, y - dy * 2 * size + dx * size);
  cairo_line_to (cr, x - dx * 2 * size + dy * size, y - dy * 2 * size - dx * size);
  cairo_close_path (cr);
  cairo_fill (cr);
}

/* Round the top: something comes back. */
static void
draw_return (cairo_t *cr,
             Place    from,
             Place    to)
{
  double x0 = from.x + from.width / 2, x1 = to.x + to.width / 2;

  cairo_move_to (cr, x0, from.y);
  cairo_curve_to (cr, x0, MAX (from.y - 44, 2), x1, MAX (to.y - 44, 2), x1, to.y - 8);
  cairo_stroke (cr);
  draw_head (cr, x1, to.y - 1, 0, 1);
}

/* Between two of one column. */
static void
draw_upright (cairo_t *cr,
              Place    from,
              Place    to)
{
  double x = from.x + from.width / 2, down = to.y > from.y ? 1 : -1;
  double y0 = from.y + (down > 0 ? from.height : 0), y1 = to.y + (down > 0 ? 0 : to.height);

  cairo_move_to (cr, x, y0);
  cairo_line_to (cr, x, y1 - down * 8);
  cairo_stroke (cr);
  draw_head (cr, x, y1 - down, 0, down);
}

static void
curve_to (cairo_t *cr,
          double   x,
          double   y)
{
  double x0, y0, bend;

  cairo_get_current_point (cr, &x0, &y0);
  bend = (x - x0) / 2;
  cairo_curve_to (cr, x0 + bend, y0, x - bend, y, x, y);
}

static void
draw_arrow (const MpDiagramPlot *self,
            guint                i,
            MpPen               *pen,
            double               width,
            double               height)
{
  const MpArrow *arrow = &g_array_index (self->diagram->arrows, MpArrow, i);
  Place from = find_place (self, arrow->from, width, height, pen->style);
  Place to = find_place (self, arrow->to, width, height, pen->style);
  MpColour colour = mp_colour_mix (pen->style->canvas, pen->style->text, 0.62);
  guint gap = self->first_gap[i];

  mp_colour_set_source (mp_colour_fade (colour, is_lit (self, arrow->phases) ? 1 : FADED), pen->cr);
  cairo_set_line_width (pen->cr, 1.3);
  if (box_at (self, arrow->from)->column == box_at (self, arrow->to)->column) {
    draw_upright (pen->cr, from, to);
    return;
  }
  if (!goes_forward (self, arrow)) {
    draw_return (pen->cr, from, to);
    return;
  }
  cairo_move_to (pen->cr, from.x + from.width, from.y + from.height / 2);
  for (guint column = box_at (self, arrow->from)->column + 1; column < box_at (self, arrow->to)->column; column++) {
    Place between = find_place (self, gap++, width, height, pen->style);

    curve_to (pen->cr, between.x, between.y + between.height / 2);
    cairo_rel_line_to (pen->cr, between.width, 0);
  }
  curve_to (pen->cr, to.x - 8, to.y + to.height / 2);
  cairo_stroke (pen->cr);
  draw_head (pen->cr, to.x - 1, to.y + to.height / 2, 1, 0);
}

static gboolean
is_lowest (const MpDiagramPlot *self,
           guint                item)
{
  const Item *at = &g_array_index (self->items, Item, item);

  for (guint i = 0; i < self->items->len; i++) {
    const Item *other = &g_array_index (self->items, Item, i);

    if (other->column == at->column && other->at > at->at)
      return FALSE;
  }
  return TRUE;
}

/* Along a corner from where the pen is: first to (x, y), then on towards (next_x, next_y). */
static void
turn_at (cairo_t *cr,
         double   x,
         double   y,
         double   next_x,
         double   next_y)
{
  double from_x, from_y;

  cairo_get_current_point (cr, &from_x, &from_y);
  cairo_line_to (cr, x + CLAMP (from_x - x, -CORNER, CORNER), y + CLAMP (from_y - y, -CORNER, CORNER));
  cairo_curve_to (cr, x, y, x, y, x + CLAMP (next_x - x, -CORNER, CORNER), y + CLAMP (next_y - y, -CORNER, CORNER));
}

/* Where a move comes up into its network. */
static double
enter_at (const MpDiagramPlot *self,
          guint                i,
          double               width,
          double               height,
          const MpPlotStyle   *style)
{
  Place network = find_place (self, g_array_index (self->diagram->moves, MpMove, i).network, width, height, style);

  return network.x + network.width * (0.35 + 0.3 * (i % 2));
}

/* From below the loss, or from its side where other boxes are below it, along a track of its own, up into the network.
 * Where it crosses another, that one is bridged. */
static void
draw_move (const MpDiagramPlot *self,
           guint                i,
           MpPen               *pen,
           double               width,
           double               height)
{
  const MpMove *move = &g_array_index (self->diagram->moves, MpMove, i);
  Place loss = find_place (self, move->loss, width, height, pen->style);
  Place network = find_place (self, move->network, width, height, pen->style);
  double scale = pen->style->text_scale, ascent, end;
  double track = height - MARGIN - (self->diagram->moves->len - i - 0.3) * TRACK * scale;
  double x0 = loss.x + loss.width * (0.45 + 0.2 * (i % 2)), x1 = enter_at (self, i, width, height, pen->style);
  gboolean lit = is_lit (self, 1u << move->phase);
  double y1 = network.y + network.height, line = lit && self->phase >= 0 ? 2.6 : 1.8;
  MpColour colour = mp_plot_style_get_lane (pen->style, self->lane);
  const char *words = move->ascend ? _("parameters go up this objective") : _("parameters go down this loss");

  if (is_lowest (self, move->loss)) {
    cairo_move_to (pen->cr, x0, loss.y + loss.height);
  }
  else {
    double y0 = loss.y + loss.height / 2 + (i % 2 == 0 ? 5 : -5);

    cairo_move_to (pen->cr, loss.x + loss.width, y0);
    x0 = MIN (loss.x + loss.width + 14 + 8 * (i % 2), width - 4);
    turn_at (pen->cr, x0, y0, x0, track);
  }
  end = x0;
  turn_at (pen->cr, x0, track, x1, track);
  turn_at (pen->cr, x1, track, x1, y1);
  cairo_line_to (pen->cr, x1, y1 + 9);
  mp_colour_set_source (pen->style->page, pen->cr);
  cairo_set_line_width (pen->cr, line + 5);
  cairo_stroke_preserve (pen->cr);
  mp_colour_set_source (mp_colour_fade (colour, lit ? 1 : FADED), pen->cr);
  cairo_set_line_width (pen->cr, line);
  cairo_stroke (pen->cr);
  draw_head (pen->cr, x1, y1 + 1, 0, -1);
  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  for (guint j = i + 1; j < self->diagram->moves->len; j++) /* those cross this track on their way up */
    if (enter_at (self, j, width, height, pen->style) > x1)
      end = MIN (end, enter_at (self, j, width, height, pen->style));
  mp_pen_draw (pen, MP_TEXT_TICK, mp_colour_fade (pen->style->dim_text, lit ? 1 : FADED), x1 + CORNER,
               track - 4 - mp_pen_get_line (pen, MP_TEXT_TICK, NULL) + ascent, 0, end - x1 - 2 * CORNER, words);
}

static void
draw_shape (cairo_t   *cr,
            MpBoxKind  kind,
            Place      place)
{
  gboolean round = kind == MP_BOX_SOURCE || kind == MP_BOX_LOSS;

  mp_path_rounded (cr, place.x, place.y, place.width, place.height, round ? place.height / 2
                                                                    : kind == MP_BOX_MATRIX ? 2 : 8);
}

/* The title, and below it a value, or what the box is exactly, in as many lines as there is room for. */
static void
draw_words (const MpDiagramPlot *self,
            guint                i,
            MpPen               *pen,
            Place                place,
            double               opacity)
{
  const MpBox *box = box_at (self, i);
  MpTextKind title = box->kind == MP_BOX_NETWORK || box->kind == MP_BOX_LOSS ? MP_TEXT_TITLE : MP_TEXT_LABEL;
  const char *second = self->values[i] ? self->values[i] : box->kind == MP_BOX_LOSS ? box->note : box->detail;
  MpColour colour = mp_colour_fade (self->values[i] ? pen->style->text : pen->style->dim_text, opacity);
  double ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent), middle = place.x + place.width / 2;
  double room = place.width - (box->kind == MP_BOX_LOSS ? 26 : 12) * pen->style->text_scale;
  double lines = second ? ceil (1.05 * mp_pen_measure (pen, MP_TEXT_TICK, second) / room) : 0, centre, y;

  if (lines * line + mp_pen_get_line (pen, title, NULL) > place.height - 6)
    lines = 1;
  centre = place.y + (place.height - line * lines) / 2;
  y = centre + mp_pen_draw_block (pen, title, mp_colour_fade (pen->style->text, opacity), middle, centre, room,
                                  box->title) / 2;
  if (lines > 1)
    mp_pen_draw_block (pen, MP_TEXT_TICK, colour, middle, y + line * lines / 2, room, second);
  else if (second)
    mp_pen_draw (pen, MP_TEXT_TICK, colour, middle, y + ascent, 0.5, room, second);
}

static void
draw_box (const MpDiagramPlot *self,
          guint                i,
          MpPen               *pen,
          double               width,
          double               height)
{
  const MpBox *box = box_at (self, i);
  Place place = find_place (self, i, width, height, pen->style);
  double opacity = is_lit (self, box->phases) ? 1 : FADED;
  MpColour lane = mp_plot_style_get_lane (pen->style, self->lane), card = pen->style->card;
  gboolean network = box->kind == MP_BOX_NETWORK, loss = box->kind == MP_BOX_LOSS;

  draw_shape (pen->cr, box->kind, place);
  mp_colour_set_source (network || loss ? mp_colour_mix (card, lane, network ? 0.2 * opacity : 0.1 * opacity) : card,
                        pen->cr);
  cairo_fill_preserve (pen->cr);
  mp_colour_set_source (mp_colour_fade (network || loss ? lane : pen->style->dim_text, opacity), pen->cr);
  cairo_set_line_width (pen->cr, self->phase >= 0 && opacity == 1 ? 2 : 1.2);
  if (box->kind == MP_BOX_FROZEN)
    cairo_set_dash (pen->cr, (double[]) { 5, 3 }, 2, 0);
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);

  draw_words (self, i, pen, place, opacity);
}

/* The losses that pull against each other: one may move several networks. */
static void
draw_saddle (const MpDiagramPlot *self,
             MpPen               *pen,
             double               width,
             double               height)
{
  const MpMove *first, *second = NULL;
  Place a, b;
  double x, ascent, tag, line;

  if (!self->diagram->saddle || self->diagram->moves->len < 2)
    return;
  first = &g_array_index (self->diagram->moves, MpMove, 0);
  for (guint i = 1; i < self->diagram->moves->len && !second; i++)
    if (g_array_index (self->diagram->moves, MpMove, i).loss != first->loss)
      second = &g_array_index (self->diagram->moves, MpMove, i);
  if (!second)
    return;
  a = find_place (self, first->loss, width, height, pen->style);
  b = find_place (self, second->loss, width, height, pen->style);
  if (a.y > b.y) {
    Place swap = a;

    a = b;
    b = swap;
  }
  x = a.x + a.width * 0.2;
  mp_colour_set_source (pen->style->text, pen->cr);
  cairo_set_line_width (pen->cr, 1.5);
  cairo_set_dash (pen->cr, (double[]) { 4, 4 }, 2, 0);
  cairo_move_to (pen->cr, x, a.y + a.height + 3);
  cairo_line_to (pen->cr, x, b.y - 3);
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);
  line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  tag = mp_pen_measure (pen, MP_TEXT_TICK, _("saddle point"));
  mp_path_rounded (pen->cr, x + 2, (a.y + a.height + b.y - line) / 2 - 1, tag + 8, line + 2, 4);
  mp_colour_set_source (mp_colour_fade (pen->style->page, 0.92), pen->cr);
  cairo_fill (pen->cr);
  mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x + 6, (a.y + a.height + b.y) / 2 + ascent / 2 - 1, 0, 0,
               _("saddle point"));
}

void
mp_diagram_plot_draw (MpDiagramPlot     *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style)
{
  MpPen pen;

  mp_pen_init (&pen, cr, style);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (guint i = 0; i < self->diagram->arrows->len; i++)
    draw_arrow (self, i, &pen, width, height);
  for (guint i = 0; i < self->diagram->moves->len; i++)
    draw_move (self, i, &pen, width, height);
  for (guint i = 0; i < self->diagram->boxes->len; i++)
    draw_box (self, i, &pen, width, height);
  draw_saddle (self, &pen, width, height);
  mp_pen_clear (&pen);
}

static void
draw_page (gpointer           data,
           cairo_t           *cr,
           double             width,
           double             height,
           const MpPlotStyle *style)
{
  mp_colour_set_source (style->page, cr);
  cairo_paint (cr);
  mp_diagram_plot_draw (data, cr, width, height, style);
}

gboolean
mp_diagram_plot_write (MpDiagramPlot      *self,
                       const char         *path,
                       const MpPlotStyle  *style,
                       GError            **error)
{
  double width, height;

  mp_diagram_plot_get_natural_size (self, &width, &height);
  return mp_picture_write_drawing (path, width, height, 2, style, NULL, draw_page, self, error);
}
