/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/run-list.h"

#include <adwaita.h>

#include "engine/descriptor.h"
#include "engine/runs/run-db.h"
#include "ui/plot/plot-format.h"
#include "ui/task.h"

#define MOST 200 /* rows; more are found by searching */

struct _MpRunList
{
  GtkWidget parent_instance;

  char       *runs_dir;
  guint reading;           /* number of the last reading that was begun */
  gboolean ready;
  guint n_shown;

  GtkWidget  *search;
  GtkListBox *list;
  GtkLabel   *placeholder;
  GtkLabel   *more;
};

G_DEFINE_FINAL_TYPE (MpRunList, mp_run_list, GTK_TYPE_WIDGET)

/* ---- reading and writing, on a helper thread ---- */

typedef enum
{
  TASK_READ,
  TASK_DELETE,
  TASK_NOTES
} TaskKind;

typedef struct
{
  TaskKind kind;
  guint number;
  char     *runs_dir;
  char     *words;     /* to search for */
  char     *path;      /* of the run that is changed first */
  char     *tags, *notes;
} Task;

static void
task_free (gpointer data)
{
  Task *task = data;

  g_free (task->runs_dir);
  g_free (task->words);
  g_free (task->path);
  g_free (task->tags);
  g_free (task->notes);
  g_free (task);
}

static void
run_thread (GTask        *gtask,
            gpointer      source,
            gpointer      data,
            GCancellable *cancellable)
{
  Task *task = data;
  GError *error = NULL;
  g_autoptr (MpRunDb) db = mp_run_db_open (task->runs_dir, &error);
  gboolean ok = db && mp_run_db_sync (db, &error);
  GPtrArray *rows = NULL;

  if (ok && task->kind == TASK_DELETE)
    ok = mp_run_db_delete (db, task->path, &error);
  else if (ok && task->kind == TASK_NOTES)
    ok = mp_run_db_set_notes (db, task->path, task->tags, task->notes, &error);
  if (ok)
    rows = mp_run_db_search (db, task->words, &error);
  if (rows)
    g_task_return_pointer (gtask, rows, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (gtask, error);
}

static void done_cb (GObject      *object,
                     GAsyncResult *result,
                     gpointer      data);

/* Takes the strings. */
static void
begin (MpRunList *self,
       TaskKind   kind,
       char      *path,
       char      *tags,
       char      *notes)
{
  Task *task = g_new0 (Task, 1);

  task->kind = kind;
  task->number = ++self->reading;
  task->runs_dir = g_strdup (self->runs_dir);
  task->words = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->search)));
  task->path = path;
  task->tags = tags;
  task->notes = notes;
  self->ready = FALSE;
  mp_task_run (self, NULL, run_thread, task, task_free, done_cb, NULL);
}

/* ---- rows ---- */

static GtkWidget *
new_label (const char *text,
           const char *class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_width_chars (GTK_LABEL (label), 12);
  gtk_widget_add_css_class (label, class);
  return label;
}

/* "22 Nov 2026, 09:41" in the person's own way, of ISO 8601. */
static char *
format_date (const char *iso)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_iso8601 (iso, NULL);
  g_autoptr (GDateTime) local = utc ? g_date_time_to_local (utc) : NULL;

  return local ? g_date_time_format (local, "%x %H:%M") : g_strdup ("");
}

static const char *
name_state (const char *state)
{
  static const char *const names[][2] = {
    { "finished", N_("finished") },   { "stopped", N_("stopped") },       { "diverged", N_("diverged") },
    { "failed", N_("failed") },       { "interrupted", N_("interrupted") }, { "training", N_("training") },
    { "paused", N_("paused") },       { "preparing", N_("preparing") },   { "broken", N_("broken") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i][0], state))
      return g_dgettext (GETTEXT_PACKAGE, names[i][1]);
  return state;
}

