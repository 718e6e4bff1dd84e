/* SPDX-License-Identifier: Apache-2.0
 *
 * lane.c: the thread of a lane: obey, iterate, record, and be over.
 *
 * Between two units of work (iterations, or phases when stepping) one atomic load tells whether somebody wants
 * something; only then the mutex is taken. An iteration itself touches nothing shared but the scalars it reports.
 *
 * Where a device computes beside the host (loop.h) the lane puts iterations on their way and does what follows from an
 * iteration when its row arrives: `submitted` is ahead of `iteration`. Evaluations draw their samples in time with the
 * iterations and go on when these arrive. What needs the device's memory as it is after an iteration (checkpoints, kept
 * samples) or must not change under iterations that are on their way (live settings, single phases) waits for them
 * first; none of it happens often.
 */
#include "engine/train/lane.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

#define LOWER_PRIORITY 5

/* ---- commands ---- */

static gboolean
is_between_iterations (MpLane *lane)
{
  return lane->phase == 0 && lane->repetition == 0;
}

/* All iterations are done, or one had no finite reports. */
static gboolean
is_through (MpLane *lane)
{
  return lane->iteration >= lane->n_iterations || lane->divergence != NULL;
}

static gboolean
is_time (MpLane *lane)
{
  return lane->speed == 0 || g_get_monotonic_time () >= lane->next_at;
}

static gboolean
has_work (MpLane *lane)
{
  return lane->step != MP_STEP_NONE || lane->stopping || lane->submitted > lane->iteration
         || (lane->playing && is_time (lane));
}

static gboolean
needs_whole_iteration (const MpCommand *command)
{
  return command->type == MP_COMMAND_LIVE || command->type == MP_COMMAND_CHECKPOINT;
}

/* The first command that can be obeyed now, or NULL. Call with the mutex held. */
static MpCommand *
take_command (MpLane *lane)
{
  GQueue *commands = &lane->trainer->commands;

  lane->deferred = FALSE;
  for (GList *link = commands->head; link != NULL; link = link->next) {
    MpCommand *command = link->data;

    if (needs_whole_iteration (command) && !is_between_iterations (lane)) {
      lane->deferred = TRUE;
      continue;
    }
    g_queue_delete_link (commands, link);
    return command;
  }
  return NULL;
}

static gboolean receive (MpLane *lane, gboolean wait, guint64 *n, GError **error);

/* Waits for all iterations that are on their way. FALSE after an error. */
static gboolean
catch_up (MpLane  *lane,
          GError **error)
{
  guint64 n;

  while (lane->submitted > lane->iteration && lane->divergence == NULL)
    if (!receive (lane, TRUE, &n, error))
      return FALSE;
  return TRUE;
}

static gboolean
change (MpLane          *lane,
        const MpCommand *command,
        GError         **error)
{
  g_autofree char *assignment = g_strdup_printf ("%s.%s=%s", command->group, command->key, command->value);

  if (!mp_experiment_set_value (lane->experiment, command->group, command->key, command->value, error))
    return FALSE;
  if (g_str_equal (command->group, "evaluate"))
    lane->every = (guint64) mp_experiment_get_int (lane->experiment, "evaluate", "every");
  else if (!mp_loop_update_live (lane->loop, command->group, command->key, error))
    return FALSE;
  return lane->run == NULL || mp_run_append_event (lane->run, lane->iteration, assignment, error);
}

static void
play (MpLane *lane)
{
  lane->playing = TRUE;
  lane->settled = FALSE;
  lane->mark = lane->next_at = g_get_monotonic_time ();
  mp_trainer_publish_state (lane->trainer, MP_LANE_TRAINING);
}

/* Where mp_trainer_pause_at () said. */
static void
pause_where_asked (MpLane *lane)
{
  if (lane->pause_at == 0 || lane->submitted < lane->pause_at)
    return;
  lane->playing = FALSE;
  lane->pause_at = 0;
}

