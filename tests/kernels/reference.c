/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernels/reference.h"

static void
unflatten (const MpTensorType *type,
           int64_t             flat,
           int64_t            *index)
{
  for (int a = type->rank - 1; a >= 0; a--) {
    index[a] = flat % type->dim[a];
    flat /= type->dim[a];
  }
}

static int64_t
flatten (const MpTensorType *type,
         const int64_t      *index)
{
  int64_t flat = 0;

  for (int a = 0; a < type->rank; a++)
    flat = flat * type->dim[a] + index[a];
  return flat;
}

double
reference_elementwise (MpOp          op,
                       const double *scalar,
                       double        a,
                       double        b,
                       double        c)
{
  switch ((int) op) {
  case MP_OP_CONSTANT: return scalar[0];
  case MP_OP_NEG: return -a;
  case MP_OP_EXP: return exp (a);
  case MP_OP_LOG: return log (a);
  case MP_OP_LOG1P: return log1p (a);
  case MP_OP_EXPM1: return expm1 (a);
  case MP_OP_SQRT: return sqrt (a);
  case MP_OP_RSQRT: return 1.0 / sqrt (a);
  case MP_OP_SQUARE: return a * a;
  case MP_OP_ABS: return fabs (a);
  case MP_OP_SIGN: return a > 0 ? 1 : (a < 0 ? -1 : a);
  case MP_OP_TANH: return tanh (a);
  case MP_OP_SIGMOID: return a < 0 ? exp (a) / (1.0 + exp (a)) : 1.0 / (1.0 + exp (-a));
  case MP_OP_SOFTPLUS: return (a < 0 ? 0 : a) + log1p (exp (-fabs (a)));
  case MP_OP_RELU: return a < 0 ? 0 : a;
  case MP_OP_LEAKY_RELU: return a < 0 ? scalar[0] * a : a;
  case MP_OP_ELU: return a > 0 ? a : scalar[0] * expm1 (a);
  case MP_OP_CLAMP: return a < scalar[0] ? scalar[0] : (a > scalar[1] ? scalar[1] : a);
  case MP_OP_STOP_GRADIENT: return a;
  case MP_OP_ADD: return a + b;
  case MP_OP_SUB: return a - b;
  case MP_OP_MUL: return a * b;
  case MP_OP_DIV: return a / b;
  case MP_OP_POW: return pow (a, b);
  case MP_OP_MINIMUM: return a != a || b != b ? NAN : (a < b ? a : b);
  case MP_OP_MAXIMUM: return a != a || b != b ? NAN : (a > b ? a : b);
  case MP_OP_EQ: return a == b;
  case MP_OP_NE: return a != b;
  case MP_OP_LT: return a < b;
  case MP_OP_LE: return a <= b;
  case MP_OP_GT: return a > b;
  case MP_OP_GE: return a >= b;
  case MP_OP_SELECT: return a != 0 ? b : c;
  default: abort ();
  }
}

/* ---- reductions and normalisation: gathers the elements that share a position outside `axes` ---- */
typedef struct
{
  int64_t  n;
  int64_t *flat;
} Group;

static int64_t
find_groups (const MpTensorType *type,
             int32_t             axes,
             Group             **out)
{
  int64_t n = mp_tensor_count (type), n_groups = 1, each = 1, index[MP_MAX_RANK];
  Group  *groups;

  for (int a = 0; a < type->rank; a++)
    *(axes >> a & 1 ? &each : &n_groups) *= type->dim[a];
  groups = calloc ((size_t) n_groups + 1, sizeof *groups);
  for (int64_t g = 0; g < n_groups; g++)
    groups[g].flat = calloc ((size_t) each + 1, sizeof (int64_t));
  for (int64_t i = 0; i < n; i++) {
    int64_t g = 0;

    unflatten (type, i, index);
    for (int a = 0; a < type->rank; a++)
      if (!(axes >> a & 1))
        g = g * type->dim[a] + index[a];
    groups[g].flat[groups[g].n++] = i;
  }
  *out = groups;
  return n_groups;
}

