/* SPDX-License-Identifier: Apache-2.0
 *
 * lesson-settings.h: which preset is open at a step of a lesson, and the settings and layers that its lanes have there.
 * Main thread only.
 */
#pragma once

#include <gio/gio.h>

#include "engine/train/lesson.h"
#include "ui/lane-model.h"

G_BEGIN_DECLS

/* The preset that is open at a step: the last that a step up to it named, else the lesson's; or NULL. since: (out)
 * (optional): the step that opens it. */
const char *mp_lesson_settings_find_preset (const MpLesson *lesson,
                                            guint           at,
                                            guint          *since);
/* Gives lanes (of MpLaneModel) that preset's settings with those of the steps up to this one: what later steps and the
 * person have set is taken back. What is not live waits for the lane's restart. Nothing is done where there are other
 * lanes now. FALSE: a value was refused; the others are set. */
gboolean    mp_lesson_settings_restore     (const MpLesson *lesson,
                                            guint           at,
                                            GListModel     *lanes,
                                            GError        **error);
/* Shows the layers that the step names, or the one before it where it names none, and no others. FALSE: it is not known yet
 * what the lane offers. */
gboolean    mp_lesson_settings_choose_layers (const MpLesson *lesson,
                                              guint           at,
                                              MpLaneLayers   *layers);

G_END_DECLS
