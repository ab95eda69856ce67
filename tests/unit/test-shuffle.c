/* core/chaos/shuffle against values from tests/reference/shuffle.py, its inverse, and what is claimed of its maps. */
#include "chaos/shuffle.h"

#include "base/error.h"
#include "base/memory.h"
#include "chaos/hyperchaos.h"

#include <math.h>

static double
value (gint64 x)
{
  return (double) x * 0x1p-60;
}

static guint64 drawn = 88172645463325252u;

static guint64
draw (void)
{
  drawn ^= drawn << 13;
  drawn ^= drawn >> 7;
  drawn ^= drawn << 17;
  return drawn * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
}

static void
draw_bytes (guint8 *bytes, gsize n)
{
  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8) (draw () >> 56);
}

static void
fill_counted (guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + i / 256);
}

static void
check_words (const guint8 state[32], const guint64 hyper[6], const guint64 memristor[6])
{
  CncHyper one;
  CncMemristor two;

  cnc_hyper_init (&one, state);
  cnc_memristor_init (&two, state);
  for (guint i = 0; i < 6; i++)
    {
      g_assert_cmphex (cnc_hyper_next (&one), ==, hyper[i]);
      g_assert_cmphex (cnc_memristor_next (&two), ==, memristor[i]);
    }
}

static void
test_words (void)
{
  static const guint64 zeros[] = { 0xb2143719f, 0x7f58126c6, 0xa8aa87dd1, 0x80c45c8bf, 0x474eb67c0, 0xd8fd9f315,
                                   0x41597b312, 0x9daf2d2c3, 0xa798858d5, 0x3b8ae9bfa, 0x5077a8df3, 0x0b59e9e71 };
  static const guint64 ones[] = { 0xa07c264f2, 0xeb92b476d, 0xc94ae18f9, 0x872a4217c, 0xc52415fd6, 0x2a27453d9,
                                  0x71b94f2d6, 0x9f2cbfc76, 0x9cd60f0a8, 0x12be61a4d, 0xec569d05a, 0xbec96dacc };
  static const guint64 counted[] = { 0xfc2409b96, 0xe365555b1, 0xc8af12e1a, 0xbb37fa62e, 0x55a9e1f5e, 0xe0f668296,
                                     0x483376952, 0xf5bfe2542, 0xa7ad81f68, 0xab939d317, 0x767a868d3, 0x01204c89d };
  guint8 state[32] = { 0 };

  check_words (state, zeros, zeros + 6);
  memset (state, 0xff, sizeof state);
  check_words (state, ones, ones + 6);
  for (guint8 i = 0; i < 32; i++)
    state[i] = i;
  check_words (state, counted, counted + 6);
}

static void
test_portable (void)
{
  static const gint64 edges[] = { 0, 1, -1, 2, -2, G_MAXINT32, G_MININT32, CNC_CHAOS_ONE, -CNC_CHAOS_ONE, G_MAXINT64, G_MININT64 };

  for (guint i = 0; i < G_N_ELEMENTS (edges); i++)
    for (guint k = 0; k < G_N_ELEMENTS (edges); k++)
      g_assert_cmphex ((guint64) cnc_chaos_times (edges[i], edges[k]), ==, (guint64) cnc_chaos_times_portable (edges[i], edges[k]));
  for (guint i = 0; i < 100000; i++)
    {
      const gint64 a = (gint64) draw (), b = (gint64) draw ();

      g_assert_cmphex ((guint64) cnc_chaos_times (a, b), ==, (guint64) cnc_chaos_times_portable (a, b));
    }
}

