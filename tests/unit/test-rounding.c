/* core/stego/rounding: what is read is disturbed less than by rounding to the nearest; nothing else goes wrong. */
#include "stego/rounding.h"

#include <math.h>

#define N CNC_ROUNDING_SAMPLES
#define BLOCKS 200u

/* Orthonormal rows: cosines over all samples, whatever they stand for. */
static float *
rows_new (void)
{
  float *rows = g_new (float, N *N);

  for (guint k = 0; k < N; k++)
    for (guint i = 0; i < N; i++)
      rows[k * N + i] = (float) (sqrt ((k == 0 ? 1.0 : 2.0) / N) * cos (G_PI * (2 * i + 1) * k / (2.0 * N)));
  return rows;
}

/* Mean square of what a row that is read is off by, over random blocks; checks every sample. */
static double
disturbance (const CncRounding *rounding, const float *rows, guint from, guint to, gfloat low, gfloat high)
{
  GRand *draw = g_rand_new_with_seed (3);
  double sum = 0;

  for (guint b = 0; b < BLOCKS; b++)
    {
      float wanted[N];
      gint16 out[N];

      for (guint i = 0; i < N; i++)
        wanted[i] = (float) g_rand_double_range (draw, (double) low, (double) high);
      cnc_rounding_block (rounding, wanted, out);
      for (guint i = 0; i < N; i++)
        {
          g_assert_true (out[i] >= 0 && out[i] <= 255);
          if (rounding == NULL)
            g_assert_cmpint (out[i], ==, CLAMP ((gint) floorf (wanted[i] + 0.5f), 0, 255));
          else if (low >= 3 && high <= 252)
            g_assert_cmpfloat (fabsf ((float) out[i] - wanted[i]), <, 3);
        }
      for (guint k = from; k < to; k++)
        {
          double off = 0;

          for (guint i = 0; i < N; i++)
            off += (double) rows[k * N + i] * ((double) out[i] - (double) wanted[i]);
          sum += off * off / ((to - from) * BLOCKS);
        }
    }
  g_rand_free (draw);
  return sum;
}

static void
test_spares (void)
{
  g_autofree float *rows = rows_new ();
  const double nearest = disturbance (NULL, rows, 64, 128, 20, 230);
  static const struct
  {
    guint n;
    double most; /* of what rounding to the nearest does */
  } parts[] = { { 16, 0.06 }, { 64, 0.25 }, { 128, 0.55 } };

  g_assert_cmpfloat_with_epsilon (nearest, 1.0 / 12, 0.005);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree CncRounding *rounding = cnc_rounding_new (rows + 64 * N, parts[i].n, NULL);
      const double spared = disturbance (rounding, rows, 64, 64 + parts[i].n, 20, 230);

      g_test_message ("%u rows: %.4f, to the nearest %.4f", parts[i].n, spared, nearest);
      g_assert_cmpfloat (spared, <, parts[i].most * nearest);
    }
}

static void
test_edges (void)
{
  g_autofree float *rows = rows_new ();
  g_autofree CncRounding *rounding = cnc_rounding_new (rows, 64, NULL);
  float wanted[N];
  gint16 out[N];

  g_assert_cmpfloat (disturbance (rounding, rows, 0, 64, -8, 6), >, 0); /* stays in 0..255 all the same */
  g_assert_cmpfloat (disturbance (rounding, rows, 0, 64, 250, 280), >, 0);
  for (guint i = 0; i < N; i++)
    wanted[i] = (float) (i % 256);
  cnc_rounding_block (rounding, wanted, out);
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (out[i], ==, i % 256); /* whole numbers stay */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rounding/spares", test_spares);
  g_test_add_func ("/rounding/edges", test_edges);
  return g_test_run ();
}
