/* core/measure/detector: squares and their mean, small pictures, thresholds, what a model file says, and files that are none. */
#include "detector-case.h"

#include <math.h>

#define SIDE 16u

static CncBackend *backend;

static CncDetector *
good_detector (void)
{
  g_autoptr (GError) error = NULL;
  CncDetector *detector = detector_of (SIDE, 4, "sigmoid", NULL, NULL, &error);

  g_assert_no_error (error);
  return detector;
}

/* The mean over the squares of what each has as log odds, less log 3. */
static void
test_mean (void)
{
  g_autoptr (CncDetector) d = good_detector ();
  g_autoptr (GError) error = NULL;
  guint8 planes[3 * 48 * 32];
  CncVerdict v;

  memset (planes, 255, sizeof planes);
  /* 3 x 2 squares; the first colour is 153 (0.6: log odds 2) in four of them and 51 (0.2: -6) in the two on the right */
  for (guint i = 0; i < 48 * 32; i++)
    planes[i] = i % 48 < 32 ? 153 : 51;
  g_assert_true (cnc_detector_judge (d, backend, planes, 3, FALSE, 48, 32, &v, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (v.squares, ==, 6);
  g_assert_false (v.encrypted);
  g_assert_cmpuint (v.alike, ==, 2);
  g_assert_cmpfloat_with_epsilon (v.probability, 1 / (1 + exp (2.0 / 3 + log (3))), 1e-4);
  /* a square counts no more than single precision allows, so that one cannot outvote all others for ever */
  for (guint i = 0; i < 48 * 32; i++)
    planes[i] = i % 48 < 32 ? 170 : 0;
  g_assert_true (cnc_detector_judge (d, backend, planes, 3, FALSE, 48, 32, &v, &error));
  g_assert_cmpfloat_with_epsilon (v.probability, 1 / (1 + exp (log (3) - (4 * (20 * 170 / 255.0 - 10) - 2 * 10) / 6)), 1e-4);
}

/* The same picture with its colours beside each other. */
static void
test_interleaved (void)
{
  g_autoptr (CncDetector) d = good_detector ();
  g_autoptr (GError) error = NULL;
  guint8 planes[3 * 40 * 33], pixels[3 * 40 * 33];
  CncVerdict v, w;

  for (guint i = 0; i < sizeof planes; i++)
    planes[i] = (guint8) (i < 40 * 33 ? 100 + i % 37 + i / 40 : i % 251);
  for (guint i = 0; i < sizeof planes; i++)
    pixels[i] = planes[i % 3 * 40 * 33 + i / 3];
  g_assert_true (cnc_detector_judge (d, backend, planes, 3, FALSE, 40, 33, &v, &error));
  g_assert_true (cnc_detector_judge (d, backend, pixels, 3, TRUE, 40, 33, &w, &error));
  g_assert_cmpfloat (v.probability, ==, w.probability);
  g_assert_cmpfloat (fabs (v.probability - 0.5), >, 0.01);
}

/* Grey pictures stand for three equal colours; the most squares; one column too few for a second square. */
static void
test_sizes (void)
{
  g_autoptr (CncDetector) d = good_detector (), large = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *planes = g_malloc (500 * 600);
  CncVerdict v;

  memset (planes, 200, 500 * 600);
  g_assert_true (cnc_detector_judge (d, backend, planes, 1, FALSE, 500, 600, &v, &error));
  g_assert_cmpuint (v.squares, ==, CNC_DETECTOR_MAX_SQUARES);
  g_assert_cmpuint (v.alike, ==, v.squares);
  g_assert_true (v.encrypted);
  g_assert_true (cnc_detector_judge (d, backend, planes, 1, FALSE, 33, 32, &v, &error));
  g_assert_cmpuint (v.squares, ==, 6);
  large = detector_of (48, 4, "sigmoid", NULL, NULL, &error);
  g_assert_null (large); /* 3 x 3 numbers */
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

/* What is smaller than a square is mirrored: the mean of a gradient stays. */
static void
test_mirrored (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncDetector) d = detector_of (64, 8, "sigmoid", NULL, NULL, &error);
  guint8 plane[32 * 32];
  CncVerdict v;

  g_assert_no_error (error);
  for (guint i = 0; i < sizeof plane; i++)
    plane[i] = (guint8) (100 + i % 32);
  g_assert_true (cnc_detector_judge (d, backend, plane, 1, FALSE, 32, 32, &v, &error));
  g_assert_cmpuint (v.squares, ==, 1);
  g_assert_cmpfloat_with_epsilon (v.probability, 1 / (1 + exp (log (3) - (20 * 115.5 / 255 - 10))), 1e-4);
}

static void
test_refused (void)
{
  g_autoptr (CncDetector) d = good_detector ();
  g_autoptr (GError) error = NULL;
  guint8 planes[4 * 64 * 64] = { 0 };
  CncVerdict v;

  g_assert_false (cnc_detector_judge (d, backend, planes, 3, FALSE, 31, 64, &v, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
  g_clear_error (&error);
  g_assert_false (cnc_detector_judge (d, backend, planes, 4, FALSE, 64, 64, &v, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (detector_of (SIDE, 4, "relu", NULL, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

static void
test_texts (void)
{
  static const char *const bad[][2] = {
    { CNC_DETECTOR_RATES, "1 2 3 4 5 6 7" },      { CNC_DETECTOR_RATES, "10 11 3 0 5 0 2 0" }, { CNC_DETECTOR_RATES, "10 1 3 0 5 0 2 0 9" },
    { CNC_DETECTOR_RATES, "10.5 1 3 0 5 0 2 0" }, { CNC_DETECTOR_RATES, "10 -1 3 0 5 0 2 0" }, { CNC_DETECTOR_THRESHOLDS, "0.5" },
    { CNC_DETECTOR_THRESHOLDS, "0.5 7.2 words" }, { CNC_DETECTOR_THRESHOLDS, "nan 7" },
  };
  const CncDetectorRates all = { 1000, 2, 800, 3 }, hard = { 400, 1, 300, 3 };
  g_autofree char *text = cnc_detector_rates_text (&all, &hard);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncDetector) without = good_detector (), rated = detector_of (SIDE, 4, "sigmoid", CNC_DETECTOR_RATES, text, &error),
                          thresholds = detector_of (SIDE, 4, "sigmoid", CNC_DETECTOR_THRESHOLDS, "0.25 7.125", &error);

  g_assert_no_error (error);
  g_assert_false (without->measured);
  g_assert_true (isnan (without->correlation));
  g_assert_true (rated->measured);
  g_assert_cmpmem (&rated->rates, sizeof all, &all, sizeof all);
  g_assert_cmpmem (&rated->hard_rates, sizeof hard, &hard, sizeof hard);
  g_assert_cmpfloat (thresholds->correlation, ==, 0.25);
  g_assert_cmpfloat (thresholds->entropy, ==, 7.125);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (detector_of (SIDE, 4, "sigmoid", bad[i][0], bad[i][1], &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      g_clear_error (&error);
    }
}

/* A gradient correlates and bytes in disorder do not; both have every value equally often. */
static void
test_thresholds (void)
{
  guint8 planes[2][256 * 64];
  double correlation, entropy;
  guint32 s = 7;

  for (guint i = 0; i < 256 * 64; i++)
    planes[0][i] = planes[1][i] = (guint8) (i % 256);
  for (guint i = 256 * 64; i > 1; i--)
    {
      guint k;
      guint8 other;

      s = s * 1664525 + 1013904223;
      k = (guint) (((guint64) s * i) >> 32);
      other = planes[1][k];
      planes[1][k] = planes[1][i - 1];
      planes[1][i - 1] = other;
    }
  cnc_detector_figures (planes[0], 1, 256, 64, &correlation, &entropy);
  g_assert_cmpfloat (correlation, >, 0.99);
  g_assert_cmpfloat_with_epsilon (entropy, 8, 1e-9);
  g_assert_false (cnc_detector_threshold (correlation, entropy, 0.2, 7.5));
  cnc_detector_figures (planes[1], 1, 256, 64, &correlation, &entropy);
  g_assert_cmpfloat (correlation, <, 0.05);
  g_assert_cmpfloat_with_epsilon (entropy, 8, 1e-9);
  g_assert_true (cnc_detector_threshold (correlation, entropy, 0.2, 7.5));
  g_assert_false (cnc_detector_threshold (0.1, 7.4, 0.2, 7.5));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  backend = cnc_reference_backend_new ();
  g_test_add_func ("/detector/mean", test_mean);
  g_test_add_func ("/detector/interleaved", test_interleaved);
  g_test_add_func ("/detector/sizes", test_sizes);
  g_test_add_func ("/detector/mirrored", test_mirrored);
  g_test_add_func ("/detector/refused", test_refused);
  g_test_add_func ("/detector/texts", test_texts);
  g_test_add_func ("/detector/thresholds", test_thresholds);
  status = g_test_run ();
  cnc_backend_free (backend);
  return status;
}
