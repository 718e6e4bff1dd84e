/* SPDX-License-Identifier: Apache-2.0
 *
 * cudnn-graph.cc: what a graph of descriptors means, and which of the fake's engines take it; see cudnn-private.h.
 */
#include "tests/cuda/emulator/cudnn-private.h"

using namespace fake_cudnn;

Tensor
fake_cudnn::tensor_of (const Ref &ref)
{
  Tensor t;

  t.type = ref->get (CUDNN_ATTR_TENSOR_DATA_TYPE, 0, CUDNN_DATA_FLOAT);
  t.uid = ref->get (CUDNN_ATTR_TENSOR_UNIQUE_ID, 0, (int64_t) 0);
  t.is_virtual = ref->get (CUDNN_ATTR_TENSOR_IS_VIRTUAL, 0, false);
  for (int i = 0; i < 4; i++) {
    t.dim[i] = ref->get (CUDNN_ATTR_TENSOR_DIMENSIONS, i, (int64_t) 0);
    t.stride[i] = ref->get (CUDNN_ATTR_TENSOR_STRIDES, i, (int64_t) 0);
  }
  return t;
}

Convolution
fake_cudnn::convolution_of (const Ref &op)
{
  Convolution c;
  Ref geometry;

  c.kind = op->type;
  if (op->type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) {
    geometry = op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
    c.x = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X));
    c.w = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W));
    c.y = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
  } else if (op->type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) {
    geometry = op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC);
    c.x = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX));
    c.w = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W));
    c.y = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY));
  } else {
    geometry = op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC);
    c.x = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X));
    c.w = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW));
    c.y = tensor_of (op->node (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY));
  }
  for (int i = 0; i < 2; i++) {
    c.stride[i] = geometry->get (CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, i, (int64_t) 0);
    c.before[i] = geometry->get (CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, i, (int64_t) 0);
    c.after[i] = geometry->get (CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, i, (int64_t) 0);
  }
  return c;
}

const Tensor &
fake_cudnn::result_of (const Convolution &c)
{
  return c.kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR        ? c.y
         : c.kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? c.x : c.w;
}

/* ---- engines ---- */

const Engine fake_cudnn::engines[N_ENGINES] = {
  { {}, false, 0 },
  { { CUDNN_NUMERICAL_NOTE_TENSOR_CORE }, false, WORKSPACE },
  { { CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC }, false, 0 },
  { { CUDNN_NUMERICAL_NOTE_TENSOR_CORE }, true, 0 },
  { { CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS }, false, 0 },
};

bool
fake_cudnn::suits (int64_t    index,
                   const Ref &graph)
{
  const std::vector<Ref> &ops = graph->value[CUDNN_ATTR_OPERATIONGRAPH_OPS].nodes;
  Convolution c = convolution_of (ops[0]);
  const Tensor &first = c.kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? c.y : c.x;
  const Tensor &second = c.kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR ? c.y : c.w;
  Tensor result = ops.size () > 1 ? tensor_of (ops.back ()->node (CUDNN_ATTR_OPERATION_POINTWISE_YDESC))
                                  : result_of (c);

  if (memcmp (c.before, c.after, sizeof c.before) != 0 || first.type != second.type)
    return false;
  if (index == 3)
    return ops.size () > 1;
  if (result.type != first.type)
    return false;
  if (ops.size () == 1)
    return true;
  return index == 1 && ops.size () == 3 && ops[1]->node (CUDNN_ATTR_OPERATION_POINTWISE_BDESC) != nullptr
         && tensor_of (ops[1]->node (CUDNN_ATTR_OPERATION_POINTWISE_BDESC)).type == first.type
         && ops[2]->node (CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                ->get (CUDNN_ATTR_POINTWISE_MODE, 0, CUDNN_POINTWISE_ADD) == CUDNN_POINTWISE_RELU_FWD
         && ops[2]->node (CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                ->get (CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0, 0.0) == 0;
}

int64_t
fake_cudnn::engine_index (const Ref &config)
{
  return config->node (CUDNN_ATTR_ENGINECFG_ENGINE)->get (CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 0, (int64_t) -1);
}
