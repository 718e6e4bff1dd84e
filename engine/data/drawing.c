/* SPDX-License-Identifier: Apache-2.0
 *
 * drawing.c: what somebody drew: uniform where brush strokes left something, in proportion to what they left. The
 * drawing is rasterised, so that erasing is exact and the density is known; it reaches from −a to a.
 *
 * The window's drawing canvas writes the strokes (strokes.h says how); they are part of the experiment.
 */
#include "engine/data/raster.h"
#include "engine/data/strokes.h"

#define SIDE 256

/* A face. */
#define DEFAULT_STROKES                                                                                               \
  "+0.09 0.7 0 0.67 0.22 0.57 0.41 0.41 0.57 0.22 0.67 0 0.7 -0.22 0.67 -0.41 0.57 -0.57 0.41 -0.67 0.22 -0.7 0 "     \
  "-0.67 -0.22 -0.57 -0.41 -0.41 -0.57 -0.22 -0.67 0 -0.7 0.22 -0.67 0.41 -0.57 0.57 -0.41 0.67 -0.22 0.7 0; "        \
  "+0.1 -0.25 0.25; +0.1 0.25 0.25; "                                                                                 \
  "+0.06 -0.35 -0.15 -0.25 -0.29 -0.13 -0.36 0 -0.385 0.13 -0.36 0.25 -0.29 0.35 -0.15"

static const MpParam params[] = {
  { .key = "strokes", .title = N_("Strokes"),
    .summary = N_("The strokes of brush and eraser, as the drawing canvas writes them."),
    .type = MP_PARAM_STRING, .default_value = DEFAULT_STROKES, .hidden = TRUE },
  { .key = "size", .title = N_("Half side"), .symbol = "a",
    .summary = N_("Half the side of the canvas in the units of the data."),
    .type = MP_PARAM_DOUBLE, .default_value = "2", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  MP_DATA_POINTS ("10000"),
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static gboolean
drawing_open (MpExperiment    *experiment,
              guint64          seed,
              MpDataContents  *contents,
              GError         **error)
{
  g_autoptr (GPtrArray) strokes = mp_strokes_parse (mp_experiment_get_string (experiment, "data", "strokes"), error);
  g_autofree double *mass = g_new (double, SIDE * SIDE);
  double sum = 0;

  if (strokes == NULL)
    return FALSE;
  mp_strokes_rasterise (strokes, SIDE, mass);
  for (guint i = 0; i < SIDE * SIDE; i++)
    sum += mass[i];
  if (sum == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[data] strokes leave nothing on the canvas, so there is "
                 "nowhere to put points; draw something first.");
    return FALSE;
  }
  mp_data_set_raster (contents, experiment, mass, SIDE, SIDE, NULL, TRUE);
  return TRUE;
}

const MpDataClass mp_data_drawing = {
  .base = {
    .id = "drawing",
    .title = N_("Drawing"),
    .summary = N_("Points where you drew them."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = drawing_open,
};
