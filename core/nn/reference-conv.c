/* core/nn/reference-conv.c: convolutions, forward and backward.
 *
 * The forward pass keeps a tile of 4 channels x 32 columns of the result at hand while it walks over input channels and kernel; the inner
 * loops have constant lengths, so that a compiler turns them into vector instructions by itself.  With stride 1 the data gradient is the
 * same walk with the kernel turned round.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/memory.h"
#include "base/parallel.h"

#define TILE_C 4u  /* channels */
#define TILE_W 32u /* columns */

/* A convolution to compute.  The padding has a sign here: the kernel turned round may begin inside of the input. */
typedef struct
{
  CncConv g;
  gint64 pad_h, pad_w;
  const float *x, *weight, *bias, *residual;
  float *y;
  gboolean accumulate;
  CncActivation activation;
  float slope;
} Forward;

/* The columns of a tile whose input column first + x * stride lies in [0, width): from *begin to *end. */
static inline void
inside (gint64 first, guint32 stride, guint32 width, guint32 columns, guint32 *begin, guint32 *end)
{
  gint64 from = first >= 0 ? 0 : (-first + stride - 1) / stride;
  gint64 to = first >= (gint64) width ? 0 : ((gint64) width - 1 - first) / stride + 1;

  *begin = (guint32) MIN (from, (gint64) columns);
  *end = (guint32) CLAMP (to, (gint64) *begin, (gint64) columns);
}

/* One kernel column over columns begin to end of one tile.  The channels are written out: a compiler then goes along the columns, and not
 * across the channels. */
static inline __attribute__ ((always_inline)) void
accumulate_columns (float acc[TILE_C][TILE_W], const float *row, gint64 first, gint64 stride, guint32 begin, guint32 end,
                    const float weight[TILE_C])
{
  for (guint64 x = begin; x < end; x++)
    {
      const float value = row[first + (gint64) x * stride];

      acc[0][x] += weight[0] * value;
      acc[1][x] += weight[1] * value;
      acc[2][x] += weight[2] * value;
      acc[3][x] += weight[3] * value;
    }
}

/* With what is most often so known to the compiler. */
static inline __attribute__ ((always_inline)) void
accumulate_tile (float acc[TILE_C][TILE_W], const float *row, gint64 first, guint32 stride, guint32 begin, guint32 end,
                 const float weight[TILE_C])
{
  if (stride > 1)
    accumulate_columns (acc, row, first, stride, begin, end, weight);
  else if (begin > 0 || end < TILE_W)
    accumulate_columns (acc, row, first, 1, begin, end, weight);
  else
    accumulate_columns (acc, row, first, 1, 0, TILE_W, weight);
}

CNC_WIDE static void
forward_tile (const Forward *f, guint32 image, guint32 co, guint32 channels, guint32 oy, guint32 ox, guint32 columns,
              float result[TILE_C][TILE_W])
{
  const CncConv *g = &f->g;
  const gsize plane = (gsize) g->hi * g->wi, kernel = (gsize) g->kh * g->kw;
  float acc[TILE_C][TILE_W] = { 0 }; /* nothing else points there: it may stay in registers */

  for (guint32 ky = 0; ky < g->kh; ky++)
    {
      const gint64 iy = (gint64) oy * g->stride + (gint64) ky * g->dilation - f->pad_h;

      if (iy < 0 || iy >= g->hi)
        continue;
      for (guint32 kx = 0; kx < g->kw; kx++)
        {
          const gint64 first = (gint64) ox * g->stride + (gint64) kx * g->dilation - f->pad_w;
          guint32 begin, end;

          inside (first, g->stride, g->wi, columns, &begin, &end);
          for (guint32 ci = 0; ci < g->ci; ci++)
            {
              const float *row = f->x + ((gsize) image * g->ci + ci) * plane + (gsize) iy * g->wi;
              float weight[TILE_C] = { 0 };

              for (guint c = 0; c < channels; c++)
                weight[c] = f->weight[((gsize) (co + c) * g->ci + ci) * kernel + (gsize) ky * g->kw + kx];
              accumulate_tile (acc, row, first, g->stride, begin, end, weight);
            }
        }
    }
  memcpy (result, acc, sizeof acc);
}

