/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/page-lesson.h"

#include <math.h>

#include "ui/charts.h"
#include "ui/columns-layout.h"
#include "ui/lane-card.h"
#include "ui/lane-layers.h"
#include "ui/lesson-settings.h"
#include "ui/page-graph.h"
#include "ui/page-portrait.h"
#include "ui/param-row.h"

struct _MpLessonPage
{
  GtkWidget parent_instance;

  GtkStack       *stack;       /* list, lesson */
  GtkListBox     *list;
  GtkLabel       *list_error;
  GtkLabel       *title;
  GtkLabel       *count;
  GtkLabel       *step_title;
  GtkLabel       *text;
  GtkWidget      *controls_frame;
  GtkListBox     *controls;
  GtkWidget      *question_box;
  GtkLabel       *question;
  GtkBox         *choices;
  GtkLabel       *reveal;
  GtkWidget      *back;
  GtkWidget      *next;
  GtkWidget      *play;
  GtkStack       *views;       /* lanes, charts, graph, portrait */
  GtkBox         *cards;
  GtkBox         *charts_box;
  GtkBox         *graph_box;
  GtkBox         *portrait_box;

  MpSession      *session;
  GPtrArray      *lessons;     /* MpLesson, or NULL: not read yet */
  const MpLesson *lesson;      /* of them, or NULL */
  guint           at;
  gboolean        answered;
  char           *opened;      /* preset that the lesson opened */
  gboolean        opening;     /* just now */
  gboolean        has_lanes;   /* those on screen are a lesson's, also when it is over */
  GtkWidget      *portrait;
};

G_DEFINE_FINAL_TYPE (MpLessonPage, mp_lesson_page, GTK_TYPE_WIDGET)

static MpLessonStep *
current (MpLessonPage *self)
{
  return g_ptr_array_index (self->lesson->steps, self->at);
}

static void
say (MpLessonPage *self,
     const char   *text)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", text);
}

/* ---- lanes ---- */

static void
fill_cards (MpLessonPage *self)
{
  GListModel *lanes = mp_session_get_lanes (self->session);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->cards))))
    gtk_box_remove (self->cards, child);
  for (guint i = 0; self->lesson && i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    gtk_box_append (self->cards, mp_lane_card_new (lane));
  }
}

/* Calls for each lane that a setting is for and that has its key. */
static void
for_lanes (MpLessonPage          *self,
           const MpLessonSetting *setting,
           void                 (*call) (MpLessonPage *self, MpLaneModel *lane, const MpLessonSetting *setting))
{
  GListModel *lanes = mp_session_get_lanes (self->session);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if ((setting->lane == 0 || setting->lane == i + 1)
        && mp_experiment_find_param (mp_lane_model_get_draft (lane), setting->group, setting->key))
      call (self, lane, setting);
  }
}

static void
apply_setting (MpLessonPage          *self,
               MpLaneModel           *lane,
               const MpLessonSetting *setting)
{
  g_autoptr (GError) error = NULL;

  if (!mp_lane_model_set_value (lane, setting->group, setting->key, setting->value, &error))
    say (self, error->message);
}

/* Those whose settings are not live start over. */
static void
restart_pending (MpLessonPage *self)
{
  GListModel *lanes = mp_session_get_lanes (self->session);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if (mp_lane_model_get_n_pending (lane) > 0)
      mp_lane_model_restart (lane);
  }
}

/* Shows what the step names in all lanes; in those that showed it before only when it is shown afresh, so that a restart
 * leaves what the person switched meanwhile. */
static void
choose_layers (MpLessonPage *self,
               gboolean      afresh)
{
  GListModel *lanes = mp_session_get_lanes (self->session);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);
    GObject *layers = G_OBJECT (mp_lane_model_get_layers (lane));

    if (!afresh && g_object_get_data (layers, "lesson-step") == current (self))
      continue;
    if (mp_lesson_settings_choose_layers (self->lesson, self->at, MP_LANE_LAYERS (layers)))
      g_object_set_data (layers, "lesson-step", current (self));
    else
      g_object_set_data (layers, "lesson-step", NULL);
  }
}

