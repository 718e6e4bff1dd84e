/* SPDX-License-Identifier: Apache-2.0
 *
 * commands.c: the table of commands. Help, manual page and completions are made from it; nothing else lists them.
 */
#include "app/app.h"

#include <string.h>

#define OPTIONS(table) .options = table, .n_options = G_N_ELEMENTS (table)

static const MpOption train_options[] = {
  { "set", N_("GROUP.KEY=VALUE"), N_("Change a setting in every lane that has it; LANE:GROUP.KEY=VALUE in one lane"),
    MP_WORD_SETTING, .repeats = TRUE },
  { "seed", "N", N_("Seed of data order, noise and initial weights (train.seed)") },
  { "iterations", "N", N_("Iterations to train (train.iterations); with --resume, up to which one") },
  { "device", "auto|cpu|cuda", N_("Where to train; cuda:1 is the second GPU, cuda:GPU-… the one with that UUID. auto (the default) "
                              "takes the first GPU that can be used, else the CPU"), MP_WORD_DEVICE },
  { "threads", "N", N_("CPU threads inside one operation of a lane (default 1)") },
  { "out", N_("DIR"), N_("Keep the run in this folder, several lanes in folders inside it"), MP_WORD_FOLDER },
  { "no-cache", NULL, N_("Train the stage of methods that need one (an autoencoder) anew, instead of taking the run that "
                         "did so before") },
  { "resume", N_("DIR"), N_("Go on with the run, or the runs, kept in this folder"), MP_WORD_FOLDER },
  { "from", N_("RUN"), N_("Branch from the run kept in this folder: its experiment and weights, changed by --set"),
    MP_WORD_FOLDER },
  { "at", "N", N_("With --from: from its last checkpoint at or before this iteration (default: the newest)") },
  { "json", NULL, N_("Print the results as one JSON object in the last line") },
  { "quiet", NULL, N_("Print no progress and no table") },
};

static const MpOption list_options[] = {
  { "json", NULL, N_("Print a JSON array instead of a table") },
};

static const MpOption plan_options[] = {
  { "set", N_("GROUP.KEY=VALUE"), N_("Change a setting first"), MP_WORD_SETTING, .repeats = TRUE },
  { "device", "auto|cpu|cuda", N_("Plan for this device"), MP_WORD_DEVICE },
  { "threads", "N", N_("CPU threads inside one operation (default 1)") },
  { "kernels", NULL, N_("List every kernel: operation, shapes, place in the arena, algorithm, FLOPs") },
  { "diagram", N_("FILE.png|svg|pdf"), N_("Draw the method as boxes and arrows: networks, matrices, losses, and what "
                                          "each loss moves (one experiment)"), MP_WORD_FILE },
  { "json", NULL, N_("Print a JSON object instead of a table") },
};

static const MpOption sweep_options[] = {
  { "dir", N_("DIR"), N_("Keep the sweep in this folder (default: a new one in the sweep library)"), MP_WORD_FOLDER },
  { "resume", NULL, N_("Go on with the sweep where --dir holds it already, else begin it") },
  { "set", N_("GROUP.KEY=VALUE"), N_("Change a setting of every base that has it; NAME:GROUP.KEY=VALUE of one base or "
                                     "axis; sweep.KEY=VALUE of the sweep, as in sweep.seeds=1-5"), MP_WORD_SETTING,
    .repeats = TRUE },
  { "lanes", "N", N_("Runs that train at the same time, one CPU thread each (default: one for each processor; on a GPU "
                     "4)") },
  { "device", "auto|cpu|cuda", N_("Where to train, as for “train”"), MP_WORD_DEVICE },
  { "csv", N_("FILE.csv"), N_("Write the results of the cells, and of the seeds into FILE-seeds.csv"), MP_WORD_FILE },
  { "json", NULL, N_("Print the results as one JSON object in the last line") },
  { "quiet", NULL, N_("Print no progress and no table") },
};

static const MpOption render_options[] = {
  { "iteration", "N", N_("Draw the samples kept at this iteration, or the last ones before (default: the last)") },
  { "to", N_("FILE.png|svg|pdf"), N_("Where to write the picture; the ending says in which format"), MP_WORD_FILE },
  { "film", N_("FILE.gif|webp"), N_("Write the training as a film, a frame for each keyframe"), MP_WORD_FILE },
  { "frames", "N", N_("Film: at most so many frames (default 150)") },
  { "fps", "N", N_("Film: frames per second (default 15)") },
  { "once", NULL, N_("Film: play once instead of again and again") },
  { "width", "N", N_("Width in pixels, at 96 per inch in SVG and PDF (default: as much as the lanes need)") },
  { "scale", "N", N_("PNG: pixels per pixel of the width, for sharp screens and print (default 2)") },
  { "metric", "ID", N_("Of a sweep: the metric that colours the matrix (default: as its file says)") },
  { "dark", NULL, N_("Light on dark") },
};

