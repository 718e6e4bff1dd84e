/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-run.c: the folder of a sweep: what came of its trials so far.
 */
#include "engine/train/sweep-run-private.h"

#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/metrics/metric.h"
#include "engine/runs/lock.h"
#include "engine/runs/new-path.h"
#include "engine/runs/run.h"

static const char *const state_names[MP_N_TRIAL_STATES] = {
  [MP_TRIAL_WAITING] = "waiting",         [MP_TRIAL_RUNNING] = "running",   [MP_TRIAL_ELSEWHERE] = "elsewhere",
  [MP_TRIAL_INTERRUPTED] = "interrupted", [MP_TRIAL_FINISHED] = "finished", [MP_TRIAL_DIVERGED] = "diverged",
  [MP_TRIAL_FAILED] = "failed",
};

const char *
mp_trial_state_name (MpTrialState state)
{
  return state_names[state];
}

char *
mp_sweep_run_place (MpSweepRun *self,
                    const char *folder,
                    guint       trial)
{
  return g_build_filename (self->dir, folder, mp_sweep_get_trial (self->sweep, trial)->name, NULL);
}

/* ---- reading trials ---- */

static void
set_value (GHashTable *values,
           const char *id,
           double      value)
{
  g_hash_table_insert (values, (gpointer) g_intern_string (id), g_memdup2 (&value, sizeof value));
}

/* The last value of every series, as state.json has it. */
static GHashTable *
read_last (MpRun *run)
{
  GHashTable *values = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  g_autofree char *text = mp_run_dup_latest_json (run);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_autoptr (GList) members = NULL;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    members = json_object_get_members (json_node_get_object (root));
  for (GList *link = members; link != NULL; link = link->next)
    set_value (values, link->data, mp_run_get_last (run, link->data));
  return values;
}

/* The mean over the last iterations, of what was measured there. */
static void
average_values (MpRun      *run,
                guint64     over,
                GHashTable *values)
{
  guint64 end = mp_run_get_iteration (run);
  guint64 start = end > over ? end - over : 0;
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (values, NULL);

  for (guint i = 0; ids[i] != NULL; i++) {
    g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) series = g_array_new (FALSE, FALSE, sizeof (double));
    double sum = 0;
    guint n = 0;

    if (!mp_run_read_series (run, ids[i], iterations, series, NULL))
      continue;
    for (guint j = 0; j < iterations->len; j++)
      if (g_array_index (iterations, guint64, j) > start && isfinite (g_array_index (series, double, j))) {
        sum += g_array_index (series, double, j);
        n++;
      }
    if (n > 0)
      set_value (values, ids[i], sum / n);
  }
}

static MpTrialState
state_of_run (MpRun *run)
{
  const char *state = mp_run_get_state (run);

  if (strcmp (state, "finished") == 0)
    return MP_TRIAL_FINISHED;
  if (strcmp (state, "diverged") == 0)
    return MP_TRIAL_DIVERGED;
  if (strcmp (state, "failed") == 0)
    return MP_TRIAL_FAILED;
  /* A folder that is locked, and not by this process: see mp_sweep_run_read_trial (). */
  if (strcmp (state, "stopped") != 0 && strcmp (state, "interrupted") != 0)
    return MP_TRIAL_ELSEWHERE;
  return MP_TRIAL_INTERRUPTED;
}

/* What the run's folder says. Returns: its state; values: (out): or NULL. */
static MpTrialState
read_run (MpSweepRun  *self,
          const char  *dir,
          guint64     *iteration,
          double      *seconds,
          GHashTable **values)
{
  g_autoptr (MpRun) run = mp_run_open (dir, FALSE, NULL);
  MpTrialState state;

  if (run == NULL)
    return MP_TRIAL_FAILED;
  state = state_of_run (run);
  *iteration = mp_run_get_iteration (run);
  *seconds = mp_run_get_seconds (run);
  *values = read_last (run);
  if (state == MP_TRIAL_FINISHED && mp_sweep_get_average (self->sweep) > 0)
    average_values (run, mp_sweep_get_average (self->sweep), *values);
  return state;
}

/* Returns: a descriptor to close, or −1. */
static int
share_trial (MpSweepRun *self,
             guint       trial,
             gboolean   *taken)
{
  g_autofree char *path = mp_sweep_run_place (self, "locks", trial);
  int shared = mp_lock_share (path, taken);

  /* Nobody ever had it: it shall have a lock to share, where the folder can be written. */
  if (shared < 0 && !*taken) {
    int made = open (path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);

    if (made >= 0)
      close (made);
    shared = mp_lock_share (path, taken);
  }
  return shared;
}

