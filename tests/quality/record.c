/* tests/quality/record.c: does the record of mode robust survive what pictures go through, and is none found where there is none?
 *
 *   quality-record                              as a test (TAP): a rendered landscape and a few pictures of the folders that
 *                                               CNNCRYPT_TEST_PICTURES names, after changes that must be survived
 *   quality-record --full FOLDER [ORDINARY...]  all pictures of FOLDER and their middles of 256 x 256, after every change, as a table; then
 *                                               nothing must be found in any of all folders
 *
 * JPEG and blur are ImageMagick's (convert), noise is normal, of our own, and comes first.
 */
#include "base/error.h"
#include "base/parallel.h"
#include "common.h"
#include "picture/pixels.h"
#include "stego/robust-record.h"
#include "stego/stego.h"

#include <gegl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define QUICK 2u
#define SMALL 256u
#define JPEG(quality) "-sampling-factor 4:2:0 -quality " #quality

static const struct
{
  const char *name, *arguments; /* of convert; NULL: none */
  double noise;                 /* standard deviation */
  gboolean must;                /* survive in every picture */
} changes[] = {
  { "as it is", NULL, 0, TRUE },
  { "JPEG 75, 4:2:0", JPEG (75), 0, TRUE },
  { "JPEG 60, 4:2:0", JPEG (60), 0, TRUE },
  { "JPEG 50, 4:2:0", JPEG (50), 0, TRUE },
  { "JPEG 30, 4:2:0", JPEG (30), 0, FALSE },
  { "JPEG 20, 4:2:0", JPEG (20), 0, FALSE },
  { "noise 10", NULL, 10, TRUE },
  { "noise 15", NULL, 15, FALSE },
  { "noise 20", NULL, 20, FALSE },
  { "blur 0.5", "-gaussian-blur 0x0.5", 0, TRUE },
  { "blur 0.7", "-gaussian-blur 0x0.7", 0, FALSE },
  { "blur 1.0", "-gaussian-blur 0x1", 0, FALSE },
  { "noise 10, JPEG 75", JPEG (75), 10, TRUE },
  { "blur 0.5, JPEG 75", "-gaussian-blur 0x0.5 " JPEG (75), 0, TRUE },
  { "blur 0.7, JPEG 75", "-gaussian-blur 0x0.7 " JPEG (75), 0, FALSE },
  { "sharpened", "-unsharp 0x1+0.5+0", 0, FALSE },
  { "contrast + 5 %", "-brightness-contrast 0x5", 0, FALSE },
  { "half size and back", "-resize 50% -resize 200%", 0, FALSE },
};

static char *folder; /* for files that convert reads and writes */

static gboolean
write_ppm (const char *path, const CncRaster *raster)
{
  FILE *file = fopen (path, "wb");

  if (file == NULL)
    return FALSE;
  fprintf (file, "P6\n%u %u\n255\n", raster->width, raster->height);
  fwrite (raster->data, 1, cnc_raster_bytes (raster), file);
  return fclose (file) == 0;
}

/* (transfer full): NULL if convert did not do it. */
static CncRaster *
change (const CncRaster *picture, guint which)
{
  const gboolean jpeg = changes[which].arguments != NULL && strstr (changes[which].arguments, "quality") != NULL;
  g_autofree char *from = g_build_filename (folder, "from.ppm", NULL), *to = g_build_filename (folder, jpeg ? "to.jpg" : "to.png", NULL);
  g_autofree char *command = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (10);
  CncRaster *out = cnc_rgb_scale (picture, picture->width, picture->height, NULL, NULL);
  gint status = 1;

  for (gsize i = 0; changes[which].noise > 0 && i < cnc_raster_bytes (out); i++)
    {
      const double normal = sqrt (-2 * log (1 - g_rand_double (random))) * cos (2 * G_PI * g_rand_double (random));

      out->data[i] = (guint8) CLAMP (lrint (out->data[i] + changes[which].noise * normal), 0, 255);
    }
  if (changes[which].arguments == NULL)
    return out;
  command = g_strdup_printf ("convert %s %s %s", from, changes[which].arguments, to);
  if (write_ppm (from, out) && g_spawn_command_line_sync (command, NULL, NULL, &status, NULL) && status == 0)
    {
      cnc_raster_free (out);
      out = quality_rgb (to);
    }
  else
    g_clear_pointer (&out, cnc_raster_free);
  g_remove (from);
  g_remove (to);
  return out;
}

static CncRaster *
middle (const CncRaster *picture)
{
  CncRaster *out = cnc_rgb_new (SMALL, SMALL, NULL);
  const gsize left = (picture->width - SMALL) / 2, top = (picture->height - SMALL) / 2;

  for (gsize y = 0; y < SMALL; y++)
    memcpy (out->data + y * SMALL * 3, picture->data + ((y + top) * picture->width + left) * 3, SMALL * 3);
  return out;
}

static void
make_record (const CncRaster *cover, CncStegoRecord *record)
{
  g_autoptr (CncSecret) key = cnc_secret_new_key (NULL, NULL);
  const CncSecret *const keys[] = { key };
  const CncStegoInfo info = { .width = 640, .height = 480 };

  *record = (CncStegoRecord){
    .width = cover->width, .height = cover->height, .mode = CNC_STEGO_ROBUST, .count = 1, .ops = 3, .memory_kib = 256 * 1024
  };
  cnc_random (record->salt, sizeof record->salt);
  cnc_random (record->model, sizeof record->model);
  cnc_stego_record_finish (record, keys, &info);
}

typedef struct
{
  guint pictures, survived[G_N_ELEMENTS (changes)];
  guint noticed[G_N_ELEMENTS (changes)]; /* did not survive, but it is told that something was there */
  double error;                          /* mean squared, summed over pictures */
  double least;                          /* PSNR */
} Result;

