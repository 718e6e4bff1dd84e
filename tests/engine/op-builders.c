/* SPDX-License-Identifier: Apache-2.0
 *
 * op-builders.c: one row per builder: how a golden case's op and attributes become a call.
 */
#include "tests/engine/op-builders.h"

#include "tests/engine/golden.h"

/* ---- attributes ---- */

static gint64
integer (OpCall     *call,
         const char *key)
{
  return json_object_get_int_member (call->attrs, key);
}

static double
number (OpCall     *call,
        const char *key)
{
  return json_object_get_double_member (call->attrs, key);
}

static gboolean
truth (OpCall     *call,
       const char *key)
{
  return json_object_get_boolean_member (call->attrs, key);
}

/* At most MP_MAX_RANK whole numbers; returns how many. */
static gint
integers (OpCall     *call,
          const char *key,
          gint64     *values)
{
  JsonArray *array = json_object_get_array_member (call->attrs, key);
  gint n = json_array_get_length (array);

  g_assert_cmpint (n, <=, MP_MAX_RANK);
  for (gint i = 0; i < n; i++)
    values[i] = json_array_get_int_element (array, i);
  return n;
}

static void
pair (OpCall     *call,
      const char *key,
      gint       *values)
{
  gint64 wide[MP_MAX_RANK];

  g_assert_cmpint (integers (call, key, wide), ==, 2);
  values[0] = wide[0];
  values[1] = wide[1];
}

static gint
axes (OpCall *call)
{
  gint64 list[MP_MAX_RANK];
  gint n = integers (call, "axes", list), mask = 0;

  for (gint i = 0; i < n; i++)
    mask |= MP_AXIS (list[i]);
  return mask;
}

static MpTensorType
shape (OpCall *call)
{
  gint64 dim[MP_MAX_RANK];
  gint rank = integers (call, "shape", dim);

  return mp_type (mp_graph_get_dtype (call->graph), rank, dim);
}

static MpNode *
constant (OpCall             *call,
          const MpTensorType *type,
          const double       *values)
{
  gsize n = mp_tensor_count (type);
  g_autofree double *buffer = g_new0 (double, n + 1);

  golden_from_doubles (type->dtype, values, n, buffer);
  return mp_constant (call->graph, *type, buffer);
}

static MpNode *
identity (OpCall *call,
          gint64  n,
          double  scale)
{
  MpTensorType type = mp_shape (call->graph, n, n, (gint64) -1);
  g_autofree double *values = g_new0 (double, n * n);

  for (gint64 i = 0; i < n; i++)
    values[i * n + i] = scale;
  return constant (call, &type, values);
}

/* ---- one function per builder that takes more than operands ---- */

static MpNode *
build_leaky_relu (OpCall *call)
{
  return mp_leaky_relu (call->x[0], number (call, "slope"));
}

static MpNode *
build_elu (OpCall *call)
{
  return mp_elu (call->x[0], number (call, "alpha"));
}

static MpNode *
build_clamp (OpCall *call)
{
  return mp_clamp (call->x[0], number (call, "low"), number (call, "high"));
}

static MpNode *
build_cast_float (OpCall *call)
{
  return mp_cast (mp_cast (call->x[0], MP_FLOAT32), mp_graph_get_dtype (call->graph));
}

static MpNode *
build_cast_int (OpCall *call)
{
  return mp_cast (mp_cast (call->x[0], MP_INT32), mp_graph_get_dtype (call->graph));
}

static MpNode *
build_add_scalar (OpCall *call)
{
  return mp_add_scalar (call->x[0], number (call, "value"));
}

static MpNode *
build_mul_scalar (OpCall *call)
{
  return mp_mul_scalar (call->x[0], number (call, "value"));
}

static MpNode *
build_compare (OpCall *call)
{
  const char *relation = json_object_get_string_member (call->attrs, "relation");

  for (MpOp op = MP_OP_EQ; op <= MP_OP_GE; op++)
    if (g_str_equal (relation, mp_op_name (op)))
      return mp_compare (op, call->x[0], call->x[1]);
  g_assert_not_reached ();
}

static MpNode *
build_select (OpCall *call)
{
  return mp_select (call->x[0], call->x[1], call->x[2]);
}

static MpNode *
build_softmax (OpCall *call)
{
  return mp_softmax (call->x[0], axes (call));
}

static MpNode *
build_broadcast (OpCall *call)
{
  return mp_broadcast (call->x[0], shape (call));
}

