/* models/train/begin.c: the weights before the first step: drawn, transforms, and scaled by what the data does to them; see session.h. */
#include "session.h"

#include "base/error.h"
#include "base/memory.h"
#include "ranks.h"

#include <math.h>
#include <string.h>

#define NORMALISE_BATCHES 16u

static void
fill_uniform (float *values, gsize count, double deviation, guint64 seed)
{
  const double range = deviation * sqrt (3.0);

  for (gsize i = 0; i < count; i++)
    values[i] = (float) (((double) (train_random (seed, i) >> 11) / 4503599627370496.0 - 1.0) * range);
}

static void
draw (CncNet *net, guint64 seed)
{
  for (guint n = 0; n < net->graph->n_nodes; n++)
    {
      const CncNode *node = &net->graph->nodes[n];

      for (guint i = 0; i < node->n_weights; i++)
        {
          const CncParameter *p = &net->graph->parameters[node->weights[i]];
          const gsize count = cnc_shape_count (&p->shape);
          float *values = net->values[node->weights[i]];
          const gboolean rectified = node->activation == CNC_ACTIVATION_RELU || node->activation == CNC_ACTIVATION_LEAKY_RELU;

          if (node->kind == CNC_LAYER_BATCH_NORM)
            for (gsize k = 0; k < count; k++)
              values[k] = i == 0 || i == 3 ? 1.0f : 0.0f; /* scale and variance */
          else if (node->kind == CNC_LAYER_QUANTISE)
            for (gsize k = 0; k < count; k++)
              values[k] = k % 6 == 2 ? -0.5f : k % 6 == 3 ? 0.5f : 0.0f; /* two means apart, so that the mixture can part */
          else if (p->fan_in > 0)
            fill_uniform (values, count, sqrt ((rectified ? 2.0 : 1.0) / p->fan_in), train_random (seed, node->weights[i]));
        }
    }
}

/* ---- transforms ---- */

/* A basis function of the transform: one of three colour axes, and two frequencies. */
typedef struct
{
  guint axis, v, u;
  double rank;
} Basis;

static int
by_rank (gconstpointer a, gconstpointer b)
{
  const Basis *p = a, *q = b;

  if (p->rank != q->rank)
    return p->rank < q->rank ? -1 : 1;
  if (p->axis != q->axis)
    return p->axis < q->axis ? -1 : 1;
  return p->v < q->v ? -1 : p->v > q->v;
}

/* About in the order of how much of photographs is in them: low frequencies first, each three or four times as late for colour as for grey.
 */
static Basis *
basis_new (guint side)
{
  static const double late[3] = { 1, 3, 4 };
  Basis *basis = g_new (Basis, (gsize) 3 * side * side);

  for (guint i = 0; i < 3 * side * side; i++)
    {
      const guint axis = i / (side * side), v = i / side % side, u = i % side;

      basis[i] = (Basis){ axis, v, u, (1 + u + v + 0.01 * fabs ((double) u - (double) v)) * late[axis] };
    }
  qsort (basis, (gsize) 3 * side * side, sizeof *basis, by_rank);
  return basis;
}

static double
cosine (guint side, guint frequency, guint at)
{
  return (frequency == 0 ? sqrt (0.5) : cos (G_PI * (2 * at + 1) * frequency / (2.0 * side))) * sqrt (2.0 / side);
}

/* The orthonormal discrete cosine transform (Ahmed, Natarajan and Rao 1974) of the axes (1, 1, 1), (1, 0, -1) and (1, -2, 1), each made as
 * long as 1. */
static void
fill_transform (const TrainTransform *t, const CncShape *shape, float *values)
{
  static const double axes[3][3] = { { 1, 1, 1 }, { 1, 0, -1 }, { 1, -2, 1 } }, squares[3] = { 3, 2, 6 };
  const guint side = shape->h;
  g_autofree Basis *basis = basis_new (side);

  for (guint row = 0; row < shape->n; row++)
    {
      const Basis *b = &basis[t->rows[row]];

      for (guint c = 0; c < 3; c++)
        for (guint y = 0; y < side; y++)
          for (guint x = 0; x < side; x++)
            *values++ = (float) (axes[b->axis][c] / sqrt (squares[b->axis]) * cosine (side, b->v, y) * cosine (side, b->u, x));
    }
}

