/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-names.h: names that tell the lanes of a comparison apart, for legends, tracks and pictures.
 *
 * A lane is called by its method. Where several lanes have the same one, the settings follow in which they differ, as
 * the paper's symbols say them: "GRAM · h 2"; then the seed: "GRAM · h 2 · seed 3"; and where nothing differs, the
 * lane's number: "GRAM (3)". Any thread.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct
{
  char  *name;
  char  *apart;  /* the settings alone, "h 2"; "" where nothing has to be said */
} MpLaneName;

#define MP_NO_BRANCH G_MAXUINT64

/* branched: for each the iteration that it branched off at, or MP_NO_BRANCH. (transfer full): of MpLaneName, one for each
 * experiment; unref frees all. */
GArray     *mp_lane_names_new     (MpExperiment *const *experiments,
                                   const guint64       *branched,
                                   guint                n);
/* "GRAM". (transfer full) */
char       *mp_lane_names_method  (MpExperiment        *experiment);
/* What tells the curves of one lane apart in a chart: "critic" of "loss/critic"; NULL for the first, which stands for
 * the lane. Translated. */
const char *mp_lane_names_curve   (const char          *series);

G_END_DECLS
