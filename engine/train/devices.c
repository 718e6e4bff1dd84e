/* SPDX-License-Identifier: Apache-2.0
 *
 * devices.c: the back ends that are linked in, and words for those that are not.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/devices.h"

static void
entry_free (gpointer data)
{
  MpDeviceEntry *entry = data;

  g_free (entry->id);
  g_free (entry->title);
  g_free (entry->status);
  g_free (entry);
}

static MpDeviceEntry *
describe_cpu (void)
{
  MpDeviceEntry *entry = g_new0 (MpDeviceEntry, 1);
  MpDevice *device = NULL;
  MpDeviceInfo info;

  entry->id = g_strdup (mp_cpu_class.id);
  entry->usable = mp_cpu_class.open (0, NULL, &device) == MP_OK && mp_cpu_class.info (device, &info) == MP_OK;
  entry->title = g_strdup (entry->usable ? info.name : entry->id);
  entry->status = g_strdup (entry->usable ? info.detail : mp_kernels_error ());
  if (device != NULL)
    mp_cpu_class.close (device);
  return entry;
}

GPtrArray *
mp_devices_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (entry_free);
  MpDeviceEntry *cuda = g_new0 (MpDeviceEntry, 1);

  g_ptr_array_add (list, describe_cpu ());
  cuda->id = g_strdup ("cuda");
  cuda->title = g_strdup ("CUDA");
  cuda->status = g_strdup (_("This build has no CUDA module."));
  g_ptr_array_add (list, cuda);
  return list;
}

static gboolean
is_cuda (const char *name)
{
  if (g_str_equal (name, "cuda"))
    return TRUE;
  return g_str_has_prefix (name, "cuda:") && g_ascii_string_to_unsigned (name + 5, 10, 0, 255, NULL, NULL);
}

gboolean
mp_device_open (const char           *name,
                gint                  n_threads,
                const MpDeviceClass **class,
                MpDevice            **device,
                GError              **error)
{
  if (name != NULL && is_cuda (name)) {
    g_set_error (error, MP_ERROR, MP_ERROR_DEVICE,
                 "The device “%s” cannot be used: this build has no CUDA module. “auto” and “cpu” are available.", name);
    return FALSE;
  }
  if (name != NULL && !g_str_equal (name, "auto") && !g_str_equal (name, "cpu")) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "There is no device “%s”; “auto”, “cpu”, “cuda” and “cuda:N” are known.",
                 name);
    return FALSE;
  }
  *class = &mp_cpu_class;
  return mp_check_status (mp_cpu_class.open (0, &(MpDeviceOptions) { .n_threads = n_threads }, device), "Opening the CPU", error);
}