/* What a lane has to show is known once it is prepared. */
static void
changed_offer_cb (MpLessonPage *self)
{
  if (self->lesson)
    choose_layers (self, FALSE);
}

static void
watch_lanes (MpLessonPage *self)
{
  GListModel *lanes;

  if (!self->session) /* disposed, and not gone yet */
    return;
  self->has_lanes = self->opening;
  lanes = mp_session_get_lanes (self->session);
  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);
    MpLaneLayers *layers = mp_lane_model_get_layers (lane);

    g_signal_handlers_disconnect_by_func (layers, changed_offer_cb, self);
    g_signal_connect_object (layers, "changed-offer", G_CALLBACK (changed_offer_cb), self, G_CONNECT_SWAPPED);
  }
  fill_cards (self);
}

/* ---- controls ---- */

static void
edited_cb (MpParamRow   *row,
           const char   *value,
           MpLessonPage *self)
{
  const MpLessonSetting *control = g_object_get_data (G_OBJECT (row), "control");
  MpLessonSetting setting = { control->lane, control->group, control->key, (char *) value };

  for_lanes (self, &setting, apply_setting);
  restart_pending (self);
}

/* Whose control it is, where its title does not say so: one lane's, or one network's optimizer's; or NULL. */
static char *
describe_place (MpLaneModel           *lane,
                const MpLessonSetting *control)
{
  g_autoptr (GPtrArray) schema = NULL;

  if (control->lane > 0)
    return g_strdup_printf (_("Lane %u · %s"), control->lane, mp_lane_model_get_name (lane));
  if (!g_str_has_prefix (control->group, "optimizer."))
    return NULL;
  schema = mp_experiment_get_schema (mp_lane_model_get_draft (lane));
  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);

    if (g_str_equal (group->group, control->group))
      return g_strdup (g_dgettext (GETTEXT_PACKAGE, group->title));
  }
  return NULL;
}

static void
add_control (MpLessonPage          *self,
             MpLaneModel           *lane,
             const MpLessonSetting *control)
{
  const MpParam *param = mp_experiment_find_param (mp_lane_model_get_draft (lane), control->group, control->key);
  g_autofree char *place = describe_place (lane, control);
  GtkWidget *row;

  /* One row, whose value goes to all lanes that have the key. */
  if (control->lane == 0 && gtk_list_box_get_row_at_index (self->controls, 0)
      && g_object_get_data (G_OBJECT (gtk_widget_get_last_child (GTK_WIDGET (self->controls))), "control") == control)
    return;
  row = mp_param_row_new (param, NULL);
  if (place)
    mp_param_row_set_place (MP_PARAM_ROW (row), place);
  mp_param_row_set_value (MP_PARAM_ROW (row), mp_experiment_get_string (mp_lane_model_get_draft (lane), control->group,
                                                                        control->key));
  g_object_set_data (G_OBJECT (row), "control", (gpointer) control);
  g_signal_connect (row, "edited", G_CALLBACK (edited_cb), self);
  gtk_list_box_append (self->controls, row);
}

static void
fill_controls (MpLessonPage *self)
{
  GtkListBoxRow *row;

  while ((row = gtk_list_box_get_row_at_index (self->controls, 0)))
    gtk_list_box_remove (self->controls, GTK_WIDGET (row));
  for (guint i = 0; i < current (self)->controls->len; i++)
    for_lanes (self, &g_array_index (current (self)->controls, MpLessonSetting, i), add_control);
  gtk_widget_set_visible (self->controls_frame, gtk_list_box_get_row_at_index (self->controls, 0) != NULL);
}

/* ---- questions ---- */

