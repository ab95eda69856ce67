/* core/nn/graph.c: building a graph and working out its shapes, see graph.h. */
#include "nn/graph.h"

#include "base/error.h"
#include "nn/layers.h"

#include <math.h>
#include <string.h>

#define NOMINAL_SIDE 256u /* of an input that takes any size, while shapes of weights are worked out */

static gboolean
bad (GError **error, const char *name, const char *what)
{
  g_autofree char *shown = g_strescape (name, NULL);

  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "In the network, \"%.80s\" %s.", shown, what);
  return FALSE;
}

CncGraph *
cnc_graph_new (void)
{
  CncGraph *graph = g_new0 (CncGraph, 1);

  graph->latent = CNC_NO_VALUE;
  return graph;
}

void
cnc_graph_free (CncGraph *graph)
{
  if (graph == NULL)
    return;
  g_free (graph->nodes);
  g_free (graph->parameters);
  g_free (graph);
}

CncGraph *
cnc_graph_copy (const CncGraph *graph)
{
  CncGraph *copy = g_memdup2 (graph, sizeof *graph);

  copy->nodes = g_memdup2 (graph->nodes, graph->n_nodes * sizeof *graph->nodes);
  copy->parameters = g_memdup2 (graph->parameters, graph->n_parameters * sizeof *graph->parameters);
  return copy;
}

guint
cnc_graph_n_values (const CncGraph *graph)
{
  return graph->n_inputs + graph->n_nodes;
}

const char *
cnc_graph_value_name (const CncGraph *graph, guint value)
{
  return value < graph->n_inputs ? graph->inputs[value].name : graph->nodes[value - graph->n_inputs].name;
}

guint
cnc_graph_value (const CncGraph *graph, const char *name)
{
  for (guint i = 0; i < cnc_graph_n_values (graph); i++)
    if (strcmp (cnc_graph_value_name (graph, i), name) == 0)
      return i;
  return CNC_NO_VALUE;
}

const CncNode *
cnc_graph_node (const CncGraph *graph, guint value)
{
  return value < graph->n_inputs ? NULL : &graph->nodes[value - graph->n_inputs];
}

guint32
cnc_graph_channels (const CncGraph *graph, guint value)
{
  const CncNode *node = cnc_graph_node (graph, value);
  guint64 channels = 0;

  if (node == NULL)
    return graph->inputs[value].channels;
  switch (node->kind)
    {
    case CNC_LAYER_CONV2D:
    case CNC_LAYER_CONV_TRANSPOSE2D:
    case CNC_LAYER_DENSE:
    case CNC_LAYER_SLICE:
      return node->channels;
    case CNC_LAYER_PIXEL_SHUFFLE:
      return cnc_graph_channels (graph, node->inputs[0]) / (node->stride * node->stride);
    case CNC_LAYER_PIXEL_UNSHUFFLE:
      return cnc_graph_channels (graph, node->inputs[0]) * node->stride * node->stride;
    case CNC_LAYER_CONCAT:
      for (guint k = 0; k < node->n_inputs; k++)
        channels += cnc_graph_channels (graph, node->inputs[k]);
      return (guint32) channels;
    default:
      return cnc_graph_channels (graph, node->inputs[0]);
    }
}

