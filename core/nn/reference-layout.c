/* core/nn/reference-layout.c: operations that move values: concatenation, splitting, pixel shuffles, pooling, up-sampling. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/parallel.h"

#include <string.h>

/* ---- along the channels ---- */

typedef struct
{
  const float *from;
  float *to;
  gsize from_image, to_image, count; /* floats between images; floats to copy of each */
  gboolean accumulate;
} Part;

static void
copy_image (guint index, gpointer user_data)
{
  const Part *p = user_data;
  const float *from = p->from + index * p->from_image;
  float *to = p->to + index * p->to_image;

  if (p->accumulate)
    for (gsize i = 0; i < p->count; i++)
      to[i] += from[i];
  else
    memcpy (to, from, p->count * sizeof *to);
}

gboolean
cnc_reference_concat (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gsize whole = cnc_shape_image (&out[0].shape);
  gsize done = 0;

  for (guint i = 0; i < n_in; i++)
    {
      const gsize part = cnc_shape_image (&in[i].shape);
      Part p = { cnc_floats (&in[i]), cnc_floats (&out[0]) + done, part, whole, part, op->accumulate };

      cnc_parallel_for (out[0].shape.n, copy_image, &p);
      done += part;
    }
  return TRUE;
}

gboolean
cnc_reference_split (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gsize whole = cnc_shape_image (&in[0].shape);
  gsize done = 0;

  for (guint i = 0; i < n_out; i++)
    {
      const gsize part = cnc_shape_image (&out[i].shape);
      Part p = { cnc_floats (&in[0]) + done, cnc_floats (&out[i]), whole, part, part, op->accumulate };

      cnc_parallel_for (in[0].shape.n, copy_image, &p);
      done += part;
    }
  return TRUE;
}

gboolean
cnc_reference_slice (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean backward = op->kind == CNC_OP_SLICE_BACKWARD;
  const CncTensor *part = backward ? &in[0] : &out[0];
  const gsize count = cnc_shape_image (&part->shape), skip = (gsize) op->first * part->shape.h * part->shape.w;
  Part p = { cnc_floats (&in[0]) + (backward ? 0 : skip), cnc_floats (&out[0]) + (backward ? skip : 0), cnc_shape_image (&in[0].shape),
             cnc_shape_image (&out[0].shape), count, op->accumulate };

  if (backward && !op->accumulate)
    memset (cnc_floats (&out[0]), 0, cnc_tensor_bytes (&out[0]));
  cnc_parallel_for (in[0].shape.n, copy_image, &p);
  return TRUE;
}

/* ---- one plane (channel of an image) at a time ---- */

typedef struct
{
  const CncOp *op;
  CncShape small, large; /* the shapes on the two sides of a pool, a shuffle or an up-sampling */
  const float *x;        /* of a maximum's gradient: where the maxima were */
  const float *from;
  float *to;
} Planes;

/* index: one channel of the large side, whose pixels lie in r * r channels of the small side. */
static void
shuffle_plane (guint index, gpointer user_data)
{
  const Planes *p = user_data;
  const gboolean up = p->op->kind == CNC_OP_PIXEL_SHUFFLE;
  const guint32 r = cnc_op_stride (p->op);

  for (guint32 y = 0; y < p->large.h; y++)
    for (guint32 x = 0; x < p->large.w; x++)
      {
        const gsize large = ((gsize) index * p->large.h + y) * p->large.w + x;
        const gsize channel = ((gsize) index * r + y % r) * r + x % r;
        const gsize small = (channel * p->small.h + y / r) * p->small.w + x / r;
        const float value = p->from[up ? small : large];

        cnc_store (&p->to[up ? large : small], value, p->op->accumulate);
      }
}

gboolean
cnc_reference_shuffle (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean up = op->kind == CNC_OP_PIXEL_SHUFFLE;
  Planes p = { op, up ? in[0].shape : out[0].shape, up ? out[0].shape : in[0].shape, NULL, cnc_floats (&in[0]), cnc_floats (&out[0]) };

  cnc_parallel_for (p.large.n * p.large.c, shuffle_plane, &p);
  return TRUE;
}

/* The place of a window's first maximum in its plane. */
static gsize
maximum (const Planes *p, const float *plane, guint32 y, guint32 x)
{
  const guint32 stride = cnc_op_stride (p->op);
  gsize best = (gsize) y * stride * p->large.w + (gsize) x * stride;

  for (guint32 ky = 0; ky < p->op->kernel_h; ky++)
    for (guint32 kx = 0; kx < p->op->kernel_w; kx++)
      {
        const gsize at = ((gsize) y * stride + ky) * p->large.w + (gsize) x * stride + kx;

        if (plane[at] > plane[best])
          best = at;
      }
  return best;
}

