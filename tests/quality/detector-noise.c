/* tests/quality/detector-noise.c: pictures that are not encrypted and look like noise, see detector-data.h. */
#include "detector-data.h"

#include <math.h>
#include <string.h>

/* A field of Gaussian noise of deviation 1, smoothed by a running mean of the past along rows (a) and columns (b): 0 for none. */
static float *
field (guint32 width, guint32 height, double a, double b, GRand *rand)
{
  float *f = g_new (float, (gsize) width *height);
  double sum = 0;

  for (guint32 y = 0; y < height; y++)
    {
      double last = data_gaussian (rand);

      for (guint32 x = 0; x < width; x++)
        {
          last = a * last + (1 - a) * data_gaussian (rand);
          f[(gsize) y * width + x] = (float) (y > 0 ? b * (double) f[(gsize) (y - 1) * width + x] + (1 - b) * last : last);
        }
    }
  for (gsize i = 0; i < (gsize) width * height; i++)
    sum += (double) f[i] * (double) f[i];
  sum = sqrt (sum / ((double) width * height));
  for (gsize i = 0; i < (gsize) width * height; i++)
    f[i] = (float) ((double) f[i] / MAX (sum, 1e-9));
  return f;
}

CncRaster *
data_static (guint32 side, GRand *rand)
{
  CncRaster *raster = data_rgb (side, side);
  const guint zoom = data_chance (rand, 0.5) ? 1 : (guint) g_rand_int_range (rand, 2, 5);
  const guint32 n = side / zoom + 1;
  const gboolean colour = data_chance (rand, 0.3), snow = data_chance (rand, 0.35), lines = data_chance (rand, 0.3);
  const double along = data_between (rand, zoom > 1 ? 0.1 : 0.35, 0.8), down = data_chance (rand, 0.3) ? data_between (rand, 0.1, 0.5) : 0,
               mean = data_between (rand, 70, 160), deviation = data_between (rand, 25, 90), bar = data_between (rand, 0, 40),
               phase = data_between (rand, 0, 6.3), period = data_between (rand, 0.4, 2);
  g_autofree float *luma = field (n, n, along, down, rand);
  g_autofree float *tint[2] = { colour ? field (n, n, 0.9, 0.5, rand) : NULL, colour ? field (n, n, 0.9, 0.5, rand) : NULL };

  for (guint32 y = 0; y < side; y++)
    for (guint32 x = 0; x < side; x++)
      {
        const gsize at = (gsize) (y / zoom) * n + x / zoom;
        double v = (double) luma[at];
        guint8 *p = raster->data + 3 * ((gsize) y * side + x);

        v = snow ? (v > 0.3 ? 2.0 : -1.0) : v;
        v = mean + deviation * v + bar * sin (phase + 6.3 * y / (side * period));
        if (lines && y % 2 == 1)
          v *= 0.75;
        for (guint c = 0; c < 3; c++)
          p[c] = data_byte (v
                            + (!colour  ? 0
                               : c == 0 ? 30 * (double) tint[0][at]
                               : c == 2 ? 30 * (double) tint[1][at]
                                        : -15 * (double) tint[0][at]));
      }
  return raster;
}

CncRaster *
data_codes (guint32 side, GRand *rand)
{
  CncRaster *raster = data_rgb (side, side);
  const guint module = (guint) g_rand_int_range (rand, 3, 13), margin = (guint) g_rand_int_range (rand, 0, (gint32) side / 4);
  const guint8 dark = data_byte (data_between (rand, 0, 60)), light = data_byte (data_between (rand, 200, 255));
  const guint n = side / module + 1;
  g_autofree guint8 *cells = g_malloc (n * n);

  for (guint i = 0; i < n * n; i++)
    cells[i] = g_rand_boolean (rand) ? dark : light;
  for (guint32 y = 0; y < side; y++)
    for (guint32 x = 0; x < side; x++)
      {
        const gboolean out = x < margin || y < margin || x + margin >= side || y + margin >= side;

        memset (raster->data + 3 * ((gsize) y * side + x), out ? light : cells[y / module * n + x / module], 3);
      }
  return raster;
}

void
data_grain (CncRaster *raster, GRand *rand)
{
  const guint32 w = raster->width, h = raster->height;
  const gboolean colour = data_chance (rand, 0.5);
  const double soft = data_chance (rand, 0.3) ? 0 : data_between (rand, 0.2, 0.65), strength = data_between (rand, 8, 48);
  g_autofree float *grain[3] = { NULL };

  for (guint c = 0; c < (colour ? 3 : 1); c++)
    grain[c] = field (w, h, soft, soft, rand);
  for (gsize i = 0; i < (gsize) w * h; i++)
    for (guint c = 0; c < 3; c++)
      {
        guint8 *p = raster->data + 3 * i + c;
        const double v = *p / 255.0;

        /* strongest in the middle tones */
        *p = data_byte (*p + strength * (0.4 + 2.4 * v * (1 - v)) * (double) grain[colour ? c : 0][i]);
      }
}

