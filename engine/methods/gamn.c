/* SPDX-License-Identifier: Apache-2.0
 *
 * gamn.c: Generative Adversarial Mapping Networks (Guo, Zhu and Li, 2017): a mapper F makes the MMD of real and
 * generated points large, the generator makes it small.
 *
 * x real, y = G (z), F (x), F (y) n × d; M = √(MMD² + 10⁻⁶) of them, biased, kernels summed.
 *   mapper      M − λ·P − λ₁·|w_n|₁ − λ₂·|w_n|² − λ_c·|w|²      maximised, critic_steps times with fresh draws
 *   generator   M + μ·M_data                                    minimised
 *               P = E (|∇_x̂ Σᵢ F (x̂)ᵢ| − 1)²   one function, the sum of the outputs, between real and generated
 *               w_n                            scales and offsets of the mapper's normalisations, w all its parameters
 *               M_data                         the same root of the MMD² between the points themselves
 * The paper prints the penalty with a plus inside an ascent; it is a penalty, so it is a minus here. It reports one
 * term at a time: the gradient penalty best, then the L1 and the L2 norm of normalisation parameters, then the
 * classical L2 norm of all. Layer normalisation in F, batch normalisation in G; d = 10. A Gaussian kernel bounds M
 * for any F, which saturates rather than diverges.
 */
#include "engine/methods/adversarial.h"
#include "engine/methods/mmd.h"
#include "engine/nn/layers.h"

static const MpParam params[] = {
  { .key = "dimensions", .title = N_("Mapped dimensions"), .symbol = "d",
    .summary = N_("Dimensions that the mapper maps points to; the paper has 10, and 2 and 3 nearly as good."),
    .type = MP_PARAM_INT, .default_value = "10", .min = 1, .max = 4096, .ui_min = 1, .ui_max = 64 },
  MP_KERNEL_FAMILY (mp_radial_kernel_choices, "rbf", "1, 2, 4, 8, 16"),
  { .key = "critic_steps", .title = N_("Mapper updates"), .unit = N_("per iteration"),
    .summary = N_("Mapper updates in an iteration, each with a minibatch of its own."),
    .type = MP_PARAM_INT, .default_value = "5", .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20, .live = TRUE },
  MP_ADVERSARIAL_PENALTY ("between", "0.1"),
  { .key = "norm_l1", .title = N_("L1 of normalisations"), .symbol = "λ₁",
    .summary = N_("Weight of the L1 norm of scales and offsets of the mapper's layer or batch normalisations; without "
                  "any there is nothing to weigh."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 0.1, .live = TRUE },
  { .key = "norm_l2", .title = N_("L2 of normalisations"), .symbol = "λ₂",
    .summary = N_("Weight of the squared L2 norm of the same scales and offsets."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 0.1, .live = TRUE },
  { .key = "classical_l2", .title = N_("Classical L2"), .symbol = "λ_c",
    .summary = N_("Weight of the squared L2 norm of all parameters of the mapper."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 0.1 },
  { .key = "data_mmd", .title = N_("MMD of the data"), .symbol = "μ",
    .summary = N_("Weight of the MMD between the points themselves in the generator's loss; 0 leaves it out."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 10 },
  { .key = "data_variances", .title = N_("Variances of the data's kernel"), .symbol = "σ²",
    .summary = N_("One Gaussian kernel for each, for the MMD of the data; those of GMMN."),
    .type = MP_PARAM_DOUBLES, .default_value = "2, 5, 10, 20, 40, 80", .min = 1e-6, .max = 1e6, .ui_min = 0.01,
    .ui_max = 100, .logarithmic = TRUE, .live = TRUE },
};

static MpNode *
map (MpBuild *build,
     MpNode  *x,
     MpMode   mode)
{
  gint64 dimensions = mp_build_int (build, "dimensions");

  return mode == MP_TRAINING ? mp_build_critic (build, x, dimensions) : mp_build_view_critic (build, x, dimensions);
}

/* The penalties see the sum of the outputs. */
static const MpAdversarial game = { .score = map };

static MpNode *
root_of (const MpGrams *grams)
{
  return mp_mmd_root (mp_mmd2_biased (grams), MP_MMD_GUARD);
}

/* Σ |w| or Σ w² over the mapper's parameters, all or those of normalisations; 0 where there are none. */
static MpNode *
norm_of_parameters (MpBuild  *build,
                    gboolean  all,
                    gboolean  squared)
{
  MpGraph *graph = mp_build_graph (build);
  g_autoptr (GPtrArray) parameters = mp_graph_list_group (graph, "critic");
  MpNode *sum = mp_scalar (graph, 0);

  for (guint i = 0; i < parameters->len; i++) {
    MpNode *w = g_ptr_array_index (parameters, i);

    if (all || mp_layer_is_normalisation (w))
      sum = mp_add (sum, mp_sum (squared ? mp_square (w) : mp_abs (w), MP_ALL_AXES, FALSE));
  }
  return sum;
}

static void
build_mapper_phase (MpBuild *build,
                    MpPhase *phase)
{
  double classical = mp_build_double (build, "classical_l2");
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent/critic"));
  MpNode *p = mp_named (map (build, x, MP_TRAINING), "mapped real points");
  MpNode *q = mp_named (map (build, y, MP_TRAINING), "mapped generated points");
  MpNode *loss;
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), p, q);
  loss = mp_adversarial_penalise (build, &game, phase, mp_neg (root_of (&grams)), x, y, p, q);
  loss = mp_add (loss, mp_mul (mp_build_live (build, "norm_l1"), norm_of_parameters (build, FALSE, FALSE)));
  loss = mp_add (loss, mp_mul (mp_build_live (build, "norm_l2"), norm_of_parameters (build, FALSE, TRUE)));
  if (classical > 0)
    loss = mp_add (loss, mp_mul_scalar (norm_of_parameters (build, TRUE, TRUE), classical));
  mp_phase_minimise (phase, mp_named (loss, "mapper loss"), "critic");
  mp_phase_report (phase, "loss/critic", N_("Mapper loss (MMD of mapped points, negated, plus its penalties)"),
                   MP_NEITHER_IS_BETTER, loss);
  mp_grams_report_saturation (&grams, phase);
}

static MpNode *
generator_loss (MpBuild *build,
                MpNode  *x,
                MpNode  *y,
                MpNode  *p,
                MpNode  *q)
{
  double weight = mp_build_double (build, "data_mmd");
  MpNode *loss;
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), p, q);
  loss = root_of (&grams);
  if (weight > 0) {
    const MpKernelSum kernel = mp_kernel_sum_of (MP_KERNEL_RBF_VARIANCE, mp_build_live (build, "data_variances"));
    MpGrams of_data;

    mp_grams_fill (&of_data, &kernel, x, y);
    loss = mp_add (loss, mp_mul_scalar (root_of (&of_data), weight));
  }
  return loss;
}

