/* SPDX-License-Identifier: Apache-2.0
 *
 * parity.h: what the files of the parity suite share: modes, the tally of each operation, and one check for all.
 *
 * The reference is always the CPU in float64 on the same inputs, after these were rounded to the tensors' format.
 *
 * Tolerances. A kernel that adds K terms t in a format of unit roundoff u, in any order, is off by at most
 * (K+3)·u·Σ|t| to first order (Higham, Accuracy and stability, §4.2); Σ|t| is the magnitude, per element, made by
 * running the operation on absolute values. Each term of a product of operands that were rounded before by at most r
 * is off by 2r + r² of itself. An output stored as bfloat16 is rounded once more, by 2⁻⁸ of its value. So
 *   allowed = magnitude · (u·(K+4) + 2r + r²) + stored · |value|, with
 *   u: 2⁻⁵³ float64, else 2⁻²⁴;   r: 0 strict, 2⁻¹⁰ TF32 (cut off, not rounded), 2⁻⁸ bfloat16.
 */
#pragma once

#include "tests/device/target.h"

G_BEGIN_DECLS

typedef struct
{
  const char  *id;
  MpDtype      dtype;         /* of float tensors */
  MpPrecision  precision;
  gboolean     deterministic; /* the device is asked for equal bits, and has to keep its word */
  gboolean     products_only; /* nothing but products depends on it */
} Mode;

/* The worst of one operation in one mode. */
typedef struct
{
  char    *name;
  guint    n_cases, n_declined, n_failed;
  double   worst;            /* in units of what is allowed */
  char    *where;            /* the case of it, with the algorithm */
  GString *mistakes;         /* lines for people; of the first few */
} Tally;

typedef struct
{
  const Mode *mode;
  Target      target;
  Target      cpu;           /* float64, one thread */
  gboolean    large;         /* with the cases that take their time */
  Tally      *tally;         /* of the operation at hand */
} Suite;

/* An expected value with its magnitude, for each element of each output. */
typedef struct
{
  gint64  n;
  double *value;
  double *magnitude;
} Expected;

double tally_unit (const Mode *mode);      /* u */
double tally_operand (const Mode *mode);   /* 2r + r² */

void   tally_declined (Suite *self);
/* A mistake that is no number: it failed, or damaged memory. Takes text. */
void   tally_mistake (Suite *self, const char *name, char *text);
/* Runs a bound kernel plainly, again on other poison, and replayed; compares every output each time and looks for
 * damage. expected: one for each output; factor: what is allowed of the magnitude. updated: host values of outputs that
 * the kernel updates in place, or NULL. */
void   suite_check (Suite *self, const char *name, Launch *launch, const Expected *expected, double factor,
                    void *const *updated, const MpRunContext *context);

/* ---- the operations ---- */
void   parity_table (Suite *self, GPtrArray *tallies);      /* tests/kernels/cases.h */
void   parity_random (Suite *self, GPtrArray *tallies);
void   parity_updates (Suite *self, GPtrArray *tallies);
void   parity_rings (Suite *self, GPtrArray *tallies);      /* FETCH and COLLECT */
void   parity_contractions (Suite *self, GPtrArray *tallies);
void   parity_pairs (Suite *self, GPtrArray *tallies);
/* Makes the tally that the next checks count for. */
void   suite_begin (Suite *self, GPtrArray *tallies, const char *name);

G_END_DECLS
