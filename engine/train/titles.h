/* SPDX-License-Identifier: Apache-2.0
 *
 * titles.h: what an experiment is called; private to engine/train.
 *
 * A file's title speaks of the data and the method that the file has. Once either is of another kind, the experiment is
 * called by both, "GRAM on “Checkerboard”", until somebody gives it a title or they are again what they were.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct
{
  char               *localised;       /* the file's title in the user's language, or NULL */
  const MpDescriptor *method, *data;   /* what the title speaks of; NULL: of whatever there is */
  char               *made;            /* instead of it, in the user's language; NULL: it holds */
  char               *made_text;       /* the same as a file has it */
} MpTitle;

/* A title from a file. localised: (nullable). */
void mp_title_read (MpTitle *self, const char *localised, const MpDescriptor *method, const MpDescriptor *data);
/* The kinds are these now. */
void mp_title_follow (MpTitle *self, const MpDescriptor *method, const MpDescriptor *data);
void mp_title_copy (MpTitle *self, const MpTitle *from);
void mp_title_clear (MpTitle *self);

G_END_DECLS
