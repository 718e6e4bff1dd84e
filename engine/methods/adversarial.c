/* SPDX-License-Identifier: Apache-2.0
 *
 * adversarial.c: losses, gradient penalties and phases of the two-player games; formulas in adversarial.h.
 *
 * Shapes: real and generated points n × d, scores n × 1, gradient norms n, losses scalars.
 *
 * A penalty is about the critic at single points, which batch normalisation in the critic would tie together; layer
 * and spectral normalisation do not, and are differentiated through twice.
 */
#include "engine/methods/adversarial.h"

#define NORM_EPSILON 1e-12
#define VIEW_PENALTY_POINTS 256

const char *const mp_penalty_places[] = { "none", "between", "around-data", "data", "generated", NULL };
const char *const mp_penalty_sides[] = { "two", "one", NULL };
const char *const mp_latent_sharing[] = { "fresh", "shared", NULL };

typedef struct
{
  const char *critic, *halved, *penalised, *halved_penalised, *generator;
} Titles;

#define CROSS_ENTROPY                                                                                                  \
    .critic = N_("Critic loss (binary cross-entropy, sum of the two means)"),                                          \
    .halved = N_("Critic loss (binary cross-entropy, half the sum of the two means)"),                                 \
    .penalised = N_("Critic loss (binary cross-entropy, sum of the two means, plus the penalty)"),                     \
    .halved_penalised = N_("Critic loss (binary cross-entropy, half the sum of the two means, plus the penalty)")

static const Titles titles[] = {
  [MP_ADVERSARIAL_NON_SATURATING] = { CROSS_ENTROPY, .generator = N_("Generator loss (non-saturating)") },
  [MP_ADVERSARIAL_MINIMAX] = { CROSS_ENTROPY, .generator = N_("Generator loss (minimax)") },
  [MP_ADVERSARIAL_LEAST_SQUARES] = {
    .critic = N_("Critic loss (half the mean squares of the distances to 1 and 0)"),
    .penalised = N_("Critic loss (half the mean squares of the distances to 1 and 0, plus the penalty)"),
    .generator = N_("Generator loss (half the mean square of the distance to 1)"),
  },
  [MP_ADVERSARIAL_HINGE] = {
    .critic = N_("Critic loss (hinges at 1 and −1, sum of the two means)"),
    .penalised = N_("Critic loss (hinges at 1 and −1, sum of the two means, plus the penalty)"),
    .generator = N_("Generator loss (mean critic output, negated)"),
  },
  [MP_ADVERSARIAL_WASSERSTEIN] = {
    .critic = N_("Critic loss (mean output of generated minus real)"),
    .penalised = N_("Critic loss (mean output of generated minus real, plus the penalty)"),
    .generator = N_("Generator loss (mean critic output, negated)"),
  },
};

static MpNode *
mean (MpNode *x)
{
  return mp_mean (x, MP_ALL_AXES, FALSE);
}

/* ---- losses ---- */

MpNode *
mp_adversarial_critic_loss (MpAdversarialLoss loss,
                            MpNode           *s_real,
                            MpNode           *s_generated)
{
  switch (loss) {
  case MP_ADVERSARIAL_LEAST_SQUARES:
    return mp_mul_scalar (mp_add (mean (mp_square (mp_add_scalar (s_real, -1))), mean (mp_square (s_generated))), 0.5);
  case MP_ADVERSARIAL_HINGE:
    return mp_add (mean (mp_relu (mp_add_scalar (mp_neg (s_real), 1))),
                   mean (mp_relu (mp_add_scalar (s_generated, 1))));
  case MP_ADVERSARIAL_WASSERSTEIN:
    return mp_sub (mean (s_generated), mean (s_real));
  case MP_ADVERSARIAL_NON_SATURATING:
  case MP_ADVERSARIAL_MINIMAX:
  default:
    return mp_add (mean (mp_softplus (mp_neg (s_real))), mean (mp_softplus (s_generated)));
  }
}

