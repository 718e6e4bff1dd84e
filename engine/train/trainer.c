/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer.c: the owner's side of a lane: commands, state, scalars, snapshots. The lane's side is lane.c.
 */
#include "engine/train/trainer-private.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (MpTrainer, mp_trainer, G_TYPE_OBJECT)

const char *
mp_lane_state_name (MpLaneState state)
{
  static const char *const names[] = {
    [MP_LANE_PREPARING] = "preparing", [MP_LANE_PAUSED] = "paused",     [MP_LANE_TRAINING] = "training",
    [MP_LANE_FINISHED] = "finished",   [MP_LANE_STOPPED] = "stopped",   [MP_LANE_DIVERGED] = "diverged",
    [MP_LANE_FAILED] = "failed",
  };

  return names[state];
}

static guint64
bits_of (double value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static double
double_of (guint64 bits)
{
  double value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static gboolean
is_over (MpLaneState state)
{
  return state >= MP_LANE_FINISHED;
}

/* ---- the lane's side ---- */

void
mp_trainer_tell (MpTrainer *self)
{
  if (__atomic_exchange_n (&self->notified, 1, __ATOMIC_ACQ_REL) != 0)
    return;
  g_mutex_lock (&self->notify_mutex);
  if (self->notify != NULL)
    self->notify (self->notify_data);
  g_mutex_unlock (&self->notify_mutex);
}

void
mp_trainer_publish_state (MpTrainer  *self,
                          MpLaneState state)
{
  if ((MpLaneState) __atomic_exchange_n (&self->state, (gint) state, __ATOMIC_ACQ_REL) != state)
    mp_trainer_tell (self);
}

void
mp_trainer_publish_progress (MpTrainer *self,
                             guint64    iteration,
                             double     seconds,
                             double     rate)
{
  __atomic_store_n (&self->seconds_bits, bits_of (seconds), __ATOMIC_RELAXED);
  __atomic_store_n (&self->rate_bits, bits_of (rate), __ATOMIC_RELAXED);
  __atomic_store_n (&self->iteration, iteration, __ATOMIC_RELEASE);
}

void
mp_trainer_publish_look (MpTrainer *self,
                         double     seconds)
{
  __atomic_store_n (&self->look_bits, bits_of (seconds), __ATOMIC_RELAXED);
}

void
mp_trainer_publish_recording (MpTrainer *self,
                              double     seconds)
{
  __atomic_store_n (&self->recording_bits, bits_of (seconds), __ATOMIC_RELAXED);
}

void
mp_trainer_publish_end (MpTrainer  *self,
                        MpLaneState state,
                        GError     *error)
{
  g_mutex_lock (&self->mutex);
  self->error = error;
  g_mutex_unlock (&self->mutex);
  mp_trainer_publish_state (self, state);
}

void
mp_trainer_publish_scalars (MpTrainer    *self,
                            guint64       iteration,
                            guint         first,
                            guint         n,
                            const double *values)
{
  g_mutex_lock (&self->latest_mutex);
  memcpy (self->latest + first, values, n * sizeof (double));
  g_mutex_unlock (&self->latest_mutex);
  if (self->scalars != NULL)
    mp_scalar_queue_push (self->scalars, iteration, first, n, values);
}

void
mp_trainer_publish_metrics (MpTrainer    *self,
                            const GArray *values)
{
  GArray *copy = g_array_sized_new (FALSE, FALSE, sizeof (MpMetricValue), values->len);
  GArray *old;

  g_array_append_vals (copy, values->data, values->len);
  g_mutex_lock (&self->mutex);
  old = self->metrics;
  self->metrics = copy;
  g_mutex_unlock (&self->mutex);
  g_clear_pointer (&old, g_array_unref);
}

void
mp_trainer_publish_snapshot (MpTrainer  *self,
                             MpSnapshot *snapshot)
{
  MpSnapshot *old;

  g_mutex_lock (&self->mutex);
  old = self->snapshot;
  self->snapshot = snapshot;
  g_mutex_unlock (&self->mutex);
  g_clear_pointer (&old, mp_snapshot_unref);
}

void
mp_trainer_publish_minibatch (MpTrainer   *self,
                              MpMinibatch *minibatch)
{
  MpMinibatch *old;

  g_mutex_lock (&self->mutex);
  old = self->minibatch;
  self->minibatch = minibatch;
  g_mutex_unlock (&self->mutex);
  g_clear_pointer (&old, mp_minibatch_unref);
}

/* ---- object ---- */

void
mp_command_free (MpCommand *command)
{
  g_free (command->group);
  g_free (command->key);
  g_free (command->value);
  g_free (command);
}

static void
mp_trainer_finalize (GObject *object)
{
  MpTrainer *self = MP_TRAINER (object);

  mp_trainer_set_notify (self, NULL, NULL);
  mp_trainer_stop (self);
  mp_trainer_join (self);

  g_queue_clear_full (&self->commands, (GDestroyNotify) mp_command_free);
  g_clear_pointer (&self->restored, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_clear_pointer (&self->snapshot, mp_snapshot_unref);
  g_clear_pointer (&self->minibatch, mp_minibatch_unref);
  g_clear_pointer (&self->metrics, g_array_unref);
  g_clear_pointer (&self->scalars, mp_scalar_queue_free);
  for (guint i = 0; i < self->n_series; i++)
    g_free ((char *) self->series[i].title);
  g_free (self->series);
  g_strfreev (self->wanted);
  g_free (self->layers);
  g_free (self->phases);
  g_free (self->latest);
  mp_experiment_unref (self->experiment);
  mp_experiment_unref (self->initial);
  g_free (self->device);
  g_free (self->device_name);
  g_free (self->device_note);
  g_free (self->anew);
  g_free (self->passed_over);
  g_free (self->run_dir);
  g_free (self->from);
  g_mutex_clear (&self->mutex);
  g_mutex_clear (&self->latest_mutex);
  g_mutex_clear (&self->notify_mutex);
  g_cond_clear (&self->wake);

  G_OBJECT_CLASS (mp_trainer_parent_class)->finalize (object);
}

static void
mp_trainer_class_init (MpTrainerClass *class)
{
  G_OBJECT_CLASS (class)->finalize = mp_trainer_finalize;
}

static void
mp_trainer_init (MpTrainer *self)
{
  g_mutex_init (&self->mutex);
  g_mutex_init (&self->latest_mutex);
  g_mutex_init (&self->notify_mutex);
  g_cond_init (&self->wake);
  g_queue_init (&self->commands);
}

MpTrainer *
mp_trainer_new (MpExperiment           *experiment,
                const MpTrainerOptions *options)
{
  MpTrainer *self = g_object_new (MP_TYPE_TRAINER, NULL);

  self->options = *options;
  self->device = g_strdup (options->device);
  self->run_dir = g_strdup (options->run_dir);
  self->options.device = self->device;
  self->options.run_dir = self->run_dir;
  self->from = g_strdup (options->from);
  self->options.from = self->from;
  self->experiment = mp_experiment_copy (experiment);
  if (options->iterations >= 0) {
    g_autofree char *iterations = g_strdup_printf ("%" G_GINT64_FORMAT, MAX (options->iterations, 1));

    mp_experiment_set_value (self->experiment, "train", "iterations", iterations, NULL);
  }
  self->initial = mp_experiment_copy (self->experiment);
  self->n_iterations = (guint64) mp_experiment_get_int (self->experiment, "train", "iterations");
  if (options->scalars)
    self->scalars = mp_scalar_queue_new ();
  self->thread = g_thread_new ("lane", mp_lane_thread, self);
  return self;
}

MpExperiment *
mp_trainer_get_experiment (MpTrainer *self)
{
  g_autoptr (GPtrArray) restored = NULL;

  g_mutex_lock (&self->mutex);
  restored = g_steal_pointer (&self->restored);
  g_mutex_unlock (&self->mutex);
  for (guint i = 0; restored != NULL && i < restored->len; i++)
    mp_experiment_set (self->experiment, restored->pdata[i], NULL);
  return self->experiment;
}

const char *
mp_trainer_get_run_dir (MpTrainer *self)
{
  return self->run_dir;
}

/* ---- commands ---- */

/* Call with the mutex held. */
static void
wake_lane (MpTrainer *self)
{
  __atomic_store_n (&self->attention, 1, __ATOMIC_RELEASE);
  g_cond_broadcast (&self->wake);
}

static MpCommand *
command_new (MpCommandType type)
{
  MpCommand *command = g_new0 (MpCommand, 1);

  command->type = type;
  return command;
}

static void
send (MpTrainer *self,
      MpCommand *command)
{
  g_mutex_lock (&self->mutex);
  g_queue_push_tail (&self->commands, command);
  wake_lane (self);
  g_mutex_unlock (&self->mutex);
}

void
mp_trainer_play (MpTrainer *self)
{
  send (self, command_new (MP_COMMAND_PLAY));
}

void
mp_trainer_pause (MpTrainer *self)
{
  send (self, command_new (MP_COMMAND_PAUSE));
}

void
mp_trainer_pause_at (MpTrainer *self,
                     guint64    iteration)
{
  MpCommand *command = command_new (MP_COMMAND_PAUSE_AT);

  command->iteration = iteration;
  send (self, command);
}

void
mp_trainer_step_iteration (MpTrainer *self)
{
  send (self, command_new (MP_COMMAND_ITERATION));
}

void
mp_trainer_step_phase (MpTrainer *self)
{
  send (self, command_new (MP_COMMAND_PHASE));
}

void
mp_trainer_set_speed (MpTrainer *self,
                      double     iterations_per_second)
{
  MpCommand *command = command_new (MP_COMMAND_SPEED);

  command->speed = MAX (iterations_per_second, 0);
  send (self, command);
}

static guint
list_length (MpExperiment  *experiment,
             const MpParam *param,
             const char    *group,
             const char    *key)
{
  guint n = 1;

  if (param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS)
    mp_experiment_get_doubles (experiment, group, key, &n);
  return n;
}

static gboolean
check_method (MpExperiment  *experiment,
              GError       **error)
{
  const char *kind = mp_experiment_get_string (experiment, "method", "kind");
  const MpMethod *method = (const MpMethod *) mp_registry_find (MP_KIND_METHOD, kind);

  return method->check == NULL || method->check (experiment, error);
}

gboolean
mp_trainer_set_live (MpTrainer  *self,
                     const char *group,
                     const char *key,
                     const char *value,
                     GError    **error)
{
  MpExperiment *experiment = mp_trainer_get_experiment (self);
  const MpParam *param = mp_experiment_find_param (experiment, group, key);
  g_autoptr (MpExperiment) changed = NULL;
  MpCommand *command;

  if (param == NULL || !param->live) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 param == NULL ? "There is no “%s.%s” in this experiment."
                                 : "“%s.%s” cannot change while a lane is running; restart the lane to change it.",
                 group, key);
    return FALSE;
  }
  if (is_over (mp_trainer_get_state (self))) {
    g_set_error (error, MP_ERROR, MP_ERROR_STATE, "The lane is over (%s); “%s.%s” would change nothing.",
                 mp_lane_state_name (mp_trainer_get_state (self)), group, key);
    return FALSE;
  }
  changed = mp_experiment_copy (experiment);
  if (!mp_experiment_set_value (changed, group, key, value, error))
    return FALSE;
  if (list_length (changed, param, group, key) != list_length (experiment, param, group, key)) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "“%s.%s = %s” is a list of %u; while a lane is running it must stay one of %u.", group, key, value,
                 list_length (changed, param, group, key), list_length (experiment, param, group, key));
    return FALSE;
  }

  if (!check_method (changed, error))
    return FALSE;

  mp_experiment_set_value (experiment, group, key, value, NULL);
  command = command_new (MP_COMMAND_LIVE);
  command->group = g_strdup (group);
  command->key = g_strdup (key);
  command->value = g_strdup (value);
  send (self, command);
  return TRUE;
}

