/* SPDX-License-Identifier: Apache-2.0 */
#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include "ui/plot/run-picture.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/data/data.h"
#include "engine/metrics/metric.h"
#include "ui/plot/film.h"
#include "ui/plot/lane-names.h"

#define MAX_CHARTS 4       /* losses, and the first metrics of the registry */
#define SMOOTHING 0.01     /* time constant of the smoothed losses, as a share of the run */
#define LAST_FRAME 2000    /* ms */

/* A curve as it was kept. */
typedef struct
{
  char   *id;
  GArray *iterations; /* guint64 */
  GArray *values;     /* double */
} Curve;

typedef struct
{
  MpRun            *run;
  MpLaneName        name;     /* of all runs no two have the same */
  MpTimelineReader *timeline;
  gint64            n_data, dimensions;
  float            *data;
  double            extent[4];
  gboolean          has_extent;
  gint              n_modes;
  GPtrArray        *curves;   /* Curve */
} Kept;

struct _MpRunPictures
{
  GPtrArray *runs;  /* Kept */
  char      *title;
};

static void
curve_free (gpointer data)
{
  Curve *curve = data;

  g_free (curve->id);
  g_array_unref (curve->iterations);
  g_array_unref (curve->values);
  g_free (curve);
}

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  g_clear_pointer (&kept->timeline, mp_timeline_reader_close);
  g_clear_pointer (&kept->run, mp_run_close);
  g_ptr_array_unref (kept->curves);
  g_free (kept->name.name);
  g_free (kept->name.apart);
  g_free (kept->data);
  g_free (kept);
}

/* ---- opening ---- */

static gboolean
read_curves (Kept    *kept,
             GError **error)
{
  g_autoptr (GPtrArray) ids = mp_run_list_series (kept->run, error);

  if (!ids)
    return FALSE;
  for (guint i = 0; i < ids->len; i++) {
    Curve *curve = g_new0 (Curve, 1);

    curve->id = g_strdup (g_ptr_array_index (ids, i));
    curve->iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    curve->values = g_array_new (FALSE, FALSE, sizeof (double));
    g_ptr_array_add (kept->curves, curve);
    if (!mp_run_read_series (kept->run, curve->id, curve->iterations, curve->values, error))
      return FALSE;
  }
  return TRUE;
}

static Kept *
open_run (const char  *dir,
          GError     **error)
{
  Kept *kept = g_new0 (Kept, 1);
  g_autoptr (MpData) source = NULL;

  kept->curves = g_ptr_array_new_with_free_func (curve_free);
  kept->run = mp_run_open (dir, FALSE, error);
  if (kept->run)
    kept->timeline = mp_run_open_timeline (kept->run, error);
  if (!kept->timeline || !mp_timeline_reader_load_data (kept->timeline, &kept->n_data, &kept->dimensions, &kept->data, error)
      || !read_curves (kept, error)) {
    kept_free (kept);
    return NULL;
  }
  /* The data set knows what should be in view; a file that has gone is no reason to fail. */
  source = mp_data_open (mp_run_get_experiment (kept->run), 0, NULL);
  if (source) {
    mp_data_get_extent (source, kept->extent);
    kept->has_extent = TRUE;
    if (mp_data_get_mixture (source))
      kept->n_modes = (gint) mp_data_get_mixture (source)->n_modes;
  }
  return kept;
}

static void
name_runs (GPtrArray *runs)
{
  g_autofree MpExperiment **experiments = g_new (MpExperiment *, runs->len + 1);
  g_autofree guint64 *branched = g_new (guint64, runs->len + 1);
  g_autoptr (GArray) names = NULL;

  for (guint i = 0; i < runs->len; i++) {
    MpRun *run = ((const Kept *) g_ptr_array_index (runs, i))->run;

    experiments[i] = mp_run_get_experiment (run);
    if (mp_run_get_parent (run, &branched[i]) == NULL)
      branched[i] = MP_NO_BRANCH;
  }
  names = mp_lane_names_new (experiments, branched, runs->len);
  for (guint i = 0; i < runs->len; i++) {
    const MpLaneName *name = &g_array_index (names, MpLaneName, i);

    ((Kept *) g_ptr_array_index (runs, i))->name = (MpLaneName) { g_strdup (name->name), g_strdup (name->apart) };
  }
}

