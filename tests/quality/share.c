/* tests/quality/share.c: what comes back of the method "share" after what happens to pictures on their way.
 *
 *   quality-share                                as a test (TAP): a rendered landscape, and a few pictures of the folders that
 * CNNCRYPT_TEST_PICTURES names, after changes that must be survived, and after some that must be told from one another quality-share --full
 * FOLDER [LEVELS [SIDE]]  all pictures of FOLDER after every change, as a table; LEVELS: 3 or 2; SIDE: the carrier's longest side
 *   quality-share --ordinary FOLDER...           none of these pictures may be taken for a carrier; and how long it takes to say so
 *   quality-share --make PICTURE CARRIER.pgm [LEVELS [SIDE]]
 *
 * JPEG, scaling and WebP are ImageMagick's (convert) and libwebp's (cwebp, dwebp); noise is normal, of our own.
 */
#include "base/error.h"
#include "channel/body.h"
#include "channel/carrier.h"
#include "common.h"
#include "methods/carrier.h"
#include "picture/pixels.h"

#include <gegl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUICK 2u
#define BAR 34.0 /* dB, mean of the pictures */
#define JPEG(sampling, quality)                                                                                                            \
  "convert IN -type TrueColor -sampling-factor " sampling " -quality " #quality " jpeg:TMP && convert jpeg:TMP ppm:OUT"
#define GREY_JPEG(quality) "convert IN -colorspace Gray -quality " #quality " jpeg:TMP && convert jpeg:TMP ppm:OUT"
#define WEBP(options) "cwebp -quiet " options " IN.png -o TMP && dwebp -quiet -ppm TMP -o OUT"
#define SCALED(percent) "convert IN -resize " #percent "% ppm:OUT"

typedef enum
{
  WHOLE,   /* must come back, bit for bit */
  ANY,     /* as it comes */
  REFUSED, /* must be refused as damaged */
} Must;

