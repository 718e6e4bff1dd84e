/* SPDX-License-Identifier: Apache-2.0
 *
 * test-inspector.c: rows of settings and the inspector on canned lanes: what is taken, refused, pending and kept.
 */
#include "engine/train/devices.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/canned.h"
#include "ui/inspector.h"
#include "ui/param-row.h"

/* ---- rows ---- */

static const char *const choices[] = { "one", "two", NULL };
static const MpParam params[] = {
  { .key = "rate", .title = "Learning rate", .symbol = "η", .summary = "Step size.", .type = MP_PARAM_DOUBLE,
    .default_value = "0.001", .min = 1e-6, .max = 1, .logarithmic = TRUE, .live = TRUE },
  { .key = "updates", .title = "Updates", .unit = "per iteration", .type = MP_PARAM_INT, .default_value = "1",
    .min = 1, .max = 10 },
  { .key = "flag", .title = "Flag", .type = MP_PARAM_BOOL, .default_value = "true" },
  { .key = "choice", .title = "Choice", .type = MP_PARAM_ENUM, .default_value = "one", .choices = choices },
  { .key = "sizes", .title = "Sizes", .type = MP_PARAM_INTS, .default_value = "100, 100", .min = 1, .max = 4096 },
};

static void
edited_cb (MpParamRow *row,
           const char *value,
           char      **told)
{
  g_free (*told);
  *told = g_strdup (value);
}

static void
test_row_values (void)
{
  static const char *const good[] = { "0.5", "7", "false", "two", "10, 20" };
  static const char *const bad[] = { "2", "11", "maybe", "three", "0" };

  for (guint i = 0; i < G_N_ELEMENTS (params); i++) {
    GtkWidget *row = mp_param_row_new (&params[i], NULL);
    g_autofree char *told = NULL;
    guint n_value = 0, n_error = 0;

    g_signal_connect (row, "edited", G_CALLBACK (edited_cb), &told);
    g_signal_connect_swapped (row, "notify::value", G_CALLBACK (canned_count_cb), &n_value);
    g_signal_connect_swapped (row, "notify::error", G_CALLBACK (canned_count_cb), &n_error);
    g_assert_cmpstr (mp_param_row_get_value (MP_PARAM_ROW (row)), ==, params[i].default_value);
    g_assert_false (gtk_widget_get_visible (canned_find_id (row, "reset")));

    mp_param_row_enter (MP_PARAM_ROW (row), good[i]);
    g_assert_cmpstr (told, ==, good[i]);
    g_assert_cmpuint (n_value, ==, 1);
    g_assert_true (gtk_widget_get_visible (canned_find_id (row, "reset")));

    mp_param_row_enter (MP_PARAM_ROW (row), bad[i]);
    g_assert_cmpstr (told, ==, good[i]);
    g_assert_nonnull (mp_param_row_get_error (MP_PARAM_ROW (row)));
    g_assert_cmpuint (n_error, ==, 1);

    g_signal_emit_by_name (canned_find_id (row, "reset"), "clicked");
    g_assert_cmpstr (told, ==, params[i].default_value);
    g_assert_null (mp_param_row_get_error (MP_PARAM_ROW (row)));
    g_assert_false (gtk_widget_get_visible (canned_find_id (row, "reset")));
    canned_check_labels (row);
    canned_check_gone (row);
  }
}

/* The message names what is allowed. */
static void
test_row_range (void)
{
  GtkWidget *row = mp_param_row_new (&params[1], NULL);

  mp_param_row_enter (MP_PARAM_ROW (row), "11");
  g_assert_nonnull (strstr (mp_param_row_get_error (MP_PARAM_ROW (row)), "10"));
  g_assert_nonnull (strstr (gtk_widget_get_tooltip_text (row), "From 1 to 10"));
  canned_check_gone (row);
}

/* ---- the inspector ---- */

static char *
refuse_cb (MpLaneModel *lane,
           const char  *group,
           const char  *key,
           const char  *value,
           gpointer     data)
{
  return g_str_equal (key, "ridge") ? g_strdup ("Not now.") : NULL;
}

static void
test_inspector (void)
{
  GListStore *lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  MpLaneModel *gram = canned_lane ("gram", 0), *gan = canned_lane ("gan", 1);
  GtkWidget *widget = mp_inspector_new ();
  MpInspector *inspector = MP_INSPECTOR (widget);
  guint n_lane = 0, n_restart = 0;

  g_list_store_append (lanes, gram);
  g_list_store_append (lanes, gan);
  g_signal_connect (gram, "set-live", G_CALLBACK (refuse_cb), NULL);
  g_signal_connect_swapped (gram, "restart", G_CALLBACK (canned_count_cb), &n_restart);
  g_signal_connect_swapped (inspector, "notify::lane", G_CALLBACK (canned_count_cb), &n_lane);
  mp_inspector_set_lanes (inspector, G_LIST_MODEL (lanes));
  g_assert_true (mp_inspector_get_lane (inspector) == gram);
  g_assert_cmpuint (n_lane, ==, 1);
  canned_check_labels (widget);

  /* A live key is taken, or refused in place. */
  mp_param_row_enter (mp_inspector_find_row (inspector, "method", "ratio_penalty"), "2");
  g_assert_cmpstr (mp_experiment_get_string (mp_lane_model_get_experiment (gram), "method", "ratio_penalty"), ==, "2");
  mp_param_row_enter (mp_inspector_find_row (inspector, "method", "ridge"), "0.5");
  g_assert_cmpstr (mp_param_row_get_error (mp_inspector_find_row (inspector, "method", "ridge")), ==, "Not now.");

  /* Another waits for a restart. */
  mp_param_row_enter (mp_inspector_find_row (inspector, "method", "dimensions"), "3");
  g_assert_true (mp_param_row_get_pending (mp_inspector_find_row (inspector, "method", "dimensions")));
  g_assert_true (gtk_revealer_get_reveal_child (GTK_REVEALER (canned_find_id (widget, "pending_bar"))));
  g_signal_emit_by_name (canned_find_id (widget, "restart"), "clicked");
  g_assert_cmpuint (n_restart, ==, 1);

  /* Another kind brings another form. */
  mp_param_row_enter (mp_inspector_find_row (inspector, "method", "kind"), "mmd-net");
  canned_settle ();
  g_assert_null (mp_inspector_find_row (inspector, "method", "ridge"));
  g_signal_emit_by_name (canned_find_id (widget, "discard"), "clicked");
  canned_settle ();
  g_assert_nonnull (mp_inspector_find_row (inspector, "method", "ridge"));
  g_assert_false (gtk_revealer_get_reveal_child (GTK_REVEALER (canned_find_id (widget, "pending_bar"))));

  gtk_drop_down_set_selected (GTK_DROP_DOWN (canned_find_id (widget, "chooser")), 1);
  g_assert_true (mp_inspector_get_lane (inspector) == gan);
  g_list_store_remove (lanes, 1);
  g_assert_true (mp_inspector_get_lane (inspector) == gram);
  canned_check_gone (widget);
  g_assert_finalize_object (gan);
  g_object_unref (gram);
  g_assert_finalize_object (lanes);
}

