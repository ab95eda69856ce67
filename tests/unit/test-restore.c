/* core/methods/restore: pictures of every kind to carriers and back, and what a channel does to them. */
#include "restore-help.h"

#include "chaos/shuffle.h"
#include "vulkan/vk-backend.h"

static double
quality (const char *name, const CncPicture *before, const CncPicture *after)
{
  g_autoptr (CncRestore) model = cnc_restore_find (name, NULL);
  g_autoptr (CncRaster) a = cnc_restore_prepare (model, before, NULL, NULL);

  g_assert_cmpuint (a->width, ==, after->raster->width);
  g_assert_cmpuint (a->height, ==, after->raster->height);
  g_assert_true (cnc_format_equal (&a->format, &after->raster->format));
  return cnc_restore_psnr (a, after->raster);
}

static void
test_sizes (void)
{
  static const guint32 sizes[][2]
      = { { 1, 1 }, { 1, 9 }, { 7, 1 }, { 3, 200 }, { 63, 65 }, { 64, 64 }, { 130, 97 }, { 8, 303 }, { 301, 5 } };
  static const char *const names[] = { NULL, "restore-mri" };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncSecret) key = key_of (7), wrong = key_of (8);

  for (guint i = 0; i < G_N_ELEMENTS (sizes) * 2; i++)
    {
      g_autoptr (CncPicture) picture = colour_picture (sizes[i / 2][0], sizes[i / 2][1]);
      g_autoptr (GError) error = NULL;
      double psnr = 0;
      const CncCarrierParams params = { .backend = backend, .model = names[i % 2], .psnr = &psnr };
      g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
      CncRestoreChannel channel;
      g_autoptr (CncPicture) back = NULL;

      g_assert_no_error (error);
      back = decrypt (carrier, key, backend, &channel, &error);
      g_assert_no_error (error);
      g_test_message ("%u × %u%s: carrier %u × %u, %.2f dB", sizes[i / 2][0], sizes[i / 2][1], i % 2 ? " grey" : "", carrier->width,
                      carrier->height, psnr);
      g_assert_cmpfloat (channel.strength, ==, 0);
      g_assert_cmpfloat (quality (names[i % 2], picture, back), ==, psnr);
      g_assert_cmpfloat (psnr, >, 24);
      g_assert_null (decrypt (carrier, wrong, backend, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
    }
}

static void
test_formats (void)
{
  static const struct
  {
    CncFormat format;
    const char *note;
  } cases[] = {
    { { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE }, NULL },
    { { CNC_MODEL_GREY, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, TRUE },
      "Samples were brought to 8 bits. Transparent parts were laid on white." },
    { { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, FALSE }, "Samples were brought to 8 bits." },
    { { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE }, "Transparent parts were laid on white." },
    { { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE }, NULL },
  };
  static const char *const names[] = { NULL, "restore-mri" };
  guint8 colours[3 * 8];
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncSecret) key = key_of (7);

  for (guint i = 0; i < sizeof colours; i++)
    colours[i] = (guint8) (i / 3 * 36);
  for (guint i = 0; i < G_N_ELEMENTS (cases) * 2; i++)
    {
      g_autoptr (CncPicture) picture = picture_of (77, 50, cases[i / 2].format);
      g_autoptr (GError) error = NULL;
      double psnr = 0;
      g_autofree char *notes = NULL;
      const CncCarrierParams params = { .backend = backend, .model = names[i % 2], .psnr = &psnr, .notes = &notes };
      g_autoptr (CncRaster) carrier = NULL;
      g_autoptr (CncPicture) back = NULL;

      if (cases[i / 2].format.model == CNC_MODEL_INDEXED)
        picture->colormap = g_bytes_new (colours, sizeof colours);
      carrier = encrypt (picture, key, &params, &error);
      g_assert_no_error (error);
      back = decrypt (carrier, key, backend, NULL, &error);
      g_assert_no_error (error);
      g_test_message ("case %u: %.2f dB, %s", i, psnr, notes != NULL ? notes : "nothing to say");
      g_assert_cmpfloat (psnr, >, 19);
      g_assert_cmpfloat (quality (names[i % 2], picture, back), ==, psnr);
      if (i % 2 == 0)
        g_assert_cmpstr (notes, ==, cases[i / 2].note);
      else
        g_assert_cmpint (notes != NULL && strstr (notes, "colours are left out") != NULL, ==, cases[i / 2].format.model != CNC_MODEL_GREY);
    }
}