static void
update_buttons (MpLessonPage *self)
{
  gboolean last = self->at + 1 == self->lesson->steps->len;

  gtk_widget_set_sensitive (self->back, self->at > 0);
  gtk_widget_set_sensitive (self->next, self->answered);
  gtk_button_set_label (GTK_BUTTON (self->next), last ? _("_Done") : _("_Next"));
  gtk_widget_set_tooltip_text (self->next, self->answered ? NULL : _("Predict first: choose an answer"));
}

void
mp_lesson_page_answer (MpLessonPage *self,
                       guint         choice)
{
  GtkWidget *button;
  guint i = 0;
  g_autofree char *text = NULL;

  g_return_if_fail (MP_IS_LESSON_PAGE (self));
  g_return_if_fail (self->lesson != NULL && current (self)->question != NULL);

  if (self->answered)
    return;
  self->answered = TRUE;
  for (button = gtk_widget_get_first_child (GTK_WIDGET (self->choices)); button;
       button = gtk_widget_get_next_sibling (button), i++) {
    gtk_widget_set_sensitive (button, FALSE);
    if (i == current (self)->answer)
      gtk_widget_add_css_class (button, "right");
    else if (i == choice)
      gtk_widget_add_css_class (button, "wrong");
  }
  text = g_strdup_printf ("%s %s", choice == current (self)->answer ? _("Right.") : _("Not quite."),
                          current (self)->reveal);
  gtk_label_set_text (self->reveal, text);
  gtk_widget_set_visible (GTK_WIDGET (self->reveal), TRUE);
  update_buttons (self);
  gtk_widget_grab_focus (self->next);
}

static void
choice_cb (GtkButton    *button,
           MpLessonPage *self)
{
  mp_lesson_page_answer (self, GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "choice")));
}

static void
fill_question (MpLessonPage *self)
{
  const MpLessonStep *step = current (self);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->choices))))
    gtk_box_remove (self->choices, child);
  self->answered = step->question == NULL;
  gtk_widget_set_visible (self->question_box, step->question != NULL || step->reveal != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->question), step->question != NULL);
  gtk_label_set_text (self->question, step->question ? step->question : "");
  gtk_widget_set_visible (GTK_WIDGET (self->reveal), !step->question && step->reveal);
  gtk_label_set_text (self->reveal, step->reveal ? step->reveal : "");
  for (guint i = 0; step->question && step->choices[i]; i++) {
    GtkWidget *button = gtk_button_new_with_label (step->choices[i]);
    GtkWidget *label = gtk_button_get_child (GTK_BUTTON (button));

    gtk_label_set_wrap (GTK_LABEL (label), TRUE);
    gtk_label_set_xalign (GTK_LABEL (label), 0);
    g_object_set_data (G_OBJECT (button), "choice", GUINT_TO_POINTER (i));
    g_signal_connect (button, "clicked", G_CALLBACK (choice_cb), self);
    gtk_box_append (self->choices, button);
  }
}

/* ---- what is beside the text ---- */

static void
show_portrait (MpLessonPage *self,
               const char   *id)
{
  if (!self->portrait) {
    self->portrait = mp_portrait_page_new (self->session);
    gtk_widget_set_hexpand (self->portrait, TRUE);
    gtk_widget_set_vexpand (self->portrait, TRUE);
    gtk_box_append (self->portrait_box, self->portrait);
  }
  mp_portrait_page_show (MP_PORTRAIT_PAGE (self->portrait), id);
  gtk_stack_set_visible_child_name (self->views, "portrait");
}

static void
show_view (MpLessonPage       *self,
           const MpLessonStep *step)
{
  static const char *const names[] = { "lanes", "charts", "graph" };
  GtkBox *const boxes[] = { NULL, self->charts_box, self->graph_box };
  GtkWidget *widget;

  if (step->show == MP_LESSON_PORTRAIT) {
    show_portrait (self, step->portrait);
    return;
  }
  if (boxes[step->show] && !gtk_widget_get_first_child (GTK_WIDGET (boxes[step->show]))) {
    widget = step->show == MP_LESSON_CHARTS ? mp_charts_new () : mp_graph_page_new (self->session);
    if (step->show == MP_LESSON_CHARTS)
      mp_charts_set_lanes (MP_CHARTS (widget), mp_session_get_lanes (self->session));
    gtk_widget_set_hexpand (widget, TRUE);
    gtk_widget_set_vexpand (widget, TRUE);
    gtk_box_append (boxes[step->show], widget);
  }
  gtk_stack_set_visible_child_name (self->views, names[step->show]);
}

