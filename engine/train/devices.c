/* SPDX-License-Identifier: Apache-2.0
 *
 * devices.c: from a name to an open device, and words for those that cannot be had.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/train/device-module.h"
#include "engine/train/devices.h"

#define CACHE_LIMIT (256u << 20)
#define PREFIX "cuda:"

/* ---- names ---- */

typedef enum
{
  AUTO,
  CPU,
  FIRST,   /* "cuda" */
  NUMBER,  /* "cuda:1" */
  UUID,    /* "cuda:GPU-2f3a" */
  UNKNOWN
} Name;

static gboolean
is_uuid (const char *text)
{
  gsize n = strlen (text);

  return n >= 2 && n < sizeof ((MpDeviceInfo *) NULL)->uuid && strspn (text, "0123456789abcdefABCDEF-") == n;
}

/* rest: (out): the number, or the UUID without "GPU-" */
static Name
parse (const char  *name,
       const char **rest)
{
  if (name == NULL || g_str_equal (name, "auto"))
    return AUTO;
  if (g_str_equal (name, "cpu"))
    return CPU;
  if (g_str_equal (name, "cuda"))
    return FIRST;
  if (!g_str_has_prefix (name, PREFIX))
    return UNKNOWN;
  *rest = name + strlen (PREFIX);
  if (g_ascii_string_to_unsigned (*rest, 10, 0, 999, NULL, NULL))
    return NUMBER;
  if (g_ascii_strncasecmp (*rest, "GPU-", 4) == 0)
    *rest += 4;
  return is_uuid (*rest) ? UUID : UNKNOWN;
}

gboolean
mp_device_check_name (const char  *name,
                      GError     **error)
{
  const char *rest;

  if (parse (name, &rest) != UNKNOWN)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "There is no device “%s”; “auto”, “cpu”, “cuda”, “cuda:N” and "
               "“cuda:GPU-…” with a UUID are known.", name);
  return FALSE;
}

/* ---- CUDA devices ---- */

/* How many there are; 0 with a sentence. *class is the module's. */
static int
count_cuda (const MpDeviceClass **class,
            char                **why)
{
  const char *sentence;
  int n;

  *class = mp_device_module_load (&sentence);
  if (*class == NULL) {
    *why = g_strdup (sentence);
    return 0;
  }
  mp_kernels_note (""); /* what an earlier failure said */
  n = (*class)->count ();
  if (n <= 0)
    *why = g_strdup (mp_kernels_error ()[0] != '\0' ? mp_kernels_error () : _("There is no CUDA device."));
  return MAX (n, 0);
}

static gboolean
open_cuda (const MpDeviceClass   *class,
           int                    index,
           const MpDeviceOptions *options,
           MpDevice             **device,
           GError               **error)
{
  static gsize pruned;
  MpDeviceOptions own = options != NULL ? *options : (MpDeviceOptions) { 0 };
  g_autofree char *what = g_strdup_printf ("The device “cuda:%d” cannot be used", index);

  if (own.cache == NULL)
    own.cache = mp_device_cache_dir ();
  if (g_once_init_enter (&pruned)) {
    mp_device_cache_prune (own.cache, CACHE_LIMIT);
    g_once_init_leave (&pruned, 1);
  }
  return mp_check_status (class->open (index, &own, device), what, error);
}

/* The UUID of a device without "GPU-"; "" where it cannot be asked. (transfer full) */
static char *
read_uuid (const MpDeviceClass *class,
           int                  index)
{
  MpDevice *device = NULL;
  MpDeviceInfo info = { 0 };

  if (open_cuda (class, index, NULL, &device, NULL)) {
    if (class->info (device, &info) != MP_OK)
      info.uuid[0] = '\0';
    class->close (device);
  }
  return g_strdup (info.uuid + (g_ascii_strncasecmp (info.uuid, "GPU-", 4) == 0 ? 4 : 0));
}

/* The number of the one device whose UUID begins so; −1 with error. */
static int
find_uuid (const MpDeviceClass  *class,
           int                   n,
           const char           *name,
           const char           *start,
           GError              **error)
{
  int found = -1;

  for (int i = 0; i < n; i++) {
    g_autofree char *uuid = read_uuid (class, i);

    if (g_ascii_strncasecmp (uuid, start, strlen (start)) != 0)
      continue;
    if (found >= 0) {
      g_set_error (error, MP_ERROR, MP_ERROR_DEVICE, "“%s” fits “cuda:%d” and “cuda:%d”; give more of the UUID.", name,
                   found, i);
      return -1;
    }
    found = i;
  }
  if (found < 0)
    g_set_error (error, MP_ERROR, MP_ERROR_DEVICE, "No CUDA device of this machine has a UUID that begins with “%s”; "
                 "“matchpoint list devices --json” shows what there is.", start);
  return found;
}

