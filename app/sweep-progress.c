/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-progress.c: progress and table of a sweep.
 *
 * On a terminal:
 *   gram-grid  ━━━━━━━━━━━━━━━━━━━━━━━━   37 %  80/216 runs  3 diverged  12 min 04 s left
 *     ring-gram-hidden100-100-latent4-s2   45 %  2,130 it/s
 * Elsewhere a line for each run that is over.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/sweep-progress.h"
#include "app/terminal.h"
#include "ui/plot/sweep-picture.h"

#define BAR_WIDTH 24
#define MAX_LINES 16       /* of lanes on a terminal */

struct _MpSweepProgress
{
  MpSweepRun *run;
  MpTerminal  terminal;
  gboolean   *told;        /* trials whose line was printed, or that were over before */
};

MpSweepProgress *
mp_sweep_progress_new (MpSweepRun *run)
{
  MpSweepProgress *self = g_new0 (MpSweepProgress, 1);
  MpSweep *sweep = mp_sweep_run_get_sweep (run);

  self->run = run;
  mp_terminal_init (&self->terminal);
  self->told = g_new0 (gboolean, mp_sweep_get_n_trials (sweep));
  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++) {
    MpTrialStatus status;

    mp_sweep_run_get_status (run, i, &status);
    self->told[i] = status.state == MP_TRIAL_FINISHED || status.state == MP_TRIAL_DIVERGED;
  }
  return self;
}

void
mp_sweep_progress_free (MpSweepProgress *self)
{
  g_free (self->told);
  g_free (self);
}

/* ---- words ---- */

static const char *
state_text (MpTrialState state)
{
  switch (state) {
  case MP_TRIAL_WAITING:
    return _("waiting");
  case MP_TRIAL_RUNNING:
    return _("running");
  case MP_TRIAL_ELSEWHERE:
    return _("running elsewhere");
  case MP_TRIAL_INTERRUPTED:
    return _("interrupted");
  case MP_TRIAL_FINISHED:
    return _("finished");
  case MP_TRIAL_DIVERGED:
    return _("diverged");
  default:
    return _("failed");
  }
}

/* "80/216 runs  3 diverged  1 failed  12 s left". (transfer full) */
static char *
sum_text (MpSweepProgress *self,
          double           left)
{
  guint counts[MP_N_TRIAL_STATES], n = mp_sweep_get_n_trials (mp_sweep_run_get_sweep (self->run));
  g_autoptr (GString) text = g_string_new (NULL);

  mp_sweep_run_count (self->run, counts);
  g_string_append_printf (text, _("%u/%u runs"), counts[MP_TRIAL_FINISHED] + counts[MP_TRIAL_DIVERGED]
                          + counts[MP_TRIAL_FAILED], n);
  for (MpTrialState state = MP_TRIAL_DIVERGED; state <= MP_TRIAL_FAILED; state++)
    if (counts[state] > 0)
      g_string_append_printf (text, "  %u %s", counts[state], state_text (state));
  if (counts[MP_TRIAL_ELSEWHERE] > 0)
    g_string_append_printf (text, "  %u %s", counts[MP_TRIAL_ELSEWHERE], state_text (MP_TRIAL_ELSEWHERE));
  if (isfinite (left) && left > 0) {
    g_autofree char *time = mp_seconds_text (left);

    g_string_append (text, "  ");
    g_string_append_printf (text, _("%s left"), time);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- on a terminal ---- */

/* Adds a line, cut to the width. */
static void
append_line (GString    *out,
             const char *line,
             guint       width)
{
  g_autofree char *cut = (guint) g_utf8_strlen (line, -1) < width ? g_strdup (line)
                                                                  : g_utf8_substring (line, 0, width - 1);

  g_string_append_printf (out, "\r\033[K%s\n", cut);
}

static void
append_bar (MpSweepProgress *self,
            GString         *line,
            double           share)
{
  guint full = (guint) (CLAMP (share, 0, 1) * BAR_WIDTH);

  for (guint i = 0; i < BAR_WIDTH; i++)
    g_string_append (line, i < full ? (self->terminal.unicode ? "━" : "#") : self->terminal.unicode ? "┄" : ".");
}

static void
draw (MpSweepProgress *self)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (self->run);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GString) line = g_string_new (mp_sweep_get_id (sweep));
  g_autofree char *sum = NULL;
  guint width = mp_terminal_get_width (), n = 1;
  guint64 done, all;
  double left;

  mp_sweep_run_get_progress (self->run, &done, &all, &left);
  sum = sum_text (self, left);
  g_string_append (line, "  ");
  append_bar (self, line, all > 0 ? (double) done / (double) all : 0);
  g_string_append_printf (line, "  %3.0f %%  %s", all > 0 ? floor (100.0 * (double) done / (double) all) : 0, sum);
  append_line (out, line->str, width);
  for (guint i = 0; i < mp_sweep_get_n_trials (sweep) && n <= MAX_LINES; i++) {
    MpTrialStatus status;

    mp_sweep_run_get_status (self->run, i, &status);
    if (status.state != MP_TRIAL_RUNNING)
      continue;
    g_string_printf (line, "  %s  %3.0f %%  ", mp_sweep_get_trial (sweep, i)->name,
                     floor (100.0 * (double) status.iteration / (double) status.n_iterations));
    g_string_append_printf (line, _("%'.0f it/s"), status.rate);
    append_line (out, line->str, width);
    n++;
  }
  mp_terminal_draw (&self->terminal, out->str, n);
}

