/* GEGL buffers of GIMP's drawables to rasters and back, bit for bit. */
#include "pixels.h"

#include <gegl.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "methods/crypt.h"

/* Rows moved at once: a multiple of the tiles' height, so that no tile is fetched twice. */
#define BAND_ROWS 256u

static const struct
{
  GimpPrecision precision;
  CncSample sample;
  CncCurve curve;
} precisions[] = {
  { GIMP_PRECISION_U8_LINEAR, CNC_SAMPLE_U8, CNC_CURVE_LINEAR },
  { GIMP_PRECISION_U8_GAMMA, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL },
  { GIMP_PRECISION_U16_LINEAR, CNC_SAMPLE_U16, CNC_CURVE_LINEAR },
  { GIMP_PRECISION_U16_GAMMA, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL },
  { GIMP_PRECISION_U32_LINEAR, CNC_SAMPLE_U32, CNC_CURVE_LINEAR },
  { GIMP_PRECISION_U32_GAMMA, CNC_SAMPLE_U32, CNC_CURVE_PERCEPTUAL },
  { GIMP_PRECISION_HALF_LINEAR, CNC_SAMPLE_HALF, CNC_CURVE_LINEAR },
  { GIMP_PRECISION_HALF_GAMMA, CNC_SAMPLE_HALF, CNC_CURVE_PERCEPTUAL },
  { GIMP_PRECISION_FLOAT_LINEAR, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR },
  { GIMP_PRECISION_FLOAT_GAMMA, CNC_SAMPLE_FLOAT, CNC_CURVE_PERCEPTUAL },
  { GIMP_PRECISION_DOUBLE_LINEAR, CNC_SAMPLE_DOUBLE, CNC_CURVE_LINEAR },
  { GIMP_PRECISION_DOUBLE_GAMMA, CNC_SAMPLE_DOUBLE, CNC_CURVE_PERCEPTUAL },
};

GimpPrecision
pixels_precision (const CncFormat *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++)
    if (precisions[i].sample == format->sample && precisions[i].curve == format->curve)
      return precisions[i].precision;
  g_return_val_if_reached (GIMP_PRECISION_U8_GAMMA);
}

gboolean
pixels_format (gint32 drawable, CncFormat *format, GError **error)
{
  const GimpPrecision precision = gimp_image_get_precision (gimp_item_get_image (drawable));

  memset (format, 0, sizeof *format);
  format->alpha = gimp_drawable_has_alpha (drawable);
  if (gimp_drawable_is_indexed (drawable))
    {
      format->model = CNC_MODEL_INDEXED;
      format->sample = CNC_SAMPLE_U8;
      format->curve = CNC_CURVE_PERCEPTUAL;
      return TRUE;
    }
  format->model = gimp_drawable_is_rgb (drawable) ? CNC_MODEL_RGB : CNC_MODEL_GREY;
  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++)
    if (precisions[i].precision == precision)
      {
        format->sample = precisions[i].sample;
        format->curve = precisions[i].curve;
        return TRUE;
      }
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
               "This image has a precision that cnncrypt does not know (%d); choose another under Image → Precision.", (int) precision);
  return FALSE;
}

gboolean
pixels_is_rgb8 (gint32 drawable)
{
  return gimp_drawable_is_rgb (drawable)
         && gimp_image_get_precision (gimp_item_get_image (drawable)) == GIMP_PRECISION_U8_GAMMA;
}

/* The buffer of a drawable and its own pixel format, checked against what we think it is. */
static GeglBuffer *
open_buffer (gint32 drawable, const CncFormat *format, const Babl **babl, GError **error)
{
  g_autoptr (GeglBuffer) buffer = gimp_drawable_get_buffer (drawable);

  *babl = buffer != NULL ? gegl_buffer_get_format (buffer) : NULL;
  if (*babl == NULL || (guint) babl_format_get_bytes_per_pixel (*babl) != cnc_format_pixel_bytes (format))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP does not give access to the pixels of “%s”.",
                   gimp_item_get_name (drawable));
      return NULL;
    }
  return g_steal_pointer (&buffer);
}

static gboolean
read_bands (GeglBuffer *buffer, const Babl *babl, guint x, guint y, CncRaster *raster, CncTask *task, GError **error)
{
  const gsize row = cnc_raster_row_bytes (raster);

  for (guint done = 0; done < raster->height; done += BAND_ROWS)
    {
      const guint rows = MIN (BAND_ROWS, raster->height - done);

      if (!cnc_task_go_on (task, error))
        return FALSE;
      gegl_buffer_get (buffer, GEGL_RECTANGLE ((gint) x, (gint) (y + done), (gint) raster->width, (gint) rows), 1.0, babl,
                       raster->data + row * done, (gint) row, GEGL_ABYSS_NONE);
      cnc_task_progress (task, (double) (done + rows) / raster->height, "Reading the picture");
    }
  return TRUE;
}

