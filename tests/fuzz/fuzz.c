/* What the targets share: keys that never change, a valid seal around any plaintext. */
#include "fuzz.h"

#include "methods/payload.h"
#include "seal/stream.h"

CncSecret *
fuzz_kek (void)
{
  static CncSecret *kek;

  if (kek == NULL)
    {
      guint8 bytes[CNC_KEY_BYTES];

      for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8) i;
      kek = cnc_secret_new_key (bytes, NULL);
      g_assert (kek != NULL);
    }
  return kek;
}

CncSecret *
fuzz_file_key (void)
{
  static CncSecret *key;
  static const guint8 bytes[CNC_KEY_BYTES];

  if (key == NULL)
    key = cnc_secret_new_key (bytes, NULL);
  g_assert (key != NULL);
  return key;
}

CncBackend *
fuzz_backend (void)
{
  static CncBackend *backend;

  if (backend == NULL)
    backend = cnc_reference_backend_new ();
  return backend;
}

void
fuzz_header (CncHeader *header, guint64 stream_length)
{
  static CncStanza stanza;
  static const guint8 salt[16];
  gboolean ok;

  if (stanza.type == 0 && !cnc_stanza_seal_kek (&stanza, fuzz_kek (), salt, NULL, fuzz_file_key (), NULL))
    g_assert_not_reached ();
  memset (header, 0, sizeof *header);
  header->stream_length = stream_length;
  header->method = CNC_METHOD_HYBRID;
  header->n_stanzas = 1;
  header->stanzas[0] = stanza;
  ok = cnc_carrier_size (1, cnc_header_bytes (header) + stream_length, &header->width, &header->height, NULL);
  g_assert (ok);
}

CncRaster *
fuzz_seal (const guint8 *plain, gsize size, CncHeader *header)
{
  static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncSealer) sealer = NULL;
  CncRaster *carrier;
  gsize head, written = 0, bytes;
  gboolean ok;

  fuzz_header (header, cnc_stream_length (size));
  head = cnc_header_bytes (header);
  carrier = cnc_raster_new (header->width, header->height, &rgb8, NULL);
  g_assert (carrier != NULL);
  bytes = cnc_raster_bytes (carrier);
  memset (carrier->data, 0, bytes);
  sealer = cnc_sealer_new (fuzz_file_key (), header->stream_header, NULL);
  cnc_header_finish (header, fuzz_file_key ());
  cnc_header_write (header, carrier->data);
  cnc_sealer_start (sealer, header->tag, carrier->data + head, bytes - head);
  ok = cnc_sealer_push (sealer, plain, size, NULL, NULL) && cnc_sealer_finish (sealer, &written, NULL);
  g_assert (ok);
  cnc_payload_fill (fuzz_file_key (), carrier->data + head + written, bytes - head - written);
  return carrier;
}

guint8 *
fuzz_body (const guint8 *data, gsize size, guint most, const guint8 hash[CNC_SHA256_BYTES], CncRaster **raster)
{
  CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  guint8 *body;

  format.model = data[0] & 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB;
  format.alpha = (data[0] & 2) != 0;
  *raster = cnc_raster_new (data[1] % most + 1, data[2] % most + 1, &format, NULL);
  body = g_memdup2 (data + 3, size - 3);
  if ((data[0] & 4) == 0 && size - 3 >= CNC_SHA256_BYTES)
    memcpy (body, hash, CNC_SHA256_BYTES);
  return body;
}
