/* tests/quality/layers.c: the layers of the hybrid method judged alone, without the seal, which would hide every flaw of theirs.
 *
 *   quality-layers          a GLib test: few keys, bounds from the binomial distribution
 *   quality-layers --full   200 keys for each line of a table, at least 92 % inside the 5 % intervals; status 1 if a line fails
 *
 * A pair of runs differs in one bit: of the picture, of a subkey, or of the IV; all else, so the IV, the keystream and the biases too,
 * is held fixed.  Truly random bytes lie inside a 5 % interval in 95 % of runs, so of many lines of 200 runs each about 2 % fall below
 * 92 %: such a line is decided by 1,000 further keys, for which 92 % is four deviations away, and both figures are printed.
 */
#include "base/memory.h"
#include "common.h"
#include "measure/statistics.h"
#include "methods/hybrid/cnn.h"
#include "seal/keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FULL_KEYS 200u
#define FULL_SHARE 0.92
#define DECIDING_KEYS 1000u
#define QUICK_KEYS 40u
#define QUICK_TAIL 1e-6 /* chance that random bytes fail one line; some hundred lines */
#define BITS_OFF 0.005  /* of 0.5 */
#define LARGE_BYTES (6u << 20)

typedef enum
{
  WAY_CNN,      /* the CNN layer alone */
  WAY_ALL,      /* permutation, logistic map, CNN */
  WAY_UNBIASED, /* the CNN layer alone, all its biases zero: what is left are convolutions and shuffles */
  WAY_PERMUTE,
  WAY_LOGISTIC,
} Way;

typedef enum
{
  CHANGE_PICTURE,
  CHANGE_CHAOS_KEY,
  CHANGE_CNN_KEY,
  CHANGE_IV,
  N_CHANGES,
} Change;

static const char *const WAY_NAMES[] = { "CNN layer", "all layers", "CNN, biases zero", "permutation", "logistic map" };
static const char *const CHANGE_NAMES[N_CHANGES] = { "picture bit", "chaos key bit", "CNN key bit", "IV bit" };

/* One kind of change over many keys. */
typedef struct
{
  guint n, npcr_inside, uaci_inside;
  double npcr, uaci; /* sums */
  double bits_min, bits_max;
} Pairs;

/* The ciphertexts alone. */
typedef struct
{
  guint n, chi_inside, entropy_inside;
  double chi, entropy; /* sums */
  double correlation;  /* sum of squares over the three directions */
} Single;

typedef struct
{
  Way way;
  const QualityPicture *picture;
  Pairs pairs[N_CHANGES];
  Single single;
} Cell;

static CncBackend *backend;
static guint64 seed = 1;
static gboolean full;

/* Over the whole program, of the first keys of each line: how often random bytes' 5 % limits held, and how many shares lay below 92 %. */
static guint64 runs, inside_runs, shares, shares_below;

static void
encipher_unbiased (const CncHybridKeys *keys, guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  CncHybridGeometry geometry;
  g_autofree guint32 *tables = NULL;
  const guint8 *part = keys->iv;
  const gsize part_size = sizeof keys->iv;
  guint8 cnn_seed[32];
  gsize words;

  cnc_hybrid_geometry (size, &geometry);
  words = cnc_cipher_table_words (&geometry.shape);
  tables = g_new (guint32, words * CNC_CNN_ROUNDS);
  cnc_keyed_hash (keys->cnn, &part, &part_size, 1, cnn_seed);
  cnc_cnn_make_tables (&geometry.shape, cnn_seed, tables);
  for (guint r = 0; r < CNC_CNN_ROUNDS; r++)
    memset (tables + r * words + 10 * CNC_CIPHER_HIDDEN, 0, 16 * (geometry.shape.height + geometry.shape.width));
  if (!cnc_cnn_run_tables (backend, &geometry, tables, FALSE, data, NULL, &error))
    g_error ("%s", error->message);
}

