/* SPDX-License-Identifier: Apache-2.0
 *
 * test-ahead.c: loops whose host runs ahead of the device (MATCHPOINT_TEST_DEVICE) compute what loops on the reference
 * device do, bit by bit, row by row, whatever is asked of them meanwhile; and take the memory that they said they would.
 *
 * Where the reference (MATCHPOINT_TEST_REFERENCE) is the device itself, its iterations run phase by phase, kernel by
 * kernel.
 */
#include <math.h>
#include <string.h>

#include "tests/engine/lane.h"

static const char *const methods[] = { "gan", "mmd-net", "gram", "wgan-gp" };

/* ---- a loop on a device of its own ---- */

typedef struct
{
  const MpDeviceClass *class;
  MpDevice            *device;
  MpExperiment        *experiment;
  MpLoop              *loop;
  GArray              *rows;       /* values of all reports of all iterations */
  guint                n_reports;
  guint64              submitted, taken, longest;
  gboolean             finite;
  gboolean             in_pieces;  /* phase by phase */
} Side;

static void
side_open (Side       *self,
           const char *device,
           const char *method,
           const char *keys)
{
  memset (self, 0, sizeof *self);
  self->device = test_device_open (device, &self->class);
  self->experiment = lane_experiment (method, keys);
  self->loop = lane_open_on (self->experiment, self->class, self->device);
  self->rows = g_array_new (FALSE, FALSE, sizeof (double));
  mp_loop_get_reports (self->loop, &self->n_reports);
  self->finite = TRUE;
}

static void
side_close (Side *self)
{
  mp_loop_free (self->loop);
  self->class->close (self->device);
  mp_experiment_unref (self->experiment);
  g_array_unref (self->rows);
}

static void
take (Side     *self,
      gboolean  wait)
{
  g_autoptr (GError) error = NULL;
  MpLoopRow row;

  while (self->finite) {
    mp_loop_take_row (self->loop, wait, &row, &error);
    g_assert_no_error (error);
    if (row.values == NULL)
      return;
    g_assert_cmpuint (row.iteration, ==, self->taken);
    g_array_append_vals (self->rows, row.values, self->n_reports);
    self->taken++;
    self->finite = row.finite;
    wait = FALSE;
  }
}

static void
run_in_pieces (Side *self)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < mp_loop_get_n_phases (self->loop); i++)
    for (gint64 r = 0; r < mp_loop_get_repeat (self->loop, i, self->submitted); r++) {
      mp_loop_run_phase (self->loop, i, self->submitted, r, &error);
      g_assert_no_error (error);
    }
  mp_loop_end_iteration (self->loop, self->submitted, &error);
  g_assert_no_error (error);
  self->submitted++;
  take (self, TRUE);
}

/* Puts iterations on their way up to `end`, and takes rows only when it must. */
static void
side_submit (Side    *self,
             guint64  end)
{
  g_autoptr (GError) error = NULL;

  while (self->submitted < end && self->finite) {
    guint64 done;

    if (self->in_pieces) {
      run_in_pieces (self);
      continue;
    }
    if (!mp_loop_can_run (self->loop)) {
      take (self, TRUE);
      continue;
    }
    mp_loop_run_iterations (self->loop, self->submitted, end - self->submitted, &done, &error);
    g_assert_no_error (error);
    self->submitted += done;
    self->longest = MAX (self->longest, done);
  }
}

static void
side_run (Side    *self,
          guint64  end)
{
  side_submit (self, end);
  while (self->taken < self->submitted && self->finite)
    take (self, TRUE);
}

static void
side_change (Side       *self,
             const char *group,
             const char *key,
             const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_experiment_set_value (self->experiment, group, key, value, NULL));
  mp_loop_update_live (self->loop, group, key, &error);
  g_assert_no_error (error);
}

