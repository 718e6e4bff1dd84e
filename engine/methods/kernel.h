/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.h: the kernel of a method, as keys of [method] say it: a plain sum of kernels of several families.
 *
 *   k (a, b) = Σ_b k_b (a/ℓ, b/ℓ)      ℓ = 1, or a median of distances of the data
 *
 *   rbf                  exp (−d²/(2σ²))              one for every bandwidth σ
 *   rbf-variance         exp (−d²/(2σ))               σ as GMMN's code has it
 *   rational-quadratic   (1 + d²/(2α))^−α             one for every α
 *   linear               aᵀb
 *   polynomial           (aᵀb/dimensions + 1)^p       one for every whole p
 *
 * The median heuristic (Gretton et al.: A kernel two-sample test, JMLR 2012) takes for ℓ the median of the Euclidean
 * distances of pairs of data points, so that bandwidths are multiples of it. "data" sorts those of at most 500
 * reference points on the host when the method is written down, and ℓ is a constant. "minibatch" computes it anew in
 * every iteration, from the real points of the minibatch (the first 128): sorting is no operation of a static graph, so
 * 30 bisections count how many squared distances are below, and the largest one that is not above the end is the
 * median; some 80 µs. Gradients do not flow through ℓ.
 */
#pragma once

#include "engine/methods/method.h"

G_BEGIN_DECLS

extern const char *const mp_kernel_choices[];          /* all five */
extern const char *const mp_radial_kernel_choices[];   /* those of the distance alone, which are at most 1 */
extern const char *const mp_median_choices[];          /* "none", "data", "minibatch" */

#define MP_KERNEL_MAX_POWER 16

/* Keys of [method]: one family. choices: one of the lists above. */
#define MP_KERNEL_FAMILY(choices_list, kind_text, bandwidths_text)                                                     \
  { .key = "kernel", .title = N_("Kernel"), .symbol = "k",                                                             \
    .summary = N_("Gaussian with σ as standard deviation (rbf) or as variance (as in GMMN's code), or another family; "\
                  "a set of kernels is their plain sum."),                                                             \
    .type = MP_PARAM_ENUM, .default_value = kind_text, .choices = choices_list },                                      \
  { .key = "bandwidths", .title = N_("Bandwidths"), .symbol = "σ",                                                     \
    .summary = N_("One kernel for each number; the kernels are added up. Rational quadratic takes them as α, "         \
                  "polynomial as whole powers."),                                                                      \
    .type = MP_PARAM_DOUBLES, .default_value = bandwidths_text, .min = 1e-6, .max = 1e6, .ui_min = 0.01,               \
    .ui_max = 100, .logarithmic = TRUE, .live = TRUE }

/* Further keys of [method]: what is added to it, and the median heuristic. */
#define MP_KERNEL_MIXTURE                                                                                              \
  { .key = "plus_gaussians", .title = N_("Plus Gaussians"), .symbol = "σ",                                             \
    .summary = N_("Standard deviations of Gaussians that are added to the kernel."),                                   \
    .type = MP_PARAM_DOUBLES, .default_value = "", .min = 1e-6, .max = 1e6, .ui_min = 0.01, .ui_max = 100,             \
    .logarithmic = TRUE, .may_be_empty = TRUE },                                                                       \
  { .key = "plus_rational_quadratics", .title = N_("Plus rational quadratics"), .symbol = "α",                         \
    .summary = N_("Exponents of rational quadratics that are added to the kernel."),                                   \
    .type = MP_PARAM_DOUBLES, .default_value = "", .min = 1e-6, .max = 1e6, .ui_min = 0.01, .ui_max = 100,             \
    .logarithmic = TRUE, .may_be_empty = TRUE },                                                                       \
  { .key = "plus_polynomials", .title = N_("Plus polynomials"), .symbol = "p",                                         \
    .summary = N_("Powers of polynomial kernels that are added; a polynomial of power p compares moments up to p."),   \
    .type = MP_PARAM_INTS, .default_value = "", .min = 1, .max = MP_KERNEL_MAX_POWER, .ui_min = 1, .ui_max = 5,        \
    .may_be_empty = TRUE },                                                                                            \
  { .key = "plus_linear", .title = N_("Plus linear"),                                                                  \
    .summary = N_("Adds the linear kernel, which compares means and has slopes however far apart points are."),        \
    .type = MP_PARAM_BOOL, .default_value = "false" },                                                                 \
  { .key = "median", .title = N_("Median heuristic"), .symbol = "ℓ",                                                   \
    .summary = N_("Measures points in units of the median distance of data points: of 500 reference points once at "   \
                  "the start, or of the first 128 real points of every minibatch."),                                   \
    .type = MP_PARAM_ENUM, .default_value = "none", .choices = mp_median_choices }

/* Whether "bandwidths" are what "kernel" takes: MpMethod.check of methods that offer polynomials. */
gboolean mp_kernel_check (MpExperiment *experiment, GError **error);
/* Reads the keys above from [method], those of MP_KERNEL_MIXTURE where the method has them, and publishes the kernel
 * for views. real: n × d, where a minibatch's median comes from; phase gets what ℓ needs, and reports it. */
void    mp_kernel_sum_read (MpKernelSum *self, MpBuild *build, MpPhase *phase, MpNode *real);
/* A set of one family. parameters: rank 1. */
MpKernelSum mp_kernel_sum_of (MpKernelKind kind, MpNode *parameters);
/* k (x, x): the number of kernels where all are functions of the distance, NAN where it depends on x. */
double  mp_kernel_sum_at_zero (const MpKernelSum *self);
/* x n × d, y m × d → n × m. */
MpNode *mp_kernel_sum_matrix (const MpKernelSum *self, MpNode *x, MpNode *y);
/* x, y n × d → n: k (xᵢ, yᵢ), of kernels that are functions of the distance. */
MpNode *mp_kernel_sum_rows (const MpKernelSum *self, MpNode *x, MpNode *y);

/* Median of the distances of pairs of n points on the host; the lower one of two in the middle. points: n × dimensions.
 * 0 for fewer than two points. */
double  mp_median_distance (const float *points, gint64 n, gint64 dimensions);
/* The same of x (n × d) in the graph: rank 0, no gradient. */
MpNode *mp_median_distance_node (MpNode *x);

G_END_DECLS
