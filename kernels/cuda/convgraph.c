/* SPDX-License-Identifier: Apache-2.0
 *
 * convgraph.c: convolutions as operation graphs of cuDNN; see convgraph.h.
 *
 * Everything in cuDNN's back-end API is a descriptor: made, given attributes, finalised. A Builder remembers the first
 * failure, so that the descriptors of a graph can be written down one after the other.
 */
#include "kernels/cuda/convgraph.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/library.h"

#define MAX_DESCRIPTORS 24 /* of a graph */
#define MAX_CANDIDATES 16
#define MAX_KNOBS 48
#define TEXT 224
#define BYTE_ALIGNMENT 16

#define CUDNN_FUNCTIONS(X)                                                                         \
  X (cudnnGetVersion) X (cudnnGetErrorString) X (cudnnGetLastErrorString) X (cudnnCreate)          \
  X (cudnnDestroy) X (cudnnSetStream) X (cudnnBackendCreateDescriptor)                             \
  X (cudnnBackendDestroyDescriptor) X (cudnnBackendFinalize) X (cudnnBackendSetAttribute)          \
  X (cudnnBackendGetAttribute) X (cudnnBackendExecute)

typedef struct
{
  MP_CUDA_MEMBERS (CUDNN_FUNCTIONS)
} Functions;

static const char *const names[] = { MP_CUDA_NAMES (CUDNN_FUNCTIONS) };

/* tensors' names in variant packs */
enum { FIRST = 1, SECOND, RESULT, BIAS, VIRTUAL };

struct MpCudaConvGraph
{
  const Functions         *dnn;
  const MpCudnnTarget     *target;
  MpCudaConvSpec           spec;
  char                     text[TEXT];
  cudnnBackendDescriptor_t descriptor[MAX_DESCRIPTORS]; /* owned */
  int                      n_descriptors;
  cudnnBackendDescriptor_t graph;
  int                      n_virtual;
  struct
  {
    cudnnBackendDescriptor_t config; /* owned */
    char                     text[TEXT];
    int                      compiled; /* while the program runs */
  } candidate[MAX_CANDIDATES];
  int n_candidates;
  int asked;
};

struct MpCudaConvPlan
{
  MpCudaConvGraph         *graph;
  cudnnBackendDescriptor_t plan;
  cudnnBackendDescriptor_t pack;
  size_t                   workspace_bytes;
  cudnnBackendDescriptor_t kept[MAX_KNOBS + 2]; /* what the plan was made from, where that is not the graph's */
};

/* ---- the library ---- */

static const Functions *
functions (void)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static Functions dnn;
  static int ready;
  const Functions *result = NULL;

  pthread_mutex_lock (&lock);
  if (ready || mp_cuda_library_load (MP_CUDA_CUDNN, names, (int) (sizeof names / sizeof *names),
                                     (void **) &dnn) == MP_OK) {
    ready = 1;
    result = &dnn;
  }
  pthread_mutex_unlock (&lock);
  return result;
}

/* An engine that does not want a problem says so with many codes; what is left are real failures. */
static MpStatus
status_of (cudnnStatus_t status)
{
  switch (CUDNN_STATUS_CATEGORY ((int) status)) {
  case CUDNN_STATUS_SUCCESS:
    return MP_OK;
  case CUDNN_STATUS_BAD_PARAM:
  case CUDNN_STATUS_NOT_SUPPORTED:
    return MP_STATUS_UNSUPPORTED;
  default:
    return status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED
           || status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ? MP_STATUS_MEMORY : MP_STATUS_LIBRARY;
  }
}

static MpStatus
check (const Functions *dnn,
       cudnnStatus_t    status,
       const char      *call,
       const char      *text)
{
  char words[256] = "";

  if (status == CUDNN_STATUS_SUCCESS)
    return MP_OK;
  dnn->cudnnGetLastErrorString (words, sizeof words);
  return mp_kernels_fail (status_of (status), "%s failed for %s: %s%s%s", call, text,
                          dnn->cudnnGetErrorString (status), words[0] != '\0' ? ": " : "", words);
}

size_t
mp_cudnn_version (void)
{
  const Functions *dnn = functions ();

  return dnn != NULL ? dnn->cudnnGetVersion () : 0;
}