static MpNode *
build_sum_to (OpCall *call)
{
  MpTensorType type = shape (call);

  return mp_sum_to (call->x[0], &type);
}

static MpNode *
build_reshape (OpCall *call)
{
  return mp_reshape (call->x[0], shape (call));
}

static MpNode *
build_transpose (OpCall *call)
{
  gint64 wide[MP_MAX_RANK];
  gint perm[MP_MAX_RANK];
  gint n = integers (call, "perm", wide);

  for (gint i = 0; i < n; i++)
    perm[i] = wide[i];
  return mp_transpose (call->x[0], perm);
}

static MpNode *
build_slice (OpCall *call)
{
  gint64 start[MP_MAX_RANK], stop[MP_MAX_RANK];

  integers (call, "start", start);
  integers (call, "stop", stop);
  return mp_slice (call->x[0], start, stop);
}

static MpNode *
build_slice_axis (OpCall *call)
{
  return mp_slice_axis (call->x[0], integer (call, "axis"), integer (call, "start"), integer (call, "stop"));
}

static MpNode *
build_pad (OpCall *call)
{
  gint64 before[MP_MAX_RANK], after[MP_MAX_RANK];

  integers (call, "before", before);
  integers (call, "after", after);
  return mp_pad (call->x[0], before, after);
}

static MpNode *
build_concat (OpCall *call)
{
  return mp_concat (integer (call, "axis"), call->n, call->x);
}

static MpNode *
build_scatter_add (OpCall *call)
{
  return mp_scatter_add (call->x[0], call->x[1], integer (call, "rows"));
}

static MpNode *
build_band (OpCall *call)
{
  return mp_band (call->x[0], integer (call, "low"), integer (call, "high"));
}

static MpNode *
build_full (OpCall *call)
{
  return mp_full (call->graph, shape (call), number (call, "value"));
}

static MpNode *
build_scalar (OpCall *call)
{
  return mp_scalar (call->graph, number (call, "value"));
}

static MpNode *
build_constant (OpCall *call)
{
  MpTensorType type = shape (call);
  g_autofree double *values = golden_numbers (json_object_get_array_member (call->attrs, "values"));

  return constant (call, &type, values);
}

static MpNode *
build_matmul (OpCall *call)
{
  return mp_matmul (call->x[0], truth (call, "transpose_a"), call->x[1], truth (call, "transpose_b"));
}

static MpNode *
build_matmul_self (OpCall *call)
{
  return mp_matmul (call->x[0], FALSE, call->x[0], TRUE);
}

static MpNode *
build_sqdist_self (OpCall *call)
{
  return mp_sqdist (call->x[0], call->x[0]);
}

static MpConvGeometry
conv_geometry (OpCall *call)
{
  MpConvGeometry geometry;

  pair (call, "stride", geometry.stride);
  pair (call, "pad_before", geometry.pad_before);
  pair (call, "pad_after", geometry.pad_after);
  return geometry;
}

static MpNode *
build_conv (OpCall *call)
{
  MpConvGeometry geometry = conv_geometry (call);

  return mp_conv (call->x[0], call->x[1], &geometry);
}

static MpNode *
build_conv_data (OpCall *call)
{
  MpConvGeometry geometry = conv_geometry (call);

  return mp_conv_data (call->x[0], call->x[1], &geometry, integer (call, "height"), integer (call, "width"));
}

static MpNode *
build_conv_weight (OpCall *call)
{
  MpConvGeometry geometry = conv_geometry (call);

  return mp_conv_weight (call->x[0], call->x[1], &geometry, integer (call, "kernel_h"), integer (call, "kernel_w"));
}

static MpPoolGeometry
pool_geometry (OpCall *call)
{
  MpPoolGeometry geometry;

  pair (call, "window", geometry.window);
  pair (call, "stride", geometry.stride);
  pair (call, "pad_before", geometry.pad_before);
  pair (call, "pad_after", geometry.pad_after);
  return geometry;
}

static MpNode *
build_max_pool (OpCall *call)
{
  MpPoolGeometry geometry = pool_geometry (call);

  return mp_max_pool (call->x[0], &geometry);
}

static MpNode *
build_avg_pool (OpCall *call)
{
  MpPoolGeometry geometry = pool_geometry (call);

  return mp_avg_pool (call->x[0], &geometry);
}

