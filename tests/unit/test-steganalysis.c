/* core/measure/steganalysis: estimates of known rates, what changes both ways hide from them, and similarity of known pictures. */
#include "measure/ssim.h"
#include "measure/steganalysis.h"
#include "stego/record.h"

#include <math.h>
#include <string.h>

#define SIDE 512u

/* Smooth shapes and the grain of a sensor: a sum of four uniform numbers, each up to +-grain. */
static void
fill (guint8 *plane, double grain, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (guint y = 0; y < SIDE; y++)
    for (guint x = 0; x < SIDE; x++)
      {
        double v = 128 + 50 * sin (x / 37.0 + seed) * cos (y / 29.0) + 40 * sin ((x + 2.0 * y) / 91.0);

        for (guint k = 0; k < 4; k++)
          v += g_rand_double_range (random, -grain, grain);
        plane[y * SIDE + x] = (guint8) CLAMP (v + 0.5, 0, 255);
      }
}

/* Writes a random message into that share of the pixels, by replacing their lowest bit or by going to the next value either way. */
static void
embed (guint8 *plane, double rate, gboolean both_ways, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (guint i = 0; i < SIDE * SIDE; i++)
    {
      const guint32 r = g_rand_int (random) >> 16;

      if (g_rand_double (random) >= rate)
        continue;
      plane[i] = both_ways ? cnc_stego_match (plane[i], r & 1, 1, r >> 1) : (guint8) ((plane[i] & ~1u) | (r & 1));
    }
}

static void
test_rates (void)
{
  static const double rates[] = { 0, 0.05, 0.2, 0.5, 0.8, 1 };
  g_autofree guint8 *plane = g_malloc (SIDE * SIDE);

  for (guint32 seed = 1; seed <= 3; seed++)
    for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
      {
        double rs, ws;

        fill (plane, 1.75, seed);
        embed (plane, rates[i], FALSE, seed + 77);
        rs = cnc_steganalysis_rs (plane, 1, SIDE, SIDE);
        ws = cnc_steganalysis_ws (plane, 1, SIDE, SIDE);
        g_test_message ("%.2f replaced: RS %.3f, WS %.3f", rates[i], rs, ws);
        if (rates[i] < 1)
          g_assert_cmpfloat_with_epsilon (rs, rates[i], 0.03);
        else
          g_assert_cmpfloat (rs, >, 0.7); /* there its equation has no coefficients left but noise */
        g_assert_cmpfloat_with_epsilon (ws, rates[i], 0.03);
      }
}

/* The classical estimates are blind for changes both ways; the histogram of neighbours is not. */
static void
test_both_ways (void)
{
  g_autofree guint8 *plane = g_malloc (SIDE * SIDE);

  for (guint32 seed = 1; seed <= 3; seed++)
    {
      double before, after;

      fill (plane, 1.75, seed);
      embed (plane, 1, TRUE, seed + 99);
      g_test_message ("RS %.3f, WS %.3f", cnc_steganalysis_rs (plane, 1, SIDE, SIDE), cnc_steganalysis_ws (plane, 1, SIDE, SIDE));
      g_assert_cmpfloat_with_epsilon (cnc_steganalysis_rs (plane, 1, SIDE, SIDE), 0, 0.06);
      g_assert_cmpfloat_with_epsilon (cnc_steganalysis_ws (plane, 1, SIDE, SIDE), 0, 0.03);
      for (guint i = 0; i < SIDE * SIDE; i++) /* flat squares, whose pairs of neighbours are few: changes spread them */
        plane[i] = (guint8) ((i / 16 % 32 + i / SIDE / 16 * (3 + seed)) % 7 * 30 + 20);
      before = cnc_steganalysis_hcf (plane, 1, SIDE, SIDE);
      embed (plane, 1, TRUE, seed + 99);
      after = cnc_steganalysis_hcf (plane, 1, SIDE, SIDE);
      g_test_message ("HCF %.3f -> %.3f", before, after);
      g_assert_cmpfloat (after, <, 0.97 * before);
    }
}

