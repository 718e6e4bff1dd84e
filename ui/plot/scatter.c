/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter.c: point clouds over a layer: what is shown, and where.
 */
#include "ui/plot/scatter-private.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "ui/plot/plot-format.h"

MpScatter *
mp_scatter_new (void)
{
  MpScatter *self = g_new0 (MpScatter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->overlays = g_array_new (FALSE, FALSE, sizeof (MpOverlayItem));
  g_array_set_clear_func (self->overlays, mp_overlay_item_clear);
  self->magnified = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  mp_raster_init (&self->raster);
  return self;
}

MpScatter *
mp_scatter_ref (MpScatter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_scatter_unref (MpScatter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (guint role = 0; role < MP_N_POINTS; role++)
    g_free (self->clouds[role].values);
  g_clear_pointer (&self->heat_map, mp_heat_map_unref);
  g_clear_pointer (&self->layer, cairo_surface_destroy);
  g_array_unref (self->overlays);
  g_hash_table_unref (self->magnified);
  mp_raster_clear (&self->raster);
  g_free (self->caption);
  g_free (self->empty_text);
  g_free (self);
}

void
mp_scatter_set_lane (MpScatter *self,
                     guint      lane)
{
  self->lane = lane;
}

guint
mp_scatter_get_lane (MpScatter *self)
{
  return self->lane;
}

void
mp_scatter_set_caption (MpScatter  *self,
                        const char *caption)
{
  char *copy = g_strdup (caption);

  g_free (self->caption);
  self->caption = copy;
}

void
mp_scatter_set_empty_text (MpScatter  *self,
                           const char *text)
{
  char *copy = g_strdup (text);

  g_free (self->empty_text);
  self->empty_text = copy;
}

static void
find_box (MpCloud *cloud)
{
  cloud->box[0] = cloud->box[2] = INFINITY;
  cloud->box[1] = cloud->box[3] = -INFINITY;
  for (gsize i = 0; i < cloud->n; i++) {
    double x = cloud->values[2 * i], y = cloud->values[2 * i + 1];

    if (!isfinite (x) || !isfinite (y))
      continue;
    cloud->box[0] = MIN (cloud->box[0], x);
    cloud->box[1] = MAX (cloud->box[1], x);
    cloud->box[2] = MIN (cloud->box[2], y);
    cloud->box[3] = MAX (cloud->box[3], y);
  }
}

/* A line of points becomes a strip, data above samples; the spread depends on the index alone, so nothing flickers. */
static void
make_strip (MpCloud      *cloud,
            MpPointsRole  role)
{
  double width;

  find_box (cloud);
  width = cloud->box[1] > cloud->box[0] ? cloud->box[1] - cloud->box[0] : 1;
  for (gsize i = 0; i < cloud->n; i++) {
    double golden = fmod ((double) i * 0.6180339887498949, 1) - 0.5;

    cloud->values[2 * i + 1] = (float) (width * ((role == MP_POINTS_DATA ? 0.2 : -0.2) + 0.25 * golden));
  }
  find_box (cloud);
}

gboolean
_mp_scatter_is_strip (MpScatter *self)
{
  return self->clouds[MP_POINTS_DATA].strip || self->clouds[MP_POINTS_SAMPLES].strip;
}

void
mp_scatter_set_points (MpScatter    *self,
                       MpPointsRole  role,
                       const float  *values,
                       gint64        n,
                       gint64        dimensions)
{
  MpCloud *cloud = &self->clouds[role];

  g_return_if_fail (role < MP_N_POINTS);
  g_return_if_fail (n >= 0 && dimensions >= 1 && (values != NULL || n == 0));

  if (cloud->n != (gsize) n)
    cloud->values = g_renew (float, cloud->values, 2 * MAX (1, n));
  cloud->n = (gsize) n;
  for (gint64 i = 0; i < n; i++) {
    cloud->values[2 * i] = values[i * dimensions];
    cloud->values[2 * i + 1] = dimensions > 1 ? values[i * dimensions + 1] : 0;
  }
  cloud->strip = dimensions == 1;
  if (cloud->strip)
    make_strip (cloud, role);
  else
    find_box (cloud);
  self->serial++;
}

void
mp_scatter_set_points_visible (MpScatter    *self,
                               MpPointsRole  role,
                               gboolean      visible)
{
  g_return_if_fail (role < MP_N_POINTS);

  self->clouds[role].hidden = !visible;
}

void
mp_scatter_set_heat_map (MpScatter *self,
                         MpHeatMap *heat_map)
{
  if (heat_map != NULL)
    mp_heat_map_ref (heat_map);
  g_clear_pointer (&self->heat_map, mp_heat_map_unref);
  self->heat_map = heat_map;
}

MpHeatMap *
mp_scatter_get_heat_map (MpScatter *self)
{
  return self->heat_map;
}

void
mp_scatter_clear_overlays (MpScatter *self)
{
  g_array_set_size (self->overlays, 0);
}

void
mp_scatter_add_overlay (MpScatter       *self,
                        const MpOverlay *overlay)
{
  MpOverlayItem item;

  g_return_if_fail (overlay->values != NULL || overlay->n == 0);

  mp_overlay_item_init (&item, overlay);
  g_array_append_val (self->overlays, item);
}

guint
mp_scatter_get_n_overlays (MpScatter *self)
{
  return self->overlays->len;
}

/* The magnification that suits the longer of two overlays of forces suits both. */
static void
join_forces (MpScatter *self)
{
  double longest = 0;

  for (guint i = 0; i < self->overlays->len; i++)
    if (g_array_index (self->overlays, MpOverlayItem, i).joined)
      longest = MAX (longest, g_array_index (self->overlays, MpOverlayItem, i).longest);
  for (guint i = 0; i < self->overlays->len; i++)
    if (g_array_index (self->overlays, MpOverlayItem, i).joined)
      g_array_index (self->overlays, MpOverlayItem, i).longest = longest;
}

void
mp_scatter_add_forces (MpScatter    *self,
                       MpPointsRole  role,
                       const char   *title,
                       const float  *values,
                       gint64        n,
                       gint64        dimensions)
{
  const MpCloud    *cloud = &self->clouds[role];
  g_autofree float *arrows = g_new (float, 4 * MAX (n, 1));
  MpOverlay         overlay = { .kind = MP_OVERLAY_ARROWS, .title = title, .values = arrows, .n = (gsize) n,
                                .ink = role == MP_POINTS_DATA ? MP_INK_DATA : MP_INK_SAMPLES };

  g_return_if_fail (role < MP_N_POINTS && (gsize) n == cloud->n && dimensions >= 1);

  for (gint64 i = 0; i < n; i++) {
    arrows[4 * i] = cloud->values[2 * i];
    arrows[4 * i + 1] = cloud->values[2 * i + 1];
    arrows[4 * i + 2] = values[i * dimensions];
    arrows[4 * i + 3] = dimensions > 1 ? values[i * dimensions + 1] : 0;
  }
  mp_scatter_add_overlay (self, &overlay);
  g_array_index (self->overlays, MpOverlayItem, self->overlays->len - 1).joined = TRUE;
  g_array_index (self->overlays, MpOverlayItem, self->overlays->len - 1).role = role;
  join_forces (self);
}

void
mp_scatter_set_extent (MpScatter    *self,
                       const double *extent)
{
  g_return_if_fail (extent == NULL || (extent[1] > extent[0] && extent[3] > extent[2]));

  self->fixed = extent != NULL;
  self->held = FALSE;
  if (extent != NULL)
    memcpy (self->extent, extent, sizeof self->extent);
}

void
mp_scatter_set_axes (MpScatter *self,
                     gboolean   axes)
{
  self->axes = axes;
}

void
mp_scatter_set_legend (MpScatter *self,
                       gboolean   legend)
{
  self->legend = legend;
}

/* ---- the view ---- */

static gboolean
box_inside (const double *inner,
            const double *outer)
{
  return inner[0] >= outer[0] && inner[1] <= outer[1] && inner[2] >= outer[2] && inner[3] <= outer[3];
}

/* Chooses the extent: held while the data fits and fills most of it. */
static void
hold_extent (MpScatter *self)
{
  const double *box = self->clouds[MP_POINTS_DATA].box;
  double        side;

  if (self->fixed)
    return;
  if (self->heat_map != NULL) {
    memcpy (self->extent, mp_heat_map_get_extent (self->heat_map), sizeof self->extent);
    self->held = TRUE;
    return;
  }
  if (self->clouds[MP_POINTS_DATA].n == 0 || !(box[0] <= box[1]))
    box = self->clouds[MP_POINTS_SAMPLES].box;
  if ((box == self->clouds[MP_POINTS_SAMPLES].box && self->clouds[MP_POINTS_SAMPLES].n == 0) || !(box[0] <= box[1])) {
    if (!self->held)
      memcpy (self->extent, (double[]) { -1, 1, -1, 1 }, sizeof self->extent);
    return;
  }
  side = MAX (box[1] - box[0], box[3] - box[2]);
  if (self->held && box_inside (box, self->extent) &&
      side >= 0.65 * MAX (self->extent[1] - self->extent[0], self->extent[3] - self->extent[2]))
    return;
  if (!(side > 0))
    side = MAX (1e-3, 0.2 * MAX (fabs (box[0]), fabs (box[2])));
  for (guint axis = 0; axis < 2; axis++) {
    /* strips of data and samples lie on either side of 0 */
    double middle = axis == 1 && _mp_scatter_is_strip (self) ? 0 : (box[2 * axis] + box[2 * axis + 1]) / 2;

    self->extent[2 * axis] = middle - 0.65 * side;
    self->extent[2 * axis + 1] = middle + 0.65 * side;
  }
  self->held = TRUE;
}

/* What a rectangle shows around the middle of the extent at `scale` pixels to a unit, the same across as up. */
static void
scale_view (MpScatter *self,
            double     width,
            double     height,
            double     scale,
            double     view[4])
{
  double x = (self->extent[0] + self->extent[1]) / 2, y = (self->extent[2] + self->extent[3]) / 2;

  view[0] = x - width / scale / 2;
  view[1] = x + width / scale / 2;
  view[2] = y - height / scale / 2;
  view[3] = y + height / scale / 2;
}

/* Pixels to a unit at which the data just fit around the middle of the extent. */
static double
fit_data (MpScatter *self,
          double     width,
          double     height)
{
  const double *box = self->clouds[MP_POINTS_DATA].box;
  double        x = (self->extent[0] + self->extent[1]) / 2, y = (self->extent[2] + self->extent[3]) / 2;
  double        across = MAX (box[1] - x, x - box[0]), up = MAX (box[3] - y, y - box[2]);

  if (self->clouds[MP_POINTS_DATA].n == 0 || !(box[0] <= box[1]))
    return INFINITY;
  return 0.97 * MIN (width / (2 * across), height / (2 * up));
}

/* The extent grown to the shape of the rectangle. A heat map knows nothing beyond its own extent, so where one would end
 * inside the rectangle the view shrinks instead, as far as that hides no data. */
void
_mp_scatter_get_view (MpScatter *self,
                      double     width,
                      double     height,
                      double     view[4])
{
  double across, up, least;

  hold_extent (self);
  across = width / (self->extent[1] - self->extent[0]);
  up = height / (self->extent[3] - self->extent[2]);
  least = MIN (across, up);
  if (self->heat_map != NULL && !self->fixed)
    scale_view (self, width, height, MAX (least, MIN (MAX (across, up), fit_data (self, width, height))), view);
  else
    scale_view (self, width, height, least, view);
}

void
mp_scatter_to_data (MpScatter *self,
                    double     width,
                    double     height,
                    double     x,
                    double     y,
                    double    *data_x,
                    double    *data_y)
{
  double view[4];

  _mp_scatter_get_view (self, width, height, view);
  *data_x = view[0] + x / width * (view[1] - view[0]);
  *data_y = view[3] - y / height * (view[3] - view[2]);
}

gboolean
mp_scatter_locate (MpScatter    *self,
                   double        width,
                   double        height,
                   MpPointsRole  role,
                   gsize         index,
                   double       *x,
                   double       *y)
{
  const MpCloud *cloud = &self->clouds[role];
  double         view[4];

  if (index >= cloud->n || cloud->hidden || width < 1 || height < 1)
    return FALSE;
  _mp_scatter_get_view (self, width, height, view);
  *x = (cloud->values[2 * index] - view[0]) / (view[1] - view[0]) * width;
  *y = (view[3] - cloud->values[2 * index + 1]) / (view[3] - view[2]) * height;
  return *x >= 0 && *x <= width && *y >= 0 && *y <= height;
}

gboolean
mp_scatter_pick (MpScatter    *self,
                 double        width,
                 double        height,
                 double        x,
                 double        y,
                 double        reach,
                 MpPointsRole *role,
                 gsize        *index)
{
  double   view[4], nearest = reach * reach, x_scale, y_scale;
  gboolean found = FALSE;

  if (width < 1 || height < 1)
    return FALSE;
  _mp_scatter_get_view (self, width, height, view);
  x_scale = width / (view[1] - view[0]);
  y_scale = height / (view[3] - view[2]);
  for (guint r = 0; r < MP_N_POINTS; r++)
    for (gsize i = 0; i < self->clouds[r].n && !self->clouds[r].hidden; i++) {
      double dx = (self->clouds[r].values[2 * i] - view[0]) * x_scale - x;
      double dy = (view[3] - self->clouds[r].values[2 * i + 1]) * y_scale - y, square = dx * dx + dy * dy;

      /* of two at one place the sample, which is drawn above */
      if (square <= nearest) {
        nearest = square;
        *role = r;
        *index = i;
        found = TRUE;
      }
    }
  return found;
}

char *
mp_scatter_describe (MpScatter *self)
{
  g_autofree char *data = mp_format_count (self->clouds[MP_POINTS_DATA].n);
  g_autofree char *samples = mp_format_count (self->clouds[MP_POINTS_SAMPLES].n);
  const char      *layer = self->heat_map != NULL ? mp_heat_map_get_title (self->heat_map) : NULL;

  if (_mp_scatter_is_strip (self))
    return g_strdup_printf (_("%s data points and %s samples along one dimension"), data, samples);
  if (layer != NULL)
    /* Translators: numbers of points, and the name of the background layer */
    return g_strdup_printf (_("%s data points and %s samples over %s"), data, samples, layer);
  return g_strdup_printf (_("%s data points and %s samples"), data, samples);
}
