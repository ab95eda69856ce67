/* core/vulkan/vk-ops-norm.c: batch normalisation and sums of channels, as sequences of small steps over shaders/norm.comp and
 * shaders/sum.comp. */
#include "vulkan/vk-ops.h"

#define EACH 4096u /* numbers of a channel that a workgroup adds up */

/* in the order of shaders/norm.comp */
enum
{
  SUMS,
  SQUARES,
  GRADIENTS,
  APPLY,
  APPLY_BACKWARD,
  TRACK,
};

/* vectors of one number a channel in the scratch buffer, likewise */
enum
{
  GAMMA,
  BETA,
  MEAN,
  INVERSE,
  SUM_DY,
  SUM_DY_Z,
  VECTORS,
};

typedef struct
{
  const CncTensor *x, *dy;
  CncShape shape;
  guint32 chunks;
  CncVkBuffer *vectors, *sums;
} Norm;

static gboolean
norm_init (CncVulkan *vk, Norm *n, const CncTensor *x, const CncTensor *dy, GError **error)
{
  *n = (Norm){ .x = x, .dy = dy, .shape = x->shape };
  n->chunks = (guint32) (((gsize) n->shape.n * n->shape.h * n->shape.w + EACH - 1) / EACH);
  n->vectors = cnc_vk_scratch (vk, CNC_SCRATCH_Y, (gsize) VECTORS * n->shape.c, error);
  n->sums = n->vectors != NULL ? cnc_vk_scratch (vk, CNC_SCRATCH_SUMS, (gsize) 2 * n->shape.c * n->chunks, error) : NULL;
  return n->sums != NULL;
}

static gboolean
step (CncVulkan *vk, const Norm *n, guint32 kind, CncVkBuffer *to, gsize first, gboolean accumulate, GError **error)
{
  const CncTensor *dy = n->dy != NULL ? n->dy : n->x;
  const CncVkCall call = {
    .shader = CNC_SHADER_NORM,
    .constants = { kind, accumulate ? 1 : 0 },
    .buffers = { cnc_vk_tensor_buffer (n->x), cnc_vk_tensor_buffer (dy), to, n->vectors },
    .writes = 1u << 2 | 1u << 3, /* one step of the shader writes there */
    .push = { (guint32) n->x->offset, (guint32) dy->offset, (guint32) first, 0, n->shape.n, n->shape.c, n->shape.h * n->shape.w, EACH,
              n->chunks },
    .groups_x = n->chunks,
    .groups_y = n->shape.c,
    .work = EACH * 16.0,
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_sum_rows (CncVulkan *vk, CncVkBuffer *sums, guint32 first_row, guint32 rows, guint32 count, CncVkBuffer *to, gsize first,
                 double scale, float offset, guint32 function, gboolean accumulate, GError **error)
{
  const CncVkCall call = {
    .shader = CNC_SHADER_SUM,
    .constants = { accumulate ? 1 : 0, function },
    .buffers = { sums, NULL, to },
    .writes = 1u << 2,
    .push = { first_row * count, (guint32) first, count, cnc_vk_bits ((float) scale), cnc_vk_bits (offset) },
    .groups_x = rows,
    .groups_y = 1,
    .work = 4.0 * count + 256,
  };

  return cnc_vk_call (vk, &call, error);
}

/* A vector among the tensors from or to its place. */
static gboolean
keep (CncVulkan *vk, const Norm *n, guint32 which, const CncTensor *from, GError **error)
{
  return cnc_vk_copy (vk, n->vectors, (gsize) which * n->shape.c, cnc_vk_tensor_buffer (from), from->offset, n->shape.c, error);
}

static gboolean
give (CncVulkan *vk, const Norm *n, guint32 which, const CncTensor *to, gboolean accumulate, GError **error)
{
  return cnc_vk_move (vk, n->vectors, (gsize) which * n->shape.c, to, accumulate, error);
}

gboolean
cnc_vk_op_batch_norm (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 c = in[0].shape.c;
  const double count = (double) in[0].shape.n * in[0].shape.h * in[0].shape.w;
  Norm n;

  return norm_init (vk, &n, &in[0], NULL, error) && keep (vk, &n, GAMMA, &in[1], error) && keep (vk, &n, BETA, &in[2], error)
         && step (vk, &n, SUMS, n.sums, 0, FALSE, error)
         && cnc_vk_sum_rows (vk, n.sums, 0, c, n.chunks, n.vectors, MEAN * c, 1 / count, 0, 0, FALSE, error)
         && step (vk, &n, SQUARES, n.sums, 0, FALSE, error)
         && cnc_vk_sum_rows (vk, n.sums, 0, c, n.chunks, n.vectors, INVERSE * c, 1 / count, op->epsilon, 1, FALSE, error)
         && step (vk, &n, APPLY, cnc_vk_tensor_buffer (&out[0]), out[0].offset, FALSE, error) && give (vk, &n, MEAN, &out[1], FALSE, error)
         && give (vk, &n, INVERSE, &out[2], FALSE, error);
}

gboolean
cnc_vk_op_batch_norm_backward (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
                               GError **error)
{
  const guint32 c = in[0].shape.c;
  Norm n;

  return norm_init (vk, &n, &in[0], &in[1], error) && keep (vk, &n, GAMMA, &in[2], error) && keep (vk, &n, MEAN, &in[3], error)
         && keep (vk, &n, INVERSE, &in[4], error) && step (vk, &n, GRADIENTS, n.sums, 0, FALSE, error)
         && cnc_vk_sum_rows (vk, n.sums, 0, 2 * c, n.chunks, n.vectors, SUM_DY * c, 1, 0, 0, FALSE, error)
         && step (vk, &n, APPLY_BACKWARD, cnc_vk_tensor_buffer (&out[0]), out[0].offset, op->accumulate, error)
         && give (vk, &n, SUM_DY_Z, &out[1], op->accumulate, error) && give (vk, &n, SUM_DY, &out[2], op->accumulate, error);
}

gboolean
cnc_vk_op_batch_norm_track (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
                            GError **error)
{
  const CncVkCall call = {
    .shader = CNC_SHADER_NORM,
    .constants = { TRACK },
    .buffers
    = { cnc_vk_tensor_buffer (&in[0]), cnc_vk_tensor_buffer (&in[1]), cnc_vk_tensor_buffer (&out[0]), cnc_vk_tensor_buffer (&out[1]) },
    .writes = 1u << 2 | 1u << 3,
    .push = { (guint32) in[0].offset, (guint32) in[1].offset, (guint32) out[0].offset, (guint32) out[1].offset, 1, in[0].shape.c, 1, 1, 1,
              cnc_vk_bits (op->epsilon), cnc_vk_bits (op->shift), cnc_vk_bits (op->scale / (op->scale - 1)) },
    .groups_x = cnc_vk_groups (in[0].shape.c),
    .groups_y = 1,
    .work = CNC_VK_OP_LANES * 16.0,
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_op_channel_sum (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Norm n;

  return norm_init (vk, &n, &in[0], NULL, error) && step (vk, &n, SUMS, n.sums, 0, FALSE, error)
         && cnc_vk_sum_rows (vk, n.sums, 0, n.shape.c, n.chunks, cnc_vk_tensor_buffer (&out[0]), out[0].offset, 1, 0, 0, op->accumulate,
                             error);
}
