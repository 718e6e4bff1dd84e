/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-form.h: a dialog that sets up a sweep from experiments: which settings take which values, seeds, iterations.
 *
 * What is typed is checked in place. Main thread only.
 *
 * Signal: "created" (MpSweep *): the dialog then closes.
 */
#pragma once

#include <adwaita.h>

#include "engine/train/sweep.h"

G_BEGIN_DECLS

#define MP_TYPE_SWEEP_FORM (mp_sweep_form_get_type ())
G_DECLARE_FINAL_TYPE (MpSweepForm, mp_sweep_form, MP, SWEEP_FORM, AdwWindow)

/* experiments: of MpExperiment *, at least one; copied. */
GtkWidget *mp_sweep_form_new (GtkWindow *parent,
                              GPtrArray *experiments);

G_END_DECLS
