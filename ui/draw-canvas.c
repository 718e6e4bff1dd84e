/* SPDX-License-Identifier: Apache-2.0
 *
 * draw-canvas.c: strokes up to `n_done` are there, those behind can be had again by redoing. Clearing is a stroke of an
 * eraser that covers everything, so that it is undone like any other. What is done is kept as an image; only the stroke
 * in hand is drawn anew in each frame.
 */
#include <glib/gi18n-lib.h>

#include "ui/draw-canvas.h"

#include <math.h>
#include <string.h>

#include "ui/draw-paint.h"
#include "ui/plot-cache.h"
#include "ui/plot/plot-format.h"

#define SMALLEST 200
#define MARGIN 10            /* around the square */
#define STEP 0.05            /* of a key */
#define FINE_STEP 0.01
#define SIZE_FACTOR 1.25
#define THINNEST 0.004       /* nearer points add nothing that can be seen */
#define MOST_NUMBERS 80000   /* an experiment's file may have a megabyte */
#define EVERYTHING 3.0       /* the radius of an eraser that clears */
#define RASTER 64            /* cells along a side, to see whether anything is left */

struct _MpDrawCanvas
{
  GtkWidget parent_instance;

  GPtrArray       *strokes;       /* MpStroke */
  guint            n_done;
  MpStroke        *stroke;        /* in hand, or NULL */
  gboolean         by_key;        /* it follows the keys, not the pointer */
  gboolean         empty;

  gboolean         erasing;
  double           radius, strength, size;
  double           brush[2];      /* where it is */
  gboolean         shows_brush;

  float           *background;
  gint64           n_background;

  cairo_surface_t *image;         /* of the first n_drawn strokes */
  guint            n_drawn;
  int              image_side;    /* in device pixels */
  MpColour         image_colour;
};

enum
{
  PROP_0,
  PROP_CAN_UNDO,
  PROP_CAN_REDO,
  PROP_EMPTY,
  PROP_RADIUS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpDrawCanvas, mp_draw_canvas, GTK_TYPE_WIDGET)

/* ---- strokes ---- */

static gboolean
clears (const MpStroke *stroke)
{
  return stroke->erase && stroke->radius >= EVERYTHING;
}

/* The strokes that count: those since everything was last cleared. (transfer container) */
static GPtrArray *
list_visible (MpDrawCanvas *self)
{
  GPtrArray *visible = g_ptr_array_new ();

  for (guint i = 0; i < self->n_done; i++) {
    MpStroke *stroke = g_ptr_array_index (self->strokes, i);

    if (clears (stroke))
      g_ptr_array_set_size (visible, 0);
    else
      g_ptr_array_add (visible, stroke);
  }
  return visible;
}

static gboolean
find_empty (MpDrawCanvas *self)
{
  g_autoptr (GPtrArray) visible = list_visible (self);
  g_autofree double *mass = g_new (double, RASTER * RASTER);

  mp_strokes_rasterise (visible, RASTER, mass);
  for (guint i = 0; i < RASTER * RASTER; i++)
    if (mass[i] > 0)
      return FALSE;
  return TRUE;
}

static void
describe (MpDrawCanvas *self)
{
  g_autofree char *x = mp_format_value (self->brush[0] * self->size, 3);
  g_autofree char *y = mp_format_value (self->brush[1] * self->size, 3);
  g_autoptr (GPtrArray) visible = list_visible (self);
  g_autofree char *strokes
    = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u stroke", "%u strokes", visible->len), visible->len);
  g_autofree char *words = NULL;

  if (self->erasing)
    words = g_strdup_printf (self->stroke ? _("Eraser down at %s, %s; %s.") : _("Eraser up at %s, %s; %s."), x, y,
                             strokes);
  else
    words = g_strdup_printf (self->stroke ? _("Brush down at %s, %s; %s.") : _("Brush up at %s, %s; %s."), x, y,
                             strokes);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

static void
changed (MpDrawCanvas *self)
{
  gboolean empty = find_empty (self);

  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CAN_UNDO]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CAN_REDO]);
  if (empty != self->empty) {
    self->empty = empty;
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_EMPTY]);
  }
  g_object_thaw_notify (G_OBJECT (self));
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
forget_image (MpDrawCanvas *self)
{
  g_clear_pointer (&self->image, cairo_surface_destroy);
  self->n_drawn = 0;
}

static void
do_stroke (MpDrawCanvas *self,
           MpStroke     *stroke)
{
  if (self->n_drawn > self->n_done)
    forget_image (self);
  g_ptr_array_set_size (self->strokes, (int) self->n_done);
  g_ptr_array_add (self->strokes, stroke);
  self->n_done++;
  changed (self);
}

