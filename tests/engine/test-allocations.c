/* SPDX-License-Identifier: Apache-2.0
 *
 * test-allocations.c: a lane in steady state allocates nothing, but for keyframes. This program's malloc and its kin
 * count calls on the lane's thread, which the notify function marks (it is called there). A keyframe begins by looking
 * at the lane and ends by publishing what it cost; the linker (--wrap) leads both calls here.
 */
#include <errno.h>
#include <malloc.h>

#include "engine/train/loop.h"
#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define CAN_COUNT 0
#else
#define CAN_COUNT 1
#endif

#if CAN_COUNT
static _Thread_local gboolean is_lane, in_keyframe;
static guint64 n_calls;

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *old, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);
extern void __libc_free (void *memory);

static void
count (void)
{
  if (is_lane && !in_keyframe)
    __atomic_add_fetch (&n_calls, 1, __ATOMIC_RELAXED);
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
  count ();
  return __libc_memalign (alignment, size);
}

int
posix_memalign (void **memory,
                size_t alignment,
                size_t size)
{
  count ();
  *memory = __libc_memalign (alignment, size);
  return *memory != NULL ? 0 : ENOMEM;
}

void
free (void *memory)
{
  __libc_free (memory);
}

gboolean __real_mp_loop_look (MpLoop *self, const char *const *layers, MpView *view, GError **error);
gboolean __wrap_mp_loop_look (MpLoop *self, const char *const *layers, MpView *view, GError **error);
void __real_mp_trainer_publish_recording (MpTrainer *self, double seconds);
void __wrap_mp_trainer_publish_recording (MpTrainer *self, double seconds);

gboolean
__wrap_mp_loop_look (MpLoop             *self,
                     const char *const  *layers,
                     MpView             *view,
                     GError            **error)
{
  in_keyframe = TRUE;
  return __real_mp_loop_look (self, layers, view, error);
}

void
__wrap_mp_trainer_publish_recording (MpTrainer *self,
                                     double     seconds)
{
  __real_mp_trainer_publish_recording (self, seconds);
  in_keyframe = FALSE;
}

static void
mark_cb (gpointer data)
{
  is_lane = TRUE;
  __atomic_store_n ((gboolean *) data, TRUE, __ATOMIC_RELEASE);
}

static guint64
get_n_calls (void)
{
  return __atomic_load_n (&n_calls, __ATOMIC_RELAXED);
}

/* Nothing is evaluated; between 1050 and 1700 only iterations happen, and keyframes where the lane is kept. At 600
 * iterations/s the metrics file is flushed once on the way, and this thread may be half a second late on a busy
 * machine. */
static void
count_lane (const char *preset,
            gboolean    keep)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment (preset, 2100);
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = g_build_filename (scratch, "run", NULL);
  g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
  MpTrainerOptions options = { .device = test_device_name (), .run_dir = keep ? dir : NULL, .iterations = -1, .start_paused = TRUE, .scalars = TRUE };
  g_autoptr (MpTrainer) trainer = NULL;
  gboolean marked = FALSE;
  guint64 before, after;

  mp_set (experiment, "evaluate.every=100000");
  trainer = mp_trainer_new (experiment, &options);
  mp_trainer_set_notify (trainer, mark_cb, &marked);
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  for (guint i = 0; i < 1050; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 1050);
  mp_assert_state (trainer, MP_LANE_PAUSED);
  mp_trainer_drain_scalars (trainer, scalars);
  mp_trainer_step_iteration (trainer);
  while (!__atomic_load_n (&marked, __ATOMIC_ACQUIRE))
    g_usleep (200);

  before = get_n_calls ();
  mp_trainer_set_speed (trainer, 600);
  mp_trainer_play (trainer);
  while (mp_trainer_get_iteration (trainer) < 1700) {
    g_array_set_size (scalars, 0);
    mp_trainer_drain_scalars (trainer, scalars);
    g_usleep (1000);
  }
  after = get_n_calls ();
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), <, 2000);
  g_assert_cmpuint (after - before, ==, 0);

  /* The counter does count: the last evaluation needs memory. */
  mp_wait_until (trainer, mp_is_over, 0);
  g_assert_cmpuint (get_n_calls (), >, after);
  mp_trainer_set_notify (trainer, NULL, NULL);
  g_clear_object (&trainer);
  mp_scratch_remove (scratch);
}
#endif

static void
test_steady_state (gconstpointer preset)
{
#if CAN_COUNT
  count_lane (preset, FALSE);
  count_lane (preset, TRUE);
#else
  g_test_skip ("the sanitizer has an allocator of its own");
#endif
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/allocations/ring-gan", "ring-gan", test_steady_state);
  g_test_add_data_func ("/allocations/ring-mmd-net", "ring-mmd-net", test_steady_state);
  g_test_add_data_func ("/allocations/ring-gram", "ring-gram", test_steady_state);
  return g_test_run ();
}
