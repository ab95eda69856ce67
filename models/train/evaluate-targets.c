/* models/train/evaluate-targets.c: quality of a network with several inputs or targets over a data folder, see train.h.
 *
 * Each picture is the first input once; the others show the pictures behind it that are large enough.  A picture goes through the network
 * whole, cut at its edges where the network does not take its sides.  Results are rounded to 8 bits before they are compared.
 *
 * A network that finds out nothing can still answer with the colour that is best for all pictures: what that gives is printed beside.
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
  guint value, other; /* what is compared with what */
  gboolean shown;     /* both are pictures of the first input's shape */
  TrainMetrics sum;
  guint with_ssim;
  double most;     /* correlation of a picture */
  GArray *moments; /* TrainMoments of what it should be, one a picture */
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

static guint
output_named (const CncGraph *graph, const char *name)
{
  for (guint i = 0; i < graph->n_outputs; i++)
    if (strcmp (cnc_graph_value_name (graph, graph->outputs[i]), name) == 0)
      return graph->outputs[i];
  return CNC_NO_VALUE;
}

/* "OUTPUT INPUT ..." of the model's texts, with another output in the place of the input or not; without them its first output and its
 * first input. */
static gboolean
read_targets (Evaluation *e, GError **error)
{
  const CncGraph *graph = e->net->graph;
  const char *text = e->net->file != NULL ? cnc_safetensors_metadata (e->net->file, "targets") : NULL;
  g_auto (GStrv) words = text != NULL ? g_strsplit (text, " ", 2 * CNC_GRAPH_MAX_ENDS + 1) : NULL;
  const guint n = words != NULL ? g_strv_length (words) : 0;

  e->targets[0] = (Target){ .value = graph->outputs[0] };
  e->n_targets = 1;
  if (text == NULL)
    return TRUE;
  if (n == 0 || n % 2 != 0 || n > 2 * CNC_GRAPH_MAX_ENDS)
    return bad_targets (error);
  for (guint i = 0; i < n / 2; i++)
    {
      const guint output = output_named (graph, words[2 * i]), value = cnc_graph_value (graph, words[2 * i + 1]);
      const guint other = value != CNC_NO_VALUE && value < graph->n_inputs ? value : output_named (graph, words[2 * i + 1]);

      if (output == CNC_NO_VALUE || other == CNC_NO_VALUE || (other < graph->n_inputs && graph->inputs[other].key))
        return bad_targets (error);
      e->targets[i] = (Target){ .value = output, .other = other };
    }
  e->n_targets = n / 2;
  return TRUE;
}

static void
add_fetch (CncPlanParams *params, guint value)
{
  if (value < params->n_feeds)
    return;
  for (guint i = 0; i < params->n_fetches; i++)
    if (params->fetches[i] == value)
      return;
  params->fetches[params->n_fetches++] = value;
}

/* backend: (nullable): without one it is only tried. */
static CncPlan *
plan_for (Evaluation *e, CncBackend *backend, guint32 width, guint32 height, GError **error)
{
  const CncGraph *graph = e->net->graph;
  CncPlanParams params = { .n_feeds = graph->n_inputs, .mode = e->options->noise ? CNC_MODE_NOISY : CNC_MODE_INFERENCE };
  g_autoptr (CncPlan) plan = NULL;

  for (guint i = 0; i < graph->n_inputs; i++)
    params.feeds[i] = i;
  for (guint i = 0; i < e->n_targets; i++)
    {
      add_fetch (&params, e->targets[i].value);
      add_fetch (&params, e->targets[i].other);
    }
  if (!cnc_graph_input_shapes (graph, 1, height, width, params.shapes, error))
    return NULL;
  plan = cnc_plan_new (backend, graph, &params, error);
  for (guint i = 0; plan != NULL && i < e->n_targets; i++)
    {
      Target *t = &e->targets[i];
      const CncShape *is = &cnc_plan_tensor (plan, t->value)->shape, *should = &cnc_plan_tensor (plan, t->other)->shape;

      t->shown = memcmp (is, &params.shapes[0], sizeof *is) == 0 && memcmp (should, is, sizeof *is) == 0;
      if (!t->shown && t->other < graph->n_inputs)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "The network's output \"%s\" is no picture of the size of its input; there is nothing to compare.",
                       cnc_graph_value_name (graph, t->value));
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
  t->sum.correlation += m->correlation;
  t->most = MAX (t->most, fabs (m->correlation));
  if (!isnan (m->ssim))
    {
      t->sum.ssim += m->ssim;
      t->with_ssim++;
    }
  if (print)
    printf ("  %s %.2f dB, Y %.2f dB, SSIM %.4f, correlation %.4f", cnc_graph_value_name (e->net->graph, t->value), m->psnr, m->psnr_y,
            m->ssim, m->correlation);
}

