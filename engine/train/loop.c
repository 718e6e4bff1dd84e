/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c: makes a lane's plans and asks for its memory; see loop.h.
 */
#include "engine/train/loop-private.h"

#include <math.h>

#include "engine/optimizers/common.h"

/* ---- making ---- */

static void
say (void        (*activity) (const char *text, gpointer data),
     gpointer      data,
     const char   *text)
{
  if (activity != NULL)
    activity (text, data);
}

static gboolean
add_updates (MpLoop     *self,
             LoopPhase  *phase,
             GError    **error)
{
  for (guint i = 0; i < phase->phase->objectives->len; i++) {
    const MpObjective *objective = &g_array_index (phase->phase->objectives, MpObjective, i);
    g_autofree char *section = g_strconcat ("optimizer.",
                                            mp_build_get_optimizer (self->build, objective->group, NULL), NULL);
    const MpOptimizer *optimizer = mp_loop_find_optimizer (self->experiment, section, error);
    guint32 flags;
    MpUpdate *update;

    if (optimizer == NULL)
      return FALSE;
    flags = optimizer->flags != NULL ? optimizer->flags (self->experiment, section) : 0;
    update = mp_update_new (mp_build_graph (self->build), objective->loss, objective->group, optimizer->op,
                            flags | (objective->ascend ? MP_UPDATE_ASCEND : 0), error);
    if (update == NULL)
      return FALSE;
    g_ptr_array_add (phase->updates, update);

    for (guint j = 0; j < self->n_optimizers; j++)
      if (g_str_equal (self->optimizers[j].group, objective->group))
        self->optimizers[j].hyper = update->hyper;
  }
  return TRUE;
}

static MpPlan *
prepare_phase (MpLoop           *self,
               const LoopPhase  *phase,
               gboolean          check_finite,
               GError          **error)
{
  guint n = phase->phase->reports->len;
  g_autofree MpNode **outputs = g_new (MpNode *, MAX (n, 1));
  MpPlanSpec spec = {
    .name = phase->phase->id,
    .n_outputs = n,
    .outputs = outputs,
    .n_updates = phase->updates->len,
    .updates = (MpUpdate *const *) phase->updates->pdata,
    .n_assigns = phase->phase->assigns->len,
    .assigns = (MpNode *const *) phase->phase->assigns->pdata,
    .check_finite = check_finite,
  };

  for (guint i = 0; i < n; i++)
    outputs[i] = g_array_index (phase->phase->reports, MpReport, i).node;
  return mp_plan_prepare (self->store, &spec, error);
}

MpPlan *
mp_loop_plan_phase (MpLoop           *self,
                    const LoopPhase  *phase,
                    gboolean          check_finite,
                    GError          **error)
{
  MpPlan *plan = prepare_phase (self, phase, check_finite, error);

  if (plan != NULL && !mp_plan_allocate (plan, error))
    g_clear_pointer (&plan, mp_plan_free);
  return plan;
}

static void
list_optimizers (MpLoop *self)
{
  const char *const *groups = mp_build_get_groups (self->build);

  self->n_optimizers = g_strv_length ((char **) groups);
  self->optimizers = g_new0 (LoopOptimizer, MAX (self->n_optimizers, 1));
  for (guint i = 0; i < self->n_optimizers; i++) {
    self->optimizers[i].group = groups[i];
    self->optimizers[i].loop = self;
    self->optimizers[i].section = g_strconcat ("optimizer.",
                                               mp_build_get_optimizer (self->build, groups[i],
                                                                       &self->optimizers[i].clipped), NULL);
  }
}

