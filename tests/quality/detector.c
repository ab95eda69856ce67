/* tests/quality/detector.c: the shipped network for "encrypted or not" on pictures that are made here.  A GLib test; models of
 * CNNCRYPT_MODEL_PATH. */
#include "detector-data.h"

#include "measure/detector.h"

#include <gegl.h>

#define SIDE 256u

static CncDetector *detector;
static CncBackend *backend;

/* Judges the raster, which is freed. */
static void
expect (const char *what, CncRaster *raster, gboolean encrypted)
{
  g_autoptr (GError) error = NULL;
  CncVerdict verdict;

  g_assert_true (cnc_detector_judge (detector, backend, raster->data, 3, TRUE, raster->width, raster->height, &verdict, &error));
  g_assert_no_error (error);
  g_test_message ("%s: probability %.4f, %u of %u squares", what, verdict.probability, verdict.alike, verdict.squares);
  if (verdict.encrypted != encrypted)
    {
      g_test_message ("%s is called %s", what, verdict.encrypted ? "encrypted" : "plain");
      g_test_fail ();
    }
  cnc_raster_free (raster);
}

/* Coloured, with a shade of its own in each channel. */
static CncRaster *
landscape (guint seed)
{
  CncRaster *raster = data_rgb (SIDE, SIDE);
  g_autofree guint8 *grey = g_malloc (SIDE * SIDE);

  quality_landscape (SIDE, seed, grey);
  for (gsize i = 0; i < 3 * SIDE * SIDE; i++)
    raster->data[i] = (guint8) (grey[i / 3] * (7 + i % 3) / 9);
  return raster;
}

static GRand *
chance (guint seed)
{
  return g_rand_new_with_seed (seed);
}

static void
test_plain (void)
{
  for (guint seed = 1; seed <= 3; seed++)
    {
      g_autoptr (GRand) rand = chance (seed);
      CncRaster *grained = landscape (seed), *dithered = landscape (seed);

      expect ("a landscape", landscape (seed), FALSE);
      expect ("a drawing", data_drawing (SIDE, rand), FALSE);
      expect ("a screen", data_screenshot (SIDE, rand), FALSE);
      expect ("a texture", data_texture (SIDE, rand), FALSE);
      expect ("static", data_static (SIDE, rand), FALSE);
      data_grain (grained, rand);
      expect ("a landscape with grain", grained, FALSE);
      data_dither (dithered, rand);
      expect ("a dithered landscape", dithered, FALSE);
    }
}

static void
test_encrypted (void)
{
  for (guint seed = 1; seed <= 3; seed++)
    {
      g_autoptr (GRand) rand = chance (seed);
      g_autoptr (CncRaster) plain = landscape (seed), large = cnc_rgb_scale (plain, 2 * SIDE, 2 * SIDE, NULL, NULL);
      g_autoptr (CncRaster) share = data_method (large, "share", 2 + seed % 2, backend); /* a small one is its strips more than its body */

      expect ("scrambled blocks", data_scramble (plain, rand), TRUE);
      expect ("the chaos layer", data_layer (plain, CNC_LAYER_LOGISTIC, backend, rand), TRUE);
      expect ("the network layer", data_layer (plain, CNC_LAYER_CNN, backend, rand), TRUE);
      g_assert_nonnull (share);
      expect ("a carrier through JPEG", data_jpeg (share, 30 + 20 * seed), TRUE);
      expect ("a carrier", g_steal_pointer (&share), TRUE);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  gegl_init (NULL, NULL);
  detector = cnc_detector_find (&error);
  g_assert_no_error (error);
  backend = quality_open (NULL);
  g_test_add_func ("/detector/plain", test_plain);
  g_test_add_func ("/detector/encrypted", test_encrypted);
  status = g_test_run ();
  cnc_detector_free (detector);
  cnc_backend_free (backend);
  gegl_exit ();
  return status;
}