MpRunPictures *
mp_run_pictures_new (GPtrArray   *dirs,
                     const char  *title,
                     GError     **error)
{
  g_autoptr (MpRunPictures) self = g_new0 (MpRunPictures, 1);

  self->runs = g_ptr_array_new_with_free_func (kept_free);
  for (guint i = 0; i < dirs->len; i++) {
    Kept *kept = open_run (g_ptr_array_index (dirs, i), error);

    if (!kept)
      return NULL;
    g_ptr_array_add (self->runs, kept);
  }
  name_runs (self->runs);
  self->title = g_strdup (title);
  if (!title && self->runs->len == 1) {
    Kept *only = g_ptr_array_index (self->runs, 0);

    self->title = g_strdup (mp_experiment_get_title (mp_run_get_experiment (only->run)));
  }
  return g_steal_pointer (&self);
}

void
mp_run_pictures_free (MpRunPictures *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->runs);
  g_free (self->title);
  g_free (self);
}

static const Curve *
find_curve (const Kept *kept,
            const char *id)
{
  for (guint i = 0; i < kept->curves->len; i++)
    if (g_str_equal (((const Curve *) g_ptr_array_index (kept->curves, i))->id, id))
      return g_ptr_array_index (kept->curves, i);
  return NULL;
}

/* ---- lanes ---- */

/* The value of a series at the iteration or the last one before; NAN where there is none. */
static double
value_at (const Kept *kept,
          const char *id,
          guint64     iteration)
{
  const Curve *curve = find_curve (kept, id);
  double value = NAN;

  for (guint i = 0; curve && i < curve->iterations->len && g_array_index (curve->iterations, guint64, i) <= iteration;
       i++)
    value = g_array_index (curve->values, double, i);
  return value;
}

static void
fill_head (MpLaneHead *head,
           const Kept *kept,
           guint       lane,
           guint64     iteration)
{
  MpExperiment *experiment = mp_run_get_experiment (kept->run);
  const char *id = mp_experiment_get_string (experiment, "method", "kind");
  const MpDescriptor *method = mp_registry_find (MP_KIND_METHOD, id);
  const char *state = mp_run_get_state (kept->run);
  double modes = value_at (kept, "modes", iteration), seconds = mp_run_get_seconds (kept->run);

  head->title = _(method->title);
  head->subtitle = kept->name.apart[0] != '\0' ? kept->name.apart : mp_experiment_get_id (experiment);
  head->name = kept->name.name;
  head->lane = lane;
  head->iteration = iteration;
  head->modes = isnan (modes) || kept->n_modes == 0 ? -1 : (int) modes;
  head->n_modes = kept->n_modes;
  head->high_quality = value_at (kept, "high_quality", iteration);
  head->rate = seconds > 0 ? (double) mp_run_get_iteration (kept->run) / seconds : NAN;
  head->state = strcmp (state, "diverged") == 0 || strcmp (state, "failed") == 0 ? state : NULL;
}

static gboolean
fill_scatter (MpScatter  *scatter,
              const Kept *kept,
              guint       keyframe,
              GError    **error)
{
  MpTimelineFrame frame;

  if (!mp_timeline_reader_load (kept->timeline, keyframe, TRUE, &frame, error))
    return FALSE;
  mp_scatter_set_points (scatter, MP_POINTS_DATA, kept->data, kept->n_data, kept->dimensions);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, frame.samples, frame.n, frame.dimensions);
  if (kept->has_extent)
    mp_scatter_set_extent (scatter, kept->extent);
  if (frame.layer.values) {
    g_autoptr (MpHeatMap) map = mp_heat_map_new (frame.layer.title, frame.layer.neutral, frame.layer.extent,
                                                 frame.layer.width, frame.layer.height, frame.layer.values);

    mp_scatter_set_heat_map (scatter, map);
  }
  mp_timeline_frame_clear (&frame);
  return TRUE;
}

static gboolean
add_lane (MpPicture  *picture,
          const Kept *kept,
          guint       lane,
          gint64      iteration,
          GError    **error)
{
  g_autoptr (MpScatter) scatter = mp_scatter_new ();
  MpLaneHead head = { 0 };
  guint keyframe, n;

  /* The last keyframe at or before the iteration. */
  if (!mp_timeline_reader_find (kept->timeline, iteration >= 0 ? (guint64) iteration : G_MAXUINT64, &keyframe)) {
    if (iteration >= 0)
      g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s: no samples were kept up to iteration %" PRId64
                                                     "."), mp_run_get_dir (kept->run), iteration);
    else
      g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s: no samples were kept."), mp_run_get_dir (kept->run));
    return FALSE;
  }
  if (!fill_scatter (scatter, kept, keyframe, error))
    return FALSE;
  mp_scatter_set_lane (scatter, lane);
  mp_scatter_set_axes (scatter, TRUE);
  fill_head (&head, kept, lane, mp_timeline_reader_list (kept->timeline, &n)[keyframe].iteration);
  mp_picture_add_lane (picture, &head, scatter, NULL);
  return TRUE;
}

