/* Conversion to 8 bits, see convert.h. */
#include "picture/convert.h"

#include <math.h>
#include <string.h>

static double
from_half (guint16 h)
{
  const int exponent = h >> 10 & 31;
  const double mantissa = h & 1023;
  const double size = exponent == 0    ? ldexp (mantissa, -24)
                      : exponent == 31 ? (mantissa > 0 ? (double) NAN : (double) INFINITY)
                                       : ldexp (mantissa + 1024, exponent - 25);

  return h >> 15 != 0 ? -size : size;
}

static double
sample_of (const guint8 *p, CncSample sample)
{
  guint16 u16;
  guint32 u32;
  float f;
  double d;

  switch (sample)
    {
    case CNC_SAMPLE_U16:
      memcpy (&u16, p, sizeof u16);
      return u16 / 65535.0;
    case CNC_SAMPLE_U32:
      memcpy (&u32, p, sizeof u32);
      return u32 / 4294967295.0;
    case CNC_SAMPLE_HALF:
      memcpy (&u16, p, sizeof u16);
      return from_half (u16);
    case CNC_SAMPLE_FLOAT:
      memcpy (&f, p, sizeof f);
      return (double) f;
    case CNC_SAMPLE_DOUBLE:
      memcpy (&d, p, sizeof d);
      return d;
    case CNC_SAMPLE_U8:
    default:
      return *p / 255.0;
    }
}

static guint8
to_byte (double v, gboolean linear)
{
  if (!(v > 0))
    return 0;
  if (v >= 1)
    return 255;
  if (linear)
    v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow (v, 1 / 2.4) - 0.055;
  return (guint8) (v * 255 + 0.5);
}

CncFormat
cnc_convert_format (const CncFormat *from)
{
  const CncFormat to = { from->model == CNC_MODEL_GREY ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, from->alpha };

  return to;
}

static void
expand_palette (const CncRaster *from, GBytes *colormap, CncRaster *to)
{
  const gsize pixels = (gsize) from->width * from->height;
  const guint in = cnc_format_channels (&from->format), out = cnc_format_channels (&to->format);
  gsize size = 0;
  const guint8 *colours = colormap != NULL ? g_bytes_get_data (colormap, &size) : NULL;

  for (gsize i = 0; i < pixels; i++)
    {
      const guint8 *p = from->data + i * in;

      memset (to->data + i * out, 0, 3);
      if (3 * (gsize) *p + 3 <= size)
        memcpy (to->data + i * out, colours + 3 * (gsize) *p, 3);
      if (in == 2)
        to->data[i * out + 3] = p[1];
    }
}

CncRaster *
cnc_convert_to_8_bit (const CncRaster *raster, GBytes *colormap, GError **error)
{
  const CncFormat format = cnc_convert_format (&raster->format);
  CncRaster *to = cnc_raster_new (raster->width, raster->height, &format, error);
  const guint channels = cnc_format_channels (&format), bytes = cnc_format_sample_bytes (&raster->format);
  const gsize samples = (gsize) raster->width * raster->height * channels;
  const guint alpha = format.alpha ? channels - 1 : channels;

  if (to == NULL)
    return NULL;
  if (raster->format.model == CNC_MODEL_INDEXED)
    expand_palette (raster, colormap, to);
  else if (cnc_format_equal (&raster->format, &format))
    memcpy (to->data, raster->data, samples);
  else
    for (gsize i = 0; i < samples; i++)
      to->data[i] = to_byte (sample_of (raster->data + i * bytes, raster->format.sample),
                             raster->format.curve == CNC_CURVE_LINEAR && i % channels != alpha);
  return to;
}
