/* core/nn/ops-shape.c: which shapes fit together, see ops.h. */
#include "nn/geometry.h"

#include "base/error.h"

gboolean
cnc_op_bad (const CncOp *op, GError **error, const char *sentence)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s: %s", cnc_op_name (op->kind), sentence);
  return FALSE;
}

static gboolean
same (const CncShape *a, const CncShape *b)
{
  return a->n == b->n && a->c == b->c && a->h == b->h && a->w == b->w;
}

static gboolean
is_vector (const CncShape *shape, guint32 channels)
{
  return shape->n == 1 && shape->c == channels && shape->h == 1 && shape->w == 1;
}

/* A side that a computation gave: FALSE if it is no side. */
static gboolean
to_side (gint64 value, guint32 *side)
{
  if (value < 1 || value > (gint64) CNC_TENSOR_MAX)
    return FALSE;
  *side = (guint32) value;
  return TRUE;
}

static gboolean
conv_side (const CncOp *op, guint32 in, guint32 kernel, guint32 *out)
{
  const gint64 room = (gint64) in + 2 * (gint64) op->pad - (gint64) cnc_op_dilation (op) * ((gint64) kernel - 1) - 1;

  return room >= 0 && to_side (room / cnc_op_stride (op) + 1, out);
}

static gboolean
transpose_side (const CncOp *op, guint32 in, guint32 kernel, guint32 *out)
{
  return to_side (((gint64) in - 1) * cnc_op_stride (op) - 2 * (gint64) op->pad + (gint64) cnc_op_dilation (op) * ((gint64) kernel - 1)
                      + op->output_pad + 1,
                  out);
}

static gboolean
conv_shape (const CncOp *op, const CncShape *x, const CncShape *weight, CncShape *y, GError **error)
{
  if (weight->h > CNC_OP_MAX_WINDOW || weight->w > CNC_OP_MAX_WINDOW)
    return cnc_op_bad (op, error, "the kernel is too large.");
  if (x->c != weight->c)
    return cnc_op_bad (op, error, "the weights are for another number of input channels.");
  *y = (CncShape){ x->n, weight->n, 0, 0 };
  if (!conv_side (op, x->h, weight->h, &y->h) || !conv_side (op, x->w, weight->w, &y->w))
    return cnc_op_bad (op, error, "the kernel does not fit into the padded input.");
  return TRUE;
}

static gboolean
transpose_shape (const CncOp *op, const CncShape *x, const CncShape *weight, CncShape *y, GError **error)
{
  if (weight->h > CNC_OP_MAX_WINDOW || weight->w > CNC_OP_MAX_WINDOW)
    return cnc_op_bad (op, error, "the kernel is too large.");
  if (x->c != weight->n)
    return cnc_op_bad (op, error, "the weights are for another number of input channels.");
  if (op->output_pad >= cnc_op_stride (op))
    return cnc_op_bad (op, error, "output_pad must be less than the stride.");
  *y = (CncShape){ x->n, weight->c, 0, 0 };
  if (!transpose_side (op, x->h, weight->h, &y->h) || !transpose_side (op, x->w, weight->w, &y->w))
    return cnc_op_bad (op, error, "nothing is left of the output behind the padding.");
  return TRUE;
}

static gboolean
pool_shape (const CncOp *op, const CncShape *x, CncShape *y, GError **error)
{
  if (op->kernel_h == 0 || op->kernel_w == 0 || op->kernel_h > x->h || op->kernel_w > x->w)
    return cnc_op_bad (op, error, "the window does not fit into the input.");
  *y = (CncShape){ x->n, x->c, (x->h - op->kernel_h) / cnc_op_stride (op) + 1, (x->w - op->kernel_w) / cnc_op_stride (op) + 1 };
  return TRUE;
}

/* up: sides times the factor; else divided by it.  channels: whether channels change the other way by its square. */
static gboolean
scaled_shape (const CncOp *op, const CncShape *x, gboolean up, gboolean channels, CncShape *y, GError **error)
{
  const guint64 r = cnc_op_stride (op), rr = channels ? r * r : 1;

  if (up && x->c % rr == 0)
    {
      *y = (CncShape){ x->n, (guint32) (x->c / rr), 0, 0 };
      if (to_side ((gint64) (x->h * r), &y->h) && to_side ((gint64) (x->w * r), &y->w))
        return TRUE;
    }
  if (!up && x->h % r == 0 && x->w % r == 0)
    {
      *y = (CncShape){ x->n, 0, (guint32) (x->h / r), (guint32) (x->w / r) };
      if (to_side ((gint64) (x->c * rr), &y->c))
        return TRUE;
    }
  return cnc_op_bad (op, error, "the shape of the input cannot be scaled by the factor.");
}

