/* tests/bench/bench-layers.c: MB/s of each layer of the hybrid method, on every device or those named on the command line.
 *
 * A payload of 25 MB lies in main memory before and after, so what a device takes to fetch and give back is inside.  Median of three.
 * Ends with status 1 if chaos and CNN together, enciphering or deciphering, stay below 60 MB/s on a Vulkan device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "methods/hybrid/hybrid.h"

#define BYTES (48u << 19) /* 48 whole segments */
#define REPEATS 3u
#define LEAST_MB_S 60.0

static const struct
{
  const char *name;
  CncLayers layers;
} cases[] = {
  { "permutation", CNC_LAYER_PERMUTE },
  { "logistic map", CNC_LAYER_LOGISTIC },
  { "CNN", CNC_LAYER_CNN },
  { "chaos + CNN", CNC_LAYER_ALL },
};

static gint
by_size (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

/* MB/s. */
static double
rate (CncBackend *backend, CncLayers layers, gboolean inverse, guint8 *data)
{
  CncHybridKeys keys;
  double seconds[REPEATS];

  memset (&keys, 7, sizeof keys);
  for (guint i = 0; i < REPEATS; i++)
    {
      g_autoptr (GError) error = NULL;
      const gint64 start = g_get_monotonic_time ();

      if (!(inverse ? cnc_hybrid_decipher : cnc_hybrid_encipher) (backend, &keys, layers, data, BYTES, NULL, &error))
        {
          fprintf (stderr, "bench-layers: %s\n", error->message);
          exit (2);
        }
      seconds[i] = (double) (g_get_monotonic_time () - start) * 1e-6;
    }
  qsort (seconds, REPEATS, sizeof *seconds, by_size);
  return BYTES / seconds[REPEATS / 2] * 1e-6;
}

static gboolean
bench (CncBackend *backend, guint8 *data)
{
  double both = G_MAXDOUBLE;

  printf ("%s (%s)\n", backend->info.name, backend->info.id);
  rate (backend, CNC_LAYER_ALL, FALSE, data); /* translates the shaders */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const double forward = rate (backend, cases[i].layers, FALSE, data), inverse = rate (backend, cases[i].layers, TRUE, data);

      printf ("  %-14s encipher %8.1f MB/s   decipher %8.1f MB/s\n", cases[i].name, forward, inverse);
      if (cases[i].layers == CNC_LAYER_ALL)
        both = MIN (forward, inverse);
    }
  if (backend->info.kind == CNC_DEVICE_CPU)
    return TRUE;
  printf ("  at least %.0f MB/s for chaos + CNN: %s\n", LEAST_MB_S, both >= LEAST_MB_S ? "reached" : "MISSED");
  return both >= LEAST_MB_S;
}

int
main (int argc, char **argv)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  g_autofree guint8 *data = g_malloc (BYTES);
  gboolean good = TRUE;

  memset (data, 0, BYTES);
  for (guint i = 0; i < (argc > 1 ? (guint) argc - 1 : devices->len); i++)
    {
      const char *choice = argc > 1 ? argv[i + 1] : g_array_index (devices, CncDeviceInfo, i).id;
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) backend = cnc_engine_open (choice, CNC_WORK_CIPHER, NULL, &error);

      if (backend == NULL)
        {
          fprintf (stderr, "bench-layers: %s\n", error->message);
          return 2;
        }
      good = bench (backend, data) && good;
    }
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