static char *
describe (const MpRunRow *run)
{
  const MpDescriptor *method = mp_registry_find (MP_KIND_METHOD, run->method);
  const MpDescriptor *data = mp_registry_find (MP_KIND_DATA, run->data);
  g_autofree char *count = mp_format_count ((guint64) MAX (run->iteration, 0));
  g_autofree char *date = format_date (run->created);
  GString *text = g_string_new (NULL);

  if (g_str_equal (run->state, "broken"))
    return g_string_free (g_string_append (text, run->notes), FALSE);
  g_string_append_printf (text, "%s · %s · ", method ? g_dgettext (GETTEXT_PACKAGE, method->title) : run->method,
                          data ? g_dgettext (GETTEXT_PACKAGE, data->title) : run->data);
  g_string_append_printf (text, _("%s iterations"), count);
  g_string_append_printf (text, " · %s", date);
  if (run->parent[0]) {
    g_autofree char *name = g_path_get_basename (run->parent);
    g_autofree char *at = mp_format_count ((guint64) run->parent_iteration);

    g_string_append (text, "\n");
    g_string_append_printf (text, _("branch of %s at %s"), name, at);
  }
  if (run->tags[0])
    g_string_append_printf (text, "\n%s", run->tags);
  return g_string_free (text, FALSE);
}

static void
append_item (GMenu      *menu,
             const char *label,
             const char *action,
             const char *path)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "s", path);
  g_menu_append_item (menu, item);
}

static GtkWidget *
new_menu_button (const MpRunRow *run)
{
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new (), last = g_menu_new ();
  g_autofree char *label = g_strdup_printf (_("More about “%s”"), run->title);

  append_item (menu, _("_Tags and notes…"), "runs.notes", run->path);
  append_item (menu, _("Show in _folder"), "runs.show-folder", run->path);
  append_item (last, _("_Delete…"), "runs.delete", run->path);
  g_menu_append_section (menu, NULL, G_MENU_MODEL (last));
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return button;
}

static GtkWidget *
new_add_button (const MpRunRow *run)
{
  GtkWidget *add = gtk_button_new_from_icon_name ("list-add-symbolic");
  g_autofree char *tip = g_strdup_printf (_("Add “%s” to the lanes"), run->title);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (add), "win.open-run");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (add), "s", run->path);
  gtk_widget_set_valign (add, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (add, "flat");
  gtk_widget_set_tooltip_text (add, tip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (add), GTK_ACCESSIBLE_PROPERTY_LABEL, tip, -1);
  return add;
}

static void
append_row (MpRunList      *self,
            const MpRunRow *run)
{
  gboolean broken = g_str_equal (run->state, "broken");
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *title = new_label (run->title, "heading"), *state = gtk_label_new (name_state (run->state));
  g_autofree char *text = describe (run);

  gtk_widget_set_hexpand (title, TRUE);
  gtk_widget_add_css_class (state, "mark");
  gtk_widget_add_css_class (state, "caption");
  gtk_widget_set_valign (state, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (head), title);
  gtk_box_append (GTK_BOX (head), state);
  gtk_box_append (GTK_BOX (words), head);
  gtk_box_append (GTK_BOX (words), new_label (text, "caption"));
  gtk_widget_set_hexpand (words, TRUE);
  gtk_box_append (GTK_BOX (box), words);
  if (!broken)
    gtk_box_append (GTK_BOX (box), new_add_button (run));
  gtk_box_append (GTK_BOX (box), new_menu_button (run));
  gtk_widget_add_css_class (row, "preset");
  gtk_widget_set_tooltip_text (row, run->notes[0] && !broken ? run->notes : NULL);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), !broken);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, run->title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  g_object_set_data_full (G_OBJECT (row), "run", g_strdup (run->path), g_free);
  g_object_set_data_full (G_OBJECT (row), "tags", g_strdup (run->tags), g_free);
  g_object_set_data_full (G_OBJECT (row), "notes", g_strdup (run->notes), g_free);
  g_object_set_data_full (G_OBJECT (row), "title", g_strdup (run->title), g_free);
  gtk_list_box_append (self->list, row);
}

static GtkWidget *
find_row (MpRunList  *self,
          const char *path)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)); i++)
    if (g_strcmp0 (g_object_get_data (G_OBJECT (row), "run"), path) == 0)
      return GTK_WIDGET (row);
  return NULL;
}

