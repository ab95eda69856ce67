/* core/measure/ssim.c: structural similarity, see ssim.h. */
#include "measure/ssim.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "cnc-config.h"

#define WINDOW CNC_SSIM_WINDOW
#define SIGMA 1.5
#define C1 (0.01 * 255 * 0.01 * 255)
#define C2 (0.03 * 255 * 0.03 * 255)
#define MAPS 5u

#ifdef CNC_TARGET_CLONES
#define CLONES __attribute__ ((target_clones ("avx2", "default")))
#else
#define CLONES
#endif

/* Rows of windows that one call of a loop does. */
#define BAND_ROWS 32u

/* Columns of windows at a time, so that what belongs to them stays in the cache; a multiple of 8. */
#define TILE_COLUMNS 512u

/* A picture of that many pixels is tried so often. */
#define FEW_PIXELS (1u << 18)
#define MANY_PIXELS (1u << 22)

typedef struct
{
  const guint8 *a; /* NULL: random bytes */
  const guint8 *b;
  guint step;
  gsize width, height;
  gsize columns, rows; /* of windows */
  guint64 seed;        /* of the random bytes */
  double gauss[WINDOW];
  guint first; /* band of this loop */
  guint n;     /* bands in all */
  guint at_once;
  double *sum;  /* of each band */
  double *room; /* of each call of the loop */
  gsize room_size;
} Job;

static guint64
mix (guint64 x) /* splitmix64 */
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* n pixels of row y of a plane as numbers, from x0 on, a multiple of 8. */
static void
read_row (const Job *job, const guint8 *plane, gsize x0, gsize y, gsize n, double *out)
{
  if (plane != NULL)
    for (gsize x = 0; x < n; x++)
      out[x] = plane[(y * job->width + x0 + x) * job->step];
  else
    {
      const guint64 row = mix (job->seed ^ mix (y));

      for (gsize x = 0; x < n; x += 8)
        {
          const guint64 bytes = mix (row + x0 + x);

          for (gsize i = 0; i < 8 && x + i < n; i++)
            out[x + i] = (guint8) (bytes >> 8 * i);
        }
    }
}

/* Along a row: each result is a weighted mean of WINDOW neighbours. */
CLONES static void
filter (const double *restrict row, const double *restrict gauss, gsize n, double *restrict out)
{
  for (gsize i = 0; i < n; i++)
    {
      double sum = 0;

      for (guint k = 0; k < WINDOW; k++)
        sum += gauss[k] * row[i + k];
      out[i] = sum;
    }
}

/* The same across the rows of a ring, whose uppermost is top. */
CLONES static void
filter_down (const double *restrict rows, gsize stride, gsize top, const double *restrict gauss, gsize n, double *restrict out)
{
  const double *row[WINDOW];

  for (guint k = 0; k < WINDOW; k++)
    row[k] = rows + (top + k) % WINDOW * stride;
  for (gsize i = 0; i < n; i++)
    {
      double sum = 0;

      for (guint k = 0; k < WINDOW; k++)
        sum += gauss[k] * row[k][i];
      out[i] = sum;
    }
}

CLONES static void
multiply (const double *restrict u, const double *restrict v, gsize n, double *restrict out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = u[i] * v[i];
}

/* From the MAPS maps of a row of windows, the means of a, b, aa, bb, ab: the similarity of each, into the first. */
CLONES static void
compare (double *restrict m, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      const double a = m[i], b = m[n + i];

      m[i] = (2 * a * b + C1) * (2 * (m[4 * n + i] - a * b) + C2)
             / ((a * a + b * b + C1) * (m[2 * n + i] - a * a + m[3 * n + i] - b * b + C2));
    }
}

static double
total_of (const double *values, gsize n)
{
  double part[4] = { 0 };

  for (gsize i = 0; i < n; i++)
    part[i % 4] += values[i];
  return part[0] + part[1] + part[2] + part[3];
}

/* Of n columns and the rows first..end - 1 of windows. */
static double
run_tile (const Job *job, gsize x0, gsize n, gsize first, gsize end, double *room)
{
  const gsize stride = MAPS * n, width = n + WINDOW - 1;
  double *u = room, *v = u + width, *product = v + width, *m = product + width, *rows = m + stride;
  double sum = 0;

  for (gsize y = first; y < end + WINDOW - 1; y++)
    {
      double *out = rows + y % WINDOW * stride;

      read_row (job, job->a, x0, y, width, u);
      read_row (job, job->b, x0, y, width, v);
      filter (u, job->gauss, n, out);
      filter (v, job->gauss, n, out + n);
      multiply (u, u, width, product);
      filter (product, job->gauss, n, out + 2 * n);
      multiply (v, v, width, product);
      filter (product, job->gauss, n, out + 3 * n);
      multiply (u, v, width, product);
      filter (product, job->gauss, n, out + 4 * n);
      if (y < first + WINDOW - 1)
        continue;
      filter_down (rows, stride, y + 1 - WINDOW, job->gauss, stride, m);
      compare (m, n);
      sum += total_of (m, n);
    }
  return sum;
}

