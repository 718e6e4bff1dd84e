/* SPDX-License-Identifier: Apache-2.0
 *
 * program.c: writes a unit down as the program that a fused kernel runs (device.h), or as the operands of one op.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#include <string.h>

/* Upper bounds are enough to decide about merging. */
static void
count_operands (const MpUnit *a,
                const MpUnit *b,
                const MpUnit *unit,
                guint        *inputs,
                guint        *instructions)
{
  for (guint m = 0; m < unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    if (_mp_is_contraction (member)) {
      _mp_source (member->inputs[0])->root->n_uses_inside++;
      continue;
    }
    *instructions += 1;
    if (member == unit->head) {
      *inputs += 1;
      continue;
    }
    for (guint i = 0; i < member->n_inputs; i++) {
      MpValue *root = _mp_source (member->inputs[i])->root;
      double value;

      root->n_uses_inside++;
      *instructions += _mp_direct (member->inputs[i])->inlined ? 2 : 0;
      if (_mp_uniform (root->node, &value))
        *instructions += 1;
      else if (root->unit == NULL || (root->unit != a && root->unit != b))
        *inputs += 1;
    }
  }
}

/* Members that somebody outside reads. */
static guint
count_outputs (const MpUnit *unit)
{
  guint outputs = 0;

  for (guint m = 0; m < unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    outputs += member->output || member->n_uses_inside < member->n_uses;
  }
  return outputs;
}

static void
forget_uses (const MpUnit *unit)
{
  for (guint m = 0; m < unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (unit->members, m);

    for (guint i = 0; i < member->n_inputs; i++)
      _mp_source (member->inputs[i])->root->n_uses_inside = 0;
  }
}

gboolean
_mp_units_fit (const MpUnit *a,
               const MpUnit *b)
{
  guint inputs = 0, instructions = 0, outputs;

  count_operands (a, b, a, &inputs, &instructions);
  count_operands (a, b, b, &inputs, &instructions);
  outputs = count_outputs (a) + count_outputs (b);
  forget_uses (a);
  forget_uses (b);
  return inputs <= MP_PROGRAM_MAX_INPUTS && instructions <= MP_PROGRAM_MAX_INSTRUCTIONS
         && outputs <= MP_PROGRAM_MAX_OUTPUTS;
}

typedef struct
{
  MpUnit     *unit;
  MpProgram  *program;
  GHashTable *registers; /* MpValue → register + 1 */
  gboolean    full;      /* a limit of programs was met: what is written is not complete */
} Writer;

static void
dense_strides (const MpTensorType *type,
               const MpTensorType *domain,
               int64_t            *stride)
{
  int64_t step = 1;

  for (gint i = domain->rank; i-- > 0;) {
    stride[i] = type->dim[i] == 1 && domain->dim[i] != 1 ? 0 : step;
    step *= type->dim[i];
  }
}

/* Register of a value that comes from memory; each distinct (memory, strides) is one input. */
static gint
input_register (Writer  *self,
                MpValue *value)
{
  MpProgram *program = self->program;
  MpValue *source = value->node->op == MP_OP_BROADCAST && value->unit == NULL ? value->inputs[0] : value;
  MpValue *memory = source->root;
  int64_t stride[MP_MAX_RANK] = { 0 };
  gint first = self->unit->head != NULL ? 1 : 0;

  dense_strides (&source->node->type, &self->unit->domain, stride);
  for (gint i = first; i < program->n_inputs; i++)
    if (g_ptr_array_index (self->unit->inputs, (guint) i - (guint) first + (first ? self->unit->head->n_inputs : 0))
        == memory && memcmp (program->input[i].stride, stride, sizeof stride) == 0)
      return i;
  if (program->n_inputs == MP_PROGRAM_MAX_INPUTS) {
    self->full = TRUE;
    return 0;
  }
  memcpy (program->input[program->n_inputs].stride, stride, sizeof stride);
  g_ptr_array_add (self->unit->inputs, memory);
  g_ptr_array_add (self->unit->views, memory);
  return program->n_inputs++;
}

static gboolean
is_member_register (Writer  *self,
                    MpValue *value)
{
  return value->unit == self->unit && !_mp_is_reduction (value) && !_mp_is_contraction (value)
         && _mp_same_dims (&value->node->type, &self->unit->domain);
}

static void
collect_operand (Writer  *self,
                 MpValue *operand)
{
  MpValue *value = _mp_direct (operand);
  double uniform;

  for (guint i = 0; value->inlined && i < value->n_inputs; i++)
    collect_operand (self, value->inputs[i]);
  if (!value->inlined && !_mp_uniform (value->node, &uniform) && !is_member_register (self, value))
    g_hash_table_insert (self->registers, value, GINT_TO_POINTER (input_register (self, value) + 1));
}

