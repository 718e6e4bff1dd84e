/* SPDX-License-Identifier: Apache-2.0
 *
 * keyframe.c: where a run diverged.
 *
 * Every MP_LOOP_KEYFRAME_EVERY iterations all variables are copied aside, in the order of the stream and without
 * waiting. When a report turns out not to be finite, the iterations since are replayed from there, which is exact.
 *
 * Where the host runs ahead, reports come later than the keyframes behind them. There are two, and the older one is
 * replaced only when all reports before the newer one have been seen to be finite; until then no new one is made.
 * Keyframes lie on the device while they are small beside it: a copy there is a microsecond. Large ones would cost
 * memory that training needs; those are downloaded, which holds the device up for some milliseconds each time.
 */
#include "engine/train/loop-private.h"

#include <math.h>

#define DEVICE_BYTES (16 * 1024 * 1024) /* of both */

static gsize
get_bytes (MpLoop *self)
{
  gsize bytes;

  mp_store_get_trained (self->store, &bytes);
  return bytes;
}

static guint
count_frames (MpLoop *self)
{
  return self->class->host_memory ? 1 : 2;
}

gboolean
mp_loop_make_keyframes (MpLoop  *self,
                        GError **error)
{
  LoopKeyframes *keyframes = &self->keyframes;
  gsize bytes = get_bytes (self);

  keyframes->on_host = self->memory.keyframes == 0;
  for (guint i = 0; i < count_frames (self); i++)
    if (!mp_check_status ((keyframes->on_host ? self->class->host_alloc : self->class->alloc)
                          (self->device, MAX (bytes, 1), &keyframes->frames[i].memory), "memory for keyframes", error))
      return FALSE;
  return TRUE;
}

void
mp_loop_clear_keyframes (MpLoop *self)
{
  LoopKeyframes *keyframes = &self->keyframes;

  for (guint i = 0; i < G_N_ELEMENTS (keyframes->frames); i++)
    if (keyframes->frames[i].memory != NULL)
      (keyframes->on_host ? self->class->host_release : self->class->release) (self->device, keyframes->frames[i].memory);
}

gsize
mp_loop_predict_keyframes (MpLoop *self,
                           gsize   trained)
{
  gsize bytes = count_frames (self) * mp_readback_round_up (trained);

  return self->class->host_memory || bytes <= DEVICE_BYTES ? bytes : 0;
}

void
mp_loop_forget_keyframes (MpLoop *self)
{
  self->keyframes.frames[0].valid = self->keyframes.frames[1].valid = FALSE;
}

/* The place for a keyframe of this iteration, or NULL where none can be or need be made. */
static LoopKeyframe *
find_place (MpLoop  *self,
            guint64  iteration)
{
  LoopKeyframes *keyframes = &self->keyframes;
  LoopKeyframe *newest = &keyframes->frames[keyframes->newest];

  if (newest->valid && iteration >= newest->iteration && iteration - newest->iteration < MP_LOOP_KEYFRAME_EVERY)
    return NULL;
  /* What is behind is known to be good, or is to be forgotten. */
  if (count_frames (self) == 1 || !newest->valid || iteration < newest->iteration)
    return newest;
  if (newest->iteration > self->rows.checked)
    return NULL;
  keyframes->newest = 1 - keyframes->newest;
  return &keyframes->frames[keyframes->newest];
}

gboolean
mp_loop_keep_keyframe (MpLoop   *self,
                       guint64   iteration,
                       GError  **error)
{
  LoopKeyframe *keyframe = find_place (self, iteration);
  MpStream *stream = mp_store_get_stream (self->store, error);
  gsize bytes;
  void *trained = mp_store_get_trained (self->store, &bytes);

  if (keyframe == NULL || stream == NULL)
    return stream != NULL;
  *keyframe = (LoopKeyframe) { .valid = TRUE, .iteration = iteration, .batch = self->batch, .memory = keyframe->memory };
  return mp_check_status ((self->keyframes.on_host ? self->class->download : self->class->copy)
                          (self->device, stream, keyframe->memory, trained, bytes), "keeping a keyframe", error);
}

