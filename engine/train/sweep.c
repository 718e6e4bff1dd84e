/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.c: the sweep as it is read: axes, cells and trials.
 *
 * Cells lie in reading order; a cell's position on the axes of its row is the row's number written with the axes'
 * lengths as bases, the innermost axis last, and likewise for its column.
 */
#include "engine/train/sweep-private.h"

#include <string.h>

static void
axis_free (gpointer data)
{
  MpSweepAxis *axis = data;

  for (guint i = 0; i < axis->n_keys; i++) {
    g_free (axis->keys[i]);
    g_strfreev (axis->values[i]);
  }
  g_free (axis->name);
  g_free (axis->title);
  g_strfreev (axis->labels);
  g_free (axis->keys);
  g_free (axis->values);
  g_free (axis->lines);
  g_free (axis);
}

static void
base_free (gpointer data)
{
  MpSweepBase *base = data;

  g_free (base->name);
  g_free (base->title);
  g_clear_pointer (&base->experiment, mp_experiment_unref);
  g_free (base);
}

static void
trial_free (gpointer data)
{
  MpSweepTrial *trial = data;

  g_free (trial->name);
  g_clear_pointer (&trial->experiment, mp_experiment_unref);
  g_free (trial);
}

MpSweep *
mp_sweep_new (const char *file)
{
  MpSweep *self = g_new0 (MpSweep, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->file = g_strdup (file);
  self->seeds = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->bases = g_ptr_array_new_with_free_func (base_free);
  self->axes = g_ptr_array_new_with_free_func (axis_free);
  self->rows = g_array_new (FALSE, FALSE, sizeof (guint));
  self->columns = g_array_new (FALSE, FALSE, sizeof (guint));
  self->trials = g_ptr_array_new_with_free_func (trial_free);
  return self;
}

MpSweep *
mp_sweep_ref (MpSweep *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_sweep_unref (MpSweep *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->file);
  g_free (self->id);
  g_free (self->title);
  g_free (self->summary);
  g_free (self->origin);
  g_free (self->metric);
  g_array_unref (self->seeds);
  g_ptr_array_unref (self->bases);
  g_ptr_array_unref (self->axes);
  g_array_unref (self->rows);
  g_array_unref (self->columns);
  g_ptr_array_unref (self->trials);
  g_free (self->trial_of);
  g_free (self);
}

MpSweepAxis *
mp_sweep_axis_new (const char *name,
                   guint       n_values,
                   guint       n_keys)
{
  MpSweepAxis *axis = g_new0 (MpSweepAxis, 1);

  axis->name = g_strdup (name);
  axis->n_values = n_values;
  axis->n_keys = n_keys;
  axis->labels = g_new0 (char *, n_values + 1);
  axis->keys = g_new0 (char *, n_keys);
  axis->values = g_new0 (char **, n_keys);
  axis->lines = g_new0 (guint, n_keys);
  return axis;
}

/* ---- reading ---- */

const char *
mp_sweep_get_id (MpSweep *self)
{
  return self->id;
}

const char *
mp_sweep_get_title (MpSweep *self)
{
  return self->title;
}

const char *
mp_sweep_get_summary (MpSweep *self)
{
  return self->summary;
}

const char *
mp_sweep_get_metric (MpSweep *self)
{
  return self->metric;
}

guint64
mp_sweep_get_average (MpSweep *self)
{
  return self->average;
}

guint
mp_sweep_get_n_seeds (MpSweep *self)
{
  return self->seeds->len;
}

gint64
mp_sweep_get_seed (MpSweep *self,
                   guint    i)
{
  g_return_val_if_fail (i < self->seeds->len, 0);

  return g_array_index (self->seeds, gint64, i);
}

guint
mp_sweep_get_n_axes (MpSweep *self)
{
  return self->axes->len;
}

const MpSweepAxis *
mp_sweep_get_axis (MpSweep *self,
                   guint    axis)
{
  g_return_val_if_fail (axis < self->axes->len, NULL);

  return g_ptr_array_index (self->axes, axis);
}

const guint *
mp_sweep_get_rows (MpSweep *self,
                   guint   *n)
{
  *n = self->rows->len;
  return (const guint *) self->rows->data;
}

const guint *
mp_sweep_get_columns (MpSweep *self,
                      guint   *n)
{
  *n = self->columns->len;
  return (const guint *) self->columns->data;
}

guint
mp_sweep_get_n_rows (MpSweep *self)
{
  return self->n_rows;
}

guint
mp_sweep_get_n_columns (MpSweep *self)
{
  return self->n_columns;
}

guint
mp_sweep_get_n_cells (MpSweep *self)
{
  return self->n_rows * self->n_columns;
}

/* ---- places ---- */

/* How many lines of rows (or columns) one step on this axis is; 0 where it is not among these axes. */
static guint
find_stride (MpSweep *self,
             GArray  *axes,
             guint    axis)
{
  guint stride = 1;

  for (guint i = axes->len; i > 0; i--) {
    guint at = g_array_index (axes, guint, i - 1);

    if (at == axis)
      return stride;
    stride *= mp_sweep_get_axis (self, at)->n_values;
  }
  return 0;
}

guint
mp_sweep_get_position (MpSweep *self,
                       guint    cell,
                       guint    axis)
{
  guint n = mp_sweep_get_axis (self, axis)->n_values;
  guint stride = find_stride (self, self->rows, axis);

  if (stride > 0)
    return cell / self->n_columns / stride % n;
  return cell % self->n_columns / find_stride (self, self->columns, axis) % n;
}

guint
mp_sweep_move_cell (MpSweep *self,
                    guint    cell,
                    guint    axis,
                    guint    value)
{
  guint stride = find_stride (self, self->rows, axis);
  guint position = mp_sweep_get_position (self, cell, axis);

  if (stride > 0)
    stride *= self->n_columns;
  else
    stride = find_stride (self, self->columns, axis);
  return cell - position * stride + value * stride;
}

char *
mp_sweep_describe_cell (MpSweep *self,
                        guint    cell)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->axes->len; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (self, i);
    const char *label = axis->labels[mp_sweep_get_position (self, cell, i)];

    if (axis->n_values == 1 && !(i == 0 && self->axes->len == 1))
      continue;
    if (text->len > 0)
      g_string_append (text, " · ");
    if (i > 0)
      g_string_append_printf (text, "%s ", axis->title);
    g_string_append (text, label);
  }
  if (text->len == 0)
    g_string_append (text, mp_sweep_get_axis (self, 0)->labels[0]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

guint
mp_sweep_get_n_trials (MpSweep *self)
{
  return self->trials->len;
}

const MpSweepTrial *
mp_sweep_get_trial (MpSweep *self,
                    guint    trial)
{
  g_return_val_if_fail (trial < self->trials->len, NULL);

  return g_ptr_array_index (self->trials, trial);
}

guint
mp_sweep_find_trial (MpSweep *self,
                     guint    cell,
                     guint    seed_index)
{
  g_return_val_if_fail (cell < mp_sweep_get_n_cells (self) && seed_index < self->seeds->len, 0);

  return self->trial_of[cell * self->seeds->len + seed_index];
}
