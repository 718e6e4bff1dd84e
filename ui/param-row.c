/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/param-row.h"

#include <math.h>
#include <string.h>

#include "ui/drop-down.h"
#include "ui/plot/plot-format.h"
#include "ui/wrap-layout.h"

#define FACTOR_STEP 1.2589254117941673 /* 10^(1/10): ten steps a decade */

struct _MpParamRow
{
  GtkListBoxRow parent_instance;

  const MpParam *param;
  char          *value;
  char          *message;
  gboolean       is_pending;
  gboolean       filling;     /* the editor is being set, not used */

  GtkWidget     *line;
  GtkLabel      *title;
  GtkWidget     *live;
  GtkWidget     *pending;
  GtkBox        *editor_box;
  GtkLabel      *unit;
  GtkWidget     *reset;
  GtkRevealer   *revealer;
  GtkLabel      *error;
  GtkWidget     *editor;      /* GtkSwitch, GtkDropDown or GtkEntry */
};

enum
{
  PROP_0,
  PROP_VALUE,
  PROP_ERROR,
  PROP_PENDING,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
static guint edited_signal;

G_DEFINE_FINAL_TYPE (MpParamRow, mp_param_row, GTK_TYPE_LIST_BOX_ROW)

static const char *
translate (const char *text)
{
  return g_dgettext (GETTEXT_PACKAGE, text);
}

/* ---- words ---- */

static void
append_number (GString       *text,
               const MpParam *param,
               double         value)
{
  g_autofree char *number = param->type == MP_PARAM_INT || param->type == MP_PARAM_INTS
                              ? g_strdup_printf ("%.0f", value) : mp_format_value (value, 4);

  g_string_append (text, number);
}

static char *
describe (const MpParam *param)
{
  GString *text = g_string_new (param->summary ? translate (param->summary) : NULL);

  if (param->min != 0 || param->max != 0) {
    g_string_append (text, text->len ? "\n" : "");
    g_string_append (text, _("From "));
    append_number (text, param, param->min);
    g_string_append (text, _(" to "));
    append_number (text, param, param->max);
  }
  if (param->default_value) {
    g_string_append (text, text->len ? "\n" : "");
    g_string_append_printf (text, _("Default: %s"), param->default_value);
  }
  if (param->symbol) {
    g_string_append (text, text->len ? "\n" : "");
    g_string_append_printf (text, _("In the paper: %s"), param->symbol);
  }
  g_string_append_printf (text, "\n%s", param->live ? _("Changes at once while the lane trains.")
                                                    : _("Takes effect when the lane is restarted."));
  return g_string_free (text, FALSE);
}

static void
set_texts (MpParamRow *self)
{
  const MpParam *param = self->param;
  g_autofree char *title = NULL, *tip = describe (param), *reset = NULL;

  title = param->symbol ? g_strdup_printf ("%s %s", translate (param->title), param->symbol)
                        : g_strdup (translate (param->title));
  gtk_label_set_text (self->title, title);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tip);
  gtk_widget_set_visible (self->live, param->live);
  if (param->unit)
    gtk_label_set_text (self->unit, translate (param->unit));
  gtk_widget_set_visible (GTK_WIDGET (self->unit), param->unit != NULL);

  reset = g_strdup_printf (_("Reset %s to its default, %s"), title, param->default_value ? param->default_value : "");
  gtk_widget_set_tooltip_text (self->reset, reset);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->reset), GTK_ACCESSIBLE_PROPERTY_LABEL, reset, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->editor), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, tip, -1);
  gtk_label_set_mnemonic_widget (self->title, self->editor);
}

