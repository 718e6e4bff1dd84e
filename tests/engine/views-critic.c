/* SPDX-License-Identifier: Apache-2.0
 *
 * views-critic.c: what a critic says over the plane, and what its loss does to samples.
 */
#include "tests/engine/views.h"

static void
test_linear_critic (void)
{
  static const char *const with_penalty[] = { "wgan-gp", "dragan" };
  static const char *const names[] = { "gradient-norm", "critic-output" };

  for (guint m = 0; m < G_N_ELEMENTS (with_penalty); m++) {
    g_autoptr (MpLoop) loop = open_lane (with_penalty[m], "critic.hidden=");
    g_autofree double *w = lane_read (loop, "critic/output/weight"), *b = lane_read (loop, "critic/output/bias");
    double norm = hypot (w[0], w[1]);
    MpView view;

    for (guint v = 0; v < G_N_ELEMENTS (names); v++) {
      look (loop, names[v], &view);
      g_assert_cmpint (view.layers[0].width * view.layers[0].height, ==, WIDTH * HEIGHT);
      for (guint i = 0; i < WIDTH * HEIGHT; i++) {
        double p[2];

        grid_point (i, p);
        assert_near ((double) view.layers[0].tensors[0].values[i],
                     v == 0 ? norm : w[0] * p[0] + w[1] * p[1] + b[0], 1e-6);
      }
      mp_view_clear (&view);
    }

    look (loop, "penalty-points", &view);
    g_assert_cmpint (view.layers[0].tensors[0].rows, >, 0);
    g_assert_cmpint (view.layers[0].tensors[0].columns, ==, 2);
    g_assert_cmpint (view.layers[0].tensors[1].rows, ==, view.layers[0].tensors[0].rows);
    for (gint64 i = 0; i < view.layers[0].tensors[1].rows; i++)
      assert_near ((double) view.layers[0].tensors[1].values[i], norm, 1e-6);
    mp_view_clear (&view);
  }
}

/* The colours' middle follows a target that changes while the lane trains. */
static void
test_penalty_target (void)
{
  static const char *const names[] = { "gradient-norm", "penalty-points" };
  g_autoptr (MpLoop) loop = open_lane ("wgan-gp", "critic.hidden=;method.penalty_target=0.5");
  MpExperiment *experiment = mp_build_experiment (mp_loop_get_build (loop));

  for (guint i = 0; i < 2 * G_N_ELEMENTS (names); i++) {
    MpView view;

    if (i == G_N_ELEMENTS (names))
      g_assert_true (mp_experiment_set (experiment, "method.penalty_target=2", NULL));
    look (loop, names[i % G_N_ELEMENTS (names)], &view);
    assert_near (view.layers[0].neutral, i < G_N_ELEMENTS (names) ? 0.5 : 2, 0);
    mp_view_clear (&view);
  }
}

/* Between two points: on the line from one to the other. */
static void
test_penalty_points (void)
{
  g_autoptr (MpLoop) loop = open_lane ("wgan-gp", "critic.hidden=8");
  MpView view;

  look (loop, "penalty-points", &view);
  for (gint64 i = 0; i < view.layers[0].tensors[0].rows; i++) {
    const float *p = view.layers[0].tensors[0].values + 2 * i, *x = view.data + 2 * i, *y = view.samples + 2 * i;
    double whole = hypot ((double) (x[0] - y[0]), (double) (x[1] - y[1]));
    double parts = hypot ((double) (x[0] - p[0]), (double) (x[1] - p[1]))
                   + hypot ((double) (p[0] - y[0]), (double) (p[1] - y[1]));

    assert_near (parts, whole, 1e-5);
  }
  mp_view_clear (&view);
}

static void
test_decision (void)
{
  static const char *const methods[] = { "gan", "lsgan", "hinge" };

  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_autoptr (MpLoop) loop = open_lane (methods[m], "critic.hidden=8");
    g_autoptr (GError) error = NULL;
    MpView view;

    g_assert_true (mp_loop_look (loop, (const char *const[]) { "critic-output", "decision", NULL }, &view, &error));
    g_assert_cmpuint (view.n_layers, ==, 2);
    assert_near (view.layers[1].neutral, 0.5, 0);
    assert_near (view.layers[0].neutral, m == 1 ? 0.5 : 0, 0);
    for (guint i = 0; i < WIDTH * HEIGHT; i++) {
      double s = (double) view.layers[0].tensors[0].values[i], d = (double) view.layers[1].tensors[0].values[i];
      double expected[] = { 1 / (1 + exp (-s)), CLAMP (s, 0, 1), CLAMP ((s + 1) / 2, 0, 1) };

      assert_near (d, expected[m], 1e-6);
    }
    mp_view_clear (&view);
    g_assert_cmpint (offers (loop, "density-ratio"), ==, m == 0);
  }
}

/* A logit stands for the ratio d/(1 − d) of a decision d. */
static void
test_implied_ratio (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gan", "critic.hidden=8");
  g_autoptr (GError) error = NULL;
  MpView view;

  g_assert_true (mp_loop_look (loop, (const char *const[]) { "decision", "density-ratio", NULL }, &view, &error));
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double d = (double) view.layers[0].tensors[0].values[i];

    assert_near ((double) view.layers[1].tensors[0].values[i], MIN (d / (1 - d), 10), 1e-5);
  }
  mp_view_clear (&view);
}

/* L_G = −mean s (y) of a linear critic pushes every sample along its weights. */
static void
test_sample_gradients (void)
{
  g_autoptr (MpLoop) loop = open_lane ("wgan", "critic.hidden=");
  g_autofree double *w = lane_read (loop, "critic/output/weight");
  MpView view;

  look (loop, "sample-gradients", &view);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, N_SAMPLES);
  g_assert_cmpint (view.layers[0].tensors[0].columns, ==, 4);
  for (gint64 i = 0; i < N_SAMPLES; i++) {
    const float *arrow = view.layers[0].tensors[0].values + 4 * i;

    g_assert_cmpmem (arrow, 2 * sizeof *arrow, view.samples + 2 * i, 2 * sizeof *arrow);
    assert_near ((double) arrow[2], w[0], 1e-6);
    assert_near ((double) arrow[3], w[1], 1e-6);
  }
  mp_view_clear (&view);
}

void
views_add_critic (void)
{
  g_test_add_func ("/views/linear-critic", test_linear_critic);
  g_test_add_func ("/views/penalty-points", test_penalty_points);
  g_test_add_func ("/views/penalty-target", test_penalty_target);
  g_test_add_func ("/views/decision", test_decision);
  g_test_add_func ("/views/implied-ratio", test_implied_ratio);
  g_test_add_func ("/views/sample-gradients", test_sample_gradients);
}
