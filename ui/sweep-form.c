/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/sweep-form.h"

#include <math.h>

#include "engine/methods/method.h"
#include "engine/metrics/metric.h"
#include "ui/drop-down.h"
#include "ui/plot/plot-format.h"

#define MAX_AXES 4

/* A key that may be varied. */
typedef struct
{
  char          *path;    /* "generator.latent" */
  char          *title;   /* "Generator: latent dimensions" */
  const MpParam *param;   /* NULL: a kind */
  MpKind         kind;
  char          *value;   /* of the first experiment that has it */
} Key;

/* One setting and its values. */
typedef struct
{
  MpSweepForm *form;
  GtkWidget   *box;
  GtkDropDown *key;
  GtkEntry    *values;
  GtkLabel    *error;
} Axis;

struct _MpSweepForm
{
  AdwWindow parent_instance;

  GPtrArray    *bases;     /* MpExperiment *, with ids of their own */
  GPtrArray    *checks;    /* GtkCheckButton *, of each base */
  GPtrArray    *keys;      /* Key * */
  GPtrArray    *axes;      /* Axis * */
  GtkBox       *axes_box;
  GtkWidget    *add_button;
  GtkEditable  *seeds, *iterations;
  AdwComboRow  *metric;
  GtkLabel     *count, *error;
  GtkWidget    *create_button;
};

G_DEFINE_FINAL_TYPE (MpSweepForm, mp_sweep_form, ADW_TYPE_WINDOW)

static guint created_signal;

/* ---- keys ---- */

static void
key_free (gpointer data)
{
  Key *key = data;

  g_free (key->path);
  g_free (key->title);
  g_free (key->value);
  g_free (key);
}

static void
add_key (MpSweepForm         *self,
         MpExperiment        *experiment,
         const MpSchemaGroup *group,
         const MpParam       *param)
{
  const char *name = param ? param->key : "kind";
  g_autofree char *path = g_strconcat (group->group, ".", name, NULL);
  Key *key;

  for (guint i = 0; i < self->keys->len; i++)
    if (g_str_equal (((Key *) g_ptr_array_index (self->keys, i))->path, path))
      return;
  key = g_new0 (Key, 1);
  key->title = param ? g_strdup_printf (_("%s: %s"), _(group->title), _(param->title))
                     : g_strdup_printf (_("%s: kind"), _(group->title));
  key->param = param;
  key->kind = group->kind;
  /* a base's relative path would mean another file in a sweep */
  key->value = param && param->type == MP_PARAM_FILE
               ? mp_experiment_dup_path (experiment, group->group, name)
               : g_strdup (mp_experiment_get_string (experiment, group->group, name));
  key->path = g_steal_pointer (&path);
  g_ptr_array_add (self->keys, key);
}

static void
collect_keys (MpSweepForm *self)
{
  for (guint i = 0; i < self->bases->len; i++) {
    MpExperiment *experiment = g_ptr_array_index (self->bases, i);
    g_autoptr (GPtrArray) schema = mp_experiment_get_schema (experiment);

    for (guint j = 0; j < schema->len; j++) {
      const MpSchemaGroup *group = g_ptr_array_index (schema, j);

      if (g_str_equal (group->group, "experiment"))
        continue;
      if (group->kind < MP_N_KINDS)
        add_key (self, experiment, group, NULL);
      for (guint k = 0; k < group->params->len; k++) {
        const MpParam *param = g_ptr_array_index (group->params, k);

        if (!g_str_equal (param->key, "seed") || !g_str_equal (group->group, "train"))
          add_key (self, experiment, group, param);
      }
    }
  }
}

