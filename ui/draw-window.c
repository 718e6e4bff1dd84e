/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/draw-window.h"

#include <math.h>

#include "ui/wrap-layout.h"

#define DEFAULT_SIZE 2.0
#define DEFAULT_COMPARISON "drawing-comparison"

struct _MpDrawWindow
{
  AdwWindow parent_instance;

  MpSession       *session;
  double           size;       /* half the canvas's side in units of the data */

  GtkButton       *train;
  GtkButton       *undo, *redo;
  MpDrawCanvas    *canvas;
  GtkToggleButton *brush, *eraser;
  GtkRange        *radius;
  GtkRange        *strength;
  GtkToggleButton *trace;
  GtkButton       *clear;
};

G_DEFINE_FINAL_TYPE (MpDrawWindow, mp_draw_window, ADW_TYPE_WINDOW)

/* (transfer full) or NULL */
static MpLaneModel *
first_lane (MpDrawWindow *self)
{
  return g_list_model_get_item (mp_session_get_lanes (self->session), 0);
}

/* ---- tools ---- */

static void
tool_cb (MpDrawWindow *self)
{
  gboolean erasing = gtk_toggle_button_get_active (self->eraser);

  mp_draw_canvas_set_erasing (self->canvas, erasing);
  gtk_widget_set_sensitive (GTK_WIDGET (self->strength), !erasing);
}

/* The scale is logarithmic: equal steps are equal factors. */
static void
radius_cb (MpDrawWindow *self)
{
  mp_draw_canvas_set_radius (self->canvas, exp (gtk_range_get_value (self->radius)));
}

static void
canvas_radius_cb (MpDrawWindow *self)
{
  double value = log (mp_draw_canvas_get_radius (self->canvas));

  if (fabs (value - gtk_range_get_value (self->radius)) > 1e-9)
    gtk_range_set_value (self->radius, value);
}

static void
strength_cb (MpDrawWindow *self)
{
  mp_draw_canvas_set_strength (self->canvas, gtk_range_get_value (self->strength));
}

/* The data of the first lane in coordinates of the canvas. */
static void
trace_cb (MpDrawWindow *self)
{
  g_autoptr (MpLaneModel) lane = first_lane (self);
  MpSnapshot *snapshot = lane ? mp_lane_model_get_snapshot (lane) : NULL;
  g_autofree float *points = NULL;

  if (!snapshot || !snapshot->data || snapshot->dimensions != 2 || !gtk_toggle_button_get_active (self->trace)) {
    mp_draw_canvas_set_background (self->canvas, NULL, 0);
    return;
  }
  points = g_new (float, 2 * snapshot->n_data);
  for (gint64 i = 0; i < 2 * snapshot->n_data; i++)
    points[i] = (float) (snapshot->data[i] / self->size);
  mp_draw_canvas_set_background (self->canvas, points, snapshot->n_data);
}

static void
update_cb (MpDrawWindow *self)
{
  gboolean can_undo, can_redo, empty;

  g_object_get (self->canvas, "can-undo", &can_undo, "can-redo", &can_redo, "empty", &empty, NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "draw.undo", can_undo);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "draw.redo", can_redo);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "draw.clear", !empty);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "draw.train", !empty);
}

static void
draw_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  MpDrawWindow *self = MP_DRAW_WINDOW (widget);

  if (g_str_equal (name, "draw.undo"))
    mp_draw_canvas_undo (self->canvas);
  else if (g_str_equal (name, "draw.redo"))
    mp_draw_canvas_redo (self->canvas);
  else if (g_str_equal (name, "draw.clear"))
    mp_draw_canvas_clear (self->canvas);
  else if (g_str_equal (name, "draw.brush"))
    gtk_toggle_button_set_active (self->brush, TRUE);
  else if (g_str_equal (name, "draw.eraser"))
    gtk_toggle_button_set_active (self->eraser, TRUE);
  else if (mp_draw_window_train (self))
    gtk_window_close (GTK_WINDOW (self));
}