/* Inputs get the low registers, so all are found before the first instruction is written. */
static void
collect_inputs (Writer *self)
{
  for (guint m = 0; m < self->unit->members->len; m++) {
    MpValue *member = g_ptr_array_index (self->unit->members, m);
    guint n = member == self->unit->head ? 0 : _mp_is_contraction (member) ? 1 : member->n_inputs;

    if (member->node->op == MP_OP_BROADCAST) {
      /* In memory by itself: its one "operand" is the source with stride 0. */
      MpUnit *unit = member->unit;

      member->unit = NULL;
      g_hash_table_insert (self->registers, member, GINT_TO_POINTER (input_register (self, member) + 1));
      member->unit = unit;
      continue;
    }
    for (guint i = 0; i < n; i++)
      collect_operand (self, member->inputs[i]);
  }
}

static gint
add_instruction (Writer        *self,
                 MpInstruction  instruction)
{
  MpProgram *program = self->program;

  if (program->n_instructions == MP_PROGRAM_MAX_INSTRUCTIONS) {
    self->full = TRUE;
    return 0;
  }
  program->instruction[program->n_instructions] = instruction;
  return program->n_inputs + program->n_instructions++;
}

static gint operand_register (Writer *self, MpValue *operand);

static gint
write_instruction (Writer  *self,
                   MpValue *value)
{
  MpInstruction instruction = { .op = value->node->op, .src = { -1, -1, -1 },
                                .scalar = { value->node->attrs.scalar[0], value->node->attrs.scalar[1] } };

  for (guint i = 0; i < value->n_inputs; i++)
    instruction.src[i] = operand_register (self, value->inputs[i]);
  return add_instruction (self, instruction);
}

static gint
operand_register (Writer  *self,
                  MpValue *operand)
{
  MpValue *value = _mp_direct (operand);
  gpointer found = g_hash_table_lookup (self->registers, value);
  double uniform;
  gint reg;

  if (found != NULL)
    return GPOINTER_TO_INT (found) - 1;
  if (_mp_uniform (value->node, &uniform))
    reg = add_instruction (self, (MpInstruction) { .op = MP_OP_CONSTANT, .src = { -1, -1, -1 },
                                                   .scalar = { uniform } });
  else {
    g_assert (value->inlined);
    reg = write_instruction (self, value);
  }
  g_hash_table_insert (self->registers, value, GINT_TO_POINTER (reg + 1));
  return reg;
}

/* Position of a contraction's operand behind the program's inputs. */
static gint
contraction_operand (Writer  *self,
                     MpValue *operand)
{
  for (guint i = self->unit->head->n_inputs + (guint) self->program->n_inputs - 1; i < self->unit->views->len; i++)
    if (g_ptr_array_index (self->unit->views, i) == operand)
      return (gint) i;
  g_ptr_array_add (self->unit->inputs, operand->root);
  g_ptr_array_add (self->unit->views, operand);
  return (gint) self->unit->views->len - 1;
}

static void
add_output (Writer  *self,
            MpValue *member,
            gint     reg)
{
  MpProgram *program = self->program;
  gint n = program->n_outputs;

  if (n == MP_PROGRAM_MAX_OUTPUTS) {
    self->full = TRUE;
    return;
  }
  program->output[n].reg = reg;
  program->output[n].scale = 1;
  if (_mp_is_reduction (member)) {
    program->output[n].reduce = member->node->op == MP_OP_MAX ? MP_REDUCE_MAX : MP_REDUCE_SUM;
    program->output[n].axes = member->node->attrs.axes;
    if (member->node->op == MP_OP_MEAN)
      program->output[n].scale = (double) mp_tensor_count (&member->node->type)
                                 / (double) mp_tensor_count (&self->unit->domain);
  } else if (_mp_is_contraction (member)) {
    program->output[n].reduce = MP_CONTRACT;
    program->output[n].axes = member->node->attrs.transpose_a ? MP_AXIS (0) : MP_AXIS (1);
    program->output[n].operand = contraction_operand (self, member->inputs[1]);
  }
  program->n_outputs++;
  g_ptr_array_add (self->unit->outputs, member);
}

static void
write_member (Writer  *self,
              MpValue *member)
{
  gint reg;

  if (_mp_is_reduction (member) || _mp_is_contraction (member)) {
    add_output (self, member, operand_register (self, member->inputs[0]));
    return;
  }
  if (member->node->op == MP_OP_BROADCAST)
    reg = GPOINTER_TO_INT (g_hash_table_lookup (self->registers, member)) - 1;
  else if (member == self->unit->head)
    reg = 0;
  else
    reg = write_instruction (self, member);
  g_hash_table_insert (self->registers, member, GINT_TO_POINTER (reg + 1));
  if (member->used_outside || member->output)
    add_output (self, member, reg);
}

void
_mp_unit_reopen (MpUnit *unit)
{
  g_clear_pointer (&unit->inputs, g_ptr_array_unref);
  g_clear_pointer (&unit->views, g_ptr_array_unref);
  g_clear_pointer (&unit->outputs, g_ptr_array_unref);
  g_clear_pointer (&unit->spec, g_free);
}

