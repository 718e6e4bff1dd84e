/* SPDX-License-Identifier: Apache-2.0
 *
 * step-case.h: what bench-step times. The peers' side of the same cases is in tests/bench/peers and tests/bench/gpu.
 *
 *   ring-gan, ring-mmd-net, ring-gram, …   a preset or experiment file, as a lane trains it
 *   mlp512    WGAN-GP on the ring: generator 2-512-512-512-512-2 and critic 2-512-512-512-512-1 with ReLU, batch 256,
 *             penalty 0.1, Adam 10⁻⁴ with β = (0.5, 0.9); an iteration is one critic step and one generator step
 *   dcgan32   the 32×32 networks of engine/nn/dcgan.c at width 64, batch 64, latent 128, 16 critic outputs; generator
 *             with batch normalisation, critic with spectral normalisation of its convolutions at a gain of 64^⅛; the
 *             repulsive loss with λ = 1 and one Gaussian kernel, σ = 1, on unbiased means over pairs i ≠ j (of real
 *             with generated: all pairs):
 *               L_D = e_rr − e_gg,   L_G = e_gg − 2·e_rg
 *             Both networks move after one pass over the 128 real and generated images together, by Adam 2·10⁻⁴ with
 *             β = (0.5, 0.999). Real images are one fixed batch, uniform in [−1, 1); latents are drawn anew.
 */
#pragma once

#include "engine/train/loop.h"

typedef struct _StepCase StepCase;

/* name: a case, preset or file; assignments: NULL-terminated "group.key=value". */
MpExperiment *step_case_load (const char *name, char **assignments, GError **error);
/* Makes networks, data and plans. */
StepCase     *step_case_new (const char *name, MpExperiment *experiment, const MpDeviceClass *class, MpDevice *device,
                             GError **error);
void          step_case_free (StepCase *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepCase, step_case_free)

/* Puts iterations onto the device as a lane does, several where they are short, and adds to `iteration`; they need not
 * have run when this returns. */
gboolean      step_case_iterate (StepCase *self, guint64 *iteration, GError **error);
/* Waits until all iterations have run. */
gboolean      step_case_sync (StepCase *self, GError **error);
/* The last iteration's losses, in the order of their phases. (transfer full) */
double       *step_case_read_losses (StepCase *self, guint *n, GError **error);

guint         step_case_get_n_plans (StepCase *self);
/* repeat: (out): runs of the plan in an iteration. */
MpPlan       *step_case_get_plan (StepCase *self, guint i, double *repeat);
