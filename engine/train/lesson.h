/* SPDX-License-Identifier: Apache-2.0
 *
 * lesson.h: lessons: key files in data/lessons that lead through an experiment step by step.
 *
 *   [lesson]
 *   title, summary       translatable: title[de]
 *   order                where it stands in the list
 *   minutes              how long it takes
 *   preset               what is opened at its beginning; NULL: nothing, for lessons on portraits
 *   [NAME]               a step, in the order of the file; all keys are optional but text
 *   title, text          translatable; \n\n between paragraphs
 *   show                 lanes (default), charts, graph, portrait:ID: what is beside the text
 *   open                 another preset from here on
 *   set                  GROUP.KEY=VALUE; …: in all lanes that have the key, or LANE:GROUP.KEY=VALUE in one lane (1, 2, …).
 *                        Keys that are not live start the lane over.
 *   layers               ids of views to be shown, and no others; without the key those of the step before
 *   controls             GROUP.KEY; …: what the person may change here; everything else is locked
 *   do                   play, pause, step, phase, reset: what happens when the step is shown
 *   until                iteration at which each lane pauses, exactly
 *   predict              a question, with choices (A | B | C) and the number of the right one in answer, from 1;
 *                        the step goes on when a choice was made, and shows reveal
 *   reveal               what is then said
 *
 * Unknown keys and wrong values are MP_ERROR_EXPERIMENT with file, line, group, key, value and what is allowed. Presets
 * must exist, and what is set or may be changed must be in a lane that they open, with values that it allows.
 *
 * Ownership: a lesson owns its strings; it is immutable. Threads: any.
 */
#pragma once

#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef enum
{
  MP_LESSON_LANES,
  MP_LESSON_CHARTS,
  MP_LESSON_GRAPH,
  MP_LESSON_PORTRAIT
} MpLessonShow;

typedef enum
{
  MP_LESSON_NOTHING,
  MP_LESSON_PLAY,
  MP_LESSON_PAUSE,
  MP_LESSON_STEP,
  MP_LESSON_PHASE,
  MP_LESSON_RESET
} MpLessonAction;

typedef struct
{
  guint  lane;       /* from 1; 0: all lanes that have the key */
  char  *group, *key;
  char  *value;      /* NULL for a control */
} MpLessonSetting;

typedef struct
{
  char            *title;     /* or NULL */
  char            *text;
  MpLessonShow     show;
  char            *portrait;  /* PORTRAIT: its id */
  char            *open;      /* or NULL */
  GArray          *settings;  /* MpLessonSetting */
  GArray          *controls;  /* MpLessonSetting */
  char           **layers;    /* or NULL */
  MpLessonAction   action;
  guint64          until;     /* 0: no end */
  char            *question;  /* or NULL */
  char           **choices;
  guint            answer;    /* from 0 */
  char            *reveal;    /* or NULL */
} MpLessonStep;

typedef struct
{
  char      *id;
  char      *title, *summary;
  char      *preset;    /* or NULL */
  gint64     order, minutes;
  GPtrArray *steps;     /* MpLessonStep */
} MpLesson;

/* name: the id of one in data/lessons, or a path. (transfer full) */
MpLesson  *mp_lesson_load (const char *name, GError **error);
void       mp_lesson_free (MpLesson *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpLesson, mp_lesson_free)
/* All of data/lessons in their order. errors: (nullable): gets a GError for each file that is wrong, and is not listed.
 * (transfer full): of MpLesson. */
GPtrArray *mp_lessons_list (GPtrArray *errors);

G_END_DECLS
