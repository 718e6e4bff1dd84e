/* SPDX-License-Identifier: Apache-2.0
 *
 * strokes.c: a stroke of radius r along a polyline covers a cell by
 *   α = clamp ((r − d)/h + 1/2, 0, 1)
 * with d the distance of the cell's middle to the polyline and h the side of a cell, and leaves
 *   m ← (1 − α)·m + α·strength.
 */
#include "engine/data/strokes.h"

#include <math.h>
#include <string.h>

#include "engine/error.h"

#define MAX_NUMBER 1000.0

MpStroke *
mp_stroke_new (gboolean erase,
               double   radius,
               double   strength)
{
  MpStroke *self = g_new0 (MpStroke, 1);

  self->erase = erase;
  self->radius = radius;
  self->strength = strength;
  self->points = g_array_new (FALSE, FALSE, sizeof (double));
  return self;
}

void
mp_stroke_free (MpStroke *self)
{
  g_array_unref (self->points);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpStroke, mp_stroke_free)

/* ---- texts ---- */

/* Reads a number at *text and moves behind it and the spaces after. */
static gboolean
take_number (const char **text,
             double      *number)
{
  char *end;

  if (strchr ("+-.0123456789", **text) == NULL || **text == '\0')
    return FALSE;
  *number = g_ascii_strtod (*text, &end);
  if (end == *text || !isfinite (*number) || fabs (*number) > MAX_NUMBER)
    return FALSE;
  while (g_ascii_isspace (*end) || *end == ',')
    end++;
  *text = end;
  return TRUE;
}

static gboolean
fail_stroke (guint        number,
             const char  *what,
             const char  *found,
             GError     **error)
{
  g_autofree char *start = g_utf8_make_valid (found, (gssize) MIN (strlen (found), 40));

  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[data] strokes: in stroke %u, %s is wanted at “%s”; a stroke is "
               "written like +0.1 -0.5 0 0.5 0 (+ or −, its radius, x y of its points).", number, what, start);
  return FALSE;
}

static MpStroke *
parse_stroke (const char  *text,
              guint        number,
              GError     **error)
{
  g_autoptr (MpStroke) stroke = mp_stroke_new (text[0] == '-', 0, 1);
  double value;

  if (text[0] != '+' && text[0] != '-') {
    fail_stroke (number, "a + or a −", text, error);
    return NULL;
  }
  text++;
  if (!g_ascii_isdigit (*text) && *text != '.') {
    fail_stroke (number, "a radius", text, error);
    return NULL;
  }
  if (!take_number (&text, &stroke->radius) || stroke->radius <= 0) {
    fail_stroke (number, "a radius above 0", text, error);
    return NULL;
  }
  if (*text == '*') {
    text++;
    if (!take_number (&text, &stroke->strength) || stroke->strength <= 0 || stroke->strength > 1) {
      fail_stroke (number, "a strength above 0, up to 1", text, error);
      return NULL;
    }
  }
  while (*text != '\0') {
    if (!take_number (&text, &value)) {
      fail_stroke (number, "a number", text, error);
      return NULL;
    }
    g_array_append_val (stroke->points, value);
  }
  if (stroke->points->len == 0 || stroke->points->len % 2 != 0) {
    fail_stroke (number, "another number (points are pairs)", text, error);
    return NULL;
  }
  return g_steal_pointer (&stroke);
}

GPtrArray *
mp_strokes_parse (const char  *text,
                  GError     **error)
{
  g_autoptr (GPtrArray) strokes = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_stroke_free);
  g_auto (GStrv) parts = g_strsplit (text, ";", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    MpStroke *stroke;

    if (g_strstrip (parts[i])[0] == '\0')
      continue;
    stroke = parse_stroke (parts[i], strokes->len + 1, error);
    if (stroke == NULL)
      return NULL;
    g_ptr_array_add (strokes, stroke);
  }
  return g_steal_pointer (&strokes);
}

