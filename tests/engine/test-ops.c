/* SPDX-License-Identifier: Apache-2.0
 *
 * test-ops.c: every builder of graph.h against golden values and finite differences, for each case of
 * tests/reference/ops.json (op-builders.c maps a case to its call; op_cases.py says what a case holds).
 *
 * Four tests per case. With y the output, L₁ = Σ w·y, g = ∂L₁/∂x, L₂ = Σ v·g, h = ∂L₂/∂x:
 *
 *   golden       y, g and h in float64, with fusion and without, equal PyTorch's within 10⁻¹⁰ of the largest element
 *   differences  g and h in float64 equal differences of L₁ and L₂
 *   single       y, g and h in float32
 *   graph        the case has at least one node and its plan reads back the shape that PyTorch has
 *
 * Differences are (8 (f(x+s) − f(x−s)) − (f(x+2s) − f(x−2s))) / 12s, with error s⁴ f⁽⁵⁾/30 and rounding 3ε|f|/2s. With
 * s = 2⁻¹⁰ and fifth derivatives up to 3·10⁵ times the gradient's scale, the truncation is below 10⁻⁸ of that scale.
 *
 * A backward stable float32 evaluation is the exact result for operands moved by a few units in the last place. How
 * far the result moves for such operands is measured in float64: inputs times 1 ± 2⁻²³, in several sign patterns.
 */
#include <float.h>
#include <math.h>

#include "engine/graph/plan.h"
#include "tests/engine/golden.h"
#include "tests/engine/op-builders.h"
#include "tests/test-device.h"

#define MAX_INPUTS 5
#define N_PATTERNS 8

typedef struct
{
  char            *name;
  const OpBuilder *builder;
  JsonObject      *attrs;
  guint            n_inputs;
  Golden           input[MAX_INPUTS];
  guint            n_wrt;
  guint            wrt[MAX_INPUTS];        /* input index of each float input */
  guint            orders;                 /* 0: constants; 1; 2 */
  gboolean         differences;
  gboolean         saturated;
  Golden           output;
  double          *weights;
  double          *gradient[MAX_INPUTS];   /* indexed as wrt */
  double          *direction[MAX_INPUTS];
  double          *second[MAX_INPUTS];
} Case;

/* ---- reading a case ---- */

static void
read_lists (JsonObject *object,
            const char *key,
            guint       n,
            double    **lists)
{
  JsonArray *array = json_object_get_array_member (object, key);

  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (guint i = 0; i < n; i++)
    lists[i] = golden_numbers (json_array_get_array_element (array, i));
}

static Case *
read_case (JsonObject *object)
{
  Case *self = g_new0 (Case, 1);
  JsonArray *inputs = json_object_get_array_member (object, "inputs");

  self->name = g_strdup (json_object_get_string_member (object, "name"));
  self->builder = op_builder_find (json_object_get_string_member (object, "op"));
  if (self->builder == NULL)
    g_error ("ops.json: “%s” has no builder in op-builders.c", self->name);
  self->attrs = json_object_ref (json_object_get_object_member (object, "attrs"));
  self->differences = json_object_get_boolean_member_with_default (object, "differences", TRUE);
  self->saturated = json_object_get_boolean_member_with_default (object, "saturated", FALSE);
  self->n_inputs = json_array_get_length (inputs);
  g_assert_cmpuint (self->n_inputs, <=, MAX_INPUTS);
  for (guint i = 0; i < self->n_inputs; i++) {
    self->input[i] = golden_tensor (json_array_get_object_element (inputs, i));
    if (self->input[i].type.dtype != MP_INT32)
      self->wrt[self->n_wrt++] = i;
  }
  self->output = golden_tensor (json_object_get_object_member (object, "output"));
  self->weights = golden_numbers (json_object_get_array_member (object, "weights"));
  if (json_object_has_member (object, "gradients")) {
    self->orders = 1;
    read_lists (object, "gradients", self->n_wrt, self->gradient);
  }
  if (json_object_has_member (object, "second")) {
    self->orders = 2;
    read_lists (object, "directions", self->n_wrt, self->direction);
    read_lists (object, "second", self->n_wrt, self->second);
  }
  return self;
}

/* ---- a case built and planned ---- */

enum
{
  OUT_Y,
  OUT_L1,
  OUT_L2,
  OUT_GRADIENTS,
  N_OUTPUTS = OUT_GRADIENTS + 2 * MAX_INPUTS
};

typedef struct
{
  const Case *test;
  MpDtype     dtype;
  MpDevice   *device;
  MpGraph    *graph;
  MpStore    *store;
  MpPlan     *plan;
  MpNode     *x[MAX_INPUTS];
  guint       n_outputs;
  MpNode     *output[N_OUTPUTS];
} Evaluation;

