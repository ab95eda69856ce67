/* core/methods/restore/network.c: pictures through encoder and decoder, see restore.h. */
#include "methods/restore/restore.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/tile.h"
#include "picture/pixels.h"

#include <math.h>

#define WHOLE_BYTES ((gsize) 1 << 30) /* of a network for one size */

/* What the tiles are read from and written to. */
typedef struct
{
  const CncRaster *picture; /* read */
  CncRaster *restored;      /* written */
  guint8 *values;
  guint32 columns, rows;
  guint channels;
  float power; /* of the channel's errors, in numbers of the network */
} Sheet;

static gboolean
read_picture (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;
  const guint step = cnc_format_channels (&s->picture->format);

  for (guint c = 0; c < step; c++)
    for (guint32 row = 0; row < height; row++)
      {
        const guint8 *in = s->picture->data + ((gsize) (y + row) * s->picture->width + x) * step + c;

        for (guint32 i = 0; i < width; i++)
          *planes++ = (float) in[(gsize) i * step] / 255.0f;
      }
  return TRUE;
}

static gboolean
not_a_number (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                       "The device gave numbers that are none; choose another device (cpu always works) and try again.");
  return FALSE;
}

static gboolean
write_values (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Sheet *s = user_data;

  for (guint c = 0; c < s->channels; c++)
    for (guint32 row = 0; row < height; row++)
      {
        guint8 *out = s->values + ((gsize) c * s->rows + y + row) * s->columns + x;

        for (guint32 i = 0; i < width; i++, planes++)
          {
            if (!isfinite (*planes))
              return not_a_number (error);
            out[i] = cnc_restore_to_value (*planes);
          }
      }
  return TRUE;
}

static gboolean
read_values (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;

  for (guint c = 0; c < s->channels; c++)
    for (guint32 row = 0; row < height; row++)
      {
        const guint8 *in = s->values + ((gsize) c * s->rows + y + row) * s->columns + x;

        for (guint32 i = 0; i < width; i++)
          *planes++ = cnc_restore_to_number (in[i]);
      }
  return TRUE;
}

static gboolean
read_level (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;

  for (gsize i = 0; i < (gsize) width * height; i++)
    planes[i] = s->power;
  return TRUE;
}

/* The part of the rectangle that lies in the picture: what was extended to whole blocks is cut off. */
static gboolean
write_picture (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Sheet *s = user_data;
  CncRaster *p = s->restored;
  const guint step = cnc_format_channels (&p->format);

  for (guint c = 0; c < step; c++)
    for (guint32 row = 0; row < height; row++, planes += width)
      for (guint32 i = 0; y + row < p->height && i < width && x + i < p->width; i++)
        {
          if (!isfinite (planes[i]))
            return not_a_number (error);
          p->data[((gsize) (y + row) * p->width + x + i) * step + c] = (guint8) (CLAMP (planes[i], 0.0f, 1.0f) * 255.0f + 0.5f);
        }
  return TRUE;
}

/* A network for one size, at once: it may have layers for which there are no tiles. */
static gboolean
run_whole (const CncRestoreRun *run, const CncTileJob *job, GError **error)
{
  const CncGraph *graph = run->model->net->graph;
  CncPlanParams params = { .n_feeds = job->n_feeds, .fetches = { job->fetch }, .n_fetches = 1, .max_bytes = WHOLE_BYTES };
  g_autoptr (CncPlan) plan = NULL;
  const CncTensor *fetch;
  g_autofree float *out = NULL;

  for (guint i = 0; i < job->n_feeds; i++)
    {
      params.feeds[i] = job->feeds[i].value;
      params.shapes[i] = (CncShape){ 1, cnc_graph_channels (graph, params.feeds[i]), job->height, job->width };
    }
  plan = cnc_plan_new (run->backend, graph, &params, error);
  for (guint i = 0; plan != NULL && i < job->n_feeds; i++)
    {
      const CncTensor *feed = cnc_plan_tensor (plan, params.feeds[i]);
      g_autofree float *in = cnc_alloc (cnc_tensor_bytes (feed), 1, "the picture", error);

      if (in == NULL || !job->feeds[i].read (job->feeds[i].user_data, 0, 0, job->width, job->height, in, error)
          || !cnc_buffer_upload (run->backend, feed->buffer, 0, in, cnc_tensor_bytes (feed), error))
        return FALSE;
    }
  if (plan == NULL || !cnc_task_go_on (run->task, error) || !cnc_plan_run (plan, run->weights, 0, error))
    return FALSE;
  fetch = cnc_plan_tensor (plan, job->fetch);
  out = cnc_alloc (cnc_tensor_bytes (fetch), 1, "the picture", error);
  return out != NULL && cnc_buffer_download (run->backend, fetch->buffer, 0, out, cnc_tensor_bytes (fetch), error)
         && job->write (job->user_data, 0, 0, fetch->shape.w, fetch->shape.h, out, error);
}

