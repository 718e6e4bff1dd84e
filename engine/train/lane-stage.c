/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-stage.c: gives a lane the frozen weights of its extractor, from the cache of stages or by training one.
 *
 * The stage is a lane of its own: a trainer with a run folder, which this lane watches. So it is the same loop, its run
 * can be looked at like any other, and it can be interrupted and gone on with. Commands that concern it are passed on
 * meanwhile (play, pause, stop), the others wait for the lane's own iterations. A step asks for these, so the stage
 * trains for it. A speed limit is about what people watch, and that is not the stage.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/lane.h"

#include "engine/train/stage.h"

#define TICK (20 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  MpLane    *lane;
  MpStage   *stage;
  MpTrainer *trainer;  /* the stage's, or NULL */
  gboolean   stepping; /* a command that waits needs the lane */
} Watch;

/* A pause also takes back steps that wait for the stage. Call with the mutex held. */
static void
take_back_steps (Watch *watch)
{
  GQueue *commands = &watch->lane->trainer->commands;

  for (GList *link = commands->head, *next; link != NULL; link = next) {
    MpCommand *command = link->data;

    next = link->next;
    if (command->type == MP_COMMAND_PAUSE)
      break;
    if (command->type != MP_COMMAND_ITERATION && command->type != MP_COMMAND_PHASE)
      continue;
    g_queue_delete_link (commands, link);
    mp_command_free (command);
  }
  watch->stepping = FALSE;
}

/* Whether the command was all for the stage. Call with the mutex held. */
static gboolean
obey_command (Watch           *watch,
              const MpCommand *command)
{
  MpLane *lane = watch->lane;

  switch (command->type) {
  case MP_COMMAND_PLAY:
    lane->playing = TRUE;
    return TRUE;
  case MP_COMMAND_PAUSE:
    lane->playing = FALSE;
    take_back_steps (watch);
    return TRUE;
  case MP_COMMAND_STOP:
    lane->stopping = TRUE;
    return TRUE;
  case MP_COMMAND_ITERATION:
  case MP_COMMAND_PHASE:
    lane->playing = FALSE;
    watch->stepping = TRUE;
    return FALSE;
  case MP_COMMAND_PAUSE_AT:
  case MP_COMMAND_SPEED:
  case MP_COMMAND_LIVE:
  case MP_COMMAND_CHECKPOINT:
    return FALSE;
  }
  g_assert_not_reached ();
}

static gboolean
is_wanted (Watch *watch)
{
  return watch->lane->playing || watch->stepping;
}

/* Waits for a command or a moment, and obeys what concerns the stage. */
static void
obey_a_while (Watch *watch)
{
  MpTrainer *trainer = watch->lane->trainer;
  gint64 end = g_get_monotonic_time () + TICK;

  g_mutex_lock (&trainer->mutex);
  g_cond_wait_until (&trainer->wake, &trainer->mutex, end);
  watch->stepping = FALSE;
  for (GList *link = trainer->commands.head, *next; link != NULL; link = next) {
    MpCommand *command = link->data;

    next = link->next;
    if (!obey_command (watch, command))
      continue;
    g_queue_delete_link (&trainer->commands, link);
    mp_command_free (command);
  }
  g_mutex_unlock (&trainer->mutex);
}

/* "Training the autoencoder: 40 %", or before it began "Training the autoencoder comes first: press play" */
static void
tell_progress (Watch *watch)
{
  guint64 done = mp_trainer_get_iteration (watch->trainer);
  guint64 n = MAX (1, mp_trainer_get_n_iterations (watch->trainer));
  const char *what = _(mp_stage_get_activity (watch->stage));
  int percent = (int) (100 * done / n);
  g_autofree char *text = is_wanted (watch) ? g_strdup_printf (_("%s: %d %%"), what, percent)
                          : done > 0 ? g_strdup_printf (_("%s: %d %%, paused"), what, percent)
                          : g_strdup_printf (_("%s comes first: press play"), what);

  /* At most two hundred different ones, which then are static as activities are. */
  mp_lane_tell_activity (g_intern_string (text), watch->lane->trainer);
}

