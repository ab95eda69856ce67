/* core/vulkan/vk-ops-conv.c: convolutions, their gradients and matrix products, all as one kind of walk over strided tensors.
 *
 * Pictures and weights are brought into the layouts of shaders/pack.comp and shaders/pack_weights.comp first, in pieces that fit into a
 * texel buffer and a uniform buffer; what the pieces give is added up in the output.
 */
#include "vulkan/vk-walk.h"

#include "base/error.h"

#define UNIFORM_ALIGNMENT 16u /* vec4: the 256 bytes that every device takes */

/* How shaders/conv.comp works on a walk. */
typedef struct
{
  gboolean shuffle; /* which of the two programs */
  guint32 rows;     /* of a lane */
  guint32 outputs;  /* channels of a lane */
  guint32 quads;    /* input channels at once, in fours: what the view of the weights shows */
} Kernel;

static CncVkView
view_of (const CncTensor *tensor)
{
  const CncShape *s = &tensor->shape;

  return (CncVkView){ cnc_vk_tensor_buffer (tensor), (guint32) tensor->offset, s->c * s->h * s->w, s->h * s->w, s->w, 1 };
}

/* A matrix, rows as the pixels of one image, one below the other, columns as channels. */
static CncVkView
matrix_of (const CncTensor *tensor, gsize columns)
{
  return (CncVkView){ cnc_vk_tensor_buffer (tensor), (guint32) tensor->offset, 0, 1, (guint32) columns, 0 };
}

gboolean
cnc_vk_pack (CncVulkan *vk, CncVkScratch where, const CncVkView *x, const CncVkPiece *p, guint32 channels, guint32 height, guint32 width,
             gint64 up, gint64 left, guint32 spread, gboolean half, GError **error)
{
  const gsize plane = (gsize) p->height * p->width;
  const guint32 place = x->first + p->image * x->by_n + 4 * p->quad * x->by_c;
  const gboolean texels = x->buffer->base.words <= cnc_vk_texel_limit (vk);
  const gboolean fours = vk->software && texels && spread == 1 && x->by_x == 1 && ((place | x->by_n | x->by_c | x->by_y | width) & 3) == 0;
  const gint64 begin = left >= 0 ? left / 4 : -((3 - left) / 4), end = left + p->width - 1 >= 0 ? (left + p->width - 1) / 4 : -1;
  const CncVkCall call = {
    .shader = CNC_SHADER_PACK,
    .constants = { fours    ? 2
                   : texels ? 1
                            : 0,
                   half ? 1 : 0 },
    .buffers = { x->buffer, NULL, cnc_vk_scratch (vk, where, (half ? 2 : 4) * plane * p->quads * p->images, error) },
    .writes = 1u << 2,
    .push = { place, x->by_n, x->by_c, x->by_y, x->by_x, channels - 4 * p->quad, height, width, (guint32) (gint32) up,
              (guint32) (gint32) left, spread, p->quads, p->height, p->width },
    .groups_x = cnc_vk_groups (fours ? (gsize) p->height * (gsize) (end - begin + 1) : plane),
    .groups_y = p->quads * p->images,
    .work = CNC_VK_OP_LANES * (fours ? 96.0 : 32.0),
  };

  return call.buffers[2] != NULL && cnc_vk_call (vk, &call, error);
}

/* Rows of x that rows of the output need, where they are computed each at a time. */
static guint32
height_for (const CncVkWalk *walk, guint32 rows, guint32 each)
{
  return ((rows + each - 1) / each * each - 1) * walk->stride + walk->dilation * (walk->kh - 1) + 1;
}

/* How large a piece of x may be: of its width all, and as much of the rest as the device takes. */
static gboolean
fit (CncVulkan *vk, const CncVkWalk *walk, guint32 each, CncVkPiece *p, GError **error)
{
  const gsize limit = MIN (cnc_vk_texel_limit (vk), CNC_VK_MAX_PACKED), least = (gsize) height_for (walk, 1, each) * p->width;

  if (least > limit)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_MEMORY,
                           "The picture is too wide for this device; work on a smaller one or choose another device.");
      return FALSE;
    }
  p->quads = (guint32) MIN ((gsize) (walk->ci + 3) / 4, limit / least);
  p->rows = walk->ho;
  while ((gsize) height_for (walk, p->rows, each) * p->width * p->quads > limit)
    p->rows = (p->rows / 2 + each - 1) / each * each;
  p->height = height_for (walk, p->rows, each);
  p->images = p->rows < walk->ho ? 1 : (guint32) CLAMP (limit / ((gsize) p->height * p->width * p->quads), 1, walk->n);
  return TRUE;
}

