/* SPDX-License-Identifier: Apache-2.0
 *
 * look.c: samples for metrics, and views of a lane: fixed-noise points, the projected space, background layers.
 *
 * These plans run with step 0 on streams of their own, so the noise never changes and training never sees them. They
 * run between iterations in the order of the stream; what they compute is downloaded beside training (readback.h).
 */
#include "engine/train/loop-private.h"

#include <string.h>

static gsize
type_bytes (const MpTensorType *type)
{
  return (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype);
}

void
mp_loop_clear_look (MpLoop *self)
{
  LoopLook *look = &self->look;
  guint n_surfaces = 0;

  g_clear_pointer (&look->view, mp_readback_free);
  for (guint i = 0; i < G_N_ELEMENTS (look->samples); i++)
    g_clear_pointer (&look->samples[i], mp_readback_free);
  if (self->build != NULL)
    mp_build_get_surfaces (self->build, &n_surfaces);
  for (guint i = 0; look->surface_plans != NULL && i < n_surfaces; i++)
    g_clear_pointer (&look->surface_plans[i], mp_plan_free);
  g_clear_pointer (&look->surface_plans, g_free);
  g_clear_pointer (&look->sample_plan, mp_plan_free);
  g_clear_pointer (&look->base_plan, mp_plan_free);
  g_clear_pointer (&look->sample_values, g_free);
  g_clear_pointer (&look->reference, g_free);
}

/* ---- plans ---- */

gboolean
mp_loop_prepare_look (MpLoop  *self,
                      GError **error)
{
  const MpProjectionNodes *projection = mp_build_get_projection (self->build);
  MpNode *samples = mp_build_get_samples (self->build);
  MpNode *outputs[3] = { mp_build_get_view_samples (self->build) };
  MpPlanSpec sample_spec = { .name = "sample", .n_outputs = 1, .outputs = &samples };
  MpPlanSpec spec = { .name = "view", .n_outputs = 1, .outputs = outputs };
  guint n_surfaces;

  if (projection->title != NULL) {
    outputs[spec.n_outputs++] = projection->real;
    outputs[spec.n_outputs++] = projection->generated;
  }
  mp_build_get_surfaces (self->build, &n_surfaces);
  self->look.surface_plans = g_new0 (MpPlan *, MAX (n_surfaces, 1));
  self->look.sample_plan = mp_plan_prepare (self->store, &sample_spec, error);
  if (self->look.sample_plan == NULL)
    return FALSE;
  self->look.base_plan = mp_plan_prepare (self->store, &spec, error);
  return self->look.base_plan != NULL;
}

/* The points that are reconstructed, where samples are reconstructions. */
static gboolean
write_sample_data (MpLoop  *self,
                   GError **error)
{
  MpNode *node = mp_build_get_sample_data (self->build);
  g_autofree float *points = NULL;

  if (node == NULL)
    return TRUE;
  points = g_new (float, MAX (1, mp_tensor_count (&node->type)));
  mp_data_get_reference (self->data, node->type.dim[0], points);
  return mp_loop_write_floats (self, node, points, error);
}

