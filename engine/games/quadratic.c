/* SPDX-License-Identifier: Apache-2.0
 *
 * quadratic.c: the two-parameter game of Wang, Sun and Halgamuge, Improving MMD-GAN training with repulsive loss function
 * (ICLR 2019), appendix A.2 and Figure S1: generator G (z) = w₁·z, critic D (x) = w₂·x², z ~ U (−1, 1); the data are
 * U (−1, 1) or N (0, 1). With a = x², b = w₁²z² and a kernel k between critic outputs, k' its derivative,
 *
 *   ∂L_G/∂w₁ = 2w₁w₂ { E k'(w₂(b − b')) (z² − z'²) + 2 E k'(w₂(a − b)) z² }      L_G = e_gg − 2 e_rg
 *   ∂L_D/∂w₂ = λ E k'(w₂(a − a'))(a − a') − (λ − 1) E k'(w₂(a − b))(a − b) − E k'(w₂(b − b'))(b − b')
 *                                                                            L_D = λ e_rr − (λ − 1) e_rg − e_gg
 * λ = −1 is the attractive loss, λ = 1 the repulsive one. k (u) = exp (−u²/(2σ²)), σ = 0.5 in the figure.
 *
 * The same networks with losses of one critic output s = w₂·x²: minimax and non-saturating GAN, least squares, hinge,
 * Wasserstein.
 *
 * Expectations are means over the midpoint quantiles of |x| and |z|, `quantiles` of each, and over all pairs of them. A
 * Gauss–Hermite rule of 41 nodes instead is wrong: it drives the attractive w₂ out of the picture.
 */
#include "engine/games/game.h"

#include <math.h>

static const char *const targets[] = { "uniform", "normal", NULL };
static const char *const losses[] = { "mmd", "minimax", "non-saturating", "least-squares", "hinge", "wasserstein", NULL };

static const MpParam params[] = {
  { .key = "target", .title = N_("Data"), .symbol = "P", .type = MP_PARAM_ENUM, .default_value = "uniform",
    .choices = targets, .summary = N_("Uniform between −1 and 1, which the generator can reach, or standard normal, which "
                                      "it cannot.") },
  { .key = "loss", .title = N_("Losses"), .type = MP_PARAM_ENUM, .default_value = "mmd", .choices = losses,
    .summary = N_("What the two go down: MMD with the repulsive paper's critic losses, or losses of a critic with one "
                  "output.") },
  { .key = "weight", .title = N_("Repulsion"), .symbol = "λ", .type = MP_PARAM_DOUBLE, .default_value = "1",
    .min = -2, .max = 4, .ui_min = -1, .ui_max = 2,
    .summary = N_("For MMD: weight of the real pairs in the critic's loss; −1 is the attractive loss, 1 the repulsive "
                  "one.") },
  { .key = "bandwidth", .title = N_("Bandwidth"), .symbol = "σ", .type = MP_PARAM_DOUBLE, .default_value = "0.5",
    .min = 1e-3, .max = 1e3, .ui_min = 0.1, .ui_max = 5, .logarithmic = TRUE,
    .summary = N_("For MMD: standard deviation of the Gaussian kernel between critic outputs.") },
  { .key = "quantiles", .title = N_("Quantiles"), .type = MP_PARAM_INT, .default_value = "200", .min = 20, .max = 2000,
    .ui_min = 50, .ui_max = 500,
    .summary = N_("Points that stand for each distribution; the paper's end points need 200.") },
};

typedef enum
{
  LOSS_MMD,
  LOSS_MINIMAX,
  LOSS_NON_SATURATING,
  LOSS_LEAST_SQUARES,
  LOSS_HINGE,
  LOSS_WASSERSTEIN
} Loss;

typedef struct
{
  Loss    loss;
  double  weight;
  double  precision; /* 1/σ² */
  guint   n;
  double *a;         /* x² at the quantiles */
  double *c;         /* z² */
} Quadratic;

/* Φ⁻¹ (p) by Newton's method on the error function. */
static double
normal_quantile (double p)
{
  double x = 0;

  for (guint i = 0; i < 60; i++) {
    double error = 0.5 * erfc (-x / G_SQRT2) - p;
    double slope = exp (-0.5 * x * x) / sqrt (2 * G_PI);
    double step = error / slope;

    x -= CLAMP (step, -1.0, 1.0);
    if (fabs (step) < 1e-14)
      break;
  }
  return x;
}

static gpointer
quadratic_open (const MpGameField *field)
{
  Quadratic *self = g_new0 (Quadratic, 1);
  double sigma = mp_game_field_get_double (field, "bandwidth");
  gboolean normal = g_str_equal (mp_game_field_get (field, "target"), "normal");

  while (!g_str_equal (losses[self->loss], mp_game_field_get (field, "loss")))
    self->loss++;
  self->weight = mp_game_field_get_double (field, "weight");
  self->precision = 1 / (sigma * sigma);
  self->n = (guint) mp_game_field_get_double (field, "quantiles");
  self->a = g_new (double, self->n);
  self->c = g_new (double, self->n);
  for (guint i = 0; i < self->n; i++) {
    double p = (i + 0.5) / self->n;
    double x = normal ? normal_quantile (0.5 + 0.5 * p) : p;

    self->a[i] = x * x;
    self->c[i] = p * p;
  }
  return self;
}

