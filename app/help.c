/* SPDX-License-Identifier: Apache-2.0
 *
 * help.c: the table of commands as help on the terminal, and tables of text.
 */
#include "app/app.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 96

/* Prints a paragraph, wrapped and indented; the first line has `column` characters already. */
static void
print_wrapped (const char *text,
               guint       indent,
               guint       column)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    guint length = (guint) g_utf8_strlen (words[i], -1);

    if (column > indent && column + 1 + length > WIDTH) {
      printf ("\n%*s", (int) indent, "");
      column = indent;
    } else if (column > indent) {
      putchar (' ');
      column++;
    } else if (column < indent) {
      printf ("%*s", (int) (indent - column), "");
      column = indent;
    }
    fputs (words[i], stdout);
    column += length;
  }
  putchar ('\n');
}

static void
print_term (const char *term,
            const char *text,
            guint       indent)
{
  guint column = 2 + (guint) g_utf8_strlen (term, -1);

  printf ("  %s", term);
  if (column + 2 > indent) {
    putchar ('\n');
    column = 0;
  }
  print_wrapped (text, indent, column);
}

static void
print_paragraphs (const char *text)
{
  g_auto (GStrv) paragraphs = g_strsplit (text, "\n\n", -1);

  for (guint i = 0; paragraphs[i] != NULL; i++) {
    putchar ('\n');
    print_wrapped (paragraphs[i], 0, 0);
  }
}

static void
print_exit_texts (void)
{
  printf ("\n%s\n", _("Exit status:"));
  for (guint i = 0; mp_exit_texts[i][0] != NULL; i++)
    print_term (mp_exit_texts[i][0], _(mp_exit_texts[i][1]), 8);
}

static void
print_command_help (const MpCommand *command)
{
  printf (_("Usage: matchpoint %s %s\n"), command->name, _(command->synopsis));
  print_paragraphs (_(command->description));
  printf ("\n%s\n", _("Options:"));
  for (guint i = 0; i < command->n_options; i++) {
    const MpOption *option = &command->options[i];
    g_autofree char *term = g_strdup_printf ("--%s%s%s", option->name, option->argument != NULL ? " " : "",
                                             option->argument != NULL ? _(option->argument) : "");

    print_term (term, _(option->summary), 26);
  }
  print_term ("--help", _("Show this help"), 26);
  print_exit_texts ();
}

void
mp_print_help (const MpCommand *command)
{
  if (command != NULL && command->name[0] != '\0') {
    print_command_help (command);
    return;
  }
  printf ("%s\n", _("Matchpoint trains implicit generative models by matching, and lets you watch."));
  printf ("\n%s\n", _("Usage:"));
  for (guint i = 0; i < mp_n_commands; i++) {
    g_autofree char *line = g_strdup_printf ("matchpoint%s%s %s", mp_commands[i].name[0] != '\0' ? " " : "",
                                             mp_commands[i].name, _(mp_commands[i].synopsis));

    printf ("  %s\n", line);
    printf ("      %s\n", _(mp_commands[i].summary));
  }
  printf ("  matchpoint --version | --help | COMMAND --help\n");
  print_exit_texts ();
  printf ("\n%s\n", _("Environment:"));
  for (guint i = 0; mp_environment_texts[i][0] != NULL; i++)
    print_term (mp_environment_texts[i][0], _(mp_environment_texts[i][1]), 26);
}

void
mp_print_table (GPtrArray  *rows,
                const char *indent)
{
  guint n = rows->len > 0 ? g_strv_length (g_ptr_array_index (rows, 0)) : 0;
  g_autofree guint *widths = g_new0 (guint, n + 1);

  for (guint i = 0; i < rows->len; i++)
    for (guint j = 0; j < n; j++) {
      char **row = g_ptr_array_index (rows, i);

      widths[j] = MAX (widths[j], (guint) g_utf8_strlen (row[j], -1));
    }
  for (guint i = 0; i < rows->len; i++) {
    char **row = g_ptr_array_index (rows, i);

    fputs (indent, stdout);
    for (guint j = 0; j < n; j++) {
      gboolean last = j + 1 == n;

      fputs (row[j], stdout);
      if (!last)
        printf ("%*s", (int) (widths[j] - (guint) g_utf8_strlen (row[j], -1) + 2), "");
    }
    putchar ('\n');
  }
}
