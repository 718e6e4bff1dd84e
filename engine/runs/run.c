/* SPDX-License-Identifier: Apache-2.0
 *
 * run.c: the run folder: making, opening, locking, its metrics. See run.h.
 */
#include "engine/runs/run-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

#include "engine/data/data-file.h"
#include "engine/runs/file.h"
#include "engine/runs/lock.h"
#include "engine/runs/new-path.h"

static char *
in_dir (MpRun      *self,
        const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

static MpRun *
run_new (const char *dir)
{
  MpRun *self = g_new0 (MpRun, 1);

  self->dir = g_strdup (dir);
  self->lock_fd = -1;
  self->state = g_strdup ("preparing");
  self->series = g_ptr_array_new_with_free_func (g_free);
  self->latest = g_array_new (FALSE, FALSE, sizeof (double));
  self->anew = g_array_new (FALSE, FALSE, sizeof (MpAnew));
  return self;
}

void
mp_run_close (MpRun *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->writer, mp_metrics_writer_close);
  g_clear_pointer (&self->timeline, mp_timeline_writer_close);
  g_clear_pointer (&self->reader, mp_metrics_reader_free);
  g_clear_pointer (&self->experiment, mp_experiment_unref);
  g_clear_pointer (&self->checkpoint, mp_safetensors_free);
  g_ptr_array_unref (self->series);
  g_array_unref (self->latest);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->dir);
  g_free (self->device);
  g_free (self->created);
  g_free (self->updated);
  g_free (self->parent);
  g_array_unref (self->anew);
  g_free (self->passed_over);
  g_free (self->state);
  g_free (self->message);
  g_free (self);
}

/* ---- lock ---- */

static gboolean
lock_folder (const char *dir,
             int        *fd,
             GError    **error)
{
  g_autofree char *path = g_build_filename (dir, "lock", NULL);
  GError *reason = NULL;

  *fd = mp_lock_take (path, &reason);
  if (reason != NULL)
    g_propagate_error (error, reason);
  else if (*fd < 0)
    g_set_error (error, MP_ERROR, MP_ERROR_STATE, "A lane is training in “%s”; two cannot share a folder.", dir);
  return *fd >= 0;
}

/* Returns: a descriptor to close, or −1. */
static int
share_folder (const char *dir,
              gboolean   *taken)
{
  g_autofree char *path = g_build_filename (dir, "lock", NULL);

  return mp_lock_share (path, taken);
}

gboolean
mp_run_is_locked (const char *dir)
{
  gboolean taken;
  int fd = share_folder (dir, &taken);

  if (fd >= 0)
    close (fd);
  return taken;
}

/* ---- making ---- */

static gboolean
check_vacant (const char *dir,
              GError    **error)
{
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name;

  if (listing == NULL && g_file_test (dir, G_FILE_TEST_EXISTS)) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” exists and is not a folder; a run needs a new or empty one.", dir);
    return FALSE;
  }
  if (listing == NULL)
    return TRUE;
  name = g_dir_read_name (listing);
  if (name == NULL)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The folder “%s” holds “%s”; a run needs a new or empty folder.", dir, name);
  return FALSE;
}

/* Fills `at`, which may hold what a killed attempt left, with everything that makes a run. */
static gboolean
fill_folder (MpRun      *self,
             const char *at,
             GError    **error)
{
  g_autofree char *checkpoints = g_build_filename (at, "checkpoints", NULL);
  g_autofree char *timeline = g_build_filename (at, "timeline", NULL);
  g_autofree char *experiment = g_build_filename (at, "experiment.ini", NULL);
  g_autofree char *metrics = g_build_filename (at, "metrics", NULL);
  g_autofree char *text = NULL;
  g_autoptr (MpMetricsWriter) writer = NULL;

  if (g_mkdir_with_parents (at, 0777) != 0)
    return mp_file_fail (error, errno, "make the folder", self->dir);
  if (!lock_folder (at, &self->lock_fd, error))
    return FALSE;
  if (g_mkdir (checkpoints, 0777) != 0 && errno != EEXIST)
    return mp_file_fail (error, errno, "make the folder", checkpoints);
  if (g_unlink (timeline) != 0 && errno != ENOENT)
    return mp_file_fail (error, errno, "remove", timeline);
  if (!mp_data_keep_file (self->experiment, at, error))
    return FALSE;
  mp_experiment_set_dir (self->experiment, self->dir);
  text = mp_experiment_to_text_in (self->experiment, self->dir);
  writer = mp_metrics_writer_open (metrics, error);
  return writer != NULL && mp_metrics_writer_cut (writer, -1, error) && mp_metrics_writer_flush (writer, TRUE, error)
         && mp_run_write_state (self, at, error) && mp_file_write_text (experiment, text, error);
}

