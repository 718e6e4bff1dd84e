/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/timeline-bar.h"

#include <inttypes.h>
#include <math.h>

#include "ui/plot-cache.h"
#include "ui/plot/plot-format.h"
#include "ui/plot/ticks.h"

#define MARGIN 11.0       /* beside the ends, so that the handle fits */
#define BAR_HEIGHT 30.0
#define ROW_HEIGHT 30.0
#define AXIS_HEIGHT 26.0
#define NAMES_WIDTH 150.0 /* of tracks, and as wide as they may grow */
#define MOST_NAMES_WIDTH 300.0
#define MARK_GAP 3.0      /* marks closer than this are one */

struct _MpTimelineBar
{
  GtkWidget parent_instance;

  gboolean tracks;
  MpTimeline *timeline;
  gboolean watching;
  GtkWidget  *menu;
};

enum
{
  PROP_0,
  PROP_TRACKS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpTimelineBar, mp_timeline_bar, GTK_TYPE_WIDGET)

/* ---- places ---- */

typedef struct
{
  MpPlotStyle style;
  double x0, x1;           /* of the scale */
  double end;              /* what x1 stands for */
  double row, axis;        /* heights */
  double width, height;
} Layout;

/* (transfer full) */
static PangoLayout *
new_text (MpTimelineBar *self,
          const char    *text,
          double         size,
          gboolean       bold)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_size_new ((int) (size * 0.75 * PANGO_SCALE)));
  if (bold)
    pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_layout_set_attributes (layout, attributes);
  return layout;
}

static const char *
name_track (MpTimelineBar *self,
            guint          track)
{
  return mp_lane_model_get_name (mp_timeline_get_track (self->timeline, track)->model);
}

/* (transfer full) */
static char *
dup_row_name (MpTimelineBar *self,
              guint          track,
              gboolean      *branch)
{
  guint64 iteration = 0;
  g_autofree char *count = NULL;

  *branch = mp_lane_model_get_parent (mp_timeline_get_track (self->timeline, track)->model, &iteration) != NULL;
  count = mp_format_count (iteration);
  return *branch ? g_strdup_printf (_("↳ %s from %s"), name_track (self, track), count)
                 : g_strdup (name_track (self, track));
}

/* As wide as the longest one needs, within limits. */
static double
measure_names (MpTimelineBar     *self,
               const MpPlotStyle *style)
{
  double widest = NAMES_WIDTH * style->text_scale;

  for (guint i = 0; self->timeline && i < mp_timeline_get_n_tracks (self->timeline); i++) {
    gboolean branch;
    g_autofree char *name = dup_row_name (self, i, &branch);
    g_autoptr (PangoLayout) layout = new_text (self, name, style->label_size, !branch);
    int width;

    pango_layout_get_pixel_size (layout, &width, NULL);
    widest = MAX (widest, width + 16);
  }
  return MIN (widest, MOST_NAMES_WIDTH * style->text_scale);
}

static void
get_layout (MpTimelineBar *self,
            Layout        *layout)
{
  mp_plot_style_for_widget (&layout->style, GTK_WIDGET (self));
  layout->width = gtk_widget_get_width (GTK_WIDGET (self));
  layout->height = gtk_widget_get_height (GTK_WIDGET (self));
  layout->x0 = MARGIN + (self->tracks ? MIN (measure_names (self, &layout->style), layout->width / 3) : 0);
  layout->x1 = MAX (layout->width - MARGIN, layout->x0 + 1);
  layout->row = self->tracks ? ROW_HEIGHT * layout->style.text_scale : layout->height;
  layout->axis = self->tracks ? AXIS_HEIGHT * layout->style.text_scale : 0;
  layout->end = self->timeline ? mp_timeline_get_end (self->timeline) : 0;
}

static double
x_of (const Layout *layout,
      double        position)
{
  return layout->end > 0 ? layout->x0 + (layout->x1 - layout->x0) * CLAMP (position / layout->end, 0, 1) : layout->x0;
}

static double
y_of (const Layout *layout,
      guint         row)
{
  return (row + 0.5) * layout->row;
}

