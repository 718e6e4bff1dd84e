/* SPDX-License-Identifier: Apache-2.0
 *
 * fuse.c: from values to units, each of which becomes one kernel.
 *
 * An elementwise value joins the unit of an operand when both run over the same domain and no other unit would have
 * to run between them; so do two units that meet in it. A sum, mean or maximum joins as a last member. A product may
 * head a unit: what follows becomes its epilogue. Broadcasts are read in place, with stride 0.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

static gboolean
is_elementwise (const MpValue *value)
{
  return mp_op_class (value->node->op) == MP_CLASS_ELEMENTWISE && value->node->op != MP_OP_STOP_GRADIENT;
}

gboolean
_mp_is_reduction (const MpValue *value)
{
  return value->node->op == MP_OP_SUM || value->node->op == MP_OP_MEAN || value->node->op == MP_OP_MAX;
}

gboolean
_mp_is_contraction (const MpValue *value)
{
  return value->node->op == MP_OP_MATMUL && value->unit != NULL && value->unit->head != value;
}

static gboolean
takes_epilogue (const MpValue *value)
{
  switch ((int) value->node->op) {
  case MP_OP_MATMUL: return value->node->type.rank == 2;
  case MP_OP_SQDIST:
  case MP_OP_CONV: return TRUE;
  default: return FALSE;
  }
}

/* A broadcast that no one needs in memory: its consumers read the source. */
static gboolean
is_virtual (const MpValue *value)
{
  return value->node->op == MP_OP_BROADCAST && value->unit == NULL;
}

MpUnit *
_mp_unit_of_operand (MpValue *operand)
{
  MpValue *root = (operand->root->inlined ? _mp_source (operand->root) : operand)->root;

  if (is_virtual (root))
    root = root->inputs[0]->root;
  return root->unit;
}

gboolean
_mp_in_register (const MpUnit *unit,
                 MpValue      *operand)
{
  MpValue *value = _mp_source (operand);

  return value->unit == unit && !_mp_is_reduction (value) && !_mp_is_contraction (value)
         && _mp_same_dims (&value->node->type, &unit->domain);
}

static MpUnit *
unit_new (MpFusion *self,
          MpValue *value)
{
  MpUnit *unit = g_new0 (MpUnit, 1);

  unit->members = g_ptr_array_new ();
  g_ptr_array_add (unit->members, value);
  unit->domain = _mp_is_reduction (value) ? value->inputs[0]->node->type : value->node->type;
  if (!is_elementwise (value) && !_mp_is_reduction (value) && value->node->op != MP_OP_BROADCAST)
    unit->head = value;
  unit->program = unit->head == NULL || takes_epilogue (value);
  value->unit = unit;
  g_ptr_array_add (self->units, unit);
  return unit;
}

void
_mp_unit_free (MpUnit *unit)
{
  g_ptr_array_unref (unit->members);
  _mp_unit_reopen (unit);
  g_free (unit);
}

/* ---- may two units become one? ---- */

/* TRUE when `from`, or what it needs, needs `target`; `skip` is not entered. */
static gboolean
reaches (MpUnit *from,
         MpUnit *target,
         MpUnit *skip,
         guint   mark)
{
  for (guint m = 0; m < from->members->len; m++) {
    MpValue *member = g_ptr_array_index (from->members, m);

    for (guint i = 0; i < member->n_inputs; i++) {
      MpUnit *needed = _mp_unit_of_operand (member->inputs[i]);

      if (needed == NULL || needed == from || needed == skip || needed->mark == mark)
        continue;
      if (needed == target)
        return TRUE;
      needed->mark = mark;
      if (reaches (needed, target, skip, mark))
        return TRUE;
    }
  }
  return FALSE;
}

gboolean
_mp_unit_needs (MpFusion *self,
                MpUnit   *from,
                MpUnit   *target)
{
  return from == target || reaches (from, target, NULL, ++self->mark);
}