/* A picture as it is, for a network that takes one size: with its own size and another. */
static void
test_fixed (void)
{
  static const guint32 sizes[][2] = { { 28, 28 }, { 56, 28 }, { 40, 61 } };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncSecret) key = key_of (7);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncPicture) picture = colour_picture (sizes[i][0], sizes[i][1]);
      g_autoptr (GError) error = NULL;
      double psnr = 0;
      g_autofree char *notes = NULL;
      const CncCarrierParams params = { .backend = backend, .model = "restore-mnist", .psnr = &psnr, .notes = &notes };
      g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
      g_autoptr (CncPicture) back = NULL;
      CncRestoreExpected expected;

      g_assert_no_error (error);
      g_assert_cmpuint (carrier->width, ==, 64);
      g_assert_true (cnc_restore_expect (picture, &params, &expected, &error));
      g_assert_cmpfloat (expected.clean, ==, psnr);
      back = decrypt (carrier, key, backend, NULL, &error);
      g_assert_no_error (error);
      g_test_message ("%u × %u: %.2f dB, %s", sizes[i][0], sizes[i][1], psnr, notes);
      g_assert_cmpfloat (quality ("restore-mnist", picture, back), ==, psnr);
      g_assert_cmpfloat (psnr, >, 20);
      g_assert_cmpint (strstr (notes, "28 × 28 pixels") != NULL, ==, i > 0);
    }
}

static void
test_longest_side (void)
{
  static const guint32 sizes[][2] = { { 400, 260 }, { 150, 500 }, { 300, 300 } };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncSecret) key = key_of (7);
  g_autoptr (CncRestore) model = cnc_restore_find (NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint32 side = 520; side >= 430; side -= 45)
      {
        g_autoptr (CncPicture) picture = colour_picture (sizes[i][0], sizes[i][1]);
        g_autoptr (GError) error = NULL;
        double psnr = 0;
        g_autofree char *notes = NULL;
        const CncCarrierParams params = { .backend = backend, .longest_side = side, .psnr = &psnr, .notes = &notes };
        g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
        g_autoptr (CncPicture) back = NULL;
        CncRestorePlan plan;

        g_assert_no_error (error);
        g_assert_cmpuint (MAX (carrier->width, carrier->height), <=, side);
        back = decrypt (carrier, key, backend, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpfloat (quality (NULL, picture, back), ==, psnr);
        g_assert_true (cnc_restore_plan (model, sizes[i][0], sizes[i][1], side, &plan, &error));
        g_test_message ("%u × %u to %u: %u × %u in %u × %u, %.2f dB", sizes[i][0], sizes[i][1], side, plan.width, plan.height,
                        carrier->width, carrier->height, psnr);
        g_assert_cmpint (notes != NULL, ==, plan.width < sizes[i][0]);
        if (plan.width < sizes[i][0]) /* the next larger one does not fit */
          {
            CncRestorePlan next;

            g_assert_true (cnc_restore_plan_scaled (model, plan.width + 2, plan.height + 2 * sizes[i][1] / sizes[i][0] + 1, &next, NULL));
            g_assert_cmpuint (MAX (next.carrier_width, next.carrier_height), >, side);
          }
      }
}

