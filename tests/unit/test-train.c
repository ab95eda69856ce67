/* models/train: gradients of whole networks, exact resumption, recipes, metrics. */
#include "train-case.h"

#include "base/error.h"
#include "metrics.h"
#include "nets.h"

#include <math.h>
#include <unistd.h>

/* ---- gradients ---- */

/* Every layer that lets a gradient through without steps (max_pool and relu are compared with PyTorch in tests/reference).  Values are read
 * twice. */
#define SMOOTH                                                                                                                             \
  "[graph]\nx = input channels=2\n"                                                                                                        \
  "n0 = batch_norm x\n"                                                                                                                    \
  "a = conv2d n0 channels=4 kernel=3 pad=1 activation=tanh\n"                                                                              \
  "b = conv_transpose2d a channels=4 kernel=4 stride=2 pad=1 activation=sigmoid\n"                                                         \
  "c = average_pool b kernel=2\n"                                                                                                          \
  "d = conv2d c a channels=4 kernel=3 pad=2 dilation=2\n"                                                                                  \
  "e = batch_norm d\n"                                                                                                                     \
  "f = concat e x\n"                                                                                                                       \
  "g = multiply e a\n"                                                                                                                     \
  "h = subtract g e\n"                                                                                                                     \
  "i = add h a activation=tanh\n"                                                                                                          \
  "j = pixel_shuffle i factor=2\n"                                                                                                         \
  "k = upsample_bilinear f factor=2\n"                                                                                                     \
  "l = conv2d k channels=2 kernel=3 pad=1 activation=leaky_relu slope=0.9\n"                                                               \
  "m = pixel_unshuffle l factor=2\n"                                                                                                       \
  "o = conv2d m channels=3 kernel=1\n"                                                                                                     \
  "z = quantise o prior=1\n"                                                                                                               \
  "q = affine z scale=0.3 shift=0.1\n"                                                                                                     \
  "r = clamp q low=-50 high=50\n"                                                                                                          \
  "s = activation r activation=tanh\n"                                                                                                     \
  "t = upsample_nearest s factor=2\n"                                                                                                      \
  "u = concat t j\n"                                                                                                                       \
  "v = dropout u rate=0.25\n"                                                                                                              \
  "w = noise v scale=0.1 distribution=gaussian\n"                                                                                          \
  "y0 = average_pool w kernel=2\n"                                                                                                         \
  "y = conv2d y0 channels=2 kernel=1 activation=sigmoid\n"                                                                                 \
  "outputs = y\nlatent = z\n"                                                                                                              \
  "[data]\nvalidation = 0\n[train]\nbatch = 2\nsteps = 10\nseed = 3\n"

