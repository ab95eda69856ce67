/* tests/unit/nets.h: small networks and random weights for tests of graphs and tiles. */
#pragma once

#include "nn/net.h"

#include <string.h>

#define NODE(name, op, inputs, attributes) "{\"name\":\"" name "\",\"op\":\"" op "\",\"inputs\":[" inputs "],\"attributes\":{" attributes "}}"
#define PLAIN(name, op, inputs) "{\"name\":\"" name "\",\"op\":\"" op "\",\"inputs\":[" inputs "]}"
#define GRAPH(input, nodes, outputs) "{\"version\":1,\"inputs\":[{\"name\":\"x\"," input "}],\"nodes\":[" nodes "],\"outputs\":[" outputs "]}"

/* An encoder by strides and pooling, a latent at an eighth, and a decoder by every way of growing; a residual, a sum, and a concatenation on each side. */
#define CODEC_NODES \
  NODE ("e1", "conv2d", "\"x\"", "\"channels\":6,\"kernel\":5,\"stride\":2,\"pad\":2,\"activation\":\"leaky_relu\",\"slope\":0.1") "," \
  NODE ("e2", "conv2d", "\"e1\"", "\"channels\":6,\"kernel\":3,\"pad\":2,\"dilation\":2,\"activation\":\"relu\"") "," \
  NODE ("e3", "conv2d", "\"e2\",\"e1\"", "\"channels\":6,\"kernel\":3,\"pad\":1") "," \
  PLAIN ("e4", "concat", "\"e3\",\"e1\"") "," \
  NODE ("e5", "max_pool", "\"e4\"", "\"kernel\":2") "," \
  NODE ("e6", "conv2d", "\"e5\"", "\"channels\":5,\"kernel\":1,\"activation\":\"tanh\"") "," \
  NODE ("e7", "average_pool", "\"e6\"", "\"kernel\":2") "," \
  NODE ("e8", "affine", "\"e7\"", "\"scale\":8,\"shift\":0.25") "," \
  NODE ("drop", "dropout", "\"e8\"", "\"rate\":0.5") "," \
  NODE ("z", "quantise", "\"drop\"", "\"prior\":1") "," \
  NODE ("d1", "conv_transpose2d", "\"z\"", "\"channels\":7,\"kernel\":4,\"stride\":2,\"pad\":1,\"activation\":\"sigmoid\"") "," \
  NODE ("d2", "conv2d", "\"d1\"", "\"channels\":8,\"kernel\":3,\"pad\":1,\"bias\":0") "," \
  NODE ("d3", "pixel_shuffle", "\"d2\"", "\"factor\":2") "," \
  NODE ("d4", "upsample_bilinear", "\"d1\"", "\"factor\":2") "," \
  PLAIN ("d5", "concat", "\"d3\",\"d4\"") "," \
  NODE ("d6", "upsample_nearest", "\"d5\"", "\"factor\":2") "," \
  NODE ("d7", "conv2d", "\"d6\"", "\"channels\":3,\"kernel\":3,\"pad\":1") "," \
  NODE ("d8", "activation", "\"d7\"", "\"activation\":\"sigmoid\"") "," \
  NODE ("d9", "pixel_unshuffle", "\"d8\"", "\"factor\":2") "," \
  NODE ("d10", "pixel_shuffle", "\"d9\"", "\"factor\":2") "," \
  PLAIN ("d11", "add", "\"d8\",\"d10\"") "," \
  NODE ("y", "clamp", "\"d11\"", "\"low\":0.2,\"high\":1.7")
#define CODEC_GRAPH "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[" CODEC_NODES "],\"outputs\":[\"y\"],\"latent\":\"z\"}"

/* Bit for bit. */
static inline void
assert_equal (const float *a, gsize n, const float *b, gsize m)
{
  g_assert_cmpuint (n, ==, m);
  g_assert_true (memcmp (a, b, n * sizeof *a) == 0);
}

static inline float
random_float (guint32 *state) /* (-1, 1) */
{
  *state = *state * 1664525u + 1013904223u;
  return (float) (*state >> 8) / (float) (1 << 23) - 1.0f;
}

static inline void
randomise (CncNet *model, guint32 seed)
{
  for (guint i = 0; i < model->n_values; i++)
    for (gsize k = 0; k < cnc_shape_count (&model->graph->parameters[i].shape); k++)
      model->values[i][k] = 0.4f * random_float (&seed) + (model->graph->parameters[i].trained ? 0.0f : 0.6f);
}

static inline CncNet *
model_of (const char *json, guint32 seed)
{
  g_autoptr (GError) error = NULL;
  CncGraph *graph = cnc_graph_from_json (json, strlen (json), &error);
  CncNet *model;

  g_assert_no_error (error);
  model = cnc_net_new (graph, &error);
  g_assert_no_error (error);
  randomise (model, seed);
  return model;
}