static gboolean
prepare_starts (MpLoop  *self,
                GError **error)
{
  self->n_starts = mp_build_get_n_start_phases (self->build);
  self->starts = g_new0 (LoopPhase, MAX (self->n_starts, 1));
  for (guint i = 0; i < self->n_starts; i++) {
    self->starts[i].phase = mp_build_get_start_phase (self->build, i);
    self->starts[i].updates = g_ptr_array_new ();
    self->starts[i].plan = prepare_phase (self, &self->starts[i], FALSE, error);
    if (self->starts[i].plan == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
prepare_plans (MpLoop  *self,
               GError **error)
{
  self->n_phases = mp_build_get_n_phases (self->build);
  self->phases = g_new0 (LoopPhase, MAX (self->n_phases, 1));
  list_optimizers (self);

  for (guint i = 0; i < self->n_phases; i++) {
    self->phases[i].phase = mp_build_get_phase (self->build, i);
    self->phases[i].updates = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_update_free);
    g_array_append_vals (self->reports, self->phases[i].phase->reports->data,
                         self->phases[i].phase->reports->len);
  }
  self->rows.n_columns = self->reports->len;
  self->rows.row = g_new (double, MAX (self->reports->len, 1));
  for (guint i = 0; i < self->reports->len; i++)
    self->rows.row[i] = NAN;

  /* All updates before the store, which lays a group's parameters out. */
  for (guint i = 0; i < self->n_phases; i++)
    if (!add_updates (self, &self->phases[i], error))
      return FALSE;
  self->store = mp_store_new (mp_build_graph (self->build), self->class, self->device);
  for (guint i = 0; i < self->n_phases; i++) {
    self->phases[i].plan = prepare_phase (self, &self->phases[i], FALSE, error);
    if (self->phases[i].plan == NULL)
      return FALSE;
  }
  return prepare_starts (self, error) && mp_loop_prepare_look (self, error);
}

/* ---- memory ---- */

static void
add_plan (MpPlan *plan,
          gsize  *bytes,
          gsize  *workspace)
{
  MpPlanInfo info;

  mp_plan_get_info (plan, &info);
  *bytes += info.arena_bytes;
  *workspace += info.workspace_bytes;
}

static void
predict (MpLoop *self)
{
  MpLoopMemory *memory = &self->memory;
  gsize trained;

  memory->variables = mp_store_predict (self->store, &trained);
  for (guint i = 0; i < self->n_phases; i++)
    add_plan (self->phases[i].plan, &memory->plans, &memory->workspaces);
  for (guint i = 0; i < self->n_starts; i++)
    add_plan (self->starts[i].plan, &memory->plans, &memory->workspaces);
  add_plan (self->look.sample_plan, &memory->looks, &memory->looks);
  add_plan (self->look.base_plan, &memory->looks, &memory->looks);
  memory->keyframes = mp_loop_predict_keyframes (self, trained);
  memory->rings = mp_loop_predict_rows (self);
  if (!self->class->host_memory) {
    memory->rings += mp_feed_predict (self->data_node);
    for (guint i = 0; i < self->n_optimizers; i++) {
      mp_loop_read_hyper (self, &self->optimizers[i]);
      memory->rings += self->optimizers[i].scheduled ? mp_feed_predict (self->optimizers[i].hyper) : 0;
    }
  }
  memory->total = memory->variables + memory->plans + memory->workspaces + memory->looks + memory->keyframes
                  + memory->rings;
}

void
mp_loop_get_memory (MpLoop       *self,
                    MpLoopMemory *memory)
{
  *memory = self->memory;
}

static gboolean
check_memory (MpLoop  *self,
              GError **error)
{
  g_autofree char *need = g_format_size_full (self->memory.total, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *available = NULL;
  MpDeviceInfo info;

  if (!mp_check_status (self->class->info (self->device, &info), "asking for the device", error))
    return FALSE;
  /* 0: the device does not know. */
  if (info.memory_free == 0 || self->memory.total <= info.memory_free)
    return TRUE;
  available = g_format_size_full (info.memory_free, G_FORMAT_SIZE_IEC_UNITS);
  g_set_error (error, MP_ERROR, MP_ERROR_MEMORY,
               "The lane needs %s of memory, and %s are free on “%s”. Another device, a smaller [train] batch (%"
               G_GINT64_FORMAT " now), narrower networks or fewer bits of [train] precision (%s now) would help.", need,
               available, info.name, self->batch_size,
               mp_experiment_get_string (self->experiment, "train", "precision"));
  return FALSE;
}

/* ---- the whole ---- */

MpLoop *
mp_loop_prepare (MpExperiment          *experiment,
                 const MpDeviceClass   *class,
                 MpDevice              *device,
                 const MpBuildOptions  *options,
                 void                 (*activity) (const char *text, gpointer data),
                 gpointer               data,
                 GError               **error)
{
  g_autoptr (MpLoop) self = g_new0 (MpLoop, 1);
  MpBuildOptions build_options = { 0 };

  self->experiment = mp_experiment_ref (experiment);
  self->class = class;
  self->device = device;
  self->seed = (guint64) mp_experiment_get_int (experiment, "train", "seed");
  self->n_iterations = (double) mp_experiment_get_int (experiment, "train", "iterations");
  self->batch_size = mp_experiment_get_int (experiment, "train", "batch");
  self->reports = g_array_new (FALSE, FALSE, sizeof (MpReport));
  self->rows.size = 1;
  self->rows.finite = TRUE;
  self->rows.collect = g_ptr_array_new ();

  say (activity, data, N_("Opening the data"));
  self->data = mp_data_open (experiment, self->seed, error);
  if (self->data == NULL)
    return NULL;

  say (activity, data, N_("Writing down the method"));
  if (options != NULL)
    build_options = *options;
  build_options.data = self->data;
  self->build = mp_build_new (experiment, mp_data_get_dimensions (self->data), &build_options, error);
  if (self->build == NULL)
    return NULL;
  self->data_node = mp_build_real (self->build);
  self->batch_buffer = g_new (float, self->batch_size * mp_data_get_dimensions (self->data));

  say (activity, data, N_("Planning the training step"));
  if (!prepare_plans (self, error))
    return NULL;
  predict (self);
  return g_steal_pointer (&self);
}

/* Minibatch `index` in the input's dtype. */
static void
fill_batch (guint64   index,
            void     *to,
            gpointer  data)
{
  MpLoop *self = data;
  gsize n = (gsize) mp_tensor_count (&self->data_node->type);

  if (self->data_node->type.dtype == MP_FLOAT32) {
    mp_data_get_batch (self->data, index, self->batch_size, to);
    return;
  }
  mp_data_get_batch (self->data, index, self->batch_size, self->batch_buffer);
  for (gsize i = 0; i < n; i++)
    ((double *) to)[i] = self->batch_buffer[i];
}

static gboolean
make_streams (MpLoop  *self,
              GError **error)
{
  if (!mp_check_status (self->class->stream_new (self->device, &self->uploads), "opening a stream", error)
      || !mp_check_status (self->class->stream_new (self->device, &self->downloads), "opening a stream", error))
    return FALSE;
  if (self->class->host_memory)
    return TRUE;
  self->feed = mp_feed_new (self->store, self->uploads, self->data_node, 0, fill_batch, self, error);
  return self->feed != NULL;
}

gboolean
mp_loop_allocate (MpLoop  *self,
                  GError **error)
{
  if (!check_memory (self, error) || !mp_store_reserve (self->store, error))
    return FALSE;
  for (guint i = 0; i < self->n_phases; i++)
    if (!mp_plan_allocate (self->phases[i].plan, error))
      return FALSE;
  for (guint i = 0; i < self->n_starts; i++)
    if (!mp_plan_allocate (self->starts[i].plan, error))
      return FALSE;
  return make_streams (self, error) && mp_loop_make_rows (self, error) && mp_loop_make_keyframes (self, error)
         && mp_loop_allocate_look (self, error) && mp_loop_write_settings (self, error);
}

MpLoop *
mp_loop_new (MpExperiment          *experiment,
             const MpDeviceClass   *class,
             MpDevice              *device,
             const MpBuildOptions  *options,
             void                 (*activity) (const char *text, gpointer data),
             gpointer               data,
             GError               **error)
{
  MpLoop *self = mp_loop_prepare (experiment, class, device, options, activity, data, error);

  if (self != NULL && !mp_loop_allocate (self, error))
    g_clear_pointer (&self, mp_loop_free);
  return self;
}

/* Waits until nothing is under way: kernels and memory are released next. */
static void
come_to_rest (MpLoop *self)
{
  if (self->store != NULL)
    mp_store_sync (self->store, NULL);
  if (self->uploads != NULL)
    self->class->stream_sync (self->uploads);
  if (self->downloads != NULL)
    self->class->stream_sync (self->downloads);
}

static void
free_phases (LoopPhase *phases,
             guint      n)
{
  for (guint i = 0; phases != NULL && i < n; i++) {
    g_clear_pointer (&phases[i].plan, mp_plan_free);
    g_clear_pointer (&phases[i].probe, mp_plan_free);
    g_clear_pointer (&phases[i].updates, g_ptr_array_unref);
  }
  g_free (phases);
}

void
mp_loop_free (MpLoop *self)
{
  if (self == NULL)
    return;
  come_to_rest (self);
  mp_loop_clear_captures (self);
  g_free (self->captures.repeats);
  mp_loop_clear_look (self);
  mp_loop_clear_rows (self);
  mp_loop_clear_keyframes (self);
  g_clear_pointer (&self->feed, mp_feed_free);
  for (guint i = 0; i < self->n_optimizers; i++) {
    g_clear_pointer (&self->optimizers[i].feed, mp_feed_free);
    g_free (self->optimizers[i].section);
  }
  free_phases (self->phases, self->n_phases);
  free_phases (self->starts, self->n_starts);
  if (self->uploads != NULL)
    self->class->stream_free (self->uploads);
  if (self->downloads != NULL)
    self->class->stream_free (self->downloads);
  g_clear_pointer (&self->store, mp_store_free);
  g_clear_pointer (&self->build, mp_build_free);
  g_clear_pointer (&self->data, mp_data_free);
  g_array_unref (self->reports);
  g_free (self->optimizers);
  g_free (self->batch_buffer);
  mp_experiment_unref (self->experiment);
  g_free (self);
}

MpStore *
mp_loop_get_store (MpLoop *self)
{
  return self->store;
}

MpBuild *
mp_loop_get_build (MpLoop *self)
{
  return self->build;
}

MpData *
mp_loop_get_data (MpLoop *self)
{
  return self->data;
}

const MpReport *
mp_loop_get_reports (MpLoop *self,
                     guint  *n)
{
  *n = self->reports->len;
  return (const MpReport *) self->reports->data;
}
