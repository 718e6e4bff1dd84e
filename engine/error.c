/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/error.h"

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
