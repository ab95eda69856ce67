/* core/measure/detector.c: the network that tells encrypted pictures from others, see detector.h. */
#include "measure/detector.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cnc-config.h"
#include "measure/statistics.h"
#include "nn/files.h"
#include "nn/plan.h"

#include <math.h>
#include <string.h>

#define MOST_A_SIDE 6u    /* squares */
#define RARER 3.0         /* plain pictures for each encrypted one, where somebody asks; the training has about as many of each */
#define LARGEST_ODDS 13.0 /* of one square, as a logarithm: where single precision ends */

void
cnc_detector_free (CncDetector *detector)
{
  if (detector == NULL)
    return;
  cnc_net_free (detector->net);
  g_free (detector);
}

/* ---- model files ---- */

/* count numbers between blanks, and nothing else. */
static gboolean
read_numbers (const char *text, double *numbers, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      char *end = NULL;

      numbers[i] = g_ascii_strtod (text, &end);
      if (end == text || !isfinite (numbers[i]))
        return FALSE;
      text = end;
    }
  return *text == '\0';
}

static gboolean
take_rates (const double *numbers, CncDetectorRates *rates)
{
  for (guint i = 0; i < 4; i++)
    if (!(numbers[i] >= 0 && numbers[i] <= 1e9 && numbers[i] == floor (numbers[i])))
      return FALSE;
  *rates = (CncDetectorRates){ (guint) numbers[0], (guint) numbers[1], (guint) numbers[2], (guint) numbers[3] };
  return rates->called_encrypted <= rates->plain && rates->called_plain <= rates->encrypted;
}

static gboolean
read_texts (CncDetector *d, GError **error)
{
  const char *rates = cnc_safetensors_metadata (d->net->file, CNC_DETECTOR_RATES),
             *thresholds = cnc_safetensors_metadata (d->net->file, CNC_DETECTOR_THRESHOLDS);
  double numbers[8];

  d->correlation = d->entropy = NAN;
  if (rates != NULL && (!read_numbers (rates, numbers, 8) || !take_rates (numbers, &d->rates) || !take_rates (numbers + 4, &d->hard_rates)))
    return cnc_net_unfit (error, "Its text “%s” holds no rates", CNC_DETECTOR_RATES);
  d->measured = rates != NULL;
  if (thresholds != NULL && !read_numbers (thresholds, numbers, 2))
    return cnc_net_unfit (error, "Its text “%s” holds no thresholds", CNC_DETECTOR_THRESHOLDS);
  if (thresholds != NULL)
    {
      d->correlation = numbers[0];
      d->entropy = numbers[1];
    }
  return TRUE;
}

static CncPlanParams
plan_params (const CncDetector *d)
{
  CncPlanParams params = { .n_feeds = 1, .n_fetches = 1 };

  params.feeds[0] = d->x;
  params.shapes[0] = (CncShape){ 1, 3, d->side, d->side };
  params.fetches[0] = d->verdict;
  return params;
}

static gboolean
check (CncDetector *d, GError **error)
{
  const CncGraph *graph = d->net->graph;
  const CncGraphInput *in = &graph->inputs[0];
  g_autoptr (CncPlan) plan = NULL;
  CncPlanParams params;
  const CncNode *last;

  d->x = 0;
  d->verdict = graph->outputs[0];
  d->side = in->height;
  last = cnc_graph_node (graph, d->verdict);
  if (in->key || in->channels != 3 || in->low != 0 || in->high != 1 || in->height != in->width || in->height < 2 || in->height > 1024)
    return cnc_net_unfit (error, "Its first input is no square of three colours from 0 to 1");
  if (last == NULL || last->activation != CNC_ACTIVATION_SIGMOID)
    return cnc_net_unfit (error, "Its output is no probability");
  params = plan_params (d);
  plan = cnc_plan_new (NULL, graph, &params, error);
  if (plan == NULL)
    return FALSE;
  return cnc_shape_count (&cnc_plan_tensor (plan, d->verdict)->shape) == 1 || cnc_net_unfit (error, "Its output is more than one number");
}