/* A member of `reader` reads from memory what `writer` makes. */
static gboolean
reads_memory_of (MpUnit *reader,
                 MpUnit *writer)
{
  for (guint m = 0; m < reader->members->len; m++) {
    MpValue *member = g_ptr_array_index (reader->members, m);

    for (guint i = 0; i < member->n_inputs; i++)
      if (_mp_unit_of_operand (member->inputs[i]) == writer
          && (member == reader->head || !_mp_in_register (writer, member->inputs[i])))
        return TRUE;
  }
  return FALSE;
}

/* There is a way from a to b through a third unit. */
static gboolean
indirect_path (MpFusion *self,
               MpUnit *a,
               MpUnit *b)
{
  guint mark = ++self->mark;

  for (guint m = 0; m < b->members->len; m++) {
    MpValue *member = g_ptr_array_index (b->members, m);

    for (guint i = 0; i < member->n_inputs; i++) {
      MpUnit *needed = _mp_unit_of_operand (member->inputs[i]);

      if (needed == NULL || needed == a || needed == b || needed->mark == mark)
        continue;
      needed->mark = mark;
      if (reaches (needed, a, b, mark))
        return TRUE;
    }
  }
  return FALSE;
}

static gboolean
can_merge (MpFusion *self,
           MpUnit *a,
           MpUnit *b)
{
  MpValue *first_a = g_ptr_array_index (a->members, 0), *first_b = g_ptr_array_index (b->members, 0);

  return a->program && b->program && (a->head == NULL || b->head == NULL) && mp_tensor_equal (&a->domain, &b->domain)
         && first_a->constant == first_b->constant && _mp_units_fit (a, b)
         && !reads_memory_of (a, b) && !reads_memory_of (b, a)
         && !indirect_path (self, a, b) && !indirect_path (self, b, a);
}

static gint
by_index (gconstpointer a,
          gconstpointer b)
{
  const MpValue *x = *(MpValue *const *) a, *y = *(MpValue *const *) b;

  return (x->index > y->index) - (x->index < y->index);
}

static void
merge (MpUnit *into,
       MpUnit *from)
{
  for (guint i = 0; i < from->members->len; i++) {
    MpValue *member = g_ptr_array_index (from->members, i);

    member->unit = into;
    g_ptr_array_add (into->members, member);
  }
  if (from->head != NULL)
    into->head = from->head;
  g_ptr_array_set_size (from->members, 0);
  g_ptr_array_sort (into->members, by_index);
}

static void
fuse_with_operands (MpFusion *self,
                    MpValue *value)
{
  if (!is_elementwise (value) && !_mp_is_reduction (value))
    return;
  for (guint i = value->n_inputs; i-- > 0;) {
    MpValue *operand = _mp_source (value->inputs[i]);

    if (operand->unit != NULL && operand->unit != value->unit && _mp_in_register (operand->unit, operand)
        && can_merge (self, operand->unit, value->unit))
      merge (operand->unit, value->unit);
  }
}

/* ---- which values need memory and units ---- */

/* Broadcasts that something other than a program reads must exist in memory. */
static void
make_broadcasts (MpFusion  *self,
                 MpLowered *lowered)
{
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);
    gboolean program = is_elementwise (value) || _mp_is_reduction (value);

    if (value->root != value)
      continue;
    for (guint i = 0; i < value->n_inputs; i++) {
      MpValue *operand = _mp_direct (value->inputs[i]);
      MpValue *root = operand->root;

      if (root->node->op == MP_OP_BROADCAST && root->unit == NULL && !(program && operand == root))
        unit_new (self, root);
    }
  }
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);

    if (value->node->op == MP_OP_BROADCAST && value->output && value->unit == NULL)
      unit_new (self, value);
  }
}

static gboolean
compares_with_constant (const MpValue *value)
{
  double uniform;

  return value->node->op >= MP_OP_EQ && value->node->op <= MP_OP_GE && !value->constant && !value->output
         && (_mp_uniform (value->inputs[0]->node, &uniform) || _mp_uniform (value->inputs[1]->node, &uniform));
}

