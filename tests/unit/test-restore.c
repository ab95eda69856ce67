/* core/methods/restore: pictures of every kind to carriers and back, what a channel does to them, and every refusal. */
#include "restore-case.h"

#include "base/error.h"
#include "base/memory.h"
#include "chaos/shuffle.h"
#include "vulkan/vk-backend.h"

#include <locale.h>

static char *folder;

static CncPicture *
picture_of (guint32 width, guint32 height, CncFormat format)
{
  CncPicture *picture = cnc_picture_new ();
  const guint channels = cnc_format_channels (&format), bytes = cnc_format_sample_bytes (&format);

  picture->raster = cnc_raster_new (width, height, &format, NULL);
  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      for (guint c = 0; c < channels; c++)
        {
          const gboolean alpha = format.alpha && c == channels - 1;
          const double wave = sin ((x + 5.0 * c) / 13) * cos ((y + 2.0 * c) / 11) + sin ((x + y) / 31.0),
                       value = alpha ? (x < width / 2 ? 1 : 0.5) : CLAMP (0.5 + 0.22 * wave, 0, 1);
          guint8 *at = picture->raster->data + (((gsize) y * width + x) * channels + c) * bytes;
          const guint16 wide = (guint16) lrint (value * 65535);
          const float real = (float) value;

          if (bytes == 1)
            *at = (guint8) lrint (value * (format.model == CNC_MODEL_INDEXED && !alpha ? 7 : 255));
          else
            memcpy (at, bytes == 2 ? (gconstpointer) &wide : &real, bytes);
        }
  return picture;
}

static CncPicture *
colour_picture (guint32 width, guint32 height)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

  return picture_of (width, height, rgb);
}

static CncSecret *
key_of (guint8 seed)
{
  guint8 bytes[CNC_KEY_BYTES];

  memset (bytes, seed, sizeof bytes);
  return cnc_secret_new_key (bytes, NULL);
}

static CncRaster *
encrypt (const CncPicture *picture, const CncSecret *key, const CncCarrierParams *params, GError **error)
{
  const CncCarrierLock lock = { key, { 1, 2, 3 }, { 3, 65536 } };

  return cnc_restore_encrypt (picture, &lock, params, error);
}

static CncPicture *
decrypt (const CncRaster *carrier, const CncSecret *key, CncBackend *backend, CncRestoreChannel *channel, GError **error)
{
  g_autoptr (CncCarrier) found = NULL;

  if (!cnc_carrier_find (carrier, NULL, &found, NULL, error))
    return NULL;
  return cnc_restore_decrypt (found, key, backend, channel, NULL, error);
}

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

      g_assert_no_error (error);
      g_assert_cmpuint (carrier->width, ==, 64);
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

static void
test_too_small (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncSecret) key = key_of (7);
  g_autoptr (CncPicture) picture = colour_picture (400, 260);
  g_autoptr (GError) error = NULL;
  CncCarrierParams params = { .backend = backend, .longest_side = 100 };
  guint least;
  const char *number;

  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
  g_test_message ("%s", error->message);
  number = strstr (error->message, "Choose ");
  g_assert_nonnull (number);
  least = (guint) g_ascii_strtoull (number + strlen ("Choose "), NULL, 10);
  g_clear_error (&error);
  for (params.longest_side = least - 1; params.longest_side <= least; params.longest_side++)
    {
      g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);

      g_assert_cmpint (carrier != NULL, ==, params.longest_side == least);
      g_clear_error (&error);
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

