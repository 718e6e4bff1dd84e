/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/transport.h"

#include <math.h>

#include "ui/format.h"
#include "ui/plot/plot-format.h"
#include "ui/wrap-layout.h"

#define FULL_SPEED 4.0 /* end of the logarithmic scale: 10⁴ iterations per second stand for "no limit" */

struct _MpTransport
{
  GtkWidget parent_instance;

  gboolean       playing;
  gboolean       filling;
  double         per_second;

  GtkWidget     *reset;
  GtkWidget     *play;
  GtkWidget     *iteration;
  GtkWidget     *phase;
  GtkRange      *speed;
  GtkLabel      *speed_label;
  GtkLabel      *text;
  MpTimelineBar *bar;
  GtkWidget     *live;
  MpTimeline    *timeline;
  char          *progress;     /* what is said while now is shown */
  GtkSpinButton *seed;
};

enum
{
  PROP_0,
  PROP_PLAYING,
  PROP_SPEED,
  PROP_SEED,
  N_PROPS
};

enum
{
  SPEED_CHANGED,
  SEED_CHANGED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MpTransport, mp_transport, GTK_TYPE_WIDGET)

static void
show_speed (MpTransport *self)
{
  g_autofree char *rate = self->per_second > 0 ? mp_format_rate (self->per_second) : g_strdup (_("full"));
  g_autofree char *text = g_strdup_printf (_("Speed: %s"), rate);

  gtk_label_set_text (self->speed_label, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->speed), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, rate, -1);
}

static void
speed_cb (MpTransport *self)
{
  double value = gtk_range_get_value (self->speed);
  double per_second = value >= FULL_SPEED ? 0 : pow (10, value);

  if (self->filling || per_second == self->per_second)
    return;
  self->per_second = per_second;
  show_speed (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SPEED]);
  g_signal_emit (self, signals[SPEED_CHANGED], 0, per_second);
}

static void
seed_cb (MpTransport *self)
{
  if (self->filling)
    return;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEED]);
  g_signal_emit (self, signals[SEED_CHANGED], 0, mp_transport_get_seed (self));
}

/* While the past is shown the line says which moment, and a button leads back. */
static void
update_text (MpTransport *self)
{
  gboolean live = !self->timeline || mp_timeline_is_live (self->timeline);
  g_autofree char *moment = live ? NULL : mp_timeline_format (self->timeline, mp_timeline_get_position (self->timeline));
  g_autofree char *past = live ? NULL : g_strdup_printf (_("Looking back: %s"), moment);
  const char *text = past ? past : self->progress ? self->progress : "";

  if (!g_str_equal (gtk_label_get_text (self->text), text))
    gtk_label_set_text (self->text, text);
  gtk_widget_set_visible (self->live, !live);
}

static void
live_cb (MpTransport *self)
{
  if (self->timeline)
    mp_timeline_go_live (self->timeline);
}

static void
mp_transport_dispose (GObject *object)
{
  GtkWidget *child;

  mp_transport_set_timeline (MP_TRANSPORT (object), NULL);
  g_clear_pointer (&MP_TRANSPORT (object)->progress, g_free);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))))
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (mp_transport_parent_class)->dispose (object);
}

static void
mp_transport_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  MpTransport *self = MP_TRANSPORT (object);

  switch (prop_id) {
  case PROP_PLAYING:
    g_value_set_boolean (value, self->playing);
    break;
  case PROP_SPEED:
    g_value_set_double (value, self->per_second);
    break;
  case PROP_SEED:
    g_value_set_int64 (value, mp_transport_get_seed (self));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
mp_transport_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  MpTransport *self = MP_TRANSPORT (object);

  switch (prop_id) {
  case PROP_PLAYING:
    mp_transport_set_playing (self, g_value_get_boolean (value));
    break;
  case PROP_SPEED:
    mp_transport_set_speed (self, g_value_get_double (value));
    break;
  case PROP_SEED:
    mp_transport_set_seed (self, g_value_get_int64 (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
mp_transport_class_init (MpTransportClass *klass)
{
  const GParamFlags both = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_transport_dispose;
  object_class->get_property = mp_transport_get_property;
  object_class->set_property = mp_transport_set_property;
  props[PROP_PLAYING] = g_param_spec_boolean ("playing", NULL, NULL, FALSE, both);
  props[PROP_SPEED] = g_param_spec_double ("speed", NULL, NULL, 0, G_MAXDOUBLE, 0, both);
  props[PROP_SEED] = g_param_spec_int64 ("seed", NULL, NULL, 0, G_MAXUINT32, 0, both);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SPEED_CHANGED] = g_signal_new ("speed-changed", MP_TYPE_TRANSPORT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_DOUBLE);
  signals[SEED_CHANGED] = g_signal_new ("seed-changed", MP_TYPE_TRANSPORT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_INT64);

  g_type_ensure (MP_TYPE_TIMELINE_BAR);
  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/transport.ui");
  gtk_widget_class_bind_template_child (widget_class, MpTransport, reset);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, play);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, iteration);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, phase);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, speed);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, speed_label);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, text);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, bar);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, live);
  gtk_widget_class_bind_template_child (widget_class, MpTransport, seed);
  gtk_widget_class_set_css_name (widget_class, "transport");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_TOOLBAR);
}