static MpNode *
graph_constant (MpGraph            *graph,
                const MpTensorType *type,
                const double       *values)
{
  gsize n = mp_tensor_count (type);
  g_autofree double *buffer = g_new0 (double, n + 1);

  golden_from_doubles (type->dtype, values, n, buffer);
  return mp_constant (graph, *type, buffer);
}

/* Σ weight·x */
static MpNode *
weighted_sum (MpNode       *x,
              const double *weights)
{
  return mp_sum (mp_mul (x, graph_constant (x->graph, &x->type, weights)), MP_ALL_AXES, FALSE);
}

static void
build_losses (Evaluation *self)
{
  const Case *test = self->test;
  g_autoptr (GError) error = NULL;
  MpNode *wrt[MAX_INPUTS];
  MpNode *l2 = NULL;

  for (guint i = 0; i < test->n_wrt; i++)
    wrt[i] = self->x[test->wrt[i]];

  self->n_outputs = 1;
  if (test->orders < 1)
    return;
  self->output[OUT_L1] = weighted_sum (self->output[OUT_Y], test->weights);
  mp_gradients (self->graph, self->output[OUT_L1], test->n_wrt, wrt, &self->output[OUT_GRADIENTS], &error);
  g_assert_no_error (error);
  self->output[OUT_L2] = self->output[OUT_L1];
  self->n_outputs = OUT_GRADIENTS + test->n_wrt;
  if (test->orders < 2)
    return;

  for (guint i = 0; i < test->n_wrt; i++) {
    MpNode *term = weighted_sum (self->output[OUT_GRADIENTS + i], test->direction[i]);

    l2 = i == 0 ? term : mp_add (l2, term);
  }
  self->output[OUT_L2] = l2;
  mp_gradients (self->graph, l2, test->n_wrt, wrt, &self->output[OUT_GRADIENTS + test->n_wrt], &error);
  g_assert_no_error (error);
  self->n_outputs += test->n_wrt;
}

static void
evaluation_free (Evaluation *self)
{
  mp_plan_free (self->plan);
  mp_store_free (self->store);
  mp_graph_free (self->graph);
  test_device_class ()->close (self->device);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Evaluation, evaluation_free)

static void
write_input (Evaluation   *self,
             guint         input,
             const double *values)
{
  gsize n = self->test->input[input].count;
  g_autofree double *buffer = g_new0 (double, n + 1);
  g_autoptr (GError) error = NULL;

  golden_from_doubles (self->x[input]->type.dtype, values, n, buffer);
  mp_store_write (self->store, self->x[input], buffer, &error);
  g_assert_no_error (error);
}

/* only_losses: for differences, which need L₁ and L₂ and run often. */
static Evaluation *
evaluation_new (const Case *test,
                MpDtype     dtype,
                gboolean    no_fusion,
                gboolean    only_losses)
{
  Evaluation *self = g_new0 (Evaluation, 1);
  g_autoptr (GError) error = NULL;

  self->test = test;
  self->dtype = dtype;
  g_assert_cmpint (test_device_class ()->open (0, NULL, &self->device), ==, MP_OK);
  self->graph = mp_graph_new (dtype);
  for (guint i = 0; i < test->n_inputs; i++) {
    g_autofree char *name = g_strdup_printf ("x%u", i);
    MpTensorType type = test->input[i].type;

    type.dtype = type.dtype == MP_INT32 ? MP_INT32 : dtype;
    self->x[i] = mp_input (self->graph, name, type);
  }

  OpCall call = { self->graph, test->attrs, test->n_inputs, self->x };
  self->output[OUT_Y] = op_builder_call (test->builder, &call);
  mp_graph_check (self->graph, &error);
  g_assert_no_error (error);
  build_losses (self);
  mp_graph_check (self->graph, &error);
  g_assert_no_error (error);

  self->store = mp_store_new (self->graph, test_device_class (), self->device);
  MpPlanSpec spec = {
    .name = test->name,
    .n_outputs = only_losses ? 2 : self->n_outputs,
    .outputs = only_losses ? &self->output[OUT_L1] : self->output,
    .no_fusion = no_fusion,
  };
  self->plan = mp_plan_new (self->store, &spec, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < test->n_inputs; i++)
    write_input (self, i, test->input[i].data);
  return self;
}

static void
run (Evaluation *self)
{
  MpRunContext context = { 0 };
  g_autoptr (GError) error = NULL;

  mp_plan_run (self->plan, &context, &error);
  g_assert_no_error (error);
}

/* Output of the plan as doubles. (transfer full) */
static double *
read_output (Evaluation         *self,
             guint               output,
             const MpTensorType *type)
{
  gsize n = mp_tensor_count (type);
  g_autofree double *buffer = g_new0 (double, n + 1);
  double *values = g_new0 (double, n + 1);
  g_autoptr (GError) error = NULL;

  mp_plan_read (self->plan, output, buffer, &error);
  g_assert_no_error (error);
  golden_to_doubles (type->dtype, buffer, n, values);
  return values;
}

