/* SPDX-License-Identifier: Apache-2.0
 *
 * build.c: what methods write themselves down with (method.h), and what reads it back (build.h).
 *
 * Moving averages of batch statistics: every training pass of a network hands over what it wants averaged, together
 * with its output. When the method is done, a phase gets the averages of those passes that its losses depend on, in
 * the order of the passes; two passes of one network in one phase are chained, as if they had run one after the other.
 *
 * Running average of the generator (decay d): after every phase that moves it, a ← a + (1 − d)·(v − a) for each of its
 * variables v. Reads in a plan see the values from before the run, so the average is one update behind.
 */
#include "engine/methods/build-private.h"

#include <string.h>

#define VIEW_POINTS_DEFAULT 500
#define VIEW_GRID_DEFAULT (64 * 64)

static void
pass_clear (gpointer data)
{
  g_array_unref (((Pass *) data)->moving);
}

static void
phase_free (gpointer data)
{
  MpPhase *phase = data;

  g_array_unref (phase->objectives);
  g_array_unref (phase->reports);
  g_ptr_array_unref (phase->assigns);
  g_free (phase);
}

static void
view_clear (gpointer data)
{
  g_clear_pointer (&((MpBuildView *) data)->nodes.labels, g_ptr_array_unref);
}

/* ---- for build () ---- */

MpGraph *
mp_build_graph (MpBuild *self)
{
  return self->graph;
}

MpExperiment *
mp_build_experiment (MpBuild *self)
{
  return self->experiment;
}

gint64
mp_build_batch (MpBuild *self)
{
  return self->batch;
}

double
mp_build_double (MpBuild    *self,
                 const char *key)
{
  return mp_experiment_get_double (self->experiment, "method", key);
}

gint64
mp_build_int (MpBuild    *self,
              const char *key)
{
  return mp_experiment_get_int (self->experiment, "method", key);
}

gboolean
mp_build_bool (MpBuild    *self,
               const char *key)
{
  return mp_experiment_get_bool (self->experiment, "method", key);
}

const char *
mp_build_string (MpBuild    *self,
                 const char *key)
{
  return mp_experiment_get_string (self->experiment, "method", key);
}

MpNode *
mp_build_live (MpBuild    *self,
               const char *key)
{
  const MpParam *param = mp_experiment_find_param (self->experiment, "method", key);
  g_autofree char *name = g_strconcat ("method.", key, NULL);
  MpTensorType type = mp_type (mp_graph_get_dtype (self->graph), 0, NULL);

  g_assert (param != NULL && param->live);
  if (param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS) {
    guint n;
    gint64 dim;

    mp_experiment_get_doubles (self->experiment, "method", key, &n);
    if (n == 0)
      return mp_graph_fail (self->graph, "[method] %s is an empty list, but needs at least one number", key);
    dim = n;
    type = mp_type (mp_graph_get_dtype (self->graph), 1, &dim);
  }

  if (!g_ptr_array_find_with_equal_func (self->live_keys, key, g_str_equal, NULL)) {
    g_ptr_array_add (self->live_keys, g_strdup (key));
    g_ptr_array_add (self->live_nodes, mp_input (self->graph, name, type));
  }
  return mp_input (self->graph, name, type);
}

MpNode *
mp_build_real (MpBuild *self)
{
  return mp_input (self->graph, "data", mp_shape (self->graph, self->batch, self->dimensions, (gint64) -1));
}

MpNode *
_mp_build_draw_latent (MpBuild    *self,
                       const char *stream,
                       gint64      n,
                       gboolean    feed)
{
  MpTensorType type = mp_shape (self->graph, n, self->latent, (gint64) -1);

  if (feed)
    return mp_input (self->graph, stream, type);
  if (g_str_equal (mp_experiment_get_string (self->experiment, "generator", "latent_distribution"), "uniform"))
    return mp_random_uniform (self->graph, stream, type, -1, 1);
  return mp_random_normal (self->graph, stream, type, 0, 1);
}

