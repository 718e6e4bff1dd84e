/* SPDX-License-Identifier: Apache-2.0
 *
 * test-lane-groups.c: lanes that differ only in their seeds: which they are, their curves as one, their differences, and
 * the session that adds them.
 */
#include <math.h>
#include <string.h>

#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/lane-groups.h"
#include "ui/lane-past.h"

static void
add_lane (GListStore *lanes,
          const char *method,
          const char *seed)
{
  MpLaneModel *model = canned_lane (method, g_list_model_get_n_items (G_LIST_MODEL (lanes)));
  g_autoptr (MpExperiment) experiment = mp_experiment_copy (mp_lane_model_get_experiment (model));

  g_assert_true (mp_experiment_set_value (experiment, "train", "seed", seed, NULL));
  mp_lane_model_set_experiment (model, experiment);
  g_list_store_append (lanes, model);
  g_object_unref (model);
}

static void
assert_group (GPtrArray  *groups,
              guint       group,
              const char *lanes)
{
  g_autoptr (GString) found = g_string_new (NULL);
  GArray *list = g_ptr_array_index (groups, group);

  for (guint i = 0; i < list->len; i++)
    g_string_append_printf (found, "%s%u", i > 0 ? " " : "", g_array_index (list, guint, i));
  g_assert_cmpstr (found->str, ==, lanes);
}

static void
test_groups (void)
{
  g_autoptr (GListStore) lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (MpLaneModel) other = NULL;
  g_autoptr (MpExperiment) changed = NULL;

  add_lane (lanes, "gan", "1");
  add_lane (lanes, "gram", "1");
  add_lane (lanes, "gan", "2");
  add_lane (lanes, "gram", "3");
  add_lane (lanes, "gan", "2");
  add_lane (lanes, "gan", "5");
  other = g_list_model_get_item (G_LIST_MODEL (lanes), 5);
  changed = mp_experiment_copy (mp_lane_model_get_experiment (other));
  mp_experiment_set (changed, "train.batch=33", NULL);
  mp_lane_model_set_experiment (other, changed);
  groups = mp_lane_groups_list (G_LIST_MODEL (lanes));
  g_assert_cmpuint (groups->len, ==, 4);
  assert_group (groups, 0, "0 2");
  assert_group (groups, 1, "1 3");
  /* The same seed again is no repetition; another batch is another experiment. */
  assert_group (groups, 2, "4");
  assert_group (groups, 3, "5");
}

static void
assert_name (GListStore *lanes,
             guint       lane,
             const char *name,
             const char *apart)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (G_LIST_MODEL (lanes), lane);

  g_assert_cmpstr (mp_lane_model_get_name (model), ==, name);
  g_assert_cmpstr (mp_lane_model_get_apart (model), ==, apart);
}

static void
change (GListStore *lanes,
        guint       lane,
        const char *assignment)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (G_LIST_MODEL (lanes), lane);
  g_autoptr (MpExperiment) experiment = mp_experiment_copy (mp_lane_model_get_experiment (model));
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_experiment_set (experiment, assignment, &error));
  g_assert_no_error (error);
  mp_lane_model_set_experiment (model, experiment);
}

/* No two lanes have one name: what differs is said, else the seed, else the lane's number. */
static void
test_names (void)
{
  g_autoptr (GListStore) lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  g_autofree char *together = NULL;
  g_autoptr (GArray) group = g_array_new (FALSE, FALSE, sizeof (guint));
  const guint members[] = { 0, 1 };

  add_lane (lanes, "gan", "1");
  add_lane (lanes, "gram", "2");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 0, "GAN", "");
  assert_name (lanes, 1, "GRAM", "");
  add_lane (lanes, "gram", "3");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 1, "GRAM · seed 2", "");
  assert_name (lanes, 2, "GRAM · seed 3", "");
  add_lane (lanes, "gram", "3");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 1, "GRAM · seed 2", "");
  assert_name (lanes, 2, "GRAM (3)", "");
  assert_name (lanes, 3, "GRAM (4)", "");
  change (lanes, 3, "generator.latent=8");
  change (lanes, 3, "train.iterations=77");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 0, "GAN", "");
  assert_name (lanes, 1, "GRAM · h 2 · seed 2", "h 2");
  assert_name (lanes, 3, "GRAM · h 8", "h 8");
  g_list_store_remove (lanes, 0);
  g_array_append_vals (group, members, 2);
  together = mp_lane_groups_dup_title (G_LIST_MODEL (lanes), group);
  g_assert_cmpstr (together, ==, "GRAM · h 2");
  /* Learning rates have one symbol. */
  change (lanes, 2, "generator.latent=2");
  change (lanes, 2, "optimizer.generator.learning_rate=0.5");
  change (lanes, 2, "optimizer.critic.learning_rate=0.25");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 2, "GRAM · Optimizer of the generator: η 0.5 · Optimizer of the critic: η 0.25",
               "Optimizer of the generator: η 0.5 · Optimizer of the critic: η 0.25");
}

