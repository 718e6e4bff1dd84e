/* SPDX-License-Identifier: Apache-2.0
 *
 * test-everything.c: every method of the registry on every data set of the registry trains without an error, stays
 * finite all the way, and does so with the same bits again, also when the second half is trained by another lane that
 * has nothing but what a checkpoint of the middle keeps.
 *
 * One test for each method. Networks are small; a frozen extractor keeps its initial, random weights, as no stage is
 * trained: what a trained one changes is test-stage.c's.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <string.h>

#include "tests/engine/lane.h"
#include "tests/engine/scratch.h"

/* Sanitizers are slow, and find what they find in a few iterations; so is a GPU with so little to do. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define N 10
#else
#define N (test_device_is_cpu () ? 500 : 50)
#endif

static char *scratch;

/* ---- data sets that need a file, or something of their own ---- */

/* 40 points on a spiral. */
static void
write_points (const char *path)
{
  g_autoptr (GString) text = g_string_new ("x,y\n");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 40; i++) {
    char x[G_ASCII_DTOSTR_BUF_SIZE], y[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf (text, "%s,%s\n", g_ascii_dtostr (x, sizeof x, 0.1 * i * cos (0.3 * i)),
                            g_ascii_dtostr (y, sizeof y, 0.1 * i * sin (0.3 * i)));
  }
  g_file_set_contents (path, text->str, -1, &error);
  g_assert_no_error (error);
}

/* 8 × 6 grey pixels, darker to the upper right. */
static void
write_picture (const char *path)
{
  g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 8, 6);
  guchar *pixels = gdk_pixbuf_get_pixels (picture);
  g_autoptr (GError) error = NULL;

  for (gint y = 0; y < 6; y++)
    memset (pixels + y * gdk_pixbuf_get_rowstride (picture), 40 * y, 3 * 8);
  for (gint i = 0; i < 6; i++)
    memset (pixels + i * gdk_pixbuf_get_rowstride (picture) + 3 * i, 255, 3);
  gdk_pixbuf_save (picture, path, "png", &error, NULL);
  g_assert_no_error (error);
}

static const struct
{
  const char *id;
  const char *file;
  void      (*write) (const char *path);
  const char *keys;
} fixtures[] = {
  { "csv", "points.csv", write_points, "file = points.csv" },
  { "image", "picture.png", write_picture, "file = picture.png" },
  { "drawing", NULL, NULL, "strokes = +0.2 -0.6 0.3 0.6 0.3; -0.1 0 0.3; +0.1*0.5 0 -0.5" },
};

static void
write_fixtures (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++) {
    g_autofree char *path = fixtures[i].file != NULL ? g_build_filename (scratch, fixtures[i].file, NULL) : NULL;

    if (path != NULL)
      fixtures[i].write (path);
  }
}

/* Keys of [data]. Other sets are trained on as they are by default, so those with a file must be among the fixtures. */
static const char *
fixture_keys (const MpDescriptor *data)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    if (g_str_equal (fixtures[i].id, data->id))
      return fixtures[i].keys;
  for (guint i = 0; i < data->n_params; i++)
    if (data->params[i].type == MP_PARAM_FILE)
      g_error ("the data set %s reads a file, for which there is no fixture here", data->id);
  return "";
}

/* ---- lanes ---- */

static MpExperiment *
experiment_new (const char         *method,
                const MpDescriptor *data)
{
  static const char *const networks[] = { "critic", "encoder" };
  g_autofree char *text = g_strdup_printf ("[data]\nkind = %s\n%s\n[generator]\nkind = mlp\nhidden = 8, 8\n"
                                           "[method]\nkind = %s\n[optimizer.generator]\nkind = adam\n"
                                           "[train]\nbatch = 16\niterations = %d\ndeterministic = true\n",
                                           data->id, fixture_keys (data), method, N);
  g_autofree char *path = g_build_filename (scratch, "test.ini", NULL);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, path, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++) {
    if (!mp_experiment_has_group (experiment, networks[i]))
      continue;
    mp_experiment_set_value (experiment, networks[i], "hidden", "8, 8", &error);
    g_assert_no_error (error);
  }
  return experiment;
}

/* Its variables are zero. */
static MpLoop *
loop_new (MpExperiment *experiment)
{
  static const MpDeviceClass *class;
  static MpDevice *device; /* open until the program ends */
  const MpBuildOptions options = { .n_view_samples = 20, .n_view_data = 20, .n_view_points = 4 };
  g_autoptr (GError) error = NULL;
  MpLoop *loop;

  if (device == NULL)
    device = test_device_open (test_device_name (), &class);
  loop = mp_loop_new (experiment, class, device, &options, NULL, NULL, &error);
  g_assert_no_error (error);
  return loop;
}

static MpLoop *
loop_start (MpExperiment *experiment)
{
  MpLoop *loop = loop_new (experiment);
  g_autoptr (GError) error = NULL;

  mp_loop_start (loop, &error);
  g_assert_no_error (error);
  return loop;
}

/* Every report of every iteration must be finite. */
static void
take_rows (MpLoop   *loop,
           gboolean  wait)
{
  g_autoptr (GError) error = NULL;
  MpLoopRow row;

  while (mp_loop_take_row (loop, wait, &row, &error) && row.values != NULL)
    if (!row.finite) {
      g_autofree char *where = mp_loop_find_divergence (loop, row.iteration);

      g_error ("%s", where);
    }
  g_assert_no_error (error);
}

