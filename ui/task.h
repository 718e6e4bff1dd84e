/* SPDX-License-Identifier: Apache-2.0
 *
 * task.h: work on another thread for an object of the main thread.
 *
 * A GTask lets go of its source object on the worker's thread whenever that comes to it after the main loop has called
 * back. The last reference to a widget would end there, where nothing of GTK may be touched. Here the owner is held, and
 * let go, on the main thread alone.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Main thread only. Calls work (task, NULL, data, cancellable) on a thread of GLib's pool, then done (owner, task,
 * done_data) in the main loop, which takes what the work returned from the task and finds data as the task's data.
 *
 * owner: a GObject, or NULL; alive until done has returned, so done has to ask whether it was disposed of meanwhile.
 * data: the task's; free_data, which may be NULL, is called on either thread. */
void mp_task_run (gpointer             owner,
                  GCancellable        *cancellable,
                  GTaskThreadFunc      work,
                  gpointer             data,
                  GDestroyNotify       free_data,
                  GAsyncReadyCallback  done,
                  gpointer             done_data);

G_END_DECLS
