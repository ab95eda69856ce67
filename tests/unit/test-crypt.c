/* core/methods/crypt: a picture of every format sealed and opened again, on the same or another device; regions; errors. */
#include "base/error.h"
#include "base/memory.h"
#include "methods/crypt.h"

static CncBackend *backend;
static CncSecret *kek;

static CncPicture *
make_picture (guint32 width, guint32 height, const CncFormat *format)
{
  CncPicture *picture = cnc_picture_new ();
  const gsize bytes = (gsize) width * height * cnc_format_pixel_bytes (format);

  picture->raster = cnc_raster_new (width, height, format, NULL);
  for (gsize i = 0; i < bytes; i++)
    picture->raster->data[i] = (guint8) (i / 64 + (gsize) g_test_rand_int_range (0, 3));
  if (format->model == CNC_MODEL_INDEXED)
    picture->colormap = g_bytes_new ("abcdefghi", 9);
  picture->profile = g_bytes_new ("a profile", 9);
  picture->metadata = g_strdup ("<metadata>é</metadata>");
  picture->name = g_strdup ("a layer");
  picture->x_resolution = 72;
  picture->y_resolution = 300.5;
  picture->unit = 1;
  cnc_picture_add_parasite (picture, "gimp-comment", 1, "hello", 6);
  return picture;
}

static CncPicture *
open_carrier (const CncRaster *carrier, GError **error)
{
  g_autoptr (CncSecret) key = NULL;
  CncDecryptParams params = { .backend = backend };
  CncHeader header;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error)
      || !cnc_header_check_sum (&header, error))
    return NULL;
  key = cnc_header_unlock_kek (&header, kek, error);
  return key != NULL ? cnc_decrypt (carrier, &header, key, &params, error) : NULL;
}

static CncRaster *
encrypt (const CncPicture *picture, gboolean raw, guint32 region_width, guint32 region_height, GError **error)
{
  g_autoptr (CncLock) lock = cnc_lock_new_kek (kek, error);
  CncEncryptParams params = { .backend = backend, .raw = raw, .region_width = region_width, .region_height = region_height };

  return lock != NULL ? cnc_encrypt (picture, lock, &params, error) : NULL;
}

static void
assert_same (const CncPicture *a, const CncPicture *b)
{
  const CncParasite *pa = a->parasites->pdata[0], *pb = b->parasites->pdata[0];

  g_assert_cmpuint (a->raster->width, ==, b->raster->width);
  g_assert_cmpuint (a->raster->height, ==, b->raster->height);
  g_assert_true (cnc_format_equal (&a->raster->format, &b->raster->format));
  g_assert_cmpint (memcmp (a->raster->data, b->raster->data, cnc_raster_bytes (a->raster)), ==, 0);
  g_assert_true (g_bytes_equal (a->profile, b->profile));
  g_assert_cmpstr (a->metadata, ==, b->metadata);
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpfloat (a->y_resolution, ==, b->y_resolution);
  g_assert_cmpstr (pa->name, ==, pb->name);
  g_assert_true (g_bytes_equal (pa->data, pb->data));
}

static void
test_formats (void)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 1, 97 }, { 131, 1 }, { 63, 65 }, { 200, 150 } };
  guint formats = 0;

  for (gint model = 0; model <= CNC_MODEL_INDEXED; model++)
    for (gint sample = 0; sample <= CNC_SAMPLE_DOUBLE; sample++)
      for (gint curve = 0; curve < 2; curve++)
        for (gint alpha = 0; alpha < 2; alpha++)
          {
            const CncFormat format = { (CncModel) model, (CncSample) sample, (CncCurve) curve, alpha };

            if (!cnc_format_valid (&format))
              continue;
            formats++;
            for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
              for (gint raw = 0; raw < 2; raw++)
                {
                  g_autoptr (CncPicture) picture = make_picture (sizes[s][0], sizes[s][1], &format);
                  g_autoptr (GError) error = NULL;
                  g_autoptr (CncRaster) carrier = encrypt (picture, raw, 0, 0, &error);
                  g_autoptr (CncPicture) opened = NULL;

                  g_assert_no_error (error);
                  g_assert_cmpuint (carrier->width, ==, MAX (sizes[s][0], CNC_CARRIER_MIN_WIDTH));
                  opened = open_carrier (carrier, &error);
                  g_assert_no_error (error);
                  assert_same (picture, opened);
                }
          }
  g_assert_cmpuint (formats, ==, 2 * 2 * 6 * 2 + 2);
}

