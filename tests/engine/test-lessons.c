/* SPDX-License-Identifier: Apache-2.0
 *
 * test-lessons.c: every lesson's presets open, its settings and controls exist in the lanes they are for and have allowed
 * values, its layers exist for some lane; and what wrong files are told.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "engine/data/data.h"
#include "engine/methods/build.h"
#include "engine/train/lesson.h"
#include "tests/engine/scratch.h"

static gboolean
fits (MpExperiment          *lane,
      const MpLessonSetting *setting)
{
  const MpParam *param = mp_experiment_find_param (lane, setting->group, setting->key);
  g_autoptr (MpExperiment) copy = NULL;
  g_autoptr (GError) error = NULL;

  if (param == NULL)
    return FALSE;
  if (setting->value == NULL)
    return TRUE;
  copy = mp_experiment_copy (lane);
  mp_experiment_set_value (copy, setting->group, setting->key, setting->value, &error);
  g_assert_no_error (error);
  return TRUE;
}

static void
check_settings (const MpLesson *lesson,
                guint           step,
                GArray         *settings,
                GPtrArray      *lanes)
{
  for (guint i = 0; i < settings->len; i++) {
    const MpLessonSetting *setting = &g_array_index (settings, MpLessonSetting, i);
    guint n = 0;

    g_assert_cmpuint (setting->lane, <=, lanes != NULL ? lanes->len : 0);
    for (guint lane = 0; lane < lanes->len; lane++)
      if (setting->lane == 0 || setting->lane == lane + 1)
        n += fits (g_ptr_array_index (lanes, lane), setting);
    if (n == 0)
      g_error ("%s, step %u: no lane has %s.%s", lesson->id, step + 1, setting->group, setting->key);
  }
}

static gboolean
offers (MpExperiment *lane,
        const char   *layer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpData) data = mp_data_open (lane, 1, &error);
  const MpBuildOptions options = { .data = data };
  g_autoptr (MpBuild) build = NULL;

  g_assert_no_error (error);
  build = mp_build_new (lane, 2, &options, &error);
  g_assert_no_error (error);
  return mp_build_find_view (build, layer) >= 0;
}

static void
check_layers (const MpLesson     *lesson,
              guint               at,
              const MpLessonStep *step,
              GPtrArray          *lanes)
{
  for (guint i = 0; step->layers != NULL && step->layers[i] != NULL; i++) {
    gboolean found = g_str_equal (step->layers[i], "latent");

    for (guint lane = 0; lane < lanes->len && !found; lane++)
      found = offers (g_ptr_array_index (lanes, lane), step->layers[i]);
    if (!found)
      g_error ("%s, step %u: no lane has the layer %s", lesson->id, at + 1, step->layers[i]);
  }
}

static void
test_all (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) errors = g_ptr_array_new ();
  g_autoptr (GPtrArray) lessons = mp_lessons_list (errors);

  g_assert_cmpuint (errors->len, ==, 0);
  for (guint i = 0; i < lessons->len; i++) {
    const MpLesson *lesson = g_ptr_array_index (lessons, i);
    g_autoptr (GPtrArray) lanes = NULL;
    guint questions = 0;

    g_test_message ("%s: %u steps", lesson->id, lesson->steps->len);
    if (lesson->preset != NULL)
      lanes = mp_comparison_load (lesson->preset, NULL, &error);
    g_assert_no_error (error);
    for (guint j = 0; j < lesson->steps->len; j++) {
      const MpLessonStep *step = g_ptr_array_index (lesson->steps, j);

      if (step->open != NULL) {
        g_clear_pointer (&lanes, g_ptr_array_unref);
        lanes = mp_comparison_load (step->open, NULL, &error);
        g_assert_no_error (error);
      }
      questions += step->question != NULL;
      check_settings (lesson, j, step->settings, lanes);
      check_settings (lesson, j, step->controls, lanes);
      check_layers (lesson, j, step, lanes);
    }
    g_assert_cmpuint (questions, >=, 1);
  }
}

static void
assert_refused (const char *body,
                const char *words)
{
  g_autofree char *dir = mp_scratch_new (), *path = g_build_filename (dir, "lesson.ini", NULL);
  g_autofree char *text = g_strconcat ("[lesson]\ntitle = T\nsummary = S\n", body, NULL);
  g_autoptr (GError) error = NULL;
  MpLesson *lesson;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  lesson = mp_lesson_load (path, &error);
  g_assert_null (lesson);
  g_assert_nonnull (strstr (error->message, "lesson.ini"));
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
  mp_scratch_remove (dir);
}

static void
test_errors (void)
{
  assert_refused ("", "needs a step");
  assert_refused ("[a]\ntitle = no text\n", "no text");
  assert_refused ("[a]\ntext = x\ncolour = red\n", "no key “colour”");
  assert_refused ("[a]\ntext = x\nshow = nothing\n", "lanes, charts, graph");
  assert_refused ("[a]\ntext = x\nshow = portrait:mona-lisa\n", "no such portrait");
  assert_refused ("[a]\ntext = x\ndo = jump\n", "play, pause");
  assert_refused ("[a]\ntext = x\nuntil = soon\n", "whole number");
  assert_refused ("[a]\ntext = x\nset = method.ridge\n", "GROUP.KEY=VALUE");
  assert_refused ("[a]\ntext = x\ncontrols = ridge\n", "GROUP.KEY");
  assert_refused ("[a]\ntext = x\nlayers = aura\n", "ids of views");
  assert_refused ("[a]\ntext = x\nlayers = witness; decisionn\n", "did you mean “decision”?");
  assert_refused ("[a]\ntext = x\npredict = What?\n", "lesson.ini:6: [a] predict");
  assert_refused ("[a]\ntext = x\nchoices = A | B\nanswer = 1\nreveal = y\n", "without “predict”");
  assert_refused ("[a]\ntext = x\nchoices = A | B\n", "without “predict”");
  assert_refused ("[a]\ntext = x\npredict = What?\nchoices = A | B\nanswer = 3\nreveal = y\n", "two or more choices");
}

/* What the lanes of its presets have to say about a lesson. */
static void
test_lanes (void)
{
  assert_refused ("preset = ring-gramm\n[a]\ntext = x\n", "lesson.ini:4: [lesson] preset = ring-gramm");
  assert_refused ("preset = ring-gramm\n[a]\ntext = x\n", "did you mean “ring-gram”?");
  assert_refused ("[a]\ntext = x\nopen = ring-gramm\n", "did you mean “ring-gram”?");
  assert_refused ("preset = ring-gan\n[a]\ntext = x\ncontrols = train.batch; optimizer.generator.lr\n",
                  "there is no key “lr”");
  assert_refused ("preset = ring-gan\n[a]\ntext = x\ncontrols = method.ridge\n", "there is no key “ridge”");
  assert_refused ("preset = ring-gan\n[a]\ntext = x\ncontrols = encoder.hidden\n", "there is no group [encoder]");
  assert_refused ("preset = ring-gan\n[a]\ntext = x\nset = optimizer.critic.learning_rate=1e9\n",
                  "learning_rate = “1e9” is not allowed");
  assert_refused ("preset = ring-gan\n[a]\ntext = x\nset = method.kind=gram\n", "does not change kinds");
  assert_refused ("preset = ring-gan\n[a]\ntext = x\nset = 2:train.batch=64\n", "lanes from 1 to 1");
  assert_refused ("[a]\ntext = x\nset = train.batch=64\n", "there are no lanes");
  /* What an earlier preset has is of no use to a later one. */
  assert_refused ("preset = ring-gram\n[a]\ntext = x\ncontrols = method.ridge\n[b]\nopen = ring-gan\ntext = y\n"
                  "controls = method.ridge\n", "lesson.ini:11: [b] controls");
}

