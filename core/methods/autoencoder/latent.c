/* The latent as bytes, see latent.h and format.md ("The latent"). */
#include "methods/autoencoder/latent.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "cnc-config.h"
#include "methods/autoencoder/range.h"

#define BAND 4096u      /* numbers of a channel whose sums one thread makes at a time: they stay in its nearest cache */
#define FEW (4u * BAND) /* fewer in a channel, and one thread is faster */
#define MAX_GOLOMB 17u  /* bits of the largest left-over that 16-bit numbers give */

gboolean
cnc_latent_walk_init (CncLatentWalk *walk, const CncLatentTables *tables, guint32 width, guint32 height, gint16 *values, GError **error)
{
  const gsize plane = (gsize) width * height;

  *walk = (CncLatentWalk){ .tables = tables, .width = width, .height = height, .values = values };
  walk->rests = cnc_alloc (plane, tables->channels, "the latent", error);
  walk->around = walk->rests != NULL ? cnc_alloc0 (plane, sizeof (guint32), "the latent", error) : NULL;
  walk->mean_sums = walk->around != NULL ? cnc_alloc (plane, sizeof (gint32), "the latent", error) : NULL;
  walk->spread_sums = walk->mean_sums != NULL ? cnc_alloc (plane, sizeof (gint32), "the latent", error) : NULL;
  return walk->spread_sums != NULL;
}

void
cnc_latent_walk_clear (CncLatentWalk *walk)
{
  g_clear_pointer (&walk->rests, g_free);
  g_clear_pointer (&walk->around, g_free);
  g_clear_pointer (&walk->mean_sums, g_free);
  g_clear_pointer (&walk->spread_sums, g_free);
}

/* Every processor gives the same numbers; wider registers give them sooner. */
#ifdef CNC_TARGET_CLONES
#define CLONES __attribute__ ((target_clones ("avx2", "default")))
#else
#define CLONES
#endif

CLONES static void
add_values (gint32 *restrict sum, const gint16 *restrict values, gint32 weight, guint32 n)
{
  for (guint32 x = 0; x < n; x++)
    sum[x] += weight * CLAMP ((gint32) values[x], -CNC_LATENT_MAX_VALUE, CNC_LATENT_MAX_VALUE);
}

CLONES static void
add_rests (gint32 *restrict sum, const guint8 *restrict rests, gint32 weight, guint32 n)
{
  for (guint32 x = 0; x < n; x++)
    sum[x] += weight * rests[x];
}

static guint32
band_rows (const CncLatentWalk *walk)
{
  return MAX (BAND / walk->width, 1);
}

/* What the finished channels add to the sums of the current one, for a band of its rows. */
static void
sum_band (guint index, gpointer user_data)
{
  CncLatentWalk *walk = user_data;
  const CncLatentTables *t = walk->tables;
  const guint32 w = walk->width, first = index * band_rows (walk), last = MIN (first + band_rows (walk), walk->height);
  const guint32 n = (last - first) * w;
  const gsize plane = (gsize) w * walk->height, row = CNC_LATENT_OWN + (gsize) t->channels, begin = (gsize) first * w;
  const gint32 *mean = t->mean + walk->channel * row, *spread = t->spread + walk->channel * row;

  for (guint32 y = first; y < last; y++)
    for (guint32 x = 0; x < w; x++)
      {
        const gsize place = (gsize) y * w + x;
        const guint32 *at = walk->around + place;
        const guint32 sum
            = (x > 0 ? at[-1] : 0) + (x + 1 < w ? at[1] : 0) + (y > 0 ? at[-(gssize) w] : 0) + (y + 1 < walk->height ? at[w] : 0);

        walk->mean_sums[place] = mean[CNC_LATENT_NEAR];
        walk->spread_sums[place] = spread[CNC_LATENT_NEAR] * (gint32) MIN (sum, CNC_LATENT_MAX_AROUND);
      }
  for (guint c = 0; c < walk->channel; c++)
    {
      if (mean[CNC_LATENT_OWN + c] != 0)
        add_values (walk->mean_sums + begin, walk->values + c * plane + begin, mean[CNC_LATENT_OWN + c], n);
      if (spread[CNC_LATENT_OWN + c] != 0)
        add_rests (walk->spread_sums + begin, walk->rests + c * plane + begin, spread[CNC_LATENT_OWN + c], n);
    }
}