static gboolean
good_name (const char *name)
{
  const gsize n = strlen (name);

  if (n == 0 || n > CNC_GRAPH_MAX_NAME)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("_.-", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
new_name (const CncGraph *graph, const char *name, GError **error)
{
  if (!good_name (name))
    return bad (error, name, "is not a name of 1 to 64 letters, digits, dots, dashes and underscores");
  if (cnc_graph_value (graph, name) != CNC_NO_VALUE)
    return bad (error, name, "stands twice");
  return TRUE;
}

gboolean
cnc_graph_add_input (CncGraph *graph, const CncGraphInput *input, GError **error)
{
  if (graph->n_nodes > 0 || graph->n_inputs == CNC_GRAPH_MAX_ENDS)
    return bad (error, input->name, "is an input behind the first layer, or the ninth one");
  if (!new_name (graph, input->name, error))
    return FALSE;
  if (input->channels == 0 || input->channels > CNC_GRAPH_MAX_CHANNELS || input->height > 65536 || input->width > 65536
      || (input->height == 0) != (input->width == 0) || !(input->low < input->high))
    return bad (error, input->name, "needs 1 to 4096 channels, height and width or neither, and low below high");
  if (input->divide > CNC_GRAPH_MAX_DIVIDE || (input->divide & (input->divide - 1)) != 0
      || (input->divide > 1 && (graph->n_inputs == 0 || input->height > 0)))
    return bad (error, input->name, "needs a divide of 1, 2, 4, 8, 16, 32 or 64, of 1 if it is the first input or has a fixed size");
  if (input->key && (input->low != -0.5 || input->high != 0.5))
    return bad (error, input->name, "is a key and so needs low -0.5 and high 0.5");
  graph->inputs[graph->n_inputs] = *input;
  graph->inputs[graph->n_inputs].divide = MAX (1, input->divide);
  graph->inputs[graph->n_inputs++].key = input->key != FALSE;
  return TRUE;
}

gboolean
cnc_graph_input_shapes (const CncGraph *graph, guint32 n, guint32 height, guint32 width, CncShape shapes[CNC_GRAPH_MAX_ENDS],
                        GError **error)
{
  for (guint i = 0; i < graph->n_inputs; i++)
    {
      const CncGraphInput *in = &graph->inputs[i];

      if (in->height > 0)
        shapes[i] = (CncShape){ n, in->channels, in->height, in->width };
      else
        shapes[i] = (CncShape){ n, in->channels, i > 0 ? shapes[0].h / in->divide : height, i > 0 ? shapes[0].w / in->divide : width };
      if (in->height == 0 && i > 0 && (shapes[0].h % in->divide != 0 || shapes[0].w % in->divide != 0))
        return bad (error, in->name, "needs pictures whose sides its divide divides");
    }
  return TRUE;
}

/* The number of the parameter of that name, made if it is new. */
static gboolean
use_parameter (CncGraph *graph, const char *name, guint *index, GError **error)
{
  CncParameter *parameter;

  if (name[0] == '\0' || strlen (name) >= sizeof parameter->name)
    return bad (error, name, "is too long a name for weights");
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("_.-", *p) == NULL)
      return bad (error, name, "is not a name for weights");
  for (guint i = 0; i < graph->n_parameters; i++)
    if (strcmp (graph->parameters[i].name, name) == 0)
      {
        *index = i;
        return TRUE;
      }
  graph->parameters = g_renew (CncParameter, graph->parameters, graph->n_parameters + 1);
  parameter = &graph->parameters[graph->n_parameters];
  *parameter = (CncParameter){ 0 };
  g_strlcpy (parameter->name, name, sizeof parameter->name);
  *index = graph->n_parameters++;
  return TRUE;
}

static gboolean
add_weights (CncGraph *graph, CncNode *node, const char *const *weights, GError **error)
{
  static const char *const plain[] = { "weight", "bias" }, *const norm[] = { "scale", "shift", "mean", "variance" },
                           *const prior[] = { "prior" };
  const guint most = cnc_layers[node->kind].weights;
  const guint n = most == 2 && node->bias == 0 ? 1 : most == 1 && node->prior == 0 ? 0 : most;
  const char *const *const parts = most == 4 ? norm : most == 1 ? prior : plain;

  if (weights != NULL && g_strv_length ((char **) weights) != n)
    return bad (error, node->name, "has the wrong number of weights");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = weights != NULL ? g_strdup (weights[i]) : g_strdup_printf ("%s.%s", node->name, parts[i]);

      if (!use_parameter (graph, name, &node->weights[i], error))
        return FALSE;
      for (guint k = 0; k < i; k++)
        if (node->weights[k] == node->weights[i])
          return bad (error, name, "is used twice by one layer");
    }
  node->n_weights = n;
  return TRUE;
}

gboolean
cnc_graph_add_node (CncGraph *graph, const char *name, const char *op, const char *const *inputs, const char *const *weights,
                    const CncAttribute *attributes, guint n_attributes, GError **error)
{
  CncNode node = { .kind = CNC_LAYER_COUNT };
  const guint n_inputs = g_strv_length ((char **) inputs);

  if (graph->n_nodes == CNC_GRAPH_MAX_NODES)
    return bad (error, name, "is one layer too many; 1024 are allowed");
  if (!new_name (graph, name, error))
    return FALSE;
  g_strlcpy (node.name, name, sizeof node.name);
  for (guint i = 0; i < CNC_LAYER_COUNT; i++)
    if (strcmp (cnc_layers[i].name, op) == 0)
      node.kind = (CncLayerKind) i;
  if (node.kind == CNC_LAYER_COUNT)
    return bad (error, op, "is no layer that this version of cnncrypt knows");
  if (n_inputs < cnc_layers[node.kind].min_inputs || n_inputs > cnc_layers[node.kind].max_inputs)
    return bad (error, name, "has the wrong number of inputs");
  for (guint i = 0; i < n_inputs; i++)
    {
      node.inputs[i] = cnc_graph_value (graph, inputs[i]);
      if (node.inputs[i] == CNC_NO_VALUE)
        return bad (error, inputs[i], "is read before any layer makes it");
    }
  node.n_inputs = n_inputs;
  if (!cnc_layer_read_attributes (&node, attributes, n_attributes, error))
    return FALSE;
  if (node.kind == CNC_LAYER_CONV2D && n_inputs == 2 && node.bias == 0)
    return bad (error, name, "adds a second input and so needs a bias");
  if (!add_weights (graph, &node, weights, error))
    return FALSE;
  graph->nodes = g_renew (CncNode, graph->nodes, graph->n_nodes + 1);
  graph->nodes[graph->n_nodes++] = node;
  return TRUE;
}

