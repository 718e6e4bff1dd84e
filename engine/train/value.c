/* SPDX-License-Identifier: Apache-2.0
 *
 * value.c: texts of key files as values of a parameter, and sentences about what is allowed.
 */
#include <math.h>
#include <string.h>

#include "engine/train/schema.h"

#define MAX_LIST 1024

void
mp_value_free (MpValue *value)
{
  g_free (value->text);
  g_free (value->numbers);
  g_free (value);
}

static gboolean
is_integer (const MpParam *param)
{
  return param->type == MP_PARAM_INT || param->type == MP_PARAM_INTS;
}

static gboolean
is_list (const MpParam *param)
{
  return param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS;
}

static char *
number_text (double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (fabs (value) < 9007199254740992.0 && value == rint (value))
    return g_strdup_printf ("%.0f", value);
  return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%g", value));
}

char *
mp_param_allowed (const MpParam *param)
{
  g_autofree char *low = number_text (param->min);
  g_autofree char *high = number_text (param->max);
  const char *what;

  switch (param->type) {
  case MP_PARAM_BOOL:
    return g_strdup ("true or false");
  case MP_PARAM_ENUM: {
    g_autofree char *choices = g_strjoinv (", ", (char **) param->choices);

    return g_strdup_printf ("one of %s", choices);
  }
  case MP_PARAM_STRING:
    return g_strdup ("a text");
  case MP_PARAM_FILE:
    return g_strdup ("the path of a file");
  case MP_PARAM_DOUBLE:
    what = "a number";
    break;
  case MP_PARAM_INT:
    what = "a whole number";
    break;
  case MP_PARAM_DOUBLES:
    what = "numbers separated by commas or semicolons";
    break;
  case MP_PARAM_INTS:
    what = "whole numbers separated by commas or semicolons";
    break;
  default:
    g_assert_not_reached ();
  }
  if (param->min == 0 && param->max == 0)
    return g_strdup (what);
  if (is_list (param))
    return g_strdup_printf ("%s, each from %s to %s%s", what, low, high, param->may_be_empty ? ", or nothing" : "");
  return g_strdup_printf ("%s from %s to %s", what, low, high);
}

/* Reads one number. The schema's numbers are written as in C, whatever the locale. */
static gboolean
read_number (const MpParam *param,
             const char    *text,
             double        *number,
             gint64        *integer)
{
  char *end;

  if (is_integer (param)) {
    if (!g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, integer, NULL))
      return FALSE;
    *number = (double) *integer;
  } else {
    /* Hexadecimal numbers, infinities and NaN are numbers to strtod, not to people. */
    if (text[0] == '\0' || strspn (text, "+-.0123456789eE") != strlen (text))
      return FALSE;
    *number = g_ascii_strtod (text, &end);
    if (*end != '\0' || !isfinite (*number))
      return FALSE;
  }
  if (param->min == 0 && param->max == 0)
    return TRUE;
  return *number >= param->min && *number <= param->max;
}

static gboolean
read_list (const MpParam *param,
           MpValue       *value)
{
  g_auto (GStrv) entries = NULL;
  guint n;

  if (value->text[0] == '\0')
    return param->may_be_empty;
  entries = g_strsplit_set (value->text, ",;", -1);
  n = g_strv_length (entries);
  /* "1; 2;" is how key files write lists. */
  if (n > 1 && g_strstrip (entries[n - 1])[0] == '\0')
    n--;
  if (n > MAX_LIST)
    return FALSE;
  value->n = n;
  value->numbers = g_new (double, n);
  for (guint i = 0; i < n; i++)
    if (!read_number (param, g_strstrip (entries[i]), &value->numbers[i], &value->integer))
      return FALSE;
  return TRUE;
}

static gboolean
read_value (const MpParam *param,
            MpValue       *value)
{
  switch (param->type) {
  case MP_PARAM_DOUBLE:
  case MP_PARAM_INT:
    value->n = 1;
    value->numbers = g_new (double, 1);
    return read_number (param, value->text, value->numbers, &value->integer);
  case MP_PARAM_BOOL:
    value->integer = strcmp (value->text, "true") == 0;
    value->n = 1;
    value->numbers = g_new (double, 1);
    value->numbers[0] = (double) value->integer;
    return value->integer || strcmp (value->text, "false") == 0;
  case MP_PARAM_ENUM:
    return g_strv_contains (param->choices, value->text);
  case MP_PARAM_DOUBLES:
  case MP_PARAM_INTS:
    return read_list (param, value);
  case MP_PARAM_STRING:
    return TRUE;
  case MP_PARAM_FILE:
    return value->text[0] != '\0';
  default:
    g_assert_not_reached ();
  }
}

MpValue *
mp_value_parse (const MpParam  *param,
                const char     *text,
                GError        **error)
{
  MpValue *value = g_new0 (MpValue, 1);
  g_autofree char *allowed = NULL;
  g_autofree char *quoted = NULL;
  const char *nearest = NULL;

  value->text = g_strstrip (g_strdup (text));
  if (read_value (param, value))
    return value;
  allowed = mp_param_allowed (param);
  quoted = mp_clip_text (value->text, -1);
  if (param->type == MP_PARAM_ENUM)
    nearest = mp_nearest_name (value->text, param->choices);
  if (nearest != NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s = “%s” is not allowed: it must be %s; did you mean “%s”?",
                 param->key, quoted, allowed, nearest);
  else
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s = “%s” is not allowed: it must be %s.",
                 param->key, quoted, allowed);
  mp_value_free (value);
  return NULL;
}

gboolean
mp_param_check (const MpParam  *param,
                const char     *value,
                GError        **error)
{
  MpValue *parsed;

  g_return_val_if_fail (param != NULL && value != NULL, FALSE);

  parsed = mp_value_parse (param, value, error);
  if (parsed == NULL)
    return FALSE;
  mp_value_free (parsed);
  return TRUE;
}
