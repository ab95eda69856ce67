/* models/train/tables.c: tables of the range coder from pictures, see tables.h. */
#include "tables.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

#define MAX_PLACES 200000u /* of the latent, all pictures together: enough to count in */
#define OWN CNC_LATENT_OWN
#define SMOOTH 24.0 /* counts that the smooth distribution weighs */
#define ROUNDS 4u   /* tables change what numbers are chosen, and those the tables; further rounds change the size by a thousandth */
#define RIDGE 1e-4  /* keeps weights of channels that are always 0 at 0 */

/* All latents one after the other. */
typedef struct
{
  const CncAutoencoder *model; /* NULL: the values are given */
  CncLatentTables *tables;
  guint channels, n_pictures;
  guint32 *widths, *heights;
  gsize *begins; /* first place of each picture */
  gsize places;
  float *exact;     /* channels * places, picture by picture: channels planes each */
  gint16 *values;   /* channels * places; a picture's planes lie apart: value of channel c at place i is values[c * places + i] */
  gint16 *known;    /* the same, cut off as the sums do it; later the sizes of the left-overs */
  double *products; /* channels * channels: sums of known * known */
  gint32 *spreads;  /* channels * places */
  gint16 *rests;    /* likewise */
  gboolean spread;  /* which of the two sums is fitted */
} Survey;

CncNet *
train_net_copy (const CncNet *net, GError **error)
{
  CncNet *copy = cnc_net_new (cnc_graph_copy (net->graph), error);

  for (guint i = 0; copy != NULL && i < net->n_values; i++)
    memcpy (copy->values[i], net->values[i], cnc_shape_count (&net->graph->parameters[i].shape) * sizeof (float));
  return copy;
}

gboolean
train_tables_possible (const CncNet *net)
{
  g_autoptr (CncNet) copy = train_net_copy (net, NULL);
  CncAutoencoder model = { .net = copy };

  return copy != NULL && cnc_net_fold (copy, NULL) && cnc_autoencoder_check (&model, NULL);
}

CncRaster *
train_picture_raster (const TrainData *data, guint index, GError **error)
{
  const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, index);
  const CncFormat format = { data->channels == 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncRaster *raster = cnc_raster_new (p->width, p->height, &format, error);
  const gsize plane = (gsize) p->width * p->height;

  for (gsize i = 0; raster != NULL && i < plane; i++)
    for (guint c = 0; c < data->channels; c++)
      raster->data[i * data->channels + c] = p->pixels[c * plane + i];
  return raster;
}

/* ---- sums ---- */

static double
dot (const gint16 *restrict a, const gint16 *restrict b, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i += 64)
    {
      const gsize end = MIN (i + 64, n);
      gint32 part = 0; /* 64 products of 4095 * 4095 at most */

      for (gsize k = i; k < end; k++)
        part += a[k] * b[k];
      sum += part;
    }
  return sum;
}

static void
multiply_channel (guint c, gpointer user_data)
{
  Survey *s = user_data;

  for (guint k = 0; k <= c; k++)
    s->products[c * s->channels + k] = s->products[k * s->channels + c]
        = dot (s->known + c * s->places, s->known + k * s->places, s->places);
}

/* What the coder adds up at each place besides the channels before: see cnc_latent_walk_look. */
static void
collect_own (const Survey *s, guint channel, gint16 *own)
{
  const gint16 *known = s->known + channel * s->places;
  static const gint dx[CNC_LATENT_NEAR] = { -1, 0, -1, 1, -2, 0 }, dy[CNC_LATENT_NEAR] = { 0, -1, -1, -1, 0, -2 };

  for (guint p = 0; p < s->n_pictures; p++)
    for (gint y = 0; y < (gint) s->heights[p]; y++)
      for (gint x = 0; x < (gint) s->widths[p]; x++)
        {
          const gsize at = s->begins[p] + (gsize) y * s->widths[p] + (gsize) x;

          for (guint i = 0; i < CNC_LATENT_NEAR; i++)
            {
              const gint nx = x + dx[i], ny = y + dy[i];

              own[i * s->places + at]
                  = nx >= 0 && ny >= 0 && nx < (gint) s->widths[p] ? known[s->begins[p] + (gsize) ny * s->widths[p] + (gsize) nx] : 0;
            }
          own[CNC_LATENT_NEAR * s->places + at] = 1;
        }
}

