/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.c: see stage.h.
 */
#include "engine/train/stage.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/extractors/extractor.h"
#include "engine/runs/file.h"
#include "engine/runs/lock.h"
#include "engine/runs/run.h"

#define CHUNK 1024 /* points that are hashed at once; of endless data the first so many */

struct _MpStage
{
  MpExperiment *experiment;
  char         *text;      /* its canonical text */
  const char   *activity;
  char         *key;
  char         *cache;
  int           lock_fd;
};

char *
mp_stage_default_cache (void)
{
  const char *dir = g_getenv ("MATCHPOINT_STAGES_DIR");

  return dir != NULL && dir[0] != '\0' ? g_canonicalize_filename (dir, NULL)
                                       : g_build_filename (g_get_user_cache_dir (), "matchpoint", "stages", NULL);
}

/* ---- keys ---- */

/* The CPU computes all precisions but float64 alike, and always deterministically. */
static gboolean
make_canonical (MpExperiment         *stage,
                const MpDeviceClass  *class,
                GError              **error)
{
  if (!g_str_equal (class->id, "cpu"))
    return TRUE;
  return mp_experiment_set (stage, "train.deterministic=false", error)
         && (g_str_equal (mp_experiment_get_string (stage, "train", "precision"), "float64")
             || mp_experiment_set (stage, "train.precision=float32", error));
}

static void
hash_data (GChecksum *checksum,
           MpData    *data)
{
  gint64 dimensions = mp_data_get_dimensions (data), n = mp_data_get_n_points (data);
  g_autofree float *points = g_new (float, CHUNK * dimensions);
  gint64 n_chunks = n > 0 ? (n + CHUNK - 1) / CHUNK : 1;

  for (gint64 i = 0; i < n_chunks; i++) {
    mp_data_get_batch (data, (guint64) i, CHUNK, points);
    g_checksum_update (checksum, (const guchar *) points, (gssize) (CHUNK * dimensions * (gint64) sizeof *points));
  }
}

/* What weights depend on. Where a file is does not matter: its bytes are in [data] sha256, which a kept run writes down,
 * and its points in the key. (transfer full) */
static char *
make_text (MpExperiment *experiment)
{
  g_autoptr (MpExperiment) copy = mp_experiment_copy (experiment);

  if (mp_experiment_find_param (copy, "data", "file") != NULL) {
    mp_experiment_set (copy, "data.file=/file", NULL); /* which empties the sum */
    mp_experiment_set_value (copy, "data", "sha256", mp_experiment_get_string (experiment, "data", "sha256"), NULL);
  }
  return mp_experiment_to_text (copy);
}

static gboolean
write_digest (MpExperiment  *experiment,
              MpData        *data,
              GError       **error)
{
  const char *digest = mp_data_get_digest (data);

  return digest == NULL || mp_experiment_set_value (experiment, "data", "sha256", digest, error);
}

static char *
make_key (const char          *text,
          MpData              *data,
          const MpDeviceClass *class,
          const MpDeviceInfo  *info)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *const parts[] = { "matchpoint stage 1", MP_VERSION, class->id, info->name, text };

  /* Each with the zero behind it, so that no two lists of parts are one text. */
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_checksum_update (checksum, (const guchar *) parts[i], (gssize) strlen (parts[i]) + 1);
  hash_data (checksum, data);
  return g_strdup (g_checksum_get_string (checksum));
}

MpStage *
mp_stage_new (MpLoop               *loop,
              const MpDeviceClass  *class,
              MpDevice             *device,
              GError              **error)
{
  MpBuild *build = mp_loop_get_build (loop);
  MpExperiment *stage = mp_build_get_stage (build);
  g_autoptr (MpStage) self = NULL;
  MpDeviceInfo info;

  if (stage == NULL || !mp_check_status (class->info (device, &info), "Asking for the device", error))
    return NULL;
  self = g_new0 (MpStage, 1);
  self->lock_fd = -1;
  self->cache = mp_stage_default_cache ();
  self->experiment = mp_experiment_copy (stage);
  self->activity = mp_extractor_of (mp_build_experiment (build))->activity;
  if (!make_canonical (self->experiment, class, error)
      || !write_digest (self->experiment, mp_loop_get_data (loop), error))
    return NULL;
  self->text = make_text (self->experiment);
  self->key = make_key (self->text, mp_loop_get_data (loop), class, &info);
  return g_steal_pointer (&self);
}

