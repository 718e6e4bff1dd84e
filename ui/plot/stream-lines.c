/* SPDX-License-Identifier: Apache-2.0
 *
 * stream-lines.c: Jobard and Lefer, Creating evenly-spaced streamlines of arbitrary density (1997), with a grid of
 * occupied cells in the place of exact distances: a line may begin in a free cell with free neighbours, and ends where it
 * would enter a cell that another one has.
 */
#include "ui/plot/stream-lines.h"

#include <math.h>
#include <string.h>

#define CELLS 26           /* along each side: the distance of lines is about a cell */
#define STEP 0.004
#define MOST 1200          /* points each way */
#define LEAST 24           /* points: shorter ones are left out */
#define STANDSTILL 1e-9

typedef struct
{
  guint        width, height;
  const float *flows;
  guint16      owner[CELLS * CELLS]; /* 0: free */
  double       speed;                /* of the line that is being traced: sum of logarithms */
} Field;

static void
line_free (gpointer data)
{
  MpStreamLine *line = data;

  g_free (line->points);
  g_free (line);
}

/* Direction of unit length at a point. FALSE where the flow stands still. */
static gboolean
look (Field        *self,
      const double  at[2],
      double        direction[2])
{
  double x = at[0] * (self->width - 1), y = at[1] * (self->height - 1), flow[2], size;
  guint column = MIN ((guint) x, self->width - 2), row = MIN ((guint) y, self->height - 2);
  double fx = x - column, fy = y - row;

  for (guint i = 0; i < 2; i++) {
    const float *corner = self->flows + 2 * (row * self->width + column) + i;

    flow[i] = (1 - fy) * ((1 - fx) * corner[0] + fx * corner[2])
              + fy * ((1 - fx) * corner[2 * self->width] + fx * corner[2 * self->width + 2]);
  }
  size = hypot (flow[0], flow[1]);
  if (!(size > STANDSTILL))
    return FALSE;
  direction[0] = flow[0] / size;
  direction[1] = flow[1] / size;
  self->speed += log (size);
  return TRUE;
}

static gboolean
is_inside (const double at[2])
{
  return at[0] >= 0 && at[0] <= 1 && at[1] >= 0 && at[1] <= 1;
}

static guint16 *
cell_of (Field        *self,
         const double  at[2])
{
  guint column = MIN ((guint) (at[0] * CELLS), CELLS - 1), row = MIN ((guint) (at[1] * CELLS), CELLS - 1);

  return &self->owner[row * CELLS + column];
}

/* Midpoint steps, forwards or backwards, while cells are free or its own. A closed line comes back into its first
 * cell: it ends after one way round. */
static void
trace (Field        *self,
       const double  start[2],
       double        sign,
       guint16       id,
       GArray       *points)
{
  double at[2] = { start[0], start[1] }, last[2] = { 0, 0 };
  gboolean away = FALSE;

  for (guint step = 0; step < MOST; step++) {
    double direction[2], middle[2];

    if (!look (self, at, direction))
      return;
    for (guint i = 0; i < 2; i++)
      middle[i] = at[i] + sign * STEP / 2 * direction[i];
    if (!is_inside (middle) || !look (self, middle, direction))
      return;
    /* Across a line of equilibria the flow turns back: there the line ends. */
    if (direction[0] * last[0] + direction[1] * last[1] < 0)
      return;
    memcpy (last, direction, sizeof last);
    for (guint i = 0; i < 2; i++)
      at[i] += sign * STEP * direction[i];
    if (!is_inside (at) || (*cell_of (self, at) != 0 && *cell_of (self, at) != id))
      return;
    *cell_of (self, at) = id;
    g_array_append_vals (points, at, 2);
    away = away || hypot (at[0] - start[0], at[1] - start[1]) > 4 * STEP;
    if (away && hypot (at[0] - start[0], at[1] - start[1]) < STEP)
      return;
  }
}

static gboolean
is_free (Field *self,
         guint  column,
         guint  row)
{
  return self->owner[row * CELLS + column] == 0
         && (column == 0 || self->owner[row * CELLS + column - 1] == 0)
         && (column + 1 == CELLS || self->owner[row * CELLS + column + 1] == 0)
         && (row == 0 || self->owner[(row - 1) * CELLS + column] == 0)
         && (row + 1 == CELLS || self->owner[(row + 1) * CELLS + column] == 0);
}

static void
add_line (Field        *self,
          const double  start[2],
          GPtrArray    *lines,
          GArray       *speeds)
{
  g_autoptr (GArray) before = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) after = g_array_new (FALSE, FALSE, sizeof (double));
  guint16 id = (guint16) (lines->len + 1);
  guint n_before, n;
  MpStreamLine *line;
  double speed;

  self->speed = 0;
  *cell_of (self, start) = id;
  trace (self, start, -1, id, before);
  trace (self, start, 1, id, after);
  n_before = before->len / 2;
  n = n_before + 1 + after->len / 2;
  if (n < LEAST) {
    for (guint i = 0; i < CELLS * CELLS; i++)
      if (self->owner[i] == id)
        self->owner[i] = 0;
    return;
  }
  line = g_new0 (MpStreamLine, 1);
  line->n = n;
  line->points = g_new (double, 2 * n);
  for (guint i = 0; i < n_before; i++) {
    line->points[2 * i] = g_array_index (before, double, 2 * (n_before - 1 - i));
    line->points[2 * i + 1] = g_array_index (before, double, 2 * (n_before - 1 - i) + 1);
  }
  line->points[2 * n_before] = start[0];
  line->points[2 * n_before + 1] = start[1];
  for (guint i = 0; i < after->len; i++)
    line->points[2 * n_before + 2 + i] = g_array_index (after, double, i);
  speed = self->speed / (2.0 * n);
  g_ptr_array_add (lines, line);
  g_array_append_val (speeds, speed);
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

GPtrArray *
mp_stream_lines_new (guint        width,
                     guint        height,
                     const float *flows)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (line_free);
  g_autoptr (GArray) speeds = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) sorted = NULL;
  g_autofree Field *field = g_new0 (Field, 1);

  if (flows == NULL || width < 2 || height < 2)
    return lines;
  field->width = width;
  field->height = height;
  field->flows = flows;
  /* From the middle outwards the longest lines come first. */
  for (guint ring = 0; ring < CELLS; ring++)
    for (guint row = 0; row < CELLS; row++)
      for (guint column = 0; column < CELLS; column++) {
        double start[2] = { (column + 0.5) / CELLS, (row + 0.5) / CELLS };
        guint distance = (guint) MAX (fabs (2.0 * column + 1 - CELLS), fabs (2.0 * row + 1 - CELLS));

        if (distance / 2 == ring && is_free (field, column, row))
          add_line (field, start, lines, speeds);
      }
  sorted = g_array_copy (speeds);
  g_array_sort (sorted, compare_doubles);
  for (guint i = 0; i < lines->len; i++) {
    double speed = g_array_index (speeds, double, i);
    MpStreamLine *line = g_ptr_array_index (lines, i);

    line->grade = (speed >= g_array_index (sorted, double, lines->len / 3))
                  + (speed >= g_array_index (sorted, double, 2 * lines->len / 3));
  }
  return lines;
}
