/* SPDX-License-Identifier: Apache-2.0
 *
 * source.c: what all generated texts are made of, and the split of a program into texts.
 *
 * A program becomes one kernel where its outputs are stored, reduced over one set of axes, or reduced over that set and
 * over everything. Further sets of axes become kernels of their own that compute the program again; the one that
 * stores is the last, so that an output may lie where an input does.
 */
#include "kernels/cuda/source-private.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernel.h"

/* ---- text ---- */

static locale_t plain;

static void
make_plain (void)
{
  plain = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
}

/* Numbers are CUDA's whatever the user's decimal comma is. */
void
mp_text_add (MpText     *text,
             const char *format,
             ...)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  locale_t users;
  va_list  args, again;
  int      length;

  pthread_once (&once, make_plain);
  users = uselocale (plain);
  va_start (args, format);
  va_copy (again, args);
  length = vsnprintf (NULL, 0, format, args);
  if (text->length + (size_t) length + 1 > text->size && !text->failed) {
    size_t size = 2 * (text->length + (size_t) length + 1024);
    char  *data = realloc (text->data, size);

    text->failed = data == NULL;
    text->data = data != NULL ? data : text->data;
    text->size = data != NULL ? size : text->size;
  }
  if (!text->failed) {
    vsnprintf (text->data + text->length, text->size - text->length, format, again);
    text->length += (size_t) length;
  }
  va_end (again);
  va_end (args);
  uselocale (users);
}

MpStatus
mp_source_finish (MpText   *text,
                  MpSource *source)
{
  if (text->failed) {
    free (text->data);
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for the text of a generated kernel.");
  }
  source->text = text->data;
  return MP_OK;
}

void
mp_source_clear (MpSource *source)
{
  free (source->text);
  source->text = NULL;
}

/* ---- the domain ---- */

static void
mark_needed (MpWalk *walk)
{
  const MpProgram *program = walk->program;

  for (int o = 0; o < program->n_outputs; o++)
    if (walk->outputs >> o & 1)
      walk->needed[program->output[o].reg] = 1;
  for (int i = program->n_instructions - 1; i >= 0; i--) {
    const MpInstruction *in = &program->instruction[i];

    if (!walk->needed[program->n_inputs + i] || in->op == MP_OP_CONSTANT)
      continue;
    for (int j = 0; j < mp_op_arity ((MpOp) in->op); j++)
      walk->needed[in->src[j]] = 1;
  }
}

static void
remove_axis (MpWalk *walk,
             int     axis)
{
  for (int a = axis; a + 1 < walk->rank; a++) {
    walk->dim[a] = walk->dim[a + 1];
    for (int i = 0; i < walk->program->n_inputs; i++)
      walk->input[i][a] = walk->input[i][a + 1];
  }
  for (int o = 0; o < walk->program->n_outputs; o++) {
    unsigned low = (1u << axis) - 1;

    walk->reduced[o] = (walk->reduced[o] & low) | (walk->reduced[o] >> 1 & ~low);
  }
  walk->rank--;
}

static int
can_merge (const MpWalk *walk,
           int           axis)
{
  for (int i = 0; i < walk->program->n_inputs; i++)
    if (walk->needed[i] && walk->input[i][axis] != walk->input[i][axis + 1] * walk->dim[axis + 1])
      return 0;
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (walk->outputs >> o & 1 && (walk->reduced[o] >> axis & 1) != (walk->reduced[o] >> (axis + 1) & 1))
      return 0;
  return 1;
}

static int
needs_wide (const MpWalk *walk)
{
  const int64_t limit = INT32_MAX - 65536; /* rounding up to whole blocks stays below 2³² */

  if (walk->count > limit)
    return 1;
  for (int i = 0; i < walk->program->n_inputs; i++) {
    int64_t extent = 1;

    for (int a = 0; a < walk->rank; a++)
      extent += (walk->dim[a] - 1) * walk->input[i][a];
    if (walk->needed[i] && extent > limit)
      return 1;
  }
  return 0;
}

static void
set_dense_strides (MpWalk *walk)
{
  int64_t stride = 1;

  for (int a = walk->rank - 1; a >= 0; a--) {
    walk->dense[a] = stride;
    stride *= walk->dim[a];
  }
  walk->wide = needs_wide (walk);
}

