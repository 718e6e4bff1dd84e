/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/plot/film.h"

#include <cgif.h>
#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "ui/plot/palette.h"
#include "ui/plot/picture-private.h"

#define GIF_COLOURS 255        /* one is left for “as in the frame before” */
#define LONGEST_SIDE 16383     /* of WebP */

struct _MpFilm
{
  char            *path;
  int              width, height;
  gboolean         loop;

  /* GIF */
  MpPalette       *palette;    /* NULL: WebP */
  CGIF            *gif;
  GByteArray      *bytes;
  guint8          *indices;

  /* WebP */
  WebPAnimEncoder *webp;
  WebPConfig       config;
  int              time;       /* ms: where the next frame begins */
};

static gboolean
has_ending (const char *path,
            const char *ending)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ending);
}

gboolean
mp_film_check_path (const char  *path,
                    GError     **error)
{
  if (has_ending (path, ".gif") || has_ending (path, ".webp"))
    return TRUE;
  g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_FORMAT,
               _("%s: the name of a film must end in .gif or .webp."), path);
  return FALSE;
}

static gboolean
fail (const MpFilm  *self,
      GError       **error,
      const char    *what)
{
  g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_DRAW, _("%s: the film could not be encoded (%s)."), self->path,
               what);
  return FALSE;
}

static gboolean
open_webp (MpFilm  *self,
           GError **error)
{
  WebPAnimEncoderOptions options;

  if (!WebPAnimEncoderOptionsInit (&options) || !WebPConfigInit (&self->config))
    return fail (self, error, "libwebp");
  options.anim_params.loop_count = self->loop ? 0 : 1;
  /* Behind the dots lies a surface that changes everywhere with every frame: kept exactly it makes files of twice the
   * size of a GIF. */
  self->config.quality = 90;
  self->config.use_sharp_yuv = 1; /* coloured dots keep their edges */
  self->config.method = 2;
  self->webp = WebPAnimEncoderNew (self->width, self->height, &options);
  return self->webp != NULL || fail (self, error, "libwebp");
}

MpFilm *
mp_film_new (const char  *path,
             int          width,
             int          height,
             gboolean     loop,
             GError     **error)
{
  g_autoptr (MpFilm) self = NULL;

  if (!mp_film_check_path (path, error))
    return NULL;
  if (width < 1 || height < 1 || width > LONGEST_SIDE || height > LONGEST_SIDE) {
    g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_SIZE,
                 _("%s: a film of %d × %d pixels is not possible; each side may have 1 to %d."), path, width, height,
                 LONGEST_SIDE);
    return NULL;
  }
  self = g_new0 (MpFilm, 1);
  self->path = g_strdup (path);
  self->width = width;
  self->height = height;
  self->loop = loop;
  if (has_ending (path, ".gif")) {
    self->palette = g_new0 (MpPalette, 1);
    self->bytes = g_byte_array_new ();
    self->indices = g_new (guint8, (gsize) width * height);
  } else if (!open_webp (self, error)) {
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
mp_film_free (MpFilm *self)
{
  if (!self)
    return;
  if (self->gif)
    cgif_close (self->gif);
  if (self->webp)
    WebPAnimEncoderDelete (self->webp);
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_free (self->indices);
  g_free (self->palette);
  g_free (self->path);
  g_free (self);
}

/* ---- GIF ---- */

void
mp_film_add_palette (MpFilm          *self,
                     cairo_surface_t *surface)
{
  const guint8 *data = cairo_image_surface_get_data (surface);

  if (!self->palette || self->palette->n > 0)
    return;
  for (int row = 0; row < self->height; row++)
    mp_palette_count (self->palette, (const guint32 *) (data + row * cairo_image_surface_get_stride (surface)),
                      (gsize) self->width);
}

static int
take_bytes (void          *context,
            const uint8_t *data,
            const size_t   size)
{
  g_byte_array_append (context, data, (guint) size);
  return 0;
}

static gboolean
open_gif (MpFilm  *self,
          GError **error)
{
  CGIF_Config config = { .attrFlags = CGIF_ATTR_IS_ANIMATED | (self->loop ? 0 : CGIF_ATTR_NO_LOOP),
                         .width = (uint16_t) self->width, .height = (uint16_t) self->height,
                         .numLoops = CGIF_INFINITE_LOOP, .pWriteFn = take_bytes, .pContext = self->bytes };

  mp_palette_make (self->palette, GIF_COLOURS);
  config.pGlobalPalette = &self->palette->colours[0][0];
  config.numGlobalPaletteEntries = (uint16_t) self->palette->n;
  self->gif = cgif_newgif (&config);
  return self->gif != NULL || fail (self, error, "cgif");
}

static gboolean
add_gif (MpFilm          *self,
         cairo_surface_t *surface,
         int              milliseconds,
         GError         **error)
{
  const guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);
  CGIF_FrameConfig frame = { .pImageData = self->indices, .delay = (uint16_t) ((milliseconds + 5) / 10),
                             .genFlags = CGIF_FRAME_GEN_USE_TRANSPARENCY | CGIF_FRAME_GEN_USE_DIFF_WINDOW };

  if (!self->gif) {
    mp_film_add_palette (self, surface);
    if (!open_gif (self, error))
      return FALSE;
  }
  for (int row = 0; row < self->height; row++)
    for (int column = 0; column < self->width; column++)
      self->indices[(gsize) row * self->width + column]
        = mp_palette_find (self->palette, ((const guint32 *) (data + row * stride))[column]);
  return cgif_addframe (self->gif, &frame) == CGIF_OK || fail (self, error, "cgif");
}

