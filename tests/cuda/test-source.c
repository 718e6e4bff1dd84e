/* SPDX-License-Identifier: Apache-2.0
 *
 * test-source.c: every kind of generated text is compiled by the real NVRTC, for all generations of GPUs, and what the
 * assembler says is checked: registers are not spilled, local memory is not used, no text is without its kernel. No
 * GPU is needed; skipped where there is no NVRTC. That the same texts compute the right numbers is what test-fused.c,
 * test-large.c and test-products.c show, run through the emulated module.
 *
 * test-cuda-source SEED…: writes the texts of these random programs instead.
 * test-cuda-source --units CAPABILITY FILE…: compiles whole translation units instead (check-presets.py).
 */
#include "kernels/cuda/nvrtc.h"
#include "kernels/cuda/source.h"
#include "tests/kernels/programs.h"

#define MAX_TEXTS 1024
#define PARKED 16 /* bytes that the assembler may park outside loops, as it does with an address now and then */

static const MpSourceTarget target = { 132 };

typedef struct
{
  char      *text[MAX_TEXTS];
  char       what[MAX_TEXTS][128];
  MpNvrtcKey key[MAX_TEXTS];
  int        n;
} Texts;

static void
take (Texts      *texts,
      MpSource   *source,
      const char *what)
{
  if (texts->n == MAX_TEXTS)
    abort ();
  snprintf (texts->what[texts->n], sizeof texts->what[0], "%.80s (%s)", what, source->title);
  texts->text[texts->n++] = source->text;
  source->text = NULL;
}

static int
add_program (Texts           *texts,
             const MpProgram *program,
             const MpDtype   *inputs,
             const MpDtype   *outputs,
             const char      *what)
{
  MpSource sources[MP_PROGRAM_MAX_SOURCES];
  int      n;

  if (mp_source_program (program, inputs, outputs, &target, sources, &n) != MP_OK) {
    printf ("# %s: %s\n", what, mp_kernels_error ());
    return 0;
  }
  for (int i = 0; i < n; i++)
    take (texts, &sources[i], what);
  return 1;
}

/* ---- programs ---- */

static void
add_random (Texts *texts,
            int    n)
{
  for (int seed = 1; seed <= n; seed++) {
    Case test;
    char what[40];

    draw_case (&test, (uint64_t) seed);
    snprintf (what, sizeof what, "seed %d", seed);
    add_program (texts, &test.program, NULL, NULL, what);
    free_case (&test);
  }
}

static void
set_input (MpProgram *program,
           int64_t    row,
           int64_t    column)
{
  program->input[program->n_inputs].stride[0] = row;
  program->input[program->n_inputs++].stride[1] = column;
}

static void
set_output (MpProgram *program,
            int        reg,
            MpReduce   reduce,
            int        axes)
{
  program->output[program->n_outputs].reg = reg;
  program->output[program->n_outputs].reduce = (int32_t) reduce;
  program->output[program->n_outputs].axes = axes;
  program->output[program->n_outputs++].scale = reduce == MP_REDUCE_SUM ? 0.25 : 1.0;
}

/* All operations after another, over rows × columns with a row vector and a column beside. */
static MpProgram
every_operation (MpDtype dtype,
                 int64_t rows,
                 int64_t columns)
{
  MpProgram program = { .dtype = dtype, .rank = 2, .dim = { rows, columns } };
  int       last;

  set_input (&program, columns, 1);
  set_input (&program, 0, 1);
  set_input (&program, 1, 0);
  for (int op = 0; op < MP_N_OPS; op++)
    if (mp_op_class ((MpOp) op) == MP_CLASS_ELEMENTWISE) {
      last = program.n_inputs + program.n_instructions - 1;
      program.instruction[program.n_instructions++] = (MpInstruction) { .op = op, .src = { last, 1, 2 },
                                                                        .scalar = { -0.5, 0.75 } };
    }
  return program;
}