/* The loss of the first batch with the weights that are on the device. */
static double
loss_of (TrainSession *s)
{
  g_autoptr (GError) error = NULL;
  float sums[TRAIN_SUMS];
  double loss = 0;

  g_assert_true (cnc_plan_run (s->plan, s->weights, 77, &error));
  g_assert_true (train_losses_run (&s->losses, s->backend, s->plan, s->weights, NULL, s->sums, &error));
  g_assert_true (cnc_buffer_download (s->backend, s->sums, 0, sums, sizeof sums, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < s->losses.n_terms; i++)
    loss += (double) sums[i];
  return loss;
}

static void
check_gradients (const char *losses)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strconcat (SMOOTH, losses, NULL);
  g_autoptr (TrainRecipe) recipe = recipe_of (text, &error);
  g_autoptr (TrainData) data = random_data (2, 2, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = NULL;
  const CncTensor *feed;
  double worst = 0;
  guint32 state = 5;

  g_assert_no_error (error);
  s = train_session_new (backend, recipe, data, &error);
  g_assert_no_error (error);
  randomise (s->net, 9); /* biases, too, away from 0 */
  for (guint i = 0; i < s->net->n_values; i++)
    if (!s->net->graph->parameters[i].trained)
      s->net->values[i][0] = 1;
  g_assert_true (cnc_weights_upload (s->weights, s->net, &error));
  feed = cnc_plan_tensor (s->plan, 0);
  for (gsize i = 0; i < cnc_shape_count (&feed->shape); i++)
    s->batch[i] = 0.5f + 0.4f * random_float (&state);
  g_assert_true (cnc_buffer_upload (backend, feed->buffer, 0, s->batch, cnc_tensor_bytes (feed), &error));
  loss_of (s);
  g_assert_true (train_gradients_clear (s->gradients, &error));
  g_assert_true (train_losses_run (&s->losses, backend, s->plan, s->weights, s->gradients, s->sums, &error));
  g_assert_true (train_gradients_run (s->gradients, 77, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < s->net->n_values; i++)
    {
      const CncParameter *p = &s->net->graph->parameters[i];
      const gsize count = cnc_shape_count (&p->shape), at = s->weights->tensors[i].offset * 4;
      g_autofree float *gradient = g_new (float, count);
      double size = 0, error_size = 0;

      if (!p->trained)
        continue;
      g_assert_true (cnc_buffer_download (backend, train_gradients_buffer (s->gradients), at, gradient, count * 4, &error));
      for (gsize k = 0; k < count; k += 1 + count / 9)
        {
          const float old = s->net->values[i][k], step = 4e-3f;
          float moved[2] = { old + step, old - step };
          double sides[2], slope;

          for (guint side = 0; side < 2; side++)
            {
              g_assert_true (cnc_buffer_upload (backend, s->weights->buffer, at + k * 4, &moved[side], 4, &error));
              sides[side] = loss_of (s);
            }
          g_assert_true (cnc_buffer_upload (backend, s->weights->buffer, at + k * 4, &old, 4, &error));
          slope = (sides[0] - sides[1]) / ((double) moved[0] - (double) moved[1]);
          size += slope * slope;
          error_size += (slope - (double) gradient[k]) * (slope - (double) gradient[k]);
        }
      g_test_message ("%-10s slope %.3g, off by %.3g", p->name, sqrt (size), sqrt (error_size));
      worst = MAX (worst, sqrt (error_size) / (sqrt (size) + 1e-2));
    }
  g_test_message ("worst of all: %.3g", worst);
  g_assert_cmpfloat (worst, <, 0.03);
}

static void
test_gradients (void)
{
  check_gradients ("[loss]\nmse = 5\nrate = 2\n");
  check_gradients ("[loss]\nbce = 1\nssim = 0.5\n");
}

/* ---- sessions ---- */

#define RECIPE                                                                                                                             \
  "[graph]\nx = input channels=3\na = conv2d x channels=6 kernel=3 stride=2 pad=1\nb = batch_norm a\nc = activation b activation=relu\nd " \
  "= dropout c rate=0.1\n"                                                                                                                 \
  "z = quantise d prior=1\ny = conv_transpose2d z channels=3 kernel=4 stride=2 pad=1 activation=sigmoid\noutputs = y\nlatent = z\n"        \
  "[data]\ncrop = 12\ncrops = 3\nflip = both\nvalidation = 0.2\n[train]\nseed = 11\nbatch = 5\nsteps = 14\nlearning_rate = 0.01\nclip = "  \
  "1\n[loss]\nmse = 1\nrate = 0.01\n"

static void
same_weights (const CncNet *a, const CncNet *b)
{
  for (guint i = 0; i < a->n_values; i++)
    {
      const gsize n = cnc_shape_count (&a->graph->parameters[i].shape);

      assert_equal (a->values[i], n, b->values[i], n);
    }
}

/* A run that was stopped and went on, and one that was not: the same bits.  Another seed: others. */
static void
test_resume (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (RECIPE, &error), other = recipe_of (RECIPE, &error);
  g_autoptr (TrainData) data = random_data (9, 3, 16);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (TrainSession) whole = session_of (recipe, data, backend), first = session_of (recipe, data, backend),
                           second = session_of (recipe, data, backend), third = NULL;
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), *path = g_build_filename (folder, "c", NULL);

  steps (whole, 14);
  steps (first, 7);
  g_assert_true (train_session_save (first, path, &error));
  g_assert_true (train_session_load (second, path, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (second->step, ==, 7);
  steps (second, 7);
  same_weights (whole->net, second->net);
  same_weights (whole->best, second->best);
  g_assert_cmpfloat (whole->best_loss, ==, second->best_loss);
  g_assert_cmpfloat (whole->sum, ==, second->sum);
  g_assert_cmpstr (whole->log->str, ==, second->log->str);

  other->seed = 12;
  third = session_of (other, data, backend);
  g_assert_false (train_session_load (third, path, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "seed"));
  g_clear_error (&error);
  steps (third, 14);
  g_assert_true (memcmp (third->net->values[0], whole->net->values[0], 64) != 0);
  g_unlink (path);
  g_assert_false (train_session_load (third, path, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_rmdir (folder);
}

static void
test_not_a_number (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (RECIPE, &error);
  g_autoptr (TrainData) data = random_data (9, 3, 16);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (TrainSession) s = session_of (recipe, data, backend);
  const float bad = NAN;
  float before[8], after[8];

  steps (s, 2);
  g_assert_true (cnc_buffer_upload (backend, s->weights->buffer, 0, &bad, 4, &error));
  g_assert_true (cnc_buffer_download (backend, s->weights->buffer, 256, before, sizeof before, &error));
  g_assert_false (train_session_step (s, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "step 3"));
  g_assert_cmpuint (s->step, ==, 2);
  g_clear_error (&error);
  g_assert_true (cnc_buffer_download (backend, s->weights->buffer, 256, after, sizeof after, &error));
  assert_equal (before, 8, after, 8);
}

/* ---- recipes ---- */

static void
test_recipes (void)
{
  static const char tail[] = "[train]\nbatch = 1\nsteps = 1\n[loss]\nmse = 1\n";
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { "[graph]\nx = input channels=1\ny = conv2d x channels=1 kernel=3 pad=1\noutputs = y\n[train]\nbatch = 1\nsteps = 1\nlearning_rat = "
      "1\n[loss]\nmse = 1\n",
      ":8: [train] has no key \"learning_rat\"; did you mean \"learning_rate\"?" },
    { "[graph]\nx = input channels=1\ny = conv3d x channels=1 kernel=3\noutputs = y\n",
      ":3: there is no layer \"conv3d\"; did you mean \"conv2d\"?" },
    { "[graph]\nx = input channels=1\n\n# a comment\ny = conv2d x channels=1 kernal=3\noutputs = y\n",
      ":5: conv2d has no attribute \"kernal\"; did you mean \"kernel\"?" },
    { "[graph]\nx = input channels=1\ny = conv2d q channels=1 kernel=3\noutputs = y\n", ":3: In the network, \"q\"" },
    { "[graph]\nx = input channels=1\ny = round8 x\ny = round8 x\noutputs = y\n", ":4: \"y\" stands twice, first in line 3" },
    { "[graph]\nx = input channels=1\ny = round8 x\noutputs = y\n[data]\nflip = horizontall\n",
      ":6: flip is one of \"none horizontal both\", not \"horizontall\"; did you mean \"horizontal\"?" },
    { "[graph]\nx = input channels=1\ny = round8 x\noutputs = y\n[train]\nbatch = 2.5\n", ":6: batch is a whole number" },
    { "[graph]\nx = input channels=1\ny = round8 x\noutputs = y\n[train]\nbatch = 2\n[loss]\nmse = 1\n",
      "[train] lacks \"steps = NUMBER\"" },
    { "[graph]\nx = input channels=1\ny = round8 x\noutputs = y\n[train]\nbatch = 2\nsteps = 1\n", "[loss] needs" },
    { "[graph]\nx = input channels=1\ny = round8 x\noutputs = y\n[train]\nbatch = 2\nsteps = 1\n[loss]\nmse = 1\nrate = 1\n",
      "[loss] rate needs a latent" },
    { "[graph]\nx = input channels=1\ny = round8 x\n[train]\nbatch = 2\n", "lacks \"outputs = NAME\"" },
    { "[graph]\nx = input channels=1\ny = concat x x\noutputs = y\n[train]\nbatch = 2\nsteps = 1\n[loss]\nmse = 1\n",
      ":3: concat cannot take \"x\" twice in training" },
    { "[graf]\nx = 1\n", ":2: there is no group [graf]" },
    { "no key file", "not a recipe" },
  };
  g_autofree char *good
      = g_strconcat ("[graph]\nx = input channels=1 height=4 width=6\ny = dense x channels=24 activation=tanh\noutputs = y\n", tail, NULL);
  g_autoptr (GError) none = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (good, &none);

  g_assert_no_error (none);
  g_assert_cmpfloat (train_recipe_rate (recipe, 1), ==, 1e-3);
  g_assert_cmpuint (recipe->graph->parameters[0].shape.c, ==, 24);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    refused (cases[i].text, cases[i].expected);
}

/* ---- metrics ---- */

/* SSIM against the operation of the core, which is another implementation; the rest by hand. */
static void
test_metrics (void)
{
  g_autoptr (TrainData) data = random_data (2, 3, 24);
  const guint8 *a = g_array_index (data->pictures, TrainPicture, 0).pixels;
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (GError) error = NULL;
  guint8 b[3 * 576];
  float values[2][3 * 576], loss;
  CncTensor in[2], out = { NULL, 0, { 1, 1, 1, 1 } };
  const CncOp op = { .kind = CNC_OP_SSIM, .scale = 1 };
  TrainMetrics m;

  for (guint i = 0; i < 3 * 576; i++)
    {
      b[i] = (guint8) CLAMP (a[i] + (int) (i % 41) - 20, 0, 255);
      values[0][i] = (float) a[i] / 255.0f;
      values[1][i] = (float) b[i] / 255.0f;
    }
  for (guint i = 0; i < 2; i++)
    {
      in[i] = (CncTensor){ cnc_buffer_new (backend, sizeof values[i], &error), 0, { 1, 3, 24, 24 } };
      g_assert_true (cnc_buffer_upload (backend, in[i].buffer, 0, values[i], sizeof values[i], &error));
    }
  out.buffer = cnc_buffer_new (backend, 4, &error);
  g_assert_true (cnc_op_run (backend, &op, in, 2, &out, 1, &error));
  g_assert_true (cnc_buffer_download (backend, out.buffer, 0, &loss, 4, &error));
  train_metrics (a, b, 3, 24, 24, &m);
  g_assert_cmpfloat (fabs (m.ssim - (1 - (double) loss)), <, 1e-5);
  train_metrics (a, a, 3, 24, 24, &m);
  g_assert_cmpfloat (m.psnr, ==, 99);
  g_assert_cmpfloat (fabs (m.ssim - 1), <, 1e-12);
  /* green alone off by 10: MSE a third of 100, luma off by 5.87 */
  memcpy (b, a, sizeof b);
  for (guint i = 576; i < 1152; i++)
    b[i] = (guint8) (a[i] < 128 ? a[i] + 10 : a[i] - 10);
  train_metrics (a, b, 3, 24, 24, &m);
  g_assert_cmpfloat (fabs (m.psnr - 10 * log10 (255.0 * 255.0 * 3 / 100)), <, 1e-9);
  g_assert_cmpfloat (fabs (m.psnr_y - 20 * log10 (255.0 / 5.87)), <, 1e-9);
  train_metrics (a, b, 1, 10, 57, &m);
  g_assert_true (isnan (m.ssim));
  cnc_buffer_free (backend, in[0].buffer);
  cnc_buffer_free (backend, in[1].buffer);
  cnc_buffer_free (backend, out.buffer);
}

/* Beside NumPy's corrcoef and a mean over two pictures of two channels. */
static void
test_alike (void)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (TrainMoments));
  guint8 a[400], b[400], still[400] = { 0 };
  TrainMoments moments;
  TrainMetrics m;

  for (guint i = 0; i < 400; i++)
    {
      a[i] = (guint8) (i * 37 % 101);
      b[i] = (guint8) ((i * 53 + 3 * a[i]) % 97);
    }
  train_metrics (a, b, 1, 20, 20, &m);
  g_assert_cmpfloat (fabs (m.correlation - 0.04852772717571548), <, 1e-12);
  train_metrics (a, still, 1, 20, 20, &m);
  g_assert_cmpfloat (m.correlation, ==, 0);
  for (guint i = 0; i < 400; i++)
    still[i] = (guint8) (255 - a[i]);
  train_metrics (a, still, 2, 20, 10, &m);
  g_assert_cmpfloat (fabs (m.correlation + 1), <, 1e-12);
  for (guint i = 0; i < 400; i++)
    b[i] = (guint8) (100 + b[i] / 2);
  train_moments (a, 2, 200, &moments);
  g_array_append_val (all, moments);
  train_moments (b, 2, 200, &moments);
  g_array_append_val (all, moments);
  g_assert_cmpfloat (fabs (train_constant_psnr (all, 2) - 15.43935580586733), <, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/gradients", test_gradients);
  g_test_add_func ("/train/resume", test_resume);
  g_test_add_func ("/train/not-a-number", test_not_a_number);
  g_test_add_func ("/train/recipes", test_recipes);
  g_test_add_func ("/train/metrics", test_metrics);
  g_test_add_func ("/train/metrics/alike", test_alike);
  return g_test_run ();
}