static gboolean
restore (MpLoop             *self,
         const LoopKeyframe *keyframe)
{
  MpStream *stream = mp_store_get_stream (self->store, NULL);
  gsize bytes;
  void *trained = mp_store_get_trained (self->store, &bytes);

  self->batch = keyframe->batch;
  self->batch_is_loaded = FALSE;
  return stream != NULL
         && mp_check_status ((self->keyframes.on_host ? self->class->upload : self->class->copy)
                             (self->device, stream, trained, keyframe->memory, bytes), "going back", NULL);
}

/* The first variable with a non-finite value, or NULL. */
static char *
find_bad_variable (MpLoop *self)
{
  MpGraph *graph = mp_store_get_graph (self->store);

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    gint64 n = mp_tensor_count (&node->type);
    g_autofree void *values = NULL;
    char type[128];

    if ((node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE) || node->type.dtype == MP_INT32)
      continue;
    values = g_malloc0 (MAX (n, 1) * mp_dtype_size (node->type.dtype));
    if (!mp_store_read (self->store, node, values, NULL))
      continue;
    for (gint64 j = 0; j < n; j++)
      if (!isfinite (node->type.dtype == MP_FLOAT64 ? ((double *) values)[j] : ((float *) values)[j]))
        return g_strdup_printf ("%s (%s)", node->name, mp_tensor_text (&node->type, type, sizeof type));
  }
  return NULL;
}

/* Runs the phases of an iteration once more, with checks. Returns where the first bad value was seen. */
static char *
replay_with_checks (MpLoop  *self,
                    guint64  iteration)
{
  char *found = NULL;

  for (guint i = 0; i < self->n_phases; i++) {
    LoopPhase *phase = &self->phases[i];
    gint64 repeat = mp_loop_get_repeat (self, i, iteration);
    g_autoptr (MpPlan) plan = mp_loop_plan_phase (self, phase, TRUE, NULL);

    for (gint64 r = 0; r < repeat; r++) {
      const char *bad = NULL;

      if (!mp_loop_run_plan (self, phase, plan != NULL ? plan : phase->plan, iteration, r, FALSE, NULL))
        return found;
      if (plan != NULL && found == NULL)
        bad = mp_plan_get_first_nonfinite (plan);
      if (bad != NULL)
        found = g_strdup_printf ("%s, in the phase “%s”", bad, phase->phase->title);
    }
  }
  return found;
}

/* The newest keyframe that is not behind the iteration. */
static const LoopKeyframe *
find_keyframe (MpLoop  *self,
               guint64  iteration)
{
  const LoopKeyframe *frames = self->keyframes.frames;
  const LoopKeyframe *found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (self->keyframes.frames); i++)
    if (frames[i].valid && frames[i].iteration <= iteration && (found == NULL || frames[i].iteration > found->iteration))
      found = &frames[i];
  return found;
}

char *
mp_loop_find_divergence (MpLoop  *self,
                         guint64  iteration)
{
  const LoopKeyframe *keyframe = find_keyframe (self, iteration);
  g_autofree char *found = NULL;

  /* Iterations behind the one that is looked for are under way, or done: they are undone. */
  mp_loop_drain_rows (self, NULL);
  mp_loop_unsettle (self);
  if (keyframe != NULL && restore (self, keyframe)) {
    for (guint64 i = keyframe->iteration; i < iteration; i++)
      if (!mp_loop_run_phases (self, i, FALSE, NULL))
        break;
    found = replay_with_checks (self, iteration);
  }
  if (found == NULL)
    found = find_bad_variable (self);

  if (found == NULL)
    return g_strdup_printf ("A reported value of iteration %" G_GUINT64_FORMAT " is not finite; all parameters still "
                            "are.", iteration + 1);
  return g_strdup_printf ("The first value that is not finite appeared at iteration %" G_GUINT64_FORMAT " in %s.",
                          iteration + 1, found);
}
