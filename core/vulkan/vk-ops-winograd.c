/* core/vulkan/vk-ops-winograd.c: convolutions by Winograd's products, with a quarter of the multiplications (Lavin and Gray 2016).
 *
 * Tiles of 4 x 4 pixels and kernels of 3 x 3 become 36 numbers each, one matrix product a number, and those the pixels or, for the gradient
 * of weights, the taps: see shaders/winograd_*.comp.  A convolution with stride 2 is one without over the four pictures of every second
 * row and column.  Software Vulkan gains by it; a GPU, which waits for memory here, would not.
 */
#include "vulkan/vk-walk.h"

#define POINTS 36u
#define TILE 4u
#define TEXELS ((gsize) 1 << 18) /* of the transformed tiles and of the products at once: 32 MiB */
#define LEAST_SUMS 4u            /* fours of channels below which the transforms cost more than they save, */
#define LEAST_OUTPUTS 12u        /* output channels, */
#define LEAST_TILES 32u          /* and tiles */

/* How the taps of a direction come to be three, and where x begins then. */
typedef struct
{
  gint32 from; /* of the kernel's taps, the first of the three; those outside of the kernel are zero */
  gint64 pad;
} Taps;

typedef struct
{
  guint32 parts; /* pictures of every parts-th row and column: parts * parts */
  Taps y, x;
  guint32 quads;        /* fours of channels in one of them */
  guint32 each, groups; /* outputs of a lane */
  guint32 down, across; /* tiles of an image, or of the rows at hand */
  guint32 images, most; /* at once, and rows of tiles */
} Plan;

/* Texels from a point to the next: an odd number of cache lines, so that what a tile writes at all points does not fall on the same few. */
static gsize
stride_of (gsize texels)
{
  return ((texels + 3) / 4 | 1) * 4;
}

static Taps
taps_of (guint32 stride, guint32 side, gint64 pad)
{
  const gint32 odd = (gint32) (pad & 1);

  return stride == 1 ? (Taps){ (gint32) side - 3, pad + 3 - side } : (Taps){ -odd, (pad + odd) / 2 };
}

static guint32
each_of (guint32 outputs)
{
  return (outputs - 1) % 16 >= 8 ? 16 : 8;
}

static Plan
plan_of (const CncVkWalk *walk)
{
  Plan p = {
    .parts = walk->stride,
    .y = taps_of (walk->stride, walk->kh, walk->up),
    .x = taps_of (walk->stride, walk->kw, walk->left),
    .quads = (walk->ci + 3) / 4,
    .each = each_of (walk->co),
    .down = (walk->ho + TILE - 1) / TILE,
    .across = (walk->wo + TILE - 1) / TILE,
  };

  p.groups = (walk->co + p.each - 1) / p.each;
  return p;
}

static guint32
sums_of (const Plan *p)
{
  return p->parts * p->parts * p->quads;
}

/* Cuts the work into pieces whose parts each fit into the view of a buffer; FALSE if they cannot. */
static gboolean
cut (const CncVulkan *vk, const CncVkWalk *walk, Plan *p)
{
  const gsize limit = cnc_vk_texel_limit (vk), packed = MIN (limit, CNC_VK_MAX_PACKED), a_row = (gsize) p->quads * (TILE * p->across + 2);
  const gsize a_tile = POINTS * (gsize) MAX (sums_of (p), p->each / 4 * p->groups),
              all = (MIN (limit, TEXELS) - MIN (limit, 8 * POINTS)) / a_tile;
  const gsize tiles = all - MIN (all, 3); /* a gradient's are counted in fours */

  p->most = (guint32) MIN (p->down, tiles / p->across);
  while (p->most > 0 && (TILE * p->most + 2) * a_row > packed)
    p->most /= 2;
  if (p->most == 0)
    return FALSE;
  p->images = p->most < p->down
                  ? 1
                  : (guint32) CLAMP (MIN (tiles / ((gsize) p->down * p->across), packed / ((TILE * p->down + 2) * a_row)), 1, walk->n);
  return TRUE;
}

