/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm.c: matrix products by cuBLASLt; see gemm.h.
 *
 * cuBLASLt's matrices are column-major, so it is asked for Dᵀ = op (B)ᵀ · op (A)ᵀ: its first operand is our B and its
 * columns are our rows. Then its bias, one number per row, is ours, one per column.
 */
#include "kernels/cuda/gemm.h"

#include <cublasLt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/library.h"
#include "kernels/cuda/measure.h"

#define MAX_CANDIDATES 8
#define MEBIBYTE ((size_t) 1 << 20)

#define CUBLASLT_FUNCTIONS(X)                                                                      \
  X (cublasLtCreate) X (cublasLtDestroy) X (cublasLtGetVersion) X (cublasLtGetStatusName)          \
  X (cublasLtGetStatusString) X (cublasLtMatmulDescCreate) X (cublasLtMatmulDescDestroy)           \
  X (cublasLtMatmulDescSetAttribute) X (cublasLtMatrixLayoutCreate) X (cublasLtMatrixLayoutDestroy) \
  X (cublasLtMatrixLayoutSetAttribute) X (cublasLtMatmulPreferenceCreate)                          \
  X (cublasLtMatmulPreferenceDestroy) X (cublasLtMatmulPreferenceSetAttribute)                     \
  X (cublasLtMatmulAlgoGetHeuristic) X (cublasLtMatmulAlgoCheck)                                   \
  X (cublasLtMatmulAlgoConfigGetAttribute) X (cublasLtMatmul)

typedef struct
{
  MP_CUDA_MEMBERS (CUBLASLT_FUNCTIONS)
} Functions;

static const char *const names[] = { MP_CUDA_NAMES (CUBLASLT_FUNCTIONS) };

struct MpCudaGemm
{
  MpDevice              *device;
  const Functions       *lt;
  MpCudaGemmSpec         spec;
  cublasLtMatmulDesc_t   desc;
  cublasLtMatrixLayout_t first, second, result; /* as cuBLASLt sees them */
  cublasLtMatmulAlgo_t   algo;
  size_t                 workspace_bytes;
  const void            *bias; /* that desc knows */
  char                   text[160];
  char                   algorithm[64];
};

/* ---- the library ---- */

static const Functions *
functions (void)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static Functions lt;
  static int ready;
  const Functions *result = NULL;

  pthread_mutex_lock (&lock);
  if (ready || mp_cuda_library_load (MP_CUDA_CUBLASLT, names, (int) (sizeof names / sizeof *names),
                                     (void **) &lt) == MP_OK) {
    ready = 1;
    result = &lt;
  }
  pthread_mutex_unlock (&lock);
  return result;
}

static MpStatus
check (const MpCudaGemm *gemm,
       cublasStatus_t    status,
       const char       *call)
{
  if (status == CUBLAS_STATUS_SUCCESS)
    return MP_OK;
  return mp_kernels_fail (status == CUBLAS_STATUS_ALLOC_FAILED ? MP_STATUS_MEMORY : MP_STATUS_LIBRARY,
                          "%s failed for %s: %s: %s", call, gemm->text, gemm->lt->cublasLtGetStatusName (status),
                          gemm->lt->cublasLtGetStatusString (status));
}

/* The handle is the device's, made at the first need. */
static MpStatus
open_library (MpCudaGemm *gemm)
{
  cublasLtHandle_t handle = NULL;
  MpStatus status;

  gemm->lt = functions ();
  if (gemm->lt == NULL)
    return MP_STATUS_LIBRARY;
  if (gemm->device->products != NULL)
    return MP_OK;
  mp_cuda_quiet_begin ();
  status = check (gemm, gemm->lt->cublasLtCreate (&handle), "cublasLtCreate");
  mp_cuda_quiet_end ();
  gemm->device->products = handle;
  return status;
}

void
mp_cuda_products_close (MpDevice *device)
{
  if (device->products != NULL)
    functions ()->cublasLtDestroy (device->products);
  device->products = NULL;
}

/* ---- the problem ---- */

static cudaDataType_t
data_type (MpDtype dtype)
{
  return dtype == MP_FLOAT64 ? CUDA_R_64F : dtype == MP_BFLOAT16 ? CUDA_R_16BF : CUDA_R_32F;
}

