/* tests/quality/hide-values.c: is what everybody can read from a picture like random numbers, see hide.h. */
#include "hide.h"

#include "measure/statistics.h"
#include "picture/pixels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SIDE 8u
#define SLOTS 3u

/* Sums of whole numbers without a cosine other than 1: of any 8-bit picture they take few values, and leave gaps in every histogram. */
static gboolean
is_coarse (guint coefficient)
{
  return coefficient % SIDE % 4 == 0 && coefficient / SIDE % SIDE % 4 == 0;
}

/* Returns: (transfer full): a byte for each coefficient that is not coarse, block by block; size: (out) */
static guint8 *
read_values (const CncRaster *raster, double step, gsize *size)
{
  guint8 *values;
  gsize n = 0;

  values = g_malloc ((gsize) (raster->width / SIDE) * (raster->height / SIDE) * HIDE_BLOCK);
  for (guint y = 0; y + SIDE <= raster->height; y += SIDE)
    for (guint x = 0; x + SIDE <= raster->width; x += SIDE)
      {
        double block[HIDE_BLOCK];

        hide_read_block (raster, x, y, block);
        for (guint i = 0; i < HIDE_BLOCK; i++)
          if (!is_coarse (i))
            values[n++] = (guint8) (gint) floor (256 * (block[i] / step - floor (block[i] / step)));
      }
  *size = n;
  return values;
}

static CncSecret *
key_of (guint slot, guint bit)
{
  guint8 bytes[CNC_KEY_BYTES] = "key of what everybody reads";

  bytes[31] = (guint8) slot;
  bytes[30] ^= (guint8) bit;
  return cnc_secret_new_key (bytes, NULL);
}

/* bits: of the key of each slot, changed.  Returns: (transfer full) */
static guint8 *
values_of (const HideRow *row, double step, const CncRaster *cover, const CncRaster *const *secrets, const guint bits[SLOTS], gsize *size)
{
  const CncHideParams params = { .mode = row->mode, .backend = row->backend };
  static const guint8 salt[CNC_STEGO_SALT_BYTES];
  g_autoptr (GError) error = NULL;
  g_autoptr (CncStegoLock) lock = NULL;
  g_autoptr (CncRaster) result = NULL;
  CncSecret *keks[SLOTS];

  for (guint i = 0; i < SLOTS; i++)
    keks[i] = key_of (i, bits[i]);
  lock = cnc_stego_lock_new_keks ((const CncSecret *const *) keks, SLOTS, salt, &error);
  result = lock != NULL ? cnc_hide (cover, secrets, SLOTS, lock, &params, NULL, &error) : NULL;
  for (guint i = 0; i < SLOTS; i++)
    cnc_secret_free (keks[i]);
  if (result == NULL)
    {
      fprintf (stderr, "quality-hide: %s\n", error->message);
      exit (2);
    }
  return read_values (result, step, size);
}

static void
note (HideValues *sum, gboolean inside)
{
  sum->figures++;
  sum->inside += inside ? 1 : 0;
}

static CncDifference
difference (HideValues *sum, const guint8 *a, const guint8 *b, gsize size, const CncRandomLimits *limits)
{
  const CncDifference d = cnc_statistics_difference (a, b, size);

  note (sum, d.npcr >= limits->npcr_min);
  note (sum, d.uaci >= limits->uaci_min && d.uaci <= limits->uaci_max);
  return d;
}

static void
add_cover (const HideRow *row, double step, const CncRaster *cover, const CncRaster *const *secrets, HideValues *sum)
{
  static const guint same[SLOTS] = { 0 }, all[SLOTS] = { 1, 1, 1 }, salted[SLOTS] = { 2, 4, 8 };
  const CncRaster *changed[SLOTS] = { secrets[0], secrets[1], secrets[2] };
  g_autoptr (CncRaster) pixel = cnc_rgb_scale (secrets[0], secrets[0]->width, secrets[0]->height, NULL, NULL);
  g_autofree guint8 *values = NULL, *keyed = NULL, *fresh = NULL, *again = NULL;
  CncRandomLimits limits;
  CncDifference d;
  gsize size;

  pixel->data[cnc_raster_bytes (pixel) / 2] ^= 0x40;
  changed[0] = pixel;
  values = values_of (row, step, cover, secrets, same, &size);
  keyed = values_of (row, step, cover, secrets, all, &size);
  fresh = values_of (row, step, cover, changed, salted, &size);
  again = values_of (row, step, cover, changed, same, &size);
  cnc_statistics_random_limits (size, CNC_OUTSIDE_5_PERCENT, &limits);
  sum->pictures++;
  sum->bytes = (double) size;
  sum->npcr_min = limits.npcr_min;
  sum->uaci_min = limits.uaci_min;
  sum->uaci_max = limits.uaci_max;
  sum->chi_square_max = limits.chi_square_max;
  sum->chi_square += cnc_statistics_chi_square (values, size);
  note (sum, cnc_statistics_chi_square (values, size) <= limits.chi_square_max);
  d = difference (sum, values, keyed, size, &limits);
  sum->key_npcr += d.npcr;
  sum->key_uaci += d.uaci;
  d = difference (sum, values, fresh, size, &limits);
  sum->secret_npcr += d.npcr;
  sum->secret_uaci += d.uaci;
  sum->same_npcr += cnc_statistics_difference (values, again, size).npcr;
}

HideValues
hide_values (const HideRow *row, double step, const GPtrArray *pictures, guint covers)
{
  HideValues sum = { 0 };

  for (guint i = 0; i < covers && i < pictures->len; i++)
    {
      const CncRaster *secrets[SLOTS];

      for (guint k = 0; k < SLOTS; k++)
        secrets[k] = pictures->pdata[(i + 1 + k) % pictures->len];
      add_cover (row, step, pictures->pdata[i], secrets, &sum);
    }
  if (sum.pictures == 0)
    return sum;
  sum.chi_square /= sum.pictures;
  sum.key_npcr /= sum.pictures;
  sum.key_uaci /= sum.pictures;
  sum.secret_npcr /= sum.pictures;
  sum.secret_uaci /= sum.pictures;
  sum.same_npcr /= sum.pictures;
  return sum;
}