/* ---- training ---- */

static void
toast (MpDrawWindow *self,
       const char   *text)
{
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (self));

  if (parent)
    gtk_widget_activate_action (GTK_WIDGET (parent), "win.toast", "s", text);
}

/* A set of another kind gives the drawing only what is its own, not its noise or its few points. */
static gboolean
give_drawing (MpDrawWindow  *self,
              MpLaneModel   *lane,
              const char    *strokes,
              GError       **error)
{
  MpExperiment *draft = mp_lane_model_get_draft (lane);
  char size[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (size, sizeof size, "%.6g", self->size);
  if (!g_str_equal (mp_experiment_get_string (draft, "data", "kind"), "drawing")
      && !(mp_lane_model_set_value (lane, "data", "kind", "drawing", error)
           && mp_lane_model_set_value (lane, "data", "points", "10000", error)
           && mp_lane_model_set_value (lane, "data", "noise", "0", error)))
    return FALSE;
  return mp_lane_model_set_value (lane, "data", "strokes", strokes, error)
         && mp_lane_model_set_value (lane, "data", "size", size, error);
}

gboolean
mp_draw_window_train (MpDrawWindow *self)
{
  g_autofree char *strokes = NULL;
  GListModel *lanes;
  g_autoptr (GError) error = NULL;
  gboolean done = TRUE;

  g_return_val_if_fail (MP_IS_DRAW_WINDOW (self), FALSE);

  strokes = mp_draw_canvas_dup_strokes (self->canvas);
  lanes = mp_session_get_lanes (self->session);
  if (g_list_model_get_n_items (lanes) == 0)
    done = mp_session_open (self->session, DEFAULT_COMPARISON, FALSE, &error);
  for (guint i = 0; done && i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    done = give_drawing (self, lane, strokes, &error);
    if (done)
      mp_lane_model_restart (lane);
  }
  if (done) {
    GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (self));

    mp_session_play (self->session);
    if (parent)
      gtk_widget_activate_action (GTK_WIDGET (parent), "win.page", "s", "lanes");
  } else {
    toast (self, error->message);
  }
  return done;
}

/* ---- what there is when it opens ---- */

/* A round number that the points do not reach beyond. */
static double
choose_size (MpSnapshot *snapshot)
{
  double reach = 0, unit;

  for (gint64 i = 0; snapshot && snapshot->data && i < snapshot->n_data * snapshot->dimensions; i++)
    reach = MAX (reach, fabs (snapshot->data[i]));
  if (reach <= DEFAULT_SIZE && reach > DEFAULT_SIZE / 4)
    return DEFAULT_SIZE;
  if (!(reach > 0) || !isfinite (reach))
    return DEFAULT_SIZE;
  unit = pow (10, floor (log10 (reach)));
  return ceil (1.05 * reach / unit * 2) / 2 * unit;
}

static void
begin (MpDrawWindow *self)
{
  g_autoptr (MpLaneModel) lane = first_lane (self);
  MpExperiment *experiment = lane ? mp_lane_model_get_experiment (lane) : NULL;
  MpSnapshot *snapshot = lane ? mp_lane_model_get_snapshot (lane) : NULL;
  gboolean has_data = snapshot && snapshot->data && snapshot->dimensions == 2;
  g_autoptr (GError) error = NULL;

  self->size = choose_size (has_data ? snapshot : NULL);
  if (experiment && g_str_equal (mp_experiment_get_string (experiment, "data", "kind"), "drawing")) {
    self->size = mp_experiment_get_double (experiment, "data", "size");
    has_data = FALSE;
    if (!mp_draw_canvas_set_strokes (self->canvas, mp_experiment_get_string (experiment, "data", "strokes"), &error))
      toast (self, error->message);
  }
  mp_draw_canvas_set_size (self->canvas, self->size);
  gtk_toggle_button_set_active (self->trace, has_data);
  gtk_widget_set_visible (GTK_WIDGET (self->trace), snapshot && snapshot->data && snapshot->dimensions == 2);
  canvas_radius_cb (self);
  update_cb (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->canvas));
}

