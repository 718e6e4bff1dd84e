/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-step.c: how fast one lane trains, without evaluation, views or files, and where the time goes.
 *
 *   bench-step [--seconds S] [--windows N] [--threads N] [--profile] PRESET-or-FILE [group.key=value]...
 *
 * Prints one JSON object: iterations per second as the median of N windows of S seconds, the same per second of CPU
 * time (what a shared machine disturbs less), seconds per step, the plan's work per iteration; with --profile also a
 * table of kernels, each timed alone, to standard error.
 */
#include "engine/train/loop.h"

#include <stdlib.h>
#include <time.h>

static gdouble seconds = 1;
static gint windows = 5;
static gint threads = 1;
static gboolean profile = FALSE;

static const GOptionEntry entries[] = {
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of one window", "S" },
  { "windows", 0, 0, G_OPTION_ARG_INT, &windows, "Windows to take the median of", "N" },
  { "threads", 0, 0, G_OPTION_ARG_INT, &threads, "Threads inside one kernel", "N" },
  { "profile", 0, 0, G_OPTION_ARG_NONE, &profile, "Print the time of every kernel", NULL },
  { NULL }
};

static int
by_value (const void *a,
          const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static gboolean
measure (MpLoop  *loop,
         guint64 *iteration,
         double  *rates,
         double  *cpu_rates,
         GError **error)
{
  for (gint w = -1; w < windows; w++) {
    gint64 start = g_get_monotonic_time (), now = start;
    guint64 first = *iteration;
    double cpu = cpu_seconds ();

    /* The first window warms caches and predictors and is dropped. */
    while ((double) (now - start) < (w < 0 ? 0.3 : seconds) * 1e6) {
      for (gint i = 0; i < 16; i++)
        if (!mp_loop_run_iteration (loop, (*iteration)++, error))
          return FALSE;
      now = g_get_monotonic_time ();
    }
    if (w < 0)
      continue;
    rates[w] = (double) (*iteration - first) * 1e6 / (double) (now - start);
    cpu_rates[w] = (double) (*iteration - first) / (cpu_seconds () - cpu);
  }
  qsort (rates, (size_t) windows, sizeof *rates, by_value);
  qsort (cpu_rates, (size_t) windows, sizeof *cpu_rates, by_value);
  return TRUE;
}

static gboolean
print_profile (MpLoop  *loop,
               GError **error)
{
  for (guint p = 0; p < mp_loop_get_n_phases (loop); p++) {
    MpPlan *plan = mp_loop_get_plan (loop, p);
    MpRunContext context = { 1, 1 };
    g_autofree double *times = mp_plan_profile (plan, &context, 200, error);
    g_autofree char *text = mp_plan_describe (plan);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    double total = 0;
    MpPlanInfo info;

    if (times == NULL)
      return FALSE;
    mp_plan_get_info (plan, &info);
    g_printerr ("%s\n", lines[0]);
    for (guint i = 0; i < info.n_kernels; i++) {
      g_printerr ("%9.2f µs %s\n", times[i] * 1e6, lines[i + 1]);
      total += times[i];
    }
    g_printerr ("%9.2f µs in kernels\n", total * 1e6);
  }
  return TRUE;
}

static gboolean
bench (char   **arguments,
       GError **error)
{
  g_autoptr (MpExperiment) experiment = mp_experiment_load (arguments[0], error);
  g_autofree double *rates = g_new0 (double, (gsize) MAX (windows, 1));
  g_autofree double *cpu_rates = g_new0 (double, (gsize) MAX (windows, 1));
  g_autoptr (MpLoop) loop = NULL;
  MpDevice *device;
  MpPlanInfo total = { 0 };
  guint64 iteration = 0;

  if (experiment == NULL)
    return FALSE;
  for (guint i = 1; arguments[i] != NULL; i++)
    if (!mp_experiment_set (experiment, arguments[i], error))
      return FALSE;
  if (!mp_check_status (mp_cpu_class.open (0, &(MpDeviceOptions) { .n_threads = threads }, &device), "opening the CPU", error))
    return FALSE;
  loop = mp_loop_new (experiment, &mp_cpu_class, device, NULL, NULL, NULL, error);
  if (loop == NULL || !mp_loop_start (loop, error) || !measure (loop, &iteration, rates, cpu_rates, error))
    return FALSE;
  for (guint p = 0; p < mp_loop_get_n_phases (loop); p++) {
    MpPlanInfo info;
    double repeat = (double) mp_loop_get_repeat (loop, p);

    mp_plan_get_info (mp_loop_get_plan (loop, p), &info);
    total.n_kernels += info.n_kernels;
    total.arena_bytes += info.arena_bytes + info.workspace_bytes;
    total.product_flops += repeat * info.product_flops;
    total.flops += repeat * info.flops;
    total.exponentials += repeat * info.exponentials;
  }
  g_print ("{\"experiment\":\"%s\",\"threads\":%d,\"iterations_per_second\":%.1f,\"slowest_window\":%.1f,"
           "\"fastest_window\":%.1f,\"iterations_per_cpu_second\":%.1f,\"seconds_per_iteration\":%.3e,",
           mp_experiment_get_id (experiment), threads, rates[windows / 2], rates[0], rates[windows - 1],
           cpu_rates[windows / 2], 1 / rates[windows / 2]);
  g_print ("\"kernels\":%u,\"plan_bytes\":%" G_GSIZE_FORMAT ",\"product_flops\":%.0f,\"flops\":%.0f,"
           "\"exponentials\":%.0f}\n", total.n_kernels, total.arena_bytes, total.product_flops, total.flops,
           total.exponentials);
  return !profile || print_profile (loop, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("PRESET-or-FILE [group.key=value]...");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2 || windows < 1) {
    g_printerr ("bench-step: %s\n", error != NULL ? error->message : "an experiment is needed");
    return 2;
  }
  if (!bench (argv + 1, &error)) {
    g_printerr ("bench-step: %s\n", error->message);
    return 1;
  }
  return 0;
}
