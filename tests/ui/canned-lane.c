/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/ui/canned-lane.h"

#include <adwaita.h>
#include <math.h>
#include <stdlib.h>

#include "tests/ui/canned-layers.h"
#include "tests/ui/canned.h"
#include "ui/resources.h"

#define N_POINTS 256
#define GRID 8

void
canned_init (int    *argc,
             char ***argv)
{
  g_setenv ("GTK_A11Y", "test", TRUE);
  g_setenv ("GSK_RENDERER", "cairo", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_setenv ("GTK_CSD", "1", TRUE);
  g_test_init (argc, argv, NULL);
  if (!gtk_init_check ()) {
    g_print ("1..0 # SKIP no display\n");
    exit (77);
  }
  adw_init ();
  g_resources_register (mp_get_resource ());
}

static const MpViewClass *
find_view (const char *id)
{
  return (const MpViewClass *) mp_registry_find (MP_KIND_VIEW, id);
}

/* Layers that come with a background; their views are only canned. */
static const MpDrawing more[] = { MP_DRAW_LATTICE, MP_DRAW_ARROWS, MP_DRAW_MATRIX, MP_DRAW_BARS };

MpSnapshot *
canned_snapshot (guint64  iteration,
                 gboolean surface,
                 gboolean projection)
{
  MpSnapshot *snapshot = g_new0 (MpSnapshot, 1);

  g_atomic_ref_count_init (&snapshot->ref_count);
  snapshot->iteration = iteration;
  snapshot->n_samples = snapshot->n_data = N_POINTS;
  snapshot->dimensions = 2;
  snapshot->data = canned_ring (1, N_POINTS, 8, 1, 0.05);
  snapshot->samples = canned_ring ((guint) iteration + 2, N_POINTS, 8, 1, 0.2);
  snapshot->layers = g_new0 (MpLayer, 8);
  if (surface) {
    float *values = g_new (float, GRID * GRID);

    for (int i = 0; i < GRID * GRID; i++)
      values[i] = sinf (i + iteration);
    snapshot->layers[snapshot->n_layers++] = (MpLayer) {
      .class = find_view ("witness"), .title = "Witness (canned)", .width = GRID, .height = GRID,
      .extent = { -2, 2, -2, 2 }, .n_tensors = 1, .tensors = { { GRID * GRID, 1, values } }
    };
  }
  if (projection)
    snapshot->layers[snapshot->n_layers++] = (MpLayer) {
      .class = find_view ("projected-space"), .title = "Projected space", .n_tensors = 2,
      .tensors = { { N_POINTS, 2, canned_ring (3, N_POINTS, 8, 3, 0.3) },
                   { N_POINTS, 2, canned_ring (4, N_POINTS, 8, 3, 0.6) } }
    };
  for (guint i = 0; surface && i < G_N_ELEMENTS (more); i++) {
    MpLayer *layer = canned_layer (more[i], 0);

    snapshot->layers[snapshot->n_layers++] = *layer;
    g_free (layer);
  }
  snapshot->n_latent = 3;
  snapshot->latents = g_new (float, 3 * N_POINTS);
  for (int i = 0; i < 3 * N_POINTS; i++)
    snapshot->latents[i] = sinf (1.7f * i) * (1 + i % 3);
  return snapshot;
}

MpLaneModel *
canned_lane (const char *method,
             guint       colour)
{
  static const MpSeriesInfo infos[] = {
    { .id = "loss/generator", .title = "Generator loss (canned)", .per_iteration = TRUE },
    { .id = "mmd2", .title = "MMD²" },
    { .id = "modes", .title = "Modes" },
    { .id = "high_quality", .title = "High quality" },
  };
  MpLayerInfo layers[3 + G_N_ELEMENTS (more)] = { { find_view ("witness"), "Witness (canned)" },
                                                  { find_view ("gradient-norm"), "Other layer" },
                                                  { find_view ("projected-space"), "Projected space" } };
  MpLaneProgress progress = { .iteration = 4200, .n_iterations = 10000, .seconds = 4, .look_seconds = 0.05,
                              .rate = 1204, .modes = 3, .high_quality = 0.61, .n_modes = 8 };
  g_autofree char *name = g_strconcat ("ring-", method, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) experiment = mp_experiment_load (name, &error);
  g_autoptr (MpSnapshot) snapshot = canned_snapshot (4200, TRUE, g_str_equal (method, "gram"));
  MpLaneModel *lane;

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (more); i++) {
    MpLayer *layer = canned_layer (more[i], 0);

    layers[3 + i] = (MpLayerInfo) { layer->class, layer->title };
    canned_layer_free (layer);
  }
  lane = mp_lane_model_new (experiment, colour);
  mp_lane_model_set_progress (lane, &progress);
  for (guint i = 0; i < G_N_ELEMENTS (infos); i++)
    mp_lane_model_add_curve (lane, &infos[i]);
  for (guint64 i = 0; i < 100; i++)
    for (guint c = 0; c < G_N_ELEMENTS (infos); c++)
      mp_lane_model_append (lane, c, i * 42, c == 2 ? i % 9 : 1.0 / (i + 1));
  mp_lane_model_set_offer (lane, G_N_ELEMENTS (layers), layers);
  mp_lane_model_set_snapshot (lane, snapshot);
  mp_lane_model_set_state (lane, MP_LANE_PAUSED, NULL);
  return lane;
}

