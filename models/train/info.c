/* models/train/info.c: what is in a model file, and which devices there are; see train.h. */
#include "train.h"

#include "base/error.h"
#include "engine/engine.h"
#include "methods/sedd/pair.h"
#include "nn/plan.h"
#include "nn/tile.h"

#include <stdio.h>
#include <string.h>

#define NOMINAL 256u

static void
print_texts (const CncNet *net)
{
  static const char *const keys[] = { "name", "provenance" };
  const guint8 *sum = cnc_safetensors_sha256 (net->file);

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *text = cnc_safetensors_metadata (net->file, keys[i]);
      g_autofree char *shown = text != NULL ? g_strescape (text, "\"\\") : NULL;

      if (shown != NULL)
        printf ("%-12s %s\n", keys[i], shown);
    }
  printf ("%-12s ", "sha256");
  for (guint i = 0; i < CNC_SHA256_BYTES; i++)
    printf ("%02x", sum[i]);
  printf ("\n");
}

static gsize
weights_of (const CncGraph *graph, const CncNode *node)
{
  gsize count = 0;

  for (guint i = 0; i < node->n_weights; i++)
    count += cnc_shape_count (&graph->parameters[node->weights[i]].shape);
  return count;
}

static void
print_layers (const CncGraph *graph, const CncPlan *plan)
{
  gsize total = 0;

  printf ("%-16s %-18s %-16s %10s  from\n", "layer", "kind", "output", "weights");
  for (guint v = 0; v < cnc_graph_n_values (graph); v++)
    {
      const CncNode *node = cnc_graph_node (graph, v);
      const CncShape *shape = &cnc_plan_tensor (plan, v)->shape;
      g_autofree char *size = NULL;

      if (node != NULL && !cnc_plan_computes (plan, v))
        continue;
      size = g_strdup_printf ("%ux%ux%u", shape->c, shape->h, shape->w);
      printf ("%-16s %-18s %-16s %10" G_GSIZE_FORMAT " ", cnc_graph_value_name (graph, v),
              node != NULL ? cnc_layer_name (node->kind) : "input", size, node != NULL ? weights_of (graph, node) : (gsize) 0);
      for (guint k = 0; node != NULL && k < node->n_inputs; k++)
        printf (" %s", cnc_graph_value_name (graph, node->inputs[k]));
      printf ("%s\n", v == graph->latent ? "  (latent)" : "");
    }
  for (guint i = 0; i < graph->n_parameters; i++)
    total += cnc_shape_count (&graph->parameters[i].shape);
  printf ("parameters   %" G_GSIZE_FORMAT "\n", total);
}

/* The encoder of a pair, which has no graph. */
static gboolean
print_encoder (const char *path, GError **error)
{
  g_autoptr (CncSeddEncoder) encoder = cnc_sedd_encoder_read (path, error);
  g_autoptr (CncSafetensors) file = encoder != NULL ? cnc_safetensors_read (path, error) : NULL;
  const char *recipient;

  if (file == NULL)
    return FALSE;
  recipient = cnc_safetensors_metadata (file, "recipient");
  printf ("encoder of   %s%s\n", encoder->name, encoder->demonstration ? " (a demonstration: everybody has its decoder)" : "");
  printf ("public key   %s\n", recipient != NULL ? recipient : "none");
  printf ("decoder      SHA-256 %s\n", cnc_safetensors_metadata (file, "decoder"));
  printf ("layers       %u -> %u -> %u for 8x8 pixels, %.1f multiplications a pixel\n", SEDD_INPUTS, encoder->code.hidden,
          encoder->code.channels, sedd_multiplications (&encoder->code) / 64.0);
  return TRUE;
}

gboolean
train_info_command (const char *model, GError **error)
{
  g_autoptr (CncNet) net = NULL;
  CncPlanParams params = { .mode = CNC_MODE_TRAINING };
  g_autoptr (CncPlan) plan = NULL;
  const CncGraph *graph;
  CncTileFeed feeds[CNC_GRAPH_MAX_ENDS] = { 0 };
  double pixels = 0;
  CncReach reach;

  if (cnc_sedd_is_encoder (model))
    return print_encoder (model, error);
  net = cnc_net_read (model, error);
  if (net == NULL)
    return FALSE;
  graph = net->graph;
  params.n_feeds = graph->n_inputs;
  for (guint i = 0; i < graph->n_inputs; i++)
    {
      params.feeds[i] = i;
      feeds[i] = (CncTileFeed){ .value = i, .divide = graph->inputs[i].divide };
    }
  if (!cnc_graph_input_shapes (graph, 1, NOMINAL, NOMINAL, params.shapes, error))
    return FALSE;
  pixels = (double) params.shapes[0].h * params.shapes[0].w;
  params.n_fetches = graph->n_outputs;
  memcpy (params.fetches, graph->outputs, sizeof params.fetches);
  plan = cnc_plan_new (NULL, graph, &params, error);
  if (plan == NULL)
    return FALSE;
  print_texts (net);
  print_layers (graph, plan);
  printf ("operations   %.0f a pixel (of a picture of %ux%u)\n", cnc_plan_flops (plan) / pixels, params.shapes[0].w, params.shapes[0].h);
  if (cnc_reach_find (graph, feeds, graph->n_inputs, graph->outputs[0], &reach, NULL))
    printf ("tiles        of any size; they overlap by %u pixels; sides in steps of %u\n", reach.halo, reach.align);
  else
    printf ("tiles        none: the network takes the whole picture\n");
  return TRUE;
}

gboolean
train_devices_command (GError **error)
{
  g_autofree char *problem = NULL;
  g_autoptr (GArray) devices = cnc_engine_devices (&problem);
  g_autoptr (CncBackend) taken = cnc_engine_open (NULL, CNC_WORK_NETWORK, NULL, error);

  if (taken == NULL)
    return FALSE;
  for (guint i = 0; i < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);

      printf ("%-32s  %s%s\n", info->id, info->name, strcmp (info->id, taken->info.id) == 0 ? "  (taken without --device)" : "");
    }
  if (problem != NULL)
    fprintf (stderr, "%s\n", problem);
  return TRUE;
}
