/* core/nn/ops.h: the floating-point operations of networks, forward and backward.
 *
 * A tensor is a view into a device buffer: float32, layout N, C, H, W, row-major without padding, beginning at a float offset; at most
 * CNC_TENSOR_MAX floats.  Weights of a convolution have shape (C_out, C_in, KH, KW), a bias (1, C_out, 1, 1).  An operation reads its
 * inputs and writes its outputs, which must not overlap each other, nor the inputs unless the operation says so (y may be x: the very same
 * tensor then, never a shifted one).
 *
 * accumulate: what is computed is added to what the outputs hold, instead of replacing it.  Every operation that the trainer uses for a
 * gradient understands it, those marked (+), except in place and under a fused activation; all others refuse it.
 *
 * An operation is found in four places: here, in readable C in core/nn/reference-*.c, its host side in core/vulkan, its shader in
 * shaders/.  The backward operations are called with the gradient dy of the output.  Random operations are counter-based: the
 * value at element i depends on (seed, i) alone, by the hash stated at CNC_OP_NOISE, so that it is the same on every device and in every
 * order.
 *
 * Errors: BAD_ARGUMENT (number, shapes or places of tensors do not fit the operation, or a parameter is out of its range), NO_DEVICE (the
 * device has no floating-point operations), NO_MEMORY, GPU_MEMORY, GPU_LOST.
 * Thread-safety: as the backend; what takes no backend is safe.
 */
#pragma once

#include "nn/backend.h"

G_BEGIN_DECLS

typedef struct
{
  guint32 n, c, h, w; /* all >= 1 */
} CncShape;

typedef struct _CncTensor
{
  CncBuffer *buffer;
  gsize offset; /* floats from the buffer's start */
  CncShape shape;
} CncTensor;

#define CNC_TENSOR_MAX ((gsize) G_MAXINT32) /* floats: what a shader's 32-bit index reaches */

typedef enum
{
  CNC_ACTIVATION_NONE,
  CNC_ACTIVATION_RELU,
  CNC_ACTIVATION_LEAKY_RELU, /* x < 0: slope * x */
  CNC_ACTIVATION_SIGMOID,
  CNC_ACTIVATION_TANH,
} CncActivation;

