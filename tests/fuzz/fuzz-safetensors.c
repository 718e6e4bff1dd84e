/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-safetensors.c: any bytes as a tensor file: refused with an error, or every byte of every tensor can be read.
 */
#include "engine/runs/safetensors.h"

int LLVMFuzzerTestOneInput (const uint8_t *bytes,
                            size_t         size);

static gsize
element_size (MpDtype dtype)
{
  return dtype == MP_FLOAT64 ? 8 : 4;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes,
                        size_t         size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) held = g_bytes_new (bytes, size);
  g_autoptr (MpSafetensors) file = mp_safetensors_parse (held, "fuzz.safetensors", &error);
  const MpNamedTensor *tensors;
  volatile guint8 sum = 0;
  guint n = 0;

  if (file == NULL) {
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  tensors = mp_safetensors_list (file, &n);
  for (guint i = 0; i < n; i++) {
    const guint8 *data = tensors[i].data;
    gsize length = element_size (tensors[i].type.dtype);

    for (gint axis = 0; axis < tensors[i].type.rank; axis++)
      length *= (gsize) tensors[i].type.dim[axis];
    g_assert_cmpuint (length, <=, size);
    for (gsize j = 0; j < length; j++)
      sum = (guint8) (sum + data[j]);
    g_assert_true (mp_safetensors_find (file, tensors[i].name) == &tensors[i]);
  }
  return 0;
}
