/* SPDX-License-Identifier: Apache-2.0
 *
 * gram.c: Generative Ratio Matching Networks (anonymous authors, under review 2020): the critic f keeps the density
 * ratio of data and model in a space of K dimensions, the generator minimises the MMD there.
 *
 * p = f (x) (n_p × K) from real points, q = f (G (z)) (n_q × K) from generated ones, k Gaussian or rational quadratic.
 *   ratio       r_σ = (n_q/n_p)·(K_qq + εI)⁻¹ K_qp 1      density ratio p/q at the generated points (equation 8)
 *               r = mean over the bandwidths σ of r_σ
 *   critic      PD + λ·1ᵀr, PD = mean (r − 1)²             maximised (equation 9)
 *   generator   MMD² (p, q), biased, sum over σ            minimised (equation 10), or √(MMD² + 10⁻⁶) as all its code
 * Both losses come from one computation of the kernel matrices, and both networks step at once (Algorithm 1).
 *
 * The paper leaves open the factor n_q/n_p (without it equal sets have r = n_p/n_q), the ridge ε (the matrix is
 * singular to rounding without it) and whether 1ᵀr is a sum or a mean; all three are parameters. λ·1ᵀr is called a
 * positivity constraint there, but only counters the shrinking of r: r can be negative, and the smallest is reported.
 * The other way is clamping r to [0, 10⁹] and leaving the term out, as the authors' code can.
 *
 * The view of the ratio extends r from the generated points q to any point u by the interpolant
 *   r (u) = k (f (u), q)·(K_qq + εI)⁻¹ r, which gives back r at q but for the ridge.
 *
 * Health of the solve: the condition number of K_qq + εI is estimated as its largest eigenvalue over its smallest, by
 * 1ᵀ(K_qq + εI) 1/n_q, a bound from below of the one, and the smallest squared entry of the diagonal of the Cholesky
 * factor that the solve makes anyway, a bound from above of the other. So the true one is larger, for
 * Gaussian points by less than a factor of ten.
 */
#include "engine/methods/mmd.h"

#define RATIO_LIMIT 1e9
#define VIEW_RATIO_POINTS 256 /* of each side in the view's ratio: its solve costs their cube */

static const char *const critic_objectives[] = { "pearson", "mean-ratio", NULL };
static const char *const penalties[] = { "sum", "mean", NULL };
static const char *const generator_objectives[] = { "mmd", "mmd2", NULL };
static const char *const precisions[] = { "float64", "float32", NULL };

