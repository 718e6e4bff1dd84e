/* SPDX-License-Identifier: Apache-2.0
 *
 * extractor.h: a feature extractor is a network that is trained before a method and frozen while the method trains:
 * [extractor] kind = … of methods with MP_NEEDS_EXTRACTOR.
 *
 * The training before is the *stage*: an experiment of its own, which derive () writes down from the one that needs it,
 * and whose run is kept like any other (engine/train/stage.h). The stage has a group "encoder", and where the extractor
 * decodes, its generator is the decoder, from codes to points. In the graph of the method the variables of both are
 * states, "extractor/encoder/layer0/weight" for the stage's "encoder/layer0/weight".
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

#define MP_EXTRACTOR_STATES "extractor" /* what the names of frozen variables begin with, before a slash */

typedef struct
{
  MpDescriptor base;
  const char  *activity;  /* what a lane says meanwhile: "Training the autoencoder" */
  gboolean     decodes;
  /* The stage of an experiment that has this extractor: depends on [data], [encoder], [generator], [extractor] and of
   * [train] on seed, precision and deterministic, and on nothing else. (transfer full) */
  MpExperiment *(*derive) (MpExperiment *experiment, GError **error);
  /* Numbers of a code, the encoder's output for a point. */
  gint64       (*count_code) (MpExperiment *experiment);
} MpExtractor;

/* The extractor of an experiment with a group [extractor]. */
const MpExtractor *mp_extractor_of (MpExperiment *experiment);

/* What an autoencoder minimises: the key `loss` of the extractor and of the method. */
extern const char *const mp_reconstruction_choices[];

G_END_DECLS
