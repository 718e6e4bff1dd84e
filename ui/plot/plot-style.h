/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-style.h: how plots look: colours for light, dark and high contrast, font, sizes.
 *
 * A style is a plain value: initialise it, change what the desktop says (font, text scale, pixel ratio), pass it to the
 * draw functions. Lengths are in user-space units (CSS pixels in a window). Colours are the Okabe–Ito set, which people
 * with any common colour vision tell apart; against a dark page some are lifted towards white to keep their contrast.
 */
#pragma once

#include <cairo.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  double red, green, blue, alpha; /* 0 … 1, not premultiplied */
} MpColour;

#define MP_PLOT_N_LANES 6

typedef enum
{
  MP_PLOT_LIGHT         = 0,
  MP_PLOT_DARK          = 1 << 0,
  MP_PLOT_HIGH_CONTRAST = 1 << 1
} MpPlotTheme;

typedef struct
{
  MpPlotTheme theme;
  const char *font_family;  /* a comma-separated list as Pango reads it; not owned */
  double      text_scale;   /* 1: 100 % */
  double      pixel_ratio;  /* device pixels per unit, for layers that are kept as images */

  MpColour    page;         /* behind everything in a picture */
  MpColour    card;         /* behind a chart, a lane */
  MpColour    canvas;       /* behind points */
  MpColour    border;       /* around cards */
  MpColour    grid, axis;
  MpColour    text, dim_text;
  MpColour    popover;      /* the readout box */
  MpColour    data, samples;
  MpColour    below;        /* surfaces under their neutral value */
  MpColour    lanes[MP_PLOT_N_LANES];

  double      title_size, label_size, tick_size; /* before text_scale */
  double      title_reserve; /* kept free at the end of a chart's title line, for a window's controls */
  double      line_width;
  double      dot_radius;
  gboolean    axis_names;   /* charts name their horizontal axis, as pictures that stand alone must */
} MpPlotStyle;

/* Fills every field for a theme: 100 % text, pixel ratio 1, the desktop's sans-serif font. */
void     mp_plot_style_init (MpPlotStyle *self, MpPlotTheme theme);
/* The colour of a lane; past the last one they repeat. */
MpColour mp_plot_style_get_lane (const MpPlotStyle *self, guint lane);

/* a·(1 − t) + b·t */
MpColour mp_colour_mix (MpColour a, MpColour b, double t);
MpColour mp_colour_fade (MpColour colour, double alpha);
void     mp_colour_set_source (MpColour colour, cairo_t *cr);
/* WCAG 2 contrast ratio of two opaque colours, 1 … 21. */
double   mp_colour_contrast (MpColour a, MpColour b);

G_END_DECLS
