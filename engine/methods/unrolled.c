/* SPDX-License-Identifier: Apache-2.0
 *
 * unrolled.c: the unrolled GAN of Metz, Poole, Pfau and Sohl-Dickstein (Unrolled generative adversarial networks, ICLR
 * 2017): the generator plays against the critic as it will be some updates later, and knows how that depends on it.
 *
 * Real x (n × d), generated y = G (z), raw critic output s (n × 1), sp (t) = log (1 + eᵗ), f = −L_D the game's value:
 *   critic      L_D (θ) = E sp (−s (x; θ)) + E sp (s (y; θ))             one update, minimised
 *   unrolled    θ₀ = θ,   θₖ₊₁ = update (θₖ, ∇L_D (θₖ)),   k < K
 *   generator   L_G = −L_D (θ_K), or E sp (−s (y; θ_K))                  minimised, through all θₖ
 *
 * The unrolled updates are those of [optimizer.critic] from where it is now: Adam's moments and count start at their
 * present values and are differentiated through as well, as the authors' code does. They see the same minibatch and
 * latent, and so does the critic's real update, which is the first of them; both networks move at once.
 *
 * The authors' toy experiment has K = 5, batch 512, z ~ N (0, I₂₅₆), tanh nets 256-128-128-2 and 2-128-128-1 with
 * orthogonal initial weights of gain 1.4, Adam with β₁ = 0.5 and rates 10⁻⁴ (critic) and 10⁻³ (generator).
 */
#include <glib/gi18n-lib.h>

#include "engine/methods/adversarial.h"
#include "engine/optimizers/optimizer.h"

#define UNROLLED "loss of the unrolled critic"

static const char *const objectives[] = { "minimax", "non-saturating", NULL };

static const MpParam params[] = {
  { .key = "unroll_steps", .title = N_("Unrolled steps"), .symbol = "K",
    .summary = N_("Critic updates that the generator looks ahead and differentiates through; 0 is a plain GAN whose "
                  "networks move at once."),
    .type = MP_PARAM_INT, .default_value = "5", .min = 0, .max = 100, .ui_min = 0, .ui_max = 10 },
  { .key = "generator_objective", .title = N_("Generator objective"),
    .summary = N_("The negated loss of the unrolled critic as in the paper, or the non-saturating loss against it."),
    .type = MP_PARAM_ENUM, .default_value = "minimax", .choices = objectives },
  MP_ADVERSARIAL_PENALTY ("none", "10"),
};

/* The critic's optimizer as it goes on in nodes: one state for each parameter. */
typedef struct
{
  MpGraph           *graph;
  const MpOptimizer *optimizer;
  MpUpdateRule       rule;
  GPtrArray         *parameters;  /* MpNode: θ₀ */
  MpUpdateState     *states;
} Inner;

static gboolean
inner_init (Inner    *self,
            MpBuild  *build,
            GError  **error)
{
  MpExperiment *experiment = mp_build_experiment (build);
  const char *section = "optimizer.critic", *kind = mp_experiment_get_string (experiment, section, "kind");
  MpMoments moments;

  self->graph = mp_build_graph (build);
  self->optimizer = (const MpOptimizer *) mp_registry_find (MP_KIND_OPTIMIZER, kind);
  if (self->optimizer == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[%s] kind: there is no optimizer “%s”", section, kind);
    return FALSE;
  }
  moments = mp_graph_get_moments (self->graph, "critic");
  self->rule = (MpUpdateRule) {
    .hyper = moments.hyper,
    .count = moments.count,
    .flags = self->optimizer->flags != NULL ? self->optimizer->flags (experiment, section) : 0,
    .decays = mp_experiment_get_double (experiment, section, "weight_decay") > 0,
    .clips = mp_experiment_get_double (experiment, section, "clip") > 0,
  };
  self->parameters = mp_graph_list_group (self->graph, "critic");
  self->states = g_new0 (MpUpdateState, MAX (self->parameters->len, 1));
  for (guint i = 0; i < self->parameters->len; i++) {
    MpNode *parameter = g_ptr_array_index (self->parameters, i);

    self->states[i] = (MpUpdateState) { parameter, mp_moment_of (moments.moment1, parameter),
                                        mp_moment_of (moments.moment2, parameter) };
  }
  return TRUE;
}

static void
inner_clear (Inner *self)
{
  g_clear_pointer (&self->parameters, g_ptr_array_unref);
  g_clear_pointer (&self->states, g_free);
}