void
mp_walk_init_plain (MpWalk          *walk,
                    const MpProgram *program,
                    const MpDtype   *input_dtype,
                    const MpDtype   *output_dtype,
                    unsigned         outputs)
{

  memset (walk, 0, sizeof *walk);
  walk->program = program;
  walk->outputs = outputs;
  walk->real = program->dtype == MP_FLOAT64 ? "double" : "float";
  walk->suffix = walk->real[0];
  walk->rank = program->rank;
  walk->count = 1;
  for (int i = 0; i < program->n_inputs; i++)
    walk->input_dtype[i] = input_dtype != NULL ? input_dtype[i] : program->dtype;
  for (int a = 0; a < program->rank; a++) {
    walk->dim[a] = program->dim[a];
    walk->count *= program->dim[a];
    for (int i = 0; i < program->n_inputs; i++)
      walk->input[i][a] = program->input[i].stride[a];
  }
  for (int o = 0; o < program->n_outputs; o++) {
    walk->output_dtype[o] = output_dtype != NULL ? output_dtype[o] : program->dtype;
    walk->reduced[o] = program->output[o].reduce == MP_STORE
                         ? 0 : (unsigned) program->output[o].axes & ((1u << program->rank) - 1);
  }
  mark_needed (walk);
  set_dense_strides (walk);
}

void
mp_walk_init (MpWalk          *walk,
              const MpProgram *program,
              const MpDtype   *input_dtype,
              const MpDtype   *output_dtype,
              unsigned         outputs)
{
  mp_walk_init_plain (walk, program, input_dtype, output_dtype, outputs);
  for (int a = walk->rank - 1; a >= 0; a--)
    if (walk->dim[a] == 1)
      remove_axis (walk, a);
  for (int a = walk->rank - 2; a >= 0; a--)
    if (can_merge (walk, a)) {
      walk->dim[a + 1] *= walk->dim[a];
      remove_axis (walk, a);
    }
  set_dense_strides (walk);
}

int
mp_walk_stores (const MpWalk *walk,
                int           output)
{
  return (walk->outputs >> output & 1) && walk->reduced[output] == 0;
}

const char *
mp_walk_index (const MpWalk *walk)
{
  return walk->wide ? "unsigned long long" : "unsigned";
}

const char *
mp_storage_name (MpDtype dtype)
{
  return dtype == MP_FLOAT64 ? "double" : (dtype == MP_BFLOAT16 ? "unsigned short" : "float");
}

/* ---- arguments ---- */

void
mp_source_argument (MpSource       *source,
                    MpSourceArgKind kind,
                    int             index,
                    size_t          offset)
{
  source->arg[source->n_args].kind = kind;
  source->arg[source->n_args].index = index;
  source->arg[source->n_args++].offset = offset;
}

