/* core/nn/ops.c: names, costs and checks of the floating-point operations, see ops.h. */
#include "nn/check.h"
#include "nn/geometry.h"

#include "base/error.h"

#include <math.h>

static const char *const names[CNC_OP_COUNT] = {
  [CNC_OP_CONV2D] = "conv2d",
  [CNC_OP_CONV2D_BACKWARD_DATA] = "conv2d_backward_data",
  [CNC_OP_CONV2D_BACKWARD_WEIGHT] = "conv2d_backward_weight",
  [CNC_OP_CONV_TRANSPOSE2D] = "conv_transpose2d",
  [CNC_OP_CHANNEL_SUM] = "channel_sum",
  [CNC_OP_DENSE] = "dense",
  [CNC_OP_DENSE_BACKWARD_DATA] = "dense_backward_data",
  [CNC_OP_DENSE_BACKWARD_WEIGHT] = "dense_backward_weight",
  [CNC_OP_ACTIVATION] = "activation",
  [CNC_OP_ACTIVATION_BACKWARD] = "activation_backward",
  [CNC_OP_MAX_POOL] = "max_pool",
  [CNC_OP_MAX_POOL_BACKWARD] = "max_pool_backward",
  [CNC_OP_AVERAGE_POOL] = "average_pool",
  [CNC_OP_AVERAGE_POOL_BACKWARD] = "average_pool_backward",
  [CNC_OP_UPSAMPLE_NEAREST] = "upsample_nearest",
  [CNC_OP_UPSAMPLE_NEAREST_BACKWARD] = "upsample_nearest_backward",
  [CNC_OP_UPSAMPLE_BILINEAR] = "upsample_bilinear",
  [CNC_OP_UPSAMPLE_BILINEAR_BACKWARD] = "upsample_bilinear_backward",
  [CNC_OP_PIXEL_SHUFFLE] = "pixel_shuffle",
  [CNC_OP_PIXEL_UNSHUFFLE] = "pixel_unshuffle",
  [CNC_OP_CONCAT] = "concat",
  [CNC_OP_SPLIT] = "split",
  [CNC_OP_SLICE] = "slice",
  [CNC_OP_SLICE_BACKWARD] = "slice_backward",
  [CNC_OP_ADD] = "add",
  [CNC_OP_AFFINE] = "affine",
  [CNC_OP_SUBTRACT] = "subtract",
  [CNC_OP_MULTIPLY] = "multiply",
  [CNC_OP_FILL] = "fill",
  [CNC_OP_BATCH_NORM] = "batch_norm",
  [CNC_OP_BATCH_NORM_BACKWARD] = "batch_norm_backward",
  [CNC_OP_BATCH_NORM_TRACK] = "batch_norm_track",
  [CNC_OP_DROPOUT] = "dropout",
  [CNC_OP_NOISE] = "noise",
  [CNC_OP_ROUND8] = "round8",
  [CNC_OP_ROUND] = "round",
  [CNC_OP_WRAP] = "wrap",
  [CNC_OP_CLAMP] = "clamp",
  [CNC_OP_CLAMP_BACKWARD] = "clamp_backward",
  [CNC_OP_JPEG] = "jpeg",
  [CNC_OP_JPEG_BACKWARD] = "jpeg_backward",
  [CNC_OP_BLUR] = "blur",
  [CNC_OP_BLUR_BACKWARD] = "blur_backward",
  [CNC_OP_MSE] = "mse",
  [CNC_OP_L1] = "l1",
  [CNC_OP_BCE] = "bce",
  [CNC_OP_SSIM] = "ssim",
  [CNC_OP_RATE] = "rate",
  [CNC_OP_SQUARED_SUM] = "squared_sum",
  [CNC_OP_ADAM] = "adam",
};

guint32
cnc_blur_reach (const CncOp *op)
{
  return (guint32) ceilf (3 * op->scale);
}

gsize
cnc_shape_count (const CncShape *shape)
{
  const guint32 sides[] = { shape->n, shape->c, shape->h, shape->w };
  gsize count = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      if (sides[i] == 0 || sides[i] > CNC_TENSOR_MAX / count)
        return 0;
      count *= sides[i];
    }
  return count;
}

gsize
cnc_tensor_bytes (const CncTensor *tensor)
{
  return cnc_shape_count (&tensor->shape) * sizeof (float);
}

const char *
cnc_op_name (CncOpKind kind)
{
  return (guint) kind < CNC_OP_COUNT ? names[kind] : "unknown operation";
}

