/* What Analyze… says about a picture, see analysis.h. */
#include "measure/analysis.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "measure/ssim.h"

/* Pixels between two looks at the task. */
#define PIXELS_AT_ONCE (1u << 20)

/* Below that many bytes the approximations behind the intervals are poor. */
#define ENOUGH_BYTES 4096u

/* Of a uniformly random byte: the mean, the variance, and the fourth central moment. */
#define MIDDLE 127.5
#define VARIANCE 5461.25
#define FOURTH (65535.0 * 196601.0 / 240.0)

static const double LUMA[3] = { 0.299, 0.587, 0.114 }; /* ITU-R BT.601 */

static const char TOO_FEW[] = N_ ("The picture is too small to say what random bytes would give: that takes 4,096 samples.");
static const char OTHER_SIZE[] = N_ ("The pictures differ in size; only pictures of the same size can be compared.");

/* One picture while it is counted, or both. */
typedef struct
{
  CncAnalysis *analysis;
  const guint8 *pixels[2];
  guint n; /* pictures */
  gboolean comparable;
  gsize first[2], end[2];        /* rows of this turn */
  CncDifferenceCount difference; /* all three channels */
  CncDifferenceCount by_channel[3];
  double luma;     /* sum of squared differences of luma */
  double luma_off; /* sum of squared differences of the second's luma from the middle */
} Count;

/* ---- counting ---- */

static gboolean
is_grey (const guint8 *pixels, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (pixels[3 * i] != pixels[3 * i + 1] || pixels[3 * i] != pixels[3 * i + 2])
      return FALSE;
  return TRUE;
}

/* Jobs 0..11 of a picture: each channel's histogram and three directions. */
#define JOBS_OF_PICTURE 12u

static void
count_one (guint index, gpointer data)
{
  Count *count = data;
  const guint which = index / JOBS_OF_PICTURE, channel = index / 4 % 3, what = index % 4;
  CncAnalysisPicture *p = &count->analysis->picture[which];
  const guint8 *plane = count->pixels[which] + channel;
  const gsize first = count->first[which], end = count->end[which];

  if (channel >= p->channels)
    return;
  if (what == 3)
    cnc_statistics_histogram (plane + first * p->width * 3, 3, (end - first) * p->width, p->histogram[channel]);
  else
    cnc_statistics_pairs (plane, 3, p->width, p->height, first, end, (CncNeighbour) what, p->pairs[channel][what]);
}

static void
count_luma (Count *count, const guint8 *a, const guint8 *b, gsize n)
{
  guint64 square = 0;
  double off = 0;

  for (gsize i = 0; i < n; i++, a += 3, b += 3)
    {
      /* in thousandths; exact */
      const gint64 d = 299 * (a[0] - b[0]) + 587 * (a[1] - b[1]) + 114 * (a[2] - b[2]);
      const double middle = LUMA[0] * b[0] + LUMA[1] * b[1] + LUMA[2] * b[2] - MIDDLE;

      square += (guint64) (d * d);
      off += middle * middle;
    }
  count->luma += (double) square / 1e6;
  count->luma_off += off;
}

/* Both pictures, of the same size, in the rows of this turn. */
static void
count_pair (guint index, gpointer data)
{
  Count *count = data;
  const gsize width = count->analysis->picture[0].width, at = count->first[0] * width * 3, n = (count->end[0] - count->first[0]) * width;
  const guint8 *a = count->pixels[0] + at, *b = count->pixels[1] + at;

  if (index == 0)
    cnc_difference_add (&count->difference, a, b, 3 * n);
  else if (index == 1)
    count_luma (count, a, b, n);
  else
    {
      CncDifferenceCount *sum = &count->by_channel[index - 2];

      for (gsize i = index - 2; i < 3 * n; i += 3)
        sum->by_difference[ABS (a[i] - b[i])]++;
      sum->size += n;
    }
}

