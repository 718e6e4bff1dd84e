/* SPDX-License-Identifier: Apache-2.0
 *
 * contract.c: products of matrices that are never stored.
 *
 * The gradient of a loss on a kernel matrix K[i,j] = k (|x_i − y_j|²) has the form
 *   W = ∂L/∂D, n×m, elementwise in the distances D;   Σ_j W[i,j],  Σ_i W[i,j],  W·y,  Wᵀ·x.
 * A unit headed by the distances (or by a product X·Yᵀ of rows with rows) that makes W takes in the products that read
 * W as their left operand, plain or transposed: they become contractions (device.h), and W needs no memory. That is
 * done only where nobody else reads W, and where the back end supports the kernel that comes out of it; otherwise the
 * units stay as they were.
 *
 * When the loss's value scales its gradient (the root of the MMD, say), W cannot join the unit of K: it waits for
 * K's sum. Its unit then reads matrices that K's unit would have to store, and has no head. It may get copies of what
 * it reads, down to the distances. With s bytes for an element, per element of D,
 *   keeping costs     s·(stores + loads of those matrices + store and loads of W)     bytes moved, and
 *   computing again   2·d + instructions + EXPONENTIAL · exponentials                 operations.
 * A byte counts as BALANCE operations, a middle between devices and precisions (H100: 20 in float32, 130 in TF32).
 * Matrices that would take more than KEEP_BYTES together are always computed again: time can be waited for, memory not.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#include <string.h>

#define BALANCE 64.0
#define EXPONENTIAL 16.0
#define KEEP_BYTES (64.0 * 1024 * 1024)

typedef struct
{
  MpValue **slot;
  MpValue  *operand;
} Redirection;

/* One attempt at a unit; all that it changes is remembered. */
typedef struct
{
  MpFusion   *fusion;
  MpUnit     *unit;        /* makes the left operands */
  MpUnit     *origin;      /* whose head the unit gets a copy of; NULL: it has its own */
  GPtrArray  *products;    /* MpValue *: what shall become contractions */
  GPtrArray  *homes;       /* MpUnit *: where each was the head */
  GPtrArray  *members;     /* MpValue *: the unit's before */
  GHashTable *copies;      /* MpValue of origin → its copy */
  GPtrArray  *read;        /* MpValue * of origin that the unit read from memory */
  GArray     *redirected;  /* Redirection */
  guint       n_values;
} Attempt;

static gboolean
may_head (const MpUnit *unit)
{
  const MpNode *head = unit->head != NULL ? unit->head->node : NULL;

  return head != NULL && head->type.rank == 2
         && (head->op == MP_OP_SQDIST
             || (head->op == MP_OP_MATMUL && head->attrs.transpose_b && !head->attrs.transpose_a));
}

/* A product whose left operand another unit has in a register. */
static gboolean
may_contract (const MpValue *value)
{
  MpUnit *unit;

  if (value->node->op != MP_OP_MATMUL || value->node->type.rank != 2 || value->node->attrs.transpose_b
      || value->unit == NULL || value->unit->head != value)
    return FALSE;
  unit = _mp_direct (value->inputs[0])->unit;
  return unit != NULL && unit != value->unit && unit->program && unit->domain.rank == 2
         && (unit->head == NULL || may_head (unit)) && _mp_in_register (unit, value->inputs[0])
         && ((MpValue *) g_ptr_array_index (unit->members, 0))->constant == value->constant;
}

/* Whether a unit other than the value's own reads its memory, beside `products` as their left operand. */
static gboolean
is_read (MpFusion  *fusion,
         MpValue   *value,
         GPtrArray *products)
{
  for (guint v = 0; v < fusion->lowered->values->len; v++) {
    MpValue *reader = g_ptr_array_index (fusion->lowered->values, v);

    for (guint i = 0; reader->unit != NULL && i < reader->n_inputs; i++)
      if (_mp_memory_of_operand (reader->unit, reader, reader->inputs[i]) == value
          && !(i == 0 && products != NULL && g_ptr_array_find (products, reader, NULL)))
        return TRUE;
  }
  return FALSE;
}

/* The products that could join `unit`, (transfer container). */
static GPtrArray *
list_products (MpFusion *fusion,
               MpUnit   *unit)
{
  GPtrArray *products = g_ptr_array_new ();

  for (guint v = 0; v < fusion->lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (fusion->lowered->values, v);
    MpUnit *right;

    if (!may_contract (value) || _mp_direct (value->inputs[0])->unit != unit)
      continue;
    /* The right operand must be there before the unit runs. */
    right = _mp_unit_of_operand (value->inputs[1]);
    if (right == NULL || !_mp_unit_needs (fusion, right, unit))
      g_ptr_array_add (products, value);
  }
  for (guint p = products->len; p-- > 0;) {
    MpValue *left = _mp_direct (((MpValue *) g_ptr_array_index (products, p))->inputs[0]);

    if (left->output || is_read (fusion, left, products))
      g_ptr_array_remove_index (products, p);
  }
  return products;
}

