/* models/train/begin.c: layers that begin as the cosine transform, and layers that are scaled by what the data does to them. */
#include "train-case.h"

#include "base/error.h"

#include <math.h>

#define RECIPE(dct, normalise)                                                                                                             \
  "[graph]\nx = input channels=3\na = conv2d x channels=192 kernel=8 stride=8 bias=0\nb = conv_transpose2d a channels=3 kernel=8 stride=8" \
  " bias=0\nr = add x b\nc = conv2d r channels=5 kernel=4 stride=4\ne = conv2d c channels=7 kernel=1\nf = conv2d e channels=48 "           \
  "kernel=1 activation=relu\ny = pixel_shuffle f factor=4\noutputs = y\n[data]\ncrop = 16\nvalidation = 0\n[train]\nbatch = 3\nsteps = "   \
  "2\n"                                                                                                                                    \
  "seed = 5\ndct = " dct "\nnormalise = " normalise "\n[loss]\nmse = 1\n"

static const float *
weights (const TrainSession *s, const char *name)
{
  for (guint i = 0; i < s->net->n_values; i++)
    if (strcmp (s->net->graph->parameters[i].name, name) == 0)
      return s->net->values[i];
  g_assert_not_reached ();
}

static double
product (const float *a, const float *b)
{
  double sum = 0;

  for (guint i = 0; i < 192; i++)
    sum += (double) a[i] * (double) b[i];
  return sum;
}

/* All 192 rows together are orthonormal; the first is a grey of one value; the order rises in frequency; a part is rows of the whole. */
static void
test_transform (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (RECIPE ("a b:128-191,64-127,0-63 c:2,7-8,10,3", "c e"), &error);
  g_autoptr (TrainData) data = random_data (6, 3, 16);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = NULL;
  const float *a, *b;
  double turns = 0;

  g_assert_no_error (error);
  s = session_of (recipe, data, backend);
  a = weights (s, "a.weight");
  b = weights (s, "b.weight");
  for (guint i = 0; i < 192; i++)
    for (guint j = 0; j < 192; j++)
      g_assert_cmpfloat_with_epsilon (product (a + 192 * i, a + 192 * j), i == j ? 1 : 0, 1e-6);
  for (guint i = 0; i < 192; i++)
    g_assert_cmpfloat_with_epsilon (a[i], 1 / sqrt (192), 1e-7);
  for (guint i = 0; i < 192; i++)
    g_assert_cmpmem (b + 192 * i, 192 * sizeof *b, a + 192 * (i < 64 ? 128 + i : i < 128 ? i : i - 128), 192 * sizeof *a);
  for (guint i = 0; i < 64; i++) /* changes of sign along a row: few at the beginning of the order, many at its end */
    for (guint k = 1; k < 8; k++)
      turns += (a[192 * i + k] * a[192 * i + k - 1] < 0 ? -1 : 0) + (a[192 * (128 + i) + k] * a[192 * (128 + i) + k - 1] < 0 ? 1 : 0);
  g_assert_cmpfloat (turns, >, 64);
}

/* Over the batches of the first 16 steps, each channel has mean 0 and deviation 1, also behind another layer that was scaled before. */
static void
test_normalise (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (RECIPE ("a b", "c e"), &error);
  g_autoptr (TrainData) data = random_data (6, 3, 16);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = NULL;
  static const char *const names[] = { "c", "e" };
  static const guint counts[] = { 5, 7 };
  double mean[12] = { 0 }, square[12] = { 0 };

  g_assert_no_error (error);
  s = session_of (recipe, data, backend);
  g_assert_cmpuint (s->step, ==, 0);
  for (s->step = 0; s->step < 16; s->step++)
    {
      train_session_fill (s);
      g_assert_true (train_session_upload (s, s->plan, &error) && cnc_plan_run (s->plan, s->weights, 0, &error));
      for (guint n = 0, at = 0; n < 2; at += counts[n++])
        {
          const CncTensor *t = cnc_plan_tensor (s->plan, cnc_graph_value (s->net->graph, names[n]));
          float values[3 * 7 * 16];

          g_assert_cmpuint (cnc_tensor_bytes (t), ==, 3 * counts[n] * 16 * sizeof (float));
          g_assert_true (cnc_buffer_download (backend, t->buffer, t->offset * sizeof (float), values, cnc_tensor_bytes (t), &error));
          for (guint i = 0; i < 3 * counts[n] * 16; i++)
            {
              mean[at + i / 16 % counts[n]] += (double) values[i] / (16 * 48);
              square[at + i / 16 % counts[n]] += (double) values[i] * (double) values[i] / (16 * 48);
            }
        }
    }
  for (guint i = 0; i < 12; i++)
    {
      g_assert_cmpfloat_with_epsilon (mean[i], 0, 1e-3);
      g_assert_cmpfloat_with_epsilon (square[i], 1, 2e-3);
    }
}

static void
assert_refused (const char *text, const char *sentence)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (text, &error);

  g_assert_null (recipe);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  if (strstr (error->message, sentence) == NULL)
    g_error ("“%s” does not say “%s”", error->message, sentence);
}

static void
test_refused (void)
{
  assert_refused (RECIPE ("q", "c"), "\"q\" is no layer conv2d or conv_transpose2d");
  assert_refused (RECIPE ("y", "c"), "\"y\" is no layer conv2d or conv_transpose2d");
  assert_refused (RECIPE ("e", "c"), "between three channels");
  assert_refused (RECIPE ("a:0-190", "c"), "\"a\" has 192 channels");
  assert_refused (RECIPE ("a:1-192", "c"), "from 0 to 191");
  assert_refused (RECIPE ("c:0-4,", "c"), "\"c\" has 5 channels");
  assert_refused (RECIPE ("c:4-0", "c"), "\"c\" has 5 channels");
  assert_refused (RECIPE ("c:0-99999999999999999999", "c"), "\"c\" has 5 channels");
  assert_refused (RECIPE ("a", "b"), "\"b\" is no layer conv2d of");
  assert_refused (RECIPE ("a", "f"), "\"f\" can only be normalised");
  assert_refused (RECIPE ("a", "a"), "\"a\" can only be normalised");
  assert_refused (RECIPE ("a a a a a a a a a a a a a a a a a", "c"), "more than 16 transforms");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/begin/transform", test_transform);
  g_test_add_func ("/train/begin/normalise", test_normalise);
  g_test_add_func ("/train/begin/refused", test_refused);
  return g_test_run ();
}
