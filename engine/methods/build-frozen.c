/* SPDX-License-Identifier: Apache-2.0
 *
 * build-frozen.c: the encoder of a build, in training or frozen, the frozen decoder, and what happens once before the
 * first iteration (method.h).
 */
#include "engine/methods/build-private.h"

#include "engine/extractors/extractor.h"

/* ---- making ---- */

gboolean
_mp_build_make_encoders (MpBuild  *self,
                         GError  **error)
{
  MpSample points = mp_sample_row (self->dimensions), latent = mp_sample_row (self->latent), code;
  const MpExtractor *extractor;

  if (self->method->needs & MP_NEEDS_ENCODER) {
    self->encoder = mp_network_new (self->graph, self->experiment, "encoder", NULL, &points, &latent, error);
    return self->encoder != NULL;
  }
  if (!(self->method->needs & MP_NEEDS_EXTRACTOR))
    return TRUE;

  extractor = mp_extractor_of (self->experiment);
  self->code = extractor->count_code (self->experiment);
  code = mp_sample_row (self->code);
  self->stage = extractor->derive (self->experiment, error);
  if (self->stage == NULL)
    return FALSE;
  self->frozen_encoder = mp_network_new (self->graph, self->stage, "encoder", MP_EXTRACTOR_STATES, &points, &code,
                                         error);
  if (self->frozen_encoder == NULL)
    return FALSE;
  if (!extractor->decodes)
    return TRUE;
  self->frozen_decoder = mp_network_new (self->graph, self->stage, "generator", MP_EXTRACTOR_STATES, &code, &points,
                                         error);
  return self->frozen_decoder != NULL;
}

void
_mp_build_clear_encoders (MpBuild *self)
{
  g_clear_pointer (&self->encoder, mp_network_free);
  g_clear_pointer (&self->frozen_encoder, mp_network_free);
  g_clear_pointer (&self->frozen_decoder, mp_network_free);
  g_clear_pointer (&self->stage, mp_experiment_unref);
}

/* ---- for build () and views ---- */

gboolean
mp_build_has_features (MpBuild *self)
{
  return self->frozen_encoder != NULL;
}

gboolean
mp_build_has_decoder (MpBuild *self)
{
  return self->frozen_decoder != NULL;
}

gint64
mp_build_get_code_size (MpBuild *self)
{
  g_assert (self->method->needs & MP_NEEDS_EXTRACTOR);
  return self->code;
}

GPtrArray *
mp_build_features (MpBuild *self,
                   MpNode  *x)
{
  GPtrArray *features = g_ptr_array_new ();
  MpNode *code;

  g_assert (self->method->needs & MP_NEEDS_EXTRACTOR);
  code = mp_network_apply_hidden (self->frozen_encoder, x, MP_INFERENCE, NULL, features);
  for (guint i = 0; i < features->len; i++) {
    MpNode *layer = features->pdata[i];

    features->pdata[i] = layer != NULL && layer->type.rank != 2 ? mp_flatten (layer) : layer;
  }
  g_ptr_array_add (features, code);
  return features;
}

static MpNode *
lack_decoder (MpBuild *self)
{
  return mp_graph_fail (self->graph, "[method] kind = %s needs a decoder, and [extractor] kind = %s has none",
                        self->method->base.id, mp_extractor_of (self->experiment)->base.id);
}

MpNode *
mp_build_decode (MpBuild *self,
                 MpNode  *code)
{
  g_assert (self->method->needs & MP_NEEDS_EXTRACTOR);
  if (self->frozen_decoder == NULL)
    return lack_decoder (self);
  return mp_network_apply (self->frozen_decoder, code, MP_INFERENCE, NULL);
}

MpPhase *
mp_build_start_phase (MpBuild    *self,
                      const char *id)
{
  MpPhase *phase = _mp_phase_new (self, id, NULL, NULL);

  g_ptr_array_add (self->starts, phase);
  return phase;
}

/* Whether variable i of the two networks can be copied. */
static gboolean
are_alike (GPtrArray *a,
           GPtrArray *b)
{
  gboolean alike = a->len == b->len;

  for (guint i = 0; alike && i < a->len; i++)
    alike = mp_tensor_equal (&((MpNode *) a->pdata[i])->type, &((MpNode *) b->pdata[i])->type);
  return alike;
}

gboolean
mp_build_init_from_decoder (MpBuild  *self,
                            GError  **error)
{
  GPtrArray *to = mp_network_get_variables (self->generator), *from;
  MpPhase *phase;

  if (self->frozen_decoder == NULL) {
    lack_decoder (self);
    return mp_graph_check (self->graph, error);
  }
  if (self->latent != self->code) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[method] init_from_decoder = true starts the generator from the decoder's weights, so [generator] "
                 "latent must be [extractor] code: it is %" G_GINT64_FORMAT ", and code is %" G_GINT64_FORMAT ".",
                 self->latent, self->code);
    return FALSE;
  }
  from = mp_network_get_variables (self->frozen_decoder);
  if (!are_alike (from, to)) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[method] init_from_decoder = true starts the generator from the decoder's weights, so the decoder "
                 "must be a network like the generator: set [extractor] decoder to generator.");
    return FALSE;
  }
  phase = mp_build_start_phase (self, "init-from-decoder");
  for (guint i = 0; i < to->len; i++)
    mp_phase_assign (phase, to->pdata[i], from->pdata[i]);
  for (guint i = 0; self->average != NULL && i < to->len; i++)
    mp_phase_assign (phase, mp_network_get_variables (self->average)->pdata[i], from->pdata[i]);
  return TRUE;
}

MpNode *
mp_build_encode (MpBuild *self,
                 MpNode  *x)
{
  g_assert (self->method->needs & MP_NEEDS_ENCODER);
  return _mp_build_apply_training (self, self->encoder, x);
}

MpNode *
_mp_build_reconstruct (MpBuild *self,
                       MpNode  *x)
{
  MpNetwork *decoder = self->average != NULL ? self->average : self->generator;

  return mp_network_apply (decoder, mp_network_apply (self->encoder, x, MP_INFERENCE, NULL), MP_INFERENCE, NULL);
}

/* ---- reading it back ---- */

MpExperiment *
mp_build_get_stage (MpBuild *self)
{
  return self->stage;
}

guint
mp_build_get_n_start_phases (MpBuild *self)
{
  return self->starts->len;
}

const MpPhase *
mp_build_get_start_phase (MpBuild *self,
                          guint    i)
{
  return g_ptr_array_index (self->starts, i);
}
