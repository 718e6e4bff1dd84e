/* SPDX-License-Identifier: Apache-2.0
 *
 * feature-moments.c: how far the means of frozen features are apart, layer by layer:
 *   |mean Eⱼ (x) − mean Eⱼ (y)|²      for every hidden layer j of the extractor's encoder, and its code
 * of POINTS real and generated points (Generative feature matching networks: what their moving averages follow).
 */
#include <glib/gi18n-lib.h>

#include "engine/views/view.h"

#define POINTS 500

static MpNode *
residual (MpBuild *build,
          MpNode  *real,
          MpNode  *generated)
{
  MpNode *difference = mp_sub (mp_mean (real, MP_AXIS (0), FALSE), mp_mean (generated, MP_AXIS (0), FALSE));

  return mp_sum (mp_square (difference), MP_AXIS (0), TRUE);
}

static gboolean
feature_moments_build (MpBuild     *build,
                       MpViewNodes *nodes)
{
  g_autoptr (GPtrArray) real = NULL;
  g_autoptr (GPtrArray) generated = NULL;

  if (!mp_build_has_features (build))
    return FALSE;
  real = mp_build_features (build, mp_view_rows (mp_build_view_data (build), POINTS));
  generated = mp_build_features (build, mp_view_rows (mp_build_view_samples (build), POINTS));
  for (guint i = 0; i < real->len; i++) {
    const MpNode *layer = real->pdata[i];
    int width = layer != NULL ? (int) layer->type.dim[1] : 0;
    g_autofree char *label = i + 1 < real->len ? g_strdup_printf (_("layer %u (%d)"), i + 1, width)
                                               : g_strdup_printf (_("code (%d)"), width);

    real->pdata[i] = residual (build, real->pdata[i], generated->pdata[i]);
    g_ptr_array_add (nodes->labels, (gpointer) g_intern_string (label));
  }
  nodes->title = N_("Feature moments (squared distance of mean features, per layer)");
  nodes->tensors[nodes->n_tensors++] = mp_concat (0, real->len, (MpNode *const *) real->pdata);
  return TRUE;
}

const MpViewClass mp_view_feature_moments = {
  .base = {
    .id = "feature-moments",
    .title = N_("Feature moments"),
    .summary = N_("How far apart the mean features of real and generated points are in each layer of the frozen "
                  "encoder; matching them is all that feature matching does."),
  },
  .drawing = MP_DRAW_BARS,
  .build = feature_moments_build,
};
