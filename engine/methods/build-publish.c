/* SPDX-License-Identifier: Apache-2.0
 *
 * build-publish.c: what a method says about its parts, and views ask for (method.h).
 */
#include "engine/methods/build-private.h"
#include "engine/methods/kernel.h"

void
mp_published_clear (MpPublished *published)
{
  g_clear_pointer (&published->functions, g_hash_table_unref);
  if (published->free_data != NULL)
    published->free_data (published->data);
  published->data = NULL;
  published->free_data = NULL;
}

/* ---- for build () ---- */

void
mp_build_publish_critic (MpBuild      *self,
                         MpCriticRole  role,
                         gint64        outputs)
{
  self->published.critic_role = role;
  self->published.critic_outputs = outputs;
}

void
mp_build_publish_saddle (MpBuild *self)
{
  self->published.saddle = TRUE;
}

void
mp_build_publish_note (MpBuild    *self,
                       const char *name,
                       char       *text)
{
  g_hash_table_insert (self->notes, g_strdup (name), text);
}

void
mp_build_publish_kernel (MpBuild      *self,
                         MpKernelKind  kind,
                         MpNode       *parameters)
{
  self->published.kernel = mp_kernel_sum_of (kind, parameters);
}

void
mp_build_publish_kernel_sum (MpBuild           *self,
                             const MpKernelSum *kernel)
{
  self->published.kernel = *kernel;
}

void
mp_build_publish (MpBuild        *self,
                  const char     *name,
                  MpViewFunction  function)
{
  if (self->published.functions == NULL)
    self->published.functions = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (self->published.functions, (gpointer) g_intern_string (name), (gpointer) function);
}

void
mp_build_set_data (MpBuild        *self,
                   gpointer        data,
                   GDestroyNotify  free_data)
{
  g_assert (self->published.data == NULL);
  self->published.data = data;
  self->published.free_data = free_data;
}

gpointer
mp_build_get_data (MpBuild *self)
{
  return self->published.data;
}

/* ---- for views ---- */

MpCriticRole
mp_build_get_critic_role (MpBuild *self,
                          gint64  *outputs)
{
  if (outputs != NULL)
    *outputs = self->published.critic_outputs;
  return self->published.critic_role;
}

const MpKernelSum *
mp_build_get_kernel (MpBuild *self)
{
  return self->published.kernel.n_terms > 0 ? &self->published.kernel : NULL;
}

MpNode *
mp_build_kernel_matrix (MpBuild *self,
                        MpNode  *x,
                        MpNode  *y)
{
  return mp_kernel_sum_matrix (&self->published.kernel, x, y);
}

gboolean
mp_build_has (MpBuild    *self,
              const char *name)
{
  return self->published.functions != NULL && g_hash_table_contains (self->published.functions, name);
}

MpNode *
mp_build_call (MpBuild    *self,
               const char *name,
               MpNode     *x,
               MpNode     *y)
{
  MpViewFunction function = self->published.functions == NULL ? NULL
                            : (MpViewFunction) g_hash_table_lookup (self->published.functions, name);

  return function != NULL ? function (self, x, y) : NULL;
}
