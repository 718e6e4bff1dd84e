/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer-bits.c: a lane has the same bits however it is watched, disturbed, stopped and gone on with, and those of a
 * change by hand from there on.
 */
#include "tests/engine/trainer.h"

/* ---- the same bits ---- */

static void
test_again (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("again-", presets[i], NULL);

    mp_finish (start (presets[i], name, (MpTrainerOptions) { 0 }));
    assert_like_reference (presets[i], name);
  }
}

static void
test_watched (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("watched-", presets[i], NULL);
    g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
    MpTrainer *trainer = start (presets[i], name, (MpTrainerOptions) { .scalars = TRUE });
    guint64 seen = 0;
    guint n, n_asked = 0;

    do{
      const MpLayerInfo *layers = mp_trainer_get_layers (trainer, &n);
      MpSnapshot *snapshot = mp_trainer_dup_snapshot (trainer);

      if (snapshot != NULL) {
        g_assert_cmpuint (snapshot->iteration, >=, seen);
        seen = snapshot->iteration;
        mp_snapshot_unref (snapshot);
      }
      /* Enough; under a sanitizer a picture takes long. */
      if (n_asked++ < 20)
        mp_trainer_request_snapshot (trainer, (const char *[]) { n > 0 ? layers[n_asked % n].class->base.id : NULL,
                                                                 NULL });
      mp_trainer_drain_scalars (trainer, scalars);
      g_usleep (100);
    }while (!mp_is_over (trainer, 0));
    mp_finish (trainer);
    assert_like_reference (presets[i], name);
  }
}

static void
test_interrupted (void)
{
  GRand *random = g_rand_new_with_seed (5);

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("interrupted-", presets[i], NULL);
    MpTrainer *trainer = start (presets[i], name, (MpTrainerOptions) { .start_paused = TRUE });

    while (mp_trainer_get_iteration (trainer) < N) {
      switch (g_rand_int_range (random, 0, 5)) {
      case 0:
        mp_trainer_play (trainer);
        g_usleep (1000);
        mp_trainer_pause (trainer);
        break;
      case 1:
        mp_trainer_step_iteration (trainer);
        break;
      case 2:
        mp_trainer_set_speed (trainer, g_rand_double_range (random, 500, 5000));
        break;
      case 3:
        mp_trainer_checkpoint (trainer);
        break;
      default:
        mp_trainer_step_phase (trainer);
        break;
      }
      g_usleep (500);
    }
    mp_finish (trainer);
    assert_like_reference (presets[i], name);
  }
  g_rand_free (random);
}

static void
test_together (void)
{
  MpTrainer *trainers[G_N_ELEMENTS (presets)];

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("together-", presets[i], NULL);

    trainers[i] = start (presets[i], name, (MpTrainerOptions) { 0 });
  }
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("together-", presets[i], NULL);

    mp_finish (trainers[i]);
    assert_like_reference (presets[i], name);
  }
}

/* Stopped and gone on with again and again, once amid an iteration. */
static void
test_resumed (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("resumed-", presets[i], NULL);
    MpTrainer *trainer = start (presets[i], name, (MpTrainerOptions) { .start_paused = TRUE });

    for (guint session = 0; session < 5; session++) {
      for (guint k = 0; k < 7 + session; k++)
        mp_trainer_step_iteration (trainer);
      mp_trainer_step_phase (trainer);
      mp_trainer_stop (trainer);
      mp_assert_end (trainer, MP_LANE_STOPPED);
      g_object_unref (trainer);
      trainer = resume (name, (MpTrainerOptions) { .start_paused = TRUE });
    }
    mp_trainer_play (trainer);
    mp_finish (trainer);
    assert_like_reference (presets[i], name);
  }
}

/* A finished run that is asked for more. */
static void
test_prolonged (void)
{
  g_autofree char *dir = in_scratch ("prolonged");
  g_autofree char *longer = in_scratch ("longer");
  MpTrainer *trainer;

  mp_finish (start ("ring-gan", "prolonged", (MpTrainerOptions) { 0 }));
  trainer = resume ("prolonged", (MpTrainerOptions) { .iterations = 2 * N });
  mp_assert_end (trainer, MP_LANE_FINISHED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 2 * N);
  g_object_unref (trainer);

  mp_finish (start ("ring-gan", "longer", (MpTrainerOptions) { .iterations = 2 * N }));
  {
    g_autofree char *a = g_strdup_printf ("%s/checkpoints/%d.safetensors", dir, 2 * N);
    g_autofree char *b = g_strdup_printf ("%s/checkpoints/%d.safetensors", longer, 2 * N);

    mp_assert_same_tensors (a, b);
  }
  trainer = resume ("prolonged", (MpTrainerOptions) { .start_paused = TRUE });
  mp_trainer_join (trainer);
  g_assert_cmpuint (mp_trainer_get_n_iterations (trainer), ==, 2 * N);
  g_assert_cmpint (mp_experiment_get_int (mp_trainer_get_experiment (trainer), "train", "iterations"), ==, 2 * N);
  g_object_unref (trainer);
}

/* ---- changes by hand ---- */

