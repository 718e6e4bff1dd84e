/* SPDX-License-Identifier: Apache-2.0
 *
 * trajectory.c: where the flow of a game goes from a start: Dormand and Prince's embedded Runge–Kutta pair of orders 5
 * and 4 (A family of embedded Runge-Kutta formulae, 1980) with steps by its error estimate, or discrete steps as
 * optimizers take them.
 */
#include <glib/gi18n-lib.h>

#include "engine/games/game.h"

#include <math.h>

#define TOLERANCE 1e-8
#define STANDSTILL 1e-7       /* of the flow: there it has arrived */
#define LONGEST 1e4           /* time */
#define MOST_STEPS 20000
#define DIFFERENCE 1e-5
#define STRIDE 0.02           /* longest way in one step, as a share of the extent: curves are drawn from it */

/* a_ij of the tableau; the seventh stage is the first of the next step. */
static const double stages[6][6] = {
  { 1.0 / 5 },
  { 3.0 / 40, 9.0 / 40 },
  { 44.0 / 45, -56.0 / 15, 32.0 / 9 },
  { 19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729 },
  { 9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656 },
  { 35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84 },
};
/* Order 5 minus order 4. */
static const double errors[7] = { 71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525,
                                  -1.0 / 40 };

static void
append (MpTrajectory *self,
        double        time,
        const double  w[2])
{
  double point[3] = { time, w[0], w[1] };

  g_array_append_vals (self->points, point, 3);
}

static gboolean
is_far (const MpGameField *field,
        const double       w[2])
{
  const MpGame *game = mp_game_field_get_game (field);

  for (guint i = 0; i < 2; i++)
    if (!isfinite (w[i]) || w[i] < game->extent[2 * i] - game->distance || w[i] > game->extent[2 * i + 1] + game->distance)
      return TRUE;
  return FALSE;
}

/* One step of length h from w with its flow k[0]; k[6] is the flow at the end. Returns: the error's size. */
static double
try_step (const MpGameField *field,
          const double       w[2],
          double             h,
          double             k[7][2],
          double             end[2])
{
  double error = 0;

  for (guint stage = 0; stage < 6; stage++) {
    for (guint i = 0; i < 2; i++) {
      end[i] = w[i];
      for (guint j = 0; j <= stage; j++)
        end[i] += h * stages[stage][j] * k[j][i];
    }
    mp_game_field_evaluate (field, end, k[stage + 1]);
  }
  for (guint i = 0; i < 2; i++) {
    double difference = 0;

    for (guint j = 0; j < 7; j++)
      difference += h * errors[j] * k[j][i];
    error = MAX (error, fabs (difference) / (1 + fabs (w[i])));
  }
  return error;
}

/* The time in which the flow goes as far as a step may. */
static double
stride (const MpGameField *field,
        const double       flow[2])
{
  const double *extent = mp_game_field_get_game (field)->extent;
  double speed = hypot (flow[0] / (extent[1] - extent[0]), flow[1] / (extent[3] - extent[2]));

  return STRIDE / MAX (speed, 1e-12);
}

static void
flow_along (MpTrajectory       *self,
            const MpGameField  *field,
            double              longest,
            const gint         *cancelled)
{
  double k[7][2], w[2] = { self->last[0], self->last[1] }, time = 0, h = 0.01;

  mp_game_field_evaluate (field, w, k[0]);
  for (guint step = 0; step < MOST_STEPS && time < longest; step++) {
    double end[2], error;

    if (hypot (k[0][0], k[0][1]) < STANDSTILL) {
      self->end = MP_TRAJECTORY_ARRIVED;
      break;
    }
    if (cancelled != NULL && g_atomic_int_get (cancelled))
      break;
    h = MIN (h, longest - time);
    h = MIN (h, stride (field, k[0]));
    error = try_step (field, w, h, k, end);
    if (error <= TOLERANCE) {
      time += h;
      for (guint i = 0; i < 2; i++) {
        w[i] = end[i];
        k[0][i] = k[6][i];
      }
      append (self, time, w);
      if (is_far (field, w)) {
        self->end = MP_TRAJECTORY_LEFT;
        break;
      }
    }
    h *= CLAMP (0.9 * pow (TOLERANCE / MAX (error, 1e-300), 0.2), 0.2, 5.0);
  }
  self->last[0] = w[0];
  self->last[1] = w[1];
}

