/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-axis.c: marks of axes, numbers as text, colours.
 */
#include <float.h>
#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/plot-style.h"
#include "ui/plot/ticks.h"

typedef struct
{
  MpScale     scale;
  double      low, high;
  guint       most;
  gboolean    counts;
  const char *labels; /* those that have one, separated by spaces */
} TickCase;

static const TickCase tick_cases[] = {
  { MP_SCALE_LINEAR, 0, 4200, 5, TRUE, "0 1k 2k 3k 4k" },
  { MP_SCALE_LINEAR, 0, 3, 9, TRUE, "0 1 2 3" },
  { MP_SCALE_LINEAR, 0, 2.5e6, 6, TRUE, "0 500k 1M 1.5M 2M 2.5M" },
  { MP_SCALE_LINEAR, 1234500, 1234510, 4, TRUE, "1,234,500 1,234,505 1,234,510" },
  { MP_SCALE_LINEAR, -1, 1, 5, FALSE, "−1.0 −0.5 0 0.5 1.0" },
  { MP_SCALE_LINEAR, 0.01, 0.052, 6, FALSE, "0.01 0.02 0.03 0.04 0.05" },
  { MP_SCALE_LINEAR, 0, 3.1e-5, 4, FALSE, "0 1×10⁻⁵ 2×10⁻⁵ 3×10⁻⁵" },
  { MP_SCALE_LINEAR, 0, 30000, 4, FALSE, "0 10k 20k 30k" },
  { MP_SCALE_LOG, 1e-4, 1, 8, FALSE, "10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 10⁰" },
  { MP_SCALE_LOG, 0.01, 1, 7, FALSE, "0.01 0.02 0.05 0.1 0.2 0.5 1" },
  { MP_SCALE_LOG, 0.01, 1000, 6, FALSE, "0.01 0.1 1 10 100 1,000" },
  { MP_SCALE_LOG, 1e-12, 1e12, 5, FALSE, "10⁻¹² 10⁻⁷ 10⁻² 10³ 10⁸" },
  { MP_SCALE_LOG, 0.15, 3, 3, FALSE, "0.2 0.5 1 2" },
  { MP_SCALE_LOG, 0.11, 9.5, 2, FALSE, "0.2 1 5" },
  { MP_SCALE_LOG, 0.06, 3.4, 3, FALSE, "0.1 1" },
  { MP_SCALE_LOG, 1.5e-7, 3e-6, 3, FALSE, "2×10⁻⁷ 5×10⁻⁷ 10⁻⁶ 2×10⁻⁶" },
  { MP_SCALE_LOG, 0.5, 0.6, 5, FALSE, "0.50 0.55 0.60" },
};

static void
test_ticks (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (tick_cases); i++) {
    const TickCase    *this = &tick_cases[i];
    g_autoptr (GArray) ticks = mp_ticks_new (this->scale, this->low, this->high, this->most, this->counts);
    g_autoptr (GString) labels = g_string_new (NULL);

    for (guint k = 0; k < ticks->len; k++) {
      const MpTick *tick = &g_array_index (ticks, MpTick, k);

      if (tick->label != NULL)
        g_string_append_printf (labels, "%s%s", labels->len > 0 ? " " : "", tick->label);
    }
    g_assert_cmpstr (labels->str, ==, this->labels);
  }
}

/* Durations say their unit, the largest of which there are several and enough in view. */
static void
test_ticks_time (void)
{
  static const struct
  {
    double      low, high;
    guint       most;
    const char *labels;
  } cases[] = {
    { 0, 0.5, 5, "0 s; 0.2 s; 0.4 s" },
    { 0, 45, 5, "0 s; 10 s; 20 s; 30 s; 40 s" },
    { 0, 119, 4, "0 s; 50 s; 100 s" },
    { 0, 150, 5, "0 min; 1 min; 2 min" },
    { 600, 601, 4, "600.0 s; 600.5 s; 601.0 s" },
    { 0, 5 * 3600, 6, "0 h; 1 h; 2 h; 3 h; 4 h; 5 h" },
    { 7200, 7300, 3, "120 min; 121 min" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) ticks = mp_ticks_new_time (cases[i].low, cases[i].high, cases[i].most);
    g_autoptr (GString) labels = g_string_new (NULL);

    for (guint k = 0; k < ticks->len; k++) {
      const MpTick *tick = &g_array_index (ticks, MpTick, k);

      g_assert_cmpfloat (tick->value, >=, cases[i].low - 1e-9);
      g_assert_cmpfloat (tick->value, <=, cases[i].high + 1e-9);
      g_string_append_printf (labels, "%s%s", labels->len > 0 ? "; " : "", tick->label);
    }
    g_assert_cmpstr (labels->str, ==, cases[i].labels);
  }
}