/* Values worth a look around the one that is there. (transfer full) */
static char *
propose_values (const Key *key)
{
  const MpParam *param = key->param;
  g_autoptr (GString) text = g_string_new (NULL);
  double value = g_ascii_strtod (key->value, NULL);
  double factor = param && param->logarithmic && param->type == MP_PARAM_DOUBLE ? 10 : 2;

  if (!param)
    return g_strdup (key->value);
  if (param->type == MP_PARAM_BOOL)
    return g_strdup ("false; true");
  if (param->type == MP_PARAM_ENUM)
    return g_strjoinv ("; ", (char **) param->choices);
  if ((param->type != MP_PARAM_DOUBLE && param->type != MP_PARAM_INT) || value == 0)
    return g_strdup (key->value);
  for (int i = -1; i <= 1; i++) {
    double next = value * pow (factor, i);
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    if (param->type == MP_PARAM_INT)
      next = rint (next);
    if (!(param->min == 0 && param->max == 0) && (next < param->min || next > param->max))
      continue;
    g_ascii_formatd (number, sizeof number, "%.6g", next);
    g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", number);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- checking ---- */

static const Key *
axis_key (Axis *axis)
{
  guint i = gtk_drop_down_get_selected (axis->key);

  return i < axis->form->keys->len ? g_ptr_array_index (axis->form->keys, i) : NULL;
}

static gboolean
check_kind (const Key  *key,
            const char *value,
            GError    **error)
{
  guint n;
  const MpDescriptor *const *list = mp_registry_list (key->kind, &n);
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    if (g_str_equal (list[i]->id, value))
      return TRUE;
    g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", list[i]->id);
  }
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, _("“%s” is not allowed: it must be one of %s."), value, all->str);
  return FALSE;
}

/* How many values there are; 0 after saying what is wrong with them. */
static guint
check_axis (Axis *axis)
{
  const Key *key = axis_key (axis);
  g_auto (GStrv) values = g_strsplit (gtk_editable_get_text (GTK_EDITABLE (axis->values)), ";", -1);
  guint n = g_strv_length (values);
  g_autoptr (GError) error = NULL;

  while (n > 1 && g_strstrip (values[n - 1])[0] == '\0')
    n--;
  for (guint i = 0; key && i < n && !error; i++) {
    g_strstrip (values[i]);
    if (key->param)
      mp_param_check (key->param, values[i], &error);
    else
      check_kind (key, values[i], &error);
    for (guint j = 0; j < i && !error; j++)
      if (g_str_equal (values[i], values[j]))
        g_set_error (&error, MP_ERROR, MP_ERROR_EXPERIMENT, _("“%s” is there twice."), values[i]);
  }
  gtk_label_set_text (axis->error, error ? error->message : "");
  gtk_widget_set_visible (GTK_WIDGET (axis->error), error != NULL);
  if (error)
    gtk_widget_add_css_class (GTK_WIDGET (axis->values), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (axis->values), "error");
  return error ? 0 : n;
}

static guint
count_bases (MpSweepForm *self)
{
  guint n = 0;

  for (guint i = 0; i < self->checks->len; i++)
    n += gtk_check_button_get_active (g_ptr_array_index (self->checks, i));
  return n;
}

static void
mark_row (GtkEditable *row,
          gboolean     wrong)
{
  if (wrong)
    gtk_widget_add_css_class (GTK_WIDGET (row), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (row), "error");
}

/* How many seeds; 0 where the text is none. */
static guint
check_seeds (MpSweepForm *self,
             GError     **error)
{
  guint n = mp_sweep_count_seeds (gtk_editable_get_text (self->seeds), error);

  if (n == 0)
    g_prefix_error (error, "%s: ", _("Seeds"));
  mark_row (self->seeds, n == 0);
  return n;
}

static gboolean
check_iterations (MpSweepForm *self,
                  GError     **error)
{
  const MpParam *param = mp_experiment_find_param (g_ptr_array_index (self->bases, 0), "train", "iterations");
  gboolean ok = mp_param_check (param, gtk_editable_get_text (self->iterations), error);

  mark_row (self->iterations, !ok);
  return ok;
}

static void
update (MpSweepForm *self)
{
  guint bases = count_bases (self), seeds;
  guint64 cells = bases;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  seeds = check_seeds (self, &error);
  check_iterations (self, error ? NULL : &error);
  for (guint i = 0; i < self->axes->len; i++)
    cells *= check_axis (g_ptr_array_index (self->axes, i));
  gtk_widget_set_visible (self->add_button, self->axes->len < MAX_AXES);
  gtk_label_set_text (self->error, error ? error->message : bases == 0 ? _("Choose at least one experiment.") : "");
  gtk_widget_set_visible (GTK_WIDGET (self->error), error != NULL || bases == 0);
  if (cells > 0 && seeds > 0) {
    g_autofree char *runs = mp_format_count (cells * seeds);

    text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u cells × %u seed: %s runs", "%u cells × %u seeds: %s runs",
                                         seeds), (guint) cells, seeds, runs);
  }
  gtk_label_set_text (self->count, text ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->count), text != NULL);
  gtk_widget_set_sensitive (self->create_button, cells > 0 && seeds > 0 && !error);
}

