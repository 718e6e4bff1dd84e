/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/branch-preview.h"

#include "engine/train/branch.h"
#include "ui/lane-past.h"
#include "ui/task.h"

typedef struct
{
  char    *from;
  guint64  iteration;
  guint    number;   /* of requests: only the last one's answer is taken */
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
  Preview *preview = data;

  g_free (preview->from);
  g_free (preview);
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
  GError *error = NULL;
  char *words = NULL;

  if (mp_branch_foresee (request->from, request->iteration, request->experiment, &words, &error))
    g_task_return_pointer (task, words, g_free);
  else
    g_task_return_error (task, error);
}

static void
foreseen_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  Request *request = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autofree char *words = g_task_propagate_pointer (G_TASK (result), &error);

  if (request->number == request->preview->number)
    mp_lane_model_set_foreseen (MP_LANE_MODEL (object), error ? error->message : words);
}

static void
changed_draft_cb (MpLaneModel *lane,
                  Preview     *preview)
{
  Request *request;

  preview->number++;
  if (mp_lane_model_get_n_pending (lane) == 0) {
    mp_lane_model_set_foreseen (lane, NULL);
    return;
  }
  request = g_new0 (Request, 1);
  request->experiment = mp_experiment_copy (mp_lane_model_get_draft (lane));
  request->from = g_strdup (preview->from);
  request->iteration = preview->iteration;
  request->preview = preview;
  request->number = preview->number;
  mp_task_run (lane, NULL, foresee_thread, request, request_free, foreseen_cb, NULL);
}

void
mp_branch_preview_watch (MpLaneModel *lane,
                         const char  *from,
                         guint64      iteration)
{
  Preview *preview = g_new0 (Preview, 1);

  g_return_if_fail (MP_IS_LANE_MODEL (lane));
  g_return_if_fail (from != NULL);

  preview->from = g_strdup (from);
  preview->iteration = iteration;
  g_signal_connect_data (lane, "changed-draft", G_CALLBACK (changed_draft_cb), preview, preview_free, 0);
}
