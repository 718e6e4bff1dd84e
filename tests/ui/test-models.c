/* SPDX-License-Identifier: Apache-2.0
 *
 * test-models.c: lane models, the link of charts, health in words: what widgets look at.
 */
#include <math.h>

#include "tests/ui/canned-lane.h"
#include "ui/chart-view.h"
#include "ui/format.h"
#include "ui/health.h"
#include "ui/lane-past.h"

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
test_progress (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);
  MpLaneProgress progress = *mp_lane_model_get_progress (lane);
  guint n = 0;

  g_signal_connect_swapped (lane, "notify::progress", G_CALLBACK (count_cb), &n);
  mp_lane_model_set_progress (lane, &progress);
  g_assert_cmpuint (n, ==, 0);
  progress.iteration++;
  mp_lane_model_set_progress (lane, &progress);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (mp_lane_model_get_progress (lane)->iteration, ==, 4201);
  g_assert_finalize_object (lane);
}

static void
test_state (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);
  guint n = 0;

  g_signal_connect_swapped (lane, "notify::state", G_CALLBACK (count_cb), &n);
  mp_lane_model_set_state (lane, MP_LANE_PAUSED, NULL);
  g_assert_cmpuint (n, ==, 0);
  mp_lane_model_set_state (lane, MP_LANE_DIVERGED, "critic/w1 at iteration 12");
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpstr (mp_lane_model_get_message (lane), ==, "critic/w1 at iteration 12");
  g_assert_finalize_object (lane);
}

static void
test_snapshot (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);
  g_autoptr (MpSnapshot) plain = canned_snapshot (4201, FALSE, FALSE);
  MpLaneLayers *layers = mp_lane_model_get_layers (lane);
  const MpLayer *background = mp_lane_layers_get_arrived (layers, "witness");
  guint n = 0;

  g_assert_nonnull (background);
  g_signal_connect_swapped (lane, "notify::snapshot", G_CALLBACK (count_cb), &n);
  mp_lane_model_set_snapshot (lane, plain);
  mp_lane_model_set_snapshot (lane, plain);
  g_assert_cmpuint (n, ==, 1);
  /* A frame without a layer keeps the last one. */
  g_assert_true (mp_lane_layers_get_arrived (layers, "witness") == background);
  g_assert_false (mp_lane_model_get_drawn (lane));
  g_assert_finalize_object (lane);
}

static gboolean
wants (MpLaneLayers *layers,
       const char   *id,
       gboolean      costly)
{
  g_autofree char **wanted = mp_lane_layers_list_wanted (layers, costly);

  return g_strv_contains ((const char *const *) wanted, id);
}

