/* SPDX-License-Identifier: Apache-2.0
 *
 * game.h: methods with so few parameters that the whole of their dynamics fits on a page: one parameter of the generator,
 * one of the critic, and the flow of both going down their losses at once,
 *   ẇ₁ = −∂L_G/∂w₁,   ẇ₂ = −∂L_D/∂w₂.
 * A game is one file that ends in a descriptor, and one word in the folder's list; phase portraits in the window and
 * `matchpoint portrait` read it.
 *
 * Threads: a field is immutable once made; any number of threads may evaluate it.
 */
#pragma once

#include "engine/descriptor.h"
#include "engine/error.h"

G_BEGIN_DECLS

typedef struct _MpGame MpGame;
typedef struct _MpGameField MpGameField;

struct _MpGame
{
  MpDescriptor base;
  const char  *axes[2];       /* "generator w₁", "critic w₂" */
  double       extent[4];     /* what a portrait shows at first: w₁ from, to, w₂ from, to */
  double       distance;      /* trajectories that leave the extent by this are given up */
  gpointer   (*open) (const MpGameField *field);              /* nullable; what evaluate () needs, from the settings */
  void       (*evaluate) (const MpGameField *field, gconstpointer state, const double w[2], double flow[2]);
  void       (*close) (gpointer state);                       /* nullable */
};

/* A portrait that is worth a page: several fields side by side. */
typedef struct
{
  const char *id, *title;
  const char *game;
  const char *settings[4];    /* one panel each: "target=normal; weight=1" */
  const char *captions[4];
  const char *starts[4];      /* "1.2 0.6; 1.5 0.5" */
  guint       n_panels;
} MpPortrait;

const MpGame *const *mp_games_list (guint *n);
const MpGame        *mp_game_find (const char *id);           /* or NULL */
const MpPortrait    *mp_portraits_list (guint *n);
const MpPortrait    *mp_portrait_find (const char *id);       /* or NULL */

/* settings: "KEY=VALUE; KEY=VALUE" or NULL; what is left out takes its default. */
MpGameField   *mp_game_field_new (const MpGame *game, const char *settings, GError **error);
MpGameField   *mp_game_field_ref (MpGameField *self);
void           mp_game_field_unref (MpGameField *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpGameField, mp_game_field_unref)
const MpGame  *mp_game_field_get_game (const MpGameField *self);
/* As written; the key must exist. Borrowed. */
const char    *mp_game_field_get (const MpGameField *self, const char *key);
double         mp_game_field_get_double (const MpGameField *self, const char *key);
void           mp_game_field_evaluate (const MpGameField *self, const double w[2], double flow[2]);

/* The flow at the nodes of a width × height grid over extent (w₁ from, to, w₂ from, to): flows[2·(row·width + column)],
 * row 0 at the lower w₂. FALSE when cancelled became non-zero. */
gboolean       mp_game_field_sample (const MpGameField *self, const double extent[4], guint width, guint height,
                                     float *flows, const gint *cancelled);

typedef enum
{
  MP_TRAJECTORY_ARRIVED,      /* the flow vanishes */
  MP_TRAJECTORY_LEFT,         /* went far out of the extent */
  MP_TRAJECTORY_UNDECIDED     /* out of time: it goes round, or is very slow */
} MpTrajectoryEnd;

typedef enum
{
  MP_DYNAMICS_FLOW,           /* the differential equation: Dormand–Prince 5(4), error per step 10⁻⁸ */
  MP_DYNAMICS_SIMULTANEOUS,   /* w ← w + η·flow (w), both at once */
  MP_DYNAMICS_ALTERNATING     /* the critic first, then the generator, which sees it */
} MpDynamics;

typedef struct
{
  MpDynamics dynamics;
  double     step;            /* η of the discrete ones */
  double     time;            /* 0: until it arrives, at most 10,000; the discrete ones take time / step steps */
} MpTrajectorySettings;

typedef struct
{
  GArray          *points;    /* of double: time, w₁, w₂ */
  MpTrajectoryEnd  end;
  double           last[2];
  double           eigenvalues[2][2]; /* of the flow's Jacobian where it arrived: real and imaginary parts */
} MpTrajectory;

/* settings: NULL: the flow. cancelled: (nullable): checked between steps; what was computed by then is returned. (transfer full) */
MpTrajectory  *mp_trajectory_new (const MpGameField *field, const double start[2], const MpTrajectorySettings *settings,
                                  const gint *cancelled);
void           mp_trajectory_free (MpTrajectory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpTrajectory, mp_trajectory_free)
/* "(1.554, 0.307)": where it was last. (transfer full) */
char          *mp_trajectory_place (const MpTrajectory *self);
/* "arrives at (1.554, 0.307), a stable node". (transfer full) */
char          *mp_trajectory_describe (const MpTrajectory *self);
/* Eigenvalues of the flow's Jacobian by central differences: eigenvalues[i] = { real, imaginary }. */
void           mp_game_field_linearise (const MpGameField *self, const double w[2], double eigenvalues[2][2]);

G_END_DECLS
