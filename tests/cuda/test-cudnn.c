/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cudnn.c: the graphs of convolutions in the real cuDNN, on a machine that need not have a GPU: devices are
 * described to it. Convolutions like DCGAN's and an odd one, forward and both adjoints, in every precision, alone and
 * with bias and activation, must have engines that the precision allows and that become plans; a plan must come back
 * from its text.
 *
 * Engines that cuDNN compiles while the program runs need the driver; where there is none, graphs that only these can
 * do are skipped.
 */
#include <dlfcn.h>

#include "kernels/cuda/convgraph.h"
#include "tests/kernels/tap.h"

#define BATCH 64

static const struct
{
  const char *name;
  int         version, units, clock, memory_clock, l2, shared;
} devices[] = {
  { "NVIDIA A100-SXM4-80GB", 800, 108, 1410000, 1593000, 41943040, 166912 },
  { "NVIDIA H100 80GB HBM3", 900, 132, 1980000, 2619000, 52428800, 232448 },
};

static const struct
{
  int64_t size, in, out, kernel;
  int32_t stride, before, after;
} layers[] = {
  { 32, 3, 64, 3, 1, 1, 1 }, { 32, 64, 128, 4, 2, 1, 1 }, { 4, 512, 512, 3, 1, 1, 1 }, { 9, 5, 7, 4, 2, 1, 2 },
};

static void
describe (int    device,
          char  *json,
          size_t size)
{
  snprintf (json, size,
            "{\"deviceName\":\"%s\",\"deviceVer\":%d,\"driverVer\":13000,\"cudaDeviceId\":0,\"pciDeviceId\":0,"
            "\"multiProcessorCount\":%d,\"smClockRateKHz\":%d,\"memClockRateKHz\":%d,\"l2CacheSize\":%d,"
            "\"maxSharedMemoryPerBlockOptin\":%d,\"maxSharedMemoryPerBlock\":49152,"
            "\"reservedSharedMemoryPerBlock\":1024,\"warpSize\":32,\"maxRegistersPerSM\":65536,\"maxCtasPerSM\":32,"
            "\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,\"regsPerBlock\":65536,\"isTccDriver\":0,"
            "\"supportCoopLaunch\":1,\"totalGlobalMem\":85000000000,\"maxGridSize\":[2147483647,65535,65535],"
            "\"maxBlockSize\":[1024,1024,64]}",
            devices[device].name, devices[device].version, devices[device].units, devices[device].clock,
            devices[device].memory_clock, devices[device].l2, devices[device].shared);
}

/* The first candidate that needs no compiling becomes a plan, twice. 0: there is none. */
static int
plan_first (MpCudaConvGraph *graph,
            int             *compiled)
{
  *compiled = 0;
  for (int i = 0; i < mp_cuda_conv_graph_n_candidates (graph); i++) {
    const char     *text = mp_cuda_conv_graph_candidate (graph, i);
    MpCudaConvPlan *plan, *again;
    int             same;

    if (mp_cuda_conv_graph_is_compiled (graph, i)) {
      (*compiled)++;
      continue;
    }
    if (mp_cuda_conv_plan_new (graph, i, NULL, &plan) != MP_OK)
      continue;
    same = mp_cuda_conv_plan_new (graph, 0, text, &again) == MP_OK;
    if (same) {
      same = mp_cuda_conv_plan_workspace (plan) == mp_cuda_conv_plan_workspace (again);
      mp_cuda_conv_plan_free (again);
    }
    mp_cuda_conv_plan_free (plan);
    return same;
  }
  return 0;
}

static void
test_graph (const MpCudnnTarget  *target,
            const MpCudaConvSpec *spec,
            const char           *device)
{
  int              with_program = spec->has_bias || spec->activation >= 0, compiled = 0, planned = 0;
  MpCudaConvGraph *graph;
  char             text[256];

  mp_cuda_conv_text (spec, text, sizeof text);
  if (mp_cuda_conv_graph_new (target, spec, &graph) == MP_OK) {
    planned = plan_first (graph, &compiled);
    mp_cuda_conv_graph_free (graph);
  }
  if (with_program && !planned && (compiled > 0 || dlopen ("libcuda.so.1", RTLD_LAZY) == NULL)) {
    if (compiled > 0)
      tap_ok (1, "%s: %s, compiled when it runs", device, text);
    return;
  }
  tap_ok (planned, "%s: %s%s%s", device, text, planned ? "" : ": ", planned ? "" : mp_kernels_error ());
}

static MpCudaConvSpec
make_spec (MpOp   op,
           size_t layer)
{
  MpCudaConvSpec s = { .op = op, .n = BATCH, .h = layers[layer].size, .w = layers[layer].size, .c = layers[layer].in,
                       .out_c = layers[layer].out, .kernel_h = layers[layer].kernel, .kernel_w = layers[layer].kernel,
                       .stride = { layers[layer].stride, layers[layer].stride },
                       .pad_before = { layers[layer].before, layers[layer].before },
                       .pad_after = { layers[layer].after, layers[layer].after }, .bias = MP_FLOAT32,
                       .activation = -1 };

  s.out_h = (s.h + s.pad_before[0] + s.pad_after[0] - s.kernel_h) / s.stride[0] + 1;
  s.out_w = s.out_h;
  return s;
}

static void
test_layer (const MpCudnnTarget *target,
            size_t               layer,
            const char          *device)
{
  for (int op = MP_OP_CONV; op <= MP_OP_CONV_WEIGHT; op++)
    for (int precision = MP_PRECISION_STRICT; precision <= MP_PRECISION_BF16; precision++)
      for (int deterministic = 0; deterministic < 2; deterministic++) {
        MpCudaConvSpec s = make_spec ((MpOp) op, layer);

        s.precision = (MpPrecision) precision;
        s.deterministic = deterministic;
        s.operands = s.result = precision == MP_PRECISION_BF16 ? MP_BFLOAT16 : MP_FLOAT32;
        test_graph (target, &s, device);
        if (op == MP_OP_CONV_WEIGHT || deterministic)
          continue;
        s.has_bias = 1;
        s.bias = s.operands;
        s.activation = MP_OP_RELU;
        test_graph (target, &s, device);
        s.activation = MP_OP_LEAKY_RELU;
        s.slope = 0.1;
        test_graph (target, &s, device);
      }
}

int
main (void)
{
  char          json[1024];
  MpCudnnTarget target;

  if (mp_cudnn_version () < 90800) {
    printf ("1..0 # SKIP cuDNN 9.8 or newer is needed: %s\n", mp_kernels_error ());
    return 0;
  }
  printf ("# cuDNN %zu\n", mp_cudnn_version ());
  for (size_t device = 0; device < sizeof devices / sizeof *devices; device++) {
    describe ((int) device, json, sizeof json);
    if (!tap_ok (mp_cudnn_describe (json, &target) == MP_OK, "%s is described", devices[device].name)) {
      printf ("# %s\n", mp_kernels_error ());
      continue;
    }
    for (size_t layer = 0; layer < sizeof layers / sizeof *layers; layer++)
      test_layer (&target, layer, devices[device].name);
    mp_cudnn_close (&target);
  }
  return tap_done ();
}
