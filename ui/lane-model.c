/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/lane-model.h"

#include <math.h>
#include <string.h>

#include "ui/lane-curves.h"
#include "ui/lane-past.h"
#include "ui/lane-titles.h"

struct _MpLaneModel
{
  GObject parent_instance;

  MpExperiment  *experiment;
  MpExperiment  *draft;
  MpLaneTitles   titles;
  guint          colour;

  char          *device;
  char          *draft_device;
  const char    *place;            /* interned */
  char          *place_detail;

  MpLaneState    state;
  char          *message;
  char          *phase;
  MpLaneProgress progress;

  MpSnapshot    *snapshot;
  MpLaneLayers  *layers;
  guint          n_watchers;
  gboolean       drawn;

  GPtrArray     *curves;           /* of MpCurve */
  MpLanePast     past;
};

enum
{
  PROP_0,
  PROP_TITLE,
  PROP_NAME,
  PROP_SUBTITLE,
  PROP_COLOUR,
  PROP_STATE,
  PROP_PROGRESS,
  PROP_PHASE,
  PROP_PLACE,
  PROP_SNAPSHOT,
  PROP_N_PENDING,
  PROP_RUN,
  PROP_MINIBATCH,
  PROP_ANEW,
  N_PROPS
};

enum
{
  CHANGED_SERIES,
  CHANGED_SCHEMA,
  CHANGED_DRAFT,
  SET_LIVE,
  RESTART,
  REMOVE,
  DUPLICATE,
  REPEAT,
  RESUME,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MpLaneModel, mp_lane_model, G_TYPE_OBJECT)

static void
mp_lane_model_finalize (GObject *object)
{
  MpLaneModel *self = MP_LANE_MODEL (object);

  g_clear_pointer (&self->experiment, mp_experiment_unref);
  g_clear_pointer (&self->draft, mp_experiment_unref);
  mp_lane_titles_clear (&self->titles);
  g_clear_pointer (&self->device, g_free);
  g_clear_pointer (&self->draft_device, g_free);
  g_clear_pointer (&self->place_detail, g_free);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->phase, g_free);
  g_clear_pointer (&self->snapshot, mp_snapshot_unref);
  g_clear_object (&self->layers);
  g_clear_pointer (&self->curves, g_ptr_array_unref);
  mp_lane_past_clear (&self->past);
  G_OBJECT_CLASS (mp_lane_model_parent_class)->finalize (object);
}

