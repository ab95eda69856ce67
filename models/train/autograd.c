/* models/train/autograd.c: the backward operation of each layer, see autograd.h. */
#include "autograd.h"

#include <string.h>

typedef struct
{
  gsize bytes;
  CncBuffer *buffer;
  gboolean taken;
} Slot;

typedef struct
{
  CncTensor tensor;
  guint slot;
  gboolean wanted; /* something before it is trained */
  gboolean placed;
  gboolean written; /* holds a gradient in this step */
} Gradient;

struct _TrainGradients
{
  CncBackend *backend;
  const CncGraph *graph;
  const CncPlan *plan;
  const CncWeights *weights;
  Gradient *values;
  CncBuffer *buffer; /* of the weights' gradients */
  CncTensor *parameters;
  GArray *slots; /* of Slot */
  double flops;
};

/* ---- where gradients of values are ---- */

static void
place (TrainGradients *g, guint value)
{
  Gradient *v = &g->values[value];
  const gsize bytes = cnc_tensor_bytes (cnc_plan_tensor (g->plan, value));
  guint best = G_MAXUINT;
  Slot slot = { bytes, NULL, TRUE };

  if (v->placed)
    return;
  v->placed = TRUE;
  v->tensor.shape = cnc_plan_tensor (g->plan, value)->shape;
  for (guint i = 0; i < g->slots->len; i++)
    {
      const Slot *s = &g_array_index (g->slots, Slot, i);

      if (!s->taken && s->bytes >= bytes && (best == G_MAXUINT || s->bytes < g_array_index (g->slots, Slot, best).bytes))
        best = i;
    }
  if (best == G_MAXUINT)
    {
      best = g->slots->len;
      g_array_append_val (g->slots, slot);
    }
  g_array_index (g->slots, Slot, best).taken = TRUE;
  v->slot = best;
}

static gboolean
is_trained (const TrainGradients *g, const CncNode *node)
{
  for (guint i = 0; i < node->n_weights; i++)
    if (g->graph->parameters[node->weights[i]].trained)
      return TRUE;
  return FALSE;
}

static gboolean
is_wanted (const TrainGradients *g, guint value)
{
  const CncNode *node = cnc_graph_node (g->graph, value);

  if (node == NULL || !cnc_plan_computes (g->plan, value))
    return FALSE;
  if (is_trained (g, node))
    return TRUE;
  for (guint k = 0; k < node->n_inputs; k++)
    if (g->values[node->inputs[k]].wanted)
      return TRUE;
  return FALSE;
}

/* Layers whose operation gives all its gradients at once, wanted or not. */
static gboolean
needs_all (const CncNode *node)
{
  return node->kind == CNC_LAYER_CONCAT || node->kind == CNC_LAYER_BATCH_NORM;
}

/* As the run goes: a gradient takes its place when the first one writes it, and gives it back when its own layer is done. */
static gboolean
lay_out (TrainGradients *g, const guint *ends, guint n_ends, GError **error)
{
  const CncGraph *graph = g->graph;

  for (guint i = 0; i < cnc_graph_n_values (graph); i++)
    g->values[i].wanted = is_wanted (g, i);
  for (guint i = 0; i < n_ends; i++)
    place (g, ends[i]);
  for (guint i = cnc_graph_n_values (graph); i-- > graph->n_inputs;)
    {
      const CncNode *node = cnc_graph_node (graph, i);

      if (!g->values[i].placed || !g->values[i].wanted)
        continue;
      for (guint k = 0; k < node->n_inputs; k++)
        if (g->values[node->inputs[k]].wanted || needs_all (node))
          place (g, node->inputs[k]);
      g_array_index (g->slots, Slot, g->values[i].slot).taken = FALSE;
    }
  for (guint i = 0; i < g->slots->len; i++)
    {
      Slot *s = &g_array_index (g->slots, Slot, i);

      s->buffer = cnc_buffer_new (g->backend, s->bytes, error);
      if (s->buffer == NULL)
        return FALSE;
    }
  for (guint i = 0; i < cnc_graph_n_values (graph); i++)
    if (g->values[i].placed)
      g->values[i].tensor.buffer = g_array_index (g->slots, Slot, g->values[i].slot).buffer;
  return TRUE;
}

