/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline-file.c: the index of a timeline and its reader; see timeline-file.h for the bytes. The writer is
 * timeline-writer.c.
 */
#include "engine/runs/timeline-private.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/runs/bytes.h"
#include "engine/runs/file.h"

#define MAX_PAYLOAD (1u << 30)
#define MAX_TEXT 1024

struct _MpTimelineReader
{
  MpTimelineIndex index;
  dev_t device;
  ino_t inode;
};

void
mp_timeline_frame_clear (MpTimelineFrame *frame)
{
  g_free (frame->samples);
  g_free (frame->layer.id);
  g_free (frame->layer.title);
  g_free (frame->layer.values);
  memset (frame, 0, sizeof *frame);
}

/* ---- the index ---- */

gsize
mp_timeline_block_size (gsize rows,
                        gsize columns,
                        guint bits)
{
  return TIMELINE_BLOCK_HEAD + 8 * columns + rows * columns * (bits / 8);
}

void
mp_timeline_index_init (MpTimelineIndex *self,
                        const char      *path)
{
  self->path = g_strdup (path);
  self->fd = -1;
  self->records = g_array_new (FALSE, FALSE, sizeof (MpTimelineRecord));
  self->marks = g_array_new (FALSE, FALSE, sizeof (MpTimelineMark));
  self->frames = g_array_new (FALSE, FALSE, sizeof (guint));
}

void
mp_timeline_index_clear (MpTimelineIndex *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_array_unref (self->records);
  g_array_unref (self->marks);
  g_array_unref (self->frames);
}

void
mp_timeline_index_forget (MpTimelineIndex *self,
                          guint            n_records)
{
  g_array_set_size (self->records, n_records);
  while (self->frames->len > 0 && g_array_index (self->frames, guint, self->frames->len - 1) >= n_records) {
    g_array_set_size (self->frames, self->frames->len - 1);
    g_array_set_size (self->marks, self->marks->len - 1);
  }
  self->n_layers = 0;
  for (guint i = 0; i < n_records; i++)
    self->n_layers += g_array_index (self->records, MpTimelineRecord, i).type == 'L';
}

const MpTimelineRecord *
mp_timeline_index_get (MpTimelineIndex *self,
                       guint            i)
{
  return &g_array_index (self->records, MpTimelineRecord, i);
}

gboolean
mp_timeline_index_add (MpTimelineIndex        *self,
                       const MpTimelineRecord *record)
{
  guint place = self->records->len;

  switch (record->type) {
  case 'D':
    if (place > 0)
      return FALSE;
    break;
  case 'L':
    if (record->layer != self->n_layers)
      return FALSE;
    self->n_layers++;
    break;
  case 'K':
    if (record->layer != TIMELINE_NO_LAYER && record->layer >= self->n_layers)
      return FALSE;
    if (self->marks->len > 0
        && g_array_index (self->marks, MpTimelineMark, self->marks->len - 1).iteration >= record->mark.iteration)
      return FALSE;
    g_array_append_val (self->marks, record->mark);
    g_array_append_val (self->frames, place);
    break;
  default:
    return FALSE;
  }
  g_array_append_val (self->records, *record);
  self->size = record->offset + TIMELINE_RECORD_HEAD + record->size;
  return TRUE;
}

static gboolean
parse_head (const guint8     *head,
            guint64           offset,
            MpTimelineRecord *record)
{
  *record = (MpTimelineRecord) {
    .offset = offset,
    .checksum = (guint32) mp_bytes_get (head + 4, 4),
    .size = (guint32) mp_bytes_get (head + 8, 4),
    .type = (char) head[12],
    .layer = (guint32) mp_bytes_get (head + 40, 4),
    .mark = { .iteration = mp_bytes_get (head + 16, 8), .seconds = mp_bytes_get_double (head + 24),
              .points = mp_bytes_get (head + 32, 8) },
  };
  record->mark.has_layer = record->layer != TIMELINE_NO_LAYER;
  return mp_bytes_get (head, 4) == mp_bytes_crc32 (head + 4, TIMELINE_RECORD_HEAD - 4) && record->size <= MAX_PAYLOAD;
}

