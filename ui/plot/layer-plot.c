/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/plot/layer-plot.h"

#include <string.h>

static const char *
translate (const char *text)
{
  return text != NULL && text[0] != '\0' ? g_dgettext (GETTEXT_PACKAGE, text) : NULL;
}

MpHeatMap *
mp_layer_make_heat_map (const MpLayer *layer)
{
  const MpLayerTensor *tensor = &layer->tensors[0];

  if (layer->n_tensors < 1 || layer->width < 2 || layer->height < 2 || tensor->values == NULL ||
      tensor->rows * tensor->columns < (gint64) layer->width * layer->height)
    return NULL;
  return mp_heat_map_new (translate (layer->title), layer->neutral, layer->extent, layer->width, layer->height,
                          tensor->values);
}

/* "Sample gradients" of "Sample gradients (of the generator loss)": what fits into a legend. */
static char *
shorten (const char *title)
{
  const char *bracket = title != NULL ? strstr (title, " (") : NULL;

  return bracket != NULL ? g_strndup (title, bracket - title) : g_strdup (title);
}

void
mp_layer_add_overlay (const MpLayer *layer,
                      MpScatter     *scatter,
                      guint          ordinal)
{
  const MpInk          inks[] = { MP_INK_TEXT, MP_INK_LANE, MP_INK_DATA, MP_INK_SAMPLES };
  const MpLayerTensor *first = &layer->tensors[0], *second = &layer->tensors[1];
  g_autofree char     *title = shorten (translate (layer->title));
  MpOverlay            overlay = { .kind = MP_OVERLAY_MARKS, .title = title };

  if (layer->n_tensors < 1 || first->values == NULL || first->columns < 2)
    return;
  overlay.values = first->values;
  overlay.n = (gsize) first->rows;
  if (layer->n_tensors > 1 && second->rows * second->columns == first->rows)
    overlay.weights = second->values;
  switch (layer->class->drawing) {
  case MP_DRAW_ARROWS:
    g_return_if_fail (first->columns == 4);
    overlay.kind = MP_OVERLAY_ARROWS;
    overlay.ink = inks[ordinal % G_N_ELEMENTS (inks)];
    break;
  case MP_DRAW_LATTICE:
    overlay.kind = MP_OVERLAY_LATTICE;
    overlay.columns = (gsize) MAX (layer->columns, 1);
    break;
  case MP_DRAW_POINTS:
    overlay.kind = MP_OVERLAY_POINTS;
    overlay.ink = layer->class->of_data ? MP_INK_DATA : MP_INK_TEXT;
    overlay.weights = NULL;
    break;
  default:
    break;
  }
  mp_scatter_add_overlay (scatter, &overlay);
}

/* ---- panels ---- */

static const char *
get_label (const MpLayer *layer,
           guint          i)
{
  for (guint k = 0; layer->labels != NULL && layer->labels[k] != NULL; k++)
    if (k == i)
      return translate (layer->labels[k]);
  return NULL;
}

/* What stands behind the panel's title: numbers of the layer's own, or else what its title has in brackets. */
static char *
get_detail (const MpLayer *layer)
{
  const char *title = translate (layer->title), *bracket = title != NULL ? strstr (title, " (") : NULL;
  const char *end = bracket != NULL ? strrchr (bracket, ')') : NULL;

  if (layer->detail != NULL || end == NULL || end < bracket + 2)
    return g_strdup (layer->detail);
  return g_strndup (bracket + 2, end - bracket - 2);
}

static void
fill_matrices (const MpLayer *layer,
               MpPanel       *panel,
               const char    *title,
               const char    *detail)
{
  mp_panel_begin (panel, MP_PANEL_MATRIX, title, detail, layer->n_tensors);
  for (guint i = 0; i < layer->n_tensors; i++) {
    const MpLayerTensor *tensor = &layer->tensors[i];
    gboolean             halves = !layer->is_map && tensor->rows == tensor->columns && tensor->rows % 2 == 0;
    gint64               split = halves ? tensor->rows / 2 : 0;

    mp_panel_set_matrix (panel, i, get_label (layer, i), tensor->values, tensor->rows, tensor->columns, split, split,
                         layer->neutral);
    if (layer->is_map)
      mp_panel_set_map (panel, i, layer->extent);
  }
}

static void
fill_spaces (const MpLayer *layer,
             MpPanel       *panel,
             const char    *title,
             const char    *detail)
{
  guint per_panel = layer->per_panel > 0 ? layer->per_panel : layer->n_tensors, n_parts = 0;

  if (per_panel >= 2)
    n_parts = layer->n_tensors / per_panel;
  mp_panel_begin (panel, MP_PANEL_SPACE, title, detail, n_parts);
  for (guint i = 0; i < n_parts; i++) {
    const MpLayerTensor *tensors = &layer->tensors[i * per_panel];

    mp_panel_set_space (panel, i, get_label (layer, i), tensors[0].values, tensors[0].rows, tensors[1].values,
                        tensors[1].rows, MAX (tensors[0].columns, 1), per_panel > 2 ? tensors[2].values : NULL,
                        per_panel > 3 ? tensors[3].values : NULL);
  }
}

static void
fill_bars (const MpLayer *layer,
           MpPanel       *panel,
           const char    *title,
           const char    *detail)
{
  mp_panel_begin (panel, MP_PANEL_BARS, title, detail, layer->n_tensors);
  for (guint i = 0; i < layer->n_tensors; i++) {
    const MpLayerTensor *tensor = &layer->tensors[i];
    g_autoptr (GPtrArray) labels = g_ptr_array_new ();
    guint                n_labels = layer->labels != NULL ? g_strv_length (layer->labels) : 0;
    /* of several panels the labels come first, then those of the bars */
    guint                skip = layer->n_tensors > 1 && n_labels >= layer->n_tensors ? layer->n_tensors : 0;

    for (guint k = skip; k < n_labels; k++)
      g_ptr_array_add (labels, (gpointer) translate (layer->labels[k]));
    g_ptr_array_add (labels, NULL);
    mp_panel_set_bars (panel, i, skip > 0 ? get_label (layer, i) : NULL, tensor->values, tensor->rows * tensor->columns,
                       labels->len > 1 ? (const char *const *) labels->pdata : NULL);
  }
}

void
mp_layer_fill_panel (const MpLayer *layer,
                     MpPanel       *panel)
{
  g_autofree char *title = shorten (translate (layer->title)), *detail = get_detail (layer);

  switch (layer->class->drawing) {
  case MP_DRAW_MATRIX: fill_matrices (layer, panel, title, detail); break;
  case MP_DRAW_SPACE: fill_spaces (layer, panel, title, detail); break;
  case MP_DRAW_BARS: fill_bars (layer, panel, title, detail); break;
  default: g_return_if_reached ();
  }
}
