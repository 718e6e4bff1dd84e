/* SPDX-License-Identifier: Apache-2.0
 *
 * format.h: quantities with their units, on top of ui/plot/plot-format.h.
 * All functions return newly allocated, translated strings. Any thread.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

char *mp_format_rate     (double  per_second);            /* "1,204 it/s" */
char *mp_format_percent  (double  share);                 /* "93 %" of 0.93 */
char *mp_format_duration (double  seconds);               /* "3 min 20 s" */

/* "Critic loss" of "Critic loss (binary cross-entropy)": for legends, where the whole title is shown nearby. */
char *mp_format_short_title (const char *title);
/* The method's settings that tell lanes apart: "K 2 · ε 0.001", from parameters that carry a symbol. */
char *mp_format_settings    (MpExperiment *experiment);

G_END_DECLS
