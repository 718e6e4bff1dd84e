/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics-file.c: see metrics-file.h for the bytes.
 */
#include "engine/runs/metrics-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/runs/bytes.h"
#include "engine/runs/file.h"

#define HEAD 16
#define RECORD_HEAD 8
#define BUFFER (64 * 1024)
#define MAX_VALUES 1024
#define MAX_TEXT 256
#define MAX_EVENT 4096
#define FLUSH_INTERVAL G_USEC_PER_SEC
#define LONGEST (8 + 10 * MAX_VALUES)  /* payload */
#define REACH (64 * 1024)  /* how far behind a bad record a whole one is looked for */

struct _MpMetricsWriter
{
  char       *path;
  int         fd;
  guint64     offset;      /* bytes of whole records in the file */
  guint8      buffer[BUFFER];
  gsize       used;
  gint64      flushed_at;  /* monotonic time */
  guint64     iteration;   /* of the last record */
  GHashTable *series;      /* id → number + 1 */
};

struct _MpMetricsReader
{
  GBytes    *bytes;
  gsize      size;         /* up to the end of the last whole record */
  gsize      torn;
  GArray    *gaps;         /* Gap, ascending */
  guint64    iteration;
  GPtrArray *series;       /* ids, NULL-terminated */
  GArray    *events;       /* MpMetricsEvent, texts owned */
};

/* Bytes between whole records that are none. */
typedef struct
{
  gsize begin, end;
} Gap;

static void
make_head (guint8 head[HEAD])
{
  memcpy (head, "MPMETRIC", 8);
  mp_bytes_put (head + 8, 1, 4);
  mp_bytes_put (head + 12, mp_bytes_crc32 (head, 12), 4);
}

/* ---- walking ---- */

typedef struct
{
  char          type;
  gsize         offset;    /* of the record */
  guint64       iteration; /* "V" and "E" */
  guint         n;         /* "V" */
  const guint8 *payload;
  gsize         size;      /* of the payload */
} Record;

/* Whether a whole record lies at offset. checked: its checksum is known to be right. */
static gboolean
next_record (const guint8 *data,
             gsize         size,
             gsize         offset,
             gboolean      checked,
             Record       *record)
{
  const guint8 *at = data + offset;

  if (size - offset < RECORD_HEAD)
    return FALSE;
  record->offset = offset;
  record->size = mp_bytes_get (at + 4, 2);
  record->type = (char) at[6];
  record->payload = at + RECORD_HEAD;
  if (size - offset - RECORD_HEAD < record->size)
    return FALSE;
  if (!checked && (at[7] != 0 || mp_bytes_get (at, 4) != mp_bytes_crc32 (at + 4, RECORD_HEAD - 4 + record->size)))
    return FALSE;
  if (record->type == 'S')
    return record->size >= 4;
  if (record->size < 8)
    return FALSE;
  record->iteration = mp_bytes_get (record->payload, 8);
  record->n = record->type == 'V' ? (guint) (record->size - 8) / 10 : 0;
  return record->type == 'E' || (record->type == 'V' && (record->size - 8) % 10 == 0);
}

static gboolean
accept_record (MpMetricsReader *self,
               const Record    *record)
{
  const char *text = (const char *) record->payload;

  if (record->type == 'S') {
    if (mp_bytes_get (record->payload, 4) != self->series->len
        || !g_utf8_validate (text + 4, (gssize) record->size - 4, NULL))
      return FALSE;
    g_ptr_array_add (self->series, g_strndup (text + 4, record->size - 4));
    return TRUE;
  }
  if (record->iteration < self->iteration)
    return FALSE;
  for (guint i = 0; i < record->n; i++)
    if (mp_bytes_get (record->payload + 8 + 8 * record->n + 2 * i, 2) >= self->series->len)
      return FALSE;
  if (record->type == 'E') {
    MpMetricsEvent event = { record->iteration, NULL };

    if (!g_utf8_validate (text + 8, (gssize) record->size - 8, NULL))
      return FALSE;
    event.text = g_strndup (text + 8, record->size - 8);
    g_array_append_val (self->events, event);
  }
  self->iteration = record->iteration;
  return TRUE;
}

/* Where the first whole record from `from` on begins, 0 when none is in reach. */
static gsize
find_record (const guint8 *data,
             gsize         size,
             gsize         from)
{
  Record record;

  for (gsize at = from; at < MIN (size, from + REACH); at++)
    if (next_record (data, size, at, FALSE, &record))
      return at;
  return 0;
}

/* Whether what begins at `at` looks like one record and no more, which is all that a killed process can leave. Zeros at the
 * end are what a file system makes of bytes that it knows of and never wrote. */
