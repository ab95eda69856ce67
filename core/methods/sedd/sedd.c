/* Pictures through a pair, see sedd.h. */
#include "methods/sedd/sedd.h"

#include "base/error.h"
#include "base/memory.h"
#include "methods/lossy.h"
#include "nn/tile.h"
#include "picture/convert.h"

/* ---- the network over a vector ---- */

typedef struct
{
  const gint16 *values;
  guint channels, step;
  guint32 across, down;
} Sheet;

/* The vector in steps of the one that the encoder was trained for, and behind it the number of the step. */
static gboolean
read_vector (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Sheet *s = user_data;
  const float step = cnc_sedd_step (s->step);

  for (guint c = 0; c < s->channels; c++)
    for (guint32 row = 0; row < height; row++)
      for (guint32 i = 0; i < width; i++)
        *planes++ = step * s->values[((gsize) c * s->down + y + row) * s->across + x + i];
  for (gsize i = 0; i < (gsize) width * height; i++)
    *planes++ = (float) s->step;
  return TRUE;
}

gboolean
cnc_sedd_decode (const CncSeddDecoder *decoder, CncBackend *backend, const CncWeights *weights, const gint16 *values, guint step,
                 CncRaster *raster, CncTask *task, GError **error)
{
  Sheet s = { .values = values, .channels = decoder->channels, .step = step };
  CncTileJob job = { .feeds = { { .value = 0, .read = read_vector, .user_data = &s } },
                     .n_feeds = 1,
                     .fetch = decoder->output,
                     .max_tile = decoder->max_tile,
                     .write = cnc_lossy_write,
                     .user_data = raster,
                     .text = "Restoring" };

  cnc_sedd_blocks (raster->width, raster->height, &s.across, &s.down);
  job.width = s.across;
  job.height = s.down;
  return cnc_tile_run (backend, decoder->net->graph, weights, &job, task, error);
}

/* ---- the body ---- */

static gint16 *
new_vector (const CncRaster *picture, guint channels, guint32 *across, guint32 *down, GError **error)
{
  cnc_sedd_blocks (picture->width, picture->height, across, down);
  return cnc_alloc ((gsize) *across * *down, channels * sizeof (gint16), "the vector", error);
}

/* The vector as bytes.  That they decode to it is for cnc_sedd_verify, behind the seal. */
static GByteArray *
code (const CncSeddEncoder *encoder, const CncRaster *picture, guint *step, CncTask *task, GError **error)
{
  guint32 across, down;
  g_autofree gint16 *fine = cnc_sedd_see (&encoder->code, picture, task, error);
  g_autofree gint16 *values = fine != NULL ? new_vector (picture, encoder->code.channels, &across, &down, error) : NULL;

  return values != NULL ? cnc_sedd_fit (encoder->tables, fine, across, down, cnc_sedd_budget (picture->width, picture->height), values,
                                        step, task, error)
                        : NULL;
}

GByteArray *
cnc_sedd_pack (const CncSeddEncoder *encoder, const CncPicture *picture, CncRaster *geometry, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) eight = NULL;
  g_autoptr (GByteArray) coded = NULL, body = NULL;
  guint8 numbers[5];
  guint step;

  if (picture->raster->width < CNC_SEDD_MIN_SIDE || picture->raster->height < CNC_SEDD_MIN_SIDE)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                   "The picture has %u×%u pixels, and this method needs at least %u on each side; choose another method.",
                   picture->raster->width, picture->raster->height, CNC_SEDD_MIN_SIDE);
      return NULL;
    }
  eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
  coded = eight != NULL ? code (encoder, eight, &step, task, error) : NULL;
  if (coded == NULL)
    return NULL;
  body = g_byte_array_new ();
  cnc_lossy_put_model (body, encoder->decoder, encoder->name);
  numbers[0] = (guint8) step;
  cnc_put_u32 (numbers + 1, coded->len);
  g_byte_array_append (body, numbers, sizeof numbers);
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
  guint step;
  char name[CNC_LOSSY_MAX_NAME + 1];
} Parts;

