/* SPDX-License-Identifier: Apache-2.0
 *
 * test-views.c: each view where its answer is known: linear networks, direct loops over the points, finite differences.
 * The tests are in views-*.c. That every view of every method is finite, alone and with the others, test-methods.c finds
 * out.
 */
#include "tests/engine/views.h"

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  views_add_critic ();
  views_add_kernels ();
  views_add_spaces ();
  views_add_density ();
  views_add_features ();
  return g_test_run ();
}
