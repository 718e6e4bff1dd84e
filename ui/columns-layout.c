/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/columns-layout.h"

#define SPACING 10
#define MOST_NATURAL_COLUMNS 3

struct _MpColumnsLayout
{
  GtkLayoutManager parent_instance;

  int width;
};

enum
{
  PROP_0,
  PROP_WIDTH,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpColumnsLayout, mp_columns_layout, GTK_TYPE_LAYOUT_MANAGER)

/* Columns are as wide as their words need: they grow with the desktop's text size. */
static int
column_width_for (MpColumnsLayout *self,
                  GtkWidget       *widget,
                  int              narrowest)
{
  int dpi = 0;

  g_object_get (gtk_widget_get_settings (widget), "gtk-xft-dpi", &dpi, NULL);
  return MAX (narrowest, dpi > 0 ? (int) (self->width * (dpi / (96.0 * PANGO_SCALE))) : self->width);
}

/* Visible children, and the narrowest column that holds each of them. */
static int
count_children (MpColumnsLayout *self,
                GtkWidget       *widget,
                int             *column)
{
  int n = 0;

  *column = 0;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child)) {
    int minimum;

    if (!gtk_widget_should_layout (child))
      continue;
    gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
    *column = MAX (*column, minimum);
    n++;
  }
  return n;
}

/* Of all splits with the fewest rows, the one whose last row is fullest: four lanes over two columns, not three. */
static int
count_columns (MpColumnsLayout *self,
               GtkWidget       *widget,
               int              n,
               int              narrowest,
               int              width)
{
  int column = column_width_for (self, widget, narrowest);
  int most = CLAMP ((width + SPACING) / (column + SPACING), 1, MAX (n, 1));
  int rows = (n + most - 1) / most;

  return rows > 0 ? (n + rows - 1) / rows : 1;
}

static void
measure_rows (GtkWidget *widget,
              int        columns,
              int        column_width,
              int       *minimum,
              int       *natural)
{
  int row_minimum = 0, row_natural = 0, i = 0;

  *minimum = *natural = 0;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child)) {
    int child_minimum, child_natural;

    if (!gtk_widget_should_layout (child))
      continue;
    if (i > 0 && i % columns == 0) {
      *minimum += row_minimum + SPACING;
      *natural += row_natural + SPACING;
      row_minimum = row_natural = 0;
    }
    gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, column_width, &child_minimum, &child_natural, NULL, NULL);
    row_minimum = MAX (row_minimum, child_minimum);
    row_natural = MAX (row_natural, child_natural);
    i++;
  }
  *minimum += row_minimum;
  *natural += row_natural;
}

static GtkSizeRequestMode
mp_columns_layout_get_request_mode (GtkLayoutManager *manager,
                                    GtkWidget        *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
mp_columns_layout_measure (GtkLayoutManager *manager,
                           GtkWidget        *widget,
                           GtkOrientation    orientation,
                           int               for_size,
                           int              *minimum,
                           int              *natural,
                           int              *minimum_baseline,
                           int              *natural_baseline)
{
  MpColumnsLayout *self = MP_COLUMNS_LAYOUT (manager);
  int narrowest, n = count_children (self, widget, &narrowest), columns;

  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    columns = MIN (MAX (n, 1), MOST_NATURAL_COLUMNS);
    *minimum = narrowest;
    *natural = columns * column_width_for (self, widget, narrowest) + (columns - 1) * SPACING;
    return;
  }
  if (for_size < 0)
    for_size = MAX (n, 1) * (column_width_for (self, widget, narrowest) + SPACING);
  columns = count_columns (self, widget, n, narrowest, for_size);
  measure_rows (widget, columns, MAX ((for_size - (columns - 1) * SPACING) / columns, narrowest), minimum, natural);
}

static void
mp_columns_layout_allocate (GtkLayoutManager *manager,
                            GtkWidget        *widget,
                            int               width,
                            int               height,
                            int               baseline)
{
  MpColumnsLayout *self = MP_COLUMNS_LAYOUT (manager);
  int narrowest, n = count_children (self, widget, &narrowest);
  int columns = count_columns (self, widget, n, narrowest, width);
  int rows = (n + columns - 1) / columns;
  int column_width = (width - (columns - 1) * SPACING) / columns;
  GtkWidget *child = gtk_widget_get_first_child (widget);
  int needed, natural, spare, y = 0;

  if (n == 0)
    return;
  measure_rows (widget, columns, column_width, &needed, &natural);
  spare = MAX (height - needed, 0);
  for (int row = 0; row < rows; row++) {
    GtkWidget *first = child;
    int row_height = 0, in_row = 0;

    for (; child && in_row < columns; child = gtk_widget_get_next_sibling (child)) {
      int minimum;

      if (!gtk_widget_should_layout (child))
        continue;
      gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, column_width, &minimum, NULL, NULL, NULL);
      row_height = MAX (row_height, minimum);
      in_row++;
    }
    row_height += spare * (row + 1) / rows - spare * row / rows;
    in_row = 0;
    for (; first != child; first = gtk_widget_get_next_sibling (first)) {
      GtkAllocation place = { in_row * (column_width + SPACING), y, column_width, row_height };

      if (!gtk_widget_should_layout (first))
        continue;
      if (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL)
        place.x = width - place.x - column_width;
      gtk_widget_size_allocate (first, &place, -1);
      in_row++;
    }
    y += row_height + SPACING;
  }
}

static void
mp_columns_layout_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  if (prop_id == PROP_WIDTH)
    g_value_set_int (value, mp_columns_layout_get_width (MP_COLUMNS_LAYOUT (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_columns_layout_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  if (prop_id == PROP_WIDTH)
    mp_columns_layout_set_width (MP_COLUMNS_LAYOUT (object), g_value_get_int (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_columns_layout_class_init (MpColumnsLayoutClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkLayoutManagerClass *layout_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  object_class->get_property = mp_columns_layout_get_property;
  object_class->set_property = mp_columns_layout_set_property;
  layout_class->get_request_mode = mp_columns_layout_get_request_mode;
  layout_class->measure = mp_columns_layout_measure;
  layout_class->allocate = mp_columns_layout_allocate;
  props[PROP_WIDTH] = g_param_spec_int ("width", NULL, NULL, 1, G_MAXINT, 280,
                                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
mp_columns_layout_init (MpColumnsLayout *self)
{
  self->width = 280;
}

GtkLayoutManager *
mp_columns_layout_new (void)
{
  return g_object_new (MP_TYPE_COLUMNS_LAYOUT, NULL);
}

int
mp_columns_layout_get_width (MpColumnsLayout *self)
{
  g_return_val_if_fail (MP_IS_COLUMNS_LAYOUT (self), 0);

  return self->width;
}

void
mp_columns_layout_set_width (MpColumnsLayout *self,
                             int              width)
{
  g_return_if_fail (MP_IS_COLUMNS_LAYOUT (self));
  g_return_if_fail (width > 0);

  if (self->width == width)
    return;
  self->width = width;
  gtk_layout_manager_layout_changed (GTK_LAYOUT_MANAGER (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_WIDTH]);
}
