/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-prepare.c: from an experiment to a lane that can train: device, run folder, graph and plans, first values, and
 * what others may see of it.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/lane.h"

#include <math.h>
#include <string.h>

#include "engine/data/data-file.h"
#include "engine/extractors/extractor.h"
#include "engine/train/branch.h"
#include "engine/train/devices.h"
#include "engine/train/series-names.h"

#define GRID 64 /* points of a background layer along one side */

void
mp_lane_tell_activity (const char *text,
                       gpointer    data)
{
  MpTrainer *trainer = data;

  g_mutex_lock (&trainer->mutex);
  trainer->activity = text;
  g_mutex_unlock (&trainer->mutex);
  mp_trainer_tell (trainer);
}

/* ---- going on with a run ---- */

/* Whether the two differ in more than the number of iterations, and the place of the file that the run has kept. */
static gboolean
same_experiment (MpExperiment *asked,
                 MpExperiment *b)
{
  g_autoptr (MpExperiment) a = mp_experiment_copy (asked);
  g_autoptr (MpExperiment) like_a = mp_experiment_copy (b);
  g_autofree char *iterations
    = g_strdup_printf ("%" G_GINT64_FORMAT, mp_experiment_get_int (a, "train", "iterations"));
  g_autofree char *text_a = NULL, *text_b = NULL;

  mp_data_follow_file (a, b);
  mp_experiment_set_value (like_a, "train", "iterations", iterations, NULL);
  text_a = mp_experiment_to_text (a);
  text_b = mp_experiment_to_text (like_a);
  return g_str_equal (text_a, text_b);
}

/* Makes one change again, here and, later, in the owner's experiment. */
static gboolean
restore_change (MpLane     *lane,
                GPtrArray  *restored,
                const char *assignment,
                GError    **error)
{
  if (!mp_experiment_set (lane->experiment, assignment, error)) {
    g_prefix_error (error, "In the run “%s”: ", mp_run_get_dir (lane->run));
    return FALSE;
  }
  g_ptr_array_add (restored, g_strdup (assignment));
  return TRUE;
}

/* All changes that were made by hand up to the checkpoint. The length asked for now counts, and is a change as well. */
static gboolean
restore_changes (MpLane  *lane,
                 gint64   iterations,
                 GError **error)
{
  g_autoptr (GArray) events = mp_run_list_events (lane->run, error);
  g_autoptr (GPtrArray) restored = g_ptr_array_new_with_free_func (g_free);

  if (events == NULL)
    return FALSE;
  for (guint i = 0; i < events->len; i++)
    if (!restore_change (lane, restored, g_array_index (events, MpMetricsEvent, i).text, error))
      return FALSE;
  if (iterations >= 0 && iterations != mp_experiment_get_int (lane->experiment, "train", "iterations")) {
    g_autofree char *assignment = g_strdup_printf ("train.iterations=%" G_GINT64_FORMAT, iterations);

    if (!mp_run_append_event (lane->run, mp_run_get_iteration (lane->run), assignment, error)
        || !restore_change (lane, restored, assignment, error))
      return FALSE;
  }
  g_mutex_lock (&lane->trainer->mutex);
  lane->trainer->restored = g_steal_pointer (&restored);
  g_mutex_unlock (&lane->trainer->mutex);
  return TRUE;
}

static gboolean
reopen_run (MpLane  *lane,
            GError **error)
{
  const MpTrainerOptions *options = &lane->trainer->options;

  lane->run = mp_run_open (options->run_dir, TRUE, error);
  if (lane->run == NULL)
    return FALSE;
  if (!same_experiment (lane->experiment, mp_run_get_experiment (lane->run))) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "“%s” holds a run of another experiment; it goes on as it began.",
                 options->run_dir);
    return FALSE;
  }
  g_mutex_lock (&lane->trainer->mutex);
  lane->trainer->passed_over = g_strdup (mp_run_get_passed_over (lane->run));
  g_mutex_unlock (&lane->trainer->mutex);
  mp_experiment_unref (lane->experiment);
  lane->experiment = mp_experiment_copy (mp_run_get_experiment (lane->run));
  return restore_changes (lane, options->iterations, error);
}

