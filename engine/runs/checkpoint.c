/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint.c: the safetensors files of a run: its checkpoints.
 *
 * A checkpoint holds every parameter and every state by its name, and in its metadata the counters: all that a lane
 * is made of beside its experiment. Nothing random is kept, for randomness is a function of seed,
 * stream and step.
 */
#include "engine/runs/run-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/nn/init.h"
#include "engine/runs/file.h"

/* ---- folders of numbered files ---- */

static gint
compare_u64 (gconstpointer a,
             gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return x < y ? -1 : x > y;
}

GArray *
mp_run_list_numbered (const char *dir)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name;

  while (listing != NULL && (name = g_dir_read_name (listing)) != NULL) {
    char *end;
    guint64 number;

    if (!g_ascii_isdigit (name[0]))
      continue;
    number = g_ascii_strtoull (name, &end, 10);
    if (g_str_equal (end, ".safetensors"))
      g_array_append_val (numbers, number);
  }
  g_array_sort (numbers, compare_u64);
  return numbers;
}

static char *
numbered_path (const char *run_dir,
               const char *folder,
               guint64     iteration)
{
  g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT ".safetensors", iteration);

  return g_build_filename (run_dir, folder, name, NULL);
}

GArray *
mp_run_list_checkpoints_in (const char *run_dir)
{
  g_autofree char *dir = g_build_filename (run_dir, "checkpoints", NULL);

  return mp_run_list_numbered (dir);
}

GArray *
mp_run_list_checkpoints (MpRun *self)
{
  return mp_run_list_checkpoints_in (self->dir);
}

gsize
mp_run_get_checkpoint_size (MpRun   *self,
                            guint64  iteration)
{
  g_autofree char *path = numbered_path (self->dir, "checkpoints", iteration);
  GStatBuf status;

  return g_stat (path, &status) == 0 ? (gsize) status.st_size : 0;
}

gboolean
mp_run_find_checkpoint (MpRun    *self,
                        guint64   iteration,
                        guint64  *found,
                        GError  **error)
{
  g_autoptr (GArray) all = mp_run_list_checkpoints (self);
  gboolean any = FALSE;

  for (guint i = 0; i < all->len && g_array_index (all, guint64, i) <= iteration; i++) {
    *found = g_array_index (all, guint64, i);
    any = TRUE;
  }
  if (any)
    return TRUE;
  if (all->len == 0)
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The run “%s” has no checkpoint to branch from.", self->dir);
  else
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The run “%s” has no checkpoint at or before iteration %"
                 G_GUINT64_FORMAT "; its first is of iteration %" G_GUINT64_FORMAT ".", self->dir, iteration,
                 g_array_index (all, guint64, 0));
  return FALSE;
}

gboolean
mp_run_remove_checkpoint (MpRun   *self,
                          guint64  iteration,
                          GError **error)
{
  g_autofree char *path = numbered_path (self->dir, "checkpoints", iteration);

  if (g_unlink (path) != 0 && errno != ENOENT)
    return mp_file_fail (error, errno, "remove", path);
  return TRUE;
}

/* ---- checkpoints ---- */

MpSafetensors *
mp_checkpoint_find (const char  *run_dir,
                    guint64     *iteration,
                    char       **passed_over)
{
  g_autofree char *dir = g_build_filename (run_dir, "checkpoints", NULL);
  g_autoptr (GArray) numbers = mp_run_list_numbered (dir);
  g_autoptr (GString) reasons = g_string_new (NULL);

  for (guint i = numbers->len; i > 0; i--) {
    guint64 number = g_array_index (numbers, guint64, i - 1);
    g_autofree char *path = numbered_path (run_dir, "checkpoints", number);
    g_autoptr (GError) error = NULL;
    MpSafetensors *file = mp_safetensors_open (path, &error);

    if (file != NULL) {
      *iteration = number;
      if (reasons->len > 0 && passed_over != NULL)
        *passed_over = g_strdup_printf ("%sThe run goes on from iteration %" G_GUINT64_FORMAT ".", reasons->str, number);
      return file;
    }
    g_string_append_printf (reasons, "%s ", error->message);
  }
  if (reasons->len > 0 && passed_over != NULL)
    *passed_over = g_strdup_printf ("%sThe run begins anew.", reasons->str);
  return NULL;
}