MpStatus
mp_cudnn_open (MpCudnnTarget *out)
{
  const Functions *dnn = functions ();

  *out = (MpCudnnTarget) { NULL, NULL };
  return dnn != NULL ? check (dnn, dnn->cudnnCreate (&out->handle), "cudnnCreate", "this device") : MP_STATUS_LIBRARY;
}

MpStatus
mp_cudnn_describe (const char    *json,
                   MpCudnnTarget *out)
{
  const Functions *dnn = functions ();
  MpStatus status = MP_STATUS_UNSUPPORTED;

  *out = (MpCudnnTarget) { NULL, NULL };
  if (dnn == NULL)
    return MP_STATUS_LIBRARY;
#if CUDNN_VERSION >= 90800
  status = check (dnn, dnn->cudnnBackendCreateDescriptor (CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &out->properties),
                  "cudnnBackendCreateDescriptor", "a device's properties");
  if (status == MP_OK)
    status = check (dnn, dnn->cudnnBackendSetAttribute (out->properties, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                                                        CUDNN_TYPE_CHAR, (int64_t) strlen (json), json),
                    "cudnnBackendSetAttribute", "a device's properties");
  if (status == MP_OK)
    status = check (dnn, dnn->cudnnBackendFinalize (out->properties), "cudnnBackendFinalize",
                    "a device's properties");
  if (status != MP_OK)
    mp_cudnn_close (out);
#else
  mp_kernels_fail (status, "This build's cuDNN cannot describe a device: %s.", json);
#endif
  return status;
}

void
mp_cudnn_close (MpCudnnTarget *target)
{
  if (target->handle != NULL)
    functions ()->cudnnDestroy (target->handle);
  if (target->properties != NULL)
    functions ()->cudnnBackendDestroyDescriptor (target->properties);
  *target = (MpCudnnTarget) { NULL, NULL };
}

/* ---- building descriptors ---- */

typedef struct
{
  MpCudaConvGraph *graph;
  MpStatus         status;
} Builder;

static cudnnBackendDescriptor_t
begin (Builder                      *builder,
       cudnnBackendDescriptorType_t  type)
{
  cudnnBackendDescriptor_t descriptor = NULL;

  if (builder->status != MP_OK)
    return NULL;
  builder->status = check (builder->graph->dnn, builder->graph->dnn->cudnnBackendCreateDescriptor (type, &descriptor),
                           "cudnnBackendCreateDescriptor", builder->graph->text);
  return descriptor;
}

static void
put (Builder                     *builder,
     cudnnBackendDescriptor_t     descriptor,
     cudnnBackendAttributeName_t  name,
     cudnnBackendAttributeType_t  type,
     int64_t                      n,
     const void                  *values)
{
  if (builder->status == MP_OK)
    builder->status = check (builder->graph->dnn,
                             builder->graph->dnn->cudnnBackendSetAttribute (descriptor, name, type, n, values),
                             "cudnnBackendSetAttribute", builder->graph->text);
}

