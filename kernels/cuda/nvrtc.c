/* SPDX-License-Identifier: Apache-2.0
 *
 * nvrtc.c: compiles generated texts and keeps the code; see nvrtc.h.
 */
#include "kernels/cuda/nvrtc.h"

#include "kernels/cuda/cuda.h"
#include "kernels/cuda/source.h"

#include <nvrtc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHARE 4       /* texts that are worth a thread */
#define MAX_SHARES 16

/* ---- the library ---- */

#define FUNCTIONS(X)                                                                               \
  X (nvrtcVersion) X (nvrtcGetErrorString) X (nvrtcGetNumSupportedArchs) X (nvrtcGetSupportedArchs) \
  X (nvrtcCreateProgram) X (nvrtcDestroyProgram) X (nvrtcCompileProgram) X (nvrtcGetCUBINSize)      \
  X (nvrtcGetCUBIN) X (nvrtcGetPTXSize) X (nvrtcGetPTX) X (nvrtcGetProgramLogSize) X (nvrtcGetProgramLog)

typedef struct
{
  MP_CUDA_MEMBERS (FUNCTIONS)
} Nvrtc;

static const char *const names[] = { MP_CUDA_NAMES (FUNCTIONS) };
static Nvrtc             functions;
static int               loaded;
static pthread_mutex_t   load_lock = PTHREAD_MUTEX_INITIALIZER;

static const Nvrtc *
get_nvrtc (void)
{
  pthread_mutex_lock (&load_lock);
  if (!loaded)
    loaded = mp_cuda_library_load (MP_CUDA_NVRTC, names, sizeof names / sizeof *names, (void **) &functions) == MP_OK;
  pthread_mutex_unlock (&load_lock);
  return loaded ? &functions : NULL;
}

static MpStatus
check (const Nvrtc *nvrtc,
       nvrtcResult  result,
       const char  *call)
{
  return result == NVRTC_SUCCESS ? MP_OK : mp_kernels_fail (MP_STATUS_LIBRARY, "%s failed: %s", call,
                                                            nvrtc->nvrtcGetErrorString (result));
}

MpStatus
mp_nvrtc_version (int *major,
                  int *minor)
{
  const Nvrtc *nvrtc = get_nvrtc ();

  return nvrtc != NULL ? check (nvrtc, nvrtc->nvrtcVersion (major, minor), "nvrtcVersion") : MP_STATUS_LIBRARY;
}

MpStatus
mp_nvrtc_architecture (int  capability,
                       int *architecture,
                       int *exact)
{
  const Nvrtc *nvrtc = get_nvrtc ();
  int          n = 0, *known;
  MpStatus     status;

  if (nvrtc == NULL)
    return MP_STATUS_LIBRARY;
  status = check (nvrtc, nvrtc->nvrtcGetNumSupportedArchs (&n), "nvrtcGetNumSupportedArchs");
  known = calloc ((size_t) n + 1, sizeof *known);
  if (status == MP_OK && known == NULL)
    status = mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for NVRTC's list of architectures.");
  if (status == MP_OK)
    status = check (nvrtc, nvrtc->nvrtcGetSupportedArchs (known), "nvrtcGetSupportedArchs");
  *architecture = 0;
  for (int i = 0; status == MP_OK && i < n; i++)
    if (known[i] <= capability && known[i] > *architecture)
      *architecture = known[i];
  *exact = *architecture == capability;
  free (known);
  if (status == MP_OK && *architecture == 0)
    status = mp_kernels_fail (MP_STATUS_UNSUPPORTED, "NVRTC of this machine has no architecture for compute capability "
                              "%d.%d.", capability / 10, capability % 10);
  return status;
}

/* ---- keys ---- */

/* Two multiplicative hashes of 64 bits with unlike multipliers, mixed at the end. */
static void
hash_bytes (MpNvrtcKey *key,
            const void *bytes,
            size_t      n)
{
  const unsigned char *p = bytes;

  for (size_t i = 0; i < n; i++) {
    key->word[0] = (key->word[0] ^ p[i]) * 0x100000001b3u;
    key->word[1] = (key->word[1] + p[i] + 1) * 0xd6e8feb86659fd93u;
    key->word[1] ^= key->word[1] >> 32;
  }
}

