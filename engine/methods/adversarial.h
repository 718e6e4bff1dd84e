/* SPDX-License-Identifier: Apache-2.0
 *
 * adversarial.h: the two-player games: a critic s scores points, and the generator moves where its points score better.
 *
 * Real x (n × d), generated y = G (z) (n × d), raw scores s (n × 1), sp (t) = log (1 + eᵗ); all losses are minimised:
 *   non-saturating   L_D = E sp (−s (x)) + E sp (s (y))                    L_G = E sp (−s (y))
 *   minimax          L_D as above                                          L_G = −E sp (s (y))
 *   least squares    L_D = ½ E (s (x) − 1)² + ½ E s (y)²                   L_G = ½ E (s (y) − 1)²
 *   hinge            L_D = E max (0, 1 − s (x)) + E max (0, 1 + s (y))     L_G = −E s (y)
 *   Wasserstein      L_D = E s (y) − E s (x)                               L_G = −E s (y)
 *
 * Any of them can have a gradient penalty at points x̂, L_D + λ·P with g = √(|∇s (x̂)|² + 10⁻¹²):
 *   P = E (g − k)²  two-sided,   E max (0, g − k)²  one-sided,   ∇ differentiated through
 *   between       x̂ = α·x + (1 − α)·y, one α ~ U [0, 1) for each sample                   (WGAN-GP)
 *   around-data   x̂ = x + α·c·std (x)·u, u ~ U [0, 1) for each number, one std for the whole minibatch  (DRAGAN)
 *   data          x̂ = x, with k = 0 the zero-centred R1 of Mescheder, Geiger and Nowozin (ICML 2018)
 *   generated     x̂ = y, with k = 0 their R2
 *
 * A method is a MpAdversarial and the keys below in its table; a score other than the critic's output (a critic that is
 * given more than the point) is a function of its own.
 */
#pragma once

#include "engine/methods/method.h"
#include "engine/nn/network.h"

G_BEGIN_DECLS

typedef enum
{
  MP_ADVERSARIAL_NON_SATURATING,
  MP_ADVERSARIAL_MINIMAX,
  MP_ADVERSARIAL_LEAST_SQUARES,
  MP_ADVERSARIAL_HINGE,
  MP_ADVERSARIAL_WASSERSTEIN
} MpAdversarialLoss;

/* Scalars to be minimised; scores of any shape. */
MpNode      *mp_adversarial_critic_loss (MpAdversarialLoss loss, MpNode *s_real, MpNode *s_generated);
MpNode      *mp_adversarial_generator_loss (MpAdversarialLoss loss, MpNode *s_generated);
/* What a critic's raw output means under the loss. */
MpCriticRole mp_adversarial_role (MpAdversarialLoss loss);

/* |∇s (x)| for each row of x (n × d → n); s (n × 1) was computed from x, a row's score from that row alone. */
MpNode      *mp_gradient_norms (MpNode *s, MpNode *x);

extern const char *const mp_penalty_places[];  /* "none", "between", "around-data", "data", "generated" */
extern const char *const mp_penalty_sides[];   /* "two", "one" */
extern const char *const mp_latent_sharing[];  /* "fresh", "shared" */

/* n × d points to scores n × 1; training mode counts for moving averages. */
typedef MpNode *(*MpScoreFunction) (MpBuild *build, MpNode *x, MpMode mode);

typedef struct
{
  MpAdversarialLoss loss;
  gboolean          half;    /* the critic's loss is halved */
  MpScoreFunction   score;   /* NULL: the critic's output */
} MpAdversarial;

/* Writes a whole method down: the phase "critic", critic_steps times, then the phase "generator"; reports, and what
 * views ask for. Reads the keys of MP_ADVERSARIAL_STEPS and MP_ADVERSARIAL_PENALTY from [method]. game is copied.
 * Returns: FALSE with the graph's first mistake. */
gboolean     mp_adversarial_build (MpBuild *build, const MpAdversarial *game, GError **error);
/* The parts, for methods with phases of their own. */
MpNode      *mp_adversarial_score (MpBuild *build, const MpAdversarial *game, MpNode *x);
/* L_D + λ·P as the keys of MP_ADVERSARIAL_PENALTY say, or L_D alone; the mean gradient norm becomes a report of the
 * phase. x, y: what s_real and s_generated are the scores of. */
