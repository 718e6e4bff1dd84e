/* SPDX-License-Identifier: Apache-2.0
 *
 * curves.c: points along plane curves, and their density
 *   p (x) = Σ_k w_k ∫₀¹ N (x; c_k (t), s_k² I₂) dt
 * by Gauss–Legendre rules of eight nodes on panels along which the curve runs at most two standard deviations: the
 * rule's error is then below rounding. Panels farther than 9 standard deviations add less than e^(−40) and are skipped.
 */
#include "engine/data/curves.h"

#include <string.h>

#include "engine/data/draw.h"

#define NODES 8
#define MAX_PANELS (1 << 17)
#define FAR 9.0

typedef struct
{
  double centre[2], radius;       /* a circle around the nodes */
  double std, factor;             /* weight of the panel over 2πs² */
  double x[NODES], y[NODES];
} Panel;

typedef struct
{
  MpCurveAt at;
  double   *shape;
  guint     n_curves;
  double   *weight, *std;
  GArray   *panels;               /* of Panel; NULL where the density is not known */
  double    reach;                /* largest coordinate that a point has, 5 standard deviations included */
} MpCurves;

/* Nodes and weights on [−1, 1]; the other half mirrors them. */
static const double nodes[NODES / 2] = {
  0.18343464249564980, 0.52553240991632899, 0.79666647741362674, 0.96028985649753623
};
static const double node_weights[NODES / 2] = {
  0.36268378337836198, 0.31370664587788729, 0.22238103445337447, 0.10122853629037626
};

static double
get_node (guint i)
{
  return i < NODES / 2 ? -nodes[NODES / 2 - 1 - i] : nodes[i - NODES / 2];
}

static double
get_node_weight (guint i)
{
  return i < NODES / 2 ? node_weights[NODES / 2 - 1 - i] : node_weights[i - NODES / 2];
}

/* The greatest speed |c'| along the curve, from chords; curves of data sets are tame. */
static double
find_speed (MpCurves *self,
            guint     k)
{
  const guint n = 4096;
  double before[2], speed = 0;

  self->at (self->shape, k, 0, before);
  for (guint i = 1; i <= n; i++) {
    double here[2];

    self->at (self->shape, k, (double) i / n, here);
    speed = MAX (speed, hypot (here[0] - before[0], here[1] - before[1]) * n);
    self->reach = MAX (self->reach, MAX (fabs (here[0]), fabs (here[1])) + 5 * self->std[k]);
    memcpy (before, here, sizeof before);
  }
  return speed;
}

static void
add_panels (MpCurves *self,
            guint     k,
            guint     n)
{
  for (guint p = 0; p < n; p++) {
    Panel panel = { .std = self->std[k] };

    panel.factor = self->weight[k] / n / (2 * G_PI * panel.std * panel.std);
    self->at (self->shape, k, (p + 0.5) / n, panel.centre);
    for (guint i = 0; i < NODES; i++) {
      double place[2];

      self->at (self->shape, k, (p + 0.5 + 0.5 * get_node (i)) / n, place);
      panel.x[i] = place[0];
      panel.y[i] = place[1];
      panel.radius = MAX (panel.radius, hypot (place[0] - panel.centre[0], place[1] - panel.centre[1]));
    }
    g_array_append_val (self->panels, panel);
  }
}

static MpCurves *
curves_new (MpCurveAt     at,
            const double *shape,
            guint         n_shape,
            guint         n_curves,
            const double *weight,
            const double *std)
{
  MpCurves *self = g_new0 (MpCurves, 1);
  g_autofree double *panels = g_new (double, n_curves);
  double total = 0;

  self->at = at;
  self->shape = g_memdup2 (shape, n_shape * sizeof *shape);
  self->n_curves = n_curves;
  self->weight = g_memdup2 (weight, n_curves * sizeof *weight);
  self->std = g_memdup2 (std, n_curves * sizeof *std);
  for (guint k = 0; k < n_curves; k++) {
    double speed = find_speed (self, k);

    panels[k] = self->std[k] > 0 ? MAX (8, ceil (speed / (2 * self->std[k]))) : INFINITY;
    total += panels[k];
  }
  if (total > MAX_PANELS)
    return self;
  self->panels = g_array_new (FALSE, FALSE, sizeof (Panel));
  for (guint k = 0; k < n_curves; k++)
    add_panels (self, k, (guint) panels[k]);
  return self;
}

static void
curves_draw (gconstpointer  state,
             guint64        seed,
             const char    *stream,
             guint64        step,
             gint64         n,
             float         *out)
{
  const MpCurves *self = state;
  guint32 id = mp_stream_id (stream);

  for (gint64 i = 0; i < n; i++) {
    guint32 word[4];
    double noise[2], place[2];
    guint k;

    mp_philox (seed, (guint32) i, id, step, word);
    k = mp_draw_part (word[0], self->weight, self->n_curves);
    self->at (self->shape, k, mp_draw_uniform (word[1]), place);
    mp_draw_normal (word[2], word[3], noise);
    out[2 * i] = (float) (place[0] + self->std[k] * noise[0]);
    out[2 * i + 1] = (float) (place[1] + self->std[k] * noise[1]);
  }
}

static double
curves_density (gconstpointer  state,
                const double  *point)
{
  const MpCurves *self = state;
  double sum = 0;

  if (self->panels == NULL)
    return NAN;
  for (guint p = 0; p < self->panels->len; p++) {
    const Panel *panel = &g_array_index (self->panels, Panel, p);
    double across = point[0] - panel->centre[0], up = point[1] - panel->centre[1];
    double limit = panel->radius + FAR * panel->std, part = 0;

    if (across * across + up * up > limit * limit)
      continue;
    for (guint i = 0; i < NODES; i++) {
      double dx = point[0] - panel->x[i], dy = point[1] - panel->y[i];

      part += 0.5 * get_node_weight (i) * exp (-(dx * dx + dy * dy) / (2 * panel->std * panel->std));
    }
    sum += panel->factor * part;
  }
  return sum;
}

static void
curves_free (gpointer state)
{
  MpCurves *self = state;

  g_free (self->shape);
  g_free (self->weight);
  g_free (self->std);
  if (self->panels != NULL)
    g_array_unref (self->panels);
  g_free (self);
}

static const MpSource curves_source = { .draw = curves_draw, .density = curves_density, .free_state = curves_free };

void
mp_data_set_curves (MpDataContents *contents,
                    MpExperiment   *experiment,
                    MpCurveAt       at,
                    const double   *shape,
                    guint           n_shape,
                    guint           n_curves,
                    const double   *weight,
                    const double   *std)
{
  g_autofree double *weights = g_new (double, n_curves), *stds = g_new (double, n_curves);
  MpCurves *curves;

  if (weight == NULL)
    mp_data_get_weights (experiment, n_curves, weights);
  if (std == NULL)
    mp_data_get_stds (experiment, n_curves, stds);
  curves = curves_new (at, shape, n_shape, n_curves, weight != NULL ? weight : weights, std != NULL ? std : stds);
  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->source = &curves_source;
  contents->state = curves;
  mp_data_set_extent (contents, curves->reach);
}
