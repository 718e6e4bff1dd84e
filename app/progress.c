/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.c: progress bars, progress lines and the table of results.
 *
 * On a terminal every lane has a line, redrawn about ten times a second:
 *   ring-gram     ━━━━━━━━━━━━━━━━━━╸━━━━━━━━━   67 %   6,700/10,000   2,130 it/s   2 s left   Modes 8   MMD² 0.0012
 * What does not fit is left out from the right, so that a line never wraps.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "engine/metrics/metric.h"

#define MAIN_METRICS 3       /* shown while training: the first of the registry */
#define BAR_WIDTH 24
#define LINE_SECONDS 10      /* between two lines of a lane that is slow */

struct _MpProgress
{
  GPtrArray *lanes;
  MpTerminal terminal;
  guint      id_width;
  gint64     told;           /* monotonic time of the last line */
};

MpProgress *
mp_progress_new (GPtrArray *lanes)
{
  MpProgress *self = g_new0 (MpProgress, 1);

  self->lanes = lanes;
  mp_terminal_init (&self->terminal);
  self->told = g_get_monotonic_time ();
  for (guint i = 0; i < lanes->len; i++)
    self->id_width = MAX (self->id_width, (guint) g_utf8_strlen (((MpLane *) g_ptr_array_index (lanes, i))->id, -1));
  return self;
}

void
mp_progress_free (MpProgress *self)
{
  g_free (self);
}

double
mp_metric_find (GArray     *metrics,
                const char *id)
{
  for (guint i = 0; metrics != NULL && i < metrics->len; i++)
    if (strcmp (g_array_index (metrics, MpMetricValue, i).id, id) == 0)
      return g_array_index (metrics, MpMetricValue, i).value;
  return NAN;
}

/* ---- words ---- */

static const char *
state_text (MpLaneState state)
{
  switch (state) {
  case MP_LANE_PREPARING:
    return _("preparing");
  case MP_LANE_PAUSED:
    return _("paused");
  case MP_LANE_TRAINING:
    return _("training");
  case MP_LANE_FINISHED:
    return _("finished");
  case MP_LANE_STOPPED:
    return _("stopped");
  case MP_LANE_DIVERGED:
    return _("diverged");
  default:
    return _("failed");
  }
}

/* What there is to tell about a lane, the most important first. (transfer full) */
static GPtrArray *
list_facts (MpLane *lane)
{
  GPtrArray *facts = g_ptr_array_new_with_free_func (g_free);
  MpLaneState state = mp_trainer_get_state (lane->trainer);
  guint64 iteration = mp_trainer_get_iteration (lane->trainer);
  guint64 n = mp_trainer_get_n_iterations (lane->trainer);
  double rate = mp_trainer_get_rate (lane->trainer);
  g_autoptr (GArray) metrics = mp_trainer_dup_metrics (lane->trainer);
  g_autofree char *activity = mp_trainer_dup_activity (lane->trainer);
  guint n_metrics;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_METRIC, &n_metrics);

  g_ptr_array_add (facts, g_strdup_printf ("%3.0f %%", n > 0 ? floor (100.0 * (double) iteration / (double) n) : 0.0));
  g_ptr_array_add (facts, g_strdup_printf ("%'" G_GUINT64_FORMAT "/%'" G_GUINT64_FORMAT, iteration, n));
  if (state == MP_LANE_PREPARING && activity != NULL)
    g_ptr_array_add (facts, g_strdup (_(activity)));
  else if (state != MP_LANE_TRAINING)
    g_ptr_array_add (facts, g_strdup (state_text (state)));
  else if (rate > 0) {
    g_autofree char *left = mp_seconds_text ((double) (n - MIN (n, iteration)) / rate);

    g_ptr_array_add (facts, g_strdup_printf (_("%'.0f it/s"), rate));
    g_ptr_array_add (facts, g_strdup_printf (_("%s left"), left));
  }
  for (guint i = 0, shown = 0; i < n_metrics && shown < MAIN_METRICS; i++) {
    double value = mp_metric_find (metrics, list[i]->id);
    g_autofree char *text = mp_value_text (value);

    if (isnan (value))
      continue;
    g_ptr_array_add (facts, g_strdup_printf ("%s %s", _(list[i]->title), text));
    shown++;
  }
  return facts;
}

