/* SPDX-License-Identifier: Apache-2.0
 *
 * safetensors.c: see safetensors.h for the layout.
 *
 * The header comes from outside, so it is checked before json-glib sees it (length, encoding, nesting: its parser
 * recurses) and after (duplicate names, which it would merge in silence).
 */
#include "engine/runs/safetensors.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "engine/runs/file.h"

#define MAX_HEADER 100000000
#define MAX_DEPTH 3 /* object, tensor, list */

struct _MpSafetensors
{
  char          *file;
  GBytes        *bytes;
  GHashTable    *metadata;  /* char * → char * */
  GHashTable    *by_name;   /* name → MpNamedTensor * */
  GArray        *tensors;   /* MpNamedTensor; names owned by `names` */
  GStringChunk  *names;
};

typedef struct
{
  gint64 begin, end;
  MpNamedTensor tensor;
} Place;

static const struct
{
  const char *name;
  MpDtype     dtype;
} dtypes[] = { { "F32", MP_FLOAT32 }, { "F64", MP_FLOAT64 }, { "I32", MP_INT32 } };

static gboolean fail (GError **error, const char *file, gint64 offset, const char *format, ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (GError    **error,
      const char *file,
      gint64      offset,
      const char *format,
      ...)
{
  g_autofree char *raw = NULL;
  g_autofree char *detail = NULL;
  va_list args;

  va_start (args, format);
  raw = g_strdup_vprintf (format, args);
  va_end (args);
  /* json-glib's messages quote pieces of the header that may end amid a character. */
  detail = g_utf8_make_valid (raw, -1);
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a whole safetensors file: at byte %" G_GINT64_FORMAT ", %s.",
               file, offset, detail);
  return FALSE;
}

void
mp_safetensors_free (MpSafetensors *self)
{
  if (self == NULL)
    return;
  g_free (self->file);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->metadata, g_hash_table_unref);
  g_clear_pointer (&self->by_name, g_hash_table_unref);
  g_clear_pointer (&self->tensors, g_array_unref);
  g_clear_pointer (&self->names, g_string_chunk_free);
  g_free (self);
}

/* ---- reading ---- */

/* Depth of brackets outside strings. */
static gboolean
check_nesting (const char *header,
               gsize       length,
               const char *file,
               GError    **error)
{
  gboolean in_string = FALSE;
  gint depth = 0;

  for (gsize i = 0; i < length; i++) {
    char c = header[i];

    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = FALSE;
    } else if (c == '"')
      in_string = TRUE;
    else if (c == '{' || c == '[') {
      if (++depth > MAX_DEPTH)
        return fail (error, file, 8 + (gint64) i, "the header nests %d deep; %d is allowed", depth, MAX_DEPTH);
    } else if (c == '}' || c == ']')
      depth--;
  }
  return TRUE;
}

static gboolean
check_header (const guint8 *data,
              gsize         size,
              const char   *file,
              guint64      *length,
              GError      **error)
{
  const char *header, *end;

  if (size < 8)
    return fail (error, file, 0, "the file has %" G_GSIZE_FORMAT " bytes where the header length takes 8", size);
  header = (const char *) data + 8;
  memcpy (length, data, 8);
  *length = GUINT64_FROM_LE (*length);
  if (*length > MAX_HEADER || *length > size - 8 || *length < 2)
    return fail (error, file, 0, "the header length is %" G_GUINT64_FORMAT "; 2 to %" G_GUINT64_FORMAT " is allowed here",
                 *length, MIN ((guint64) MAX_HEADER, (guint64) (size - 8)));
  if (header[0] != '{')
    return fail (error, file, 8, "the header starts with byte 0x%02x; “{” is expected", data[8]);
  if (!g_utf8_validate (header, (gssize) *length, &end))
    return fail (error, file, end - (const char *) data, "the header holds byte 0x%02x, which is not UTF-8 text",
                 (guint8) *end);
  return check_nesting (header, *length, file, error);
}

static void
count_member_cb (JsonParser *parser,
                 JsonObject *object,
                 const char *name,
                 gpointer    data)
{
  guint *n = data;

  (*n)++;
}

/* The header as an object. json-glib lets a later member replace an earlier one of its name, so the members parsed
 * are counted against those that are left. */
