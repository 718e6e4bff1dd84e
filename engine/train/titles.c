/* SPDX-License-Identifier: Apache-2.0
 *
 * titles.c: see titles.h.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/titles.h"

/* A method, or several, and a data set. */
#define PATTERN N_("%s on “%s”")

void
mp_title_clear (MpTitle *self)
{
  g_free (self->localised);
  g_free (self->made);
  g_free (self->made_text);
  *self = (MpTitle) { NULL };
}

void
mp_title_read (MpTitle            *self,
               const char         *localised,
               const MpDescriptor *method,
               const MpDescriptor *data)
{
  mp_title_clear (self);
  self->localised = g_strdup (localised);
  self->method = method;
  self->data = data;
}

void
mp_title_follow (MpTitle            *self,
                 const MpDescriptor *method,
                 const MpDescriptor *data)
{
  g_clear_pointer (&self->made, g_free);
  g_clear_pointer (&self->made_text, g_free);
  if (self->method == NULL || (self->method == method && self->data == data))
    return;
  self->made = g_strdup_printf (_(PATTERN), _(method->title), _(data->title));
  self->made_text = g_strdup_printf (PATTERN, method->title, data->title);
}

void
mp_title_copy (MpTitle       *self,
               const MpTitle *from)
{
  mp_title_read (self, from->localised, from->method, from->data);
  self->made = g_strdup (from->made);
  self->made_text = g_strdup (from->made_text);
}

static const char *
get_title (MpExperiment *experiment,
           const char   *group,
           MpKind        kind)
{
  const MpDescriptor *descriptor = mp_registry_find (kind, mp_experiment_get_string (experiment, group, "kind"));

  return _(descriptor->title);
}

char *
mp_comparison_make_title (GPtrArray  *experiments,
                          const char *title)
{
  g_autoptr (GPtrArray) methods = g_ptr_array_new ();
  g_autofree char *all = NULL;
  const char *data = NULL;
  gboolean renamed = FALSE, same = TRUE;

  for (guint i = 0; i < experiments->len; i++) {
    MpExperiment *experiment = g_ptr_array_index (experiments, i);
    const char *method = get_title (experiment, "method", MP_KIND_METHOD);
    const char *its_data = get_title (experiment, "data", MP_KIND_DATA);

    if (experiments->len == 1)
      return g_strdup (mp_experiment_is_renamed (experiment) ? mp_experiment_get_title (experiment) : title);
    renamed |= mp_experiment_is_renamed (experiment);
    same &= data == NULL || g_str_equal (data, its_data);
    data = its_data;
    if (!g_ptr_array_find_with_equal_func (methods, method, g_str_equal, NULL))
      g_ptr_array_add (methods, (gpointer) method);
  }
  if (!renamed)
    return g_strdup (title);
  g_ptr_array_add (methods, NULL);
  all = g_strjoinv (", ", (char **) methods->pdata);
  return same ? g_strdup_printf (_(PATTERN), all, data) : g_steal_pointer (&all);
}