static void
quadratic_close (gpointer state)
{
  Quadratic *self = state;

  g_free (self->a);
  g_free (self->c);
  g_free (self);
}

/* E k'(w·s·(x − x'))·(x − x') over pairs of one set, each pair counted twice by symmetry. */
static double
within (const Quadratic *self,
        const double    *x,
        double           w)
{
  double sum = 0;

  for (guint i = 1; i < self->n; i++)
    for (guint j = 0; j < i; j++) {
      double d = x[i] - x[j], u = w * d;

      sum -= 2 * u * d * exp (-0.5 * self->precision * u * u);
    }
  return self->precision * sum / ((double) self->n * self->n);
}

/* sums[0] = E k'(w(a − b))·z², sums[1] = E k'(w(a − b))·(a − b), b = scale·c. */
static void
between (const Quadratic *self,
         double           w,
         double           scale,
         double           sums[2])
{
  sums[0] = sums[1] = 0;
  for (guint i = 0; i < self->n; i++)
    for (guint j = 0; j < self->n; j++) {
      double d = self->a[i] - scale * self->c[j], u = w * d;
      double slope = -self->precision * u * exp (-0.5 * self->precision * u * u);

      sums[0] += slope * self->c[j];
      sums[1] += slope * d;
    }
  sums[0] /= (double) self->n * self->n;
  sums[1] /= (double) self->n * self->n;
}

static void
mmd_flow (const Quadratic *self,
          const double     w[2],
          double           flow[2])
{
  double scale = w[0] * w[0], cross[2], real, generated;

  between (self, w[1], scale, cross);
  real = within (self, self->a, w[1]);
  /* E k'(w₂(b − b'))(z² − z'²); times w₁² it is the same with b − b'. */
  generated = within (self, self->c, w[1] * scale);
  flow[0] = -2 * w[0] * w[1] * (generated + 2 * cross[0]);
  flow[1] = -(self->weight * real - (self->weight - 1) * cross[1] - scale * generated);
}

static double
sigmoid (double t)
{
  return 1 / (1 + exp (-t));
}

/* Of one point: ∂L_D/∂s for real and generated, ∂L_G/∂s. */
static void
slopes (Loss    loss,
        double  real,
        double  generated,
        double *of_real,
        double *of_generated,
        double *of_generator)
{
  switch (loss) {
  case LOSS_MINIMAX:
  case LOSS_NON_SATURATING:
    *of_real = -sigmoid (-real);
    *of_generated = sigmoid (generated);
    *of_generator = loss == LOSS_MINIMAX ? -sigmoid (generated) : -sigmoid (-generated);
    break;
  case LOSS_LEAST_SQUARES:
    *of_real = real - 1;
    *of_generated = generated;
    *of_generator = generated - 1;
    break;
  case LOSS_HINGE:
    *of_real = real < 1 ? -1 : 0;
    *of_generated = generated > -1 ? 1 : 0;
    *of_generator = -1;
    break;
  default:
    *of_real = -1;
    *of_generated = 1;
    *of_generator = -1;
  }
}

static void
quadratic_evaluate (const MpGameField *field,
                    gconstpointer      state,
                    const double       w[2],
                    double             flow[2])
{
  const Quadratic *self = state;

  if (self->loss == LOSS_MMD) {
    mmd_flow (self, w, flow);
    return;
  }
  flow[0] = flow[1] = 0;
  for (guint i = 0; i < self->n; i++) {
    double b = w[0] * w[0] * self->c[i], of_real, of_generated, of_generator;

    slopes (self->loss, w[1] * self->a[i], w[1] * b, &of_real, &of_generated, &of_generator);
    flow[0] -= of_generator * 2 * w[0] * w[1] * self->c[i] / self->n;
    flow[1] -= (of_real * self->a[i] + of_generated * b) / self->n;
  }
}

const MpGame mp_game_quadratic = {
  .base = {
    .id = "quadratic",
    .title = N_("Quadratic critic"),
    .summary = N_("The generator scales noise by w₁, the critic sees w₂·x²; the losses decide whether they meet."),
    .paper = "Wang, Sun and Halgamuge, Improving MMD-GAN Training with Repulsive Loss Function, ICLR 2019, appendix A.2",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .axes = { N_("generator w₁"), N_("critic w₂") },
  .extent = { 0, 3, 0, 1.5 },
  .distance = 30,
  .open = quadratic_open,
  .evaluate = quadratic_evaluate,
  .close = quadratic_close,
};