/* One channel of three gives what it gives alone. */
static void
test_step (void)
{
  g_autofree guint8 *plane = g_malloc (SIDE * SIDE), *other = g_malloc (SIDE * SIDE), *rgb = g_malloc (3 * SIDE * SIDE),
                    *rgb_other = g_malloc (3 * SIDE * SIDE);

  fill (plane, 1.75, 5);
  fill (other, 1.75, 5);
  embed (other, 0.5, FALSE, 6);
  memset (rgb, 9, 3 * SIDE * SIDE);
  memset (rgb_other, 9, 3 * SIDE * SIDE);
  for (guint i = 0; i < SIDE * SIDE; i++)
    {
      rgb[3 * i + 1] = plane[i];
      rgb_other[3 * i + 1] = other[i];
    }
  g_assert_cmpfloat (cnc_steganalysis_rs (rgb_other + 1, 3, SIDE, SIDE), ==, cnc_steganalysis_rs (other, 1, SIDE, SIDE));
  g_assert_cmpfloat (cnc_steganalysis_ws (rgb_other + 1, 3, SIDE, SIDE), ==, cnc_steganalysis_ws (other, 1, SIDE, SIDE));
  g_assert_cmpfloat (cnc_steganalysis_hcf (rgb_other + 1, 3, SIDE, SIDE), ==, cnc_steganalysis_hcf (other, 1, SIDE, SIDE));
  g_assert_cmpfloat (cnc_measure_ssim (rgb + 1, rgb_other + 1, 3, SIDE, SIDE), ==, cnc_measure_ssim (plane, other, 1, SIDE, SIDE));
}

static void
test_odd (void)
{
  guint8 flat[10 * 10];

  memset (flat, 7, sizeof flat);
  for (guint w = 1; w <= 10; w += 3)
    for (guint h = 1; h <= 10; h += 3)
      {
        g_assert_false (isnan (cnc_steganalysis_rs (flat, 1, w, h)));
        g_assert_false (isnan (cnc_steganalysis_ws (flat, 1, w, h)));
        g_assert_false (isnan (cnc_steganalysis_hcf (flat, 1, w, h)));
        g_assert_true (isnan (cnc_measure_ssim (flat, flat, 1, w, h)));
      }
}

/* Two flat pictures have the similarity of their means alone, and one window can be added up by hand. */
static void
test_ssim (void)
{
  guint8 a[121], b[121];
  double sum = 0, weights = 0, m[5] = { 0 };
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  memset (a, 100, sizeof a);
  memset (b, 120, sizeof b);
  g_assert_cmpfloat (cnc_measure_ssim (a, a, 1, 11, 11), ==, 1);
  g_assert_cmpfloat_with_epsilon (cnc_measure_ssim (a, b, 1, 11, 11), (2 * 100 * 120 + 6.5025) / (100 * 100 + 120 * 120 + 6.5025), 1e-9);
  for (guint i = 0; i < 121; i++)
    {
      const double dx = i % 11 - 5.0, dy = i / 11 - 5.0, w = exp (-(dx * dx + dy * dy) / 4.5);

      a[i] = (guint8) g_rand_int_range (random, 0, 256);
      b[i] = (guint8) (a[i] / 2 + g_rand_int_range (random, 0, 40));
      weights += w;
      m[0] += w * a[i];
      m[1] += w * b[i];
    }
  for (guint i = 0; i < 121; i++)
    {
      const double dx = i % 11 - 5.0, dy = i / 11 - 5.0, w = exp (-(dx * dx + dy * dy) / 4.5);

      m[2] += w * (a[i] - m[0] / weights) * (a[i] - m[0] / weights);
      m[3] += w * (b[i] - m[1] / weights) * (b[i] - m[1] / weights);
      m[4] += w * (a[i] - m[0] / weights) * (b[i] - m[1] / weights);
    }
  for (guint k = 0; k < 5; k++)
    m[k] /= weights;
  sum = (2 * m[0] * m[1] + 6.5025) * (2 * m[4] + 58.5225) / ((m[0] * m[0] + m[1] * m[1] + 6.5025) * (m[2] + m[3] + 58.5225));
  g_assert_cmpfloat_with_epsilon (cnc_measure_ssim (a, b, 1, 11, 11), sum, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/steganalysis/rates", test_rates);
  g_test_add_func ("/steganalysis/both-ways", test_both_ways);
  g_test_add_func ("/steganalysis/step", test_step);
  g_test_add_func ("/steganalysis/odd", test_odd);
  g_test_add_func ("/steganalysis/ssim", test_ssim);
  return g_test_run ();
}