static void
run_band (guint index, gpointer data)
{
  const Job *job = data;
  const guint band = job->first + index;
  const gsize first = (gsize) band * BAND_ROWS, end = MIN (first + BAND_ROWS, job->rows);

  job->sum[band] = 0;
  for (gsize x = 0; x < job->columns; x += TILE_COLUMNS)
    job->sum[band] += run_tile (job, x, MIN (TILE_COLUMNS, job->columns - x), first, end, job->room + index * job->room_size);
}

static gboolean
job_init (Job *job, const guint8 *a, const guint8 *b, guint step, gsize width, gsize height, GError **error)
{
  double sum = 0;

  *job
      = (Job){ .a = a, .b = b, .step = step, .width = width, .height = height, .columns = width - WINDOW + 1, .rows = height - WINDOW + 1 };
  for (guint k = 0; k < WINDOW; k++)
    sum += job->gauss[k] = exp (-(k - 5.0) * (k - 5.0) / (2 * SIGMA * SIGMA));
  for (guint k = 0; k < WINDOW; k++)
    job->gauss[k] /= sum;
  job->n = (guint) ((job->rows + BAND_ROWS - 1) / BAND_ROWS);
  job->at_once = MIN (2 * cnc_parallel_width (), job->n);
  job->room_size = 3 * (TILE_COLUMNS + WINDOW) + (WINDOW + 1) * MAPS * TILE_COLUMNS;
  job->sum = cnc_alloc (job->n, sizeof *job->sum, "structural similarity", error);
  if (job->sum == NULL)
    return FALSE;
  job->room = cnc_alloc (job->at_once * job->room_size, sizeof *job->room, "structural similarity", error);
  return job->room != NULL;
}

static void
job_clear (Job *job)
{
  g_free (job->sum);
  g_free (job->room);
}

/* Fills the sums of all bands. */
static gboolean
job_run (Job *job, double done, double share, CncTask *task, GError **error)
{
  for (job->first = 0; job->first < job->n; job->first += job->at_once)
    {
      cnc_task_progress (task, done + share * job->first / job->n, "Comparing structures");
      if (!cnc_task_go_on (task, error))
        return FALSE;
      cnc_parallel_for (MIN (job->at_once, job->n - job->first), run_band, job);
    }
  return TRUE;
}

static double
job_mean (const Job *job)
{
  double total = 0;

  for (guint i = 0; i < job->n; i++)
    total += job->sum[i];
  return total / ((double) job->columns * (double) job->rows);
}

gboolean
cnc_ssim_run (const guint8 *a, const guint8 *b, guint step, gsize width, gsize height, double *similarity, CncTask *task, GError **error)
{
  Job job = { 0 };
  gboolean done;

  *similarity = NAN;
  if (width < WINDOW || height < WINDOW)
    return TRUE;
  done = job_init (&job, a, b, step, width, height, error) && job_run (&job, 0, 1, task, error);
  if (done)
    *similarity = job_mean (&job);
  job_clear (&job);
  return done;
}

double
cnc_measure_ssim (const guint8 *a, const guint8 *b, guint step, gsize width, gsize height)
{
  double similarity;

  return cnc_ssim_run (a, b, step, width, height, &similarity, NULL, NULL) ? similarity : NAN;
}

gboolean
cnc_ssim_random (const guint8 *b, guint step, gsize width, gsize height, double *mean, double *deviation, CncTask *task, GError **error)
{
  const gsize pixels = width * height;
  const guint tries = pixels <= FEW_PIXELS ? 12 : pixels <= MANY_PIXELS ? 4 : 2;
  g_autofree double *sum = NULL, *square = NULL;
  Job job = { 0 };
  gboolean done = job_init (&job, NULL, b, step, width, height, error);
  double total = 0, variance = 0;

  sum = done ? cnc_alloc0 (job.n, sizeof *sum, "structural similarity", error) : NULL;
  square = sum != NULL ? cnc_alloc0 (job.n, sizeof *square, "structural similarity", error) : NULL;
  done = square != NULL;
  for (guint i = 0; i < tries && done; i++)
    {
      job.seed = mix (i + 1);
      done = job_run (&job, (double) i / tries, 1.0 / tries, task, error);
      for (guint band = 0; band < job.n && done; band++)
        {
          sum[band] += job.sum[band];
          square[band] += job.sum[band] * job.sum[band];
        }
    }
  if (done)
    {
      const double windows = (double) job.columns * (double) job.rows;

      for (guint band = 0; band < job.n; band++)
        {
          total += sum[band] / tries;
          variance += (square[band] - sum[band] * sum[band] / tries) / (tries - 1);
        }
      *mean = total / windows;
      /* Bands share rows with their neighbours, and so a little of their chance. */
      *deviation = sqrt (1.2 * variance * (1 + 1.0 / tries)) / windows;
    }
  job_clear (&job);
  return done;
}