/* Whether a lane has not come as far as the step wants. */
static gboolean
has_to_play (MpLessonPage       *self,
             const MpLessonStep *step)
{
  GListModel *lanes = mp_session_get_lanes (self->session);

  for (guint i = 0; step->until > 0 && i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if (mp_lane_model_get_progress (lane)->iteration < step->until)
      return TRUE;
  }
  return step->until == 0;
}

/* Whether somebody played on in an earlier step, and a lane has passed what this one shows. */
static gboolean
has_passed (MpLessonPage       *self,
            const MpLessonStep *step)
{
  GListModel *lanes = mp_session_get_lanes (self->session);

  for (guint i = 0; step->until > 0 && i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if (mp_lane_model_get_progress (lane)->iteration > step->until)
      return TRUE;
  }
  return FALSE;
}

static void
act (MpLessonPage       *self,
     const MpLessonStep *step)
{
  switch (step->action) {
  case MP_LESSON_PLAY:
    if (has_passed (self, step)) {
      mp_session_reset (self->session);
      mp_session_play (self->session);
    } else if (has_to_play (self, step))
      mp_session_play (self->session);
    break;
  case MP_LESSON_PAUSE:
    mp_session_pause (self->session);
    break;
  case MP_LESSON_STEP:
    mp_session_step_iteration (self->session);
    break;
  case MP_LESSON_PHASE:
    mp_session_step_phase (self->session);
    break;
  case MP_LESSON_RESET:
    mp_session_reset (self->session);
    break;
  case MP_LESSON_NOTHING:
    break;
  }
}

/* Returns: whether there are other lanes now. */
static gboolean
open_preset (MpLessonPage *self)
{
  const char *preset = mp_lesson_settings_find_preset (self->lesson, self->at, NULL);
  g_autoptr (GError) error = NULL;

  if (!preset || g_strcmp0 (preset, self->opened) == 0)
    return FALSE;
  g_free (self->opened);
  self->opened = g_strdup (preset);
  self->opening = TRUE;
  self->has_lanes = mp_session_open (self->session, preset, FALSE, &error);
  self->opening = FALSE;
  if (!self->has_lanes)
    say (self, error->message);
  return TRUE;
}

static void
set_step (MpLessonPage       *self,
          const MpLessonStep *step,
          gboolean            again)
{
  g_autoptr (GError) error = NULL;

  if (!open_preset (self) && !again)
    for (guint i = 0; i < step->settings->len; i++)
      for_lanes (self, &g_array_index (step->settings, MpLessonSetting, i), apply_setting);
  else if (!mp_lesson_settings_restore (self->lesson, self->at, mp_session_get_lanes (self->session), &error))
    say (self, error->message);
  restart_pending (self);
}

/* again: the step was shown before, and what came after it is taken back. */
static void
show_step (MpLessonPage *self,
           gboolean      again)
{
  const MpLessonStep *step = current (self);
  g_autofree char *count = g_strdup_printf (_("%u of %u"), self->at + 1, self->lesson->steps->len);

  mp_session_set_pause_at (self->session, step->until);
  set_step (self, step, again);
  gtk_label_set_text (self->title, self->lesson->title);
  gtk_label_set_text (self->count, count);
  gtk_label_set_text (self->step_title, step->title ? step->title : "");
  gtk_widget_set_visible (GTK_WIDGET (self->step_title), step->title != NULL);
  gtk_label_set_text (self->text, step->text);
  choose_layers (self, TRUE);
  fill_controls (self);
  fill_question (self);
  update_buttons (self);
  show_view (self, step);
  gtk_widget_set_visible (self->play, step->show != MP_LESSON_PORTRAIT);
  act (self, step);
}

