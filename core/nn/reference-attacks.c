/* core/nn/reference-attacks.c: what happens to pictures on their way, so that networks learn to stand it: JPEG and blur.
 *
 * JPEG with the tables of ITU-T T.81, Annex K, scaled by the quality as libjpeg does, colours as JFIF has them, 4:2:0: chroma is the mean
 * of 2x2 pixels, and comes back by the triangle filter.  Beyond the edges stand the last column and row.  Whatever libjpeg rounds is
 * rounded, in the same way; only what it limits to 256 levels is not.  The gradient passes the rounding straight through (as in Zhang et
 * al. 2021, "Towards robust deep hiding under non-differentiable distortions"): with the true loss forward nothing leaks through the code,
 * and transform and back cancel, so that only colours and the chroma's size are left of it.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>

/* ---- JPEG ---- */

#define BLOCK 8u

static const guint8 quantisers[2][BLOCK * BLOCK] = {
  { 16, 11,  10,  16, 24, 40, 51, 61, 12,  12,  14,  19,  26, 58, 60, 55,  14,  13,  16,  24, 40, 57,
    69, 56,  14,  17, 22, 29, 51, 87, 80,  62,  18,  22,  37, 56, 68, 109, 103, 77,  24,  35, 55, 64,
    81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98,  112, 100, 103, 99 },
  { 17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99 },
};

typedef struct
{
  const CncOp *op;
  CncShape shape;
  guint32 half_h, half_w; /* of the chroma */
  const float *from;
  float *to;
  float *luma, *chroma;        /* between the passes: levels from -128; two planes of chroma an image */
  float cosines[BLOCK][BLOCK]; /* row: frequency */
} Jpeg;

guint
cnc_attack_quality (const CncOp *op, guint image)
{
  const guint32 low = (guint32) op->shift, range = (guint32) op->scale - low + 1;

  return low + (guint) (((guint64) cnc_draw_word (op->seed, image, 0) * range) >> 32);
}

/* Steps of the coefficients in levels. */
static void
read_steps (const Jpeg *j, guint image, guint table, float steps[BLOCK * BLOCK])
{
  const guint quality = cnc_attack_quality (j->op, image), scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;

  for (guint i = 0; i < BLOCK * BLOCK; i++)
    steps[i] = (float) CLAMP ((quantisers[table][i] * scale + 50) / 100, 1u, 255u);
}

static void
transform (const Jpeg *j, const float *in, float *out, gboolean back)
{
  float rows[BLOCK * BLOCK];

  for (guint pass = 0; pass < 2; pass++)
    {
      const float *from = pass == 0 ? in : rows;
      float *to = pass == 0 ? rows : out;

      /* along the rows, and turned: twice that is along both */
      for (guint y = 0; y < BLOCK; y++)
        for (guint u = 0; u < BLOCK; u++)
          {
            float sum = 0;

            for (guint x = 0; x < BLOCK; x++)
              sum += from[y * BLOCK + x] * (back ? j->cosines[x][u] : j->cosines[u][x]);
            to[u * BLOCK + y] = sum;
          }
    }
}

static void
code_block (const Jpeg *j, const float steps[BLOCK * BLOCK], float *block)
{
  float coefficients[BLOCK * BLOCK];

  transform (j, block, coefficients, FALSE);
  for (guint i = 0; i < BLOCK * BLOCK; i++)
    {
      const float eighths = rintf (8 * fabsf (coefficients[i])); /* what libjpeg's transform gives; so ties are ties */
      const float size = floorf (eighths / (8 * steps[i]) + 0.5f) * steps[i];

      coefficients[i] = coefficients[i] < 0 ? -size : size;
    }
  transform (j, coefficients, block, TRUE);
}

static void
keep_block (const float *block, float *plane, guint32 width, guint32 height, guint32 left, guint32 top)
{
  for (guint32 y = 0; y < BLOCK && top + y < height; y++)
    for (guint32 x = 0; x < BLOCK && left + x < width; x++)
      plane[(gsize) (top + y) * width + left + x] = floorf (block[y * BLOCK + x] + 0.5f);
}