static void
reduce_group (MpOp          op,
              const double *x,
              const Group  *g,
              double       *value,
              double       *magnitude)
{
  double sum = 0, size = 0, max = -INFINITY, exps = 0;

  for (int64_t i = 0; i < g->n; i++) {
    sum += x[g->flat[i]];
    size += fabs (x[g->flat[i]]);
    max = fmax (max, x[g->flat[i]]);
  }
  for (int64_t i = 0; i < g->n; i++)
    exps += exp (x[g->flat[i]] - max);
  if (op == MP_OP_SUM || op == MP_OP_MEAN) {
    *value = op == MP_OP_SUM ? sum : sum / (double) g->n;
    *magnitude = op == MP_OP_SUM ? size : size / (double) g->n;
  } else {
    *value = op == MP_OP_MAX || g->n == 0 ? max : max + log (exps);
    *magnitude = op == MP_OP_MAX ? 0 : fabs (max) + log (exps) + 1;
  }
}

static void
normalize_group (MpOp          op,
                 double        epsilon,
                 const double *x,
                 const double *dy,
                 const Group  *g,
                 double       *y,
                 double       *magnitude)
{
  double mean = 0, size = 0, var = 0, sum = 0, along = 0, total = 0, max = -INFINITY, n = (double) g->n;

  for (int64_t i = 0; i < g->n; i++) {
    mean += x[g->flat[i]] / n;
    size = fmax (size, fabs (x[g->flat[i]]));
    max = fmax (max, x[g->flat[i]]);
  }
  for (int64_t i = 0; i < g->n; i++) {
    var += (x[g->flat[i]] - mean) * (x[g->flat[i]] - mean) / n;
    total += exp (x[g->flat[i]] - max);
  }
  var = 1.0 / sqrt (var + epsilon);
  for (int64_t i = 0; dy != NULL && i < g->n; i++) {
    sum += dy[g->flat[i]] / n;
    along += dy[g->flat[i]] * (x[g->flat[i]] - mean) * var / n;
  }
  for (int64_t i = 0; i < g->n; i++) {
    int64_t at = g->flat[i];
    double  unit = (x[at] - mean) * var;

    if (op == MP_OP_SOFTMAX) {
      y[at] = exp (x[at] - max) / total;
      magnitude[at] = y[at] * (2 + fabs (x[at] - max));
    } else if (op == MP_OP_NORMALIZE) {
      y[at] = unit;
      magnitude[at] = (size + fabs (x[at])) * var * (1 + unit * unit);
    } else {
      y[at] = var * (dy[at] - sum - unit * along);
      magnitude[at] = var * (fabs (dy[at]) + fabs (sum) + fabs (unit * along) + fabs (along) * size * var + 1);
    }
  }
}

static double
run_groups (MpOp           op,
            const MpAttrs *attrs,
            const Array   *in,
            Array         *out)
{
  Group  *groups;
  int64_t n = find_groups (&in[0].type, attrs->axes, &groups);
  double  length = 1;

  for (int64_t g = 0; g < n; g++) {
    if (mp_op_class (op) == MP_CLASS_REDUCTION)
      reduce_group (op, in[0].value, &groups[g], &out->value[g], &out->magnitude[g]);
    else
      normalize_group (op, attrs->scalar[0], in[0].value, op == MP_OP_NORMALIZE_GRAD ? in[1].value : NULL,
                       &groups[g], out->value, out->magnitude);
    length = fmax (length, (double) groups[g].n);
    free (groups[g].flat);
  }
  free (groups);
  return length;
}

/* ---- shapes ---- */
static double
concat_value (const MpAttrs *attrs,
              int            n_inputs,
              const Array   *in,
              int64_t       *index)
{
  for (int i = 0; i < n_inputs; i++) {
    if (index[attrs->axis] < in[i].type.dim[attrs->axis])
      return in[i].value[flatten (&in[i].type, index)];
    index[attrs->axis] -= in[i].type.dim[attrs->axis];
  }
  return NAN;
}