static gboolean
concat_shape (const CncOp *op, const CncShape *in, guint n_in, CncShape *y, GError **error)
{
  guint64 channels = 0;

  for (guint i = 0; i < n_in; i++)
    {
      if (in[i].n != in[0].n || in[i].h != in[0].h || in[i].w != in[0].w)
        return cnc_op_bad (op, error, "the tensors to lay side by side differ in more than their channels.");
      channels += in[i].c;
    }
  *y = in[0];
  if (!to_side ((gint64) channels, &y->c))
    return cnc_op_bad (op, error, "there are too many channels.");
  return TRUE;
}

static gboolean
slice_shape (const CncOp *op, const CncShape *x, CncShape *y, GError **error)
{
  if (op->channels == 0 || op->channels > x->c || op->first > x->c - op->channels)
    return cnc_op_bad (op, error, "the input has not all of those channels.");
  *y = *x;
  y->c = op->channels;
  return TRUE;
}

gboolean
cnc_op_check_counts (const CncOp *op, guint n_in, guint n_out, GError **error)
{
  static const guint8 counts[CNC_OP_COUNT][4] = {
    /* inputs from, to, outputs from, to */
    [CNC_OP_CONV2D] = { 2, 4, 1, 1 },
    [CNC_OP_CONV2D_BACKWARD_DATA] = { 2, 2, 1, 1 },
    [CNC_OP_CONV2D_BACKWARD_WEIGHT] = { 2, 2, 1, 2 },
    [CNC_OP_CONV_TRANSPOSE2D] = { 2, 3, 1, 1 },
    [CNC_OP_CHANNEL_SUM] = { 1, 1, 1, 1 },
    [CNC_OP_DENSE] = { 2, 3, 1, 1 },
    [CNC_OP_DENSE_BACKWARD_DATA] = { 2, 2, 1, 1 },
    [CNC_OP_DENSE_BACKWARD_WEIGHT] = { 2, 2, 1, 2 },
    [CNC_OP_ACTIVATION] = { 1, 1, 1, 1 },
    [CNC_OP_ACTIVATION_BACKWARD] = { 2, 2, 1, 1 },
    [CNC_OP_MAX_POOL] = { 1, 1, 1, 1 },
    [CNC_OP_MAX_POOL_BACKWARD] = { 2, 2, 1, 1 },
    [CNC_OP_AVERAGE_POOL] = { 1, 1, 1, 1 },
    [CNC_OP_AVERAGE_POOL_BACKWARD] = { 1, 1, 1, 1 },
    [CNC_OP_UPSAMPLE_NEAREST] = { 1, 1, 1, 1 },
    [CNC_OP_UPSAMPLE_NEAREST_BACKWARD] = { 1, 1, 1, 1 },
    [CNC_OP_UPSAMPLE_BILINEAR] = { 1, 1, 1, 1 },
    [CNC_OP_UPSAMPLE_BILINEAR_BACKWARD] = { 1, 1, 1, 1 },
    [CNC_OP_PIXEL_SHUFFLE] = { 1, 1, 1, 1 },
    [CNC_OP_PIXEL_UNSHUFFLE] = { 1, 1, 1, 1 },
    [CNC_OP_CONCAT] = { 1, CNC_OP_MAX_TENSORS, 1, 1 },
    [CNC_OP_SPLIT] = { 1, 1, 1, CNC_OP_MAX_TENSORS },
    [CNC_OP_SLICE] = { 1, 1, 1, 1 },
    [CNC_OP_SLICE_BACKWARD] = { 1, 1, 1, 1 },
    [CNC_OP_ADD] = { 2, 2, 1, 1 },
    [CNC_OP_AFFINE] = { 1, 1, 1, 1 },
    [CNC_OP_SUBTRACT] = { 2, 2, 1, 1 },
    [CNC_OP_MULTIPLY] = { 2, 2, 1, 1 },
    [CNC_OP_FILL] = { 0, 0, 1, 1 },
    [CNC_OP_BATCH_NORM] = { 3, 3, 3, 3 },
    [CNC_OP_BATCH_NORM_BACKWARD] = { 5, 5, 3, 3 },
    [CNC_OP_BATCH_NORM_TRACK] = { 2, 2, 2, 2 },
    [CNC_OP_DROPOUT] = { 1, 1, 1, 1 },
    [CNC_OP_NOISE] = { 1, 1, 1, 1 },
    [CNC_OP_ROUND8] = { 1, 1, 1, 1 },
    [CNC_OP_ROUND] = { 1, 1, 1, 1 },
    [CNC_OP_WRAP] = { 1, 1, 1, 1 },
    [CNC_OP_CLAMP] = { 1, 1, 1, 1 },
    [CNC_OP_CLAMP_BACKWARD] = { 2, 2, 1, 1 },
    [CNC_OP_JPEG] = { 1, 1, 1, 1 },
    [CNC_OP_JPEG_BACKWARD] = { 1, 1, 1, 1 },
    [CNC_OP_BLUR] = { 1, 1, 1, 1 },
    [CNC_OP_BLUR_BACKWARD] = { 1, 1, 1, 1 },
    [CNC_OP_MSE] = { 2, 2, 1, 2 },
    [CNC_OP_L1] = { 2, 2, 1, 2 },
    [CNC_OP_BCE] = { 2, 2, 1, 2 },
    [CNC_OP_SSIM] = { 2, 2, 1, 2 },
    [CNC_OP_RATE] = { 2, 2, 1, 3 },
    [CNC_OP_SQUARED_SUM] = { 1, 1, 1, 1 },
    [CNC_OP_ADAM] = { 4, 4, 3, 3 },
  };

  if ((guint) op->kind >= CNC_OP_COUNT)
    return cnc_op_bad (op, error, "there is no such operation.");
  if (n_in < counts[op->kind][0] || n_in > counts[op->kind][1])
    return cnc_op_bad (op, error, "the number of inputs is wrong.");
  if (n_out < counts[op->kind][2] || n_out > counts[op->kind][3])
    return cnc_op_bad (op, error, "the number of outputs is wrong.");
  return TRUE;
}