/* ---- the window ---- */

static void
mp_draw_window_dispose (GObject *object)
{
  g_clear_object (&MP_DRAW_WINDOW (object)->session);
  G_OBJECT_CLASS (mp_draw_window_parent_class)->dispose (object);
}

static void
mp_draw_window_class_init (MpDrawWindowClass *klass)
{
  static const struct
  {
    const char     *action;
    guint           key;
    GdkModifierType modifiers;
  } keys[] = {
    { "draw.undo", GDK_KEY_z, GDK_CONTROL_MASK },
    { "draw.redo", GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK },
    { "draw.redo", GDK_KEY_y, GDK_CONTROL_MASK },
    { "draw.train", GDK_KEY_Return, GDK_CONTROL_MASK },
    { "draw.brush", GDK_KEY_b, 0 },
    { "draw.eraser", GDK_KEY_e, 0 },
    { "draw.clear", GDK_KEY_Delete, 0 },
    { "window.close", GDK_KEY_Escape, 0 },
    { "window.close", GDK_KEY_w, GDK_CONTROL_MASK },
  };
  static const char *const actions[] = {
    "draw.undo", "draw.redo", "draw.clear", "draw.brush", "draw.eraser", "draw.train"
  };
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_draw_window_dispose;
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_class_install_action (widget_class, actions[i], NULL, draw_action);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding_action (widget_class, keys[i].key, keys[i].modifiers, keys[i].action, NULL);
  g_type_ensure (MP_TYPE_DRAW_CANVAS);
  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/draw-window.ui");
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, train);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, undo);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, redo);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, canvas);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, brush);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, eraser);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, radius);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, strength);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, trace);
  gtk_widget_class_bind_template_child (widget_class, MpDrawWindow, clear);
}

static void
mp_draw_window_init (MpDrawWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_range_set_range (self->radius, log (MP_DRAW_MIN_RADIUS), log (MP_DRAW_MAX_RADIUS));
  gtk_range_set_increments (self->radius, 0.1, 0.5);
  gtk_range_set_range (self->strength, 0.1, 1);
  gtk_range_set_increments (self->strength, 0.05, 0.2);
  gtk_range_set_value (self->strength, 1);
  g_signal_connect_swapped (self->eraser, "notify::active", G_CALLBACK (tool_cb), self);
  g_signal_connect_swapped (self->radius, "value-changed", G_CALLBACK (radius_cb), self);
  g_signal_connect_swapped (self->strength, "value-changed", G_CALLBACK (strength_cb), self);
  g_signal_connect_swapped (self->trace, "toggled", G_CALLBACK (trace_cb), self);
  g_signal_connect_swapped (self->canvas, "notify::radius", G_CALLBACK (canvas_radius_cb), self);
  g_signal_connect_swapped (self->canvas, "notify::can-undo", G_CALLBACK (update_cb), self);
  g_signal_connect_swapped (self->canvas, "notify::can-redo", G_CALLBACK (update_cb), self);
  g_signal_connect_swapped (self->canvas, "notify::empty", G_CALLBACK (update_cb), self);
}

MpDrawWindow *
mp_draw_window_new (GtkWindow *parent,
                    MpSession *session)
{
  MpDrawWindow *self;

  g_return_val_if_fail (MP_IS_SESSION (session), NULL);

  self = g_object_new (MP_TYPE_DRAW_WINDOW, "transient-for", parent, "destroy-with-parent", TRUE, NULL);
  self->session = g_object_ref (session);
  begin (self);
  return self;
}

MpDrawCanvas *
mp_draw_window_get_canvas (MpDrawWindow *self)
{
  g_return_val_if_fail (MP_IS_DRAW_WINDOW (self), NULL);

  return self->canvas;
}