/* ---- making the sweep ---- */

static char *
make_text (MpSweepForm *self)
{
  g_autoptr (GString) text = g_string_new ("[sweep]\nbases = ");
  guint n_metrics, metric = adw_combo_row_get_selected (self->metric);
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n_metrics);

  for (guint i = 0, n = 0; i < self->bases->len; i++)
    if (gtk_check_button_get_active (g_ptr_array_index (self->checks, i)))
      g_string_append_printf (text, "%s%s", n++ > 0 ? "; " : "",
                              mp_experiment_get_id (g_ptr_array_index (self->bases, i)));
  g_string_append_printf (text, "\nseeds = %s\n", gtk_editable_get_text (self->seeds));
  if (metric < n_metrics)
    g_string_append_printf (text, "metric = %s\n", metrics[metric]->id);
  g_string_append (text, "title = ");
  for (guint i = 0; i < self->axes->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " × " : "", axis_key (g_ptr_array_index (self->axes, i))->title);
  if (self->axes->len == 0)
    g_string_append (text, _("Several seeds"));
  g_string_append_printf (text, "\n[set]\ntrain.iterations = %s\n", gtk_editable_get_text (self->iterations));
  for (guint i = 0; i < self->axes->len; i++) {
    Axis *axis = g_ptr_array_index (self->axes, i);
    const char *path = axis_key (axis)->path;
    g_autofree char *name = g_strdelimit (g_strdup (path), ".", '-');

    g_string_append_printf (text, "[axis %s]\n%s = %s\n", name, path, gtk_editable_get_text (GTK_EDITABLE (axis->values)));
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
create_cb (MpSweepForm *self)
{
  g_autofree char *text = make_text (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = mp_sweep_parse (text, "sweep", self->bases, NULL, &error);

  if (!sweep) {
    gtk_label_set_text (self->error, error->message);
    gtk_widget_set_visible (GTK_WIDGET (self->error), TRUE);
    return;
  }
  g_signal_emit (self, created_signal, 0, sweep);
  gtk_window_close (GTK_WINDOW (self));
}

/* ---- axes ---- */

static void
remove_axis_cb (Axis *axis)
{
  MpSweepForm *self = axis->form;

  gtk_box_remove (self->axes_box, axis->box);
  g_ptr_array_remove (self->axes, axis);
  update (self);
}

static void
key_chosen_cb (Axis *axis)
{
  g_autofree char *values = propose_values (axis_key (axis));

  gtk_editable_set_text (GTK_EDITABLE (axis->values), values);
}

static void
changed_cb (MpSweepForm *self)
{
  update (self);
}

static GtkDropDown *
new_key_chooser (MpSweepForm *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  GtkExpression *expression = gtk_property_expression_new (GTK_TYPE_STRING_OBJECT, NULL, "string");
  GtkDropDown *chooser;

  for (guint i = 0; i < self->keys->len; i++)
    gtk_string_list_append (titles, ((Key *) g_ptr_array_index (self->keys, i))->title);
  chooser = GTK_DROP_DOWN (gtk_drop_down_new (G_LIST_MODEL (g_steal_pointer (&titles)), expression));
  gtk_drop_down_set_enable_search (chooser, TRUE);
  mp_drop_down_give_way (chooser, 16);
  gtk_widget_set_hexpand (GTK_WIDGET (chooser), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (chooser), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Setting"), -1);
  return chooser;
}

static void
add_axis (MpSweepForm *self,
          const char  *path)
{
  Axis *axis = g_new0 (Axis, 1);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *remove = gtk_button_new_from_icon_name ("list-remove-symbolic");
  guint chosen = 0;

  axis->form = self;
  axis->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  axis->key = new_key_chooser (self);
  axis->values = GTK_ENTRY (gtk_entry_new ());
  axis->error = GTK_LABEL (gtk_label_new (NULL));
  for (guint i = 0; i < self->keys->len; i++)
    if (g_strcmp0 (((Key *) g_ptr_array_index (self->keys, i))->path, path) == 0)
      chosen = i;
  gtk_drop_down_set_selected (axis->key, chosen);
  gtk_widget_set_hexpand (GTK_WIDGET (axis->values), TRUE);
  gtk_entry_set_placeholder_text (axis->values, _("Values, separated by semicolons"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (axis->values), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Values"), -1);
  gtk_label_set_xalign (axis->error, 0);
  gtk_label_set_wrap (axis->error, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (axis->error), "error");
  gtk_widget_add_css_class (GTK_WIDGET (axis->error), "caption");
  gtk_widget_add_css_class (remove, "flat");
  gtk_widget_set_tooltip_text (remove, _("Do not vary this setting"));
  gtk_box_append (GTK_BOX (line), GTK_WIDGET (axis->key));
  gtk_box_append (GTK_BOX (line), GTK_WIDGET (axis->values));
  gtk_box_append (GTK_BOX (line), remove);
  gtk_box_append (GTK_BOX (axis->box), line);
  gtk_box_append (GTK_BOX (axis->box), GTK_WIDGET (axis->error));
  gtk_box_append (self->axes_box, axis->box);
  g_ptr_array_add (self->axes, axis);
  key_chosen_cb (axis);
  g_signal_connect_swapped (axis->key, "notify::selected", G_CALLBACK (key_chosen_cb), axis);
  g_signal_connect_swapped (axis->values, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (remove, "clicked", G_CALLBACK (remove_axis_cb), axis);
}

/* The first of some keys that is there and not varied yet. */
static void
add_cb (MpSweepForm *self)
{
  static const char *const likely[] = {
    "generator.latent", "generator.hidden", "optimizer.generator.learning_rate", "train.batch"
  };
  const char *path = likely[0];

  for (guint i = 0; i < G_N_ELEMENTS (likely); i++) {
    gboolean taken = FALSE;

    for (guint j = 0; j < self->axes->len; j++)
      taken |= g_str_equal (axis_key (g_ptr_array_index (self->axes, j))->path, likely[i]);
    path = likely[i];
    if (!taken)
      break;
  }
  add_axis (self, path);
  update (self);
}

/* ---- building ---- */

static GtkWidget *
new_group (const char *title,
           const char *description,
           GtkWidget  *parent)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group), description);
  gtk_box_append (GTK_BOX (parent), group);
  return group;
}

static void
add_bases (MpSweepForm *self,
           GtkWidget   *parent)
{
  GtkWidget *group = new_group (_("Experiments"), NULL, parent);

  for (guint i = 0; i < self->bases->len; i++) {
    MpExperiment *experiment = g_ptr_array_index (self->bases, i);
    const MpDescriptor *method = mp_registry_find (MP_KIND_METHOD,
                                                   mp_experiment_get_string (experiment, "method", "kind"));
    GtkWidget *row = adw_action_row_new ();
    GtkWidget *check = gtk_check_button_new ();

    gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
    gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _(method->title));
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), mp_experiment_get_id (experiment));
    adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
    adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
    g_ptr_array_add (self->checks, check);
    g_signal_connect_swapped (check, "toggled", G_CALLBACK (changed_cb), self);
  }
}

