/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/inspector.h"

#include "engine/train/devices.h"
#include "ui/drop-down.h"
#include "ui/health-panel.h"
#include "ui/lane-groups.h"
#include "ui/lane-past.h"

/* One row and where its value lives. The parameter is ours for "kind", which the schema keeps apart. */
typedef struct
{
  MpParamRow        *row;
  char              *group;
  char              *key;
  MpParam           *kind_param; /* or NULL */
  const char       **choices;
  const char       **titles;
} Field;

struct _MpInspector
{
  GtkWidget parent_instance;

  GListModel  *lanes;
  MpLaneModel *lane;
  GSignalGroup *lane_signals;
  GPtrArray   *fields;     /* of Field */
  guint        rebuild_id;
  gboolean     filling;
  GPtrArray   *devices;    /* of MpDeviceEntry, or NULL: not known yet */

  GtkDropDown *chooser;
  GtkLabel    *summary;
  GtkBox      *groups;
  GtkRevealer *pending_bar;
  GtkLabel    *pending_text;
  GtkWidget   *discard;
  GtkWidget   *restart;
  MpHealthPanel *health;
};

enum
{
  PROP_0,
  PROP_LANE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpInspector, mp_inspector, GTK_TYPE_WIDGET)

/* The device stands among the keys of [train]. */
#define DEVICE_GROUP "train"
#define DEVICE_KEY "device"

static gboolean
is_device (const Field *field)
{
  return g_str_equal (field->group, DEVICE_GROUP) && g_str_equal (field->key, DEVICE_KEY);
}

static void
field_free (gpointer data)
{
  Field *field = data;

  g_free (field->group);
  g_free (field->key);
  g_free (field->kind_param);
  g_free (field->choices);
  g_free (field->titles);
  g_free (field);
}

/* ---- values ---- */

static void
update_device (MpInspector *self,
               const Field *field)
{
  mp_param_row_set_value (field->row, mp_lane_model_get_draft_device (self->lane));
  mp_param_row_set_pending (field->row, mp_lane_model_is_device_pending (self->lane));
}

static void
update_values (MpInspector *self)
{
  MpExperiment *draft = mp_lane_model_get_draft (self->lane);

  for (guint i = 0; i < self->fields->len; i++) {
    Field *field = g_ptr_array_index (self->fields, i);

    if (is_device (field)) {
      update_device (self, field);
      continue;
    }
    if (!mp_param_row_get_error (field->row))
      mp_param_row_set_value (field->row, mp_experiment_get_string (draft, field->group, field->key));
    mp_param_row_set_pending (field->row, mp_lane_model_is_pending (self->lane, field->group, field->key));
  }
}

static void
update_pending (MpInspector *self)
{
  guint n = self->lane ? mp_lane_model_get_n_pending (self->lane) : 0;
  const char *foreseen = self->lane ? mp_lane_model_get_foreseen (self->lane) : NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  if (n > 0) {
    g_string_printf (text, g_dngettext (GETTEXT_PACKAGE, "%u change waits for the lane to be restarted.",
                                        "%u changes wait for the lane to be restarted.", n), n);
    if (foreseen)
      g_string_append_printf (text, "\n%s", foreseen);
    gtk_label_set_text (self->pending_text, text->str);
  }
  gtk_revealer_set_reveal_child (self->pending_bar, n > 0);
}

static void
edited_cb (MpParamRow  *row,
           const char  *value,
           MpInspector *self)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->fields->len; i++) {
    Field *field = g_ptr_array_index (self->fields, i);

    if (field->row != row)
      continue;
    if (is_device (field)) {
      mp_lane_model_set_draft_device (self->lane, value);
      return;
    }
    if (!mp_lane_model_set_value (self->lane, field->group, field->key, value, &error)) {
      mp_param_row_set_value (row, mp_experiment_get_string (mp_lane_model_get_draft (self->lane), field->group,
                                                             field->key));
      mp_param_row_set_error (row, error->message);
    }
    return;
  }
}

/* ---- the form ---- */

static Field *
add_row (MpInspector       *self,
         GtkListBox        *list,
         const char        *group,
         const char        *key,
         const MpParam     *param,
         const char *const *titles)
{
  Field *field = g_new0 (Field, 1);

  field->group = g_strdup (group);
  field->key = g_strdup (key);
  field->row = MP_PARAM_ROW (mp_param_row_new (param, titles));
  g_signal_connect (field->row, "edited", G_CALLBACK (edited_cb), self);
  gtk_list_box_append (list, GTK_WIDGET (field->row));
  g_ptr_array_add (self->fields, field);
  return field;
}

static void
adopt_choices (Field       *field,
               MpParam     *param)
{
  field->kind_param = param;
  field->choices = (const char **) param->choices;
}