/* A branch with its parent's settings is told from it, and from others. */
static void
test_branches (void)
{
  g_autoptr (GListStore) lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  static const guint64 from[] = { 0, 2000, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (from); i++) {
    g_autoptr (MpLaneModel) model = NULL;

    add_lane (lanes, "mmd-net", "1");
    model = g_list_model_get_item (G_LIST_MODEL (lanes), i);
    if (from[i] > 0)
      mp_lane_model_set_parent (model, "/nowhere", from[i]);
  }
  change (lanes, 2, "generator.latent=8");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 0, "MMD-net · h 2", "h 2");
  assert_name (lanes, 1, "MMD-net · h 2 · branch from 2,000", "h 2 · branch from 2,000");
  assert_name (lanes, 2, "MMD-net · h 8 · branch from 500", "h 8 · branch from 500");
}

/* A method's variant is a word that needs no label; constants of a paper are named by the keys that they set. */
static void
test_variants (void)
{
  g_autoptr (GListStore) lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  g_autoptr (GtkStringList) names = NULL;

  add_lane (lanes, "gan", "1");
  add_lane (lanes, "gan", "1");
  change (lanes, 0, "method.variant=minimax");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  assert_name (lanes, 0, "GAN · minimax", "minimax");
  assert_name (lanes, 1, "GAN · non-saturating", "non-saturating");
  names = mp_lane_groups_list_names (G_LIST_MODEL (lanes));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (names)), ==, 2);
  g_assert_cmpstr (gtk_string_list_get_string (names, 1), ==, "Lane 2 · GAN · non-saturating");
  change (lanes, 0, "method.variant=non-saturating");
  change (lanes, 0, "data.variant=gamn");
  mp_lane_groups_name (G_LIST_MODEL (lanes));
  g_clear_object (&names);
  names = mp_lane_groups_list_names (G_LIST_MODEL (lanes));
  g_assert_null (strstr (gtk_string_list_get_string (names, 0), "gamn"));
  g_assert_cmpstr (gtk_string_list_get_string (names, 0), !=, gtk_string_list_get_string (names, 1));
}

static void
test_band (void)
{
  g_autoptr (GListStore) lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (MpSeriesBand) band = NULL;
  g_autofree char *words = NULL;
  g_autofree char *nothing = NULL;

  add_lane (lanes, "gan", "1");
  add_lane (lanes, "gram", "1");
  nothing = mp_lane_groups_compare (G_LIST_MODEL (lanes), "mmd2");
  g_assert_null (nothing);
  add_lane (lanes, "gan", "2");
  add_lane (lanes, "gram", "2");
  groups = mp_lane_groups_list (G_LIST_MODEL (lanes));
  band = mp_lane_groups_band (G_LIST_MODEL (lanes), g_ptr_array_index (groups, 0), "mmd2");
  g_assert_nonnull (band);
  g_assert_cmpuint (mp_series_get_n (mp_series_band_get_mean (band)), >, 0);
  g_assert_null (mp_lane_groups_band (G_LIST_MODEL (lanes), g_ptr_array_index (groups, 0), "no such curve"));
  words = mp_lane_groups_compare (G_LIST_MODEL (lanes), "mmd2");
  g_assert_nonnull (strstr (words, "GRAM − GAN: "));
  g_assert_nonnull (strstr (words, "n = 2: too few to say (paired by seed)"));
}

/* Three seeds at first, then as many as there is room for. */
static void
test_repeat (void)
{
  g_autofree char *dir = mp_scratch_new ();
  MpSession *session = mp_session_new (dir);
  GListModel *lanes = mp_session_get_lanes (session);
  g_autoptr (MpLaneModel) first = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_session_open (session, "ring-gan", FALSE, &error));
  g_assert_no_error (error);
  first = g_list_model_get_item (lanes, 0);
  mp_lane_model_repeat (first);
  g_assert_cmpuint (g_list_model_get_n_items (lanes), ==, 3);
  mp_lane_model_repeat (first);
  g_assert_cmpuint (g_list_model_get_n_items (lanes), ==, 6);
  for (guint i = 0; i < 6; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);
    g_autofree char *named = g_strdup_printf ("seed %u", i + 1);

    g_assert_cmpint (mp_experiment_get_int (mp_lane_model_get_experiment (lane), "train", "seed"), ==, i + 1);
    g_assert_true (g_str_has_prefix (mp_lane_model_get_subtitle (lane), named));
  }
  mp_lane_model_repeat (first);
  g_assert_cmpuint (g_list_model_get_n_items (lanes), ==, 6);
  wait_for_stop (session);
  g_object_add_weak_pointer (G_OBJECT (session), (gpointer *) &session);
  g_object_unref (session);
  while (session)
    g_main_context_iteration (NULL, TRUE);
  mp_lane_model_repeat (first); /* asks nobody any more */
  g_assert_false (g_signal_has_handler_pending (first, g_signal_lookup ("repeat", MP_TYPE_LANE_MODEL), 0, TRUE));
  mp_scratch_remove (dir);
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/lane-groups/groups", test_groups);
  g_test_add_func ("/lane-groups/names", test_names);
  g_test_add_func ("/lane-groups/branches", test_branches);
  g_test_add_func ("/lane-groups/variants", test_variants);
  g_test_add_func ("/lane-groups/band", test_band);
  g_test_add_func ("/lane-groups/repeat", test_repeat);
  return g_test_run ();
}
