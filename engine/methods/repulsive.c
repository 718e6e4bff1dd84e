/* SPDX-License-Identifier: Apache-2.0
 *
 * repulsive.c: attractive and repulsive MMD games; formulas in repulsive.h.
 */
#include "engine/methods/repulsive.h"

/* Squared distances p–p, q–q and p–q, n × n each, and those of p–q with i = j, n; NULL where there are not as many
 * p as q, as in views, and all pairs count. */
typedef struct
{
  MpNode *rr, *gg, *rg, *rows;
} Distances;

typedef struct
{
  MpNode *rr, *gg, *rg;
} Means;

static Distances
measure (MpNode *p,
         MpNode *q)
{
  gboolean paired = p != NULL && q != NULL && p->type.dim[0] == q->type.dim[0];

  return (Distances) {
    .rr = mp_sqdist (p, p),
    .gg = mp_sqdist (q, q),
    .rg = mp_sqdist (p, q),
    .rows = paired ? mp_sum (mp_square (mp_sub (p, q)), MP_AXIS (1), FALSE) : NULL,
  };
}

/* Mean over i ≠ j of the kernel of an n × n matrix of squared distances; on_diagonal: those of i = j, n, or one for
 * all, or NULL for the mean over all pairs. */
static MpNode *
mean_kernel (MpBuild *build,
             MpNode  *distances,
             MpNode  *on_diagonal)
{
  const MpKernelSum *kernel = mp_build_get_kernel (build);
  MpKernelKind kind = kernel->terms[0].kind;
  MpNode *parameters = kernel->terms[0].parameters;
  double n = distances != NULL ? (double) distances->type.dim[0] : 2;
  MpNode *all = mp_mean (mp_gram_of_sqdist (distances, kind, parameters), MP_ALL_AXES, FALSE);
  MpNode *diagonal = mp_mean (mp_gram_of_sqdist (on_diagonal, kind, parameters), MP_ALL_AXES, FALSE);

  if (on_diagonal == NULL)
    return all;
  return mp_mul_scalar (mp_sub (mp_mul_scalar (all, n), diagonal), 1 / (n - 1));
}

static MpNode *
zero (MpBuild *build)
{
  return mp_scalar (mp_build_graph (build), 0);
}

static Means
plain_means (MpBuild         *build,
             const Distances *d)
{
  return (Means) {
    .rr = mp_named (mean_kernel (build, d->rr, zero (build)), "mean kernel of real points"),
    .gg = mp_named (mean_kernel (build, d->gg, zero (build)), "mean kernel of generated points"),
    .rg = mp_named (mean_kernel (build, d->rg, d->rows), "mean kernel of real and generated points"),
  };
}

/* λ, or NULL for −1. */
static MpNode *
get_lambda (MpBuild *build)
{
  return mp_experiment_find_param (mp_build_experiment (build), "method", "lambda") != NULL
         ? mp_build_live (build, "lambda") : NULL;
}

static gboolean
is_bounded (MpBuild *build)
{
  return mp_experiment_find_param (mp_build_experiment (build), "method", "lower_bound") != NULL;
}

static MpNode *
at_least (MpBuild *build,
          MpNode  *distances)
{
  return mp_maximum (distances, mp_build_live (build, "lower_bound"));
}

static MpNode *
at_most (MpBuild *build,
         MpNode  *distances)
{
  return mp_minimum (distances, mp_build_live (build, "upper_bound"));
}

/* One where the critic attracts (λ < 0), the other where it repels; λ may change while running. */
static MpNode *
choose (MpBuild *build,
        MpNode  *attracting,
        MpNode  *repelling)
{
  MpNode *lambda = get_lambda (build);

  return lambda == NULL ? attracting
         : mp_select (mp_compare (MP_OP_LT, lambda, zero (build)), attracting, repelling);
}

static Means
bounded_means (MpBuild         *build,
               const Distances *d)
{
  MpNode *origin = zero (build);
  MpNode *rr = choose (build, at_least (build, d->rr), at_most (build, d->rr));
  MpNode *rg = choose (build, at_most (build, d->rg), d->rg);
  MpNode *rows = choose (build, at_most (build, d->rows), d->rows);

  return (Means) {
    .rr = mean_kernel (build, rr, choose (build, at_least (build, origin), at_most (build, origin))),
    .gg = mean_kernel (build, at_least (build, d->gg), at_least (build, origin)),
    .rg = mean_kernel (build, rg, rows),
  };
}

