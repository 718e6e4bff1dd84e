/* SPDX-License-Identifier: Apache-2.0
 *
 * picture-end.c: see picture-end.h.
 */
#include "engine/data/picture-end.h"

#include <string.h>

static const guint8 png_signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
static const guint8 jpeg_signature[] = { 0xff, 0xd8 };

static gboolean
begins (const MpPictureEnd *self,
        const guint8       *signature,
        guint               length)
{
  return memcmp (self->head, signature, MIN (self->n_head, length)) == 0;
}

static void
take_signature (MpPictureEnd *self)
{
  gboolean png = begins (self, png_signature, sizeof png_signature);
  gboolean jpeg = begins (self, jpeg_signature, sizeof jpeg_signature);

  if (!png && !jpeg)
    self->format = MP_PICTURE_OTHER;
  else if (self->n_head == (png ? sizeof png_signature : sizeof jpeg_signature)) {
    self->format = png ? MP_PICTURE_PNG : MP_PICTURE_JPEG;
    self->n_head = 0;
  }
}

static void
end_body (MpPictureEnd *self)
{
  if (self->format == MP_PICTURE_PNG)
    self->part = memcmp (self->head + 4, "IEND", 4) == 0 ? MP_PICTURE_WHOLE : MP_PICTURE_HEAD;
  else
    self->part = self->head[1] == 0xda ? MP_PICTURE_PIXELS : MP_PICTURE_HEAD;
  self->n_head = 0;
}

static void
begin_body (MpPictureEnd *self,
            guint64       length)
{
  self->part = MP_PICTURE_BODY;
  self->left = length;
  if (length == 0)
    end_body (self);
}

static void
take_chunk (MpPictureEnd *self)
{
  guint32 length;

  if (self->n_head < sizeof self->head)
    return;
  for (guint i = 4; i < sizeof self->head; i++)
    if (!g_ascii_isalpha (self->head[i])) {
      self->format = MP_PICTURE_OTHER;
      return;
    }
  memcpy (&length, self->head, sizeof length);
  begin_body (self, (guint64) GUINT32_FROM_BE (length) + 4);
}

/* Two bytes, and where they are no mark by themselves, a length of two, which counts itself. */
static void
take_segment (MpPictureEnd *self)
{
  guint8 code = self->head[1];

  if (self->head[0] != 0xff) {
    self->format = MP_PICTURE_OTHER;
    return;
  }
  if (self->n_head < 2)
    return;
  if (code == 0xff) /* filling */
    self->n_head = 1;
  else if (code == 0xd9)
    self->part = MP_PICTURE_WHOLE;
  else if (code <= 1 || (code >= 0xd0 && code <= 0xd7))
    self->n_head = 0;
  else if (self->n_head == 4) {
    guint length = (guint) self->head[2] << 8 | self->head[3];

    if (length < 2)
      self->format = MP_PICTURE_OTHER;
    else
      begin_body (self, length - 2);
  }
}

/* Up to the next mark that is none of the pixels' own. */
static void
take_pixel (MpPictureEnd *self)
{
  guint8 code = self->head[1];

  if (self->head[0] != 0xff || (self->n_head == 2 && (code == 0 || (code >= 0xd0 && code <= 0xd7))))
    self->n_head = 0;
  else if (self->n_head == 2 && code == 0xff) /* filling */
    self->n_head = 1;
  else if (self->n_head == 2) {
    self->part = MP_PICTURE_HEAD;
    take_segment (self);
  }
}

void
mp_picture_end_follow (MpPictureEnd *self,
                       const guint8 *bytes,
                       gsize         n)
{
  self->size += n;
  while (n > 0 && self->format != MP_PICTURE_OTHER && self->part != MP_PICTURE_WHOLE) {
    gsize skipped = (gsize) MIN (self->left, n);

    if (skipped > 0) {
      self->left -= skipped;
      if (self->left == 0)
        end_body (self);
    } else {
      skipped = 1;
      self->head[self->n_head++] = *bytes;
      if (self->format == MP_PICTURE_UNKNOWN)
        take_signature (self);
      else if (self->format == MP_PICTURE_PNG)
        take_chunk (self);
      else if (self->part == MP_PICTURE_PIXELS)
        take_pixel (self);
      else
        take_segment (self);
    }
    bytes += skipped;
    n -= skipped;
  }
}

static char *
count_bytes (guint64 n)
{
  return g_strdup_printf (n == 1 ? "%" G_GUINT64_FORMAT " byte" : "%" G_GUINT64_FORMAT " bytes", n);
}

char *
mp_picture_end_missing (const MpPictureEnd *self)
{
  g_autofree char *size = count_bytes (self->size), *left = count_bytes (self->left), *where = NULL;

  if (self->format == MP_PICTURE_OTHER || self->part == MP_PICTURE_WHOLE || self->size == 0)
    return NULL;
  if (self->format == MP_PICTURE_UNKNOWN)
    return g_strdup_printf ("it has %s, too few to say of which kind it is", size);
  if (self->part == MP_PICTURE_PIXELS)
    where = g_strdup ("among its pixels");
  else if (self->part == MP_PICTURE_HEAD)
    where = g_strdup_printf ("before the next %s", self->format == MP_PICTURE_PNG ? "chunk" : "segment");
  else if (self->format == MP_PICTURE_PNG)
    where = g_strdup_printf ("%s before the end of a chunk %.4s", left, (const char *) self->head + 4);
  else
    where = g_strdup_printf ("%s before the end of a segment FF %02X", left, self->head[1]);
  return g_strdup_printf ("it has %s and ends %s; %s is missing", size, where,
                          self->format == MP_PICTURE_PNG ? "the chunk IEND, with which a PNG ends,"
                                                         : "the mark FF D9, with which a JPEG ends,");
}