MpNode *
mp_build_latent (MpBuild    *self,
                 const char *stream)
{
  MpNode *latent = _mp_build_draw_latent (self, stream, self->batch, self->options.feed_latent);

  g_ptr_array_add (self->latents, latent);
  return latent;
}

MpNode *
mp_build_uniform (MpBuild    *self,
                  const char *stream,
                  gint64      columns)
{
  MpTensorType type = mp_shape (self->graph, self->batch, columns, (gint64) -1);

  return self->options.feed_latent ? mp_input (self->graph, stream, type)
                                   : mp_random_uniform (self->graph, stream, type, 0, 1);
}

MpNode *
mp_build_normal (MpBuild    *self,
                 const char *stream,
                 gint64      columns)
{
  MpTensorType type = mp_shape (self->graph, self->batch, columns, (gint64) -1);

  return self->options.feed_latent ? mp_input (self->graph, stream, type)
                                   : mp_random_normal (self->graph, stream, type, 0, 1);
}

static MpNode *
apply_hidden (MpBuild   *self,
              MpNetwork *network,
              MpNode    *x,
              GPtrArray *hidden)
{
  Pass pass = { mp_graph_get_n_nodes (self->graph), NULL, mp_network_get_name (network),
                g_array_new (FALSE, FALSE, sizeof (MpMovingAverage)) };

  pass.output = mp_network_apply_hidden (network, x, MP_TRAINING, pass.moving, hidden);
  g_array_append_val (self->passes, pass);
  return pass.output;
}

MpNode *
_mp_build_apply_training (MpBuild   *self,
                          MpNetwork *network,
                          MpNode    *x)
{
  return apply_hidden (self, network, x, NULL);
}

MpNode *
mp_build_generate (MpBuild *self,
                   MpNode  *latent)
{
  MpNode *points = _mp_build_apply_training (self, self->generator, latent);

  if (points != NULL)
    g_ptr_array_add (self->generated, points);
  return points;
}

MpNode *
mp_build_find_generated (MpBuild       *self,
                         const MpPhase *phase)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) open = g_ptr_array_new ();

  for (guint i = 0; i < phase->objectives->len; i++)
    g_ptr_array_add (open, g_array_index (phase->objectives, MpObjective, i).loss);
  for (guint i = 0; i < phase->reports->len; i++)
    g_ptr_array_add (open, g_array_index (phase->reports, MpReport, i).node);
  while (open->len > 0) {
    MpNode *node = g_ptr_array_steal_index_fast (open, open->len - 1);

    if (node == NULL || !g_hash_table_add (seen, node))
      continue;
    if (g_ptr_array_find (self->generated, node, NULL))
      return node;
    for (guint i = 0; i < node->n_inputs; i++)
      g_ptr_array_add (open, node->inputs[i]);
  }
  return NULL;
}

gboolean
_mp_build_need_critic (MpBuild *self,
                       gint64   outputs)
{
  g_assert (self->method->needs & MP_NEEDS_CRITIC);
  if (self->critic == NULL && self->error == NULL) {
    MpSample points = mp_sample_row (self->dimensions), scores = mp_sample_row (outputs);

    self->critic = mp_network_new (self->graph, self->experiment, "critic", NULL, &points, &scores, &self->error);
    self->critic_outputs = outputs;
  }
  g_assert (self->critic == NULL || outputs == self->critic_outputs);
  return self->critic != NULL;
}

MpNode *
mp_build_critic (MpBuild *self,
                 MpNode  *x,
                 gint64   outputs)
{
  return _mp_build_need_critic (self, outputs) ? _mp_build_apply_training (self, self->critic, x) : NULL;
}

MpNode *
mp_build_critic_hidden (MpBuild   *self,
                        MpNode    *x,
                        gint64     outputs,
                        GPtrArray *hidden)
{
  return _mp_build_need_critic (self, outputs) ? apply_hidden (self, self->critic, x, hidden) : NULL;
}

