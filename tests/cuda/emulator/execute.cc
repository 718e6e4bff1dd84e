/* SPDX-License-Identifier: Apache-2.0
 *
 * execute.cc: runs a kernel's blocks one after the other, the threads of a block as fibers.
 *
 * A fiber runs one thread after the other until one of them has to wait; then the next fiber goes on with the threads
 * that have not begun. A kernel without barriers thus runs as plain calls on one fiber. When nobody can go on and some
 * wait, the barrier is not reached by all: that is reported, not waited for.
 *
 * Static shared memory (section mp_shared, see launch-emulated.h) is poisoned before every launch, dynamic shared memory
 * before every block.
 */
#include "tests/cuda/emulator/execute.h"
#include "tests/cuda/emulator/emulator.h"
#include "tests/cuda/emulator/fiber.h"

#include <cstdlib>
#include <cstring>
#include <vector>

uint3 emulator_thread_index, emulator_block_index;
dim3 emulator_block_size, emulator_grid_size;
void *emulator_dynamic_shared;

/* The bounds of mp_shared, where anything lies in it; the linker makes them. */
extern "C" __attribute__ ((weak, visibility ("hidden"))) char __start_mp_shared[], __stop_mp_shared[];

namespace
{

enum State : uint8_t
{
  NOT_BEGUN,
  RUNNING,
  AT_BARRIER,
  AT_WARP,
  EXITED
};

struct Place
{
  const char *file;
  int         line;