/* The body replaced by noise: the header is there, and nothing else. */
static void
test_nothing_left (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (200, 200);
  g_autoptr (CncSecret) key = key_of (7);
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  CncCarrierLayout layout;
  CncRestoreChannel channel = { 0 };
  guint32 state = 1;

  g_assert_no_error (error);
  g_assert_true (cnc_carrier_layout (carrier->width, carrier->height, &layout));
  for (gsize i = (gsize) layout.body_y * carrier->width; i < (gsize) (layout.body_y + layout.body_height) * carrier->width; i++)
    {
      state = state * 1664525 + 1013904223;
      carrier->data[i] = (guint8) (state >> 24);
    }
  g_assert_null (decrypt (carrier, key, backend, &channel, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
  g_assert_cmpfloat (channel.strength, >, 70);
  g_assert_nonnull (strstr (error->message, "off by 7"));
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

/* Whoever has the passphrase may have made a header that no writer makes. */
static void
test_forged (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (200, 150);
  g_autoptr (CncSecret) key = key_of (7);
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  static const guint32 sizes[][2]
      = { { 200, 150 }, { 199, 150 }, { 196, 150 }, { 200, 153 }, { 1, 1 }, { CNC_RASTER_MAX_SIDE, 1 }, { 2000, 1500 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncCarrier) found = NULL;
      g_autoptr (CncPicture) back = NULL;

      g_assert_true (cnc_carrier_find (carrier, NULL, &found, NULL, &error));
      cnc_carrier_header_finish (&found->header, key, sizes[i][0], sizes[i][1]);
      back = cnc_restore_decrypt (found, key, backend, NULL, NULL, &error);
      g_test_message ("%u × %u: %s", sizes[i][0], sizes[i][1], error != NULL ? error->message : "opens");
      if (back == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
      else
        g_assert_cmpuint (back->raster->width, ==, sizes[i][0]);
      g_assert_cmpint (back != NULL, ==, i < 2 || i == 3 || i == 6);
      g_clear_error (&error);
    }
}

static char *
changed (const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (RESTORE_COLOUR, from, -1);

  g_assert_cmpuint (g_strv_length (parts), >, 1);
  return g_strjoinv (to, parts);
}

static void
test_models (void)
{
  static const struct
  {
    const char *from, *to, *said;
  } cases[] = {
    { "\"name\":\"features\"", "\"name\":\"numbers\"", NULL },
    { "\"name\":\"plain\"", "\"name\":\"plane\"", NULL },
    { "\"level\"", "\"strength\"", "It has no value “level”" },
    { "\"restored\"", "\"picture\"", "It has no value “restored”" },
    { "\"name\":\"x\",\"channels\":3", "\"name\":\"x\",\"channels\":3,\"high\":255", "Its value “x” is no input for a picture" },
    { "\"inputs\":[\"d2\"]", "\"inputs\":[\"x\"]", "plain" },
    { "\"inputs\":[\"level\"]", "\"inputs\":[\"pilots\"]", "level" },
    { "\"first\":15,\"channels\":1}", "\"first\":14,\"channels\":2}", "Its value “level” has 2 channels, not 1" },
    { "{\"name\":\"d1\",\"op\":\"conv2d\",\"inputs\":[\"d0\"]",
      "{\"name\":\"past\",\"op\":\"add\",\"inputs\":[\"d0\",\"features\"]},{\"name\":\"d1\",\"op\":\"conv2d\",\"inputs\":[\"past\"]",
      "\"x\"" } /* past what is sent */,
  };
  g_autofree char *path = g_build_filename (folder, "bad.safetensors", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *json = NULL;
      g_autoptr (CncRestore) model = NULL;

      if (i < 2) /* other nodes read them under the new name, too */
        {
          g_autofree char *half = changed (i == 0 ? "\"features\"" : "\"plain\"", i == 0 ? "\"numbers\"" : "\"plane\"");

          json = g_steal_pointer (&half);
        }
      else
        json = changed (cases[i].from, cases[i].to);
      restore_write (path, json, FALSE);
      model = cnc_restore_read (path, &error);
      g_assert_null (model);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, "bad.safetensors cannot be used by the method “restore”"));
      g_assert_nonnull (strstr (error->message, cases[i].said != NULL ? cases[i].said : i == 0 ? "“features”" : i == 1 ? "“plain”" : "x"));
    }
  g_unlink (path);
}

/* A model that says it is one, and puts something where the pilots are; one that is not there; one that is not for this. */
static void
test_model_errors (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (90, 80);
  g_autoptr (CncSecret) key = key_of (7);
  g_autofree char *path = g_build_filename (folder, "restore-pilots.safetensors", NULL);
  CncCarrierParams params = { .backend = backend, .model = "restore-pilots" };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  g_autofree char *usual = g_build_filename (folder, "restore-mri.safetensors", NULL), *away = g_build_filename (folder, "away", NULL);

  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "“restore-pilots”"));
  g_clear_error (&error);
  g_assert_false (cnc_restore_ready ("restore-pilots", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  restore_write (path, RESTORE_COLOUR, TRUE);
  g_assert_true (cnc_restore_ready ("restore-pilots", &error));
  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "not always 0"));
  g_clear_error (&error);
  g_unlink (path);
  params.model = "restore-mri";
  carrier = encrypt (picture, key, &params, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (usual, away), ==, 0);
  g_assert_null (decrypt (carrier, key, backend, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "SHA-256"));
  g_clear_error (&error);
  g_assert_cmpint (g_rename (away, usual), ==, 0);
  {
    g_autoptr (CncPicture) back = decrypt (carrier, key, backend, NULL, &error);

    g_assert_no_error (error);
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

/* Each allocation fails once; each time that is an error, and nothing else. */
static void
test_memory (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (230, 90);
  g_autoptr (CncSecret) key = key_of (7);
  g_autofree char *notes = NULL;
  double psnr;
  const CncCarrierParams params = { .backend = backend, .longest_side = 225, .psnr = &psnr, .notes = &notes };
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, NULL);
  g_autoptr (CncCarrier) found = NULL;

  g_assert_true (cnc_carrier_find (carrier, NULL, &found, NULL, NULL));
  for (guint part = 0; part < 3; part++)
    for (guint i = 1;; i++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (CncRaster) again = NULL;
        g_autoptr (CncPicture) back = NULL;
        CncRestoreExpected expected;
        gboolean good;
        guint calls;

        g_clear_pointer (&notes, g_free);
        cnc_alloc_fail_at (i);
        if (part == 0)
          good = (again = encrypt (picture, key, &params, &error)) != NULL;
        else if (part == 1)
          good = (back = cnc_restore_decrypt (found, key, backend, NULL, NULL, &error)) != NULL;
        else
          good = cnc_restore_expect (picture, &params, &expected, &error);
        calls = cnc_alloc_fail_at (0);
        if (good && calls < i)
          {
            g_test_message ("part %u: %u allocations", part, calls);
            break;
          }
        g_assert_false (good);
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      }
}

static void
count_down (double done, const char *text, gpointer user_data)
{
  CncTask *task = user_data;
  static guint steps;

  if (done == 0 && ++steps == 2) /* while the picture is restored for certainty */
    cnc_task_cancel (task);
}

static void
test_cancel (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (70, 60);
  g_autoptr (CncSecret) key = key_of (7);
  CncTask task = { .progress = count_down };
  const CncCarrierParams params = { .backend = backend, .task = &task };
  g_autoptr (GError) error = NULL;

  task.user_data = &task;
  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  int status;

  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("test-restore-XXXXXX", NULL);
  restore_write_all (folder);
  g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
  g_test_add_func ("/restore/values", test_values);
  g_test_add_func ("/restore/sizes", test_sizes);
  g_test_add_func ("/restore/formats", test_formats);
  g_test_add_func ("/restore/fixed", test_fixed);
  g_test_add_func ("/restore/longest-side", test_longest_side);
  g_test_add_func ("/restore/too-small", test_too_small);
  g_test_add_func ("/restore/body", test_body);
  g_test_add_func ("/restore/channel", test_channel);
  g_test_add_func ("/restore/nothing-left", test_nothing_left);
  g_test_add_func ("/restore/tiles", test_tiles);
  g_test_add_func ("/restore/devices", test_devices);
  g_test_add_func ("/restore/forged", test_forged);
  g_test_add_func ("/restore/models", test_models);
  g_test_add_func ("/restore/model-errors", test_model_errors);
  g_test_add_func ("/restore/expect", test_expect);
  g_test_add_func ("/restore/memory", test_memory);
  g_test_add_func ("/restore/cancel", test_cancel);
  status = g_test_run ();
  for (guint i = 0; i < 3; i++)
    {
      static const char *const names[] = { "restore.safetensors", "restore-mri.safetensors", "restore-mnist.safetensors" };
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
  return status;
}
