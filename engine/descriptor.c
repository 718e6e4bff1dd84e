/* SPDX-License-Identifier: Apache-2.0
 *
 * descriptor.c: the tables of plug-ins, made from the name lists that Meson writes, and nearest names for messages.
 */
#include "engine/descriptor.h"

#include <string.h>

#include "engine/data/data.h"
#include "engine/extractors/extractor.h"
#include "engine/methods/method.h"
#include "engine/metrics/metric.h"
#include "engine/nn/network.h"
#include "engine/optimizers/optimizer.h"
#include "engine/views/view.h"

#define MP_ITEM(name) extern const MpMethod mp_method_##name;
#include "engine/method-list.h"
#undef MP_ITEM
#define MP_ITEM(name) extern const MpDataClass mp_data_##name;
#include "engine/data-list.h"
#undef MP_ITEM
#define MP_ITEM(name) extern const MpNetworkClass mp_network_##name;
#include "engine/network-list.h"
#undef MP_ITEM
#define MP_ITEM(name) extern const MpOptimizer mp_optimizer_##name;
#include "engine/optimizer-list.h"
#undef MP_ITEM
#define MP_ITEM(name) extern const MpMetric mp_metric_##name;
#include "engine/metric-list.h"
#undef MP_ITEM
#define MP_ITEM(name) extern const MpExtractor mp_extractor_##name;
#include "engine/extractor-list.h"
#undef MP_ITEM
#define MP_ITEM(name) extern const MpViewClass mp_view_##name;
#include "engine/view-list.h"
#undef MP_ITEM

static const MpDescriptor *const methods[] = {
#define MP_ITEM(name) &mp_method_##name.base,
#include "engine/method-list.h"
#undef MP_ITEM
  NULL
};

static const MpDescriptor *const data_sets[] = {
#define MP_ITEM(name) &mp_data_##name.base,
#include "engine/data-list.h"
#undef MP_ITEM
  NULL
};

static const MpDescriptor *const networks[] = {
#define MP_ITEM(name) &mp_network_##name.base,
#include "engine/network-list.h"
#undef MP_ITEM
  NULL
};

static const MpDescriptor *const optimizers[] = {
#define MP_ITEM(name) &mp_optimizer_##name.base,
#include "engine/optimizer-list.h"
#undef MP_ITEM
  NULL
};

static const MpDescriptor *const metrics[] = {
#define MP_ITEM(name) &mp_metric_##name.base,
#include "engine/metric-list.h"
#undef MP_ITEM
  NULL
};

static const MpDescriptor *const extractors[] = {
#define MP_ITEM(name) &mp_extractor_##name.base,
#include "engine/extractor-list.h"
#undef MP_ITEM
  NULL
};

static const MpDescriptor *const views[] = {
#define MP_ITEM(name) &mp_view_##name.base,
#include "engine/view-list.h"
#undef MP_ITEM
  NULL
};

static const struct
{
  const char                *name;
  const MpDescriptor *const *list;
  guint                      n;
} registries[MP_N_KINDS] = {
  [MP_KIND_METHOD] = { "method", methods, G_N_ELEMENTS (methods) - 1 },
  [MP_KIND_DATA] = { "data", data_sets, G_N_ELEMENTS (data_sets) - 1 },
  [MP_KIND_NETWORK] = { "network", networks, G_N_ELEMENTS (networks) - 1 },
  [MP_KIND_OPTIMIZER] = { "optimizer", optimizers, G_N_ELEMENTS (optimizers) - 1 },
  [MP_KIND_METRIC] = { "metric", metrics, G_N_ELEMENTS (metrics) - 1 },
  [MP_KIND_EXTRACTOR] = { "extractor", extractors, G_N_ELEMENTS (extractors) - 1 },
  [MP_KIND_VIEW] = { "view", views, G_N_ELEMENTS (views) - 1 },
};

const char *
mp_kind_name (MpKind kind)
{
  g_return_val_if_fail (kind < MP_N_KINDS, NULL);

  return registries[kind].name;
}

const MpDescriptor *const *
mp_registry_list (MpKind  kind,
                  guint  *n)
{
  g_return_val_if_fail (kind < MP_N_KINDS, NULL);

  if (n != NULL)
    *n = registries[kind].n;
  return registries[kind].list;
}

const MpDescriptor *
mp_registry_find (MpKind      kind,
                  const char *id)
{
  g_return_val_if_fail (kind < MP_N_KINDS, NULL);
  g_return_val_if_fail (id != NULL, NULL);

  for (guint i = 0; i < registries[kind].n; i++)
    if (strcmp (registries[kind].list[i]->id, id) == 0)
      return registries[kind].list[i];
  return NULL;
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each once per place.
 * d[i][j] is the distance of the first i bytes of a and the first j of b; three rows suffice. */
static gsize
edit_distance (const char *a,
               const char *b)
{
  gsize n = strlen (a), m = strlen (b);
  g_autofree gsize *rows = g_new (gsize, 3 * (m + 1));
  gsize *before = rows, *last = rows + m + 1, *row = rows + 2 * (m + 1);

  for (gsize j = 0; j <= m; j++)
    last[j] = j;
  for (gsize i = 1; i <= n; i++) {
    gsize *spare = before;

    row[0] = i;
    for (gsize j = 1; j <= m; j++) {
      row[j] = MIN (MIN (last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = MIN (row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
    row = spare;
  }
  return last[m];
}

const char *
mp_nearest_name (const char        *name,
                 const char *const *names)
{
  gsize best_distance = MAX (strlen (name) / 3, 1) + 1;
  const char *best = NULL;

  /* Names are short; what is not cannot be near one, and the distance would cost its square. */
  if (strlen (name) > 100)
    return NULL;
  for (gsize i = 0; names[i] != NULL; i++) {
    gsize distance = edit_distance (name, names[i]);

    if (distance < best_distance) {
      best_distance = distance;
      best = names[i];
    }
  }
  return best;
}
