/* core/nn/reference-loss.c: losses that are sums over elements, the rate of a factorised latent, and the sum of squares.
 *
 * Sums are kept in double, a band at a time, and the bands added in their order: the same on any number of cores.
 */
#include "nn/reference.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>

#define BCE_EPSILON 1e-7f
#define RATE_FLOOR 0x1p-30

typedef struct
{
  const CncOp *op;
  const float *x, *target;
  float *dx; /* NULL: not wanted */
  gsize count;
  double each;  /* scale / count */
  double *sums; /* one a band */
} Loss;

static inline double
difference (const Loss *l, gsize i, double *slope)
{
  const double x = l->x[i], away = l->target != NULL ? x - l->target[i] : x;

  switch (l->op->kind)
    {
    case CNC_OP_L1:
      *slope = away > 0 ? 1 : away < 0 ? -1 : 0;
      return fabs (away);
    case CNC_OP_BCE:
      {
        const double target = l->target[i], clamped = CLAMP (l->x[i], BCE_EPSILON, 1 - BCE_EPSILON);

        *slope = l->x[i] == (float) clamped ? (clamped - target) / (clamped * (1 - clamped)) : 0;
        return -target * log (clamped) - (1 - target) * log1p (-clamped);
      }
    default: /* mean or sum of squares */
      *slope = 2 * away;
      return away * away;
    }
}

static void
loss_band (guint index, gpointer user_data)
{
  Loss *l = user_data;
  const gsize end = cnc_band_end (index, l->count);
  double sum = 0;

  for (gsize i = index * CNC_BAND; i < end; i++)
    {
      double slope;

      sum += difference (l, i, &slope);
      if (l->dx != NULL)
        cnc_store (l->dx + i, l->each * slope, l->op->accumulate);
    }
  l->sums[index] = sum;
}

static gboolean
run_loss (Loss *l, double factor, float *to, GError **error)
{
  const guint bands = cnc_bands (l->count);
  g_autofree double *sums = cnc_alloc (bands, sizeof (double), "the sums of a loss", error);
  double sum = 0;

  if (sums == NULL)
    return FALSE;
  l->sums = sums;
  cnc_parallel_for (bands, loss_band, l);
  for (guint i = 0; i < bands; i++)
    sum += sums[i];
  cnc_store (to, factor * sum, l->op->accumulate);
  return TRUE;
}

gboolean
cnc_reference_loss (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Loss l = {
    .op = op,
    .x = cnc_floats (&in[0]),
    .target = cnc_floats (&in[1]),
    .dx = n_out > 1 ? cnc_floats (&out[1]) : NULL,
    .count = cnc_shape_count (&in[0].shape),
  };

  l.each = op->scale / (double) l.count;
  return run_loss (&l, l.each, cnc_floats (&out[0]), error);
}

gboolean
cnc_reference_squared_sum (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  Loss l = { .op = op, .x = cnc_floats (&in[0]), .count = cnc_shape_count (&in[0].shape) };

  return run_loss (&l, 1, cnc_floats (&out[0]), error);
}

/* ---- rate ---- */

typedef struct
{
  const CncOp *op;
  CncShape shape;
  const float *x, *parameters;
  float *dx, *dparameters;
  double each;
  double (*sums)[7]; /* a channel: bits, and the gradients of its six parameters */
} Rate;

/* A logistic distribution's mass in the bin of width 1 around x, and its derivatives.  Computed on the side of the mean where the
 * distribution function is small: elsewhere the difference of two numbers near 1 would be lost. */
static double
bin_mass (double x, double mean, double log_scale, double *by_x, double *by_log_scale)
{
  const double side = x > mean ? -1 : 1, inverse = exp (-log_scale);
  const double high = (side * (x - mean) + 0.5) * inverse, low = (side * (x - mean) - 0.5) * inverse;
  const double upper = 1 / (1 + exp (-high)), lower = 1 / (1 + exp (-low));
  const double upper_slope = upper * (1 - upper), lower_slope = lower * (1 - lower);

  *by_x = side * (upper_slope - lower_slope) * inverse;
  *by_log_scale = -(upper_slope * high - lower_slope * low);
  return upper - lower;
}

static void
rate_channel (guint c, gpointer user_data)
{
  const Rate *r = user_data;
  const float *q = r->parameters + 6 * (gsize) c;
  const double top = MAX (q[0], q[1]), e0 = exp (q[0] - top), e1 = exp (q[1] - top);
  const double weight[2] = { e0 / (e0 + e1), e1 / (e0 + e1) };
  const gsize plane = (gsize) r->shape.h * r->shape.w;
  double sums[7] = { 0 };

  for (guint32 image = 0; image < r->shape.n; image++)
    for (gsize i = 0; i < plane; i++)
      {
        const gsize at = ((gsize) image * r->shape.c + c) * plane + i;
        double mass[2], by_x[2], by_log_scale[2], whole, factor;

        for (guint k = 0; k < 2; k++)
          mass[k] = bin_mass (r->x[at], q[2 + k], q[4 + k], &by_x[k], &by_log_scale[k]);
        whole = weight[0] * mass[0] + weight[1] * mass[1];
        sums[0] -= log2 (MAX (whole, RATE_FLOOR));
        factor = whole > RATE_FLOOR ? -1 / (whole * G_LN2) : 0;
        if (r->dx != NULL)
          cnc_store (r->dx + at, r->each * factor * (weight[0] * by_x[0] + weight[1] * by_x[1]), r->op->accumulate);
        for (guint k = 0; k < 2; k++)
          {
            sums[1 + k] += factor * weight[k] * (mass[k] - whole);
            sums[3 + k] -= factor * weight[k] * by_x[k];
            sums[5 + k] += factor * weight[k] * by_log_scale[k];
          }
      }
  memcpy (r->sums[c], sums, sizeof sums);
}

gboolean
cnc_reference_rate (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape shape = in[0].shape;
  g_autofree double (*sums)[7] = cnc_alloc (shape.c, sizeof *sums, "the sums of a loss", error);
  Rate r = {
    .op = op,
    .shape = shape,
    .x = cnc_floats (&in[0]),
    .parameters = cnc_floats (&in[1]),
    .dx = n_out > 1 ? cnc_floats (&out[1]) : NULL,
    .dparameters = n_out > 2 ? cnc_floats (&out[2]) : NULL,
    .each = op->scale / (double) cnc_shape_count (&shape),
    .sums = sums,
  };
  double bits = 0;

  if (sums == NULL)
    return FALSE;
  cnc_parallel_for (shape.c, rate_channel, &r);
  for (guint32 c = 0; c < shape.c; c++)
    {
      bits += sums[c][0];
      for (guint k = 0; r.dparameters != NULL && k < 6; k++)
        cnc_store (r.dparameters + 6 * (gsize) c + k, r.each * sums[c][1 + k], op->accumulate);
    }
  cnc_store (cnc_floats (&out[0]), r.each * bits, op->accumulate);
  return TRUE;
}
