/* core/methods/crypt with grey carriers: what cnc_encrypt makes is found, unlocked and opened again, and the story that is told is true. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "methods/crypt.h"

static CncBackend *backend;
static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
static const CncKdfParams cheap = { 1, CNC_KDF_MEMORY_KIB_MIN };

static CncSecret *
passphrase_new (const char *text)
{
  CncSecret *secret = cnc_secret_new_passphrase (text, strlen (text), NULL);

  g_assert_nonnull (secret);
  return secret;
}

static CncPicture *
picture_new (guint32 width, guint32 height)
{
  CncPicture *picture = cnc_picture_new ();

  picture->raster = cnc_raster_new (width, height, &rgb8, NULL);
  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      {
        guint8 *p = picture->raster->data + 3 * ((gsize) y * width + x);

        p[0] = (guint8) (40 + 150 * x / width + (x / 23 + y / 17) % 2 * 40);
        p[1] = (guint8) (30 + 200 * y / height);
        p[2] = (guint8) (128 + 100 * sin (x / 31.0) * cos (y / 47.0));
      }
  picture->x_resolution = picture->y_resolution = 120;
  picture->name = g_strdup ("a layer");
  return picture;
}

static CncRaster *
encrypt (const CncPicture *picture, CncEncryptParams *params, GError **error)
{
  g_autoptr (CncSecret) passphrase = passphrase_new ("right");
  g_autoptr (CncLock) lock = cnc_lock_new_passphrase (passphrase, &cheap, error);

  g_assert_nonnull (lock);
  if (params->method == NULL)
    params->method = cnc_method_by_id ("share", NULL);
  params->backend = backend;
  return cnc_encrypt (picture, lock, params, error);
}

static CncCarrier *
find (const CncRaster *raster, GError **error)
{
  CncCarrier *carrier = NULL;

  return cnc_find_carrier (raster, NULL, &carrier, NULL, error) ? carrier : NULL;
}

static CncPicture *
open_with (const CncRaster *raster, const char *text, char **story, GError **error)
{
  const CncDecryptParams params = { backend, NULL };
  g_autoptr (CncSecret) passphrase = passphrase_new (text);
  g_autoptr (CncCarrier) carrier = find (raster, error);
  g_autoptr (CncSecret) key = carrier != NULL ? cnc_carrier_unlock (&carrier->header, passphrase, error) : NULL;

  return key != NULL ? cnc_decrypt_carrier (carrier, key, &params, story, error) : NULL;
}

static void
test_round (void)
{
  g_autoptr (CncPicture) picture = picture_new (520, 390);
  g_autoptr (GError) error = NULL;
  double psnr = 0;
  CncEncryptParams params = { .psnr = &psnr };
  g_autoptr (CncRaster) made = encrypt (picture, &params, &error);
  g_autoptr (CncPicture) opened = NULL, worn = NULL;
  g_autofree char *story = NULL, *told = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (made->format.model, ==, CNC_MODEL_GREY);
  g_assert_cmpuint ((guint64) made->width * made->height, <=, 520 * 390);
  g_assert_cmpfloat (psnr, >, 30);
  opened = open_with (made, "right", &story, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (opened->raster->width, ==, 520);
  g_assert_cmpuint (opened->raster->height, ==, 390);
  g_assert_cmpstr (opened->name, ==, "a layer");
  g_assert_nonnull (strstr (story, "without an error"));
  g_assert_null (strstr (story, "had been"));
  g_assert_null (open_with (made, "wrong", NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  g_clear_error (&error);

  /* Some pixels are lost, and all are a little off. */
  for (gsize i = 0; i < cnc_raster_bytes (made); i++)
    {
      const gint off = made->data[i] + g_test_rand_int_range (-25, 26);

      made->data[i] = g_test_rand_int_range (0, 2000) == 0 ? (guint8) (255 - made->data[i]) : (guint8) CLAMP (off, 0, 255);
    }
  worn = open_with (made, "right", &told, &error);
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (worn->raster->data, opened->raster->data, cnc_raster_bytes (worn->raster)), ==, 0);
  g_assert_nonnull (strstr (told, "repaired"));
  g_assert_nonnull (strstr (told, "to the last bit"));
}

static void
test_refused (void)
{
  g_autoptr (CncPicture) picture = picture_new (300, 300);
  g_autoptr (CncSecret) passphrase = passphrase_new ("right");
  g_autoptr (CncLock) lock = cnc_lock_new_passphrase (passphrase, &cheap, NULL);
  g_autoptr (CncRaster) made = NULL;
  CncEncryptParams region = { .region_width = 300, .region_height = 300 }, raw = { .raw = TRUE }, levels = { .levels = 7 }, plain = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_null (encrypt (picture, &region, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (encrypt (picture, &raw, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (encrypt (picture, &levels, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  plain.method = cnc_method_by_id ("share", NULL);
  plain.backend = backend;
  made = cnc_encrypt (picture, lock, &plain, &error);
  g_assert_no_error (error);
  g_assert_null (cnc_encrypt (picture, lock, &plain, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

/* Which of two reasons is told. */
static void
test_reasons (void)
{
  g_autoptr (CncPicture) picture = picture_new (200, 150);
  CncCarrier *carrier = NULL;
  GError *why = g_error_new_literal (CNC_ERROR, CNC_ERROR_DAMAGED, "of something else");

  g_assert_false (cnc_find_carrier (picture->raster, NULL, &carrier, NULL, &why));
  g_assert_error (why, CNC_ERROR, CNC_ERROR_DAMAGED);
  g_assert_cmpstr (why->message, ==, "of something else");
  g_clear_error (&why);
  why = g_error_new_literal (CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED, "said before");
  g_assert_false (cnc_find_carrier (picture->raster, NULL, &carrier, NULL, &why));
  g_assert_error (why, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED);
  g_assert_cmpstr (why->message, ==, "said before");
  picture->raster->format.model = CNC_MODEL_GREY;
  picture->raster->width *= 3;
  g_assert_false (cnc_find_carrier (picture->raster, NULL, &carrier, NULL, &why));
  g_assert_error (why, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED);
  g_assert_cmpstr (why->message, !=, "said before");
  g_clear_error (&why);
  g_assert_null (carrier);
}

/* What is expected before is what is made. */
static void
test_expect (void)
{
  g_autoptr (CncPicture) picture = picture_new (640, 480);
  const guint32 sizes[] = { 0, 400, 1280 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      double psnr = 0;
      CncEncryptParams params = { .longest_side = sizes[i], .psnr = &psnr };
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) made = encrypt (picture, &params, &error);
      CncExpected expected;

      g_assert_no_error (error);
      g_assert_true (cnc_encrypt_expect (picture, &params, &expected, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (expected.width, ==, made->width);
      g_assert_cmpuint (expected.height, ==, made->height);
      g_assert_cmpfloat (expected.worn, ==, expected.psnr);
      g_test_message ("longest side %u: %.2f dB expected, %.2f dB came", sizes[i], expected.psnr, psnr);
      if (isinf (psnr))
        g_assert_cmpfloat (expected.psnr, >, 40);
      else
        g_assert_cmpfloat_with_epsilon (expected.psnr, psnr, 3);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  backend = cnc_reference_backend_new ();
  g_test_add_func ("/crypt-carrier/round", test_round);
  g_test_add_func ("/crypt-carrier/refused", test_refused);
  g_test_add_func ("/crypt-carrier/reasons", test_reasons);
  g_test_add_func ("/crypt-carrier/expect", test_expect);
  status = g_test_run ();
  cnc_backend_free (backend);
  return status;
}
