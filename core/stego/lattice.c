/* core/stego/lattice.c: bits in coefficients of blocks, see lattice.h. */
#include "stego/lattice.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "seal/keys.h"

#include <math.h>

#define BLOCK 8u
#define CHANNELS 3u
#define ROW_STEP 305u /* with it, every part of a picture of CNC_LATTICE_BLOCKS blocks has nearly all of them */
#define BIT_STEP 389u /* coded bits that follow each other are far apart in a picture, and a part of one has some of each six */
#define MOVE 0.72f    /* of the way to the lattice */
#define NEAR 1.0f     /* of a coefficient to where it shall be; rounding alone leaves 0.5 */
#define ROUNDS 16u    /* of correcting what clamping takes away */
#define DOUBT 80.0f   /* coefficients this large count half: blur and scaled values move them furthest */
#define PHASES 1024u  /* of a turn */
#define WINDOW 512u   /* pixels on a side that are searched */
#define BANDS 16u
#define SQRT3 1.7320508f

static const float gains[CNC_LATTICE_GAINS] = { 1.0f, 0.85f, 0.7f };

typedef struct
{
  float c1[BLOCK], c2[BLOCK];     /* rows 1 and 2 of the DCT */
  float dither[CNC_LATTICE_BITS]; /* of the step, 0..1, by place */
  float cosine[PHASES];
} Tables;

static const Tables *
tables_get (void)
{
  static const char purpose[8] = { 'c', 's', '1', '_', 'l', 'a', 't', 't' };
  static gsize once;
  static Tables tables;

  if (g_once_init_enter (&once))
    {
      guint8 seed[32], words[(2 * CNC_LATTICE_BITS + 63) / 64 * 64];

      cnc_hash ((const guint8 *) purpose, sizeof purpose, seed);
      cnc_keystream (seed, 0, words, sizeof words);
      for (guint i = 0; i < CNC_LATTICE_BITS; i++)
        tables.dither[i] = (float) cnc_get_u16 (words + 2 * i) / 65536;
      for (guint x = 0; x < BLOCK; x++)
        {
          tables.c1[x] = (float) (0.5 * cos ((2 * x + 1) * G_PI / 16));
          tables.c2[x] = (float) (0.5 * cos ((2 * x + 1) * G_PI / 8));
        }
      for (guint i = 0; i < PHASES; i++)
        tables.cosine[i] = (float) cos (2 * G_PI * i / PHASES);
      g_once_init_leave (&once, 1);
    }
  return &tables;
}

static float
turn (const Tables *t, float turns)
{
  return t->cosine[(guint) (gint) lrintf (turns * PHASES) % PHASES];
}

static guint
block_number (const CncLatticeOrigin *origin, guint x, guint y)
{
  return (guint) ((origin->first + x + (guint64) ROW_STEP * y) % CNC_LATTICE_BLOCKS);
}

static guint
coded_bit (guint place)
{
  return place * BIT_STEP % CNC_LATTICE_BITS;
}

/* out[0]: frequency 1 downwards, 2 across; out[1]: the reverse. */
static void
coefficients (const Tables *t, const guint8 *pixels, gsize stride, float out[2])
{
  out[0] = out[1] = 0;
  for (guint y = 0; y < BLOCK; y++)
    {
      const guint8 *p = pixels + y * stride;
      float h1 = 0, h2 = 0;

      for (guint x = 0; x < BLOCK; x++, p += CHANNELS)
        {
          const float sum = (float) (p[0] + p[1] + p[2]);

          h1 += t->c1[x] * sum;
          h2 += t->c2[x] * sum;
        }
      out[0] += t->c1[y] * h2;
      out[1] += t->c2[y] * h1;
    }
  out[0] /= SQRT3;
  out[1] /= SQRT3;
}

/* ---- writing ---- */

typedef struct
{
  const Tables *tables;
  guint8 *pixels;
  guint32 width;
  const guint8 *bits;
} Writing;

/* pixels: a block; the same is added to red, green and blue, so that nothing but these two coefficients changes where nothing is clamped.
 */
static void
write_block (const Tables *t, guint8 *pixels, gsize stride, const float wanted[2])
{
  guint8 was[BLOCK][BLOCK * CHANNELS];
  float add[2] = { 0, 0 }, now[2];

  for (guint y = 0; y < BLOCK; y++)
    memcpy (was[y], pixels + y * stride, sizeof was[y]);
  coefficients (t, pixels, stride, now);
  for (guint round = 0; round < ROUNDS && (fabsf (wanted[0] - now[0]) > NEAR || fabsf (wanted[1] - now[1]) > NEAR); round++)
    {
      for (guint k = 0; k < 2; k++)
        add[k] += (wanted[k] - now[k]) / SQRT3;
      for (guint y = 0; y < BLOCK; y++)
        for (guint x = 0; x < BLOCK; x++)
          {
            const gint change = (gint) lrintf (add[0] * t->c1[y] * t->c2[x] + add[1] * t->c2[y] * t->c1[x]);

            for (guint c = 0; c < CHANNELS; c++)
              pixels[y * stride + CHANNELS * x + c] = (guint8) CLAMP (was[y][CHANNELS * x + c] + change, 0, 255);
          }
      coefficients (t, pixels, stride, now);
    }
}

