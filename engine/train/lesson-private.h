/* SPDX-License-Identifier: Apache-2.0
 *
 * lesson-private.h: what lesson.c and lesson-check.c share.
 */
#pragma once

#include "engine/train/keyfile.h"
#include "engine/train/lesson.h"

G_BEGIN_DECLS

/* "FILE:LINE: [GROUP] KEY = VALUE is not allowed: …". Returns: FALSE. */
gboolean mp_lesson_refuse (const MpKeyFile *file, const MpEntry *entry, GError **error, const char *allowed);
/* Whether the presets that a lesson opens exist, and their lanes have what its steps set and let people change, with
 * values that are allowed. */
gboolean mp_lesson_check (MpKeyFile *file, const MpLesson *lesson, GError **error);

G_END_DECLS
