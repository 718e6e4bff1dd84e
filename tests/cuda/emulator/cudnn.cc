/* SPDX-License-Identifier: Apache-2.0
 *
 * cudnn.cc: a fake of the part of cuDNN's back-end API that convolutions use.
 *
 * Every attribute is checked as documented: which descriptor has it, its type, how many elements, whether it may still
 * be set, whether descriptors that are handed over are finalised. A finalised operation graph is a convolution, its
 * data gradient or its weight gradient, with pointwise operations behind.
 *
 * The engines, with what cuDNN says of its own:
 *   0  no notes, no workspace                          no epilogue
 *   1  tensor cores, 4 KiB of workspace, a knob        bias and ReLU
 *   2  tensor cores, nondeterministic                  no epilogue; sums from the other end
 *   3  tensor cores, compiled when a plan is made      any epilogue, any type of result
 *   4  converts its operands (to eight bits or so)     no epilogue
 * Tensor cores cut float32 operands to TF32. No engine takes pads that differ before and behind.
 */
#include "tests/cuda/emulator/cudnn-private.h"

#include <cstdarg>
#include <cstdio>

using namespace fake_cudnn;

static thread_local std::string words;

cudnnStatus_t
fake_cudnn::refuse (cudnnStatus_t status, const char *format, ...)
{
  char text[256];
  va_list arguments;

  va_start (arguments, format);
  vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  words = text;
  return status;
}

/* ---- the library ---- */

size_t
cudnnGetVersion (void)
{
  return CUDNN_VERSION;
}

const char *
cudnnGetErrorString (cudnnStatus_t status)
{
  switch (CUDNN_STATUS_CATEGORY ((int) status)) {
  case 0: return "CUDNN_STATUS_SUCCESS";
  case 2000: return "CUDNN_STATUS_BAD_PARAM";
  case 3000: return "CUDNN_STATUS_NOT_SUPPORTED";
  default: return "CUDNN_STATUS_EXECUTION_FAILED";
  }
}

void
cudnnGetLastErrorString (char  *text,
                         size_t size)
{
  snprintf (text, size, "%s", words.c_str ());
}