/* In the sum of sizes the seventh is what lies around. */
static void
collect_around (const Survey *s, guint channel, gint16 *around)
{
  g_autofree guint32 *sums = g_new0 (guint32, s->places);

  for (guint c = 0; c < channel; c++)
    for (gsize i = 0; i < s->places; i++)
      sums[i] += (guint32) s->known[c * s->places + i];
  for (guint p = 0; p < s->n_pictures; p++)
    for (guint32 y = 0; y < s->heights[p]; y++)
      for (guint32 x = 0; x < s->widths[p]; x++)
        {
          const guint32 w = s->widths[p];
          const gsize at = s->begins[p] + (gsize) y * w + x;
          const guint32 *q = sums + at;
          const guint32 sum
              = (x > 0 ? q[-1] : 0) + (x + 1 < w ? q[1] : 0) + (y > 0 ? q[-(gssize) w] : 0) + (y + 1 < s->heights[p] ? q[w] : 0);

          around[at] = (gint16) MIN (sum, CNC_LATENT_MAX_AROUND);
        }
}

/* Solves the symmetric system in place (Cholesky); matrix: n * n. */
static void
solve (double *matrix, double *right, guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j <= i; j++)
      {
        double sum = matrix[i * n + j];

        for (guint k = 0; k < j; k++)
          sum -= matrix[i * n + k] * matrix[j * n + k];
        matrix[i * n + j] = i == j ? sqrt (MAX (sum, 1e-9)) : sum / matrix[j * n + j];
      }
  for (guint i = 0; i < n; i++)
    {
      for (guint k = 0; k < i; k++)
        right[i] -= matrix[i * n + k] * right[k];
      right[i] /= matrix[i * n + i];
    }
  for (guint i = n; i-- > 0;)
    {
      for (guint k = i + 1; k < n; k++)
        right[i] -= matrix[k * n + i] * right[k];
      right[i] /= matrix[i * n + i];
    }
}

static void
fit_channel (guint channel, gpointer user_data)
{
  Survey *s = user_data;
  const guint extra = s->spread ? 1 : 0; /* a constant beside what lies around: it is fitted and left out, the limits stand for it */
  const guint own = OWN + extra, n = own + channel;
  const gsize row = OWN + (gsize) s->channels;
  gint32 *weights = (s->spread ? s->tables->spread : s->tables->mean) + channel * row;
  const gint16 *target = s->known + channel * s->places;
  g_autofree gint16 *features = g_new (gint16, (OWN + 1) * s->places);
  g_autofree double *matrix = g_new0 (double, n *n), *right = g_new0 (double, n);

  collect_own (s, channel, features);
  if (s->spread)
    {
      memmove (features + OWN * s->places, features + CNC_LATENT_NEAR * s->places, s->places * sizeof *features);
      collect_around (s, channel, features + CNC_LATENT_NEAR * s->places);
    }
  for (guint i = 0; i < own; i++)
    {
      for (guint j = 0; j <= i; j++)
        matrix[i * n + j] = dot (features + i * s->places, features + j * s->places, s->places);
      for (guint c = 0; c < channel; c++)
        matrix[(own + c) * n + i] = dot (features + i * s->places, s->known + c * s->places, s->places);
      right[i] = dot (features + i * s->places, target, s->places);
    }
  for (guint c = 0; c < channel; c++)
    {
      for (guint k = 0; k <= c; k++)
        matrix[(own + c) * n + own + k] = s->products[c * s->channels + k];
      right[own + c] = s->products[channel * s->channels + c];
    }
  for (guint i = 0; i < n; i++)
    matrix[i * n + i] += RIDGE * (double) s->places;
  solve (matrix, right, n);
  for (guint i = 0; i < OWN + channel; i++)
    {
      const double most = !s->spread && i == CNC_LATENT_NEAR ? CNC_LATENT_MAX_CONSTANT : CNC_LATENT_MAX_WEIGHT;

      weights[i] = (gint32) lrint (CLAMP (right[i < OWN ? i : i + extra] * CNC_LATENT_ONE, -most, most));
    }
}

