/* SPDX-License-Identifier: Apache-2.0
 *
 * arguments.c: reads a command line by its command's row in the table, and complains in one voice.
 */
#include "app/app.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/descriptor.h"
#include "engine/error.h"

static const char *speaker = "";

void
mp_set_speaker (const char *command)
{
  speaker = command;
}

int
mp_complain (MpExit      status,
             const char *format,
             ...)
{
  va_list args;

  fprintf (stderr, "matchpoint%s%s: ", speaker[0] != '\0' ? " " : "", speaker);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  return status;
}

/* What was asked for cannot be, and a graph cannot be built where settings do not fit together; all else went wrong. */
MpExit
mp_exit_of_error (const GError *error)
{
  static const MpErrorCode usage[] = { MP_ERROR_EXPERIMENT, MP_ERROR_UNKNOWN, MP_ERROR_SHAPE };

  for (guint i = 0; i < G_N_ELEMENTS (usage); i++)
    if (g_error_matches (error, MP_ERROR, usage[i]))
      return MP_EXIT_USAGE;
  return MP_EXIT_FAILURE;
}

int
mp_complain_error (GError *error)
{
  MpExit status = mp_exit_of_error (error);

  mp_complain (status, "%s", error->message);
  g_error_free (error);
  return status;
}

/* Complains and points to the help. */
static void G_GNUC_PRINTF (1, 2)
complain_usage (const char *format,
                ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  mp_complain (MP_EXIT_USAGE, _("%s\nTry “matchpoint%s%s --help”."), message, speaker[0] != '\0' ? " " : "", speaker);
}

static const MpOption *
find_option (const MpCommand *command,
             const char      *name)
{
  for (guint i = 0; i < command->n_options; i++)
    if (strcmp (command->options[i].name, name) == 0)
      return &command->options[i];
  return NULL;
}

static void
complain_unknown_option (const MpCommand *command,
                         const char      *name)
{
  g_autofree const char **names = g_new0 (const char *, command->n_options + 2);
  const char *nearest;

  for (guint i = 0; i < command->n_options; i++)
    names[i] = command->options[i].name;
  names[command->n_options] = "help";
  nearest = mp_nearest_name (name, names);
  if (nearest != NULL)
    complain_usage (_("There is no option --%s; did you mean --%s?"), name, nearest);
  else
    complain_usage (_("There is no option --%s."), name);
}

/* Reads the option at argv[*at], and its argument where it has one. */
static gboolean
read_option (MpArguments *self,
             int          argc,
             char       **argv,
             int         *at)
{
  const char *text = argv[*at] + 2;
  const char *equals = strchr (text, '=');
  g_autofree char *name = equals != NULL ? g_strndup (text, (gsize) (equals - text)) : g_strdup (text);
  const MpOption *option = find_option (self->command, name);
  const char *argument = equals != NULL ? equals + 1 : NULL;
  GPtrArray *all;

  if (option == NULL) {
    complain_unknown_option (self->command, name);
    return FALSE;
  }
  if (option->argument == NULL && argument != NULL) {
    complain_usage (_("The option --%s takes no argument, but “%s” is given."), name, argument);
    return FALSE;
  }
  if (option->argument != NULL && argument == NULL) {
    if (*at + 1 == argc) {
      complain_usage (_("The option --%s needs an argument: --%s %s."), name, name, option->argument);
      return FALSE;
    }
    argument = argv[++*at];
  }
  all = g_hash_table_lookup (self->options, option->name);
  if (all != NULL && !option->repeats) {
    complain_usage (_("The option --%s is given twice."), name);
    return FALSE;
  }
  if (all == NULL) {
    all = g_ptr_array_new_with_free_func (g_free);
    g_hash_table_insert (self->options, (gpointer) option->name, all);
  }
  g_ptr_array_add (all, g_strdup (argument != NULL ? argument : ""));
  return TRUE;
}

static gboolean
check_count (MpArguments *self)
{
  const MpCommand *command = self->command;

  if (self->words->len >= command->least && self->words->len <= command->most)
    return TRUE;
  if (self->words->len < command->least)
    complain_usage (_("Something is missing: matchpoint %s %s."), command->name, command->synopsis);
  else
    complain_usage (_("“%s” is one word too many: matchpoint %s %s."),
                    (char *) g_ptr_array_index (self->words, command->most), command->name, command->synopsis);
  return FALSE;
}

MpArguments *
mp_arguments_parse (const MpCommand *command,
                    int              argc,
                    char           **argv)
{
  g_autoptr (MpArguments) self = g_new0 (MpArguments, 1);
  gboolean only_words = FALSE;

  self->command = command;
  self->words = g_ptr_array_new_with_free_func (g_free);
  self->options = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
  for (int i = 0; i < argc; i++) {
    if (!only_words && strcmp (argv[i], "--") == 0)
      only_words = TRUE;
    else if (!only_words && g_str_has_prefix (argv[i], "--")) {
      if (!read_option (self, argc, argv, &i))
        return NULL;
    } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
      complain_usage (_("There is no option %s."), argv[i]);
      return NULL;
    } else
      g_ptr_array_add (self->words, g_strdup (argv[i]));
  }
  if (!check_count (self))
    return NULL;
  return g_steal_pointer (&self);
}

void
mp_arguments_free (MpArguments *self)
{
  g_clear_pointer (&self->words, g_ptr_array_unref);
  g_clear_pointer (&self->options, g_hash_table_unref);
  g_free (self);
}

gboolean
mp_arguments_has (MpArguments *self,
                  const char  *option)
{
  return g_hash_table_contains (self->options, option);
}

GPtrArray *
mp_arguments_get_all (MpArguments *self,
                      const char  *option)
{
  return g_hash_table_lookup (self->options, option);
}

const char *
mp_arguments_get (MpArguments *self,
                  const char  *option)
{
  GPtrArray *all = mp_arguments_get_all (self, option);

  return all != NULL ? g_ptr_array_index (all, all->len - 1) : NULL;
}

gboolean
mp_arguments_get_int (MpArguments *self,
                      const char  *option,
                      gint64       least,
                      gint64       most,
                      gint64      *value)
{
  const char *text = mp_arguments_get (self, option);

  if (text == NULL || g_ascii_string_to_signed (text, 10, least, most, value, NULL))
    return TRUE;
  complain_usage (_("--%s %s is not allowed: it must be a whole number from %" PRId64 " to %" PRId64
                    "."), option, text, least, most);
  return FALSE;
}

gboolean
mp_arguments_check_picture (MpArguments *self,
                            const char  *option)
{
  static const char *const endings[] = { ".png", ".svg", ".pdf" };
  const char *path = mp_arguments_get (self, option);
  g_autofree char *lower = path != NULL ? g_ascii_strdown (path, -1) : NULL;

  for (guint i = 0; path != NULL && i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (lower, endings[i]))
      return TRUE;
  if (path == NULL)
    return TRUE;
  mp_complain (MP_EXIT_USAGE, _("--%s %s is not allowed: the file must end in .png, .svg or .pdf."), option, path);
  return FALSE;
}