static gboolean
is_torn (const guint8 *data,
         gsize         size,
         gsize         at)
{
  gsize payload;

  while (size > at && data[size - 1] == 0)
    size--;
  if (size - at < RECORD_HEAD)
    return TRUE;
  payload = mp_bytes_get (data + at + 4, 2);
  return strchr ("SVE", data[at + 6]) != NULL && data[at + 6] != 0 && data[at + 7] == 0 && payload <= LONGEST
         && size - at - RECORD_HEAD <= payload;
}

/* Adopts all whole records, also those behind damage; FALSE where there is nothing but damage. */
static gboolean
walk (MpMetricsReader *self,
      const char      *file,
      GError         **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (self->bytes, &size);
  Record record;

  while (self->size < size) {
    Gap gap = { self->size, 0 };

    if (next_record (data, size, self->size, FALSE, &record) && accept_record (self, &record)) {
      self->size += RECORD_HEAD + record.size;
      continue;
    }
    gap.end = find_record (data, size, gap.begin + 1);
    if (gap.end == 0 && is_torn (data, size, gap.begin))
      break;
    if (gap.end == 0)
      gap.end = size;
    g_array_append_val (self->gaps, gap);
    self->size = gap.end;
  }
  self->torn = size - self->size;
  if (self->gaps->len == 0 || self->series->len > 0 || self->events->len > 0)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is damaged from byte %" G_GSIZE_FORMAT " on: nothing there can be read.",
               file, g_array_index (self->gaps, Gap, 0).begin);
  return FALSE;
}

static void
clear_event (gpointer data)
{
  MpMetricsEvent *event = data;

  g_free ((char *) event->text);
}

void
mp_metrics_reader_free (MpMetricsReader *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->series, g_ptr_array_unref);
  g_clear_pointer (&self->events, g_array_unref);
  g_clear_pointer (&self->gaps, g_array_unref);
  g_free (self);
}

MpMetricsReader *
mp_metrics_reader_parse (GBytes     *bytes,
                         const char *file,
                         GError    **error)
{
  g_autoptr (MpMetricsReader) self = g_new0 (MpMetricsReader, 1);
  guint8 head[HEAD];
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  self->bytes = g_bytes_ref (bytes);
  self->series = g_ptr_array_new_with_free_func (g_free);
  self->events = g_array_new (FALSE, FALSE, sizeof (MpMetricsEvent));
  g_array_set_clear_func (self->events, clear_event);
  self->gaps = g_array_new (FALSE, FALSE, sizeof (Gap));

  make_head (head);
  for (gsize i = 0; i < MIN (size, HEAD); i++)
    if (data[i] != head[i]) {
      g_set_error (error, MP_ERROR, MP_ERROR_FILE,
                   "“%s” is not a metrics file of version 1: byte %" G_GSIZE_FORMAT " is 0x%02x; 0x%02x is expected.",
                   file, i, data[i], head[i]);
      return NULL;
    }

  self->size = MIN (size, HEAD);
  if (size < HEAD)
    self->torn = size;
  else if (!walk (self, file, error))
    return NULL;
  g_ptr_array_add (self->series, NULL);
  return g_steal_pointer (&self);
}

MpMetricsReader *
mp_metrics_reader_open (const char *path,
                        GError    **error)
{
  g_autoptr (GBytes) bytes = mp_file_read (path, error);

  return bytes != NULL ? mp_metrics_reader_parse (bytes, path, error) : NULL;
}

gsize
mp_metrics_reader_get_torn (MpMetricsReader *self)
{
  return self->torn;
}

gsize
mp_metrics_reader_get_damage (MpMetricsReader *self,
                              gsize           *offset)
{
  gsize bytes = 0;

  for (guint i = 0; i < self->gaps->len; i++)
    bytes += g_array_index (self->gaps, Gap, i).end - g_array_index (self->gaps, Gap, i).begin;
  *offset = bytes > 0 ? g_array_index (self->gaps, Gap, 0).begin : 0;
  return bytes;
}

guint64
mp_metrics_reader_get_iteration (MpMetricsReader *self)
{
  return self->iteration;
}

const char *const *
mp_metrics_reader_list_series (MpMetricsReader *self,
                               guint           *n)
{
  *n = self->series->len - 1;
  return (const char *const *) self->series->pdata;
}

const MpMetricsEvent *
mp_metrics_reader_list_events (MpMetricsReader *self,
                               guint           *n)
{
  *n = self->events->len;
  return (const MpMetricsEvent *) (gpointer) self->events->data;
}

