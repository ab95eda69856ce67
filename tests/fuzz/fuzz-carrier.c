/* Headers of carriers as bytes, and carriers in pictures of any size, drawn and then spoiled. */
#include "fuzz.h"

#include "channel/carrier.h"
#include "seal/primitives.h"

#define CHECK_AT (CNC_CARRIER_HEADER_BYTES - 4u)

static void
read_bytes (const guint8 *data)
{
  guint8 bytes[CNC_CARRIER_HEADER_BYTES], sum[16], again[CNC_CARRIER_HEADER_BYTES];
  CncCarrierHeader header;

  memcpy (bytes, data, sizeof bytes);
  for (guint i = 0; i < 2; i++)
    {
      if (cnc_carrier_header_read (bytes, &header, NULL))
        {
          CncCarrierLayout layout;
          CncSecret *key = cnc_carrier_unlock_kek (&header, fuzz_kek (), NULL);
          gboolean ok = cnc_carrier_layout (header.width, header.height, &layout);

          g_assert (ok && header.ops >= 1);
          cnc_carrier_header_write (&header, again);
          g_assert (memcmp (again, bytes, sizeof bytes) == 0);
          cnc_secret_free (key);
        }
      /* Then with its check made right, as anybody can. */
      cnc_checksum (bytes, CHECK_AT, sum);
      memcpy (bytes + CHECK_AT, sum, 4);
    }
}

/* data: sides - 1 of the picture, of a carrier, and where that is; what is drawn over it. */
static void
read_picture (const guint8 *data, gsize size)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncCarrierHeader header
      = { .method = CNC_CARRIER_RESTORE, .ops = 1, .memory_kib = 65536, .width = 64u + data[2] % 64, .height = 385u + data[3] };
  g_autoptr (CncRaster) picture
      = cnc_raster_new (1 + data[0] + header.width * (data[4] % 2), 1 + data[1] + header.height * (data[4] % 2), &format, NULL);
  g_autoptr (CncRaster) drawn = cnc_carrier_new (&header, NULL);
  g_autoptr (CncSecret) key = cnc_carrier_key_from_kek (fuzz_kek (), NULL);
  CncCarrier *found = NULL;
  gsize at = 6;

  for (gsize i = 0; i < cnc_raster_bytes (picture); i++)
    picture->data[i] = data[i % size];
  if (drawn != NULL)
    {
      gboolean ok;

      cnc_carrier_header_finish (&header, key, 1, 1);
      for (gsize i = 0; i < cnc_raster_bytes (drawn); i++)
        drawn->data[i] = (guint8) (i * 2654435761u >> 24);
      ok = cnc_carrier_draw (drawn, &header, NULL);
      g_assert (ok);
      for (guint32 y = 0; y < MIN (drawn->height, picture->height); y++)
        memcpy (picture->data + (gsize) y * picture->width, drawn->data + (gsize) y * drawn->width, MIN (drawn->width, picture->width));
    }
  for (; at + 3 < size; at += 3) /* spots */
    picture->data[cnc_get_u16 (data + at) * (gsize) 7 % cnc_raster_bytes (picture)] = data[at + 2];
  if (cnc_carrier_find (picture, NULL, &found, NULL, NULL))
    {
      gsize sum = 0;
      g_autofree char *history = cnc_carrier_history (found);

      for (gsize i = 0; i < (gsize) found->layout.body_width * found->layout.body_height; i++)
        sum += found->body[i];
      g_assert (sum <= 255 * (gsize) found->layout.body_width * found->layout.body_height && history != NULL);
      g_assert (found->x + found->width <= picture->width && found->y + found->height <= picture->height);
    }
  else
    g_assert (found == NULL);
  cnc_carrier_free (found);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (!cnc_seal_init (NULL) || size < CNC_CARRIER_HEADER_BYTES)
    return 0;
  read_bytes (data);
  if (size > CNC_CARRIER_HEADER_BYTES + 6)
    read_picture (data + CNC_CARRIER_HEADER_BYTES, size - CNC_CARRIER_HEADER_BYTES);
  return 0;
}
