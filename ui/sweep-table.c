/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/sweep-table.h"

#include <math.h>

#include "ui/plot/sweep-picture.h"

/* ---- rows ---- */

#define MP_TYPE_SWEEP_CELL (mp_sweep_cell_get_type ())
G_DECLARE_FINAL_TYPE (MpSweepCell, mp_sweep_cell, MP, SWEEP_CELL, GObject)

struct _MpSweepCell
{
  GObject parent_instance;
  guint   cell;
};

G_DEFINE_FINAL_TYPE (MpSweepCell, mp_sweep_cell, G_TYPE_OBJECT)

static void
mp_sweep_cell_class_init (MpSweepCellClass *klass)
{
}

static void
mp_sweep_cell_init (MpSweepCell *self)
{
}

/* ---- columns ---- */

typedef enum
{
  AXIS,
  RUNS,
  METRIC
} ColumnKind;

/* What a column shows; owned by it. */
typedef struct
{
  MpSweepTable *table;
  ColumnKind    kind;
  guint         axis;
  char         *metric;
} Column;

struct _MpSweepTable
{
  GtkWidget parent_instance;

  GtkWidget     *scroller;
  GtkColumnView *view;
  GListStore    *cells;
  MpSweepRun    *run;
  GPtrArray     *metrics;   /* char *, as there are columns for */
};

G_DEFINE_FINAL_TYPE (MpSweepTable, mp_sweep_table, GTK_TYPE_WIDGET)

static guint activated_signal;

static void
column_free (gpointer data)
{
  Column *column = data;

  g_free (column->metric);
  g_free (column);
}

static void
summarise (Column         *column,
           guint           cell,
           MpSweepSummary *summary)
{
  const char *metric = column->metric ? column->metric
                                      : mp_sweep_get_metric (mp_sweep_run_get_sweep (column->table->run));

  mp_sweep_run_summarise (column->table->run, cell, metric, summary);
}

/* "3", "2 of 3 · 1 diverged". (transfer full) */
static char *
runs_text (const MpSweepSummary *summary)
{
  guint done = summary->n_seeds - summary->n_waiting - summary->n_diverged - summary->n_failed;
  g_autoptr (GString) text = g_string_new (NULL);

  if (done == summary->n_seeds)
    g_string_append_printf (text, "%u", done);
  else
    g_string_append_printf (text, _("%u of %u"), done, summary->n_seeds);
  if (summary->n_diverged > 0)
    g_string_append_printf (text, _(" · %u diverged"), summary->n_diverged);
  if (summary->n_failed > 0)
    g_string_append_printf (text, _(" · %u failed"), summary->n_failed);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
cell_text (Column *column,
           guint   cell)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (column->table->run);
  MpSweepSummary summary;

  if (column->kind == AXIS)
    return g_strdup (mp_sweep_get_axis (sweep, column->axis)->labels[mp_sweep_get_position (sweep, cell, column->axis)]);
  summarise (column, cell, &summary);
  if (column->kind == RUNS)
    return runs_text (&summary);
  summary.n_diverged = summary.n_failed = 0;
  return summary.n > 0 ? mp_sweep_format_summary (&summary, FALSE) : g_strdup ("–");
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          Column                   *column)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         Column                   *column)
{
  MpSweepCell *cell = gtk_list_item_get_item (item);
  g_autofree char *text = column->table->run ? cell_text (column, cell->cell) : NULL;

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), text ? text : "");
}

/* Of axes the order of their values. */
static double
sort_value (Column *column,
            guint   cell)
{
  MpSweepSummary summary;

  if (column->kind == AXIS)
    return mp_sweep_get_position (mp_sweep_run_get_sweep (column->table->run), cell, column->axis);
  summarise (column, cell, &summary);
  if (column->kind == METRIC)
    return summary.mean;
  return summary.n_seeds - summary.n_waiting - summary.n_diverged - summary.n_failed;
}

static int
compare (gconstpointer a,
         gconstpointer b,
         gpointer      data)
{
  double first, second;
  Column *column = data;

  if (!column->table->run)
    return 0;
  first = sort_value (column, ((const MpSweepCell *) a)->cell);
  second = sort_value (column, ((const MpSweepCell *) b)->cell);
  /* Cells without a value are together at the end of an ascending order. */
  if (isnan (first) || isnan (second))
    return isnan (first) - isnan (second);
  return first < second ? -1 : first > second;
}

static void
add_column (MpSweepTable *self,
            ColumnKind    kind,
            guint         axis,
            const char   *metric,
            const char   *title)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) view_column = NULL;
  g_autoptr (GtkSorter) sorter = NULL;
  Column *column = g_new0 (Column, 1);

  *column = (Column) { self, kind, axis, g_strdup (metric) };
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), column);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), column);
  view_column = gtk_column_view_column_new (title, factory);
  sorter = GTK_SORTER (gtk_custom_sorter_new (compare, column, NULL));
  gtk_column_view_column_set_sorter (view_column, sorter);
  gtk_column_view_column_set_resizable (view_column, TRUE);
  g_object_set_data_full (G_OBJECT (view_column), "column", column, column_free);
  gtk_column_view_append_column (self->view, view_column);
}

