/* SPDX-License-Identifier: Apache-2.0
 *
 * experiment.h: what is trained: a validated key file, and comparisons of several.
 *
 *   [experiment]          title, summary, origin (paper | ours)
 *   [data]                kind = ring, and the keys of that data set
 *   [generator]           kind = mlp, latent, latent_distribution, and the keys of that network
 *   [critic]              the same, for methods that need one
 *   [encoder]             kind = mlp, and the keys of that network, for methods with an encoder
 *   [extractor]           kind = autoencoder, and the keys of that extractor, for methods that need one
 *   [method]              kind = gram, and the keys of that method
 *   [optimizer.generator] kind = adam, and the keys of that optimizer
 *   [optimizer.critic]    and [optimizer.encoder], for methods that train one
 *   [train]               iterations, batch, seed, precision
 *   [evaluate]            every, samples, …
 *
 * A comparison is a key file with
 *   [comparison]          title, summary, lanes = ring-gan; ring-mmd-net; ring-gram
 *
 * Keys left out take their defaults. Unknown groups and keys, wrong types and values out of range are
 * MP_ERROR_EXPERIMENT, with file, group, key, value, what is allowed and the nearest known name.
 *
 * MpExperiment is a plain counted struct; change it only before a trainer has it. Threads: any one at a time.
 */
#pragma once

#include "engine/descriptor.h"
#include "engine/error.h"

G_BEGIN_DECLS

typedef struct _MpExperiment MpExperiment;

/* name: a preset's id or a path. Presets are looked up in $MATCHPOINT_DATA_DIR/presets (set by ./dev), then in the
 * installed data directory. */
MpExperiment *mp_experiment_load (const char *name, GError **error);
MpExperiment *mp_experiment_parse (const char *text, gssize length, const char *file_for_messages, GError **error);
MpExperiment *mp_experiment_copy (MpExperiment *self);
MpExperiment *mp_experiment_ref (MpExperiment *self);
void          mp_experiment_unref (MpExperiment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpExperiment, mp_experiment_unref)
char         *mp_experiment_to_text (MpExperiment *self);          /* every key written out; files absolute */
/* The same for a file in `dir`: what lies below it is written relative to it, so that the folder may move. */
char         *mp_experiment_to_text_in (MpExperiment *self, const char *dir);
/* The file that a key names. A relative path is looked for beside the experiment's own file, then among the examples
 * that come with the program; one that is in neither is taken to be beside. (transfer full), may not exist. */
char         *mp_experiment_dup_path (MpExperiment *self, const char *group, const char *key);
/* The same; NULL with MP_ERROR_FILE and the places that were searched where a relative path is in none of them. */
char         *mp_experiment_find_path (MpExperiment *self, const char *group, const char *key, GError **error);
/* From now on relative paths are relative to this folder. */
void          mp_experiment_set_dir (MpExperiment *self, const char *dir);

const char   *mp_experiment_get_id (MpExperiment *self);           /* preset id or file's stem */
void          mp_experiment_set_id (MpExperiment *self, const char *id);
/* The file's title; after the data or the method has become one of another kind it is made of both, until somebody sets
 * [experiment] title. */
const char   *mp_experiment_get_title (MpExperiment *self);
gboolean      mp_experiment_is_renamed (MpExperiment *self);       /* whether the title is made */

/* "method.ridge=0.01". Validates. Changing a kind resets the keys of its group that the new kind lacks. */
gboolean      mp_experiment_set (MpExperiment *self, const char *assignment, GError **error);
/* The same for an assignment that somebody made in `dir`: a relative path of a file is looked for there, then among the
 * examples, and kept as an absolute one. dir: (nullable): as mp_experiment_set () does. */
gboolean      mp_experiment_set_from (MpExperiment *self, const char *assignment, const char *dir, GError **error);
gboolean      mp_experiment_set_value (MpExperiment *self, const char *group, const char *key, const char *value,
                                       GError **error);
/* Gives `group` the kind and the keys of another experiment's `from_group`; keys that only `group` has stay. */
gboolean      mp_experiment_copy_group (MpExperiment *self, const char *group, MpExperiment *from,
                                        const char *from_group, GError **error);

/* Reading; asking for a key that the schema lacks is a programming error. Strings and arrays are borrowed. */
double        mp_experiment_get_double (MpExperiment *self, const char *group, const char *key);
gint64        mp_experiment_get_int (MpExperiment *self, const char *group, const char *key);
gboolean      mp_experiment_get_bool (MpExperiment *self, const char *group, const char *key);
const char   *mp_experiment_get_string (MpExperiment *self, const char *group, const char *key); /* as written */
const double *mp_experiment_get_doubles (MpExperiment *self, const char *group, const char *key, guint *n);
gboolean      mp_experiment_has_group (MpExperiment *self, const char *group);

/* The schema in force: groups in order, and each group's parameters (its own and those of its kind). */
typedef struct
{
  const char    *group;   /* "optimizer.critic" */
  const char    *title;   /* "Optimizer, critic" */
  MpKind         kind;    /* what [group] kind= chooses from, or MP_N_KINDS */
  GPtrArray     *params;  /* const MpParam *, without "kind" */
} MpSchemaGroup;
/* (transfer full): array of MpSchemaGroup *; unref frees all. */
GPtrArray    *mp_experiment_get_schema (MpExperiment *self);
const MpParam *mp_experiment_find_param (MpExperiment *self, const char *group, const char *key); /* or NULL */
/* Checks one value against a parameter, without an experiment; for forms. */
gboolean      mp_param_check (const MpParam *param, const char *value, GError **error);
/* What a parameter allows, as the messages say it: "a number from 0 to 1". (transfer full) */
char         *mp_param_allowed (const MpParam *param);
/* The groups with the keys that they have whatever their kind, as mp_experiment_get_schema () gives them. */
GPtrArray    *mp_schema_list_common (void);

/* ---- presets and comparisons ---- */
typedef struct
{
  char    *id;
  char    *path;
  char    *title;
  char    *summary;
  gboolean comparison;
  gboolean ours;        /* origin = ours: settings of our own, not a paper's */
} MpPreset;
GPtrArray *mp_presets_list (GError **error);                       /* MpPreset *, (transfer full) */
/* Loads a preset or file that is an experiment (one lane) or a comparison (its lanes).
 * title: (out) (optional) (transfer full). Returns: (transfer full) array of MpExperiment *. */
GPtrArray *mp_comparison_load (const char *name, char **title, GError **error);
/* What lanes (MpExperiment *) are called together: `title` while it holds of each of them, else their methods and the data
 * that they share. (transfer full) */
char      *mp_comparison_make_title (GPtrArray *experiments, const char *title);

G_END_DECLS