/* ---- the values of a case ---- */

typedef struct
{
  char         *what;
  guint         output;
  const double *golden;
  gsize         n;
} Value;

/* y, then g, then h; the array's names are freed by clear_values (). */
static guint
list_values (const Case *test,
             Value      *values)
{
  guint n = 0;

  values[n++] = (Value) { g_strdup ("output"), OUT_Y, test->output.data, test->output.count };
  for (guint order = 1; order <= test->orders; order++)
    for (guint i = 0; i < test->n_wrt; i++)
      values[n++] = (Value) {
        g_strdup_printf ("%s gradient of x%u", order == 1 ? "first" : "second", test->wrt[i]),
        OUT_GRADIENTS + (order - 1) * test->n_wrt + i,
        order == 1 ? test->gradient[i] : test->second[i], test->input[test->wrt[i]].count
      };
  return n;
}

static void
clear_values (Value *values,
              guint  n)
{
  for (guint i = 0; i < n; i++)
    g_free (values[i].what);
}

static void
test_golden (gconstpointer data)
{
  const Case *test = data;
  Value values[N_OUTPUTS];
  guint n = list_values (test, values);

  for (gint no_fusion = 0; no_fusion <= 1; no_fusion++) {
    g_autoptr (Evaluation) evaluation = evaluation_new (test, MP_FLOAT64, no_fusion, FALSE);

    run (evaluation);
    for (guint i = 0; i < n; i++) {
      MpTensorType *type = &evaluation->output[values[i].output]->type;
      g_autofree double *found = read_output (evaluation, values[i].output, type);
      g_autofree char *what = g_strconcat (values[i].what, no_fusion ? ", unfused" : ", fused", NULL);
      /* Zeros stay zeros up to the rounding of what cancelled: operands here are of size one. */
      double scale = fmax (golden_max_abs (values[i].golden, values[i].n), values[i].output == OUT_Y ? 0 : 1e-4);

      golden_compare (what, found, values[i].golden, values[i].n, 1e-10 * scale);
    }
  }
  clear_values (values, n);
}

static void
test_graph (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (Evaluation) evaluation = evaluation_new (test, MP_FLOAT64, FALSE, FALSE);
  MpTensorType expected = test->output.type;
  char found_text[128], expected_text[128];

  g_assert_cmpstr (mp_tensor_text (&evaluation->output[OUT_Y]->type, found_text, sizeof found_text), ==,
                   mp_tensor_text (&expected, expected_text, sizeof expected_text));
  for (guint i = 0; i < test->n_wrt && test->orders > 0; i++)
    for (guint order = 0; order < test->orders; order++)
      g_assert_true (mp_tensor_equal (&evaluation->output[OUT_GRADIENTS + order * test->n_wrt + i]->type,
                                      &evaluation->x[test->wrt[i]]->type));
}

/* ---- finite differences ---- */

static void
losses_at (Evaluation *self,
           guint       input,
           double     *x,
           gsize       element,
           double      step,
           double     *l1,
           double     *l2)
{
  static const gint64 none[1];
  MpTensorType scalar = mp_type (MP_FLOAT64, 0, none);
  double kept = x[element];

  x[element] = kept + step;
  write_input (self, input, x);
  x[element] = kept;
  run (self);
  g_autofree double *first = read_output (self, 0, &scalar);
  g_autofree double *second = read_output (self, 1, &scalar);
  *l1 = first[0];
  *l2 = second[0];
}

static void
difference (Evaluation *self,
            guint       input,
            double     *x,
            gsize       element,
            double     *d1,
            double     *d2)
{
  static const double offset[] = { 1, -1, 2, -2 };
  static const double factor[] = { 8, -8, -1, 1 };
  const double step = 0x1p-10;

  *d1 = *d2 = 0;
  for (guint k = 0; k < G_N_ELEMENTS (offset); k++) {
    double l1, l2;

    losses_at (self, input, x, element, offset[k] * step, &l1, &l2);
    *d1 += factor[k] * l1 / (12 * step);
    *d2 += factor[k] * l2 / (12 * step);
  }
}

/* Σ |weight·value|: how large the terms of a loss are, and so its rounding. */
static double
sum_abs (const double *weights,
         const double *values,
         gsize         n)
{
  double result = 0;

  for (gsize i = 0; i < n; i++)
    result += fabs (weights[i] * values[i]);
  return result;
}

static double
difference_tolerance (const double *golden,
                      gsize         n,
                      double        loss)
{
  return 1e-8 * fmax (golden_max_abs (golden, n), 1) + 64 * DBL_EPSILON * loss / 0x1p-10;
}