double
mp_timeline_bar_get_x (MpTimelineBar *self,
                       double         position)
{
  Layout layout;

  g_return_val_if_fail (MP_IS_TIMELINE_BAR (self), 0);

  get_layout (self, &layout);
  return x_of (&layout, position);
}

/* ---- drawing ---- */

static void
draw_line (cairo_t *cr,
           double   x0,
           double   x1,
           double   y,
           double   width,
           MpColour colour)
{
  if (x1 <= x0)
    return;
  mp_colour_set_source (colour, cr);
  cairo_set_line_width (cr, width);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_move_to (cr, x0, y);
  cairo_line_to (cr, x1, y);
  cairo_stroke (cr);
}

/* Upright strokes, as far apart as can be told apart. */
static void
draw_marks (cairo_t      *cr,
            const Layout *layout,
            const double *marks,
            guint         n,
            double        y,
            double        reach,
            MpColour      colour)
{
  double last = -INFINITY;

  mp_colour_set_source (colour, cr);
  cairo_set_line_width (cr, 1);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_BUTT);
  for (guint i = 0; i < n; i++) {
    double x = floor (x_of (layout, marks[i])) + 0.5;

    if (x - last < MARK_GAP)
      continue;
    last = x;
    cairo_move_to (cr, x, y - reach);
    cairo_line_to (cr, x, y + reach);
  }
  cairo_stroke (cr);
}

static void
draw_diamond (cairo_t *cr,
              double   x,
              double   y,
              double   r,
              MpColour fill,
              MpColour edge)
{
  cairo_move_to (cr, x - r, y);
  cairo_line_to (cr, x, y - r);
  cairo_line_to (cr, x + r, y);
  cairo_line_to (cr, x, y + r);
  cairo_close_path (cr);
  mp_colour_set_source (fill, cr);
  cairo_fill_preserve (cr);
  mp_colour_set_source (edge, cr);
  cairo_set_line_width (cr, 1.2);
  cairo_stroke (cr);
}

static MpColour
get_accent (GtkWidget    *widget,
            const Layout *layout)
{
  GdkRGBA rgba;

  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), "accent_bg_color", &rgba))
    return layout->style.text;
  return (MpColour) { rgba.red, rgba.green, rgba.blue, rgba.alpha };
}

static void
draw_handle (MpTimelineBar *self,
             cairo_t       *cr,
             const Layout  *layout,
             double         x,
             double         y)
{
  MpColour accent = get_accent (GTK_WIDGET (self), layout);

  cairo_arc (cr, x, y, 7.5, 0, 2 * G_PI);
  mp_colour_set_source (mp_timeline_is_live (self->timeline) ? accent : layout->style.card, cr);
  cairo_fill_preserve (cr);
  mp_colour_set_source (accent, cr);
  cairo_set_line_width (cr, 2);
  cairo_stroke (cr);
}

static void
draw_bar (MpTimelineBar *self,
          cairo_t       *cr,
          const Layout  *layout)
{
  MpColour faint = mp_colour_fade (layout->style.text, 0.18), mark = mp_colour_fade (layout->style.text, 0.55);
  double y = layout->height / 2, now = mp_timeline_get_now (self->timeline);

  draw_line (cr, layout->x0, layout->x1, y, 4, faint);
  draw_line (cr, layout->x0, x_of (layout, now), y, 4, get_accent (GTK_WIDGET (self), layout));
  for (guint i = 0; i < mp_timeline_get_n_tracks (self->timeline); i++) {
    const MpTrack *track = mp_timeline_get_track (self->timeline, i);

    draw_marks (cr, layout, track->checkpoints, track->n_checkpoints, y, 9, mark);
    draw_marks (cr, layout, track->marks, track->n_marks, y, 5, mark);
  }
  draw_handle (self, cr, layout, x_of (layout, mp_timeline_get_position (self->timeline)), y);
}

/* Centred on the line at y. align: 0: x is the left end, 0.5: the middle. most: width to cut off at; 0: none. */
static void
draw_text (MpTimelineBar *self,
           cairo_t       *cr,
           const char    *text,
           double         size,
           gboolean       bold,
           MpColour       colour,
           double         x,
           double         y,
           double         align,
           double         most)
{
  g_autoptr (PangoLayout) layout = new_text (self, text, size, bold);
  int width, height;

  if (most > 0) {
    pango_layout_set_width (layout, (int) (most * PANGO_SCALE));
    pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  }
  pango_layout_get_pixel_size (layout, &width, &height);
  mp_colour_set_source (colour, cr);
  cairo_move_to (cr, x - align * width, y - height / 2.0);
  pango_cairo_show_layout (cr, layout);
}