/* A row of blocks of luma. */
static void
code_luma (guint index, gpointer user_data)
{
  const Jpeg *j = user_data;
  const guint32 w = j->shape.w, h = j->shape.h, rows = (h + BLOCK - 1) / BLOCK, image = index / rows, top = index % rows * BLOCK;
  const gsize plane = (gsize) w * h;
  const float *red = j->from + image * 3 * plane, *green = red + plane, *blue = green + plane;
  float steps[BLOCK * BLOCK], block[BLOCK * BLOCK];

  read_steps (j, image, 0, steps);
  for (guint32 left = 0; left < w; left += BLOCK)
    {
      for (guint32 i = 0; i < BLOCK * BLOCK; i++)
        {
          const gsize at = (gsize) MIN (top + i / BLOCK, h - 1) * w + MIN (left + i % BLOCK, w - 1);

          block[i] = floorf (255 * (0.299f * red[at] + 0.587f * green[at] + 0.114f * blue[at]) + 0.5f) - 128;
        }
      code_block (j, steps, block);
      keep_block (block, j->luma + image * plane, w, h, left, top);
    }
}

/* A row of blocks of both chroma planes. */
static void
code_chroma (guint index, gpointer user_data)
{
  const Jpeg *j = user_data;
  const guint32 w = j->shape.w, h = j->shape.h, rows = (j->half_h + BLOCK - 1) / BLOCK, image = index / rows, top = index % rows * BLOCK;
  const gsize plane = (gsize) w * h, half = (gsize) j->half_w * j->half_h;
  const float *red = j->from + image * 3 * plane, *green = red + plane, *blue = green + plane;
  float steps[BLOCK * BLOCK], blocks[2][BLOCK * BLOCK];

  read_steps (j, image, 1, steps);
  for (guint32 left = 0; left < j->half_w; left += BLOCK)
    {
      for (guint32 i = 0; i < BLOCK * BLOCK; i++)
        {
          float cb = 0, cr = 0;

          for (guint32 k = 0; k < 4; k++)
            {
              const gsize at = (gsize) MIN (2 * (top + i / BLOCK) + k / 2, h - 1) * w + MIN (2 * (left + i % BLOCK) + k % 2, w - 1);

              cb += floorf (255 * (-0.168736f * red[at] - 0.331264f * green[at] + 0.5f * blue[at]) + 0.4999f);
              cr += floorf (255 * (0.5f * red[at] - 0.418688f * green[at] - 0.081312f * blue[at]) + 0.4999f);
            }
          /* fourths are rounded down and up in turn, as libjpeg does */
          blocks[0][i] = floorf ((cb + 1 + (float) (i % 2)) / 4);
          blocks[1][i] = floorf ((cr + 1 + (float) (i % 2)) / 4);
        }
      for (guint c = 0; c < 2; c++)
        {
          code_block (j, steps, blocks[c]);
          keep_block (blocks[c], j->chroma + (2 * image + c) * half, j->half_w, j->half_h, left, top);
        }
    }
}

/* Which two samples of size the triangle filter takes at place at of twice as many: three fourths of one, a fourth of other. */
static inline void
neighbours (guint32 at, guint32 size, guint32 *one, guint32 *other)
{
  *one = at / 2;
  *other = at % 2 != 0 ? MIN (at / 2 + 1, size - 1) : at > 0 ? at / 2 - 1 : 0;
}

static void
decode_row (guint index, gpointer user_data)
{
  const Jpeg *j = user_data;
  const guint32 w = j->shape.w, h = j->shape.h, image = index / h, y = index % h;
  const gsize plane = (gsize) w * h, half = (gsize) j->half_w * j->half_h;
  const float *luma = j->luma + image * plane + (gsize) y * w, *chroma = j->chroma + 2 * image * half;
  float *to = j->to + image * 3 * plane + (gsize) y * w;
  guint32 y0, y1, x0, x1;

  neighbours (y, j->half_h, &y0, &y1);
  for (guint32 x = 0; x < w; x++)
    {
      float c[2];

      neighbours (x, j->half_w, &x0, &x1);
      for (guint k = 0; k < 2; k++)
        {
          const float *a = chroma + k * half + (gsize) y0 * j->half_w, *b = chroma + k * half + (gsize) y1 * j->half_w;

          c[k] = floorf ((9 * a[x0] + 3 * a[x1] + 3 * b[x0] + b[x1] + (x % 2 != 0 ? 7 : 8)) / 16);
        }
      to[x] = (luma[x] + 128 + floorf (1.402f * c[1] + 0.5f)) / 255;
      to[plane + x] = (luma[x] + 128 + floorf (-0.344136f * c[0] - 0.714136f * c[1] + 0.5f)) / 255;
      to[2 * plane + x] = (luma[x] + 128 + floorf (1.772f * c[0] + 0.5f)) / 255;
    }
}