static JsonObject *
parse_header (JsonParser *parser,
              const char *header,
              gsize       length,
              const char *file,
              GError    **error)
{
  g_autoptr (GError) json_error = NULL;
  JsonNode *root;
  JsonObjectIter iter;
  JsonNode *value;
  guint n_parsed = 0, n_left = 0;

  g_signal_connect (parser, "object-member", G_CALLBACK (count_member_cb), &n_parsed);
  if (!json_parser_load_from_data (parser, header, (gssize) length, &json_error)) {
    fail (error, file, 8, "the header is not JSON: %s", json_error->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    fail (error, file, 8, "the header is not a JSON object");
    return NULL;
  }

  json_object_iter_init (&iter, json_node_get_object (root));
  while (json_object_iter_next (&iter, NULL, &value))
    n_left += 1 + (JSON_NODE_HOLDS_OBJECT (value) ? json_object_get_size (json_node_get_object (value)) : 0);
  if (n_left != n_parsed) {
    fail (error, file, 8, "the header gives a name twice");
    return NULL;
  }
  return json_node_get_object (root);
}

static gboolean
read_metadata (MpSafetensors *self,
               JsonNode      *node,
               GError       **error)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, self->file, 8, "“__metadata__” is not an object of strings");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &key, &value)) {
    if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_STRING)
      return fail (error, self->file, 8, "metadata “%s” is not a string", key);
    g_hash_table_insert (self->metadata, g_strdup (key), json_node_dup_string (value));
  }
  return TRUE;
}

/* An array of non-negative integers of at most max_n entries. */
static gboolean
read_integers (MpSafetensors *self,
               JsonObject    *object,
               const char    *tensor,
               const char    *key,
               guint          max_n,
               guint         *n,
               gint64        *out,
               GError       **error)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return fail (error, self->file, 8, "tensor “%s” has no list “%s”", tensor, key);
  array = json_node_get_array (node);
  *n = json_array_get_length (array);
  if (*n > max_n)
    return fail (error, self->file, 8, "“%s” of tensor “%s” has %u entries; at most %u are allowed", key, tensor, *n,
                 max_n);
  for (guint i = 0; i < *n; i++) {
    JsonNode *entry = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_VALUE (entry) || json_node_get_value_type (entry) != G_TYPE_INT64)
      return fail (error, self->file, 8, "“%s” of tensor “%s” holds something that is not an integer", key, tensor);
    out[i] = json_node_get_int (entry);
    if (out[i] < 0)
      return fail (error, self->file, 8, "“%s” of tensor “%s” holds %" G_GINT64_FORMAT "; 0 or more is allowed", key,
                   tensor, out[i]);
  }
  return TRUE;
}

static gboolean
read_dtype (MpSafetensors *self,
            JsonObject    *object,
            const char    *tensor,
            MpDtype       *dtype,
            GError       **error)
{
  JsonNode *node = json_object_get_member (object, "dtype");
  const char *name = NULL;

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    name = json_node_get_string (node);
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (dtypes); i++)
    if (g_str_equal (name, dtypes[i].name)) {
      *dtype = dtypes[i].dtype;
      return TRUE;
    }
  return fail (error, self->file, 8, "tensor “%s” has the dtype “%s”; F32, F64 and I32 are allowed", tensor,
               name != NULL ? name : "(none)");
}

/* Bytes of a shape, or −1 where they do not fit. */
static gint64
shape_bytes (const MpTensorType *type)
{
  gint64 bytes = (gint64) mp_dtype_size (type->dtype);

  for (gint i = 0; i < type->rank; i++)
    if (__builtin_mul_overflow (bytes, type->dim[i], &bytes))
      return -1;
  return bytes;
}