/* One background, any overlays, one panel; kept for the next lane of the method and for no other. */
static void
test_layers (void)
{
  MpLaneModel *lane = canned_lane ("mmd-net", 0), *other, *next;
  MpLaneLayers *layers = mp_lane_model_get_layers (lane);
  guint n = 0;

  g_assert_cmpuint (mp_lane_layers_get_n (layers, MP_PLACE_BACKGROUND), ==, 2);
  g_assert_cmpuint (mp_lane_layers_get_n (layers, MP_PLACE_OVERLAY), ==, 2);
  g_assert_cmpuint (mp_lane_layers_get_n (layers, MP_PLACE_PANEL), ==, 4); /* with the latents */
  g_assert_cmpstr (mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND), ==, "witness");
  g_assert_cmpstr (mp_lane_layers_get_chosen (layers, MP_PLACE_PANEL), ==, "projected-space");
  /* what came already need not come with every frame; what never came is asked for at once */
  g_assert_false (wants (layers, "witness", FALSE));
  g_assert_true (wants (layers, "witness", TRUE));
  g_assert_true (wants (layers, "projected-space", FALSE));

  g_signal_connect_swapped (layers, "changed-choice", G_CALLBACK (count_cb), &n);
  mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, "gradient-norm");
  mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, "gradient-norm");
  g_assert_cmpuint (n, ==, 1);
  g_assert_null (mp_lane_layers_get_arrived (layers, "witness"));
  g_assert_true (wants (layers, "gradient-norm", FALSE));
  g_assert_false (wants (layers, "witness", TRUE));
  mp_lane_layers_choose (layers, MP_PLACE_PANEL, MP_LAYER_LATENT);
  g_assert_false (wants (layers, MP_LAYER_LATENT, TRUE)); /* no engine makes it */
  mp_lane_layers_set_overlay (layers, "canned-arrows", TRUE);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (mp_lane_layers_count_overlays (layers), ==, 1);
  /* the last snapshot had it */
  g_assert_nonnull (mp_lane_layers_get_arrived (layers, "canned-arrows"));
  mp_lane_layers_set_levels (layers, FALSE);
  g_assert_cmpuint (n, ==, 3);

  next = canned_lane ("mmd-net", 1);
  other = canned_lane ("gan", 2);
  g_assert_cmpstr (mp_lane_layers_get_chosen (mp_lane_model_get_layers (next), MP_PLACE_BACKGROUND), ==, "gradient-norm");
  g_assert_cmpstr (mp_lane_layers_get_chosen (mp_lane_model_get_layers (next), MP_PLACE_PANEL), ==, MP_LAYER_LATENT);
  g_assert_true (mp_lane_layers_get_overlay (mp_lane_model_get_layers (next), "canned-arrows"));
  g_assert_false (mp_lane_layers_get_levels (mp_lane_model_get_layers (next)));
  g_assert_cmpstr (mp_lane_layers_get_chosen (mp_lane_model_get_layers (other), MP_PLACE_BACKGROUND), ==, "witness");
  g_assert_cmpuint (mp_lane_layers_count_overlays (mp_lane_model_get_layers (other)), ==, 0);

  mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, NULL);
  g_assert_null (mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND));
  mp_lane_model_start_over (lane, mp_lane_model_get_experiment (lane));
  g_assert_null (mp_lane_layers_get_arrived (layers, "canned-arrows"));
  g_assert_finalize_object (lane);
  g_assert_finalize_object (next);
  g_assert_finalize_object (other);
}

static void
test_watch (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);

  g_assert_false (mp_lane_model_is_watched (lane));
  mp_lane_model_watch (lane);
  mp_lane_model_watch (lane);
  mp_lane_model_unwatch (lane);
  g_assert_true (mp_lane_model_is_watched (lane));
  mp_lane_model_unwatch (lane);
  g_assert_false (mp_lane_model_is_watched (lane));
  g_assert_finalize_object (lane);
}

static void
test_curves (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);
  const MpCurve *share = mp_lane_model_find_curve (lane, "share/modes");
  guint64 iteration;
  double value;

  g_assert_nonnull (share);
  g_assert_null (mp_lane_model_find_curve (lane, "nothing"));
  mp_series_get (share->series, 4, &iteration, &value);
  g_assert_cmpuint (iteration, ==, 168);
  g_assert_cmpfloat (value, ==, 50); /* 4 of 8 */
  mp_lane_model_start_over (lane, mp_lane_model_get_experiment (lane));
  g_assert_cmpuint (mp_lane_model_get_n_curves (lane), ==, 0);
  g_assert_null (mp_lane_model_get_snapshot (lane));
  g_assert_finalize_object (lane);
}

typedef struct
{
  guint       n;
  char       *assignment;
  const char *refuse;
} Live;

static char *
set_live_cb (MpLaneModel *lane,
             const char  *group,
             const char  *key,
             const char  *value,
             Live        *live)
{
  live->n++;
  g_free (live->assignment);
  live->assignment = g_strdup_printf ("%s.%s=%s", group, key, value);
  return g_strdup (live->refuse);
}

