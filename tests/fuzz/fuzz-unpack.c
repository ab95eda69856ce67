/* The packed raster: five bytes of geometry, then anything. */
#include "fuzz.h"

#include "picture/pack.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CncFormat format;
  g_autoptr (CncRaster) raster = NULL;
  g_autofree guint8 *bytes = NULL;
  gboolean raw;

  if (size < 6)
    return 0;
  format = (CncFormat){ (CncModel) (data[0] % 3), (CncSample) (data[1] % 6), (CncCurve) (data[2] >> 1 & 1), data[2] & 1 };
  raw = data[2] >> 2 & 1;
  if (!cnc_format_valid (&format))
    return 0;
  raster = cnc_raster_new (data[3] + 1u, (data[4] + 1u) * (data[2] >> 7 ? 40 : 1), &format, NULL);
  if (raster == NULL)
    return 0;
  bytes = g_memdup2 (data + 5, size - 5);
  if (cnc_unpack (bytes, size - 5, raw, raster, NULL, NULL) && !cnc_pack_verify (bytes, size - 5, raw, raster, NULL, NULL))
    g_assert_not_reached ();
  return 0;
}