void
canned_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
is_usable (GtkWidget *widget)
{
  return GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_DROP_DOWN (widget) ||
         GTK_IS_ENTRY (widget) || GTK_IS_SEARCH_ENTRY (widget) || GTK_IS_SWITCH (widget) || GTK_IS_SCALE (widget) ||
         GTK_IS_SPIN_BUTTON (widget) || GTK_IS_PROGRESS_BAR (widget);
}

static gboolean
has_name (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);

  if (GTK_IS_BUTTON (widget) && gtk_button_get_label (GTK_BUTTON (widget)))
    return TRUE;
  if (GTK_IS_MENU_BUTTON (widget) && gtk_menu_button_get_label (GTK_MENU_BUTTON (widget)))
    return TRUE;
  return gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL) ||
         gtk_test_accessible_has_relation (accessible, GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

void
canned_check_labels (GtkWidget *root)
{
  if (GTK_IS_WINDOW_CONTROLS (root))
    return;
  if (is_usable (root) || gtk_widget_get_focusable (root)) {
    gboolean container = GTK_IS_SCROLLED_WINDOW (root) || GTK_IS_LABEL (root) || GTK_IS_WINDOW (root) ||
                         GTK_IS_FLOW_BOX (root) || GTK_IS_INFO_BAR (root);

    if (!container && !has_name (root)) {
      g_autofree char *id = g_strdup (gtk_buildable_get_buildable_id (GTK_BUILDABLE (root)));

      g_error ("%s “%s” in %s has no accessible label", G_OBJECT_TYPE_NAME (root), id ? id : "",
               gtk_widget_get_parent (root) ? G_OBJECT_TYPE_NAME (gtk_widget_get_parent (root)) : "nothing");
    }
    if (is_usable (root))
      return;
  }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child; child = gtk_widget_get_next_sibling (child))
    if (!GTK_IS_POPOVER (child))
      canned_check_labels (child);
}

static GtkWidget *
find_nth (GtkWidget *widget,
          GType      type,
          guint     *n)
{
  GtkWidget *found = NULL;

  if (g_type_is_a (G_OBJECT_TYPE (widget), type) && (*n)-- == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child && !found;
       child = gtk_widget_get_next_sibling (child))
    found = find_nth (child, type, n);
  return found;
}

void
canned_count_cb (guint *count)
{
  (*count)++;
}

GtkWidget *
canned_find_id (GtkWidget  *root,
                const char *id)
{
  const char *own = gtk_buildable_get_buildable_id (GTK_BUILDABLE (root));

  if (own && g_str_equal (own, id))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child; child = gtk_widget_get_next_sibling (child)) {
    GtkWidget *found = canned_find_id (child, id);

    if (found)
      return found;
  }
  return NULL;
}

GtkWidget *
canned_find (GtkWidget *root,
             GType      type,
             guint      n)
{
  return find_nth (root, type, &n);
}

void
canned_press (GtkWidget *widget,
              guint      key,
              guint      state)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);
  gboolean handled = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers) && !handled; i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
      g_signal_emit_by_name (controller, "key-pressed", key, 0, state, &handled);
  }
  g_assert_true (handled);
}

void
canned_check_gone (GtkWidget *widget)
{
  g_object_ref_sink (widget);
  g_assert_finalize_object (widget);
}
