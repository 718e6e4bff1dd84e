/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer.h: what the parts of test-trainer share.
 */
#pragma once

#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

#define N 120 /* iterations of most lanes */

/* Of every part, in its order. */
void trainer_add_life     (void);
void trainer_add_bits     (void);
void trainer_add_news     (void);
void trainer_add_failures (void);

/* The folder of all runs. */
extern char *trainer_scratch;

/* One of each kind: two phases, one without a critic, one phase for two networks. */
static const char *const presets[] = { "ring-gan", "ring-mmd-net", "ring-gram" };

static inline char *
in_scratch (const char *name)
{
  return g_build_filename (trainer_scratch, name, NULL);
}

/* A lane of this preset that keeps its run under this name. */
static inline MpTrainer *
start (const char      *preset,
       const char      *name,
       MpTrainerOptions options)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment (preset, N);
  g_autofree char *dir = name != NULL ? in_scratch (name) : NULL;

  options.run_dir = dir;
  if (options.device == NULL)
    options.device = test_device_name ();
  if (options.iterations == 0)
    options.iterations = -1;
  return mp_trainer_new (experiment, &options);
}

static inline MpTrainer *
resume (const char      *name,
        MpTrainerOptions options)
{
  g_autofree char *dir = in_scratch (name);
  g_autoptr (MpRun) run = mp_find_run (dir);

  options.run_dir = dir;
  options.resume = TRUE;
  options.device = test_device_name ();
  if (options.iterations == 0)
    options.iterations = -1;
  return mp_trainer_new (mp_run_get_experiment (run), &options);
}

/* The run of a lane that nobody watches, disturbs or stops. */
static inline char *
get_reference (const char *preset)
{
  g_autofree char *name = g_strconcat ("reference-", preset, NULL);
  char *dir = in_scratch (name);

  if (!g_file_test (dir, G_FILE_TEST_EXISTS))
    mp_finish (start (preset, name, (MpTrainerOptions) { .device = test_reference_name () }));
  return dir;
}

static inline void
assert_like_reference (const char *preset,
                       const char *name)
{
  g_autofree char *reference = get_reference (preset);
  g_autofree char *dir = in_scratch (name);

  mp_assert_same_runs (reference, dir, N);
}

static inline void
change (MpTrainer  *trainer,
        const char *group,
        const char *key,
        const char *value)
{
  g_autoptr (GError) error = NULL;

  mp_trainer_set_live (trainer, group, key, value, &error);
  g_assert_no_error (error);
}
