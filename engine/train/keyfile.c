/* SPDX-License-Identifier: Apache-2.0
 *
 * keyfile.c: a GKeyFile read with line numbers.
 *
 * GKeyFile decides what values mean (escapes, spaces); a scan before it finds each group's and key's line and refuses
 * what GKeyFile would merge silently: a group or a key given twice.
 */
#include "engine/train/keyfile.h"

#include <glib/gstdio.h>

#include <string.h>

#include "engine/train/schema.h"

#define MAX_BYTES (1 << 20)

typedef struct
{
  MpKeyFile  *result;
  GHashTable *seen;   /* "group" or "group\nkey" → line */
  const char *group;  /* of the line being read, or NULL */
  guint       line;
} Scan;

static void
entry_free (gpointer data)
{
  MpEntry *entry = data;

  g_free (entry->group);
  g_free (entry->key);
  g_free (entry->value);
  g_free (entry);
}

static gboolean G_GNUC_PRINTF (3, 4)
fail (Scan        *scan,
      GError     **error,
      const char  *format,
      ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s, line %u: %s", scan->result->file, scan->line, message);
  return FALSE;
}

/* Takes ownership of name. */
static gboolean
remember (Scan        *scan,
          char        *name,
          const char  *what,
          GError     **error)
{
  guint before = GPOINTER_TO_UINT (g_hash_table_lookup (scan->seen, name));

  if (before == 0) {
    g_hash_table_insert (scan->seen, name, GUINT_TO_POINTER (scan->line));
    return TRUE;
  }
  g_free (name);
  return fail (scan, error, "%s is given twice; first in line %u.", what, before);
}

static gboolean
scan_group (Scan        *scan,
            char        *line,
            GError     **error)
{
  char *end = strchr (line, ']');
  g_autofree char *what = NULL;
  g_autofree char *quoted = mp_clip_text (line, -1);

  if (end == NULL || end[1] != '\0' || end == line + 1 || strchr (line + 1, '[') != NULL)
    return fail (scan, error, "“%s” is not a group's head, which is written [name].", quoted);
  *end = '\0';
  g_free (quoted);
  quoted = mp_clip_text (line + 1, -1);
  what = g_strdup_printf ("The group [%s]", quoted);
  if (!remember (scan, g_strdup (line + 1), what, error))
    return FALSE;
  g_ptr_array_add (scan->result->groups, g_strdup (line + 1));
  g_array_append_val (scan->result->lines, scan->line);
  scan->group = g_ptr_array_index (scan->result->groups, scan->result->groups->len - 1);
  return TRUE;
}

static gboolean
scan_key (Scan        *scan,
          char        *line,
          GError     **error)
{
  char *equals = strchr (line, '=');
  MpEntry *entry;
  g_autofree char *what = NULL, *group = NULL;
  g_autofree char *quoted = mp_clip_text (line, -1);

  if (equals == NULL || equals == line)
    return fail (scan, error, "“%s” is neither a [group] nor key = value nor a # comment.", quoted);
  *equals = '\0';
  g_strchomp (line);
  g_free (quoted);
  quoted = mp_clip_text (line, -1);
  if (scan->group == NULL)
    return fail (scan, error, "the key “%s” comes before the first [group].", quoted);
  group = mp_clip_text (scan->group, -1);
  what = g_strdup_printf ("“%s” in [%s]", quoted, group);
  if (!remember (scan, g_strdup_printf ("%s\n%s", scan->group, line), what, error))
    return FALSE;
  entry = g_new0 (MpEntry, 1);
  entry->group = g_strdup (scan->group);
  entry->key = g_strdup (line);
  entry->line = scan->line;
  g_ptr_array_add (scan->result->entries, entry);
  return TRUE;
}

static gboolean
scan_text (Scan        *scan,
           const char  *text,
           GError     **error)
{
  for (const char *next; text != NULL; text = next) {
    const char *end = strchr (text, '\n');
    g_autofree char *line = g_strstrip (end != NULL ? g_strndup (text, (gsize) (end - text)) : g_strdup (text));

    next = end != NULL ? end + 1 : NULL;
    scan->line++;
    if (line[0] == '\0' || line[0] == '#')
      continue;
    if (!(line[0] == '[' ? scan_group (scan, line, error) : scan_key (scan, line, error)))
      return FALSE;
  }
  return TRUE;
}

