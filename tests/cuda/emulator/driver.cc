/* SPDX-License-Identifier: Apache-2.0
 *
 * driver.cc: the fake driver: loads what the fake NVRTC has compiled and launches it.
 */
#include "tests/cuda/emulator/execute.h"
#include "tests/cuda/emulator/program.h"
#include "tests/cuda/emulator/runtime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cuda.h>
#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

struct CUmod_st
{
  void           *handle;
  EmulatorProgram program;
};

struct CUfunc_st
{
  CUmod_st    *module;
  std::string  name;
  void       (*call) (const void *arguments); /* nullptr: a text that was kept, not compiled */
  size_t       bytes;
};

static std::vector<CUmod_st *> modules; /* all, so that none counts as lost */

CUresult
cuInit (unsigned)
{
  return emulator_fails ("driver") ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}

CUresult
cuDriverGetVersion (int *version)
{
  cudaDriverGetVersion (version);
  return CUDA_SUCCESS;
}

/* ---- errors: those of the runtime have the same numbers ---- */

#define ERRORS(X)                                                                      \
  X (CUDA_SUCCESS) X (CUDA_ERROR_INVALID_VALUE) X (CUDA_ERROR_OUT_OF_MEMORY)           \
  X (CUDA_ERROR_NO_DEVICE) X (CUDA_ERROR_INVALID_DEVICE) X (CUDA_ERROR_INVALID_IMAGE)  \
  X (CUDA_ERROR_INVALID_HANDLE) X (CUDA_ERROR_NOT_FOUND) X (CUDA_ERROR_NOT_READY)      \
  X (CUDA_ERROR_ILLEGAL_ADDRESS) X (CUDA_ERROR_LAUNCH_FAILED)                          \
  X (CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) X (CUDA_ERROR_STREAM_CAPTURE_INVALIDATED)

