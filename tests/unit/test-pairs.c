/* models/train with several inputs: what each shows, keys, targets and their ramp, exact resumption; the layer wrap at its edges. */
#include "train-case.h"

#include "base/error.h"
#include "nets.h"

#include <math.h>

#define NETWORK                                                                                                                            \
  "[graph]\nc = input channels=3\ns = input channels=3\nk = input channels=4 divide=4 key=1\nt = input channels=3\n"                       \
  "p = concat s t\nf = conv2d p channels=4 kernel=4 stride=4 activation=tanh\ng = affine f scale=0.45\na = add g k\nm = wrap a\n"          \
  "u = upsample_nearest m factor=4\nj = concat c u\nd = dropout j rate=0.1\ne = conv2d d channels=3 kernel=3 pad=1\nh = add c e\n"         \
  "o = round8 h\nn = noise o scale=0.01 distribution=gaussian always=1 share=0.5\n"                                                        \
  "x1 = jpeg n low=60 high=90 always=1 share=0.5\nx2 = blur x1 low=0.3 high=0.8 share=0.5\nq = conv2d x2 channels=4 kernel=4 stride=4\nv " \
  "= subtract q k\nw = wrap v\nl = conv2d w channels=48 kernel=1\n"                                                                        \
  "r = pixel_shuffle l factor=4\n"
#define TAIL                                                                                                                               \
  "outputs = r o\n[data]\ncrop = 8\ncrops = 3\nflip = both\nvalidation = 0.2\n[train]\nseed = 11\nbatch = 5\nsteps = 14\n"                 \
  "learning_rate = 0.01\n[loss]\nmse = 2\nl1 = 1\n"
#define TARGETS "targets = o c 1 r s 0.75 r t 0.5\n"
#define RECIPE NETWORK TAIL TARGETS "ramp = 0.1 4\n"

static TrainRecipe *
good_recipe (const char *text)
{
  g_autoptr (GError) error = NULL;
  TrainRecipe *recipe = recipe_of (text, &error);

  g_assert_no_error (error);
  return recipe;
}

/* Which picture a sample is cut out of: each of the data is of one grey of its own. */
static TrainData *
grey_data (guint count)
{
  TrainData *data = random_data (count, 3, 12);

  for (guint i = 0; i < count; i++)
    memset (data->blocks->pdata[i], (int) i, 3 * 12 * 12);
  return data;
}

static guint
grey_of (const float *sample)
{
  for (guint i = 1; i < 3 * 8 * 8; i++)
    g_assert_cmpfloat (sample[i], ==, sample[0]);
  return (guint) (sample[0] * 255 + 0.5f);
}

/* Covers come once an epoch and crop; the others are other pictures, drawn anew each time; no picture of the validation; keys are noise. */
static void
test_inputs (void)
{
  g_autoptr (TrainRecipe) recipe = good_recipe (RECIPE);
  g_autoptr (TrainData) data = grey_data (60);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = session_of (recipe, data, backend);
  guint hits[60] = { 0 }, secrets[60] = { 0 }, kept = 0, different = 0;
  double mean = 0, square = 0, cross = 0;
  float last[16] = { 0 };

  g_assert_cmpuint (s->n_train, ==, 48);
  for (s->step = 0; s->step < 144 / 5; s->step++)
    {
      const float *c = s->batch, *x = c + 5 * 192, *k = x + 5 * 192, *t = k + 5 * 16;

      train_session_fill (s);
      for (guint i = 0; i < 5; i++)
        {
          const guint cover = grey_of (c + i * 192), first = grey_of (x + i * 192), second = grey_of (t + i * 192);

          hits[cover]++;
          secrets[first]++;
          secrets[second]++;
          g_assert_true (cover != first && cover != second && first != second);
          for (guint j = 0; j < 16; j++)
            {
              const float v = k[i * 16 + j];

              g_assert_true (v >= -0.5f && v < 0.5f);
              mean += (double) v / (28 * 80);
              square += (double) v * (double) v / (28 * 80);
              cross += (double) v * (double) last[j] / (28 * 80);
              last[j] = v;
            }
        }
    }
  for (guint i = 0; i < 60; i++)
    {
      g_assert_cmpuint (hits[i], <=, 3);
      kept += hits[i] == 0 && secrets[i] == 0;
      different += secrets[i] > 0;
    }
  g_assert_cmpuint (kept, ==, 12);
  g_assert_cmpuint (different, >, 40);
  /* of 2,240 numbers: 4 standard deviations each */
  g_assert_cmpfloat (fabs (mean), <, 4 * sqrt (1.0 / 12 / 2240));
  g_assert_cmpfloat (fabs (square - 1.0 / 12), <, 4 * sqrt (1.0 / 180 / 2240));
  g_assert_cmpfloat (fabs (cross), <, 4 * (1.0 / 12) / sqrt (2240));
}

