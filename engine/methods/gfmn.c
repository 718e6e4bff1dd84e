/* SPDX-License-Identifier: Apache-2.0
 *
 * gfmn.c: Generative Feature Matching Networks (dos Santos, Mroueh, Padhi and Dognin: Learning implicit generative
 * models by matching perceptual features, ICCV 2019; under review at ICLR 2019 by that name): the generator matches the
 * means of all hidden layers of a frozen encoder, and nothing plays against it.
 *
 * E_j (x): hidden layer j of the encoder, the code last; all of them in a row are F features. For real x and generated
 * y = G (z), n of each:
 *   Δ = mean E (x) − mean E (y)                                      F
 *   none     L_G = |Δ|²
 *   plain    v ← (1 − α)·v + α·Δ                                     MA
 *   adam     v ← v − α·Adam (v − Δ)                                  AMA: m, u the moments of v − Δ, with their biases
 *                                                                    corrected, Adam = m̂/(√û + ε)
 *   both     L_G = vᵀΔ with the new v held constant: the gradient by E (yᵢ) is −v/n
 *
 * v starts at 0. The real mean is the minibatch's, or that of the whole data set, which the start phase "real-means"
 * takes once before the first iteration. The generator may start with the weights of the decoder.
 *
 * The paper leaves α open; its code has 10⁻⁵, and divides the gradient of v by F, which makes ε count.
 */
#include "engine/methods/method.h"

static const char *const averages[] = { "adam", "plain", "none", NULL };
static const char *const means[] = { "minibatch", "global", NULL };

