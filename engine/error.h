/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

#include "kernels/device.h"

G_BEGIN_DECLS

/* The one error domain of the engine. Messages are sentences for people: they name the file, key, node or tensor,
 * what was found and what is allowed. */
#define MP_ERROR (mp_error_quark ())
GQuark mp_error_quark (void);

typedef enum
{
  MP_ERROR_SHAPE,       /* a graph cannot be built: shapes or dtypes disagree */
  MP_ERROR_GRADIENT,    /* no gradient exists */
  MP_ERROR_EXPERIMENT,  /* an experiment file or --set is wrong */
  MP_ERROR_UNKNOWN,     /* a name that nothing carries */
  MP_ERROR_FILE,        /* a file is missing, cut short or malformed */
  MP_ERROR_DEVICE,      /* a back end failed */
  MP_ERROR_MEMORY,
  MP_ERROR_STATE        /* asked at the wrong moment */
} MpErrorCode;

/* Turns a kernel status and mp_kernels_error () of this thread into a GError prefixed by `what`.
 * Returns: TRUE when status is MP_OK. The only place where statuses become errors. */
gboolean mp_check_status (MpStatus status, const char *what, GError **error);

/* The beginning of what a file or a person wrote, for messages: 40 characters at most, as valid UTF-8, with escapes such as
 * \x1b for what a terminal would obey and nobody would see. length: −1 for a text that ends in NUL. (transfer full) */
char    *mp_clip_text (const char *text, gssize length);
/* Whether a piece of a file, which begins there at `offset`, is UTF-8; FALSE with the code, the file and the offset of the
 * first byte that is not. */
gboolean mp_check_text (const char *text, gsize length, const char *file, guint64 offset, MpErrorCode code,
                        GError **error);

G_END_DECLS
