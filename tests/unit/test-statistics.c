/* core/measure/statistics: against values of other programs (statistics-values.py), published limits, and random bytes. */
#include "measure/statistics.h"
#include "seal/keys.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const char *name;
  guint width, height;
  double entropy, chi_square, npcr, uaci, bits, mse, psnr, correlation[3];
} Expected;

#include "statistics-values.h"
#include "noise-case.h"

/* The planes of statistics-values.py. */
static void
fill_slope (guint8 *out, guint width, guint height, guint32 seed)
{
  fill_noise (out, (gsize) width * height, seed);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      out[y * width + x] = (guint8) (3 * x + 2 * y + (out[y * width + x] & 7));
}

static void
fill_case (guint i, guint8 *a, guint8 *b)
{
  const guint width = EXPECTED[i].width, height = EXPECTED[i].height;

  if (i == 0)
    fill_noise (a, (gsize) width * height, 1);
  else
    fill_slope (a, width, height, i == 1 ? 3 : 5);
  if (i == 1)
    fill_slope (b, width, height, 4);
  else
    fill_noise (b, (gsize) width * height, i == 0 ? 2 : 6);
}

static void
test_values (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (EXPECTED); i++)
    {
      const Expected *e = &EXPECTED[i];
      const gsize size = (gsize) e->width * e->height;
      g_autofree guint8 *a = g_malloc (size), *b = g_malloc (size);
      CncDifference d;

      fill_case (i, a, b);
      g_test_message ("%s", e->name);
      g_assert_cmpfloat_with_epsilon (cnc_statistics_entropy (a, size), e->entropy, 1e-6);
      g_assert_cmpfloat_with_epsilon (cnc_statistics_chi_square (a, size), e->chi_square, 1e-4);
      d = cnc_statistics_difference (a, b, size);
      g_assert_cmpfloat_with_epsilon (d.npcr, e->npcr, 1e-11);
      g_assert_cmpfloat_with_epsilon (d.uaci, e->uaci, 1e-11);
      g_assert_cmpfloat_with_epsilon (d.bits, e->bits, 1e-11);
      /* ImageMagick prints six digits. */
      g_assert_cmpfloat_with_epsilon (d.mse, e->mse, e->mse * 1e-4);
      g_assert_cmpfloat_with_epsilon (cnc_statistics_psnr (d.mse), e->psnr, 1e-3);
      for (guint n = 0; n < 3; n++)
        g_assert_cmpfloat_with_epsilon (cnc_statistics_correlation (a, e->width, e->height, (CncNeighbour) n), e->correlation[n], 1e-9);
    }
}

static void
test_edges (void)
{
  static const guint8 black[64], one[1] = { 7 };
  guint8 white[64], every[256];
  CncDifference d;

  memset (white, 255, sizeof white);
  for (guint i = 0; i < 256; i++)
    every[i] = (guint8) i;
  g_assert_cmpfloat (cnc_statistics_entropy (black, sizeof black), ==, 0.0);
  g_assert_cmpfloat_with_epsilon (cnc_statistics_entropy (every, sizeof every), 8.0, 1e-12);
  g_assert_cmpfloat (cnc_statistics_chi_square (every, sizeof every), ==, 0.0);
  d = cnc_statistics_difference (black, white, sizeof black);
  g_assert_cmpfloat (d.npcr, ==, 1.0);
  g_assert_cmpfloat (d.uaci, ==, 1.0);
  g_assert_cmpfloat (d.bits, ==, 1.0);
  g_assert_cmpfloat_with_epsilon (cnc_statistics_psnr (d.mse), 0.0, 1e-12);
  d = cnc_statistics_difference (every, every, sizeof every);
  g_assert_cmpfloat (d.npcr, ==, 0.0);
  g_assert_true (isinf (cnc_statistics_psnr (d.mse)));
  g_assert_cmpfloat (cnc_statistics_correlation (black, 8, 8, CNC_NEIGHBOUR_VERTICAL), ==, 0.0);
  g_assert_cmpfloat (cnc_statistics_correlation (one, 1, 1, CNC_NEIGHBOUR_DIAGONAL), ==, 0.0);
  g_assert_cmpfloat_with_epsilon (cnc_statistics_correlation (every, 16, 16, CNC_NEIGHBOUR_DIAGONAL), 1.0, 1e-12);
}

