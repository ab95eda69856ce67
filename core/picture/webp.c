/* core/picture/webp.c: pictures compressed into a given number of bytes, by WebP; the only code that includes its headers. */
#include "picture/pixels.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <webp/decode.h>
#include <webp/encode.h>

#define POOR_QUALITY 25u /* below it fewer pixels may come back better */
#define STEPS 2          /* of quality between two whole numbers: WebP has 128 quantisers for 0 to 100 */
#define SEARCH_EFFORT 4  /* of 6 */
#define FINAL_EFFORT 6
#define PROBE_SIDE 512u

static CncRaster *
damaged (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                       "What is in here is not a picture that cnncrypt wrote, so it is not shown; ask for the file again.");
  return NULL;
}

static CncRaster *
decompress (const guint8 *data, gsize size, guint32 width, guint32 height, gboolean alpha, CncTask *task, GError **error)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, alpha };
  int w = 0, h = 0;
  g_autoptr (CncRaster) kept = NULL;

  if (WebPGetInfo (data, size, &w, &h) == 0 || w < 1 || h < 1 || (guint32) w > width || (guint32) h > height
      || width / (guint32) w > 2 * CNC_COMPRESS_LEAST || height / (guint32) h > 2 * CNC_COMPRESS_LEAST)
    return damaged (error);
  kept = cnc_raster_new ((guint32) w, (guint32) h, &format, error);
  if (kept == NULL)
    return NULL;
  if ((alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto) (data, size, kept->data, cnc_raster_bytes (kept), (int) cnc_raster_row_bytes (kept))
      == NULL)
    return damaged (error);
  if ((guint32) w == width && (guint32) h == height)
    return g_steal_pointer (&kept);
  return cnc_rgb_scale (kept, width, height, task, error);
}

void
cnc_compressed_clear (CncCompressed *compressed)
{
  g_free (compressed->data);
  memset (compressed, 0, sizeof *compressed);
}

/* What the encoder writes to: never beyond room, but what did not fit is counted. */
typedef struct
{
  guint8 *data;
  gsize room, size;
  CncTask *task;
} Sink;

static int
sink_write (const uint8_t *data, size_t size, const WebPPicture *picture)
{
  Sink *sink = picture->custom_ptr;

  if (sink->size < sink->room)
    memcpy (sink->data + sink->size, data, MIN (size, sink->room - sink->size));
  sink->size += size;
  return 1;
}

static int
sink_progress (int percent, const WebPPicture *picture)
{
  const Sink *sink = picture->user_data;

  return cnc_task_go_on (sink->task, NULL) ? 1 : 0;
}

static gboolean
no_memory (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                       "Not enough memory to compress a picture; close other programs and try again.");
  return FALSE;
}

/* *fits: whether the result is in the sink.  Errors: NO_MEMORY, CANCELLED. */
static gboolean
encode (WebPPicture *picture, const WebPConfig *config, Sink *sink, gboolean *fits, GError **error)
{
  sink->size = 0;
  picture->writer = sink_write;
  picture->custom_ptr = sink;
  picture->progress_hook = sink_progress;
  picture->user_data = sink;
  picture->error_code = VP8_ENC_OK;
  *fits = FALSE;
  if (WebPEncode (config, picture) != 0)
    {
      *fits = sink->size <= sink->room;
      return TRUE;
    }
  sink->size = G_MAXSIZE; /* not known */
  switch (picture->error_code)
    {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
      return no_memory (error);
    case VP8_ENC_ERROR_USER_ABORT:
      return cnc_task_go_on (sink->task, error);
    default: /* a partition of VP8 would be too long */
      return TRUE;
    }
}

static gboolean
import (WebPPicture *picture, const CncRaster *raster, gboolean argb, GError **error)
{
  if (!WebPPictureInit (picture))
    return no_memory (error);
  picture->width = (int) raster->width;
  picture->height = (int) raster->height;
  picture->use_argb = argb;
  return (raster->format.alpha ? WebPPictureImportRGBA : WebPPictureImportRGB) (picture, raster->data, (int) cnc_raster_row_bytes (raster))
         || no_memory (error);
}

static gboolean
sink_init (Sink *sink, gsize room, CncTask *task, GError **error)
{
  sink->data = cnc_alloc (room, 1, "compressing a picture", error);
  sink->room = room;
  sink->task = task;
  return sink->data != NULL;
}

static gboolean
fits_webp (const CncRaster *raster)
{
  return raster->width <= WEBP_MAX_DIMENSION && raster->height <= WEBP_MAX_DIMENSION;
}

/* level: of WebP's lossless form, 0 to 9; negative: the form with loss. */
static gboolean
config_init (WebPConfig *config, int level, GError **error)
{
  if (WebPConfigInit (config) && (level < 0 || WebPConfigLosslessPreset (config, level)))
    {
      config->exact = level >= 0; /* colours that are not seen are kept, too */
      return TRUE;
    }
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "The library libwebp is another one than cnncrypt was built with; build cnncrypt again.");
  return FALSE;
}