static double
shape_value (MpOp           op,
             const MpAttrs *attrs,
             int            n_inputs,
             const Array   *in,
             int64_t       *index,
             int            rank,
             int64_t        flat)
{
  const MpTensorType *x = &in[0].type;
  int64_t             from[MP_MAX_RANK] = { 0 };

  switch ((int) op) {
  case MP_OP_BROADCAST:
    for (int a = 0; a < rank; a++)
      from[a] = x->dim[a] == 1 ? 0 : index[a];
    break;
  case MP_OP_TRANSPOSE:
    for (int a = 0; a < rank; a++)
      from[attrs->perm[a]] = index[a];
    break;
  case MP_OP_SLICE:
    for (int a = 0; a < rank; a++)
      from[a] = index[a] + attrs->start[a];
    break;
  case MP_OP_PAD:
    for (int a = 0; a < rank; a++) {
      from[a] = index[a] - attrs->start[a];
      if (from[a] < 0 || from[a] >= x->dim[a])
        return 0;
    }
    break;
  case MP_OP_GATHER:
    memcpy (from, index, sizeof from);
    from[0] = (int64_t) in[1].value[index[0]];
    break;
  case MP_OP_BAND:
    return index[rank - 1] - index[rank - 2] < attrs->start[0] || index[rank - 1] - index[rank - 2] > attrs->stop[0]
             ? 0
             : in[0].value[flat];
  case MP_OP_CONCAT:
    return concat_value (attrs, n_inputs, in, index);
  case MP_OP_CAST:
  case MP_OP_COPY:
  case MP_OP_RESHAPE:
    return in[0].value[flat];
  case MP_OP_ASSIGN:
    return in[1].value[flat];
  default:
    abort ();
  }
  return in[0].value[flatten (x, from)];
}

static double
run_shape (MpOp           op,
           const MpAttrs *attrs,
           int            n_inputs,
           const Array   *in,
           Array         *out)
{
  int64_t index[MP_MAX_RANK];

  for (int64_t i = 0; i < mp_tensor_count (&out->type); i++) {
    unflatten (&out->type, i, index);
    out->value[i] = shape_value (op, attrs, n_inputs, in, index, out->type.rank, i);
    /* casting down rounds; all else moves bits */
    out->magnitude[i] = op == MP_OP_CAST ? fabs (out->value[i]) : 0;
    if (out->type.dtype == MP_INT32)
      out->value[i] = trunc (out->value[i]);
  }
  return 1;
}

static double
run_scatter_add (const Array *in,
                 Array       *out)
{
  int64_t rows = in[1].type.dim[0], width = rows > 0 ? mp_tensor_count (&in[0].type) / rows : 0;

  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < width; j++) {
      int64_t to = (int64_t) in[1].value[i] * width + j;

      out->value[to] += in[0].value[i * width + j];
      out->magnitude[to] += fabs (in[0].value[i * width + j]);
    }
  return (double) rows;
}

/* ---- products ---- */
static double
run_matmul (const MpAttrs *attrs,
            const Array   *in,
            Array         *out)
{
  const MpTensorType *a = &in[0].type, *c = &out->type;
  int64_t             m = c->dim[c->rank - 2], n = c->dim[c->rank - 1];
  int64_t             k = a->dim[a->rank - (attrs->transpose_a ? 2 : 1)];

  for (int64_t i = 0; i < mp_tensor_count (c); i++) {
    int64_t item = i / (m * n), row = i / n % m, column = i % n;

    for (int64_t p = 0; p < k; p++) {
      double x = in[0].value[item * m * k + (attrs->transpose_a ? p * m + row : row * k + p)];
      double y = in[1].value[item * k * n + (attrs->transpose_b ? column * k + p : p * n + column)];

      out->value[i] += x * y;
      out->magnitude[i] += fabs (x * y);
    }
  }
  return (double) k;
}

static double
run_sqdist (const Array *in,
            Array       *out)
{
  int64_t n = out->type.dim[1], d = in[0].type.dim[1];

  for (int64_t i = 0; i < mp_tensor_count (&out->type); i++)
    for (int64_t p = 0; p < d; p++) {
      double x = in[0].value[i / n * d + p], y = in[1].value[i % n * d + p];

      out->value[i] += (x - y) * (x - y);
      out->magnitude[i] += x * x + y * y + 2 * fabs (x * y);
    }
  return (double) d;
}

