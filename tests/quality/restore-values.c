/* tests/quality/restore-values.c: measures of pictures, of bodies and of what a network makes of pictures, see restore-measure.h. */
#include "restore-measure.h"

#include "common.h"
#include "measure/ssim.h"
#include "measure/statistics.h"
#include "methods/restore/restore.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- noise ---- */

double
measure_gaussian (GRand *rand)
{
  const double u = 1 - g_rand_double (rand), v = g_rand_double (rand);

  return sqrt (-2 * log (u)) * cos (2 * G_PI * v); /* Box and Muller 1958 */
}

double
measure_poisson (GRand *rand, double mean)
{
  double count = 0;

  /* Sums of parts that are Poisson themselves; each by the product of uniform numbers (Knuth). */
  for (double part; mean > 0; mean -= part)
    {
      const double floor = exp (-(part = MIN (mean, 25)));

      for (double product = g_rand_double (rand); product > floor; product *= g_rand_double (rand))
        count++;
    }
  return count;
}

/* ---- quality ---- */

/* Mean structural similarity over flat windows of 3 x 3 with unbiased variances, of values that are said to span range. */
static double
simple_ssim (const guint8 *a, const guint8 *b, guint step, gsize width, gsize height, double range)
{
  const double c1 = 0.01 * range * 0.01 * range, c2 = 0.03 * range * 0.03 * range;
  double sum = 0;

  if (width < 3 || height < 3)
    return NAN;
  for (gsize y = 0; y + 2 < height; y++)
    for (gsize x = 0; x + 2 < width; x++)
      {
        double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;

        for (gsize k = 0; k < 9; k++)
          {
            const gsize at = ((y + k / 3) * width + x + k % 3) * step;
            const double p = a[at], q = b[at];

            ma += p / 9;
            mb += q / 9;
            aa += p * p / 8;
            bb += q * q / 8;
            ab += p * q / 8;
          }
        aa -= ma * ma * 9 / 8;
        bb -= mb * mb * 9 / 8;
        ab -= ma * mb * 9 / 8;
        sum += (2 * ma * mb + c1) * (2 * ab + c2) / ((ma * ma + mb * mb + c1) * (aa + bb + c2));
      }
  return sum / (double) ((width - 2) * (height - 2));
}

static guint8 *
luma_of (const CncRaster *rgb)
{
  const gsize n = (gsize) rgb->width * rgb->height;
  guint8 *luma = g_malloc (n);

  for (gsize i = 0; i < n; i++)
    luma[i] = (guint8) ((299 * rgb->data[3 * i] + 587 * rgb->data[3 * i + 1] + 114 * rgb->data[3 * i + 2] + 500) / 1000);
  return luma;
}

static double
decibel (double squares, gsize n)
{
  return squares > 0 ? MIN (99, 10 * log10 (65025.0 * (double) n / squares)) : 99;
}

void
measure_quality (const CncRaster *before, const CncRaster *after, MeasureQuality *quality)
{
  static const double weights[] = { 0.299, 0.587, 0.114 };
  const gboolean grey = after->format.model == CNC_MODEL_GREY;
  const guint channels = grey ? 1 : 3;
  const gsize pixels = (gsize) after->width * after->height;
  g_autofree guint8 *luma = grey ? luma_of (before) : NULL;
  const guint8 *should = grey ? luma : before->data;
  double squares = 0, of_luma = 0;

  *quality = (MeasureQuality){ 0 };
  for (gsize i = 0; i < pixels; i++)
    {
      double d = 0;

      for (guint c = 0; c < channels; c++)
        {
          const double off = should[i * channels + c] - after->data[i * channels + c];

          squares += off * off;
          d += (grey ? 1 : weights[c]) * off;
        }
      of_luma += d * d;
    }
  quality->psnr = decibel (squares, pixels * channels);
  quality->luma = decibel (of_luma, pixels);
  for (guint c = 0; c < channels; c++)
    {
      quality->ssim += cnc_measure_ssim (should + c, after->data + c, channels, after->width, after->height) / channels;
      quality->simple += simple_ssim (should + c, after->data + c, channels, after->width, after->height, 255) / channels;
      quality->floats += simple_ssim (should + c, after->data + c, channels, after->width, after->height, 510) / channels;
    }
}

/* ---- the body ---- */

static gboolean
judge (const char *what, double value, double low, double high)
{
  const gboolean good = value >= low && value <= high;

  printf ("  %-26s %11.5f  %s %.5f to %.5f\n", what, value, good ? "in " : "OUT", low, high);
  return good;
}