/* IN: a PGM file, IN.png the same as PNG, TMP: for in between, OUT: a PPM file, PHOTO: the picture that was encrypted. */
static const struct
{
  const char *name, *command;
  Must must;
  gboolean quick;
} changes[] = {
  { "PNG", "convert IN png:TMP && convert png:TMP ppm:OUT", WHOLE, TRUE },
  { "WebP lossless", WEBP ("-lossless"), WHOLE, TRUE },
  { "JPEG 95 4:2:0", JPEG ("2x2", 95), WHOLE, FALSE },
  { "JPEG 95 4:4:4", JPEG ("1x1", 95), WHOLE, FALSE },
  { "JPEG 85 4:2:0", JPEG ("2x2", 85), WHOLE, FALSE },
  { "JPEG 85 4:4:4", JPEG ("1x1", 85), WHOLE, FALSE },
  { "JPEG 75 4:2:0", JPEG ("2x2", 75), WHOLE, TRUE },
  { "JPEG 75 4:4:4", JPEG ("1x1", 75), WHOLE, FALSE },
  { "JPEG 75 grey", GREY_JPEG (75), WHOLE, FALSE },
  { "JPEG 60 4:2:0", JPEG ("2x2", 60), WHOLE, TRUE },
  { "JPEG 60 4:4:4", JPEG ("1x1", 60), WHOLE, TRUE },
  { "JPEG 50 4:2:0", JPEG ("2x2", 50), ANY, FALSE },
  { "JPEG 40 4:2:0", JPEG ("2x2", 40), ANY, FALSE },
  { "JPEG 35 4:2:0", JPEG ("2x2", 35), ANY, FALSE },
  { "JPEG 30 4:2:0", JPEG ("2x2", 30), ANY, FALSE },
  { "JPEG 20 4:2:0", JPEG ("2x2", 20), ANY, TRUE },
  { "JPEG 10 4:2:0", JPEG ("2x2", 10), ANY, FALSE },
  { "JPEG 85, then 75",
    "convert IN -type TrueColor -sampling-factor 2x2 -quality 85 jpeg:TMP && convert jpeg:TMP -sampling-factor 2x2 -quality 75 jpeg:TMP2 "
    "&& convert jpeg:TMP2 ppm:OUT",
    WHOLE, TRUE },
  { "WebP 90", WEBP ("-q 90"), WHOLE, FALSE },
  { "WebP 80", WEBP ("-q 80"), WHOLE, TRUE },
  { "WebP 60", WEBP ("-q 60"), ANY, FALSE },
  { "WebP 40", WEBP ("-q 40"), ANY, FALSE },
  { "noise 10", "NOISE 10", ANY, FALSE },
  { "noise 20", "NOISE 20", ANY, FALSE },
  { "noise 25", "NOISE 25", ANY, FALSE },
  { "3 % of pixels dropped", "DROP 3", ANY, FALSE },
  { "contrast + 10 %", "convert IN -brightness-contrast 0x10 ppm:OUT", ANY, FALSE },
  { "contrast - 10 %", "convert IN -brightness-contrast 0x-10 ppm:OUT", ANY, FALSE },
  { "sharpened", "convert IN -unsharp 0x1+0.5+0 ppm:OUT", ANY, FALSE },
  { "blur 0.3", "convert IN -gaussian-blur 0x0.3 ppm:OUT", ANY, FALSE },
  { "blur 0.5", "convert IN -gaussian-blur 0x0.5 ppm:OUT", ANY, FALSE },
  { "turned by 90 degrees, JPEG 75", "convert IN -rotate 90 -quality 75 jpeg:TMP && convert jpeg:TMP ppm:OUT", WHOLE, TRUE },
  { "mirrored, JPEG 75", "convert IN -flop -quality 75 jpeg:TMP && convert jpeg:TMP ppm:OUT", WHOLE, TRUE },
  { "screenshot", "convert PHOTO -resize 200% TMP.png && convert TMP.png IN -geometry +137+91 -composite ppm:OUT", WHOLE, TRUE },
  { "screenshot, JPEG 75",
    "convert PHOTO -resize 200% TMP.png && convert TMP.png IN -geometry +137+91 -composite -quality 75 jpeg:TMP && convert jpeg:TMP "
    "ppm:OUT",
    WHOLE, FALSE },
  { "half size", SCALED (50), ANY, TRUE },
  { "scaled to 75 %", SCALED (75), ANY, FALSE },
  { "scaled to 90 %", SCALED (90), ANY, FALSE },
  { "scaled to 95 %", SCALED (95), ANY, FALSE },
  { "scaled to 110 %", SCALED (110), ANY, FALSE },
  { "scaled to 150 %", SCALED (150), ANY, FALSE },
  { "scaled to 200 %", SCALED (200), ANY, FALSE },
  { "scaled to 200 %, JPEG 75", "convert IN -resize 200% -quality 75 jpeg:TMP && convert jpeg:TMP ppm:OUT", ANY, FALSE },
  { "cropped at the bottom", "convert IN -gravity north -crop 100%x90%+0+0 +repage ppm:OUT", REFUSED, TRUE },
  { "cropped at the right", "convert IN -gravity west -crop 90%x100%+0+0 +repage ppm:OUT", REFUSED, TRUE },
  { "cropped all around", "convert IN -gravity center -crop 80%x80%+0+0 +repage ppm:OUT", REFUSED, TRUE },
  { "two in one picture", "convert IN IN -append ppm:OUT", REFUSED, TRUE },
  { "two side by side, apart", "convert IN -bordercolor white -border 40 TMP.png && convert TMP.png TMP.png +append ppm:OUT", REFUSED,
    TRUE },
  { "turned by 5 degrees", "convert IN -rotate 5 ppm:OUT", REFUSED, TRUE },
};

typedef struct
{
  guint whole, refused, wrong_key, pictures;
  double psnr, least, symbols;
  GHashTable *messages; /* of refusals -> count */
} Tally;

static char *folder;
static const char *part = ""; /* of the names of changes that are tried */

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static gboolean
write_pgm (const char *path, const CncRaster *raster)
{
  FILE *file = fopen (path, "wb");
  gboolean ok = file != NULL && fprintf (file, "P5\n%u %u\n255\n", raster->width, raster->height) > 0
                && fwrite (raster->data, cnc_raster_bytes (raster), 1, file) == 1;

  return (file == NULL || fclose (file) == 0) && ok;
}