/* index: an output row of TILE_C channels of an image. */
static void
forward_row (guint index, gpointer user_data)
{
  const Forward *f = user_data;
  const CncConv *g = &f->g;
  const guint32 groups = (g->co + TILE_C - 1) / TILE_C;
  const guint32 oy = index % g->ho, co = index / g->ho % groups * TILE_C, image = index / g->ho / groups;
  const guint32 channels = MIN (TILE_C, g->co - co);

  for (guint32 ox = 0; ox < g->wo; ox += TILE_W)
    {
      const guint32 columns = MIN (TILE_W, g->wo - ox);
      float acc[TILE_C][TILE_W];

      forward_tile (f, image, co, channels, oy, ox, columns, acc);
      for (guint32 c = 0; c < channels; c++)
        {
          const gsize at = (((gsize) image * g->co + co + c) * g->ho + oy) * g->wo + ox;

          for (guint32 x = 0; x < columns; x++)
            {
              const float sum = acc[c][x] + (f->bias != NULL ? f->bias[co + c] : 0) + (f->residual != NULL ? f->residual[at + x] : 0);

              f->y[at + x] = f->accumulate ? f->y[at + x] + sum : sum;
            }
          cnc_reference_activate (f->activation, f->slope, f->y + at, columns);
        }
    }
}

static void
forward (Forward *f)
{
  cnc_parallel_for (f->g.n * ((f->g.co + TILE_C - 1) / TILE_C) * f->g.ho, forward_row, f);
}

gboolean
cnc_reference_conv2d (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Forward f = {
    .g = cnc_conv_of (op, in, out),
    .pad_h = op->pad,
    .pad_w = op->pad,
    .x = cnc_floats (&in[0]),
    .weight = cnc_floats (&in[1]),
    .bias = n_in > 2 ? cnc_floats (&in[2]) : NULL,
    .residual = n_in > 3 ? cnc_floats (&in[3]) : NULL,
    .y = cnc_floats (&out[0]),
    .accumulate = op->accumulate,
    .activation = op->activation,
    .slope = op->slope,
  };

  forward (&f);
  return TRUE;
}

/* ---- the data gradient, and with bias and activation the transposed convolution ---- */

typedef struct
{
  CncConv g;
  const float *dy, *weight, *bias;
  float *dx;
  gboolean accumulate;
  CncActivation activation;
  float slope;
} Scatter;

/* index: one channel of one image of dx, into which all of dy that saw it is spread. */
static void
scatter_plane (guint index, gpointer user_data)
{
  const Scatter *s = user_data;
  const CncConv *g = &s->g;
  const guint32 ci = index % g->ci, image = index / g->ci;
  const gsize count = (gsize) g->hi * g->wi;
  float *plane = s->dx + index * count;

  for (gsize i = 0; i < count; i++)
    plane[i] = (s->accumulate ? plane[i] : 0) + (s->bias != NULL ? s->bias[ci] : 0);
  for (guint32 co = 0; co < g->co; co++)
    for (guint32 ky = 0; ky < g->kh; ky++)
      for (guint32 oy = 0; oy < g->ho; oy++)
        {
          const gint64 iy = (gint64) oy * g->stride + (gint64) ky * g->dilation - g->pad;
          const float *from = s->dy + (((gsize) image * g->co + co) * g->ho + oy) * g->wo;
          const float *weight = s->weight + (((gsize) co * g->ci + ci) * g->kh + ky) * g->kw;

          if (iy < 0 || iy >= g->hi)
            continue;
          for (guint32 kx = 0; kx < g->kw; kx++)
            {
              const gint64 first = (gint64) kx * g->dilation - g->pad;
              float *to = plane + iy * (gint64) g->wi;
              guint32 begin, end;

              inside (first, g->stride, g->wi, g->wo, &begin, &end);
              for (guint32 ox = begin; ox < end; ox++)
                to[first + (gint64) ox * g->stride] += weight[kx] * from[ox];
            }
        }
  cnc_reference_activate (s->activation, s->slope, plane, count);
}

/* Weights (co, ci, kh, kw) as weights (ci, co, kh, kw), the kernels turned round. */
static void
turn_weights (const CncConv *g, const float *from, float *to)
{
  const gsize kernel = (gsize) g->kh * g->kw;

  for (gsize co = 0; co < g->co; co++)
    for (gsize ci = 0; ci < g->ci; ci++)
      for (gsize k = 0; k < kernel; k++)
        to[(ci * g->co + co) * kernel + k] = from[(co * g->ci + ci) * kernel + kernel - 1 - k];
}