static void
add_axes (MpSweepForm *self,
          GtkWidget   *parent)
{
  GtkWidget *group = new_group (_("Settings to vary"), _("Every combination is trained. Separate values by semicolons."),
                                parent);

  self->axes_box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 8));
  self->add_button = gtk_button_new_with_label (_("Vary another setting"));
  gtk_widget_set_halign (self->add_button, GTK_ALIGN_START);
  gtk_widget_set_margin_top (self->add_button, 8);
  g_signal_connect_swapped (self->add_button, "clicked", G_CALLBACK (add_cb), self);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), GTK_WIDGET (self->axes_box));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->add_button);
}

static GtkEditable *
add_entry (GtkWidget   *group,
           MpSweepForm *self,
           const char  *title,
           const char  *text)
{
  GtkWidget *row = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_editable_set_text (GTK_EDITABLE (row), text);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  g_signal_connect_swapped (row, "changed", G_CALLBACK (changed_cb), self);
  return GTK_EDITABLE (row);
}

static void
add_runs (MpSweepForm *self,
          GtkWidget   *parent)
{
  GtkWidget *group = new_group (_("Runs"), NULL, parent);
  const char *iterations = mp_experiment_get_string (g_ptr_array_index (self->bases, 0), "train", "iterations");
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  guint n;
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n);

  self->seeds = add_entry (group, self, _("Seeds, as in 1-3 or 1, 2, 5"), "1-3");
  self->iterations = add_entry (group, self, _("Iterations of each run"), iterations);
  for (guint i = 0; i < n; i++)
    gtk_string_list_append (titles, _(metrics[i]->title));
  self->metric = ADW_COMBO_ROW (adw_combo_row_new ());
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->metric), _("Coloured by"));
  adw_combo_row_set_model (self->metric, G_LIST_MODEL (titles));
  for (guint i = 0; i < n; i++)
    if (g_str_equal (metrics[i]->id, "high_quality"))
      adw_combo_row_set_selected (self->metric, i);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), GTK_WIDGET (self->metric));
}