static void
test_values (void)
{
  static const struct
  {
    gsize n;
    guint8 moved[16];
  } cases[] = { { 1, { 0 } },
                { 2, { 1, 0 } },
                { 7, { 5, 2, 3, 6, 0, 4, 1 } },
                { 256, { 0x8f, 0x8d, 0xf3, 0x3f, 0x0a, 0x7f, 0xb8, 0xcd, 0x71, 0xdc, 0xb3, 0x86, 0xee, 0x45, 0x1b, 0xe7 } } };
  const gsize many = 2 * CNC_SHUFFLE_CHUNK + 321;
  g_autofree guint8 *data = g_malloc (many);
  g_autofree char *sum = NULL;
  g_autoptr (GError) error = NULL;
  guint8 states[3 * CNC_SHUFFLE_STATE_BYTES];

  fill_counted (states, sizeof states);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (guint k = 0; k < cases[i].n; k++)
        data[k] = (guint8) k;
      g_assert_true (cnc_shuffle (states, FALSE, data, cases[i].n, NULL, &error));
      g_assert_true (memcmp (data, cases[i].moved, MIN (cases[i].n, 16)) == 0);
    }
  g_assert_cmpuint (cnc_shuffle_states (many), ==, 3);
  fill_counted (data, many);
  g_assert_true (cnc_shuffle (states, FALSE, data, many, NULL, &error));
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, many);
  g_assert_cmpstr (sum, ==, "32f02cb1ae4ab11a489eea57eecec303aaaf09b9370c0eeef487851e6d19f352");
}

static void
test_inverse (void)
{
  static const gsize sizes[]
      = { 0, 1, 2, 3, 23, 24, 25, 26, 1000, CNC_SHUFFLE_CHUNK - 1, CNC_SHUFFLE_CHUNK, CNC_SHUFFLE_CHUNK + 1, 200000 };
  g_autoptr (GError) error = NULL;
  guint8 states[4 * CNC_SHUFFLE_STATE_BYTES];

  draw_bytes (states, sizeof states);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree guint8 *data = g_malloc (sizes[i] + 1), *plain = g_malloc (sizes[i] + 1);

      draw_bytes (plain, sizes[i] + 1);
      memcpy (data, plain, sizes[i] + 1);
      g_assert_true (cnc_shuffle (states, FALSE, data, sizes[i], NULL, &error));
      if (sizes[i] >= 23)
        g_assert_true (memcmp (data, plain, sizes[i]) != 0);
      g_assert_true (cnc_shuffle (states, TRUE, data, sizes[i], NULL, &error));
      g_assert_true (memcmp (data, plain, sizes[i] + 1) == 0);
    }
}

/* Where each of n values comes from; the same order moves three bytes of their numbers. */
static guint32 *
order (const guint8 *states, gsize n)
{
  g_autofree guint8 *part = g_malloc (n);
  guint32 *from = g_new0 (guint32, n);
  g_autoptr (GError) error = NULL;

  for (guint shift = 0; shift < 24; shift += 8)
    {
      for (gsize i = 0; i < n; i++)
        part[i] = (guint8) (i >> shift);
      g_assert_true (cnc_shuffle (states, FALSE, part, n, NULL, &error));
      for (gsize i = 0; i < n; i++)
        from[i] |= (guint32) part[i] << shift;
    }
  return from;
}

/* Every value has one place, and how far it went is spread as evenly as chance does it. */
static void
test_permutation (void)
{
  const gsize n = 3 * CNC_SHUFFLE_CHUNK + 77;
  g_autofree guint8 *seen = g_malloc0 (n);
  g_autofree guint32 *from = NULL;
  guint8 states[4 * CNC_SHUFFLE_STATE_BYTES];
  guint apart[64] = { 0 }, stayed = 0, neighbours = 0;
  double chi = 0;

  draw_bytes (states, sizeof states);
  from = order (states, n);
  for (gsize i = 0; i < n; i++)
    {
      g_assert_cmpuint (from[i], <, n);
      g_assert_false (seen[from[i]]);
      seen[from[i]] = 1;
      apart[(from[i] + n - i) % n * 64 / n]++;
      stayed += from[i] == i;
      neighbours += i > 0 && from[i] == from[i - 1] + 1;
    }
  for (guint k = 0; k < 64; k++)
    chi += (apart[k] - (double) n / 64) * (apart[k] - (double) n / 64) / ((double) n / 64);
  g_test_message ("%.1f of 63 (chi-square), %u stayed, %u neighbours", chi, stayed, neighbours);
  g_assert_cmpfloat (chi, <, 110); /* 1 in 10,000 orders */
  g_assert_cmpuint (stayed, <, 10);
  g_assert_cmpuint (neighbours, <, 10);
}

