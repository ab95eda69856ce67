/* models/train/evaluate-targets.c: quality of a network with several inputs or targets over a data folder, see train.h.
 *
 * Each picture is the first input once; the others show the pictures behind it that are large enough.  A picture goes through the network
 * whole, cut at its edges where the network does not take its sides.  Results are rounded to 8 bits before they are compared.
 */
#include "train.h"

#include "base/error.h"
#include "base/memory.h"
#include "data.h"
#include "metrics.h"
#include "nn/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_ALIGN 64u

typedef struct
{
  guint value, input;
  TrainMetrics sum;
  guint with_ssim;
} Target;

typedef struct
{
  CncBackend *backend;
  const CncNet *net; /* folded */
  const CncWeights *weights;
  const TrainData *data;
  const TrainEvaluateOptions *options;
  Target targets[CNC_GRAPH_MAX_ENDS];
  guint n_targets;
  CncPlan *plan;
  guint32 width, height; /* of the plan */
  guint count, cropped;
} Evaluation;

static gboolean
bad_targets (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "The model's targets do not name outputs and inputs of its network; get the model file again.");
  return FALSE;
}

/* "OUTPUT INPUT ..." of the model's texts; without them its first output and its first input. */
static gboolean
read_targets (Evaluation *e, GError **error)
{
  const CncGraph *graph = e->net->graph;
  const char *text = e->net->file != NULL ? cnc_safetensors_metadata (e->net->file, "targets") : NULL;
  g_auto (GStrv) words = text != NULL ? g_strsplit (text, " ", 2 * CNC_GRAPH_MAX_ENDS + 1) : NULL;
  const guint n = words != NULL ? g_strv_length (words) : 0;

  e->targets[0] = (Target){ graph->outputs[0], 0, { 0 }, 0 };
  e->n_targets = 1;
  if (text == NULL)
    return TRUE;
  if (n == 0 || n % 2 != 0 || n > 2 * CNC_GRAPH_MAX_ENDS)
    return bad_targets (error);
  for (guint i = 0; i < n / 2; i++)
    {
      guint output = 0;
      const guint input = cnc_graph_value (graph, words[2 * i + 1]);

      while (output < graph->n_outputs && strcmp (cnc_graph_value_name (graph, graph->outputs[output]), words[2 * i]) != 0)
        output++;
      if (output == graph->n_outputs || input == CNC_NO_VALUE || input >= graph->n_inputs || graph->inputs[input].key)
        return bad_targets (error);
      e->targets[i] = (Target){ graph->outputs[output], input, { 0 }, 0 };
    }
  e->n_targets = n / 2;
  return TRUE;
}

static void
add_fetch (CncPlanParams *params, guint value)
{
  for (guint i = 0; i < params->n_fetches; i++)
    if (params->fetches[i] == value)
      return;
  params->fetches[params->n_fetches++] = value;
}

/* backend: (nullable): without one it is only tried. */
static CncPlan *
plan_for (const Evaluation *e, CncBackend *backend, guint32 width, guint32 height, GError **error)
{
  const CncGraph *graph = e->net->graph;
  CncPlanParams params = { .n_feeds = graph->n_inputs, .mode = e->options->noise ? CNC_MODE_NOISY : CNC_MODE_INFERENCE };
  g_autoptr (CncPlan) plan = NULL;

  for (guint i = 0; i < graph->n_inputs; i++)
    params.feeds[i] = i;
  for (guint i = 0; i < e->n_targets; i++)
    add_fetch (&params, e->targets[i].value);
  if (!cnc_graph_input_shapes (graph, 1, height, width, params.shapes, error))
    return NULL;
  plan = cnc_plan_new (backend, graph, &params, error);
  for (guint i = 0; plan != NULL && i < e->n_targets; i++)
    {
      const CncShape *is = &cnc_plan_tensor (plan, e->targets[i].value)->shape, *should = &params.shapes[e->targets[i].input];

      if (memcmp (is, should, sizeof *is) != 0)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "The network's output \"%s\" is no picture of the size of its input; there is nothing to compare.",
                       cnc_graph_value_name (graph, e->targets[i].value));
          return NULL;
        }
    }
  return g_steal_pointer (&plan);
}

