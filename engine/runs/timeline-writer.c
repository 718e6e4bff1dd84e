/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline-writer.c: writing and thinning a timeline; see timeline-file.h for the bytes.
 */
#include "engine/runs/timeline-private.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "engine/runs/bytes.h"
#include "engine/runs/file.h"

#define PER_OCTAVE 64

struct _MpTimelineWriter
{
  MpTimelineIndex index;
  gsize budget;
  gboolean full;                     /* the coarsest timeline does not fit */
  GByteArray     *buffer;
};

/* ---- blocks of quantised numbers ---- */

static void
append_block (GByteArray  *to,
              gsize        rows,
              gsize        columns,
              guint        bits,
              const float *values)
{
  gsize start = to->len;
  guint top = (1u << bits) - 2;
  guint8 *at;

  g_byte_array_set_size (to, (guint) (start + mp_timeline_block_size (rows, columns, bits)));
  at = to->data + start;
  mp_bytes_put (at, rows, 4);
  mp_bytes_put (at + 4, columns, 4);
  mp_bytes_put (at + 8, bits, 4);
  at += TIMELINE_BLOCK_HEAD;
  for (gsize j = 0; j < columns; j++) {
    guint8 *code = at + 8 * columns + j * (bits / 8);
    float least = INFINITY, largest = -INFINITY;
    double scale;

    for (gsize i = 0; i < rows; i++)
      if (isfinite (values[i * columns + j])) {
        least = MIN (least, values[i * columns + j]);
        largest = MAX (largest, values[i * columns + j]);
      }
    if (least > largest)
      least = largest = 0;
    mp_bytes_put_float (at + 8 * j, least);
    mp_bytes_put_float (at + 8 * j + 4, largest);
    scale = largest > least ? top / ((double) largest - least) : 0;
    for (gsize i = 0; i < rows; i++, code += columns * (bits / 8)) {
      float value = values[i * columns + j];

      mp_bytes_put (code, isfinite (value) ? (guint64) (((double) value - least) * scale + 0.5) : top + 1, bits / 8);
    }
  }
}

/* ---- writing ---- */

static gboolean
write_head (MpTimelineWriter *self,
            GError          **error)
{
  guint8 head[TIMELINE_HEAD];

  mp_timeline_make_head (head, 0);
  if (ftruncate (self->index.fd, 0) != 0 || lseek (self->index.fd, 0, SEEK_SET) != 0
      || !mp_fd_write (self->index.fd, head, TIMELINE_HEAD))
    return mp_file_fail (error, errno, "write", self->index.path);
  mp_timeline_index_forget (&self->index, 0);
  self->index.thinned = 0;
  self->index.size = TIMELINE_HEAD;
  return TRUE;
}

