/* core/nn/reference.h: the floating-point operations in plain C; for core/nn/reference*.c alone.
 *
 * Every function works on tensors that cnc_op_run has checked, in main memory, over all cores; results do not depend on the number of
 * cores.  Errors: NO_MEMORY where one needs room for results between.
 */
#pragma once

#include "cnc-config.h"

#include "nn/check.h"
#include "nn/geometry.h"

G_BEGIN_DECLS

/* Where the linker can choose at start between two translations of one function, the wide one is used on CPUs that have it. */
#ifdef CNC_TARGET_CLONES
#define CNC_WIDE __attribute__ ((target_clones ("avx2", "default")))
#else
#define CNC_WIDE
#endif

typedef struct
{
  CncBuffer base;
  guint32 *data;
} CncCpuBuffer;

static inline float *
cnc_floats (const CncTensor *tensor)
{
  return (float *) ((CncCpuBuffer *) tensor->buffer)->data + tensor->offset;
}

/* Loops over long vectors are dealt out in bands of this many floats: cnc_bands (n) of them. */
#define CNC_BAND ((gsize) 1 << 14)

static inline guint
cnc_bands (gsize count)
{
  return (guint) ((count + CNC_BAND - 1) / CNC_BAND);
}

static inline gsize
cnc_band_end (guint band, gsize count)
{
  return MIN (((gsize) band + 1) * CNC_BAND, count);
}

typedef gboolean CncReferenceFunc (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error);

CncReferenceFunc cnc_reference_conv2d, cnc_reference_conv2d_backward_data, cnc_reference_conv2d_backward_weight;
CncReferenceFunc cnc_reference_channel_sum, cnc_reference_dense, cnc_reference_dense_backward_data, cnc_reference_dense_backward_weight;
CncReferenceFunc cnc_reference_elementwise, cnc_reference_concat, cnc_reference_split, cnc_reference_slice, cnc_reference_shuffle;
CncReferenceFunc cnc_reference_pool, cnc_reference_upsample_nearest, cnc_reference_upsample_bilinear;
CncReferenceFunc cnc_reference_batch_norm, cnc_reference_batch_norm_backward, cnc_reference_batch_norm_track;
CncReferenceFunc cnc_reference_jpeg, cnc_reference_jpeg_backward, cnc_reference_blur;
CncReferenceFunc cnc_reference_loss, cnc_reference_ssim, cnc_reference_rate, cnc_reference_squared_sum, cnc_reference_adam;

/* Any operation. */
gboolean cnc_reference_op (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error);

/* values[i] = activation (values[i]) */
void cnc_reference_activate (CncActivation activation, float slope, float *values, gsize count);

/* The 32-bit hash of Jarzynski and Olano 2020. */
static inline guint32
cnc_pcg (guint32 value)
{
  const guint32 state = value * 747796405u + 2891336453u;
  const guint32 word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;

  return (word >> 22) ^ word;
}

/* Word k of element i, see CNC_OP_NOISE. */
static inline guint32
cnc_draw_word (guint64 seed, gsize i, guint32 k)
{
  return cnc_pcg (cnc_pcg ((guint32) seed + (guint32) i * 0x9E3779B9u) + (guint32) (seed >> 32) + k * 0x85EBCA6Bu);
}

/* What CNC_OP_JPEG and CNC_OP_BLUR draw for an image. */
guint cnc_attack_quality (const CncOp *op, guint image);
float cnc_attack_deviation (const CncOp *op, guint image);

/* Writes value, or adds it if accumulate is set: the last step of all that is computed in double. */
static inline void
cnc_store (float *to, double value, gboolean accumulate)
{
  *to = accumulate ? *to + (float) value : (float) value;
}

G_END_DECLS
