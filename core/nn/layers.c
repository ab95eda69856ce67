/* core/nn/layers.c: which layers there are, their attributes, and the operations they mean, see layers.h and graph.h. */
#include "nn/layers.h"

#include "base/error.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

const CncLayer cnc_layers[CNC_LAYER_COUNT] = {
  [CNC_LAYER_CONV2D] = { "conv2d", 1, 2, 2, TRUE },
  [CNC_LAYER_CONV_TRANSPOSE2D] = { "conv_transpose2d", 1, 1, 2, TRUE },
  [CNC_LAYER_DENSE] = { "dense", 1, 1, 2, FALSE },
  [CNC_LAYER_ACTIVATION] = { "activation", 1, 1, 0, TRUE },
  [CNC_LAYER_MAX_POOL] = { "max_pool", 1, 1, 0, TRUE },
  [CNC_LAYER_AVERAGE_POOL] = { "average_pool", 1, 1, 0, TRUE },
  [CNC_LAYER_UPSAMPLE_NEAREST] = { "upsample_nearest", 1, 1, 0, TRUE },
  [CNC_LAYER_UPSAMPLE_BILINEAR] = { "upsample_bilinear", 1, 1, 0, TRUE },
  [CNC_LAYER_PIXEL_SHUFFLE] = { "pixel_shuffle", 1, 1, 0, TRUE },
  [CNC_LAYER_PIXEL_UNSHUFFLE] = { "pixel_unshuffle", 1, 1, 0, TRUE },
  [CNC_LAYER_CONCAT] = { "concat", 2, CNC_NODE_MAX_INPUTS, 0, TRUE },
  [CNC_LAYER_SLICE] = { "slice", 1, 1, 0, TRUE },
  [CNC_LAYER_ADD] = { "add", 2, 2, 0, TRUE },
  [CNC_LAYER_SUBTRACT] = { "subtract", 2, 2, 0, TRUE },
  [CNC_LAYER_MULTIPLY] = { "multiply", 2, 2, 0, TRUE },
  [CNC_LAYER_AFFINE] = { "affine", 1, 1, 0, TRUE },
  [CNC_LAYER_CLAMP] = { "clamp", 1, 1, 0, TRUE },
  [CNC_LAYER_BATCH_NORM] = { "batch_norm", 1, 1, 4, TRUE },
  [CNC_LAYER_DROPOUT] = { "dropout", 1, 1, 0, TRUE },
  [CNC_LAYER_NOISE] = { "noise", 1, 1, 0, TRUE },
  [CNC_LAYER_ROUND8] = { "round8", 1, 1, 0, TRUE },
  [CNC_LAYER_QUANTISE] = { "quantise", 1, 1, 1, TRUE },
  [CNC_LAYER_WRAP] = { "wrap", 1, 1, 0, TRUE },
  [CNC_LAYER_JPEG] = { "jpeg", 1, 1, 0, TRUE },
  [CNC_LAYER_BLUR] = { "blur", 1, 1, 0, TRUE },
};

static const char *const activations[] = { "none", "relu", "leaky_relu", "sigmoid", "tanh", NULL };
static const char *const distributions[] = { "uniform", "gaussian", NULL };

#define L(kind) (1u << CNC_LAYER_##kind)
#define CONVOLUTIONS (L (CONV2D) | L (CONV_TRANSPOSE2D))
#define WEIGHTED (CONVOLUTIONS | L (DENSE))
#define POOLS (L (MAX_POOL) | L (AVERAGE_POOL))
#define FACTORS (L (UPSAMPLE_NEAREST) | L (UPSAMPLE_BILINEAR) | L (PIXEL_SHUFFLE) | L (PIXEL_UNSHUFFLE))
#define ATTACKS (L (NOISE) | L (JPEG) | L (BLUR))
#define ACTIVE (WEIGHTED | L (ADD))
#define UINT(field) offsetof (CncNode, field), FALSE
#define REAL(field) offsetof (CncNode, field), TRUE

