/* SPDX-License-Identifier: Apache-2.0
 *
 * json.c: results as one line of JSON, with numbers as short as they can be and still be read back the same: 0.97,
 * where json-glib would write 0.96999999999999997.
 */
#include "app/json.h"

#include <math.h>
#include <stdio.h>

static void append_node (GString  *text,
                         JsonNode *node);

static void
append_double (GString *text,
               double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_ascii_strtod (g_ascii_formatd (buffer, sizeof buffer, formats[i], value), NULL) == value)
      break;
  g_string_append (text, buffer);
}

static void
append_string (GString    *text,
               const char *string)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), string);
  g_autofree char *quoted = json_to_string (node, FALSE);

  g_string_append (text, quoted);
}

static void
append_object (GString    *text,
               JsonObject *object)
{
  g_autoptr (GList) names = json_object_get_members (object);

  g_string_append_c (text, '{');
  for (GList *name = names; name != NULL; name = name->next) {
    if (name != names)
      g_string_append_c (text, ',');
    append_string (text, name->data);
    g_string_append_c (text, ':');
    append_node (text, json_object_get_member (object, name->data));
  }
  g_string_append_c (text, '}');
}

static void
append_array (GString   *text,
              JsonArray *array)
{
  g_string_append_c (text, '[');
  for (guint i = 0; i < json_array_get_length (array); i++) {
    if (i > 0)
      g_string_append_c (text, ',');
    append_node (text, json_array_get_element (array, i));
  }
  g_string_append_c (text, ']');
}

static void
append_node (GString  *text,
             JsonNode *node)
{
  g_autofree char *other = NULL;

  if (JSON_NODE_HOLDS_OBJECT (node))
    append_object (text, json_node_get_object (node));
  else if (JSON_NODE_HOLDS_ARRAY (node))
    append_array (text, json_node_get_array (node));
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE)
    append_double (text, json_node_get_double (node));
  else {
    other = json_to_string (node, FALSE);
    g_string_append (text, other);
  }
}

void
mp_json_add_number (JsonBuilder *builder,
                    const char  *name,
                    double       value)
{
  json_builder_set_member_name (builder, name);
  if (!isfinite (value))
    json_builder_add_null_value (builder);
  else if (value == rint (value) && fabs (value) < 9007199254740992.0)
    json_builder_add_int_value (builder, (gint64) value);
  else
    json_builder_add_double_value (builder, value);
}

void
mp_json_add_text (JsonBuilder *builder,
                  const char  *name,
                  const char  *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

void
mp_json_print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autoptr (GString) text = g_string_new (NULL);

  append_node (text, root);
  printf ("%s\n", text->str);
}