static void
test_draft (void)
{
  MpLaneModel *lane = canned_lane ("gram", 0);
  g_autoptr (GError) error = NULL;
  Live live = { 0 };
  guint n_schema = 0;

  g_signal_connect (lane, "set-live", G_CALLBACK (set_live_cb), &live);
  g_signal_connect_swapped (lane, "changed-schema", G_CALLBACK (count_cb), &n_schema);

  g_assert_true (mp_lane_model_set_value (lane, "method", "ridge", "0.02", &error));
  g_assert_cmpstr (live.assignment, ==, "method.ridge=0.02");
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 0);

  g_assert_true (mp_lane_model_set_value (lane, "method", "dimensions", "3", &error));
  g_assert_cmpuint (live.n, ==, 1);
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 1);
  g_assert_true (mp_lane_model_is_pending (lane, "method", "dimensions"));
  /* Live, but not with more entries than the plan was made for. */
  g_assert_true (mp_lane_model_set_value (lane, "method", "bandwidths", "0.1, 1, 10", &error));
  g_assert_no_error (error);
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 2);
  g_assert_true (mp_lane_model_is_pending (lane, "method", "bandwidths"));
  g_assert_true (mp_lane_model_set_value (lane, "method", "bandwidths", "1", &error));
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 1);

  g_assert_false (mp_lane_model_set_value (lane, "method", "ridge", "-1", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_clear_error (&error);

  live.refuse = "Not now.";
  g_assert_false (mp_lane_model_set_value (lane, "method", "ridge", "0.03", &error));
  g_assert_cmpstr (error->message, ==, "Not now.");
  g_clear_error (&error);
  g_assert_cmpstr (mp_experiment_get_string (mp_lane_model_get_draft (lane), "method", "ridge"), ==, "0.02");

  g_assert_true (mp_lane_model_set_value (lane, "method", "kind", "gan", &error));
  g_assert_cmpuint (n_schema, ==, 1);
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), >=, 1);
  mp_lane_model_discard_draft (lane);
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 0);
  g_assert_cmpstr (mp_experiment_get_string (mp_lane_model_get_draft (lane), "method", "kind"), ==, "gram");

  /* A lane that is over says what it trained with. */
  mp_lane_model_set_state (lane, MP_LANE_FINISHED, NULL);
  g_assert_true (mp_lane_model_set_value (lane, "method", "ridge", "0.5", NULL));
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 1);
  g_assert_cmpstr (mp_experiment_get_string (mp_lane_model_get_experiment (lane), "method", "ridge"), !=, "0.5");
  g_free (live.assignment);
  g_assert_finalize_object (lane);
}

static void
test_link (void)
{
  MpChartLink *link = mp_chart_link_new ();
  double first, last;
  guint n = 0;

  g_signal_connect_swapped (link, "changed", G_CALLBACK (count_cb), &n);
  g_assert_true (isnan (mp_chart_link_get_cursor (link)));
  mp_chart_link_set_cursor (link, NAN);
  g_assert_cmpuint (n, ==, 0);
  mp_chart_link_set_cursor (link, 12);
  mp_chart_link_set_cursor (link, 12);
  g_assert_cmpuint (n, ==, 1);
  g_assert_false (mp_chart_link_get_range (link, &first, &last));
  mp_chart_link_set_range (link, 10, 20);
  g_assert_true (mp_chart_link_get_range (link, &first, &last));
  g_assert_cmpfloat (first, ==, 10);
  g_assert_cmpfloat (last, ==, 20);
  mp_chart_link_reset_range (link);
  g_assert_false (mp_chart_link_get_range (link, &first, &last));
  g_assert_cmpuint (n, ==, 3);
  g_assert_finalize_object (link);
}

/* What is said in these words, or NULL. */
static const MpHealth *
find_health (GPtrArray  *list,
             const char *words)
{
  for (guint i = 0; i < list->len; i++) {
    const MpHealth *health = g_ptr_array_index (list, i);
    g_autofree char *all = g_strconcat (health->title, "\n", health->detail, NULL);

    if (strstr (all, words))
      return health;
  }
  return NULL;
}

static gboolean
is_said (MpLaneModel *lane,
         const char  *words)
{
  g_autoptr (GPtrArray) list = mp_health_list (lane);

  return find_health (list, words) != NULL;
}

static MpHealthLevel
health_of (MpLaneModel *lane,
           const char  *words)
{
  g_autoptr (GPtrArray) list = mp_health_list (lane);
  const MpHealth *health = find_health (list, words);

  if (!health)
    g_error ("nobody says “%s”", words);
  return health->level;
}

static void
append_curve (MpLaneModel *lane,
              const char  *id,
              guint        n,
              double       first,
              double       last)
{
  const MpSeriesInfo info = { .id = id, .title = id };
  guint curve = mp_lane_model_add_curve (lane, &info);

  for (guint i = 0; i < n; i++)
    mp_lane_model_append (lane, curve, 1000000 + i, i + 1 == n ? last : first);
}

