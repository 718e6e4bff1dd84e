/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/wrap-layout.h"

#define LINE_SPACING 4

struct _MpWrapLayout
{
  GtkLayoutManager parent_instance;

  int      spacing;
  gboolean shrink;
};

enum
{
  PROP_0,
  PROP_SPACING,
  PROP_SHRINK,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpWrapLayout, mp_wrap_layout, GTK_TYPE_LAYOUT_MANAGER)

static GtkWidget *
next_child (GtkWidget *child)
{
  while (child && !gtk_widget_should_layout (child))
    child = gtk_widget_get_next_sibling (child);
  return child;
}

/* One line from `first` on: where it ends, how wide its children naturally are, how high it is, how many expand. */
typedef struct
{
  GtkWidget *end;
  int        n, natural, height, n_expand;
} Line;

static Line
break_line (MpWrapLayout *self,
            GtkWidget    *first,
            int           width)
{
  Line line = { NULL, 0, 0, 0, 0 };
  GtkWidget *child = first;

  while (child) {
    int minimum, natural, height, needed;

    gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
    needed = self->shrink && gtk_widget_compute_expand (child, GTK_ORIENTATION_HORIZONTAL) ? minimum : natural;
    if (line.n > 0 && line.natural + self->spacing + needed > width)
      break;
    gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, MAX (minimum, MIN (natural, width)), &height, NULL, NULL, NULL);
    line.natural += needed + (line.n > 0 ? self->spacing : 0);
    line.height = MAX (line.height, height);
    line.n_expand += gtk_widget_compute_expand (child, GTK_ORIENTATION_HORIZONTAL);
    line.n++;
    child = next_child (gtk_widget_get_next_sibling (child));
  }
  line.end = child;
  return line;
}

static GtkSizeRequestMode
mp_wrap_layout_get_request_mode (GtkLayoutManager *manager,
                                 GtkWidget        *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
mp_wrap_layout_measure (GtkLayoutManager *manager,
                        GtkWidget        *widget,
                        GtkOrientation    orientation,
                        int               for_size,
                        int              *minimum,
                        int              *natural,
                        int              *minimum_baseline,
                        int              *natural_baseline)
{
  MpWrapLayout *self = MP_WRAP_LAYOUT (manager);
  GtkWidget *child = next_child (gtk_widget_get_first_child (widget));
  gboolean first = TRUE;

  *minimum = *natural = 0;
  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    for (; child; child = next_child (gtk_widget_get_next_sibling (child))) {
      int child_minimum, child_natural;

      gtk_widget_measure (child, orientation, -1, &child_minimum, &child_natural, NULL, NULL);
      *minimum = MAX (*minimum, child_minimum);
      *natural += child_natural + (first ? 0 : self->spacing);
      first = FALSE;
    }
    return;
  }
  while (child) {
    Line line = break_line (self, child, for_size < 0 ? G_MAXINT / 2 : for_size);

    *minimum += line.height + (first ? 0 : LINE_SPACING);
    first = FALSE;
    child = line.end;
  }
  *natural = *minimum;
}

static void
mp_wrap_layout_allocate (GtkLayoutManager *manager,
                         GtkWidget        *widget,
                         int               width,
                         int               height,
                         int               baseline)
{
  MpWrapLayout *self = MP_WRAP_LAYOUT (manager);
  GtkWidget *child = next_child (gtk_widget_get_first_child (widget));
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int y = 0;

  while (child) {
    Line line = break_line (self, child, width);
    gboolean only = y == 0 && line.end == NULL;
    int spare = MAX (width - line.natural, 0), x = 0;

    for (; child != line.end; child = next_child (gtk_widget_get_next_sibling (child))) {
      gboolean expand = gtk_widget_compute_expand (child, GTK_ORIENTATION_HORIZONTAL);
      GtkAllocation place = { x, y, 0, only ? height : line.height };
      int minimum, natural;

      gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
      place.width = MAX (minimum, MIN (expand && self->shrink ? minimum : natural, width));
      if (expand)
        place.width += spare / line.n_expand;
      if (rtl)
        place.x = width - x - place.width;
      gtk_widget_size_allocate (child, &place, -1);
      x += place.width + self->spacing;
    }
    y += line.height + LINE_SPACING;
  }
}

static void
mp_wrap_layout_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  if (prop_id == PROP_SPACING)
    g_value_set_int (value, mp_wrap_layout_get_spacing (MP_WRAP_LAYOUT (object)));
  else if (prop_id == PROP_SHRINK)
    g_value_set_boolean (value, mp_wrap_layout_get_shrink (MP_WRAP_LAYOUT (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_wrap_layout_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  if (prop_id == PROP_SPACING)
    mp_wrap_layout_set_spacing (MP_WRAP_LAYOUT (object), g_value_get_int (value));
  else if (prop_id == PROP_SHRINK)
    mp_wrap_layout_set_shrink (MP_WRAP_LAYOUT (object), g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_wrap_layout_class_init (MpWrapLayoutClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkLayoutManagerClass *layout_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  object_class->get_property = mp_wrap_layout_get_property;
  object_class->set_property = mp_wrap_layout_set_property;
  layout_class->get_request_mode = mp_wrap_layout_get_request_mode;
  layout_class->measure = mp_wrap_layout_measure;
  layout_class->allocate = mp_wrap_layout_allocate;
  props[PROP_SPACING] = g_param_spec_int ("spacing", NULL, NULL, 0, G_MAXINT, 6,
                                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  props[PROP_SHRINK] = g_param_spec_boolean ("shrink", NULL, NULL, TRUE,
                                             G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
mp_wrap_layout_init (MpWrapLayout *self)
{
  self->spacing = 6;
  self->shrink = TRUE;
}

GtkLayoutManager *
mp_wrap_layout_new (void)
{
  return g_object_new (MP_TYPE_WRAP_LAYOUT, NULL);
}

int
mp_wrap_layout_get_spacing (MpWrapLayout *self)
{
  g_return_val_if_fail (MP_IS_WRAP_LAYOUT (self), 0);

  return self->spacing;
}

void
mp_wrap_layout_set_spacing (MpWrapLayout *self,
                            int           spacing)
{
  g_return_if_fail (MP_IS_WRAP_LAYOUT (self));
  g_return_if_fail (spacing >= 0);

  if (self->spacing == spacing)
    return;
  self->spacing = spacing;
  gtk_layout_manager_layout_changed (GTK_LAYOUT_MANAGER (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SPACING]);
}

gboolean
mp_wrap_layout_get_shrink (MpWrapLayout *self)
{
  g_return_val_if_fail (MP_IS_WRAP_LAYOUT (self), FALSE);

  return self->shrink;
}

void
mp_wrap_layout_set_shrink (MpWrapLayout *self,
                           gboolean      shrink)
{
  g_return_if_fail (MP_IS_WRAP_LAYOUT (self));

  shrink = !!shrink;
  if (self->shrink == shrink)
    return;
  self->shrink = shrink;
  gtk_layout_manager_layout_changed (GTK_LAYOUT_MANAGER (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SHRINK]);
}
