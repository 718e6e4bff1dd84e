/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/health.h"

#include <math.h>

#include "ui/format.h"
#include "ui/plot/plot-format.h"

/* A generator that misses modes this far into training rarely finds them. */
#define EARLY 0.1
/* Perfect samples cover 0.97 (docs/metrics.md). */
#define POOR_COVERAGE 0.7

static MpHealth *
new_health (MpHealthLevel level,
            const char   *title,
            char         *detail)
{
  MpHealth *self = g_new0 (MpHealth, 1);

  self->level = level;
  self->title = g_strdup (title);
  self->detail = detail;
  return self;
}

static gboolean
last_value (MpLaneModel *model,
            const char  *id,
            double      *value)
{
  const MpCurve *curve = mp_lane_model_find_curve (model, id);
  guint64 n = curve ? mp_series_get_n (curve->series) : 0, iteration;

  if (n == 0)
    return FALSE;
  mp_series_get (curve->series, n - 1, &iteration, value);
  return isfinite (*value);
}

/* "ratio mean 1.00, min −0.11": density ratios tell whether the kernel matrix can be trusted. */
static char *
describe_ratio (MpLaneModel *model)
{
  g_autofree char *mean_text = NULL, *min_text = NULL;
  double mean, min;

  if (!last_value (model, "ratio/mean", &mean) || !last_value (model, "ratio/min", &min))
    return NULL;
  mean_text = mp_format_value (mean, 3);
  min_text = mp_format_value (min, 2);
  return g_strdup_printf (_("Density ratio: mean %s, smallest %s"), mean_text, min_text);
}

static MpHealth *
judge_modes (MpLaneModel *model)
{
  const MpLaneProgress *progress = mp_lane_model_get_progress (model);
  int modes = (int) lround (progress->modes);
  gboolean early = progress->iteration < EARLY * progress->n_iterations;
  g_autofree char *title = g_strdup_printf (_("Covers %d of %d modes"), modes, (int) progress->n_modes);
  g_autofree char *share = mp_format_percent (progress->high_quality);
  g_autofree char *ratio = describe_ratio (model);
  char *detail;

  if (modes >= progress->n_modes) {
    detail = g_strdup_printf (_("%s of the samples are of high quality.%s%s"), share, ratio ? "\n" : "",
                              ratio ? ratio : "");
    return new_health (MP_HEALTH_GOOD, title, detail);
  }
  if (early)
    return new_health (MP_HEALTH_CALM, title, g_strdup (_("Early still: most lanes find more modes as they train.")));
  detail = g_strdup_printf (_("The generator leaves out part of the data. Try a smaller learning rate for the critic, "
                              "a larger latent dimension or another seed.%s%s"), ratio ? "\n" : "", ratio ? ratio : "");
  return new_health (MP_HEALTH_WARNING, title, detail);
}

/* Of data without modes: how much of it has samples nearby, and how many samples are where it is. */
static MpHealth *
judge_coverage (MpLaneModel *model,
                double       coverage)
{
  const MpLaneProgress *progress = mp_lane_model_get_progress (model);
  g_autofree char *covered = mp_format_percent (coverage), *share = NULL, *title = NULL;
  gboolean early = progress->iteration < EARLY * progress->n_iterations;
  const char *advice = "";
  MpHealthLevel level = MP_HEALTH_GOOD;

  if (coverage < POOR_COVERAGE) {
    level = early ? MP_HEALTH_CALM : MP_HEALTH_WARNING;
    advice = early ? _("Early still: most lanes find more of the data as they train.")
                   : _("The generator leaves out part of the data. Try a smaller learning rate for the critic, a "
                       "larger latent dimension or another seed.");
  }
  title = g_strdup_printf (_("Covers %s of the data"), covered);
  if (isnan (progress->high_quality))
    return new_health (level, title, advice[0] ? g_strdup (advice) : NULL);
  share = mp_format_percent (progress->high_quality);
  return new_health (level, title, g_strdup_printf (_("%s of the samples lie where the data lies.%s%s"), share,
                                                    advice[0] ? "\n" : "", advice));
}

MpHealth *
mp_health_new (MpLaneModel *model)
{
  const MpLaneProgress *progress;
  const char *message;
  double coverage;

  g_return_val_if_fail (MP_IS_LANE_MODEL (model), NULL);

  progress = mp_lane_model_get_progress (model);
  message = mp_lane_model_get_message (model);
  switch (mp_lane_model_get_state (model)) {
  case MP_LANE_PREPARING:
    return new_health (MP_HEALTH_CALM, _("Preparing"), g_strdup (message));
  case MP_LANE_FAILED:
    return new_health (MP_HEALTH_BAD, _("This lane failed"),
                       g_strdup_printf (_("%s\nChange what the message names, then restart the lane."),
                                        message ? message : ""));
  case MP_LANE_DIVERGED:
    return new_health (MP_HEALTH_BAD, _("Diverged"),
                       g_strdup_printf (_("%s\nA number left the range of its format. Try smaller learning rates or, "
                                          "where there is one, a larger ridge, then restart the lane."),
                                        message ? message : ""));
  default:
    break;
  }
  if (progress->n_modes > 0 && !isnan (progress->modes))
    return judge_modes (model);
  if (last_value (model, "coverage", &coverage))
    return judge_coverage (model, coverage);
  return new_health (MP_HEALTH_CALM, _("Nothing measured yet"), g_strdup (_("The first evaluation will tell.")));
}

void
mp_health_free (MpHealth *self)
{
  g_free (self->title);
  g_free (self->detail);
  g_free (self);
}
