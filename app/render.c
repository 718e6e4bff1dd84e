/* SPDX-License-Identifier: Apache-2.0
 *
 * render.c: the command “render”: kept runs as one picture or a film: samples side by side, losses and metrics
 * below.
 */
#include <stdio.h>
#include <unistd.h>

#include "app/app.h"
#include "engine/runs/comparison.h"
#include "ui/plot/film.h"
#include "ui/plot/run-picture.h"
#include "ui/plot/sweep-picture.h"

/* The run folders behind all words. */
static GPtrArray *
list_runs (GPtrArray *words,
           GError   **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < words->len; i++) {
    g_autoptr (GPtrArray) dirs = mp_comparison_list_runs (g_ptr_array_index (words, i), error);

    if (dirs == NULL)
      return NULL;
    for (guint j = 0; j < dirs->len; j++)
      g_ptr_array_add (all, g_strdup (g_ptr_array_index (dirs, j)));
  }
  return g_steal_pointer (&all);
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
show_film_progress (guint    done,
                    guint    n,
                    gpointer data)
{
  if (isatty (STDERR_FILENO))
    fprintf (stderr, "\r%u/%u%s", done, n, done == n ? "\n" : "");
  return TRUE;
}

static gboolean
write_film (MpArguments   *arguments,
            MpRunPictures *pictures,
            GError       **error)
{
  gint64 width = 0, frames = 150, per_second = 15;
  MpFilmSettings settings = { .loop = !mp_arguments_has (arguments, "once"), .progress = show_film_progress,
                              .theme = mp_arguments_has (arguments, "dark") ? MP_PLOT_DARK : MP_PLOT_LIGHT };

  mp_arguments_get_int (arguments, "width", 100, 20000, &width);
  mp_arguments_get_int (arguments, "frames", 1, 10000, &frames);
  mp_arguments_get_int (arguments, "fps", 1, 100, &per_second);
  settings.width = (int) width;
  settings.most_frames = (guint) frames;
  settings.per_second = (double) per_second;
  return mp_run_pictures_film (pictures, mp_arguments_get (arguments, "film"), &settings, error);
}

/* Whether --film goes together with the rest. */
static gboolean
check_film (MpArguments *arguments)
{
  const char *film = mp_arguments_get (arguments, "film");
  gint64 ignored;
  GError *error = NULL;

  if (film != NULL && !mp_film_check_path (film, &error)) {
    mp_complain_error (error);
    return FALSE;
  }
  if (film != NULL && mp_arguments_has (arguments, "iteration")) {
    mp_complain (MP_EXIT_USAGE, _("--iteration chooses one picture; it cannot be given beside --film."));
    return FALSE;
  }
  return mp_arguments_get_int (arguments, "frames", 1, 10000, &ignored)
         && mp_arguments_get_int (arguments, "fps", 1, 100, &ignored);
}

static gboolean
check_words (MpArguments *arguments,
             gint64      *iteration)
{
  gint64 ignored;

  if (!check_film (arguments))
    return FALSE;
  if (mp_arguments_get (arguments, "to") == NULL && mp_arguments_get (arguments, "film") == NULL) {
    mp_complain (MP_EXIT_USAGE, _("Where to? Give --to FILE.png, FILE.svg or FILE.pdf, or --film FILE.gif or "
                                  "FILE.webp."));
    return FALSE;
  }
  return mp_arguments_check_picture (arguments, "to") &&
         mp_arguments_get_int (arguments, "iteration", 0, G_MAXINT64, iteration) &&
         mp_arguments_get_int (arguments, "width", 100, 20000, &ignored) &&
         mp_arguments_get_int (arguments, "scale", 1, 8, &ignored);
}

static gboolean
render_runs (MpArguments *arguments,
             gint64       iteration,
             GError     **error)
{
  g_autoptr (GPtrArray) dirs = list_runs (arguments->words, error);
  g_autoptr (MpRunPictures) pictures = NULL;
  g_autoptr (MpPicture) picture = NULL;
  g_autofree char *title = NULL;

  if (dirs == NULL)
    return FALSE;
  if (arguments->words->len == 1)
    title = mp_comparison_get_title (g_ptr_array_index (arguments->words, 0));
  pictures = mp_run_pictures_new (dirs, title, error);
  if (pictures == NULL)
    return FALSE;
  mp_warn_about_runs (dirs);
  if (mp_arguments_get (arguments, "film") != NULL && !write_film (arguments, pictures, error))
    return FALSE;
  if (mp_arguments_get (arguments, "to") == NULL)
    return TRUE;
  picture = mp_run_pictures_make (pictures, iteration, error);
  return picture != NULL && write_picture (arguments, picture, error);
}

int
mp_render_run (MpArguments *arguments)
{
  gint64 iteration = -1;
  gboolean sweep;
  GError *error = NULL;

  if (!check_words (arguments, &iteration))
    return MP_EXIT_USAGE;
  sweep = arguments->words->len == 1 && is_sweep (g_ptr_array_index (arguments->words, 0));
  if (sweep && mp_arguments_get (arguments, "to") == NULL)
    return mp_complain (MP_EXIT_USAGE, _("A sweep is drawn as one picture: give --to FILE.png, FILE.svg or FILE.pdf."));
  if (!sweep && mp_arguments_has (arguments, "metric"))
    return mp_complain (MP_EXIT_USAGE, _("--metric colours the matrix of a sweep; “%s” is none."),
                        (const char *) g_ptr_array_index (arguments->words, 0));
  if (sweep ? render_sweep (arguments, g_ptr_array_index (arguments->words, 0), &error)
            : render_runs (arguments, iteration, &error))
    return MP_EXIT_OK;
  return mp_complain_error (error);
}
