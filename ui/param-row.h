/* SPDX-License-Identifier: Apache-2.0
 *
 * param-row.h: one parameter of a form: title, symbol, editor, unit, and what is wrong with what was typed.
 *
 * Made from an MpParam and nothing else. A value is checked in place before it is told: "edited" carries only values
 * that the parameter allows. Numbers: ↑ ↓ step, by factors where the parameter is logarithmic. Main thread only.
 *
 * Signal: "edited" (const char *value).
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/train/experiment.h"

G_BEGIN_DECLS

#define MP_TYPE_PARAM_ROW (mp_param_row_get_type ())
G_DECLARE_FINAL_TYPE (MpParamRow, mp_param_row, MP, PARAM_ROW, GtkListBoxRow)

/* param: must outlive the row. choice_titles: what people read for each of param->choices, or NULL. */
GtkWidget     *mp_param_row_new         (const MpParam     *param,
                                         const char *const *choice_titles);
/* What it belongs to, below the title: for a row that stands apart from its group. */
void           mp_param_row_set_place   (MpParamRow        *self,
                                         const char        *place);
const MpParam *mp_param_row_get_param   (MpParamRow        *self);
const char    *mp_param_row_get_value   (MpParamRow        *self);
/* As written in an experiment file. Takes away an error. */
void           mp_param_row_set_value   (MpParamRow        *self,
                                         const char        *value);
/* NULL: nothing is wrong. */
const char    *mp_param_row_get_error   (MpParamRow        *self);
void           mp_param_row_set_error   (MpParamRow        *self,
                                         const char        *message);
/* The value waits for a restart of the lane. */
gboolean       mp_param_row_get_pending (MpParamRow        *self);
void           mp_param_row_set_pending (MpParamRow        *self,
                                         gboolean           pending);
/* As if it had been typed: checks, then tells "edited". */
void           mp_param_row_enter       (MpParamRow        *self,
                                         const char        *value);

G_END_DECLS
