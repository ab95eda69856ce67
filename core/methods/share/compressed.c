/* core/methods/share/compressed.c: pictures compressed into a given number of bytes, see compressed.h. */
#include "methods/share/compressed.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "methods/autoencoder/autoencoder.h"
#include "picture/convert.h"
#include "picture/pixels.h"

#define PROBE 512u         /* side of the part on which the network is tried before the whole picture */
#define SAMPLE_TILES 2u    /* across and down */
#define SAMPLE_SIDE 160u   /* of a tile of the sample */
#define NETWORK_BELOW 40.0 /* dB: where WebP has more, the network, made for few bytes, is not tried */

void
cnc_share_compressed_clear (CncShareCompressed *compressed)
{
  if (compressed->data != NULL)
    cnc_wipe (compressed->data, compressed->size);
  g_clear_pointer (&compressed->data, g_free);
}

static gboolean
is_grey (const CncFormat *format)
{
  return format->model == CNC_MODEL_GREY;
}

/* Grey pictures as three equal colours and back, as WebP has no grey. */
static CncRaster *
to_rgb (const CncRaster *eight, GError **error)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, eight->format.alpha };
  CncRaster *rgb = cnc_raster_new (eight->width, eight->height, &format, error);
  const gsize pixels = (gsize) eight->width * eight->height;
  const guint in = cnc_format_channels (&eight->format), out = cnc_format_channels (&format);

  for (gsize i = 0; rgb != NULL && i < pixels; i++)
    {
      const guint8 *p = eight->data + i * in;

      memset (rgb->data + i * out, *p, 3);
      if (format.alpha)
        rgb->data[i * out + 3] = p[1];
    }
  return rgb;
}

static CncRaster *
from_rgb (const CncRaster *rgb, const CncFormat *format, GError **error)
{
  CncRaster *grey = cnc_raster_new (rgb->width, rgb->height, format, error);
  const gsize pixels = (gsize) rgb->width * rgb->height;
  const guint in = cnc_format_channels (&rgb->format), out = cnc_format_channels (format);

  for (gsize i = 0; grey != NULL && i < pixels; i++)
    {
      const guint8 *p = rgb->data + i * in;

      grey->data[i * out] = (guint8) ((p[0] + p[1] + p[2] + 1) / 3);
      if (format->alpha)
        grey->data[i * out + 1] = p[3];
    }
  return grey;
}

static gboolean
compress_webp (const CncRaster *rgb, gsize room, CncShareCompressed *compressed, CncTask *task, GError **error)
{
  CncCompressed kept = { 0 };

  if (!cnc_compress_exact (rgb, room, task, &kept, error) || (kept.data == NULL && !cnc_compress_to_fit (rgb, room, task, &kept, error)))
    {
      cnc_compressed_clear (&kept);
      return FALSE;
    }
  compressed->data = g_steal_pointer (&kept.data);
  compressed->size = kept.size;
  compressed->psnr = kept.psnr;
  memset (compressed->model, 0, sizeof compressed->model);
  return TRUE;
}

/* A part of an 8-bit raster. */
static CncRaster *
part_of (const CncRaster *raster, guint32 x, guint32 y, guint32 width, guint32 height, GError **error)
{
  CncRaster *part = cnc_raster_new (width, height, &raster->format, error);
  const guint bytes = cnc_format_pixel_bytes (&raster->format);

  for (guint32 row = 0; part != NULL && row < height; row++)
    memcpy (part->data + (gsize) row * width * bytes, raster->data + ((gsize) (y + row) * raster->width + x) * bytes,
            (gsize) width * bytes);
  return part;
}

/* *psnr: of the network; *bytes: what it takes; NULL where only that matters. */
static GByteArray *
try_network (const CncAutoencoder *model, const CncRaster *eight, CncBackend *backend, double *psnr, CncTask *task, GError **error)
{
  CncPicture picture = { .raster = (CncRaster *) eight };
  CncRaster geometry;
  GByteArray *body = cnc_autoencoder_pack (model, &picture, backend, &geometry, task, error);

  if (body == NULL || cnc_autoencoder_quality (body->data, body->len, &picture, backend, psnr, task, error))
    return body;
  g_byte_array_unref (body);
  return NULL;
}

/* Whether it is worth while to have the network work on the whole picture: tried on its middle. */
static gboolean
promising (const CncAutoencoder *model, const CncRaster *eight, gsize room, CncBackend *backend, double webp, gboolean *yes, CncTask *task,
           GError **error)
{
  const guint32 width = MIN (eight->width, PROBE), height = MIN (eight->height, PROBE);
  g_autoptr (CncRaster) middle = part_of (eight, (eight->width - width) / 2, (eight->height - height) / 2, width, height, error);
  g_autoptr (CncRaster) rgb
      = middle != NULL ? (is_grey (&middle->format) ? to_rgb (middle, error) : part_of (middle, 0, 0, width, height, error)) : NULL;
  const double share = (double) width * height / ((double) eight->width * eight->height);
  g_auto (CncShareCompressed) part = { 0 };
  g_autoptr (GByteArray) body = NULL;
  double psnr;

  *yes = FALSE;
  if (rgb == NULL)
    return FALSE;
  body = try_network (model, middle, backend, &psnr, task, error);
  if (body == NULL)
    return FALSE;
  if ((double) body->len > 1.2 * share * (double) room)
    return TRUE;
  if (!compress_webp (rgb, (gsize) (share * (double) room), &part, task, NULL))
    {
      *yes = TRUE; /* WebP finds it hard */
      return cnc_task_go_on (task, error);
    }
  *yes = psnr > part.psnr - 0.5;
  return TRUE;
}

