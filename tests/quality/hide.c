/* tests/quality/hide.c: pictures hidden in pictures: quality, and what a public statistic sees of them; and nothing found where nothing is.
 *
 *   quality-hide                        as a test (TAP): pictures of the folders that CNNCRYPT_TEST_PICTURES names
 *   quality-hide --full [--save DIR] FOLDER...   every mode that is ready, all pictures rotated against each other, as a table; --save: the
 * first cover, its result and secrets of each row, as PPM files
 *
 * Covers and secrets: picture i hides pictures i + 1, i + 2, i + 3, as large as they are.  PSNR over R'G'B', SSIM as the mean of the three
 * channels. RS and WS estimate the share of samples that carry a message by replaced low bits, HCF falls where changes go both ways; beside
 * those of the covers themselves.
 */
#include "base/error.h"
#include "base/parallel.h"
#include "measure/steganalysis.h"
#include "stego/pixels.h"
#include "stego/stego.h"
#include "common.h"

#include <gegl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDINARY 100u /* pictures in which nothing must be found */
#define QUICK 4u      /* covers of the test */
#define CHANGES 6u
#define CHANGED 8u /* covers of the table whose results are changed */

static guint n_tests, n_failed;

static void
report (gboolean ok, const char *name)
{
  printf ("%s %u %s\n", ok ? "ok" : "not ok", ++n_tests, name);
  n_failed += ok ? 0 : 1;
  fflush (stdout);
}

/* ---- one row of the table ---- */

typedef struct
{
  const CncStegoMode *mode;
  guint bits, secrets;
} Row;

typedef struct
{
  guint covers, exact; /* exact: secrets that came back bit for bit; they count in no mean */
  guint seen;          /* secrets that did not */
  double cover_psnr, cover_ssim, psnr, ssim, worst, filled;
  double rs, ws, hcf, rs_before, ws_before, hcf_before;
  guint changed, survived[CHANGES]; /* first secrets that came back after each change, of so many */
  double after[CHANGES];            /* dB */
  gboolean ok;
} Result;

static double
mean_of_channels (double (*of) (const guint8 *, guint, gsize, gsize), const CncRaster *raster)
{
  double sum = 0;

  for (guint c = 0; c < 3; c++)
    sum += of (raster->data + c, 3, raster->width, raster->height) / 3;
  return sum;
}

static double
ssim (const CncRaster *a, const CncRaster *b)
{
  double sum = 0;

  for (guint c = 0; c < 3; c++)
    sum += cnc_measure_ssim (a->data + c, b->data + c, 3, a->width, a->height) / 3;
  return sum;
}

static void
write_ppm (const char *name, const CncRaster *raster)
{
  FILE *file = fopen (name, "wb");

  if (file == NULL)
    {
      fprintf (stderr, "%s cannot be written\n", name);
      exit (2);
    }
  fprintf (file, "P6\n%u %u\n255\n", raster->width, raster->height);
  fwrite (raster->data, 1, cnc_raster_bytes (raster), file);
  fclose (file);
}

static void
save (const char *folder, const Row *row, const char *what, const CncRaster *raster)
{
  g_autofree char *name = g_strdup_printf ("%s/%s-%u-%u-%s.ppm", folder, row->mode->id, row->bits, row->secrets, what);

  write_ppm (name, raster);
}

static void
save_psnr (const char *folder, const Row *row, double cover, double secret)
{
  g_autofree char *name = g_strdup_printf ("%s/%s-%u-%u-psnr.txt", folder, row->mode->id, row->bits, row->secrets);
  g_autofree char *text = g_strdup_printf ("%.4f %.4f\n", cover, secret);

  if (!g_file_set_contents (name, text, -1, NULL))
    exit (2);
}

/* ---- what becomes of a result on its way ---- */

static const struct
{
  const char *name, *arguments; /* of convert; NULL: noise of our own */
} changes[CHANGES] = {
  { "saved again as PNG", "" },
  { "JPEG 75, 4:2:0", "-sampling-factor 4:2:0 -quality 75" },
  { "JPEG 95, 4:4:4", "-sampling-factor 4:4:4 -quality 95" },
  { "Gaussian noise 10", NULL },
  { "blur 0.7", "-gaussian-blur 0x0.7" },
  { "half size and back", "-resize 50% -resize 200%!" },
};

static double
gaussian (GRand *random)
{
  return sqrt (-2 * log (1 - g_rand_double (random))) * cos (2 * G_PI * g_rand_double (random));
}

