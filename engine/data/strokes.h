/* SPDX-License-Identifier: Apache-2.0
 *
 * strokes.h: drawings by hand: strokes of round brushes and erasers on the square [−1, 1]², y upwards, in the order in
 * which they were drawn.
 *
 * As a text, strokes are separated by semicolons: a sign (+ brush, − eraser), the radius, for a brush that is not full
 * “*strength”, and the points that the stroke runs through, x y x y …
 *   +0.1 -0.5 0 0.5 0; -0.05 0 0; +0.08*0.5 0 0.5
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean erase;
  double   radius;
  double   strength; /* mass per area that it leaves, in (0, 1]; of an eraser unused */
  GArray  *points;   /* double: x, y, x, y …; at least one pair */
} MpStroke;

MpStroke  *mp_stroke_new (gboolean erase, double radius, double strength);
void       mp_stroke_free (MpStroke *self);
/* (transfer full): array of MpStroke *, empty for an empty text. Mistakes are MP_ERROR_EXPERIMENT, naming the stroke. */
GPtrArray *mp_strokes_parse (const char *text, GError **error);
/* Three digits behind the point. (transfer full) */
char      *mp_strokes_format (GPtrArray *strokes);
/* side × side cells of [−1, 1]², row 0 at the bottom: each stroke sets what it covers to its strength or to 0, cells at
 * its edge in proportion. */
void       mp_strokes_rasterise (GPtrArray *strokes, guint side, double *mass);

G_END_DECLS
