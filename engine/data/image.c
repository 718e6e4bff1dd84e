/* SPDX-License-Identifier: Apache-2.0
 *
 * image.c: the brightness of a picture as a density. With grey value g in [0, 1] (Rec. 709 luma of the stored values)
 * and opacity α a pixel has the mass
 *   m = α·max (0, (v − t)/(1 − t))^γ,   v = 1 − g where dark is mass, g where bright is
 * and a point lies anywhere in its pixel, so that the density is known. The picture's middle is 0; its longer side
 * reaches from −a to a. Pixels are averaged until the longer side has no more than `resolution` of them.
 */
#include "engine/data/data-file.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>

#include "engine/data/picture-end.h"
#include "engine/data/raster.h"

#define BLOCK (1 << 16)
#define MAX_SIDE 16384

static const char *const masses[] = { "dark", "bright", NULL };

static const MpParam params[] = {
  { .key = "file", .title = N_("File"),
    .summary = N_("A picture, PNG or JPEG. A relative path is looked for beside the experiment's file, then among the "
                  "examples of the program."),
    .type = MP_PARAM_FILE, .default_value = "picture.png" },
  { .key = "mass", .title = N_("Mass"),
    .summary = N_("Whether points lie where the picture is dark, or where it is bright."),
    .type = MP_PARAM_ENUM, .default_value = "dark", .choices = masses },
  { .key = "threshold", .title = N_("Threshold"), .symbol = "t",
    .summary = N_("Pixels with less than this, from 0 to 1, hold no points."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.05", .min = 0, .max = 0.99, .ui_min = 0, .ui_max = 0.9 },
  { .key = "contrast", .title = N_("Contrast"), .symbol = "γ",
    .summary = N_("Power of the grey value; above 1 favours what is darkest, or brightest."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 0.01, .max = 20, .ui_min = 0.2, .ui_max = 5,
    .logarithmic = TRUE },
  { .key = "resolution", .title = N_("Resolution"), .unit = N_("pixels"),
    .summary = N_("Pixels along the longer side at most; larger pictures are averaged."),
    .type = MP_PARAM_INT, .default_value = "256", .min = 2, .max = 2048, .ui_min = 16, .ui_max = 1024,
    .logarithmic = TRUE },
  { .key = "jitter", .title = N_("Jitter"),
    .summary = N_("Points fall anywhere in their pixel; without it they all lie on pixels' middles."),
    .type = MP_PARAM_BOOL, .default_value = "true" },
  { .key = "size", .title = N_("Half side"), .symbol = "a",
    .summary = N_("Half the longer side in the units of the data."),
    .type = MP_PARAM_DOUBLE, .default_value = "2", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  MP_DATA_POINTS ("10000"),
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
  MP_DATA_SHA256,
};

/* ---- reading ---- */

static gboolean
is_too_large (const int size[2])
{
  return size[0] > MAX_SIDE || size[1] > MAX_SIDE;
}

/* A picture of more pixels than anybody draws is refused before memory is taken for it: loaders give up when asked for no
 * size, while any other they may only scale to after they have unpacked the whole. */
static void
size_cb (GdkPixbufLoader *loader,
         int              width,
         int              height,
         int              size[2])
{
  size[0] = width;
  size[1] = height;
  if (is_too_large (size))
    gdk_pixbuf_loader_set_size (loader, 0, 0);
}

/* Returns: (transfer full). */
static GdkPixbuf *
load_picture (MpDataFile  *file,
              GError     **error)
{
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
  g_autoptr (GError) mistake = NULL, end_mistake = NULL;
  g_autofree guchar *block = g_malloc (BLOCK);
  g_autofree char *missing = NULL;
  MpPictureEnd end = { 0 };
  GdkPixbuf *picture;
  int size[2] = { 0, 0 };
  gssize n;

  g_signal_connect (loader, "size-prepared", G_CALLBACK (size_cb), size);
  while ((n = mp_data_file_read (file, block, BLOCK, error)) > 0) {
    mp_picture_end_follow (&end, block, (gsize) n);
    if (mistake == NULL && !is_too_large (size))
      gdk_pixbuf_loader_write (loader, block, (gsize) n, &mistake);
  }
  gdk_pixbuf_loader_close (loader, mistake == NULL ? &end_mistake : NULL);
  if (n < 0)
    return NULL;
  if (is_too_large (size)) {
    mp_data_file_fail (file, error, " has %d × %d pixels; %d × %d are allowed.", size[0], size[1], MAX_SIDE, MAX_SIDE);
    return NULL;
  }
  missing = mp_picture_end_missing (&end);
  if (missing != NULL) {
    mp_data_file_fail (file, error, " is cut short: %s.", missing);
    return NULL;
  }
  picture = gdk_pixbuf_loader_get_pixbuf (loader);
  if (mistake != NULL || end_mistake != NULL || picture == NULL) {
    const char *why = mistake != NULL ? mistake->message : end_mistake != NULL ? end_mistake->message : "it is empty";

    mp_data_file_fail (file, error, " is not a picture that can be read: %s. PNG and JPEG always can.", why);
    return NULL;
  }
  return gdk_pixbuf_apply_embedded_orientation (picture);
}

/* ---- mass ---- */

static double
get_mass (const guchar *pixel,
          int           n_channels,
          gboolean      bright,
          double        threshold,
          double        contrast)
{
  double grey = (0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2]) / 255;
  double opacity = n_channels == 4 ? pixel[3] / 255.0 : 1;
  double value = ((bright ? grey : 1 - grey) - threshold) / (1 - threshold);

  return value > 0 ? opacity * pow (value, contrast) : 0;
}

/* Sums the masses of the pixels into width × height cells, row 0 at the bottom. A pixel goes to the cell that holds its
 * middle; cells hold equal numbers of pixels but for one along each side. */
static double *
collect (GdkPixbuf    *picture,
         MpExperiment *experiment,
         guint         width,
         guint         height)
{
  gboolean bright = g_str_equal (mp_experiment_get_string (experiment, "data", "mass"), "bright");
  double threshold = mp_experiment_get_double (experiment, "data", "threshold");
  double contrast = mp_experiment_get_double (experiment, "data", "contrast");
  const guchar *pixels = gdk_pixbuf_read_pixels (picture);
  int n_channels = gdk_pixbuf_get_n_channels (picture);
  gsize stride = (gsize) gdk_pixbuf_get_rowstride (picture);
  guint columns = (guint) gdk_pixbuf_get_width (picture), rows = (guint) gdk_pixbuf_get_height (picture);
  double *mass = g_new0 (double, width * height);
  g_autofree guint *count = g_new0 (guint, width * height);

  for (guint y = 0; y < rows; y++)
    for (guint x = 0; x < columns; x++) {
      guint row = height - 1 - (guint) ((guint64) (2 * y + 1) * height / (2 * rows));
      guint cell = row * width + (guint) ((guint64) (2 * x + 1) * width / (2 * columns));

      mass[cell] += get_mass (pixels + y * stride + x * (gsize) n_channels, n_channels, bright, threshold, contrast);
      count[cell]++;
    }
  for (guint i = 0; i < width * height; i++)
    mass[i] /= count[i];
  return mass;
}

static gboolean
image_open (MpExperiment    *experiment,
            guint64          seed,
            MpDataContents  *contents,
            GError         **error)
{
  double size = mp_experiment_get_double (experiment, "data", "size");
  double resolution = (double) mp_experiment_get_int (experiment, "data", "resolution"), sum = 0;
  g_autoptr (MpDataFile) file = mp_data_file_open (experiment, error);
  g_autoptr (GdkPixbuf) picture = file != NULL ? load_picture (file, error) : NULL;
  g_autofree double *mass = NULL;
  double sides[2], longer, extent[4];
  guint cells[2];

  if (picture == NULL)
    return FALSE;
  contents->digest = mp_data_file_finish (file, error);
  if (contents->digest == NULL)
    return FALSE;
  sides[0] = gdk_pixbuf_get_width (picture);
  sides[1] = gdk_pixbuf_get_height (picture);
  longer = MAX (sides[0], sides[1]);
  for (guint j = 0; j < 2; j++) {
    cells[j] = (guint) MAX (1, rint (sides[j] * MIN (1, resolution / longer)));
    extent[2 * j] = -size * sides[j] / longer;
    extent[2 * j + 1] = -extent[2 * j];
  }
  mass = collect (picture, experiment, cells[0], cells[1]);
  for (guint i = 0; i < cells[0] * cells[1]; i++)
    sum += mass[i];
  if (sum == 0)
    return mp_data_file_fail (file, error, " has no %s pixel above [data] threshold = %g, so there is nowhere to put "
                              "points.", mp_experiment_get_string (experiment, "data", "mass"),
                              mp_experiment_get_double (experiment, "data", "threshold"));
  mp_data_set_raster (contents, experiment, mass, cells[0], cells[1], extent,
                      mp_experiment_get_bool (experiment, "data", "jitter"));
  return TRUE;
}

const MpDataClass mp_data_image = {
  .base = {
    .id = "image",
    .title = N_("Picture"),
    .summary = N_("Points as dense as a picture is dark, or bright."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = image_open,
};