static void
test_differences (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (Evaluation) evaluation = evaluation_new (test, MP_FLOAT64, FALSE, TRUE);
  double loss1 = sum_abs (test->weights, test->output.data, test->output.count), loss2 = 0;

  for (guint i = 0; i < test->n_wrt; i++)
    loss2 += sum_abs (test->direction[i], test->gradient[i], test->input[test->wrt[i]].count);

  for (guint i = 0; i < test->n_wrt; i++) {
    guint input = test->wrt[i];
    gsize n = test->input[input].count;
    g_autofree double *x = g_memdup2 (test->input[input].data, (n + 1) * sizeof (double));
    g_autofree double *first = g_new0 (double, n + 1);
    g_autofree double *second = g_new0 (double, n + 1);
    g_autofree char *name1 = g_strdup_printf ("difference of the loss in x%u", input);
    g_autofree char *name2 = g_strdup_printf ("difference of the gradient in x%u", input);

    for (gsize e = 0; e < n; e++)
      difference (evaluation, input, x, e, &first[e], &second[e]);
    write_input (evaluation, input, x);
    golden_compare (name1, first, test->gradient[i], n, difference_tolerance (test->gradient[i], n, loss1));
    golden_compare (name2, second, test->second[i], n, difference_tolerance (test->second[i], n, loss2));
  }
}

/* ---- float32 ---- */

/* The largest move of each value when the operands move by one float32 unit in the last place. */
static void
measure_spread (const Case  *test,
                const Value *values,
                guint        n,
                double      *spread)
{
  g_autoptr (Evaluation) evaluation = evaluation_new (test, MP_FLOAT64, FALSE, FALSE);
  g_autoptr (GRand) rand = g_rand_new_with_seed (20240229);

  for (guint pattern = 0; pattern < N_PATTERNS; pattern++) {
    for (guint k = 0; k < test->n_wrt; k++) {
      const Golden *input = &test->input[test->wrt[k]];
      g_autofree double *moved = g_new0 (double, input->count + 1);

      for (gsize e = 0; e < input->count; e++)
        moved[e] = input->data[e] * (1 + (g_rand_boolean (rand) ? 0x1p-23 : -0x1p-23));
      write_input (evaluation, test->wrt[k], moved);
    }
    run (evaluation);
    for (guint i = 0; i < n; i++) {
      g_autofree double *found = read_output (evaluation, values[i].output,
                                              &evaluation->output[values[i].output]->type);

      for (gsize e = 0; e < values[i].n; e++)
        spread[i] = fmax (spread[i], fabs (found[e] - values[i].golden[e]));
    }
  }
}

static void
test_single (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (Evaluation) evaluation = evaluation_new (test, MP_FLOAT32, FALSE, FALSE);
  Value values[N_OUTPUTS];
  double spread[N_OUTPUTS] = { 0 };
  guint n = list_values (test, values);

  measure_spread (test, values, n, spread);
  run (evaluation);
  for (guint i = 0; i < n; i++) {
    g_autofree double *found = read_output (evaluation, values[i].output,
                                            &evaluation->output[values[i].output]->type);
    /* Several roundings per element, each like one of the operands' or of the result. */
    double tolerance = 16 * (spread[i] + 0x1p-23 * golden_max_abs (values[i].golden, values[i].n));

    /* 1 − σ (x) is lost in the rounding of σ (x) ≤ 1. */
    if (test->saturated)
      tolerance = fmax (tolerance, 0x1p-23);
    golden_compare (values[i].what, found, values[i].golden, values[i].n, tolerance);
  }
  clear_values (values, n);
}

/* Every builder of the table has a case, so that a row cannot be forgotten. */
static void
test_covered (gconstpointer data)
{
  GHashTable *used = (GHashTable *) data;

  for (guint i = 0; i < n_op_builders; i++)
    if (!g_hash_table_contains (used, op_builders[i].op))
      g_test_fail_printf ("“%s” has no case in ops.json", op_builders[i].op);
}

static void
add (const Case     *test,
     const char     *check,
     GTestDataFunc   function)
{
  g_autofree char *path = g_strdup_printf ("/ops/%s/%s", test->name, check);

  g_test_add_data_func (path, test, function);
}

int
main (int    argc,
      char **argv)
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);

  JsonArray *cases = golden_load ("ops.json");
  GHashTable *used = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < json_array_get_length (cases); i++) {
    Case *test = read_case (json_array_get_object_element (cases, i));

    g_hash_table_add (used, (gpointer) test->builder->op);
    add (test, "graph", test_graph);
    add (test, "golden", test_golden);
    if (test->orders == 2 && test->differences)
      add (test, "differences", test_differences);
    add (test, "single", test_single);
  }
  g_test_add_data_func ("/ops/covered", used, test_covered);
  return g_test_run ();
}