/* Keyframes of iterations that will come again are dropped; −1: all. */
static gboolean
open_timeline (MpRun   *self,
               gint64   last_iteration,
               GError **error)
{
  g_autofree char *path = in_dir (self, "timeline");
  double megabytes = mp_experiment_get_double (self->experiment, "train", "history");

  self->timeline = mp_timeline_writer_open (path, (gsize) (megabytes * 1e6 / 4), error);
  return self->timeline != NULL && mp_timeline_writer_cut (self->timeline, last_iteration, error);
}

MpRun *
mp_run_create (const char   *dir,
               MpExperiment *experiment,
               const char   *device,
               GError      **error)
{
  return mp_run_create_branch (dir, experiment, device, NULL, 0, error);
}

MpRun *
mp_run_create_branch (const char   *dir,
                      MpExperiment *experiment,
                      const char   *device,
                      const char   *parent_run,
                      guint64       iteration,
                      GError      **error)
{
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  g_autofree char *parent = g_path_get_dirname (absolute);
  g_autofree char *name = g_path_get_basename (absolute);
  g_autofree char *hidden = g_strconcat (".", name, ".part", NULL);
  g_autofree char *part = g_build_filename (parent, hidden, NULL);
  g_autofree char *metrics = g_build_filename (absolute, "metrics", NULL);
  g_autoptr (MpRun) self = run_new (absolute);
  gboolean in_place = g_file_test (absolute, G_FILE_TEST_IS_DIR);

  self->writable = TRUE;
  self->experiment = mp_experiment_copy (experiment);
  self->device = g_strdup (device);
  self->created = mp_run_now ();
  self->parent = parent_run != NULL ? g_canonicalize_filename (parent_run, NULL) : NULL;
  self->parent_iteration = iteration;
  if (!check_vacant (absolute, error) || !fill_folder (self, in_place ? absolute : part, error))
    return NULL;
  if (!in_place && g_rename (part, absolute) != 0) {
    mp_file_fail (error, errno, "make the folder", absolute);
    return NULL;
  }
  if (!mp_folder_sync (parent, error))
    return NULL;
  self->writer = mp_metrics_writer_open (metrics, error);
  return self->writer != NULL && open_timeline (self, -1, error) ? g_steal_pointer (&self) : NULL;
}

/* ---- opening ---- */

static gboolean
is_over (const char *state)
{
  return !g_str_equal (state, "preparing") && !g_str_equal (state, "paused") && !g_str_equal (state, "training");
}

/* Numbers and last values of the series as the metrics file has them after it was cut. */
static gboolean
read_series (MpRun   *self,
             GError **error)
{
  g_autofree char *path = in_dir (self, "metrics");
  g_autoptr (MpMetricsReader) reader = mp_metrics_reader_open (path, error);
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  const char *const *ids;
  guint n;

  if (reader == NULL)
    return FALSE;
  g_ptr_array_set_size (self->series, 0);
  g_array_set_size (self->latest, 0);
  ids = mp_metrics_reader_list_series (reader, &n);
  for (guint i = 0; i < n; i++) {
    double last = NAN;

    g_array_set_size (values, 0);
    g_array_set_size (iterations, 0);
    mp_metrics_reader_read (reader, ids[i], iterations, values);
    if (values->len > 0)
      last = g_array_index (values, double, values->len - 1);
    g_ptr_array_add (self->series, g_strdup (ids[i]));
    g_array_append_val (self->latest, last);
  }
  return TRUE;
}

static gboolean
go_on (MpRun   *self,
       GError **error)
{
  g_autofree char *metrics = in_dir (self, "metrics");
  guint64 iteration = 0;

  self->checkpoint = mp_checkpoint_find (self->dir, &iteration, &self->passed_over);
  self->iteration = iteration;
  mp_run_set_message (self, NULL);
  self->writer = mp_metrics_writer_open (metrics, error);
  return self->writer != NULL
         && mp_metrics_writer_cut (self->writer, self->checkpoint != NULL ? (gint64) iteration : -1, error)
         && read_series (self, error)
         && open_timeline (self, self->checkpoint != NULL ? (gint64) iteration : -1, error);
}

/* What the folder's files say; taken: a lane is at it, so that it may be in the middle of things. */
static gboolean
read_folder (MpRun      *self,
             const char *experiment,
             gboolean    taken,
             GError    **error)
{
  g_autofree char *id = NULL;

  self->experiment = mp_experiment_load (experiment, error);
  if (self->experiment == NULL || !mp_run_read_state (self, &id, error))
    return FALSE;
  mp_experiment_set_id (self->experiment, id);

  if (!is_over (self->state) && !taken) {
    g_autoptr (GArray) checkpoints = mp_run_list_checkpoints (self);

    g_free (self->state);
    self->state = g_strdup ("interrupted");
    self->iteration = checkpoints->len > 0 ? g_array_index (checkpoints, guint64, checkpoints->len - 1) : 0;
  }
  return TRUE;
}