static gboolean
is_kept (MpNode *node)
{
  return node->op == MP_OP_PARAMETER || node->op == MP_OP_STATE;
}

gboolean
mp_run_save_checkpoint (MpRun            *self,
                        MpStore          *store,
                        const MpCounters *counters,
                        GError          **error)
{
  MpGraph *graph = mp_store_get_graph (store);
  g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (MpNamedTensor));
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = numbered_path (self->dir, "checkpoints", counters->iteration);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, counters->seed);
  g_autofree char *iteration = g_strdup_printf ("%" G_GUINT64_FORMAT, counters->iteration);
  g_autofree char *batch = g_strdup_printf ("%" G_GUINT64_FORMAT, counters->batch);
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  const char *const metadata[] = {
    "format", "matchpoint checkpoint 1", "seed", seed, "iteration", iteration, "batch", batch,
    "seconds", g_ascii_dtostr (seconds, sizeof seconds, counters->seconds), NULL
  };

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    MpNamedTensor tensor = { .type = node->type };

    if (!is_kept (node))
      continue;
    tensor.name = node->name;
    tensor.data = mp_store_map (store, node);
    if (tensor.data == NULL) {
      void *copy = g_malloc ((gsize) mp_tensor_count (&node->type) * mp_dtype_size (node->type.dtype));

      g_ptr_array_add (owned, copy);
      if (!mp_store_read (store, node, copy, error))
        return FALSE;
      tensor.data = copy;
    }
    g_array_append_val (tensors, tensor);
  }

  /* The metrics up to here must outlive this file: a resumed run cuts what comes after, it cannot make up for what is
   * missing before. */
  return mp_metrics_writer_flush (self->writer, TRUE, error)
         && mp_safetensors_save (path, tensors->len, (const MpNamedTensor *) (gpointer) tensors->data, metadata, error);
}

static gboolean
read_counter (MpSafetensors *file,
              const char    *key,
              guint64       *value,
              GError       **error)
{
  const char *text = mp_safetensors_get_metadata (file, key);

  if (text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, value, NULL))
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a checkpoint: its metadata has no whole number “%s” (it is “%s”).",
               mp_safetensors_get_file (file), key, text != NULL ? text : "absent");
  return FALSE;
}

static gboolean
read_counters (MpSafetensors *file,
               MpCounters    *counters,
               GError       **error)
{
  const char *seconds = mp_safetensors_get_metadata (file, "seconds");

  counters->seconds = seconds != NULL ? g_ascii_strtod (seconds, NULL) : 0;
  return read_counter (file, "seed", &counters->seed, error)
         && read_counter (file, "iteration", &counters->iteration, error)
         && read_counter (file, "batch", &counters->batch, error);
}

gboolean
mp_run_load_checkpoint (MpRun      *self,
                        MpStore    *store,
                        MpCounters *counters,
                        GError    **error)
{
  MpGraph *graph = mp_store_get_graph (store);
  g_autoptr (MpSafetensors) file = g_steal_pointer (&self->checkpoint);
  guint64 iteration;

  if (file == NULL)
    file = mp_checkpoint_find (self->dir, &iteration, NULL);
  if (file == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The run “%s” has no whole checkpoint.", self->dir);
    return FALSE;
  }
  if (!read_counters (file, counters, error))
    return FALSE;
  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    const MpNamedTensor *tensor;

    if (!is_kept (node))
      continue;
    tensor = mp_safetensors_get (file, node->name, &node->type, error);
    if (tensor == NULL || !mp_store_write (store, node, tensor->data, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
mp_run_load_states (MpRun       *self,
                    MpStore     *store,
                    const char  *prefix,
                    guint64      iteration,
                    GError     **error)
{
  MpGraph *graph = mp_store_get_graph (store);
  guint64 found = 0;
  g_autoptr (MpSafetensors) file = mp_checkpoint_find (self->dir, &found, NULL);
  gsize length = strlen (prefix);

  if (file == NULL || found != iteration) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE,
                 "The run “%s” has no whole checkpoint after iteration %" G_GUINT64_FORMAT ".", self->dir, iteration);
    return FALSE;
  }
  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    const MpNamedTensor *tensor;

    if (node->op != MP_OP_STATE || !g_str_has_prefix (node->name, prefix) || node->name[length] != '/')
      continue;
    tensor = mp_safetensors_get (file, node->name + length + 1, &node->type, error);
    if (tensor == NULL || !mp_store_write (store, node, tensor->data, error))
      return FALSE;
  }
  return TRUE;
}

