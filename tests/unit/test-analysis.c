/* core/measure/analysis: against values of scikit-image, SciPy and NumPy (analysis-values.py), intervals against what random bytes do, odd
 * input. */
#include "detector-case.h"
#include "measure/analysis.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "measure/ssim.h"
#include "seal/keys.h"

typedef struct
{
  const char *name;
  guint width, height, channels;
  double alone[CNC_TERMS_ALONE];
  double pair[CNC_TERMS_PAIR];
  double mean[4], deviation[4]; /* of random bytes in the place of the first: UACI, MSE, MSE of the brightness, SSIM */
} Expected;

#include "analysis-values.h"
#include "noise-case.h"

static const char *const NAMES[2] = { "a \"name\"\n", "another" };

/* The pictures of analysis-values.py. */
static void
fill_slope (guint8 *out, guint width, guint height, guint32 seed)
{
  fill_noise (out, 3 * (gsize) width * height, seed);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      for (guint c = 0; c < 3; c++)
        {
          guint8 *p = &out[3 * (y * width + x) + c];

          *p = (guint8) ((x * (c + 1) / 2 + 2 * y + 40 * c + (*p & 7)) % 224 + 8 * c);
        }
}

static void
fill_grey (guint8 *out, guint width, guint height, guint32 seed)
{
  fill_slope (out, width, height, seed);
  for (gsize i = 0; i < (gsize) width * height; i++)
    out[3 * i] = out[3 * i + 2] = out[3 * i + 1];
}

static void
fill_case (guint i, guint8 *a, guint8 *b, guint width, guint height)
{
  static const guint seeds[][2] = { { 3, 2 }, { 2, 3 }, { 3, 4 }, { 5, 6 }, { 7, 6 } };
  static const char *const kinds[] = { "sn", "ns", "ss", "gg", "ng" };

  for (guint k = 0; k < 2; k++)
    {
      guint8 *out = k == 0 ? a : b;

      if (kinds[i][k] == 'n')
        fill_noise (out, 3 * (gsize) width * height, seeds[i][k]);
      else if (kinds[i][k] == 's')
        fill_slope (out, width, height, seeds[i][k]);
      else
        fill_grey (out, width, height, seeds[i][k]);
    }
}

/* Where the interval of 19 in 20 cases lies, beside 400 tries of another program. */
static void
check_interval (const CncTerm *term, double low, double high, double mean, double deviation, double slack)
{
  const double centre = (low + high) / 2, half = (high - low) / 2 / cnc_statistics_deviations (CNC_OUTSIDE_5_PERCENT);

  g_test_message ("%s: mean %g (tried %g), deviation %g (tried %g)", cnc_term_info (term->id)->id, centre, mean, half, deviation);
  g_assert_true (term->limited);
  g_assert_cmpfloat (fabs (centre - mean), <, slack * deviation);
  g_assert_cmpfloat (half / deviation, >, 0.85);
  g_assert_cmpfloat (half / deviation, <, term->id == CNC_TERM_SSIM ? 1.6 : 1.15);
}

static double
mse_of (double psnr)
{
  return 65025 / pow (10, psnr / 10);
}

static void
test_values (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (EXPECTED); i++)
    {
      const Expected *e = &EXPECTED[i];
      const gsize size = 3 * (gsize) e->width * e->height;
      g_autofree guint8 *a = g_malloc (size), *b = g_malloc (size);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncAnalysis) analysis = NULL;

      fill_case (i, a, b, e->width, e->height);
      g_test_message ("%s", e->name);
      analysis = cnc_analysis_new (a, e->width, e->height, b, e->width, e->height, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (analysis->picture[0].channels, ==, e->channels);
      for (guint k = 0; k < CNC_TERMS_ALONE; k++)
        {
          g_assert_true (analysis->picture[0].terms[k].known);
          g_assert_cmpfloat_with_epsilon (analysis->picture[0].terms[k].value, e->alone[k], 1e-9 * MAX (1, fabs (e->alone[k])));
        }
      for (guint k = 0; k < CNC_TERMS_PAIR; k++)
        {
          g_assert_true (analysis->terms[k].known);
          g_assert_cmpfloat_with_epsilon (analysis->terms[k].value, e->pair[k], 1e-9 * MAX (1, fabs (e->pair[k])));
        }
      /* Against noise, the published interval of two random pictures counts, which is wider. */
      if (i != 0)
        check_interval (&analysis->terms[1], analysis->terms[1].low, analysis->terms[1].high, e->mean[0], e->deviation[0], 0.25);
      check_interval (&analysis->terms[2], analysis->terms[2].low, analysis->terms[2].high, e->mean[1], e->deviation[1], 0.25);
      check_interval (&analysis->terms[3], mse_of (analysis->terms[3].high), mse_of (analysis->terms[3].low), e->mean[1], e->deviation[1],
                      0.25);
      check_interval (&analysis->terms[4], mse_of (analysis->terms[4].high), mse_of (analysis->terms[4].low), e->mean[2], e->deviation[2],
                      0.25);
      check_interval (&analysis->terms[5], analysis->terms[5].low, analysis->terms[5].high, e->mean[3], e->deviation[3], 1);
    }
}

