/* SPDX-License-Identifier: Apache-2.0
 *
 * emulator.cc: settings, errors, and the runtime's functions about devices.
 */
#include "tests/cuda/emulator/runtime.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

std::recursive_mutex emulator_lock;

static cudaError_t broken = cudaSuccess;
static std::string words;
static thread_local cudaError_t last_error = cudaSuccess;
static thread_local int current_device;
static bool settings_read;
static EmulatorSettings settings;

/* ---- settings ---- */

static const char *
variable (const char *name,
          const char *otherwise)
{
  const char *text = getenv (name);

  return text != nullptr && text[0] != '\0' ? text : otherwise;
}

void
emulator_read_settings ()
{
  const char *order = variable ("MATCHPOINT_EMULATOR_ORDER", "forward");
  char *unit;

  settings.order = strncmp (order, "shuffle", 7) == 0   ? EmulatorSettings::SHUFFLE
                   : strcmp (order, "reverse") == 0 ? EmulatorSettings::REVERSE
                                                    : EmulatorSettings::FORWARD;
  settings.seed = order[7] == ':' && settings.order == EmulatorSettings::SHUFFLE ? strtoull (order + 8, nullptr, 10) : 1;
  settings.latency = atoi (variable ("MATCHPOINT_EMULATOR_LATENCY", "0"));
  settings.memory = strtoull (variable ("MATCHPOINT_EMULATOR_MEMORY", "1G"), &unit, 10);
  settings.memory <<= *unit == 'K' ? 10 : *unit == 'M' ? 20 : *unit == 'G' ? 30 : 0;
  settings.n_devices = atoi (variable ("MATCHPOINT_EMULATOR_DEVICES", "1"));
  settings.fail = std::string (",") + variable ("MATCHPOINT_EMULATOR_FAIL", "") + ",";
  settings.texts = variable ("MATCHPOINT_EMULATOR_TEXTS", "");
  settings_read = true;
}

EmulatorSettings &
emulator_settings ()
{
  if (!settings_read)
    emulator_read_settings ();
  return settings;
}

bool
emulator_fails (const char *what)
{
  return emulator_settings ().fail.find (std::string (",") + what + ",") != std::string::npos;
}

/* ---- errors ---- */

void
emulator_say (const char *format,
              ...)
{
  char    text[1024];
  va_list arguments;

  va_start (arguments, format);
  vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  words = text;
  fprintf (stderr, "emulator: %s\n", text);
}

void
emulator_break (cudaError_t error,
                const char *format,
                ...)
{
  char    text[1024];
  va_list arguments;

  va_start (arguments, format);
  vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  if (broken == cudaSuccess) {
    broken = error;
    emulator_say ("%s", text);
  }
}

const std::string &
emulator_words ()
{
  return words;
}

cudaError_t
emulator_result (cudaError_t error)
{
  if (broken != cudaSuccess)
    error = broken;
  if (error != cudaSuccess)
    last_error = error;
  return error;
}

void
emulator_mend ()
{
  broken = cudaSuccess;
  last_error = cudaSuccess;
  words.clear ();
}

bool
emulator_is_broken ()
{
  return broken != cudaSuccess;
}

cudaError_t
emulator_enter (const char *function)
{
  if (broken != cudaSuccess)
    return emulator_result (broken);
  if (emulator_fails (function))
    return emulator_result (strstr (function, "lloc") != nullptr ? cudaErrorMemoryAllocation : cudaErrorUnknown);
  if (emulator_fails ("driver") || emulator_fails ("old-driver"))
    return emulator_result (cudaErrorInsufficientDriver);
  return emulator_result (emulator_settings ().n_devices > 0 ? cudaSuccess : cudaErrorNoDevice);
}

cudaError_t
cudaGetLastError (void)
{
  cudaError_t error = broken != cudaSuccess ? broken : last_error;

  last_error = cudaSuccess;
  return error;
}

cudaError_t
cudaPeekAtLastError (void)
{
  return broken != cudaSuccess ? broken : last_error;
}

/* Those that the module can meet, with the runtime's own words. */
#define ERRORS(X)                                                                                        \
  X (cudaSuccess, "no error")                                                                            \
  X (cudaErrorInvalidValue, "invalid argument")                                                          \
  X (cudaErrorMemoryAllocation, "out of memory")                                                         \
  X (cudaErrorInitializationError, "initialization error")                                               \
  X (cudaErrorInvalidConfiguration, "invalid configuration argument")                                    \
  X (cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version")        \
  X (cudaErrorNoDevice, "no CUDA-capable device is detected")                                            \
  X (cudaErrorInvalidDevice, "invalid device ordinal")                                                   \
  X (cudaErrorInvalidResourceHandle, "invalid resource handle")                                          \
  X (cudaErrorNotReady, "device not ready")                                                              \
  X (cudaErrorIllegalAddress, "an illegal memory access was encountered")                                \
  X (cudaErrorLaunchOutOfResources, "too many resources requested for launch")                           \
  X (cudaErrorLaunchFailure, "unspecified launch failure")                                               \
  X (cudaErrorNotSupported, "operation not supported")                                                   \
  X (cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing")              \
  X (cudaErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture")       \
  X (cudaErrorStreamCaptureMerge, "operation would result in a merge of separate capture sequences")     \
  X (cudaErrorStreamCaptureUnmatched, "capture was not ended in the same stream as it began")            \
  X (cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work")                               \
  X (cudaErrorStreamCaptureIsolation, "dependency created on uncaptured work in another stream")         \
  X (cudaErrorStreamCaptureImplicit, "operation would make the legacy stream depend on a capturing blocking stream") \
  X (cudaErrorCapturedEvent, "operation not permitted on an event last recorded in a capturing stream")  \
  X (cudaErrorUnknown, "unknown error")