/* ---- copies ---- */

/* A headed unit over the same domain from which `unit` reads matrices. */
static MpUnit *
find_origin (const MpUnit *unit)
{
  for (guint m = 0; m < unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    for (guint i = 0; i < member->n_inputs; i++) {
      MpUnit *origin = _mp_source (member->inputs[i])->unit;

      if (origin != NULL && origin != unit && may_head (origin) && mp_tensor_equal (&origin->domain, &unit->domain)
          && _mp_in_register (origin, member->inputs[i]))
        return origin;
    }
  }
  return NULL;
}

static MpValue *copy_of (Attempt *self, MpValue *value);

static MpValue *
redirect (Attempt *self,
          MpValue *operand)
{
  return _mp_in_register (self->origin, operand) ? copy_of (self, _mp_direct (operand)) : operand;
}

static MpValue *
copy_of (Attempt *self,
         MpValue *value)
{
  MpValue *copy = g_hash_table_lookup (self->copies, value);

  if (copy != NULL)
    return copy;
  copy = g_new0 (MpValue, 1);
  *copy = *value;
  copy->inputs = g_memdup2 (value->inputs, MAX (1, value->n_inputs) * sizeof *value->inputs);
  copy->root = copy;
  copy->output = FALSE;
  copy->n_uses = 1;
  g_hash_table_insert (self->copies, value, copy);
  g_ptr_array_add (self->fusion->lowered->values, copy);
  if (value != self->origin->head)
    for (guint i = 0; i < copy->n_inputs; i++)
      copy->inputs[i] = redirect (self, copy->inputs[i]);
  /* An inlined comparison belongs to no unit. */
  if (value->unit != NULL) {
    copy->unit = self->unit;
    g_ptr_array_add (self->unit->members, copy);
  }
  return copy;
}

static void
copy_origin (Attempt *self)
{
  for (guint m = 0; m < self->members->len; m++) {
    MpValue *member = g_ptr_array_index (self->members, m);

    for (guint i = 0; i < member->n_inputs; i++) {
      Redirection redirection = { &member->inputs[i], member->inputs[i] };

      member->inputs[i] = redirect (self, member->inputs[i]);
      if (member->inputs[i] == redirection.operand)
        continue;
      g_array_append_val (self->redirected, redirection);
      if (!g_ptr_array_find (self->read, _mp_source (redirection.operand), NULL))
        g_ptr_array_add (self->read, _mp_source (redirection.operand));
    }
  }
  self->unit->head = copy_of (self, self->origin->head);
}

/* ---- an attempt ---- */

static gint
by_index (gconstpointer a,
          gconstpointer b)
{
  const MpValue *x = *(MpValue *const *) a, *y = *(MpValue *const *) b;

  return (x->index > y->index) - (x->index < y->index);
}

static void
apply (Attempt *self)
{
  if (self->origin != NULL)
    copy_origin (self);
  for (guint p = 0; p < self->products->len; p++) {
    MpValue *product = g_ptr_array_index (self->products, p);
    MpUnit *home = product->unit;

    g_ptr_array_add (self->homes, home);
    g_ptr_array_remove (home->members, product);
    home->head = NULL;
    product->unit = self->unit;
    g_ptr_array_add (self->unit->members, product);
  }
  g_ptr_array_sort (self->unit->members, by_index);
}

static void
undo (Attempt *self)
{
  g_ptr_array_set_size (self->unit->members, 0);
  for (guint m = 0; m < self->members->len; m++)
    g_ptr_array_add (self->unit->members, g_ptr_array_index (self->members, m));
  if (self->origin != NULL)
    self->unit->head = NULL;
  for (guint p = 0; p < self->products->len; p++) {
    MpValue *product = g_ptr_array_index (self->products, p);
    MpUnit *home = g_ptr_array_index (self->homes, p);

    product->unit = home;
    home->head = product;
    g_ptr_array_add (home->members, product);
    g_ptr_array_sort (home->members, by_index);
  }
  for (guint r = 0; r < self->redirected->len; r++) {
    Redirection *redirection = &g_array_index (self->redirected, Redirection, r);

    *redirection->slot = redirection->operand;
  }
  g_ptr_array_set_size (self->fusion->lowered->values, (gint) self->n_values);
}

