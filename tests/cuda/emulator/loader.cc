/* SPDX-License-Identifier: Apache-2.0
 *
 * loader.cc: kernels/cuda/library.c is compiled with these in place of dlopen and dlsym, so that it finds the fakes of
 * this module under the libraries' names.
 */
#include "tests/cuda/emulator/emulator.h"

#include <cstring>
#include <dlfcn.h>

extern "C" void *emulator_dlopen (const char *path, int flags);
extern "C" void *emulator_dlsym (void *handle, const char *name);

/* File names begin so; what MATCHPOINT_EMULATOR_FAIL calls them. */
static const struct
{
  const char *file;
  const char *name;
} libraries[] = {
  { "libcuda.so", "driver" },
  { "libcublasLt.so", "cublas" },
  { "libcudnn.so", "cudnn" },
  { "libcusolver.so", "cusolver" },
  { "libnvrtc.so", "nvrtc" },
};

void *
emulator_dlopen (const char *path,
                 int         flags)
{
  const char *slash = strrchr (path, '/');
  const char *file = slash != nullptr ? slash + 1 : path;

  for (const auto &library : libraries)
    if (strncmp (file, library.file, strlen (library.file)) == 0 && !emulator_fails (library.name)) {
      Dl_info info;

      if (dladdr (reinterpret_cast<void *> (emulator_dlopen), &info) != 0)
        return dlopen (info.dli_fname, flags | RTLD_NOLOAD);
    }
  return nullptr;
}

void *
emulator_dlsym (void       *handle,
                const char *name)
{
  return dlsym (handle, name);
}