static const MpOption export_options[] = {
  { "csv", N_("FILE"), N_("Metrics as comma-separated values; - is standard output"), MP_WORD_FILE },
  { "tensorboard", N_("DIR"), N_("Metrics as TensorBoard event files, a folder for each run"), MP_WORD_FOLDER },
  { "experiment", N_("FILE"), N_("The experiment of one run, with changes that were made by hand"), MP_WORD_FILE },
};

static const MpOption portrait_options[] = {
  { "set", N_("KEY=VALUE"), N_("Change a setting of the game in every panel"), MP_WORD_NONE, .repeats = TRUE },
  { "from", N_("\"X Y\""), N_("Follow the flow from here instead of from the portrait's own starts: generator's "
                              "parameter, then critic's"), MP_WORD_NONE, .repeats = TRUE },
  { "to", N_("FILE.png|svg|pdf"), N_("Draw it"), MP_WORD_FILE },
  { "dark", NULL, N_("Light on dark") },
  { "json", NULL, N_("Print a JSON array of where trajectories end, instead of a table") },
};

const MpCommand mp_commands[] = {
  {
    .name = "", .synopsis = N_("[PRESET-or-FILE-or-DIR]"), .summary = N_("Open the window"),
    .description = N_("Opens the window, with a preset, an experiment file, or the folder of a run or of a sweep where one "
                      "is given, else with what was open last."),
    .least = 0, .most = 1, .word = MP_WORD_PRESET, .run = mp_window_run,
  },
  {
    .name = "train", .synopsis = N_("PRESET-or-FILE… [OPTION…]"), .summary = N_("Train one or several experiments"),
    .description = N_("Trains the experiments; several of them, or a comparison's, become lanes that train at the same "
                      "time. On a terminal a bar for each lane shows iterations per second, time left and the main "
                      "metrics; elsewhere progress is printed in lines.\n\n"
                      "Each lane keeps its run in a folder: the experiment with every key written out, the metrics, "
                      "samples and checkpoints. Without --out the folder is made in the run library.\n\n"
                      "Interrupting (Ctrl+C) stops all lanes after their iteration and keeps their runs, so that "
                      "--resume can go on; interrupting again ends at once.\n\n"
                      "With --json the last line on standard output is one object: {\"lanes\": [{\"id\", \"method\", "
                      "\"state\", \"iteration\", \"seconds\", \"iterations_per_second\", \"metrics\": {…}, \"run\"}]}; "
                      "the state is finished, diverged, stopped or failed."),
    OPTIONS (train_options), .least = 0, .most = G_MAXUINT, .word = MP_WORD_PRESET, .run = mp_train_run,
  },
  {
    .name = "sweep", .synopsis = N_("SWEEP-or-FILE-or-DIR [OPTION…]"),
    .summary = N_("Train a grid of experiments with several seeds"),
    .description = N_("Trains every cell of a grid with every seed: base experiments × values of any keys × seeds, as a "
                      "sweep file says (“matchpoint list sweeps”, docs/sweeps.md). Runs are trained by a pool of lanes; "
                      "each keeps its run folder in the sweep's. A run that diverges or fails is a result and is named; "
                      "the others go on.\n\n"
                      "Interrupting (Ctrl+C) pauses: lanes save a checkpoint. Naming the sweep's folder goes on, also "
                      "after a crash: finished runs are not trained again, others go on from their last checkpoint with "
                      "the same numbers, and failed ones are tried again. Several processes may work on one folder.\n\n"
                      "Results are printed as a table of the chosen metric (mean ± standard deviation over seeds) and "
                      "kept in the folder as cells.csv and seeds.csv; “matchpoint render DIR” draws the matrix. With "
                      "--json the last line on standard output is one object: {\"sweep\", \"dir\", \"metric\", "
                      "\"lanes\", \"wall_seconds\", \"training_seconds\", \"states\": {…}, \"cells\": [{\"row\", "
                      "\"column\", \"axes\": {…}, \"metrics\": {ID: {\"n\", \"mean\", \"sd\", \"min\", \"max\"}}, "
                      "\"runs\": [{\"seed\", \"state\", \"metrics\": {…}, \"run\"}]}]}."),
    OPTIONS (sweep_options), .least = 0, .most = 1, .word = MP_WORD_SWEEP, .run = mp_sweep_run_command,
  },
  {
    .name = "list", .synopsis = N_("KIND [WORD…]"),
    .summary = N_("List what there is"),
    .description = N_("Prints a line for each: its name and what it is. KIND is methods, data, networks, optimizers, "
                      "metrics, extractors, views, presets, sweeps, lessons, games, portraits, devices or runs. “list "
                      "devices” also names what cannot be used, and why; with --json each device has its UUID and "
                      "memory in bytes. “list runs” lists the kept runs, newest first; words behind it must all occur in "
                      "a run's folder, title, method, data set, state, date, tags or notes."),
    OPTIONS (list_options), .least = 1, .most = G_MAXUINT, .word = MP_WORD_KIND, .run = mp_list_run,
  },
  {
    .name = "describe", .synopsis = N_("THING"), .summary = N_("Explain a method, data set, preset, … and its keys"),
    .description = N_("Prints what the thing is, where it comes from, and every key with its default, what is allowed "
                      "and what it does. The thing is any name that “matchpoint list” prints, a lesson's file, or a group "
                      "that every experiment has: experiment, generator, train, evaluate."),
    .least = 1, .most = 1, .word = MP_WORD_THING, .run = mp_describe_run,
  },
  {
    .name = "plan", .synopsis = N_("PRESET-or-FILE [OPTION…]"), .summary = N_("Show how an iteration is computed"),
    .description = N_("Plans each phase of the method and prints the number of nodes, kernels and fused groups, the "
                      "bytes of the arena, and the floating-point operations of one run."),
    OPTIONS (plan_options), .least = 1, .most = 1, .word = MP_WORD_PRESET, .run = mp_plan_run_command,
  },
  {
    .name = "render", .synopsis = N_("RUN… --to FILE.png|svg|pdf | --film FILE.gif|webp [OPTION…]"),
    .summary = N_("Draw runs as a picture or a film"),
    .description = N_("Draws data and samples of each run beside each other, and their losses and metrics below. A "
                      "RUN is a run's folder, or one with the runs of a comparison inside. Of a sweep's folder it draws the "
                      "matrix: a thumbnail of samples over data for each cell, coloured by a metric."),
    OPTIONS (render_options), .least = 1, .most = G_MAXUINT, .word = MP_WORD_FOLDER, .run = mp_render_run,
  },
  {
    .name = "export", .synopsis = N_("RUN… --csv FILE | --tensorboard DIR | --experiment FILE"),
    .summary = N_("Hand kept runs to other programs"),
    .description = N_("Writes the metrics of runs as one table, with a row for every run and iteration, or as event files "
                      "that TensorBoard reads; or the experiment file of a run. A RUN is a run's folder, or one with "
                      "the runs of a comparison inside."),
    OPTIONS (export_options), .least = 1, .most = G_MAXUINT, .word = MP_WORD_FOLDER, .run = mp_export_run,
  },
  {
    .name = "portrait", .synopsis = N_("PORTRAIT-or-GAME [OPTION…]"),
    .summary = N_("Draw the dynamics of a method with two parameters"),
    .description = N_("Follows generator and critic with one parameter each from some starts down their losses and "
                      "prints where they end; --to draws the whole flow. Portraits are figure-s1, dirac-losses and "
                      "critics; games are quadratic and dirac, whose keys “matchpoint describe” explains."),
    OPTIONS (portrait_options), .least = 1, .most = 1, .word = MP_WORD_NONE, .run = mp_portrait_run,
  },
};

