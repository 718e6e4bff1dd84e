/* SPDX-License-Identifier: Apache-2.0
 *
 * storage.c: which values of a float32 plan are stored as bfloat16, where the device's precision is BF16.
 *
 * Products and convolutions round their operands to bfloat16 there anyway, so activations and their gradients lose
 * nothing more by lying in memory like that, and take half the room and half the time to move. A value qualifies when
 *   - it has at least LEAST elements: below, launching and not moving takes the time;
 *   - a product, a convolution, or a fused program stores it, point by point;
 *   - nothing reads it but products, convolutions and fused programs.
 * What remains float32 then: parameters, states and inputs; gradients that updates take and whatever else is read out;
 * sums, means and maxima, so losses; all that factorisations, solves, distances and contractions read or make.
 * The back end is asked about every kernel whose tensors would change, and what it declines stays as it is.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#define LEAST 4096

static gboolean
is_linear (MpOp op)
{
  return op == MP_OP_MATMUL || op == MP_OP_CONV || op == MP_OP_CONV_DATA || op == MP_OP_CONV_WEIGHT;
}

/* A unit whose outputs may be rounded: distances are of losses, and contractions sum over their matrix. */
static gboolean
may_store (const MpUnit *unit)
{
  if (unit->head != NULL)
    return is_linear (unit->head->node->op) && !((MpValue *) g_ptr_array_index (unit->members, 0))->constant;
  return unit->spec != NULL && unit->spec->dtype == MP_FLOAT32
         && !((MpValue *) g_ptr_array_index (unit->members, 0))->constant;
}

static gboolean
is_stored_by_point (const MpUnit *unit,
                    guint         output)
{
  return unit->spec == NULL || unit->spec->output[output].reduce == MP_STORE;
}

/* Whether the unit may read its input in bfloat16. */
static gboolean
may_read (const MpUnit *unit,
          guint         input)
{
  if (unit->head == NULL)
    return unit->spec != NULL;
  if (!is_linear (unit->head->node->op))
    return FALSE;
  /* The product's operands, then the program's inputs, which count the product itself; then operands of contractions. */
  return input < unit->head->n_inputs
         || (unit->spec != NULL && input < unit->head->n_inputs + (guint) unit->spec->n_inputs - 1);
}

static void
choose (GPtrArray *units)
{
  for (guint u = 0; u < units->len; u++) {
    MpUnit *unit = g_ptr_array_index (units, u);

    for (guint i = 0; may_store (unit) && i < unit->outputs->len; i++) {
      MpValue *value = g_ptr_array_index (unit->outputs, i);

      if (value->node->type.dtype == MP_FLOAT32 && !value->output && is_stored_by_point (unit, i)
          && mp_tensor_count (&value->node->type) >= LEAST)
        value->storage = MP_BFLOAT16;
    }
  }
  for (guint u = 0; u < units->len; u++) {
    MpUnit *unit = g_ptr_array_index (units, u);

    for (guint i = 0; i < unit->inputs->len; i++) {
      MpValue *value = g_ptr_array_index (unit->inputs, i);

      if (!may_read (unit, i))
        value->storage = value->node->type.dtype;
    }
  }
}

/* Puts a unit's tensors back. Returns whether any was changed. */
static gboolean
restore (MpUnit *unit)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < unit->inputs->len + unit->outputs->len; i++) {
    MpValue *value = i < unit->inputs->len ? g_ptr_array_index (unit->inputs, i)
                                           : g_ptr_array_index (unit->outputs, i - unit->inputs->len);

    changed |= value->storage == MP_BFLOAT16;
    value->storage = value->node->type.dtype;
  }
  return changed;
}

static gboolean
is_supported (const MpUnit        *unit,
              const MpDeviceClass *class,
              MpDevice            *device)
{
  guint n = unit->inputs->len + unit->outputs->len;
  g_autofree MpTensorType *types = g_new0 (MpTensorType, MAX (1, n));
  gboolean changed = FALSE;
  MpKernelSpec spec;

  _mp_unit_describe (unit, types, &spec);
  for (guint i = 0; i < n; i++)
    changed |= types[i].dtype == MP_BFLOAT16;
  return !changed || class->supports (device, &spec) != 0;
}

void
_mp_choose_storage (GPtrArray           *units,
                    const MpDeviceClass *class,
                    MpDevice            *device)
{
  gboolean changed = TRUE;

  choose (units);
  while (changed) {
    changed = FALSE;
    for (guint u = 0; u < units->len; u++) {
      MpUnit *unit = g_ptr_array_index (units, u);

      changed |= !is_supported (unit, class, device) && restore (unit);
    }
  }
}