static void
write_row (guint row, gpointer user_data)
{
  static const CncLatticeOrigin origin;
  const Writing *w = user_data;
  const gsize stride = (gsize) w->width * CHANNELS;

  for (guint x = 0; x < w->width / BLOCK; x++)
    {
      guint8 *pixels = w->pixels + row * BLOCK * stride + (gsize) x * BLOCK * CHANNELS;
      float c[2];

      coefficients (w->tables, pixels, stride, c);
      for (guint k = 0; k < 2; k++)
        {
          const guint place = 2 * block_number (&origin, x, row) + k;
          const float offset = w->tables->dither[place] + 0.5f * w->bits[coded_bit (place)];
          const float target = (roundf (c[k] / CNC_LATTICE_STEP - offset) + offset) * CNC_LATTICE_STEP;

          c[k] += MOVE * (target - c[k]);
        }
      write_block (w->tables, pixels, stride, c);
    }
}

void
cnc_lattice_write (guint8 *pixels, guint32 width, guint32 height, const guint8 *bits)
{
  Writing w = { tables_get (), pixels, width, bits };

  cnc_parallel_for (height / BLOCK, write_row, &w);
}

/* ---- reading ---- */

/* Values at each place, as turns of half a step, which bits do not change, and summed where the place comes again. */
typedef struct
{
  float re[CNC_LATTICE_BITS], im[CNC_LATTICE_BITS];
} Fold;

static void
fold_add (const Tables *t, Fold *fold, guint place, float value)
{
  fold->re[place] += turn (t, 2 * value);
  fold->im[place] += turn (t, 2 * value - 0.25f);
}

typedef struct
{
  float soft[CNC_LATTICE_GAINS][CNC_LATTICE_BITS];
  Fold fold[CNC_LATTICE_GAINS];
} Sums;

typedef struct
{
  const Tables *tables;
  const guint8 *pixels; /* where the first block begins */
  gsize stride;
  guint across, down; /* blocks */
  const CncLatticeOrigin *origin;
  Sums *sums; /* [BANDS]: as many on every machine, so that all sum in one order */
} Reading;

static void
read_band (guint band, gpointer user_data)
{
  const Reading *r = user_data;
  const Tables *t = r->tables;
  Sums *sums = r->sums + band;

  for (guint y = (guint) ((guint64) r->down * band / BANDS); y < (guint64) r->down * (band + 1) / BANDS; y++)
    for (guint x = 0; x < r->across; x++)
      {
        float c[2];

        coefficients (t, r->pixels + y * BLOCK * r->stride + (gsize) x * BLOCK * CHANNELS, r->stride, c);
        for (guint k = 0; k < 2; k++)
          {
            const guint place = 2 * block_number (r->origin, x, y) + k;

            for (guint g = 0; g < CNC_LATTICE_GAINS; g++)
              {
                const float was = c[k] / gains[g], value = was / CNC_LATTICE_STEP;

                sums->soft[g][coded_bit (place)] += turn (t, value - t->dither[place]) / (1 + was * was / (DOUBT * DOUBT));
                fold_add (t, &sums->fold[g], place, value);
              }
          }
      }
}

/* In a picture without a lattice this is normal with variance 1, whatever the picture is, as the dither was drawn independently of it. */
static double
presence (const Tables *t, const Fold *fold)
{
  double sum = 0, square = 0;

  for (guint i = 0; i < CNC_LATTICE_BITS; i++)
    {
      sum += fold->re[i] * turn (t, 2 * t->dither[i]) + fold->im[i] * turn (t, 2 * t->dither[i] - 0.25f);
      square += fold->re[i] * fold->re[i] + fold->im[i] * fold->im[i];
    }
  return square > 0 ? sum / sqrt (square / 2) : 0;
}

gboolean
cnc_lattice_read (const guint8 *pixels, guint32 width, guint32 height, const CncLatticeOrigin *origin, CncLatticeReading *reading,
                  GError **error)
{
  const gsize stride = (gsize) width * CHANNELS;
  g_autofree Sums *sums = cnc_alloc0 (BANDS, sizeof *sums, "the record", error);
  Reading r = { .tables = tables_get (), .stride = stride, .origin = origin, .sums = sums };

  if (sums == NULL)
    return FALSE;
  memset (reading, 0, sizeof *reading);
  if (width < origin->x + BLOCK || height < origin->y + BLOCK)
    return TRUE;
  r.pixels = pixels + origin->y * stride + origin->x * CHANNELS;
  r.across = (width - origin->x) / BLOCK;
  r.down = (height - origin->y) / BLOCK;
  cnc_parallel_for (BANDS, read_band, &r);
  for (guint g = 0; g < CNC_LATTICE_GAINS; g++)
    {
      Fold *fold = &sums[0].fold[g];

      for (guint b = 0; b < BANDS; b++)
        for (guint i = 0; i < CNC_LATTICE_BITS; i++)
          {
            reading->soft[g][i] += sums[b].soft[g][i];
            fold->re[i] += b > 0 ? sums[b].fold[g].re[i] : 0;
            fold->im[i] += b > 0 ? sums[b].fold[g].im[i] : 0;
          }
      reading->presence = MAX (reading->presence, presence (r.tables, fold));
    }
  return TRUE;
}

