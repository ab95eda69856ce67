/* A whole carrier, 64 pixels wide, opened with the key-encryption key of tests/vectors.  Without the key nobody gets past the tag, so the
 * first byte may ask for the checksum and the tag to be made to match, as a sender with the key can. */
#include "fuzz.h"

#define WIDTH 64u

static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

static void
open_carrier (CncRaster *carrier, gboolean fix)
{
  const CncDecryptParams params = { .backend = fuzz_backend () };
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncPicture) picture = NULL;
  CncHeader header;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, NULL))
    return;
  if (fix)
    {
      CncHeader good;

      fuzz_header (&good, 1);
      header.n_stanzas = 1;
      header.stanzas[0] = good.stanzas[0];
      cnc_header_finish (&header, fuzz_file_key ());
    }
  if (!cnc_header_check_sum (&header, NULL))
    return;
  key = cnc_header_unlock_kek (&header, fuzz_kek (), NULL);
  if (key != NULL)
    picture = cnc_decrypt (carrier, &header, key, &params, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint32 height = (guint32) ((size - (size > 0)) / (3 * WIDTH));
  g_autoptr (CncRaster) carrier = NULL;

  if (height == 0 || height > 1000)
    return 0;
  carrier = cnc_raster_new (WIDTH, height, &rgb8, NULL);
  memcpy (carrier->data, data + 1, cnc_raster_bytes (carrier));
  open_carrier (carrier, data[0] & 1);
  return 0;
}