gboolean
mp_loop_allocate_look (MpLoop  *self,
                       GError **error)
{
  LoopLook *look = &self->look;
  MpNode *samples = mp_build_get_samples (self->build);
  guint n = self->class->host_memory ? 1 : G_N_ELEMENTS (look->samples);

  if (!mp_plan_allocate (look->sample_plan, error) || !mp_plan_allocate (look->base_plan, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    look->samples[i] = mp_readback_new (self->store, self->downloads, type_bytes (&samples->type), error);
    if (look->samples[i] == NULL)
      return FALSE;
  }
  look->sample_values = g_new (float, MAX (1, mp_tensor_count (&samples->type)));
  return write_sample_data (self, error);
}

static gboolean
run_fixed (MpLoop  *self,
           MpPlan  *plan,
           GError **error)
{
  const MpRunContext context = { .seed = self->seed };

  return mp_plan_run (plan, &context, error);
}

/* As float32, from what was downloaded. */
static void
convert (const void         *from,
         const MpTensorType *type,
         float              *to)
{
  gint64 n = mp_tensor_count (type);

  if (type->dtype == MP_FLOAT32)
    memcpy (to, from, (gsize) n * sizeof (float));
  else
    for (gint64 i = 0; i < n; i++)
      to[i] = (float) ((const double *) from)[i];
}

/* ---- samples ---- */

gboolean
mp_loop_start_sample (MpLoop  *self,
                      GError **error)
{
  LoopLook *look = &self->look;
  const MpTensorType *type = &mp_build_get_samples (self->build)->type;
  guint n = self->class->host_memory ? 1 : G_N_ELEMENTS (look->samples);
  MpReadback *readback = look->samples[(look->first_sample + look->n_samples) % n];
  MpReadback *last = look->samples[(look->first_sample + look->n_samples + n - 1) % n];

  g_return_val_if_fail (look->n_samples < n, FALSE);
  look->n_samples++;
  /* The plan overwrites what the last one is being copied from. */
  return mp_readback_guard (last, error)
         && run_fixed (self, look->sample_plan, error)
         && mp_readback_begin (readback, error)
         && mp_readback_add (readback, mp_plan_get_address (look->sample_plan, 0), type_bytes (type), error)
         && mp_readback_end (readback, error);
}

const float *
mp_loop_sample (MpLoop  *self,
                gint64  *n,
                GError **error)
{
  LoopLook *look = &self->look;
  const MpTensorType *type = &mp_build_get_samples (self->build)->type;
  gboolean there;

  if (look->n_samples == 0 && !mp_loop_start_sample (self, error))
    return NULL;
  if (!mp_readback_poll (look->samples[look->first_sample], TRUE, &there, error))
    return NULL;
  convert (mp_readback_get (look->samples[look->first_sample]), type, look->sample_values);
  look->first_sample = (look->first_sample + 1) % (self->class->host_memory ? 1 : G_N_ELEMENTS (look->samples));
  look->n_samples--;
  *n = type->dim[0];
  return look->sample_values;
}

/* ---- views ---- */

gboolean
mp_loop_set_view_grid (MpLoop        *self,
                       gint           width,
                       gint           height,
                       const double   extent[4],
                       GError       **error)
{
  MpNode *node = mp_build_get_view_points (self->build);
  g_autofree float *points = NULL;

  if (node == NULL)
    return TRUE;
  if (node->type.dim[0] != (gint64) width * height || node->type.dim[1] != 2) {
    g_set_error (error, MP_ERROR, MP_ERROR_STATE,
                 "A view grid of %d×%d points was asked for, but the lane has %d points of %d dimensions",
                 width, height, (gint) node->type.dim[0], (gint) node->type.dim[1]);
    return FALSE;
  }

  points = g_new (float, 2 * width * height);
  for (gint row = 0; row < height; row++)
    for (gint column = 0; column < width; column++) {
      float *point = points + 2 * (row * width + column);

      point[0] = (float) (extent[0] + (extent[1] - extent[0]) * (column + 0.5) / width);
      point[1] = (float) (extent[2] + (extent[3] - extent[2]) * (row + 0.5) / height);
    }
  return mp_loop_write_floats (self, node, points, error);
}

/* The plan's outputs, and with a surface its values: what a look brings back, in this order. */
static guint
list_types (MpLoop             *self,
            gint                surface,
            const MpTensorType *types[4])
{
  const MpProjectionNodes *projection = mp_build_get_projection (self->build);
  guint n = 0, n_surfaces;
  const MpSurfaceNode *surfaces = mp_build_get_surfaces (self->build, &n_surfaces);

  types[n++] = &mp_build_get_view_samples (self->build)->type;
  if (projection->title != NULL) {
    types[n++] = &projection->real->type;
    types[n++] = &projection->generated->type;
  }
  if (surface >= 0)
    types[n++] = &surfaces[surface].values->type;
  return n;
}

/* Reference points and room for what comes back, at the first look. */
static gboolean
open_eyes (MpLoop  *self,
           GError **error)
{
  LoopLook *look = &self->look;
  MpNode *view_data = mp_build_get_view_data (self->build);
  gint64 n_data = mp_build_get_options (self->build)->n_view_data;
  gsize bytes = 0, largest = 0;
  const MpTensorType *types[4];
  guint n_surfaces, n;

  if (look->view != NULL)
    return TRUE;
  look->reference = g_new (float, n_data * mp_data_get_dimensions (self->data));
  mp_data_get_reference (self->data, n_data, look->reference);
  n = list_types (self, -1, types);
  for (guint i = 0; i < n; i++)
    bytes += mp_readback_round_up (type_bytes (types[i]));
  mp_build_get_surfaces (self->build, &n_surfaces);
  for (guint i = 0; i < n_surfaces; i++)
    largest = MAX (largest, mp_readback_round_up (type_bytes (types[list_types (self, (gint) i, types) - 1])));
  if (view_data != NULL && !mp_loop_write_floats (self, view_data, look->reference, error))
    return FALSE;
  look->view = mp_readback_new (self->store, self->downloads, bytes + largest, error);
  return look->view != NULL;
}

static gboolean
find_surface (MpLoop      *self,
              const char  *id,
              gint        *found,
              GError     **error)
{
  guint n;
  const MpSurfaceNode *surfaces = mp_build_get_surfaces (self->build, &n);

  *found = -1;
  for (guint i = 0; id != NULL && i < n; i++)
    if (g_str_equal (surfaces[i].id, id))
      *found = (gint) i;
  if (id == NULL || *found >= 0)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "The method has no background layer “%s”", id);
  return FALSE;
}

