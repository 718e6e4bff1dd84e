/* SPDX-License-Identifier: Apache-2.0
 *
 * linalg.c: Cholesky factors and triangular solves over the last two axes.
 *
 * Small matrices are factored by one block each. A single larger one is factored by our launches, one per 32 columns,
 * or by cuSOLVER where that was clearly faster when both were tried: once for every size, dtype and device, kept with
 * the other choices. A deterministic device takes ours, as does a batch. cuSOLVER is opened for nothing else, so a
 * machine where ours wins opens it once.
 *
 * PD_SOLVE is declined: taken apart, its factor serves forward and backward solves.
 */
#include "kernels/cuda/launchers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/cuda/measure.h"
#include "kernels/cuda/solver.h"

#define BLOCK_MAX 128 /* unknowns that one block factors */
#define WORTH 0.8     /* of our time: what cuSOLVER may take; opening it costs every start a good part of a second */

typedef struct
{
  int64_t      n, m, batch;
  size_t       bytes;    /* of the operand that is worked on */
  int          inverted; /* a single solve inverts diagonal blocks first */
  MpCudaSolver solver; /* cuSOLVER's, where chosen */
} State;

static int64_t
batch_of (const MpTensorType *type)
{
  int64_t batch = 1;

  for (int i = 0; i < type->rank - 2; i++)
    batch *= type->dim[i];
  return batch;
}

/* ---- factors ---- */

static MpStatus
run_block (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  const State *s = kernel->state;

  return mp_cuda_check (mp_launch_cholesky_block (kernel->input_type[0].dtype, s->n, s->batch, kernel->output[0],
                                                  kernel->input[0], stream->stream), "launching a factorisation");
}

static MpStatus
run_steps (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  const State *s = kernel->state;

  return mp_cuda_check (mp_launch_cholesky_steps (kernel->input_type[0].dtype, s->n, s->batch, kernel->output[0],
                                                  kernel->input[0], kernel->workspace, stream->stream),
                        "launching a factorisation");
}

static MpStatus
prepare_solver (MpKernel *kernel)
{
  const State *s = kernel->state;

  return mp_cuda_solver_prepare (&s->solver);
}

static MpStatus
run_solver (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  const State *s = kernel->state;

  return mp_cuda_solver_run (&s->solver, kernel->output[0], kernel->input[0], kernel->workspace, stream->stream,
                             stream);
}

typedef struct
{
  MpCudaSolver solver;
  char        *a, *l, *work;
} Trial;

static MpStatus
try_own (void        *data,
         cudaStream_t stream)
{
  const Trial *t = data;

  return mp_cuda_check (mp_launch_cholesky_steps (t->solver.dtype, t->solver.n, 1, t->l, t->a, t->work, stream),
                        "launching a factorisation");
}

static MpStatus
try_solver (void        *data,
            cudaStream_t stream)
{
  const Trial *t = data;

  return mp_cuda_solver_run (&t->solver, t->l, t->a, t->work, stream, NULL);
}

/* Whether the work can be part of a captured iteration. */
static int
can_be_captured (Trial *trial)
{
  cudaGraph_t graph = NULL;
  cudaStream_t stream;
  int can;

  if (cudaStreamCreateWithFlags (&stream, cudaStreamNonBlocking) != cudaSuccess)
    return 0;
  mp_cuda_quiet_begin ();
  can = cudaStreamBeginCapture (stream, cudaStreamCaptureModeRelaxed) == cudaSuccess;
  can = can && try_solver (trial, stream) == MP_OK;
  can = cudaStreamEndCapture (stream, &graph) == cudaSuccess && can;
  mp_cuda_quiet_end ();
  if (graph != NULL)
    cudaGraphDestroy (graph);
  cudaStreamDestroy (stream);
  cudaGetLastError ();
  return can;
}

/* Which to take, with both times in microseconds: "own 21.5 97.3", "cusolver 160.2 151.0", or "own 21.5 inf" where
 * cuSOLVER's work cannot be captured. 0 where there is no cuSOLVER to compare with, or no memory. */