static void
fit (Survey *s, gboolean spread)
{
  s->spread = spread;
  cnc_parallel_for (s->channels, multiply_channel, s);
  cnc_parallel_for (s->channels, fit_channel, s);
}

/* ---- passes as the coder makes them ---- */

static gboolean
walk_picture (Survey *s, guint p, gint16 *values, GError **error)
{
  const gsize plane = (gsize) s->widths[p] * s->heights[p];
  g_auto (CncLatentWalk) walk = { 0 };

  for (guint c = 0; c < s->channels; c++)
    memcpy (values + c * plane, s->values + c * s->places + s->begins[p], plane * sizeof *values);
  if (!cnc_latent_walk_init (&walk, s->tables, s->widths[p], s->heights[p], values, error))
    return FALSE;
  for (guint c = 0; c < s->channels; c++)
    for (guint32 y = 0; y < s->heights[p]; y++)
      {
        cnc_latent_walk_row (&walk, c, y);
        for (guint32 x = 0; x < s->widths[p]; x++)
          {
            const gsize at = c * s->places + s->begins[p] + (gsize) y * s->widths[p] + x;
            gint32 mean, rest;

            cnc_latent_walk_look (&walk, x, &mean, &s->spreads[at]);
            rest = s->values[at] - mean;
            s->rests[at] = (gint16) CLAMP (rest, G_MININT16, G_MAXINT16);
            s->known[at] = (gint16) MIN (ABS (rest), CNC_LATENT_MAX_REST);
            cnc_latent_walk_put (&walk, x, mean);
          }
      }
  return TRUE;
}

static gboolean
walk_all (Survey *s, GError **error)
{
  g_autofree gint16 *values = cnc_alloc (s->places, s->channels * sizeof (gint16), "the survey", error);

  for (guint p = 0; values != NULL && p < s->n_pictures; p++)
    if (!walk_picture (s, p, values, error))
      return FALSE;
  return values != NULL;
}

/* ---- limits and frequencies ---- */

typedef struct
{
  gint32 spread;
  gint16 rest;
} Place;

static gint
by_spread (gconstpointer a, gconstpointer b)
{
  const Place *x = a, *y = b;

  return (x->spread > y->spread) - (x->spread < y->spread);
}

/* Places where much is left over count more: there are few, and they cost most. */
static guint64
share (const Place *p)
{
  return 1 + 2 * (guint64) MIN (ABS ((gint) p->rest), 16);
}

static void
set_limits (gint32 *limits, const Place *places, gsize n)
{
  guint64 total = 0, so_far = 0;
  guint next = 0;

  for (gsize i = 0; i < n; i++)
    total += share (&places[i]);
  for (gsize i = 0; i < n && next < CNC_LATENT_CONTEXTS - 1; i++)
    {
      so_far += share (&places[i]);
      while (next < CNC_LATENT_CONTEXTS - 1 && so_far * CNC_LATENT_CONTEXTS >= (next + 1) * total)
        limits[next++] = places[i].spread;
    }
}

static void
set_frequencies (guint32 *starts, const double *counts, double n, double sum)
{
  const guint32 total = 1u << CNC_LATENT_BITS, left = total - CNC_LATENT_SYMBOLS;
  const double mean = MAX (sum / MAX (n, 1), 1e-3), theta = (sqrt (1 + mean * mean) - 1) / mean;
  guint32 frequencies[CNC_LATENT_SYMBOLS], given = 0;
  double smooth[CNC_LATENT_SYMBOLS], all = 0;
  guint best = CNC_LATENT_SMALL;

  for (guint i = 0; i < CNC_LATENT_SYMBOLS; i++)
    all += smooth[i]
        = i == CNC_LATENT_ESCAPE ? 2 * pow (theta, CNC_LATENT_SMALL + 1) / (1 - theta) : pow (theta, abs ((gint) i - CNC_LATENT_SMALL));
  for (guint i = 0; i < CNC_LATENT_SYMBOLS; i++)
    {
      const double p = (counts[i] + SMOOTH * smooth[i] / all) / (n + SMOOTH);

      frequencies[i] = 1 + (guint32) (p * left);
      given += frequencies[i];
      if (frequencies[i] > frequencies[best])
        best = i;
    }
  frequencies[best] += total - given; /* what rounding down left */
  starts[0] = 0;
  for (guint i = 0; i < CNC_LATENT_SYMBOLS; i++)
    starts[i + 1] = starts[i] + frequencies[i];
}