gboolean
measure_body (const char *name, const guint8 *body, gsize width, gsize height)
{
  const gsize n = width * height;
  const double wide = cnc_statistics_deviations (CNC_OUTSIDE_1_PERCENT) / sqrt ((double) n), chi = cnc_statistics_chi_square (body, n);
  CncRandomLimits limits;
  gboolean good = TRUE;

  printf ("%s: body of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT "; beside it where random bytes are in 99 of 100 cases\n", name, width,
          height);
  cnc_statistics_random_limits (n, CNC_OUTSIDE_1_PERCENT, &limits);
  good = judge ("entropy, bits", cnc_statistics_entropy (body, n), limits.entropy_min, 8) && good;
  good = judge ("chi-square", chi, 0, limits.chi_square_max) && good;
  good = judge ("correlation, horizontal", cnc_statistics_correlation (body, width, height, CNC_NEIGHBOUR_HORIZONTAL), -wide, wide) && good;
  good = judge ("correlation, vertical", cnc_statistics_correlation (body, width, height, CNC_NEIGHBOUR_VERTICAL), -wide, wide) && good;
  good = judge ("correlation, diagonal", cnc_statistics_correlation (body, width, height, CNC_NEIGHBOUR_DIAGONAL), -wide, wide) && good;
  return good;
}

/* ---- what the network makes of a picture ---- */

typedef struct
{
  CncRestore *model;
  CncRestoreRun run;
  CncRestorePlan plan;
  guint8 *values;
} Encoded;

static void
open_model (const MeasureOptions *options, CncBackend *backend, Encoded *e)
{
  g_autoptr (GError) error = NULL;

  *e = (Encoded){ .model = cnc_restore_find (options->model, &error) };
  measure_check (error);
  e->run = (CncRestoreRun){ .model = e->model, .backend = backend, .weights = cnc_weights_new (backend, e->model->net, &error) };
  measure_check (error);
}

/* Returns: (transfer full): the picture as the model has it; e->values are filled. */
static CncRaster *
encode (Encoded *e, const CncPicture *picture, int longest_side)
{
  g_autoptr (GError) error = NULL;
  CncRaster *prepared = cnc_restore_prepare (e->model, picture, NULL, &error);

  measure_check (error);
  if (!cnc_restore_plan (e->model, prepared->width, prepared->height, (guint32) longest_side, &e->plan, &error))
    measure_check (error);
  g_free (e->values);
  e->values = g_malloc (e->plan.places);
  if (!cnc_restore_encode (&e->run, &e->plan, prepared, e->values, &error))
    measure_check (error);
  return prepared;
}

static void
close_model (Encoded *e)
{
  cnc_weights_free (e->run.weights);
  cnc_restore_free (e->model);
  g_free (e->values);
}

/* ---- the chaos layer alone ---- */

/* What two bodies would differ by if the second were any order of the same values under the same keystream: NPCR and UACI, and the
 * deviation of each. */
typedef struct
{
  double npcr, npcr_off, uaci, uaci_off;
} Chance;

static void
by_chance (const guint8 *values, gsize n, Chance *chance)
{
  double share[256] = { 0 }, same = 0, uaci = 0, squares = 0;

  for (gsize i = 0; i < n; i++)
    share[values[i]] += 1 / (double) n;
  for (guint a = 0; a < 256; a++)
    for (guint b = 0; b < 256; b++)
      {
        /* with an even keystream, values d apart on the ring are d apart in 256 - d of 256 cases, and 256 - d in the others */
        const double p = share[a] * share[b], d = (a - b) & 255, mean = 2 * d * (256 - d) / 256 / 255,
                     square = (d * d * (256 - d) + (256 - d) * (256 - d) * d) / 256 / 65025;

        same += a == b ? p : 0;
        uaci += p * mean;
        squares += p * square;
      }
  *chance = (Chance){ 1 - same, sqrt (same * (1 - same) / (double) n), uaci, sqrt ((squares - uaci * uaci) / (double) n) };
}

static guint8 *
lock (const Encoded *e, const CncRestoreSeeds *seeds)
{
  guint8 *body = g_memdup2 (e->values, e->plan.places);
  g_autoptr (GError) error = NULL;

  if (!cnc_restore_lock (seeds, body, e->plan.places, NULL, &error))
    measure_check (error);
  return body;
}

static gsize
places_changed (const guint8 *a, const guint8 *b, gsize n)
{
  gsize changed = 0;

  for (gsize i = 0; i < n; i++)
    changed += a[i] != b[i];
  return changed;
}

