/* SPDX-License-Identifier: Apache-2.0
 *
 * true-ratio.c: the true density of the data over a kernel density estimate of the model, at every point p of the plot.
 *
 *   q (p) = 1/m Σⱼ exp (−|p − yⱼ|²/(2h²)) / (2πh²)          m generated points yⱼ
 *   r (p) = min ((p_data (p) + δ) / (q (p) + δ), LIMIT)     δ = 1/(m·area of the plot): one point's share
 * δ makes the ratio 1 where neither has anything. The bandwidth h is the one of BANDWIDTHS, in steps of a constant
 * factor, whose leave-one-out likelihood is the largest:
 *   l (h) = meanᵢ log (1/(m−1) Σ_{j≠i} exp (−|yᵢ − yⱼ|²/(2h²)) / (2πh²))
 * (Habbema, Hermans and van den Broek, 1974); a model that has collapsed to a point takes the smallest.
 */
#include "engine/views/view.h"

#include <math.h>

#define POINTS 128
#define BANDWIDTHS 8
#define NARROWEST 0.004 /* in widths of the plot */
#define WIDEST 0.25
#define FAR 1e30f
#define LIMIT 10

/* l (h) for the squared distances between the m points, their diagonal out of reach; rank 1, one entry. */
static MpNode *
likelihood (MpNode *apart,
            double  h)
{
  gint64 m = apart != NULL ? apart->type.dim[0] : 1;
  MpNode *sums = mp_log_sum_exp (mp_mul_scalar (apart, -1 / (2 * h * h)), MP_AXIS (1), FALSE);

  return mp_add_scalar (mp_mean (sums, MP_AXIS (0), TRUE), -log (2 * G_PI * h * h * (double) MAX (m - 1, 1)));
}

/* Rank 1, one entry. */
static MpNode *
choose_bandwidth (MpBuild *build,
                  MpNode  *y,
                  double   width)
{
  MpGraph *graph = mp_build_graph (build);
  gint64 m = y != NULL ? y->type.dim[0] : 1;
  MpNode *diagonal = mp_band (mp_full (graph, mp_shape (graph, m, m, (gint64) -1), FAR), 0, 0);
  MpNode *apart = mp_add (mp_sqdist (y, y), diagonal);
  MpNode *likelihoods[BANDWIDTHS], *all, *best, *chosen = NULL, *n;
  double h[BANDWIDTHS];

  for (guint i = 0; i < BANDWIDTHS; i++) {
    h[i] = width * NARROWEST * pow (WIDEST / NARROWEST, (double) i / (BANDWIDTHS - 1));
    likelihoods[i] = likelihood (apart, h[i]);
  }
  all = mp_concat (0, BANDWIDTHS, likelihoods);
  best = mp_max (all, MP_AXIS (0), TRUE);
  n = mp_full (graph, mp_shape (graph, (gint64) 1, (gint64) -1), 0);
  for (guint i = 0; i < BANDWIDTHS; i++) {
    MpNode *is_best = mp_compare (MP_OP_GE, likelihoods[i], best);

    chosen = i == 0 ? mp_mul_scalar (is_best, h[0]) : mp_add (chosen, mp_mul_scalar (is_best, h[i]));
    n = mp_add (n, is_best);
  }
  return mp_div (chosen, n);
}

MpNode *
mp_view_true_ratio_at (MpBuild *build,
                       MpNode  *points,
                       MpNode  *density)
{
  MpNode *y = mp_view_rows (mp_build_view_samples (build), POINTS), *h, *kernels, *model, *ratio;
  double extent[4], floor;

  if (density == NULL || !mp_build_view_extent (build, extent))
    return NULL;
  h = choose_bandwidth (build, y, MAX (extent[1] - extent[0], extent[3] - extent[2]));
  kernels = mp_mean (mp_gram (points, y, MP_KERNEL_RBF, h), MP_AXIS (1), FALSE);
  model = mp_div (mp_mul_scalar (kernels, 1 / (2 * G_PI)), mp_square (h));
  floor = 1 / ((double) (y != NULL ? y->type.dim[0] : 1) * (extent[1] - extent[0]) * (extent[3] - extent[2]));
  ratio = mp_div (mp_add_scalar (density, floor), mp_add_scalar (model, floor));
  return mp_minimum (ratio, mp_scalar (mp_build_graph (build), LIMIT));
}

static gboolean
true_ratio_build (MpBuild     *build,
                  MpViewNodes *nodes)
{
  MpNode *ratio = mp_view_true_ratio_at (build, mp_build_view_points (build), mp_build_view_density (build));

  if (ratio == NULL)
    return FALSE;
  nodes->title = N_("True density ratio (data over a kernel density estimate of the model, up to 10)");
  nodes->neutral = 1;
  nodes->tensors[nodes->n_tensors++] = ratio;
  return TRUE;
}

const MpViewClass mp_view_true_ratio = {
  .base = {
    .id = "true-ratio",
    .title = N_("True density ratio"),
    .summary = N_("What a critic that estimates the ratio should find: data density over model density, 1 "
                  "everywhere when the generator is done."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = true_ratio_build,
};
