/* core/nn/geometry.h: what the operations know of shapes; for ops*.c and for the files that implement a backend.
 *
 * Thread-safety: safe.
 */
#pragma once

#include "nn/ops.h"

G_BEGIN_DECLS

/* A convolution as CNC_OP_CONV2D sees it: x (n, ci, hi, wi), weights (co, ci, kh, kw), y (n, co, ho, wo).  The gradients and the
 * transposed convolution are the same geometry walked in another direction. */
typedef struct
{
  guint32 n, ci, hi, wi, co, ho, wo, kh, kw;
  guint32 stride, pad, dilation; /* none of them "0 means 1" any more, but pad */
} CncConv;

/* From the tensors of one of the four convolutions, checked before. */
CncConv cnc_conv_of (const CncOp *op, const CncTensor *in, const CncTensor *out);

static inline guint32
cnc_op_stride (const CncOp *op)
{
  return op->stride == 0 ? 1 : op->stride;
}

static inline guint32
cnc_op_dilation (const CncOp *op)
{
  return op->dilation == 0 ? 1 : op->dilation;
}

static inline gsize
cnc_shape_image (const CncShape *shape) /* floats of one image */
{
  return (gsize) shape->c * shape->h * shape->w;
}

/* How many pixels CNC_OP_BLUR sees to each side: three of the largest standard deviations. */
#define CNC_BLUR_MAX 3.0f
#define CNC_BLUR_MAX_REACH 9u
guint32 cnc_blur_reach (const CncOp *op);

/* Sets BAD_ARGUMENT with "NAME: SENTENCE"; FALSE. */
gboolean cnc_op_bad (const CncOp *op, GError **error, const char *sentence);

/* Shapes of an operation whose numbers of tensors were checked; every shape counted before.  FALSE with BAD_ARGUMENT. */
gboolean cnc_op_check_shapes (const CncOp *op, const CncShape *in, guint n_in, const CncShape *out, guint n_out, GError **error);

/* How many tensors an operation takes and gives.  FALSE with BAD_ARGUMENT if kind is none. */
gboolean cnc_op_check_counts (const CncOp *op, guint n_in, guint n_out, GError **error);

G_END_DECLS