void
mp_trainer_checkpoint (MpTrainer *self)
{
  send (self, command_new (MP_COMMAND_CHECKPOINT));
}

void
mp_trainer_stop (MpTrainer *self)
{
  send (self, command_new (MP_COMMAND_STOP));
}

void
mp_trainer_join (MpTrainer *self)
{
  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->mutex);
  self->leave = TRUE;
  wake_lane (self);
  g_mutex_unlock (&self->mutex);
  g_thread_join (g_steal_pointer (&self->thread));
}

/* ---- looking ---- */

MpLaneState
mp_trainer_get_state (MpTrainer *self)
{
  return (MpLaneState) __atomic_load_n (&self->state, __ATOMIC_ACQUIRE);
}

guint64
mp_trainer_get_iteration (MpTrainer *self)
{
  return __atomic_load_n (&self->iteration, __ATOMIC_ACQUIRE);
}

guint64
mp_trainer_get_n_iterations (MpTrainer *self)
{
  return __atomic_load_n (&self->n_iterations, __ATOMIC_ACQUIRE);
}

double
mp_trainer_get_seconds (MpTrainer *self)
{
  return double_of (__atomic_load_n (&self->seconds_bits, __ATOMIC_RELAXED));
}

double
mp_trainer_get_rate (MpTrainer *self)
{
  return double_of (__atomic_load_n (&self->rate_bits, __ATOMIC_RELAXED));
}