/* The mean of those neighbours, and itself, whose filter has that colour (a Bayer mosaic: R G over G B). */
static double
demosaic (const float *mosaic, guint32 w, guint32 h, guint32 x, guint32 y, guint colour)
{
  double sum = 0;
  guint n = 0;

  for (int dy = -1; dy <= 1; dy++)
    for (int dx = -1; dx <= 1; dx++)
      {
        const guint32 at = (guint32) CLAMP ((int) x + dx, 0, (int) w - 1), row = (guint32) CLAMP ((int) y + dy, 0, (int) h - 1);

        if (at % 2 + row % 2 != colour)
          continue;
        sum += (double) mosaic[(gsize) row * w + at];
        n++;
      }
  return n > 0 ? sum / n : 0;
}

void
data_sensor (CncRaster *raster, GRand *rand)
{
  const guint32 w = raster->width, h = raster->height;
  const double reading = data_between (rand, 2, 18), light = data_between (rand, 0.2, 5), gain = data_between (rand, 0.5, 1.1);
  g_autofree float *mosaic = g_new (float, (gsize) w *h);

  for (guint32 y = 0; y < h; y++)
    for (guint32 x = 0; x < w; x++)
      {
        const double v = gain * raster->data[3 * ((gsize) y * w + x) + x % 2 + y % 2];

        mosaic[(gsize) y * w + x] = (float) (v + sqrt (reading * reading + light * v) * data_gaussian (rand));
      }
  for (guint32 y = 0; y < h; y++)
    for (guint32 x = 0; x < w; x++)
      for (guint c = 0; c < 3; c++)
        raster->data[3 * ((gsize) y * w + x) + c] = data_byte (demosaic (mosaic, w, h, x, y, c));
}

static double
nearest (double value, guint levels)
{
  return rint (CLAMP (value, 0, 255) / 255 * (levels - 1)) / (levels - 1) * 255;
}

/* Floyd and Steinberg 1976. */
static void
diffuse (float *plane, guint32 w, guint32 h, guint levels)
{
  for (guint32 y = 0; y < h; y++)
    for (guint32 x = 0; x < w; x++)
      {
        float *p = plane + (gsize) y * w + x;
        const double to = nearest ((double) *p, levels);
        const float off = (float) ((double) *p - to);

        *p = (float) to;
        if (x + 1 < w)
          p[1] += off * 7 / 16;
        if (y + 1 < h)
          {
            if (x > 0)
              p[w - 1] += off * 3 / 16;
            p[w] += off * 5 / 16;
            if (x + 1 < w)
              p[w + 1] += off / 16;
          }
      }
}

/* Bayer's matrix of 2^k pixels a side: 0 to 1. */
static double
bayer (guint32 x, guint32 y, guint k)
{
  guint v = 0;

  for (guint bit = 0; bit < k; bit++)
    v = v << 2 | (((x ^ y) >> bit & 1) << 1) | (y >> bit & 1);
  return (v + 0.5) / (1u << 2 * k);
}

void
data_dither (CncRaster *raster, GRand *rand)
{
  const guint32 w = raster->width, h = raster->height;
  const gsize size = (gsize) w * h;
  const guint way = (guint) g_rand_int_range (rand, 0, 4), levels = data_chance (rand, 0.7) ? 2 : (guint) g_rand_int_range (rand, 3, 5),
              k = (guint) g_rand_int_range (rand, 1, 4);
  const gboolean colour = data_chance (rand, 0.4);
  g_autofree float *plane = g_new (float, size);

  for (guint c = 0; c < 3; c++)
    {
      for (gsize i = 0; i < size; i++)
        {
          const guint8 *p = raster->data + 3 * i;
          const double v = colour ? p[c] : 0.3 * p[0] + 0.59 * p[1] + 0.11 * p[2], step = 255.0 / (levels - 1);

          plane[i] = (float) v;
          if (way == 2)
            plane[i] = (float) nearest (v + step * (bayer ((guint32) (i % w), (guint32) (i / w), k) - 0.5), levels);
          else if (way == 3)
            plane[i] = (float) nearest (v + step * data_between (rand, -0.5, 0.5), levels);
        }
      if (way < 2)
        diffuse (plane, w, h, levels);
      for (gsize i = 0; i < size; i++)
        for (guint to = colour ? c : 0; to < (colour ? c + 1 : 3); to++)
          if (colour || c == 2)
            raster->data[3 * i + to] = data_byte ((double) plane[i]);
    }
}

void
data_pixelate (CncRaster *raster, GRand *rand)
{
  static const guint sides[] = { 4, 6, 8, 8, 10, 12, 16, 16, 20, 24, 32 };
  const guint side = sides[g_rand_int_range (rand, 0, G_N_ELEMENTS (sides))];
  const guint32 left = (guint32) g_rand_int_range (rand, 0, (gint32) side), top = (guint32) g_rand_int_range (rand, 0, (gint32) side);

  for (guint32 y = 0; y < raster->height; y++)
    for (guint32 x = 0; x < raster->width; x++)
      {
        const guint32 px = (x + left) / side * side, py = (y + top) / side * side;
        const guint32 fx = CLAMP (px + side / 2, left, left + raster->width - 1) - left,
                      fy = CLAMP (py + side / 2, top, top + raster->height - 1) - top;

        if (fx >= raster->width || fy >= raster->height || (fx == x && fy == y))
          continue;
        /* its middle is later in reading order or done already: it keeps its own colour either way */
        memcpy (raster->data + 3 * ((gsize) y * raster->width + x), raster->data + 3 * ((gsize) fy * raster->width + fx), 3);
      }
}
