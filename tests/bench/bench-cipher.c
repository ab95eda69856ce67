/* tests/bench/bench-cipher: MB/s of the integer cipher's rounds, on every device or those named on the command line.
 *
 * What is measured is what the CNN layer does with a picture: ten rounds over every segment of two halves of 256 x 256 words, and the
 * two sums with the segment before.  The bytes counted are the picture's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "vulkan/vk-backend.h"

#define SEGMENTS 32u
#define ROUNDS 10u
#define REPEATS 5u

static void
check (gboolean good, GError **error)
{
  if (good)
    return;
  fprintf (stderr, "bench-cipher: %s\n", (*error)->message);
  exit (1);
}

static CncBuffer *
buffer_new (CncBackend *backend, gsize words, guint32 seed, guint32 modulus)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree guint32 *data = g_new (guint32, words);
  CncBuffer *buffer = cnc_buffer_new (backend, words * 4, &error);

  check (buffer != NULL, &error);
  for (gsize i = 0; i < words; i++)
    data[i] = modulus != 0 ? g_rand_int (rand) % modulus : g_rand_int (rand);
  check (cnc_buffer_upload (backend, buffer, 0, data, words * 4, &error), &error);
  return buffer;
}

static double
run (CncBackend *backend, const CncCipherShape *shape, CncBuffer *tables, CncBuffer **halves, gboolean inverse)
{
  const gsize words = (gsize) shape->width * shape->height, stride = cnc_cipher_table_words (shape);
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  for (guint sweep = 0; sweep < 2; sweep++)
    for (guint s = 0; s < SEGMENTS; s++)
      {
        CncBuffer **h = halves + 3 * s;

        for (guint i = 0; i < 2 && s > 0; i++)
          check (backend->table->add_bytes (backend, h[i], 0, (h - 3)[i], 0, words, inverse, &error), &error);
        for (guint r = 0; r < ROUNDS / 2; r++)
          {
            CncBuffer *target = h[0];

            check (backend->table->cipher_round (backend, shape, tables, stride * (ROUNDS / 2 * sweep + r), h[1], target, h[2], inverse,
                                                 &error),
                   &error);
            h[0] = h[1];
            h[1] = h[2];
            h[2] = target;
          }
      }
  check (cnc_backend_finish (backend, &error), &error);
  return (double) (g_get_monotonic_time () - start) * 1e-6;
}

static void
bench (CncBackend *backend)
{
  const CncCipherShape shape = { CNC_CIPHER_MAX_SIDE, CNC_CIPHER_MAX_SIDE };
  const gsize words = (gsize) shape.width * shape.height;
  /* Values below a side are valid as shifts, and no slower or faster as weights. */
  CncBuffer *tables = buffer_new (backend, cnc_cipher_table_words (&shape) * ROUNDS, 1, CNC_CIPHER_MAX_SIDE);
  CncBuffer *halves[3 * SEGMENTS];

  for (guint i = 0; i < G_N_ELEMENTS (halves); i++)
    halves[i] = buffer_new (backend, words, i, 0);
  for (guint inverse = 0; inverse < 2; inverse++)
    {
      double best = G_MAXDOUBLE;

      run (backend, &shape, tables, halves, inverse != 0); /* translates the shaders, learns the device's speed */
      for (guint i = 0; i < REPEATS; i++)
        best = MIN (best, run (backend, &shape, tables, halves, inverse != 0));
      printf ("%-48.48s CNN layer %-9s %9.1f MB/s\n", backend->info.name, inverse ? "inverse" : "forward",
              (double) words * 8 * SEGMENTS / best * 1e-6);
    }
  if (backend->info.kind != CNC_DEVICE_CPU)
    {
      CncVulkanStatistics statistics;

      cnc_vulkan_statistics (backend, &statistics);
      printf ("%-48.48s %u submissions, the longest took %.1f ms\n", backend->info.name, statistics.submissions, statistics.longest * 1e3);
    }
  for (guint i = 0; i < G_N_ELEMENTS (halves); i++)
    cnc_buffer_free (backend, halves[i]);
  cnc_buffer_free (backend, tables);
}

int
main (int argc, char **argv)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);

  for (guint i = 0; i < (argc > 1 ? (guint) argc - 1 : devices->len); i++)
    {
      const char *choice = argc > 1 ? argv[i + 1] : g_array_index (devices, CncDeviceInfo, i).id;
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) backend = cnc_engine_open (choice, CNC_WORK_CIPHER, NULL, &error);

      check (backend != NULL, &error);
      bench (backend);
    }
  return 0;
}