static void
start_program (MpUnit *unit)
{
  unit->spec = g_new0 (MpProgram, 1);
  unit->spec->dtype = unit->domain.dtype;
  unit->spec->rank = unit->domain.rank;
  memcpy (unit->spec->dim, unit->domain.dim, sizeof unit->domain.dim);
  if (unit->head != NULL) {
    dense_strides (&unit->domain, &unit->domain, unit->spec->input[0].stride);
    unit->spec->n_inputs = 1;
  }
}

gboolean
_mp_unit_finish (MpUnit *unit)
{
  g_autoptr (GHashTable) registers = NULL;
  Writer self = { unit };

  unit->inputs = g_ptr_array_new ();
  unit->views = g_ptr_array_new ();
  unit->outputs = g_ptr_array_new ();
  if (unit->head != NULL)
    for (guint i = 0; i < unit->head->n_inputs; i++) {
      g_ptr_array_add (unit->inputs, unit->head->inputs[i]->root);
      /* An op's own operands may be views of their memory in another shape. */
      g_ptr_array_add (unit->views, unit->head->inputs[i]);
    }
  if (unit->head != NULL && unit->members->len == 1) {
    g_ptr_array_add (unit->outputs, unit->head);
    return TRUE;
  }
  registers = g_hash_table_new (NULL, NULL);
  self.registers = registers;
  start_program (unit);
  self.program = unit->spec;
  collect_inputs (&self);
  for (guint m = 0; m < unit->members->len && !self.full; m++)
    write_member (&self, g_ptr_array_index (unit->members, m));
  return !self.full;
}

MpTensorType
_mp_stored_type (const MpValue *view)
{
  MpTensorType type = view->node->type;

  type.dtype = view->root->storage;
  return type;
}

void
_mp_unit_describe (const MpUnit *unit,
                   MpTensorType *types,
                   MpKernelSpec *out)
{
  guint n_in = unit->inputs->len, n_out = unit->outputs->len;

  *out = (MpKernelSpec) { .op = unit->head != NULL ? unit->head->node->op : MP_OP_FUSED, .n_inputs = (gint32) n_in,
                          .n_outputs = (gint32) n_out, .inputs = types, .outputs = types + n_in,
                          .program = unit->spec };
  if (unit->head != NULL)
    out->attrs = unit->head->node->attrs;
  for (guint i = 0; i < n_in; i++)
    types[i] = _mp_stored_type (g_ptr_array_index (unit->views, i));
  for (guint i = 0; i < n_out; i++)
    types[n_in + i] = _mp_stored_type (g_ptr_array_index (unit->outputs, i));
}

/* ---- work ---- */

gboolean
_mp_is_exponential (MpOp op)
{
  switch ((int) op) {
  case MP_OP_EXP: case MP_OP_LOG: case MP_OP_LOG1P: case MP_OP_EXPM1: case MP_OP_POW: case MP_OP_TANH:
  case MP_OP_SIGMOID: case MP_OP_SOFTPLUS: case MP_OP_ELU:
    return TRUE;
  default:
    return FALSE;
  }
}

double
_mp_product_flops (const MpNode *node)
{
  const MpTensorType *a = node->n_inputs > 0 ? &node->inputs[0]->type : NULL;
  double out = (double) mp_tensor_count (&node->type);

  switch ((int) node->op) {
  case MP_OP_MATMUL:
    return 2 * out * (double) a->dim[a->rank - (node->attrs.transpose_a ? 2 : 1)];
  case MP_OP_SQDIST:
    return 2 * out * (double) a->dim[1];
  case MP_OP_CONV:
    return 2 * out * (double) mp_tensor_count (&node->inputs[1]->type) / (double) node->type.dim[3];
  case MP_OP_CONV_DATA:
    return 2 * (double) mp_tensor_count (a) * (double) mp_tensor_count (&node->inputs[1]->type) / (double) a->dim[3];
  case MP_OP_CONV_WEIGHT:
    return 2 * (double) mp_tensor_count (&node->inputs[1]->type) * out / (double) node->type.dim[0];
  case MP_OP_CHOLESKY:
    return out * (double) node->type.dim[node->type.rank - 1] / 3;
  case MP_OP_TRIANGULAR_SOLVE:
    return out * (double) a->dim[a->rank - 1];
  default:
    return 0;
  }
}

double
_mp_unit_flops (const MpUnit *unit,
                double       *products,
                double       *exponentials)
{
  double points = (double) mp_tensor_count (&unit->domain), flops = 0;

  *products = unit->head != NULL && unit->head->n_inputs > 0 ? _mp_product_flops (unit->head->node) : 0;
  *exponentials = 0;
  for (guint m = 0; m < unit->members->len; m++) {
    const MpValue *member = g_ptr_array_index (unit->members, m);

    if (_mp_is_contraction (member))
      *products += _mp_product_flops (member->node);
  }
  if (unit->spec != NULL) {
    flops = points * (unit->spec->n_instructions + unit->spec->n_outputs);
    for (gint i = 0; i < unit->spec->n_instructions; i++)
      if (_mp_is_exponential (unit->spec->instruction[i].op))
        *exponentials += points;
  }
  return flops + *products;
}