/* What curves tell: each in a lane of its own. */
static void
test_health_curves (void)
{
  static const struct
  {
    const char *ids[3];
    double      first, last;
    const char *words;
  } cases[] = {
    { { "accuracy" }, 0.995, 0.995, "critic is saturated" },
    { { "kernel/real", "kernel/generated", "kernel/cross" }, 0.001, 0.001, "too narrow" },
    { { "kernel/real", "kernel/generated", "kernel/cross" }, 0.99, 0.99, "too wide" },
    { { "condition" }, 1e10, 1e10, "ill-conditioned" },
    { { "gradient/critic" }, 0.01, 20, "critic's gradients explode" },
    { { "gradient/generator" }, 0.01, 1e-9, "generator's gradients vanish" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    MpLaneModel *lane = canned_lane ("gan", 0);
    g_autoptr (GPtrArray) before = mp_health_list (lane), after = NULL;

    for (guint j = 0; j < G_N_ELEMENTS (cases[i].ids) && cases[i].ids[j]; j++)
      append_curve (lane, cases[i].ids[j], 30, cases[i].first, cases[i].last);
    after = mp_health_list (lane);
    g_assert_cmpuint (after->len, ==, before->len + 1);
    g_assert_cmpint (health_of (lane, cases[i].words), ==, MP_HEALTH_WARNING);
    g_assert_finalize_object (lane);
  }
}

/* Looking back, what is said is of the moment that is shown, also of a lane that diverged later. */
static void
test_health_past (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);
  MpLaneProgress progress = *mp_lane_model_get_progress (lane);
  g_autoptr (MpSnapshot) snapshot = canned_snapshot (1000028, FALSE, FALSE);

  append_curve (lane, "condition", 30, 42, 1e10);
  append_curve (lane, "gradient/critic", 30, 0.01, 20);
  g_assert_cmpint (health_of (lane, "ill-conditioned"), ==, MP_HEALTH_WARNING);
  g_assert_cmpint (health_of (lane, "gradients explode"), ==, MP_HEALTH_WARNING);
  mp_lane_model_set_state (lane, MP_LANE_DIVERGED, "in critic/w1");
  progress.iteration = 1000028; /* the last but one */
  progress.modes = 8;
  mp_lane_model_show_past (lane, snapshot, &progress);
  g_assert_cmpint (health_of (lane, "condition 42"), ==, MP_HEALTH_CALM);
  g_assert_cmpint (health_of (lane, "Covers 8 of 8"), ==, MP_HEALTH_GOOD);
  g_assert_false (is_said (lane, "explode"));
  g_assert_false (is_said (lane, "Diverged"));
  mp_lane_model_show_past (lane, NULL, NULL);
  g_assert_cmpint (health_of (lane, "Diverged"), ==, MP_HEALTH_BAD);
  g_assert_finalize_object (lane);
}