/* ---- charts ---- */

/* A curve up to an iteration, or NULL where there is nothing of it. (transfer full) */
static MpSeries *
make_series (const Curve *curve,
             gint64       last)
{
  g_autoptr (MpSeries) series = NULL;

  if (!curve || curve->iterations->len == 0)
    return NULL;
  series = mp_series_new ();
  for (guint i = 0; i < curve->iterations->len; i++)
    if (last < 0 || g_array_index (curve->iterations, guint64, i) <= (guint64) last)
      mp_series_append (series, g_array_index (curve->iterations, guint64, i),
                        g_array_index (curve->values, double, i));
  return g_steal_pointer (&series);
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

  mp_chart_set_title (chart, _("Losses"), _("own scale each"));
  mp_chart_set_own_scale (chart, TRUE);
  for (guint i = 0; i < runs->len; i++) {
    const Kept *kept = g_ptr_array_index (runs, i);
    MpDash dash = MP_DASH_SOLID;

    longest = MAX (longest, mp_run_get_iteration (kept->run));
    for (guint j = 0; j < kept->curves->len; j++) {
      const Curve *curve = g_ptr_array_index (kept->curves, j);
      g_autoptr (MpSeries) series = g_str_has_prefix (curve->id, "loss/") ? make_series (curve, last) : NULL;
      g_autofree char *text = NULL;
      const char *word;

      if (!series)
        continue;
      word = mp_lane_names_curve (curve->id);
      text = g_strdup_printf ("%s %s", kept->name.name, word ? word : curve->id + strlen ("loss/"));
      mp_chart_set_word (chart, mp_chart_add_series (chart, series, text, i, dash), word);
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
            const MpDescriptor *descriptor,
            gint64              last)
{
  const MpMetric *metric = (const MpMetric *) descriptor;
  g_autoptr (MpChart) chart = mp_chart_new ();
  gboolean positive = TRUE;
  gint64 n_modes = 0;
  double low, high;
  guint n = 0;

  mp_chart_set_title (chart, _(descriptor->title), metric->note ? _(metric->note) : NULL);
  for (guint i = 0; i < runs->len; i++) {
    const Kept *kept = g_ptr_array_index (runs, i);
    g_autoptr (MpSeries) series = make_series (find_curve (kept, descriptor->id), last);
    MpSummary summary;

    if (!series)
      continue;
    mp_series_summarise (series, 0, mp_series_get_n (series), &summary);
    positive &= isfinite (summary.min_positive);
    n_modes = MAX (n_modes, kept->n_modes);
    mp_chart_add_series (chart, series, kept->name.name, i, MP_DASH_SOLID);
    n++;
  }
  /* Distances that should vanish are read on a log axis, where every lane has something to show on it. */
  if (positive && metric->better == MP_LOWER_IS_BETTER)
    mp_chart_set_scale (chart, MP_SCALE_LOG);
  if (mp_metric_get_range (metric, n_modes, &low, &high))
    mp_chart_set_y_range (chart, low, high);
  if (n > 0)
    mp_picture_add_chart (picture, chart);
  return n > 0;
}

MpPicture *
mp_run_pictures_make (MpRunPictures  *self,
                      gint64          iteration,
                      GError        **error)
{
  g_autoptr (MpPicture) picture = mp_picture_new (self->title, NULL);
  guint n, shown = 1;
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n);

  for (guint i = 0; i < self->runs->len; i++)
    if (!add_lane (picture, g_ptr_array_index (self->runs, i), i, iteration, error))
      return NULL;
  add_losses (picture, self->runs, iteration);
  for (guint i = 0; i < n && shown < MAX_CHARTS; i++)
    shown += add_metric (picture, self->runs, metrics[i], iteration);
  return g_steal_pointer (&picture);
}

/* ---- films ---- */

static int
compare_iterations (gconstpointer a,
                    gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return x < y ? -1 : x > y;
}

GArray *
mp_run_pictures_list_moments (MpRunPictures *self,
                              guint          most)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint64));
  GArray *chosen = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint64 begin = 0, last = G_MAXUINT64;
  guint n_different = 0;

  for (guint i = 0; i < self->runs->len; i++) {
    guint n;
    const MpTimelineMark *marks = mp_timeline_reader_list (((Kept *) g_ptr_array_index (self->runs, i))->timeline, &n);

    if (n > 0)
      begin = MAX (begin, marks[0].iteration);
    for (guint j = 0; j < n; j++)
      g_array_append_val (all, marks[j].iteration);
  }
  g_array_sort (all, compare_iterations);
  /* Once each, from when all runs can be seen. */
  for (guint i = 0; i < all->len; i++) {
    guint64 iteration = g_array_index (all, guint64, i);

    if (iteration >= begin && iteration != last)
      g_array_index (all, guint64, n_different++) = last = iteration;
  }
  for (guint i = 0; i < MIN (n_different, MAX (most, 1)); i++) {
    guint at = n_different <= most || most < 2 ? i : (guint) ((guint64) i * (n_different - 1) / (most - 1));

    g_array_append_val (chosen, g_array_index (all, guint64, at));
  }
  return chosen;
}

