/* core/nn/plan.c: shapes, work, memory and the run, see plan.h. */
#include "nn/plan.h"

#include "base/error.h"

#include <math.h>
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
  CncTensor statistics[2]; /* batch normalisation in training */
  CncBuffer *statistics_buffer;
  guint root; /* the value whose memory this one is: itself, or what it hands on unchanged */
  guint slot;
  guint last_use;  /* the last node that reads it; G_MAXUINT: kept */
  gboolean needed; /* has to be there: fed or computed */
  gboolean fed;
} Value;

struct _CncPlan
{
  CncBackend *backend;
  const CncGraph *graph;
  CncMode mode;
  Value *values;
  GArray *slots; /* of Slot */
  double flops;
};

static gboolean
bad (GError **error, const char *name, const char *what)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The network cannot be run: \"%s\" %s.", name, what);
  return FALSE;
}

static gsize
bytes_of (const CncShape *shape)
{
  return (cnc_shape_count (shape) * sizeof (float) + 255) / 256 * 256;
}

/* Marks what the fetches need, from the last node to the first. */
static gboolean
mark (CncPlan *plan, const CncPlanParams *params, GError **error)
{
  const CncGraph *graph = plan->graph;

  for (guint i = 0; i < params->n_feeds; i++)
    {
      Value *v = &plan->values[params->feeds[i]];

      v->fed = TRUE;
      v->tensor.shape = params->shapes[i];
      v->last_use = G_MAXUINT;
      if (cnc_shape_count (&params->shapes[i]) == 0)
        return bad (error, cnc_graph_value_name (graph, params->feeds[i]), "is given no pixels, or too many");
      if (params->feeds[i] < graph->n_inputs && graph->inputs[params->feeds[i]].channels != params->shapes[i].c)
        return bad (error, cnc_graph_value_name (graph, params->feeds[i]), "is for another number of channels");
    }
  for (guint i = 0; i < params->n_fetches; i++)
    plan->values[params->fetches[i]].needed = TRUE;
  for (guint n = graph->n_nodes; n-- > 0;)
    {
      const CncNode *node = &graph->nodes[n];
      const Value *v = &plan->values[graph->n_inputs + n];

      if (v->needed && !v->fed)
        for (guint k = 0; k < node->n_inputs; k++)
          plan->values[node->inputs[k]].needed = TRUE;
    }
  for (guint i = 0; i < graph->n_inputs; i++)
    if (plan->values[i].needed && !plan->values[i].fed)
      return bad (error, graph->inputs[i].name, "is needed for the result and was not given");
  return TRUE;
}

static gboolean
runs (const CncPlan *plan, guint n)
{
  const Value *v = &plan->values[plan->graph->n_inputs + n];

  return v->needed && !v->fed;
}

/* Tensors that the node's operation takes, in its order; how many. */
static guint
gather (const CncPlan *plan, const CncNode *node, const CncTensor *parameters, CncTensor in[CNC_OP_MAX_TENSORS])
{
  const guint weights = node->kind == CNC_LAYER_BATCH_NORM ? 2 : node->kind == CNC_LAYER_QUANTISE ? 0 : node->n_weights;
  guint n = 0;

  in[n++] = plan->values[plan->values[node->inputs[0]].root].tensor;
  for (guint i = 0; i < weights; i++)
    if (parameters != NULL)
      in[n++] = parameters[node->weights[i]];
    else
      in[n++] = (CncTensor){ NULL, 0, plan->graph->parameters[node->weights[i]].shape };
  for (guint i = 1; i < node->n_inputs; i++)
    in[n++] = plan->values[plan->values[node->inputs[i]].root].tensor;
  return n;
}

static gboolean
shape_node (CncPlan *plan, guint n, GError **error)
{
  const CncGraph *graph = plan->graph;
  const CncNode *node = &graph->nodes[n];
  Value *v = &plan->values[graph->n_inputs + n];
  CncShape in[CNC_NODE_MAX_INPUTS], shapes[CNC_OP_MAX_TENSORS];
  CncTensor tensors[CNC_OP_MAX_TENSORS];
  CncOp op;
  guint count;

  for (guint k = 0; k < node->n_inputs; k++)
    {
      in[k] = plan->values[node->inputs[k]].tensor.shape;
      plan->values[plan->values[node->inputs[k]].root].last_use = MAX (plan->values[plan->values[node->inputs[k]].root].last_use, n);
    }
  if (!cnc_node_shape (graph, node, in, &v->tensor.shape, error))
    return FALSE;
  if (!cnc_node_op (graph, node, plan->mode, 0, &op))
    {
      v->root = plan->values[node->inputs[0]].root;
      return TRUE;
    }
  if (op.kind == CNC_OP_COUNT)
    return bad (error, node->name, "is a batch normalisation, which has to be folded before inference");
  count = gather (plan, node, NULL, tensors);
  for (guint k = 0; k < count; k++)
    shapes[k] = tensors[k].shape;
  plan->flops += cnc_op_flops (&op, shapes, count, &v->tensor.shape, 1);
  return TRUE;
}