static cublasComputeType_t
compute_type (const MpCudaGemm *gemm)
{
  if (gemm->spec.operands == MP_FLOAT64)
    return CUBLAS_COMPUTE_64F;
  if (gemm->spec.operands == MP_BFLOAT16 || gemm->device->options.precision == MP_PRECISION_STRICT)
    return CUBLAS_COMPUTE_32F;
  return gemm->device->options.precision == MP_PRECISION_BF16 ? CUBLAS_COMPUTE_32F_FAST_16BF
                                                              : CUBLAS_COMPUTE_32F_FAST_TF32;
}

static const char *
compute_name (const MpCudaGemm *gemm)
{
  if (gemm->spec.operands == MP_BFLOAT16)
    return "bfloat16";
  switch (compute_type (gemm)) {
  case CUBLAS_COMPUTE_64F: return "float64";
  case CUBLAS_COMPUTE_32F_FAST_TF32: return "tf32";
  case CUBLAS_COMPUTE_32F_FAST_16BF: return "fast-bfloat16";
  default: return "float32";
  }
}

static void
describe (MpCudaGemm *gemm)
{
  const MpCudaGemmSpec *s = &gemm->spec;

  snprintf (gemm->text, sizeof gemm->text, "%s matmul %lld·%lld×%lld%s by %lld×%lld%s → %s%s%s%s%s",
            mp_dtype_name (s->operands), (long long) s->batch, (long long) s->m, (long long) s->k,
            s->transpose_a ? "ᵀ" : "", (long long) s->k, (long long) s->n, s->transpose_b ? "ᵀ" : "",
            mp_dtype_name (s->result), s->has_add ? " + matrix" : "", s->has_bias ? " + bias " : "",
            s->has_bias ? mp_dtype_name (s->bias) : "", s->relu ? " relu" : "");
}

static MpStatus
set (MpCudaGemm                     *gemm,
     cublasLtMatmulDescAttributes_t  attribute,
     const void                     *value,
     size_t                          size)
{
  return check (gemm, gemm->lt->cublasLtMatmulDescSetAttribute (gemm->desc, attribute, value, size),
                "cublasLtMatmulDescSetAttribute");
}

static MpStatus
make_desc (MpCudaGemm *gemm)
{
  const MpCudaGemmSpec *s = &gemm->spec;
  int32_t first = s->transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, second = s->transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
  uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  int32_t bias = data_type (s->bias);
  MpStatus status = check (gemm, gemm->lt->cublasLtMatmulDescCreate (&gemm->desc, compute_type (gemm),
                                                                     s->operands == MP_FLOAT64 ? CUDA_R_64F
                                                                                               : CUDA_R_32F),
                           "cublasLtMatmulDescCreate");

  if (s->has_bias)
    epilogue = s->relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
  else if (s->relu)
    epilogue = CUBLASLT_EPILOGUE_RELU;
  if (status == MP_OK)
    status = set (gemm, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first);
  if (status == MP_OK)
    status = set (gemm, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second);
  if (status == MP_OK && epilogue != CUBLASLT_EPILOGUE_DEFAULT)
    status = set (gemm, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue);
  if (status == MP_OK && s->has_bias)
    status = set (gemm, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &bias, sizeof bias);
  return status;
}

/* rows and columns in column-major order, densely */
static MpStatus
make_layout (MpCudaGemm             *gemm,
             MpDtype                 dtype,
             int64_t                 rows,
             int64_t                 columns,
             cublasLtMatrixLayout_t *out)
{
  const Functions *lt = gemm->lt;
  int32_t count = (int32_t) gemm->spec.batch;
  int64_t offset = rows * columns;
  MpStatus status = check (gemm, lt->cublasLtMatrixLayoutCreate (out, data_type (dtype), (uint64_t) rows,
                                                                 (uint64_t) columns, rows),
                           "cublasLtMatrixLayoutCreate");

  if (status != MP_OK || count == 1)
    return status;
  status = check (gemm, lt->cublasLtMatrixLayoutSetAttribute (*out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                                              sizeof count), "cublasLtMatrixLayoutSetAttribute");
  return status == MP_OK ? check (gemm, lt->cublasLtMatrixLayoutSetAttribute (
                                    *out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &offset, sizeof offset),
                                  "cublasLtMatrixLayoutSetAttribute") : status;
}