static void
add_shapes (Texts *texts)
{
  static const int64_t shapes[][2] = { { 200, 100 }, { 100000, 64 }, { 64, 100000 }, { 70000, 70000 } };

  for (int dtype = MP_FLOAT32; dtype <= MP_FLOAT64; dtype++)
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      for (int kind = 0; kind < 5; kind++) {
        MpProgram program = every_operation ((MpDtype) dtype, shapes[s][0], shapes[s][1]);
        int       last = program.n_inputs + program.n_instructions - 1;
        char      what[64];

        if (kind != 3)
          set_output (&program, last, kind == 0 || kind == 4 ? MP_STORE : MP_REDUCE_SUM, kind);
        if (kind == 1)
          set_output (&program, last - 1, MP_REDUCE_MAX, 2);
        if (kind >= 3)
          set_output (&program, last - 2, MP_REDUCE_SUM, 3);
        if (kind == 4)
          set_output (&program, last - 3, MP_REDUCE_MAX, 1);
        snprintf (what, sizeof what, "%s %lldx%lld, kind %d", mp_dtype_name ((MpDtype) dtype), (long long) shapes[s][0],
                  (long long) shapes[s][1], kind);
        add_program (texts, &program, NULL, NULL, what);
      }
}

static void
add_bfloat16 (Texts *texts)
{
  static const MpDtype narrow[] = { MP_BFLOAT16, MP_FLOAT32, MP_BFLOAT16, MP_BFLOAT16 };

  for (int kind = 0; kind < 4; kind++) {
    MpProgram program = { .dtype = MP_FLOAT32, .rank = 2, .dim = { 4096, kind == 3 ? 333 : 1024 },
                         .n_instructions = 2 };

    set_input (&program, program.dim[1], 1);
    set_input (&program, program.dim[1], 1);
    set_input (&program, 0, 1);
    program.instruction[0] = (MpInstruction) { .op = MP_OP_MUL, .src = { 0, 1 } };
    program.instruction[1] = (MpInstruction) { .op = MP_OP_ADD, .src = { 3, 2 } };
    set_output (&program, 4, MP_STORE, 0);
    if (kind > 0)
      set_output (&program, 3, MP_REDUCE_SUM, kind);
    add_program (texts, &program, narrow, narrow, "bfloat16");
  }
}

/* ---- products ---- */

static void
add_product (Texts                 *texts,
             const MpSourceProduct *product,
             int                    n_outputs)
{
  MpProgram program = { .dtype = product->dtype, .rank = 2, .dim = { product->m, product->n }, .n_instructions = 2 };
  MpSource  source;
  char      what[80];

  snprintf (what, sizeof what, "%s %lldx%lldx%lld%s%s, %d outputs", mp_op_name (product->op), (long long) product->m,
            (long long) product->k, (long long) product->n, product->transpose_a ? " ta" : "",
            product->transpose_b ? " tb" : "", n_outputs);
  set_input (&program, product->n, 1);
  set_input (&program, 0, 1);
  program.instruction[0] = (MpInstruction) { .op = MP_OP_ADD, .src = { 0, 1 } };
  program.instruction[1] = (MpInstruction) { .op = MP_OP_RELU, .src = { 2 } };
  set_output (&program, 3, MP_STORE, 0);
  if (n_outputs > 1) {
    set_output (&program, 3, MP_REDUCE_SUM, 1);
    set_output (&program, 3, MP_REDUCE_SUM, 3);
    set_output (&program, 0, MP_REDUCE_MAX, 2);
  }
  if (mp_source_product (product, n_outputs > 0 ? &program : NULL, NULL, NULL, &target, &source) != MP_OK)
    printf ("# %s: %s\n", what, mp_kernels_error ());
  else
    take (texts, &source, what);
}

static void
add_products (Texts *texts,
              int    all)
{
  static const int64_t shapes[][3] = { { 200, 2, 100 }, { 200, 100, 100 }, { 200, 100, 2 }, { 100, 200, 100 },
                                       { 400, 512, 512 }, { 2, 200, 100 }, { 1, 1, 1 } };

  for (size_t s = 0; s < (all ? sizeof shapes / sizeof *shapes : 2); s++)
    for (int kind = 0; kind < 4; kind++) {
      MpSourceProduct product = { .op = kind == 3 ? MP_OP_SQDIST : MP_OP_MATMUL, .batch = 1, .m = shapes[s][0],
                                  .k = shapes[s][1], .n = shapes[s][2], .transpose_a = kind == 1,
                                  .transpose_b = kind >= 2 };

      product.dtype = s % 2 ? MP_FLOAT64 : MP_FLOAT32;
      add_product (texts, &product, kind == 0 ? 0 : (kind == 1 ? 1 : 4));
    }
}

/* ---- compiling ---- */