gboolean
cnc_vk_winograd_takes (const CncVulkan *vk, const CncVkWalk *walk)
{
  const gsize limit = MIN (cnc_vk_texel_limit (vk), CNC_VK_MAX_PACKED);
  Plan p;

  if (!vk->software || !vk->shuffle || walk->half || walk->dilation != 1 || walk->spread != 1 || walk->stride > 2
      || walk->co < LEAST_OUTPUTS)
    return FALSE;
  p = plan_of (walk);
  if (walk->stride == 1 ? walk->kh > 3 || walk->kw > 3 || walk->kh * walk->kw < 4
                        : walk->up < 0 || walk->left < 0 || walk->kh - p.y.from > 6 || walk->kw - p.x.from > 6 || walk->kh * walk->kw < 16)
    return FALSE;
  return p.quads >= LEAST_SUMS && (gsize) walk->n * p.down * p.across >= LEAST_TILES
         && 2 * (gsize) p.down * p.across * TILE * TILE <= 3 * (gsize) walk->ho * walk->wo
         && 4 * POINTS * (gsize) sums_of (&p) * p.each * p.groups <= limit && cut (vk, walk, &p);
}

gboolean
cnc_vk_winograd_share (const CncVkWalk *walks, guint n)
{
  const Plan p = plan_of (walks);

  for (guint i = 1; i < n; i++)
    {
      const Plan other = plan_of (&walks[i]);

      if (n > 4 || walks[i].kh > 3 || walks[i].kw > 3 || other.y.pad != p.y.pad || other.x.pad != p.x.pad || walks[i].ho > walks->ho
          || walks[i].wo > walks->wo)
        return FALSE;
    }
  return TRUE;
}

/* One of the pictures of every second row and column, from image and row of tiles on, packed. */
static gboolean
pack_part (CncVulkan *vk, const CncVkWalk *walk, const Plan *p, guint32 part, guint32 image, guint32 row, guint32 images, guint32 down,
           GError **error)
{
  const guint32 y = part / p->parts, x = part % p->parts;
  const CncVkPiece piece = { image, images, 0, 0, 0, p->quads, TILE * down + 2, TILE * p->across + 2 };
  CncVkView view = walk->x;

  view.first += y * view.by_y + x * view.by_x;
  view.by_y *= p->parts;
  view.by_x *= p->parts;
  return cnc_vk_pack (vk, CNC_SCRATCH_X, &view, &piece, walk->ci, (walk->hi - MIN (y, walk->hi) + p->parts - 1) / p->parts,
                      (walk->wi - MIN (x, walk->wi) + p->parts - 1) / p->parts, (gint64) TILE * row - p->y.pad, -p->x.pad, 1, FALSE, error);
}

/* What is packed in CNC_SCRATCH_X.  each: 0 for the sums of a convolution; else what stands side by side in a gradient's. */
static gboolean
transform (CncVulkan *vk, CncVkScratch where, const Plan *p, guint32 side, guint32 images, guint32 down, guint32 quads, guint32 padded,
           guint32 quad, guint32 sums, guint32 each, guint32 groups, GError **error)
{
  const gsize tiles = (gsize) images * down * p->across, all = each > 0 ? (tiles + 3) / 4 * 4 : tiles;
  const gsize point = stride_of (each > 0 ? all / 4 * each * groups : all * sums);
  const CncVkCall call = {
    .shader = CNC_SHADER_WINOGRAD_IN,
    .constants = { side, each > 0 ? 1 : 0 },
    .buffers = { cnc_vk_scratch (vk, CNC_SCRATCH_X, 0, error), NULL, cnc_vk_scratch (vk, where, 4 * POINTS * point, error) },
    .writes = 1u << 2,
    .push = { images, quads, TILE * down + side - TILE, TILE * p->across + side - TILE, down, p->across, quad, sums, each, groups,
              (guint32) point },
    .groups_x = cnc_vk_groups (all),
    .groups_y = padded,
    .work = CNC_VK_OP_LANES * 2000.0,
  };

  return call.buffers[2] != NULL && cnc_vk_call (vk, &call, error);
}

static gboolean
transform_weights (CncVulkan *vk, const CncVkWalk *walk, const Plan *p, guint32 part, gsize first, GError **error)
{
  const CncVkView *w = &walk->weight;
  const CncVkCall call = {
    .shader = CNC_SHADER_WINOGRAD_WEIGHTS,
    .constants = { p->each },
    .buffers = { w->buffer, NULL, cnc_vk_scratch (vk, CNC_SCRATCH_FACTORS, 0, error) },
    .writes = 1u << 2,
    .push = { w->first, w->by_n, w->by_c, w->by_y, w->by_x, walk->co, walk->ci, walk->kh, walk->kw,
              (guint32) (p->y.from + (gint32) (part / p->parts)), (guint32) (p->x.from + (gint32) (part % p->parts)), p->parts, p->quads,
              part * p->quads, sums_of (p), (guint32) stride_of ((gsize) sums_of (p) * p->each * p->groups), (guint32) first },
    .groups_x = cnc_vk_groups (p->quads * p->each),
    .groups_y = p->groups,
    .work = CNC_VK_OP_LANES * 2000.0,
  };

  return cnc_vk_call (vk, &call, error);
}

