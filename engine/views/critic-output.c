/* SPDX-License-Identifier: Apache-2.0
 *
 * critic-output.c: what the critic says at every point of the plot, raw: s (p), one output.
 *
 * The middle of the colours is the value that is neither for nor against: 0 for a logit or a margin, ½ between the
 * labels of least squares, none for a Wasserstein score, of which only differences have a meaning.
 */
#include "engine/views/view.h"

#include <math.h>

static const struct
{
  const char *title;
  double      neutral;
} roles[] = {
  [MP_CRITIC_LOGIT] = { N_("Critic output (raw: log of the odds of being real)"), 0 },
  [MP_CRITIC_LABEL] = { N_("Critic output (raw; 1 stands for real, 0 for generated)"), 0.5 },
  [MP_CRITIC_MARGIN] = { N_("Critic output (raw; the margins are at 1 and −1)"), 0 },
  [MP_CRITIC_SCORE] = { N_("Critic output (raw; only differences have a meaning)"), NAN },
};

static gboolean
critic_output_build (MpBuild     *build,
                     MpViewNodes *nodes)
{
  gint64 outputs;
  MpCriticRole role = mp_build_get_critic_role (build, &outputs);

  if (role == MP_CRITIC_NONE || role == MP_CRITIC_SPACE)
    return FALSE;
  nodes->title = roles[role].title;
  nodes->neutral = roles[role].neutral;
  nodes->tensors[nodes->n_tensors++] = mp_build_view_scores (build, mp_build_view_points (build));
  return TRUE;
}

const MpViewClass mp_view_critic_output = {
  .base = {
    .id = "critic-output",
    .title = N_("Critic output"),
    .summary = N_("What the critic says at every point: generated points move where it rises."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = critic_output_build,
};