static CncRaster *
read_ppm (const char *path)
{
  FILE *file = fopen (path, "rb");
  CncRaster *raster = NULL;
  guint width, height;

  if (file == NULL)
    return NULL;
  if (fscanf (file, "P6 %u %u 255", &width, &height) == 2 && fgetc (file) != EOF)
    raster = cnc_rgb_new (width, height, NULL);
  if (raster != NULL && fread (raster->data, cnc_raster_bytes (raster), 1, file) != 1)
    g_clear_pointer (&raster, cnc_raster_free);
  fclose (file);
  return raster;
}

static double
normal (GRand *rand)
{
  return sqrt (-2 * log (1 - g_rand_double (rand))) * cos (2 * G_PI * g_rand_double (rand));
}

static CncRaster *
disturb (const CncRaster *carrier, double sigma, double dropped)
{
  CncRaster *out = cnc_rgb_new (carrier->width, carrier->height, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (gsize i = 0; i < cnc_raster_bytes (carrier); i++)
    {
      const double value = carrier->data[i] + sigma * normal (rand) + 0.5;

      memset (out->data + 3 * i, g_rand_double (rand) < dropped ? 0 : (guint8) CLAMP (value, 0, 255), 3);
    }
  return out;
}

/* The carrier as it arrives. */
static CncRaster *
send (const CncRaster *carrier, const char *command, const char *photo)
{
  static const char *const names[] = { "TMP.png", "IN.png", "TMP2", "TMP", "IN", "OUT" };
  g_autoptr (GString) line = g_string_new (command);
  g_autofree char *out = in_folder ("OUT"), *quoted = g_shell_quote (photo);

  if (g_str_has_prefix (command, "NOISE "))
    return disturb (carrier, atof (command + 6), 0);
  if (g_str_has_prefix (command, "DROP "))
    return disturb (carrier, 0, atof (command + 5) / 100);
  g_string_replace (line, "PHOTO", quoted, 0);
  /* Names that are not parts of one another, first. */
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *mark = g_strdup_printf ("\001%u\001", i);

      g_string_replace (line, names[i], mark, 0);
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *mark = g_strdup_printf ("\001%u\001", i), *path = in_folder (names[i]);

      g_string_replace (line, mark, path, 0);
    }
  g_remove (out);
  if (system (line->str) != 0)
    {
      g_printerr ("%s\n", line->str);
      return NULL;
    }
  return read_ppm (out);
}

static CncSecret *
key_of (guint8 fill)
{
  guint8 bytes[CNC_KEY_BYTES];

  memset (bytes, fill, sizeof bytes);
  return cnc_secret_new_key (bytes, NULL);
}

static CncRaster *
make (const CncRaster *raster, guint levels, guint32 side, CncBackend *backend, double *psnr)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  g_autoptr (CncSecret) key = key_of (1);
  CncCarrierLock lock = { .key = key, .salt = { 1 }, .params = cnc_kdf_complete (NULL) };
  const CncCarrierParams params = { .longest_side = side, .levels = levels, .backend = backend, .psnr = psnr };
  g_autoptr (GError) error = NULL;
  CncRaster *carrier;

  picture->raster = (CncRaster *) raster;
  carrier = cnc_share_encrypt (picture, &lock, &params, &error);
  picture->raster = NULL;
  if (carrier == NULL)
    g_printerr ("%s\n", error->message);
  return carrier;
}

