/* core/measure/steganalysis.c: statistics that look for something hidden in low bits, see steganalysis.h. */
#include "measure/steganalysis.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const guint8 *data;
  guint step;
  gsize width, height;
} Plane;

static inline gint
at (const Plane *p, gsize x, gsize y)
{
  return p->data[(y * p->width + x) * p->step];
}

/* ---- RS ---- */

static inline gint
flip (gint v) /* 2k <-> 2k + 1 */
{
  return v ^ 1;
}

static inline gint
flip_back (gint v) /* 2k - 1 <-> 2k; leaves 0..255 at both ends, which does no harm */
{
  return ((v + 1) ^ 1) - 1;
}

static inline gint
roughness (const gint g[4])
{
  return ABS (g[0] - g[1]) + ABS (g[2] - g[3]) + ABS (g[0] - g[2]) + ABS (g[1] - g[3]);
}

/* Regular minus singular groups, as a share of all, under the mask and under the negative mask. */
typedef struct
{
  double positive, negative;
} Groups;

static Groups
count_groups (const Plane *p, gboolean flipped)
{
  gint64 positive = 0, negative = 0, n = 0;

  for (gsize y = 0; y + 1 < p->height; y++)
    for (gsize x = 0; x + 1 < p->width; x++, n++)
      {
        gint g[4] = { at (p, x, y), at (p, x + 1, y), at (p, x, y + 1), at (p, x + 1, y + 1) }, h[4], rough;

        for (guint i = 0; i < 4 && flipped; i++)
          g[i] = flip (g[i]);
        rough = roughness (g);
        memcpy (h, g, sizeof h);
        h[0] = flip (g[0]);
        h[3] = flip (g[3]);
        positive += (roughness (h) > rough) - (roughness (h) < rough);
        h[0] = flip_back (g[0]);
        h[3] = flip_back (g[3]);
        negative += (roughness (h) > rough) - (roughness (h) < rough);
      }
  return n > 0 ? (Groups){ (double) positive / (double) n, (double) negative / (double) n } : (Groups){ 0, 0 };
}

double
cnc_steganalysis_rs (const guint8 *plane, guint step, gsize width, gsize height)
{
  const Plane p = { plane, step, width, height };
  const Groups as_is = count_groups (&p, FALSE), other = count_groups (&p, TRUE);
  const double d0 = as_is.positive, e0 = as_is.negative, d1 = other.positive, e1 = other.negative;
  const double a = 2 * (d1 + d0), b = e0 - e1 - d1 - 3 * d0, c = d0 - e0;
  double x;

  if (fabs (a) < 1e-12)
    {
      if (fabs (b) < 1e-12)
        return 0;
      x = -c / b;
    }
  else
    {
      /* Where noise leaves no root, the vertex is the nearest thing to one. */
      const double root = sqrt (MAX (b * b - 4 * a * c, 0)), u = (-b + root) / (2 * a), v = (-b - root) / (2 * a);

      x = fabs (u) < fabs (v) ? u : v;
    }
  return x / (x - 0.5);
}

/* ---- weighted stego-image ---- */

double
cnc_steganalysis_ws (const guint8 *plane, guint step, gsize width, gsize height)
{
  const Plane p = { plane, step, width, height };
  double sum = 0, bias = 0, weights = 0, estimate;

  if (width < 3 || height < 3)
    return 0;
  for (gsize y = 1; y + 1 < height; y++)
    for (gsize x = 1; x + 1 < width; x++)
      {
        const gint side = at (&p, x - 1, y) + at (&p, x + 1, y) + at (&p, x, y - 1) + at (&p, x, y + 1);
        const gint corner = at (&p, x - 1, y - 1) + at (&p, x + 1, y - 1) + at (&p, x - 1, y + 1) + at (&p, x + 1, y + 1);
        const gint v = at (&p, x, y);
        const gint sides[4] = { at (&p, x - 1, y), at (&p, x + 1, y), at (&p, x, y - 1), at (&p, x, y + 1) };
        double mean = side / 4.0, variance = 0, weight, moved = 0;

        for (guint i = 0; i < 4; i++)
          variance += (sides[i] - mean) * (sides[i] - mean) / 4;
        weight = 1 / (5 + variance);
        /* what the predictor says of a picture in which every neighbour's lowest bit is flipped, less what it says of this one */
        for (guint i = 0; i < 4; i++)
          moved += 0.5 * (flip (sides[i]) - sides[i]);
        moved -= 0.25
                 * (flip (at (&p, x - 1, y - 1)) + flip (at (&p, x + 1, y - 1)) + flip (at (&p, x - 1, y + 1))
                    + flip (at (&p, x + 1, y + 1)) - corner);
        sum += weight * (v - flip (v)) * (v - (0.5 * side - 0.25 * corner));
        bias += weight * (v - flip (v)) * moved;
        weights += weight;
      }
  estimate = 2 * sum / weights;
  return estimate * (1 + bias / weights);
}

/* ---- histogram characteristic function ---- */

#define LEVELS 256u

/* Centre of mass of |DFT of the 256 x 256 histogram of horizontal neighbours| over the quadrant of low frequencies.  half: of the picture
 * whose pixels are means of 2 x 2. */
static double
centre_of_mass (const Plane *p, gboolean half)
{
  const guint scale = half ? 2 : 1, side = LEVELS / 2;
  g_autofree double *histogram = g_new0 (double, LEVELS *LEVELS);
  g_autofree double *real = g_new0 (double, LEVELS *side), *imaginary = g_new0 (double, LEVELS *side);
  double cosine[LEVELS], sine[LEVELS], above = 0, below = 0;

  for (guint i = 0; i < LEVELS; i++)
    {
      cosine[i] = cos (2 * G_PI * i / LEVELS);
      sine[i] = sin (2 * G_PI * i / LEVELS);
    }
  for (gsize y = 0; y + scale <= p->height; y += scale)
    {
      gint before = -1;

      for (gsize x = 0; x + scale <= p->width; x += scale)
        {
          const gint v = half ? (at (p, x, y) + at (p, x + 1, y) + at (p, x, y + 1) + at (p, x + 1, y + 1)) / 4 : at (p, x, y);

          if (before >= 0)
            histogram[(guint) before * LEVELS + (guint) v] += 1;
          before = v;
        }
    }
  for (guint m = 0; m < LEVELS; m++)
    for (guint n = 0; n < LEVELS; n++)
      {
        const double h = histogram[m * LEVELS + n];

        for (guint k = 0; h > 0 && k < side; k++)
          {
            real[m * side + k] += h * cosine[n * k % LEVELS];
            imaginary[m * side + k] -= h * sine[n * k % LEVELS];
          }
      }
  for (guint k = 0; k < side; k++)
    for (guint j = 0; j < side; j++)
      {
        double re = 0, im = 0, size;

        for (guint m = 0; m < LEVELS; m++)
          {
            const double c = cosine[m * j % LEVELS], s = -sine[m * j % LEVELS], a = real[m * side + k], b = imaginary[m * side + k];

            re += a * c - b * s;
            im += a * s + b * c;
          }
        size = sqrt (re * re + im * im);
        above += (j + k) * size;
        below += size;
      }
  return below > 0 ? above / below : 0;
}

double
cnc_steganalysis_hcf (const guint8 *plane, guint step, gsize width, gsize height)
{
  const Plane p = { plane, step, width, height };
  const double whole = centre_of_mass (&p, FALSE), half = centre_of_mass (&p, TRUE);

  return half > 0 ? whole / half : 1;
}
