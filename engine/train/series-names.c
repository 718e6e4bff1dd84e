/* SPDX-License-Identifier: Apache-2.0
 *
 * series-names.c: titles of metrics, of gradients' sizes, and of what methods report.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/series-names.h"

#include <string.h>

#include "engine/data/data.h"
#include "engine/methods/build.h"

typedef struct
{
  char    *title;
  MpBetter better;
} Name;

struct _MpSeriesNames
{
  GHashTable *reports; /* id → Name */
};

/* ---- metrics ---- */

char *
mp_series_title_of_metric (const MpMetric *metric,
                           const char     *id)
{
  const char *title, *rest = id;

  if (metric == NULL)
    return g_strdup (id);
  title = _(metric->base.title);
  if (g_str_equal (id, metric->base.id))
    return g_strdup (title);
  if (strchr (id, '/') != NULL)
    rest = strchr (id, '/') + 1;
  else if (g_str_has_prefix (id, metric->base.id) && id[strlen (metric->base.id)] == '_')
    rest = id + strlen (metric->base.id) + 1;
  return g_strdup_printf ("%s: %s", title, g_str_equal (rest, "strict") ? _("strict") : rest);
}

/* The metric that has a value of this id, its own or one beside it; or NULL. */
static const MpMetric *
find_metric (const char *id)
{
  guint n;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_METRIC, &n);

  for (guint i = 0; i < n; i++) {
    gsize length = strlen (list[i]->id);

    if (strncmp (id, list[i]->id, length) == 0 && (id[length] == '\0' || id[length] == '_'))
      return (const MpMetric *) list[i];
  }
  return NULL;
}

char *
mp_series_title_of_gradient (const char *id)
{
  const char *group = id + strlen ("gradient/");

  if (g_str_equal (group, "generator"))
    return g_strdup (_("Gradient of the generator (root mean square over its parameters, lately)"));
  if (g_str_equal (group, "critic"))
    return g_strdup (_("Gradient of the critic (root mean square over its parameters, lately)"));
  return g_strdup_printf (_("Gradient of “%s” (root mean square over its parameters, lately)"), group);
}

/* ---- names ---- */

static void
name_free (gpointer data)
{
  Name *name = data;

  g_free (name->title);
  g_free (name);
}

MpSeriesNames *
mp_series_names_new (void)
{
  MpSeriesNames *self = g_new0 (MpSeriesNames, 1);

  self->reports = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, name_free);
  return self;
}

void
mp_series_names_free (MpSeriesNames *self)
{
  g_hash_table_unref (self->reports);
  g_free (self);
}

/* Length of what stands before the bracket. */
static gsize
length_of_stem (const char *title)
{
  const char *bracket = strstr (title, " (");

  return bracket != NULL ? (gsize) (bracket - title) : strlen (title);
}

/* (transfer full) */
static char *
join_titles (const char *known,
             const char *other)
{
  gsize length = length_of_stem (known);
  g_autofree char *stem = g_strndup (other, length_of_stem (other));

  if (strcmp (known, other) == 0)
    return g_strdup (known);
  /* of several the stem is there already */
  if (strstr (known, stem) != NULL)
    return g_strndup (known, length);
  return g_strdup_printf ("%.*s / %s", (int) length, known, stem);
}

static void
add_report (MpSeriesNames  *self,
            const MpReport *report)
{
  const char *title = _(report->title);
  Name *name = g_hash_table_lookup (self->reports, report->id);
  char *joined;

  if (name == NULL) {
    name = g_new0 (Name, 1);
    name->title = g_strdup (title);
    name->better = report->better;
    g_hash_table_insert (self->reports, g_strdup (report->id), name);
    return;
  }
  joined = join_titles (name->title, title);
  g_free (name->title);
  name->title = joined;
  if (name->better != report->better)
    name->better = MP_NEITHER_IS_BETTER;
}

void
mp_series_names_add (MpSeriesNames *self,
                     MpExperiment  *experiment)
{
  g_autoptr (MpData) data = mp_data_open (experiment, 0, NULL);
  g_autoptr (MpBuild) build
    = data != NULL ? mp_build_new (experiment, mp_data_get_dimensions (data), NULL, NULL) : NULL;

  for (guint i = 0; build != NULL && i < mp_build_get_n_phases (build); i++) {
    const MpPhase *phase = mp_build_get_phase (build, i);

    for (guint j = 0; j < phase->reports->len; j++)
      add_report (self, &g_array_index (phase->reports, MpReport, j));
  }
}

char *
mp_series_names_get_title (MpSeriesNames *self,
                           const char    *id)
{
  const Name *name = g_hash_table_lookup (self->reports, id);

  if (name != NULL)
    return g_strdup (name->title);
  if (g_str_has_prefix (id, "gradient/"))
    return mp_series_title_of_gradient (id);
  return mp_series_title_of_metric (find_metric (id), id);
}

MpBetter
mp_series_names_get_better (MpSeriesNames *self,
                            const char    *id)
{
  const Name *name = g_hash_table_lookup (self->reports, id);
  const MpMetric *metric = name == NULL ? find_metric (id) : NULL;

  return name != NULL ? name->better : metric != NULL ? metric->better : MP_NEITHER_IS_BETTER;
}
