/* SPDX-License-Identifier: Apache-2.0
 *
 * generate.c: the table of commands as a manual page and as completions for bash, zsh and fish.
 *
 * The build runs “matchpoint --generate WHAT”. Words that depend on what is installed (presets, keys, things) are not
 * written into the scripts: these ask “matchpoint --complete WHAT …” when they are needed.
 */
#include "app/app.h"

#include <stdio.h>
#include <string.h>

#include "app/config.h"

/* What --complete calls a kind of word; NULL for what the shell knows itself. */
static const char *const word_names[] = {
  [MP_WORD_NONE] = NULL,
  [MP_WORD_FILE] = NULL,
  [MP_WORD_FOLDER] = NULL,
  [MP_WORD_PRESET] = "presets",
  [MP_WORD_SETTING] = "settings",
  [MP_WORD_DEVICE] = "devices",
  [MP_WORD_KIND] = "kinds",
  [MP_WORD_THING] = "things",
  [MP_WORD_COMMAND] = "commands",
  [MP_WORD_SWEEP] = "sweeps",
};

/* ---- manual page ---- */

/* Text for roff: backslashes, leading dots and hyphens mean something there. */
static char *
roff (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\\')
      g_string_append (out, "\\e");
    else if (*c == '-')
      g_string_append (out, "\\-");
    else {
      if ((*c == '.' || *c == '\'') && c == text)
        g_string_append (out, "\\&");
      g_string_append_c (out, *c);
    }
  }
  return g_string_free (out, FALSE);
}

static void
print_roff (const char *format,
            const char *text)
{
  g_autofree char *escaped = roff (text);

  printf (format, escaped);
}

static void
print_roff_paragraphs (const char *text)
{
  g_auto (GStrv) paragraphs = g_strsplit (text, "\n\n", -1);

  for (guint i = 0; paragraphs[i] != NULL; i++)
    print_roff (i == 0 ? "%s\n" : ".PP\n%s\n", paragraphs[i]);
}

static void
print_roff_terms (const char *const terms[][2])
{
  for (guint i = 0; terms[i][0] != NULL; i++) {
    print_roff (".TP\n.B %s\n", terms[i][0]);
    print_roff ("%s\n", terms[i][1]);
  }
}

static void
print_roff_command (const MpCommand *command)
{
  print_roff (command->name[0] != '\0' ? ".SS matchpoint %s\n" : ".SS matchpoint%s\n", command->name);
  printf (".B matchpoint %s\n", command->name);
  print_roff (".I %s\n.PP\n", command->synopsis);
  print_roff_paragraphs (command->description);
  for (guint i = 0; i < command->n_options; i++) {
    const MpOption *option = &command->options[i];

    print_roff (".TP\n.B \\-\\-%s", option->name);
    if (option->argument != NULL)
      print_roff ("\\fR \\fI%s\\fR", option->argument);
    print_roff ("\n%s.\n", option->summary);
  }
}

static void
generate_man (void)
{
  printf (".\\\" Written by “matchpoint --generate man”.\n");
  printf (".TH MATCHPOINT 1 \"\" \"Matchpoint %s\" \"User Commands\"\n", MP_VERSION);
  printf (".SH NAME\nmatchpoint \\- train implicit generative models by matching, and watch\n");
  printf (".SH SYNOPSIS\n");
  for (guint i = 0; i < mp_n_commands; i++) {
    printf ("%s.B matchpoint %s\n", i > 0 ? ".br\n" : "", mp_commands[i].name);
    print_roff (".I %s\n", mp_commands[i].synopsis);
  }
  printf (".br\n.B matchpoint \\-\\-version\n.SH DESCRIPTION\n");
  printf ("Matchpoint trains generative adversarial networks, moment matching networks and ratio matching networks on "
          "data that can be watched: in a window, or on the command line.\n.SH COMMANDS\n");
  for (guint i = 0; i < mp_n_commands; i++)
    print_roff_command (&mp_commands[i]);
  printf (".SH EXIT STATUS\n");
  print_roff_terms (mp_exit_texts);
  printf (".SH ENVIRONMENT\n");
  print_roff_terms (mp_environment_texts);
  printf (".SH EXAMPLES\n.TP\n.B matchpoint train ring\\-comparison\nTrain GAN, MMD-net and GRAM on the ring.\n"
          ".TP\n.B matchpoint train ring\\-gram \\-\\-set method.ridge=0.01 \\-\\-seed 3 \\-\\-out run\n"
          "Train with a changed setting and keep the run in a folder.\n"
          ".TP\n.B matchpoint render run \\-\\-to run.svg\nDraw it.\n");
}

