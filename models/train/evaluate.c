/* models/train/evaluate.c: quality of a model over a data folder, see train.h.
 *
 * Small pictures go through the network in batches, others in tiles, the way a program that uses the model does it: picture to latent,
 * latent to picture.  Results are rounded to 8 bits before they are compared.
 */
#include "train.h"

#include "base/error.h"
#include "base/memory.h"
#include "data.h"
#include "engine/engine.h"
#include "methods/autoencoder/model.h"
#include "measure/detector.h"
#include "metrics.h"
#include "nn/tile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BATCH 64u
#define BATCH_PIXELS (128u * 128u) /* a picture larger than that is not put into a batch */

typedef struct
{
  CncBackend *backend;
  CncNet *net; /* folded */
  CncWeights *weights;
  const TrainData *data;
  CncMode mode;
  guint64 seed;
  gboolean tiles;     /* the network can work on tiles */
  gboolean two_parts; /* and from the latent alone */
  CncReach encode, decode;
  CncPlan *plan; /* for batches */
  CncShape plan_shape;
  guint count;
  TrainMetrics sum;
  double bits, pixels;     /* bits: of the prior, or 8 a value */
  double coded;            /* bits that the range coder writes; NaN without tables */
  CncLatentTables *tables; /* (nullable) */
  guint with_ssim;
  gboolean print;
} Evaluation;

/* ---- bits of the latent ---- */

static double
logistic (double x)
{
  return 1 / (1 + exp (-x));
}

/* -log2 of the bin's probability, as CNC_OP_RATE has it. */
static double
bits_of (const float *prior, double z)
{
  const double top = MAX (prior[0], prior[1]), e0 = exp (prior[0] - top), e1 = exp (prior[1] - top);
  double p = 0;

  for (guint k = 0; k < 2; k++)
    {
      const double scale = exp (-(double) prior[4 + k]),
                   middle = fabs (z - (double) prior[2 + k]); /* symmetric: both ends on one side are exact */

      p += (k == 0 ? e0 : e1) / (e0 + e1) * (logistic (-(middle - 0.5) * scale) - logistic (-(middle + 0.5) * scale));
    }
  return -log2 (MAX (p, ldexp (1, -30)));
}

/* Bits of count latents of that shape; NaN if nothing says how they are stored. */
static double
latent_bits (const Evaluation *e, const float *z, guint32 channels, gsize plane, guint count)
{
  const CncNode *node = e->net->graph->latent != CNC_NO_VALUE ? cnc_graph_node (e->net->graph, e->net->graph->latent) : NULL;
  double bits = 0;

  if (node == NULL || (node->kind != CNC_LAYER_ROUND8 && (node->kind != CNC_LAYER_QUANTISE || node->prior == 0)))
    return NAN;
  if (node->kind == CNC_LAYER_ROUND8)
    return 8.0 * (double) plane * channels * count;
  for (gsize i = 0; i < plane * channels * count; i++)
    bits += bits_of (e->net->values[node->weights[0]] + 6 * (i / plane % channels), (double) z[i]);
  return bits;
}

/* Whole numbers for a latent as the method chooses them, in place, and the bits that the range coder makes of them; NaN where the model has
 * no tables: the latent is whole already. */
static gboolean
make_whole (const Evaluation *e, float *z, guint32 width, guint32 height, double *coded, GError **error)
{
  const gsize count = (gsize) width * height * (e->tables != NULL ? e->tables->channels : 0);
  g_autofree gint16 *values = NULL;
  g_autoptr (GByteArray) bytes = NULL;

  *coded = NAN;
  if (e->tables == NULL)
    return TRUE;
  values = cnc_alloc (count, sizeof *values, "the latent", error);
  if (values == NULL || !cnc_latent_choose (e->tables, z, width, height, values, NULL, error))
    return FALSE;
  bytes = cnc_latent_encode (e->tables, values, width, height, NULL, error);
  for (gsize i = 0; i < count; i++)
    z[i] = values[i];
  *coded = bytes != NULL ? 8.0 * bytes->len : NAN;
  return bytes != NULL;
}

/* ---- one picture's figures ---- */

static void
note (Evaluation *e, const TrainPicture *p, const guint8 *result, double bits, double coded)
{
  TrainMetrics m;
  g_autofree char *name = g_strescape (p->name, NULL);

  train_metrics (p->pixels, result, e->data->channels, p->width, p->height, &m);
  e->count++;
  e->sum.mse += m.mse;
  e->sum.psnr += m.psnr;
  e->sum.psnr_y += m.psnr_y;
  e->bits += bits;
  e->coded += coded;
  e->pixels += (double) p->width * p->height;
  if (!isnan (m.ssim))
    {
      e->sum.ssim += m.ssim;
      e->with_ssim++;
    }
  if (e->print)
    printf ("%-24s %6.2f dB, Y %6.2f dB, SSIM %.4f, %.3f bit a pixel\n", name, m.psnr, m.psnr_y, m.ssim,
            (isnan (coded) ? bits : coded) / ((double) p->width * p->height));
}

