/* tests/quality/cryptanalysis/classical.c: attacks that need no learning, see cryptanalysis.h.
 *
 * A keystream and an order of the pixels fall to a few chosen pictures (Li et al. 2008, "A general quantitative cryptanalysis of
 * permutation-only multimedia ciphers against plaintext attacks"): what a picture of zeros becomes is the keystream, and pictures whose
 * pixels say the digits of their places, to the base of the number of values, tell where each went.  More generally, every map that is
 * affine over bits is known once the zeros and each single bit are.
 */
#include "cryptanalysis.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

const char *const ca_attack_names[CA_N_ATTACKS] = { "known-pair", "keystream-and-order", "affine", "halves" };

typedef struct
{
  gsize size;
  guint8 *key;   /* what zeros become */
  guint32 *from; /* (nullable): where the pixel at a place came from */
  guint64 *rows; /* (nullable): what is left of [matrix | identity] */
  gint *pivots;  /* of each row: the bit of the plain picture that it gives, or -1 */
  gsize words;   /* of a row */
} Broken;

static gboolean
ask (CaCipher *cipher, guint side, const guint8 *plain, guint8 *out, guint *queries, GError **error)
{
  *queries += 1;
  return ca_encipher (cipher, side, plain, out, error);
}

static gboolean
find_order (Broken *b, CaCipher *cipher, guint side, guint *queries, GError **error)
{
  g_autofree guint8 *chosen = g_malloc (b->size), *out = g_malloc (b->size);

  b->from = g_new0 (guint32, b->size);
  for (guint shift = 0; (b->size - 1) >> shift != 0; shift += 8)
    {
      for (gsize at = 0; at < b->size; at++)
        chosen[at] = (guint8) (at >> shift);
      if (!ask (cipher, side, chosen, out, queries, error))
        return FALSE;
      for (gsize at = 0; at < b->size; at++)
        b->from[at] |= (guint32) (out[at] ^ b->key[at]) << shift;
    }
  return TRUE;
}

static inline gboolean
bit_of (const guint64 *row, gsize bit)
{
  return (row[bit / 64] >> (bit % 64) & 1) != 0;
}

/* Gauss and Jordan over bits. */
static void
solve (Broken *b)
{
  const gsize bits = 8 * b->size;
  gsize rank = 0;

  for (gsize column = 0; column < bits; column++)
    {
      gsize pivot = rank;
      guint64 *here = b->rows + rank * b->words;

      while (pivot < bits && !bit_of (b->rows + pivot * b->words, column))
        pivot++;
      if (pivot == bits)
        continue;
      for (gsize w = 0; w < b->words && pivot != rank; w++)
        {
          const guint64 other = here[w];

          here[w] = b->rows[pivot * b->words + w];
          b->rows[pivot * b->words + w] = other;
        }
      for (gsize row = 0; row < bits; row++)
        if (row != rank && bit_of (b->rows + row * b->words, column))
          for (gsize w = 0; w < b->words; w++)
            b->rows[row * b->words + w] ^= here[w];
      b->pivots[rank++] = (gint) column;
    }
}

static gboolean
find_matrix (Broken *b, CaCipher *cipher, guint side, guint *queries, GError **error)
{
  const gsize bits = 8 * b->size;
  g_autofree guint8 *chosen = g_malloc0 (b->size), *out = g_malloc (b->size);

  b->words = 2 * bits / 64;
  b->rows = cnc_alloc (bits, b->words * sizeof (guint64), "the matrix", error);
  if (b->rows == NULL)
    return FALSE;
  memset (b->rows, 0, bits * b->words * sizeof (guint64));
  b->pivots = g_new (gint, bits);
  for (gsize i = 0; i < bits; i++)
    {
      b->pivots[i] = -1;
      b->rows[i * b->words + (bits + i) / 64] |= (guint64) 1 << ((bits + i) % 64);
    }
  for (gsize i = 0; i < bits; i++)
    {
      chosen[i / 8] = (guint8) (1u << (i % 8));
      if (!ask (cipher, side, chosen, out, queries, error))
        return FALSE;
      chosen[i / 8] = 0;
      for (gsize k = 0; k < bits; k++)
        if (((out[k / 8] ^ b->key[k / 8]) >> (k % 8) & 1) != 0)
          b->rows[k * b->words + i / 64] |= (guint64) 1 << (i % 64);
    }
  solve (b);
  return TRUE;
}

/* in: enciphered, the keystream taken off. */
static void
guess_one (const Broken *b, const guint8 *in, guint8 *out)
{
  if (b->rows != NULL)
    {
      const gsize half = b->words / 2;
      g_autofree guint64 *word = g_new0 (guint64, half);

      memset (out, 0, b->size);
      for (gsize i = 0; i < 8 * b->size; i++)
        word[i / 64] |= (guint64) (in[i / 8] >> (i % 8) & 1) << (i % 64);
      for (gsize row = 0; row < 8 * b->size && b->pivots[row] >= 0; row++)
        {
          guint64 sum = 0;

          for (gsize w = 0; w < half; w++)
            sum ^= b->rows[row * b->words + half + w] & word[w];
          if (__builtin_parityll (sum))
            out[b->pivots[row] / 8] |= (guint8) (1u << (b->pivots[row] % 8));
        }
      return;
    }
  for (gsize at = 0; at < b->size; at++)
    if (b->from == NULL)
      out[at] = in[at];
    else if (b->from[at] < b->size)
      out[b->from[at]] = in[at];
}

/* ---- two rounds ---- */

typedef struct
{
  CaCipher *cipher;
  guint side;
  guint *queries;
  gsize half;
  guint8 *first;            /* A' of zeros, in the order of A */
  guint16 *from_a, *from_b; /* for each word behind P or Q: which it was */
} Halves;