gboolean
cnc_reference_jpeg (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape *s = &in[0].shape;
  Jpeg j = {
    .op = op, .shape = *s, .half_h = (s->h + 1) / 2, .half_w = (s->w + 1) / 2, .from = cnc_floats (&in[0]), .to = cnc_floats (&out[0])
  };
  const gsize plane = (gsize) s->w * s->h, half = (gsize) j.half_w * j.half_h;
  g_autofree float *room = cnc_alloc (s->n * (plane + 2 * half), sizeof (float), "the colours of a batch of pictures", error);

  if (room == NULL)
    return FALSE;
  j.luma = room;
  j.chroma = room + s->n * plane;
  for (guint u = 0; u < BLOCK; u++)
    for (guint x = 0; x < BLOCK; x++)
      j.cosines[u][x] = (float) ((u == 0 ? sqrt (0.125) : 0.5) * cos ((2 * x + 1) * u * G_PI / 16));
  cnc_parallel_for (s->n * ((s->h + BLOCK - 1) / BLOCK), code_luma, &j);
  cnc_parallel_for (s->n * ((j.half_h + BLOCK - 1) / BLOCK), code_chroma, &j);
  cnc_parallel_for (s->n * s->h, decode_row, &j);
  return TRUE;
}

/* How much sample s of the chroma counts at place at. */
static inline float
share (guint32 at, guint32 size, guint32 s)
{
  guint32 one, other;

  neighbours (at, size, &one, &other);
  return (one == s ? 0.75f : 0) + (other == s ? 0.25f : 0);
}

/* A row of the chroma's gradient: what all pixels that it reaches hand back. */
static void
gather_row (guint index, gpointer user_data)
{
  const Jpeg *j = user_data;
  const guint32 w = j->shape.w, h = j->shape.h, image = index / j->half_h, sy = index % j->half_h;
  const gsize plane = (gsize) w * h, half = (gsize) j->half_w * j->half_h;
  const float *red = j->from + image * 3 * plane, *green = red + plane, *blue = green + plane;
  float *to = j->chroma + 2 * image * half + (gsize) sy * j->half_w;

  for (guint32 sx = 0; sx < j->half_w; sx++)
    {
      float sums[2] = { 0 };

      for (guint32 y = sy > 0 ? 2 * sy - 1 : 0; y < MIN (2 * sy + 3, h); y++)
        for (guint32 x = sx > 0 ? 2 * sx - 1 : 0; x < MIN (2 * sx + 3, w); x++)
          {
            const gsize at = (gsize) y * w + x;
            const float part = share (y, j->half_h, sy) * share (x, j->half_w, sx);

            sums[0] += part * (-0.344136f * green[at] + 1.772f * blue[at]);
            sums[1] += part * (1.402f * red[at] - 0.714136f * green[at]);
          }
      to[sx] = sums[0];
      to[half + sx] = sums[1];
    }
}