static void
to_bytes (const float *values, guint8 *bytes, gsize count)
{
  for (gsize i = 0; i < count; i++)
    bytes[i] = (guint8) (CLAMP (values[i], 0.0f, 1.0f) * 255.0f + 0.5f);
}

/* ---- batches ---- */

static gboolean
run_batch (Evaluation *e, guint first, guint count, GError **error)
{
  const CncGraph *graph = e->net->graph;
  const TrainPicture *p = &g_array_index (e->data->pictures, TrainPicture, first);
  const CncShape shape = { count, e->data->channels, p->height, p->width };
  const TrainView view = { p->width, p->height, FALSE, 0 };
  const gsize size = cnc_shape_count (&shape) / count;
  g_autofree float *values = cnc_alloc (size * count, sizeof (float), "a batch of pictures", error), *latents = NULL;
  g_autofree guint8 *bytes = values != NULL ? cnc_alloc (size, 1, "a batch of pictures", error) : NULL;
  const CncTensor *y, *z = NULL;
  gsize z_size = 0;

  if (bytes == NULL)
    return FALSE;
  if (e->plan == NULL || memcmp (&shape, &e->plan_shape, sizeof shape) != 0)
    {
      CncPlanParams params = { .n_feeds = 1, .n_fetches = 1, .mode = e->mode };

      params.shapes[0] = e->plan_shape = shape;
      params.fetches[0] = graph->outputs[0];
      if (graph->latent != CNC_NO_VALUE)
        params.fetches[params.n_fetches++] = graph->latent;
      g_clear_pointer (&e->plan, cnc_plan_free);
      e->plan = cnc_plan_new (e->backend, graph, &params, error);
      if (e->plan == NULL)
        return FALSE;
    }
  for (guint i = 0; i < count; i++)
    train_sample (e->data, first + i, &view, 0, values + i * size);
  if (!cnc_buffer_upload (e->backend, cnc_plan_tensor (e->plan, 0)->buffer, 0, values, size * count * sizeof (float), error)
      || !cnc_plan_run (e->plan, e->weights, train_random (e->seed, first), error))
    return FALSE;
  y = cnc_plan_tensor (e->plan, graph->outputs[0]);
  if (cnc_shape_count (&y->shape) != size * count)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL,
                           "The network's output is no picture of the size of its input; there is nothing to compare.");
      return FALSE;
    }
  if (!cnc_buffer_download (e->backend, y->buffer, 0, values, size * count * sizeof (float), error))
    return FALSE;
  if (graph->latent != CNC_NO_VALUE)
    {
      z = cnc_plan_tensor (e->plan, graph->latent);
      z_size = cnc_shape_count (&z->shape) / count;
      latents = cnc_alloc (z_size * count, sizeof (float), "a batch of pictures", error);
      if (latents == NULL || !cnc_buffer_download (e->backend, z->buffer, 0, latents, z_size * count * sizeof (float), error))
        return FALSE;
    }
  for (guint i = 0; i < count; i++)
    {
      to_bytes (values + i * size, bytes, size);
      note (e, &g_array_index (e->data->pictures, TrainPicture, first + i), bytes,
            z != NULL ? latent_bits (e, latents + i * z_size, z->shape.c, (gsize) z->shape.h * z->shape.w, 1) : NAN, NAN);
    }
  return TRUE;
}

/* ---- tiles ---- */

typedef struct
{
  const guint8 *from;  /* a picture, or */
  const float *values; /* a latent */
  guint32 channels, width, height;
  guint8 *to;
  float *latent;
  guint32 out_channels, out_width, out_height; /* of what is written; parts beyond it are dropped */
} Sheet;

static gboolean
read_part (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;

  for (guint32 c = 0; c < s->channels; c++)
    for (guint32 row = 0; row < height; row++)
      {
        const gsize at = ((gsize) c * s->height + y + row) * s->width + x;

        for (guint32 i = 0; i < width; i++)
          *planes++ = s->from != NULL ? (float) s->from[at + i] / 255.0f : s->values[at + i];
      }
  return TRUE;
}

static gboolean
write_part (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Sheet *s = user_data;
  const guint32 w = x < s->out_width ? MIN (width, s->out_width - x) : 0;

  for (guint32 c = 0; c < s->out_channels; c++)
    for (guint32 row = 0; row < height; row++, planes += width)
      {
        const gsize at = ((gsize) c * s->out_height + y + row) * s->out_width + x;

        if (y + row >= s->out_height)
          continue;
        if (s->to != NULL)
          to_bytes (planes, s->to + at, w);
        else
          memcpy (s->latent + at, planes, w * sizeof *planes);
      }
  return TRUE;
}

