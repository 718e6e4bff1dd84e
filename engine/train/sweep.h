/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.h: a grid of experiments: base experiments × axes of settings × seeds.
 *
 *   [sweep]           title, summary, origin (paper | ours)
 *                     bases = ring-gan; ring-gram   presets or files; the axis "method" of the grid
 *                     seeds = 1, 2, 3               or 1-3
 *                     metric = high_quality         what cells are coloured by: a metric's or a series' id
 *                     average = 1000                a result is the mean of a metric over that many last iterations;
 *                                                   0 (the default): its last value
 *                     rows, columns = method; latent   axes from the outside in; what is not named goes to the rows
 *   [axis latent]     generator.latent = 2; 4; 8    values of a key, separated by semicolons; several keys of one axis
 *                                                   go together and have equally many
 *                     title, labels                 optional
 *   [set]             train.iterations = 5000       for all bases that have the key
 *   [base ring-gan]   experiment, title, and settings for this base alone
 *
 * A cell is one place in the grid, a trial one cell with one seed: one run. A setting that a base does not have leaves
 * that base as it is; trials that are the same experiment for this reason are one, and stand in several cells.
 *
 * Relative paths of files in settings are looked for beside the sweep's file, those of --set in the working directory;
 * then among the examples that come with the program.
 *
 * Mistakes are MP_ERROR_EXPERIMENT with file, line, group, key, value and what is allowed, as in experiment.h.
 *
 * MpSweep does not change once it is made: any thread may read it.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpSweep MpSweep;

typedef struct
{
  char   *name;      /* "latent"; "method" for the bases */
  char   *title;
  guint   n_values;
  char  **labels;    /* n_values */
  guint   n_keys;    /* 0 for the bases */
  char  **keys;      /* "generator.latent" */
  char ***values;    /* n_keys × n_values, as written */
  guint  *lines;     /* n_keys: where the file has them; 0: nowhere */
} MpSweepAxis;

typedef struct
{
  char         *name;        /* of its run folder: "ring-gram-latent4-s1" */
  guint         cell;        /* the first one that it stands in */
  guint         base;        /* its place in the axis "method" */
  gint64        seed;
  MpExperiment *experiment;
} MpSweepTrial;

/* name: the id of a sweep in the data directory's sweeps/, a file, or a sweep's folder. settings: (nullable): texts as
 * --set takes them, before anything is checked: "sweep.seeds=1", "train.iterations=100" for every base that has the
 * key, "NAME:…" for one base or one axis. */
MpSweep      *mp_sweep_load (const char *name, GPtrArray *settings, GError **error);
/* text: a sweep file. bases: (nullable): experiments (MpExperiment *) that [sweep] bases names by their ids, instead of
 * presets and files. */
MpSweep      *mp_sweep_parse (const char *text, const char *file_for_messages, GPtrArray *bases, GPtrArray *settings,
                              GError **error);
/* How many seeds a text as [sweep] seeds takes it names; 0 with an error where it is none. */
guint         mp_sweep_count_seeds (const char *text, GError **error);
MpSweep      *mp_sweep_ref (MpSweep *self);
void          mp_sweep_unref (MpSweep *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSweep, mp_sweep_unref)
/* Makes the folder (new or empty) with "sweep.ini" and "bases/": all that mp_sweep_load () needs, on any machine. */
gboolean      mp_sweep_save (MpSweep *self, const char *dir, GError **error);
/* MpPreset * (experiment.h), with comparison FALSE. (transfer full) */
GPtrArray    *mp_sweeps_list (GError **error);

const char   *mp_sweep_get_id (MpSweep *self);
const char   *mp_sweep_get_title (MpSweep *self);
const char   *mp_sweep_get_summary (MpSweep *self);               /* or "" */
const char   *mp_sweep_get_metric (MpSweep *self);
guint64       mp_sweep_get_average (MpSweep *self);
guint         mp_sweep_get_n_seeds (MpSweep *self);
gint64        mp_sweep_get_seed (MpSweep *self, guint i);

/* Axis 0 is "method". */
guint         mp_sweep_get_n_axes (MpSweep *self);
const MpSweepAxis *mp_sweep_get_axis (MpSweep *self, guint axis);
/* Axes of the rows or columns, from the outside in. */
const guint  *mp_sweep_get_rows (MpSweep *self, guint *n);
const guint  *mp_sweep_get_columns (MpSweep *self, guint *n);
/* Cells in reading order: cell = row × columns + column. */
guint         mp_sweep_get_n_rows (MpSweep *self);
guint         mp_sweep_get_n_columns (MpSweep *self);
guint         mp_sweep_get_n_cells (MpSweep *self);
/* Which value of an axis a cell has. */
guint         mp_sweep_get_position (MpSweep *self, guint cell, guint axis);
/* The cell that has another value of one axis. */
guint         mp_sweep_move_cell (MpSweep *self, guint cell, guint axis, guint value);
/* "GRAM · latent dimensions 4 · …": axes with one value are left out. (transfer full) */
char         *mp_sweep_describe_cell (MpSweep *self, guint cell);

/* Trials in the order in which they are run: all cells with the first seed, then with the second, … */
guint         mp_sweep_get_n_trials (MpSweep *self);
const MpSweepTrial *mp_sweep_get_trial (MpSweep *self, guint trial);
guint         mp_sweep_find_trial (MpSweep *self, guint cell, guint seed_index);

G_END_DECLS