/* The tensor of this node in the file, when it has the node's type. */
static const MpNamedTensor *
find_same (MpSafetensors *file,
           MpNode        *node)
{
  return mp_safetensors_get (file, node->name, &node->type, NULL);
}

/* Whether what an optimizer keeps of its group, its moments and their count, is all there: a count of old moments would
 * make the first steps with new ones too long. */
static gboolean
has_moments (MpSafetensors *file,
             MpGraph       *graph,
             const char    *name)
{
  g_autofree char *prefix = g_strndup (name, (gsize) (strrchr (name, '/') + 1 - name));

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);

    if (is_kept (node) && g_str_has_prefix (node->name, prefix) && find_same (file, node) == NULL)
      return FALSE;
  }
  return TRUE;
}

/* The tensor that a branch takes over, or NULL. */
static const MpNamedTensor *
find_taken (MpSafetensors *file,
            MpGraph       *graph,
            MpNode        *node)
{
  const MpNamedTensor *same;

  if (g_str_has_prefix (node->name, "optimizer/") && !has_moments (file, graph, node->name))
    return NULL;
  same = find_same (file, node);
  /* A running average that is switched on here starts equal to the weights, as at the beginning of any run. */
  if (same == NULL && g_str_has_prefix (node->name, MP_AVERAGE_PREFIX))
    same = mp_safetensors_get (file, node->name + strlen (MP_AVERAGE_PREFIX), &node->type, NULL);
  return same;
}

static gboolean
list_fresh (MpSafetensors  *file,
            MpGraph        *graph,
            GPtrArray     **fresh,
            GError        **error)
{
  g_autoptr (GPtrArray) stayed = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);

    if (!is_kept (node) || find_taken (file, graph, node) != NULL)
      continue;
    if (node->op == MP_OP_PARAMETER && g_strcmp0 (node->group, "generator") == 0) {
      mp_safetensors_get (file, node->name, &node->type, error);
      g_prefix_error (error, "A branch keeps the generator's weights. ");
      return FALSE;
    }
    g_ptr_array_add (stayed, g_strdup (node->name));
  }
  *fresh = g_steal_pointer (&stayed);
  return TRUE;
}

gboolean
mp_run_compare_weights (MpRun       *self,
                        guint64      iteration,
                        MpGraph     *graph,
                        GPtrArray  **fresh,
                        GError     **error)
{
  g_autofree char *path = numbered_path (self->dir, "checkpoints", iteration);
  g_autoptr (MpSafetensors) file = mp_safetensors_open (path, error);

  return file != NULL && list_fresh (file, graph, fresh, error);
}

gboolean
mp_run_load_weights (MpRun       *self,
                     guint64      iteration,
                     MpStore     *store,
                     MpCounters  *counters,
                     GPtrArray  **fresh,
                     GError     **error)
{
  MpGraph *graph = mp_store_get_graph (store);
  g_autofree char *path = numbered_path (self->dir, "checkpoints", iteration);
  g_autoptr (MpSafetensors) file = mp_safetensors_open (path, error);
  g_autoptr (GPtrArray) stayed = NULL;

  if (file == NULL || !read_counters (file, counters, error) || !list_fresh (file, graph, &stayed, error))
    return FALSE;
  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    const MpNamedTensor *tensor = is_kept (node) ? find_taken (file, graph, node) : NULL;

    if (tensor != NULL && !mp_store_write (store, node, tensor->data, error))
      return FALSE;
  }
  if (fresh != NULL)
    *fresh = g_steal_pointer (&stayed);
  return TRUE;
}