/* ---- forward ---- */

static guint32
uniform_step (const CncVkWalk *walk, const Kernel *kernel, guint32 quads)
{
  return (kernel->outputs / 4 + quads * walk->kh * walk->kw * kernel->outputs + UNIFORM_ALIGNMENT - 1) / UNIFORM_ALIGNMENT
         * UNIFORM_ALIGNMENT;
}

/* A GPU wants many lanes under way and reads uniform buffers well.  Software wants fetches that serve many sums, and reads the same weights
 * once for each lane: see shaders/conv.comp. */
static Kernel
choose_kernel (const CncVulkan *vk, const CncVkWalk *walk)
{
  const guint32 taps = walk->kh * walk->kw, most = vk->software ? 8 : 4;
  Kernel k = { .rows = walk->ho > most / 2 ? most : walk->ho > 2 ? 4 : walk->ho, .outputs = 8 };

  if (vk->software && vk->shuffle)
    {
      const guint32 outputs = walk->co <= 4 ? 4 : (walk->co - 1) % 16 >= 8 ? 16 : 8, groups = (walk->co + outputs - 1) / outputs;
      const gsize seen = cnc_vk_texel_limit (vk) / groups;

      k.outputs = outputs;
      k.rows = outputs == 4 && walk->ho > 8 ? 16 : k.rows;
      k.quads = (guint32) (MIN (seen, CNC_VK_MAX_PACKED / groups) - MIN (seen, 2 * UNIFORM_ALIGNMENT)) / (taps * outputs);
      k.shuffle = k.quads > 0;
    }
  if (!k.shuffle)
    {
      k.outputs = 8;
      k.quads = (cnc_vk_uniform_quads (vk) - 2) / (taps * k.outputs);
    }
  return k;
}

static gboolean
pack_weights (CncVulkan *vk, const CncVkWalk *walk, const Kernel *kernel, const CncVkPiece *p, GError **error)
{
  const guint32 step = uniform_step (walk, kernel, p->quads), groups = (walk->co + kernel->outputs - 1) / kernel->outputs;
  const CncVkView *w = &walk->weight;
  const CncTensor *bias = p->quad == 0 ? walk->bias : NULL;
  const CncVkCall call = {
    .shader = CNC_SHADER_PACK_WEIGHTS,
    .constants = { bias != NULL ? 1 : 0, kernel->outputs },
    .buffers = { w->buffer, bias != NULL ? cnc_vk_tensor_buffer (bias) : w->buffer,
                 cnc_vk_scratch (vk, CNC_SCRATCH_WEIGHTS, 4 * (gsize) step * groups, error) },
    .writes = 1u << 2,
    .push = { w->first + 4 * p->quad * w->by_c, w->by_n, w->by_c, w->by_y, w->by_x, walk->co, walk->ci - 4 * p->quad, walk->kh, walk->kw,
              bias != NULL ? (guint32) bias->offset : 0, step },
    .groups_x = cnc_vk_groups (step),
    .groups_y = groups,
    .work = CNC_VK_OP_LANES * 32.0,
  };

  return call.buffers[2] != NULL && cnc_vk_call (vk, &call, error);
}