static void
put_descriptor (Builder                     *builder,
                cudnnBackendDescriptor_t     descriptor,
                cudnnBackendAttributeName_t  name,
                cudnnBackendDescriptor_t     value)
{
  put (builder, descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

static void
finalise (Builder                  *builder,
          cudnnBackendDescriptor_t  descriptor)
{
  if (builder->status == MP_OK)
    builder->status = check (builder->graph->dnn, builder->graph->dnn->cudnnBackendFinalize (descriptor),
                             "cudnnBackendFinalize", builder->graph->text);
}

/* Gives the descriptor to the graph. */
static cudnnBackendDescriptor_t
keep (Builder                  *builder,
      cudnnBackendDescriptor_t  descriptor)
{
  MpCudaConvGraph *graph = builder->graph;

  finalise (builder, descriptor);
  if (descriptor != NULL && graph->n_descriptors < MAX_DESCRIPTORS)
    graph->descriptor[graph->n_descriptors++] = descriptor;
  return descriptor;
}

/* ---- the graph ---- */

static cudnnDataType_t
data_type (MpDtype dtype)
{
  return dtype == MP_BFLOAT16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/* n·h·w·c in memory */
static cudnnBackendDescriptor_t
tensor (Builder         *builder,
        int64_t          uid,
        cudnnDataType_t  type,
        int64_t          n,
        int64_t          h,
        int64_t          w,
        int64_t          c)
{
  cudnnBackendDescriptor_t descriptor = begin (builder, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  const int64_t dims[4] = { n, c, h, w }, strides[4] = { h * w * c, 1, w * c, c }, alignment = BYTE_ALIGNMENT;
  const bool is_virtual = uid >= VIRTUAL;

  put (builder, descriptor, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
  put (builder, descriptor, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dims);
  put (builder, descriptor, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides);
  put (builder, descriptor, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &uid);
  put (builder, descriptor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment);
  if (is_virtual)
    put (builder, descriptor, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &is_virtual);
  return keep (builder, descriptor);
}

/* What the convolution's result looks like: stored, or passed on to the epilogue. */
static cudnnBackendDescriptor_t
result_tensor (Builder *builder,
               int      last)
{
  MpCudaConvGraph *graph = builder->graph;
  const MpCudaConvSpec *s = &graph->spec;
  int64_t uid = last ? RESULT : VIRTUAL + graph->n_virtual++;
  cudnnDataType_t type = last ? data_type (s->result) : CUDNN_DATA_FLOAT;

  if (s->op == MP_OP_CONV)
    return tensor (builder, uid, type, s->n, s->out_h, s->out_w, s->out_c);
  if (s->op == MP_OP_CONV_DATA)
    return tensor (builder, uid, type, s->n, s->h, s->w, s->c);
  return tensor (builder, uid, type, s->out_c, s->kernel_h, s->kernel_w, s->c);
}

static cudnnBackendDescriptor_t
convolution (Builder *builder)
{
  const MpCudaConvSpec *s = &builder->graph->spec;
  cudnnBackendDescriptor_t descriptor = begin (builder, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const int64_t spatial = 2, dilation[2] = { 1, 1 }, stride[2] = { s->stride[0], s->stride[1] };
  const int64_t before[2] = { s->pad_before[0], s->pad_before[1] }, after[2] = { s->pad_after[0], s->pad_after[1] };
  const cudnnDataType_t type = CUDNN_DATA_FLOAT;
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;

  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &spatial);
  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, before);
  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, after);
  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, dilation);
  put (builder, descriptor, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride);
  return keep (builder, descriptor);
}

/* The names of an operation's attributes: two operands and a result. */
typedef struct
{
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t  conv, first, second, result, alpha, beta;
} Names;

static const Names *
names_of (MpOp op)
{
  static const Names forward = {
    CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA };
  static const Names data = {
    CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA };
  static const Names weight = {
    CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA };

  return op == MP_OP_CONV ? &forward : op == MP_OP_CONV_DATA ? &data : &weight;
}

static cudnnBackendDescriptor_t
convolve (Builder                  *builder,
          cudnnBackendDescriptor_t  result)
{
  const MpCudaConvSpec *s = &builder->graph->spec;
  const Names *n = names_of (s->op);
  const cudnnDataType_t type = data_type (s->operands);
  const float one = 1, zero = 0;
  cudnnBackendDescriptor_t conv = convolution (builder), first, second, descriptor;

  first = s->op == MP_OP_CONV_DATA ? tensor (builder, FIRST, type, s->n, s->out_h, s->out_w, s->out_c)
                                   : tensor (builder, FIRST, type, s->n, s->h, s->w, s->c);
  second = s->op == MP_OP_CONV_WEIGHT ? tensor (builder, SECOND, type, s->n, s->out_h, s->out_w, s->out_c)
                                      : tensor (builder, SECOND, type, s->out_c, s->kernel_h, s->kernel_w, s->c);
  descriptor = begin (builder, n->type);
  put_descriptor (builder, descriptor, n->conv, conv);
  put_descriptor (builder, descriptor, n->first, first);
  put_descriptor (builder, descriptor, n->second, second);
  put_descriptor (builder, descriptor, n->result, result);
  put (builder, descriptor, n->alpha, CUDNN_TYPE_FLOAT, 1, &one);
  put (builder, descriptor, n->beta, CUDNN_TYPE_FLOAT, 1, &zero);
  return keep (builder, descriptor);
}

/* y = mode (x) or mode (x, b) */
static cudnnBackendDescriptor_t
pointwise (Builder                  *builder,
           cudnnPointwiseMode_t      mode,
           const double             *slope,
           cudnnBackendDescriptor_t  x,
           cudnnBackendDescriptor_t  b,
           cudnnBackendDescriptor_t  y)
{
  const cudnnDataType_t type = CUDNN_DATA_FLOAT;
  cudnnBackendDescriptor_t kind = begin (builder, CUDNN_BACKEND_POINTWISE_DESCRIPTOR), descriptor;

  put (builder, kind, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  put (builder, kind, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &type);
  if (slope != NULL)
    put (builder, kind, CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, CUDNN_TYPE_DOUBLE, 1, slope);
  keep (builder, kind);
  descriptor = begin (builder, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  put_descriptor (builder, descriptor, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind);
  put_descriptor (builder, descriptor, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  if (b != NULL)
    put_descriptor (builder, descriptor, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b);
  put_descriptor (builder, descriptor, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  return keep (builder, descriptor);
}

static cudnnPointwiseMode_t
activation_mode (int op)
{
  switch (op) {
  case MP_OP_TANH: return CUDNN_POINTWISE_TANH_FWD;
  case MP_OP_SIGMOID: return CUDNN_POINTWISE_SIGMOID_FWD;
  default: return CUDNN_POINTWISE_RELU_FWD;
  }
}

static void
write_graph (Builder *builder)
{
  MpCudaConvGraph *graph = builder->graph;
  const MpCudaConvSpec *s = &graph->spec;
  cudnnBackendDescriptor_t operation[3], from, to, bias;
  int active = s->activation >= 0, n = 0;

  from = result_tensor (builder, !s->has_bias && !active);
  operation[n++] = convolve (builder, from);
  if (s->has_bias) {
    int64_t channels = s->op == MP_OP_CONV ? s->out_c : s->c;

    bias = tensor (builder, BIAS, data_type (s->bias), 1, 1, 1, channels);
    to = result_tensor (builder, !active);
    operation[n++] = pointwise (builder, CUDNN_POINTWISE_ADD, NULL, from, bias, to);
    from = to;
  }
  if (active) {
    to = result_tensor (builder, 1);
    operation[n++] = pointwise (builder, activation_mode (s->activation),
                                s->activation == MP_OP_LEAKY_RELU ? &s->slope : NULL, from, NULL, to);
  }
  graph->graph = begin (builder, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  put (builder, graph->graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, n, operation);
  if (graph->target->handle != NULL)
    put (builder, graph->graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &graph->target->handle);
  keep (builder, graph->graph);
}

/* ---- engines ---- */

static void
release (const Functions          *dnn,
         cudnnBackendDescriptor_t *descriptor)
{
  if (*descriptor != NULL)
    dnn->cudnnBackendDestroyDescriptor (*descriptor);
  *descriptor = NULL;
}

static int
allowed (const MpCudaConvGraph    *graph,
         cudnnBackendDescriptor_t  engine)
{
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT + 8];
  const MpCudaConvSpec *s = &graph->spec;
  int strict = s->precision == MP_PRECISION_STRICT && s->operands == MP_FLOAT32;
  int64_t n = 0;

  if (graph->dnn->cudnnBackendGetAttribute (engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                            CUDNN_NUMERICAL_NOTE_TYPE_COUNT + 8, &n, notes) != CUDNN_STATUS_SUCCESS)
    return 0;
  for (int64_t i = 0; i < n; i++)
    switch ((int) notes[i]) {
    case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
    case CUDNN_NUMERICAL_NOTE_FFT:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
      return 0;
    case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
      if (s->deterministic)
        return 0;
      break;
    case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
      if (s->operands == MP_FLOAT32)
        return 0;
      break;
    case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
      if (strict)
        return 0;
      break;
    default:
      break;
    }
  return 1;
}

static int
is_compiled (const MpCudaConvGraph    *graph,
             cudnnBackendDescriptor_t  engine)
{
  cudnnBackendBehaviorNote_t notes[CUDNN_BEHAVIOR_NOTE_TYPE_COUNT + 8];
  int64_t n = 0;

  if (graph->dnn->cudnnBackendGetAttribute (engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE,
                                            CUDNN_BEHAVIOR_NOTE_TYPE_COUNT + 8, &n, notes) != CUDNN_STATUS_SUCCESS)
    return 0;
  for (int64_t i = 0; i < n; i++)
    if (notes[i] == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION)
      return 1;
  return 0;
}

/* "37 2=10 14=3" */
static int
write_config (const MpCudaConvGraph    *graph,
              cudnnBackendDescriptor_t  config,
              cudnnBackendDescriptor_t  engine,
              char                     *text)
{
  const Functions *dnn = graph->dnn;
  cudnnBackendDescriptor_t knobs[MAX_KNOBS] = { NULL };
  int64_t index = 0, n = 0, value;
  cudnnBackendKnobType_t type;
  int length, ok;

  ok = dnn->cudnnBackendGetAttribute (engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &n,
                                      &index) == CUDNN_STATUS_SUCCESS;
  length = snprintf (text, TEXT, "%lld", (long long) index);
  for (int i = 0; ok && i < MAX_KNOBS; i++)
    ok = dnn->cudnnBackendCreateDescriptor (CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, &knobs[i]) == CUDNN_STATUS_SUCCESS;
  ok = ok && dnn->cudnnBackendGetAttribute (config, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                            MAX_KNOBS, &n, knobs) == CUDNN_STATUS_SUCCESS;
  for (int64_t i = 0; ok && i < n && i < MAX_KNOBS; i++) {
    int64_t one;

    ok = dnn->cudnnBackendGetAttribute (knobs[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &one,
                                        &type) == CUDNN_STATUS_SUCCESS
         && dnn->cudnnBackendGetAttribute (knobs[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, &one,
                                           &value) == CUDNN_STATUS_SUCCESS;
    if (ok)
      length += snprintf (text + length, (size_t) (TEXT - length), " %d=%lld", (int) type, (long long) value);
    ok = ok && length < TEXT;
  }
  for (int i = 0; i < MAX_KNOBS; i++)
    release (dnn, &knobs[i]);
  return ok;
}

/* Takes the configuration, or frees it. */
static void
add_candidate (MpCudaConvGraph          *graph,
               cudnnBackendDescriptor_t  config)
{
  const Functions *dnn = graph->dnn;
  cudnnBackendDescriptor_t engine = NULL;
  char *text = graph->candidate[graph->n_candidates].text;
  int64_t n = 0;
  int take = dnn->cudnnBackendCreateDescriptor (CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine) == CUDNN_STATUS_SUCCESS
             && dnn->cudnnBackendGetAttribute (config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                               &n, &engine) == CUDNN_STATUS_SUCCESS
             && allowed (graph, engine) && write_config (graph, config, engine, text);

  for (int i = 0; take && i < graph->n_candidates; i++)
    take = strcmp (graph->candidate[i].text, text) != 0;
  graph->candidate[graph->n_candidates].compiled = take && is_compiled (graph, engine);
  release (dnn, &engine);
  if (take)
    graph->candidate[graph->n_candidates++].config = config;
  else
    release (dnn, &config);
}

/* What cuDNN proposes in one of its ways. A way that it does not have here is no failure. */
static void
ask (MpCudaConvGraph        *graph,
     cudnnBackendHeurMode_t  mode)
{
  Builder builder = { graph, MP_OK };
  cudnnBackendDescriptor_t heuristics = begin (&builder, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  cudnnBackendDescriptor_t configs[MAX_CANDIDATES] = { NULL };
  int64_t n = 0;

  put_descriptor (&builder, heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph->graph);
  put (&builder, heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
#if CUDNN_VERSION >= 90800
  if (graph->target->properties != NULL)
    put_descriptor (&builder, heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, graph->target->properties);
#endif
  finalise (&builder, heuristics);
  for (int i = 0; i < MAX_CANDIDATES; i++)
    configs[i] = begin (&builder, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  if (builder.status == MP_OK
      && graph->dnn->cudnnBackendGetAttribute (heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                               CUDNN_TYPE_BACKEND_DESCRIPTOR, MAX_CANDIDATES, &n,
                                               configs) != CUDNN_STATUS_SUCCESS)
    n = 0;
  for (int i = 0; i < MAX_CANDIDATES; i++)
    if (i < n && graph->n_candidates < MAX_CANDIDATES)
      add_candidate (graph, configs[i]);
    else
      release (graph->dnn, &configs[i]);
  release (graph->dnn, &heuristics);
}

/* ---- life of a graph ---- */

void
mp_cuda_conv_text (const MpCudaConvSpec *s,
                   char                 *text,
                   size_t                size)
{
  static const char *const precisions[] = { " strict", " tf32", " bf16" };

  snprintf (text, size, "%s %s%s %lld×%lld×%lld×%lld, %lld×%lld×%lld×%lld, %lld×%lld, stride %d×%d, pads %d+%d×%d+%d "
            "→ %s%s%s%s%s%s", mp_op_name (s->op), mp_dtype_name (s->operands),
            s->operands == MP_FLOAT32 ? precisions[s->precision] : "", (long long) s->n, (long long) s->h,
            (long long) s->w, (long long) s->c, (long long) s->out_c, (long long) s->kernel_h, (long long) s->kernel_w,
            (long long) s->c, (long long) s->out_h, (long long) s->out_w, s->stride[0], s->stride[1], s->pad_before[0],
            s->pad_after[0], s->pad_before[1], s->pad_after[1], mp_dtype_name (s->result),
            s->has_bias ? " + bias " : "", s->has_bias ? mp_dtype_name (s->bias) : "", s->activation >= 0 ? " " : "",
            s->activation >= 0 ? mp_op_name ((MpOp) s->activation) : "", s->deterministic ? " deterministic" : "");
}

MpStatus
mp_cuda_conv_graph_new (const MpCudnnTarget   *target,
                        const MpCudaConvSpec  *spec,
                        MpCudaConvGraph      **out)
{
  MpCudaConvGraph *graph = calloc (1, sizeof *graph);
  Builder builder = { graph, MP_OK };

  if (graph == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a convolution.");
  graph->dnn = functions ();
  graph->target = target;
  graph->spec = *spec;
  mp_cuda_conv_text (spec, graph->text, sizeof graph->text);
  write_graph (&builder);
  if (builder.status != MP_OK) {
    mp_cuda_conv_graph_free (graph);
    return builder.status;
  }
  *out = graph;
  return MP_OK;
}

void
mp_cuda_conv_graph_free (MpCudaConvGraph *graph)
{
  if (graph == NULL)
    return;
  for (int i = 0; i < graph->n_candidates; i++)
    release (graph->dnn, &graph->candidate[i].config);
  while (graph->n_descriptors > 0)
    release (graph->dnn, &graph->descriptor[--graph->n_descriptors]);
  free (graph);
}

int
mp_cuda_conv_graph_n_candidates (MpCudaConvGraph *graph)
{
  if (!graph->asked) {
    ask (graph, CUDNN_HEUR_MODE_A);
    ask (graph, CUDNN_HEUR_MODE_FALLBACK);
    graph->asked = 1;
  }
  if (graph->n_candidates == 0)
    mp_kernels_fail (MP_STATUS_UNSUPPORTED, "cuDNN has no engine for %s.", graph->text);
  return graph->n_candidates;
}

const char *
mp_cuda_conv_graph_candidate (const MpCudaConvGraph *graph,
                              int                    i)
{
  return graph->candidate[i].text;
}

int
mp_cuda_conv_graph_is_compiled (const MpCudaConvGraph *graph,
                                int                    i)
{
  return graph->candidate[i].compiled;
}

/* ---- plans ---- */

/* A configuration from its text: kept[0], from kept[1] and what follows. */
static void
read_config (Builder                  *builder,
             const char               *text,
             cudnnBackendDescriptor_t *kept)
{
  MpCudaConvGraph *graph = builder->graph;
  cudnnBackendDescriptor_t engine, *knobs = kept + 2;
  char *end;
  int64_t index = strtoll (text, &end, 10), n = 0;

  engine = kept[1] = begin (builder, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  put_descriptor (builder, engine, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph->graph);
  put (builder, engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index);
#if CUDNN_VERSION >= 90800
  if (graph->target->properties != NULL)
    put_descriptor (builder, engine, CUDNN_ATTR_ENGINE_DEVICEPROP, graph->target->properties);
#endif
  finalise (builder, engine);
  for (; *end == ' ' && n < MAX_KNOBS; n++) {
    cudnnBackendKnobType_t type = (cudnnBackendKnobType_t) strtol (end, &end, 10);
    int64_t value = *end == '=' ? strtoll (end + 1, &end, 10) : 0;

    knobs[n] = begin (builder, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    put (builder, knobs[n], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &type);
    put (builder, knobs[n], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, &value);
    finalise (builder, knobs[n]);
  }
  kept[0] = begin (builder, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  put_descriptor (builder, kept[0], CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (n > 0)
    put (builder, kept[0], CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR, n, knobs);
  finalise (builder, kept[0]);
}

MpStatus
mp_cuda_conv_plan_new (MpCudaConvGraph  *graph,
                       int               i,
                       const char       *candidate,
                       MpCudaConvPlan  **out)
{
  Builder builder = { graph, MP_OK };
  MpCudaConvPlan *plan = calloc (1, sizeof *plan);
  int64_t bytes = 0, n = 0;

  if (plan == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a convolution.");
  plan->graph = graph;
  if (candidate != NULL)
    read_config (&builder, candidate, plan->kept);
  plan->plan = begin (&builder, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  put_descriptor (&builder, plan->plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
                  candidate != NULL ? plan->kept[0] : graph->candidate[i].config);
  if (graph->target->handle != NULL)
    put (&builder, plan->plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &graph->target->handle);
#if CUDNN_VERSION >= 90800
  else
    put_descriptor (&builder, plan->plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, graph->target->properties);
#endif
  finalise (&builder, plan->plan);
  if (builder.status == MP_OK)
    builder.status = check (graph->dnn, graph->dnn->cudnnBackendGetAttribute (
                              plan->plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &n, &bytes),
                            "cudnnBackendGetAttribute", graph->text);
  plan->workspace_bytes = (size_t) bytes;
  if (builder.status != MP_OK) {
    mp_cuda_conv_plan_free (plan);
    return builder.status == MP_STATUS_MEMORY ? MP_STATUS_MEMORY : MP_STATUS_UNSUPPORTED;
  }
  *out = plan;
  return MP_OK;
}

void
mp_cuda_conv_plan_free (MpCudaConvPlan *plan)
{
  if (plan == NULL)
    return;
  release (plan->graph->dnn, &plan->pack);
  release (plan->graph->dnn, &plan->plan);
  for (int i = 0; i < MAX_KNOBS + 2; i++)
    release (plan->graph->dnn, &plan->kept[i]);
  free (plan);
}

size_t
mp_cuda_conv_plan_workspace (const MpCudaConvPlan *plan)
{
  return plan->workspace_bytes;
}

MpStatus
mp_cuda_conv_plan_bind (MpCudaConvPlan *plan,
                        const void     *first,
                        const void     *second,
                        const void     *bias,
                        void           *result,
                        void           *workspace)
{
  Builder builder = { plan->graph, MP_OK };
  const int64_t uids[4] = { FIRST, SECOND, RESULT, BIAS };
  const void *addresses[4] = { first, second, result, bias };
  int64_t n = plan->graph->spec.has_bias ? 4 : 3;

  release (plan->graph->dnn, &plan->pack);
  plan->pack = begin (&builder, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  put (&builder, plan->pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n, uids);
  put (&builder, plan->pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, n, addresses);
  put (&builder, plan->pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  finalise (&builder, plan->pack);
  return builder.status;
}

MpStatus
mp_cuda_conv_plan_run (MpCudaConvPlan *plan,
                       cudaStream_t    stream)
{
  const Functions *dnn = plan->graph->dnn;
  cudnnHandle_t handle = plan->graph->target->handle;
  MpStatus status = check (dnn, dnn->cudnnSetStream (handle, stream), "cudnnSetStream", plan->graph->text);

  if (status == MP_OK)
    status = check (dnn, dnn->cudnnBackendExecute (handle, plan->plan, plan->pack), "cudnnBackendExecute",
                    plan->graph->text);
  return status == MP_STATUS_UNSUPPORTED ? MP_STATUS_LIBRARY : status;
}
