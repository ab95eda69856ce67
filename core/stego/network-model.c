/* core/stego/network-model.c: opening the networks of the modes "cnn" and "robust" and checking that they are such, see network.h. */
#include "base/error.h"
#include "nn/tile.h"
#include "stego/models.h"
#include "stego/network.h"

#include <math.h>

#define COLOURS 3u
#define MAX_STEP 128.0
#define ROW_SLACK 0.02 /* of the length 1 of a row of the transform */

void
cnc_network_free (CncNetwork *network)
{
  if (network == NULL)
    return;
  cnc_net_free (network->net);
  g_free (network);
}

/* channels: (inout): 0 takes any number. */
static gboolean
find (const CncGraph *graph, const char *name, guint *channels, guint *value, GError **error)
{
  *value = cnc_graph_value (graph, name);
  if (*value == CNC_NO_VALUE)
    return cnc_net_unfit (error, "It has no value “%s”", name);
  if (*channels != 0 && cnc_graph_channels (graph, *value) != *channels)
    return cnc_net_unfit (error, "Its value “%s” has %u channels, not %u", name, cnc_graph_channels (graph, *value), *channels);
  *channels = cnc_graph_channels (graph, *value);
  return TRUE;
}

static gboolean
is_picture (const CncGraph *graph, const char *name, guint value, GError **error)
{
  const CncGraphInput *in = value < graph->n_inputs ? &graph->inputs[value] : NULL;

  if (in != NULL && in->width == 0 && in->low == 0 && in->high == 1 && !in->key && in->divide <= 1)
    return TRUE;
  return cnc_net_unfit (error, "Its value “%s” is no input for a picture of any size", name);
}

/* to is made of feeds, at up / down of the first one's sides. */
static gboolean
leads (const CncGraph *graph, guint n_feeds, const CncTileFeed *feeds, guint to, guint up, guint down, GError **error)
{
  CncReach reach;

  if (!cnc_reach_find (graph, feeds, n_feeds, to, &reach, error))
    return FALSE;
  if (reach.numerator * down != reach.denominator * up)
    return cnc_net_unfit (error, "Its value “%s” has %u/%u of the sides of “%s”, not %u/%u", cnc_graph_value_name (graph, to),
                          reach.numerator, reach.denominator, cnc_graph_value_name (graph, feeds[0].value), up, down);
  return TRUE;
}

/* Rows of length 1, so that step is what it says. */
static gboolean
check_rows (const CncNet *net, const CncNode *transform, GError **error)
{
  const CncShape *shape = &net->graph->parameters[transform->weights[0]].shape;
  const gsize row = (gsize) shape->c * shape->h * shape->w;
  const float *w = net->values[transform->weights[0]];

  for (guint32 i = 0; i < shape->n; i++)
    {
      double sum = 0;

      for (gsize k = 0; k < row; k++)
        sum += (double) w[i * row + k] * w[i * row + k];
      if (!(fabs (sqrt (sum) - 1) < ROW_SLACK))
        return cnc_net_unfit (error, "Row %u of its transform has the length %.3f, not 1", i, sqrt (sum));
    }
  return TRUE;
}

/* spectrum is an affine layer of scale 255 / step behind a transform of blocks of the cover, between which there are clamps at most: those
 * are for training, here the cover keeps its own margin. */
static gboolean
read_transform (CncNetwork *n, guint cover, GError **error)
{
  const CncGraph *graph = n->net->graph;
  const CncNode *scale = cnc_graph_node (graph, n->spectrum), *transform, *before;

  if (scale == NULL || scale->kind != CNC_LAYER_AFFINE || scale->shift != 0 || !(scale->scale >= 255 / MAX_STEP && scale->scale <= 255))
    return cnc_net_unfit (error, "Its value “spectrum” is no affine layer with a scale from %g to 255 and no shift", 255 / MAX_STEP);
  transform = cnc_graph_node (graph, scale->inputs[0]);
  if (transform == NULL || transform->kind != CNC_LAYER_CONV2D || transform->kernel != CNC_NETWORK_BLOCK
      || transform->stride != CNC_NETWORK_BLOCK || transform->pad != 0 || transform->dilation != 1 || transform->n_inputs != 1
      || transform->n_weights != 1 || transform->activation != CNC_ACTIVATION_NONE)
    return cnc_net_unfit (error, "Its value “spectrum” does not come from a convolution of blocks of %u × %u without a bias",
                          CNC_NETWORK_BLOCK, CNC_NETWORK_BLOCK);
  n->step = 255 / scale->scale;
  n->carrier = transform->inputs[0];
  for (guint value = n->carrier; value != cover; value = before->inputs[0])
    {
      before = cnc_graph_node (graph, value);
      if (before == NULL || before->kind != CNC_LAYER_CLAMP)
        return cnc_net_unfit (error, "Its value “spectrum” is not computed from the cover as it is");
    }
  n->rows = n->net->values[transform->weights[0]];
  return check_rows (n->net, transform, error);
}

