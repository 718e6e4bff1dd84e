/* SPDX-License-Identifier: Apache-2.0
 *
 * run-db.c: see run-db.h.
 */
#include "engine/runs/run-db.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sqlite3.h>
#include <string.h>

#include "engine/runs/file.h"
#include "engine/runs/run.h"

#define BUSY_MILLISECONDS 5000 /* that another process may keep the database locked */
#define VERSION 2
#define COLUMNS \
        "id, path, title, method, data, seed, state, iteration, metrics, created, updated, tags, notes, seconds, parent, " \
        "parent_iteration"

struct _MpRunDb
{
  char    *parent;
  char    *path;
  sqlite3 *db;
};

static const char schema[] =
  "CREATE TABLE runs ("
  "  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, method TEXT NOT NULL,"
  "  data TEXT NOT NULL, seed INTEGER NOT NULL, state TEXT NOT NULL, iteration INTEGER NOT NULL,"
  "  metrics TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, tags TEXT NOT NULL,"
  "  notes TEXT NOT NULL, seconds REAL NOT NULL, parent TEXT NOT NULL, parent_iteration INTEGER NOT NULL);"
  "CREATE INDEX runs_created ON runs (created);"
  "PRAGMA user_version = 2;";

void
mp_run_row_free (MpRunRow *row)
{
  if (row == NULL)
    return;
  g_free (row->path);
  g_free (row->title);
  g_free (row->method);
  g_free (row->data);
  g_free (row->state);
  g_free (row->metrics);
  g_free (row->created);
  g_free (row->updated);
  g_free (row->tags);
  g_free (row->notes);
  g_free (row->parent);
  g_free (row);
}

static gboolean
fail (MpRunDb *self,
      GError **error)
{
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The run database “%s” does not work: %s.", self->path,
               self->db != NULL ? sqlite3_errmsg (self->db) : "it cannot be opened");
  return FALSE;
}

void
mp_run_db_close (MpRunDb *self)
{
  if (self == NULL)
    return;
  sqlite3_close (self->db);
  g_free (self->parent);
  g_free (self->path);
  g_free (self);
}

/* ---- opening ---- */

static gboolean
execute (MpRunDb    *self,
         const char *sql,
         GError    **error)
{
  return sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail (self, error);
}