CncRaster *
pixels_read (gint32 drawable, guint x, guint y, guint width, guint height, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) raster = NULL;
  g_autoptr (GeglBuffer) buffer = NULL;
  const Babl *babl;
  CncFormat format;

  if (!pixels_format (drawable, &format, error))
    return NULL;
  raster = cnc_raster_new (width, height, &format, error);
  if (raster == NULL)
    return NULL;
  buffer = open_buffer (drawable, &format, &babl, error);
  if (buffer == NULL || !read_bands (buffer, babl, x, y, raster, task, error))
    return NULL;
  return g_steal_pointer (&raster);
}

CncRaster *
pixels_read_carrier (gint32 drawable, guint x, guint y, guint width, guint height, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) raster = NULL;
  g_autoptr (GeglBuffer) buffer = NULL;
  const Babl *native;
  CncFormat format;

  if (!pixels_format (drawable, &format, error))
    return NULL;
  if (format.model == CNC_MODEL_RGB && format.sample >= CNC_SAMPLE_U32)
    {
      /* A picture that was promoted to 32-bit integers or floating point: babl's way back to 8 bits is exact for values that came from
       * there; if they did not, the checks of the format notice. */
      const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, format.alpha };

      raster = cnc_raster_new (width, height, &rgb8, error);
      buffer = raster != NULL ? open_buffer (drawable, &format, &native, error) : NULL;
      if (buffer == NULL
          || !read_bands (buffer, babl_format_with_space (format.alpha ? "R'G'B'A u8" : "R'G'B' u8", native), x, y, raster, task, error))
        return NULL;
    }
  else
    {
      raster = pixels_read (drawable, x, y, width, height, task, error);
      if (raster == NULL)
        return NULL;
    }
  return cnc_carrier_normalise (g_steal_pointer (&raster), error);
}

gboolean
pixels_write (gint32 drawable, const CncRaster *raster, CncTask *task, GError **error)
{
  g_autoptr (GeglBuffer) buffer = NULL;
  const gsize row = cnc_raster_row_bytes (raster);
  const Babl *babl;
  CncFormat format;

  if (!pixels_format (drawable, &format, error))
    return FALSE;
  if (!cnc_format_equal (&format, &raster->format))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP did not make a layer of the pixel format that is needed.");
      return FALSE;
    }
  buffer = open_buffer (drawable, &format, &babl, error);
  if (buffer == NULL)
    return FALSE;
  for (guint done = 0; done < raster->height; done += BAND_ROWS)
    {
      const guint rows = MIN (BAND_ROWS, raster->height - done);

      if (!cnc_task_go_on (task, error))
        return FALSE;
      gegl_buffer_set (buffer, GEGL_RECTANGLE (0, (gint) done, (gint) raster->width, (gint) rows), 0, babl, raster->data + row * done,
                       (gint) row);
      cnc_task_progress (task, (double) (done + rows) / raster->height, "Writing the picture");
    }
  gegl_buffer_flush (buffer);
  return TRUE;
}

gboolean
pixels_equal (gint32 drawable, guint x, guint y, const CncRaster *raster)
{
  g_autoptr (GeglBuffer) buffer = NULL;
  g_autofree guint8 *band = NULL;
  const gsize row = cnc_raster_row_bytes (raster);
  const Babl *babl;
  CncFormat format;

  if (!pixels_format (drawable, &format, NULL) || !cnc_format_equal (&format, &raster->format)
      || x + raster->width > (guint) gimp_drawable_width (drawable) || y + raster->height > (guint) gimp_drawable_height (drawable))
    return FALSE;
  buffer = open_buffer (drawable, &format, &babl, NULL);
  band = cnc_alloc (row, BAND_ROWS, "comparing pixels", NULL);
  if (buffer == NULL || band == NULL)
    return FALSE;
  for (guint done = 0; done < raster->height; done += BAND_ROWS)
    {
      const guint rows = MIN (BAND_ROWS, raster->height - done);

      gegl_buffer_get (buffer, GEGL_RECTANGLE ((gint) x, (gint) (y + done), (gint) raster->width, (gint) rows), 1.0, babl, band,
                       (gint) row, GEGL_ABYSS_NONE);
      if (memcmp (band, raster->data + row * done, row * rows) != 0)
        return FALSE;
    }
  return TRUE;
}

CncRaster *
pixels_drop_opaque_alpha (CncRaster *raster)
{
  const gsize pixels = (gsize) raster->width * raster->height;

  g_return_val_if_fail (raster->format.model == CNC_MODEL_RGB && raster->format.sample == CNC_SAMPLE_U8, raster);
  if (!raster->format.alpha)
    return raster;
  for (gsize i = 0; i < pixels; i++)
    if (raster->data[4 * i + 3] != 255)
      return raster;
  for (gsize i = 0; i < pixels; i++)
    memmove (raster->data + 3 * i, raster->data + 4 * i, 3);
  raster->format.alpha = FALSE;
  return raster;
}