  bool
  operator== (const Place &other) const
  {
    return line == other.line && strcmp (file, other.file) == 0;
  }
};

/* A thread of the block, and what it came with to where it waits. */
struct Thread
{
  State        state;
  struct Runner *runner;
  Place        place;
  uint32_t     mask;
  uint64_t     value;
  int          source;
  int          predicate;
  uint32_t     votes;
};

struct Runner
{
  Fiber   *fiber;
  unsigned thread;
  Runner  *next;
};

const EmulatorKernel *kernel;
std::vector<Thread> threads;
std::vector<unsigned> order;          /* of the threads of this block */
Runner *idle;                         /* kept for ever */
std::vector<Runner *> ready, resumed; /* those that may go on, and those that do */
unsigned n_threads, n_begun, n_live, n_at_barrier;
int barrier_count, barrier_result;
bool broken;
uint64_t random_state, n_launches;

uint32_t
random_number ()
{
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (uint32_t) ((random_state * 0x2545F4914F6CDD1Du) >> 32);
}

template <typename T>
void
arrange (std::vector<T> &items)
{
  if (emulator_settings ().order == EmulatorSettings::REVERSE)
    for (size_t i = 0; i < items.size () / 2; i++)
      std::swap (items[i], items[items.size () - 1 - i]);
  else if (emulator_settings ().order == EmulatorSettings::SHUFFLE)
    for (size_t i = items.size (); i > 1; i--)
      std::swap (items[i - 1], items[random_number () % i]);
}

/* ---- messages ---- */

void
break_block (const char  *what,
             unsigned     a,
             unsigned     b)
{
  broken = true;
  emulator_break (cudaErrorLaunchFailure, "%s, block (%u, %u, %u): %s: thread %u is at %s:%d, thread %u %s %s:%d",
                  kernel->name, emulator_block_index.x, emulator_block_index.y, emulator_block_index.z, what, a,
                  threads[a].place.file, threads[a].place.line, b,
                  threads[b].state == EXITED ? "ended after" : "is at", threads[b].place.file, threads[b].place.line);
}

/* Nobody can go on: two threads that wait for each other, or one that waits for one that ended. */
void
break_waiting ()
{
  unsigned a = n_threads, b = n_threads;

  for (unsigned i = 0; i < n_threads; i++)
    if (threads[i].state == AT_BARRIER || threads[i].state == AT_WARP)
      a = i < a ? i : a;
  for (unsigned i = 0; i < n_threads; i++)
    if (i != a && (threads[i].state != threads[a].state || !(threads[i].place == threads[a].place))) {
      b = i;
      if (threads[i].state != EXITED)
        break;
    }
  break_block (threads[a].state == AT_BARRIER ? "a barrier is not reached by all threads"
                                              : "a warp's exchange is not reached by all lanes of its mask",
               a, b < n_threads ? b : a);
}

/* ---- barriers ---- */

void
release (unsigned i)
{
  threads[i].state = RUNNING;
  ready.push_back (threads[i].runner);
}

void
check_barrier ()
{
  const Place *place = nullptr;
  unsigned     first = 0;

  if (n_at_barrier == 0 || n_at_barrier < n_live)
    return;
  for (unsigned i = 0; i < n_threads; i++)
    if (threads[i].state == AT_BARRIER) {
      if (place == nullptr) {
        place = &threads[i].place;
        first = i;
      } else if (!(threads[i].place == *place)) {
        break_block ("threads wait at different barriers", first, i);
        return;
      }
      release (i);
    }
  barrier_result = barrier_count;
  barrier_count = 0;
  n_at_barrier = 0;
}

/* Lets the lanes that wait with `mask` go on when all of them are there. */
void
check_warp (unsigned first,
            uint32_t mask)
{
  uint32_t there = 0, votes = 0;

  for (unsigned lane = 0; lane < 32 && first + lane < n_threads; lane++) {
    const Thread &thread = threads[first + lane];

    if ((mask >> lane & 1) == 0 || thread.state == EXITED)
      continue;
    if (thread.state != AT_WARP || thread.mask != mask)
      return;
    there |= 1u << lane;
    votes |= (thread.predicate != 0 ? 1u : 0u) << lane;
  }
  if (there == 0)
    return;
  unsigned leader = first + (unsigned) __builtin_ctz (there);
  for (unsigned lane = 0; lane < 32; lane++)
    if ((there >> lane & 1) != 0 && !(threads[first + lane].place == threads[leader].place)) {
      break_block ("lanes of one mask are at different exchanges", leader, first + lane);
      return;
    }
  uint64_t values[32];
  for (unsigned lane = 0; lane < 32; lane++)
    values[lane] = (there >> lane & 1) != 0 ? threads[first + lane].value : ~(uint64_t) 0;
  for (unsigned lane = 0; lane < 32; lane++)
    if ((there >> lane & 1) != 0) {
      Thread &thread = threads[first + lane];

      thread.value = values[thread.source & 31];
      thread.votes = votes;
      release (first + lane);
    }
}

void
end_thread (unsigned i)
{
  unsigned first = i & ~31u;

  threads[i].state = EXITED;
  n_live--;
  check_barrier ();
  for (unsigned lane = 0; lane < 32 && first + lane < n_threads; lane++)
    if (threads[first + lane].state == AT_WARP)
      check_warp (first, threads[first + lane].mask);
}

/* ---- fibers ---- */

void
set_index (unsigned i)
{
  emulator_thread_index.x = i % emulator_block_size.x;
  emulator_thread_index.y = i / emulator_block_size.x % emulator_block_size.y;
  emulator_thread_index.z = i / (emulator_block_size.x * emulator_block_size.y);
}

Runner *current;

void
give_runner (Runner *runner)
{
  runner->next = idle;
  idle = runner;
}

[[noreturn]] void
run_threads (void *data)
{
  Runner *self = static_cast<Runner *> (data);

  for (;;) {
    while (n_begun < n_threads && !broken) {
      self->thread = order[n_begun++];
      threads[self->thread].state = RUNNING;
      threads[self->thread].runner = self;
      set_index (self->thread);
      kernel->thread ();
      end_thread (self->thread);
    }
    give_runner (self);
    fiber_leave (self->fiber);
  }
}

Runner *
take_runner ()
{
  Runner *runner = idle;

  if (runner == nullptr) {
    runner = new Runner ();
    runner->fiber = fiber_new (run_threads, runner);
    return runner;
  }
  idle = runner->next;
  return runner;
}

void
go_on (Runner *runner)
{
  current = runner;
  fiber_switch_to (runner->fiber);
}

void
run_block ()
{
  n_begun = 0;
  n_live = n_threads;
  n_at_barrier = 0;
  barrier_count = 0;
  threads.assign (n_threads, Thread { NOT_BEGUN, nullptr, { "its end", 0 }, 0, 0, 0, 0, 0 });
  for (unsigned i = 0; i < n_threads; i++)
    order[i] = i;
  arrange (order);
  while (n_live > 0 && !broken) {
    if (n_begun < n_threads) {
      go_on (take_runner ());
    } else if (!ready.empty ()) {
      resumed.swap (ready);
      arrange (resumed);
      for (size_t i = 0; i < resumed.size () && !broken; i++) {
        set_index (resumed[i]->thread);
        go_on (resumed[i]);
      }
      resumed.clear ();
    } else
      break_waiting ();
  }
  if (broken)
    for (Thread &thread : threads)
      if (thread.state != EXITED && thread.state != NOT_BEGUN) {
        fiber_reset (thread.runner->fiber);
        give_runner (thread.runner);
      }
  ready.clear ();
  resumed.clear ();
}

void
run_blocks ()
{
  uint64_t n_blocks = (uint64_t) kernel->grid.x * kernel->grid.y * kernel->grid.z;
  std::vector<uint32_t> blocks;

  if (emulator_settings ().order != EmulatorSettings::FORWARD) {
    for (uint64_t i = 0; i < n_blocks; i++)
      blocks.push_back ((uint32_t) i);
    arrange (blocks);
  }
  for (uint64_t i = 0; i < n_blocks && !broken; i++) {
    uint64_t block = blocks.empty () ? i : blocks[i];

    emulator_block_index.x = (unsigned) (block % kernel->grid.x);
    emulator_block_index.y = (unsigned) (block / kernel->grid.x % kernel->grid.y);
    emulator_block_index.z = (unsigned) (block / kernel->grid.x / kernel->grid.y);
    if (kernel->shared_bytes > 0)
      memset (emulator_dynamic_shared, 0xff, kernel->shared_bytes);
    run_block ();
  }
}

} /* namespace */

