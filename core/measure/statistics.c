/* The statistics of a plane, see statistics.h. */
#include "measure/statistics.h"

#include <math.h>

#define LARGEST 255.0 /* F in the paper */

/* Quantiles of the normal distribution, and of chi-square with 255 degrees of freedom, by CncOutside. */
static const double ONE_SIDED[] = { 1.6448536270, 2.3263478740, 3.0902323062 };
static const double TWO_SIDED[] = { 1.9599639845, 2.5758293035, 3.2905267315 };
static const double CHI_SQUARE[] = { 293.2478351, 310.4573882, 330.5197436 };

void
cnc_statistics_histogram (const guint8 *data, guint step, gsize size, guint64 count[CNC_LEVELS])
{
  for (gsize i = 0; i < size; i++)
    count[data[i * step]]++;
}

static guint64
total_of (const guint64 count[CNC_LEVELS])
{
  guint64 n = 0;

  for (guint i = 0; i < CNC_LEVELS; i++)
    n += count[i];
  return n;
}

double
cnc_histogram_entropy (const guint64 count[CNC_LEVELS])
{
  const double n = (double) total_of (count);
  double sum = 0.0;

  for (guint i = 0; i < CNC_LEVELS; i++)
    if (count[i] > 0)
      {
        const double p = (double) count[i] / n;

        sum -= p * log2 (p);
      }
  return sum;
}

double
cnc_histogram_chi_square (const guint64 count[CNC_LEVELS])
{
  const double expected = (double) total_of (count) / CNC_LEVELS;
  double sum = 0.0;

  for (guint i = 0; i < CNC_LEVELS; i++)
    {
      const double off = (double) count[i] - expected;

      sum += off * off;
    }
  return sum / expected;
}

double
cnc_statistics_entropy (const guint8 *data, gsize size)
{
  guint64 count[CNC_LEVELS] = { 0 };

  cnc_statistics_histogram (data, 1, size, count);
  return cnc_histogram_entropy (count);
}

double
cnc_statistics_chi_square (const guint8 *data, gsize size)
{
  guint64 count[CNC_LEVELS] = { 0 };

  cnc_statistics_histogram (data, 1, size, count);
  return cnc_histogram_chi_square (count);
}

static guint
bits_set (guint byte)
{
  guint n = 0;

  for (; byte != 0; byte &= byte - 1)
    n++;
  return n;
}

void
cnc_difference_add (CncDifferenceCount *sum, const guint8 *a, const guint8 *b, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      sum->by_difference[a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]]++;
      sum->by_xor[a[i] ^ b[i]]++;
    }
  sum->size += size;
}

CncDifference
cnc_difference_of (const CncDifferenceCount *sum)
{
  guint64 absolute = 0, square = 0, bits = 0;
  const double n = (double) sum->size;

  for (guint i = 1; i < CNC_LEVELS; i++)
    {
      absolute += sum->by_difference[i] * i;
      square += sum->by_difference[i] * i * i;
      bits += sum->by_xor[i] * bits_set (i);
    }
  return (CncDifference){
    .npcr = (n - (double) sum->by_difference[0]) / n,
    .uaci = (double) absolute / (LARGEST * n),
    .bits = (double) bits / (8.0 * n),
    .mse = (double) square / n,
  };
}

CncDifference
cnc_statistics_difference (const guint8 *a, const guint8 *b, gsize size)
{
  CncDifferenceCount sum = { 0 };

  cnc_difference_add (&sum, a, b, size);
  return cnc_difference_of (&sum);
}

double
cnc_statistics_psnr (double mse)
{
  return mse > 0.0 ? 10.0 * log10 (LARGEST * LARGEST / mse) : INFINITY;
}

static gsize
steps_right (CncNeighbour neighbour)
{
  return neighbour != CNC_NEIGHBOUR_VERTICAL ? 1 : 0;
}

static gsize
steps_down (CncNeighbour neighbour)
{
  return neighbour != CNC_NEIGHBOUR_HORIZONTAL ? 1 : 0;
}

guint64
cnc_statistics_n_pairs (gsize width, gsize height, CncNeighbour neighbour)
{
  const gsize right = steps_right (neighbour), down = steps_down (neighbour);

  return width <= right || height <= down ? 0 : (guint64) (width - right) * (height - down);
}

void
cnc_statistics_pairs (const guint8 *plane, guint step, gsize width, gsize height, gsize first, gsize end, CncNeighbour neighbour,
                      guint32 *pairs)
{
  const gsize right = steps_right (neighbour), down = steps_down (neighbour);

  for (gsize y = first; y < end && y + down < height; y++)
    {
      const guint8 *p = plane + y * width * step;
      const guint8 *q = p + (down * width + right) * step;

      for (gsize x = 0; x + right < width; x++)
        pairs[CNC_LEVELS * p[x * step] + q[x * step]]++;
    }
}

double
cnc_pairs_correlation (const guint32 *pairs)
{
  guint64 n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  guint least[2] = { CNC_LEVELS, CNC_LEVELS }, most[2] = { 0, 0 };
  double variance;

  for (guint u = 0; u < CNC_LEVELS; u++)
    for (guint v = 0; v < CNC_LEVELS; v++)
      {
        const guint64 count = pairs[CNC_LEVELS * u + v];

        if (count == 0)
          continue;
        least[0] = MIN (least[0], u);
        most[0] = MAX (most[0], u);
        least[1] = MIN (least[1], v);
        most[1] = MAX (most[1], v);
        n += count;
        a += count * u;
        b += count * v;
        aa += count * u * u;
        bb += count * v * v;
        ab += count * u * v;
      }
  if (least[0] >= most[0] || least[1] >= most[1]) /* rounding would hide it below */
    return NAN;
  variance = ((double) aa - (double) a * ((double) a / (double) n)) * ((double) bb - (double) b * ((double) b / (double) n));
  return ((double) ab - (double) a * ((double) b / (double) n)) / sqrt (variance);
}

double
cnc_statistics_correlation (const guint8 *plane, gsize width, gsize height, CncNeighbour neighbour)
{
  g_autofree guint32 *pairs = g_new0 (guint32, CNC_PAIRS);
  double correlation;

  cnc_statistics_pairs (plane, 1, width, height, 0, height, neighbour, pairs);
  correlation = cnc_pairs_correlation (pairs);
  return isnan (correlation) ? 0.0 : correlation;
}

double
cnc_statistics_deviations (CncOutside outside)
{
  return TWO_SIDED[outside];
}

void
cnc_statistics_random_limits (gsize size, CncOutside outside, CncRandomLimits *limits)
{
  const double n = (double) size, f = LARGEST;
  const double uaci = (f + 2.0) / (3.0 * f + 3.0);
  const double deviation = sqrt ((f + 2.0) * (f * f + 2.0 * f + 3.0) / (18.0 * (f + 1.0) * (f + 1.0) * n * f));

  limits->npcr_min = (f - ONE_SIDED[outside] * sqrt (f / n)) / (f + 1.0);
  limits->uaci_min = uaci - TWO_SIDED[outside] * deviation;
  limits->uaci_max = uaci + TWO_SIDED[outside] * deviation;
  limits->chi_square_max = CHI_SQUARE[outside];
  limits->entropy_mean = 8.0 - (CNC_LEVELS - 1.0) / (2.0 * n * G_LN2);
  limits->entropy_min = 8.0 - CHI_SQUARE[outside] / (2.0 * n * G_LN2);
}