MpNode *
mp_adversarial_generator_loss (MpAdversarialLoss  loss,
                               MpNode            *s_generated)
{
  switch (loss) {
  case MP_ADVERSARIAL_MINIMAX:
    return mp_neg (mean (mp_softplus (s_generated)));
  case MP_ADVERSARIAL_LEAST_SQUARES:
    return mp_mul_scalar (mean (mp_square (mp_add_scalar (s_generated, -1))), 0.5);
  case MP_ADVERSARIAL_HINGE:
  case MP_ADVERSARIAL_WASSERSTEIN:
    return mp_neg (mean (s_generated));
  case MP_ADVERSARIAL_NON_SATURATING:
  default:
    return mean (mp_softplus (mp_neg (s_generated)));
  }
}

MpCriticRole
mp_adversarial_role (MpAdversarialLoss loss)
{
  switch (loss) {
  case MP_ADVERSARIAL_LEAST_SQUARES: return MP_CRITIC_LABEL;
  case MP_ADVERSARIAL_HINGE: return MP_CRITIC_MARGIN;
  case MP_ADVERSARIAL_WASSERSTEIN: return MP_CRITIC_SCORE;
  case MP_ADVERSARIAL_NON_SATURATING:
  case MP_ADVERSARIAL_MINIMAX:
  default: return MP_CRITIC_LOGIT;
  }
}

MpNode *
mp_gradient_norms (MpNode *s,
                   MpNode *x)
{
  MpNode *gradient;

  /* The gradient of the sum holds the gradients of all rows. */
  if (s == NULL || x == NULL || !mp_gradients (x->graph, mp_sum (s, MP_ALL_AXES, FALSE), 1, &x, &gradient, NULL))
    return NULL;
  return mp_sqrt (mp_add_scalar (mp_sum (mp_square (gradient), MP_AXIS (1), FALSE), NORM_EPSILON));
}

/* ---- where the penalty looks ---- */

static const char *
penalty_place (MpBuild *build)
{
  return mp_build_string (build, "penalty_points");
}

/* x and y have n rows; α (n × 1) and u (n × d) from [0, 1). */
static MpNode *
penalty_points (MpBuild    *build,
                const char *place,
                MpNode     *x,
                MpNode     *y,
                MpNode     *alpha,
                MpNode     *u)
{
  MpNode *std, *noise;

  if (g_str_equal (place, "data"))
    return x;
  if (g_str_equal (place, "generated"))
    return y;
  if (g_str_equal (place, "between"))
    return mp_add (y, mp_mul (alpha, mp_sub (x, y)));

  std = mp_sqrt (mean (mp_square (mp_sub (x, mean (x)))));
  noise = mp_mul (u, mp_mul (std, mp_build_live (build, "penalty_noise")));
  return mp_add (x, mp_mul (alpha, noise));
}

/* The penalty's points for real and generated points of a view: as many as the fewer, drawn for the view. */
static MpNode *
view_penalty_points (MpBuild *build,
                     MpNode  *x,
                     MpNode  *y)
{
  MpGraph *graph = mp_build_graph (build);
  gint64 n, d;

  if (x == NULL || y == NULL)
    return NULL;
  n = MIN (MIN (x->type.dim[0], y->type.dim[0]), VIEW_PENALTY_POINTS);
  d = x->type.dim[1];
  return penalty_points (build, penalty_place (build), mp_slice_axis (x, 0, 0, n), mp_slice_axis (y, 0, 0, n),
                         mp_random_uniform (graph, "view/interpolation", mp_shape (graph, n, 1, (gint64) -1), 0, 1),
                         mp_random_uniform (graph, "view/perturbation", mp_shape (graph, n, d, (gint64) -1), 0, 1));
}

/* ---- scores ---- */