static void
draw_track (MpTimelineBar *self,
            cairo_t       *cr,
            const Layout  *layout,
            guint          i)
{
  const MpTrack *track = mp_timeline_get_track (self->timeline, i);
  const MpPlotStyle *style = &layout->style;
  MpColour colour = mp_plot_style_get_lane (style, mp_lane_model_get_colour (track->model));
  const MpLaneProgress *progress = mp_lane_model_get_live_progress (track->model);
  gboolean branch;
  g_autofree char *name = dup_row_name (self, i, &branch);
  double y = y_of (layout, i), start = x_of (layout, track->start);

  draw_text (self, cr, name, style->label_size, !branch, style->text, 4, y, 0, layout->x0 - MARGIN - 8);
  if (progress->n_iterations > progress->iteration && mp_lane_model_get_state (track->model) < MP_LANE_FINISHED)
    draw_line (cr, start, layout->x1, y, 2, mp_colour_fade (style->text, 0.12));
  if (track->parent >= 0 && track->parent != (gint) i) {
    MpColour stem = mp_colour_fade (colour, 0.8);

    mp_colour_set_source (stem, cr);
    cairo_set_line_width (cr, 2);
    cairo_move_to (cr, start, y_of (layout, (guint) track->parent));
    cairo_line_to (cr, start, y);
    cairo_stroke (cr);
  }
  draw_line (cr, start, x_of (layout, track->now), y, 4, colour);
  draw_marks (cr, layout, track->marks, track->n_marks, y, 6, mp_colour_fade (colour, 0.75));
  for (guint j = 0; j < track->n_checkpoints; j++)
    draw_diamond (cr, x_of (layout, track->checkpoints[j]), y, 4.2, style->card, colour);
}

static void
draw_axis (MpTimelineBar *self,
           cairo_t       *cr,
           const Layout  *layout)
{
  const MpPlotStyle *style = &layout->style;
  double y = layout->height - layout->axis;
  guint most = (guint) CLAMP ((layout->x1 - layout->x0) / 90, 2, 12);
  double end = MAX (layout->end, 1e-9);
  g_autoptr (GArray) ticks = mp_timeline_get_alignment (self->timeline) == MP_ALIGN_SECONDS
                             ? mp_ticks_new_time (0, end, most)
                             : mp_ticks_new (MP_SCALE_LINEAR, 0, end, most, TRUE);

  mp_colour_set_source (style->axis, cr);
  cairo_set_line_width (cr, 1);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_BUTT);
  cairo_move_to (cr, layout->x0, floor (y) + 0.5);
  cairo_line_to (cr, layout->x1, floor (y) + 0.5);
  cairo_stroke (cr);
  for (guint i = 0; i < ticks->len; i++) {
    const MpTick *tick = &g_array_index (ticks, MpTick, i);
    double x = x_of (layout, tick->value);

    mp_colour_set_source (style->axis, cr);
    cairo_move_to (cr, floor (x) + 0.5, y);
    cairo_line_to (cr, floor (x) + 0.5, y + (tick->label ? 5 : 3));
    cairo_stroke (cr);
    if (tick->label)
      draw_text (self, cr, tick->label, style->tick_size, FALSE, style->dim_text, x, y + layout->axis / 2 + 3, 0.5, 0);
  }
}

static void
draw_tracks (MpTimelineBar *self,
             cairo_t       *cr,
             const Layout  *layout)
{
  double x = x_of (layout, mp_timeline_get_position (self->timeline));
  double bottom = layout->height - layout->axis;

  for (guint i = 0; i < mp_timeline_get_n_tracks (self->timeline); i++)
    draw_track (self, cr, layout, i);
  draw_axis (self, cr, layout);
  mp_colour_set_source (mp_colour_fade (get_accent (GTK_WIDGET (self), layout), 0.9), cr);
  cairo_set_line_width (cr, 1.5);
  cairo_move_to (cr, x, 2);
  cairo_line_to (cr, x, bottom);
  cairo_stroke (cr);
  draw_handle (self, cr, layout, x, bottom);
}

