/* SPDX-License-Identifier: Apache-2.0
 *
 * test-nvrtc.c: keys, errors and the cache folder of compiled code. Compiles with the real NVRTC, without a GPU; that
 * part is skipped where there is none.
 */
#include "kernels/cuda/nvrtc.h"
#include "tests/kernels/tap.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/matchpoint-nvrtc-XXXXXX";
static char folder[sizeof root + 16]; /* two levels below, which are made when they are needed */

static const char text[] = "struct MP_ARGS\n{\n  float *o0;\n};\nMP_KERNEL (32) MP_NAME (const struct MP_ARGS g)\n{\n"
                           "  g.o0[threadIdx.x] = mp_sigmoid_f ((float) threadIdx.x);\n}\n";
static const char other[] = "struct MP_ARGS\n{\n  float *o0;\n};\nMP_KERNEL (32) MP_NAME (const struct MP_ARGS g)\n{\n"
                            "  g.o0[threadIdx.x] = mp_softplus_f ((float) threadIdx.x);\n}\n";

static void
path_of (const MpNvrtcKey *key,
         char             *path,
         size_t            size)
{
  char name[MP_NVRTC_NAME_SIZE];

  mp_nvrtc_name (key, name);
  snprintf (path, size, "%s/code-%s", folder, name + 3);
}

