/* SPDX-License-Identifier: Apache-2.0
 *
 * init.c: initialisers; formulas in init.h.
 *
 * Glorot and Bengio: Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
 * He, Zhang, Ren and Sun: Delving deep into rectifiers, ICCV 2015.
 * Saxe, McClelland and Ganguli: Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
 * ICLR 2014 (orthogonal).
 */
#include "engine/nn/init.h"

#include <math.h>
#include <string.h>

#include "engine/random.h"

static void
get_fans (const MpTensorType *type,
          double             *fan_in,
          double             *fan_out)
{
  double field = 1;

  if (type->rank == 4) {
    field = (double) (type->dim[1] * type->dim[2]);
    *fan_in = field * type->dim[3];
    *fan_out = field * type->dim[0];
    return;
  }
  *fan_in = type->rank > 0 ? type->dim[0] : 1;
  *fan_out = type->rank > 1 ? type->dim[1] : *fan_in;
}

/* LAPACK, column-major: the factors of A = QR, and Q itself. */
extern void dgeqrf_ (const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
                     const int *lwork, int *info);
extern void dorgqr_ (const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau,
                     double *work, const int *lwork, int *info);

/* Makes the shorter side's vectors of a rows × columns normal matrix orthonormal: Q of its QR factors, with the signs
 * that make R's diagonal positive, so that Q is uniform over orthogonal matrices (Mezzadri 2007). */
static void
orthogonalise (double *matrix,
               gint64  rows,
               gint64  columns,
               double  gain)
{
  gboolean by_row = rows <= columns;
  int n = (int) MIN (rows, columns), length = (int) MAX (rows, columns), room = 64 * n, info;
  g_autofree double *vectors = g_new (double, (gsize) n * (gsize) length);
  g_autofree double *tau = g_new (double, (gsize) n);
  g_autofree double *work = g_new (double, (gsize) room);
  g_autofree double *sign = g_new (double, (gsize) n);

  for (gint64 i = 0; i < n; i++)
    for (gint64 k = 0; k < length; k++)
      vectors[i * length + k] = matrix[by_row ? i * columns + k : k * columns + i];
  dgeqrf_ (&length, &n, vectors, &length, tau, work, &room, &info);
  g_assert (info == 0);
  for (gint64 i = 0; i < n; i++)
    sign[i] = vectors[i * length + i] < 0 ? -1 : 1;
  dorgqr_ (&length, &n, &n, vectors, &length, tau, work, &room, &info);
  g_assert (info == 0);
  for (gint64 i = 0; i < n; i++)
    for (gint64 k = 0; k < length; k++)
      matrix[by_row ? i * columns + k : k * columns + i] = gain * sign[i] * vectors[i * length + k];
}

/* Standard deviation of the kinds that have one; FALSE for an unknown kind. */
static gboolean
find_std (const MpNode *variable,
          double       *std,
          gboolean     *uniform)
{
  const char *kind = variable->init.kind;
  double gain = variable->init.scale;
  double fan_in, fan_out;

  get_fans (&variable->type, &fan_in, &fan_out);
  *uniform = g_str_has_suffix (kind, "-uniform");
  if (g_str_equal (kind, "normal"))
    *std = gain;
  else if (g_str_has_prefix (kind, "xavier-"))
    *std = gain * sqrt (2 / (fan_in + fan_out));
  else if (g_str_has_prefix (kind, "he-"))
    *std = gain * sqrt (2 / fan_in);
  else if (g_str_equal (kind, "torch")) {
    *uniform = TRUE;
    *std = 1 / sqrt (3 * (variable->type.rank > 1 ? fan_in : gain));
  } else
    return FALSE;
  return TRUE;
}

static gboolean
fill_random (const MpNode  *variable,
             guint64        seed,
             gsize          n,
             double        *values,
             GError       **error)
{
  const char *name = variable->name;
  g_autofree char *stream = NULL;
  gboolean uniform;
  double std;

  if (g_str_has_prefix (name, MP_AVERAGE_PREFIX))
    name += strlen (MP_AVERAGE_PREFIX);
  stream = g_strconcat ("init/", name, NULL);

  if (g_str_equal (variable->init.kind, "orthogonal")) {
    gint64 rows = variable->type.rank > 0 ? variable->type.dim[0] : 1;

    if (n == 0)
      return TRUE;
    mp_random_fill_normal (seed, mp_stream_id (stream), 0, n, values);
    orthogonalise (values, rows, (gint64) n / MAX (rows, 1), variable->init.scale);
    return TRUE;
  }

  if (!find_std (variable, &std, &uniform)) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "%s: there is no initialiser “%s”", variable->name,
                 variable->init.kind);
    return FALSE;
  }

  if (uniform)
    mp_random_fill_uniform (seed, mp_stream_id (stream), 0, n, values);
  else
    mp_random_fill_normal (seed, mp_stream_id (stream), 0, n, values);
  for (gsize i = 0; i < n; i++)
    values[i] = uniform ? (2 * values[i] - 1) * sqrt (3.0) * std : values[i] * std;
  return TRUE;
}

gboolean
mp_init_values (MpNode   *variable,
                guint64   seed,
                void     *values,
                GError  **error)
{
  gsize n = (gsize) mp_tensor_count (&variable->type);
  g_autofree double *doubles = g_new0 (double, MAX (n, 1));
  const char *kind = variable->init.kind;

  if (kind != NULL && g_str_equal (kind, "constant"))
    for (gsize i = 0; i < n; i++)
      doubles[i] = variable->init.scale;
  else if (kind != NULL && !g_str_equal (kind, "zeros") && !fill_random (variable, seed, n, doubles, error))
    return FALSE;

  for (gsize i = 0; i < n; i++)
    switch (variable->type.dtype) {
    case MP_FLOAT32:
      ((float *) values)[i] = (float) doubles[i];
      break;

    case MP_FLOAT64:
      ((double *) values)[i] = doubles[i];
      break;

    case MP_INT32:
      ((gint32 *) values)[i] = (gint32) doubles[i];
      break;

    case MP_BFLOAT16: /* never a variable's */
      g_assert_not_reached ();
    }
  return TRUE;
}

gboolean
mp_init_all (MpStore  *store,
             guint64   seed,
             GError  **error)
{
  MpGraph *graph = mp_store_get_graph (store);

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    g_autofree void *values = NULL;

    if (node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE)
      continue;
    values = g_malloc0 (MAX (1, mp_tensor_count (&node->type)) * mp_dtype_size (node->type.dtype));
    if (!g_str_has_prefix (node->name, "optimizer/") && !mp_init_values (node, seed, values, error))
      return FALSE;
    if (!mp_store_write (store, node, values, error))
      return FALSE;
  }
  return TRUE;
}
