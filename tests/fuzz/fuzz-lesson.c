/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-lesson.c: any bytes as a lesson's file: refused with an error, or a lesson with steps.
 */
#include <glib/gstdio.h>
#include <unistd.h>

#include "engine/train/lesson.h"

int LLVMFuzzerTestOneInput (const uint8_t *bytes,
                            size_t         size);

int
LLVMFuzzerTestOneInput (const uint8_t *bytes,
                        size_t         size)
{
  static char *path;
  g_autoptr (GError) error = NULL;
  g_autoptr (MpLesson) lesson = NULL;

  if (path == NULL)
    path = g_strdup_printf ("%s/mp-fuzz-lesson-%d.ini", g_get_tmp_dir (), (int) getpid ());
  g_assert_true (g_file_set_contents_full (path, (const char *) bytes, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  lesson = mp_lesson_load (path, &error);
  g_unlink (path);
  if (lesson == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (lesson->steps->len, >, 0);
  return 0;
}
