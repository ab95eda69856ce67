/* core/picture/raster.c: pixels in memory. */
#include "picture/raster.h"

#include "base/error.h"
#include "base/memory.h"

gboolean
cnc_format_valid (const CncFormat *format)
{
  if (format->alpha != FALSE && format->alpha != TRUE)
    return FALSE;
  if ((guint) format->model > CNC_MODEL_INDEXED || (guint) format->sample > CNC_SAMPLE_DOUBLE
      || (guint) format->curve > CNC_CURVE_PERCEPTUAL)
    return FALSE;
  return format->model != CNC_MODEL_INDEXED || (format->sample == CNC_SAMPLE_U8 && format->curve == CNC_CURVE_PERCEPTUAL);
}

guint
cnc_format_channels (const CncFormat *format)
{
  return (format->model == CNC_MODEL_RGB ? 3u : 1u) + (format->alpha ? 1u : 0u);
}

guint
cnc_format_sample_bytes (const CncFormat *format)
{
  switch (format->sample)
    {
    case CNC_SAMPLE_U16:
    case CNC_SAMPLE_HALF:
      return 2;
    case CNC_SAMPLE_U32:
    case CNC_SAMPLE_FLOAT:
      return 4;
    case CNC_SAMPLE_DOUBLE:
      return 8;
    case CNC_SAMPLE_U8:
    default:
      return 1;
    }
}

guint
cnc_format_pixel_bytes (const CncFormat *format)
{
  return cnc_format_channels (format) * cnc_format_sample_bytes (format);
}

gboolean
cnc_format_equal (const CncFormat *a, const CncFormat *b)
{
  return a->model == b->model && a->sample == b->sample && a->curve == b->curve && !a->alpha == !b->alpha;
}

CncRaster *
cnc_raster_new (guint32 width, guint32 height, const CncFormat *format, GError **error)
{
  CncRaster *raster;
  guint8 *data;

  if (width < 1 || height < 1 || width > CNC_RASTER_MAX_SIDE || height > CNC_RASTER_MAX_SIDE)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "A picture of %u × %u pixels is not possible; each side must have 1 to %u pixels.", width, height, CNC_RASTER_MAX_SIDE);
      return NULL;
    }
  if (!cnc_format_valid (format))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "There is no such pixel format; convert the picture to RGB with 8 bits a channel.");
      return NULL;
    }
  /* At most 2^38 * 32 bytes, so only a 32-bit gsize can overflow: cnc_alloc checks the second product, this the first. */
  if ((guint64) width * height > G_MAXSIZE)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "The picture is too large for this machine; work on a smaller one.");
      return NULL;
    }
  data = cnc_alloc ((gsize) width * height, cnc_format_pixel_bytes (format), "the picture's pixels", error);
  if (data == NULL)
    return NULL;
  raster = g_new0 (CncRaster, 1);
  raster->width = width;
  raster->height = height;
  raster->format = *format;
  raster->data = data;
  return raster;
}

void
cnc_raster_free (CncRaster *raster)
{
  if (raster == NULL)
    return;
  g_free (raster->data);
  g_free (raster);
}

gsize
cnc_raster_row_bytes (const CncRaster *raster)
{
  return (gsize) raster->width * cnc_format_pixel_bytes (&raster->format);
}

gsize
cnc_raster_bytes (const CncRaster *raster)
{
  return cnc_raster_row_bytes (raster) * raster->height;
}