/* Two ranks with batches of 5 see together what one with 10 sees: a sample depends on its number in the run alone. */
static void
test_ranks (void)
{
  g_autofree char *text = NULL;
  g_autoptr (TrainRecipe) one = good_recipe (RECIPE), two = NULL;
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = session_of (one, data, backend), wide = NULL;
  static const gsize sizes[] = { 192, 192, 16, 192 };
  g_auto (GStrv) parts = g_strsplit (RECIPE, "batch = 5", 2);
  const float *a, *b;

  text = g_strjoin ("batch = 10", parts[0], parts[1], NULL);
  two = good_recipe (text);
  wide = session_of (two, data, backend);
  wide->step = 3;
  train_session_fill (wide);
  for (guint half = 0; half < 2; half++)
    {
      s->step = 6 + half;
      train_session_fill (s);
      a = s->batch;
      b = wide->batch;
      for (guint i = 0; i < 4; i++)
        {
          assert_equal (a, 5 * sizes[i], b + half * 5 * sizes[i], 5 * sizes[i]);
          a += 5 * sizes[i];
          b += 10 * sizes[i];
        }
    }
}

static void
test_resume (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = good_recipe (RECIPE);
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (TrainSession) whole = session_of (recipe, data, backend), first = session_of (recipe, data, backend),
                           second = session_of (recipe, data, backend);
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), *path = g_build_filename (folder, "c", NULL);

  steps (whole, 11);
  steps (first, 6);
  g_assert_true (train_session_save (first, path, &error));
  g_assert_true (train_session_load (second, path, &error));
  g_assert_no_error (error);
  steps (second, 5);
  for (guint i = 0; i < whole->net->n_values; i++)
    {
      const gsize n = cnc_shape_count (&whole->net->graph->parameters[i].shape);

      assert_equal (whole->net->values[i], n, second->net->values[i], n);
    }
  g_assert_cmpfloat (whole->best_loss, ==, second->best_loss);
  g_assert_cmpfloat (whole->loss, ==, second->loss);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpfloat (whole->validated[i], ==, second->validated[i]);
      g_assert_cmpfloat (whole->validated[i], >, 0);
    }
  g_assert_true (g_str_has_prefix (whole->log->str, "step,loss,validation,learning_rate,gradient_norm,mse_o,mse_r,mse_r\n"));
  g_unlink (path);
  g_rmdir (folder);
}

/* The loss is the weighted sum of what the targets are off, the first one's share as the ramp says; in the validation its whole. */
static void
test_targets (void)
{
  static const char *const weights[] = { "targets = o c 1 r s 0\n", "targets = o c 0 r s 1\n", "targets = o c 3 r s 0.5\n" };
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  double first[3], after[3], kept[3];

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strconcat (NETWORK TAIL, weights[i], "ramp = 0.2 8\n", NULL);
      g_autoptr (TrainRecipe) recipe = good_recipe (text);
      g_autoptr (TrainSession) s = session_of (recipe, data, backend);
      g_autoptr (GError) error = NULL;

      g_assert_true (train_session_validate (s, &kept[i], &error));
      recipe->learning_rate = 1e-9;
      steps (s, 1);
      first[i] = s->loss;
      s->step = 5;
      steps (s, 1);
      after[i] = s->loss;
    }
  g_assert_cmpfloat (fabs (first[2] - (3 * first[0] + 0.5 * first[1])), <, 1e-5);
  g_assert_cmpfloat (fabs (after[2] - (3 * after[0] + 0.5 * after[1])), <, 1e-5);
  g_assert_cmpfloat (fabs (kept[2] - (3 * kept[0] + 0.5 * kept[1])), <, 1e-5);
  /* other pictures, about the same loss: the shares are 0.2 and 0.7 of the whole */
  g_assert_cmpfloat (first[0] / kept[0], <, 0.3);
  g_assert_cmpfloat (first[0] / kept[0], >, 0.1);
  g_assert_cmpfloat (after[0] / kept[0], <, 0.9);
  g_assert_cmpfloat (after[0] / kept[0], >, 0.5);
}