/* ---- WebP ---- */

static gboolean
add_webp (MpFilm          *self,
          cairo_surface_t *surface,
          int              milliseconds,
          GError         **error)
{
  const guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);
  WebPPicture picture;
  gboolean added;

  if (!WebPPictureInit (&picture))
    return fail (self, error, "libwebp");
  picture.use_argb = 1;
  picture.width = self->width;
  picture.height = self->height;
  if (!WebPPictureAlloc (&picture))
    return fail (self, error, "libwebp");
  for (int row = 0; row < self->height; row++)
    for (int column = 0; column < self->width; column++)
      picture.argb[row * picture.argb_stride + column]
        = ((const guint32 *) (data + row * stride))[column] | 0xff000000u;
  added = WebPAnimEncoderAdd (self->webp, &picture, self->time, &self->config);
  WebPPictureFree (&picture);
  self->time += milliseconds;
  return added || fail (self, error, WebPAnimEncoderGetError (self->webp));
}

static gboolean
save (const MpFilm  *self,
      const void    *bytes,
      gsize          size,
      GError       **error)
{
  if (mp_picture_save (self->path, bytes, size, error))
    return TRUE;
  g_prefix_error (error, _("The film could not be written: "));
  return FALSE;
}

static gboolean
finish_webp (MpFilm  *self,
             GError **error)
{
  WebPData data;
  gboolean written;

  WebPDataInit (&data);
  if (!WebPAnimEncoderAdd (self->webp, NULL, self->time, NULL) || !WebPAnimEncoderAssemble (self->webp, &data))
    return fail (self, error, WebPAnimEncoderGetError (self->webp));
  written = save (self, data.bytes, data.size, error);
  WebPDataClear (&data);
  return written;
}

gboolean
mp_film_add (MpFilm          *self,
             cairo_surface_t *surface,
             int              milliseconds,
             GError         **error)
{
  g_return_val_if_fail (cairo_image_surface_get_width (surface) == self->width
                        && cairo_image_surface_get_height (surface) == self->height, FALSE);

  cairo_surface_flush (surface);
  return self->palette ? add_gif (self, surface, milliseconds, error) : add_webp (self, surface, milliseconds, error);
}

gboolean
mp_film_finish (MpFilm  *self,
                GError **error)
{
  gboolean closed;

  if (!self->palette)
    return finish_webp (self, error);
  closed = self->gif && cgif_close (self->gif) == CGIF_OK;
  self->gif = NULL;
  if (!closed)
    return fail (self, error, "cgif");
  return save (self, self->bytes->data, self->bytes->len, error);
}
