/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/ui/canned-layers.h"

#include <math.h>

#include "tests/ui/canned.h"

#define N 256

static const MpViewClass classes[] = {
  [MP_DRAW_SURFACE] = { { .id = "canned-surface", .title = "Witness (canned)",
                          .summary = "A made-up surface." }, MP_DRAW_SURFACE },
  [MP_DRAW_MARKS] = { { .id = "canned-marks", .title = "Penalty points",
                          .summary = "Where a made-up penalty looks." }, MP_DRAW_MARKS },
  [MP_DRAW_ARROWS] = { { .id = "canned-arrows", .title = "Sample gradient",
                          .summary = "Where a made-up step moves samples." }, MP_DRAW_ARROWS },
  [MP_DRAW_LATTICE] = { { .id = "canned-lattice", .title = "Generator lattice",
                          .summary = "A made-up image of the latent square." }, MP_DRAW_LATTICE },
  [MP_DRAW_POINTS] = { { .id = "canned-points", .title = "Decoder samples",
                          .summary = "A made-up third cloud." }, MP_DRAW_POINTS },
  [MP_DRAW_MATRIX] = { { .id = "canned-matrix", .title = "Kernel matrix",
                          .summary = "Made-up comparisons of points." }, MP_DRAW_MATRIX },
  [MP_DRAW_SPACE] = { { .id = "canned-space", .title = "Projected space",
                          .summary = "A made-up space." }, MP_DRAW_SPACE },
  [MP_DRAW_BARS] = { { .id = "canned-bars", .title = "Residual of moments",
                          .summary = "Made-up residuals." }, MP_DRAW_BARS },
};

static float *
add_tensor (MpLayer *layer,
            gint64   rows,
            gint64   columns,
            float   *values)
{
  MpLayerTensor *tensor = &layer->tensors[layer->n_tensors++];

  *tensor = (MpLayerTensor) { rows, columns, values != NULL ? values : g_new0 (float, rows * columns) };
  return tensor->values;
}

static void
fill_surface (MpLayer *layer)
{
  float *values = add_tensor (layer, 64 * 64, 1, NULL);

  layer->width = layer->height = 64;
  for (int j = 0; j < 64; j++)
    for (int i = 0; i < 64; i++) {
      double x = -3 + 6 * (i + 0.5) / 64, y = -3 + 6 * (j + 0.5) / 64, r = hypot (x, y);

      values[64 * j + i] = (float) (exp (-(r - 2) * (r - 2)) * cos (4 * atan2 (y, x)) - 0.5 * exp (-r * r));
    }
  layer->neutral = 0;
}

static void
fill_ramp (MpLayer *layer)
{
  float *values = add_tensor (layer, N, 1, NULL);

  for (int i = 0; i < N; i++)
    values[i] = i / 100.0f;
}

static void
fill_arrows (MpLayer *layer)
{
  g_autofree float *ring = canned_ring (5, N, 8, 1.8, 0.3);
  float            *arrows = add_tensor (layer, N, 4, NULL);

  for (int i = 0; i < N; i++) {
    arrows[4 * i] = ring[2 * i];
    arrows[4 * i + 1] = ring[2 * i + 1];
    arrows[4 * i + 2] = 0.004f * ring[2 * i] * (1 + 0.5f * sinf (3.0f * i));
    arrows[4 * i + 3] = 0.004f * ring[2 * i + 1];
  }
}

static void
fill_lattice (MpLayer *layer)
{
  enum { SIDE = 24 };
  float *points = add_tensor (layer, SIDE * SIDE, 2, NULL), *opacity = add_tensor (layer, SIDE * SIDE, 1, NULL);

  layer->columns = SIDE;
  for (int j = 0; j < SIDE; j++)
    for (int i = 0; i < SIDE; i++) {
      double u = 2.0 * i / (SIDE - 1) - 1, v = 2.0 * j / (SIDE - 1) - 1;

      points[2 * (SIDE * j + i)] = (float) (2.3 * u * (1 - 0.3 * v * v) + 0.2 * sin (4 * v));
      points[2 * (SIDE * j + i) + 1] = (float) (2.3 * v * (1 - 0.3 * u * u) + 0.2 * cos (4 * u));
      opacity[SIDE * j + i] = (float) exp (-1.5 * (u * u + v * v));
    }
}

