/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c: finds the command in the table and runs it; without a command opens the window.
 */
#include "app/app.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <json-glib/json-glib.h>
#include <pango/pangocairo.h>
#include <sqlite3.h>

#include "app/config.h"
#include "engine/descriptor.h"
#include "engine/train/experiment.h"
#include "kernels/device.h"

#ifdef MP_HAVE_UI
#include <adwaita.h>

#include "ui/ui.h"
#endif

static int
print_version (void)
{
  MpDevice *device = NULL;
  MpDeviceInfo info;

  printf ("matchpoint %s%s\n", MP_VERSION,
#ifdef MP_HAVE_UI
          " (with window)"
#else
          " (without window)"
#endif
          );
  printf ("GLib %u.%u.%u, json-glib %s, SQLite %s, cairo %s, Pango %s", glib_major_version, glib_minor_version,
          glib_micro_version, JSON_VERSION_S, sqlite3_libversion (), cairo_version_string (), pango_version_string ());
#ifdef MP_HAVE_UI
  printf (", GTK %u.%u.%u, libadwaita %u.%u.%u", gtk_get_major_version (), gtk_get_minor_version (),
          gtk_get_micro_version (), adw_get_major_version (), adw_get_minor_version (), adw_get_micro_version ());
#endif
  putchar ('\n');
  if (mp_cpu_class.open (0, NULL, &device) == MP_OK) {
    if (mp_cpu_class.info (device, &info) == MP_OK)
      printf ("cpu: %s; %s\n", info.name, info.detail);
    mp_cpu_class.close (device);
  }
  return MP_EXIT_OK;
}

#ifdef MP_HAVE_UI
int
mp_window_run (MpArguments *arguments)
{
  if (!gtk_init_check ())
    return mp_complain (MP_EXIT_FAILURE, _("There is no display to open a window on. Train on the command line: "
                                           "matchpoint train ring-comparison"));
  return mp_ui_run (0, NULL, arguments->words->len > 0 ? g_ptr_array_index (arguments->words, 0) : NULL);
}
#else
int
mp_window_run (MpArguments *arguments)
{
  return mp_complain (MP_EXIT_FAILURE, _("This build has no window. Train on the command line: "
                                         "matchpoint train ring-comparison"));
}
#endif

static gboolean
is_preset_or_file (const char *word)
{
  g_autoptr (GPtrArray) presets = NULL;

  if (strchr (word, '/') != NULL || g_file_test (word, G_FILE_TEST_EXISTS))
    return TRUE;
  presets = mp_presets_list (NULL);
  for (guint i = 0; presets != NULL && i < presets->len; i++)
    if (strcmp (((MpPreset *) g_ptr_array_index (presets, i))->id, word) == 0)
      return TRUE;
  return FALSE;
}

/* A word that is neither a command nor a preset. */
static int
complain_unknown (const char *word)
{
  g_autoptr (GPtrArray) presets = mp_presets_list (NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest;

  for (guint i = 0; i < mp_n_commands; i++)
    if (mp_commands[i].name[0] != '\0')
      g_ptr_array_add (names, (gpointer) mp_commands[i].name);
  for (guint i = 0; presets != NULL && i < presets->len; i++)
    g_ptr_array_add (names, ((MpPreset *) g_ptr_array_index (presets, i))->id);
  g_ptr_array_add (names, NULL);
  nearest = mp_nearest_name (word, (const char *const *) names->pdata);
  if (nearest != NULL)
    return mp_complain (MP_EXIT_USAGE, _("“%s” is neither a command nor a preset; did you mean “%s”?\n"
                                         "Try “matchpoint --help”."), word, nearest);
  return mp_complain (MP_EXIT_USAGE, _("“%s” is neither a command nor a preset.\nTry “matchpoint --help”."), word);
}

static gboolean
wants_help (int    argc,
            char **argv)
{
  for (int i = 0; i < argc && strcmp (argv[i], "--") != 0; i++)
    if (strcmp (argv[i], "--help") == 0 || strcmp (argv[i], "-h") == 0)
      return TRUE;
  return FALSE;
}

static int
run_command (const MpCommand *command,
             int              argc,
             char           **argv)
{
  g_autoptr (MpArguments) arguments = NULL;

  mp_set_speaker (command->name);
  if (wants_help (argc, argv)) {
    mp_print_help (command->name[0] != '\0' ? command : NULL);
    return MP_EXIT_OK;
  }
  arguments = mp_arguments_parse (command, argc, argv);
  if (arguments == NULL)
    return MP_EXIT_USAGE;
  return command->run (arguments);
}

static void
set_locale (void)
{
  const char *dir = g_getenv ("MATCHPOINT_LOCALE_DIR");

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, dir != NULL && dir[0] != '\0' ? dir : MP_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

int
main (int    argc,
      char **argv)
{
  const char *first = argc > 1 ? argv[1] : "";
  const MpCommand *command = mp_command_find (first);

  /* Generated files are in English, whoever builds. */
  if (strcmp (first, "--generate") == 0 && argc == 3)
    return mp_generate (argv[2]);
  set_locale ();
  if (strcmp (first, "--complete") == 0)
    return mp_complete (argc - 2, argv + 2);
  if (strcmp (first, "--version") == 0 && argc == 2)
    return print_version ();
  if (strcmp (first, "help") == 0) {
    command = argc > 2 ? mp_command_find (argv[2]) : NULL;
    if (argc > 2 && command == NULL)
      return complain_unknown (argv[2]);
    mp_print_help (command);
    return MP_EXIT_OK;
  }
  if (command != NULL && first[0] != '\0')
    return run_command (command, argc - 2, argv + 2);
  if (first[0] != '\0' && first[0] != '-' && !is_preset_or_file (first))
    return complain_unknown (first);
  return run_command (mp_command_find (""), argc - 1, argv + 1);
}
