/* SPDX-License-Identifier: Apache-2.0
 *
 * autoencoder.c: the encoder of a plain or denoising autoencoder as extractor, with its decoder. The stage is an
 * experiment of the method `autoencoder` (engine/methods/autoencoder.c).
 *
 * The decoder is a network like the generator, with codes instead of latents, so that its weights can be where the
 * generator starts (GFMN); or the encoder's mirror image, where the generator makes codes (GMMN + AE).
 */
#include "engine/extractors/extractor.h"

static const char *const decoders[] = { "generator", "mirror", NULL };

static const MpParam params[] = {
  { .key = "code", .title = N_("Code size"), .unit = N_("numbers"),
    .summary = N_("Numbers that the encoder makes of a point."),
    .type = MP_PARAM_INT, .default_value = "2", .min = 1, .max = 4096, .ui_min = 1, .ui_max = 128 },
  { .key = "decoder", .title = N_("Decoder"),
    .summary = N_("A network like the generator, so that the generator can start from its weights; or the encoder's "
                  "mirror image."),
    .type = MP_PARAM_ENUM, .default_value = "generator", .choices = decoders },
  { .key = "noise", .title = N_("Noise"), .symbol = "σ",
    .summary = N_("Standard deviation of what is added to a point before it is encoded; above 0 the autoencoder is a "
                  "denoising one."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 1 },
  { .key = "loss", .title = N_("Loss"),
    .summary = N_("Mean squared or mean absolute error of the reconstruction."),
    .type = MP_PARAM_ENUM, .default_value = "mse", .choices = mp_reconstruction_choices },
  { .key = "iterations", .title = N_("Iterations"),
    .summary = N_("How long the autoencoder is trained before the method begins."),
    .type = MP_PARAM_INT, .default_value = "2000", .min = 1, .max = 1e12, .ui_min = 100, .ui_max = 1e5,
    .logarithmic = TRUE },
  { .key = "batch", .title = N_("Batch size"), .symbol = "m", .unit = N_("points"),
    .summary = N_("Points in a minibatch of the autoencoder."),
    .type = MP_PARAM_INT, .default_value = "200", .min = 2, .max = 1e6, .ui_min = 8, .ui_max = 2000,
    .logarithmic = TRUE },
  { .key = "learning_rate", .title = N_("Learning rate"), .symbol = "α",
    .summary = N_("Step size of Adam for encoder and decoder."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.001", .min = 0, .max = 10, .ui_min = 1e-5, .ui_max = 0.1,
    .logarithmic = TRUE },
  { .key = "beta1", .title = N_("First moment's decay"), .symbol = "β₁",
    .summary = N_("Decay of Adam's average of gradients."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.9", .min = 0, .max = 0.999999, .ui_min = 0, .ui_max = 0.99 },
};

static gboolean
copy_key (MpExperiment  *from,
          const char    *from_group,
          const char    *from_key,
          MpExperiment  *to,
          const char    *to_group,
          const char    *to_key,
          GError       **error)
{
  return mp_experiment_set_value (to, to_group, to_key, mp_experiment_get_string (from, from_group, from_key), error);
}

/* "64, 32" for "32, 64", where the network has such a key. */
static gboolean
reverse_hidden (MpExperiment  *stage,
                GError       **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const double *widths;
  guint n;

  if (mp_experiment_find_param (stage, "generator", "hidden") == NULL)
    return TRUE;
  widths = mp_experiment_get_doubles (stage, "generator", "hidden", &n);
  for (guint i = n; i-- > 0;)
    g_string_append_printf (text, "%.0f%s", widths[i], i > 0 ? ", " : "");
  return mp_experiment_set_value (stage, "generator", "hidden", text->str, error);
}

static gboolean
write_decoder (MpExperiment  *experiment,
               MpExperiment  *stage,
               GError       **error)
{
  gboolean mirror = g_str_equal (mp_experiment_get_string (experiment, "extractor", "decoder"), "mirror");

  if (!mp_experiment_copy_group (stage, "generator", experiment, mirror ? "encoder" : "generator", error))
    return FALSE;
  if (mirror && !reverse_hidden (stage, error))
    return FALSE;
  if (mirror && mp_experiment_find_param (stage, "generator", "output_activation") != NULL
      && !mp_experiment_set (stage, "generator.output_activation=linear", error))
    return FALSE;
  return copy_key (experiment, "extractor", "code", stage, "generator", "latent", error)
         && mp_experiment_set (stage, "generator.latent_distribution=normal", error)
         && mp_experiment_set (stage, "generator.average=0", error);
}

static gboolean
write_training (MpExperiment  *experiment,
                MpExperiment  *stage,
                GError       **error)
{
  static const char *const keys[][4] = {
    { "extractor", "noise", "method", "noise" },
    { "extractor", "loss", "method", "loss" },
    { "extractor", "iterations", "train", "iterations" },
    { "extractor", "batch", "train", "batch" },
    { "train", "seed", "train", "seed" },
    { "train", "precision", "train", "precision" },
    { "train", "deterministic", "train", "deterministic" },
    { "extractor", "learning_rate", "optimizer.encoder", "learning_rate" },
    { "extractor", "learning_rate", "optimizer.generator", "learning_rate" },
    { "extractor", "beta1", "optimizer.encoder", "beta1" },
    { "extractor", "beta1", "optimizer.generator", "beta1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (!copy_key (experiment, keys[i][0], keys[i][1], stage, keys[i][2], keys[i][3], error))
      return FALSE;
  return TRUE;
}

static MpExperiment *
autoencoder_derive (MpExperiment  *experiment,
                    GError       **error)
{
  const char *data = mp_experiment_get_string (experiment, "data", "kind");
  g_autofree char *text = g_strdup_printf ("[experiment]\ntitle=Autoencoder (%s)\n"
                                           "summary=Trained as a stage: others use its encoder as it is.\n"
                                           "[data]\nkind=%s\n[method]\nkind=autoencoder\n"
                                           "[optimizer.encoder]\nkind=adam\n[optimizer.generator]\nkind=adam\n",
                                           data, data);
  g_autofree char *id = g_strconcat (data, "-autoencoder", NULL);
  g_autoptr (MpExperiment) stage = mp_experiment_parse (text, -1, "[extractor]", error);

  if (stage == NULL
      || !mp_experiment_copy_group (stage, "data", experiment, "data", error)
      || !mp_experiment_copy_group (stage, "encoder", experiment, "encoder", error)
      || !write_decoder (experiment, stage, error)
      || !write_training (experiment, stage, error))
    return NULL;
  mp_experiment_set_id (stage, id);
  return g_steal_pointer (&stage);
}

static gint64
autoencoder_count_code (MpExperiment *experiment)
{
  return mp_experiment_get_int (experiment, "extractor", "code");
}

const MpExtractor mp_extractor_autoencoder = {
  .base = {
    .id = "autoencoder",
    .title = N_("Autoencoder"),
    .summary = N_("The encoder of an autoencoder that learns to rebuild the data first; its hidden layers and its code "
                  "are the features."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .activity = N_("Training the autoencoder"),
  .decodes = TRUE,
  .derive = autoencoder_derive,
  .count_code = autoencoder_count_code,
};