void
mp_source_arguments (MpText        *text,
                     const MpWalk  *walk,
                     MpSource      *source,
                     int            first_input,
                     int            offset,
                     const int64_t *partial,
                     int            n_partials)
{
  for (int i = first_input; i < walk->program->n_inputs; i++)
    if (walk->needed[i]) {
      mp_text_add (text, "  const %s *i%d;\n", mp_storage_name (walk->input_dtype[i]), i);
      mp_source_argument (source, MP_ARG_INPUT, i + offset, 0);
    }
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (walk->outputs >> o & 1) {
      mp_text_add (text, "  %s *o%d;\n", mp_storage_name (walk->output_dtype[o]), o);
      mp_source_argument (source, MP_ARG_OUTPUT, o, 0);
    }
  for (int w = 0; w < n_partials; w++) {
    mp_text_add (text, "  double *w%d;\n", w);
    mp_source_argument (source, MP_ARG_WORKSPACE, 0, source->workspace_bytes);
    source->workspace_bytes += ((size_t) partial[w] * sizeof (double) + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
  }
  if (source->n_counters > 0) {
    mp_text_add (text, "  unsigned *n;\n");
    mp_source_argument (source, MP_ARG_COUNTERS, 0, 0);
  }
}

/* ---- pieces ---- */

void
mp_emit_count (MpText       *text,
               const MpWalk *walk,
               int64_t       value)
{
  mp_text_add (text, walk->wide ? "%lldull" : "%lldu", (long long) value);
}

void
mp_emit_real (MpText       *text,
              const MpWalk *walk,
              double        value)
{
  const char *sign = signbit (value) ? "-" : "";

  if (isnan (value))
    mp_text_add (text, "(%s) MP_NAN", walk->real);
  else if (isinf (value) || (walk->suffix == 'f' && isinf ((float) value)))
    mp_text_add (text, "%s(%s) MP_INF", sign, walk->real);
  else if (walk->suffix == 'f')
    mp_text_add (text, value < 0 || *sign ? "(%.9ef)" : "%.9ef", (double) (float) value);
  else
    mp_text_add (text, value < 0 || *sign ? "(%.17e)" : "%.17e", value);
}

void
mp_emit_coordinates (MpText       *text,
                     const MpWalk *walk,
                     const char   *indent,
                     unsigned      axes,
                     const char   *index)
{
  int64_t step = 1, total = 1;

  for (int a = 0; a < walk->rank; a++)
    if (axes >> a & 1)
      total *= walk->dim[a];
  for (int a = walk->rank - 1; a >= 0; a--) {
    if (!(axes >> a & 1))
      continue;
    mp_text_add (text, "%sconst %s c%d = %s", indent, mp_walk_index (walk), a, index);
    if (step > 1) {
      mp_text_add (text, " / ");
      mp_emit_count (text, walk, step);
    }
    step *= walk->dim[a];
    if (step < total) {
      mp_text_add (text, " %% ");
      mp_emit_count (text, walk, walk->dim[a]);
    }
    mp_text_add (text, ";\n");
  }
}

int
mp_emit_offset (MpText        *text,
                const MpWalk  *walk,
                const int64_t *stride,
                unsigned       axes)
{
  int n = 0;

  for (int a = 0; a < walk->rank; a++) {
    if (!(axes >> a & 1) || stride[a] == 0)
      continue;
    mp_text_add (text, n++ > 0 ? " + c%d" : "c%d", a);
    if (stride[a] != 1) {
      mp_text_add (text, " * ");
      mp_emit_count (text, walk, stride[a]);
    }
  }
  if (n == 0)
    mp_text_add (text, walk->wide ? "0ull" : "0u");
  return n > 0;
}

/* The vector type of 16 bytes, or of n bfloat16. */
static const char *
vector_name (MpDtype dtype,
             int     n,
             int    *each)
{
  *each = dtype == MP_FLOAT64 ? 2 : (dtype == MP_FLOAT32 ? 4 : (n >= 8 ? 8 : 4));
  if (n % *each != 0)
    return NULL;
  return dtype == MP_FLOAT64 ? "double2" : (dtype == MP_FLOAT32 ? "float4" : (n >= 8 ? "uint4" : "uint2"));
}

void
mp_emit_load (MpText       *text,
              const MpWalk *walk,
              const char   *indent,
              int           input,
              const char   *at,
              int           n,
              const char   *offset)
{
  static const char members[] = "xyzw";
  MpDtype           dtype = walk->input_dtype[input];
  int               each;
  const char       *vector = n > 1 ? vector_name (dtype, n, &each) : NULL;

  if (vector == NULL) {
    for (int e = 0; e < n; e++)
      mp_text_add (text, dtype == MP_BFLOAT16 ? "%sx%d[%s + %d] = mp_widen (g.i%d[%s + %du]);\n"
                                              : "%sx%d[%s + %d] = g.i%d[%s + %du];\n",
                   indent, input, at, e, input, offset, e);
    return;
  }
  for (int v = 0; v < n; v += each) {
    mp_text_add (text, "%s{\n%s  const %s q = *(const %s *) (g.i%d + (%s + %du));\n", indent, indent, vector, vector,
                 input, offset, v);
    for (int e = 0; e < each; e++)
      if (dtype == MP_BFLOAT16)
        mp_text_add (text, "%s  x%d[%s + %d] = mp_widen (q.%c %s);\n", indent, input, at, v + e, members[e / 2],
                     e % 2 ? ">> 16" : "& 0xffffu");
      else
        mp_text_add (text, "%s  x%d[%s + %d] = q.%c;\n", indent, input, at, v + e, members[e]);
    mp_text_add (text, "%s}\n", indent);
  }
}

void
mp_emit_store (MpText       *text,
               const MpWalk *walk,
               const char   *indent,
               int           output,
               const char   *at,
               int           n,
               const char   *offset)
{
  static const char members[] = "xyzw";
  MpDtype           dtype = walk->output_dtype[output];
  int               each;
  const char       *vector = n > 1 ? vector_name (dtype, n, &each) : NULL;

  if (vector == NULL) {
    for (int e = 0; e < n; e++)
      mp_text_add (text, dtype == MP_BFLOAT16 ? "%sg.o%d[%s + %du] = (unsigned short) mp_narrow (y%d[%s + %d]);\n"
                                              : "%sg.o%d[%s + %du] = y%d[%s + %d];\n",
                   indent, output, offset, e, output, at, e);
    return;
  }
  for (int v = 0; v < n; v += each) {
    mp_text_add (text, "%s{\n%s  %s q;\n", indent, indent, vector);
    if (dtype == MP_BFLOAT16)
      for (int e = 0; e < each; e += 2)
        mp_text_add (text, "%s  q.%c = mp_narrow (y%d[%s + %d]) | mp_narrow (y%d[%s + %d]) << 16;\n", indent,
                     members[e / 2], output, at, v + e, output, at, v + e + 1);
    else
      for (int e = 0; e < each; e++)
        mp_text_add (text, "%s  q.%c = y%d[%s + %d];\n", indent, members[e], output, at, v + e);
    mp_text_add (text, "%s  *(%s *) (g.o%d + (%s + %du)) = q;\n%s}\n", indent, vector, output, offset, v, indent);
  }
}

/* ---- instructions ---- */

/* The constant that a register holds, if it does. */
static int
register_constant (const MpProgram *program,
                   int              reg,
                   double          *value)
{
  const MpInstruction *in = reg >= program->n_inputs ? &program->instruction[reg - program->n_inputs] : NULL;

  if (in == NULL || in->op != MP_OP_CONSTANT)
    return 0;
  *value = in->scalar[0];
  return 1;
}

static void
emit_register (MpText       *text,
               const MpWalk *walk,
               int           reg)
{
  double value;

  if (register_constant (walk->program, reg, &value))
    mp_emit_real (text, walk, value);
  else
    mp_text_add (text, "r%d", reg);
}

/* How an operation is written: $a $b $c operands, $0 $1 scalars, $s the functions' suffix, $f "f" for float. */
static const char *
operation_format (const MpProgram     *program,
                  const MpInstruction *in)
{
  double exponent;

  switch (in->op) {
  case MP_OP_NEG: return "-$a";
  case MP_OP_EXP: return "exp$f ($a)";
  case MP_OP_LOG: return "log$f ($a)";
  case MP_OP_LOG1P: return "log1p$f ($a)";
  case MP_OP_EXPM1: return "expm1$f ($a)";
  case MP_OP_SQRT: return "sqrt$f ($a)";
  case MP_OP_RSQRT: return "rsqrt$f ($a)";
  case MP_OP_SQUARE: return "mp_square_$s ($a)";
  case MP_OP_ABS: return "fabs$f ($a)";
  case MP_OP_SIGN: return "mp_sign_$s ($a)";
  case MP_OP_TANH: return "tanh$f ($a)";
  case MP_OP_SIGMOID: return "mp_sigmoid_$s ($a)";
  case MP_OP_SOFTPLUS: return "mp_softplus_$s ($a)";
  case MP_OP_RELU: return "mp_relu_$s ($a)";
  case MP_OP_LEAKY_RELU: return "mp_leaky_relu_$s ($a, $0)";
  case MP_OP_ELU: return "mp_elu_$s ($a, $0)";
  case MP_OP_CLAMP: return "mp_clamp_$s ($a, $0, $1)";
  case MP_OP_STOP_GRADIENT: return "$a";
  case MP_OP_ADD: return "$a + $b";
  case MP_OP_SUB: return "$a - $b";
  case MP_OP_MUL: return "$a * $b";
  case MP_OP_DIV: return "$a / $b";
  case MP_OP_POW:
    if (register_constant (program, in->src[1], &exponent) && exponent == 2.0)
      return "mp_square_$s ($a)";
    if (register_constant (program, in->src[1], &exponent) && exponent == 3.0)
      return "mp_cube_$s ($a)";
    return "pow$f ($a, $b)";
  case MP_OP_MINIMUM: return "mp_minimum_$s ($a, $b)";
  case MP_OP_MAXIMUM: return "mp_maximum_$s ($a, $b)";
  case MP_OP_EQ: return "$a == $b ? $1 : $0";
  case MP_OP_NE: return "$a != $b ? $1 : $0";
  case MP_OP_LT: return "$a < $b ? $1 : $0";
  case MP_OP_LE: return "$a <= $b ? $1 : $0";
  case MP_OP_GT: return "$a > $b ? $1 : $0";
  case MP_OP_GE: return "$a >= $b ? $1 : $0";
  case MP_OP_SELECT: return "$a != 0 ? $b : $c";
  default: return NULL;
  }
}

static int
is_comparison (int op)
{
  return op >= MP_OP_EQ && op <= MP_OP_GE;
}

void
mp_emit_instructions (MpText       *text,
                      const MpWalk *walk,
                      const char   *indent)
{
  const MpProgram *program = walk->program;

  for (int i = 0; i < program->n_instructions; i++) {
    const MpInstruction *in = &program->instruction[i];
    int                  truth = is_comparison (in->op);

    if (!walk->needed[program->n_inputs + i] || in->op == MP_OP_CONSTANT)
      continue;
    mp_text_add (text, "%sconst %s r%d = ", indent, walk->real, program->n_inputs + i);
    for (const char *p = operation_format (program, in); *p != '\0'; p++)
      if (*p != '$')
        mp_text_add (text, "%c", *p);
      else if (*++p >= 'a' && *p <= 'c')
        emit_register (text, walk, in->src[*p - 'a']);
      else if (*p == '0' || *p == '1')
        mp_emit_real (text, walk, truth ? *p - '0' : in->scalar[*p - '0']);
      else if (*p == 's' || walk->suffix == 'f')
        mp_text_add (text, "%c", *p == 's' ? walk->suffix : 'f');
    mp_text_add (text, ";\n");
  }
}

void
mp_emit_value (MpText       *text,
               const MpWalk *walk,
               int           output)
{
  const MpProgram *program = walk->program;

  emit_register (text, walk, program->output[output].reg);
  if (mp_walk_stores (walk, output) && program->output[output].scale != 1.0) {
    mp_text_add (text, " * ");
    mp_emit_real (text, walk, program->output[output].scale);
  }
}

const char *
mp_neutral (const MpWalk *walk,
            int           output)
{
  return walk->program->output[output].reduce == MP_REDUCE_MAX ? "-MP_INF" : "0";
}

void
mp_emit_result (MpText       *text,
                const MpWalk *walk,
                const char   *indent,
                const char   *condition,
                int           output,
                const char   *at)
{
  double scale = walk->program->output[output].scale;

  mp_text_add (text, "%sif (%s)\n%s  g.o%d[%s] = ", indent, condition, indent, output, at);
  if (walk->output_dtype[output] == MP_BFLOAT16)
    mp_text_add (text, "(unsigned short) mp_narrow ((float) (a%d", output);
  else
    mp_text_add (text, "(%s) (a%d", walk->real, output);
  if (scale != 1.0)
    mp_text_add (text, " * %.17e", scale);
  mp_text_add (text, walk->output_dtype[output] == MP_BFLOAT16 ? "));\n" : ");\n");
}

void
mp_emit_group (MpText       *text,
               const MpWalk *walk,
               const char   *indent,
               int           output,
               unsigned      width)
{
  int max = walk->program->output[output].reduce == MP_REDUCE_MAX;

  if (width > 1)
    mp_text_add (text, "%sa%d = mp_group_%s (a%d, scratch, %uu);\n", indent, output, max ? "max" : "sum", output,
                 width);
}

/* ---- checks and the split ---- */

MpStatus
mp_source_check (const MpProgram *program)
{
  MpStatus status = mp_program_check (program);

  for (int i = 0; status == MP_OK && i < program->n_instructions; i++)
    if (program->instruction[i].op != MP_OP_CONSTANT && operation_format (program, &program->instruction[i]) == NULL)
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "Instruction %d of a fused program is %s, which no generated "
                              "kernel has.", i, mp_op_name ((MpOp) program->instruction[i].op));
  for (int o = 0; status == MP_OK && o < program->n_outputs; o++)
    if (program->output[o].reduce == MP_CONTRACT)
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "Output %d of a fused program is a contraction, which only "
                              "products have.", o);
  return status;
}