static gboolean
count_all (Count *count, CncTask *task, GError **error)
{
  guint64 pixels = 0, done = 0;
  gboolean more = TRUE;

  for (guint i = 0; i < count->n; i++)
    {
      CncAnalysisPicture *p = &count->analysis->picture[i];

      p->channels = is_grey (count->pixels[i], (gsize) p->width * p->height) ? 1 : 3;
      pixels += (guint64) p->width * p->height;
      for (guint c = 0; c < p->channels; c++)
        for (guint d = 0; d < 3; d++)
          if ((p->pairs[c][d] = cnc_alloc0 (CNC_PAIRS, sizeof (guint32), "the pairs of neighbours", error)) == NULL)
            return FALSE;
    }
  while (more)
    {
      cnc_task_progress (task, (double) done / (double) pixels, "Counting");
      if (!cnc_task_go_on (task, error))
        return FALSE;
      more = FALSE;
      for (guint i = 0; i < count->n; i++)
        {
          const CncAnalysisPicture *p = &count->analysis->picture[i];

          count->first[i] = count->end[i];
          count->end[i] = MIN (p->height, count->first[i] + MAX (1, PIXELS_AT_ONCE / p->width));
          done += (guint64) (count->end[i] - count->first[i]) * p->width;
          more = more || count->end[i] < p->height;
        }
      cnc_parallel_for (count->n * JOBS_OF_PICTURE, count_one, count);
      if (count->comparable)
        cnc_parallel_for (5, count_pair, count);
    }
  return TRUE;
}

/* ---- judging ---- */

static void
term_init (CncTerm *term, CncTermId id)
{
  *term = (CncTerm){ .id = id, .channel = { NAN, NAN, NAN }, .value = NAN };
}

static void
term_set (CncTerm *term, double value)
{
  term->known = !isnan (value);
  term->value = value;
}

static void
judge (CncTerm *term, double low, double high, double lowest, double highest)
{
  term->limited = TRUE;
  term->low = low;
  term->high = high;
  term->lowest = lowest;
  term->highest = highest;
  if (!term->known)
    return;
  term->verdict = term->value < lowest || term->value > highest ? CNC_VERDICT_FAIL
                  : term->value < low || term->value > high     ? CNC_VERDICT_EDGE
                                                                : CNC_VERDICT_PASS;
}

/* Two-sided, from a mean and a standard deviation. */
static void
judge_normal (CncTerm *term, double mean, double deviation)
{
  const double near = cnc_statistics_deviations (CNC_OUTSIDE_5_PERCENT) * deviation;
  const double far = cnc_statistics_deviations (CNC_OUTSIDE_1_PER_MILLE) * deviation;

  judge (term, mean - near, mean + near, mean - far, mean + far);
}

/* The same for a value that is a falling function of a mean squared error. */
static void
judge_psnr (CncTerm *term, double mean, double deviation)
{
  const double near = cnc_statistics_deviations (CNC_OUTSIDE_5_PERCENT) * deviation;
  const double far = cnc_statistics_deviations (CNC_OUTSIDE_1_PER_MILLE) * deviation;

  judge (term, cnc_statistics_psnr (mean + near), cnc_statistics_psnr (mean - near), cnc_statistics_psnr (mean + far),
         cnc_statistics_psnr (mean - far));
}

static void
judge_limits (CncTerm *term, gsize bytes)
{
  CncRandomLimits near, far;

  cnc_statistics_random_limits (bytes, CNC_OUTSIDE_5_PERCENT, &near);
  cnc_statistics_random_limits (bytes, CNC_OUTSIDE_1_PER_MILLE, &far);
  switch (term->id)
    {
    case CNC_TERM_ENTROPY:
      judge (term, near.entropy_min, INFINITY, far.entropy_min, INFINITY);
      break;
    case CNC_TERM_CHI_SQUARE:
      judge (term, -INFINITY, near.chi_square_max, -INFINITY, far.chi_square_max);
      break;
    case CNC_TERM_NPCR:
    case CNC_TERM_KEY_NPCR:
      judge (term, near.npcr_min, INFINITY, far.npcr_min, INFINITY);
      break;
    default: /* UACI */
      judge (term, near.uaci_min, near.uaci_max, far.uaci_min, far.uaci_max);
      break;
    }
}

