/* SPDX-License-Identifier: Apache-2.0
 *
 * cublaslt.cc: a fake cuBLASLt: D = epilogue (alpha · op (A) · op (B) + beta · C), in column-major order or rows, batched.
 *
 * Accepts what the documentation's tables accept and answers the rest as the library does. It proposes up to three
 * algorithms: 0 needs no workspace; 1 splits k in two and adds the halves; 2 does so in place, which a preference for
 * fixed orders excludes. TF32 cuts operands to 10 bits of mantissa, as the tensor cores read them.
 */
#include "tests/cuda/emulator/emulator.h"

#include <cstring>
#include <cublasLt.h>
#include <type_traits>
#include <vector>

#pragma GCC optimize ("O3")

#define ALGO_MARK 0x4d50454d554c4154u
#define SPLIT_BYTES 65536

struct Layout
{
  cudaDataType type;
  uint64_t     rows, columns;
  int64_t      ld;
  int32_t      order, batch;
  int64_t      stride;
};
static_assert (sizeof (Layout) <= sizeof (cublasLtMatrixLayoutOpaque_t));

struct Desc
{
  cublasComputeType_t compute;
  cudaDataType        scale;
  int32_t             transpose_a, transpose_b, transpose_c, pointer_mode;
  uint32_t            epilogue;
  int32_t             bias_type;
  const void         *bias;
  int64_t             bias_stride;
};
static_assert (sizeof (Desc) <= sizeof (cublasLtMatmulDescOpaque_t));

struct Preference
{
  uint64_t workspace;
  uint32_t reductions;
  uint32_t alignment[4];
};
static_assert (sizeof (Preference) <= sizeof (cublasLtMatmulPreferenceOpaque_t));

struct cublasLtContext
{
  int device;
};

/* ---- handles ---- */