gboolean
mp_timeline_read_at (int     fd,
                     guint8 *to,
                     gsize   size,
                     guint64 offset)
{
  while (size > 0) {
    gssize got = pread (fd, to, size, (off_t) offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return FALSE;
    to += got;
    size -= (gsize) got;
    offset += (guint64) got;
  }
  return TRUE;
}

guint8 *
mp_timeline_index_read_payload (MpTimelineIndex        *self,
                                const MpTimelineRecord *record)
{
  g_autofree guint8 *payload = g_malloc (MAX (record->size, 1));

  if (!mp_timeline_read_at (self->fd, payload, record->size, record->offset + TIMELINE_RECORD_HEAD)
      || mp_bytes_crc32 (payload, record->size) != record->checksum)
    return NULL;
  return g_steal_pointer (&payload);
}

void
mp_timeline_index_walk (MpTimelineIndex *self,
                        guint64          end)
{
  guint known = self->records->len;
  guint8 head[TIMELINE_RECORD_HEAD];
  MpTimelineRecord record;

  while (end - self->size >= TIMELINE_RECORD_HEAD
         && mp_timeline_read_at (self->fd, head, TIMELINE_RECORD_HEAD, self->size)
         && parse_head (head, self->size, &record) && end - self->size - TIMELINE_RECORD_HEAD >= record.size
         && mp_timeline_index_add (self, &record))
    ;
  /* Only the last one can be torn; what is broken before it is found when it is looked at. */
  while (self->records->len > known) {
    const MpTimelineRecord *last = mp_timeline_index_get (self, self->records->len - 1);
    g_autofree guint8 *payload = mp_timeline_index_read_payload (self, last);
    guint64 offset = last->offset;

    if (payload != NULL)
      break;
    mp_timeline_index_forget (self, self->records->len - 1);
    self->size = offset;
  }
  self->torn = end - self->size;
}

void
mp_timeline_make_head (guint8 head[TIMELINE_HEAD],
                       guint  thinned)
{
  memcpy (head, "MPTIMELN", 8);
  mp_bytes_put (head + 8, 1, 2);
  mp_bytes_put (head + 10, thinned, 2);
  mp_bytes_put (head + 12, mp_bytes_crc32 (head, 12), 4);
}

gboolean
mp_timeline_index_read (MpTimelineIndex *self,
                        GError         **error)
{
  guint8 head[TIMELINE_HEAD], wanted[TIMELINE_HEAD];
  struct stat status;
  guint64 size;

  if (fstat (self->fd, &status) != 0)
    return mp_file_fail (error, errno, "read", self->path);
  size = (guint64) status.st_size;
  mp_timeline_index_forget (self, 0);
  self->size = 0;
  self->torn = size;
  if (size < TIMELINE_HEAD)
    return TRUE;
  if (!mp_timeline_read_at (self->fd, head, TIMELINE_HEAD, 0))
    return mp_file_fail (error, errno, "read", self->path);
  self->thinned = (guint) mp_bytes_get (head + 10, 2);
  mp_timeline_make_head (wanted, self->thinned);
  if (memcmp (head, wanted, TIMELINE_HEAD) != 0 || self->thinned > TIMELINE_MAX_THINNED) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a timeline of version 1: its first 16 bytes are others.",
                 self->path);
    return FALSE;
  }
  self->size = TIMELINE_HEAD;
  mp_timeline_index_walk (self, size);
  return TRUE;
}

/* ---- reading ---- */

