/* SPDX-License-Identifier: Apache-2.0
 *
 * scalar-queue.h: the lossless way of scalars from a lane to whoever watches it.
 *
 * A list of chunks of fixed size: the lane fills the last one, the watcher takes all of them and hands emptied ones
 * back. As long as somebody drains, two or three chunks go round and nothing is allocated; a watcher that stalls makes
 * the list grow, and nothing is lost.
 *
 * Threads: one pushes, one drains.
 */
#pragma once

#include "engine/train/trainer.h"

G_BEGIN_DECLS

typedef struct _MpScalarQueue MpScalarQueue;

MpScalarQueue *mp_scalar_queue_new (void);
void           mp_scalar_queue_free (MpScalarQueue *self);
/* One scalar for each value, of series first, first + 1, … */
void           mp_scalar_queue_push (MpScalarQueue *self, guint64 iteration, guint32 first, guint n,
                                     const double *values);
/* Moves everything to the end of `scalars` (of MpScalar). */
void           mp_scalar_queue_drain (MpScalarQueue *self, GArray *scalars);
/* Chunks that were ever allocated, for tests. */
guint          mp_scalar_queue_get_n_chunks (MpScalarQueue *self);

G_END_DECLS