static MpNode *
score (MpBuild             *build,
       const MpAdversarial *game,
       MpNode              *x,
       MpMode               mode)
{
  if (game->score != NULL)
    return game->score (build, x, mode);
  return mode == MP_TRAINING ? mp_build_critic (build, x, 1) : mp_build_view_critic (build, x, 1);
}

MpNode *
mp_adversarial_score (MpBuild             *build,
                      const MpAdversarial *game,
                      MpNode              *x)
{
  return score (build, game, x, MP_TRAINING);
}

MpNode *
mp_adversarial_penalise (MpBuild             *build,
                         const MpAdversarial *game,
                         MpPhase             *phase,
                         MpNode              *loss,
                         MpNode              *x,
                         MpNode              *y,
                         MpNode              *s_real,
                         MpNode              *s_generated)
{
  const char *place = penalty_place (build);
  MpNode *points, *s, *norms, *excess;

  if (g_str_equal (place, "none") || x == NULL)
    return loss;
  points = penalty_points (build, place, x, y, mp_build_uniform (build, "interpolation", 1),
                           mp_build_uniform (build, "perturbation", x->type.dim[1]));
  s = points == x ? s_real : points == y ? s_generated : mp_adversarial_score (build, game, points);
  norms = mp_named (mp_gradient_norms (s, points), "gradient norms");
  excess = mp_sub (norms, mp_build_live (build, "penalty_target"));
  mp_named (points, "penalty points");
  if (g_str_equal (mp_build_string (build, "penalty_sides"), "one"))
    excess = mp_relu (excess);
  mp_phase_report (phase, "gradient-norm", N_("Gradient norm of the critic (mean over the penalty's points)"),
                   MP_NEITHER_IS_BETTER, mean (norms));
  return mp_add (loss, mp_mul (mp_build_live (build, "penalty"), mean (mp_square (excess))));
}

/* Share of the points that the critic puts on the right side of the threshold. */
static MpNode *
accuracy (MpNode *s_real,
          MpNode *s_generated,
          double  threshold)
{
  MpNode *limit = s_real != NULL ? mp_full (s_real->graph, mp_type (s_real->type.dtype, 0, NULL), threshold) : NULL;
  MpNode *real_right = mean (mp_compare (MP_OP_GT, s_real, limit));
  MpNode *generated_right = mean (mp_compare (MP_OP_LE, s_generated, limit));

  return mp_mul_scalar (mp_add (real_right, generated_right), 0.5);
}

static void
report_scores (MpPhase           *phase,
               MpAdversarialLoss  loss,
               MpNode            *s_real,
               MpNode            *s_generated)
{
  if (loss == MP_ADVERSARIAL_WASSERSTEIN)
    mp_phase_report (phase, "wasserstein", N_("Wasserstein estimate (mean output of real minus generated)"),
                     MP_LOWER_IS_BETTER, mp_sub (mean (s_real), mean (s_generated)));
  else
    mp_phase_report (phase, "accuracy", N_("Critic accuracy (share of real and generated points told apart)"),
                     MP_NEITHER_IS_BETTER,
                     accuracy (s_real, s_generated, loss == MP_ADVERSARIAL_LEAST_SQUARES ? 0.5 : 0));
}

void
mp_adversarial_minimise_critic (MpBuild             *build,
                                const MpAdversarial *game,
                                MpPhase             *phase,
                                MpNode              *loss,
                                MpNode              *s_real,
                                MpNode              *s_generated)
{
  gboolean penalised = !g_str_equal (penalty_place (build), "none");
  const Titles *title = &titles[game->loss];

  mp_phase_minimise (phase, mp_named (loss, "critic loss"), "critic");
  mp_phase_report (phase, "loss/critic",
                   game->half ? penalised ? title->halved_penalised : title->halved
                              : penalised ? title->penalised : title->critic,
                   MP_NEITHER_IS_BETTER, loss);
  report_scores (phase, game->loss, s_real, s_generated);
}