static MpStatus
make_layouts (MpCudaGemm *gemm)
{
  const MpCudaGemmSpec *s = &gemm->spec;
  MpStatus status = make_layout (gemm, s->operands, s->transpose_b ? s->k : s->n, s->transpose_b ? s->n : s->k,
                                 &gemm->first);

  if (status == MP_OK)
    status = make_layout (gemm, s->operands, s->transpose_a ? s->m : s->k, s->transpose_a ? s->k : s->m,
                          &gemm->second);
  return status == MP_OK ? make_layout (gemm, s->result, s->n, s->m, &gemm->result) : status;
}

/* ---- running ---- */

MpStatus
mp_cuda_gemm_run (MpCudaGemm   *gemm,
                  const void   *a,
                  const void   *b,
                  const void   *add,
                  const void   *bias,
                  void         *d,
                  void         *workspace,
                  cudaStream_t  stream)
{
  float alpha = (float) gemm->spec.alpha, beta = gemm->spec.has_add ? 1 : 0;
  double alpha64 = gemm->spec.alpha, beta64 = beta;
  int wide = gemm->spec.operands == MP_FLOAT64;

  if (gemm->spec.has_bias && bias != gemm->bias) {
    MpStatus status = set (gemm, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias);

    if (status != MP_OK)
      return status;
    gemm->bias = bias;
  }
  return check (gemm, gemm->lt->cublasLtMatmul (gemm->device->products, gemm->desc,
                                                wide ? (const void *) &alpha64 : &alpha, b, gemm->first, a,
                                                gemm->second, wide ? (const void *) &beta64 : &beta,
                                                gemm->spec.has_add ? add : d, gemm->result, d, gemm->result,
                                                &gemm->algo, workspace, gemm->workspace_bytes, stream),
                "cublasLtMatmul");
}

/* ---- choosing the algorithm ---- */

typedef struct
{
  MpCudaGemm *gemm;
  char       *a, *b, *d, *bias, *workspace;
} Trial;

static MpStatus
run_trial (void         *data,
           cudaStream_t  stream)
{
  Trial *trial = data;

  return mp_cuda_gemm_run (trial->gemm, trial->a, trial->b, trial->d, trial->bias, trial->d, trial->workspace, stream);
}

static size_t
padded (size_t bytes)
{
  return (bytes + 255) / 256 * 256;
}

static size_t
workspace_limit (const MpCudaGemm *gemm)
{
  return (gemm->device->capability >= 90 ? 32 : 8) * MEBIBYTE;
}

static MpStatus
set_preference (MpCudaGemm                       *gemm,
                cublasLtMatmulPreference_t        preference,
                cublasLtMatmulPreferenceAttributes_t attribute,
                const void                       *value,
                size_t                            size)
{
  return check (gemm, gemm->lt->cublasLtMatmulPreferenceSetAttribute (preference, attribute, value, size),
                "cublasLtMatmulPreferenceSetAttribute");
}

static MpStatus
propose (MpCudaGemm                      *gemm,
         cublasLtMatmulHeuristicResult_t *results,
         int                             *n)
{
  static const cublasLtMatmulPreferenceAttributes_t alignments[] = {
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES };
  /* sums in place depend on which block comes first */
  uint32_t alignment = MP_ALIGNMENT, in_order = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  uint64_t limit = workspace_limit (gemm);
  cublasLtMatmulPreference_t preference = NULL;
  cublasStatus_t result;
  MpStatus status = check (gemm, gemm->lt->cublasLtMatmulPreferenceCreate (&preference),
                           "cublasLtMatmulPreferenceCreate");

  if (status == MP_OK)
    status = set_preference (gemm, preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &limit, sizeof limit);
  for (int i = 0; status == MP_OK && i < 4; i++)
    status = set_preference (gemm, preference, alignments[i], &alignment, sizeof alignment);
  if (status == MP_OK && gemm->device->options.deterministic)
    status = set_preference (gemm, preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &in_order,
                             sizeof in_order);
  if (status == MP_OK) {
    result = gemm->lt->cublasLtMatmulAlgoGetHeuristic (gemm->device->products, gemm->desc, gemm->first, gemm->second,
                                                       gemm->result, gemm->result, preference, MAX_CANDIDATES, results,
                                                       n);
    if (result == CUBLAS_STATUS_NOT_SUPPORTED || result == CUBLAS_STATUS_INVALID_VALUE
        || result == CUBLAS_STATUS_ARCH_MISMATCH || (result == CUBLAS_STATUS_SUCCESS && *n == 0))
      status = mp_kernels_fail (MP_STATUS_UNSUPPORTED, "cuBLASLt has no algorithm for %s.", gemm->text);
    else
      status = check (gemm, result, "cublasLtMatmulAlgoGetHeuristic");
  }
  if (preference != NULL)
    gemm->lt->cublasLtMatmulPreferenceDestroy (preference);
  return status;
}

