/* SPDX-License-Identifier: Apache-2.0
 *
 * extractor.c: what extractors share.
 */
#include "engine/extractors/extractor.h"

const char *const mp_reconstruction_choices[] = { "mse", "mae", NULL };

const MpExtractor *
mp_extractor_of (MpExperiment *experiment)
{
  return (const MpExtractor *) mp_registry_find (MP_KIND_EXTRACTOR,
                                                 mp_experiment_get_string (experiment, "extractor", "kind"));
}