static void
fill_matrices (MpLayer *layer,
               guint    n)
{
  enum { SIDE = 128 };

  for (guint k = 0; k < n; k++) {
    g_autofree float *real = canned_ring (1, SIDE / 2, 8, 2, 0.2), *generated = canned_ring (2, SIDE / 2, 3, 2, 0.2);
    float            *values = add_tensor (layer, SIDE, SIDE, NULL);

    for (int j = 0; j < SIDE; j++)
      for (int i = 0; i < SIDE; i++) {
        const float *a = (j < SIDE / 2 ? real : generated) + 2 * (j % (SIDE / 2));
        const float *b = (i < SIDE / 2 ? real : generated) + 2 * (i % (SIDE / 2));
        double       square = (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);

        values[SIDE * j + i] = (float) exp (-square / (k == 0 ? 1 : 8));
      }
  }
}

static void
fill_spaces (MpLayer *layer,
             guint    variant)
{
  const gint64 k = variant == 1 ? 1 : 2;

  layer->per_panel = 4;
  for (guint part = 0; part < (variant == 2 ? 2 : 1); part++) {
    float *real = add_tensor (layer, N, k, canned_ring (1 + part, N, 8, 2, 0.5));
    float *generated = add_tensor (layer, N, k, canned_ring (3 + part, N, 3, 1, 0.5));

    for (guint cloud = 0; cloud < 2; cloud++) {
      const float *points = cloud == 0 ? real : generated;
      float       *forces = add_tensor (layer, N, k, NULL);

      for (gint64 i = 0; i < k * N; i++)
        forces[i] = (part == 0 ? -0.01f : 0.01f) * points[i];
    }
  }
  if (variant == 2)
    layer->labels = g_strdupv ((char *[]) { "Attraction", "Repulsion", NULL });
}

static void
fill_bars (MpLayer *layer,
           guint    variant)
{
  float *values = add_tensor (layer, 5, 1, NULL);

  layer->labels = g_strdupv ((char *[]) { "hidden 1, mean", "hidden 1, variance", "hidden 2, mean", "hidden 2, variance",
                                          "code", NULL });
  for (int i = 0; i < 5; i++)
    values[i] = (float) ((variant == 1 && i % 2 ? -1 : 1) * pow (10, -i) * 0.7);
}

MpLayer *
canned_layer (MpDrawing drawing,
              guint     variant)
{
  MpLayer *layer = g_new0 (MpLayer, 1);

  layer->class = &classes[drawing];
  layer->title = layer->class->base.title;
  layer->neutral = NAN;
  layer->extent[0] = layer->extent[2] = -3;
  layer->extent[1] = layer->extent[3] = 3;
  switch (drawing) {
  case MP_DRAW_SURFACE: fill_surface (layer); break;
  case MP_DRAW_MARKS:
    add_tensor (layer, N, 2, canned_ring (6, N, 8, 1, 0.6));
    if (variant == 0)
      fill_ramp (layer);
    break;
  case MP_DRAW_ARROWS: fill_arrows (layer); break;
  case MP_DRAW_LATTICE: fill_lattice (layer); break;
  case MP_DRAW_POINTS: add_tensor (layer, 2 * N, 2, canned_ring (8, 2 * N, 8, 1.5, 0.2)); break;
  case MP_DRAW_MATRIX: fill_matrices (layer, variant + 1); break;
  case MP_DRAW_SPACE: fill_spaces (layer, variant); break;
  case MP_DRAW_BARS: fill_bars (layer, variant); break;
  }
  return layer;
}

void
canned_layer_free (MpLayer *layer)
{
  for (guint i = 0; i < layer->n_tensors; i++)
    g_free (layer->tensors[i].values);
  g_strfreev (layer->labels);
  g_free (layer);
}