/* Small orders come up equally often: 24 of four values. */
static void
test_even (void)
{
  const guint runs = 24000;
  guint counts[256] = { 0 }, kinds = 0;
  double chi = 0;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < runs; i++)
    {
      guint8 states[CNC_SHUFFLE_STATE_BYTES], data[4] = { 0, 1, 2, 3 };

      draw_bytes (states, sizeof states);
      g_assert_true (cnc_shuffle (states, FALSE, data, sizeof data, NULL, &error));
      counts[data[0] | data[1] << 2 | data[2] << 4 | data[3] << 6]++;
    }
  for (guint k = 0; k < 256; k++)
    if (counts[k] > 0)
      {
        kinds++;
        chi += (counts[k] - runs / 24.0) * (counts[k] - runs / 24.0) / (runs / 24.0);
      }
  g_test_message ("chi-square %.1f, 23 degrees of freedom", chi);
  g_assert_cmpuint (kinds, ==, 24);
  g_assert_cmpfloat (chi, <, 56); /* 1 in 10,000 */
}

/* One bit of a state, whichever, makes another order: as many values in the same place as two orders by chance have. */
static void
test_sensitivity (void)
{
  const gsize n = 4096;
  guint8 states[CNC_SHUFFLE_STATE_BYTES];
  g_autofree guint32 *before = NULL;
  guint without = 0, same = 0, pairs = 0;

  draw_bytes (states, sizeof states);
  states[28] |= 1; /* the lowest bits of the Weyl steps and the lowest four of starts are not used */
  states[52] |= 1;
  before = order (states, n);
  for (guint bit = 0; bit < 8 * CNC_SHUFFLE_STATE_BYTES; bit++)
    {
      g_autofree guint32 *after = NULL;
      guint equal = 0;

      states[bit / 8] ^= (guint8) (1u << bit % 8);
      after = order (states, n);
      states[bit / 8] ^= (guint8) (1u << bit % 8);
      for (gsize i = 0; i < n; i++)
        equal += before[i] == after[i];
      if (equal == n)
        without++;
      else
        {
          g_assert_cmpuint (equal, <, 12);
          same += equal;
          pairs++;
        }
    }
  g_test_message ("%u bits without effect; %.2f of %" G_GSIZE_FORMAT " values in the same place for the others", without,
                  (double) same / pairs, n);
  g_assert_cmpuint (without, ==, 5 * 4 + 2);
  g_assert_cmpfloat ((double) same / pairs, <, 1.3);
}

/* Bytes of the outputs are spread evenly, and those of neighbours have nothing to do with each other. */
static void
check_bytes (const guint8 *bytes, gsize n)
{
  guint counts[256] = { 0 };
  g_autofree guint *pairs = g_new0 (guint, 65536);
  double chi = 0, chi_pairs = 0;

  for (gsize i = 0; i < n; i++)
    {
      counts[bytes[i]]++;
      if (i >= 4) /* the byte at the same place of the number before */
        pairs[bytes[i - 4] << 8 | bytes[i]]++;
    }
  for (guint k = 0; k < 256; k++)
    chi += (counts[k] - (double) n / 256) * (counts[k] - (double) n / 256) / ((double) n / 256);
  for (guint k = 0; k < 65536; k++)
    chi_pairs += (pairs[k] - (double) (n - 4) / 65536) * (pairs[k] - (double) (n - 4) / 65536) / ((double) (n - 4) / 65536);
  g_test_message ("chi-square of bytes %.1f of 255, of pairs %.1f of 65,535", chi, chi_pairs);
  g_assert_cmpfloat (chi, <, 347); /* 1 in 10,000 */
  g_assert_cmpfloat (fabs (chi_pairs - 65535), <, 4 * sqrt (2 * 65535.0));
}

static void
test_outputs (void)
{
  const gsize n = 4 << 20;
  g_autofree guint8 *bytes = g_malloc (n);
  guint8 state[32];

  draw_bytes (state, sizeof state);
  for (guint which = 0; which < 2; which++)
    {
      CncHyper one;
      CncMemristor two;

      cnc_hyper_init (&one, state);
      cnc_memristor_init (&two, state);
      for (gsize i = 0; i < n; i += 4) /* the 32 upper bits, which decide most */
        cnc_put_u32 (bytes + i, (guint32) ((which == 0 ? cnc_hyper_next (&one) : cnc_memristor_next (&two)) >> 4));
      check_bytes (bytes, n);
    }
}

