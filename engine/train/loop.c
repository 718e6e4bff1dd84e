/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c: makes a lane's plans and runs its phases; see loop.h.
 */
#include "engine/train/loop-private.h"

#include <math.h>
#include <string.h>

#include "engine/nn/init.h"
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
    g_autofree char *section = g_strconcat ("optimizer.", objective->group, NULL);
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
plan_phase (MpLoop           *self,
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
  return mp_plan_new (self->store, &spec, error);
}

static void
list_optimizers (MpLoop *self)
{
  const char *const *groups = mp_build_get_groups (self->build);

  self->n_optimizers = g_strv_length ((char **) groups);
  self->optimizers = g_new0 (LoopOptimizer, MAX (self->n_optimizers, 1));
  for (guint i = 0; i < self->n_optimizers; i++) {
    self->optimizers[i].group = groups[i];
    self->optimizers[i].section = g_strconcat ("optimizer.", groups[i], NULL);
  }
}

static gboolean
make_plans (MpLoop               *self,
            const MpDeviceClass  *class,
            MpDevice             *device,
            GError              **error)
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
  /* All updates before the store, which lays a group's parameters out. */
  for (guint i = 0; i < self->n_phases; i++)
    if (!add_updates (self, &self->phases[i], error))
      return FALSE;

  self->store = mp_store_new (mp_build_graph (self->build), class, device);
  if (self->store == NULL)
    return mp_check_status (MP_STATUS_MEMORY, "memory of the lane's variables", error);
  for (guint i = 0; i < self->n_phases; i++) {
    self->phases[i].plan = plan_phase (self, &self->phases[i], FALSE, error);
    if (self->phases[i].plan == NULL)
      return FALSE;
  }
  return TRUE;
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

