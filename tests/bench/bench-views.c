/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-views.c: what each view of each method costs the lane's thread, on the ring with networks of two hidden layers
 * of 100 and everything else as a lane has it (a grid of 64 × 64, 500 points of each side).
 *
 *   bench-views [--device NAME] [--rounds N] [METHOD…]
 *
 * A lane is trained for 200 iterations, then each view is looked at by itself N times; the smallest time counts, of the
 * view's plan and of its work on the host, without the samples that come with every look. Prints a table for each
 * method, and the sum: what a frame would cost with all of its layers.
 */
#include "engine/train/devices.h"
#include "engine/train/loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GRID 64
#define ITERATIONS 200

static char *device_name = NULL;
static gint rounds = 20;
static char **methods = NULL;

static const GOptionEntry entries[] = {
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_name, "Device, as matchpoint list devices names it", "NAME" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Looks at each view", "N" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &methods, NULL, "METHOD…" },
  { NULL }
};

static MpLoop *
open_lane (const char           *method,
           const MpDeviceClass  *class,
           MpDevice             *device,
           GError              **error)
{
  g_autofree char *text = g_strdup_printf ("[data]\nkind = ring\n[generator]\nkind = mlp\nhidden = 100, 100\n"
                                           "[method]\nkind = %s\n[optimizer.generator]\nkind = adam\n"
                                           "[train]\nbatch = 200\niterations = %d\n", method, ITERATIONS);
  g_autoptr (MpExperiment) experiment = mp_experiment_parse (text, -1, "bench.ini", error);
  const MpBuildOptions options = { .n_view_points = GRID * GRID, .view_width = GRID };
  g_autoptr (MpLoop) loop = NULL;
  double extent[4];

  if (experiment == NULL
      || (mp_experiment_has_group (experiment, "critic")
          && !mp_experiment_set (experiment, "critic.hidden=100, 100", error)))
    return NULL;
  loop = mp_loop_new (experiment, class, device, &options, NULL, NULL, error);
  if (loop == NULL || !mp_loop_start (loop, error))
    return NULL;
  mp_data_get_extent (mp_loop_get_data (loop), extent);
  if (!mp_loop_set_view_grid (loop, GRID, GRID, extent, error))
    return NULL;
  for (guint64 i = 0; i < ITERATIONS; i++)
    if (!mp_loop_run_iteration (loop, i, error))
      return NULL;
  return g_steal_pointer (&loop);
}

/* Milliseconds, NAN after an error. */
static double
time_view (MpLoop      *loop,
           const char  *id,
           GError     **error)
{
  double least = NAN;

  for (gint i = 0; i < rounds; i++) {
    MpView view;

    if (!mp_loop_look (loop, (const char *const[]) { id, NULL }, &view, error))
      return NAN;
    least = i == 0 ? view.layers[0].seconds : MIN (least, view.layers[0].seconds);
    mp_view_clear (&view);
  }
  return 1000 * least;
}

static gboolean
time_method (const char           *method,
             const MpDeviceClass  *class,
             MpDevice             *device,
             GError              **error)
{
  g_autoptr (MpLoop) loop = open_lane (method, class, device, error);
  const MpBuildView *views;
  double sum = 0;
  guint n;

  if (loop == NULL)
    return FALSE;
  views = mp_build_get_views (mp_loop_get_build (loop), &n);
  printf ("\n| %s | ms |\n|---|---:|\n", method);
  for (guint i = 0; i < n; i++) {
    double time = time_view (loop, views[i].class->base.id, error);

    if (isnan (time))
      return FALSE;
    printf ("| %s | %.2f |\n", views[i].class->base.id, time);
    sum += time;
  }
  printf ("| all | %.2f |\n", sum);
  return TRUE;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  const MpDeviceOptions options = { 0 };
  const MpDeviceClass *class;
  MpDevice *device;
  guint n;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_METHOD, &n);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || !mp_device_open (device_name != NULL ? device_name : "cpu", &options, &class, &device, NULL, &error)) {
    fprintf (stderr, "bench-views: %s\n", error->message);
    return EXIT_FAILURE;
  }
  for (guint i = 0; i < n; i++) {
    if (methods != NULL && !g_strv_contains ((const char *const *) methods, list[i]->id))
      continue;
    if (!time_method (list[i]->id, class, device, &error)) {
      fprintf (stderr, "bench-views: %s: %s\n", list[i]->id, error->message);
      return EXIT_FAILURE;
    }
  }
  class->close (device);
  return EXIT_SUCCESS;
}
