/* SPDX-License-Identifier: Apache-2.0
 *
 * look.c: samples for metrics, and views of a lane: fixed-noise points, the projected space, background layers.
 *
 * These plans run with step 0 on streams of their own, so the noise never changes and training never sees them.
 */
#include "engine/train/loop-private.h"

#include <string.h>

gboolean
mp_loop_read_floats (MpPlan              *plan,
                     guint                output,
                     const MpTensorType  *type,
                     float               *values,
                     GError             **error)
{
  gsize n = (gsize) mp_tensor_count (type);
  g_autofree double *doubles = NULL;

  if (type->dtype == MP_FLOAT32)
    return mp_plan_read (plan, output, values, error);
  doubles = g_new (double, n);
  if (!mp_plan_read (plan, output, doubles, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    values[i] = (float) doubles[i];
  return TRUE;
}

void
mp_loop_clear_look (MpLoop *self)
{
  guint n_surfaces = 0;

  if (self->build != NULL)
    mp_build_get_surfaces (self->build, &n_surfaces);
  for (guint i = 0; self->surface_plans != NULL && i < n_surfaces; i++)
    g_clear_pointer (&self->surface_plans[i], mp_plan_free);
  g_clear_pointer (&self->surface_plans, g_free);
  g_clear_pointer (&self->sample_plan, mp_plan_free);
  g_clear_pointer (&self->base_plan, mp_plan_free);
  g_clear_pointer (&self->samples, g_free);
  g_clear_pointer (&self->reference, g_free);
}

static gboolean
run_fixed (MpLoop  *self,
           MpPlan  *plan,
           GError **error)
{
  MpRunContext context = { self->seed, 0 };

  return mp_plan_run (plan, &context, error);
}

const float *
mp_loop_sample (MpLoop  *self,
                gint64  *n,
                GError **error)
{
  MpNode *node = mp_build_get_samples (self->build);
  MpPlanSpec spec = { .name = "sample", .n_outputs = 1, .outputs = &node };

  if (self->sample_plan == NULL) {
    self->sample_plan = mp_plan_new (self->store, &spec, error);
    if (self->sample_plan == NULL)
      return NULL;
    self->samples = g_new (float, mp_tensor_count (&node->type));
  }

  *n = node->type.dim[0];
  if (!run_fixed (self, self->sample_plan, error)
      || !mp_loop_read_floats (self->sample_plan, 0, &node->type, self->samples, error))
    return NULL;
  return self->samples;
}

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

/* Plans and reference points, at the first look. */
static gboolean
prepare_look (MpLoop  *self,
              GError **error)
{
  const MpProjectionNodes *projection = mp_build_get_projection (self->build);
  gint64 n_data = mp_build_get_options (self->build)->n_view_data;
  MpNode *outputs[3] = { mp_build_get_view_samples (self->build) };
  MpPlanSpec spec = { .name = "view", .n_outputs = 1, .outputs = outputs };
  guint n_surfaces;

  if (self->base_plan != NULL)
    return TRUE;

  self->reference = g_new (float, n_data * mp_data_get_dimensions (self->data));
  mp_data_get_reference (self->data, n_data, self->reference);
  if (projection->title != NULL) {
    outputs[spec.n_outputs++] = projection->real;
    outputs[spec.n_outputs++] = projection->generated;
  }
  mp_build_get_surfaces (self->build, &n_surfaces);
  self->surface_plans = g_new0 (MpPlan *, MAX (n_surfaces, 1));
  self->base_plan = mp_plan_new (self->store, &spec, error);
  return self->base_plan != NULL
         && (mp_build_get_view_data (self->build) == NULL
             || mp_loop_write_floats (self, mp_build_get_view_data (self->build), self->reference, error));
}

static gboolean
look_at_surface (MpLoop      *self,
                 const char  *id,
                 MpView      *view,
                 GError     **error)
{
  guint n;
  const MpSurfaceNode *surfaces = mp_build_get_surfaces (self->build, &n);

  for (guint i = 0; i < n; i++) {
    MpNode *node = surfaces[i].values;
    MpPlanSpec spec = { .name = surfaces[i].id, .n_outputs = 1, .outputs = &node };

    if (!g_str_equal (surfaces[i].id, id))
      continue;
    if (self->surface_plans[i] == NULL)
      self->surface_plans[i] = mp_plan_new (self->store, &spec, error);
    if (self->surface_plans[i] == NULL)
      return FALSE;
    view->surface = g_new (float, mp_tensor_count (&node->type));
    return run_fixed (self, self->surface_plans[i], error)
           && mp_loop_read_floats (self->surface_plans[i], 0, &node->type, view->surface, error);
  }

  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "The method has no background layer “%s”", id);
  return FALSE;
}

static gboolean
look_at_points (MpLoop  *self,
                MpView  *view,
                GError **error)
{
  const MpProjectionNodes *projection = mp_build_get_projection (self->build);
  MpNode *samples = mp_build_get_view_samples (self->build);
  gsize n_data = (gsize) (mp_build_get_options (self->build)->n_view_data * mp_data_get_dimensions (self->data));

  if (!run_fixed (self, self->base_plan, error))
    return FALSE;
  view->samples = g_new (float, mp_tensor_count (&samples->type));
  view->data = g_memdup2 (self->reference, n_data * sizeof (float));
  if (!mp_loop_read_floats (self->base_plan, 0, &samples->type, view->samples, error))
    return FALSE;
  if (projection->title == NULL)
    return TRUE;

  view->projection_dimensions = projection->real->type.dim[1];
  view->projected_data = g_new (float, mp_tensor_count (&projection->real->type));
  view->projected_samples = g_new (float, mp_tensor_count (&projection->generated->type));
  return mp_loop_read_floats (self->base_plan, 1, &projection->real->type, view->projected_data, error)
         && mp_loop_read_floats (self->base_plan, 2, &projection->generated->type, view->projected_samples, error);
}

gboolean
mp_loop_look (MpLoop      *self,
              const char  *surface,
              MpView      *view,
              GError     **error)
{
  memset (view, 0, sizeof *view);
  if (prepare_look (self, error) && look_at_points (self, view, error)
      && (surface == NULL || look_at_surface (self, surface, view, error)))
    return TRUE;
  mp_view_clear (view);
  return FALSE;
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
