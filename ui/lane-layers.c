/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/lane-layers.h"

#define PRESET_PANEL "projected-space" /* shown unasked where a method has one: the space that its kernel works in */
#define COSTLY 0.0015                  /* seconds of the lane's time */

/* What is kept for a method. Ids are interned. */
typedef struct
{
  gboolean    made;       /* by hand, or by what was offered first */
  const char *background, *panel;
  GHashTable *overlays;   /* set of ids */
  gboolean    plain;      /* no level lines */
  gboolean    log;
} Choice;

struct _MpLaneLayers
{
  GObject parent_instance;

  const char *method;   /* interned; NULL: none yet */
  GArray     *offer;    /* of MpLayerInfo */
  Choice     *choice;
  GHashTable *arrived;  /* id → MpSnapshot that brought it */
  MpSnapshot *past;     /* shown instead of what arrived; or NULL */
  MpSnapshot *last;     /* may hold what is chosen next; or NULL */
};

enum
{
  CHANGED_OFFER,
  CHANGED_CHOICE,
  CHANGED_LOOK,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MpLaneLayers, mp_lane_layers, G_TYPE_OBJECT)

static const MpViewClass latent_class = {
  .base = {
    .id = MP_LAYER_LATENT,
    .title = N_("Latent space"),
    .summary = N_("The noise that samples are made from. Point at a latent to see its sample, or at a sample to see its "
                  "latent."),
  },
  .drawing = MP_DRAW_SPACE,
};

static void
choice_free (gpointer data)
{
  Choice *choice = data;

  g_hash_table_unref (choice->overlays);
  g_free (choice);
}

static Choice *
choice_new (void)
{
  Choice *choice = g_new0 (Choice, 1);

  choice->overlays = g_hash_table_new (g_str_hash, g_str_equal);
  return choice;
}

static void
choice_assign (Choice       *to,
               const Choice *from)
{
  GHashTableIter iter;
  gpointer id;

  to->made = from->made;
  to->background = from->background;
  to->panel = from->panel;
  to->plain = from->plain;
  to->log = from->log;
  g_hash_table_remove_all (to->overlays);
  g_hash_table_iter_init (&iter, from->overlays);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_hash_table_add (to->overlays, id);
}

/* What was chosen last for a method, for lanes to come. */
static Choice *
remembered (const char *method)
{
  static GHashTable *methods;
  Choice *choice;

  if (!methods)
    methods = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, choice_free);
  choice = g_hash_table_lookup (methods, method);
  if (!choice) {
    choice = choice_new ();
    g_hash_table_insert (methods, (gpointer) g_intern_string (method), choice);
  }
  return choice;
}

static void
mp_lane_layers_finalize (GObject *object)
{
  MpLaneLayers *self = MP_LANE_LAYERS (object);

  g_array_unref (self->offer);
  g_hash_table_unref (self->arrived);
  g_clear_pointer (&self->past, mp_snapshot_unref);
  g_clear_pointer (&self->last, mp_snapshot_unref);
  choice_free (self->choice);
  G_OBJECT_CLASS (mp_lane_layers_parent_class)->finalize (object);
}

static guint
new_signal (const char *name)
{
  return g_signal_new (name, MP_TYPE_LANE_LAYERS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mp_lane_layers_class_init (MpLaneLayersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mp_lane_layers_finalize;
  signals[CHANGED_OFFER] = new_signal ("changed-offer");
  signals[CHANGED_CHOICE] = new_signal ("changed-choice");
  signals[CHANGED_LOOK] = new_signal ("changed-look");
}

static void
mp_lane_layers_init (MpLaneLayers *self)
{
  self->offer = g_array_new (FALSE, FALSE, sizeof (MpLayerInfo));
  self->arrived = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) mp_snapshot_unref);
  self->choice = choice_new ();
}

MpLaneLayers *
mp_lane_layers_new (void)
{
  return g_object_new (MP_TYPE_LANE_LAYERS, NULL);
}

/* ---- what can be chosen ---- */

static gboolean
offers (MpLaneLayers *self,
        MpPlace       place,
        const char   *id)
{
  const MpLayerInfo *info = id ? mp_lane_layers_find (self, id) : NULL;

  return info && mp_drawing_place (info->class->drawing) == place;
}

/* The first background, and the panel that a method is known by. */
static void
choose_first (MpLaneLayers *self)
{
  if (mp_lane_layers_get_n (self, MP_PLACE_BACKGROUND) > 0)
    self->choice->background = mp_lane_layers_get (self, MP_PLACE_BACKGROUND, 0)->class->base.id;
  if (offers (self, MP_PLACE_PANEL, PRESET_PANEL))
    self->choice->panel = PRESET_PANEL;
}

