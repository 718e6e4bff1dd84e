/* SPDX-License-Identifier: Apache-2.0
 *
 * data.h: data sets as descriptors, and the deterministic minibatch cursor.
 *
 * Points are float32, dense, n × dimensions. Batch b of a run with seed s is a pure function of (data set, seed, b,
 * batch size): position p = b·batch + i lies in epoch p / n_points, and each epoch is a Philox-keyed permutation, so
 * lanes share order and a resumed run goes on exactly. Endless data sets draw batch b fresh.
 *
 * A data set fills in its MpDataContents; data.c does the rest: drawing the training set, holding points out,
 * permutations, reference points. Threads: one at a time; drawing and densities of one object may be asked from any.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpData MpData;

/* The truth about a toy distribution with modes: a mixture of isotropic Gaussians. */
typedef struct
{
  guint   n_modes;
  double *centre;  /* n_modes × dimensions */
  double *weight;  /* n_modes; they add up to 1 */
  double *std;     /* n_modes; above 0 */
} MpMixture;

/* A distribution that is no mixture with modes (curves.h, raster.h). What it draws is fixed by (seed, stream, step). */
typedef struct
{
  void     (*draw) (gconstpointer state, guint64 seed, const char *stream, guint64 step, gint64 n, float *out);
  double   (*density) (gconstpointer state, const double *point); /* NAN where it is not known */
  gboolean (*is_slow) (gconstpointer state); /* nullable: whether a density takes more than some microseconds */
  void     (*free_state) (gpointer state);
} MpSource;

/* What open () of a data set hands over; data.c owns it from then on. A set is known by `points` (a file's), or by
 * `mixture`, or by `source` and `state`. */
typedef struct
{
  gint64          dimensions;
  gint64          n_points;    /* of `points`; of a known distribution: how many to draw for training, 0: endless */
  float          *points;      /* n_points × dimensions; g_free'd; NULL where data.c draws them */
  MpMixture      *mixture;     /* or NULL; mp_mixture_free'd */
  const MpSource *source;      /* or NULL */
  gpointer        state;
  double          extent[4];   /* x0, x1, y0, y1 */
  char           *digest;      /* SHA-256 of the file that all this comes from, or NULL; g_free'd */
} MpDataContents;

typedef struct
{
  MpDescriptor base;
  gboolean   (*open) (MpExperiment *experiment, guint64 seed, MpDataContents *contents, GError **error);
} MpDataClass;

/* Fails with MP_ERROR_EXPERIMENT where keys do not go together, and with MP_ERROR_FILE where a file cannot be used. */
MpData          *mp_data_open (MpExperiment *experiment, guint64 seed, GError **error);
void             mp_data_free (MpData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpData, mp_data_free)
gint64           mp_data_get_dimensions (MpData *self);
gint64           mp_data_get_n_points (MpData *self);                  /* to train on; 0: endless, drawn fresh */
gint64           mp_data_get_n_held_out (MpData *self);                /* never in a minibatch */
void             mp_data_get_batch (MpData *self, guint64 batch_index, gint64 batch, float *out);
/* n points for views and metrics, the same for a seed, independent of the minibatches. [evaluate] reference says which:
 * the truth is fresh draws of a known distribution, elsewhere the held-out points or, where there are none, all. Points
 * that are not drawn come in a permutation of their own, and again from the start when n is more than there are. */
void             mp_data_get_reference (MpData *self, gint64 n, float *out);
/* How many different reference points there are; G_MAXINT64 for fresh draws. */
gint64           mp_data_count_reference (MpData *self);
const MpMixture *mp_data_get_mixture (MpData *self);                   /* or NULL */
/* The density that a share 1 − e^(−9/2) = 0.989 of the data reaches, which is what lies within three standard
 * deviations of a Gaussian in the plane; from 4,096 fixed draws. NAN where the density is not known or takes long. */
double           mp_data_get_level (MpData *self);
double           mp_data_density (MpData *self, const double *point);  /* true density, NAN where unknown */
/* SHA-256 of the file that the data comes from, in hexadecimal, or NULL. */
const char      *mp_data_get_digest (MpData *self);
/* Bounds that plots should show: x0, x1, y0, y1. */
void             mp_data_get_extent (MpData *self, double extent[4]);

/* Equal weights; centres and standard deviations are 0. */
MpMixture       *mp_mixture_new (guint n_modes, gint64 dimensions);
void             mp_mixture_free (MpMixture *self);
/* n points; the draw is fixed by (seed, stream, step). */
void             mp_mixture_draw (const MpMixture *self, gint64 dimensions, guint64 seed, const char *stream,
                                  guint64 step, gint64 n, float *out);
double           mp_mixture_density (const MpMixture *self, gint64 dimensions, const double *point);

/* ---- for data sets: keys that several have, and what they mean ---- */

#define MP_DATA_POINTS(number)                                                                                       \
  { .key = "points", .title = N_("Points"),                                                                          \
    .summary = N_("Size of the data set; 0 draws every minibatch fresh."),                                           \
    .type = MP_PARAM_INT, .default_value = number, .min = 0, .max = 1e8, .ui_min = 0, .ui_max = 1e5 }
#define MP_DATA_HELD_OUT                                                                                             \
  { .key = "held_out", .title = N_("Held out"), .unit = N_("share"),                                                 \
    .summary = N_("Share of the points that no minibatch ever has; [evaluate] reference = held-out compares with "     \
                  "them."),                                                                                          \
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 0.99, .ui_min = 0, .ui_max = 0.5 }
#define MP_DATA_NOISE                                                                                                \
  { .key = "noise", .title = N_("Added noise"),                                                                      \
    .summary = N_("Standard deviation of normal noise that is added to every point, in every direction."),           \
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e6, .ui_min = 0, .ui_max = 1 }
#define MP_DATA_IMBALANCE                                                                                            \
  { .key = "imbalance", .title = N_("Imbalance"), .unit = "×",                                                       \
    .summary = N_("How many times more likely the first part is than the last; from one to the next the weights "    \
                  "fall by equal factors."),                                                                         \
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-4, .max = 1e4, .ui_min = 1, .ui_max = 100,              \
    .logarithmic = TRUE }
#define MP_DATA_SPREAD                                                                                               \
  { .key = "spread", .title = N_("Spread"), .unit = "×",                                                             \
    .summary = N_("How many times wider the last part is than the first; from one to the next the standard "         \
                  "deviations grow by equal factors."),                                                              \
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-3, .max = 1e3, .ui_min = 1, .ui_max = 20,               \
    .logarithmic = TRUE }

/* weight [n] from [data] imbalance. */
void             mp_data_get_weights (MpExperiment *experiment, guint n, double *weight);
/* std [n] from the key `std`, [data] spread and [data] noise. */
void             mp_data_get_stds (MpExperiment *experiment, guint n, double *std);
/* A square around 0 that shows all of a distribution that reaches out to `radius`, with a margin. */
void             mp_data_set_extent (MpDataContents *contents, double radius);
/* The box of the points, with a margin. */
void             mp_data_set_extent_of_points (MpDataContents *contents);
/* Adds normal noise to the points, in two dimensions. */
void             mp_data_add_noise (MpDataContents *contents, guint64 seed, double noise);

G_END_DECLS
