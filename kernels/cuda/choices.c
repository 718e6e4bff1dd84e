/* SPDX-License-Identifier: Apache-2.0
 *
 * choices.c: measured choices in memory and in a file; see choices.h.
 */
#include "kernels/cuda/choices.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Choice
{
  struct Choice *next;
  const char    *value; /* behind the key's end */
  char           key[];
} Choice;

struct MpCudaChoices
{
  MpCudaChoices *next;
  char          *folder; /* nullable */
  Choice        *list;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MpCudaChoices *tables;

/* ---- the table; the lock is held ---- */

static const Choice *
find (const MpCudaChoices *choices,
      const char          *key)
{
  const Choice *choice = choices->list;

  while (choice != NULL && strcmp (choice->key, key) != 0)
    choice = choice->next;
  return choice;
}

static void
add (MpCudaChoices *choices,
     const char    *key,
     const char    *value)
{
  size_t key_size = strlen (key) + 1, value_size = strlen (value) + 1;
  Choice *choice = malloc (sizeof *choice + key_size + value_size);

  if (choice == NULL)
    return;
  memcpy (choice->key, key, key_size);
  memcpy (choice->key + key_size, value, value_size);
  choice->value = choice->key + key_size;
  choice->next = choices->list;
  choices->list = choice;
}

/* ---- the file ---- */

/* FNV-1a over key, tab and value */
static uint64_t
checksum (const char *text)
{
  uint64_t sum = 14695981039346656037u;

  for (; *text != '\0'; text++)
    sum = (sum ^ (unsigned char) *text) * 1099511628211u;
  return sum;
}

static void
read_line (MpCudaChoices *choices,
           char          *line)
{
  char *end, *key, *value;
  uint64_t sum = strtoull (line, &end, 16);

  if (end != line + 16 || *end != '\t' || checksum (end + 1) != sum)
    return;
  key = end + 1;
  value = strchr (key, '\t');
  if (value == NULL || value == key)
    return;
  *value++ = '\0';
  if (find (choices, key) == NULL)
    add (choices, key, value);
}

static void
read_file (MpCudaChoices *choices,
           const char    *path)
{
  FILE *file = fopen (path, "re");
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (file == NULL)
    return;
  while ((length = getline (&line, &size, file)) > 0)
    if (line[length - 1] == '\n' && memchr (line, '\0', (size_t) length) == NULL) {
      line[length - 1] = '\0';
      read_line (choices, line);
    }
  free (line);
  fclose (file);
}

static int
write_file (const MpCudaChoices *choices,
            const char          *path)
{
  FILE *file = fopen (path, "we");
  int ok;

  if (file == NULL)
    return 0;
  for (const Choice *choice = choices->list; choice != NULL; choice = choice->next) {
    size_t size = strlen (choice->key) + strlen (choice->value) + 2;
    char *text = malloc (size);

    if (text == NULL)
      break;
    snprintf (text, size, "%s\t%s", choice->key, choice->value);
    fprintf (file, "%016llx\t%s\n", (unsigned long long) checksum (text), text);
    free (text);
  }
  ok = fflush (file) == 0 && !ferror (file);
  return fclose (file) == 0 && ok;
}

static char *
path_of (const MpCudaChoices *choices,
         const char          *name)
{
  size_t size = strlen (choices->folder) + strlen (name) + 2;
  char *path = malloc (size);

  if (path != NULL)
    snprintf (path, size, "%s/%s", choices->folder, name);
  return path;
}

/* Puts what is in memory and what others wrote into the file. */
static void
merge (MpCudaChoices *choices,
       const char    *key,
       const char    *value)
{
  char beside_name[48];
  char *path = path_of (choices, "choices"), *lock_path = path_of (choices, "choices.lock"), *beside;
  int guard = -1;

  snprintf (beside_name, sizeof beside_name, "choices.%ld", (long) getpid ());
  beside = path_of (choices, beside_name);
  if (path != NULL && lock_path != NULL && beside != NULL) {
    mkdir (choices->folder, 0777);
    guard = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (guard >= 0)
      while (flock (guard, LOCK_EX) != 0 && errno == EINTR)
        ;
    read_file (choices, path);
    if (find (choices, key) == NULL)
      add (choices, key, value);
    if (!write_file (choices, beside) || rename (beside, path) != 0)
      unlink (beside);
    if (guard >= 0)
      close (guard);
  }
  free (path);
  free (lock_path);
  free (beside);
}

static void
refresh (MpCudaChoices *choices)
{
  char *path = choices->folder != NULL ? path_of (choices, "choices") : NULL;

  if (path != NULL)
    read_file (choices, path);
  free (path);
}

/* ---- interface ---- */

MpCudaChoices *
mp_cuda_choices_get (const char *folder)
{
  MpCudaChoices *choices;

  pthread_mutex_lock (&lock);
  for (choices = tables; choices != NULL; choices = choices->next)
    if (folder == NULL ? choices->folder == NULL : choices->folder != NULL && strcmp (choices->folder, folder) == 0)
      break;
  if (choices == NULL) {
    choices = calloc (1, sizeof *choices);
    if (choices != NULL && folder != NULL && (choices->folder = strdup (folder)) == NULL) {
      free (choices);
      choices = NULL;
    }
    if (choices != NULL) {
      refresh (choices);
      choices->next = tables;
      tables = choices;
    }
  }
  pthread_mutex_unlock (&lock);
  return choices;
}

static int
copy_value (const Choice *choice,
            char         *value,
            size_t        value_size)
{
  size_t size = choice != NULL ? strlen (choice->value) + 1 : 0;

  if (size == 0 || size > value_size)
    return 0;
  memcpy (value, choice->value, size);
  return 1;
}

int
mp_cuda_choices_find (MpCudaChoices *choices,
                      const char    *key,
                      char          *value,
                      size_t         value_size)
{
  int found;

  if (choices == NULL)
    return 0;
  pthread_mutex_lock (&lock);
  found = copy_value (find (choices, key), value, value_size);
  pthread_mutex_unlock (&lock);
  return found;
}

void
mp_cuda_choices_keep (MpCudaChoices *choices,
                      const char    *key,
                      char          *value,
                      size_t         value_size)
{
  if (choices == NULL)
    return;
  pthread_mutex_lock (&lock);
  if (find (choices, key) == NULL) {
    if (choices->folder != NULL)
      merge (choices, key, value);
    if (find (choices, key) == NULL)
      add (choices, key, value);
  }
  copy_value (find (choices, key), value, value_size);
  pthread_mutex_unlock (&lock);
}

void
mp_cuda_choices_refresh (MpCudaChoices *choices)
{
  if (choices == NULL)
    return;
  pthread_mutex_lock (&lock);
  refresh (choices);
  pthread_mutex_unlock (&lock);
}