const guint mp_n_commands = G_N_ELEMENTS (mp_commands);

const char *const mp_exit_texts[][2] = {
  { "0", N_("All is well: every lane finished.") },
  { "1", N_("Something failed: a lane, or reading or writing a file.") },
  { "2", N_("The command line, an experiment or a name in it is wrong; nothing was done.") },
  { "3", N_("Nothing failed, but at least one lane diverged.") },
  { "130", N_("Interrupted; the lanes stopped and their runs are kept. Hung up: 129, terminated: 143.") },
  { NULL, NULL },
};

const char *const mp_environment_texts[][2] = {
  { "MATCHPOINT_DATA_DIR", N_("Folder with presets/, instead of the installed one.") },
  { "MATCHPOINT_RUNS_DIR", N_("Run library, instead of matchpoint/runs in the user's data folder.") },
  { "MATCHPOINT_SWEEPS_DIR", N_("Sweep library, instead of matchpoint/sweeps in the user's data folder.") },
  { "MATCHPOINT_STAGES_DIR", N_("Which run trained which stage, instead of matchpoint/stages in the user's cache folder.") },
  { "MATCHPOINT_CUDA_MODULE", N_("File of the CUDA module, instead of the installed one; empty: none, GPUs are not "
                                 "looked for.") },
  { "MATCHPOINT_CUDA_LIBRARIES", N_("Folders, separated by colons, in which CUDA's libraries are looked for first.") },
  { "NO_COLOR", N_("Where it is set, nothing is coloured.") },
  { NULL, NULL },
};

const MpCommand *
mp_command_find (const char *name)
{
  for (guint i = 0; i < mp_n_commands; i++)
    if (strcmp (mp_commands[i].name, name) == 0)
      return &mp_commands[i];
  return NULL;
}