/* The first output's shape; numbers of tensors were checked. */
static gboolean
output_shape (const CncOp *op, const CncShape *in, guint n_in, CncShape *out, GError **error)
{
  switch (op->kind)
    {
    case CNC_OP_CONV2D:
      return conv_shape (op, &in[0], &in[1], out, error);
    case CNC_OP_CONV_TRANSPOSE2D:
      return transpose_shape (op, &in[0], &in[1], out, error);
    case CNC_OP_CHANNEL_SUM:
      *out = (CncShape){ 1, in[0].c, 1, 1 };
      return TRUE;
    case CNC_OP_DENSE:
      *out = (CncShape){ in[0].n, in[1].n, 1, 1 };
      return TRUE;
    case CNC_OP_DENSE_BACKWARD_DATA:
      *out = (CncShape){ in[0].n, in[1].c, 1, 1 };
      return TRUE;
    case CNC_OP_DENSE_BACKWARD_WEIGHT:
      *out = (CncShape){ (guint32) cnc_shape_image (&in[1]), (guint32) cnc_shape_image (&in[0]), 1, 1 };
      return TRUE;
    case CNC_OP_MAX_POOL:
    case CNC_OP_AVERAGE_POOL:
      return pool_shape (op, &in[0], out, error);
    case CNC_OP_UPSAMPLE_NEAREST:
    case CNC_OP_UPSAMPLE_BILINEAR:
      return scaled_shape (op, &in[0], TRUE, FALSE, out, error);
    case CNC_OP_UPSAMPLE_NEAREST_BACKWARD:
    case CNC_OP_UPSAMPLE_BILINEAR_BACKWARD:
      return scaled_shape (op, &in[0], FALSE, FALSE, out, error);
    case CNC_OP_PIXEL_SHUFFLE:
      return scaled_shape (op, &in[0], TRUE, TRUE, out, error);
    case CNC_OP_PIXEL_UNSHUFFLE:
      return scaled_shape (op, &in[0], FALSE, TRUE, out, error);
    case CNC_OP_CONCAT:
      return concat_shape (op, in, n_in, out, error);
    case CNC_OP_SLICE:
      return slice_shape (op, &in[0], out, error);
    case CNC_OP_MSE:
    case CNC_OP_L1:
    case CNC_OP_BCE:
    case CNC_OP_SSIM:
    case CNC_OP_RATE:
    case CNC_OP_SQUARED_SUM:
      *out = (CncShape){ 1, 1, 1, 1 };
      return TRUE;
    case CNC_OP_JPEG:
    case CNC_OP_JPEG_BACKWARD:
      if (in[0].c != 3)
        return cnc_op_bad (op, error, "pictures need three channels.");
      *out = in[0];
      return TRUE;
    case CNC_OP_BLUR:
    case CNC_OP_BLUR_BACKWARD:
    case CNC_OP_ACTIVATION:
    case CNC_OP_ACTIVATION_BACKWARD:
    case CNC_OP_MAX_POOL_BACKWARD:
    case CNC_OP_ADD:
    case CNC_OP_AFFINE:
    case CNC_OP_SUBTRACT:
    case CNC_OP_MULTIPLY:
    case CNC_OP_BATCH_NORM:
    case CNC_OP_BATCH_NORM_BACKWARD:
    case CNC_OP_BATCH_NORM_TRACK:
    case CNC_OP_DROPOUT:
    case CNC_OP_NOISE:
    case CNC_OP_ROUND8:
    case CNC_OP_ROUND:
    case CNC_OP_WRAP:
    case CNC_OP_CLAMP:
    case CNC_OP_CLAMP_BACKWARD:
    case CNC_OP_ADAM:
      *out = in[0];
      return TRUE;
    case CNC_OP_CONV2D_BACKWARD_DATA:
    case CNC_OP_CONV2D_BACKWARD_WEIGHT:
    case CNC_OP_AVERAGE_POOL_BACKWARD:
    case CNC_OP_SPLIT:
    case CNC_OP_SLICE_BACKWARD:
    case CNC_OP_FILL:
    case CNC_OP_COUNT:
      break;
    }
  return cnc_op_bad (op, error, "the shape of the output does not follow from the inputs.");
}

