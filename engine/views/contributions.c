/* SPDX-License-Identifier: Apache-2.0
 *
 * contributions.c: how much of the critic's output comes from frozen and how much from its own features, in the mean
 * over real and over generated points (RFGAN: s = w₁ᵀh₁ + w₂ᵀh₂ + b).
 */
#include "engine/views/view.h"

#define POINTS 256

static gboolean
contributions_build (MpBuild     *build,
                     MpViewNodes *nodes)
{
  static const struct
  {
    const char *name, *label;
    gboolean    real;
  } bars[] = {
    { "representative", N_("representative, real"), TRUE },
    { "representative", N_("representative, generated"), FALSE },
    { "discriminative", N_("discriminative, real"), TRUE },
    { "discriminative", N_("discriminative, generated"), FALSE },
  };
  MpNode *means[G_N_ELEMENTS (bars)];

  if (!mp_build_has (build, "representative") || !mp_build_has (build, "discriminative"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (bars); i++) {
    MpNode *points = mp_view_rows (bars[i].real ? mp_build_view_data (build) : mp_build_view_samples (build), POINTS);

    means[i] = mp_mean (mp_build_call (build, bars[i].name, points, NULL), MP_AXIS (0), TRUE);
    g_ptr_array_add (nodes->labels, (gpointer) bars[i].label);
  }
  nodes->title = N_("Contributions to the critic output (means)");
  nodes->neutral = 0;
  nodes->tensors[nodes->n_tensors++] = mp_concat (0, G_N_ELEMENTS (means), means);
  return TRUE;
}

const MpViewClass mp_view_contributions = {
  .base = {
    .id = "contributions",
    .title = N_("Contributions"),
    .summary = N_("How much frozen and how much own features decide: what the two disagree on pulls the "
                  "generator both to the data and from the critic's last mistake."),
  },
  .drawing = MP_DRAW_BARS,
  .build = contributions_build,
};