static void
pool_plane (guint index, gpointer user_data)
{
  const Planes *p = user_data;
  const CncOp *op = p->op;
  const guint32 stride = cnc_op_stride (op);
  const gsize large = (gsize) p->large.h * p->large.w, small = (gsize) p->small.h * p->small.w;
  const gboolean backward = op->kind == CNC_OP_MAX_POOL_BACKWARD || op->kind == CNC_OP_AVERAGE_POOL_BACKWARD;
  const float share = 1 / ((float) op->kernel_h * (float) op->kernel_w);

  if (backward && !op->accumulate)
    memset (p->to + index * large, 0, large * sizeof (float));
  for (guint32 y = 0; y < p->small.h; y++)
    for (guint32 x = 0; x < p->small.w; x++)
      {
        const gsize at = index * small + (gsize) y * p->small.w + x;
        float sum = 0;

        if (op->kind == CNC_OP_MAX_POOL)
          p->to[at] = p->from[index * large + maximum (p, p->from + index * large, y, x)];
        else if (op->kind == CNC_OP_MAX_POOL_BACKWARD)
          p->to[index * large + maximum (p, p->x + index * large, y, x)] += p->from[at];
        else
          {
            for (guint32 ky = 0; ky < op->kernel_h; ky++)
              for (guint32 kx = 0; kx < op->kernel_w; kx++)
                {
                  const gsize below = index * large + ((gsize) y * stride + ky) * p->large.w + (gsize) x * stride + kx;

                  if (backward)
                    p->to[below] += share * p->from[at];
                  else
                    sum += p->from[below];
                }
            if (!backward)
              p->to[at] = share * sum;
          }
      }
}

gboolean
cnc_reference_pool (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean forward = op->kind == CNC_OP_MAX_POOL || op->kind == CNC_OP_AVERAGE_POOL;
  Planes p = {
    .op = op,
    .small = forward ? out[0].shape : in[n_in - 1].shape,
    .large = forward ? in[0].shape : out[0].shape,
    .x = cnc_floats (&in[0]),
    .from = cnc_floats (&in[n_in - 1]),
    .to = cnc_floats (&out[0]),
  };

  cnc_parallel_for (p.large.n * p.large.c, pool_plane, &p);
  return TRUE;
}

static void
nearest_plane (guint index, gpointer user_data)
{
  const Planes *p = user_data;
  const gboolean forward = p->op->kind == CNC_OP_UPSAMPLE_NEAREST;
  const guint32 r = cnc_op_stride (p->op);
  const gsize small = (gsize) p->small.h * p->small.w;

  if (!forward && !p->op->accumulate)
    memset (p->to + index * small, 0, small * sizeof (float));
  for (guint32 y = 0; y < p->large.h; y++)
    for (guint32 x = 0; x < p->large.w; x++)
      {
        const gsize at_large = ((gsize) index * p->large.h + y) * p->large.w + x;
        const gsize at_small = index * small + (gsize) (y / r) * p->small.w + x / r;

        if (forward)
          p->to[at_large] = p->from[at_small];
        else
          p->to[at_small] += p->from[at_large];
      }
}

gboolean
cnc_reference_upsample_nearest (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean forward = op->kind == CNC_OP_UPSAMPLE_NEAREST;
  Planes p
      = { op, forward ? in[0].shape : out[0].shape, forward ? out[0].shape : in[0].shape, NULL, cnc_floats (&in[0]), cnc_floats (&out[0]) };

  cnc_parallel_for (p.large.n * p.large.c, nearest_plane, &p);
  return TRUE;
}

/* Between which two of size samples place at of the enlarged axis lies, and how far it is from the first. */
static void
between (guint32 at, guint32 r, guint32 size, guint32 *first, guint32 *second, float *part)
{
  const float place = MAX (((float) at + 0.5f) / (float) r - 0.5f, 0.0f);

  *first = MIN ((guint32) place, size - 1);
  *second = MIN (*first + 1, size - 1);
  *part = place - (float) *first;
}

static void
bilinear_plane (guint index, gpointer user_data)
{
  const Planes *p = user_data;
  const gboolean forward = p->op->kind == CNC_OP_UPSAMPLE_BILINEAR;
  const guint32 r = cnc_op_stride (p->op), w = p->small.w;
  const gsize small = (gsize) p->small.h * w;

  if (!forward && !p->op->accumulate)
    memset (p->to + index * small, 0, small * sizeof (float));
  for (guint32 y = 0; y < p->large.h; y++)
    for (guint32 x = 0; x < p->large.w; x++)
      {
        const gsize at = ((gsize) index * p->large.h + y) * p->large.w + x;
        guint32 y0, y1, x0, x1;
        float fy, fx;

        between (y, r, p->small.h, &y0, &y1, &fy);
        between (x, r, w, &x0, &x1, &fx);
        if (forward)
          {
            const float *from = p->from + index * small;

            p->to[at] = (1 - fy) * ((1 - fx) * from[(gsize) y0 * w + x0] + fx * from[(gsize) y0 * w + x1])
                        + fy * ((1 - fx) * from[(gsize) y1 * w + x0] + fx * from[(gsize) y1 * w + x1]);
          }
        else
          {
            float *to = p->to + index * small;

            to[(gsize) y0 * w + x0] += (1 - fy) * (1 - fx) * p->from[at];
            to[(gsize) y0 * w + x1] += (1 - fy) * fx * p->from[at];
            to[(gsize) y1 * w + x0] += fy * (1 - fx) * p->from[at];
            to[(gsize) y1 * w + x1] += fy * fx * p->from[at];
          }
      }
}

gboolean
cnc_reference_upsample_bilinear (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean forward = op->kind == CNC_OP_UPSAMPLE_BILINEAR;
  Planes p
      = { op, forward ? in[0].shape : out[0].shape, forward ? out[0].shape : in[0].shape, NULL, cnc_floats (&in[0]), cnc_floats (&out[0]) };

  cnc_parallel_for (p.large.n * p.large.c, bilinear_plane, &p);
  return TRUE;
}