static gboolean
is_full (MpDrawCanvas *self)
{
  g_autoptr (GPtrArray) visible = list_visible (self);
  gsize n = 0;

  for (guint i = 0; i < visible->len; i++)
    n += ((MpStroke *) g_ptr_array_index (visible, i))->points->len + 2;
  return n > MOST_NUMBERS;
}

/* The stroke in hand goes on to where the brush is. */
static void
extend_stroke (MpDrawCanvas *self)
{
  GArray *points = self->stroke->points;
  const double *last = points->len > 0 ? &g_array_index (points, double, points->len - 2) : NULL;

  if (!last || hypot (self->brush[0] - last[0], self->brush[1] - last[1]) > THINNEST)
    g_array_append_vals (points, self->brush, 2);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
begin_stroke (MpDrawCanvas *self,
              gboolean      erase,
              gboolean      by_key)
{
  if (self->stroke)
    return;
  if (is_full (self)) {
    gtk_widget_error_bell (GTK_WIDGET (self));
    return;
  }
  self->stroke = mp_stroke_new (erase, self->radius, self->strength);
  self->by_key = by_key;
  extend_stroke (self);
  describe (self);
}

static void
end_stroke (MpDrawCanvas *self)
{
  if (self->stroke)
    do_stroke (self, g_steal_pointer (&self->stroke));
}

static void
cancel_stroke (MpDrawCanvas *self)
{
  g_clear_pointer (&self->stroke, mp_stroke_free);
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- geometry ---- */

/* Half the side of the square in pixels, and its middle. */
static double
get_square (MpDrawCanvas *self,
            double        middle[2])
{
  double width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));

  middle[0] = width / 2;
  middle[1] = height / 2;
  return MAX (1, floor (MIN (width, height) / 2 - MARGIN));
}

static void
move_brush (MpDrawCanvas *self,
            double        x,
            double        y)
{
  double middle[2], half = get_square (self, middle);

  self->brush[0] = CLAMP ((x - middle[0]) / half, -1, 1);
  self->brush[1] = CLAMP ((middle[1] - y) / half, -1, 1);
  self->shows_brush = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- drawing ---- */

/* Brings the image up to date with what is done. */
static void
update_image (MpDrawCanvas *self,
              int           side,
              MpColour      colour)
{
  cairo_t *cr;

  if (self->image_side != side || self->n_drawn > self->n_done
      || memcmp (&self->image_colour, &colour, sizeof colour) != 0)
    forget_image (self);
  if (!self->image)
    self->image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, side, side);
  self->image_side = side;
  self->image_colour = colour;
  cr = cairo_create (self->image);
  for (; self->n_drawn < self->n_done; self->n_drawn++)
    mp_draw_paint_stroke (cr, g_ptr_array_index (self->strokes, self->n_drawn), side, colour);
  cairo_destroy (cr);
}

static void
mp_draw_canvas_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  MpDrawCanvas *self = MP_DRAW_CANVAS (widget);
  int scale = gtk_widget_get_scale_factor (widget);
  double middle[2], half = get_square (self, middle), side = 2 * half;
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  MpPlotStyle style;
  cairo_t *cr;

  mp_plot_style_for_widget (&style, widget);
  update_image (self, (int) side * scale, style.data);
  cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  cairo_translate (cr, middle[0] - half, middle[1] - half);
  cairo_rectangle (cr, 0, 0, side, side);
  cairo_clip (cr);
  mp_draw_paint_page (widget, cr, side, self->size, self->background, self->n_background, &style);
  cairo_push_group (cr);
  cairo_save (cr);
  cairo_scale (cr, 1.0 / scale, 1.0 / scale);
  cairo_set_source_surface (cr, self->image, 0, 0);
  cairo_paint (cr);
  cairo_restore (cr);
  if (self->stroke)
    mp_draw_paint_stroke (cr, self->stroke, side, style.data);
  cairo_pop_group_to_source (cr);
  cairo_paint_with_alpha (cr, 0.8);
  if (self->empty && !self->stroke)
    mp_draw_paint_hint (widget, cr, side, &style);
  if (self->shows_brush || gtk_widget_has_visible_focus (widget))
    mp_draw_paint_brush (cr, half, self->brush, self->radius, self->stroke != NULL,
                         self->stroke ? self->stroke->erase : self->erasing, &style);
  cairo_destroy (cr);
}

/* ---- pointer and keys ---- */

