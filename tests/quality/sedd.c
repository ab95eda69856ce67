/* tests/quality/sedd.c: what the method "sedd" keeps of pictures, and how long its encoder takes; for sedd.sh.
 *
 *   quality-sedd PAIR PICTURE…     a line each: file, bytes of the vector, its step, PSNR in dB; PAIR: as the method takes it
 *   quality-sedd --time PAIR       12 megapixels on one core: multiplications a pixel, seconds to the numbers, seconds with the search of
 * the step and the range coder
 */
#include "common.h"
#include "methods/lossy.h"
#include "methods/sedd/sedd.h"

#include <gegl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMED_WIDTH 4000u
#define TIMED_HEIGHT 3000u

static void
stop (GError *error)
{
  fprintf (stderr, "quality-sedd: %s\n", error->message);
  exit (1);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void
measure (const CncSeddEncoder *encoder, CncBackend *backend, const char *path)
{
  g_autoptr (CncRaster) raster = quality_rgb (path);
  CncPicture picture = { .raster = raster };
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GByteArray) body = NULL;
  g_autoptr (GError) error = NULL;
  CncRaster geometry;
  double psnr = 0;
  gsize bytes;

  if (raster == NULL)
    {
      fprintf (stderr, "quality-sedd: %s cannot be read\n", path);
      exit (1);
    }
  body = cnc_sedd_pack (encoder, &picture, &geometry, NULL, &error);
  if (body == NULL || !cnc_sedd_quality (body->data, body->len, NULL, &picture, backend, &psnr, NULL, &error))
    stop (error);
  bytes = cnc_sedd_vector_bytes (body->data, body->len);
  printf ("%s %" G_GSIZE_FORMAT " %u %.2f\n", name, bytes, body->data[body->len - bytes - 4], psnr);
}

/* On the core that runs this, alone: nothing is handed to other threads while only one core is allowed. */
static void
measure_time (const CncSeddEncoder *encoder)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) raster = cnc_raster_new (TIMED_WIDTH, TIMED_HEIGHT, &format, &error);
  g_autofree guint8 *grey = g_malloc (1024 * 1024);
  g_autofree gint16 *fine = NULL, *values = NULL;
  g_autoptr (GByteArray) coded = NULL;
  double start, seen, done;
  guint32 across, down;
  guint step;

  quality_landscape (1024, 5, grey);
  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) (grey[i / 3 / TIMED_WIDTH % 1024 * 1024 + i / 3 % TIMED_WIDTH % 1024] ^ (i % 3 * 9));
  cnc_sedd_blocks (TIMED_WIDTH, TIMED_HEIGHT, &across, &down);
  values = g_new (gint16, (gsize) across * down * encoder->code.channels);
  start = now ();
  fine = cnc_sedd_see (&encoder->code, raster, NULL, &error);
  seen = now ();
  coded = fine != NULL
              ? cnc_sedd_fit (encoder->tables, fine, across, down, cnc_sedd_budget (TIMED_WIDTH, TIMED_HEIGHT), values, &step, NULL, &error)
              : NULL;
  done = now ();
  if (coded == NULL)
    stop (error);
  printf ("%.1f multiplications a pixel; %u x %u pixels on one core: %.2f s to the vector, %.2f s with the search of the step and the "
          "range coder (%u bytes)\n",
          sedd_multiplications (&encoder->code) / 64.0, TIMED_WIDTH, TIMED_HEIGHT, seen - start, done - start, coded->len + 1);
}

int
main (int argc, char **argv)
{
  const gboolean timed = argc == 3 && strcmp (argv[1], "--time") == 0;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = argc >= 3 ? cnc_sedd_encoder_path (argv[timed ? 2 : 1], &error) : NULL;
  g_autoptr (CncSeddEncoder) encoder = path != NULL ? cnc_sedd_encoder_read (path, &error) : NULL;
  CncBackend *backend;

  if (argc < 3)
    {
      fprintf (stderr, "usage: quality-sedd PAIR PICTURE... | --time PAIR\n");
      return 2;
    }
  if (encoder == NULL)
    stop (error);
  if (timed)
    {
      cpu_set_t one;

      CPU_ZERO (&one);
      CPU_SET (MAX (0, sched_getcpu ()), &one);
      if (sched_setaffinity (0, sizeof one, &one) != 0)
        perror ("quality-sedd");
      measure_time (encoder);
      return 0;
    }
  gegl_init (NULL, NULL);
  backend = quality_open (NULL);
  for (int i = 2; i < argc; i++)
    measure (encoder, backend, argv[i]);
  cnc_backend_free (backend);
  gegl_exit ();
  return 0;
}
