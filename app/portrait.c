/* SPDX-License-Identifier: Apache-2.0
 *
 * portrait.c: the command “portrait”: the flow of a two-parameter game as a picture, and where its trajectories end.
 */
#include "app/app.h"
#include "app/json.h"
#include "engine/games/game.h"
#include "ui/plot/phase-plot.h"

#define GRID_WIDTH 61
#define GRID_HEIGHT 41

/* What was asked for: a portrait of the list, or one panel of a game with --set. */
typedef struct
{
  const char   *title;
  const MpGame *game;
  guint         n;
  MpGameField  *fields[4];
  const char   *captions[4];
  const char   *starts[4];
} Request;

static void
request_clear (Request *self)
{
  for (guint i = 0; i < self->n; i++)
    g_clear_pointer (&self->fields[i], mp_game_field_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Request, request_clear)

static gboolean
open_portrait (Request           *self,
               const MpPortrait  *portrait,
               const char        *settings,
               GError           **error)
{
  self->title = _(portrait->title);
  self->game = mp_game_find (portrait->game);
  for (guint i = 0; i < portrait->n_panels; i++) {
    g_autofree char *all = g_strjoin ("; ", portrait->settings[i], settings, NULL);

    self->fields[i] = mp_game_field_new (self->game, all, error);
    if (self->fields[i] == NULL)
      return FALSE;
    self->n++;
    self->captions[i] = _(portrait->captions[i]);
    self->starts[i] = portrait->starts[i];
  }
  return TRUE;
}

static gboolean
open_request (Request      *self,
              const char   *name,
              const char   *settings,
              GError      **error)
{
  const MpPortrait *portrait = mp_portrait_find (name);
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *known = NULL;
  guint n_games, n_portraits;
  const MpGame *const *games = mp_games_list (&n_games);
  const MpPortrait *portraits = mp_portraits_list (&n_portraits);

  if (portrait != NULL)
    return open_portrait (self, portrait, settings, error);
  self->game = mp_game_find (name);
  if (self->game != NULL) {
    self->title = _(self->game->base.title);
    self->fields[0] = mp_game_field_new (self->game, settings, error);
    self->n = self->fields[0] != NULL;
    return self->n == 1;
  }
  names = g_ptr_array_new ();
  for (guint i = 0; i < n_portraits; i++)
    g_ptr_array_add (names, (gpointer) portraits[i].id);
  for (guint i = 0; i < n_games; i++)
    g_ptr_array_add (names, (gpointer) games[i]->base.id);
  g_ptr_array_add (names, NULL);
  known = g_strjoinv (", ", (char **) names->pdata);
  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, _("There is no portrait or game “%s”; there are %s."), name, known);
  return FALSE;
}

/* "1.2 0.6" */
static gboolean
read_start (const char *text,
            double      start[2])
{
  char *end;

  start[0] = g_ascii_strtod (text, &end);
  if (end == text)
    return FALSE;
  text = end;
  start[1] = g_ascii_strtod (text, &end);
  return end != text && *g_strchug (end) == '\0';
}

/* Follows one start; a row of the table, an object in JSON, a curve in the plot. */
static void
follow (Request     *self,
        guint        panel,
        const char  *text,
        guint        number,
        MpPhasePlot *plot,
        GPtrArray   *rows,
        JsonBuilder *json)
{
  double start[2];
  g_autoptr (MpTrajectory) trajectory = NULL;
  g_autofree char *words = NULL, *label = NULL;
  char **row = g_new0 (char *, 4);

  read_start (text, start);
  trajectory = mp_trajectory_new (self->fields[panel], start, NULL, NULL);
  words = mp_trajectory_describe (trajectory);
  label = mp_trajectory_place (trajectory);
  if (plot != NULL)
    mp_phase_plot_add_trajectory (plot, trajectory->points->len / 3, (const double *) trajectory->points->data, number,
                                  trajectory->end == MP_TRAJECTORY_ARRIVED,
                                  trajectory->end == MP_TRAJECTORY_ARRIVED ? label : NULL);
  row[0] = g_strdup (self->captions[panel] != NULL ? self->captions[panel] : self->title);
  row[1] = g_strdup_printf ("(%g, %g)", start[0], start[1]);
  row[2] = g_strdup (words);
  g_ptr_array_add (rows, row);

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "panel");
  json_builder_add_int_value (json, panel);
  for (guint i = 0; i < 2; i++) {
    static const char *const names[2][2] = { { "start_generator", "start_critic" }, { "end_generator", "end_critic" } };

    json_builder_set_member_name (json, names[0][i]);
    json_builder_add_double_value (json, start[i]);
    json_builder_set_member_name (json, names[1][i]);
    json_builder_add_double_value (json, trajectory->last[i]);
  }
  json_builder_set_member_name (json, "arrived");
  json_builder_add_boolean_value (json, trajectory->end == MP_TRAJECTORY_ARRIVED);
  json_builder_end_object (json);
}

