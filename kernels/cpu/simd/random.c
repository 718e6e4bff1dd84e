/* SPDX-License-Identifier: Apache-2.0
 *
 * random.c: random tensors as philox.h defines them, many Philox blocks at a time.
 */
#include "kernels/cpu/simd/math.h"

#define BLOCKS 64

typedef struct
{
  uint32_t x[4][BLOCKS];
} Words;

static void
make_words (const MpRunContext *context,
            uint32_t            stream,
            uint32_t            first,
            Words              *words)
{
  for (uint32_t b = 0; b < BLOCKS; b++) {
    uint32_t out[4];

    mp_philox (context->seed, first + b, stream, context->step, out);
    for (int j = 0; j < 4; j++)
      words->x[j][b] = out[j];
  }
}

static void
uniform (const Words *words,
         real         low,
         real         width,
         real        *out)
{
  for (int j = 0; j < 4; j++)
    for (int b = 0; b < BLOCKS; b++)
      out[4 * b + j] = low + width * ((real) (int32_t) (words->x[j][b] >> 8) * (real) 0x1p-24);
}

static void
normal (const Words *words,
        real         mean,
        real         deviation,
        real        *out)
{
  for (int pair = 0; pair < 4; pair += 2)
    for (int b = 0; b < BLOCKS; b++) {
      real u = ((real) (int32_t) (words->x[pair][b] >> 8) + (real) 0.5) * (real) 0x1p-24;
      real v = (real) (int32_t) (words->x[pair + 1][b] >> 8) * (real) 0x1p-24;
#if MP_BITS == 32
      real radius = deviation * sqrtf (-2.0f * m_log (u)), s, c;
#else
      real radius = deviation * sqrt (-2.0 * m_log (u)), s, c;
#endif

      m_sincos_turn (v, &s, &c);
      out[4 * b + pair] = mean + radius * c;
      out[4 * b + pair + 1] = mean + radius * s;
    }
}

static void
categorical (const Words *words,
             uint32_t     n,
             int32_t     *out)
{
  for (int j = 0; j < 4; j++)
    for (int b = 0; b < BLOCKS; b++)
      out[4 * b + j] = (int32_t) (((uint64_t) words->x[j][b] * n) >> 32);
}

void
SYMBOL (random) (MpOp                op,
                 const MpAttrs      *attrs,
                 const MpRunContext *context,
                 int64_t             count,
                 void               *out)
{
  _Alignas (MP_ALIGNMENT) real    values[4 * BLOCKS];
  _Alignas (MP_ALIGNMENT) int32_t integers[4 * BLOCKS];
  real                            a = (real) attrs->scalar[0], b = (real) attrs->scalar[1];
  Words                           words;

  for (int64_t first = 0; first < count; first += 4 * BLOCKS) {
    size_t n = (size_t) (count - first < 4 * BLOCKS ? count - first : 4 * BLOCKS);

    make_words (context, attrs->stream, (uint32_t) (first / 4), &words);
    if (op == MP_OP_RANDOM_CATEGORICAL) {
      categorical (&words, (uint32_t) attrs->scalar[0], integers);
      memcpy ((int32_t *) out + first, integers, n * sizeof (int32_t));
      continue;
    }
    if (op == MP_OP_RANDOM_UNIFORM)
      uniform (&words, a, b - a, values);
    else
      normal (&words, a, b, values);
    memcpy ((real *) out + first, values, n * sizeof (real));
  }
}