static void
test_format_time (void)
{
  g_autofree char *seconds = mp_format_time (12.34);
  g_autofree char *minutes = mp_format_time (150.9);
  g_autofree char *hours = mp_format_time (3 * 3600 + 5 * 60 + 59);

  g_assert_cmpstr (seconds, ==, "12.3 s");
  g_assert_cmpstr (minutes, ==, "2 min 30 s");
  g_assert_cmpstr (hours, ==, "3 h 5 min");
}

/* For any range: inside it, increasing, not too many, at least two with labels, none twice. */
static void
test_ticks_any (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (21);

  for (guint trial = 0; trial < 5000; trial++) {
    MpScale            scale = trial % 2 == 0 ? MP_SCALE_LINEAR : MP_SCALE_LOG;
    double             low = pow (10, g_rand_double_range (random, -300, 300)), high = low;
    guint              most = (guint) g_rand_int_range (random, 2, 12), labels = 0;
    g_autoptr (GArray) ticks = NULL;
    const char        *last_label = NULL;
    double             last = -INFINITY;

    if (scale == MP_SCALE_LINEAR && trial % 4 == 0)
      low = high = -low;
    high += fabs (low) * pow (10, g_rand_double_range (random, -8, 6));
    mp_ticks_pad (scale, &low, &high);
    g_assert_true (isfinite (low) && isfinite (high) && isfinite (high - low) && low < high);
    ticks = mp_ticks_new (scale, low, high, most, FALSE);
    for (guint k = 0; k < ticks->len; k++) {
      const MpTick *tick = &g_array_index (ticks, MpTick, k);

      g_assert_cmpfloat (tick->value, >=, low - (high - low) * 1e-8);
      g_assert_cmpfloat (tick->value, <=, high + (high - low) * 1e-8);
      g_assert_cmpfloat (tick->value, >, last);
      last = tick->value;
      if (tick->label == NULL)
        continue;
      g_assert_cmpstr (tick->label, !=, last_label);
      last_label = tick->label;
      labels++;
    }
    g_assert_cmpuint (labels, >=, 2);
    g_assert_cmpuint (labels, <=, MAX (most, 5));
  }
}

