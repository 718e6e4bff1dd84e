/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/format.h"

#include <math.h>
#include <string.h>

#include "ui/plot/plot-format.h"

char *
mp_format_rate (double per_second)
{
  g_autofree char *number = NULL;

  if (!(per_second > 0))
    return g_strdup (_("– it/s"));
  if (per_second >= 100)
    number = mp_format_count ((guint64) llround (per_second));
  else
    number = g_strdup_printf (per_second >= 10 ? "%.0f" : "%.1f", per_second);
  /* Translators: iterations per second */
  return g_strdup_printf (_("%s it/s"), number);
}

char *
mp_format_percent (double share)
{
  if (isnan (share))
    return g_strdup (_("– %"));
  return g_strdup_printf (_("%.0f %%"), share * 100);
}

char *
mp_format_duration (double seconds)
{
  gint64 whole = (gint64) ceil (seconds);

  if (whole < 60)
    return g_strdup_printf (_("%d s"), (int) MAX (whole, 0));
  if (whole < 600)
    return g_strdup_printf (_("%d min %d s"), (int) (whole / 60), (int) (whole % 60));
  if (whole < 3600)
    return g_strdup_printf (_("%d min"), (int) (whole / 60));
  return g_strdup_printf (_("%d h %d min"), (int) (whole / 3600), (int) (whole % 3600 / 60));
}

char *
mp_format_short_title (const char *title)
{
  const char *bracket = strstr (title, " (");

  return bracket ? g_strndup (title, bracket - title) : g_strdup (title);
}

/* Of what kind a method is, among those of its name. */
static gboolean
names_kind (const char *key)
{
  return g_str_equal (key, "variant") || g_str_equal (key, "loss") || g_str_equal (key, "kernel");
}

static void
add_number (GString    *text,
            const char *before,
            const char *symbol,
            const char *value)
{
  g_autofree char *number = mp_format_setting (value);

  g_string_append_printf (text, "%s%s %s", before, symbol, number);
}

char *
mp_format_settings (MpExperiment *experiment)
{
  g_autoptr (GPtrArray) schema = mp_experiment_get_schema (experiment);
  GString *text = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);

    if (!g_str_equal (group->group, "method"))
      continue;
    for (guint j = 0; j < group->params->len && n < 3; j++) {
      const MpParam *param = g_ptr_array_index (group->params, j);
      const char *value = mp_experiment_get_string (experiment, "method", param->key);
      gboolean chosen = !g_str_equal (value, param->default_value);

      /* Of words only the variant and the kernel say something by default, and sizes and bandwidths do; others are
       * worth their place where somebody chose them. */
      if (param->type == MP_PARAM_ENUM && (chosen || names_kind (param->key)))
        g_string_append_printf (text, "%s%s", n++ ? " · " : "", value);
      else if (param->type != MP_PARAM_ENUM && param->type != MP_PARAM_BOOL && param->symbol && value[0] != '\0'
               && (chosen || param->type != MP_PARAM_DOUBLE))
        add_number (text, n++ ? " · " : "", param->symbol, value);
    }
  }
  return g_string_free (text, FALSE);
}