/* ---- searching ---- */

typedef struct
{
  double presence;
  guint first;
} Best;

typedef struct
{
  const Tables *tables;
  const guint8 *pixels; /* of the window */
  gsize stride;
  guint across, down;                         /* pixels of it */
  float dither_re[2][2 * CNC_LATTICE_BLOCKS]; /* by coefficient and block, twice over */
  float dither_im[2][2 * CNC_LATTICE_BLOCKS];
  struct
  {
    Fold fold;
    float sum[CNC_LATTICE_BLOCKS]; /* by number of the first block */
    Best best;
  } phase[BLOCK * BLOCK];
} Search;

static void
search_phase (guint phase, gpointer user_data)
{
  static const CncLatticeOrigin none;
  Search *s = user_data;
  const guint ox = phase % BLOCK, oy = phase / BLOCK;
  Fold *fold = &s->phase[phase].fold;
  float *sum = s->phase[phase].sum;
  double square = 0;

  for (guint y = 0; oy + (y + 1) * BLOCK <= s->down; y++)
    for (guint x = 0; ox + (x + 1) * BLOCK <= s->across; x++)
      {
        float c[2];

        coefficients (s->tables, s->pixels + (oy + y * BLOCK) * s->stride + (ox + x * BLOCK) * CHANNELS, s->stride, c);
        for (guint k = 0; k < 2; k++)
          fold_add (s->tables, fold, 2 * block_number (&none, x, y) + k, c[k] / CNC_LATTICE_STEP);
      }
  for (guint i = 0; i < CNC_LATTICE_BITS; i++)
    {
      const float re = fold->re[i], im = fold->im[i];
      const float *dither_re = s->dither_re[i % 2] + i / 2, *dither_im = s->dither_im[i % 2] + i / 2;

      if (re == 0 && im == 0)
        continue;
      for (guint first = 0; first < CNC_LATTICE_BLOCKS; first++)
        sum[first] += re * dither_re[first] + im * dither_im[first];
      square += re * re + im * im;
    }
  for (guint first = 0; first < CNC_LATTICE_BLOCKS && square > 0; first++)
    if (sum[first] / sqrt (square / 2) > s->phase[phase].best.presence)
      s->phase[phase].best = (Best){ sum[first] / sqrt (square / 2), first };
}

gboolean
cnc_lattice_search (const guint8 *pixels, guint32 width, guint32 height, CncLatticeOrigin *origin, gboolean *found, GError **error)
{
  const guint left = width > WINDOW ? (width - WINDOW) / 2 / BLOCK : 0, top = height > WINDOW ? (height - WINDOW) / 2 / BLOCK : 0;
  g_autofree Search *s = cnc_alloc0 (1, sizeof *s, "the record", error);
  double most = CNC_LATTICE_PRESENT_ELSEWHERE;

  *found = FALSE;
  if (s == NULL)
    return FALSE;
  s->tables = tables_get ();
  s->stride = (gsize) width * CHANNELS;
  s->pixels = pixels + top * BLOCK * s->stride + (gsize) left * BLOCK * CHANNELS;
  s->across = MIN (width, WINDOW);
  s->down = MIN (height, WINDOW);
  for (guint k = 0; k < 2; k++)
    for (guint i = 0; i < 2 * CNC_LATTICE_BLOCKS; i++)
      {
        const float dither = s->tables->dither[2 * (i % CNC_LATTICE_BLOCKS) + k];

        s->dither_re[k][i] = turn (s->tables, 2 * dither);
        s->dither_im[k][i] = turn (s->tables, 2 * dither - 0.25f);
      }
  cnc_parallel_for (BLOCK * BLOCK, search_phase, s);
  for (guint phase = 0; phase < BLOCK * BLOCK; phase++)
    if (s->phase[phase].best.presence > most)
      {
        /* Block numbers count from the window; the picture's first block is before it. */
        const guint64 back = CNC_LATTICE_BLOCKS - (left + (guint64) ROW_STEP * top) % CNC_LATTICE_BLOCKS;

        most = s->phase[phase].best.presence;
        *origin = (CncLatticeOrigin){ phase % BLOCK, phase / BLOCK, (guint) ((s->phase[phase].best.first + back) % CNC_LATTICE_BLOCKS) };
        *found = TRUE;
      }
  return TRUE;
}