/* What comes back; *wrong: whether the wrong key is recognised. */
static CncRaster *
open_carrier (const CncRaster *arrived, CncBackend *backend, gboolean *wrong, CncShareRepair *repair, GError **error)
{
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (CncSecret) key = key_of (1), other = key_of (2);
  g_autoptr (CncPicture) picture = NULL;
  g_autoptr (GError) problem = NULL;
  guint32 width, height;

  *wrong = FALSE;
  if (!cnc_carrier_find (arrived, NULL, &carrier, NULL, error))
    return NULL;
  *wrong = !cnc_carrier_header_open (&carrier->header, other, &width, &height, &problem)
           && g_error_matches (problem, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  picture = cnc_share_decrypt (carrier, key, backend, repair, NULL, error);
  return picture != NULL ? g_steal_pointer (&picture->raster) : NULL;
}

static gboolean
same (const CncRaster *a, const CncRaster *b)
{
  return a->width == b->width && a->height == b->height && memcmp (a->data, b->data, cnc_raster_bytes (a)) == 0;
}

/* One change of one carrier into its tally.  FALSE: what must be was not. */
static gboolean
try_change (const CncRaster *original, const CncRaster *clean, const CncRaster *carrier, guint which, const char *photo,
            CncBackend *backend, Tally *tally)
{
  g_autoptr (CncRaster) arrived = send (carrier, changes[which].command, photo), back = NULL;
  g_autoptr (GError) error = NULL;
  CncShareRepair repair = { 0 };
  gboolean wrong;
  guint count;

  tally->pictures++;
  if (arrived == NULL)
    return FALSE;
  back = open_carrier (arrived, backend, &wrong, &repair, &error);
  tally->wrong_key += wrong;
  if (back != NULL && same (back, clean))
    {
      const double psnr = cnc_rgb_psnr (original, back);

      tally->whole++;
      tally->psnr += psnr;
      tally->least = MIN (tally->least, psnr);
      tally->symbols += repair.wrong;
      return changes[which].must != REFUSED;
    }
  if (back != NULL)
    return FALSE; /* something else came back: that never may be */
  tally->refused++;
  count = GPOINTER_TO_UINT (g_hash_table_lookup (tally->messages, error->message));
  g_hash_table_insert (tally->messages, g_strdup (error->message), GUINT_TO_POINTER (count + 1));
  return changes[which].must != WHOLE && g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED);
}

/* The files for one carrier. */
static void
lay_out (const CncRaster *carrier)
{
  g_autofree char *pgm = in_folder ("IN"), *png = in_folder ("IN.png"), *line = g_strdup_printf ("convert pgm:%s %s", pgm, png);

  if (!write_pgm (pgm, carrier) || system (line) != 0)
    g_error ("cannot write to %s", folder);
}

static Tally *
new_tallies (void)
{
  Tally *tallies = g_new0 (Tally, G_N_ELEMENTS (changes));

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      tallies[i].messages = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      tallies[i].least = INFINITY;
    }
  return tallies;
}

static void
print_tallies (const Tally *tallies)
{
  printf ("%-32s %8s %8s %8s %12s %10s\n", "after", "whole", "dB mean", "dB least", "symbols", "wrong key");
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      const Tally *t = &tallies[i];
      GHashTableIter iter;
      gpointer message, count;

      if (t->pictures == 0)
        continue;
      printf ("%-32s %3u / %-3u", changes[i].name, t->whole, t->pictures);
      if (t->whole > 0)
        printf (" %8.2f %8.2f %10.4f %%", t->psnr / t->whole, t->least, 100 * t->symbols / t->whole);
      else
        printf (" %8s %8s %12s", "-", "-", "-");
      printf (" %4u / %u\n", t->wrong_key, t->pictures);
      g_hash_table_iter_init (&iter, t->messages);
      for (guint shown = 0; shown < 2 && g_hash_table_iter_next (&iter, &message, &count); shown++)
        printf ("    %u: %s\n", GPOINTER_TO_UINT (count), (const char *) message);
    }
}

static void
clean_folder (void)
{
  static const char *const names[] = { "IN", "IN.png", "TMP", "TMP.png", "TMP2", "OUT" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = in_folder (names[i]);

      g_remove (path);
    }
  g_rmdir (folder);
}

static gsize
room_of (const CncRaster *carrier, guint levels)
{
  CncCarrierLayout layout;

  return cnc_carrier_layout (carrier->width, carrier->height, &layout)
             ? cnc_body_room ((guint64) layout.body_width * layout.body_height, levels)
             : 0;
}

