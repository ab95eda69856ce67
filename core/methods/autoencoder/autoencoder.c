/* Pictures through encoder and decoder, see autoencoder.h. */
#include "methods/autoencoder/autoencoder.h"

#include "base/error.h"
#include "base/memory.h"
#include "methods/lossy.h"
#include "picture/convert.h"

#include <math.h>

/* ---- the network over a picture ---- */

typedef struct
{
  CncRaster *picture;
  const gint16 *values;            /* decoding */
  float *exact;                    /* encoding */
  guint32 channels, width, height; /* of the latent */
} Sheet;

static gboolean
read_picture (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;
  const guint step = cnc_format_channels (&s->picture->format);
  const gboolean grey = s->picture->format.model == CNC_MODEL_GREY;

  for (guint c = 0; c < 3; c++)
    for (guint32 row = 0; row < height; row++)
      {
        const guint8 *p = s->picture->data + ((gsize) (y + row) * s->picture->width + x) * step + (grey ? 0 : c);

        for (guint32 i = 0; i < width; i++)
          *planes++ = (float) p[(gsize) i * step] / 255.0f;
      }
  return TRUE;
}

static gboolean
write_latent (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Sheet *s = user_data;

  for (guint32 c = 0; c < s->channels; c++)
    for (guint32 row = 0; row < height; row++)
      for (guint32 i = 0; i < width; i++, planes++)
        {
          if (y + row >= s->height || x + i >= s->width)
            continue;
          if (!isfinite (*planes))
            {
              g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                                   "The device gave numbers that are none; choose another device (cpu always works) and try again.");
              return FALSE;
            }
          s->exact[((gsize) c * s->height + y + row) * s->width + x + i] = *planes;
        }
  return TRUE;
}

static gboolean
read_latent (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;

  for (guint32 c = 0; c < s->channels; c++)
    for (guint32 row = 0; row < height; row++)
      for (guint32 i = 0; i < width; i++)
        *planes++ = s->values[((gsize) c * s->height + y + row) * s->width + x + i];
  return TRUE;
}

gboolean
cnc_autoencoder_encode (const CncAutoencoder *model, CncBackend *backend, const CncWeights *weights, const CncRaster *picture, float *exact,
                        CncTask *task, GError **error)
{
  CncRaster view = *picture; /* read only */
  Sheet s = { .picture = &view, .exact = exact, .channels = model->channels };
  const CncTileJob job = { .feeds = { { .value = 0, .read = read_picture, .user_data = &s } },
                           .n_feeds = 1,
                           .fetch = model->exact,
                           .width = picture->width,
                           .height = picture->height,
                           .max_tile = model->max_tile,
                           .write = write_latent,
                           .user_data = &s,
                           .text = N_ ("Compressing") };

  cnc_autoencoder_latent_size (model, picture->width, picture->height, &s.width, &s.height);
  return cnc_tile_run (backend, model->net->graph, weights, &job, task, error);
}

gboolean
cnc_autoencoder_decode (const CncAutoencoder *model, CncBackend *backend, const CncWeights *weights, const gint16 *values,
                        CncRaster *picture, CncTask *task, GError **error)
{
  Sheet s = { .values = values, .channels = model->channels };
  CncTileJob job = { .feeds = { { .value = model->latent, .read = read_latent, .user_data = &s } },
                     .n_feeds = 1,
                     .fetch = model->output,
                     .write = cnc_lossy_write,
                     .user_data = picture,
                     .text = N_ ("Restoring") };

  cnc_autoencoder_latent_size (model, picture->width, picture->height, &s.width, &s.height);
  job.width = s.width;
  job.height = s.height;
  job.max_tile = model->max_tile;
  return cnc_tile_run (backend, model->net->graph, weights, &job, task, error);
}

/* ---- the body ---- */

static gpointer
new_values (const CncAutoencoder *model, const CncRaster *picture, gsize bytes, guint32 *width, guint32 *height, GError **error)
{
  cnc_autoencoder_latent_size (model, picture->width, picture->height, width, height);
  return cnc_alloc ((gsize) *width * *height, model->channels * bytes, "the latent", error);
}

static gint16 *
new_latent (const CncAutoencoder *model, const CncRaster *picture, guint32 *width, guint32 *height, GError **error)
{
  return new_values (model, picture, sizeof (gint16), width, height, error);
}

/* The whole numbers of a picture. */
static gint16 *
encode (const CncAutoencoder *model, const CncRaster *picture, CncBackend *backend, guint32 *width, guint32 *height, CncTask *task,
        GError **error)
{
  g_autofree float *exact = new_values (model, picture, sizeof (float), width, height, error);
  g_autoptr (CncWeights) weights = exact != NULL ? cnc_weights_new (backend, model->net, error) : NULL;
  g_autofree gint16 *values = NULL;

  if (weights == NULL || !cnc_autoencoder_encode (model, backend, weights, picture, exact, task, error))
    return NULL;
  /* Only now: the tiles of the network, which take most, are gone. */
  values = new_latent (model, picture, width, height, error);
  if (values == NULL || !cnc_latent_choose (model->tables, exact, *width, *height, values, task, error))
    return NULL;
  return g_steal_pointer (&values);
}