static MpNode *
build_normalize (OpCall *call)
{
  return mp_normalize (call->x[0], axes (call), number (call, "epsilon"));
}

static MpKernelKind
kernel_kind (OpCall *call)
{
  static const char *const names[] = { "rbf", "rbf-variance", "rational-quadratic", "linear", "polynomial", NULL };
  const char *kind = json_object_get_string_member (call->attrs, "kind");

  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (kind, names[i]))
      return (MpKernelKind) i;
  g_assert_not_reached ();
}

static MpNode *
build_gram (OpCall *call)
{
  return mp_gram (call->x[0], call->x[1], kernel_kind (call), call->n > 2 ? call->x[2] : NULL);
}

static MpNode *
build_gram_self (OpCall *call)
{
  MpNode *parameter = NULL;

  if (json_object_has_member (call->attrs, "parameter")) {
    JsonArray *array = json_object_get_array_member (call->attrs, "parameter");
    g_autofree double *values = golden_numbers (array);
    MpTensorType type = mp_shape (call->graph, (gint64) json_array_get_length (array), (gint64) -1);

    parameter = constant (call, &type, values);
  }
  return mp_gram (call->x[0], call->x[0], kernel_kind (call), parameter);
}

static MpNode *
build_gram_of_sqdist (OpCall *call)
{
  return mp_gram_of_sqdist (call->x[0], kernel_kind (call), call->x[1]);
}

/* M·Mᵀ/n + I */
static MpNode *
positive_definite (OpCall *call,
                   MpNode *m)
{
  gint64 n = m->type.dim[m->type.rank - 1];
  MpNode *product = mp_mul_scalar (mp_matmul (m, FALSE, m, TRUE), 1.0 / n);

  return mp_add (product, identity (call, n, 1));
}

static MpNode *
build_cholesky_of_product (OpCall *call)
{
  return mp_cholesky (positive_definite (call, call->x[0]));
}

static MpNode *
build_pd_solve_of_product (OpCall *call)
{
  return mp_pd_solve (positive_definite (call, call->x[0]), call->x[1]);
}

static MpNode *
build_triangular_solve (OpCall *call)
{
  return mp_triangular_solve (call->x[0], truth (call, "transpose"), call->x[1]);
}

/* ---- chains ---- */

static MpNode *
build_network (OpCall *call)
{
  MpNode *hidden = mp_tanh (mp_add (mp_matmul (call->x[0], FALSE, call->x[1], FALSE), call->x[2]));

  return mp_add (mp_matmul (hidden, FALSE, call->x[3], FALSE), call->x[4]);
}

static MpNode *
build_gradient_penalty (OpCall *call)
{
  MpNode *slope;
  MpNode *total = mp_sum (build_network (call), MP_ALL_AXES, FALSE);

  if (!mp_gradients (call->graph, total, 1, call->x, &slope, NULL))
    return NULL;

  MpNode *norm = mp_sqrt (mp_add_scalar (mp_sum (mp_square (slope), MP_AXIS (1), FALSE), 1e-12));

  return mp_mean (mp_square (mp_add_scalar (norm, -1)), MP_ALL_AXES, FALSE);
}

static MpNode *
unit_rbf (MpNode *x,
          MpNode *y)
{
  return mp_gram (x, y, MP_KERNEL_RBF, mp_full (x->graph, mp_shape (x->graph, (gint64) 1, (gint64) -1), 1));
}

static MpNode *
build_ratio (OpCall *call)
{
  MpNode *x = call->x[0], *y = call->x[1];
  gint64 p = x->type.dim[0], q = y->type.dim[0];
  MpNode *kqq = mp_add (unit_rbf (y, y), identity (call, q, 0.125));
  MpNode *kqp = mp_sum (unit_rbf (y, x), MP_AXIS (1), TRUE);
  MpNode *r = mp_mul_scalar (mp_pd_solve (kqq, kqp), (double) q / p);
  MpNode *divergence = mp_mean (mp_square (mp_add_scalar (r, -1)), MP_ALL_AXES, FALSE);

  return mp_add (divergence, mp_sum (r, MP_ALL_AXES, FALSE));
}

static MpNode *
build_mmd (OpCall *call)
{
  MpNode *x = call->x[0], *y = call->x[1];
  MpNode *same = mp_add (mp_mean (unit_rbf (x, x), MP_ALL_AXES, FALSE), mp_mean (unit_rbf (y, y), MP_ALL_AXES, FALSE));

  return mp_sub (same, mp_mul_scalar (mp_mean (unit_rbf (x, y), MP_ALL_AXES, FALSE), 2));
}