/* ---- bash ---- */

static void
print_bash_word (MpWord word)
{
  if (word == MP_WORD_FOLDER)
    printf ("compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"))");
  else if (word == MP_WORD_FILE)
    printf ("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))");
  else if (word == MP_WORD_NONE)
    printf ("COMPREPLY=()");
  else
    printf ("_matchpoint_words %s", word_names[word]);
}

static void
generate_bash_command (const MpCommand *command)
{
  printf ("    %s)\n      options='--help", command->name);
  for (guint i = 0; i < command->n_options; i++)
    printf (" --%s", command->options[i].name);
  printf ("'\n      case $before in\n");
  for (guint i = 0; i < command->n_options; i++)
    if (command->options[i].argument != NULL) {
      printf ("        --%s) ", command->options[i].name);
      print_bash_word (command->options[i].word);
      printf ("; return ;;\n");
    }
  printf ("      esac\n      if [[ $current != -* ]]; then ");
  print_bash_word (command->word);
  printf ("; return; fi\n      ;;\n");
}

static void
generate_bash (void)
{
  printf ("# bash completion for matchpoint; written by “matchpoint --generate bash”.\n\n"
          "_matchpoint_words () {\n"
          "  local IFS=$'\\n'\n"
          "  COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" --complete \"$1\" \"${COMP_WORDS[@]:2}\" 2> /dev/null)\""
          " -- \"$current\"))\n"
          "  [[ $1 == settings ]] && compopt -o nospace\n"
          "  if [[ $1 == presets && ${#COMPREPLY[@]} == 0 ]]; then\n"
          "    compopt -o filenames\n"
          "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
          "  fi\n"
          "}\n\n"
          "_matchpoint () {\n"
          "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options\n"
          "  COMPREPLY=()\n"
          "  if (( COMP_CWORD == 1 )); then\n"
          "    if [[ $current == -* ]]; then COMPREPLY=($(compgen -W '--help --version' -- \"$current\"))\n"
          "    else _matchpoint_words commands; fi\n"
          "    return\n"
          "  fi\n"
          "  case ${COMP_WORDS[1]} in\n");
  for (guint i = 0; i < mp_n_commands; i++)
    if (mp_commands[i].name[0] != '\0')
      generate_bash_command (&mp_commands[i]);
  printf ("    *) return ;;\n  esac\n"
          "  COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
          "}\n\ncomplete -F _matchpoint matchpoint\n");
}

/* ---- zsh ---- */

/* Text inside single quotes of a zsh specification, where brackets and colons mean something. */
static char *
zsh_text (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c++) {
    if (strchr ("[]:\\", *c) != NULL)
      g_string_append_c (out, '\\');
    if (*c == '\'')
      g_string_append (out, "'\\''");
    else
      g_string_append_c (out, *c);
  }
  return g_string_free (out, FALSE);
}

/* The space before a function keeps _arguments from adding arguments of its own. */
static char *
zsh_action (MpWord word)
{
  if (word == MP_WORD_FOLDER)
    return g_strdup ("_files -/");
  if (word == MP_WORD_FILE)
    return g_strdup ("_files");
  if (word == MP_WORD_NONE)
    return g_strdup (" ");
  return g_strdup_printf (" _matchpoint_words %s", word_names[word]);
}

static void
generate_zsh_command (const MpCommand *command)
{
  g_autofree char *action = zsh_action (command->word);

  printf ("    %s)\n      _arguments \\\n        '--help[Show help]'", command->name);
  for (guint i = 0; i < command->n_options; i++) {
    const MpOption *option = &command->options[i];
    g_autofree char *summary = zsh_text (option->summary);
    g_autofree char *argument = option->argument != NULL ? zsh_text (option->argument) : NULL;
    g_autofree char *option_action = zsh_action (option->word);

    printf (" \\\n        '%s--%s[%s]", option->repeats ? "*" : "", option->name, summary);
    if (argument != NULL)
      printf (":%s:%s", argument, option_action);
    printf ("'");
  }
  printf (" \\\n        '*:word:%s'\n      ;;\n", action);
}

