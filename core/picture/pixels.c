/* core/picture/pixels.c: 8-bit rasters: check, compare, resample. */
#include "picture/pixels.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>

#define MOST_CHANNELS 4u
#define LOBES 3.0
#define ROWS 16u         /* a thread takes so many at once */
#define WEIGHT_ONE 16384 /* of a kernel's weights */
#define BETWEEN 32       /* between the two passes a value has five more bits */

CncRaster *
cnc_rgb_new (guint32 width, guint32 height, GError **error)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

  return cnc_raster_new (width, height, &format, error);
}

gboolean
cnc_rgb_check (const CncRaster *raster, const char *what, GError **error)
{
  const CncFormat *f = &raster->format;

  if (f->model == CNC_MODEL_RGB && f->sample == CNC_SAMPLE_U8 && f->curve == CNC_CURVE_PERCEPTUAL && !f->alpha)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s %s; make it an opaque RGB picture of 8 bits a channel.", what,
               f->alpha                        ? "has transparency"
               : f->model == CNC_MODEL_GREY    ? "is grey"
               : f->model == CNC_MODEL_INDEXED ? "has a palette"
               : f->sample != CNC_SAMPLE_U8    ? "has another precision than 8 bits"
                                               : "has linear values");
  return FALSE;
}

double
cnc_rgb_psnr (const CncRaster *a, const CncRaster *b)
{
  const guint step = a->format.alpha ? 4 : 3;
  const gsize pixels = (gsize) a->width * a->height;
  guint64 sum = 0, count = 0;

  for (gsize i = 0; i < pixels; i++)
    {
      const guint8 *p = a->data + i * step, *q = b->data + i * step;

      if (step == 4 && p[3] == 0)
        continue;
      count += 3;
      for (guint c = 0; c < 3; c++)
        sum += (guint64) ((p[c] - q[c]) * (p[c] - q[c]));
    }
  return sum == 0 ? INFINITY : 10 * log10 (255.0 * 255.0 * (double) count / (double) sum);
}

/* ---- resampling ---- */

/* One axis: place i of the result is the sum over k < taps of weights[i * taps + k] times place first[i] + k of the source. */
typedef struct
{
  guint32 from, to;
  guint taps;
  guint32 *first;
  gint16 *weights;
} Axis;

static void
axis_clear (Axis *axis)
{
  g_free (axis->first);
  g_free (axis->weights);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Axis, axis_clear)

static double
sinc (double x)
{
  return x == 0 ? 1 : sin (G_PI * x) / (G_PI * x);
}

static void
weigh (double centre, double step, guint taps, guint32 first, gint16 *weights)
{
  double sum = 0;
  gint left = WEIGHT_ONE;
  guint largest = 0;

  for (guint pass = 0; pass < 2; pass++)
    for (guint k = 0; k < taps; k++)
      {
        const double x = ((double) first + k - centre) / step, w = fabs (x) < LOBES ? sinc (x) * sinc (x / LOBES) : 0;

        if (pass == 0)
          {
            sum += w;
            continue;
          }
        weights[k] = (gint16) lrint (w / sum * WEIGHT_ONE);
        left -= weights[k];
        if (weights[k] > weights[largest])
          largest = k;
      }
  weights[largest] = (gint16) (weights[largest] + left); /* flat stays flat */
}

static gboolean
axis_init (Axis *axis, guint32 from, guint32 to, GError **error)
{
  const double step = MAX (1.0, (double) from / to);

  axis->from = from;
  axis->to = to;
  axis->taps = (guint) MIN (2 * ceil (LOBES * step) + 1, from);
  axis->first = cnc_alloc (to, sizeof *axis->first, "scaling a picture", error);
  axis->weights = axis->first != NULL ? cnc_alloc ((gsize) to * axis->taps, sizeof *axis->weights, "scaling a picture", error) : NULL;
  if (axis->weights == NULL)
    return FALSE;
  for (guint32 i = 0; i < to; i++)
    {
      const double centre = (i + 0.5) * from / to - 0.5;

      axis->first[i] = (guint32) CLAMP (ceil (centre - LOBES * step), 0, from - axis->taps);
      weigh (centre, step, axis->taps, axis->first[i], axis->weights + (gsize) i * axis->taps);
    }
  return TRUE;
}