MpRun *
mp_run_open (const char *dir,
             gboolean    writable,
             GError    **error)
{
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  g_autoptr (MpRun) self = run_new (absolute);
  g_autofree char *experiment = in_dir (self, "experiment.ini");
  gboolean taken = FALSE, ok;
  int shared = -1;

  if (!g_file_test (experiment, G_FILE_TEST_EXISTS)) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a run: there is no file “experiment.ini” in it.", absolute);
    return NULL;
  }
  self->writable = writable;
  if (!writable)
    shared = share_folder (absolute, &taken);
  else if (!lock_folder (absolute, &self->lock_fd, error))
    return NULL;
  ok = read_folder (self, experiment, taken, error);
  if (shared >= 0)
    close (shared);
  return ok && (!writable || go_on (self, error)) ? g_steal_pointer (&self) : NULL;
}

const char *
mp_run_get_dir (MpRun *self)
{
  return self->dir;
}

MpExperiment *
mp_run_get_experiment (MpRun *self)
{
  return self->experiment;
}

const char *
mp_run_get_state (MpRun *self)
{
  return self->state;
}

const char *
mp_run_get_message (MpRun *self)
{
  return self->message;
}

void
mp_run_set_message (MpRun      *self,
                    const char *message)
{
  g_free (self->message);
  self->message = message != NULL ? g_utf8_make_valid (message, -1) : NULL;
}

guint64
mp_run_get_iteration (MpRun *self)
{
  return self->iteration;
}

double
mp_run_get_seconds (MpRun *self)
{
  return self->seconds;
}

const char *
mp_run_get_device (MpRun *self)
{
  return self->device;
}

const char *
mp_run_get_created (MpRun *self)
{
  return self->created;
}

const char *
mp_run_get_updated (MpRun *self)
{
  return self->updated;
}

const char *
mp_run_get_passed_over (MpRun *self)
{
  return self->passed_over;
}

void
mp_run_set_anew (MpRun  *self,
                 GArray *anew)
{
  g_array_set_size (self->anew, 0);
  g_array_append_vals (self->anew, anew->data, anew->len);
}

GArray *
mp_run_get_anew (MpRun *self)
{
  return self->anew;
}

const char *
mp_run_get_parent (MpRun   *self,
                   guint64 *iteration)
{
  *iteration = self->parent_iteration;
  return self->parent;
}

MpTimelineWriter *
mp_run_get_timeline (MpRun *self)
{
  return self->timeline;
}

MpTimelineReader *
mp_run_open_timeline (MpRun   *self,
                      GError **error)
{
  g_autofree char *path = in_dir (self, "timeline");

  return mp_timeline_reader_open (path, error);
}

MpExperiment *
mp_run_dup_experiment (MpRun   *self,
                       guint64  iteration,
                       GError **error)
{
  g_autoptr (GArray) events = mp_run_list_events (self, error);
  g_autoptr (MpExperiment) experiment = mp_experiment_copy (self->experiment);

  if (events == NULL)
    return NULL;
  for (guint i = 0; i < events->len && g_array_index (events, MpMetricsEvent, i).iteration <= iteration; i++)
    if (!mp_experiment_set (experiment, g_array_index (events, MpMetricsEvent, i).text, error)) {
      g_prefix_error (error, "In the run “%s”: ", self->dir);
      return NULL;
    }
  return g_steal_pointer (&experiment);
}

/* ---- metrics ---- */

gboolean
mp_run_add_series (MpRun      *self,
                   const char *id,
                   guint32    *number,
                   GError    **error)
{
  g_return_val_if_fail (self->writable, FALSE);

  if (!mp_metrics_writer_add_series (self->writer, id, number, error))
    return FALSE;
  if (*number == self->series->len) {
    double none = NAN;

    g_ptr_array_add (self->series, g_strdup (id));
    g_array_append_val (self->latest, none);
  }
  return TRUE;
}

gboolean
mp_run_append (MpRun         *self,
               guint64        iteration,
               guint          n,
               const guint32 *series,
               const double  *values,
               GError       **error)
{
  g_return_val_if_fail (self->writable, FALSE);

  for (guint i = 0; i < n; i++)
    g_array_index (self->latest, double, series[i]) = values[i];
  return mp_metrics_writer_append (self->writer, iteration, n, series, values, error);
}