/* Per cent, as printed by Wu, Noonan, Agaian 2011, tables of the critical values for 256 levels at 0.05, 0.01 and 0.001. */
static void
test_limits (void)
{
  static const struct
  {
    guint side;
    CncOutside outside;
    double npcr_min, uaci_min, uaci_max;
  } published[] = {
    { 128, CNC_OUTSIDE_5_PERCENT, 99.5292, 33.1012, 33.8259 },   { 128, CNC_OUTSIDE_1_PERCENT, 99.4960, 32.9874, 33.9397 },
    { 128, CNC_OUTSIDE_1_PER_MILLE, 99.4588, 32.8552, 34.0718 }, { 256, CNC_OUTSIDE_5_PERCENT, 99.5693, 33.2824, 33.6447 },
    { 256, CNC_OUTSIDE_1_PERCENT, 99.5527, 33.2255, 33.7016 },   { 256, CNC_OUTSIDE_1_PER_MILLE, 99.5341, 33.1594, 33.7677 },
    { 512, CNC_OUTSIDE_5_PERCENT, 99.5893, 33.3730, 33.5541 },   { 512, CNC_OUTSIDE_1_PERCENT, 99.5810, 33.3445, 33.5826 },
    { 512, CNC_OUTSIDE_1_PER_MILLE, 99.5717, 33.3115, 33.6156 }, { 1024, CNC_OUTSIDE_5_PERCENT, 99.5994, 33.4183, 33.5088 },
    { 1024, CNC_OUTSIDE_1_PERCENT, 99.5952, 33.4040, 33.5231 },  { 1024, CNC_OUTSIDE_1_PER_MILLE, 99.5906, 33.3875, 33.5396 },
  };

  static const double chi_square[] = { 293.25, 310.46, 330.52 };

  for (guint i = 0; i < G_N_ELEMENTS (published); i++)
    {
      CncRandomLimits l;

      cnc_statistics_random_limits ((gsize) published[i].side * published[i].side, published[i].outside, &l);
      g_assert_cmpfloat_with_epsilon (100 * l.npcr_min, published[i].npcr_min, 6e-5);
      g_assert_cmpfloat_with_epsilon (100 * l.uaci_min, published[i].uaci_min, 1.1e-4);
      g_assert_cmpfloat_with_epsilon (100 * l.uaci_max, published[i].uaci_max, 1.1e-4);
      g_assert_cmpfloat_with_epsilon (l.chi_square_max, chi_square[published[i].outside], 0.005);
    }
}

/* 2,000 planes of a stream cipher's bytes: of each limit, about 5 % fall outside (4 deviations: 2 %), and the entropy's mean is right. */
static void
test_random (void)
{
  enum
  {
    RUNS = 2000,
    SIZE = 4096
  };
  g_autofree guint8 *bytes = g_malloc (2 * SIZE);
  guint8 seed[32] = { 0 };
  guint outside[4] = { 0 };
  double entropy = 0.0;
  CncRandomLimits l;

  cnc_statistics_random_limits (SIZE, CNC_OUTSIDE_5_PERCENT, &l);
  for (guint run = 0; run < RUNS; run++)
    {
      CncDifference d;
      double e;

      seed[0] = (guint8) run;
      seed[1] = (guint8) (run >> 8);
      cnc_keystream (seed, 0, bytes, 2 * SIZE);
      d = cnc_statistics_difference (bytes, bytes + SIZE, SIZE);
      e = cnc_statistics_entropy (bytes, SIZE);
      entropy += e;
      outside[0] += d.npcr < l.npcr_min;
      outside[1] += d.uaci < l.uaci_min || d.uaci > l.uaci_max;
      outside[2] += cnc_statistics_chi_square (bytes, SIZE) > l.chi_square_max;
      outside[3] += e < l.entropy_min;
    }
  for (guint i = 0; i < 4; i++)
    {
      g_test_message ("outside %u: %u of %u", i, outside[i], (guint) RUNS);
      g_assert_cmpuint (outside[i], >=, 60);
      g_assert_cmpuint (outside[i], <=, 140);
    }
  g_assert_cmpfloat_with_epsilon (entropy / RUNS, l.entropy_mean, 1e-3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/statistics/values", test_values);
  g_test_add_func ("/statistics/edges", test_edges);
  g_test_add_func ("/statistics/limits", test_limits);
  g_test_add_func ("/statistics/random", test_random);
  return g_test_run ();
}