static void
mp_timeline_bar_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  MpTimelineBar *self = MP_TIMELINE_BAR (widget);
  graphene_rect_t bounds;
  Layout layout;
  cairo_t *cr;

  if (!self->timeline)
    return;
  get_layout (self, &layout);
  graphene_rect_init (&bounds, 0, 0, (float) layout.width, (float) layout.height);
  cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  if (self->tracks)
    draw_tracks (self, cr, &layout);
  else
    draw_bar (self, cr, &layout);
  cairo_destroy (cr);
}

static void
mp_timeline_bar_measure (GtkWidget     *widget,
                         GtkOrientation orientation,
                         int            for_size,
                         int           *minimum,
                         int           *natural,
                         int           *minimum_baseline,
                         int           *natural_baseline)
{
  MpTimelineBar *self = MP_TIMELINE_BAR (widget);
  guint n = self->timeline ? mp_timeline_get_n_tracks (self->timeline) : 0;
  MpPlotStyle style;

  mp_plot_style_for_widget (&style, widget);
  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    *minimum = self->tracks ? 240 : 120;
    *natural = self->tracks ? 600 : 240;
  } else
    *minimum = *natural = self->tracks ? (int) ceil ((MAX (n, 1) * ROW_HEIGHT + AXIS_HEIGHT) * style.text_scale)
                                       : (int) BAR_HEIGHT;
}

/* ---- news ---- */

static void
describe (MpTimelineBar *self)
{
  double position = mp_timeline_get_position (self->timeline);
  g_autofree char *text = mp_timeline_format (self->timeline, position);
  g_autofree char *live = g_strdup_printf (_("%s, now"), text);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, mp_timeline_get_end (self->timeline),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_NOW, position, GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT,
                                  mp_timeline_is_live (self->timeline) ? live : text, -1);
}

static void
changed_cb (MpTimelineBar *self)
{
  if (self->tracks)
    gtk_widget_queue_resize (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
  describe (self);
}

static void
moved_cb (MpTimelineBar *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
  describe (self);
}

static void
set_watching (MpTimelineBar *self,
              gboolean       watching)
{
  if (!self->timeline || self->watching == watching)
    return;
  self->watching = watching;
  if (watching)
    mp_timeline_watch (self->timeline);
  else
    mp_timeline_unwatch (self->timeline);
}

static void
mp_timeline_bar_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mp_timeline_bar_parent_class)->map (widget);
  set_watching (MP_TIMELINE_BAR (widget), TRUE);
}

static void
mp_timeline_bar_unmap (GtkWidget *widget)
{
  set_watching (MP_TIMELINE_BAR (widget), FALSE);
  GTK_WIDGET_CLASS (mp_timeline_bar_parent_class)->unmap (widget);
}

/* ---- pointer and keys ---- */

static void
seek_to (MpTimelineBar *self,
         double         x)
{
  Layout layout;
  double position;

  get_layout (self, &layout);
  position = (x - layout.x0) / (layout.x1 - layout.x0) * layout.end;
  /* Beyond what has been trained is now. */
  if (position >= mp_timeline_get_now (self->timeline))
    mp_timeline_go_live (self->timeline);
  else
    mp_timeline_seek (self->timeline, position);
}

static void
drag_begin_cb (GtkGestureDrag *gesture,
               double          x,
               double          y,
               MpTimelineBar  *self)
{
  if (!self->timeline || mp_timeline_get_n_tracks (self->timeline) == 0)
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_grab_focus (GTK_WIDGET (self));
  mp_timeline_set_playing (self->timeline, FALSE);
  seek_to (self, x);
}

