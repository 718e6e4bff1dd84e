/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline-private.h: what reader (timeline-file.c) and writer (timeline-writer.c) of a timeline share: an index of all
 * records, which is found by walking from head to head.
 */
#pragma once

#include "engine/runs/timeline-file.h"

G_BEGIN_DECLS

#define TIMELINE_HEAD 16
#define TIMELINE_RECORD_HEAD 48
#define TIMELINE_BLOCK_HEAD 12
#define TIMELINE_LAYER_HEAD 50
#define TIMELINE_NO_LAYER G_MAXUINT32
#define TIMELINE_MAX_THINNED 6   /* 64 >> 6 is one */

typedef struct
{
  guint64        offset;
  guint32        size;           /* of the payload */
  guint32        checksum;       /* of the payload */
  char           type;
  guint32        layer;
  MpTimelineMark mark;           /* "K" */
} MpTimelineRecord;

/* The records of an open file. */
typedef struct
{
  char    *path;
  int      fd;
  guint    thinned;
  guint64  size;                 /* of the head and all whole records */
  guint64  torn;
  GArray  *records;              /* MpTimelineRecord */
  GArray  *marks;                /* MpTimelineMark, of the keyframes */
  GArray  *frames;               /* guint: their places among the records */
  guint    n_layers;
} MpTimelineIndex;

void     mp_timeline_index_init (MpTimelineIndex *self, const char *path);
void     mp_timeline_index_clear (MpTimelineIndex *self);
/* Reads all of the open file. One shorter than a head is empty but for a torn tail. */
gboolean mp_timeline_index_read (MpTimelineIndex *self, GError **error);
/* Adds the records between self->size and the end of the file. */
void     mp_timeline_index_walk (MpTimelineIndex *self, guint64 end);
/* FALSE where the record is not what may come next; nothing after it counts. */
gboolean mp_timeline_index_add (MpTimelineIndex *self, const MpTimelineRecord *record);
/* Keeps the first n records. */
void     mp_timeline_index_forget (MpTimelineIndex *self, guint n);
const MpTimelineRecord *mp_timeline_index_get (MpTimelineIndex *self, guint i);
/* The payload of a record whose checksum is right, or NULL. (transfer full) */
guint8  *mp_timeline_index_read_payload (MpTimelineIndex *self, const MpTimelineRecord *record);
void     mp_timeline_make_head (guint8 head[TIMELINE_HEAD], guint thinned);
gboolean mp_timeline_read_at (int fd, guint8 *to, gsize size, guint64 offset);
gsize    mp_timeline_block_size (gsize rows, gsize columns, guint bits);

G_END_DECLS
