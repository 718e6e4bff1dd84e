/* SPDX-License-Identifier: Apache-2.0
 *
 * run.c: running plans: one kernel after the other, or, while an iteration is captured, side by side.
 *
 * A plan's steps are dealt to the store's stream and a few branches (schedule.h). In a capture each branch is a stream
 * that waits for events, which makes the steps a graph; outside they all run on the store's stream in their order.
 * Two kernels of one branch never overlap, so a branch has one workspace. Only kernels with a small one leave the
 * store's stream: those that need much also fill the device.
 */
#include "engine/graph/plan-private.h"

#define BRANCH_WORKSPACE (1 << 20)  /* bytes a kernel on a branch may need */
#define SEPARATE_BYTES (8 << 20)    /* arenas up to this size, a part of any GPU's cache, are not shared by lifetime */

static gboolean
may_branch (const MpPlan *plan)
{
  return plan->store->class->capture_begin != NULL && !plan->check_finite;
}

/* ---- making ---- */

void
_mp_plan_separate (MpPlan   *plan,
                   MpBuffer *buffers,
                   guint     n)
{
  gsize bytes = 0;

  for (guint i = 0; i < n; i++)
    bytes += buffers[i].bytes;
  if (!may_branch (plan) || bytes > SEPARATE_BYTES)
    return;
  for (guint i = 0; i < n; i++) {
    buffers[i].first = 0;
    buffers[i].last = (gint) plan->units->len;
  }
}

static gsize
workspace_of (MpPlan       *plan,
              const MpStep *step)
{
  return plan->store->class->kernel_workspace (step->kernel);
}

/* The largest workspace of a kernel that may run on a branch. */
static gsize
branch_bytes (MpPlan *plan)
{
  gsize bytes = 0;

  for (guint i = 0; i < plan->steps->len; i++) {
    gsize one = workspace_of (plan, &g_array_index (plan->steps, MpStep, i));

    if (one <= BRANCH_WORKSPACE)
      bytes = MAX (bytes, one);
  }
  return (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
}

gsize
_mp_plan_branch_workspace (MpPlan *plan)
{
  return may_branch (plan) ? MP_MAX_BRANCHES * branch_bytes (plan) : 0;
}

gsize
_mp_plan_workspace_offset (MpPlan       *plan,
                           const MpStep *step)
{
  guint i = (guint) (step - (const MpStep *) (void *) plan->steps->data);
  guint track = plan->schedule != NULL ? plan->schedule->track[i] : 0;

  return track == 0 ? 0 : plan->main_workspace + (track - 1) * branch_bytes (plan);
}

static MpSchedule *
make_schedule (MpPlan *plan)
{
  g_autoptr (GArray) spans = g_array_new (FALSE, FALSE, sizeof (MpSpan));
  g_autofree gboolean *fixed = g_new0 (gboolean, plan->steps->len + 1);

  for (guint i = 0; i < plan->steps->len; i++) {
    const MpStep *step = &g_array_index (plan->steps, MpStep, i);

    fixed[i] = workspace_of (plan, step) > BRANCH_WORKSPACE;
    for (guint k = 0; k < step->n_inputs + step->n_outputs; k++) {
      MpSpan span = { i, step->inputs[k], step->bytes[k], k >= step->n_inputs };

      if (span.bytes > 0)
        g_array_append_val (spans, span);
    }
  }
  return _mp_schedule_new (plan->steps->len, (MpSpan *) (void *) spans->data, spans->len, fixed, 1 + MP_MAX_BRANCHES);
}

gboolean
_mp_plan_branch (MpPlan  *plan,
                 GError **error)
{
  MpStore *store = plan->store;
  const MpDeviceClass *class = store->class;

  if (!may_branch (plan))
    return TRUE;
  plan->schedule = make_schedule (plan);
  for (guint t = 1; t < plan->schedule->n_tracks; t++)
    if (store->branches[t - 1] == NULL
        && !mp_check_status (class->stream_new (store->device, &store->branches[t - 1]), "opening a stream", error))
      return FALSE;
  if (plan->schedule->n_tracks > 1
      && !mp_check_status (class->event_new (store->device, &plan->begin), "making an event", error))
    return FALSE;
  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep *step = &g_array_index (plan->steps, MpStep, i);

    if (plan->schedule->awaited[i]
        && !mp_check_status (class->event_new (store->device, &step->event), "making an event", error))
      return FALSE;
  }
  return TRUE;
}

