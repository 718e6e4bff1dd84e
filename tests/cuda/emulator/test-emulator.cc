/* SPDX-License-Identifier: Apache-2.0
 *
 * test-emulator.cc: does the emulator itself do what a GPU does, and object where a GPU would?
 */
#include "tests/cuda/emulator/launch-emulated.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <vector>

static int n_points, n_failed;

static void __attribute__ ((format (printf, 2, 3)))
ok (bool        good,
    const char *format,
    ...)
{
  va_list arguments;

  printf ("%sok %d - ", good ? "" : "not ", ++n_points);
  va_start (arguments, format);
  vprintf (format, arguments);
  va_end (arguments);
  printf ("\n");
  fflush (stdout);
  n_failed += !good;
}

/* An array on the device and its copy on the host. */
template <typename T>
struct Array
{
  std::vector<T> host;
  T             *device = nullptr;

  explicit Array (size_t n) : host (n)
  {
    void *address = nullptr;

    cudaMalloc (&address, n * sizeof (T));
    device = static_cast<T *> (address);
  }
  ~Array ()
  {
    cudaFree (device);
  }
  void
  upload ()
  {
    cudaMemcpy (device, host.data (), host.size () * sizeof (T), cudaMemcpyHostToDevice);
  }
  void
  download ()
  {
    cudaMemcpy (host.data (), device, host.size () * sizeof (T), cudaMemcpyDeviceToHost);
  }
};

/* ---- kernels ---- */

static __global__ void
number (int *out, int n)
{
  int i = (int) (blockIdx.x * blockDim.x + threadIdx.x);

  if (i < n)
    out[i] = i;
}

