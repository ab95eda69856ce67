/* models/train/settle.c: the decoder alone learns, from what is coded, and always the same. */
#include "train-case.h"

#include "base/error.h"
#include "nn/reference.h"
#include "settle.h"

#define RECIPE                                                                                                                             \
  "[graph]\nx = input channels=3\na = conv2d x channels=8 kernel=4 stride=2 pad=1\ne = affine a scale=3\nz = quantise e prior=1\n"         \
  "d = conv2d z channels=12 kernel=3 pad=1\ny = pixel_shuffle d factor=2\noutputs = y\nlatent = z\n"                                       \
  "[data]\ncrop = 16\n[train]\nbatch = 4\nsteps = 40\nlearning_rate = 0.01\nsettle = 120\nsettle_rate = 0.003\n[loss]\nmse = 100\nrate = " \
  "1\n"

static double losses[120];

static void
note_loss (guint step, double loss)
{
  losses[step - 1] = loss;
}

static double
mean (guint from, guint to)
{
  double sum = 0;

  for (guint i = from; i < to; i++)
    sum += losses[i];
  return sum / (to - from);
}

static gboolean
same (const CncNet *a, const CncNet *b, guint parameter)
{
  return memcmp (a->values[parameter], b->values[parameter], cnc_shape_count (&a->graph->parameters[parameter].shape) * sizeof (float))
         == 0;
}

static void
test_settle (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (RECIPE, &error);
  g_autoptr (TrainData) data = random_data (24, 3, 16);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (TrainSession) session = train_session_new (backend, recipe, data, &error);
  g_autoptr (CncNet) once = NULL, again = NULL;
  g_autoptr (CncLatentTables) tables = NULL;
  double loss;

  g_assert_no_error (error);
  for (guint i = 0; i < recipe->steps; i++)
    g_assert_true (train_session_step (session, &error));
  g_assert_true (train_session_validate (session, &loss, &error)); /* weights to the host */
  once = train_net_copy (session->net, &error);
  again = train_net_copy (session->net, &error);
  tables = train_tables_measure (session->net, backend, data, &error);
  g_assert_no_error (error);
  g_assert_true (train_settle (session, once, tables, note_loss, &error));
  g_assert_no_error (error);
  g_test_message ("mean squared error %.5f at first, %.5f at last", mean (0, 20), mean (100, 120));
  g_assert_cmpfloat (mean (100, 120), <, mean (0, 20));
  g_assert_true (train_settle (session, again, tables, NULL, &error));
  for (guint i = 0; i < once->n_values; i++)
    {
      const char *name = once->graph->parameters[i].name;

      g_assert_true (same (once, again, i));
      g_assert_cmpint (same (once, session->net, i), ==, name[0] != 'd'); /* d.weight and d.bias are the decoder's */
    }
}

/* A loss that is no number: an error, and nothing is changed. */
static void
test_not_a_number (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (RECIPE, &error);
  g_autoptr (TrainData) data = random_data (24, 3, 16);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (TrainSession) session = train_session_new (backend, recipe, data, &error);
  g_autoptr (CncLatentTables) tables = train_tables_measure (session->net, backend, data, &error);
  g_autoptr (CncNet) net = train_net_copy (session->net, &error), before = NULL;
  const guint last = net->n_values - 1;

  g_assert_no_error (error);
  g_assert_cmpstr (net->graph->parameters[last].name, ==, "d.bias");
  net->values[last][0] = NAN;
  before = train_net_copy (net, &error);
  g_assert_false (train_settle (session, net, tables, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "settle_rate"));
  for (guint i = 0; i < net->n_values; i++)
    g_assert_true (same (net, before, i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/settle", test_settle);
  g_test_add_func ("/train/settle-not-a-number", test_not_a_number);
  return g_test_run ();
}
