/* SPDX-License-Identifier: Apache-2.0
 *
 * json.h: writing JSON.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Whole numbers without a point; null for what is not finite, which JSON cannot say. */
void mp_json_add_number (JsonBuilder *builder, const char *name, double value);
void mp_json_add_text (JsonBuilder *builder, const char *name, const char *value);
/* One line on standard output. */
void mp_json_print (JsonBuilder *builder);

G_END_DECLS
