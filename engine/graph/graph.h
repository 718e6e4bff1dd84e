/* SPDX-License-Identifier: Apache-2.0
 *
 * graph.h: the static graph: immutable nodes in SSA form, shape inference, gradients of any order.
 *
 * Builders append one or more nodes and return the last. They broadcast as NumPy does where an op takes two or three
 * operands. A mistake (shapes, dtypes, axes) is remembered in the graph with the names and shapes of the nodes
 * involved; the builder then returns NULL, and every builder accepts NULL operands and returns NULL for them. So a
 * method writes its formula down and asks once, with mp_graph_check (). The first mistake wins.
 *
 * Ownership: nodes belong to their graph; pointers stay valid until mp_graph_free ().
 * Threads: a graph belongs to one thread at a time.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct _MpGraph MpGraph;
typedef struct _MpNode MpNode;

/* How a parameter or state starts; see engine/nn/init.h for the fillers. */
typedef struct
{
  const char *kind;    /* static string: "zeros", "constant", "normal", "xavier-uniform", … */
  double      scale;   /* meaning depends on kind: value, standard deviation, gain */
} MpInit;

struct _MpNode
{
  MpGraph      *graph;
  MpOp          op;
  guint         id;         /* position in the graph; inputs have smaller ids */
  MpTensorType  type;
  MpAttrs       attrs;
  guint         n_inputs;
  MpNode      **inputs;
  const char   *name;       /* parameters, states, inputs, named values; otherwise NULL */
  const char   *group;      /* parameters: "generator", "critic", …; otherwise NULL */
  MpInit        init;       /* parameters and states */
  void         *data;       /* CONSTANT with data: host values, dense; otherwise NULL */
};

MpGraph *mp_graph_new (MpDtype dtype);          /* dtype of scalars and of generated nodes: float32 or float64 */
void     mp_graph_free (MpGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpGraph, mp_graph_free)