/* Fetches the values, as GKeyFile reads them. */
static gboolean
read_values (Scan        *scan,
             const char  *text,
             gsize        length,
             GError     **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) mistake = NULL;

  /* GKeyFile reads an empty text as a mistake in some versions. */
  if (scan->result->groups->len == 0)
    return TRUE;
  if (!g_key_file_load_from_data (file, text, length, G_KEY_FILE_KEEP_TRANSLATIONS, &mistake)) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: %s", scan->result->file, mistake->message);
    return FALSE;
  }
  for (guint i = 0; i < scan->result->entries->len; i++) {
    MpEntry *entry = g_ptr_array_index (scan->result->entries, i);

    entry->value = g_key_file_get_string (file, entry->group, entry->key, &mistake);
    /* With a bad escape there is an error and a value. */
    if (mistake != NULL) {
      g_autofree char *key = mp_clip_text (entry->key, -1), *group = mp_clip_text (entry->group, -1);

      scan->line = entry->line;
      return fail (scan, error, "the value of “%s” in [%s] cannot be read: %s", key, group, mistake->message);
    }
    g_strstrip (entry->value);
  }
  return TRUE;
}

MpKeyFile *
mp_key_file_parse (const char  *text,
                   gssize       length,
                   const char  *file,
                   GError     **error)
{
  g_autoptr (MpKeyFile) self = g_new0 (MpKeyFile, 1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gsize size = length >= 0 ? (gsize) length : strlen (text);
  g_autofree char *copy = g_strndup (text, size);
  Scan scan = { .result = self, .seen = seen };

  self->file = g_strdup (file);
  self->groups = g_ptr_array_new_with_free_func (g_free);
  self->lines = g_array_new (FALSE, FALSE, sizeof (guint));
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  if (!mp_check_text (text, size, file, 0, MP_ERROR_EXPERIMENT, error) || !scan_text (&scan, copy, error)
      || !read_values (&scan, copy, size, error))
    return NULL;
  return g_steal_pointer (&self);
}

MpKeyFile *
mp_key_file_load (const char  *path,
                  GError     **error)
{
  g_autoptr (GError) mistake = NULL;
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *text = NULL;
  GStatBuf info;
  gsize length;

  if (g_stat (path, &info) == 0 && S_ISREG (info.st_mode) && info.st_size > MAX_BYTES) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "%s is %" G_GINT64_FORMAT " bytes long, too long for an experiment.",
                 name, (gint64) info.st_size);
    return NULL;
  }
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is a folder, and an experiment is a file; that of a run is the file "
                 "“experiment.ini” in its folder.", name);
    return NULL;
  }
  if (!g_file_get_contents (path, &text, &length, &mistake)) {
    g_set_error_literal (error, MP_ERROR, MP_ERROR_FILE, mistake->message);
    return NULL;
  }
  return mp_key_file_parse (text, (gssize) length, name, error);
}

void
mp_key_file_free (MpKeyFile *self)
{
  g_free (self->file);
  g_clear_pointer (&self->groups, g_ptr_array_unref);
  g_clear_pointer (&self->lines, g_array_unref);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  g_free (self);
}

gboolean
mp_key_file_has_group (MpKeyFile  *self,
                       const char *group)
{
  return g_ptr_array_find_with_equal_func (self->groups, group, g_str_equal, NULL);
}

const MpEntry *
mp_key_file_find (MpKeyFile  *self,
                  const char *group,
                  const char *key)
{
  for (guint i = 0; i < self->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (self->entries, i);

    if (strcmp (entry->group, group) == 0 && strcmp (entry->key, key) == 0)
      return entry;
  }
  return NULL;
}

const char *
mp_key_file_get_localised (MpKeyFile  *self,
                           const char *group,
                           const char *key)
{
  const char *const *languages = g_get_language_names ();
  const MpEntry *entry = NULL;

  for (guint i = 0; languages[i] != NULL && entry == NULL; i++) {
    g_autofree char *name = g_strdup_printf ("%s[%s]", key, languages[i]);

    entry = mp_key_file_find (self, group, name);
  }
  if (entry == NULL)
    entry = mp_key_file_find (self, group, key);
  return entry != NULL ? entry->value : NULL;
}

gboolean
mp_key_is_translation (const char *key)
{
  gsize length = strlen (key);

  return length > 0 && key[length - 1] == ']' && (g_str_has_prefix (key, "title[") ||
                                                   g_str_has_prefix (key, "summary["));
}