static void
judge_alone (CncAnalysisPicture *p)
{
  const gsize bytes = (gsize) p->width * p->height * p->channels;
  guint64 all[CNC_LEVELS] = { 0 };
  gboolean flat = TRUE;

  for (guint i = 0; i < CNC_TERMS_ALONE; i++)
    term_init (&p->terms[i], (CncTermId) i);
  for (guint i = 0; i < CNC_LEVELS; i++)
    {
      for (guint c = 0; c < p->channels; c++)
        {
          all[i] += p->histogram[c][i];
          flat = flat && (p->histogram[c][i] == 0 || p->histogram[c][i] == (guint64) p->width * p->height);
        }
    }
  for (guint c = 0; c < p->channels; c++)
    {
      p->terms[CNC_TERM_ENTROPY].channel[c] = cnc_histogram_entropy (p->histogram[c]);
      p->terms[CNC_TERM_CHI_SQUARE].channel[c] = cnc_histogram_chi_square (p->histogram[c]);
    }
  term_set (&p->terms[CNC_TERM_ENTROPY], cnc_histogram_entropy (all));
  term_set (&p->terms[CNC_TERM_CHI_SQUARE], cnc_histogram_chi_square (all));
  for (guint d = 0; d < 3; d++)
    {
      CncTerm *term = &p->terms[CNC_TERM_HORIZONTAL + d];
      const guint64 n = cnc_statistics_n_pairs (p->width, p->height, (CncNeighbour) d);
      double sum = 0;

      for (guint c = 0; c < p->channels; c++)
        sum += term->channel[c] = cnc_pairs_correlation (p->pairs[c][d]);
      term_set (term, sum / p->channels);
      if (n == 0)
        term->why = N_ ("The picture has no pixels beside each other in this direction.");
      else if (!term->known)
        term->why = flat ? N_ ("The picture has one colour only, of which nothing can be told.")
                         : N_ ("A channel of the picture has the same value everywhere, of which nothing can be told.");
      else if (bytes >= ENOUGH_BYTES)
        judge_normal (term, 0, 1 / sqrt ((double) n * p->channels));
    }
  for (guint i = 0; i < CNC_TERMS_ALONE; i++)
    if (bytes < ENOUGH_BYTES && p->terms[i].known)
      p->terms[i].why = TOO_FEW;
    else if (i <= CNC_TERM_CHI_SQUARE && bytes >= ENOUGH_BYTES)
      judge_limits (&p->terms[i], bytes);
}

/* TRUE if random bytes might have this histogram. */
static gboolean
looks_random (const CncAnalysisPicture *p)
{
  return p->terms[CNC_TERM_CHI_SQUARE].verdict == CNC_VERDICT_PASS || p->terms[CNC_TERM_CHI_SQUARE].verdict == CNC_VERDICT_EDGE;
}

/* What random bytes give against one with that histogram of samples, each counted copies times. */
typedef struct
{
  double n;
  double uaci, uaci_deviation; /* of |random - sample| / 255 */
  double square;               /* sum of (sample - middle)^2 */
} Expected;

static void
expect (const guint64 histogram[CNC_LEVELS], Expected *e)
{
  double sum = 0, variance = 0;

  *e = (Expected){ 0 };
  for (guint i = 0; i < CNC_LEVELS; i++)
    {
      const double n = (double) histogram[i], off = i - MIDDLE;
      const double mean = (i * (i + 1.0) + (255.0 - i) * (256.0 - i)) / 512.0;

      e->n += n;
      e->square += n * off * off;
      sum += n * mean;
      variance += n * (VARIANCE + off * off - mean * mean);
    }
  e->uaci = sum / (255 * e->n);
  e->uaci_deviation = sqrt (variance) / (255 * e->n);
}

/* (random - sample)^2, where the random part has that variance and fourth moment: the mean over n samples, and its deviation.  square: the
 * sum of (sample - middle)^2. */
static void
expect_square (double n, double square, double variance, double fourth, double *mean, double *deviation)
{
  *mean = variance + square / n;
  *deviation = sqrt ((n * (fourth - variance * variance) + 4 * square * variance) / (n * n));
}