static void
assert_same (Side *a,
             Side *b)
{
  g_autoptr (GBytes) bytes_a = lane_dump (a->loop);
  g_autoptr (GBytes) bytes_b = lane_dump (b->loop);

  g_assert_cmpuint (a->taken, ==, b->taken);
  for (guint i = 0; i < a->rows->len; i++)
    if (memcmp (&g_array_index (a->rows, double, i), &g_array_index (b->rows, double, i), sizeof (double)) != 0)
      g_error ("report %u of iteration %u is %.17g here and %.17g there", i % a->n_reports, i / a->n_reports,
               g_array_index (a->rows, double, i), g_array_index (b->rows, double, i));
  g_assert_true (g_bytes_equal (bytes_a, bytes_b));
  g_assert_cmpuint (mp_loop_get_batch (a->loop), ==, mp_loop_get_batch (b->loop));
}

/* One of the counts of async-device.c; 0 where the device does not count. */
static guint64
count (Side       *self,
       const char *what)
{
  MpDeviceInfo info;
  const char *found;

  g_assert_cmpint (self->class->info (self->device, &info), ==, MP_OK);
  found = strstr (info.detail, what);
  return found != NULL ? g_ascii_strtoull (found + strlen (what), NULL, 10) : 0;
}

static gboolean
counts (Side *self)
{
  MpDeviceInfo info;

  return self->class->info (self->device, &info) == MP_OK && g_str_has_prefix (info.detail, "launches ");
}

static void
open_reference (Side       *self,
                const char *method,
                const char *keys)
{
  side_open (self, test_reference_name (), method, keys);
  self->in_pieces = !self->class->host_memory;
}

static void
open_both (Side       *ahead,
           Side       *plain,
           const char *method,
           const char *keys)
{
  side_open (ahead, test_device_name (), method, keys);
  open_reference (plain, method, keys);
}

static void
close_both (Side *ahead,
            Side *plain)
{
  side_close (ahead);
  side_close (plain);
}

/* ---- tests ---- */

static void
test_rows (gconstpointer data)
{
  const char *keys = data;

  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    gboolean has_critic = !g_str_equal (methods[m], "mmd-net");
    g_autofree char *all = g_strconcat (keys, ";", g_str_equal (methods[m], "gan") ? "method.critic_steps=3" : "",
                                        ";", has_critic ? "optimizer.critic.schedule=cosine" : "", NULL);
    Side ahead, plain;

    gint64 begin = g_get_monotonic_time ();

    open_both (&ahead, &plain, methods[m], all);
    /* An emulated GPU takes its time in earnest. */
    for (guint64 end = 50; end <= 700 && (end == 50 || g_get_monotonic_time () - begin < 3 * G_USEC_PER_SEC); end += 50)
      side_run (&ahead, end);
    side_run (&plain, ahead.submitted);
    assert_same (&ahead, &plain);
    close_both (&ahead, &plain);
  }
}

/* In steady state iterations are launched whole, short ones several at once, and nobody waits for any. */
static void
test_launches (void)
{
  Side ahead;
  guint64 launches, waits, replays;

  side_open (&ahead, test_device_name (), "gan", "generator.hidden=4;critic.hidden=4;train.batch=4");
  if (!counts (&ahead)) {
    g_test_skip ("the device does not count");
    side_close (&ahead);
    return;
  }
  side_run (&ahead, 1000);
  launches = count (&ahead, "launches ");
  waits = count (&ahead, "waits ");
  replays = count (&ahead, "replays ");
  side_run (&ahead, 5000);
  g_assert_cmpuint (count (&ahead, "launches ") - launches, ==, 0);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
  g_assert_cmpuint (ahead.longest, >, 1);
  g_assert_cmpuint (count (&ahead, "replays ") - replays, <, 2000);
  g_assert_cmpuint (count (&ahead, "waits ") - waits, <, 1000);
#else
  g_test_message ("%" G_GUINT64_FORMAT " replays, %" G_GUINT64_FORMAT " waits", count (&ahead, "replays ") - replays,
                  count (&ahead, "waits ") - waits);
#endif
  g_assert_cmpuint (count (&ahead, "captures "), <=, 2);
  side_close (&ahead);
}

