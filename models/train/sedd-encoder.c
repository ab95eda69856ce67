/* models/train/sedd-encoder.c: an encoder of whole numbers out of a trained one, see sedd.h. */
#include "sedd.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "methods/sedd/vector.h"
#include "tables.h"

#include <math.h>
#include <string.h>

#define MOST_WEIGHT 16383.0 /* of the whole weights */
#define MOST_HIDDEN 16000u  /* what the first layer can give, so that nothing is cut off */
#define UNIT 16.0           /* of the vector before it is rounded: parts of a step */
#define FIRST_STEP 16u      /* for the first tables, which nobody has chosen a step with */
#define ROUNDS 3u
#define MAX_PLACES 200000u /* blocks of all pictures together: enough to count in */

/* scale * x + shift */
typedef struct
{
  double scale, shift;
} Line;

typedef struct
{
  const CncNet *net;
  const CncNode *first, *second;
  Line before, after;
  double *weights[2], *biases[2]; /* as they act on odd numbers from -255 to 255, and give steps */
  gint16 *whole[2];
  gint32 *whole_biases[2];
} Layers;

static void
layers_clear (Layers *l)
{
  for (guint i = 0; i < 2; i++)
    {
      g_free (l->weights[i]);
      g_free (l->biases[i]);
      g_free (l->whole[i]);
      g_free (l->whole_biases[i]);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Layers, layers_clear)

/* Walks back over layers affine.  Returns: the value before them */
static guint
take_line (const CncGraph *graph, guint value, Line *line)
{
  const CncNode *node;

  *line = (Line){ 1, 0 };
  while ((node = cnc_graph_node (graph, value)) != NULL && node->kind == CNC_LAYER_AFFINE)
    {
      line->shift += line->scale * node->shift;
      line->scale *= node->scale;
      value = node->inputs[0];
    }
  return value;
}

static const CncNode *
take_convolution (const CncGraph *graph, guint value, guint side)
{
  const CncNode *node = cnc_graph_node (graph, value);

  return node != NULL && node->kind == CNC_LAYER_CONV2D && node->n_inputs == 1 && node->kernel == side && node->stride == side
                 && node->pad == 0 && node->dilation == 1 && node->bias != 0
             ? node
             : NULL;
}

static gboolean
take_layers (Layers *l, GError **error)
{
  const CncGraph *graph = l->net->graph;
  const CncNode *latent = graph->latent != CNC_NO_VALUE ? cnc_graph_node (graph, graph->latent) : NULL;

  if (latent == NULL || latent->kind != CNC_LAYER_QUANTISE)
    return cnc_net_unfit (error, "The encoder of a pair needs a latent that is a layer “quantise”");
  l->second = take_convolution (graph, take_line (graph, latent->inputs[0], &l->after), 1);
  if (l->second == NULL || l->second->activation != CNC_ACTIVATION_NONE || l->second->channels > SEDD_MAX_CHANNELS)
    return cnc_net_unfit (error, "The encoder of a pair ends in a conv2d of kernel 1 with a bias, no activation and at most %u channels",
                          SEDD_MAX_CHANNELS);
  l->first = take_convolution (graph, l->second->inputs[0], SEDD_BLOCK);
  if (l->first == NULL || l->first->activation != CNC_ACTIVATION_LEAKY_RELU || l->first->channels > SEDD_MAX_HIDDEN)
    return cnc_net_unfit (
        error,
        "The encoder of a pair begins with a conv2d of kernel and stride %u with a bias, activation leaky_relu and at most %u channels",
        SEDD_BLOCK, SEDD_MAX_HIDDEN);
  if (take_line (graph, l->first->inputs[0], &l->before) != 0 || graph->inputs[0].channels != 3)
    return cnc_net_unfit (error,
                          "Between the picture of three colours and the first convolution of an encoder there are only layers “affine”");
  if (!(l->first->slope > 0 && l->first->slope <= 1) || exp2 (round (log2 (l->first->slope))) != l->first->slope)
    return cnc_net_unfit (error, "The slope of an encoder's leaky_relu is a power of two, as 0.5 or 0.25");
  return TRUE;
}

/* The weights with what stands before and behind them; those of the first in the order of encoder.h. */
static void
take_weights (Layers *l)
{
  const guint hidden = l->first->channels, channels = l->second->channels, area = SEDD_BLOCK * SEDD_BLOCK;
  const float *first = l->net->values[l->first->weights[0]], *first_bias = l->net->values[l->first->weights[1]];
  const float *second = l->net->values[l->second->weights[0]], *second_bias = l->net->values[l->second->weights[1]];

  l->weights[0] = g_new (double, hidden *SEDD_INPUTS);
  l->biases[0] = g_new (double, hidden);
  l->weights[1] = g_new (double, channels *hidden);
  l->biases[1] = g_new (double, channels);
  for (guint k = 0; k < hidden; k++)
    {
      double sum = 0;

      for (guint i = 0; i < SEDD_INPUTS; i++)
        {
          const double weight = (double) first[(k * 3 + i % 3) * area + i / 3];

          l->weights[0][k * SEDD_INPUTS + i] = weight * l->before.scale / 510;
          sum += weight;
        }
      l->biases[0][k] = (double) first_bias[k] + sum * (l->before.scale / 2 + l->before.shift);
    }
  for (guint c = 0; c < channels; c++)
    {
      for (guint k = 0; k < hidden; k++)
        l->weights[1][c * hidden + k] = (double) second[c * hidden + k] * l->after.scale;
      l->biases[1][c] = (double) second_bias[c] * l->after.scale + l->after.shift;
    }
}

static double
largest (const double *values, gsize n)
{
  double most = 1e-12;

  for (gsize i = 0; i < n; i++)
    most = MAX (most, fabs (values[i]));
  return most;
}

static void
make_whole (Layers *l, guint layer, gsize n, gsize rows, double scale, double bias_scale)
{
  g_free (l->whole[layer]);
  g_free (l->whole_biases[layer]);
  l->whole[layer] = g_new (gint16, n);
  l->whole_biases[layer] = g_new (gint32, rows);
  for (gsize i = 0; i < n; i++)
    l->whole[layer][i] = (gint16) lrint (CLAMP (l->weights[layer][i] * scale, -MOST_WEIGHT, MOST_WEIGHT));
  for (gsize i = 0; i < rows; i++)
    l->whole_biases[layer][i] = (gint32) lrint (CLAMP (l->biases[layer][i] * bias_scale, -1e9, 1e9));
}

/* Shift of the first layer for that scale; 0: there is none. */
static guint
first_shift (const Layers *l, double scale)
{
  double most = 0;
  guint shift = 1;

  for (guint k = 0; k < l->first->channels; k++)
    {
      double sum = fabs (l->biases[0][k]);

      for (guint i = 0; i < SEDD_INPUTS; i++)
        sum += 255 * fabs (l->weights[0][k * SEDD_INPUTS + i]);
      most = MAX (most, sum);
    }
  while (most * scale / exp2 (shift) > MOST_HIDDEN)
    shift++;
  return most * scale < 2e9 && shift <= SEDD_MAX_SHIFT ? shift : 0;
}

static CncSeddEncoder *
to_whole (Layers *l, GError **error)
{
  SeddEncoder code = { .hidden = l->first->channels, .channels = l->second->channels, .slope = (guint) lrint (-log2 (l->first->slope)) };
  const gsize n[2] = { code.hidden * SEDD_INPUTS, code.channels * code.hidden };
  double scale = exp2 (floor (log2 (MOST_WEIGHT / largest (l->weights[0], n[0])))), unit;

  while ((code.first_shift = first_shift (l, scale)) == 0 && scale > 1)
    scale /= 2;
  make_whole (l, 0, n[0], code.hidden, scale, scale);
  code.first = l->whole[0];
  code.first_bias = l->whole_biases[0];
  unit = scale / exp2 (code.first_shift); /* of the hidden numbers */
  for (code.second_shift = SEDD_MAX_SHIFT; code.second_shift > 1; code.second_shift--)
    {
      const double second = UNIT * exp2 (code.second_shift);

      make_whole (l, 1, n[1], code.channels, second / unit, second);
      code.second = l->whole[1];
      code.second_bias = l->whole_biases[1];
      if (largest (l->weights[1], n[1]) * second / unit <= MOST_WEIGHT && largest (l->biases[1], code.channels) * second < 1e9
          && sedd_encoder_good (&code))
        break;
    }
  return cnc_sedd_encoder_new (&code, error);
}

CncSeddEncoder *
train_sedd_whole (const CncNet *net, GError **error)
{
  g_auto (Layers) l = { .net = net };

  if (!take_layers (&l, error))
    return NULL;
  take_weights (&l);
  return to_whole (&l, error);
}

/* ---- tables ---- */

typedef struct
{
  const CncSeddEncoder *encoder;
  const TrainData *data;
  guint step, n; /* every step-th picture */
  guint32 *across, *down;
  gint16 **fine, **values;
  gint failed;
} Survey;

static void
survey_clear (Survey *s)
{
  for (guint i = 0; i < s->n; i++)
    {
      g_free (s->fine[i]);
      g_free (s->values[i]);
    }
  g_free (s->across);
  g_free (s->down);
  g_free (s->fine);
  g_free (s->values);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Survey, survey_clear)

static void
see_picture (guint i, gpointer user_data)
{
  Survey *s = user_data;
  g_autoptr (CncRaster) picture = train_picture_raster (s->data, i * s->step, NULL);

  if (picture == NULL)
    return;
  cnc_sedd_blocks (picture->width, picture->height, &s->across[i], &s->down[i]);
  s->fine[i] = cnc_sedd_see (&s->encoder->code, picture, NULL, NULL);
  s->values[i] = cnc_alloc ((gsize) s->across[i] * s->down[i], s->encoder->code.channels * sizeof (gint16), "the survey", NULL);
}

/* With the tables so far; without, with a step for all. */
static void
round_picture (guint i, gpointer user_data)
{
  Survey *s = user_data;
  const gsize plane = (gsize) s->across[i] * s->down[i];
  g_autoptr (GByteArray) coded = NULL;
  guint step;

  if (s->encoder->tables == NULL)
    cnc_sedd_round (s->fine[i], plane * s->encoder->code.channels, FIRST_STEP, s->values[i]);
  else
    coded = cnc_sedd_fit (s->encoder->tables, s->fine[i], s->across[i], s->down[i], plane * SEDD_BLOCK * SEDD_BLOCK / 16, s->values[i],
                          &step, NULL, NULL);
  if (s->encoder->tables != NULL && coded == NULL)
    g_atomic_int_set (&s->failed, TRUE);
}

gboolean
train_sedd_tables (CncSeddEncoder *encoder, const TrainData *data, GError **error)
{
  g_auto (Survey) s = { .encoder = encoder, .data = data };
  guint64 all = 0;

  for (guint i = 0; i < data->pictures->len; i++)
    {
      const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);

      all += (guint64) p->width * p->height / (SEDD_BLOCK * SEDD_BLOCK);
    }
  s.step = (guint) (all / MAX_PLACES + 1);
  s.n = (data->pictures->len + s.step - 1) / s.step;
  s.across = g_new0 (guint32, s.n);
  s.down = g_new0 (guint32, s.n);
  s.fine = g_new0 (gint16 *, s.n);
  s.values = g_new0 (gint16 *, s.n);
  cnc_parallel_for (s.n, see_picture, &s);
  for (guint i = 0; i < s.n; i++)
    s.failed = s.failed || s.fine[i] == NULL || s.values[i] == NULL;
  for (guint round = 0; round < ROUNDS && !s.failed; round++)
    {
      CncLatentTables *tables;

      cnc_parallel_for (s.n, round_picture, &s);
      if (s.failed)
        break;
      tables = train_tables_of_vectors (encoder->code.channels, s.n, s.across, s.down, s.values, error);
      if (tables == NULL)
        return FALSE;
      cnc_latent_tables_free (encoder->tables);
      encoder->tables = tables;
    }
  if (s.failed)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "There is not enough memory for the vectors of the pictures.");
  return !s.failed;
}
