/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/slow-motion.h"

#include <math.h>

#include "engine/methods/method.h"
#include "ui/plot/plot-format.h"
#include "ui/scatter-view.h"

struct _MpSlowMotion
{
  GtkWidget parent_instance;

  MpLaneModel   *lane;
  GSignalGroup  *lane_signals;
  GtkLabel      *head;
  GtkLabel      *rest;
  GtkGrid       *numbers;
  MpScatterView *scatter;
};

G_DEFINE_FINAL_TYPE (MpSlowMotion, mp_slow_motion, GTK_TYPE_WIDGET)

static GtkWidget *
new_cell (const char *text,
          const char *class,
          float       align)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), align);
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "numeric");
  if (class)
    gtk_widget_add_css_class (label, class);
  return label;
}

static void
add_row (MpSlowMotion *self,
         int           row,
         const char   *name,
         const char   *value,
         const char   *change)
{
  GtkWidget *title = new_cell (name, NULL, 0);

  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (title), 44);
  gtk_widget_set_tooltip_text (title, name);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_grid_attach (self->numbers, title, 0, row, 1, 1);
  gtk_grid_attach (self->numbers, new_cell (value, NULL, 1), 1, row, 1, 1);
  gtk_grid_attach (self->numbers, new_cell (change, "dim-label", 1), 2, row, 1, 1);
}

/* "▲ 0.012" against the last report. */
static char *
format_change (double before,
               double now)
{
  g_autofree char *size = NULL;

  if (isnan (before) || isnan (now))
    return g_strdup (_("first"));
  if (before == now)
    return g_strdup ("=");
  size = mp_format_value (fabs (now - before), 3);
  return g_strdup_printf ("%s %s", now > before ? "▲" : "▼", size);
}

static const char *
name_group (const char *group,
            const char *critic)
{
  if (g_str_equal (group, "generator"))
    return _("Generator");
  if (g_str_equal (group, "critic"))
    return critic ? g_dgettext (GETTEXT_PACKAGE, critic) : _("Critic");
  if (g_str_equal (group, "decoder"))
    return _("Decoder");
  return group;
}

static void
fill_numbers (MpSlowMotion      *self,
              const MpMinibatch *minibatch)
{
  const char *kind = mp_experiment_get_string (mp_lane_model_get_experiment (self->lane), "method", "kind");
  const MpMethod *method = (const MpMethod *) mp_registry_find (MP_KIND_METHOD, kind);
  GtkWidget *child;
  int row = 0;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->numbers))))
    gtk_grid_remove (self->numbers, child);
  for (guint i = 0; i < minibatch->n_reports; i++) {
    g_autofree char *value = mp_format_value (minibatch->now[i], 4);
    g_autofree char *change = format_change (minibatch->before[i], minibatch->now[i]);

    if (!isnan (minibatch->now[i]))
      add_row (self, row++, g_dgettext (GETTEXT_PACKAGE, minibatch->titles[i]), value, change);
  }
  for (guint i = 0; i < minibatch->n_groups; i++) {
    const char *group = name_group (minibatch->groups[i].group, method ? method->critic : NULL);
    g_autofree char *gradient_name = g_strdup_printf (_("%s, norm of the gradient"), group);
    g_autofree char *update_name = g_strdup_printf (_("%s, norm of the step"), group);
    g_autofree char *gradient = mp_format_value (minibatch->groups[i].gradient, 4);
    g_autofree char *update = mp_format_value (minibatch->groups[i].update, 4);
    double share = minibatch->groups[i].size > 0 ? 100 * minibatch->groups[i].update / minibatch->groups[i].size : NAN;
    g_autofree char *percent = mp_format_value (share, 2);
    g_autofree char *of_weights = g_strdup_printf (_("%s %% of the weights"), percent);

    add_row (self, row++, gradient_name, gradient, "");
    add_row (self, row++, update_name, update, isnan (share) ? "" : of_weights);
  }
}

static void
fill_points (MpSlowMotion      *self,
             const MpMinibatch *minibatch)
{
  MpScatter *scatter = mp_scatter_view_get_scatter (self->scatter);
  gboolean any = minibatch->real || minibatch->generated;

  gtk_widget_set_visible (GTK_WIDGET (self->scatter), any && minibatch->dimensions <= 3);
  if (!any)
    return;
  mp_scatter_set_points (scatter, MP_POINTS_DATA, minibatch->real, minibatch->n_real, minibatch->dimensions);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, minibatch->generated, minibatch->n_generated,
                         minibatch->dimensions);
  mp_scatter_view_invalidate (self->scatter);
  mp_scatter_view_describe (self->scatter, _("The minibatch: real and generated points"));
}