/* FALSE if convert is missing. */
static gboolean
measure (const CncRaster *cover, Result *result)
{
  CncStegoRecord record, back;
  g_autoptr (CncRaster) carrier = cnc_rgb_scale (cover, cover->width, cover->height, NULL, NULL);
  double psnr;

  make_record (cover, &record);
  if (!cnc_robust_record_embed (&record, carrier->data, NULL))
    return TRUE;
  result->pictures++;
  psnr = cnc_rgb_psnr (cover, carrier);
  result->error += 255 * 255 / pow (10, psnr / 10);
  result->least = result->least > 0 ? MIN (result->least, psnr) : psnr;
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (CncRaster) changed = change (carrier, i);
      g_autoptr (GError) error = NULL;

      if (changed == NULL)
        return FALSE;
      if (cnc_stego_find (changed, &back, &error))
        result->survived[i] += memcmp (&back, &record, sizeof record) == 0;
      else
        result->noticed[i] += g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED);
    }
  return TRUE;
}

static double
mean_psnr (const Result *result)
{
  return 10 * log10 (255 * 255 / (result->error / MAX (result->pictures, 1)));
}

static gboolean
have_convert (void)
{
  g_autofree char *path = g_find_program_in_path ("convert");

  return path != NULL;
}

/* ---- the test ---- */

static CncRaster *
landscape (void)
{
  CncRaster *out = cnc_rgb_new (SMALL, SMALL, NULL);
  g_autofree guint8 *grey = g_malloc (SMALL * SMALL);

  for (guint c = 0; c < 3; c++)
    {
      quality_landscape (SMALL, 3, grey);
      for (guint i = 0; i < SMALL * SMALL; i++)
        out->data[3 * i + c] = (guint8) CLAMP (grey[i] * (8 + c) / 9, 0, 255);
    }
  return out;
}

static int
test (void)
{
  const char *folders = g_getenv ("CNNCRYPT_TEST_PICTURES");
  g_auto (GStrv) names = g_strsplit (folders != NULL ? folders : "", ":", -1);
  g_autoptr (CncRaster) first = landscape ();
  Result result = { 0 };
  guint failed = 0;
  gboolean ok = measure (first, &result);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

      quality_files (files, names[i]);
      for (guint k = 0; ok && k < MIN (files->len, QUICK); k++)
        {
          g_autoptr (CncRaster) picture = quality_rgb (files->pdata[k]), part = NULL;

          if (picture == NULL || picture->width < SMALL || picture->height < SMALL)
            continue;
          part = middle (picture);
          ok = measure (part, &result);
        }
    }
  if (!ok)
    {
      printf ("Bail out! convert failed\n");
      return 1;
    }
  printf ("1..%zu\n", G_N_ELEMENTS (changes) + 1);
  printf ("%s 1 cover: %.2f dB, the worst %.2f dB\n", result.least > 42.5 ? "ok" : "not ok", mean_psnr (&result), result.least);
  failed += result.least <= 42.5;
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      const gboolean good = !changes[i].must || result.survived[i] == result.pictures;

      printf ("%s %u %s: %u of %u\n", good ? "ok" : "not ok", i + 2, changes[i].name, result.survived[i], result.pictures);
      failed += !good;
    }
  return failed > 0;
}

/* ---- the table ---- */

static int
full (char **folders)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  Result whole = { 0 }, parts = { 0 };
  guint found = 0, looked = 0, kodak;

  quality_files (files, folders[0]);
  kodak = files->len;
  for (guint i = 1; folders[i] != NULL; i++)
    quality_files (files, folders[i]);
  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (CncRaster) picture = quality_rgb (files->pdata[i]), part = NULL;
      g_autoptr (GError) error = NULL;
      CncStegoRecord record;

      if (picture == NULL)
        continue;
      looked++;
      if (cnc_stego_find (picture, &record, &error) || !g_error_matches (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
        {
          printf ("%s: something was found\n", (const char *) files->pdata[i]);
          found++;
        }
      if (i >= kodak || picture->width < SMALL || picture->height < SMALL)
        continue;
      part = middle (picture);
      if (!measure (picture, &whole) || !measure (part, &parts))
        {
          fprintf (stderr, "convert failed\n");
          return 2;
        }
    }
  printf ("cover: %.2f dB (the worst %.2f), %u x %u: %.2f dB (%.2f)\n", mean_psnr (&whole), whole.least, SMALL, SMALL, mean_psnr (&parts),
          parts.least);
  printf ("%-20s %14s %14s   found again (in brackets: not, but noticed)\n", "", "whole", "256 x 256");
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    printf ("%-20s %2u of %2u (%2u) %3u of %2u (%2u)\n", changes[i].name, whole.survived[i], whole.pictures, whole.noticed[i],
            parts.survived[i], parts.pictures, parts.noticed[i]);
  printf ("something found in %u of %u pictures with nothing in them\n", found, looked);
  return found > 0;
}

int
main (int argc, char **argv)
{
  int status = 2;

  cnc_parallel_sleepy_openmp ();
  gegl_init (NULL, NULL);
  if (!cnc_seal_init (NULL))
    return 2;
  if (!have_convert ())
    {
      printf ("1..0 # SKIP convert is not installed (package imagemagick)\n");
      return 0;
    }
  folder = g_dir_make_tmp ("cnncrypt-record-XXXXXX", NULL);
  if (folder == NULL)
    return 2;
  if (argc == 1)
    status = test ();
  else if (argc > 2 && g_str_equal (argv[1], "--full"))
    status = full (argv + 2);
  else
    fprintf (stderr, "usage: quality-record [--full FOLDER [ORDINARY...]]\n");
  g_rmdir (folder);
  return status;
}