/* What sums and maxima over nothing are: 0 and −∞. */
static MpStatus
add_fills (const MpProgram      *program,
           const MpDtype        *output_dtype,
           const MpSourceTarget *target,
           MpSource             *sources,
           int                  *n)
{
  for (int o = 0; o < program->n_outputs; o++) {
    MpProgram fill = { .dtype = program->dtype, .rank = 1, .dim = { 1 }, .n_instructions = 1, .n_outputs = 1 };
    MpWalk    walk;
    MpStatus  status;

    for (int a = 0; a < program->rank; a++)
      if (program->output[o].reduce == MP_STORE || !(program->output[o].axes >> a & 1))
        fill.dim[0] *= program->dim[a];
    if (fill.dim[0] == 0)
      continue;
    fill.instruction[0].op = MP_OP_CONSTANT;
    fill.instruction[0].scalar[0] = program->output[o].reduce == MP_REDUCE_MAX ? -INFINITY : 0.0;
    fill.output[0].scale = program->output[o].scale;
    mp_walk_init (&walk, &fill, NULL, output_dtype != NULL ? &output_dtype[o] : NULL, 1);
    status = mp_source_map (&walk, target, &sources[*n]);
    if (status != MP_OK)
      return status;
    sources[*n].arg[0].index = o;
    ++*n;
  }
  return MP_OK;
}