/* "Iteration 4 · Critic (2 of 5)". */
static char *
describe_phase (const MpMinibatch *minibatch)
{
  g_autofree char *count = mp_format_count (minibatch->iteration + 1);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _("Iteration %s"), count);
  g_string_append_printf (text, " · %s", g_dgettext (GETTEXT_PACKAGE, minibatch->title));
  if (minibatch->n_repetitions > 1) {
    g_string_append (text, " ");
    g_string_append_printf (text, _("(%d of %d)"), (int) minibatch->repetition + 1, (int) minibatch->n_repetitions);
  }
  return g_string_free (text, FALSE);
}

/* "200 real and 200 generated points · next: Generator". next: untranslated, or NULL. */
static char *
describe_rest (const MpMinibatch *minibatch,
               const char        *next)
{
  GString *text = g_string_new (NULL);

  if (minibatch->real || minibatch->generated)
    g_string_append_printf (text, _("%d real and %d generated points"), (int) minibatch->n_real,
                            (int) minibatch->n_generated);
  if (next && text->len > 0)
    g_string_append (text, " · ");
  if (next)
    g_string_append_printf (text, _("next: %s"), g_dgettext (GETTEXT_PACKAGE, next));
  return g_string_free (text, FALSE);
}

static void
update (MpSlowMotion *self)
{
  MpMinibatch *minibatch = self->lane ? mp_lane_model_get_minibatch (self->lane) : NULL;
  g_autofree char *text = NULL;
  g_autofree char *rest = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), minibatch != NULL);
  if (!minibatch) {
    gtk_label_set_text (self->head, "");
    return;
  }
  text = describe_phase (minibatch);
  rest = describe_rest (minibatch, mp_lane_model_get_phase (self->lane));
  gtk_label_set_text (self->head, text);
  gtk_label_set_text (self->rest, rest);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->rest), rest);
  fill_numbers (self, minibatch);
  fill_points (self, minibatch);
}

static void
close_cb (MpSlowMotion *self)
{
  if (self->lane)
    mp_lane_model_set_minibatch (self->lane, NULL);
}

static void
mp_slow_motion_dispose (GObject *object)
{
  MpSlowMotion *self = MP_SLOW_MOTION (object);
  GtkWidget *child;

  g_clear_object (&self->lane_signals);
  g_clear_object (&self->lane);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (mp_slow_motion_parent_class)->dispose (object);
}

static void
mp_slow_motion_class_init (MpSlowMotionClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_slow_motion_dispose;
  g_type_ensure (MP_TYPE_SCATTER_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/slow-motion.ui");
  gtk_widget_class_bind_template_child (widget_class, MpSlowMotion, head);
  gtk_widget_class_bind_template_child (widget_class, MpSlowMotion, rest);
  gtk_widget_class_bind_template_child (widget_class, MpSlowMotion, numbers);
  gtk_widget_class_bind_template_child (widget_class, MpSlowMotion, scatter);
  gtk_widget_class_bind_template_callback (widget_class, close_cb);
  gtk_widget_class_set_css_name (widget_class, "slowmotion");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
mp_slow_motion_init (MpSlowMotion *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Slow motion"), -1);
  self->lane_signals = g_signal_group_new (MP_TYPE_LANE_MODEL);
  g_signal_group_connect_swapped (self->lane_signals, "notify::minibatch", G_CALLBACK (update), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::phase", G_CALLBACK (update), self);
  update (self);
}

GtkWidget *
mp_slow_motion_new (void)
{
  return g_object_new (MP_TYPE_SLOW_MOTION, NULL);
}

void
mp_slow_motion_set_lane (MpSlowMotion *self,
                         MpLaneModel  *lane)
{
  g_return_if_fail (MP_IS_SLOW_MOTION (self));

  if (self->lane == lane)
    return;
  g_set_object (&self->lane, lane);
  g_signal_group_set_target (self->lane_signals, lane);
  update (self);
}

const char *
mp_slow_motion_get_text (MpSlowMotion *self)
{
  g_return_val_if_fail (MP_IS_SLOW_MOTION (self), "");

  return gtk_label_get_text (self->head);
}
