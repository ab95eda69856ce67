/* What the lossy sealed methods share, see lossy.h. */
#include "methods/lossy.h"

#include "base/error.h"
#include "base/memory.h"
#include "picture/pack.h"

#include <math.h>

gboolean
cnc_lossy_damaged (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED, "The compressed picture inside is damaged; ask for it again, sent as a file.");
  return FALSE;
}

void
cnc_lossy_put_model (GByteArray *body, const guint8 sha256[CNC_SHA256_BYTES], const char *name)
{
  const guint8 length = (guint8) strlen (name);

  g_byte_array_append (body, sha256, CNC_SHA256_BYTES);
  g_byte_array_append (body, &length, 1);
  g_byte_array_append (body, (const guint8 *) name, length);
}

gsize
cnc_lossy_get_model (const guint8 *body, gsize size, const guint8 **sha256, char name[CNC_LOSSY_MAX_NAME + 1])
{
  const gsize length = size > CNC_SHA256_BYTES ? body[CNC_SHA256_BYTES] : 0;

  if (length < 1 || length > CNC_LOSSY_MAX_NAME || size < CNC_SHA256_BYTES + 1 + length
      || !g_utf8_validate ((const char *) body + CNC_SHA256_BYTES + 1, (gssize) length, NULL))
    return 0;
  *sha256 = body;
  memcpy (name, body + CNC_SHA256_BYTES + 1, length);
  name[length] = '\0';
  return CNC_SHA256_BYTES + 1 + length;
}

static CncRaster *
new_alpha (const CncRaster *picture, GError **error)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

  return cnc_raster_new (picture->width, picture->height, &format, error);
}

gboolean
cnc_lossy_append_alpha (GByteArray *body, const CncRaster *picture, CncTask *task, GError **error)
{
  const guint step = cnc_format_channels (&picture->format);
  g_autoptr (CncRaster) alpha = new_alpha (picture, error);
  g_autoptr (GByteArray) packed = NULL;

  for (gsize i = 0; alpha != NULL && i < cnc_raster_bytes (alpha); i++)
    alpha->data[i] = picture->data[i * step + step - 1];
  packed = alpha != NULL ? cnc_pack (alpha, FALSE, task, error) : NULL;
  if (packed != NULL)
    g_byte_array_append (body, packed->data, packed->len);
  return packed != NULL;
}

gboolean
cnc_lossy_restore_alpha (const guint8 *packed, gsize size, CncRaster *raster, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) alpha = new_alpha (raster, error);
  const guint step = cnc_format_channels (&raster->format);

  if (alpha == NULL || !cnc_unpack (packed, size, FALSE, alpha, task, error))
    return FALSE;
  for (gsize i = 0; i < cnc_raster_bytes (alpha); i++)
    raster->data[i * step + step - 1] = alpha->data[i];
  return TRUE;
}

static guint8
to_byte (float v)
{
  return v > 0 ? (guint8) (MIN (v, 1.0f) * 255.0f + 0.5f) : 0; /* also for what is no number */
}

gboolean
cnc_lossy_write (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  CncRaster *picture = user_data;
  const guint step = cnc_format_channels (&picture->format);
  const gsize plane = (gsize) width * height;

  for (guint32 row = 0; row < height && y + row < picture->height; row++)
    for (guint32 i = 0; i < width && x + i < picture->width; i++)
      {
        guint8 *out = picture->data + ((gsize) (y + row) * picture->width + x + i) * step;
        const float *in = planes + (gsize) row * width + i;

        if (picture->format.model == CNC_MODEL_GREY)
          *out = to_byte ((in[0] + in[plane] + in[2 * plane]) / 3.0f);
        else
          for (guint c = 0; c < 3; c++)
            out[c] = to_byte (in[c * plane]);
      }
  return TRUE;
}

double
cnc_lossy_psnr (const CncRaster *before, const CncRaster *after)
{
  const guint channels = cnc_format_channels (&before->format), colours = channels >= 3 ? 3 : 1;
  const gsize pixels = (gsize) before->width * before->height;
  guint64 sum = 0;

  for (gsize i = 0; i < pixels; i++)
    for (guint c = 0; c < colours; c++)
      {
        const gint difference = before->data[i * channels + c] - after->data[i * channels + c];

        sum += (guint64) (difference * difference);
      }
  return sum == 0 ? 99 : MIN (99, 10 * log10 (65025.0 * (double) pixels * colours / (double) sum));
}