static gboolean
run_surface (MpLoop  *self,
             gint     surface,
             GError **error)
{
  guint n;
  const MpSurfaceNode *surfaces = mp_build_get_surfaces (self->build, &n);
  MpNode *node = surface >= 0 ? surfaces[surface].values : NULL;
  MpPlanSpec spec = { .name = "surface", .n_outputs = 1, .outputs = &node };
  MpPlan **plan = &self->look.surface_plans[MAX (surface, 0)];

  if (surface < 0)
    return TRUE;
  spec.name = surfaces[surface].id;
  if (*plan == NULL)
    *plan = mp_plan_new (self->store, &spec, error);
  return *plan != NULL && run_fixed (self, *plan, error);
}

gboolean
mp_loop_is_looking (MpLoop *self)
{
  return self->look.looking;
}

gboolean
mp_loop_start_look (MpLoop      *self,
                    const char  *surface,
                    GError     **error)
{
  LoopLook *look = &self->look;
  const MpTensorType *types[4];
  guint n;

  g_return_val_if_fail (!look->looking, FALSE);
  if (!open_eyes (self, error) || !find_surface (self, surface, &look->surface, error)
      || !run_fixed (self, look->base_plan, error) || !run_surface (self, look->surface, error)
      || !mp_readback_begin (look->view, error))
    return FALSE;
  n = list_types (self, look->surface, types);
  for (guint i = 0; i < n; i++) {
    gboolean of_surface = look->surface >= 0 && i == n - 1;
    MpPlan *plan = of_surface ? look->surface_plans[look->surface] : look->base_plan;

    if (!mp_readback_add (look->view, mp_plan_get_address (plan, of_surface ? 0 : i), type_bytes (types[i]), error))
      return FALSE;
  }
  look->looking = TRUE;
  return mp_readback_end (look->view, error);
}

static void
fill_view (MpLoop *self,
           MpView *view)
{
  const MpProjectionNodes *projection = mp_build_get_projection (self->build);
  gsize n_data = (gsize) (mp_build_get_options (self->build)->n_view_data * mp_data_get_dimensions (self->data));
  const guint8 *from = mp_readback_get (self->look.view);
  float **places[4] = { &view->samples };
  const MpTensorType *types[4];
  guint n = list_types (self, self->look.surface, types), at = 1;

  if (projection->title != NULL) {
    view->projection_dimensions = projection->real->type.dim[1];
    places[at++] = &view->projected_data;
    places[at++] = &view->projected_samples;
  }
  if (self->look.surface >= 0)
    places[at++] = &view->surface;
  for (guint i = 0; i < n; i++) {
    *places[i] = g_new (float, MAX (1, mp_tensor_count (types[i])));
    convert (from, types[i], *places[i]);
    from += mp_readback_round_up (type_bytes (types[i]));
  }
  view->data = g_memdup2 (self->look.reference, n_data * sizeof (float));
}

gboolean
mp_loop_finish_look (MpLoop    *self,
                     gboolean   wait,
                     MpView    *view,
                     GError   **error)
{
  gboolean there = FALSE;

  memset (view, 0, sizeof *view);
  if (!self->look.looking)
    return TRUE;
  if (!mp_readback_poll (self->look.view, wait, &there, error)) {
    self->look.looking = FALSE;
    return FALSE;
  }
  if (!there)
    return TRUE;
  self->look.looking = FALSE;
  fill_view (self, view);
  return TRUE;
}

gboolean
mp_loop_look (MpLoop      *self,
              const char  *surface,
              MpView      *view,
              GError     **error)
{
  memset (view, 0, sizeof *view);
  return mp_loop_start_look (self, surface, error) && mp_loop_finish_look (self, TRUE, view, error);
}

void
mp_view_clear (MpView *view)
{
  g_clear_pointer (&view->samples, g_free);
  g_clear_pointer (&view->data, g_free);
  g_clear_pointer (&view->projected_data, g_free);
  g_clear_pointer (&view->projected_samples, g_free);
  g_clear_pointer (&view->surface, g_free);
}