void
mp_sweep_run_read_trial (MpSweepRun *self,
                         guint       trial,
                         gboolean    ours)
{
  g_autofree char *dir = mp_sweep_run_place (self, "runs", trial);
  g_autofree char *message = mp_sweep_run_place (self, "messages", trial);
  MpTrialState state = MP_TRIAL_WAITING;
  GHashTable *values = NULL;
  guint64 iteration = 0;
  double seconds = 0;
  MpTrialRecord *record = &self->records[trial];
  gboolean taken = FALSE;
  int shared = ours ? -1 : share_trial (self, trial, &taken);

  if (g_file_test (dir, G_FILE_TEST_EXISTS))
    state = read_run (self, dir, &iteration, &seconds, &values);
  else if (g_file_test (message, G_FILE_TEST_EXISTS))
    state = MP_TRIAL_FAILED;
  if (shared >= 0)
    close (shared);
  /* Also one that failed, and that another pool tries anew. */
  if (taken && state != MP_TRIAL_FINISHED && state != MP_TRIAL_DIVERGED)
    state = MP_TRIAL_ELSEWHERE;
  else if (!taken && state == MP_TRIAL_ELSEWHERE)
    state = MP_TRIAL_INTERRUPTED;

  g_mutex_lock (&self->mutex);
  /* What was read may be old by now: a thread of this pool may have begun. */
  if (ours || record->trainer == NULL) {
    record->state = state;
    record->iteration = iteration;
    record->seconds = seconds;
    g_clear_pointer (&record->values, g_hash_table_unref);
    record->values = g_steal_pointer (&values);
  }
  g_mutex_unlock (&self->mutex);
  g_clear_pointer (&values, g_hash_table_unref);
}

void
mp_sweep_run_refresh (MpSweepRun *self)
{
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++) {
    gboolean look;

    g_mutex_lock (&self->mutex);
    look = self->records[i].state == MP_TRIAL_ELSEWHERE && self->records[i].trainer == NULL;
    g_mutex_unlock (&self->mutex);
    if (look)
      mp_sweep_run_read_trial (self, i, FALSE);
  }
}

/* ---- object ---- */

/* Bases differ in their methods, cells of one base in what a method is given. */
static MpSeriesNames *
read_names (MpSweep *sweep)
{
  MpSeriesNames *names = mp_series_names_new ();
  guint n = mp_sweep_get_axis (sweep, 0)->n_values;
  g_autofree gboolean *known = g_new0 (gboolean, n);

  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++) {
    const MpSweepTrial *trial = mp_sweep_get_trial (sweep, i);

    if (!known[trial->base])
      mp_series_names_add (names, trial->experiment);
    known[trial->base] = TRUE;
  }
  return names;
}

MpSweepRun *
mp_sweep_run_open (const char *dir,
                   GError    **error)
{
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  g_autofree char *file = g_build_filename (absolute, "sweep.ini", NULL);
  g_autoptr (MpSweep) sweep = NULL;
  MpSweepRun *self;

  if (!g_file_test (file, G_FILE_TEST_EXISTS)) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a sweep's folder: there is no file “sweep.ini” in it.",
                 absolute);
    return NULL;
  }
  sweep = mp_sweep_load (absolute, NULL, error);
  if (sweep == NULL)
    return NULL;
  self = g_new0 (MpSweepRun, 1);
  self->sweep = g_steal_pointer (&sweep);
  self->names = read_names (self->sweep);
  self->dir = g_steal_pointer (&absolute);
  self->records = g_new0 (MpTrialRecord, mp_sweep_get_n_trials (self->sweep));
  self->threads = g_ptr_array_new ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++)
    mp_sweep_run_read_trial (self, i, FALSE);
  return self;
}

void
mp_sweep_run_close (MpSweepRun *self)
{
  if (self == NULL)
    return;
  mp_sweep_run_set_notify (self, NULL, NULL);
  mp_sweep_run_stop (self);
  mp_sweep_run_join (self);
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++) {
    g_clear_pointer (&self->records[i].values, g_hash_table_unref);
    g_clear_object (&self->records[i].trainer);
  }
  g_free (self->records);
  mp_series_names_free (self->names);
  g_clear_error (&self->tables_error);
  g_ptr_array_unref (self->threads);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
  g_free (self->device);
  mp_sweep_unref (self->sweep);
  g_free (self->dir);
  g_free (self);
}

