/* SPDX-License-Identifier: Apache-2.0
 *
 * contracting.c: a device class around the CPU's. Kernels without contractions are the CPU's own, between copies of
 * bfloat16 tensors in float32; those with contractions are evaluated point by point.
 */
#include "tests/engine/contracting.h"

#include <string.h>

#include "engine/graph/graph-private.h"

typedef struct
{
  MpKernel     *inner;    /* the CPU's, or NULL: contractions, by the rest */
  MpOp          op;
  MpAttrs       attrs;
  MpProgram     program;
  guint         n_inputs, n_outputs;
  MpTensorType *types;    /* inputs, then outputs */
  void        **address;
  gboolean      widens;   /* some tensor is bfloat16: address holds copies, outer the tensors */
  void        **outer;
} Kernel;

MpDeviceClass contracting_class;
MpPrecision contracting_precision;
MpOp contracting_declines = MP_N_OPS;

static guint n_runs;

static gboolean
has_contractions (const MpKernelSpec *spec)
{
  guint n = 0;

  for (gint o = 0; spec->program != NULL && o < spec->program->n_outputs; o++) {
    n += spec->program->output[o].reduce == MP_CONTRACT;
    if (spec->program->output[o].reduce == MP_REDUCE_MAX)
      return FALSE;
  }
  for (gint i = 0; i < spec->n_inputs; i++)
    if (spec->inputs[i].dtype == MP_BFLOAT16)
      return FALSE;
  return n > 0 && (spec->op == MP_OP_SQDIST || spec->op == MP_OP_MATMUL);
}

static double
get (const MpTensorType *type,
     const void         *address,
     gint64              i)
{
  return type->dtype == MP_FLOAT64 ? ((const double *) address)[i] : ((const float *) address)[i];
}

static void
add (const MpTensorType *type,
     void               *address,
     gint64              i,
     double              value)
{
  if (type->dtype == MP_FLOAT64)
    ((double *) address)[i] += value;
  else
    ((float *) address)[i] += (float) value;
}

static double
product (const Kernel *self,
         gint64        i,
         gint64        j)
{
  const MpTensorType *x = &self->types[0], *y = &self->types[1];
  gboolean distance = self->op == MP_OP_SQDIST;
  gint64 d = x->dim[self->attrs.transpose_a ? 0 : 1];
  double sum = 0;

  for (gint64 k = 0; k < d; k++) {
    double a = get (x, self->address[0], self->attrs.transpose_a ? k * x->dim[1] + i : i * d + k);
    double b = get (y, self->address[1], distance || self->attrs.transpose_b ? j * d + k : k * y->dim[1] + j);

    sum += distance ? (a - b) * (a - b) : a * b;
  }
  return sum;
}

static void
evaluate (const Kernel *self,
          gint64        i,
          gint64        j,
          double       *reg)
{
  const MpProgram *program = &self->program;

  reg[0] = product (self, i, j);
  for (gint n = 1; n < program->n_inputs; n++)
    reg[n] = get (&self->types[n + 1], self->address[n + 1],
                  i * program->input[n].stride[0] + j * program->input[n].stride[1]);
  for (gint n = 0; n < program->n_instructions; n++) {
    const MpInstruction *instruction = &program->instruction[n];
    MpAttrs attrs = { .scalar = { instruction->scalar[0], instruction->scalar[1] } };
    double in[3] = { 0 };

    for (gint s = 0; s < 3; s++)
      in[s] = instruction->src[s] >= 0 ? reg[instruction->src[s]] : 0;
    reg[program->n_inputs + n] = instruction->op == MP_OP_CONSTANT
                                 ? instruction->scalar[0]
                                 : _mp_evaluate ((MpOp) instruction->op, &attrs, in[0], in[1], in[2]);
  }
}