/* "->" separates inputs from outputs.  Square brackets: optional, left out by passing fewer tensors. */
typedef enum
{
  /* x, weight, [bias], [residual] -> y (+).  y = activation (conv (x) + bias + residual), a cross-correlation as everywhere.  Output side:
   * (in + 2 pad - dilation (k - 1) - 1) / stride + 1, rounded down.  residual has y's shape and needs bias. */
  CNC_OP_CONV2D,
  /* dy, weight -> dx (+) */
  CNC_OP_CONV2D_BACKWARD_DATA,
  /* x, dy -> dweight, [dbias] (+) */
  CNC_OP_CONV2D_BACKWARD_WEIGHT,

  /* x, weight, [bias] -> y (+).  Transposed convolution (the data gradient of CNC_OP_CONV2D as a layer): weight (C_in, C_out, KH, KW);
   * output side: (in - 1) stride - 2 pad + dilation (k - 1) + output_pad + 1, output_pad < stride.  y = activation (... + bias). Its
   * gradients: CNC_OP_CONV2D of dy gives dx, CNC_OP_CONV2D_BACKWARD_WEIGHT of (dy, x) gives dweight, CNC_OP_CHANNEL_SUM of dy dbias. */
  CNC_OP_CONV_TRANSPOSE2D,
  CNC_OP_CHANNEL_SUM, /* dy -> dbias (1, C, 1, 1): the sum over images and pixels (+) */

  /* x, weight, [bias] -> y (+).  Matrix product on flattened images: x (N, any, any, any) of K floats an image, weight (M, K, 1, 1), y (N,
   * M, 1, 1) or any shape of M floats an image, bias M floats.  y = activation (x weight^T + bias). */
  CNC_OP_DENSE,
  CNC_OP_DENSE_BACKWARD_DATA,   /* dy, weight -> dx (+) */
  CNC_OP_DENSE_BACKWARD_WEIGHT, /* x, dy -> dweight, [dbias] (+) */

  CNC_OP_ACTIVATION,          /* x -> y; y may be x */
  CNC_OP_ACTIVATION_BACKWARD, /* y, dy -> dx, from the output y; dx may be dy (+) */

  /* Windows of kernel_h x kernel_w, no padding; output side (in - kernel) / stride + 1, rounded down. */
  CNC_OP_MAX_POOL,              /* x -> y; the first maximum in reading order wins */
  CNC_OP_MAX_POOL_BACKWARD,     /* x, dy -> dx (+) */
  CNC_OP_AVERAGE_POOL,          /* x -> y */
  CNC_OP_AVERAGE_POOL_BACKWARD, /* dy -> dx (+) */

  CNC_OP_UPSAMPLE_NEAREST,           /* x -> y; factor = stride */
  CNC_OP_UPSAMPLE_NEAREST_BACKWARD,  /* dy -> dx (+) */
  CNC_OP_UPSAMPLE_BILINEAR,          /* x -> y; factor = stride; half-pixel centres (PyTorch align_corners = False) */
  CNC_OP_UPSAMPLE_BILINEAR_BACKWARD, /* dy -> dx (+) */

  CNC_OP_PIXEL_SHUFFLE,   /* x (N, C r r, H, W) -> y (N, C, H r, W r), r = stride, PyTorch's channel order; gradient: unshuffle (+) */
  CNC_OP_PIXEL_UNSHUFFLE, /* the reverse; gradient: shuffle (+) */

  CNC_OP_CONCAT,   /* x1, [x2, x3 ...] -> y, along C (+) */
  CNC_OP_SPLIT,    /* x -> y1, [y2, ...] along C: the gradient of concat (+) */
  CNC_OP_SLICE,    /* x -> y: the channels from op.first on, op.channels of them (+) */
  CNC_OP_SLICE_BACKWARD, /* dy -> dx: those channels of it, 0 in the others (+) */
  CNC_OP_ADD,      /* a, b -> y; y = activation (a + b); y may be a or b */
  CNC_OP_AFFINE,   /* x -> y = scale * x + shift (op fields); y may be x (+) */
  CNC_OP_SUBTRACT, /* a, b -> y; y may be a or b */
  CNC_OP_MULTIPLY, /* a, b -> y, elementwise; its gradients are products again; y may be a or b (+) */
  CNC_OP_FILL,     /* -> y = shift */

  /* x, gamma, beta (1, C, 1, 1) -> y, mean, inverse standard deviation (1, C, 1, 1) of this batch (biased variance, epsilon). */
  CNC_OP_BATCH_NORM,
  CNC_OP_BATCH_NORM_BACKWARD, /* x, dy, gamma, mean, inverse deviation -> dx, dgamma, dbeta (+) */
  /* running statistics: mean, inverse deviation -> running mean, running variance, both also read: r = (1 - momentum) r + momentum *
   * batch's; count of the batch (N H W, at least 2) in op.scale, momentum in op.shift, the batch norm's epsilon; the variance is made
   * unbiased. */
  CNC_OP_BATCH_NORM_TRACK,

  CNC_OP_DROPOUT, /* x -> y: 0 with probability scale, else x / (1 - scale); gradient: the same operation with the same seed on dy; y may be
                     x (+) */
  /* x -> y = x + scale * noise; y may be x; gradient: identity.  distribution: 0 uniform in [-0.5, 0.5), 1 Gaussian (0, 1) by Box-Muller.
   * Word k of element i: u_k = pcg (pcg (low + i * 0x9E3779B9) + high + k * 0x85EBCA6B), low and high the halves of the seed, pcg the
   * 32-bit hash of Jarzynski and Olano 2020 ("Hash functions for GPU rendering"); its upper 24 bits, f_k = (u_k >> 8) / 2^24, make a float.
   * Uniform: f_0 - 0.5.  Gaussian: sqrt (-2 ln (f_0 + 2^-24)) cos (2 pi f_1).  Dropout: 0 where f_0 < scale. */
  CNC_OP_NOISE,
  CNC_OP_ROUND8,         /* x -> y = round (255 clamp (x, 0, 1)) / 255, half upwards; gradient (straight through): identity; y may be x */
  CNC_OP_ROUND,          /* x -> y = nearest integer, half to even; gradient: identity; y may be x */
  CNC_OP_WRAP,           /* x -> y = x - floor (x + 1/2), in [-1/2, 1/2); gradient (straight through): identity; y may be x */
  CNC_OP_CLAMP,          /* x -> y = clamp (x, shift, scale), shift <= scale; y may be x */
  CNC_OP_CLAMP_BACKWARD, /* x, dy -> dx: dy where shift <= x <= scale; dx may be dy (+) */

  /* What pictures go through; constant: drawn for each image of the batch, word 0 of its number (see CNC_OP_NOISE).  Both backward
   * operations need the same fields as forward, and none of x. */
  /* x (N, 3, H, W), R'G'B' from 0 to 1 -> y, not clamped: coded as JPEG with 4:2:0 and back, at a quality of shift to scale (1 to 100, whole
   * numbers, each alike); the gradient passes rounding straight through; see core/nn/reference-attacks.c. */
  CNC_OP_JPEG,
  CNC_OP_JPEG_BACKWARD, /* dy -> dx (+) */
  /* x -> y: Gaussian blur of a standard deviation of shift to scale pixels (0.05 to 3), cut at three of the largest; beyond the edges is
   * nothing, and the weights inside are made up for it. */
  CNC_OP_BLUR,
  CNC_OP_BLUR_BACKWARD, /* dy -> dx (+) */

  /* Losses: the mean over all elements times scale, written to loss (1, 1, 1, 1); and its gradient for x (+, both). */
  CNC_OP_MSE,  /* x, target -> loss, [dx] */
  CNC_OP_L1,   /* x, target -> loss, [dx]; the gradient at x = target is 0 */
  CNC_OP_BCE,  /* x in (0, 1), target in [0, 1] -> loss, [dx]; x is clamped to [1e-7, 1 - 1e-7] */
  CNC_OP_SSIM, /* x, target, sides >= 11 -> loss = scale * (1 - mean SSIM), [dx]; Gaussian window 11, sigma 1.5, valid positions, range 1
                  (Wang et al. 2004) */
  /* x (N, C, H, W), parameters (C, 6, 1, 1) -> loss = scale * bits a sample, [dx], [dparameters]: rate of a factorised latent, each channel
   * a mixture of two logistics discretised to width-1 bins; parameters a channel: 2 logits (of the weights, softmax), 2 means, 2 log
   * scales.  Bits are -log2 of the bin's probability, floored at 2^-30 (gradient there 0), summed over all and divided by the number of
   * elements. */
  CNC_OP_RATE,

  CNC_OP_SQUARED_SUM, /* x -> sum (1, 1, 1, 1), for gradient clipping (+) */
  /* parameter, gradient, first moment, second moment -> the same parameter and moments, changed (Kingma and Ba 2015; Loshchilov and Hutter
   * 2019). step >= 1 in op.step; scale = learning rate, beta1, beta2, epsilon, weight_decay in op; the gradient is multiplied by op.shift
   * first (clipping; 1 for none).  decoupled: AdamW, else weight_decay * parameter is added to the gradient. */
  CNC_OP_ADAM,
  CNC_OP_COUNT,
} CncOpKind;

