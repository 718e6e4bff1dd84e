/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.c: puts the stages of planning together and binds kernels to addresses.
 *
 * Memory of a plan: `arena` for values that come and go, `lasting` for constants, gradients and copies of variables
 * that outlive their update, `workspace` for one kernel at a time. Gradients of a group lie where its parameters lie,
 * so that kernels write them straight into the block that the update reads.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#include <string.h>

/* What making a plan knows beside the plan. */
typedef struct
{
  MpPlan           *plan;
  const MpPlanSpec *spec;
  gsize            *gradient_offset; /* per update: its gradient block in the lasting block */
  gsize            *snapshot_offset; /* per output and assign: copy of a variable, or G_MAXSIZE */
  GError          **error;
} Making;

static gsize
round_up (gsize bytes)
{
  return (MAX (bytes, 1) + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
}

static gsize
type_bytes (const MpTensorType *type)
{
  return (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype);
}

static gboolean
is_variable (const MpValue *value)
{
  return value->node->op == MP_OP_PARAMETER || value->node->op == MP_OP_STATE || value->node->op == MP_OP_INPUT;
}

static MpValue *
root_of (Making *self,
         MpNode *node)
{
  return _mp_lowered_find (self->plan->lowered, node)->root;
}

/* ---- what is wanted ---- */

static GPtrArray *
list_wanted (const MpPlanSpec *spec)
{
  GPtrArray *wanted = g_ptr_array_new ();

  for (guint i = 0; i < spec->n_outputs; i++)
    g_ptr_array_add (wanted, spec->outputs[i]);
  for (guint u = 0; u < spec->n_updates; u++)
    for (guint i = 0; i < spec->updates[u]->n_parameters; i++)
      g_ptr_array_add (wanted, spec->updates[u]->gradients[i]);
  for (guint i = 0; i < spec->n_assigns; i++)
    g_ptr_array_add (wanted, spec->assigns[i]->inputs[1]);
  return wanted;
}

/* ---- lasting memory ---- */

static gsize
reserve (Making *self,
         gsize   bytes)
{
  gsize offset = self->plan->lasting_bytes;

  self->plan->lasting_bytes += round_up (bytes);
  return offset;
}

static void
place_lasting (Making  *self,
               MpValue *root,
               gsize    offset)
{
  g_hash_table_insert (self->plan->in_lasting, root, GSIZE_TO_POINTER (offset + 1));
}

/* A gradient that is an intermediate value of its own is computed in place; the rest is copied there. */
static void
reserve_gradients (Making *self)
{
  for (guint u = 0; u < self->spec->n_updates; u++) {
    const MpUpdate *update = self->spec->updates[u];
    gsize size = mp_dtype_size (update->parameters[0]->type.dtype);
    g_autoptr (GPtrArray) list = g_ptr_array_new ();
    g_autofree gint64 *offsets = g_new (gint64, update->n_parameters);

    for (guint i = 0; i < update->n_parameters; i++)
      g_ptr_array_add (list, update->parameters[i]);
    self->gradient_offset[u] = reserve (self, (gsize) _mp_flat_layout (list, offsets) * size);
    for (guint i = 0; i < update->n_parameters; i++) {
      MpValue *root = root_of (self, update->gradients[i]);

      if (root->unit != NULL && !root->constant && !g_hash_table_contains (self->plan->in_lasting, root))
        place_lasting (self, root, self->gradient_offset[u] + (gsize) offsets[i] * size);
    }
  }
}

/* A variable that is read out or assigned elsewhere is copied before updates change it. */
static void
reserve_snapshots (Making *self)
{
  for (guint i = 0; i < self->spec->n_outputs + self->spec->n_assigns; i++) {
    MpNode *node = i < self->spec->n_outputs ? self->spec->outputs[i]
                                             : self->spec->assigns[i - self->spec->n_outputs]->inputs[1];
    MpValue *root = root_of (self, node);

    self->snapshot_offset[i] = is_variable (root) ? reserve (self, type_bytes (&node->type)) : G_MAXSIZE;
  }
}

/* ---- the arena ---- */

static void
extend_lifetime (MpBuffer *buffers,
                 MpValue  *root,
                 gint      unit)
{
  if (root->buffer >= 0)
    buffers[root->buffer].last = MAX (buffers[root->buffer].last, unit);
}

static void
place_arena (Making *self)
{
  MpPlan *plan = self->plan;
  g_autoptr (GArray) buffers = g_array_new (FALSE, TRUE, sizeof (MpBuffer));
  gint end = (gint) plan->units->len;
  guint n_values;

  for (guint u = 0; u < plan->units->len; u++) {
    MpUnit *unit = g_ptr_array_index (plan->units, u);

    for (guint i = 0; i < unit->outputs->len; i++) {
      MpValue *value = g_ptr_array_index (unit->outputs, i);
      MpTensorType stored = _mp_stored_type (value);
      MpBuffer buffer = { type_bytes (&stored), (gint) u, value->output ? end : (gint) u, 0 };

      if (value->constant && !g_hash_table_contains (self->plan->in_lasting, value))
        place_lasting (self, value, reserve (self, buffer.bytes));
      if (g_hash_table_contains (self->plan->in_lasting, value))
        continue;
      value->buffer = (gint) buffers->len;
      g_array_append_val (buffers, buffer);
    }
  }
  for (guint u = 0; u < plan->units->len; u++) {
    MpUnit *unit = g_ptr_array_index (plan->units, u);

    for (guint i = 0; i < unit->inputs->len; i++)
      extend_lifetime ((MpBuffer *) (void *) buffers->data, g_ptr_array_index (unit->inputs, i), (gint) u);
  }
  n_values = buffers->len;
  for (guint i = 0; i < plan->packs->len; i++) {
    const MpPack *pack = &g_array_index (plan->packs, MpPack, i);
    MpBuffer buffer = { pack->bytes, pack->first, pack->last, 0 };

    g_array_append_val (buffers, buffer);
  }
  _mp_plan_separate (plan, (MpBuffer *) (void *) buffers->data, buffers->len);
  plan->info.arena_bytes = _mp_place ((MpBuffer *) (void *) buffers->data, buffers->len);
  for (guint i = 0; i < buffers->len; i++)
    plan->info.unshared_bytes += g_array_index (buffers, MpBuffer, i).bytes;
  for (guint v = 0; v < plan->lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (plan->lowered->values, v);

    if (value->buffer >= 0)
      value->offset = g_array_index (buffers, MpBuffer, value->buffer).offset;
  }
  for (guint i = 0; i < plan->packs->len; i++)
    g_array_index (plan->packs, MpPack, i).offset = g_array_index (buffers, MpBuffer, n_values + i).offset;
}

/* ---- locations ---- */

static gboolean
fill_constant (MpPlan   *plan,
               MpValue  *value,
               void     *address,
               GError  **error)
{
  MpStore *store = plan->store;
  const MpNode *node = value->node;
  gsize n = (gsize) mp_tensor_count (&node->type), size = mp_dtype_size (node->type.dtype);
  g_autofree guint8 *filled = NULL;
  const void *data = node->data;

  if (data == NULL) {
    filled = g_malloc (MAX (1, n * size));
    for (gsize i = 0; i < n; i++)
      switch (node->type.dtype) {
      case MP_FLOAT32: ((float *) (void *) filled)[i] = (float) node->attrs.scalar[0]; break;
      case MP_INT32: ((gint32 *) (void *) filled)[i] = (gint32) node->attrs.scalar[0]; break;
      case MP_FLOAT64:
      default: ((double *) (void *) filled)[i] = node->attrs.scalar[0]; break;
      }
    data = filled;
  }
  return mp_check_status (store->class->upload (store->device, store->stream, address, data, n * size),
                          "uploading a constant", error);
}

static MpLocation
in_lasting (gsize offset)
{
  return (MpLocation) { MP_IN_LASTING, offset, NULL };
}

static MpLocation
in_variable (MpNode *variable)
{
  return (MpLocation) { MP_IN_VARIABLE, 0, variable };
}

static MpLocation
location_of (MpPlan  *plan,
             MpValue *root)
{
  gpointer lasting = g_hash_table_lookup (plan->in_lasting, root);

  if (is_variable (root))
    return in_variable (root->node);
  if (lasting != NULL)
    return in_lasting (GPOINTER_TO_SIZE (lasting) - 1);
  g_assert (root->buffer >= 0);
  return (MpLocation) { MP_IN_ARENA, root->offset, NULL };
}

static gboolean
same_location (MpLocation a,
               MpLocation b)
{
  return a.base == b.base && a.offset == b.offset && a.variable == b.variable;
}

/* Once there is memory; NULL after an error. */
static void *
resolve (MpPlan            *plan,
         const MpLocation  *location,
         GError           **error)
{
  switch (location->base) {
  case MP_IN_ARENA:
    return (guint8 *) plan->arena + location->offset;
  case MP_IN_LASTING:
    return (guint8 *) plan->lasting + location->offset;
  case MP_IN_VARIABLE:
    return _mp_store_address (plan->store, location->variable, error);
  }
  g_assert_not_reached ();
}

/* Constants that some kernel, update, assign or reader needs in memory. */
static void
reserve_constants (Making *self)
{
  MpPlan *plan = self->plan;

  for (guint v = 0; v < plan->lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (plan->lowered->values, v);

    if (value->node->op == MP_OP_CONSTANT && (value->output || value->used_outside))
      place_lasting (self, value, reserve (self, type_bytes (&value->node->type)));
  }
}

/* ---- kernels ---- */

static gboolean
add_step (Making             *self,
          const MpKernelSpec *spec,
          const MpLocation   *locations,
          MpUnit             *unit,
          char               *label)
{
  MpPlan *plan = self->plan;
  MpStep step = { .label = label, .unit = unit, .n_inputs = (guint) spec->n_inputs,
                  .n_outputs = (guint) spec->n_outputs };
  gboolean made;

  step.bytes = g_new (gsize, MAX (1, step.n_inputs + step.n_outputs));
  for (guint i = 0; i < step.n_inputs + step.n_outputs; i++)
    step.bytes[i] = type_bytes (i < step.n_inputs ? &spec->inputs[i] : &spec->outputs[i - step.n_inputs]);
  step.locations = g_memdup2 (locations, (step.n_inputs + step.n_outputs) * sizeof *locations);
  if (unit != NULL)
    step.flops = _mp_unit_flops (unit, &step.product_flops, &step.exponentials);
  made = mp_check_status (plan->store->class->kernel_new (plan->store->device, spec, &step.kernel), label, self->error);
  if (made)
    plan->info.workspace_bytes = MAX (plan->info.workspace_bytes,
                                      plan->store->class->kernel_workspace (step.kernel));
  g_array_append_val (plan->steps, step);
  return made;
}

/* The operands of a product, "200×100·2×100ᵀ → ": its cost cannot be read from the shape of what comes out. */
static void
append_operands (GString      *label,
                 const MpNode *product)
{
  const gboolean transposed[] = { product->attrs.transpose_a != 0, product->attrs.transpose_b != 0 };
  char shape[128];

  for (guint i = 0; i < 2; i++) {
    const char *dims = strchr (mp_tensor_text (&product->inputs[i]->type, shape, sizeof shape), ' ');

    g_string_append_printf (label, "%s%s%s", dims + 1, transposed[i] ? "ᵀ" : "", i == 0 ? "·" : " → ");
  }
}

static char *
unit_label (const MpUnit *unit)
{
  GString *label = g_string_new (unit->head != NULL ? mp_op_name (unit->head->node->op) : "fused");
  guint n_contractions = 0;
  MpTensorType type = unit->domain;
  char shape[128];

  if (unit->spec != NULL && unit->spec->n_instructions > 0) {
    g_string_append (label, unit->head != NULL ? " + " : " ");
    for (gint i = 0; i < unit->spec->n_instructions && i < 6; i++)
      g_string_append_printf (label, "%s%s", i > 0 ? "·" : "", mp_op_name (unit->spec->instruction[i].op));
    if (unit->spec->n_instructions > 6)
      g_string_append_printf (label, "·… %d", unit->spec->n_instructions);
  }
  for (guint m = 0; m < unit->members->len; m++)
    n_contractions += _mp_is_contraction (g_ptr_array_index (unit->members, m));
  if (n_contractions > 0)
    g_string_append_printf (label, " + %u contraction%s", n_contractions, n_contractions > 1 ? "s" : "");
  g_string_append (label, " (");
  if (unit->head != NULL && mp_op_class (unit->head->node->op) == MP_CLASS_PRODUCT)
    append_operands (label, unit->head->node);
  for (guint i = 0; i < unit->outputs->len; i++)
    if (((MpValue *) g_ptr_array_index (unit->outputs, i))->storage == MP_BFLOAT16)
      type.dtype = MP_BFLOAT16;
  g_string_append_printf (label, "%s)", mp_tensor_text (&type, shape, sizeof shape));
  return g_string_free (label, FALSE);
}

static gboolean
add_pack (Making       *self,
          const MpPack *pack)
{
  MpTensorType from = _mp_stored_type (pack->view);
  gint64 n = (gint64) (pack->bytes / mp_dtype_size (from.dtype));
  MpTensorType to = mp_type (from.dtype, 1, &n);
  MpKernelSpec spec = { .op = MP_OP_COPY, .attrs = { .flags = MP_PACKED, .transpose_b = pack->transpose }, .n_inputs = 1,
                        .n_outputs = 1, .inputs = &from, .outputs = &to };
  const MpLocation locations[2] = { location_of (self->plan, pack->source), { MP_IN_ARENA, pack->offset, NULL } };
  char shape[128];

  return add_step (self, &spec, locations, NULL,
                   g_strdup_printf ("pack (%s%s)", mp_tensor_text (&from, shape, sizeof shape),
                                    pack->transpose ? "ᵀ" : ""));
}

static gboolean
add_unit (Making *self,
          MpUnit *unit)
{
  guint n_in = unit->inputs->len, n_out = unit->outputs->len;
  g_autofree MpTensorType *types = g_new0 (MpTensorType, n_in + n_out + 1);
  g_autofree MpLocation *locations = g_new0 (MpLocation, n_in + n_out + 1);
  const MpPack *pack;
  MpKernelSpec spec;

  _mp_unit_describe (unit, types, &spec);
  for (guint i = 0; i < n_in + n_out; i++) {
    MpValue *value = i < n_in ? g_ptr_array_index (unit->inputs, i) : g_ptr_array_index (unit->outputs, i - n_in);

    locations[i] = location_of (self->plan, value);
  }
  pack = _mp_pack_of (self->plan->packs, unit, self->plan->store->class, self->plan->store->device);
  if (pack != NULL) {
    if (pack->first == (gint) unit->index && !add_pack (self, pack))
      return FALSE;
    spec.attrs.flags |= MP_PACKED;
    locations[1] = (MpLocation) { MP_IN_ARENA, pack->offset, NULL };
  }
  return add_step (self, &spec, locations, unit, unit_label (unit));
}

static gboolean
add_copy (Making             *self,
          const MpTensorType *type,
          MpLocation          from,
          MpLocation          to,
          const char         *what)
{
  MpKernelSpec spec = { .op = MP_OP_COPY, .n_inputs = 1, .n_outputs = 1, .inputs = type, .outputs = type };
  const MpLocation locations[2] = { from, to };

  return add_step (self, &spec, locations, NULL, g_strdup_printf ("copy %s", what));
}

static gboolean
add_update (Making         *self,
            const MpUpdate *update,
            gsize           gradient_offset)
{
  MpTensorType inputs[2] = { update->moment1->type, update->hyper->type };
  MpTensorType outputs[4] = { update->moment1->type, update->moment1->type, update->moment2->type,
                              update->count->type };
  MpKernelSpec spec = { .op = update->op, .attrs = { .flags = update->flags }, .n_inputs = 2, .n_outputs = 4,
                        .inputs = inputs, .outputs = outputs };
  /* The group's block begins with its first parameter. */
  const MpLocation locations[6] = {
    in_lasting (gradient_offset), in_variable (update->hyper), in_variable (update->parameters[0]),
    in_variable (update->moment1), in_variable (update->moment2), in_variable (update->count)
  };
  gsize size = mp_dtype_size (update->parameters[0]->type.dtype);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autofree gint64 *offsets = g_new (gint64, update->n_parameters);

  for (guint i = 0; i < update->n_parameters; i++)
    g_ptr_array_add (list, update->parameters[i]);
  _mp_flat_layout (list, offsets);
  for (guint i = 0; i < update->n_parameters; i++) {
    MpLocation place = in_lasting (gradient_offset + (gsize) offsets[i] * size);
    MpLocation value = location_of (self->plan, root_of (self, update->gradients[i]));

    if (!same_location (value, place) && !add_copy (self, &update->gradients[i]->type, value, place, "gradient"))
      return FALSE;
  }
  return add_step (self, &spec, locations, NULL, g_strdup_printf ("%s %s", mp_op_name (update->op), update->group));
}

/* Where the value of an output or an assign is found after the units have run: in its copy, if it is a variable's. */
static MpLocation
location_after (Making *self,
                guint   i,
                MpNode *node)
{
  return self->snapshot_offset[i] != G_MAXSIZE ? in_lasting (self->snapshot_offset[i])
                                               : location_of (self->plan, root_of (self, node));
}

/* Values first, then copies of variables, then what changes them. */
static gboolean
add_tail (Making *self)
{
  const MpPlanSpec *spec = self->spec;

  for (guint i = 0; i < spec->n_outputs + spec->n_assigns; i++) {
    MpNode *node = i < spec->n_outputs ? spec->outputs[i] : spec->assigns[i - spec->n_outputs]->inputs[1];

    if (self->snapshot_offset[i] != G_MAXSIZE
        && !add_copy (self, &node->type, location_of (self->plan, root_of (self, node)),
                      in_lasting (self->snapshot_offset[i]), "variable"))
      return FALSE;
  }
  for (guint u = 0; u < spec->n_updates; u++)
    if (!add_update (self, spec->updates[u], self->gradient_offset[u]))
      return FALSE;
  for (guint i = 0; i < spec->n_assigns; i++) {
    MpNode *target = spec->assigns[i]->inputs[0];

    if (!add_copy (self, &target->type, location_after (self, spec->n_outputs + i, spec->assigns[i]->inputs[1]),
                   in_variable (target), "assign"))
      return FALSE;
  }
  return TRUE;
}

static void
step_clear (MpPlan *plan,
            MpStep *step)
{
  if (step->kernel != NULL)
    plan->store->class->kernel_free (step->kernel);
  if (step->event != NULL)
    plan->store->class->event_free (step->event);
  g_free (step->locations);
  g_free (step->bytes);
  g_free (step->inputs);
  g_free (step->label);
}

/* ---- memory and addresses ---- */

static gboolean
allocate (MpPlan  *plan,
          GError **error)
{
  MpStore *store = plan->store;

  plan->arena = _mp_store_allocate (store, plan->info.arena_bytes - plan->lasting_bytes, "the plan's arena", error);
  plan->lasting = plan->arena != NULL
                  ? _mp_store_allocate (store, plan->lasting_bytes, "the plan's gradients", error) : NULL;
  plan->workspace = plan->lasting != NULL
                    ? _mp_store_allocate (store, plan->info.workspace_bytes, "the kernels' workspace", error) : NULL;
  if (plan->workspace == NULL)
    return FALSE;
  for (guint v = 0; v < plan->lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (plan->lowered->values, v);
    MpLocation location;

    if (value->node->op != MP_OP_CONSTANT || !g_hash_table_contains (plan->in_lasting, value))
      continue;
    location = location_of (plan, value);
    if (!fill_constant (plan, value, resolve (plan, &location, error), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
resolve_step (MpPlan  *plan,
              MpStep  *step,
              GError **error)
{
  guint n = step->n_inputs + step->n_outputs;

  step->inputs = g_new0 (void *, MAX (1, n));
  step->outputs = step->inputs + step->n_inputs;
  for (guint i = 0; i < n; i++) {
    step->inputs[i] = resolve (plan, &step->locations[i], error);
    if (step->inputs[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
bind_step (MpPlan  *plan,
           MpStep  *step,
           GError **error)
{
  guint8 *workspace = (guint8 *) plan->workspace + _mp_plan_workspace_offset (plan, step);

  return mp_check_status (plan->store->class->kernel_bind (step->kernel, step->inputs, step->outputs, workspace),
                          step->label, error);
}

gboolean
_mp_step_is_constant (const MpStep *step)
{
  return step->unit != NULL && ((MpValue *) g_ptr_array_index (step->unit->members, 0))->constant;
}

/* Runs the kernels that compute constants, and drops them. */
static gboolean
fold_constants (MpPlan  *plan,
                GError **error)
{
  const MpRunContext nothing = { 0 };
  guint kept = 0;

  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep *step = &g_array_index (plan->steps, MpStep, i);

    if (_mp_step_is_constant (step)
        && !(bind_step (plan, step, error)
             && mp_check_status (plan->store->class->kernel_run (step->kernel, plan->store->stream, &nothing),
                                 step->label, error)))
      return FALSE;
  }
  if (!mp_store_sync (plan->store, error))
    return FALSE;
  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep step = g_array_index (plan->steps, MpStep, i);

    memset (&g_array_index (plan->steps, MpStep, i), 0, sizeof step);
    if (_mp_step_is_constant (&step))
      step_clear (plan, &step);
    else
      g_array_index (plan->steps, MpStep, kept++) = step;
  }
  g_array_set_size (plan->steps, kept);
  return TRUE;
}

/* ---- the whole ---- */

static void
mark_outputs (Making    *self,
              GPtrArray *wanted)
{
  for (guint i = 0; i < wanted->len; i++) {
    MpValue *value = _mp_lowered_find (self->plan->lowered, g_ptr_array_index (wanted, i));

    value->root->output = TRUE;
  }
}

static void
mark_constants_in_memory (MpPlan *plan)
{
  for (guint u = 0; u < plan->units->len; u++) {
    MpUnit *unit = g_ptr_array_index (plan->units, u);

    for (guint i = 0; i < unit->inputs->len; i++)
      ((MpValue *) g_ptr_array_index (unit->inputs, i))->used_outside = TRUE;
  }
}

static void
sum_up (MpPlan *plan)
{
  plan->info.n_nodes = plan->lowered->n_wanted;
  plan->info.n_folded = plan->lowered->n_merged;
  for (guint i = 0; i < plan->steps->len; i++) {
    MpStep *step = &g_array_index (plan->steps, MpStep, i);

    if (_mp_step_is_constant (step))
      continue;
    plan->info.n_kernels++;
    plan->info.n_fused_groups += step->unit != NULL && step->unit->spec != NULL && step->unit->members->len > 1;
    plan->info.flops += step->flops;
    plan->info.product_flops += step->product_flops;
    plan->info.exponentials += step->exponentials;
  }
  plan->info.arena_bytes = round_up (plan->info.arena_bytes) + round_up (plan->lasting_bytes);
  plan->info.unshared_bytes += plan->lasting_bytes;
  plan->main_workspace = round_up (plan->info.workspace_bytes);
  plan->info.workspace_bytes = plan->main_workspace + _mp_plan_branch_workspace (plan);
  plan->lasting_bytes = round_up (plan->lasting_bytes);
}

static gboolean
make (Making    *self,
      GPtrArray *wanted)
{
  MpPlan *plan = self->plan;
  MpStore *store = plan->store;

  plan->lowered = _mp_lower (store->graph, store->class, store->device, wanted, self->error);
  if (plan->lowered == NULL)
    return FALSE;
  mark_outputs (self, wanted);
  plan->units = _mp_fuse (plan->lowered, store->class, store->device, !self->spec->no_fusion);
  if (!self->spec->no_fusion && store->precision == MP_PRECISION_BF16)
    _mp_choose_storage (plan->units, store->class, store->device);
  plan->packs = _mp_find_packs (plan->units, store->class, store->device);
  if (self->spec->no_fusion)
    g_array_set_size (plan->packs, 0);
  mark_constants_in_memory (plan);
  reserve_gradients (self);
  reserve_snapshots (self);
  reserve_constants (self);
  place_arena (self);
  for (guint u = 0; u < plan->units->len; u++)
    if (!add_unit (self, g_ptr_array_index (plan->units, u)))
      return FALSE;
  if (!add_tail (self))
    return FALSE;
  for (guint i = 0; i < plan->n_outputs; i++) {
    plan->output_types[i] = self->spec->outputs[i]->type;
    plan->output_locations[i] = location_after (self, i, self->spec->outputs[i]);
  }
  sum_up (plan);
  return TRUE;
}

MpPlan *
mp_plan_prepare (MpStore           *store,
                 const MpPlanSpec  *spec,
                 GError           **error)
{
  MpPlan *plan;
  g_autoptr (GPtrArray) wanted = NULL;
  g_autofree gsize *gradient_offset = NULL, *snapshot_offset = NULL;
  Making self = { .spec = spec, .error = error };

  if (!mp_graph_check (store->graph, error))
    return NULL;
  plan = g_new0 (MpPlan, 1);
  plan->store = store;
  plan->name = g_strdup (spec->name);
  plan->steps = g_array_new (FALSE, TRUE, sizeof (MpStep));
  plan->in_lasting = g_hash_table_new (NULL, NULL);
  plan->n_outputs = spec->n_outputs;
  plan->output_locations = g_new0 (MpLocation, MAX (1, spec->n_outputs));
  plan->output_addresses = g_new0 (void *, MAX (1, spec->n_outputs));
  plan->output_types = g_new0 (MpTensorType, MAX (1, spec->n_outputs));
  plan->check_finite = spec->check_finite;
  self.plan = plan;
  self.gradient_offset = gradient_offset = g_new0 (gsize, MAX (1, spec->n_updates));
  self.snapshot_offset = snapshot_offset = g_new0 (gsize, spec->n_outputs + spec->n_assigns + 1);
  wanted = list_wanted (spec);
  if (!make (&self, wanted)) {
    mp_plan_free (plan);
    return NULL;
  }
  return plan;
}

gboolean
mp_plan_allocate (MpPlan  *plan,
                  GError **error)
{
  g_return_val_if_fail (plan->arena == NULL, FALSE);

  if (!allocate (plan, error))
    return FALSE;
  for (guint i = 0; i < plan->steps->len; i++)
    if (!resolve_step (plan, &g_array_index (plan->steps, MpStep, i), error))
      return FALSE;
  for (guint i = 0; i < plan->n_outputs; i++) {
    plan->output_addresses[i] = resolve (plan, &plan->output_locations[i], error);
    if (plan->output_addresses[i] == NULL)
      return FALSE;
  }
  if (!fold_constants (plan, error) || !_mp_plan_branch (plan, error))
    return FALSE;
  for (guint i = 0; i < plan->steps->len; i++)
    if (!bind_step (plan, &g_array_index (plan->steps, MpStep, i), error))
      return FALSE;
  return TRUE;
}

MpPlan *
mp_plan_new (MpStore           *store,
             const MpPlanSpec  *spec,
             GError           **error)
{
  MpPlan *plan = mp_plan_prepare (store, spec, error);

  if (plan != NULL && !mp_plan_allocate (plan, error))
    g_clear_pointer (&plan, mp_plan_free);
  return plan;
}

void
mp_plan_free (MpPlan *plan)
{
  if (plan == NULL)
    return;
  /* What is under way may still use kernels and memory. */
  mp_store_sync (plan->store, NULL);
  for (guint i = 0; i < plan->steps->len; i++)
    step_clear (plan, &g_array_index (plan->steps, MpStep, i));
  g_array_unref (plan->steps);
  for (guint i = 0; i < 3; i++) {
    void *memory = i == 0 ? plan->arena : i == 1 ? plan->lasting : plan->workspace;

    if (memory != NULL)
      plan->store->class->release (plan->store->device, memory);
  }
  if (plan->begin != NULL)
    plan->store->class->event_free (plan->begin);
  _mp_schedule_free (plan->schedule);
  g_clear_pointer (&plan->units, g_ptr_array_unref);
  g_clear_pointer (&plan->packs, g_array_unref);
  _mp_lowered_free (plan->lowered);
  g_hash_table_unref (plan->in_lasting);
  g_free (plan->output_locations);
  g_free (plan->output_addresses);
  g_free (plan->output_types);
  g_free (plan->first_nonfinite);
  g_free (plan->name);
  g_free (plan);
}
