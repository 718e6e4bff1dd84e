/* SPDX-License-Identifier: Apache-2.0
 *
 * test-pairs.c: generated kernels over pairs of points (source-gram.c) are compiled by the real NVRTC for all
 * generations of GPUs, and what the assembler says is checked: hardly a register spilled, shared memory within the 48 KB
 * that every block has. No GPU is needed; skipped where there is no NVRTC. That the texts compute the
 * right numbers is shown by tests/device, run through the emulated module.
 */
#include "kernels/cuda/nvrtc.h"
#include "kernels/cuda/source.h"
#include "tests/kernels/tap.h"

#define MAX_TEXTS 32
#define MOST_SPILLED 64 /* bytes of a thread: the assembler gives up a few registers for another block on the processor */

typedef struct
{
  MpOp    op;
  MpDtype dtype;
  int64_t m, n, k;
  int     bandwidths;
  int     gradients; /* 0: the mean alone; 1: with the weights' sums and contractions; 2: the largest entries too */
} Pairs;

/* Sizes for which threads have 4×4, 2×2 and 1 pairs; the most dimensions and bandwidths. */
static const Pairs cases[] = {
  { MP_OP_SQDIST, MP_FLOAT32, 65536, 65536, 2, 5, 1 }, { MP_OP_SQDIST, MP_FLOAT32, 70000, 70000, 32, 10, 0 },
  { MP_OP_SQDIST, MP_FLOAT32, 4096, 4096, 16, 5, 1 },  { MP_OP_SQDIST, MP_FLOAT32, 4096, 4000, 8, 10, 2 },
  { MP_OP_SQDIST, MP_FLOAT32, 1024, 1000, 10, 5, 1 },  { MP_OP_SQDIST, MP_FLOAT32, 200, 200, 2, 5, 1 },
  { MP_OP_SQDIST, MP_FLOAT32, 200, 200, 10, 1, 1 },    { MP_OP_SQDIST, MP_FLOAT64, 4096, 4096, 2, 5, 1 },
  { MP_OP_SQDIST, MP_FLOAT64, 4096, 4096, 8, 10, 1 },  { MP_OP_SQDIST, MP_FLOAT64, 100, 70, 16, 3, 0 },
  { MP_OP_MATMUL, MP_FLOAT32, 4096, 4096, 16, 3, 1 },  { MP_OP_MATMUL, MP_FLOAT32, 1, 1, 1, 1, 2 },
};

static int
emit (MpProgram *program,
      MpOp       op,
      int        a,
      int        b,
      double     scalar)
{
  program->instruction[program->n_instructions] = (MpInstruction) { (int32_t) op, { a, b, -1 }, { scalar } };
  return program->n_inputs + program->n_instructions++;
}

static void
put_out (MpProgram *program,
         int        reg,
         MpReduce   reduce,
         int        axes,
         int        operand)
{
  program->output[program->n_outputs].reg = reg;
  program->output[program->n_outputs].reduce = (int32_t) reduce;
  program->output[program->n_outputs].axes = axes;
  program->output[program->n_outputs].operand = operand;
  program->output[program->n_outputs++].scale = 0.5;
}

/* K = Σ_b exp (D·c_b) with live c_b, W = Σ_b c_b·exp (D·c_b), as plans of MMD losses have them. */
static void
write_program (const Pairs *pairs,
               MpProgram   *program)
{
  int k = -1, w = -1, operand = pairs->bandwidths + 2;

  *program = (MpProgram) { .dtype = pairs->dtype, .rank = 2, .dim = { pairs->m, pairs->n },
                           .n_inputs = pairs->bandwidths + 1 };
  program->input[0].stride[0] = pairs->n;
  program->input[0].stride[1] = 1;
  for (int b = 1; b <= pairs->bandwidths; b++) {
    int e = emit (program, MP_OP_EXP, emit (program, MP_OP_MUL, 0, b, 0), -1, 0), c = emit (program, MP_OP_MUL, e, b, 0);

    k = k < 0 ? e : emit (program, MP_OP_ADD, k, e, 0);
    w = w < 0 ? c : emit (program, MP_OP_ADD, w, c, 0);
  }
  put_out (program, k, MP_REDUCE_SUM, 3, 0);
  if (pairs->gradients == 0)
    return;
  put_out (program, w, MP_REDUCE_SUM, 2, 0);
  put_out (program, w, MP_REDUCE_SUM, 1, 0);
  put_out (program, w, MP_CONTRACT, 2, operand);
  put_out (program, w, MP_CONTRACT, 1, operand + 1);
  for (int axes = 1; pairs->gradients == 2 && axes <= 3; axes++)
    put_out (program, k, MP_REDUCE_MAX, axes, 0);
}