/* Values take effect without another recording, another number of runs with one. */
static void
test_live (void)
{
  static const struct
  {
    const char *group, *key, *value;
    gboolean    records;
  } changes[] = {
    { "optimizer.critic", "learning_rate", "0.01", FALSE }, { "optimizer.generator", "beta1", "0.7", FALSE },
    { "method", "critic_steps", "2", TRUE },                { "method", "generator_steps", "0", TRUE },
    { "method", "critic_steps", "0", TRUE },                { "method", "generator_steps", "1", TRUE },
    { "optimizer.generator", "learning_rate", "0.002", FALSE },
  };
  Side ahead, plain;

  open_both (&ahead, &plain, "gan", "optimizer.generator.schedule=linear");
  side_run (&ahead, 40);
  side_run (&plain, 40);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    guint64 captures = count (&ahead, "captures ");

    side_change (&ahead, changes[i].group, changes[i].key, changes[i].value);
    side_change (&plain, changes[i].group, changes[i].key, changes[i].value);
    /* Few enough not to make a recording of several just then. */
    side_run (&ahead, ahead.submitted + 7);
    side_run (&plain, plain.submitted + 7);
    if (counts (&ahead))
      g_assert_cmpuint (count (&ahead, "captures ") - captures, ==, changes[i].records ? 1 : 0);
  }
  assert_same (&ahead, &plain);
  close_both (&ahead, &plain);
}

/* A row that is not finite comes late; the place is found, and the loop left, as if it had come at once. */
static void
test_divergence (void)
{
  /* p ← p − rate·(g + p): weights grow by rate − 1 an iteration, until squares of distances overflow. */
  static const char *const rates[] = { "5", "2.05", "2.02", "2.01" };
  guint64 last = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autofree char *keys = g_strconcat ("optimizer.generator.kind=sgd;optimizer.generator.weight_decay=1;"
                                         "optimizer.generator.learning_rate=", rates[i], NULL);
    g_autofree char *place_ahead = NULL;
    g_autofree char *place_plain = NULL;
    Side ahead, plain;

    open_both (&ahead, &plain, "mmd-net", keys);
    side_run (&plain, 5000);
    side_run (&ahead, 5000);
    g_assert_false (plain.finite);
    g_assert_false (ahead.finite);
    place_plain = mp_loop_find_divergence (plain.loop, plain.taken - 1);
    place_ahead = mp_loop_find_divergence (ahead.loop, ahead.taken - 1);
    g_test_message ("%s", place_ahead);
    g_assert_cmpstr (place_ahead, ==, place_plain);
    assert_same (&ahead, &plain);
    last = MAX (last, plain.taken);
    close_both (&ahead, &plain);
  }
  g_assert_cmpuint (last, >, 3 * MP_LOOP_KEYFRAME_EVERY);
}

static void
assert_same_floats (const float *a,
                    const float *b,
                    gsize        n)
{
  g_assert_cmpmem (a, n * sizeof *a, b, n * sizeof *b);
}

