/* SPDX-License-Identifier: Apache-2.0
 *
 * look.c: samples for metrics, and views of a lane: fixed-noise points and what was asked for of the method's layers.
 *
 * These plans run with step 0 on streams of their own, so the noise never changes and training never sees them. They
 * run between iterations in the order of the stream; what they compute is downloaded beside training (readback.h).
 */
#include "engine/train/loop-private.h"

#include <math.h>
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
  guint n_views = 0;

  g_clear_pointer (&look->view, mp_readback_free);
  for (guint i = 0; i < G_N_ELEMENTS (look->samples); i++)
    g_clear_pointer (&look->samples[i], mp_readback_free);
  if (self->build != NULL)
    mp_build_get_views (self->build, &n_views);
  for (guint i = 0; look->layer_plans != NULL && i < n_views; i++)
    g_clear_pointer (&look->layer_plans[i], mp_plan_free);
  g_clear_pointer (&look->layer_plans, g_free);
  g_clear_pointer (&look->sample_plan, mp_plan_free);
  g_clear_pointer (&look->base_plan, mp_plan_free);
  g_clear_pointer (&look->sample_values, g_free);
  g_clear_pointer (&look->reference, g_free);
  g_clear_pointer (&look->shown, g_free);
  g_clear_pointer (&look->seconds, g_free);
}

/* ---- plans ---- */

gboolean
mp_loop_prepare_look (MpLoop  *self,
                      GError **error)
{
  MpNode *samples = mp_build_get_samples (self->build);
  MpNode *outputs[] = { mp_build_get_view_samples (self->build), mp_build_get_view_latents (self->build) };
  MpPlanSpec sample_spec = { .name = "sample", .n_outputs = 1, .outputs = &samples };
  MpPlanSpec spec = { .name = "view", .n_outputs = outputs[1] != NULL ? 2 : 1, .outputs = outputs };
  guint n_views;

  mp_build_get_views (self->build, &n_views);
  self->look.layer_plans = g_new0 (MpPlan *, MAX (n_views, 1));
  self->look.shown = g_new0 (guint, MAX (n_views, 1));
  self->look.seconds = g_new0 (double, MAX (n_views, 1));
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

/* Share of a Gaussian in each of n equal cells from `low` to `high`. */
static void
share_out (double  centre,
           double  std,
           double  low,
           double  high,
           gint    n,
           double *shares)
{
  double last = erf ((low - centre) / (G_SQRT2 * std));

  for (gint i = 0; i < n; i++) {
    double next = erf ((low + (high - low) * (i + 1) / n - centre) / (G_SQRT2 * std));

    shares[i] = (next - last) / 2;
    last = next;
  }
}

/* The mean over each cell of the grid for a mixture, whose modes may be narrower than cells; else at its middle. */
static void
fill_density (MpLoop *self,
              float  *densities)
{
  const LoopLook *look = &self->look;
  const MpMixture *mixture = mp_data_get_mixture (self->data);
  gint width = look->width, height = look->height;
  double across = (look->extent[1] - look->extent[0]) / width, up = (look->extent[3] - look->extent[2]) / height;
  g_autofree double *shares = g_new (double, width + height);

  memset (densities, 0, (gsize) (width * height) * sizeof *densities);
  for (guint k = 0; mixture != NULL && k < mixture->n_modes; k++) {
    const double *centre = mixture->centre + 2 * k;

    share_out (centre[0], mixture->std[k], look->extent[0], look->extent[1], width, shares);
    share_out (centre[1], mixture->std[k], look->extent[2], look->extent[3], height, shares + width);
    for (gint row = 0; row < height; row++)
      for (gint column = 0; shares[width + row] > 0 && column < width; column++)
        densities[row * width + column] += (float) (mixture->weight[k] * shares[column] * shares[width + row]
                                                    / (across * up));
  }
  for (gint i = 0; mixture == NULL && i < width * height; i++)
    densities[i] = (float) mp_data_density (self->data,
                                            (double[]) { look->extent[0] + across * (i % width + 0.5),
                                                         look->extent[2] + up * (i / width + 0.5) });
}

gboolean
mp_loop_set_view_grid (MpLoop        *self,
                       gint           width,
                       gint           height,
                       const double   extent[4],
                       GError       **error)
{
  MpNode *node = mp_build_get_view_points (self->build);
  MpNode *density = mp_build_get_view_density (self->build);
  const MpBuildOptions *options = mp_build_get_options (self->build);
  g_autofree float *points = NULL;
  g_autofree float *densities = NULL;

  if (node != NULL && (node->type.dim[0] != (gint64) width * height || node->type.dim[1] != 2
                       || (options->view_width != 0 && options->view_width != width))) {
    g_set_error (error, MP_ERROR, MP_ERROR_STATE,
                 "A view grid of %d×%d points was asked for, but the lane has %d points of %d dimensions",
                 width, height, (gint) node->type.dim[0], (gint) node->type.dim[1]);
    return FALSE;
  }

  self->look.width = width;
  self->look.height = height;
  memcpy (self->look.extent, extent, sizeof self->look.extent);
  points = g_new (float, 2 * width * height);
  densities = g_new (float, width * height);
  for (gint row = 0; row < height; row++)
    for (gint column = 0; column < width; column++) {
      float *point = points + 2 * (row * width + column);

      point[0] = (float) (extent[0] + (extent[1] - extent[0]) * (column + 0.5) / width);
      point[1] = (float) (extent[2] + (extent[3] - extent[2]) * (row + 0.5) / height);
    }
  if (density != NULL)
    fill_density (self, densities);
  return (node == NULL || mp_loop_write_floats (self, node, points, error))
         && (density == NULL || mp_loop_write_floats (self, density, densities, error));
}

/* Reference points, at the first look. */
static gboolean
open_eyes (MpLoop  *self,
           GError **error)
{
  LoopLook *look = &self->look;
  MpNode *view_data = mp_build_get_view_data (self->build);
  gint64 n_data = mp_build_get_options (self->build)->n_view_data;

  if (look->reference != NULL)
    return TRUE;
  look->reference = g_new (float, n_data * mp_data_get_dimensions (self->data));
  mp_data_get_reference (self->data, n_data, look->reference);
  return view_data == NULL || mp_loop_write_floats (self, view_data, look->reference, error);
}

static const MpBuildView *
get_view (MpLoop *self,
          guint   i)
{
  guint n;

  return &mp_build_get_views (self->build, &n)[i];
}

/* Fills look->shown. An id may stand there once. */
static gboolean
find_layers (MpLoop             *self,
             const char *const  *ids,
             GError            **error)
{
  LoopLook *look = &self->look;

  look->n_shown = 0;
  for (guint i = 0; ids != NULL && ids[i] != NULL; i++) {
    gint found = mp_build_find_view (self->build, ids[i]);

    if (found < 0) {
      g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "The method [%s] offers no view “%s”",
                   mp_build_get_method (self->build)->base.id, ids[i]);
      return FALSE;
    }
    for (guint j = 0; found >= 0 && j < look->n_shown; j++)
      if (look->shown[j] == (guint) found)
        found = -1;
    if (found >= 0)
      look->shown[look->n_shown++] = (guint) found;
  }
  return TRUE;
}

