/* SPDX-License-Identifier: Apache-2.0
 *
 * parity.c: every operation on a device against the CPU in float64, in every precision.
 *
 *   test-parity [--device NAME] [--modes float64,tf32] [--quick] [--seed N] [--json FILE]
 *
 * NAME is as for `matchpoint train --device`; without it $MATCHPOINT_TEST_DEVICE counts, else "cpu". Inputs are drawn
 * anew each time; the seed that makes them again is printed. One line for each operation and mode: how many cases, and
 * the largest error in units of what parity.h allows. --quick leaves out the cases that take long on an emulated device.
 */
#include "tests/device/parity.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "tests/kernels/tap.h"

#define MISTAKES_SHOWN 4

static const Mode modes[] = {
  { "float64", MP_FLOAT64, MP_PRECISION_STRICT, TRUE, FALSE },
  { "float32", MP_FLOAT32, MP_PRECISION_STRICT, TRUE, FALSE },
  { "tf32", MP_FLOAT32, MP_PRECISION_TF32, FALSE, TRUE },
  { "bf16", MP_FLOAT32, MP_PRECISION_BF16, FALSE, TRUE },
  { "tf32-deterministic", MP_FLOAT32, MP_PRECISION_TF32, TRUE, TRUE },
  { "bf16-stored", MP_BFLOAT16, MP_PRECISION_BF16, TRUE, FALSE },
};

/* ---- tallies ---- */

static void
tally_free (gpointer data)
{
  Tally *tally = data;

  g_free (tally->name);
  g_free (tally->where);
  g_string_free (tally->mistakes, TRUE);
  g_free (tally);
}

double
tally_unit (const Mode *mode)
{
  return mode->dtype == MP_FLOAT64 ? 0x1p-53 : 0x1p-24;
}

double
tally_operand (const Mode *mode)
{
  double r = mode->dtype == MP_FLOAT64 || mode->precision == MP_PRECISION_STRICT ? 0
             : mode->precision == MP_PRECISION_TF32 ? 0x1p-10 : 0x1p-8;

  return 2 * r + r * r;
}

void
suite_begin (Suite      *self,
             GPtrArray  *tallies,
             const char *name)
{
  self->tally = g_new0 (Tally, 1);
  self->tally->name = g_strdup (name);
  self->tally->mistakes = g_string_new (NULL);
  g_ptr_array_add (tallies, self->tally);
}

void
tally_declined (Suite *self)
{
  self->tally->n_cases++;
  self->tally->n_declined++;
}

static void
add_mistake (Tally      *tally,
             const char *name,
             const char *text)
{
  g_autofree char *line = g_strdelimit (g_strdup (text), "\n", ' '); /* a compiler's words have several */

  if (tally->n_failed < MISTAKES_SHOWN)
    g_string_append_printf (tally->mistakes, "#   %s: %.500s\n", name, line);
}

void
tally_mistake (Suite      *self,
               const char *name,
               char       *text)
{
  add_mistake (self->tally, name, text);
  self->tally->n_cases++;
  self->tally->n_failed++;
  g_free (text);
}

/* ---- one kernel ---- */

/* The largest error of one output in units of what is allowed. */
static double
compare (const Suite        *suite,
         const MpTensorType *type,
         const void         *got,
         const Expected     *expected,
         double              factor,
         gint64             *where)
{
  double stored = type->dtype == MP_BFLOAT16 ? 0x1p-8 : 0, worst = 0;
  double least = type->dtype == MP_FLOAT64 ? 0x1p-1074 : 0x1p-149;

  for (gint64 i = 0; i < expected->n; i++) {
    double value = number_get (type->dtype, got, i), wanted = expected->value[i], error;

    if (value == wanted || (isnan (value) && isnan (wanted)))
      continue;
    error = fabs (value - wanted) / (expected->magnitude[i] * factor + stored * fabs (wanted) + least);
    if (!(error <= worst)) {
      worst = isnan (error) ? INFINITY : error;
      *where = i;
    }
  }
  return worst;
}

typedef struct
{
  const char *title;
  double      worst;
  char       *mistake;
  void       *output[TARGET_MAX];
} Pass;

static void
pass_clear (Pass *self)
{
  for (int i = 0; i < TARGET_MAX; i++)
    g_free (self->output[i]);
  g_free (self->mistake);
}

static MpStatus
prepare (Launch      *launch,
         int          poison,
         void *const *updated)
{
  MpStatus status = launch_poison (launch, poison);

  for (int i = 0; updated != NULL && status == MP_OK && i < launch->spec.n_outputs; i++)
    if (updated[i] != NULL)
      status = launch_set_output (launch, i, updated[i]);
  return status;
}