CUresult
cuGetErrorName (CUresult     error,
                const char **name)
{
  switch (error) {
#define X(NAME) case NAME: *name = #NAME; return CUDA_SUCCESS;
    ERRORS (X)
#undef X
  default:
    *name = nullptr;
    return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult
cuGetErrorString (CUresult     error,
                  const char **text)
{
  *text = error == CUDA_ERROR_INVALID_IMAGE ? "device kernel image is invalid"
          : error == CUDA_ERROR_NOT_FOUND ? "named symbol not found"
                                          : cudaGetErrorString (static_cast<cudaError_t> (error));
  return CUDA_SUCCESS;
}

/* ---- modules ---- */

/* The size of an ELF file whose section headers are its last part, as the linker writes it; 0 when it is none. */
static size_t
image_bytes (const void *image)
{
  Elf64_Ehdr header;

  memcpy (&header, image, SELFMAG);
  if (memcmp (header.e_ident, ELFMAG, SELFMAG) != 0)
    return 0;
  memcpy (&header, image, sizeof header);
  return header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_type == ET_DYN
         ? header.e_shoff + (size_t) header.e_shnum * header.e_shentsize : 0;
}

static void *
open_image (const void *image,
            size_t      bytes)
{
  const char *folder = getenv ("TMPDIR");
  std::string path = std::string (folder != nullptr ? folder : "/tmp") + "/matchpoint-emulator-XXXXXX";
  int descriptor = mkstemp (&path[0]);
  FILE *file = descriptor >= 0 ? fdopen (descriptor, "wb") : nullptr;
  void *handle = nullptr;

  if (file == nullptr)
    return nullptr;
  bool written = fwrite (image, 1, bytes, file) == bytes;
  if (fclose (file) == 0 && written)
    handle = dlopen (path.c_str (), RTLD_NOW | RTLD_LOCAL);
  unlink (path.c_str ());
  return handle;
}

CUresult
cuModuleLoadData (CUmodule   *out,
                  const void *image)
{
  static const EmulatorTable table = {
    &emulator_thread_index.x, &emulator_block_index.x, &emulator_block_size.x, &emulator_grid_size.x,
    &emulator_dynamic_shared, emulator_barrier, emulator_exchange, emulator_lane
  };
  std::lock_guard<std::recursive_mutex> guard (emulator_lock);
  bool text = memcmp (image, EMULATOR_TEXT, sizeof EMULATOR_TEXT - 1) == 0;
  size_t bytes = text ? 0 : image_bytes (image);
  void *handle = bytes > 0 ? open_image (image, bytes) : nullptr;
  void *bind = handle != nullptr ? dlsym (handle, "emulated_bind") : nullptr;

  if (bind == nullptr && !text)
    return CUDA_ERROR_INVALID_IMAGE;
  CUmod_st *module = new CUmod_st ();
  module->handle = handle;
  if (bind != nullptr)
    reinterpret_cast<void (*) (const EmulatorTable *, EmulatorProgram *)> (bind) (&table, &module->program);
  modules.push_back (module);
  *out = module;
  return CUDA_SUCCESS;
}

CUresult
cuModuleUnload (CUmodule module)
{
  std::lock_guard<std::recursive_mutex> guard (emulator_lock);

  emulator_drain_all ();
  if (module->handle != nullptr)
    dlclose (module->handle);
  module->handle = nullptr;
  return CUDA_SUCCESS;
}

CUresult
cuModuleGetFunction (CUfunction *out,
                     CUmodule    module,
                     const char *name)
{
  if (module->handle == nullptr) {
    *out = new CUfunc_st { module, name, nullptr, 0 };
    return CUDA_SUCCESS;
  }
  void *call = dlsym (module->handle, (std::string ("emulated_call_") + name).c_str ());
  void *size = dlsym (module->handle, (std::string ("emulated_size_") + name).c_str ());

  if (call == nullptr || size == nullptr)
    return CUDA_ERROR_NOT_FOUND;
  *out = new CUfunc_st { module, name, reinterpret_cast<void (*) (const void *)> (call),
                         *static_cast<unsigned long *> (size) };
  return CUDA_SUCCESS;
}

CUresult
cuFuncSetAttribute (CUfunction           function,
                    CUfunction_attribute attribute,
                    int                  value)
{
  if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
    return CUDA_SUCCESS;
  return static_cast<CUresult> (cudaFuncSetAttribute (static_cast<const void *> (function),
                                                      cudaFuncAttributeMaxDynamicSharedMemorySize, value));
}

CUresult
cuFuncGetAttribute (int                 *value,
                    CUfunction_attribute attribute,
                    CUfunction)
{
  *value = attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? 1024
           : attribute == CU_FUNC_ATTRIBUTE_NUM_REGS ? 32 : 0;
  return CUDA_SUCCESS;
}

CUresult
cuLaunchKernel (CUfunction function,
                unsigned   grid_x,
                unsigned   grid_y,
                unsigned   grid_z,
                unsigned   block_x,
                unsigned   block_y,
                unsigned   block_z,
                unsigned   shared_bytes,
                CUstream   stream,
                void     **parameters,
                void     **extra)
{
  if (parameters == nullptr || extra != nullptr)
    return CUDA_ERROR_INVALID_VALUE;
  if (function->call == nullptr)
    return CUDA_SUCCESS;
  std::string arguments (static_cast<const char *> (parameters[0]), function->bytes);
  EmulatorKernel kernel = { function->name.c_str (), dim3 (grid_x, grid_y, grid_z), dim3 (block_x, block_y, block_z),
                            shared_bytes, [function, arguments] { function->call (arguments.data ()); },
                            [function, arguments] {
    const EmulatorProgram &program = function->module->program;

    if (program.shared_bytes > 0)
      memset (program.shared, 0xff, program.shared_bytes);
    return emulator_check_argument (function->name.c_str (), arguments.data (), arguments.size ());
  } };
  return static_cast<CUresult> (emulator_launch (function, std::move (kernel), stream));
}