/* ---- phases ---- */

static gboolean
shares_latents (MpBuild *build)
{
  return g_str_equal (mp_build_string (build, "latents"), "shared");
}

MpPhase *
mp_adversarial_build_critic (MpBuild             *build,
                             const MpAdversarial *game)
{
  MpPhase *phase = mp_build_phase (build, "critic", N_("Critic"), "critic_steps");
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, shares_latents (build) ? "latent" : "latent/critic"));
  MpNode *s_real = mp_adversarial_score (build, game, x);
  MpNode *s_generated = mp_adversarial_score (build, game, y);
  MpNode *loss = mp_adversarial_critic_loss (game->loss, s_real, s_generated);

  if (shares_latents (build))
    mp_phase_share_draws (phase);
  if (game->half)
    loss = mp_mul_scalar (loss, 0.5);
  loss = mp_adversarial_penalise (build, game, phase, loss, x, y, s_real, s_generated);
  mp_adversarial_minimise_critic (build, game, phase, loss, s_real, s_generated);
  return phase;
}

MpPhase *
mp_adversarial_build_generator (MpBuild             *build,
                                const MpAdversarial *game)
{
  const char *stream = shares_latents (build) ? "latent" : "latent/generator";
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), "generator_steps");
  MpNode *y = mp_build_generate (build, mp_build_latent (build, stream));
  MpNode *loss = mp_adversarial_generator_loss (game->loss, mp_adversarial_score (build, game, y));

  if (shares_latents (build))
    mp_phase_share_draws (phase);
  mp_phase_minimise (phase, mp_named (loss, "generator loss"), "generator");
  mp_phase_report (phase, "loss/generator", titles[game->loss].generator, MP_NEITHER_IS_BETTER, loss);
  return phase;
}

/* ---- for views ---- */

static MpNode *
view_critic_loss (MpBuild *build,
                  MpNode  *x,
                  MpNode  *y)
{
  const MpAdversarial *game = mp_build_get_data (build);

  return mp_adversarial_critic_loss (game->loss, score (build, game, x, MP_INFERENCE),
                                     score (build, game, y, MP_INFERENCE));
}

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *x,
                     MpNode  *y)
{
  const MpAdversarial *game = mp_build_get_data (build);

  return mp_adversarial_generator_loss (game->loss, score (build, game, y, MP_INFERENCE));
}

static MpNode *
view_critic (MpBuild *build,
             MpNode  *x,
             MpNode  *unused)
{
  return score (build, mp_build_get_data (build), x, MP_INFERENCE);
}

void
mp_adversarial_publish_penalty (MpBuild *build)
{
  const MpParam *points = mp_experiment_find_param (mp_build_experiment (build), "method", "penalty_points");

  if (points != NULL && !g_str_equal (penalty_place (build), "none"))
    mp_build_publish (build, "penalty-points", view_penalty_points);
}

void
mp_adversarial_publish (MpBuild             *build,
                        const MpAdversarial *game)
{
  mp_build_set_data (build, g_memdup2 (game, sizeof *game), g_free);
  mp_build_publish_critic (build, mp_adversarial_role (game->loss), 1);
  if (game->loss == MP_ADVERSARIAL_MINIMAX || game->loss == MP_ADVERSARIAL_WASSERSTEIN)
    mp_build_publish_saddle (build);
  mp_build_publish (build, "critic", view_critic);
  mp_build_publish (build, "critic-loss", view_critic_loss);
  mp_build_publish (build, "generator-loss", view_generator_loss);
  mp_adversarial_publish_penalty (build);
}

gboolean
mp_adversarial_build (MpBuild              *build,
                      const MpAdversarial  *game,
                      GError              **error)
{
  mp_adversarial_build_critic (build, game);
  mp_adversarial_build_generator (build, game);
  mp_adversarial_publish (build, game);
  return mp_graph_check (mp_build_graph (build), error);
}
