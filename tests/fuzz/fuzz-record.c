/* The record of hidden pictures, as bytes and in the pixels of a picture of any size; then what its key opens, and the secret. */
#include "fuzz.h"

#include "picture/pixels.h"
#include "stego/stego.h"

/* What comes of a record that was read, its checksum made right if need be as anybody can: nothing, or a secret. */
static void
open_record (const CncStegoRecord *record, const CncRaster *picture)
{
  const CncRevealParams params = { 0 };
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncRaster) secret = NULL;
  guint slot;

  key = cnc_stego_unlock_kek (record, fuzz_kek (), &slot, NULL);
  if (key == NULL)
    return;
  g_assert (slot < record->count);
  secret = cnc_reveal (picture, record, key, slot, &params, NULL);
}

static void
read_bytes (const guint8 *data, gsize size, guint32 width, guint32 height)
{
  g_autofree guint8 *bytes = g_memdup2 (data, MAX (size, 1)); /* so that a read beyond the end is seen */
  guint8 again[CNC_STEGO_RECORD_MAX_BYTES];
  CncStegoRecord record;

  if (!cnc_stego_record_read (bytes, size, width, height, &record, NULL))
    return;
  g_assert (cnc_stego_record_bytes (&record) <= size);
  cnc_stego_record_write (&record, again);
  g_assert (memcmp (again, bytes, cnc_stego_record_bytes (&record)) == 0);
}

/* data: side - 1 in two bytes, what the key opens [56], then pixels, which are repeated. */
static void
read_picture (const guint8 *data, gsize size)
{
  g_autoptr (CncRaster) picture = NULL;
  g_autoptr (CncSecret) key = cnc_stego_slot_key (fuzz_kek (), NULL);
  const CncSecret *const keys[] = { key };
  CncStegoRecord record;
  CncStegoInfo info;

  if (size < 2 + 56 + 1)
    return;
  picture = cnc_rgb_new (data[0] % 80 + 1u, data[1] % 80 + 1u, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (picture); i++)
    picture->data[i] = data[58 + i % (size - 58)];
  if (cnc_stego_find (picture, &record, NULL))
    open_record (&record, picture);

  /* A record that is right, around an info that nobody checked. */
  memset (&record, 0, sizeof record);
  record = (CncStegoRecord){ .width = picture->width,
                             .height = picture->height,
                             .mode = CNC_STEGO_EXACT,
                             .count = 1,
                             .bits = data[0] % 2 + 1,
                             .ops = CNC_KDF_OPS_MIN,
                             .memory_kib = CNC_KDF_MEMORY_KIB_MIN };
  memcpy (info.positions, data + 2, CNC_STEGO_POSITION_BYTES);
  info.width = cnc_get_u32 (data + 34);
  info.height = cnc_get_u32 (data + 38);
  info.start = cnc_get_u64 (data + 42);
  info.length = cnc_get_u64 (data + 50);
  cnc_stego_record_finish (&record, keys, &info);
  if (!cnc_stego_record_embed (&record, picture->data, NULL))
    return;
  g_assert (cnc_stego_find (picture, &record, NULL));
  open_record (&record, picture);
}

/* data: sides, then what a stream held. */
static void
read_secret (const guint8 *data, gsize size)
{
  g_autofree guint8 *bytes = g_memdup2 (data, size);
  g_autoptr (CncRaster) secret = NULL;

  if (size <= 2)
    return;
  secret = cnc_decompress (bytes + 2, size - 2, bytes[0] + 1u, bytes[1] + 1u, NULL, NULL);
  g_assert (secret == NULL || (secret->width == bytes[0] + 1u && secret->height == bytes[1] + 1u));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (!cnc_seal_init (NULL) || size == 0)
    return 0;
  read_bytes (data, size, 64, 60);
  if (size >= CNC_STEGO_SIGN_BYTES)
    read_bytes (data, size, cnc_get_u32 (data + 8), cnc_get_u32 (data + 12));
  read_picture (data, size);
  read_secret (data, size);
  return 0;
}
