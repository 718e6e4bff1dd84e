/* SPDX-License-Identifier: Apache-2.0
 *
 * fiber.cc: see fiber.h.
 */
#include "tests/cuda/emulator/fiber.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define WITH_ASAN 1
#else
#define WITH_ASAN 0
#endif

#define STACK_BYTES (WITH_ASAN ? 256 * 1024 : 64 * 1024)

#if defined(__x86_64__)
#define WITH_UCONTEXT 0
/* fiber_swap (&save, load): the frame below is what fiber_reset () builds for a fresh stack. The control words of the
 * floating point units are the same everywhere and stay. */
asm (".text\n"
     ".p2align 4\n"
     ".globl emulator_fiber_swap\n"
     ".hidden emulator_fiber_swap\n"
     ".type emulator_fiber_swap, @function\n"
     "emulator_fiber_swap:\n"
     "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
     "  movq %rsp, (%rdi)\n"
     "  movq %rsi, %rsp\n"
     "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n"
     "  ret\n"
     ".size emulator_fiber_swap, . - emulator_fiber_swap\n");
extern "C" __attribute__ ((visibility ("hidden"))) void emulator_fiber_swap (void **save, void *load);
#else
#define WITH_UCONTEXT 1
#include <ucontext.h>
#endif

struct Fiber
{
  void       (*enter) (void *data);
  void        *data;
  char        *stack;
#if WITH_UCONTEXT
  ucontext_t   context;
  ucontext_t   caller;
#else
  void        *pointer;
  void        *caller;
#endif
  void        *fake_stack;   /* the address sanitizer's */
  const void  *caller_stack;
  size_t       caller_bytes;
};

static Fiber *starting;

[[noreturn]] static void
start ()
{
  Fiber *fiber = starting;

#if WITH_ASAN
  __sanitizer_finish_switch_fiber (nullptr, &fiber->caller_stack, &fiber->caller_bytes);
#endif
  fiber->enter (fiber->data);
  abort ();
}

void
fiber_reset (Fiber *fiber)
{
#if WITH_ASAN
  __asan_unpoison_memory_region (fiber->stack, STACK_BYTES);
#endif
  fiber->fake_stack = nullptr;
#if WITH_UCONTEXT
  getcontext (&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->stack;
  fiber->context.uc_stack.ss_size = STACK_BYTES;
  fiber->context.uc_link = nullptr;
  makecontext (&fiber->context, start, 0);
#else
  /* Six registers, the address that ret takes, and one word so that start () finds the stack aligned as after a call. */
  uintptr_t *top = reinterpret_cast<uintptr_t *> (fiber->stack + STACK_BYTES) - 8;

  for (int i = 0; i < 8; i++)
    top[i] = 0;
  top[6] = reinterpret_cast<uintptr_t> (start);
  fiber->pointer = top;
#endif
}

Fiber *
fiber_new (void (*enter) (void *data),
           void  *data)
{
  size_t guard = (size_t) sysconf (_SC_PAGESIZE);
  Fiber *fiber = new Fiber ();
  char *memory = static_cast<char *> (mmap (nullptr, guard + STACK_BYTES, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

  if (memory == MAP_FAILED || mprotect (memory, guard, PROT_NONE) != 0) {
    perror ("emulator: there is no memory for a fiber's stack");
    abort ();
  }
  fiber->enter = enter;
  fiber->data = data;
  fiber->stack = memory + guard;
  fiber_reset (fiber);
  return fiber;
}

void
fiber_switch_to (Fiber *fiber)
{
#if WITH_ASAN
  void *fake_stack = nullptr;

  __sanitizer_start_switch_fiber (&fake_stack, fiber->stack, STACK_BYTES);
#endif
  starting = fiber;
#if WITH_UCONTEXT
  swapcontext (&fiber->caller, &fiber->context);
#else
  emulator_fiber_swap (&fiber->caller, fiber->pointer);
#endif
#if WITH_ASAN
  __sanitizer_finish_switch_fiber (fake_stack, nullptr, nullptr);
#endif
}

void
fiber_leave (Fiber *fiber)
{
#if WITH_ASAN
  __sanitizer_start_switch_fiber (&fiber->fake_stack, fiber->caller_stack, fiber->caller_bytes);
#endif
#if WITH_UCONTEXT
  swapcontext (&fiber->context, &fiber->caller);
#else
  emulator_fiber_swap (&fiber->pointer, fiber->caller);
#endif
#if WITH_ASAN
  __sanitizer_finish_switch_fiber (fiber->fake_stack, &fiber->caller_stack, &fiber->caller_bytes);
#endif
}