static cairo_surface_t *
draw_frame (MpRunPictures     *self,
            guint64            iteration,
            int                width,
            int                height,
            double             scale,
            const MpPlotStyle *style,
            GError           **error)
{
  g_autoptr (MpPicture) picture = mp_run_pictures_make (self, (gint64) iteration, error);
  cairo_surface_t *surface;
  cairo_t *cr;

  if (!picture)
    return NULL;
  surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cr = cairo_create (surface);
  cairo_scale (cr, scale, scale);
  mp_picture_draw (picture, cr, width / scale, height / scale, style);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

/* Pixels of a frame, and how many there are to a unit of the drawing. */
static gboolean
find_size (MpRunPictures        *self,
           const MpFilmSettings *settings,
           int                  *width,
           int                  *height,
           double               *scale,
           GError              **error)
{
  g_autoptr (MpPicture) picture = mp_run_pictures_make (self, -1, error);
  double natural_width, natural_height;

  if (!picture)
    return FALSE;
  mp_picture_get_natural_size (picture, &natural_width, &natural_height);
  *scale = settings->width > 0 ? settings->width / natural_width : 1;
  *width = (int) ceil (natural_width * *scale);
  *height = (int) ceil (natural_height * *scale);
  return TRUE;
}

static gboolean
add_palette (MpRunPictures     *self,
             MpFilm            *film,
             GArray            *moments,
             int                width,
             int                height,
             double             scale,
             const MpPlotStyle *style,
             GError           **error)
{
  const guint places[] = { 0, moments->len / 2, moments->len - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    cairo_surface_t *frame = draw_frame (self, g_array_index (moments, guint64, places[i]), width, height, scale, style,
                                         error);

    if (!frame)
      return FALSE;
    mp_film_add_palette (film, frame);
    cairo_surface_destroy (frame);
  }
  return TRUE;
}

static gboolean
add_frame (MpRunPictures        *self,
           MpFilm               *film,
           cairo_surface_t      *frame,
           guint                 i,
           guint                 n,
           const MpFilmSettings *settings,
           GError              **error)
{
  int stay = i + 1 == n ? LAST_FRAME : (int) lrint (1000 / settings->per_second);
  gboolean added = frame && mp_film_add (film, frame, stay, error);

  g_clear_pointer (&frame, cairo_surface_destroy);
  if (!added)
    return FALSE;
  if (!settings->progress || settings->progress (i + 1, n, settings->data))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The film was not finished."));
  return FALSE;
}

gboolean
mp_run_pictures_film (MpRunPictures        *self,
                      const char           *path,
                      const MpFilmSettings *settings,
                      GError              **error)
{
  g_autoptr (GArray) moments = mp_run_pictures_list_moments (self, settings->most_frames);
  g_autoptr (MpFilm) film = NULL;
  MpPlotStyle style;
  int width, height;
  double scale;

  if (moments->len == 0) {
    g_set_error_literal (error, MP_ERROR, MP_ERROR_FILE, _("There are no keyframes to make a film of."));
    return FALSE;
  }
  mp_plot_style_init (&style, settings->theme);
  if (!mp_film_check_path (path, error) || !find_size (self, settings, &width, &height, &scale, error))
    return FALSE;
  style.pixel_ratio = scale;
  film = mp_film_new (path, width, height, settings->loop, error);
  if (!film || !add_palette (self, film, moments, width, height, scale, &style, error))
    return FALSE;
  for (guint i = 0; i < moments->len; i++) {
    cairo_surface_t *frame = draw_frame (self, g_array_index (moments, guint64, i), width, height, scale, &style, error);

    if (!add_frame (self, film, frame, i, moments->len, settings, error))
      return FALSE;
  }
  return mp_film_finish (film, error);
}
