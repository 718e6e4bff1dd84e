/* SPDX-License-Identifier: Apache-2.0
 *
 * picture-file.c: drawings as PNG, SVG and PDF files.
 *
 * The document is made in memory and then written beside its place and renamed, so that neither a full disk nor a
 * crash leaves half a picture under its name.
 */
#include "ui/plot/picture-private.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

G_DEFINE_QUARK (mp-picture-error-quark, mp_picture_error)

typedef enum
{
  FORMAT_PNG,
  FORMAT_SVG,
  FORMAT_PDF
} Format;

static gboolean
find_format (const char  *path,
             Format      *format,
             GError     **error)
{
  static const char *const extensions[] = { ".png", ".svg", ".pdf" };
  g_autofree char         *name = g_path_get_basename (path);
  g_autofree char         *lower = g_ascii_strdown (name, -1);
  const char              *dot = strrchr (lower, '.');

  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++)
    if (g_strcmp0 (dot, extensions[i]) == 0) {
      *format = (Format) i;
      return TRUE;
    }
  if (dot == NULL)
    g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_FORMAT,
                 _("“%s” has no extension; pictures are written as .png, .svg or .pdf."), name);
  else
    g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_FORMAT,
                 _("“%s” ends in “%s”; pictures are written as .png, .svg or .pdf."), name, dot);
  return FALSE;
}

static cairo_status_t
append_bytes (void                *closure,
              const unsigned char *bytes,
              unsigned int         n)
{
  g_byte_array_append (closure, bytes, n);
  return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *
make_surface (Format      format,
              GByteArray *bytes,
              double      width,
              double      height,
              double      scale,
              const char *title)
{
  const double     points = 72.0 / 96; /* a unit is 1/96 inch, a point 1/72 */
  cairo_surface_t *surface;

  switch (format) {
  case FORMAT_PNG:
    surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) ceil (width * scale), (int) ceil (height * scale));
    cairo_surface_set_device_scale (surface, scale, scale);
    return surface;
  case FORMAT_SVG:
    surface = cairo_svg_surface_create_for_stream (append_bytes, bytes, width, height);
    cairo_svg_surface_set_document_unit (surface, CAIRO_SVG_UNIT_PX);
    return surface;
  default:
    surface = cairo_pdf_surface_create_for_stream (append_bytes, bytes, width * points, height * points);
    cairo_surface_set_device_scale (surface, points, points);
    cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATOR, "Matchpoint");
    if (title != NULL)
      cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_TITLE, title);
    return surface;
  }
}

static gboolean
check_size (double   width,
            double   height,
            double   scale,
            GError **error)
{
  const double least = 16, most = 32000; /* Cairo images end at 32767 pixels */

  if (width >= least && height >= least && scale > 0 && width * scale <= most && height * scale <= most)
    return TRUE;
  g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_SIZE,
               _("A picture of %g × %g at scale %g cannot be drawn; both sides must be %g to %g pixels."), width,
               height, scale, least, most);
  return FALSE;
}

static gboolean
draw_document (GByteArray         *bytes,
               Format              format,
               double              width,
               double              height,
               double              scale,
               const MpPlotStyle  *style,
               const char         *title,
               MpPictureDraw       draw,
               gpointer            data,
               GError            **error)
{
  cairo_surface_t *surface = make_surface (format, bytes, width, height, scale, title);
  cairo_t         *cr = cairo_create (surface);
  MpPlotStyle      own = *style;
  cairo_status_t   status;

  own.pixel_ratio = format == FORMAT_PNG ? scale : 1;
  draw (data, cr, width, height, &own);
  status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS && format == FORMAT_PNG)
    status = cairo_surface_write_to_png_stream (surface, append_bytes, bytes);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_DRAW, _("The picture could not be drawn: %s."),
               cairo_status_to_string (status));
  return FALSE;
}

gboolean
mp_picture_save (const char  *path,
                 const void  *bytes,
                 gsize        size,
                 GError     **error)
{
  GError *reason = NULL;
  const char *words;

  if (g_file_set_contents_full (path, bytes, (gssize) size,
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666, &reason))
    return TRUE;
  /* GLib names the file beside, of which nobody knows; the system's reason comes last. */
  words = g_strrstr (reason->message, ": ");
  g_set_error (error, reason->domain, reason->code, "“%s”: %s", path, words != NULL ? words + 2 : reason->message);
  g_error_free (reason);
  return FALSE;
}

gboolean
mp_picture_write_drawing (const char         *path,
                          double              width,
                          double              height,
                          double              scale,
                          const MpPlotStyle  *style,
                          const char         *title,
                          MpPictureDraw       draw,
                          gpointer            data,
                          GError            **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Format                 format;

  g_return_val_if_fail (path != NULL && style != NULL && draw != NULL, FALSE);

  if (!find_format (path, &format, error) || !check_size (width, height, format == FORMAT_PNG ? scale : 1, error) ||
      !draw_document (bytes, format, width, height, scale, style, title, draw, data, error))
    return FALSE;
  if (mp_picture_save (path, bytes->data, bytes->len, error))
    return TRUE;
  g_prefix_error (error, _("The picture could not be written: "));
  return FALSE;
}

static void
draw_picture (gpointer           data,
              cairo_t           *cr,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  mp_picture_draw (data, cr, width, height, style);
}

gboolean
mp_picture_write (MpPicture          *self,
                  const char         *path,
                  double              width,
                  double              height,
                  double              scale,
                  const MpPlotStyle  *style,
                  GError            **error)
{
  return mp_picture_write_drawing (path, width, height, scale, style, self->title, draw_picture, self, error);
}

static void
paint_card (cairo_t           *cr,
            const MpPlotStyle *style)
{
  mp_colour_set_source (style->card, cr);
  cairo_paint (cr);
}

static void
draw_chart (gpointer           data,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  MpPlotStyle own = *style;

  own.axis_names = TRUE;
  paint_card (cr, style);
  mp_chart_draw (data, cr, width, height, &own);
}

gboolean
mp_chart_write (MpChart            *self,
                const char         *path,
                double              width,
                double              height,
                double              scale,
                const MpPlotStyle  *style,
                GError            **error)
{
  return mp_picture_write_drawing (path, width, height, scale, style, mp_chart_get_title (self), draw_chart, self,
                                   error);
}

/* A single plot: the points with legend and colour bar below. */
static void
draw_scatter (gpointer           data,
              cairo_t           *cr,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  paint_card (cr, style);
  mp_scatter_draw_framed (data, cr, width, height, style);
}

gboolean
mp_scatter_write (MpScatter          *self,
                  const char         *path,
                  double              width,
                  double              height,
                  double              scale,
                  const MpPlotStyle  *style,
                  GError            **error)
{
  return mp_picture_write_drawing (path, width, height, scale, style, NULL, draw_scatter, self, error);
}

static void
draw_panel (gpointer           data,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  paint_card (cr, style);
  mp_panel_draw_framed (data, cr, width, height, style);
}

gboolean
mp_panel_write (MpPanel            *self,
                const char         *path,
                double              width,
                double              height,
                double              scale,
                const MpPlotStyle  *style,
                GError            **error)
{
  return mp_picture_write_drawing (path, width, height, scale, style, mp_panel_get_title (self), draw_panel, self, error);
}