double
mp_trainer_get_look_seconds (MpTrainer *self)
{
  return double_of (__atomic_load_n (&self->look_bits, __ATOMIC_RELAXED));
}

double
mp_trainer_get_recording_seconds (MpTrainer *self)
{
  return double_of (__atomic_load_n (&self->recording_bits, __ATOMIC_RELAXED));
}

GError *
mp_trainer_dup_error (MpTrainer *self)
{
  GError *error = NULL;

  g_mutex_lock (&self->mutex);
  if (self->error != NULL)
    error = g_error_copy (self->error);
  g_mutex_unlock (&self->mutex);
  return error;
}

static gboolean
is_prepared (MpTrainer *self)
{
  return __atomic_load_n (&self->prepared, __ATOMIC_ACQUIRE) != 0;
}

char *
mp_trainer_dup_phase (MpTrainer *self)
{
  if (!is_prepared (self))
    return NULL;
  return g_strdup (self->phases[__atomic_load_n (&self->phase, __ATOMIC_RELAXED)]);
}

const char *const *
mp_trainer_get_phases (MpTrainer *self,
                       guint     *n)
{
  *n = is_prepared (self) ? self->n_phases : 0;
  return *n > 0 ? self->phases : NULL;
}

guint
mp_trainer_get_phase (MpTrainer *self)
{
  return (guint) __atomic_load_n (&self->phase, __ATOMIC_RELAXED);
}

