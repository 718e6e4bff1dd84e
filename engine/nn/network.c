/* SPDX-License-Identifier: Apache-2.0
 *
 * network.c: what every kind of network shares: finding its kind, naming and listing its variables.
 */
#include "engine/nn/network.h"

struct _MpNetwork
{
  MpGraph              *graph;
  MpExperiment         *experiment;
  char                 *group;     /* of the experiment */
  char                 *name;      /* of the parameters */
  char                 *states;    /* or NULL */
  const MpNetworkClass *class;
  gpointer              state;
  GPtrArray            *variables;
};

static MpNetwork *
network_new (MpGraph         *graph,
             MpExperiment    *experiment,
             const char      *group,
             const char      *name,
             const char      *states,
             const MpSample  *inputs,
             const MpSample  *outputs,
             GError         **error)
{
  g_autoptr (MpNetwork) self = g_new0 (MpNetwork, 1);
  const char *kind = mp_experiment_get_string (experiment, group, "kind");

  self->graph = graph;
  self->experiment = mp_experiment_ref (experiment);
  self->group = g_strdup (group);
  self->name = g_strdup (name);
  self->states = g_strdup (states);
  self->variables = g_ptr_array_new ();
  self->class = (const MpNetworkClass *) mp_registry_find (MP_KIND_NETWORK, kind);
  if (self->class == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[%s] kind: there is no network “%s”", group, kind);
    return NULL;
  }
  if (self->class->images && inputs->rank != 3 && outputs->rank != 3) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[%s] kind = %s is a network for images, but the data are points of %" G_GINT64_FORMAT " numbers",
                 group, kind, MAX (inputs->dim[0], outputs->dim[0]));
    return NULL;
  }

  self->state = self->class->new_state (self, inputs, outputs, error);
  return self->state != NULL ? g_steal_pointer (&self) : NULL;
}

MpNetwork *
mp_network_new (MpGraph         *graph,
                MpExperiment    *experiment,
                const char      *group,
                const char      *states,
                const MpSample  *inputs,
                const MpSample  *outputs,
                GError         **error)
{
  return network_new (graph, experiment, group, group, states, inputs, outputs, error);
}

MpNetwork *
mp_network_new_like (MpGraph         *graph,
                     MpExperiment    *experiment,
                     const char      *group,
                     const char      *name,
                     const MpSample  *inputs,
                     const MpSample  *outputs,
                     GError         **error)
{
  return network_new (graph, experiment, group, name, NULL, inputs, outputs, error);
}

void
mp_network_free (MpNetwork *self)
{
  if (self == NULL)
    return;
  if (self->state != NULL)
    self->class->free_state (self->state);
  g_ptr_array_unref (self->variables);
  mp_experiment_unref (self->experiment);
  g_free (self->group);
  g_free (self->name);
  g_free (self->states);
  g_free (self);
}

MpNode *
mp_network_apply (MpNetwork *self,
                  MpNode    *x,
                  MpMode     mode,
                  GArray    *moving)
{
  return self->class->apply (self->state, x, mode, moving, NULL);
}

MpNode *
mp_network_apply_hidden (MpNetwork *self,
                         MpNode    *x,
                         MpMode     mode,
                         GArray    *moving,
                         GPtrArray *hidden)
{
  return self->class->apply (self->state, x, mode, moving, hidden);
}

GPtrArray *
mp_network_get_variables (MpNetwork *self)
{
  return self->variables;
}

MpGraph *
mp_network_get_graph (MpNetwork *self)
{
  return self->graph;
}

MpExperiment *
mp_network_get_experiment (MpNetwork *self)
{
  return self->experiment;
}

const char *
mp_network_get_name (MpNetwork *self)
{
  return self->name;
}

const char *
mp_network_get_group (MpNetwork *self)
{
  return self->group;
}

MpNode *
mp_network_parameter (MpNetwork    *self,
                      const char   *name,
                      MpTensorType  type,
                      MpInit        init)
{
  g_autofree char *full = NULL;
  MpNode *node;

  if (self->states != NULL)
    return mp_network_state (self, name, type, init);

  full = g_strdup_printf ("%s/%s", self->name, name);
  node = mp_parameter (self->graph, self->name, full, type, init);
  g_ptr_array_add (self->variables, node);
  return node;
}

MpNode *
mp_network_state (MpNetwork    *self,
                  const char   *name,
                  MpTensorType  type,
                  MpInit        init)
{
  g_autofree char *full = g_strdup_printf ("%s%s%s/%s", self->states != NULL ? self->states : "",
                                           self->states != NULL ? "/" : "", self->name, name);
  MpNode *node = mp_state (self->graph, full, type, init);

  g_ptr_array_add (self->variables, node);
  return node;
}
