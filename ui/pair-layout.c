/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/pair-layout.h"

#define SMALLEST_HEIGHT 196
#define SMALLEST_SECOND 90 /* more for two, or for a wide one */
#define SLIT 0.34          /* height to width */
#define SPACING 6
#define SHARE 0.42 /* of the second plot; the first one is what one came for */
#define WIDE 1.3   /* from this ratio of sides on two plots get more room beside than below each other */

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
  GtkWidget *second = first ? gtk_widget_get_next_sibling (first) : NULL;

  if (second && !gtk_widget_should_layout (second))
    second = NULL;
  *minimum = *natural = 0;
  if (first)
    gtk_widget_measure (first, orientation, -1, minimum, natural, NULL, NULL);
  /* The clouds are the page: rather scroll than shrink them further, and never to a slit. */
  if (orientation == GTK_ORIENTATION_VERTICAL) {
    int least = second ? SMALLEST_HEIGHT + SMALLEST_SECOND : SMALLEST_HEIGHT;

    *minimum = *natural = MAX (*minimum, MAX (least, MIN ((int) (for_size * SLIT), SMALLEST_HEIGHT + SMALLEST_SECOND)));
  }
}

static GtkSizeRequestMode
mp_pair_layout_get_request_mode (GtkLayoutManager *manager,
                                 GtkWidget        *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
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

  if (!first)
    return;
  if (second && gtk_widget_should_layout (second)) {
    if (width > WIDE * height) {
      b.width = MAX ((int) ((width - SPACING) * SHARE), width - SPACING - height);
      b.width = MIN (b.width, (width - SPACING) / 2);
      a.width = width - SPACING - b.width;
      b.x = a.width + SPACING;
    } else {
      b.height = (int) ((height - SPACING) * SHARE);
      a.height = height - SPACING - b.height;
      b.y = a.height + SPACING;
    }
    gtk_widget_size_allocate (second, &b, -1);
  }
  gtk_widget_size_allocate (first, &a, -1);
}

static void
mp_pair_layout_class_init (MpPairLayoutClass *klass)
{
  GtkLayoutManagerClass *layout_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  layout_class->get_request_mode = mp_pair_layout_get_request_mode;
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