static int
full (const char *from, guint levels, guint32 side)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  CncBackend *backend = quality_open (NULL);
  Tally *tallies = new_tallies ();
  gboolean ok = TRUE;
  double sum = 0;

  quality_files (files, from);
  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (CncRaster) original = quality_rgb (files->pdata[i]);
      double psnr = 0;
      g_autoptr (CncRaster) carrier = original != NULL ? make (original, levels, side, backend, &psnr) : NULL, clean = NULL;
      gboolean wrong;

      clean = carrier != NULL ? open_carrier (carrier, backend, &wrong, NULL, NULL) : NULL;
      if (clean == NULL)
        {
          g_printerr ("%s: cannot be used\n", (const char *) files->pdata[i]);
          return 2;
        }
      lay_out (carrier);
      for (guint c = 0; c < G_N_ELEMENTS (changes); c++)
        if (strstr (changes[c].name, part) != NULL && !try_change (original, clean, carrier, c, files->pdata[i], backend, &tallies[c]))
          {
            printf ("%s after %s: not as it must be\n", (const char *) files->pdata[i], changes[c].name);
            ok = FALSE;
          }
      g_printerr ("%s room %" G_GSIZE_FORMAT " dB %.2f\n", (const char *) files->pdata[i], room_of (carrier, levels), psnr);
      sum += psnr;
    }
  printf ("%u pictures, %u levels, longest side %u (0: their own)\n", files->len, levels, side);
  print_tallies (tallies);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_hash_table_unref (tallies[i].messages);
  g_free (tallies);
  cnc_backend_free (backend);
  printf ("mean %.2f dB; the bar for 3 levels of their own size is %.0f\n", sum / MAX (files->len, 1), BAR);
  return ok && files->len > 0 && (levels != 3 || side != 0 || sum >= BAR * files->len) ? 0 : 1;
}

/* ---- as a test ---- */

static void
test_picture (const CncRaster *original, const char *path, CncBackend *backend)
{
  Tally *tallies = new_tallies ();

  for (guint levels = 2; levels <= 3; levels++)
    {
      double psnr = 0;
      g_autoptr (CncRaster) carrier = make (original, levels, 0, backend, &psnr), clean = NULL;
      gboolean wrong;

      g_assert_nonnull (carrier);
      clean = open_carrier (carrier, backend, &wrong, NULL, NULL);
      g_assert_nonnull (clean);
      g_assert_cmpfloat (fabs (cnc_rgb_psnr (original, clean) - psnr), <, 0.1);
      lay_out (carrier);
      for (guint c = 0; c < G_N_ELEMENTS (changes); c++)
        if (changes[c].quick && !try_change (original, clean, carrier, c, path, backend, &tallies[c]))
          {
            g_test_message ("%s after %s", path, changes[c].name);
            g_test_fail ();
          }
    }
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_hash_table_unref (tallies[i].messages);
  g_free (tallies);
}

static void
test_landscape (void)
{
  g_autofree guint8 *pixels = g_malloc (400 * 400);
  g_autoptr (CncRaster) original = cnc_rgb_new (400, 400, NULL);
  g_autofree char *path = in_folder ("PHOTO.ppm");
  CncBackend *backend = quality_open (NULL);

  quality_landscape (400, 1, pixels);
  for (gsize i = 0; i < 400 * 400; i++)
    for (guint c = 0; c < 3; c++)
      original->data[3 * i + c] = (guint8) CLAMP (pixels[i] + 20 * (gint) c - 20, 0, 255);
  g_assert_true (quality_save_png (path, original));
  test_picture (original, path, backend);
  g_remove (path);
  cnc_backend_free (backend);
}