/* Bytes of a stream cipher against a photograph: about one in 20 of each term lies outside of the narrow interval, about none of the wide
 * one. */
static void
test_random (void)
{
  enum
  {
    RUNS = 400,
    SIDE = 40
  };
  g_autofree guint8 *bytes = g_malloc (3 * SIDE * SIDE), *plain = g_malloc (3 * SIDE * SIDE);
  guint edge[CNC_N_TERMS] = { 0 }, fail[CNC_N_TERMS] = { 0 };
  guint8 seed[32] = { 9 };

  fill_slope (plain, SIDE, SIDE, 1);
  for (guint run = 0; run < RUNS; run++)
    {
      g_autoptr (CncAnalysis) analysis = NULL;

      seed[1] = (guint8) run;
      seed[2] = (guint8) (run >> 8);
      cnc_keystream (seed, 0, bytes, 3 * SIDE * SIDE);
      analysis = cnc_analysis_new (bytes, SIDE, SIDE, plain, SIDE, SIDE, NULL, NULL);
      for (guint i = 0; i < CNC_TERMS_ALONE + CNC_TERMS_PAIR; i++)
        {
          const CncTerm *term = i < CNC_TERMS_ALONE ? &analysis->picture[0].terms[i] : &analysis->terms[i - CNC_TERMS_ALONE];

          edge[i] += term->verdict == CNC_VERDICT_EDGE;
          fail[i] += term->verdict == CNC_VERDICT_FAIL;
        }
    }
  for (guint i = 0; i < CNC_TERMS_ALONE + CNC_TERMS_PAIR; i++)
    {
      g_test_message ("%s: of %u, %u at the edge, %u fail", cnc_term_info ((CncTermId) i)->id, (guint) RUNS, edge[i], fail[i]);
      g_assert_cmpuint (fail[i], <=, 4);
      g_assert_cmpuint (edge[i], <=, 40);
      g_assert_cmpuint (edge[i], >=, 3);
    }
}

static const CncTerm *
pair_term (const CncAnalysis *analysis, CncTermId id)
{
  return &analysis->terms[id - CNC_TERM_NPCR];
}

static void
test_equal (void)
{
  g_autofree guint8 *a = g_malloc (3 * 96 * 80);
  g_autoptr (CncAnalysis) analysis = NULL;
  g_autofree char *summary = NULL, *table = NULL;

  fill_slope (a, 96, 80, 3);
  analysis = cnc_analysis_new (a, 96, 80, a, 96, 80, NULL, NULL);
  g_assert_true (analysis->equal);
  g_assert_cmpfloat (pair_term (analysis, CNC_TERM_NPCR)->value, ==, 0);
  g_assert_cmpfloat (pair_term (analysis, CNC_TERM_MSE)->value, ==, 0);
  g_assert_true (isinf (pair_term (analysis, CNC_TERM_PSNR)->value));
  g_assert_true (isinf (pair_term (analysis, CNC_TERM_PSNR_Y)->value));
  g_assert_cmpfloat_with_epsilon (pair_term (analysis, CNC_TERM_SSIM)->value, 1, 1e-12);
  summary = cnc_analysis_summary (analysis);
  g_assert_nonnull (strstr (summary, "equal in every pixel"));
  table = cnc_analysis_table (analysis, NAMES, "A note.");
  g_assert_nonnull (strstr (table, "infinite"));
  g_assert_nonnull (strstr (table, "A note."));
}

/* Other sizes: each picture for itself, and no comparison. */
static void
test_sizes (void)
{
  g_autofree guint8 *a = g_malloc (3 * 96 * 80);
  g_autoptr (CncAnalysis) analysis = NULL;
  g_autofree char *table = NULL;

  fill_slope (a, 96, 80, 3);
  analysis = cnc_analysis_new (a, 96, 80, a, 80, 96, NULL, NULL);
  g_assert_nonnull (analysis);
  for (guint i = 0; i < CNC_TERMS_PAIR; i++)
    {
      g_assert_false (analysis->terms[i].known);
      g_assert_cmpuint (analysis->terms[i].verdict, ==, CNC_VERDICT_NONE);
      g_assert_nonnull (strstr (analysis->terms[i].why, "differ in size"));
    }
  g_assert_true (analysis->picture[1].terms[0].known);
  table = cnc_analysis_table (analysis, NAMES, NULL);
  g_assert_nonnull (strstr (table, "differ in size"));
  g_assert_cmpuint (cnc_analysis_count (analysis, CNC_VERDICT_FAIL), ==, CNC_TERMS_ALONE);
}