/* Reads and compares what a run has left behind. */
static void
examine (Suite          *suite,
         Launch         *launch,
         const Expected *expected,
         double          factor,
         Pass           *pass)
{
  for (int i = 0; pass->mistake == NULL && i < launch->spec.n_outputs; i++) {
    const MpTensorType *type = &launch->spec.outputs[i];
    gint64 where = 0;
    double worst;

    pass->output[i] = g_malloc0 ((gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype) + 8);
    if (launch_read (launch, i, pass->output[i]) != MP_OK) {
      pass->mistake = g_strdup (mp_kernels_error ());
      return;
    }
    worst = compare (suite, type, pass->output[i], &expected[i], factor, &where);
    pass->worst = MAX (pass->worst, worst);
    if (worst > 1)
      pass->mistake = g_strdup_printf ("element %" G_GINT64_FORMAT " of output %d is %.9g, not %.9g: %.3g times the "
                                       "allowed error", where, i, number_get (type->dtype, pass->output[i], where),
                                       expected[i].value[where], worst);
  }
  if (pass->mistake == NULL) {
    g_autofree char *damage = launch_find_damage (launch);

    if (damage != NULL)
      pass->mistake = g_strdup_printf ("%s were written", damage);
  }
}

/* Whether two runs gave the same bits. */
static void
compare_bits (const Launch *launch,
              const Pass   *first,
              Pass         *other)
{
  for (int i = 0; first->mistake == NULL && other->mistake == NULL && i < launch->spec.n_outputs; i++) {
    const MpTensorType *type = &launch->spec.outputs[i];

    if (memcmp (first->output[i], other->output[i], (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype)) != 0)
      other->mistake = g_strdup_printf ("output %d has other bits than the first run's", i);
  }
}

static void
run_pass (Suite              *suite,
          Launch             *launch,
          const Expected     *expected,
          double              factor,
          void *const        *updated,
          const MpRunContext *context,
          int                 number,
          Pass               *pass)
{
  static const char *const titles[] = { "first run", "second run", "replay" };
  const MpRunContext base = { context->seed - 1, context->step - 1, context->batch - 1 };
  MpStatus status = prepare (launch, number == 1 ? 0x7f : 0xff, updated);

  pass->title = titles[number];
  if (status == MP_OK && number < 2)
    status = launch_run (launch, context);
  else if (status == MP_OK)
    status = launch_replay (launch, &base, context);
  if (status != MP_OK)
    pass->mistake = g_strdup (mp_kernels_error ());
  else
    examine (suite, launch, expected, factor, pass);
}

void
suite_check (Suite              *self,
             const char         *name,
             Launch             *launch,
             const Expected     *expected,
             double              factor,
             void *const        *updated,
             const MpRunContext *context)
{
  const MpDeviceClass *class = self->target.class;
  int n = class->capture_begin != NULL ? 3 : 2;
  Pass pass[3] = { 0 };
  gboolean failed = FALSE;
  Tally *tally = self->tally;

  for (int i = 0; i < n; i++) {
    run_pass (self, launch, expected, factor, updated, context, i, &pass[i]);
    if (i > 0 && self->mode->deterministic)
      compare_bits (launch, &pass[0], &pass[i]);
  }
  for (int i = 0; i < n; i++) {
    if (pass[i].worst > tally->worst || tally->where == NULL) {
      tally->worst = MAX (tally->worst, pass[i].worst);
      g_free (tally->where);
      tally->where = g_strdup_printf ("%s, %s", name, class->kernel_algorithm (launch->kernel));
    }
    if (pass[i].mistake != NULL && !failed) {
      g_autofree char *text = g_strdup_printf ("%s: %s (%s)", pass[i].title, pass[i].mistake,
                                               class->kernel_algorithm (launch->kernel));

      add_mistake (tally, name, text);
      failed = TRUE;
    }
  }
  tally->n_cases++;
  tally->n_failed += failed;
  for (int i = 0; i < n; i++)
    pass_clear (&pass[i]);
}

/* ---- modes ---- */

/* Operations that a plan can do without: the planner writes them with others. */
static gboolean
may_decline (const Suite *suite,
             const Tally *tally)
{
  return suite->mode->dtype == MP_BFLOAT16 || g_str_equal (tally->name, mp_op_name (MP_OP_PD_SOLVE))
         || g_str_has_prefix (tally->name, "contraction") || g_str_equal (tally->name, "pairs");
}

static void
report (const Suite *suite,
        const Tally *tally)
{
  gboolean declined = tally->n_declined > 0 && !may_decline (suite, tally);

  if (tally->n_cases == tally->n_declined && !declined) {
    printf ("ok %d - %s %s # SKIP the device declines it\n", ++tap_n, suite->mode->id, tally->name);
    return;
  }
  tap_ok (tally->n_failed == 0 && !declined, "%s %s: %u cases%s, worst error %.2g of the allowed: %s", suite->mode->id,
          tally->name, tally->n_cases, tally->n_declined > 0 ? ", some declined" : "", tally->worst,
          tally->where != NULL ? tally->where : "none ran");
  if (declined)
    printf ("#   %u cases were declined\n", tally->n_declined);
  fputs (tally->mistakes->str, stdout);
}