/* L_D (λ). */
static MpNode *
critic_loss (MpBuild         *build,
             const Distances *d)
{
  MpNode *lambda = get_lambda (build);
  Means e = is_bounded (build) ? bounded_means (build, d) : plain_means (build, d);

  if (lambda == NULL)
    return mp_sub (mp_mul_scalar (e.rg, 2), mp_add (e.rr, e.gg));
  return mp_sub (mp_sub (mp_mul (lambda, e.rr), mp_mul (mp_add_scalar (lambda, -1), e.rg)), e.gg);
}

/* The unbiased MMD², whose pairs are all independent. */
static MpNode *
generator_loss (MpBuild         *build,
                const Distances *d)
{
  Means e = plain_means (build, d);

  return mp_add (mp_sub (e.gg, mp_mul_scalar (e.rg, 2)), e.rr);
}

static MpNode *
view_critic_loss (MpBuild *build,
                  MpNode  *p,
                  MpNode  *q)
{
  Distances d = measure (p, q);

  return critic_loss (build, &d);
}

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *p,
                     MpNode  *q)
{
  Distances d = measure (p, q);

  return generator_loss (build, &d);
}

static void
report_means (MpBuild         *build,
              MpPhase         *phase,
              const Distances *d)
{
  double share = 1 / mp_kernel_sum_at_zero (mp_build_get_kernel (build));
  Means e = plain_means (build, d);

  mp_phase_report (phase, "kernel/real", N_("Mean kernel between scores of real points (e_rr; 1 together, 0 apart)"),
                   MP_NEITHER_IS_BETTER, mp_mul_scalar (e.rr, share));
  mp_phase_report (phase, "kernel/generated",
                   N_("Mean kernel between scores of generated points (e_gg; 1 together, 0 apart)"),
                   MP_NEITHER_IS_BETTER, mp_mul_scalar (e.gg, share));
  mp_phase_report (phase, "kernel/cross",
                   N_("Mean kernel between scores of real and of generated points (e_rg; 1 together, 0 apart)"),
                   MP_NEITHER_IS_BETTER, mp_mul_scalar (e.rg, share));
}

static MpNode *
project (MpBuild *build,
         MpNode  *x,
         MpMode   mode)
{
  gint64 dimensions = mp_build_int (build, "dimensions");

  return mode == MP_TRAINING ? mp_build_critic (build, x, dimensions) : mp_build_view_critic (build, x, dimensions);
}

/* A penalty sees the sum of the outputs. */
static const MpAdversarial game = { .score = project };

gboolean
mp_repulsive_build (MpBuild  *build,
                    GError  **error)
{
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent"));
  MpNode *p = project (build, x, MP_TRAINING), *q = project (build, y, MP_TRAINING);
  MpPhase *phase = mp_build_phase (build, "both", N_("Critic and generator"), NULL);
  Distances d = measure (mp_named (p, "scores of real points"), mp_named (q, "scores of generated points"));
  MpNode *of_critic, *of_generator;
  MpKernelSum kernel;

  mp_kernel_sum_read (&kernel, build, phase, p);
  of_critic = mp_adversarial_penalise (build, &game, phase, critic_loss (build, &d), x, y, p, q);
  of_critic = mp_named (of_critic, "critic loss");
  of_generator = mp_named (generator_loss (build, &d), "generator loss");
  mp_phase_minimise (phase, of_critic, "critic");
  mp_phase_report (phase, "loss/critic",
                   get_lambda (build) != NULL
                   ? N_("Critic loss (repulsive: λ·e_rr − (λ − 1)·e_rg − e_gg of kernel means between scores)")
                   : N_("Critic loss (attractive: 2·e_rg − e_rr − e_gg of kernel means between scores)"),
                   MP_NEITHER_IS_BETTER, of_critic);
  mp_phase_minimise (phase, of_generator, "generator");
  mp_phase_report (phase, "loss/generator", N_("Generator loss (unbiased MMD² of the critic's scores)"),
                   MP_NEITHER_IS_BETTER, of_generator);
  report_means (build, phase, &d);
  mp_space_publish (build, mp_build_int (build, "dimensions"), view_critic_loss, view_generator_loss);
  mp_adversarial_publish_penalty (build);
  if (get_lambda (build) == NULL)
    mp_build_publish_saddle (build);
  return mp_graph_check (mp_build_graph (build), error);
}
