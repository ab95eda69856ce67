/* core/vulkan/vk-ops-layout.c: pools, up-sampling and pixel shuffles. */
#include "vulkan/vk-ops.h"

gboolean
cnc_vk_op_pool (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean maximum = op->kind == CNC_OP_MAX_POOL || op->kind == CNC_OP_MAX_POOL_BACKWARD;
  const gboolean backward = op->kind == CNC_OP_MAX_POOL_BACKWARD || op->kind == CNC_OP_AVERAGE_POOL_BACKWARD;
  const CncTensor *dy = backward ? &in[n_in - 1] : &in[0]; /* where there is none, anything */
  const CncShape *large = backward ? &out[0].shape : &in[0].shape, *small = backward ? &dy->shape : &out[0].shape;
  const guint32 count = (guint32) cnc_shape_count (&out[0].shape), window = op->kernel_h * op->kernel_w, stride = cnc_op_stride (op);
  const double seen = backward ? (double) window / (stride * stride) + 1 : 1; /* windows at a number of the result */
  const CncVkCall call = {
    .shader = CNC_SHADER_POOL,
    .constants = { (maximum ? 0 : 2) + (backward ? 1 : 0), op->accumulate ? 1 : 0 },
    .buffers = { cnc_vk_tensor_buffer (&in[0]), cnc_vk_tensor_buffer (dy), cnc_vk_tensor_buffer (&out[0]) },
    .writes = 1u << 2,
    .push = { (guint32) in[0].offset, (guint32) dy->offset, (guint32) out[0].offset, count, large->h, large->w, small->h, small->w,
              op->kernel_h, op->kernel_w, stride },
    .groups_x = cnc_vk_groups (count),
    .groups_y = 1,
    .work = CNC_VK_OP_LANES * (8.0 + 4.0 * seen * (backward && !maximum ? 1 : window)),
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_op_resample (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 kind = op->kind == CNC_OP_UPSAMPLE_NEAREST             ? 0
                       : op->kind == CNC_OP_UPSAMPLE_NEAREST_BACKWARD  ? 1
                       : op->kind == CNC_OP_UPSAMPLE_BILINEAR          ? 2
                       : op->kind == CNC_OP_UPSAMPLE_BILINEAR_BACKWARD ? 3
                       : op->kind == CNC_OP_PIXEL_SHUFFLE              ? 4
                                                                       : 5;
  const guint32 r = cnc_op_stride (op);
  const double work[] = { 8, 4.0 * r * r, 40, 240.0 * r * r, 12, 12 };
  const CncVkCall call = {
    .shader = CNC_SHADER_RESAMPLE,
    .constants = { kind, op->accumulate ? 1 : 0, r },
    .buffers = { cnc_vk_tensor_buffer (&in[0]), NULL, cnc_vk_tensor_buffer (&out[0]) },
    .writes = 1u << 2,
    .push = { (guint32) in[0].offset, (guint32) out[0].offset, out[0].shape.h, out[0].shape.w },
    .groups_x = cnc_vk_groups ((gsize) out[0].shape.h * out[0].shape.w),
    .groups_y = out[0].shape.n * out[0].shape.c,
    .work = CNC_VK_OP_LANES * work[kind],
  };

  return cnc_vk_call (vk, &call, error);
}
