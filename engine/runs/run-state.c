/* SPDX-License-Identifier: Apache-2.0
 *
 * run-state.c: state.json of a run folder; see run.h.
 */
#include "engine/runs/run-private.h"

#include <json-glib/json-glib.h>
#include <math.h>

#include "engine/runs/file.h"

#define FORMAT 1

char *
mp_run_now (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
}

/* ---- writing ---- */

/* The last value of every series, as an object. */
static void
add_latest (MpRun       *self,
            JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  for (guint i = 0; i < self->series->len; i++) {
    double value = g_array_index (self->latest, double, i);

    json_builder_set_member_name (builder, self->series->pdata[i]);
    if (isfinite (value))
      json_builder_add_double_value (builder, value);
    else
      json_builder_add_string_value (builder, isnan (value) ? "nan" : value > 0 ? "inf" : "-inf");
  }
  json_builder_end_object (builder);
}

static char *
to_text (JsonBuilder *builder,
         gboolean     pretty)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, pretty);
  return json_generator_to_data (generator, NULL);
}

static void
add_string (JsonBuilder *builder,
            const char  *name,
            const char  *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_anew (MpRun       *self,
          JsonBuilder *builder)
{
  if (self->anew->len == 0)
    return;
  json_builder_set_member_name (builder, "anew");
  json_builder_begin_object (builder);
  for (guint i = 0; i < self->anew->len; i++) {
    const MpAnew *part = &g_array_index (self->anew, MpAnew, i);

    json_builder_set_member_name (builder, part->part);
    json_builder_begin_array (builder);
    json_builder_add_int_value (builder, part->n);
    json_builder_add_int_value (builder, part->of);
    json_builder_end_array (builder);
  }
  json_builder_end_object (builder);
}

/* The parent as state.json names it: runs that are moved together stay together. */
static void
add_parent (MpRun       *self,
            JsonBuilder *builder)
{
  g_autofree char *place = g_path_get_dirname (self->dir);
  g_autofree char *parent_place = self->parent != NULL ? g_path_get_dirname (self->parent) : NULL;
  g_autofree char *name = self->parent != NULL ? g_path_get_basename (self->parent) : NULL;
  g_autofree char *relative = name != NULL ? g_build_filename ("..", name, NULL) : NULL;

  if (self->parent == NULL)
    return;
  json_builder_set_member_name (builder, "parent");
  json_builder_begin_object (builder);
  add_string (builder, "run", g_str_equal (place, parent_place) ? relative : self->parent);
  json_builder_set_member_name (builder, "iteration");
  json_builder_add_int_value (builder, (gint64) self->parent_iteration);
  add_anew (self, builder);
  json_builder_end_object (builder);
}

gboolean
mp_run_write_state (MpRun      *self,
                    const char *dir,
                    GError    **error)
{
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;

  g_free (self->updated);
  self->updated = mp_run_now ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "format");
  json_builder_add_int_value (builder, FORMAT);
  add_string (builder, "program", "matchpoint " MP_VERSION);
  add_string (builder, "experiment", mp_experiment_get_id (self->experiment));
  add_string (builder, "device", self->device);
  add_string (builder, "state", self->state);
  if (self->message != NULL)
    add_string (builder, "message", self->message);
  json_builder_set_member_name (builder, "iteration");
  json_builder_add_int_value (builder, (gint64) self->iteration);
  json_builder_set_member_name (builder, "seconds");
  json_builder_add_double_value (builder, self->seconds);
  add_string (builder, "created", self->created);
  add_string (builder, "updated", self->updated);
  add_parent (self, builder);
  json_builder_set_member_name (builder, "latest");
  add_latest (self, builder);
  json_builder_end_object (builder);
  text = to_text (builder, TRUE);
  return mp_file_write_text (path, text, error);
}

gboolean
mp_run_save_state (MpRun      *self,
                   const char *state,
                   guint64     iteration,
                   double      seconds,
                   GError    **error)
{
  g_return_val_if_fail (self->writable, FALSE);

  if (!mp_metrics_writer_flush (self->writer, TRUE, error))
    return FALSE;
  g_free (self->state);
  self->state = g_strdup (state);
  self->iteration = iteration;
  self->seconds = seconds;
  return mp_run_write_state (self, self->dir, error);
}

char *
mp_run_dup_latest_json (MpRun *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  add_latest (self, builder);
  return to_text (builder, FALSE);
}

/* ---- reading ---- */

static gboolean
state_fail (GError    **error,
            const char *path,
            const char *detail)
{
  g_autofree char *valid = g_utf8_make_valid (detail, -1);

  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a run's state: %s.", path, valid);
  return FALSE;
}