/* Takes the lock. FALSE with an error, or without one when the lane shall stop. */
static gboolean
wait_for_lock (Watch   *watch,
               GError **error)
{
  gboolean locked = FALSE;

  while (!locked) {
    if (!mp_stage_lock (watch->stage, &locked, error))
      return FALSE;
    if (locked)
      break;
    mp_lane_tell_activity (_("Waiting for the same stage of another lane"), watch->lane->trainer);
    obey_a_while (watch);
    if (watch->lane->stopping)
      return FALSE;
  }
  return TRUE;
}

/* Trains until the stage is over. FALSE with an error, or without one when the lane shall stop. */
static gboolean
train (Watch      *watch,
       const char *run_dir,
       gboolean    resume,
       GError    **error)
{
  const MpTrainerOptions *mine = &watch->lane->trainer->options;
  MpTrainerOptions options = { .device = mine->device, .n_threads = mine->n_threads, .run_dir = run_dir,
                               .resume = resume, .iterations = -1, .start_paused = !is_wanted (watch),
                               .gives_way = mine->gives_way };
  gboolean wanted = is_wanted (watch);
  g_autoptr (GError) reason = NULL;
  MpLaneState state;

  watch->trainer = mp_trainer_new (mp_stage_get_experiment (watch->stage), &options);
  while ((state = mp_trainer_get_state (watch->trainer)) < MP_LANE_FINISHED) {
    tell_progress (watch);
    obey_a_while (watch);
    if (watch->lane->stopping)
      mp_trainer_stop (watch->trainer);
    else if (is_wanted (watch) != wanted)
      (wanted ? mp_trainer_pause : mp_trainer_play) (watch->trainer);
    wanted = is_wanted (watch);
  }
  mp_trainer_join (watch->trainer);
  reason = mp_trainer_dup_error (watch->trainer);
  g_clear_object (&watch->trainer);

  if (state == MP_LANE_DIVERGED)
    g_set_error (error, MP_ERROR, MP_ERROR_STATE,
                 "The stage before the method diverged: %s Its run is kept in “%s”. A smaller [extractor] "
                 "learning_rate may help.", reason->message, run_dir);
  else if (state == MP_LANE_FAILED)
    g_propagate_prefixed_error (error, g_steal_pointer (&reason), "%s: ", mp_stage_get_activity (watch->stage));
  return state == MP_LANE_FINISHED;
}

/* From what the cache has: done, FALSE where it has to be trained anew. */
static gboolean
use_cache (Watch    *watch,
           gboolean *done)
{
  MpStore *store = mp_loop_get_store (watch->lane->loop);
  g_autofree char *dir = NULL;
  g_autoptr (GError) error = NULL;
  MpStageState state = mp_stage_look_up (watch->stage, &dir);

  *done = FALSE;
  if (state == MP_STAGE_PARTIAL && !train (watch, dir, TRUE, &error) && error == NULL)
    return FALSE;
  if (state != MP_STAGE_ABSENT && error == NULL)
    *done = mp_stage_load (watch->stage, dir, store, &error);
  if (error != NULL)
    g_info ("%s The stage is trained anew.", error->message);
  return TRUE;
}

static gboolean
train_anew (Watch   *watch,
            GError **error)
{
  g_autofree char *dir = mp_run_new_path (NULL, mp_stage_get_experiment (watch->stage));

  /* Remembered before it is there: what is interrupted is gone on with. */
  return mp_stage_remember (watch->stage, dir, error)
         && train (watch, dir, FALSE, error)
         && mp_stage_load (watch->stage, dir, mp_loop_get_store (watch->lane->loop), error);
}

gboolean
mp_lane_run_stage (MpLane  *lane,
                   GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (MpStage) stage = mp_stage_new (lane->loop, lane->class, lane->device, &failure);
  Watch watch = { .lane = lane, .stage = stage };
  gboolean done = FALSE;

  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  if (stage == NULL)
    return TRUE;
  if (!wait_for_lock (&watch, error))
    return FALSE;
  if (!lane->trainer->options.new_stage && !use_cache (&watch, &done))
    return FALSE;
  return done || train_anew (&watch, error);
}
