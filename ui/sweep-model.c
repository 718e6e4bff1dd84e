/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/sweep-model.h"

#include "ui/task.h"

#define NUMBERS_EVERY 250000   /* microseconds */
#define VIEWS_EVERY 150000
#define ELSEWHERE_EVERY 2000000

/* What a cell's thumbnail shows. */
typedef struct
{
  guint    trial;        /* G_MAXUINT: nothing */
  gboolean last;         /* the samples that the run ended with */
  gboolean reading;
  gint64   read_at;
  guint64  iteration;    /* of the snapshot */
  gboolean known;
  double   extent[4];
} Shown;

struct _MpSweepModel
{
  GObject parent_instance;

  MpSweepModelState state;
  MpSweep          *sweep;
  MpSweepRun       *run;
  MpSweepMatrix    *matrix;
  char             *metric;
  Shown            *shown;         /* of each cell */
  guint             serial;        /* counts sweeps; answers about an older one are dropped */
  gboolean          starting;      /* its folder is being made */
  guint             reading;       /* thumbnails on their way */
  guint             next;          /* the cell to look at next */
  gint64            numbers_at, views_at;
  guint             idle;          /* source of a notification, 0: none; atomic */
};

G_DEFINE_FINAL_TYPE (MpSweepModel, mp_sweep_model, G_TYPE_OBJECT)

enum
{
  CHANGED,
  FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- state ---- */

static MpSweepModelState
find_state (MpSweepModel *self)
{
  guint counts[MP_N_TRIAL_STATES];

  switch (mp_sweep_run_get_activity (self->run)) {
  case MP_SWEEP_RUNNING:
    return MP_SWEEP_MODEL_RUNNING;
  case MP_SWEEP_PAUSED:
    return MP_SWEEP_MODEL_PAUSED;
  case MP_SWEEP_STOPPING:
    return MP_SWEEP_MODEL_STOPPING;
  default:
    mp_sweep_run_count (self->run, counts);
    return counts[MP_TRIAL_FINISHED] + counts[MP_TRIAL_DIVERGED] + counts[MP_TRIAL_FAILED]
           == mp_sweep_get_n_trials (self->sweep) ? MP_SWEEP_MODEL_FINISHED : MP_SWEEP_MODEL_STOPPED;
  }
}

static gboolean
is_at_work (MpSweepModelState state)
{
  return state == MP_SWEEP_MODEL_RUNNING || state == MP_SWEEP_MODEL_PAUSED || state == MP_SWEEP_MODEL_STOPPING;
}

static void
take_numbers (MpSweepModel *self)
{
  gboolean worked = is_at_work (self->state);
  g_autoptr (GError) error = NULL;

  self->state = find_state (self);
  mp_sweep_picture_fill (self->matrix, self->run, self->metric);
  g_signal_emit (self, signals[CHANGED], 0);
  if (worked && !is_at_work (self->state))
    error = mp_sweep_run_dup_tables_error (self->run);
  if (error)
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

static gboolean
news_cb (gpointer data)
{
  MpSweepModel *self = data;

  g_atomic_int_set (&self->idle, 0);
  if (self->run != NULL) {
    mp_sweep_run_acknowledge (self->run);
    take_numbers (self);
  }
  return G_SOURCE_REMOVE;
}

/* On a thread of the pool, which is gone before the object is. */
static void
notify_cb (gpointer data)
{
  MpSweepModel *self = data;

  if (g_atomic_int_compare_and_exchange (&self->idle, 0, 1))
    g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, news_cb, g_object_ref (self), g_object_unref);
}

/* ---- closing ---- */

static void
close_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  mp_sweep_run_close (data);
  g_task_return_boolean (task, TRUE);
}

static void
closed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      application)
{
  if (application != NULL) {
    g_application_release (application);
    g_object_unref (application);
  }
}

static void
let_go (MpSweepModel *self)
{
  GApplication *application = g_application_get_default ();

  self->serial++;
  self->starting = FALSE;
  g_clear_pointer (&self->matrix, mp_sweep_matrix_free);
  g_clear_pointer (&self->sweep, mp_sweep_unref);
  g_clear_pointer (&self->shown, g_free);
  g_clear_pointer (&self->metric, g_free);
  if (self->run == NULL)
    return;
  mp_sweep_run_set_notify (self->run, NULL, NULL);
  mp_sweep_run_stop (self->run);
  if (application != NULL)
    g_application_hold (g_object_ref (application));
  mp_task_run (NULL, NULL, close_thread, g_steal_pointer (&self->run), NULL, closed_cb, application);
}