/* Results of the registry's metrics, and what the matrix shows; a method's other series are in the files. */
static GPtrArray *
list_metrics (MpSweepRun *run,
              const char *shown)
{
  GPtrArray *metrics = mp_sweep_run_list_metrics (run);

  for (guint i = metrics->len; i-- > 0;)
    if (strchr (g_ptr_array_index (metrics, i), '/') && g_strcmp0 (g_ptr_array_index (metrics, i), shown) != 0)
      g_ptr_array_remove_index (metrics, i);
  return metrics;
}

static void
remake_columns (MpSweepTable *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);
  MpSweep *sweep = mp_sweep_run_get_sweep (self->run);

  while (g_list_model_get_n_items (columns) > 0) {
    g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, 0);

    gtk_column_view_remove_column (self->view, column);
  }
  for (guint i = 0; i < mp_sweep_get_n_axes (sweep); i++)
    if (mp_sweep_get_axis (sweep, i)->n_values > 1 || mp_sweep_get_n_axes (sweep) == 1)
      add_column (self, AXIS, i, NULL, mp_sweep_get_axis (sweep, i)->title);
  add_column (self, RUNS, 0, NULL, _("Runs"));
  for (guint i = 0; i < self->metrics->len; i++) {
    g_autofree char *title = mp_sweep_picture_metric_name (self->run, g_ptr_array_index (self->metrics, i));

    add_column (self, METRIC, 0, g_ptr_array_index (self->metrics, i), title);
  }
}

static void
refill (MpSweepTable *self)
{
  guint n = self->run ? mp_sweep_get_n_cells (mp_sweep_run_get_sweep (self->run)) : 0;
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++) {
    MpSweepCell *cell = g_object_new (MP_TYPE_SWEEP_CELL, NULL);

    cell->cell = i;
    g_ptr_array_add (cells, cell);
  }
  g_list_store_splice (self->cells, 0, g_list_model_get_n_items (G_LIST_MODEL (self->cells)), cells->pdata, n);
}

static gboolean
same_metrics (GPtrArray *a,
              GPtrArray *b)
{
  if (!a || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!g_str_equal (g_ptr_array_index (a, i), g_ptr_array_index (b, i)))
      return FALSE;
  return TRUE;
}

void
mp_sweep_table_update (MpSweepTable *self,
                       MpSweepRun   *run,
                       const char   *shown)
{
  g_autoptr (GPtrArray) metrics = run ? list_metrics (run, shown) : NULL;
  gboolean other = run != self->run || (metrics && !same_metrics (self->metrics, metrics));

  g_return_if_fail (MP_IS_SWEEP_TABLE (self));

  self->run = run;
  if (other && run) {
    g_clear_pointer (&self->metrics, g_ptr_array_unref);
    self->metrics = g_steal_pointer (&metrics);
    remake_columns (self);
  }
  refill (self);
}

/* ---- object ---- */

static void
activate_cb (GtkColumnView *view,
             guint          position,
             MpSweepTable  *self)
{
  g_autoptr (MpSweepCell) cell = g_list_model_get_item (G_LIST_MODEL (gtk_column_view_get_model (view)), position);

  if (cell)
    g_signal_emit (self, activated_signal, 0, cell->cell);
}

static void
mp_sweep_table_dispose (GObject *object)
{
  MpSweepTable *self = MP_SWEEP_TABLE (object);

  self->run = NULL;
  self->view = NULL;
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->cells);
  g_clear_pointer (&self->metrics, g_ptr_array_unref);
  G_OBJECT_CLASS (mp_sweep_table_parent_class)->dispose (object);
}

static void
mp_sweep_table_class_init (MpSweepTableClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_sweep_table_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "sweeptable");
  activated_signal = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
mp_sweep_table_init (MpSweepTable *self)
{
  GtkSortListModel *sorted;

  self->cells = g_list_store_new (MP_TYPE_SWEEP_CELL);
  self->view = GTK_COLUMN_VIEW (gtk_column_view_new (NULL));
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (self->cells)),
                                    g_object_ref (gtk_column_view_get_sorter (self->view)));
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (gtk_single_selection_new (G_LIST_MODEL (sorted))));
  gtk_column_view_set_show_row_separators (self->view, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self->view), "data-table");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Results"), -1);
  g_signal_connect (self->view, "activate", G_CALLBACK (activate_cb), self);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), GTK_WIDGET (self->view));
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
mp_sweep_table_new (void)
{
  return g_object_new (MP_TYPE_SWEEP_TABLE, NULL);
}