static void
generate_zsh (void)
{
  printf ("#compdef matchpoint\n# zsh completion for matchpoint; written by “matchpoint --generate zsh”.\n\n"
          "_matchpoint_words () {\n"
          "  local -a found\n"
          "  found=(${(f)\"$(matchpoint --complete $1 ${words[2,-1]} 2> /dev/null)\"})\n"
          "  if [[ $1 == settings ]]; then compadd -S '' -a found; else compadd -a found; fi\n"
          "  [[ $1 == presets ]] && _files\n"
          "}\n\n"
          "_matchpoint () {\n"
          "  if (( CURRENT == 2 )); then\n"
          "    _alternative 'options:option:(--help --version)' 'commands:command: _matchpoint_words commands'\n"
          "    return\n"
          "  fi\n"
          "  local command=$words[2]\n"
          "  shift words\n"
          "  (( CURRENT-- ))\n"
          "  case $command in\n");
  for (guint i = 0; i < mp_n_commands; i++)
    if (mp_commands[i].name[0] != '\0')
      generate_zsh_command (&mp_commands[i]);
  printf ("  esac\n}\n\n_matchpoint \"$@\"\n");
}

/* ---- fish ---- */

static char *
fish_text (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "'", -1);

  return g_strjoinv ("\\'", parts);
}

/* required: the argument of an option, rather than a word by itself. */
static void
print_fish_word (MpWord   word,
                 gboolean required)
{
  gboolean files = word == MP_WORD_FILE || word == MP_WORD_PRESET || word == MP_WORD_SWEEP;

  printf ("%s %s", required ? " -r" : "", files ? "-F" : "-f");
  if (word == MP_WORD_FOLDER)
    printf (" -a '(__fish_complete_directories)'");
  else if (word_names[word] != NULL)
    printf (" -a '(__matchpoint_words %s)'", word_names[word]);
}

static void
generate_fish (void)
{
  printf ("# fish completion for matchpoint; written by “matchpoint --generate fish”.\n\n"
          "function __matchpoint_words\n"
          "  set -l line (commandline -opc)\n"
          "  matchpoint --complete $argv[1] $line[3..-1] 2> /dev/null\n"
          "end\n\n"
          "complete -c matchpoint -f\n"
          "complete -c matchpoint -n __fish_use_subcommand -l help -d 'Show help'\n"
          "complete -c matchpoint -n __fish_use_subcommand -l version -d 'Show versions'\n"
          "complete -c matchpoint -n __fish_use_subcommand -a '(__matchpoint_words commands)'\n");
  for (guint i = 0; i < mp_n_commands; i++) {
    const MpCommand *command = &mp_commands[i];
    g_autofree char *condition = g_strdup_printf ("'__fish_seen_subcommand_from %s'", command->name);

    if (command->name[0] == '\0')
      continue;
    printf ("\ncomplete -c matchpoint -n %s", condition);
    print_fish_word (command->word, FALSE);
    printf ("\n");
    for (guint j = 0; j < command->n_options; j++) {
      g_autofree char *summary = fish_text (command->options[j].summary);

      printf ("complete -c matchpoint -n %s -l %s -d '%s'", condition, command->options[j].name, summary);
      if (command->options[j].argument != NULL)
        print_fish_word (command->options[j].word, TRUE);
      printf ("\n");
    }
  }
}

int
mp_generate (const char *what)
{
  static const struct
  {
    const char *name;
    void      (*generate) (void);
  } all[] = { { "man", generate_man }, { "bash", generate_bash }, { "zsh", generate_zsh }, { "fish", generate_fish } };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (strcmp (all[i].name, what) == 0) {
      all[i].generate ();
      return fflush (stdout) == 0 ? MP_EXIT_OK : MP_EXIT_FAILURE;
    }
  return mp_complain (MP_EXIT_USAGE, "--generate %s is not allowed: it must be man, bash, zsh or fish.", what);
}
