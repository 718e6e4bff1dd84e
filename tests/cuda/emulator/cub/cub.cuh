/* SPDX-License-Identifier: Apache-2.0
 *
 * cub.cuh: the three collectives of CUB that the kernels may use, in plain code. As with the real ones only the first
 * thread has a reduction's result, and the temporary storage may be used again only behind a barrier.
 */
#pragma once

#include "tests/cuda/emulator/launch-emulated.h"

namespace cub
{

template <typename T, int X, int ALGORITHM = 0, int Y = 1, int Z = 1>
class BlockReduce
{
public:
  struct TempStorage
  {
    T value[X * Y * Z];
  };

  explicit BlockReduce (TempStorage &storage) : storage_ (storage)
  {
  }

  template <typename Op>
  T
  Reduce (T value, Op op, int n_valid = X * Y * Z)
  {
    unsigned i = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);

    storage_.value[i] = value;
    __syncthreads ();
    if (i != 0) {
      memset (static_cast<void *> (&value), 0xff, sizeof value);
      return value;
    }
    for (int j = 1; j < n_valid; j++)
      value = op (value, storage_.value[j]);
    return value;
  }

  T
  Sum (T value, int n_valid = X * Y * Z)
  {
    return Reduce (value, [] (const T &a, const T &b) { return a + b; }, n_valid);
  }

private:
  TempStorage &storage_;
};

template <typename T, int LANES = 32>
class WarpReduce
{
public:
  struct TempStorage
  {
    T value;
  };

  explicit WarpReduce (TempStorage &)
  {
  }

  template <typename Op>
  T
  Reduce (T value, Op op)
  {
    for (int delta = LANES / 2; delta > 0; delta /= 2)
      value = op (value, __shfl_down_sync (0xffffffffu, value, (unsigned) delta, LANES));
    if (emulator_lane () % LANES != 0)
      memset (static_cast<void *> (&value), 0xff, sizeof value);
    return value;
  }

  T
  Sum (T value)
  {
    return Reduce (value, [] (const T &a, const T &b) { return a + b; });
  }

private:
};

template <typename T, int X, int ALGORITHM = 0, int Y = 1, int Z = 1>
class BlockScan
{
public:
  struct TempStorage
  {
    T value[X * Y * Z];
  };

  explicit BlockScan (TempStorage &storage) : storage_ (storage)
  {
  }

  void
  InclusiveSum (T value, T &result)
  {
    unsigned i = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);

    storage_.value[i] = value;
    __syncthreads ();
    result = storage_.value[0];
    for (unsigned j = 1; j <= i; j++)
      result = result + storage_.value[j];
  }

  void
  ExclusiveSum (T value, T &result)
  {
    unsigned i = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);

    storage_.value[i] = value;
    __syncthreads ();
    result = T ();
    for (unsigned j = 0; j < i; j++)
      result = result + storage_.value[j];
  }

  void
  ExclusiveSum (T value, T &result, T &total)
  {
    ExclusiveSum (value, result);
    total = storage_.value[0];
    for (int j = 1; j < X * Y * Z; j++)
      total = total + storage_.value[j];
  }

private:
  TempStorage &storage_;
};

} /* namespace cub */
