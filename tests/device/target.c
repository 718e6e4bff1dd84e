/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/device/target.h"

#include <math.h>
#include <string.h>

#define GUARD 256 /* bytes; a multiple of MP_ALIGNMENT */
#define GUARD_BYTE 0x5a

gboolean
target_open (Target                 *self,
             const char             *name,
             const MpDeviceOptions  *options,
             GError                **error)
{
  memset (self, 0, sizeof *self);
  if (!mp_device_open (name, options, &self->class, &self->device, NULL, error))
    return FALSE;
  if (mp_check_status (self->class->stream_new (self->device, &self->stream), "Making a stream", error))
    return TRUE;
  self->class->close (self->device);
  return FALSE;
}

void
target_close (Target *self)
{
  self->class->stream_free (self->stream);
  self->class->close (self->device);
}

/* ---- memory ---- */

static MpStatus
guarded_fill (Guarded      *self,
              const Target *target,
              int           byte)
{
  return self->bytes == 0 ? MP_OK
                          : target->class->fill (target->device, target->stream, self->address, byte, self->bytes);
}

/* Guards begin where the tensor ends, so that one element too many is seen; the address stays aligned. */
static MpStatus
guarded_new (Guarded      *self,
             const Target *target,
             gsize         bytes)
{
  void *base;
  MpStatus status = target->class->alloc (target->device, bytes + 2 * GUARD, &base);

  if (status != MP_OK)
    return status;
  self->base = base;
  self->address = self->base + GUARD;
  self->bytes = bytes;
  return target->class->fill (target->device, target->stream, base, GUARD_BYTE, bytes + 2 * GUARD);
}

static MpStatus
guarded_upload (Guarded      *self,
                const Target *target,
                const void   *host)
{
  return self->bytes == 0 ? MP_OK : target->class->upload (target->device, target->stream, self->address, host,
                                                           self->bytes);
}

static void
guarded_clear (Guarded      *self,
               const Target *target)
{
  if (self->base != NULL)
    target->class->release (target->device, self->base);
  g_free (self->host);
  memset (self, 0, sizeof *self);
}

/* "before" or "behind" where the guards are not as they were, "of" where an input is another one, else NULL. */
static const char *
guarded_check (const Guarded *self,
               const Target  *target)
{
  g_autofree char *bytes = g_malloc (self->bytes + 2 * GUARD);

  if (target->class->download (target->device, target->stream, bytes, self->base, self->bytes + 2 * GUARD) != MP_OK
      || target->class->stream_sync (target->stream) != MP_OK)
    return mp_kernels_error ();
  for (gsize i = 0; i < GUARD; i++) {
    if (bytes[i] != GUARD_BYTE)
      return "before";
    if (bytes[GUARD + self->bytes + i] != GUARD_BYTE)
      return "behind";
  }
  return self->host != NULL && memcmp (bytes + GUARD, self->host, self->bytes) != 0 ? "of" : NULL;
}

/* ---- launches ---- */

static gsize
bytes_of (const MpTensorType *type)
{
  return (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype);
}

static MpStatus
make_tensors (Launch      *self,
              void *const *inputs)
{
  const MpKernelSpec *spec = &self->spec;
  MpStatus status = MP_OK;

  for (int i = 0; status == MP_OK && i < spec->n_inputs; i++) {
    status = guarded_new (&self->input[i], self->target, bytes_of (&spec->inputs[i]));
    if (status == MP_OK)
      status = guarded_upload (&self->input[i], self->target, inputs[i]);
    self->input[i].host = g_memdup2 (inputs[i], bytes_of (&spec->inputs[i]));
  }
  for (int i = 0; status == MP_OK && i < spec->n_outputs; i++)
    status = guarded_new (&self->output[i], self->target, bytes_of (&spec->outputs[i]));
  return status;
}

MpStatus
launch_new (Launch             *self,
            const Target       *target,
            const MpKernelSpec *spec,
            void *const        *inputs)
{
  void *in[TARGET_MAX], *out[TARGET_MAX];
  MpStatus status;

  memset (self, 0, sizeof *self);
  g_assert (spec->n_inputs <= TARGET_MAX && spec->n_outputs <= TARGET_MAX);
  self->target = target;
  self->spec = *spec;
  status = target->class->kernel_new (target->device, spec, &self->kernel);
  if (status == MP_OK)
    status = make_tensors (self, inputs);
  if (status == MP_OK)
    status = guarded_new (&self->workspace, target, target->class->kernel_workspace (self->kernel));
  for (int i = 0; i < spec->n_inputs; i++)
    in[i] = self->input[i].address;
  for (int i = 0; i < spec->n_outputs; i++)
    out[i] = self->output[i].address;
  if (status == MP_OK)
    status = target->class->kernel_bind (self->kernel, in, out, self->workspace.address);
  if (status == MP_OK)
    status = target->class->stream_sync (target->stream);
  if (status != MP_OK)
    launch_free (self);
  return status;
}