/* Another output as what one should be: no gradient goes there. */
static void
test_other_output (void)
{
  g_autoptr (TrainRecipe) recipe = good_recipe (NETWORK TAIL "targets = o r 1\n");
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = session_of (recipe, data, backend);
  g_autoptr (GError) error = NULL;
  guint checked = 0;

  steps (s, 1);
  for (guint i = 0; i < s->net->n_values; i++)
    {
      const CncTensor *t = train_gradients_parameter (s->gradients, i);
      const gsize n = cnc_shape_count (&t->shape);
      const char first = s->net->graph->parameters[i].name[0];
      g_autofree float *gradient = g_new (float, n);
      gboolean any = FALSE;

      g_assert_true (cnc_buffer_download (backend, t->buffer, t->offset * 4, gradient, n * 4, &error));
      for (gsize k = 0; k < n; k++)
        any = any || gradient[k] != 0;
      g_assert_true (any == (strchr ("fe", first) != NULL)); /* q and l make r alone */
      checked++;
    }
  g_assert_cmpuint (checked, ==, 8);
}

static void
test_recipes (void)
{
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { NETWORK TAIL "targets = o c\n", ":39: targets are one to seven times" },
    { NETWORK TAIL "targets = o c 1 m c 1\n", ":39: \"m\" is none of the outputs" },
    { NETWORK TAIL "targets = o z 1\n", ":39: there is no input \"z\", and no other output" },
    { NETWORK TAIL "targets = o o 1\n", ":39: there is no input \"o\", and no other output" },
    { NETWORK TAIL "targets = o c -1\n", ":39: a weight is a number from 0 to 1e9, not \"-1\"" },
    { NETWORK TAIL "ramp = 2 100\n", ":39: ramp is a share" },
    { NETWORK TAIL "ramp = 0.5\n", ":39: ramp is a share" },
    { "[graph]\nc = input channels=3 divide=2\n", ":2: In the network, \"c\" needs a divide of 1" },
    { "[graph]\nc = input channels=3\nk = input channels=3 divide=3\n", ":3: In the network, \"k\" needs a divide of 1" },
    { "[graph]\nc = input channels=3\nk = input channels=3 divide=128\n", ":3: In the network, \"k\" needs a divide of 1" },
    { "[graph]\nc = input channels=3\nk = input channels=3 key=1 high=1\n", ":3: In the network, \"k\" is a key" },
    { "[graph]\nc = input channels=3\nk = input channels=3 key=2\n", ":3: key needs a number that makes sense" },
    { "[graph]\nc = input channels=3\nk = input channels=3 kez=1\n", ":3: an input has no attribute \"kez\"; did you mean \"key\"?" },
    { "[graph]\nc = input channels=3\ns = input channels=1\nr = concat c s\noutputs = r\n[train]\nbatch = 1\nsteps = 1\n[loss]\nmse = 1\n",
      "the input \"s\" needs the channels and sides of the first one" },
    { "[graph]\nk = input channels=3 key=1\nr = wrap k\noutputs = r\n[train]\nbatch = 1\nsteps = 1\n[loss]\nmse = 1\n",
      "the first input has to be a picture" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    refused (cases[i].text, cases[i].expected);
}

/* What only the data or the shapes tell. */
static void
test_sizes (void)
{
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_auto (GStrv) parts = g_strsplit (RECIPE, "crop = 8", 2);
  g_autofree char *text = g_strjoin ("crop = 10", parts[0], parts[1], NULL);
  g_autoptr (TrainRecipe) uneven = good_recipe (text), key = good_recipe (NETWORK TAIL "targets = o k 1\n");
  g_autoptr (GError) error = NULL;

  g_assert_null (train_session_new (backend, uneven, data, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "10x10"));
  g_clear_error (&error);
  g_assert_null (train_session_new (backend, key, data, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "\"k\""));
}

/* ---- weights that are there, weights that stay ---- */

static TrainRecipe *
starting_recipe (const char *from, const char *frozen, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (RECIPE, "seed = 11\n", 2);
  g_autofree char *text = g_strconcat (parts[0], "seed = 12\n", from, frozen, parts[1], NULL);

  return recipe_of (text, error);
}

static void
write_weights (const CncNet *net, const char *path)
{
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, &error));
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL));
}

