/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel-saturation.c: where the kernel's bandwidth is too narrow or too wide, at every point p of the plot:
 *   s (p) = 2·meanᵢ k (f (p), f (xᵢ)) / k (0) − 1       k (0) = k (p, p), its largest value
 * −1: the kernel of p reaches no real point xᵢ (all kernel values 0: too narrow); 1: all real points look the same
 * from p (all at the maximum: too wide); 0: the kernel is halfway and tells near from far. f is the critic where the
 * kernel compares points in its space. For kernels of the distance alone, which have a largest value.
 */
#include "engine/views/view.h"

#include <math.h>

#include "engine/methods/kernel.h"

static gboolean
kernel_saturation_build (MpBuild     *build,
                         MpViewNodes *nodes)
{
  const MpKernelSum *kernel = mp_build_get_kernel (build);
  double most = kernel != NULL ? mp_kernel_sum_at_zero (kernel) : NAN;
  gint64 points = mp_view_count_kernel_points (build);
  MpNode *at, *real, *mean;

  if (!isfinite (most) || most <= 0)
    return FALSE;
  at = mp_view_kernel_space (build, mp_build_view_points (build));
  real = mp_view_kernel_space (build, mp_view_rows (mp_build_view_data (build), points));
  mean = mp_mean (mp_build_kernel_matrix (build, at, real), MP_AXIS (1), FALSE);
  nodes->title = N_("Kernel saturation (mean kernel to the data, −1 at its smallest, 1 at its largest)");
  nodes->neutral = 0;
  nodes->tensors[nodes->n_tensors++] = mp_add_scalar (mp_mul_scalar (mean, 2 / most), -1);
  return TRUE;
}

const MpViewClass mp_view_kernel_saturation = {
  .base = {
    .id = "kernel-saturation",
    .title = N_("Kernel saturation"),
    .summary = N_("Whether the bandwidth fits: near −1 no real point is in reach of the kernel, near 1 all look the "
                  "same; both leave no slope to follow."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = kernel_saturation_build,
};