/* Axes of size 1 reduce nothing; these are the rest, as bits of the program's own axes. */
static unsigned
reduced_axes (const MpProgram *program,
              int              output)
{
  unsigned axes = 0;

  for (int a = 0; a < program->rank; a++)
    if (program->dim[a] > 1 && program->output[output].reduce != MP_STORE && program->output[output].axes >> a & 1)
      axes |= 1u << a;
  return axes;
}

/* Sets of outputs that are made together. Fills `group` with bits of outputs, the one that stores last. */
static int
find_groups (const MpProgram *program,
             unsigned        *group,
             unsigned        *axes)
{
  unsigned all = 0, stored = 0, totals = 0;
  int      n = 0;

  for (int a = 0; a < program->rank; a++)
    all |= program->dim[a] > 1 ? 1u << a : 0;
  for (int o = 0; o < program->n_outputs; o++) {
    unsigned reduced = reduced_axes (program, o);
    int      g = 0;

    if (reduced == 0 || reduced == all) {
      *(reduced == 0 ? &stored : &totals) |= 1u << o;
      continue;
    }
    while (g < n && axes[g] != reduced)
      g++;
    group[g] = g < n ? group[g] | 1u << o : 1u << o;
    axes[g] = reduced;
    n = g < n ? n : n + 1;
  }
  if (n == 0) {
    group[0] = 0;
    axes[n++] = totals != 0 ? all : 0;
  }
  group[n - 1] |= stored | totals;
  return n;
}

