/* tests/bench/bench-hide.c: hiding and revealing three pictures of 12 megapixels, every mode that is ready: bench-hide [PICTURE...]
 *
 * Cover and secrets are mosaics of the pictures (without any: rendered shapes with grain), 4000 x 3000 pixels each.  The device is that of
 * CNNCRYPT_DEVICE.  Prints seconds, quality and peak memory of the process; the status is 1 if anything fails or the peak is above
 * 1 GiB.  Argon2id, whose memory is free again before pixels are loaded, is left out.
 */
#include "base/parallel.h"
#include "stego/pixels.h"
#include "stego/stego.h"
#include "../quality/common.h"

#include <gegl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define WIDTH 4000u
#define HEIGHT 3000u
#define MOST_MIB 1024.0

static double
seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) * 1e-6;
}

static double
processor_seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static double
peak_mib (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) usage.ru_maxrss / 1024;
}

/* Pictures side by side in rows as high as each is, beginning with number first. */
static CncRaster *
mosaic (char **paths, guint count, guint first)
{
  CncRaster *all = cnc_rgb_new (WIDTH, HEIGHT, NULL);
  guint32 x = 0, y = 0, row = 0;

  while (y < HEIGHT)
    {
      g_autoptr (CncRaster) one = quality_rgb (paths[first++ % count]);

      if (one == NULL)
        exit (2);
      for (guint32 i = 0; i < one->height && y + i < HEIGHT; i++)
        memcpy (all->data + 3 * ((gsize) (y + i) * WIDTH + x), one->data + 3 * (gsize) i * one->width, 3 * MIN (one->width, WIDTH - x));
      x += one->width;
      row = row == 0 ? one->height : MIN (row, one->height);
      if (x >= WIDTH)
        {
          x = 0;
          y += row;
          row = 0;
        }
    }
  return all;
}

static CncRaster *
rendered (guint seed)
{
  CncRaster *raster = cnc_rgb_new (WIDTH, HEIGHT, NULL);
  guint32 state = seed + 1;

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    {
      const double x = (double) (i / 3 % WIDTH), y = (double) (i / 3 / WIDTH);

      state = state * 1664525 + 1013904223;
      raster->data[i]
          = (guint8) CLAMP (128 + 60 * sin (x / (20 + 9 * seed)) * cos (y / 31) + 40 * sin ((x + 2 * y) / 7) + (state >> 28) - 8, 0, 255);
    }
  return raster;
}

static gboolean
measure (const CncStegoMode *mode, guint bits, const CncRaster *cover, CncRaster **secrets)
{
  const guint count = mode->max_secrets;
  g_autoptr (GError) error = NULL;
  g_autoptr (CncBackend) backend = NULL;
  g_autoptr (CncRaster) result = NULL;
  CncSecret *keks[CNC_STEGO_MAX_SECRETS] = { NULL };
  static const guint8 salt[CNC_STEGO_SALT_BYTES];
  g_autoptr (CncStegoLock) lock = NULL;
  CncHideParams params = { .mode = mode, .bits = bits };
  CncStegoRecord record;
  CncHideReport made;
  gint64 start;
  double processors;

  if (mode->network && (backend = cnc_engine_open (NULL, cnc_stego_work (mode, (guint64) WIDTH * HEIGHT), NULL, &error)) == NULL)
    {
      fprintf (stderr, "bench-hide: %s\n", error->message);
      return FALSE;
    }
  params.backend = backend;
  for (guint i = 0; i < count; i++)
    keks[i] = cnc_secret_new_key (NULL, NULL);
  lock = cnc_stego_lock_new_keks ((const CncSecret *const *) keks, count, salt, NULL);
  start = g_get_monotonic_time ();
  processors = processor_seconds ();
  result = cnc_hide (cover, (const CncRaster *const *) secrets, count, lock, &params, &made, &error);
  if (result == NULL)
    {
      fprintf (stderr, "bench-hide: %s\n", error->message);
      return FALSE;
    }
  printf ("%-7s%s hides %u: %6.2f s, %6.2f s of processors, cover %.2f dB, secrets", mode->id, bits == 2 ? ", 2 bits" : "", count,
          seconds_since (start), processor_seconds () - processors, made.psnr);
  for (guint i = 0; i < count; i++)
    printf (" %.2f", made.secrets[i].psnr);
  printf (" dB; peak %.0f MiB\n", peak_mib ());
  cnc_hide_report_clear (&made);
  start = g_get_monotonic_time ();
  processors = processor_seconds ();
  if (!cnc_stego_find (result, &record, &error))
    {
      fprintf (stderr, "bench-hide: %s\n", error->message);
      return FALSE;
    }
  printf ("%-7s%s finds the record: %.3f s\n", mode->id, bits == 2 ? ", 2 bits" : "", seconds_since (start));
  start = g_get_monotonic_time ();
  for (guint i = 0; i < count; i++)
    {
      const CncRevealParams reveal = { .backend = backend };
      guint slot;
      g_autoptr (CncSecret) key = cnc_stego_unlock_kek (&record, keks[i], &slot, &error);
      g_autoptr (CncRaster) back = key != NULL ? cnc_reveal (result, &record, key, slot, &reveal, &error) : NULL;

      if (back == NULL)
        {
          fprintf (stderr, "bench-hide: %s\n", error->message);
          return FALSE;
        }
    }
  printf ("%-7s%s reveals %u: %6.2f s, %6.2f s of processors; peak %.0f MiB\n", mode->id, bits == 2 ? ", 2 bits" : "", count,
          seconds_since (start), processor_seconds () - processors, peak_mib ());
  fflush (stdout);
  for (guint i = 0; i < count; i++)
    cnc_secret_free (keks[i]);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (CncRaster) cover = NULL;
  CncRaster *secrets[CNC_STEGO_MAX_SECRETS];
  gboolean good = TRUE;

  cnc_parallel_sleepy_openmp ();
  gegl_init (NULL, NULL);
  if (!cnc_seal_init (NULL))
    return 2;
  cover = argc > 1 ? mosaic (argv + 1, (guint) argc - 1, 0) : rendered (0);
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    secrets[i] = argc > 1 ? mosaic (argv + 1, (guint) argc - 1, 5 * i + 3) : rendered (i + 1);
  gegl_exit ();
  printf ("cover and secrets of %u x %u pixels; %.0f MiB of memory before\n", WIDTH, HEIGHT, peak_mib ());
  for (const CncStegoMode *mode = cnc_stego_modes (); mode->id != NULL; mode++)
    {
      g_autoptr (GError) error = NULL;

      if (!cnc_stego_mode_ready (mode, &error))
        {
          printf ("%-7s %s\n", mode->id, error->message);
          continue;
        }
      good = measure (mode, 0, cover, secrets) && good;
      if (!mode->network)
        good = measure (mode, 2, cover, secrets) && good;
    }
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    cnc_raster_free (secrets[i]);
  if (peak_mib () > MOST_MIB)
    {
      fprintf (stderr, "bench-hide: %.0f MiB of memory, the limit is %.0f\n", peak_mib (), MOST_MIB);
      good = FALSE;
    }
  return good ? 0 : 1;
}
