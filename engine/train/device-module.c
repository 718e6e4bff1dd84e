/* SPDX-License-Identifier: Apache-2.0
 *
 * device-module.c: finds and loads the CUDA module.
 *
 * Looked for, in this order: the file that MATCHPOINT_CUDA_MODULE names (set and empty: no module at all), beside the
 * program in the build tree, in the lib folder next to the program's own (a tree that was installed and moved, or a
 * pack), in the installed lib folder. The first that exists counts: a damaged module is an error to show, not a reason
 * to take an older one from elsewhere.
 */
#include <glib/gi18n-lib.h>
#include <gmodule.h>

#include "engine/train/device-module.h"

#define FILE_NAME "matchpoint-cuda.so"

/* The folder of the running program, or NULL. (transfer full) */
static char *
program_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return program != NULL ? g_path_get_dirname (program) : NULL;
}

/* (transfer full), or NULL where there is none. */
static char *
find_file (void)
{
  g_autofree char *folder = program_folder ();
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);

  if (folder != NULL) {
    g_ptr_array_add (places, g_build_filename (folder, "..", "kernels", "cuda", FILE_NAME, NULL));
    g_ptr_array_add (places, g_build_filename (folder, "..", "..", "kernels", "cuda", FILE_NAME, NULL));
    g_ptr_array_add (places, g_build_filename (folder, "..", "lib", "matchpoint", FILE_NAME, NULL));
    g_ptr_array_add (places, g_build_filename (folder, "..", MP_LIB_SUBDIR, "matchpoint", FILE_NAME, NULL));
  }
  g_ptr_array_add (places, g_build_filename (MP_MODULE_DIR, FILE_NAME, NULL));
  for (guint i = 0; i < places->len; i++)
    if (g_file_test (g_ptr_array_index (places, i), G_FILE_TEST_EXISTS))
      return g_canonicalize_filename (g_ptr_array_index (places, i), NULL);
  return NULL;
}

/* The class in the file, or NULL with a sentence. */
static const MpDeviceClass *
load_file (const char  *path,
           char       **why)
{
  GModule *module;
  MpModuleEntry entry;
  const MpDeviceClass *class;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    *why = g_strdup_printf (_("MATCHPOINT_CUDA_MODULE names the file “%s”, which does not exist."), path);
    return NULL;
  }
  module = g_module_open (path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (module == NULL) {
    *why = g_strdup_printf (_("The CUDA module “%s” cannot be loaded: %s."), path, g_module_error ());
    return NULL;
  }
  g_module_make_resident (module);
  if (!g_module_symbol (module, MP_MODULE_ENTRY, (gpointer *) &entry) || entry == NULL) {
    *why = g_strdup_printf (_("The file “%s” is no module of Matchpoint: it has no %s."), path, MP_MODULE_ENTRY);
    return NULL;
  }
  class = entry (MP_MODULE_ABI, mp_kernels_note);
  if (class == NULL)
    *why = g_strdup_printf (_("The CUDA module “%s” belongs to another version of Matchpoint; this program needs "
                              "interface %u. Install program and module together."), path, MP_MODULE_ABI);
  return class;
}

typedef struct
{
  const MpDeviceClass *class;
  char                *why;
} Loaded;

static gpointer
load (gpointer data)
{
  Loaded *loaded = g_new0 (Loaded, 1);
  const char *named = g_getenv ("MATCHPOINT_CUDA_MODULE");
  g_autofree char *path = named != NULL ? g_strdup (named) : find_file ();

  if (path == NULL)
    loaded->why = g_strdup (_("This build has no CUDA module."));
  else if (path[0] == '\0')
    loaded->why = g_strdup (_("The CUDA module is switched off: MATCHPOINT_CUDA_MODULE is empty."));
  else
    loaded->class = load_file (path, &loaded->why);
  return loaded;
}

const MpDeviceClass *
mp_device_module_load (const char **why)
{
  static GOnce once = G_ONCE_INIT;
  Loaded *loaded = g_once (&once, load, NULL);

  *why = loaded->why;
  return loaded->class;
}
