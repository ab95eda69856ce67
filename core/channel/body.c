/* core/channel/body.c: bytes as grey levels with a code against errors, see body.h. */
#include "channel/body.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/spread.h"
#include "channel/equalise.h"
#include "channel/rs.h"
#include "seal/keys.h"

#define BITS 11u
#define MOST ((1u << BITS) - 1) /* symbols of a code word */
#define PARITY_PART 16u         /* a word bears one symbol in so many wrong */
#define MOST_PER 11u            /* pixels a symbol */
#define SURE 16u                /* parity that has to be left, or wrong words would look repaired */
#define HOPELESS 8              /* words lost, and none read: no pains are taken any more */
#define CHUNK 4096u             /* symbols that a thread takes at once */

/* Where a word is beyond repair, the symbols that are least certain count as unknown: so many sixteenths of the parity, one after the
 * other. */
static const guint doubts[] = { 0, 4, 8, 11, 14 };

typedef struct
{
  guint levels, per;   /* pixels a symbol */
  guint numbers;       /* levels to the power of per, at least 2^BITS */
  gsize symbols, step; /* symbol q stands at place q * step modulo symbols */
  gsize words;
  guint length, parity; /* of the shorter words */
  gsize longer;         /* the first so many words have one symbol more */
} Layout;

static Layout
layout_of (guint64 pixels, guint levels)
{
  Layout l = { .levels = levels, .per = levels == 2 ? 11 : 7, .numbers = levels == 2 ? 2048 : 2187 };

  l.symbols = (gsize) (pixels / l.per);
  l.step = l.symbols > 1 ? (gsize) (cnc_spread_step (l.symbols) % l.symbols) : 0;
  l.words = (l.symbols + MOST - 1) / MOST;
  if (l.words == 0)
    return l;
  l.length = (guint) (l.symbols / l.words);
  l.longer = l.symbols % l.words;
  l.parity = 2 * ((l.length + PARITY_PART - 1) / PARITY_PART);
  return l;
}

static guint
length_of (const Layout *l, gsize word)
{
  return l->length + (word < l->longer ? 1 : 0);
}

/* The first of its symbols among those that are no parity. */
static gsize
data_of (const Layout *l, gsize word)
{
  return word * (l->length - l->parity) + MIN (word, l->longer);
}

static gsize
place_of (const Layout *l, gsize word, guint symbol)
{
  return (gsize) (((guint64) symbol * l->words + word) * (guint64) l->step % l->symbols);
}

static gsize
room_of (const Layout *l)
{
  return l->words > 0 && l->length > l->parity ? (gsize) ((guint64) data_of (l, l->words) * BITS / 8) : 0;
}

gsize
cnc_body_room (guint64 pixels, guint levels)
{
  const Layout l = layout_of (pixels, levels);

  return room_of (&l);
}

/* Public, one a place: it makes all levels equally frequent. */
static void
shifts (const Layout *l, gsize first, guint count, guint32 *out)
{
  static const char text[] = "cg1_levl";
  guint8 seed[32], bytes[4 * CHUNK];

  cnc_hash ((const guint8 *) text, strlen (text), seed);
  cnc_keystream (seed, 4 * (guint64) first, bytes, 4 * (gsize) count);
  for (guint i = 0; i < count; i++)
    out[i] = (guint32) ((guint64) cnc_get_u32 (bytes + 4 * i) * l->numbers >> 32);
}
G_STATIC_ASSERT (4 * CHUNK % 64 == 0);

static guint
get_symbol (const guint8 *bytes, gsize room, gsize at)
{
  guint value = 0;

  for (guint i = 0; i < BITS; i++)
    {
      const gsize bit = at * BITS + i;

      if (bit / 8 < room)
        value |= (guint) (bytes[bit / 8] >> bit % 8 & 1) << i;
    }
  return value;
}

/* ---- writing ---- */

typedef struct
{
  const Layout *layout;
  const CncRs *codes[2]; /* of shorter and longer words */
  const guint8 *bytes;
  gsize room;
  guint16 *symbols; /* at their places */
  guint8 *body;
  CncTask *task;
} Writing;

static void
write_word (guint word, gpointer user_data)
{
  const Writing *w = user_data;
  const Layout *l = w->layout;
  const guint length = length_of (l, word);
  guint values[MOST];

  if (!cnc_task_go_on (w->task, NULL))
    return;
  for (guint i = 0; i < length - l->parity; i++)
    values[i] = get_symbol (w->bytes, w->room, data_of (l, word) + i);
  cnc_rs_encode (w->codes[word < l->longer], values);
  for (guint i = 0; i < length; i++)
    w->symbols[place_of (l, word, i)] = (guint16) values[i];
}