/* Reads the block at *at and moves behind it; NULL where there is none of a sensible shape. */
static float *
read_block (const guint8 **at,
            gsize         *left,
            gint64        *rows,
            gint64        *columns)
{
  guint64 r, c, bits;
  const guint8 *ranges, *code;
  float *values;

  if (*left < TIMELINE_BLOCK_HEAD)
    return NULL;
  r = mp_bytes_get (*at, 4);
  c = mp_bytes_get (*at + 4, 4);
  bits = mp_bytes_get (*at + 8, 4);
  if ((bits != 8 && bits != 16) || c == 0 || r == 0 || c > MAX_PAYLOAD || r * c > MAX_PAYLOAD
      || mp_timeline_block_size (r, c, (guint) bits) > *left)
    return NULL;
  ranges = *at + TIMELINE_BLOCK_HEAD;
  code = ranges + 8 * c;
  values = g_new (float, r * c);
  for (guint64 j = 0; j < c; j++) {
    double least = mp_bytes_get_float (ranges + 8 * j), largest = mp_bytes_get_float (ranges + 8 * j + 4);
    guint64 top = (1u << bits) - 2;
    double unit = (largest - least) / (double) top;

    for (guint64 i = 0; i < r; i++) {
      guint64 number = mp_bytes_get (code + (i * c + j) * (bits / 8), bits / 8);

      values[i * c + j] = number > top ? NAN : (float) (least + (double) number * unit);
    }
  }
  *at += mp_timeline_block_size (r, c, (guint) bits);
  *left -= mp_timeline_block_size (r, c, (guint) bits);
  *rows = (gint64) r;
  *columns = (gint64) c;
  return values;
}

static gboolean
reader_adopt (MpTimelineReader *self,
              GError          **error)
{
  struct stat status;
  int fd = open (self->index.path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return mp_file_fail (error, errno, "open", self->index.path);
  if (self->index.fd >= 0)
    close (self->index.fd);
  self->index.fd = fd;
  if (fstat (fd, &status) != 0)
    return mp_file_fail (error, errno, "read", self->index.path);
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return mp_timeline_index_read (&self->index, error);
}

MpTimelineReader *
mp_timeline_reader_open (const char *path,
                         GError    **error)
{
  g_autoptr (MpTimelineReader) self = g_new0 (MpTimelineReader, 1);

  mp_timeline_index_init (&self->index, path);
  return reader_adopt (self, error) ? g_steal_pointer (&self) : NULL;
}

void
mp_timeline_reader_close (MpTimelineReader *self)
{
  if (self == NULL)
    return;
  mp_timeline_index_clear (&self->index);
  g_free (self);
}

gboolean
mp_timeline_reader_refresh (MpTimelineReader *self)
{
  guint n = self->index.marks->len;
  struct stat status;

  if (stat (self->index.path, &status) != 0)
    return FALSE;
  /* Thinned, or cut: read it from the start. */
  if (status.st_dev != self->device || status.st_ino != self->inode || (guint64) status.st_size < self->index.size)
    return reader_adopt (self, NULL);
  if (self->index.size < TIMELINE_HEAD)
    return mp_timeline_index_read (&self->index, NULL) && self->index.marks->len != n;
  if ((guint64) status.st_size > self->index.size)
    mp_timeline_index_walk (&self->index, (guint64) status.st_size);
  return self->index.marks->len != n;
}

const MpTimelineMark *
mp_timeline_reader_list (MpTimelineReader *self,
                         guint            *n)
{
  *n = self->index.marks->len;
  return (const MpTimelineMark *) (gpointer) self->index.marks->data;
}

gboolean
mp_timeline_reader_find (MpTimelineReader *self,
                         guint64           iteration,
                         guint            *index)
{
  guint low = 0, high = self->index.marks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (self->index.marks, MpTimelineMark, middle).iteration <= iteration)
      low = middle + 1;
    else
      high = middle;
  }
  *index = low - 1;
  return low > 0;
}

static gboolean
fail_damaged (MpTimelineReader       *self,
              const MpTimelineRecord *record,
              GError                **error)
{
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is damaged: the record at byte %" G_GUINT64_FORMAT
               " does not agree with its checksum or its shape.", self->index.path, record->offset);
  return FALSE;
}