static gboolean
run_tiles (Evaluation *e, guint index, GError **error)
{
  const CncGraph *graph = e->net->graph;
  const TrainPicture *p = &g_array_index (e->data->pictures, TrainPicture, index);
  g_autofree guint8 *result = cnc_alloc ((gsize) p->width * p->height, e->data->channels, "the result", error);
  g_autofree float *latent = NULL;
  Sheet s = { .from = p->pixels, .channels = e->data->channels, .width = p->width, .height = p->height };
  CncTileJob job = { .feeds = { { .value = 0, .read = read_part, .user_data = &s } },
                     .n_feeds = 1,
                     .width = p->width,
                     .height = p->height,
                     .write = write_part,
                     .user_data = &s,
                     .text = "Evaluating" };
  guint32 w = p->width, h = p->height, channels = e->data->channels;
  double bits = NAN, coded = NAN;

  if (result == NULL)
    return FALSE;
  if (e->two_parts)
    {
      const CncNode *node = cnc_graph_node (graph, graph->latent);
      CncPlanParams params = { .n_feeds = 1, .n_fetches = 1 };
      g_autoptr (CncPlan) plan = NULL;

      params.shapes[0] = (CncShape){ 1, channels, 16 * e->encode.align, 16 * e->encode.align };
      params.fetches[0] = graph->latent;
      plan = cnc_plan_new (NULL, graph, &params, error); /* for the number of channels */
      if (plan == NULL || node == NULL)
        return FALSE;
      channels = cnc_plan_tensor (plan, graph->latent)->shape.c;
      w = (guint32) (((guint64) w * e->encode.numerator + e->encode.denominator - 1) / e->encode.denominator);
      h = (guint32) (((guint64) h * e->encode.numerator + e->encode.denominator - 1) / e->encode.denominator);
      latent = cnc_alloc ((gsize) w * h, channels * sizeof (float), "the latent", error);
      if (latent == NULL)
        return FALSE;
      s.latent = latent;
      s.out_channels = channels;
      s.out_width = w;
      s.out_height = h;
      job.fetch = e->tables != NULL ? node->inputs[0] : graph->latent;
      if (!cnc_tile_run (e->backend, graph, e->weights, &job, NULL, error) || !make_whole (e, latent, w, h, &coded, error))
        return FALSE;
      bits = latent_bits (e, latent, channels, (gsize) w * h, 1);
      s = (Sheet){ .values = latent, .channels = channels, .width = w, .height = h };
      job.feeds[0].value = graph->latent;
      job.width = w;
      job.height = h;
    }
  s.to = result;
  s.out_channels = e->data->channels;
  s.out_width = p->width;
  s.out_height = p->height;
  job.fetch = graph->outputs[0];
  if (!cnc_tile_run (e->backend, graph, e->weights, &job, NULL, error))
    return FALSE;
  note (e, p, result, bits, coded);
  return TRUE;
}

/* ---- all of it ---- */

/* Whether the network works on tiles, and in two parts. */
static void
find_parts (Evaluation *e)
{
  const CncGraph *graph = e->net->graph;
  const CncTileFeed picture = { .value = 0 }, latent = { .value = graph->latent };

  e->tiles = cnc_reach_find (graph, &picture, 1, graph->outputs[0], &e->decode, NULL);
  e->two_parts = e->tiles && graph->latent != CNC_NO_VALUE && cnc_reach_find (graph, &picture, 1, graph->latent, &e->encode, NULL)
                 && cnc_reach_find (graph, &latent, 1, graph->outputs[0], &e->decode, NULL);
}

static gboolean
run_all (Evaluation *e, GError **error)
{
  const GArray *pictures = e->data->pictures;

  for (guint i = 0; i < pictures->len;)
    {
      const TrainPicture *p = &g_array_index (pictures, TrainPicture, i);
      guint count = 1;

      if (e->tiles && e->mode == CNC_MODE_INFERENCE && (e->tables != NULL || (guint64) p->width * p->height > BATCH_PIXELS))
        {
          if (!run_tiles (e, i++, error))
            return FALSE;
          continue;
        }
      while (count < BATCH && i + count < pictures->len && p[count].width == p->width && p[count].height == p->height
             && (guint64) p->width * p->height <= BATCH_PIXELS)
        count++;
      if (!run_batch (e, i, count, error))
        return FALSE;
      i += count;
    }
  return TRUE;
}

void
train_print_json_number (const char *name, double value, gboolean last)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  printf ("\"%s\": %s%s", name, isfinite (value) ? g_ascii_formatd (text, sizeof text, "%.6g", value) : "null", last ? "" : ", ");
}