gboolean
cnc_op_output_shape (const CncOp *op, const CncShape *in, guint n_in, CncShape *out, GError **error)
{
  CncShape shape;

  for (guint outputs = 1;; outputs++)
    if (cnc_op_check_counts (op, n_in, outputs, outputs < 3 ? NULL : error))
      break;
    else if (outputs == 3)
      return FALSE;
  for (guint i = 0; i < n_in; i++)
    if (cnc_shape_count (&in[i]) == 0)
      return cnc_op_bad (op, error, "an input is empty or too large.");
  if (!output_shape (op, in, n_in, &shape, error))
    return FALSE;
  if (cnc_shape_count (&shape) == 0)
    return cnc_op_bad (op, error, "the output would be too large.");
  *out = shape;
  return TRUE;
}

/* conv2d of x with weight must give y: for the operations that are given all three. */
static gboolean
check_conv (const CncOp *op, const CncShape *x, const CncShape *weight, const CncShape *y, GError **error)
{
  CncShape expected = { 0 };

  if (!conv_shape (op, x, weight, &expected, error))
    return FALSE;
  if (!same (&expected, y))
    return cnc_op_bad (op, error, "the shapes of the tensors do not belong to one convolution.");
  return TRUE;
}

/* Weights (M, K, 1, 1), x of K floats an image, y of M floats an image. */
static gboolean
check_dense (const CncOp *op, const CncShape *x, const CncShape *weight, const CncShape *y, GError **error)
{
  if (weight->h != 1 || weight->w != 1 || cnc_shape_image (x) != weight->c || cnc_shape_image (y) != weight->n || x->n != y->n)
    return cnc_op_bad (op, error, "the shapes of the tensors do not belong to one matrix product.");
  return TRUE;
}

static gboolean
check_bias (const CncOp *op, const CncShape *bias, guint32 channels, GError **error)
{
  if (!is_vector (bias, channels))
    return cnc_op_bad (op, error, "a vector of one number a channel has another shape.");
  return TRUE;
}

static gboolean
check_dense_bias (const CncOp *op, const CncShape *bias, guint32 count, GError **error)
{
  if (cnc_shape_count (bias) != count)
    return cnc_op_bad (op, error, "the bias has another length than the output.");
  return TRUE;
}

static gboolean
check_same (const CncOp *op, const CncShape *a, const CncShape *b, GError **error)
{
  return same (a, b) ? TRUE : cnc_op_bad (op, error, "the shapes of the tensors differ.");
}