/* first, last: of the pieces that are added up in the same pixels. */
static gboolean
convolve_piece (CncVulkan *vk, const CncVkWalk *walk, const Kernel *kernel, const CncVkPiece *p, gboolean first, gboolean last,
                GError **error)
{
  const guint32 moved = p->image * walk->y.by_n + p->row * walk->y.by_y, step = uniform_step (walk, kernel, p->quads);
  const CncTensor *residual = first ? walk->residual : NULL;
  const gboolean there = !first || walk->accumulate;
  CncVkCall call = {
    .shader = kernel->shuffle ? CNC_SHADER_CONV_SHUFFLE : CNC_SHADER_CONV,
    .constants = { kernel->rows, walk->kh, walk->kw, walk->stride, walk->dilation, cnc_vk_uniform_quads (vk),
                   (last ? walk->activation : 0) | (residual != NULL ? 8 : 0) | (there ? 16 : 0), kernel->outputs, walk->half ? 1 : 0 },
    .buffers
    = { cnc_vk_scratch (vk, CNC_SCRATCH_X, 0, error), cnc_vk_scratch (vk, CNC_SCRATCH_WEIGHTS, 0, error), walk->y.buffer, walk->y.buffer },
    .writes = 1u << 2 | 1u << 3,
    .push = { p->images, p->quads, p->height, p->width, walk->co, p->rows, walk->wo, walk->y.first + moved, walk->y.by_n, walk->y.by_c,
              walk->y.by_y, walk->y.by_x, residual != NULL ? (guint32) residual->offset + moved : 0, cnc_vk_bits (walk->slope), step },
    .groups_x = cnc_vk_groups ((gsize) p->images * ((p->rows + kernel->rows - 1) / kernel->rows) * walk->wo),
    .groups_y = (walk->co + kernel->outputs - 1) / kernel->outputs,
    .work = 2.0 * CNC_VK_OP_LANES * kernel->rows * kernel->outputs * 4 * p->quads * walk->kh * walk->kw,
    .uniform_step = kernel->shuffle ? 0 : 16 * step,
  };

  if (residual != NULL)
    {
      call.buffers[3] = cnc_vk_tensor_buffer (residual);
      call.writes = 1u << 2;
    }
  return cnc_vk_call (vk, &call, error);
}

/* With a kernel whose weights for four input channels fit into the view of a uniform buffer.  first, last: as above. */
static gboolean
walk_kernel (CncVulkan *vk, const CncVkWalk *walk, gboolean first, gboolean last, GError **error)
{
  const Kernel kernel = choose_kernel (vk, walk);
  const guint32 all = (walk->ci + 3) / 4;
  CncVkPiece most = { .width = (walk->wo - 1) * walk->stride + walk->dilation * (walk->kw - 1) + 1 };

  if (!fit (vk, walk, kernel.rows, &most, error))
    return FALSE;
  most.quads = MIN (most.quads, kernel.quads);
  for (guint32 quad = 0; quad < all; quad += most.quads)
    for (guint32 image = 0; image < walk->n; image += most.images)
      for (guint32 row = 0; row < walk->ho; row += most.rows)
        {
          CncVkPiece p = most;

          p.quad = quad;
          p.quads = MIN (most.quads, all - quad);
          p.image = image;
          p.images = MIN (most.images, walk->n - image);
          p.row = row;
          p.rows = MIN (most.rows, walk->ho - row);
          if ((image == 0 && row == 0 && !pack_weights (vk, walk, &kernel, &p, error))
              || !cnc_vk_pack (vk, CNC_SCRATCH_X, &walk->x, &p, walk->ci, walk->hi, walk->wi, (gint64) row * walk->stride - walk->up,
                               -walk->left, walk->spread, walk->half, error)
              || !convolve_piece (vk, walk, &kernel, &p, first && quad == 0, last && quad + p.quads >= all, error))
            return FALSE;
        }
  return TRUE;
}

static gboolean
run_walk (CncVulkan *vk, const CncVkWalk *walk, GError **error)
{
  const guint32 taps = (cnc_vk_uniform_quads (vk) - 2) / 8;
  const guint32 width = MIN (walk->kw, taps), height = MIN (walk->kh, taps / width);

  if (cnc_vk_winograd_takes (vk, walk))
    return cnc_vk_winograd (vk, walk, 1, error);
  /* A kernel too large for the uniform buffer is walked in tiles, which are added up. */
  for (guint32 ky = 0; ky < walk->kh; ky += height)
    for (guint32 kx = 0; kx < walk->kw; kx += width)
      {
        CncVkWalk tile = *walk;

        tile.kh = MIN (height, walk->kh - ky);
        tile.kw = MIN (width, walk->kw - kx);
        tile.weight.first += ky * tile.weight.by_y + kx * tile.weight.by_x;
        tile.up -= (gint64) ky * walk->dilation;
        tile.left -= (gint64) kx * walk->dilation;
        if (ky + kx > 0)
          tile.bias = NULL;
        if (!walk_kernel (vk, &tile, ky + kx == 0, ky + tile.kh >= walk->kh && kx + tile.kw >= walk->kw, error))
          return FALSE;
      }
  return TRUE;
}