static gboolean
execute (MpLane          *lane,
         const MpCommand *command,
         GError         **error)
{
  if (needs_whole_iteration (command)) {
    if (!catch_up (lane, error))
      return FALSE;
    if (lane->divergence != NULL)
      return TRUE;
  }
  switch (command->type) {
  case MP_COMMAND_PLAY:
    play (lane);
    return TRUE;
  case MP_COMMAND_PAUSE:
    lane->playing = FALSE;
    return TRUE;
  case MP_COMMAND_PAUSE_AT:
    lane->pause_at = command->iteration;
    pause_where_asked (lane);
    return TRUE;
  case MP_COMMAND_ITERATION:
    lane->playing = FALSE;
    lane->step = MP_STEP_ITERATION;
    return TRUE;
  case MP_COMMAND_PHASE:
    lane->playing = FALSE;
    lane->step = MP_STEP_PHASE;
    return TRUE;
  case MP_COMMAND_SPEED:
    lane->speed = command->speed;
    lane->next_at = g_get_monotonic_time ();
    return TRUE;
  case MP_COMMAND_LIVE:
    return change (lane, command, error);
  case MP_COMMAND_CHECKPOINT:
    return lane->run == NULL || mp_lane_save_checkpoint (lane, FALSE, error);
  case MP_COMMAND_STOP:
    lane->stopping = TRUE;
    return TRUE;
  }
  g_assert_not_reached ();
}

/* Says that it is paused, once, with everything written that was measured. */
static gboolean
settle (MpLane  *lane,
        GError **error)
{
  lane->settled = TRUE;
  if (lane->run != NULL && !mp_run_flush (lane->run, error))
    return FALSE;
  mp_trainer_publish_state (lane->trainer, MP_LANE_PAUSED);
  return TRUE;
}

/* Does everything that is asked for, and waits until there is something to compute. */
static gboolean
obey (MpLane  *lane,
      GError **error)
{
  MpTrainer *trainer = lane->trainer;

  /* A step that waits for iterations on their way comes before the next command. */
  while (lane->step == MP_STEP_NONE
         && (__atomic_load_n (&trainer->attention, __ATOMIC_ACQUIRE) != 0 || !has_work (lane))) {
    MpCommand *command;
    gboolean snapshot, ok = TRUE;
    char **layers = NULL;

    while (!has_work (lane) && mp_loop_is_looking (lane->loop))
      mp_lane_poll_snapshot (lane, TRUE);
    if (!lane->playing && !lane->settled && !has_work (lane) && !settle (lane, error))
      return FALSE;
    g_mutex_lock (&trainer->mutex);
    command = take_command (lane);
    snapshot = trainer->wants_snapshot;
    if (snapshot)
      layers = g_steal_pointer (&trainer->wanted);
    trainer->wants_snapshot = FALSE;
    if (command == NULL && !snapshot) {
      /* Nobody is waited for while a snapshot is on its way: it has come above, or there is work. */
      __atomic_store_n (&trainer->attention, 0, __ATOMIC_RELEASE);
      if (!has_work (lane) && lane->playing)
        g_cond_wait_until (&trainer->wake, &trainer->mutex, lane->next_at);
      else if (!has_work (lane))
        g_cond_wait (&trainer->wake, &trainer->mutex);
    }
    g_mutex_unlock (&trainer->mutex);

    if (command != NULL) {
      ok = execute (lane, command, error);
      mp_command_free (command);
    }
    if (ok && snapshot)
      mp_lane_start_snapshot (lane, layers);
    else
      g_strfreev (layers);
    if (!ok)
      return FALSE;
    if (lane->stopping || is_through (lane))
      break;
  }
  return TRUE;
}

/* ---- work ---- */

/* Skips phases that run no more in this iteration. FALSE at its end. */
static gboolean
find_next_run (MpLane *lane)
{
  guint n = mp_loop_get_n_phases (lane->loop);

  while (lane->phase < n && lane->repetition >= mp_loop_get_repeat (lane->loop, lane->phase, lane->submitted)) {
    lane->phase++;
    lane->repetition = 0;
  }
  return lane->phase < n;
}

