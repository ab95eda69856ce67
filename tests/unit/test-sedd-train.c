/* models/train/sedd*.c: the encoder in whole numbers is the one that was trained, and a decoder sees what a decoder will see. */
#include "train-case.h"

#include "base/error.h"
#include "methods/sedd/vector.h"
#include "nn/reference.h"
#include "sedd.h"

#include <math.h>

#define ENCODER(FIRST, SECOND)                                                                                                             \
  "[graph]\nx = input channels=3\nx0 = affine x scale=2 shift=-1\ne1 = conv2d x0 channels=9 kernel=8 stride=8 " FIRST "\n"                 \
  "e2 = conv2d e1 channels=5 kernel=1" SECOND "\ne3 = affine e2 scale=8 shift=0.25\nz = quantise e3 prior=1\n"                             \
  "d = conv2d z channels=192 kernel=1\ny = pixel_shuffle d factor=8\noutputs = y\nlatent = z\n"
#define REST                                                                                                                               \
  "[data]\ncrop = 32\n[train]\nbatch = 2\nsteps = 5\nlearning_rate = 0.01\n[loss]\nmse = 100\nrate = 1\n"                                  \
  "[decoder graph]\nx = input channels=3\nz = input channels=6 divide=8\nd = conv2d z channels=192 kernel=1\n"                             \
  "y = pixel_shuffle d factor=8\noutputs = y\n[decoder train]\nbatch = 2\nsteps = 5\nlearning_rate = 0.01\n[decoder loss]\nmse = 1\n"
#define GOOD ENCODER ("activation=leaky_relu slope=0.25", "") REST

static gboolean
read_pair (const char *text, TrainRecipe **encoder, TrainRecipe **decoder, GError **error)
{
  g_autofree char *path = NULL;
  const int fd = g_file_open_tmp ("pair-XXXXXX.ini", &path, NULL);
  gboolean good;

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  good = train_recipe_read_pair (path, encoder, decoder, error);
  g_unlink (path);
  return good;
}

static CncNet *
begin (const TrainRecipe *recipe)
{
  CncNet *net = cnc_net_new (cnc_graph_copy (recipe->graph), NULL);

  g_assert_true (train_begin (net, recipe, NULL));
  for (guint i = 0; i < net->n_values; i++) /* also biases */
    for (gsize k = 0; k < cnc_shape_count (&net->graph->parameters[i].shape); k++)
      net->values[i][k] += (float) (g_test_rand_double_range (-0.1, 0.1));
  return net;
}

static CncRaster *
noise (guint32 side)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncRaster *raster = cnc_raster_new (side, side, &format, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) (g_test_rand_int () & (i % 7 < 3 ? 255 : 31));
  return raster;
}