void
mp_param_row_set_place (MpParamRow *self,
                        const char *place)
{
  g_autofree char *text = NULL;
  g_autofree char *label = NULL;

  g_return_if_fail (MP_IS_PARAM_ROW (self));
  g_return_if_fail (place != NULL);

  text = self->param->unit ? g_strdup_printf ("%s · %s", place, translate (self->param->unit)) : g_strdup (place);
  label = g_strdup_printf (_("%s: %s"), place, translate (self->param->title));
  gtk_label_set_text (self->unit, text);
  gtk_widget_set_visible (GTK_WIDGET (self->unit), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->editor), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

/* ---- the editor ---- */

static void
show_value (MpParamRow *self)
{
  const MpParam *param = self->param;

  self->filling = TRUE;
  if (GTK_IS_SWITCH (self->editor)) {
    gtk_switch_set_active (GTK_SWITCH (self->editor), g_strcmp0 (self->value, "true") == 0);
  } else if (GTK_IS_DROP_DOWN (self->editor)) {
    for (guint i = 0; param->choices[i]; i++)
      if (g_strcmp0 (param->choices[i], self->value) == 0)
        gtk_drop_down_set_selected (GTK_DROP_DOWN (self->editor), i);
  } else {
    gtk_editable_set_text (GTK_EDITABLE (self->editor), self->value ? self->value : "");
  }
  self->filling = FALSE;
  gtk_widget_set_visible (self->reset, param->default_value && g_strcmp0 (self->value, param->default_value) != 0);
}

static void
commit_entry (MpParamRow *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->editor));

  if (!self->filling && g_strcmp0 (text, self->value) != 0)
    mp_param_row_enter (self, text);
  else if (g_strcmp0 (text, self->value) == 0)
    mp_param_row_set_error (self, NULL);
}

/* Enter gives the keyboard up to the row, from where Tab comes back: the next Space is for the lanes. What is wrong is still
 * being written. */
static void
activate_cb (MpParamRow *self)
{
  commit_entry (self);
  if (mp_param_row_get_error (self))
    return;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

/* Otherwise Tab goes from editor to editor. */
static void
has_focus_cb (MpParamRow *self)
{
  if (!gtk_widget_is_focus (GTK_WIDGET (self))) /* a window that is left keeps its focus */
    gtk_widget_set_focusable (GTK_WIDGET (self), FALSE);
}

static void
switch_cb (MpParamRow *self)
{
  if (!self->filling)
    mp_param_row_enter (self, gtk_switch_get_active (GTK_SWITCH (self->editor)) ? "true" : "false");
}

static void
drop_down_cb (MpParamRow *self)
{
  guint selected = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->editor));

  if (!self->filling && selected != GTK_INVALID_LIST_POSITION)
    mp_param_row_enter (self, self->param->choices[selected]);
}

static void
reset_cb (MpParamRow *self)
{
  mp_param_row_enter (self, self->param->default_value);
}

/* One step up or down from a number; the result is one that the parameter allows. */
static char *
step_number (const MpParam *param,
             double         value,
             int            direction)
{
  gboolean bounded = param->min != 0 || param->max != 0;
  double low = param->ui_min != 0 || param->ui_max != 0 ? param->ui_min : param->min;
  double high = param->ui_min != 0 || param->ui_max != 0 ? param->ui_max : param->max;
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (param->type == MP_PARAM_INT)
    value += direction;
  else if (param->logarithmic && value > 0)
    value *= direction > 0 ? FACTOR_STEP : 1 / FACTOR_STEP;
  else
    value += direction * (high > low ? (high - low) / 100 : 1);
  if (bounded)
    value = CLAMP (value, param->min, param->max);
  g_ascii_formatd (text, sizeof text, param->type == MP_PARAM_INT ? "%.0f" : "%.3g", value);
  return g_strdup (text);
}

static void choose_file (MpParamRow *self);

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  keyval,
        guint                  keycode,
        GdkModifierType        state,
        MpParamRow            *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->editor));
  int direction = keyval == GDK_KEY_Up ? 1 : keyval == GDK_KEY_Down ? -1 : 0;
  g_autofree char *stepped = NULL;
  char *end;
  double value;

  if (keyval == GDK_KEY_Escape) {
    show_value (self);
    mp_param_row_set_error (self, NULL);
    return TRUE;
  }
  if (direction < 0 && (state & GDK_ALT_MASK) && self->param->type == MP_PARAM_FILE) {
    choose_file (self);
    return TRUE;
  }
  if (direction == 0 || (self->param->type != MP_PARAM_DOUBLE && self->param->type != MP_PARAM_INT))
    return FALSE;
  value = g_ascii_strtod (text, &end);
  if (end == text || *end)
    return TRUE;
  stepped = step_number (self->param, value, direction);
  gtk_editable_set_text (GTK_EDITABLE (self->editor), stepped);
  commit_entry (self);
  return TRUE;
}

