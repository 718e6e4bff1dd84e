/* SPDX-License-Identifier: Apache-2.0
 *
 * palette.h: the colours that stand for those of some images, by median cut (Heckbert, Color image quantization for frame
 * buffer display, SIGGRAPH 1982) over a histogram of 5 bits a channel. Internal to ui/plot.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MP_PALETTE_BINS (1 << 15)

typedef struct
{
  guint64 count[MP_PALETTE_BINS];
  guint64 sum[MP_PALETTE_BINS][3];
  guint8  colours[256][3];
  guint   n;                          /* of colours; 0 until mp_palette_make () */
  guint8  index[MP_PALETTE_BINS];     /* colour of each bin */
} MpPalette;

/* pixels: n of 0x..rrggbb. */
void   mp_palette_count (MpPalette     *self,
                         const guint32 *pixels,
                         gsize          n);
/* At most `most` colours, the mean of what each stands for. */
void   mp_palette_make  (MpPalette     *self,
                         guint          most);
guint8 mp_palette_find  (const MpPalette *self,
                         guint32          pixel);

G_END_DECLS
