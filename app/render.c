/* SPDX-License-Identifier: Apache-2.0
 *
 * render.c: the command “render”: kept runs as one picture: samples side by side, losses and metrics below.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/app.h"
#include "app/comparison.h"
#include "engine/data/data.h"
#include "engine/metrics/metric.h"
#include "engine/runs/run.h"
#include "ui/plot/picture.h"
#include "ui/plot/sweep-picture.h"

#define MAX_CHARTS 4       /* losses, and the first metrics of the registry */
#define SMOOTHING 0.01     /* time constant of the smoothed losses, as a share of the run */

/* ---- lanes ---- */

static gboolean
set_points (MpScatter        *scatter,
            MpRun            *run,
            MpTimelineReader *timeline,
            guint             keyframe,
            GError          **error)
{
  gint64 n_data, dimensions;
  MpTimelineFrame frame;
  g_autofree float *data = NULL;
  g_autoptr (MpData) source = NULL;
  double extent[4];

  if (!mp_timeline_reader_load_data (timeline, &n_data, &dimensions, &data, error)
      || !mp_timeline_reader_load (timeline, keyframe, FALSE, &frame, error))
    return FALSE;
  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, n_data, dimensions);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, frame.samples, frame.n, frame.dimensions);
  mp_timeline_frame_clear (&frame);
  /* The data set knows what should be in view; a file that has gone is no reason to fail. */
  source = mp_data_open (mp_run_get_experiment (run), 0, NULL);
  if (source != NULL) {
    mp_data_get_extent (source, extent);
    mp_scatter_set_extent (scatter, extent);
  }
  return TRUE;
}

/* The value of a series at the iteration or the last one before; NAN where there is none. */
static double
value_at (MpRun      *run,
          const char *id,
          guint64     iteration)
{
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  double value = NAN;

  if (!mp_run_read_series (run, id, iterations, values, NULL))
    return NAN;
  for (guint i = 0; i < iterations->len && g_array_index (iterations, guint64, i) <= iteration; i++)
    value = g_array_index (values, double, i);
  return value;
}

static void
fill_head (MpLaneHead *head,
           MpRun      *run,
           guint       lane,
           guint64     iteration)
{
  MpExperiment *experiment = mp_run_get_experiment (run);
  const char *id = mp_experiment_get_string (experiment, "method", "kind");
  const MpDescriptor *method = mp_registry_find (MP_KIND_METHOD, id);
  const char *state = mp_run_get_state (run);
  double modes = value_at (run, "modes", iteration);
  double seconds = mp_run_get_seconds (run);
  g_autoptr (MpData) data = mp_data_open (experiment, 0, NULL);
  const MpMixture *mixture = data != NULL ? mp_data_get_mixture (data) : NULL;

  head->title = _(method->title);
  head->subtitle = mp_experiment_get_id (experiment);
  head->lane = lane;
  head->iteration = iteration;
  head->modes = isnan (modes) || mixture == NULL ? -1 : (int) modes;
  head->n_modes = mixture != NULL ? (int) mixture->n_modes : 0;
  head->high_quality = value_at (run, "high_quality", iteration);
  head->rate = seconds > 0 ? (double) mp_run_get_iteration (run) / seconds : NAN;
  head->state = strcmp (state, "diverged") == 0 || strcmp (state, "failed") == 0 ? state : NULL;
}

