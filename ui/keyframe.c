/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/keyframe.h"

#include "engine/views/view.h"

gboolean
mp_keyframes_open (MpKeyframes *self,
                   const char  *run_dir,
                   GError     **error)
{
  g_autofree char *path = g_build_filename (run_dir, "timeline", NULL);

  *self = (MpKeyframes) { .reader = mp_timeline_reader_open (path, error) };
  if (self->reader
      && mp_timeline_reader_load_data (self->reader, &self->n_data, &self->dimensions, &self->data, error))
    return TRUE;
  mp_keyframes_close (self);
  return FALSE;
}

void
mp_keyframes_close (MpKeyframes *self)
{
  g_clear_pointer (&self->reader, mp_timeline_reader_close);
  g_clear_pointer (&self->data, g_free);
}

/* Takes the values. A view that this program does not know is not shown. */
static void
take_layer (MpSnapshot      *snapshot,
            MpTimelineLayer *from)
{
  const MpViewClass *class = from->values ? (const MpViewClass *) mp_registry_find (MP_KIND_VIEW, from->id) : NULL;
  MpLayer *layer;

  if (!class || class->drawing != MP_DRAW_SURFACE)
    return;
  layer = g_new0 (MpLayer, 1);
  layer->class = class;
  layer->title = g_intern_string (from->title);
  layer->neutral = from->neutral;
  layer->width = from->width;
  layer->height = from->height;
  for (guint i = 0; i < G_N_ELEMENTS (layer->extent); i++)
    layer->extent[i] = from->extent[i];
  layer->n_tensors = 1;
  layer->tensors[0] = (MpLayerTensor) { (gint64) from->width * from->height, 1, g_steal_pointer (&from->values) };
  snapshot->n_layers = 1;
  snapshot->layers = layer;
}

MpSnapshot *
mp_keyframes_load (MpKeyframes *self,
                   guint        index,
                   GError     **error)
{
  MpTimelineFrame frame;
  MpSnapshot *snapshot;

  if (!mp_timeline_reader_load (self->reader, index, TRUE, &frame, error))
    return NULL;
  snapshot = g_new0 (MpSnapshot, 1);
  g_atomic_ref_count_init (&snapshot->ref_count);
  snapshot->iteration = frame.mark.iteration;
  snapshot->seconds = frame.mark.seconds;
  snapshot->n_samples = frame.n;
  snapshot->dimensions = frame.dimensions;
  snapshot->samples = g_steal_pointer (&frame.samples);
  if (self->dimensions == frame.dimensions) {
    snapshot->n_data = self->n_data;
    snapshot->data = g_memdup2 (self->data, (gsize) (self->n_data * self->dimensions) * sizeof (float));
  }
  take_layer (snapshot, &frame.layer);
  mp_timeline_frame_clear (&frame);
  return snapshot;
}