/* The mask [y > 0] of a relu costs one instruction, but its own memory and a store if it is kept from the forward for
 * the backward pass. Where only programs read it they compute it from y, which is kept anyway. */
static void
inline_comparisons (MpLowered *lowered)
{
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);

    value->inlined = compares_with_constant (value) && !_mp_source (value->inputs[0])->inlined
                     && !_mp_source (value->inputs[1])->inlined;
  }
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);
    gboolean program = is_elementwise (value) || _mp_is_reduction (value);

    for (guint i = 0; i < value->n_inputs && value->root == value; i++) {
      MpValue *operand = _mp_direct (value->inputs[i]);

      if (operand->root->inlined && !(program && operand == operand->root))
        operand->root->inlined = FALSE;
    }
  }
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);

    /* Its readers now read what it compares. */
    if (value->inlined)
      _mp_source (value)->root->n_uses += value->n_uses - 1;
  }
}

MpValue *
_mp_memory_of_operand (const MpUnit *unit,
                       MpValue      *member,
                       MpValue      *operand)
{
  MpValue *root = (operand->root->inlined ? _mp_source (operand->root) : operand)->root;

  if (member != unit->head && _mp_in_register (unit, operand))
    return NULL;
  return is_virtual (root) ? root->inputs[0]->root : root;
}

static void
mark_used_outside (MpLowered *lowered)
{
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);

    for (guint i = 0; value->unit != NULL && i < value->n_inputs; i++) {
      MpValue *memory = _mp_memory_of_operand (value->unit, value, value->inputs[i]);

      if (memory != NULL)
        memory->used_outside = TRUE;
    }
  }
}

/* ---- order ---- */

static void
schedule (MpUnit    *unit,
          guint      mark,
          GPtrArray *order)
{
  if (unit->mark == mark)
    return;
  unit->mark = mark;
  for (guint m = 0; m < unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    for (guint i = 0; i < member->n_inputs; i++) {
      MpUnit *needed = _mp_unit_of_operand (member->inputs[i]);

      if (needed != NULL && needed != unit)
        schedule (needed, mark, order);
    }
  }
  unit->index = order->len;
  g_ptr_array_add (order, unit);
}

GPtrArray *
_mp_fuse (MpLowered           *lowered,
          const MpDeviceClass *class,
          MpDevice            *device,
          gboolean             fuse)
{
  MpFusion self = { lowered, class, device, g_ptr_array_new (), 0 };
  GPtrArray *order = g_ptr_array_new_with_free_func ((GDestroyNotify) _mp_unit_free);

  if (fuse)
    inline_comparisons (lowered);
  make_broadcasts (&self, lowered);
  for (guint v = 0; v < lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (lowered->values, v);

    if (mp_op_class (value->node->op) == MP_CLASS_SOURCE || value->root != value
        || value->node->op == MP_OP_BROADCAST || value->inlined)
      continue;
    unit_new (&self, value);
    if (fuse)
      fuse_with_operands (&self, value);
  }
  if (fuse && _mp_contract (&self))
    for (guint v = 0; v < lowered->values->len; v++) {
      MpValue *value = g_ptr_array_index (lowered->values, v);

      if (value->unit != NULL)
        fuse_with_operands (&self, value);
    }
  mark_used_outside (lowered);
  self.mark++;
  for (guint u = 0; u < self.units->len; u++) {
    MpUnit *unit = g_ptr_array_index (self.units, u);

    if (unit->members->len > 0)
      schedule (unit, self.mark, order);
  }
  for (guint u = 0; u < self.units->len; u++) {
    MpUnit *unit = g_ptr_array_index (self.units, u);

    if (unit->members->len == 0)
      _mp_unit_free (unit);
  }
  g_ptr_array_unref (self.units);
  for (guint u = 0; u < order->len; u++) {
    gboolean fits = _mp_unit_finish (g_ptr_array_index (order, u));

    g_assert (fits); /* merging asked before */
  }
  return order;
}