/* ---- elsewhere ---- */

static void
print_lines (MpSweepProgress *self)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (self->run);
  const char *metric = mp_sweep_get_metric (sweep);

  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++) {
    g_autofree char *value = NULL;
    g_autofree char *sum = NULL;
    guint64 done, all;
    double left;
    MpTrialStatus status;

    if (self->told[i])
      continue;
    mp_sweep_run_get_status (self->run, i, &status);
    if (status.state < MP_TRIAL_FINISHED)
      continue;
    self->told[i] = TRUE;
    mp_sweep_run_get_progress (self->run, &done, &all, &left);
    value = mp_value_text (mp_sweep_run_get_value (self->run, i, metric));
    sum = sum_text (self, left);
    printf ("%s  %s  ", mp_sweep_get_trial (sweep, i)->name, state_text (status.state));
    printf (_("%.1f s"), status.seconds);
    printf ("  %s %s  (%s)\n", metric, value, sum);
  }
  fflush (stdout);
}

void
mp_sweep_progress_show (MpSweepProgress *self,
                        gboolean         last)
{
  if (self->terminal.interactive)
    draw (self);
  else
    print_lines (self);
  if (last)
    self->terminal.n_drawn = 0;
}

void
mp_sweep_progress_say (MpSweepProgress *self,
                       const char      *text)
{
  mp_terminal_say (&self->terminal, text);
}

/* ---- the table ---- */

static char *
cell_text (MpSweepRun *run,
           guint       cell)
{
  MpSweepSummary summary;
  char *text;

  mp_sweep_run_summarise (run, cell, mp_sweep_get_metric (mp_sweep_run_get_sweep (run)), &summary);
  text = mp_sweep_format_summary (&summary, FALSE);
  return text[0] != '\0' ? text : (g_free (text), g_strdup ("–"));
}

/* The labels of one row's or column's axes, "GRAM · 20, 20". (transfer full) */
static char *
line_label (MpSweep     *sweep,
            guint        cell,
            const guint *axes,
            guint        n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (sweep, axes[i]);

    if (axis->n_values > 1 || n == 1)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "",
                              axis->labels[mp_sweep_get_position (sweep, cell, axes[i])]);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
axes_title (MpSweep     *sweep,
            const guint *axes,
            guint        n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    if (mp_sweep_get_axis (sweep, axes[i])->n_values > 1 || n == 1)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", mp_sweep_get_axis (sweep, axes[i])->title);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
mp_sweep_progress_print_table (MpSweepRun *run)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (run);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  guint n_row_axes, n_column_axes, n_columns = mp_sweep_get_n_columns (sweep);
  const guint *row_axes = mp_sweep_get_rows (sweep, &n_row_axes);
  const guint *column_axes = mp_sweep_get_columns (sweep, &n_column_axes);
  g_autofree char *across = axes_title (sweep, column_axes, n_column_axes);
  g_autofree char *differences = NULL;

  for (guint row = 0; row <= mp_sweep_get_n_rows (sweep); row++) {
    char **cells = g_new0 (char *, n_columns + 2);

    cells[0] = row == 0 ? axes_title (sweep, row_axes, n_row_axes)
                        : line_label (sweep, (row - 1) * n_columns, row_axes, n_row_axes);
    for (guint column = 0; column < n_columns; column++)
      cells[column + 1] = row == 0 ? line_label (sweep, column, column_axes, n_column_axes)
                                   : cell_text (run, (row - 1) * n_columns + column);
    g_ptr_array_add (rows, cells);
  }
  printf ("\n%s: ", mp_sweep_get_metric (sweep));
  if (mp_sweep_get_average (sweep) > 0)
    printf (_("mean over the last %" PRIu64 " iterations, "), mp_sweep_get_average (sweep));
  printf (g_dngettext (NULL, "mean ± standard deviation over %u seed; columns: %s\n",
                       "mean ± standard deviation over %u seeds; columns: %s\n", mp_sweep_get_n_seeds (sweep)),
          mp_sweep_get_n_seeds (sweep), across);
  mp_print_table (rows, "");
  differences = mp_sweep_describe_differences (run, mp_sweep_get_metric (sweep));
  if (differences != NULL)
    printf ("\n%s\n", differences);
  printf ("\n%s %s (cells.csv, seeds.csv)\n", _("Results and runs are kept in"), mp_sweep_run_get_dir (run));
}