void
mp_metrics_reader_read (MpMetricsReader *self,
                        const char      *id,
                        GArray          *iterations,
                        GArray          *values)
{
  const guint8 *data = g_bytes_get_data (self->bytes, NULL);
  guint number = 0, gap = 0;
  Record record;

  while (number + 1 < self->series->len && !g_str_equal (self->series->pdata[number], id))
    number++;
  if (number + 1 >= self->series->len)
    return;

  for (gsize at = HEAD; at < self->size; at += RECORD_HEAD + record.size) {
    for (; gap < self->gaps->len && g_array_index (self->gaps, Gap, gap).begin == at; gap++)
      at = g_array_index (self->gaps, Gap, gap).end;
    if (at >= self->size || !next_record (data, self->size, at, TRUE, &record))
      break;
    if (record.type != 'V')
      continue;
    for (guint i = 0; i < record.n; i++)
      if (mp_bytes_get (record.payload + 8 + 8 * record.n + 2 * i, 2) == number) {
        double value = mp_bytes_get_double (record.payload + 8 + 8 * i);

        g_array_append_val (iterations, record.iteration);
        g_array_append_val (values, value);
      }
  }
}

/* ---- writing ---- */

/* A writer goes on behind whole records only: cutting before damage would take away what lies behind it. */
static gboolean
check_whole (MpMetricsReader *reader,
             const char      *path,
             GError         **error)
{
  gsize offset, bytes = mp_metrics_reader_get_damage (reader, &offset);

  if (bytes == 0)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is damaged at byte %" G_GSIZE_FORMAT " (%" G_GSIZE_FORMAT " bytes cannot be "
               "read), and was left as it is. Move it away to go on without the curves and changes by hand that it holds.",
               path, offset, bytes);
  return FALSE;
}

/* Makes the object agree with the file, whose whole part it returns the size of. */
static gboolean
adopt (MpMetricsWriter *self,
       gint64           last_iteration,
       guint64         *keep,
       GError         **error)
{
  g_autoptr (MpMetricsReader) reader = mp_metrics_reader_open (self->path, error);
  const guint8 *data;
  guint number = 0;
  Record record;
  gsize at;

  if (reader == NULL || !check_whole (reader, self->path, error))
    return FALSE;
  data = g_bytes_get_data (reader->bytes, NULL);
  g_hash_table_remove_all (self->series);
  self->iteration = 0;
  for (at = MIN (HEAD, reader->size); at < reader->size && next_record (data, reader->size, at, TRUE, &record);
       at += RECORD_HEAD + record.size) {
    if (last_iteration < 0 || (record.type != 'S' && record.iteration > (guint64) last_iteration))
      break;
    if (record.type == 'S') {
      g_hash_table_insert (self->series, g_strdup (reader->series->pdata[number]), GUINT_TO_POINTER (number + 1));
      number++;
    } else
      self->iteration = record.iteration;
  }
  *keep = at;
  return TRUE;
}

static gboolean
write_head (MpMetricsWriter *self,
            GError         **error)
{
  guint8 head[HEAD];

  make_head (head);
  if (ftruncate (self->fd, 0) != 0 || lseek (self->fd, 0, SEEK_SET) != 0 || !mp_fd_write (self->fd, head, HEAD))
    return mp_file_fail (error, errno, "write", self->path);
  self->offset = HEAD;
  return TRUE;
}

MpMetricsWriter *
mp_metrics_writer_open (const char *path,
                        GError    **error)
{
  g_autoptr (MpMetricsWriter) self = g_new0 (MpMetricsWriter, 1);
  guint64 keep;

  self->path = g_strdup (path);
  self->series = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->flushed_at = g_get_monotonic_time ();
  self->fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (self->fd < 0) {
    mp_file_fail (error, errno, "open", path);
    return NULL;
  }
  if (!adopt (self, G_MAXINT64, &keep, error))
    return NULL;
  if (keep < HEAD)
    return write_head (self, error) ? g_steal_pointer (&self) : NULL;
  if (ftruncate (self->fd, (off_t) keep) != 0) {
    mp_file_fail (error, errno, "cut", path);
    return NULL;
  }
  self->offset = keep;
  return g_steal_pointer (&self);
}

void
mp_metrics_writer_close (MpMetricsWriter *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0) {
    mp_metrics_writer_flush (self, FALSE, NULL);
    close (self->fd);
  }
  g_hash_table_unref (self->series);
  g_free (self->path);
  g_free (self);
}