/* The data gradient with a stride is stride * stride convolutions without one: output pixels that lie at the same place between the strides
 * see the same part of the kernel. */
static gboolean
run_phases (CncVulkan *vk, const CncVkWalk *walk, guint32 stride, guint32 pad, GError **error)
{
  g_autofree CncVkWalk *phases = g_new (CncVkWalk, (gsize) stride * stride);
  g_autofree CncTensor *residuals = g_new (CncTensor, (gsize) stride * stride);
  guint n = 0;

  for (guint32 py = 0; py < MIN (stride, walk->ho); py++)
    for (guint32 px = 0; px < MIN (stride, walk->wo); px++)
      {
        const guint32 ky = (py + pad) % stride, kx = (px + pad) % stride; /* first of the taps that fall on a pixel */
        const guint32 taps_y = (walk->kh - ky + stride - 1) / stride, taps_x = (walk->kw - kx + stride - 1) / stride;
        CncVkWalk phase = *walk;

        phase.kh = taps_y;
        phase.kw = taps_x;
        phase.weight.first += (ky + stride * (taps_y - 1)) * walk->weight.by_y + (kx + stride * (taps_x - 1)) * walk->weight.by_x;
        phase.weight.by_y = -(stride * walk->weight.by_y);
        phase.weight.by_x = -(stride * walk->weight.by_x);
        phase.up = (gint64) taps_y - 1 - (py + pad - ky) / stride;
        phase.left = (gint64) taps_x - 1 - (px + pad - kx) / stride;
        phase.y.first += py * walk->y.by_y + px * walk->y.by_x;
        phase.y.by_y *= stride;
        phase.y.by_x *= stride;
        phase.ho = (walk->ho - py + stride - 1) / stride;
        phase.wo = (walk->wo - px + stride - 1) / stride;
        if (walk->residual != NULL)
          {
            residuals[n] = *walk->residual;
            residuals[n].offset += py * walk->y.by_y + px * walk->y.by_x;
            phase.residual = &residuals[n];
          }
        phases[n++] = phase;
      }
  if (n > 1 && cnc_vk_winograd_takes (vk, phases) && cnc_vk_winograd_share (phases, n))
    return cnc_vk_winograd (vk, phases, n, error);
  for (guint i = 0; i < n; i++)
    if (!run_walk (vk, &phases[i], error))
      return FALSE;
  return TRUE;
}

gboolean
cnc_vk_op_convolve (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncConv g = cnc_conv_of (op, in, out);
  CncVkWalk walk = {
    .x = view_of (&in[0]),
    .weight = view_of (&in[1]),
    .y = view_of (&out[0]),
    .n = g.n,
    .kh = g.kh,
    .kw = g.kw,
    .dilation = g.dilation,
    .spread = 1,
    .bias = n_in > 2 ? &in[2] : NULL,
    .residual = n_in > 3 ? &in[3] : NULL,
    .accumulate = op->accumulate,
    .half = vk->backend.half && !vk->software && op->kind != CNC_OP_CONV2D_BACKWARD_DATA,
    .activation = op->kind == CNC_OP_CONV2D_BACKWARD_DATA ? CNC_ACTIVATION_NONE : op->activation,
    .slope = op->slope,
  };
  const CncVkView w = walk.weight;

  if (op->kind == CNC_OP_CONV2D)
    {
      walk.ci = g.ci;
      walk.hi = g.hi;
      walk.wi = g.wi;
      walk.co = g.co;
      walk.ho = g.ho;
      walk.wo = g.wo;
      walk.stride = g.stride;
      walk.up = walk.left = g.pad;
      return run_walk (vk, &walk, error);
    }
  walk.ci = g.co;
  walk.hi = g.ho;
  walk.wi = g.wo;
  walk.co = g.ci;
  walk.ho = g.hi;
  walk.wo = g.wi;
  walk.stride = 1;
  walk.weight.by_n = w.by_c;
  walk.weight.by_c = w.by_n;
  if (g.stride > 1 && g.dilation == 1 && g.kh >= g.stride && g.kw >= g.stride)
    return run_phases (vk, &walk, g.stride, g.pad, error);
  /* The kernel turned round, over pixels with zeros between them. */
  walk.weight.first += (g.kh - 1) * w.by_y + (g.kw - 1) * w.by_x;
  walk.weight.by_y = -w.by_y;
  walk.weight.by_x = -w.by_x;
  walk.spread = g.stride;
  walk.up = (gint64) g.dilation * (g.kh - 1) - g.pad;
  walk.left = (gint64) g.dilation * (g.kw - 1) - g.pad;
  return run_walk (vk, &walk, error);
}