static void
spread_row (guint index, gpointer user_data)
{
  const Jpeg *j = user_data;
  const guint32 w = j->shape.w, h = j->shape.h, image = index / h, y = index % h;
  const gsize plane = (gsize) w * h, half = (gsize) j->half_w * j->half_h;
  const float *from = j->from + image * 3 * plane + (gsize) y * w;
  const float *chroma = j->chroma + 2 * image * half + (gsize) (y / 2) * j->half_w;
  float *to = j->to + image * 3 * plane + (gsize) y * w;
  const float rows = h % 2 != 0 && y == h - 1 ? 1 : 0.5f; /* the last of an odd number stands for two */

  for (guint32 x = 0; x < w; x++)
    {
      const float part = rows * (w % 2 != 0 && x == w - 1 ? 1 : 0.5f);
      const float dy = from[x] + from[plane + x] + from[2 * plane + x], cb = part * chroma[x / 2], cr = part * chroma[half + x / 2];
      const float d[3] = { 0.299f * dy - 0.168736f * cb + 0.5f * cr, 0.587f * dy - 0.331264f * cb - 0.418688f * cr,
                           0.114f * dy + 0.5f * cb - 0.081312f * cr };

      for (guint c = 0; c < 3; c++)
        to[c * plane + x] = j->op->accumulate ? to[c * plane + x] + d[c] : d[c];
    }
}

gboolean
cnc_reference_jpeg_backward (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape *s = &in[0].shape;
  Jpeg j = {
    .op = op, .shape = *s, .half_h = (s->h + 1) / 2, .half_w = (s->w + 1) / 2, .from = cnc_floats (&in[0]), .to = cnc_floats (&out[0])
  };
  g_autofree float *room = cnc_alloc ((gsize) s->n * 2 * j.half_w * j.half_h, sizeof (float), "the colours of a batch of pictures", error);

  if (room == NULL)
    return FALSE;
  j.chroma = room;
  cnc_parallel_for (s->n * j.half_h, gather_row, &j);
  cnc_parallel_for (s->n * s->h, spread_row, &j);
  return TRUE;
}

/* ---- blur ---- */

typedef struct
{
  const CncOp *op;
  CncShape shape;
  const float *from;
  float *to;
  gboolean backward;
} Blur;

float
cnc_attack_deviation (const CncOp *op, guint image)
{
  return op->shift + (op->scale - op->shift) * ((float) (cnc_draw_word (op->seed, image, 0) >> 8) * 0x1p-24f);
}

/* Of the weights around a place, those that fall inside. */
static inline float
weights_inside (const float *weights, float all, guint32 reach, guint32 size, guint32 place)
{
  float sum = 0;

  if (place >= reach && place + reach < size)
    return all;
  for (guint32 t = 0; t <= 2 * reach; t++)
    if (place + t >= reach && place + t - reach < size)
      sum += weights[t];
  return sum;
}

static void
blur_row (guint index, gpointer user_data)
{
  const Blur *b = user_data;
  const guint32 w = b->shape.w, h = b->shape.h, y = index % h, plane = index / h, reach = cnc_blur_reach (b->op);
  const float sigma = cnc_attack_deviation (b->op, plane / b->shape.c);
  const float *from = b->from + (gsize) plane * w * h;
  float *to = b->to + ((gsize) plane * h + y) * w, weights[2 * CNC_BLUR_MAX_REACH + 1], all = 0;

  for (guint32 t = 0; t <= 2 * reach; t++)
    {
      const float d = (float) t - (float) reach;

      weights[t] = expf (-d * d / (2 * sigma * sigma));
      all += weights[t];
    }
  for (guint32 x = 0; x < w; x++)
    {
      float sum = 0;

      for (guint32 v = y > reach ? y - reach : 0; v <= MIN (y + reach, h - 1); v++)
        {
          float row = 0;

          for (guint32 u = x > reach ? x - reach : 0; u <= MIN (x + reach, w - 1); u++)
            row += weights[u + reach - x] * from[(gsize) v * w + u] / (b->backward ? weights_inside (weights, all, reach, w, u) : 1);
          sum += weights[v + reach - y] * row / (b->backward ? weights_inside (weights, all, reach, h, v) : 1);
        }
      if (!b->backward)
        sum /= weights_inside (weights, all, reach, w, x) * weights_inside (weights, all, reach, h, y);
      to[x] = b->op->accumulate ? to[x] + sum : sum;
    }
}

gboolean
cnc_reference_blur (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape *s = &in[0].shape;
  Blur b = { op, *s, cnc_floats (&in[0]), cnc_floats (&out[0]), op->kind == CNC_OP_BLUR_BACKWARD };

  cnc_parallel_for (s->n * s->c * s->h, blur_row, &b);
  return TRUE;
}