/* Changes the generator's learning rate after 10 iterations. */
static MpTrainer *
start_changed (const char *name)
{
  MpTrainer *trainer = start ("ring-gram", name, (MpTrainerOptions) { .start_paused = TRUE });

  for (guint i = 0; i < 10; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 10);
  change (trainer, "optimizer.generator", "learning_rate", "1e-2");
  return trainer;
}

static void
test_live (void)
{
  g_autofree char *plain = in_scratch ("changed");
  g_autofree char *resumed = in_scratch ("changed-resumed");
  g_autofree char *reference = get_reference ("ring-gram");
  MpTrainer *trainer = start_changed ("changed");
  g_autoptr (MpRun) run = NULL;
  g_autoptr (MpRun) other = NULL;
  g_autoptr (GArray) events = NULL;

  g_assert_cmpfloat (mp_experiment_get_double (mp_trainer_get_experiment (trainer), "optimizer.generator", "learning_rate"),
                     ==, 1e-2);
  mp_trainer_play (trainer);
  mp_finish (trainer);

  trainer = start_changed ("changed-resumed");
  mp_trainer_step_iteration (trainer);
  mp_trainer_stop (trainer);
  mp_assert_end (trainer, MP_LANE_STOPPED);
  g_object_unref (trainer);
  trainer = resume ("changed-resumed", (MpTrainerOptions) { 0 });
  mp_trainer_join (trainer);
  g_assert_cmpfloat (mp_experiment_get_double (mp_trainer_get_experiment (trainer), "optimizer.generator", "learning_rate"),
                     ==, 1e-2);
  mp_finish (trainer);
  mp_assert_same_runs (plain, resumed, N);

  run = mp_find_run (resumed);
  events = mp_run_list_events (run, NULL);
  g_assert_cmpuint (events->len, ==, 1);
  g_assert_cmpuint (g_array_index (events, MpMetricsEvent, 0).iteration, ==, 10);
  g_assert_cmpstr (g_array_index (events, MpMetricsEvent, 0).text, ==, "optimizer.generator.learning_rate=1e-2");

  /* It did change something. */
  other = mp_find_run (reference);
  g_assert_cmpfloat (mp_run_get_last (run, "loss/generator"), !=, mp_run_get_last (other, "loss/generator"));
}

static void
refuse (MpTrainer  *trainer,
        const char *group,
        const char *key,
        const char *value,
        gint        code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mp_trainer_set_live (trainer, group, key, value, &error));
  g_assert_error (error, MP_ERROR, code);
}

static void
test_live_refusals (void)
{
  MpTrainer *trainer = start ("ring-gram", "refusals", (MpTrainerOptions) { .start_paused = TRUE });

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  refuse (trainer, "train", "batch", "64", MP_ERROR_EXPERIMENT);
  refuse (trainer, "method", "no_such_key", "1", MP_ERROR_EXPERIMENT);
  refuse (trainer, "nowhere", "learning_rate", "1", MP_ERROR_EXPERIMENT);
  refuse (trainer, "optimizer.generator", "learning_rate", "-1", MP_ERROR_EXPERIMENT);
  refuse (trainer, "optimizer.generator", "learning_rate", "fast", MP_ERROR_EXPERIMENT);
  refuse (trainer, "method", "bandwidths", "1, 2, 4", MP_ERROR_EXPERIMENT);
  change (trainer, "method", "bandwidths", "0.5");
  mp_trainer_play (trainer);
  mp_wait_until (trainer, mp_is_over, 0);
  refuse (trainer, "optimizer.generator", "learning_rate", "1e-2", MP_ERROR_STATE);
  mp_finish (trainer);
}

/* What a lane would not have begun with it does not take on the way either. */
static void
test_live_powers (void)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-mmd-net", N);
  MpTrainer *trainer;

  mp_set (experiment, "method.kernel=polynomial");
  mp_set (experiment, "method.bandwidths=2");
  trainer = mp_trainer_new (experiment, &(MpTrainerOptions) { .device = test_device_name (), .iterations = -1,
                                                            .start_paused = TRUE });
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  refuse (trainer, "method", "bandwidths", "1.5", MP_ERROR_EXPERIMENT);
  refuse (trainer, "method", "bandwidths", "17", MP_ERROR_EXPERIMENT);
  change (trainer, "method", "bandwidths", "1");
  mp_trainer_play (trainer);
  mp_finish (trainer);
}

void
trainer_add_bits (void)
{
  g_test_add_func ("/trainer/same-bits/again", test_again);
  g_test_add_func ("/trainer/same-bits/watched", test_watched);
  g_test_add_func ("/trainer/same-bits/interrupted", test_interrupted);
  g_test_add_func ("/trainer/same-bits/together", test_together);
  g_test_add_func ("/trainer/same-bits/resumed", test_resumed);
  g_test_add_func ("/trainer/same-bits/prolonged", test_prolonged);
  g_test_add_func ("/trainer/live", test_live);
  g_test_add_func ("/trainer/live/refusals", test_live_refusals);
  g_test_add_func ("/trainer/live/powers", test_live_powers);
}
