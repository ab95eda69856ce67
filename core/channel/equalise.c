/* core/channel/equalise.c: a blurred body made sharp again, see equalise.h. */
#include "channel/equalise.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"

#define REACH 3
#define SIDE (2 * REACH + 1)
#define TAPS (SIDE * SIDE + 1) /* and a constant */
#define SAMPLES 60000u         /* pixels that a filter is made from */
#define ROUNDS 8u
#define SETTLED 2000u /* one pixel in so many decided anew: the end */
#define ROWS 16u

void
cnc_equalise_levels (const guint8 *body, gsize pixels, guint levels, double means[3])
{
  guint64 histogram[256] = { 0 };

  means[0] = 0;
  means[1] = levels == 2 ? 255 : 127.5;
  means[2] = 255;
  for (gsize i = 0; i < pixels; i++)
    histogram[body[i]]++;
  for (guint round = 0; round < 10; round++)
    {
      double sums[3] = { 0 }, counts[3] = { 0 };

      for (guint v = 0; v < 256; v++)
        {
          guint nearest = 0;

          for (guint k = 1; k < levels; k++)
            if (fabs (v - means[k]) < fabs (v - means[nearest]))
              nearest = k;
          sums[nearest] += (double) histogram[v] * v;
          counts[nearest] += (double) histogram[v];
        }
      for (guint k = 0; k < levels; k++)
        if (counts[k] > 0)
          means[k] = sums[k] / counts[k];
    }
}

typedef struct
{
  const guint8 *body;
  guint8 *out;
  guint32 width, height;
  float filter[TAPS];
  CncTask *task;
} Filter;

/* The values around a pixel, from -1 to 1, those at the edges repeated; and 1. */
static void
gather (const Filter *f, guint32 x, guint32 y, float *values)
{
  for (gint dy = -REACH; dy <= REACH; dy++)
    {
      const guint8 *row = f->body + (gsize) CLAMP ((gint64) y + dy, 0, (gint64) f->height - 1) * f->width;

      for (gint dx = -REACH; dx <= REACH; dx++)
        *values++ = ((float) row[CLAMP ((gint64) x + dx, 0, (gint64) f->width - 1)] - 127.5f) / 127.5f;
    }
  *values = 1;
}

static void
filter_rows (guint block, gpointer user_data)
{
  const Filter *f = user_data;
  const guint32 end = MIN ((block + 1) * ROWS, f->height);
  float values[TAPS];

  for (guint32 y = block * ROWS; y < end && cnc_task_go_on (f->task, NULL); y++)
    for (guint32 x = 0; x < f->width; x++)
      {
        float sum = 0;

        gather (f, x, y, values);
        for (guint k = 0; k < TAPS; k++)
          sum += values[k] * f->filter[k];
        f->out[(gsize) y * f->width + x] = (guint8) CLAMP (127.5f * sum + 128.0f, 0, 255);
      }
}

/* x of a x = b by elimination; a: symmetric, positive definite with the little that is added to its diagonal. */
static void
solve (double a[TAPS][TAPS + 1], float *x)
{
  for (guint i = 0; i < TAPS; i++)
    a[i][i] += 1e-3;
  for (guint i = 0; i < TAPS; i++)
    for (guint k = i + 1; k < TAPS; k++)
      {
        const double factor = a[k][i] / a[i][i];

        for (guint j = i; j <= TAPS; j++)
          a[k][j] -= factor * a[i][j];
      }
  for (guint i = TAPS; i-- > 0;)
    {
      double sum = a[i][TAPS];

      for (guint j = i + 1; j < TAPS; j++)
        sum -= a[i][j] * (double) x[j];
      x[i] = (float) (sum / a[i][i]);
    }
}

static void
learn (Filter *f, const guint8 *level, guint levels)
{
  const gsize pixels = (gsize) f->width * f->height, step = MAX (pixels / SAMPLES, 1) | 1;
  double a[TAPS][TAPS + 1];
  float values[TAPS];

  memset (a, 0, sizeof a);
  for (gsize i = 0; i < pixels; i += step)
    {
      const float wanted = 2 * (float) level[i] / (float) (levels - 1) - 1;

      gather (f, (guint32) (i % f->width), (guint32) (i / f->width), values);
      for (guint k = 0; k < TAPS; k++)
        {
          for (guint j = k; j < TAPS; j++)
            a[k][j] += (double) (values[k] * values[j]);
          a[k][TAPS] += (double) (values[k] * wanted);
        }
    }
  for (guint k = 0; k < TAPS; k++)
    for (guint j = 0; j < k; j++)
      a[k][j] = a[j][k];
  solve (a, f->filter);
}

/* Returns how many are other than before. */
static gsize
decide (const guint8 *values, gsize pixels, guint levels, guint8 *level)
{
  double means[3];
  guint8 nearest[256];
  gsize changed = 0;

  cnc_equalise_levels (values, pixels, levels, means);
  for (guint v = 0; v < 256; v++)
    {
      nearest[v] = 0;
      for (guint8 k = 1; k < levels; k++)
        if (fabs (v - means[k]) < fabs (v - means[nearest[v]]))
          nearest[v] = k;
    }
  for (gsize i = 0; i < pixels; i++)
    {
      changed += level[i] != nearest[values[i]];
      level[i] = nearest[values[i]];
    }
  return changed;
}

gboolean
cnc_equalise (const guint8 *body, guint32 width, guint32 height, guint levels, guint8 *out, CncTask *task, GError **error)
{
  const gsize pixels = (gsize) width * height;
  g_autofree guint8 *level = cnc_alloc0 (pixels, 1, "making the picture sharp again", error);
  Filter f = { .body = body, .out = out, .width = width, .height = height, .task = task };

  if (level == NULL)
    return FALSE;
  (void) decide (body, pixels, levels, level);
  for (guint round = 0; round < ROUNDS; round++)
    {
      cnc_task_progress (task, (double) round / ROUNDS, "Making the picture sharp again");
      learn (&f, level, levels);
      cnc_parallel_for ((height + ROWS - 1) / ROWS, filter_rows, &f);
      if (!cnc_task_go_on (task, error))
        return FALSE;
      if (decide (out, pixels, levels, level) <= pixels / SETTLED)
        break;
    }
  return TRUE;
}