typedef struct _CncOp
{
  CncOpKind kind;
  guint kernel_h, kernel_w; /* windows of pools; convolutions take them from the weights' shape */
  guint stride;             /* 0 means 1; also factor of up-sampling and shuffling */
  guint pad;
  guint dilation; /* 0 means 1 */
  guint output_pad;
  guint first, channels; /* of a slice */
  CncActivation activation;
  float slope; /* leaky ReLU */
  float scale, shift;
  float epsilon, beta1, beta2, weight_decay;
  guint step;
  guint distribution;
  guint64 seed;
  gboolean decoupled;
  gboolean accumulate;
} CncOp;

/* The largest number of tensors an operation takes or gives. */
#define CNC_OP_MAX_TENSORS 8u
/* The largest kernel side, stride, pad, dilation or output_pad. */
#define CNC_OP_MAX_WINDOW 4096u

gsize cnc_shape_count (const CncShape *shape); /* floats; 0 if a side is 0 or there are more than CNC_TENSOR_MAX */
gsize cnc_tensor_bytes (const CncTensor *tensor);
const char *cnc_op_name (CncOpKind kind); /* "conv2d", ... */

/* Shape of the first output from the shapes of the inputs, for operations whose output follows from them; the others, which say so by
 * BAD_ARGUMENT: fill, split, and the gradients conv2d_backward_data, conv2d_backward_weight and those of the pools. */
gboolean cnc_op_output_shape (const CncOp *op, const CncShape *in, guint n_in, CncShape *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Multiplications and additions counted as one operation each, for budgets and GFLOP/s. */
double cnc_op_flops (const CncOp *op, const CncShape *in, guint n_in, const CncShape *out, guint n_out);

/* Checks the tensors against the table above, then runs the operation on the backend, whose buffers they must be. */
gboolean cnc_op_run (CncBackend *backend, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
