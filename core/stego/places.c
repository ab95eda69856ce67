/* core/stego/places.c: where the record's bits stand in a picture, and how they get there, see record.h. */
#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"
#include "stego/record.h"

#define SIGN_BITS (8u * CNC_STEGO_SIGN_BYTES)
#define SPREAD_BITS (CNC_STEGO_RECORD_MAX_BITS - SIGN_BITS)
#define SIGN_PIXELS ((SIGN_BITS + 2) / 3)
#define CHANNELS 3u

/* The sign stands in the middle, where most crops leave it, and in one row if that is long enough. */
static guint64
sign_at (guint32 width, guint32 height)
{
  const guint64 samples = (guint64) width * height * CHANNELS;
  const guint64 pixel = (guint64) (height / 2) * width + (width > SIGN_PIXELS ? (width - SIGN_PIXELS) / 2 : 0);

  return CHANNELS * MIN (pixel, (samples - SIGN_BITS) / CHANNELS);
}

gboolean
cnc_stego_record_places (guint32 width, guint32 height, guint64 places[CNC_STEGO_RECORD_MAX_BITS])
{
  static const char purpose[8] = { 'c', 's', '1', '_', 'p', 'l', 'a', 'c' };
  const guint64 samples = (guint64) width * height * CHANNELS;
  guint8 size[sizeof purpose + 8], seed[32], words[4 * SPREAD_BITS];
  guint64 sign, others;

  if (samples < CNC_STEGO_RECORD_MAX_BITS)
    return FALSE;
  sign = sign_at (width, height);
  others = samples - SIGN_BITS;
  memcpy (size, purpose, sizeof purpose);
  cnc_put_u32 (size + sizeof purpose, width);
  cnc_put_u32 (size + sizeof purpose + 4, height);
  cnc_hash (size, sizeof size, seed);
  cnc_keystream (seed, 0, words, sizeof words);
  for (guint i = 0; i < SIGN_BITS; i++)
    places[i] = sign + i;
  for (guint i = 0; i < SPREAD_BITS; i++)
    {
      /* others < 2^41 and i < 2^12: no overflow */
      const guint64 from = i * others / SPREAD_BITS, to = (i + 1) * others / SPREAD_BITS;
      const guint64 rank = from + cnc_get_u32 (words + 4 * i) % (to - from);

      places[SIGN_BITS + i] = rank < sign ? rank : rank + SIGN_BITS;
    }
  return TRUE;
}

guint8
cnc_stego_match (guint8 v, guint message, guint bits, guint toss)
{
  const gint period = 1 << bits;
  const gint up = (gint) ((message - v) & (guint) (period - 1)), down = up - period;
  gint change = up < -down || (up == -down && (toss & 1) == 1) ? up : down;

  if (v + change < 0)
    change += period;
  else if (v + change > 255)
    change -= period;
  return (guint8) (v + change);
}

gboolean
cnc_stego_record_embed (const CncStegoRecord *record, guint8 *pixels, GError **error)
{
  g_autofree guint64 *places = cnc_alloc (CNC_STEGO_RECORD_MAX_BITS, sizeof *places, "the record", error);
  guint8 bytes[CNC_STEGO_RECORD_MAX_BYTES], toss[CNC_STEGO_RECORD_MAX_BYTES];

  if (places == NULL)
    return FALSE;
  if (!cnc_stego_record_places (record->width, record->height, places))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                   "The cover has %u × %u pixels, which is too small to hide anything in; take one of at least %u pixels.", record->width,
                   record->height, (CNC_STEGO_RECORD_MAX_BITS + 2) / CHANNELS);
      return FALSE;
    }
  cnc_stego_record_write (record, bytes);
  cnc_random (toss, sizeof toss);
  for (guint i = 0; i < 8 * cnc_stego_record_bytes (record); i++)
    pixels[places[i]] = cnc_stego_match (pixels[places[i]], bytes[i / 8] >> i % 8 & 1, 1, toss[i / 8] >> i % 8);
  return TRUE;
}

/* Looks for the whole sign, of this version, at every pixel.  TRUE, with the size that it tells, where it is. */
static gboolean
find_sign (const guint8 *pixels, guint64 samples, guint32 *width, guint32 *height)
{
  const guint64 magic = cnc_get_u64 (CNC_STEGO_MAGIC);
  guint64 window = 0;

  for (guint64 i = 0; i + SIGN_BITS / 2 < samples; i++)
    {
      guint64 size = 0;

      window = window >> 1 | (guint64) (pixels[i] & 1) << 63;
      if (window != magic || i < 63 || (i - 63) % CHANNELS != 0)
        continue;
      for (guint k = 0; k < 64; k++)
        size |= (guint64) (pixels[i + 1 + k] & 1) << k;
      *width = (guint32) size;
      *height = (guint32) (size >> 32);
      if (*width >= 1 && *width <= CNC_RASTER_MAX_SIDE && *height >= 1 && *height <= CNC_RASTER_MAX_SIDE)
        return TRUE;
    }
  return FALSE;
}

gboolean
cnc_stego_record_extract (const guint8 *pixels, guint32 width, guint32 height, CncStegoRecord *record, GError **error)
{
  g_autofree guint64 *places = cnc_alloc (CNC_STEGO_RECORD_MAX_BITS, sizeof *places, "the record", error);
  g_autoptr (GError) problem = NULL;
  guint8 bytes[CNC_STEGO_RECORD_MAX_BYTES] = { 0 };
  gsize size = 0;
  guint32 old_width, old_height;

  if (places == NULL)
    return FALSE;
  if (cnc_stego_record_places (width, height, places))
    {
      size = sizeof bytes;
      for (guint i = 0; i < CNC_STEGO_RECORD_MAX_BITS; i++)
        bytes[i / 8] |= (guint8) ((pixels[places[i]] & 1) << i % 8);
    }
  if (cnc_stego_record_read (bytes, size, width, height, record, &problem))
    return TRUE;
  if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED)
      && find_sign (pixels, (guint64) width * height * CHANNELS, &old_width, &old_height) && (old_width != width || old_height != height))
    return cnc_stego_record_resized (old_width, old_height, width, height, error);
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}
