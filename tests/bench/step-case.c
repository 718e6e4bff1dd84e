/* SPDX-License-Identifier: Apache-2.0
 *
 * step-case.c: lanes, and the case of images, which has a plan of its own since its networks share one pass.
 */
#include "tests/bench/step-case.h"

#include <math.h>

#include "engine/nn/init.h"

#define BATCH 64
#define SIZE 32
#define CHANNELS 3
#define LATENT 128
#define OUTPUTS 16

static const char mlp512_text[] =
  "[data]\nkind = ring\nmodes = 8\nradius = 2\nstd = 0.2\npoints = 1000\n"
  "[generator]\nkind = mlp\nlatent = 2\nhidden = 512, 512, 512, 512\ninit = he-uniform\n"
  "[critic]\nkind = mlp\nhidden = 512, 512, 512, 512\ninit = he-uniform\n"
  "[method]\nkind = wgan-gp\ncritic_steps = 1\npenalty = 0.1\n"
  "[optimizer.generator]\nkind = adam\nlearning_rate = 1e-4\nbeta1 = 0.5\nbeta2 = 0.9\n"
  "[optimizer.critic]\nkind = adam\nlearning_rate = 1e-4\nbeta1 = 0.5\nbeta2 = 0.9\n"
  "[train]\nbatch = 256\n";

/* The method and the data are there because an experiment has some; neither is used. */
static const char dcgan32_text[] =
  "[data]\nkind = ring\n"
  "[generator]\nkind = dcgan\nlatent = 128\nwidth = 64\nnormalisation = batch\n"
  "[critic]\nkind = dcgan\nwidth = 64\nnormalisation = spectral\nspectral_gain = 1.6817928305074290\n"
  "[method]\nkind = gan\n"
  "[optimizer.generator]\nkind = adam\nlearning_rate = 2e-4\nbeta1 = 0.5\nbeta2 = 0.999\n"
  "[optimizer.critic]\nkind = adam\nlearning_rate = 2e-4\nbeta1 = 0.5\nbeta2 = 0.999\n"
  "[train]\nbatch = 64\n";

struct _StepCase
{
  const MpDeviceClass *class;
  MpLoop              *loop;      /* lanes */
  MpGraph             *graph;     /* images, from here on */
  MpNetwork           *generator, *critic;
  MpUpdate            *updates[2];
  GPtrArray           *assigns;
  MpStore             *store;
  MpPlan              *plan;
  MpCapture           *capture;   /* after the first iteration, where the device captures */
};

MpExperiment *
step_case_load (const char  *name,
                char       **assignments,
                GError     **error)
{
  g_autoptr (MpExperiment) experiment = NULL;

  if (g_str_equal (name, "mlp512") || g_str_equal (name, "dcgan32"))
    experiment = mp_experiment_parse (g_str_equal (name, "mlp512") ? mlp512_text : dcgan32_text, -1, name, error);
  else
    experiment = mp_experiment_load (name, error);
  for (guint i = 0; experiment != NULL && assignments[i] != NULL; i++)
    if (!mp_experiment_set (experiment, assignments[i], error))
      return NULL;
  return g_steal_pointer (&experiment);
}

/* ---- images ---- */

/* Mean of the m×m kernel matrix off its diagonal, which is 1. */
static MpNode *
mean_of_pairs (MpNode *matrix)
{
  double m = matrix != NULL ? (double) matrix->type.dim[0] : 2;

  return mp_mul_scalar (mp_add_scalar (mp_sum (matrix, MP_ALL_AXES, FALSE), -m), 1 / (m * (m - 1)));
}

/* losses: the critic's, the generator's. */
static void
write_losses (StepCase *self,
              MpNode   *losses[2],
              GArray   *moving)
{
  MpGraph *graph = self->graph;
  const double sigma = 1;
  const float sigma_single = 1;
  gint64 one = 1;
  MpTensorType row = mp_type (mp_graph_get_dtype (graph), 1, &one);
  MpNode *bandwidth = mp_constant (graph, row, row.dtype == MP_FLOAT64 ? (const void *) &sigma : &sigma_single);
  MpNode *real = mp_input (graph, "images", mp_shape (graph, (gint64) BATCH, (gint64) SIZE, (gint64) SIZE,
                                                      (gint64) CHANNELS, (gint64) -1));
  MpNode *latent = mp_random_normal (graph, "latent", mp_shape (graph, (gint64) BATCH, (gint64) LATENT, (gint64) -1),
                                     0, 1);
  MpNode *generated = mp_network_apply (self->generator, latent, MP_TRAINING, moving);
  MpNode *scores = mp_network_apply (self->critic, mp_concat (0, 2, (MpNode *[]) { real, generated }), MP_TRAINING,
                                     moving);
  MpNode *p = mp_slice_axis (scores, 0, 0, BATCH), *q = mp_slice_axis (scores, 0, BATCH, 2 * BATCH);
  MpNode *rr = mean_of_pairs (mp_gram (p, p, MP_KERNEL_RBF, bandwidth));
  MpNode *gg = mean_of_pairs (mp_gram (q, q, MP_KERNEL_RBF, bandwidth));
  MpNode *rg = mp_mean (mp_gram (p, q, MP_KERNEL_RBF, bandwidth), MP_ALL_AXES, FALSE);

  losses[0] = mp_named (mp_sub (rr, gg), "critic loss");
  losses[1] = mp_named (mp_sub (gg, mp_mul_scalar (rg, 2)), "generator loss");
}