static void
mp_transport_init (MpTransport *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Training"), -1);
  g_signal_connect_swapped (self->speed, "value-changed", G_CALLBACK (speed_cb), self);
  g_signal_connect_swapped (self->seed, "value-changed", G_CALLBACK (seed_cb), self);
  g_signal_connect_swapped (self->live, "clicked", G_CALLBACK (live_cb), self);
  show_speed (self);
}

GtkWidget *
mp_transport_new (void)
{
  return g_object_new (MP_TYPE_TRANSPORT, NULL);
}

gboolean
mp_transport_get_playing (MpTransport *self)
{
  g_return_val_if_fail (MP_IS_TRANSPORT (self), FALSE);

  return self->playing;
}

void
mp_transport_set_playing (MpTransport *self,
                          gboolean     playing)
{
  g_return_if_fail (MP_IS_TRANSPORT (self));

  playing = !!playing;
  if (self->playing == playing)
    return;
  self->playing = playing;
  gtk_button_set_icon_name (GTK_BUTTON (self->play),
                            playing ? "media-playback-pause-symbolic" : "media-playback-start-symbolic");
  gtk_widget_set_tooltip_text (self->play, playing ? _("Pause (Space)") : _("Train (Space)"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->play), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  playing ? _("Pause") : _("Train"), -1);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLAYING]);
}

double
mp_transport_get_speed (MpTransport *self)
{
  g_return_val_if_fail (MP_IS_TRANSPORT (self), 0);

  return self->per_second;
}

void
mp_transport_set_speed (MpTransport *self,
                        double       per_second)
{
  g_return_if_fail (MP_IS_TRANSPORT (self));
  g_return_if_fail (per_second >= 0);

  if (self->per_second == per_second)
    return;
  self->per_second = per_second;
  self->filling = TRUE;
  gtk_range_set_value (self->speed, per_second > 0 ? CLAMP (log10 (per_second), 0, FULL_SPEED) : FULL_SPEED);
  self->filling = FALSE;
  show_speed (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SPEED]);
}

gint64
mp_transport_get_seed (MpTransport *self)
{
  g_return_val_if_fail (MP_IS_TRANSPORT (self), 0);

  return (gint64) gtk_spin_button_get_value (self->seed);
}

void
mp_transport_set_seed (MpTransport *self,
                       gint64       seed)
{
  g_return_if_fail (MP_IS_TRANSPORT (self));

  if (mp_transport_get_seed (self) == seed)
    return;
  self->filling = TRUE;
  gtk_spin_button_set_value (self->seed, seed);
  self->filling = FALSE;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEED]);
}

void
mp_transport_set_progress (MpTransport *self,
                           guint64      iteration,
                           guint64      n_iterations,
                           double       seconds_left,
                           const char  *phase)
{
  GString *text = g_string_new (NULL);

  g_return_if_fail (MP_IS_TRANSPORT (self));

  if (n_iterations > 0) {
    g_autofree char *at = mp_format_count (iteration), *end = mp_format_count (n_iterations);

    g_string_append_printf (text, _("Iteration %s of %s"), at, end);
    if (!isnan (seconds_left)) {
      g_autofree char *left = mp_format_duration (seconds_left);

      g_string_append (text, " · ");
      g_string_append_printf (text, _("%s left"), left);
    } else if (phase && !self->playing && iteration < n_iterations) {
      g_string_append (text, " · ");
      g_string_append_printf (text, _("next: %s"), _(phase)); /* a title of the method, marked there */
    }
  }
  g_free (self->progress);
  self->progress = g_string_free (text, FALSE);
  update_text (self);
}

void
mp_transport_set_timeline (MpTransport *self,
                           MpTimeline  *timeline)
{
  g_return_if_fail (MP_IS_TRANSPORT (self));

  if (self->timeline == timeline)
    return;
  if (self->timeline)
    g_signal_handlers_disconnect_by_data (self->timeline, self);
  g_set_object (&self->timeline, timeline);
  if (self->bar)
    mp_timeline_bar_set_timeline (self->bar, timeline);
  if (timeline)
    g_signal_connect_swapped (timeline, "moved", G_CALLBACK (update_text), self);
  if (timeline)
    update_text (self);
}

MpTimelineBar *
mp_transport_get_bar (MpTransport *self)
{
  g_return_val_if_fail (MP_IS_TRANSPORT (self), NULL);

  return self->bar;
}

const char *
mp_transport_get_text (MpTransport *self)
{
  g_return_val_if_fail (MP_IS_TRANSPORT (self), NULL);

  return gtk_label_get_text (self->text);
}