static const MpParam params[] = {
  { .key = "dimensions", .title = N_("Projected dimensions"), .symbol = "K",
    .summary = N_("Dimensions of the critic's output; the paper has 2 in Figure 1 and 10 in Figure 2."),
    .type = MP_PARAM_INT, .default_value = "2", .min = 1, .max = 4096, .ui_min = 1, .ui_max = 128 },
  MP_KERNEL_FAMILY (mp_radial_kernel_choices, "rbf", "1"),
  { .key = "ridge", .title = N_("Ridge"), .symbol = "ε",
    .summary = N_("Added to the diagonal of the kernel matrix before solving; larger values smooth the ratio."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.001", .min = 1e-9, .max = 1e3, .ui_min = 1e-4, .ui_max = 1,
    .logarithmic = TRUE, .live = TRUE },
  { .key = "ratio_scaling", .title = N_("Scale the ratio"),
    .summary = N_("The factor n_q/n_p, which makes the ratio of equal distributions 1; the paper leaves it out."),
    .type = MP_PARAM_BOOL, .default_value = "true" },
  { .key = "critic_objective", .title = N_("Critic objective"),
    .summary = N_("Pearson divergence as in the paper, or the mean ratio alone as in the authors' image code."),
    .type = MP_PARAM_ENUM, .default_value = "pearson", .choices = critic_objectives },
  { .key = "ratio_penalty", .title = N_("Ratio term"), .symbol = "λ",
    .summary = N_("Weight of the sum or mean of the ratios in the critic's objective; 0 leaves it out."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 10, .live = TRUE },
  { .key = "penalty_scale", .title = N_("Ratio term as"),
    .summary = N_("Sum over the minibatch as in equation 9, or its mean, which weighs n_q times less."),
    .type = MP_PARAM_ENUM, .default_value = "sum", .choices = penalties },
  { .key = "ratio_clip", .title = N_("Clip the ratio"),
    .summary = N_("Clamps ratios to [0, 10⁹] and leaves the ratio term out, as the authors' code can."),
    .type = MP_PARAM_BOOL, .default_value = "false" },
  { .key = "generator_objective", .title = N_("Generator objective"),
    .summary = N_("The root √(MMD² + 10⁻⁶) as in the authors' code, or MMD² as in the paper."),
    .type = MP_PARAM_ENUM, .default_value = "mmd", .choices = generator_objectives },
  { .key = "solve_precision", .title = N_("Precision of the solve"),
    .summary = N_("Number format of the linear system; float32 needs a ridge of 0.0001 or more."),
    .type = MP_PARAM_ENUM, .default_value = "float64", .choices = precisions },
};

static MpDtype
solve_dtype (MpBuild *build)
{
  return g_str_equal (mp_build_string (build, "solve_precision"), "float64") ? MP_FLOAT64 : MP_FLOAT32;
}

/* K + εI in the precision of the solve. */
static MpNode *
add_ridge (MpBuild *build,
           MpNode  *kernel)
{
  gint64 n = kernel != NULL ? kernel->type.dim[0] : 1;
  MpGraph *graph = mp_build_graph (build);
  MpNode *identity = mp_band (mp_full (graph, mp_shape (graph, n, n, (gint64) -1), 1), 0, 0);

  return mp_cast (mp_add (kernel, mp_mul (identity, mp_build_live (build, "ridge"))), solve_dtype (build));
}

/* (K + εI)⁻¹ b; b is n × 1. */
static MpNode *
ridge_solve (MpBuild *build,
             MpNode  *kernel,
             MpNode  *b)
{
  return mp_cast (mp_pd_solve (add_ridge (build, kernel), mp_cast (b, solve_dtype (build))),
                  mp_graph_get_dtype (mp_build_graph (build)));
}

/* n × n → n × 1, touching only n numbers. */
static MpNode *
diagonal_of (MpNode *matrix)
{
  gint64 n = matrix != NULL ? matrix->type.dim[0] : 0;
  g_autofree gint32 *places = g_new (gint32, MAX (n, 1));

  if (matrix == NULL)
    return NULL;
  for (gint64 i = 0; i < n; i++)
    places[i] = (gint32) (i * (n + 1));
  return mp_gather (mp_reshape (matrix, mp_type (matrix->type.dtype, 2, (gint64[]) { n * n, 1 })),
                    mp_constant (matrix->graph, mp_type (MP_INT32, 1, &n), places));
}

/* The condition number of K + εI, as above. The factor is that of the solve: plans merge equal expressions. */
static MpNode *
estimate_condition (MpBuild *build,
                    MpNode  *kernel)
{
  double n = kernel != NULL ? (double) kernel->type.dim[0] : 1;
  MpDtype dtype = mp_graph_get_dtype (mp_build_graph (build));
  MpNode *diagonal = diagonal_of (mp_cholesky (add_ridge (build, kernel)));
  MpNode *smallest = mp_cast (mp_square (mp_min (diagonal, MP_ALL_AXES, FALSE)), dtype);
  MpNode *largest = mp_add (mp_mul_scalar (mp_mean (kernel, MP_ALL_AXES, FALSE), n), mp_build_live (build, "ridge"));

  return mp_div (largest, smallest);
}

/* The kernel matrix of every bandwidth by itself, (element-type MpNode). */
static GPtrArray *
list_grams (MpBuild *build,
            MpNode  *x,
            MpNode  *y)
{
  const MpKernelSum *kernel = mp_build_get_kernel (build);
  MpNode *bandwidths = kernel->terms[0].parameters;
  gint64 n = bandwidths != NULL ? bandwidths->type.dim[0] : 0;
  GPtrArray *grams = g_ptr_array_new ();

  for (gint64 i = 0; i < n; i++)
    g_ptr_array_add (grams, mp_gram (x, y, kernel->terms[0].kind,
                                     n == 1 ? bandwidths : mp_slice_axis (bandwidths, 0, i, i + 1)));
  return grams;
}

static MpNode *
sum_of (GPtrArray *nodes)
{
  MpNode *sum = nodes->len > 0 ? g_ptr_array_index (nodes, 0) : NULL;

  for (guint i = 1; i < nodes->len; i++)
    sum = mp_add (sum, g_ptr_array_index (nodes, i));
  return sum;
}

/* r, n_q × 1, averaged over the bandwidths; qq and qp from list_grams (). */
static MpNode *
estimate_ratio (MpBuild   *build,
                GPtrArray *qq,
                GPtrArray *qp)
{
  g_autoptr (GPtrArray) ratios = g_ptr_array_new ();
  double scale = 1.0 / MAX (qq->len, 1);

  for (guint i = 0; i < qq->len; i++) {
    MpNode *cross = g_ptr_array_index (qp, i);

    if (i == 0 && cross != NULL && mp_build_bool (build, "ratio_scaling"))
      scale *= (double) cross->type.dim[0] / (double) cross->type.dim[1];
    g_ptr_array_add (ratios, ridge_solve (build, g_ptr_array_index (qq, i), mp_sum (cross, MP_AXIS (1), TRUE)));
  }
  return mp_named (mp_mul_scalar (sum_of (ratios), scale), "density ratio at generated points");
}

/* r at points u, from uq and qq of list_grams () by the interpolant above; averaged over the bandwidths. */
static MpNode *
extend_ratio (MpBuild   *build,
              GPtrArray *uq,
              GPtrArray *qq,
              MpNode    *ratio)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  for (guint i = 0; i < uq->len; i++)
    g_ptr_array_add (values, mp_matmul (g_ptr_array_index (uq, i), FALSE,
                                        ridge_solve (build, g_ptr_array_index (qq, i), ratio), FALSE));
  return mp_sum (mp_mul_scalar (sum_of (values), 1.0 / MAX (uq->len, 1)), MP_AXIS (1), FALSE);
}

/* What the critic goes up, from r. */
static MpNode *
critic_objective (MpBuild *build,
                  MpNode  *ratio)
{
  MpGraph *graph = mp_build_graph (build);
  gboolean clip = mp_build_bool (build, "ratio_clip");
  gboolean sum = g_str_equal (mp_build_string (build, "penalty_scale"), "sum");
  MpNode *used = clip ? mp_clamp (ratio, 0, RATIO_LIMIT) : ratio;
  MpNode *mean = mp_mean (used, MP_ALL_AXES, FALSE);
  MpNode *divergence = mp_mean (mp_square (mp_sub (used, mp_scalar (graph, 1))), MP_ALL_AXES, FALSE);

  if (!g_str_equal (mp_build_string (build, "critic_objective"), "pearson"))
    return mean;
  if (clip)
    return divergence;
  return mp_add (divergence, mp_mul (mp_build_live (build, "ratio_penalty"),
                                     sum ? mp_sum (used, MP_ALL_AXES, FALSE) : mean));
}

static void
build_critic_phase (MpBuild *build,
                    MpPhase *phase,
                    MpNode  *ratio)
{
  gboolean clip = mp_build_bool (build, "ratio_clip");
  gboolean pearson = g_str_equal (mp_build_string (build, "critic_objective"), "pearson");
  gboolean sum = g_str_equal (mp_build_string (build, "penalty_scale"), "sum");
  MpNode *used = clip ? mp_clamp (ratio, 0, RATIO_LIMIT) : ratio;
  MpNode *one = mp_scalar (mp_build_graph (build), 1);
  MpNode *objective = mp_named (critic_objective (build, ratio), "critic objective");

  mp_phase_maximise (phase, objective, "critic");
  mp_phase_report (phase, "loss/critic",
                   !pearson ? N_("Critic objective (mean ratio; maximised)")
                   : clip ? N_("Critic objective (Pearson divergence of clipped ratios; maximised)")
                   : sum ? N_("Critic objective (Pearson divergence + λ × sum of ratios; maximised)")
                   : N_("Critic objective (Pearson divergence + λ × mean ratio; maximised)"),
                   MP_NEITHER_IS_BETTER, objective);
  mp_phase_report (phase, "pearson", N_("Pearson divergence (mean of (r − 1)²: −D* of Figure 1b but for a constant)"),
                   MP_NEITHER_IS_BETTER, mp_mean (mp_square (mp_sub (used, one)), MP_ALL_AXES, FALSE));
  mp_phase_report (phase, "ratio/mean", N_("Mean density ratio at generated points"), MP_NEITHER_IS_BETTER,
                   mp_mean (ratio, MP_ALL_AXES, FALSE));
  mp_phase_report (phase, "ratio/min", N_("Smallest density ratio at generated points"), MP_NEITHER_IS_BETTER,
                   mp_min (ratio, MP_ALL_AXES, FALSE));
}

static MpNode *
generator_loss (MpBuild *build,
                MpNode  *mmd2)
{
  return g_str_equal (mp_build_string (build, "generator_objective"), "mmd") ? mp_mmd_root (mmd2, MP_MMD_GUARD) : mmd2;
}

static void
build_generator_phase (MpBuild       *build,
                       MpPhase       *phase,
                       const MpGrams *grams)
{
  MpNode *mmd2 = mp_mmd2_biased (grams);
  MpNode *loss = mp_named (generator_loss (build, mmd2), "generator loss");

  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator",
                   g_str_equal (mp_build_string (build, "generator_objective"), "mmd")
                   ? N_("Generator's MMD (in the projected space: root of the biased MMD² + 10⁻⁶)")
                   : N_("Generator's MMD² (in the projected space, biased)"),
                   MP_NEITHER_IS_BETTER, loss);
  mp_phase_report (phase, "mmd2/projected", N_("MMD² in the projected space (biased)"), MP_NEITHER_IS_BETTER, mmd2);
  mp_grams_report_saturation (grams, phase);
}