static gboolean
read_tensor (MpSafetensors *self,
             const char    *name,
             JsonNode      *node,
             gint64         base,
             gint64         n_bytes,
             Place         *place,
             GError       **error)
{
  MpTensorType *type = &place->tensor.type;
  JsonObject *object;
  gint64 offsets[2], bytes;
  guint n;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, self->file, 8, "tensor “%s” is not described by an object", name);
  object = json_node_get_object (node);
  memset (place, 0, sizeof *place);
  if (!read_dtype (self, object, name, &type->dtype, error)
      || !read_integers (self, object, name, "shape", MP_MAX_RANK, &n, type->dim, error))
    return FALSE;
  type->rank = (gint32) n;
  if (!read_integers (self, object, name, "data_offsets", 2, &n, offsets, error))
    return FALSE;
  if (n != 2 || json_object_get_size (object) != 3)
    return fail (error, self->file, 8, "tensor “%s” must have “dtype”, “shape” and two “data_offsets”, and nothing else",
                 name);

  bytes = shape_bytes (type);
  if (offsets[1] < offsets[0] || offsets[1] > n_bytes)
    return fail (error, self->file, base + MIN (offsets[0], n_bytes),
                 "tensor “%s” lies at %" G_GINT64_FORMAT " … %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " data bytes", name,
                 offsets[0], offsets[1], n_bytes);
  if (bytes != offsets[1] - offsets[0])
    return fail (error, self->file, base + offsets[0],
                 "tensor “%s” has %" G_GINT64_FORMAT " bytes where its shape needs %" G_GINT64_FORMAT, name,
                 offsets[1] - offsets[0], bytes);
  if ((base + offsets[0]) % (gint64) mp_dtype_size (type->dtype) != 0)
    return fail (error, self->file, base + offsets[0], "tensor “%s” is not aligned to %" G_GSIZE_FORMAT " bytes", name,
                 mp_dtype_size (type->dtype));

  place->begin = offsets[0];
  place->end = offsets[1];
  place->tensor.name = g_string_chunk_insert (self->names, name);
  return TRUE;
}

static gint
compare_places (gconstpointer a,
                gconstpointer b)
{
  const Place *x = a, *y = b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end)
    return x->end < y->end ? -1 : 1;
  return strcmp (x->tensor.name, y->tensor.name);
}

static gboolean
lay_out (MpSafetensors *self,
         GArray        *places,
         gint64         base,
         gint64         n_bytes,
         GError       **error)
{
  const char *data = g_bytes_get_data (self->bytes, NULL);
  gint64 at = 0;

  g_array_sort (places, compare_places);
  for (guint i = 0; i < places->len; i++) {
    Place *place = &g_array_index (places, Place, i);

    if (place->begin != at)
      return fail (error, self->file, base + MIN (at, place->begin),
                   "tensor “%s” begins at data byte %" G_GINT64_FORMAT " where %" G_GINT64_FORMAT " is next: %s",
                   place->tensor.name, place->begin, at, place->begin < at ? "tensors overlap" : "there is a gap");
    place->tensor.data = data + base + place->begin;
    at = place->end;
    g_array_append_val (self->tensors, place->tensor);
  }
  if (at != n_bytes)
    return fail (error, self->file, base + at, "%" G_GINT64_FORMAT " bytes follow that belong to no tensor", n_bytes - at);
  for (guint i = 0; i < self->tensors->len; i++) {
    MpNamedTensor *tensor = &g_array_index (self->tensors, MpNamedTensor, i);

    g_hash_table_insert (self->by_name, (gpointer) tensor->name, tensor);
  }
  return TRUE;
}

MpSafetensors *
mp_safetensors_parse (GBytes     *bytes,
                      const char *file,
                      GError    **error)
{
  g_autoptr (MpSafetensors) self = g_new0 (MpSafetensors, 1);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (Place));
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint64 length = 0;
  JsonObject *header;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  self->file = g_strdup (file);
  self->bytes = g_bytes_ref (bytes);
  self->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->tensors = g_array_new (FALSE, FALSE, sizeof (MpNamedTensor));
  self->names = g_string_chunk_new (1024);

  if (!check_header (data, size, file, &length, error))
    return NULL;
  header = parse_header (parser, (const char *) data + 8, length, file, error);
  if (header == NULL)
    return NULL;

  json_object_iter_init (&iter, header);
  while (json_object_iter_next (&iter, &name, &node)) {
    Place place;

    if (g_str_equal (name, "__metadata__")) {
      if (!read_metadata (self, node, error))
        return NULL;
      continue;
    }
    if (!read_tensor (self, name, node, 8 + (gint64) length, (gint64) (size - 8 - length), &place, error))
      return NULL;
    g_array_append_val (places, place);
  }
  if (!lay_out (self, places, 8 + (gint64) length, (gint64) (size - 8 - length), error))
    return NULL;
  return g_steal_pointer (&self);
}