/* Pictures of a folder that are taken for something; *seconds: the longest for 12 megapixels. */
static guint
ordinary (const char *from, guint limit, guint *tried, double *seconds)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  guint wrong = 0;

  quality_files (files, from);
  for (guint i = 0; i < MIN (files->len, limit); i++)
    {
      g_autoptr (CncRaster) picture = quality_rgb (files->pdata[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncCarrier) carrier = NULL;
      const gint64 start = g_get_monotonic_time ();

      if (picture == NULL)
        continue;
      (*tried)++;
      if (cnc_carrier_find (picture, NULL, &carrier, NULL, &error) || !g_error_matches (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
        {
          wrong++;
          g_printerr ("%s: %s\n", (const char *) files->pdata[i], error != NULL ? error->message : "found");
        }
      if ((double) picture->width * picture->height >= 2e6) /* small ones say nothing of it */
        *seconds = MAX (*seconds, (double) (g_get_monotonic_time () - start) * 12 / ((double) picture->width * picture->height));
    }
  return wrong;
}

static void
test_ordinary (void)
{
  const char *named = g_getenv ("CNNCRYPT_TEST_PICTURES");
  g_auto (GStrv) folders = g_strsplit (named != NULL ? named : "", ":", -1);
  guint tried = 0;
  double seconds = 0;

  for (guint f = 0; folders[f] != NULL && *folders[f] != '\0'; f++)
    g_assert_cmpuint (ordinary (folders[f], 10, &tried, &seconds), ==, 0);
  if (tried == 0)
    g_test_skip ("CNNCRYPT_TEST_PICTURES names no photographs");
}

static void
test_photographs (void)
{
  const char *named = g_getenv ("CNNCRYPT_TEST_PICTURES");
  g_auto (GStrv) folders = g_strsplit (named != NULL ? named : "", ":", -1);
  CncBackend *backend = quality_open (NULL);
  guint tried = 0;

  for (guint f = 0; folders[f] != NULL && *folders[f] != '\0'; f++)
    {
      g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

      quality_files (files, folders[f]);
      for (guint i = 0; i < MIN (files->len, QUICK); i++)
        {
          g_autoptr (CncRaster) original = quality_rgb (files->pdata[i]);

          if (original == NULL || original->width < 300 || original->height < 300)
            continue;
          test_picture (original, files->pdata[i], backend);
          tried++;
        }
    }
  cnc_backend_free (backend);
  if (tried == 0)
    g_test_skip ("CNNCRYPT_TEST_PICTURES names no photographs");
}

int
main (int argc, char **argv)
{
  int status;

  gegl_init (NULL, NULL);
  if (!cnc_seal_init (NULL))
    return 2;
  folder = g_dir_make_tmp ("cnncrypt-share-XXXXXX", NULL);
  if (argc >= 3 && strcmp (argv[1], "--full") == 0)
    {
      part = argc > 5 ? argv[5] : "";
      status = full (argv[2], argc > 3 ? (guint) atoi (argv[3]) : 3, argc > 4 ? (guint32) atoi (argv[4]) : 0);
    }
  else if (argc >= 3 && strcmp (argv[1], "--ordinary") == 0)
    {
      guint tried = 0, wrong = 0;
      double seconds = 0;

      for (int i = 2; i < argc; i++)
        wrong += ordinary (argv[i], G_MAXUINT, &tried, &seconds);
      printf ("%u of %u pictures taken for something that they are not; at most %.3f s for 12 megapixels\n", wrong, tried, seconds);
      status = wrong > 0 || tried == 0;
    }
  else if (argc >= 4 && strcmp (argv[1], "--make") == 0)
    {
      g_autoptr (CncRaster) original = quality_rgb (argv[2]);
      CncBackend *backend = quality_open (NULL);
      double psnr = 0;
      g_autoptr (CncRaster) carrier = original != NULL ? make (original, argc > 4 ? (guint) atoi (argv[4]) : 3,
                                                               argc > 5 ? (guint32) atoi (argv[5]) : 0, backend, &psnr)
                                                       : NULL;

      status = carrier != NULL && write_pgm (argv[3], carrier) ? 0 : 1;
      printf ("%.2f dB\n", psnr);
      cnc_backend_free (backend);
    }
  else
    {
      g_test_init (&argc, &argv, NULL);
      g_test_add_func ("/share/landscape", test_landscape);
      g_test_add_func ("/share/photographs", test_photographs);
      g_test_add_func ("/share/ordinary", test_ordinary);
      status = g_test_run ();
    }
  clean_folder ();
  g_free (folder);
  gegl_exit ();
  return status;
}
