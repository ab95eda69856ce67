/* core/nn/reference-dense.c: matrix products of flattened images with weights, forward and backward. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/parallel.h"

#include <string.h>

#define LANES 16u
#define COLUMNS 256u /* of a gradient row that one thread takes at a time */

typedef struct
{
  gsize images, inputs, outputs;
  const float *x, *weight, *dy, *bias;
  float *result, *dbias;
  const CncOp *op;
} Dense;

CNC_WIDE static float
product (const float *a, const float *b, gsize count)
{
  float lanes[LANES] = { 0 }, sum = 0;
  gsize i = 0;

  for (; i + LANES <= count; i += LANES)
    for (guint lane = 0; lane < LANES; lane++)
      lanes[lane] += a[i + lane] * b[i + lane];
  for (; i < count; i++)
    sum += a[i] * b[i];
  for (guint lane = 0; lane < LANES; lane++)
    sum += lanes[lane];
  return sum;
}

CNC_WIDE static void
add_multiple (float *restrict to, const float *restrict from, float factor, gsize count)
{
  for (gsize i = 0; i < count; i++)
    to[i] += factor * from[i];
}

static void
forward_output (guint index, gpointer user_data)
{
  const Dense *d = user_data;

  for (gsize image = 0; image < d->images; image++)
    {
      float *y = d->result + image * d->outputs + index;
      const float sum
          = product (d->x + image * d->inputs, d->weight + index * d->inputs, d->inputs) + (d->bias != NULL ? d->bias[index] : 0);

      cnc_store (y, sum, d->op->accumulate);
      cnc_reference_activate (d->op->activation, d->op->slope, y, 1);
    }
}

static guint
groups (gsize count)
{
  return (guint) ((count + COLUMNS - 1) / COLUMNS);
}

/* index: COLUMNS columns of one image's gradient. */
static void
data_columns (guint index, gpointer user_data)
{
  const Dense *d = user_data;
  const gsize image = index / groups (d->inputs), first = index % groups (d->inputs) * COLUMNS, count = MIN (COLUMNS, d->inputs - first);
  float *dx = d->result + image * d->inputs + first;

  if (!d->op->accumulate)
    memset (dx, 0, count * sizeof *dx);
  for (gsize m = 0; m < d->outputs; m++)
    add_multiple (dx, d->weight + m * d->inputs + first, d->dy[image * d->outputs + m], count);
}

/* index: the weights of one output. */
static void
weight_row (guint index, gpointer user_data)
{
  const Dense *d = user_data;
  float *row = d->result + index * d->inputs;
  double sum = 0;

  if (!d->op->accumulate)
    memset (row, 0, d->inputs * sizeof *row);
  for (gsize image = 0; image < d->images; image++)
    {
      const float dy = d->dy[image * d->outputs + index];

      add_multiple (row, d->x + image * d->inputs, dy, d->inputs);
      sum += dy;
    }
  if (d->dbias != NULL)
    cnc_store (d->dbias + index, sum, d->op->accumulate);
}

gboolean
cnc_reference_dense (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Dense d = {
    .images = in[0].shape.n,
    .inputs = in[1].shape.c,
    .outputs = in[1].shape.n,
    .x = cnc_floats (&in[0]),
    .weight = cnc_floats (&in[1]),
    .bias = n_in > 2 ? cnc_floats (&in[2]) : NULL,
    .result = cnc_floats (&out[0]),
    .op = op,
  };

  cnc_parallel_for ((guint) d.outputs, forward_output, &d);
  return TRUE;
}

gboolean
cnc_reference_dense_backward_data (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Dense d = {
    .images = in[0].shape.n,
    .inputs = in[1].shape.c,
    .outputs = in[1].shape.n,
    .dy = cnc_floats (&in[0]),
    .weight = cnc_floats (&in[1]),
    .result = cnc_floats (&out[0]),
    .op = op,
  };

  cnc_parallel_for ((guint) d.images * groups (d.inputs), data_columns, &d);
  return TRUE;
}

gboolean
cnc_reference_dense_backward_weight (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Dense d = {
    .images = in[0].shape.n,
    .inputs = out[0].shape.c,
    .outputs = out[0].shape.n,
    .x = cnc_floats (&in[0]),
    .dy = cnc_floats (&in[1]),
    .result = cnc_floats (&out[0]),
    .dbias = n_out > 1 ? cnc_floats (&out[1]) : NULL,
    .op = op,
  };

  cnc_parallel_for ((guint) d.outputs, weight_row, &d);
  return TRUE;
}
