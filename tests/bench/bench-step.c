/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-step.c: how fast one lane trains, without evaluation, views or files, and where the time goes.
 *
 *   bench-step [--device NAME] [--precision P] [--seconds S] [--windows N] [--threads N] [--profile] [--list]
 *              CASE [group.key=value]...
 *
 * CASE is a preset, an experiment file, "mlp512" or "dcgan32" (step-case.h). Prints one JSON object: iterations per
 * second as the median of N windows of S seconds, on the CPU also per second of CPU time (what a shared machine disturbs
 * less), seconds per step, the plan's work per iteration, peak device memory, and the seconds from an open device to
 * the end of the first iteration. With --profile also the sum of kernels' times, each timed alone, and the share of it
 * in products and convolutions (on a GPU: in NVIDIA's libraries); with --list the kernels themselves, on standard error.
 */
#include "tests/bench/step-case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/train/devices.h"

#define PROFILE_RUNS 200

static gdouble seconds = 1;
static gint windows = 5;
static gint threads = 1;
static gboolean profile = FALSE;
static gboolean list_kernels = FALSE;
static char *device_name = NULL;
static char *precision = NULL;
static char *cache = NULL;

static const GOptionEntry entries[] = {
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_name, "cpu (the default), cuda, cuda:1, cuda:UUID", "NAME" },
  { "precision", 0, 0, G_OPTION_ARG_STRING, &precision, "float32, tf32, bf16 or float64", "P" },
  { "cache", 0, 0, G_OPTION_ARG_FILENAME, &cache, "Folder for compiled kernels and measured choices", "DIR" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of one window", "S" },
  { "windows", 0, 0, G_OPTION_ARG_INT, &windows, "Windows to take the median of", "N" },
  { "threads", 0, 0, G_OPTION_ARG_INT, &threads, "Threads inside one kernel", "N" },
  { "profile", 0, 0, G_OPTION_ARG_NONE, &profile, "Add up the times of all kernels", NULL },
  { "list", 0, 0, G_OPTION_ARG_NONE, &list_kernels, "With --profile: print the time of every kernel", NULL },
  { NULL }
};

typedef struct
{
  double *rates;     /* ascending, windows of them */
  double *cpu_rates;
  double  open, first;
  double  kernels;   /* seconds per iteration; with --profile */
  double  library;   /* of them in libraries' kernels */
} Times;

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
measure (StepCase  *subject,
         guint64   *iteration,
         Times     *times,
         GError   **error)
{
  for (gint w = -1; w < windows; w++) {
    gint64 start = g_get_monotonic_time (), now = start;
    guint64 first = *iteration;
    double cpu = cpu_seconds ();

    /* The first window warms caches and predictors and is dropped. */
    while ((double) (now - start) < (w < 0 ? 0.3 : seconds) * 1e6) {
      if (!step_case_iterate (subject, iteration, error))
        return FALSE;
      now = g_get_monotonic_time ();
    }
    if (!step_case_sync (subject, error))
      return FALSE;
    now = g_get_monotonic_time ();
    if (w < 0)
      continue;
    times->rates[w] = (double) (*iteration - first) * 1e6 / (double) (now - start);
    times->cpu_rates[w] = (double) (*iteration - first) / (cpu_seconds () - cpu);
  }
  qsort (times->rates, (size_t) windows, sizeof (double), by_value);
  qsort (times->cpu_rates, (size_t) windows, sizeof (double), by_value);
  return TRUE;
}

/* Whether a line of mp_plan_describe () is a kernel of NVIDIA's libraries, on the CPU a product or convolution. */
static gboolean
is_library (const char *line)
{
  static const char *const marks[] = { "cublas", "cudnn", "cusolver", "tiles:", "narrow:", "patches:" };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (strstr (line, marks[i]) != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
profile_plans (StepCase  *subject,
               Times     *times,
               GError   **error)
{
  for (guint p = 0; p < step_case_get_n_plans (subject); p++) {
    double repeat, total = 0;
    MpPlan *plan = step_case_get_plan (subject, p, &repeat);
    MpRunContext context = { 1, 1 };
    guint n_runs = (guint) CLAMP (PROFILE_RUNS * 1e-3 * times->rates[windows / 2], 2, PROFILE_RUNS);
    g_autofree double *alone = mp_plan_profile (plan, &context, n_runs, error);
    g_autofree char *text = mp_plan_describe (plan);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    MpPlanInfo info;

    if (alone == NULL)
      return FALSE;
    mp_plan_get_info (plan, &info);
    if (list_kernels)
      g_printerr ("%s\n", lines[0]);
    for (guint i = 0; i < info.n_kernels; i++) {
      if (list_kernels)
        g_printerr ("%9.2f µs %s\n", alone[i] * 1e6, lines[i + 1]);
      total += alone[i];
      if (is_library (lines[i + 1]))
        times->library += repeat * alone[i];
    }
    times->kernels += repeat * total;
    if (list_kernels)
      g_printerr ("%9.2f µs in kernels\n", total * 1e6);
  }
  return TRUE;
}

static void
report (const char          *name,
        MpExperiment        *experiment,
        const MpDeviceInfo  *info,
        StepCase            *subject,
        const Times         *times)
{
  MpPlanInfo total = { 0 };
  double rate = times->rates[windows / 2];

  for (guint p = 0; p < step_case_get_n_plans (subject); p++) {
    double repeat;
    MpPlanInfo plan;

    mp_plan_get_info (step_case_get_plan (subject, p, &repeat), &plan);
    total.n_kernels += plan.n_kernels;
    total.arena_bytes += plan.arena_bytes + plan.workspace_bytes;
    total.product_flops += repeat * plan.product_flops;
    total.flops += repeat * plan.flops;
    total.exponentials += repeat * plan.exponentials;
  }
  g_print ("{\"case\":\"%s\",\"peer\":\"matchpoint\",\"mode\":\"%s\",\"device\":\"%s\",\"its\":%.4g,\"its_low\":%.4g,"
           "\"its_high\":%.4g,\"seconds\":%.4e,\"bytes\":%" G_GUINT64_FORMAT ",",
           name, mp_experiment_get_string (experiment, "train", "precision"), info->name, rate, times->rates[0],
           times->rates[windows - 1], 1 / rate, info->memory_peak);
  if (profile)
    g_print ("\"kernel_seconds\":%.4e,\"library_seconds\":%.4e,", times->kernels, times->library);
  g_print ("\"open_seconds\":%.3f,\"first_seconds\":%.3f,", times->open, times->first);
  g_print ("\"experiment\":\"%s\",\"threads\":%d,\"iterations_per_second\":%.1f,\"slowest_window\":%.1f,"
           "\"fastest_window\":%.1f,\"iterations_per_cpu_second\":%.1f,\"seconds_per_iteration\":%.3e,",
           mp_experiment_get_id (experiment), threads, rate, times->rates[0], times->rates[windows - 1],
           times->cpu_rates[windows / 2], 1 / rate);
  g_print ("\"kernels\":%u,\"plan_bytes\":%" G_GSIZE_FORMAT ",\"product_flops\":%.0f,\"flops\":%.0f,"
           "\"exponentials\":%.0f}\n", total.n_kernels, total.arena_bytes, total.product_flops, total.flops,
           total.exponentials);
}

static gboolean
all_finite (StepCase  *subject,
            GError   **error)
{
  guint n;
  g_autofree double *losses = step_case_read_losses (subject, &n, error);

  for (guint i = 0; losses != NULL && i < n; i++)
    if (!isfinite (losses[i])) {
      g_set_error (error, MP_ERROR, MP_ERROR_STATE, "After the measurement a loss is %g: the case diverged", losses[i]);
      return FALSE;
    }
  return losses != NULL;
}

static gboolean
run_case (const char           *name,
          MpExperiment         *experiment,
          const MpDeviceClass  *class,
          MpDevice             *device,
          Times                *times,
          GError              **error)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (StepCase) subject = step_case_new (name, experiment, class, device, error);
  guint64 iteration = 0;
  MpDeviceInfo info;

  if (subject == NULL || !step_case_iterate (subject, &iteration, error) || !step_case_sync (subject, error))
    return FALSE;
  times->first = (double) (g_get_monotonic_time () - start) * 1e-6;
  if (!measure (subject, &iteration, times, error) || !all_finite (subject, error))
    return FALSE;
  if (!mp_check_status (class->info (device, &info), "asking the device for its memory", error))
    return FALSE;
  if (profile && !profile_plans (subject, times, error))
    return FALSE;
  report (name, experiment, &info, subject, times);
  return TRUE;
}

static gboolean
bench (char   **arguments,
       GError **error)
{
  g_autoptr (MpExperiment) experiment = step_case_load (arguments[0], arguments + 1, error);
  g_autofree double *rates = g_new0 (double, (gsize) windows);
  g_autofree double *cpu_rates = g_new0 (double, (gsize) windows);
  Times times = { .rates = rates, .cpu_rates = cpu_rates };
  MpDeviceOptions options = { .n_threads = threads, .cache = cache };
  const MpDeviceClass *class;
  MpDevice *device;
  gint64 start;
  gboolean ok;

  if (experiment == NULL
      || (precision != NULL && !mp_experiment_set_value (experiment, "train", "precision", precision, error)))
    return FALSE;
  mp_device_read_options (experiment, &options);
  start = g_get_monotonic_time ();
  if (!mp_device_open (device_name != NULL ? device_name : "cpu", &options, &class, &device, NULL, error))
    return FALSE;
  times.open = (double) (g_get_monotonic_time () - start) * 1e-6;
  ok = run_case (arguments[0], experiment, class, device, &times, error);
  class->close (device);
  return ok;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("CASE [group.key=value]...");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2 || windows < 1) {
    g_printerr ("bench-step: %s\n", error != NULL ? error->message : "a case is needed");
    return 2;
  }
  if (!bench (argv + 1, &error)) {
    g_printerr ("bench-step: %s\n", error->message);
    return 1;
  }
  return 0;
}