gboolean
mp_lesson_page_go (MpLessonPage *self,
                   int           by)
{
  g_return_val_if_fail (MP_IS_LESSON_PAGE (self), FALSE);

  if (!self->lesson || (by > 0 && !self->answered) || (by < 0 && self->at == 0))
    return FALSE;
  if (by > 0 && self->at + 1 == self->lesson->steps->len) {
    mp_lesson_page_open (self, NULL);
    return TRUE;
  }
  self->at = by > 0 ? self->at + 1 : self->at - 1;
  show_step (self, by < 0);
  /* Next may have had the keyboard, and cannot be pressed before the answer; a number answers. */
  if (!self->answered)
    gtk_widget_grab_focus (GTK_WIDGET (self));
  return TRUE;
}

static void
next_cb (MpLessonPage *self)
{
  mp_lesson_page_go (self, 1);
}

static void
back_cb (MpLessonPage *self)
{
  mp_lesson_page_go (self, -1);
}

static void
leave_cb (MpLessonPage *self)
{
  mp_lesson_page_open (self, NULL);
}

/* ---- the list ---- */

static void
row_activated_cb (MpLessonPage  *self,
                  GtkListBoxRow *row)
{
  const MpLesson *lesson = g_ptr_array_index (self->lessons, gtk_list_box_row_get_index (row));

  /* The window asks where lanes have trained that go for it. */
  gtk_widget_activate_action (GTK_WIDGET (self), "win.lesson", "s", lesson->id);
}

static GtkWidget *
new_label (const char *text,
           const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, style);
  return label;
}

static void
fill_list (MpLessonPage *self)
{
  g_autoptr (GPtrArray) errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  g_autoptr (GString) wrong = g_string_new (NULL);

  self->lessons = mp_lessons_list (errors);
  for (guint i = 0; i < errors->len; i++)
    g_string_append_printf (wrong, "%s%s", i > 0 ? "\n" : "", ((GError *) g_ptr_array_index (errors, i))->message);
  gtk_widget_set_visible (GTK_WIDGET (self->list_error), errors->len > 0);
  gtk_label_set_text (self->list_error, wrong->str);
  for (guint i = 0; i < self->lessons->len; i++) {
    const MpLesson *lesson = g_ptr_array_index (self->lessons, i);
    GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
    g_autofree char *minutes = lesson->minutes > 0
                               ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d minute", "%d minutes",
                                                               (gulong) lesson->minutes), (int) lesson->minutes) : NULL;
    GtkWidget *title = new_label (lesson->title, "heading"), *time = new_label (minutes ? minutes : "", "dim-label");

    gtk_widget_set_hexpand (title, TRUE);
    gtk_box_append (GTK_BOX (line), title);
    gtk_box_append (GTK_BOX (line), time);
    gtk_box_append (GTK_BOX (box), line);
    gtk_box_append (GTK_BOX (box), new_label (lesson->summary, "dim-label"));
    gtk_widget_add_css_class (box, "lessonrow");
    gtk_list_box_append (self->list, box);
  }
}

static const MpLesson *
find_lesson (MpLessonPage *self,
             const char   *id)
{
  for (guint i = 0; id && self->lessons && i < self->lessons->len; i++)
    if (g_str_equal (((const MpLesson *) g_ptr_array_index (self->lessons, i))->id, id))
      return g_ptr_array_index (self->lessons, i);
  return NULL;
}