/* to[i] = a[i] - b[i] modulo 256, brought back into the order before (nullable: it is in that order). */
static void
take_off (const guint8 *a, const guint8 *b, const guint16 *from, gsize half, guint8 *to)
{
  for (gsize at = 0; at < half; at++)
    to[from != NULL ? 4u * from[at / 4] + at % 4 : at] = (guint8) (a[at] - b[at]);
}

/* Word i of the half is i. */
static void
count_words (guint8 *to, gsize half)
{
  for (gsize at = 0; at < half; at++)
    to[at] = at % 4 < 2 ? (guint8) (at / 4 >> (8 * (at % 4))) : 0;
}

static void
read_order (const guint8 *with, const guint8 *without, gsize half, guint16 *from)
{
  for (gsize word = 0; word < half / 4; word++)
    from[word] = (guint16) (((guint8) (with[4 * word] - without[4 * word]) | (guint8) (with[4 * word + 1] - without[4 * word + 1]) << 8)
                            % (half / 4));
}

/* What the cipher makes of A and B; NULL: zeros. */
static gboolean
ask_halves (const Halves *h, const guint8 *a, const guint8 *b, guint8 *out, GError **error)
{
  g_autofree guint8 *chosen = g_malloc0 (2 * h->half);

  if (a != NULL)
    memcpy (chosen, a, h->half);
  if (b != NULL)
    memcpy (chosen + h->half, b, h->half);
  return ask (h->cipher, h->side, chosen, out, h->queries, error);
}

/* B' where A' is that of in, and B is 0. */
static gboolean
see_b (const Halves *h, const guint8 *in, guint8 *out, GError **error)
{
  g_autofree guint8 *a = g_malloc (h->half), *zeros = g_malloc0 (h->half);

  take_off (in, zeros, h->from_a, h->half, a);
  take_off (a, h->first, NULL, h->half, a);
  return ask_halves (h, a, NULL, out, error);
}

static gboolean
find_orders (Halves *h, GError **error)
{
  g_autofree guint8 *words = g_malloc (h->half), *zeros = g_malloc0 (2 * h->half), *one = g_malloc (2 * h->half),
                    *two = g_malloc (2 * h->half);

  count_words (words, h->half);
  if (!ask_halves (h, NULL, NULL, one, error) || !ask_halves (h, words, NULL, two, error))
    return FALSE;
  read_order (two, one, h->half, h->from_a);
  take_off (one, zeros, h->from_a, h->half, h->first);
  if (!ask_halves (h, NULL, words, one, error) || !see_b (h, one, two, error))
    return FALSE;
  read_order (one + h->half, two + h->half, h->half, h->from_b);
  return TRUE;
}

static gboolean
open_halves (const Halves *h, const guint8 *in, guint8 *out, GError **error)
{
  g_autofree guint8 *seen = g_malloc (2 * h->half);

  if (!see_b (h, in, seen, error))
    return FALSE;
  take_off (in + h->half, seen + h->half, h->from_b, h->half, out + h->half);
  if (!ask_halves (h, NULL, out + h->half, seen, error))
    return FALSE;
  take_off (in, seen, h->from_a, h->half, out);
  return TRUE;
}

static gboolean
attack_halves (CaCipher *cipher, const CaPictures *plain, CaPictures *guess, guint *queries, GError **error)
{
  const gsize size = (gsize) plain->side * plain->side;
  g_autofree guint8 *first = g_malloc0 (size / 2), *in = g_malloc (size);
  g_autofree guint16 *from_a = g_new0 (guint16, size / 8), *from_b = g_new0 (guint16, size / 8);
  Halves h = { cipher, plain->side, queries, size / 2, first, from_a, from_b };

  if (!find_orders (&h, error))
    return FALSE;
  for (guint i = 0; i < plain->n; i++)
    if (!ca_encipher (cipher, plain->side, plain->pixels + i * size, in, error) || !open_halves (&h, in, guess->pixels + i * size, error))
      return FALSE;
  return TRUE;
}

CaPictures *
ca_attack (CaAttack attack, CaCipher *cipher, const guint8 *known, const CaPictures *plain, guint *queries, GError **error)
{
  const gsize size = (gsize) plain->side * plain->side;
  g_autofree guint8 *zeros = g_malloc0 (size), *key = g_malloc (size), *out = g_malloc (size);
  g_autoptr (CaPictures) guess = ca_pictures_new (plain->side, plain->n);
  Broken b = { .size = size, .key = key };
  gboolean good;

  *queries = 0;
  if (attack == CA_HALVES)
    return attack_halves (cipher, plain, guess, queries, error) ? g_steal_pointer (&guess) : NULL;
  good = ask (cipher, plain->side, attack == CA_KNOWN_PAIR ? known : zeros, key, queries, error);
  for (gsize at = 0; good && attack == CA_KNOWN_PAIR && at < size; at++)
    key[at] ^= known[at];
  if (good && attack == CA_KEYSTREAM)
    good = find_order (&b, cipher, plain->side, queries, error);
  if (good && attack == CA_AFFINE)
    good = find_matrix (&b, cipher, plain->side, queries, error);
  for (guint i = 0; good && i < plain->n; i++)
    {
      good = ca_encipher (cipher, plain->side, plain->pixels + i * size, out, error);
      for (gsize at = 0; at < size; at++)
        out[at] ^= key[at];
      guess_one (&b, out, guess->pixels + i * size);
    }
  g_free (b.from);
  g_free (b.rows);
  g_free (b.pivots);
  return good ? g_steal_pointer (&guess) : NULL;
}
