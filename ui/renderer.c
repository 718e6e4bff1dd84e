/* SPDX-License-Identifier: Apache-2.0
 *
 * renderer.c: see renderer.h. A driver that draws has a render node, DEV/dri/renderD*; NVIDIA's also works without one
 * and has DEV/nvidia0; Windows' subsystem for Linux has DEV/dxg.
 */
#include "ui/renderer.h"

static gboolean
has_device (const char *dev,
            const char *name)
{
  g_autofree char *path = g_build_filename (dev, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
has_render_node (const char *dev)
{
  g_autofree char *path = g_build_filename (dev, "dri", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, "renderD"))
      return TRUE;
  return FALSE;
}

void
mp_renderer_choose (const char *dev)
{
  if (!has_render_node (dev) && !has_device (dev, "nvidia0") && !has_device (dev, "dxg"))
    g_setenv ("GSK_RENDERER", "cairo", FALSE);
}