/* ---- opening ---- */

static void
look_at (MpSweepModel *self,
         MpSweep      *sweep,
         MpSweepRun   *run)
{
  guint n = mp_sweep_get_n_cells (sweep);

  let_go (self);
  self->sweep = mp_sweep_ref (sweep);
  self->run = run;
  self->matrix = mp_sweep_picture_new (sweep, FALSE);
  self->metric = g_strdup (mp_sweep_get_metric (sweep));
  self->shown = g_new0 (Shown, n);
  self->next = 0;
  for (guint i = 0; i < n; i++)
    self->shown[i].trial = G_MAXUINT;
  if (run != NULL) {
    mp_sweep_run_set_notify (run, notify_cb, self);
    take_numbers (self);
    return;
  }
  self->state = MP_SWEEP_MODEL_READY;
  g_signal_emit (self, signals[CHANGED], 0);
}

static gboolean
check_idle (MpSweepModel *self,
            GError      **error)
{
  if (!mp_sweep_model_get_busy (self))
    return TRUE;
  g_set_error_literal (error, MP_ERROR, MP_ERROR_STATE, _("A sweep is running; stop it before opening another."));
  return FALSE;
}

gboolean
mp_sweep_model_show (MpSweepModel *self,
                     MpSweep      *sweep,
                     GError      **error)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), FALSE);

  if (!check_idle (self, error))
    return FALSE;
  look_at (self, sweep, NULL);
  return TRUE;
}

/* Takes both. */
static void
return_run (GTask      *task,
            MpSweepRun *run,
            GError     *error)
{
  if (run != NULL)
    g_task_return_pointer (task, run, (GDestroyNotify) mp_sweep_run_close);
  else
    g_task_return_error (task, error);
}

static void
open_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  GError *error = NULL;
  MpSweepRun *run = mp_sweep_run_open (data, &error);

  return_run (task, run, error);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      serial)
{
  MpSweepModel *self = MP_SWEEP_MODEL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweepRun) run = g_task_propagate_pointer (G_TASK (result), &error);

  if (GPOINTER_TO_UINT (serial) != self->serial)
    return;
  if (run != NULL) {
    look_at (self, mp_sweep_run_get_sweep (run), run);
    run = NULL;
    return;
  }
  self->state = MP_SWEEP_MODEL_EMPTY;
  g_signal_emit (self, signals[CHANGED], 0);
  g_signal_emit (self, signals[FAILED], 0, error->message);
}

gboolean
mp_sweep_model_open (MpSweepModel *self,
                     const char   *dir,
                     GError      **error)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), FALSE);

  if (!check_idle (self, error))
    return FALSE;
  let_go (self);
  self->state = MP_SWEEP_MODEL_OPENING;
  g_signal_emit (self, signals[CHANGED], 0);
  mp_task_run (self, NULL, open_thread, g_strdup (dir), g_free, opened_cb, GUINT_TO_POINTER (self->serial));
  return TRUE;
}

/* ---- object ---- */

static void
mp_sweep_model_dispose (GObject *object)
{
  let_go (MP_SWEEP_MODEL (object));
  G_OBJECT_CLASS (mp_sweep_model_parent_class)->dispose (object);
}

static void
mp_sweep_model_class_init (MpSweepModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mp_sweep_model_dispose;
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
mp_sweep_model_init (MpSweepModel *self)
{
}

MpSweepModel *
mp_sweep_model_new (void)
{
  return g_object_new (MP_TYPE_SWEEP_MODEL, NULL);
}

MpSweepModelState
mp_sweep_model_get_state (MpSweepModel *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), MP_SWEEP_MODEL_EMPTY);

  return self->state;
}

gboolean
mp_sweep_model_get_busy (MpSweepModel *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), FALSE);

  return self->starting || self->state == MP_SWEEP_MODEL_RUNNING || self->state == MP_SWEEP_MODEL_PAUSED
         || self->state == MP_SWEEP_MODEL_STOPPING;
}

