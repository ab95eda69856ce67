/* core/channel/band.c: keys for recipients as black and white pixels, see band.h. */
#include "channel/band.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/spread.h"
#include "channel/equalise.h"
#include "channel/rs.h"
#include "seal/keys.h"

#define BITS 11u /* of a symbol, and pixels */
#define DATA ((8u * CNC_STANZA_RECIPIENT_BYTES + BITS - 1) / BITS)
#define PARITY (2u * DATA)
#define LENGTH (DATA + PARITY)
#define MOST (CNC_HEADER_MAX_STANZAS * LENGTH)
#define SURE 16u /* parity that has to be left, or wrong words would look repaired */

G_STATIC_ASSERT (LENGTH == 177 && CNC_STANZA_RECIPIENT_BYTES == 80);

/* Where a word is beyond repair, the symbols that are least certain count as unknown: so many sixteenths of the parity. */
static const guint doubts[] = { 0, 4, 8, 11, 13 };

guint32
cnc_key_band_rows (guint32 width, guint recipients)
{
  return (recipients * LENGTH * BITS + width - 1) / width;
}

static gsize
place_of (guint recipients, guint word, guint symbol)
{
  const guint64 places = (guint64) recipients * LENGTH;

  return (gsize) (((guint64) symbol * recipients + word) * (cnc_spread_step (places) % places) % places);
}

/* Public, one a place: it makes about half of the pixels white whatever the keys are. */
static void
masks (guint count, guint16 *out)
{
  static const char text[] = "cg1_band";
  guint8 seed[32], bytes[2 * MOST];

  cnc_hash ((const guint8 *) text, strlen (text), seed);
  cnc_keystream (seed, 0, bytes, 2 * (gsize) count);
  for (guint i = 0; i < count; i++)
    out[i] = cnc_get_u16 (bytes + 2 * i) & ((1u << BITS) - 1);
}

static guint
get_symbol (const guint8 key[CNC_STANZA_RECIPIENT_BYTES], guint symbol)
{
  guint value = 0;

  for (guint i = 0, bit = symbol * BITS; i < BITS && bit < 8 * CNC_STANZA_RECIPIENT_BYTES; i++, bit++)
    value |= (guint) (key[bit / 8] >> bit % 8 & 1) << i;
  return value;
}

/* FALSE where bits behind the key are not 0. */
static gboolean
put_symbol (guint8 key[CNC_STANZA_RECIPIENT_BYTES], guint symbol, guint value)
{
  for (guint i = 0, bit = symbol * BITS; i < BITS; i++, bit++)
    {
      if (bit < 8 * CNC_STANZA_RECIPIENT_BYTES)
        key[bit / 8] |= (guint8) ((value >> i & 1) << bit % 8);
      else if (value >> i & 1)
        return FALSE;
    }
  return TRUE;
}

gboolean
cnc_key_band_write (const guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES], guint recipients, guint8 *pixels, guint32 width, GError **error)
{
  g_autoptr (CncRs) code = cnc_rs_new (BITS, LENGTH, PARITY, error);
  const gsize count = (gsize) width * cnc_key_band_rows (width, recipients);
  guint16 mask[MOST];

  if (code == NULL)
    return FALSE;
  masks (recipients * LENGTH, mask);
  cnc_random (pixels, count); /* those that make no symbol */
  for (gsize i = (gsize) recipients * LENGTH * BITS; i < count; i++)
    pixels[i] = (pixels[i] & 1) != 0 ? 255 : 0;
  for (guint w = 0; w < recipients; w++)
    {
      guint word[LENGTH];

      for (guint i = 0; i < DATA; i++)
        word[i] = get_symbol (keys[w], i);
      cnc_rs_encode (code, word);
      for (guint i = 0; i < LENGTH; i++)
        {
          const gsize place = place_of (recipients, w, i);

          for (guint k = 0; k < BITS; k++)
            pixels[place * BITS + k] = ((word[i] ^ mask[place]) >> k & 1) != 0 ? 255 : 0;
        }
    }
  return TRUE;
}

typedef struct
{
  float certainty;
  guint symbol;
} Doubt;

static int
by_doubt (const void *a, const void *b)
{
  const Doubt *x = a, *y = b;

  return (x->certainty > y->certainty) - (x->certainty < y->certainty);
}

static gboolean
read_word (const CncRs *code, const guint *symbols, Doubt doubt[LENGTH], guint8 key[CNC_STANZA_RECIPIENT_BYTES])
{
  guint word[LENGTH], erased[LENGTH];

  qsort (doubt, LENGTH, sizeof *doubt, by_doubt);
  for (guint i = 0; i < LENGTH; i++)
    erased[i] = doubt[i].symbol;
  for (guint d = 0; d < G_N_ELEMENTS (doubts); d++)
    {
      const guint n = PARITY * doubts[d] / 16;
      gboolean good;

      G_STATIC_ASSERT (PARITY * 13 / 16 + SURE <= PARITY);
      memcpy (word, symbols, sizeof word);
      good = cnc_rs_decode (code, word, erased, n) >= 0;
      memset (key, 0, CNC_STANZA_RECIPIENT_BYTES);
      for (guint i = 0; i < DATA && good; i++)
        good = put_symbol (key, i, word[i]);
      if (good)
        return TRUE;
    }
  return FALSE;
}

/* Returns how many keys are beyond repair. */
static guint
read_keys (const CncRs *code, const guint8 *pixels, guint recipients, guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES])
{
  guint16 mask[MOST];
  double means[3], threshold;
  guint lost = 0;

  cnc_equalise_levels (pixels, (gsize) recipients * LENGTH * BITS, 2, means);
  threshold = (means[0] + means[1]) / 2;
  masks (recipients * LENGTH, mask);
  for (guint w = 0; w < recipients; w++)
    {
      guint symbols[LENGTH];
      Doubt doubt[LENGTH];

      for (guint i = 0; i < LENGTH; i++)
        {
          const gsize place = place_of (recipients, w, i);

          symbols[i] = mask[place];
          doubt[i] = (Doubt){ 255, i };
          for (guint k = 0; k < BITS; k++)
            {
              const double off = pixels[place * BITS + k] - threshold;

              symbols[i] ^= (off > 0 ? 1u : 0u) << k;
              doubt[i].certainty = MIN (doubt[i].certainty, (float) fabs (off));
            }
        }
      lost += !read_word (code, symbols, doubt, keys[w]);
    }
  return lost;
}

gboolean
cnc_key_band_read (const guint8 *pixels, guint32 width, guint recipients, guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES], CncTask *task,
                   GError **error)
{
  const guint32 rows = cnc_key_band_rows (width, recipients);
  g_autoptr (CncRs) code = cnc_rs_new (BITS, LENGTH, PARITY, error);
  g_autofree guint8 *sharp = NULL;
  guint lost;

  if (code == NULL)
    return FALSE;
  lost = read_keys (code, pixels, recipients, keys);
  if (lost > 0)
    {
      /* Once more, with what blur and scaling up did to it undone. */
      sharp = cnc_alloc ((gsize) width * rows, 1, "the keys of the recipients", error);
      if (sharp == NULL || !cnc_equalise (pixels, width, rows, 2, sharp, task, error))
        return FALSE;
      lost = read_keys (code, sharp, recipients, keys);
    }
  if (lost == 0)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "This encrypted picture is for %u recipients, and the keys of %u of them cannot be repaired: it was compressed, scaled or "
               "painted on more than it bears. Ask for it again, in better quality and not scaled, or sent as a file.",
               recipients, lost);
  return FALSE;
}
