/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/sweep-words.h"

#include <math.h>

#include "engine/train/experiment.h"
#include "ui/format.h"
#include "ui/plot/plot-format.h"

char *
mp_sweep_describe (MpSweep *sweep)
{
  g_autofree char *runs = mp_format_count (mp_sweep_get_n_trials (sweep));
  g_autofree char *iterations
    = mp_format_count ((guint64) mp_experiment_get_int (mp_sweep_get_trial (sweep, 0)->experiment, "train", "iterations"));

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u cells × %u seed · %s runs of %s iterations",
                                       "%u cells × %u seeds · %s runs of %s iterations", mp_sweep_get_n_seeds (sweep)),
                          mp_sweep_get_n_cells (sweep), mp_sweep_get_n_seeds (sweep), runs, iterations);
}

const char *
mp_trial_state_word (MpTrialState state)
{
  switch (state) {
  case MP_TRIAL_WAITING:
    return _("waiting");
  case MP_TRIAL_RUNNING:
    return _("training");
  case MP_TRIAL_ELSEWHERE:
    return _("trained by another process");
  case MP_TRIAL_INTERRUPTED:
    return _("to go on");
  case MP_TRIAL_FINISHED:
    return _("finished");
  case MP_TRIAL_DIVERGED:
    return _("diverged");
  default:
    return _("failed");
  }
}

char *
mp_sweep_model_describe_cell (MpSweepModel *self,
                              guint         cell)
{
  MpSweep *sweep = mp_sweep_model_get_sweep (self);
  MpSweepRun *run = mp_sweep_model_get_run (self);
  g_autofree char *place = NULL;
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;
  MpSweepSummary summary;

  if (!sweep)
    return NULL;
  place = mp_sweep_describe_cell (sweep, cell);
  if (!run)
    return g_strdup_printf (_("%s\nNot trained yet"), place);
  mp_sweep_run_summarise (run, cell, mp_sweep_model_get_metric (self), &summary);
  if (summary.n_waiting == summary.n_seeds)
    return g_strdup_printf (_("%s\nNo run is over yet"), place);
  name = mp_sweep_picture_metric_name (run, mp_sweep_model_get_metric (self));
  value = mp_sweep_format_summary (&summary, FALSE);
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s\n%s: %s (%u of %u run)", "%s\n%s: %s (%u of %u runs)",
                                       summary.n_seeds), place, name, value, summary.n, summary.n_seeds);
}

char *
mp_sweep_model_describe_progress (MpSweepModel *self,
                                  double       *share)
{
  MpSweepRun *run = mp_sweep_model_get_run (self);
  MpSweepModelState state = mp_sweep_model_get_state (self);
  guint counts[MP_N_TRIAL_STATES], n;
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 done, all;
  double left;

  *share = 0;
  if (!run)
    return g_strdup (_("Not started"));
  n = mp_sweep_get_n_trials (mp_sweep_run_get_sweep (run));
  mp_sweep_run_count (run, counts);
  mp_sweep_run_get_progress (run, &done, &all, &left);
  *share = all > 0 ? (double) done / (double) all : 0;
  if (state == MP_SWEEP_MODEL_FINISHED)
    g_string_append_printf (text, _("Finished: %u runs"), n);
  else
    g_string_append_printf (text, _("%u of %u runs"), counts[MP_TRIAL_FINISHED] + counts[MP_TRIAL_DIVERGED]
                            + counts[MP_TRIAL_FAILED], n);
  if (counts[MP_TRIAL_DIVERGED] > 0)
    g_string_append_printf (text, _(" · %u diverged"), counts[MP_TRIAL_DIVERGED]);
  if (counts[MP_TRIAL_FAILED] > 0)
    g_string_append_printf (text, _(" · %u failed"), counts[MP_TRIAL_FAILED]);
  if (state == MP_SWEEP_MODEL_PAUSED)
    g_string_append (text, _(" · paused"));
  else if (state == MP_SWEEP_MODEL_STOPPING)
    g_string_append (text, _(" · saving checkpoints"));
  else if (state == MP_SWEEP_MODEL_STOPPED)
    g_string_append (text, _(" · stopped"));
  else if (state == MP_SWEEP_MODEL_RUNNING && isfinite (left)) {
    g_autofree char *time = mp_format_duration (left);

    g_string_append_printf (text, _(" · %s left"), time);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