const OpBuilder op_builders[] = {
  { "neg", .unary = mp_neg },
  { "exp", .unary = mp_exp },
  { "log", .unary = mp_log },
  { "log1p", .unary = mp_log1p },
  { "expm1", .unary = mp_expm1 },
  { "sqrt", .unary = mp_sqrt },
  { "rsqrt", .unary = mp_rsqrt },
  { "square", .unary = mp_square },
  { "abs", .unary = mp_abs },
  { "sign", .unary = mp_sign },
  { "tanh", .unary = mp_tanh },
  { "sigmoid", .unary = mp_sigmoid },
  { "softplus", .unary = mp_softplus },
  { "relu", .unary = mp_relu },
  { "leaky-relu", .call = build_leaky_relu },
  { "elu", .call = build_elu },
  { "clamp", .call = build_clamp },
  { "stop-gradient", .unary = mp_stop_gradient },
  { "cast-float", .call = build_cast_float },
  { "cast-int", .call = build_cast_int },
  { "add-scalar", .call = build_add_scalar },
  { "mul-scalar", .call = build_mul_scalar },
  { "add", .binary = mp_add },
  { "sub", .binary = mp_sub },
  { "mul", .binary = mp_mul },
  { "div", .binary = mp_div },
  { "pow", .binary = mp_pow },
  { "minimum", .binary = mp_minimum },
  { "maximum", .binary = mp_maximum },
  { "compare", .call = build_compare },
  { "select", .call = build_select },
  { "sum", .reduction = mp_sum },
  { "mean", .reduction = mp_mean },
  { "max", .reduction = mp_max },
  { "min", .reduction = mp_min },
  { "log-sum-exp", .reduction = mp_log_sum_exp },
  { "softmax", .call = build_softmax },
  { "broadcast", .call = build_broadcast },
  { "sum-to", .call = build_sum_to },
  { "reshape", .call = build_reshape },
  { "flatten", .unary = mp_flatten },
  { "transpose", .call = build_transpose },
  { "slice", .call = build_slice },
  { "slice-axis", .call = build_slice_axis },
  { "pad", .call = build_pad },
  { "concat", .call = build_concat },
  { "gather", .binary = mp_gather },
  { "scatter-add", .call = build_scatter_add },
  { "band", .call = build_band },
  { "full", .call = build_full },
  { "scalar", .call = build_scalar },
  { "constant", .call = build_constant },
  { "matmul", .call = build_matmul },
  { "matmul-self", .call = build_matmul_self },
  { "sqdist", .binary = mp_sqdist },
  { "sqdist-self", .call = build_sqdist_self },
  { "conv", .call = build_conv },
  { "conv-data", .call = build_conv_data },
  { "conv-weight", .call = build_conv_weight },
  { "max-pool", .call = build_max_pool },
  { "avg-pool", .call = build_avg_pool },
  { "normalize", .call = build_normalize },
  { "gram", .call = build_gram },
  { "gram-self", .call = build_gram_self },
  { "gram-of-sqdist", .call = build_gram_of_sqdist },
  { "cholesky", .unary = mp_cholesky },
  { "cholesky-of-product", .call = build_cholesky_of_product },
  { "triangular-solve", .call = build_triangular_solve },
  { "pd-solve", .binary = mp_pd_solve },
  { "pd-solve-of-product", .call = build_pd_solve_of_product },
  { "chain-network", .call = build_network },
  { "chain-gradient-penalty", .call = build_gradient_penalty },
  { "chain-ratio", .call = build_ratio },
  { "chain-mmd", .call = build_mmd },
};
const guint n_op_builders = G_N_ELEMENTS (op_builders);

const OpBuilder *
op_builder_find (const char *op)
{
  for (guint i = 0; i < n_op_builders; i++)
    if (g_str_equal (op_builders[i].op, op))
      return &op_builders[i];
  return NULL;
}

MpNode *
op_builder_call (const OpBuilder *builder,
                 OpCall          *call)
{
  if (builder->unary != NULL)
    return builder->unary (call->x[0]);
  if (builder->binary != NULL)
    return builder->binary (call->x[0], call->x[1]);
  if (builder->reduction != NULL)
    return builder->reduction (call->x[0], axes (call), truth (call, "keep"));
  return builder->call (call);
}