static void
mp_lane_model_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  MpLaneModel *self = MP_LANE_MODEL (object);

  switch (prop_id) {
  case PROP_TITLE:
    g_value_set_string (value, self->titles.title);
    break;
  case PROP_NAME:
    g_value_set_string (value, mp_lane_model_get_name (self));
    break;
  case PROP_SUBTITLE:
    g_value_set_string (value, self->titles.subtitle);
    break;
  case PROP_COLOUR:
    g_value_set_uint (value, self->colour);
    break;
  case PROP_STATE:
    g_value_set_int (value, self->state);
    break;
  case PROP_PROGRESS:
    g_value_set_pointer (value, (gpointer) mp_lane_model_get_progress (self));
    break;
  case PROP_PHASE:
    g_value_set_string (value, self->phase);
    break;
  case PROP_PLACE:
    g_value_set_string (value, self->place);
    break;
  case PROP_SNAPSHOT:
    g_value_set_pointer (value, mp_lane_model_get_snapshot (self));
    break;
  case PROP_N_PENDING:
    g_value_set_uint (value, mp_lane_model_get_n_pending (self));
    break;
  case PROP_MINIBATCH:
    g_value_set_pointer (value, self->past.minibatch);
    break;
  case PROP_RUN:
    g_value_set_string (value, self->past.run_dir);
    break;
  case PROP_ANEW:
    g_value_set_string (value, self->past.anew);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, readable);
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, readable);
  props[PROP_SUBTITLE] = g_param_spec_string ("subtitle", NULL, NULL, NULL, readable);
  props[PROP_COLOUR] = g_param_spec_uint ("colour", NULL, NULL, 0, G_MAXUINT, 0, readable);
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, MP_LANE_FAILED, 0, readable);
  props[PROP_PROGRESS] = g_param_spec_pointer ("progress", NULL, NULL, readable);
  props[PROP_PHASE] = g_param_spec_string ("phase", NULL, NULL, NULL, readable);
  props[PROP_PLACE] = g_param_spec_string ("place", NULL, NULL, NULL, readable);
  props[PROP_SNAPSHOT] = g_param_spec_pointer ("snapshot", NULL, NULL, readable);
  props[PROP_N_PENDING] = g_param_spec_uint ("n-pending", NULL, NULL, 0, G_MAXUINT, 0, readable);
  props[PROP_MINIBATCH] = g_param_spec_pointer ("minibatch", NULL, NULL, readable);
  props[PROP_RUN] = g_param_spec_string ("run", NULL, NULL, NULL, readable);
  props[PROP_ANEW] = g_param_spec_string ("anew", NULL, NULL, NULL, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static guint
new_signal (const char *name)
{
  return g_signal_new (name, MP_TYPE_LANE_MODEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mp_lane_model_class_init (MpLaneModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mp_lane_model_finalize;
  object_class->get_property = mp_lane_model_get_property;
  install_properties (object_class);

  signals[CHANGED_SERIES] = new_signal ("changed-series");
  signals[CHANGED_SCHEMA] = new_signal ("changed-schema");
  signals[CHANGED_DRAFT] = new_signal ("changed-draft");
  signals[RESTART] = new_signal ("restart");
  signals[REMOVE] = new_signal ("remove");
  signals[DUPLICATE] = new_signal ("duplicate");
  signals[REPEAT] = new_signal ("repeat");
  signals[RESUME] = new_signal ("resume");
  signals[SET_LIVE] = g_signal_new ("set-live", MP_TYPE_LANE_MODEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_STRING, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
mp_lane_model_init (MpLaneModel *self)
{
  self->progress.modes = self->progress.high_quality = NAN;
  self->layers = mp_lane_layers_new ();
  self->curves = mp_lane_curves_new ();
}

MpLaneModel *
mp_lane_model_new (MpExperiment *experiment,
                   guint         colour)
{
  MpLaneModel *self;

  g_return_val_if_fail (experiment != NULL, NULL);

  self = g_object_new (MP_TYPE_LANE_MODEL, NULL);
  self->experiment = mp_experiment_copy (experiment);
  self->draft = mp_experiment_copy (experiment);
  self->colour = colour;
  self->device = g_strdup ("auto");
  self->draft_device = g_strdup ("auto");
  mp_lane_model_update_titles (self);
  return self;
}

MpLaneTitles *
mp_lane_model_get_titles (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return &self->titles;
}

guint
mp_lane_model_get_colour (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), 0);

  return self->colour;
}

MpExperiment *
mp_lane_model_get_experiment (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->experiment;
}

MpExperiment *
mp_lane_model_get_draft (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->draft;
}

/* ---- the draft ---- */

static void
changed_draft (MpLaneModel *self)
{
  g_signal_emit (self, signals[CHANGED_DRAFT], 0);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_PENDING]);
}

static gboolean
set_live (MpLaneModel *self,
          const char  *group,
          const char  *key,
          const char  *value,
          GError     **error)
{
  g_autofree char *message = NULL;

  g_signal_emit (self, signals[SET_LIVE], 0, group, key, value, &message);
  if (message) {
    g_set_error_literal (error, MP_ERROR, MP_ERROR_EXPERIMENT, message);
    return FALSE;
  }
  return mp_experiment_set_value (self->experiment, group, key, value, error);
}

/* A key of the kind that a lane trains, with as many entries; others, and lanes that are over, wait for the restart. */
static gboolean
can_be_live (MpLaneModel   *self,
             const MpParam *param,
             const char    *group)
{
  guint had = 1, wanted = 1;

  if (!param || !param->live || self->state >= MP_LANE_FINISHED || !mp_experiment_has_group (self->experiment, group)
      || mp_experiment_find_param (self->experiment, group, param->key) != param)
    return FALSE;
  if (param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS) {
    mp_experiment_get_doubles (self->experiment, group, param->key, &had);
    mp_experiment_get_doubles (self->draft, group, param->key, &wanted);
  }
  return had == wanted;
}

gboolean
mp_lane_model_set_value (MpLaneModel *self,
                         const char  *group,
                         const char  *key,
                         const char  *value,
                         GError     **error)
{
  const MpParam *param;
  gboolean is_kind;

  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  is_kind = g_str_equal (key, "kind");
  if (!mp_experiment_set_value (self->draft, group, key, value, error))
    return FALSE;
  param = is_kind ? NULL : mp_experiment_find_param (self->draft, group, key);
  if (can_be_live (self, param, group) && !set_live (self, group, key, value, error)) {
    const char *old = mp_experiment_get_string (self->experiment, group, key);

    mp_experiment_set_value (self->draft, group, key, old, NULL);
    return FALSE;
  }
  if (is_kind)
    g_signal_emit (self, signals[CHANGED_SCHEMA], 0);
  if (param && param->live)
    mp_lane_model_update_titles (self);
  changed_draft (self);
  return TRUE;
}

gboolean
mp_lane_model_is_pending (MpLaneModel *self,
                          const char  *group,
                          const char  *key)
{
  const char *draft, *trained;

  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  if (!mp_experiment_has_group (self->experiment, group))
    return TRUE;
  if (!g_str_equal (key, "kind") && !mp_experiment_find_param (self->experiment, group, key))
    return TRUE;
  draft = mp_experiment_get_string (self->draft, group, key);
  trained = mp_experiment_get_string (self->experiment, group, key);
  return g_strcmp0 (draft, trained) != 0;
}

const char *
mp_lane_model_get_device (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->device;
}

const char *
mp_lane_model_get_draft_device (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->draft_device;
}

void
mp_lane_model_set_draft_device (MpLaneModel *self,
                                const char  *device)
{
  char *copy;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  copy = g_strdup (device ? device : "auto");
  g_free (self->draft_device);
  self->draft_device = copy;
  changed_draft (self);
}

gboolean
mp_lane_model_is_device_pending (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  return !g_str_equal (self->device, self->draft_device);
}

guint
mp_lane_model_get_n_pending (MpLaneModel *self)
{
  g_autoptr (GPtrArray) schema = NULL;
  guint n = 0;

  g_return_val_if_fail (MP_IS_LANE_MODEL (self), 0);

  schema = mp_experiment_get_schema (self->draft);
  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);

    if (group->kind != MP_N_KINDS && mp_lane_model_is_pending (self, group->group, "kind")) {
      n++;
      continue;
    }
    for (guint j = 0; j < group->params->len; j++) {
      const MpParam *param = g_ptr_array_index (group->params, j);

      n += mp_lane_model_is_pending (self, group->group, param->key);
    }
  }
  return n + mp_lane_model_is_device_pending (self);
}