/* The vector of the network in floating point, and that of the encoder, in steps: no farther apart than rounding of weights and of the result explains. */
static void
test_whole (void)
{
  TrainRecipe *recipes[2] = { NULL, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  CncPlanParams params = { .n_feeds = 1, .n_fetches = 1, .shapes = { { 1, 3, 32, 32 } } };

  g_assert_true (read_pair (GOOD, &recipes[0], &recipes[1], &error));
  for (guint round = 0; round < 10; round++)
    {
      g_autoptr (CncNet) net = begin (recipes[0]);
      g_autoptr (CncSeddEncoder) encoder = train_sedd_whole (net, &error);
      g_autoptr (CncRaster) picture = noise (32);
      g_autofree gint16 *fine = NULL;
      g_autoptr (CncWeights) weights = NULL;
      g_autoptr (CncPlan) plan = NULL;
      float in[3 * 32 * 32], out[5 * 4 * 4], most = 0;

      g_assert_no_error (error);
      g_assert_cmpuint (encoder->code.hidden, ==, 9);
      g_assert_cmpuint (encoder->code.channels, ==, 5);
      g_assert_cmpuint (encoder->code.slope, ==, 2);
      for (guint i = 0; i < 3 * 32 * 32; i++)
        in[i % 3 * 32 * 32 + i / 3] = picture->data[i] / 255.0f;
      fine = cnc_sedd_see (&encoder->code, picture, NULL, NULL);
      params.fetches[0] = cnc_graph_node (net->graph, net->graph->latent)->inputs[0];
      plan = cnc_plan_new (backend, net->graph, &params, &error);
      weights = cnc_weights_new (backend, net, &error);
      g_assert_true (cnc_buffer_upload (backend, cnc_plan_tensor (plan, 0)->buffer, 0, in, sizeof in, NULL));
      g_assert_true (cnc_plan_run (plan, weights, 0, NULL));
      g_assert_true (cnc_buffer_download (backend, cnc_plan_tensor (plan, params.fetches[0])->buffer,
                                          cnc_plan_tensor (plan, params.fetches[0])->offset * sizeof (float), out, sizeof out, NULL));
      for (guint i = 0; i < 5 * 4 * 4; i++)
        {
          g_assert_cmpfloat (fabsf (out[i] - fine[i] / 16.0f), <, 0.06f);
          most = MAX (most, fabsf (out[i]));
        }
      g_assert_cmpfloat (most, >, 2);
    }
  train_recipe_free (recipes[0]);
  train_recipe_free (recipes[1]);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *recipe, *words;
  } cases[] = {
    { ENCODER ("activation=relu", "") REST, "activation leaky_relu" },
    { ENCODER ("activation=leaky_relu slope=0.3", "") REST, "power of two" },
    { ENCODER ("activation=leaky_relu slope=0.5 bias=0", "") REST, "with a bias" },
    { ENCODER ("activation=leaky_relu slope=0.5", " activation=tanh") REST, "no activation" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TrainRecipe *recipes[2] = { NULL, NULL };
      g_autoptr (GError) error = NULL;
      g_autoptr (CncNet) net = NULL;

      g_assert_true (read_pair (cases[i].recipe, &recipes[0], &recipes[1], &error));
      net = begin (recipes[0]);
      g_assert_null (train_sedd_whole (net, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      if (strstr (error->message, cases[i].words) == NULL)
        g_error ("“%s” does not say “%s”", error->message, cases[i].words);
      train_recipe_free (recipes[0]);
      train_recipe_free (recipes[1]);
    }
}

/* What a decoder learns from is what the method hands it: the vector in steps and the step; the same seed gives the same. */
static void
test_vectors (void)
{
  TrainRecipe *recipes[2] = { NULL, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainData) data = random_data (12, 3, 64);
  g_autoptr (CncNet) net = NULL;
  g_autoptr (CncSeddEncoder) encoder = NULL;
  g_autoptr (CncGraph) stored = NULL;
  g_autoptr (CncRaster) picture = noise (32);
  g_autofree gint16 *fine = NULL, *values = NULL;
  float in[3 * 32 * 32], out[6 * 4 * 4], again[6 * 4 * 4];
  g_autoptr (GByteArray) coded = NULL;
  guint step, moved = 0;

  g_assert_true (read_pair (GOOD, &recipes[0], &recipes[1], &error));
  net = begin (recipes[0]);
  encoder = train_sedd_whole (net, &error);
  g_assert_no_error (error);
  g_assert_true (train_sedd_tables (encoder, data, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < 3 * 32 * 32; i++)
    in[i % 3 * 32 * 32 + i / 3] = picture->data[i] / 255.0f;
  fine = cnc_sedd_see (&encoder->code, picture, NULL, NULL);
  values = g_new (gint16, 5 * 4 * 4);
  coded = cnc_sedd_fit (encoder->tables, fine, 4, 4, cnc_sedd_budget (32, 32), values, &step, NULL, NULL);
  train_sedd_fill (encoder, in, 32, 32, 0, out);
  for (guint i = 0; i < 5 * 4 * 4; i++)
    g_assert_cmpfloat (out[i], ==, cnc_sedd_step (step) * values[i]);
  for (guint i = 5 * 4 * 4; i < 6 * 4 * 4; i++)
    g_assert_cmpfloat (out[i], ==, (float) step);
  for (guint64 seed = 1; seed < 40; seed++)
    {
      train_sedd_fill (encoder, in, 32, 32, seed, out);
      train_sedd_fill (encoder, in, 32, 32, seed, again);
      g_assert_cmpmem (out, sizeof out, again, sizeof again);
      moved += out[5 * 4 * 4] != (float) step;
      g_assert_cmpfloat (fabsf (out[5 * 4 * 4] - (float) step), <=, 3);
    }
  g_assert_cmpuint (moved, >, 5);
  g_assert_cmpuint (moved, <, 30);

  stored = train_sedd_graph (recipes[1]->graph, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (stored->n_inputs, ==, 1);
  g_assert_cmpuint (stored->inputs[0].channels, ==, 6);
  g_assert_cmpstr (cnc_graph_value_name (stored, stored->outputs[0]), ==, "y");
  train_recipe_free (recipes[0]);
  train_recipe_free (recipes[1]);
}

/* A decoder that peeks at the picture is none. */
static void
test_peeking (void)
{
  TrainRecipe *recipes[2] = { NULL, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (GOOD);

  g_assert_cmpuint (g_string_replace (text, "y = pixel_shuffle d factor=8\noutputs = y\n[decoder train]",
                                      "s = pixel_shuffle d factor=8\ny = add s x\noutputs = y\n[decoder train]", 1),
                    ==, 1);
  g_assert_true (read_pair (text->str, &recipes[0], &recipes[1], &error));
  g_assert_null (train_sedd_graph (recipes[1]->graph, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  train_recipe_free (recipes[0]);
  train_recipe_free (recipes[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sedd-train/whole", test_whole);
  g_test_add_func ("/sedd-train/refused", test_refused);
  g_test_add_func ("/sedd-train/vectors", test_vectors);
  g_test_add_func ("/sedd-train/peeking", test_peeking);
  return g_test_run ();
}
