/* SPDX-License-Identifier: Apache-2.0
 *
 * test-games.c: two-parameter games: end points of the repulsive paper's Figure S1, the field against losses that are
 * written down again here, the known dynamics of the Dirac-GAN, and errors.
 */
#include <math.h>

#include "engine/games/game.h"

static MpGameField *
open_field (const char *game,
            const char *settings)
{
  GError *error = NULL;
  MpGameField *field = mp_game_field_new (mp_game_find (game), settings, &error);

  g_assert_no_error (error);
  return field;
}

static MpTrajectory *
follow (const char *settings,
        double      w1,
        double      w2)
{
  g_autoptr (MpGameField) field = open_field ("quadratic", settings);
  MpTrajectory *trajectory = mp_trajectory_new (field, (double[]) { w1, w2 }, NULL, NULL);
  g_autofree char *text = mp_trajectory_describe (trajectory);

  g_test_message ("%s from (%g, %g): %s; eigenvalues %g%+gi, %g%+gi; %u points", settings, w1, w2, text,
                  trajectory->eigenvalues[0][0], trajectory->eigenvalues[0][1], trajectory->eigenvalues[1][0],
                  trajectory->eigenvalues[1][1], trajectory->points->len / 3);
  return trajectory;
}

static void
assert_ends (const char *settings,
             double      w1,
             double      w2,
             double      end1,
             double      end2,
             double      most)
{
  g_autoptr (MpTrajectory) trajectory = follow (settings, w1, w2);

  g_assert_cmpint (trajectory->end, ==, MP_TRAJECTORY_ARRIVED);
  g_assert_cmpfloat_with_epsilon (trajectory->last[0], end1, most);
  g_assert_cmpfloat_with_epsilon (trajectory->last[1], end2, most);
}

/* Normal data: one stable equilibrium of each loss. */
static void
test_normal (void)
{
  static const double starts[9][2] = { { 0.4, 0.4 }, { 1, 0.3 }, { 2.5, 0.3 }, { 0.5, 1 }, { 1.5, 0.8 }, { 2.5, 1 },
                                       { 0.5, 1.4 }, { 1.5, 1.4 }, { 2.8, 1.4 } };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autoptr (MpTrajectory) trajectory = follow ("target=normal; weight=-1", starts[i][0], starts[i][1]);

    g_assert_cmpint (trajectory->end, ==, MP_TRAJECTORY_ARRIVED);
    g_assert_cmpfloat_with_epsilon (trajectory->last[0], 1.484, 0.002);
    g_assert_cmpfloat_with_epsilon (trajectory->last[1], 0.796, 0.002);
    g_assert_cmpfloat (trajectory->eigenvalues[0][0], <, 0);
    g_assert_cmpfloat (trajectory->eigenvalues[1][0], <, 0);
  }
  assert_ends ("target=normal; weight=1", 0.4, 0.6, 1.554, 0.307, 0.002);
  assert_ends ("target=normal; weight=1", 2.2, 1.3, 1.554, 0.307, 0.002);
  /* Too far from the data the critic gives up. */
  assert_ends ("target=normal; weight=1", 2.5, 0.3, 2.44, 0, 0.01);
}

/* Uniform data, which the generator can reach: the line w₁ = 1. */
static void
test_uniform (void)
{
  static const double starts[][2] = { { 0.3, 0.6 }, { 1.5, 0.5 }, { 2, 1.2 } };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autoptr (MpTrajectory) trajectory = follow ("target=uniform; weight=-1", starts[i][0], starts[i][1]);

    g_assert_cmpint (trajectory->end, ==, MP_TRAJECTORY_ARRIVED);
    g_assert_cmpfloat_with_epsilon (trajectory->last[0], 1, 0.005);
    g_assert_cmpfloat (trajectory->last[1], >, 0.05);
  }
  assert_ends ("target=uniform; weight=1", 1.2, 0.6, 1, 0.35, 0.01);
  assert_ends ("target=uniform; weight=1", 1.5, 0.5, 1.32, 0, 0.01);
}

/* ---- the field against losses by finite differences ---- */

static double
kernel (double u)
{
  return exp (-2 * u * u); /* σ = 0.5 */
}

/* Means over all pairs of uniform quantiles, from the definition. */
static void
compute_losses (double  weight,
                guint   n,
                double  w1,
                double  w2,
                double *of_generator,
                double *of_critic)
{
  double rr = 0, rg = 0, gg = 0;

  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < n; j++) {
      double x = (i + 0.5) / n, y = (j + 0.5) / n;

      rr += kernel (w2 * x * x - w2 * y * y);
      rg += kernel (w2 * x * x - w2 * w1 * y * w1 * y);
      gg += kernel (w2 * w1 * x * w1 * x - w2 * w1 * y * w1 * y);
    }
  *of_generator = (gg - 2 * rg) / n / n;
  *of_critic = (weight * rr - (weight - 1) * rg - gg) / n / n;
}

