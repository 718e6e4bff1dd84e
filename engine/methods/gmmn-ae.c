/* SPDX-License-Identifier: Apache-2.0
 *
 * gmmn-ae.c: a moment matching network in the code space of an autoencoder (Li, Swersky and Zemel: Generative moment
 * matching networks, ICML 2015, section 4): the data lie near a low-dimensional manifold, where the kernel's distances
 * mean more.
 *
 * Frozen encoder E (d → code) and decoder D (code → d) of the stage, generator G (latent → code):
 *   L_G = c·MMD² (E (x), G (z))   or   c·√(MMD² + g),   MMD² the biased estimate (mmd.h), k the sum of a kernel set
 *   samples D (G (z))
 *
 * GMMN's code has one σ = 1 as variance in code space, and otherwise what mmd-net.c says.
 */
#include "engine/methods/mmd.h"

static const MpParam params[] = {
  MP_KERNEL_FAMILY (mp_kernel_choices, "rbf-variance", "1"),
  MP_MMD_LOSS,
};

/* The code of x, n × code. */
static MpNode *
encode (MpBuild *build,
        MpNode  *x)
{
  g_autoptr (GPtrArray) features = mp_build_features (build, x);

  return features->pdata[features->len - 1];
}

static MpNode *
embed (MpBuild *build,
       MpNode  *x,
       MpNode  *y)
{
  return encode (build, x);
}

static gboolean
has_root (MpBuild *build)
{
  return g_str_equal (mp_build_string (build, "root"), "sqrt");
}

static MpNode *
published_loss (MpBuild *build,
                MpNode  *x,
                MpNode  *y)
{
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), encode (build, x), encode (build, y));
  return mp_mmd_loss (build, mp_mmd2_biased (&grams), has_root (build));
}

static gboolean
gmmn_ae_build (MpBuild  *build,
               GError  **error)
{
  MpNode *real = mp_named (encode (build, mp_build_real (build)), "codes of real points");
  MpNode *generated = mp_build_generate (build, mp_build_latent (build, "latent"));
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);
  MpKernelSum kernel;
  MpGrams grams;
  MpNode *mmd2, *loss;

  mp_kernel_sum_read (&kernel, build, phase, real);
  mp_grams_fill (&grams, &kernel, real, generated);
  mmd2 = mp_mmd2_biased (&grams);
  loss = mp_named (mp_mmd_loss (build, mmd2, has_root (build)), "generator loss");
  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator",
                   has_root (build) ? N_("Generator loss (MMD of codes: root of the biased MMD², guarded)")
                                    : N_("Generator loss (MMD² of codes, biased)"), MP_LOWER_IS_BETTER, loss);
  mp_phase_report (phase, "mmd2/biased", N_("MMD² of the minibatch's codes (biased)"), MP_LOWER_IS_BETTER, mmd2);
  mp_grams_report_saturation (&grams, phase);
  mp_build_publish (build, "embedding", embed);
  mp_build_publish (build, "generator-loss", published_loss);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_gmmn_ae = {
  .base = {
    .id = "gmmn-ae",
    .title = N_("GMMN + AE"),
    .summary = N_("The generator makes codes of an autoencoder that was trained before, and minimises the distance of "
                  "kernel means among codes."),
    .paper = "Li, Swersky and Zemel, Generative Moment Matching Networks, ICML 2015",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_EXTRACTOR | MP_GENERATES_CODES,
  .build = gmmn_ae_build,
  .check = mp_kernel_check,
};
