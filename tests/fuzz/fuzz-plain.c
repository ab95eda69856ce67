/* What is sealed, as a sender with the key may send it.  The first byte chooses: the bytes are the stream's whole plaintext, or inner
 * header and packed raster, around which prologue, IV, layers and seal are made as they should be, so that the unpacking is reached. */
#include "fuzz.h"

#include "methods/hybrid/hybrid.h"
#include "methods/payload.h"

#define MAX_PLAIN 200000u

static void
open_plain (const guint8 *plain, gsize size)
{
  const CncDecryptParams params = { .backend = fuzz_backend () };
  g_autoptr (CncRaster) carrier = NULL;
  g_autoptr (CncPicture) picture = NULL;
  CncHeader header;

  carrier = fuzz_seal (plain, size, &header);
  picture = cnc_decrypt (carrier, &header, fuzz_file_key (), &params, NULL);
}

/* info: u16 length, then that much of inner header, whose length of the packed raster is set right; the rest is the packed raster. */
static void
open_inner (const guint8 *data, gsize size)
{
  const gsize n_info = size >= 2 ? MIN (cnc_get_u16 (data), size - 2) : 0;
  const guint64 packed = size - MIN (size, 2 + n_info), padded = cnc_hybrid_padded_length (packed);
  const gsize total = CNC_PROLOGUE_BYTES + n_info + padded;
  g_autofree guint8 *plain = g_malloc0 (total);
  guint8 *info = plain + CNC_PROLOGUE_BYTES, *payload = info + n_info;
  const guint8 *parts[] = { plain, info, payload };
  const gsize sizes[] = { 32, n_info, packed };
  guint8 key[CNC_KEY_BYTES];
  CncHybridKeys keys;

  if (n_info < 22 || packed == 0)
    return;
  memcpy (info, data + 2, n_info);
  memcpy (payload, data + 2 + n_info, packed);
  cnc_put_u64 (info + 14, packed);
  cnc_put_u32 (plain + 64, (guint32) n_info);
  cnc_subkey (fuzz_file_key (), CNC_SUBKEY_IV, key);
  cnc_keyed_hash (key, parts, sizes, 3, plain + 32);
  cnc_subkey (fuzz_file_key (), CNC_SUBKEY_CHAOS, keys.chaos);
  cnc_subkey (fuzz_file_key (), CNC_SUBKEY_CNN, keys.cnn);
  memcpy (keys.iv, plain + 32, sizeof keys.iv);
  if (!cnc_hybrid_encipher (fuzz_backend (), &keys, CNC_LAYER_ALL, payload, padded, NULL, NULL))
    g_assert_not_reached ();
  open_plain (plain, total);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size < 2 || size > MAX_PLAIN)
    return 0;
  if (data[0] & 1)
    open_inner (data + 1, size - 1);
  else
    open_plain (data + 1, size - 1);
  return 0;
}