static gboolean
add_lane (MpPicture *picture,
          MpRun     *run,
          guint      lane,
          gint64     iteration,
          GError   **error)
{
  g_autoptr (MpScatter) scatter = mp_scatter_new ();
  g_autoptr (MpTimelineReader) timeline = mp_run_open_timeline (run, error);
  MpLaneHead head = { 0 };
  guint keyframe, n;

  if (timeline == NULL)
    return FALSE;
  /* The last keyframe at or before the iteration. */
  if (!mp_timeline_reader_find (timeline, iteration >= 0 ? (guint64) iteration : G_MAXUINT64, &keyframe)) {
    if (iteration >= 0)
      g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s: no samples were kept up to iteration %" PRId64
                                                     "."), mp_run_get_dir (run), iteration);
    else
      g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s: no samples were kept."), mp_run_get_dir (run));
    return FALSE;
  }
  if (!set_points (scatter, run, timeline, keyframe, error))
    return FALSE;
  mp_scatter_set_lane (scatter, lane);
  mp_scatter_set_axes (scatter, TRUE);
  fill_head (&head, run, lane, mp_timeline_reader_list (timeline, &n)[keyframe].iteration);
  mp_picture_add_lane (picture, &head, scatter, NULL);
  return TRUE;
}

/* ---- charts ---- */

/* One curve of a run up to an iteration, or NULL where the run has none. (transfer full) */
static MpSeries *
read_series (MpRun      *run,
             const char *id,
             gint64      last)
{
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (MpSeries) series = NULL;

  if (!mp_run_read_series (run, id, iterations, values, NULL) || iterations->len == 0)
    return NULL;
  series = mp_series_new ();
  for (guint i = 0; i < iterations->len; i++)
    if (last < 0 || g_array_index (iterations, guint64, i) <= (guint64) last)
      mp_series_append (series, g_array_index (iterations, guint64, i), g_array_index (values, double, i));
  return g_steal_pointer (&series);
}

static char *
lane_label (MpRun *run)
{
  const char *id = mp_experiment_get_string (mp_run_get_experiment (run), "method", "kind");

  return g_strdup (_(mp_registry_find (MP_KIND_METHOD, id)->title));
}

/* Losses of different methods have nothing in common but time, so each fills the height by itself. */
static void
add_losses (MpPicture *picture,
            GPtrArray *runs,
            gint64     last)
{
  g_autoptr (MpChart) chart = mp_chart_new ();
  guint64 longest = 0;
  guint n = 0;

  mp_chart_set_title (chart, _("Losses"), _("each on its own scale, smoothed"));
  mp_chart_set_own_scale (chart, TRUE);
  for (guint i = 0; i < runs->len; i++) {
    MpRun *run = g_ptr_array_index (runs, i);
    g_autoptr (GPtrArray) ids = mp_run_list_series (run);
    g_autofree char *label = lane_label (run);
    MpDash dash = MP_DASH_SOLID;

    longest = MAX (longest, mp_run_get_iteration (run));
    for (guint j = 0; j < ids->len; j++) {
      const char *id = g_ptr_array_index (ids, j);
      g_autoptr (MpSeries) series = g_str_has_prefix (id, "loss/") ? read_series (run, id, last) : NULL;
      g_autofree char *text = NULL;

      if (series == NULL)
        continue;
      text = g_strdup_printf ("%s, %s", label, id + strlen ("loss/"));
      mp_chart_add_series (chart, series, text, i, dash);
      dash = MP_DASH_DASHED;
      n++;
    }
  }
  if (n == 0)
    return;
  mp_chart_set_smoothing (chart, SMOOTHING * (double) longest);
  mp_picture_add_chart (picture, chart);
}

static gboolean
add_metric (MpPicture          *picture,
            GPtrArray          *runs,
            const MpDescriptor *metric,
            gint64              last)
{
  g_autoptr (MpChart) chart = mp_chart_new ();
  gboolean positive = TRUE;
  guint n = 0;

  mp_chart_set_title (chart, _(metric->title), NULL);
  for (guint i = 0; i < runs->len; i++) {
    g_autoptr (MpSeries) series = read_series (g_ptr_array_index (runs, i), metric->id, last);
    g_autofree char *label = lane_label (g_ptr_array_index (runs, i));
    MpSummary summary;

    if (series == NULL)
      continue;
    mp_series_summarise (series, 0, mp_series_get_n (series), &summary);
    positive &= isfinite (summary.min_positive);
    mp_chart_add_series (chart, series, label, i, MP_DASH_SOLID);
    n++;
  }
  /* Distances that should vanish are read on a log axis, where every lane has something to show on it. */
  if (positive && ((const MpMetric *) metric)->better == MP_LOWER_IS_BETTER)
    mp_chart_set_scale (chart, MP_SCALE_LOG);
  if (n > 0)
    mp_picture_add_chart (picture, chart);
  return n > 0;
}