/* Exponents of an orbit in the maps' own arithmetic, by orthonormalising its tangents (Benettin et al. 1980). */
typedef struct
{
  double tangents[3][3], sums[3];
  guint size;
} Exponents;

static void
exponents_step (Exponents *e, const double jacobian[3][3])
{
  for (guint i = 0; i < e->size; i++)
    {
      double moved[3] = { 0 }, length = 0;

      for (guint r = 0; r < e->size; r++)
        for (guint k = 0; k < e->size; k++)
          moved[r] += jacobian[r][k] * e->tangents[i][k];
      for (guint k = 0; k < i; k++)
        {
          double dot = 0;

          for (guint r = 0; r < e->size; r++)
            dot += moved[r] * e->tangents[k][r];
          for (guint r = 0; r < e->size; r++)
            moved[r] -= dot * e->tangents[k][r];
        }
      for (guint r = 0; r < e->size; r++)
        length += moved[r] * moved[r];
      length = sqrt (length);
      for (guint r = 0; r < e->size; r++)
        e->tangents[i][r] = moved[r] / length;
      e->sums[i] += log (length);
    }
}

static void
test_lyapunov (void)
{
  /* of tests/reference/shuffle.py, in floating point */
  static const double expected[] = { 0.1610, 0.1508, 0.1318 }, expected_memristor[] = { 0.2527, 0.0975 };
  const guint steps = 200000;
  Exponents one = { .tangents = { { 1 }, { 0, 1 }, { 0, 0, 1 } }, .size = 3 }, two = one;
  guint8 state[32];
  CncHyper hyper;
  CncMemristor memristor;

  two.size = 2;
  draw_bytes (state, sizeof state);
  cnc_hyper_init (&hyper, state);
  cnc_memristor_init (&memristor, state);
  for (guint i = 0; i < steps; i++)
    {
      const double y = value (hyper.y), x = value (memristor.x), q = value (memristor.q);
      const double first[3][3] = { { 0.05, 2.64 - 2 * y, 0 }, { 0, 0, 1 }, { 1, 0, 0 } };
      const double second[3][3] = { { 1.77 * (q * q - 1), 2 * 1.77 * q * x }, { 1, 1 } };

      exponents_step (&one, first);
      exponents_step (&two, second);
      (void) cnc_hyper_next (&hyper);
      (void) cnc_memristor_next (&memristor);
    }
  for (guint i = 0; i < 3; i++)
    {
      g_test_message ("3-D map, exponent %u: %.4f", i + 1, one.sums[i] / steps);
      g_assert_cmpfloat (fabs (one.sums[i] / steps - expected[i]), <, 0.004);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_test_message ("memristor map, exponent %u: %.4f", i + 1, two.sums[i] / steps);
      g_assert_cmpfloat (fabs (two.sums[i] / steps - expected_memristor[i]), <, 0.006);
    }
}

/* Thousands of starts: nothing leaves its attractor, and no position (the Weyl sequence not counted) comes again (Brent 1980). */
static void
test_orbits (void)
{
  const guint keys = 2000, steps = 16384;
  double x = 0, y = 0, charged = 0, q = 0;

  for (guint key = 0; key < keys; key++)
    {
      guint8 state[32];
      CncHyper one, kept;
      CncMemristor two, kept_two;

      draw_bytes (state, sizeof state);
      cnc_hyper_init (&one, state);
      cnc_memristor_init (&two, state);
      kept = one;
      kept_two = two;
      for (guint i = 1; i <= steps; i++)
        {
          (void) cnc_hyper_next (&one);
          (void) cnc_memristor_next (&two);
          g_assert_false (one.x == kept.x && one.y == kept.y && one.z == kept.z);
          g_assert_false (two.x == kept_two.x && two.q == kept_two.q);
          if ((i & (i - 1)) == 0)
            {
              kept = one;
              kept_two = two;
            }
          x = MAX (x, fabs (value (one.x)));
          y = MAX (y, fabs (value (one.y)));
          charged = MAX (charged, fabs (value (two.x)));
          q = MAX (q, fabs (value (two.q)));
        }
    }
  g_test_message ("|x| %.4f |y| %.4f; memristor |x| %.4f |q| %.4f", x, y, charged, q);
  g_assert_cmpfloat (x, <, 1.84);
  g_assert_cmpfloat (y, <, 3.16);
  g_assert_cmpfloat (charged, <, 1.80);
  g_assert_cmpfloat (q, <, 0.985);
}

