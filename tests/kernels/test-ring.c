/* SPDX-License-Identifier: Apache-2.0
 *
 * test-ring.c: FETCH takes the item of the run's minibatch or iteration, COLLECT fills its part of a table's row, and
 * neither touches anything else.
 */
#include "tests/kernels/tap.h"

#define SLOTS 5
#define ROWS 7
#define COLUMNS 6

static void
test_fetch (MpDtype dtype,
            int64_t period)
{
  const int64_t      dims[] = { SLOTS, 3, 2 };
  const MpTensorType ring = tap_type (dtype, 3, dims), item = tap_type (dtype, 2, dims + 1);
  MpKernelSpec       spec = { .op = MP_OP_FETCH, .attrs = { .stop = { period } }, .n_inputs = 1, .n_outputs = 1,
                              .inputs = &ring, .outputs = &item };
  void              *in = tap_alloc (&ring), *out = tap_alloc (&item);
  TapKernel          kernel;
  int                right = 1;

  for (int64_t i = 0; i < mp_tensor_count (&ring); i++)
    tap_set (&ring, in, i, (double) i);
  if (!tap_ok (tap_kernel_new (&spec, &in, &out, &kernel), "fetch: %s", mp_kernels_error ()))
    return;
  for (uint64_t i = 0; i < 3 * SLOTS; i++) {
    /* What does not choose must not matter. */
    MpRunContext context = { 1, period > 0 ? i * (uint64_t) period + 3 : 99, period > 0 ? 98 : i };

    memset (out, 0xff, 6 * mp_dtype_size (dtype));
    right &= tap_kernel_run (&kernel, &context) == MP_OK;
    for (int64_t j = 0; j < 6; j++)
      right &= tap_get (&item, out, j) == (double) (6 * (int64_t) (i % SLOTS) + j);
  }
  tap_ok (right, "fetch of %s items by %s", mp_dtype_name (dtype), period > 0 ? "step" : "minibatch");
  tap_kernel_free (&kernel);
  free (in);
  free (out);
}

static void
test_collect (void)
{
  const int64_t      dims[] = { ROWS, COLUMNS };
  const MpTensorType table = tap_type (MP_FLOAT64, 2, dims);
  const MpTensorType types[] = { tap_type (MP_FLOAT32, 0, NULL), tap_type (MP_FLOAT64, 0, NULL), tap_type (MP_FLOAT32, 0, NULL) };
  MpKernelSpec       spec = { .op = MP_OP_COLLECT, .attrs = { .start = { 2 }, .stop = { 100 } }, .n_inputs = 3,
                              .n_outputs = 1, .inputs = types, .outputs = &table };
  void              *in[3], *out = tap_alloc (&table);
  TapKernel          kernel;
  int                right = 1;

  for (int i = 0; i < 3; i++)
    in[i] = tap_alloc (&types[i]);
  if (!tap_ok (tap_kernel_new (&spec, in, &out, &kernel), "collect: %s", mp_kernels_error ()))
    return;
  for (uint64_t i = 0; i < 3 * ROWS; i++) {
    MpRunContext context = { 1, 100 * i + 42, 0 };

    memset (out, 0xff, ROWS * COLUMNS * sizeof (double));
    for (int j = 0; j < 3; j++)
      tap_set (&types[j], in[j], 0, 0.1 * (double) (3 * i + (uint64_t) j));
    right &= tap_kernel_run (&kernel, &context) == MP_OK;
    for (int64_t j = 0; j < ROWS * COLUMNS; j++) {
      double value = ((double *) out)[j];
      int    k = (int) (j - (int64_t) (i % ROWS) * COLUMNS - 2);

      right &= k >= 0 && k < 3 ? value == tap_get (&types[k], in[k], 0) : isnan (value);
    }
  }
  tap_ok (right, "collect into a row");
  tap_kernel_free (&kernel);
  for (int i = 0; i < 3; i++)
    free (in[i]);
  free (out);
}

static void
test_refusals (void)
{
  const int64_t      dims[] = { SLOTS, 3, 2 };
  const MpTensorType ring = tap_type (MP_FLOAT32, 3, dims), other = tap_type (MP_FLOAT32, 2, dims);
  const MpTensorType table = tap_type (MP_FLOAT64, 2, dims), scalar = tap_type (MP_INT32, 0, NULL);
  MpKernelSpec       fetch = { .op = MP_OP_FETCH, .n_inputs = 1, .n_outputs = 1, .inputs = &ring, .outputs = &other };
  MpKernelSpec       collect = { .op = MP_OP_COLLECT, .attrs = { .stop = { 1 } }, .n_inputs = 1, .n_outputs = 1,
                                 .inputs = &scalar, .outputs = &table };

  tap_ok (!test_device_class ()->supports (tap_device, &fetch), "refused: %s", mp_kernels_error ());
  tap_ok (!test_device_class ()->supports (tap_device, &collect), "refused: %s", mp_kernels_error ());
}

int
main (void)
{
  if (test_device_skips ())
    return 0;
  tap_open (1);
  test_fetch (MP_FLOAT32, 0);
  test_fetch (MP_FLOAT64, 0);
  test_fetch (MP_FLOAT32, 65536);
  test_fetch (MP_FLOAT64, 10);
  test_collect ();
  test_refusals ();
  tap_close ();
  return tap_done ();
}
