/* core/nn/fold.c: layers that can be one, see cnc_net_fold in net.h.
 *
 * Batch normalisation with fixed statistics is a scale and a shift a channel; behind a convolution it is a convolution with other weights.
 */
#include "nn/net.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

typedef struct
{
  CncNet *model;
  guint *uses;       /* how many layers (and outputs) read each value */
  guint *parameters; /* how many layers use each parameter */
  guint *now;        /* the number that each value has in the new list of nodes */
  CncNode *nodes;    /* the new list */
  guint n_nodes;
} Fold;

static gboolean
add_parameter (Fold *f, const char *name, const CncShape *shape, guint rank, guint *index, GError **error)
{
  CncGraph *graph = f->model->graph;
  CncParameter *p;
  float *values = cnc_alloc0 (cnc_shape_count (shape), sizeof (float), "the model's weights", error);

  if (values == NULL)
    return FALSE;
  graph->parameters = g_renew (CncParameter, graph->parameters, graph->n_parameters + 1);
  f->model->values = g_renew (float *, f->model->values, graph->n_parameters + 1);
  f->parameters = g_renew (guint, f->parameters, graph->n_parameters + 1);
  p = &graph->parameters[graph->n_parameters];
  *p = (CncParameter){ .shape = *shape, .rank = rank, .trained = TRUE };
  g_strlcpy (p->name, name, sizeof p->name);
  f->model->values[graph->n_parameters] = values;
  f->parameters[graph->n_parameters] = 1;
  *index = graph->n_parameters++;
  f->model->n_values = graph->n_parameters;
  return TRUE;
}

/* The node before, in the new list, if it may be merged with what stands behind it. */
static CncNode *
mergeable (Fold *f, const CncNode *node)
{
  const guint from = f->now[node->inputs[0]];
  CncNode *before;

  if (from < f->model->graph->n_inputs || f->uses[node->inputs[0]] != 1)
    return NULL;
  before = &f->nodes[from - f->model->graph->n_inputs];
  return before->activation == CNC_ACTIVATION_NONE ? before : NULL;
}

static void
scale_and_shift (Fold *f, const CncNode *norm, guint channel, double *scale, double *shift)
{
  float **v = f->model->values;
  const guint *w = norm->weights;

  *scale = v[w[0]][channel] / sqrt (v[w[3]][channel] + norm->epsilon);
  *shift = v[w[1]][channel] - v[w[2]][channel] * *scale;
}

static gboolean
give_bias (Fold *f, CncNode *node, guint32 channels, GError **error)
{
  const CncShape shape = { 1, channels, 1, 1 };
  g_autofree char *name = g_strdup_printf ("%s.bias", node->name);

  if (node->n_weights == 2)
    return TRUE;
  if (!add_parameter (f, name, &shape, 1, &node->weights[1], error))
    return FALSE;
  node->n_weights = 2;
  node->bias = 1;
  return TRUE;
}

static gboolean
merge_norm (Fold *f, const CncNode *norm, CncNode *conv, GError **error)
{
  const CncShape *shape = &f->model->graph->parameters[conv->weights[0]].shape;
  const guint32 outputs = conv->channels;
  const gsize window = (gsize) shape->h * shape->w;
  float *weight, *bias;
  double scale, shift;

  if (!give_bias (f, conv, outputs, error))
    return FALSE;
  shape = &f->model->graph->parameters[conv->weights[0]].shape;
  weight = f->model->values[conv->weights[0]];
  bias = f->model->values[conv->weights[1]];
  for (guint32 o = 0; o < outputs; o++)
    {
      scale_and_shift (f, norm, o, &scale, &shift);
      bias[o] = (float) (bias[o] * scale + shift);
      /* (C_out, C_in, ...) or, transposed, (C_in, C_out, ...) */
      if (conv->kind == CNC_LAYER_CONV2D)
        for (gsize k = 0; k < shape->c * window; k++)
          weight[o * shape->c * window + k] = (float) (weight[o * shape->c * window + k] * scale);
      else
        for (guint32 i = 0; i < shape->n; i++)
          for (gsize k = 0; k < window; k++)
            weight[((gsize) i * outputs + o) * window + k] = (float) (weight[((gsize) i * outputs + o) * window + k] * scale);
    }
  memcpy (conv->name, norm->name, sizeof conv->name);
  return TRUE;
}

static gboolean
can_take_norm (const Fold *f, const CncNode *node)
{
  if (node == NULL || (node->kind != CNC_LAYER_CONV2D && node->kind != CNC_LAYER_CONV_TRANSPOSE2D) || node->n_inputs != 1)
    return FALSE;
  for (guint i = 0; i < node->n_weights; i++)
    if (f->parameters[node->weights[i]] != 1)
      return FALSE;
  return TRUE;
}

