/* SPDX-License-Identifier: Apache-2.0
 *
 * application.h: the application object: its window, its menu actions and their keys. Main thread only.
 *
 * Every start is a laboratory of its own: a second one opens beside the first.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define MP_TYPE_APPLICATION (mp_application_get_type ())
G_DECLARE_FINAL_TYPE (MpApplication, mp_application, MP, APPLICATION, AdwApplication)

/* preset: to open, or NULL for the last one. Lanes wait for Play unless the setting start-training says else. */
MpApplication *mp_application_new           (const char *preset);
/* Settings, or NULL where their schema is not installed. (transfer full) */
GSettings     *mp_application_load_settings (void);

G_END_DECLS