static char *
write_text (const Pairs *pairs,
            char        *title,
            size_t       size)
{
  const MpSourceTarget target = { 132 };
  const MpSourceProduct product = { .op = pairs->op, .dtype = pairs->dtype, .batch = 1, .m = pairs->m, .n = pairs->n,
                                    .k = pairs->k, .transpose_b = 1 };
  int64_t columns[MP_PROGRAM_MAX_OUTPUTS];
  MpProgram program;
  MpSource source;

  write_program (pairs, &program);
  for (int o = 0; o < MP_PROGRAM_MAX_OUTPUTS; o++)
    columns[o] = pairs->k;
  if (mp_source_gram (&product, &program, columns, &target, &source) != MP_OK) {
    printf ("# %s\n", mp_kernels_error ());
    return NULL;
  }
  snprintf (title, size, "%s %s %lld×%lld of %lld dimensions, %d bandwidths, %s: %ux%u blocks, %zu bytes of workspace",
            mp_op_name (pairs->op), mp_dtype_name (pairs->dtype), (long long) pairs->m, (long long) pairs->n,
            (long long) pairs->k, pairs->bandwidths, source.title, source.grid[0], source.grid[1],
            source.workspace_bytes);
  return source.text;
}

/* The number before `what` after a kernel's name in the assembler's words, or −1. */
static int
find_number (const char *log,
             const char *name,
             const char *what)
{
  const char *at = strstr (log, name), *end = at != NULL ? strstr (at + 1, "Compiling entry") : NULL, *word;

  word = at != NULL ? strstr (at, what) : NULL;
  if (word == NULL || (end != NULL && word > end))
    return -1;
  while (word > at && (word[-1] == ' ' || (word[-1] >= '0' && word[-1] <= '9')))
    word--;
  return atoi (word);
}

static void
test_architecture (int          capability,
                   char *const *texts,
                   char        (*titles)[160],
                   int          n)
{
  MpNvrtcKey keys[MAX_TEXTS];
  void *image = NULL;
  size_t bytes;
  char *log = NULL;

  for (int i = 0; i < n; i++)
    mp_nvrtc_key (texts[i], capability, &keys[i]);
  if (mp_nvrtc_compile ((const char *const *) texts, keys, n, capability, &image, &bytes, &log) != MP_OK) {
    tap_ok (0, "sm_%d: %s", capability, mp_kernels_error ());
    return;
  }
  for (int i = 0; i < n; i++) {
    char name[MP_NVRTC_NAME_SIZE];
    int spilled, registers, shared;

    mp_nvrtc_name (&keys[i], name);
    spilled = find_number (log, name, "bytes spill stores");
    registers = find_number (log, name, "registers");
    shared = find_number (log, name, "bytes smem");
    tap_ok (spilled >= 0 && spilled <= MOST_SPILLED && registers > 0 && registers <= 255 && shared <= 48 * 1024, "sm_%d %s: %d registers, %d bytes shared, "
            "%d spilled", capability, titles[i], registers, shared, spilled);
  }
  free (image);
  free (log);
}

static void
test_limits (void)
{
  const Pairs wide = { MP_OP_SQDIST, MP_FLOAT32, 100, 100, 33, 1, 0 };
  const Pairs much = { MP_OP_SQDIST, MP_FLOAT32, 100, 100, 20, 1, 1 };
  char title[160];

  tap_ok (write_text (&wide, title, sizeof title) == NULL && strstr (mp_kernels_error (), "33 dimensions") != NULL,
          "more than 32 dimensions are left to tiles");
  tap_ok (write_text (&much, title, sizeof title) == NULL && strstr (mp_kernels_error (), "21 results per row") != NULL,
          "more accumulators than registers are left to tiles");
}

int
main (void)
{
  static const int capabilities[] = { 75, 90, 120 };
  static char titles[MAX_TEXTS][160];
  char *texts[MAX_TEXTS];
  int n = 0, major, minor;

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    texts[n] = write_text (&cases[i], titles[n], sizeof titles[n]);
    tap_ok (texts[n] != NULL, "a text for case %zu", i);
    n += texts[n] != NULL;
  }
  test_limits ();
  if (mp_nvrtc_version (&major, &minor) != MP_OK)
    tap_ok (1, "compiling # SKIP %s", mp_kernels_error ());
  else
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
      test_architecture (capabilities[i], texts, titles, n);
  for (int i = 0; i < n; i++)
    free (texts[i]);
  return tap_done ();
}