gboolean
cnc_share_compress (const CncPicture *picture, const CncRaster *eight, gsize room, CncBackend *backend, CncShareCompressed *compressed,
                    CncTask *task, GError **error)
{
  g_autoptr (CncRaster) rgb = is_grey (&eight->format) ? to_rgb (eight, error) : part_of (eight, 0, 0, eight->width, eight->height, error);
  g_autoptr (CncAutoencoder) model = NULL;
  g_autoptr (GByteArray) body = NULL;
  g_autoptr (GError) problem = NULL;
  gboolean yes;
  double psnr;

  if (rgb == NULL)
    return FALSE;
  cnc_task_progress (task, 0.1, "Compressing");
  if (!compress_webp (rgb, room, compressed, task, &problem) && !g_error_matches (problem, CNC_ERROR, CNC_ERROR_TOO_SMALL))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (backend != NULL && (compressed->data == NULL || compressed->psnr < NETWORK_BELOW))
    model = cnc_autoencoder_find (NULL, NULL, NULL);
  if (model == NULL)
    {
      if (compressed->data == NULL)
        g_propagate_error (error, g_steal_pointer (&problem));
      return compressed->data != NULL;
    }
  if (!promising (model, eight, room, backend, compressed->psnr, &yes, task, error))
    return FALSE;
  if (yes)
    {
      body = try_network (model, eight, backend, &psnr, task, error);
      if (body == NULL)
        return FALSE;
    }
  if (body != NULL && body->len <= room && (compressed->data == NULL || psnr > compressed->psnr))
    {
      cnc_share_compressed_clear (compressed);
      compressed->size = body->len;
      compressed->data = g_byte_array_free (g_steal_pointer (&body), FALSE);
      compressed->psnr = psnr;
      memcpy (compressed->model, model->sha256, sizeof compressed->model);
    }
  if (compressed->data == NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return compressed->data != NULL;
}

CncRaster *
cnc_share_expand (const guint8 *data, gsize size, const guint8 model[CNC_CARRIER_MODEL_BYTES], guint32 width, guint32 height,
                  const CncFormat *format, CncBackend *backend, CncTask *task, GError **error)
{
  static const guint8 none[CNC_CARRIER_MODEL_BYTES];
  const CncFormat eight = cnc_convert_format (format);
  g_autoptr (CncRaster) raster = NULL;
  CncRaster *grey;

  if (!cnc_format_equal (&eight, format))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                           "What is in this encrypted picture is not what cnncrypt writes (its format); ask for it again.");
      return NULL;
    }
  if (memcmp (model, none, sizeof none) == 0)
    {
      raster = format->alpha ? cnc_decompress_alpha (data, size, width, height, task, error)
                             : cnc_decompress (data, size, width, height, task, error);
      if (raster == NULL || !is_grey (format))
        return g_steal_pointer (&raster);
      grey = from_rgb (raster, format, error);
      return grey;
    }
  if (backend == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_DEVICE,
                           "This picture was compressed by a network, and no device is there to run it; choose one (cpu always works).");
      return NULL;
    }
  raster = cnc_raster_new (width, height, format, error);
  if (raster == NULL || !cnc_autoencoder_unpack (data, size, raster, backend, task, error))
    return NULL;
  return g_steal_pointer (&raster);
}

/* Tiles from all over the picture, side by side; the whole of a small one. */
static CncRaster *
sample_of (const CncPicture *picture, GError **error)
{
  const CncRaster *from = picture->raster;
  const guint32 across = MIN (SAMPLE_SIDE, from->width / SAMPLE_TILES), down = MIN (SAMPLE_SIDE, from->height / SAMPLE_TILES);
  const guint bytes = cnc_format_pixel_bytes (&from->format);
  g_autoptr (CncRaster) mosaic = NULL;

  if (across < 16 || down < 16)
    return cnc_convert_to_8_bit (from, picture->colormap, error);
  mosaic = cnc_raster_new (SAMPLE_TILES * across, SAMPLE_TILES * down, &from->format, error);
  if (mosaic == NULL)
    return NULL;
  for (guint32 y = 0; y < mosaic->height; y++)
    for (guint tile = 0; tile < SAMPLE_TILES; tile++)
      {
        const guint32 part_x = from->width / SAMPLE_TILES, part_y = from->height / SAMPLE_TILES;
        const guint32 x = tile * part_x + (part_x - across) / 2, row = y / down * part_y + (part_y - down) / 2 + y % down;

        memcpy (mosaic->data + ((gsize) y * mosaic->width + tile * across) * bytes, from->data + ((gsize) row * from->width + x) * bytes,
                (gsize) across * bytes);
      }
  return cnc_convert_to_8_bit (mosaic, picture->colormap, error);
}

gboolean
cnc_share_sample (const CncPicture *picture, gsize room, double *psnr, GError **error)
{
  g_autoptr (CncRaster) sample = sample_of (picture, error), rgb = NULL;
  g_auto (CncShareCompressed) compressed = { 0 };
  double part;

  if (sample == NULL)
    return FALSE;
  rgb = is_grey (&sample->format) ? to_rgb (sample, error) : g_steal_pointer (&sample);
  if (rgb == NULL)
    return FALSE;
  part = (double) rgb->width * rgb->height / ((double) picture->raster->width * picture->raster->height);
  if (!compress_webp (rgb, (gsize) MAX (part * (double) room, 64), &compressed, NULL, error))
    return FALSE;
  *psnr = compressed.psnr;
  return TRUE;
}