/* Computing again against keeping, as the head comment has it; the attempt is applied. */
static gboolean
pays (Attempt *self)
{
  double points = (double) mp_tensor_count (&self->unit->domain);
  double size = (double) mp_dtype_size (self->unit->domain.dtype);
  double stores = 0, loads = self->read->len + self->products->len, operations = 0;
  g_autoptr (GPtrArray) lefts = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  for (guint r = 0; r < self->read->len; r++) {
    MpValue *value = g_ptr_array_index (self->read, r);

    stores += !value->output && !is_read (self->fusion, value, NULL);
  }
  for (guint p = 0; p < self->products->len; p++) {
    MpValue *left = _mp_direct (((MpValue *) g_ptr_array_index (self->products, p))->inputs[0]);

    if (!g_ptr_array_find (lefts, left, NULL))
      g_ptr_array_add (lefts, left);
  }
  stores += lefts->len;
  g_hash_table_iter_init (&iter, self->copies);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    const MpNode *node = ((MpValue *) key)->node;

    operations += _mp_is_exponential (node->op) ? EXPONENTIAL : _mp_product_flops (node) / MAX (points, 1) + 1;
  }
  return size * (stores + loads) * BALANCE >= operations || size * stores * points > KEEP_BYTES;
}

/* Whether the back end has the kernel that the unit has become. */
static gboolean
is_supported (Attempt *self)
{
  MpUnit *unit = self->unit;
  gboolean supported = FALSE;

  for (guint m = 0; m < unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    member->used_outside = is_read (self->fusion, member, NULL);
  }
  if (_mp_unit_finish (unit)) {
    g_autofree MpTensorType *types = g_new0 (MpTensorType, unit->inputs->len + unit->outputs->len);
    MpKernelSpec spec;

    _mp_unit_describe (unit, types, &spec);
    supported = self->fusion->class->supports (self->fusion->device, &spec) != 0;
  }
  _mp_unit_reopen (unit);
  for (guint m = 0; m < unit->members->len; m++)
    ((MpValue *) g_ptr_array_index (unit->members, m))->used_outside = FALSE;
  return supported;
}

/* Copies leave members of their origin behind that nobody needs any more. */
static void
drop_dead (MpFusion *fusion,
           MpUnit   *unit)
{
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();
  guint mark = ++fusion->mark;

  for (guint v = 0; v < fusion->lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (fusion->lowered->values, v);

    if (value->output)
      g_ptr_array_add (stack, value);
  }
  while (stack->len > 0) {
    MpValue *value = g_ptr_array_steal_index (stack, stack->len - 1);

    for (guint i = 0; value->mark != mark && i < value->n_inputs; i++)
      g_ptr_array_add (stack, value->inputs[i]);
    value->mark = mark;
  }
  for (guint m = unit->members->len; m-- > 0;) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    if (member->mark == mark)
      continue;
    member->unit = NULL;
    if (unit->head == member)
      unit->head = NULL;
    g_ptr_array_remove_index (unit->members, m);
  }
}

static gboolean
try_unit (MpFusion *fusion,
          MpUnit   *unit)
{
  g_autoptr (GPtrArray) products = list_products (fusion, unit);
  g_autoptr (GPtrArray) homes = g_ptr_array_new ();
  g_autoptr (GPtrArray) members = g_ptr_array_copy (unit->members, NULL, NULL);
  g_autoptr (GPtrArray) read = g_ptr_array_new ();
  g_autoptr (GHashTable) copies = g_hash_table_new (NULL, NULL);
  g_autoptr (GArray) redirected = g_array_new (FALSE, FALSE, sizeof (Redirection));
  Attempt self = { fusion, unit, NULL, products, homes, members, copies, read, redirected,
                   fusion->lowered->values->len };

  if (unit->head == NULL)
    self.origin = find_origin (unit);
  if (products->len == 0 || (unit->head == NULL && self.origin == NULL))
    return FALSE;
  apply (&self);
  if ((self.origin != NULL && !pays (&self)) || !is_supported (&self)) {
    undo (&self);
    return FALSE;
  }
  if (self.origin != NULL)
    drop_dead (fusion, self.origin);
  return TRUE;
}

gboolean
_mp_contract (MpFusion *self)
{
  gboolean changed = FALSE;

  for (guint u = 0; u < self->units->len; u++) {
    MpUnit *unit = g_ptr_array_index (self->units, u);

    if (unit->members->len > 0 && unit->program && unit->domain.rank == 2)
      changed |= try_unit (self, unit);
  }
  return changed;
}
