/* core/nn/reference-ssim.c: structural similarity as a loss (Wang, Bovik, Sheikh and Simoncelli 2004), and its gradient.
 *
 * With G the Gaussian window over valid positions, a = G x, b = G t, and p = G xx - aa, q = G tt - bb, r = G xt - ab:
 *   S = (2 a b + c1) (2 r + c2) / ((aa + bb + c1) (p + q + c2))
 * The gradient of sum (S) spreads the derivatives of S by a, p and r back through the same window:
 *   dx = G' (S_a - 2 a S_p - b S_r) + 2 x G' S_p + t G' S_r
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>

#define WINDOW 11u
#define SIGMA 1.5
#define C1 (0.01 * 0.01)
#define C2 (0.03 * 0.03)
#define MAPS 5u

typedef struct
{
  guint32 w, h, vw, vh; /* sides of the plane, and of its valid positions */
  double gauss[WINDOW];
  const float *x, *t;
  double *rows[MAPS];  /* h * vw: filtered along the rows (backward: spread along the columns) */
  double *whole[MAPS]; /* vh * vw: a, b, G xx, G tt, G xt; then the three maps to spread back */
  double *sums;        /* one a valid row */
  float *dx;
  double each;
  gboolean accumulate;
} Plane;

static void
filter_row (guint y, gpointer user_data)
{
  const Plane *p = user_data;
  const float *x = p->x + (gsize) y * p->w, *t = p->t + (gsize) y * p->w;

  for (guint32 i = 0; i < p->vw; i++)
    {
      double sums[MAPS] = { 0 };

      for (guint k = 0; k < WINDOW; k++)
        {
          const double g = p->gauss[k], a = x[i + k], b = t[i + k];

          sums[0] += g * a;
          sums[1] += g * b;
          sums[2] += g * a * a;
          sums[3] += g * b * b;
          sums[4] += g * a * b;
        }
      for (guint m = 0; m < MAPS; m++)
        p->rows[m][(gsize) y * p->vw + i] = sums[m];
    }
}

static void
similarity_row (guint y, gpointer user_data)
{
  const Plane *p = user_data;
  double total = 0;

  for (guint32 i = 0; i < p->vw; i++)
    {
      const gsize at = (gsize) y * p->vw + i;
      double s[MAPS] = { 0 };

      for (guint m = 0; m < MAPS; m++)
        for (guint k = 0; k < WINDOW; k++)
          s[m] += p->gauss[k] * p->rows[m][at + (gsize) k * p->vw];
      {
        const double a = s[0], b = s[1], variances = s[2] - a * a + s[3] - b * b, covariance = s[4] - a * b;
        const double n1 = 2 * a * b + C1, n2 = 2 * covariance + C2, d1 = a * a + b * b + C1, d2 = variances + C2;
        const double similarity = n1 * n2 / (d1 * d2);
        const double by_a = 2 * b * n2 / (d1 * d2) - 2 * a * similarity / d1, by_p = -similarity / d2, by_r = 2 * n1 / (d1 * d2);

        total += similarity;
        p->whole[0][at] = by_a - 2 * a * by_p - b * by_r;
        p->whole[1][at] = by_p;
        p->whole[2][at] = by_r;
      }
    }
  p->sums[y] = total;
}

/* The window turned the other way, down the columns: row y of the plane from the valid rows that saw it. */
static void
spread_row (guint y, gpointer user_data)
{
  const Plane *p = user_data;

  for (guint32 i = 0; i < p->vw; i++)
    for (guint m = 0; m < 3; m++)
      {
        double sum = 0;

        for (guint k = 0; k < WINDOW; k++)
          if (y >= k && y - k < p->vh)
            sum += p->gauss[k] * p->whole[m][(gsize) (y - k) * p->vw + i];
        p->rows[m][(gsize) y * p->vw + i] = sum;
      }
}

static void
gradient_row (guint y, gpointer user_data)
{
  const Plane *p = user_data;

  for (guint32 i = 0; i < p->w; i++)
    {
      const gsize at = (gsize) y * p->w + i;
      double s[3] = { 0 };

      for (guint m = 0; m < 3; m++)
        for (guint k = 0; k < WINDOW; k++)
          if (i >= k && i - k < p->vw)
            s[m] += p->gauss[k] * p->rows[m][(gsize) y * p->vw + i - k];
      cnc_store (p->dx + at, -p->each * (s[0] + 2 * p->x[at] * s[1] + p->t[at] * s[2]), p->accumulate);
    }
}

gboolean
cnc_reference_ssim (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape shape = in[0].shape;
  Plane p = { .w = shape.w, .h = shape.h, .vw = shape.w - WINDOW + 1, .vh = shape.h - WINDOW + 1, .accumulate = op->accumulate };
  const gsize plane = (gsize) shape.h * shape.w, rows = (gsize) p.h * p.vw, valid = (gsize) p.vh * p.vw;
  const gsize planes = (gsize) shape.n * shape.c;
  g_autofree double *room = cnc_alloc (MAPS * rows + 3 * valid + p.vh, sizeof (double), "the maps of a similarity", error);
  double total = 0, norm = 0;

  if (room == NULL)
    return FALSE;
  for (guint k = 0; k < WINDOW; k++)
    {
      const double away = k - (WINDOW - 1) / 2.0;

      p.gauss[k] = exp (-away * away / (2 * SIGMA * SIGMA));
      norm += p.gauss[k];
    }
  for (guint k = 0; k < WINDOW; k++)
    p.gauss[k] /= norm;
  for (guint m = 0; m < MAPS; m++)
    p.rows[m] = room + m * rows;
  for (guint m = 0; m < 3; m++)
    p.whole[m] = room + MAPS * rows + m * valid;
  p.sums = room + MAPS * rows + 3 * valid;
  p.each = op->scale / ((double) planes * (double) valid);
  for (gsize i = 0; i < planes; i++)
    {
      p.x = cnc_floats (&in[0]) + i * plane;
      p.t = cnc_floats (&in[1]) + i * plane;
      cnc_parallel_for (p.h, filter_row, &p);
      cnc_parallel_for (p.vh, similarity_row, &p);
      for (guint32 y = 0; y < p.vh; y++)
        total += p.sums[y];
      if (n_out < 2)
        continue;
      p.dx = cnc_floats (&out[1]) + i * plane;
      cnc_parallel_for (p.h, spread_row, &p);
      cnc_parallel_for (p.h, gradient_row, &p);
    }
  cnc_store (cnc_floats (&out[0]), op->scale - p.each * total, op->accumulate);
  return TRUE;
}