/* ---- for kernels ---- */

int
emulator_barrier (int         predicate,
                  const char *file,
                  int         line)
{
  Runner *self = current;
  Thread &thread = threads[self->thread];

  thread.state = AT_BARRIER;
  thread.place = { file, line };
  n_at_barrier++;
  barrier_count += predicate != 0;
  check_barrier ();
  fiber_leave (self->fiber);
  return barrier_result;
}

uint64_t
emulator_exchange (uint32_t    mask,
                   uint64_t    value,
                   int         source,
                   int         predicate,
                   uint32_t   *votes,
                   const char *file,
                   int         line)
{
  Runner *self = current;
  Thread &thread = threads[self->thread];

  thread.state = AT_WARP;
  thread.place = { file, line };
  thread.mask = mask;
  thread.value = value;
  thread.source = source;
  thread.predicate = predicate;
  if ((mask >> (self->thread & 31) & 1) == 0)
    break_block ("a lane is not in its own mask", self->thread, self->thread);
  else
    check_warp (self->thread & ~31u, mask);
  fiber_leave (self->fiber);
  if (votes != nullptr)
    *votes = thread.votes;
  return thread.value;
}

unsigned
emulator_lane (void)
{
  return current->thread & 31;
}

/* ---- for launches ---- */

uint64_t
emulator_n_launches ()
{
  return n_launches;
}

bool
emulator_execute (const EmulatorKernel &launched)
{
  void *shared = nullptr;

  if (launched.check && !launched.check ())
    return false;
  kernel = &launched;
  broken = false;
  n_launches++;
  random_state = (emulator_settings ().seed + n_launches) * 0x9E3779B97F4A7C15u | 1;
  n_threads = launched.block.x * launched.block.y * launched.block.z;
  order.resize (n_threads);
  emulator_block_size = launched.block;
  emulator_grid_size = launched.grid;
  if (launched.shared_bytes > 0 && posix_memalign (&shared, 128, launched.shared_bytes) != 0)
    abort ();
  emulator_dynamic_shared = shared;
  if (__start_mp_shared != nullptr)
    memset (__start_mp_shared, 0xff, (size_t) (__stop_mp_shared - __start_mp_shared));
  emulator_unlock_memory ();
  run_blocks ();
  emulator_lock_memory ();
  emulator_dynamic_shared = nullptr;
  free (shared);
  return !broken;
}