static double
run_conv (MpOp           op,
          const MpAttrs *attrs,
          const Array   *in,
          Array         *out)
{
  const Array *xs = op == MP_OP_CONV_DATA ? out : &in[0];
  const Array *ws = op == MP_OP_CONV_WEIGHT ? out : &in[1];
  const Array *ys = op == MP_OP_CONV ? out : (op == MP_OP_CONV_DATA ? &in[0] : &in[1]);
  int64_t      y[4], w[4], x[4];

  for (int64_t i = 0; i < mp_tensor_count (&ys->type); i++)
    for (int64_t j = 0; j < mp_tensor_count (&ws->type); j++) {
      int64_t at;
      double  product;

      unflatten (&ys->type, i, y);
      unflatten (&ws->type, j, w);
      if (w[0] != y[3])
        continue;
      x[0] = y[0];
      x[1] = y[1] * attrs->stride[0] - attrs->pad_before[0] + w[1];
      x[2] = y[2] * attrs->stride[1] - attrs->pad_before[1] + w[2];
      x[3] = w[3];
      if (x[1] < 0 || x[2] < 0 || x[1] >= xs->type.dim[1] || x[2] >= xs->type.dim[2])
        continue;
      at = flatten (&xs->type, x);
      product = op == MP_OP_CONV ? xs->value[at] * ws->value[j]
                : op == MP_OP_CONV_DATA ? ys->value[i] * ws->value[j] : ys->value[i] * xs->value[at];
      at = op == MP_OP_CONV ? i : (op == MP_OP_CONV_DATA ? at : j);
      out->value[at] += product;
      out->magnitude[at] += fabs (product);
    }
  return (double) (mp_tensor_count (&ws->type) + mp_tensor_count (&ys->type));
}

/* ---- pooling ---- */
static double
run_pool (MpOp           op,
          const MpAttrs *attrs,
          const Array   *in,
          Array         *out)
{
  int                 back = op == MP_OP_AVGPOOL_GRAD || op == MP_OP_POOL_SCATTER;
  const MpTensorType *large = back ? &out->type : &in[0].type, *small = back ? &in[0].type : &out->type;
  double              area = (double) attrs->window[0] * attrs->window[1];
  int64_t             at[4], index[4];

  for (int64_t i = 0; i < mp_tensor_count (small); i++) {
    double  best = -INFINITY;
    int64_t where = -1;

    unflatten (small, i, at);
    memcpy (index, at, sizeof index);
    for (int64_t k = 0; k < attrs->window[0] * attrs->window[1]; k++) {
      int64_t flat;

      index[1] = at[1] * attrs->stride[0] - attrs->pad_before[0] + k / attrs->window[1];
      index[2] = at[2] * attrs->stride[1] - attrs->pad_before[1] + k % attrs->window[1];
      if (index[1] < 0 || index[2] < 0 || index[1] >= large->dim[1] || index[2] >= large->dim[2])
        continue;
      flat = flatten (large, index);
      if (op == MP_OP_AVGPOOL)
        out->value[i] += in[0].value[flat] / area;
      else if (op == MP_OP_AVGPOOL_GRAD)
        out->value[flat] += in[0].value[i] / area;
      else if (op == MP_OP_MAXPOOL_INDEX && in[0].value[flat] > best) {
        best = in[0].value[flat];
        where = index[1] * large->dim[2] + index[2];
      }
    }
    if (op == MP_OP_MAXPOOL_INDEX)
      out->value[i] = (double) where;
    else if (op == MP_OP_POOL_GATHER || op == MP_OP_POOL_SCATTER) {
      index[1] = (int64_t) in[1].value[i] / large->dim[2];
      index[2] = (int64_t) in[1].value[i] % large->dim[2];
      if (op == MP_OP_POOL_GATHER)
        out->value[i] = in[0].value[flatten (large, index)];
      else
        out->value[flatten (large, index)] += in[0].value[i];
    }
  }
  for (int64_t i = 0; i < mp_tensor_count (&out->type); i++)
    out->magnitude[i] = op == MP_OP_MAXPOOL_INDEX ? 0 : fabs (out->value[i]) + 1;
  return area;
}