static void
say (MpRunList  *self,
     const char *text)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", text);
}

static void
done_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  MpRunList *self = MP_RUN_LIST (object);
  Task *task = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = g_task_propagate_pointer (G_TASK (result), &error);
  gboolean searching = gtk_editable_get_text (GTK_EDITABLE (self->search))[0] != '\0';
  g_autofree char *more = NULL;
  GtkListBoxRow *row;

  if (error)
    say (self, error->message);
  if (!self->list || task->number != self->reading)
    return;
  self->ready = TRUE;
  while ((row = gtk_list_box_get_row_at_index (self->list, 0)))
    gtk_list_box_remove (self->list, GTK_WIDGET (row));
  self->n_shown = rows ? MIN (rows->len, MOST) : 0;
  for (guint i = 0; i < self->n_shown; i++)
    append_row (self, g_ptr_array_index (rows, i));
  gtk_label_set_text (self->placeholder, searching ? _("No run matches.")
                                                   : _("Runs that were trained are kept here."));
  if (rows && rows->len > MOST)
    more = g_strdup_printf (_("%u more: search for them."), rows->len - MOST);
  gtk_label_set_text (self->more, more ? more : "");
  gtk_widget_set_visible (GTK_WIDGET (self->more), more != NULL);
}

/* ---- what can be done with a run ---- */

static void
show_folder_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  g_autofree char *uri = g_filename_to_uri (g_variant_get_string (parameter, NULL), NULL, NULL);

  if (uri)
    gtk_show_uri (GTK_WINDOW (gtk_widget_get_root (widget)), uri, GDK_CURRENT_TIME);
}

static void
delete_response_cb (AdwMessageDialog *dialog,
                    const char       *response,
                    MpRunList        *self)
{
  if (g_str_equal (response, "delete"))
    begin (self, TASK_DELETE, g_strdup (g_object_get_data (G_OBJECT (dialog), "run")), NULL, NULL);
}

static void
delete_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  const char *path = g_variant_get_string (parameter, NULL);
  GtkWidget *row = find_row (MP_RUN_LIST (widget), path);
  GtkWidget *dialog;

  if (!row)
    return;
  dialog = adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (widget)), _("Delete this run?"), NULL);
  adw_message_dialog_format_body (ADW_MESSAGE_DIALOG (dialog),
                                  _("“%s”, its curves, keyframes and checkpoints are deleted for good.\n%s"),
                                  (const char *) g_object_get_data (G_OBJECT (row), "title"), path);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete", _("_Delete"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "run", g_strdup (path), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (delete_response_cb), widget, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
notes_response_cb (AdwMessageDialog *dialog,
                   const char       *response,
                   MpRunList        *self)
{
  GtkEditable *tags = g_object_get_data (G_OBJECT (dialog), "tags");
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (g_object_get_data (G_OBJECT (dialog), "notes"));
  GtkTextIter first, last;

  if (!g_str_equal (response, "save"))
    return;
  gtk_text_buffer_get_bounds (buffer, &first, &last);
  begin (self, TASK_NOTES, g_strdup (g_object_get_data (G_OBJECT (dialog), "run")),
         g_strdup (gtk_editable_get_text (tags)), gtk_text_buffer_get_text (buffer, &first, &last, FALSE));
}

static GtkWidget *
new_notes_form (GtkWidget *dialog,
                GtkWidget *row)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *tags = gtk_entry_new (), *notes = gtk_text_view_new (), *scroller = gtk_scrolled_window_new ();
  GtkWidget *caption = new_label (_("Notes"), "caption");

  gtk_entry_set_placeholder_text (GTK_ENTRY (tags), _("Tags, with spaces between"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (tags), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Tags"), -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (notes), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Notes"), -1);
  gtk_editable_set_text (GTK_EDITABLE (tags), g_object_get_data (G_OBJECT (row), "tags"));
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (notes)), g_object_get_data (G_OBJECT (row), "notes"),
                            -1);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (notes), GTK_WRAP_WORD_CHAR);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), notes);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller), 110);
  gtk_widget_add_css_class (scroller, "frame");
  gtk_box_append (GTK_BOX (box), tags);
  gtk_box_append (GTK_BOX (box), caption);
  gtk_box_append (GTK_BOX (box), scroller);
  g_object_set_data (G_OBJECT (dialog), "tags", tags);
  g_object_set_data (G_OBJECT (dialog), "notes", notes);
  return box;
}

