/* SPDX-License-Identifier: Apache-2.0
 *
 * golden.h: reading the files of tests/reference and comparing tensors with it.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/graph/graph.h"

/* A tensor of a golden file; dtype is float64 or int32, values are doubles either way. */
typedef struct
{
  MpTensorType type;
  gsize        count;
  double      *data;
} Golden;

/* The "cases" array of a file in tests/reference; ends the program when it cannot be read. Never freed. */
JsonArray *golden_load (const char *file);
/* The files of tests/reference whose names begin with prefix and end with .json, in order. (transfer full) */
GPtrArray *golden_list_files (const char *prefix);
/* Adds /PREFIX/CASE/float64 for every case of the file, and …/float32 for those without "single": false. */
void       golden_add_tests (const char *file, const char *prefix, GTestDataFunc test_double,
                             GTestDataFunc test_single);
/* An encoded tensor: {"shape", "data", "dtype"}. */
Golden     golden_tensor (JsonObject *object);
/* A bare list of numbers. (transfer full) */
double    *golden_numbers (JsonArray *array);
void       golden_clear (Golden *golden);

double     golden_max_abs (const double *values, gsize n);
/* Fails the running test, with the worst element, unless |found − expected| ≤ tolerance everywhere. */
gboolean   golden_compare (const char *what, const double *found, const double *expected, gsize n, double tolerance);

/* Values of a dtype from doubles and back; buffer holds n values. */
void       golden_from_doubles (MpDtype dtype, const double *values, gsize n, void *buffer);
void       golden_to_doubles (MpDtype dtype, const void *buffer, gsize n, double *values);