static gint
read_version (MpRunDb *self)
{
  sqlite3_stmt *statement = NULL;
  gint version = -1;

  if (sqlite3_prepare_v2 (self->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    version = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return version;
}

/* Makes the table where there is none. Two processes may get here at once, so look again inside the transaction. */
static gboolean
make_table (MpRunDb *self,
            GError **error)
{
  if (!execute (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  if ((read_version (self) == VERSION || execute (self, schema, error)) && execute (self, "COMMIT", error))
    return TRUE;
  sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

/* SQLite does not wait for others while it changes the journal's mode: it says at once that the database is busy. */
static gboolean
write_ahead (MpRunDb *self,
             GError **error)
{
  int status = SQLITE_BUSY;

  for (guint i = 0; status == SQLITE_BUSY && i < BUSY_MILLISECONDS / 5; i++) {
    if (i > 0)
      g_usleep (5000);
    status = sqlite3_exec (self->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", NULL, NULL, NULL);
  }
  return status == SQLITE_OK || fail (self, error);
}

static gboolean
try_open (MpRunDb *self,
          GError **error)
{
  gint version;

  if (sqlite3_open_v2 (self->path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
    return fail (self, error);
  sqlite3_busy_timeout (self->db, BUSY_MILLISECONDS);
  if (!write_ahead (self, error))
    return FALSE;
  version = read_version (self);
  if (version == 0 && make_table (self, error))
    version = VERSION;
  if (version == VERSION)
    return TRUE;
  if (error != NULL && *error == NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The run database “%s” is of version %d; %d is known.", self->path, version,
                 VERSION);
  return FALSE;
}

static void
remove_database (MpRunDb *self)
{
  static const char *const suffixes[] = { "", "-wal", "-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);

    g_unlink (path);
  }
}

MpRunDb *
mp_run_db_open (const char *parent,
                GError    **error)
{
  g_autoptr (MpRunDb) self = g_new0 (MpRunDb, 1);
  g_autofree char *chosen = parent != NULL ? g_strdup (parent) : mp_run_default_parent ();
  g_autoptr (GError) first = NULL;
  gint code;

  self->parent = g_canonicalize_filename (chosen, NULL);
  self->path = g_build_filename (self->parent, "runs.db", NULL);
  if (g_mkdir_with_parents (self->parent, 0777) != 0) {
    mp_file_fail (error, errno, "make the folder", self->parent);
    return NULL;
  }
  if (try_open (self, &first))
    return g_steal_pointer (&self);

  /* Only what is not our database is made anew; a folder that cannot be written stays an error. */
  code = sqlite3_errcode (self->db) & 0xff;
  if (code != SQLITE_NOTADB && code != SQLITE_CORRUPT && code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
    g_propagate_error (error, g_steal_pointer (&first));
    return NULL;
  }
  g_info ("%s It is made anew.", first->message);
  sqlite3_close (g_steal_pointer (&self->db));
  remove_database (self);
  return try_open (self, error) ? g_steal_pointer (&self) : NULL;
}

/* ---- reading a folder ---- */

static char *
read_file (const char *run_dir,
           const char *name)
{
  g_autofree char *path = g_build_filename (run_dir, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static char *
dup_member (JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return g_strdup ("");
  return json_node_dup_string (node);
}

/* "notes.json", which people may have edited: whatever is not as it should be counts as empty. */
static void
read_notes (const char *run_dir,
            MpRunRow   *row)
{
  g_autofree char *text = read_file (run_dir, "notes.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  g_clear_pointer (&row->tags, g_free);
  g_clear_pointer (&row->notes, g_free);
  if (text != NULL && json_parser_load_from_data (parser, text, -1, NULL)) {
    root = json_parser_get_root (parser);
    if (root != NULL && JSON_NODE_HOLDS_OBJECT (root)) {
      row->tags = dup_member (json_node_get_object (root), "tags");
      row->notes = dup_member (json_node_get_object (root), "notes");
      return;
    }
  }
  row->tags = g_strdup ("");
  row->notes = g_strdup ("");
}

static MpRunRow *
read_row (const char *run_dir)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpRun) run = mp_run_open (run_dir, FALSE, &error);
  MpRunRow *row = g_new0 (MpRunRow, 1);
  MpExperiment *experiment;
  const char *parent;
  guint64 parent_iteration;

  row->path = g_strdup (run_dir);
  read_notes (run_dir, row);
  if (run == NULL) {
    row->title = g_path_get_basename (run_dir);
    row->method = g_strdup ("");
    row->data = g_strdup ("");
    row->state = g_strdup ("broken");
    row->metrics = g_strdup ("{}");
    row->created = g_strdup ("");
    row->updated = g_strdup ("");
    row->parent = g_strdup ("");
    g_free (row->notes);
    row->notes = g_strdup (error->message);
    return row;
  }
  experiment = mp_run_get_experiment (run);
  row->title = g_strdup (mp_experiment_get_title (experiment));
  row->method = g_strdup (mp_experiment_get_string (experiment, "method", "kind"));
  row->data = g_strdup (mp_experiment_get_string (experiment, "data", "kind"));
  row->seed = mp_experiment_get_int (experiment, "train", "seed");
  row->state = g_strdup (mp_run_get_state (run));
  row->iteration = (gint64) mp_run_get_iteration (run);
  row->metrics = mp_run_dup_latest_json (run);
  row->created = g_strdup (mp_run_get_created (run));
  row->updated = g_strdup (mp_run_get_updated (run));
  row->seconds = mp_run_get_seconds (run);
  parent = mp_run_get_parent (run, &parent_iteration);
  row->parent = g_strdup (parent != NULL ? parent : "");
  row->parent_iteration = (gint64) parent_iteration;
  return row;
}

/* ---- rows ---- */

static gboolean
store_row (MpRunDb        *self,
           const MpRunRow *row,
           GError        **error)
{
  static const char sql[] =
    "INSERT INTO runs (path, title, method, data, seed, state, iteration, metrics, created, updated, tags, notes,"
    " seconds, parent, parent_iteration)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    " ON CONFLICT (path) DO UPDATE SET title = ?2, method = ?3, data = ?4, seed = ?5, state = ?6, iteration = ?7,"
    " metrics = ?8, created = ?9, updated = ?10, tags = ?11, notes = ?12, seconds = ?13, parent = ?14,"
    " parent_iteration = ?15";
  const char *texts[] = { row->path, row->title, row->method, row->data, NULL, row->state, NULL, row->metrics,
                          row->created, row->updated, row->tags, row->notes, NULL, row->parent };
  sqlite3_stmt *statement = NULL;
  gboolean ok;

  if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) != SQLITE_OK)
    return fail (self, error);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i] != NULL)
      sqlite3_bind_text (statement, (gint) i + 1, texts[i], -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 5, row->seed);
  sqlite3_bind_int64 (statement, 7, row->iteration);
  sqlite3_bind_double (statement, 13, row->seconds);
  sqlite3_bind_int64 (statement, 15, row->parent_iteration);
  ok = sqlite3_step (statement) == SQLITE_DONE || fail (self, error);
  sqlite3_finalize (statement);
  return ok;
}

static char *
dup_column (sqlite3_stmt *statement,
            gint          column)
{
  return g_strdup ((const char *) sqlite3_column_text (statement, column));
}

static MpRunRow *
load_row (sqlite3_stmt *statement)
{
  MpRunRow *row = g_new0 (MpRunRow, 1);

  row->id = sqlite3_column_int64 (statement, 0);
  row->path = dup_column (statement, 1);
  row->title = dup_column (statement, 2);
  row->method = dup_column (statement, 3);
  row->data = dup_column (statement, 4);
  row->seed = sqlite3_column_int64 (statement, 5);
  row->state = dup_column (statement, 6);
  row->iteration = sqlite3_column_int64 (statement, 7);
  row->metrics = dup_column (statement, 8);
  row->created = dup_column (statement, 9);
  row->updated = dup_column (statement, 10);
  row->tags = dup_column (statement, 11);
  row->notes = dup_column (statement, 12);
  row->seconds = sqlite3_column_double (statement, 13);
  row->parent = dup_column (statement, 14);
  row->parent_iteration = sqlite3_column_int64 (statement, 15);
  return row;
}

/* All rows of a statement whose texts are bound in order. */
static GPtrArray *
load_rows (MpRunDb           *self,
           const char        *sql,
           const char *const *texts,
           GError           **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_run_row_free);
  sqlite3_stmt *statement = NULL;
  gint code;

  if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) != SQLITE_OK) {
    fail (self, error);
    return NULL;
  }
  for (gint i = 0; texts[i] != NULL; i++)
    sqlite3_bind_text (statement, i + 1, texts[i], -1, SQLITE_STATIC);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    g_ptr_array_add (rows, load_row (statement));
  if (code != SQLITE_DONE)
    fail (self, error);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE ? g_steal_pointer (&rows) : NULL;
}

/* ---- public ---- */

gboolean
mp_run_db_update (MpRunDb    *self,
                  const char *run_dir,
                  GError    **error)
{
  g_autofree char *path = g_canonicalize_filename (run_dir, NULL);
  g_autoptr (MpRunRow) row = read_row (path);

  return store_row (self, row, error);
}

static gboolean
drop_row (MpRunDb  *self,
          MpRunRow *row,
          GError  **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean ok;

  if (sqlite3_prepare_v2 (self->db, "DELETE FROM runs WHERE id = ?1", -1, &statement, NULL) != SQLITE_OK)
    return fail (self, error);
  sqlite3_bind_int64 (statement, 1, row->id);
  ok = sqlite3_step (statement) == SQLITE_DONE || fail (self, error);
  sqlite3_finalize (statement);
  return ok;
}

static gboolean
sync_rows (MpRunDb *self,
           GError **error)
{
  static const char *const nothing[] = { NULL };
  g_autoptr (GDir) listing = g_dir_open (self->parent, 0, NULL);
  g_autoptr (GPtrArray) rows = NULL;
  const char *name;

  while (listing != NULL && (name = g_dir_read_name (listing)) != NULL) {
    g_autofree char *path = g_build_filename (self->parent, name, NULL);
    g_autofree char *experiment = g_build_filename (path, "experiment.ini", NULL);

    if (name[0] != '.' && g_file_test (experiment, G_FILE_TEST_EXISTS) && !mp_run_db_update (self, path, error))
      return FALSE;
  }
  rows = load_rows (self, "SELECT " COLUMNS " FROM runs", nothing, error);
  for (guint i = 0; rows != NULL && i < rows->len; i++) {
    MpRunRow *row = rows->pdata[i];
    g_autofree char *experiment = g_build_filename (row->path, "experiment.ini", NULL);

    if (!g_file_test (experiment, G_FILE_TEST_EXISTS) && !drop_row (self, row, error))
      return FALSE;
  }
  return rows != NULL;
}

gboolean
mp_run_db_sync (MpRunDb *self,
                GError **error)
{
  if (!execute (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (sync_rows (self, error) && execute (self, "COMMIT", error))
    return TRUE;
  sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

/* The file of the data that the run has kept a copy of. (transfer full), or NULL. */
static char *
find_kept_file (const char *run_dir)
{
  g_autoptr (MpRun) run = mp_run_open (run_dir, FALSE, NULL);
  g_autofree char *folder = g_build_filename (run_dir, "data", NULL);
  g_autofree char *file = NULL;
  g_autofree char *place = NULL;

  if (run == NULL || mp_experiment_find_param (mp_run_get_experiment (run), "data", "file") == NULL)
    return NULL;
  file = mp_experiment_dup_path (mp_run_get_experiment (run), "data", "file");
  place = g_path_get_dirname (file);
  return g_str_equal (place, folder) ? g_steal_pointer (&file) : NULL;
}

/* What a run's folder may hold is known; anything else in it is somebody's, and stays with the folder. */
static gboolean
remove_folder (const char *run_dir,
               GError    **error)
{
  static const char *const files[] = { "metrics", "timeline", "timeline.part", "notes.json", "lock", "state.json",
                                       "experiment.ini" };
  g_autofree char *checkpoints = g_build_filename (run_dir, "checkpoints", NULL);
  g_autofree char *data = g_build_filename (run_dir, "data", NULL);
  g_autofree char *kept = find_kept_file (run_dir);
  g_autoptr (GDir) listing = g_dir_open (checkpoints, 0, NULL);
  const char *name;

  while (listing != NULL && (name = g_dir_read_name (listing)) != NULL) {
    g_autofree char *path = g_build_filename (checkpoints, name, NULL);

    if (strstr (name, ".safetensors") != NULL && g_unlink (path) != 0)
      return mp_file_fail (error, errno, "remove", path);
  }
  g_rmdir (checkpoints);
  if (kept != NULL && g_unlink (kept) != 0 && errno != ENOENT)
    return mp_file_fail (error, errno, "remove", kept);
  g_rmdir (data);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (run_dir, files[i], NULL);

    if (g_unlink (path) != 0 && errno != ENOENT)
      return mp_file_fail (error, errno, "remove", path);
  }
  return g_rmdir (run_dir) == 0 || errno == ENOTEMPTY || mp_file_fail (error, errno, "remove", run_dir);
}

gboolean
mp_run_db_delete (MpRunDb    *self,
                  const char *run_dir,
                  GError    **error)
{
  g_autofree char *path = g_canonicalize_filename (run_dir, NULL);
  g_autoptr (MpRunRow) row = mp_run_db_find (self, path, error);

  if (row == NULL)
    return FALSE;
  if (mp_run_is_locked (path)) {
    g_set_error (error, MP_ERROR, MP_ERROR_STATE, "A lane is training in “%s”; stop it first.", path);
    return FALSE;
  }
  return remove_folder (path, error) && drop_row (self, row, error);
}

/* "%WORD%" with the signs that LIKE reads escaped. */
static char *
like_pattern (const char *word)
{
  GString *pattern = g_string_new ("%");

  for (const char *at = word; *at != '\0'; at++) {
    if (strchr ("%_\\", *at) != NULL)
      g_string_append_c (pattern, '\\');
    g_string_append_c (pattern, *at);
  }
  g_string_append_c (pattern, '%');
  return g_string_free (pattern, FALSE);
}

GPtrArray *
mp_run_db_search (MpRunDb    *self,
                  const char *words,
                  GError    **error)
{
  g_auto (GStrv) split = g_strsplit_set (words != NULL ? words : "", " \t\n", -1);
  g_autoptr (GPtrArray) patterns = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) sql = g_string_new ("SELECT " COLUMNS " FROM runs WHERE 1");

  for (guint i = 0; split[i] != NULL; i++) {
    if (split[i][0] == '\0')
      continue;
    g_ptr_array_add (patterns, like_pattern (split[i]));
    g_string_append_printf (sql,
                            " AND (path || ' ' || title || ' ' || method || ' ' || data || ' ' || state || ' ' || created"
                            " || ' ' || tags || ' ' || notes) LIKE ?%u ESCAPE '\\'", patterns->len);
  }
  g_ptr_array_add (patterns, NULL);
  g_string_append (sql, " ORDER BY created DESC, id DESC");
  return load_rows (self, sql->str, (const char *const *) patterns->pdata, error);
}

MpRunRow *
mp_run_db_find (MpRunDb    *self,
                const char *run_dir,
                GError    **error)
{
  g_autofree char *path = g_canonicalize_filename (run_dir, NULL);
  const char *const texts[] = { path, NULL };
  g_autoptr (GPtrArray) rows = load_rows (self, "SELECT " COLUMNS " FROM runs WHERE path = ?1", texts, error);

  if (rows == NULL)
    return NULL;
  if (rows->len == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "The run database “%s” knows no run “%s”.", self->path, path);
    return NULL;
  }
  return g_ptr_array_steal_index (rows, 0);
}

gboolean
mp_run_db_set_notes (MpRunDb    *self,
                     const char *run_dir,
                     const char *tags,
                     const char *notes,
                     GError    **error)
{
  g_autofree char *path = g_build_filename (run_dir, "notes.json", NULL);
  g_auto (GStrv) split = g_strsplit_set (tags, " \t\n", -1);
  g_autoptr (GString) tidy = g_string_new (NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; split[i] != NULL; i++)
    if (split[i][0] != '\0')
      g_string_append_printf (tidy, "%s%s", tidy->len > 0 ? " " : "", split[i]);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "tags");
  json_builder_add_string_value (builder, tidy->str);
  json_builder_set_member_name (builder, "notes");
  json_builder_add_string_value (builder, notes);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  return mp_file_write_text (path, text, error) && mp_run_db_update (self, run_dir, error);
}