static void
notes_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  const char *path = g_variant_get_string (parameter, NULL);
  GtkWidget *row = find_row (MP_RUN_LIST (widget), path);
  GtkWidget *dialog;

  if (!row)
    return;
  dialog = adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (widget)), _("Tags and notes"),
                                   g_object_get_data (G_OBJECT (row), "title"));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), new_notes_form (dialog, row));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "save", _("_Save"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "save", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "save");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "run", g_strdup (path), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (notes_response_cb), widget, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
row_activated_cb (GtkListBox    *list,
                  GtkListBoxRow *row,
                  MpRunList     *self)
{
  const char *const runs[] = { g_object_get_data (G_OBJECT (row), "run"), NULL };

  gtk_widget_activate_action (GTK_WIDGET (self), "win.open-runs-alone", "^as", runs);
}

/* ---- the widget ---- */

static void
mp_run_list_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mp_run_list_parent_class)->map (widget);
  mp_run_list_refresh (MP_RUN_LIST (widget));
}

static void
mp_run_list_dispose (GObject *object)
{
  MpRunList *self = MP_RUN_LIST (object);
  GtkWidget *child;

  self->reading++;
  self->list = NULL;
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_pointer (&self->runs_dir, g_free);
  G_OBJECT_CLASS (mp_run_list_parent_class)->dispose (object);
}

static void
mp_run_list_class_init (MpRunListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_run_list_dispose;
  widget_class->map = mp_run_list_map;
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/run-list.ui");
  gtk_widget_class_bind_template_child (widget_class, MpRunList, search);
  gtk_widget_class_bind_template_child (widget_class, MpRunList, list);
  gtk_widget_class_bind_template_child (widget_class, MpRunList, placeholder);
  gtk_widget_class_bind_template_child (widget_class, MpRunList, more);
  gtk_widget_class_install_action (widget_class, "runs.show-folder", "s", show_folder_action);
  gtk_widget_class_install_action (widget_class, "runs.delete", "s", delete_action);
  gtk_widget_class_install_action (widget_class, "runs.notes", "s", notes_action);
  gtk_widget_class_set_css_name (widget_class, "runlist");
}

static void
mp_run_list_init (MpRunList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (self->list, "row-activated", G_CALLBACK (row_activated_cb), self);
  g_signal_connect_swapped (self->search, "search-changed", G_CALLBACK (mp_run_list_refresh), self);
}

GtkWidget *
mp_run_list_new (void)
{
  return g_object_new (MP_TYPE_RUN_LIST, NULL);
}

void
mp_run_list_set_place (MpRunList  *self,
                       const char *runs_dir)
{
  char *copy;

  g_return_if_fail (MP_IS_RUN_LIST (self));

  copy = g_strdup (runs_dir);
  g_free (self->runs_dir);
  self->runs_dir = copy;
}

void
mp_run_list_refresh (MpRunList *self)
{
  g_return_if_fail (MP_IS_RUN_LIST (self));

  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    begin (self, TASK_READ, NULL, NULL, NULL);
}

void
mp_run_list_set_search (MpRunList  *self,
                        const char *words)
{
  g_return_if_fail (MP_IS_RUN_LIST (self));
  g_return_if_fail (words != NULL);

  gtk_editable_set_text (GTK_EDITABLE (self->search), words);
  mp_run_list_refresh (self);
}

gboolean
mp_run_list_is_ready (MpRunList *self)
{
  g_return_val_if_fail (MP_IS_RUN_LIST (self), FALSE);

  return self->ready;
}

guint
mp_run_list_get_n_shown (MpRunList *self)
{
  g_return_val_if_fail (MP_IS_RUN_LIST (self), 0);

  return self->n_shown;
}