static gboolean
works_in_place (CncOpKind kind)
{
  return kind == CNC_OP_ACTIVATION || kind == CNC_OP_ADD || kind == CNC_OP_AFFINE || kind == CNC_OP_SUBTRACT || kind == CNC_OP_MULTIPLY
         || kind == CNC_OP_NOISE || kind == CNC_OP_ROUND8 || kind == CNC_OP_ROUND || kind == CNC_OP_WRAP || kind == CNC_OP_CLAMP;
}

/* A free slot: the smallest that is large enough, else the largest, which grows, else a new one. */
static guint
take_slot (CncPlan *plan, gsize bytes)
{
  guint best = G_MAXUINT;
  Slot slot = { bytes, NULL, TRUE };

  for (guint i = 0; i < plan->slots->len; i++)
    {
      const Slot *s = &g_array_index (plan->slots, Slot, i), *b = best != G_MAXUINT ? &g_array_index (plan->slots, Slot, best) : NULL;

      if (s->taken)
        continue;
      if (b == NULL || (s->bytes >= bytes ? b->bytes < bytes || s->bytes < b->bytes : b->bytes < bytes && s->bytes > b->bytes))
        best = i;
    }
  if (best == G_MAXUINT)
    {
      g_array_append_val (plan->slots, slot);
      return plan->slots->len - 1;
    }
  slot.bytes = MAX (bytes, g_array_index (plan->slots, Slot, best).bytes);
  g_array_index (plan->slots, Slot, best) = slot;
  return best;
}

static void
place_node (CncPlan *plan, guint n)
{
  const CncGraph *graph = plan->graph;
  const CncNode *node = &graph->nodes[n];
  const guint value = graph->n_inputs + n;
  Value *v = &plan->values[value];
  const guint first = plan->values[node->inputs[0]].root;
  CncOp op;

  if (v->root != value)
    return;
  cnc_node_op (graph, node, plan->mode, 0, &op);
  if (plan->mode != CNC_MODE_TRAINING && works_in_place (op.kind) && plan->values[first].last_use == n)
    v->slot = plan->values[first].slot;
  else
    v->slot = take_slot (plan, bytes_of (&v->tensor.shape));
  for (guint k = 0; k < node->n_inputs; k++)
    {
      const Value *x = &plan->values[plan->values[node->inputs[k]].root];

      if (plan->mode != CNC_MODE_TRAINING && x->last_use == n && x->slot != v->slot)
        g_array_index (plan->slots, Slot, x->slot).taken = FALSE;
    }
}

/* Shapes, work and the place of every value. */
static gboolean
lay_out (CncPlan *plan, const CncPlanParams *params, GError **error)
{
  const CncGraph *graph = plan->graph;

  for (guint n = 0; n < graph->n_nodes; n++)
    if (runs (plan, n) && !shape_node (plan, n, error))
      return FALSE;
  for (guint i = 0; i < params->n_fetches; i++)
    plan->values[plan->values[params->fetches[i]].root].last_use = G_MAXUINT;
  for (guint i = 0; i < params->n_feeds; i++)
    plan->values[params->feeds[i]].slot = take_slot (plan, bytes_of (&params->shapes[i]));
  for (guint n = 0; n < graph->n_nodes; n++)
    if (runs (plan, n))
      place_node (plan, n);
  return TRUE;
}

static gboolean
check_limits (const CncPlan *plan, const CncPlanParams *params, GError **error)
{
  const double flops = params->max_flops > 0 ? params->max_flops : CNC_PLAN_MAX_FLOPS;
  const gsize bytes = params->max_bytes > 0 ? params->max_bytes : (gsize) CNC_PLAN_MAX_BYTES;

  if (!(plan->flops <= flops))
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_MODEL,
          "The network asks for %.3g operations at this size, more than the %.3g that are allowed; use a smaller picture or another model.",
          plan->flops, flops);
      return FALSE;
    }
  if (cnc_plan_bytes (plan) > bytes)
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_MODEL,
          "The network asks for %.0f MiB at this size, more than the %.0f that are allowed; use a smaller picture or another model.",
          (double) cnc_plan_bytes (plan) / 1048576, (double) bytes / 1048576);
      return FALSE;
    }
  return TRUE;
}