static MpNode *
first_rows (MpNode *x,
            gint64  n)
{
  return x != NULL && x->type.dim[0] > n ? mp_slice_axis (x, 0, 0, n) : x;
}

/* ---- for views ---- */

static MpNode *
project (MpBuild *build,
         MpNode  *x)
{
  return mp_build_view_critic (build, x, mp_build_int (build, "dimensions"));
}

/* The ratio at any points x, n × d → n. */
static MpNode *
view_ratio (MpBuild *build,
            MpNode  *x,
            MpNode  *y)
{
  MpNode *p = project (build, first_rows (mp_build_view_data (build), VIEW_RATIO_POINTS));
  MpNode *q = project (build, first_rows (mp_build_view_samples (build), VIEW_RATIO_POINTS));
  g_autoptr (GPtrArray) qq = list_grams (build, q, q);
  g_autoptr (GPtrArray) qp = list_grams (build, q, p);
  g_autoptr (GPtrArray) uq = list_grams (build, project (build, x), q);

  return extend_ratio (build, uq, qq, estimate_ratio (build, qq, qp));
}

static MpNode *
view_critic_loss (MpBuild *build,
                  MpNode  *p,
                  MpNode  *q)
{
  p = first_rows (p, VIEW_RATIO_POINTS);
  q = first_rows (q, VIEW_RATIO_POINTS);

  g_autoptr (GPtrArray) qq = list_grams (build, q, q);
  g_autoptr (GPtrArray) qp = list_grams (build, q, p);

  return mp_neg (critic_objective (build, estimate_ratio (build, qq, qp)));
}