gboolean
cnc_vk_op_dense (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 outputs = in[1].shape.n, inputs = in[1].shape.c;
  const gboolean forward = op->kind == CNC_OP_DENSE;
  const CncVkView w = { cnc_vk_tensor_buffer (&in[1]), (guint32) in[1].offset, inputs, 1, 0, 0 };
  CncVkWalk walk = {
    .x = matrix_of (&in[0], forward ? inputs : outputs),
    .weight = w,
    .y = matrix_of (&out[0], forward ? outputs : inputs),
    .n = 1,
    .ci = forward ? inputs : outputs,
    .hi = in[0].shape.n,
    .wi = 1,
    .co = forward ? outputs : inputs,
    .ho = in[0].shape.n,
    .wo = 1,
    .kh = 1,
    .kw = 1,
    .stride = 1,
    .dilation = 1,
    .spread = 1,
    .bias = n_in > 2 ? &in[2] : NULL,
    .accumulate = op->accumulate,
    .activation = forward ? op->activation : CNC_ACTIVATION_NONE,
    .slope = op->slope,
  };

  if (!forward)
    {
      walk.weight.by_n = w.by_c;
      walk.weight.by_c = w.by_n;
    }
  return run_walk (vk, &walk, error);
}

/* ---- the weights' gradient ---- */

/* A workgroup adds up at its end what its lanes found, which software does a lane at a time. */
static guint32
weight_lanes (const CncVulkan *vk)
{
  return vk->software ? 8 : CNC_VK_OP_LANES;
}

/* Fours of output channels that it works on. */
static guint32
weight_pairs (const CncVulkan *vk)
{
  return vk->software ? 2 : 1;
}

/* Columns of the kernel that one workgroup works on: as many as fit into the memory that its lanes share. */
static guint32
taps_of (const CncVulkan *vk, guint32 kernel_w)
{
  const guint32 shared = vk->properties.limits.maxComputeSharedMemorySize;
  const guint32 most = MIN (shared / (weight_lanes (vk) * weight_pairs (vk) * 16 * (guint32) sizeof (float)), 5u),
                tiles = (kernel_w + most - 1) / most;

  return (kernel_w + tiles - 1) / tiles;
}

/* walk: x, the geometry, and as "weight" where the gradient goes.  p: the piece of x; q: the same of dy. */
static gboolean
weights_piece (CncVulkan *vk, const CncVkWalk *walk, const CncVkPiece *p, const CncVkPiece *q, gboolean there, GError **error)
{
  const guint32 taps = taps_of (vk, walk->kw), tiles = (walk->kw + taps - 1) / taps, lines = p->images * p->rows;
  const guint32 wanted = CLAMP (weight_lanes (vk) / lines, 1, (walk->wo + 3) / 4);
  const guint32 part = ((walk->wo + wanted - 1) / wanted + 3) / 4 * 4, parts = (walk->wo + part - 1) / part;
  const CncVkView *w = &walk->weight;
  const CncVkCall call = {
    .shader = CNC_SHADER_CONV_WEIGHTS,
    .lanes = weight_lanes (vk),
    .constants = { taps, walk->stride, walk->dilation, there ? 1 : 0, weight_pairs (vk) },
    .buffers = { cnc_vk_scratch (vk, CNC_SCRATCH_X, 0, error), cnc_vk_scratch (vk, CNC_SCRATCH_Y, 0, error), w->buffer },
    .writes = 1u << 2,
    .push
    = { p->images, p->quads, p->height, p->width, q->quads, p->rows, walk->wo, parts, part, walk->kh, walk->kw, walk->ci - 4 * p->quad,
        walk->co - 4 * q->quad, w->first + 4 * p->quad * w->by_c + 4 * q->quad * w->by_n, w->by_n, w->by_c, w->by_y, w->by_x },
    .groups_x = p->quads * walk->kh * tiles,
    .groups_y = (q->quads + weight_pairs (vk) - 1) / weight_pairs (vk),
    .work = 2.0 * weight_pairs (vk) * lines * walk->wo * taps * 16 + weight_lanes (vk) * taps * 16,
  };

  return cnc_vk_call (vk, &call, error);
}

