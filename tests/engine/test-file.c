/* SPDX-License-Identifier: Apache-2.0
 *
 * test-file.c: files that several write at a time, and locks.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/runs/file.h"
#include "engine/runs/lock.h"
#include "tests/engine/scratch.h"

#define N_WRITERS 6
#define N_WRITES 40

/* ---- writing ---- */

typedef struct
{
  const char *path;
  char       *text; /* a letter of its own, many times */
} Writer;

static gpointer
write_often (gpointer data)
{
  const Writer *writer = data;

  for (guint i = 0; i < N_WRITES; i++) {
    g_autoptr (GError) error = NULL;

    mp_file_write_text (writer->path, writer->text, &error);
    g_assert_no_error (error);
  }
  return NULL;
}

/* Whoever reads meanwhile finds one writer's text, whole. */
static void
assert_whole (const char *path)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  g_assert_cmpuint (strlen (text), ==, 1000 * (gsize) (text[0] - 'a' + 1));
  for (const char *at = text; *at != '\0'; at++)
    g_assert_cmpint (*at, ==, text[0]);
}

static void
test_writers (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *path = g_build_filename (scratch, "file", NULL);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  Writer writers[N_WRITERS];
  GThread *threads[N_WRITERS];

  for (guint i = 0; i < N_WRITERS; i++) {
    writers[i] = (Writer) { path, g_strnfill (1000 * (i + 1), (char) ('a' + i)) };
    threads[i] = g_thread_new ("writer", write_often, &writers[i]);
  }
  for (guint i = 0; i < 200; i++)
    assert_whole (path);
  for (guint i = 0; i < N_WRITERS; i++) {
    g_thread_join (threads[i]);
    g_free (writers[i].text);
  }
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_whole (path);
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
  mp_scratch_remove (scratch);
}

/* What a killed writer left is written over, shorter texts too. */
static void
test_leftovers (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *path = g_build_filename (scratch, "file", NULL);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (part, "a long text of somebody else", -1, NULL));
  g_assert_true (mp_file_write_text (path, "short", &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "short");
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
  mp_scratch_remove (scratch);
}

/* ---- locks ---- */

static int
take (const char *path)
{
  g_autoptr (GError) error = NULL;
  int fd = mp_lock_take (path, &error);

  g_assert_no_error (error);
  return fd;
}

static gpointer
take_in_thread (gpointer data)
{
  return GINT_TO_POINTER (take (data));
}

static void
test_lock (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *path = g_build_filename (scratch, "lock", NULL);
  gboolean taken = TRUE;
  GThread *thread;
  int fd, readers[2];

  /* Reading makes no file. */
  g_assert_cmpint (mp_lock_share (path, &taken), ==, -1);
  g_assert_false (taken);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  fd = take (path);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (take (path), ==, -1);
  g_assert_cmpint (mp_lock_share (path, &taken), ==, -1);
  g_assert_true (taken);
  close (fd);

  /* Readers share it, and who wants it waits for both. */
  for (guint i = 0; i < 2; i++) {
    readers[i] = mp_lock_share (path, &taken);
    g_assert_cmpint (readers[i], >=, 0);
    g_assert_false (taken);
  }
  thread = g_thread_new ("taker", take_in_thread, path);
  g_usleep (20000);
  close (readers[0]);
  g_usleep (20000);
  fd = mp_lock_share (path, &taken);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  close (readers[1]);
  fd = GPOINTER_TO_INT (g_thread_join (thread));
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  mp_scratch_remove (scratch);
}

/* A lock ends with its process. */
static void
test_lock_dies (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *path = g_build_filename (scratch, "lock", NULL);
  int ready[2], fd, status;
  char byte;
  pid_t child;

  g_assert_cmpint (pipe (ready), ==, 0);
  child = fork ();
  if (child == 0) {
    if (mp_lock_take (path, NULL) < 0 || write (ready[1], "", 1) != 1)
      _exit (1);
    pause ();
    _exit (0);
  }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  g_assert_cmpint (take (path), ==, -1);
  kill (child, SIGKILL);
  while (waitpid (child, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  fd = take (path);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  close (ready[0]);
  close (ready[1]);
  mp_scratch_remove (scratch);
}

static void
test_lock_errors (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mp_lock_take ("/nowhere/at/all/lock", &error), ==, -1);
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nowhere/at/all/lock"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file/writers", test_writers);
  g_test_add_func ("/file/leftovers", test_leftovers);
  g_test_add_func ("/file/lock", test_lock);
  g_test_add_func ("/file/lock-dies", test_lock_dies);
  g_test_add_func ("/file/lock-errors", test_lock_errors);
  return g_test_run ();
}