void
mp_lane_model_discard_draft (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  mp_experiment_unref (self->draft);
  self->draft = mp_experiment_copy (self->experiment);
  g_free (self->draft_device);
  self->draft_device = g_strdup (self->device);
  g_signal_emit (self, signals[CHANGED_SCHEMA], 0);
  changed_draft (self);
}

static void
take_experiment (MpLaneModel  *self,
                 MpExperiment *experiment)
{
  MpExperiment *copy = mp_experiment_copy (experiment);

  g_clear_pointer (&self->experiment, mp_experiment_unref);
  self->experiment = copy;
  g_clear_pointer (&self->draft, mp_experiment_unref);
  self->draft = mp_experiment_copy (copy);
}

void
mp_lane_model_set_experiment (MpLaneModel  *self,
                              MpExperiment *experiment)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));
  g_return_if_fail (experiment != NULL);

  take_experiment (self, experiment);
  mp_lane_model_update_titles (self);
  g_signal_emit (self, signals[CHANGED_SCHEMA], 0);
  changed_draft (self);
}

void
mp_lane_model_start_over (MpLaneModel  *self,
                          MpExperiment *experiment)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));
  g_return_if_fail (experiment != NULL);

  take_experiment (self, experiment);
  mp_lane_model_show_past (self, NULL, NULL);
  mp_lane_model_set_minibatch (self, NULL);
  mp_lane_model_set_anew (self, NULL);

  g_free (self->device);
  self->device = g_strdup (self->draft_device);
  mp_lane_model_set_place (self, NULL, NULL);
  g_clear_pointer (&self->snapshot, mp_snapshot_unref);
  mp_lane_layers_forget (self->layers);
  g_ptr_array_set_size (self->curves, 0);
  self->progress = (MpLaneProgress) { .modes = NAN, .high_quality = NAN };
  self->drawn = FALSE;
  mp_lane_model_update_titles (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SNAPSHOT]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRESS]);
  g_signal_emit (self, signals[CHANGED_SERIES], 0);
  g_signal_emit (self, signals[CHANGED_SCHEMA], 0);
  changed_draft (self);
}

