/* tests/quality/restore-measure.c: pictures through the methods "restore" and "share", a step a call, for scripts that put a channel in
 * between. Models are looked for in CNNCRYPT_MODEL_PATH.  Keys are made of --key TEXT, without Argon2id.  Exit status: 0; 1: what was asked
 * is not so (the words are on stdout); 2: usage or files.
 */
#include "common.h"

#include "restore-measure.h"

#include "base/error.h"
#include "methods/carrier.h"

#include <gegl.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const usage
    = "Usage: restore-measure [OPTION...] COMMAND ARGUMENT...\n"
      "  encrypt PICTURE CARRIER.png        prints the carrier's size and the PSNR that a reader will have; [--model M | --share LEVELS] "
      "[--longest-side P]\n"
      "  decrypt PICTURE RECEIVED [RESTORED.png]  what comes back beside the picture: PSNR, of luma, SSIM; how strong the channel was; "
      "[--wrong]\n"
      "  compare PICTURE OTHER              the same of two pictures of one size\n"
      "  expect PICTURE                     what is expected of a picture before it is encrypted; [--model M] [--longest-side P]\n"
      "  noise gaussian SIGMA PICTURE.png NOISY.png | poisson PICTURE.png NOISY.png | drop SHARE PICTURE.png NOISY.png   of grey pictures; "
      "[--seed N]\n"
      "  body CARRIER.png...                is the body like random numbers\n"
      "  chaos PICTURE                      what the chaos layer alone does to a body; [--model M]\n"
      "  ring PICTURE...                    Gaussian noise added to the numbers themselves, of their own deviation or S times that; a "
      "picture may be an\n"
      "                                     IDX file of many; [--model M] [--noise S] [--limit N]\n";

static MeasureOptions options = { .key = "key", .noise = 1, .limit = 1000000, .seed = 1 };

static CncRaster *
load (const char *path)
{
  CncRaster *raster = quality_rgb (path);

  if (raster == NULL)
    {
      g_printerr ("%s cannot be read.\n", path);
      exit (2);
    }
  return raster;
}

void
measure_check (const GError *error)
{
  if (error == NULL)
    return;
  printf ("failed: %s\n", error->message);
  exit (1);
}

CncSecret *
measure_key (const char *text)
{
  guint8 bytes[CNC_KEY_BYTES];

  cnc_hash ((const guint8 *) text, strlen (text), bytes);
  return cnc_secret_new_key (bytes, NULL);
}

CncPicture *
measure_picture (const char *path)
{
  CncPicture *picture = cnc_picture_new ();

  picture->raster = load (path);
  return picture;
}

/* A grey file where all colours are equal: what a carrier is. */
static void
save (const char *path, const CncRaster *raster)
{
  const gboolean grey = raster->format.model == CNC_MODEL_GREY;
  const Babl *format = babl_format (grey ? "Y' u8" : "R'G'B' u8");
  const GeglRectangle extent = { 0, 0, (gint) raster->width, (gint) raster->height };
  g_autoptr (GeglBuffer) buffer = gegl_buffer_new (&extent, format);
  GeglNode *graph = gegl_node_new ();
  GeglNode *source = gegl_node_new_child (graph, "operation", "gegl:buffer-source", "buffer", buffer, NULL);
  GeglNode *sink = gegl_node_new_child (graph, "operation", "gegl:png-save", "path", path, "compression", 1, "bitdepth", 8, NULL);

  gegl_buffer_set (buffer, &extent, 0, format, raster->data, GEGL_AUTO_ROWSTRIDE);
  gegl_node_link (source, sink);
  gegl_node_process (sink);
  g_object_unref (graph);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_printerr ("%s cannot be written.\n", path);
      exit (2);
    }
}

/* The first colour of a picture whose colours are all the same. */
static CncRaster *
grey_of (const CncRaster *rgb)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncRaster *grey = cnc_raster_new (rgb->width, rgb->height, &format, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (grey); i++)
    grey->data[i] = rgb->data[3 * i];
  return grey;
}

