/* SPDX-License-Identifier: Apache-2.0
 *
 * session-seeds.c: the same experiment with several seeds: as lanes, which the charts then show as mean and band.
 */
#include <glib/gi18n-lib.h>

#include "engine/runs/run.h"
#include "ui/lane-groups.h"
#include "ui/session-private.h"

#define FIRST 3 /* lanes of one experiment after the first time; then as many as fit */

/* The lanes that are this one but for their seeds, itself included. */
static GArray *
find_group (MpSession   *self,
            GPtrArray   *groups,
            MpLaneModel *model)
{
  for (guint i = 0; i < groups->len; i++) {
    GArray *group = g_ptr_array_index (groups, i);

    for (guint j = 0; j < group->len; j++) {
      g_autoptr (MpLaneModel) other = g_list_model_get_item (G_LIST_MODEL (self->models), g_array_index (group, guint, j));

      if (other == model)
        return group;
    }
  }
  return NULL;
}

static gint64
find_last_seed (MpSession *self,
                GArray    *group)
{
  gint64 last = 0;

  for (guint i = 0; i < group->len; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), g_array_index (group, guint, i));

    last = MAX (last, mp_experiment_get_int (mp_lane_model_get_experiment (model), "train", "seed"));
  }
  return last;
}

static void
add_seed (MpSession   *self,
          MpLaneModel *model,
          gint64       seed)
{
  g_autoptr (MpExperiment) experiment = mp_experiment_copy (mp_lane_model_get_experiment (model));
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, seed);
  g_autofree char *run_dir = NULL;
  MpSessionLane *lane;

  mp_experiment_set_value (experiment, "train", "seed", text, NULL);
  run_dir = mp_run_new_path (self->runs_dir, experiment);
  lane = mp_session_lane_new (self, experiment, mp_lane_model_get_device (model), mp_session_free_colour (self));
  mp_session_lane_start (lane, (MpTrainerOptions) {
    .run_dir = run_dir, .iterations = -1, .start_paused = !self->wants_play
  });
  mp_session_show_lane (self, lane);
}

void
mp_session_repeat (MpSession   *self,
                   MpLaneModel *model)
{
  g_autoptr (GPtrArray) groups = mp_lane_groups_list (G_LIST_MODEL (self->models));
  GArray *group = find_group (self, groups, model);
  guint room = MP_MAX_LANES - MIN (self->lanes->len, MP_MAX_LANES);
  guint n = group && group->len < FIRST ? FIRST - group->len : room;
  gint64 seed;

  if (room == 0 || !group) {
    mp_session_fail (self, _("A comparison has six lanes at most. A sweep runs more seeds."));
    return;
  }
  seed = find_last_seed (self, group);
  for (guint i = 0; i < MIN (n, room); i++)
    add_seed (self, model, seed + 1 + i);
  mp_session_update (self);
}
