/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-gan.c: MMD GAN of Li, Chang, Cheng, Yang and Póczos (MMD GAN: towards deeper understanding of moment matching
 * network, NIPS 2017): an encoder f learns the kernel that the generator's MMD is largest under.
 *
 * x real, y = G (z), p = f (x), q = f (y), n × K each; M = √(MMD² (p, q) + 10⁻⁶), biased, kernels summed.
 *   critic      M + w·F − a·(A (x) + A (y))      maximised by encoder f and decoder g, critic_steps times
 *   generator   M + w·F                          minimised
 *               F = −mean_k max (0, −v_k),  v = mean p − mean q    reduces the feasible set to E f (x) ≥ E f (y)
 *               A (x) = mean (g (f (x)) − x)²                      keeps f injective; y is a constant in it
 * with w = 16, a = 8; either can be 0, which are the ablations of the GRAM paper. The generator's loss has F with
 * that sign in the authors' code, too.
 *
 * A gradient penalty on the sum of the codes may be added, as GAMN has it. Weights of f, not of g, are clamped to ±c
 * (c = 0.01) after each of the critic's updates; the code does it before, which differs in what the generator sees
 * by one update. The code has 5 critic updates for each of the generator's, and 100 (warm_up_steps) for each of the
 * first 25 and every 500th. g has the generator's architecture, from K to the data.
 */
#include "engine/methods/adversarial.h"
#include "engine/methods/mmd.h"

#define WARM_UP_FIRST 25
#define WARM_UP_EVERY 500

static const MpParam params[] = {
  { .key = "dimensions", .title = N_("Code dimensions"), .symbol = "K",
    .summary = N_("Dimensions that the encoder maps points to; the code has 10 for MNIST, 64 to 128 for colour images."),
    .type = MP_PARAM_INT, .default_value = "10", .min = 1, .max = 4096, .ui_min = 1, .ui_max = 128 },
  MP_KERNEL_FAMILY (mp_radial_kernel_choices, "rbf", "1, 2, 4, 8, 16"),
  { .key = "feasible_set", .title = N_("Feasible set reduction"), .symbol = "w",
    .summary = N_("Weight of the penalty on code means of generated points above those of real ones; 0 leaves it out."),
    .type = MP_PARAM_DOUBLE, .default_value = "16", .min = 0, .max = 1e6, .ui_min = 0, .ui_max = 100, .live = TRUE },
  { .key = "autoencoder", .title = N_("Autoencoder penalty"), .symbol = "a",
    .summary = N_("Weight of the error with which a decoder gets points back from their codes; 0 leaves it out, and "
                  "the decoder too."),
    .type = MP_PARAM_DOUBLE, .default_value = "8", .min = 0, .max = 1e6, .ui_min = 0, .ui_max = 100 },
  { .key = "clip", .title = N_("Weight clipping"), .symbol = "c",
    .summary = N_("Every parameter of the encoder is clamped to ±c after an update; 0 clamps nothing."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.01", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 1, .live = TRUE },
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
  { .key = "critic_steps", .title = N_("Critic updates"), .unit = N_("per iteration"),
    .summary = N_("Critic updates in an iteration, each with a minibatch of its own."),
    .type = MP_PARAM_INT, .default_value = "5", .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20, .live = TRUE },
  { .key = "warm_up_steps", .title = N_("Warm-up critic updates"), .unit = N_("per iteration"),
    .summary = N_("Critic updates in each of the first 25 iterations and in every 500th instead; the code has 100. 0 "
                  "has as many as ever."),
    .type = MP_PARAM_INT, .default_value = "0", .min = 0, .max = 1000, .ui_min = 0, .ui_max = 100, .live = TRUE },
};

static MpNode *
mean (MpNode *x)
{
  return mp_mean (x, MP_ALL_AXES, FALSE);
}

/* M + w·F. */
static MpNode *
distance (MpBuild       *build,
          const MpGrams *grams,
          MpNode        *p,
          MpNode        *q)
{
  MpNode *v = mp_sub (mp_mean (p, MP_AXIS (0), FALSE), mp_mean (q, MP_AXIS (0), FALSE));
  MpNode *feasible = mp_neg (mean (mp_relu (mp_neg (v))));

  return mp_add (mp_mmd_root (mp_mmd2_biased (grams), MP_MMD_GUARD),
                 mp_mul (mp_build_live (build, "feasible_set"), feasible));
}

/* A of points and their codes. */
static MpNode *
reconstruction_error (MpBuild *build,
                      MpNode  *x,
                      MpNode  *code)
{
  return mean (mp_square (mp_sub (mp_build_apply (build, "decoder", code), mp_stop_gradient (x))));
}

static MpNode *
project (MpBuild *build,
         MpNode  *x,
         MpMode   mode)
{
  gint64 dimensions = mp_build_int (build, "dimensions");

  return mode == MP_TRAINING ? mp_build_critic (build, x, dimensions) : mp_build_view_critic (build, x, dimensions);
}

/* A penalty sees the sum of the codes. */
static const MpAdversarial game = { .score = project };

static void
build_critic_phase (MpBuild *build,
                    MpPhase *phase)
{
  double weight = mp_build_double (build, "autoencoder");
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent/critic"));
  MpNode *p = mp_named (project (build, x, MP_TRAINING), "codes of real points");
  MpNode *q = mp_named (project (build, y, MP_TRAINING), "codes of generated points");
  MpGrams grams;
  MpNode *objective;

  mp_grams_fill (&grams, mp_build_get_kernel (build), p, q);
  objective = distance (build, &grams, p, q);
  if (weight > 0) {
    MpNode *error = mp_add (reconstruction_error (build, x, p), reconstruction_error (build, y, q));

    objective = mp_sub (objective, mp_mul_scalar (error, weight));
    mp_phase_report (phase, "reconstruction", N_("Reconstruction error of the codes (mean square, real plus generated)"),
                     MP_LOWER_IS_BETTER, error);
  }
  objective = mp_neg (mp_adversarial_penalise (build, &game, phase, mp_neg (objective), x, y, p, q));
  mp_phase_maximise (phase, mp_named (objective, "critic objective"), "critic");
  mp_phase_clip (phase, "critic", "clip");
  if (weight > 0)
    mp_phase_maximise (phase, objective, "decoder");
  mp_phase_report (phase, "loss/critic",
                   N_("Critic objective (MMD of the codes with feasible set and autoencoder terms; maximised)"),
                   MP_NEITHER_IS_BETTER, objective);
  mp_grams_report_saturation (&grams, phase);
}

static void
build_generator_phase (MpBuild *build)
{
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);
  MpNode *p = project (build, mp_build_real (build), MP_TRAINING);
  MpNode *q = project (build, mp_build_generate (build, mp_build_latent (build, "latent/generator")), MP_TRAINING);
  MpGrams grams;
  MpNode *loss;

  mp_grams_fill (&grams, mp_build_get_kernel (build), p, q);
  loss = mp_named (distance (build, &grams, p, q), "generator loss");
  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator", N_("Generator loss (MMD of the codes with the feasible set term)"),
                   MP_NEITHER_IS_BETTER, loss);
  mp_phase_report (phase, "mmd2/projected", N_("MMD² of the codes (biased)"), MP_NEITHER_IS_BETTER,
                   mp_mmd2_biased (&grams));
}

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *p,
                     MpNode  *q)
{
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), p, q);
  return distance (build, &grams, p, q);
}