static void
use (MpCudaGemm                            *gemm,
     const cublasLtMatmulHeuristicResult_t *candidate)
{
  gemm->algo = candidate->algo;
  gemm->workspace_bytes = candidate->workspaceSize;
}

static char *
make_trial (MpCudaGemm                            *gemm,
            const cublasLtMatmulHeuristicResult_t *results,
            int                                    n,
            Trial                                 *trial)
{
  const MpCudaGemmSpec *s = &gemm->spec;
  size_t operand = mp_dtype_size (s->operands), workspace = 0;
  size_t a = padded ((size_t) (s->batch * s->m * s->k) * operand);
  size_t b = padded ((size_t) (s->batch * s->k * s->n) * operand);
  size_t d = padded ((size_t) (s->batch * s->m * s->n) * mp_dtype_size (s->result));
  size_t bias = padded ((size_t) s->n * sizeof (double));
  char *scratch;

  for (int i = 0; i < n; i++)
    if (results[i].state == CUBLAS_STATUS_SUCCESS && results[i].workspaceSize > workspace)
      workspace = results[i].workspaceSize;
  scratch = mp_cuda_scratch_new (gemm->device, a + b + d + bias + workspace);
  *trial = (Trial) { gemm, scratch, scratch + a, scratch + a + b, scratch + a + b + d, scratch + a + b + d + bias };
  return scratch;
}

/* The fastest candidate that runs, or the first. */
static int
measure (MpCudaGemm                            *gemm,
         const cublasLtMatmulHeuristicResult_t *results,
         int                                    n)
{
  int best = -1;
  double best_time = 0, time;
  Trial trial;
  char *scratch = make_trial (gemm, results, n, &trial);

  for (int i = 0; scratch != NULL && i < n; i++) {
    if (results[i].state != CUBLAS_STATUS_SUCCESS)
      continue;
    use (gemm, &results[i]);
    if (mp_cuda_measure (gemm->device, run_trial, &trial, &time) == MP_OK && (best < 0 || time < best_time)) {
      best = i;
      best_time = time;
    }
  }
  mp_cuda_scratch_free (gemm->device, scratch);
  return best < 0 ? 0 : best;
}

/* ---- the cache of choices: an algorithm is 64 bytes that the same version of the library understands ---- */

static void
write_algo (const cublasLtMatmulAlgo_t *algo,
            char                       *text)
{
  const unsigned char *byte = (const unsigned char *) algo;

  for (size_t i = 0; i < sizeof *algo; i++)
    snprintf (text + 2 * i, 3, "%02x", byte[i]);
}

static int
read_algo (const char           *text,
           cublasLtMatmulAlgo_t *algo)
{
  unsigned char *byte = (unsigned char *) algo;
  unsigned value;

  if (strlen (text) != 2 * sizeof *algo)
    return 0;
  for (size_t i = 0; i < sizeof *algo; i++) {
    if (sscanf (text + 2 * i, "%2x", &value) != 1)
      return 0;
    byte[i] = (unsigned char) value;
  }
  return 1;
}

/* 1 when the kept choice is one that the library still accepts. */
static int
use_kept (MpCudaGemm *gemm,
          const char *kept)
{
  cublasLtMatmulHeuristicResult_t checked = { 0 };

  if (!read_algo (kept, &checked.algo))
    return 0;
  gemm->algo = checked.algo;
  if (gemm->lt->cublasLtMatmulAlgoCheck (gemm->device->products, gemm->desc, gemm->first, gemm->second, gemm->result,
                                         gemm->result, &gemm->algo, &checked) != CUBLAS_STATUS_SUCCESS
      || checked.workspaceSize > workspace_limit (gemm))
    return 0;
  gemm->workspace_bytes = checked.workspaceSize;
  return 1;
}