static void
step_along (MpTrajectory               *self,
            const MpGameField          *field,
            const MpTrajectorySettings *settings,
            const gint                 *cancelled)
{
  guint n = (guint) CLAMP ((settings->time > 0 ? settings->time : LONGEST) / settings->step, 1.0, MOST_STEPS);
  double w[2] = { self->last[0], self->last[1] }, flow[2];

  for (guint step = 1; step <= n && !(cancelled != NULL && g_atomic_int_get (cancelled)); step++) {
    mp_game_field_evaluate (field, w, flow);
    if (hypot (flow[0], flow[1]) < STANDSTILL) {
      self->end = MP_TRAJECTORY_ARRIVED;
      break;
    }
    w[1] += settings->step * flow[1];
    if (settings->dynamics == MP_DYNAMICS_ALTERNATING)
      mp_game_field_evaluate (field, w, flow);
    w[0] += settings->step * flow[0];
    append (self, step * settings->step, w);
    if (is_far (field, w)) {
      self->end = MP_TRAJECTORY_LEFT;
      break;
    }
  }
  self->last[0] = w[0];
  self->last[1] = w[1];
}

MpTrajectory *
mp_trajectory_new (const MpGameField          *field,
                   const double                start[2],
                   const MpTrajectorySettings *settings,
                   const gint                 *cancelled)
{
  const MpTrajectorySettings flow = { MP_DYNAMICS_FLOW, 0, 0 };
  MpTrajectory *self = g_new0 (MpTrajectory, 1);

  if (settings == NULL)
    settings = &flow;
  g_return_val_if_fail (settings->dynamics == MP_DYNAMICS_FLOW || settings->step > 0, NULL);
  self->points = g_array_new (FALSE, FALSE, sizeof (double));
  self->end = MP_TRAJECTORY_UNDECIDED;
  self->last[0] = start[0];
  self->last[1] = start[1];
  append (self, 0, start);
  if (settings->dynamics == MP_DYNAMICS_FLOW)
    flow_along (self, field, settings->time > 0 ? settings->time : LONGEST, cancelled);
  else
    step_along (self, field, settings, cancelled);
  if (self->end == MP_TRAJECTORY_ARRIVED)
    mp_game_field_linearise (field, self->last, self->eigenvalues);
  return self;
}

void
mp_trajectory_free (MpTrajectory *self)
{
  g_array_unref (self->points);
  g_free (self);
}

void
mp_game_field_linearise (const MpGameField *self,
                         const double       w[2],
                         double             eigenvalues[2][2])
{
  double jacobian[2][2], trace, determinant, root;

  for (guint j = 0; j < 2; j++) {
    double above[2] = { w[0], w[1] }, below[2] = { w[0], w[1] }, high[2], low[2];

    above[j] += DIFFERENCE;
    below[j] -= DIFFERENCE;
    mp_game_field_evaluate (self, above, high);
    mp_game_field_evaluate (self, below, low);
    for (guint i = 0; i < 2; i++)
      jacobian[i][j] = (high[i] - low[i]) / (2 * DIFFERENCE);
  }
  trace = jacobian[0][0] + jacobian[1][1];
  determinant = jacobian[0][0] * jacobian[1][1] - jacobian[0][1] * jacobian[1][0];
  root = trace * trace / 4 - determinant;
  for (guint i = 0; i < 2; i++) {
    eigenvalues[i][0] = trace / 2 + (root > 0 ? (i == 0 ? -1 : 1) * sqrt (root) : 0);
    eigenvalues[i][1] = root > 0 ? 0 : (i == 0 ? -1 : 1) * sqrt (-root);
  }
}

/* Below what differences resolve an eigenvalue is zero: a line of equilibria, or a slow direction. */
static const char *
kind_of (const double eigenvalues[2][2])
{
  double low = MIN (eigenvalues[0][0], eigenvalues[1][0]), high = MAX (eigenvalues[0][0], eigenvalues[1][0]);
  const double zero = 1e-6;

  if (fabs (high) <= zero && low < -zero)
    return N_("on a line of equilibria, or very slow along one direction");
  if (fabs (low) <= zero && fabs (high) <= zero)
    return eigenvalues[0][1] != 0 ? N_("a centre") : N_("degenerate");
  if (high < 0)
    return eigenvalues[0][1] != 0 ? N_("a stable focus") : N_("a stable node");
  if (low > 0)
    return N_("unstable");
  return N_("a saddle");
}

char *
mp_trajectory_place (const MpTrajectory *self)
{
  double x = self->last[0], y = self->last[1];

  /* No minus before a zero. */
  return g_strdup_printf ("(%.3f, %.3f)", fabs (x) < 0.0005 ? 0.0 : x, fabs (y) < 0.0005 ? 0.0 : y);
}

char *
mp_trajectory_describe (const MpTrajectory *self)
{
  g_autofree char *place = mp_trajectory_place (self);

  if (self->end == MP_TRAJECTORY_ARRIVED)
    return g_strdup_printf (_("arrives at %s, %s"), place, _(kind_of (self->eigenvalues)));
  if (self->end == MP_TRAJECTORY_LEFT)
    return g_strdup_printf (_("leaves the picture, last at %s"), place);
  return g_strdup_printf (_("does not come to rest, last at %s"), place);
}