/* Keys, each text once. */
static void
drop_doubles (Texts *texts,
              int    capability)
{
  int n = 0;

  for (int i = 0; i < texts->n; i++) {
    MpNvrtcKey key;
    int        seen = mp_nvrtc_key (texts->text[i], capability, &key) != MP_OK;

    for (int j = 0; j < n && !seen; j++)
      seen = memcmp (&texts->key[j], &key, sizeof key) == 0;
    if (seen) {
      free (texts->text[i]);
      continue;
    }
    texts->key[n] = key;
    texts->text[n] = texts->text[i];
    memmove (texts->what[n], texts->what[i], sizeof texts->what[0]);
    n++;
  }
  texts->n = n;
}

/* The text that a line of the log names, or else the line. */
static const char *
what_is (const Texts *texts,
         const char  *line)
{
  const char *at = strstr (line, "mp_");
  char        name[MP_NVRTC_NAME_SIZE];

  for (int i = 0; at != NULL && i < texts->n; i++) {
    mp_nvrtc_name (&texts->key[i], name);
    if (strncmp (at, name, strlen (name)) == 0)
      return texts->what[i];
  }
  return line;
}

/* Counts kernels in the assembler's words, and those that spill or have a stack. */
static void
read_log (const Texts *texts,
          char        *log,
          int         *n_kernels,
          int         *n_spills)
{
  const char *what = "?";
  char       *rest = log, *line;

  *n_kernels = *n_spills = 0;
  while ((line = strsep (&rest, "\n")) != NULL) {
    int stack, stores, loads;

    if (strstr (line, "Compiling entry function") != NULL)
      what = what_is (texts, line);
    *n_kernels += strstr (line, "Compiling entry function") != NULL;
    if (strstr (line, "bytes stack frame") == NULL
        || sscanf (line, "%*[^0-9]%d bytes stack frame, %d bytes spill stores, %d", &stack, &stores, &loads) != 3
        || (stack <= PARKED && stores <= PARKED && loads <= PARKED))
      continue;
    printf ("# %s: %s\n", what, line);
    ++*n_spills;
  }
}

static void
compile (Texts *texts,
         int    capability)
{
  int    architecture, exact, n_kernels = 0, n_spills = 0;
  void  *image = NULL;
  size_t bytes = 0;
  char  *log = NULL;

  if (mp_nvrtc_architecture (capability, &architecture, &exact) != MP_OK || !exact) {
    tap_ok (1, "compute capability %d.%d # SKIP this NVRTC does not have it", capability / 10, capability % 10);
    return;
  }
  drop_doubles (texts, capability);
  if (mp_nvrtc_compile ((const char *const *) texts->text, texts->key, texts->n, capability, &image, &bytes, &log)
      != MP_OK)
    printf ("# %s\n", mp_kernels_error ());
  else
    read_log (texts, log, &n_kernels, &n_spills);
  tap_ok (n_kernels == texts->n && n_kernels > 0 && n_spills == 0,
          "compute capability %d.%d: %d of %d kernels compile, %d "
          "spill", capability / 10, capability % 10, n_kernels, texts->n, n_spills);
  free (image);
  free (log);
}

static void
test_compile (int capability,
              int all)
{
  Texts *texts = calloc (1, sizeof *texts);

  add_random (texts, all ? 60 : 12);
  add_bfloat16 (texts);
  add_products (texts, all);
  if (all)
    add_shapes (texts);
  compile (texts, capability);
  for (int i = 0; i < texts->n; i++)
    free (texts->text[i]);
  free (texts);
}

/* ---- texts ---- */

static int
occurs (const MpProgram *program,
        const char      *piece)
{
  MpSource sources[MP_PROGRAM_MAX_SOURCES];
  int      n, found = 0;

  if (mp_source_program (program, NULL, NULL, &target, sources, &n) != MP_OK)
    return 0;
  for (int i = 0; i < n; i++) {
    found |= strstr (sources[i].text, piece) != NULL;
    mp_source_clear (&sources[i]);
  }
  return found;
}

