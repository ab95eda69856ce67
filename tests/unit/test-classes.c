/* models/train with classes: which picture is told which class, recipes that are refused, and that a network learns to tell two apart. */
#include "train-case.h"

#include "base/error.h"
#include "measure/detector.h"
#include "train.h"

#include <math.h>

#define RECIPE                                                                                                                             \
  "[graph]\nx = input channels=3 height=16 width=16\nlabel = input channels=1 height=1 width=1%s\n"                                        \
  "c = conv2d x channels=8 kernel=3 pad=1 bias=0\nn = batch_norm c\na = activation n activation=leaky_relu slope=0.1\n"                    \
  "p = average_pool a kernel=16\nl = conv2d p channels=1 kernel=1\nv = activation l activation=sigmoid\noutputs = v\n"                     \
  "[data]\nclasses = %s\ncrop = 16\nflip = both\nvalidation = 0.25\n[train]\nseed = 3\nbatch = 8\nsteps = 160\nlearning_rate = 0.03\n"     \
  "[loss]\ntargets = v label 1\nbce = 1\n"
#define COUNT 80u

static TrainRecipe *
read_recipe (const char *label, const char *classes, GError **error)
{
  g_autofree char *text = g_strdup_printf (RECIPE, label, classes);

  return recipe_of (text, error);
}

/* Half of them rows of one value each, half noise. */
static TrainData *
two_kinds (void)
{
  TrainData *data = random_data (COUNT, 3, 40);

  for (guint i = 0; i < COUNT; i++)
    {
      TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);
      guint8 *pixels = data->blocks->pdata[i];

      p->name = g_intern_string (i % 2 == 0 ? "rows/a.png" : "noise/a.png");
      for (guint k = 0; k < 3 * 40 * 40 && i % 2 == 0; k++)
        pixels[k] = pixels[k / 40 * 40];
    }
  return data;
}

static void
test_labels (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainData) data = two_kinds ();

  g_assert_true (train_data_label (data, " rows/*  noise/* ", &error));
  g_assert_no_error (error);
  for (guint i = 0; i < COUNT; i++)
    g_assert_cmpuint (g_array_index (data->pictures, TrainPicture, i).label, ==, i % 2);
  g_assert_false (train_data_label (data, "noise/* *", &error)); /* both */
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (train_data_label (data, "noise/* row/*", &error)); /* none */
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (train_data_label (data, "* nothing/*", &error)); /* an empty class */
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

static void
test_recipes (void)
{
  static const char *const bad[][2] = {
    { "", "noise/*" }, { "", "a b c" }, { " key=1", "rows/* noise/*" }, { "\nk = input channels=2 height=1 width=1", "rows/* noise/*" }
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) good = read_recipe ("", "rows/* noise/*", &error);

  g_assert_no_error (error);
  g_assert_nonnull (good);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (read_recipe (bad[i][0], bad[i][1], &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
      g_clear_error (&error);
    }
}

/* In every sample of a batch the label is that of the picture; noise differs within a row. */
static void
test_batches (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = read_recipe ("", "rows/* noise/*", &error);
  g_autoptr (TrainData) data = two_kinds ();
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = NULL;
  guint counts[2] = { 0 };

  g_assert_no_error (error);
  g_assert_true (train_data_label (data, recipe->classes, &error));
  s = session_of (recipe, data, backend);
  for (s->step = 0; s->step < 10; s->step++)
    {
      const float *x = s->batch, *labels = x + 8 * 3 * 16 * 16;

      train_session_fill (s);
      for (guint i = 0; i < 8; i++)
        {
          const float *row = x + i * 3 * 16 * 16;
          const guint is = row[0] == row[1] && row[1] == row[2] ? 0 : 1;

          g_assert_cmpfloat (labels[i], ==, is);
          counts[is]++;
        }
    }
  g_assert_cmpuint (counts[0], >, 20);
  g_assert_cmpuint (counts[1], >, 20);
}

/* It learns, as do the thresholds: all pictures are called what they are by the model file. */
static void
test_learns (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = read_recipe ("", "rows/* noise/*", &error);
  g_autoptr (TrainData) data = two_kinds ();
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = NULL;
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncDetector) detector = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *path = NULL;
  const int fd = g_file_open_tmp ("classes-XXXXXX.safetensors", &path, NULL);
  double first;

  g_close (fd, NULL);
  g_assert_true (train_data_label (data, recipe->classes, &error));
  s = session_of (recipe, data, backend);
  g_assert_true (train_session_step (s, &error));
  first = s->loss;
  steps (s, 159);
  g_assert_cmpfloat (s->best_loss, <, first / 2);
  g_assert_true (cnc_net_store (s->net, CNC_DTYPE_F16, writer, &error));
  train_classes_describe (writer, recipe->classes, data);
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_true (cnc_file_replace (path, bytes, &error));
  detector = cnc_detector_read (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cnc_safetensors_metadata (detector->net->file, CNC_DETECTOR_CLASSES), ==, "rows/* noise/*");
  for (guint i = 0; i < COUNT; i++)
    {
      const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);
      CncVerdict verdict;
      double correlation, entropy;

      g_assert_true (cnc_detector_judge (detector, backend, p->pixels, 3, FALSE, 40, 40, &verdict, &error));
      g_assert_no_error (error);
      g_assert_true (verdict.encrypted == (p->label == 1));
      cnc_detector_figures (p->pixels, 3, 40, 40, &correlation, &entropy);
      g_assert_true (cnc_detector_threshold (correlation, entropy, detector->correlation, detector->entropy) == (p->label == 1));
    }
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/classes/labels", test_labels);
  g_test_add_func ("/classes/recipes", test_recipes);
  g_test_add_func ("/classes/batches", test_batches);
  g_test_add_func ("/classes/learns", test_learns);
  return g_test_run ();
}