void
cnc_latent_walk_row (CncLatentWalk *walk, guint channel, guint32 y)
{
  const gsize plane = (gsize) walk->width * walk->height;
  const guint bands = (walk->height + band_rows (walk) - 1) / band_rows (walk);

  walk->channel = channel;
  walk->y = y;
  if (y > 0)
    return;
  for (gsize i = 0; i < plane && channel > 0; i++)
    walk->around[i] += walk->rests[(channel - 1) * plane + i];
  if (plane >= FEW)
    cnc_parallel_for (bands, sum_band, walk);
  else
    for (guint i = 0; i < bands; i++)
      sum_band (i, walk);
}

void
cnc_latent_walk_look (const CncLatentWalk *walk, guint32 x, gint32 *mean, gint32 *spread)
{
  const guint32 w = walk->width, y = walk->y;
  const gsize row = CNC_LATENT_OWN + (gsize) walk->tables->channels, at = ((gsize) walk->channel * walk->height + y) * w + x;
  const gint32 *wm = walk->tables->mean + walk->channel * row, *ws = walk->tables->spread + walk->channel * row;
  const gboolean there[CNC_LATENT_NEAR] = { x > 0, y > 0, x > 0 && y > 0, y > 0 && x + 1 < w, x > 1, y > 1 };
  const gsize back[CNC_LATENT_NEAR] = { 1, w, (gsize) w + 1, (gsize) w - 1, 2, 2 * (gsize) w };
  gint32 m = walk->mean_sums[(gsize) y * w + x], s = walk->spread_sums[(gsize) y * w + x];

  for (guint i = 0; i < CNC_LATENT_NEAR; i++)
    if (there[i])
      {
        m += wm[i] * CLAMP ((gint32) walk->values[at - back[i]], -CNC_LATENT_MAX_VALUE, CNC_LATENT_MAX_VALUE);
        s += ws[i] * walk->rests[at - back[i]];
      }
  m += CNC_LATENT_ONE / 2;
  m = m >= 0 ? m / CNC_LATENT_ONE : -((CNC_LATENT_ONE - 1 - m) / CNC_LATENT_ONE); /* rounded down */
  *mean = CLAMP (m, G_MININT16, G_MAXINT16);
  *spread = s;
}

void
cnc_latent_walk_put (CncLatentWalk *walk, guint32 x, gint32 mean)
{
  const gsize at = ((gsize) walk->channel * walk->height + walk->y) * walk->width + x;

  walk->rests[at] = (guint8) MIN (ABS (walk->values[at] - mean), CNC_LATENT_MAX_REST);
}

guint
cnc_latent_context (const CncLatentTables *tables, guint channel, gint32 spread)
{
  const gint32 *limits = tables->limits + channel * (CNC_LATENT_CONTEXTS - 1);
  guint context = 0;

  for (guint step = CNC_LATENT_CONTEXTS / 2; step > 0; step /= 2)
    if (limits[context + step - 1] <= spread)
      context += step;
  return context;
}

const guint32 *
cnc_latent_starts (const CncLatentTables *tables, guint channel, gint32 spread)
{
  const gsize row = (gsize) channel * CNC_LATENT_CONTEXTS + cnc_latent_context (tables, channel, spread);

  return tables->starts + row * (CNC_LATENT_SYMBOLS + 1);
}

/* Exp-Golomb of order 0 behind an escape: sign, length in unary, bits. */
static void
encode_large (CncRangeEncoder *coder, gint32 rest)
{
  const guint32 value = (guint32) (ABS (rest) - CNC_LATENT_SMALL); /* >= 1 */
  const guint bits = (guint) g_bit_storage (value) - 1;

  cnc_range_encode (coder, rest < 0, 1, 1);
  for (guint i = 0; i < bits; i++)
    cnc_range_encode (coder, 1, 1, 1);
  cnc_range_encode (coder, 0, 1, 1);
  for (guint i = bits; i-- > 0;)
    cnc_range_encode (coder, value >> i & 1, 1, 1);
}

static guint32
decode_bit (CncRangeDecoder *coder)
{
  const guint32 bit = cnc_range_decode (coder, 1);

  cnc_range_decode_take (coder, bit, 1);
  return bit;
}