/* What the look brings back: the base plan's outputs, then each layer's. */
static void
list_pieces (MpLoop    *self,
             GPtrArray *types,
             GPtrArray *addresses)
{
  LoopLook *look = &self->look;
  MpNode *latents = mp_build_get_view_latents (self->build);

  g_ptr_array_add (types, &mp_build_get_view_samples (self->build)->type);
  if (latents != NULL)
    g_ptr_array_add (types, &latents->type);
  for (guint i = 0; i < types->len; i++)
    g_ptr_array_add (addresses, (gpointer) mp_plan_get_address (look->base_plan, i));
  for (guint i = 0; i < look->n_shown; i++) {
    const MpViewNodes *nodes = &get_view (self, look->shown[i])->nodes;

    for (guint j = 0; j < nodes->n_tensors; j++) {
      g_ptr_array_add (types, &nodes->tensors[j]->type);
      g_ptr_array_add (addresses, (gpointer) mp_plan_get_address (look->layer_plans[look->shown[i]], j));
    }
  }
}

static gboolean
run_layer (MpLoop  *self,
           guint    view,
           double  *seconds,
           GError **error)
{
  gint64 start;
  const MpBuildView *of = get_view (self, view);
  MpPlanSpec spec = { .name = of->class->base.id, .n_outputs = of->nodes.n_tensors,
                      .outputs = (MpNode **) of->nodes.tensors };
  MpPlan **plan = &self->look.layer_plans[view];
  gboolean ok;

  if (*plan == NULL)
    *plan = mp_plan_new (self->store, &spec, error);
  if (*plan == NULL)
    return FALSE;
  start = g_get_monotonic_time ();
  ok = run_fixed (self, *plan, error);
  *seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  return ok;
}

/* Makes room for what comes back. */
static gboolean
ensure_room (MpLoop          *self,
             const GPtrArray *types,
             GError         **error)
{
  LoopLook *look = &self->look;
  gsize bytes = 0;

  for (guint i = 0; i < types->len; i++)
    bytes += mp_readback_round_up (type_bytes (types->pdata[i]));
  if (look->view != NULL && bytes <= look->room)
    return TRUE;
  g_clear_pointer (&look->view, mp_readback_free);
  look->room = bytes;
  look->view = mp_readback_new (self->store, self->downloads, bytes, error);
  return look->view != NULL;
}

