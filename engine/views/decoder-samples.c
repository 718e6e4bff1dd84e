/* SPDX-License-Identifier: Apache-2.0
 *
 * decoder-samples.c: what the extractor's decoder makes of random codes, N (0, 1), and of the generator's own noise
 * where a code is as long: what the generator starts from when it is initialised with the decoder (Generative feature
 * matching networks, Figures 7 and 12).
 */
#include "engine/views/view.h"

#define POINTS 500

static gboolean
decoder_samples_build (MpBuild     *build,
                       MpViewNodes *nodes)
{
  MpNode *codes = mp_build_view_latents (build);
  MpGraph *graph = mp_build_graph (build);
  gint64 size;

  if (!mp_build_has_decoder (build))
    return FALSE;
  size = mp_build_get_code_size (build);
  if (codes == NULL || codes->type.dim[1] != size)
    codes = mp_random_normal (graph, "view/code", mp_shape (graph, (gint64) POINTS, size, (gint64) -1), 0, 1);
  nodes->tensors[nodes->n_tensors++] = mp_build_decode (build, mp_view_rows (codes, POINTS));
  nodes->title = N_("Decoder samples (decoded random codes)");
  return TRUE;
}

const MpViewClass mp_view_decoder_samples = {
  .base = {
    .id = "decoder-samples",
    .title = N_("Decoder samples"),
    .summary = N_("What the frozen decoder makes of random codes: an autoencoder alone is no generator, which "
                  "is why one is trained."),
  },
  .drawing = MP_DRAW_POINTS,
  .build = decoder_samples_build,
};