static gboolean
describe_layer (MpTimelineReader *self,
                guint32           number,
                MpTimelineLayer  *layer)
{
  for (guint i = 0; i < self->index.records->len; i++) {
    const MpTimelineRecord *record = mp_timeline_index_get (&self->index, i);
    g_autofree guint8 *payload = NULL;
    gsize length, id_length;
    const char *texts;

    if (record->type != 'L' || record->layer != number)
      continue;
    payload = mp_timeline_index_read_payload (&self->index, record);
    if (payload == NULL || record->size < TIMELINE_LAYER_HEAD)
      return FALSE;
    texts = (const char *) payload + TIMELINE_LAYER_HEAD;
    length = record->size - TIMELINE_LAYER_HEAD;
    id_length = mp_bytes_get (payload + 48, 2);
    if (id_length > length || length > 2 * MAX_TEXT || !g_utf8_validate (texts, (gssize) length, NULL))
      return FALSE;
    layer->width = (gint) mp_bytes_get (payload, 4);
    layer->height = (gint) mp_bytes_get (payload + 4, 4);
    layer->neutral = mp_bytes_get_double (payload + 8);
    for (guint j = 0; j < 4; j++)
      layer->extent[j] = mp_bytes_get_double (payload + 16 + 8 * j);
    layer->id = g_strndup (texts, id_length);
    layer->title = g_strndup (texts + id_length, length - id_length);
    return TRUE;
  }
  return FALSE;
}

/* Reads the samples (unless samples is FALSE) and the layer of one keyframe into the frame. */
static gboolean
load_record (MpTimelineReader       *self,
             const MpTimelineRecord *record,
             gboolean                samples,
             MpTimelineFrame        *frame,
             GError                **error)
{
  g_autofree guint8 *payload = mp_timeline_index_read_payload (&self->index, record);
  g_autofree float *block = NULL;
  const guint8 *at = payload;
  gsize left = record->size;
  gint64 rows, columns;

  block = payload != NULL ? read_block (&at, &left, &rows, &columns) : NULL;
  if (block == NULL)
    return fail_damaged (self, record, error);
  if (samples) {
    frame->mark = record->mark;
    frame->n = rows;
    frame->dimensions = columns;
    frame->samples = g_steal_pointer (&block);
  }
  if (record->layer == TIMELINE_NO_LAYER)
    return left == 0 || fail_damaged (self, record, error);
  frame->layer.values = read_block (&at, &left, &rows, &columns);
  if (frame->layer.values == NULL || left != 0 || columns != 1 || !describe_layer (self, record->layer, &frame->layer)
      || frame->layer.width <= 0 || frame->layer.height <= 0
      || (gint64) frame->layer.width * frame->layer.height != rows)
    return fail_damaged (self, record, error);
  return TRUE;
}

static const MpTimelineRecord *
get_frame (MpTimelineReader *self,
           guint             index)
{
  return mp_timeline_index_get (&self->index, g_array_index (self->index.frames, guint, index));
}

gboolean
mp_timeline_reader_load (MpTimelineReader *self,
                         guint             index,
                         gboolean          layer,
                         MpTimelineFrame  *frame,
                         GError          **error)
{
  memset (frame, 0, sizeof *frame);
  g_return_val_if_fail (index < self->index.frames->len, FALSE);

  if (!load_record (self, get_frame (self, index), TRUE, frame, error)) {
    mp_timeline_frame_clear (frame);
    return FALSE;
  }
  while (layer && frame->layer.values == NULL && index-- > 0) {
    const MpTimelineRecord *record = get_frame (self, index);

    if (record->layer != TIMELINE_NO_LAYER && !load_record (self, record, FALSE, frame, error)) {
      mp_timeline_frame_clear (frame);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
mp_timeline_reader_load_data (MpTimelineReader *self,
                              gint64           *n,
                              gint64           *dimensions,
                              float           **points,
                              GError          **error)
{
  const MpTimelineRecord *record = self->index.records->len > 0 ? mp_timeline_index_get (&self->index, 0) : NULL;
  g_autofree guint8 *payload = NULL;
  const guint8 *at;
  gsize left;

  if (record == NULL || record->type != 'D') {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” holds no reference points.", self->index.path);
    return FALSE;
  }
  payload = mp_timeline_index_read_payload (&self->index, record);
  at = payload;
  left = record->size;
  *points = payload != NULL ? read_block (&at, &left, n, dimensions) : NULL;
  return *points != NULL || fail_damaged (self, record, error);
}

gsize
mp_timeline_reader_get_torn (MpTimelineReader *self)
{
  return self->index.torn;
}