static MpPhasePlot *
make_plot (Request *self,
           guint    panel)
{
  MpPhasePlot *plot = mp_phase_plot_new ();
  g_autofree float *flows = g_new (float, 2 * GRID_WIDTH * GRID_HEIGHT);

  mp_phase_plot_set_texts (plot, self->captions[panel], _(self->game->axes[0]), _(self->game->axes[1]));
  mp_phase_plot_set_extent (plot, self->game->extent);
  mp_game_field_sample (self->fields[panel], self->game->extent, GRID_WIDTH, GRID_HEIGHT, flows, NULL);
  mp_phase_plot_set_field (plot, GRID_WIDTH, GRID_HEIGHT, flows);
  return plot;
}

static void
follow_all (Request     *self,
            guint        panel,
            GPtrArray   *from,
            MpPhasePlot *plot,
            GPtrArray   *rows,
            JsonBuilder *json)
{
  g_auto (GStrv) own = g_strsplit (self->starts[panel] != NULL ? self->starts[panel] : "", ";", -1);
  guint number = 0;

  for (guint i = 0; from == NULL && own[i] != NULL && *g_strstrip (own[i]) != '\0'; i++)
    follow (self, panel, own[i], number++, plot, rows, json);
  for (guint i = 0; from != NULL && i < from->len; i++)
    follow (self, panel, g_ptr_array_index (from, i), number++, plot, rows, json);
}

static gboolean
check_starts (GPtrArray *from)
{
  double start[2];

  for (guint i = 0; from != NULL && i < from->len; i++)
    if (!read_start (g_ptr_array_index (from, i), start)) {
      mp_complain (MP_EXIT_USAGE, _("--from %s is not allowed: two numbers are, generator's then critic's."),
                   (const char *) g_ptr_array_index (from, i));
      return FALSE;
    }
  return TRUE;
}

static int
draw (MpArguments *arguments,
      Request     *request)
{
  const char *to = mp_arguments_get (arguments, "to");
  g_autoptr (GPtrArray) plots = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_phase_plot_unref);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  GError *error = NULL;

  json_builder_begin_array (json);
  for (guint i = 0; i < request->n; i++) {
    MpPhasePlot *plot = to != NULL ? make_plot (request, i) : NULL;

    follow_all (request, i, mp_arguments_get_all (arguments, "from"), plot, rows, json);
    if (plot != NULL)
      g_ptr_array_add (plots, plot);
  }
  json_builder_end_array (json);
  if (to != NULL) {
    MpPlotStyle style;

    mp_plot_style_init (&style, mp_arguments_has (arguments, "dark") ? MP_PLOT_DARK : MP_PLOT_LIGHT);
    if (!mp_phase_plots_write ((MpPhasePlot *const *) plots->pdata, plots->len, request->title, to, &style, &error))
      return mp_complain_error (error);
  }
  if (mp_arguments_has (arguments, "json"))
    mp_json_print (json);
  else
    mp_print_table (rows, "");
  return MP_EXIT_OK;
}

int
mp_portrait_run (MpArguments *arguments)
{
  g_auto (Request) request = { 0 };
  GPtrArray *set = mp_arguments_get_all (arguments, "set");
  g_autoptr (GString) settings = g_string_new ("");
  GError *error = NULL;

  for (guint i = 0; set != NULL && i < set->len; i++)
    g_string_append_printf (settings, "%s;", (const char *) g_ptr_array_index (set, i));
  if (!check_starts (mp_arguments_get_all (arguments, "from")) || !mp_arguments_check_picture (arguments, "to"))
    return MP_EXIT_USAGE;
  if (!open_request (&request, g_ptr_array_index (arguments->words, 0), settings->str, &error))
    return mp_complain_error (error);
  return draw (arguments, &request);
}