static gboolean
run_weights (CncVulkan *vk, const CncVkWalk *walk, const CncVkView *dy, GError **error)
{
  const guint32 taps = taps_of (vk, walk->kw), tiles = (walk->kw + taps - 1) / taps;
  const gsize limit = MIN (cnc_vk_texel_limit (vk), CNC_VK_MAX_PACKED);
  CncVkPiece most
      = { .width = (walk->wo + 2) * walk->stride + walk->dilation * (tiles * taps - 1) + 1 }; /* lanes look at four pixels at once */

  if (!fit (vk, walk, 1, &most, error))
    return FALSE;
  for (guint32 image = 0; image < walk->n; image += most.images)
    for (guint32 row = 0; row < walk->ho; row += most.rows)
      for (guint32 quad = 0; quad < (walk->ci + 3) / 4; quad += most.quads)
        {
          CncVkPiece p = most, q;

          p.quad = quad;
          p.quads = MIN (most.quads, (walk->ci + 3) / 4 - quad);
          p.image = image;
          p.images = MIN (most.images, walk->n - image);
          p.row = row;
          p.rows = MIN (most.rows, walk->ho - row);
          if (!cnc_vk_pack (vk, CNC_SCRATCH_X, &walk->x, &p, walk->ci, walk->hi, walk->wi, (gint64) row * walk->stride - walk->up,
                            -walk->left, 1, FALSE, error))
            return FALSE;
          q = p;
          q.height = p.rows;
          q.width = walk->wo;
          q.quads = (guint32) MIN ((gsize) (walk->co + 3) / 4, limit / ((gsize) q.height * q.width * q.images));
          for (q.quad = 0; q.quad < (walk->co + 3) / 4; q.quad += q.quads)
            {
              q.quads = MIN (q.quads, (walk->co + 3) / 4 - q.quad);
              if (!cnc_vk_pack (vk, CNC_SCRATCH_Y, dy, &q, walk->co, walk->ho, walk->wo, row, 0, 1, FALSE, error)
                  || !weights_piece (vk, walk, &p, &q, walk->accumulate || image + row > 0, error))
                return FALSE;
            }
        }
  return TRUE;
}

gboolean
cnc_vk_op_conv_weights (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncConv g = cnc_conv_of (op, in, out);
  const CncVkView dy = view_of (&in[1]);
  const CncVkWalk walk = {
    .x = view_of (&in[0]),
    .weight = view_of (&out[0]),
    .n = g.n,
    .ci = g.ci,
    .hi = g.hi,
    .wi = g.wi,
    .co = g.co,
    .ho = g.ho,
    .wo = g.wo,
    .kh = g.kh,
    .kw = g.kw,
    .stride = g.stride,
    .dilation = g.dilation,
    .up = g.pad,
    .left = g.pad,
    .spread = 1,
    .accumulate = op->accumulate,
  };

  return (cnc_vk_winograd_takes (vk, &walk) ? cnc_vk_winograd_weights (vk, &walk, &dy, error) : run_weights (vk, &walk, &dy, error))
         && (n_out < 2 || cnc_vk_op_channel_sum (vk, op, in + 1, 1, out + 1, 1, error));
}

gboolean
cnc_vk_op_dense_weights (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 outputs = out[0].shape.n, inputs = out[0].shape.c;
  const CncVkView dy = matrix_of (&in[1], outputs);
  const CncVkWalk walk = {
    .x = matrix_of (&in[0], inputs),
    .weight = { cnc_vk_tensor_buffer (&out[0]), (guint32) out[0].offset, inputs, 1, 0, 0 },
    .n = 1,
    .ci = inputs,
    .hi = in[0].shape.n,
    .wi = 1,
    .co = outputs,
    .ho = in[0].shape.n,
    .wo = 1,
    .kh = 1,
    .kw = 1,
    .stride = 1,
    .dilation = 1,
    .accumulate = op->accumulate,
  };

  if (!run_weights (vk, &walk, &dy, error))
    return FALSE;
  if (n_out > 1)
    {
      const CncTensor flat = { in[1].buffer, in[1].offset, { in[1].shape.n, outputs, 1, 1 } };

      return cnc_vk_op_channel_sum (vk, op, &flat, 1, out + 1, 1, error);
    }
  return TRUE;
}