static gboolean
load_checkpoint (MpLane  *lane,
                 GError **error)
{
  guint64 seed = (guint64) mp_experiment_get_int (lane->experiment, "train", "seed");
  MpCounters counters;

  if (!mp_run_load_checkpoint (lane->run, mp_loop_get_store (lane->loop), &counters, error))
    return FALSE;
  if (counters.seed != seed) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE,
                 "The checkpoint in “%s” is of seed %" G_GUINT64_FORMAT "; the experiment's is %" G_GUINT64_FORMAT ".",
                 mp_run_get_dir (lane->run), counters.seed, seed);
    return FALSE;
  }
  lane->iteration = counters.iteration;
  lane->checkpoint_at = counters.iteration;
  lane->seconds = counters.seconds;
  mp_loop_set_batch (lane->loop, counters.batch);
  return TRUE;
}

/* The file was read for this lane first and copied for the run a moment later. */
static gboolean
check_kept_file (MpLane  *lane,
                 GError **error)
{
  const char *digest = mp_data_get_digest (mp_loop_get_data (lane->loop));
  MpExperiment *kept = mp_run_get_experiment (lane->run);

  if (digest == NULL || g_str_equal (digest, mp_experiment_get_string (kept, "data", "sha256")))
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The file “%s” was changed while the run was being made; start it again.",
               mp_experiment_get_string (lane->experiment, "data", "file"));
  return FALSE;
}

static gboolean
open_run (MpLane  *lane,
          GError **error)
{
  const MpTrainerOptions *options = &lane->trainer->options;

  if (options->run_dir == NULL || lane->run != NULL)
    return TRUE;
  lane->run = mp_run_create_branch (options->run_dir, lane->experiment, lane->trainer->device_name, options->from,
                                    lane->iteration, error);
  return lane->run != NULL && check_kept_file (lane, error);
}

/* Whether the parent's method had no frozen networks like these. */
static gboolean
lacks_frozen (GPtrArray *fresh)
{
  for (guint i = 0; i < fresh->len; i++)
    if (g_str_has_prefix (fresh->pdata[i], MP_EXTRACTOR_STATES "/"))
      return TRUE;
  return FALSE;
}

/* ---- what start phases make of the data ---- */

/* The states that they assign. (transfer full) (element-type MpNode) */
static GPtrArray *
list_data_states (MpLane *lane)
{
  MpBuild *build = mp_loop_get_build (lane->loop);
  GPtrArray *states = g_ptr_array_new ();

  for (guint i = 0; i < mp_build_get_n_start_phases (build); i++) {
    const MpPhase *phase = mp_build_get_start_phase (build, i);

    for (guint j = 0; phase->reads_data && j < phase->assigns->len; j++)
      g_ptr_array_add (states, ((MpNode *) phase->assigns->pdata[j])->inputs[0]);
  }
  return states;
}