void
launch_free (Launch *self)
{
  if (self->kernel != NULL)
    self->target->class->kernel_free (self->kernel);
  self->kernel = NULL;
  for (int i = 0; i < self->spec.n_inputs; i++)
    guarded_clear (&self->input[i], self->target);
  for (int i = 0; i < self->spec.n_outputs; i++)
    guarded_clear (&self->output[i], self->target);
  guarded_clear (&self->workspace, self->target);
}

MpStatus
launch_poison (Launch *self,
               int     byte)
{
  MpStatus status = guarded_fill (&self->workspace, self->target, byte);

  for (int i = 0; status == MP_OK && i < self->spec.n_outputs; i++)
    status = guarded_fill (&self->output[i], self->target, byte);
  return status;
}

MpStatus
launch_set_output (Launch     *self,
                   int         output,
                   const void *host)
{
  return guarded_upload (&self->output[output], self->target, host);
}

MpStatus
launch_run (Launch             *self,
            const MpRunContext *context)
{
  const Target *target = self->target;
  MpStatus status = target->class->kernel_run (self->kernel, target->stream, context);

  return status == MP_OK ? target->class->stream_sync (target->stream) : status;
}

MpStatus
launch_replay (Launch             *self,
               const MpRunContext *base,
               const MpRunContext *context)
{
  const Target *target = self->target;
  const MpRunContext next = { base->seed, base->step + 1, base->batch + 1 };
  MpCapture *capture;
  MpStatus status, end;

  if (target->class->capture_begin == NULL)
    return MP_STATUS_UNSUPPORTED;
  status = target->class->capture_begin (target->stream, base);
  if (status != MP_OK)
    return status;
  status = target->class->kernel_run (self->kernel, target->stream, base);
  end = target->class->capture_end (target->stream, &next, &capture);
  if (end != MP_OK)
    return end;
  if (status == MP_OK)
    status = target->class->capture_run (capture, target->stream, context);
  if (status == MP_OK)
    status = target->class->stream_sync (target->stream);
  target->class->capture_free (capture);
  return status;
}

MpStatus
launch_read (Launch *self,
             int     output,
             void   *host)
{
  const Target *target = self->target;
  const Guarded *guarded = &self->output[output];
  MpStatus status;

  if (guarded->bytes == 0)
    return MP_OK;
  status = target->class->download (target->device, target->stream, host, guarded->address, guarded->bytes);
  return status == MP_OK ? target->class->stream_sync (target->stream) : status;
}

static char *
describe (const Guarded *guarded,
          const Target  *target,
          const char    *what,
          int            i)
{
  const char *where = guarded_check (guarded, target);

  return where != NULL ? g_strdup_printf ("the bytes %s %s %d", where, what, i) : NULL;
}

char *
launch_find_damage (Launch *self)
{
  char *text = describe (&self->workspace, self->target, "workspace", 0);

  for (int i = 0; text == NULL && i < self->spec.n_inputs; i++)
    text = describe (&self->input[i], self->target, "input", i);
  for (int i = 0; text == NULL && i < self->spec.n_outputs; i++)
    text = describe (&self->output[i], self->target, "output", i);
  return text;
}

/* ---- numbers ---- */

double
number_get (MpDtype     dtype,
            const void *data,
            gint64      i)
{
  union { guint32 bits; float value; } wide;

  switch (dtype) {
  case MP_FLOAT64:
    return ((const double *) data)[i];
  case MP_INT32:
    return ((const gint32 *) data)[i];
  case MP_BFLOAT16:
    wide.bits = (guint32) ((const guint16 *) data)[i] << 16;
    return wide.value;
  default:
    return ((const float *) data)[i];
  }
}

void
number_set (MpDtype  dtype,
            void    *data,
            gint64   i,
            double   value)
{
  union { guint32 bits; float value; } wide;

  switch (dtype) {
  case MP_FLOAT64:
    ((double *) data)[i] = value;
    break;
  case MP_INT32:
    ((gint32 *) data)[i] = (gint32) value;
    break;
  case MP_BFLOAT16:
    wide.value = (float) value;
    wide.bits += 0x7fff + (wide.bits >> 16 & 1); /* no test's numbers are so large that this overflows */
    ((guint16 *) data)[i] = (guint16) (wide.bits >> 16);
    break;
  default:
    ((float *) data)[i] = (float) value;
  }
}

double
number_unit (MpDtype dtype)
{
  return dtype == MP_FLOAT64 ? 0x1p-53 : dtype == MP_BFLOAT16 ? 0x1p-8 : 0x1p-24;
}