/* Tiny pictures and such of one colour: values where there are any, reasons where there are none. */
static void
test_small (void)
{
  guint8 pixels[3 * 70 * 70];
  const guint sides[] = { 1, 2, 5, 10, 11, 36, 37, 70 };

  for (guint flat = 0; flat < 2; flat++)
    for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
      for (guint k = 0; k < 2; k++)
        {
          const guint w = sides[i], h = k == 0 ? sides[i] : 1, bytes = w * h * (flat ? 1 : 3);
          g_autoptr (CncAnalysis) analysis = NULL;
          g_autofree char *table = NULL, *json = NULL, *summary = NULL;

          if (flat)
            memset (pixels, 200, sizeof pixels);
          else
            fill_noise (pixels, sizeof pixels, 5);
          analysis = cnc_analysis_new (pixels, w, h, pixels, w, h, NULL, NULL);
          g_assert_true (analysis->picture[0].terms[CNC_TERM_ENTROPY].known);
          for (guint d = 0; d < 3; d++)
            {
              const CncTerm *term = &analysis->picture[0].terms[CNC_TERM_HORIZONTAL + d];

              if (flat || (w == 1 && d != 1) || (h == 1 && d != 0))
                g_assert_false (term->known);
              g_assert_true (term->known || term->why != NULL);
              g_assert_true (term->limited || term->why != NULL);
            }
          g_assert_cmpint (pair_term (analysis, CNC_TERM_SSIM)->known, ==, w >= 11 && h >= 11);
          g_assert_true (pair_term (analysis, CNC_TERM_SSIM)->known || pair_term (analysis, CNC_TERM_SSIM)->why != NULL);
          g_assert_cmpint (pair_term (analysis, CNC_TERM_NPCR)->limited, ==, bytes >= 4096);
          g_assert_cmpint (analysis->picture[0].terms[CNC_TERM_ENTROPY].limited, ==, bytes >= 4096);
          table = cnc_analysis_table (analysis, NAMES, NULL);
          json = cnc_analysis_json (analysis, NAMES, NULL);
          summary = cnc_analysis_summary (analysis);
          g_assert_null (strstr (json, "nan"));
          g_assert_null (strstr (json, "inf,"));
          if (bytes < 4096)
            g_assert_nonnull (strstr (summary, "too small"));
        }
}

