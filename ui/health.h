/* SPDX-License-Identifier: Apache-2.0
 *
 * health.h: how a lane is doing, in plain words: what was seen, what it means, what to try, and the lesson that explains
 * it. Judged from the lane's curves, samples and run folder at the moment that is shown (ui/lane-past.h). Main thread only.
 */
#pragma once

#include "ui/lane-model.h"

G_BEGIN_DECLS

typedef enum
{
  MP_HEALTH_CALM,    /* nothing to say but where it stands */
  MP_HEALTH_GOOD,
  MP_HEALTH_WARNING,
  MP_HEALTH_BAD
} MpHealthLevel;

typedef struct
{
  MpHealthLevel level;
  char         *title;     /* what was seen */
  char         *detail;    /* what it means, what to try; or NULL */
  const char   *lesson;    /* id of a lesson (engine/train/lesson.h), or NULL */
  gboolean      roll_back; /* a branch from the last good checkpoint helps */
} MpHealth;

void       mp_health_free (MpHealth    *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpHealth, mp_health_free)

/* Everything there is to say, the worst first; never empty. (transfer full): of MpHealth. */
GPtrArray *mp_health_list (MpLaneModel *model);

G_END_DECLS