MpSweep *
mp_sweep_run_get_sweep (MpSweepRun *self)
{
  return self->sweep;
}

const char *
mp_sweep_run_get_dir (MpSweepRun *self)
{
  return self->dir;
}

MpSeriesNames *
mp_sweep_run_get_names (MpSweepRun *self)
{
  return self->names;
}

char *
mp_sweep_run_dup_trial_dir (MpSweepRun *self,
                            guint       trial)
{
  return mp_sweep_run_place (self, "runs", trial);
}

void
mp_sweep_run_tell (MpSweepRun *self)
{
  void (*notify) (gpointer data) = NULL;

  g_mutex_lock (&self->mutex);
  if (!self->told)
    notify = self->notify;
  self->told = TRUE;
  if (notify != NULL)
    notify (self->notify_data);
  g_mutex_unlock (&self->mutex);
}

void
mp_sweep_run_set_notify (MpSweepRun *self,
                         void (     *notify ) (gpointer data),
                         gpointer    data)
{
  g_mutex_lock (&self->mutex);
  self->notify = notify;
  self->notify_data = data;
  self->told = FALSE;
  g_mutex_unlock (&self->mutex);
}

void
mp_sweep_run_acknowledge (MpSweepRun *self)
{
  g_mutex_lock (&self->mutex);
  self->told = FALSE;
  g_mutex_unlock (&self->mutex);
}

MpSweepActivity
mp_sweep_run_get_activity (MpSweepRun *self)
{
  MpSweepActivity activity;

  g_mutex_lock (&self->mutex);
  activity = self->activity;
  g_mutex_unlock (&self->mutex);
  return activity;
}

GError *
mp_sweep_run_dup_tables_error (MpSweepRun *self)
{
  GError *error;

  g_mutex_lock (&self->mutex);
  error = self->tables_error != NULL ? g_error_copy (self->tables_error) : NULL;
  g_mutex_unlock (&self->mutex);
  return error;
}

/* ---- trials ---- */

static guint64
count_iterations (MpSweepRun *self,
                  guint       trial)
{
  return (guint64) mp_experiment_get_int (mp_sweep_get_trial (self->sweep, trial)->experiment, "train", "iterations");
}

void
mp_sweep_run_get_status (MpSweepRun    *self,
                         guint          trial,
                         MpTrialStatus *status)
{
  const MpTrialRecord *record = &self->records[trial];
  g_autoptr (MpTrainer) trainer = NULL;

  g_mutex_lock (&self->mutex);
  *status = (MpTrialStatus) { .state = record->state, .iteration = record->iteration, .seconds = record->seconds };
  if (record->trainer != NULL)
    trainer = g_object_ref (record->trainer);
  g_mutex_unlock (&self->mutex);
  status->n_iterations = count_iterations (self, trial);
  if (trainer != NULL && mp_trainer_get_state (trainer) != MP_LANE_PREPARING) {
    status->iteration = mp_trainer_get_iteration (trainer);
    status->seconds = mp_trainer_get_seconds (trainer);
    status->rate = mp_trainer_get_rate (trainer);
  }
}

void
mp_sweep_run_count (MpSweepRun *self,
                    guint       counts[MP_N_TRIAL_STATES])
{
  memset (counts, 0, MP_N_TRIAL_STATES * sizeof *counts);
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++)
    counts[self->records[i].state]++;
  g_mutex_unlock (&self->mutex);
}

char *
mp_sweep_run_dup_message (MpSweepRun *self,
                          guint       trial)
{
  g_autofree char *path = mp_sweep_run_place (self, "messages", trial);
  g_autofree char *dir = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MpRun) run = NULL;
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL))
    return g_strchomp (text);
  dir = mp_sweep_run_place (self, "runs", trial);
  run = g_file_test (dir, G_FILE_TEST_EXISTS) ? mp_run_open (dir, FALSE, &error) : NULL;
  return error != NULL ? g_strdup (error->message) : NULL;
}

MpTrainer *
mp_sweep_run_dup_trainer (MpSweepRun *self,
                          guint       trial)
{
  MpTrainer *trainer = NULL;

  g_mutex_lock (&self->mutex);
  if (self->records[trial].trainer != NULL)
    trainer = g_object_ref (self->records[trial].trainer);
  g_mutex_unlock (&self->mutex);
  return trainer;
}

