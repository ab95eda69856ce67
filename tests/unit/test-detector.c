/* core/measure/detector: squares and their mean, small pictures, thresholds, what a model file says, and files that are none. */
#include "measure/detector.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* The probability follows from the mean of the square's first colour alone: the pools and the convolution add up. */
#define GRAPH                                                                                                                              \
  "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3,\"height\":%u,\"width\":%u}],\"nodes\":["                                     \
  "{\"name\":\"a\",\"op\":\"average_pool\",\"inputs\":[\"x\"],\"attributes\":{\"kernel\":%u}},"                                            \
  "{\"name\":\"b\",\"op\":\"average_pool\",\"inputs\":[\"a\"],\"attributes\":{\"kernel\":%u}},"                                            \
  "{\"name\":\"v\",\"op\":\"conv2d\",\"inputs\":[\"b\"],\"attributes\":{\"channels\":1,\"kernel\":1,\"activation\":\"%s\"}}],"             \
  "\"outputs\":[\"v\"]}"
#define SIDE 16u
#define STEEP 20.0f
#define MIDDLE 0.5f

static CncBackend *backend;

/* A model file; side, pool, activation as in GRAPH; key, text: of its metadata.  Returns: (transfer full) its path */
static char *
model_file (guint side, guint pool, const char *activation, const char *key, const char *text)
{
  g_autofree char *json = g_strdup_printf (GRAPH, side, side, pool, pool, activation), *path = NULL;
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;
  CncGraph *graph = cnc_graph_from_json (json, strlen (json), &error);
  g_autoptr (CncNet) net = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const int fd = g_file_open_tmp ("detector-XXXXXX.safetensors", &path, NULL);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  net = cnc_net_new (graph, &error);
  g_assert_no_error (error);
  net->values[0][0] = STEEP;
  net->values[1][0] = -STEEP * MIDDLE;
  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, &error));
  if (key != NULL)
    cnc_safetensors_writer_text (writer, key, text);
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_true (cnc_file_replace (path, bytes, &error));
  return g_steal_pointer (&path);
}

static CncDetector *
detector_of (guint side, guint pool, const char *activation, const char *key, const char *text, GError **error)
{
  g_autofree char *path = model_file (side, pool, activation, key, text);
  CncDetector *detector = cnc_detector_read (path, error);

  g_unlink (path);
  return detector;
}

static CncDetector *
good_detector (void)
{
  g_autoptr (GError) error = NULL;
  CncDetector *detector = detector_of (SIDE, 4, "sigmoid", NULL, NULL, &error);

  g_assert_no_error (error);
  return detector;
}

/* The mean over the squares of what each has as log odds. */
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
  g_assert_true (cnc_detector_judge (d, backend, planes, 3, 48, 32, &v, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (v.squares, ==, 6);
  g_assert_false (v.encrypted);
  g_assert_cmpuint (v.alike, ==, 2);
  g_assert_cmpfloat_with_epsilon (v.probability, 1 / (1 + exp (2.0 / 3)), 1e-4);
  /* a square counts no more than single precision allows, so that one cannot outvote all others for ever */
  for (guint i = 0; i < 48 * 32; i++)
    planes[i] = i % 48 < 32 ? 170 : 0;
  g_assert_true (cnc_detector_judge (d, backend, planes, 3, 48, 32, &v, &error));
  g_assert_cmpfloat_with_epsilon (v.probability, 1 / (1 + exp (-(4 * (20 * 170 / 255.0 - 10) - 2 * 10) / 6)), 1e-4);
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
  g_assert_true (cnc_detector_judge (d, backend, planes, 1, 500, 600, &v, &error));
  g_assert_cmpuint (v.squares, ==, CNC_DETECTOR_MAX_SQUARES);
  g_assert_cmpuint (v.alike, ==, v.squares);
  g_assert_true (v.encrypted);
  g_assert_true (cnc_detector_judge (d, backend, planes, 1, 33, 32, &v, &error));
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
  g_assert_true (cnc_detector_judge (d, backend, plane, 1, 32, 32, &v, &error));
  g_assert_cmpuint (v.squares, ==, 1);
  g_assert_cmpfloat_with_epsilon (v.probability, 1 / (1 + exp (-(20 * 115.5 / 255 - 10))), 1e-4);
}

static void
test_refused (void)
{
  g_autoptr (CncDetector) d = good_detector ();
  g_autoptr (GError) error = NULL;
  guint8 planes[4 * 64 * 64] = { 0 };
  CncVerdict v;

  g_assert_false (cnc_detector_judge (d, backend, planes, 3, 31, 64, &v, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
  g_clear_error (&error);
  g_assert_false (cnc_detector_judge (d, backend, planes, 4, 64, 64, &v, &error));
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
  g_test_add_func ("/detector/sizes", test_sizes);
  g_test_add_func ("/detector/mirrored", test_mirrored);
  g_test_add_func ("/detector/refused", test_refused);
  g_test_add_func ("/detector/texts", test_texts);
  g_test_add_func ("/detector/thresholds", test_thresholds);
  status = g_test_run ();
  cnc_backend_free (backend);
  return status;
}
