/* SPDX-License-Identifier: Apache-2.0
 *
 * rfgan.c: GANs with representative features (Bang and Shim: Improved training of generative adversarial networks using
 * representative features, ICML 2018): the critic is also given what the frozen encoder of an autoencoder sees.
 *
 * h₁ (x): last hidden layer of the frozen encoder ("representative"), h₂ (x): last hidden layer of the critic
 * ("discriminative"), n × d₁ and n × d₂:
 *   s (x) = h₁ (x) w₁ + h₂ (x) w₂ + b
 * w₁, w₂, b and the critic's hidden layers are trained, with any loss and penalty of adversarial.h; gradients for the
 * generator, and those of a penalty, go through both sides. w₂ and b are the critic's own last layer; w₁ belongs to the
 * critic's parameters, and starts as Xavier has it for a layer of its own.
 */
#include "engine/methods/adversarial.h"

#define WEIGHT "critic/representative/weight"

/* As losses of adversarial.h. */
static const char *const losses[] = { "non-saturating", "minimax", "least-squares", "hinge", "wasserstein", NULL };

static const MpParam params[] = {
  { .key = "loss", .title = N_("Loss"),
    .summary = N_("The game: GAN (non-saturating or minimax), LSGAN (least-squares), hinge, or WGAN (wasserstein, with "
                  "a gradient penalty). DRAGAN is non-saturating with a penalty around the data."),
    .type = MP_PARAM_ENUM, .default_value = "non-saturating", .choices = losses },
  MP_ADVERSARIAL_STEPS ("1", "1"),
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

/* w₁, made at the first need. */
static MpNode *
get_weight (MpBuild *build,
            gint64   rows)
{
  MpGraph *graph = mp_build_graph (build);
  g_autoptr (GPtrArray) parameters = mp_graph_list_group (graph, "critic");

  for (guint i = 0; i < parameters->len; i++)
    if (g_str_equal (((MpNode *) parameters->pdata[i])->name, WEIGHT))
      return parameters->pdata[i];
  return mp_parameter (graph, "critic", WEIGHT, mp_shape (graph, rows, (gint64) 1, (gint64) -1),
                       (MpInit) { "xavier-uniform", 1 });
}

/* h₁ w₁, n × 1. An encoder without hidden layers has its code for h₁. */
static MpNode *
representative (MpBuild *build,
                MpNode  *x)
{
  g_autoptr (GPtrArray) features = mp_build_features (build, x);
  MpNode *h = features->pdata[features->len > 1 ? features->len - 2 : 0];

  return h != NULL ? mp_matmul (h, FALSE, get_weight (build, h->type.dim[1]), FALSE) : NULL;
}

static MpNode *
score (MpBuild *build,
       MpNode  *x,
       MpMode   mode)
{
  MpNode *own = mode == MP_TRAINING ? mp_build_critic (build, x, 1) : mp_build_view_critic (build, x, 1);

  return mp_add (own, representative (build, x));
}

/* ---- for views, n ---- */

static MpNode *
in_a_row (MpNode *x)
{
  return mp_sum (x, MP_AXIS (1), FALSE);
}

static MpNode *
view_representative (MpBuild *build,
                     MpNode  *x,
                     MpNode  *y)
{
  return in_a_row (representative (build, x));
}

static MpNode *
view_discriminative (MpBuild *build,
                     MpNode  *x,
                     MpNode  *y)
{
  return in_a_row (mp_build_view_critic (build, x, 1));
}

/* ---- the method ---- */

/* Mean absolute shares of the minibatch: who has the say. */
static void
report_shares (MpBuild *build,
               MpPhase *phase)
{
  MpNode *real = mp_build_real (build);

  mp_phase_report (phase, "share/representative",
                   N_("Mean size of the frozen features' share in the score of real points"),
                   MP_NEITHER_IS_BETTER, mp_mean (mp_abs (representative (build, real)), MP_ALL_AXES, FALSE));
  mp_phase_report (phase, "share/discriminative",
                   N_("Mean size of the critic's own share in the score of real points"),
                   MP_NEITHER_IS_BETTER, mp_mean (mp_abs (mp_build_critic (build, real, 1)), MP_ALL_AXES, FALSE));
}

static gboolean
rfgan_build (MpBuild  *build,
             GError  **error)
{
  MpAdversarial game = { .score = score };

  for (guint i = 0; losses[i] != NULL; i++)
    if (g_str_equal (losses[i], mp_build_string (build, "loss")))
      game.loss = (MpAdversarialLoss) i;
  report_shares (build, mp_adversarial_build_critic (build, &game));
  mp_adversarial_build_generator (build, &game);
  mp_adversarial_publish (build, &game);
  mp_build_publish (build, "representative", view_representative);
  mp_build_publish (build, "discriminative", view_discriminative);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_rfgan = {
  .base = {
    .id = "rfgan",
    .title = N_("RFGAN"),
    .summary = N_("A GAN whose critic is also given the features of an autoencoder that was trained before, which keep "
                  "it from forgetting modes."),
    .paper = "Bang and Shim, Improved Training of GANs using Representative Features, ICML 2018",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC | MP_NEEDS_EXTRACTOR,
  .build = rfgan_build,
};
