/* The method "autoencoder" from picture to encrypted picture and back, with a small model of random weights. */
#include "base/error.h"
#include "base/memory.h"
#include "codec-model.h"
#include "methods/autoencoder/autoencoder.h"
#include "picture/convert.h"
#include "methods/crypt.h"

#include <math.h>

static CncBackend *backend;
static CncSecret *kek;

static CncPicture *
make_picture (guint32 width, guint32 height, const CncFormat *format)
{
  CncPicture *picture = cnc_picture_new ();
  const guint channels = cnc_format_channels (format), bytes = cnc_format_sample_bytes (format);

  picture->raster = cnc_raster_new (width, height, format, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i] = (guint8) (i / (channels * bytes) / 3 + 40 * (i % (channels * bytes)));
  if (format->model == CNC_MODEL_INDEXED)
    picture->colormap = g_bytes_new ("abcdefghi", 9);
  picture->metadata = g_strdup ("<metadata>é</metadata>");
  picture->profile = g_bytes_new ("a profile", 9);
  picture->name = g_strdup ("a layer");
  picture->x_resolution = picture->y_resolution = 72;
  cnc_picture_add_parasite (picture, "gimp-comment", 1, "hello", 6);
  return picture;
}

static CncRaster *
encrypt (const CncPicture *picture, double *psnr, guint32 region_width, guint32 region_height, GError **error)
{
  g_autoptr (CncLock) lock = cnc_lock_new_kek (kek, error);
  const CncEncryptParams params = { .method = cnc_method_by_id ("autoencoder", NULL),
                                    .backend = backend,
                                    .psnr = psnr,
                                    .region_width = region_width,
                                    .region_height = region_height };

  return lock != NULL ? cnc_encrypt (picture, lock, &params, error) : NULL;
}

static CncPicture *
open_carrier (const CncRaster *carrier, GError **error)
{
  g_autoptr (CncSecret) key = NULL;
  const CncDecryptParams params = { .backend = backend };
  CncHeader header;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error)
      || !cnc_header_check_sum (&header, error))
    return NULL;
  g_assert_cmpuint (header.method, ==, CNC_METHOD_AUTOENCODER);
  key = cnc_header_unlock_kek (&header, kek, error);
  return key != NULL ? cnc_decrypt (carrier, &header, key, &params, error) : NULL;
}

/* What came back is what encoder, rounding and decoder give, every sample, and alpha is that of the source. */
static void
assert_decoded (const CncPicture *picture, const CncPicture *opened)
{
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_find (NULL, NULL, NULL);
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model->net, NULL);
  g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, NULL);
  const CncRaster *r = opened->raster;
  g_autoptr (CncRaster) expected = cnc_raster_new (eight->width, eight->height, &eight->format, NULL);
  g_autofree gint16 *values = NULL;
  g_autofree float *exact = NULL;
  guint32 width, height;
  const guint channels = cnc_format_channels (&eight->format);

  g_assert_cmpuint (r->width, ==, eight->width);
  g_assert_cmpuint (r->height, ==, eight->height);
  g_assert_true (cnc_format_equal (&r->format, &eight->format));
  memcpy (expected->data, eight->data, cnc_raster_bytes (eight));
  cnc_autoencoder_latent_size (model, eight->width, eight->height, &width, &height);
  values = g_new (gint16, (gsize) width * height * model->channels);
  exact = g_new (float, (gsize) width *height * model->channels);
  g_assert_true (cnc_autoencoder_encode (model, backend, weights, eight, exact, NULL, NULL));
  g_assert_true (cnc_latent_choose (model->tables, exact, width, height, values, NULL, NULL));
  g_assert_true (cnc_autoencoder_decode (model, backend, weights, values, expected, NULL, NULL));
  g_assert_cmpint (memcmp (expected->data, r->data, cnc_raster_bytes (r)), ==, 0);
  for (gsize i = 0; eight->format.alpha && i < (gsize) eight->width * eight->height; i++)
    g_assert_cmpuint (r->data[i * channels + channels - 1], ==, eight->data[i * channels + channels - 1]);
  g_assert_cmpstr (picture->metadata, ==, opened->metadata);
  g_assert_cmpstr (picture->name, ==, opened->name);
  g_assert_true (g_bytes_equal (picture->profile, opened->profile));
  g_assert_null (opened->colormap);
  g_assert_cmpuint (opened->parasites->len, ==, 1);
}

