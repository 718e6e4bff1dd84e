/* SPDX-License-Identifier: Apache-2.0
 *
 * data.h: data sets as descriptors, and the deterministic minibatch cursor.
 *
 * Points are float32, dense, n × dimensions. Batch b of a run with seed s is a pure function of (data set, seed, b):
 * each epoch is a Philox-keyed permutation, so lanes share order and a resumed run goes on exactly.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpData MpData;

/* The truth about a toy distribution: a mixture of isotropic Gaussians. */
typedef struct
{
  guint   n_modes;
  double *centre;  /* n_modes × dimensions */
  double  std;
} MpMixture;

typedef struct
{
  MpDescriptor base;
  MpData    *(*open) (MpExperiment *experiment, guint64 seed, GError **error);
} MpDataClass;

MpData          *mp_data_open (MpExperiment *experiment, guint64 seed, GError **error);
void             mp_data_free (MpData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpData, mp_data_free)
gint64           mp_data_get_dimensions (MpData *self);
gint64           mp_data_get_n_points (MpData *self);                  /* 0: endless, drawn fresh */
void             mp_data_get_batch (MpData *self, guint64 batch_index, gint64 batch, float *out);
/* n points for views and metrics, the same for a seed, independent of the training batches. */
void             mp_data_get_reference (MpData *self, gint64 n, float *out);
const MpMixture *mp_data_get_mixture (MpData *self);                   /* or NULL */
double           mp_data_density (MpData *self, const double *point);  /* true density, NAN where unknown */
/* Bounds that plots should show: x0, x1, y0, y1. */
void             mp_data_get_extent (MpData *self, double extent[4]);

G_END_DECLS