static JsonNode *
get_typed (JsonObject *object,
           const char *name,
           GType       type)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (type == G_TYPE_DOUBLE && json_node_get_value_type (node) == G_TYPE_INT64)
    return node;
  return json_node_get_value_type (node) == type ? node : NULL;
}

static void
read_latest (MpRun      *self,
             JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "latest");
  JsonObjectIter iter;
  const char *id;
  JsonNode *entry;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &id, &entry)) {
    double value;

    if (!JSON_NODE_HOLDS_VALUE (entry))
      continue;
    if (json_node_get_value_type (entry) == G_TYPE_STRING)
      value = g_ascii_strtod (json_node_get_string (entry), NULL);
    else
      value = json_node_get_double (entry);
    g_ptr_array_add (self->series, g_strdup (id));
    g_array_append_val (self->latest, value);
  }
}

static guint
read_count (JsonArray *array,
            guint      i)
{
  JsonNode *node = json_array_get_element (array, i);

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return 0;
  return (guint) CLAMP (json_node_get_int (node), 0, G_MAXINT);
}

static void
read_anew (JsonObject *object,
           const char *name,
           JsonNode   *node,
           gpointer    data)
{
  MpRun *self = data;
  JsonArray *numbers = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  MpAnew part = { g_intern_string (name), 0, 0 };

  if (numbers == NULL || json_array_get_length (numbers) != 2)
    return;
  part.n = read_count (numbers, 0);
  part.of = read_count (numbers, 1);
  if (part.n > 0)
    g_array_append_val (self->anew, part);
}

/* Whoever edits it wrongly loses the parent, not the run. */
static void
read_parent (MpRun      *self,
             JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "parent");
  JsonNode *run, *iteration, *anew;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  run = get_typed (json_node_get_object (node), "run", G_TYPE_STRING);
  iteration = get_typed (json_node_get_object (node), "iteration", G_TYPE_INT64);
  if (run == NULL || iteration == NULL || json_node_get_int (iteration) < 0)
    return;
  self->parent = g_canonicalize_filename (json_node_get_string (run), self->dir);
  self->parent_iteration = (guint64) json_node_get_int (iteration);
  anew = json_object_get_member (json_node_get_object (node), "anew");
  if (anew != NULL && JSON_NODE_HOLDS_OBJECT (anew))
    json_object_foreach_member (json_node_get_object (anew), read_anew, self);
}

gboolean
mp_run_read_state (MpRun   *self,
                   char   **id,
                   GError **error)
{
  static const char *const strings[] = { "experiment", "device", "state", "created", "updated" };
  g_autofree char *path = g_build_filename (self->dir, "state.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) json_error = NULL;
  JsonNode *nodes[G_N_ELEMENTS (strings)];
  JsonNode *root, *format, *iteration, *seconds, *message;
  JsonObject *object;

  if (!json_parser_load_from_file (parser, path, &json_error))
    return state_fail (error, path, json_error->message);
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return state_fail (error, path, "it is not a JSON object");
  object = json_node_get_object (root);
  format = get_typed (object, "format", G_TYPE_INT64);
  if (format == NULL || json_node_get_int (format) != FORMAT)
    return state_fail (error, path, "“format” must be 1");
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++) {
    nodes[i] = get_typed (object, strings[i], G_TYPE_STRING);
    if (nodes[i] == NULL) {
      g_autofree char *detail = g_strdup_printf ("there is no text “%s”", strings[i]);

      return state_fail (error, path, detail);
    }
  }
  message = get_typed (object, "message", G_TYPE_STRING);
  iteration = get_typed (object, "iteration", G_TYPE_INT64);
  seconds = get_typed (object, "seconds", G_TYPE_DOUBLE);
  if (iteration == NULL || seconds == NULL || json_node_get_int (iteration) < 0)
    return state_fail (error, path, "“iteration” and “seconds” must be numbers");

  *id = json_node_dup_string (nodes[0]);
  self->device = json_node_dup_string (nodes[1]);
  g_free (self->state);
  self->state = json_node_dup_string (nodes[2]);
  mp_run_set_message (self, message != NULL ? json_node_get_string (message) : NULL);
  self->created = json_node_dup_string (nodes[3]);
  self->updated = json_node_dup_string (nodes[4]);
  self->iteration = (guint64) json_node_get_int (iteration);
  self->seconds = json_node_get_double (seconds);
  read_parent (self, object);
  read_latest (self, object);
  return TRUE;
}
