/* core/nn/reference-elementwise.c: operations whose value at an element follows from the inputs at that element, and its place. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/parallel.h"

#include <math.h>

typedef struct
{
  const CncOp *op;
  const float *a, *b; /* NULL: there is none */
  float *y;
  gsize count;
} Elements;

void
cnc_reference_activate (CncActivation activation, float slope, float *values, gsize count)
{
  switch (activation)
    {
    case CNC_ACTIVATION_NONE:
      break;
    case CNC_ACTIVATION_RELU:
      for (gsize i = 0; i < count; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
      break;
    case CNC_ACTIVATION_LEAKY_RELU:
      for (gsize i = 0; i < count; i++)
        values[i] = values[i] > 0 ? values[i] : slope * values[i];
      break;
    case CNC_ACTIVATION_SIGMOID:
      for (gsize i = 0; i < count; i++)
        values[i] = 1 / (1 + expf (-values[i]));
      break;
    case CNC_ACTIVATION_TANH:
      for (gsize i = 0; i < count; i++)
        values[i] = tanhf (values[i]);
      break;
    }
}

/* The derivative of an activation from its value. */
static inline float
slope_at (CncActivation activation, float slope, float y)
{
  switch (activation)
    {
    case CNC_ACTIVATION_RELU:
      return y > 0 ? 1 : 0;
    case CNC_ACTIVATION_LEAKY_RELU:
      return y > 0 ? 1 : slope;
    case CNC_ACTIVATION_SIGMOID:
      return y * (1 - y);
    case CNC_ACTIVATION_TANH:
      return 1 - y * y;
    default:
      return 1;
    }
}

/* Draw k of element i in [0, 1), a multiple of 2^-24. */
static inline float
draw (guint64 seed, gsize i, guint32 k)
{
  return (float) (cnc_draw_word (seed, i, k) >> 8) * 0x1p-24f;
}

static inline float
noise (const CncOp *op, gsize i)
{
  const float f = draw (op->seed, i, 0);

  if (op->distribution == 0)
    return f - 0.5f;
  return sqrtf (-2 * logf (f + 0x1p-24f)) * cosf ((float) (2 * G_PI) * draw (op->seed, i, 1));
}

static inline float
value_at (const Elements *e, gsize i)
{
  const CncOp *op = e->op;
  const float a = e->a != NULL ? e->a[i] : 0;

  switch (op->kind)
    {
    case CNC_OP_ADD:
      return a + e->b[i];
    case CNC_OP_SUBTRACT:
      return a - e->b[i];
    case CNC_OP_MULTIPLY:
      return a * e->b[i];
    case CNC_OP_AFFINE:
      return op->scale * a + op->shift;
    case CNC_OP_FILL:
      return op->shift;
    case CNC_OP_ACTIVATION_BACKWARD:
      return e->b[i] * slope_at (op->activation, op->slope, a);
    case CNC_OP_DROPOUT:
      return draw (op->seed, i, 0) < op->scale ? 0 : a / (1 - op->scale);
    case CNC_OP_NOISE:
      return a + op->scale * noise (op, i);
    case CNC_OP_ROUND8:
      return floorf (255 * CLAMP (a, 0.0f, 1.0f) + 0.5f) / 255;
    case CNC_OP_ROUND:
      return rintf (a);
    case CNC_OP_WRAP:
      return a - floorf (a + 0.5f);
    case CNC_OP_CLAMP:
      return CLAMP (a, op->shift, op->scale);
    case CNC_OP_CLAMP_BACKWARD:
      return a >= op->shift && a <= op->scale ? e->b[i] : 0;
    default: /* activation: of x itself */
      return a;
    }
}

/* The operations that training spends its time with, as loops that a compiler can make several elements at a time of; FALSE for all others. */
static gboolean
run_usual (const CncOp *op, const float *restrict a, const float *restrict b, float *restrict y, gsize count)
{
  const float scale = op->scale, shift = op->shift,
              slope = op->activation == CNC_ACTIVATION_LEAKY_RELU ? op->slope : op->activation == CNC_ACTIVATION_RELU ? 0 : -1;
  const gboolean accumulate = op->accumulate;

  if (op->kind == CNC_OP_FILL && !accumulate)
    for (gsize i = 0; i < count; i++)
      y[i] = shift;
  else if (op->kind == CNC_OP_AFFINE && !accumulate)
    for (gsize i = 0; i < count; i++)
      y[i] = scale * a[i] + shift;
  else if (op->kind == CNC_OP_AFFINE)
    for (gsize i = 0; i < count; i++)
      y[i] += scale * a[i] + shift;
  else if (op->kind == CNC_OP_ACTIVATION_BACKWARD && slope >= 0 && !accumulate)
    for (gsize i = 0; i < count; i++)
      y[i] = b[i] * (a[i] > 0 ? 1 : slope);
  else if (op->kind == CNC_OP_ACTIVATION_BACKWARD && slope >= 0)
    for (gsize i = 0; i < count; i++)
      y[i] += b[i] * (a[i] > 0 ? 1 : slope);
  else
    return FALSE;
  return TRUE;
}

static void
band (guint index, gpointer user_data)
{
  const Elements *e = user_data;
  const gsize begin = index * CNC_BAND, end = cnc_band_end (index, e->count);
  const gboolean apart = e->y != e->a && e->y != e->b; /* what is written is none of what is read */

  if (apart && run_usual (e->op, e->a != NULL ? e->a + begin : NULL, e->b != NULL ? e->b + begin : NULL, e->y + begin, end - begin))
    return;
  if (e->op->accumulate)
    for (gsize i = begin; i < end; i++)
      e->y[i] += value_at (e, i);
  else
    for (gsize i = begin; i < end; i++)
      e->y[i] = value_at (e, i);
  if (e->op->kind == CNC_OP_ACTIVATION || e->op->kind == CNC_OP_ADD)
    cnc_reference_activate (e->op->activation, e->op->slope, e->y + begin, end - begin);
}

gboolean
cnc_reference_elementwise (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Elements e = {
    .op = op,
    .a = n_in > 0 ? cnc_floats (&in[0]) : NULL,
    .b = n_in > 1 ? cnc_floats (&in[1]) : NULL,
    .y = cnc_floats (&out[0]),
    .count = cnc_shape_count (&out[0].shape),
  };

  cnc_parallel_for (cnc_bands (e.count), band, &e);
  return TRUE;
}

/* ---- the optimiser ---- */

typedef struct
{
  const CncOp *op;
  float *parameter, *first, *second;
  const float *gradient;
  gsize count;
  float step, correction; /* learning rate / (1 - beta1^t), 1 / sqrt (1 - beta2^t) */
} Adam;

static void
adam_band (guint index, gpointer user_data)
{
  const Adam *a = user_data;
  const CncOp *op = a->op;
  const gsize end = cnc_band_end (index, a->count);

  for (gsize i = index * CNC_BAND; i < end; i++)
    {
      const float p = op->decoupled ? a->parameter[i] * (1 - op->scale * op->weight_decay) : a->parameter[i];
      const float g = op->shift * a->gradient[i] + (op->decoupled ? 0 : op->weight_decay * p);

      a->first[i] = op->beta1 * a->first[i] + (1 - op->beta1) * g;
      a->second[i] = op->beta2 * a->second[i] + (1 - op->beta2) * g * g;
      a->parameter[i] = p - a->step * a->first[i] / (sqrtf (a->second[i]) * a->correction + op->epsilon);
    }
}

gboolean
cnc_reference_adam (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Adam a = {
    .op = op,
    .parameter = cnc_floats (&out[0]),
    .first = cnc_floats (&out[1]),
    .second = cnc_floats (&out[2]),
    .gradient = cnc_floats (&in[1]),
    .count = cnc_shape_count (&in[0].shape),
    .step = (float) (op->scale / (1 - pow (op->beta1, op->step))),
    .correction = (float) (1 / sqrt (1 - pow (op->beta2, op->step))),
  };

  cnc_parallel_for (cnc_bands (a.count), adam_band, &a);
  return TRUE;
}
