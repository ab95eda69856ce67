/* tests/quality/hide-rivals.c: what hides a picture without a network, see hide.h. */
#include "hide.h"

#include "picture/pixels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 8u
#define AREA (SIDE * SIDE)
#define ALL HIDE_BLOCK
#define KEPT 64u /* numbers of a secret's block */
#define FOLD 8.0 /* a coefficient that stands in two numbers stands there whole and so many times, modulo 1 */
#define WIDTHS 12u
#define BOUND 0.45 /* of a feature */

/* 0.25 … 8 standard deviations */
static double
width_of (guint i)
{
  return 0.25 * exp2 (5.0 * i / (WIDTHS - 1));
}

/* ---- blocks: coefficients of an orthonormal DCT of three orthonormal colour axes ---- */

static const double axes[3][3] = {
  { 0.57735026918962576, 0.57735026918962576, 0.57735026918962576 },
  { 0.70710678118654752, 0, -0.70710678118654752 },
  { 0.40824829046386302, -0.81649658092772603, 0.40824829046386302 },
};

static double
cosine (guint frequency, guint x)
{
  static double table[SIDE][SIDE];

  if (table[0][0] == 0)
    for (guint u = 0; u < SIDE; u++)
      for (guint i = 0; i < SIDE; i++)
        table[u][i] = sqrt ((u == 0 ? 1.0 : 2.0) / SIDE) * cos (G_PI * u * (2 * i + 1) / (2 * SIDE));
  return table[frequency][x];
}

/* Along rows, then along columns; back: the inverse. */
static void
transform (double plane[AREA], gboolean back)
{
  for (guint pass = 0; pass < 2; pass++)
    {
      const guint along = pass == 0 ? 1 : SIDE, across = pass == 0 ? SIDE : 1;

      for (guint line = 0; line < SIDE; line++)
        {
          double out[SIDE] = { 0 };

          for (guint u = 0; u < SIDE; u++)
            for (guint x = 0; x < SIDE; x++)
              out[u] += (back ? cosine (x, u) : cosine (u, x)) * plane[line * across + x * along];
          for (guint u = 0; u < SIDE; u++)
            plane[line * across + u * along] = out[u];
        }
    }
}

void
hide_read_block (const CncRaster *raster, guint x, guint y, double block[ALL])
{
  for (guint axis = 0; axis < 3; axis++)
    {
      for (guint i = 0; i < AREA; i++)
        {
          const guint8 *p = raster->data + 3 * ((gsize) (y + i / SIDE) * raster->width + x + i % SIDE);

          block[axis * AREA + i] = axes[axis][0] * (p[0] - 128) + axes[axis][1] * (p[1] - 128) + axes[axis][2] * (p[2] - 128);
        }
      transform (block + axis * AREA, FALSE);
    }
}

static void
write_block (CncRaster *raster, guint x, guint y, double block[ALL])
{
  for (guint axis = 0; axis < 3; axis++)
    transform (block + axis * AREA, TRUE);
  for (guint i = 0; i < AREA; i++)
    for (guint c = 0; c < 3; c++)
      {
        const double v = 128 + axes[0][c] * block[i] + axes[1][c] * block[AREA + i] + axes[2][c] * block[2 * AREA + i];

        raster->data[3 * ((gsize) (y + i / SIDE) * raster->width + x + i % SIDE) + c] = (guint8) CLAMP (lrint (v), 0, 255);
      }
}

/* ---- the linear code ---- */

typedef struct
{
  guint twice; /* the strongest so many coefficients stand in two numbers each */
  guint kept[KEPT];
  double width[KEPT]; /* of tanh */
  double step;        /* of the lattice */
} Code;

static double
wrap (double v)
{
  return v - floor (v + 0.5);
}

static double
feature (const Code *code, guint i, double coefficient)
{
  return BOUND * tanh (coefficient / code->width[i]);
}

static double
coefficient (const Code *code, guint i, double read)
{
  return code->width[i] * atanh (CLAMP (read / BOUND, -0.999, 0.999));
}

static guint
coefficients (const Code *code)
{
  return KEPT - code->twice;
}

static double
unfold (double whole, double fold)
{
  return whole - wrap (FOLD * whole - fold) / FOLD;
}

/* The numbers that a block of a secret becomes, and the block that they give. */
static void
to_numbers (const Code *code, const double secret[ALL], double numbers[KEPT])
{
  for (guint i = 0; i < coefficients (code); i++)
    {
      const double f = feature (code, i, secret[code->kept[i]]);

      numbers[i] = f;
      if (i < code->twice)
        numbers[coefficients (code) + i] = wrap (FOLD * f);
    }
}

