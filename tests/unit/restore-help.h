/* tests/unit/restore-help.h: pictures to carriers and back with the models of restore-case.h, for the tests of core/methods/restore. */
#pragma once

#include "restore-case.h"

#include "base/error.h"
#include "base/memory.h"

#include <locale.h>

/* A folder with the models, for CNNCRYPT_MODEL_PATH. */
static char *folder;

static inline void
models_make (void)
{
  folder = g_dir_make_tmp ("test-restore-XXXXXX", NULL);
  restore_write_all (folder);
  g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
}

static inline void
models_remove (void)
{
  static const char *const names[] = { "restore.safetensors", "restore-mri.safetensors", "restore-mnist.safetensors" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

static inline CncPicture *
picture_of (guint32 width, guint32 height, CncFormat format)
{
  CncPicture *picture = cnc_picture_new ();
  const guint channels = cnc_format_channels (&format), bytes = cnc_format_sample_bytes (&format);

  picture->raster = cnc_raster_new (width, height, &format, NULL);
  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      for (guint c = 0; c < channels; c++)
        {
          const gboolean alpha = format.alpha && c == channels - 1;
          const double wave = sin ((x + 5.0 * c) / 13) * cos ((y + 2.0 * c) / 11) + sin ((x + y) / 31.0),
                       value = alpha ? (x < width / 2 ? 1 : 0.5) : CLAMP (0.5 + 0.22 * wave, 0, 1);
          guint8 *at = picture->raster->data + (((gsize) y * width + x) * channels + c) * bytes;
          const guint16 wide = (guint16) lrint (value * 65535);
          const float real = (float) value;

          if (bytes == 1)
            *at = (guint8) lrint (value * (format.model == CNC_MODEL_INDEXED && !alpha ? 7 : 255));
          else
            memcpy (at, bytes == 2 ? (gconstpointer) &wide : &real, bytes);
        }
  return picture;
}

static inline CncPicture *
colour_picture (guint32 width, guint32 height)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

  return picture_of (width, height, rgb);
}

static inline CncSecret *
key_of (guint8 seed)
{
  guint8 bytes[CNC_KEY_BYTES];

  memset (bytes, seed, sizeof bytes);
  return cnc_secret_new_key (bytes, NULL);
}

static inline CncRaster *
encrypt (const CncPicture *picture, const CncSecret *key, const CncCarrierParams *params, GError **error)
{
  const CncCarrierLock lock = { key, { 1, 2, 3 }, { 3, 65536 } };

  return cnc_restore_encrypt (picture, &lock, params, error);
}

static inline CncPicture *
decrypt (const CncRaster *carrier, const CncSecret *key, CncBackend *backend, CncRestoreChannel *channel, GError **error)
{
  g_autoptr (CncCarrier) found = NULL;

  if (!cnc_carrier_find (carrier, NULL, &found, NULL, error))
    return NULL;
  return cnc_restore_decrypt (found, key, backend, channel, NULL, error);
}