MpSweep *
mp_sweep_model_get_sweep (MpSweepModel *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), NULL);

  return self->sweep;
}

MpSweepRun *
mp_sweep_model_get_run (MpSweepModel *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), NULL);

  return self->run;
}

MpSweepMatrix *
mp_sweep_model_get_matrix (MpSweepModel *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), NULL);

  return self->matrix;
}

const char *
mp_sweep_model_get_metric (MpSweepModel *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_MODEL (self), NULL);

  return self->metric;
}

void
mp_sweep_model_set_metric (MpSweepModel *self,
                           const char   *metric)
{
  g_return_if_fail (MP_IS_SWEEP_MODEL (self));

  if (self->sweep == NULL || g_strcmp0 (self->metric, metric) == 0)
    return;
  g_free (self->metric);
  self->metric = g_strdup (metric);
  if (self->run != NULL)
    take_numbers (self);
}

/* ---- training ---- */

static void
train (MpSweepModel *self)
{
  const MpSweepOptions options = { .gives_way = TRUE };

  mp_sweep_run_start (self->run, &options);
  take_numbers (self);
}

/* A folder may hold large tables, and to name a run's series the data are read. */
static void
make_thread (GTask        *task,
             gpointer      source,
             gpointer      sweep,
             GCancellable *cancellable)
{
  g_autofree char *dir = mp_sweep_new_path (sweep);
  GError *error = NULL;
  MpSweepRun *run = mp_sweep_save (sweep, dir, &error) ? mp_sweep_run_open (dir, &error) : NULL;

  return_run (task, run, error);
}

static void
made_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      serial)
{
  MpSweepModel *self = MP_SWEEP_MODEL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweepRun) run = g_task_propagate_pointer (G_TASK (result), &error);
  g_autofree char *metric = NULL;

  if (GPOINTER_TO_UINT (serial) != self->serial)
    return;
  self->starting = FALSE;
  if (run == NULL) {
    g_signal_emit (self, signals[FAILED], 0, error->message);
    return;
  }
  metric = g_strdup (self->metric);
  look_at (self, mp_sweep_run_get_sweep (run), run);
  run = NULL;
  mp_sweep_model_set_metric (self, metric);
  train (self);
}

void
mp_sweep_model_start (MpSweepModel *self)
{
  g_return_if_fail (MP_IS_SWEEP_MODEL (self));

  if (self->sweep == NULL || self->starting)
    return;
  if (self->run != NULL) {
    train (self);
    return;
  }
  self->starting = TRUE;
  mp_task_run (self, NULL, make_thread, mp_sweep_ref (self->sweep), (GDestroyNotify) mp_sweep_unref, made_cb,
               GUINT_TO_POINTER (self->serial));
}

void
mp_sweep_model_pause (MpSweepModel *self)
{
  g_return_if_fail (MP_IS_SWEEP_MODEL (self));

  if (self->run == NULL)
    return;
  mp_sweep_run_pause (self->run);
  take_numbers (self);
}

void
mp_sweep_model_stop (MpSweepModel *self)
{
  g_return_if_fail (MP_IS_SWEEP_MODEL (self));

  if (self->starting) {
    self->starting = FALSE;
    self->serial++; /* what is made is closed unused */
  }
  if (self->run == NULL)
    return;
  mp_sweep_run_stop (self->run);
  take_numbers (self);
}

/* ---- thumbnails ---- */

typedef struct
{
  char         *dir;
  MpExperiment *experiment;
  guint         serial, cell, trial;
  gboolean      last;
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_free (reading->dir);
  mp_experiment_unref (reading->experiment);
  g_free (reading);
}

static void
read_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Reading *reading = data;

  g_task_return_pointer (task, mp_sweep_points_read (reading->dir, reading->experiment),
                         (GDestroyNotify) mp_sweep_points_free);
}

