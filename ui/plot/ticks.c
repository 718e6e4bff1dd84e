/* SPDX-License-Identifier: Apache-2.0
 *
 * ticks.c: steps of 1, 2, 5 and decades.
 */
#include "ui/plot/ticks.h"

#include <float.h>
#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"

static void
tick_clear (gpointer data)
{
  g_free (((MpTick *) data)->label);
}

static void
add_tick (GArray *ticks,
          double  value,
          char   *label)
{
  MpTick tick = { value, label };

  g_array_append_val (ticks, tick);
}

/* The least of 1, 2, 5 × 10^k that is ≥ step. */
static double
nice_step (double step)
{
  double power = pow (10, floor (log10 (step)));
  double ratio = step / power;

  return power * (ratio <= 1 + 1e-9 ? 1 : ratio <= 2 + 1e-9 ? 2 : ratio <= 5 + 1e-9 ? 5 : 10);
}

/* All labels of one axis in one style, with the same decimals. */
static char *
linear_label (double   value,
              double   step,
              double   largest,
              gboolean counts)
{
  int decimals = MAX (0, -(int) floor (log10 (step) + 1e-9));

  if (value == 0)
    return g_strdup ("0");
  if (counts || largest >= 1e4) {
    /* suffixes while they shorten; far into a run zoomed in they would not */
    if (largest / step < 1e4 && largest < 1e15)
      return mp_format_engineering (value);
    if (largest < 1e15)
      return mp_format_fixed (value, decimals);
  }
  if (largest >= 1e15 || largest < 1e-3) {
    int              exponent = (int) floor (log10 (largest) + 1e-9);
    int              digits = MAX (0, exponent - (int) floor (log10 (step) + 1e-9));
    g_autofree char *mantissa = mp_format_fixed (value / pow (10, exponent), MIN (digits, 15));
    g_autofree char *power = mp_format_power (exponent);

    return g_strdup_printf ("%s×%s", mantissa, power);
  }
  return mp_format_fixed (value, decimals);
}

/* Index of the first and last multiple of a step in a range. */
static double
count_steps (double  low,
             double  high,
             double  step,
             double *first,
             double *last)
{
  *first = ceil (low / step - 1e-9);
  *last = floor (high / step + 1e-9);
  return *last - *first + 1;
}

static void
linear_ticks (GArray   *ticks,
              double    low,
              double    high,
              guint     most,
              gboolean  counts)
{
  double largest = MAX (fabs (low), fabs (high)), step, first, last;
  /* a step that the values cannot resolve would put all marks on one place */
  double least = MAX (nice_step (largest * 4 * DBL_EPSILON), counts ? 1 : 0);

  step = MAX (nice_step ((high - low) / most), least);
  if (count_steps (low, high, step, &first, &last) > most)
    count_steps (low, high, step = nice_step (step * 1.5), &first, &last);
  /* a range that lies badly: one mark too many is better than none to compare with */
  while (last - first + 1 < 2 && step > least)
    count_steps (low, high, step = nice_step (step * 0.4), &first, &last);
  for (double i = first; i <= last; i++)
    add_tick (ticks, i == 0 ? 0 : i * step, linear_label (i * step, step, largest, counts));
}

static char *
log_label (double   factor,
           int      exponent,
           gboolean plain)
{
  g_autofree char *power = NULL;

  if (plain)
    return mp_format_fixed (factor * pow (10, exponent), MAX (0, -exponent));
  power = mp_format_power (exponent);
  return factor == 1 ? g_steal_pointer (&power) : g_strdup_printf ("%.0f×%s", factor, power);
}

static void
log_ticks (GArray *ticks,
           double  low,
           double  high,
           guint   most)
{
  int      first = (int) ceil (log10 (low) - 1e-9), last = (int) floor (log10 (high) + 1e-9);
  int      decades = last - first + 1, stride = MAX (1, (decades + (int) most - 1) / (int) most);
  double   span = log10 (high / low);
  /* with room, or where one decade would stand alone, 2 and 5 get labels as well */
  gboolean between = decades < 2 || span * 3 <= most;
  gboolean plain = (first >= -2 && last <= 3) || (between && log10 (low) >= -4 && log10 (high) <= 6);
  gboolean roomy = log10 (2) >= 0.6 * span / most;

  for (int exponent = first - 1; exponent <= last; exponent++) {
    static const double factors[] = { 1, 2, 5 };

    for (guint i = 0; i < G_N_ELEMENTS (factors); i++) {
      double   value = factors[i] * pow (10, exponent);
      char    *label = NULL;
      gboolean next = fabs (log10 (value) - first) < 0.5; /* to the one decade, which it leaves no room */

      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9))
        continue;
      if (i > 0 && stride > 1)
        continue;
      if (i == 0 ? (exponent - first) % stride == 0 : between && (roomy || !next))
        label = log_label (factors[i], exponent, plain);
      add_tick (ticks, value, label);
    }
  }
}