static gboolean
make_networks (StepCase      *self,
               MpExperiment  *experiment,
               GError       **error)
{
  MpSample latent = mp_sample_row (LATENT), image = mp_sample_image (SIZE, SIZE, CHANNELS);
  MpSample scores = mp_sample_row (OUTPUTS);

  self->generator = mp_network_new (self->graph, experiment, "generator", NULL, &latent, &image, error);
  if (self->generator == NULL)
    return FALSE;
  self->critic = mp_network_new (self->graph, experiment, "critic", NULL, &image, &scores, error);
  return self->critic != NULL;
}

static gboolean
write_images (StepCase  *self,
              GError   **error)
{
  MpNode *images = mp_input (self->graph, "images", mp_shape (self->graph, (gint64) BATCH, (gint64) SIZE, (gint64) SIZE,
                                                              (gint64) CHANNELS, (gint64) -1));
  gint64 n = mp_tensor_count (&images->type);
  g_autofree double *values = g_new (double, n);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (gint64 i = 0; i < n; i++)
    values[i] = g_rand_double_range (random, -1, 1);
  return mp_store_write_doubles (self->store, images, values, error);
}

static gboolean
write_hyper (StepCase      *self,
             MpExperiment  *experiment,
             GError       **error)
{
  static const char *const sections[] = { "optimizer.critic", "optimizer.generator" };

  for (guint i = 0; i < 2; i++) {
    double hyper[MP_N_HYPER] = {
      [MP_HYPER_LEARNING_RATE] = mp_experiment_get_double (experiment, sections[i], "learning_rate"),
      [MP_HYPER_BETA1] = mp_experiment_get_double (experiment, sections[i], "beta1"),
      [MP_HYPER_BETA2] = mp_experiment_get_double (experiment, sections[i], "beta2"),
      [MP_HYPER_EPSILON] = mp_experiment_get_double (experiment, sections[i], "epsilon"),
    };

    if (!mp_store_write_doubles (self->store, self->updates[i]->hyper, hyper, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_image_plan (StepCase      *self,
                 MpExperiment  *experiment,
                 MpDevice      *device,
                 GError       **error)
{
  gboolean wide = g_str_equal (mp_experiment_get_string (experiment, "train", "precision"), "float64");
  g_autoptr (GArray) moving = g_array_new (FALSE, FALSE, sizeof (MpMovingAverage));
  MpNode *losses[2];

  self->graph = mp_graph_new (wide ? MP_FLOAT64 : MP_FLOAT32);
  if (!make_networks (self, experiment, error))
    return FALSE;
  write_losses (self, losses, moving);
  self->assigns = g_ptr_array_new ();
  for (guint i = 0; i < moving->len; i++) {
    const MpMovingAverage *m = &g_array_index (moving, MpMovingAverage, i);
    MpNode *next = m->momentum == 1 ? m->value
                                    : mp_add (m->target, mp_mul_scalar (mp_sub (m->value, m->target), m->momentum));

    g_ptr_array_add (self->assigns, mp_assign (m->target, next));
  }
  self->updates[0] = mp_update_new (self->graph, losses[0], "critic", MP_OP_ADAM, 0, error);
  if (self->updates[0] == NULL)
    return FALSE;
  self->updates[1] = mp_update_new (self->graph, losses[1], "generator", MP_OP_ADAM, 0, error);
  if (self->updates[1] == NULL)
    return FALSE;

  self->store = mp_store_new (self->graph, self->class, device);
  self->plan = mp_plan_new (self->store, &(MpPlanSpec) { .name = "both", .n_outputs = 2, .outputs = losses,
                                                         .n_updates = 2, .updates = self->updates,
                                                         .n_assigns = self->assigns->len,
                                                         .assigns = (MpNode **) self->assigns->pdata }, error);
  return self->plan != NULL && mp_init_all (self->store, 1, error) && write_images (self, error)
         && write_hyper (self, experiment, error);
}

/* The first iteration runs as it is, which warms the libraries up; the second is recorded. */
static gboolean
iterate_images (StepCase  *self,
                guint64    iteration,
                GError   **error)
{
  MpRunContext context = { 1, iteration }, next = { 1, iteration + 1 };
  MpStream *stream;

  if (iteration == 0 || self->class->capture_begin == NULL)
    return mp_plan_run (self->plan, &context, error);
  stream = mp_store_get_stream (self->store, error);
  if (stream == NULL)
    return FALSE;
  if (self->capture == NULL) {
    gboolean recorded;

    if (!mp_check_status (self->class->capture_begin (stream, &context), "recording an iteration", error))
      return FALSE;
    recorded = mp_plan_run (self->plan, &context, error);
    if (!mp_check_status (self->class->capture_end (stream, &next, &self->capture), "recording an iteration",
                          recorded ? error : NULL) || !recorded)
      return FALSE;
  }
  return mp_check_status (self->class->capture_run (self->capture, stream, &context), "running an iteration", error);
}

/* ---- all cases ---- */

StepCase *
step_case_new (const char           *name,
               MpExperiment         *experiment,
               const MpDeviceClass  *class,
               MpDevice             *device,
               GError              **error)
{
  g_autoptr (StepCase) self = g_new0 (StepCase, 1);

  self->class = class;
  if (g_str_equal (name, "dcgan32"))
    return make_image_plan (self, experiment, device, error) ? g_steal_pointer (&self) : NULL;
  self->loop = mp_loop_new (experiment, class, device, NULL, NULL, NULL, error);
  if (self->loop == NULL || !mp_loop_start (self->loop, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
step_case_free (StepCase *self)
{
  if (self == NULL)
    return;
  if (self->capture != NULL)
    self->class->capture_free (self->capture);
  g_clear_pointer (&self->plan, mp_plan_free);
  for (guint i = 0; i < 2; i++)
    g_clear_pointer (&self->updates[i], mp_update_free);
  g_clear_pointer (&self->assigns, g_ptr_array_unref);
  g_clear_pointer (&self->store, mp_store_free);
  g_clear_pointer (&self->generator, mp_network_free);
  g_clear_pointer (&self->critic, mp_network_free);
  g_clear_pointer (&self->graph, mp_graph_free);
  g_clear_pointer (&self->loop, mp_loop_free);
  g_free (self);
}

gboolean
step_case_iterate (StepCase  *self,
                   guint64   *iteration,
                   GError   **error)
{
  guint64 done = 1, first = *iteration;
  MpLoopRow row;

  if (self->loop == NULL) {
    *iteration += 1;
    return iterate_images (self, first, error);
  }
  while (!mp_loop_can_run (self->loop))
    if (!mp_loop_take_row (self->loop, TRUE, &row, error))
      return FALSE;
  if (!mp_loop_run_iterations (self->loop, first, G_MAXUINT64, &done, error))
    return FALSE;
  *iteration += done;
  return TRUE;
}

gboolean
step_case_sync (StepCase  *self,
                GError   **error)
{
  return mp_store_sync (self->loop != NULL ? mp_loop_get_store (self->loop) : self->store, error);
}

double *
step_case_read_losses (StepCase  *self,
                       guint     *n,
                       GError   **error)
{
  double *values;

  if (self->loop != NULL) {
    mp_loop_get_reports (self->loop, n);
    values = g_new (double, *n);
    mp_loop_read_reports (self->loop, values);
    return values;
  }
  *n = 2;
  values = g_new0 (double, 2);
  for (guint i = 0; i < 2; i++) {
    if (!mp_plan_read (self->plan, i, &values[i], error)) {
      g_free (values);
      return NULL;
    }
    if (mp_graph_get_dtype (self->graph) == MP_FLOAT32)
      values[i] = *(float *) &values[i];
  }
  return values;
}

guint
step_case_get_n_plans (StepCase *self)
{
  return self->loop != NULL ? mp_loop_get_n_phases (self->loop) : 1;
}

MpPlan *
step_case_get_plan (StepCase *self,
                    guint     i,
                    double   *repeat)
{
  *repeat = self->loop != NULL ? (double) mp_loop_get_repeat (self->loop, i, MP_LOOP_TYPICAL) : 1;
  return self->loop != NULL ? mp_loop_get_plan (self->loop, i) : self->plan;
}
