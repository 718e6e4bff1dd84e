/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gstdio.h>
#include <string.h>

#include "engine/runs/safetensors.h"

/* A file of this header and n_data zero bytes behind it. */
static GBytes *
make_file (const char *header,
           gsize       n_data)
{
  gsize length = strlen (header);
  guint64 little = GUINT64_TO_LE (length);
  g_autofree char *zeros = g_malloc0 (n_data + 1);
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &little, 8);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) length);
  g_byte_array_append (bytes, (const guint8 *) zeros, (guint) n_data);
  return g_byte_array_free_to_bytes (bytes);
}

static void
assert_refused (GBytes     *bytes,
                const char *in_message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSafetensors) file = mp_safetensors_parse (bytes, "broken.safetensors", &error);

  g_assert_null (file);
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "broken.safetensors"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (strstr (error->message, in_message) == NULL)
    g_error ("“%s” does not say “%s”", error->message, in_message);
}

static void
test_refusals (void)
{
  /* 8-byte multiples keep the data aligned where that is not the point. */
  static const struct
  {
    const char *header;
    gsize       n_data;
    const char *message;
  } cases[] = {
    { "x", 0, "header length is 1" },
    { "  {}    ", 0, "“{” is expected" },
    { "[]      ", 0, "“{” is expected" },
    { "{\"a\":   ", 0, "not JSON" },
    { "{\"a\": \"\xff\"}", 0, "0xff, which is not UTF-8" },
    { "{\"a\": {\"b\": [[1]]}}", 0, "nests 4 deep" },
    { "{\"\\ud800\": 3}", 0, "not JSON" },
    { "{\"a\": 3}", 0, "not described by an object" },
    { "{\"__metadata__\": 3}", 0, "not an object of strings" },
    { "{\"__metadata__\": {\"k\": 3}}", 0, "metadata “k” is not a string" },
    { "{\"a\": {\"dtype\": \"F16\", \"shape\": [1], \"data_offsets\": [0, 2]}}", 2, "“F16”; F32, F64 and I32" },
    { "{\"a\": {\"shape\": [1], \"data_offsets\": [0, 2]}}", 2, "“(none)”" },
    { "{\"a\": {\"dtype\": \"F32\", \"data_offsets\": [0, 4]}}", 4, "no list “shape”" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1]}}", 4, "no list “data_offsets”" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1.5], \"data_offsets\": [0, 4]}}", 4, "not an integer" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 4]}}", 4, "holds -1" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1,1,1,1,1,1,1], \"data_offsets\": [0, 4]}}", 4, "7 entries; at most 6" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0]}}", 4, "two “data_offsets”" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4], \"x\": 1}}", 4, "nothing else" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}}", 4, "has 4 bytes where its shape needs 8" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [4, 0]}}", 4, "lies at 4 … 0" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}", 3, "of 3 data bytes" },
    { "{\"a\": {\"dtype\": \"F32\", \"shape\": [4611686018427387904,4], \"data_offsets\": [0, 0]}}", 0, "needs -1" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensors overlap" },
    { "{\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[8,12]}}    ", 12, "there is a gap" },
    { "{\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}} ", 8, "4 bytes follow that belong to no tensor" },
    { "{\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}    ", 4, "a name twice" },
    { "{\"a\":{\"dtype\":\"I32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}   ", 4, "a name twice" },
    { "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}} ", 8, "not aligned to 8 bytes" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *padded = NULL;
    g_autoptr (GBytes) bytes = NULL;
    gsize pad = (8 - strlen (cases[i].header) % 8) % 8;

    if (strlen (cases[i].header) < 8 || strstr (cases[i].message, "aligned") != NULL)
      pad = 0;
    padded = g_strdup_printf ("%s%*s", cases[i].header, (gint) pad, "");
    bytes = make_file (padded, cases[i].n_data);
    assert_refused (bytes, cases[i].message);
  }
}

static void
test_short_files (void)
{
  static const guint8 huge[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '{', '}' };
  g_autoptr (GBytes) whole = make_file ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  ", 8);
  g_autoptr (GBytes) overlong = g_bytes_new_static (huge, sizeof huge);
  g_autoptr (MpSafetensors) file = mp_safetensors_parse (whole, "whole", NULL);

  g_assert_nonnull (file);
  assert_refused (overlong, "header length is 18446744073709551615");
  for (gsize size = 0; size < g_bytes_get_size (whole); size++) {
    g_autoptr (GBytes) cut = g_bytes_new_from_bytes (whole, 0, size);

    assert_refused (cut, "at byte");
  }
}

static void
test_round_trip (void)
{
  static const float floats[] = { 1.5f, -0.0f, 3e-45f, G_MAXFLOAT, 1.0f / 3, 6 };
  static const double doubles[] = { 0.1, -1e300 };
  static const gint32 ints[] = { 0, -1, G_MAXINT32 };
  const MpNamedTensor tensors[] = {
    { "generator/0/weight", { 2, MP_FLOAT32, { 2, 3 } }, floats },
    { "odd \"name\" ×\n", { 1, MP_INT32, { 3 } }, ints },
    { "moments", { 1, MP_FLOAT64, { 2 } }, doubles },
    { "scalar", { 0, MP_FLOAT64, { 0 } }, doubles },
    { "empty", { 2, MP_FLOAT32, { 0, 7 } }, floats },
  };
  const char *const metadata[] = { "iteration", "12", "note", "ü \"quoted\"", NULL };
  g_autofree char *dir = g_dir_make_tmp ("matchpoint-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "x.safetensors", NULL);
  g_autoptr (MpSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  guint n;

  g_assert_true (mp_safetensors_save (path, G_N_ELEMENTS (tensors), tensors, metadata, &error));
  file = mp_safetensors_open (path, &error);
  g_assert_no_error (error);
  mp_safetensors_list (file, &n);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (tensors));
  for (guint i = 0; i < n; i++) {
    const MpNamedTensor *tensor = mp_safetensors_get (file, tensors[i].name, &tensors[i].type, &error);
    gsize size = mp_dtype_size (tensors[i].type.dtype);

    g_assert_no_error (error);
    g_assert_cmpuint ((gsize) tensor->data % size, ==, 0);
    size *= (gsize) mp_tensor_count (&tensor->type);
    g_assert_cmpmem (tensor->data, size, tensors[i].data, size);
  }
  g_assert_cmpstr (mp_safetensors_get_metadata (file, "note"), ==, "ü \"quoted\"");
  g_assert_null (mp_safetensors_get_metadata (file, "absent"));

  g_assert_null (mp_safetensors_get (file, "absent", &tensors[0].type, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);
  g_assert_null (mp_safetensors_get (file, "moments", &tensors[0].type, &error));
  g_assert_nonnull (strstr (error->message, "float64 2; float32 2×3 is needed"));
  g_unlink (path);
  g_rmdir (dir);
}

static void
test_write_failure (void)
{
  const MpNamedTensor tensor = { "x", { 1, MP_FLOAT32, { 1 } }, &(float) { 1 } };
  g_autoptr (GError) error = NULL;

  g_assert_false (mp_safetensors_save ("/proc/no-such-folder/x.safetensors", 1, &tensor, NULL, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/proc/no-such-folder/x.safetensors"));
  g_clear_error (&error);
  g_assert_null (mp_safetensors_open ("/nonexistent/x.safetensors", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/safetensors/refusals", test_refusals);
  g_test_add_func ("/safetensors/short-files", test_short_files);
  g_test_add_func ("/safetensors/round-trip", test_round_trip);
  g_test_add_func ("/safetensors/write-failure", test_write_failure);
  return g_test_run ();
}
