/* SPDX-License-Identifier: Apache-2.0
 *
 * golden.c: reading the files of tests/reference and comparing tensors with it.
 */
#include "tests/engine/golden.h"

#include <math.h>
#include <string.h>

static char *
reference_path (const char *file)
{
  const char *dir = g_getenv ("MATCHPOINT_TEST_DIR");

  return g_build_filename (dir != NULL ? dir : "tests", "reference", file, NULL);
}

static gint
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
golden_list_files (const char *prefix)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = reference_path (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  const char *name;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, prefix) && g_str_has_suffix (name, ".json"))
      g_ptr_array_add (files, g_strdup (name));
  g_ptr_array_sort (files, compare_names);
  return files;
}

JsonArray *
golden_load (const char *file)
{
  g_autofree char *path = reference_path (file);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  if (!json_parser_load_from_file (parser, path, &error))
    g_error ("%s: %s", path, error->message);
  return json_array_ref (json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), "cases"));
}

void
golden_add_tests (const char    *file,
                  const char    *prefix,
                  GTestDataFunc  test_double,
                  GTestDataFunc  test_single)
{
  JsonArray *cases = golden_load (file);

  for (guint i = 0; i < json_array_get_length (cases); i++) {
    JsonObject *test = json_array_get_object_element (cases, i);
    const char *name = json_object_get_string_member (test, "name");
    g_autofree char *path_double = g_strdup_printf ("/%s/%s/float64", prefix, name);
    g_autofree char *path_single = g_strdup_printf ("/%s/%s/float32", prefix, name);

    g_test_add_data_func (path_double, test, test_double);
    if (json_object_get_boolean_member_with_default (test, "single", TRUE))
      g_test_add_data_func (path_single, test, test_single);
  }
}

double *
golden_numbers (JsonArray *array)
{
  guint n = json_array_get_length (array);
  double *values = g_new0 (double, n + 1);

  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);
  return values;
}

Golden
golden_tensor (JsonObject *object)
{
  JsonArray *shape = json_object_get_array_member (object, "shape");
  Golden golden = { .type.dtype = json_object_has_member (object, "dtype") ? MP_INT32 : MP_FLOAT64 };

  golden.type.rank = json_array_get_length (shape);
  for (gint i = 0; i < golden.type.rank; i++)
    golden.type.dim[i] = json_array_get_int_element (shape, i);
  golden.count = mp_tensor_count (&golden.type);
  g_assert_cmpuint (golden.count, ==, json_array_get_length (json_object_get_array_member (object, "data")));
  golden.data = golden_numbers (json_object_get_array_member (object, "data"));
  return golden;
}

void
golden_clear (Golden *golden)
{
  g_clear_pointer (&golden->data, g_free);
}

double
golden_max_abs (const double *values,
                gsize         n)
{
  double result = 0;

  for (gsize i = 0; i < n; i++)
    result = fmax (result, fabs (values[i]));
  return result;
}

gboolean
golden_compare (const char   *what,
                const double *found,
                const double *expected,
                gsize         n,
                double        tolerance)
{
  gsize worst = 0;
  double excess = -1;

  for (gsize i = 0; i < n; i++) {
    double error = fabs (found[i] - expected[i]);

    if (isnan (error))
      error = INFINITY;
    if (error > excess) {
      excess = error;
      worst = i;
    }
  }

  if (excess <= tolerance)
    return TRUE;
  g_test_fail_printf ("%s: element %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is %.17g, expected %.17g; "
                      "the error %.3g is above %.3g", what, worst, n, found[worst], expected[worst], excess, tolerance);
  return FALSE;
}

void
golden_from_doubles (MpDtype       dtype,
                     const double *values,
                     gsize         n,
                     void         *buffer)
{
  for (gsize i = 0; i < n; i++)
    if (dtype == MP_FLOAT64)
      ((double *) buffer)[i] = values[i];
    else if (dtype == MP_FLOAT32)
      ((float *) buffer)[i] = values[i];
    else
      ((gint32 *) buffer)[i] = values[i];
}

void
golden_to_doubles (MpDtype     dtype,
                   const void *buffer,
                   gsize       n,
                   double     *values)
{
  for (gsize i = 0; i < n; i++)
    if (dtype == MP_FLOAT64)
      values[i] = ((const double *) buffer)[i];
    else if (dtype == MP_FLOAT32)
      values[i] = ((const float *) buffer)[i];
    else
      values[i] = ((const gint32 *) buffer)[i];
}
