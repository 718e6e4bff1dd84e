/* SPDX-License-Identifier: Apache-2.0
 *
 * series.h: one curve: (iteration, value) pairs, appended as they come, summarised for drawing at any zoom.
 *
 * Values are kept without loss; evenly spaced iterations cost nothing, and values that a float32 holds exactly (most
 * losses) are kept in four bytes. Over the values lies a pyramid of summaries of 32, 32², … values, so the exact
 * minimum, maximum and mean of any range cost a few dozen steps, whatever its length. Ten million float32 values take
 * about 55 MB and draw as fast as ten thousand.
 *
 * Not thread-safe: one thread (the UI's) at a time. Values may be non-finite; they are counted apart.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MpSeries MpSeries;

/* What non-finite or non-positive values a range holds. */
typedef enum
{
  MP_SUMMARY_NAN          = 1 << 0,
  MP_SUMMARY_PLUS_INF     = 1 << 1,
  MP_SUMMARY_MINUS_INF    = 1 << 2,
  MP_SUMMARY_NON_POSITIVE = 1 << 3  /* a finite value ≤ 0: nothing a log axis can show */
} MpSummaryFlags;

typedef struct
{
  double  min, max;     /* of finite values; +∞, −∞ when there are none */
  double  min_positive; /* least value > 0; +∞ when there is none */
  double  sum;          /* of finite values */
  guint64 n;            /* all values */
  guint64 n_finite;
  guint32 flags;        /* MpSummaryFlags */
} MpSummary;

/* mp_series_new: (transfer full) */
MpSeries *mp_series_new (void);
MpSeries *mp_series_ref (MpSeries *self);
void      mp_series_unref (MpSeries *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSeries, mp_series_unref)

/* Adds a value at the end. Iterations must increase: FALSE, and nothing added, if this one does not. */
gboolean  mp_series_append (MpSeries *self,
                            guint64   iteration,
                            double    value);
void      mp_series_clear (MpSeries *self);

guint64   mp_series_get_n (MpSeries *self);
/* First and last iteration. FALSE when empty. */
gboolean  mp_series_get_span (MpSeries *self,
                              guint64  *first,
                              guint64  *last);
/* index < n. */
void      mp_series_get (MpSeries *self,
                         guint64   index,
                         guint64  *iteration,
                         double   *value);
/* Index of the first value whose iteration is ≥ the given one; n when there is none. */
guint64   mp_series_search (MpSeries *self,
                            double    iteration);
/* The value at an iteration, else the last one before it. FALSE when there is none. Either output may be NULL. */
gboolean  mp_series_lookup (MpSeries *self,
                            double    iteration,
                            guint64  *found,
                            double   *value);

/* Exact summary of the values first ≤ index < end. */
void      mp_series_summarise (MpSeries  *self,
                               guint64    first,
                               guint64    end,
                               MpSummary *summary);
/* Cuts [first, last) into n equal columns of iterations and summarises each. */
void      mp_series_decimate (MpSeries  *self,
                              double     first,
                              double     last,
                              guint      n,
                              MpSummary *columns);

/* Bias-corrected exponential moving average with time constant `tau` iterations,
 *   s(t) = Σ x_i exp(−(t − t_i)/τ) / Σ exp(−(t − t_i)/τ),  over t_i ≤ t, finite x_i,
 * fed in order of time with single values or with the sum of n values around a time (a column of a chart: the mean then
 * enters with the weight of n values; columns longer than τ give their own mean). */
typedef struct
{
  double tau;
  double time;
  double value;  /* NAN until the first finite value */
  double weight;
} MpSmoother;
void      mp_smoother_init (MpSmoother *self,
                            double      tau);
/* Returns: the average after these values. */
double    mp_smoother_add (MpSmoother *self,
                           double      time,
                           double      sum,
                           guint64     n);
/* Feeds what the series holds before index `end`, as far back as its weight is worth, in bounded time. */
void      mp_series_warm_up (MpSeries   *self,
                             guint64     end,
                             MpSmoother *smoother);

/* Bytes held. */
gsize     mp_series_get_size (MpSeries *self);

G_END_DECLS
