/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline-file.h: the file "timeline" of a run: keyframes of what training looked like, for looking back.
 *
 * A keyframe is the samples from fixed noise, at times a background layer, and where training stood; metrics of that
 * moment are in the metrics file. Keyframes come at increasing intervals, a power of two of iterations that is at most
 * iteration / p: every octave of the run (1000 … 2000, 2000 … 4000) has p to 2p of them, p being 64 at first.
 * When the file would outgrow its budget p is halved, and what is no longer due is dropped. So a run of any length has
 * a timeline of bounded size whose end is as fine as its beginning, and lanes that train side by side have theirs at
 * the same iterations.
 *
 *   head, 16 bytes
 *     0  8  "MPTIMELN"
 *     8  2  version, 1
 *    10  2  how often p was halved
 *    12  4  CRC-32 of bytes 0 … 11
 *   record, 48 bytes and a payload
 *     0  4  CRC-32 of bytes 4 … 47
 *     4  4  CRC-32 of the payload
 *     8  4  size of the payload
 *    12  1  type, "D", "L" or "K"; then three zero bytes
 *    16  8  "K": iteration
 *    24  8  "K": seconds of training (IEEE 754 binary64)
 *    32  8  "K": real points that training has seen
 *    40  4  "K": number of its layer, 0xffffffff for none; "L": its number (they count up from 0)
 *    44  4  zero
 *   "D", once, first: the reference points, a block
 *   "L", a layer: width and height (4 + 4), neutral value (8), extent x0 x1 y0 y1 (4 × 8), length of the id (2), the
 *        id, the title, both UTF-8
 *   "K", a keyframe: the samples, a block; with a layer, its values as a block of one column
 *   block: rows, columns, bits (4 each: 8 or 16); for each column the least and the largest value (binary32); then the
 *          codes, row by row. Code c of b bits stands for least + c·(largest − least)/(2^b − 2), 2^b − 1 for not finite.
 *          Points of up to three dimensions and layers have 16 bits, images have 8.
 *
 * Numbers are little-endian. The file is appended to; thinning writes it anew beside and renames it. Opening one reads
 * the records' heads; a payload is checked when it is read, that of the last record at once, for that is what a killed
 * process tears. A reader ignores a torn tail and a writer cuts it off.
 *
 * Threads: an object belongs to one thread at a time; any number of readers may follow one writer.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct
{
  guint64  iteration;
  double   seconds;      /* of training */
  guint64  points;       /* real points that training has seen */
  gboolean has_layer;
} MpTimelineMark;

typedef struct
{
  char   *id;            /* a view's, "critic-output" */
  char   *title;
  double  neutral;       /* may be NAN */
  gint    width, height;
  double  extent[4];     /* x0, x1, y0, y1; row 0 is y0 */
  float  *values;        /* height × width */
} MpTimelineLayer;

typedef struct
{
  MpTimelineMark  mark;
  gint64          n, dimensions;
  float          *samples;  /* n × dimensions */
  MpTimelineLayer layer;    /* values NULL: none */
} MpTimelineFrame;
/* Frees what it points to, and zeroes it. */
void              mp_timeline_frame_clear (MpTimelineFrame *frame);

/* ---- writing ---- */
typedef struct _MpTimelineWriter MpTimelineWriter;

/* Creates the file, or opens it and cuts a torn tail; a file that is no timeline is an error. budget: bytes. */
MpTimelineWriter *mp_timeline_writer_open (const char *path, gsize budget, GError **error);
void              mp_timeline_writer_close (MpTimelineWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpTimelineWriter, mp_timeline_writer_close)

/* Reference points, n × dimensions; does nothing when the file has them. */
gboolean          mp_timeline_writer_set_data (MpTimelineWriter *self, gint64 n, gint64 dimensions, const float *points,
                                               GError **error);
/* The first iteration after this one that a keyframe is due at. */
guint64           mp_timeline_writer_next (MpTimelineWriter *self, guint64 iteration);
/* Takes nothing. A keyframe of the last one's iteration changes nothing. Where the budget does not hold even the
 * coarsest timeline nothing is written. Iterations never fall. */
gboolean          mp_timeline_writer_append (MpTimelineWriter *self, const MpTimelineFrame *frame, GError **error);
/* Drops every keyframe after last_iteration; −1 drops all of the file. */
gboolean          mp_timeline_writer_cut (MpTimelineWriter *self, gint64 last_iteration, GError **error);
gsize             mp_timeline_writer_get_size (MpTimelineWriter *self);

/* ---- reading ---- */
typedef struct _MpTimelineReader MpTimelineReader;

/* Reads the file as it is now. A file that is not there yet is an error, as everything that is no timeline. */
MpTimelineReader *mp_timeline_reader_open (const char *path, GError **error);
void              mp_timeline_reader_close (MpTimelineReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpTimelineReader, mp_timeline_reader_close)

/* Takes over what was written since. TRUE when the marks are other ones. */
gboolean          mp_timeline_reader_refresh (MpTimelineReader *self);
/* In order of their iterations. Borrowed until the next refresh. */
const MpTimelineMark *mp_timeline_reader_list (MpTimelineReader *self, guint *n);
/* The last keyframe at or before an iteration; FALSE when there is none. */
gboolean          mp_timeline_reader_find (MpTimelineReader *self, guint64 iteration, guint *index);
/* Fills the frame, without a layer where the keyframe has none. layer: also looks for the newest layer before. */
gboolean          mp_timeline_reader_load (MpTimelineReader *self, guint index, gboolean layer, MpTimelineFrame *frame,
                                           GError **error);
/* Reference points: (transfer full). */
gboolean          mp_timeline_reader_load_data (MpTimelineReader *self, gint64 *n, gint64 *dimensions, float **points,
                                                GError **error);
/* Bytes behind the last whole record. */
gsize             mp_timeline_reader_get_torn (MpTimelineReader *self);

G_END_DECLS
