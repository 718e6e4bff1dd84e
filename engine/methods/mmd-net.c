/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-net.c: generative moment matching (MMD-nets, GMMN): the generator alone minimises the MMD between real and
 * generated points in data space; no critic, no game.
 *
 *   L_G = c·MMD² (x, G (z))   or   c·√(MMD² + g)        k a sum of kernels of any family (kernel.h)
 *
 * MMD² is the biased estimate, or the unbiased one, which can be negative: its root is never taken.
 *
 * Li, Swersky and Zemel: Generative moment matching networks, ICML 2015; Dziugaite, Roy and Ghahramani: Training
 * generative neural networks via maximum mean discrepancy optimization, UAI 2015. GMMN's code has c = 1000 with the
 * root, no guard but for 10⁻¹⁰ beside the root in its gradient, bandwidths 2, 5, 10, 20, 40, 80 as variances, and
 * gradient descent with rate 2 and momentum 0.9.
 */
#include "engine/methods/mmd.h"

static const char *const estimators[] = { "biased", "unbiased", NULL };

static const MpParam params[] = {
  MP_KERNEL_FAMILY (mp_kernel_choices, "rbf", "1"),
  MP_KERNEL_MIXTURE,
  { .key = "estimator", .title = N_("Estimator"),
    .summary = N_("With the diagonals of the kernel matrices (biased, never negative) or without them (unbiased; its "
                  "root is not taken)."),
    .type = MP_PARAM_ENUM, .default_value = "biased", .choices = estimators },
  MP_MMD_LOSS,
};

static gboolean
is_unbiased (MpBuild *build)
{
  return g_str_equal (mp_build_string (build, "estimator"), "unbiased");
}

static gboolean
has_root (MpBuild *build)
{
  return g_str_equal (mp_build_string (build, "root"), "sqrt") && !is_unbiased (build);
}

static MpNode *
estimate (MpBuild       *build,
          const MpGrams *grams)
{
  return is_unbiased (build) ? mp_mmd2_u_statistic (grams) : mp_mmd2_biased (grams);
}

static MpNode *
published_loss (MpBuild *build,
                MpNode  *x,
                MpNode  *y)
{
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), x, y);
  return mp_mmd_loss (build, estimate (build, &grams), has_root (build));
}

static gboolean
mmd_net_build (MpBuild  *build,
               GError  **error)
{
  MpNode *real = mp_build_real (build);
  MpNode *generated = mp_build_generate (build, mp_build_latent (build, "latent"));
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);
  gboolean unbiased = is_unbiased (build);
  MpKernelSum kernel;
  MpGrams grams;
  MpNode *mmd2, *loss;

  mp_kernel_sum_read (&kernel, build, phase, real);
  mp_grams_fill (&grams, &kernel, real, generated);
  mmd2 = estimate (build, &grams);
  loss = mp_named (mp_mmd_loss (build, mmd2, has_root (build)), "generator loss");
  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator",
                   has_root (build) ? N_("Generator loss (MMD: root of the biased MMD², guarded)")
                   : unbiased ? N_("Generator loss (MMD², unbiased)")
                   : N_("Generator loss (MMD², biased)"),
                   MP_LOWER_IS_BETTER, loss);
  mp_phase_report (phase, unbiased ? "mmd2/unbiased" : "mmd2/biased",
                   unbiased ? N_("MMD² of the minibatch (unbiased)") : N_("MMD² of the minibatch (biased)"),
                   MP_LOWER_IS_BETTER, mmd2);
  mp_grams_report_saturation (&grams, phase);
  mp_build_publish (build, "generator-loss", published_loss);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_mmd_net = {
  .base = {
    .id = "mmd-net",
    .title = N_("MMD-net"),
    .summary = N_("The generator minimises the distance of kernel means in data space; there is no critic."),
    .paper = "Li, Swersky and Zemel, Generative Moment Matching Networks, ICML 2015",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .build = mmd_net_build,
  .check = mp_kernel_check,
};