static gboolean
run_job (const CncRestoreRun *run, const CncTileJob *job, GError **error)
{
  return run->model->width > 0 ? run_whole (run, job, error)
                               : cnc_tile_run (run->backend, run->model->net->graph, run->weights, job, run->task, error);
}

static gboolean
check_pilots (const CncRestore *model, const CncRestorePlan *plan, const guint8 *values, GError **error)
{
  const gsize plane = (gsize) plan->columns * plan->rows;

  if (cnc_restore_power (values + (model->channels - 1) * plane, plane) == 0)
    return TRUE;
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_MODEL,
      "The model “%s” cannot be used by the method “restore”: the last channel of its value “features” is not always 0; install the file "
      "that came with cnncrypt.",
      model->name);
  return FALSE;
}

gboolean
cnc_restore_encode (const CncRestoreRun *run, const CncRestorePlan *plan, const CncRaster *picture, guint8 *values, GError **error)
{
  const CncRestore *model = run->model;
  g_autoptr (CncRaster) scaled = NULL;
  Sheet s = { .values = values, .columns = plan->columns, .rows = plan->rows, .channels = model->channels };
  const CncTileJob job = { .feeds = { { .value = model->x, .read = read_picture, .user_data = &s } },
                           .n_feeds = 1,
                           .fetch = model->features,
                           .width = plan->width,
                           .height = plan->height,
                           .max_tile = model->max_tile,
                           .write = write_values,
                           .user_data = &s,
                           .text = N_ ("Encoding") };

  if (picture->width != plan->width || picture->height != plan->height)
    {
      scaled = cnc_rgb_scale (picture, plan->width, plan->height, run->task, error);
      if (scaled == NULL)
        return FALSE;
    }
  s.picture = scaled != NULL ? scaled : picture;
  memset (values + plan->count, 0, plan->places - plan->count);
  return run_job (run, &job, error) && check_pilots (model, plan, values, error);
}

double
cnc_restore_strength (const CncRestore *model, const CncRestorePlan *plan, const guint8 *values)
{
  const gsize data = plan->count - (gsize) plan->columns * plan->rows;

  return 256 * sqrt (cnc_restore_power (values + data, plan->places - data) / (double) (plan->places - data));
}

CncRaster *
cnc_restore_decode (const CncRestoreRun *run, const CncRestorePlan *plan, const guint8 *values, double strength, guint32 width,
                    guint32 height, GError **error)
{
  const CncRestore *model = run->model;
  const CncFormat format = { model->colours == 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) picture = cnc_raster_new (plan->width, plan->height, &format, error);
  Sheet s = { .restored = picture,
              .values = (guint8 *) values, /* read only */
              .columns = plan->columns,
              .rows = plan->rows,
              .channels = model->channels,
              .power = (float) (strength * strength / 65536) };
  const CncTileJob job = { .feeds = { { .value = model->plain, .read = read_values, .user_data = &s },
                                      { .value = model->level, .read = read_level, .user_data = &s } },
                           .n_feeds = 2,
                           .fetch = model->restored,
                           .width = plan->columns,
                           .height = plan->rows,
                           .max_tile = model->max_tile,
                           .write = write_picture,
                           .user_data = &s,
                           .text = N_ ("Restoring") };

  if (picture == NULL || !run_job (run, &job, error))
    return NULL;
  return plan->width == width && plan->height == height ? g_steal_pointer (&picture)
                                                        : cnc_rgb_scale (picture, width, height, run->task, error);
}
