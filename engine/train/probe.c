/* SPDX-License-Identifier: Apache-2.0
 *
 * probe.c: a single run of a phase, looked at from inside: its minibatch, its reports, the gradients' and updates' norms.
 *
 * A plan of the phase's gradients, reports and generated points, without its updates, runs first in the phase's own
 * context: seed, step and minibatch are the same, so it sees what the phase will see, and changes nothing. Then the
 * phase runs. What its updates changed is found by comparing the parameters.
 */
#include "engine/train/loop-private.h"

#include <math.h>
#include <string.h>

static double
number_at (const void *values,
           MpDtype     dtype,
           gint64      i)
{
  return dtype == MP_FLOAT32 ? (double) ((const float *) values)[i] : ((const double *) values)[i];
}

/* Outputs of the probe: reports, generated points where there are any, gradients by update. */
static MpPlan *
get_plan (MpLoop    *self,
          LoopPhase *phase,
          MpNode    *generated,
          GError   **error)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  MpPlanSpec spec = { .name = "probe" };

  if (phase->probe != NULL)
    return phase->probe;
  for (guint i = 0; i < phase->phase->reports->len; i++)
    g_ptr_array_add (outputs, g_array_index (phase->phase->reports, MpReport, i).node);
  if (generated != NULL)
    g_ptr_array_add (outputs, generated);
  for (guint i = 0; i < phase->updates->len; i++) {
    const MpUpdate *update = g_ptr_array_index (phase->updates, i);

    for (guint j = 0; j < update->n_parameters; j++)
      if (update->gradients[j] != NULL)
        g_ptr_array_add (outputs, update->gradients[j]);
  }
  spec.n_outputs = outputs->len;
  spec.outputs = (MpNode *const *) outputs->pdata;
  if (outputs->len > 0)
    phase->probe = mp_plan_new (self->store, &spec, error);
  return phase->probe;
}

/* Values of an output as doubles. (transfer full), or NULL. */
static double *
read_output (MpPlan             *plan,
             guint               output,
             const MpTensorType *type,
             GError            **error)
{
  gint64 n = mp_tensor_count (type);
  g_autofree void *values = g_malloc ((gsize) MAX (n, 1) * mp_dtype_size (type->dtype));
  double *doubles;

  if (!mp_plan_read (plan, output, values, error))
    return NULL;
  doubles = g_new (double, MAX (n, 1));
  for (gint64 i = 0; i < n; i++)
    doubles[i] = number_at (values, type->dtype, i);
  return doubles;
}

static float *
to_floats (const double *values,
           gint64        n)
{
  float *floats = g_new (float, MAX (n, 1));

  for (gint64 i = 0; i < n; i++)
    floats[i] = (float) values[i];
  return floats;
}

static double
sum_squares (const double *values,
             gint64        n)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    sum += values[i] * values[i];
  return sum;
}

static gboolean
read_probe (MpLoop    *self,
            LoopPhase *phase,
            MpNode    *generated,
            MpProbe   *probe,
            GError   **error)
{
  guint output = 0;

  for (guint i = 0; i < phase->phase->reports->len; i++) {
    const MpReport *report = &g_array_index (phase->phase->reports, MpReport, i);
    g_autofree double *value = read_output (phase->probe, output++, &report->node->type, error);

    if (value == NULL)
      return FALSE;
    for (guint j = 0; j < self->reports->len; j++)
      if (g_array_index (self->reports, MpReport, j).node == report->node)
        probe->reports[j] = value[0];
  }
  if (generated != NULL) {
    g_autofree double *points = read_output (phase->probe, output++, &generated->type, error);

    if (points == NULL)
      return FALSE;
    probe->n_generated = generated->type.dim[0];
    probe->generated = to_floats (points, mp_tensor_count (&generated->type));
  }
  for (guint i = 0; i < phase->updates->len; i++) {
    const MpUpdate *update = g_ptr_array_index (phase->updates, i);
    MpProbeGroup group = { .group = update->group };

    for (guint j = 0; j < update->n_parameters; j++) {
      g_autofree double *gradient = NULL;

      if (update->gradients[j] == NULL)
        continue;
      gradient = read_output (phase->probe, output++, &update->gradients[j]->type, error);
      if (gradient == NULL)
        return FALSE;
      group.gradient += sum_squares (gradient, mp_tensor_count (&update->gradients[j]->type));
    }
    group.gradient = sqrt (group.gradient);
    g_array_append_val (probe->groups, group);
  }
  return TRUE;
}