static void
encipher (Way way, const CncHybridKeys *keys, guint8 *data, gsize size)
{
  static const CncLayers layers[] = { CNC_LAYER_CNN, CNC_LAYER_ALL, CNC_LAYER_CNN, CNC_LAYER_PERMUTE, CNC_LAYER_LOGISTIC };
  g_autoptr (GError) error = NULL;

  if (way == WAY_UNBIASED)
    encipher_unbiased (keys, data, size);
  else if (!cnc_hybrid_encipher (backend, keys, layers[way], data, size, NULL, &error))
    g_error ("%s", error->message);
}

/* Every second run takes a corner, the others any pixel; all bits of a byte in turn. */
static void
flip_picture_bit (const QualityPicture *picture, guint64 run, guint8 *data)
{
  const gsize last = picture->side - 1, side = picture->side;
  const gsize corners[] = { 0, last, last * side, last * side + last };

  if (run % 2 == 0)
    data[corners[run / 2 % 4]] ^= (guint8) (1u << (run / 8 % 8));
  else
    data[quality_random (seed, run, side * side)] ^= (guint8) (1u << (run / 2 % 8));
}

static void
flip_key_bit (Change change, guint64 run, CncHybridKeys *keys)
{
  guint8 *key = change == CHANGE_CHAOS_KEY ? keys->chaos : change == CHANGE_CNN_KEY ? keys->cnn : keys->iv;
  const guint64 bit = quality_random (seed + 1, run, 256);

  key[bit / 8] ^= (guint8) (1u << (bit % 8));
}

static gboolean
applies (Way way, Change change)
{
  if (way == WAY_UNBIASED)
    return change == CHANGE_PICTURE;
  return way == WAY_ALL || change != CHANGE_CHAOS_KEY;
}

static void
count_pair (Pairs *pairs, const CncRandomLimits *limits, const guint8 *a, const guint8 *b, gsize size)
{
  const CncDifference d = cnc_statistics_difference (a, b, size);

  pairs->bits_min = pairs->n == 0 ? d.bits : MIN (pairs->bits_min, d.bits);
  pairs->bits_max = pairs->n == 0 ? d.bits : MAX (pairs->bits_max, d.bits);
  pairs->n++;
  pairs->npcr += d.npcr;
  pairs->uaci += d.uaci;
  pairs->npcr_inside += d.npcr >= limits->npcr_min;
  pairs->uaci_inside += d.uaci >= limits->uaci_min && d.uaci <= limits->uaci_max;
}

static void
count_single (Single *single, const CncRandomLimits *limits, const guint8 *data, guint side)
{
  const gsize size = (gsize) side * side;
  const double chi = cnc_statistics_chi_square (data, size), entropy = cnc_statistics_entropy (data, size);

  single->n++;
  single->chi += chi;
  single->entropy += entropy;
  single->chi_inside += chi <= limits->chi_square_max;
  single->entropy_inside += entropy >= limits->entropy_min;
  for (guint i = 0; i < 3; i++)
    {
      const double c = cnc_statistics_correlation (data, side, side, (CncNeighbour) i);

      single->correlation += c * c;
    }
}

/* Adds runs to the cell; keys first.. of the program's keys. */
static void
run_cell (Cell *cell, guint64 first, guint count)
{
  const QualityPicture *picture = cell->picture;
  const gsize size = (gsize) picture->side * picture->side;
  g_autofree guint8 *a = g_malloc (size), *b = g_malloc (size);
  CncRandomLimits limits;

  cnc_statistics_random_limits (size, CNC_OUTSIDE_5_PERCENT, &limits);
  for (guint64 run = first; run < first + count; run++)
    {
      CncHybridKeys keys;

      quality_keys (seed, run, &keys);
      memcpy (a, picture->pixels, size);
      encipher (cell->way, &keys, a, size);
      count_single (&cell->single, &limits, a, picture->side);
      for (Change change = 0; change < N_CHANGES; change++)
        if (applies (cell->way, change))
          {
            CncHybridKeys changed = keys;

            memcpy (b, picture->pixels, size);
            if (change == CHANGE_PICTURE)
              flip_picture_bit (picture, run, b);
            else
              flip_key_bit (change, run, &changed);
            encipher (cell->way, &changed, b, size);
            count_pair (&cell->pairs[change], &limits, a, b, size);
          }
    }
}

