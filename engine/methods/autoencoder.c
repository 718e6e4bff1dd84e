/* SPDX-License-Identifier: Apache-2.0
 *
 * autoencoder.c: an autoencoder, plain or denoising (Vincent et al.: Extracting and composing robust features with
 * denoising autoencoders, ICML 2008). It generates nothing by itself: others build on its encoder and decoder.
 *
 * Real x (n × d), noise ε ~ N (0, I), encoder E (d → code), decoder D (code → d), which is the generator network:
 *   x̂ = D (E (x + σε))
 *   L = mean (x̂ − x)²     mse: over points and dimensions
 *   L = mean |x̂ − x|      mae
 * One loss moves both networks. Its samples are reconstructions of real points, without noise.
 */
#include "engine/extractors/extractor.h"
#include "engine/methods/method.h"

static const MpParam params[] = {
  { .key = "loss", .title = N_("Loss"),
    .summary = N_("Mean squared or mean absolute error of the reconstruction."),
    .type = MP_PARAM_ENUM, .default_value = "mse", .choices = mp_reconstruction_choices },
  { .key = "noise", .title = N_("Noise"), .symbol = "σ",
    .summary = N_("Standard deviation of what is added to a point before it is encoded; above 0 the autoencoder is a "
                  "denoising one."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 1, .live = TRUE },
};

static gboolean
autoencoder_build (MpBuild  *build,
                   GError  **error)
{
  MpNode *real = mp_build_real (build);
  MpNode *noise = mp_mul (mp_build_normal (build, "noise", mp_build_get_dimensions (build)),
                          mp_build_live (build, "noise"));
  MpNode *code = mp_named (mp_build_encode (build, mp_add (real, noise)), "code");
  MpNode *miss = mp_sub (mp_build_generate (build, code), real);
  gboolean squared = g_str_equal (mp_build_string (build, "loss"), "mse");
  MpNode *loss = mp_mean (squared ? mp_square (miss) : mp_abs (miss), MP_ALL_AXES, FALSE);
  MpPhase *phase = mp_build_phase (build, "autoencoder", N_("Autoencoder"), NULL);

  mp_named (loss, "reconstruction loss");
  mp_phase_minimise (phase, loss, "encoder");
  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/reconstruction",
                   squared ? N_("Reconstruction loss (mean squared error)")
                           : N_("Reconstruction loss (mean absolute error)"), MP_LOWER_IS_BETTER, loss);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_autoencoder = {
  .base = {
    .id = "autoencoder",
    .title = N_("Autoencoder"),
    .summary = N_("An encoder makes codes of points and a decoder points of codes; together they rebuild the data."),
    .paper = "Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders, ICML 2008",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_ENCODER | MP_RECONSTRUCTS,
  .build = autoencoder_build,
};