/* Order and keystream under a key against tests/reference/restore-body.py, and back. */
static void
test_lock (void)
{
  static const struct
  {
    gsize n;
    const char *sum;
  } cases[] = { { 16, "788827a87c5f30d602b52ecf32331343c8888e7fb28fbcab46c68beb97975973" },
                { 66000, "c6e7e5afc2deea71afbf845dbd9c6a04b0478f8a837d184ba160ab75ed26752f" } };
  guint8 bytes[CNC_KEY_BYTES];
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (GError) error = NULL;
  CncRestoreSeeds seeds;

  for (guint8 i = 0; i < CNC_KEY_BYTES; i++)
    bytes[i] = i;
  key = cnc_secret_new_key (bytes, NULL);
  cnc_restore_seeds (key, &seeds);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree guint8 *body = g_malloc (cases[i].n);
      g_autofree char *sum = NULL;

      for (gsize k = 0; k < cases[i].n; k++)
        body[k] = (guint8) (k * 7 + k / 256);
      g_assert_true (cnc_restore_lock (&seeds, body, cases[i].n, NULL, &error));
      sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, body, cases[i].n);
      g_assert_cmpstr (sum, ==, cases[i].sum);
      g_assert_true (cnc_restore_unlock (&seeds, body, cases[i].n, NULL, &error));
      for (gsize k = 0; k < cases[i].n; k++)
        g_assert_cmpuint (body[k], ==, (guint8) (k * 7 + k / 256));
    }
}

/* The body, from the values that the network gave, by what format.md says of it, with states and keystream made here. */
static void
test_body (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (131, 90);
  g_autoptr (CncSecret) key = key_of (9);
  g_autoptr (CncRestore) model = cnc_restore_find (NULL, NULL);
  g_autoptr (CncRaster) prepared = cnc_restore_prepare (model, picture, NULL, NULL);
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model->net, NULL);
  const CncRestoreRun run = { model, backend, weights, NULL };
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  g_autofree guint8 *values = NULL, *stream = NULL, *states = NULL;
  CncRestorePlan plan;
  guint8 seed[CNC_KEY_BYTES];
  guint counts[256] = { 0 };
  double chi = 0;

  g_assert_no_error (error);
  g_assert_true (cnc_restore_plan (model, 131, 90, 0, &plan, &error));
  g_assert_cmpuint (plan.columns, ==, 33);
  g_assert_cmpuint (plan.rows, ==, 23);
  g_assert_cmpuint (plan.count, ==, 33 * 23 * 16);
  g_assert_cmpuint (carrier->width, ==, 132);
  g_assert_cmpuint (plan.places, >=, plan.count);
  values = g_malloc (plan.places);
  g_assert_true (cnc_restore_encode (&run, &plan, prepared, values, &error));
  /* The first number is the mean of the first block, but for a little. */
  {
    double sum = 0;

    for (guint at = 0; at < 16; at++)
      for (guint c = 0; c < 3; c++)
        sum += restore_basis (3, 0, c, at % 4, at / 4) * (prepared->data[((gsize) (at / 4) * 131 + at % 4) * 3 + c] / 255.0 - 0.5);
    g_assert_cmpfloat_with_epsilon ((double) cnc_restore_to_number (values[0]), sum / 8, 0.02);
  }
  states = g_malloc (cnc_shuffle_states (plan.places) * CNC_SHUFFLE_STATE_BYTES);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_CHAOS, seed);
  cnc_keystream (seed, 0, states, cnc_shuffle_states (plan.places) * CNC_SHUFFLE_STATE_BYTES);
  g_assert_true (cnc_shuffle (states, FALSE, values, plan.places, NULL, &error));
  stream = g_malloc (plan.places);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_KEYSTREAM, seed);
  cnc_keystream (seed, 0, stream, plan.places);
  for (gsize i = 0; i < plan.places; i++)
    {
      const guint8 place = carrier->data[(gsize) plan.layout.body_y * carrier->width + i];

      g_assert_cmpuint (place, ==, (guint8) (values[i] + stream[i]));
      counts[place]++;
    }
  for (guint k = 0; k < 256; k++)
    chi += (counts[k] - (double) plan.places / 256) * (counts[k] - (double) plan.places / 256) / ((double) plan.places / 256);
  g_assert_cmpfloat (chi, <, 347);
}