static void G_GNUC_PRINTF (1, 2) say (const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_print ("%s%s\n", full ? "" : "# ", text);
}

/* inside of n runs, and what the deciding runs said where there were some. */
static gboolean
share_passes (guint inside, guint n, guint more_inside, guint more_n)
{
  runs += n;
  inside_runs += inside;
  shares++;
  shares_below += inside < n * FULL_SHARE;
  if (!full)
    return (int) inside > quality_binomial_low (n, 0.95, QUICK_TAIL);
  return inside >= n * FULL_SHARE || (more_n > 0 && more_inside >= more_n * FULL_SHARE);
}

static char *
share_text (guint inside, guint n, guint more_inside, guint more_n)
{
  if (inside < n * FULL_SHARE && more_n > 0)
    return g_strdup_printf ("%.1f, further %.1f", 100.0 * inside / n, 100.0 * more_inside / more_n);
  return g_strdup_printf ("%.1f", 100.0 * inside / n);
}

/* Prints the lines of a cell; returns how many fail.  more: the deciding runs, or with n = 0. */
static guint
report (const Cell *cell, const Cell *more)
{
  const Single *s = &cell->single, *t = &more->single;
  g_autofree char *chi = share_text (s->chi_inside, s->n, t->chi_inside, t->n);
  g_autofree char *entropy = share_text (s->entropy_inside, s->n, t->entropy_inside, t->n);
  gboolean ok = share_passes (s->chi_inside, s->n, t->chi_inside, t->n) & share_passes (s->entropy_inside, s->n, t->entropy_inside, t->n);
  guint failures = ok ? 0 : 1;

  say ("%-16s %4u %-24s %-13s chi-square %7.2f inside %% %s  entropy %.5f inside %% %s  correlation %.5f  %s", WAY_NAMES[cell->way],
       cell->picture->side, cell->picture->name, "ciphertext", s->chi / s->n, chi, s->entropy / s->n, entropy,
       sqrt (s->correlation / (3.0 * s->n)), ok ? "pass" : "FAIL");
  for (Change change = 0; change < N_CHANGES; change++)
    {
      const Pairs *p = &cell->pairs[change], *q = &more->pairs[change];
      g_autofree char *npcr = NULL, *uaci = NULL;

      if (p->n == 0)
        continue;
      npcr = share_text (p->npcr_inside, p->n, q->npcr_inside, q->n);
      uaci = share_text (p->uaci_inside, p->n, q->uaci_inside, q->n);
      ok = share_passes (p->npcr_inside, p->n, q->npcr_inside, q->n) & share_passes (p->uaci_inside, p->n, q->uaci_inside, q->n);
      ok = ok && fabs (p->bits_min - 0.5) <= BITS_OFF && fabs (p->bits_max - 0.5) <= BITS_OFF;
      failures += ok ? 0 : 1;
      say ("%-16s %4u %-24s %-13s bits %% %.3f..%.3f  NPCR %.4f inside %% %s  UACI %.4f inside %% %s  %s", WAY_NAMES[cell->way],
           cell->picture->side, cell->picture->name, CHANGE_NAMES[change], 100 * p->bits_min, 100 * p->bits_max, 100 * p->npcr / p->n, npcr,
           100 * p->uaci / p->n, uaci, ok ? "pass" : "FAIL");
    }
  return failures;
}

static gboolean
needs_deciding (const Cell *cell)
{
  const Single *s = &cell->single;
  gboolean below = s->chi_inside < s->n * FULL_SHARE || s->entropy_inside < s->n * FULL_SHARE;

  for (Change change = 0; change < N_CHANGES; change++)
    {
      const Pairs *p = &cell->pairs[change];

      below = below || p->npcr_inside < p->n * FULL_SHARE || p->uaci_inside < p->n * FULL_SHARE;
    }
  return full && below;
}