static void
test_frozen (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), *path = g_build_filename (folder, "w.safetensors", NULL),
                  *from = g_strconcat ("from = ", path, "\n", NULL);
  g_autoptr (TrainRecipe) first = good_recipe (RECIPE), recipe = NULL, free_recipe = NULL;
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) source = session_of (first, data, backend), s = NULL, all = NULL;
  g_autoptr (GError) error = NULL;
  double norm = 0;

  steps (source, 2);
  write_weights (source->net, path);
  recipe = starting_recipe (from, "frozen = f.* e.bias q.*\nweight_decay = 0.1\n", &error);
  g_assert_no_error (error);
  free_recipe = starting_recipe (from, "", &error);
  g_assert_no_error (error);
  s = session_of (recipe, data, backend);
  all = session_of (free_recipe, data, backend);
  for (guint i = 0; i < s->net->n_values; i++)
    {
      const gsize n = cnc_shape_count (&s->net->graph->parameters[i].shape);

      assert_equal (s->net->values[i], n, source->net->values[i], n);
    }
  g_assert_true (train_session_step (all, &error));
  g_assert_true (train_session_step (s, &error));
  g_assert_cmpfloat (s->loss, ==, all->loss);
  /* what is trained has the gradient that it has when all is */
  for (guint i = 0; i < s->net->n_values; i++)
    {
      const CncTensor *t = train_gradients_parameter (s->gradients, i);
      const gsize n = cnc_shape_count (&t->shape);
      g_autofree float *a = g_new (float, n), *b = g_new (float, n);

      g_assert_true (cnc_buffer_download (backend, t->buffer, t->offset * 4, a, n * 4, &error));
      g_assert_true (cnc_buffer_download (backend, train_gradients_buffer (all->gradients), t->offset * 4, b, n * 4, &error));
      if (s->net->graph->parameters[i].trained)
        assert_equal (a, n, b, n);
      for (gsize k = 0; k < n; k++)
        {
          g_assert_true (s->net->graph->parameters[i].trained || a[k] == 0);
          norm += (double) a[k] * (double) a[k];
        }
    }
  g_assert_cmpfloat (fabs (sqrt (norm) / s->norm - 1), <, 1e-5);
  steps (s, 4);
  for (guint i = 0; i < s->net->n_values; i++)
    {
      const CncParameter *p = &s->net->graph->parameters[i];
      const gsize bytes = cnc_shape_count (&p->shape) * sizeof (float);

      g_assert_true (p->trained == !(strchr ("fq", p->name[0]) != NULL || strcmp (p->name, "e.bias") == 0));
      g_assert_true ((memcmp (s->net->values[i], source->net->values[i], bytes) == 0) == !p->trained);
    }
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_frozen_faults (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), *path = g_build_filename (folder, "w.safetensors", NULL),
                  *from = g_strconcat ("from = ", path, "\n", NULL);
  static const struct
  {
    const char *graph; /* (nullable): whose weights are in the file */
    const char *frozen, *expected;
  } cases[] = {
    { NULL, "", ":33: " },
    { "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[{\"name\":\"zz\",\"op\":\"conv2d\",\"inputs\":[\"x\"],"
      "\"attributes\":{\"channels\":4,\"kernel\":4}}],\"outputs\":[\"zz\"]}",
      "", "holds no weights of a name that this network has" },
    { "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[{\"name\":\"q\",\"op\":\"conv2d\",\"inputs\":[\"x\"],"
      "\"attributes\":{\"channels\":4,\"kernel\":3}}],\"outputs\":[\"q\"]}",
      "", "the weights \"q.weight\" have a shape or type that does not fit" },
    { "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[{\"name\":\"q\",\"op\":\"conv2d\",\"inputs\":[\"x\"],"
      "\"attributes\":{\"channels\":4,\"kernel\":4}}],\"outputs\":[\"q\"]}",
      "frozen = q.* x.*\n", ":34: no weights of the network have a name like \"x.*\"" },
    { "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[{\"name\":\"q\",\"op\":\"conv2d\",\"inputs\":[\"x\"],"
      "\"attributes\":{\"channels\":4,\"kernel\":4}}],\"outputs\":[\"q\"]}",
      "frozen = *\n", ":34: nothing is left to be trained" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TrainRecipe) bad = NULL;

      if (cases[i].graph != NULL)
        {
          g_autoptr (CncNet) net = model_of (cases[i].graph, 1);

          write_weights (net, path);
        }
      bad = starting_recipe (from, cases[i].frozen, &error);
      g_assert_null (bad);
      g_test_message ("%s", error->message);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
      g_assert_nonnull (strstr (error->message, cases[i].expected));
    }
  g_unlink (path);
  g_rmdir (folder);
}

