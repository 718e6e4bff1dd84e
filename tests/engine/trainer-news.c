/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer-news.c: what comes up from a lane: scalars, calls, snapshots.
 */
#include <math.h>

#include "tests/engine/trainer.h"

static void
test_scalars (void)
{
  MpTrainer *trainer = start ("ring-gan", "scalars", (MpTrainerOptions) { .scalars = TRUE });
  g_autofree char *dir = in_scratch ("scalars");
  g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
  g_autoptr (MpRun) run = NULL;
  const MpSeriesInfo *series;
  guint n;

  while (!mp_is_over (trainer, 0)) {
    mp_trainer_drain_scalars (trainer, scalars);
    g_usleep (300);
  }
  mp_trainer_drain_scalars (trainer, scalars);
  series = mp_trainer_get_series (trainer, &n);
  run = mp_find_run (dir);
  g_assert_cmpuint (n, >, 5);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
    guint at = 0;

    g_assert_true (mp_run_read_series (run, series[i].id, iterations, values, NULL));
    g_assert_cmpuint (values->len, ==, series[i].per_iteration ? N : N / 20 + 1);
    for (guint k = 0; k < scalars->len; k++) {
      const MpScalar *scalar = &g_array_index (scalars, MpScalar, k);

      if (scalar->series != i)
        continue;
      g_assert_cmpuint (at, <, values->len);
      g_assert_cmpuint (scalar->iteration, ==, g_array_index (iterations, guint64, at));
      g_assert_true (memcmp (&scalar->value, &g_array_index (values, double, at), sizeof (double)) == 0);
      g_assert_cmpuint (scalar->iteration, ==, series[i].per_iteration ? at + 1 : 20 * at);
      at++;
    }
    g_assert_cmpuint (at, ==, values->len);
  }
  mp_finish (trainer);
}

static void
count_cb (gpointer data)
{
  __atomic_add_fetch ((gint *) data, 1, __ATOMIC_RELAXED);
}

/* However much happens, one call is pending until somebody drains. */
static void
test_notify (void)
{
  MpTrainer *trainer = start ("ring-gan", NULL, (MpTrainerOptions) { .start_paused = TRUE, .scalars = TRUE });
  g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
  gint n_calls = 0;

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  mp_trainer_set_notify (trainer, count_cb, &n_calls);
  for (guint i = 0; i < 20; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 20);
  g_usleep (20000);
  g_assert_cmpint (__atomic_load_n (&n_calls, __ATOMIC_RELAXED), ==, 1);
  mp_trainer_drain_scalars (trainer, scalars);
  g_assert_cmpuint (scalars->len, >=, 20);
  mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 21);
  while (__atomic_load_n (&n_calls, __ATOMIC_RELAXED) < 2)
    g_usleep (1000);
  g_usleep (20000);
  g_assert_cmpint (__atomic_load_n (&n_calls, __ATOMIC_RELAXED), ==, 2);
  mp_trainer_set_notify (trainer, NULL, NULL);
  g_object_unref (trainer);
}

static MpSnapshot *
take_snapshot (MpTrainer  *trainer,
               const char *layer,
               MpSnapshot *last)
{
  gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  mp_trainer_request_snapshot (trainer, (const char *[]) { layer, NULL });
  while (g_get_monotonic_time () < end) {
    MpSnapshot *snapshot = mp_trainer_dup_snapshot (trainer);

    if (snapshot != NULL && snapshot != last)
      return snapshot;
    g_clear_pointer (&snapshot, mp_snapshot_unref);
    g_usleep (500);
  }
  g_error ("no snapshot came");
}

static gboolean
all_finite (const float *values,
            gint64       n)
{
  for (gint64 i = 0; i < n; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

/* One with a single layer, whose cost is known: a cost of microseconds may be missed now and then by a clock that stands
 * still for as long. */
static MpSnapshot *
take_layer (MpTrainer  *trainer,
            const char *id,
            MpSnapshot *last)
{
  g_autoptr (MpSnapshot) snapshot = mp_snapshot_ref (last);

  for (guint i = 0; i < 1000; i++) {
    MpSnapshot *next = take_snapshot (trainer, id, snapshot);

    g_assert_cmpuint (next->n_layers, ==, 1);
    if (next->layers[0].seconds > 0)
      return next;
    mp_snapshot_unref (snapshot);
    snapshot = next;
  }
  g_error ("a thousand looks, and the layer never cost anything");
}

/* While paused, and when the lane is over. */
static void
test_snapshots (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    MpTrainer *trainer = start (presets[i], NULL, (MpTrainerOptions) { .start_paused = TRUE });
    g_autoptr (MpSnapshot) plain = NULL;
    g_autoptr (MpSnapshot) full = NULL;
    g_autoptr (MpSnapshot) late = NULL;
    const MpLayerInfo *layers;
    const MpLayer *layer;
    double seconds;
    guint n;

    mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
    g_assert_null (mp_trainer_dup_snapshot (trainer));
    layers = mp_trainer_get_layers (trainer, &n);
    g_assert_cmpuint (n, >, 0);

    plain = take_snapshot (trainer, "no-such-layer", NULL);
    g_assert_cmpuint (plain->n_layers, ==, 0);
    g_assert_cmpuint (plain->iteration, ==, 0);
    g_assert_cmpint (plain->dimensions, ==, 2);
    g_assert_true (all_finite (plain->samples, plain->n_samples * 2));
    g_assert_true (all_finite (plain->data, plain->n_data * 2));
    g_assert_cmpint (plain->n_latent, ==, mp_experiment_get_int (mp_trainer_get_experiment (trainer), "generator",
                                                                 "latent"));
    g_assert_true (all_finite (plain->latents, plain->n_samples * plain->n_latent));
    g_assert_nonnull (plain->metrics);
    seconds = mp_trainer_get_look_seconds (trainer);

    full = take_layer (trainer, layers[0].class->base.id, plain);
    layer = mp_snapshot_get_layer (full, layers[0].class->base.id);
    g_assert_true (layer == &full->layers[0] && layer->class == layers[0].class);
    g_assert_null (mp_snapshot_get_layer (full, "no-such-layer"));
    g_assert_true (all_finite (layer->tensors[0].values, (gint64) layer->width * layer->height));
    g_assert_cmpfloat (layer->extent[0], <, layer->extent[1]);
    g_assert_cmpfloat (mp_trainer_get_look_seconds (trainer), >=, seconds + layer->seconds - 1e-9);
    g_assert_cmpmem (full->samples, (gsize) full->n_samples * 8, plain->samples, (gsize) plain->n_samples * 8);

    mp_trainer_play (trainer);
    mp_wait_until (trainer, mp_is_over, 0);
    late = take_snapshot (trainer, NULL, full);
    g_assert_cmpuint (late->iteration, ==, N);
    g_assert_true (memcmp (late->samples, plain->samples, (gsize) plain->n_samples * 8) != 0);
    mp_finish (trainer);
  }
}

void
trainer_add_news (void)
{
  g_test_add_func ("/trainer/scalars", test_scalars);
  g_test_add_func ("/trainer/notify", test_notify);
  g_test_add_func ("/trainer/snapshots", test_snapshots);
}