/* All pictures of one size in one way; returns how many lines fail. */
static guint
judge (Way way, guint side, GPtrArray *pictures)
{
  static guint64 next_key;
  CncRandomLimits l;
  guint failures = 0;

  cnc_statistics_random_limits ((gsize) side * side, CNC_OUTSIDE_5_PERCENT, &l);
  say ("%s, %u x %u: 5 %% limits of random bytes: NPCR >= %.4f %%, UACI %.4f..%.4f %%, chi-square <= %.2f, entropy >= %.5f (mean %.5f); "
       "bits 50 +- %.1f %%",
       WAY_NAMES[way], side, side, 100 * l.npcr_min, 100 * l.uaci_min, 100 * l.uaci_max, l.chi_square_max, l.entropy_min, l.entropy_mean,
       100 * BITS_OFF);
  for (guint i = 0; i < pictures->len; i++)
    {
      Cell cell = { .way = way, .picture = pictures->pdata[i] }, more = cell;

      /* Without biases a flat picture stays flat: there is nothing to judge. */
      if (way == WAY_UNBIASED && !cell.picture->photograph)
        continue;
      run_cell (&cell, next_key, full ? FULL_KEYS : QUICK_KEYS);
      next_key += FULL_KEYS;
      if (needs_deciding (&cell))
        {
          run_cell (&more, next_key, DECIDING_KEYS);
          next_key += DECIDING_KEYS;
        }
      failures += report (&cell, &more);
    }
  return failures;
}

/* A payload of several segments: one bit in the first, a middle and the last segment, early, midway and late in it; of each segment's
 * own bits, too, half must change. */
static guint
judge_large (Way way)
{
  static const struct
  {
    const char *name;
    double at;
  } places[] = { { "first byte", 0.0 }, { "first segment", 0.06 }, { "middle", 0.5 }, { "last segment", 0.95 }, { "last byte", 1.0 } };
  const gsize size = (gsize) cnc_hybrid_padded_length (LARGE_BYTES);
  g_autofree guint8 *plain = g_malloc0 (size), *a = g_malloc (size), *b = g_malloc (size);
  CncHybridGeometry geometry;
  gsize segment;
  guint failures = 0;

  cnc_hybrid_geometry (size, &geometry);
  segment = (gsize) geometry.shape.width * geometry.shape.height * 8;
  quality_landscape (2048, 2, plain);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      const gsize at = (gsize) (places[i].at * (double) (size - 1));
      double all, low = 1.0, high = 0.0;
      CncHybridKeys keys;
      gboolean ok;

      quality_keys (seed + 2, i, &keys);
      memcpy (a, plain, size);
      memcpy (b, plain, size);
      b[at] ^= (guint8) (1u << (i + 3) % 8);
      encipher (way, &keys, a, size);
      encipher (way, &keys, b, size);
      all = cnc_statistics_difference (a, b, size).bits;
      for (guint64 s = 0; s < geometry.segments; s++)
        {
          const double bits = cnc_statistics_difference (a + s * segment, b + s * segment, segment).bits;

          low = MIN (low, bits);
          high = MAX (high, bits);
        }
      ok = fabs (low - 0.5) <= BITS_OFF && fabs (high - 0.5) <= BITS_OFF;
      failures += ok ? 0 : 1;
      say ("%-16s %.1f MB, %u segments; one bit in the %-14s bits %% %.4f of all, %.3f..%.3f of each segment  %s", WAY_NAMES[way],
           (double) size / 1e6, (guint) geometry.segments, places[i].name, 100 * all, 100 * low, 100 * high, ok ? "pass" : "FAIL");
    }
  return failures;
}

/* What each layer alone makes of an all-black picture, and how far it spreads one bit of it: facts, not a verdict. */
static void
describe_layers (guint side)
{
  static const Way ways[] = { WAY_PERMUTE, WAY_LOGISTIC, WAY_CNN, WAY_UNBIASED, WAY_ALL };
  const gsize size = (gsize) side * side;
  g_autofree guint8 *a = g_malloc (size), *b = g_malloc (size);

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      CncDifference d;
      CncHybridKeys keys;

      quality_keys (seed + 3, 0, &keys);
      memset (a, 0, size);
      memset (b, 0, size);
      b[size / 2 + side / 2] ^= 1;
      encipher (ways[i], &keys, a, size);
      encipher (ways[i], &keys, b, size);
      d = cnc_statistics_difference (a, b, size);
      say ("%-16s %u x %u black: entropy %.5f, chi-square %.2f, correlation H %.4f V %.4f D %.4f; one bit changed: bits %% %.4f, NPCR %.4f "
           "%%, "
           "UACI %.4f %%",
           WAY_NAMES[ways[i]], side, side, cnc_statistics_entropy (a, size), cnc_statistics_chi_square (a, size),
           cnc_statistics_correlation (a, side, side, CNC_NEIGHBOUR_HORIZONTAL),
           cnc_statistics_correlation (a, side, side, CNC_NEIGHBOUR_VERTICAL),
           cnc_statistics_correlation (a, side, side, CNC_NEIGHBOUR_DIAGONAL), 100 * d.bits, 100 * d.npcr, 100 * d.uaci);
    }
}

