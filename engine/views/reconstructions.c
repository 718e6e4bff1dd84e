/* SPDX-License-Identifier: Apache-2.0
 *
 * reconstructions.c: real points through the frozen encoder and decoder of the extractor, D (E (x)): what is lost on
 * the way no generator of codes can bring back.
 */
#include "engine/views/view.h"

#define POINTS 500

static gboolean
reconstructions_build (MpBuild     *build,
                       MpViewNodes *nodes)
{
  g_autoptr (GPtrArray) features = NULL;

  if (!mp_build_has_decoder (build))
    return FALSE;
  features = mp_build_features (build, mp_view_rows (mp_build_view_data (build), POINTS));
  nodes->tensors[nodes->n_tensors++] = mp_build_decode (build, features->pdata[features->len - 1]);
  nodes->title = N_("Reconstructions (real points through encoder and decoder)");
  return TRUE;
}

const MpViewClass mp_view_reconstructions = {
  .base = {
    .id = "reconstructions",
    .title = N_("Reconstructions"),
    .summary = N_("Real points after the frozen encoder and decoder: the best that a generator of codes can "
                  "reach."),
  },
  .drawing = MP_DRAW_POINTS,
  .of_data = TRUE,
  .build = reconstructions_build,
};
