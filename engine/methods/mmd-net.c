/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-net.c: a generator that minimises the MMD of a fixed kernel in data space: no critic, no game.
 *
 *   L_G = MMD² (x, G (z))   or   √(MMD² + 10⁻⁶),   MMD² the biased estimate (mmd.h), k the sum of a kernel set
 *
 * Li, Swersky and Zemel: Generative moment matching networks, ICML 2015; Dziugaite, Roy and Ghahramani: Training
 * generative neural networks via maximum mean discrepancy optimization, UAI 2015.
 */
#include "engine/methods/mmd.h"

static const char *const roots[] = { "none", "sqrt", NULL };

static const MpParam params[] = {
  { .key = "kernel", .title = N_("Kernel"), .symbol = "k",
    .summary = N_("Gaussian with σ as standard deviation (rbf) or as variance (as in GMMN), or rational quadratic."),
    .type = MP_PARAM_ENUM, .default_value = "rbf", .choices = mp_kernel_choices },
  { .key = "bandwidths", .title = N_("Bandwidths"), .symbol = "σ",
    .summary = N_("One kernel for each number; the kernels are added up. Rational quadratic takes them as α."),
    .type = MP_PARAM_DOUBLES, .default_value = "1", .min = 1e-6, .max = 1e6, .ui_min = 0.01, .ui_max = 100,
    .logarithmic = TRUE, .live = TRUE },
  { .key = "root", .title = N_("Root"),
    .summary = N_("Minimises MMD² itself, or its square root, which keeps a steep slope near the end."),
    .type = MP_PARAM_ENUM, .default_value = "sqrt", .choices = roots },
};

/* What the generator goes down, and MMD² itself where asked for. */
static MpNode *
generator_loss (MpBuild  *build,
                MpNode   *real,
                MpNode   *generated,
                MpNode  **mmd2)
{
  MpGrams grams;
  MpNode *square;

  mp_grams_fill (&grams, real, generated, mp_kernel_kind (mp_build_string (build, "kernel")),
                 mp_build_live (build, "bandwidths"));
  square = mp_mmd2_biased (&grams);
  if (mmd2 != NULL)
    *mmd2 = square;
  return g_str_equal (mp_build_string (build, "root"), "sqrt") ? mp_mmd_root (square) : square;
}

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *real,
                     MpNode  *generated)
{
  return generator_loss (build, real, generated, NULL);
}

static gboolean
mmd_net_build (MpBuild  *build,
               GError  **error)
{
  MpNode *real = mp_build_real (build);
  MpNode *generated = mp_build_generate (build, mp_build_latent (build, "latent"));
  gboolean root = g_str_equal (mp_build_string (build, "root"), "sqrt");
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);
  MpNode *mmd2, *loss = mp_named (generator_loss (build, real, generated, &mmd2), "generator loss");

  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator",
                   root ? N_("Generator loss (MMD: root of the biased MMD² + 10⁻⁶)")
                        : N_("Generator loss (MMD², biased)"),
                   MP_LOWER_IS_BETTER, loss);
  mp_phase_report (phase, "mmd2/biased", N_("MMD² of the minibatch (biased)"), MP_LOWER_IS_BETTER, mmd2);
  mp_build_publish_kernel (build, mp_kernel_kind (mp_build_string (build, "kernel")),
                           mp_build_live (build, "bandwidths"));
  mp_build_publish (build, "generator-loss", view_generator_loss);
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
