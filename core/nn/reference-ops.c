/* core/nn/reference-ops.c: which function is which operation. */
#include "nn/reference.h"

gboolean
cnc_reference_op (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  static CncReferenceFunc *const functions[CNC_OP_COUNT] = {
    [CNC_OP_CONV2D] = cnc_reference_conv2d,
    [CNC_OP_CONV2D_BACKWARD_DATA] = cnc_reference_conv2d_backward_data,
    [CNC_OP_CONV2D_BACKWARD_WEIGHT] = cnc_reference_conv2d_backward_weight,
    [CNC_OP_CONV_TRANSPOSE2D] = cnc_reference_conv2d_backward_data,
    [CNC_OP_CHANNEL_SUM] = cnc_reference_channel_sum,
    [CNC_OP_DENSE] = cnc_reference_dense,
    [CNC_OP_DENSE_BACKWARD_DATA] = cnc_reference_dense_backward_data,
    [CNC_OP_DENSE_BACKWARD_WEIGHT] = cnc_reference_dense_backward_weight,
    [CNC_OP_ACTIVATION] = cnc_reference_elementwise,
    [CNC_OP_ACTIVATION_BACKWARD] = cnc_reference_elementwise,
    [CNC_OP_MAX_POOL] = cnc_reference_pool,
    [CNC_OP_MAX_POOL_BACKWARD] = cnc_reference_pool,
    [CNC_OP_AVERAGE_POOL] = cnc_reference_pool,
    [CNC_OP_AVERAGE_POOL_BACKWARD] = cnc_reference_pool,
    [CNC_OP_UPSAMPLE_NEAREST] = cnc_reference_upsample_nearest,
    [CNC_OP_UPSAMPLE_NEAREST_BACKWARD] = cnc_reference_upsample_nearest,
    [CNC_OP_UPSAMPLE_BILINEAR] = cnc_reference_upsample_bilinear,
    [CNC_OP_UPSAMPLE_BILINEAR_BACKWARD] = cnc_reference_upsample_bilinear,
    [CNC_OP_PIXEL_SHUFFLE] = cnc_reference_shuffle,
    [CNC_OP_PIXEL_UNSHUFFLE] = cnc_reference_shuffle,
    [CNC_OP_CONCAT] = cnc_reference_concat,
    [CNC_OP_SPLIT] = cnc_reference_split,
    [CNC_OP_ADD] = cnc_reference_elementwise,
    [CNC_OP_AFFINE] = cnc_reference_elementwise,
    [CNC_OP_SUBTRACT] = cnc_reference_elementwise,
    [CNC_OP_MULTIPLY] = cnc_reference_elementwise,
    [CNC_OP_FILL] = cnc_reference_elementwise,
    [CNC_OP_BATCH_NORM] = cnc_reference_batch_norm,
    [CNC_OP_BATCH_NORM_BACKWARD] = cnc_reference_batch_norm_backward,
    [CNC_OP_BATCH_NORM_TRACK] = cnc_reference_batch_norm_track,
    [CNC_OP_DROPOUT] = cnc_reference_elementwise,
    [CNC_OP_NOISE] = cnc_reference_elementwise,
    [CNC_OP_ROUND8] = cnc_reference_elementwise,
    [CNC_OP_ROUND] = cnc_reference_elementwise,
    [CNC_OP_WRAP] = cnc_reference_elementwise,
    [CNC_OP_CLAMP] = cnc_reference_elementwise,
    [CNC_OP_CLAMP_BACKWARD] = cnc_reference_elementwise,
    [CNC_OP_JPEG] = cnc_reference_jpeg,
    [CNC_OP_JPEG_BACKWARD] = cnc_reference_jpeg_backward,
    [CNC_OP_BLUR] = cnc_reference_blur,
    [CNC_OP_BLUR_BACKWARD] = cnc_reference_blur,
    [CNC_OP_MSE] = cnc_reference_loss,
    [CNC_OP_L1] = cnc_reference_loss,
    [CNC_OP_BCE] = cnc_reference_loss,
    [CNC_OP_SSIM] = cnc_reference_ssim,
    [CNC_OP_RATE] = cnc_reference_rate,
    [CNC_OP_SQUARED_SUM] = cnc_reference_squared_sum,
    [CNC_OP_ADAM] = cnc_reference_adam,
  };

  return functions[op->kind](op, in, n_in, out, n_out, error);
}