/* Where the lane trains is no key of the experiment: it may train elsewhere another time. A device that was chosen and
 * is not there any more is offered all the same. */
static void
add_device_row (MpInspector *self,
                GtkListBox  *list)
{
  const char *chosen = mp_lane_model_get_draft_device (self->lane);
  guint n = 0, most = (self->devices ? self->devices->len : 0) + 3;
  const char **choices = g_new0 (const char *, most), **titles = g_new0 (const char *, most);
  MpParam *param = g_new0 (MpParam, 1);
  Field *field;

  choices[n] = "auto";
  titles[n++] = N_("Automatic");
  for (guint i = 0; self->devices && i < self->devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (self->devices, i);

    if (!device->usable)
      continue;
    choices[n] = g_intern_string (device->id);
    titles[n++] = g_intern_string (device->title);
  }
  if (!g_strv_contains (choices, chosen))
    choices[n] = titles[n] = g_intern_string (chosen);
  param->key = DEVICE_KEY;
  param->title = N_("Device");
  param->summary = N_("Where this lane trains. The numbers of a run are the same bits only on the same device.");
  param->type = MP_PARAM_ENUM;
  param->default_value = "auto";
  param->choices = choices;
  field = add_row (self, list, DEVICE_GROUP, DEVICE_KEY, param, titles);
  adopt_choices (field, param);
  field->titles = titles;
}

/* Devices are known some time after the window is there, when somebody may be writing in another row. */
static void
renew_device_row (MpInspector *self)
{
  for (guint i = 0; i < self->fields->len; i++) {
    const Field *field = g_ptr_array_index (self->fields, i);
    GtkWidget *row = GTK_WIDGET (field->row), *list;

    if (!is_device (field))
      continue;
    list = gtk_widget_get_parent (row);
    gtk_list_box_remove (GTK_LIST_BOX (list), row);
    g_ptr_array_remove_index (self->fields, i);
    add_device_row (self, GTK_LIST_BOX (list));
    update_device (self, g_ptr_array_index (self->fields, self->fields->len - 1));
    return;
  }
}

/* Which method, network, optimizer: a choice among the registry's rows. */
static void
add_kind_row (MpInspector         *self,
              GtkListBox          *list,
              const MpSchemaGroup *group)
{
  guint n;
  const MpDescriptor *const *things = mp_registry_list (group->kind, &n);
  MpParam *param = g_new0 (MpParam, 1);
  const char **choices = g_new0 (const char *, n + 1);
  const char **titles = g_new0 (const char *, n + 1);
  Field *field;

  for (guint i = 0; i < n; i++) {
    choices[i] = things[i]->id;
    titles[i] = things[i]->title;
  }
  param->key = "kind";
  param->title = N_("Kind");
  param->summary = N_("Another kind brings its own parameters at their defaults.");
  param->type = MP_PARAM_ENUM;
  param->choices = choices;
  field = add_row (self, list, group->group, "kind", param, titles);
  adopt_choices (field, param);
  field->titles = titles;
}

/* What a hand has drawn is changed by drawing. */
static void
add_drawing_row (GtkListBox *list)
{
  GtkWidget *row = gtk_list_box_row_new (), *button = gtk_button_new_with_mnemonic (_("_Edit drawing…"));

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.draw-data");
  gtk_widget_add_css_class (button, "flat");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), button);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  gtk_list_box_append (list, row);
}

static void
add_group (MpInspector         *self,
           const MpSchemaGroup *group)
{
  GtkWidget *title = gtk_label_new (g_dgettext (GETTEXT_PACKAGE, group->title));
  GtkWidget *list = gtk_list_box_new ();

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_wrap (GTK_LABEL (title), TRUE);
  gtk_widget_add_css_class (title, "grouptitle");
  gtk_widget_add_css_class (title, "heading");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "boxed-list");
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  g_dgettext (GETTEXT_PACKAGE, group->title), -1);
  if (group->kind != MP_N_KINDS)
    add_kind_row (self, GTK_LIST_BOX (list), group);
  for (guint i = 0; i < group->params->len; i++) {
    const MpParam *param = g_ptr_array_index (group->params, i);

    if (!param->hidden)
      add_row (self, GTK_LIST_BOX (list), group->group, param->key, param, NULL);
    else if (g_str_equal (param->key, "strokes"))
      add_drawing_row (GTK_LIST_BOX (list));
  }
  if (g_str_equal (group->group, DEVICE_GROUP))
    add_device_row (self, GTK_LIST_BOX (list));
  gtk_box_append (self->groups, title);
  gtk_box_append (self->groups, list);
}

/* What one comes to change stands first. */
static guint
rank_group (const char *group)
{
  static const char *const order[] = { "method", "optimizer.generator", "optimizer.critic", "data", "train" };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (g_str_equal (group, order[i]))
      return i;
  return G_N_ELEMENTS (order);
}

