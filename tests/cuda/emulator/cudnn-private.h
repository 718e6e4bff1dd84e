/* SPDX-License-Identifier: Apache-2.0
 *
 * cudnn-private.h: the fake cuDNN in three files.
 *
 *   cudnn.cc          descriptors: making, attributes, finalising
 *   cudnn-graph.cc    what a graph of descriptors means, and which engines take it
 *   cudnn-execute.cc  computing
 */
#pragma once

#include "tests/cuda/emulator/emulator.h"

#include <cstring>
#include <cudnn.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct cudnnContext
{
  cudaStream_t stream = nullptr;
};

namespace fake_cudnn {

struct Node;
using Ref = std::shared_ptr<Node>;

struct Value
{
  cudnnBackendAttributeType_t type;
  int64_t                     n;
  std::vector<char>           bytes;
  std::vector<Ref>            nodes; /* of BACKEND_DESCRIPTOR */
};

struct Node
{
  cudnnBackendDescriptorType_t                 type;
  bool                                         final = false;
  std::map<cudnnBackendAttributeName_t, Value> value;

  template <typename T>
  T get (cudnnBackendAttributeName_t name, int64_t i, T otherwise) const
  {
    auto found = value.find (name);
    T out = otherwise;

    if (found != value.end () && i < found->second.n)
      memcpy (&out, found->second.bytes.data () + (size_t) i * sizeof out, sizeof out);
    return out;
  }
  Ref node (cudnnBackendAttributeName_t name, size_t i = 0) const
  {
    auto found = value.find (name);

    return found != value.end () && i < found->second.nodes.size () ? found->second.nodes[i] : nullptr;
  }
  int64_t count (cudnnBackendAttributeName_t name) const
  {
    auto found = value.find (name);

    return found != value.end () ? found->second.n : 0;
  }
};

inline const Ref &
node_of (cudnnBackendDescriptor_t descriptor)
{
  return *static_cast<Ref *> (descriptor);
}

/* Keeps words for cudnnGetLastErrorString () and returns the status. */
cudnnStatus_t __attribute__ ((format (printf, 2, 3))) refuse (cudnnStatus_t status, const char *format, ...);

/* ---- graphs ---- */

struct Tensor
{
  cudnnDataType_t type;
  int64_t         uid, dim[4], stride[4];
  bool            is_virtual;
};

/* The tensors of a convolution: x, w, y whatever the direction. */
struct Convolution
{
  cudnnBackendDescriptorType_t kind;
  Tensor                       x, w, y;
  int64_t                      stride[2], before[2], after[2];
};

Tensor        tensor_of (const Ref &ref);
Convolution   convolution_of (const Ref &op);
const Tensor &result_of (const Convolution &c);

/* ---- engines ---- */

struct Engine
{
  std::vector<cudnnBackendNumericalNote_t> notes;
  bool                                     compiled;
  int64_t                                  workspace;
};

#define N_ENGINES 5
#define WORKSPACE 4096
extern const Engine engines[N_ENGINES];

bool    suits (int64_t index, const Ref &graph);
int64_t engine_index (const Ref &config);

}