static CncRaster *
add_noise (const CncRaster *raster)
{
  CncRaster *noisy = cnc_rgb_scale (raster, raster->width, raster->height, NULL, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (gsize i = 0; i < cnc_raster_bytes (noisy); i++)
    noisy->data[i] = (guint8) CLAMP (lrint (noisy->data[i] + 10 * gaussian (random)), 0, 255);
  return noisy;
}

/* Through a PPM file and convert; NULL if there is none. */
static CncRaster *
change (const CncRaster *raster, guint number)
{
  g_autofree char *folder = NULL, *from = NULL, *to = NULL, *command = NULL;
  CncRaster *changed = NULL;
  gboolean jpeg;

  if (changes[number].arguments == NULL)
    return add_noise (raster);
  jpeg = strstr (changes[number].arguments, "quality") != NULL;
  folder = g_dir_make_tmp ("quality-hide-XXXXXX", NULL);
  if (folder == NULL)
    return NULL;
  from = g_build_filename (folder, "from.ppm", NULL);
  to = g_build_filename (folder, jpeg ? "to.jpg" : "to.png", NULL);
  command = g_strdup_printf ("convert %s %s %s", from, changes[number].arguments, to);
  write_ppm (from, raster);
  if (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL) && g_file_test (to, G_FILE_TEST_EXISTS))
    changed = quality_rgb (to);
  g_remove (from);
  g_remove (to);
  g_rmdir (folder);
  return changed;
}

static void
add_changes (const CncRaster *result, const CncSecret *kek, const CncRaster *secret, CncBackend *backend, Result *sum)
{
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      const CncRevealParams reveal = { .backend = backend };
      g_autoptr (CncRaster) changed = change (result, i), back = NULL;
      g_autoptr (CncSecret) key = NULL;
      CncStegoRecord record;
      guint slot;

      if (changed != NULL && cnc_stego_find (changed, &record, NULL))
        key = cnc_stego_unlock_kek (&record, kek, &slot, NULL);
      if (key != NULL)
        back = cnc_reveal (changed, &record, key, slot, &reveal, NULL);
      if (back == NULL)
        continue;
      sum->survived[i]++;
      sum->after[i] += MIN (cnc_rgb_psnr (secret, back), 99);
    }
  sum->changed++;
}

static CncSecret *
key_of (guint i)
{
  guint8 bytes[CNC_KEY_BYTES] = "key of a secret";

  bytes[31] = (guint8) i;
  return cnc_secret_new_key (bytes, NULL);
}

static void
add_cover (const Row *row, CncBackend *backend, const CncRaster *cover, const CncRaster *const *secrets, const char *folder,
           gboolean change_it, Result *sum)
{
  const CncHideParams params = { .mode = row->mode, .backend = backend, .bits = row->bits };
  const CncRevealParams reveal = { .backend = backend };
  static const guint8 salt[CNC_STEGO_SALT_BYTES];
  CncSecret *keks[CNC_STEGO_MAX_SECRETS] = { NULL };
  g_autoptr (CncStegoLock) lock = NULL;
  g_autoptr (CncRaster) result = NULL;
  g_autoptr (GError) error = NULL;
  CncHideReport made;
  CncStegoRecord record;

  for (guint i = 0; i < row->secrets; i++)
    keks[i] = key_of (i);
  lock = cnc_stego_lock_new_keks ((const CncSecret *const *) keks, row->secrets, salt, &error);
  result = cnc_hide (cover, secrets, row->secrets, lock, &params, &made, &error);
  if (result == NULL || !cnc_stego_find (result, &record, &error))
    {
      printf ("# %s\n", error->message);
      sum->ok = FALSE;
      return;
    }
  sum->covers++;
  sum->filled += made.filled;
  sum->cover_psnr += cnc_rgb_psnr (cover, result);
  sum->cover_ssim += ssim (cover, result);
  sum->rs += mean_of_channels (cnc_steganalysis_rs, result);
  sum->ws += mean_of_channels (cnc_steganalysis_ws, result);
  sum->hcf += mean_of_channels (cnc_steganalysis_hcf, result);
  sum->rs_before += mean_of_channels (cnc_steganalysis_rs, cover);
  sum->ws_before += mean_of_channels (cnc_steganalysis_ws, cover);
  sum->hcf_before += mean_of_channels (cnc_steganalysis_hcf, cover);
  if (folder != NULL)
    {
      save (folder, row, "cover", cover);
      save (folder, row, "result", result);
    }
  if (change_it)
    add_changes (result, keks[0], secrets[0], backend, sum);
  for (guint i = 0; i < row->secrets; i++)
    {
      guint slot;
      g_autoptr (CncSecret) key = cnc_stego_unlock_kek (&record, keks[i], &slot, &error);
      g_autoptr (CncRaster) back = key != NULL ? cnc_reveal (result, &record, key, slot, &reveal, &error) : NULL;
      double psnr;

      if (back == NULL || slot != i)
        {
          printf ("# %s\n", error != NULL ? error->message : "another slot");
          sum->ok = FALSE;
          return;
        }
      if (folder != NULL && i == 0)
        {
          save (folder, row, "secret", secrets[0]);
          save (folder, row, "back", back);
        }
      psnr = cnc_rgb_psnr (secrets[i], back);
      if (folder != NULL && i == 0)
        save_psnr (folder, row, cnc_rgb_psnr (cover, result), psnr);
      if (isinf (psnr))
        {
          sum->exact++;
          continue;
        }
      sum->seen++;
      sum->psnr += psnr;
      sum->worst = MIN (sum->worst, psnr);
      sum->ssim += ssim (secrets[i], back);
    }
  cnc_hide_report_clear (&made);
  for (guint i = 0; i < row->secrets; i++)
    cnc_secret_free (keks[i]);
}

