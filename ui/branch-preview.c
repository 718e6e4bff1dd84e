/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/branch-preview.h"

#include "engine/train/branch.h"
#include "ui/lane-past.h"
#include "ui/plot/plot-format.h"
#include "ui/task.h"

/* ---- where a branch begins ---- */

gboolean
mp_branch_find_start (const char  *from,
                      guint64     *iteration,
                      char       **words)
{
  g_autoptr (GArray) checkpoints = mp_run_list_checkpoints_in (from);
  guint64 left = *iteration, found = 0;
  gboolean any = FALSE;

  *words = NULL;
  for (guint i = 0; i < checkpoints->len && g_array_index (checkpoints, guint64, i) <= left; i++) {
    found = g_array_index (checkpoints, guint64, i);
    any = TRUE;
  }
  if (!any || found < left) {
    g_autofree char *begin = mp_format_count (found), *gone = mp_format_count (left);

    *words = g_strdup_printf (_("This branch begins at iteration %s: its parent's checkpoint of iteration %s is gone."),
                              begin, gone);
  }
  *iteration = found;
  return any;
}

/* ---- what would begin anew ---- */

/* The last request's number: only its answer is taken. */
typedef struct
{
  guint number;
} Preview;

typedef struct
{
  MpExperiment *experiment;
  char         *from;
  guint64       iteration;
  Preview      *preview;   /* the lane's, which the task holds; main thread only */
  guint         number;
} Request;

static void
preview_free (gpointer  data,
              GClosure *closure)
{
  g_free (data);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  mp_experiment_unref (request->experiment);
  g_free (request->from);
  g_free (request);
}

static void
foresee_thread (GTask        *task,
                gpointer      source,
                gpointer      data,
                GCancellable *cancellable)
{
  Request *request = data;
  guint64 iteration = request->iteration;
  g_autofree char *start = NULL, *anew = NULL;
  g_autoptr (GError) error = NULL;
  const char *then = NULL;

  if (mp_branch_find_start (request->from, &iteration, &start))
    then = mp_branch_foresee (request->from, iteration, request->experiment, &anew, &error) ? anew : error->message;
  g_task_return_pointer (task, start && then ? g_strdup_printf ("%s %s", start, then) : g_strdup (start ? start : then),
                         g_free);
}

static void
foreseen_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  Request *request = g_task_get_task_data (G_TASK (result));
  g_autofree char *words = g_task_propagate_pointer (G_TASK (result), NULL);

  if (request->number == request->preview->number)
    mp_lane_model_set_foreseen (MP_LANE_MODEL (object), words);
}

static void
changed_draft_cb (MpLaneModel *lane,
                  Preview     *preview)
{
  guint64 iteration;
  const char *from = mp_lane_model_get_parent (lane, &iteration);
  Request *request;

  preview->number++;
  if (!from || mp_lane_model_get_n_pending (lane) == 0) {
    mp_lane_model_set_foreseen (lane, NULL);
    return;
  }
  request = g_new0 (Request, 1);
  request->experiment = mp_experiment_copy (mp_lane_model_get_draft (lane));
  request->from = g_strdup (from);
  request->iteration = iteration;
  request->preview = preview;
  request->number = preview->number;
  mp_task_run (lane, NULL, foresee_thread, request, request_free, foreseen_cb, NULL);
}

void
mp_branch_preview_watch (MpLaneModel *lane)
{
  g_return_if_fail (MP_IS_LANE_MODEL (lane));

  g_signal_connect_data (lane, "changed-draft", G_CALLBACK (changed_draft_cb), g_new0 (Preview, 1), preview_free, 0);
}
