/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel-matrix.c: the kernel between fixed points, N real before N generated (2N × 2N), as the losses average it:
 * real with real at the start, generated with generated at the end, and the two across.
 *
 * finish () sorts each half so that neighbours come together: by the angle around the mean of the real points where the
 * data have two dimensions, else along the first principal axis.
 */
#include "engine/views/view.h"

#include <math.h>
#include <string.h>

#define POINTS 64

static gboolean
kernel_matrix_build (MpBuild     *build,
                     MpViewNodes *nodes)
{
  MpNode *points[2], *mapped[2], *all;

  if (mp_build_get_kernel (build) == NULL)
    return FALSE;
  points[0] = mp_view_rows (mp_build_view_data (build), POINTS);
  points[1] = mp_view_rows (mp_build_view_samples (build), POINTS);
  for (guint i = 0; i < 2; i++)
    mapped[i] = mp_view_kernel_space (build, points[i]);
  all = mp_concat (0, 2, mapped);
  nodes->title = mp_build_get_critic_role (build, NULL) == MP_CRITIC_SPACE
                 ? N_("Kernel matrix through the critic (real points, then generated)")
                 : N_("Kernel matrix (real points, then generated)");
  nodes->tensors[nodes->n_tensors++] = mp_build_kernel_matrix (build, all, all);
  nodes->tensors[nodes->n_tensors++] = points[0];
  nodes->tensors[nodes->n_tensors++] = points[1];
  return TRUE;
}

/* ---- order ---- */

typedef struct
{
  double key;
  gint64 row;
} Place;

static int
compare_places (const void *a,
                const void *b)
{
  const Place *x = a, *y = b;

  if (x->key == y->key)
    return (x->row > y->row) - (x->row < y->row);
  return (x->key > y->key) - (x->key < y->key);
}

/* Fills places with the rows of one half in order; first: row of the matrix where it begins. */
static void
sort_half (const MpLayerTensor *points,
           const double        *centre,
           const double        *axis,
           gint64               first,
           Place               *places)
{
  gint64 d = points->columns;

  for (gint64 i = 0; i < points->rows; i++) {
    const float *point = points->values + i * d;
    double along = 0;

    for (gint64 j = 0; j < d; j++)
      along += ((double) point[j] - centre[j]) * axis[j];
    if (d == 2)
      along = atan2 ((double) point[1] - centre[1], (double) point[0] - centre[0]);
    places[i] = (Place) { isfinite (along) ? along : 0, first + i };
  }
  qsort (places, (gsize) points->rows, sizeof *places, compare_places);
}

static void
kernel_matrix_finish (MpLayer *layer,
                      MpBuild *build)
{
  MpLayerTensor *matrix = &layer->tensors[0];
  const MpLayerTensor *real = &layer->tensors[1], *generated = &layer->tensors[2];
  gint64 n = matrix->rows;
  g_autofree Place *places = g_new (Place, n);
  g_autofree double *centre = g_new0 (double, real->columns);
  g_autofree double *axis = g_new0 (double, real->columns);
  float *sorted = g_new (float, MAX (1, n * n));

  mp_view_find_axis (real, centre, axis);
  sort_half (real, centre, axis, 0, places);
  sort_half (generated, centre, axis, real->rows, places + real->rows);
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < n; j++)
      sorted[i * n + j] = matrix->values[places[i].row * n + places[j].row];
  g_free (matrix->values);
  matrix->values = sorted;
  mp_layer_drop (layer, 1);
}

const MpViewClass mp_view_kernel_matrix = {
  .base = {
    .id = "kernel-matrix",
    .title = N_("Kernel matrix"),
    .summary = N_("What the kernel sees: when the four blocks look alike, their means are equal and the MMD is "
                  "nothing. All dark off the diagonal means too narrow, all bright too wide."),
  },
  .drawing = MP_DRAW_MATRIX,
  .build = kernel_matrix_build,
  .finish = kernel_matrix_finish,
};
