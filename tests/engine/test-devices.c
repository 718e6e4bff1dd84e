/* SPDX-License-Identifier: Apache-2.0
 *
 * test-devices.c: names, the loadable module, and what is said when a device cannot be had. The module is loaded once
 * in a process, so each case is a process of its own.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#include "engine/train/devices.h"
#include "tests/engine/scratch.h"

typedef struct
{
  const char *path;
  const char *module;  /* "fake", "damaged", "empty", "missing", "none", "foreign" */
  const char *fake;    /* MATCHPOINT_FAKE_MODULE */
  const char *name;    /* of a device */
  const char *opens;   /* name of the device that opens, or NULL */
  int         code;    /* of the error, where nothing opens */
  const char *says[3]; /* parts of the error, or of the note, and of the status in the list */
} Case;

static const Case cases[] = {
  { "none/auto", "none", NULL, "auto", "cpu", 0, { "Training on the CPU.", "no CUDA module" } },
  { "none/cpu", "none", NULL, "cpu", "cpu", 0, { NULL } },
  { "none/cuda", "none", NULL, "cuda", NULL, MP_ERROR_DEVICE, { "“cuda” cannot be used", "no CUDA module" } },
  { "off/auto", "empty", NULL, "auto", "cpu", 0, { "MATCHPOINT_CUDA_MODULE is empty" } },
  { "missing/cuda", "missing", NULL, "cuda", NULL, MP_ERROR_DEVICE, { "does not exist", "MATCHPOINT_CUDA_MODULE" } },
  { "damaged/cuda", "damaged", NULL, "cuda", NULL, MP_ERROR_DEVICE, { "cannot be loaded", "damaged.so" } },
  { "damaged/auto", "damaged", NULL, "auto", "cpu", 0, { "cannot be loaded", "damaged.so" } },
  { "foreign/cuda", "foreign", NULL, "cuda", NULL, MP_ERROR_DEVICE, { "is no module of Matchpoint" } },
  { "abi/cuda", "fake", "abi", "cuda", NULL, MP_ERROR_DEVICE, { "another version of Matchpoint", "interface 2" } },
  { "driver/cuda", "fake", "driver", "cuda", NULL, MP_ERROR_DEVICE, { "There is no NVIDIA driver" } },
  { "driver/auto", "fake", "driver", NULL, "cpu", 0, { "Training on the CPU. There is no NVIDIA driver" } },
  { "no-device/cuda", "fake", "0", "cuda", NULL, MP_ERROR_DEVICE, { "There is no CUDA device" } },
  { "libraries/cuda", "fake", "libraries", "cuda", NULL, MP_ERROR_DEVICE, { "cuDNN 9 was not found" } },
  { "libraries/auto", "fake", "libraries", "auto", "cpu", 0, { "“cuda:0”", "cuDNN 9 was not found" } },
  { "memory/cuda:0", "fake", "memory", "cuda:0", NULL, MP_ERROR_MEMORY, { "12 MB are free" } },
  { "memory/cuda", "fake", "memory", "cuda", "Fake GPU 1", 0, { NULL } },
  { "memory/auto", "fake", "memory", "auto", "Fake GPU 1", 0, { NULL } },
  { "one/auto", "fake", NULL, NULL, "Fake GPU 0", 0, { NULL } },
  { "one/cpu", "fake", NULL, "cpu", "cpu", 0, { NULL } },
  { "one/cuda:1", "fake", NULL, "cuda:1", NULL, MP_ERROR_DEVICE, { "the only CUDA device here is “cuda:0”" } },
  { "three/cuda:2", "fake", "3", "cuda:2", "Fake GPU 2", 0, { NULL } },
  { "three/cuda:3", "fake", "3", "cuda:3", NULL, MP_ERROR_DEVICE, { "“cuda:0” to “cuda:2”" } },
  { "three/uuid", "fake", "3", "cuda:GPU-2f3b0000-bbbb", "Fake GPU 1", 0, { NULL } },
  { "three/uuid-start", "fake", "3", "cuda:gpu-2F3B", "Fake GPU 1", 0, { NULL } },
  { "three/uuid-without-gpu", "fake", "3", "cuda:2f3b", "Fake GPU 1", 0, { NULL } },
  { "three/uuid-of-two", "fake", "3", "cuda:GPU-2f3", NULL, MP_ERROR_DEVICE, { "“cuda:0” and “cuda:1”" } },
  { "three/uuid-of-none", "fake", "3", "cuda:GPU-ab", NULL, MP_ERROR_DEVICE, { "begins with “ab”" } },
  { "names/tpu", "none", NULL, "tpu", NULL, MP_ERROR_UNKNOWN, { "There is no device “tpu”", "“cuda:GPU-…”" } },
  { "names/negative", "fake", NULL, "cuda:-1", NULL, MP_ERROR_DEVICE, { "begins with “-1”" } },
  { "names/empty", "fake", NULL, "cuda:", NULL, MP_ERROR_UNKNOWN, { "There is no device “cuda:”" } },
};