static gsize
products_point (const Plan *p, guint32 columns)
{
  return stride_of ((gsize) (p->each / 4) * p->groups * columns);
}

static gboolean
multiply (CncVulkan *vk, const Plan *p, guint32 columns, guint32 sums, gsize weights_first, GError **error)
{
  const guint32 eights = (columns + 7) / 8;
  const gsize point = products_point (p, columns);
  guint32 rows = 1, lanes;

  /* Of the shapes that waste least, the tallest: what a lane fetches of the weights serves all its rows. */
  for (guint32 r = 2; r <= 8; r++)
    if ((eights + r - 1) / r * r * 16 <= (eights + rows - 1) / rows * rows * 17)
      rows = r;
  lanes = 8 * MIN ((eights + rows - 1) / rows, 8);
  {
    const CncVkCall call = {
      .shader = CNC_SHADER_WINOGRAD_PRODUCT,
      .lanes = lanes,
      .constants = { rows, p->each },
      .buffers = { cnc_vk_scratch (vk, CNC_SCRATCH_TILES, 0, error), cnc_vk_scratch (vk, CNC_SCRATCH_FACTORS, 0, error),
                   cnc_vk_scratch (vk, CNC_SCRATCH_PRODUCTS, 4 * POINTS * point, error) },
      .writes = 1u << 2,
      .push = { columns, sums, p->groups, (guint32) weights_first, (guint32) stride_of ((gsize) sums * columns),
                (guint32) stride_of ((gsize) p->groups * sums * p->each), (guint32) point },
      .groups_x = (columns + lanes * rows - 1) / (lanes * rows),
      .groups_y = POINTS * p->groups,
      .work = 8.0 * lanes * rows * p->each * sums,
    };

    return call.buffers[2] != NULL && cnc_vk_call (vk, &call, error);
  }
}