static void
count_channel (guint channel, gpointer user_data)
{
  Survey *s = user_data;
  CncLatentTables *t = s->tables;
  g_autofree Place *places = g_new (Place, s->places);
  double counts[CNC_LATENT_CONTEXTS][CNC_LATENT_SYMBOLS] = { { 0 } }, n[CNC_LATENT_CONTEXTS] = { 0 }, sums[CNC_LATENT_CONTEXTS] = { 0 };

  for (gsize i = 0; i < s->places; i++)
    places[i] = (Place){ s->spreads[channel * s->places + i], s->rests[channel * s->places + i] };
  qsort (places, s->places, sizeof *places, by_spread);
  set_limits (t->limits + channel * (CNC_LATENT_CONTEXTS - 1), places, s->places);
  for (gsize i = 0; i < s->places; i++)
    {
      const guint context = cnc_latent_context (t, channel, places[i].spread);
      const gint rest = places[i].rest;

      counts[context][ABS (rest) <= CNC_LATENT_SMALL ? (guint) (rest + CNC_LATENT_SMALL) : CNC_LATENT_ESCAPE]++;
      n[context]++;
      sums[context] += ABS (rest);
    }
  for (guint k = 0; k < CNC_LATENT_CONTEXTS; k++)
    set_frequencies (t->starts + ((gsize) channel * CNC_LATENT_CONTEXTS + k) * (CNC_LATENT_SYMBOLS + 1), counts[k], n[k], sums[k]);
}

/* ---- all of it ---- */

/* Which pictures are surveyed: every k-th, so that MAX_PLACES will do. */
static guint
choose_pictures (const CncAutoencoder *model, const TrainData *data, Survey *s)
{
  const guint n = data->pictures->len;
  guint64 all = 0;
  guint step;

  for (guint i = 0; i < n; i++)
    {
      const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);
      guint32 w, h;

      cnc_autoencoder_latent_size (model, p->width, p->height, &w, &h);
      all += (guint64) w * h;
    }
  step = (guint) MAX (1, (all + MAX_PLACES - 1) / MAX_PLACES);
  s->widths = g_new (guint32, n);
  s->heights = g_new (guint32, n);
  s->begins = g_new (gsize, n);
  for (guint i = 0; i < n; i += step)
    {
      const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);
      const guint k = s->n_pictures++;

      cnc_autoencoder_latent_size (model, p->width, p->height, &s->widths[k], &s->heights[k]);
      s->begins[k] = s->places;
      s->places += (gsize) s->widths[k] * s->heights[k];
    }
  return step;
}

static gboolean
read_latents (Survey *s, CncBackend *backend, const CncWeights *weights, const TrainData *data, guint step, GError **error)
{
  for (guint p = 0; p < s->n_pictures; p++)
    {
      g_autoptr (CncRaster) picture = train_picture_raster (data, p * step, error);

      if (picture == NULL
          || !cnc_autoencoder_encode (s->model, backend, weights, picture, s->exact + s->begins[p] * s->channels, NULL, error))
        return FALSE;
    }
  return TRUE;
}

/* Whole numbers: the nearest, or, once there are tables, what pays with them. */
static gboolean
make_whole (Survey *s, gboolean choose, GError **error)
{
  g_autofree gint16 *values = cnc_alloc (s->places, s->channels * sizeof (gint16), "the survey", error);

  for (guint p = 0; values != NULL && p < s->n_pictures; p++)
    {
      const float *exact = s->exact + s->begins[p] * s->channels;
      const gsize plane = (gsize) s->widths[p] * s->heights[p];

      for (gsize i = 0; !choose && i < plane * s->channels; i++)
        values[i] = cnc_latent_round (exact[i]);
      if (choose && !cnc_latent_choose (s->tables, exact, s->widths[p], s->heights[p], values, NULL, error))
        return FALSE;
      for (guint c = 0; c < s->channels; c++)
        memcpy (s->values + c * s->places + s->begins[p], values + c * plane, plane * sizeof *values);
    }
  return values != NULL;
}

