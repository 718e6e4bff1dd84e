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

static const char *const roots[] = { "none", "sqrt", NULL };
static const char *const estimators[] = { "biased", "unbiased", NULL };

static const MpParam params[] = {
  MP_KERNEL_FAMILY (mp_kernel_choices, "rbf", "1"),
  MP_KERNEL_MIXTURE,
  { .key = "estimator", .title = N_("Estimator"),
    .summary = N_("With the diagonals of the kernel matrices (biased, never negative) or without them (unbiased; its "
                  "root is not taken)."),
    .type = MP_PARAM_ENUM, .default_value = "biased", .choices = estimators },
  { .key = "root", .title = N_("Root"),
    .summary = N_("Minimises MMD² itself, or its square root, which keeps a steep slope near the end."),
    .type = MP_PARAM_ENUM, .default_value = "sqrt", .choices = roots },
  { .key = "root_guard", .title = N_("Guard of the root"), .symbol = "g",
    .summary = N_("Added to MMD² under the root, which has an infinite slope at 0."),
    .type = MP_PARAM_DOUBLE, .default_value = "1e-6", .min = 1e-20, .max = 1, .ui_min = 1e-12, .ui_max = 0.01,
    .logarithmic = TRUE },
  { .key = "loss_scale", .title = N_("Factor of the loss"), .symbol = "c",
    .summary = N_("The loss is multiplied by it; GMMN's code has 1000. It matters to gradient descent, not to Adam."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 1000,
    .logarithmic = TRUE },
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

/* What the generator goes down. */
static MpNode *
loss_of (MpBuild *build,
         MpNode  *mmd2)
{
  MpNode *loss = has_root (build) ? mp_mmd_root (mmd2, mp_build_double (build, "root_guard")) : mmd2;
  double scale = mp_build_double (build, "loss_scale");

  return scale == 1 ? loss : mp_mul_scalar (loss, scale);
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
  return loss_of (build, estimate (build, &grams));
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
  loss = mp_named (loss_of (build, mmd2), "generator loss");
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
};
