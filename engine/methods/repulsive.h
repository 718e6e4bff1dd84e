/* SPDX-License-Identifier: Apache-2.0
 *
 * repulsive.h: MMD games of Wang, Sun and Halgamuge (Improving MMD-GAN training with repulsive loss function, ICLR
 * 2019): a critic that attracts or repels the scores of real points, with a plain or a bounded kernel.
 *
 * p = f (x), q = f (G (z)), n × K each. Means of the kernel over pairs i ≠ j, also between real and generated:
 *   e_rr of k (pᵢ, pⱼ),   e_gg of k (qᵢ, qⱼ),   e_rg of k (pᵢ, qⱼ)
 *
 *   generator   L_G = e_gg − 2·e_rg + e_rr                   always with the plain kernel; e_rr is constant to it
 *   critic      L_D (λ) = λ·e_rr − (λ − 1)·e_rg − e_gg       λ = −1: attractive, −MMD²; λ = 1: repulsive, e_rr − e_gg
 *
 * The paper prints e_rr without its λ in L_D, with which the weights do not add up to zero. Both losses are
 * minimised, from one forward pass, and both networks step at once.
 *
 * A bounded kernel has its squared distances d² bounded for the critic, so that no pair is pushed without end:
 *   λ < 0    real–real and generated–generated max (d², b_l),   real–generated min (d², b_u)
 *   λ ≥ 0    generated–generated max (d², b_l),   real–real min (d², b_u),   real–generated d²
 * b_l = 0.25, b_u = 4; gradients are zero where a bound is active.
 *
 * A gradient penalty may be added, as GAMN has it: on the gradient of the sum of the outputs.
 *
 * Spectral normalisation belongs to these methods, with a gain on every layer, the last too: the paper does not say so,
 * but its code gives L layers 64^(1/L) each. Without, scores of a unit kernel stay too close together.
 */
#pragma once

#include "engine/methods/adversarial.h"
#include "engine/methods/mmd.h"

G_BEGIN_DECLS

/* A method's whole build (): λ is −1 and distances are not bounded where the method's table has no such keys. It has
 * MP_REPULSIVE_PARAMS and MP_ADVERSARIAL_PENALTY. */
gboolean mp_repulsive_build (MpBuild *build, GError **error);

#define MP_REPULSIVE_PARAMS(kernel_text, bandwidths_text)                                                              \
  { .key = "dimensions", .title = N_("Critic outputs"), .symbol = "K",                                                 \
    .summary = N_("Dimensions of the space that the critic maps points to; the paper has 16."),                        \
    .type = MP_PARAM_INT, .default_value = "16", .min = 1, .max = 4096, .ui_min = 1, .ui_max = 64 },                   \
  MP_KERNEL_FAMILY (mp_radial_kernel_choices, kernel_text, bandwidths_text)

#define MP_REPULSIVE_LAMBDA                                                                                            \
  { .key = "lambda", .title = N_("Repulsion"), .symbol = "λ",                                                          \
    .summary = N_("How the critic moves scores of real points: −1 draws them together as MMD does, 1 drives them "     \
                  "apart; the paper has 1, and finds 0.5 to 1 best."),                                                 \
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = -10, .max = 10, .ui_min = -1, .ui_max = 2, .live = TRUE }

#define MP_REPULSIVE_BOUNDS                                                                                            \
  { .key = "lower_bound", .title = N_("Lower bound"), .symbol = "b_l",                                                 \
    .summary = N_("Squared distance below which the critic draws points no closer."),                                  \
    .type = MP_PARAM_DOUBLE, .default_value = "0.25", .min = 0, .max = 1e6, .ui_min = 0, .ui_max = 4, .live = TRUE },  \
  { .key = "upper_bound", .title = N_("Upper bound"), .symbol = "b_u",                                                 \
    .summary = N_("Squared distance beyond which the critic drives points no further apart."),                         \
    .type = MP_PARAM_DOUBLE, .default_value = "4", .min = 0, .max = 1e6, .ui_min = 1, .ui_max = 16, .live = TRUE }

G_END_DECLS