static void
test_formats (void)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 5, 3 }, { 37, 70 } };

  for (gint model = 0; model <= CNC_MODEL_INDEXED; model++)
    for (gint sample = 0; sample <= CNC_SAMPLE_DOUBLE; sample++)
      for (gint curve = 0; curve < 2; curve++)
        for (gint alpha = 0; alpha < 2; alpha++)
          {
            const CncFormat format = { (CncModel) model, (CncSample) sample, (CncCurve) curve, alpha };

            for (guint s = 0; cnc_format_valid (&format) && s < G_N_ELEMENTS (sizes); s++)
              {
                g_autoptr (CncPicture) picture = make_picture (sizes[s][0], sizes[s][1], &format), opened = NULL;
                g_autoptr (GError) error = NULL;
                double psnr = -1;
                g_autoptr (CncRaster) carrier = encrypt (picture, &psnr, 0, 0, &error);

                g_assert_no_error (error);
                g_assert_cmpfloat (psnr, >=, 0); /* a model of random weights may well be that bad */
                opened = open_carrier (carrier, &error);
                g_assert_no_error (error);
                assert_decoded (picture, opened);
              }
          }
}

static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

/* Values against ImageMagick's and the definition: linear to perceptual, 16 bits to 8, half floats, palette. */
static void
test_convert (void)
{
  static const CncFormat linear = { CNC_MODEL_GREY, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, TRUE };
  static const CncFormat half = { CNC_MODEL_GREY, CNC_SAMPLE_HALF, CNC_CURVE_PERCEPTUAL, FALSE };
  static const CncFormat deep = { CNC_MODEL_GREY, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE };
  static const CncFormat palette = { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  const float floats[] = { 0.0f, 0.5f, 0.002f, 0.25f, 0.2140f, 0.5f, 1.5f, 1.0f, -1.0f, 0.0f, (float) NAN, 2.0f };
  const guint8 perceptual[] = { 0, 128, 7, 64, 127, 128, 255, 255, 0, 0, 0, 255 };
  const guint16 halves[] = { 0x3800, 0x3c00, 0x0001, 0x7c00, 0xbc00, 0x3400 };
  const guint8 from_halves[] = { 128, 255, 0, 255, 0, 64 };
  const guint16 words[] = { 0, 65535, 128 * 257, 32767, 128, 129 };
  const guint8 from_words[] = { 0, 255, 128, 127, 0, 1 };
  const struct
  {
    const CncFormat *format;
    gconstpointer in;
    const guint8 *out;
  } cases[] = { { &linear, floats, perceptual }, { &half, halves, from_halves }, { &deep, words, from_words } };
  g_autoptr (CncRaster) indexed = cnc_raster_new (2, 1, &palette, NULL), colours = NULL;
  g_autoptr (GBytes) colormap = g_bytes_new ("abcdef", 6);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CncRaster) raster = cnc_raster_new (6, 1, cases[i].format, NULL), eight = NULL;

      memcpy (raster->data, cases[i].in, cnc_raster_bytes (raster));
      eight = cnc_convert_to_8_bit (raster, NULL, NULL);
      g_assert_cmpint (memcmp (eight->data, cases[i].out, cnc_raster_bytes (eight)), ==, 0);
    }
  indexed->data[0] = 1;
  indexed->data[1] = 2; /* beyond the colormap */
  colours = cnc_convert_to_8_bit (indexed, colormap, NULL);
  g_assert_cmpmem (colours->data, 6, "def\0\0\0", 6);
}

static void
test_region (void)
{
  g_autoptr (CncPicture) picture = make_picture (120, 90, &rgb8), opened = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, NULL, 120, 90, NULL);

  g_assert_nonnull (carrier);
  g_assert_cmpuint (carrier->width, ==, 120);
  g_assert_cmpuint (carrier->height, ==, 90);
  opened = open_carrier (carrier, NULL);
  assert_decoded (picture, opened);
}