static gint32
decode_large (CncRangeDecoder *coder)
{
  const gboolean negative = decode_bit (coder) == 1;
  guint32 value = 1;
  guint bits = 0;

  while (bits < MAX_GOLOMB && decode_bit (coder) == 1)
    bits++;
  if (bits == MAX_GOLOMB)
    coder->wrong = TRUE;
  for (guint i = 0; i < bits; i++)
    value = value << 1 | decode_bit (coder);
  return negative ? -(gint32) value - CNC_LATENT_SMALL : (gint32) value + CNC_LATENT_SMALL;
}

GByteArray *
cnc_latent_encode (const CncLatentTables *tables, const gint16 *values, guint32 width, guint32 height, CncTask *task, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_auto (CncLatentWalk) walk = { 0 };
  CncRangeEncoder coder;

  /* The pass writes no values when they are known before. */
  if (!cnc_latent_walk_init (&walk, tables, width, height, (gint16 *) values, error))
    return NULL;
  cnc_range_encoder_init (&coder, out);
  for (guint c = 0; c < tables->channels; c++)
    for (guint32 y = 0; y < height; y++)
      {
        if (y == 0)
          cnc_task_progress (task, (double) c / tables->channels, "Compressing");
        if (y % 16 == 0 && !cnc_task_go_on (task, error))
          return NULL;
        cnc_latent_walk_row (&walk, c, y);
        for (guint32 x = 0; x < width; x++)
          {
            gint32 mean, spread, rest;
            const guint32 *starts;
            guint symbol;

            cnc_latent_walk_look (&walk, x, &mean, &spread);
            starts = cnc_latent_starts (tables, c, spread);
            rest = values[((gsize) c * height + y) * width + x] - mean;
            symbol = ABS (rest) <= CNC_LATENT_SMALL ? (guint) (rest + CNC_LATENT_SMALL) : CNC_LATENT_ESCAPE;
            cnc_range_encode (&coder, starts[symbol], starts[symbol + 1] - starts[symbol], CNC_LATENT_BITS);
            if (symbol == CNC_LATENT_ESCAPE)
              encode_large (&coder, rest);
            cnc_latent_walk_put (&walk, x, mean);
          }
      }
  cnc_range_encoder_finish (&coder);
  return g_steal_pointer (&out);
}

static gboolean
damaged (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED, "The compressed picture inside is damaged; ask for it again, sent as a file.");
  return FALSE;
}

static guint
find_symbol (const guint32 *starts, guint32 value)
{
  guint symbol = 0;

  for (guint step = CNC_LATENT_SYMBOLS / 2; step > 0; step /= 2)
    if (starts[symbol + step] <= value)
      symbol += step;
  return symbol;
}

gboolean
cnc_latent_decode (const CncLatentTables *tables, const guint8 *data, gsize size, guint32 width, guint32 height, gint16 *values,
                   CncTask *task, GError **error)
{
  g_auto (CncLatentWalk) walk = { 0 };
  CncRangeDecoder coder;

  if (!cnc_latent_walk_init (&walk, tables, width, height, values, error))
    return FALSE;
  cnc_range_decoder_init (&coder, data, size);
  for (guint c = 0; c < tables->channels; c++)
    for (guint32 y = 0; y < height; y++)
      {
        if (y == 0)
          cnc_task_progress (task, (double) c / tables->channels, "Decompressing");
        if (y % 16 == 0 && !cnc_task_go_on (task, error))
          return FALSE;
        if (coder.wrong)
          return damaged (error);
        cnc_latent_walk_row (&walk, c, y);
        for (guint32 x = 0; x < width; x++)
          {
            gint32 mean, spread, value;
            const guint32 *starts;
            guint symbol;

            cnc_latent_walk_look (&walk, x, &mean, &spread);
            starts = cnc_latent_starts (tables, c, spread);
            symbol = find_symbol (starts, cnc_range_decode (&coder, CNC_LATENT_BITS));
            cnc_range_decode_take (&coder, starts[symbol], starts[symbol + 1] - starts[symbol]);
            value = mean + (symbol == CNC_LATENT_ESCAPE ? decode_large (&coder) : (gint32) symbol - CNC_LATENT_SMALL);
            if (value < G_MININT16 || value > G_MAXINT16)
              return damaged (error);
            values[((gsize) c * height + y) * width + x] = (gint16) value;
            cnc_latent_walk_put (&walk, x, mean);
          }
      }
  return cnc_range_decoder_good (&coder) || damaged (error);
}