/* A plan for a picture of that size, or for as much of it as the network takes. */
static gboolean
prepare (Evaluation *e, guint32 width, guint32 height, GError **error)
{
  for (guint32 align = 1; align <= MAX_ALIGN; align *= 2)
    {
      const guint32 w = width / align * align, h = height / align * align;
      g_autoptr (CncPlan) possible = NULL;

      if (w == 0 || h == 0)
        break;
      g_clear_error (error);
      if (e->plan != NULL && w == e->width && h == e->height)
        return TRUE;
      possible = plan_for (e, NULL, w, h, error);
      if (possible == NULL)
        continue;
      g_clear_pointer (&e->plan, cnc_plan_free);
      e->plan = plan_for (e, e->backend, w, h, error);
      e->width = w;
      e->height = h;
      return e->plan != NULL;
    }
  if (error != NULL && *error == NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The network takes no picture of %ux%u pixels.", width, height);
  return FALSE;
}

/* The step-th picture behind that one, around the end, that is large enough; that one itself where there is no other. */
static guint
picture_behind (const Evaluation *e, guint index, guint step)
{
  const guint n = e->data->pictures->len;
  guint large = 0;

  for (guint pass = 0; pass < 2; pass++)
    {
      guint left = pass > 0 && large > 0 ? (step - 1) % large + 1 : 0;

      for (guint i = 1; i < n; i++)
        {
          const TrainPicture *p = &g_array_index (e->data->pictures, TrainPicture, (index + i) % n);

          if (p->width < e->width || p->height < e->height)
            continue;
          large += pass == 0 ? 1 : 0;
          if (pass > 0 && --left == 0)
            return (index + i) % n;
        }
    }
  return index;
}

static gboolean
feed (const Evaluation *e, guint index, float **pictures, GError **error)
{
  const CncGraph *graph = e->net->graph;
  const TrainView view = { e->width, e->height, FALSE, 0 };

  for (guint i = 0, shown = 0; i < graph->n_inputs; i++)
    {
      const CncTensor *t = cnc_plan_tensor (e->plan, i);
      const gsize count = cnc_shape_count (&t->shape);
      const guint64 seed = train_random (train_random ((guint64) e->options->seed, i), index);

      pictures[i] = cnc_alloc (count, sizeof (float), "a picture", error);
      if (pictures[i] == NULL)
        return FALSE;
      if (graph->inputs[i].key)
        train_key (seed, count, pictures[i]);
      else
        {
          train_sample (e->data, shown > 0 ? picture_behind (e, index, shown) : index, &view, 0, pictures[i]);
          shown++;
        }
      if (!cnc_buffer_upload (e->backend, t->buffer, 0, pictures[i], count * sizeof (float), error))
        return FALSE;
    }
  return TRUE;
}

static void
to_bytes (const float *values, guint8 *bytes, gsize count)
{
  for (gsize i = 0; i < count; i++)
    bytes[i] = (guint8) (CLAMP (values[i], 0.0f, 1.0f) * 255.0f + 0.5f);
}

static void
note (Evaluation *e, Target *t, const TrainMetrics *m, gboolean print)
{
  t->sum.mse += m->mse;
  t->sum.psnr += m->psnr;
  t->sum.psnr_y += m->psnr_y;
  if (!isnan (m->ssim))
    {
      t->sum.ssim += m->ssim;
      t->with_ssim++;
    }
  if (print)
    printf ("  %s %.2f dB, Y %.2f dB, SSIM %.4f", cnc_graph_value_name (e->net->graph, t->value), m->psnr, m->psnr_y, m->ssim);
}

static gboolean
compare (Evaluation *e, guint index, float *const *pictures, GError **error)
{
  const gsize count = (gsize) e->data->channels * e->width * e->height;
  const gboolean print = !e->options->json && e->data->pictures->len <= 100;
  g_autofree float *values = cnc_alloc (count, sizeof (float), "the result", error);
  g_autofree guint8 *bytes = cnc_alloc (count, 2, "the result", error);
  g_autofree char *name = g_strescape (g_array_index (e->data->pictures, TrainPicture, index).name, NULL);

  if (values == NULL || bytes == NULL)
    return FALSE;
  if (print)
    printf ("%-24s", name);
  for (guint i = 0; i < e->n_targets; i++)
    {
      Target *t = &e->targets[i];
      TrainMetrics m;

      if (!cnc_buffer_download (e->backend, cnc_plan_tensor (e->plan, t->value)->buffer, 0, values, count * sizeof (float), error))
        return FALSE;
      to_bytes (pictures[t->input], bytes, count);
      to_bytes (values, bytes + count, count);
      train_metrics (bytes, bytes + count, e->data->channels, e->width, e->height, &m);
      note (e, t, &m, print);
    }
  if (print)
    printf ("\n");
  return TRUE;
}

static gboolean
run_picture (Evaluation *e, guint index, GError **error)
{
  const TrainPicture *p = &g_array_index (e->data->pictures, TrainPicture, index);
  float *pictures[CNC_GRAPH_MAX_ENDS] = { NULL };
  gboolean good;

  if (!prepare (e, p->width, p->height, error))
    return FALSE;
  e->count++;
  e->cropped += e->width != p->width || e->height != p->height ? 1 : 0;
  good = feed (e, index, pictures, error) && cnc_plan_run (e->plan, e->weights, train_random ((guint64) e->options->seed, index), error)
         && compare (e, index, pictures, error);
  for (guint i = 0; i < CNC_GRAPH_MAX_ENDS; i++)
    g_free (pictures[i]);
  return good;
}

static void
report (const Evaluation *e)
{
  const CncGraph *graph = e->net->graph;
  const double n = e->count;

  if (e->options->json)
    printf ("{\"pictures\": %u, \"skipped\": %u, \"cropped\": %u, \"targets\": [", e->count, e->data->skipped, e->cropped);
  else
    {
      printf ("%u pictures, %u left out\n", e->count, e->data->skipped);
      if (e->cropped > 0)
        printf ("%u of them were cut at their edges, to sides that the network takes\n", e->cropped);
    }
  for (guint i = 0; i < e->n_targets; i++)
    {
      const Target *t = &e->targets[i];
      const double mse = t->sum.mse / n, ssim = t->with_ssim > 0 ? t->sum.ssim / t->with_ssim : NAN;
      const char *output = cnc_graph_value_name (graph, t->value), *input = graph->inputs[t->input].name;

      if (e->options->json)
        {
          printf ("%s{\"output\": \"%s\", \"input\": \"%s\", ", i > 0 ? ", " : "", output, input);
          train_print_json_number ("psnr", t->sum.psnr / n, FALSE);
          train_print_json_number ("psnr_of_mean", -10 * log10 (mse), FALSE);
          train_print_json_number ("psnr_y", t->sum.psnr_y / n, FALSE);
          train_print_json_number ("ssim", ssim, FALSE);
          train_print_json_number ("mse", mse, TRUE);
          printf ("}");
        }
      else
        printf ("%s as %s: PSNR %.2f dB (mean of the pictures); %.2f dB (of the mean error), Y %.2f dB, SSIM %.4f, MSE %.6f\n", output,
                input, t->sum.psnr / n, -10 * log10 (mse), t->sum.psnr_y / n, ssim, mse);
    }
  if (e->options->json)
    printf ("]}\n");
}

gboolean
train_evaluate_targets (CncBackend *backend, const CncNet *net, const CncWeights *weights, const TrainData *data,
                        const TrainEvaluateOptions *options, GError **error)
{
  Evaluation e = { .backend = backend, .net = net, .weights = weights, .data = data, .options = options };
  const CncGraph *graph = net->graph;
  gboolean good;

  for (guint i = 0; i < graph->n_inputs; i++)
    if (!graph->inputs[i].key && (graph->inputs[i].channels != data->channels || graph->inputs[i].divide > 1))
      {
        g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The network's input \"%s\" takes no pictures as its first one does.",
                     graph->inputs[i].name);
        return FALSE;
      }
  good = read_targets (&e, error);
  for (guint i = 0; good && i < data->pictures->len; i++)
    good = run_picture (&e, i, error);
  cnc_plan_free (e.plan);
  if (good)
    report (&e);
  return good;
}
