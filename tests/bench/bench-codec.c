/* tests/bench/bench-codec.c: the steps of the lossy method on one picture, and that tiles leave no trace: bench-codec PICTURE [RESTORED]
 *
 * The model is the one that would encrypt (CNNCRYPT_MODEL_PATH), the device that of CNNCRYPT_DEVICE.  Prints the seconds of the network and
 * of the range coder, both ways; then encodes and decodes once more in tiles of another size, which must give the same numbers and the same
 * pixels.  RESTORED: what cnncrypt-batch has decrypted on the same device, which must have these pixels too.  Status 1 if anything differs.
 */
#include "base/memory.h"
#include "methods/autoencoder/autoencoder.h"
#include "picture/convert.h"
#include "engine/engine.h"
#include "tools/open.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define OTHER_TILE 200u /* longest side, rounded up to the network's grid: a size that no budget of memory gives for a large picture */

static void
check (gboolean good, GError **error)
{
  if (good)
    return;
  fprintf (stderr, "bench-codec: %s\n", (*error)->message);
  exit (1);
}

typedef struct
{
  double wall, cpu; /* seconds; cpu: of all threads together, which a busy machine does not change much */
} Moment;

static Moment
moment (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (Moment){ (double) g_get_monotonic_time () * 1e-6, (double) t.tv_sec + (double) t.tv_nsec * 1e-9 };
}

static Moment
told (const char *what, Moment since)
{
  const Moment now = moment ();

  printf ("%-28s %8.2f s, %8.2f s of processors\n", what, now.wall - since.wall, now.cpu - since.cpu);
  fflush (stdout);
  return moment ();
}

static guint
differing (const CncRaster *a, const CncRaster *b)
{
  guint n = 0;

  if (a->width != b->width || a->height != b->height || !cnc_format_equal (&a->format, &b->format))
    return G_MAXUINT;
  for (gsize i = 0; i < cnc_raster_bytes (a); i++)
    n += a->data[i] != b->data[i];
  return n;
}

static double
psnr (const CncRaster *a, const CncRaster *b)
{
  double sum = 0;

  for (gsize i = 0; i < cnc_raster_bytes (a); i++)
    sum += (double) (a->data[i] - b->data[i]) * (a->data[i] - b->data[i]);
  return 10 * log10 (65025.0 * (double) cnc_raster_bytes (a) / sum);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncAutoencoder) model = NULL;
  g_autoptr (CncBackend) backend = NULL;
  g_autoptr (CncRaster) picture = NULL, restored = NULL, again = NULL, batch = NULL;
  g_autoptr (CncWeights) weights = NULL;
  g_autoptr (GByteArray) coded = NULL;
  g_autofree gint16 *values = NULL, *others = NULL;
  g_autofree float *exact = NULL, *other_exact = NULL;
  guint32 width, height;
  guint pixels, from_batch = 0;
  gsize count;
  gboolean same;
  Moment since;

  if (argc != 2 && argc != 3)
    {
      fputs ("bench-codec PICTURE [RESTORED]\n", stderr);
      return 2;
    }
  open_load_init ();
  picture = open_load (argv[1], &error);
  check (picture != NULL, &error);
  batch = argc > 2 ? open_load (argv[2], &error) : NULL;
  check (argc <= 2 || batch != NULL, &error);
  open_load_exit ();
  if (picture->format.model != CNC_MODEL_RGB || picture->format.sample != CNC_SAMPLE_U8 || picture->format.alpha)
    {
      fprintf (stderr, "bench-codec: %s is not opaque RGB of 8 bits\n", argv[1]);
      return 2;
    }
  model = cnc_autoencoder_find (NULL, NULL, &error);
  check (model != NULL, &error);
  backend = cnc_engine_open (NULL, CNC_WORK_NETWORK, NULL, &error);
  check (backend != NULL, &error);
  weights = cnc_weights_new (backend, model->net, &error);
  check (weights != NULL, &error);
  restored = cnc_raster_new (picture->width, picture->height, &picture->format, &error);
  again = cnc_raster_new (picture->width, picture->height, &picture->format, &error);
  check (restored != NULL && again != NULL, &error);
  cnc_autoencoder_latent_size (model, picture->width, picture->height, &width, &height);
  count = (gsize) width * height * model->channels;
  values = g_new (gint16, count);
  others = g_new (gint16, count);
  exact = g_new (float, count);
  other_exact = g_new (float, count);

  printf ("%u x %u, %s, latent %u x %u x %u\n", picture->width, picture->height, backend->info.name, width, height, model->channels);
  since = moment ();
  check (cnc_autoencoder_encode (model, backend, weights, picture, exact, NULL, &error), &error);
  since = told ("network, picture to latent", since);
  check (cnc_latent_choose (model->tables, exact, width, height, values, NULL, &error), &error);
  since = told ("choosing whole numbers", since);
  coded = cnc_latent_encode (model->tables, values, width, height, NULL, &error);
  check (coded != NULL, &error);
  since = told ("range coder, coding", since);
  check (cnc_latent_decode (model->tables, coded->data, coded->len, width, height, others, NULL, &error), &error);
  since = told ("range coder, decoding", since);
  same = memcmp (values, others, count * sizeof *values) == 0;
  check (cnc_autoencoder_decode (model, backend, weights, values, restored, NULL, &error), &error);
  told ("network, latent to picture", since);

  model->max_tile = OTHER_TILE;
  check (cnc_autoencoder_encode (model, backend, weights, picture, other_exact, NULL, &error), &error);
  same = same && memcmp (exact, other_exact, count * sizeof *exact) == 0;
  model->max_tile = OTHER_TILE * model->encode.numerator / model->encode.denominator;
  check (cnc_autoencoder_decode (model, backend, weights, values, again, NULL, &error), &error);
  pixels = differing (restored, again);
  if (batch != NULL)
    from_batch = differing (restored, batch);
  printf ("%.4f bits a pixel, %.2f dB\n", 8.0 * coded->len / ((double) picture->width * picture->height), psnr (picture, restored));
  printf ("in other tiles: latent %s, %u samples of the picture differ\n", same ? "the same" : "DIFFERS", pixels);
  if (batch != NULL)
    printf ("beside %s: %u samples differ\n", argv[2], from_batch);
  return same && pixels == 0 && from_batch == 0 ? 0 : 1;
}