MpNode      *mp_adversarial_penalise (MpBuild *build, const MpAdversarial *game, MpPhase *phase, MpNode *loss,
                                      MpNode *x, MpNode *y, MpNode *s_real, MpNode *s_generated);
/* Minimises the critic's loss in the phase, named and reported, with the reports of its scores. */
void         mp_adversarial_minimise_critic (MpBuild *build, const MpAdversarial *game, MpPhase *phase, MpNode *loss,
                                             MpNode *s_real, MpNode *s_generated);
MpPhase     *mp_adversarial_build_critic (MpBuild *build, const MpAdversarial *game);
MpPhase     *mp_adversarial_build_generator (MpBuild *build, const MpAdversarial *game);
void         mp_adversarial_publish (MpBuild *build, const MpAdversarial *game);
/* "penalty-points", where the keys of MP_ADVERSARIAL_PENALTY say that there are some; part of the former. */
void         mp_adversarial_publish_penalty (MpBuild *build);

/* Keys of [method]: how often who moves. */
#define MP_ADVERSARIAL_STEPS(critic_steps_text, generator_steps_text)                                                  \
  { .key = "critic_steps", .title = N_("Critic updates"), .unit = N_("per iteration"),                                 \
    .summary = N_("Critic updates in an iteration, each with a minibatch of its own."),                                \
    .type = MP_PARAM_INT, .default_value = critic_steps_text, .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20,        \
    .live = TRUE },                                                                                                    \
  { .key = "generator_steps", .title = N_("Generator updates"), .unit = N_("per iteration"),                           \
    .summary = N_("Generator updates in an iteration, each with a latent of its own unless it is shared."),            \
    .type = MP_PARAM_INT, .default_value = generator_steps_text, .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20,     \
    .live = TRUE },                                                                                                    \
  { .key = "latents", .title = N_("Latents"), .symbol = "z",                                                           \
    .summary = N_("Draw a fresh latent for every update, or share one among the updates of an iteration, as DCGAN's "  \
                  "code does with its two generator updates."),                                                        \
    .type = MP_PARAM_ENUM, .default_value = "fresh", .choices = mp_latent_sharing }

/* Keys of [method]: the gradient penalty. */
#define MP_ADVERSARIAL_PENALTY(points_text, weight_text)                                                               \
  { .key = "penalty_points", .title = N_("Penalty points"), .symbol = "x̂",                                            \
    .summary = N_("Where a gradient penalty looks at the critic: nowhere, between real and generated points "          \
                  "(WGAN-GP), around the data (DRAGAN), at real or at generated points."),                             \
    .type = MP_PARAM_ENUM, .default_value = points_text, .choices = mp_penalty_places },                               \
  { .key = "penalty", .title = N_("Gradient penalty"), .symbol = "λ",                                                  \
    .summary = N_("Weight of the gradient penalty; WGAN-GP has 10 on images and its code 0.1 on toy data, DRAGAN 10."),\
    .type = MP_PARAM_DOUBLE, .default_value = weight_text, .min = 0, .max = 1e6, .ui_min = 0.01, .ui_max = 100,        \
    .logarithmic = TRUE, .live = TRUE },                                                                               \
  { .key = "penalty_sides", .title = N_("Penalised sides"),                                                            \
    .summary = N_("Pull gradient norms to the target from both sides, or only push them down where they are above."),  \
    .type = MP_PARAM_ENUM, .default_value = "two", .choices = mp_penalty_sides },                                      \
  { .key = "penalty_target", .title = N_("Target of the norm"), .symbol = "k",                                         \
    .summary = N_("Gradient norm that costs nothing; 0 at real points is the R1 penalty."),                            \
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 2, .live = TRUE },     \
  { .key = "penalty_noise", .title = N_("Noise around data"), .symbol = "c",                                           \
    .summary = N_("Largest noise around the data, in standard deviations of the minibatch; DRAGAN has 0.5, and only "  \
                  "upwards."),                                                                                         \
    .type = MP_PARAM_DOUBLE, .default_value = "0.5", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 2, .live = TRUE }

G_END_DECLS
