/* core/vulkan/vk-ops.h: running the shaders of networks; for core/vulkan/vk-ops*.c alone. */
#pragma once

#include "nn/geometry.h"
#include "vulkan/vk.h"

G_BEGIN_DECLS

#define CNC_VK_OP_PUSH 30u     /* push constants of a shader, behind the two that say where a part of a dispatch begins */
#define CNC_VK_OP_CONSTANTS 9u /* specialization constants, behind the number of lanes */
#define CNC_VK_OP_LANES 64u

typedef enum
{
  CNC_SHADER_ADAM,
  CNC_SHADER_BLUR,
  CNC_SHADER_CONV,
  CNC_SHADER_CONV_SHUFFLE,
  CNC_SHADER_CONV_WEIGHTS,
  CNC_SHADER_ELEMENTWISE,
  CNC_SHADER_JPEG,
  CNC_SHADER_LOSS,
  CNC_SHADER_NORM,
  CNC_SHADER_PACK,
  CNC_SHADER_PACK_WEIGHTS,
  CNC_SHADER_POOL,
  CNC_SHADER_RATE,
  CNC_SHADER_RESAMPLE,
  CNC_SHADER_SSIM,
  CNC_SHADER_SUM,
  CNC_SHADER_WINOGRAD_IN,
  CNC_SHADER_WINOGRAD_OUT,
  CNC_SHADER_WINOGRAD_PRODUCT,
  CNC_SHADER_WINOGRAD_WEIGHTS,
  CNC_SHADERS,
} CncVkShader;

/* Buffers of the backend's own, which grow as needed; an operation may use all of them. */
typedef enum
{
  CNC_SCRATCH_X, /* pictures in another layout */
  CNC_SCRATCH_Y,
  CNC_SCRATCH_WEIGHTS, /* seen as a uniform buffer */
  CNC_SCRATCH_SUMS,
  CNC_SCRATCH_TILES, /* of Winograd's convolution */
  CNC_SCRATCH_FACTORS,
  CNC_SCRATCH_PRODUCTS,
  CNC_SCRATCHES,
} CncVkScratch;

/* One dispatch, of any size: it is cut into parts short enough for submissions. */
typedef struct
{
  CncVkShader shader;
  guint32 lanes; /* of a workgroup; 0: CNC_VK_OP_LANES */
  guint32 constants[CNC_VK_OP_CONSTANTS];
  CncVkBuffer *buffers[CNC_VK_SETS]; /* NULL: the shader does not look there; the third is the result and always there */
  guint writes;                      /* bit i: buffer i is written (and read) */
  guint32 push[CNC_VK_OP_PUSH];
  guint32 groups_x, groups_y;
  double work; /* of one workgroup, in arithmetic operations */
  /* If uniform_step is not 0, buffer 1 is seen as a uniform buffer, from uniform_step bytes times the workgroup's y on; groups of one y are
   * dispatched at a time then. */
  guint32 uniform_step;
} CncVkCall;

gboolean cnc_vk_call (CncVulkan *vk, const CncVkCall *call, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* At least that large; contents undefined.  NULL with GPU_MEMORY. */
CncVkBuffer *cnc_vk_scratch (CncVulkan *vk, CncVkScratch which, gsize floats, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many vec4 the uniform view of the weights shows. */
guint32 cnc_vk_uniform_quads (const CncVulkan *vk);

/* Adds count floats from one place to another, or replaces them; for what a shader left in a scratch buffer. */
gboolean cnc_vk_move (CncVulkan *vk, CncVkBuffer *from, gsize from_first, const CncTensor *to, gboolean accumulate,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* to[first + row] = f (scale * sum of the row + offset) of rows of count numbers, from row first_row on; f: 0 itself, 1 one by its square
 * root. */
gboolean cnc_vk_sum_rows (CncVulkan *vk, CncVkBuffer *sums, guint32 first_row, guint32 rows, guint32 count, CncVkBuffer *to, gsize first,
                          double scale, float offset, guint32 function, gboolean accumulate, GError **error) G_GNUC_WARN_UNUSED_RESULT;

static inline CncVkBuffer *
cnc_vk_tensor_buffer (const CncTensor *tensor)
{
  return (CncVkBuffer *) tensor->buffer;
}

static inline guint32
cnc_vk_bits (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static inline guint32
cnc_vk_groups (gsize count)
{
  return (guint32) ((count + CNC_VK_OP_LANES - 1) / CNC_VK_OP_LANES);
}

typedef gboolean CncVkOpFunc (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
                              GError **error);

CncVkOpFunc cnc_vk_op_elementwise, cnc_vk_op_concat, cnc_vk_op_split, cnc_vk_op_slice, cnc_vk_op_adam;             /* vk-ops-elementwise.c */
CncVkOpFunc cnc_vk_op_convolve, cnc_vk_op_conv_weights, cnc_vk_op_dense, cnc_vk_op_dense_weights; /* vk-ops-conv.c */
CncVkOpFunc cnc_vk_op_pool, cnc_vk_op_resample;                                                   /* vk-ops-layout.c */
CncVkOpFunc cnc_vk_op_batch_norm, cnc_vk_op_batch_norm_backward, cnc_vk_op_batch_norm_track, cnc_vk_op_channel_sum; /* vk-ops-norm.c */
CncVkOpFunc cnc_vk_op_jpeg, cnc_vk_op_blur;                                                                        /* vk-ops-attacks.c */
CncVkOpFunc cnc_vk_op_loss, cnc_vk_op_rate, cnc_vk_op_ssim;                                                         /* vk-ops-loss.c */

/* vk-ops.c: the entry of the backend table. */
gboolean cnc_vk_op (CncBackend *backend, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
                    GError **error);

void cnc_vk_ops_release (CncVulkan *vk); /* frees the scratch buffers, before the last submission is waited for */
void cnc_vk_ops_clear (CncVulkan *vk);   /* after it is done, before the memory goes */

G_END_DECLS
