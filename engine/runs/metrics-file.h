/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics-file.h: the file "metrics" of a run: an append-only list of records, each with a checksum.
 *
 *   head, 16 bytes
 *     0  8  "MPMETRIC"
 *     8  4  version, 1
 *    12  4  CRC-32 of bytes 0 … 11
 *   record, 8 bytes and a payload
 *     0  4  CRC-32 of the rest of the record, from byte 4 to its end
 *     4  2  size of the payload
 *     6  1  type, "S", "V" or "E"
 *     7  1  zero
 *     8     payload
 *   "S", a series: its number in 4 bytes (numbers count up from 0), then its id in UTF-8
 *   "V", values:   iteration in 8 bytes, n values of 8 bytes (IEEE 754 binary64), n series numbers of 2 bytes;
 *                  n = (size − 8) / 10
 *   "E", an event: iteration in 8 bytes, then UTF-8 text such as "optimizer.critic.learning_rate=0.001": what was
 *                  changed by hand after that iteration
 *
 * Numbers are little-endian. Iterations never fall from one record to the next. CRC-32 is that of IEEE 802.3. A
 * process that is killed leaves a torn last record at most; it is recognised by its checksum and by there being nothing
 * behind it, a reader ignores it and a writer cuts it off. Appending to a whole file is all that a writer ever does,
 * besides cutting it back. A bad record with more behind it is damage: a reader leaves it out and goes on with the next
 * whole one, a writer fails and leaves the file as it is.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

/* ---- writing ---- */
typedef struct _MpMetricsWriter MpMetricsWriter;

/* Creates the file, or opens it and cuts a torn tail; MP_ERROR_FILE for a damaged one. The caller sees to it that there
 * is one writer. */
MpMetricsWriter *mp_metrics_writer_open (const char *path, GError **error);
/* Writes what waits; an error is lost here, so flush before. */
void             mp_metrics_writer_close (MpMetricsWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpMetricsWriter, mp_metrics_writer_close)

/* The number of the series of this id, new or known. At most 65536 series of ids up to 256 bytes. */
gboolean         mp_metrics_writer_add_series (MpMetricsWriter *self, const char *id, guint32 *number, GError **error);
/* Records wait in a buffer of fixed size until it is full, a second has passed, or mp_metrics_writer_flush (). Does
 * not allocate. When writing fails, what waited goes on waiting. n ≤ 1024 */
gboolean         mp_metrics_writer_append (MpMetricsWriter *self, guint64 iteration, guint n, const guint32 *series,
                                           const double *values, GError **error);
gboolean         mp_metrics_writer_append_event (MpMetricsWriter *self, guint64 iteration, const char *text,
                                                 GError **error);
/* sync: also makes it durable. */
gboolean         mp_metrics_writer_flush (MpMetricsWriter *self, gboolean sync, GError **error);
/* Drops every record after last_iteration; −1 drops all, series too. */
gboolean         mp_metrics_writer_cut (MpMetricsWriter *self, gint64 last_iteration, GError **error);

/* ---- reading ---- */
typedef struct _MpMetricsReader MpMetricsReader;

typedef struct
{
  guint64     iteration;
  const char *text;
} MpMetricsEvent;

/* Reads the file as it is now. MP_ERROR_FILE for one that is damaged from its beginning on. */
MpMetricsReader      *mp_metrics_reader_open (const char *path, GError **error);
/* file: a name for messages. */
MpMetricsReader      *mp_metrics_reader_parse (GBytes *bytes, const char *file, GError **error);
void                  mp_metrics_reader_free (MpMetricsReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpMetricsReader, mp_metrics_reader_free)

/* Bytes behind the last whole record. */
gsize                 mp_metrics_reader_get_torn (MpMetricsReader *self);
/* Bytes that were left out as damaged, and where they begin. */
gsize                 mp_metrics_reader_get_damage (MpMetricsReader *self, gsize *offset);
/* Iteration of the last record, 0 where there is none. */
guint64               mp_metrics_reader_get_iteration (MpMetricsReader *self);
const char *const    *mp_metrics_reader_list_series (MpMetricsReader *self, guint *n);
/* Appends all points of a series to iterations (of guint64) and values (of double); none for an unknown id. */
void                  mp_metrics_reader_read (MpMetricsReader *self, const char *id, GArray *iterations,
                                              GArray *values);
const MpMetricsEvent *mp_metrics_reader_list_events (MpMetricsReader *self, guint *n);

G_END_DECLS