static GtkWidget *
new_entry (MpParamRow *self)
{
  GtkWidget *entry = gtk_entry_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  gboolean is_number = self->param->type == MP_PARAM_DOUBLE || self->param->type == MP_PARAM_INT;

  gtk_editable_set_alignment (GTK_EDITABLE (entry), 1);
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), is_number ? 8 : 11);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (entry), is_number ? 8 : 11);
  gtk_entry_set_input_purpose (GTK_ENTRY (entry), is_number ? GTK_INPUT_PURPOSE_NUMBER : GTK_INPUT_PURPOSE_FREE_FORM);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (activate_cb), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (commit_entry), self);
  gtk_widget_add_controller (entry, focus);
  gtk_event_controller_set_propagation_phase (key, GTK_PHASE_CAPTURE);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (entry, key);
  gtk_widget_add_css_class (entry, "numeric");
  return entry;
}

static void
file_response_cb (GtkNativeDialog *dialog,
                  int              response,
                  MpParamRow      *self)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path)
    mp_param_row_enter (self, path);
  g_object_unref (dialog);
  g_object_unref (self);
}

static void
choose_file (MpParamRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (translate (self->param->title), GTK_WINDOW (root),
                                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));

  if (self->value && g_path_is_absolute (self->value)) {
    g_autoptr (GFile) file = g_file_new_for_path (self->value);

    gtk_file_chooser_set_file (GTK_FILE_CHOOSER (chooser), file, NULL);
  }
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect (chooser, "response", G_CALLBACK (file_response_cb), g_object_ref (self));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static GtkWidget *
new_file_entry (MpParamRow *self)
{
  GtkWidget *entry = new_entry (self);

  gtk_entry_set_icon_from_icon_name (GTK_ENTRY (entry), GTK_ENTRY_ICON_SECONDARY, "document-open-symbolic");
  gtk_entry_set_icon_tooltip_text (GTK_ENTRY (entry), GTK_ENTRY_ICON_SECONDARY, _("Choose a file (Alt+Down)"));
  g_signal_connect_swapped (entry, "icon-release", G_CALLBACK (choose_file), self);
  return entry;
}

static GtkWidget *
new_drop_down (MpParamRow        *self,
               const char *const *titles)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  GtkWidget *drop_down;

  for (guint i = 0; self->param->choices[i]; i++)
    g_ptr_array_add (words, (gpointer) (titles ? translate (titles[i]) : self->param->choices[i]));
  g_ptr_array_add (words, NULL);
  drop_down = gtk_drop_down_new_from_strings ((const char *const *) words->pdata);
  mp_drop_down_give_way (GTK_DROP_DOWN (drop_down), 8);
  g_signal_connect_swapped (drop_down, "notify::selected", G_CALLBACK (drop_down_cb), self);
  gtk_widget_add_css_class (drop_down, "flat");
  return drop_down;
}

static GtkWidget *
new_editor (MpParamRow        *self,
            const char *const *titles)
{
  GtkWidget *toggle;

  switch (self->param->type) {
  case MP_PARAM_BOOL:
    toggle = gtk_switch_new ();
    g_signal_connect_swapped (toggle, "notify::active", G_CALLBACK (switch_cb), self);
    return toggle;
  case MP_PARAM_ENUM:
    return new_drop_down (self, titles);
  case MP_PARAM_FILE:
    return new_file_entry (self);
  default:
    return new_entry (self);
  }
}

/* ---- the widget ---- */

static void
mp_param_row_finalize (GObject *object)
{
  MpParamRow *self = MP_PARAM_ROW (object);

  g_clear_pointer (&self->value, g_free);
  g_clear_pointer (&self->message, g_free);
  G_OBJECT_CLASS (mp_param_row_parent_class)->finalize (object);
}

