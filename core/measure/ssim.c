/* core/measure/ssim.c: structural similarity, see steganalysis.h. */
#include "measure/steganalysis.h"

#include <math.h>
#include <string.h>

#define WINDOW 11u
#define SIGMA 1.5
#define C1 (0.01 * 255 * 0.01 * 255)
#define C2 (0.03 * 255 * 0.03 * 255)
#define MAPS 5u

/* The last WINDOW rows, filtered along the row: means of a, b, aa, bb, ab. */
static void
filter_row (const guint8 *a, const guint8 *b, guint step, gsize valid, const double gauss[WINDOW], double *out)
{
  memset (out, 0, valid * MAPS * sizeof *out);
  for (gsize i = 0; i < valid; i++)
    for (guint k = 0; k < WINDOW; k++)
      {
        const double g = gauss[k], u = a[(i + k) * step], v = b[(i + k) * step];

        out[i * MAPS] += g * u;
        out[i * MAPS + 1] += g * v;
        out[i * MAPS + 2] += g * u * u;
        out[i * MAPS + 3] += g * v * v;
        out[i * MAPS + 4] += g * u * v;
      }
}

double
cnc_measure_ssim (const guint8 *a, const guint8 *b, guint step, gsize width, gsize height)
{
  double gauss[WINDOW], sum = 0, total = 0;
  g_autofree double *rows = NULL;
  gsize valid;

  if (width < WINDOW || height < WINDOW)
    return NAN;
  for (guint k = 0; k < WINDOW; k++)
    sum += gauss[k] = exp (-(k - 5.0) * (k - 5.0) / (2 * SIGMA * SIGMA));
  for (guint k = 0; k < WINDOW; k++)
    gauss[k] /= sum;
  valid = width - WINDOW + 1;
  rows = g_new (double, WINDOW *MAPS *valid);
  for (gsize y = 0; y < height; y++)
    {
      filter_row (a + y * width * step, b + y * width * step, step, valid, gauss, rows + y % WINDOW * MAPS * valid);
      for (gsize i = 0; y + 1 >= WINDOW && i < valid; i++)
        {
          double m[MAPS] = { 0 };

          for (guint k = 0; k < WINDOW; k++) /* row y - 10 + k */
            for (guint j = 0; j < MAPS; j++)
              m[j] += gauss[k] * rows[((y + 1 + k) % WINDOW * valid + i) * MAPS + j];
          total += (2 * m[0] * m[1] + C1) * (2 * (m[4] - m[0] * m[1]) + C2)
                   / ((m[0] * m[0] + m[1] * m[1] + C1) * (m[2] - m[0] * m[0] + m[3] - m[1] * m[1] + C2));
        }
    }
  return total / ((double) valid * (double) (height - WINDOW + 1));
}