cudnnStatus_t
cudnnCreate (cudnnHandle_t *out)
{
  *out = new cudnnContext ();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
cudnnDestroy (cudnnHandle_t handle)
{
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
cudnnSetStream (cudnnHandle_t handle,
                cudaStream_t  stream)
{
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
cudnnBackendCreateDescriptor (cudnnBackendDescriptorType_t type,
                              cudnnBackendDescriptor_t    *out)
{
  if (type == CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR)
    return refuse (CUDNN_STATUS_NOT_SUPPORTED, "the fake describes no devices");
  Ref *ref = new Ref (std::make_shared<Node> ());

  (*ref)->type = type;
  *out = ref;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
cudnnBackendDestroyDescriptor (cudnnBackendDescriptor_t descriptor)
{
  delete static_cast<Ref *> (descriptor);
  return CUDNN_STATUS_SUCCESS;
}

/* ---- attributes ---- */

struct Rule
{
  cudnnBackendDescriptorType_t owner;
  cudnnBackendAttributeName_t  name;
  cudnnBackendAttributeType_t  type;
  int64_t                      least, most;
  bool                         needed;
  int                          node; /* type of descriptors, −1 for none */
};

#define TENSORS CUDNN_BACKEND_TENSOR_DESCRIPTOR
#define CONVOLUTION(KIND, NAME, FIRST, SECOND, RESULT)                                                              \
  { CUDNN_BACKEND_OPERATION_CONVOLUTION_##KIND##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_CONV_DESC,   \
    CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR },                              \
  { CUDNN_BACKEND_OPERATION_CONVOLUTION_##KIND##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_##FIRST,     \
    CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true, TENSORS },                                                           \
  { CUDNN_BACKEND_OPERATION_CONVOLUTION_##KIND##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_##SECOND,    \
    CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true, TENSORS },                                                           \
  { CUDNN_BACKEND_OPERATION_CONVOLUTION_##KIND##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_##RESULT,    \
    CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true, TENSORS },                                                           \
  { CUDNN_BACKEND_OPERATION_CONVOLUTION_##KIND##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_ALPHA,       \
    CUDNN_TYPE_FLOAT, 1, 1, true, -1 },                                                                             \
  { CUDNN_BACKEND_OPERATION_CONVOLUTION_##KIND##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_BETA,        \
    CUDNN_TYPE_FLOAT, 1, 1, true, -1 }

static const Rule rules[] = {
  { TENSORS, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, 1, true, -1 },
  { TENSORS, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, 4, true, -1 },
  { TENSORS, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, 4, true, -1 },
  { TENSORS, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, 1, true, -1 },
  { TENSORS, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, 1, true, -1 },
  { TENSORS, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, 1, false, -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, 1, true, -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, 1, true, -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, 1, true,
    -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, 2, true, -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, 2, true, -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, 2, true, -1 },
  { CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, 2, true, -1 },
  CONVOLUTION (FORWARD, FORWARD, X, W, Y),
  CONVOLUTION (BACKWARD_DATA, BWD_DATA, DY, W, DX),
  CONVOLUTION (BACKWARD_FILTER, BWD_FILTER, X, DY, DW),
  { CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, 1, true, -1 },
  { CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, 1, true, -1 },
  { CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, CUDNN_TYPE_DOUBLE, 1, 1, false,
    -1 },
  { CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
    CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true, CUDNN_BACKEND_POINTWISE_DESCRIPTOR },
  { CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
    1, 1, true, TENSORS },
  { CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
    1, 1, false, TENSORS },
  { CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
    1, 1, true, TENSORS },
  { CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, 1, true, -1 },
  { CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 8, true,
    -1 },
  { CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, 1, true, -1 },
  { CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1,
    true, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR },
  { CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true,
    CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR },
  { CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, 1, true, -1 },
  { CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, 1, true, -1 },
  { CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, 1, true, -1 },
  { CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, 1, true,
    CUDNN_BACKEND_ENGINE_DESCRIPTOR },
  { CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, 64, false,
    CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR },
  { CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, 1, true, -1 },
  { CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
    1, true, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR },
  { CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 1, 64, true, -1 },
  { CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 1, 64, true,
    -1 },
  { CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, 1, true, -1 },
};

static size_t
element_bytes (cudnnBackendAttributeType_t type)
{
  switch (type) {
  case CUDNN_TYPE_INT64:
  case CUDNN_TYPE_DOUBLE:
  case CUDNN_TYPE_VOID_PTR:
  case CUDNN_TYPE_HANDLE:
    return 8;
  case CUDNN_TYPE_BOOLEAN:
    return 1;
  default:
    return 4;
  }
}

cudnnStatus_t
cudnnBackendSetAttribute (cudnnBackendDescriptor_t     descriptor,
                          cudnnBackendAttributeName_t  name,
                          cudnnBackendAttributeType_t  type,
                          int64_t                      n,
                          const void                  *elements)
{
  Node &node = *node_of (descriptor);
  const Rule *rule = nullptr;
  Value value { type, n, {}, {} };

  for (const Rule &each : rules)
    if (each.owner == node.type && each.name == name)
      rule = &each;
  if (node.final)
    return refuse (CUDNN_STATUS_BAD_PARAM, "descriptor %d is finalised already", (int) node.type);
  if (rule == nullptr)
    return refuse (CUDNN_STATUS_BAD_PARAM, "descriptor %d has no attribute %d", (int) node.type, (int) name);
  if (type != rule->type)
    return refuse (CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE, "attribute %d has type %d", (int) name, (int) rule->type);
  if (n < rule->least || n > rule->most || elements == nullptr)
    return refuse (CUDNN_STATUS_BAD_PARAM, "attribute %d cannot have %lld elements", (int) name, (long long) n);
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
    for (int64_t i = 0; i < n; i++) {
      cudnnBackendDescriptor_t each = static_cast<const cudnnBackendDescriptor_t *> (elements)[i];

      if (each == nullptr)
        return refuse (CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "attribute %d has no descriptor", (int) name);
      if (!node_of (each)->final)
        return refuse (CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "attribute %d is not finalised", (int) name);
      if (rule->node >= 0 && node_of (each)->type != rule->node)
        return refuse (CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "attribute %d is of type %d", (int) name, rule->node);
      value.nodes.push_back (node_of (each));
    }
  else
    value.bytes.assign (static_cast<const char *> (elements),
                        static_cast<const char *> (elements) + (size_t) n * element_bytes (type));
  node.value[name] = std::move (value);
  return CUDNN_STATUS_SUCCESS;
}

/* ---- finalising ---- */

static bool
geometry_fits (const Convolution &c)
{
  bool fits = c.x.dim[0] == c.y.dim[0] && c.x.dim[1] == c.w.dim[1] && c.y.dim[1] == c.w.dim[0];

  for (int i = 0; i < 2; i++)
    fits = fits && c.stride[i] > 0 && c.before[i] >= 0 && c.after[i] >= 0
           && c.y.dim[2 + i] == (c.x.dim[2 + i] + c.before[i] + c.after[i] - c.w.dim[2 + i]) / c.stride[i] + 1;
  return fits;
}

static cudnnStatus_t
finalise_tensor (const Ref &ref)
{
  Tensor t = tensor_of (ref);

  for (int i = 0; i < 4; i++)
    if (t.dim[i] < 1 || t.stride[i] < 1)
      return refuse (CUDNN_STATUS_BAD_PARAM, "axis %d of a tensor has size %lld", i, (long long) t.dim[i]);
  if (t.type != CUDNN_DATA_FLOAT && t.type != CUDNN_DATA_BFLOAT16)
    return refuse (CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "the fake knows float and bfloat16");
  return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t
finalise_graph (const Ref &ref)
{
  const std::vector<Ref> &ops = ref->value[CUDNN_ATTR_OPERATIONGRAPH_OPS].nodes;
  int64_t last;

  if (ops[0]->type != CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR
      && ops[0]->type != CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR
      && ops[0]->type != CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR)
    return refuse (CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN, "the first operation is no convolution");
  last = result_of (convolution_of (ops[0])).uid;
  for (size_t i = 1; i < ops.size (); i++) {
    Tensor x, y;

    if (ops[i]->type != CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
      return refuse (CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN, "operation %zu is not pointwise", i);
    x = tensor_of (ops[i]->node (CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
    y = tensor_of (ops[i]->node (CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
    if (x.uid != last || !x.is_virtual || memcmp (x.dim, y.dim, sizeof x.dim) != 0)
      return refuse (CUDNN_STATUS_BAD_PARAM, "operation %zu does not follow the one before", i);
    last = y.uid;
    if (i + 1 == ops.size () && y.is_virtual)
      return refuse (CUDNN_STATUS_BAD_PARAM, "the graph's result is virtual");
  }
  return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t
finalise_engine (const Ref &ref)
{
  int64_t index = ref->get (CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 0, (int64_t) -1);

  if (index < 0 || index >= N_ENGINES || !suits (index, ref->node (CUDNN_ATTR_ENGINE_OPERATION_GRAPH)))
    return refuse (CUDNN_STATUS_NOT_SUPPORTED, "engine %lld does not take this graph", (long long) index);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
cudnnBackendFinalize (cudnnBackendDescriptor_t descriptor)
{
  const Ref &ref = node_of (descriptor);
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;

  if (ref->final)
    return refuse (CUDNN_STATUS_BAD_PARAM, "descriptor %d is finalised already", (int) ref->type);
  for (const Rule &rule : rules)
    if (rule.owner == ref->type && rule.needed && ref->value.count (rule.name) == 0)
      return refuse (CUDNN_STATUS_BAD_PARAM, "descriptor %d lacks attribute %d", (int) ref->type, (int) rule.name);
  switch (ref->type) {
  case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
    status = finalise_tensor (ref);
    break;
  case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
  case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
  case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
    if (!geometry_fits (convolution_of (ref)))
      status = refuse (CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the shapes of a convolution do not fit");
    break;
  case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
    status = finalise_graph (ref);
    break;
  case CUDNN_BACKEND_ENGINE_DESCRIPTOR:
    status = finalise_engine (ref);
    break;
  case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
    if (ref->count (CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS) != ref->count (CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS))
      status = refuse (CUDNN_STATUS_BAD_PARAM, "there are not as many names as addresses");
    break;
  default:
    break;
  }
  ref->final = status == CUDNN_STATUS_SUCCESS;
  return status;
}

/* ---- reading attributes ---- */

static Ref
new_node (cudnnBackendDescriptorType_t type)
{
  Ref ref = std::make_shared<Node> ();

  ref->type = type;
  ref->final = true;
  return ref;
}

template <typename T>
static void
put (const Ref                   &ref,
     cudnnBackendAttributeName_t  name,
     cudnnBackendAttributeType_t  type,
     T                            element)
{
  Value value { type, 1, std::vector<char> (sizeof element), {} };

  memcpy (value.bytes.data (), &element, sizeof element);
  ref->value[name] = std::move (value);
}

static Ref
new_config (const Ref &graph,
            int64_t    index)
{
  Ref config = new_node (CUDNN_BACKEND_ENGINECFG_DESCRIPTOR), engine = new_node (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  Ref knob = new_node (CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);

  put (engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, index);
  engine->value[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = Value { CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, {}, { graph } };
  config->value[CUDNN_ATTR_ENGINECFG_ENGINE] = Value { CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, {}, { engine } };
  put (knob, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, CUDNN_KNOB_TYPE_TILE_SIZE);
  put (knob, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, (int64_t) 5);
  if (index == 1)
    config->value[CUDNN_ATTR_ENGINECFG_KNOB_CHOICES] = Value { CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, {}, { knob } };
  return config;
}

static std::vector<Ref>
propose (const Ref &heuristics)
{
  static const int64_t order[] = { 1, 4, 2, 3, 0 };
  cudnnBackendHeurMode_t mode = heuristics->get (CUDNN_ATTR_ENGINEHEUR_MODE, 0, CUDNN_HEUR_MODE_A);
  Ref graph = heuristics->node (CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  std::vector<Ref> found;

  for (int64_t index : order)
    if (suits (index, graph) && (mode != CUDNN_HEUR_MODE_FALLBACK || index == 0))
      found.push_back (new_config (graph, index));
  return found;
}

/* Fills descriptors that the caller made. */
static cudnnStatus_t
give_nodes (const std::vector<Ref> &nodes,
            int64_t                 wanted,
            int64_t                *n,
            void                   *elements)
{
  cudnnBackendDescriptor_t *to = static_cast<cudnnBackendDescriptor_t *> (elements);
  int64_t given = wanted < (int64_t) nodes.size () ? wanted : (int64_t) nodes.size ();

  *n = elements == nullptr ? (int64_t) nodes.size () : given;
  for (int64_t i = 0; elements != nullptr && i < given; i++) {
    if (to[i] == nullptr || node_of (to[i])->type != nodes[(size_t) i]->type || node_of (to[i])->final)
      return refuse (CUDNN_STATUS_BAD_PARAM, "a descriptor to be filled is not a fresh one of its type");
    *static_cast<Ref *> (to[i]) = nodes[(size_t) i];
  }
  return CUDNN_STATUS_SUCCESS;
}

template <typename T>
static cudnnStatus_t
give (const std::vector<T> &values,
      int64_t               wanted,
      int64_t              *n,
      void                 *elements)
{
  *n = (int64_t) values.size ();
  if (elements != nullptr && !values.empty ())
    memcpy (elements, values.data (),
            (size_t) (wanted < (int64_t) values.size () ? wanted : (int64_t) values.size ()) * sizeof (T));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
cudnnBackendGetAttribute (const cudnnBackendDescriptor_t descriptor,
                          cudnnBackendAttributeName_t    name,
                          cudnnBackendAttributeType_t    type,
                          int64_t                        wanted,
                          int64_t                       *n,
                          void                          *elements)
{
  const Ref &ref = node_of (descriptor);
  int64_t ignored, *count = n != nullptr ? n : &ignored;
  int64_t index = ref->get (CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 0, (int64_t) 0);

  if (!ref->final)
    return refuse (CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "descriptor %d is not finalised", (int) ref->type);
  if (ref->type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR && name == CUDNN_ATTR_ENGINEHEUR_RESULTS
      && type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
    return give_nodes (propose (ref), wanted, count, elements);
  if (ref->type == CUDNN_BACKEND_ENGINE_DESCRIPTOR && name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE
      && type == CUDNN_TYPE_NUMERICAL_NOTE)
    return give (engines[index].notes, wanted, count, elements);
  if (ref->type == CUDNN_BACKEND_ENGINE_DESCRIPTOR && name == CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE
      && type == CUDNN_TYPE_BEHAVIOR_NOTE)
    return give (std::vector<cudnnBackendBehaviorNote_t> (engines[index].compiled ? 1 : 0,
                                                          CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION),
                 wanted, count, elements);
  if (ref->type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR && name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE
      && type == CUDNN_TYPE_INT64)
    return give (std::vector<int64_t> (1, engines[engine_index (ref->node (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG))]
                                            .workspace), wanted, count, elements);
  if (ref->type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR && type == CUDNN_TYPE_BACKEND_DESCRIPTOR
      && (name == CUDNN_ATTR_ENGINECFG_ENGINE || name == CUDNN_ATTR_ENGINECFG_KNOB_CHOICES))
    return give_nodes (ref->value[name].nodes, wanted, count, elements);
  if ((ref->type == CUDNN_BACKEND_ENGINE_DESCRIPTOR || ref->type == CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR)
      && ref->value.count (name) != 0 && ref->value[name].type == type && elements != nullptr)
    return give (ref->value[name].bytes, (int64_t) ref->value[name].bytes.size (), count, elements);
  return refuse (CUDNN_STATUS_BAD_PARAM, "descriptor %d has no attribute %d to read", (int) ref->type, (int) name);
}