MpPhase *
_mp_phase_new (MpBuild    *self,
               const char *id,
               const char *title,
               const char *repeat_key)
{
  MpPhase *phase = g_new0 (MpPhase, 1);

  phase->build = self;
  phase->id = id;
  phase->title = title;
  phase->repeat_key = repeat_key;
  phase->objectives = g_array_new (FALSE, FALSE, sizeof (MpObjective));
  phase->reports = g_array_new (FALSE, FALSE, sizeof (MpReport));
  phase->assigns = g_ptr_array_new ();
  return phase;
}

/* ---- further networks ---- */

static void
further_clear (gpointer data)
{
  g_clear_pointer (&((FurtherNetwork *) data)->network, mp_network_free);
}

static const FurtherNetwork *
find_further (MpBuild    *self,
              const char *name)
{
  for (guint i = 0; i < self->further->len; i++)
    if (g_str_equal (g_array_index (self->further, FurtherNetwork, i).name, name))
      return &g_array_index (self->further, FurtherNetwork, i);
  return NULL;
}

void
mp_build_add_network (MpBuild    *self,
                      const char *name,
                      const char *like,
                      const char *optimizer,
                      gint64      inputs,
                      gint64      outputs)
{
  MpSample from = mp_sample_row (inputs), to = mp_sample_row (outputs);
  FurtherNetwork further = { name, optimizer, NULL };

  g_assert (find_further (self, name) == NULL);
  if (self->error == NULL)
    further.network = mp_network_new_like (self->graph, self->experiment, like, name, &from, &to, &self->error);
  g_array_append_val (self->further, further);
}

MpNode *
mp_build_apply (MpBuild    *self,
                const char *name,
                MpNode     *x)
{
  const FurtherNetwork *further = find_further (self, name);

  g_assert (further != NULL);
  return further->network != NULL ? _mp_build_apply_training (self, further->network, x) : NULL;
}

/* ---- phases ---- */

MpPhase *
mp_build_phase (MpBuild    *self,
                const char *id,
                const char *title,
                const char *repeat_key)
{
  MpPhase *phase = _mp_phase_new (self, id, title, repeat_key);

  phase->index = self->phases->len;
  g_ptr_array_add (self->phases, phase);
  return phase;
}

void
mp_phase_intensify (MpPhase    *phase,
                    const char *key,
                    guint64     first,
                    guint64     every)
{
  phase->intense_key = key;
  phase->intense_first = first;
  phase->intense_every = every;
}

static void
add_objective (MpPhase    *phase,
               MpNode     *loss,
               const char *group,
               gboolean    ascend)
{
  GPtrArray *groups = phase->build->groups;
  MpObjective objective = { .loss = loss, .group = g_intern_string (group), .ascend = ascend };

  g_array_append_val (phase->objectives, objective);
  if (!g_ptr_array_find (groups, objective.group, NULL))
    g_ptr_array_add (groups, (gpointer) objective.group);
}

void
mp_phase_minimise (MpPhase    *phase,
                   MpNode     *loss,
                   const char *group)
{
  add_objective (phase, loss, group, FALSE);
}

void
mp_phase_maximise (MpPhase    *phase,
                   MpNode     *loss,
                   const char *group)
{
  add_objective (phase, loss, group, TRUE);
}

void
mp_phase_assign (MpPhase *phase,
                 MpNode  *state,
                 MpNode  *value)
{
  MpNode *assign = mp_assign (state, value);

  if (assign != NULL)
    g_ptr_array_add (phase->assigns, assign);
}

void
mp_phase_clip (MpPhase    *phase,
               const char *group,
               const char *key)
{
  for (guint i = 0; i < phase->objectives->len; i++) {
    MpObjective *objective = &g_array_index (phase->objectives, MpObjective, i);

    if (g_str_equal (objective->group, group)) {
      objective->clip_key = key;
      return;
    }
  }
  g_assert_not_reached ();
}

void
mp_phase_share_batch (MpPhase *phase)
{
  phase->share_batch = TRUE;
}

void
mp_phase_share_draws (MpPhase *phase)
{
  phase->share_draws = TRUE;
}

