/* SPDX-License-Identifier: Apache-2.0
 *
 * pack.c: second operands of products that several of them read in the same way, as the weights of a network that is
 * passed several times: where the back end would bring the operand into an order of its own for each product, the plan
 * has that done once, by a step before the first of them.
 */
#include "engine/graph/plan-private.h"

static MpPack *
find_pack (GArray        *packs,
           const MpUnit  *unit)
{
  MpValue *source = g_ptr_array_index (unit->inputs, 1), *view = g_ptr_array_index (unit->views, 1);

  for (guint i = 0; i < packs->len; i++) {
    MpPack *pack = &g_array_index (packs, MpPack, i);

    if (pack->source == source && mp_tensor_equal (&pack->view->node->type, &view->node->type)
        && pack->transpose == (unit->head->node->attrs.transpose_b != 0))
      return pack;
  }
  return NULL;
}

static gsize
packed_bytes (const MpUnit        *unit,
              const MpDeviceClass *class,
              MpDevice            *device)
{
  g_autofree MpTensorType *types = g_new0 (MpTensorType, unit->inputs->len + unit->outputs->len + 1);
  MpValue *first = g_ptr_array_index (unit->members, 0);
  MpKernelSpec spec;

  if (unit->head == NULL || unit->head->node->op != MP_OP_MATMUL || first->constant)
    return 0;
  _mp_unit_describe (unit, types, &spec);
  return class->packed_bytes (device, &spec);
}

GArray *
_mp_find_packs (GPtrArray           *units,
                const MpDeviceClass *class,
                MpDevice            *device)
{
  GArray *packs = g_array_new (FALSE, FALSE, sizeof (MpPack));

  for (guint u = 0; class->packed_bytes != NULL && u < units->len; u++) {
    MpUnit *unit = g_ptr_array_index (units, u);
    gsize bytes = packed_bytes (unit, class, device);
    MpPack *pack = bytes > 0 ? find_pack (packs, unit) : NULL;

    if (pack != NULL) {
      pack->last = (gint) u;
      pack->n_uses++;
    } else if (bytes > 0) {
      MpPack made = { .source = g_ptr_array_index (unit->inputs, 1), .view = g_ptr_array_index (unit->views, 1),
                      .transpose = unit->head->node->attrs.transpose_b != 0, .bytes = bytes, .n_uses = 1,
                      .first = (gint) u, .last = (gint) u };

      g_array_append_val (packs, made);
    }
  }
  for (guint i = packs->len; i-- > 0;)
    if (g_array_index (packs, MpPack, i).n_uses < 2)
      g_array_remove_index (packs, i);
  return packs;
}

const MpPack *
_mp_pack_of (GArray              *packs,
             const MpUnit        *unit,
             const MpDeviceClass *class,
             MpDevice            *device)
{
  return packs->len > 0 && packed_bytes (unit, class, device) > 0 ? find_pack (packs, unit) : NULL;
}