TrainGradients *
train_gradients_new (CncBackend *backend, const CncGraph *graph, const CncPlan *plan, const CncWeights *weights, const guint *ends,
                     guint n_ends, GError **error)
{
  g_autoptr (TrainGradients) g = g_new0 (TrainGradients, 1);

  g->backend = backend;
  g->graph = graph;
  g->plan = plan;
  g->weights = weights;
  g->slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  g->values = g_new0 (Gradient, cnc_graph_n_values (graph));
  g->parameters = g_memdup2 (weights->tensors, graph->n_parameters * sizeof *weights->tensors);
  g->buffer = cnc_buffer_new (backend, weights->floats * sizeof (float), error);
  if (g->buffer == NULL || !lay_out (g, ends, n_ends, error))
    return NULL;
  for (guint i = 0; i < graph->n_parameters; i++)
    g->parameters[i].buffer = g->buffer;
  return g_steal_pointer (&g);
}

void
train_gradients_free (TrainGradients *g)
{
  if (g == NULL)
    return;
  for (guint i = 0; i < g->slots->len; i++)
    cnc_buffer_free (g->backend, g_array_index (g->slots, Slot, i).buffer);
  cnc_buffer_free (g->backend, g->buffer);
  g_array_unref (g->slots);
  g_free (g->values);
  g_free (g->parameters);
  g_free (g);
}

const CncTensor *
train_gradients_parameter (const TrainGradients *g, guint parameter)
{
  return &g->parameters[parameter];
}

CncBuffer *
train_gradients_buffer (const TrainGradients *g)
{
  return g->buffer;
}

double
train_gradients_flops (const TrainGradients *g)
{
  return g->flops;
}

/* ---- the run ---- */

static gboolean
op (TrainGradients *g, const CncOp *o, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  CncShape from[CNC_OP_MAX_TENSORS] = { 0 }, to[CNC_OP_MAX_TENSORS] = { 0 };

  for (guint i = 0; i < n_in; i++)
    from[i] = in[i].shape;
  for (guint i = 0; i < n_out; i++)
    to[i] = out[i].shape;
  g->flops += cnc_op_flops (o, from, n_in, to, n_out);
  return cnc_op_run (g->backend, o, in, n_in, out, n_out, error);
}

static gboolean
zero (TrainGradients *g, const CncTensor *tensor, GError **error)
{
  const CncOp fill = { .kind = CNC_OP_FILL };

  return op (g, &fill, NULL, 0, tensor, 1, error);
}

gboolean
train_gradients_clear (TrainGradients *g, GError **error)
{
  const CncTensor all = { g->buffer, 0, { 1, 1, 1, (guint32) g->weights->floats } };

  for (guint i = 0; i < cnc_graph_n_values (g->graph); i++)
    g->values[i].written = FALSE;
  g->flops = 0;
  return zero (g, &all, error);
}

/* So that an operation may add. */
static gboolean
open_gradient (TrainGradients *g, guint value, GError **error)
{
  Gradient *v = &g->values[value];

  if (v->written)
    return TRUE;
  v->written = TRUE;
  return zero (g, &v->tensor, error);
}

gboolean
train_gradients_end (TrainGradients *g, guint value, CncTensor *gradient, GError **error)
{
  *gradient = g->values[value].tensor;
  return open_gradient (g, value, error);
}

/* Runs o from in to the gradient of value: replaces what it holds the first time, then adds. */
static gboolean
into (TrainGradients *g, CncOp o, const CncTensor *in, guint n_in, guint value, GError **error)
{
  Gradient *v = &g->values[value];

  if (!v->wanted)
    return TRUE;
  o.accumulate = v->written;
  v->written = TRUE;
  return op (g, &o, in, n_in, &v->tensor, 1, error);
}

/* dy times scale. */
static gboolean
pass (TrainGradients *g, const CncTensor *dy, float scale, guint value, GError **error)
{
  const CncOp o = { .kind = CNC_OP_AFFINE, .scale = scale };

  return into (g, o, dy, 1, value, error);
}

/* The gradient before the activation that is part of the layer, in place. */
static gboolean
before_activation (TrainGradients *g, const CncNode *node, guint value, const CncTensor *dy, GError **error)
{
  const CncTensor in[] = { *cnc_plan_tensor (g->plan, value), *dy };
  const CncOp o = { .kind = CNC_OP_ACTIVATION_BACKWARD, .activation = (CncActivation) node->activation, .slope = (float) node->slope };

  return node->activation == CNC_ACTIVATION_NONE || op (g, &o, in, 2, dy, 1, error);
}