static void
add_json (JsonBuilder *builder,
          const Suite *suite,
          const Tally *tally)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "mode");
  json_builder_add_string_value (builder, suite->mode->id);
  json_builder_set_member_name (builder, "operation");
  json_builder_add_string_value (builder, tally->name);
  json_builder_set_member_name (builder, "cases");
  json_builder_add_int_value (builder, tally->n_cases);
  json_builder_set_member_name (builder, "declined");
  json_builder_add_int_value (builder, tally->n_declined);
  json_builder_set_member_name (builder, "failed");
  json_builder_add_int_value (builder, tally->n_failed);
  json_builder_set_member_name (builder, "worst");
  json_builder_add_double_value (builder, isfinite (tally->worst) ? tally->worst : 1e300);
  json_builder_set_member_name (builder, "where");
  json_builder_add_string_value (builder, tally->where != NULL ? tally->where : "");
  json_builder_end_object (builder);
}

static gboolean
run_mode (const Mode  *mode,
          const char  *device,
          gboolean     large,
          JsonBuilder *builder,
          GError     **error)
{
  const MpDeviceOptions options = { .n_threads = 1, .precision = mode->precision, .deterministic = mode->deterministic };
  g_autoptr (GPtrArray) tallies = g_ptr_array_new_with_free_func (tally_free);
  Suite suite = { .mode = mode, .large = large };
  gint64 start = g_get_monotonic_time ();

  if (!target_open (&suite.cpu, "cpu", NULL, error) || !target_open (&suite.target, device, &options, error))
    return FALSE;
  /* The CPU knows one precision, and has no bfloat16 tensors. */
  if (suite.target.class != &mp_cpu_class || (!mode->products_only && mode->dtype != MP_BFLOAT16)) {
    parity_table (&suite, tallies);
    parity_contractions (&suite, tallies);
    parity_pairs (&suite, tallies);
    if (!mode->products_only && mode->dtype != MP_BFLOAT16) {
      parity_random (&suite, tallies);
      parity_updates (&suite, tallies);
      parity_rings (&suite, tallies);
    }
  }
  for (guint i = 0; i < tallies->len; i++) {
    const Tally *tally = g_ptr_array_index (tallies, i);

    if (tally->n_cases == 0)
      continue;
    report (&suite, tally);
    add_json (builder, &suite, tally);
  }
  printf ("# %s took %.1f s\n", mode->id, (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  target_close (&suite.target);
  target_close (&suite.cpu);
  return TRUE;
}

static void
print_device (const char *name)
{
  Target target;
  MpDeviceInfo info;

  if (!target_open (&target, name, NULL, NULL))
    return;
  if (target.class->info (target.device, &info) == MP_OK)
    printf ("# %s; %s\n", info.name, info.detail);
  target_close (&target);
}

static gboolean
save_json (JsonBuilder *builder,
           const char  *path,
           GError     **error)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  json_generator_set_root (generator, root);
  return json_generator_to_file (generator, path, error);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *device = NULL, *wanted = NULL, *json = NULL;
  gboolean quick = FALSE;
  gint64 seed = (gint64) g_random_int ();
  const GOptionEntry entries[] = {
    { "device", 0, 0, G_OPTION_ARG_STRING, &device, "Device to test", "NAME" },
    { "modes", 0, 0, G_OPTION_ARG_STRING, &wanted, "Only these modes, separated by commas", "LIST" },
    { "quick", 0, 0, G_OPTION_ARG_NONE, &quick, "Leave out what takes long", NULL },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Draw the inputs of an earlier run", "N" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &json, "Write the results to a file as well", "FILE" },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) list = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  if (device == NULL)
    device = g_strdup (g_getenv ("MATCHPOINT_TEST_DEVICE") != NULL ? g_getenv ("MATCHPOINT_TEST_DEVICE") : "cpu");
  list = g_strsplit (wanted != NULL ? wanted : "", ",", -1);
  printf ("# device %s, --seed %" G_GINT64_FORMAT "\n", device, seed);
  print_device (device);
  json_builder_begin_array (builder);
  for (guint i = 0; error == NULL && i < G_N_ELEMENTS (modes); i++) {
    tap_seed = ((guint64) seed + i) * 0x9E3779B97F4A7C15u | 1; /* a mode alone draws the same */
    if (wanted == NULL || g_strv_contains ((const char *const *) list, modes[i].id))
      run_mode (&modes[i], device, !quick, builder, &error);
  }
  json_builder_end_array (builder);
  if (error == NULL && json != NULL)
    save_json (builder, json, &error);
  if (error != NULL) {
    printf ("Bail out! %s\n", error->message);
    return 1;
  }
  return tap_done ();
}
