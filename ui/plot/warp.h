/* SPDX-License-Identifier: Apache-2.0
 *
 * warp.h: from iterations to what else runs along a lane, seconds or points seen, and back; straight between knots.
 *
 * NULL is a warp too: the iterations themselves. One thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MpWarp MpWarp;

/* Begins at (0, 0). (transfer full) */
MpWarp *mp_warp_new (void);
MpWarp *mp_warp_ref (MpWarp *self);
void    mp_warp_unref (MpWarp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpWarp, mp_warp_unref)

/* Adds a knot; one that does not lie beyond the last in both is left out. */
void    mp_warp_add (MpWarp *self,
                     double  iteration,
                     double  x);
/* Beyond the last knot as before it. */
double  mp_warp_to_x (const MpWarp *self,
                      double        iteration);
double  mp_warp_to_iteration (const MpWarp *self,
                              double        x);

G_END_DECLS
