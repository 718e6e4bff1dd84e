/* SPDX-License-Identifier: Apache-2.0
 *
 * picture-end.h: whether a PNG or JPEG file is whole. Readers that show pictures while they arrive take what is there and
 * leave the rest empty, which would be trained on as if it had been drawn.
 *
 *   PNG   signature, then chunks (length, type, data, check sum) up to the chunk IEND
 *   JPEG  FF D8, then segments (FF, code, length, data), pixels after the segment FF DA, up to FF D9
 *
 * What follows the end is nobody's business, and other formats count as whole.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  enum { MP_PICTURE_UNKNOWN, MP_PICTURE_PNG, MP_PICTURE_JPEG, MP_PICTURE_OTHER } format;
  enum { MP_PICTURE_HEAD, MP_PICTURE_BODY, MP_PICTURE_PIXELS, MP_PICTURE_WHOLE } part;
  guint8  head[8];   /* the signature, or the head of a chunk or segment */
  guint   n_head;
  guint64 left;      /* of a chunk's or segment's body */
  guint64 size;      /* of all that was seen */
} MpPictureEnd;

/* Starts with zeros, and gets the file from front to back in pieces of any size. */
void  mp_picture_end_follow (MpPictureEnd *self, const guint8 *bytes, gsize n);
/* After the last piece. Returns: NULL for a whole file, else what is missing: "it has 20 bytes and ends …". (transfer
 * full) */
char *mp_picture_end_missing (const MpPictureEnd *self);

G_END_DECLS