void
mp_phase_report (MpPhase    *phase,
                 const char *id,
                 const char *title,
                 MpBetter    better,
                 MpNode     *scalar)
{
  MpReport report = { id, title, better, scalar, phase->index };

  g_array_append_val (phase->reports, report);
}

/* ---- after build () ---- */

/* Marks everything that the phase's losses and assignments depend on; indexed by node id. */
static gboolean *
find_dependencies (MpBuild       *self,
                   const MpPhase *phase)
{
  guint n = mp_graph_get_n_nodes (self->graph);
  gboolean *needed = g_new0 (gboolean, MAX (n, 1));

  for (guint i = 0; i < phase->objectives->len; i++)
    needed[g_array_index (phase->objectives, MpObjective, i).loss->id] = TRUE;
  for (guint i = 0; i < phase->assigns->len; i++)
    needed[((MpNode *) g_ptr_array_index (phase->assigns, i))->id] = TRUE;
  for (guint i = n; i-- > 0;)
    if (needed[i]) {
      const MpNode *node = mp_graph_get_node (self->graph, i);

      for (guint j = 0; j < node->n_inputs; j++)
        needed[node->inputs[j]->id] = TRUE;
    }
  return needed;
}

static MpNode *
average_towards (MpNode *average,
                 MpNode *value,
                 double  momentum)
{
  if (momentum == 1)
    return value;
  return mp_add (average, mp_mul_scalar (mp_sub (value, average), momentum));
}

/* Whether the losses need the pass: its output, or of a pass that only a gradient penalty looks at the insides. */
static gboolean
is_needed (const Pass     *pass,
           const gboolean *needed)
{
  for (guint id = pass->first; pass->moving->len > 0 && id <= pass->output->id; id++)
    if (needed[id])
      return TRUE;
  return FALSE;
}

static void
assign_moving_averages (MpBuild        *self,
                        MpPhase        *phase,
                        const gboolean *needed)
{
  g_autoptr (GHashTable) values = g_hash_table_new (NULL, NULL); /* target → value so far */
  g_autoptr (GPtrArray) targets = g_ptr_array_new ();

  for (guint i = 0; i < self->passes->len; i++) {
    const Pass *pass = &g_array_index (self->passes, Pass, i);

    for (guint j = 0; is_needed (pass, needed) && j < pass->moving->len; j++) {
      const MpMovingAverage *moving = &g_array_index (pass->moving, MpMovingAverage, j);
      MpNode *before = g_hash_table_lookup (values, moving->target);

      if (before == NULL)
        g_ptr_array_add (targets, moving->target);
      g_hash_table_insert (values, moving->target,
                           average_towards (before != NULL ? before : moving->target, moving->value,
                                            moving->momentum));
    }
  }
  for (guint i = 0; i < targets->len; i++) {
    MpNode *target = g_ptr_array_index (targets, i);

    g_ptr_array_add (phase->assigns, mp_assign (target, g_hash_table_lookup (values, target)));
  }
}

static void
assign_running_average (MpBuild *self,
                        MpPhase *phase)
{
  double decay = mp_experiment_get_double (self->experiment, "generator", "average");
  GPtrArray *from = mp_network_get_variables (self->generator);
  GPtrArray *to = mp_network_get_variables (self->average);

  for (guint i = 0; i < to->len; i++)
    g_ptr_array_add (phase->assigns,
                     mp_assign (g_ptr_array_index (to, i),
                                average_towards (g_ptr_array_index (to, i), g_ptr_array_index (from, i), 1 - decay)));
}

static void
finish_phase (MpBuild *self,
              MpPhase *phase)
{
  g_autofree gboolean *needed = find_dependencies (self, phase);

  phase->reads_data = needed[mp_build_real (self)->id];
  assign_moving_averages (self, phase, needed);
  for (guint i = 0; i < phase->objectives->len; i++)
    if (self->average != NULL
        && g_str_equal (g_array_index (phase->objectives, MpObjective, i).group, "generator"))
      assign_running_average (self, phase);
}

