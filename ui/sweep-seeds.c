/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/sweep-seeds.h"

#include <inttypes.h>
#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/session.h"
#include "ui/sweep-words.h"

void
mp_sweep_open_run (GtkWidget  *widget,
                   const char *dir)
{
  gtk_widget_activate_action (widget, "win.open-run", "s", dir);
  gtk_widget_activate_action (widget, "win.page", "s", "lanes");
}

/* One of them, or all seeds of a cell instead of the lanes, which the charts then show as one. */
static void
open_cb (GtkWidget *button,
         gpointer   data)
{
  const char *const *dirs = g_object_get_data (G_OBJECT (button), "runs");

  gtk_popover_popdown (GTK_POPOVER (gtk_widget_get_ancestor (button, GTK_TYPE_POPOVER)));
  if (dirs[0] && dirs[1])
    gtk_widget_activate_action (button, "win.open-runs-alone", "^as", dirs);
  else if (dirs[0])
    mp_sweep_open_run (button, dirs[0]);
}

/* Takes the strings. */
static GtkWidget *
new_open_button (const char *label,
                 GPtrArray  *dirs)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  g_ptr_array_add (dirs, NULL);
  g_object_set_data_full (G_OBJECT (button), "runs", g_ptr_array_steal (dirs, NULL), (GDestroyNotify) g_strfreev);
  g_signal_connect (button, "clicked", G_CALLBACK (open_cb), NULL);
  return button;
}

static GtkWidget *
new_all_button (MpSweepModel *model,
                guint         cell)
{
  MpSweep *sweep = mp_sweep_model_get_sweep (model);
  MpSweepRun *run = mp_sweep_model_get_run (model);
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  GtkWidget *button;
  gboolean several;

  for (guint i = 0; i < mp_sweep_get_n_seeds (sweep) && dirs->len < MP_MAX_LANES; i++) {
    guint trial = mp_sweep_find_trial (sweep, cell, i);
    MpTrialStatus status;

    mp_sweep_run_get_status (run, trial, &status);
    if (status.state != MP_TRIAL_WAITING && status.state != MP_TRIAL_FAILED)
      g_ptr_array_add (dirs, mp_sweep_run_dup_trial_dir (run, trial));
  }
  several = dirs->len > 1;
  button = new_open_button (_("Open all instead of the lanes"), dirs);
  gtk_widget_set_sensitive (button, several);
  return button;
}

static GtkWidget *
new_seed_row (MpSweepModel *model,
              guint         trial)
{
  MpSweepRun *run = mp_sweep_model_get_run (model);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  GtkWidget *label, *button;
  double value = mp_sweep_run_get_value (run, trial, mp_sweep_model_get_metric (model));
  g_autofree char *number = isfinite (value) ? mp_format_short (value, 3) : NULL;
  g_autofree char *text = NULL;
  g_autofree char *message = mp_sweep_run_dup_message (run, trial);
  gint64 seed = mp_sweep_get_trial (mp_sweep_model_get_sweep (model), trial)->seed;
  MpTrialStatus status;

  mp_sweep_run_get_status (run, trial, &status);
  text = number ? g_strdup_printf (_("Seed %" PRId64 ": %s, %s"), seed, number, mp_trial_state_word (status.state))
                : g_strdup_printf (_("Seed %" PRId64 ": %s"), seed, mp_trial_state_word (status.state));
  label = gtk_label_new (text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, "numeric");
  gtk_widget_set_tooltip_text (label, message);
  g_ptr_array_add (dirs, mp_sweep_run_dup_trial_dir (run, trial));
  button = new_open_button (_("Open as lane"), dirs);
  gtk_widget_set_sensitive (button, status.state != MP_TRIAL_WAITING && status.state != MP_TRIAL_FAILED);
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (row), button);
  return row;
}

GtkWidget *
mp_sweep_seeds_new (MpSweepModel *model,
                    guint         cell)
{
  MpSweep *sweep = mp_sweep_model_get_sweep (model);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8), *popover = gtk_popover_new ();
  g_autofree char *place = mp_sweep_describe_cell (sweep, cell);
  GtkWidget *heading = gtk_label_new (place);

  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_label_set_wrap (GTK_LABEL (heading), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (heading), 40);
  gtk_widget_add_css_class (heading, "heading");
  gtk_widget_set_margin_top (box, 6);
  gtk_widget_set_margin_bottom (box, 6);
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_box_append (GTK_BOX (box), heading);
  for (guint i = 0; i < mp_sweep_get_n_seeds (sweep); i++)
    gtk_box_append (GTK_BOX (box), new_seed_row (model, mp_sweep_find_trial (sweep, cell, i)));
  if (mp_sweep_get_n_seeds (sweep) > 1)
    gtk_box_append (GTK_BOX (box), new_all_button (model, cell));
  gtk_popover_set_child (GTK_POPOVER (popover), box);
  return popover;
}
