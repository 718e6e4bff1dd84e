/* SPDX-License-Identifier: Apache-2.0
 *
 * test-renderer.c: the renderer with and without a graphics processor.
 */
#include "tests/engine/scratch.h"
#include "ui/renderer.h"

typedef struct
{
  const char *name;
  const char *device;   /* or NULL */
  const char *before;   /* the variable; NULL: unset */
  const char *after;
} Case;

static const Case cases[] = {
  { "none", NULL, NULL, "cairo" },
  { "display-only", "dri/card0", NULL, "cairo" },
  { "render-node", "dri/renderD128", NULL, NULL },
  { "nvidia", "nvidia0", NULL, NULL },
  { "subsystem", "dxg", NULL, NULL },
  { "chosen", NULL, "gl", "gl" },
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *dev = mp_scratch_new ();

  if (test->device) {
    g_autofree char *path = g_build_filename (dev, test->device, NULL);
    g_autofree char *folder = g_path_get_dirname (path);

    g_mkdir_with_parents (folder, 0700);
    g_assert_true (g_file_set_contents (path, "", 0, NULL));
  }
  if (test->before)
    g_setenv ("GSK_RENDERER", test->before, TRUE);
  else
    g_unsetenv ("GSK_RENDERER");
  mp_renderer_choose (dev);
  g_assert_cmpstr (g_getenv ("GSK_RENDERER"), ==, test->after);
  mp_scratch_remove (dev);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/renderer/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  return g_test_run ();
}