CncDetector *
cnc_detector_read (const char *path, GError **error)
{
  g_autoptr (CncDetector) detector = g_new0 (CncDetector, 1);
  g_autoptr (GError) why = NULL;

  detector->net = cnc_net_read (path, &why);
  if (detector->net != NULL && cnc_net_fold (detector->net, &why) && check (detector, &why) && read_texts (detector, &why))
    return g_steal_pointer (&detector);
  if (g_error_matches (why, CNC_ERROR, CNC_ERROR_MODEL))
    {
      g_autofree char *shown = g_filename_display_name (path);
      const char *told = g_str_has_prefix (why->message, shown) ? why->message + strlen (shown) + strlen (": ") : why->message;

      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "%s cannot tell encrypted pictures from others. %s", shown, told);
    }
  else
    g_propagate_error (error, g_steal_pointer (&why));
  return NULL;
}

CncDetector *
cnc_detector_find (GError **error)
{
  g_autoptr (GPtrArray) files = cnc_model_files (CNC_DETECTOR_NAME);

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *base = g_path_get_basename (files->pdata[i]);

      if (strcmp (base, CNC_DETECTOR_NAME CNC_MODEL_ENDING) == 0)
        return cnc_detector_read (files->pdata[i], error);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
               "The model that tells encrypted pictures from others is not here (%s in %s or CNNCRYPT_MODEL_PATH); install it.",
               CNC_DETECTOR_NAME CNC_MODEL_ENDING, CNC_MODEL_DIR);
  return NULL;
}

char *
cnc_detector_rates_text (const CncDetectorRates *rates, const CncDetectorRates *hard_rates)
{
  return g_strdup_printf ("%u %u %u %u %u %u %u %u", rates->plain, rates->called_encrypted, rates->encrypted, rates->called_plain,
                          hard_rates->plain, hard_rates->called_encrypted, hard_rates->encrypted, hard_rates->called_plain);
}

/* ---- judging ---- */

/* Place k of a row of count, mirrored at its ends. */
static guint32
mirrored (guint32 k, guint32 count)
{
  const guint32 at = k % (2 * count);

  return at < count ? at : 2 * count - 1 - at;
}

static guint
squares_along (guint32 length, guint32 side)
{
  return (guint) CLAMP ((length + side - 1) / side, 1, MOST_A_SIDE);
}

static guint32
begin_of (guint32 length, guint32 side, guint square, guint squares)
{
  return squares > 1 ? (guint32) ((guint64) (length - side) * square / (squares - 1)) : length > side ? (length - side) / 2 : 0;
}

typedef struct
{
  const guint8 *data;
  gsize step, plane; /* from a pixel to the next one, from a colour to the next one */
  guint32 width, height;
} Picture;

static void
cut (const Picture *p, guint32 left, guint32 top, guint32 side, float *out)
{
  for (guint c = 0; c < 3; c++)
    for (guint32 y = 0; y < side; y++)
      {
        const guint8 *row = p->data + c * p->plane + (gsize) mirrored (top + y, p->height) * p->width * p->step;

        for (guint32 x = 0; x < side; x++)
          *out++ = (float) row[mirrored (left + x, p->width) * p->step] / 255.0f;
      }
}

/* *odds: (out) of what is in values, as a logarithm. */
static gboolean
judge_square (CncBackend *backend, CncPlan *plan, const CncWeights *weights, const CncDetector *d, const float *values, double *odds,
              GError **error)
{
  const gsize bytes = cnc_shape_count (&cnc_plan_tensor (plan, d->x)->shape) * sizeof (float);
  float answer;
  double p;

  if (!cnc_buffer_upload (backend, cnc_plan_tensor (plan, d->x)->buffer, 0, values, bytes, error) || !cnc_plan_run (plan, weights, 0, error)
      || !cnc_buffer_download (backend, cnc_plan_tensor (plan, d->verdict)->buffer, 0, &answer, sizeof answer, error))
    return FALSE;
  p = (double) answer;
  if (!(p >= 0 && p <= 1))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                           "The device computed no probability; choose another one (CNNCRYPT_DEVICE=cpu).");
      return FALSE;
    }
  p = log (MAX (p, 1e-12)) - log (MAX (1 - p, 1e-12));
  *odds = CLAMP (p, -LARGEST_ODDS, LARGEST_ODDS);
  return TRUE;
}

