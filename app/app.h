/* SPDX-License-Identifier: Apache-2.0
 *
 * app.h: the command line: one table of commands, from which help, manual page and shell completions are made.
 */
#pragma once

#include <glib.h>
#include <glib/gi18n.h>

G_BEGIN_DECLS

typedef enum
{
  MP_EXIT_OK = 0,
  MP_EXIT_FAILURE = 1,     /* a lane failed, a file could not be read or written */
  MP_EXIT_USAGE = 2,       /* a wrong command line, experiment or name */
  MP_EXIT_DIVERGED = 3,    /* every lane ran, at least one diverged */
  MP_EXIT_INTERRUPTED = 130
} MpExit;

/* What a word on the command line is, for completion. */
typedef enum
{
  MP_WORD_NONE,
  MP_WORD_FILE,
  MP_WORD_FOLDER,
  MP_WORD_PRESET,   /* or file */
  MP_WORD_SETTING,  /* group.key=value */
  MP_WORD_DEVICE,
  MP_WORD_KIND,
  MP_WORD_THING,
  MP_WORD_COMMAND,
  MP_WORD_SWEEP     /* or file, or folder */
} MpWord;

typedef struct
{
  const char *name;      /* "seed" */
  const char *argument;  /* "N", or NULL for a switch */
  const char *summary;
  MpWord      word;      /* what the argument is */
  gboolean    repeats;
} MpOption;

typedef struct _MpArguments MpArguments;

typedef struct
{
  const char     *name;         /* "train"; "" for the one without a name */
  const char     *synopsis;     /* "PRESET-or-FILE…" */
  const char     *summary;      /* one line */
  const char     *description;  /* paragraphs, separated by empty lines */
  const MpOption *options;
  guint           n_options;
  guint           least, most;  /* words that are not options */
  MpWord          word;         /* what they are */
  int           (*run) (MpArguments *arguments);
} MpCommand;

extern const MpCommand mp_commands[];
extern const guint mp_n_commands;
const MpCommand *mp_command_find (const char *name);               /* or NULL */

/* Exit statuses, environment and files, for help and manual page: pairs of term and text, NULL-terminated. */
extern const char *const mp_exit_texts[][2];
extern const char *const mp_environment_texts[][2];

/* ---- a parsed command line ---- */
struct _MpArguments
{
  const MpCommand *command;
  GPtrArray       *words;       /* char *, NULL-terminated beyond len */
  GHashTable      *options;     /* name → GPtrArray of char * */
};

/* argv: what follows the command. Complains on stderr and returns NULL for a wrong command line. */
MpArguments *mp_arguments_parse (const MpCommand *command, int argc, char **argv);
void         mp_arguments_free (MpArguments *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpArguments, mp_arguments_free)
gboolean     mp_arguments_has (MpArguments *self, const char *option);
const char  *mp_arguments_get (MpArguments *self, const char *option);           /* the last one, or NULL */
GPtrArray   *mp_arguments_get_all (MpArguments *self, const char *option);       /* or NULL; borrowed */
/* A whole number from least to most; FALSE after complaining. Leaves value alone where the option is missing. */
gboolean     mp_arguments_get_int (MpArguments *self, const char *option, gint64 least, gint64 most, gint64 *value);

/* Whether a picture can be written to the option's file, by its ending; FALSE after complaining. TRUE where the option is
 * missing. */
gboolean     mp_arguments_check_picture (MpArguments *self, const char *option);

/* "matchpoint train: …" on stderr. Returns the exit status for convenience. */
int          mp_complain (MpExit status, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* MP_EXIT_USAGE for mistakes in experiments and names, MP_EXIT_FAILURE for the rest. */
MpExit       mp_exit_of_error (const GError *error);
/* The same, and complains. Frees error. */
int          mp_complain_error (GError *error);
/* Which command speaks. */
void         mp_set_speaker (const char *command);

/* ---- texts from the table ---- */
void         mp_print_help (const MpCommand *command);             /* NULL: of the program */
/* what: "man", "bash", "zsh", "fish". */
int          mp_generate (const char *what);
/* Words for completions, one per line; called by the generated scripts. what: "presets", "settings", … */
int          mp_complete (int argc, char **argv);

/* Columns as wide as their widest cell. rows: of char ** vectors. */
void         mp_print_table (GPtrArray *rows, const char *indent);

/* Names of lanes: the experiments' ids, numbered where one comes again. (transfer full): of char *. */
GPtrArray   *mp_name_lanes (GPtrArray *experiments);
/* Applies --set, --seed and --iterations. experiments: of MpExperiment *; names: of their lanes. FALSE after
 * complaining. */
gboolean     mp_apply_settings (MpArguments *arguments, GPtrArray *experiments, GPtrArray *names);

/* Says on stderr what the curves of these run folders lack because files are damaged. */
void         mp_warn_about_runs (GPtrArray *dirs);

/* ---- commands ---- */
int          mp_window_run (MpArguments *arguments);
int          mp_train_run (MpArguments *arguments);
int          mp_list_run (MpArguments *arguments);
/* “list runs”. */
int          mp_list_runs (MpArguments *arguments);
int          mp_describe_run (MpArguments *arguments);
int          mp_plan_run_command (MpArguments *arguments);
int          mp_render_run (MpArguments *arguments);
int          mp_export_run (MpArguments *arguments);
int          mp_portrait_run (MpArguments *arguments);
int          mp_sweep_run_command (MpArguments *arguments);

G_END_DECLS