gboolean
mp_lesson_page_open (MpLessonPage *self,
                     const char   *id)
{
  g_return_val_if_fail (MP_IS_LESSON_PAGE (self), FALSE);

  self->lesson = find_lesson (self, id);
  self->at = 0;
  g_clear_pointer (&self->opened, g_free);
  gtk_stack_set_visible_child_name (self->stack, self->lesson ? "lesson" : "list");
  gtk_widget_set_focusable (GTK_WIDGET (self), self->lesson != NULL);
  if (self->lesson) {
    show_step (self, FALSE);
    /* Not the button that leaves the lesson: Space plays, and Page Down goes on. */
    gtk_widget_grab_focus (GTK_WIDGET (self));
  } else {
    mp_session_set_pause_at (self->session, 0);
    fill_cards (self);
  }
  return self->lesson != NULL || id == NULL;
}

/* ---- the widget ---- */

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        MpLessonPage          *self)
{
  guint number = key - GDK_KEY_1;

  if (key == GDK_KEY_Page_Down)
    return mp_lesson_page_go (self, 1);
  if (key == GDK_KEY_Page_Up)
    return mp_lesson_page_go (self, -1);
  if (modifiers == 0 && self->lesson && !self->answered && key >= GDK_KEY_1
      && number < g_strv_length (current (self)->choices)) {
    mp_lesson_page_answer (self, number);
    return GDK_EVENT_STOP;
  }
  return GDK_EVENT_PROPAGATE;
}

static void
mp_lesson_page_dispose (GObject *object)
{
  MpLessonPage *self = MP_LESSON_PAGE (object);
  GtkWidget *child;

  self->lesson = NULL;
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_pointer (&self->lessons, g_ptr_array_unref);
  g_clear_pointer (&self->opened, g_free);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (mp_lesson_page_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/page-lesson.ui");
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, stack);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, list);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, list_error);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, title);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, count);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, step_title);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, text);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, controls_frame);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, controls);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, question_box);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, question);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, choices);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, reveal);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, back);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, next);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, play);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, views);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, cards);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, charts_box);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, graph_box);
  gtk_widget_class_bind_template_child (widget_class, MpLessonPage, portrait_box);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, back_cb);
  gtk_widget_class_bind_template_callback (widget_class, leave_cb);
}

static void
mp_lesson_page_class_init (MpLessonPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_lesson_page_dispose;
  g_type_ensure (MP_TYPE_COLUMNS_LAYOUT);
  bind_template (widget_class);
  gtk_widget_class_set_css_name (widget_class, "lesson");
}

static void
mp_lesson_page_init (MpLessonPage *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  fill_list (self);
}

static void
update_playing (MpLessonPage *self)
{
  gboolean playing = mp_session_get_playing (self->session);

  gtk_button_set_icon_name (GTK_BUTTON (self->play),
                            playing ? "media-playback-pause-symbolic" : "media-playback-start-symbolic");
}

GtkWidget *
mp_lesson_page_new (MpSession *session)
{
  MpLessonPage *self = g_object_new (MP_TYPE_LESSON_PAGE, NULL);

  g_set_object (&self->session, session);
  g_signal_connect_object (mp_session_get_lanes (session), "items-changed", G_CALLBACK (watch_lanes), self,
                           G_CONNECT_SWAPPED);
  watch_lanes (self);
  g_signal_connect_object (session, "notify::playing", G_CALLBACK (update_playing), self, G_CONNECT_SWAPPED);
  update_playing (self);
  return GTK_WIDGET (self);
}

const char *
mp_lesson_page_get_id (MpLessonPage *self)
{
  g_return_val_if_fail (MP_IS_LESSON_PAGE (self), NULL);

  return self->lesson ? self->lesson->id : NULL;
}

gboolean
mp_lesson_page_has_lanes (MpLessonPage *self)
{
  g_return_val_if_fail (MP_IS_LESSON_PAGE (self), FALSE);

  return self->has_lanes;
}

guint
mp_lesson_page_get_step (MpLessonPage *self)
{
  g_return_val_if_fail (MP_IS_LESSON_PAGE (self), 0);

  return self->at;
}

guint
mp_lesson_page_get_n_steps (MpLessonPage *self)
{
  g_return_val_if_fail (MP_IS_LESSON_PAGE (self), 0);

  return self->lesson ? self->lesson->steps->len : 0;
}
