/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-write.c: a sweep as the folder that its runs will be in; see sweep.h.
 */
#include "engine/train/sweep-private.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "engine/runs/file.h"

static char *
join_axes (MpSweep *self,
           GArray  *axes)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < axes->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "",
                            mp_sweep_get_axis (self, g_array_index (axes, guint, i))->name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
write_axes (MpSweep  *self,
            GKeyFile *file)
{
  for (guint i = 1; i < self->axes->len; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (self, i);
    g_autofree char *group = g_strconcat ("axis ", axis->name, NULL);
    g_autofree char *labels = g_strjoinv ("; ", axis->labels);

    g_key_file_set_string (file, group, "title", axis->title);
    g_key_file_set_string (file, group, "labels", labels);
    for (guint j = 0; j < axis->n_keys; j++) {
      g_autofree char *values = g_strjoinv ("; ", axis->values[j]);
      /* An empty value at the end is one only before a semicolon. */
      g_autofree char *closed = g_strconcat (values, ";", NULL);

      g_key_file_set_string (file, group, axis->keys[j], closed);
    }
  }
}

static void
write_head (MpSweep  *self,
            GKeyFile *file)
{
  g_autofree char *rows = join_axes (self, self->rows);
  g_autofree char *columns = join_axes (self, self->columns);
  g_autoptr (GString) seeds = g_string_new (NULL);
  g_autoptr (GString) bases = g_string_new (NULL);

  for (guint i = 0; i < self->seeds->len; i++)
    g_string_append_printf (seeds, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", g_array_index (self->seeds, gint64, i));
  for (guint i = 0; i < self->bases->len; i++)
    g_string_append_printf (bases, "%s%s", i > 0 ? "; " : "", ((MpSweepBase *) g_ptr_array_index (self->bases, i))->name);
  g_key_file_set_string (file, "sweep", "title", self->title);
  g_key_file_set_string (file, "sweep", "summary", self->summary);
  g_key_file_set_string (file, "sweep", "origin", self->origin);
  g_key_file_set_string (file, "sweep", "bases", bases->str);
  g_key_file_set_string (file, "sweep", "seeds", seeds->str);
  g_key_file_set_string (file, "sweep", "metric", self->metric);
  g_key_file_set_uint64 (file, "sweep", "average", self->average);
  g_key_file_set_string (file, "sweep", "rows", rows);
  g_key_file_set_string (file, "sweep", "columns", columns);
}

static gboolean
write_bases (MpSweep    *self,
             GKeyFile   *file,
             const char *dir,
             GError    **error)
{
  for (guint i = 0; i < self->bases->len; i++) {
    const MpSweepBase *base = g_ptr_array_index (self->bases, i);
    g_autofree char *group = g_strconcat ("base ", base->name, NULL);
    g_autofree char *number = g_strdup_printf ("bases/%u.ini", i + 1);
    g_autofree char *path = g_build_filename (dir, number, NULL);
    g_autofree char *text = mp_experiment_to_text (base->experiment);

    g_key_file_set_string (file, group, "experiment", number);
    g_key_file_set_string (file, group, "title", mp_sweep_get_axis (self, 0)->labels[i]);
    if (!mp_file_write_text (path, text, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_vacant (const char *dir,
              GError    **error)
{
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name = listing != NULL ? g_dir_read_name (listing) : NULL;

  if (name == NULL)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The folder “%s” holds “%s”; a sweep needs a new or empty folder, or "
               "--resume to go on with the one that is there.", dir, name);
  return FALSE;
}

gboolean
mp_sweep_save (MpSweep    *self,
               const char *dir,
               GError    **error)
{
  static const char *const folders[] = { "bases", "runs", "locks", "messages" };
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (dir, MP_SWEEP_FILE, NULL);
  g_autofree char *text = NULL;

  if (!check_vacant (dir, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *folder = g_build_filename (dir, folders[i], NULL);

    if (g_mkdir_with_parents (folder, 0777) != 0)
      return mp_file_fail (error, errno, "make the folder", folder);
  }
  write_head (self, file);
  if (!write_bases (self, file, dir, error))
    return FALSE;
  write_axes (self, file);
  text = g_key_file_to_data (file, NULL, NULL);
  /* Last: a folder with this file is a whole sweep. */
  return mp_file_write_text (path, text, error);
}