static void
judge_pair (Count *count)
{
  CncAnalysis *analysis = count->analysis;
  const CncAnalysisPicture *p = &analysis->picture[0], *q = &analysis->picture[1];
  const gboolean grey = p->channels == 1;
  const gsize pixels = (gsize) p->width * p->height;
  const CncDifference d = cnc_difference_of (&count->difference);
  guint64 all[CNC_LEVELS] = { 0 };
  double mean, deviation, variance = 0, fourth = 0;
  Expected e;

  analysis->equal = count->difference.by_difference[0] == count->difference.size;
  term_set (&analysis->terms[0], d.npcr);
  term_set (&analysis->terms[1], d.uaci);
  term_set (&analysis->terms[2], d.mse);
  term_set (&analysis->terms[3], cnc_statistics_psnr (d.mse));
  term_set (&analysis->terms[4], cnc_statistics_psnr (count->luma / (double) pixels));
  for (guint c = 0; c < 3 && (!grey || q->channels == 3); c++)
    {
      const CncDifference one = cnc_difference_of (&count->by_channel[c]);

      analysis->terms[0].channel[c] = one.npcr;
      analysis->terms[1].channel[c] = one.uaci;
      analysis->terms[2].channel[c] = one.mse;
      analysis->terms[3].channel[c] = cnc_statistics_psnr (one.mse);
    }
  if (pixels * p->channels < ENOUGH_BYTES)
    {
      for (guint i = 0; i < CNC_TERMS_PAIR; i++)
        analysis->terms[i].why = TOO_FEW;
      return;
    }

  for (guint i = 0; i < CNC_LEVELS; i++)
    for (guint c = 0; c < 3; c++)
      all[i] += q->histogram[q->channels == 3 ? c : 0][i];
  expect (all, &e);
  /* A grey picture has a third of the samples that were compared. */
  deviation = grey ? sqrt (3) : 1;
  judge_limits (&analysis->terms[0], pixels * p->channels);
  if (looks_random (q))
    judge_limits (&analysis->terms[1], pixels * p->channels);
  else
    judge_normal (&analysis->terms[1], e.uaci, e.uaci_deviation * deviation);
  expect_square (e.n, e.square, VARIANCE, FOURTH, &mean, &deviation);
  deviation *= grey ? sqrt (3) : 1;
  judge_normal (&analysis->terms[2], mean, deviation);
  judge_psnr (&analysis->terms[3], mean, deviation);
  /* Luma is a weighted sum of three independent bytes; of grey, it is the byte. */
  for (guint c = 0; c < 3; c++)
    {
      const double w = LUMA[c] * LUMA[c];

      variance += w * VARIANCE;
      fourth += w * w * (FOURTH - 3 * VARIANCE * VARIANCE);
    }
  fourth += 3 * variance * variance;
  expect_square ((double) pixels, count->luma_off, grey ? VARIANCE : variance, grey ? FOURTH : fourth, &mean, &deviation);
  judge_psnr (&analysis->terms[4], mean, deviation);
}

/* A part of a job, whose progress is a part of the whole one's. */
typedef struct
{
  CncTask task;
  CncTask *whole;
  double done, share;
} Part;

static void
forward (double done, const char *text, gpointer user_data)
{
  Part *part = user_data;

  cnc_task_progress (part->whole, part->done + part->share * done, text);
  if (!cnc_task_go_on (part->whole, NULL))
    cnc_task_cancel (&part->task);
}

/* The mean of the channels. */
static gboolean
compare_structures (Count *count, CncTask *task, GError **error)
{
  CncAnalysis *analysis = count->analysis;
  const CncAnalysisPicture *p = &analysis->picture[0], *q = &analysis->picture[1];
  CncTerm *term = &analysis->terms[CNC_TERM_SSIM - CNC_TERM_NPCR];
  const guint channels = MAX (p->channels, q->channels);
  double sum = 0, mean = 0, variance = 0;
  Part part = { .task.progress = forward, .whole = task };

  part.task.user_data = &part;
  if (p->width < CNC_SSIM_WINDOW || p->height < CNC_SSIM_WINDOW)
    {
      term->why = N_ ("Structures are compared in windows of 11 × 11 pixels, and the picture is smaller.");
      return TRUE;
    }
  for (guint c = 0; c < channels; c++)
    {
      double value, expected, deviation;

      part.done = (double) c / channels;
      part.share = 0.3 / channels;
      if (!cnc_ssim_run (count->pixels[0] + c, count->pixels[1] + c, 3, p->width, p->height, &value, &part.task, error))
        return FALSE;
      part.done += part.share;
      part.share = 0.7 / channels;
      if (!cnc_ssim_random (count->pixels[1] + c, 3, p->width, p->height, &expected, &deviation, &part.task, error))
        return FALSE;
      sum += value / channels;
      mean += expected / channels;
      variance += deviation * deviation;
      if (channels == 3)
        term->channel[c] = value;
    }
  term_set (term, sum);
  if ((gsize) p->width * p->height * p->channels >= ENOUGH_BYTES) /* of a grey picture the three are the same chance */
    judge_normal (term, mean, sqrt (variance / channels / p->channels));
  return TRUE;
}

