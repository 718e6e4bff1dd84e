/* SPDX-License-Identifier: Apache-2.0
 *
 * schema.h: values and groups behind MpExperiment; private to engine/train.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

/* ---- values ---- */
typedef struct
{
  char   *text;
  guint   n;        /* numbers: 1 for DOUBLE, INT and BOOL; the length of a list; 0 for words */
  double *numbers;
  gint64  integer;  /* INT, which a double may not hold exactly */
} MpValue;

/* Reads text as param wants it. Returns: (transfer full), or NULL with MP_ERROR_EXPERIMENT. */
MpValue *mp_value_parse (const MpParam *param, const char *text, GError **error);
void     mp_value_free (MpValue *value);

/* ---- groups ---- */
typedef enum
{
  MP_GROUP_EXPERIMENT,
  MP_GROUP_DATA,
  MP_GROUP_GENERATOR,
  MP_GROUP_CRITIC,
  MP_GROUP_ENCODER,
  MP_GROUP_EXTRACTOR,
  MP_GROUP_METHOD,
  MP_GROUP_OPTIMIZER_GENERATOR,
  MP_GROUP_OPTIMIZER_CRITIC,
  MP_GROUP_OPTIMIZER_ENCODER,
  MP_GROUP_TRAIN,
  MP_GROUP_EVALUATE,
  MP_N_GROUPS
} MpGroup;

typedef struct
{
  const char    *name;
  const char    *title;
  MpKind         kind;        /* what kind= chooses from, or MP_N_KINDS */
  guint          needs;       /* MpNeeds: only there for methods that need one of these; 0: always there */
  const char    *lacks;       /* what is said of a method that does not: "has no critic" */
  gboolean       required;    /* kind= has no default */
  const MpParam *params;      /* keys whatever the kind */
  guint          n_params;
} MpGroupInfo;

extern const MpGroupInfo mp_groups[MP_N_GROUPS];

/* Returns: MP_N_GROUPS when there is none of that name. */
MpGroup        mp_group_find (const char *name);
/* kinds: the descriptor of each group's kind, or NULL. */
gboolean       mp_group_in_force (MpGroup group, const MpDescriptor *const *kinds);
const MpParam *mp_group_find_param (MpGroup group, const MpDescriptor *kind, const char *key);
/* (transfer container): const MpParam *, without "kind". */
GPtrArray     *mp_group_list_params (MpGroup group, const MpDescriptor *kind);
/* kinds: NULL for the keys that every experiment has. (transfer full) */
MpSchemaGroup *mp_group_describe (MpGroup group, const MpDescriptor *const *kinds);
GPtrArray     *mp_schema_array_new (void);

G_END_DECLS