static MpStatus
choose (MpCudaGemm *gemm)
{
  cublasLtMatmulHeuristicResult_t results[MAX_CANDIDATES] = { 0 };
  char key[256], kept[2 * sizeof (cublasLtMatmulAlgo_t) + 1];
  int n = 0, best = 0;
  MpStatus status;

  snprintf (key, sizeof key, "cuBLASLt %zu, %s, %s", gemm->lt->cublasLtGetVersion (), compute_name (gemm), gemm->text);
  if (gemm->device->options.deterministic) {
    status = propose (gemm, results, &n);
    while (status == MP_OK && best < n - 1 && results[best].state != CUBLAS_STATUS_SUCCESS)
      best++;
    if (status == MP_OK)
      use (gemm, &results[best]);
    return status;
  }
  mp_cuda_measure_begin ();
  status = MP_OK;
  if (!mp_cuda_choice_find (gemm->device, key, kept, sizeof kept) || !use_kept (gemm, kept)) {
    status = propose (gemm, results, &n);
    if (status == MP_OK) {
      best = n > 1 ? measure (gemm, results, n) : 0;
      use (gemm, &results[best]);
      write_algo (&gemm->algo, kept);
      mp_cuda_choice_keep (gemm->device, key, kept, sizeof kept);
      if (!use_kept (gemm, kept)) /* what another process chose meanwhile */
        use (gemm, &results[best]);
    }
  }
  mp_cuda_measure_end ();
  return status;
}

/* ---- life ---- */

static void
name_algorithm (MpCudaGemm *gemm)
{
  int32_t id = 0, split = 1;
  size_t written;

  gemm->lt->cublasLtMatmulAlgoConfigGetAttribute (&gemm->algo, CUBLASLT_ALGO_CONFIG_ID, &id, sizeof id, &written);
  gemm->lt->cublasLtMatmulAlgoConfigGetAttribute (&gemm->algo, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &split, sizeof split,
                                                  &written);
  snprintf (gemm->algorithm, sizeof gemm->algorithm, "cublasLt:%s:%d", compute_name (gemm), id);
  if (split > 1)
    snprintf (gemm->algorithm + strlen (gemm->algorithm), sizeof gemm->algorithm - strlen (gemm->algorithm),
              ":split%d", split);
}

MpStatus
mp_cuda_gemm_new (MpDevice              *device,
                  const MpCudaGemmSpec  *spec,
                  MpCudaGemm           **out)
{
  MpCudaGemm *gemm = calloc (1, sizeof *gemm);
  MpStatus status;

  if (gemm == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a matrix product.");
  gemm->device = device;
  gemm->spec = *spec;
  describe (gemm);
  status = open_library (gemm);
  if (status == MP_OK)
    status = make_desc (gemm);
  if (status == MP_OK)
    status = make_layouts (gemm);
  if (status == MP_OK)
    status = choose (gemm);
  if (status != MP_OK) {
    mp_cuda_gemm_free (gemm);
    return status;
  }
  name_algorithm (gemm);
  *out = gemm;
  return MP_OK;
}

void
mp_cuda_gemm_free (MpCudaGemm *gemm)
{
  if (gemm == NULL)
    return;
  if (gemm->desc != NULL)
    gemm->lt->cublasLtMatmulDescDestroy (gemm->desc);
  if (gemm->first != NULL)
    gemm->lt->cublasLtMatrixLayoutDestroy (gemm->first);
  if (gemm->second != NULL)
    gemm->lt->cublasLtMatrixLayoutDestroy (gemm->second);
  if (gemm->result != NULL)
    gemm->lt->cublasLtMatrixLayoutDestroy (gemm->result);
  free (gemm);
}

size_t
mp_cuda_gemm_workspace (const MpCudaGemm *gemm)
{
  return gemm->workspace_bytes;
}

const char *
mp_cuda_gemm_algorithm (const MpCudaGemm *gemm)
{
  return gemm->algorithm;
}