static void
write_pixels (guint chunk, gpointer user_data)
{
  const Writing *w = user_data;
  const Layout *l = w->layout;
  const gsize first = (gsize) chunk * CHUNK;
  const guint count = (guint) MIN (CHUNK, l->symbols - first);
  guint32 shift[CHUNK];

  shifts (l, first, count, shift);
  for (guint i = 0; i < count; i++)
    {
      guint value = (w->symbols[first + i] + shift[i]) % l->numbers;
      guint8 *p = w->body + (first + i) * l->per;

      for (guint k = 0; k < l->per; k++, value /= l->levels)
        p[k] = (guint8) ((255 * (value % l->levels) + (l->levels - 1) / 2) / (l->levels - 1));
    }
}

static gboolean
new_codes (const Layout *l, CncRs *codes[2], GError **error)
{
  codes[0] = cnc_rs_new (BITS, l->length, l->parity, error);
  codes[1] = codes[0] != NULL && l->longer > 0 ? cnc_rs_new (BITS, l->length + 1, l->parity, error) : NULL;
  return codes[0] != NULL && (codes[1] != NULL || l->longer == 0);
}

gboolean
cnc_body_write (const guint8 *bytes, guint levels, guint8 *body, gsize pixels, CncTask *task, GError **error)
{
  const Layout l = layout_of (pixels, levels);
  g_autofree guint16 *symbols = cnc_alloc (l.symbols, sizeof *symbols, "the code against errors", error);
  CncRs *codes[2] = { NULL, NULL };
  gboolean ok = symbols != NULL && new_codes (&l, codes, error);
  Writing w = { &l, { codes[0], codes[1] }, bytes, room_of (&l), symbols, body, task };

  if (ok)
    {
      guint8 rest[MOST_PER];

      cnc_task_progress (task, 0.5, "Adding the code against errors");
      cnc_parallel_for ((guint) l.words, write_word, &w);
      ok = cnc_task_go_on (task, error);
      if (ok)
        cnc_parallel_for ((guint) ((l.symbols + CHUNK - 1) / CHUNK), write_pixels, &w);
      cnc_random (rest, sizeof rest); /* pixels that make no symbol */
      for (gsize i = l.symbols * l.per; i < pixels; i++)
        body[i] = (guint8) ((255 * (rest[i - l.symbols * l.per] % levels) + (levels - 1) / 2) / (levels - 1));
    }
  cnc_rs_free (codes[0]);
  cnc_rs_free (codes[1]);
  return ok;
}

/* ---- reading ---- */

typedef struct
{
  const Layout *layout;
  const CncRs *codes[2];
  const guint8 *body;
  guint8 level[256];          /* which one a value is */
  guint8 certainty[256];      /* how far it is from the next one */
  guint16 *symbols;           /* at their places; 2^BITS: a number that no symbol has */
  guint8 *certain;            /* of each, the least of its pixels */
  guint16 *data;              /* what comes out */
  gint repaired, lost, whole; /* atomic */
  guint16 *wrong;             /* of each word */
  float *used;                /* of its parity, of each word */
  CncTask *task;
} Reading;

static void
find_levels (Reading *r, gsize pixels)
{
  const guint levels = r->layout->levels;
  double means[3];

  cnc_equalise_levels (r->body, pixels, levels, means);
  for (guint v = 0; v < 256; v++)
    {
      guint nearest = 0;
      double gap = 255;

      for (guint k = 1; k < levels; k++)
        if (fabs (v - means[k]) < fabs (v - means[nearest]))
          nearest = k;
      for (guint k = 0; k < levels; k++)
        if (k != nearest)
          gap = MIN (gap, fabs (v - means[k]) - fabs (v - means[nearest]));
      r->level[v] = (guint8) nearest;
      r->certainty[v] = (guint8) CLAMP (gap, 0, 255);
    }
}

static void
read_pixels (guint chunk, gpointer user_data)
{
  const Reading *r = user_data;
  const Layout *l = r->layout;
  const gsize first = (gsize) chunk * CHUNK;
  const guint count = (guint) MIN (CHUNK, l->symbols - first);
  guint32 shift[CHUNK];

  shifts (l, first, count, shift);
  for (guint i = 0; i < count; i++)
    {
      const guint8 *p = r->body + (first + i) * l->per;
      guint value = 0;
      guint8 certain = 255;

      for (guint k = l->per; k-- > 0;)
        {
          value = value * l->levels + r->level[p[k]];
          certain = MIN (certain, r->certainty[p[k]]);
        }
      value = (value + l->numbers - shift[i]) % l->numbers;
      r->symbols[first + i] = (guint16) MIN (value, 1u << BITS);
      r->certain[first + i] = certain;
    }
}

/* The places of the symbols of a word that are least certain, those that none can be first. */
static guint
most_doubtful (const guint *values, const guint8 *certain, guint length, guint *order)
{
  guint starts[258] = { 0 }, impossible = 0;

  for (guint i = 0; i < length; i++)
    starts[values[i] > MOST ? 1 : 2 + certain[i]]++;
  impossible = starts[1];
  for (guint i = 1; i < 258; i++)
    starts[i] += starts[i - 1];
  for (guint i = length; i-- > 0;)
    order[--starts[values[i] > MOST ? 1 : 2 + certain[i]]] = i;
  return impossible;
}