static gboolean
allocate (CncPlan *plan, GError **error)
{
  const CncGraph *graph = plan->graph;

  for (guint i = 0; i < plan->slots->len; i++)
    {
      Slot *slot = &g_array_index (plan->slots, Slot, i);

      slot->buffer = cnc_buffer_new (plan->backend, slot->bytes, error);
      if (slot->buffer == NULL)
        return FALSE;
    }
  for (guint i = 0; i < cnc_graph_n_values (graph); i++)
    {
      Value *v = &plan->values[i];
      const CncNode *node = cnc_graph_node (graph, i);

      if (!v->needed && !v->fed)
        continue;
      v->tensor.buffer = g_array_index (plan->slots, Slot, plan->values[v->root].slot).buffer;
      if (v->fed || node == NULL || node->kind != CNC_LAYER_BATCH_NORM)
        continue;
      v->statistics[0].shape = v->statistics[1].shape = graph->parameters[node->weights[0]].shape;
      v->statistics[1].offset = bytes_of (&v->statistics[0].shape) / sizeof (float);
      v->statistics_buffer = cnc_buffer_new (plan->backend, 2 * v->statistics[1].offset * sizeof (float), error);
      v->statistics[0].buffer = v->statistics[1].buffer = v->statistics_buffer;
      if (v->statistics_buffer == NULL)
        return FALSE;
    }
  return TRUE;
}

CncPlan *
cnc_plan_new (CncBackend *backend, const CncGraph *graph, const CncPlanParams *params, GError **error)
{
  g_autoptr (CncPlan) plan = g_new0 (CncPlan, 1);

  plan->backend = backend;
  plan->graph = graph;
  plan->mode = params->mode;
  plan->slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  plan->values = g_new0 (Value, cnc_graph_n_values (graph));
  for (guint i = 0; i < cnc_graph_n_values (graph); i++)
    plan->values[i].root = i;
  if (!mark (plan, params, error) || !lay_out (plan, params, error) || !check_limits (plan, params, error))
    return NULL;
  if (backend != NULL && !allocate (plan, error))
    return NULL;
  return g_steal_pointer (&plan);
}

void
cnc_plan_free (CncPlan *plan)
{
  if (plan == NULL)
    return;
  for (guint i = 0; i < plan->slots->len; i++)
    cnc_buffer_free (plan->backend, g_array_index (plan->slots, Slot, i).buffer);
  for (guint i = 0; i < cnc_graph_n_values (plan->graph); i++)
    cnc_buffer_free (plan->backend, plan->values[i].statistics_buffer);
  g_array_unref (plan->slots);
  g_free (plan->values);
  g_free (plan);
}

gboolean
cnc_plan_run (CncPlan *plan, const CncWeights *weights, guint64 seed, GError **error)
{
  const CncGraph *graph = plan->graph;

  for (guint n = 0; n < graph->n_nodes; n++)
    {
      const CncNode *node = &graph->nodes[n];
      const Value *v = &plan->values[graph->n_inputs + n];
      CncTensor in[CNC_OP_MAX_TENSORS], out[3] = { v->tensor, v->statistics[0], v->statistics[1] };
      CncOp op;
      guint count;

      if (!runs (plan, n) || !cnc_node_op (graph, node, plan->mode, seed, &op))
        continue;
      count = gather (plan, node, weights->tensors, in);
      if (!cnc_op_run (plan->backend, &op, in, count, out, op.kind == CNC_OP_BATCH_NORM ? 3 : 1, error))
        return FALSE;
    }
  return TRUE;
}

const CncTensor *
cnc_plan_tensor (const CncPlan *plan, guint value)
{
  return &plan->values[value].tensor;
}

gboolean
cnc_plan_computes (const CncPlan *plan, guint value)
{
  return plan->values[value].needed && !plan->values[value].fed;
}

const CncTensor *
cnc_plan_statistics (const CncPlan *plan, guint value)
{
  return plan->values[value].statistics;
}

double
cnc_plan_flops (const CncPlan *plan)
{
  return plan->flops;
}

gsize
cnc_plan_bytes (const CncPlan *plan)
{
  gsize bytes = 0;

  for (guint i = 0; i < plan->slots->len; i++)
    bytes += g_array_index (plan->slots, Slot, i).bytes;
  return bytes;
}

gsize
cnc_plan_largest (const CncPlan *plan)
{
  gsize bytes = 0;

  for (guint i = 0; i < plan->slots->len; i++)
    bytes = MAX (bytes, g_array_index (plan->slots, Slot, i).bytes);
  return bytes;
}
