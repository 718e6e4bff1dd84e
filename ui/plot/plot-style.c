/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-style.c: the four themes.
 *
 * Okabe & Ito, "Color Universal Design" (2008): vermillion, reddish purple, bluish green, sky blue, yellow and grey for
 * lanes; blue and orange for data and samples. Variants keep the hue and move lightness away from the page's.
 */
#include "ui/plot/plot-style.h"

#include <math.h>

#define RGB(hex) { ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex) & 255) / 255.0, 1 }

typedef struct
{
  MpColour page, card, canvas, border, grid, axis, text, dim_text, popover, data, samples, below;
  MpColour lanes[MP_PLOT_N_LANES];
} Palette;

static const Palette palettes[] = {
  [MP_PLOT_LIGHT] = {
    .page = RGB (0xfafafb), .card = RGB (0xffffff), .canvas = RGB (0xf6f7f9), .border = RGB (0xd9dadd),
    .grid = RGB (0xe9eaed), .axis = RGB (0xa5a8ad), .text = RGB (0x2b2e31), .dim_text = RGB (0x64686e),
    .popover = RGB (0xffffff), .data = RGB (0x0072b2), .samples = RGB (0xe69f00), .below = RGB (0x6b7684),
    .lanes = { RGB (0xd55e00), RGB (0xcc79a7), RGB (0x009e73), RGB (0x56b4e9), RGB (0xb3a600), RGB (0x4d5156) },
  },
  [MP_PLOT_DARK] = {
    .page = RGB (0x222226), .card = RGB (0x2e2e32), .canvas = RGB (0x26262a), .border = RGB (0x434348),
    .grid = RGB (0x3b3b40), .axis = RGB (0x77777d), .text = RGB (0xf4f4f5), .dim_text = RGB (0xb0b0b6),
    .popover = RGB (0x38383d), .data = RGB (0x4aa3dc), .samples = RGB (0xf0b429), .below = RGB (0x8f9aaa),
    .lanes = { RGB (0xee7a2b), RGB (0xdc93bb), RGB (0x1fbf90), RGB (0x7cc6f0), RGB (0xf0e442), RGB (0xc9ccd1) },
  },
  [MP_PLOT_HIGH_CONTRAST] = {
    .page = RGB (0xffffff), .card = RGB (0xffffff), .canvas = RGB (0xffffff), .border = RGB (0x5e5c64),
    .grid = RGB (0xc4c5c9), .axis = RGB (0x3d3846), .text = RGB (0x000000), .dim_text = RGB (0x2e2e33),
    .popover = RGB (0xffffff), .data = RGB (0x005a8f), .samples = RGB (0xa86800), .below = RGB (0x4a525c),
    .lanes = { RGB (0xae4a00), RGB (0xa0447a), RGB (0x00734f), RGB (0x1b7bb5), RGB (0x716900), RGB (0x26282b) },
  },
  [MP_PLOT_DARK | MP_PLOT_HIGH_CONTRAST] = {
    .page = RGB (0x000000), .card = RGB (0x0f0f10), .canvas = RGB (0x000000), .border = RGB (0xc0bfbc),
    .grid = RGB (0x4a4a50), .axis = RGB (0xdeddda), .text = RGB (0xffffff), .dim_text = RGB (0xe4e4e7),
    .popover = RGB (0x1c1c1f), .data = RGB (0x62b8f0), .samples = RGB (0xffc440), .below = RGB (0xb4bdc9),
    .lanes = { RGB (0xff9147), RGB (0xeeabcf), RGB (0x3ddcaa), RGB (0x9ad6f8), RGB (0xf7ee70), RGB (0xe8eaed) },
  },
};

void
mp_plot_style_init (MpPlotStyle *self,
                    MpPlotTheme  theme)
{
  const Palette *palette = &palettes[theme & (MP_PLOT_DARK | MP_PLOT_HIGH_CONTRAST)];
  gboolean       strong = (theme & MP_PLOT_HIGH_CONTRAST) != 0;

  *self = (MpPlotStyle) {
    .theme = theme,
    .font_family = "Adwaita Sans, Inter, Cantarell, sans-serif",
    .text_scale = 1,
    .pixel_ratio = 1,
    .page = palette->page, .card = palette->card, .canvas = palette->canvas, .border = palette->border,
    .grid = palette->grid, .axis = palette->axis, .text = palette->text, .dim_text = palette->dim_text,
    .popover = palette->popover, .data = palette->data, .samples = palette->samples, .below = palette->below,
    .title_size = 13, .label_size = 12, .tick_size = 11,
    .line_width = strong ? 2.25 : 1.75,
    .dot_radius = strong ? 2.1 : 1.75,
  };
  for (guint lane = 0; lane < MP_PLOT_N_LANES; lane++)
    self->lanes[lane] = palette->lanes[lane];
}

MpColour
mp_plot_style_get_lane (const MpPlotStyle *self,
                        guint              lane)
{
  return self->lanes[lane % MP_PLOT_N_LANES];
}

MpColour
mp_colour_mix (MpColour a,
               MpColour b,
               double   t)
{
  return (MpColour) {
    a.red + (b.red - a.red) * t,
    a.green + (b.green - a.green) * t,
    a.blue + (b.blue - a.blue) * t,
    a.alpha + (b.alpha - a.alpha) * t,
  };
}

MpColour
mp_colour_fade (MpColour colour,
                double   alpha)
{
  colour.alpha *= alpha;
  return colour;
}

void
mp_colour_set_source (MpColour colour,
                      cairo_t *cr)
{
  cairo_set_source_rgba (cr, colour.red, colour.green, colour.blue, colour.alpha);
}

static double
luminance (MpColour colour)
{
  const double parts[] = { colour.red, colour.green, colour.blue };
  const double weights[] = { 0.2126, 0.7152, 0.0722 };
  double       sum = 0;

  for (guint i = 0; i < 3; i++)
    sum += weights[i] * (parts[i] <= 0.04045 ? parts[i] / 12.92 : pow ((parts[i] + 0.055) / 1.055, 2.4));
  return sum;
}

double
mp_colour_contrast (MpColour a,
                    MpColour b)
{
  double x = luminance (a) + 0.05, y = luminance (b) + 0.05;

  return MAX (x, y) / MIN (x, y);
}
