/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-pool.c: the threads that train a sweep's trials.
 *
 * A thread takes the next trial that nobody has, locks it, and looks at its folder again: between the first look and
 * the lock another process may have finished it. Then it makes a trainer and waits for its end.
 */
#include "engine/train/sweep-run-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/data/data-file.h"
#include "engine/runs/file.h"
#include "engine/runs/lock.h"
#include "engine/runs/run.h"

#define TABLES_SHARE 100   /* writing tables takes at most one part in so many of a thread's time */

/* ---- one trial ---- */

static void
keep_message (MpSweepRun *self,
              guint       trial,
              const char *text)
{
  g_autofree char *path = mp_sweep_run_place (self, "messages", trial);
  g_autofree char *line = g_strconcat (text != NULL ? text : "", "\n", NULL);

  if (text == NULL)
    g_unlink (path);
  else
    mp_file_write_text (path, line, NULL);
}

/* Whether the run in a trial's folder is of this trial; title and summary, and the place of its data's file aside. */
static gboolean
check_same (const MpSweepTrial *trial,
            MpRun              *run,
            GError            **error)
{
  static const char *const words[] = { "title", "summary", "origin" };
  g_autoptr (MpExperiment) mine = mp_experiment_copy (trial->experiment);
  g_autoptr (MpExperiment) its = mp_experiment_copy (mp_run_get_experiment (run));
  g_autofree char *my_text = NULL;
  g_autofree char *its_text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    mp_experiment_set_value (mine, "experiment", words[i], "ours", NULL);
    mp_experiment_set_value (its, "experiment", words[i], "ours", NULL);
  }
  mp_data_follow_file (mine, its);
  my_text = mp_experiment_to_text (mine);
  its_text = mp_experiment_to_text (its);
  if (strcmp (my_text, its_text) == 0)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "The run in “%s” was made with other settings than “sweep.ini” has "
               "now; remove it to train it anew.", mp_run_get_dir (run));
  return FALSE;
}

/* Makes the trainer. NULL with an error, for a folder that cannot be gone on with. */
static MpTrainer *
make_trainer (MpSweepRun *self,
              guint       number,
              GError    **error)
{
  const MpSweepTrial *trial = mp_sweep_get_trial (self->sweep, number);
  g_autofree char *dir = mp_sweep_run_place (self, "runs", number);
  MpTrainerOptions options = { .device = self->device, .run_dir = dir, .iterations = -1, .gives_way = self->gives_way };
  g_autoptr (MpRun) run = NULL;

  options.resume = g_file_test (dir, G_FILE_TEST_EXISTS);
  if (!options.resume)
    return mp_trainer_new (trial->experiment, &options);
  run = mp_run_open (dir, FALSE, error);
  if (run == NULL) {
    /* It may have much of a long training in it, so that nobody but a person should put it away. */
    g_prefix_error (error, "This run cannot go on; move its folder “%s” away to train it anew. ", dir);
    return NULL;
  }
  if (!check_same (trial, run, error))
    return NULL;
  return mp_trainer_new (mp_run_get_experiment (run), &options);
}

static void
fail_trial (MpSweepRun *self,
            guint       trial,
            GError     *error)
{
  keep_message (self, trial, error->message);
  g_mutex_lock (&self->mutex);
  self->records[trial].state = MP_TRIAL_FAILED;
  g_mutex_unlock (&self->mutex);
  g_error_free (error);
}

/* Trains a locked trial to its end, or until the pool is stopped. */
static void
train_trial (MpSweepRun *self,
             guint       trial)
{
  GError *error = NULL;
  MpTrainer *trainer;
  MpTrialRecord *record = &self->records[trial];

  keep_message (self, trial, NULL);
  trainer = make_trainer (self, trial, &error);
  if (trainer == NULL) {
    fail_trial (self, trial, error);
    return;
  }
  g_mutex_lock (&self->mutex);
  record->trainer = trainer;
  record->state = MP_TRIAL_RUNNING;
  if (self->activity == MP_SWEEP_PAUSED)
    mp_trainer_pause (trainer);
  else if (self->activity == MP_SWEEP_STOPPING)
    mp_trainer_stop (trainer);
  g_mutex_unlock (&self->mutex);
  mp_sweep_run_tell (self);
  mp_trainer_join (trainer);

  error = mp_trainer_dup_error (trainer);
  if (error != NULL)
    keep_message (self, trial, error->message);
  mp_sweep_run_read_trial (self, trial, TRUE);
  g_mutex_lock (&self->mutex);
  /* What could not be written down is still known. */
  if (mp_trainer_get_state (trainer) == MP_LANE_FAILED)
    record->state = MP_TRIAL_FAILED;
  record->trainer = NULL;
  g_mutex_unlock (&self->mutex);
  g_object_unref (trainer);
  g_clear_error (&error);
}

/* ---- threads ---- */

/* Waits while the pool is paused. Returns: G_MAXUINT where there is nothing left to do. */
static guint
take_trial (MpSweepRun *self)
{
  guint found = G_MAXUINT, n = mp_sweep_get_n_trials (self->sweep);

  g_mutex_lock (&self->mutex);
  while (self->activity == MP_SWEEP_PAUSED)
    g_cond_wait (&self->changed, &self->mutex);
  for (guint i = 0; i < n && found == G_MAXUINT && self->activity == MP_SWEEP_RUNNING; i++)
    if (!self->records[i].taken)
      found = i;
  if (found != G_MAXUINT)
    self->records[found].taken = TRUE;
  g_mutex_unlock (&self->mutex);
  return found;
}

static gboolean
is_over (MpSweepRun *self,
         guint       trial)
{
  gboolean over;

  g_mutex_lock (&self->mutex);
  over = self->records[trial].state == MP_TRIAL_FINISHED || self->records[trial].state == MP_TRIAL_DIVERGED;
  g_mutex_unlock (&self->mutex);
  return over;
}