/* All parameters of an update, one behind the other. (transfer full), or NULL. */
static double *
read_parameters (MpLoop         *self,
                 const MpUpdate *update,
                 gint64         *n,
                 GError        **error)
{
  double *values;
  gint64 at = 0;

  *n = 0;
  for (guint j = 0; j < update->n_parameters; j++)
    *n += mp_tensor_count (&update->parameters[j]->type);
  values = g_new (double, MAX (*n, 1));
  for (guint j = 0; j < update->n_parameters; j++) {
    const MpTensorType *type = &update->parameters[j]->type;
    g_autofree void *raw = g_malloc ((gsize) MAX (mp_tensor_count (type), 1) * mp_dtype_size (type->dtype));

    if (!mp_store_read (self->store, update->parameters[j], raw, error)) {
      g_free (values);
      return NULL;
    }
    for (gint64 i = 0; i < mp_tensor_count (type); i++)
      values[at++] = number_at (raw, type->dtype, i);
  }
  return values;
}

static gboolean
read_minibatch (MpLoop  *self,
                MpProbe *probe,
                GError **error)
{
  const MpTensorType *type = &self->data_node->type;
  gint64 n = mp_tensor_count (type);
  g_autofree void *raw = g_malloc ((gsize) MAX (n, 1) * mp_dtype_size (type->dtype));

  if (!mp_store_read (self->store, self->data_node, raw, error))
    return FALSE;
  probe->n_real = type->dim[0];
  probe->real = g_new (float, MAX (n, 1));
  for (gint64 i = 0; i < n; i++)
    probe->real[i] = (float) number_at (raw, type->dtype, i);
  return TRUE;
}

/* Runs the phase with the minibatch that the probe has loaded, and measures what it changed. */
static gboolean
run_measured (MpLoop             *self,
              LoopPhase          *phase,
              const MpRunContext *context,
              MpProbe            *probe,
              GError            **error)
{
  g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func (g_free);
  gint64 n;

  for (guint i = 0; i < phase->updates->len; i++) {
    double *values = read_parameters (self, g_ptr_array_index (phase->updates, i), &n, error);

    if (values == NULL)
      return FALSE;
    g_ptr_array_add (before, values);
  }
  if (!mp_plan_run (phase->plan, context, error))
    return FALSE;
  for (guint i = 0; i < phase->updates->len && i < probe->groups->len; i++) {
    MpProbeGroup *group = &g_array_index (probe->groups, MpProbeGroup, i);
    double *old = g_ptr_array_index (before, i);
    g_autofree double *now = read_parameters (self, g_ptr_array_index (phase->updates, i), &n, error);

    if (now == NULL)
      return FALSE;
    group->size = sqrt (sum_squares (old, n));
    for (gint64 j = 0; j < n; j++)
      old[j] -= now[j];
    group->update = sqrt (sum_squares (old, n));
  }
  return TRUE;
}

gboolean
mp_loop_probe_phase (MpLoop  *self,
                     guint    index,
                     guint64  iteration,
                     gint64   repetition,
                     MpProbe *probe,
                     GError **error)
{
  LoopPhase *phase = &self->phases[index];
  MpNode *generated = mp_build_find_generated (self->build, phase->phase);
  guint64 draw = phase->phase->share_draws ? 0 : (guint64) repetition, batch = self->batch;
  MpRunContext context = { self->seed, iteration * MP_LOOP_MAX_REPEAT + draw, batch };

  *probe = (MpProbe) { .dimensions = mp_data_get_dimensions (self->data) };
  probe->groups = g_array_new (FALSE, FALSE, sizeof (MpProbeGroup));
  probe->reports = g_new (double, MAX (self->reports->len, 1));
  for (guint i = 0; i < self->reports->len; i++)
    probe->reports[i] = NAN;
  if (get_plan (self, phase, generated, error) == NULL)
    return (error == NULL || *error == NULL) && mp_loop_run_phase (self, index, iteration, repetition, error);
  if ((index == 0 && repetition == 0 && !mp_loop_keep_keyframe (self, iteration, error))
      || !mp_loop_run_plan (self, phase, phase->probe, iteration, repetition, FALSE, error))
    return FALSE;
  if (phase->phase->reads_data) {
    context.batch = phase->phase->share_batch && batch > 0 ? batch - 1 : batch;
    if (!read_minibatch (self, probe, error))
      return FALSE;
  }
  return read_probe (self, phase, generated, probe, error) && run_measured (self, phase, &context, probe, error);
}

void
mp_probe_clear (MpProbe *probe)
{
  g_clear_pointer (&probe->real, g_free);
  g_clear_pointer (&probe->generated, g_free);
  g_clear_pointer (&probe->groups, g_array_unref);
  g_clear_pointer (&probe->reports, g_free);
}