template <typename T>
static __global__ void
reduce (const T *x, T *sum)
{
  __shared__ T part[256];

  part[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
  __syncthreads ();
  for (unsigned n = 128; n > 0; n /= 2) {
    if (threadIdx.x < n)
      part[threadIdx.x] += part[threadIdx.x + n];
    __syncthreads ();
  }
  if (threadIdx.x == 0)
    sum[blockIdx.x] = part[0];
}

/* The same without the barrier that it needs. */
static __global__ void
reduce_wrongly (const int *x, int *sum)
{
  __shared__ int part[256];

  part[threadIdx.x] = x[threadIdx.x];
  if (threadIdx.x == 255) {
    int total = 0;

    for (int i = 0; i < 256; i++)
      total += part[i];
    *sum = total;
  }
}

static __global__ void
shuffle (int *out)
{
  int lane = (int) threadIdx.x % 32, value = (int) threadIdx.x, total = value;

  for (int delta = 16; delta > 0; delta /= 2)
    total += __shfl_down_sync (0xffffffffu, total, (unsigned) delta);
  total = __shfl_sync (0xffffffffu, total, 0);
  out[threadIdx.x * 4] = total;
  out[threadIdx.x * 4 + 1] = __shfl_xor_sync (0xffffffffu, value, 1);
  out[threadIdx.x * 4 + 2] = __shfl_up_sync (0xffffffffu, value, 1);
  out[threadIdx.x * 4 + 3] = (int) __ballot_sync (0xffffffffu, lane % 3 == 0);
}

static __global__ void
count (int *out)
{
  int n = __syncthreads_count ((int) threadIdx.x < 10);
  int any = __syncthreads_or (threadIdx.x == 5), all = __syncthreads_and (threadIdx.x < 63);

  out[threadIdx.x] = n * 4 + any * 2 + all;
}

static __global__ void
dynamic (float *out)
{
  MP_DYNAMIC_SHARED (float, tile);

  out[threadIdx.x] = tile[threadIdx.x]; /* never written */
}

static __global__ void
half_barrier (int)
{
  if (threadIdx.x < 32)
    __syncthreads ();
  else
    __syncwarp ();
  if (threadIdx.x >= 32)
    __syncthreads ();
  __syncthreads ();
}

static __global__ void
missing_barrier (int)
{
  if (threadIdx.x % 2 == 0)
    __syncthreads ();
  else
    while (__shfl_sync (0x3u, 1, 0) == 0) {
    }
}

static __global__ void
increment (int *x, int by)
{
  *x += by;
}

/* ---- tests ---- */

static void
test_blocks ()
{
  Array<int> out (1000), sums (4), sum (1);
  Array<int> x (1024);
  bool good = true;
  int expected = 32640 + 256 * (n_points + 1);

  MP_LAUNCH (number, 4, 256, 0, nullptr, out.device, 1000);
  out.download ();
  for (int i = 0; i < 1000; i++)
    good = good && out.host[(size_t) i] == i;
  ok (good && cudaGetLastError () == cudaSuccess, "every thread of a grid runs once");
  for (int i = 0; i < 1024; i++)
    x.host[(size_t) i] = i + n_points; /* not what an earlier launch may have left in shared memory */
  x.upload ();
  MP_LAUNCH ((reduce<int>), 4, 256, 0, nullptr, x.device, sums.device);
  sums.download ();
  ok (sums.host[0] == expected && sums.host[3] == expected + 3 * 65536, "threads of a block meet at barriers");
  MP_LAUNCH (reduce_wrongly, 1, 256, 0, nullptr, x.device, sum.device);
  sum.download ();
  ok (emulator_settings ().order == EmulatorSettings::FORWARD || sum.host[0] != expected,
      "a missing barrier shows when threads run in another order");
}

static void
test_warps ()
{
  Array<int> out (64 * 4), counts (64);
  bool good = true;

  MP_LAUNCH (shuffle, 1, 64, 0, nullptr, out.device);
  out.download ();
  for (int i = 0; i < 64; i++) {
    const int *o = &out.host[(size_t) i * 4];

    good = good && o[0] == (i < 32 ? 496 : 496 + 1024) && o[1] == (i ^ 1) && o[2] == (i % 32 == 0 ? i : i - 1)
           && o[3] == 0x49249249;
  }
  ok (good, "lanes exchange values and votes");
  MP_LAUNCH (count, 1, 64, 0, nullptr, counts.device);
  counts.download ();
  ok (counts.host[0] == 42 && counts.host[63] == 42, "barriers count predicates");
}

static void
test_poison ()
{
  Array<float> fresh (8), shared (64);

  fresh.download ();
  ok (fresh.host[0] != fresh.host[0], "fresh memory is NaN");
  MP_LAUNCH (dynamic, 1, 64, 64 * sizeof (float), nullptr, shared.device);
  shared.download ();
  ok (shared.host[0] != shared.host[0], "shared memory is NaN");
}

static void
test_mistakes ()
{
  int    on_host = 0;
  void  *block = nullptr;
  size_t free_bytes, total;

  MP_LAUNCH (number, 1, 1025, 0, nullptr, static_cast<int *> (nullptr), 0);
  ok (cudaGetLastError () == cudaErrorInvalidConfiguration, "a block has at most 1024 threads");
  MP_LAUNCH (number, 1, 1, 100000, nullptr, static_cast<int *> (nullptr), 0);
  ok (cudaGetLastError () == cudaErrorInvalidValue, "shared memory beyond 48 KiB has to be asked for");
  cudaFuncSetAttribute (number, cudaFuncAttributeMaxDynamicSharedMemorySize, 100000);
  MP_LAUNCH (number, 1, 1, 100000, nullptr, static_cast<int *> (nullptr), 0);
  ok (cudaGetLastError () == cudaSuccess, "and is there then");
  cudaFuncSetAttribute (number, cudaFuncAttributeMaxDynamicSharedMemorySize, 0);
  MP_LAUNCH (half_barrier, 1, 64, 0, nullptr, 0);
  ok (cudaDeviceSynchronize () == cudaErrorLaunchFailure, "different barriers of one block: %s",
      emulator_words ().c_str ());
  emulator_mend ();
  MP_LAUNCH (missing_barrier, 1, 2, 0, nullptr, 0);
  ok (cudaDeviceSynchronize () == cudaErrorLaunchFailure, "a barrier not reached by all: %s",
      emulator_words ().c_str ());
  emulator_mend ();
  MP_LAUNCH (increment, 1, 1, 0, nullptr, &on_host, 1);
  ok (cudaGetLastError () == cudaErrorIllegalAddress && on_host == 0, "host addresses are no arguments");
  emulator_mend ();
  cudaMemGetInfo (&free_bytes, &total);
  ok (cudaMalloc (&block, free_bytes + 1) == cudaErrorMemoryAllocation && block == nullptr, "memory ends");
  cudaGetLastError ();
}

static void
test_streams ()
{
  Array<int>   x (1);
  cudaStream_t a, b;
  cudaEvent_t  event;
  void        *pinned_memory = nullptr;

  x.host[0] = 1;
  x.upload ();
  cudaHostAlloc (&pinned_memory, sizeof (int), cudaHostAllocDefault);
  int *pinned = static_cast<int *> (pinned_memory);
  cudaStreamCreateWithFlags (&a, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags (&b, cudaStreamNonBlocking);
  cudaEventCreateWithFlags (&event, cudaEventDisableTiming);
  ok (cudaEventQuery (event) == cudaSuccess, "an event that was never recorded has passed");
  emulator_settings ().latency = 2;
  MP_LAUNCH (increment, 1, 1, 0, a, x.device, 10);
  cudaEventRecord (event, a);
  cudaStreamWaitEvent (b, event, 0);
  cudaMemcpyAsync (pinned, x.device, sizeof (int), cudaMemcpyDeviceToHost, b);
  ok (*pinned == -1, "with latency nothing is done before somebody waits");
  ok (cudaEventQuery (event) == cudaErrorNotReady && cudaEventQuery (event) == cudaErrorNotReady
      && cudaEventQuery (event) == cudaSuccess, "an event passes at the third question");
  cudaGetLastError ();
  cudaStreamSynchronize (b);
  ok (*pinned == 11, "a stream waits for another's event");
  emulator_settings ().latency = 0;
  cudaEventDestroy (event);
  cudaStreamDestroy (a);
  cudaStreamDestroy (b);
  cudaFreeHost (pinned);
}

static void
test_captures ()
{
  Array<int>      x (1);
  cudaStream_t    a, b;
  cudaEvent_t     event;
  cudaGraph_t     graph;
  cudaGraphExec_t run;

  x.host[0] = 0;
  x.upload ();
  cudaStreamCreateWithFlags (&a, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags (&b, cudaStreamNonBlocking);
  cudaEventCreateWithFlags (&event, cudaEventDisableTiming);
  cudaStreamBeginCapture (a, cudaStreamCaptureModeRelaxed);
  MP_LAUNCH (increment, 1, 1, 0, a, x.device, 1);
  cudaEventRecord (event, a);
  cudaStreamWaitEvent (b, event, 0);
  MP_LAUNCH (increment, 1, 1, 0, b, x.device, 2);
  cudaEventRecord (event, b);
  cudaStreamWaitEvent (a, event, 0);
  ok (cudaStreamEndCapture (a, &graph) == cudaSuccess, "two streams are captured");
  cudaGraphInstantiate (&run, graph, 0);
  x.download ();
  ok (x.host[0] == 0, "what is captured does not run");
  for (int i = 0; i < 3; i++)
    cudaGraphLaunch (run, a);
  cudaStreamSynchronize (a);
  x.download ();
  ok (x.host[0] == 9, "a graph runs as often as it is launched");
  cudaGraphExecDestroy (run);
  cudaGraphDestroy (graph);
  cudaStreamBeginCapture (a, cudaStreamCaptureModeRelaxed);
  ok (cudaMemcpyAsync (x.device, x.host.data (), sizeof (int), cudaMemcpyHostToDevice, a)
      == cudaErrorStreamCaptureUnsupported
      && cudaStreamEndCapture (a, &graph) == cudaErrorStreamCaptureInvalidated && graph == nullptr,
      "copies of pageable memory cannot be captured");
  cudaStreamBeginCapture (a, cudaStreamCaptureModeRelaxed);
  ok (cudaStreamSynchronize (a) == cudaErrorStreamCaptureUnsupported
      && cudaStreamEndCapture (a, &graph) == cudaErrorStreamCaptureInvalidated, "a capturing stream cannot be awaited");
  cudaStreamBeginCapture (a, cudaStreamCaptureModeRelaxed);
  cudaEventRecord (event, a);
  cudaStreamWaitEvent (b, event, 0);
  ok (cudaStreamEndCapture (a, &graph) == cudaErrorStreamCaptureUnjoined, "streams that join a capture must come back");
  cudaGetLastError ();
  cudaEventDestroy (event);
  cudaStreamDestroy (a);
  cudaStreamDestroy (b);
}

int
main ()
{
  static const char *const orders[] = { "forward", "reverse", "shuffle:7" };

  for (const char *order : orders) {
    setenv ("MATCHPOINT_EMULATOR_ORDER", order, 1);
    emulator_read_settings ();
    printf ("# %s\n", order);
    test_blocks ();
    test_warps ();
    test_poison ();
    test_mistakes ();
    test_streams ();
    test_captures ();
  }
  printf ("1..%d\n", n_points);
  return n_failed > 0;
}