static gboolean look_around (MpSweepModel *self, gint64 now, gboolean live);

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  MpSweepModel *self = MP_SWEEP_MODEL (source);
  const Reading *reading = g_task_get_task_data (G_TASK (result));
  g_autoptr (MpSweepPoints) points = g_task_propagate_pointer (G_TASK (result), NULL);
  Shown *shown;

  self->reading--;
  if (reading->serial != self->serial)
    return;
  shown = &self->shown[reading->cell];
  shown->reading = FALSE;
  if (points == NULL)
    return;
  shown->trial = reading->trial;
  shown->last = reading->last;
  shown->known = points->known;
  memcpy (shown->extent, points->extent, sizeof shown->extent);
  mp_sweep_points_show (points, self->matrix, reading->cell);
  g_signal_emit (self, signals[CHANGED], 0);
  look_around (self, g_get_monotonic_time (), FALSE);
}

static void
read_cell (MpSweepModel *self,
           guint         cell,
           guint         trial,
           gboolean      last,
           gint64        now)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->dir = mp_sweep_run_dup_trial_dir (self->run, trial);
  reading->experiment = mp_experiment_ref (mp_sweep_get_trial (self->sweep, trial)->experiment);
  reading->serial = self->serial;
  reading->cell = cell;
  reading->trial = trial;
  reading->last = last;
  self->shown[cell].reading = TRUE;
  self->shown[cell].read_at = now;
  self->reading++;
  mp_task_run (self, NULL, read_thread, reading, reading_free, read_cb, NULL);
}

/* The latest samples of a lane in training. Returns: whether there was something new. */
static gboolean
take_snapshot (MpSweepModel *self,
               guint         cell,
               guint         trial)
{
  Shown *shown = &self->shown[cell];
  MpTrainer *trainer = mp_sweep_run_dup_trainer (self->run, trial);
  g_autoptr (MpSnapshot) snapshot = NULL;
  gboolean news;

  if (trainer == NULL)
    return FALSE;
  snapshot = mp_trainer_dup_snapshot (trainer);
  news = snapshot != NULL && (snapshot->iteration != shown->iteration || shown->trial != trial);
  if (news) {
    mp_sweep_matrix_set_points (self->matrix, cell, snapshot->data, snapshot->n_data, snapshot->samples,
                                snapshot->n_samples, snapshot->dimensions, shown->known ? shown->extent : NULL);
    shown->iteration = snapshot->iteration;
    shown->trial = trial;
    shown->last = FALSE;
  }
  if (mp_trainer_get_state (trainer) == MP_LANE_TRAINING)
    mp_trainer_request_snapshot (trainer, NULL);
  g_object_unref (trainer);
  return news;
}

/* Begins to read one thumbnail that is old; live: takes those of lanes in training. Returns: whether there is news. */
static gboolean
look_around (MpSweepModel *self,
             gint64        now,
             gboolean      live)
{
  guint n = mp_sweep_get_n_cells (self->sweep);
  gboolean news = FALSE;

  for (guint i = 0; i < n; i++) {
    guint cell = (self->next + i) % n;
    guint trial = mp_sweep_picture_find_trial (self->run, cell);
    Shown *shown = &self->shown[cell];
    MpTrialStatus status;
    gboolean over, old;

    if (trial == G_MAXUINT || shown->reading)
      continue;
    mp_sweep_run_get_status (self->run, trial, &status);
    over = status.state >= MP_TRIAL_FINISHED || status.state == MP_TRIAL_INTERRUPTED;
    old = shown->trial != trial || (over && !shown->last)
          || (status.state == MP_TRIAL_ELSEWHERE && now - shown->read_at > ELSEWHERE_EVERY);
    if (status.state == MP_TRIAL_RUNNING && shown->known) {
      if (live)
        news |= take_snapshot (self, cell, trial);
    } else if (old && self->reading == 0 && now - shown->read_at > VIEWS_EVERY) {
      read_cell (self, cell, trial, over, now);
      self->next = (cell + 1) % n;
    }
  }
  return news;
}

void
mp_sweep_model_pull (MpSweepModel *self,
                     gint64        now)
{
  g_return_if_fail (MP_IS_SWEEP_MODEL (self));

  if (self->run == NULL)
    return;
  if (self->state == MP_SWEEP_MODEL_RUNNING && now - self->numbers_at >= NUMBERS_EVERY) {
    self->numbers_at = now;
    mp_sweep_run_refresh (self->run);
    take_numbers (self);
  }
  if (now - self->views_at >= VIEWS_EVERY) {
    self->views_at = now;
    if (look_around (self, now, TRUE))
      g_signal_emit (self, signals[CHANGED], 0);
  }
}