static const MpParam params[] = {
  { .key = "average", .title = N_("Moving average"), .symbol = "v",
    .summary = N_("How the difference of feature means is averaged over iterations: by Adam's rule (AMA), plainly "
                  "(MA), or not at all, which needs large minibatches."),
    .type = MP_PARAM_ENUM, .default_value = "adam", .choices = averages },
  { .key = "real_means", .title = N_("Real means"),
    .summary = N_("Feature means of the minibatch's real points, or of the whole data set, taken once at the start."),
    .type = MP_PARAM_ENUM, .default_value = "minibatch", .choices = means },
  { .key = "rate", .title = N_("Rate of the average"), .symbol = "α",
    .summary = N_("Step of Adam's rule, or share of the new difference in the plain average."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.01", .min = 0, .max = 1, .ui_min = 1e-5, .ui_max = 0.1,
    .logarithmic = TRUE, .live = TRUE },
  { .key = "beta1", .title = N_("First moment's decay"), .symbol = "β₁",
    .summary = N_("Of Adam's rule for the average."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.9", .min = 0, .max = 0.999999, .ui_min = 0, .ui_max = 0.99,
    .live = TRUE },
  { .key = "beta2", .title = N_("Second moment's decay"), .symbol = "β₂",
    .summary = N_("Of Adam's rule for the average."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.999", .min = 0, .max = 0.999999, .ui_min = 0.9, .ui_max = 0.9999,
    .live = TRUE },
  { .key = "epsilon", .title = N_("Epsilon"), .symbol = "ε",
    .summary = N_("Of Adam's rule for the average, outside of the root; differences far below it hardly move it."),
    .type = MP_PARAM_DOUBLE, .default_value = "1e-8", .min = 1e-30, .max = 1, .ui_min = 1e-10, .ui_max = 0.01,
    .logarithmic = TRUE, .live = TRUE },
  { .key = "init_from_decoder", .title = N_("Start from the decoder"),
    .summary = N_("The generator starts with the autoencoder's decoder; latents then have as many numbers as codes."),
    .type = MP_PARAM_BOOL, .default_value = "false" },
};

#define AVERAGE "gfmn/average"

/* Means of all features over the rows of x, F. */
static MpNode *
feature_means (MpBuild *build,
               MpNode  *x)
{
  g_autoptr (GPtrArray) features = mp_build_features (build, x);

  for (guint i = 0; i < features->len; i++)
    features->pdata[i] = mp_mean (features->pdata[i], MP_AXIS (0), FALSE);
  return mp_concat (0, features->len, (MpNode **) features->pdata);
}

static MpNode *
new_state (MpBuild            *build,
           const char         *name,
           const MpTensorType *type,
           double              value)
{
  return mp_state (mp_build_graph (build), name, *type, (MpInit) { "constant", value });
}

/* a + share·(b − a) */
static MpNode *
blend (MpNode *a,
       MpNode *b,
       MpNode *share)
{
  return mp_add (a, mp_mul (share, mp_sub (b, a)));
}

static MpNode *
one_minus (MpNode *x)
{
  return mp_add_scalar (mp_neg (x), 1);
}

/* ---- the real means ---- */

/* Of the whole data set: a running mean over the minibatches of the start phase, mean ← mean + (batch − mean)/n. */
static MpNode *
take_global_means (MpBuild *build)
{
  MpPhase *phase = mp_build_start_phase (build, "real-means");
  MpNode *batch = mp_named (feature_means (build, mp_build_real (build)), "feature means of real points");
  MpTensorType scalar = mp_type (mp_graph_get_dtype (mp_build_graph (build)), 0, NULL);
  MpNode *mean, *seen, *count;

  if (batch == NULL)
    return NULL;
  mean = new_state (build, "gfmn/real-means", &batch->type, 0);
  seen = new_state (build, "gfmn/real-minibatches", &scalar, 0);
  count = mp_add_scalar (seen, 1);
  mp_phase_assign (phase, seen, count);
  mp_phase_assign (phase, mean, mp_add (mean, mp_div (mp_sub (batch, mean), count)));
  return mean;
}

static MpNode *
real_means (MpBuild *build)
{
  return g_str_equal (mp_build_string (build, "real_means"), "global") ? take_global_means (build)
                                                                      : feature_means (build, mp_build_real (build));
}

/* ---- the moving average ---- */

/* Adam's step for v − Δ; the powers of β₁ and β₂ are states. */
static MpNode *
adam_step (MpBuild *build,
           MpPhase *phase,
           MpNode  *gradient)
{
  MpTensorType scalar = mp_type (mp_graph_get_dtype (mp_build_graph (build)), 0, NULL);
  MpNode *beta1 = mp_build_live (build, "beta1"), *beta2 = mp_build_live (build, "beta2");
  MpNode *moment1 = new_state (build, "gfmn/moment1", &gradient->type, 0);
  MpNode *moment2 = new_state (build, "gfmn/moment2", &gradient->type, 0);
  MpNode *power1 = new_state (build, "gfmn/power1", &scalar, 1), *power2 = new_state (build, "gfmn/power2", &scalar, 1);
  MpNode *m = blend (gradient, moment1, beta1), *u = blend (mp_square (gradient), moment2, beta2);
  MpNode *p1 = mp_mul (power1, beta1), *p2 = mp_mul (power2, beta2);

  mp_phase_assign (phase, moment1, m);
  mp_phase_assign (phase, moment2, u);
  mp_phase_assign (phase, power1, p1);
  mp_phase_assign (phase, power2, p2);
  m = mp_div (m, one_minus (p1));
  u = mp_div (u, one_minus (p2));
  return mp_mul (mp_build_live (build, "rate"), mp_div (m, mp_add (mp_sqrt (u), mp_build_live (build, "epsilon"))));
}

/* The new average, of differences that are held constant. */
static MpNode *
move_average (MpBuild *build,
              MpPhase *phase,
              MpNode  *difference)
{
  MpNode *before, *after;

  if (difference == NULL)
    return NULL;
  before = new_state (build, AVERAGE, &difference->type, 0);
  if (g_str_equal (mp_build_string (build, "average"), "plain"))
    after = blend (before, difference, mp_build_live (build, "rate"));
  else
    after = mp_sub (before, adam_step (build, phase, mp_sub (before, difference)));
  mp_build_set_data (build, before, NULL);
  mp_phase_assign (phase, before, after);
  return after;
}

/* ---- for views ---- */

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *x,
                     MpNode  *y)
{
  MpNode *difference = mp_sub (feature_means (build, x), feature_means (build, y));
  MpNode *average = mp_build_get_data (build);

  return mp_sum (mp_mul (average != NULL ? average : difference, difference), MP_ALL_AXES, FALSE);
}

/* ---- the method ---- */

static gboolean
gfmn_build (MpBuild  *build,
            GError  **error)
{
  gboolean averaged = !g_str_equal (mp_build_string (build, "average"), "none");
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);
  MpNode *difference, *square, *loss;

  if (mp_build_bool (build, "init_from_decoder") && !mp_build_init_from_decoder (build, error))
    return FALSE;
  difference = mp_sub (real_means (build),
                       feature_means (build, mp_build_generate (build, mp_build_latent (build, "latent"))));
  mp_named (difference, "difference of feature means");
  square = mp_sum (mp_square (difference), MP_ALL_AXES, FALSE);
  loss = averaged ? mp_sum (mp_mul (move_average (build, phase, mp_stop_gradient (difference)), difference),
                            MP_ALL_AXES, FALSE) : square;
  mp_phase_minimise (phase, mp_named (loss, "generator loss"), "generator");
  mp_phase_report (phase, "loss/generator",
                   averaged ? N_("Generator loss (feature differences times their moving average)")
                            : N_("Generator loss (squared distance of feature means)"), MP_LOWER_IS_BETTER, loss);
  if (averaged)
    mp_phase_report (phase, "feature-distance", N_("Squared distance of the minibatch's feature means, all layers"),
                     MP_LOWER_IS_BETTER, square);
  mp_build_publish (build, "generator-loss", view_generator_loss);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_gfmn = {
  .base = {
    .id = "gfmn",
    .title = N_("GFMN"),
    .summary = N_("The generator matches the means of all features of an encoder that was trained before; there is no "
                  "critic."),
    .paper = "dos Santos et al., Generative Feature Matching Networks, 2018",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_EXTRACTOR,
  .build = gfmn_build,
};