static void
tell_difference (const char *what, const guint8 *a, const guint8 *b, gsize n)
{
  const CncDifference d = cnc_statistics_difference (a, b, n);

  printf ("%s: NPCR %.4f %%, UACI %.4f %% (%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " places)\n", what, 100 * d.npcr, 100 * d.uaci,
          places_changed (a, b, n), n);
}

/* Each bit of the chaos key in turn; the worst in units of the deviation. */
static gboolean
each_key_bit (const Encoded *e, const CncRestoreSeeds *seeds, const guint8 *body)
{
  const gsize n = e->plan.places;
  Chance chance;
  double npcr = 0, uaci = 0, npcr_worst = 0, uaci_worst = 0;
  gboolean good;

  by_chance (e->values, n, &chance);
  for (guint bit = 0; bit < 256; bit++)
    {
      CncRestoreSeeds other = *seeds;
      g_autofree guint8 *changed = NULL;
      CncDifference d;

      other.chaos[bit / 8] ^= (guint8) (1u << bit % 8);
      changed = lock (e, &other);
      d = cnc_statistics_difference (body, changed, n);
      npcr += d.npcr / 256;
      uaci += d.uaci / 256;
      npcr_worst = MAX (npcr_worst, fabs (d.npcr - chance.npcr) / chance.npcr_off);
      uaci_worst = MAX (uaci_worst, fabs (d.uaci - chance.uaci) / chance.uaci_off);
    }
  good = npcr_worst < 5 && uaci_worst < 5;
  printf ("one bit of the chaos key, keystream held (256 bits in turn): NPCR %.4f %%, UACI %.4f %%\n"
          "  any other order of these values: %.4f and %.4f %%; furthest off %.1f and %.1f deviations: %s\n",
          100 * npcr, 100 * uaci, 100 * chance.npcr, 100 * chance.uaci, npcr_worst, uaci_worst, good ? "as by chance" : "NOT AS BY CHANCE");
  return good;
}

gboolean
measure_chaos (const MeasureOptions *options, const char *path)
{
  g_autoptr (CncBackend) backend = quality_open (NULL);
  g_autoptr (CncPicture) picture = measure_picture (path);
  g_autofree char *another = g_strconcat (options->key, " again", NULL);
  g_autoptr (CncSecret) key = measure_key (options->key), fresh = measure_key (another);
  g_autofree guint8 *body = NULL, *other = NULL, *refreshed = NULL;
  g_autoptr (CncRaster) prepared = NULL, changed = NULL;
  CncRestoreSeeds seeds, new_seeds;
  CncRandomLimits limits;
  Encoded e;
  gboolean good;

  open_model (options, backend, &e);
  prepared = encode (&e, picture, options->longest_side);
  cnc_restore_seeds (key, &seeds);
  cnc_restore_seeds (fresh, &new_seeds);
  cnc_statistics_random_limits (e.plan.places, CNC_OUTSIDE_5_PERCENT, &limits);
  body = lock (&e, &seeds);
  printf ("%s: %" G_GSIZE_FORMAT " places; random bytes: NPCR %.4f %% or more, UACI %.4f to %.4f %%\n", path, e.plan.places,
          100 * limits.npcr_min, 100 * limits.uaci_min, 100 * limits.uaci_max);
  good = each_key_bit (&e, &seeds, body);
  refreshed = lock (&e, &new_seeds);
  tell_difference ("the same picture under a fresh key, as it always has", body, refreshed, e.plan.places);
  {
    const gsize middle = ((gsize) picture->raster->height / 2 * picture->raster->width + picture->raster->width / 2) * 3;

    for (guint c = 0; c < 3; c++)
      picture->raster->data[middle + c] ^= 0x80;
  }
  changed = encode (&e, picture, options->longest_side);
  other = lock (&e, &seeds);
  tell_difference ("one pixel of the picture under the same keys, which no two pictures have", body, other, e.plan.places);
  printf ("  an order diffuses nothing: only what the network made of the pixel's surroundings has changed, wherever it went\n");
  cnc_wipe (&seeds, sizeof seeds);
  cnc_wipe (&new_seeds, sizeof new_seeds);
  close_model (&e);
  return good;
}

/* ---- noise on the ring ---- */

typedef struct
{
  guint n;
  double psnr, luma, ssim, simple, floats, deviation, strength, worst;
} Sum;

