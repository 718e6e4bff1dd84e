/* SPDX-License-Identifier: Apache-2.0
 *
 * ratio-comparison.c: the estimated density ratio and the true one (density-ratio.c, true-ratio.c) as maps of the plot
 * beside each other, in one scale of colours. Drawn from above: the first row is the plot's top.
 */
#include "engine/views/view.h"

#include <string.h>

/* Of a grid whose rows are known to be `width` long every second point along both sides: two maps would otherwise cost as
 * much as the layers that they repeat. values: points × columns, or a vector. */
static MpNode *
thin (MpBuild *build,
      MpNode  *values)
{
  gint64 width = mp_build_view_width (build), n = values != NULL ? values->type.dim[0] : 0;
  gint64 columns = values != NULL && values->type.rank == 2 ? values->type.dim[1] : 1;
  MpGraph *graph = mp_build_graph (build);
  MpNode *grid;

  if (width == 0 || width % 2 != 0 || n / width % 2 != 0)
    return values;
  grid = mp_reshape (values, mp_shape (graph, n / width / 2, (gint64) 2, width / 2, (gint64) 2, columns, (gint64) -1));
  grid = mp_slice_axis (mp_slice_axis (grid, 1, 0, 1), 3, 0, 1);
  return columns > 1 ? mp_reshape (grid, mp_shape (graph, n / 4, columns, (gint64) -1))
                     : mp_reshape (grid, mp_shape (graph, n / 4, (gint64) -1));
}

static gboolean
ratio_comparison_build (MpBuild     *build,
                        MpViewNodes *nodes)
{
  MpNode *points = thin (build, mp_build_view_points (build)), *density = thin (build, mp_build_view_density (build));
  const char *title;

  nodes->tensors[0] = mp_view_estimate_ratio (build, points, &title);
  nodes->tensors[1] = nodes->tensors[0] != NULL ? mp_view_true_ratio_at (build, points, density) : NULL;
  if (nodes->tensors[1] == NULL)
    return FALSE;
  nodes->n_tensors = 2;
  g_ptr_array_add (nodes->labels, (gpointer) N_("Estimated ratio"));
  g_ptr_array_add (nodes->labels, (gpointer) N_("True ratio"));
  nodes->title = N_("Density ratio (data over model): estimated and true");
  nodes->neutral = 1;
  nodes->is_map = TRUE;
  return TRUE;
}

static void
ratio_comparison_finish (MpLayer *layer,
                         MpBuild *build)
{
  gint64 part = layer->tensors[0].rows == (gint64) layer->width * layer->height ? 1 : 2;
  gint64 width = layer->width / part, height = layer->height / part;

  /* A thinned map's cells are around the points that were kept, the lower left ones of every four. */
  for (guint i = 0; i < 4 && part > 1; i += 2) {
    double cell = (layer->extent[i + 1] - layer->extent[i]) / (i == 0 ? layer->width : layer->height);

    layer->extent[i] -= cell / 2;
    layer->extent[i + 1] -= cell / 2;
  }
  for (guint i = 0; i < layer->n_tensors; i++) {
    MpLayerTensor *map = &layer->tensors[i];
    float *turned = g_new (float, MAX (1, width * height));

    for (gint64 j = 0; j < height; j++)
      memcpy (turned + j * width, map->values + (height - 1 - j) * width, (gsize) width * sizeof *turned);
    g_free (map->values);
    *map = (MpLayerTensor) { .rows = height, .columns = width, .values = turned };
  }
}

const MpViewClass mp_view_ratio_comparison = {
  .base = {
    .id = "ratio-comparison",
    .title = N_("Estimated and true ratio"),
    .summary = N_("The critic's estimate of the density ratio beside the true one, where the data's density is known: "
                  "where they differ, the generator is misled."),
  },
  .drawing = MP_DRAW_MATRIX,
  .build = ratio_comparison_build,
  .finish = ratio_comparison_finish,
};