static void
test_values (void)
{
  static const struct
  {
    float number;
    guint8 value;
  } cases[] = { { 0, 0 },
                { 0.25f, 64 },
                { -0.25f, 192 },
                { 0.5f, 128 },
                { -0.5f, 128 },
                { 1, 0 },
                { 1 / 256.0f, 1 },
                { 3.25f, 64 },
                { -7, 0 },
                { 0.498f, 127 },
                { -1 / 512.0f - 1e-4f, 255 },
                { -1 / 512.0f + 1e-4f, 0 },
                { 0.499f, 128 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (cnc_restore_to_value (cases[i].number), ==, cases[i].value);
  for (guint v = 0; v < 256; v++)
    {
      g_assert_cmpuint (cnc_restore_to_value (cnc_restore_to_number ((guint8) v)), ==, v);
      g_assert_cmpfloat (fabsf (cnc_restore_to_number ((guint8) v)), <=, 0.5);
    }
}

/* Gaussian noise added to all pixels of a carrier; pixels that turn black. */
static void
disturb (CncRaster *carrier, double sigma, double dropped, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < cnc_raster_bytes (carrier); i++)
    {
      const double u = 1 - g_rand_double (rand), v = g_rand_double (rand);

      carrier->data[i] = (guint8) CLAMP (lrint (carrier->data[i] + sigma * sqrt (-2 * log (u)) * cos (2 * G_PI * v)), 0, 255);
      if (g_rand_double (rand) < dropped)
        carrier->data[i] = 0;
    }
}

static void
test_channel (void)
{
  static const struct
  {
    double sigma, dropped;
  } cases[] = { { 0, 0 }, { 2, 0 }, { 5, 0 }, { 10, 0 }, { 25, 0 }, { 0, 0.03 }, { 40, 0 } };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (256, 200);
  g_autoptr (CncSecret) key = key_of (7), wrong = key_of (8);
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  const gsize bytes = cnc_raster_bytes (carrier);
  g_autofree guint8 *clean = g_memdup2 (carrier->data, bytes);
  double last = 1000;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CncRestoreChannel channel;
      g_autoptr (CncPicture) back = NULL;
      double psnr;

      memcpy (carrier->data, clean, bytes);
      disturb (carrier, cases[i].sigma, cases[i].dropped, i);
      back = decrypt (carrier, key, backend, &channel, &error);
      g_assert_no_error (error);
      psnr = quality (NULL, picture, back);
      g_test_message ("sigma %g, %g dropped: strength %.2f, %.2f dB", cases[i].sigma, cases[i].dropped, channel.strength, psnr);
      /* what is added beyond black and white is cut off; a dropped pixel is off by any number */
      if (cases[i].dropped > 0)
        g_assert_cmpfloat_with_epsilon (channel.strength, sqrt (cases[i].dropped) * 73.9, 1.5);
      else
        {
          g_assert_cmpfloat (channel.strength, <=, cases[i].sigma * 1.06 + 0.1);
          g_assert_cmpfloat (channel.strength, >=, cases[i].sigma * 0.9);
          g_assert_cmpfloat (psnr, <, last + 0.01);
          last = psnr;
        }
      g_assert_cmpfloat (psnr, >, 11);
      g_assert_null (decrypt (carrier, wrong, backend, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
      g_clear_error (&error);
    }
}

static void
test_tiles (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (301, 203);
  g_autoptr (CncRestore) model = cnc_restore_find (NULL, NULL);
  g_autoptr (CncRaster) prepared = cnc_restore_prepare (model, picture, NULL, NULL);
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model->net, NULL);
  const CncRestoreRun run = { model, backend, weights, NULL };
  g_autofree guint8 *whole = NULL, *values = NULL;
  g_autoptr (CncRaster) restored = NULL, tiled = NULL;
  g_autoptr (GError) error = NULL;
  CncRestorePlan plan;

  g_assert_true (cnc_restore_plan (model, 301, 203, 0, &plan, &error));
  whole = g_malloc (plan.places);
  values = g_malloc (plan.places);
  g_assert_true (cnc_restore_encode (&run, &plan, prepared, whole, &error));
  restored = cnc_restore_decode (&run, &plan, whole, 12, 301, 203, &error);
  g_assert_no_error (error);
  for (model->max_tile = 32; model->max_tile <= 128; model->max_tile *= 4)
    {
      g_assert_true (cnc_restore_encode (&run, &plan, prepared, values, &error));
      g_assert_true (memcmp (values, whole, plan.places) == 0);
      tiled = cnc_restore_decode (&run, &plan, whole, 12, 301, 203, &error);
      g_assert_no_error (error);
      g_assert_true (memcmp (tiled->data, restored->data, cnc_raster_bytes (restored)) == 0);
      g_clear_pointer (&tiled, cnc_raster_free);
    }
}

/* What one device encrypts, another decrypts: pixels may differ by a step. */
static void
test_devices (void)
{
  g_autoptr (GArray) devices = cnc_vulkan_devices (NULL);
  g_autoptr (CncBackend) cpu = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (150, 110);
  g_autoptr (CncSecret) key = key_of (7);
  g_autoptr (GError) error = NULL;
  const CncCarrierParams params = { .backend = cpu };
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  g_autoptr (CncPicture) here = decrypt (carrier, key, cpu, NULL, &error);

  g_assert_no_error (error);
  if (devices == NULL || devices->len == 0)
    {
      g_test_skip ("no Vulkan device");
      return;
    }
  for (guint i = 0; i < devices->len; i++)
    {
      g_autoptr (CncBackend) vulkan = cnc_vulkan_open (g_array_index (devices, CncDeviceInfo, i).id, &error);
      const CncCarrierParams there_params = { .backend = vulkan };
      g_autoptr (CncPicture) there = NULL;
      g_autoptr (CncRaster) other = NULL;
      guint apart = 0;

      g_assert_no_error (error);
      there = decrypt (carrier, key, vulkan, NULL, &error);
      g_assert_no_error (error);
      for (gsize k = 0; k < cnc_raster_bytes (here->raster); k++)
        g_assert_cmpint (abs (here->raster->data[k] - there->raster->data[k]), <=, 1);
      other = encrypt (picture, key, &there_params, &error);
      g_assert_no_error (error);
      for (gsize k = 0; k < cnc_raster_bytes (carrier); k++)
        {
          const gint8 off = (gint8) (carrier->data[k] - other->data[k]);

          g_assert_cmpint (abs (off), <=, 1);
          apart += off != 0;
        }
      g_test_message ("%s: %u of %" G_GSIZE_FORMAT " pixels differ by a step", vulkan->info.name, apart, cnc_raster_bytes (carrier));
      g_assert_cmpuint (apart, <, cnc_raster_bytes (carrier) / 100);
    }
}

static void
test_expect (void)
{
  static const guint32 sides[] = { 0, 300 };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (420, 380);
  g_autoptr (CncSecret) key = key_of (7);

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      double psnr = 0;
      const CncCarrierParams params = { .backend = backend, .longest_side = sides[i], .psnr = &psnr };
      CncRestoreExpected expected;
      CncRestoreChannel channel;
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
      g_autoptr (CncPicture) back = NULL;

      g_assert_no_error (error);
      g_assert_true (cnc_restore_expect (picture, &params, &expected, &error));
      g_assert_cmpuint (expected.width, ==, carrier->width);
      g_assert_cmpuint (expected.height, ==, carrier->height);
      disturb (carrier, 9.5, 0, 1);
      back = decrypt (carrier, key, backend, &channel, &error);
      g_assert_no_error (error);
      g_test_message ("expected %.2f and %.2f dB, was %.2f and %.2f", expected.clean, expected.jpeg, psnr, quality (NULL, picture, back));
      g_assert_cmpfloat_with_epsilon (expected.clean, psnr, 1);
      g_assert_cmpfloat_with_epsilon (expected.jpeg, quality (NULL, picture, back), 1);
    }
}

int
main (int argc, char **argv)
{
  int status;

  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  models_make ();
  g_test_add_func ("/restore/values", test_values);
  g_test_add_func ("/restore/sizes", test_sizes);
  g_test_add_func ("/restore/formats", test_formats);
  g_test_add_func ("/restore/fixed", test_fixed);
  g_test_add_func ("/restore/longest-side", test_longest_side);
  g_test_add_func ("/restore/lock", test_lock);
  g_test_add_func ("/restore/body", test_body);
  g_test_add_func ("/restore/channel", test_channel);
  g_test_add_func ("/restore/tiles", test_tiles);
  g_test_add_func ("/restore/devices", test_devices);
  g_test_add_func ("/restore/expect", test_expect);
  status = g_test_run ();
  models_remove ();
  return status;
}
