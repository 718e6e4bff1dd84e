/* SPDX-License-Identifier: Apache-2.0
 *
 * plan-info.c: what a plan says about itself: counts, listings, timings, and the first non-finite value.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#include <math.h>

static gboolean
all_finite (const void         *values,
            const MpTensorType *type)
{
  gint64 n = mp_tensor_count (type);

  for (gint64 i = 0; i < n; i++)
    if (!isfinite (type->dtype == MP_FLOAT64 ? ((const double *) values)[i] : ((const float *) values)[i]))
      return FALSE;
  return TRUE;
}

gboolean
_mp_plan_check_step (MpPlan  *plan,
                     MpStep  *step,
                     GError **error)
{
  for (guint i = 0; i < step->unit->outputs->len; i++) {
    MpValue *value = g_ptr_array_index (step->unit->outputs, i);
    const MpTensorType *type = &value->node->type;
    gsize bytes = (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype);
    g_autofree void *values = NULL;

    if (type->dtype == MP_INT32)
      continue;
    values = g_malloc (MAX (1, bytes));
    if (!_mp_store_download (plan->store, values, step->outputs[i], bytes, step->label, error))
      return FALSE;
    if (!all_finite (values, type)) {
      plan->first_nonfinite = _mp_node_text (value->node);
      return TRUE;
    }
  }
  return TRUE;
}

const char *
mp_plan_get_first_nonfinite (MpPlan *plan)
{
  return plan->first_nonfinite;
}

void
mp_plan_get_info (MpPlan     *plan,
                  MpPlanInfo *info)
{
  *info = plan->info;
}

char *
mp_plan_describe (MpPlan *plan)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "plan %s: %u nodes, %u merged, %u kernels, %u fused groups, arena %" G_GSIZE_FORMAT
                          " bytes (%" G_GSIZE_FORMAT " without sharing), workspace %" G_GSIZE_FORMAT " bytes\n",
                          plan->name, plan->info.n_nodes, plan->info.n_folded, plan->info.n_kernels,
                          plan->info.n_fused_groups, plan->info.arena_bytes, plan->info.unshared_bytes,
                          plan->info.workspace_bytes);
  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep *step = &g_array_index (plan->steps, MpStep, i);

    g_string_append_printf (text, "%4u  %-72s %12.0f flops  %s", i, step->label, step->flops,
                            plan->store->class->kernel_algorithm (step->kernel));
    if (step->unit != NULL && step->unit->outputs->len > 0) {
      MpValue *first = g_ptr_array_index (step->unit->outputs, 0);

      if (first->buffer >= 0)
        g_string_append_printf (text, "  at %" G_GSIZE_FORMAT, first->offset);
    }
    g_string_append_c (text, '\n');
  }
  return g_string_free (text, FALSE);
}

double *
mp_plan_profile (MpPlan              *plan,
                 const MpRunContext  *context,
                 guint                n,
                 GError             **error)
{
  g_autofree double *seconds = g_new0 (double, MAX (1, plan->steps->len));
  MpStream *stream = plan->store->stream;

  for (guint r = 0; r < n; r++)
    for (guint i = 0; i < plan->steps->len; i++) {
      MpStep *step = &g_array_index (plan->steps, MpStep, i);
      gint64 start = g_get_monotonic_time ();

      /* Repeated, since one microsecond is the clock's grain; updates run once, so that state moves as it should. */
      guint repeats = step->unit != NULL ? 16 : 1;

      for (guint k = 0; k < repeats; k++)
        if (!mp_check_status (plan->store->class->kernel_run (step->kernel, stream, context), step->label, error))
          return NULL;
      if (stream != NULL && plan->store->class->stream_sync != NULL
          && !mp_check_status (plan->store->class->stream_sync (stream), step->label, error))
        return NULL;
      seconds[i] += (double) (g_get_monotonic_time () - start) * 1e-6 / repeats / n;
    }
  return g_steal_pointer (&seconds);
}