double
cnc_op_flops (const CncOp *op, const CncShape *in, guint n_in, const CncShape *out, guint n_out)
{
  const double results = n_out > 0 ? (double) cnc_shape_count (&out[0]) : 0;
  const double inputs = n_in > 0 ? (double) cnc_shape_count (&in[0]) : 0;

  switch (op->kind)
    {
    case CNC_OP_CONV2D: /* a product and a sum for each weight that an output sees */
      return 2 * results * in[1].c * in[1].h * in[1].w;
    case CNC_OP_CONV2D_BACKWARD_DATA:
    case CNC_OP_CONV_TRANSPOSE2D:
      return 2 * inputs * in[1].c * in[1].h * in[1].w;
    case CNC_OP_CONV2D_BACKWARD_WEIGHT:
      return 2 * (double) cnc_shape_count (&in[1]) * out[0].c * out[0].h * out[0].w;
    case CNC_OP_DENSE:
      return 2 * results * in[1].c;
    case CNC_OP_DENSE_BACKWARD_DATA:
      return 2 * inputs * in[1].c;
    case CNC_OP_DENSE_BACKWARD_WEIGHT:
      return 2 * results * in[0].n;
    case CNC_OP_MAX_POOL:
    case CNC_OP_AVERAGE_POOL:
      return results * op->kernel_h * op->kernel_w;
    case CNC_OP_MAX_POOL_BACKWARD:
      return (double) cnc_shape_count (&in[1]) * op->kernel_h * op->kernel_w;
    case CNC_OP_AVERAGE_POOL_BACKWARD:
      return inputs * op->kernel_h * op->kernel_w;
    case CNC_OP_UPSAMPLE_BILINEAR:
      return 8 * results;
    case CNC_OP_UPSAMPLE_BILINEAR_BACKWARD:
      return 8 * inputs;
    case CNC_OP_BATCH_NORM:
    case CNC_OP_BATCH_NORM_BACKWARD:
      return 8 * inputs;
    case CNC_OP_ADAM:
      return 12 * inputs;
    case CNC_OP_RATE:
      return 60 * inputs * n_out;
    case CNC_OP_SSIM: /* five maps, two passes of eleven taps; the gradient as much again */
      return 2 * 5 * 2 * 11 * inputs * n_out;
    case CNC_OP_JPEG: /* two passes of 8 products and sums, there and back, of one and a half of three planes */
      return 64 * inputs / 2;
    case CNC_OP_BLUR:
    case CNC_OP_BLUR_BACKWARD:
      return 2 * inputs * pow (2 * cnc_blur_reach (op) + 1, 2);
    case CNC_OP_NOISE:
    case CNC_OP_DROPOUT:
      return 12 * inputs;
    default:
      return MAX (results, inputs);
    }
}

/* Which operations add to their output, and which inputs their first output may be (bit i: input i). */
static gboolean
accumulates (CncOpKind kind)
{
  switch (kind)
    {
    case CNC_OP_ACTIVATION:
    case CNC_OP_MAX_POOL:
    case CNC_OP_AVERAGE_POOL:
    case CNC_OP_UPSAMPLE_NEAREST:
    case CNC_OP_UPSAMPLE_BILINEAR:
    case CNC_OP_ADD:
    case CNC_OP_SUBTRACT:
    case CNC_OP_FILL:
    case CNC_OP_BATCH_NORM:
    case CNC_OP_BATCH_NORM_TRACK:
    case CNC_OP_NOISE:
    case CNC_OP_ROUND8:
    case CNC_OP_ROUND:
    case CNC_OP_WRAP:
    case CNC_OP_CLAMP:
    case CNC_OP_JPEG:
    case CNC_OP_BLUR:
    case CNC_OP_ADAM:
      return FALSE;
    default:
      return TRUE;
    }
}

static guint
in_place (CncOpKind kind)
{
  switch (kind)
    {
    case CNC_OP_ACTIVATION:
    case CNC_OP_AFFINE:
    case CNC_OP_DROPOUT:
    case CNC_OP_NOISE:
    case CNC_OP_ROUND8:
    case CNC_OP_ROUND:
    case CNC_OP_WRAP:
    case CNC_OP_CLAMP:
      return 1u << 0;
    case CNC_OP_ACTIVATION_BACKWARD:
    case CNC_OP_CLAMP_BACKWARD:
      return 1u << 1;
    case CNC_OP_ADD:
    case CNC_OP_SUBTRACT:
    case CNC_OP_MULTIPLY:
      return 1u << 0 | 1u << 1;
    default:
      return 0;
    }
}

static gboolean
overlap (const CncTensor *a, const CncTensor *b)
{
  return a->buffer == b->buffer && a->offset < b->offset + cnc_shape_count (&b->shape)
         && b->offset < a->offset + cnc_shape_count (&a->shape);
}

static gboolean
is_same (const CncTensor *a, const CncTensor *b)
{
  return a->buffer == b->buffer && a->offset == b->offset;
}

static gboolean
check_places (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  static const guint adam[] = { 0, 2, 3 }; /* its outputs are these inputs */

  if (op->kind == CNC_OP_ADAM)
    {
      for (guint i = 0; i < n_out; i++)
        if (!is_same (&out[i], &in[adam[i]]))
          return cnc_op_bad (op, error, "it changes the parameter and the moments in place.");
      for (guint i = 0; i < n_in; i++)
        for (guint j = 0; j < i; j++)
          if (overlap (&in[i], &in[j]))
            return cnc_op_bad (op, error, "tensors overlap.");
      return TRUE;
    }
  for (guint i = 0; i < n_out; i++)
    {
      for (guint j = 0; j < i; j++)
        if (overlap (&out[i], &out[j]))
          return cnc_op_bad (op, error, "outputs overlap.");
      for (guint j = 0; j < n_in; j++)
        if (overlap (&out[i], &in[j]) && !(i == 0 && !op->accumulate && (in_place (op->kind) >> j & 1) != 0 && is_same (&out[i], &in[j])))
          return cnc_op_bad (op, error, "an output overlaps an input.");
    }
  return TRUE;
}