/* carrier and message -> stego, which is exact, rounded, and in each block made of that block alone. */
static gboolean
check_hiding (CncNetwork *n, GError **error)
{
  const CncGraph *graph = n->net->graph;
  const CncNode *last = cnc_graph_node (graph, n->stego);
  const CncTileFeed feeds[] = { { .value = n->carrier }, { .value = n->message, .divide = CNC_NETWORK_BLOCK } };
  CncReach reach;

  if (last == NULL || last->kind != CNC_LAYER_ROUND8)
    return cnc_net_unfit (error, "Its value “stego” is not rounded to 8 bits");
  n->exact = last->inputs[0];
  if (!leads (graph, 1, feeds, n->spectrum, 1, CNC_NETWORK_BLOCK, error) || !leads (graph, 2, feeds, n->exact, 1, 1, error)
      || !cnc_reach_find (graph, feeds, 2, n->exact, &reach, error))
    return FALSE;
  return reach.halo < CNC_NETWORK_BLOCK || cnc_net_unfit (error, "A block of its value “stego” depends on other blocks");
}

/* The network of the mode robust. */
static gboolean
check_bits (CncNetwork *n, GError **error)
{
  const CncGraph *graph = n->net->graph;
  guint three = COLOURS, cover;
  CncTileFeed plain;

  n->bits = TRUE;
  n->slots = 1;
  if (!find (graph, "cover", &three, &cover, error) || !is_picture (graph, "cover", cover, error)
      || !find (graph, "message", &n->channels, &n->message, error) || !find (graph, "spectrum", &n->channels, &n->spectrum, error)
      || !find (graph, "stego", &three, &n->stego, error) || !find (graph, "plain", &n->channels, &n->plain, error)
      || !find (graph, "soft", &n->channels, &n->soft, error) || !read_transform (n, cover, error))
    return FALSE;
  plain = (CncTileFeed){ .value = n->plain };
  return check_hiding (n, error) && leads (graph, 1, &plain, n->soft, 1, 1, error);
}

static gboolean
check (CncNetwork *n, const CncStegoMode *mode, GError **error)
{
  const CncGraph *graph = n->net->graph;
  guint three = COLOURS, all = 0, cover;
  CncTileFeed secret, plain;

  if (mode->number == CNC_STEGO_ROBUST)
    return check_bits (n, error);
  if (!find (graph, "cover", &three, &cover, error) || !is_picture (graph, "cover", cover, error)
      || !find (graph, "secret", &three, &n->secret, error) || !is_picture (graph, "secret", n->secret, error)
      || !find (graph, "features", &n->channels, &n->features, error) || !find (graph, "plain", &n->channels, &n->plain, error)
      || !find (graph, "message", &all, &n->message, error) || !find (graph, "spectrum", &all, &n->spectrum, error)
      || !find (graph, "stego", &three, &n->stego, error) || !find (graph, "revealed", &three, &n->revealed, error))
    return FALSE;
  n->slots = all / n->channels;
  if (all % n->channels != 0 || n->slots < mode->max_secrets || n->slots > CNC_STEGO_MAX_SECRETS)
    return cnc_net_unfit (error, "Its %u channels of “message” have not room for %u secrets of %u each", all, mode->max_secrets,
                          n->channels);
  if (!read_transform (n, cover, error))
    return FALSE;
  secret = (CncTileFeed){ .value = n->secret };
  plain = (CncTileFeed){ .value = n->plain };
  return leads (graph, 1, &secret, n->features, 1, CNC_NETWORK_BLOCK, error) && check_hiding (n, error)
         && leads (graph, 1, &plain, n->revealed, CNC_NETWORK_BLOCK, 1, error);
}

CncNetwork *
cnc_network_read (const CncStegoMode *mode, const char *path, GError **error)
{
  g_autoptr (CncNetwork) network = g_new0 (CncNetwork, 1);
  g_autoptr (GError) why = NULL;

  network->net = cnc_net_read (path, &why);
  if (network->net != NULL && cnc_net_fold (network->net, &why) && check (network, mode, &why))
    return g_steal_pointer (&network);
  if (g_error_matches (why, CNC_ERROR, CNC_ERROR_MODEL))
    {
      g_autofree char *shown = g_filename_display_name (path);
      const char *told = g_str_has_prefix (why->message, shown) ? why->message + strlen (shown) + strlen (": ") : why->message;

      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "%s cannot be used to hide pictures in the mode “%s”. %s", shown, mode->id, told);
    }
  else
    g_propagate_error (error, g_steal_pointer (&why));
  return NULL;
}

CncNetwork *
cnc_network_find (const CncStegoMode *mode, const guint8 *sha256, GError **error)
{
  g_autofree char *path = sha256 != NULL ? cnc_stego_model_find_hash (mode, sha256, error) : cnc_stego_model_find (mode, error);

  return path != NULL ? cnc_network_read (mode, path, error) : NULL;
}

guint
cnc_network_margin (const CncNetwork *network, guint count)
{
  /* What a coefficient is moved by is spread evenly over a step; count * channels of the block's coefficients are. */
  const double share = (double) count * network->channels / (CNC_NETWORK_BLOCK * CNC_NETWORK_BLOCK * COLOURS);

  return (guint) ceil ((network->bits ? 1 : 2) * network->step * sqrt (share / 12));
}