/* Of the last evaluation. */
static double
value_of_trainer (MpTrainer  *trainer,
                  const char *metric)
{
  guint n;
  const MpSeriesInfo *series = mp_trainer_get_series (trainer, &n);
  g_autofree double *values = NULL;

  if (n == 0)
    return NAN;
  values = g_new (double, n);
  mp_trainer_get_latest (trainer, values);
  for (guint i = 0; i < n; i++)
    if (strcmp (series[i].id, metric) == 0)
      return values[i];
  return NAN;
}

double
mp_sweep_run_get_value (MpSweepRun *self,
                        guint       trial,
                        const char *metric)
{
  g_autoptr (MpTrainer) trainer = mp_sweep_run_dup_trainer (self, trial);
  const double *value = NULL;
  double result;

  if (trainer != NULL)
    return value_of_trainer (trainer, metric);
  g_mutex_lock (&self->mutex);
  if (self->records[trial].values != NULL)
    value = g_hash_table_lookup (self->records[trial].values, g_intern_string (metric));
  result = value != NULL ? *value : NAN;
  g_mutex_unlock (&self->mutex);
  return result;
}

/* ---- progress ---- */

/* Mean seconds of an iteration of this base, from all that was trained; 0: nothing yet. */
static void
measure_bases (MpSweepRun          *self,
               const MpTrialStatus *statuses,
               double              *seconds)
{
  guint n_bases = mp_sweep_get_axis (self->sweep, 0)->n_values;
  g_autofree double *iterations = g_new0 (double, n_bases);

  memset (seconds, 0, n_bases * sizeof *seconds);
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++) {
    guint base = mp_sweep_get_trial (self->sweep, i)->base;

    seconds[base] += statuses[i].seconds;
    iterations[base] += (double) statuses[i].iteration;
  }
  for (guint i = 0; i < n_bases; i++)
    seconds[i] = iterations[i] > 0 ? seconds[i] / iterations[i] : 0;
}

void
mp_sweep_run_get_progress (MpSweepRun *self,
                           guint64    *done,
                           guint64    *all,
                           double     *seconds_left)
{
  guint n = mp_sweep_get_n_trials (self->sweep), n_bases = mp_sweep_get_axis (self->sweep, 0)->n_values;
  g_autofree MpTrialStatus *statuses = g_new (MpTrialStatus, n);
  g_autofree double *cost = g_new (double, n_bases);
  double known = 0, sum = 0, left = 0;
  guint lanes;

  *done = *all = 0;
  for (guint i = 0; i < n; i++)
    mp_sweep_run_get_status (self, i, &statuses[i]);
  measure_bases (self, statuses, cost);
  for (guint i = 0; i < n_bases; i++)
    if (cost[i] > 0) {
      known++;
      sum += cost[i];
    }
  for (guint i = 0; i < n; i++) {
    guint base = mp_sweep_get_trial (self->sweep, i)->base;
    gboolean over = statuses[i].state >= MP_TRIAL_FINISHED;
    guint64 rest = statuses[i].n_iterations - MIN (statuses[i].iteration, statuses[i].n_iterations);

    *all += statuses[i].n_iterations;
    *done += over ? statuses[i].n_iterations : statuses[i].iteration;
    if (!over)
      left += (double) rest * (cost[base] > 0 ? cost[base] : known > 0 ? sum / known : NAN);
  }
  g_mutex_lock (&self->mutex);
  lanes = self->n_lanes;
  g_mutex_unlock (&self->mutex);
  *seconds_left = left / MAX (lanes, 1);
}

double
mp_sweep_run_get_seconds (MpSweepRun *self)
{
  double seconds = 0;

  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++) {
    MpTrialStatus status;

    mp_sweep_run_get_status (self, i, &status);
    seconds += status.seconds;
  }
  return seconds;
}

/* ---- places ---- */

char *
mp_sweep_default_parent (void)
{
  const char *chosen = g_getenv ("MATCHPOINT_SWEEPS_DIR");

  if (chosen != NULL && chosen[0] != '\0')
    return g_strdup (chosen);
  return g_build_filename (g_get_user_data_dir (), "matchpoint", "sweeps", NULL);
}

char *
mp_sweep_new_path (MpSweep *sweep)
{
  g_autofree char *parent = mp_sweep_default_parent ();
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *day = g_date_time_format (now, "%Y-%m-%d");
  g_autofree char *name = g_strconcat (day, "-", mp_sweep_get_id (sweep), NULL);

  return mp_new_path (parent, g_strdelimit (name, "/ ", '-'));
}
