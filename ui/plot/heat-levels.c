/* SPDX-License-Identifier: Apache-2.0
 *
 * heat-levels.c: marching squares, joined into lines.
 *
 * Every edge of the grid is crossed once at most, and by a line of at most two cells. So a cell only notes which of its
 * edges it joins, and the lines are walked from edge to edge afterwards.
 */
#include "ui/plot/heat-levels.h"

#include <math.h>
#include <string.h>

#define LABEL_SIZE 0.9      /* of a tick's text */
#define STRAIGHT   0.965    /* chord over arc that a label needs below it */

/* ---- lines ---- */

typedef struct
{
  const float *values;
  int          width, height;
  float        level;
  int        (*joined)[2]; /* of each edge: the edges it is joined with, or −1 */
} Trace;

/* Edge from node (i, j) to the right, or upwards. */
static int
edge_across (const Trace *trace,
             int          i,
             int          j)
{
  return j * trace->width + i;
}

static int
edge_up (const Trace *trace,
         int          i,
         int          j)
{
  return (trace->height + j) * trace->width + i;
}

static void
join (Trace *trace,
      int    a,
      int    b)
{
  trace->joined[a][trace->joined[a][0] < 0 ? 0 : 1] = b;
  trace->joined[b][trace->joined[b][0] < 0 ? 0 : 1] = a;
}

/* A cell's corners, counter-clockwise from its lower left; up to two pieces. */
static void
trace_cell (Trace *trace,
            int    i,
            int    j)
{
  const float *low = trace->values + (gsize) j * trace->width + i, *high = low + trace->width;
  const float  v[4] = { low[0] - trace->level, low[1] - trace->level, high[1] - trace->level, high[0] - trace->level };
  const int    edges[4] = { edge_across (trace, i, j), edge_up (trace, i + 1, j), edge_across (trace, i, j + 1),
                            edge_up (trace, i, j) };
  int          ends[4];
  guint        n = 0;

  for (guint k = 0; k < 4; k++)
    if ((v[k] > 0) != (v[(k + 1) % 4] > 0))
      ends[n++] = edges[k];
  if (n == 4 && (v[0] > 0) != (v[0] + v[1] + v[2] + v[3] > 0)) {
    /* a saddle whose middle differs from corner 0: cut corners 0 and 2 off instead of 1 and 3 */
    int first = ends[0];

    memmove (ends, ends + 1, 3 * sizeof *ends);
    ends[3] = first;
  }
  for (guint k = 0; k + 1 < n; k += 2)
    join (trace, ends[k], ends[k + 1]);
}

static MpLevelPoint
crossing (const Trace *trace,
          int          edge)
{
  gboolean up = edge >= trace->width * trace->height;
  int      node = up ? edge - trace->width * trace->height : edge;
  float    a = trace->values[node] - trace->level;
  float    b = trace->values[node + (up ? trace->width : 1)] - trace->level;
  float    t = a == b ? 0.5f : a / (a - b);

  return (MpLevelPoint) { (float) (node % trace->width) + (up ? 0 : t), (float) (node / trace->width) + (up ? t : 0) };
}

/* Takes the line apart while walking it. */
static void
walk (Trace  *trace,
      int     edge,
      GArray *points)
{
  const MpLevelPoint end = { NAN, NAN };
  int                last = -1;

  for (int next = edge; next >= 0;) {
    MpLevelPoint point = crossing (trace, next);
    int          here = next, *joined = trace->joined[here];

    g_array_append_val (points, point);
    next = joined[0] >= 0 && joined[0] != last ? joined[0] : joined[1] != last ? joined[1] : -1;
    joined[0] = joined[1] = -1;
    last = here;
    if (next >= 0 && trace->joined[next][0] < 0 && trace->joined[next][1] < 0) {
      /* round: back where it began */
      point = crossing (trace, next);
      g_array_append_val (points, point);
      break;
    }
  }
  g_array_append_val (points, end);
}

