/* SPDX-License-Identifier: Apache-2.0
 *
 * tsan-glib.c: tells the thread sanitizer what GLib synchronises.
 *
 * The system's GLib is not instrumented, and its mutexes, queues and reference counts are futexes and atomics of its
 * own, which the sanitizer therefore cannot see. Each function here stands before GLib's, calls it, and states the
 * same happens-before edge. Linked into builds with -Dsanitize=thread only.
 */
#include <dlfcn.h>
#include <glib-object.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>

/* GLib's own function of the same name, looked up once. */
#define NEXT(name) \
  static __typeof__ (name) *next; \
  __typeof__ (name) *found = __atomic_load_n (&next, __ATOMIC_RELAXED); \
  if (!found) \
  { \
    found = (__typeof__ (name) *)dlsym (RTLD_NEXT, #name); \
    __atomic_store_n (&next, found, __ATOMIC_RELAXED); \
  }

#undef g_once_init_enter
#undef g_once_init_leave

void
  (g_mutex_lock) (GMutex *mutex)
{
  NEXT (g_mutex_lock);
  found (mutex);
  __tsan_acquire (mutex);
}

gboolean
  (g_mutex_trylock) (GMutex *mutex)
{
  NEXT (g_mutex_trylock);
  gboolean locked = found (mutex);

  if (locked)
    __tsan_acquire (mutex);
  return locked;
}

void
  (g_mutex_unlock) (GMutex *mutex)
{
  NEXT (g_mutex_unlock);
  __tsan_release (mutex);
  found (mutex);
}

void
  (g_cond_wait) (GCond  *cond,
                 GMutex *mutex)
{
  NEXT (g_cond_wait);
  __tsan_release (mutex);
  found (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
  (g_cond_wait_until) (GCond  *cond,
                       GMutex *mutex,
                       gint64 end_time)
{
  NEXT (g_cond_wait_until);
  __tsan_release (mutex);
  gboolean signalled = found (cond, mutex, end_time);

  __tsan_acquire (mutex);
  return signalled;
}

void
  (g_async_queue_push) (GAsyncQueue *queue,
                        gpointer data)
{
  NEXT (g_async_queue_push);
  __tsan_release (queue);
  found (queue, data);
}

gpointer
  (g_async_queue_pop) (GAsyncQueue *queue)
{
  NEXT (g_async_queue_pop);
  gpointer data = found (queue);

  __tsan_acquire (queue);
  return data;
}

gpointer
  (g_async_queue_try_pop) (GAsyncQueue *queue)
{
  NEXT (g_async_queue_try_pop);
  gpointer data = found (queue);

  if (data)
    __tsan_acquire (queue);
  return data;
}

gpointer
  (g_async_queue_timeout_pop) (GAsyncQueue *queue,
                               guint64 timeout)
{
  NEXT (g_async_queue_timeout_pop);
  gpointer data = found (queue, timeout);

  if (data)
    __tsan_acquire (queue);
  return data;
}

gboolean
  (g_once_init_enter) (volatile void *location)
{
  NEXT (g_once_init_enter);
  gboolean first = found (location);

  if (!first)
    __tsan_acquire ((void *) location);
  return first;
}

void
  (g_once_init_leave) (volatile void *location,
                       gsize result)
{
  NEXT (g_once_init_leave);
  __tsan_release ((void *) location);
  found (location, result);
}

void
  (g_object_unref) (gpointer object)
{
  NEXT (g_object_unref);
  __tsan_release (object);
  __tsan_acquire (object);
  found (object);
}

gboolean
  (g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  NEXT (g_atomic_ref_count_dec);
  __tsan_release (count);
  gboolean last = found (count);

  if (last)
    __tsan_acquire (count);
  return last;
}

void
  (g_bytes_unref) (GBytes *bytes)
{
  NEXT (g_bytes_unref);
  __tsan_release (bytes);
  __tsan_acquire (bytes);
  found (bytes);
}

/* The table of interned strings has a lock of its own inside GLib; one around it orders the same accesses. */
static pthread_mutex_t intern_mutex = PTHREAD_MUTEX_INITIALIZER;

const char *
  (g_intern_string) (const char *string)
{
  NEXT (g_intern_string);
  const char *interned;

  pthread_mutex_lock (&intern_mutex);
  interned = found (string);
  pthread_mutex_unlock (&intern_mutex);
  return interned;
}

const char *
  (g_intern_static_string) (const char *string)
{
  NEXT (g_intern_static_string);
  const char *interned;

  pthread_mutex_lock (&intern_mutex);
  interned = found (string);
  pthread_mutex_unlock (&intern_mutex);
  return interned;
}

GQuark
  (g_quark_from_string) (const char *string)
{
  NEXT (g_quark_from_string);
  GQuark quark;

  pthread_mutex_lock (&intern_mutex);
  quark = found (string);
  pthread_mutex_unlock (&intern_mutex);
  return quark;
}