/* Gradients of weight and bias: o of in is added to theirs. */
static gboolean
into_weights (TrainGradients *g, CncOp o, const CncNode *node, const CncTensor *in, guint n_in, guint n_out, GError **error)
{
  CncTensor out[2] = { g->parameters[node->weights[0]], { 0 } };

  if (!is_trained (g, node))
    return TRUE;
  if (n_out > 1)
    out[1] = g->parameters[node->weights[1]];
  o.accumulate = TRUE;
  return op (g, &o, in, n_in, out, n_out, error);
}

static gboolean
back_convolution (TrainGradients *g, const CncNode *node, CncOp o, const CncTensor *x, const CncTensor *dy, GError **error)
{
  const CncTensor *weight = &g->weights->tensors[node->weights[0]];
  const CncTensor data[] = { *dy, *weight }, forward[] = { *x, *dy }, swapped[] = { *dy, *x };
  CncOp sum = { .kind = CNC_OP_CHANNEL_SUM, .accumulate = TRUE };

  o.activation = CNC_ACTIVATION_NONE;
  switch (node->kind)
    {
    case CNC_LAYER_CONV2D:
      o.kind = CNC_OP_CONV2D_BACKWARD_WEIGHT;
      if (!into_weights (g, o, node, forward, 2, node->n_weights, error))
        return FALSE;
      o.kind = CNC_OP_CONV2D_BACKWARD_DATA;
      return into (g, o, data, 2, node->inputs[0], error) && (node->n_inputs < 2 || pass (g, dy, 1, node->inputs[1], error));
    case CNC_LAYER_CONV_TRANSPOSE2D:
      o.kind = CNC_OP_CONV2D_BACKWARD_WEIGHT;
      o.output_pad = 0;
      if (!into_weights (g, o, node, swapped, 2, 1, error))
        return FALSE;
      if (node->n_weights > 1 && is_trained (g, node) && !op (g, &sum, dy, 1, &g->parameters[node->weights[1]], 1, error))
        return FALSE;
      o.kind = CNC_OP_CONV2D;
      return into (g, o, data, 2, node->inputs[0], error);
    default: /* dense */
      o.kind = CNC_OP_DENSE_BACKWARD_WEIGHT;
      if (!into_weights (g, o, node, forward, 2, node->n_weights, error))
        return FALSE;
      o.kind = CNC_OP_DENSE_BACKWARD_DATA;
      return into (g, o, data, 2, node->inputs[0], error);
    }
}

static gboolean
back_norm (TrainGradients *g, const CncNode *node, guint value, CncOp o, const CncTensor *x, const CncTensor *dy, GError **error)
{
  const CncTensor *found = cnc_plan_statistics (g->plan, value);
  const CncTensor in[] = { *x, *dy, g->weights->tensors[node->weights[0]], found[0], found[1] };
  Gradient *v = &g->values[node->inputs[0]];
  const CncTensor out[] = { v->tensor, g->parameters[node->weights[0]], g->parameters[node->weights[1]] };

  o.kind = CNC_OP_BATCH_NORM_BACKWARD;
  o.accumulate = TRUE;
  return open_gradient (g, node->inputs[0], error) && op (g, &o, in, 5, out, 3, error);
}

static gboolean
back_concat (TrainGradients *g, const CncNode *node, const CncTensor *dy, GError **error)
{
  const CncOp o = { .kind = CNC_OP_SPLIT, .accumulate = TRUE };
  CncTensor out[CNC_NODE_MAX_INPUTS];

  for (guint k = 0; k < node->n_inputs; k++)
    {
      if (!open_gradient (g, node->inputs[k], error))
        return FALSE;
      out[k] = g->values[node->inputs[k]].tensor;
    }
  return op (g, &o, dy, 1, out, node->n_inputs, error);
}

static gboolean
back_product (TrainGradients *g, const CncNode *node, const CncTensor *dy, GError **error)
{
  const CncOp o = { .kind = CNC_OP_MULTIPLY };
  const CncTensor first[] = { *dy, *cnc_plan_tensor (g->plan, node->inputs[1]) },
                  second[] = { *dy, *cnc_plan_tensor (g->plan, node->inputs[0]) };

  return into (g, o, first, 2, node->inputs[0], error) && into (g, o, second, 2, node->inputs[1], error);
}

