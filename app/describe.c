/* SPDX-License-Identifier: Apache-2.0
 *
 * describe.c: “describe”.
 */
#include "app/app.h"
#include "app/things.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/games/game.h"
#include "engine/metrics/metric.h"
#include "engine/train/devices.h"
#include "engine/train/lesson.h"
#include "engine/train/sweep.h"

static void
print_params (const MpParam *const *params,
              guint                 n)
{
  for (guint i = 0; i < n; i++) {
    const MpParam *param = params[i];
    g_autofree char *allowed = mp_param_allowed (param);

    printf ("  %s = %s\n", param->key, param->default_value);
    printf ("      %s%s%s%s%s%s\n", _(param->title), param->symbol != NULL ? ", " : "",
            param->symbol != NULL ? param->symbol : "", param->unit != NULL ? ", " : "",
            param->unit != NULL ? _(param->unit) : "", param->live ? _(" (may change while training)") : "");
    printf ("      %s\n", _(param->summary));
    printf (_("      Allowed: %s.\n"), allowed);
  }
}

static const char *
better_text (MpBetter better)
{
  switch (better) {
  case MP_LOWER_IS_BETTER:
    return _("Lower is better.");
  case MP_HIGHER_IS_BETTER:
    return _("Higher is better.");
  default:
    return _("Neither lower nor higher is better.");
  }
}

/* kind: MP_N_KINDS for a game. */
static void
describe_descriptor (MpKind              kind,
                     const MpDescriptor *descriptor)
{
  g_autofree const MpParam **params = g_new (const MpParam *, descriptor->n_params + 1);

  printf ("%s: %s (%s)\n%s\n", descriptor->id, _(descriptor->title),
          kind < MP_N_KINDS ? mp_kind_name (kind) : _("game"), _(descriptor->summary));
  if (descriptor->paper != NULL)
    printf ("%s\n", descriptor->paper);
  if (kind == MP_KIND_METRIC) {
    const MpMetric *metric = (const MpMetric *) descriptor;

    printf ("%s\n%s\n", _(metric->definition), better_text (metric->better));
  }
  for (guint i = 0; i < descriptor->n_params; i++)
    params[i] = &descriptor->params[i];
  if (descriptor->n_params > 0)
    printf ("\n%s\n", _("Keys and their defaults:"));
  print_params (params, descriptor->n_params);
}

/* Returns MP_EXIT_OK, or the exit status after complaining. */
static int
describe_sweep (const MpPreset *preset)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = mp_sweep_load (preset->path, NULL, &error);

  if (sweep == NULL)
    return mp_complain_error (g_steal_pointer (&error));
  printf ("%s: %s (%s)\n%s\n", preset->id, preset->title, _("sweep"), preset->summary);
  printf (g_dngettext (GETTEXT_PACKAGE, "%u cells × %u seed, %" PRId64 " iterations each; the metric is %s.\n",
                       "%u cells × %u seeds, %" PRId64 " iterations each; the metric is %s.\n", mp_sweep_get_n_seeds (sweep)),
          mp_sweep_get_n_cells (sweep), mp_sweep_get_n_seeds (sweep),
          mp_experiment_get_int (mp_sweep_get_trial (sweep, 0)->experiment, "train", "iterations"),
          mp_sweep_get_metric (sweep));
  printf ("\n%s\n", _("Axes:"));
  for (guint i = 0; i < mp_sweep_get_n_axes (sweep); i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (sweep, i);
    g_autofree char *values = g_strjoinv ("; ", axis->labels);
    g_autofree char *keys = axis->n_keys > 0 ? g_strjoinv (", ", axis->keys) : NULL;

    printf ("  %s: %s\n", axis->name, values);
    if (keys != NULL)
      printf ("      %s\n", keys);
  }
  return MP_EXIT_OK;
}

static void
describe_lesson (const MpLesson *lesson)
{
  printf ("%s: %s (%s)\n%s\n", lesson->id, lesson->title, _("lesson"), lesson->summary);
  printf (g_dngettext (GETTEXT_PACKAGE, "It takes about %" PRId64 " minute.\n", "It takes about %" PRId64 " minutes.\n",
                       (gulong) lesson->minutes), lesson->minutes);
  if (lesson->preset != NULL)
    printf (_("It begins with the preset %s.\n"), lesson->preset);
  printf ("\n%s\n", _("Steps:"));
  for (guint i = 0; i < lesson->steps->len; i++) {
    const MpLessonStep *step = g_ptr_array_index (lesson->steps, i);

    printf ("  %u. %s\n", i + 1, step->title != NULL ? step->title : step->question != NULL ? step->question : "");
  }
}

static void
describe_portrait (const MpPortrait *portrait)
{
  printf ("%s: %s (%s)\n", portrait->id, _(portrait->title), _("phase portrait"));
  printf (_("Panels of the game %s:\n"), portrait->game);
  for (guint i = 0; i < portrait->n_panels; i++)
    printf ("  %s\n      %s\n", _(portrait->captions[i]), portrait->settings[i]);
}

