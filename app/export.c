/* SPDX-License-Identifier: Apache-2.0
 *
 * export.c: the command “export”: kept runs for other programs.
 */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "engine/runs/comparison.h"
#include "engine/runs/export.h"
#include "engine/runs/file.h"

static gboolean
export_csv (GPtrArray   *dirs,
            const char  *path,
            GError     **error)
{
  g_autofree char *csv = mp_runs_to_csv (dirs, error);

  if (csv == NULL)
    return FALSE;
  if (strcmp (path, "-") == 0) {
    fputs (csv, stdout);
    return TRUE;
  }
  return mp_file_write_text (path, csv, error);
}

/* The settings with which the run began and every change by hand until its end. */
static gboolean
export_experiment (GPtrArray   *dirs,
                   const char  *path,
                   GError     **error)
{
  g_autoptr (MpRun) run = mp_run_open (g_ptr_array_index (dirs, 0), FALSE, error);
  g_autoptr (MpExperiment) experiment = run != NULL ? mp_run_dup_experiment (run, mp_run_get_iteration (run), error) : NULL;
  g_autofree char *text = experiment != NULL ? mp_experiment_to_text (experiment) : NULL;

  return text != NULL && mp_file_write_text (path, text, error);
}

static gboolean
export_all (MpArguments  *arguments,
            GPtrArray    *dirs,
            GError      **error)
{
  const char *csv = mp_arguments_get (arguments, "csv"), *events = mp_arguments_get (arguments, "tensorboard");
  const char *experiment = mp_arguments_get (arguments, "experiment");

  return (csv == NULL || export_csv (dirs, csv, error))
         && (events == NULL || mp_runs_to_events (dirs, events, error))
         && (experiment == NULL || export_experiment (dirs, experiment, error));
}

int
mp_export_run (MpArguments *arguments)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  GError *error = NULL;

  if (!mp_arguments_has (arguments, "csv") && !mp_arguments_has (arguments, "tensorboard")
      && !mp_arguments_has (arguments, "experiment"))
    return mp_complain (MP_EXIT_USAGE, _("Export what? Give --csv FILE, --tensorboard DIR or --experiment FILE."));
  for (guint i = 0; i < arguments->words->len; i++) {
    g_autoptr (GPtrArray) dirs = mp_comparison_list_runs (g_ptr_array_index (arguments->words, i), &error);

    if (dirs == NULL)
      return mp_complain_error (error);
    for (guint j = 0; j < dirs->len; j++)
      g_ptr_array_add (all, g_strdup (g_ptr_array_index (dirs, j)));
  }
  if (all->len > 1 && mp_arguments_has (arguments, "experiment"))
    return mp_complain (MP_EXIT_USAGE, _("--experiment writes the file of one run; %u were given."), all->len);
  if (!export_all (arguments, all, &error))
    return mp_complain_error (error);
  mp_warn_about_runs (all);
  return MP_EXIT_OK;
}