/* Runs the phase once and tells what it did. */
static gboolean
run_slowly (MpLane  *lane,
            GError **error)
{
  MpMinibatch *told = g_new0 (MpMinibatch, 1);
  MpProbe probe;
  gboolean ok = mp_loop_probe_phase (lane->loop, lane->phase, lane->submitted, lane->repetition, &probe, error);

  g_atomic_ref_count_init (&told->ref_count);
  told->iteration = lane->submitted;
  told->phase = lane->phase;
  told->title = mp_loop_get_phase_title (lane->loop, lane->phase);
  told->repetition = lane->repetition;
  told->n_repetitions = mp_loop_get_repeat (lane->loop, lane->phase, lane->submitted);
  told->n_real = probe.n_real;
  told->n_generated = probe.n_generated;
  told->dimensions = probe.dimensions;
  told->real = g_steal_pointer (&probe.real);
  told->generated = g_steal_pointer (&probe.generated);
  told->n_reports = lane->n_reports;
  told->now = g_memdup2 (probe.reports, MAX (lane->n_reports, 1) * sizeof (double));
  told->before = g_memdup2 (lane->values, MAX (lane->n_reports, 1) * sizeof (double));
  told->ids = g_new (const char *, MAX (lane->n_reports, 1));
  told->titles = g_new (const char *, MAX (lane->n_reports, 1));
  for (guint i = 0; i < lane->n_reports; i++) {
    told->ids[i] = g_intern_string (lane->trainer->series[i].id);
    told->titles[i] = g_intern_string (lane->trainer->series[i].title);
  }
  told->n_groups = MIN (probe.groups->len, G_N_ELEMENTS (told->groups));
  for (guint i = 0; i < told->n_groups; i++) {
    const MpProbeGroup *group = &g_array_index (probe.groups, MpProbeGroup, i);

    told->groups[i].group = group->group;
    told->groups[i].gradient = group->gradient;
    told->groups[i].update = group->update;
    told->groups[i].size = group->size;
  }
  /* Within an iteration the last value is the run before, not the iteration before. */
  for (guint i = 0; i < lane->n_reports; i++)
    if (!isnan (told->now[i]))
      lane->values[i] = told->now[i];
  mp_probe_clear (&probe);
  mp_trainer_publish_minibatch (lane->trainer, ok ? told : NULL);
  if (!ok)
    mp_minibatch_unref (told);
  return ok;
}

/* Runs a phase once, or the rest of an iteration that was begun so. over: the iteration is complete. */
static gboolean
run_phases (MpLane   *lane,
            gboolean  whole,
            gboolean *over,
            GError  **error)
{
  while (find_next_run (lane)) {
    if (whole ? !mp_loop_run_phase (lane->loop, lane->phase, lane->submitted, lane->repetition, error)
              : !run_slowly (lane, error))
      return FALSE;
    lane->repetition++;
    if (!whole && find_next_run (lane)) {
      *over = FALSE;
      return TRUE;
    }
  }
  *over = TRUE;
  lane->phase = 0;
  lane->repetition = 0;
  return mp_loop_end_iteration (lane->loop, lane->submitted, error);
}

static guint64
next_multiple (guint64 of,
               guint64 after)
{
  return of > 0 ? (after / of + 1) * of : G_MAXUINT64;
}

/* Nothing goes beyond this iteration before it is recorded. */
static guint64
find_limit (MpLane *lane)
{
  guint64 limit = lane->n_iterations;

  if (lane->run != NULL)
    limit = MIN (limit, MIN (lane->next_keyframe, next_multiple (lane->checkpoint_every, lane->iteration)));
  if (lane->pause_at > 0)
    limit = MIN (limit, lane->pause_at);
  return MAX (limit, lane->iteration + 1);
}

static gboolean
may_submit (MpLane *lane)
{
  gboolean asked = lane->step != MP_STEP_NONE || (lane->playing && is_time (lane));

  if (lane->step == MP_STEP_PHASE || !is_between_iterations (lane))
    return (asked || lane->stopping) && lane->submitted == lane->iteration;
  return asked && lane->submitted < find_limit (lane) && mp_loop_can_run (lane->loop);
}

/* Most iterations that may be put on their way at once: with a speed, some milliseconds' worth. */
static guint64
count_most (MpLane *lane)
{
  guint64 end = MIN (find_limit (lane), next_multiple (lane->every, lane->submitted));

  if (lane->step != MP_STEP_NONE)
    return 1;
  if (lane->speed > 0)
    end = MIN (end, lane->submitted + MAX (1, (guint64) MIN (lane->speed / 128, 1e6)));
  return end - lane->submitted;
}

/* What comes with the end of an iteration that was put on its way. */
static gboolean
end_submission (MpLane   *lane,
                guint64   n,
                gboolean  stepping,
                GError  **error)
{
  gboolean evaluate;

  lane->submitted += n;
  evaluate = lane->submitted % lane->every == 0;
  if (lane->speed > 0)
    lane->next_at = MAX (lane->next_at, g_get_monotonic_time () - G_USEC_PER_SEC / 4)
                    + (gint64) ((double) n * G_USEC_PER_SEC / lane->speed);
  if (lane->deferred)
    __atomic_store_n (&lane->trainer->attention, 1, __ATOMIC_RELEASE);
  if ((stepping || evaluate || lane->speed > 0 || lane->submitted == find_limit (lane))
      && !mp_loop_flush (lane->loop, error))
    return FALSE;
  return !evaluate || mp_loop_start_sample (lane->loop, error);
}