/* What is looked at is the moment of asking, though training goes on before it arrives. */
static void
test_looks (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    Side ahead, plain;

    open_both (&ahead, &plain, methods[m], NULL);
    for (guint64 i = 30; i < 300; i += 30) {
      guint n;
      const MpBuildView *views = mp_build_get_views (mp_loop_get_build (plain.loop), &n);
      const char *const layers[] = { views[i % n].class->base.id, i % 60 == 0 ? views[i / 60 % n].class->base.id : NULL,
                                     NULL };
      g_autoptr (GError) error = NULL;
      g_autofree float *samples = NULL;
      MpView view_ahead, view_plain;
      const float *values;
      gint64 n_samples;

      side_submit (&ahead, i);
      side_run (&plain, i);
      g_assert_true (mp_loop_start_look (ahead.loop, layers, &error));
      g_assert_true (mp_loop_start_sample (ahead.loop, &error));
      side_submit (&ahead, i + 12);
      g_assert_true (mp_loop_start_sample (ahead.loop, &error));
      do
        g_assert_true (mp_loop_finish_look (ahead.loop, FALSE, &view_ahead, &error));
      while (view_ahead.samples == NULL);
      g_assert_true (mp_loop_look (plain.loop, layers, &view_plain, &error));
      assert_same_floats (view_ahead.samples, view_plain.samples, 20 * 2);
      assert_same_floats (view_ahead.data, view_plain.data, 30 * 2);
      assert_same_floats (view_ahead.latents, view_plain.latents, (gsize) (20 * view_plain.n_latent));
      g_assert_cmpuint (view_ahead.n_layers, ==, view_plain.n_layers);
      for (guint j = 0; j < view_plain.n_layers; j++)
        for (guint k = 0; k < view_plain.layers[j].n_tensors; k++)
          assert_same_floats (view_ahead.layers[j].tensors[k].values, view_plain.layers[j].tensors[k].values,
                              (gsize) (view_plain.layers[j].tensors[k].rows * view_plain.layers[j].tensors[k].columns));
      mp_view_clear (&view_ahead);
      mp_view_clear (&view_plain);

      values = mp_loop_sample (plain.loop, &n_samples, &error);
      samples = g_memdup2 (values, (gsize) n_samples * 2 * sizeof (float));
      assert_same_floats (mp_loop_sample (ahead.loop, &n_samples, &error), samples, (gsize) n_samples * 2);
      side_run (&plain, i + 12);
      g_clear_pointer (&samples, g_free);
      samples = g_memdup2 (mp_loop_sample (plain.loop, &n_samples, &error), (gsize) n_samples * 2 * sizeof (float));
      assert_same_floats (mp_loop_sample (ahead.loop, &n_samples, &error), samples, (gsize) n_samples * 2);
    }
    side_run (&ahead, ahead.submitted);
    assert_same (&ahead, &plain);
    close_both (&ahead, &plain);
  }
}

/* Two loops of one handle, by turns. */
static void
test_together (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("gram", "train.seed=4");
  Side first, second, alone_first, alone_second;

  open_both (&first, &alone_first, "gan", NULL);
  open_reference (&alone_second, "gram", "train.seed=4");
  second = (Side) { .class = first.class, .device = first.device, .experiment = experiment, .finite = TRUE,
                    .rows = g_array_new (FALSE, FALSE, sizeof (double)) };
  second.loop = lane_open_on (experiment, second.class, second.device);
  mp_loop_get_reports (second.loop, &second.n_reports);
  for (guint64 i = 10; i <= 300; i += 10) {
    side_submit (&first, i);
    side_submit (&second, i);
  }
  side_run (&first, 300);
  side_run (&second, 300);
  side_run (&alone_first, 300);
  side_run (&alone_second, 300);
  assert_same (&first, &alone_first);
  assert_same (&second, &alone_second);
  mp_loop_free (second.loop);
  g_array_unref (second.rows);
  close_both (&first, &alone_first);
  side_close (&alone_second);
}

/* Going on from another iteration's values and cursor. */
static void
test_jumps (void)
{
  Side ahead, plain;
  guint64 batch;
  g_autofree double *count_before = NULL;

  open_both (&ahead, &plain, "gan", "method.critic_steps=2;data.points=37");
  side_run (&ahead, 50);
  side_run (&plain, 50);
  batch = mp_loop_get_batch (ahead.loop);
  for (guint i = 0; i < 3; i++) {
    /* back by so much that minibatches come again which are no longer there, and forth */
    const guint64 cursors[] = { 3, batch + 5000, batch };

    mp_loop_set_batch (ahead.loop, cursors[i]);
    mp_loop_set_batch (plain.loop, cursors[i]);
    side_run (&ahead, ahead.submitted + 20);
    side_run (&plain, plain.submitted + 20);
    assert_same (&ahead, &plain);
  }
  close_both (&ahead, &plain);
}