static int
describe_preset (const MpPreset *preset)
{
  g_autoptr (GPtrArray) lanes = NULL;
  GError *error = NULL;

  lanes = mp_comparison_load (preset->path, NULL, &error);
  if (lanes == NULL)
    return mp_complain_error (error);
  printf ("%s: %s (%s)\n%s\n%s\n", preset->id, preset->title,
          preset->comparison ? _("comparison") : _("experiment"), preset->summary,
          preset->ours ? _("These settings are our own.") : _("These settings are a paper's."));
  if (preset->comparison) {
    printf ("\n%s\n", _("Lanes:"));
    for (guint i = 0; i < lanes->len; i++)
      printf ("  %s: %s\n", mp_experiment_get_id (g_ptr_array_index (lanes, i)),
              mp_experiment_get_title (g_ptr_array_index (lanes, i)));
  } else {
    g_autofree char *text = mp_experiment_to_text (g_ptr_array_index (lanes, 0));

    printf ("\n%s", text);
  }
  return MP_EXIT_OK;
}

static gboolean
describe_group (const char *name)
{
  g_autoptr (GPtrArray) groups = mp_schema_list_common ();

  for (guint i = 0; i < groups->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (groups, i);

    if (strcmp (group->group, name) != 0 || group->params->len == 0)
      continue;
    printf ("[%s]: %s\n\n%s\n", group->group, _(group->title),
            group->kind < MP_N_KINDS ? _("Keys beside those of its kind, and their defaults:")
                                     : _("Keys and their defaults:"));
    print_params ((const MpParam *const *) group->params->pdata, group->params->len);
    return TRUE;
  }
  return FALSE;
}

/* A device by its name; “cuda” stands for all of them. */
static gboolean
describe_devices (const char *name)
{
  g_autoptr (GPtrArray) devices = NULL;
  gboolean found = FALSE;

  if (strcmp (name, "cpu") != 0 && !g_str_has_prefix (name, "cuda"))
    return FALSE;
  devices = mp_devices_list ();
  for (guint i = 0; i < devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (devices, i);

    if (strcmp (device->id, name) != 0 && !(strcmp (name, "cuda") == 0 && g_str_has_prefix (device->id, name)))
      continue;
    printf ("%s: %s\n%s\n", device->id, device->title, device->status);
    if (device->uuid[0] != '\0')
      printf ("%s\n", device->uuid);
    found = TRUE;
  }
  return found;
}

static int
complain_unknown_thing (const char *name)
{
  g_autoptr (GPtrArray) things = mp_things_collect ();
  const char *nearest = mp_nearest_name (name, (const char *const *) things->pdata);
  g_autofree char *kinds = g_strjoinv (", ", (char **) mp_list_words);

  if (nearest != NULL)
    return mp_complain (MP_EXIT_USAGE, _("There is nothing called “%s”; did you mean “%s”?"), name, nearest);
  return mp_complain (MP_EXIT_USAGE, _("There is nothing called “%s”. “matchpoint list KIND” lists what there is; KIND is one "
                                       "of %s."), name, kinds);
}

/* Returns: whether there is one of that name. status: (inout). */
static gboolean
describe_file (const char *name,
               GPtrArray  *presets,
               int (     * describe ) (const MpPreset *preset),
               int        *status)
{
  for (guint i = 0; presets != NULL && i < presets->len; i++) {
    const MpPreset *preset = g_ptr_array_index (presets, i);

    if (strcmp (preset->id, name) == 0) {
      *status = describe (preset);
      return TRUE;
    }
  }
  return FALSE;
}

/* A lesson by its id, or a file of somebody who writes one and wants to know what is wrong with it. */
static gboolean
describe_lesson_file (const char *name,
                      int        *status)
{
  GError *error = NULL;
  g_autoptr (MpLesson) lesson = mp_lesson_load (name, &error);

  if (lesson != NULL)
    describe_lesson (lesson);
  else if (g_error_matches (error, MP_ERROR, MP_ERROR_EXPERIMENT) || g_str_has_suffix (name, ".ini"))
    *status = mp_complain_error (error);
  else {
    g_error_free (error);
    return FALSE;
  }
  return TRUE;
}

/* What stands in files of the data directory. */
static gboolean
describe_files (const char *name,
                int        *status)
{
  g_autoptr (GPtrArray) presets = mp_presets_list (NULL);
  g_autoptr (GPtrArray) sweeps = mp_sweeps_list (NULL);
  gboolean found = describe_file (name, presets, describe_preset, status);

  found = describe_file (name, sweeps, describe_sweep, status) || found;
  found = describe_lesson_file (name, status) || found;
  return found;
}

int
mp_describe_run (MpArguments *arguments)
{
  const char *name = g_ptr_array_index (arguments->words, 0);
  gboolean found = FALSE;
  int status = MP_EXIT_OK;

  for (MpKind kind = 0; kind < MP_N_KINDS; kind++) {
    const MpDescriptor *descriptor = mp_registry_find (kind, name);

    if (descriptor == NULL)
      continue;
    describe_descriptor (kind, descriptor);
    found = TRUE;
  }
  if (mp_game_find (name) != NULL) {
    describe_descriptor (MP_N_KINDS, &mp_game_find (name)->base);
    found = TRUE;
  }
  if (mp_portrait_find (name) != NULL) {
    describe_portrait (mp_portrait_find (name));
    found = TRUE;
  }
  found = describe_files (name, &status) || found;
  if (!found && !describe_group (name) && !describe_devices (name))
    return complain_unknown_thing (name);
  return status;
}
