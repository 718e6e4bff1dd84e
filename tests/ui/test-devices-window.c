/* SPDX-License-Identifier: Apache-2.0
 *
 * test-devices-window.c: the device menu and the device of a lane, with a module that has two graphics processors, the
 * first without memory (tests/engine/fake-module.c).
 */
#include "engine/train/devices.h"
#include "tests/ui/window-fixture.h"

static gboolean
is_at (Fixture    *fixture,
       guint       i,
       const char *detail)
{
  const char *text = mp_lane_model_get_place_detail (lane (fixture, i));

  return text && g_str_has_prefix (text, detail) && mp_lane_model_get_state (lane (fixture, i)) == MP_LANE_PAUSED;
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
test_window (Fixture       *fixture,
             gconstpointer  data)
{
  MpWindow *window = fixture->window;
  MpDeviceMenu *menu = mp_window_get_device_menu (window);
  MpParamRow *row;

  WAIT_FOR (mp_device_menu_find_row (menu, "cuda:1"));
  check_menu (menu);

  /* "auto" takes what can be used, and the lane says where it is. */
  g_assert_true (mp_window_open (window, "ring-mmd-net", FALSE));
  WAIT_FOR (is_at (fixture, 0, "Fake GPU 1"));
  g_assert_cmpstr (mp_lane_model_get_place (lane (fixture, 0)), ==, "GPU");

  /* Another choice is for lanes that come, not for those that are there. */
  choose (menu, "cpu");
  g_assert_cmpstr (mp_lane_model_get_device (lane (fixture, 0)), ==, "auto");
  g_assert_true (mp_session_add (mp_window_get_session (window), "ring-mmd-net", NULL));
  WAIT_FOR (mp_lane_model_get_place (lane (fixture, 1)));
  g_assert_cmpstr (mp_lane_model_get_place (lane (fixture, 1)), ==, "CPU");

  /* A lane's own choice waits for its restart, and can be taken back. */
  WAIT_FOR (mp_inspector_find_row (mp_window_get_inspector (window), "train", "device"));
  row = mp_inspector_find_row (mp_window_get_inspector (window), "train", "device");
  mp_param_row_enter (row, "cpu");
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (fixture, 0)), ==, 1);
  g_assert_true (mp_param_row_get_pending (row));
  mp_lane_model_discard_draft (lane (fixture, 0));
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (fixture, 0)), ==, 0);
  g_assert_cmpstr (mp_lane_model_get_draft_device (lane (fixture, 0)), ==, "auto");
  mp_lane_model_set_draft_device (lane (fixture, 0), "cpu");
  mp_lane_model_restart (lane (fixture, 0));
  WAIT_FOR (g_strcmp0 (mp_lane_model_get_place (lane (fixture, 0)), "CPU") == 0);
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (fixture, 0)), ==, 0);

  /* A device that fails is the lane's failure, with the reason. */
  mp_lane_model_set_draft_device (lane (fixture, 1), "cuda:0");
  mp_lane_model_restart (lane (fixture, 1));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 1)) == MP_LANE_FAILED);
  g_assert_nonnull (strstr (mp_lane_model_get_message (lane (fixture, 1)), "12 MB are free"));
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/devices/menu", test_menu);
  g_test_add ("/devices/window", Fixture, NULL, fixture_set_up, test_window, fixture_tear_down);
  return fixture_run ();
}
