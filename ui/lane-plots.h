/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-plots.h: the plot of a lane with its layers, the panel beside or below it, and the legend of what lies over the
 * points. Pointing at a sample, a latent or a cell shows its numbers and marks it in all of them.
 *
 * Signals:
 *   coloured ()    the background, or its colours, are other ones
 *
 * Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/lane-model.h"
#include "ui/plot/panel.h"

G_BEGIN_DECLS

#define MP_TYPE_LANE_PLOTS (mp_lane_plots_get_type ())
G_DECLARE_FINAL_TYPE (MpLanePlots, mp_lane_plots, MP, LANE_PLOTS, GtkWidget)

/* Once. */
void        mp_lane_plots_set_model          (MpLanePlots  *self,
                                              MpLaneModel  *model);
void        mp_lane_plots_set_points_visible (MpLanePlots  *self,
                                              MpPointsRole  role,
                                              gboolean      visible);
MpScatter  *mp_lane_plots_get_scatter        (MpLanePlots  *self);
/* What is shown beside the plot: for ever the same panel, empty while none is chosen. */
MpPanel    *mp_lane_plots_get_panel          (MpLanePlots  *self);
/* Brings the accessible descriptions up to date; not for every frame. */
void        mp_lane_plots_describe           (MpLanePlots  *self);
/* As if the pointer were there; for tests. beside: in the panel. */
void        mp_lane_plots_point_at           (MpLanePlots  *self,
                                              gboolean      beside,
                                              double        x,
                                              double        y);
/* What is said about the point under the pointer, or NULL. */
const char *const *mp_lane_plots_get_readout (MpLanePlots  *self);

G_END_DECLS