static void
drag_update_cb (GtkGestureDrag *gesture,
                double          dx,
                double          dy,
                MpTimelineBar  *self)
{
  double x, y;

  if (self->timeline && gtk_gesture_drag_get_start_point (gesture, &x, &y))
    seek_to (self, x + dx);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        MpTimelineBar         *self)
{
  double tenth;

  if (!self->timeline || (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  tenth = mp_timeline_get_end (self->timeline) / 10;
  switch (key) {
  case GDK_KEY_Left:
  case GDK_KEY_Down:
    mp_timeline_step (self->timeline, -1);
    return GDK_EVENT_STOP;
  case GDK_KEY_Right:
  case GDK_KEY_Up:
    if (!mp_timeline_is_live (self->timeline))
      mp_timeline_step (self->timeline, 1);
    return GDK_EVENT_STOP;
  case GDK_KEY_Page_Up:
  case GDK_KEY_Page_Down:
    mp_timeline_seek (self->timeline, mp_timeline_get_position (self->timeline)
                      + (key == GDK_KEY_Page_Up ? -tenth : tenth));
    return GDK_EVENT_STOP;
  case GDK_KEY_Home:
    mp_timeline_seek (self->timeline, 0);
    return GDK_EVENT_STOP;
  case GDK_KEY_End:
  case GDK_KEY_Escape:
    mp_timeline_go_live (self->timeline);
    return GDK_EVENT_STOP;
  default:
    return GDK_EVENT_PROPAGATE;
  }
}

/* ---- the menu ---- */

static void
append_branch (MpTimelineBar *self,
               GMenu         *menu,
               guint          track,
               double         position)
{
  const char *title = name_track (self, track);
  g_autoptr (GMenuItem) item = NULL;
  g_autofree char *label = NULL;
  guint64 iteration;

  if (mp_timeline_is_live (self->timeline)) {
    label = g_strdup_printf (_("Branch off %s now"), title);
    item = g_menu_item_new (label, NULL);
    g_menu_item_set_action_and_target (item, "win.branch", "(ix)", (gint32) track, (gint64) -1);
  } else if (mp_timeline_find_checkpoint (self->timeline, track, position, &iteration)) {
    g_autofree char *count = mp_format_count (iteration);

    /* Translators: of a lane, after that many iterations */
    label = g_strdup_printf (_("Branch off %s at %s"), title, count);
    item = g_menu_item_new (label, NULL);
    g_menu_item_set_action_and_target (item, "win.branch", "(ix)", (gint32) track, (gint64) iteration);
  } else {
    label = g_strdup_printf (_("%s has no checkpoint before this"), title);
    item = g_menu_item_new (label, "win.none");
  }
  g_menu_append_item (menu, item);
}

void
mp_timeline_bar_fill_menu (MpTimelineBar *self,
                           GMenu         *menu,
                           gint           track)
{
  g_autoptr (GMenu) branches = g_menu_new ();
  g_autoptr (GMenu) others = g_menu_new ();

  g_return_if_fail (MP_IS_TIMELINE_BAR (self));

  for (guint i = 0; self->timeline && i < mp_timeline_get_n_tracks (self->timeline); i++) {
    MpLaneModel *model = mp_timeline_get_track (self->timeline, i)->model;
    const char *title = name_track (self, i);
    g_autofree char *label = g_strdup_printf (_("Train %s on"), title);
    g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

    if (track >= 0 && track != (gint) i)
      continue;
    append_branch (self, branches, i, mp_timeline_get_position (self->timeline));
    g_menu_item_set_action_and_target (item, "win.resume-lane", "i", (gint32) i);
    if (mp_lane_model_is_kept (model))
      g_menu_append_item (others, item);
  }
  g_menu_append_section (menu, NULL, G_MENU_MODEL (branches));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (others));
}

static void
show_menu (MpTimelineBar *self,
           double         x,
           double         y)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  Layout layout;
  gint row;
  guint n;

  if (!self->timeline)
    return;
  get_layout (self, &layout);
  n = mp_timeline_get_n_tracks (self->timeline);
  row = self->tracks ? (gint) floor (y / layout.row) : -1;
  mp_timeline_bar_fill_menu (self, menu, row < (gint) n ? row : -1);
  if (!self->menu) {
    self->menu = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
    gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
    gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
    gtk_widget_set_halign (self->menu, GTK_ALIGN_START);
  } else
    gtk_popover_menu_set_menu_model (GTK_POPOVER_MENU (self->menu), G_MENU_MODEL (menu));
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), &(GdkRectangle) { (int) x, (int) y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

/* When no button is held any more: one that was pressed here and is let go in the menu upsets GTK's counts of pressed
 * widgets. */
static void
secondary_cb (GtkGestureClick *gesture,
              int              n_press,
              double           x,
              double           y,
              MpTimelineBar   *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));

  if ((state & (GDK_BUTTON1_MASK | GDK_BUTTON2_MASK)) == 0)
    show_menu (self, x, y);
}