/* Of 12 steps, how many train what is named, and nothing else; the others train the rest. */
static guint
quiet_steps (const char *share)
{
  g_auto (GStrv) parts = g_strsplit (RECIPE, "share=0.5", 2); /* of the noise, which is the first */
  g_autofree char *noisy = g_strjoin (share, parts[0], parts[1], NULL);
  g_auto (GStrv) halves = g_strsplit (noisy, "seed = 11\n", 2);
  g_autofree char *text = g_strjoin ("seed = 12\nquiet = l.* e.weight\n", halves[0], halves[1], NULL);
  g_autoptr (TrainRecipe) recipe = good_recipe (text);
  g_autoptr (TrainData) data = random_data (9, 3, 12);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (TrainSession) s = session_of (recipe, data, backend);
  g_autoptr (GError) error = NULL;
  guint quiet = 0;

  for (guint step = 0; step < 12; step++)
    {
      g_autoptr (CncNet) before = cnc_net_new (cnc_graph_copy (recipe->graph), &error);
      guint changed[2] = { 0, 0 };

      g_assert_true (cnc_weights_download (s->weights, before, &error));
      steps (s, 1);
      for (guint i = 0; i < s->net->n_values; i++)
        {
          const CncParameter *p = &s->net->graph->parameters[i];
          const gboolean named = p->name[0] == 'l' || strcmp (p->name, "e.weight") == 0;

          if (memcmp (before->values[i], s->net->values[i], cnc_shape_count (&p->shape) * sizeof (float)) != 0)
            changed[named ? 1 : 0]++;
        }
      g_assert_cmpuint (changed[0] + changed[1], >, 0);
      g_assert_true (changed[0] == 0 || changed[1] == 0);
      quiet += changed[1] > 0 ? 1 : 0;
    }
  return quiet;
}

static void
test_quiet (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) bad = NULL;
  const guint rarely_noisy = quiet_steps ("share=0.1"), mostly_noisy = quiet_steps ("share=0.9");

  g_assert_cmpuint (rarely_noisy, >=, 8);
  g_assert_cmpuint (rarely_noisy, <, 12);
  g_assert_cmpuint (mostly_noisy, <=, 4);
  g_assert_cmpuint (mostly_noisy, >, 0);
  bad = starting_recipe ("", "quiet = zz.*\n", &error);
  g_assert_null (bad);
  g_assert_nonnull (strstr (error->message, ":33: no weights of the network have a name like \"zz.*\""));
}

/* The edges themselves, beside them, and large numbers; the gradient is that of the output. */
static void
test_wrap (void)
{
  static const float in[]
      = { -1.5f, -1, -0.5f, -0.25f, 0, 0.25f, 0.49999997f, 0.5f, 0.50000006f, 1.5f, 7.75f, -0.50000006f, 16777216, -3.25f };
  static const float out[] = { -0.5f, 0, -0.5f, -0.25f, 0, 0.25f, -0.5f, -0.5f, -0.49999994f, -0.5f, -0.25f, 0.49999994f, 0, -0.25f };
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (GError) error = NULL;
  const CncOp op = { .kind = CNC_OP_WRAP };
  CncTensor t = { cnc_buffer_new (backend, sizeof in, &error), 0, { 1, 1, 1, G_N_ELEMENTS (in) } };
  float found[G_N_ELEMENTS (in)];

  g_assert_true (cnc_buffer_upload (backend, t.buffer, 0, in, sizeof in, &error));
  g_assert_true (cnc_op_run (backend, &op, &t, 1, &t, 1, &error)); /* in place */
  g_assert_true (cnc_buffer_download (backend, t.buffer, 0, found, sizeof found, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (in); i++)
    g_assert_cmpfloat (found[i], ==, out[i]);
  cnc_buffer_free (backend, t.buffer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pairs/inputs", test_inputs);
  g_test_add_func ("/pairs/ranks", test_ranks);
  g_test_add_func ("/pairs/resume", test_resume);
  g_test_add_func ("/pairs/targets", test_targets);
  g_test_add_func ("/pairs/other-output", test_other_output);
  g_test_add_func ("/pairs/recipes", test_recipes);
  g_test_add_func ("/pairs/sizes", test_sizes);
  g_test_add_func ("/pairs/frozen", test_frozen);
  g_test_add_func ("/pairs/quiet", test_quiet);
  g_test_add_func ("/pairs/frozen-faults", test_frozen_faults);
  g_test_add_func ("/pairs/wrap", test_wrap);
  return g_test_run ();
}