/* Written in this order into model files. */
const CncLayerAttribute cnc_layer_attribute_table[] = {
  { "first", L (SLICE), UINT (first), 0, CNC_GRAPH_MAX_CHANNELS, -1, NULL },
  { "channels", WEIGHTED | L (SLICE), UINT (channels), 1, CNC_GRAPH_MAX_CHANNELS, 0, NULL },
  { "height", L (DENSE), UINT (height), 1, 1024, 1, NULL },
  { "width", L (DENSE), UINT (width), 1, 1024, 1, NULL },
  { "kernel", CONVOLUTIONS | POOLS, UINT (kernel), 1, 31, 0, NULL },
  { "stride", CONVOLUTIONS, UINT (stride), 1, 16, 1, NULL },
  { "stride", POOLS, UINT (stride), 1, 16, 0, NULL },
  { "factor", FACTORS, UINT (stride), 1, 16, 0, NULL },
  { "pad", CONVOLUTIONS, UINT (pad), 0, 240, 0, NULL },
  { "dilation", CONVOLUTIONS, UINT (dilation), 1, 16, 1, NULL },
  { "output_pad", L (CONV_TRANSPOSE2D), UINT (output_pad), 0, 15, 0, NULL },
  { "bias", WEIGHTED, UINT (bias), 0, 1, 1, NULL },
  { "activation", ACTIVE, UINT (activation), 0, CNC_ACTIVATION_TANH, CNC_ACTIVATION_NONE, activations },
  { "activation", L (ACTIVATION), UINT (activation), CNC_ACTIVATION_RELU, CNC_ACTIVATION_TANH, CNC_ACTIVATION_NONE, activations },
  { "slope", ACTIVE | L (ACTIVATION), REAL (slope), 1e-6, 1, 0.01, NULL },
  { "scale", L (AFFINE), REAL (scale), -1e6, 1e6, 1, NULL },
  { "shift", L (AFFINE), REAL (shift), -1e6, 1e6, 0, NULL },
  { "low", L (CLAMP), REAL (low), -1e6, 1e6, -2e6, NULL },
  { "high", L (CLAMP), REAL (high), -1e6, 1e6, -2e6, NULL },
  { "epsilon", L (BATCH_NORM), REAL (epsilon), 1e-12, 1, 1e-5, NULL },
  { "momentum", L (BATCH_NORM), REAL (momentum), 0, 1, 0.1, NULL },
  { "rate", L (DROPOUT), REAL (rate), 0, 0.999, -1, NULL },
  { "scale", L (NOISE), REAL (scale), 0, 1e6, -1, NULL },
  { "distribution", L (NOISE), UINT (distribution), 0, 1, -1, distributions },
  { "low", L (JPEG), REAL (low), 1, 100, -1, NULL },
  { "high", L (JPEG), REAL (high), 1, 100, -1, NULL },
  { "low", L (BLUR), REAL (low), 0.05, 3, -1, NULL },
  { "high", L (BLUR), REAL (high), 0.05, 3, -1, NULL },
  { "always", ATTACKS, UINT (always), 0, 1, 0, NULL },
  { "share", ATTACKS, REAL (share), 0, 1, 1, NULL },
  { "prior", L (QUANTISE), UINT (prior), 0, 1, 0, NULL },
};
const guint cnc_n_layer_attributes = G_N_ELEMENTS (cnc_layer_attribute_table);

const char *
cnc_layer_name (CncLayerKind kind)
{
  return cnc_layers[kind].name;
}

const char *const *
cnc_layer_names (void)
{
  static const char *names[CNC_LAYER_COUNT + 1];
  static gsize once;

  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < CNC_LAYER_COUNT; i++)
        names[i] = cnc_layers[i].name;
      g_once_init_leave (&once, 1);
    }
  return names;
}

const char *const *
cnc_layer_attributes (CncLayerKind kind, const char *names[32])
{
  guint n = 0;

  for (guint i = 0; i < cnc_n_layer_attributes; i++)
    if (cnc_layer_has (kind, &cnc_layer_attribute_table[i]))
      names[n++] = cnc_layer_attribute_table[i].name;
  names[n] = NULL;
  return names;
}

double
cnc_layer_attribute_get (const CncNode *node, const CncLayerAttribute *attribute)
{
  const void *field = (const char *) node + attribute->offset;

  return attribute->is_double ? *(const double *) field : (double) *(const guint *) field;
}

void
cnc_layer_attribute_set (CncNode *node, const CncLayerAttribute *attribute, double value)
{
  void *field = (char *) node + attribute->offset;

  if (attribute->is_double)
    *(double *) field = value;
  else
    *(guint *) field = (guint) value;
}