/* Their values, of which values[i] is the i-th's. FALSE with an error. */
static gboolean
read_states (MpStore    *store,
             GPtrArray  *states,
             GPtrArray  *values,
             GError    **error)
{
  g_ptr_array_set_size (values, 0);
  for (guint i = 0; i < states->len; i++) {
    const MpTensorType *type = &((MpNode *) states->pdata[i])->type;

    g_ptr_array_add (values, g_malloc ((gsize) MAX (mp_tensor_count (type), 1) * mp_dtype_size (type->dtype)));
    if (!mp_store_read (store, states->pdata[i], values->pdata[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_states (MpStore    *store,
              GPtrArray  *states,
              GPtrArray  *values,
              GError    **error)
{
  for (guint i = 0; i < states->len; i++)
    if (!mp_store_write (store, states->pdata[i], values->pdata[i], error))
      return FALSE;
  return TRUE;
}

/* ---- branches ---- */

/* Where it is said: to whoever watches the lane. */
static void
tell_anew (MpLane *lane,
           GArray *anew)
{
  MpTrainer *trainer = lane->trainer;
  char *words = mp_branch_describe (anew);

  g_mutex_lock (&trainer->mutex);
  g_free (trainer->anew);
  trainer->anew = words;
  g_mutex_unlock (&trainer->mutex);
}

/* The weights of another run. They become this run's own with its first checkpoint. What start phases make of the data is
 * this run's own from the beginning: its data may be others than the parent's. */
static gboolean
load_parent (MpLane     *lane,
             const char *dir,
             guint64     iteration,
             GError    **error)
{
  g_autoptr (MpRun) parent = mp_run_open (dir, FALSE, error);
  MpStore *store = mp_loop_get_store (lane->loop);
  g_autoptr (GPtrArray) fresh = NULL;
  g_autoptr (GArray) anew = NULL;
  g_autoptr (GPtrArray) states = list_data_states (lane);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  MpCounters counters;

  if (parent == NULL || !mp_run_find_checkpoint (parent, iteration, &iteration, error)
      || !mp_loop_initialise (lane->loop, error) || !read_states (store, states, values, error)
      || !mp_run_load_weights (parent, iteration, store, &counters, &fresh, error)
      || !write_states (store, states, values, error))
    return FALSE;
  if (counters.iteration >= lane->n_iterations) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "The branch begins at iteration %" G_GUINT64_FORMAT
                 ", and train.iterations = %" G_GUINT64_FORMAT " leaves nothing to train; allowed are more.",
                 counters.iteration, lane->n_iterations);
    return FALSE;
  }
  lane->iteration = counters.iteration;
  lane->seconds = counters.seconds;
  if (!open_run (lane, error))
    return FALSE;
  anew = mp_branch_count_anew (mp_store_get_graph (store), fresh);
  if (lane->run != NULL)
    mp_run_set_anew (lane->run, anew);
  tell_anew (lane, anew);
  if ((lacks_frozen (fresh) && !mp_lane_run_stage (lane, error))
      || !mp_loop_run_start_phases (lane->loop, error) || !read_states (store, states, values, error))
    return FALSE;
  mp_loop_set_batch (lane->loop, counters.batch);
  /* The parent's weights are those that count, also where the method would start from others. */
  return mp_run_load_weights (parent, iteration, store, &counters, NULL, error)
         && write_states (store, states, values, error);
}

/* ---- what others may see ---- */

/* Reports of the phases, then the metrics of an evaluation; the first value of a metric carries the metric's id. */
static void
describe_series (MpLane *lane)
{
  MpTrainer *trainer = lane->trainer;
  const MpReport *reports = mp_loop_get_reports (lane->loop, &lane->n_reports);
  const MpMetric *metric = NULL;

  lane->n_series = lane->n_reports + lane->metrics->len;
  lane->values = g_new (double, lane->n_series);
  lane->numbers = g_new0 (guint32, lane->n_series);
  trainer->series = g_new0 (MpSeriesInfo, lane->n_series);
  trainer->latest = g_new (double, lane->n_series);
  for (guint i = 0; i < lane->n_series; i++)
    lane->values[i] = trainer->latest[i] = NAN;

  for (guint i = 0; i < lane->n_reports; i++)
    trainer->series[i] = (MpSeriesInfo) {
      .id = g_intern_string (reports[i].id), .title = g_strdup (reports[i].title), .better = reports[i].better,
      .per_iteration = TRUE
    };
  for (guint i = 0; i < lane->metrics->len; i++) {
    const char *id = g_array_index (lane->metrics, MpMetricValue, i).id;
    const MpMetric *named = (const MpMetric *) mp_registry_find (MP_KIND_METRIC, id);

    if (g_str_has_prefix (id, "gradient/")) {
      trainer->series[lane->n_reports + i] = (MpSeriesInfo) {
        .id = g_intern_string (id), .better = MP_NEITHER_IS_BETTER,
        .title = mp_series_title_of_gradient (id)
      };
      continue;
    }
    metric = named != NULL ? named : metric;
    trainer->series[lane->n_reports + i] = (MpSeriesInfo) {
      .id = g_intern_string (id), .title = mp_series_title_of_metric (metric, id), .unit = named != NULL ? named->unit : NULL,
      .better = metric != NULL ? metric->better : MP_NEITHER_IS_BETTER
    };
  }
  trainer->n_series = lane->n_series;
}

static gboolean
describe_layers (MpLane  *lane,
                 GError **error)
{
  MpTrainer *trainer = lane->trainer;
  const MpBuildView *views = mp_build_get_views (mp_loop_get_build (lane->loop), &trainer->n_layers);
  double extent[4];

  mp_data_get_extent (mp_loop_get_data (lane->loop), extent);
  trainer->layers = g_new0 (MpLayerInfo, trainer->n_layers);
  for (guint i = 0; i < trainer->n_layers; i++)
    trainer->layers[i] = (MpLayerInfo) { views[i].class, views[i].nodes.title };
  return mp_loop_set_view_grid (lane->loop, GRID, GRID, extent, error);
}

static void
describe_phases (MpLane *lane)
{
  MpTrainer *trainer = lane->trainer;

  trainer->n_phases = mp_loop_get_n_phases (lane->loop);
  trainer->phases = g_new (const char *, trainer->n_phases);
  for (guint i = 0; i < trainer->n_phases; i++)
    trainer->phases[i] = mp_loop_get_phase_title (lane->loop, i);
}

/* ---- all of it ---- */

/* [train] precision and deterministic are the lane's, the device and its threads are those of this machine. */
static gboolean
open_device (MpLane  *lane,
             GError **error)
{
  MpTrainer *trainer = lane->trainer;
  MpDeviceOptions options = { .n_threads = trainer->options.n_threads };
  MpDeviceInfo info;
  char *note;

  mp_device_read_options (lane->experiment, &options);
  if (!mp_device_open (trainer->options.device, &options, &lane->class, &lane->device, &note, error))
    return FALSE;
  g_mutex_lock (&trainer->mutex);
  trainer->device_note = note;
  g_mutex_unlock (&trainer->mutex);
  if (!mp_check_status (lane->class->info (lane->device, &info), "Asking for the device", error))
    return FALSE;
  g_mutex_lock (&trainer->mutex);
  trainer->device_name = g_strdup (info.name);
  trainer->device_class = lane->class->id;
  g_mutex_unlock (&trainer->mutex);
  return TRUE;
}

static gboolean
register_series (MpLane  *lane,
                 GError **error)
{
  for (guint i = 0; lane->run != NULL && i < lane->n_series; i++)
    if (!mp_run_add_series (lane->run, lane->trainer->series[i].id, &lane->numbers[i], error))
      return FALSE;
  return TRUE;
}

static void
read_intervals (MpLane *lane)
{
  gint64 asked = lane->trainer->options.checkpoint_every;

  lane->n_iterations = (guint64) mp_experiment_get_int (lane->experiment, "train", "iterations");
  lane->every = (guint64) mp_experiment_get_int (lane->experiment, "evaluate", "every");
  if (asked == 0)
    asked = mp_experiment_get_int (lane->experiment, "train", "checkpoint_every");
  lane->checkpoint_every = (guint64) MAX (asked, 0);
}

static gboolean
start_or_go_on (MpLane   *lane,
                gboolean *fresh,
                GError  **error)
{
  g_autoptr (GArray) checkpoints = lane->run != NULL ? mp_run_list_checkpoints (lane->run) : NULL;
  const char *parent = lane->trainer->options.from;
  guint64 iteration = (guint64) lane->trainer->options.from_iteration; /* −1: the newest */

  *fresh = checkpoints == NULL || checkpoints->len == 0;
  if (!*fresh) {
    tell_anew (lane, mp_run_get_anew (lane->run));
    return load_checkpoint (lane, error);
  }
  /* A branch that was killed before its first checkpoint begins again. */
  if (lane->run != NULL)
    parent = mp_run_get_parent (lane->run, &iteration);
  if (parent != NULL)
    return load_parent (lane, parent, iteration, error);
  /* The folder first, so that a lane that ends in its stage can be gone on with. */
  return mp_loop_initialise (lane->loop, error) && open_run (lane, error) && mp_lane_run_stage (lane, error)
         && mp_loop_run_start_phases (lane->loop, error);
}

gboolean
mp_lane_prepare (MpLane  *lane,
                 GError **error)
{
  MpTrainer *trainer = lane->trainer;
  const MpTrainerOptions *options = &trainer->options;
  const MpBuildOptions build_options = { .n_view_points = GRID * GRID, .view_width = GRID };
  gboolean fresh;

  mp_lane_tell_activity (_("Opening the device"), trainer);
  if (!open_device (lane, error)
      || (options->run_dir != NULL && options->resume && !reopen_run (lane, error)))
    return FALSE;
  read_intervals (lane);
  lane->loop = mp_loop_new (lane->experiment, lane->class, lane->device, &build_options, mp_lane_tell_activity, trainer,
                            error);
  if (lane->loop == NULL || !start_or_go_on (lane, &fresh, error))
    return FALSE;

  lane->metrics = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  mp_lane_tell_activity (_("Looking at the first samples"), trainer);
  if (!mp_lane_evaluate (lane, error))
    return FALSE;
  describe_series (lane);
  describe_phases (lane);
  if (!describe_layers (lane, error) || !register_series (lane, error))
    return FALSE;
  lane->submitted = lane->iteration;
  mp_trainer_publish_progress (trainer, lane->iteration, lane->seconds, 0);
  __atomic_store_n (&trainer->n_iterations, lane->n_iterations, __ATOMIC_RELEASE);
  __atomic_store_n (&trainer->prepared, 1, __ATOMIC_RELEASE);
  mp_lane_tell_activity (NULL, trainer);

  if ((fresh && !mp_lane_append_metrics (lane, error)) || !mp_lane_start_history (lane, error))
    return FALSE;
  return lane->run == NULL || mp_run_save_state (lane->run, "training", lane->iteration, lane->seconds, error);
}