gboolean
cnc_detector_judge (const CncDetector *d, CncBackend *backend, const guint8 *data, guint channels, gboolean interleaved, guint32 width,
                    guint32 height, CncVerdict *verdict, GError **error)
{
  const guint across = squares_along (width, d->side), down = squares_along (height, d->side), squares = across * down;
  const CncPlanParams params = plan_params (d); /* one square after the other: memory */
  const Picture picture = { data, interleaved ? channels : 1, channels == 1 ? 0 : interleaved ? 1 : (gsize) width * height, width, height };
  const gsize count = cnc_shape_count (&params.shapes[0]);
  g_autoptr (CncWeights) weights = NULL;
  g_autoptr (CncPlan) plan = NULL;
  g_autofree float *values = NULL;
  double odds = 0;
  guint above = 0;

  if (channels != 1 && channels != 3)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "A picture to be judged has one channel or three.");
      return FALSE;
    }
  if (width < CNC_DETECTOR_MIN_SIDE || height < CNC_DETECTOR_MIN_SIDE)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                   "The picture has %u × %u pixels; to tell whether it is encrypted it needs %u on each side.", width, height,
                   CNC_DETECTOR_MIN_SIDE);
      return FALSE;
    }
  values = cnc_alloc (count, sizeof (float), "parts of the picture", error);
  weights = values != NULL ? cnc_weights_new (backend, d->net, error) : NULL;
  plan = weights != NULL ? cnc_plan_new (backend, d->net->graph, &params, error) : NULL;
  if (plan == NULL)
    return FALSE;
  for (guint i = 0; i < squares; i++)
    {
      double one;

      cut (&picture, begin_of (width, d->side, i % across, across), begin_of (height, d->side, i / across, down), d->side, values);
      if (!judge_square (backend, plan, weights, d, values, &one, error))
        return FALSE;
      odds += one;
      above += one > log (RARER) ? 1 : 0;
    }
  odds = odds / squares - log (RARER);
  verdict->encrypted = odds > 0;
  verdict->probability = 1 / (1 + exp (-odds));
  verdict->squares = squares;
  verdict->alike = verdict->encrypted ? above : squares - above;
  return TRUE;
}

char *
cnc_detector_text (const CncDetector *d, const CncVerdict *verdict)
{
  const CncDetectorRates *r = &d->rates;
  g_autofree char *wrong = NULL;

  if (d->measured)
    wrong
        = g_strdup_printf (_ (" Tried on pictures that it had never seen, this network called %u of %u plain ones encrypted, and %u of %u "
                              "encrypted ones plain."),
                           r->called_encrypted, r->plain, r->called_plain, r->encrypted);
  return g_strdup_printf (verdict->encrypted ? _ ("It looks encrypted: a probability of %.1f %%, by %u of %u parts.%s")
                                             : _ ("It does not look encrypted: a probability of %.1f %%, by %u of %u parts.%s"),
                          100 * (verdict->encrypted ? verdict->probability : 1 - verdict->probability), verdict->alike, verdict->squares,
                          wrong != NULL ? wrong : "");
}

/* ---- without a network ---- */

void
cnc_detector_figures (const guint8 *planes, guint channels, guint32 width, guint32 height, double *correlation, double *entropy)
{
  const gsize size = (gsize) width * height;

  *correlation = 0;
  for (guint k = CNC_NEIGHBOUR_HORIZONTAL; k <= CNC_NEIGHBOUR_DIAGONAL; k++)
    {
      double sum = 0;

      for (guint c = 0; c < channels; c++)
        sum += fabs (cnc_statistics_correlation (planes + c * size, width, height, (CncNeighbour) k));
      *correlation = MAX (*correlation, sum / channels);
    }
  *entropy = 0;
  for (guint c = 0; c < channels; c++)
    *entropy += cnc_statistics_entropy (planes + c * size, size) / channels;
}

gboolean
cnc_detector_threshold (double correlation, double entropy, double most_correlation, double least_entropy)
{
  return correlation <= most_correlation && entropy >= least_entropy;
}
