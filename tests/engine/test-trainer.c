/* SPDX-License-Identifier: Apache-2.0
 *
 * test-trainer.c: lanes in training; the tests are in trainer-*.c.
 */
#include "tests/engine/trainer.h"

char *trainer_scratch;

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  trainer_scratch = mp_scratch_new ();
  trainer_add_life ();
  trainer_add_bits ();
  trainer_add_news ();
  trainer_add_failures ();
  result = g_test_run ();
  mp_scratch_remove (trainer_scratch);
  g_free (trainer_scratch);
  return result;
}
