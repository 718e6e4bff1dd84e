/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-format.c: numbers as text.
 */
#include "ui/plot/plot-format.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MINUS "\u2212"

static const char *
thousands_separator (void)
{
  const struct lconv *locale = localeconv ();

  if (locale->thousands_sep != NULL && locale->thousands_sep[0] != '\0')
    return locale->thousands_sep;
  /* locales without one: a comma where it cannot be taken for the decimal point, else a narrow space */
  return strcmp (locale->decimal_point, ".") == 0 ? "," : "\u202f";
}

char *
mp_format_fixed (double value,
                 int    decimals)
{
  g_autofree char *plain = NULL;
  GString         *text = g_string_new (NULL);
  gsize            whole;
  gboolean         zero;

  if (!isfinite (value)) {
    g_string_append (text, isnan (value) ? _("NaN") : value > 0 ? "∞" : MINUS "∞");
    return g_string_free (text, FALSE);
  }
  plain = g_strdup_printf ("%.*f", MAX (decimals, 0), fabs (value));
  whole = strspn (plain, "0123456789");
  zero = strpbrk (plain, "123456789") == NULL;
  if (value < 0 && !zero)
    g_string_append (text, MINUS);
  for (gsize i = 0; i < whole; i++) {
    if (i > 0 && whole > 3 && (whole - i) % 3 == 0)
      g_string_append (text, thousands_separator ());
    g_string_append_c (text, plain[i]);
  }
  g_string_append (text, plain + whole);
  return g_string_free (text, FALSE);
}

char *
mp_format_count (guint64 count)
{
  g_autofree char *plain = g_strdup_printf ("%" G_GUINT64_FORMAT, count);
  GString         *text = g_string_new (NULL);
  gsize            n = strlen (plain);

  for (gsize i = 0; i < n; i++) {
    if (i > 0 && (n - i) % 3 == 0)
      g_string_append (text, thousands_separator ());
    g_string_append_c (text, plain[i]);
  }
  return g_string_free (text, FALSE);
}

char *
mp_format_power (int exponent)
{
  static const char *const digits[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
  g_autofree char         *plain = g_strdup_printf ("%d", ABS (exponent));
  GString                 *text = g_string_new ("10");

  if (exponent < 0)
    g_string_append (text, "⁻");
  for (const char *c = plain; *c != '\0'; c++)
    g_string_append (text, digits[*c - '0']);
  return g_string_free (text, FALSE);
}

char *
mp_format_value (double value,
                 int    digits)
{
  g_autofree char *mantissa = NULL;
  g_autofree char *power = NULL;
  char            *e;
  int              exponent;

  digits = MAX (digits, 1);
  if (!isfinite (value))
    return mp_format_fixed (value, 0);
  if (value == 0)
    return g_strdup ("0");
  /* rounded first: 9.996 to three digits is 10.0, one power further */
  mantissa = g_strdup_printf ("%.*e", digits - 1, fabs (value));
  e = strchr (mantissa, 'e');
  exponent = atoi (e + 1);
  if (exponent >= -4 && exponent <= 6)
    return mp_format_fixed (value, digits - 1 - exponent);
  *e = '\0';
  power = mp_format_power (exponent);
  return g_strdup_printf ("%s%s×%s", value < 0 ? MINUS : "", mantissa, power);
}

char *
mp_format_short (double value,
                 int    digits)
{
  g_autofree char *text = mp_format_value (value, digits);
  const char      *point = localeconv ()->decimal_point, *fraction = strstr (text, point);
  gsize            digits_end, keep;

  if (fraction == NULL)
    return g_steal_pointer (&text);
  fraction += strlen (point);
  digits_end = keep = strspn (fraction, "0123456789");
  while (keep > 0 && fraction[keep - 1] == '0')
    keep--;
  /* nothing left: the point goes too */
  return g_strdup_printf ("%.*s%s", (int) (fraction - text + keep - (keep == 0 ? strlen (point) : 0)), text,
                          fraction + digits_end);
}

char *
mp_format_setting (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    char   buffer[G_ASCII_DTOSTR_BUF_SIZE], *end;
    double value = g_ascii_strtod (g_strstrip (parts[i]), &end);

    if (end == parts[i] || *end != '\0')
      return g_strdup (text);
    g_ascii_formatd (buffer, sizeof buffer, "%.4g", value);
    if (strchr (parts[i], '.') == NULL || strlen (buffer) >= strlen (parts[i]))
      continue;
    g_free (parts[i]);
    parts[i] = g_strdup (buffer);
  }
  return g_strjoinv (", ", parts);
}

char *
mp_format_engineering (double value)
{
  static const char *const suffixes[] = { "", "k", "M", "G", "T" };
  g_autofree char         *number = NULL;
  guint                    i = 0;

  while (i + 1 < G_N_ELEMENTS (suffixes) && fabs (value) >= 999.9995) {
    value /= 1000;
    i++;
  }
  if (!isfinite (value) || fabs (value) >= 999.9995)
    return mp_format_value (value, 3);
  number = g_strdup_printf ("%.6g", fabs (value));
  return g_strdup_printf ("%s%s%s", value < 0 ? MINUS : "", number, suffixes[i]);
}

char *
mp_format_time (double seconds)
{
  gint64           whole = (gint64) floor (CLAMP (seconds, 0, 1e15));
  g_autofree char *number = NULL;

  if (whole < 60) {
    number = mp_format_fixed (MAX (seconds, 0), 1);
    return g_strdup_printf (_("%s s"), number);
  }
  if (whole < 3600)
    return g_strdup_printf (_("%d min %d s"), (int) (whole / 60), (int) (whole % 60));
  number = mp_format_count ((guint64) (whole / 3600));
  return g_strdup_printf (_("%s h %d min"), number, (int) (whole % 3600 / 60));
}