static void
report (const Evaluation *e, gboolean json)
{
  const double n = e->count, mse = e->sum.mse / n, bits = e->bits / e->pixels, coded = e->coded / e->pixels,
               ssim = e->with_ssim > 0 ? e->sum.ssim / e->with_ssim : NAN;

  if (!json)
    {
      printf ("%u pictures, %u left out\nPSNR   %.2f dB (mean of the pictures); %.2f dB (of the mean error)\nPSNR Y %.2f dB\nSSIM   "
              "%.4f\nMSE    %.6f\n",
              e->count, e->data->skipped, e->sum.psnr / n, -10 * log10 (mse), e->sum.psnr_y / n, ssim, mse);
      if (!isnan (bits))
        printf ("bits   %.4f a pixel%s\n", bits, isnan (coded) ? "" : " by the prior alone");
      if (!isnan (coded))
        printf ("coded  %.4f bits a pixel\n", coded);
      return;
    }
  printf ("{\"pictures\": %u, \"skipped\": %u, ", e->count, e->data->skipped);
  train_print_json_number ("psnr", e->sum.psnr / n, FALSE);
  train_print_json_number ("psnr_of_mean", -10 * log10 (mse), FALSE);
  train_print_json_number ("psnr_y", e->sum.psnr_y / n, FALSE);
  train_print_json_number ("ssim", ssim, FALSE);
  train_print_json_number ("mse", mse, FALSE);
  train_print_json_number ("bits_per_pixel_of_prior", bits, FALSE);
  train_print_json_number ("bits_per_pixel", isnan (coded) ? bits : coded, TRUE);
  printf ("}\n");
}

/* What is there for testing, where the names say so: MNIST's t10k, CIFAR-10's test_batch. */
static TrainData *
load (const TrainEvaluateOptions *options, guint32 channels, GError **error)
{
  g_autoptr (GError) none = NULL;
  TrainData *data;

  if (options->files != NULL)
    return train_data_load (options->data, options->files, channels, options->resize, 1, train_warn, NULL, error);
  data = train_data_load (options->data, "t10k-* test_batch*", channels, options->resize, 1, train_warn, NULL, &none);
  if (data != NULL)
    return data;
  return train_data_load (options->data, "*", channels, options->resize, 1, train_warn, NULL, error);
}

static CncLatentTables *
read_tables (CncNet *net, GError **error)
{
  CncAutoencoder model = { .net = net };

  return cnc_autoencoder_check (&model, error) ? cnc_latent_tables_read (net->file, model.channels, error) : NULL;
}

gboolean
train_evaluate_command (const TrainEvaluateOptions *options, GError **error)
{
  g_autoptr (CncNet) net = cnc_net_read (options->model, error);
  g_autoptr (TrainData) data = NULL;
  g_autoptr (CncBackend) backend = NULL;
  g_autoptr (CncWeights) weights = NULL;
  g_autofree char *device_note = NULL;
  Evaluation e = { .mode = options->noise ? CNC_MODE_NOISY : CNC_MODE_INFERENCE, .seed = (guint64) options->seed };
  gboolean good;

  if (net != NULL && cnc_safetensors_metadata (net->file, CNC_DETECTOR_CLASSES) != NULL)
    return train_evaluate_classes (options->model, options, error);
  if (net == NULL || !cnc_net_fold (net, error))
    return FALSE;
  if (net->graph->inputs[0].low != 0 || net->graph->inputs[0].high != 1)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL,
                           "The network's first input is no picture with values from 0 to 1; it cannot be evaluated so.");
      return FALSE;
    }
  data = load (options, net->graph->inputs[0].channels, error);
  backend = data != NULL ? cnc_engine_open (options->device, CNC_WORK_NETWORK, &device_note, error) : NULL;
  weights = backend != NULL ? cnc_weights_new (backend, net, error) : NULL;
  if (weights == NULL)
    return FALSE;
  if (cnc_safetensors_find (net->file, "latent.frequencies") != NULL && net->graph->latent != CNC_NO_VALUE)
    {
      e.tables = read_tables (net, error);
      if (e.tables == NULL)
        return FALSE;
    }
  backend->half = options->half;
  if (net->graph->n_inputs > 1 || cnc_safetensors_metadata (net->file, "targets") != NULL)
    return train_evaluate_targets (backend, net, weights, data, options, error);
  e.backend = backend;
  e.net = net;
  e.weights = weights;
  e.data = data;
  e.print = !options->json && data->pictures->len <= 100;
  find_parts (&e);
  good = run_all (&e, error);
  cnc_plan_free (e.plan);
  cnc_latent_tables_free (e.tables);
  if (good)
    report (&e, options->json);
  return good;
}
