/* SPDX-License-Identifier: Apache-2.0
 *
 * event-file.h: TensorBoard event files: records of scalars, each framed as TensorFlow's record files frame them,
 *   length (8 bytes) · masked CRC-32C of it (4) · Event, a protocol buffer · masked CRC-32C of that (4),
 * numbers little-endian, mask (c) = (c ≫ 15 | c ≪ 17) + 0xa282ead8.
 *
 * Any thread, one at a time.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct _MpEventFile MpEventFile;

/* dir: made where it is missing; the file in it is events.out.tfevents.SECONDS.HOST. seconds: since 1970, of the first
 * record. Written beside and renamed when it is closed. */
MpEventFile *mp_event_file_new (const char *dir, double seconds, GError **error);
gboolean     mp_event_file_add (MpEventFile *self, double seconds, guint64 step, const char *tag, double value);
/* Its path; borrowed. */
const char  *mp_event_file_get_path (MpEventFile *self);
gboolean     mp_event_file_finish (MpEventFile *self, GError **error);
/* Without finishing nothing is written. */
void         mp_event_file_free (MpEventFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpEventFile, mp_event_file_free)

/* Castagnoli's CRC, not masked. */
guint32      mp_event_crc32c (const guint8 *data, gsize size);

G_END_DECLS
