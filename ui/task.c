/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/task.h"

typedef struct
{
  gpointer            owner; /* or NULL */
  GAsyncReadyCallback done;
  gpointer            data;
} Call;

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Call *call = data;

  call->done (call->owner, result, call->data);
  g_clear_object (&call->owner);
  g_free (call);
}

void
mp_task_run (gpointer             owner,
             GCancellable        *cancellable,
             GTaskThreadFunc      work,
             gpointer             data,
             GDestroyNotify       free_data,
             GAsyncReadyCallback  done,
             gpointer             done_data)
{
  Call *call = g_new0 (Call, 1);
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, done_cb, call);

  g_return_if_fail (owner == NULL || G_IS_OBJECT (owner));
  g_return_if_fail (work != NULL && done != NULL);

  *call = (Call) { owner ? g_object_ref (owner) : NULL, done, done_data };
  g_task_set_task_data (task, data, free_data);
  g_task_run_in_thread (task, work);
}
