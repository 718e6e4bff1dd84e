/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-experiment.c: any bytes as an experiment file: refused with an error, or read; and what was read, written out
 * and read again, is the same.
 */
#include <string.h>

#include "engine/train/experiment.h"

int LLVMFuzzerTestOneInput (const uint8_t *bytes,
                            size_t         size);

int
LLVMFuzzerTestOneInput (const uint8_t *bytes,
                        size_t         size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) first = mp_experiment_parse ((const char *) bytes, (gssize) size, "fuzz.ini", &error);

  if (first == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  g_assert_no_error (error);

  g_autofree char *text = mp_experiment_to_text (first);
  g_autoptr (MpExperiment) second = mp_experiment_parse (text, -1, "again.ini", &error);

  g_assert_no_error (error);
  g_autofree char *again = mp_experiment_to_text (second);

  g_assert_cmpstr (text, ==, again);
  return 0;
}
