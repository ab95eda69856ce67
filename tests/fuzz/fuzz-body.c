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
  body = fuzz_body (data, size, 24, hash, &raster);
  if (!cnc_autoencoder_unpack (body, size - 3, raster, fuzz_backend (), NULL, &error))
    g_assert (g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED) || g_error_matches (error, CNC_ERROR, CNC_ERROR_MODEL));
  return 0;
}
