/* SPDX-License-Identifier: Apache-2.0
 *
 * views.h: what the parts of test-views share.
 */
#pragma once

#include <math.h>
#include <string.h>

#include "engine/views/view.h"
#include "tests/engine/lane.h"

#define WIDTH 5
#define HEIGHT 4
#define N_SAMPLES 40
#define N_DATA 50

/* Of every part, in its order. */
void views_add_critic   (void);
void views_add_kernels  (void);
void views_add_spaces   (void);
void views_add_density  (void);
void views_add_features (void);

static const double extent[4] = { -3, 3, -2, 2 };

/* In float64, without hidden layers unless `keys` say otherwise, after some iterations. known: the lane knows how long
 * the grid's rows are. */
static inline MpLoop *
open_grid (const char *method,
           const char *keys,
           gint        width,
           gint        height,
           gboolean    known)
{
  g_autofree char *all = g_strconcat ("train.precision=float64;generator.latent=2;generator.hidden=", ";",
                                      keys != NULL ? keys : "", NULL);
  g_autoptr (MpExperiment) experiment = lane_experiment (method, all);
  const MpBuildOptions options = {
    .n_view_samples = N_SAMPLES, .n_view_data = N_DATA, .n_view_points = width * height,
    .view_width = known ? width : 0
  };
  const MpDeviceClass *class;
  MpDevice *device = lane_device_new (&class);
  MpLoop *loop = lane_new (experiment, class, device, &options);
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_loop_set_view_grid (loop, width, height, extent, &error));
  lane_run (loop, 0, 3);
  return loop;
}

static inline MpLoop *
open_lane (const char *method,
           const char *keys)
{
  return open_grid (method, keys, WIDTH, HEIGHT, FALSE);
}

static inline void
look (MpLoop     *loop,
      const char *id,
      MpView     *view)
{
  g_autoptr (GError) error = NULL;

  mp_loop_look (loop, (const char *const[]) { id, NULL }, view, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (view->n_layers, ==, 1);
}

static inline gboolean
offers (MpLoop     *loop,
        const char *id)
{
  return mp_build_find_view (mp_loop_get_build (loop), id) >= 0;
}

static inline void
grid_point (guint   i,
            double *point)
{
  point[0] = extent[0] + (extent[1] - extent[0]) * (i % WIDTH + 0.5) / WIDTH;
  point[1] = extent[2] + (extent[3] - extent[2]) * (i / WIDTH + 0.5) / HEIGHT;
}

static inline void
assert_near (double value,
             double expected,
             double tolerance)
{
  if (!(fabs (value - expected) <= tolerance * MAX (1, fabs (expected))))
    g_error ("%.9g is not %.9g", value, expected);
}

static inline double
sqdist (const double *a,
        const float  *b)
{
  return (a[0] - (double) b[0]) * (a[0] - (double) b[0]) + (a[1] - (double) b[1]) * (a[1] - (double) b[1]);
}