static void
add_charts (MpPicture *picture,
            GPtrArray *runs,
            gint64     last)
{
  guint n, shown = 1;
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n);

  add_losses (picture, runs, last);
  for (guint i = 0; i < n && shown < MAX_CHARTS; i++)
    shown += add_metric (picture, runs, metrics[i], last);
}

/* ---- the command ---- */

static GPtrArray *
open_runs (GPtrArray *words,
           GError   **error)
{
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_run_close);

  for (guint i = 0; i < words->len; i++) {
    g_autoptr (GPtrArray) dirs = mp_comparison_list_runs (g_ptr_array_index (words, i), error);

    if (dirs == NULL)
      return NULL;
    for (guint j = 0; j < dirs->len; j++) {
      MpRun *run = mp_run_open (g_ptr_array_index (dirs, j), FALSE, error);

      if (run == NULL)
        return NULL;
      g_ptr_array_add (runs, run);
    }
  }
  return g_steal_pointer (&runs);
}

/* ---- sweeps ---- */

static void
draw_matrix (gpointer           data,
             cairo_t           *cr,
             double             width,
             double             height,
             const MpPlotStyle *style)
{
  mp_colour_set_source (style->page, cr);
  cairo_paint (cr);
  mp_sweep_matrix_draw (data, cr, width, height, 0, style);
}

/* Whether some run has a result of that name. */
static gboolean
check_metric (MpSweepRun *run,
              const char *metric,
              GError    **error)
{
  g_autoptr (GPtrArray) metrics = mp_sweep_run_list_metrics (run);
  g_autofree char *all = NULL;

  if (metric == NULL || g_ptr_array_find_with_equal_func (metrics, metric, g_str_equal, NULL))
    return TRUE;
  g_ptr_array_add (metrics, NULL);
  all = g_strjoinv (", ", (char **) metrics->pdata);
  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, _("--metric %s: the sweep has no such result; it has %s."), metric, all);
  return FALSE;
}

/* The matrix of a sweep's folder. */
static gboolean
render_sweep (MpArguments *arguments,
              const char  *dir,
              GError     **error)
{
  g_autoptr (MpSweepRun) run = mp_sweep_run_open (dir, error);
  g_autoptr (MpSweepMatrix) matrix = NULL;
  const char *metric = mp_arguments_get (arguments, "metric");
  gint64 width = 0, scale = 2;
  double natural_width, natural_height;
  MpPlotStyle style;
  MpSweep *sweep;

  if (run == NULL || !check_metric (run, metric, error))
    return FALSE;
  sweep = mp_sweep_run_get_sweep (run);
  matrix = mp_sweep_picture_new (sweep, TRUE);
  mp_sweep_picture_fill (matrix, run, metric != NULL ? metric : mp_sweep_get_metric (sweep));
  for (guint cell = 0; cell < mp_sweep_get_n_cells (sweep); cell++) {
    guint trial = mp_sweep_picture_find_trial (run, cell);
    g_autofree char *trial_dir = trial != G_MAXUINT ? mp_sweep_run_dup_trial_dir (run, trial) : NULL;
    g_autoptr (MpSweepPoints) points
      = trial_dir != NULL ? mp_sweep_points_read (trial_dir, mp_sweep_get_trial (sweep, trial)->experiment) : NULL;

    if (points != NULL)
      mp_sweep_points_show (points, matrix, cell);
  }
  mp_arguments_get_int (arguments, "width", 100, 20000, &width);
  mp_arguments_get_int (arguments, "scale", 1, 8, &scale);
  mp_plot_style_init (&style, mp_arguments_has (arguments, "dark") ? MP_PLOT_DARK : MP_PLOT_LIGHT);
  style.pixel_ratio = (double) scale;
  mp_sweep_matrix_get_size (matrix, &style, 108, &natural_width, &natural_height);
  if (width > 0) {
    natural_height *= (double) width / natural_width;
    natural_width = (double) width;
  }
  return mp_picture_write_drawing (mp_arguments_get (arguments, "to"), natural_width, natural_height, (double) scale,
                                   &style, mp_sweep_get_title (sweep), draw_matrix, matrix, error);
}