static void
begin_transforms (CncNet *net, const TrainRecipe *recipe)
{
  for (guint i = 0; i < recipe->n_transforms; i++)
    {
      const CncNode *node = &net->graph->nodes[recipe->transforms[i].node];

      fill_transform (&recipe->transforms[i], &net->graph->parameters[node->weights[0]].shape, net->values[node->weights[0]]);
      if (node->n_weights > 1)
        memset (net->values[node->weights[1]], 0, cnc_shape_count (&net->graph->parameters[node->weights[1]].shape) * sizeof (float));
    }
}

gboolean
train_begin (CncNet *net, const TrainRecipe *recipe, GError **error)
{
  draw (net, recipe->seed);
  begin_transforms (net, recipe);
  for (guint i = 0; i < net->n_values; i++)
    {
      const CncStoredTensor *start = train_recipe_start (recipe, i);

      if (start != NULL && !cnc_stored_tensor_floats (start, net->values[i], error))
        return FALSE;
    }
  return TRUE;
}

/* ---- what the data does ---- */

/* Sums and sums of squares of each channel over the values of one batch. */
static void
add_moments (const float *values, const CncShape *shape, double *sums)
{
  const gsize area = (gsize) shape->h * shape->w;

  for (gsize i = 0; i < (gsize) shape->n * shape->c; i++)
    for (gsize k = 0; k < area; k++)
      {
        const double v = (double) values[i * area + k];

        sums[2 * (i % shape->c)] += v;
        sums[2 * (i % shape->c) + 1] += v * v;
      }
}

static gboolean
measure (TrainSession *s, guint value, double *sums, GError **error)
{
  const CncTensor *t = cnc_plan_tensor (s->plan, value);
  g_autofree float *values = cnc_alloc (cnc_shape_count (&t->shape), sizeof *values, "what a layer gives", error);

  if (values == NULL)
    return FALSE;
  for (guint b = 0; b < NORMALISE_BATCHES; b++)
    {
      s->step = b; /* the batches of the first steps */
      train_session_fill (s);
      if (!train_session_upload (s, s->plan, error) || !cnc_plan_run (s->plan, s->weights, b, error)
          || !cnc_buffer_download (s->backend, t->buffer, t->offset * sizeof (float), values, cnc_tensor_bytes (t), error))
        return FALSE;
      add_moments (values, &t->shape, sums);
    }
  return TRUE;
}

/* Each rank has seen its own part of the batches. */
static gboolean
share_moments (double *sums, guint n, GError **error)
{
  g_autofree float *values = NULL;

  if (train_ranks_count () == 1)
    return TRUE;
  values = g_new (float, n);
  for (guint i = 0; i < n; i++)
    values[i] = (float) sums[i];
  if (!train_ranks_mean (values, n, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    sums[i] = (double) values[i];
  return TRUE;
}

/* y = w x + b becomes (y - mean) / deviation. */
static gboolean
scale_layer (TrainSession *s, guint number, GError **error)
{
  const CncNode *node = &s->net->graph->nodes[number];
  const CncShape *shape = &s->net->graph->parameters[node->weights[0]].shape;
  const CncTensor *out = cnc_plan_tensor (s->plan, s->net->graph->n_inputs + number);
  const double count = (double) NORMALISE_BATCHES * out->shape.n * out->shape.h * out->shape.w;
  const gsize row = cnc_shape_count (shape) / shape->n;
  float *weight = s->net->values[node->weights[0]], *bias = s->net->values[node->weights[1]];
  g_autofree double *sums = g_new0 (double, 2 * (gsize) shape->n);

  if (!measure (s, s->net->graph->n_inputs + number, sums, error) || !share_moments (sums, 2 * shape->n, error))
    return FALSE;
  for (guint c = 0; c < shape->n; c++)
    {
      const double mean = sums[2 * c] / count, variance = sums[2 * c + 1] / count - mean * mean;
      const double factor = variance > 1e-12 ? 1 / sqrt (variance) : 1;

      for (gsize k = 0; k < row; k++)
        weight[c * row + k] = (float) ((double) weight[c * row + k] * factor);
      bias[c] = (float) (((double) bias[c] - mean) * factor);
    }
  return cnc_weights_upload (s->weights, s->net, error);
}

gboolean
train_begin_normalise (TrainSession *s, GError **error)
{
  for (guint n = 0; n < s->net->graph->n_nodes; n++)
    if (s->recipe->normalised != NULL && s->recipe->normalised[n] && !scale_layer (s, n, error))
      return FALSE;
  s->step = 0;
  return TRUE;
}