static void
test_refused (void)
{
  guint8 pixel[3] = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_null (cnc_analysis_new (pixel, 0, 1, NULL, 0, 0, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cnc_analysis_new (pixel, 1, 1, pixel, 1, 0, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cnc_analysis_new (pixel, 65536, 65536, NULL, 0, 0, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

static void
cancel_later (double done, const char *text, gpointer data)
{
  CncTask *task = data;

  if (strstr (text, "structures") != NULL)
    cnc_task_cancel (task);
}

static void
test_cancel (void)
{
  g_autofree guint8 *a = g_malloc (3 * 400 * 400);
  g_autoptr (GError) error = NULL;
  CncTask task = { .progress = cancel_later };

  task.user_data = &task;
  fill_noise (a, 3 * 400 * 400, 8);
  g_assert_null (cnc_analysis_new (a, 400, 400, a, 400, 400, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (cnc_analysis_new (a, 400, 400, NULL, 0, 0, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

static void
test_memory (void)
{
  g_autofree guint8 *a = g_malloc (3 * 96 * 80);
  guint failed = 0;

  fill_slope (a, 96, 80, 3);
  for (guint i = 1;; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncAnalysis) analysis = NULL;

      cnc_alloc_fail_at (i);
      analysis = cnc_analysis_new (a, 96, 80, a, 96, 80, NULL, &error);
      cnc_alloc_fail_at (0);
      if (analysis != NULL)
        break;
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      failed++;
    }
  g_assert_cmpuint (failed, >, 20);
}

static double
member (JsonObject *object, const char *term, const char *name)
{
  JsonObject *terms = json_object_get_object_member (object, "terms");

  return json_object_get_double_member (json_object_get_object_member (terms, term), name);
}

/* What is written is read again by json-glib, whatever the names are. */
static void
test_json (void)
{
  const Expected *e = &EXPECTED[0];
  g_autofree guint8 *a = g_malloc (3 * e->width * e->height), *b = g_malloc (3 * e->width * e->height);
  g_autoptr (CncAnalysis) analysis = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;
  JsonObject *root, *picture, *npcr;
  JsonArray *histogram;
  gint64 sum = 0;

  fill_case (0, a, b, e->width, e->height);
  analysis = cnc_analysis_new (a, e->width, e->height, b, e->width, e->height, NULL, NULL);
  cnc_analysis_add_keys (analysis, "cnn", a, b, 3 * e->width * e->height);
  cnc_analysis_add_wrong_key (analysis, b, a, 3 * e->width * e->height);
  json = cnc_analysis_json (analysis, NAMES, "a [note], \"quoted\\\"");
  json_parser_load_from_data (parser, json, -1, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpstr (json_object_get_string_member (root, "notes"), ==, "a [note], \"quoted\\\"");
  picture = json_object_get_object_member (root, "picture");
  g_assert_cmpstr (json_object_get_string_member (picture, "name"), ==, NAMES[0]);
  g_assert_cmpint (json_object_get_int_member (picture, "width"), ==, e->width);
  histogram = json_array_get_array_element (json_object_get_array_member (picture, "histogram"), 1);
  for (guint i = 0; i < 256; i++)
    sum += json_array_get_int_element (histogram, i);
  g_assert_cmpint (sum, ==, e->width * e->height);
  g_assert_cmpfloat_with_epsilon (member (picture, "entropy", "value"), e->alone[0], 1e-9);
  g_assert_cmpfloat_with_epsilon (member (json_object_get_object_member (root, "both"), "npcr", "value"), 100 * e->pair[0], 1e-9);
  npcr = json_object_get_object_member (json_object_get_object_member (json_object_get_object_member (root, "keys"), "terms"), "key-npcr");
  g_assert_true (json_object_get_boolean_member (npcr, "pass"));
  g_assert_true (json_object_get_null_member (json_object_get_object_member (npcr, "random"), "high"));
}

/* Verdict and rates of the network, in words and as JSON; a picture that is too small has none. */
static void
test_judgement (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autofree guint8 *pixels = g_malloc (3 * 64 * 64);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncDetector) detector = detector_of (16, 4, "sigmoid", CNC_DETECTOR_RATES, "1000 2 700 5 0 0 0 0", &error);
  g_autoptr (CncAnalysis) analysis = NULL, small = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *json = NULL, *summary = NULL;
  JsonObject *verdict;

  g_assert_no_error (error);
  memset (pixels, 153, 3 * 64 * 64); /* log odds 2, less log 3 */
  analysis = cnc_analysis_new (pixels, 64, 64, NULL, 0, 0, NULL, &error);
  g_assert_true (cnc_analysis_judge (analysis, pixels, detector, backend, &error));
  g_assert_no_error (error);
  summary = cnc_analysis_summary (analysis);
  g_assert_nonnull (strstr (summary, "It looks encrypted: a probability of 71.1 %, by 16 of 16 parts."));
  g_assert_nonnull (strstr (summary, "2 of 1000 plain ones encrypted, and 5 of 700 encrypted ones plain."));
  json = cnc_analysis_json (analysis, NAMES, NULL);
  g_assert_true (json_parser_load_from_data (parser, json, -1, &error));
  verdict = json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "looks_encrypted");
  g_assert_true (json_object_get_boolean_member (verdict, "verdict"));
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (verdict, "probability"), 1 / (1 + exp (log (3) - 2)), 1e-4);
  g_assert_cmpint (json_object_get_int_member (verdict, "called_plain"), ==, 5);
  small = cnc_analysis_new (pixels, 31, 64, NULL, 0, 0, NULL, &error);
  g_assert_true (cnc_analysis_judge (small, pixels, detector, backend, &error));
  g_assert_null (small->judgement);
}

static void
test_words (void)
{
  for (guint i = 0; i < CNC_N_TERMS; i++)
    {
      const CncTermInfo *info = cnc_term_info ((CncTermId) i);

      g_assert_true (g_str_has_suffix (info->sentence, "."));
      for (guint k = 0; k < i; k++)
        g_assert_cmpstr (info->id, !=, cnc_term_info ((CncTermId) k)->id);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/values", test_values);
  g_test_add_func ("/analysis/judgement", test_judgement);
  g_test_add_func ("/analysis/random", test_random);
  g_test_add_func ("/analysis/equal", test_equal);
  g_test_add_func ("/analysis/sizes", test_sizes);
  g_test_add_func ("/analysis/small", test_small);
  g_test_add_func ("/analysis/refused", test_refused);
  g_test_add_func ("/analysis/cancel", test_cancel);
  g_test_add_func ("/analysis/memory", test_memory);
  g_test_add_func ("/analysis/json", test_json);
  g_test_add_func ("/analysis/words", test_words);
  return g_test_run ();
}