static GtkWidget *
new_header (MpSweepForm *self)
{
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_("_Cancel"));

  self->create_button = gtk_button_new_with_mnemonic (_("C_reate"));
  gtk_widget_add_css_class (self->create_button, "suggested-action");
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), cancel);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->create_button);
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (gtk_window_close), self);
  g_signal_connect_swapped (self->create_button, "clicked", G_CALLBACK (create_cb), self);
  return header;
}

static GtkLabel *
add_label (GtkWidget  *parent,
           const char *class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, class);
  gtk_box_append (GTK_BOX (parent), label);
  return GTK_LABEL (label);
}

static void
add_margins (GtkWidget *widget)
{
  gtk_widget_set_margin_top (widget, 12);
  gtk_widget_set_margin_bottom (widget, 12);
  gtk_widget_set_margin_start (widget, 12);
  gtk_widget_set_margin_end (widget, 12);
}

static void
build (MpSweepForm *self)
{
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *form = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *sum = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  add_margins (form);
  add_margins (sum);
  add_bases (self, form);
  add_axes (self, form);
  add_runs (self, form);
  self->error = add_label (sum, "error");
  self->count = add_label (sum, "numeric");
  adw_clamp_set_child (ADW_CLAMP (clamp), form);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), clamp);
  gtk_widget_set_vexpand (scroller, TRUE);
  gtk_box_append (GTK_BOX (content), new_header (self));
  gtk_box_append (GTK_BOX (content), scroller);
  /* Outside of what scrolls: why nothing can be made is seen wherever one is. */
  gtk_box_append (GTK_BOX (content), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append (GTK_BOX (content), sum);
  adw_window_set_content (ADW_WINDOW (self), content);
}

static void
mp_sweep_form_finalize (GObject *object)
{
  MpSweepForm *self = MP_SWEEP_FORM (object);

  g_ptr_array_unref (self->bases);
  g_ptr_array_unref (self->checks);
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->axes);
  G_OBJECT_CLASS (mp_sweep_form_parent_class)->finalize (object);
}

static gboolean
escape_cb (GtkWidget *widget,
           GVariant  *arguments,
           gpointer   data)
{
  gtk_window_close (GTK_WINDOW (widget));
  return TRUE;
}

static void
mp_sweep_form_class_init (MpSweepFormClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mp_sweep_form_finalize;
  gtk_widget_class_add_binding (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, escape_cb, NULL);
  created_signal = g_signal_new ("created", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
mp_sweep_form_init (MpSweepForm *self)
{
  self->bases = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  self->checks = g_ptr_array_new ();
  self->keys = g_ptr_array_new_with_free_func (key_free);
  self->axes = g_ptr_array_new_with_free_func (g_free);
}

GtkWidget *
mp_sweep_form_new (GtkWindow *parent,
                   GPtrArray *experiments)
{
  MpSweepForm *self = g_object_new (MP_TYPE_SWEEP_FORM, "transient-for", parent, "modal", TRUE, "title", _("New sweep"),
                                    "default-width", 640, "default-height", 716, NULL);

  for (guint i = 0; i < experiments->len; i++) {
    MpExperiment *experiment = mp_experiment_copy (g_ptr_array_index (experiments, i));
    g_autofree char *id = g_strdelimit (g_strdup (mp_experiment_get_id (experiment)), ";,[]\n", '-');

    /* Lanes may come from one preset; in a sweep each needs a name. */
    for (guint j = 0; j < i; j++)
      if (g_str_equal (mp_experiment_get_id (g_ptr_array_index (self->bases, j)), id)) {
        char *numbered = g_strdup_printf ("%s-%u", id, i + 1);

        g_free (id);
        id = numbered;
      }
    mp_experiment_set_id (experiment, id);
    g_ptr_array_add (self->bases, experiment);
  }
  collect_keys (self);
  build (self);
  add_axis (self, "generator.latent");
  update (self);
  return GTK_WIDGET (self);
}
