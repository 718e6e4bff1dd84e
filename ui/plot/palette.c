/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/palette.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  guint   first, n;   /* of the list of bins that occur */
  guint64 count;
} Box;

static guint
bin_of (guint32 pixel)
{
  return (pixel >> 9 & 0x7c00) | (pixel >> 6 & 0x3e0) | (pixel >> 3 & 0x1f);
}

/* Of channel 0 … 2: red, green, blue. */
static guint
level (guint bin,
       guint channel)
{
  return bin >> (10 - 5 * channel) & 31;
}

void
mp_palette_count (MpPalette     *self,
                  const guint32 *pixels,
                  gsize          n)
{
  for (gsize i = 0; i < n; i++) {
    guint bin = bin_of (pixels[i]);

    self->count[bin]++;
    for (guint channel = 0; channel < 3; channel++)
      self->sum[bin][channel] += pixels[i] >> (16 - 8 * channel) & 255;
  }
}

/* The channel in which a box is widest, and how wide. */
static guint
widest (const guint16 *bins,
        const Box     *box,
        guint         *width)
{
  guint found = 0;

  *width = 0;
  for (guint channel = 0; channel < 3; channel++) {
    guint low = 31, high = 0;

    for (guint i = 0; i < box->n; i++) {
      low = MIN (low, level (bins[box->first + i], channel));
      high = MAX (high, level (bins[box->first + i], channel));
    }
    if (high - low > *width) {
      *width = high - low;
      found = channel;
    }
  }
  return found;
}

static int
compare_bins (gconstpointer a,
              gconstpointer b,
              gpointer      channel)
{
  return (int) level (*(const guint16 *) a, GPOINTER_TO_UINT (channel))
         - (int) level (*(const guint16 *) b, GPOINTER_TO_UINT (channel));
}

/* Cuts a box where half of its pixels are on each side; both keep at least one bin. */
static Box
cut (const MpPalette *self,
     guint16         *bins,
     Box             *box)
{
  guint width, channel = widest (bins, box, &width), n = 0;
  guint64 half = 0;
  Box rest;

  g_qsort_with_data (bins + box->first, (int) box->n, sizeof *bins, compare_bins, GUINT_TO_POINTER (channel));
  while (n + 1 < box->n && (n == 0 || half + self->count[bins[box->first + n]] <= box->count / 2))
    half += self->count[bins[box->first + n++]];
  rest = (Box) { box->first + n, box->n - n, box->count - half };
  box->n = n;
  box->count = half;
  return rest;
}

/* Wide boxes go first, so that a few points keep their own colour beside a large canvas. */
static guint
choose (const guint16 *bins,
        const Box     *boxes,
        guint          n)
{
  guint found = n;
  double best = 0;

  for (guint i = 0; i < n; i++) {
    guint width;
    double weight;

    if (boxes[i].n < 2)
      continue;
    widest (bins, &boxes[i], &width);
    weight = width * (1 + (double) boxes[i].n);
    if (weight > best) {
      best = weight;
      found = i;
    }
  }
  return found;
}

static void
take_mean (MpPalette     *self,
           const guint16 *bins,
           const Box     *box,
           guint          colour)
{
  for (guint channel = 0; channel < 3; channel++) {
    guint64 sum = 0;

    for (guint i = 0; i < box->n; i++)
      sum += self->sum[bins[box->first + i]][channel];
    self->colours[colour][channel] = (guint8) ((sum + box->count / 2) / MAX (box->count, 1));
  }
}

static void
fill_index (MpPalette *self)
{
  for (guint bin = 0; bin < MP_PALETTE_BINS; bin++) {
    int best = G_MAXINT;

    for (guint colour = 0; colour < self->n; colour++) {
      int distance = 0;

      for (guint channel = 0; channel < 3; channel++) {
        int d = (int) (level (bin, channel) * 255 / 31) - self->colours[colour][channel];

        distance += d * d;
      }
      if (distance < best) {
        best = distance;
        self->index[bin] = (guint8) colour;
      }
    }
  }
}

void
mp_palette_make (MpPalette *self,
                 guint      most)
{
  g_autofree guint16 *bins = g_new (guint16, MP_PALETTE_BINS);
  Box boxes[256] = { { 0 } };

  for (guint bin = 0; bin < MP_PALETTE_BINS; bin++)
    if (self->count[bin] > 0) {
      bins[boxes[0].n++] = (guint16) bin;
      boxes[0].count += self->count[bin];
    }
  self->n = 1;
  while (self->n < MIN (most, 256)) {
    guint chosen = choose (bins, boxes, self->n);

    if (chosen == self->n)
      break;
    boxes[self->n] = cut (self, bins, &boxes[chosen]);
    self->n++;
  }
  for (guint i = 0; i < self->n; i++)
    take_mean (self, bins, &boxes[i], i);
  fill_index (self);
}

guint8
mp_palette_find (const MpPalette *self,
                 guint32          pixel)
{
  return self->index[bin_of (pixel)];
}
