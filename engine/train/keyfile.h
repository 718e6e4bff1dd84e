/* SPDX-License-Identifier: Apache-2.0
 *
 * keyfile.h: key files with line numbers; private to engine/train.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct
{
  char *group;
  char *key;
  char *value;  /* unescaped */
  guint line;   /* from 1; 0 for what no file says */
} MpEntry;

typedef struct
{
  char       *file;     /* for messages */
  GPtrArray  *groups;   /* char *, in order */
  GArray     *lines;    /* guint: of each group's head */
  GPtrArray  *entries;  /* MpEntry *, in order */
} MpKeyFile;

/* Syntax errors, groups and keys given twice and invalid UTF-8 are MP_ERROR_EXPERIMENT with file and line.
 * length: −1 for a text that ends in NUL. */
MpKeyFile     *mp_key_file_parse (const char *text, gssize length, const char *file, GError **error);
/* MP_ERROR_FILE for what cannot be read, or is too large to be a key file. */
MpKeyFile     *mp_key_file_load (const char *path, GError **error);
void           mp_key_file_free (MpKeyFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpKeyFile, mp_key_file_free)
gboolean       mp_key_file_has_group (MpKeyFile *self, const char *group);
const MpEntry *mp_key_file_find (MpKeyFile *self, const char *group, const char *key); /* or NULL */
/* The value in the user's language, "title[de]", else the plain one; or NULL. */
const char    *mp_key_file_get_localised (MpKeyFile *self, const char *group, const char *key);
/* "title[de]" is a translation of "title". */
gboolean       mp_key_is_translation (const char *key);
MpExperiment  *mp_experiment_from_key_file (MpKeyFile *file, GError **error);

/* ---- presets.c ---- */
/* A folder of the data directory: $MATCHPOINT_DATA_DIR/name, or the installed one. (transfer full) */
char          *mp_data_folder (const char *name);
/* The files of such a folder as MpPreset *; group: where their titles are, NULL: [comparison] or [experiment]. */
GPtrArray     *mp_presets_list_folder (const char *folder, const char *group, GError **error);
/* "There is no preset and no file “rong”; did you mean “ring”? The presets are …." what: in the singular. */
void           mp_presets_fail_unknown (const char *folder, const char *what, const char *name, GError **error);
/* dir: (nullable): a folder to look in before the presets. */
MpExperiment  *mp_experiment_load_beside (const char *name, const char *dir, GError **error);

G_END_DECLS
