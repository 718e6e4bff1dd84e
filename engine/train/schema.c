/* SPDX-License-Identifier: Apache-2.0
 *
 * schema.c: the groups of an experiment and the keys that they have whatever their kind.
 */
#include "engine/train/schema.h"

#include <string.h>

#include "engine/methods/method.h"

static const char *const origins[] = { "paper", "ours", NULL };
static const char *const distributions[] = { "normal", "uniform", NULL };
static const char *const references[] = { "truth", "held-out", "training", NULL };
static const char *const precisions[] = { "float32", "tf32", "bf16", "float64", NULL };

static const MpParam experiment_params[] = {
  { .key = "title", .title = N_("Title"), .type = MP_PARAM_STRING, .default_value = "",
    .summary = N_("The name that people see.") },
  { .key = "summary", .title = N_("Summary"), .type = MP_PARAM_STRING, .default_value = "",
    .summary = N_("One sentence about what this experiment shows.") },
  { .key = "origin", .title = N_("Origin"), .type = MP_PARAM_ENUM, .default_value = "ours", .choices = origins,
    .summary = N_("Whether the settings are those of a paper or our own.") },
};

static const MpParam generator_params[] = {
  { .key = "latent", .title = N_("Latent dimensions"), .symbol = "h", .type = MP_PARAM_INT, .default_value = "2",
    .min = 1, .max = 4096, .ui_min = 1, .ui_max = 128,
    .summary = N_("Dimensions of the noise that the generator turns into samples.") },
  { .key = "latent_distribution", .title = N_("Latent distribution"), .type = MP_PARAM_ENUM,
    .default_value = "normal", .choices = distributions,
    .summary = N_("Normal with mean 0 and variance 1, or uniform between −1 and 1, in every dimension.") },
  { .key = "average", .title = N_("Running average"), .type = MP_PARAM_DOUBLE, .default_value = "0",
    .min = 0, .max = 0.999999, .ui_min = 0, .ui_max = 0.9999,
    .summary = N_("Share of a running average of the weights that an iteration keeps; samples are then drawn from "
                  "the average. 0 draws them from the weights themselves.") },
};

static const MpParam train_params[] = {
  { .key = "iterations", .title = N_("Iterations"), .type = MP_PARAM_INT, .default_value = "10000",
    .min = 1, .max = 1e12, .ui_min = 100, .ui_max = 1e6, .logarithmic = TRUE,
    .summary = N_("How many iterations to train; one iteration runs every phase of the method.") },
  { .key = "batch", .title = N_("Batch size"), .symbol = "m", .unit = N_("points"), .type = MP_PARAM_INT,
    .default_value = "200", .min = 2, .max = 1e6, .ui_min = 8, .ui_max = 2000, .logarithmic = TRUE,
    .summary = N_("Real points in a minibatch, and generated points beside them.") },
  { .key = "seed", .title = N_("Seed"), .type = MP_PARAM_INT, .default_value = "1",
    .min = 0, .max = 9007199254740991.0, .ui_min = 0, .ui_max = 9999,
    .summary = N_("Fixes data order, noise and initial weights; the same seed gives the same run.") },
  { .key = "precision", .title = N_("Precision"), .type = MP_PARAM_ENUM, .default_value = "tf32",
    .choices = precisions,
    .summary = N_("Number format of the training step. On a GPU tf32 rounds the operands of products to 10 bits of "
                  "mantissa and adds in float32; bf16 rounds activations and operands to bfloat16 and keeps parameters, "
                  "sums and losses in float32; float32 rounds nothing. The CPU computes all three in float32. float64 is "
                  "for checks and is slower.") },
  { .key = "deterministic", .title = N_("Deterministic"), .type = MP_PARAM_BOOL, .default_value = "false",
    .summary = N_("On a GPU only algorithms that give the same bits in every run on the same device, even where others "
                  "are faster. The CPU always does.") },
  { .key = "checkpoint_every", .title = N_("Checkpoint every"), .unit = N_("iterations"), .type = MP_PARAM_INT,
    .default_value = "1000", .min = 0, .max = 1e12, .ui_min = 0, .ui_max = 1e5,
    .summary = N_("How often a kept run saves all it needs to go on; 0 saves at the end only.") },
  { .key = "history", .title = N_("Kept of the past"), .unit = N_("MB"), .type = MP_PARAM_DOUBLE,
    .default_value = "160", .min = 0, .max = 1e6, .ui_min = 0, .ui_max = 1000,
    .summary = N_("Disk space of a run's past: a quarter for keyframes, which can be scrubbed, the rest for checkpoints, "
                  "which can be branched from. Both are thinned evenly to fit; the last two checkpoints stay.") },
};

static const MpParam evaluate_params[] = {
  { .key = "every", .title = N_("Evaluate every"), .unit = N_("iterations"), .type = MP_PARAM_INT,
    .default_value = "100", .min = 1, .max = 1e12, .ui_min = 1, .ui_max = 1e4, .logarithmic = TRUE,
    .summary = N_("Iterations between two evaluations of the metrics.") },
  { .key = "samples", .title = N_("Samples"), .unit = N_("points"), .type = MP_PARAM_INT, .default_value = "2500",
    .min = 2, .max = 1e6, .ui_min = 100, .ui_max = 20000, .logarithmic = TRUE,
    .summary = N_("Generated points that the metrics look at, and reference points beside them.") },
  { .key = "reference", .title = N_("Reference"), .type = MP_PARAM_ENUM, .default_value = "truth",
    .choices = references,
    .summary = N_("What metrics compare with: fresh draws of the true distribution (of a file: its held-out points, or "
                  "all when none are), the points that [data] held_out keeps from training, or those trained on.") },
};

