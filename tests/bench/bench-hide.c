/* tests/bench/bench-hide.c: hiding and revealing three pictures of 12 megapixels, every mode that is ready: bench-hide [PICTURE...]
 *
 * Cover and secrets are mosaics of the pictures (without any: rendered shapes with grain), 4000 x 3000 pixels each.  Modes with a network
 * run on every device that is there, or on the one of CNNCRYPT_DEVICE.  Prints seconds, quality and peak memory of the process; the status
 * is 1 if anything fails or the peak is above 1 GiB.  Argon2id, whose memory is free again before pixels are loaded, is left out.
 */
#include "base/parallel.h"
#include "picture/pixels.h"
#include "stego/stego.h"
#include "../quality/common.h"

#include <gegl.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Since the last begin_peak. */
static double
peak_mib (void)
{
  g_autofree char *status = NULL;
  const char *line = g_file_get_contents ("/proc/self/status", &status, NULL, NULL) ? strstr (status, "VmHWM:") : NULL;

  return line != NULL ? (double) g_ascii_strtoull (line + strlen ("VmHWM:"), NULL, 10) / 1024 : 0;
}

/* Writing 5 sets the kernel's peak back to what is resident now (proc(5)). */
static void
begin_peak (void)
{
  FILE *file = fopen ("/proc/self/clear_refs", "w");

  (void) malloc_trim (0);
  if (file == NULL)
    return;
  fputs ("5\n", file);
  fclose (file);
}

static gboolean
low_peak (double *highest)
{
  *highest = MAX (*highest, peak_mib ());
  return *highest <= MOST_MIB;
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

typedef struct
{
  const CncStegoMode *mode;
  guint bits;
  CncBackend *backend; /* (nullable) */
  const CncRaster *cover;
  CncRaster **secrets;
  CncSecret *keks[CNC_STEGO_MAX_SECRETS];
  char *name; /* for its lines */
} Work;

static gboolean
failed (const GError *error)
{
  fprintf (stderr, "bench-hide: %s\n", error->message);
  return FALSE;
}

static CncRaster *
hide (const Work *work, guint count, GError **error)
{
  static const guint8 salt[CNC_STEGO_SALT_BYTES];
  const CncHideParams params = { .mode = work->mode, .backend = work->backend, .bits = work->bits };
  g_autoptr (CncStegoLock) lock = cnc_stego_lock_new_keks ((const CncSecret *const *) work->keks, count, salt, error);
  const gint64 start = g_get_monotonic_time ();
  const double processors = processor_seconds ();
  CncRaster *result
      = lock != NULL ? cnc_hide (work->cover, (const CncRaster *const *) work->secrets, count, lock, &params, NULL, error) : NULL;

  if (result == NULL)
    return NULL;
  printf ("%s hides %u: %6.2f s, %6.2f s of processors, cover %.2f dB; peak %.0f MiB\n", work->name, count, seconds_since (start),
          processor_seconds () - processors, cnc_rgb_psnr (work->cover, result), peak_mib ());
  fflush (stdout);
  return result;
}

static gboolean
reveal_all (const Work *work, guint count, const CncRaster *result, GError **error)
{
  const CncRevealParams reveal = { .backend = work->backend };
  double psnr[CNC_STEGO_MAX_SECRETS] = { 0 }, processors, seconds = 0;
  CncStegoRecord record;
  gint64 start = g_get_monotonic_time ();

  if (!cnc_stego_find (result, &record, error))
    return FALSE;
  printf ("%s finds the record: %.3f s\n", work->name, seconds_since (start));
  processors = processor_seconds ();
  for (guint i = 0; i < count; i++)
    {
      guint slot;
      g_autoptr (CncSecret) key = cnc_stego_unlock_kek (&record, work->keks[i], &slot, error);
      g_autoptr (CncRaster) back = NULL;

      start = g_get_monotonic_time ();
      back = key != NULL ? cnc_reveal (result, &record, key, slot, &reveal, error) : NULL;
      if (back == NULL)
        return FALSE;
      seconds += seconds_since (start);
      psnr[i] = cnc_rgb_psnr (work->secrets[i], back);
    }
  printf ("%s reveals %u: %6.2f s, %6.2f s of processors, secrets", work->name, count, seconds, processor_seconds () - processors);
  for (guint i = 0; i < count; i++)
    printf (" %.2f", psnr[i]);
  printf (" dB; peak %.0f MiB\n", peak_mib ());
  fflush (stdout);
  return TRUE;
}

static gboolean
measure (const CncStegoMode *mode, guint bits, CncBackend *backend, const CncRaster *cover, CncRaster **secrets, double *highest)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) result = NULL;
  g_autofree char *name = backend != NULL ? g_strdup_printf ("%s on %s", mode->id, backend->info.name)
                                          : g_strdup_printf ("%s, %u bit%s", mode->id, bits, bits > 1 ? "s" : "");
  const guint count = mode->max_secrets;
  Work work = { .mode = mode, .bits = bits, .backend = backend, .cover = cover, .secrets = secrets, .name = name };
  gboolean good;

  begin_peak ();
  for (guint i = 0; i < count; i++)
    work.keks[i] = cnc_secret_new_key (NULL, NULL);
  result = hide (&work, count, &error);
  good = result != NULL && reveal_all (&work, count, result, &error);
  for (guint i = 0; i < count; i++)
    cnc_secret_free (work.keks[i]);
  if (!good)
    return failed (error);
  return low_peak (highest);
}

static gboolean
measure_devices (const CncStegoMode *mode, const CncRaster *cover, CncRaster **secrets, double *highest)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const char *named = g_getenv ("CNNCRYPT_DEVICE");
  const gboolean one = named != NULL && *named != '\0';
  gboolean good = TRUE;

  for (guint i = 0; i < (one ? 1 : devices->len); i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) backend = cnc_engine_open (one ? named : info->id, CNC_WORK_NETWORK, NULL, &error);

      good = (backend != NULL ? measure (mode, 0, backend, cover, secrets, highest) : failed (error)) && good;
    }
  return good;
}

int
main (int argc, char **argv)
{
  g_autoptr (CncRaster) cover = NULL;
  CncRaster *secrets[CNC_STEGO_MAX_SECRETS];
  gboolean good = TRUE;
  double highest = 0;

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
      if (mode->network)
        good = measure_devices (mode, cover, secrets, &highest) && good;
      for (guint bits = 1; bits <= 2 && !mode->network; bits++)
        good = measure (mode, bits, NULL, cover, secrets, &highest) && good;
    }
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    cnc_raster_free (secrets[i]);
  printf ("highest peak %.0f MiB, the limit is %.0f: %s\n", highest, MOST_MIB, highest <= MOST_MIB ? "kept" : "MISSED");
  return good ? 0 : 1;
}