static int
encrypt (int argc, char **argv)
{
  g_autoptr (CncBackend) backend = quality_open (NULL);
  g_autoptr (CncPicture) picture = measure_picture (argv[0]);
  g_autoptr (CncSecret) key = measure_key (options.key);
  const CncCarrierLock lock = { key, { 0 }, { 3, 262144 } };
  double psnr = 0;
  g_autofree char *notes = NULL;
  const CncCarrierParams params = { .longest_side = (guint32) options.longest_side,
                                    .levels = (guint) options.levels,
                                    .model = options.model,
                                    .backend = backend,
                                    .psnr = &psnr,
                                    .notes = &notes };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier
      = options.levels > 0 ? cnc_share_encrypt (picture, &lock, &params, &error) : cnc_restore_encrypt (picture, &lock, &params, &error);

  measure_check (error);
  save (argv[1], carrier);
  printf ("%u x %u in %u x %u, %.2f dB%s%s\n", picture->raster->width, picture->raster->height, carrier->width, carrier->height, psnr,
          notes != NULL ? "; " : "", notes != NULL ? notes : "");
  return 0;
}

static void
tell (const CncRaster *before, const CncRaster *after, const char *more)
{
  MeasureQuality q;

  if (before->width != after->width || before->height != after->height)
    {
      printf ("failed: %u x %u pixels, not %u x %u\n", after->width, after->height, before->width, before->height);
      exit (1);
    }
  measure_quality (before, after, &q);
  printf ("psnr %.3f luma %.3f ssim %.4f%s\n", q.psnr, q.luma, q.ssim, more);
}

static int
decrypt (int argc, char **argv)
{
  g_autoptr (CncBackend) backend = quality_open (NULL);
  g_autoptr (CncRaster) before = load (argv[0]), received = load (argv[1]);
  g_autofree char *another = g_strconcat (options.key, " of somebody else", NULL), *more = NULL;
  g_autoptr (CncSecret) key = measure_key (options.wrong ? another : options.key);
  g_autoptr (CncCarrier) found = NULL;
  g_autoptr (CncPicture) back = NULL;
  g_autoptr (GError) error = NULL;
  CncRestoreChannel channel = { 0 };

  if (cnc_carrier_find (received, NULL, &found, NULL, &error))
    back = found->header.method == CNC_CARRIER_SHARE ? cnc_share_decrypt (found, key, backend, NULL, NULL, &error)
                                                     : cnc_restore_decrypt (found, key, backend, &channel, NULL, &error);
  if (options.wrong)
    {
      const gboolean recognised = g_error_matches (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);

      printf ("%s\n", recognised ? "wrong passphrase recognised" : error != NULL ? error->message : "opened by another passphrase");
      return recognised ? 0 : 1;
    }
  measure_check (error);
  more = found->header.method == CNC_CARRIER_SHARE ? g_strdup (" exact") : g_strdup_printf (" strength %.2f", channel.strength);
  tell (before, back->raster, more);
  if (argc > 2)
    save (argv[2], back->raster);
  return 0;
}

static int
compare (int argc, char **argv)
{
  g_autoptr (CncRaster) before = load (argv[0]), after = load (argv[1]);

  tell (before, after, "");
  return 0;
}

static int
expect (int argc, char **argv)
{
  g_autoptr (CncBackend) backend = quality_open (NULL);
  g_autoptr (CncPicture) picture = measure_picture (argv[0]);
  const CncCarrierParams params = { .longest_side = (guint32) options.longest_side, .model = options.model, .backend = backend };
  const gint64 start = g_get_monotonic_time ();
  CncRestoreExpected expected;
  g_autoptr (GError) error = NULL;

  if (!cnc_restore_expect (picture, &params, &expected, &error))
    measure_check (error);
  printf ("carrier %u x %u, %.2f dB, through JPEG 75 %.2f dB; %.2f s\n", expected.width, expected.height, expected.clean, expected.jpeg,
          (double) (g_get_monotonic_time () - start) / 1e6);
  return 0;
}