GArray *
mp_ticks_new (MpScale  scale,
              double   low,
              double   high,
              guint    most,
              gboolean counts)
{
  GArray *ticks = g_array_new (FALSE, FALSE, sizeof (MpTick));

  g_array_set_clear_func (ticks, tick_clear);
  g_return_val_if_fail (low < high && isfinite (high - low), ticks);

  most = MAX (most, 2);
  if (scale == MP_SCALE_LOG && low > 0) {
    guint labels = 0;

    log_ticks (ticks, low, high, most);
    for (guint i = 0; i < ticks->len; i++)
      labels += g_array_index (ticks, MpTick, i).label != NULL;
    if (labels >= 2)
      return ticks;
    /* within a decade the axis is nearly linear */
    g_array_set_size (ticks, 0);
  }
  linear_ticks (ticks, low, high, most, counts);
  return ticks;
}

GArray *
mp_ticks_new_time (double low,
                   double high,
                   guint  most)
{
  static const struct
  {
    double      seconds;
    const char *format;
  } units[] = { { 3600, N_("%s h") }, { 60, N_("%s min") }, { 1, N_("%s s") } };
  guint   unit = 0;
  GArray *ticks;

  /* a unit is of use where there are several of it, and more than a sliver of one is seen */
  while (unit + 1 < G_N_ELEMENTS (units) && (high < 2 * units[unit].seconds || high - low < 0.1 * units[unit].seconds))
    unit++;
  ticks = mp_ticks_new (MP_SCALE_LINEAR, low / units[unit].seconds, high / units[unit].seconds, most, FALSE);
  for (guint i = 0; i < ticks->len; i++) {
    MpTick          *tick = &g_array_index (ticks, MpTick, i);
    g_autofree char *number = tick->label;

    tick->value *= units[unit].seconds;
    tick->label = g_strdup_printf (_(units[unit].format), number);
  }
  return ticks;
}

void
mp_ticks_pad (MpScale  scale,
              double  *low,
              double  *high)
{
  const double largest = DBL_MAX / 8;
  double       a = CLAMP (*low, -largest, largest), b = CLAMP (*high, -largest, largest);

  if (scale == MP_SCALE_LOG) {
    double x = log10 (MAX (a, DBL_MIN)), y = log10 (MAX (b, DBL_MIN));
    double pad = MAX ((y - x) * 0.05, y - x < 0.2 ? 0.15 : 0);

    *low = pow (10, MAX (x - pad, -307));
    *high = pow (10, MIN (y + pad, 307));
    return;
  }
  if (b - a <= MAX (fabs (a), fabs (b)) * 1e-9) {
    double pad = a == 0 && b == 0 ? 1 : MAX (fabs (a), fabs (b)) * 0.1;

    *low = a - pad;
    *high = b + pad;
    return;
  }
  *low = a - (b - a) * 0.06;
  *high = b + (b - a) * 0.06;
  /* what is never negative starts at the line */
  if (a >= 0 && *low < 0)
    *low = 0;
  if (b <= 0 && *high > 0)
    *high = 0;
}

void
mp_ticks_round_out (double *low,
                    double *high)
{
  double step;

  if (!(*high - *low > 0))
    return;
  step = nice_step ((*high - *low) / 10);
  *low = floor (*low / step + 1e-9) * step;
  *high = ceil (*high / step - 1e-9) * step;
}

double
mp_select_value (double *values,
                 guint   n,
                 guint   k)
{
  guint low = 0, high = n - 1;

  while (low < high) {
    double pivot = values[(low + high) / 2];
    guint  i = low, j = high;

    for (;;) {
      double swap;

      while (values[i] < pivot)
        i++;
      while (values[j] > pivot)
        j--;
      if (i >= j)
        break;
      swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    if (k <= j)
      high = j;
    else
      low = j + 1;
  }
  return values[k];
}