static void
build_generator_phase (MpBuild *build)
{
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent/generator"));
  MpNode *loss = generator_loss (build, x, y, map (build, x, MP_TRAINING), map (build, y, MP_TRAINING));

  mp_phase_minimise (phase, mp_named (loss, "generator loss"), "generator");
  mp_phase_report (phase, "loss/generator",
                   mp_build_double (build, "data_mmd") > 0
                   ? N_("Generator loss (MMD of mapped points plus weighted MMD of the points themselves)")
                   : N_("Generator loss (MMD of mapped points: root of the biased MMD² + 10⁻⁶)"),
                   MP_NEITHER_IS_BETTER, loss);
}

/* ---- for views ---- */

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *x,
                     MpNode  *y)
{
  return generator_loss (build, x, y, map (build, x, MP_INFERENCE), map (build, y, MP_INFERENCE));
}

/* Without the penalties. */
static MpNode *
view_mapper_loss (MpBuild *build,
                  MpNode  *x,
                  MpNode  *y)
{
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), map (build, x, MP_INFERENCE), map (build, y, MP_INFERENCE));
  return mp_neg (root_of (&grams));
}

static gboolean
gamn_build (MpBuild  *build,
            GError  **error)
{
  MpPhase *phase = mp_build_phase (build, "critic", N_("Mapper"), "critic_steps");
  MpKernelSum kernel;

  mp_kernel_sum_read (&kernel, build, phase, mp_build_real (build));
  build_mapper_phase (build, phase);
  build_generator_phase (build);
  mp_build_publish_critic (build, MP_CRITIC_SPACE, mp_build_int (build, "dimensions"));
  mp_build_publish_saddle (build);
  mp_build_publish (build, "critic-loss", view_mapper_loss);
  mp_build_publish (build, "generator-loss", view_generator_loss);
  mp_adversarial_publish_penalty (build);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_gamn = {
  .base = {
    .id = "gamn",
    .title = N_("GAMN"),
    .summary = N_("A mapper makes the MMD large in a space of its own, held back by a gradient penalty or by norms of "
                  "its parameters."),
    .paper = "Guo, Zhu and Li, Generative Adversarial Mapping Networks, 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .critic = N_("Mapper"),
  .build = gamn_build,
};