/* "0.5", "-0.125", "0": three digits, without zeros at the end. */
static void
append_number (GString *text,
               double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  gsize length;

  g_ascii_formatd (buffer, sizeof buffer, "%.3f", value);
  length = strlen (buffer);
  while (buffer[length - 1] == '0')
    length--;
  if (buffer[length - 1] == '.')
    length--;
  buffer[length] = '\0';
  g_string_append (text, strcmp (buffer, "-0") == 0 ? "0" : buffer);
}

char *
mp_strokes_format (GPtrArray *strokes)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < strokes->len; i++) {
    const MpStroke *stroke = g_ptr_array_index (strokes, i);

    g_string_append (text, i > 0 ? "; " : "");
    g_string_append_c (text, stroke->erase ? '-' : '+');
    append_number (text, MAX (stroke->radius, 0.001));
    if (!stroke->erase && stroke->strength < 1) {
      g_string_append_c (text, '*');
      append_number (text, MAX (stroke->strength, 0.001));
    }
    for (guint j = 0; j < stroke->points->len; j++) {
      g_string_append_c (text, ' ');
      append_number (text, g_array_index (stroke->points, double, j));
    }
  }
  return g_string_free (text, FALSE);
}

/* ---- cells ---- */

/* The squared distance of (x, y) to the segment from a to b. */
static double
squared_distance (double        x,
                  double        y,
                  const double *a,
                  const double *b)
{
  double dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
  double t = length > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / length : 0;

  t = CLAMP (t, 0, 1);
  dx = x - a[0] - t * dx;
  dy = y - a[1] - t * dy;
  return dx * dx + dy * dy;
}

/* The cells whose middles lie in [low, high], of `side` cells of [−1, 1]. */
static void
find_cells (double  low,
            double  high,
            guint   side,
            guint  *first,
            guint  *last)
{
  double h = 2.0 / side;

  *first = (guint) CLAMP (ceil ((low + 1) / h - 0.5), 0, side);
  *last = (guint) CLAMP (floor ((high + 1) / h + 0.5), 0, side);
}

/* distance: squared, of each cell's middle to the stroke so far. */
static void
near_segment (const double *a,
              const double *b,
              double        reach,
              guint         side,
              float        *distance)
{
  double h = 2.0 / side;
  guint x0, x1, y0, y1;

  find_cells (MIN (a[0], b[0]) - reach, MAX (a[0], b[0]) + reach, side, &x0, &x1);
  find_cells (MIN (a[1], b[1]) - reach, MAX (a[1], b[1]) + reach, side, &y0, &y1);
  for (guint y = y0; y < y1; y++)
    for (guint x = x0; x < x1; x++) {
      float *cell = &distance[(gsize) y * side + x];

      *cell = MIN (*cell, (float) squared_distance ((x + 0.5) * h - 1, (y + 0.5) * h - 1, a, b));
    }
}

void
mp_strokes_rasterise (GPtrArray *strokes,
                      guint      side,
                      double    *mass)
{
  gsize n = (gsize) side * side;
  g_autofree float *distance = g_new (float, n);
  double h = 2.0 / side;

  memset (mass, 0, n * sizeof *mass);
  for (guint i = 0; i < strokes->len; i++) {
    const MpStroke *stroke = g_ptr_array_index (strokes, i);
    const double *points = &g_array_index (stroke->points, double, 0);
    guint n_points = stroke->points->len / 2;
    double left = stroke->erase ? 0 : stroke->strength;

    for (gsize c = 0; c < n; c++)
      distance[c] = INFINITY;
    for (guint p = 0; p < MAX (1, n_points - 1); p++)
      near_segment (points + 2 * p, points + 2 * MIN (p + 1, n_points - 1), stroke->radius + h, side, distance);
    for (gsize c = 0; c < n; c++)
      if (isfinite (distance[c])) {
        double cover = CLAMP ((stroke->radius - sqrt (distance[c])) / h + 0.5, 0, 1);

        mass[c] += cover * (left - mass[c]);
      }
  }
}