static void
from_numbers (const Code *code, const double numbers[KEPT], double secret[ALL])
{
  for (guint i = 0; i < coefficients (code); i++)
    secret[code->kept[i]] = coefficient (code, i, i < code->twice ? unfold (numbers[i], numbers[coefficients (code) + i]) : numbers[i]);
}

/* Every how-many-th block is looked at. */
#define SAMPLE 7u

static GArray *
sample_blocks (const GPtrArray *pictures)
{
  GArray *blocks = g_array_new (FALSE, FALSE, ALL * sizeof (double));
  guint n = 0;

  for (guint i = 0; i < pictures->len; i++)
    {
      const CncRaster *raster = pictures->pdata[i];

      for (guint y = 0; y + SIDE <= raster->height; y += SIDE)
        for (guint x = 0; x + SIDE <= raster->width; x += SIDE)
          if (n++ % SAMPLE == 0)
            {
              double block[ALL];

              hide_read_block (raster, x, y, block);
              g_array_append_vals (blocks, block, 1);
            }
    }
  return blocks;
}

static double
variance (const GArray *blocks, guint c)
{
  const double *values = (const double *) (const void *) blocks->data;
  double sum = 0;

  for (guint i = 0; i < blocks->len; i++)
    sum += values[(gsize) i * ALL + c] * values[(gsize) i * ALL + c];
  return sum / blocks->len;
}

/* Of a number that is read, what rounding to 8 bits makes. */
static double
rounding_noise (const Code *code, GRand *random)
{
  double noise = 0;

  for (guint k = 0; k < 12; k++)
    noise += (g_rand_double (random) - 0.5) * sqrt (1 / 12.0) / code->step;
  return noise;
}

/* The mean squared error of a coefficient, read with that noise. */
static double
error_of (const Code *code, guint i, const GArray *blocks)
{
  const double *values = (const double *) (const void *) blocks->data;
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  double sum = 0;

  for (guint b = 0; b < blocks->len; b++)
    {
      const double v = values[(gsize) b * ALL + code->kept[i]];
      const double f = feature (code, i, v), whole = wrap (f + rounding_noise (code, random));
      const double off = coefficient (code, i, i < code->twice ? unfold (whole, FOLD * f + rounding_noise (code, random)) : whole) - v;

      sum += off * off;
    }
  return sum;
}

static void
fit (Code *code, const GPtrArray *pictures)
{
  g_autoptr (GArray) blocks = sample_blocks (pictures);
  double variances[ALL];

  for (guint c = 0; c < ALL; c++)
    variances[c] = variance (blocks, c);
  for (guint i = 0; i < coefficients (code); i++)
    {
      guint most = 0;
      double least = INFINITY, best = 0;

      for (guint c = 1; c < ALL; c++)
        most = variances[c] > variances[most] ? c : most;
      code->kept[i] = most;
      for (guint w = 0; w < WIDTHS; w++)
        {
          double error;

          code->width[i] = width_of (w) * sqrt (variances[most]);
          error = error_of (code, i, blocks);
          if (error < least)
            {
              least = error;
              best = code->width[i];
            }
        }
      code->width[i] = best;
      variances[most] = -1;
    }
}

/* What clamping at black and white would destroy is avoided, as the networks do. */
static CncRaster *
with_margin (const CncRaster *cover, double margin)
{
  CncRaster *raster = cnc_rgb_scale (cover, cover->width, cover->height, NULL, NULL);
  const gint m = (gint) ceil (margin);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) CLAMP (raster->data[i], m, 255 - m);
  return raster;
}

/* Coefficient s + 3 i of a block's carries number i of secret s, plus a number of the secret's key. */
static CncRaster *
hide_linear (const Code *code, const CncRaster *cover, CncRaster *const *secrets, guint n)
{
  GRand *keys[CNC_STEGO_MAX_SECRETS];
  CncRaster *result = with_margin (cover, 2 * code->step / sqrt (12) * sqrt (n / 3.0));

  for (guint s = 0; s < n; s++)
    keys[s] = g_rand_new_with_seed (s);
  for (guint y = 0; y + SIDE <= cover->height; y += SIDE)
    for (guint x = 0; x + SIDE <= cover->width; x += SIDE)
      {
        double block[ALL], secret[ALL], numbers[KEPT];

        hide_read_block (result, x, y, block);
        for (guint s = 0; s < n; s++)
          {
            hide_read_block (secrets[s], x, y, secret);
            to_numbers (code, secret, numbers);
            for (guint i = 0; i < KEPT; i++)
              {
                double *c = &block[s + 3 * i];

                *c += code->step * wrap (numbers[i] + g_rand_double (keys[s]) - *c / code->step);
              }
          }
        write_block (result, x, y, block);
      }
  for (guint s = 0; s < n; s++)
    g_rand_free (keys[s]);
  return result;
}