/* A batch normalisation that stands alone: a 1x1 convolution with a diagonal matrix. */
static gboolean
replace_norm (Fold *f, CncNode *norm, GError **error)
{
  const guint32 channels = f->model->graph->parameters[norm->weights[0]].shape.c;
  const CncShape square = { channels, channels, 1, 1 }, vector = { 1, channels, 1, 1 };
  g_autofree char *weight_name = g_strdup_printf ("%s.weight", norm->name), *bias_name = g_strdup_printf ("%s.bias", norm->name);
  CncNode conv = { .kind = CNC_LAYER_CONV2D,
                   .n_inputs = 1,
                   .n_weights = 2,
                   .channels = channels,
                   .kernel = 1,
                   .stride = 1,
                   .dilation = 1,
                   .bias = 1,
                   .slope = 0.01 };
  double scale, shift;

  memcpy (conv.name, norm->name, sizeof conv.name);
  conv.inputs[0] = norm->inputs[0];
  if (!add_parameter (f, weight_name, &square, 4, &conv.weights[0], error)
      || !add_parameter (f, bias_name, &vector, 1, &conv.weights[1], error))
    return FALSE;
  for (guint32 c = 0; c < channels; c++)
    {
      scale_and_shift (f, norm, c, &scale, &shift);
      f->model->values[conv.weights[0]][(gsize) c * channels + c] = (float) scale;
      f->model->values[conv.weights[1]][c] = (float) shift;
    }
  *norm = conv;
  return TRUE;
}

static gboolean
fold_node (Fold *f, const CncNode *node, guint value, GError **error)
{
  CncNode *before = mergeable (f, node);
  CncNode copy = *node;

  if (node->kind == CNC_LAYER_BATCH_NORM && can_take_norm (f, before))
    {
      f->now[value] = f->now[node->inputs[0]];
      return merge_norm (f, node, before, error);
    }
  if (node->kind == CNC_LAYER_ACTIVATION && before != NULL
      && (before->kind == CNC_LAYER_CONV2D || before->kind == CNC_LAYER_CONV_TRANSPOSE2D || before->kind == CNC_LAYER_DENSE
          || before->kind == CNC_LAYER_ADD))
    {
      f->now[value] = f->now[node->inputs[0]];
      before->activation = node->activation;
      before->slope = node->slope;
      memcpy (before->name, node->name, sizeof before->name);
      return TRUE;
    }
  if (node->kind == CNC_LAYER_BATCH_NORM && !replace_norm (f, &copy, error))
    return FALSE;
  for (guint i = 0; i < copy.n_inputs; i++)
    copy.inputs[i] = f->now[copy.inputs[i]];
  f->now[value] = f->model->graph->n_inputs + f->n_nodes;
  f->nodes[f->n_nodes++] = copy;
  return TRUE;
}

/* Forgets the parameters that no layer uses any more, and numbers the others anew. */
static void
drop_unused (Fold *f)
{
  CncNet *model = f->model;
  CncGraph *graph = model->graph;
  g_autofree guint *number = g_new0 (guint, graph->n_parameters);
  guint n = 0;

  for (guint i = 0; i < f->n_nodes; i++)
    for (guint k = 0; k < f->nodes[i].n_weights; k++)
      number[f->nodes[i].weights[k]] = 1;
  for (guint i = 0; i < graph->n_parameters; i++)
    if (number[i] == 0)
      g_free (model->values[i]);
    else
      {
        number[i] = n;
        graph->parameters[n] = graph->parameters[i];
        model->values[n++] = model->values[i];
      }
  graph->n_parameters = model->n_values = n;
  for (guint i = 0; i < f->n_nodes; i++)
    for (guint k = 0; k < f->nodes[i].n_weights; k++)
      f->nodes[i].weights[k] = number[f->nodes[i].weights[k]];
}

static void
count_uses (Fold *f)
{
  const CncGraph *graph = f->model->graph;

  for (guint i = 0; i < graph->n_nodes; i++)
    {
      for (guint k = 0; k < graph->nodes[i].n_inputs; k++)
        f->uses[graph->nodes[i].inputs[k]]++;
      for (guint k = 0; k < graph->nodes[i].n_weights; k++)
        f->parameters[graph->nodes[i].weights[k]]++;
    }
  for (guint i = 0; i < graph->n_outputs; i++)
    f->uses[graph->outputs[i]] += 2; /* has to stay a value of its own */
  if (graph->latent != CNC_NO_VALUE)
    f->uses[graph->latent] += 2;
}

gboolean
cnc_net_fold (CncNet *model, GError **error)
{
  CncGraph *graph = model->graph;
  const guint n = cnc_graph_n_values (graph);
  Fold f = { .model = model };
  gboolean good = TRUE;

  f.uses = g_new0 (guint, n);
  f.now = g_new0 (guint, n);
  f.parameters = g_new0 (guint, graph->n_parameters + 1);
  f.nodes = g_new0 (CncNode, graph->n_nodes);
  count_uses (&f);
  for (guint i = 0; i < graph->n_inputs; i++)
    f.now[i] = i;
  for (guint i = 0; i < graph->n_nodes && good; i++)
    good = fold_node (&f, &graph->nodes[i], graph->n_inputs + i, error);
  if (good)
    {
      drop_unused (&f);
      for (guint i = 0; i < graph->n_outputs; i++)
        graph->outputs[i] = f.now[graph->outputs[i]];
      if (graph->latent != CNC_NO_VALUE)
        graph->latent = f.now[graph->latent];
      g_free (graph->nodes);
      graph->nodes = g_steal_pointer (&f.nodes);
      graph->n_nodes = f.n_nodes;
    }
  g_free (f.nodes);
  g_free (f.uses);
  g_free (f.now);
  g_free (f.parameters);
  return good;
}