static gboolean
split (const guint8 *body, gsize size, Parts *parts)
{
  const gsize head = cnc_lossy_get_model (body, size, &parts->sha256, parts->name);

  if (head == 0 || size - head < 5)
    return FALSE;
  parts->step = body[head];
  parts->coded_size = cnc_get_u32 (body + head + 1);
  parts->coded = body + head + 5;
  size -= head + 5;
  if (parts->coded_size > size || parts->step >= SEDD_STEPS)
    return FALSE;
  parts->alpha = parts->coded + parts->coded_size;
  parts->alpha_size = size - parts->coded_size;
  return TRUE;
}

gsize
cnc_sedd_vector_bytes (const guint8 *body, gsize size)
{
  Parts parts;

  return split (body, size, &parts) ? parts.coded_size + 1 : 0;
}

gboolean
cnc_sedd_unpack (const guint8 *body, gsize size, const char *path, CncRaster *raster, CncBackend *backend, CncTask *task, GError **error)
{
  g_autoptr (CncSeddDecoder) decoder = NULL;
  g_autoptr (CncWeights) weights = NULL;
  g_autofree gint16 *values = NULL;
  const CncFormat format = cnc_convert_format (&raster->format);
  guint32 across, down;
  Parts parts;

  if (!cnc_format_equal (&format, &raster->format) || !split (body, size, &parts) || (parts.alpha_size > 0) != format.alpha
      || raster->width < CNC_SEDD_MIN_SIDE || raster->height < CNC_SEDD_MIN_SIDE)
    return cnc_lossy_damaged (error);
  decoder = cnc_sedd_decoder_find (parts.sha256, parts.name, path, error);
  if (decoder == NULL)
    return FALSE;
  values = new_vector (raster, decoder->channels, &across, &down, error);
  if (values == NULL || !cnc_latent_decode (decoder->tables, parts.coded, parts.coded_size, across, down, values, task, error))
    return FALSE;
  weights = cnc_weights_new (backend, decoder->net, error);
  if (weights == NULL || !cnc_sedd_decode (decoder, backend, weights, values, parts.step, raster, task, error))
    return FALSE;
  return !format.alpha || cnc_lossy_restore_alpha (parts.alpha, parts.alpha_size, raster, task, error);
}

static gboolean
does_not_decode (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "The vector did not decode to what was coded; nothing was changed.");
  return FALSE;
}

gboolean
cnc_sedd_verify (const CncSeddEncoder *encoder, const guint8 *body, gsize size, const CncPicture *picture, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
  g_autofree gint16 *fine = eight != NULL ? cnc_sedd_see (&encoder->code, eight, task, error) : NULL;
  g_autofree gint16 *values = NULL;
  guint32 across, down;
  gsize count;
  Parts parts;

  values = fine != NULL ? new_vector (eight, encoder->code.channels, &across, &down, error) : NULL;
  if (values == NULL)
    return FALSE;
  if (!split (body, size, &parts))
    return does_not_decode (error);
  if (!cnc_latent_decode (encoder->tables, parts.coded, parts.coded_size, across, down, values, task, error))
    return FALSE;
  count = (gsize) across * down * encoder->code.channels;
  cnc_sedd_round (fine, count, parts.step, fine);
  return memcmp (fine, values, count * sizeof *values) == 0 || does_not_decode (error);
}

gboolean
cnc_sedd_quality (const guint8 *body, gsize size, const char *decoder, const CncPicture *picture, CncBackend *backend, double *psnr,
                  CncTask *task, GError **error)
{
  g_autoptr (CncRaster) before = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
  g_autoptr (CncRaster) after = before != NULL ? cnc_raster_new (before->width, before->height, &before->format, error) : NULL;

  if (after == NULL || !cnc_sedd_unpack (body, size, decoder, after, backend, task, error))
    return FALSE;
  *psnr = cnc_lossy_psnr (before, after);
  return TRUE;
}