/* The corners of the box that states are drawn from, and the fixed points in it. */
static void
test_corners (void)
{
  for (guint corner = 0; corner < 27; corner++)
    {
      static const guint64 places[] = { 0, G_GUINT64_CONSTANT (1) << 63, G_MAXUINT64 };
      guint8 state[32] = { 0 };
      CncHyper one;
      CncMemristor two;
      double most = 0, spread = 0;

      cnc_put_u64 (state, places[corner % 3]);
      cnc_put_u64 (state + 8, places[corner / 3 % 3]);
      cnc_put_u64 (state + 16, corner < 9 ? 0 : places[corner / 9]); /* of the memristor map: the Weyl sequence */
      cnc_hyper_init (&one, state);
      cnc_memristor_init (&two, state);
      for (guint i = 0; i < 4096; i++)
        {
          (void) cnc_hyper_next (&one);
          (void) cnc_memristor_next (&two);
          most = MAX (most, fabs (value (one.y)));
          spread = MAX (spread, fabs (value (two.x)));
        }
      g_assert_cmpfloat (most, <, 3.16);
      g_assert_cmpfloat (most, >, 3.0);
      g_assert_cmpfloat (spread, <, 1.80);
      g_assert_cmpfloat (spread, >, 1.7);
    }
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  guint8 states[CNC_SHUFFLE_STATE_BYTES] = { 0 }, data[8] = { 0 };
  CncTask task = { 0 };

  cnc_alloc_fail_at (1);
  g_assert_false (cnc_shuffle (states, FALSE, data, sizeof data, NULL, &error));
  cnc_alloc_fail_at (0);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  g_clear_error (&error);
  g_assert_false (cnc_shuffle (states, FALSE, data, (gsize) CNC_SHUFFLE_MAX + 1, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  cnc_task_cancel (&task);
  g_assert_false (cnc_shuffle (states, FALSE, data, sizeof data, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

/* The time of one core, printed with --verbose; -m perf takes the 12 million of a large photograph. */
static void
test_time (void)
{
  const gsize n = g_test_perf () ? 12000000 : 500000;
  g_autofree guint8 *states = g_malloc (cnc_shuffle_states (n) * CNC_SHUFFLE_STATE_BYTES), *data = g_malloc0 (n);
  g_autoptr (GError) error = NULL;
  double seconds;

  draw_bytes (states, cnc_shuffle_states (n) * CNC_SHUFFLE_STATE_BYTES);
  for (guint inverse = 0; inverse < 2; inverse++)
    {
      g_test_timer_start ();
      g_assert_true (cnc_shuffle (states, inverse == 1, data, n, NULL, &error));
      seconds = g_test_timer_elapsed ();
      g_test_minimized_result (seconds, "%" G_GSIZE_FORMAT " values%s: %.3f s", n, inverse ? " back" : "", seconds);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shuffle/words", test_words);
  g_test_add_func ("/shuffle/portable", test_portable);
  g_test_add_func ("/shuffle/values", test_values);
  g_test_add_func ("/shuffle/inverse", test_inverse);
  g_test_add_func ("/shuffle/permutation", test_permutation);
  g_test_add_func ("/shuffle/even", test_even);
  g_test_add_func ("/shuffle/sensitivity", test_sensitivity);
  g_test_add_func ("/shuffle/outputs", test_outputs);
  g_test_add_func ("/shuffle/lyapunov", test_lyapunov);
  g_test_add_func ("/shuffle/orbits", test_orbits);
  g_test_add_func ("/shuffle/corners", test_corners);
  g_test_add_func ("/shuffle/errors", test_errors);
  g_test_add_func ("/shuffle/time", test_time);
  return g_test_run ();
}
