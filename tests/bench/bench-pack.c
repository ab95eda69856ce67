/* tests/bench/bench-pack.c: how much packing shrinks pictures, and how fast; beside the file sizes of PNG and lossless WebP, by ImageMagick
 * and cwebp where they are installed.
 *
 * Arguments: picture files that GEGL reads; without any, a rendered picture of 24 megapixels.  Both times per second of the clock and per
 * second of processor time are printed, for the machine may be busy.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "picture/pack.h"
#include "tools/open.h"

#define REPEATS 3

/* Hills, edges and grain: no photograph, but it shrinks like one. */
static CncRaster *
render (guint32 width, guint32 height)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncRaster *raster = cnc_raster_new (width, height, &format, NULL);
  guint64 state = 88172645463325252u;

  for (gsize i = 0; raster != NULL && i < (gsize) width * height; i++)
    {
      const double x = (double) (i % width) / 97, y = (double) (i / width) / 61;
      const double hill = 90 * sin (x) * cos (y) + (sin (3 * x + y) > 0.6 ? 50 : 0) + 110;

      for (guint c = 0; c < 3; c++)
        {
          state ^= state << 13;
          state ^= state >> 7;
          state ^= state << 17;
          raster->data[3 * i + c] = (guint8) CLAMP (hill + 12 * c + (double) (state % 7) + (double) (state / 7 % 5) - 5, 0.0, 255.0);
        }
    }
  return raster;
}

static double
cpu_seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

typedef struct
{
  double wall, cpu; /* best of all repeats */
} Best;

static void
begin (double start[2])
{
  start[0] = (double) g_get_monotonic_time () * 1e-6;
  start[1] = cpu_seconds ();
}

static void
end (Best *best, const double start[2])
{
  best->wall = MIN (best->wall, (double) g_get_monotonic_time () * 1e-6 - start[0]);
  best->cpu = MIN (best->cpu, cpu_seconds () - start[1]);
}

static gboolean
bench (const char *name, CncRaster *raster)
{
  const double mb = (double) cnc_raster_bytes (raster) * 1e-6;
  g_autoptr (CncRaster) back = cnc_raster_new (raster->width, raster->height, &raster->format, NULL);
  Best pack = { 1e9, 1e9 }, unpack = { 1e9, 1e9 }, verify = { 1e9, 1e9 };
  gsize size = 0;
  gboolean ok = back != NULL;

  for (guint i = 0; ok && i < REPEATS; i++)
    {
      g_autoptr (GByteArray) packed = NULL;
      double start[2];

      begin (start);
      packed = cnc_pack (raster, FALSE, NULL, NULL);
      end (&pack, start);
      ok = packed != NULL;
      begin (start);
      ok = ok && cnc_unpack (packed->data, packed->len, FALSE, back, NULL, NULL);
      end (&unpack, start);
      begin (start);
      ok = ok && cnc_pack_verify (packed->data, packed->len, FALSE, raster, NULL, NULL);
      end (&verify, start);
      ok = ok && memcmp (raster->data, back->data, cnc_raster_bytes (raster)) == 0;
      size = ok ? packed->len : 0;
    }
  printf ("%s: %u x %u, %.1f MB: ratio %.4f%s\n", name, raster->width, raster->height, mb, (double) size * 1e-6 / mb, ok ? "" : "  WRONG");
  printf ("  pack %7.0f MB/s (%5.0f a core)   unpack %7.0f MB/s (%5.0f a core)   check %7.0f MB/s (%5.0f a core)\n", mb / pack.wall,
          mb / pack.cpu, mb / unpack.wall, mb / unpack.cpu, mb / verify.wall, mb / verify.cpu);
  return ok;
}

/* The size of what a program makes of the picture, beside ours. */
static void
other (const char *title, const char *const *argv, const char *result, double raw)
{
  GStatBuf info;
  gint status = 1;
  const gint64 start = g_get_monotonic_time ();

  if (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                    NULL, NULL, &status, NULL)
      && status == 0 && g_stat (result, &info) == 0)
    printf ("  %-24s ratio %.4f   %7.1f MB/s\n", title, (double) info.st_size / raw, raw / (double) (g_get_monotonic_time () - start));
  g_unlink (result);
}

static void
others (const char *path, const CncRaster *raster)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-bench-XXXXXX", NULL);
  g_autofree char *png = g_build_filename (folder, "x.png", NULL);
  g_autofree char *webp = g_build_filename (folder, "x.webp", NULL);
  const char *const convert[] = { "convert", path, "-define", "png:compression-level=9", "-define", "png:exclude-chunks=all", png, NULL };
  const char *const cwebp[] = { "cwebp", "-quiet", "-lossless", path, "-o", webp, NULL };

  other ("PNG level 9", convert, png, (double) cnc_raster_bytes (raster));
  other ("WebP, lossless", cwebp, webp, (double) cnc_raster_bytes (raster));
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  gboolean ok = TRUE;

  if (argc < 2)
    {
      g_autoptr (CncRaster) raster = render (6000, 4000);

      ok = raster != NULL && bench ("rendered", raster);
    }
  open_load_init ();
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) raster = open_load (argv[i], &error);

      if (raster == NULL)
        {
          fprintf (stderr, "%s: %s\n", argv[i], error->message);
          ok = FALSE;
          continue;
        }
      ok = bench (argv[i], raster) && ok;
      others (argv[i], raster);
    }
  open_load_exit ();
  return ok ? 0 : 1;
}
