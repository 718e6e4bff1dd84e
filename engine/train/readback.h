/* SPDX-License-Identifier: Apache-2.0
 *
 * readback.h: device memory on its way to the host while both go on.
 *
 * What is added between begin and end is copied behind everything that was on the store's stream at begin, on a stream
 * of its own, into page-locked memory; poll tells when it is there. Whoever puts work onto the store's stream that
 * overwrites what is being copied puts a guard before it. Where memory is the host's all of it is there at once.
 *
 * Threads: one at a time, the lane's.
 */
#pragma once

#include "engine/graph/plan.h"

G_BEGIN_DECLS

typedef struct _MpReadback MpReadback;

/* Room for `bytes`. stream: where the copies run; not owned. */
MpReadback *mp_readback_new (MpStore *store, MpStream *stream, gsize bytes, GError **error);
void        mp_readback_free (MpReadback *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpReadback, mp_readback_free)

gboolean    mp_readback_begin (MpReadback *self, GError **error);
/* One more piece, behind the last; pieces begin at multiples of MP_ALIGNMENT. */
gboolean    mp_readback_add (MpReadback *self, const void *address, gsize bytes, GError **error);
gboolean    mp_readback_end (MpReadback *self, GError **error);
/* there: (out): whether everything has arrived; always, with wait. */
gboolean    mp_readback_poll (MpReadback *self, gboolean wait, gboolean *there, GError **error);
/* What arrived, until the next begin. */
const void *mp_readback_get (MpReadback *self);
/* What comes onto the store's stream from now on waits for the copies. */
gboolean    mp_readback_guard (MpReadback *self, GError **error);
gsize       mp_readback_round_up (gsize bytes); /* room for a piece */

G_END_DECLS
