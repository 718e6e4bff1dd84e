/* SPDX-License-Identifier: Apache-2.0
 *
 * bytes.c: see bytes.h.
 */
#include "engine/runs/bytes.h"

#include <string.h>

static guint32 crc_table[8][256];

static void
make_crc_table (void)
{
  for (guint32 i = 0; i < 256; i++) {
    guint32 crc = i;

    for (gint bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    crc_table[0][i] = crc;
  }
  for (guint32 i = 0; i < 256; i++)
    for (gint k = 1; k < 8; k++)
      crc_table[k][i] = (crc_table[k - 1][i] >> 8) ^ crc_table[0][crc_table[k - 1][i] & 0xFF];
}

/* Eight bytes a step: reading a long run is bound by this. */
guint32
mp_bytes_crc32 (const guint8 *data,
                gsize         size)
{
  static gsize ready;
  guint32 crc = 0xFFFFFFFFu;

  if (g_once_init_enter (&ready)) {
    make_crc_table ();
    g_once_init_leave (&ready, 1);
  }
  for (; size >= 8; size -= 8, data += 8) {
    crc ^= (guint32) data[0] | (guint32) data[1] << 8 | (guint32) data[2] << 16 | (guint32) data[3] << 24;
    crc = crc_table[7][crc & 0xFF] ^ crc_table[6][(crc >> 8) & 0xFF] ^ crc_table[5][(crc >> 16) & 0xFF]
          ^ crc_table[4][crc >> 24] ^ crc_table[3][data[4]] ^ crc_table[2][data[5]] ^ crc_table[1][data[6]]
          ^ crc_table[0][data[7]];
  }
  for (; size > 0; size--, data++)
    crc = (crc >> 8) ^ crc_table[0][(crc ^ *data) & 0xFF];
  return ~crc;
}

void
mp_bytes_put (guint8 *to,
              guint64 value,
              gsize   n_bytes)
{
  for (gsize i = 0; i < n_bytes; i++)
    to[i] = (guint8) (value >> (8 * i));
}

guint64
mp_bytes_get (const guint8 *from,
              gsize         n_bytes)
{
  guint64 value = 0;

  for (gsize i = 0; i < n_bytes; i++)
    value |= (guint64) from[i] << (8 * i);
  return value;
}

void
mp_bytes_put_double (guint8 *to,
                     double  value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  mp_bytes_put (to, bits, 8);
}

double
mp_bytes_get_double (const guint8 *from)
{
  guint64 bits = mp_bytes_get (from, 8);
  double value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

void
mp_bytes_put_float (guint8 *to,
                    float   value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  mp_bytes_put (to, bits, 4);
}

float
mp_bytes_get_float (const guint8 *from)
{
  guint32 bits = (guint32) mp_bytes_get (from, 4);
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}