static int
same (const MpNvrtcKey *a,
      const MpNvrtcKey *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

/* ---- the folder ---- */

static int
finds (const MpNvrtcKey *key,
       const char       *content,
       int               n_expected)
{
  MpNvrtcKey *keys;
  void       *image;
  size_t      bytes;
  int         n, right;

  if (!mp_nvrtc_find (folder, key, &keys, &n, &image, &bytes))
    return 0;
  right = n == n_expected && bytes == strlen (content) && memcmp (image, content, bytes) == 0;
  free (keys);
  free (image);
  return right;
}

static int
count_files (void)
{
  DIR *dir = opendir (folder);
  int  n = 0;

  for (struct dirent *entry; dir != NULL && (entry = readdir (dir)) != NULL;)
    n += entry->d_name[0] != '.' || strlen (entry->d_name) > 2;
  if (dir != NULL)
    closedir (dir);
  return n;
}

/* Every way a file can be damaged must be seen: each byte changed, and each length. */
static void
test_damage (const MpNvrtcKey *key,
             const char       *content)
{
  char   path[256], data[512];
  FILE  *file;
  size_t size;
  int    n_taken = 0;

  path_of (key, path, sizeof path);
  file = fopen (path, "rb");
  size = fread (data, 1, sizeof data, file);
  fclose (file);
  for (size_t i = 0; i < 2 * size; i++) {
    unlink (path);
    file = fopen (path, "wb");
    data[i % size] ^= i < size ? 1 : 0;
    fwrite (data, 1, i < size ? size : i - size, file);
    fclose (file);
    data[i % size] ^= i < size ? 1 : 0;
    /* bytes 12 to 15 are for later */
    n_taken += finds (key, content, 2) && (i < 12 || i > 15);
  }
  tap_ok (n_taken == 0, "of %zu damaged files %d are taken for whole", 2 * size, n_taken);
}

static void
test_folder (void)
{
  MpNvrtcKey  key[3] = { { { 1, 2 } }, { { 3, 4 } }, { { 5, 6 } } };
  struct stat first, second;
  char        path[256];

  tap_ok (!finds (&key[0], "", 1), "an empty folder has nothing");
  mp_nvrtc_store (folder, key, 2, "machine code", 12);
  tap_ok (finds (&key[0], "machine code", 2) && finds (&key[1], "machine code", 2) && !finds (&key[2], "", 1),
          "code is found under each of its keys");
  tap_ok (count_files () == 2, "nothing else is left in the folder");
  path_of (&key[0], path, sizeof path);
  stat (path, &first);
  path_of (&key[1], path, sizeof path);
  stat (path, &second);
  tap_ok (first.st_ino == second.st_ino, "both names are one file");
  test_damage (&key[0], "machine code");
  mp_nvrtc_store (folder, key, 1, "newer code", 10);
  tap_ok (finds (&key[0], "newer code", 1) && finds (&key[1], "machine code", 2),
          "storing again replaces a damaged file");
  mp_nvrtc_store ("/proc/nowhere", key, 1, "code", 4);
  tap_ok (!mp_nvrtc_find ("/proc/nowhere", &key[0], &(MpNvrtcKey *) { NULL }, &(int) { 0 }, &(void *) { NULL },
                          &(size_t) { 0 }), "a folder that cannot be written keeps nothing");
}

/* ---- compiling ---- */

static void
test_keys (void)
{
  MpNvrtcKey a, b, c, d;

  tap_ok (mp_nvrtc_key (text, 90, &a) == MP_OK && mp_nvrtc_key (text, 90, &b) == MP_OK && same (&a, &b),
          "equal texts have equal keys");
  mp_nvrtc_key (other, 90, &c);
  mp_nvrtc_key (text, 80, &d);
  tap_ok (!same (&a, &c) && !same (&a, &d), "another text and another architecture have other keys");
}

static void
test_compile (void)
{
  const char *texts[] = { text, other };
  MpNvrtcKey  keys[2];
  void       *image;
  size_t      bytes;
  char       *log;

  mp_nvrtc_key (text, 90, &keys[0]);
  mp_nvrtc_key (other, 90, &keys[1]);
  tap_ok (mp_nvrtc_compile (texts, keys, 2, 90, &image, &bytes, &log) == MP_OK && bytes > 1000
          && memcmp (image, "\177ELF", 4) == 0 && log != NULL && strstr (log, "registers") != NULL,
          "two texts become one image of machine code");
  mp_nvrtc_store (folder, keys, 2, image, bytes);
  free (image);
  free (log);
  texts[0] = "MP_KERNEL (32) MP_NAME (const struct MP_ARGS g)\n{\n  nonsense;\n}\n";
  tap_ok (mp_nvrtc_compile (texts, keys, 1, 90, &image, &bytes, NULL) == MP_STATUS_LIBRARY && image == NULL
          && strstr (mp_kernels_error (), "nonsense") != NULL, "the compiler's words are in the error");
  printf ("# %.*s\n", (int) strcspn (mp_kernels_error (), "\n"), mp_kernels_error ());
}

/* A GPU that is newer than NVRTC gets PTX of the newest that NVRTC has. */
static void
test_unknown (void)
{
  const char *texts[] = { text };
  MpNvrtcKey  key;
  void       *image;
  size_t      bytes;
  int         architecture, exact;

  tap_ok (mp_nvrtc_architecture (990, &architecture, &exact) == MP_OK && architecture >= 90 && !exact
          && mp_nvrtc_key (text, 990, &key) == MP_OK
          && mp_nvrtc_compile (texts, &key, 1, 990, &image, &bytes, NULL) == MP_OK && strstr (image, ".target") != NULL,
          "an unknown GPU gets PTX");
  free (image);
  tap_ok (mp_nvrtc_architecture (30, &architecture, &exact) == MP_STATUS_UNSUPPORTED, "a GPU that is too old: %s",
          mp_kernels_error ());
}

static void
remove_folder (void)
{
  DIR *dir = opendir (folder);
  char path[512];

  for (struct dirent *entry; dir != NULL && (entry = readdir (dir)) != NULL;) {
    snprintf (path, sizeof path, "%s/%s", folder, entry->d_name);
    unlink (path);
  }
  if (dir != NULL)
    closedir (dir);
  rmdir (folder);
  *strrchr (folder, '/') = '\0';
  rmdir (folder);
  rmdir (root);
}

int
main (void)
{
  int major, minor;

  if (mkdtemp (root) == NULL) {
    printf ("Bail out! no folder %s can be made\n", root);
    return 1;
  }
  snprintf (folder, sizeof folder, "%s/cache/cuda", root);
  test_folder ();
  if (mp_nvrtc_version (&major, &minor) == MP_OK) {
    test_keys ();
    test_compile ();
    test_unknown ();
  } else
    tap_ok (1, "compiling # SKIP %s", mp_kernels_error ());
  remove_folder ();
  return tap_done ();
}
