/* SPDX-License-Identifier: Apache-2.0
 *
 * safetensors.h: named tensors in a file, as Hugging Face's safetensors lays them out.
 *
 *   bytes 0 … 7      header length N, little-endian uint64, at most 100 MB
 *   bytes 8 … 8+N−1  a JSON object, starting with "{", perhaps padded with spaces:
 *                    {"__metadata__": {"key": "value"}, "name": {"dtype": "F32", "shape": [2, 3],
 *                     "data_offsets": [begin, end]}, …}
 *   the rest         the tensors, row-major, little-endian; offsets count from here
 *
 * Read strictly: dtypes F32, F64 and I32 only; every tensor as long as its shape says and aligned to its element
 * size; no overlap, no gap, nothing behind the last one; no name twice. MP_ERROR_FILE names the file, the byte
 * offset, what was found and what is allowed.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct
{
  const char  *name;
  MpTensorType type;
  const void  *data;   /* dense, row-major, aligned to its element size */
} MpNamedTensor;

typedef struct _MpSafetensors MpSafetensors;

/* Reads the whole file. */
MpSafetensors       *mp_safetensors_open (const char *path, GError **error);
/* file: a name for messages. Keeps a reference of bytes when it succeeds. */
MpSafetensors       *mp_safetensors_parse (GBytes *bytes, const char *file, GError **error);
void                 mp_safetensors_free (MpSafetensors *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSafetensors, mp_safetensors_free)

/* In order of their place in the file. Borrowed, as everything below. */
const MpNamedTensor *mp_safetensors_list (MpSafetensors *self, guint *n);
const MpNamedTensor *mp_safetensors_find (MpSafetensors *self, const char *name); /* or NULL */
/* The tensor of this name and exactly this type, else MP_ERROR_FILE with both. */
const MpNamedTensor *mp_safetensors_get (MpSafetensors *self, const char *name, const MpTensorType *type,
                                         GError **error);
const char          *mp_safetensors_get_metadata (MpSafetensors *self, const char *key); /* or NULL */
const char          *mp_safetensors_get_file (MpSafetensors *self);

/* Writes a file safely (file.h). metadata: key, value, key, value, …, NULL; or NULL. Names must differ.
 * Tensors of larger elements come first, so that all are aligned; otherwise the order is kept. */
gboolean             mp_safetensors_save (const char *path, guint n, const MpNamedTensor *tensors,
                                          const char *const *metadata, GError **error);

G_END_DECLS
