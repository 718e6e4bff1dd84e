/* SPDX-License-Identifier: Apache-2.0
 *
 * test-choices.c: the file of measured choices: what is kept comes back, damage costs a line, writers at the same time
 * lose nothing.
 */
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/cuda/choices.h"
#include "tests/kernels/tap.h"

#define WRITERS 4
#define EACH 40

static char folder[] = "/tmp/matchpoint-choices-XXXXXX";

static char *
in_folder (const char *name)
{
  char *path = malloc (256);

  snprintf (path, 256, "%s/%s", folder, name);
  return path;
}

static int
has (MpCudaChoices *choices,
     const char    *key,
     const char    *wanted)
{
  char value[64];

  return mp_cuda_choices_find (choices, key, value, sizeof value) && strcmp (value, wanted) == 0;
}

static void
keep (MpCudaChoices *choices,
      const char    *key,
      const char    *text)
{
  char value[64];

  snprintf (value, sizeof value, "%s", text);
  mp_cuda_choices_keep (choices, key, value, sizeof value);
}

/* What is in the file: another process has no table under the folder's other name. */
static int
in_child (int (*look) (const char *),
          const char *where)
{
  pid_t child = fork ();
  int   status = 1;
  char  other[256];

  snprintf (other, sizeof other, "%s/.", where);
  if (child == 0)
    _exit (look (other));
  waitpid (child, &status, 0);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static int
look_kept (const char *where)
{
  MpCudaChoices *choices = mp_cuda_choices_get (where);

  return !(has (choices, "a device, a product", "37 2=10") && has (choices, "another", "")
           && !has (choices, "a third", ""));
}

static void
test_kept (void)
{
  MpCudaChoices *choices = mp_cuda_choices_get (folder);
  char           value[64] = "late", small[4];

  tap_ok (choices != NULL && choices == mp_cuda_choices_get (folder), "one table for a folder");
  tap_ok (mp_cuda_choices_get (NULL) != choices, "and another without one");
  keep (choices, "a device, a product", "37 2=10");
  keep (choices, "another", "");
  tap_ok (has (choices, "a device, a product", "37 2=10") && has (choices, "another", ""), "found in memory");
  tap_ok (!mp_cuda_choices_find (choices, "a device", value, sizeof value), "a key's beginning is no key");
  tap_ok (!mp_cuda_choices_find (choices, "a device, a product", small, sizeof small), "too long for the buffer");
  mp_cuda_choices_keep (choices, "a device, a product", value, sizeof value);
  tap_ok (strcmp (value, "37 2=10") == 0, "the first choice stays");
  tap_ok (in_child (look_kept, folder), "found by another process");
}

static int
look_damaged (const char *where)
{
  MpCudaChoices *choices = mp_cuda_choices_get (where);

  return !(has (choices, "key 0", "value 0") && !has (choices, "key 1", "value 1") && has (choices, "key 2", "value 2")
           && !has (choices, "key 3", "value 3"));
}

/* Of four lines the second changes a letter, the fourth loses its end; words and a zero byte stand between. */
static void
test_damage (void)
{
  char          *inside = in_folder ("damaged"), *path = in_folder ("damaged/choices"), text[4][128];
  MpCudaChoices *choices;
  FILE          *file;
  int            n = 0;

  mkdir (inside, 0700);
  choices = mp_cuda_choices_get (inside);
  for (int i = 0; i < 4; i++) {
    char key[16], value[16];

    snprintf (key, sizeof key, "key %d", i);
    snprintf (value, sizeof value, "value %d", i);
    keep (choices, key, value);
  }
  file = fopen (path, "r");
  while (file != NULL && n < 4 && fgets (text[n], sizeof text[0], file) != NULL)
    n++;
  if (file != NULL)
    fclose (file);
  tap_ok (n == 4, "four choices are four lines");
  file = fopen (path, "w");
  for (int i = 0; n == 4 && i < 4; i++) {
    int which = (int) (strstr (text[i], "key ")[4] - '0');

    if (which == 1)
      strstr (text[i], "value")[0] = 'V';
    if (which != 3)
      fprintf (file, "%s", text[i]);
    fprintf (file, "no line of ours\n\t\t\n0123456789abcdef\tx\ty\n%c\n", 0);
  }
  for (int i = 0; n == 4 && i < 4; i++)
    if (strstr (text[i], "key 3") != NULL)
      fprintf (file, "%.*s", (int) strlen (text[i]) - 3, text[i]);
  fclose (file);
  tap_ok (in_child (look_damaged, inside), "damaged lines are as if they were not there");
  free (inside);
  free (path);
}

static void *
write_some (void *data)
{
  MpCudaChoices *choices = mp_cuda_choices_get (folder);
  int            writer = *(int *) data;

  for (int i = 0; i < EACH; i++) {
    char key[32], value[32];

    snprintf (key, sizeof key, "writer %d choice %d", writer, i);
    snprintf (value, sizeof value, "%d", writer * 1000 + i);
    keep (choices, key, value);
    snprintf (value, sizeof value, "%d", writer);
    snprintf (key, sizeof key, "everybody's %d", i);
    keep (choices, key, value);
  }
  return NULL;
}

static int
look_written (const char *where)
{
  MpCudaChoices *choices = mp_cuda_choices_get (where);
  char           key[32], value[32];

  for (int writer = 0; writer < 2 * WRITERS; writer++)
    for (int i = 0; i < EACH; i++) {
      snprintf (key, sizeof key, "writer %d choice %d", writer, i);
      snprintf (value, sizeof value, "%d", writer * 1000 + i);
      if (!has (choices, key, value))
        return 1;
    }
  return 0;
}

/* Processes with two threads each */
static void
test_writers (void)
{
  pid_t child[WRITERS];
  int   ended = 0;

  for (int i = 0; i < WRITERS; i++) {
    child[i] = fork ();
    if (child[i] == 0) {
      int       first = 2 * i, second = 2 * i + 1;
      pthread_t thread;

      if (pthread_create (&thread, NULL, write_some, &first) != 0)
        _exit (1);
      write_some (&second);
      pthread_join (thread, NULL);
      _exit (0);
    }
  }
  for (int i = 0; i < WRITERS; i++) {
    int status = 1;

    waitpid (child[i], &status, 0);
    ended += WIFEXITED (status) && WEXITSTATUS (status) == 0;
  }
  tap_ok (ended == WRITERS, "%d writers end", WRITERS);
  tap_ok (in_child (look_written, folder), "and none of their choices is lost");
}

static void
test_no_folder (void)
{
  MpCudaChoices *choices = mp_cuda_choices_get ("/proc/no/such/folder");

  keep (choices, "key", "value");
  tap_ok (has (choices, "key", "value"), "a folder that cannot be made costs nothing but the file");
}

int
main (void)
{
  char *name, *paths[] = { "choices", "choices.lock", "damaged/choices", "damaged/choices.lock", "damaged" };

  if (mkdtemp (folder) == NULL)
    return 1;
  test_kept ();
  test_damage ();
  test_writers ();
  test_no_folder ();
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    name = in_folder (paths[i]);
    remove (name);
    free (name);
  }
  tap_ok (rmdir (folder) == 0, "nothing else is left in the folder");
  return tap_done ();
}
