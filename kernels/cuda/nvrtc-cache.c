/* SPDX-License-Identifier: Apache-2.0
 *
 * nvrtc-cache.c: compiled code in a folder.
 *
 *   "MPCODE1\n" · number of keys, 4 bytes · 4 zeros · bytes of code, 8 · checksum of what follows, 8 · keys · code
 *
 * in the machine's byte order. The file is written once and linked under the name of every key, "code-" and 32
 * hexadecimal digits; where a file system has no links it is written again.
 */
#include "kernels/cuda/nvrtc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "MPCODE1\n"
#define MAX_KEYS 65536
#define MAX_BYTES ((uint64_t) 1 << 30)

typedef struct
{
  char     magic[8];
  uint32_t n_keys;
  uint32_t zero;
  uint64_t bytes;
  uint64_t checksum;
} Header;

static uint64_t
checksum_add (uint64_t    sum,
              const void *bytes,
              size_t      n)
{
  const unsigned char *p = bytes;

  for (size_t i = 0; i < n; i++)
    sum = (sum ^ p[i]) * 0x100000001b3u;
  return sum;
}

static uint64_t
checksum (const MpNvrtcKey *keys,
          uint32_t          n,
          const void       *image,
          size_t            bytes)
{
  return checksum_add (checksum_add (0xcbf29ce484222325u, keys, n * sizeof *keys), image, bytes);
}

static void
path_of (const char       *folder,
         const MpNvrtcKey *key,
         char             *path,
         size_t            size)
{
  char name[MP_NVRTC_NAME_SIZE];

  mp_nvrtc_name (key, name);
  snprintf (path, size, "%s/code-%s", folder, name + 3);
}

/* ---- reading ---- */

static int
read_body (FILE         *file,
           const Header *header,
           MpNvrtcKey  **keys,
           void        **image)
{
  *keys = malloc (header->n_keys * sizeof **keys);
  *image = malloc (header->bytes + 1);
  if (*keys != NULL && *image != NULL && fread (*keys, sizeof **keys, header->n_keys, file) == header->n_keys
      && fread (*image, 1, header->bytes, file) == header->bytes && fgetc (file) == EOF
      && checksum (*keys, header->n_keys, *image, header->bytes) == header->checksum)
    return 1;
  free (*keys);
  free (*image);
  return 0;
}

int
mp_nvrtc_find (const char       *folder,
               const MpNvrtcKey *key,
               MpNvrtcKey      **keys,
               int              *n,
               void            **image,
               size_t           *bytes)
{
  Header header;
  char   path[4096];
  FILE  *file;
  int    found;

  path_of (folder, key, path, sizeof path);
  file = fopen (path, "re");
  if (file == NULL)
    return 0;
  found = fread (&header, sizeof header, 1, file) == 1 && memcmp (header.magic, MAGIC, sizeof header.magic) == 0
          && header.n_keys > 0 && header.n_keys <= MAX_KEYS && header.bytes <= MAX_BYTES
          && read_body (file, &header, keys, image);
  fclose (file);
  if (!found)
    return 0;
  *n = (int) header.n_keys;
  *bytes = header.bytes;
  return 1;
}

/* ---- writing ---- */

/* With the folders above it. */
static void
make_folder (const char *folder)
{
  char path[4096];

  snprintf (path, sizeof path, "%s", folder);
  for (char *p = strchr (path + 1, '/'); p != NULL; p = strchr (p + 1, '/')) {
    *p = '\0';
    mkdir (path, 0777);
    *p = '/';
  }
  mkdir (path, 0777);
}

static int
write_file (const char       *path,
            const MpNvrtcKey *keys,
            int               n,
            const void       *image,
            size_t            bytes)
{
  Header header = { .magic = MAGIC, .n_keys = (uint32_t) n, .bytes = bytes };
  FILE  *file = fopen (path, "wxe");
  int    written;

  if (file == NULL)
    return 0;
  header.checksum = checksum (keys, header.n_keys, image, bytes);
  written = fwrite (&header, sizeof header, 1, file) == 1 && fwrite (keys, sizeof *keys, (size_t) n, file) == (size_t) n
            && fwrite (image, 1, bytes, file) == bytes;
  written = fclose (file) == 0 && written;
  if (!written)
    unlink (path);
  return written;
}

void
mp_nvrtc_store (const char       *folder,
                const MpNvrtcKey *keys,
                int               n,
                const void       *image,
                size_t            bytes)
{
  static atomic_uint serial;
  char               first[4096], other[4096 + 8], path[4096];

  if (strlen (folder) + 128 > sizeof first)
    return;
  make_folder (folder);
  snprintf (first, sizeof first, "%s/.code-%ld-%u", folder, (long) getpid (), atomic_fetch_add (&serial, 1));
  snprintf (other, sizeof other, "%s-link", first);
  if (!write_file (first, keys, n, image, bytes))
    return;
  for (int i = 0; i < n; i++) {
    path_of (folder, &keys[i], path, sizeof path);
    if (link (first, other) != 0 && !write_file (other, keys, n, image, bytes))
      break;
    if (rename (other, path) != 0)
      unlink (other);
  }
  unlink (first);
}