gboolean
cnc_op_check_shapes (const CncOp *op, const CncShape *in, guint n_in, const CncShape *out, guint n_out, GError **error)
{
  CncShape expected = { 0 };

  switch (op->kind)
    {
    /* Those whose output does not follow from the inputs, or may have several shapes. */
    case CNC_OP_CONV2D_BACKWARD_DATA:
      return check_conv (op, &out[0], &in[1], &in[0], error);
    case CNC_OP_CONV2D_BACKWARD_WEIGHT:
      return check_conv (op, &in[0], &out[0], &in[1], error) && (n_out < 2 || check_bias (op, &out[1], in[1].c, error));
    case CNC_OP_DENSE:
      return check_dense (op, &in[0], &in[1], &out[0], error) && (n_in < 3 || check_dense_bias (op, &in[2], in[1].n, error));
    case CNC_OP_DENSE_BACKWARD_DATA:
      return check_dense (op, &out[0], &in[1], &in[0], error);
    case CNC_OP_DENSE_BACKWARD_WEIGHT:
      return check_dense (op, &in[0], &out[0], &in[1], error) && (n_out < 2 || check_dense_bias (op, &out[1], out[0].n, error));
    case CNC_OP_AVERAGE_POOL_BACKWARD:
      return pool_shape (op, &out[0], &expected, error) && check_same (op, &expected, &in[0], error);
    case CNC_OP_SPLIT:
      return concat_shape (op, out, n_out, &expected, error) && check_same (op, &expected, &in[0], error);
    case CNC_OP_SLICE_BACKWARD:
      return slice_shape (op, &out[0], &expected, error) && check_same (op, &expected, &in[0], error);
    case CNC_OP_FILL:
      return TRUE;
    default:
      break;
    }
  if (!output_shape (op, in, n_in, &expected, error) || !check_same (op, &expected, &out[0], error))
    return FALSE;
  switch (op->kind)
    {
    case CNC_OP_CONV2D:
      return (n_in < 3 || check_bias (op, &in[2], in[1].n, error)) && (n_in < 4 || check_same (op, &in[3], &out[0], error));
    case CNC_OP_CONV_TRANSPOSE2D:
      return n_in < 3 || check_bias (op, &in[2], in[1].c, error);
    case CNC_OP_ACTIVATION_BACKWARD:
    case CNC_OP_ADD:
    case CNC_OP_SUBTRACT:
    case CNC_OP_MULTIPLY:
    case CNC_OP_CLAMP_BACKWARD:
      return check_same (op, &in[0], &in[1], error);
    case CNC_OP_MAX_POOL_BACKWARD:
      return pool_shape (op, &in[0], &expected, error) && check_same (op, &expected, &in[1], error);
    case CNC_OP_BATCH_NORM:
      for (guint i = 1; i < 3; i++)
        if (!check_bias (op, &in[i], in[0].c, error) || !check_bias (op, &out[i], in[0].c, error))
          return FALSE;
      return TRUE;
    case CNC_OP_BATCH_NORM_BACKWARD:
      for (guint i = 2; i < 5; i++)
        if (!check_bias (op, &in[i], in[0].c, error))
          return FALSE;
      return check_same (op, &in[0], &in[1], error) && check_bias (op, &out[1], in[0].c, error) && check_bias (op, &out[2], in[0].c, error);
    case CNC_OP_BATCH_NORM_TRACK:
      return check_bias (op, &in[0], in[0].c, error) && check_same (op, &in[0], &in[1], error) && check_same (op, &in[0], &out[1], error);
    case CNC_OP_SSIM:
      if (in[0].h < 11 || in[0].w < 11)
        return cnc_op_bad (op, error, "pictures must be at least 11 pixels wide and high.");
      G_GNUC_FALLTHROUGH;
    case CNC_OP_MSE:
    case CNC_OP_L1:
    case CNC_OP_BCE:
      return check_same (op, &in[0], &in[1], error) && (n_out < 2 || check_same (op, &in[0], &out[1], error));
    case CNC_OP_RATE:
      if (in[1].n != in[0].c || in[1].c != 6 || in[1].h != 1 || in[1].w != 1)
        return cnc_op_bad (op, error, "the distribution takes six parameters a channel.");
      return (n_out < 2 || check_same (op, &in[0], &out[1], error)) && (n_out < 3 || check_same (op, &in[1], &out[2], error));
    case CNC_OP_ADAM:
      for (guint i = 1; i < 4; i++)
        if (!check_same (op, &in[0], &in[i], error))
          return FALSE;
      return check_same (op, &in[0], &out[1], error) && check_same (op, &in[0], &out[2], error);
    default:
      return TRUE;
    }
}

CncConv
cnc_conv_of (const CncOp *op, const CncTensor *in, const CncTensor *out)
{
  const gboolean backward_weight = op->kind == CNC_OP_CONV2D_BACKWARD_WEIGHT;
  const gboolean forward = op->kind == CNC_OP_CONV2D;
  const CncShape *x = forward || backward_weight ? &in[0].shape : &out[0].shape;
  const CncShape *y = forward ? &out[0].shape : backward_weight ? &in[1].shape : &in[0].shape;
  const CncShape *weight = backward_weight ? &out[0].shape : &in[1].shape;

  return (CncConv){ x->n, x->c, x->h, x->w, y->c, y->h, y->w, weight->h, weight->w, cnc_op_stride (op), op->pad, cnc_op_dilation (op) };
}
