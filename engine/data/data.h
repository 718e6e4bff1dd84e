/* SPDX-License-Identifier: Apache-2.0
 *
 * data.h: data sets as descriptors, and the deterministic minibatch cursor.
 *
 * Points are float32, dense, n × dimensions. Batch b of a run with seed s is a pure function of (data set, seed, b,
 * batch size): position p = b·batch + i lies in epoch p / n_points, and each epoch is a Philox-keyed permutation, so
 * lanes share order and a resumed run goes on exactly. Endless data sets draw batch b fresh.
 *
 * A data set fills in its MpDataClass; data.c does permutations and defaults. Threads: one at a time.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpData MpData;

/* The truth about a toy distribution: a mixture of isotropic Gaussians with equal weights. */
typedef struct
{
  guint   n_modes;
  double *centre;  /* n_modes × dimensions */
  double  std;
} MpMixture;

/* What open () of a data set hands over; data.c owns it from then on. */
typedef struct
{
  gint64     dimensions;
  gint64     n_points;    /* 0: endless */
  float     *points;      /* n_points × dimensions; g_free'd; NULL when endless */
  MpMixture *mixture;     /* or NULL; mp_mixture_free'd */
  double     extent[4];   /* x0, x1, y0, y1 */
} MpDataContents;

typedef struct
{
  MpDescriptor base;
  gboolean   (*open) (MpExperiment *experiment, guint64 seed, MpDataContents *contents, GError **error);
} MpDataClass;

MpData          *mp_data_open (MpExperiment *experiment, guint64 seed, GError **error);
void             mp_data_free (MpData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpData, mp_data_free)
gint64           mp_data_get_dimensions (MpData *self);
gint64           mp_data_get_n_points (MpData *self);                  /* 0: endless, drawn fresh */
void             mp_data_get_batch (MpData *self, guint64 batch_index, gint64 batch, float *out);
/* n points for views and metrics, the same for a seed, independent of the training batches: fresh draws of a known
 * distribution, else the first points of a permutation of their own. */
void             mp_data_get_reference (MpData *self, gint64 n, float *out);
const MpMixture *mp_data_get_mixture (MpData *self);                   /* or NULL */
double           mp_data_density (MpData *self, const double *point);  /* true density, NAN where unknown */
/* Bounds that plots should show: x0, x1, y0, y1. */
void             mp_data_get_extent (MpData *self, double extent[4]);

MpMixture       *mp_mixture_new (guint n_modes, gint64 dimensions);
void             mp_mixture_free (MpMixture *self);
/* n points; the draw is fixed by (seed, stream, step). */
void             mp_mixture_draw (const MpMixture *self, gint64 dimensions, guint64 seed, const char *stream,
                                  guint64 step, gint64 n, float *out);
double           mp_mixture_density (const MpMixture *self, gint64 dimensions, const double *point);

G_END_DECLS