static void
accumulate (const Kernel *self,
            gint          output,
            gint64        i,
            gint64        j,
            double        value)
{
  const MpTensorType *type = &self->types[self->n_inputs + (guint) output];
  void *to = self->address[self->n_inputs + (guint) output];
  gint32 axes = self->program.output[output].axes;
  gint64 m = self->program.dim[1];

  value *= self->program.output[output].scale;
  if (self->program.output[output].reduce == MP_CONTRACT) {
    gint operand = self->program.output[output].operand;
    const MpTensorType *v = &self->types[operand];
    gint64 from = axes == 2 ? j : i, row = axes == 2 ? i : j;

    for (gint64 k = 0; k < v->dim[1]; k++)
      add (type, to, row * v->dim[1] + k, value * get (v, self->address[operand], from * v->dim[1] + k));
    return;
  }
  add (type, to, self->program.output[output].reduce == MP_STORE ? i * m + j
                 : axes == 1 ? j : axes == 2 ? i : 0, value);
}

static MpStatus
run_naively (const Kernel *self)
{
  double reg[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];

  n_runs++;
  for (gint o = 0; o < self->program.n_outputs; o++) {
    const MpTensorType *type = &self->types[self->n_inputs + (guint) o];

    memset (self->address[self->n_inputs + (guint) o], 0,
            (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype));
  }
  for (gint64 i = 0; i < self->program.dim[0]; i++)
    for (gint64 j = 0; j < self->program.dim[1]; j++) {
      evaluate (self, i, j, reg);
      for (gint o = 0; o < self->program.n_outputs; o++)
        accumulate (self, o, i, j, reg[self->program.output[o].reg]);
    }
  return MP_OK;
}

/* ---- bfloat16 ---- */

static void
convert (Kernel   *self,
         guint     tensor,
         gboolean  widen)
{
  gint64 n = mp_tensor_count (&self->types[tensor]);

  for (gint64 i = 0; i < n; i++) {
    guint16 *narrow = (guint16 *) self->outer[tensor] + i;
    guint32 *wide = (guint32 *) self->address[tensor] + i;

    if (widen)
      *wide = (guint32) *narrow << 16;
    else
      *narrow = (guint16) ((*wide + 0x7fff + (*wide >> 16 & 1)) >> 16);
  }
}

static MpStatus
run_wide (Kernel             *self,
          MpStream           *stream,
          const MpRunContext *context)
{
  MpStatus status;

  for (guint i = 0; i < self->n_inputs; i++)
    if (self->types[i].dtype == MP_BFLOAT16)
      convert (self, i, TRUE);
  status = mp_cpu_class.kernel_run (self->inner, stream, context);
  for (guint i = self->n_inputs; i < self->n_inputs + self->n_outputs; i++)
    if (self->types[i].dtype == MP_BFLOAT16)
      convert (self, i, FALSE);
  return status;
}

static MpStatus
bind_wide (Kernel      *self,
           void *const *inputs,
           void *const *outputs,
           void        *workspace)
{
  for (guint i = 0; i < self->n_inputs + self->n_outputs; i++) {
    self->outer[i] = i < self->n_inputs ? inputs[i] : outputs[i - self->n_inputs];
    self->address[i] = self->outer[i];
    if (self->types[i].dtype == MP_BFLOAT16)
      self->address[i] = g_aligned_alloc0 ((gsize) mp_tensor_count (&self->types[i]) + MP_ALIGNMENT, sizeof (float),
                                           MP_ALIGNMENT);
  }
  return mp_cpu_class.kernel_bind (self->inner, self->address, self->address + self->n_inputs, workspace);
}

static MpStatus
make_wide (Kernel             *self,
           MpDevice           *device,
           const MpKernelSpec *spec)
{
  guint n = self->n_inputs + self->n_outputs;
  g_autofree MpTensorType *types = g_memdup2 (self->types, (n + 1) * sizeof *types);
  MpKernelSpec wide = *spec;

  for (guint i = 0; i < n; i++)
    if (types[i].dtype == MP_BFLOAT16) {
      types[i].dtype = MP_FLOAT32;
      self->widens = TRUE;
    }
  if (self->widens && spec->op == contracting_declines)
    return MP_STATUS_UNSUPPORTED;
  wide.inputs = types;
  wide.outputs = types + self->n_inputs;
  return mp_cpu_class.kernel_new (device, &wide, &self->inner);
}

/* ---- the class ---- */

