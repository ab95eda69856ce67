/* models/train: gradients of whole networks, exact resumption, recipes, data files, metrics. */
#include "train-case.h"

#include "base/error.h"
#include "metrics.h"
#include "nets.h"

#include <archive.h>
#include <archive_entry.h>
#include <cairo.h>
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
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TrainRecipe) bad = recipe_of (cases[i].text, &error);

      g_assert_null (bad);
      g_test_message ("%s", error->message);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
      g_assert_nonnull (strstr (error->message, cases[i].expected));
    }
}

/* ---- data ---- */

static void
save_png (const char *path, int side)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, side, side);
  guint8 *data = cairo_image_surface_get_data (surface);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface);

  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      {
        const guint32 pixel = (guint32) (x << 16 | y << 8 | (x ^ y));

        memcpy (data + (gsize) y * stride + 4 * (gsize) x, &pixel, 4);
      }
  cairo_surface_mark_dirty (surface);
  g_assert_cmpint (cairo_surface_write_to_png (surface, path), ==, CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy (surface);
}

/* files: pairs of names in the archive and of paths, ended by NULL; filter and format of libarchive. */
static void
save_archive (const char *path, int filter, int format, const char *const *files)
{
  struct archive *a = archive_write_new ();

  archive_write_add_filter (a, filter);
  archive_write_set_format (a, format);
  g_assert_cmpint (archive_write_open_filename (a, path), ==, ARCHIVE_OK);
  for (guint i = 0; files[i] != NULL; i += 2)
    {
      struct archive_entry *entry = archive_entry_new ();
      g_autofree char *text = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (files[i + 1], &text, &size, NULL));
      archive_entry_set_pathname (entry, files[i]);
      archive_entry_set_size (entry, (la_int64_t) size);
      archive_entry_set_filetype (entry, AE_IFREG);
      archive_entry_set_perm (entry, 0644);
      g_assert_cmpint (archive_write_header (a, entry), ==, ARCHIVE_OK);
      g_assert_cmpint ((int) archive_write_data (a, text, size), ==, (int) size);
      archive_entry_free (entry);
    }
  archive_write_close (a);
  archive_write_free (a);
}

typedef struct
{
  char *folder;
  GString *warnings;
} Folder;

static char *
in (const Folder *f, const char *name)
{
  return g_build_filename (f->folder, name, NULL);
}

static void
put (const Folder *f, const char *name, gconstpointer bytes, gsize size)
{
  g_autofree char *path = in (f, name);

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static void
note (const char *sentence, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", sentence);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  for (const char *name = dir != NULL ? g_dir_read_name (dir) : NULL; name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_file_test (file, G_FILE_TEST_IS_DIR))
        remove_folder (file);
      g_remove (file);
    }
  g_rmdir (path);
}