static gboolean
is_share (float value) /* in [0, 1); a NaN is not */
{
  return value >= 0 && value < 1;
}

static gboolean
check_parameters (const CncOp *op, GError **error)
{
  const guint windows[] = { op->kernel_h, op->kernel_w, op->stride, op->pad, op->dilation, op->output_pad };

  for (gsize i = 0; i < G_N_ELEMENTS (windows); i++)
    if (windows[i] > CNC_OP_MAX_WINDOW)
      return cnc_op_bad (op, error, "a kernel side, stride, padding or dilation is too large.");
  if ((guint) op->activation > CNC_ACTIVATION_TANH)
    return cnc_op_bad (op, error, "there is no such activation.");
  if (op->activation == CNC_ACTIVATION_LEAKY_RELU && !(op->slope > 0 && op->slope <= 1))
    return cnc_op_bad (op, error, "the slope of a leaky ReLU lies above 0 and is at most 1.");
  if (op->accumulate && (!accumulates (op->kind) || (op->activation != CNC_ACTIVATION_NONE && op->kind != CNC_OP_ACTIVATION_BACKWARD)))
    return cnc_op_bad (op, error, "its result cannot be added to what the output holds.");
  if (op->kind == CNC_OP_DROPOUT && !is_share (op->scale))
    return cnc_op_bad (op, error, "the probability lies in [0, 1).");
  if (op->kind == CNC_OP_NOISE && op->distribution > 1)
    return cnc_op_bad (op, error, "there is no such distribution.");
  if ((op->kind == CNC_OP_CLAMP || op->kind == CNC_OP_CLAMP_BACKWARD) && !(op->shift <= op->scale))
    return cnc_op_bad (op, error, "the lower bound lies above the upper one.");
  if ((op->kind == CNC_OP_BATCH_NORM || op->kind == CNC_OP_BATCH_NORM_TRACK) && !(op->epsilon > 0))
    return cnc_op_bad (op, error, "epsilon must be above 0.");
  if (op->kind == CNC_OP_BATCH_NORM_TRACK && !(op->scale >= 2))
    return cnc_op_bad (op, error, "a variance needs at least two values.");
  if ((op->kind == CNC_OP_JPEG || op->kind == CNC_OP_JPEG_BACKWARD)
      && !(op->shift >= 1 && op->shift <= op->scale && op->scale <= 100 && floorf (op->shift) == op->shift
           && floorf (op->scale) == op->scale))
    return cnc_op_bad (op, error, "qualities are whole numbers from 1 to 100, the lower one first.");
  if ((op->kind == CNC_OP_BLUR || op->kind == CNC_OP_BLUR_BACKWARD)
      && !(op->shift >= 0.05f && op->shift <= op->scale && op->scale <= CNC_BLUR_MAX))
    return cnc_op_bad (op, error, "standard deviations lie from 0.05 to 3, the lower one first.");
  if (op->kind == CNC_OP_ADAM && (op->step == 0 || !is_share (op->beta1) || !is_share (op->beta2) || !(op->epsilon >= 0)))
    return cnc_op_bad (op, error, "steps count from 1, and both betas lie in [0, 1).");
  return TRUE;
}

static gboolean
check_tensors (const CncOp *op, const CncTensor *tensors, guint count, CncShape *shapes, GError **error)
{
  for (guint i = 0; i < count; i++)
    {
      const gsize floats = cnc_shape_count (&tensors[i].shape);

      if (tensors[i].buffer == NULL || floats == 0)
        return cnc_op_bad (op, error, "a tensor is empty or too large.");
      if (tensors[i].offset > tensors[i].buffer->words || floats > tensors[i].buffer->words - tensors[i].offset)
        return cnc_op_bad (op, error, "a tensor reaches past the end of its buffer.");
      shapes[i] = tensors[i].shape;
    }
  return TRUE;
}

gboolean
cnc_op_run (CncBackend *backend, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  CncShape in_shapes[CNC_OP_MAX_TENSORS], out_shapes[CNC_OP_MAX_TENSORS];

  if (!cnc_op_check_counts (op, n_in, n_out, error) || !check_parameters (op, error) || !check_tensors (op, in, n_in, in_shapes, error)
      || !check_tensors (op, out, n_out, out_shapes, error) || !cnc_op_check_shapes (op, in_shapes, n_in, out_shapes, n_out, error)
      || !check_places (op, in, n_in, out, n_out, error))
    return FALSE;
  if (backend->table->op == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_DEVICE, "The device %s cannot run networks; choose another one.", backend->info.name);
      return FALSE;
    }
  return backend->table->op (backend, op, in, n_in, out, n_out, error);
}