void
mp_levels_trace (const float  *values,
                 const guint8 *missing,
                 int           width,
                 int           height,
                 double        level,
                 GArray       *points)
{
  int            n_edges = 2 * width * height;
  g_autofree int *joined = g_new (int, 2 * n_edges);
  Trace          trace = { values, width, height, (float) level, (int (*)[2]) (gpointer) joined };

  memset (joined, 0xff, 2 * sizeof *joined * n_edges);
  for (int j = 0; j + 1 < height; j++)
    for (int i = 0; i + 1 < width; i++) {
      const guint8 *m = missing != NULL ? missing + (gsize) j * width + i : NULL;

      if (m == NULL || !(m[0] | m[1] | m[width] | m[width + 1]))
        trace_cell (&trace, i, j);
    }
  /* open lines from their ends, then what is closed */
  for (guint closed = 0; closed < 2; closed++)
    for (int edge = 0; edge < n_edges; edge++)
      if (trace.joined[edge][0] >= 0 && (closed || trace.joined[edge][1] < 0))
        walk (&trace, edge, points);
}

/* ---- labels ---- */

typedef struct
{
  double x, y, angle, straight;
} Place;

static gboolean
is_free (const Place  *place,
         double        reach,
         double        width,
         double        height,
         const GArray *taken)
{
  if (place->x < reach || place->y < reach || place->x > width - reach || place->y > height - reach)
    return FALSE;
  for (guint i = 0; i < taken->len; i++) {
    const MpLevelSpot *spot = &g_array_index (taken, MpLevelSpot, i);

    if (hypot (place->x - spot->x, place->y - spot->y) < reach + spot->radius)
      return FALSE;
  }
  return TRUE;
}

/* The straightest stretch of `room` along one line. */
static void
search_line (const MpLevelPoint *points,
             guint               n,
             double              room,
             double              width,
             double              height,
             const GArray       *taken,
             Place              *best)
{
  double arc = 0;
  guint  begin = 0;

  for (guint end = 1; end < n; end++) {
    Place  place;
    double chord;

    arc += hypot (points[end].x - points[end - 1].x, points[end].y - points[end - 1].y);
    while (begin + 1 < end) {
      double first = hypot (points[begin + 1].x - points[begin].x, points[begin + 1].y - points[begin].y);

      if (arc - first < room)
        break;
      arc -= first;
      begin++;
    }
    if (arc < room)
      continue;
    chord = hypot (points[end].x - points[begin].x, points[end].y - points[begin].y);
    place.x = (points[begin].x + points[end].x) / 2;
    place.y = (points[begin].y + points[end].y) / 2;
    place.angle = atan2 (points[end].y - points[begin].y, points[end].x - points[begin].x);
    place.straight = chord / arc;
    if (place.straight > best->straight && is_free (&place, room / 2 + 2, width, height, taken))
      *best = place;
  }
}

gboolean
mp_levels_label (MpPen              *pen,
                 const MpLevelPoint *points,
                 guint               n,
                 double              width,
                 double              height,
                 const char         *text,
                 MpColour            ink,
                 MpColour            paper,
                 GArray             *taken)
{
  double      ascent, wide = mp_pen_measure (pen, MP_TEXT_TICK, text) * LABEL_SIZE;
  Place       best = { .straight = STRAIGHT };
  MpLevelSpot spot;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  for (guint first = 0, i = 0; i < n; i++)
    if (isnan (points[i].x)) {
      search_line (points + first, i - first, wide + 8, width, height, taken, &best);
      first = i + 1;
    }
  if (best.straight <= STRAIGHT)
    return FALSE;
  if (fabs (best.angle) > G_PI_2)
    best.angle += best.angle > 0 ? -G_PI : G_PI;
  cairo_save (pen->cr);
  cairo_translate (pen->cr, best.x, best.y);
  cairo_rotate (pen->cr, best.angle);
  cairo_scale (pen->cr, LABEL_SIZE, LABEL_SIZE);
  mp_colour_set_source (paper, pen->cr);
  cairo_rectangle (pen->cr, -wide / LABEL_SIZE / 2 - 2, -ascent * 0.5, wide / LABEL_SIZE + 4, ascent);
  cairo_fill (pen->cr);
  mp_pen_draw (pen, MP_TEXT_TICK, ink, 0, ascent * 0.38, 0.5, 0, text);
  cairo_restore (pen->cr);
  spot = (MpLevelSpot) { best.x, best.y, wide / 2 + 16 };
  g_array_append_val (taken, spot);
  return TRUE;
}