gboolean
mp_run_append_event (MpRun      *self,
                     guint64     iteration,
                     const char *assignment,
                     GError    **error)
{
  g_return_val_if_fail (self->writable, FALSE);

  return mp_metrics_writer_append_event (self->writer, iteration, assignment, error)
         && mp_metrics_writer_flush (self->writer, FALSE, error);
}

gboolean
mp_run_flush (MpRun   *self,
              GError **error)
{
  g_return_val_if_fail (self->writable, FALSE);

  return mp_metrics_writer_flush (self->writer, FALSE, error);
}

static MpMetricsReader *
get_reader (MpRun   *self,
            GError **error)
{
  g_autofree char *path = in_dir (self, "metrics");

  if (self->writer != NULL) {
    if (!mp_metrics_writer_flush (self->writer, FALSE, error))
      return NULL;
    g_clear_pointer (&self->reader, mp_metrics_reader_free);
  }
  if (self->reader == NULL)
    self->reader = mp_metrics_reader_open (path, error);
  return self->reader;
}

GPtrArray *
mp_run_list_series (MpRun   *self,
                    GError **error)
{
  MpMetricsReader *reader = get_reader (self, error);
  GPtrArray *ids;
  const char *const *list;
  guint n;

  if (reader == NULL)
    return NULL;
  ids = g_ptr_array_new_with_free_func (g_free);
  list = mp_metrics_reader_list_series (reader, &n);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (ids, g_strdup (list[i]));
  return ids;
}

gboolean
mp_run_read_series (MpRun      *self,
                    const char *id,
                    GArray     *iterations,
                    GArray     *values,
                    GError    **error)
{
  MpMetricsReader *reader = get_reader (self, error);

  if (reader == NULL)
    return FALSE;
  mp_metrics_reader_read (reader, id, iterations, values);
  return TRUE;
}

char *
mp_run_dup_metrics_warning (MpRun *self)
{
  MpMetricsReader *reader = get_reader (self, NULL);
  gsize offset, bytes = reader != NULL ? mp_metrics_reader_get_damage (reader, &offset) : 0;
  gsize torn = reader != NULL ? mp_metrics_reader_get_torn (reader) : 0;

  if (bytes > 0)
    return g_strdup_printf ("“%s/metrics” is damaged at byte %" G_GSIZE_FORMAT ": %" G_GSIZE_FORMAT " bytes are left out, and "
                            "the curves lack them.", self->dir, offset, bytes + torn);
  if (torn > 0 && !mp_run_is_locked (self->dir))
    return g_strdup_printf ("“%s/metrics” ends within a record, as a killed process leaves it: its last %" G_GSIZE_FORMAT
                            " bytes are left out.", self->dir, torn);
  return NULL;
}

GArray *
mp_run_list_events (MpRun   *self,
                    GError **error)
{
  MpMetricsReader *reader = get_reader (self, error);
  const MpMetricsEvent *events;
  gsize offset;
  GArray *list;
  guint n;

  if (reader == NULL)
    return NULL;
  if (mp_metrics_reader_get_damage (reader, &offset) > 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s/metrics” is damaged at byte %" G_GSIZE_FORMAT ": changes by hand may "
                 "be missing there.", self->dir, offset);
    return NULL;
  }
  events = mp_metrics_reader_list_events (reader, &n);
  list = g_array_new (FALSE, FALSE, sizeof (MpMetricsEvent));
  return g_array_append_vals (list, events, n);
}

double
mp_run_get_last (MpRun      *self,
                 const char *id)
{
  for (guint i = 0; i < self->series->len; i++)
    if (g_str_equal (self->series->pdata[i], id))
      return g_array_index (self->latest, double, i);
  return NAN;
}

/* ---- places ---- */

char *
mp_run_default_parent (void)
{
  const char *chosen = g_getenv ("MATCHPOINT_RUNS_DIR");

  if (chosen != NULL && chosen[0] != '\0')
    return g_strdup (chosen);
  return g_build_filename (g_get_user_data_dir (), "matchpoint", "runs", NULL);
}

char *
mp_run_new_path (const char   *parent,
                 MpExperiment *experiment)
{
  g_autofree char *place = parent != NULL ? g_strdup (parent) : mp_run_default_parent ();
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *day = g_date_time_format (now, "%Y-%m-%d");
  gint64 seed = mp_experiment_get_int (experiment, "train", "seed");
  g_autofree char *name = g_strdup_printf ("%s-%s-s%" G_GINT64_FORMAT, day, mp_experiment_get_id (experiment), seed);

  return mp_new_path (place, g_strdelimit (name, "/ ", '-'));
}
