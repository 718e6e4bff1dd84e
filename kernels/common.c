/* SPDX-License-Identifier: Apache-2.0
 *
 * common.c: tables and helpers that every back end shares: op names, tensor types, the thread's last error.
 */
#include "kernels/device.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char last_error[1024];
static void (*error_sink) (const char *text);

static const struct
{
  const char *name;
  int         arity;
  MpOpClass   class;
} ops[MP_N_OPS] = {
#define X(NAME, op_name, op_arity, CLASS) [MP_OP_##NAME] = { op_name, op_arity, MP_CLASS_##CLASS },
  MP_OPS (X)
#undef X
};

const char *
mp_kernels_error (void)
{
  return last_error;
}

MpStatus
mp_kernels_fail (MpStatus    status,
                 const char *format,
                 ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (last_error, sizeof last_error, format, args);
  va_end (args);
  if (error_sink != NULL)
    error_sink (last_error);
  return status;
}

void
mp_kernels_set_sink (void (*sink) (const char *text))
{
  error_sink = sink;
}

void
mp_kernels_note (const char *text)
{
  if (text != last_error)
    snprintf (last_error, sizeof last_error, "%s", text);
}

const char *
mp_op_name (MpOp op)
{
  return ops[op].name;
}

int
mp_op_arity (MpOp op)
{
  return ops[op].arity;
}

MpOpClass
mp_op_class (MpOp op)
{
  return ops[op].class;
}

size_t
mp_dtype_size (MpDtype dtype)
{
  static const size_t sizes[] = { 4, 8, 4, 2 };

  return sizes[dtype];
}

const char *
mp_dtype_name (MpDtype dtype)
{
  static const char *const names[] = { "float32", "float64", "int32", "bfloat16" };

  return names[dtype];
}

int64_t
mp_tensor_count (const MpTensorType *type)
{
  int64_t count = 1;

  for (int i = 0; i < type->rank; i++)
    count *= type->dim[i];
  return count;
}

int
mp_tensor_equal (const MpTensorType *a,
                 const MpTensorType *b)
{
  if (a->rank != b->rank || a->dtype != b->dtype)
    return 0;
  for (int i = 0; i < a->rank; i++)
    if (a->dim[i] != b->dim[i])
      return 0;
  return 1;
}

const char *
mp_tensor_text (const MpTensorType *type,
                char               *buffer,
                size_t              size)
{
  int n = snprintf (buffer, size, "%s%s", mp_dtype_name (type->dtype), type->rank == 0 ? " scalar" : "");

  for (int i = 0; i < type->rank && n > 0 && (size_t) n < size; i++)
    n += snprintf (buffer + n, size - (size_t) n, "%s%lld", i == 0 ? " " : "×", (long long) type->dim[i]);
  return buffer;
}