/* ---- running ---- */

static MpStream *
stream_of (MpPlan *plan,
           guint   track)
{
  return track == 0 ? plan->store->stream : plan->store->branches[track - 1];
}

static MpStatus
run_step (MpPlan             *plan,
          guint               i,
          gboolean           *entered,
          const MpRunContext *context)
{
  const MpDeviceClass *class = plan->store->class;
  const MpSchedule *schedule = plan->schedule;
  MpStep *step = &g_array_index (plan->steps, MpStep, i);
  guint track = schedule->track[i];
  MpStream *stream = stream_of (plan, track);
  MpStatus status = MP_OK;

  if (track > 0 && !entered[track])
    status = class->stream_wait (stream, plan->begin);
  entered[track] = TRUE;
  for (guint w = schedule->first_wait[i]; status == MP_OK && w < schedule->first_wait[i + 1]; w++)
    status = class->stream_wait (stream, g_array_index (plan->steps, MpStep, schedule->waits[w]).event);
  if (status == MP_OK)
    status = class->kernel_run (step->kernel, stream, context);
  if (status == MP_OK && step->event != NULL)
    status = class->event_record (step->event, stream);
  return status;
}

/* The captured form: branches begin behind what the store's stream has done, and it waits for them at the end. */
static gboolean
run_branches (MpPlan              *plan,
              const MpRunContext  *context,
              GError             **error)
{
  const MpDeviceClass *class = plan->store->class;
  const MpSchedule *schedule = plan->schedule;
  gboolean entered[1 + MP_MAX_BRANCHES] = { FALSE };
  MpStatus status = MP_OK;

  if (schedule->n_tracks > 1)
    status = class->event_record (plan->begin, plan->store->stream);
  for (guint i = 0; status == MP_OK && i < plan->steps->len; i++) {
    status = run_step (plan, i, entered, context);
    if (status != MP_OK)
      return mp_check_status (status, g_array_index (plan->steps, MpStep, i).label, error);
  }
  for (guint t = 1; status == MP_OK && t < schedule->n_tracks; t++)
    status = class->stream_wait (plan->store->stream, g_array_index (plan->steps, MpStep, schedule->last[t]).event);
  return mp_check_status (status, plan->name, error);
}

gboolean
mp_plan_run (MpPlan              *plan,
             const MpRunContext  *context,
             GError             **error)
{
  MpStatus (*run) (MpKernel *, MpStream *, const MpRunContext *) = plan->store->class->kernel_run;
  MpStream *stream = plan->store->stream;

  if (plan->store->branching && plan->schedule != NULL)
    return run_branches (plan, context, error);
  g_clear_pointer (&plan->first_nonfinite, g_free);
  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep *step = &g_array_index (plan->steps, MpStep, i);
    MpStatus status = run (step->kernel, stream, context);

    if (G_UNLIKELY (status != MP_OK))
      return mp_check_status (status, step->label, error);
    if (G_UNLIKELY (plan->check_finite) && plan->first_nonfinite == NULL && step->unit != NULL
        && !_mp_plan_check_step (plan, step, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
mp_plan_read (MpPlan  *plan,
              guint    output,
              void    *values,
              GError **error)
{
  const MpTensorType *type;

  g_return_val_if_fail (output < plan->n_outputs, FALSE);
  type = &plan->output_types[output];
  return _mp_store_download (plan->store, values, plan->output_addresses[output],
                             (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype), plan->name, error);
}

const void *
mp_plan_map (MpPlan *plan,
             guint   output)
{
  g_return_val_if_fail (output < plan->n_outputs, NULL);
  return plan->store->class->host_memory ? plan->output_addresses[output] : NULL;
}

const void *
mp_plan_get_address (MpPlan *plan,
                     guint   output)
{
  g_return_val_if_fail (output < plan->n_outputs, NULL);
  return plan->output_addresses[output];
}

/* ---- capturing ---- */

gboolean
mp_store_begin_capture (MpStore             *store,
                        const MpRunContext  *base,
                        GError             **error)
{
  store->branching = mp_check_status (store->class->capture_begin (store->stream, base), "capturing an iteration", error);
  return store->branching;
}

gboolean
mp_store_end_capture (MpStore             *store,
                      const MpRunContext  *next,
                      MpCapture          **out,
                      GError             **error)
{
  store->branching = FALSE;
  return mp_check_status (store->class->capture_end (store->stream, next, out), "capturing an iteration", error);
}
