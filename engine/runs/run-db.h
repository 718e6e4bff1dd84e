/* SPDX-License-Identifier: Apache-2.0
 *
 * run-db.h: an index of all runs of a folder, for search: "runs.db" in it, an SQLite database with a write-ahead log.
 *
 * The folders are the truth and the database can be lost: mp_run_db_sync () makes it from them. Tags and notes are
 * kept in a run's "notes.json" for that reason.
 *
 * Threads: an object belongs to one thread at a time; any number of objects and processes may use one database.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct _MpRunDb MpRunDb;

/* One run; all owned. */
typedef struct
{
  gint64  id;           /* number in this database */
  char   *path;         /* absolute */
  char   *title;        /* the experiment's, untranslated */
  char   *method;       /* "gram" */
  char   *data;         /* "ring" */
  gint64  seed;
  char   *state;        /* "finished", "training", "interrupted", …, or "broken" with the reason as notes */
  gint64  iteration;
  double  seconds;      /* training time */
  char   *parent;       /* folder of the run that it branched off, or "" */
  gint64  parent_iteration;
  char   *metrics;      /* JSON object: last value of every series; non-finite values are texts */
  char   *created;      /* ISO 8601 */
  char   *updated;
  char   *tags;         /* words, separated by single spaces */
  char   *notes;
} MpRunRow;
void mp_run_row_free (MpRunRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpRunRow, mp_run_row_free)

/* parent: the folder of run folders, made where it is missing; NULL: the default one (run.h). A database that is
 * broken or of another version is made anew. */
MpRunDb   *mp_run_db_open (const char *parent, GError **error);
void       mp_run_db_close (MpRunDb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpRunDb, mp_run_db_close)

/* Looks at every folder: adds new runs, reads changed ones again, drops those that are gone. */
gboolean   mp_run_db_sync (MpRunDb *self, GError **error);
/* Reads one run again; its folder may lie anywhere. */
gboolean   mp_run_db_update (MpRunDb *self, const char *run_dir, GError **error);
/* words: every word must occur in path, title, method, data, state, date ("2026-11-22"), tags or notes, letter case
 * aside; NULL: all runs.
 * Newest first. (transfer full): array of MpRunRow *; unref frees all. */
GPtrArray *mp_run_db_search (MpRunDb *self, const char *words, GError **error);
/* (transfer full), or NULL with MP_ERROR_UNKNOWN. */
MpRunRow  *mp_run_db_find (MpRunDb *self, const char *run_dir, GError **error);
/* Deletes the folder of a run in which no lane trains, and forgets it. MP_ERROR_STATE when one does. */
gboolean   mp_run_db_delete (MpRunDb *self, const char *run_dir, GError **error);
/* Written into the run's folder, then into the database. */
gboolean   mp_run_db_set_notes (MpRunDb *self, const char *run_dir, const char *tags, const char *notes,
                                GError **error);

G_END_DECLS
