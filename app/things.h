/* SPDX-License-Identifier: Apache-2.0
 *
 * things.h: what “list” lists, “describe” describes and completions complete.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct
{
  char *id, *title, *summary;   /* in the person's language */
} MpItem;

/* "methods", "presets", …; NULL-terminated. */
extern const char *const mp_list_words[];

/* The rows of “list WORD”. errors: (nullable): gets a GError for each thing that cannot be listed. Unknown words and
 * "runs" give an empty array and no error. (transfer full): of MpItem. */
GPtrArray *mp_items_collect (const char *word, GPtrArray *errors);
/* Everything that “describe” knows. Of devices only the names that every machine has: completing a word should not wait
 * for a driver. (transfer full): of char *, the last one NULL. */
GPtrArray *mp_things_collect (void);

G_END_DECLS
