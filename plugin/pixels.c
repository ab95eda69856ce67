/* GIMP's drawables to rasters and back, bit for bit. */
#include "pixels.h"

#include <gegl.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "host.h"
#include "methods/crypt.h"
#include "tiles.h"

/* Rows moved at once, from the top of a row of tiles to that of another, so that no tile is fetched twice. */
#define BAND_ROWS 256u

/* How many rows of a rectangle that begins at row y come next, after done of them. */
static guint
band_rows (guint y, guint done, guint height)
{
  return MIN (BAND_ROWS - (y + done) % BAND_ROWS, height - done);
}

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
  return gimp_drawable_is_rgb (drawable) && gimp_image_get_precision (gimp_item_get_image (drawable)) == GIMP_PRECISION_U8_GAMMA;
}

/* Access to a drawable's tiles, whose pixels are checked against what we think they are. */
static Tiles *
open_tiles (gint32 drawable, const CncFormat *format, GError **error)
{
  Tiles *tiles = tiles_open (drawable, cnc_format_pixel_bytes (format), FALSE);

  if (tiles == NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP does not give access to the pixels of “%s”.",
                 gimp_item_get_name (drawable));
  return tiles;
}

CncRaster *
pixels_read (gint32 drawable, guint x, guint y, guint width, guint height, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) raster = NULL;
  g_autoptr (Tiles) tiles = NULL;
  CncFormat format;

  if (!pixels_format (drawable, &format, error))
    return NULL;
  raster = cnc_raster_new (width, height, &format, error);
  tiles = raster != NULL ? open_tiles (drawable, &format, error) : NULL;
  if (tiles == NULL)
    return NULL;
  for (guint done = 0, rows; done < height; done += rows)
    {
      rows = band_rows (y, done, height);
      if (!cnc_task_go_on (task, error))
        return NULL;
      tiles_get (tiles, x, y + done, width, rows, raster->data + cnc_raster_row_bytes (raster) * done);
      cnc_task_progress (task, (double) (done + rows) / height, "Reading the picture");
    }
  return g_steal_pointer (&raster);
}

/* A picture that was promoted to 32-bit integers or floating point: babl's way back to 8 bits is exact for values that came from there;
 * if they did not, the checks of the format notice.  Only this conversion needs GEGL. */
static CncRaster *
read_floats (gint32 drawable, guint x, guint y, guint width, guint height, gboolean alpha, GError **error)
{
  const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, alpha };
  g_autoptr (CncRaster) raster = cnc_raster_new (width, height, &rgb8, error);
  g_autoptr (GeglBuffer) buffer = NULL;

  if (raster == NULL)
    return NULL;
  host_start_gegl ();
  buffer = gimp_drawable_get_buffer (drawable);
  if (buffer == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP does not give access to the pixels of “%s”.",
                   gimp_item_get_name (drawable));
      return NULL;
    }
  gegl_buffer_get (buffer, GEGL_RECTANGLE ((gint) x, (gint) y, (gint) width, (gint) height), 1.0,
                   babl_format_with_space (alpha ? "R'G'B'A u8" : "R'G'B' u8", gegl_buffer_get_format (buffer)), raster->data,
                   GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return g_steal_pointer (&raster);
}

CncRaster *
pixels_read_carrier (gint32 drawable, guint x, guint y, guint width, guint height, CncTask *task, GError **error)
{
  CncRaster *raster;
  CncFormat format;

  if (!pixels_format (drawable, &format, error))
    return NULL;
  if (format.model == CNC_MODEL_RGB && format.sample >= CNC_SAMPLE_U32)
    raster = read_floats (drawable, x, y, width, height, format.alpha, error);
  else
    raster = pixels_read (drawable, x, y, width, height, task, error);
  return raster != NULL ? cnc_carrier_normalise (raster, error) : NULL;
}

gboolean
pixels_write (gint32 drawable, const CncRaster *raster, CncTask *task, GError **error)
{
  g_autoptr (Tiles) tiles = NULL;
  CncFormat format;

  if (!pixels_format (drawable, &format, error))
    return FALSE;
  if (!cnc_format_equal (&format, &raster->format))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP did not make a layer of the pixel format that is needed.");
      return FALSE;
    }
  tiles = open_tiles (drawable, &format, error);
  if (tiles == NULL)
    return FALSE;
  for (guint done = 0, rows; done < raster->height; done += rows)
    {
      rows = band_rows (0, done, raster->height);
      if (!cnc_task_go_on (task, error))
        return FALSE;
      tiles_put (tiles, 0, done, raster->width, rows, raster->data + cnc_raster_row_bytes (raster) * done);
      cnc_task_progress (task, (double) (done + rows) / raster->height, "Writing the picture");
    }
  return TRUE;
}

gboolean
pixels_equal (gint32 drawable, guint x, guint y, const CncRaster *raster)
{
  g_autoptr (Tiles) tiles = NULL;
  g_autofree guint8 *band = NULL;
  const gsize row = cnc_raster_row_bytes (raster);
  CncFormat format;

  if (!pixels_format (drawable, &format, NULL) || !cnc_format_equal (&format, &raster->format)
      || x + raster->width > (guint) gimp_drawable_width (drawable) || y + raster->height > (guint) gimp_drawable_height (drawable))
    return FALSE;
  tiles = open_tiles (drawable, &format, NULL);
  band = cnc_alloc (row, BAND_ROWS, "comparing pixels", NULL);
  if (tiles == NULL || band == NULL)
    return FALSE;
  for (guint done = 0, rows; done < raster->height; done += rows)
    {
      rows = band_rows (y, done, raster->height);
      tiles_get (tiles, x, y + done, raster->width, rows, band);
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
