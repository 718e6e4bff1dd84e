/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.c: sums of kernels and the median heuristic; formulas in kernel.h.
 */
#include "engine/methods/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "engine/data/data.h"

#define REFERENCE_POINTS 500   /* of the data's median */
#define MINIBATCH_POINTS 128   /* of a minibatch's */
#define BISECTIONS 30
#define SMALLEST_MEDIAN 1e-12  /* data of one point have no scale */

static const struct
{
  const char   *choice;
  MpKernelKind  kind;
} kinds[] = {
  { "rbf", MP_KERNEL_RBF },
  { "rbf-variance", MP_KERNEL_RBF_VARIANCE },
  { "rational-quadratic", MP_KERNEL_RATIONAL_QUADRATIC },
  { "linear", MP_KERNEL_LINEAR },
  { "polynomial", MP_KERNEL_POLYNOMIAL },
};

const char *const mp_kernel_choices[] = {
  "rbf", "rbf-variance", "rational-quadratic", "linear", "polynomial", NULL
};
const char *const mp_radial_kernel_choices[] = { "rbf", "rbf-variance", "rational-quadratic", NULL };
const char *const mp_median_choices[] = { "none", "data", "minibatch", NULL };

/* ---- medians ---- */

static int
compare_floats (const void *a,
                const void *b)
{
  float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

double
mp_median_distance (const float *points,
                    gint64       n,
                    gint64       dimensions)
{
  gint64 n_pairs = n * (n - 1) / 2, count = 0;
  g_autofree float *squares = g_new (float, MAX (n_pairs, 1));

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < i; j++) {
      double sum = 0;

      for (gint64 k = 0; k < dimensions; k++) {
        double step = (double) points[i * dimensions + k] - points[j * dimensions + k];

        sum += step * step;
      }
      squares[count++] = (float) sum;
    }
  if (n_pairs < 1)
    return 0;
  qsort (squares, (gsize) n_pairs, sizeof *squares, compare_floats);
  return sqrt (squares[(n_pairs - 1) / 2]);
}

MpNode *
mp_median_distance_node (MpNode *x)
{
  gint64 n = x != NULL ? MIN (x->type.dim[0], MINIBATCH_POINTS) : 0;
  MpNode *few = x != NULL && x->type.dim[0] > n ? mp_slice_axis (x, 0, 0, n) : x;
  MpNode *squares = mp_stop_gradient (mp_sqdist (few, few));
  MpNode *low, *high, *wanted;

  if (squares == NULL)
    return NULL;
  /* The matrix has every pair twice, and n zeros on its diagonal. */
  wanted = mp_scalar (squares->graph, (double) (n + 2 * ((n * (n - 1) / 2 + 1) / 2)) - 0.5);
  low = mp_scalar (squares->graph, 0);
  high = mp_max (squares, MP_ALL_AXES, FALSE);
  for (guint i = 0; i < BISECTIONS; i++) {
    MpNode *middle = mp_mul_scalar (mp_add (low, high), 0.5);
    MpNode *enough = mp_compare (MP_OP_GT, mp_sum (mp_compare (MP_OP_LE, squares, middle), MP_ALL_AXES, FALSE), wanted);

    low = mp_select (enough, low, middle);
    high = mp_select (enough, middle, high);
  }
  high = mp_max (mp_mul (squares, mp_compare (MP_OP_LE, squares, high)), MP_ALL_AXES, FALSE);
  return mp_named (mp_sqrt (high), "median distance");
}

static double
find_median (MpBuild *build)
{
  MpExperiment *experiment = mp_build_experiment (build);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpData) data = mp_data_open (experiment, (guint64) mp_experiment_get_int (experiment, "train", "seed"),
                                          &error);
  g_autofree float *points = NULL;
  gint64 dimensions, n;

  if (data == NULL) {
    mp_graph_fail (mp_build_graph (build), "%s", error->message);
    return 1;
  }
  dimensions = mp_data_get_dimensions (data);
  n = mp_data_get_n_points (data) > 0 ? MIN (mp_data_get_n_points (data), REFERENCE_POINTS) : REFERENCE_POINTS;
  points = g_new (float, MAX (n * dimensions, 1));
  mp_data_get_reference (data, n, points);
  return MAX (mp_median_distance (points, n, dimensions), SMALLEST_MEDIAN);
}

/* ℓ or NULL; for_views: (out): the same between iterations. */
static MpNode *
read_scale (MpBuild  *build,
            MpPhase  *phase,
            MpNode   *real,
            MpNode  **for_views)
{
  MpGraph *graph = mp_build_graph (build);
  const char *median = mp_build_string (build, "median");
  MpNode *now;

  *for_views = NULL;
  if (g_str_equal (median, "none"))
    return NULL;
  if (g_str_equal (median, "data"))
    return *for_views = mp_scalar (graph, find_median (build));

  /* Views look through the last minibatch's; until there is one, through the data's. */
  *for_views = mp_state (graph, "method/median", mp_type (mp_graph_get_dtype (graph), 0, NULL),
                         (MpInit) { "constant", find_median (build) });
  now = mp_maximum (mp_median_distance_node (real), mp_scalar (graph, SMALLEST_MEDIAN));
  mp_phase_assign (phase, *for_views, now);
  mp_phase_report (phase, "median", N_("Median distance of real points (bandwidths are multiples of it)"),
                   MP_NEITHER_IS_BETTER, now);
  return now;
}

