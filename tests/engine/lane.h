/* SPDX-License-Identifier: Apache-2.0
 *
 * lane.h: small lanes for tests of networks, methods and the training loop, on the device under test (test-device.h).
 */
#pragma once

#include "engine/train/loop.h"
#include "tests/engine/test-device.h"

/* A small ring for one method, with keys to put in or over it, "group.key=value;…", or NULL. */
static inline MpExperiment *
lane_experiment (const char *method,
                 const char *assignments)
{
  g_autofree char *text = g_strdup_printf ("[data]\nkind = ring\nradius = 2\nstd = 0.2\npoints = 100\n"
                                           "[generator]\nkind = mlp\nhidden = 8, 8\n"
                                           "[method]\nkind = %s\n[optimizer.generator]\nkind = adam\n"
                                           "[train]\nbatch = 16\niterations = 100\n[evaluate]\nsamples = 50\n", method);
  g_auto (GStrv) list = g_strsplit (assignments != NULL ? assignments : "", ";", -1);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, "test.ini", &error);

  g_assert_no_error (error);
  for (guint i = 0; list[i] != NULL; i++) {
    if (list[i][0] != '\0')
      mp_experiment_set (experiment, list[i], &error);
    g_assert_no_error (error);
  }
  return experiment;
}

/* For stores of tests that have no lane. */
static inline MpDevice *
lane_device (void)
{
  static MpDevice *device;

  if (device == NULL)
    g_assert_cmpint (test_device_class ()->open (0, NULL, &device), ==, MP_OK);
  return device;
}

/* A handle of its own, as lanes have; it stays open until the program ends. */
static inline MpDevice *
lane_device_new (const MpDeviceClass **class)
{
  static GPtrArray *devices;

  if (devices == NULL)
    devices = g_ptr_array_new ();
  g_ptr_array_add (devices, test_device_open (test_device_name (), class));
  return g_ptr_array_index (devices, devices->len - 1);
}

static inline MpLoop *
lane_new (MpExperiment         *experiment,
          const MpDeviceClass  *class,
          MpDevice             *device,
          const MpBuildOptions *options)
{
  g_autoptr (GError) error = NULL;
  MpLoop *loop = mp_loop_new (experiment, class, device, options, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (mp_loop_start (loop, &error));
  g_assert_no_error (error);
  return loop;
}

static inline MpLoop *
lane_open_on (MpExperiment        *experiment,
              const MpDeviceClass *class,
              MpDevice            *device)
{
  const MpBuildOptions options = { .n_view_samples = 20, .n_view_data = 30, .n_view_points = 12 };

  return lane_new (experiment, class, device, &options);
}

/* On the device under test. */
static inline MpLoop *
lane_open (MpExperiment *experiment)
{
  const MpDeviceClass *class;
  MpDevice *device = lane_device_new (&class);

  return lane_open_on (experiment, class, device);
}

static inline void
lane_run (MpLoop  *loop,
          guint64  from,
          guint64  to)
{
  g_autoptr (GError) error = NULL;

  for (guint64 i = from; i < to; i++) {
    mp_loop_run_iteration (loop, i, &error);
    g_assert_no_error (error);
  }
}

/* One variable as float64. (transfer full) */
static inline double *
lane_read_node (MpLoop *loop,
                MpNode *node)
{
  gint64 n = mp_tensor_count (&node->type);
  double *values = g_new (double, MAX (n, 1));
  g_autoptr (GError) error = NULL;

  mp_store_read (mp_loop_get_store (loop), node, values, &error);
  g_assert_no_error (error);
  if (node->type.dtype == MP_FLOAT32)
    for (gint64 i = n; i-- > 0;)
      values[i] = ((float *) values)[i];
  return values;
}

static inline MpNode *
lane_find (MpLoop     *loop,
           const char *name)
{
  MpGraph *graph = mp_store_get_graph (mp_loop_get_store (loop));

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);

    if (node->name != NULL && g_str_equal (node->name, name)
        && mp_op_class (node->op) == MP_CLASS_SOURCE)
      return node;
  }
  g_error ("there is no variable “%s”", name);
}

static inline double *
lane_read (MpLoop     *loop,
           const char *name)
{
  return lane_read_node (loop, lane_find (loop, name));
}

/* All parameters and states, one after the other. (transfer full) */
static inline GBytes *
lane_dump (MpLoop *loop)
{
  MpGraph *graph = mp_store_get_graph (mp_loop_get_store (loop));
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    g_autofree double *values = NULL;

    if (node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE)
      continue;
    values = lane_read_node (loop, node);
    g_byte_array_append (bytes, (const guint8 *) values, (guint) (mp_tensor_count (&node->type) * sizeof (double)));
  }
  return g_byte_array_free_to_bytes (bytes);
}
