/* SPDX-License-Identifier: Apache-2.0
 *
 * plan-info.c: what a plan says about itself: counts, listings, timings, and the first non-finite value.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#include <math.h>

#define CAPTURED_REPEATS 64

static gboolean
all_finite (const void         *values,
            const MpTensorType *type)
{
  gint64 n = mp_tensor_count (type);

  for (gint64 i = 0; i < n; i++)
    switch (type->dtype) {
    case MP_BFLOAT16:
      /* All bits of the exponent are set. */
      if ((~((const guint16 *) values)[i] & 0x7f80) == 0)
        return FALSE;
      break;
    case MP_FLOAT64:
      if (!isfinite (((const double *) values)[i]))
        return FALSE;
      break;
    default:
      if (!isfinite (((const float *) values)[i]))
        return FALSE;
      break;
    }
  return TRUE;
}

gboolean
_mp_plan_check_step (MpPlan  *plan,
                     MpStep  *step,
                     GError **error)
{
  for (guint i = 0; i < step->unit->outputs->len; i++) {
    MpValue *value = g_ptr_array_index (step->unit->outputs, i);
    MpTensorType type = _mp_stored_type (value);
    gsize bytes = (gsize) mp_tensor_count (&type) * mp_dtype_size (type.dtype);
    g_autofree void *values = NULL;

    if (type.dtype == MP_INT32)
      continue;
    values = g_malloc (MAX (1, bytes));
    if (!_mp_store_download (plan->store, values, step->outputs[i], bytes, step->label, error))
      return FALSE;
    if (!all_finite (values, &type)) {
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
  guint n = 0;

  g_string_append_printf (text, "plan %s: %u nodes, %u merged, %u kernels, %u fused groups, arena %" G_GSIZE_FORMAT
                          " bytes (%" G_GSIZE_FORMAT " without sharing), workspace %" G_GSIZE_FORMAT " bytes\n",
                          plan->name, plan->info.n_nodes, plan->info.n_folded, plan->info.n_kernels,
                          plan->info.n_fused_groups, plan->info.arena_bytes, plan->info.unshared_bytes,
                          plan->info.workspace_bytes);
  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep *step = &g_array_index (plan->steps, MpStep, i);

    if (_mp_step_is_constant (step))
      continue;
    g_string_append_printf (text, "%4u  %-72s %12.0f flops  %s", n++, step->label, step->flops,
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

/* Seconds of one run by the host's clock, the end of the stream's work included. Repeated, since one microsecond is the
 * clock's grain; updates run once, so that state moves as it should. */
static gboolean
time_step (MpPlan              *plan,
           MpStep              *step,
           const MpRunContext  *context,
           double              *seconds,
           GError             **error)
{
  const MpDeviceClass *class = plan->store->class;
  guint repeats = step->unit != NULL ? 16 : 1;
  gint64 start = g_get_monotonic_time ();

  for (guint k = 0; k < repeats; k++)
    if (!mp_check_status (class->kernel_run (step->kernel, plan->store->stream, context), step->label, error))
      return FALSE;
  if (plan->store->stream != NULL && class->stream_sync != NULL
      && !mp_check_status (class->stream_sync (plan->store->stream), step->label, error))
    return FALSE;
  *seconds = (double) (g_get_monotonic_time () - start) * 1e-6 / repeats;
  return TRUE;
}

/* The same on a device that runs by itself, without the host in between: CAPTURED_REPEATS runs as one launch. */
static gboolean
time_captured_step (MpPlan              *plan,
                    MpStep              *step,
                    const MpRunContext  *context,
                    guint                n,
                    double              *seconds,
                    GError             **error)
{
  const MpDeviceClass *class = plan->store->class;
  MpStream *stream = plan->store->stream;
  MpStatus status = class->capture_begin (stream, context);
  MpStatus ended;
  MpCapture *capture = NULL;
  gint64 start = 0;

  if (!mp_check_status (status, step->label, error))
    return FALSE;
  for (guint k = 0; status == MP_OK && k < CAPTURED_REPEATS; k++)
    status = class->kernel_run (step->kernel, stream, context);
  ended = class->capture_end (stream, context, &capture);
  if (status == MP_OK)
    status = ended;
  for (guint r = 0; status == MP_OK && r <= n; r++) { /* the first run warms up */
    status = class->capture_run (capture, stream, context);
    if (status == MP_OK && (r == 0 || r == n))
      status = class->stream_sync (stream);
    if (r == 0)
      start = g_get_monotonic_time ();
  }
  *seconds = (double) (g_get_monotonic_time () - start) * 1e-6 / MAX (n, 1) / CAPTURED_REPEATS;
  if (capture != NULL)
    class->capture_free (capture);
  return mp_check_status (status, step->label, error);
}

double *
mp_plan_profile (MpPlan              *plan,
                 const MpRunContext  *context,
                 guint                n,
                 GError             **error)
{
  g_autofree double *seconds = g_new0 (double, MAX (1, plan->steps->len));

  if (plan->store->class->capture_begin != NULL) {
    for (guint i = 0; i < plan->steps->len; i++)
      if (!time_captured_step (plan, &g_array_index (plan->steps, MpStep, i), context,
                               (n + CAPTURED_REPEATS - 1) / CAPTURED_REPEATS, &seconds[i], error))
        return NULL;
    return g_steal_pointer (&seconds);
  }
  for (guint r = 0; r < n; r++)
    for (guint i = 0; i < plan->steps->len; i++) {
      double once;

      if (!time_step (plan, &g_array_index (plan->steps, MpStep, i), context, &once, error))
        return NULL;
      seconds[i] += once / n;
    }
  return g_steal_pointer (&seconds);
}