static gboolean
write_hyper (MpLoop         *self,
             LoopOptimizer  *optimizer,
             guint64         iteration,
             GError        **error)
{
  double values[MP_N_HYPER];

  memcpy (values, optimizer->values, sizeof values);
  values[MP_HYPER_LEARNING_RATE] *= mp_optimizer_schedule (self->experiment, optimizer->section,
                                                           (double) iteration / self->n_iterations);
  return mp_store_write_doubles (self->store, optimizer->hyper, values, error);
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
    if (!write_hyper (self, &self->optimizers[i], 0, error))
      return FALSE;
  }
  return TRUE;
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
  g_autoptr (MpLoop) self = g_new0 (MpLoop, 1);

  self->experiment = mp_experiment_ref (experiment);
  self->seed = (guint64) mp_experiment_get_int (experiment, "train", "seed");
  self->n_iterations = (double) mp_experiment_get_int (experiment, "train", "iterations");
  self->batch_size = mp_experiment_get_int (experiment, "train", "batch");
  self->reports = g_array_new (FALSE, FALSE, sizeof (MpReport));
  self->keyframe.variables = g_ptr_array_new ();
  self->keyframe.values = g_ptr_array_new_with_free_func (g_free);

  say (activity, data, N_("Opening the data"));
  self->data = mp_data_open (experiment, self->seed, error);
  if (self->data == NULL)
    return NULL;

  say (activity, data, N_("Writing down the method"));
  self->build = mp_build_new (experiment, mp_data_get_dimensions (self->data), options, error);
  if (self->build == NULL)
    return NULL;
  self->data_node = mp_build_real (self->build);
  self->batch_buffer = g_new (float, self->batch_size * mp_data_get_dimensions (self->data));

  say (activity, data, N_("Planning the training step"));
  if (!make_plans (self, class, device, error) || !write_settings (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
mp_loop_free (MpLoop *self)
{
  if (self == NULL)
    return;
  mp_loop_clear_look (self);
  for (guint i = 0; self->phases != NULL && i < self->n_phases; i++) {
    g_clear_pointer (&self->phases[i].plan, mp_plan_free);
    g_clear_pointer (&self->phases[i].updates, g_ptr_array_unref);
  }
  for (guint i = 0; i < self->n_optimizers; i++)
    g_free (self->optimizers[i].section);
  g_clear_pointer (&self->store, mp_store_free);
  g_clear_pointer (&self->build, mp_build_free);
  g_clear_pointer (&self->data, mp_data_free);
  g_ptr_array_unref (self->keyframe.variables);
  g_ptr_array_unref (self->keyframe.values);
  g_array_unref (self->reports);
  g_free (self->phases);
  g_free (self->optimizers);
  g_free (self->batch_buffer);
  mp_experiment_unref (self->experiment);
  g_free (self);
}

gboolean
mp_loop_start (MpLoop  *self,
               GError **error)
{
  mp_loop_set_batch (self, 0);
  return mp_init_all (self->store, self->seed, error);
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
  self->keyframe.valid = FALSE;
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

/* On the CPU in float32 the data set writes into the store's own memory. */
static gboolean
load_batch (MpLoop   *self,
            guint64   index,
            GError  **error)
{
  float *mapped = self->data_node->type.dtype == MP_FLOAT32 ? mp_store_map (self->store, self->data_node) : NULL;

  mp_data_get_batch (self->data, index, self->batch_size, mapped != NULL ? mapped : self->batch_buffer);
  self->batch_is_loaded = TRUE;
  return mapped != NULL || mp_loop_write_floats (self, self->data_node, self->batch_buffer, error);
}

static gboolean
feed (MpLoop         *self,
      const MpPhase  *phase,
      GError        **error)
{
  if (!phase->reads_data)
    return TRUE;
  if (phase->share_batch && self->batch > 0)
    return self->batch_is_loaded || load_batch (self, self->batch - 1, error);
  self->batch++;
  return load_batch (self, self->batch - 1, error);
}

static gboolean
follow_schedules (MpLoop         *self,
                  const MpPhase  *phase,
                  guint64         iteration,
                  GError        **error)
{
  for (guint i = 0; i < phase->objectives->len; i++)
    for (guint j = 0; j < self->n_optimizers; j++)
      if (self->optimizers[j].scheduled
          && g_str_equal (self->optimizers[j].group, g_array_index (phase->objectives, MpObjective, i).group)
          && !write_hyper (self, &self->optimizers[j], iteration, error))
        return FALSE;
  return TRUE;
}

static gboolean
run_plan (MpLoop     *self,
          LoopPhase  *phase,
          MpPlan     *plan,
          guint64     iteration,
          gint64      repetition,
          GError    **error)
{
  MpRunContext context = { self->seed, iteration * MP_LOOP_MAX_REPEAT + (guint64) repetition };

  if (!follow_schedules (self, phase->phase, iteration, error) || !feed (self, phase->phase, error))
    return FALSE;
  phase->has_run = TRUE;
  return mp_plan_run (plan, &context, error);
}

/* ---- keyframes, for finding out where a run diverged ---- */

static void
list_variables (MpLoop *self)
{
  MpGraph *graph = mp_store_get_graph (self->store);

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);

    if (node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE)
      continue;
    g_ptr_array_add (self->keyframe.variables, node);
    g_ptr_array_add (self->keyframe.values,
                     g_malloc0 (MAX (1, mp_tensor_count (&node->type)) * mp_dtype_size (node->type.dtype)));
  }
}

static gboolean
keep_keyframe (MpLoop   *self,
               guint64   iteration,
               GError  **error)
{
  LoopKeyframe *keyframe = &self->keyframe;

  if (keyframe->valid && iteration >= keyframe->iteration
      && iteration - keyframe->iteration < MP_LOOP_KEYFRAME_EVERY)
    return TRUE;
  if (keyframe->variables->len == 0)
    list_variables (self);
  for (guint i = 0; i < keyframe->variables->len; i++)
    if (!mp_store_read (self->store, g_ptr_array_index (keyframe->variables, i),
                        g_ptr_array_index (keyframe->values, i), error))
      return FALSE;
  keyframe->iteration = iteration;
  keyframe->batch = self->batch;
  keyframe->valid = TRUE;
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
mp_loop_get_repeat (MpLoop *self,
                    guint   phase)
{
  const char *key = self->phases[phase].phase->repeat_key;

  return key != NULL ? MIN (mp_build_int (self->build, key), MP_LOOP_MAX_REPEAT) : 1;
}

MpPlan *
mp_loop_get_plan (MpLoop *self,
                  guint   phase)
{
  return self->phases[phase].plan;
}

gboolean
mp_loop_run_phase (MpLoop   *self,
                   guint     phase,
                   guint64   iteration,
                   gint64    repetition,
                   GError  **error)
{
  if (phase == 0 && repetition == 0 && !keep_keyframe (self, iteration, error))
    return FALSE;
  return run_plan (self, &self->phases[phase], self->phases[phase].plan, iteration, repetition, error);
}

gboolean
mp_loop_run_iteration (MpLoop   *self,
                       guint64   iteration,
                       GError  **error)
{
  for (guint i = 0; i < self->n_phases; i++) {
    gint64 repeat = mp_loop_get_repeat (self, i);

    for (gint64 r = 0; r < repeat; r++)
      if (!mp_loop_run_phase (self, i, iteration, r, error))
        return FALSE;
  }
  return TRUE;
}

const MpReport *
mp_loop_get_reports (MpLoop *self,
                     guint  *n)
{
  *n = self->reports->len;
  return (const MpReport *) self->reports->data;
}

static double
read_scalar (MpPlan       *plan,
             guint         output,
             const MpNode *node)
{
  union
  {
    float  single;
    double full;
  } value;
  const void *mapped = mp_plan_map (plan, output);

  if (mapped != NULL)
    memcpy (&value, mapped, mp_dtype_size (node->type.dtype));
  else if (!mp_plan_read (plan, output, &value, NULL))
    return NAN;
  return node->type.dtype == MP_FLOAT64 ? value.full : value.single;
}

void
mp_loop_read_reports (MpLoop *self,
                      double *values)
{
  for (guint i = 0; i < self->n_phases; i++) {
    const LoopPhase *phase = &self->phases[i];

    for (guint j = 0; j < phase->phase->reports->len; j++)
      *values++ = phase->has_run
                  ? read_scalar (phase->plan, j, g_array_index (phase->phase->reports, MpReport, j).node) : NAN;
  }
}

gboolean
mp_loop_is_finite (MpLoop *self)
{
  for (guint i = 0; i < self->n_phases; i++) {
    const LoopPhase *phase = &self->phases[i];

    for (guint j = 0; phase->has_run && j < phase->phase->reports->len; j++)
      if (!isfinite (read_scalar (phase->plan, j, g_array_index (phase->phase->reports, MpReport, j).node)))
        return FALSE;
  }
  return TRUE;
}

/* The first variable with a non-finite value, or NULL. */
static char *
find_bad_variable (MpLoop *self)
{
  if (self->keyframe.variables->len == 0)
    list_variables (self);

  for (guint i = 0; i < self->keyframe.variables->len; i++) {
    MpNode *node = g_ptr_array_index (self->keyframe.variables, i);
    gint64 n = mp_tensor_count (&node->type);
    g_autofree void *values = g_malloc0 (MAX (n, 1) * mp_dtype_size (node->type.dtype));
    char type[128];

    if (node->type.dtype == MP_INT32 || !mp_store_read (self->store, node, values, NULL))
      continue;
    for (gint64 j = 0; j < n; j++)
      if (!isfinite (node->type.dtype == MP_FLOAT64 ? ((double *) values)[j] : ((float *) values)[j]))
        return g_strdup_printf ("%s (%s)", node->name, mp_tensor_text (&node->type, type, sizeof type));
  }
  return NULL;
}

/* Runs the phases of an iteration once more, with checks when `check`. Returns where the first bad value was seen. */
static char *
replay_iteration (MpLoop   *self,
                  guint64   iteration,
                  gboolean  check)
{
  char *found = NULL;

  for (guint i = 0; i < self->n_phases; i++) {
    LoopPhase *phase = &self->phases[i];
    gint64 repeat = mp_loop_get_repeat (self, i);
    g_autoptr (MpPlan) plan = check ? plan_phase (self, phase, TRUE, NULL) : NULL;

    for (gint64 r = 0; r < repeat; r++) {
      const char *bad = NULL;

      if (!run_plan (self, phase, plan != NULL ? plan : phase->plan, iteration, r, NULL))
        return found;
      if (plan != NULL && found == NULL)
        bad = mp_plan_get_first_nonfinite (plan);
      if (bad != NULL)
        found = g_strdup_printf ("%s, in the phase “%s”", bad, phase->phase->title);
    }
  }
  return found;
}

char *
mp_loop_find_divergence (MpLoop  *self,
                         guint64  iteration)
{
  LoopKeyframe *keyframe = &self->keyframe;
  g_autofree char *found = NULL;

  if (keyframe->valid && keyframe->iteration <= iteration) {
    for (guint i = 0; i < keyframe->variables->len; i++)
      mp_store_write (self->store, g_ptr_array_index (keyframe->variables, i),
                      g_ptr_array_index (keyframe->values, i), NULL);
    self->batch = keyframe->batch;
    self->batch_is_loaded = FALSE;
    for (guint64 i = keyframe->iteration; i < iteration; i++)
      g_free (replay_iteration (self, i, FALSE));
    found = replay_iteration (self, iteration, TRUE);
  }
  if (found == NULL)
    found = find_bad_variable (self);

  if (found == NULL)
    return g_strdup_printf ("A reported value of iteration %" G_GUINT64_FORMAT " is not finite; all parameters still "
                            "are.", iteration + 1);
  return g_strdup_printf ("The first value that is not finite appeared at iteration %" G_GUINT64_FORMAT " in %s.",
                          iteration + 1, found);
}

/* ---- live settings ---- */

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

  self->keyframe.valid = FALSE; /* a replay would see the new value too early */
  if (g_str_equal (group, "method") && mp_build_get_live (self->build, key) != NULL)
    return write_live (self, key, error);
  for (guint i = 0; i < self->n_optimizers; i++)
    if (g_str_equal (self->optimizers[i].section, group)) {
      read_hyper (self, &self->optimizers[i]);
      return mp_store_write_doubles (self->store, self->optimizers[i].hyper, self->optimizers[i].values, error);
    }
  return TRUE;
}