/* The first that opens. The error is that of the first that does not. */
static gboolean
open_first (const MpDeviceClass   *class,
            int                    n,
            const MpDeviceOptions *options,
            MpDevice             **device,
            GError               **error)
{
  g_autoptr (GError) first = NULL;

  for (int i = 0; i < n; i++)
    if (open_cuda (class, i, options, device, first == NULL ? &first : NULL))
      return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static gboolean
open_named (Name                    kind,
            const char             *name,
            const char             *rest,
            const MpDeviceOptions  *options,
            const MpDeviceClass   **class,
            MpDevice              **device,
            GError                **error)
{
  g_autofree char *why = NULL;
  int n = count_cuda (class, &why), index = 0;

  if (n == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_DEVICE, "The device “%s” cannot be used. %s", name, why);
    return FALSE;
  }
  if (kind == FIRST)
    return open_first (*class, n, options, device, error);
  index = kind == UUID ? find_uuid (*class, n, name, rest, error) : (int) g_ascii_strtoull (rest, NULL, 10);
  if (index >= n)
    g_set_error (error, MP_ERROR, MP_ERROR_DEVICE,
                 n == 1 ? "There is no device “%s”; the only CUDA device here is “cuda:0”."
                        : "There is no device “%s”; the CUDA devices here are “cuda:0” to “cuda:%d”.", name, n - 1);
  return index >= 0 && index < n && open_cuda (*class, index, options, device, error);
}

static gboolean
open_auto (const MpDeviceOptions  *options,
           const MpDeviceClass   **class,
           MpDevice              **device,
           char                  **why)
{
  g_autoptr (GError) error = NULL;
  int n = count_cuda (class, why);

  if (n == 0 || open_first (*class, n, options, device, &error))
    return n > 0;
  *why = g_strdup_printf ("%s%s", error->message, g_str_has_suffix (error->message, ".") ? "" : ".");
  return FALSE;
}

gboolean
mp_device_open (const char             *name,
                const MpDeviceOptions  *options,
                const MpDeviceClass   **class,
                MpDevice              **device,
                char                  **note,
                GError                **error)
{
  g_autofree char *why = NULL;
  const char *rest = NULL;
  Name kind = parse (name, &rest);

  if (note != NULL)
    *note = NULL;
  if (!mp_device_check_name (name, error))
    return FALSE;
  if (kind != AUTO && kind != CPU)
    return open_named (kind, name, rest, options, class, device, error);
  if (kind == AUTO && open_auto (options, class, device, &why))
    return TRUE;
  *class = &mp_cpu_class;
  if (!mp_check_status (mp_cpu_class.open (0, options, device), "Opening the CPU", error))
    return FALSE;
  if (note != NULL && why != NULL)
    *note = g_strdup_printf (_("Training on the CPU. %s"), why);
  return TRUE;
}

void
mp_device_read_options (MpExperiment    *experiment,
                        MpDeviceOptions *options)
{
  const char *precision = mp_experiment_get_string (experiment, "train", "precision");

  options->precision = g_str_equal (precision, "tf32") ? MP_PRECISION_TF32
                       : g_str_equal (precision, "bf16") ? MP_PRECISION_BF16 : MP_PRECISION_STRICT;
  options->deterministic = mp_experiment_get_bool (experiment, "train", "deterministic");
}

/* ---- the list ---- */

static void
entry_free (gpointer data)
{
  MpDeviceEntry *entry = data;

  g_free (entry->id);
  g_free (entry->title);
  g_free (entry->status);
  g_free (entry->uuid);
  g_free (entry);
}

/* Takes id. error: why it cannot be used. */
static MpDeviceEntry *
entry_new (char               *id,
           const MpDeviceInfo *info,
           const char         *why)
{
  MpDeviceEntry *entry = g_new0 (MpDeviceEntry, 1);

  entry->id = id;
  entry->usable = info != NULL;
  entry->title = info != NULL ? g_strdup (info->name) : g_ascii_strup (id, -1); /* "CUDA:0" */
  entry->status = g_strdup (info != NULL ? info->detail : why);
  entry->uuid = g_strdup (info != NULL ? info->uuid : "");
  entry->memory_total = info != NULL ? info->memory_total : 0;
  entry->memory_free = info != NULL ? info->memory_free : 0;
  return entry;
}

static MpDeviceEntry *
describe (const MpDeviceClass *class,
          int                  index,
          char                *id)
{
  g_autoptr (GError) error = NULL;
  MpDevice *device = NULL;
  MpDeviceInfo info = { 0 };
  MpDeviceEntry *entry;
  gboolean open = class == &mp_cpu_class ? mp_check_status (class->open (0, NULL, &device), "Opening the CPU", &error)
                                         : open_cuda (class, index, NULL, &device, &error);
  gboolean known = open && mp_check_status (class->info (device, &info), "Asking for the device", &error);

  entry = entry_new (id, known ? &info : NULL, error != NULL ? error->message : NULL);
  if (open)
    class->close (device);
  return entry;
}

GPtrArray *
mp_devices_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (entry_free);
  g_autofree char *why = NULL;
  const MpDeviceClass *class;
  int n = count_cuda (&class, &why);

  g_ptr_array_add (list, describe (&mp_cpu_class, 0, g_strdup ("cpu")));
  if (n == 0)
    g_ptr_array_add (list, entry_new (g_strdup ("cuda"), NULL, why));
  for (int i = 0; i < n; i++)
    g_ptr_array_add (list, describe (class, i, g_strdup_printf (PREFIX "%d", i)));
  return list;
}