static gboolean
menu_key_cb (GtkWidget *widget,
             GVariant  *arguments,
             gpointer   data)
{
  MpTimelineBar *self = MP_TIMELINE_BAR (widget);
  Layout layout;

  if (!self->timeline)
    return FALSE;
  get_layout (self, &layout);
  show_menu (self, x_of (&layout, mp_timeline_get_position (self->timeline)), layout.height);
  return TRUE;
}

static gboolean
query_tooltip_cb (MpTimelineBar *self,
                  int            x,
                  int            y,
                  gboolean       keyboard,
                  GtkTooltip    *tooltip)
{
  Layout layout;
  g_autofree char *at = NULL;
  g_autofree char *text = NULL;

  if (!self->timeline || keyboard || (self->menu && gtk_widget_get_mapped (self->menu)))
    return FALSE;
  get_layout (self, &layout);
  if (x < layout.x0 - MARGIN || layout.end <= 0)
    return FALSE;
  at = mp_timeline_format (self->timeline, CLAMP ((x - layout.x0) / (layout.x1 - layout.x0), 0, 1) * layout.end);
  text = g_strdup_printf (_("%s\nDrag to look back; right-click to branch"), at);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

/* ---- the widget ---- */

static void
mp_timeline_bar_dispose (GObject *object)
{
  MpTimelineBar *self = MP_TIMELINE_BAR (object);

  mp_timeline_bar_set_timeline (self, NULL);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  G_OBJECT_CLASS (mp_timeline_bar_parent_class)->dispose (object);
}

static void
mp_timeline_bar_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  if (prop_id == PROP_TRACKS)
    MP_TIMELINE_BAR (object)->tracks = g_value_get_boolean (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_timeline_bar_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  MpTimelineBar *self = MP_TIMELINE_BAR (widget);

  if (self->menu)
    gtk_popover_present (GTK_POPOVER (self->menu));
}

static void
mp_timeline_bar_class_init (MpTimelineBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_timeline_bar_dispose;
  object_class->set_property = mp_timeline_bar_set_property;
  widget_class->snapshot = mp_timeline_bar_snapshot;
  widget_class->measure = mp_timeline_bar_measure;
  widget_class->size_allocate = mp_timeline_bar_size_allocate;
  widget_class->map = mp_timeline_bar_map;
  widget_class->unmap = mp_timeline_bar_unmap;
  props[PROP_TRACKS] = g_param_spec_boolean ("tracks", NULL, NULL, FALSE, G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY
                                             | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, menu_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key_cb, NULL);
  gtk_widget_class_set_css_name (widget_class, "timelinebar");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_SLIDER);
}

static void
mp_timeline_bar_init (MpTimelineBar *self)
{
  GtkGesture *drag = gtk_gesture_drag_new (), *secondary = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_VISIBLE);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (secondary), GDK_BUTTON_SECONDARY);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect (secondary, "released", G_CALLBACK (secondary_cb), self);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_cb), self);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (secondary));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Timeline"), -1);
}

GtkWidget *
mp_timeline_bar_new (gboolean tracks)
{
  return g_object_new (MP_TYPE_TIMELINE_BAR, "tracks", tracks, NULL);
}

void
mp_timeline_bar_set_timeline (MpTimelineBar *self,
                              MpTimeline    *timeline)
{
  g_return_if_fail (MP_IS_TIMELINE_BAR (self));

  if (self->timeline == timeline)
    return;
  if (self->timeline) {
    set_watching (self, FALSE);
    g_signal_handlers_disconnect_by_data (self->timeline, self);
    g_clear_object (&self->timeline);
  }
  if (!timeline)
    return;
  self->timeline = g_object_ref (timeline);
  g_signal_connect_swapped (timeline, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (timeline, "moved", G_CALLBACK (moved_cb), self);
  set_watching (self, gtk_widget_get_mapped (GTK_WIDGET (self)));
  changed_cb (self);
}
