/* tests/unit/carrier-case.h: carriers to test with, and what can happen to them on their way. */
#pragma once

#include <string.h>

#include "base/error.h"
#include "channel/carrier.h"
#include "picture/pixels.h"

static inline CncSecret *
case_key (guint8 fill)
{
  guint8 bytes[CNC_KEY_BYTES];
  g_autoptr (GError) error = NULL;
  CncSecret *key;

  memset (bytes, fill, sizeof bytes);
  key = cnc_secret_new_key (bytes, &error);
  g_assert_no_error (error);
  return key;
}

static inline CncRaster *
case_grey (guint32 width, guint32 height)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (GError) error = NULL;
  CncRaster *raster = cnc_raster_new (width, height, &format, &error);

  g_assert_no_error (error);
  return raster;
}

static inline CncCarrierHeader
case_header (guint32 width, guint32 height, const CncSecret *key)
{
  CncCarrierHeader header = { .method = CNC_CARRIER_SHARE, .levels = 3, .ops = 3, .memory_kib = 262144, .width = width, .height = height };

  for (guint i = 0; i < sizeof header.salt; i++)
    header.salt[i] = (guint8) (17 * i + width);
  cnc_carrier_header_finish (&header, key, 640, 480);
  return header;
}

/* As bytes: the structs may differ in what lies between their fields. */
static inline void
assert_header (const CncCarrierHeader *a, const CncCarrierHeader *b)
{
  guint8 first[CNC_CARRIER_HEADER_BYTES], second[CNC_CARRIER_HEADER_BYTES];

  cnc_carrier_header_write (a, first);
  cnc_carrier_header_write (b, second);
  g_assert_cmpmem (first, sizeof first, second, sizeof second);
}

/* Noise of 3 or (levels 0) 256 levels between two strips. */
static inline CncRaster *
case_carrier (const CncCarrierHeader *header, guint32 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  CncRaster *raster = cnc_carrier_new (header, &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) (header->levels == 0 ? g_rand_int_range (rand, 0, 256) : (gint) (127.5 * g_rand_int_range (rand, 0, 3) + 0.5));
  g_assert_true (cnc_carrier_draw (raster, header, &error));
  g_assert_no_error (error);
  return raster;
}

/* Mirrored left and right first, then turned clockwise by so many quarters. */
static inline CncRaster *
case_turn (const CncRaster *in, gboolean mirror, guint quarters)
{
  CncRaster *out = quarters % 2 != 0 ? case_grey (in->height, in->width) : case_grey (in->width, in->height);

  for (guint32 y = 0; y < in->height; y++)
    for (guint32 x = 0; x < in->width; x++)
      {
        const guint32 u = mirror ? in->width - 1 - x : x;
        const guint32 to_x = quarters == 0 ? u : quarters == 1 ? in->height - 1 - y : quarters == 2 ? in->width - 1 - u : y;
        const guint32 to_y = quarters == 0 ? y : quarters == 1 ? u : quarters == 2 ? in->height - 1 - y : in->width - 1 - u;

        out->data[(gsize) to_y * out->width + to_x] = in->data[(gsize) y * in->width + x];
      }
  return out;
}

static inline CncRaster *
case_part (const CncRaster *in, guint32 x, guint32 y, guint32 width, guint32 height)
{
  CncRaster *out = case_grey (width, height);

  for (guint32 row = 0; row < height; row++)
    memcpy (out->data + (gsize) row * width, in->data + (gsize) (y + row) * in->width + x, width);
  return out;
}

static inline void
case_paste (CncRaster *onto, const CncRaster *what, guint32 x, guint32 y)
{
  for (guint32 row = 0; row < what->height; row++)
    memcpy (onto->data + (gsize) (y + row) * onto->width + x, what->data + (gsize) row * what->width, what->width);
}

/* Gaussian noise of that strength, and a share of the pixels black or white. */
static inline void
case_noise (CncRaster *raster, double sigma, double dropped, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    {
      double sum = -6;

      for (guint k = 0; k < 12; k++)
        sum += g_rand_double (rand);
      raster->data[i] = (guint8) CLAMP (raster->data[i] + sigma * sum + 0.5, 0, 255);
      if (g_rand_double (rand) < dropped)
        raster->data[i] = g_rand_boolean (rand) ? 255 : 0;
    }
}