/* Runs a phase once, or puts iterations on their way. */
static gboolean
submit (MpLane  *lane,
        GError **error)
{
  gboolean stepping = lane->step != MP_STEP_NONE, phase = lane->step == MP_STEP_PHASE, over = TRUE;
  guint64 n = 1;

  if (phase || !is_between_iterations (lane)) {
    lane->step = MP_STEP_NONE;
    if (!run_phases (lane, !phase, &over, error))
      return FALSE;
  } else {
    guint64 most = count_most (lane);

    lane->step = MP_STEP_NONE;
    if (!mp_loop_run_iterations (lane->loop, lane->submitted, most, &n, error))
      return FALSE;
  }
  return !over || end_submission (lane, n, stepping || phase, error);
}

static double
count_rate (MpLane  *lane,
            gint64   now,
            guint64  n)
{
  gint64 time = 0;
  guint64 count = 0;

  lane->bucket_time[lane->bucket] += now - lane->mark;
  lane->bucket_count[lane->bucket] += n;
  lane->mark = now;
  for (guint i = 0; i < MP_RATE_BUCKETS; i++) {
    time += lane->bucket_time[i];
    count += lane->bucket_count[i];
  }
  if (lane->bucket_time[lane->bucket] >= G_USEC_PER_SEC / MP_RATE_BUCKETS) {
    lane->bucket = (lane->bucket + 1) % MP_RATE_BUCKETS;
    lane->bucket_time[lane->bucket] = 0;
    lane->bucket_count[lane->bucket] = 0;
  }
  return time > 0 ? (double) count * G_USEC_PER_SEC / (double) time : 0;
}

/* What follows from an iteration, once its row is there. */
static gboolean
end_iteration (MpLane           *lane,
               const MpLoopRow  *row,
               GError          **error)
{
  lane->iteration = row->iteration + 1;
  memcpy (lane->values, row->values, lane->n_reports * sizeof *row->values);
  if (!mp_lane_append (lane, 0, lane->n_reports, error))
    return FALSE;
  if (!row->finite) {
    lane->divergence = mp_loop_find_divergence (lane->loop, row->iteration);
    lane->submitted = lane->iteration;
    return TRUE;
  }
  return mp_lane_record (lane, error);
}