void
mp_lane_model_restart (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  g_signal_emit (self, signals[RESTART], 0);
}

void
mp_lane_model_remove (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  g_signal_emit (self, signals[REMOVE], 0);
}

void
mp_lane_model_duplicate (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  g_signal_emit (self, signals[DUPLICATE], 0);
}

void
mp_lane_model_repeat (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  g_signal_emit (self, signals[REPEAT], 0);
}

void
mp_lane_model_resume (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  g_signal_emit (self, signals[RESUME], 0);
}

/* ---- state and progress ---- */

MpLaneState
mp_lane_model_get_state (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), MP_LANE_PREPARING);

  return self->state;
}

const char *
mp_lane_model_get_message (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->message;
}

void
mp_lane_model_set_state (MpLaneModel *self,
                         MpLaneState  state,
                         const char  *message)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  if (self->state == state && g_strcmp0 (self->message, message) == 0)
    return;
  self->state = state;
  g_free (self->message);
  self->message = g_strdup (message);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

const char *
mp_lane_model_get_place (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->place;
}

const char *
mp_lane_model_get_place_detail (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->place_detail;
}

void
mp_lane_model_set_place (MpLaneModel *self,
                         const char  *place,
                         const char  *detail)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  if (g_strcmp0 (self->place, place) == 0 && g_strcmp0 (self->place_detail, detail) == 0)
    return;
  self->place = g_intern_string (place);
  g_free (self->place_detail);
  self->place_detail = g_strdup (detail);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLACE]);
}

const MpLaneProgress *
mp_lane_model_get_progress (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->past.snapshot ? &self->past.progress : &self->progress;
}

const MpLaneProgress *
mp_lane_model_get_live_progress (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return &self->progress;
}

MpLanePast *
mp_lane_model_get_past (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return &self->past;
}

void
mp_lane_model_set_progress (MpLaneModel          *self,
                            const MpLaneProgress *progress)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));
  g_return_if_fail (progress != NULL);

  if (memcmp (&self->progress, progress, sizeof *progress) == 0)
    return;
  self->progress = *progress;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRESS]);
}

const char *
mp_lane_model_get_phase (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->phase;
}

void
mp_lane_model_set_phase (MpLaneModel *self,
                         const char  *phase)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  if (g_strcmp0 (self->phase, phase) == 0)
    return;
  g_free (self->phase);
  self->phase = g_strdup (phase);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PHASE]);
}

/* ---- views ---- */

MpSnapshot *
mp_lane_model_get_snapshot (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->past.snapshot ? self->past.snapshot : self->snapshot;
}

void
mp_lane_model_set_snapshot (MpLaneModel *self,
                            MpSnapshot  *snapshot)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));
  g_return_if_fail (snapshot != NULL);

  if (self->snapshot == snapshot)
    return;
  mp_lane_layers_take (self->layers, snapshot);
  g_clear_pointer (&self->snapshot, mp_snapshot_unref);
  self->snapshot = mp_snapshot_ref (snapshot);
  if (self->past.snapshot)
    return;
  self->drawn = FALSE;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SNAPSHOT]);
}

MpLaneLayers *
mp_lane_model_get_layers (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->layers;
}

void
mp_lane_model_set_offer (MpLaneModel       *self,
                         guint              n,
                         const MpLayerInfo *offer)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  mp_lane_layers_set_offer (self->layers, mp_experiment_get_string (self->experiment, "method", "kind"), n, offer);
}

void
mp_lane_model_watch (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  self->n_watchers++;
  self->drawn = TRUE;
}

void
mp_lane_model_unwatch (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));
  g_return_if_fail (self->n_watchers > 0);

  self->n_watchers--;
}

gboolean
mp_lane_model_is_watched (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  return self->n_watchers > 0;
}

void
mp_lane_model_set_drawn (MpLaneModel *self,
                         gboolean     drawn)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  self->drawn = drawn;
}

gboolean
mp_lane_model_get_drawn (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  return self->drawn || !self->snapshot;
}

/* ---- curves: lane-curves.c ---- */

GPtrArray *
mp_lane_model_get_curves (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return self->curves;
}

void
mp_lane_model_changed_series (MpLaneModel *self)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  g_signal_emit (self, signals[CHANGED_SERIES], 0);
}