/* All pictures rotated against each other, the first `covers` of them as covers. */
static Result
measure (const Row *row, CncBackend *backend, const GPtrArray *pictures, guint covers, guint changed, const char *folder)
{
  Result sum = { .worst = INFINITY, .ok = TRUE };

  for (guint i = 0; i < covers && i < pictures->len; i++)
    {
      const CncRaster *secrets[CNC_STEGO_MAX_SECRETS];

      for (guint k = 0; k < row->secrets; k++)
        secrets[k] = pictures->pdata[(i + 1 + k) % pictures->len];
      add_cover (row, backend, pictures->pdata[i], secrets, i == 0 ? folder : NULL, i < changed, &sum);
    }
  return sum;
}

static void
print_row (const char *before, const Row *row, const Result *r)
{
  const double n = MAX (r->covers, 1u), m = MAX (r->seen, 1u);
  g_autofree char *bits = row->bits > 0 ? g_strdup_printf ("%u bit%s", row->bits, row->bits > 1 ? "s" : "") : g_strdup ("");

  printf ("%s%-7s%-7s %u  %6.2f %.4f   %6.2f %.4f %6.2f %5u   %4.0f %%   %6.3f (%6.3f) %6.3f (%6.3f) %.3f (%.3f)\n", before, row->mode->id,
          bits, row->secrets, r->cover_psnr / n, r->cover_ssim / n, r->psnr / m, r->ssim / m, r->worst, r->exact, 100 * r->filled / n,
          r->rs / n, r->rs_before / n, r->ws / n, r->ws_before / n, r->hcf / n, r->hcf_before / n);
  for (guint i = 0; i < CHANGES && r->changed > 0; i++)
    {
      printf ("%s        %-20s %u of %u come back", before, changes[i].name, r->survived[i], r->changed);
      if (r->survived[i] > 0)
        printf (", %.2f dB", r->after[i] / r->survived[i]);
      printf ("\n");
    }
  fflush (stdout);
}

static void
print_head (const char *before)
{
  printf ("%smode        secrets  cover dB, SSIM  secrets dB, SSIM, worst dB, exact ones   room   RS (of the cover)  WS (of the cover)  "
          "HCF (of the cover)\n",
          before);
}

/* ---- the test ---- */

/* What RS and WS say where a message replaces half of the lowest bits: that they can tell.  (Of all of them RS's equation has no
 * coefficients left but noise.) */