gboolean
mp_metrics_writer_flush (MpMetricsWriter *self,
                         gboolean         sync,
                         GError         **error)
{
  if (self->used > 0) {
    if (lseek (self->fd, (off_t) self->offset, SEEK_SET) < 0 || !mp_fd_write (self->fd, self->buffer, self->used)) {
      int number = errno;

      /* Half a record must not stand in the way of what comes later; if this fails too, readers still cut it. */
      if (ftruncate (self->fd, (off_t) self->offset) != 0)
        g_debug ("Cannot cut “%s” back: %s", self->path, g_strerror (errno));
      return mp_file_fail (error, number, "write", self->path);
    }
    self->offset += self->used;
    self->used = 0;
  }
  self->flushed_at = g_get_monotonic_time ();
  if (sync && fdatasync (self->fd) != 0)
    return mp_file_fail (error, errno, "sync", self->path);
  return TRUE;
}

/* Room for a record's payload in the buffer, or NULL. */
static guint8 *
begin_record (MpMetricsWriter *self,
              gsize            size,
              GError         **error)
{
  if (BUFFER - self->used < RECORD_HEAD + size && !mp_metrics_writer_flush (self, FALSE, error))
    return NULL;
  return self->buffer + self->used + RECORD_HEAD;
}

static gboolean
end_record (MpMetricsWriter *self,
            char             type,
            gsize            size,
            GError         **error)
{
  guint8 *at = self->buffer + self->used;

  mp_bytes_put (at + 4, size, 2);
  at[6] = (guint8) type;
  at[7] = 0;
  mp_bytes_put (at, mp_bytes_crc32 (at + 4, RECORD_HEAD - 4 + size), 4);
  self->used += RECORD_HEAD + size;
  if (g_get_monotonic_time () - self->flushed_at < FLUSH_INTERVAL)
    return TRUE;
  return mp_metrics_writer_flush (self, FALSE, error);
}

gboolean
mp_metrics_writer_add_series (MpMetricsWriter *self,
                              const char      *id,
                              guint32         *number,
                              GError         **error)
{
  guint known = GPOINTER_TO_UINT (g_hash_table_lookup (self->series, id));
  gsize length = strlen (id);
  guint8 *payload;

  g_return_val_if_fail (length <= MAX_TEXT && g_hash_table_size (self->series) <= G_MAXUINT16, FALSE);

  *number = known - 1;
  if (known != 0)
    return TRUE;
  payload = begin_record (self, 4 + length, error);
  if (payload == NULL)
    return FALSE;
  *number = g_hash_table_size (self->series);
  mp_bytes_put (payload, *number, 4);
  memcpy (payload + 4, id, length);
  g_hash_table_insert (self->series, g_strdup (id), GUINT_TO_POINTER (*number + 1));
  return end_record (self, 'S', 4 + length, error);
}

gboolean
mp_metrics_writer_append (MpMetricsWriter *self,
                          guint64          iteration,
                          guint            n,
                          const guint32   *series,
                          const double    *values,
                          GError         **error)
{
  guint8 *payload;

  g_return_val_if_fail (n <= MAX_VALUES && iteration >= self->iteration, FALSE);

  payload = begin_record (self, 8 + 10 * (gsize) n, error);
  if (payload == NULL)
    return FALSE;
  mp_bytes_put (payload, iteration, 8);
  for (guint i = 0; i < n; i++) {
    mp_bytes_put_double (payload + 8 + 8 * i, values[i]);
    mp_bytes_put (payload + 8 + 8 * n + 2 * i, series[i], 2);
  }
  self->iteration = iteration;
  return end_record (self, 'V', 8 + 10 * (gsize) n, error);
}

gboolean
mp_metrics_writer_append_event (MpMetricsWriter *self,
                                guint64          iteration,
                                const char      *text,
                                GError         **error)
{
  gsize length = strlen (text);
  guint8 *payload;

  g_return_val_if_fail (length <= MAX_EVENT && iteration >= self->iteration, FALSE);

  payload = begin_record (self, 8 + length, error);
  if (payload == NULL)
    return FALSE;
  mp_bytes_put (payload, iteration, 8);
  memcpy (payload + 8, text, length);
  self->iteration = iteration;
  return end_record (self, 'E', 8 + length, error);
}

gboolean
mp_metrics_writer_cut (MpMetricsWriter *self,
                       gint64           last_iteration,
                       GError         **error)
{
  guint64 keep;

  if (!mp_metrics_writer_flush (self, FALSE, error) || !adopt (self, last_iteration, &keep, error))
    return FALSE;
  if (ftruncate (self->fd, (off_t) keep) != 0)
    return mp_file_fail (error, errno, "cut", self->path);
  self->offset = keep;
  return TRUE;
}