static gboolean
has_label (GtkWidget  *root,
           const char *text)
{
  if (GTK_IS_LABEL (root) && strstr (gtk_label_get_text (GTK_LABEL (root)), text))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child; child = gtk_widget_get_next_sibling (child))
    if (has_label (child, text))
      return TRUE;
  return FALSE;
}

/* Curves of a kept run come when it has long been on screen, and nothing else changes. */
static void
test_inspector_health (void)
{
  const MpSeriesInfo info = { .id = "condition", .title = "Condition number" };
  MpLaneModel *lane = canned_lane ("gram", 0);
  GtkWidget *widget = mp_inspector_new ();

  mp_inspector_set_lane (MP_INSPECTOR (widget), lane);
  g_assert_false (has_label (widget, "Gram matrix"));
  mp_lane_model_append (lane, mp_lane_model_add_curve (lane, &info), 4200, 42);
  mp_lane_model_changed_series (lane);
  g_assert_true (has_label (widget, "Gram matrix well conditioned"));
  canned_check_gone (widget);
  g_assert_finalize_object (lane);
}

/* Devices that become known take nothing from who is writing. */
static void
test_inspector_devices (void)
{
  MpLaneModel *lane = canned_lane ("gram", 0);
  GtkWidget *widget = mp_inspector_new (), *row, *entry;
  MpInspector *inspector = MP_INSPECTOR (widget);
  g_autoptr (GPtrArray) devices = g_ptr_array_new ();
  MpDeviceEntry other = { .id = (char *) "cuda:3", .title = (char *) "Another one", .usable = TRUE };
  MpParamRow *device;

  mp_inspector_set_lane (inspector, lane);
  row = GTK_WIDGET (mp_inspector_find_row (inspector, "method", "ridge"));
  entry = canned_find (row, GTK_TYPE_ENTRY, 0);
  gtk_editable_set_text (GTK_EDITABLE (entry), "0.00");
  g_ptr_array_add (devices, &other);
  mp_inspector_set_devices (inspector, devices);
  canned_settle ();
  g_assert_true (GTK_WIDGET (mp_inspector_find_row (inspector, "method", "ridge")) == row);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "0.00");
  device = mp_inspector_find_row (inspector, "train", "device");
  mp_param_row_enter (device, "cuda:3");
  g_assert_cmpstr (mp_lane_model_get_draft_device (lane), ==, "cuda:3");
  mp_inspector_set_devices (inspector, NULL);
  g_assert_cmpstr (mp_param_row_get_value (mp_inspector_find_row (inspector, "train", "device")), ==, "cuda:3");
  canned_check_gone (widget);
  g_assert_finalize_object (lane);
}

/* Every key that the schema has for a preset gets a row. */
static void
test_inspector_complete (void)
{
  static const char *const methods[] = { "gan", "mmd-net", "gram" };

  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    MpLaneModel *lane = canned_lane (methods[m], m);
    GtkWidget *widget = mp_inspector_new ();
    g_autoptr (GPtrArray) schema = mp_experiment_get_schema (mp_lane_model_get_draft (lane));

    mp_inspector_set_lane (MP_INSPECTOR (widget), lane);
    for (guint i = 0; i < schema->len; i++) {
      const MpSchemaGroup *group = g_ptr_array_index (schema, i);

      for (guint j = 0; j < group->params->len && !g_str_equal (group->group, "experiment"); j++) {
        const MpParam *param = g_ptr_array_index (group->params, j);
        MpParamRow *row = mp_inspector_find_row (MP_INSPECTOR (widget), group->group, param->key);

        g_assert_nonnull (row);
        g_assert_cmpstr (mp_param_row_get_value (row), ==,
                         mp_experiment_get_string (mp_lane_model_get_draft (lane), group->group, param->key));
      }
    }
    canned_check_gone (widget);
    g_assert_finalize_object (lane);
  }
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/param-row/values", test_row_values);
  g_test_add_func ("/param-row/range", test_row_range);
  g_test_add_func ("/inspector", test_inspector);
  g_test_add_func ("/inspector/health", test_inspector_health);
  g_test_add_func ("/inspector/devices", test_inspector_devices);
  g_test_add_func ("/inspector/complete", test_inspector_complete);
  return g_test_run ();
}