/* What is to be tried fits the method. */
static void
test_health_advice (void)
{
  static const struct
  {
    const char *method, *words, *lesson;
  } cases[] = {
    { "gan", "for the critic", "collapse" },
    { "mmd-net", "bandwidths", "bandwidth" },
    { "gfmn", "moving average", "features" },
    { "autoencoder", "wider networks", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    MpLaneModel *lane = canned_lane (cases[i].method, 0);
    g_autoptr (GPtrArray) list = mp_health_list (lane);

    g_assert_cmpint (health_of (lane, cases[i].words), ==, MP_HEALTH_WARNING);
    g_assert_cmpstr (((MpHealth *) g_ptr_array_index (list, 0))->lesson, ==, cases[i].lesson);
    append_curve (lane, "gradient/generator", 30, 0.01, 20);
    g_assert_true (is_said (lane, "explode"));
    g_assert_cmpint (is_said (lane, "critic") || is_said (lane, "penalty"), ==, i == 0);
    g_assert_finalize_object (lane);
  }
}

/* Samples that flew off are no modes that were left out. */
static void
test_health_away (void)
{
  MpLaneModel *lane = canned_lane ("mmd-net", 0);
  g_autoptr (MpSnapshot) near = canned_snapshot (4201, FALSE, FALSE), far = canned_snapshot (4202, FALSE, FALSE);
  g_autoptr (MpSnapshot) lost = canned_snapshot (4203, FALSE, FALSE);

  for (gint64 i = 0; i < 2 * near->n_samples; i++) {
    near->samples[i] *= 3;
    far->samples[i] *= 1e14f;
    lost->samples[i] = i % 2 == 0 ? NAN : 0;
  }
  mp_lane_model_set_snapshot (lane, near);
  g_assert_false (is_said (lane, "left the data"));
  g_assert_cmpint (health_of (lane, "Covers 3 of 8 modes"), ==, MP_HEALTH_WARNING);
  mp_lane_model_set_snapshot (lane, far);
  g_assert_cmpint (health_of (lane, "left the data"), ==, MP_HEALTH_WARNING);
  g_assert_true (is_said (lane, "×10¹⁴ times"));
  g_assert_cmpint (health_of (lane, "Covers 3 of 8 modes"), ==, MP_HEALTH_CALM);
  g_assert_false (is_said (lane, "leaves out"));
  mp_lane_model_set_snapshot (lane, lost);
  g_assert_cmpint (health_of (lane, "left the data"), ==, MP_HEALTH_WARNING);
  g_assert_finalize_object (lane);
}

static void
test_health (void)
{
  MpLaneModel *lane = canned_lane ("gram", 0);
  MpLaneProgress progress = *mp_lane_model_get_progress (lane);

  g_assert_cmpint (health_of (lane, "Covers 3 of 8 modes"), ==, MP_HEALTH_WARNING);
  progress.iteration = 10;
  mp_lane_model_set_progress (lane, &progress);
  g_assert_cmpint (health_of (lane, "Early"), ==, MP_HEALTH_CALM);
  progress.modes = 8;
  mp_lane_model_set_progress (lane, &progress);
  g_assert_cmpint (health_of (lane, "61 %"), ==, MP_HEALTH_GOOD);
  progress.high_quality = 0.25;
  mp_lane_model_set_progress (lane, &progress);
  g_assert_cmpint (health_of (lane, "Only 25 %"), ==, MP_HEALTH_CALM);
  mp_lane_model_set_state (lane, MP_LANE_DIVERGED, "in critic/w1");
  g_assert_cmpint (health_of (lane, "in critic/w1"), ==, MP_HEALTH_BAD);
  mp_lane_model_set_state (lane, MP_LANE_FAILED, "The disk is full.");
  g_assert_cmpint (health_of (lane, "The disk is full."), ==, MP_HEALTH_BAD);
  g_assert_finalize_object (lane);
}

static void
check_text (char       *text,
            const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

static void
test_format (void)
{
  check_text (mp_format_rate (1204.4), "1,204 it/s");
  check_text (mp_format_rate (12.34), "12 it/s");
  check_text (mp_format_rate (1.26), "1.3 it/s");
  check_text (mp_format_rate (0), "– it/s");
  check_text (mp_format_percent (0.934), "93 %");
  check_text (mp_format_percent (NAN), "– %");
  check_text (mp_format_duration (0.2), "1 s");
  check_text (mp_format_duration (200), "3 min 20 s");
  check_text (mp_format_duration (4000), "1 h 6 min");
  check_text (mp_format_short_title ("Critic loss (half sum)"), "Critic loss");
  check_text (mp_format_short_title ("Modes"), "Modes");
}

static void
check_settings (const char *preset,
                const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) experiment = mp_experiment_load (preset, &error);

  g_assert_no_error (error);
  check_text (mp_format_settings (experiment), expected);
}

/* What tells a lane of a method from others of it, and nothing that is as ever. */
static void
test_format_settings (void)
{
  check_settings ("ring-hinge", "");
  check_settings ("ring-gan", "non-saturating · half-sum");
  check_settings ("ring-mmd-net", "rbf · σ 1");
  check_settings ("ring-rfgan", "non-saturating");
  check_settings ("ring-mmd-gan-rbf", "K 16 · rbf · σ 1, 1.414, 2, 2.828, 4");
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/models/progress", test_progress);
  g_test_add_func ("/models/state", test_state);
  g_test_add_func ("/models/snapshot", test_snapshot);
  g_test_add_func ("/models/layers", test_layers);
  g_test_add_func ("/models/watch", test_watch);
  g_test_add_func ("/models/curves", test_curves);
  g_test_add_func ("/models/draft", test_draft);
  g_test_add_func ("/models/chart-link", test_link);
  g_test_add_func ("/models/health/state", test_health);
  g_test_add_func ("/models/health/curves", test_health_curves);
  g_test_add_func ("/models/health/past", test_health_past);
  g_test_add_func ("/models/health/advice", test_health_advice);
  g_test_add_func ("/models/health/away", test_health_away);
  g_test_add_func ("/models/format", test_format);
  g_test_add_func ("/models/format-settings", test_format_settings);
  return g_test_run ();
}