static gboolean
finish_tiles (CncVulkan *vk, const CncVkWalk *walk, const Plan *p, guint32 image, guint32 row, guint32 images, guint32 down, GError **error)
{
  const guint32 moved = image * walk->y.by_n + TILE * row * walk->y.by_y, tiles = images * down * p->across;
  const CncTensor *bias = walk->bias, *residual = walk->residual;
  CncVkCall call = {
    .shader = CNC_SHADER_WINOGRAD_OUT,
    .constants = { TILE, walk->activation | (residual != NULL ? 8 : 0) | (walk->accumulate ? 16 : 0) | (bias != NULL ? 32 : 0) },
    .buffers = { cnc_vk_scratch (vk, CNC_SCRATCH_PRODUCTS, 0, error), bias != NULL ? cnc_vk_tensor_buffer (bias) : NULL, walk->y.buffer,
                 residual != NULL ? cnc_vk_tensor_buffer (residual) : NULL },
    .writes = 1u << 2,
    .push
    = { images, down, p->across, (guint32) products_point (p, tiles), tiles, 0, walk->co, 0, 0, walk->ho - MIN (walk->ho, TILE * row),
        walk->wo, walk->y.first + moved, walk->y.by_n, walk->y.by_c, walk->y.by_y, walk->y.by_x,
        residual != NULL ? (guint32) residual->offset + moved : 0, bias != NULL ? (guint32) bias->offset : 0, cnc_vk_bits (walk->slope) },
    .groups_x = cnc_vk_groups (tiles),
    .groups_y = (walk->co + 3) / 4,
    .work = CNC_VK_OP_LANES * 1500.0,
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_winograd (CncVulkan *vk, const CncVkWalk *walks, guint n, GError **error)
{
  Plan p = plan_of (walks);
  const guint32 parts = p.parts * p.parts;
  const gsize factors = POINTS * stride_of ((gsize) sums_of (&p) * p.each * p.groups); /* texels, of one walk */

  if (!cut (vk, walks, &p) || cnc_vk_scratch (vk, CNC_SCRATCH_FACTORS, 4 * factors * n, error) == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      const Plan own = plan_of (&walks[i]);

      for (guint32 part = 0; part < parts; part++)
        if (!transform_weights (vk, &walks[i], &own, part, 4 * factors * i, error))
          return FALSE;
    }
  for (guint32 image = 0; image < walks->n; image += p.images)
    for (guint32 row = 0; row < p.down; row += p.most)
      {
        const guint32 images = MIN (p.images, walks->n - image), down = MIN (p.most, p.down - row);

        for (guint32 part = 0; part < parts; part++)
          if (!pack_part (vk, walks, &p, part, image, row, images, down, error)
              || !transform (vk, CNC_SCRATCH_TILES, &p, 6, images, down, p.quads, p.quads, part * p.quads, sums_of (&p), 0, 0, error))
            return FALSE;
        for (guint i = 0; i < n; i++)
          if (!multiply (vk, &p, images * down * p.across, sums_of (&p), factors * i, error)
              || !finish_tiles (vk, &walks[i], &p, image, row, images, down, error))
            return FALSE;
      }
  return TRUE;
}

/* ---- the weights' gradient ---- */

/* The taps of one of the pictures: its gradient stands in the products from column on. */
static gboolean
finish_taps (CncVulkan *vk, const CncVkWalk *walk, const Plan *p, guint32 part, gboolean there, GError **error)
{
  const gint32 y = p->y.from + (gint32) (part / p->parts), x = p->x.from + (gint32) (part % p->parts), step = (gint32) p->parts;
  const guint32 skip_y = y < 0 ? (guint32) ((step - 1 - y) / step) : 0, skip_x = x < 0 ? (guint32) ((step - 1 - x) / step) : 0;
  const CncVkView *w = &walk->weight;
  const CncVkCall call = {
    .shader = CNC_SHADER_WINOGRAD_OUT,
    .constants = { 3, there ? 16 : 0 },
    .buffers = { cnc_vk_scratch (vk, CNC_SCRATCH_PRODUCTS, 0, error), NULL, w->buffer },
    .writes = 1u << 2,
    .push = { walk->ci, 1, 1, (guint32) products_point (p, 4 * sums_of (p)), 4 * sums_of (p), 4 * p->quads * part, walk->co, skip_y, skip_x,
              (guint32) MAX (((gint32) walk->kh - y + step - 1) / step, 0), (guint32) MAX (((gint32) walk->kw - x + step - 1) / step, 0),
              w->first + (guint32) y * w->by_y + (guint32) x * w->by_x, w->by_c, w->by_n, p->parts * w->by_y, p->parts * w->by_x },
    .groups_x = cnc_vk_groups (walk->ci),
    .groups_y = (walk->co + 3) / 4,
    .work = CNC_VK_OP_LANES * 1500.0,
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_winograd_weights (CncVulkan *vk, const CncVkWalk *walk, const CncVkView *dy, GError **error)
{
  Plan p = plan_of (walk);
  const guint32 parts = p.parts * p.parts, outputs = (walk->co + 3) / 4;

  if (!cut (vk, walk, &p))
    return FALSE;
  for (guint32 image = 0; image < walk->n; image += p.images)
    for (guint32 row = 0; row < p.down; row += p.most)
      {
        const guint32 images = MIN (p.images, walk->n - image), down = MIN (p.most, p.down - row), tiles = images * down * p.across;
        const CncVkPiece piece = { image, images, 0, 0, 0, outputs, TILE * down, TILE * p.across };

        for (guint32 part = 0; part < parts; part++)
          if (!pack_part (vk, walk, &p, part, image, row, images, down, error)
              || !transform (vk, CNC_SCRATCH_TILES, &p, 6, images, down, p.quads, p.quads, part * p.quads, 0, 4 * sums_of (&p), 1, error))
            return FALSE;
        if (!cnc_vk_pack (vk, CNC_SCRATCH_X, dy, &piece, walk->co, walk->ho, walk->wo, (gint64) TILE * row, 0, 1, FALSE, error)
            || !transform (vk, CNC_SCRATCH_FACTORS, &p, TILE, images, down, outputs, p.each / 4 * p.groups, 0, 0, p.each, p.groups, error)
            || !multiply (vk, &p, 4 * sums_of (&p), (tiles + 3) / 4, 0, error))
          return FALSE;
        for (guint32 part = 0; part < parts; part++)
          if (!finish_taps (vk, walk, &p, part, walk->accumulate || image + row > 0, error))
            return FALSE;
      }
  return TRUE;
}