static void
read_word (guint word, gpointer user_data)
{
  Reading *r = user_data;
  const Layout *l = r->layout;
  const guint length = length_of (l, word);
  guint values[MOST], before[MOST], order[MOST], impossible, wrong = 0;
  guint8 certain[MOST];
  gint found = -1;

  if (!cnc_task_go_on (r->task, NULL))
    return;
  for (guint i = 0; i < length; i++)
    {
      const gsize place = place_of (l, word, i);

      values[i] = r->symbols[place];
      certain[i] = r->certain[place];
    }
  impossible = most_doubtful (values, certain, length, order);
  for (guint i = 0; i < impossible; i++)
    values[order[i]] = 0;
  memcpy (before, values, length * sizeof *values);
  for (guint d = 0; d < G_N_ELEMENTS (doubts) && found < 0; d++)
    {
      const guint erased = MAX (impossible, l->parity * doubts[d] / 16);

      if (erased > l->parity || (d > 0 && (erased == impossible || erased + SURE > l->parity)))
        continue;
      if (d > 0 && g_atomic_int_get (&r->lost) >= HOPELESS && g_atomic_int_get (&r->whole) + g_atomic_int_get (&r->repaired) == 0)
        break;
      found = cnc_rs_decode (r->codes[word < l->longer], values, order, erased);
      if (found >= 0)
        r->used[word] = (float) (2 * (guint) found - erased) / (float) l->parity;
    }
  for (guint i = 0; i < length - l->parity; i++)
    r->data[data_of (l, word) + i] = (guint16) values[i];
  for (guint i = 0; i < length; i++)
    wrong += values[i] != before[i] || (i < impossible && found >= 0 && values[order[i]] == 0);
  if (found < 0)
    g_atomic_int_inc (&r->lost);
  else
    g_atomic_int_inc (wrong > 0 ? &r->repaired : &r->whole);
  r->wrong[word] = (guint16) wrong;
}

static void
to_bytes (const Reading *r, gsize room, guint8 *bytes)
{
  gsize at = 0;
  guint32 bits = 0;
  guint held = 0;

  for (gsize i = 0; i < room; i++)
    {
      for (; held < 8; held += BITS)
        bits |= (guint32) r->data[at++] << held;
      bytes[i] = (guint8) bits;
      bits >>= 8;
      held -= 8;
    }
}

static void
sum_up (const Reading *r, CncBodyReport *report)
{
  const Layout *l = r->layout;

  *report = (CncBodyReport){ .blocks = (guint) l->words, .repaired = (guint) r->repaired, .lost = (guint) r->lost };
  for (gsize i = 0; i < l->words; i++)
    {
      report->worst = MAX (report->worst, (double) r->used[i]);
      report->wrong += r->wrong[i];
      report->symbols += length_of (l, i);
    }
}

gboolean
cnc_body_read (const guint8 *body, gsize pixels, guint levels, guint8 *bytes, CncBodyReport *report, CncTask *task, GError **error)
{
  const Layout l = layout_of (pixels, levels);
  g_autofree guint16 *symbols = cnc_alloc (l.symbols, sizeof *symbols, "the code against errors", error);
  g_autofree guint8 *certain = symbols != NULL ? cnc_alloc (l.symbols, 1, "the code against errors", error) : NULL;
  g_autofree guint16 *data = certain != NULL ? cnc_alloc (l.symbols + 1, sizeof *data, "the code against errors", error) : NULL;
  g_autofree guint16 *wrong = data != NULL ? cnc_alloc0 (l.words, sizeof *wrong, "the code against errors", error) : NULL;
  g_autofree float *used = wrong != NULL ? cnc_alloc0 (l.words, sizeof *used, "the code against errors", error) : NULL;
  CncRs *codes[2] = { NULL, NULL };
  gboolean ok = used != NULL && new_codes (&l, codes, error);
  Reading r = { .layout = &l,
                .codes = { codes[0], codes[1] },
                .body = body,
                .symbols = symbols,
                .certain = certain,
                .data = data,
                .wrong = wrong,
                .used = used,
                .task = task };

  if (ok)
    {
      cnc_task_progress (task, 0.2, "Repairing what the way did");
      find_levels (&r, pixels);
      cnc_parallel_for ((guint) ((l.symbols + CHUNK - 1) / CHUNK), read_pixels, &r);
      cnc_parallel_for ((guint) l.words, read_word, &r);
      ok = cnc_task_go_on (task, error);
    }
  if (ok)
    {
      to_bytes (&r, room_of (&l), bytes);
      sum_up (&r, report);
    }
  cnc_rs_free (codes[0]);
  cnc_rs_free (codes[1]);
  return ok;
}