static void
work_on (MpSweepRun *self,
         guint       trial)
{
  GError *error = NULL;
  g_autofree char *path = mp_sweep_run_place (self, "locks", trial);
  int lock = mp_lock_take (path, &error);

  if (error != NULL) {
    fail_trial (self, trial, error);
    return;
  }
  mp_sweep_run_read_trial (self, trial, lock >= 0);
  if (lock < 0)
    return;
  if (!is_over (self, trial))
    train_trial (self, trial);
  close (lock);
}

static gboolean
write_tables (MpSweepRun *self,
              GError    **error)
{
  g_autofree char *cells = g_build_filename (self->dir, "cells.csv", NULL);
  g_autofree char *seeds = g_build_filename (self->dir, "seeds.csv", NULL);
  g_autofree char *cells_text = mp_sweep_run_cells_csv (self);
  g_autofree char *seeds_text = mp_sweep_run_seeds_csv (self);

  return mp_file_write_text (cells, cells_text, error) && mp_file_write_text (seeds, seeds_text, error);
}

/* Pools that share the folder write one after the other, each what the folder says by then: the last has it all. */
static void
write_results (MpSweepRun *self)
{
  g_autofree char *path = g_build_filename (self->dir, "locks", ".results", NULL);
  int lock = mp_lock_wait (path, NULL);
  gint64 begin = g_get_monotonic_time ();
  GError *error = NULL;

  mp_sweep_run_refresh (self);
  write_tables (self, &error);
  if (lock >= 0)
    close (lock);
  g_mutex_lock (&self->mutex);
  g_clear_error (&self->tables_error);
  self->tables_error = error;
  self->tables_due = g_get_monotonic_time () + TABLES_SHARE * (g_get_monotonic_time () - begin);
  self->writing = FALSE;
  g_mutex_unlock (&self->mutex);
}

/* Tables of what is over so far, for who looks before the end or after a crash, unless they would take a noticeable part
 * of the time: their cost grows with the sweep, that of a run does not. */
static void
write_results_so_far (MpSweepRun *self)
{
  gboolean write;

  g_mutex_lock (&self->mutex);
  write = !self->writing && g_get_monotonic_time () >= self->tables_due;
  self->writing |= write;
  g_mutex_unlock (&self->mutex);
  if (write)
    write_results (self);
}

static gpointer
lane_thread (gpointer data)
{
  MpSweepRun *self = data;
  gboolean last;
  guint trial;

  while ((trial = take_trial (self)) != G_MAXUINT) {
    work_on (self, trial);
    mp_sweep_run_tell (self);
    write_results_so_far (self);
  }
  g_mutex_lock (&self->mutex);
  last = self->n_working == 1;
  if (!last)
    self->n_working--;
  g_mutex_unlock (&self->mutex);
  if (!last)
    return NULL;
  write_results (self);
  g_mutex_lock (&self->mutex);
  self->n_working = 0;
  self->activity = MP_SWEEP_RESTING;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);
  mp_sweep_run_tell (self);
  return NULL;
}

/* ---- the owner's side ---- */

/* Threads of a pool that rests. */
static void
join_threads (MpSweepRun *self)
{
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (g_ptr_array_index (self->threads, i));
  g_ptr_array_set_size (self->threads, 0);
}

void
mp_sweep_run_start (MpSweepRun           *self,
                    const MpSweepOptions *options)
{
  guint n_open = 0;

  if (mp_sweep_run_get_activity (self) != MP_SWEEP_RESTING) {
    mp_sweep_run_resume (self);
    return;
  }
  join_threads (self);
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++) {
    self->records[i].taken = self->records[i].state == MP_TRIAL_FINISHED || self->records[i].state == MP_TRIAL_DIVERGED;
    n_open += !self->records[i].taken;
  }
  g_free (self->device);
  self->device = g_strdup (options->device);
  self->n_lanes = options->n_lanes > 0 ? options->n_lanes : g_get_num_processors ();
  self->gives_way = options->gives_way;
  self->n_working = MAX (MIN (self->n_lanes, n_open), 1);
  self->activity = MP_SWEEP_RUNNING;
  for (guint i = 0, n = self->n_working; i < n; i++)
    g_ptr_array_add (self->threads, g_thread_new ("sweep", lane_thread, self));
}

/* What every trainer is told as the activity changes. */
static void
change (MpSweepRun     *self,
        MpSweepActivity activity,
        void (         *command ) (MpTrainer *trainer))
{
  g_mutex_lock (&self->mutex);
  if (self->activity != MP_SWEEP_RESTING && self->activity != MP_SWEEP_STOPPING) {
    self->activity = activity;
    for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++)
      if (self->records[i].trainer != NULL)
        command (self->records[i].trainer);
    g_cond_broadcast (&self->changed);
  }
  g_mutex_unlock (&self->mutex);
}

void
mp_sweep_run_pause (MpSweepRun *self)
{
  change (self, MP_SWEEP_PAUSED, mp_trainer_pause);
}

void
mp_sweep_run_resume (MpSweepRun *self)
{
  change (self, MP_SWEEP_RUNNING, mp_trainer_play);
}

void
mp_sweep_run_stop (MpSweepRun *self)
{
  change (self, MP_SWEEP_STOPPING, mp_trainer_stop);
}

void
mp_sweep_run_join (MpSweepRun *self)
{
  g_mutex_lock (&self->mutex);
  while (self->activity != MP_SWEEP_RESTING)
    g_cond_wait (&self->changed, &self->mutex);
  g_mutex_unlock (&self->mutex);
  join_threads (self);
}