gboolean
cnc_reference_conv2d_backward_data (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncConv g = cnc_conv_of (op, in, out);
  const float *bias = n_in > 2 ? cnc_floats (&in[2]) : NULL;
  const CncActivation activation = op->kind == CNC_OP_CONV_TRANSPOSE2D ? op->activation : CNC_ACTIVATION_NONE;

  if (g.stride == 1)
    {
      g_autofree float *turned = cnc_alloc (cnc_shape_count (&in[1].shape), sizeof (float), "the gradient of a convolution", error);
      Forward f = {
        .g = { g.n, g.co, g.ho, g.wo, g.ci, g.hi, g.wi, g.kh, g.kw, 1, 0, g.dilation },
        .pad_h = (gint64) g.dilation * (g.kh - 1) - g.pad,
        .pad_w = (gint64) g.dilation * (g.kw - 1) - g.pad,
        .x = cnc_floats (&in[0]),
        .weight = turned,
        .bias = bias,
        .y = cnc_floats (&out[0]),
        .accumulate = op->accumulate,
        .activation = activation,
        .slope = op->slope,
      };

      if (turned == NULL)
        return FALSE;
      turn_weights (&g, cnc_floats (&in[1]), turned);
      forward (&f);
    }
  else
    {
      Scatter s = {
        g, cnc_floats (&in[0]), cnc_floats (&in[1]), bias, cnc_floats (&out[0]), op->accumulate, activation, op->slope,
      };

      cnc_parallel_for (g.n * g.ci, scatter_plane, &s);
    }
  return TRUE;
}

/* ---- the weights' gradient ---- */

#define LANES 16u

typedef struct
{
  CncConv g;
  const float *x, *dy;
  float *dweight;
  gboolean accumulate;
} Weights;

/* The sum of products of a row of dy with the input below it. */
CNC_WIDE static float
row_product (const float *dy, const float *x, guint32 stride, gsize count)
{
  float lanes[LANES] = { 0 }, sum = 0;
  gsize i = 0; /* not 32 bits: those might wrap around, and nothing would be a vector */

  if (stride == 1)
    for (; i + LANES <= count; i += LANES)
      for (guint lane = 0; lane < LANES; lane++)
        lanes[lane] += dy[i + lane] * x[i + lane];
  for (; i < count; i++)
    sum += dy[i] * x[i * stride];
  for (guint lane = 0; lane < LANES; lane++)
    sum += lanes[lane];
  return sum;
}

/* index: the kernel between one output and one input channel. */
static void
weights_kernel (guint index, gpointer user_data)
{
  const Weights *s = user_data;
  const CncConv *g = &s->g;
  const guint32 ci = index % g->ci, co = index / g->ci;

  for (guint32 ky = 0; ky < g->kh; ky++)
    for (guint32 kx = 0; kx < g->kw; kx++)
      {
        const gint64 first = (gint64) kx * g->dilation - g->pad;
        guint32 begin, end;
        double sum = 0;

        inside (first, g->stride, g->wi, g->wo, &begin, &end);
        for (guint32 image = 0; image < g->n; image++)
          for (guint32 oy = 0; oy < g->ho; oy++)
            {
              const gint64 iy = (gint64) oy * g->stride + (gint64) ky * g->dilation - g->pad;
              const float *dy = s->dy + (((gsize) image * g->co + co) * g->ho + oy) * g->wo;
              const float *x = s->x + (((gsize) image * g->ci + ci) * g->hi) * g->wi;

              if (iy >= 0 && iy < g->hi && begin < end)
                sum += row_product (dy + begin, x + iy * g->wi + first + (gint64) begin * g->stride, g->stride, end - begin);
            }
        cnc_store (s->dweight + ((gsize) index * g->kh + ky) * g->kw + kx, sum, s->accumulate);
      }
}

typedef struct
{
  CncShape shape;
  const float *dy;
  float *sums;
  gboolean accumulate;
} ChannelSums;

static void
channel_sum (guint index, gpointer user_data)
{
  const ChannelSums *s = user_data;
  const gsize plane = (gsize) s->shape.h * s->shape.w;
  double sum = 0;

  for (guint32 image = 0; image < s->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      sum += s->dy[((gsize) image * s->shape.c + index) * plane + i];
  cnc_store (s->sums + index, sum, s->accumulate);
}

gboolean
cnc_reference_channel_sum (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  ChannelSums s = { in[0].shape, cnc_floats (&in[0]), cnc_floats (&out[0]), op->accumulate };

  cnc_parallel_for (in[0].shape.c, channel_sum, &s);
  return TRUE;
}

gboolean
cnc_reference_conv2d_backward_weight (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Weights s = { cnc_conv_of (op, in, out), cnc_floats (&in[0]), cnc_floats (&in[1]), cnc_floats (&out[0]), op->accumulate };

  cnc_parallel_for (s.g.co * s.g.ci, weights_kernel, &s);
  return n_out < 2 || cnc_reference_channel_sum (op, in + 1, 1, out + 1, 1, error);
}
