/* SPDX-License-Identifier: Apache-2.0
 *
 * data-file.h: files that a data set is made from: read once from front to back, known by the SHA-256 of their bytes.
 *
 * A set with files has the keys `file` (MP_PARAM_FILE) and MP_DATA_SHA256. A run that is kept copies the file into its
 * folder and writes the sum down, so that it goes on after the original has changed or gone; a file of more than
 * MP_DATA_FILE_KEPT bytes stays where it is and is only held to its sum.
 */
#pragma once

#include "engine/data/data.h"

G_BEGIN_DECLS

#define MP_DATA_FILE_KEPT (64 << 20)

#define MP_DATA_SHA256                                                                                                \
  { .key = "sha256", .title = N_("Checksum"),                                                                        \
    .summary = N_("SHA-256 of the file that a kept run was trained on, which writes it down; another file is refused. "\
                  "Nothing accepts any."),                                                                           \
    .type = MP_PARAM_STRING, .default_value = "", .hidden = TRUE }

typedef struct _MpDataFile MpDataFile;

/* The file that [data] `file` names. */
MpDataFile *mp_data_file_open (MpExperiment *experiment, GError **error);
void        mp_data_file_close (MpDataFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpDataFile, mp_data_file_close)
const char *mp_data_file_get_path (MpDataFile *self);
/* Up to `size` bytes; 0 at the end, −1 with MP_ERROR_FILE. */
gssize      mp_data_file_read (MpDataFile *self, void *buffer, gsize size, GError **error);
/* After the end: compares with [data] sha256. (transfer full): the sum of what was read. */
char       *mp_data_file_finish (MpDataFile *self, GError **error);
/* Fails with MP_ERROR_FILE and a sentence that begins with the file's name. */
gboolean    mp_data_file_fail (MpDataFile *self, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Copies the file of [data], where it has one, to dir/data, and sets `file` and `sha256` accordingly. Once `dir` lies
 * at its place, the owner says so with mp_experiment_set_dir (). */
gboolean    mp_data_keep_file (MpExperiment *experiment, const char *dir, GError **error);
/* Makes an experiment that asks for the original of a kept run's file, or for any file of its sum, ask for the one that
 * was kept, so that the two experiments can be compared. */
void        mp_data_follow_file (MpExperiment *experiment, MpExperiment *kept);

G_END_DECLS
