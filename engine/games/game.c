/* SPDX-License-Identifier: Apache-2.0
 *
 * game.c: the list of games and portraits, and fields with their settings.
 */
#include "engine/games/game.h"

#include <string.h>

#include "engine/train/experiment.h"

#define MP_ITEM(name) extern const MpGame mp_game_##name;
#include "engine/game-list.h"
#undef MP_ITEM

static const MpGame *const games[] = {
#define MP_ITEM(name) &mp_game_##name,
#include "engine/game-list.h"
#undef MP_ITEM
};

static const MpPortrait portraits[] = {
  { .id = "figure-s1", .title = N_("Repulsive paper, Figure S1"), .game = "quadratic", .n_panels = 4,
    .settings = { "target=uniform; weight=-1", "target=uniform; weight=1", "target=normal; weight=-1",
                  "target=normal; weight=1" },
    .captions = { N_("Attractive loss, uniform data"), N_("Repulsive loss, uniform data"),
                  N_("Attractive loss, normal data"), N_("Repulsive loss, normal data") },
    .starts = { "0.3 0.6; 1.5 0.5; 2.5 1.2", "1.2 0.6; 1.5 0.5; 0.4 1.2", "0.4 0.4; 2.5 0.3; 2.5 1.3",
                "0.4 0.6; 2.5 0.3; 2.2 1.3" } },
  { .id = "dirac-losses", .title = N_("Dirac-GAN, four ways"), .game = "dirac", .n_panels = 4,
    .settings = { "loss=minimax", "loss=non-saturating; penalty=zero", "loss=wasserstein",
                  "loss=wasserstein; penalty=one" },
    .captions = { N_("Minimax: goes round"), N_("Non-saturating with a zero-centred penalty: arrives"),
                  N_("Wasserstein: goes round"), N_("Wasserstein with a one-centred penalty: goes round") },
    .starts = { "1 0", "1 0; -1.5 1.5", "1 0; 1.6 0", "1 0; -1.5 -1.5" } },
  { .id = "critics", .title = N_("One critic output"), .game = "quadratic", .n_panels = 4,
    .settings = { "target=normal; loss=minimax", "target=normal; loss=non-saturating",
                  "target=normal; loss=least-squares", "target=normal; loss=wasserstein" },
    .captions = { N_("Minimax"), N_("Non-saturating"), N_("Least squares"), N_("Wasserstein") },
    .starts = { "1 0.5", "1 0.5", "1 0.5", "1 0.5" } },
};

struct _MpGameField
{
  gatomicrefcount  ref_count;
  const MpGame    *game;
  char           **values;    /* by parameter */
  double          *numbers;   /* likewise, of those that are numbers */
  gpointer         state;
};

const MpGame *const *
mp_games_list (guint *n)
{
  *n = G_N_ELEMENTS (games);
  return games;
}

const MpGame *
mp_game_find (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (games); i++)
    if (g_str_equal (games[i]->base.id, id))
      return games[i];
  return NULL;
}

const MpPortrait *
mp_portraits_list (guint *n)
{
  *n = G_N_ELEMENTS (portraits);
  return portraits;
}

const MpPortrait *
mp_portrait_find (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (portraits); i++)
    if (g_str_equal (portraits[i].id, id))
      return &portraits[i];
  return NULL;
}

/* ---- fields ---- */

static guint
find_param (const MpGame *game,
            const char   *key)
{
  guint i = 0;

  while (i < game->base.n_params && !g_str_equal (game->base.params[i].key, key))
    i++;
  return i;
}

static void
take_value (MpGameField *self,
            guint        param,
            const char  *value)
{
  g_free (self->values[param]);
  self->values[param] = g_strdup (value);
  self->numbers[param] = g_ascii_strtod (value, NULL);
}

static gboolean
read_setting (MpGameField  *self,
              const char   *text,
              GError      **error)
{
  const MpDescriptor *base = &self->game->base;
  g_auto (GStrv) pair = g_strsplit (text, "=", 2);
  guint param;

  if (pair[0] == NULL || pair[1] == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "“%s” is not a setting: KEY=VALUE is allowed", text);
    return FALSE;
  }
  g_strstrip (pair[0]);
  g_strstrip (pair[1]);
  param = find_param (self->game, pair[0]);
  if (param == base->n_params) {
    g_autoptr (GPtrArray) keys = g_ptr_array_new ();
    g_autofree char *list = NULL;

    for (guint i = 0; i < base->n_params; i++)
      g_ptr_array_add (keys, (gpointer) base->params[i].key);
    g_ptr_array_add (keys, NULL);
    list = g_strjoinv (", ", (char **) keys->pdata);
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "The game “%s” has no key “%s”; it has %s", base->id, pair[0],
                 list);
    return FALSE;
  }
  if (!mp_param_check (&base->params[param], pair[1], error)) {
    g_prefix_error (error, "%s: %s: ", base->id, pair[0]);
    return FALSE;
  }
  take_value (self, param, pair[1]);
  return TRUE;
}

MpGameField *
mp_game_field_new (const MpGame  *game,
                   const char    *settings,
                   GError       **error)
{
  g_autoptr (MpGameField) self = g_new0 (MpGameField, 1);
  g_auto (GStrv) texts = g_strsplit (settings != NULL ? settings : "", ";", -1);

  g_atomic_ref_count_init (&self->ref_count);
  self->game = game;
  self->values = g_new0 (char *, game->base.n_params + 1);
  self->numbers = g_new0 (double, game->base.n_params + 1);
  for (guint i = 0; i < game->base.n_params; i++)
    take_value (self, i, game->base.params[i].default_value);
  for (guint i = 0; texts[i] != NULL; i++)
    if (*g_strstrip (texts[i]) != '\0' && !read_setting (self, texts[i], error))
      return NULL;
  if (game->open != NULL)
    self->state = game->open (self);
  return g_steal_pointer (&self);
}

MpGameField *
mp_game_field_ref (MpGameField *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_game_field_unref (MpGameField *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->game->close != NULL && self->state != NULL)
    self->game->close (self->state);
  g_strfreev (self->values);
  g_free (self->numbers);
  g_free (self);
}

const MpGame *
mp_game_field_get_game (const MpGameField *self)
{
  return self->game;
}

const char *
mp_game_field_get (const MpGameField *self,
                   const char        *key)
{
  guint param = find_param (self->game, key);

  g_assert (param < self->game->base.n_params);
  return self->values[param];
}

double
mp_game_field_get_double (const MpGameField *self,
                          const char        *key)
{
  guint param = find_param (self->game, key);

  g_assert (param < self->game->base.n_params);
  return self->numbers[param];
}

void
mp_game_field_evaluate (const MpGameField *self,
                        const double       w[2],
                        double             flow[2])
{
  self->game->evaluate (self, self->state, w, flow);
}

gboolean
mp_game_field_sample (const MpGameField *self,
                      const double       extent[4],
                      guint              width,
                      guint              height,
                      float             *flows,
                      const gint        *cancelled)
{
  for (guint row = 0; row < height; row++) {
    if (cancelled != NULL && g_atomic_int_get (cancelled))
      return FALSE;
    for (guint column = 0; column < width; column++) {
      double w[2] = { extent[0] + (extent[1] - extent[0]) * column / (width - 1),
                      extent[2] + (extent[3] - extent[2]) * row / (height - 1) };
      double flow[2];

      mp_game_field_evaluate (self, w, flow);
      *flows++ = (float) flow[0];
      *flows++ = (float) flow[1];
    }
  }
  return TRUE;
}
