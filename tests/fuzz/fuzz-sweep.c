/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-sweep.c: any bytes as a sweep file: refused with an error, or every trial has its cell and its experiment.
 */
#include "engine/train/sweep.h"

int LLVMFuzzerTestOneInput (const uint8_t *bytes,
                            size_t         size);

int
LLVMFuzzerTestOneInput (const uint8_t *bytes,
                        size_t         size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strndup ((const char *) bytes, size);
  g_autoptr (MpSweep) sweep = mp_sweep_parse (text, "fuzz.ini", NULL, NULL, &error);

  if (sweep == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  g_assert_no_error (error);
  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++) {
    const MpSweepTrial *trial = mp_sweep_get_trial (sweep, i);

    g_assert_cmpuint (trial->cell, <, mp_sweep_get_n_cells (sweep));
    g_assert_nonnull (trial->experiment);
  }
  return 0;
}
