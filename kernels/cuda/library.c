/* SPDX-License-Identifier: Apache-2.0
 *
 * library.c: finds and opens NVIDIA's libraries; see library.h.
 */
#include "kernels/cuda/library.h"

#include <dlfcn.h>
#include <glob.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 3

static const struct
{
  const char *title;
  const char *names[MAX_NAMES]; /* newest first */
  const char *advice;
} libraries[MP_CUDA_N_LIBRARIES] = {
  [MP_CUDA_DRIVER] = { "the NVIDIA driver", { "libcuda.so.1" }, "Install the driver of your GPU" },
  [MP_CUDA_CUBLASLT] = { "cuBLASLt", { "libcublasLt.so.13", "libcublasLt.so.12" }, "It is part of the CUDA toolkit" },
  [MP_CUDA_CUDNN] = { "cuDNN", { "libcudnn.so.9" }, "Install cuDNN 9" },
  [MP_CUDA_CUSOLVER] = { "cuSOLVER", { "libcusolver.so.12", "libcusolver.so.11" }, "It is part of the CUDA toolkit" },
  [MP_CUDA_NVRTC] = { "NVRTC", { "libnvrtc.so.13", "libnvrtc.so.12" }, "It is part of the CUDA toolkit" },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *handles[MP_CUDA_N_LIBRARIES];

const char *
mp_cuda_library_title (MpCudaLibrary library)
{
  return libraries[library].title;
}

/* ---- where they may be ---- */

/* NVRTC opens its builtins by name only, so they are opened from its folder before. */
static void
open_companions (const char *folder)
{
  char pattern[1024];
  glob_t found;

  snprintf (pattern, sizeof pattern, "%s/libnvrtc-builtins.so.*", folder);
  if (glob (pattern, 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      dlopen (found.gl_pathv[i], RTLD_LAZY | RTLD_GLOBAL);
  globfree (&found);
}

static void *
open_in (const char    *folder,
         MpCudaLibrary  library)
{
  void *handle = NULL;
  char path[1024];

  for (int i = 0; handle == NULL && i < MAX_NAMES && libraries[library].names[i] != NULL; i++) {
    snprintf (path, sizeof path, "%s%s%s", folder, *folder != '\0' ? "/" : "", libraries[library].names[i]);
    handle = dlopen (path, RTLD_LAZY | RTLD_LOCAL);
  }
  if (handle != NULL && library == MP_CUDA_NVRTC && *folder != '\0')
    open_companions (folder);
  return handle;
}

static void *
open_in_list (const char    *folders,
              MpCudaLibrary  library)
{
  char *copy = folders != NULL ? strdup (folders) : NULL;
  char *rest = copy, *folder;
  void *handle = NULL;

  while (handle == NULL && rest != NULL && (folder = strsep (&rest, ":")) != NULL)
    if (*folder != '\0')
      handle = open_in (folder, library);
  free (copy);
  return handle;
}

static void *
open_in_pattern (const char    *root,
                 const char    *pattern,
                 MpCudaLibrary  library)
{
  void *handle = NULL;
  char whole[1024];
  glob_t found;

  if (root == NULL || (size_t) snprintf (whole, sizeof whole, "%s%s", root, pattern) >= sizeof whole)
    return NULL;
  if (glob (whole, 0, NULL, &found) == 0)
    for (size_t i = found.gl_pathc; handle == NULL && i-- > 0;)
      handle = open_in (found.gl_pathv[i], library);
  globfree (&found);
  return handle;
}

static void *
find (MpCudaLibrary library)
{
  static const char *const toolkits[] = { "/lib64", "/lib", "/targets/*/lib" };
  static const char *const wheels[] = { "/lib/python3*/site-packages/nvidia/*/lib",
                                        "/lib/python3*/dist-packages/nvidia/*/lib" };
  const char *const roots[] = { getenv ("CUDA_PATH"), getenv ("CUDA_HOME"), "/usr/local/cuda", "/usr/local/cuda-1*" };
  const char *home = getenv ("HOME");
  char local[512] = "";
  const char *const prefixes[] = { getenv ("VIRTUAL_ENV"), getenv ("CONDA_PREFIX"), local, "/usr/local", "/usr",
                                   "/opt/*", "/opt/*/.venv", "/opt/*/venv" };
  void *handle = open_in_list (getenv ("MATCHPOINT_CUDA_LIBRARIES"), library);

  if (home != NULL)
    snprintf (local, sizeof local, "%s/.local", home);
  if (handle == NULL)
    handle = open_in ("", library);
  for (size_t r = 0; handle == NULL && r < sizeof roots / sizeof *roots; r++)
    for (size_t i = 0; handle == NULL && i < sizeof toolkits / sizeof *toolkits; i++)
      handle = open_in_pattern (roots[r], toolkits[i], library);
  for (size_t r = 0; handle == NULL && r < sizeof prefixes / sizeof *prefixes; r++)
    for (size_t i = 0; handle == NULL && i < sizeof wheels / sizeof *wheels; i++)
      handle = open_in_pattern (prefixes[r], wheels[i], library);
  return handle;
}

/* ---- loading ---- */

static MpStatus
say_missing (MpCudaLibrary library)
{
  const char *const *names = libraries[library].names;

  if (library == MP_CUDA_DRIVER)
    return mp_kernels_fail (MP_STATUS_LIBRARY, "There is no NVIDIA driver on this machine (%s was not found). %s.",
                            names[0], libraries[library].advice);
  return mp_kernels_fail (MP_STATUS_LIBRARY, "%s is missing: neither %s%s%s was found by the system's loader, nor in "
                          "MATCHPOINT_CUDA_LIBRARIES, CUDA_PATH, /usr/local/cuda or Python's packages. %s, or name "
                          "its folder in MATCHPOINT_CUDA_LIBRARIES.", libraries[library].title, names[0],
                          names[1] != NULL ? " nor " : "", names[1] != NULL ? names[1] : "",
                          libraries[library].advice);
}

MpStatus
mp_cuda_library_load (MpCudaLibrary      library,
                      const char *const *names,
                      int                n,
                      void             **functions)
{
  void *handle;

  pthread_mutex_lock (&lock);
  if (handles[library] == NULL)
    handles[library] = find (library);
  handle = handles[library];
  pthread_mutex_unlock (&lock);
  if (handle == NULL)
    return say_missing (library);
  for (int i = 0; i < n; i++) {
    functions[i] = dlsym (handle, names[i]);
    if (functions[i] == NULL)
      return mp_kernels_fail (MP_STATUS_LIBRARY, "%s of this machine is too old: it has no %s.",
                              libraries[library].title, names[i]);
  }
  return MP_OK;
}