static double
number (const char *text)
{
  char *end;
  const double value = g_ascii_strtod (text, &end);

  if (*end == '\0' && end != text && value >= 0)
    return value;
  g_printerr ("“%s” is no number.\n", text);
  exit (2);
}

static int
noise (int argc, char **argv)
{
  const gboolean poisson = strcmp (argv[0], "poisson") == 0;
  const int files = poisson ? 1 : 2;
  g_autoptr (GRand) rand = g_rand_new_with_seed (options.seed);
  g_autoptr (CncRaster) rgb = NULL, grey = NULL;
  double amount = 0;

  if (argc != files + 2)
    return -1;
  if (!poisson)
    amount = number (argv[1]);
  rgb = load (argv[files]);
  grey = grey_of (rgb);
  for (gsize i = 0; i < cnc_raster_bytes (grey); i++)
    {
      double v = grey->data[i];

      if (poisson)
        v = measure_poisson (rand, v);
      else if (strcmp (argv[0], "gaussian") == 0)
        v += amount * measure_gaussian (rand);
      else if (strcmp (argv[0], "drop") == 0)
        v = g_rand_double (rand) < amount ? 0 : v;
      else
        return -1;
      grey->data[i] = (guint8) lrint (CLAMP (v, 0, 255));
    }
  save (argv[files + 1], grey);
  return 0;
}

static int
body (int argc, char **argv)
{
  gboolean good = TRUE;

  for (int i = 0; i < argc; i++)
    {
      g_autoptr (CncRaster) raster = load (argv[i]);
      g_autoptr (CncCarrier) found = NULL;
      g_autoptr (GError) error = NULL;

      if (cnc_carrier_find (raster, NULL, &found, NULL, &error))
        good = measure_body (argv[i], found->body, found->layout.body_width, found->layout.body_height) && good;
      measure_check (error);
    }
  return good ? 0 : 1;
}

static int
chaos (int argc, char **argv)
{
  return measure_chaos (&options, argv[0]) ? 0 : 1;
}

static int
ring (int argc, char **argv)
{
  measure_ring (&options, argc, argv);
  return 0;
}

static const struct
{
  const char *name;
  int (*run) (int argc, char **argv); /* -1: usage */
  int least, most;
} commands[] = { { "encrypt", encrypt, 2, 2 }, { "decrypt", decrypt, 2, 3 },  { "compare", compare, 2, 2 }, { "expect", expect, 1, 1 },
                 { "noise", noise, 3, 4 },     { "body", body, 1, G_MAXINT }, { "chaos", chaos, 1, 1 },     { "ring", ring, 1, G_MAXINT } };

int
main (int argc, char **argv)
{
  gint64 seed = 1;
  const GOptionEntry entries[]
      = { { "model", 0, 0, G_OPTION_ARG_STRING, &options.model, "of CNNCRYPT_MODEL_PATH, without its ending", "NAME" },
          { "share", 0, 0, G_OPTION_ARG_INT, &options.levels, "by method share, with so many levels", "LEVELS" },
          { "longest-side", 0, 0, G_OPTION_ARG_INT, &options.longest_side, "of the carrier", "PIXELS" },
          { "key", 0, 0, G_OPTION_ARG_STRING, &options.key, "what keys are made of", "TEXT" },
          { "wrong", 0, 0, G_OPTION_ARG_NONE, &options.wrong, "another key", NULL },
          { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "of noise", "N" },
          { "noise", 0, 0, G_OPTION_ARG_DOUBLE, &options.noise, "times the numbers' own deviation", "S" },
          { "limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "pictures of a file", "N" },
          { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND ARGUMENT...");
  g_autoptr (GError) error = NULL;
  int status = -1;

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  options.seed = (guint32) seed;
  gegl_init (NULL, NULL);
  if (!cnc_seal_init (NULL))
    return 2;
  for (guint i = 0; argc >= 2 && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].least && argc - 2 <= commands[i].most)
      status = commands[i].run (argc - 2, argv + 2);
  if (status >= 0)
    return status;
  g_printerr ("%s", usage);
  return 2;
}
