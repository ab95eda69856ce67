/* core/vulkan/vk-walk.h: convolutions of strided tensors, however they are walked; for core/vulkan/vk-ops-*.c alone. */
#pragma once

#include "vulkan/vk-ops.h"

G_BEGIN_DECLS

#define CNC_VK_MAX_PACKED ((gsize) 1 << 22) /* texels of a packed picture: 64 MiB */

/* A tensor of four directions, whose distances are counted modulo 2^32. */
typedef struct
{
  CncVkBuffer *buffer;
  guint32 first, by_n, by_c, by_y, by_x;
} CncVkView;

typedef struct
{
  CncVkView x, weight, y; /* of the weights: by_n output channels, by_c input channels */
  guint32 n, ci, hi, wi, co, ho, wo, kh, kw, stride, dilation;
  gint64 up, left; /* padding; may be negative */
  guint32 spread;  /* zeros between the pixels of x: 1 for none */
  const CncTensor *bias, *residual;
  gboolean accumulate;
  gboolean half; /* x is rounded to half precision */
  CncActivation activation;
  float slope;
} CncVkWalk;

/* A piece of x, packed: rows of the output from row on, of images from image on, of channels from 4 quad on; its own height and width. */
typedef struct
{
  guint32 image, images, row, rows, quad, quads, height, width;
} CncVkPiece;

/* vk-ops-conv.c: a piece of x in the layout of shaders/pack.comp; up, left: where it begins. */
gboolean cnc_vk_pack (CncVulkan *vk, CncVkScratch where, const CncVkView *x, const CncVkPiece *p, guint32 channels, guint32 height,
                      guint32 width, gint64 up, gint64 left, guint32 spread, gboolean half, GError **error);

/* vk-ops-winograd.c: kernels of at most 3 x 3 with stride 1, of 5 x 5 with stride 2, without dilation, where the device gains by it.
 * Of a gradient of weights, walk->weight is where it goes, and the bias, residual and activation are none. */
gboolean cnc_vk_winograd_takes (const CncVulkan *vk, const CncVkWalk *walk);
/* Whether walks of the same x see the same tiles; the first of them is the largest. */
gboolean cnc_vk_winograd_share (const CncVkWalk *walks, guint n);
/* walks: at most four, and those see the same tiles. */
gboolean cnc_vk_winograd (CncVulkan *vk, const CncVkWalk *walks, guint n, GError **error);
gboolean cnc_vk_winograd_weights (CncVulkan *vk, const CncVkWalk *walk, const CncVkView *dy, GError **error);

G_END_DECLS