static int
compare_groups (gconstpointer a,
                gconstpointer b)
{
  const MpSchemaGroup *const *first = a, *const *second = b;

  return (int) rank_group ((*first)->group) - (int) rank_group ((*second)->group);
}

static void
clear_form (MpInspector *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->groups))))
    gtk_box_remove (self->groups, child);
  g_ptr_array_set_size (self->fields, 0);
}

static gboolean
rebuild_cb (gpointer data)
{
  MpInspector *self = data;
  g_autoptr (GPtrArray) schema = NULL;

  self->rebuild_id = 0;
  clear_form (self);
  if (!self->lane)
    return G_SOURCE_REMOVE;
  schema = mp_experiment_get_schema (mp_lane_model_get_draft (self->lane));
  g_ptr_array_sort (schema, compare_groups);
  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);

    if (!g_str_equal (group->group, "experiment") && (group->params->len > 0 || group->kind != MP_N_KINDS))
      add_group (self, group);
  }
  update_values (self);
  return G_SOURCE_REMOVE;
}

/* Not at once: the row that changed a kind is still telling so. */
static void
queue_rebuild (MpInspector *self)
{
  if (!self->rebuild_id)
    self->rebuild_id = g_idle_add (rebuild_cb, self);
}

/* ---- the lane ---- */

static void
update_health (MpInspector *self)
{
  guint n = self->lanes ? g_list_model_get_n_items (self->lanes) : 0, lane = 0;

  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, i);

    if (model == self->lane)
      lane = i;
  }
  mp_health_panel_show (self->health, self->lane, lane);
}

static void
changed_draft (MpInspector *self)
{
  if (!self->rebuild_id)
    update_values (self);
  update_pending (self);
}

static void
update_summary (MpInspector *self)
{
  const MpDescriptor *method = NULL;

  if (self->lane)
    method = mp_registry_find (MP_KIND_METHOD, mp_experiment_get_string (mp_lane_model_get_experiment (self->lane),
                                                                         "method", "kind"));
  gtk_label_set_text (self->summary, method ? g_dgettext (GETTEXT_PACKAGE, method->summary) : "");
}

static void
show_choice (MpInspector *self)
{
  guint n = self->lanes ? g_list_model_get_n_items (self->lanes) : 0;

  self->filling = TRUE;
  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (self->lanes, i);

    if (lane == self->lane)
      gtk_drop_down_set_selected (self->chooser, i);
  }
  self->filling = FALSE;
}

static void
fill_chooser (MpInspector *self)
{
  g_autoptr (GtkStringList) names = mp_lane_groups_list_names (self->lanes);

  self->filling = TRUE;
  gtk_drop_down_set_model (self->chooser, G_LIST_MODEL (names));
  self->filling = FALSE;
  show_choice (self);
}

static void
chooser_cb (MpInspector *self)
{
  guint chosen = gtk_drop_down_get_selected (self->chooser);
  g_autoptr (MpLaneModel) lane = NULL;

  if (self->filling || chosen == GTK_INVALID_LIST_POSITION)
    return;
  lane = g_list_model_get_item (self->lanes, chosen);
  mp_inspector_set_lane (self, lane);
}

static void
items_changed_cb (GListModel  *lanes,
                  guint        position,
                  guint        n_removed,
                  guint        n_added,
                  MpInspector *self)
{
  guint n = g_list_model_get_n_items (lanes);
  gboolean there = FALSE;

  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    there = there || lane == self->lane;
    if (i >= position && i < position + n_added)
      g_signal_connect_object (lane, "notify::name", G_CALLBACK (fill_chooser), self, G_CONNECT_SWAPPED);
  }
  if (!there) {
    g_autoptr (MpLaneModel) first = n > 0 ? g_list_model_get_item (lanes, 0) : NULL;

    mp_inspector_set_lane (self, first);
  }
  fill_chooser (self);
}

static void
discard_cb (MpInspector *self)
{
  if (self->lane)
    mp_lane_model_discard_draft (self->lane);
}

static void
restart_cb (MpInspector *self)
{
  if (self->lane)
    mp_lane_model_restart (self->lane);
}

/* ---- the widget ---- */

static void
mp_inspector_dispose (GObject *object)
{
  MpInspector *self = MP_INSPECTOR (object);
  GtkWidget *child;

  mp_inspector_set_lanes (self, NULL);
  mp_inspector_set_lane (self, NULL);
  g_clear_object (&self->lane_signals);
  g_clear_handle_id (&self->rebuild_id, g_source_remove);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (mp_inspector_parent_class)->dispose (object);
}