/* Shape of the node's i-th weight for an input of shape x. */
static CncParameter
expected_parameter (const CncNode *node, guint i, const CncShape *x)
{
  CncParameter p = { .rank = 1, .trained = TRUE };
  const guint32 outputs = node->kind == CNC_LAYER_DENSE ? node->channels * node->height * node->width : node->channels;

  if (node->kind == CNC_LAYER_BATCH_NORM)
    {
      p.shape = (CncShape){ 1, x->c, 1, 1 };
      p.trained = i < 2;
    }
  else if (node->kind == CNC_LAYER_QUANTISE)
    {
      p.rank = 2;
      p.shape = (CncShape){ x->c, 6, 1, 1 };
    }
  else if (i == 1)
    p.shape = (CncShape){ 1, outputs, 1, 1 };
  else if (node->kind == CNC_LAYER_DENSE)
    {
      p.rank = 2;
      p.shape = (CncShape){ outputs, x->c * x->h * x->w, 1, 1 };
      p.fan_in = p.shape.c;
    }
  else if (node->kind == CNC_LAYER_CONV2D)
    {
      p.rank = 4;
      p.shape = (CncShape){ node->channels, x->c, node->kernel, node->kernel };
      p.fan_in = x->c * node->kernel * node->kernel;
    }
  else
    {
      p.rank = 4;
      p.shape = (CncShape){ x->c, node->channels, node->kernel, node->kernel };
      /* an output value sees that share of the windows */
      p.fan_in = MAX (1, x->c * node->kernel * node->kernel / (node->stride * node->stride));
    }
  return p;
}

static gboolean
shape_parameters (CncGraph *graph, const CncNode *node, const CncShape *x, GError **error)
{
  for (guint i = 0; i < node->n_weights; i++)
    {
      CncParameter *p = &graph->parameters[node->weights[i]];
      const CncParameter expected = expected_parameter (node, i, x);

      if (expected.shape.n > 65536 || expected.shape.c > 65536 || cnc_shape_count (&expected.shape) == 0)
        return bad (error, p->name, "would hold too many weights");
      if (p->rank == 0)
        {
          p->shape = expected.shape;
          p->rank = expected.rank;
          p->fan_in = expected.fan_in;
          p->trained = expected.trained;
        }
      else if (memcmp (&p->shape, &expected.shape, sizeof p->shape) != 0 || p->trained != expected.trained)
        return bad (error, p->name, "is shared by layers that need weights of different shapes");
    }
  return TRUE;
}

static gboolean
infer (CncGraph *graph, GError **error)
{
  const guint n = cnc_graph_n_values (graph);
  g_autofree CncShape *shapes = g_new0 (CncShape, n);
  CncShape ends[CNC_GRAPH_MAX_ENDS];
  gboolean fixed = TRUE;

  if (!cnc_graph_input_shapes (graph, 1, NOMINAL_SIDE, NOMINAL_SIDE, ends, error))
    return FALSE;
  memcpy (shapes, ends, graph->n_inputs * sizeof *shapes);
  for (guint i = 0; i < graph->n_inputs; i++)
    fixed = fixed && (graph->inputs[i].height > 0 || (i > 0 && graph->inputs[0].height > 0));
  for (guint i = 0; i < graph->n_nodes; i++)
    {
      const CncNode *node = &graph->nodes[i];
      CncShape in[CNC_NODE_MAX_INPUTS];

      for (guint k = 0; k < node->n_inputs; k++)
        in[k] = shapes[node->inputs[k]];
      if (node->kind == CNC_LAYER_DENSE && !fixed)
        return bad (error, node->name, "is a dense layer, and those need inputs of a fixed height and width");
      if ((guint64) in[0].c * in[0].h * in[0].w > 65536 && node->kind == CNC_LAYER_DENSE)
        return bad (error, node->name, "would hold too many weights");
      if (!shape_parameters (graph, node, &in[0], error) || !cnc_node_shape (graph, node, in, &shapes[graph->n_inputs + i], error))
        return FALSE;
      if (shapes[graph->n_inputs + i].c > CNC_GRAPH_MAX_CHANNELS && node->kind != CNC_LAYER_DENSE)
        return bad (error, node->name, "gives more than 4096 channels");
    }
  return TRUE;
}

gboolean
cnc_graph_finish (CncGraph *graph, const char *const *outputs, const char *latent, GError **error)
{
  const guint n = g_strv_length ((char **) outputs);

  if (graph->n_inputs == 0 || graph->n_nodes == 0 || n == 0 || n > CNC_GRAPH_MAX_ENDS)
    return bad (error, "the graph", "needs one to eight inputs and outputs and at least one layer");
  for (guint i = 0; i < n; i++)
    {
      graph->outputs[i] = cnc_graph_value (graph, outputs[i]);
      if (graph->outputs[i] == CNC_NO_VALUE)
        return bad (error, outputs[i], "is an output that no layer makes");
    }
  graph->n_outputs = n;
  if (latent != NULL)
    {
      graph->latent = cnc_graph_value (graph, latent);
      if (graph->latent == CNC_NO_VALUE || graph->latent < graph->n_inputs)
        return bad (error, latent, "is a latent that no layer makes");
    }
  return infer (graph, error);
}
