/* What method 2 seals: a byte of flags (grey, alpha, whether the model's hash is put in), two of geometry, then the body. */
#include "fuzz.h"

#include "../unit/codec-model.h"
#include "methods/autoencoder/autoencoder.h"

#include <stdlib.h>

static char *folder;

static void
clean_up (void)
{
  codec_model_remove (folder, "fuzz");
  g_free (folder);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static guint8 hash[CNC_SHA256_BYTES];
  CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) raster = NULL;
  g_autofree guint8 *body = NULL;
  g_autoptr (GError) error = NULL;

  if (folder == NULL)
    {
      g_autoptr (CncAutoencoder) model = NULL;

      folder = codec_model_install ("fuzz", 5);
      atexit (clean_up);
      model = cnc_autoencoder_find (NULL, NULL, NULL);
      g_assert (model != NULL);
      memcpy (hash, model->sha256, sizeof hash);
    }
  if (size < 3)
    return 0;
  format.model = data[0] & 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB;
  format.alpha = (data[0] & 2) != 0;
  raster = cnc_raster_new (data[1] % 24 + 1u, data[2] % 24 + 1u, &format, NULL);
  body = g_memdup2 (data + 3, size - 3);
  if ((data[0] & 4) == 0 && size - 3 >= sizeof hash)
    memcpy (body, hash, sizeof hash);
  if (!cnc_autoencoder_unpack (body, size - 3, raster, fuzz_backend (), NULL, &error))
    g_assert (g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED) || g_error_matches (error, CNC_ERROR, CNC_ERROR_MODEL));
  return 0;
}
