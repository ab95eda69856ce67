/* The inner header: what is read must come out the same when it is written. */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *bytes = g_memdup2 (data, MAX (size, 1));
  g_autoptr (CncPicture) picture = NULL;
  g_autoptr (GByteArray) again = NULL;
  CncRaster raster = { 0 };
  guint64 packed;
  gboolean raw;

  if (size == 0)
    return 0;
  picture = cnc_picture_read_info (bytes, size, &raster.width, &raster.height, &raster.format, &packed, &raw, NULL);
  if (picture == NULL)
    return 0;
  g_assert (cnc_format_valid (&raster.format));
  picture->raster = &raster;
  again = cnc_picture_write_info (picture, packed, raw, NULL);
  picture->raster = NULL;
  g_assert (again != NULL && again->len == size && memcmp (again->data, data, size) == 0);
  return 0;
}
