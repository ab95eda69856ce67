/* core/stego/rounding.c: rounding that spares what is read, see rounding.h. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "stego/rounding.h"

#include "base/memory.h"

#include <math.h>

#define N CNC_ROUNDING_SAMPLES
#define STEPS 128u
#define DISTANCE 0.02f /* how much a square of a sample's own error counts beside one of what is read */

CncRounding *
cnc_rounding_new (const float *rows, guint n, GError **error)
{
  CncRounding *r = cnc_alloc0 (1, sizeof *r, "the rounding", error);

  if (r == NULL)
    return NULL;
  for (guint k = 0; k < n; k++)
    for (guint i = 0; i < N; i++)
      for (guint j = 0; j < N; j++)
        r->toward[i][j] += rows[k * N + i] * rows[k * N + j];
  for (guint i = 0; i < N; i++)
    r->toward[i][i] += DISTANCE;
  return r;
}

/* The step of one sample by one that lowers the error most; N if none does.  slope: half the gradient of the error. */
static guint
best_step (const CncRounding *r, const float *slope, const gint16 *out, gint *by)
{
  float best = -1e-4f;
  guint at = N;

  for (guint i = 0; i < N; i++)
    {
      const float gain = r->toward[i][i] - 2 * fabsf (slope[i]);

      if (gain < best && (slope[i] > 0 ? out[i] > 0 : out[i] < 255))
        {
          best = gain;
          at = i;
        }
    }
  if (at < N)
    *by = slope[at] > 0 ? -1 : 1;
  return at;
}

void
cnc_rounding_block (const CncRounding *r, const float wanted[N], gint16 out[N])
{
  float slope[N] = { 0 };
  guint at;
  gint by;

  for (guint i = 0; i < N; i++)
    out[i] = (gint16) CLAMP (floorf (wanted[i] + 0.5f), 0.0f, 255.0f);
  if (r == NULL)
    return;
  for (guint j = 0; j < N; j++)
    {
      const float off = (float) out[j] - wanted[j];

      for (guint i = 0; i < N; i++)
        slope[i] += off * r->toward[j][i];
    }
  for (guint step = 0; step < STEPS && (at = best_step (r, slope, out, &by)) < N; step++)
    {
      out[at] = (gint16) (out[at] + by);
      for (guint i = 0; i < N; i++)
        slope[i] += (float) by * r->toward[at][i];
    }
}