static gboolean bad (GError **error, const CncNode *node, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
bad (GError **error, const CncNode *node, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The network's layer \"%s\" (%s) %s.", node->name, cnc_layers[node->kind].name, text);
  return FALSE;
}

static gboolean
read_attribute (CncNode *node, const CncLayerAttribute *known, const CncAttribute *written, GError **error)
{
  double value = written->number;
  char *end = NULL;

  if (written->text != NULL && known->choices != NULL)
    {
      for (guint i = 0; known->choices[i] != NULL; i++)
        if (strcmp (known->choices[i], written->text) == 0 && i >= known->minimum)
          {
            cnc_layer_attribute_set (node, known, i);
            return TRUE;
          }
      return bad (error, node, "has an unknown %s", known->name);
    }
  if (known->choices != NULL)
    return bad (error, node, "needs a word for %s", known->name);
  if (written->text != NULL)
    {
      value = g_ascii_strtod (written->text, &end);
      if (end == written->text || *end != '\0')
        return bad (error, node, "needs a number for %s", known->name);
    }
  /* one comparison that is false for what is not a number, too */
  if (!(value >= known->minimum && value <= known->maximum) || (!known->is_double && value != floor (value)))
    return bad (error, node, "needs a %snumber from %g to %g for %s", known->is_double ? "" : "whole ", known->minimum, known->maximum,
                known->name);
  cnc_layer_attribute_set (node, known, value);
  return TRUE;
}

gboolean
cnc_layer_read_attributes (CncNode *node, const CncAttribute *attributes, guint n, GError **error)
{
  guint used = 0;

  for (guint i = 0; i < cnc_n_layer_attributes; i++)
    {
      const CncLayerAttribute *known = &cnc_layer_attribute_table[i];
      const CncAttribute *written = NULL;

      if (!cnc_layer_has (node->kind, known))
        continue;
      for (guint k = 0; k < n; k++)
        if (strcmp (attributes[k].name, known->name) == 0)
          {
            if (written != NULL)
              return bad (error, node, "has %s twice", known->name);
            written = &attributes[k];
            used++;
          }
      if (written != NULL)
        {
          if (!read_attribute (node, known, written, error))
            return FALSE;
        }
      else if (known->initial >= known->minimum)
        cnc_layer_attribute_set (node, known, known->initial);
      else if (strcmp (known->name, "stride") == 0)
        node->stride = node->kernel; /* windows of a pool lie side by side */
      else
        return bad (error, node, "lacks %s", known->name);
    }
  if (used != n)
    for (guint k = 0; k < n; k++)
      {
        const char *names[32];

        if (!g_strv_contains (cnc_layer_attributes (node->kind, names), attributes[k].name))
          {
            g_autofree char *shown = g_strescape (attributes[k].name, NULL);

            return bad (error, node, "has no attribute \"%.64s\"", shown);
          }
      }
  if (node->low > node->high)
    return bad (error, node, "has low above high");
  if (node->kind == CNC_LAYER_JPEG && (node->low != floor (node->low) || node->high != floor (node->high)))
    return bad (error, node, "needs whole numbers for low and high");
  if (node->kind == CNC_LAYER_CONV_TRANSPOSE2D && node->output_pad >= node->stride)
    return bad (error, node, "needs output_pad below stride");
  return TRUE;
}

/* ---- what a layer computes ---- */

static const CncOpKind kinds[CNC_LAYER_COUNT] = {
  [CNC_LAYER_CONV2D] = CNC_OP_CONV2D,
  [CNC_LAYER_CONV_TRANSPOSE2D] = CNC_OP_CONV_TRANSPOSE2D,
  [CNC_LAYER_DENSE] = CNC_OP_DENSE,
  [CNC_LAYER_ACTIVATION] = CNC_OP_ACTIVATION,
  [CNC_LAYER_MAX_POOL] = CNC_OP_MAX_POOL,
  [CNC_LAYER_AVERAGE_POOL] = CNC_OP_AVERAGE_POOL,
  [CNC_LAYER_UPSAMPLE_NEAREST] = CNC_OP_UPSAMPLE_NEAREST,
  [CNC_LAYER_UPSAMPLE_BILINEAR] = CNC_OP_UPSAMPLE_BILINEAR,
  [CNC_LAYER_PIXEL_SHUFFLE] = CNC_OP_PIXEL_SHUFFLE,
  [CNC_LAYER_PIXEL_UNSHUFFLE] = CNC_OP_PIXEL_UNSHUFFLE,
  [CNC_LAYER_CONCAT] = CNC_OP_CONCAT,
  [CNC_LAYER_SLICE] = CNC_OP_SLICE,
  [CNC_LAYER_ADD] = CNC_OP_ADD,
  [CNC_LAYER_SUBTRACT] = CNC_OP_SUBTRACT,
  [CNC_LAYER_MULTIPLY] = CNC_OP_MULTIPLY,
  [CNC_LAYER_AFFINE] = CNC_OP_AFFINE,
  [CNC_LAYER_CLAMP] = CNC_OP_CLAMP,
  [CNC_LAYER_BATCH_NORM] = CNC_OP_BATCH_NORM,
  [CNC_LAYER_DROPOUT] = CNC_OP_DROPOUT,
  [CNC_LAYER_NOISE] = CNC_OP_NOISE,
  [CNC_LAYER_ROUND8] = CNC_OP_ROUND8,
  [CNC_LAYER_QUANTISE] = CNC_OP_ROUND,
  [CNC_LAYER_WRAP] = CNC_OP_WRAP,
  [CNC_LAYER_JPEG] = CNC_OP_JPEG,
  [CNC_LAYER_BLUR] = CNC_OP_BLUR,
};

/* SplitMix64's finalizer (Steele et al. 2014): neighbouring seeds give unrelated ones. */
static guint64
scramble (guint64 x)
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* Whether an attack is on in this step. */
static gboolean
happens (const CncNode *node, guint64 seed)
{
  return (double) (scramble (seed) >> 11) / 9007199254740992.0 < node->share;
}

gboolean
cnc_node_op (const CncGraph *graph, const CncNode *node, CncMode mode, guint64 seed, CncOp *op)
{
  *op = (CncOp){
    .kind = kinds[node->kind],
    .kernel_h = node->kernel,
    .kernel_w = node->kernel,
    .stride = node->stride,
    .pad = node->pad,
    .dilation = node->dilation,
    .output_pad = node->output_pad,
    .first = node->first,
    .channels = node->channels,
    .activation = (CncActivation) node->activation,
    .slope = (float) node->slope,
    .scale = (float) node->scale,
    .shift = (float) node->shift,
    .epsilon = (float) node->epsilon,
    .distribution = node->distribution,
    .seed = scramble (scramble (seed) + (guint64) (node - graph->nodes)),
  };
  switch (node->kind)
    {
    case CNC_LAYER_CLAMP:
      op->scale = (float) node->high;
      op->shift = (float) node->low;
      return TRUE;
    case CNC_LAYER_BATCH_NORM:
      if (mode != CNC_MODE_TRAINING)
        op->kind = CNC_OP_COUNT;
      return TRUE;
    case CNC_LAYER_DROPOUT:
      op->scale = (float) node->rate;
      return mode == CNC_MODE_TRAINING;
    case CNC_LAYER_NOISE:
      if (mode == CNC_MODE_TRAINING && !happens (node, op->seed))
        op->scale = 0;
      return mode == CNC_MODE_TRAINING || (mode == CNC_MODE_NOISY && node->always != 0);
    case CNC_LAYER_JPEG:
    case CNC_LAYER_BLUR:
      op->scale = (float) node->high;
      op->shift = (float) node->low;
      if (mode == CNC_MODE_TRAINING && !happens (node, op->seed))
        *op = (CncOp){ .kind = CNC_OP_AFFINE, .scale = 1 };
      return mode == CNC_MODE_TRAINING || (mode == CNC_MODE_NOISY && node->always != 0);
    case CNC_LAYER_QUANTISE:
      if (mode == CNC_MODE_TRAINING)
        {
          op->kind = CNC_OP_NOISE;
          op->scale = 1;
          op->distribution = 0;
        }
      return TRUE;
    default:
      return TRUE;
    }
}

gboolean
cnc_node_shape (const CncGraph *graph, const CncNode *node, const CncShape *in, CncShape *out, GError **error)
{
  CncShape shapes[CNC_NODE_MAX_INPUTS + CNC_NODE_MAX_WEIGHTS];
  g_autoptr (GError) why = NULL;
  CncOp op;
  guint n = 0;

  if (!cnc_node_op (graph, node, CNC_MODE_TRAINING, 0, &op))
    op.kind = CNC_OP_ACTIVATION; /* same shape */
  shapes[n++] = in[0];
  if (node->kind == CNC_LAYER_BATCH_NORM)
    {
      *out = in[0];
      if (in[0].c == graph->parameters[node->weights[0]].shape.c)
        return TRUE;
      return bad (error, node, "has weights for another number of channels");
    }
  for (guint i = 0; i < node->n_weights && node->kind != CNC_LAYER_QUANTISE; i++)
    shapes[n++] = graph->parameters[node->weights[i]].shape;
  for (guint i = 1; i < node->n_inputs; i++)
    shapes[n++] = in[i];
  if (!cnc_op_output_shape (&op, shapes, n, out, &why))
    return bad (error, node, "does not fit its inputs: %.*s", (int) strlen (why->message) - 1, why->message); /* without its full stop */
  for (guint i = 1; i < node->n_inputs; i++)
    {
      const CncShape *same = node->kind == CNC_LAYER_CONV2D ? out : &in[0];

      if (node->kind != CNC_LAYER_CONCAT && memcmp (&in[i], same, sizeof *same) != 0)
        return bad (error, node, "does not fit its inputs: they differ in shape");
    }
  if (node->kind == CNC_LAYER_DENSE)
    {
      if ((guint64) in[0].c * in[0].h * in[0].w != shapes[1].c)
        return bad (error, node, "does not fit its input: it is for another size");
      *out = (CncShape){ in[0].n, node->channels, node->height, node->width };
    }
  return TRUE;
}
