/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-timeline-file.c: any bytes as a timeline: refused with an error, or every keyframe is read or refused; and what
 * a writer makes of it is a timeline that takes a keyframe.
 *
 * When the first byte is odd the checksums of head, records and payloads are mended first.
 */
#include <glib/gstdio.h>
#include <unistd.h>

#include "engine/runs/timeline-file.h"
#include "tests/fuzz/checksums.h"

#define HEAD 16
#define RECORD 48

int LLVMFuzzerTestOneInput (const uint8_t *bytes,
                            size_t         size);

static void
mend_checksums (guint8 *bytes,
                gsize   size)
{
  gsize at = HEAD;

  if (size < HEAD)
    return;
  memcpy (bytes, "MPTIMELN\1\0", 10);
  put_u32 (bytes + 12, checksum (bytes, 12));
  while (at + RECORD <= size) {
    gsize payload = get_u32 (bytes + at + 8);

    if (payload > size - at - RECORD)
      return;
    put_u32 (bytes + at + 4, checksum (bytes + at + RECORD, payload));
    put_u32 (bytes + at, checksum (bytes + at + 4, RECORD - 4));
    at += RECORD + payload;
  }
}

static const char *
put_file (const guint8 *bytes,
          gsize         size)
{
  static char *path;

  if (path == NULL)
    path = g_strdup_printf ("%s/mp-fuzz-timeline-%d", g_get_tmp_dir (), (int) getpid ());
  g_assert_true (g_file_set_contents_full (path, (const char *) bytes, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  return path;
}

static void
read_all (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpTimelineReader) reader = mp_timeline_reader_open (path, &error);
  g_autofree float *points = NULL;
  const MpTimelineMark *marks;
  gint64 rows, dimensions;
  guint n;

  if (reader == NULL) {
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    return;
  }
  marks = mp_timeline_reader_list (reader, &n);
  for (guint i = 0; i < n; i++) {
    MpTimelineFrame frame = { .n = 0 };

    g_clear_error (&error);
    g_assert_true (i == 0 || marks[i - 1].iteration <= marks[i].iteration);
    if (mp_timeline_reader_load (reader, i, TRUE, &frame, &error))
      g_assert_no_error (error);
    else
      g_assert_nonnull (error);
    mp_timeline_frame_clear (&frame);
  }
  g_clear_error (&error);
  if (!mp_timeline_reader_load_data (reader, &rows, &dimensions, &points, &error))
    g_assert_nonnull (error);
}

static void
append (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (path, 1 << 16, &error);
  float samples[] = { 1, 2, 3, 4 };
  MpTimelineFrame frame = { .mark = { .iteration = G_MAXUINT32 }, .n = 2, .dimensions = 2, .samples = samples };

  if (writer == NULL) {
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    return;
  }
  if (!mp_timeline_writer_append (writer, &frame, &error))
    g_assert_nonnull (error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes,
                        size_t         size)
{
  const char *path;

  if (size < 1)
    return 0;

  g_autofree guint8 *copy = g_memdup2 (bytes + 1, size - 1);

  if (bytes[0] & 1)
    mend_checksums (copy, size - 1);
  path = put_file (copy, size - 1);
  read_all (path);
  append (path);
  read_all (path);
  g_unlink (path);
  return 0;
}
