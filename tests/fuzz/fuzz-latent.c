/* The coded latent: two bytes of geometry, then anything.  What is accepted is what the encoder writes for those numbers. */
#include "fuzz.h"

#include "../unit/codec-model.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static CncLatentTables *tables;
  g_autofree gint16 *values = NULL;
  g_autoptr (GByteArray) again = NULL;
  guint32 width, height;

  if (size < 2)
    return 0;
  if (tables == NULL)
    tables = codec_model_tables (3);
  width = data[0] % 40 + 1u;
  height = data[1] % 40 + 1u;
  values = g_new (gint16, 3 * width * height);
  if (!cnc_latent_decode (tables, data + 2, size - 2, width, height, values, NULL, NULL))
    return 0;
  again = cnc_latent_encode (tables, values, width, height, NULL, NULL);
  if (again->len != size - 2 || memcmp (again->data, data + 2, size - 2) != 0)
    g_assert_not_reached ();
  return 0;
}
