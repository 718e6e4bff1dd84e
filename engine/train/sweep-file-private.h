/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-file-private.h: reading a sweep file in three files.
 *
 *   sweep-file.c   messages, the group [sweep], --set, and the order in which the rest is read
 *   sweep-bases.c  the experiments
 *   sweep-axes.c   the axes and where they stand
 */
#pragma once

#include "engine/train/sweep-private.h"

G_BEGIN_DECLS

/* ---- sweep-file.c ---- */
/* "FILE, line 3: [sweep] seeds", or for what the command line says (line 0) "--set sweep.seeds". (transfer full) */
char    *mp_sweep_where (MpSweep *self, const char *group, const char *key, guint line);
/* That and " = “x” " before what the format says. Returns FALSE. */
gboolean mp_sweep_fail (MpSweep *self, const MpEntry *entry, GError **error, const char *format, ...)
                        G_GNUC_PRINTF (4, 5);
/* "there is no X; did you mean “y”? Known are …." Returns FALSE. */
gboolean mp_sweep_fail_unknown (MpSweep *self, const MpEntry *entry, const char *what, const char *name,
                                const char *const *known, GError **error);
/* "FILE, line 3: [sweep] bases: " before what the error says already. */
void     mp_sweep_prefix (MpSweep *self, const MpEntry *entry, GError **error);
/* Trimmed pieces; an empty one at the end is left out. (transfer full) */
char   **mp_sweep_split (const char *text, const char *separators);

/* ---- sweep-bases.c ---- */
/* given: (nullable): MpExperiment *, which are taken for names before files are. */
gboolean mp_sweep_read_bases (MpSweep *self, MpKeyFile *file, GPtrArray *given, GError **error);

/* ---- sweep-axes.c ---- */
/* After the bases, whose axis is the first. */
gboolean mp_sweep_read_axes (MpSweep *self, MpKeyFile *file, GError **error);
/* Without a word about columns the last axis is theirs; without a word about an axis it is the rows'. */
gboolean mp_sweep_place_axes (MpSweep *self, MpKeyFile *file, GError **error);

G_END_DECLS
