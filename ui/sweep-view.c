/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/sweep-view.h"

#include "ui/plot-cache.h"

#define BUDGET 4000          /* microseconds of a frame for new thumbnails */
#define SMALLEST 44          /* thumbnails, in units */
#define LARGEST 168

struct _MpSweepView
{
  GtkWidget parent_instance;

  MpSweepMatrix *matrix;
  guint          n_rows, n_columns;
  int            hovered, focused;   /* cells; −1: none */
};

G_DEFINE_FINAL_TYPE (MpSweepView, mp_sweep_view, GTK_TYPE_WIDGET)

enum
{
  ACTIVATED,
  DESCRIBE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static int
count_cells (MpSweepView *self)
{
  return self->matrix ? (int) (self->n_rows * self->n_columns) : 0;
}

/* ---- drawing ---- */

static gboolean
go_on_cb (gpointer data)
{
  gtk_widget_queue_draw (data);
  return G_SOURCE_REMOVE;
}

static void
mp_sweep_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  MpSweepView *self = MP_SWEEP_VIEW (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  MpPlotStyle style;
  cairo_t *cr;
  gboolean pending;

  if (!self->matrix || width < 1 || height < 1)
    return;
  mp_plot_style_for_widget (&style, widget);
  mp_sweep_matrix_set_marks (self->matrix, self->hovered, gtk_widget_has_visible_focus (widget) ? self->focused : -1);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  pending = mp_sweep_matrix_draw (self->matrix, cr, width, height, BUDGET, &style);
  cairo_destroy (cr);
  if (pending)
    g_idle_add_full (G_PRIORITY_LOW, go_on_cb, g_object_ref (self), g_object_unref);
}

static GtkSizeRequestMode
mp_sweep_view_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* The height of a matrix of this width; −1: of its natural width. */
static void
size_for (MpSweepView *self,
          int          for_width,
          double      *width,
          double      *height)
{
  double small_width, small_height, large_width, large_height, thumbnail = 96;
  MpPlotStyle style;

  mp_plot_style_for_widget (&style, GTK_WIDGET (self));
  mp_sweep_matrix_get_size (self->matrix, &style, SMALLEST, &small_width, &small_height);
  mp_sweep_matrix_get_size (self->matrix, &style, LARGEST, &large_width, &large_height);
  if (for_width >= 0 && large_width > small_width)
    thumbnail = SMALLEST + (LARGEST - SMALLEST) * CLAMP ((for_width - small_width) / (large_width - small_width), 0, 1);
  mp_sweep_matrix_get_size (self->matrix, &style, thumbnail, width, height);
}

static void
mp_sweep_view_measure (GtkWidget     *widget,
                       GtkOrientation orientation,
                       int            for_size,
                       int           *minimum,
                       int           *natural,
                       int           *minimum_baseline,
                       int           *natural_baseline)
{
  MpSweepView *self = MP_SWEEP_VIEW (widget);
  double width, height;
  MpPlotStyle style;

  *minimum = *natural = 0;
  if (!self->matrix)
    return;
  size_for (self, orientation == GTK_ORIENTATION_VERTICAL ? for_size : -1, &width, &height);
  if (orientation == GTK_ORIENTATION_VERTICAL) {
    *minimum = *natural = (int) height;
    return;
  }
  *natural = (int) width;
  mp_plot_style_for_widget (&style, widget);
  mp_sweep_matrix_get_size (self->matrix, &style, SMALLEST, &width, &height);
  *minimum = MIN ((int) width, *natural);
}

/* ---- cells ---- */

static char *
describe (MpSweepView *self,
          int          cell)
{
  char *words = NULL;

  if (cell >= 0)
    g_signal_emit (self, signals[DESCRIBE], 0, (guint) cell, &words);
  return words;
}

static void
move_focus (MpSweepView *self,
            int          cell)
{
  g_autofree char *words = NULL;

  if (cell < 0 || cell >= count_cells (self))
    return;
  self->focused = cell;
  words = describe (self, cell);
  if (words)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static int
cell_at (MpSweepView *self,
         double       x,
         double       y)
{
  GtkWidget *widget = GTK_WIDGET (self);
  MpPlotStyle style;

  if (!self->matrix)
    return -1;
  mp_plot_style_for_widget (&style, widget);
  return mp_sweep_matrix_hit (self->matrix, gtk_widget_get_width (widget), gtk_widget_get_height (widget), &style, x, y);
}

static void
motion_cb (MpSweepView *self,
           double       x,
           double       y)
{
  int cell = cell_at (self, x, y);

  if (cell == self->hovered)
    return;
  self->hovered = cell;
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), cell >= 0 ? "pointer" : NULL);
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
leave_cb (MpSweepView *self)
{
  motion_cb (self, -1, -1);
}

static void
released_cb (MpSweepView *self,
             int          n_press,
             double       x,
             double       y)
{
  int cell = cell_at (self, x, y);

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (cell < 0)
    return;
  move_focus (self, cell);
  g_signal_emit (self, signals[ACTIVATED], 0, (guint) cell);
}

static gboolean
key_cb (MpSweepView    *self,
        guint           key,
        guint           code,
        GdkModifierType modifiers)
{
  int columns = (int) self->n_columns, column = self->focused % MAX (columns, 1);

  if (count_cells (self) == 0 || (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK)))
    return FALSE;
  switch (key) {
  case GDK_KEY_Left:
    if (column > 0)
      move_focus (self, self->focused - 1);
    return TRUE;
  case GDK_KEY_Right:
    if (column + 1 < columns)
      move_focus (self, self->focused + 1);
    return TRUE;
  case GDK_KEY_Up:
    move_focus (self, self->focused - columns);
    return TRUE;
  case GDK_KEY_Down:
    move_focus (self, self->focused + columns);
    return TRUE;
  case GDK_KEY_Home:
    move_focus (self, 0);
    return TRUE;
  case GDK_KEY_End:
    move_focus (self, count_cells (self) - 1);
    return TRUE;
  case GDK_KEY_Return:
  case GDK_KEY_KP_Enter:
  case GDK_KEY_space:
    g_signal_emit (self, signals[ACTIVATED], 0, (guint) self->focused);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
mp_sweep_view_query_tooltip (GtkWidget  *widget,
                             int         x,
                             int         y,
                             gboolean    keyboard,
                             GtkTooltip *tooltip)
{
  MpSweepView *self = MP_SWEEP_VIEW (widget);
  int cell = keyboard ? self->focused : cell_at (self, x, y);
  g_autofree char *words = describe (self, cell);
  GdkRectangle place;

  if (!words)
    return FALSE;
  mp_sweep_view_locate (self, (guint) cell, &place);
  gtk_tooltip_set_tip_area (tooltip, &place);
  gtk_tooltip_set_text (tooltip, words);
  return TRUE;
}

/* ---- object ---- */

static void
mp_sweep_view_class_init (MpSweepViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = mp_sweep_view_snapshot;
  widget_class->measure = mp_sweep_view_measure;
  widget_class->get_request_mode = mp_sweep_view_get_request_mode;
  widget_class->query_tooltip = mp_sweep_view_query_tooltip;
  gtk_widget_class_set_css_name (widget_class, "sweepmatrix");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GRID);
  signals[ACTIVATED] = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[DESCRIBE] = g_signal_new ("describe", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_STRING, 1, G_TYPE_UINT);
}

static void
mp_sweep_view_init (MpSweepView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->hovered = -1;
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_has_tooltip (widget, TRUE);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  g_signal_connect_swapped (click, "released", G_CALLBACK (released_cb), self);
  g_signal_connect_swapped (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (widget, key);
}

GtkWidget *
mp_sweep_view_new (void)
{
  return g_object_new (MP_TYPE_SWEEP_VIEW, NULL);
}

void
mp_sweep_view_set_matrix (MpSweepView   *self,
                          MpSweepMatrix *matrix,
                          guint          n_rows,
                          guint          n_columns)
{
  g_return_if_fail (MP_IS_SWEEP_VIEW (self));

  self->matrix = matrix;
  self->n_rows = n_rows;
  self->n_columns = n_columns;
  self->hovered = -1;
  self->focused = 0;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
mp_sweep_view_invalidate (MpSweepView *self)
{
  g_return_if_fail (MP_IS_SWEEP_VIEW (self));

  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_sweep_view_locate (MpSweepView  *self,
                      guint         cell,
                      GdkRectangle *place)
{
  GtkWidget *widget = GTK_WIDGET (self);
  double card[4] = { 0 };
  MpPlotStyle style;

  g_return_if_fail (MP_IS_SWEEP_VIEW (self));

  mp_plot_style_for_widget (&style, widget);
  if (self->matrix)
    mp_sweep_matrix_locate (self->matrix, gtk_widget_get_width (widget), gtk_widget_get_height (widget), &style, cell,
                            card);
  *place = (GdkRectangle) { (int) card[0], (int) card[1], (int) card[2], (int) card[3] };
}
