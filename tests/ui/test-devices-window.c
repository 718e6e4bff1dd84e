/* SPDX-License-Identifier: Apache-2.0
 *
 * test-devices-window.c: the device menu and the device of a lane, with a module that has two graphics processors, the
 * first without memory (tests/engine/fake-module.c).
 */
#include <glib/gstdio.h>

#include "tests/ui/canned-lane.h"
#include "engine/train/devices.h"
#include "ui/application.h"
#include "ui/window.h"

#define PATIENCE (60 * G_USEC_PER_SEC)

static MpApplication *application;

#define WAIT_FOR(condition) \
  G_STMT_START { \
    gint64 until_ = g_get_monotonic_time () + PATIENCE; \
    while (!(condition) && g_get_monotonic_time () < until_) \
      g_main_context_iteration (NULL, TRUE); \
    g_assert_true (condition); \
  } G_STMT_END

static MpLaneModel *
lane (MpWindow *window,
      guint     i)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (mp_session_get_lanes (mp_window_get_session (window)), i);

  return model;
}

static gboolean
is_at (MpWindow   *window,
       guint       i,
       const char *detail)
{
  const char *text = mp_lane_model_get_place_detail (lane (window, i));

  return text && g_str_has_prefix (text, detail) && mp_lane_model_get_state (lane (window, i)) == MP_LANE_PAUSED;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

/* The texts of a row, in order. */
static void
collect_texts (GtkWidget *widget,
               GString   *texts)
{
  if (GTK_IS_LABEL (widget))
    g_string_append_printf (texts, "%s|", gtk_label_get_text (GTK_LABEL (widget)));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    collect_texts (child, texts);
}

static void
check_row (MpDeviceMenu *menu,
           const char   *device,
           const char   *says,
           gboolean      usable)
{
  GtkWidget *row = mp_device_menu_find_row (menu, device);
  g_autoptr (GString) texts = g_string_new (NULL);

  g_assert_nonnull (row);
  collect_texts (row, texts);
  g_assert_nonnull (strstr (texts->str, says));
  g_assert_cmpint (gtk_widget_get_sensitive (row), ==, usable);
}

static void
choose (MpDeviceMenu *menu,
        const char   *device)
{
  GtkWidget *row = mp_device_menu_find_row (menu, device);

  g_signal_emit_by_name (gtk_widget_get_parent (row), "row-activated", row);
}

static void
check_menu (MpDeviceMenu *menu)
{
  check_row (menu, "auto", "The first graphics processor", TRUE);
  check_row (menu, "cpu", "kernels for", TRUE);
  check_row (menu, "cuda:0", "12 MB are free", FALSE);
  check_row (menu, "cuda:1", "Fake GPU 1", TRUE);
  g_assert_null (mp_device_menu_find_row (menu, "cuda:2"));
  canned_check_labels (GTK_WIDGET (menu));
}

static void
test_menu (void)
{
  MpDeviceMenu *menu = MP_DEVICE_MENU (mp_device_menu_new ());
  g_autoptr (GPtrArray) devices = mp_devices_list ();

  check_row (menu, "auto", "Looking for devices", TRUE);
  g_assert_null (mp_device_menu_find_row (menu, "cpu"));
  mp_device_menu_set_devices (menu, devices);
  check_menu (menu);
  g_assert_cmpstr (mp_device_menu_get_chosen (menu), ==, "auto");
  choose (menu, "cuda:1");
  g_assert_cmpstr (mp_device_menu_get_chosen (menu), ==, "cuda:1");
  mp_device_menu_set_chosen (menu, "cuda:7"); /* of a machine that was here once */
  g_assert_cmpstr (mp_device_menu_get_chosen (menu), ==, "cuda:7");
  canned_check_gone (GTK_WIDGET (menu));
}

static void
test_window (void)
{
  g_autofree char *runs = g_dir_make_tmp ("matchpoint-devices-XXXXXX", NULL);
  MpWindow *window = mp_window_new (ADW_APPLICATION (application), NULL, runs);
  MpDeviceMenu *menu = mp_window_get_device_menu (window);
  MpParamRow *row;

  g_object_add_weak_pointer (G_OBJECT (window), (gpointer *) &window);
  gtk_window_present (GTK_WINDOW (window));
  WAIT_FOR (mp_device_menu_find_row (menu, "cuda:1"));
  check_menu (menu);

  /* "auto" takes what can be used, and the lane says where it is. */
  g_assert_true (mp_window_open (window, "ring-mmd-net", FALSE));
  WAIT_FOR (is_at (window, 0, "Fake GPU 1"));
  g_assert_cmpstr (mp_lane_model_get_place (lane (window, 0)), ==, "GPU");

  /* Another choice is for lanes that come, not for those that are there. */
  choose (menu, "cpu");
  g_assert_cmpstr (mp_lane_model_get_device (lane (window, 0)), ==, "auto");
  g_assert_true (mp_session_add (mp_window_get_session (window), "ring-mmd-net", NULL));
  WAIT_FOR (mp_lane_model_get_place (lane (window, 1)));
  g_assert_cmpstr (mp_lane_model_get_place (lane (window, 1)), ==, "CPU");

  /* A lane's own choice waits for its restart, and can be taken back. */
  WAIT_FOR (mp_inspector_find_row (mp_window_get_inspector (window), "train", "device"));
  row = mp_inspector_find_row (mp_window_get_inspector (window), "train", "device");
  mp_param_row_enter (row, "cpu");
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (window, 0)), ==, 1);
  g_assert_true (mp_param_row_get_pending (row));
  mp_lane_model_discard_draft (lane (window, 0));
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (window, 0)), ==, 0);
  g_assert_cmpstr (mp_lane_model_get_draft_device (lane (window, 0)), ==, "auto");
  mp_lane_model_set_draft_device (lane (window, 0), "cpu");
  mp_lane_model_restart (lane (window, 0));
  WAIT_FOR (g_strcmp0 (mp_lane_model_get_place (lane (window, 0)), "CPU") == 0);
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (window, 0)), ==, 0);

  /* A device that fails is the lane's failure, with the reason. */
  mp_lane_model_set_draft_device (lane (window, 1), "cuda:0");
  mp_lane_model_restart (lane (window, 1));
  WAIT_FOR (mp_lane_model_get_state (lane (window, 1)) == MP_LANE_FAILED);
  g_assert_nonnull (strstr (mp_lane_model_get_message (lane (window, 1)), "12 MB are free"));

  gtk_window_close (GTK_WINDOW (window));
  WAIT_FOR (!window);
  remove_tree (runs);
}

int
main (int    argc,
      char **argv)
{
  int status;

  canned_init (&argc, &argv);
  application = mp_application_new (NULL);
  g_test_add_func ("/devices/menu", test_menu);
  g_test_add_func ("/devices/window", test_window);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  status = g_test_run ();
  g_object_unref (application);
  return status;
}