static void
test_data (void)
{
  static const guint8 labels[] = { 0, 0, 8, 1, 0, 0, 0, 1, 5 };
  guint8 idx[16 + 2 * 6] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3 };
  g_autofree guint8 *cifar = g_malloc0 (2 * 3073);
  Folder f = { g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), g_string_new (NULL) };
  g_autofree char *png = in (&f, "p.png"), *tar = in (&f, "x.tar.xz"), *broken = in (&f, "q.png"), *raw = in (&f, "raw"),
                  *gz = in (&f, "t10k-images-idx3-ubyte.gz"), *cifar_path = in (&f, "c.bin"), *missing = in (&f, "missing"),
                  *colours = in (&f, "colours"), *bin_xz = in (&f, "c.bin.xz");
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainData) data = NULL;
  const TrainPicture *p;

  for (guint i = 0; i < 12; i++)
    idx[16 + i] = (guint8) (i * 20);
  cifar[3073] = 9;
  cifar[3073 + 1 + 1024 + 33] = 77; /* second picture, green, row 1, column 1 */
  put (&f, "raw", idx, sizeof idx);
  save_archive (gz, ARCHIVE_FILTER_GZIP, ARCHIVE_FORMAT_RAW, (const char *const[]){ "raw", raw, NULL });
  g_unlink (raw);
  put (&f, "t10k-labels-idx1-ubyte", labels, sizeof labels);
  data = train_data_load (f.folder, "*", 1, 0, 1, note, f.warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (data->pictures->len, ==, 2);
  g_assert_cmpstr (f.warnings->str, ==, "");
  p = &g_array_index (data->pictures, TrainPicture, 1);
  g_assert_cmpuint (p->width, ==, 3);
  g_assert_cmpuint (p->height, ==, 2);
  g_assert_cmpuint (p->pixels[5], ==, 220);
  g_clear_pointer (&data, train_data_free);

  /* colour: CIFAR-10 and a tar file with a good picture, a broken one and a text; grey data is refused there */
  put (&f, "q.png", "\x89PNG\r\n\x1a\nbroken", 14);
  put (&f, "c.bin", cifar, 2 * 3073);
  save_png (png, 20);
  save_archive (tar, ARCHIVE_FILTER_XZ, ARCHIVE_FORMAT_TAR_USTAR,
                (const char *const[]){ "./a/good.png", png, "a/bad.png", broken, "b/other.png", png, "a/readme.txt", broken, NULL });
  save_archive (bin_xz, ARCHIVE_FILTER_XZ, ARCHIVE_FORMAT_RAW, (const char *const[]){ "raw", cifar_path, NULL });
  g_assert_null (train_data_load (f.folder, "t10k*", 3, 0, 1, note, f.warnings, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_string_truncate (f.warnings, 0);
  data = train_data_load (f.folder, "a/* c.bin.xz", 3, 0, 1, note, f.warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (data->pictures->len, ==, 3);
  g_assert_cmpuint (data->skipped, ==, 1);
  g_assert_nonnull (strstr (f.warnings->str, "a/bad.png is left out"));
  p = &g_array_index (data->pictures, TrainPicture, 1);
  g_assert_cmpuint (p->pixels[1024 + 33], ==, 77);
  p = &g_array_index (data->pictures, TrainPicture, 2);
  g_assert_cmpuint (p->width, ==, 20);
  g_assert_cmpuint (p->pixels[3 * 20 + 7], ==, 7);       /* red = x */
  g_assert_cmpuint (p->pixels[400 + 3 * 20 + 7], ==, 3); /* green = y */
  g_assert_cmpuint (p->pixels[800 + 3 * 20 + 7], ==, 3 ^ 7);
  g_clear_pointer (&data, train_data_free);

  /* pictures in folders below, of which one is too small */
  g_mkdir (colours, 0777);
  {
    g_autofree char *large = g_build_filename (colours, "l.png", NULL), *small = g_build_filename (colours, "s.png", NULL);

    save_png (large, 16);
    save_png (small, 15);
  }
  data = train_data_load (f.folder, "colours/*", 1, 0, 16, note, f.warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (data->pictures->len, ==, 1);
  g_assert_cmpuint (data->skipped, ==, 1);
  g_clear_pointer (&data, train_data_free);

  /* brought to one size: red stays a ramp from left to right, over half as many pixels */
  data = train_data_load (f.folder, "colours/l.png", 3, 8, 8, note, f.warnings, &error);
  g_assert_no_error (error);
  p = &g_array_index (data->pictures, TrainPicture, 0);
  g_assert_cmpuint (p->width, ==, 8);
  g_assert_cmpuint (p->height, ==, 8);
  for (guint i = 1; i < 7; i++)
    g_assert_cmpint (ABS ((int) p->pixels[3 * 8 + i] - (int) (2 * i)), <=, 1);
  g_clear_pointer (&data, train_data_free);

  g_assert_null (train_data_load (missing, "*", 1, 0, 1, note, f.warnings, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (train_data_load (f.folder, "nothing*", 1, 0, 1, note, f.warnings, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  remove_folder (f.folder);
  g_free (f.folder);
  g_string_free (f.warnings, TRUE);
}

static void
test_samples (void)
{
  g_autoptr (TrainData) data = random_data (1, 1, 8);
  const TrainView view = { 5, 4, TRUE, 2 }, whole = { 8, 8, TRUE, 0 };
  const guint8 *pixels = g_array_index (data->pictures, TrainPicture, 0).pixels;
  gboolean seen[2][2] = { { FALSE } };
  guint places = 0;
  float out[64];
  g_autofree guint *order = train_shuffle (100, 5, 6), *again = train_shuffle (100, 5, 6), *other = train_shuffle (100, 5, 7);
  guint8 hits[100] = { 0 };

  for (guint i = 0; i < 100; i++)
    hits[order[i]]++;
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (hits[i], ==, 1);
  g_assert_true (memcmp (order, again, 100 * sizeof *order) == 0);
  g_assert_true (memcmp (order, other, 100 * sizeof *order) != 0);
  train_sample (data, 0, &whole, 1, out);
  for (guint i = 0; i < 64; i++)
    g_assert_cmpfloat (out[i], ==, (float) pixels[i] / 255.0f);
  /* each sample is some part of the picture, mirrored or not; all sorts come */
  for (guint64 seed = 1; seed < 200; seed++)
    {
      guint found = 0;

      train_sample (data, 0, &view, seed, out);
      for (guint top = 0; top <= 4; top++)
        for (guint left = 0; left <= 3; left++)
          for (guint flip = 0; flip < 4; flip++)
            {
              gboolean same = TRUE;

              for (guint y = 0; y < 4 && same; y++)
                for (guint x = 0; x < 5 && same; x++)
                  same = out[y * 5 + x]
                         == (float) pixels[(top + ((flip & 2) != 0 ? 3 - y : y)) * 8 + left + ((flip & 1) != 0 ? 4 - x : x)] / 255.0f;
              if (same)
                {
                  found++;
                  seen[flip & 1][flip >> 1] = TRUE;
                  places |= 1u << (top * 4 + left);
                }
            }
      g_assert_cmpuint (found, ==, 1);
    }
  g_assert_true (seen[0][0] && seen[0][1] && seen[1][0] && seen[1][1]);
  g_assert_cmpuint (places, ==, (1u << 20) - 1);
}

/* One factor for all of a sample, of any strength between the limits, cut at white; none where there is no chance. */
static void
test_gain (void)
{
  g_autoptr (TrainData) data = random_data (1, 1, 8);
  const guint8 *pixels = g_array_index (data->pictures, TrainPicture, 0).pixels;
  const TrainView view = { 8, 8, FALSE, 0, 0.5 };
  double least = 2, most = 0;
  guint cut = 0;
  float out[64];

  train_sample (data, 0, &view, 0, out);
  for (guint i = 0; i < 64; i++)
    g_assert_cmpfloat (out[i], ==, (float) pixels[i] / 255.0f);
  for (guint64 seed = 1; seed < 500; seed++)
    {
      double gain = 0;

      train_sample (data, 0, &view, seed, out);
      for (guint i = 0; i < 64; i++)
        if (pixels[i] > 0 && out[i] < 1)
          gain = out[i] * 255.0 / pixels[i];
      for (guint i = 0; i < 64; i++)
        {
          g_assert_cmpfloat_with_epsilon (out[i], MIN (1, gain * pixels[i] / 255.0), 1e-4);
          cut += out[i] == 1 && pixels[i] < 255;
        }
      least = MIN (least, gain);
      most = MAX (most, gain);
    }
  g_assert_cmpfloat (least, >, 1 / 1.5 - 1e-4);
  g_assert_cmpfloat (least, <, 0.7);
  g_assert_cmpfloat (most, <, 1.5 + 1e-4);
  g_assert_cmpfloat (most, >, 1.45);
  g_assert_cmpuint (cut, >, 0);
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
  g_test_add_func ("/train/data", test_data);
  g_test_add_func ("/train/samples", test_samples);
  g_test_add_func ("/train/gain", test_gain);
  g_test_add_func ("/train/metrics", test_metrics);
  g_test_add_func ("/train/metrics/alike", test_alike);
  return g_test_run ();
}
