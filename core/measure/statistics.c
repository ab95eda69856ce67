/* The statistics of a plane, see statistics.h. */
#include "measure/statistics.h"

#include <math.h>

#define LEVELS 256u
#define LARGEST 255.0            /* F in the paper */
#define ONE_SIDED_5 1.6448536270 /* of the normal distribution */
#define TWO_SIDED_5 1.9599639845
#define CHI_SQUARE_5 293.2478351 /* 255 degrees of freedom */

static void
histogram (const guint8 *data, gsize size, guint64 count[LEVELS])
{
  for (guint i = 0; i < LEVELS; i++)
    count[i] = 0;
  for (gsize i = 0; i < size; i++)
    count[data[i]]++;
}

double
cnc_statistics_entropy (const guint8 *data, gsize size)
{
  guint64 count[LEVELS];
  double sum = 0.0;

  histogram (data, size, count);
  for (guint i = 0; i < LEVELS; i++)
    if (count[i] > 0)
      {
        const double p = (double) count[i] / (double) size;

        sum -= p * log2 (p);
      }
  return sum;
}

double
cnc_statistics_chi_square (const guint8 *data, gsize size)
{
  const double expected = (double) size / LEVELS;
  guint64 count[LEVELS];
  double sum = 0.0;

  histogram (data, size, count);
  for (guint i = 0; i < LEVELS; i++)
    {
      const double off = (double) count[i] - expected;

      sum += off * off;
    }
  return sum / expected;
}

static guint
bits_set (guint byte)
{
  guint n = 0;

  for (; byte != 0; byte &= byte - 1)
    n++;
  return n;
}

CncDifference
cnc_statistics_difference (const guint8 *a, const guint8 *b, gsize size)
{
  /* Differences and exclusive ors are counted first: all sums stay exact. */
  guint64 by_difference[LEVELS] = { 0 }, by_xor[LEVELS] = { 0 };
  guint64 absolute = 0, square = 0, bits = 0;
  const double n = (double) size;

  for (gsize i = 0; i < size; i++)
    {
      by_difference[a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]]++;
      by_xor[a[i] ^ b[i]]++;
    }
  for (guint i = 1; i < LEVELS; i++)
    {
      absolute += by_difference[i] * i;
      square += by_difference[i] * i * i;
      bits += by_xor[i] * bits_set (i);
    }
  return (CncDifference){
    .npcr = (n - (double) by_difference[0]) / n,
    .uaci = (double) absolute / (LARGEST * n),
    .bits = (double) bits / (8.0 * n),
    .mse = (double) square / n,
  };
}

double
cnc_statistics_psnr (double mse)
{
  return mse > 0.0 ? 10.0 * log10 (LARGEST * LARGEST / mse) : INFINITY;
}

double
cnc_statistics_correlation (const guint8 *plane, gsize width, gsize height, CncNeighbour neighbour)
{
  const gsize right = neighbour != CNC_NEIGHBOUR_VERTICAL ? 1 : 0;
  const gsize down = neighbour != CNC_NEIGHBOUR_HORIZONTAL ? 1 : 0;
  guint64 a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  double n, variance;

  if (width <= right || height <= down)
    return 0.0;
  for (gsize y = 0; y + down < height; y++)
    {
      const guint8 *p = plane + y * width;
      const guint8 *q = p + down * width + right;

      for (gsize x = 0; x + right < width; x++)
        {
          a += p[x];
          b += q[x];
          aa += (guint64) p[x] * p[x];
          bb += (guint64) q[x] * q[x];
          ab += (guint64) p[x] * q[x];
        }
    }
  n = (double) (width - right) * (double) (height - down);
  variance = ((double) aa - (double) a * ((double) a / n)) * ((double) bb - (double) b * ((double) b / n));
  return variance > 0.0 ? ((double) ab - (double) a * ((double) b / n)) / sqrt (variance) : 0.0;
}

void
cnc_statistics_random_limits (gsize size, CncRandomLimits *limits)
{
  const double n = (double) size, f = LARGEST;
  const double uaci = (f + 2.0) / (3.0 * f + 3.0);
  const double deviation = sqrt ((f + 2.0) * (f * f + 2.0 * f + 3.0) / (18.0 * (f + 1.0) * (f + 1.0) * n * f));

  limits->npcr_min = (f - ONE_SIDED_5 * sqrt (f / n)) / (f + 1.0);
  limits->uaci_min = uaci - TWO_SIDED_5 * deviation;
  limits->uaci_max = uaci + TWO_SIDED_5 * deviation;
  limits->chi_square_max = CHI_SQUARE_5;
  limits->entropy_mean = 8.0 - (LEVELS - 1.0) / (2.0 * n * G_LN2);
  limits->entropy_min = 8.0 - CHI_SQUARE_5 / (2.0 * n * G_LN2);
}