static void
mp_inspector_finalize (GObject *object)
{
  g_ptr_array_unref (MP_INSPECTOR (object)->fields);
  g_clear_pointer (&MP_INSPECTOR (object)->devices, g_ptr_array_unref);
  G_OBJECT_CLASS (mp_inspector_parent_class)->finalize (object);
}

static void
mp_inspector_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  if (prop_id == PROP_LANE)
    g_value_set_object (value, mp_inspector_get_lane (MP_INSPECTOR (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_inspector_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  if (prop_id == PROP_LANE)
    mp_inspector_set_lane (MP_INSPECTOR (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_inspector_class_init (MpInspectorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_inspector_dispose;
  object_class->finalize = mp_inspector_finalize;
  object_class->get_property = mp_inspector_get_property;
  object_class->set_property = mp_inspector_set_property;
  props[PROP_LANE] = g_param_spec_object ("lane", NULL, NULL, MP_TYPE_LANE_MODEL,
                                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (MP_TYPE_HEALTH_PANEL);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, MpInspector, chooser);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, summary);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, groups);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, pending_bar);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, pending_text);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, discard);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, restart);
  gtk_widget_class_bind_template_child (widget_class, MpInspector, health);
  gtk_widget_class_set_css_name (widget_class, "inspector");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_FORM);
}

static void
mp_inspector_init (MpInspector *self)
{
  self->fields = g_ptr_array_new_with_free_func (field_free);
  self->lane_signals = g_signal_group_new (MP_TYPE_LANE_MODEL);
  g_signal_group_connect_swapped (self->lane_signals, "changed-schema", G_CALLBACK (queue_rebuild), self);
  g_signal_group_connect_swapped (self->lane_signals, "changed-draft", G_CALLBACK (changed_draft), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::anew", G_CALLBACK (update_pending), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::anew", G_CALLBACK (update_health), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::title", G_CALLBACK (update_summary), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::state", G_CALLBACK (update_health), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::progress", G_CALLBACK (update_health), self);
  g_signal_group_connect_swapped (self->lane_signals, "changed-series", G_CALLBACK (update_health), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Settings of the lane"), -1);
  mp_drop_down_give_way (self->chooser, 12);
  g_signal_connect_swapped (self->chooser, "notify::selected", G_CALLBACK (chooser_cb), self);
  g_signal_connect_swapped (self->discard, "clicked", G_CALLBACK (discard_cb), self);
  g_signal_connect_swapped (self->restart, "clicked", G_CALLBACK (restart_cb), self);
}

GtkWidget *
mp_inspector_new (void)
{
  return g_object_new (MP_TYPE_INSPECTOR, NULL);
}

void
mp_inspector_set_lanes (MpInspector *self,
                        GListModel  *lanes)
{
  g_return_if_fail (MP_IS_INSPECTOR (self));

  if (self->lanes == lanes)
    return;
  if (self->lanes)
    g_signal_handlers_disconnect_by_data (self->lanes, self);
  g_set_object (&self->lanes, lanes);
  if (!lanes)
    return;
  g_signal_connect (lanes, "items-changed", G_CALLBACK (items_changed_cb), self);
  items_changed_cb (lanes, 0, 0, g_list_model_get_n_items (lanes), self);
}

MpLaneModel *
mp_inspector_get_lane (MpInspector *self)
{
  g_return_val_if_fail (MP_IS_INSPECTOR (self), NULL);

  return self->lane;
}

void
mp_inspector_set_lane (MpInspector *self,
                       MpLaneModel *lane)
{
  g_return_if_fail (MP_IS_INSPECTOR (self));

  if (self->lane == lane)
    return;
  g_set_object (&self->lane, lane);
  g_signal_group_set_target (self->lane_signals, lane);
  g_clear_handle_id (&self->rebuild_id, g_source_remove);
  rebuild_cb (self);
  update_summary (self);
  show_choice (self); /* the list stays: the drop-down may be the one that tells */
  update_pending (self);
  update_health (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LANE]);
}

void
mp_inspector_set_devices (MpInspector *self,
                          GPtrArray   *devices)
{
  g_return_if_fail (MP_IS_INSPECTOR (self));

  g_clear_pointer (&self->devices, g_ptr_array_unref);
  self->devices = devices ? g_ptr_array_ref (devices) : NULL;
  renew_device_row (self);
}

MpParamRow *
mp_inspector_find_row (MpInspector *self,
                       const char  *group,
                       const char  *key)
{
  g_return_val_if_fail (MP_IS_INSPECTOR (self), NULL);

  for (guint i = 0; i < self->fields->len; i++) {
    Field *field = g_ptr_array_index (self->fields, i);

    if (g_str_equal (field->group, group) && g_str_equal (field->key, key))
      return field->row;
  }
  return NULL;
}