static void
test_field (void)
{
  static const double weights[] = { -1, 0, 0.5, 1, 2 };
  static const double places[][2] = { { 0.3, 0.6 }, { 1.5, 0.5 }, { 2.2, 1.3 }, { 1, 0.35 } };
  const double h = 1e-5;

  for (guint i = 0; i < G_N_ELEMENTS (weights); i++) {
    g_autofree char *settings = g_strdup_printf ("weight=%g; quantiles=40", weights[i]);
    g_autoptr (MpGameField) field = open_field ("quadratic", settings);

    for (guint j = 0; j < G_N_ELEMENTS (places); j++) {
      const double *w = places[j];
      double flow[2], above[2], below[2], ignored;

      mp_game_field_evaluate (field, w, flow);
      compute_losses (weights[i], 40, w[0] + h, w[1], &above[0], &ignored);
      compute_losses (weights[i], 40, w[0] - h, w[1], &below[0], &ignored);
      compute_losses (weights[i], 40, w[0], w[1] + h, &ignored, &above[1]);
      compute_losses (weights[i], 40, w[0], w[1] - h, &ignored, &below[1]);
      for (guint k = 0; k < 2; k++)
        g_assert_cmpfloat_with_epsilon (flow[k], -(above[k] - below[k]) / (2 * h), 1e-8);
    }
  }
}

/* ---- the Dirac-GAN ---- */

static MpTrajectory *
follow_dirac (const char *settings,
              MpDynamics  dynamics,
              double      time)
{
  g_autoptr (MpGameField) field = open_field ("dirac", settings);
  const MpTrajectorySettings how = { dynamics, 0.1, time };

  return mp_trajectory_new (field, (double[]) { 1, 0 }, &how, NULL);
}

/* Wasserstein's flow is a rotation: after 2π it is where it began; Euler's steps grow by √(1 + η²) each. */
static void
test_dirac (void)
{
  g_autoptr (MpTrajectory) round = follow_dirac ("loss=wasserstein", MP_DYNAMICS_FLOW, 2 * G_PI);
  g_autoptr (MpTrajectory) growing = follow_dirac ("loss=wasserstein", MP_DYNAMICS_SIMULTANEOUS, 20);
  g_autoptr (MpTrajectory) damped = follow_dirac ("loss=non-saturating; penalty=zero", MP_DYNAMICS_FLOW, 0);
  g_autoptr (MpTrajectory) undamped = follow_dirac ("loss=minimax", MP_DYNAMICS_FLOW, 50);

  g_assert_cmpint (round->end, ==, MP_TRAJECTORY_UNDECIDED);
  g_assert_cmpfloat_with_epsilon (round->last[0], 1, 1e-5);
  g_assert_cmpfloat_with_epsilon (round->last[1], 0, 1e-5);
  g_assert_cmpuint (growing->points->len / 3, ==, 201);
  g_assert_cmpfloat_with_epsilon (hypot (growing->last[0], growing->last[1]), pow (1.01, 100), 1e-9);
  g_assert_cmpint (damped->end, ==, MP_TRAJECTORY_ARRIVED);
  g_assert_cmpfloat_with_epsilon (damped->last[0], 0, 1e-5);
  g_assert_cmpint (undamped->end, ==, MP_TRAJECTORY_UNDECIDED);
  g_assert_cmpfloat (hypot (undamped->last[0], undamped->last[1]), >, 0.9);
}

static void
test_errors (void)
{
  static const char *const wrong[][2] = {
    { "weigth=1", "no key “weigth”" }, { "weight", "KEY=VALUE" }, { "weight=nine", "weight" }, { "target=gamma", "normal" },
    { "quantiles=3", "20" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mp_game_field_new (mp_game_find ("quadratic"), wrong[i][0], &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    g_assert_nonnull (strstr (error->message, wrong[i][1]));
  }
  g_assert_null (mp_game_find ("chess"));
}

/* What the portraits say can be opened. */
static void
test_portraits (void)
{
  guint n;
  const MpPortrait *portraits = mp_portraits_list (&n);

  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < portraits[i].n_panels; j++) {
      g_autoptr (MpGameField) field = open_field (portraits[i].game, portraits[i].settings[j]);
      double flow[2];

      mp_game_field_evaluate (field, (double[]) { 0.7, 0.4 }, flow);
      g_assert_true (isfinite (flow[0]) && isfinite (flow[1]));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/games/figure-s1/normal", test_normal);
  g_test_add_func ("/games/figure-s1/uniform", test_uniform);
  g_test_add_func ("/games/field", test_field);
  g_test_add_func ("/games/dirac", test_dirac);
  g_test_add_func ("/games/errors", test_errors);
  g_test_add_func ("/games/portraits", test_portraits);
  return g_test_run ();
}