/* The latent as bytes, decoded once more for certainty. */
static GByteArray *
code (const CncAutoencoder *model, const CncRaster *picture, CncBackend *backend, CncTask *task, GError **error)
{
  guint32 width, height;
  g_autofree gint16 *values = encode (model, picture, backend, &width, &height, task, error);
  g_autofree gint16 *again = values != NULL ? new_latent (model, picture, &width, &height, error) : NULL;
  g_autoptr (GByteArray) coded = NULL;

  if (again == NULL)
    return NULL;
  coded = cnc_latent_encode (model->tables, values, width, height, task, error);
  if (coded == NULL || !cnc_latent_decode (model->tables, coded->data, coded->len, width, height, again, task, error))
    return NULL;
  if (memcmp (values, again, (gsize) width * height * model->channels * sizeof *values) != 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                           "The compressed picture did not decode to what was coded; nothing was changed.");
      return NULL;
    }
  return g_steal_pointer (&coded);
}

GByteArray *
cnc_autoencoder_pack (const CncAutoencoder *model, const CncPicture *picture, CncBackend *backend, CncRaster *geometry, CncTask *task,
                      GError **error)
{
  g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
  g_autoptr (GByteArray) coded = eight != NULL ? code (model, eight, backend, task, error) : NULL;
  g_autoptr (GByteArray) body = NULL;
  guint8 length[4];

  if (coded == NULL)
    return NULL;
  body = g_byte_array_new ();
  cnc_put_u32 (length, coded->len);
  cnc_lossy_put_model (body, model->sha256, model->name);
  g_byte_array_append (body, length, sizeof length);
  g_byte_array_append (body, coded->data, coded->len);
  if (eight->format.alpha && !cnc_lossy_append_alpha (body, eight, task, error))
    return NULL;
  *geometry = *eight;
  geometry->data = NULL;
  return g_steal_pointer (&body);
}

typedef struct
{
  const guint8 *sha256, *coded, *alpha;
  gsize coded_size, alpha_size;
  char name[CNC_LOSSY_MAX_NAME + 1];
} Parts;

static gboolean
split (const guint8 *body, gsize size, gboolean alpha, Parts *parts)
{
  const gsize head = cnc_lossy_get_model (body, size, &parts->sha256, parts->name);

  if (head == 0 || size - head < 4)
    return FALSE;
  parts->coded_size = cnc_get_u32 (body + head);
  parts->coded = body + head + 4;
  size -= head + 4;
  if (parts->coded_size > size)
    return FALSE;
  parts->alpha = parts->coded + parts->coded_size;
  parts->alpha_size = size - parts->coded_size;
  return (parts->alpha_size > 0) == alpha;
}

gboolean
cnc_autoencoder_unpack (const guint8 *body, gsize size, CncRaster *raster, CncBackend *backend, CncTask *task, GError **error)
{
  g_autoptr (CncAutoencoder) model = NULL;
  g_autoptr (CncWeights) weights = NULL;
  g_autofree gint16 *values = NULL;
  const CncFormat format = cnc_convert_format (&raster->format);
  guint32 width, height;
  Parts parts;

  if (!cnc_format_equal (&format, &raster->format) || !split (body, size, format.alpha, &parts))
    return cnc_lossy_damaged (error);
  model = cnc_autoencoder_find (parts.sha256, parts.name, error);
  if (model == NULL)
    return FALSE;
  values = new_latent (model, raster, &width, &height, error);
  weights = values != NULL ? cnc_weights_new (backend, model->net, error) : NULL;
  if (weights == NULL || !cnc_latent_decode (model->tables, parts.coded, parts.coded_size, width, height, values, task, error)
      || !cnc_autoencoder_decode (model, backend, weights, values, raster, task, error))
    return FALSE;
  return !format.alpha || cnc_lossy_restore_alpha (parts.alpha, parts.alpha_size, raster, task, error);
}

gboolean
cnc_autoencoder_quality (const guint8 *body, gsize size, const CncPicture *picture, CncBackend *backend, double *psnr, CncTask *task,
                         GError **error)
{
  g_autoptr (CncRaster) before = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
  g_autoptr (CncRaster) after = before != NULL ? cnc_raster_new (before->width, before->height, &before->format, error) : NULL;

  if (after == NULL || !cnc_autoencoder_unpack (body, size, after, backend, task, error))
    return FALSE;
  *psnr = cnc_lossy_psnr (before, after);
  return TRUE;
}
