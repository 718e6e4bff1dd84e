/* SPDX-License-Identifier: Apache-2.0
 *
 * descriptor.h: how a method, data set, network, optimizer, metric, extractor or view declares itself and its
 * parameters.
 *
 * The form in the window, the experiment file, --set, `describe`, the documentation tables and the tests read these
 * tables; nothing else knows a parameter. All strings are static; titles, units and summaries are marked N_ ().
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#ifndef N_
#define N_(string) (string)
#endif

typedef enum
{
  MP_PARAM_DOUBLE,
  MP_PARAM_INT,
  MP_PARAM_BOOL,
  MP_PARAM_ENUM,
  MP_PARAM_DOUBLES, /* a list: "1, 2, 4" */
  MP_PARAM_INTS,    /* "100, 100" */
  MP_PARAM_STRING,
  MP_PARAM_FILE     /* a path; mp_experiment_dup_path () says what a relative one is relative to */
} MpParamType;

typedef struct
{
  const char        *key;           /* "learning_rate" */
  const char        *title;         /* "Learning rate" */
  const char        *symbol;        /* the paper's symbol, "σ", or NULL */
  const char        *unit;          /* or NULL */
  const char        *summary;       /* one sentence for tooltips and `describe` */
  MpParamType        type;
  const char        *default_value; /* as written in a file */
  double             min, max;      /* valid range, of each entry for lists; both 0: unbounded */
  double             ui_min, ui_max;/* useful range for sliders and spin buttons; both 0: as valid range */
  gboolean           logarithmic;   /* steps by factors */
  gboolean           live;          /* may change while running */
  const char *const *choices;       /* ENUM: NULL-terminated */
  gboolean           may_be_empty;  /* lists: no entry at all is a value */
  gboolean           hidden;        /* no row of a form: it has an editor of its own, or the program writes it */
} MpParam;

/* Values that belong together, such as a paper's constants. A descriptor that has some has an ENUM parameter "variant"
 * with their ids and "custom": choosing one sets the keys, and what it shows follows from the keys. */
typedef struct
{
  const char *id;
  const char *settings; /* "radius = 2; std = 0.1" */
} MpVariant;

/* The head that every descriptor starts with. */
typedef struct
{
  const char      *id;      /* "mmd-net"; file name, key value and checkpoint name */
  const char      *title;   /* "MMD-net" */
  const char      *summary; /* one-line idea */
  const char      *paper;   /* citation, or NULL */
  const MpParam   *params;
  guint            n_params;
  const MpVariant *variants; /* the last has no id; or NULL */
} MpDescriptor;

/* The kinds of things, each a folder with a generated table. */
typedef enum
{
  MP_KIND_METHOD,
  MP_KIND_DATA,
  MP_KIND_NETWORK,
  MP_KIND_OPTIMIZER,
  MP_KIND_METRIC,
  MP_KIND_EXTRACTOR,
  MP_KIND_VIEW,
  MP_N_KINDS
} MpKind;

const char *mp_kind_name (MpKind kind);                                    /* "method", …: singular */
/* All descriptors of a kind in the order of the folder's list. */
const MpDescriptor *const *mp_registry_list (MpKind kind, guint *n);
const MpDescriptor *mp_registry_find (MpKind kind, const char *id);        /* or NULL */
/* The known name nearest to `name` (Damerau–Levenshtein, at most a third of its length away), or NULL. */
const char *mp_nearest_name (const char *name, const char *const *names);

G_END_DECLS
