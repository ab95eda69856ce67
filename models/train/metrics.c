/* models/train/metrics.c: see metrics.h. */
#include "metrics.h"

#include <math.h>
#include <string.h>

#define WINDOW 11u
#define SIGMA 1.5
#define EQUAL 99.0 /* dB */

static double
decibels (double mse)
{
  return mse > 0 ? MIN (EQUAL, -10 * log10 (mse)) : EQUAL;
}

static double
luma (const guint8 *p, gsize plane, guint32 channels, gsize i)
{
  if (channels < 3)
    return p[i];
  return 0.299 * p[i] + 0.587 * p[plane + i] + 0.114 * p[2 * plane + i];
}

/* Sums of one row of windows' columns, then along the row: the five moments are filtered separably. */
static double
ssim_row (const guint8 *a, const guint8 *b, guint32 width, guint32 y, const double weights[WINDOW], double *columns)
{
  const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  double sum = 0;

  for (guint32 x = 0; x < width; x++)
    {
      double m[5] = { 0 };

      for (guint32 k = 0; k < WINDOW; k++)
        {
          const double u = a[(gsize) (y + k) * width + x] / 255.0, v = b[(gsize) (y + k) * width + x] / 255.0, w = weights[k];

          m[0] += w * u;
          m[1] += w * v;
          m[2] += w * u * u;
          m[3] += w * v * v;
          m[4] += w * u * v;
        }
      for (guint32 k = 0; k < 5; k++)
        columns[5 * (gsize) x + k] = m[k];
    }
  for (guint32 x = 0; x + WINDOW <= width; x++)
    {
      double m[5] = { 0 };

      for (guint32 k = 0; k < WINDOW; k++)
        for (guint32 j = 0; j < 5; j++)
          m[j] += weights[k] * columns[5 * (gsize) (x + k) + j];
      sum += (2 * m[0] * m[1] + c1) * (2 * (m[4] - m[0] * m[1]) + c2)
             / ((m[0] * m[0] + m[1] * m[1] + c1) * (m[2] - m[0] * m[0] + m[3] - m[1] * m[1] + c2));
    }
  return sum;
}

static double
ssim (const guint8 *a, const guint8 *b, guint32 channels, guint32 width, guint32 height)
{
  const gsize plane = (gsize) width * height;
  double weights[WINDOW], total = 0, sum = 0;
  g_autofree double *columns = NULL;

  if (width < WINDOW || height < WINDOW)
    return NAN;
  for (guint k = 0; k < WINDOW; k++)
    total += weights[k] = exp (-((double) k - 5) * ((double) k - 5) / (2 * SIGMA * SIGMA));
  for (guint k = 0; k < WINDOW; k++)
    weights[k] /= total;
  columns = g_new (double, 5 * (gsize) width);
  for (guint32 c = 0; c < channels; c++)
    for (guint32 y = 0; y + WINDOW <= height; y++)
      sum += ssim_row (a + c * plane, b + c * plane, width, y, weights, columns);
  return sum / ((double) channels * (width - WINDOW + 1) * (height - WINDOW + 1));
}

static double
correlation (const guint8 *a, const guint8 *b, gsize size)
{
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;

  for (gsize i = 0; i < size; i++)
    {
      sa += a[i];
      sb += b[i];
    }
  sa /= (double) size;
  sb /= (double) size;
  for (gsize i = 0; i < size; i++)
    {
      aa += (a[i] - sa) * (a[i] - sa);
      bb += (b[i] - sb) * (b[i] - sb);
      ab += (a[i] - sa) * (b[i] - sb);
    }
  return aa > 0 && bb > 0 ? ab / sqrt (aa * bb) : 0;
}

void
train_moments (const guint8 *a, guint32 channels, gsize size, TrainMoments *moments)
{
  memset (moments, 0, sizeof *moments);
  for (guint32 c = 0; c < MIN (channels, TRAIN_METRICS_CHANNELS); c++)
    {
      double sum = 0, squares = 0;

      for (gsize i = 0; i < size; i++)
        {
          const double v = a[c * size + i] / 255.0;

          sum += v;
          squares += v * v;
        }
      moments->mean[c] = sum / (double) size;
      moments->variance[c] = squares / (double) size - moments->mean[c] * moments->mean[c];
    }
}

double
train_constant_psnr (const GArray *all, guint32 channels)
{
  const guint32 n = MIN (channels, TRAIN_METRICS_CHANNELS);
  const TrainMoments *moments = (const TrainMoments *) (const void *) all->data;
  double colour[TRAIN_METRICS_CHANNELS] = { 0 }, sum = 0;

  for (guint i = 0; i < all->len; i++)
    for (guint32 c = 0; c < n; c++)
      colour[c] += moments[i].mean[c] / all->len;
  for (guint i = 0; i < all->len; i++)
    {
      double mse = 0;

      for (guint32 c = 0; c < n; c++)
        mse += (moments[i].variance[c] + (moments[i].mean[c] - colour[c]) * (moments[i].mean[c] - colour[c])) / n;
      sum += decibels (mse) / all->len;
    }
  return sum;
}

void
train_metrics (const guint8 *a, const guint8 *b, guint32 channels, guint32 width, guint32 height, TrainMetrics *metrics)
{
  const gsize plane = (gsize) width * height;
  double squares = 0, luma_squares = 0;

  for (gsize i = 0; i < plane * channels; i++)
    squares += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
  for (gsize i = 0; i < plane; i++)
    {
      const double d = luma (a, plane, channels, i) - luma (b, plane, channels, i);

      luma_squares += d * d;
    }
  metrics->mse = squares / (255.0 * 255.0) / ((double) plane * channels);
  metrics->psnr = decibels (metrics->mse);
  metrics->psnr_y = decibels (luma_squares / (255.0 * 255.0) / (double) plane);
  metrics->correlation = 0;
  for (guint32 c = 0; c < channels; c++)
    metrics->correlation += correlation (a + c * plane, b + c * plane, plane) / channels;
  metrics->ssim = ssim (a, b, channels, width, height);
}