/* ---- reading ---- */

static void
add_term (MpKernelSum  *self,
          MpKernelKind  kind,
          MpNode       *parameters)
{
  g_assert (self->n_terms < MP_KERNEL_MAX_TERMS);
  self->terms[self->n_terms].kind = kind;
  self->terms[self->n_terms].parameters = parameters;
  self->n_terms++;
}

MpKernelSum
mp_kernel_sum_of (MpKernelKind  kind,
                  MpNode       *parameters)
{
  MpKernelSum self = { 0 };

  add_term (&self, kind, parameters);
  return self;
}

/* The list as a constant, in the graph's dtype; nothing where it is empty. */
static void
add_list (MpKernelSum  *self,
          MpBuild      *build,
          const char   *key,
          MpKernelKind  kind)
{
  MpGraph *graph = mp_build_graph (build);
  guint n;
  const double *values = mp_experiment_get_doubles (mp_build_experiment (build), "method", key, &n);
  MpTensorType type = mp_shape (graph, (gint64) n, (gint64) -1);
  g_autofree float *floats = g_new (float, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    floats[i] = (float) values[i];
  if (n > 0)
    add_term (self, kind, mp_constant (graph, type, type.dtype == MP_FLOAT64 ? (const void *) values : floats));
}

static MpKernelKind
find_kind (const char *choice)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].choice, choice))
      return kinds[i].kind;
  g_return_val_if_reached (MP_KERNEL_RBF);
}

gboolean
mp_kernel_check (MpExperiment  *experiment,
                 GError       **error)
{
  guint n;
  const double *values = mp_experiment_get_doubles (experiment, "method", "bandwidths", &n);

  if (find_kind (mp_experiment_get_string (experiment, "method", "kernel")) != MP_KERNEL_POLYNOMIAL)
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (values[i] != floor (values[i]) || values[i] > MP_KERNEL_MAX_POWER) {
      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[method] bandwidths: a polynomial kernel has a whole power from "
                   "1 to %d, not %g", MP_KERNEL_MAX_POWER, values[i]);
      return FALSE;
    }
  return TRUE;
}

void
mp_kernel_sum_read (MpKernelSum *self,
                    MpBuild     *build,
                    MpPhase     *phase,
                    MpNode      *real)
{
  MpKernelKind kind = find_kind (mp_build_string (build, "kernel"));
  MpNode *view_scale = NULL;
  MpKernelSum published;

  *self = mp_kernel_sum_of (kind, mp_build_live (build, "bandwidths"));
  if (mp_experiment_find_param (mp_build_experiment (build), "method", "median") != NULL) {
    add_list (self, build, "plus_gaussians", MP_KERNEL_RBF);
    add_list (self, build, "plus_rational_quadratics", MP_KERNEL_RATIONAL_QUADRATIC);
    add_list (self, build, "plus_polynomials", MP_KERNEL_POLYNOMIAL);
    if (mp_build_bool (build, "plus_linear"))
      add_term (self, MP_KERNEL_LINEAR, NULL);
    self->scale = read_scale (build, phase, real, &view_scale);
  }

  published = *self;
  published.scale = view_scale;
  mp_build_publish_kernel_sum (build, &published);
}

/* ---- values ---- */

double
mp_kernel_sum_at_zero (const MpKernelSum *self)
{
  double n = 0;

  for (guint i = 0; i < self->n_terms; i++) {
    if (self->terms[i].kind > MP_KERNEL_RATIONAL_QUADRATIC || self->terms[i].parameters == NULL)
      return NAN;
    n += (double) self->terms[i].parameters->type.dim[0];
  }
  return n;
}

static MpNode *
scaled (const MpKernelSum *self,
        MpNode            *x)
{
  return self->scale != NULL ? mp_div (x, self->scale) : x;
}

MpNode *
mp_kernel_sum_matrix (const MpKernelSum *self,
                      MpNode            *x,
                      MpNode            *y)
{
  gboolean same = x == y;
  MpNode *sum = NULL;

  x = scaled (self, x);
  y = same ? x : scaled (self, y);
  for (guint i = 0; i < self->n_terms; i++) {
    MpNode *term = mp_gram (x, y, self->terms[i].kind, self->terms[i].parameters);

    sum = sum == NULL ? term : mp_add (sum, term);
  }
  return sum;
}

MpNode *
mp_kernel_sum_rows (const MpKernelSum *self,
                    MpNode            *x,
                    MpNode            *y)
{
  MpNode *squares = mp_sum (mp_square (mp_sub (scaled (self, x), scaled (self, y))), MP_AXIS (1), FALSE);
  MpNode *sum = NULL;

  for (guint i = 0; i < self->n_terms; i++) {
    MpNode *term = mp_gram_of_sqdist (squares, self->terms[i].kind, self->terms[i].parameters);

    sum = sum == NULL ? term : mp_add (sum, term);
  }
  return sum;
}