cublasStatus_t
cublasLtCreate (cublasLtHandle_t *out)
{
  *out = new cublasLtContext ();
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtDestroy (cublasLtHandle_t handle)
{
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

size_t
cublasLtGetVersion (void)
{
  return CUBLAS_VERSION;
}

const char *
cublasLtGetStatusName (cublasStatus_t status)
{
  switch (status) {
  case CUBLAS_STATUS_SUCCESS:
    return "CUBLAS_STATUS_SUCCESS";
  case CUBLAS_STATUS_INVALID_VALUE:
    return "CUBLAS_STATUS_INVALID_VALUE";
  case CUBLAS_STATUS_NOT_SUPPORTED:
    return "CUBLAS_STATUS_NOT_SUPPORTED";
  case CUBLAS_STATUS_EXECUTION_FAILED:
    return "CUBLAS_STATUS_EXECUTION_FAILED";
  default:
    return "CUBLAS_STATUS_UNKNOWN";
  }
}

const char *
cublasLtGetStatusString (cublasStatus_t status)
{
  switch (status) {
  case CUBLAS_STATUS_SUCCESS:
    return "success";
  case CUBLAS_STATUS_INVALID_VALUE:
    return "an unsupported value or parameter was passed to the function";
  case CUBLAS_STATUS_NOT_SUPPORTED:
    return "the requested functionality is not supported";
  default:
    return "the GPU program failed to execute";
  }
}

/* ---- descriptors ---- */

template <typename T>
static cublasStatus_t
store (T          &to,
       const void *from,
       size_t      bytes)
{
  if (from == nullptr || bytes != sizeof to)
    return CUBLAS_STATUS_INVALID_VALUE;
  memcpy (&to, from, sizeof to);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulDescCreate (cublasLtMatmulDesc_t *out,
                          cublasComputeType_t   compute,
                          cudaDataType_t        scale)
{
  Desc *desc = reinterpret_cast<Desc *> (*out = new cublasLtMatmulDescOpaque_t ());

  *desc = Desc { compute, scale, CUBLAS_OP_N, CUBLAS_OP_N, CUBLAS_OP_N, CUBLASLT_POINTER_MODE_HOST,
                 CUBLASLT_EPILOGUE_DEFAULT, -1, nullptr, 0 };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulDescDestroy (cublasLtMatmulDesc_t desc)
{
  delete desc;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulDescSetAttribute (cublasLtMatmulDesc_t           handle,
                                cublasLtMatmulDescAttributes_t attribute,
                                const void                    *value,
                                size_t                         bytes)
{
  Desc *desc = reinterpret_cast<Desc *> (handle);

  switch (attribute) {
  case CUBLASLT_MATMUL_DESC_TRANSA:
    return store (desc->transpose_a, value, bytes);
  case CUBLASLT_MATMUL_DESC_TRANSB:
    return store (desc->transpose_b, value, bytes);
  case CUBLASLT_MATMUL_DESC_TRANSC:
    return store (desc->transpose_c, value, bytes);
  case CUBLASLT_MATMUL_DESC_POINTER_MODE:
    return store (desc->pointer_mode, value, bytes);
  case CUBLASLT_MATMUL_DESC_EPILOGUE:
    return store (desc->epilogue, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
    return store (desc->bias, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
    return store (desc->bias_type, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
    return store (desc->bias_stride, value, bytes);
  default:
    return CUBLAS_STATUS_INVALID_VALUE;
  }
}

cublasStatus_t
cublasLtMatrixLayoutCreate (cublasLtMatrixLayout_t *out,
                            cudaDataType            type,
                            uint64_t                rows,
                            uint64_t                columns,
                            int64_t                 ld)
{
  Layout *layout = reinterpret_cast<Layout *> (*out = new cublasLtMatrixLayoutOpaque_t ());

  *layout = Layout { type, rows, columns, ld, CUBLASLT_ORDER_COL, 1, 0 };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatrixLayoutDestroy (cublasLtMatrixLayout_t layout)
{
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatrixLayoutSetAttribute (cublasLtMatrixLayout_t          handle,
                                  cublasLtMatrixLayoutAttribute_t attribute,
                                  const void                     *value,
                                  size_t                          bytes)
{
  Layout *layout = reinterpret_cast<Layout *> (handle);

  switch (attribute) {
  case CUBLASLT_MATRIX_LAYOUT_ORDER:
    return store (layout->order, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_LD:
    return store (layout->ld, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
    return store (layout->batch, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
    return store (layout->stride, value, bytes);
  default:
    return CUBLAS_STATUS_INVALID_VALUE;
  }
}

cublasStatus_t
cublasLtMatmulPreferenceCreate (cublasLtMatmulPreference_t *out)
{
  Preference *preference = reinterpret_cast<Preference *> (*out = new cublasLtMatmulPreferenceOpaque_t ());

  *preference = Preference { 0, CUBLASLT_REDUCTION_SCHEME_MASK, { 256, 256, 256, 256 } };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulPreferenceDestroy (cublasLtMatmulPreference_t preference)
{
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulPreferenceSetAttribute (cublasLtMatmulPreference_t           handle,
                                      cublasLtMatmulPreferenceAttributes_t attribute,
                                      const void                          *value,
                                      size_t                               bytes)
{
  Preference *preference = reinterpret_cast<Preference *> (handle);

  switch (attribute) {
  case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
    return store (preference->workspace, value, bytes);
  case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
    return store (preference->reductions, value, bytes);
  case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
    return store (preference->alignment[0], value, bytes);
  case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
    return store (preference->alignment[1], value, bytes);
  case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
    return store (preference->alignment[2], value, bytes);
  case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
    return store (preference->alignment[3], value, bytes);
  default:
    return CUBLAS_STATUS_INVALID_VALUE;
  }
}

/* ---- what is accepted ---- */

static size_t
type_bytes (cudaDataType type)
{
  return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2;
}

static bool
types_fit (const Desc   &desc,
           const Layout &a,
           const Layout &b,
           const Layout &c,
           const Layout &d)
{
  if (a.type != b.type || c.type != d.type)
    return false;
  switch (desc.compute) {
  case CUBLAS_COMPUTE_64F:
    return desc.scale == CUDA_R_64F && a.type == CUDA_R_64F && d.type == CUDA_R_64F;
  case CUBLAS_COMPUTE_32F:
    return desc.scale == CUDA_R_32F
           && ((a.type == CUDA_R_32F && d.type == CUDA_R_32F)
               || (a.type == CUDA_R_16BF && (d.type == CUDA_R_16BF || d.type == CUDA_R_32F)));
  case CUBLAS_COMPUTE_32F_FAST_TF32:
  case CUBLAS_COMPUTE_32F_FAST_16BF:
    return desc.scale == CUDA_R_32F && a.type == CUDA_R_32F && d.type == CUDA_R_32F;
  default:
    return false;
  }
}

static bool
layout_fits (const Layout &layout)
{
  uint64_t lead = layout.order == CUBLASLT_ORDER_COL ? layout.rows : layout.columns;

  return layout.rows > 0 && layout.columns > 0 && layout.ld >= 0 && (uint64_t) layout.ld >= lead && layout.batch > 0
         && (layout.order == CUBLASLT_ORDER_COL || layout.order == CUBLASLT_ORDER_ROW);
}

static cublasStatus_t
accept (const Desc   &desc,
        const Layout &a,
        const Layout &b,
        const Layout &c,
        const Layout &d)
{
  uint64_t m = desc.transpose_a == CUBLAS_OP_N ? a.rows : a.columns;
  uint64_t k = desc.transpose_a == CUBLAS_OP_N ? a.columns : a.rows;
  uint64_t k_b = desc.transpose_b == CUBLAS_OP_N ? b.rows : b.columns;
  uint64_t n = desc.transpose_b == CUBLAS_OP_N ? b.columns : b.rows;
  bool has_bias = (desc.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;

  if (!layout_fits (a) || !layout_fits (b) || !layout_fits (c) || !layout_fits (d) || k != k_b || d.rows != m
      || d.columns != n || c.rows != m || c.columns != n || a.batch != b.batch || a.batch != d.batch
      || c.batch != d.batch)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!types_fit (desc, a, b, c, d) || desc.transpose_c != CUBLAS_OP_N)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  if (desc.epilogue == CUBLASLT_EPILOGUE_DEFAULT)
    return CUBLAS_STATUS_SUCCESS;
  /* Float64 has no epilogue but the default; a bias runs down the columns of a column-major D in D's type. */
  if ((desc.epilogue != CUBLASLT_EPILOGUE_RELU && desc.epilogue != CUBLASLT_EPILOGUE_BIAS
       && desc.epilogue != CUBLASLT_EPILOGUE_RELU_BIAS)
      || desc.compute == CUBLAS_COMPUTE_64F
      || (has_bias && (d.order != CUBLASLT_ORDER_COL || (desc.bias_type >= 0 && desc.bias_type != (int32_t) d.type))))
    return CUBLAS_STATUS_NOT_SUPPORTED;
  return CUBLAS_STATUS_SUCCESS;
}

/* ---- algorithms ---- */

static size_t
algo_workspace (uint64_t id)
{
  return id == 1 ? SPLIT_BYTES : 0;
}

static uint32_t
algo_reduction (uint64_t id)
{
  return id == 0 ? CUBLASLT_REDUCTION_SCHEME_NONE
         : id == 1 ? CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE : CUBLASLT_REDUCTION_SCHEME_INPLACE;
}

cublasStatus_t
cublasLtMatmulAlgoGetHeuristic (cublasLtHandle_t,
                                cublasLtMatmulDesc_t             desc_handle,
                                cublasLtMatrixLayout_t           a,
                                cublasLtMatrixLayout_t           b,
                                cublasLtMatrixLayout_t           c,
                                cublasLtMatrixLayout_t           d,
                                cublasLtMatmulPreference_t       preference_handle,
                                int                              n_wanted,
                                cublasLtMatmulHeuristicResult_t  results[],
                                int                             *n)
{
  const Desc &desc = *reinterpret_cast<Desc *> (desc_handle);
  const Layout &first = *reinterpret_cast<Layout *> (a);
  const Preference &preference = *reinterpret_cast<Preference *> (preference_handle);
  uint64_t k = desc.transpose_a == CUBLAS_OP_N ? first.columns : first.rows;
  cublasStatus_t status = accept (desc, first, *reinterpret_cast<Layout *> (b), *reinterpret_cast<Layout *> (c),
                                  *reinterpret_cast<Layout *> (d));

  *n = 0;
  if (status != CUBLAS_STATUS_SUCCESS || n_wanted < 1)
    return status != CUBLAS_STATUS_SUCCESS ? status : CUBLAS_STATUS_INVALID_VALUE;
  for (uint64_t id = 0; id < 3 && *n < n_wanted; id++) {
    uint32_t reduction = algo_reduction (id);

    if (algo_workspace (id) > preference.workspace || (reduction & ~preference.reductions) != 0 || (id > 0 && k < 64))
      continue;
    cublasLtMatmulHeuristicResult_t *result = &results[(*n)++];
    memset (result, 0, sizeof *result);
    result->algo.data[0] = ALGO_MARK;
    result->algo.data[1] = id;
    result->workspaceSize = algo_workspace (id);
    result->state = CUBLAS_STATUS_SUCCESS;
    result->wavesCount = 1;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulAlgoCheck (cublasLtHandle_t,
                         cublasLtMatmulDesc_t             desc,
                         cublasLtMatrixLayout_t           a,
                         cublasLtMatrixLayout_t           b,
                         cublasLtMatrixLayout_t           c,
                         cublasLtMatrixLayout_t           d,
                         const cublasLtMatmulAlgo_t      *algo,
                         cublasLtMatmulHeuristicResult_t *result)
{
  cublasStatus_t status = accept (*reinterpret_cast<Desc *> (desc), *reinterpret_cast<Layout *> (a),
                                  *reinterpret_cast<Layout *> (b), *reinterpret_cast<Layout *> (c),
                                  *reinterpret_cast<Layout *> (d));

  if (algo->data[0] != ALGO_MARK || algo->data[1] > 2)
    status = CUBLAS_STATUS_INVALID_VALUE;
  memset (result, 0, sizeof *result);
  result->algo = *algo;
  result->state = status;
  result->workspaceSize = status == CUBLAS_STATUS_SUCCESS ? algo_workspace (algo->data[1]) : 0;
  return status;
}

cublasStatus_t
cublasLtMatmulAlgoConfigGetAttribute (const cublasLtMatmulAlgo_t           *algo,
                                      cublasLtMatmulAlgoConfigAttributes_t  attribute,
                                      void                                 *value,
                                      size_t                                bytes,
                                      size_t                               *written)
{
  int32_t number;

  if (algo->data[0] != ALGO_MARK)
    return CUBLAS_STATUS_INVALID_VALUE;
  switch (attribute) {
  case CUBLASLT_ALGO_CONFIG_ID:
    number = (int32_t) algo->data[1];
    break;
  case CUBLASLT_ALGO_CONFIG_SPLITK_NUM:
    number = algo->data[1] == 0 ? 1 : 2;
    break;
  case CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME:
    number = (int32_t) algo_reduction (algo->data[1]);
    break;
  default:
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (bytes != sizeof number)
    return CUBLAS_STATUS_INVALID_VALUE;
  memcpy (value, &number, sizeof number);
  if (written != nullptr)
    *written = sizeof number;
  return CUBLAS_STATUS_SUCCESS;
}

/* ---- computing ---- */

static float
read_bfloat16 (uint16_t bits)
{
  uint32_t word = (uint32_t) bits << 16;
  float number;

  memcpy (&number, &word, sizeof number);
  return number;
}

static uint16_t
write_bfloat16 (float number)
{
  uint32_t word;

  memcpy (&word, &number, sizeof word);
  if (number != number)
    return 0x7fc0;
  return (uint16_t) ((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

static float
cut_tf32 (float number)
{
  uint32_t word;

  memcpy (&word, &number, sizeof word);
  word &= 0xffffe000u;
  memcpy (&number, &word, sizeof number);
  return number;
}

template <typename T>
static T
read_element (const void  *data,
              cudaDataType type,
              int64_t      i)
{
  switch (type) {
  case CUDA_R_64F:
    return (T) static_cast<const double *> (data)[i];
  case CUDA_R_32F:
    return (T) static_cast<const float *> (data)[i];
  default:
    return (T) read_bfloat16 (static_cast<const uint16_t *> (data)[i]);
  }
}

template <typename T>
static void
write_element (void        *data,
               cudaDataType type,
               int64_t      i,
               T            value)
{
  switch (type) {
  case CUDA_R_64F:
    static_cast<double *> (data)[i] = (double) value;
    break;
  case CUDA_R_32F:
    static_cast<float *> (data)[i] = (float) value;
    break;
  default:
    static_cast<uint16_t *> (data)[i] = write_bfloat16 ((float) value);
    break;
  }
}

static int64_t
element (const Layout &layout,
         int64_t       batch,
         int64_t       row,
         int64_t       column)
{
  return batch * layout.stride + (layout.order == CUBLASLT_ORDER_COL ? column * layout.ld + row
                                                                     : row * layout.ld + column);
}

struct Problem
{
  Desc        desc;
  Layout      a, b, c, d;
  double      alpha, beta;
  const void *data_a, *data_b, *data_c;
  void       *data_d;
  uint64_t    algo;
};

/* op (X) of one item, column after column. */
template <typename T>
static std::vector<T>
packed (const Problem &p,
        const Layout  &layout,
        const void    *data,
        int            transpose,
        int64_t        batch)
{
  int64_t rows = (int64_t) (transpose == CUBLAS_OP_N ? layout.rows : layout.columns);
  int64_t columns = (int64_t) (transpose == CUBLAS_OP_N ? layout.columns : layout.rows);
  std::vector<T> out ((size_t) (rows * columns));

  for (int64_t j = 0; j < columns; j++)
    for (int64_t i = 0; i < rows; i++) {
      T value = read_element<T> (data, layout.type, transpose == CUBLAS_OP_N ? element (layout, batch, i, j)
                                                                             : element (layout, batch, j, i));

      if (p.desc.compute == CUBLAS_COMPUTE_32F_FAST_TF32)
        value = (T) cut_tf32 ((float) value);
      else if (p.desc.compute == CUBLAS_COMPUTE_32F_FAST_16BF)
        value = (T) read_bfloat16 (write_bfloat16 ((float) value));
      out[(size_t) (j * rows + i)] = value;
    }
  return out;
}

template <typename T>
static void
multiply_item (const Problem &p,
               int64_t        batch)
{
  std::vector<T> a = packed<T> (p, p.a, p.data_a, p.desc.transpose_a, batch);
  std::vector<T> b = packed<T> (p, p.b, p.data_b, p.desc.transpose_b, batch);
  int64_t m = (int64_t) p.d.rows, n = (int64_t) p.d.columns, k = (int64_t) a.size () / m;
  int64_t parts = p.algo == 0 ? 1 : 2;
  std::vector<T> sum ((size_t) m), part ((size_t) m);

  for (int64_t j = 0; j < n; j++) {
    for (int64_t s = 0; s < parts; s++) {
      std::fill (part.begin (), part.end (), (T) 0);
      for (int64_t l = s * k / parts; l < (s + 1) * k / parts; l++) {
        const T *column = &a[(size_t) (l * m)];
        T factor = b[(size_t) (j * k + l)], *to = part.data ();

        for (int64_t i = 0; i < m; i++)
          to[i] += column[i] * factor;
      }
      for (int64_t i = 0; i < m; i++)
        sum[(size_t) i] = s == 0 ? part[(size_t) i] : sum[(size_t) i] + part[(size_t) i];
    }
    for (int64_t i = 0; i < m; i++) {
      T value = (T) p.alpha * sum[(size_t) i];

      if (p.beta != 0)
        value += (T) p.beta * read_element<T> (p.data_c, p.c.type, element (p.c, batch, i, j));
      if ((p.desc.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0)
        value += read_element<T> (p.desc.bias, p.d.type, batch * p.desc.bias_stride + i);
      if ((p.desc.epilogue & CUBLASLT_EPILOGUE_RELU) != 0 && value < 0)
        value = 0;
      write_element (p.data_d, p.d.type, element (p.d, batch, i, j), value);
    }
  }
}

static size_t
layout_bytes (const Layout &layout)
{
  return (size_t) (element (layout, layout.batch - 1, (int64_t) layout.rows - 1, (int64_t) layout.columns - 1) + 1)
         * type_bytes (layout.type);
}

static void
multiply (const Problem &p)
{
  static const char call[] = "cublasLtMatmul";

  if (!emulator_check_range (call, "A", p.data_a, layout_bytes (p.a))
      || !emulator_check_range (call, "B", p.data_b, layout_bytes (p.b))
      || !emulator_check_range (call, "D", p.data_d, layout_bytes (p.d))
      || (p.beta != 0 && !emulator_check_range (call, "C", p.data_c, layout_bytes (p.c)))
      || ((p.desc.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0
          && !emulator_check_range (call, "the bias", p.desc.bias, p.d.rows * type_bytes (p.d.type))))
    return;
  emulator_unlock_memory ();
  for (int64_t batch = 0; batch < p.d.batch; batch++)
    if (p.desc.compute == CUBLAS_COMPUTE_64F)
      multiply_item<double> (p, batch);
    else
      multiply_item<float> (p, batch);
  emulator_lock_memory ();
}

cublasStatus_t
cublasLtMatmul (cublasLtHandle_t,
                cublasLtMatmulDesc_t        desc,
                const void                 *alpha,
                const void                 *data_a,
                cublasLtMatrixLayout_t      a,
                const void                 *data_b,
                cublasLtMatrixLayout_t      b,
                const void                 *beta,
                const void                 *data_c,
                cublasLtMatrixLayout_t      c,
                void                       *data_d,
                cublasLtMatrixLayout_t      d,
                const cublasLtMatmulAlgo_t *algo,
                void                       *workspace,
                size_t                      workspace_bytes,
                cudaStream_t                stream)
{
  Problem p = { *reinterpret_cast<Desc *> (desc), *reinterpret_cast<Layout *> (a), *reinterpret_cast<Layout *> (b),
                *reinterpret_cast<Layout *> (c), *reinterpret_cast<Layout *> (d), 0, 0, data_a, data_b, data_c, data_d,
                algo != nullptr ? algo->data[1] : 0 };
  cublasStatus_t status = accept (p.desc, p.a, p.b, p.c, p.d);
  size_t needed = algo_workspace (p.algo);

  if (status != CUBLAS_STATUS_SUCCESS)
    return status;
  if (alpha == nullptr || beta == nullptr || data_a == nullptr || data_b == nullptr || data_d == nullptr
      || p.desc.pointer_mode != CUBLASLT_POINTER_MODE_HOST
      || ((p.desc.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0 && p.desc.bias == nullptr)
      || (algo != nullptr && (algo->data[0] != ALGO_MARK || algo->data[1] > 2))
      || workspace_bytes < needed || (needed > 0 && workspace == nullptr))
    return CUBLAS_STATUS_INVALID_VALUE;
  p.alpha = p.desc.scale == CUDA_R_64F ? *static_cast<const double *> (alpha) : *static_cast<const float *> (alpha);
  p.beta = p.desc.scale == CUDA_R_64F ? *static_cast<const double *> (beta) : *static_cast<const float *> (beta);
  if (!emulator_settings ().texts.empty ())
    return CUBLAS_STATUS_SUCCESS;
  return emulator_enqueue (stream, [p, workspace, needed] {
    if (emulator_check_range ("cublasLtMatmul", "the workspace", workspace, needed)) {
      emulator_unlock_memory ();
      if (needed > 0)
        memset (workspace, 0xff, needed);
      emulator_lock_memory ();
      multiply (p);
    }
  }, "cublasLtMatmul") == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}