static MpNode *
view_generator_loss (MpBuild *build,
                     MpNode  *p,
                     MpNode  *q)
{
  MpGrams grams;

  mp_grams_fill (&grams, mp_build_get_kernel (build), p, q);
  return generator_loss (build, mp_mmd2_biased (&grams));
}

/* ---- the whole ---- */

static gboolean
gram_build (MpBuild  *build,
            GError  **error)
{
  gint64 dimensions = mp_build_int (build, "dimensions");
  MpNode *p = mp_build_critic (build, mp_build_real (build), dimensions);
  MpNode *q = mp_build_critic (build, mp_build_generate (build, mp_build_latent (build, "latent")), dimensions);
  MpPhase *phase = mp_build_phase (build, "both", N_("Critic and generator"), NULL);
  MpKernelSum kernel;
  MpGrams grams;

  mp_kernel_sum_read (&kernel, build, phase, p);

  g_autoptr (GPtrArray) qq = list_grams (build, q, q);
  g_autoptr (GPtrArray) qp = list_grams (build, q, p);

  mp_named (p, "projected real points");
  mp_named (q, "projected generated points");
  mp_grams_fill (&grams, &kernel, p, q);
  grams.generated = mp_named (sum_of (qq), "kernel matrix of generated points"); /* shared with the ratio */
  grams.cross = mp_named (sum_of (qp), "kernel matrix of generated by real points");
  build_critic_phase (build, phase, estimate_ratio (build, qq, qp));
  mp_phase_report (phase, "condition", N_("Condition number of the kernel matrix with its ridge (estimate)"),
                   MP_LOWER_IS_BETTER, estimate_condition (build, g_ptr_array_index (qq, 0)));
  build_generator_phase (build, phase, &grams);

  mp_space_publish (build, dimensions, view_critic_loss, view_generator_loss);
  mp_build_publish (build, "density-ratio", view_ratio);
  return mp_graph_check (mp_build_graph (build), error);
}

static const char *const figure_1b[] = { "mmd2/projected", "pearson", NULL };
static const MpMethodChart charts[] = {
  { N_("MMD and divergence (Figure 1b, Pearson divergence)"), figure_1b, TRUE },
};

const MpMethod mp_method_gram = {
  .base = {
    .id = "gram",
    .title = N_("GRAM"),
    .summary = N_("The critic learns a projection that keeps density ratios, the generator matches kernel means "
                  "there."),
    .paper = "Generative Ratio Matching Networks, under review 2020",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = gram_build,
  .charts = charts,
  .n_charts = G_N_ELEMENTS (charts),
};
