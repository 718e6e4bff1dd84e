/* SPDX-License-Identifier: Apache-2.0
 *
 * loop-settings.c: what optimizers and live keys are set to, on its way into the store; see loop-private.h.
 */
#include "engine/train/loop-private.h"

#include <string.h>

#include "engine/optimizers/common.h"

/* ---- optimizers ---- */

const MpOptimizer *
mp_loop_find_optimizer (MpExperiment  *experiment,
                        const char    *section,
                        GError       **error)
{
  const char *kind = mp_experiment_get_string (experiment, section, "kind");
  const MpOptimizer *optimizer = (const MpOptimizer *) mp_registry_find (MP_KIND_OPTIMIZER, kind);

  if (optimizer == NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[%s] kind: there is no optimizer “%s”", section, kind);
  return optimizer;
}

void
mp_loop_read_hyper (MpLoop        *self,
                    LoopOptimizer *optimizer)
{
  const MpOptimizer *class = mp_loop_find_optimizer (self->experiment, optimizer->section, NULL);

  class->hyper (self->experiment, optimizer->section, optimizer->values);
  if (!optimizer->clipped)
    optimizer->values[MP_HYPER_CLIP] = 0;
  mp_build_fill_clip (self->build, optimizer->group, optimizer->values);
  optimizer->scheduled = !g_str_equal (mp_experiment_get_string (self->experiment, optimizer->section, "schedule"),
                                       "constant");
}

/* Settings of an iteration; to is float64 [MP_N_HYPER]. */
static void
fill_hyper (guint64   iteration,
            void     *to,
            gpointer  data)
{
  LoopOptimizer *optimizer = data;
  MpLoop *self = optimizer->loop;
  double *values = to;

  memcpy (values, optimizer->values, sizeof optimizer->values);
  values[MP_HYPER_LEARNING_RATE] *= mp_optimizer_schedule (self->experiment, optimizer->section,
                                                           (double) iteration / self->n_iterations);
}

static gboolean
write_hyper (MpLoop         *self,
             LoopOptimizer  *optimizer,
             guint64         iteration,
             GError        **error)
{
  double values[MP_N_HYPER];

  fill_hyper (iteration, values, optimizer);
  return mp_store_write_doubles (self->store, optimizer->hyper, values, error);
}

/* Gives the optimizer a feed where the host runs ahead and there is a schedule, and takes it away where not. */
static gboolean
feed_hyper (MpLoop         *self,
            LoopOptimizer  *optimizer,
            GError        **error)
{
  gboolean wanted = optimizer->scheduled && !self->class->host_memory;

  if (wanted && optimizer->feed != NULL)
    return mp_feed_reset (optimizer->feed, error);
  if (wanted == (optimizer->feed != NULL))
    return TRUE;
  mp_loop_clear_captures (self);
  g_clear_pointer (&optimizer->feed, mp_feed_free);
  if (!wanted)
    return TRUE;
  optimizer->feed = mp_feed_new (self->store, self->uploads, optimizer->hyper, MP_LOOP_MAX_REPEAT, fill_hyper,
                                 optimizer, error);
  return optimizer->feed != NULL;
}

gboolean
mp_loop_follow_schedules (MpLoop              *self,
                          const MpPhase       *phase,
                          const MpRunContext  *context,
                          guint64              iteration,
                          gboolean             capturing,
                          GError             **error)
{
  for (guint i = 0; i < phase->objectives->len; i++)
    for (guint j = 0; j < self->n_optimizers; j++) {
      LoopOptimizer *optimizer = &self->optimizers[j];

      if (!optimizer->scheduled
          || !g_str_equal (optimizer->group, g_array_index (phase->objectives, MpObjective, i).group))
        continue;
      if (optimizer->feed == NULL ? !write_hyper (self, optimizer, iteration, error)
          : !((capturing || mp_feed_ensure (optimizer->feed, iteration, 1, error))
              && mp_feed_fetch (optimizer->feed, context, error)))
        return FALSE;
    }
  return TRUE;
}

/* ---- live keys ---- */

static gboolean
write_live (MpLoop      *self,
            const char  *key,
            GError     **error)
{
  const MpParam *param = mp_experiment_find_param (self->experiment, "method", key);
  MpNode *input = mp_build_get_live (self->build, key);
  double value;
  guint n;

  if (param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS) {
    const double *values = mp_experiment_get_doubles (self->experiment, "method", key, &n);

    if (n != (guint) mp_tensor_count (&input->type)) {
      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                   "[method] %s is a list of %u, and a running lane's of %d: restart the lane to change how many",
                   key, n, (gint) mp_tensor_count (&input->type));
      return FALSE;
    }
    return mp_store_write_doubles (self->store, input, values, error);
  }

  value = param->type == MP_PARAM_INT ? (double) mp_experiment_get_int (self->experiment, "method", key)
          : param->type == MP_PARAM_BOOL ? mp_experiment_get_bool (self->experiment, "method", key)
          : mp_experiment_get_double (self->experiment, "method", key);
  return mp_store_write_doubles (self->store, input, &value, error);
}

gboolean
mp_loop_write_settings (MpLoop  *self,
                        GError **error)
{
  const char *const *keys = mp_build_get_live_keys (self->build);

  for (guint i = 0; keys[i] != NULL; i++)
    if (!write_live (self, keys[i], error))
      return FALSE;
  for (guint i = 0; i < self->n_optimizers; i++) {
    mp_loop_read_hyper (self, &self->optimizers[i]);
    if (!feed_hyper (self, &self->optimizers[i], error) || !write_hyper (self, &self->optimizers[i], 0, error))
      return FALSE;
  }
  return TRUE;
}

/* Whether the key is one of the optimizer's settings, or the method's bound of what it moves. */
static gboolean
sets_hyper (MpLoop              *self,
            const LoopOptimizer *optimizer,
            const char          *group,
            const char          *key)
{
  if (!g_str_equal (group, "method"))
    return g_str_equal (optimizer->section, group);
  return g_strcmp0 (mp_build_find_objective (self->build, optimizer->group)->clip_key, key) == 0;
}

gboolean
mp_loop_update_live (MpLoop      *self,
                     const char  *group,
                     const char  *key,
                     GError     **error)
{
  const MpParam *param = mp_experiment_find_param (self->experiment, group, key);

  if (param == NULL || !param->live) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[%s] %s cannot change while the lane runs", group, key);
    return FALSE;
  }

  mp_loop_forget_keyframes (self); /* a replay would see the new value too early */
  if (g_str_equal (group, "method") && mp_build_get_live (self->build, key) != NULL)
    return write_live (self, key, error);
  for (guint i = 0; i < self->n_optimizers; i++)
    if (sets_hyper (self, &self->optimizers[i], group, key)) {
      mp_loop_read_hyper (self, &self->optimizers[i]);
      if (!feed_hyper (self, &self->optimizers[i], error)
          || !mp_store_write_doubles (self->store, self->optimizers[i].hyper, self->optimizers[i].values, error))
        return FALSE;
    }
  return TRUE;
}