static void
kernel_free (MpKernel *kernel)
{
  Kernel *self = (Kernel *) kernel;

  if (self->inner != NULL)
    mp_cpu_class.kernel_free (self->inner);
  for (guint i = 0; i < self->n_inputs + self->n_outputs; i++)
    if (self->address[i] != NULL && self->types[i].dtype == MP_BFLOAT16)
      g_aligned_free (self->address[i]);
  g_free (self->outer);
  g_free (self->types);
  g_free (self->address);
  g_free (self);
}

static MpStatus
kernel_new (MpDevice           *device,
            const MpKernelSpec *spec,
            MpKernel          **out)
{
  guint n = (guint) (spec->n_inputs + spec->n_outputs);
  Kernel *self = g_new0 (Kernel, 1);
  MpStatus status = MP_OK;

  self->op = spec->op;
  self->attrs = spec->attrs;
  self->n_inputs = (guint) spec->n_inputs;
  self->types = g_new0 (MpTensorType, n + 1);
  self->n_outputs = (guint) spec->n_outputs;
  self->address = g_new0 (void *, n + 1);
  self->outer = g_new0 (void *, n + 1);
  for (guint i = 0; i < n; i++)
    self->types[i] = i < self->n_inputs ? spec->inputs[i] : spec->outputs[i - self->n_inputs];
  if (has_contractions (spec))
    self->program = *spec->program;
  else
    status = make_wide (self, device, spec);
  *out = (MpKernel *) self;
  if (status != MP_OK)
    kernel_free (*out);
  return status;
}

static int
supports (MpDevice           *device,
          const MpKernelSpec *spec)
{
  MpKernel *kernel;

  if (kernel_new (device, spec, &kernel) != MP_OK)
    return FALSE;
  kernel_free (kernel);
  return TRUE;
}

static size_t
kernel_workspace (const MpKernel *kernel)
{
  const Kernel *self = (const Kernel *) kernel;

  return self->inner != NULL ? mp_cpu_class.kernel_workspace (self->inner) : 0;
}

static MpStatus
kernel_bind (MpKernel    *kernel,
             void *const *inputs,
             void *const *outputs,
             void        *workspace)
{
  Kernel *self = (Kernel *) kernel;

  if (self->widens)
    return bind_wide (self, inputs, outputs, workspace);
  if (self->inner != NULL)
    return mp_cpu_class.kernel_bind (self->inner, inputs, outputs, workspace);
  for (guint i = 0; i < self->n_inputs; i++)
    self->address[i] = inputs[i];
  for (gint o = 0; o < self->program.n_outputs; o++)
    self->address[self->n_inputs + (guint) o] = outputs[o];
  return MP_OK;
}

static MpStatus
kernel_run (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  Kernel *self = (Kernel *) kernel;

  if (self->widens)
    return run_wide (self, stream, context);
  return self->inner != NULL ? mp_cpu_class.kernel_run (self->inner, stream, context) : run_naively (self);
}

static const char *
kernel_algorithm (const MpKernel *kernel)
{
  const Kernel *self = (const Kernel *) kernel;

  return self->inner != NULL ? mp_cpu_class.kernel_algorithm (self->inner) : "naive";
}

static MpStatus
info (MpDevice     *device,
      MpDeviceInfo *out)
{
  MpStatus status = mp_cpu_class.info (device, out);

  out->precision = contracting_precision;
  return status;
}

MpDevice *
contracting_open (void)
{
  MpDevice *device;

  contracting_class = mp_cpu_class;
  contracting_class.id = "contracting";
  contracting_class.info = info;
  contracting_class.supports = supports;
  contracting_class.kernel_new = kernel_new;
  contracting_class.kernel_workspace = kernel_workspace;
  contracting_class.kernel_bind = kernel_bind;
  contracting_class.kernel_run = kernel_run;
  contracting_class.kernel_algorithm = kernel_algorithm;
  contracting_class.kernel_free = kernel_free;
  g_assert_cmpint (mp_cpu_class.open (0, NULL, &device), ==, MP_OK);
  return device;
}

guint
contracting_count (void)
{
  guint n = n_runs;

  n_runs = 0;
  return n;
}