static void
train (MpLoop  *loop,
       guint64  from,
       guint64  to)
{
  g_autoptr (GError) error = NULL;

  for (guint64 i = from, done; i < to; i += done) {
    if (!mp_loop_can_run (loop))
      take_rows (loop, TRUE);
    mp_loop_run_iterations (loop, i, to - i, &done, &error);
    g_assert_no_error (error);
    take_rows (loop, FALSE);
  }
  take_rows (loop, TRUE);
}

/* What checkpoints keep of a lane: by the nodes of its graph, NULL for others. (transfer full) */
static GPtrArray *
save (MpLoop *loop)
{
  MpStore *store = mp_loop_get_store (loop);
  MpGraph *graph = mp_store_get_graph (store);
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    gsize size = (gsize) mp_tensor_count (&node->type) * mp_dtype_size (node->type.dtype);
    g_autoptr (GError) error = NULL;
    void *values;

    g_ptr_array_add (all, NULL);
    if (node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE)
      continue;
    values = g_malloc (size);
    mp_store_read (store, node, values, &error);
    g_assert_no_error (error);
    all->pdata[i] = g_bytes_new_take (values, size);
  }
  return all;
}

static void
restore (MpLoop    *loop,
         GPtrArray *saved,
         guint64    batch)
{
  MpStore *store = mp_loop_get_store (loop);
  MpGraph *graph = mp_store_get_graph (store);

  g_assert_cmpuint (mp_graph_get_n_nodes (graph), ==, saved->len);
  for (guint i = 0; i < saved->len; i++) {
    g_autoptr (GError) error = NULL;

    if (saved->pdata[i] == NULL)
      continue;
    mp_store_write (store, mp_graph_get_node (graph, i), g_bytes_get_data (saved->pdata[i], NULL), &error);
    g_assert_no_error (error);
  }
  mp_loop_set_batch (loop, batch);
}

/* ---- the comparison ---- */

static void
assert_same (MpLoop     *loop,
             GPtrArray  *a,
             GPtrArray  *b,
             const char *what)
{
  MpGraph *graph = mp_store_get_graph (mp_loop_get_store (loop));

  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    g_assert_true ((a->pdata[i] == NULL) == (b->pdata[i] == NULL));
    if (a->pdata[i] != NULL && !g_bytes_equal (a->pdata[i], b->pdata[i]))
      g_error ("“%s” differs %s", mp_graph_get_node (graph, i)->name, what);
  }
}

static void
assert_finite (MpLoop    *loop,
               GPtrArray *saved)
{
  MpGraph *graph = mp_store_get_graph (mp_loop_get_store (loop));

  for (guint i = 0; i < saved->len; i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    const float *values;
    gsize size;

    if (saved->pdata[i] == NULL || node->type.dtype != MP_FLOAT32)
      continue;
    values = g_bytes_get_data (saved->pdata[i], &size);
    for (gsize j = 0; j < size / sizeof *values; j++)
      if (!isfinite (values[j]))
        g_error ("“%s” is %g at %" G_GSIZE_FORMAT, node->name, (double) values[j], j);
  }
}

static void
assert_moved (GPtrArray *a,
              GPtrArray *b)
{
  for (guint i = 0; i < a->len; i++)
    if (a->pdata[i] != NULL && !g_bytes_equal (a->pdata[i], b->pdata[i]))
      return;
  g_error ("training changed nothing");
}

static void
check (const char         *method,
       const MpDescriptor *data)
{
  g_autoptr (MpExperiment) experiment = experiment_new (method, data);
  g_autoptr (MpLoop) straight = loop_start (experiment);
  g_autoptr (MpLoop) again = NULL;
  g_autoptr (MpLoop) resumed = NULL;
  g_autoptr (GPtrArray) middle = NULL;
  g_autoptr (GPtrArray) end = NULL;
  g_autoptr (GPtrArray) end_again = NULL;
  g_autoptr (GPtrArray) end_resumed = NULL;
  guint64 batch;

  g_test_message ("%s on %s", method, data->id);
  train (straight, 0, N);
  end = save (straight);
  assert_finite (straight, end);

  again = loop_start (experiment);
  train (again, 0, N / 2);
  middle = save (again);
  batch = mp_loop_get_batch (again);
  train (again, N / 2, N);
  end_again = save (again);
  assert_same (again, end, end_again, "between two runs from the same seed");
  assert_moved (middle, end);

  resumed = loop_new (experiment);
  restore (resumed, middle, batch);
  train (resumed, N / 2, N);
  end_resumed = save (resumed);
  assert_same (resumed, end, end_resumed, "after going on from the middle");
}

static void
test_method (gconstpointer method)
{
  guint n;
  const MpDescriptor *const *data = mp_registry_list (MP_KIND_DATA, &n);

  g_assert_cmpuint (n, >=, G_N_ELEMENTS (fixtures));
  for (guint i = 0; i < n; i++)
    check (((const MpDescriptor *) method)->id, data[i]);
}

int
main (int   argc,
      char *argv[])
{
  const MpDescriptor *const *methods;
  int status;
  guint n;

  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  scratch = mp_scratch_new ();
  write_fixtures ();
  methods = mp_registry_list (MP_KIND_METHOD, &n);
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strconcat ("/everything/", methods[i]->id, NULL);

    g_test_add_data_func (path, methods[i], test_method);
  }
  status = g_test_run ();
  mp_scratch_remove (scratch);
  g_free (scratch);
  return status;
}