static gboolean
replaced (const CncRaster *cover)
{
  g_autoptr (CncRaster) result = cnc_rgb_scale (cover, cover->width, cover->height, NULL, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  double rs, ws;

  for (gsize i = 0; i < cnc_raster_bytes (result); i++)
    if (g_rand_boolean (random))
      result->data[i] = (guint8) ((result->data[i] & ~1u) | (g_rand_boolean (random) ? 1 : 0));
  rs = mean_of_channels (cnc_steganalysis_rs, result);
  ws = mean_of_channels (cnc_steganalysis_ws, result);
  printf ("# half of the lowest bits of the first cover replaced: RS %.3f WS %.3f\n", rs, ws);
  return fabs (rs - 0.5) < 0.1 && fabs (ws - 0.5) < 0.1;
}

/* The estimates stay near what they say of the cover. */
static void
test_exact (const GPtrArray *pictures)
{
  const CncStegoMode *mode = cnc_stego_mode_by_id ("exact", NULL);

  report (replaced (pictures->pdata[0]), "replaced low bits are seen");
  print_head ("# ");
  for (guint i = 0; i < 4; i++)
    {
      const Row row = { mode, 1 + i % 2, i < 2 ? 1 : 3 };
      const Result r = measure (&row, NULL, pictures, QUICK, 0, NULL);
      g_autofree char *name = g_strdup_printf ("exact, %u bits, %u secrets", row.bits, row.secrets);
      const double n = MAX (r.covers, 1u);

      print_row ("# ", &row, &r);
      report (r.ok && r.covers == QUICK && r.cover_psnr / n > (row.bits == 1 ? 51.0 : 46.2) && r.worst > 24
                  && fabs (r.rs - r.rs_before) / n < 0.1,
              name);
    }
}

static void
test_nothing (const GPtrArray *files)
{
  guint silent = 0;

  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (CncRaster) picture = quality_rgb (files->pdata[i]);
      g_autoptr (GError) error = NULL;
      CncStegoRecord record;

      if (picture != NULL && !cnc_stego_find (picture, &record, &error) && g_error_matches (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
        silent++;
      else
        printf ("# %s: %s\n", (const char *) files->pdata[i], error != NULL ? error->message : "something is found here");
    }
  printf ("# nothing is hidden in %u of %u pictures\n", silent, files->len);
  report (silent == files->len, "ordinary pictures hold nothing");
}

static GPtrArray *
load_all (const GPtrArray *files, guint most)
{
  GPtrArray *pictures = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);

  for (guint i = 0; i < files->len && pictures->len < most; i++)
    {
      CncRaster *picture = quality_rgb (files->pdata[i]);

      if (picture != NULL)
        g_ptr_array_add (pictures, picture);
    }
  return pictures;
}

static int
test (void)
{
  const char *named = g_getenv ("CNNCRYPT_TEST_PICTURES");
  g_auto (GStrv) folders = g_strsplit (named != NULL ? named : "", ":", -1);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) pictures = NULL;

  for (guint i = 0; folders[i] != NULL; i++)
    if (*folders[i] != '\0')
      quality_files (files, folders[i]);
  pictures = load_all (files, 2 * QUICK);
  if (pictures->len >= 2 * QUICK)
    test_exact (pictures);
  else
    printf ("ok %u exact # SKIP CNNCRYPT_TEST_PICTURES names no folders with %u photographs\n", ++n_tests, 2 * QUICK);
  if (files->len >= ORDINARY)
    test_nothing (files);
  else
    printf ("ok %u ordinary pictures hold nothing # SKIP CNNCRYPT_TEST_PICTURES names folders with %u pictures, it takes %u\n", ++n_tests,
            files->len, ORDINARY);
  printf ("1..%u\n", n_tests);
  return n_failed > 0;
}

/* ---- the command ---- */

static int
full (char **folders, const char *saved)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free), pictures = NULL;
  gboolean ok = TRUE;

  for (; *folders != NULL; folders++)
    quality_files (files, *folders);
  pictures = load_all (files, G_MAXUINT);
  if (pictures->len < 4)
    {
      fprintf (stderr, "quality-hide: the folders hold fewer than four pictures\n");
      return 2;
    }
  printf ("%u covers, each hides the pictures after it\n", pictures->len);
  print_head ("");
  for (const CncStegoMode *mode = cnc_stego_modes (); mode->id != NULL; mode++)
    {
      g_autoptr (GError) error = NULL;
      CncBackend *backend = NULL;

      if (!cnc_stego_mode_ready (mode, &error))
        {
          printf ("%-7s %s\n", mode->id, error->message);
          continue;
        }
      if (mode->network && (backend = cnc_engine_open (NULL, CNC_WORK_NETWORK, NULL, &error)) == NULL)
        {
          fprintf (stderr, "%s\n", error->message);
          return 2;
        }
      for (guint secrets = 1; secrets <= mode->max_secrets; secrets += 2)
        for (guint bits = mode->network ? 0 : 1; bits <= (mode->network ? 0u : 2u); bits++)
          {
            const Row row = { mode, bits, secrets };
            const Result r = measure (&row, backend, pictures, pictures->len, CHANGED, saved);

            print_row ("", &row, &r);
            ok = ok && r.ok;
          }
      g_clear_pointer (&backend, cnc_backend_free);
    }
  return ok ? 0 : 1;
}

int
main (int argc, char **argv)
{
  const char *saved = NULL;

  cnc_parallel_sleepy_openmp ();
  gegl_init (NULL, NULL);
  if (!cnc_seal_init (NULL))
    return 2;
  if (argc == 1)
    return test ();
  if (strcmp (argv[1], "--full") != 0)
    {
      fprintf (stderr, "usage: quality-hide [--full [--save DIR] FOLDER...]\n");
      return 2;
    }
  argv += 2;
  if (argv[0] != NULL && strcmp (argv[0], "--save") == 0 && argv[1] != NULL)
    {
      saved = argv[1];
      argv += 2;
    }
  return full (argv, saved);
}
