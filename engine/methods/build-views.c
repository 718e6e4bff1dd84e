/* SPDX-License-Identifier: Apache-2.0
 *
 * build-views.c: nodes that views are made of, and the views that a method offers: every one of the registry whose
 * build () found what it needs.
 */
#include "engine/methods/build-private.h"

#include <math.h>

/* ---- nodes ---- */

MpNode *
mp_build_view_generate (MpBuild *self,
                        MpNode  *latent)
{
  MpNode *y = mp_network_apply (self->average != NULL ? self->average : self->generator, latent, MP_INFERENCE, NULL);

  return self->method->needs & MP_GENERATES_CODES ? mp_build_decode (self, y) : y;
}

MpNode *
_mp_build_generate_fixed (MpBuild    *self,
                          const char *stream,
                          gint64      n,
                          MpNode     *real)
{
  return self->method->needs & MP_RECONSTRUCTS
         ? _mp_build_reconstruct (self, real)
         : mp_build_view_generate (self, _mp_build_draw_latent (self, stream, n, FALSE));
}

MpNode *
mp_build_view_latents (MpBuild *self)
{
  if (self->view_latents == NULL && !(self->method->needs & MP_RECONSTRUCTS))
    self->view_latents = _mp_build_draw_latent (self, "view/latent", self->options.n_view_samples, FALSE);
  return self->view_latents;
}

MpNode *
mp_build_view_samples (MpBuild *self)
{
  if (self->view_samples == NULL)
    self->view_samples = self->method->needs & MP_RECONSTRUCTS
                         ? _mp_build_reconstruct (self, mp_build_view_data (self))
                         : mp_build_view_generate (self, mp_build_view_latents (self));
  return self->view_samples;
}

MpNode *
mp_build_view_data (MpBuild *self)
{
  self->view_data = mp_input (self->graph, "view/data",
                              mp_shape (self->graph, self->options.n_view_data, self->dimensions, (gint64) -1));
  return self->view_data;
}

MpNode *
mp_build_view_points (MpBuild *self)
{
  self->view_points = mp_input (self->graph, "view/points",
                                mp_shape (self->graph, self->options.n_view_points, self->dimensions, (gint64) -1));
  return self->view_points;
}

gboolean
mp_build_view_extent (MpBuild *self,
                      double   extent[4])
{
  if (self->options.data == NULL)
    return FALSE;
  mp_data_get_extent (self->options.data, extent);
  return extent[1] > extent[0] && extent[3] > extent[2];
}

/* Whether the data knows its density shows in any point. */
static gboolean
knows_density (MpBuild *self)
{
  double extent[4];

  if (self->dimensions != 2 || !mp_build_view_extent (self, extent))
    return FALSE;
  return isfinite (mp_data_density (self->options.data, (const double[]) { extent[0], extent[2] }));
}

gint64
mp_build_view_width (MpBuild *self)
{
  return self->options.view_width;
}

MpNode *
mp_build_view_density (MpBuild *self)
{
  if (self->view_density == NULL && knows_density (self))
    self->view_density = mp_input (self->graph, "view/density",
                                   mp_shape (self->graph, self->options.n_view_points, (gint64) -1));
  return self->view_density;
}

MpNode *
mp_build_view_critic (MpBuild *self,
                      MpNode  *x,
                      gint64   outputs)
{
  return _mp_build_need_critic (self, outputs) ? mp_network_apply (self->critic, x, MP_INFERENCE, NULL) : NULL;
}

MpNode *
mp_build_view_scores (MpBuild *self,
                      MpNode  *x)
{
  gint64 outputs;

  if (mp_build_has (self, "critic"))
    return mp_build_call (self, "critic", x, NULL);
  if (mp_build_get_critic_role (self, &outputs) == MP_CRITIC_NONE)
    return NULL;
  return mp_build_view_critic (self, x, outputs);
}

/* ---- views ---- */

static void
check_surface (MpBuild           *self,
               const MpViewClass *class,
               const MpNode      *values)
{
  if (values != NULL && mp_tensor_count (&values->type) != self->options.n_view_points)
    mp_graph_fail (self->graph, "the view “%s” has %" G_GINT64_FORMAT " values for %" G_GINT64_FORMAT " grid points",
                   class->base.id, mp_tensor_count (&values->type), self->options.n_view_points);
}

void
_mp_build_make_views (MpBuild *self)
{
  guint n;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_VIEW, &n);

  for (guint i = 0; i < n; i++) {
    const MpViewClass *class = (const MpViewClass *) list[i];
    MpBuildView view = { .class = class, .nodes = { .title = class->base.title, .neutral = NAN } };

    view.nodes.labels = g_ptr_array_new ();
    if ((mp_drawing_place (class->drawing) != MP_PLACE_PANEL && self->dimensions != 2)
        || !class->build (self, &view.nodes)) {
      g_ptr_array_unref (view.nodes.labels);
      continue;
    }
    if (class->drawing == MP_DRAW_SURFACE)
      check_surface (self, class, view.nodes.tensors[0]);
    g_array_append_val (self->views, view);
  }
}

/* ---- reading it back ---- */

MpNode *
mp_build_get_view_samples (MpBuild *self)
{
  return self->view_samples;
}

MpNode *
mp_build_get_view_latents (MpBuild *self)
{
  return self->view_latents;
}

MpNode *
mp_build_get_view_data (MpBuild *self)
{
  return self->view_data;
}

MpNode *
mp_build_get_view_points (MpBuild *self)
{
  return self->view_points;
}

MpNode *
mp_build_get_view_density (MpBuild *self)
{
  return self->view_density;
}

const MpBuildView *
mp_build_get_views (MpBuild *self,
                    guint   *n)
{
  *n = self->views->len;
  return (const MpBuildView *) self->views->data;
}

gint
mp_build_find_view (MpBuild    *self,
                    const char *id)
{
  for (guint i = 0; i < self->views->len; i++)
    if (g_str_equal (g_array_index (self->views, MpBuildView, i).class->base.id, id))
      return (gint) i;
  return -1;
}
