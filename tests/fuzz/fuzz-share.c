/* What is sealed in a carrier of "share": lengths, inner header, WebP file; anything at all, sealed as it should be. */
#include "fuzz.h"

#include "channel/body.h"
#include "methods/carrier.h"
#include "seal/stream.h"

#define WIDTH 96u
#define HEIGHT 700u

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CncCarrierHeader header = { .method = CNC_CARRIER_SHARE, .levels = 3, .ops = 1, .memory_kib = 65536, .width = WIDTH, .height = HEIGHT };
  CncCarrier carrier = { 0 };
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncSealer) sealer = NULL;
  g_autofree guint8 *bytes = NULL, *plain = NULL, *body = NULL;
  guint8 tag[32];
  gsize pixels, room, most, written;
  CncPicture *opened;
  gboolean ok;

  if (!cnc_seal_init (NULL) || size < 3 || !cnc_carrier_layout (WIDTH, HEIGHT, &carrier.layout))
    return 0;
  header.model[0] = data[0] % 8 == 7; /* of a network that is nowhere */
  pixels = (gsize) carrier.layout.body_width * carrier.layout.body_height;
  room = cnc_body_room (pixels, 3);
  most = room - CNC_HEADER_STREAM_HEADER_BYTES - CNC_STREAM_OVERHEAD_BYTES;
  g_assert (most < CNC_STREAM_CHUNK_BYTES);
  bytes = g_malloc (room);
  plain = g_malloc0 (most);
  body = g_malloc (pixels);
  memcpy (plain, data + 3, MIN (size - 3, most));
  key = cnc_carrier_key_from_kek (fuzz_kek (), NULL);
  cnc_carrier_header_finish (&header, key, 1u + data[1], 1u + data[2]);
  sealer = cnc_sealer_new (key, bytes, NULL);
  cnc_carrier_header_hash (&header, tag);
  cnc_sealer_start (sealer, tag, bytes + CNC_HEADER_STREAM_HEADER_BYTES, room - CNC_HEADER_STREAM_HEADER_BYTES);
  ok = cnc_sealer_push (sealer, plain, most, NULL, NULL) && cnc_sealer_finish (sealer, &written, NULL);
  g_assert (ok && written + CNC_HEADER_STREAM_HEADER_BYTES == room);
  ok = cnc_body_write (bytes, 3, body, pixels, NULL, NULL);
  g_assert (ok);
  carrier.header = header;
  carrier.body = body;
  opened = cnc_share_decrypt (&carrier, key, NULL, NULL, NULL, NULL);
  if (opened != NULL)
    g_assert (opened->raster->width == 1u + data[1] && opened->raster->height == 1u + data[2]);
  cnc_picture_free (opened);
  return 0;
}