static char *
module_path (const char *kind,
             const char *scratch)
{
  const char *fake = g_getenv ("MATCHPOINT_TEST_MODULE");
  g_autofree char *text = NULL;
  gsize length;
  char *path;

  if (g_str_equal (kind, "fake"))
    return g_strdup (fake);
  if (g_str_equal (kind, "foreign"))
    return g_strdup (g_getenv ("MATCHPOINT_TEST_FOREIGN_MODULE"));
  if (g_str_equal (kind, "empty"))
    return g_strdup ("");
  path = g_build_filename (scratch, g_str_equal (kind, "damaged") ? "damaged.so" : "nowhere.so", NULL);
  if (g_str_equal (kind, "damaged")) {
    g_assert_true (g_file_get_contents (fake, &text, &length, NULL));
    g_assert_true (g_file_set_contents (path, text, 100, NULL));
  }
  return path;
}

static void
check_parts (const char *text,
             const Case *test)
{
  for (guint i = 0; i < G_N_ELEMENTS (test->says) && test->says[i] != NULL; i++)
    if (strstr (text, test->says[i]) == NULL)
      g_error ("“%s” does not say “%s”", text, test->says[i]);
}

/* The device works: memory there and back. */
static void
check_device (const MpDeviceClass *class,
              MpDevice            *device)
{
  float there[4] = { 1, 2, 3, 4 }, back[4] = { 0 };
  MpStream *stream;
  void *memory;

  g_assert_cmpint (class->stream_new (device, &stream), ==, MP_OK);
  g_assert_cmpint (class->alloc (device, sizeof there, &memory), ==, MP_OK);
  g_assert_cmpint (class->upload (device, stream, memory, there, sizeof there), ==, MP_OK);
  g_assert_cmpint (class->download (device, stream, back, memory, sizeof back), ==, MP_OK);
  g_assert_cmpint (class->stream_sync (stream), ==, MP_OK);
  g_assert_cmpmem (there, sizeof there, back, sizeof back);
  class->release (device, memory);
  class->stream_free (stream);
}

static void
check_list (const Case *test)
{
  g_autoptr (GPtrArray) list = mp_devices_list ();
  const MpDeviceEntry *cpu = g_ptr_array_index (list, 0), *cuda = g_ptr_array_index (list, 1);

  g_assert_cmpstr (cpu->id, ==, "cpu");
  g_assert_true (cpu->usable);
  for (guint i = 1; i < list->len; i++) {
    const MpDeviceEntry *entry = g_ptr_array_index (list, i);
    g_autoptr (GError) error = NULL;

    g_assert_true (mp_device_check_name (entry->id, &error));
    g_assert_cmpint (entry->status[0], !=, '\0');
    g_assert_cmpint (entry->usable, ==, strstr (entry->title, "Fake GPU") != NULL);
    g_assert_cmpint (entry->usable, ==, entry->uuid[0] != '\0');
    g_assert_cmpint (entry->usable, ==, entry->memory_total > 0);
  }
  /* Where no device can be had at all, the list says the same as the command line. */
  if (test->says[0] != NULL && list->len == 2 && !cuda->usable && test->code != MP_ERROR_UNKNOWN)
    g_assert_nonnull (strstr (cuda->status, test->says[1] != NULL ? test->says[1] : "."));
}

static void
run_case (const Case *test)
{
  const MpDeviceClass *class;
  MpDevice *device = NULL;
  MpDeviceInfo info;
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;

  if (!mp_device_open (test->name, NULL, &class, &device, &note, &error)) {
    g_assert_null (test->opens);
    g_assert_error (error, MP_ERROR, test->code);
    check_parts (error->message, test);
  } else {
    g_assert_nonnull (test->opens);
    g_assert_cmpint (class->info (device, &info), ==, MP_OK);
    if (g_str_equal (test->opens, "cpu"))
      g_assert_true (class == &mp_cpu_class);
    else
      g_assert_cmpstr (info.name, ==, test->opens);
    g_assert_cmpint (note != NULL, ==, test->says[0] != NULL);
    if (note != NULL)
      check_parts (note, test);
    check_device (class, device);
    class->close (device);
  }
  check_list (test);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *scratch = NULL;
  g_autofree char *module = NULL;

  if (g_test_subprocess ()) {
    run_case (test);
    return;
  }
  if (g_str_equal (test->module, "none") && g_getenv ("MATCHPOINT_TEST_HAVE_CUDA") != NULL) {
    g_test_skip ("this build has the module");
    return;
  }
  scratch = mp_scratch_new ();
  g_unsetenv ("MATCHPOINT_CUDA_MODULE");
  if (!g_str_equal (test->module, "none")) {
    module = module_path (test->module, scratch);
    g_setenv ("MATCHPOINT_CUDA_MODULE", module, TRUE);
  }
  if (test->fake != NULL)
    g_setenv ("MATCHPOINT_FAKE_MODULE", test->fake, TRUE);
  else
    g_unsetenv ("MATCHPOINT_FAKE_MODULE");
  g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
  mp_scratch_remove (scratch);
}