static gboolean
make_networks (MpBuild  *self,
               GError  **error)
{
  MpSample latent = mp_sample_row (self->latent), outputs;

  if (!_mp_build_make_encoders (self, error))
    return FALSE;
  outputs = mp_sample_row (self->method->needs & MP_GENERATES_CODES ? self->code : self->dimensions);
  self->generator = mp_network_new (self->graph, self->experiment, "generator", NULL, &latent, &outputs, error);
  if (self->generator == NULL)
    return FALSE;
  if (mp_experiment_get_double (self->experiment, "generator", "average") == 0)
    return TRUE;

  self->average = mp_network_new (self->graph, self->experiment, "generator", "average", &latent, &outputs, error);
  return self->average != NULL;
}

/* FALSE after a mistake of a network or in the graph. */
static gboolean
check (MpBuild  *self,
       GError  **error)
{
  if (self->error == NULL)
    return mp_graph_check (self->graph, error);
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

static gboolean
write_down (MpBuild  *self,
            GError  **error)
{
  mp_build_real (self); /* exists even where no loss reads data */
  if (!make_networks (self, error))
    return FALSE;
  if (!self->method->build (self, error) && self->error == NULL)
    return FALSE;
  if (!check (self, error))
    return FALSE;

  for (guint i = 0; i < self->phases->len; i++)
    finish_phase (self, g_ptr_array_index (self->phases, i));
  for (guint i = 0; i < self->starts->len; i++)
    finish_phase (self, g_ptr_array_index (self->starts, i));
  mp_build_view_samples (self);
  if (self->method->needs & MP_RECONSTRUCTS)
    self->sample_data = mp_input (self->graph, "evaluate/data",
                                  mp_shape (self->graph, self->options.n_samples, self->dimensions, (gint64) -1));
  self->samples = _mp_build_generate_fixed (self, "evaluate/latent", self->options.n_samples, self->sample_data);
  _mp_build_make_views (self);
  return check (self, error);
}

MpBuild *
mp_build_new (MpExperiment          *experiment,
              gint64                 dimensions,
              const MpBuildOptions  *options,
              GError               **error)
{
  g_autoptr (MpBuild) self = g_new0 (MpBuild, 1);
  const char *kind = mp_experiment_get_string (experiment, "method", "kind");
  const char *precision = mp_experiment_get_string (experiment, "train", "precision");

  if (options != NULL)
    self->options = *options;
  if (self->options.n_view_samples == 0)
    self->options.n_view_samples = VIEW_POINTS_DEFAULT;
  if (self->options.n_view_data == 0)
    self->options.n_view_data = VIEW_POINTS_DEFAULT;
  if (self->options.n_view_points == 0)
    self->options.n_view_points = VIEW_GRID_DEFAULT;
  if (self->options.n_samples == 0)
    self->options.n_samples = mp_experiment_get_int (experiment, "evaluate", "samples");

  self->experiment = mp_experiment_ref (experiment);
  self->graph = mp_graph_new (g_str_equal (precision, "float64") ? MP_FLOAT64 : MP_FLOAT32);
  self->dimensions = dimensions;
  self->batch = mp_experiment_get_int (experiment, "train", "batch");
  self->latent = mp_experiment_get_int (experiment, "generator", "latent");
  self->further = g_array_new (FALSE, FALSE, sizeof (FurtherNetwork));
  g_array_set_clear_func (self->further, further_clear);
  self->passes = g_array_new (FALSE, FALSE, sizeof (Pass));
  self->generated = g_ptr_array_new ();
  self->latents = g_ptr_array_new ();
  self->notes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_array_set_clear_func (self->passes, pass_clear);
  self->phases = g_ptr_array_new_with_free_func (phase_free);
  self->starts = g_ptr_array_new_with_free_func (phase_free);
  self->groups = g_ptr_array_new ();
  self->live_keys = g_ptr_array_new_with_free_func (g_free);
  self->live_nodes = g_ptr_array_new ();
  self->views = g_array_new (FALSE, FALSE, sizeof (MpBuildView));
  g_array_set_clear_func (self->views, view_clear);

  self->method = (const MpMethod *) mp_registry_find (MP_KIND_METHOD, kind);
  if (self->method == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[method] kind: there is no method “%s”", kind);
    return NULL;
  }
  if ((self->method->check != NULL && !self->method->check (experiment, error)) || !write_down (self, error))
    return NULL;

  g_ptr_array_add (self->groups, NULL);
  g_ptr_array_add (self->live_keys, NULL);
  return g_steal_pointer (&self);
}

void
mp_build_free (MpBuild *self)
{
  if (self == NULL)
    return;
  g_clear_error (&self->error);
  g_clear_pointer (&self->generator, mp_network_free);
  g_clear_pointer (&self->average, mp_network_free);
  g_clear_pointer (&self->critic, mp_network_free);
  g_array_unref (self->further);
  _mp_build_clear_encoders (self);
  g_array_unref (self->passes);
  g_ptr_array_unref (self->generated);
  g_ptr_array_unref (self->latents);
  g_hash_table_unref (self->notes);
  g_ptr_array_unref (self->phases);
  g_ptr_array_unref (self->starts);
  g_ptr_array_unref (self->groups);
  g_ptr_array_unref (self->live_keys);
  g_ptr_array_unref (self->live_nodes);
  g_array_unref (self->views);
  mp_published_clear (&self->published);
  mp_graph_free (self->graph);
  mp_experiment_unref (self->experiment);
  g_free (self);
}

/* ---- reading it back ---- */

const MpMethod *
mp_build_get_method (MpBuild *self)
{
  return self->method;
}

const MpBuildOptions *
mp_build_get_options (MpBuild *self)
{
  return &self->options;
}

gint64
mp_build_get_dimensions (MpBuild *self)
{
  return self->dimensions;
}

guint
mp_build_get_n_phases (MpBuild *self)
{
  return self->phases->len;
}

const MpPhase *
mp_build_get_phase (MpBuild *self,
                    guint    i)
{
  return g_ptr_array_index (self->phases, i);
}

const char *const *
mp_build_get_groups (MpBuild *self)
{
  return (const char *const *) self->groups->pdata;
}

const char *
mp_build_get_optimizer (MpBuild    *self,
                        const char *group,
                        gboolean   *clipped)
{
  const FurtherNetwork *further = find_further (self, group);

  if (clipped != NULL)
    *clipped = further == NULL;
  return further != NULL ? further->optimizer : group;
}

const MpObjective *
mp_build_find_objective (MpBuild    *self,
                         const char *group)
{
  const MpObjective *found = NULL;

  for (guint i = 0; i < self->phases->len; i++) {
    const MpPhase *phase = g_ptr_array_index (self->phases, i);

    for (guint j = 0; j < phase->objectives->len; j++) {
      const MpObjective *objective = &g_array_index (phase->objectives, MpObjective, j);

      if (g_str_equal (objective->group, group) && (found == NULL || objective->clip_key != NULL))
        found = objective;
    }
  }
  return found;
}

void
mp_build_fill_clip (MpBuild    *self,
                    const char *group,
                    double     *hyper)
{
  const MpObjective *objective = mp_build_find_objective (self, group);
  double bound = objective != NULL && objective->clip_key != NULL ? mp_build_double (self, objective->clip_key) : 0;

  if (bound > 0 && (hyper[MP_HYPER_CLIP] == 0 || bound < hyper[MP_HYPER_CLIP]))
    hyper[MP_HYPER_CLIP] = bound;
}

const char *const *
mp_build_get_live_keys (MpBuild *self)
{
  return (const char *const *) self->live_keys->pdata;
}

MpNode *
mp_build_get_live (MpBuild    *self,
                   const char *key)
{
  for (guint i = 0; self->live_keys->pdata[i] != NULL; i++)
    if (g_str_equal (self->live_keys->pdata[i], key))
      return g_ptr_array_index (self->live_nodes, i);
  return NULL;
}

MpNode *
mp_build_get_samples (MpBuild *self)
{
  return self->samples;
}

MpNode *
mp_build_get_sample_data (MpBuild *self)
{
  return self->sample_data;
}