/* Of the numbers that are none of the pilots. */
static double
deviation_of (const Encoded *e)
{
  const gsize n = e->plan.count - (gsize) e->plan.columns * e->plan.rows;
  double sum = 0, squares = 0;

  for (gsize i = 0; i < n; i++)
    {
      const double v = (double) cnc_restore_to_number (e->values[i]);

      sum += v / (double) n;
      squares += v * v / (double) n;
    }
  return sqrt (squares - sum * sum);
}

static void
ring_one (const MeasureOptions *options, Encoded *e, const CncPicture *picture, GRand *rand, Sum *sum)
{
  g_autoptr (CncRaster) prepared = encode (e, picture, options->longest_side), restored = NULL;
  const double deviation = deviation_of (e);
  g_autoptr (GError) error = NULL;
  MeasureQuality q;
  double strength;

  for (gsize i = 0; i < e->plan.count; i++)
    e->values[i]
        = cnc_restore_to_value (cnc_restore_to_number (e->values[i]) + (float) (options->noise * deviation * measure_gaussian (rand)));
  /* only the pilots of the network: more of them is the carrier's doing */
  e->plan.places = e->plan.count;
  strength = cnc_restore_strength (e->model, &e->plan, e->values);
  restored = cnc_restore_decode (&e->run, &e->plan, e->values, strength, prepared->width, prepared->height, &error);
  measure_check (error);
  measure_quality (picture->raster, restored, &q);
  sum->worst = sum->n == 0 ? q.psnr : MIN (sum->worst, q.psnr);
  sum->n++;
  sum->psnr += q.psnr;
  sum->luma += q.luma;
  sum->ssim += q.ssim;
  sum->simple += q.simple;
  sum->floats += q.floats;
  sum->deviation += deviation;
  sum->strength += strength / 256;
}

static guint32
big_endian (const guint8 *p)
{
  return (guint32) p[0] << 24 | (guint32) p[1] << 16 | (guint32) p[2] << 8 | p[3];
}

/* The pictures of an IDX file (http://yann.lecun.com/exdb/mnist), as RGB; FALSE if it is none. */
static gboolean
ring_idx (const MeasureOptions *options, Encoded *e, const char *path, GRand *rand, Sum *sum)
{
  g_autofree char *data = NULL;
  gsize size;
  const guint8 *p;
  guint32 count, height, width;

  if (!g_file_get_contents (path, &data, &size, NULL) || size < 16 || big_endian ((p = (const guint8 *) data)) != 0x803)
    return FALSE;
  count = MIN (big_endian (p + 4), (guint32) options->limit);
  height = big_endian (p + 8);
  width = big_endian (p + 12);
  if (width < 1 || height < 1 || width > 4096 || height > 4096 || (size - 16) / ((gsize) width * height) < count)
    return FALSE;
  for (guint32 i = 0; i < count; i++)
    {
      g_autoptr (CncPicture) picture = cnc_picture_new ();
      const guint8 *pixels = p + 16 + (gsize) i * width * height;
      const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

      picture->raster = cnc_raster_new (width, height, &format, NULL);
      for (gsize k = 0; k < (gsize) width * height; k++)
        memset (picture->raster->data + 3 * k, pixels[k], 3);
      ring_one (options, e, picture, rand, sum);
    }
  return TRUE;
}

void
measure_ring (const MeasureOptions *options, int n, char **paths)
{
  g_autoptr (CncBackend) backend = quality_open (NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (options->seed);
  Sum sum = { 0 };
  Encoded e;

  open_model (options, backend, &e);
  for (int i = 0; i < n && i < options->limit; i++)
    {
      g_autoptr (CncPicture) picture = NULL;

      if (ring_idx (options, &e, paths[i], rand, &sum))
        continue;
      picture = measure_picture (paths[i]);
      ring_one (options, &e, picture, rand, &sum);
    }
  printf ("%u pictures, %" G_GSIZE_FORMAT
          " numbers each (%u x %u x %u, of them %u pilots), deviation %.4f, noise %.2f times that (%.4f by the pilots): "
          "psnr %.3f luma %.3f ssim %.4f ssim3 %.4f ssim3-floats %.4f worst %.2f\n",
          sum.n, e.plan.count, e.model->channels, e.plan.columns, e.plan.rows, e.plan.columns * e.plan.rows, sum.deviation / sum.n,
          options->noise, sum.strength / sum.n, sum.psnr / sum.n, sum.luma / sum.n, sum.ssim / sum.n, sum.simple / sum.n,
          sum.floats / sum.n, sum.worst);
  close_model (&e);
}
