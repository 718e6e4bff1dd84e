/* SPDX-License-Identifier: Apache-2.0
 *
 * checksums.h: random bytes never pass a checksum; targets mend those of their files first, so that readers see what
 * stands behind them.
 */
#pragma once

#include <string.h>

#include <glib.h>

/* CRC-32 of IEEE 802.3, bit by bit. */
static inline guint32
checksum (const guint8 *bytes,
          gsize         size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ (0xedb88320 & (0u - (crc & 1)));
  }
  return ~crc;
}

static inline void
put_u32 (guint8 *to,
         guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (to, &value, 4);
}

static inline guint32
get_u32 (const guint8 *from)
{
  guint32 value;

  memcpy (&value, from, 4);
  return GUINT32_FROM_LE (value);
}