const char *
cudaGetErrorName (cudaError_t error)
{
  switch (error) {
#define X(NAME, text) case NAME: return #NAME;
    ERRORS (X)
#undef X
  default:
    return "unrecognized error code";
  }
}

const char *
cudaGetErrorString (cudaError_t error)
{
  switch (error) {
#define X(NAME, text) case NAME: return text;
    ERRORS (X)
#undef X
  default:
    return "unrecognized error code";
  }
}

/* ---- devices ---- */

#define N_MULTIPROCESSORS 4
#define SHARED_BYTES 49152
#define SHARED_BYTES_OPTIN 232448 /* of compute capability 9.0 */

int
emulator_device ()
{
  return current_device;
}

cudaError_t
cudaDriverGetVersion (int *version)
{
  *version = emulator_fails ("driver") ? 0 : emulator_fails ("old-driver") ? 11080 : CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t
cudaRuntimeGetVersion (int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t
cudaGetDeviceCount (int *count)
{
  *count = 0;
  ENTER ("cudaGetDeviceCount");
  *count = emulator_settings ().n_devices;
  return cudaSuccess;
}

cudaError_t
cudaSetDevice (int device)
{
  ENTER ("cudaSetDevice");
  if (device < 0 || device >= emulator_settings ().n_devices)
    return emulator_result (cudaErrorInvalidDevice);
  current_device = device;
  return cudaSuccess;
}

cudaError_t
cudaGetDevice (int *device)
{
  ENTER ("cudaGetDevice");
  *device = current_device;
  return cudaSuccess;
}

cudaError_t
cudaGetDeviceProperties (cudaDeviceProp *properties,
                         int             device)
{
  ENTER ("cudaGetDeviceProperties");
  if (device < 0 || device >= emulator_settings ().n_devices)
    return emulator_result (cudaErrorInvalidDevice);
  memset (properties, 0, sizeof *properties);
  strcpy (properties->name, "Emulated GPU");
  for (int i = 0; i < 16; i++)
    properties->uuid.bytes[i] = (char) (17 * i + device);
  properties->totalGlobalMem = emulator_settings ().memory;
  properties->sharedMemPerBlock = SHARED_BYTES;
  properties->sharedMemPerBlockOptin = SHARED_BYTES_OPTIN;
  properties->sharedMemPerMultiprocessor = SHARED_BYTES_OPTIN + 1024;
  properties->regsPerBlock = 65536;
  properties->warpSize = 32;
  properties->maxThreadsPerBlock = 1024;
  properties->maxThreadsPerMultiProcessor = 2048;
  properties->major = 9;
  properties->multiProcessorCount = N_MULTIPROCESSORS;
  properties->l2CacheSize = 1 << 20; /* small: what is cut to fit is cut often */
  properties->unifiedAddressing = 1;
  properties->memoryPoolsSupported = 1;
  properties->asyncEngineCount = 2;
  properties->concurrentKernels = 1;
  return cudaSuccess;
}

cudaError_t
cudaDeviceGetAttribute (int           *value,
                        cudaDeviceAttr attribute,
                        int            device)
{
  ENTER ("cudaDeviceGetAttribute");
  if (device < 0 || device >= emulator_settings ().n_devices)
    return emulator_result (cudaErrorInvalidDevice);
  switch (attribute) {
  case cudaDevAttrComputeCapabilityMajor:
    *value = 9;
    break;
  case cudaDevAttrComputeCapabilityMinor:
    *value = 0;
    break;
  case cudaDevAttrMultiProcessorCount:
    *value = N_MULTIPROCESSORS;
    break;
  case cudaDevAttrMaxSharedMemoryPerBlock:
    *value = SHARED_BYTES;
    break;
  case cudaDevAttrMaxSharedMemoryPerBlockOptin:
    *value = SHARED_BYTES_OPTIN;
    break;
  case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
    *value = SHARED_BYTES_OPTIN + 1024;
    break;
  case cudaDevAttrMaxThreadsPerBlock:
    *value = 1024;
    break;
  case cudaDevAttrMaxThreadsPerMultiProcessor:
    *value = 2048;
    break;
  case cudaDevAttrWarpSize:
    *value = 32;
    break;
  case cudaDevAttrL2CacheSize:
    *value = 1 << 20;
    break;
  case cudaDevAttrMemoryPoolsSupported:
  case cudaDevAttrUnifiedAddressing:
  case cudaDevAttrConcurrentKernels:
    *value = 1;
    break;
  case cudaDevAttrClockRate:
  case cudaDevAttrMemoryClockRate:
    *value = 1000000;
    break;
  default:
    return emulator_result (cudaErrorInvalidValue);
  }
  return cudaSuccess;
}