/* ---- memory ---- */

/* What was predicted is taken: beyond it only what a back end keeps for itself, and the rounding of each piece. */
static void
assert_memory (const char *device,
               const char *method,
               const char *keys)
{
  MpLoopMemory memory;
  MpDeviceInfo info;
  MpView view;
  gint64 n;
  Side side;

  side_open (&side, device, method, keys);
  side_run (&side, 40);
  g_assert_nonnull (mp_loop_sample (side.loop, &n, NULL));
  g_assert_true (mp_loop_look (side.loop, NULL, &view, NULL));
  mp_view_clear (&view);
  mp_loop_get_memory (side.loop, &memory);
  g_assert_cmpint (side.class->info (side.device, &info), ==, MP_OK);
  g_test_message ("%s on %s: %" G_GSIZE_FORMAT " bytes predicted, %" G_GUINT64_FORMAT " taken", method, device,
                  memory.total, info.memory_peak);
  g_assert_cmpuint (memory.total, ==, memory.variables + memory.plans + memory.workspaces + memory.looks
                    + memory.keyframes + memory.rings);
  g_assert_cmpuint (info.memory_peak, >=, memory.total);
  g_assert_cmpuint (info.memory_peak - memory.total, <=, memory.total / 100 + 16384);
  side_close (&side);
}

static void
test_memory (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    assert_memory (test_device_name (), methods[m], NULL);
    assert_memory ("cpu", methods[m], "train.batch=256;generator.hidden=64, 64");
    assert_memory (test_device_name (), methods[m], "train.batch=256;generator.hidden=64, 64;train.precision=float64;"
                   "optimizer.generator.schedule=cosine");
  }
}

static void
test_refused (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("gan", NULL);
  g_autoptr (MpLoop) loop = NULL;
  g_autoptr (GError) error = NULL;
  const MpDeviceClass *class;
  MpDevice *device;
  MpDeviceInfo info;

  g_setenv ("MATCHPOINT_ASYNC_MEMORY", "20000", TRUE);
  device = test_device_open (test_device_name (), &class);
  g_unsetenv ("MATCHPOINT_ASYNC_MEMORY");
  g_assert_cmpint (class->info (device, &info), ==, MP_OK);
  if (info.memory_free == 20000) {
    loop = mp_loop_prepare (experiment, class, device, NULL, NULL, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (class->info (device, &info), ==, MP_OK);
    g_assert_cmpuint (info.memory_peak, ==, 0);
    g_assert_false (mp_loop_allocate (loop, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_MEMORY);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, "[train] batch"));
    g_clear_pointer (&loop, mp_loop_free);
  } else
    g_test_skip ("the device's memory cannot be limited");
  class->close (device);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/ahead/rows", "generator.average=0.9", test_rows);
  g_test_add_data_func ("/ahead/rows/normalised", "generator.normalisation=batch", test_rows);
  g_test_add_data_func ("/ahead/rows/float64", "train.precision=float64;data.points=100", test_rows);
  g_test_add_data_func ("/ahead/rows/scheduled", "optimizer.generator.schedule=exponential", test_rows);
  g_test_add_func ("/ahead/launches", test_launches);
  g_test_add_func ("/ahead/live", test_live);
  g_test_add_func ("/ahead/divergence", test_divergence);
  g_test_add_func ("/ahead/looks", test_looks);
  g_test_add_func ("/ahead/together", test_together);
  g_test_add_func ("/ahead/jumps", test_jumps);
  g_test_add_func ("/ahead/memory", test_memory);
  g_test_add_func ("/ahead/refused", test_refused);
  return g_test_run ();
}
