/* core/nn/reference-norm.c: batch normalisation (Ioffe and Szegedy 2015), forward, backward and its running statistics. */
#include "nn/reference.h"

#include "base/parallel.h"

#include <math.h>

typedef struct
{
  const CncOp *op;
  CncShape shape;
  const float *x, *dy, *gamma, *beta, *mean, *deviation;
  float *result, *mean_out, *deviation_out, *dgamma, *dbeta;
} Norm;

/* Where channel c of an image begins. */
static inline gsize
plane_at (const Norm *n, guint32 image, guint c)
{
  return ((gsize) image * n->shape.c + c) * n->shape.h * n->shape.w;
}

static void
forward_channel (guint c, gpointer user_data)
{
  const Norm *n = user_data;
  const gsize plane = (gsize) n->shape.h * n->shape.w;
  const double count = (double) plane * n->shape.n;
  double sum = 0, squares = 0, mean, inverse;

  for (guint32 image = 0; image < n->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      sum += n->x[plane_at (n, image, c) + i];
  mean = sum / count;
  for (guint32 image = 0; image < n->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      {
        const double away = n->x[plane_at (n, image, c) + i] - mean;

        squares += away * away;
      }
  inverse = 1 / sqrt (squares / count + n->op->epsilon);
  for (guint32 image = 0; image < n->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      {
        const gsize at = plane_at (n, image, c) + i;

        n->result[at] = (float) ((n->x[at] - mean) * inverse * n->gamma[c] + n->beta[c]);
      }
  n->mean_out[c] = (float) mean;
  n->deviation_out[c] = (float) inverse;
}

gboolean
cnc_reference_batch_norm (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Norm n = {
    .op = op,
    .shape = in[0].shape,
    .x = cnc_floats (&in[0]),
    .gamma = cnc_floats (&in[1]),
    .beta = cnc_floats (&in[2]),
    .result = cnc_floats (&out[0]),
    .mean_out = cnc_floats (&out[1]),
    .deviation_out = cnc_floats (&out[2]),
  };

  cnc_parallel_for (n.shape.c, forward_channel, &n);
  return TRUE;
}

/* With z = (x - mean) / deviation:  dx = gamma / deviation * (dy - mean of dy - z * mean of z dy). */
static void
backward_channel (guint c, gpointer user_data)
{
  const Norm *n = user_data;
  const gsize plane = (gsize) n->shape.h * n->shape.w;
  const double count = (double) plane * n->shape.n, mean = n->mean[c], inverse = n->deviation[c];
  double sum = 0, products = 0;

  for (guint32 image = 0; image < n->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      {
        const gsize at = plane_at (n, image, c) + i;

        sum += n->dy[at];
        products += n->dy[at] * (n->x[at] - mean) * inverse;
      }
  for (guint32 image = 0; image < n->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      {
        const gsize at = plane_at (n, image, c) + i;
        const double z = (n->x[at] - mean) * inverse;

        cnc_store (n->result + at, n->gamma[c] * inverse * (n->dy[at] - sum / count - z * products / count), n->op->accumulate);
      }
  cnc_store (n->dgamma + c, products, n->op->accumulate);
  cnc_store (n->dbeta + c, sum, n->op->accumulate);
}

gboolean
cnc_reference_batch_norm_backward (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Norm n = {
    .op = op,
    .shape = in[0].shape,
    .x = cnc_floats (&in[0]),
    .dy = cnc_floats (&in[1]),
    .gamma = cnc_floats (&in[2]),
    .mean = cnc_floats (&in[3]),
    .deviation = cnc_floats (&in[4]),
    .result = cnc_floats (&out[0]),
    .dgamma = cnc_floats (&out[1]),
    .dbeta = cnc_floats (&out[2]),
  };

  cnc_parallel_for (n.shape.c, backward_channel, &n);
  return TRUE;
}

gboolean
cnc_reference_batch_norm_track (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const float *mean = cnc_floats (&in[0]), *inverse = cnc_floats (&in[1]);
  float *running_mean = cnc_floats (&out[0]), *running_variance = cnc_floats (&out[1]);
  const float unbiased = op->scale / (op->scale - 1), momentum = op->shift;

  for (guint32 c = 0; c < in[0].shape.c; c++)
    {
      const float variance = MAX (1 / (inverse[c] * inverse[c]) - op->epsilon, 0.0f) * unbiased;

      running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean[c];
      running_variance[c] = (1 - momentum) * running_variance[c] + momentum * variance;
    }
  return TRUE;
}
