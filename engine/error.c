/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/error.h"

#include <string.h>

#define MAX_QUOTED 40 /* characters */

G_DEFINE_QUARK (mp-error-quark, mp_error)

gboolean
mp_check_status (MpStatus     status,
                 const char  *what,
                 GError     **error)
{
  if (status == MP_OK)
    return TRUE;
  g_set_error (error, MP_ERROR, status == MP_STATUS_MEMORY ? MP_ERROR_MEMORY : MP_ERROR_DEVICE,
               "%s: %s", what, mp_kernels_error ());
  return FALSE;
}

char *
mp_clip_text (const char *text,
              gssize      length)
{
  /* no more than can be shown: a file may be one line */
  gsize size = MIN (length >= 0 ? (gsize) length : strlen (text), 4 * (MAX_QUOTED + 1));
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) size);
  g_autoptr (GString) clipped = g_string_new (NULL);
  guint n = 0;

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (n++ == MAX_QUOTED) {
      g_string_append (clipped, "…");
      break;
    }
    if (g_unichar_isprint (c))
      g_string_append_unichar (clipped, c);
    else
      g_string_append_printf (clipped, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
  }
  return g_string_free (g_steal_pointer (&clipped), FALSE);
}

gboolean
mp_check_text (const char   *text,
               gsize         length,
               const char   *file,
               guint64       offset,
               MpErrorCode   code,
               GError      **error)
{
  const char *invalid;

  if (g_utf8_validate_len (text, length, &invalid))
    return TRUE;
  if (offset == 0 && length >= 2 && (memcmp (text, "\xff\xfe", 2) == 0 || memcmp (text, "\xfe\xff", 2) == 0))
    g_set_error (error, MP_ERROR, code, "%s is a text in UTF-16, which is not read; save it as UTF-8.", file);
  else
    g_set_error (error, MP_ERROR, code, "%s: the byte at offset %" G_GUINT64_FORMAT " is not part of a UTF-8 text.", file,
                 offset + (guint64) (invalid - text));
  return FALSE;
}