/* ---- bars ---- */

static const char *
bar_colour (MpLaneState state)
{
  switch (state) {
  case MP_LANE_FINISHED:
    return "\033[32m";
  case MP_LANE_DIVERGED:
  case MP_LANE_FAILED:
    return "\033[31m";
  case MP_LANE_STOPPED:
    return "\033[33m";
  default:
    return "\033[36m";
  }
}

static void
append_bar (MpProgress *self,
            MpLane     *lane,
            GString    *line)
{
  guint64 n = mp_trainer_get_n_iterations (lane->trainer);
  double share = n > 0 ? (double) mp_trainer_get_iteration (lane->trainer) / (double) n : 0;
  guint full = (guint) (MIN (share, 1) * BAR_WIDTH);

  if (self->terminal.colour)
    g_string_append (line, bar_colour (mp_trainer_get_state (lane->trainer)));
  for (guint i = 0; i < full; i++)
    g_string_append (line, self->terminal.unicode ? "━" : "#");
  if (self->terminal.colour)
    g_string_append (line, "\033[0;2m");
  for (guint i = full; i < BAR_WIDTH; i++)
    g_string_append (line, !self->terminal.unicode ? "." : self->terminal.colour ? "━" : " ");
  if (self->terminal.colour)
    g_string_append (line, "\033[0m");
}

static void
draw_bars (MpProgress *self)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint width = mp_terminal_get_width ();

  for (guint i = 0; i < self->lanes->len; i++) {
    MpLane *lane = g_ptr_array_index (self->lanes, i);
    g_autoptr (GPtrArray) facts = list_facts (lane);
    guint column = self->id_width + 2 + BAR_WIDTH;
    guint padding = self->id_width - (guint) g_utf8_strlen (lane->id, -1);

    g_string_append (out, "\r\033[K");
    /* A terminal too narrow for the bar gets the facts alone. */
    if (column < width) {
      g_string_append_printf (out, "%s%*s  ", lane->id, (int) padding, "");
      append_bar (self, lane, out);
    } else
      column = 0;
    for (guint j = 0; j < facts->len; j++) {
      const char *fact = g_ptr_array_index (facts, j);

      column += 2 + (guint) g_utf8_strlen (fact, -1);
      if (column >= width)
        break;
      g_string_append_printf (out, "  %s", fact);
    }
    g_string_append_c (out, '\n');
  }
  mp_terminal_draw (&self->terminal, out->str, self->lanes->len);
}

/* ---- lines ---- */

static void
print_line (MpLane *lane)
{
  g_autoptr (GPtrArray) facts = list_facts (lane);

  printf ("%s", lane->id);
  for (guint i = 0; i < facts->len; i++)
    printf ("  %s", g_strchug (g_ptr_array_index (facts, i)));
  putchar ('\n');
}

/* A line at every tenth of the way, when a lane ends, and from time to time. */
static void
print_lines (MpProgress *self)
{
  gint64 now = g_get_monotonic_time ();
  gboolean late = now - self->told > LINE_SECONDS * G_USEC_PER_SEC;

  for (guint i = 0; i < self->lanes->len; i++) {
    MpLane *lane = g_ptr_array_index (self->lanes, i);
    guint64 n = mp_trainer_get_n_iterations (lane->trainer);
    guint tenths = n > 0 ? (guint) (mp_trainer_get_iteration (lane->trainer) * 10 / n) : 0;
    gboolean over = mp_trainer_get_state (lane->trainer) >= MP_LANE_FINISHED;

    if (over)
      tenths = 11;
    if (tenths <= lane->tenths && !(late && !over))
      continue;
    print_line (lane);
    lane->tenths = tenths;
    self->told = now;
  }
  fflush (stdout);
}

void
mp_progress_show (MpProgress *self,
                  gboolean    last)
{
  if (self->terminal.interactive)
    draw_bars (self);
  else
    print_lines (self);
  if (last)
    self->terminal.n_drawn = 0;
}