MpStatus
mp_nvrtc_key (const char *text,
              int         capability,
              MpNvrtcKey *key)
{
  int      version[3] = { 0 }, architecture, exact;
  MpStatus status = mp_nvrtc_version (&version[0], &version[1]);

  if (status == MP_OK)
    status = mp_nvrtc_architecture (capability, &architecture, &exact);
  if (status != MP_OK)
    return status;
  version[2] = exact ? architecture : -architecture;
  *key = (MpNvrtcKey) { { 0xcbf29ce484222325u, 0x9e3779b97f4a7c15u } };
  hash_bytes (key, version, sizeof version);
  hash_bytes (key, mp_source_prelude, strlen (mp_source_prelude));
  hash_bytes (key, text, strlen (text));
  for (int i = 0; i < 2; i++)
    key->word[i] = (key->word[i] ^ key->word[i] >> 31) * 0xbf58476d1ce4e5b9u;
  return MP_OK;
}

void
mp_nvrtc_name (const MpNvrtcKey *key,
               char             *name)
{
  snprintf (name, MP_NVRTC_NAME_SIZE, "mp_%016llx%016llx", (unsigned long long) key->word[0],
            (unsigned long long) key->word[1]);
}

static int
same_key (const MpNvrtcKey *a,
          const MpNvrtcKey *b)
{
  return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

/* ---- compiling ---- */

/* One translation unit: each text between definitions of its names. */
static char *
join_texts (const char *const *texts,
            const MpNvrtcKey  *keys,
            int                n)
{
  size_t size = strlen (mp_source_prelude) + 1, at;
  char  *unit, name[MP_NVRTC_NAME_SIZE];

  for (int i = 0; i < n; i++)
    size += strlen (texts[i]) + 4 * sizeof name + 128;
  unit = malloc (size);
  if (unit == NULL)
    return NULL;
  at = (size_t) snprintf (unit, size, "%s", mp_source_prelude);
  for (int i = 0; i < n; i++) {
    mp_nvrtc_name (&keys[i], name);
    at += (size_t) snprintf (unit + at, size - at, "\n#define MP_NAME %s\n#define MP_ARGS %s_args\n%s#undef MP_NAME\n"
                             "#undef MP_ARGS\n", name, name, texts[i]);
  }
  return unit;
}

static char *
copy_log (const Nvrtc  *nvrtc,
          nvrtcProgram  program)
{
  size_t size = 0;
  char  *log = NULL;

  if (nvrtc->nvrtcGetProgramLogSize (program, &size) == NVRTC_SUCCESS && (log = calloc (1, size + 1)) != NULL)
    nvrtc->nvrtcGetProgramLog (program, log);
  return log;
}

static MpStatus
copy_image (const Nvrtc  *nvrtc,
            nvrtcProgram  program,
            int           exact,
            void        **image,
            size_t       *bytes)
{
  MpStatus status = exact ? check (nvrtc, nvrtc->nvrtcGetCUBINSize (program, bytes), "nvrtcGetCUBINSize")
                          : check (nvrtc, nvrtc->nvrtcGetPTXSize (program, bytes), "nvrtcGetPTXSize");

  if (status != MP_OK)
    return status;
  *image = malloc (*bytes + 1);
  if (*image == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for %zu bytes of compiled code.", *bytes);
  status = exact ? check (nvrtc, nvrtc->nvrtcGetCUBIN (program, *image), "nvrtcGetCUBIN")
                 : check (nvrtc, nvrtc->nvrtcGetPTX (program, *image), "nvrtcGetPTX");
  if (status != MP_OK) {
    free (*image);
    *image = NULL;
  }
  return status;
}

static MpStatus
compile_unit (const Nvrtc  *nvrtc,
              const char   *unit,
              int           n,
              int           capability,
              void        **image,
              size_t       *bytes,
              char        **log)
{
  char         target[48];
  const char  *options[] = { target, "--std=c++17", "--disable-warnings", "--ptxas-options=-v" };
  nvrtcProgram program;
  int          architecture, exact;
  MpStatus     status = mp_nvrtc_architecture (capability, &architecture, &exact);
  char        *words;

  if (status == MP_OK)
    status = check (nvrtc, nvrtc->nvrtcCreateProgram (&program, unit, "matchpoint.cu", 0, NULL, NULL),
                    "nvrtcCreateProgram");
  if (status != MP_OK)
    return status;
  snprintf (target, sizeof target, "--gpu-architecture=%s_%d", exact ? "sm" : "compute", architecture);
  status = check (nvrtc, nvrtc->nvrtcCompileProgram (program, log != NULL && exact ? 4 : 3, options),
                  "nvrtcCompileProgram");
  words = status != MP_OK || log != NULL ? copy_log (nvrtc, program) : NULL;
  if (status != MP_OK)
    status = mp_kernels_fail (status, "NVRTC could not compile %d generated kernel%s (%s): %.1500s", n,
                              n == 1 ? "" : "s", target, words != NULL ? words : "");
  else
    status = copy_image (nvrtc, program, exact, image, bytes);
  nvrtc->nvrtcDestroyProgram (&program);
  if (log != NULL)
    *log = words;
  else
    free (words);
  return status;
}

MpStatus
mp_nvrtc_compile (const char *const *texts,
                  const MpNvrtcKey  *keys,
                  int                n,
                  int                capability,
                  void             **image,
                  size_t            *bytes,
                  char             **log)
{
  const Nvrtc *nvrtc = get_nvrtc ();
  char        *unit = nvrtc != NULL ? join_texts (texts, keys, n) : NULL;
  MpStatus     status;

  *image = NULL;
  *bytes = 0;
  if (log != NULL)
    *log = NULL;
  if (nvrtc == NULL)
    return MP_STATUS_LIBRARY;
  if (unit == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for the text of %d generated kernels.", n);
  status = compile_unit (nvrtc, unit, n, capability, image, bytes, log);
  free (unit);
  return status;
}

/* ---- functions in this process ---- */

/* A function on a GPU; never unloaded, since other handles may have recorded it in graphs. */
typedef struct Loaded
{
  struct Loaded *next;
  MpNvrtcKey     key;
  int            index;     /* of the device */
  CUmodule       module;
  CUfunction     function;
} Loaded;

struct MpCudaCode
{
  MpDevice   *device;
  MpCudaCode *next;         /* that waits on the device */
  MpNvrtcKey  key;
  char       *text;         /* until it has a function */
  CUfunction  function;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows; held while compiling, so that lanes that */
static Loaded         *all_loaded;                       /* need the same texts wait and then find them */

static Loaded *
find_loaded (int               index,
             const MpNvrtcKey *key)
{
  for (Loaded *l = all_loaded; l != NULL; l = l->next)
    if (l->index == index && same_key (&l->key, key))
      return l;
  return NULL;
}

static MpStatus
load_image (int               index,
            const MpNvrtcKey *keys,
            int               n,
            const void       *image)
{
  const MpCudaDriver *driver = mp_cuda_driver ();
  CUmodule            module;
  MpStatus            status;

  if (driver == NULL)
    return MP_STATUS_LIBRARY;
  status = mp_cuda_driver_check (driver->cuModuleLoadData (&module, image), "cuModuleLoadData");
  for (int i = 0; status == MP_OK && i < n; i++) {
    Loaded *l = find_loaded (index, &keys[i]) == NULL ? calloc (1, sizeof *l) : NULL;
    char    name[MP_NVRTC_NAME_SIZE];

    if (l == NULL)
      continue;
    *l = (Loaded) { .next = all_loaded, .key = keys[i], .index = index, .module = module };
    mp_nvrtc_name (&keys[i], name);
    status = mp_cuda_driver_check (driver->cuModuleGetFunction (&l->function, module, name), "cuModuleGetFunction");
    if (status == MP_OK)
      all_loaded = l;
    else
      free (l);
  }
  return status;
}

/* ---- what waits on a device ---- */

MpStatus
mp_cuda_code_new (MpDevice    *device,
                  char        *text,
                  MpCudaCode **out)
{
  MpCudaCode *code = calloc (1, sizeof *code);
  MpStatus    status;

  *out = NULL;
  if (code == NULL) {
    free (text);
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a generated kernel.");
  }
  code->text = text;
  code->device = device;
  status = mp_nvrtc_key (text, device->capability, &code->key);
  if (status != MP_OK) {
    free (text);
    free (code);
    return status;
  }
  code->next = device->programs;
  device->programs = code;
  *out = code;
  return MP_OK;
}

static void
stop_waiting (MpCudaCode *code)
{
  MpCudaCode **link = (MpCudaCode **) &code->device->programs;

  while (*link != NULL && *link != code)
    link = &(*link)->next;
  if (*link != NULL)
    *link = code->next;
  code->next = NULL;
}

void
mp_cuda_code_free (MpCudaCode *code)
{
  if (code == NULL)
    return;
  stop_waiting (code);
  free (code->text);
  free (code);
}

/* Takes functions that are there, from the folder too, and lists what is missing once. */
static int
find_missing (MpDevice    *device,
              MpCudaCode **missing)
{
  int n = 0;

  for (MpCudaCode *code = device->programs; code != NULL; code = code->next) {
    MpNvrtcKey *keys;
    void       *image;
    size_t      bytes;
    int         n_keys, seen = find_loaded (device->index, &code->key) != NULL;

    for (int i = 0; i < n && !seen; i++)
      seen = same_key (&missing[i]->key, &code->key);
    if (!seen && device->options.cache != NULL
        && mp_nvrtc_find (device->options.cache, &code->key, &keys, &n_keys, &image, &bytes)) {
      seen = load_image (device->index, keys, n_keys, image) == MP_OK
             && find_loaded (device->index, &code->key) != NULL;
      free (keys);
      free (image);
    }
    if (!seen)
      missing[n++] = code;
  }
  return n;
}

/* A share of the texts, compiled by one thread. */
typedef struct
{
  pthread_t    thread;
  int          started;
  const char **texts;
  MpNvrtcKey  *keys;
  int          n;
  int          capability;
  void        *image;
  size_t       bytes;
  MpStatus     status;
  char         words[2048]; /* errors belong to threads */
} Share;

static void *
compile_share (void *data)
{
  Share *share = data;

  share->status = mp_nvrtc_compile (share->texts, share->keys, share->n, share->capability, &share->image,
                                    &share->bytes, NULL);
  if (share->status != MP_OK)
    snprintf (share->words, sizeof share->words, "%s", mp_kernels_error ());
  return NULL;
}

static MpStatus
finish_share (MpDevice *device,
              Share    *share)
{
  MpStatus status;

  if (share->started)
    pthread_join (share->thread, NULL);
  status = share->status;
  if (status != MP_OK)
    mp_kernels_fail (status, "%s", share->words);
  else
    status = load_image (device->index, share->keys, share->n, share->image);
  if (status == MP_OK && device->options.cache != NULL)
    mp_nvrtc_store (device->options.cache, share->keys, share->n, share->image, share->bytes);
  free (share->image);
  return status;
}

/* Divides the texts among threads, few enough that starting the compiler does not outweigh them. */
static MpStatus
compile_shares (MpDevice    *device,
                const char **texts,
                MpNvrtcKey  *keys,
                int          n)
{
  Share    share[MAX_SHARES] = { 0 };
  long     n_processors = sysconf (_SC_NPROCESSORS_ONLN);
  int      n_shares = (n + SHARE - 1) / SHARE;
  MpStatus status = MP_OK;

  n_shares = n_shares < n_processors ? n_shares : (int) n_processors;
  n_shares = n_shares < MAX_SHARES ? (n_shares < 1 ? 1 : n_shares) : MAX_SHARES;
  for (int i = 0; i < n_shares; i++) {
    share[i].texts = texts + (size_t) n * (size_t) i / (size_t) n_shares;
    share[i].keys = keys + (share[i].texts - texts);
    share[i].n = (int) ((size_t) n * ((size_t) i + 1) / (size_t) n_shares - (size_t) (share[i].texts - texts));
    share[i].capability = device->capability;
    share[i].started = i > 0 && pthread_create (&share[i].thread, NULL, compile_share, &share[i]) == 0;
  }
  for (int i = 0; i < n_shares; i++) {
    MpStatus finished;

    if (!share[i].started)
      compile_share (&share[i]);
    finished = finish_share (device, &share[i]);
    status = status == MP_OK ? finished : status;
  }
  return status;
}

static MpStatus
compile_missing (MpDevice    *device,
                 MpCudaCode **missing,
                 int          n)
{
  const char **texts = calloc ((size_t) n, sizeof *texts);
  MpNvrtcKey  *keys = calloc ((size_t) n, sizeof *keys);
  MpStatus     status = MP_OK;

  if (texts == NULL || keys == NULL)
    status = mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for %d generated kernels.", n);
  for (int i = 0; status == MP_OK && i < n; i++) {
    texts[i] = missing[i]->text;
    keys[i] = missing[i]->key;
  }
  if (status == MP_OK)
    status = compile_shares (device, texts, keys, n);
  free (texts);
  free (keys);
  return status;
}

MpStatus
mp_cuda_code_prepare (MpCudaCode *code)
{
  MpDevice    *device = code->device;
  MpCudaCode **missing;
  MpStatus     status = MP_OK;
  int          n = 0;

  if (code->function != NULL)
    return MP_OK;
  for (MpCudaCode *c = device->programs; c != NULL; c = c->next)
    n++;
  missing = calloc ((size_t) n + 1, sizeof *missing);
  if (missing == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for %d generated kernels.", n);
  pthread_mutex_lock (&lock);
  n = find_missing (device, missing);
  if (n > 0)
    status = compile_missing (device, missing, n);
  while (status == MP_OK && device->programs != NULL) {
    MpCudaCode *c = device->programs;

    c->function = find_loaded (device->index, &c->key)->function;
    stop_waiting (c);
    free (c->text);
    c->text = NULL;
  }
  pthread_mutex_unlock (&lock);
  free (missing);
  return status;
}

CUfunction
mp_cuda_code_function (const MpCudaCode *code)
{
  return code->function;
}

void
mp_cuda_programs_close (MpDevice *device)
{
  /* kernels are freed before their device, so nothing waits any more */
  device->programs = NULL;
}
