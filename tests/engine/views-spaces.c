/* SPDX-License-Identifier: Apache-2.0
 *
 * views-spaces.c: points in a projected space, and the principal axes of many dimensions.
 */
#include "tests/engine/views.h"

static MpLayerTensor
new_tensor (gint64 rows,
            gint64 columns)
{
  return (MpLayerTensor) { rows, columns, g_new0 (float, rows * columns) };
}

/* Points 3·a·u₁ + 1·b·u₂ + 0.1·c·u₃ with a, b, c = ±1 in all ways: the axes are u₁ and u₂, with 10/10.01 of the
 * variance; u₁ = (0, −0.6, 0, 0.8, 0), u₂ = (0, 0.8, 0, 0.6, 0), u₃ = (1, 0, 0, 0, 0). The largest entry points up. */
static void
test_axes (void)
{
  MpLayer layer = { .title = "axes", .n_tensors = 4, .per_panel = 4 };
  const double u1[5] = { 0, -0.6, 0, 0.8, 0 }, u2[5] = { 0, 0.8, 0, 0.6, 0 };

  for (guint t = 0; t < 4; t++)
    layer.tensors[t] = new_tensor (4, 5);
  for (guint i = 0; i < 8; i++) {
    float *point = layer.tensors[i / 4].values + 5 * (i % 4), *force = layer.tensors[2 + i / 4].values + 5 * (i % 4);

    for (guint j = 0; j < 5; j++)
      point[j] = (float) (7 + (i & 1 ? 3 : -3) * u1[j] + (i & 2 ? 1 : -1) * u2[j]
                          + (j == 0 ? (i & 4 ? 0.1 : -0.1) : 0));
    force[3] = 1;
  }
  mp_layer_project (&layer);
  for (guint t = 0; t < 4; t++)
    g_assert_cmpint (layer.tensors[t].columns, ==, 2);
  for (guint i = 0; i < 8; i++) {
    const float *point = layer.tensors[i / 4].values + 2 * (i % 4);
    const float *force = layer.tensors[2 + i / 4].values + 2 * (i % 4);

    assert_near ((double) point[0], i & 1 ? 3 : -3, 1e-5);
    assert_near ((double) point[1], i & 2 ? 1 : -1, 1e-5);
    assert_near ((double) force[0], 0.8, 1e-5);
    assert_near ((double) force[1], 0.6, 1e-5);
  }
  g_assert_nonnull (strstr (layer.detail, "5"));
  g_assert_nonnull (strstr (layer.detail, "100 %"));
  mp_layer_clear (&layer);
}

/* One and two dimensions stay as they are, points that are all the same stay finite. */
static void
test_few_axes (void)
{
  MpLayer plane = { .n_tensors = 2 }, line = { .n_tensors = 2 }, same = { .n_tensors = 2 };

  for (guint t = 0; t < 2; t++) {
    plane.tensors[t] = new_tensor (3, 2);
    line.tensors[t] = new_tensor (3, 1);
    same.tensors[t] = new_tensor (3, 4);
    for (guint i = 0; i < 12; i++) {
      if (i < 6)
        plane.tensors[t].values[i] = (float) (i + t);
      if (i < 3)
        line.tensors[t].values[i] = (float) (i + t);
      same.tensors[t].values[i] = 5;
    }
  }
  mp_layer_project (&plane);
  mp_layer_project (&line);
  mp_layer_project (&same);
  g_assert_null (plane.detail);
  g_assert_null (line.detail);
  for (guint t = 0; t < 2; t++)
    for (guint i = 0; i < 3; i++) {
      assert_near ((double) plane.tensors[t].values[2 * i + 1], 2 * i + 1 + t, 0);
      assert_near ((double) line.tensors[t].values[i], i + t, 0);
      assert_near ((double) same.tensors[t].values[2 * i], 0, 0);
    }
  mp_layer_clear (&plane);
  mp_layer_clear (&line);
  mp_layer_clear (&same);
}

static void
test_projected_space (void)
{
  static const char *const dimensions[] = { "1", "2", "10" };

  for (guint i = 0; i < G_N_ELEMENTS (dimensions); i++) {
    g_autofree char *keys = g_strconcat ("critic.hidden=16;method.dimensions=", dimensions[i], NULL);
    g_autoptr (MpLoop) loop = open_lane ("gram", keys);
    MpView view;

    look (loop, "projected-space", &view);
    g_assert_cmpuint (view.layers[0].n_tensors, ==, 2);
    g_assert_cmpint (view.layers[0].tensors[0].rows, ==, N_DATA);
    g_assert_cmpint (view.layers[0].tensors[1].rows, ==, N_SAMPLES);
    for (guint t = 0; t < 2; t++)
      g_assert_cmpint (view.layers[0].tensors[t].columns, ==, i == 0 ? 1 : 2);
    g_assert_true ((view.layers[0].detail != NULL) == (i == 2));
    mp_view_clear (&view);
    look (loop, "attraction-repulsion", &view);
    for (guint t = 0; t < 8; t++)
      g_assert_cmpint (view.layers[0].tensors[t].columns, ==, i == 0 ? 1 : 2);
    mp_view_clear (&view);
  }
}

/* Codes of a linear encoder, of what the method's kernel compares. */
static void
test_codes (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gmmn-ae", "encoder.hidden=;extractor.code=2");
  g_autofree double *w = lane_read (loop, "extractor/encoder/output/weight");
  MpView view;

  look (loop, "projected-space", &view);
  g_assert_false (offers (loop, "attraction-repulsion"));
  for (guint i = 0; i < N_DATA; i++)
    for (guint j = 0; j < 2; j++)
      assert_near ((double) view.layers[0].tensors[0].values[2 * i + j],
                   (double) view.data[2 * i] * w[j] + (double) view.data[2 * i + 1] * w[2 + j], 1e-5);
  mp_view_clear (&view);
}

void
views_add_spaces (void)
{
  g_test_add_func ("/views/axes", test_axes);
  g_test_add_func ("/views/few-axes", test_few_axes);
  g_test_add_func ("/views/projected-space", test_projected_space);
  g_test_add_func ("/views/codes", test_codes);
}