void
mp_lane_layers_set_offer (MpLaneLayers      *self,
                          const char        *method,
                          guint              n,
                          const MpLayerInfo *offer)
{
  const MpLayerInfo latent = { &latent_class, latent_class.base.title };

  g_return_if_fail (MP_IS_LANE_LAYERS (self));
  g_return_if_fail (method != NULL);

  g_array_set_size (self->offer, 0);
  g_array_append_vals (self->offer, offer, n);
  g_array_append_val (self->offer, latent);
  self->method = g_intern_string (method);
  choice_assign (self->choice, remembered (method));
  if (!self->choice->made)
    choose_first (self);
  if (!offers (self, MP_PLACE_BACKGROUND, self->choice->background))
    self->choice->background = NULL;
  if (!offers (self, MP_PLACE_PANEL, self->choice->panel))
    self->choice->panel = NULL;
  g_signal_emit (self, signals[CHANGED_OFFER], 0);
  g_signal_emit (self, signals[CHANGED_CHOICE], 0);
}

guint
mp_lane_layers_get_n (MpLaneLayers *self,
                      MpPlace       place)
{
  guint n = 0;

  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), 0);

  for (guint i = 0; i < self->offer->len; i++)
    n += mp_drawing_place (g_array_index (self->offer, MpLayerInfo, i).class->drawing) == place;
  return n;
}

const MpLayerInfo *
mp_lane_layers_get (MpLaneLayers *self,
                    MpPlace       place,
                    guint         i)
{
  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), NULL);

  for (guint k = 0; k < self->offer->len; k++) {
    const MpLayerInfo *info = &g_array_index (self->offer, MpLayerInfo, k);

    if (mp_drawing_place (info->class->drawing) == place && i-- == 0)
      return info;
  }
  g_return_val_if_reached (NULL);
}

const MpLayerInfo *
mp_lane_layers_find (MpLaneLayers *self,
                     const char   *id)
{
  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), NULL);

  for (guint i = 0; i < self->offer->len; i++) {
    const MpLayerInfo *info = &g_array_index (self->offer, MpLayerInfo, i);

    if (g_strcmp0 (info->class->base.id, id) == 0)
      return info;
  }
  return NULL;
}

/* ---- what is chosen ---- */

static gboolean
is_chosen (MpLaneLayers      *self,
           const MpLayerInfo *info)
{
  const char *id = info->class->base.id;
  MpPlace place = mp_drawing_place (info->class->drawing);

  if (place == MP_PLACE_OVERLAY)
    return mp_lane_layers_get_overlay (self, id);
  return g_strcmp0 (mp_lane_layers_get_chosen (self, place), id) == 0;
}

/* Of the last snapshot. */
static void
keep_chosen (MpLaneLayers *self)
{
  for (guint i = 0; self->last && i < self->offer->len; i++) {
    const MpLayerInfo *info = &g_array_index (self->offer, MpLayerInfo, i);

    if (is_chosen (self, info) && mp_snapshot_get_layer (self->last, info->class->base.id))
      g_hash_table_insert (self->arrived, (gpointer) info->class->base.id, mp_snapshot_ref (self->last));
  }
}

static void
changed (MpLaneLayers *self,
         guint         signal)
{
  self->choice->made = TRUE;
  if (self->method)
    choice_assign (remembered (self->method), self->choice);
  keep_chosen (self);
  g_signal_emit (self, signals[signal], 0);
}

const char *
mp_lane_layers_get_chosen (MpLaneLayers *self,
                           MpPlace       place)
{
  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), NULL);

  return place == MP_PLACE_BACKGROUND ? self->choice->background : self->choice->panel;
}

void
mp_lane_layers_choose (MpLaneLayers *self,
                       MpPlace       place,
                       const char   *id)
{
  const char **chosen;

  g_return_if_fail (MP_IS_LANE_LAYERS (self));
  g_return_if_fail (place != MP_PLACE_OVERLAY);
  g_return_if_fail (id == NULL || offers (self, place, id));

  chosen = place == MP_PLACE_BACKGROUND ? &self->choice->background : &self->choice->panel;
  if (g_strcmp0 (*chosen, id) == 0)
    return;
  if (*chosen)
    g_hash_table_remove (self->arrived, *chosen);
  *chosen = id ? mp_lane_layers_find (self, id)->class->base.id : NULL;
  changed (self, CHANGED_CHOICE);
}

gboolean
mp_lane_layers_get_overlay (MpLaneLayers *self,
                            const char   *id)
{
  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), FALSE);

  return g_hash_table_contains (self->choice->overlays, id) && offers (self, MP_PLACE_OVERLAY, id);
}

