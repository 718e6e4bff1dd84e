/* SPDX-License-Identifier: Apache-2.0
 *
 * window-private.h: the window in several files: window.c shows the session, window-actions.c has the actions and keys,
 * window-focus.c whom Space is for, window-devices.c where lanes train, window-open.c what replaces lanes, window-runs.c
 * kept runs and the past, window-export.c files and films, window-presenter.c lessons and lectures.
 */
#pragma once

#include "ui/page-lesson.h"
#include "ui/pages.h"
#include "ui/window.h"

G_BEGIN_DECLS

struct _MpWindow
{
  AdwApplicationWindow parent_instance;

  GSettings      *settings;
  MpSession      *session;
  gint64          frame_at;    /* when the last pull was */
  guint           timeout_id;  /* a pull is due */
  guint           tick_id;     /* a pull comes with the next frame */
  gboolean        closing;
  gboolean        by_key;      /* the last that moved the focus, or could have */
  GtkWidget      *reached;     /* has or had the focus by key; weak */
  GPtrArray      *devices;     /* of MpDeviceEntry, or NULL: not known yet */

  AdwWindowTitle *window_title;
  GtkToggleButton *library_toggle;
  GtkToggleButton *inspector_toggle;
  GtkWidget      *export_button;
  GtkMenuButton  *device_button;
  MpDeviceMenu   *device_menu;
  GtkInfoBar     *banner;
  GtkLabel       *banner_text;
  AdwToastOverlay *toasts;
  AdwFlap        *library_flap;
  GtkStack       *library;     /* presets, runs */
  MpGallery      *gallery;
  MpRunList      *runs;
  GtkStack       *pages;       /* empty, work, stopping */
  GtkStack       *work;        /* of mp_pages_list () */
  GtkWidget      *switcher;    /* between them */
  gboolean        had_inspector, wants_inspector;
  GtkWidget      *transport_bar;
  GtkWidget      *header;
  gboolean        presenting;
  GCancellable   *films;       /* those that are being made, or NULL */
  GtkMenuButton  *page_button; /* the same in a narrow window */
  GtkWidget      *empty_open;
  AdwFlap        *inspector_flap;
  MpInspector    *inspector;
  GtkWidget      *scroller;
  GtkBox         *lanes;
  GtkSizeGroup   *heads;       /* of the lanes' cards */
  MpCharts       *charts;
  MpTransport    *transport;
  MpSlowMotion   *slow_motion; /* of the inspected lane */
};

void mp_window_show_banner        (MpWindow      *self,
                                   const char    *text);
void mp_window_show_toast         (MpWindow      *self,
                                   const char    *text);
void mp_window_select_lane        (MpWindow      *self,
                                   guint          lane);
/* Shows what the page and the number of lanes ask for. */
void mp_window_update_page        (MpWindow      *self);
/* From a page that shows none of the lanes, to those that were just opened. */
void mp_window_show_lanes         (MpWindow      *self);
/* ---- window-actions.c ---- */
void mp_window_install_actions    (GtkWidgetClass *widget_class);
void mp_window_add_stateful_actions (MpWindow     *self);
/* The pages in the button of a narrow window. */
void mp_window_fill_page_menu     (MpWindow      *self);
void mp_window_add_keys           (MpWindow      *self);
/* ---- window-open.c ---- */
typedef void (*MpWindowOpen) (MpWindow *self, const char *name);
/* Calls open with a copy of the name, at once or, where lanes have trained that go for it, when the person agrees.
 * heading: the question. accept: the button, with mnemonic. */
void mp_window_ask_open           (MpWindow      *self,
                                   const char    *heading,
                                   const char    *accept,
                                   MpWindowOpen   open,
                                   const char    *name);
/* The same for a preset or file, which then trains where the person wants that. */
void mp_window_ask_open_experiment (MpWindow     *self,
                                   const char    *heading,
                                   const char    *name);
/* The folder of a run, as a lane, of a comparison, as lanes instead of those on screen, or of a sweep, on its page. FALSE
 * where it is none of them. */
gboolean mp_window_open_folder    (MpWindow      *self,
                                   const char    *folder);
/* ---- window-focus.c ---- */
void mp_window_watch_focus        (MpWindow      *self);
/* ---- window-runs.c ---- */
/* The kept runs of a comparison's folder, as lanes instead of those on screen. */
void mp_window_open_comparison    (MpWindow      *self,
                                   const char    *folder);
void mp_window_install_run_actions (GtkWidgetClass *widget_class);
/* ---- window-export.c ---- */
void mp_window_install_export_actions (GtkWidgetClass *widget_class);
void mp_window_enable_export      (MpWindow      *self,
                                   gboolean       enabled);
/* ---- window-presenter.c ---- */
void mp_window_add_presenter      (MpWindow      *self);
/* NULL before it was first shown. */
MpLessonPage *mp_window_get_lesson_page (MpWindow *self);
/* ---- window-devices.c ---- */
void mp_window_look_for_devices   (MpWindow      *self);
void mp_window_connect_devices    (MpWindow      *self);

G_END_DECLS