CncAnalysis *
cnc_analysis_new (const guint8 *pixels, guint32 width, guint32 height, const guint8 *against, guint32 against_width, guint32 against_height,
                  CncTask *task, GError **error)
{
  g_autoptr (CncAnalysis) analysis = g_new0 (CncAnalysis, 1);
  g_autofree Count *count = g_new0 (Count, 1);
  const guint64 most = MAX ((guint64) width * height, against != NULL ? (guint64) against_width * against_height : 1);

  if (width == 0 || height == 0 || (against != NULL && (against_width == 0 || against_height == 0)) || most > G_MAXUINT32)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           most > G_MAXUINT32 ? "The picture is too large to be analysed; scale or crop it."
                                              : "The picture has no pixels.");
      return NULL;
    }
  analysis->picture[0].width = width;
  analysis->picture[0].height = height;
  analysis->pair = against != NULL;
  *count = (Count){ .analysis = analysis, .pixels = { pixels, against }, .n = against != NULL ? 2 : 1 };
  if (against != NULL)
    {
      analysis->picture[1].width = against_width;
      analysis->picture[1].height = against_height;
      count->comparable = width == against_width && height == against_height;
    }
  if (!count_all (count, task, error))
    return NULL;
  for (guint i = 0; i < count->n; i++)
    judge_alone (&analysis->picture[i]);
  for (guint i = 0; i < CNC_TERMS_PAIR && analysis->pair; i++)
    {
      term_init (&analysis->terms[i], (CncTermId) (CNC_TERM_NPCR + i));
      analysis->terms[i].why = count->comparable ? NULL : OTHER_SIZE;
    }
  if (count->comparable)
    {
      judge_pair (count);
      if (!compare_structures (count, task, error))
        return NULL;
    }
  return g_steal_pointer (&analysis);
}

static CncTerm *
key_term (CncAnalysis *analysis, CncTermId id, double value, gsize size)
{
  CncTerm *term = &analysis->keys[id - CNC_TERM_KEY_NPCR];

  term_init (term, id);
  term_set (term, value);
  term->why = size < ENOUGH_BYTES ? TOO_FEW : NULL;
  return term;
}

gboolean
cnc_analysis_judge (CncAnalysis *analysis, const guint8 *pixels, const CncDetector *detector, CncBackend *backend, GError **error)
{
  const CncAnalysisPicture *picture = &analysis->picture[0];
  g_autoptr (GError) why = NULL;

  if (!cnc_detector_judge (detector, backend, pixels, 3, TRUE, picture->width, picture->height, &analysis->verdict, &why))
    {
      if (g_error_matches (why, CNC_ERROR, CNC_ERROR_TOO_SMALL))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  g_free (analysis->judgement);
  analysis->judgement = cnc_detector_text (detector, &analysis->verdict);
  analysis->rates = detector->rates;
  return TRUE;
}

void
cnc_analysis_add_keys (CncAnalysis *analysis, const char *layers, const guint8 *one, const guint8 *other, gsize size)
{
  const CncDifference d = cnc_statistics_difference (one, other, size);
  CncTerm *npcr = key_term (analysis, CNC_TERM_KEY_NPCR, d.npcr, size), *uaci = key_term (analysis, CNC_TERM_KEY_UACI, d.uaci, size);

  g_free (analysis->layers);
  analysis->layers = g_strdup (layers);
  term_init (&analysis->keys[CNC_TERM_KEY_PSNR - CNC_TERM_KEY_NPCR], CNC_TERM_KEY_PSNR);
  if (size < ENOUGH_BYTES)
    return;
  judge_limits (npcr, size);
  judge_limits (uaci, size);
}

void
cnc_analysis_add_wrong_key (CncAnalysis *analysis, const guint8 *wrong, const guint8 *plain, gsize size)
{
  CncTerm *psnr = key_term (analysis, CNC_TERM_KEY_PSNR, cnc_statistics_psnr (cnc_statistics_difference (wrong, plain, size).mse), size);
  guint64 histogram[CNC_LEVELS] = { 0 };
  double mean, deviation;
  Expected e;

  if (size < ENOUGH_BYTES)
    return;
  cnc_statistics_histogram (plain, 1, size, histogram);
  expect (histogram, &e);
  expect_square (e.n, e.square, VARIANCE, FOURTH, &mean, &deviation);
  judge_psnr (psnr, mean, deviation);
}

guint
cnc_analysis_count (const CncAnalysis *analysis, CncTermVerdict verdict)
{
  guint n = 0;

  for (guint i = 0; i < CNC_TERMS_ALONE; i++)
    n += analysis->picture[0].terms[i].verdict == verdict;
  for (guint i = 0; i < CNC_TERMS_PAIR && analysis->pair; i++)
    n += analysis->terms[i].verdict == verdict;
  return n;
}

void
cnc_analysis_free (CncAnalysis *analysis)
{
  if (analysis == NULL)
    return;
  for (guint i = 0; i < 2; i++)
    for (guint c = 0; c < 3; c++)
      for (guint d = 0; d < 3; d++)
        g_free (analysis->picture[i].pairs[c][d]);
  g_free (analysis->judgement);
  g_free (analysis->layers);
  g_free (analysis);
}
