/* SPDX-License-Identifier: Apache-2.0
 *
 * pinwheel.c: K elongated Gaussians that are turned about the middle, the farther out the more,
 *   (u, v) = (1 + s_r·N, s_t·N),   ρ = |(u, v)|,   x = q·Rot (2πk/K + r·e^ρ)·(u, v)
 *
 * after the pinwheel of Johnson et al. (Composing graphical models with neural networks, 2016), with one difference:
 * there the angle depends on u, here on the distance ρ from the middle. A turn by an angle of ρ keeps areas, so that
 * the density is exact:  p (x) = q⁻² Σ_k w_k N (u_k; 1, s_r²) N (v_k; 0, s_t²),  (u_k, v_k) = Rot (−2πk/K − r·e^ρ)·x/q.
 */
#include "engine/data/draw.h"
#include "engine/data/data.h"

#define MAX_ARMS 20
#define STEPS 1.5     /* of the rule for added noise, per standard deviation of what is narrower: error e^(−2π²·1.5²) */
#define MAX_STEPS 100
#define REACH 6       /* standard deviations of added noise that it covers: all but 10⁻⁸ */

static const MpParam params[] = {
  { .key = "arms", .title = N_("Arms"), .symbol = "K",
    .summary = N_("Number of vanes."),
    .type = MP_PARAM_INT, .default_value = "5", .min = 1, .max = MAX_ARMS, .ui_min = 1, .ui_max = 10 },
  { .key = "rate", .title = N_("Twist"), .symbol = "r",
    .summary = N_("How much more the outer parts are turned than the inner ones."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.25", .min = -5, .max = 5, .ui_min = 0, .ui_max = 1 },
  { .key = "radial_std", .title = N_("Radial standard deviation"),
    .summary = N_("Standard deviation along a vane, for a distance of 1 from the middle."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.3", .min = 1e-3, .max = 2, .ui_min = 0.01, .ui_max = 1,
    .logarithmic = TRUE },
  { .key = "tangential_std", .title = N_("Tangential standard deviation"),
    .summary = N_("Standard deviation across a vane, for a distance of 1 from the middle."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.05", .min = 1e-3, .max = 2, .ui_min = 0.01, .ui_max = 1,
    .logarithmic = TRUE },
  { .key = "scale", .title = N_("Scale"), .symbol = "q",
    .summary = N_("Distance of the vanes' middles from the middle."),
    .type = MP_PARAM_DOUBLE, .default_value = "1.5", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  MP_DATA_POINTS ("10000"),
  MP_DATA_IMBALANCE,
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

typedef struct
{
  guint  arms;
  double rate, radial, tangential, scale, noise;
  double weight[MAX_ARMS], cosine[MAX_ARMS], sine[MAX_ARMS];
} Pinwheel;

static void
turn (double       angle,
      const double in[2],
      double       out[2])
{
  double c = cos (angle), s = sin (angle);

  out[0] = c * in[0] - s * in[1];
  out[1] = s * in[0] + c * in[1];
}

static void
pinwheel_draw (gconstpointer  state,
               guint64        seed,
               const char    *stream,
               guint64        step,
               gint64         n,
               float         *out)
{
  const Pinwheel *self = state;
  guint32 id = mp_stream_id (stream), noise_id = mp_draw_stream (stream, "noise");

  for (gint64 i = 0; i < n; i++) {
    guint32 word[4], noise_word[4];
    double vane[2], place[2], noise[2];
    guint k;

    mp_philox (seed, (guint32) i, id, step, word);
    mp_philox (seed, (guint32) i, noise_id, step, noise_word);
    k = mp_draw_part (word[0], self->weight, self->arms);
    mp_draw_normal (word[2], word[3], vane);
    mp_draw_normal (noise_word[0], noise_word[1], noise);
    vane[0] = 1 + self->radial * vane[0];
    vane[1] *= self->tangential;
    turn (2 * G_PI * k / self->arms + self->rate * exp (hypot (vane[0], vane[1])), vane, place);
    for (guint j = 0; j < 2; j++)
      out[2 * i + j] = (float) (self->scale * place[j] + self->noise * noise[j]);
  }
}

static double
density_without_noise (const Pinwheel *self,
                       double          x,
                       double          y)
{
  const double place[2] = { x / self->scale, y / self->scale };
  double untwisted[2], sum = 0;

  turn (-self->rate * exp (hypot (place[0], place[1])), place, untwisted);
  for (guint k = 0; k < self->arms; k++) {
    double u = self->cosine[k] * untwisted[0] + self->sine[k] * untwisted[1] - 1;
    double v = self->cosine[k] * untwisted[1] - self->sine[k] * untwisted[0];

    sum += self->weight[k] * exp (-u * u / (2 * self->radial * self->radial)
                                  - v * v / (2 * self->tangential * self->tangential));
  }
  return sum / (2 * G_PI * self->radial * self->tangential * self->scale * self->scale);
}

/* With noise: the trapezoidal rule for the convolution, which converges faster than any power for smooth densities. */
static double
pinwheel_density (gconstpointer  state,
                  const double  *point)
{
  const Pinwheel *self = state;
  double narrow = self->scale * MIN (self->radial, self->tangential), weights = 0, sum = 0;
  double step, weight[2 * MAX_STEPS + 1];
  gint n;

  if (self->noise == 0)
    return density_without_noise (self, point[0], point[1]);
  /* The twist shears a vane and so makes it narrower than its standard deviation. */
  narrow /= 1 + fabs (self->rate) * exp (1 + 3 * self->radial) * (1 + 3 * self->radial);
  n = (gint) ceil (MIN (REACH * self->noise * STEPS / MIN (narrow, self->noise), MAX_STEPS));
  step = REACH * self->noise / n;
  for (gint i = -n; i <= n; i++) {
    weight[i + n] = exp (-0.5 * (i * step / self->noise) * (i * step / self->noise));
    weights += weight[i + n];
  }
  for (gint i = -n; i <= n; i++)
    for (gint j = -n; j <= n; j++)
      sum += weight[i + n] * weight[j + n] * density_without_noise (self, point[0] - i * step, point[1] - j * step);
  return sum / (weights * weights);
}

static gboolean
pinwheel_is_slow (gconstpointer state)
{
  return ((const Pinwheel *) state)->noise > 0;
}

static const MpSource pinwheel_source = {
  .draw = pinwheel_draw, .density = pinwheel_density, .is_slow = pinwheel_is_slow, .free_state = g_free
};

static gboolean
pinwheel_open (MpExperiment    *experiment,
               guint64          seed,
               MpDataContents  *contents,
               GError         **error)
{
  Pinwheel *self = g_new0 (Pinwheel, 1);

  self->arms = (guint) mp_experiment_get_int (experiment, "data", "arms");
  self->rate = mp_experiment_get_double (experiment, "data", "rate");
  self->radial = mp_experiment_get_double (experiment, "data", "radial_std");
  self->tangential = mp_experiment_get_double (experiment, "data", "tangential_std");
  self->scale = mp_experiment_get_double (experiment, "data", "scale");
  self->noise = mp_experiment_get_double (experiment, "data", "noise");
  mp_data_get_weights (experiment, self->arms, self->weight);
  for (guint k = 0; k < self->arms; k++) {
    self->cosine[k] = cos (2 * G_PI * k / self->arms);
    self->sine[k] = sin (2 * G_PI * k / self->arms);
  }

  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->source = &pinwheel_source;
  contents->state = self;
  mp_data_set_extent (contents, self->scale * (1 + 3.5 * MAX (self->radial, self->tangential)) + 4 * self->noise);
  return TRUE;
}

const MpDataClass mp_data_pinwheel = {
  .base = {
    .id = "pinwheel",
    .title = N_("Pinwheel"),
    .summary = N_("Vanes that are turned the more the farther out they lie."),
    .paper = "Johnson et al., Composing graphical models with neural networks, 2016",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = pinwheel_open,
};