void
mp_stage_free (MpStage *self)
{
  if (self == NULL)
    return;
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_clear_pointer (&self->experiment, mp_experiment_unref);
  g_free (self->text);
  g_free (self->key);
  g_free (self->cache);
  g_free (self);
}

MpExperiment *
mp_stage_get_experiment (MpStage *self)
{
  return self->experiment;
}

const char *
mp_stage_get_key (MpStage *self)
{
  return self->key;
}

const char *
mp_stage_get_activity (MpStage *self)
{
  return self->activity;
}

/* ---- the cache ---- */

static char *
entry_path (MpStage    *self,
            const char *ending)
{
  g_autofree char *name = g_strconcat (self->key, ending, NULL);

  return g_build_filename (self->cache, name, NULL);
}

gboolean
mp_stage_lock (MpStage   *self,
               gboolean  *locked,
               GError   **error)
{
  g_autofree char *path = entry_path (self, ".lock");
  GError *reason = NULL;

  if (self->lock_fd < 0) {
    if (g_mkdir_with_parents (self->cache, 0700) != 0)
      return mp_file_fail (error, errno, "make the folder", self->cache);
    self->lock_fd = mp_lock_take (path, &reason);
  }
  *locked = self->lock_fd >= 0;
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, reason);
  return FALSE;
}

/* The run is of this experiment, and nobody changed a setting while it trained. */
static gboolean
is_ours (MpStage *self,
         MpRun   *run)
{
  g_autofree char *text = make_text (mp_run_get_experiment (run));
  g_autoptr (GArray) events = mp_run_list_events (run, NULL);

  return events != NULL && events->len == 0 && g_str_equal (text, self->text);
}

static guint64
count_iterations (MpStage *self)
{
  return (guint64) mp_experiment_get_int (self->experiment, "train", "iterations");
}

MpStageState
mp_stage_look_up (MpStage  *self,
                  char    **run_dir)
{
  g_autofree char *path = entry_path (self, ".run");
  g_autofree char *dir = NULL;
  g_autoptr (MpRun) run = NULL;
  const char *state;

  *run_dir = NULL;
  if (!g_file_get_contents (path, &dir, NULL, NULL))
    return MP_STAGE_ABSENT;
  g_strchomp (dir);
  run = g_path_is_absolute (dir) ? mp_run_open (dir, FALSE, NULL) : NULL;
  if (run == NULL || !is_ours (self, run))
    return MP_STAGE_ABSENT;
  state = mp_run_get_state (run);
  if (!g_str_equal (state, "interrupted") && !g_str_equal (state, "stopped") && !g_str_equal (state, "finished"))
    return MP_STAGE_ABSENT; /* it failed or diverged, or somebody is at it */
  *run_dir = g_steal_pointer (&dir);
  return g_str_equal (state, "finished") && mp_run_get_iteration (run) == count_iterations (self) ? MP_STAGE_WHOLE
                                                                                                  : MP_STAGE_PARTIAL;
}

gboolean
mp_stage_remember (MpStage     *self,
                   const char  *run_dir,
                   GError     **error)
{
  g_autofree char *path = entry_path (self, ".run");
  g_autofree char *absolute = g_canonicalize_filename (run_dir, NULL);
  g_autofree char *text = g_strconcat (absolute, "\n", NULL);

  return mp_file_write_text (path, text, error);
}

gboolean
mp_stage_load (MpStage     *self,
               const char  *run_dir,
               MpStore     *store,
               GError     **error)
{
  g_autoptr (MpRun) run = mp_run_open (run_dir, FALSE, error);

  return run != NULL && mp_run_load_states (run, store, MP_EXTRACTOR_STATES, count_iterations (self), error);
}
