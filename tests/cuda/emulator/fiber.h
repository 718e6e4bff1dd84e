/* SPDX-License-Identifier: Apache-2.0
 *
 * fiber.h: stacks that one thread of the host switches between; each runs a thread of an emulated block.
 *
 * A switch saves the registers that a call preserves and nothing else, so it costs a few nanoseconds. On processors
 * without a switch of their own ucontext does it. The address sanitizer is told about every switch.
 */
#pragma once

#include <cstddef>

struct Fiber;

/* Runs `enter (data)` when first switched to; enter must never return. */
Fiber *fiber_new (void (*enter) (void *data), void *data);
/* Back to the state after fiber_new (), forgetting what was on the stack. */
void   fiber_reset (Fiber *fiber);
/* The caller's own stack continues when a fiber calls fiber_leave (). */
void   fiber_switch_to (Fiber *fiber);
void   fiber_leave (Fiber *fiber);
