/* SPDX-License-Identifier: Apache-2.0
 *
 * count-allocations.c: loaded before a program (LD_PRELOAD), counts the calls of malloc, calloc, realloc and the
 * aligned ones on all its threads but the first, which only shows progress, and writes the number into the file
 * MATCHPOINT_COUNT_FILE when the program ends.
 *
 * The counters wrap glibc's own __libc_* entry points, so nothing has to be looked up (dlsym allocates).
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *old, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

static atomic_ulong n_calls;

static void
count (void)
{
  static _Thread_local enum { UNKNOWN, FIRST, OTHER } thread;

  if (thread == UNKNOWN)
    thread = gettid () == getpid () ? FIRST : OTHER;
  if (thread == OTHER)
    atomic_fetch_add_explicit (&n_calls, 1, memory_order_relaxed);
}

void *
malloc (size_t size)
{
  count ();
  return __libc_malloc (size);
}

void *
calloc (size_t n,
        size_t size)
{
  count ();
  return __libc_calloc (n, size);
}

void *
realloc (void  *old,
         size_t size)
{
  count ();
  return __libc_realloc (old, size);
}

void *
memalign (size_t alignment,
          size_t size)
{
  count ();
  return __libc_memalign (alignment, size);
}

void *
aligned_alloc (size_t alignment,
               size_t size)
{
  return memalign (alignment, size);
}

int
posix_memalign (void **out,
                size_t alignment,
                size_t size)
{
  *out = memalign (alignment, size);
  return *out != NULL ? 0 : ENOMEM;
}

__attribute__ ((destructor)) static void
report (void)
{
  const char *path = getenv ("MATCHPOINT_COUNT_FILE");
  unsigned long n = atomic_load (&n_calls);
  FILE *file = path != NULL ? fopen (path, "w") : NULL;

  if (file != NULL) {
    fprintf (file, "%lu\n", n);
    fclose (file);
  }
}