/* The value at the parameters as they are by now. */
static MpNode *
inner_ask (Inner  *self,
           MpNode *value)
{
  g_autofree MpNode **now = g_new (MpNode *, MAX (self->parameters->len, 1));

  for (guint i = 0; i < self->parameters->len; i++)
    now[i] = self->states[i].value;
  return mp_substitute (value, self->parameters->len, (MpNode **) self->parameters->pdata, now);
}

/* One update down the loss, a function of θ₀. */
static gboolean
inner_step (Inner   *self,
            MpNode  *loss,
            GError **error)
{
  guint n = self->parameters->len;
  g_autofree MpNode **values = g_new (MpNode *, MAX (n, 1));
  g_autofree MpNode **gradients = g_new (MpNode *, MAX (n, 1));
  MpNode *first = loss;

  for (guint i = 0; i < n; i++)
    values[i] = self->states[i].value;
  loss = mp_substitute (loss, n, (MpNode **) self->parameters->pdata, values);
  if (loss != first)
    mp_renamed (loss, UNROLLED);
  if (loss == NULL || !mp_gradients (self->graph, loss, n, values, gradients, error))
    return mp_graph_check (self->graph, error);
  for (guint i = 0; i < n; i++)
    self->states[i] = mp_optimizer_step (self->optimizer, &self->rule, &self->states[i], gradients[i]);
  self->rule.count = mp_add_scalar (self->rule.count, 1);
  return TRUE;
}

static gboolean
unroll (MpBuild  *build,
        MpNode   *critic_loss,
        MpNode   *objective,
        gint64    n_steps,
        MpNode  **unrolled,
        GError  **error)
{
  Inner inner = { 0 };
  gboolean ok = inner_init (&inner, build, error);

  for (gint64 k = 0; ok && k < n_steps; k++)
    ok = inner_step (&inner, critic_loss, error);
  if (ok)
    *unrolled = inner_ask (&inner, objective);
  inner_clear (&inner);
  return ok;
}

static gboolean
unrolled_build (MpBuild  *build,
                GError  **error)
{
  gboolean minimax = g_str_equal (mp_build_string (build, "generator_objective"), "minimax");
  const MpAdversarial game = { .loss = minimax ? MP_ADVERSARIAL_MINIMAX : MP_ADVERSARIAL_NON_SATURATING };
  MpPhase *phase = mp_build_phase (build, "both", N_("Critic and generator"), NULL);
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent"));
  MpNode *s_real = mp_adversarial_score (build, &game, x);
  MpNode *s_generated = mp_adversarial_score (build, &game, y);
  MpNode *value = mp_adversarial_critic_loss (game.loss, s_real, s_generated);
  MpNode *critic_loss = mp_adversarial_penalise (build, &game, phase, value, x, y, s_real, s_generated);
  MpNode *objective = minimax ? mp_neg (value) : mp_adversarial_generator_loss (game.loss, s_generated);
  MpNode *loss = NULL;
  gint64 n_steps = mp_build_int (build, "unroll_steps");

  if (critic_loss == NULL)
    return mp_graph_check (mp_build_graph (build), error);
  mp_adversarial_minimise_critic (build, &game, phase, critic_loss, s_real, s_generated);
  if (!unroll (build, critic_loss, objective, n_steps, &loss, error))
    return FALSE;
  /* The critic's loss after the steps: not the one that the critic goes down. */
  if (minimax && loss->inputs[0] != critic_loss)
    mp_renamed (loss->inputs[0], UNROLLED);
  mp_build_publish_note (build, UNROLLED, g_strdup_printf (ngettext ("%d update ahead", "%d updates ahead",
                                                                     (gulong) n_steps), (int) n_steps));
  mp_phase_minimise (phase, mp_named (loss, "generator loss"), "generator");
  mp_phase_report (phase, "loss/generator",
                   minimax ? N_("Generator loss (unrolled critic's loss, negated)")
                           : N_("Generator loss (non-saturating, against the unrolled critic)"),
                   MP_NEITHER_IS_BETTER, loss);
  mp_adversarial_publish (build, &game);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_unrolled = {
  .base = {
    .id = "unrolled",
    .title = N_("Unrolled GAN"),
    .summary = N_("The generator plays against the critic as it will be some updates later, and learns from how that "
                  "depends on it."),
    .paper = "Metz et al., Unrolled Generative Adversarial Networks, ICLR 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = unrolled_build,
};