static void
test_pad (void)
{
  static const double cases[][2] = {
    { 0, 0 }, { 5, 5 }, { -5, -5 }, { 1e-300, 1e-300 }, { -DBL_MAX, DBL_MAX }, { DBL_MAX, DBL_MAX }, { 1e15, 1e15 + 1 },
    { 0, 1 }, { -1, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    double low = cases[i][0], high = cases[i][1];

    mp_ticks_pad (MP_SCALE_LINEAR, &low, &high);
    g_assert_true (low < high && isfinite (high - low));
    /* what is never negative keeps its zero line */
    if (cases[i][0] >= 0 && cases[i][1] > cases[i][0])
      g_assert_cmpfloat (low, >=, 0);
  }
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
test_select (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (22);

  for (guint trial = 0; trial < 2000; trial++) {
    double sorted[40], values[40];
    guint  n = (guint) g_rand_int_range (random, 1, 41), k = (guint) g_rand_int_range (random, 0, (gint32) n);

    /* few different values, so that many are equal */
    for (guint i = 0; i < n; i++)
      sorted[i] = values[i] = g_rand_int_range (random, 0, 1 + trial % 50);
    qsort (sorted, n, sizeof *sorted, compare_doubles);
    g_assert_cmpfloat (mp_select_value (values, n, k), ==, sorted[k]);
  }
}

typedef struct
{
  double      value;
  int         digits;
  const char *text;
} ValueCase;

static void
test_format (void)
{
  static const ValueCase values[] = {
    { 0, 3, "0" }, { 0.2134, 3, "0.213" }, { -1.3, 3, "−1.30" }, { 9.996, 3, "10.0" }, { 0.09996, 3, "0.100" },
    { 12437, 3, "12,437" }, { 999999, 3, "999,999" }, { 3.14159e-5, 2, "3.1×10⁻⁵" }, { -2.5e12, 3, "−2.50×10¹²" },
    { INFINITY, 3, "∞" }, { -INFINITY, 3, "−∞" }, { NAN, 3, "NaN" }, { 5e-324, 1, "5×10⁻³²⁴" },
    { DBL_MAX, 3, "1.80×10³⁰⁸" }, { -0.0, 3, "0" },
  };
  static const ValueCase shorts[] = {
    { -2, 3, "−2" }, { 0.02, 3, "0.02" }, { 0.5, 3, "0.5" }, { 1.25, 3, "1.25" }, { 100, 3, "100" },
    { 2e-7, 3, "2×10⁻⁷" }, { 0, 3, "0" }, { INFINITY, 3, "∞" }, { 1000, 3, "1,000" },
  };
  static const struct
  {
    double      value;
    const char *text;
  } counts[] = {
    { 0, "0" }, { 500, "500" }, { 2500, "2.5k" }, { 10000000, "10M" }, { -3000, "−3k" }, { 999999.9, "1M" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *text = mp_format_value (values[i].value, values[i].digits);

    g_assert_cmpstr (text, ==, values[i].text);
  }
  for (guint i = 0; i < G_N_ELEMENTS (shorts); i++) {
    g_autofree char *text = mp_format_short (shorts[i].value, shorts[i].digits);

    g_assert_cmpstr (text, ==, shorts[i].text);
  }
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    g_autofree char *text = mp_format_engineering (counts[i].value);

    g_assert_cmpstr (text, ==, counts[i].text);
  }
}

static void
test_format_setting (void)
{
  static const char *const cases[][2] = {
    { "1, 1.4142135623730951,2", "1, 1.414, 2" }, { "1e-3", "1e-3" }, { "0.05", "0.05" }, { "123456", "123456" },
    { "sgd, 1.4142135", "sgd, 1.4142135" }, { "", "" }, { "12345.678", "12345.678" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = mp_format_setting (cases[i][0]);

    g_assert_cmpstr (text, ==, cases[i][1]);
  }
}

static void
test_format_fixed (void)
{
  g_autofree char *negative_zero = mp_format_fixed (-0.001, 2);
  g_autofree char *grouped = mp_format_fixed (-1234567.891, 2);
  g_autofree char *count = mp_format_count (G_MAXUINT64);
  g_autofree char *power = mp_format_power (-103);

  g_assert_cmpstr (negative_zero, ==, "0.00");
  g_assert_cmpstr (grouped, ==, "−1,234,567.89");
  g_assert_cmpstr (count, ==, "18,446,744,073,709,551,615");
  g_assert_cmpstr (power, ==, "10⁻¹⁰³");
}

/* WCAG: 4.5 for words, 3 for marks, in every theme, on what they stand on; 7 for words in high contrast. */
static void
test_contrast (void)
{
  for (guint theme = 0; theme < 4; theme++) {
    MpPlotStyle style;
    gboolean    strong = (theme & MP_PLOT_HIGH_CONTRAST) != 0;

    mp_plot_style_init (&style, theme);
    g_assert_cmpfloat (mp_colour_contrast (style.text, style.card), >=, 7);
    g_assert_cmpfloat (mp_colour_contrast (style.dim_text, style.card), >=, strong ? 7 : 4.5);
    g_assert_cmpfloat (mp_colour_contrast (style.dim_text, style.page), >=, strong ? 7 : 4.5);
    g_assert_cmpfloat (mp_colour_contrast (style.dim_text, style.canvas), >=, strong ? 7 : 4.5);
    g_assert_cmpfloat (mp_colour_contrast (style.dim_text, style.popover), >=, strong ? 7 : 4.5);
    g_assert_cmpfloat (mp_colour_contrast (style.data, style.canvas), >=, 3);
    /* Okabe and Ito's orange, purple, sky blue and yellow are bright by design; high contrast darkens them */
    g_assert_cmpfloat (mp_colour_contrast (style.samples, style.canvas), >=, strong || theme & MP_PLOT_DARK ? 3 : 2);
    for (guint lane = 0; lane < MP_PLOT_N_LANES; lane++)
      g_assert_cmpfloat (mp_colour_contrast (style.lanes[lane], style.card), >=,
                         strong || theme & MP_PLOT_DARK ? 3 : 2);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/axis/ticks", test_ticks);
  g_test_add_func ("/plot/axis/ticks-time", test_ticks_time);
  g_test_add_func ("/plot/axis/ticks-any", test_ticks_any);
  g_test_add_func ("/plot/axis/format-time", test_format_time);
  g_test_add_func ("/plot/axis/pad", test_pad);
  g_test_add_func ("/plot/axis/select", test_select);
  g_test_add_func ("/plot/axis/format", test_format);
  g_test_add_func ("/plot/axis/format-setting", test_format_setting);
  g_test_add_func ("/plot/axis/format-fixed", test_format_fixed);
  g_test_add_func ("/plot/axis/contrast", test_contrast);
  return g_test_run ();
}