void
mp_progress_say (MpProgress *self,
                 const char *text)
{
  mp_terminal_say (&self->terminal, text);
}

/* ---- the table ---- */

/* Metrics that some lane has a value of. */
static GPtrArray *
list_metrics (GPtrArray *results)
{
  GPtrArray *shown = g_ptr_array_new ();
  guint n;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_METRIC, &n);

  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < results->len; j++)
      if (!isnan (mp_metric_find (g_ptr_array_index (results, j), list[i]->id))) {
        g_ptr_array_add (shown, (gpointer) list[i]);
        break;
      }
  return shown;
}

static void
free_metrics (gpointer metrics)
{
  if (metrics != NULL)
    g_array_unref (metrics);
}

static char **
table_row (MpLane    *lane,
           GArray    *metrics,
           GPtrArray *shown)
{
  GPtrArray *row = g_ptr_array_new ();
  guint64 iteration = mp_trainer_get_iteration (lane->trainer);
  double seconds = mp_trainer_get_seconds (lane->trainer);

  g_ptr_array_add (row, g_strdup (lane->id));
  g_ptr_array_add (row, g_strdup (state_text (mp_trainer_get_state (lane->trainer))));
  g_ptr_array_add (row, g_strdup_printf ("%'" G_GUINT64_FORMAT, iteration));
  g_ptr_array_add (row, g_strdup_printf (_("%.1f s"), seconds));
  g_ptr_array_add (row, seconds > 0 ? g_strdup_printf ("%'.0f", (double) iteration / seconds) : g_strdup ("–"));
  for (guint i = 0; i < shown->len; i++)
    g_ptr_array_add (row, mp_value_text (mp_metric_find (metrics, ((MpDescriptor *) g_ptr_array_index (shown, i))->id)));
  g_ptr_array_add (row, NULL);
  return (char **) g_ptr_array_free (row, FALSE);
}

/* A lane that could not make its folder has none. */
static void
print_places (GPtrArray *lanes)
{
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();

  for (guint i = 0; i < lanes->len; i++)
    if (g_file_test (((MpLane *) g_ptr_array_index (lanes, i))->run_dir, G_FILE_TEST_IS_DIR))
      g_ptr_array_add (dirs, ((MpLane *) g_ptr_array_index (lanes, i))->run_dir);
  if (dirs->len == 1)
    printf ("\n%s %s\n", _("The run is kept in"), (char *) g_ptr_array_index (dirs, 0));
  else if (dirs->len > 1)
    printf ("\n%s\n", _("The runs are kept in"));
  for (guint i = 0; dirs->len > 1 && i < dirs->len; i++)
    printf ("  %s\n", (char *) g_ptr_array_index (dirs, i));
}

void
mp_progress_print_table (GPtrArray *lanes)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (free_metrics);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autoptr (GPtrArray) shown = NULL;
  GPtrArray *head = g_ptr_array_new ();

  for (guint i = 0; i < lanes->len; i++)
    g_ptr_array_add (results, mp_trainer_dup_metrics (((MpLane *) g_ptr_array_index (lanes, i))->trainer));
  shown = list_metrics (results);
  g_ptr_array_add (head, g_strdup (_("Lane")));
  g_ptr_array_add (head, g_strdup (_("State")));
  g_ptr_array_add (head, g_strdup (_("Iterations")));
  g_ptr_array_add (head, g_strdup (_("Time")));
  g_ptr_array_add (head, g_strdup (_("it/s")));
  for (guint i = 0; i < shown->len; i++)
    g_ptr_array_add (head, g_strdup (_(((MpDescriptor *) g_ptr_array_index (shown, i))->title)));
  g_ptr_array_add (head, NULL);
  g_ptr_array_add (rows, g_ptr_array_free (head, FALSE));
  for (guint i = 0; i < lanes->len; i++)
    g_ptr_array_add (rows, table_row (g_ptr_array_index (lanes, i), g_ptr_array_index (results, i), shown));
  printf ("\n");
  mp_print_table (rows, "");
  print_places (lanes);
}