#define PARAMS(table) .params = table, .n_params = G_N_ELEMENTS (table)
#define NEEDS(what, words) .needs = MP_NEEDS_##what, .lacks = words

const MpGroupInfo mp_groups[MP_N_GROUPS] = {
  [MP_GROUP_EXPERIMENT] = { "experiment", N_("Experiment"), MP_N_KINDS, PARAMS (experiment_params) },
  [MP_GROUP_DATA] = { "data", N_("Data"), MP_KIND_DATA, .required = TRUE },
  [MP_GROUP_GENERATOR] = { "generator", N_("Generator"), MP_KIND_NETWORK, PARAMS (generator_params) },
  [MP_GROUP_CRITIC] = { "critic", N_("Critic"), MP_KIND_NETWORK, NEEDS (CRITIC, "has no critic") },
  [MP_GROUP_ENCODER] = { "encoder", N_("Encoder"), MP_KIND_NETWORK,
                         NEEDS (ENCODER | MP_NEEDS_EXTRACTOR, "has no encoder") },
  [MP_GROUP_EXTRACTOR] = { "extractor", N_("Extractor"), MP_KIND_EXTRACTOR,
                           NEEDS (EXTRACTOR, "needs no extractor") },
  [MP_GROUP_METHOD] = { "method", N_("Method"), MP_KIND_METHOD, .required = TRUE },
  [MP_GROUP_OPTIMIZER_GENERATOR] = { "optimizer.generator", N_("Optimizer of the generator"), MP_KIND_OPTIMIZER },
  [MP_GROUP_OPTIMIZER_CRITIC] = { "optimizer.critic", N_("Optimizer of the critic"), MP_KIND_OPTIMIZER,
                                  NEEDS (CRITIC, "has no critic") },
  [MP_GROUP_OPTIMIZER_ENCODER] = { "optimizer.encoder", N_("Optimizer of the encoder"), MP_KIND_OPTIMIZER,
                                   NEEDS (ENCODER, "trains no encoder") },
  [MP_GROUP_TRAIN] = { "train", N_("Training"), MP_N_KINDS, PARAMS (train_params) },
  [MP_GROUP_EVALUATE] = { "evaluate", N_("Evaluation"), MP_N_KINDS, PARAMS (evaluate_params) },
};

MpGroup
mp_group_find (const char *name)
{
  MpGroup group = 0;

  while (group < MP_N_GROUPS && strcmp (mp_groups[group].name, name) != 0)
    group++;
  return group;
}

gboolean
mp_group_in_force (MpGroup                    group,
                   const MpDescriptor *const *kinds)
{
  const MpMethod *method = (const MpMethod *) kinds[MP_GROUP_METHOD];

  return mp_groups[group].needs == 0 || (method != NULL && (method->needs & mp_groups[group].needs) != 0);
}

/* [evaluate] also has the keys of every metric, so that metrics need no group of their own. */
GPtrArray *
mp_group_list_params (MpGroup             group,
                      const MpDescriptor *kind)
{
  GPtrArray *params = g_ptr_array_new ();
  guint n_metrics = 0;
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n_metrics);

  for (guint i = 0; i < mp_groups[group].n_params; i++)
    g_ptr_array_add (params, (gpointer) &mp_groups[group].params[i]);
  if (kind != NULL)
    for (guint i = 0; i < kind->n_params; i++)
      g_ptr_array_add (params, (gpointer) &kind->params[i]);
  if (group == MP_GROUP_EVALUATE)
    for (guint i = 0; i < n_metrics; i++)
      for (guint j = 0; j < metrics[i]->n_params; j++)
        g_ptr_array_add (params, (gpointer) &metrics[i]->params[j]);
  return params;
}

const MpParam *
mp_group_find_param (MpGroup             group,
                     const MpDescriptor *kind,
                     const char         *key)
{
  g_autoptr (GPtrArray) params = mp_group_list_params (group, kind);

  for (guint i = 0; i < params->len; i++) {
    const MpParam *param = g_ptr_array_index (params, i);

    if (strcmp (param->key, key) == 0)
      return param;
  }
  return NULL;
}

static void
schema_group_free (gpointer data)
{
  MpSchemaGroup *group = data;

  g_ptr_array_unref (group->params);
  g_free (group);
}

GPtrArray *
mp_schema_array_new (void)
{
  return g_ptr_array_new_with_free_func (schema_group_free);
}

MpSchemaGroup *
mp_group_describe (MpGroup                    group,
                   const MpDescriptor *const *kinds)
{
  MpSchemaGroup *item = g_new0 (MpSchemaGroup, 1);

  item->group = mp_groups[group].name;
  item->title = mp_groups[group].title;
  item->kind = mp_groups[group].kind;
  item->params = mp_group_list_params (group, kinds != NULL ? kinds[group] : NULL);
  return item;
}

GPtrArray *
mp_schema_list_common (void)
{
  GPtrArray *schema = mp_schema_array_new ();

  for (MpGroup group = 0; group < MP_N_GROUPS; group++)
    g_ptr_array_add (schema, mp_group_describe (group, NULL));
  return schema;
}