static gboolean
is_sweep (const char *dir)
{
  g_autofree char *file = g_build_filename (dir, "sweep.ini", NULL);

  return g_file_test (file, G_FILE_TEST_EXISTS);
}

/* ---- files ---- */

static gboolean
write_picture (MpArguments *arguments,
               MpPicture   *picture,
               GError     **error)
{
  gint64 width = 0, scale = 2;
  double natural_width, natural_height;
  MpPlotStyle style;

  mp_arguments_get_int (arguments, "width", 100, 20000, &width);
  mp_arguments_get_int (arguments, "scale", 1, 8, &scale);
  mp_plot_style_init (&style, mp_arguments_has (arguments, "dark") ? MP_PLOT_DARK : MP_PLOT_LIGHT);
  mp_picture_get_natural_size (picture, &natural_width, &natural_height);
  if (width > 0) {
    natural_height *= (double) width / natural_width;
    natural_width = (double) width;
  }
  return mp_picture_write (picture, mp_arguments_get (arguments, "to"), natural_width, natural_height, (double) scale,
                           &style, error);
}

static gboolean
check_words (MpArguments *arguments,
             gint64      *iteration)
{
  static const char *const endings[] = { ".png", ".svg", ".pdf" };
  const char *to = mp_arguments_get (arguments, "to");
  gint64 ignored;
  gboolean known = FALSE;

  if (to == NULL) {
    mp_complain (MP_EXIT_USAGE, _("Where to? Give --to FILE.png, FILE.svg or FILE.pdf."));
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    g_autofree char *lower = g_ascii_strdown (to, -1);

    known |= g_str_has_suffix (lower, endings[i]);
  }
  if (!known) {
    mp_complain (MP_EXIT_USAGE, _("--to %s is not allowed: the file must end in .png, .svg or .pdf."), to);
    return FALSE;
  }
  return mp_arguments_get_int (arguments, "iteration", 0, G_MAXINT64, iteration) &&
         mp_arguments_get_int (arguments, "width", 100, 20000, &ignored) &&
         mp_arguments_get_int (arguments, "scale", 1, 8, &ignored);
}

int
mp_render_run (MpArguments *arguments)
{
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (MpPicture) picture = NULL;
  g_autofree char *title = NULL;
  gint64 iteration = -1;
  GError *error = NULL;

  if (!check_words (arguments, &iteration))
    return MP_EXIT_USAGE;
  if (arguments->words->len == 1 && is_sweep (g_ptr_array_index (arguments->words, 0)))
    return render_sweep (arguments, g_ptr_array_index (arguments->words, 0), &error) ? MP_EXIT_OK
                                                                                      : mp_complain_error (error);
  runs = open_runs (arguments->words, &error);
  if (runs == NULL)
    return mp_complain_error (error);
  if (arguments->words->len == 1)
    title = mp_comparison_get_title (g_ptr_array_index (arguments->words, 0));
  if (title == NULL && runs->len == 1)
    title = g_strdup (mp_experiment_get_title (mp_run_get_experiment (g_ptr_array_index (runs, 0))));
  picture = mp_picture_new (title, NULL);
  for (guint i = 0; i < runs->len; i++)
    if (!add_lane (picture, g_ptr_array_index (runs, i), i, iteration, &error))
      return mp_complain_error (error);
  add_charts (picture, runs, iteration);
  return write_picture (arguments, picture, &error) ? MP_EXIT_OK : mp_complain_error (error);
}
