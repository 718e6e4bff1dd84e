/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-format.h: numbers as people read them: real minus signs, grouped thousands, powers of ten, rounded to what they
 * are worth. The decimal point follows the locale. Results are newly allocated; free with g_free ().
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "4,200" */
char *mp_format_count (guint64 count) G_GNUC_WARN_UNUSED_RESULT;
/* To `digits` significant digits: "0.213", "−1.30", "12,400", "3.1×10⁻⁵", "∞", "NaN". */
char *mp_format_value (double value,
                       int    digits) G_GNUC_WARN_UNUSED_RESULT;
/* The same without trailing zeros, for numbers that are round: "0.02", "−2". */
char *mp_format_short (double value,
                       int    digits) G_GNUC_WARN_UNUSED_RESULT;
/* A number or list as experiments have them, "1, 1.4142135623730951", shortened where that is long: "1, 1.414". Other text
 * stays as it is. */
char *mp_format_setting (const char *text) G_GNUC_WARN_UNUSED_RESULT;
/* With a fixed number of decimals: "−0.50". */
char *mp_format_fixed (double value,
                       int    decimals) G_GNUC_WARN_UNUSED_RESULT;
/* Short, exact where possible, for axes of counts: "0", "500", "2.5k", "10M". */
char *mp_format_engineering (double value) G_GNUC_WARN_UNUSED_RESULT;
/* A moment of a training: "12.3 s", "2 min 30 s", "1 h 5 min". */
char *mp_format_time (double seconds) G_GNUC_WARN_UNUSED_RESULT;
/* 10 to an integral power: "10⁻³". */
char *mp_format_power (int exponent) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