static void
drag_begin_cb (GtkGestureDrag *gesture,
               double          x,
               double          y,
               MpDrawCanvas   *self)
{
  guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture));

  gtk_widget_grab_focus (GTK_WIDGET (self));
  end_stroke (self);
  if (button != GDK_BUTTON_PRIMARY && button != GDK_BUTTON_SECONDARY) {
    gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
    return;
  }
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  move_brush (self, x, y);
  begin_stroke (self, self->erasing || button == GDK_BUTTON_SECONDARY, FALSE);
}

static void
drag_update_cb (GtkGestureDrag *gesture,
                double          dx,
                double          dy,
                MpDrawCanvas   *self)
{
  double x, y;

  gtk_gesture_drag_get_start_point (gesture, &x, &y);
  move_brush (self, x + dx, y + dy);
  if (self->stroke && !self->by_key)
    extend_stroke (self);
}

static void
drag_end_cb (MpDrawCanvas *self)
{
  if (!self->by_key)
    end_stroke (self);
}

static void
motion_cb (GtkEventControllerMotion *motion,
           double                    x,
           double                    y,
           MpDrawCanvas             *self)
{
  if (!self->stroke)
    move_brush (self, x, y);
}

static void
leave_cb (MpDrawCanvas *self)
{
  self->shows_brush = self->stroke != NULL;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
move_by_key (MpDrawCanvas *self,
             guint         keyval,
             double        step)
{
  static const struct
  {
    guint key, keypad;
    int   x, y;
  } keys[] = {
    { GDK_KEY_Left, GDK_KEY_KP_Left, -1, 0 }, { GDK_KEY_Right, GDK_KEY_KP_Right, 1, 0 },
    { GDK_KEY_Down, GDK_KEY_KP_Down, 0, -1 }, { GDK_KEY_Up, GDK_KEY_KP_Up, 0, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keyval == keys[i].key || keyval == keys[i].keypad) {
      self->brush[0] = CLAMP (self->brush[0] + keys[i].x * step, -1, 1);
      self->brush[1] = CLAMP (self->brush[1] + keys[i].y * step, -1, 1);
      if (self->stroke)
        extend_stroke (self);
      gtk_widget_queue_draw (GTK_WIDGET (self));
      describe (self);
      return TRUE;
    }
  return FALSE;
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  keyval,
        guint                  keycode,
        GdkModifierType        state,
        MpDrawCanvas          *self)
{
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK))
    return FALSE;
  if (move_by_key (self, keyval, state & GDK_SHIFT_MASK ? FINE_STEP : STEP))
    return TRUE;
  switch (keyval) {
  case GDK_KEY_space:
  case GDK_KEY_KP_Space:
    if (self->stroke)
      end_stroke (self);
    else
      begin_stroke (self, self->erasing, TRUE);
    return TRUE;
  case GDK_KEY_bracketleft:
    mp_draw_canvas_set_radius (self, self->radius / SIZE_FACTOR);
    return TRUE;
  case GDK_KEY_bracketright:
    mp_draw_canvas_set_radius (self, self->radius * SIZE_FACTOR);
    return TRUE;
  case GDK_KEY_Escape:
    if (!self->stroke)
      return FALSE;
    cancel_stroke (self);
    return TRUE;
  default:
    return FALSE;
  }
}

/* ---- the widget ---- */

static void
mp_draw_canvas_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = SMALLEST;
  *natural = 2 * SMALLEST;
}

static void
mp_draw_canvas_finalize (GObject *object)
{
  MpDrawCanvas *self = MP_DRAW_CANVAS (object);

  g_clear_pointer (&self->stroke, mp_stroke_free);
  g_ptr_array_unref (self->strokes);
  g_free (self->background);
  forget_image (self);
  G_OBJECT_CLASS (mp_draw_canvas_parent_class)->finalize (object);
}

