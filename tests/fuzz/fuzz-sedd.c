/* What method 3 seals: a byte of flags (grey, alpha, whether the decoder's hash is put in), two of geometry, then the body. */
#include "fuzz.h"

#include "../unit/sedd-pair.h"

#include <stdlib.h>

static char *folder;

static void
clean_up (void)
{
  sedd_pair_remove (folder, "fuzz");
  g_rmdir (folder);
  g_free (folder);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static guint8 hash[CNC_SHA256_BYTES];
  static char *decoder;
  g_autoptr (CncRaster) raster = NULL;
  g_autofree guint8 *body = NULL;
  g_autoptr (GError) error = NULL;

  if (folder == NULL)
    {
      g_autoptr (CncSeddEncoder) encoder = NULL;
      g_autofree char *path = NULL;

      if (!cnc_seal_init (NULL))
        g_assert_not_reached ();
      folder = g_dir_make_tmp ("cnncrypt-fuzz-XXXXXX", NULL);
      sedd_pair_write (folder, "fuzz", 5);
      atexit (clean_up);
      path = g_strdup_printf ("%s/fuzz.encoder.safetensors", folder);
      decoder = g_strdup_printf ("%s/fuzz.safetensors", folder);
      encoder = cnc_sedd_encoder_read (path, NULL);
      g_assert (encoder != NULL);
      memcpy (hash, encoder->decoder, sizeof hash);
    }
  if (size < 3)
    return 0;
  body = fuzz_body (data, size, 40, hash, &raster);
  if (!cnc_sedd_unpack (body, size - 3, decoder, raster, fuzz_backend (), NULL, &error))
    g_assert (g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED) || g_error_matches (error, CNC_ERROR, CNC_ERROR_MODEL));
  return 0;
}
