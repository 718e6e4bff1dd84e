/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/pair-layout.h"

#define SMALLEST_HEIGHT 196
#define SPACING 6
#define INSET_SHARE 0.36
#define INSET_MARGIN 6
#define LONG_SIDE 1.45 /* from this ratio of sides on two plots get more room beside each other than one inset */

struct _MpPairLayout
{
  GtkLayoutManager parent_instance;
};

G_DEFINE_FINAL_TYPE (MpPairLayout, mp_pair_layout, GTK_TYPE_LAYOUT_MANAGER)

static void
mp_pair_layout_measure (GtkLayoutManager *manager,
                        GtkWidget        *widget,
                        GtkOrientation    orientation,
                        int               for_size,
                        int              *minimum,
                        int              *natural,
                        int              *minimum_baseline,
                        int              *natural_baseline)
{
  GtkWidget *first = gtk_widget_get_first_child (widget);

  *minimum = *natural = 0;
  if (first)
    gtk_widget_measure (first, orientation, for_size, minimum, natural, NULL, NULL);
  /* The clouds are the page: rather scroll than shrink them further. */
  if (orientation == GTK_ORIENTATION_VERTICAL)
    *minimum = *natural = MAX (*minimum, SMALLEST_HEIGHT);
}

static void
mp_pair_layout_allocate (GtkLayoutManager *manager,
                         GtkWidget        *widget,
                         int               width,
                         int               height,
                         int               baseline)
{
  GtkWidget *first = gtk_widget_get_first_child (widget);
  GtkWidget *second = first ? gtk_widget_get_next_sibling (first) : NULL;
  GtkAllocation a = { 0, 0, width, height }, b = a;
  int side;

  if (!first)
    return;
  if (second && gtk_widget_should_layout (second)) {
    if (width > LONG_SIDE * height) {
      a.width = (width - SPACING) / 2;
      b = (GtkAllocation) { width - a.width, 0, a.width, height };
    } else if (height > LONG_SIDE * width) {
      a.height = (height - SPACING) / 2;
      b = (GtkAllocation) { 0, height - a.height, width, a.height };
    } else {
      side = MAX ((int) (MIN (width, height) * INSET_SHARE), 1);
      gtk_widget_measure (second, GTK_ORIENTATION_HORIZONTAL, -1, &b.width, NULL, NULL, NULL);
      side = MAX (side, b.width);
      b = (GtkAllocation) { width - side - INSET_MARGIN, height - side - INSET_MARGIN, side, side };
    }
    gtk_widget_size_allocate (second, &b, -1);
  }
  gtk_widget_size_allocate (first, &a, -1);
}

static void
mp_pair_layout_class_init (MpPairLayoutClass *klass)
{
  GtkLayoutManagerClass *layout_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  layout_class->measure = mp_pair_layout_measure;
  layout_class->allocate = mp_pair_layout_allocate;
}

static void
mp_pair_layout_init (MpPairLayout *self)
{
}

GtkLayoutManager *
mp_pair_layout_new (void)
{
  return g_object_new (MP_TYPE_PAIR_LAYOUT, NULL);
}