static gboolean
back_node (TrainGradients *g, const CncNode *node, guint value, guint64 seed, GError **error)
{
  const CncTensor *dy = &g->values[value].tensor, *y = cnc_plan_tensor (g->plan, value), *x = cnc_plan_tensor (g->plan, node->inputs[0]);
  const CncTensor x_dy[] = { *x, *dy }, y_dy[] = { *y, *dy };
  const guint input = node->inputs[0];
  CncOp o;

  cnc_node_op (g->graph, node, CNC_MODE_TRAINING, seed, &o);
  switch (node->kind)
    {
    case CNC_LAYER_CONV2D:
    case CNC_LAYER_CONV_TRANSPOSE2D:
    case CNC_LAYER_DENSE:
      return before_activation (g, node, value, dy, error) && back_convolution (g, node, o, x, dy, error);
    case CNC_LAYER_ACTIVATION:
      o.kind = CNC_OP_ACTIVATION_BACKWARD;
      return into (g, o, y_dy, 2, input, error);
    case CNC_LAYER_MAX_POOL:
      o.kind = CNC_OP_MAX_POOL_BACKWARD;
      return into (g, o, x_dy, 2, input, error);
    case CNC_LAYER_AVERAGE_POOL:
      o.kind = CNC_OP_AVERAGE_POOL_BACKWARD;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_UPSAMPLE_NEAREST:
      o.kind = CNC_OP_UPSAMPLE_NEAREST_BACKWARD;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_UPSAMPLE_BILINEAR:
      o.kind = CNC_OP_UPSAMPLE_BILINEAR_BACKWARD;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_PIXEL_SHUFFLE:
      o.kind = CNC_OP_PIXEL_UNSHUFFLE;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_PIXEL_UNSHUFFLE:
      o.kind = CNC_OP_PIXEL_SHUFFLE;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_SLICE:
      o.kind = CNC_OP_SLICE_BACKWARD;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_CONCAT:
      return back_concat (g, node, dy, error);
    case CNC_LAYER_ADD:
      return before_activation (g, node, value, dy, error) && pass (g, dy, 1, input, error) && pass (g, dy, 1, node->inputs[1], error);
    case CNC_LAYER_SUBTRACT:
      return pass (g, dy, 1, input, error) && pass (g, dy, -1, node->inputs[1], error);
    case CNC_LAYER_MULTIPLY:
      return back_product (g, node, dy, error);
    case CNC_LAYER_AFFINE:
      return pass (g, dy, (float) node->scale, input, error);
    case CNC_LAYER_CLAMP:
      o.kind = CNC_OP_CLAMP_BACKWARD;
      return into (g, o, x_dy, 2, input, error);
    case CNC_LAYER_BATCH_NORM:
      return back_norm (g, node, value, o, x, dy, error);
    case CNC_LAYER_DROPOUT:
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_JPEG:
    case CNC_LAYER_BLUR:
      if (o.kind == CNC_OP_AFFINE) /* not in this step */
        break;
      o.kind = o.kind == CNC_OP_JPEG ? CNC_OP_JPEG_BACKWARD : CNC_OP_BLUR_BACKWARD;
      return into (g, o, dy, 1, input, error);
    case CNC_LAYER_NOISE: /* the noise is a constant, and rounding passes the gradient straight through */
    case CNC_LAYER_ROUND8:
    case CNC_LAYER_QUANTISE:
    case CNC_LAYER_WRAP:
    case CNC_LAYER_COUNT:
      break;
    }
  return pass (g, dy, 1, input, error);
}

/* Some operations give the gradient of weights that are not trained beside that of others: away with it. */
static gboolean
clear_frozen (TrainGradients *g, GError **error)
{
  for (guint n = 0; n < g->graph->n_nodes; n++)
    {
      const CncNode *node = &g->graph->nodes[n];
      const gboolean norm = node->kind == CNC_LAYER_BATCH_NORM, always = norm || node->kind == CNC_LAYER_QUANTISE;

      for (guint i = 0; i < (norm ? 2 : node->n_weights) && (always || is_trained (g, node)); i++)
        if (!g->graph->parameters[node->weights[i]].trained && !zero (g, &g->parameters[node->weights[i]], error))
          return FALSE;
    }
  return TRUE;
}

gboolean
train_gradients_run (TrainGradients *g, guint64 seed, GError **error)
{
  for (guint i = cnc_graph_n_values (g->graph); i-- > g->graph->n_inputs;)
    if (g->values[i].wanted && g->values[i].written && !back_node (g, cnc_graph_node (g->graph, i), i, seed, error))
      return FALSE;
  return clear_frozen (g, error);
}