/* ---- the experiment's part ---- */

static void
test_options (void)
{
  static const struct
  {
    const char *precision;
    MpPrecision expected;
  } rows[] = {
    { "float32", MP_PRECISION_STRICT }, { "tf32", MP_PRECISION_TF32 }, { "bf16", MP_PRECISION_BF16 },
    { "float64", MP_PRECISION_STRICT },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) experiment = mp_experiment_parse ("[data]\nkind = ring\n[method]\nkind = gan\n", -1,
                                                             "test.ini", &error);
  MpDeviceOptions options = { .n_threads = 7 };

  g_assert_no_error (error);
  mp_device_read_options (experiment, &options);
  g_assert_cmpint (options.precision, ==, MP_PRECISION_TF32);
  g_assert_false (options.deterministic);
  g_assert_cmpint (options.n_threads, ==, 7);
  g_assert_true (mp_experiment_set (experiment, "train.deterministic=true", &error));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_true (mp_experiment_set_value (experiment, "train", "precision", rows[i].precision, &error));
    mp_device_read_options (experiment, &options);
    g_assert_cmpint (options.precision, ==, rows[i].expected);
    g_assert_true (options.deterministic);
  }
}

/* ---- the cache ---- */

static char *
make_file (const char *dir,
           const char *name,
           gsize       bytes,
           gint64      hours_ago)
{
  char *path = g_build_filename (dir, name, NULL);
  g_autofree char *text = g_malloc0 (bytes);
  gint64 at = g_get_real_time () / G_USEC_PER_SEC - hours_ago * 3600;

  g_assert_true (g_file_set_contents (path, text, (gssize) bytes, NULL));
  g_assert_cmpint (g_utime (path, &(struct utimbuf) { at, at }), ==, 0);
  return path;
}

static gboolean
is_there (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_cache (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autofree char *oldest = make_file (dir, "b", 400, 90);
  g_autofree char *old = make_file (dir, "a", 300, 50);
  g_autofree char *recent = make_file (dir, "c", 200, 20);
  g_autofree char *young = make_file (dir, "d", 5000, 0);
  g_autofree char *folder = g_build_filename (dir, "folder", NULL);

  g_assert_cmpint (g_mkdir (folder, 0777), ==, 0);
  mp_device_cache_prune (dir, 5900);
  g_assert_true (is_there (oldest) && is_there (old) && is_there (recent) && is_there (young));
  mp_device_cache_prune (dir, 5899);
  g_assert_true (!is_there (oldest) && is_there (old) && is_there (recent) && is_there (young));
  mp_device_cache_prune (dir, 0);
  g_assert_true (!is_there (old) && !is_there (recent) && is_there (young) && is_there (folder));
  mp_device_cache_prune ("/nonexistent/folder", 0);
  mp_scratch_remove (dir);
}

static gpointer
prune_thread (gpointer dir)
{
  mp_device_cache_prune (dir, 1000);
  return NULL;
}

/* Several at once, as processes do, delete no more than one would. */
static void
test_cache_together (void)
{
  g_autofree char *dir = mp_scratch_new ();
  GThread *threads[4];
  guint left = 0;

  for (gint64 i = 0; i < 50; i++) {
    g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT, i);
    g_autofree char *path = make_file (dir, name, 100, 100 - i);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("prune", prune_thread, dir);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  for (gint64 i = 0; i < 50; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%" G_GINT64_FORMAT, dir, i);

    left += is_there (path);
    g_assert_cmpint (is_there (path), ==, i >= 40);
  }
  g_assert_cmpuint (left, ==, 10);
  mp_scratch_remove (dir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/devices/", cases[i].path, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/devices/options", test_options);
  g_test_add_func ("/devices/cache/prune", test_cache);
  g_test_add_func ("/devices/cache/together", test_cache_together);
  return g_test_run ();
}
