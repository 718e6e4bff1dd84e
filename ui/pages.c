/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/pages.h"

#include <adwaita.h>

#include "ui/page-graph.h"
#include "ui/page-lesson.h"
#include "ui/page-portrait.h"
#include "ui/page-sweep.h"
#include "ui/page-timeline.h"

static const MpPageInfo pages[] = {
  { "lanes", N_("Lanes"), .needs_lanes = TRUE, .transport = TRUE, .inspector = TRUE },
  { "timeline", N_("Timeline"), .needs_lanes = TRUE, .create = mp_page_timeline_new },
  { "sweep", N_("Sweep"), .create = mp_sweep_page_new },
  { "graph", N_("Graph"), .needs_lanes = TRUE, .transport = TRUE, .inspector = TRUE, .create = mp_graph_page_new },
  { "lesson", N_("Lesson"), .create = mp_lesson_page_new },
  { "portrait", N_("Portraits"), .create = mp_portrait_page_new },
};

const MpPageInfo *
mp_pages_list (guint *n)
{
  *n = G_N_ELEMENTS (pages);
  return pages;
}

const MpPageInfo *
mp_pages_find (const char *id)
{
  for (guint i = 0; id && i < G_N_ELEMENTS (pages); i++)
    if (g_str_equal (pages[i].id, id))
      return &pages[i];
  return NULL;
}

static void
shown_cb (GtkStack   *stack,
          GParamSpec *pspec,
          MpSession  *session)
{
  const MpPageInfo *page = mp_pages_find (gtk_stack_get_visible_child_name (stack));
  GtkWidget *child = gtk_stack_get_visible_child (stack);

  if (page && page->create && !adw_bin_get_child (ADW_BIN (child)))
    adw_bin_set_child (ADW_BIN (child), page->create (session));
}

void
mp_pages_fill (GtkStack  *stack,
               MpSession *session)
{
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++) {
    GtkWidget *child = gtk_stack_get_child_by_name (stack, pages[i].id);

    if (!child) {
      child = adw_bin_new ();
      gtk_stack_add_named (stack, child, pages[i].id);
    }
    gtk_stack_page_set_title (gtk_stack_get_page (stack, child), g_dgettext (GETTEXT_PACKAGE, pages[i].title));
  }
  g_signal_connect_object (stack, "notify::visible-child", G_CALLBACK (shown_cb), session, 0);
}
