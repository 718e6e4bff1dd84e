/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/runs/event-file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/runs/bytes.h"
#include "engine/runs/event.pb-c.h"
#include "engine/runs/file.h"

#define POLYNOMIAL 0x82f63b78u /* reflected */
#define MASK 0xa282ead8u

struct _MpEventFile
{
  char       *path;
  GByteArray *bytes;
};

guint32
mp_event_crc32c (const guint8 *data,
                 gsize         size)
{
  static guint32 table[256];
  static gsize ready;
  guint32 crc = 0xffffffffu;

  if (g_once_init_enter (&ready)) {
    for (guint32 i = 0; i < 256; i++) {
      table[i] = i;
      for (guint bit = 0; bit < 8; bit++)
        table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
    }
    g_once_init_leave (&ready, 1);
  }
  for (gsize i = 0; i < size; i++)
    crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
  return ~crc;
}

static guint32
masked (const guint8 *data,
        gsize         size)
{
  guint32 crc = mp_event_crc32c (data, size);

  return (crc >> 15 | crc << 17) + MASK;
}

static void
append_record (MpEventFile        *self,
               const MpEvent__Event *event)
{
  gsize size = mp_event__event__get_packed_size (event), at = self->bytes->len;
  guint8 *record;

  g_byte_array_set_size (self->bytes, (guint) (at + 8 + 4 + size + 4));
  record = self->bytes->data + at;
  mp_bytes_put (record, size, 8);
  mp_bytes_put (record + 8, masked (record, 8), 4);
  mp_event__event__pack (event, record + 12);
  mp_bytes_put (record + 12 + size, masked (record + 12, size), 4);
}

MpEventFile *
mp_event_file_new (const char  *dir,
                   double       seconds,
                   GError     **error)
{
  MpEventFile *self;
  MpEvent__Event event = MP_EVENT__EVENT__INIT;
  g_autofree char *name = g_strdup_printf ("events.out.tfevents.%010.0f.%s", floor (seconds), g_get_host_name ());

  if (g_mkdir_with_parents (dir, 0777) != 0) {
    mp_file_fail (error, errno, "make", dir);
    return NULL;
  }
  self = g_new0 (MpEventFile, 1);
  self->path = g_build_filename (dir, name, NULL);
  self->bytes = g_byte_array_new ();
  event.has_wall_time = TRUE;
  event.wall_time = seconds;
  event.file_version = (char *) "brain.Event:2";
  append_record (self, &event);
  return self;
}

gboolean
mp_event_file_add (MpEventFile *self,
                   double       seconds,
                   guint64      step,
                   const char  *tag,
                   double       value)
{
  MpEvent__Event event = MP_EVENT__EVENT__INIT;
  MpEvent__Summary summary = MP_EVENT__SUMMARY__INIT;
  MpEvent__Value scalar = MP_EVENT__VALUE__INIT;
  MpEvent__Value *values[] = { &scalar };

  /* One array holds the file until it is written. */
  if (self->bytes->len > G_MAXINT32)
    return FALSE;
  scalar.tag = (char *) tag;
  scalar.has_simple_value = TRUE;
  scalar.simple_value = (float) value;
  summary.n_value = 1;
  summary.value = values;
  event.has_wall_time = TRUE;
  event.wall_time = seconds;
  event.has_step = TRUE;
  event.step = (gint64) step;
  event.summary = &summary;
  append_record (self, &event);
  return TRUE;
}

const char *
mp_event_file_get_path (MpEventFile *self)
{
  return self->path;
}

gboolean
mp_event_file_finish (MpEventFile  *self,
                      GError      **error)
{
  const MpPiece piece = { self->bytes->data, self->bytes->len };

  return mp_file_write (self->path, 1, &piece, error);
}

void
mp_event_file_free (MpEventFile *self)
{
  if (self == NULL)
    return;
  g_byte_array_unref (self->bytes);
  g_free (self->path);
  g_free (self);
}