static gboolean
measure (Survey *s, GError **error)
{
  for (gsize i = 0; i < s->places * s->channels; i++)
    s->known[i] = (gint16) CLAMP (s->values[i], -CNC_LATENT_MAX_VALUE, CNC_LATENT_MAX_VALUE);
  fit (s, FALSE);
  if (!walk_all (s, error))
    return FALSE;
  fit (s, TRUE);
  if (!walk_all (s, error))
    return FALSE;
  cnc_parallel_for (s->channels, count_channel, s);
  return TRUE;
}

static void
survey_clear (Survey *s)
{
  cnc_latent_tables_free (s->tables);
  g_free (s->widths);
  g_free (s->heights);
  g_free (s->begins);
  g_free (s->exact);
  g_free (s->values);
  g_free (s->known);
  g_free (s->products);
  g_free (s->spreads);
  g_free (s->rests);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Survey, survey_clear)

static gboolean
allocate (Survey *s, GError **error)
{
  const gsize n = s->places * s->channels;

  if (s->model != NULL)
    {
      s->exact = cnc_alloc (n, sizeof *s->exact, "the survey", error);
      if (s->exact == NULL)
        return FALSE;
    }
  s->values = cnc_alloc (n, sizeof *s->values, "the survey", error);
  s->known = s->values != NULL ? cnc_alloc (n, sizeof *s->known, "the survey", error) : NULL;
  s->spreads = s->known != NULL ? cnc_alloc (n, sizeof *s->spreads, "the survey", error) : NULL;
  s->rests = s->spreads != NULL ? cnc_alloc (n, sizeof *s->rests, "the survey", error) : NULL;
  s->products = s->rests != NULL ? cnc_alloc0 ((gsize) s->channels * s->channels, sizeof *s->products, "the survey", error) : NULL;
  s->tables = s->products != NULL ? cnc_latent_tables_new (s->channels, error) : NULL;
  return s->tables != NULL;
}

CncLatentTables *
train_tables_measure (const CncNet *net, CncBackend *backend, const TrainData *data, GError **error)
{
  g_autoptr (CncNet) folded = train_net_copy (net, error);
  CncAutoencoder model = { .net = folded };
  g_auto (Survey) s = { .model = &model };
  g_autoptr (CncWeights) weights = NULL;
  guint step;

  if (folded == NULL || !cnc_net_fold (folded, error) || !cnc_autoencoder_check (&model, error))
    return NULL;
  if (data->pictures->len == 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no picture to measure the tables on; give more data.");
      return NULL;
    }
  s.channels = model.channels;
  step = choose_pictures (&model, data, &s);
  weights = cnc_weights_new (backend, folded, error);
  if (weights == NULL || !allocate (&s, error) || !read_latents (&s, backend, weights, data, step, error))
    return NULL;
  for (guint round = 0; round < ROUNDS; round++)
    if (!make_whole (&s, round > 0, error) || !measure (&s, error))
      return NULL;
  return g_steal_pointer (&s.tables);
}

CncLatentTables *
train_tables_of_vectors (guint channels, guint n, const guint32 *widths, const guint32 *heights, gint16 *const *values, GError **error)
{
  g_auto (Survey) s = { .channels = channels, .n_pictures = n };

  s.widths = g_memdup2 (widths, n * sizeof *widths);
  s.heights = g_memdup2 (heights, n * sizeof *heights);
  s.begins = g_new (gsize, n);
  for (guint i = 0; i < n; i++)
    {
      s.begins[i] = s.places;
      s.places += (gsize) widths[i] * heights[i];
    }
  if (s.places == 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no picture to measure the tables on; give more data.");
      return NULL;
    }
  if (!allocate (&s, error))
    return NULL;
  for (guint i = 0; i < n; i++)
    for (guint c = 0; c < channels; c++)
      {
        const gsize plane = (gsize) widths[i] * heights[i];

        memcpy (s.values + c * s.places + s.begins[i], values[i] + c * plane, plane * sizeof *s.values);
      }
  return measure (&s, error) ? g_steal_pointer (&s.tables) : NULL;
}
