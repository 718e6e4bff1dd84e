/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-metrics-file.c: any bytes as a metrics file: refused with an error, or every point of every series can be read.
 *
 * When the first byte is odd the checksums of head and records are mended first.
 */
#include "engine/runs/metrics-file.h"
#include "tests/fuzz/checksums.h"

int LLVMFuzzerTestOneInput (const uint8_t *bytes,
                            size_t         size);

static void
mend_checksums (guint8 *bytes,
                gsize   size)
{
  gsize at = 16;

  if (size < 16)
    return;
  memcpy (bytes, "MPMETRIC\1\0\0\0", 12);
  put_u32 (bytes + 12, checksum (bytes, 12));
  while (at + 8 <= size) {
    gsize payload = bytes[at + 4] + 256u * bytes[at + 5];

    if (at + 8 + payload > size)
      return;
    put_u32 (bytes + at, checksum (bytes + at + 4, payload + 4));
    at += 8 + payload;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes,
                        size_t         size)
{
  if (size < 1)
    return 0;

  g_autoptr (GError) error = NULL;
  guint8 *copy = g_memdup2 (bytes + 1, size - 1);

  if (bytes[0] & 1)
    mend_checksums (copy, size - 1);

  g_autoptr (GBytes) held = g_bytes_new_take (copy, size - 1);
  g_autoptr (MpMetricsReader) reader = mp_metrics_reader_parse (held, "fuzz", &error);

  if (reader == NULL) {
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    return 0;
  }
  guint n = 0;
  const char *const *series = mp_metrics_reader_list_series (reader, &n);
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  g_assert_cmpuint (mp_metrics_reader_get_torn (reader), <=, size);
  for (guint i = 0; i < n; i++) {
    g_array_set_size (iterations, 0);
    g_array_set_size (values, 0);
    mp_metrics_reader_read (reader, series[i], iterations, values);
    g_assert_cmpuint (iterations->len, ==, values->len);
    for (guint j = 1; j < iterations->len; j++)
      g_assert_cmpuint (g_array_index (iterations, guint64, j - 1), <=, g_array_index (iterations, guint64, j));
  }
  const MpMetricsEvent *events = mp_metrics_reader_list_events (reader, &n);

  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (strlen (events[i].text), <, size);
  return 0;
}