/* Bytes of a fast lossless encoding of the middle, scaled to the whole: what has no chance is not tried in earnest. */
static gboolean
guess_exact (const CncRaster *raster, double *bytes, CncTask *task, GError **error)
{
  const guint32 width = MIN (raster->width, PROBE_SIDE), height = MIN (raster->height, PROBE_SIDE);
  const gsize x = (raster->width - width) / 2, y = (raster->height - height) / 2;
  const guint bytes_each = cnc_format_pixel_bytes (&raster->format);
  g_autoptr (CncRaster) middle = cnc_raster_new (width, height, &raster->format, error);
  g_autofree guint8 *memory = NULL;
  WebPPicture picture;
  WebPConfig config;
  Sink sink = { 0 };
  gboolean fits, ok;

  if (middle == NULL || !sink_init (&sink, (gsize) width * height * 4 + 1024, task, error))
    return FALSE;
  memory = sink.data;
  for (guint32 row = 0; row < height; row++)
    memcpy (middle->data + (gsize) row * width * bytes_each, raster->data + ((y + row) * raster->width + x) * bytes_each,
            width * bytes_each);
  ok = config_init (&config, 0, error) && import (&picture, middle, TRUE, error);
  if (!ok)
    return FALSE;
  ok = encode (&picture, &config, &sink, &fits, error);
  WebPPictureFree (&picture);
  *bytes = (double) MIN (sink.size, sink.room) * raster->width * raster->height / ((double) width * height);
  return ok;
}

gboolean
cnc_compress_exact (const CncRaster *raster, gsize room, CncTask *task, CncCompressed *compressed, GError **error)
{
  g_autofree guint8 *memory = NULL;
  WebPPicture picture;
  WebPConfig config;
  Sink sink = { 0 };
  double guess;
  gboolean fits, ok;

  if (!fits_webp (raster))
    return TRUE;
  if (!guess_exact (raster, &guess, task, error))
    return FALSE;
  if (guess > 1.5 * (double) room)
    return TRUE;
  if (!sink_init (&sink, MIN (room, (gsize) (4 * guess) + 65536), task, error))
    return FALSE;
  memory = sink.data;
  ok = config_init (&config, 6, error) && import (&picture, raster, TRUE, error);
  if (!ok)
    return FALSE;
  ok = encode (&picture, &config, &sink, &fits, error);
  WebPPictureFree (&picture);
  if (!ok || !fits)
    return ok;
  compressed->data = g_steal_pointer (&memory);
  compressed->size = sink.size;
  compressed->lossless = TRUE;
  compressed->width = raster->width;
  compressed->height = raster->height;
  compressed->psnr = INFINITY;
  return TRUE;
}

/* What is in the sink becomes the result. */
static gboolean
keep (const Sink *sink, CncCompressed *compressed, guint quality, GError **error)
{
  guint8 *data = cnc_alloc (sink->size, 1, "compressing a picture", error);

  if (data == NULL)
    return FALSE;
  memcpy (data, sink->data, sink->size);
  g_free (compressed->data);
  compressed->data = data;
  compressed->size = sink->size;
  compressed->quality = quality;
  return TRUE;
}

/* What is known of one quality, in steps: the logarithm of its size. */
typedef struct
{
  gint step;
  double size;
} Known;

/* Between one that fits and one that does not: where sizes that grow evenly would meet the room; the middle where that is of no use. */
static gint
between (Known low, Known high, gsize room, gboolean halve)
{
  const double share = (log ((double) room) - low.size) / (high.size - low.size);

  if (halve || low.step < 0 || !(share > 0 && share < 1))
    return (low.step + high.step + 1) / 2;
  return CLAMP (low.step + (gint) (share * (high.step - low.step)), low.step + 1, high.step - 1);
}

static gboolean
encode_step (WebPPicture *picture, WebPConfig *config, gint step, int effort, Sink *sink, gboolean *fits, GError **error)
{
  config->quality = (float) step / STEPS;
  config->method = effort;
  return encode (picture, config, sink, fits, error);
}