static void
mp_draw_canvas_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  MpDrawCanvas *self = MP_DRAW_CANVAS (object);

  switch (prop_id) {
  case PROP_CAN_UNDO:
    g_value_set_boolean (value, self->n_done > 0);
    break;
  case PROP_CAN_REDO:
    g_value_set_boolean (value, self->n_done < self->strokes->len);
    break;
  case PROP_EMPTY:
    g_value_set_boolean (value, self->empty);
    break;
  case PROP_RADIUS:
    g_value_set_double (value, self->radius);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
mp_draw_canvas_class_init (MpDrawCanvasClass *klass)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->finalize = mp_draw_canvas_finalize;
  object_class->get_property = mp_draw_canvas_get_property;
  widget_class->snapshot = mp_draw_canvas_snapshot;
  widget_class->measure = mp_draw_canvas_measure;
  props[PROP_CAN_UNDO] = g_param_spec_boolean ("can-undo", NULL, NULL, FALSE, readable);
  props[PROP_CAN_REDO] = g_param_spec_boolean ("can-redo", NULL, NULL, FALSE, readable);
  props[PROP_EMPTY] = g_param_spec_boolean ("empty", NULL, NULL, TRUE, readable);
  props[PROP_RADIUS] = g_param_spec_double ("radius", NULL, NULL, MP_DRAW_MIN_RADIUS, MP_DRAW_MAX_RADIUS, 0.08,
                                            readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_css_name (widget_class, "drawcanvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mp_draw_canvas_init (MpDrawCanvas *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *motion = gtk_event_controller_motion_new (), *key = gtk_event_controller_key_new ();

  self->strokes = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_stroke_free);
  self->empty = TRUE;
  self->radius = 0.08;
  self->strength = 1;
  self->size = 2;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  g_signal_connect_swapped (drag, "cancel", G_CALLBACK (drag_end_cb), self);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "crosshair");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Drawing canvas"), -1);
  describe (self);
}

GtkWidget *
mp_draw_canvas_new (void)
{
  return g_object_new (MP_TYPE_DRAW_CANVAS, NULL);
}

gboolean
mp_draw_canvas_set_strokes (MpDrawCanvas  *self,
                            const char    *text,
                            GError       **error)
{
  GPtrArray *strokes;

  g_return_val_if_fail (MP_IS_DRAW_CANVAS (self), FALSE);

  strokes = mp_strokes_parse (text, error);
  if (!strokes)
    return FALSE;
  g_ptr_array_unref (self->strokes);
  self->strokes = strokes;
  self->n_done = strokes->len;
  forget_image (self);
  changed (self);
  return TRUE;
}

char *
mp_draw_canvas_dup_strokes (MpDrawCanvas *self)
{
  g_autoptr (GPtrArray) visible = NULL;

  g_return_val_if_fail (MP_IS_DRAW_CANVAS (self), NULL);

  visible = list_visible (self);
  return mp_strokes_format (visible);
}

gboolean
mp_draw_canvas_is_empty (MpDrawCanvas *self)
{
  g_return_val_if_fail (MP_IS_DRAW_CANVAS (self), TRUE);

  return self->empty;
}

void
mp_draw_canvas_set_erasing (MpDrawCanvas *self,
                            gboolean      erasing)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  self->erasing = erasing;
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_draw_canvas_set_radius (MpDrawCanvas *self,
                           double        radius)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  radius = CLAMP (radius, MP_DRAW_MIN_RADIUS, MP_DRAW_MAX_RADIUS);
  if (radius == self->radius)
    return;
  self->radius = radius;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_RADIUS]);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

double
mp_draw_canvas_get_radius (MpDrawCanvas *self)
{
  g_return_val_if_fail (MP_IS_DRAW_CANVAS (self), 0);

  return self->radius;
}

void
mp_draw_canvas_set_strength (MpDrawCanvas *self,
                             double        strength)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  self->strength = CLAMP (strength, 0.05, 1);
}

void
mp_draw_canvas_undo (MpDrawCanvas *self)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  if (self->stroke)
    cancel_stroke (self);
  else if (self->n_done > 0) {
    self->n_done--;
    changed (self);
  }
}

void
mp_draw_canvas_redo (MpDrawCanvas *self)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  if (self->n_done == self->strokes->len || self->stroke)
    return;
  self->n_done++;
  changed (self);
}

void
mp_draw_canvas_clear (MpDrawCanvas *self)
{
  MpStroke *everything;
  const double origin[2] = { 0, 0 };

  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  end_stroke (self);
  if (self->empty)
    return;
  everything = mp_stroke_new (TRUE, EVERYTHING, 1);
  g_array_append_vals (everything->points, origin, 2);
  do_stroke (self, everything);
}

void
mp_draw_canvas_set_size (MpDrawCanvas *self,
                         double        size)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));
  g_return_if_fail (size > 0);

  self->size = size;
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_draw_canvas_set_background (MpDrawCanvas *self,
                               const float  *points,
                               gint64        n)
{
  g_return_if_fail (MP_IS_DRAW_CANVAS (self));

  g_free (self->background);
  self->n_background = points ? n : 0;
  self->background = g_memdup2 (points, (gsize) self->n_background * 2 * sizeof *points);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