MpDtype   mp_graph_get_dtype (MpGraph *graph);
guint     mp_graph_get_n_nodes (MpGraph *graph);
MpNode   *mp_graph_get_node (MpGraph *graph, guint id);
/* FALSE and the first mistake, when one was made since the graph was made. */
gboolean  mp_graph_check (MpGraph *graph, GError **error);
/* Remembers a mistake from outside, in the builders' way. Returns NULL. */
MpNode   *mp_graph_fail (MpGraph *graph, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Stream id of a name, the same in every graph: RANDOM nodes of one name see one sequence in all lanes. */
guint32   mp_stream_id (const char *name);

MpTensorType mp_type (MpDtype dtype, gint rank, const gint64 *dim);
/* mp_shape (graph, 200, 2): of the graph's dtype. A dimension of −1 ends the list. */
MpTensorType mp_shape_of (MpGraph *graph, gsize n, const gint64 *dim);
#define mp_shape(graph, ...)                                                                      \
  mp_shape_of ((graph), sizeof ((const gint64[]) { __VA_ARGS__ }) / sizeof (gint64), (const gint64[]) { __VA_ARGS__ })

/* Names a value for errors, plan listings and divergence reports. Returns node. */
MpNode *mp_named (MpNode *node, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The same for a value that has a name, as what mp_substitute () copies. Returns node. */
MpNode *mp_renamed (MpNode *node, const char *name);

/* ---- sources ---- */
MpNode *mp_scalar (MpGraph *graph, double value);                        /* rank 0 constant */
MpNode *mp_full (MpGraph *graph, MpTensorType type, double value);       /* constant, filled */
MpNode *mp_constant (MpGraph *graph, MpTensorType type, const void *data); /* copied */
MpNode *mp_parameter (MpGraph *graph, const char *group, const char *name, MpTensorType type, MpInit init);
MpNode *mp_state (MpGraph *graph, const char *name, MpTensorType type, MpInit init);
MpNode *mp_input (MpGraph *graph, const char *name, MpTensorType type);  /* the same name gives the same node */
MpNode *mp_random_uniform (MpGraph *graph, const char *stream, MpTensorType type, double low, double high);
MpNode *mp_random_normal (MpGraph *graph, const char *stream, MpTensorType type, double mean, double std);
MpNode *mp_random_categorical (MpGraph *graph, const char *stream, MpTensorType int_type, gint64 n);

/* ---- elementwise ---- */
MpNode *mp_neg (MpNode *x);
MpNode *mp_exp (MpNode *x);
MpNode *mp_log (MpNode *x);
MpNode *mp_log1p (MpNode *x);
MpNode *mp_expm1 (MpNode *x);
MpNode *mp_sqrt (MpNode *x);
MpNode *mp_rsqrt (MpNode *x);
MpNode *mp_square (MpNode *x);
MpNode *mp_abs (MpNode *x);
MpNode *mp_sign (MpNode *x);
MpNode *mp_tanh (MpNode *x);
MpNode *mp_sigmoid (MpNode *x);
MpNode *mp_softplus (MpNode *x);
MpNode *mp_relu (MpNode *x);
MpNode *mp_leaky_relu (MpNode *x, double slope);
MpNode *mp_elu (MpNode *x, double alpha);
MpNode *mp_clamp (MpNode *x, double low, double high);
MpNode *mp_stop_gradient (MpNode *x);
MpNode *mp_cast (MpNode *x, MpDtype dtype);
MpNode *mp_add (MpNode *a, MpNode *b);
MpNode *mp_sub (MpNode *a, MpNode *b);
MpNode *mp_mul (MpNode *a, MpNode *b);
MpNode *mp_div (MpNode *a, MpNode *b);
MpNode *mp_pow (MpNode *a, MpNode *b);
MpNode *mp_minimum (MpNode *a, MpNode *b);
MpNode *mp_maximum (MpNode *a, MpNode *b);
MpNode *mp_compare (MpOp op, MpNode *a, MpNode *b);                      /* MP_OP_EQ … MP_OP_GE */
MpNode *mp_select (MpNode *condition, MpNode *a, MpNode *b);
MpNode *mp_add_scalar (MpNode *x, double value);
MpNode *mp_mul_scalar (MpNode *x, double value);

/* ---- reductions; axes as bits, MP_ALL_AXES for all; keep: reduced axes stay with size 1 ---- */
#define MP_AXIS(i) (1 << (i))
#define MP_ALL_AXES (-1)
MpNode *mp_sum (MpNode *x, gint axes, gboolean keep);
MpNode *mp_mean (MpNode *x, gint axes, gboolean keep);
MpNode *mp_max (MpNode *x, gint axes, gboolean keep);
MpNode *mp_min (MpNode *x, gint axes, gboolean keep);
MpNode *mp_log_sum_exp (MpNode *x, gint axes, gboolean keep);
MpNode *mp_softmax (MpNode *x, gint axes);

/* ---- shapes ---- */
MpNode *mp_broadcast (MpNode *x, MpTensorType type);                     /* NumPy rules; dtype of x */
MpNode *mp_reshape (MpNode *x, MpTensorType type);
MpNode *mp_flatten (MpNode *x);                                          /* all but axis 0 become one */
MpNode *mp_transpose (MpNode *x, const gint *perm);
MpNode *mp_slice (MpNode *x, const gint64 *start, const gint64 *stop);
MpNode *mp_slice_axis (MpNode *x, gint axis, gint64 start, gint64 stop);
MpNode *mp_pad (MpNode *x, const gint64 *before, const gint64 *after);
MpNode *mp_concat (gint axis, guint n, MpNode *const *xs);
MpNode *mp_gather (MpNode *x, MpNode *index);
MpNode *mp_scatter_add (MpNode *dy, MpNode *index, gint64 rows);
MpNode *mp_band (MpNode *x, gint64 low, gint64 high);                    /* keep low ≤ j−i ≤ high */
MpNode *mp_sum_to (MpNode *x, const MpTensorType *type);                 /* adjoint of broadcast */

/* ---- products ---- */
MpNode *mp_matmul (MpNode *a, gboolean transpose_a, MpNode *b, gboolean transpose_b);
MpNode *mp_sqdist (MpNode *x, MpNode *y);                                /* n·d, m·d → n·m */

typedef struct
{
  gint stride[2], pad_before[2], pad_after[2];
} MpConvGeometry;
MpNode *mp_conv (MpNode *x, MpNode *w, const MpConvGeometry *geometry);
MpNode *mp_conv_data (MpNode *dy, MpNode *w, const MpConvGeometry *geometry, gint64 height, gint64 width);
MpNode *mp_conv_weight (MpNode *x, MpNode *dy, const MpConvGeometry *geometry, gint64 kernel_h, gint64 kernel_w);

typedef struct
{
  gint window[2], stride[2], pad_before[2], pad_after[2];
} MpPoolGeometry;
MpNode *mp_max_pool (MpNode *x, const MpPoolGeometry *geometry);
MpNode *mp_avg_pool (MpNode *x, const MpPoolGeometry *geometry);

/* ---- normalisation, kernels, linear algebra ---- */
MpNode *mp_normalize (MpNode *x, gint axes, double epsilon);
/* Kernel mixtures: K[i,j] = Σ_b k_b (x_i, y_j); a kernel set is the plain sum (GMMN, MMD-GAN).
 * parameter: rank 1, one entry per kernel, so that bandwidths may be live inputs. */
typedef enum
{
  MP_KERNEL_RBF,                /* exp (−d²/(2σ²)) */
  MP_KERNEL_RBF_VARIANCE,       /* exp (−d²/(2σ)) : GMMN's "σ as variance" */
  MP_KERNEL_RATIONAL_QUADRATIC, /* (1 + d²/(2α))^−α, as exp (−α·log1p (d²/(2α))) */
  MP_KERNEL_LINEAR,             /* xᵀy, parameter NULL */
  MP_KERNEL_POLYNOMIAL          /* (xᵀy/d + 1)^p for each p in parameter; KID has p = 3 */
} MpKernelKind;
MpNode *mp_gram (MpNode *x, MpNode *y, MpKernelKind kind, MpNode *parameter);
/* The same from squared distances (RBF and RQ kinds), where distances are shared or bounded. */
MpNode *mp_gram_of_sqdist (MpNode *sqdist, MpKernelKind kind, MpNode *parameter);
MpNode *mp_cholesky (MpNode *a);
MpNode *mp_triangular_solve (MpNode *l, gboolean transpose, MpNode *b);
MpNode *mp_pd_solve (MpNode *a, MpNode *b);

/* ---- effects and gradients ---- */
MpNode *mp_assign (MpNode *target, MpNode *value);                       /* takes effect when the plan has run */

/* Appends ∂loss/∂wrt[i] to the graph. loss must be a scalar; where it does not depend on wrt[i] the gradient is a
 * constant zero. Rules are written in ops, so results can be differentiated again.
 * Returns: FALSE with MP_ERROR_GRADIENT or an earlier mistake of the graph. */
gboolean mp_gradients (MpGraph *graph, MpNode *loss, guint n, MpNode *const *wrt, MpNode **gradients, GError **error);

/* The value as it would be with to[i] in the place of from[i], of equal types: what depends on those is appended once
 * more, the rest is shared, random draws too. to[i] may depend on from[i]. */
MpNode *mp_substitute (MpNode *value, guint n, MpNode *const *from, MpNode *const *to);

G_END_DECLS
