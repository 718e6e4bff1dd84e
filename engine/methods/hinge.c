/* SPDX-License-Identifier: Apache-2.0
 *
 * hinge.c: the hinge loss of Lim and Ye (Geometric GAN, 2017), as in spectrally normalised and large GANs.
 *
 * Real x (n × d), generated y = G (z), raw critic output s (n × 1).
 *   critic      L_D = E max (0, 1 − s (x)) + E max (0, 1 + s (y))     minimised
 *   generator   L_G = −E s (y)                                        minimised
 */
#include "engine/methods/adversarial.h"

static const MpParam params[] = {
  MP_ADVERSARIAL_STEPS ("1", "1"),
  MP_ADVERSARIAL_PENALTY ("none", "10"),
};

static gboolean
hinge_build (MpBuild  *build,
             GError  **error)
{
  const MpAdversarial game = { .loss = MP_ADVERSARIAL_HINGE };

  return mp_adversarial_build (build, &game, error);
}

const MpMethod mp_method_hinge = {
  .base = {
    .id = "hinge",
    .title = N_("Hinge GAN"),
    .summary = N_("A critic that stops pushing points that are already on the right side of its margin."),
    .paper = "Lim and Ye, Geometric GAN, 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = hinge_build,
};
