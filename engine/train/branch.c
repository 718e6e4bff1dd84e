/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "engine/train/branch.h"

#include "engine/data/data.h"
#include "engine/methods/build.h"
#include "engine/methods/method.h"

/* Variables are named PREFIX/…. The moments of a network's optimizer begin anew with it, which need not be said. */
static const struct
{
  const char *prefix, *part, *title;
} parts[] = {
  { "critic/", "critic", N_("Critic") },
  { "encoder/", "encoder", N_("Encoder") },
  { "decoder/", "decoder", N_("Decoder") },
};

static guint
count (GPtrArray  *names,
       const char *prefix)
{
  guint n = 0;

  for (guint i = 0; i < names->len; i++)
    n += g_str_has_prefix (names->pdata[i], prefix);
  return n;
}

GArray *
mp_branch_count_anew (MpGraph   *graph,
                      GPtrArray *fresh)
{
  GArray *anew = g_array_new (FALSE, FALSE, sizeof (MpAnew));
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);

    if (node->op == MP_OP_PARAMETER || node->op == MP_OP_STATE)
      g_ptr_array_add (all, (char *) node->name);
  }
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    const MpAnew part = { parts[i].part, count (fresh, parts[i].prefix), count (all, parts[i].prefix) };

    if (part.n > 0)
      g_array_append_val (anew, part);
  }
  return anew;
}

static const char *
find_title (const char *part)
{
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (g_str_equal (parts[i].part, part))
      return _(parts[i].title);
  return part;
}

char *
mp_branch_describe (GArray *anew)
{
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint i = 0; i < anew->len; i++) {
    const MpAnew *part = &g_array_index (anew, MpAnew, i);

    if (i > 0)
      g_string_append_c (words, ' ');
    if (part->n < part->of)
      /* Translators: “Critic begins anew in 4 of 6 tensors …” */
      g_string_append_printf (words, _("%s begins anew in %u of %u tensors: the checkpoint does not have them "
                                       "in this shape."), find_title (part->part), part->n, part->of);
    else
      g_string_append_printf (words, _("%s begins anew: the checkpoint has nothing in this shape."),
                              find_title (part->part));
  }
  return words->len > 0 ? g_string_free (g_steal_pointer (&words), FALSE) : NULL;
}

gboolean
mp_branch_foresee (const char    *parent,
                   guint64        iteration,
                   MpExperiment  *experiment,
                   char         **words,
                   GError       **error)
{
  g_autoptr (MpData) data = mp_data_open (experiment, 0, error);
  g_autoptr (MpBuild) build = data != NULL ? mp_build_new (experiment, mp_data_get_dimensions (data), NULL, error) : NULL;
  g_autoptr (MpRun) run = build != NULL ? mp_run_open (parent, FALSE, error) : NULL;
  g_autoptr (GPtrArray) fresh = NULL;
  g_autoptr (GArray) anew = NULL;

  if (run == NULL || !mp_run_find_checkpoint (run, iteration, &iteration, error)
      || !mp_run_compare_weights (run, iteration, mp_build_graph (build), &fresh, error))
    return FALSE;
  anew = mp_branch_count_anew (mp_build_graph (build), fresh);
  *words = mp_branch_describe (anew);
  return TRUE;
}