/* Takes the rows that are there, or with wait at least one. n: (out): how many. */
static gboolean
receive (MpLane   *lane,
         gboolean  wait,
         guint64  *n,
         GError  **error)
{
  MpLoopRow row;

  for (*n = 0; lane->divergence == NULL; (*n)++) {
    if (!mp_loop_take_row (lane->loop, wait && *n == 0, &row, error))
      return FALSE;
    if (row.values == NULL)
      break;
    if (!end_iteration (lane, &row, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
work (MpLane  *lane,
      GError **error)
{
  gint64 start = g_get_monotonic_time (), end;
  gboolean ahead = may_submit (lane);
  guint64 n;

  if (!lane->playing && lane->submitted == lane->iteration)
    lane->mark = start;
  if ((ahead && !submit (lane, error)) || !receive (lane, !ahead, &n, error))
    return FALSE;
  pause_where_asked (lane);
  end = g_get_monotonic_time ();
  lane->seconds += (double) (end - start) / G_USEC_PER_SEC;
  __atomic_store_n (&lane->trainer->phase, (gint) lane->phase, __ATOMIC_RELAXED);
  mp_trainer_publish_progress (lane->trainer, lane->iteration, lane->seconds,
                               n > 0 ? count_rate (lane, end, n) : mp_trainer_get_rate (lane->trainer));
  if (mp_loop_is_looking (lane->loop))
    mp_lane_poll_snapshot (lane, FALSE);
  mp_trainer_tell (lane->trainer);
  return TRUE;
}

static gboolean
train (MpLane  *lane,
       GError **error)
{
  if (lane->playing)
    play (lane);
  while (!is_through (lane)) {
    if (!obey (lane, error))
      return FALSE;
    if (lane->stopping && is_between_iterations (lane))
      return catch_up (lane, error);
    if (!is_through (lane) && !work (lane, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- the end ---- */

/* Leaves the run folder as the lane ends. */
static gboolean
conclude (MpLane     *lane,
          MpLaneState state,
          GError    **error)
{
  gboolean whole = lane->trainer->prepared && (state == MP_LANE_FINISHED || state == MP_LANE_STOPPED);

  if (state == MP_LANE_FINISHED && lane->evaluated_at != lane->iteration
      && !(mp_lane_evaluate (lane, error) && mp_lane_append_metrics (lane, error)))
    return FALSE;
  if (lane->run == NULL)
    return TRUE;
  if (whole && (!mp_lane_save_keyframe (lane, error) || !mp_lane_save_checkpoint (lane, FALSE, error)))
    return FALSE;
  mp_run_set_message (lane->run, lane->divergence);
  return mp_run_save_state (lane->run, mp_lane_state_name (state), lane->iteration, lane->seconds, error);
}

static void
end_lane (MpLane *lane,
          GError *error)
{
  MpLaneState state = lane->stopping ? MP_LANE_STOPPED : MP_LANE_FINISHED;
  GError *result = error;

  if (lane->loop != NULL && lane->iteration >= lane->n_iterations)
    state = MP_LANE_FINISHED;
  if (lane->divergence != NULL) {
    state = MP_LANE_DIVERGED;
    result = g_error_new_literal (MP_ERROR, MP_ERROR_STATE, lane->divergence);
  }
  if (error == NULL && !conclude (lane, state, &error)) {
    g_clear_error (&result);
    result = error;
  }
  if (error != NULL) {
    state = MP_LANE_FAILED;
    /* Where the disk is full this fails too; the folder then says "interrupted" to whoever opens it. */
    if (lane->run != NULL && lane->trainer->prepared) {
      mp_run_set_message (lane->run, error->message);
      mp_run_save_state (lane->run, mp_lane_state_name (state), lane->iteration, lane->seconds, NULL);
    }
  }
  g_clear_pointer (&lane->run, mp_run_close);
  /* An iteration that could not be recorded was done all the same. */
  if (lane->trainer->prepared)
    mp_trainer_publish_progress (lane->trainer, lane->iteration, lane->seconds, mp_trainer_get_rate (lane->trainer));
  mp_trainer_publish_end (lane->trainer, state, result);
}

/* Shows itself to whoever asks until somebody joins. */
static void
linger (MpLane *lane)
{
  MpTrainer *trainer = lane->trainer;

  g_mutex_lock (&trainer->mutex);
  while (!trainer->leave) {
    if (trainer->wants_snapshot && lane->loop != NULL && trainer->prepared) {
      char **layers = g_steal_pointer (&trainer->wanted);

      trainer->wants_snapshot = FALSE;
      g_mutex_unlock (&trainer->mutex);
      mp_lane_start_snapshot (lane, layers);
      while (mp_loop_is_looking (lane->loop))
        mp_lane_poll_snapshot (lane, TRUE);
      g_mutex_lock (&trainer->mutex);
      continue;
    }
    g_queue_clear_full (&trainer->commands, (GDestroyNotify) mp_command_free);
    g_cond_wait (&trainer->wake, &trainer->mutex);
  }
  g_mutex_unlock (&trainer->mutex);
}

/* On Linux a priority is the calling thread's, and of those that it starts: OpenMP's. Where all processors are free
 * nothing is lost; where lanes fill them, frames are not painted in between their time slices. */
static void
give_way (void)
{
  setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + LOWER_PRIORITY);
}

gpointer
mp_lane_thread (gpointer data)
{
  MpTrainer *trainer = data;
  MpLane lane = {
    .trainer = trainer, .experiment = mp_experiment_copy (trainer->initial), .playing = !trainer->options.start_paused
  };
  GError *error = NULL;

  if (trainer->options.gives_way)
    give_way ();
  if (mp_lane_prepare (&lane, &error))
    train (&lane, &error);
  end_lane (&lane, error);
  linger (&lane);

  g_clear_pointer (&lane.loop, mp_loop_free);
  if (lane.device != NULL)
    lane.class->close (lane.device);
  mp_experiment_unref (lane.experiment);
  g_clear_pointer (&lane.metrics, g_array_unref);
  g_clear_pointer (&lane.automatic, g_array_unref);
  g_free (lane.values);
  g_free (lane.numbers);
  g_free (lane.reference);
  g_strfreev (lane.next_shown);
  g_free (lane.divergence);
  return NULL;
}
