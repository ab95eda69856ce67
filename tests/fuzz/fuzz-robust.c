/* The record of mode robust, as bytes and in the coefficients of a picture of any size; then what its key opens. */
#include "fuzz.h"

#include "seal/primitives.h"
#include "picture/pixels.h"
#include "stego/robust-record.h"
#include "stego/stego.h"

#define CHECK_AT (CNC_ROBUST_BYTES - CNC_ROBUST_CHECK_BYTES)

static void
open_record (const CncStegoRecord *record)
{
  const CncRevealParams params = { 0 };
  g_autoptr (CncRaster) picture = NULL, secret = NULL;
  g_autoptr (CncSecret) key = NULL;
  guint slot;

  key = cnc_stego_unlock_kek (record, fuzz_kek (), &slot, NULL);
  if (key == NULL)
    return;
  g_assert (slot == 0);
  picture = cnc_rgb_new (16, 16, NULL);
  memset (picture->data, 0, cnc_raster_bytes (picture));
  secret = cnc_reveal (picture, record, key, slot, &params, NULL);
  g_assert (secret == NULL);
}

static void
read_bytes (const guint8 *data)
{
  guint8 bytes[CNC_ROBUST_BYTES], sum[CNC_STEGO_CHECKSUM_BYTES], again[CNC_ROBUST_BYTES];
  guint32 width, height;
  CncStegoRecord record;

  memcpy (bytes, data, sizeof bytes);
  cnc_robust_size_read (bytes + 4, &width, &height);
  g_assert (width >= 1 && height >= 1);
  for (guint i = 0; i < 2; i++)
    {
      if (cnc_robust_record_read (bytes, width, height, &record, NULL))
        {
          g_assert (record.mode == CNC_STEGO_ROBUST && record.count == 1 && record.ops >= 1);
          cnc_robust_record_write (&record, again);
          g_assert (memcmp (again, bytes, sizeof bytes) == 0);
          open_record (&record);
        }
      /* Then with its check made right, as anybody can. */
      cnc_checksum (bytes, CHECK_AT, sum);
      memcpy (bytes + CHECK_AT, sum, CNC_ROBUST_CHECK_BYTES);
    }
}

/* data: sides - 1, which are the first samples, too; pixels, which are repeated. */
static void
read_picture (const guint8 *data, gsize size)
{
  g_autoptr (CncRaster) picture = cnc_rgb_new (data[0] % 150 + 1u, data[1] % 150 + 1u, NULL);
  CncStegoRecord record;

  for (gsize i = 0; i < cnc_raster_bytes (picture); i++)
    picture->data[i] = data[i % size];
  if (cnc_robust_record_extract (picture->data, picture->width, picture->height, &record, NULL))
    open_record (&record);
}

/* What is written is read again, whatever it is. */
static void
write_info (const guint8 *data)
{
  g_autoptr (CncSecret) key = cnc_stego_slot_key (fuzz_kek (), NULL);
  const CncSecret *const keys[] = { key };
  const CncStegoInfo info
      = { .width = cnc_get_u32 (data) % CNC_RASTER_MAX_SIDE + 1, .height = cnc_get_u32 (data + 4) % CNC_RASTER_MAX_SIDE + 1 };
  CncStegoRecord record
      = { .width = 300, .height = 200, .mode = CNC_STEGO_ROBUST, .count = 1, .ops = data[8] % 16 + 1, .memory_kib = 65536 + data[9] };
  CncStegoRecord back;
  CncStegoInfo opened;
  guint8 bytes[CNC_ROBUST_BYTES];
  gboolean ok;
  guint slot;

  memcpy (record.salt, data + 10, sizeof record.salt);
  memcpy (record.model, data + 26, sizeof record.model - 4);
  cnc_stego_record_finish (&record, keys, &info);
  cnc_robust_record_write (&record, bytes);
  ok = cnc_robust_record_read (bytes, 300, 200, &back, NULL) && cnc_stego_record_open (&back, key, &slot, &opened, NULL);
  g_assert (ok && memcmp (&record, &back, sizeof record) == 0 && opened.width == info.width && opened.height == info.height);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (!cnc_seal_init (NULL) || size < CNC_ROBUST_BYTES)
    return 0;
  read_bytes (data);
  write_info (data);
  if (size > CNC_ROBUST_BYTES + 3)
    read_picture (data + CNC_ROBUST_BYTES, size - CNC_ROBUST_BYTES);
  return 0;
}
