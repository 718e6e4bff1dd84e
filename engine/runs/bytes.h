/* SPDX-License-Identifier: Apache-2.0
 *
 * bytes.h: what the record files of a run folder (metrics-file.h, timeline-file.h) share: little-endian numbers and
 * checksums. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* CRC-32 of IEEE 802.3. */
guint32 mp_bytes_crc32 (const guint8 *data, gsize size);
/* The lowest n_bytes bytes of value, least significant first. */
void    mp_bytes_put (guint8 *to, guint64 value, gsize n_bytes);
guint64 mp_bytes_get (const guint8 *from, gsize n_bytes);
/* IEEE 754 binary64 and binary32. */
void    mp_bytes_put_double (guint8 *to, double value);
double  mp_bytes_get_double (const guint8 *from);
void    mp_bytes_put_float (guint8 *to, float value);
float   mp_bytes_get_float (const guint8 *from);

G_END_DECLS
