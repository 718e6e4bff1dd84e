/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.h: an endless sequence of items for an input of the graph, brought to the device ahead of their use.
 *
 * Item i is whatever fill () writes for it: minibatch i, or the optimizer's settings of iteration i. The device holds
 * a ring of slots; item i lies in slot i mod slots, where the operation FETCH inside an iteration takes it from, so
 * that an iteration which was captured once finds the next item by its run context alone. Slots are filled in blocks:
 * from page-locked memory, on a stream of its own, one block ahead, with an event for "has arrived" and one for "has
 * been read".
 *
 * Rejected for minibatches: the whole data set on the device and an upload of indices. It would be another path for
 * endless data and for sets that do not fit, and saves what does not limit: at a ring's 50 µs an iteration a block of
 * 64 minibatches is one upload of 100 kB in 3 ms, and a minibatch of 64 colour pictures of 32×32 points takes some
 * 30 µs of a bus that is idle otherwise.
 *
 * Threads: one at a time, the lane's.
 */
#pragma once

#include "engine/graph/plan.h"

G_BEGIN_DECLS

typedef struct _MpFeed MpFeed;

/* Writes item `index`, dense, in the input's dtype. */
typedef void (*MpFeedFill) (guint64 index, void *item, gpointer data);

/* period: 0 when items go by the run context's batch, else by its step / period. stream: for uploads; not owned. */
MpFeed  *mp_feed_new (MpStore *store, MpStream *stream, MpNode *input, guint64 period, MpFeedFill fill, gpointer data,
                      GError **error);
void     mp_feed_free (MpFeed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpFeed, mp_feed_free)
/* Bytes on the device for an input. */
gsize    mp_feed_predict (const MpNode *input);

/* Items that can be there together. */
guint64  mp_feed_get_capacity (MpFeed *self);
/* What comes onto the store's stream from now on finds items first … first + n − 1, n up to the capacity, and needs
 * none before. */
gboolean mp_feed_ensure (MpFeed *self, guint64 first, guint64 n, GError **error);
/* Puts the context's item into the input, in the order of the store's stream, or records that. */
gboolean mp_feed_fetch (MpFeed *self, const MpRunContext *context, GError **error);
/* Forgets all items: fill () would write others now. Waits for the device. */
gboolean mp_feed_reset (MpFeed *self, GError **error);

G_END_DECLS