typedef struct
{
  const CncRaster *in;
  CncRaster *out;
  guint channels;
  gint16 *between; /* rows of the source, width of the result, BETWEEN times the value */
  const Axis *x, *y;
  CncTask *task;
} Scale;

static inline void
scale_row (const Axis *x, const guint8 *in, gint16 *out, const guint channels)
{
  for (guint32 i = 0; i < x->to; i++)
    {
      const gint16 *w = x->weights + (gsize) i * x->taps;
      const guint8 *p = in + (gsize) x->first[i] * channels;
      gint sum[MOST_CHANNELS] = { 0 };

      for (guint k = 0; k < x->taps; k++)
        for (guint c = 0; c < channels; c++)
          sum[c] += w[k] * p[k * channels + c];
      for (guint c = 0; c < channels; c++)
        out[i * channels + c] = (gint16) ((sum[c] + WEIGHT_ONE / BETWEEN / 2) >> 9);
    }
}
G_STATIC_ASSERT (WEIGHT_ONE / BETWEEN == 1 << 9);

static void
scale_across (guint block, gpointer user_data)
{
  const Scale *s = user_data;
  const guint32 end = MIN ((block + 1) * ROWS, s->in->height);

  for (guint32 row = block * ROWS; row < end && cnc_task_go_on (s->task, NULL); row++)
    {
      const guint8 *in = s->in->data + (gsize) row * s->in->width * s->channels;
      gint16 *out = s->between + (gsize) row * s->x->to * s->channels;

      switch (s->channels) /* known numbers make the loops fast */
        {
        case 1:
          scale_row (s->x, in, out, 1);
          break;
        case 3:
          scale_row (s->x, in, out, 3);
          break;
        default:
          scale_row (s->x, in, out, s->channels);
        }
    }
}

static void
scale_down (guint block, gpointer user_data)
{
  const Scale *s = user_data;
  const gsize row_values = (gsize) s->x->to * s->channels;
  const guint32 end = MIN ((block + 1) * ROWS, s->y->to);

  for (guint32 row = block * ROWS; row < end && cnc_task_go_on (s->task, NULL); row++)
    {
      const gint16 *w = s->y->weights + (gsize) row * s->y->taps, *in = s->between + s->y->first[row] * row_values;
      guint8 *out = s->out->data + row * row_values;

      for (gsize i = 0; i < row_values; i++)
        {
          gint sum = WEIGHT_ONE * BETWEEN / 2;

          for (guint k = 0; k < s->y->taps; k++)
            sum += w[k] * in[k * row_values + i];
          sum >>= 19;
          out[i] = (guint8) CLAMP (sum, 0, 255);
        }
    }
}
G_STATIC_ASSERT (WEIGHT_ONE *BETWEEN == 1 << 19);

CncRaster *
cnc_rgb_scale (const CncRaster *raster, guint32 width, guint32 height, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) out = cnc_raster_new (width, height, &raster->format, error);
  const guint channels = cnc_format_channels (&raster->format);
  g_auto (Axis) x = { 0 };
  g_auto (Axis) y = { 0 };
  g_autofree gint16 *between = NULL;
  Scale scale = { raster, out, channels, NULL, &x, &y, task };

  if (out == NULL)
    return NULL;
  if (width == raster->width && height == raster->height)
    {
      memcpy (out->data, raster->data, cnc_raster_bytes (out));
      return g_steal_pointer (&out);
    }
  if (!axis_init (&x, raster->width, width, error) || !axis_init (&y, raster->height, height, error))
    return NULL;
  between = cnc_alloc ((gsize) width * raster->height, channels * sizeof *between, "scaling a picture", error);
  if (between == NULL)
    return NULL;
  scale.between = between;
  cnc_parallel_for ((raster->height + ROWS - 1) / ROWS, scale_across, &scale);
  cnc_parallel_for ((height + ROWS - 1) / ROWS, scale_down, &scale);
  return cnc_task_go_on (task, error) ? g_steal_pointer (&out) : NULL;
}