/* Without the autoencoder, which does not compare the two. */
static MpNode *
view_critic_loss (MpBuild *build,
                  MpNode  *p,
                  MpNode  *q)
{
  return mp_neg (view_generator_loss (build, p, q));
}

static gboolean
mmd_gan_build (MpBuild  *build,
               GError  **error)
{
  gint64 dimensions = mp_build_int (build, "dimensions");
  MpPhase *phase = mp_build_phase (build, "critic", N_("Critic"), "critic_steps");
  MpNode *x = mp_build_real (build);
  MpKernelSum kernel;

  mp_phase_intensify (phase, "warm_up_steps", WARM_UP_FIRST, WARM_UP_EVERY);
  if (mp_build_double (build, "autoencoder") > 0)
    mp_build_add_network (build, "decoder", "generator", "critic", dimensions, x->type.dim[1]);
  mp_kernel_sum_read (&kernel, build, phase, x);
  build_critic_phase (build, phase);
  build_generator_phase (build);
  mp_space_publish (build, dimensions, view_critic_loss, view_generator_loss);
  mp_build_publish_saddle (build);
  mp_adversarial_publish_penalty (build);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_mmd_gan = {
  .base = {
    .id = "mmd-gan",
    .title = N_("MMD GAN"),
    .summary = N_("An encoder learns a space where the MMD is large, kept invertible by a decoder and bounded by "
                  "clipping."),
    .paper = "Li et al., MMD GAN: Towards Deeper Understanding of Moment Matching Network, NIPS 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = mmd_gan_build,
};