/* The merged domain's axes that come from `axes`: those that an output of the group reduces, unless it is a total. */
static unsigned
merged_axes (const MpWalk *walk,
             unsigned      axes)
{
  unsigned merged = 0;

  for (int o = 0; o < walk->program->n_outputs; o++)
    if (walk->outputs >> o & 1 && reduced_axes (walk->program, o) == axes)
      merged = walk->reduced[o];
  return merged;
}

MpStatus
mp_source_program (const MpProgram      *program,
                   const MpDtype        *input_dtype,
                   const MpDtype        *output_dtype,
                   const MpSourceTarget *target,
                   MpSource             *sources,
                   int                  *n)
{
  unsigned group[MP_PROGRAM_MAX_OUTPUTS + 1], axes[MP_PROGRAM_MAX_OUTPUTS + 1];
  int64_t  count = 1;
  int      n_groups;
  MpStatus status = mp_source_check (program);

  *n = 0;
  memset (sources, 0, MP_PROGRAM_MAX_SOURCES * sizeof *sources);
  for (int a = 0; a < program->rank; a++)
    count *= program->dim[a];
  if (status != MP_OK || program->n_outputs == 0)
    return status;
  if (count == 0)
    return add_fills (program, output_dtype, target, sources, n);
  n_groups = find_groups (program, group, axes);
  for (int g = 0; g < n_groups && status == MP_OK; g++) {
    MpWalk walk;

    mp_walk_init (&walk, program, input_dtype, output_dtype, group[g]);
    status = axes[g] == 0 ? mp_source_map (&walk, target, &sources[*n])
                          : mp_source_reduce (&walk, merged_axes (&walk, axes[g]), target, &sources[*n]);
    *n += status == MP_OK;
  }
  for (int i = 0; status != MP_OK && i < *n; i++)
    mp_source_clear (&sources[i]);
  return status;
}