/* As bytes, as a program would hand it out. */
static gboolean
fetch (const Evaluation *e, guint value, float *values, guint8 *bytes, GError **error)
{
  const gsize count = (gsize) e->data->channels * e->width * e->height;

  if (!cnc_buffer_download (e->backend, cnc_plan_tensor (e->plan, value)->buffer, 0, values, count * sizeof (float), error))
    return FALSE;
  to_bytes (values, bytes, count);
  return TRUE;
}

static gboolean
compare (Evaluation *e, guint index, GError **error)
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
      TrainMoments moments;

      if (!t->shown)
        continue;
      if (!fetch (e, t->other, values, bytes, error) || !fetch (e, t->value, values, bytes + count, error))
        return FALSE;
      train_metrics (bytes, bytes + count, e->data->channels, e->width, e->height, &m);
      train_moments (bytes, e->data->channels, (gsize) e->width * e->height, &moments);
      g_array_append_val (t->moments, moments);
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
         && compare (e, index, error);
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
      const double mse = t->sum.mse / n, ssim = t->with_ssim > 0 ? t->sum.ssim / t->with_ssim : NAN, correlation = t->sum.correlation / n,
                   constant = train_constant_psnr (t->moments, e->data->channels);
      const char *output = cnc_graph_value_name (graph, t->value), *other = cnc_graph_value_name (graph, t->other);

      if (!t->shown)
        continue;
      if (e->options->json)
        {
          printf ("%s{\"output\": \"%s\", \"input\": \"%s\", ", i > 0 ? ", " : "", output, other);
          train_print_json_number ("psnr", t->sum.psnr / n, FALSE);
          train_print_json_number ("psnr_of_mean", -10 * log10 (mse), FALSE);
          train_print_json_number ("psnr_y", t->sum.psnr_y / n, FALSE);
          train_print_json_number ("psnr_of_one_colour", constant, FALSE);
          train_print_json_number ("correlation", correlation, FALSE);
          train_print_json_number ("correlation_most", t->most, FALSE);
          train_print_json_number ("ssim", ssim, FALSE);
          train_print_json_number ("mse", mse, TRUE);
          printf ("}");
        }
      else
        printf ("%s as %s: PSNR %.2f dB (mean of the pictures; the best single colour %.2f dB); %.2f dB (of the mean error), Y %.2f dB, "
                "SSIM %.4f, "
                "correlation %.4f (at most %.4f), MSE %.6f\n",
                output, other, t->sum.psnr / n, constant, -10 * log10 (mse), t->sum.psnr_y / n, ssim, correlation, t->most, mse);
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
  for (guint i = 0; i < e.n_targets; i++)
    e.targets[i].moments = g_array_new (FALSE, FALSE, sizeof (TrainMoments));
  for (guint i = 0; good && i < data->pictures->len; i++)
    good = run_picture (&e, i, error);
  cnc_plan_free (e.plan);
  if (good)
    report (&e);
  for (guint i = 0; i < e.n_targets; i++)
    g_array_unref (e.targets[i].moments);
  return good;
}