MpMinibatch *
mp_trainer_dup_minibatch (MpTrainer *self)
{
  MpMinibatch *minibatch = NULL;

  g_mutex_lock (&self->mutex);
  if (self->minibatch != NULL)
    minibatch = mp_minibatch_ref (self->minibatch);
  g_mutex_unlock (&self->mutex);
  return minibatch;
}

char *
mp_trainer_dup_device (MpTrainer *self)
{
  char *name;

  g_mutex_lock (&self->mutex);
  name = g_strdup (self->device_name);
  g_mutex_unlock (&self->mutex);
  return name;
}

const char *
mp_trainer_get_device_class (MpTrainer *self)
{
  const char *id;

  g_mutex_lock (&self->mutex);
  id = self->device_class;
  g_mutex_unlock (&self->mutex);
  return id;
}

char *
mp_trainer_dup_device_note (MpTrainer *self)
{
  char *note;

  g_mutex_lock (&self->mutex);
  note = g_strdup (self->device_note);
  g_mutex_unlock (&self->mutex);
  return note;
}

char *
mp_trainer_dup_anew (MpTrainer *self)
{
  char *anew;

  g_mutex_lock (&self->mutex);
  anew = g_strdup (self->anew);
  g_mutex_unlock (&self->mutex);
  return anew;
}

char *
mp_trainer_dup_passed_over (MpTrainer *self)
{
  char *words;

  g_mutex_lock (&self->mutex);
  words = g_strdup (self->passed_over);
  g_mutex_unlock (&self->mutex);
  return words;
}

char *
mp_trainer_dup_activity (MpTrainer *self)
{
  char *activity;

  g_mutex_lock (&self->mutex);
  activity = g_strdup (self->activity);
  g_mutex_unlock (&self->mutex);
  return activity;
}

void
mp_trainer_set_notify (MpTrainer *self,
                       void     (*notify)(gpointer data),
                       gpointer   data)
{
  g_mutex_lock (&self->notify_mutex);
  self->notify = notify;
  self->notify_data = data;
  g_mutex_unlock (&self->notify_mutex);
  /* What was news before is news to a new listener. */
  __atomic_store_n (&self->notified, 0, __ATOMIC_RELEASE);
}

const MpSeriesInfo *
mp_trainer_get_series (MpTrainer *self,
                       guint     *n)
{
  *n = is_prepared (self) ? self->n_series : 0;
  return *n > 0 ? self->series : NULL;
}

void
mp_trainer_drain_scalars (MpTrainer *self,
                          GArray    *scalars)
{
  /* Before taking, so that what comes in between is told again. */
  __atomic_store_n (&self->notified, 0, __ATOMIC_RELEASE);
  if (self->scalars != NULL)
    mp_scalar_queue_drain (self->scalars, scalars);
}

void
mp_trainer_get_latest (MpTrainer *self,
                       double    *values)
{
  if (!is_prepared (self))
    return;
  g_mutex_lock (&self->latest_mutex);
  memcpy (values, self->latest, self->n_series * sizeof (double));
  g_mutex_unlock (&self->latest_mutex);
}

GArray *
mp_trainer_dup_metrics (MpTrainer *self)
{
  GArray *copy = NULL;

  g_mutex_lock (&self->mutex);
  if (self->metrics != NULL)
    copy = g_array_ref (self->metrics);
  g_mutex_unlock (&self->mutex);
  return copy;
}

void
mp_trainer_request_snapshot (MpTrainer         *self,
                             const char *const *layers)
{
  g_mutex_lock (&self->mutex);
  self->wants_snapshot = TRUE;
  g_strfreev (self->wanted);
  self->wanted = g_strdupv ((char **) layers);
  wake_lane (self);
  g_mutex_unlock (&self->mutex);
}

MpSnapshot *
mp_trainer_dup_snapshot (MpTrainer *self)
{
  MpSnapshot *snapshot = NULL;

  g_mutex_lock (&self->mutex);
  if (self->snapshot != NULL)
    snapshot = mp_snapshot_ref (self->snapshot);
  g_mutex_unlock (&self->mutex);
  return snapshot;
}

const MpLayerInfo *
mp_trainer_get_layers (MpTrainer *self,
                       guint     *n)
{
  *n = is_prepared (self) ? self->n_layers : 0;
  return *n > 0 ? self->layers : NULL;
}