static void
mp_param_row_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  MpParamRow *self = MP_PARAM_ROW (object);

  switch (prop_id) {
  case PROP_VALUE:
    g_value_set_string (value, self->value);
    break;
  case PROP_ERROR:
    g_value_set_string (value, self->message);
    break;
  case PROP_PENDING:
    g_value_set_boolean (value, self->is_pending);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
mp_param_row_class_init (MpParamRowClass *klass)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->finalize = mp_param_row_finalize;
  object_class->get_property = mp_param_row_get_property;
  props[PROP_VALUE] = g_param_spec_string ("value", NULL, NULL, NULL, readable);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, readable);
  props[PROP_PENDING] = g_param_spec_boolean ("pending", NULL, NULL, FALSE, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
  edited_signal = g_signal_new ("edited", MP_TYPE_PARAM_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_STRING);

  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/param-row.ui");
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, line);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, title);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, live);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, pending);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, editor_box);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, unit);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, reset);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, revealer);
  gtk_widget_class_bind_template_child (widget_class, MpParamRow, error);
}

static void
mp_param_row_init (MpParamRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (has_focus_cb), NULL);
  g_signal_connect_swapped (self->reset, "clicked", G_CALLBACK (reset_cb), self);
}

GtkWidget *
mp_param_row_new (const MpParam     *param,
                  const char *const *choice_titles)
{
  MpParamRow *self;

  g_return_val_if_fail (param != NULL, NULL);

  self = g_object_new (MP_TYPE_PARAM_ROW, NULL);
  self->param = param;
  self->editor = new_editor (self, choice_titles);
  gtk_widget_set_valign (self->editor, GTK_ALIGN_CENTER);
  gtk_box_insert_child_after (self->editor_box, self->editor, self->reset);
  set_texts (self);
  mp_param_row_set_value (self, param->default_value);
  return GTK_WIDGET (self);
}

const MpParam *
mp_param_row_get_param (MpParamRow *self)
{
  g_return_val_if_fail (MP_IS_PARAM_ROW (self), NULL);

  return self->param;
}

const char *
mp_param_row_get_value (MpParamRow *self)
{
  g_return_val_if_fail (MP_IS_PARAM_ROW (self), NULL);

  return self->value;
}

void
mp_param_row_set_value (MpParamRow *self,
                        const char *value)
{
  gboolean same;

  g_return_if_fail (MP_IS_PARAM_ROW (self));

  same = g_strcmp0 (self->value, value) == 0;
  if (!same) {
    g_free (self->value);
    self->value = g_strdup (value);
  }
  show_value (self);
  mp_param_row_set_error (self, NULL);
  if (!same)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_VALUE]);
}

const char *
mp_param_row_get_error (MpParamRow *self)
{
  g_return_val_if_fail (MP_IS_PARAM_ROW (self), NULL);

  return self->message;
}

void
mp_param_row_set_error (MpParamRow *self,
                        const char *message)
{
  g_return_if_fail (MP_IS_PARAM_ROW (self));

  if (g_strcmp0 (self->message, message) == 0)
    return;
  g_free (self->message);
  self->message = g_strdup (message);
  if (message) {
    gtk_label_set_text (self->error, message);
    gtk_widget_add_css_class (self->editor, "error");
    gtk_accessible_update_state (GTK_ACCESSIBLE (self->editor), GTK_ACCESSIBLE_STATE_INVALID,
                                 GTK_ACCESSIBLE_INVALID_TRUE, -1);
  } else {
    gtk_widget_remove_css_class (self->editor, "error");
    gtk_accessible_reset_state (GTK_ACCESSIBLE (self->editor), GTK_ACCESSIBLE_STATE_INVALID);
  }
  gtk_revealer_set_reveal_child (self->revealer, message != NULL);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

gboolean
mp_param_row_get_pending (MpParamRow *self)
{
  g_return_val_if_fail (MP_IS_PARAM_ROW (self), FALSE);

  return self->is_pending;
}

void
mp_param_row_set_pending (MpParamRow *self,
                          gboolean    pending)
{
  g_return_if_fail (MP_IS_PARAM_ROW (self));

  if (self->is_pending == pending)
    return;
  self->is_pending = pending;
  gtk_widget_set_visible (self->pending, pending);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PENDING]);
}

void
mp_param_row_enter (MpParamRow *self,
                    const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_return_if_fail (MP_IS_PARAM_ROW (self));
  g_return_if_fail (value != NULL);

  text = g_strstrip (g_strdup (value));
  if (!mp_param_check (self->param, text, &error)) {
    mp_param_row_set_error (self, error->message);
    return;
  }
  mp_param_row_set_value (self, text);
  g_signal_emit (self, edited_signal, 0, text);
}