/* The highest quality that fits; compressed->data stays NULL if none does. */
static gboolean
best_quality (const CncRaster *raster, Sink *sink, CncCompressed *compressed, GError **error)
{
  WebPPicture picture;
  WebPConfig config;
  Known low = { -1, 0 }, high = { 100 * STEPS + 1, 0 };
  gint next = 75 * STEPS;
  gboolean fits = FALSE, ok = config_init (&config, -1, error) && import (&picture, raster, FALSE, error);

  if (!ok)
    return FALSE;
  config.sns_strength = 0; /* it moves bits to where the eye is and the error is not */
  for (guint i = 0; high.step - low.step > 1 && ok; i++)
    {
      ok = encode_step (&picture, &config, next, SEARCH_EFFORT, sink, &fits, error);
      *(fits ? &low : &high) = (Known){ next, log ((double) MAX (sink->size, 1)) };
      next = between (low, high, sink->room, i % 3 == 2);
    }
  /* More effort saves bytes, mostly enough for one step of quality. */
  fits = FALSE;
  for (gint step = MIN (low.step + 1, 100 * STEPS); step >= low.step && step >= 0 && ok && !fits; step--)
    ok = encode_step (&picture, &config, step, FINAL_EFFORT, sink, &fits, error);
  if (ok && !fits && low.step >= 0)
    ok = encode_step (&picture, &config, low.step, SEARCH_EFFORT, sink, &fits, error);
  WebPPictureFree (&picture);
  if (!ok || !fits)
    return ok;
  compressed->width = raster->width;
  compressed->height = raster->height;
  return keep (sink, compressed, (guint) config.quality, error);
}

/* Between the best that WebP's lossy form can do (it halves the sides of the colours) and every bit: values are rounded where they are
 * busy. */
static gboolean
try_near (const CncRaster *raster, Sink *sink, CncCompressed *compressed, GError **error)
{
  static const int levels[] = { 80, 60, 40, 20 };
  g_autoptr (CncRaster) back = NULL;
  WebPPicture picture;
  WebPConfig config;
  gboolean fits = FALSE, ok = config_init (&config, 3, error) && import (&picture, raster, TRUE, error);

  if (!ok)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (levels) && ok && !fits; i++)
    {
      config.near_lossless = levels[i];
      ok = encode (&picture, &config, sink, &fits, error);
    }
  WebPPictureFree (&picture);
  if (!ok || !fits)
    return ok;
  back = decompress (sink->data, sink->size, raster->width, raster->height, raster->format.alpha, sink->task, error);
  if (back == NULL)
    return FALSE;
  if (cnc_rgb_psnr (raster, back) <= compressed->psnr)
    return TRUE;
  compressed->psnr = cnc_rgb_psnr (raster, back);
  return keep (sink, compressed, 100, error);
}

/* One size: compressed->data stays NULL if it does not fit. */
static gboolean
try_size (const CncRaster *raster, guint32 width, guint32 height, Sink *sink, CncCompressed *compressed, GError **error)
{
  g_autoptr (CncRaster) smaller = NULL, back = NULL;

  if (width != raster->width || height != raster->height)
    {
      smaller = cnc_rgb_scale (raster, width, height, sink->task, error);
      if (smaller == NULL)
        return FALSE;
    }
  if (!best_quality (smaller != NULL ? smaller : raster, sink, compressed, error))
    return FALSE;
  if (compressed->data == NULL)
    return TRUE;
  back = decompress (compressed->data, compressed->size, raster->width, raster->height, raster->format.alpha, sink->task, error);
  if (back == NULL)
    return FALSE;
  compressed->psnr = cnc_rgb_psnr (raster, back);
  return TRUE;
}

gboolean
cnc_compress_to_fit (const CncRaster *raster, gsize room, CncTask *task, CncCompressed *compressed, GError **error)
{
  /* Sides in sixteenths. */
  static const guint scales[] = { 16, 12, 8, 6, 4, 3, 2 };
  g_autofree guint8 *memory = NULL;
  Sink sink = { 0 };

  if (!sink_init (&sink, MIN (room, cnc_raster_bytes (raster) + 65536), task, error))
    return FALSE;
  memory = sink.data;
  for (guint i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      const guint32 width = MAX (1, raster->width * scales[i] / 16), height = MAX (1, raster->height * scales[i] / 16);
      CncCompressed next = { 0 };

      if (MAX (width, height) > WEBP_MAX_DIMENSION)
        continue;
      if (!try_size (raster, width, height, &sink, &next, error))
        {
          cnc_compressed_clear (&next);
          return FALSE;
        }
      if (next.data != NULL && (compressed->data == NULL || next.psnr > compressed->psnr))
        {
          cnc_compressed_clear (compressed);
          *compressed = next;
          if (next.quality == 100)
            return try_near (raster, &sink, compressed, error);
          if (next.quality >= POOR_QUALITY)
            return TRUE;
          continue;
        }
      cnc_compressed_clear (&next);
      if (compressed->data != NULL)
        return TRUE; /* it only gets worse */
    }
  if (compressed->data != NULL)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL, "A picture of %u × %u pixels does not fit into %zu bytes.", raster->width,
               raster->height, room);
  return FALSE;
}

CncRaster *
cnc_decompress (const guint8 *data, gsize size, guint32 width, guint32 height, CncTask *task, GError **error)
{
  return decompress (data, size, width, height, FALSE, task, error);
}

CncRaster *
cnc_decompress_alpha (const guint8 *data, gsize size, guint32 width, guint32 height, CncTask *task, GError **error)
{
  return decompress (data, size, width, height, TRUE, task, error);
}