/* A wrong file is told of, and takes no other lesson away. */
static void
test_one_wrong (void)
{
  g_autofree char *dir = mp_scratch_new (), *lessons_dir = g_build_filename (dir, "lessons", NULL);
  g_autofree char *good = g_build_filename (lessons_dir, "good.ini", NULL);
  g_autofree char *bad = g_build_filename (lessons_dir, "bad.ini", NULL);
  g_autofree char *data_dir = g_strdup (g_getenv ("MATCHPOINT_DATA_DIR"));
  g_autoptr (GPtrArray) errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free), lessons = NULL;

  g_assert_cmpint (g_mkdir (lessons_dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (good, "[lesson]\ntitle = T\nsummary = S\n[a]\ntext = x\n", -1, NULL));
  g_assert_true (g_file_set_contents (bad, "[lesson]\ntitle = T\nsummary = S\n[a]\ntext = x\ndo = dance\n", -1, NULL));
  g_setenv ("MATCHPOINT_DATA_DIR", dir, TRUE);
  lessons = mp_lessons_list (errors);
  g_setenv ("MATCHPOINT_DATA_DIR", data_dir, TRUE);
  g_assert_cmpuint (lessons->len, ==, 1);
  g_assert_cmpstr (((MpLesson *) g_ptr_array_index (lessons, 0))->id, ==, "good");
  g_assert_cmpuint (errors->len, ==, 1);
  g_assert_nonnull (strstr (((GError *) g_ptr_array_index (errors, 0))->message, "bad.ini:6: [a] do = dance"));
  mp_scratch_remove (dir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lessons/all", test_all);
  g_test_add_func ("/lessons/errors", test_errors);
  g_test_add_func ("/lessons/lanes", test_lanes);
  g_test_add_func ("/lessons/one-wrong", test_one_wrong);
  return g_test_run ();
}