static CncRaster *
reveal_linear (const Code *code, const CncRaster *result, guint s)
{
  CncRaster *back = cnc_rgb_scale (result, result->width, result->height, NULL, NULL);
  g_autoptr (GRand) key = g_rand_new_with_seed (s);

  for (guint y = 0; y + SIDE <= back->height; y += SIDE)
    for (guint x = 0; x + SIDE <= back->width; x += SIDE)
      {
        double block[ALL], secret[ALL] = { 0 }, numbers[KEPT];

        hide_read_block (result, x, y, block);
        for (guint i = 0; i < KEPT; i++)
          numbers[i] = wrap (block[s + 3 * i] / code->step - g_rand_double (key));
        from_numbers (code, numbers, secret);
        write_block (back, x, y, secret);
      }
  return back;
}

/* As secrets go: scaled to the cover and back. */
static CncRaster *
scaled (const CncRaster *raster, const CncRaster *to)
{
  return cnc_rgb_scale (raster, to->width, to->height, NULL, NULL);
}

static HideResult
measure (const GPtrArray *pictures, guint secrets, guint twice, double step)
{
  HideResult sum = { .ok = TRUE };
  Code code = { .twice = twice, .step = step };

  fit (&code, pictures);
  for (guint i = 0; i < pictures->len; i++)
    {
      const CncRaster *cover = pictures->pdata[i];
      CncRaster *hidden[CNC_STEGO_MAX_SECRETS] = { NULL };
      g_autoptr (CncRaster) result = NULL;

      for (guint s = 0; s < secrets; s++)
        hidden[s] = scaled (pictures->pdata[(i + 1 + s) % pictures->len], cover);
      result = hide_linear (&code, cover, hidden, secrets);
      (void) hide_compare (cover, result, &sum.cover);
      for (guint s = 0; s < secrets; s++)
        {
          const CncRaster *secret = pictures->pdata[(i + 1 + s) % pictures->len];
          g_autoptr (CncRaster) read = reveal_linear (&code, result, s), back = scaled (read, secret);

          (void) hide_compare (secret, back, &sum.secrets[s]);
          if (secret->width == cover->width && secret->height == cover->height)
            (void) hide_compare (secret, back, &sum.same);
          cnc_raster_free (hidden[s]);
        }
      sum.covers++;
    }
  return sum;
}

/* The margin changes the cover as well, so the second time the step is less. */
HideResult
hide_rival_linear (const GPtrArray *pictures, guint secrets, guint twice, double cover_psnr)
{
  const double mse = 65025 * pow (10, -cover_psnr / 10), step = sqrt (12 * MAX (mse - 1 / 12.0, 0.1) * 3 / secrets);
  const HideResult first = measure (pictures, secrets, twice, step);

  return measure (pictures, secrets, twice, step * pow (10, (hide_psnr (&first.cover) - cover_psnr) / 20));
}

/* ---- replaced low bits ---- */

HideResult
hide_rival_low_bits (const GPtrArray *pictures)
{
  HideResult sum = { .ok = TRUE };

  for (guint i = 0; i < pictures->len; i++)
    {
      const CncRaster *cover = pictures->pdata[i], *secret = pictures->pdata[(i + 1) % pictures->len];
      g_autoptr (CncRaster) result = scaled (secret, cover), read = scaled (secret, cover), back = NULL;

      for (gsize k = 0; k < cnc_raster_bytes (cover); k++)
        {
          result->data[k] = (guint8) ((cover->data[k] & 0xf0) | (read->data[k] >> 4));
          read->data[k] = (guint8) ((result->data[k] & 0x0f) << 4 | 8);
        }
      back = scaled (read, secret);
      (void) hide_compare (cover, result, &sum.cover);
      (void) hide_compare (secret, back, &sum.secrets[0]);
      if (secret->width == cover->width && secret->height == cover->height)
        (void) hide_compare (secret, back, &sum.same);
      sum.covers++;
    }
  return sum;
}
