/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c: makes a lane's plans, asks for its memory, and runs its phases and iterations; see loop.h.
 */
#include "engine/train/loop-private.h"

#include <math.h>
#include <string.h>

#include "engine/nn/init.h"
#include "engine/optimizers/common.h"

#define START_RUNS_ENDLESS 100  /* minibatches of endless data that a start phase sees */
#define START_RUNS_MOST 4096    /* and at most, unless an epoch has more */

/* ---- making ---- */

static void
say (void        (*activity) (const char *text, gpointer data),
     gpointer      data,
     const char   *text)
{
  if (activity != NULL)
    activity (text, data);
}

static const MpOptimizer *
find_optimizer (MpExperiment  *experiment,
                const char    *section,
                GError       **error)
{
  const char *kind = mp_experiment_get_string (experiment, section, "kind");
  const MpOptimizer *optimizer = (const MpOptimizer *) mp_registry_find (MP_KIND_OPTIMIZER, kind);

  if (optimizer == NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[%s] kind: there is no optimizer “%s”", section, kind);
  return optimizer;
}

static void
read_hyper (MpLoop        *self,
            LoopOptimizer *optimizer)
{
  const MpOptimizer *class = find_optimizer (self->experiment, optimizer->section, NULL);

  class->hyper (self->experiment, optimizer->section, optimizer->values);
  if (!optimizer->clipped)
    optimizer->values[MP_HYPER_CLIP] = 0;
  mp_build_fill_clip (self->build, optimizer->group, optimizer->values);
  optimizer->scheduled = !g_str_equal (mp_experiment_get_string (self->experiment, optimizer->section, "schedule"),
                                       "constant");
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
    const MpOptimizer *optimizer = find_optimizer (self->experiment, section, error);
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

static gboolean
write_live (MpLoop      *self,
            const char  *key,
            GError     **error)
{
  const MpParam *param = mp_experiment_find_param (self->experiment, "method", key);
  MpNode *input = mp_build_get_live (self->build, key);
  double value;
  guint n;

  if (param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS) {
    const double *values = mp_experiment_get_doubles (self->experiment, "method", key, &n);

    if (n != (guint) mp_tensor_count (&input->type)) {
      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                   "[method] %s has %u numbers, and a running lane has %d: restart the lane to change how many",
                   key, n, (gint) mp_tensor_count (&input->type));
      return FALSE;
    }
    return mp_store_write_doubles (self->store, input, values, error);
  }

  value = param->type == MP_PARAM_INT ? (double) mp_experiment_get_int (self->experiment, "method", key)
          : param->type == MP_PARAM_BOOL ? mp_experiment_get_bool (self->experiment, "method", key)
          : mp_experiment_get_double (self->experiment, "method", key);
  return mp_store_write_doubles (self->store, input, &value, error);
}

/* Settings of an iteration; to is float64 [MP_N_HYPER]. */
static void
fill_hyper (guint64   iteration,
            void     *to,
            gpointer  data)
{
  LoopOptimizer *optimizer = data;
  MpLoop *self = optimizer->loop;
  double *values = to;

  memcpy (values, optimizer->values, sizeof optimizer->values);
  values[MP_HYPER_LEARNING_RATE] *= mp_optimizer_schedule (self->experiment, optimizer->section,
                                                           (double) iteration / self->n_iterations);
}

static gboolean
write_hyper (MpLoop         *self,
             LoopOptimizer  *optimizer,
             guint64         iteration,
             GError        **error)
{
  double values[MP_N_HYPER];

  fill_hyper (iteration, values, optimizer);
  return mp_store_write_doubles (self->store, optimizer->hyper, values, error);
}

/* Gives the optimizer a feed where the host runs ahead and there is a schedule, and takes it away where not. */
static gboolean
feed_hyper (MpLoop         *self,
            LoopOptimizer  *optimizer,
            GError        **error)
{
  gboolean wanted = optimizer->scheduled && !self->class->host_memory;

  if (wanted && optimizer->feed != NULL)
    return mp_feed_reset (optimizer->feed, error);
  if (wanted == (optimizer->feed != NULL))
    return TRUE;
  mp_loop_clear_captures (self);
  g_clear_pointer (&optimizer->feed, mp_feed_free);
  if (!wanted)
    return TRUE;
  optimizer->feed = mp_feed_new (self->store, self->uploads, optimizer->hyper, MP_LOOP_MAX_REPEAT, fill_hyper, optimizer,
                                 error);
  return optimizer->feed != NULL;
}

static gboolean
write_settings (MpLoop  *self,
                GError **error)
{
  const char *const *keys = mp_build_get_live_keys (self->build);

  for (guint i = 0; keys[i] != NULL; i++)
    if (!write_live (self, keys[i], error))
      return FALSE;
  for (guint i = 0; i < self->n_optimizers; i++) {
    read_hyper (self, &self->optimizers[i]);
    if (!feed_hyper (self, &self->optimizers[i], error) || !write_hyper (self, &self->optimizers[i], 0, error))
      return FALSE;
  }
  return TRUE;
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
      read_hyper (self, &self->optimizers[i]);
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
         && mp_loop_allocate_look (self, error) && write_settings (self, error);
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

gboolean
mp_loop_initialise (MpLoop  *self,
                    GError **error)
{
  mp_loop_set_batch (self, 0);
  return mp_init_all (self->store, self->seed, error);
}

/* Minibatches in the least number of whole epochs, or where these are very many, in about one. */
static gint64
count_start_runs (MpLoop *self)
{
  gint64 n = mp_data_get_n_points (self->data), a = n, b = self->batch_size;

  if (n == 0)
    return START_RUNS_ENDLESS;
  while (b != 0) {
    gint64 rest = a % b;

    a = b;
    b = rest;
  }
  return n / a <= START_RUNS_MOST ? n / a : (n + self->batch_size - 1) / self->batch_size;
}

gboolean
mp_loop_run_start_phases (MpLoop  *self,
                          GError **error)
{
  for (guint i = 0; i < self->n_starts; i++) {
    LoopPhase *start = &self->starts[i];
    gint64 n = start->phase->reads_data ? count_start_runs (self) : 1;

    mp_loop_set_batch (self, 0);
    for (gint64 r = 0; r < n; r++)
      if (!mp_loop_run_plan (self, start, start->plan, 0, r, FALSE, error))
        return FALSE;
  }
  mp_loop_set_batch (self, 0);
  return TRUE;
}

gboolean
mp_loop_start (MpLoop  *self,
               GError **error)
{
  return mp_loop_initialise (self, error) && mp_loop_run_start_phases (self, error);
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

guint64
mp_loop_get_batch (MpLoop *self)
{
  return self->batch;
}

void
mp_loop_set_batch (MpLoop  *self,
                   guint64  batch)
{
  self->batch = batch;
  self->batch_is_loaded = FALSE;
  mp_loop_unsettle (self);
  mp_loop_forget_keyframes (self);
}

/* ---- running ---- */

gboolean
mp_loop_write_floats (MpLoop       *self,
                      MpNode       *input,
                      const float  *values,
                      GError      **error)
{
  gsize n = (gsize) mp_tensor_count (&input->type);
  g_autofree double *doubles = NULL;

  if (input->type.dtype == MP_FLOAT32)
    return mp_store_write (self->store, input, values, error);
  doubles = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    doubles[i] = values[i];
  return mp_store_write (self->store, input, doubles, error);
}

/* Where memory is the host's, in float32 the data set writes into the store's own memory. */
static gboolean
load_batch (MpLoop              *self,
            const MpRunContext  *context,
            gboolean             capturing,
            GError             **error)
{
  float *mapped;

  self->batch_is_loaded = TRUE;
  if (self->feed != NULL)
    return (capturing || mp_feed_ensure (self->feed, context->batch, 1, error))
           && mp_feed_fetch (self->feed, context, error);
  mapped = self->data_node->type.dtype == MP_FLOAT32 ? mp_store_map (self->store, self->data_node) : NULL;
  mp_data_get_batch (self->data, context->batch, self->batch_size, mapped != NULL ? mapped : self->batch_buffer);
  return mapped != NULL || mp_loop_write_floats (self, self->data_node, self->batch_buffer, error);
}

static gboolean
feed (MpLoop         *self,
      const MpPhase  *phase,
      MpRunContext   *context,
      gboolean        capturing,
      GError        **error)
{
  if (!phase->reads_data)
    return TRUE;
  if (phase->share_batch && self->batch > 0) {
    context->batch = self->batch - 1;
    return self->batch_is_loaded || load_batch (self, context, capturing, error);
  }
  context->batch = self->batch++;
  return load_batch (self, context, capturing, error);
}

/* Once for all runs of a phase in an iteration. */
static gboolean
follow_schedules (MpLoop              *self,
                  const MpPhase       *phase,
                  const MpRunContext  *context,
                  guint64              iteration,
                  gboolean             capturing,
                  GError             **error)
{
  for (guint i = 0; i < phase->objectives->len; i++)
    for (guint j = 0; j < self->n_optimizers; j++) {
      LoopOptimizer *optimizer = &self->optimizers[j];

      if (!optimizer->scheduled
          || !g_str_equal (optimizer->group, g_array_index (phase->objectives, MpObjective, i).group))
        continue;
      if (optimizer->feed == NULL ? !write_hyper (self, optimizer, iteration, error)
          : !((capturing || mp_feed_ensure (optimizer->feed, iteration, 1, error))
              && mp_feed_fetch (optimizer->feed, context, error)))
        return FALSE;
    }
  return TRUE;
}

gboolean
mp_loop_run_plan (MpLoop     *self,
                  LoopPhase  *phase,
                  MpPlan     *plan,
                  guint64     iteration,
                  gint64      repetition,
                  gboolean    capturing,
                  GError    **error)
{
  guint64 draw = phase->phase->share_draws ? 0 : (guint64) repetition;
  MpRunContext context = { self->seed, iteration * MP_LOOP_MAX_REPEAT + draw, self->batch };

  if ((repetition == 0 && !follow_schedules (self, phase->phase, &context, iteration, capturing, error))
      || !feed (self, phase->phase, &context, capturing, error))
    return FALSE;
  if (!phase->has_run)
    phase->since = iteration;
  phase->has_run = TRUE;
  return mp_plan_run (plan, &context, error);
}

gboolean
mp_loop_run_phases (MpLoop   *self,
                    guint64   iteration,
                    gboolean  capturing,
                    GError  **error)
{
  for (guint i = 0; i < self->n_phases; i++) {
    gint64 repeat = mp_loop_get_repeat (self, i, iteration);

    for (gint64 r = 0; r < repeat; r++)
      if (!mp_loop_run_plan (self, &self->phases[i], self->phases[i].plan, iteration, r, capturing, error))
        return FALSE;
  }
  return TRUE;
}

guint
mp_loop_get_n_phases (MpLoop *self)
{
  return self->n_phases;
}

const char *
mp_loop_get_phase_title (MpLoop *self,
                         guint   phase)
{
  return self->phases[phase].phase->title;
}

gint64
mp_loop_get_repeat (MpLoop  *self,
                    guint    phase,
                    guint64  iteration)
{
  const MpPhase *what = self->phases[phase].phase;
  gint64 often = what->repeat_key != NULL ? mp_build_int (self->build, what->repeat_key) : 1;

  if (what->intense_key != NULL && (iteration < what->intense_first || iteration % what->intense_every == 0)) {
    gint64 intense = mp_build_int (self->build, what->intense_key);

    often = intense > 0 ? intense : often;
  }
  return MIN (often, MP_LOOP_MAX_REPEAT);
}

MpPlan *
mp_loop_get_plan (MpLoop *self,
                  guint   phase)
{
  return self->phases[phase].plan;
}

gboolean
mp_loop_run_iterations (MpLoop   *self,
                        guint64   iteration,
                        guint64   most,
                        guint64  *done,
                        GError  **error)
{
  g_return_val_if_fail (most > 0 && mp_loop_can_run (self), FALSE);

  *done = 1;
  if (!mp_loop_keep_keyframe (self, iteration, error))
    return FALSE;
  if (self->class->host_memory)
    return mp_loop_run_phases (self, iteration, FALSE, error) && mp_loop_count_rows (self, iteration, 1, error);
  *done = mp_loop_get_burst (self, iteration, MIN (most, mp_loop_get_room (self)));
  return mp_loop_launch (self, iteration, *done, error) && mp_loop_count_rows (self, iteration, *done, error);
}

gboolean
mp_loop_run_phase (MpLoop   *self,
                   guint     phase,
                   guint64   iteration,
                   gint64    repetition,
                   GError  **error)
{
  if (phase == 0 && repetition == 0 && !mp_loop_keep_keyframe (self, iteration, error))
    return FALSE;
  return mp_loop_run_plan (self, &self->phases[phase], self->phases[phase].plan, iteration, repetition, FALSE, error);
}

gboolean
mp_loop_end_iteration (MpLoop   *self,
                       guint64   iteration,
                       GError  **error)
{
  return mp_loop_collect (self, iteration, error) && mp_loop_count_rows (self, iteration, 1, error);
}

gboolean
mp_loop_run_iteration (MpLoop   *self,
                       guint64   iteration,
                       GError  **error)
{
  guint64 done;
  MpLoopRow row;

  if (self->class->host_memory)
    self->rows.waiting = FALSE; /* not even read */
  while (!mp_loop_can_run (self))
    if (!mp_loop_take_row (self, TRUE, &row, error))
      return FALSE;
  return mp_loop_run_iterations (self, iteration, 1, &done, error);
}

const MpReport *
mp_loop_get_reports (MpLoop *self,
                     guint  *n)
{
  *n = self->reports->len;
  return (const MpReport *) self->reports->data;
}

/* ---- live settings ---- */

/* Whether the key is one of the optimizer's settings, or the method's bound of what it moves. */
static gboolean
sets_hyper (MpLoop              *self,
            const LoopOptimizer *optimizer,
            const char          *group,
            const char          *key)
{
  if (!g_str_equal (group, "method"))
    return g_str_equal (optimizer->section, group);
  return g_strcmp0 (mp_build_find_objective (self->build, optimizer->group)->clip_key, key) == 0;
}

gboolean
mp_loop_update_live (MpLoop      *self,
                     const char  *group,
                     const char  *key,
                     GError     **error)
{
  const MpParam *param = mp_experiment_find_param (self->experiment, group, key);

  if (param == NULL || !param->live) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[%s] %s cannot change while the lane runs", group, key);
    return FALSE;
  }

  mp_loop_forget_keyframes (self); /* a replay would see the new value too early */
  if (g_str_equal (group, "method") && mp_build_get_live (self->build, key) != NULL)
    return write_live (self, key, error);
  for (guint i = 0; i < self->n_optimizers; i++)
    if (sets_hyper (self, &self->optimizers[i], group, key)) {
      read_hyper (self, &self->optimizers[i]);
      if (!feed_hyper (self, &self->optimizers[i], error)
          || !mp_store_write_doubles (self->store, self->optimizers[i].hyper, self->optimizers[i].values, error))
        return FALSE;
    }
  return TRUE;
}