MpTimelineWriter *
mp_timeline_writer_open (const char *path,
                         gsize       budget,
                         GError    **error)
{
  g_autoptr (MpTimelineWriter) self = g_new0 (MpTimelineWriter, 1);

  mp_timeline_index_init (&self->index, path);
  self->budget = budget;
  self->buffer = g_byte_array_new ();
  self->index.fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (self->index.fd < 0) {
    mp_file_fail (error, errno, "open", path);
    return NULL;
  }
  if (!mp_timeline_index_read (&self->index, error))
    return NULL;
  if (self->index.size < TIMELINE_HEAD)
    return write_head (self, error) ? g_steal_pointer (&self) : NULL;
  if (self->index.torn > 0 && ftruncate (self->index.fd, (off_t) self->index.size) != 0) {
    mp_file_fail (error, errno, "cut", path);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
mp_timeline_writer_close (MpTimelineWriter *self)
{
  if (self == NULL)
    return;
  mp_timeline_index_clear (&self->index);
  g_byte_array_unref (self->buffer);
  g_free (self);
}

gsize
mp_timeline_writer_get_size (MpTimelineWriter *self)
{
  return self->index.size;
}

static guint64
interval_at (guint64 iteration,
             guint   thinned)
{
  guint64 most = iteration / (PER_OCTAVE >> thinned), interval = 1;

  while (interval * 2 <= most)
    interval *= 2;
  return interval;
}

static gboolean
is_due (guint64 iteration,
        guint   thinned)
{
  return iteration % interval_at (iteration, thinned) == 0;
}

guint64
mp_timeline_writer_next (MpTimelineWriter *self,
                         guint64           iteration)
{
  guint64 interval = interval_at (iteration + 1, self->index.thinned);

  return (iteration / interval + 1) * interval;
}

/* Starts a record in the buffer; its payload is appended by the caller. */
static void
begin_record (MpTimelineWriter *self)
{
  g_byte_array_set_size (self->buffer, TIMELINE_RECORD_HEAD);
  memset (self->buffer->data, 0, TIMELINE_RECORD_HEAD);
}

/* Fills the head in, writes the record and adds it to the index. record: type, layer and mark. */
static gboolean
end_record (MpTimelineWriter *self,
            MpTimelineRecord  record,
            GError          **error)
{
  guint8 *head = self->buffer->data;
  int fd = self->index.fd;

  record.offset = self->index.size;
  record.size = self->buffer->len - TIMELINE_RECORD_HEAD;
  record.checksum = mp_bytes_crc32 (head + TIMELINE_RECORD_HEAD, record.size);
  record.mark.has_layer = record.layer != TIMELINE_NO_LAYER;
  mp_bytes_put (head + 4, record.checksum, 4);
  mp_bytes_put (head + 8, record.size, 4);
  head[12] = (guint8) record.type;
  mp_bytes_put (head + 16, record.mark.iteration, 8);
  mp_bytes_put_double (head + 24, record.mark.seconds);
  mp_bytes_put (head + 32, record.mark.points, 8);
  mp_bytes_put (head + 40, record.layer, 4);
  mp_bytes_put (head, mp_bytes_crc32 (head + 4, TIMELINE_RECORD_HEAD - 4), 4);
  if (lseek (fd, (off_t) record.offset, SEEK_SET) < 0 || !mp_fd_write (fd, head, self->buffer->len)) {
    int number = errno;

    if (ftruncate (fd, (off_t) record.offset) != 0)
      g_debug ("Cannot cut “%s” back: %s", self->index.path, g_strerror (errno));
    return mp_file_fail (error, number, "write", self->index.path);
  }
  mp_timeline_index_add (&self->index, &record);
  return TRUE;
}

static guint
choose_bits (gint64 columns)
{
  return columns <= 3 ? 16 : 8;
}

gboolean
mp_timeline_writer_set_data (MpTimelineWriter *self,
                             gint64            n,
                             gint64            dimensions,
                             const float      *points,
                             GError          **error)
{
  g_return_val_if_fail (n > 0 && dimensions > 0, FALSE);

  if (self->index.records->len > 0)
    return TRUE;
  begin_record (self);
  append_block (self->buffer, (gsize) n, (gsize) dimensions, choose_bits (dimensions), points);
  return end_record (self, (MpTimelineRecord) { .type = 'D', .layer = TIMELINE_NO_LAYER }, error);
}

/* ---- thinning ---- */

static gboolean
copy_record (MpTimelineIndex        *from,
             const MpTimelineRecord *record,
             int                     fd)
{
  gsize size = TIMELINE_RECORD_HEAD + record->size;
  g_autofree guint8 *bytes = g_malloc (size);

  return mp_timeline_read_at (from->fd, bytes, size, record->offset) && mp_fd_write (fd, bytes, size);
}

/* The next coarser timeline, written beside and put into the place of this one. */
static gboolean
thin (MpTimelineWriter *self,
      GError          **error)
{
  MpTimelineIndex *index = &self->index;
  guint thinned = index->thinned + 1;
  g_autofree char *part = g_strconcat (index->path, ".part", NULL);
  int fd = open (part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  guint8 head[TIMELINE_HEAD];
  gboolean ok;

  mp_timeline_make_head (head, thinned);
  ok = fd >= 0 && mp_fd_write (fd, head, TIMELINE_HEAD);
  for (guint i = 0; ok && i < index->records->len; i++) {
    const MpTimelineRecord *record = mp_timeline_index_get (index, i);

    if (record->type != 'K' || is_due (record->mark.iteration, thinned) || i + 1 == index->records->len)
      ok = copy_record (index, record, fd);
  }
  if (!ok || fdatasync (fd) != 0 || g_rename (part, index->path) != 0) {
    mp_file_fail (error, errno, "write", part);
    if (fd >= 0)
      close (fd);
    g_unlink (part);
    return FALSE;
  }
  close (index->fd);
  index->fd = fd;
  return mp_timeline_index_read (index, error);
}

/* ---- keyframes ---- */

static gboolean
same_layer (const guint8          *description,
            gsize                  size,
            const MpTimelineLayer *layer)
{
  gsize id_length = strlen (layer->id), title_length = strlen (layer->title);

  if (size != TIMELINE_LAYER_HEAD + id_length + title_length || mp_bytes_get (description, 4) != (guint64) layer->width
      || mp_bytes_get (description + 4, 4) != (guint64) layer->height
      || mp_bytes_get (description + 48, 2) != id_length)
    return FALSE;
  for (guint i = 0; i < 4; i++)
    if (mp_bytes_get_double (description + 16 + 8 * i) != layer->extent[i])
      return FALSE;
  return memcmp (description + TIMELINE_LAYER_HEAD, layer->id, id_length) == 0
         && memcmp (description + TIMELINE_LAYER_HEAD + id_length, layer->title, title_length) == 0;
}

/* The number of a layer that is described like this, writing it down where it is new. */
static gboolean
number_layer (MpTimelineWriter      *self,
              const MpTimelineLayer *layer,
              guint32               *number,
              GError               **error)
{
  guint8 head[TIMELINE_LAYER_HEAD];

  for (guint i = 0; i < self->index.records->len; i++) {
    const MpTimelineRecord *record = mp_timeline_index_get (&self->index, i);
    g_autofree guint8 *payload = record->type == 'L' ? mp_timeline_index_read_payload (&self->index, record) : NULL;

    *number = record->layer;
    if (payload != NULL && same_layer (payload, record->size, layer))
      return TRUE;
  }
  mp_bytes_put (head, (guint64) layer->width, 4);
  mp_bytes_put (head + 4, (guint64) layer->height, 4);
  mp_bytes_put_double (head + 8, layer->neutral);
  for (guint i = 0; i < 4; i++)
    mp_bytes_put_double (head + 16 + 8 * i, layer->extent[i]);
  mp_bytes_put (head + 48, strlen (layer->id), 2);
  begin_record (self);
  g_byte_array_append (self->buffer, head, TIMELINE_LAYER_HEAD);
  g_byte_array_append (self->buffer, (const guint8 *) layer->id, (guint) strlen (layer->id));
  g_byte_array_append (self->buffer, (const guint8 *) layer->title, (guint) strlen (layer->title));
  *number = self->index.n_layers;
  return end_record (self, (MpTimelineRecord) { .type = 'L', .layer = *number }, error);
}

/* Makes room for a keyframe. FALSE: after an error, or (full) when there is none to be made. */
static gboolean
make_room (MpTimelineWriter *self,
           gsize             size,
           GError          **error)
{
  while (self->index.size + size > self->budget) {
    self->full = self->index.thinned >= TIMELINE_MAX_THINNED || self->index.frames->len == 0;
    if (self->full || !thin (self, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
mp_timeline_writer_append (MpTimelineWriter      *self,
                           const MpTimelineFrame *frame,
                           GError               **error)
{
  const MpTimelineLayer *layer = frame->layer.values != NULL ? &frame->layer : NULL;
  GArray *marks = self->index.marks;
  guint bits = choose_bits (frame->dimensions);
  gsize size = TIMELINE_RECORD_HEAD + mp_timeline_block_size ((gsize) frame->n, (gsize) frame->dimensions, bits);
  guint32 number = TIMELINE_NO_LAYER;

  g_return_val_if_fail (frame->n > 0 && frame->dimensions > 0, FALSE);

  if (marks->len > 0
      && g_array_index (marks, MpTimelineMark, marks->len - 1).iteration >= frame->mark.iteration)
    return TRUE;
  if (layer != NULL)
    size += mp_timeline_block_size ((gsize) layer->width * (gsize) layer->height, 1, 16);
  if (self->full || !make_room (self, size, error))
    return self->full;
  if (layer != NULL && !number_layer (self, layer, &number, error))
    return FALSE;
  begin_record (self);
  append_block (self->buffer, (gsize) frame->n, (gsize) frame->dimensions, bits, frame->samples);
  if (layer != NULL)
    append_block (self->buffer, (gsize) layer->width * (gsize) layer->height, 1, 16, layer->values);
  return end_record (self, (MpTimelineRecord) { .type = 'K', .layer = number, .mark = frame->mark }, error);
}

gboolean
mp_timeline_writer_cut (MpTimelineWriter *self,
                        gint64            last_iteration,
                        GError          **error)
{
  guint keep = self->index.records->len;

  if (last_iteration < 0)
    return write_head (self, error);
  while (keep > 0 && (mp_timeline_index_get (&self->index, keep - 1)->type != 'K'
                      || mp_timeline_index_get (&self->index, keep - 1)->mark.iteration > (guint64) last_iteration)) {
    if (mp_timeline_index_get (&self->index, keep - 1)->type == 'D')
      break;
    keep--;
  }
  if (keep == self->index.records->len)
    return TRUE;
  self->index.size = mp_timeline_index_get (&self->index, keep)->offset;
  mp_timeline_index_forget (&self->index, keep);
  if (ftruncate (self->index.fd, (off_t) self->index.size) != 0)
    return mp_file_fail (error, errno, "cut", self->index.path);
  return TRUE;
}

