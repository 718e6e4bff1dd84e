/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "engine/train/devices.h"
#include "ui/task.h"
#include "ui/window-private.h"

/* "GPU" where one can be used and new lanes take it. */
static void
update_device (MpWindow *self)
{
  const char *chosen = mp_device_menu_get_chosen (self->device_menu);
  gboolean gpu = g_str_has_prefix (chosen, "cuda");

  for (guint i = 0; self->devices && i < self->devices->len && g_str_equal (chosen, "auto"); i++) {
    const MpDeviceEntry *device = g_ptr_array_index (self->devices, i);

    gpu = gpu || (device->usable && g_str_has_prefix (device->id, "cuda"));
  }
  gtk_menu_button_set_label (self->device_button, gpu ? _("GPU") : _("CPU"));
  if (self->session)
    mp_session_set_device (self->session, chosen);
}

static void
device_cb (MpDeviceMenu *menu,
           const char   *device,
           MpWindow     *self)
{
  update_device (self);
  if (self->settings)
    g_settings_set_string (self->settings, "device", device);
}

/* Drivers take their time: the window does not wait for them. */
static void
list_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  g_task_return_pointer (task, mp_devices_list (), (GDestroyNotify) g_ptr_array_unref);
}

static void
listed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  MpWindow *self = MP_WINDOW (object);
  g_autoptr (GPtrArray) devices = g_task_propagate_pointer (G_TASK (result), NULL);

  if (!self->session) /* closed meanwhile */
    return;
  self->devices = g_steal_pointer (&devices);
  mp_device_menu_set_devices (self->device_menu, self->devices);
  mp_inspector_set_devices (self->inspector, self->devices);
  update_device (self);
}

void
mp_window_look_for_devices (MpWindow *self)
{
  g_autofree char *chosen = self->settings ? g_settings_get_string (self->settings, "device") : NULL;

  mp_device_menu_set_chosen (self->device_menu, chosen);
  update_device (self);
  mp_task_run (self, NULL, list_thread, NULL, NULL, listed_cb, NULL);
}

void
mp_window_connect_devices (MpWindow *self)
{
  g_signal_connect (self->device_menu, "chosen", G_CALLBACK (device_cb), self);
}