void
mp_lane_layers_set_overlay (MpLaneLayers *self,
                            const char   *id,
                            gboolean      shown)
{
  g_return_if_fail (MP_IS_LANE_LAYERS (self));
  g_return_if_fail (offers (self, MP_PLACE_OVERLAY, id));

  if (mp_lane_layers_get_overlay (self, id) == shown)
    return;
  if (shown) {
    g_hash_table_add (self->choice->overlays, (gpointer) mp_lane_layers_find (self, id)->class->base.id);
  } else {
    g_hash_table_remove (self->choice->overlays, id);
    g_hash_table_remove (self->arrived, id);
  }
  changed (self, CHANGED_CHOICE);
}

guint
mp_lane_layers_count_overlays (MpLaneLayers *self)
{
  guint n = 0;

  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), 0);

  for (guint i = 0; i < mp_lane_layers_get_n (self, MP_PLACE_OVERLAY); i++)
    n += mp_lane_layers_get_overlay (self, mp_lane_layers_get (self, MP_PLACE_OVERLAY, i)->class->base.id);
  return n;
}

gboolean
mp_lane_layers_get_levels (MpLaneLayers *self)
{
  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), FALSE);

  return !self->choice->plain;
}

void
mp_lane_layers_set_levels (MpLaneLayers *self,
                           gboolean      levels)
{
  g_return_if_fail (MP_IS_LANE_LAYERS (self));

  if (self->choice->plain == !levels)
    return;
  self->choice->plain = !levels;
  changed (self, CHANGED_LOOK);
}

gboolean
mp_lane_layers_get_log (MpLaneLayers *self)
{
  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), FALSE);

  return self->choice->log;
}

void
mp_lane_layers_set_log (MpLaneLayers *self,
                        gboolean      log)
{
  g_return_if_fail (MP_IS_LANE_LAYERS (self));

  if (self->choice->log == log)
    return;
  self->choice->log = log;
  changed (self, CHANGED_LOOK);
}

/* ---- what arrived ---- */

/* A background is a pass over a whole grid; of the others it is known once they came. */
static gboolean
is_costly (MpLaneLayers      *self,
           const MpLayerInfo *info)
{
  const MpLayer *layer = mp_lane_layers_get_arrived (self, info->class->base.id);

  return layer && (mp_drawing_place (info->class->drawing) == MP_PLACE_BACKGROUND || layer->seconds > COSTLY);
}

char **
mp_lane_layers_list_wanted (MpLaneLayers *self,
                            gboolean      costly)
{
  GPtrArray *ids;

  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), NULL);

  ids = g_ptr_array_new ();
  for (guint i = 0; i < self->offer->len; i++) {
    const MpLayerInfo *info = &g_array_index (self->offer, MpLayerInfo, i);

    if (info->class != &latent_class && is_chosen (self, info) && (costly || !is_costly (self, info)))
      g_ptr_array_add (ids, (gpointer) g_intern_string (info->class->base.id));
  }
  g_ptr_array_add (ids, NULL);
  return (char **) g_ptr_array_free (ids, FALSE);
}

void
mp_lane_layers_take (MpLaneLayers *self,
                     MpSnapshot   *snapshot)
{
  g_return_if_fail (MP_IS_LANE_LAYERS (self));
  g_return_if_fail (snapshot != NULL);

  if (snapshot != self->last) {
    g_clear_pointer (&self->last, mp_snapshot_unref);
    self->last = mp_snapshot_ref (snapshot);
  }
  keep_chosen (self);
}

void
mp_lane_layers_set_past (MpLaneLayers *self,
                         MpSnapshot   *snapshot)
{
  g_return_if_fail (MP_IS_LANE_LAYERS (self));

  if (snapshot)
    mp_snapshot_ref (snapshot);
  g_clear_pointer (&self->past, mp_snapshot_unref);
  self->past = snapshot;
}

const MpLayer *
mp_lane_layers_get_arrived (MpLaneLayers *self,
                            const char   *id)
{
  MpSnapshot *snapshot;

  g_return_val_if_fail (MP_IS_LANE_LAYERS (self), NULL);

  snapshot = self->past ? self->past : id ? g_hash_table_lookup (self->arrived, id) : NULL;
  if (!id)
    return NULL;
  return snapshot ? mp_snapshot_get_layer (snapshot, id) : NULL;
}

void
mp_lane_layers_forget (MpLaneLayers *self)
{
  g_return_if_fail (MP_IS_LANE_LAYERS (self));

  g_hash_table_remove_all (self->arrived);
  g_clear_pointer (&self->last, mp_snapshot_unref);
}