static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

/* The same picture twice under the same passphrase gives two different pictures of noise. */
static void
test_probabilistic (void)
{
  g_autoptr (CncPicture) picture = make_picture (256, 100, &rgb8);
  g_autoptr (CncRaster) a = encrypt (picture, TRUE, 0, 0, NULL);
  g_autoptr (CncRaster) b = encrypt (picture, TRUE, 0, 0, NULL);
  const gsize bytes = cnc_raster_bytes (a);
  gsize same = 0;

  g_assert_cmpuint (bytes, ==, cnc_raster_bytes (b));
  for (gsize i = 300; i < bytes; i++)
    same += a->data[i] == b->data[i];
  g_assert_cmpuint (same, <, bytes / 200);
}

static void
test_region (void)
{
  g_autoptr (CncPicture) picture = make_picture (200, 100, &rgb8);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  g_autoptr (CncPicture) opened = NULL;

  picture->source = CNC_SOURCE_REGION;
  carrier = encrypt (picture, FALSE, 200, 100, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (carrier->width, ==, 200);
  g_assert_cmpuint (carrier->height, ==, 100);
  opened = open_carrier (carrier, &error);
  g_assert_no_error (error);
  assert_same (picture, opened);
  g_assert_cmpint (opened->source, ==, CNC_SOURCE_REGION);

  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i] = (guint8) g_test_rand_int ();
  g_assert_null (encrypt (picture, FALSE, 200, 100, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
}

/* Any bit of the carrier changed: an error, never a picture. */
static void
test_any_bit (void)
{
  g_autoptr (CncPicture) picture = make_picture (64, 20, &rgb8);
  g_autoptr (CncRaster) carrier = encrypt (picture, FALSE, 0, 0, NULL);
  g_autoptr (CncPicture) opened = NULL;
  const gsize bytes = cnc_raster_bytes (carrier);

  for (gsize i = 0; i < bytes; i++)
    {
      g_autoptr (GError) error = NULL;
      const guint8 was = carrier->data[i];

      carrier->data[i] ^= (guint8) (1u << (i % 8));
      opened = open_carrier (carrier, &error);
      g_assert_null (opened);
      g_assert_nonnull (error);
      g_assert_false (g_error_matches (error, CNC_ERROR, CNC_ERROR_WRONG_KEY));
      carrier->data[i] = was;
    }
  opened = open_carrier (carrier, NULL);
  g_assert_nonnull (opened);
}

static void
test_wrong_key (void)
{
  g_autoptr (CncPicture) picture = make_picture (64, 64, &rgb8);
  g_autoptr (CncRaster) carrier = encrypt (picture, FALSE, 0, 0, NULL);
  CncSecret *right = kek;
  g_autoptr (GError) error = NULL;

  kek = cnc_secret_new_key (NULL, NULL);
  g_assert_null (open_carrier (carrier, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  cnc_secret_free (kek);
  kek = right;
}

static void
test_lock_once (void)
{
  g_autoptr (CncPicture) picture = make_picture (64, 64, &rgb8);
  g_autoptr (CncLock) lock = cnc_lock_new_kek (kek, NULL);
  CncEncryptParams params = { .backend = backend };
  g_autoptr (CncRaster) first = cnc_encrypt (picture, lock, &params, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (first);
  g_assert_null (cnc_encrypt (picture, lock, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

static void
test_no_memory (void)
{
  g_autoptr (CncPicture) picture = make_picture (100, 80, &rgb8);
  g_autoptr (CncRaster) carrier = NULL;
  guint made, opened;

  cnc_alloc_fail_at (0);
  carrier = encrypt (picture, FALSE, 0, 0, NULL);
  made = cnc_alloc_fail_at (0);
  cnc_picture_free (open_carrier (carrier, NULL));
  opened = cnc_alloc_fail_at (0);
  g_assert_cmpuint (made, >, opened);
  for (guint i = 1; i <= made; i++)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (i);
      g_assert_null (encrypt (picture, FALSE, 0, 0, &error));
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

/* A device whose result is wrong is noticed before anything is handed out. */
static gboolean
faulty_add (CncBackend *b, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, gboolean subtract, GError **error)
{
  return TRUE;
}

static void
test_faulty_device (void)
{
  const CncBackendTable *good = backend->table;
  CncBackendTable bad = *good;
  g_autoptr (CncPicture) picture = make_picture (1200, 600, &rgb8);
  g_autoptr (CncRaster) carrier = encrypt (picture, TRUE, 0, 0, NULL);
  g_autoptr (GError) error = NULL;

  bad.add_bytes = faulty_add;
  backend->table = &bad;
  g_assert_null (open_carrier (carrier, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST);
  backend->table = good;
}

static void
test_normalise (void)
{
  static const CncFormat deep = { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, TRUE };
  g_autoptr (CncPicture) picture = make_picture (64, 64, &rgb8);
  g_autoptr (CncRaster) carrier = encrypt (picture, FALSE, 0, 0, NULL);
  const gsize pixels = (gsize) carrier->width * carrier->height;
  CncRaster *promoted = cnc_raster_new (carrier->width, carrier->height, &deep, NULL);
  g_autoptr (CncRaster) back = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < pixels; i++)
    for (guint c = 0; c < 4; c++)
      memset (promoted->data + (4 * i + c) * 2, c == 3 ? 255 : carrier->data[3 * i + c], 2);
  back = cnc_carrier_normalise (promoted, &error);
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (back->data, carrier->data, cnc_raster_bytes (back)), ==, 0);

  promoted = cnc_raster_new (2, 2, &deep, NULL);
  memset (promoted->data, 254, cnc_raster_bytes (promoted));
  g_assert_null (cnc_carrier_normalise (promoted, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED);
}

static void
test_estimate (void)
{
  g_autoptr (CncPicture) picture = make_picture (700, 500, &rgb8);
  g_autoptr (CncRaster) carrier = encrypt (picture, FALSE, 0, 0, NULL);
  guint64 bytes;

  g_assert_true (cnc_encrypt_estimate (picture, FALSE, &bytes, NULL));
  g_assert_cmpfloat ((double) bytes / (double) cnc_raster_bytes (carrier), >, 0.8);
  g_assert_cmpfloat ((double) bytes / (double) cnc_raster_bytes (carrier), <, 1.3);
  g_assert_true (cnc_encrypt_estimate (picture, TRUE, &bytes, NULL));
  g_assert_cmpuint (bytes, >, 700 * 500 * 3);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  backend = cnc_reference_backend_new ();
  kek = cnc_secret_new_key (NULL, NULL);
  g_test_add_func ("/crypt/formats", test_formats);
  g_test_add_func ("/crypt/probabilistic", test_probabilistic);
  g_test_add_func ("/crypt/region", test_region);
  g_test_add_func ("/crypt/any-bit", test_any_bit);
  g_test_add_func ("/crypt/wrong-key", test_wrong_key);
  g_test_add_func ("/crypt/lock-once", test_lock_once);
  g_test_add_func ("/crypt/no-memory", test_no_memory);
  g_test_add_func ("/crypt/faulty-device", test_faulty_device);
  g_test_add_func ("/crypt/normalise", test_normalise);
  g_test_add_func ("/crypt/estimate", test_estimate);
  status = g_test_run ();
  cnc_secret_free (kek);
  cnc_backend_free (backend);
  return status;
}