static void
test_texts (void)
{
  MpProgram large = { .dtype = MP_FLOAT32, .rank = 3, .dim = { 64, 64, 4096 }, .n_inputs = 1, .n_outputs = 1 };
  MpProgram huge, wrong, first;
  MpSource  sources[MP_PROGRAM_MAX_SOURCES];
  int       n;

  large.input[0].stride[0] = 64 * 4096;
  large.input[0].stride[1] = 4096;
  large.input[0].stride[2] = 1;
  large.output[0].scale = 1.0;
  tap_ok (occurs (&large, "float4") && !occurs (&large, " % "),
          "a contiguous program moves 16 bytes and divides nothing");
  huge = large;
  huge.dim[0] = 1 << 20;
  tap_ok (occurs (&huge, "unsigned long long") && !occurs (&large, "unsigned long long"),
          "indices have 64 bits where they must");
  first = large;
  first.output[0].reduce = MP_REDUCE_SUM;
  first.output[0].axes = 7;
  tap_ok (occurs (&first, "mp_last") && occurs (&first, "float4"), "a large sum has parts, which the last block adds");
  first.dim[0] = 0;
  tap_ok (mp_source_program (&first, NULL, NULL, &target, sources, &n) == MP_OK && n == 1,
          "a sum over nothing is written");
  mp_source_clear (&sources[0]);
  first.output[0].reduce = MP_STORE;
  tap_ok (mp_source_program (&first, NULL, NULL, &target, sources, &n) == MP_OK && n == 0,
          "an empty store needs no kernel");
  wrong = large;
  wrong.output[0].reduce = MP_CONTRACT;
  tap_ok (mp_source_program (&wrong, NULL, NULL, &target, sources, &n) == MP_STATUS_UNSUPPORTED && n == 0,
          "contractions are declined: %s", mp_kernels_error ());
  wrong = large;
  wrong.output[0].reg = 7;
  tap_ok (mp_source_program (&wrong, NULL, NULL, &target, sources, &n) == MP_STATUS_INVALID,
          "a wrong register is an error: %s",
          mp_kernels_error ());
}

/* ---- whole units ---- */

static char *
read_unit (const char *path)
{
  FILE  *file = fopen (path, "rb");
  size_t size = 1 << 24, prelude = strlen (mp_source_prelude);
  char  *text = calloc (1, size);

  if (file == NULL || text == NULL)
    abort ();
  size = fread (text, 1, size - 1, file);
  fclose (file);
  if (strncmp (text, mp_source_prelude, prelude) == 0)
    memmove (text, text + prelude, size - prelude + 1);
  return text;
}

static int
compile_units (int    capability,
               char **paths,
               int    n)
{
  int n_kernels = 0, n_spills = 0;

  for (int i = 0; i < n; i++) {
    char      *text = read_unit (paths[i]), *log = NULL;
    Texts      none = { .n = 0 };
    MpNvrtcKey key;
    void      *image = NULL;
    size_t     bytes;
    int        kernels, spills;

    if (mp_nvrtc_key (text, capability, &key) != MP_OK
        || mp_nvrtc_compile ((const char *[]) { text }, &key, 1, capability, &image, &bytes, &log) != MP_OK) {
      printf ("%s\n", mp_kernels_error ());
      return 1;
    }
    read_log (&none, log, &kernels, &spills);
    n_kernels += kernels;
    n_spills += spills;
    free (image);
    free (log);
    free (text);
  }
  printf ("%d kernels, %d spill\n", n_kernels, n_spills);
  return n_spills > 0;
}

int
main (int    argc,
      char **argv)
{
  static const int others[] = { 75, 80, 100, 120 };
  int              major, minor;

  if (argc > 2 && strcmp (argv[1], "--units") == 0)
    return mp_nvrtc_version (&major, &minor) != MP_OK ? 77 : compile_units (atoi (argv[2]), argv + 3, argc - 3);
  for (int i = 1; i < argc; i++) {
    Texts *texts = calloc (1, sizeof *texts);
    Case   test;

    draw_case (&test, strtoull (argv[i], NULL, 10));
    add_program (texts, &test.program, NULL, NULL, argv[i]);
    for (int t = 0; t < texts->n; t++)
      puts (texts->text[t]);
  }
  if (argc > 1)
    return 0;
  test_texts ();
  if (mp_nvrtc_version (&major, &minor) != MP_OK) {
    tap_ok (1, "compiling # SKIP %s", mp_kernels_error ());
    return tap_done ();
  }
  printf ("# NVRTC %d.%d\n", major, minor);
  test_compile (90, 1);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    test_compile (others[i], 0);
  return tap_done ();
}