static void
test_cell (gconstpointer data)
{
  const guint which = GPOINTER_TO_UINT (data);
  const guint side = 256u << which % 2;
  g_autoptr (GPtrArray) pictures = quality_pictures (side, NULL, 0);

  g_assert_cmpuint (judge ((Way) (which / 2), side, pictures), ==, 0);
}

static void
test_large (gconstpointer data)
{
  g_assert_cmpuint (judge_large ((Way) GPOINTER_TO_UINT (data)), ==, 0);
}

static int
run_quick (void)
{
  g_test_add_data_func ("/layers/cnn/256", GUINT_TO_POINTER (0), test_cell);
  g_test_add_data_func ("/layers/cnn/512", GUINT_TO_POINTER (1), test_cell);
  g_test_add_data_func ("/layers/all/256", GUINT_TO_POINTER (2), test_cell);
  g_test_add_data_func ("/layers/all/512", GUINT_TO_POINTER (3), test_cell);
  g_test_add_data_func ("/layers/unbiased/256", GUINT_TO_POINTER (4), test_cell);
  g_test_add_data_func ("/layers/unbiased/512", GUINT_TO_POINTER (5), test_cell);
  g_test_add_data_func ("/layers/large/cnn", GUINT_TO_POINTER (WAY_CNN), test_large);
  g_test_add_data_func ("/layers/large/all", GUINT_TO_POINTER (WAY_ALL), test_large);
  return g_test_run ();
}

static int
run_full (const char *folders)
{
  guint failures = 0;

  describe_layers (256);
  for (Way way = WAY_CNN; way <= WAY_UNBIASED; way++)
    {
      for (guint side = 256; side <= 512; side *= 2)
        {
          g_autoptr (GPtrArray) pictures = quality_pictures (side, folders, 5);

          failures += judge (way, side, pictures);
        }
      failures += judge_large (way);
    }
  say ("of %" G_GUINT64_FORMAT " figures %.2f %% lie inside their 5 %% interval (random bytes: 95 %%); of %" G_GUINT64_FORMAT
       " shares %.1f %% lay below "
       "92 %% with the first 200 keys (random bytes: 2.2 %%)",
       runs, 100.0 * (double) inside_runs / (double) runs, shares, 100.0 * (double) shares_below / (double) shares);
  say (failures == 0 ? "all lines pass" : "%u lines FAIL", failures);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  g_autofree char *device = NULL, *folders = g_strdup (g_getenv ("CNNCRYPT_TEST_PICTURES"));
  gint64 chosen_seed = 1;
  const GOptionEntry entries[] = {
    { "full", 0, 0, G_OPTION_ARG_NONE, &full, "200 keys a line, more pictures, a table", NULL },
    { "device", 0, 0, G_OPTION_ARG_STRING, &device, "as CNNCRYPT_DEVICE has it (default: that, else cpu)", "ID" },
    { "pictures", 0, 0, G_OPTION_ARG_STRING, &folders, "with --full: folders of photographs (default: CNNCRYPT_TEST_PICTURES)",
      "DIR[:DIR...]" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &chosen_seed, "other keys (default 1)", "N" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  seed = 16 * (guint64) chosen_seed;
  backend = quality_open (device);
  say ("device: %s (%s)", backend->info.name, backend->info.id);
  status = full ? run_full (folders) : run_quick ();
  cnc_backend_free (backend);
  return status;
}