static void
test_missing_model (void)
{
  g_autoptr (CncPicture) picture = make_picture (60, 50, &rgb8);
  g_autoptr (CncRaster) carrier = encrypt (picture, NULL, 0, 0, NULL);
  const CncMethod *method = cnc_method_by_id ("autoencoder", NULL);
  g_autofree char *before = g_strdup (g_getenv ("CNNCRYPT_MODEL_PATH"));
  g_autofree char *other = NULL;
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_find (NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  char hash[9];

  g_assert_true (cnc_method_ready (method, NULL, NULL));
  g_snprintf (hash, sizeof hash, "%02x%02x%02x%02x", model->sha256[0], model->sha256[1], model->sha256[2], model->sha256[3]);
  other = codec_model_install ("autoencoder", 77); /* same name, other weights */
  g_assert_null (open_carrier (carrier, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "“autoencoder”"));
  g_assert_nonnull (strstr (error->message, hash));
  g_clear_error (&error);
  codec_model_remove (other, "autoencoder");
  g_assert_null (open_carrier (carrier, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  if (!cnc_method_ready (method, NULL, &error)) /* unless one is installed on this machine */
    g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_setenv ("CNNCRYPT_MODEL_PATH", before, TRUE);
}

static void
test_raw (void)
{
  g_autoptr (CncPicture) picture = make_picture (60, 50, &rgb8);
  g_autoptr (CncLock) lock = cnc_lock_new_kek (kek, NULL);
  const CncEncryptParams params = { .method = cnc_method_by_id ("autoencoder", NULL), .backend = backend, .raw = TRUE };
  g_autoptr (GError) error = NULL;

  g_assert_null (cnc_encrypt (picture, lock, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

/* Bodies with every byte changed and every length cut: an error or a picture. */
static void
test_damaged_body (void)
{
  static const CncFormat rgba = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE };
  g_autoptr (CncPicture) picture = make_picture (21, 10, &rgba);
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_find (NULL, NULL, NULL);
  g_autoptr (CncRaster) out = cnc_raster_new (21, 10, &rgba, NULL);
  CncRaster geometry;
  g_autoptr (GByteArray) body = cnc_autoencoder_pack (model, picture, backend, &geometry, NULL, NULL);

  for (gsize i = 0; i < body->len; i++)
    {
      g_autoptr (GError) error = NULL;

      body->data[i] ^= 0x41;
      if (!cnc_autoencoder_unpack (body->data, body->len, out, backend, NULL, &error))
        g_assert_true (error->code == CNC_ERROR_DAMAGED || (i < 32 && error->code == CNC_ERROR_MODEL));
      else
        g_assert_cmpuint (i, >=, 32); /* the name, or alpha's values */
      body->data[i] ^= 0x41;
      g_clear_error (&error);
      g_assert_false (cnc_autoencoder_unpack (body->data, i, out, backend, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
    }
  g_assert_true (cnc_autoencoder_unpack (body->data, body->len, out, backend, NULL, NULL));
}

static void
test_sample (void)
{
  g_autoptr (CncPicture) picture = make_picture (96, 96, &rgb8);
  double psnr = 0, of_all = 0;
  g_autoptr (CncRaster) carrier = encrypt (picture, &of_all, 0, 0, NULL);
  guint64 bytes = 0;

  g_assert_true (cnc_encrypt_sample (cnc_method_by_id ("autoencoder", NULL), NULL, picture, backend, &bytes, &psnr, NULL));
  g_assert_cmpfloat (psnr, ==, of_all);
  g_assert_cmpuint (bytes, >, 50);
  g_assert_cmpuint (bytes, <, cnc_raster_bytes (carrier));
  g_assert_false (cnc_encrypt_sample (cnc_method_by_id ("hybrid", NULL), NULL, picture, backend, &bytes, &psnr, NULL));
}

static void
test_no_memory (void)
{
  static const CncFormat rgba = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE };
  g_autoptr (CncPicture) picture = make_picture (20, 10, &rgba);
  g_autoptr (CncRaster) carrier = NULL;
  guint made, opened;

  cnc_alloc_fail_at (0);
  carrier = encrypt (picture, NULL, 0, 0, NULL);
  made = cnc_alloc_fail_at (0);
  cnc_picture_free (open_carrier (carrier, NULL));
  opened = cnc_alloc_fail_at (0);
  for (guint i = 1; i <= made; i++)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (i);
      g_assert_null (encrypt (picture, NULL, 0, 0, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  for (guint i = 1; i <= opened; i++)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (i);
      g_assert_null (open_carrier (carrier, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  cnc_alloc_fail_at (0);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  backend = cnc_reference_backend_new ();
  kek = cnc_secret_new_key (NULL, NULL);
  folder = codec_model_install ("autoencoder", 5);
  g_test_add_func ("/autoencoder/formats", test_formats);
  g_test_add_func ("/autoencoder/convert", test_convert);
  g_test_add_func ("/autoencoder/region", test_region);
  g_test_add_func ("/autoencoder/missing-model", test_missing_model);
  g_test_add_func ("/autoencoder/raw", test_raw);
  g_test_add_func ("/autoencoder/damaged-body", test_damaged_body);
  g_test_add_func ("/autoencoder/sample", test_sample);
  g_test_add_func ("/autoencoder/no-memory", test_no_memory);
  status = g_test_run ();
  codec_model_remove (folder, "autoencoder");
  cnc_secret_free (kek);
  cnc_backend_free (backend);
  return status;
}