gboolean
mp_loop_is_looking (MpLoop *self)
{
  return self->look.looking;
}

gboolean
mp_loop_start_look (MpLoop             *self,
                    const char *const  *layers,
                    GError            **error)
{
  LoopLook *look = &self->look;
  g_autoptr (GPtrArray) types = g_ptr_array_new ();
  g_autoptr (GPtrArray) addresses = g_ptr_array_new ();

  g_return_val_if_fail (!look->looking, FALSE);
  if (!open_eyes (self, error) || !find_layers (self, layers, error) || !run_fixed (self, look->base_plan, error))
    return FALSE;
  for (guint i = 0; i < look->n_shown; i++)
    if (!run_layer (self, look->shown[i], &look->seconds[i], error))
      return FALSE;
  list_pieces (self, types, addresses);
  if (!ensure_room (self, types, error) || !mp_readback_begin (look->view, error))
    return FALSE;
  for (guint i = 0; i < types->len; i++)
    if (!mp_readback_add (look->view, addresses->pdata[i], type_bytes (types->pdata[i]), error))
      return FALSE;
  look->looking = TRUE;
  return mp_readback_end (look->view, error);
}

static float *
take_piece (const guint8       **from,
            const MpTensorType  *type)
{
  float *values = g_new (float, MAX (1, mp_tensor_count (type)));

  convert (*from, type, values);
  *from += mp_readback_round_up (type_bytes (type));
  return values;
}

static void
fill_layer (MpLoop        *self,
            guint          i,
            const guint8 **from,
            MpLayer       *layer)
{
  LoopLook *look = &self->look;
  const MpBuildView *view = get_view (self, look->shown[i]);
  const MpViewNodes *nodes = &view->nodes;
  gint64 start = g_get_monotonic_time ();

  layer->class = view->class;
  layer->title = nodes->title;
  layer->neutral = nodes->neutral;
  layer->per_panel = nodes->per_panel;
  layer->columns = nodes->columns;
  layer->is_map = nodes->is_map;
  memcpy (layer->extent, look->extent, sizeof layer->extent);
  if (view->class->drawing == MP_DRAW_SURFACE || nodes->is_map) {
    layer->width = look->width;
    layer->height = look->height;
  }
  layer->n_tensors = nodes->n_tensors;
  for (guint j = 0; j < nodes->n_tensors; j++) {
    const MpTensorType *type = &nodes->tensors[j]->type;
    gint64 n = mp_tensor_count (type), rows = type->rank > 0 ? type->dim[0] : 1;

    layer->tensors[j] = (MpLayerTensor) { .rows = rows, .columns = rows > 0 ? n / rows : 0,
                                          .values = take_piece (from, type) };
  }
  if (nodes->labels->len > 0) {
    layer->labels = g_new0 (char *, nodes->labels->len + 1);
    for (guint j = 0; j < nodes->labels->len; j++)
      layer->labels[j] = g_strdup (nodes->labels->pdata[j]);
  }
  if (view->class->finish != NULL)
    view->class->finish (layer, self->build);
  layer->seconds = look->seconds[i] + (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

static void
fill_view (MpLoop *self,
           MpView *view)
{
  LoopLook *look = &self->look;
  gsize n_data = (gsize) (mp_build_get_options (self->build)->n_view_data * mp_data_get_dimensions (self->data));
  MpNode *latents = mp_build_get_view_latents (self->build);
  const guint8 *from = mp_readback_get (look->view);

  view->samples = take_piece (&from, &mp_build_get_view_samples (self->build)->type);
  if (latents != NULL) {
    view->latents = take_piece (&from, &latents->type);
    view->n_latent = latents->type.dim[1];
  }
  view->data = g_memdup2 (look->reference, n_data * sizeof (float));
  view->n_layers = look->n_shown;
  view->layers = g_new0 (MpLayer, look->n_shown);
  for (guint i = 0; i < look->n_shown; i++)
    fill_layer (self, i, &from, &view->layers[i]);
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
mp_loop_look (MpLoop             *self,
              const char *const  *layers,
              MpView             *view,
              GError            **error)
{
  memset (view, 0, sizeof *view);
  return mp_loop_start_look (self, layers, error) && mp_loop_finish_look (self, TRUE, view, error);
}

void
mp_view_clear (MpView *view)
{
  g_clear_pointer (&view->samples, g_free);
  g_clear_pointer (&view->latents, g_free);
  g_clear_pointer (&view->data, g_free);
  for (guint i = 0; i < view->n_layers; i++)
    mp_layer_clear (&view->layers[i]);
  g_clear_pointer (&view->layers, g_free);
  view->n_layers = 0;
}
