/* SPDX-License-Identifier: Apache-2.0
 *
 * emulator.h: a CUDA device that is not there.
 *
 * The sources of kernels/cuda are compiled as they are, kernels by g++ (launch-emulated.h), and linked with fakes of
 * the runtime, the driver, NVRTC, cuBLASLt, cuSOLVER and cuDNN that compute on the CPU. What comes out is a module like
 * the real one, so the same tests run through it. It is strict where a GPU is: device memory is poisoned, host code
 * that touches it and kernels that are handed host memory are errors, and so are calls that a capture forbids.
 *
 * Environment:
 *   MATCHPOINT_EMULATOR_ORDER    forward (default), reverse, shuffle:SEED: order of a launch's blocks and threads. A
 *                                result that depends on it lacks a barrier.
 *   MATCHPOINT_EMULATOR_LATENCY  n: streams do nothing before the host waits for them, or has asked an event n times.
 *                                A host that does not wait reads old memory. 0 (default): everything runs at once.
 *   MATCHPOINT_EMULATOR_TEXTS    folder that gets what the fake NVRTC is asked to compile. Nothing is computed then: texts
 *                                are not compiled, kernels and products do nothing, memory is zero instead of poisoned
 *   MATCHPOINT_EMULATOR_MEMORY   bytes of the device, with K, M or G; 1G
 *   MATCHPOINT_EMULATOR_DEVICES  how many there are; 1
 *   MATCHPOINT_EMULATOR_FAIL     a comma list of what is missing or fails: driver, old-driver, cudnn, cublas, cusolver,
 *                                nvrtc, or names of functions of the runtime
 *
 * Threads: the runtime's functions may be called by any thread; one lock makes them and all kernels run one at a time.
 */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

/* ---- settings ---- */
struct EmulatorSettings
{
  enum { FORWARD, REVERSE, SHUFFLE } order;
  uint64_t    seed;
  int         latency;
  size_t      memory;
  int         n_devices;
  std::string fail; /* ",driver,cudaMalloc," */
  std::string texts; /* "": compile and run them */
};

/* Read from the environment at the first call. */
EmulatorSettings &emulator_settings ();
/* For tests that change the environment. */
void emulator_read_settings ();
bool emulator_fails (const char *what);

/* What stands for the compiled image of a text that was kept. */
#define EMULATOR_TEXT "a text that was kept"

/* ---- errors ---- */
/* Says on standard error what the device does not allow and breaks it: from now on every call returns `error`. */
void emulator_break (cudaError_t error, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* What it said last; "" before anything. */
const std::string &emulator_words ();
/* Stores the error for cudaGetLastError and returns it. */
cudaError_t emulator_result (cudaError_t error);
/* Makes a broken device whole again, for tests of the emulator. */
void emulator_mend ();

/* ---- streams ---- */
extern std::recursive_mutex emulator_lock;

/* Puts work on a stream in the stream's order: it runs now, later (LATENCY), or is recorded by a capture. The function
 * must own what it needs: host values are copied into it. `name` is for messages; static. */
cudaError_t emulator_enqueue (cudaStream_t           stream,
                              std::function<void ()> work,
                              const char            *name = "a library's work");

/* ---- memory ---- */
/* Whether all of the bytes lie in one live allocation of the device, or in page-locked host memory. */
bool emulator_is_device (const void *address, size_t bytes);
bool emulator_is_pinned (const void *address, size_t bytes);
/* Breaks the device unless a library may read or write there; size 0 allows anything. */
bool emulator_check_range (const char *call, const char *what, const void *address, size_t bytes);
/* Breaks the device when a kernel's argument holds an address that only the host can use. */
bool emulator_check_argument (const char *kernel, const void *argument, size_t bytes);
/* Between the two, host code may touch the device's memory: kernels and fakes run there. They nest. */
void emulator_unlock_memory ();
void emulator_lock_memory ();

/* ---- running a kernel ---- */
struct EmulatorKernel
{
  const char            *name;
  dim3                   grid;
  dim3                   block;
  size_t                 shared_bytes;
  std::function<void ()> thread; /* one thread's work */
  std::function<bool ()> check;  /* of the arguments, before it runs; emulator_check_argument () */
};

/* Runs all blocks, one after the other. FALSE after emulator_break (). */
bool emulator_execute (const EmulatorKernel &kernel);
/* How many of a kernel's launches were executed, over all kernels. */
uint64_t emulator_n_launches ();
/* Checks a launch's shape as the runtime does, then enqueues it. `function` finds what cudaFuncSetAttribute allowed. */
cudaError_t emulator_launch (const void *function, EmulatorKernel kernel, cudaStream_t stream);