static int
measure (MpDevice *device,
         MpDtype   dtype,
         int64_t   n,
         char     *choice,
         size_t    size)
{
  size_t bytes = (size_t) (n * n) * mp_dtype_size (dtype);
  double own = 0, library = INFINITY;
  Trial trial;
  int done;

  if (mp_cuda_solver_new (device, dtype, n, &trial.solver) != MP_OK)
    return 0;
  bytes = (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
  trial.a = mp_cuda_scratch_new (device, 2 * bytes + (bytes > trial.solver.workspace_bytes ? bytes
                                                      : trial.solver.workspace_bytes));
  if (trial.a == NULL)
    return 0;
  trial.l = trial.a + bytes;
  trial.work = trial.l + bytes;
  done = mp_launch_cholesky_example (dtype, n, trial.a, device->housekeeping) == cudaSuccess
         && cudaStreamSynchronize (device->housekeeping) == cudaSuccess
         && mp_cuda_measure (device, try_own, &trial, &own) == MP_OK;
  if (done && can_be_captured (&trial) && mp_cuda_measure (device, try_solver, &trial, &library) != MP_OK)
    library = INFINITY;
  mp_cuda_scratch_free (device, trial.a);
  snprintf (choice, size, "%s %.1f %.1f", library < WORTH * own ? "cusolver" : "own", own, library);
  return done;
}

/* Fills choice, "" where nothing could be measured. */
static void
choose (MpKernel *kernel,
        int64_t   n,
        char     *choice,
        size_t    size)
{
  MpDtype dtype = kernel->input_type[0].dtype;
  char what[64];

  choice[0] = '\0';
  snprintf (what, sizeof what, "cholesky %s %lld", mp_dtype_name (dtype), (long long) n);
  if (mp_cuda_choice_find (kernel->device, what, choice, size))
    return;
  mp_cuda_measure_begin ();
  if (!mp_cuda_choice_find (kernel->device, what, choice, size)) {
    if (measure (kernel->device, dtype, n, choice, size))
      mp_cuda_choice_keep (kernel->device, what, choice, size);
    else
      choice[0] = '\0';
  }
  mp_cuda_measure_end ();
}

static MpStatus
cholesky_new (MpKernel *kernel,
              State    *state)
{
  MpDtype dtype = kernel->input_type[0].dtype;
  int64_t n = state->n;
  char choice[64] = "";

  if (n <= BLOCK_MAX && mp_cuda_cholesky_shared (dtype, n) + 1024 <= kernel->device->shared_bytes) {
    kernel->run = run_block;
    snprintf (kernel->algorithm, sizeof kernel->algorithm, "one block");
    return MP_OK;
  }
  if (!kernel->probe && state->batch == 1 && !kernel->device->options.deterministic)
    choose (kernel, n, choice, sizeof choice);
  if (strncmp (choice, "cusolver", 8) == 0
      && mp_cuda_solver_new (kernel->device, dtype, n, &state->solver) == MP_OK) {
    mp_kernel_reserve (kernel, state->solver.workspace_bytes);
    kernel->bound = prepare_solver;
    kernel->run = run_solver;
    snprintf (kernel->algorithm, sizeof kernel->algorithm, "cuSOLVER (%s)", choice);
    return MP_OK;
  }
  mp_kernel_reserve (kernel, state->bytes);
  kernel->run = run_steps;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, choice[0] != '\0' ? "panels of %d (%s)" : "panels of %d",
            MP_CUDA_PANEL, choice);
  return MP_OK;
}

/* ---- solves ---- */

static MpStatus
run_solve (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  const State *s = kernel->state;

  return mp_cuda_check (mp_launch_solve_steps (kernel->input_type[0].dtype, kernel->attrs.transpose_a, s->n, s->m,
                                               s->batch, kernel->output[0], kernel->input[0], kernel->input[1],
                                               kernel->workspace, stream->stream), "launching a triangular solve");
}

static MpStatus
run_solve_vector (MpKernel           *kernel,
                  MpStream           *stream,
                  const MpRunContext *context)
{
  const State *s = kernel->state;

  return mp_cuda_check (mp_launch_solve_vector (kernel->input_type[0].dtype, kernel->attrs.transpose_a, s->inverted,
                                                s->n, s->batch, kernel->output[0], kernel->input[0], kernel->input[1],
                                                stream->stream), "launching a triangular solve");
}

static MpStatus
run_nothing (MpKernel           *kernel,
             MpStream           *stream,
             const MpRunContext *context)
{
  return MP_OK;
}

static MpStatus
solve_new (MpKernel *kernel,
           State    *state)
{
  MpDtype dtype = kernel->input_type[0].dtype;
  size_t room = kernel->device->shared_bytes;

  state->inverted = mp_cuda_solve_vector_shared (dtype, state->n, 1) <= room;
  if (state->m == 1 && mp_cuda_solve_vector_shared (dtype, state->n, state->inverted) <= room) {
    kernel->run = run_solve_vector;
    snprintf (kernel->algorithm, sizeof kernel->algorithm, "one block%s", state->inverted ? ", inverses" : "");
    return MP_OK;
  }
  if (state->n > MP_CUDA_PANEL)
    mp_kernel_reserve (kernel, state->bytes);
  kernel->run = run_solve;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "panels of %d", MP_CUDA_PANEL);
  return MP_OK;
}

MpStatus
mp_cuda_linalg_new (MpKernel           *kernel,
                    const MpKernelSpec *spec)
{
  const MpTensorType *a = &kernel->input_type[0], *b = &kernel->input_type[kernel->n_inputs - 1];
  int64_t n = a->rank >= 2 ? a->dim[a->rank - 1] : 0;
  State *state;
  char text[128];

  if (kernel->op == MP_OP_PD_SOLVE)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "CUDA has no kernel for %s: a factor and two solves are its parts.",
                            mp_op_name (kernel->op));
  if (a->rank < 2 || a->dim[a->rank - 2] != n || (a->dtype != MP_FLOAT32 && a->dtype != MP_FLOAT64))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs square matrices, not %s.", mp_op_name (kernel->op),
                            mp_tensor_text (a, text, sizeof text));
  if (kernel->op == MP_OP_TRIANGULAR_SOLVE
      && (b->rank != a->rank || b->dtype != a->dtype || b->dim[b->rank - 2] != n || batch_of (a) != batch_of (b)))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has a right-hand side %s that does not fit its matrix.",
                            mp_op_name (kernel->op), mp_tensor_text (b, text, sizeof text));
  if (n > 32768 || batch_of (a) > 65536)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "%s takes up to 65536 matrices of up to 32768 rows on CUDA, not %s.",
                            mp_op_name (kernel->op), mp_tensor_text (a, text, sizeof text));
  state = mp_kernel_state_new (kernel, sizeof *state);
  if (state == NULL)
    return MP_STATUS_MEMORY;
  state->n = n;
  state->batch = batch_of (a);
  state->m = b->dim[b->rank - 1];
  state->bytes = (size_t) mp_tensor_count (b) * mp_dtype_size (b->dtype);
  if (mp_tensor_count (b) == 0) {
    kernel->run = run_nothing;
    return MP_OK;
  }
  return kernel->op == MP_OP_CHOLESKY ? cholesky_new (kernel, state) : solve_new (kernel, state);
}