/* ---- linear algebra ---- */
static double
run_cholesky (const Array *in,
              Array       *out)
{
  int64_t n = out->type.dim[out->type.rank - 1], batch = mp_tensor_count (&out->type) / (n > 0 ? n * n : 1);

  for (int64_t b = 0; n > 0 && b < batch; b++) {
    const double *a = in[0].value + b * n * n;
    double       *l = out->value + b * n * n;

    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j <= i; j++) {
        double sum = a[i * n + j];

        for (int64_t k = 0; k < j; k++)
          sum -= l[i * n + k] * l[j * n + k];
        l[i * n + j] = i == j ? sqrt (sum) : sum / l[j * n + j];
        /* matrices of the tests have condition numbers below 100 */
        out->magnitude[b * n * n + i * n + j] = 100 * sqrt (a[i * n + i]);
      }
  }
  return (double) n;
}

static double
run_solve (const MpAttrs *attrs,
           const Array   *in,
           Array         *out)
{
  const MpTensorType *type = &out->type;
  int64_t             n = type->dim[type->rank - 2], m = type->dim[type->rank - 1];
  int64_t             batch = n * m > 0 ? mp_tensor_count (type) / (n * m) : 0;

  for (int64_t b = 0; b < batch; b++)
    for (int64_t c = 0; c < m; c++)
      for (int64_t step = 0; step < n; step++) {
        const double *l = in[0].value + b * n * n;
        int64_t       i = attrs->transpose_a ? n - 1 - step : step;
        double       *x = out->value + b * n * m + c, sum = in[1].value[b * n * m + i * m + c], size = fabs (sum);

        for (int64_t s = 0; s < step; s++) {
          int64_t k = attrs->transpose_a ? n - 1 - s : s;
          double  term = l[attrs->transpose_a ? k * n + i : i * n + k] * x[k * m];

          sum -= term;
          size += fabs (term);
        }
        x[i * m] = sum / l[i * n + i];
        out->magnitude[b * n * m + i * m + c] = 4 * (size / fabs (l[i * n + i]) + fabs (x[i * m]));
      }
  return (double) n;
}

double
reference_run (MpOp           op,
               const MpAttrs *attrs,
               int            n_inputs,
               const Array   *inputs,
               Array         *output)
{
  switch (mp_op_class (op)) {
  case MP_CLASS_ELEMENTWISE:
    for (int64_t i = 0; i < mp_tensor_count (&output->type); i++) {
      output->value[i] = reference_elementwise (op, attrs->scalar, inputs[0].value[i],
                                                n_inputs > 1 ? inputs[1].value[i] : 0,
                                                n_inputs > 2 ? inputs[2].value[i] : 0);
      output->magnitude[i] = fabs (output->value[i]);
    }
    return 4;
  case MP_CLASS_REDUCTION:
  case MP_CLASS_FUSED:
    return run_groups (op, attrs, inputs, output);
  case MP_CLASS_POOL:
    return run_pool (op, attrs, inputs, output);
  default:
    break;
  }
  switch ((int) op) {
  case MP_OP_SCATTER_ADD: return run_scatter_add (inputs, output);
  case MP_OP_MATMUL: return run_matmul (attrs, inputs, output);
  case MP_OP_SQDIST: return run_sqdist (inputs, output);
  case MP_OP_CONV:
  case MP_OP_CONV_DATA:
  case MP_OP_CONV_WEIGHT: return run_conv (op, attrs, inputs, output);
  case MP_OP_CHOLESKY: return run_cholesky (inputs, output);
  case MP_OP_TRIANGULAR_SOLVE: return run_solve (attrs, inputs, output);
  default: return run_shape (op, attrs, n_inputs, inputs, output);
  }
}