MpSafetensors *
mp_safetensors_open (const char *path,
                     GError    **error)
{
  g_autoptr (GBytes) bytes = mp_file_read (path, error);

  return bytes != NULL ? mp_safetensors_parse (bytes, path, error) : NULL;
}

const MpNamedTensor *
mp_safetensors_list (MpSafetensors *self,
                     guint         *n)
{
  *n = self->tensors->len;
  return (const MpNamedTensor *) (gpointer) self->tensors->data;
}

const MpNamedTensor *
mp_safetensors_find (MpSafetensors *self,
                     const char    *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

const MpNamedTensor *
mp_safetensors_get (MpSafetensors      *self,
                    const char         *name,
                    const MpTensorType *type,
                    GError            **error)
{
  const MpNamedTensor *tensor = mp_safetensors_find (self, name);
  char found[128], wanted[128];

  if (tensor != NULL && mp_tensor_equal (&tensor->type, type))
    return tensor;
  mp_tensor_text (type, wanted, sizeof wanted);
  if (tensor == NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” holds no tensor “%s” (%s is needed).", self->file, name, wanted);
  else
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "Tensor “%s” in “%s” is %s; %s is needed.", name, self->file,
                 mp_tensor_text (&tensor->type, found, sizeof found), wanted);
  return NULL;
}

const char *
mp_safetensors_get_metadata (MpSafetensors *self,
                             const char    *key)
{
  return g_hash_table_lookup (self->metadata, key);
}

const char *
mp_safetensors_get_file (MpSafetensors *self)
{
  return self->file;
}

/* ---- writing ---- */

static void
add_tensor (JsonBuilder         *builder,
            const MpNamedTensor *tensor,
            gint64               begin,
            gint64               end)
{
  const char *dtype = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (dtypes[i].dtype == tensor->type.dtype)
      dtype = dtypes[i].name;

  json_builder_set_member_name (builder, tensor->name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "dtype");
  json_builder_add_string_value (builder, dtype);
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  for (gint i = 0; i < tensor->type.rank; i++)
    json_builder_add_int_value (builder, tensor->type.dim[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "data_offsets");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, begin);
  json_builder_add_int_value (builder, end);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
add_metadata (JsonBuilder       *builder,
              const char *const *metadata)
{
  json_builder_set_member_name (builder, "__metadata__");
  json_builder_begin_object (builder);
  for (guint i = 0; metadata[i] != NULL; i += 2) {
    json_builder_set_member_name (builder, metadata[i]);
    json_builder_add_string_value (builder, metadata[i + 1]);
  }
  json_builder_end_object (builder);
}

gboolean
mp_safetensors_save (const char          *path,
                     guint                n,
                     const MpNamedTensor *tensors,
                     const char *const   *metadata,
                     GError             **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (MpPiece));
  g_autofree char *json = NULL;
  g_autofree char *padded = NULL;
  MpPiece head[2];
  guint64 length = 0;
  gint64 at = 0;
  gsize json_length;

  g_array_append_vals (pieces, head, 2);
  json_builder_begin_object (builder);
  if (metadata != NULL)
    add_metadata (builder, metadata);
  for (gsize size = 8; size >= 4; size -= 4)
    for (guint i = 0; i < n; i++)
      if (mp_dtype_size (tensors[i].type.dtype) == size) {
        MpPiece piece = { tensors[i].data, (gsize) mp_tensor_count (&tensors[i].type) * size };

        add_tensor (builder, &tensors[i], at, at + (gint64) piece.size);
        g_array_append_val (pieces, piece);
        at += (gint64) piece.size;
      }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json = json_generator_to_data (generator, &json_length);

  /* Spaces make the data begin at a multiple of 8. */
  length = (json_length + 7) / 8 * 8;
  padded = g_malloc (length);
  memset (padded, ' ', length);
  memcpy (padded, json, json_length);
  length = GUINT64_TO_LE (length);
  g_array_index (pieces, MpPiece, 0) = (MpPiece) { &length, sizeof length };
  g_array_index (pieces, MpPiece, 1) = (MpPiece) { padded, (json_length + 7) / 8 * 8 };
  return mp_file_write (path, pieces->len, (const MpPiece *) (gpointer) pieces->data, error);
}
