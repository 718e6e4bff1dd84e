/* SPDX-License-Identifier: Apache-2.0
 *
 * cudnn-execute.cc: computes what a graph of the fake cuDNN says; see cudnn-private.h.
 */
#include "tests/cuda/emulator/cudnn-private.h"

#include <cmath>

#pragma GCC optimize ("O3")

using namespace fake_cudnn;

static float
widen (uint16_t bits)
{
  uint32_t word = (uint32_t) bits << 16;
  float number;

  memcpy (&number, &word, sizeof number);
  return number;
}

static uint16_t
narrow (float number)
{
  uint32_t word;

  memcpy (&word, &number, sizeof word);
  return number != number ? 0x7fc0 : (uint16_t) ((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

static float
cut (float    number,
     uint32_t mask)
{
  uint32_t word;

  memcpy (&word, &number, sizeof word);
  word &= mask;
  memcpy (&number, &word, sizeof number);
  return number;
}

/* n·h·w·c, densely */
struct Image
{
  int64_t            n = 0, h = 0, w = 0, c = 0;
  std::vector<float> value;

  explicit Image (const Tensor &t)
    : n (t.dim[0]), h (t.dim[2]), w (t.dim[3]), c (t.dim[1]), value ((size_t) (n * h * w * c)) {}
  float &at (int64_t i, int64_t row, int64_t column, int64_t channel)
  {
    return value[(size_t) (((i * h + row) * w + column) * c + channel)];
  }
};

template <typename Function>
static void
each_element (const Tensor &t,
              Function      function)
{
  for (int64_t n = 0; n < t.dim[0]; n++)
    for (int64_t h = 0; h < t.dim[2]; h++)
      for (int64_t w = 0; w < t.dim[3]; w++)
        for (int64_t c = 0; c < t.dim[1]; c++)
          function (n, h, w, c, n * t.stride[0] + c * t.stride[1] + h * t.stride[2] + w * t.stride[3]);
}

struct Run
{
  Ref                        graph;
  int64_t                    engine;
  std::map<int64_t, void *>  address;
  void                      *workspace;
};

static size_t
tensor_bytes (const Tensor &t)
{
  int64_t last = 0;

  for (int i = 0; i < 4; i++)
    last += (t.dim[i] - 1) * t.stride[i];
  return (size_t) (last + 1) * (t.type == CUDNN_DATA_FLOAT ? 4 : 2);
}

static void *
address_of (const Run    &run,
            const Tensor &t)
{
  auto found = run.address.find (t.uid);

  return found != run.address.end ()
         && emulator_check_range ("cudnnBackendExecute", "a tensor", found->second, tensor_bytes (t)) ? found->second
                                                                                                      : nullptr;
}

static Image
load (const Run    &run,
      const Tensor &t,
      uint32_t      mask)
{
  Image image (t);
  const void *from = address_of (run, t);

  if (from != nullptr)
    each_element (t, [&] (int64_t n, int64_t h, int64_t w, int64_t c, int64_t at) {
      image.at (n, h, w, c) = t.type == CUDNN_DATA_FLOAT ? cut (static_cast<const float *> (from)[at], mask)
                                                         : widen (static_cast<const uint16_t *> (from)[at]);
    });
  return image;
}

static void
store (const Run    &run,
       const Tensor &t,
       Image        &image)
{
  void *to = address_of (run, t);

  if (to != nullptr)
    each_element (t, [&] (int64_t n, int64_t h, int64_t w, int64_t c, int64_t at) {
      if (t.type == CUDNN_DATA_FLOAT)
        static_cast<float *> (to)[at] = image.at (n, h, w, c);
      else
        static_cast<uint16_t *> (to)[at] = narrow (image.at (n, h, w, c));
    });
}

/* The step that all three directions share: pixel of x, weights at (p, q), pixel of y. */
template <typename Step>
static void
each_step (const Convolution &c,
           bool               backwards,
           Step               step)
{
  for (int64_t k = 0; k < c.y.dim[0] * c.y.dim[2] * c.y.dim[3]; k++) {
    int64_t place = backwards ? c.y.dim[0] * c.y.dim[2] * c.y.dim[3] - 1 - k : k;
    int64_t j = place % c.y.dim[3], i = place / c.y.dim[3] % c.y.dim[2], n = place / (c.y.dim[2] * c.y.dim[3]);

    for (int64_t p = 0; p < c.w.dim[2]; p++)
      for (int64_t q = 0; q < c.w.dim[3]; q++) {
        int64_t row = i * c.stride[0] - c.before[0] + p, column = j * c.stride[1] - c.before[1] + q;

        if (row >= 0 && row < c.x.dim[2] && column >= 0 && column < c.x.dim[3])
          step (n, row, column, p, q, i, j);
      }
  }
}

static Image
convolve (const Run         &run,
          const Convolution &c)
{
  uint32_t mask = run.engine == 0 ? 0xffffffffu : run.engine == 4 ? 0xfff00000u : 0xffffe000u;
  bool forward = c.kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR;
  bool data = c.kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR;
  Image x = data ? Image (c.x) : load (run, c.x, mask), w = forward || data ? load (run, c.w, mask) : Image (c.w);
  Image y = forward ? Image (c.y) : load (run, c.y, mask);
  int64_t channels = c.x.dim[1], outputs = c.y.dim[1];

  each_step (c, run.engine == 2, [&] (int64_t n, int64_t row, int64_t column, int64_t p, int64_t q, int64_t i,
                                      int64_t j) {
    float *xs = &x.at (n, row, column, 0), *ys = &y.at (n, i, j, 0);

    for (int64_t o = 0; o < outputs; o++) {
      float *ws = &w.at (o, p, q, 0), sum = 0;

      if (forward) {
        for (int64_t k = 0; k < channels; k++)
          sum += xs[k] * ws[k];
        ys[o] += sum;
      } else if (data) {
        for (int64_t k = 0; k < channels; k++)
          xs[k] += ys[o] * ws[k];
      } else
        for (int64_t k = 0; k < channels; k++)
          ws[k] += ys[o] * xs[k];
    }
  });
  return forward ? y : data ? x : w;
}

static void
apply (const Run &run,
       const Ref &op,
       Image     &image)
{
  Ref kind = op->node (CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  Ref with = op->node (CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  cudnnPointwiseMode_t mode = kind->get (CUDNN_ATTR_POINTWISE_MODE, 0, CUDNN_POINTWISE_ADD);
  float slope = (float) kind->get (CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0, 0.0);
  std::unique_ptr<Image> other (with != nullptr ? new Image (load (run, tensor_of (with), 0xffffffffu)) : nullptr);

  for (size_t i = 0; i < image.value.size (); i++) {
    float &value = image.value[i];

    switch (mode) {
    case CUDNN_POINTWISE_ADD: /* of a number per channel */
      value += other->value[i % (size_t) image.c % other->value.size ()];
      break;
    case CUDNN_POINTWISE_RELU_FWD:
      value = value > 0 ? value : slope * value;
      break;
    case CUDNN_POINTWISE_TANH_FWD:
      value = std::tanh (value);
      break;
    default:
      value = 1 / (1 + std::exp (-value));
      break;
    }
  }
}

static void
execute (const Run &run)
{
  const std::vector<Ref> &ops = run.graph->value[CUDNN_ATTR_OPERATIONGRAPH_OPS].nodes;
  Convolution c = convolution_of (ops[0]);
  Tensor result = result_of (c);

  emulator_unlock_memory ();
  Image image = convolve (run, c);
  for (size_t i = 1; i < ops.size (); i++) {
    apply (run, ops[i], image);
    result = tensor_of (ops[i]->node (CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
  }
  store (run, result, image);
  if (engines[run.engine].workspace > 0)
    memset (run.workspace, 0xff, (size_t) engines[run.engine].workspace);
  emulator_lock_memory ();
}

cudnnStatus_t
cudnnBackendExecute (cudnnHandle_t            handle,
                     cudnnBackendDescriptor_t plan,
                     cudnnBackendDescriptor_t pack)
{
  const Ref &p = node_of (plan), &v = node_of (pack);
  Run run;
  int64_t bytes;

  if (!p->final || p->type != CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR || !v->final
      || v->type != CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
    return refuse (CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "the plan or its addresses are not finalised");
  Ref config = p->node (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);

  run.engine = engine_index (config);
  run.graph = config->node (CUDNN_ATTR_ENGINECFG_ENGINE)->node (CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
  run.workspace = v->get (CUDNN_ATTR_VARIANT_PACK_WORKSPACE, 0, (void *) nullptr);
  for (int64_t i = 0; i < v->count (CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS); i++)
    run.address[v->get (CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, i, (int64_t) 0)]
      = v->get (CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, i, (void *) nullptr);
  bytes = engines[run.engine].workspace;
  if (emulator_enqueue (handle->stream, [run, bytes] {
        if (emulator_check_range ("cudnnBackendExecute", "the workspace", run.workspace, (size_t) bytes))
          execute (run);
      }, "cudnnBackendExecute") != cudaSuccess)
    return refuse (CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the stream takes no work");
  return CUDNN_STATUS_SUCCESS;
}
