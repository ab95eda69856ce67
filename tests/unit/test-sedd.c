/* core/methods/sedd: the encoder against an independent one and under another optimiser, vectors, pairs, and the whole method. */
#include "base/error.h"
#include "base/memory.h"
#include "methods/crypt.h"
#include "methods/holder.h"
#include "picture/convert.h"
#include "sedd-pair.h"

#include <math.h>

/* encoder.c once more, compiled without any optimisation. */
int slow_encoder_good (const SeddEncoder *encoder);
void slow_encode (const SeddEncoder *encoder, const uint8_t *pixels, size_t stride, size_t width, unsigned rows, int16_t *fine,
                  size_t plane);
int16_t slow_round (int16_t fine, unsigned step);

#define ACROSS 3u
#define DOWN 2u
#define COUNT (SEDD_CHANNELS * ACROSS * DOWN)

static CncBackend *backend;
static char *folder;

static void
encode_all (const SeddEncoder *code, const guint8 *pixels, guint32 width, guint32 height, gboolean slow, gint16 *fine)
{
  guint32 across, down;

  cnc_sedd_blocks (width, height, &across, &down);
  for (guint32 row = 0; row < down; row++)
    (slow ? slow_encode : sedd_encode) (code, pixels + (gsize) row * 8 * width * 3, (gsize) width * 3, width, MIN (8, height - 8 * row),
                                        fine + (gsize) row * across, (gsize) across * down);
}

static void
test_encoder (void)
{
  gint16 fine[COUNT];

  g_assert_cmpuint (sizeof sedd_picture, ==, 3 * SEDD_WIDTH * SEDD_HEIGHT);
  g_assert_true (sedd_encoder_good (&sedd_code));
  for (guint slow = 0; slow < 2; slow++)
    {
      memset (fine, 0x55, sizeof fine);
      encode_all (&sedd_code, sedd_picture, SEDD_WIDTH, SEDD_HEIGHT, slow == 1, fine);
      g_assert_cmpmem (fine, sizeof fine, sedd_fine, sizeof sedd_fine);
    }
  for (guint step = 0; step < SEDD_STEPS; step++)
    for (guint i = 0; i < COUNT; i++)
      {
        g_assert_cmpint (sedd_round (sedd_fine[i], step), ==, sedd_rounded[step * COUNT + i]);
        g_assert_cmpint (slow_round (sedd_fine[i], step), ==, sedd_rounded[step * COUNT + i]);
      }
}

/* The same numbers from both compilations, for encoders and pictures at random. */
static void
test_compilers (void)
{
  for (guint round = 0; round < 40; round++)
    {
      const guint hidden = (guint) g_test_rand_int_range (1, SEDD_MAX_HIDDEN + 1),
                  channels = (guint) g_test_rand_int_range (1, SEDD_MAX_CHANNELS + 1);
      const guint32 width = (guint32) g_test_rand_int_range (1, 60), height = (guint32) g_test_rand_int_range (1, 30);
      g_autofree gint16 *first = g_new (gint16, hidden * SEDD_INPUTS), *second = g_new (gint16, channels * hidden);
      g_autofree gint32 *first_bias = g_new (gint32, hidden), *second_bias = g_new (gint32, channels);
      g_autofree guint8 *pixels = g_new (guint8, 3 * width * height);
      const SeddEncoder code = { hidden,
                                 channels,
                                 (guint) g_test_rand_int_range (1, 25),
                                 (guint) g_test_rand_int_range (0, 16),
                                 (guint) g_test_rand_int_range (1, 25),
                                 first,
                                 first_bias,
                                 second,
                                 second_bias };
      g_autofree gint16 *a = NULL, *b = NULL;
      guint32 across, down;
      gsize count;

      for (guint i = 0; i < hidden * SEDD_INPUTS; i++)
        first[i] = (gint16) g_test_rand_int_range (-8000, 8001);
      for (guint i = 0; i < channels * hidden; i++)
        second[i] = (gint16) g_test_rand_int_range (-1000, 1001);
      for (guint i = 0; i < hidden; i++)
        first_bias[i] = g_test_rand_int_range (-1000000, 1000001);
      for (guint i = 0; i < channels; i++)
        second_bias[i] = g_test_rand_int_range (-1000000, 1000001);
      for (guint i = 0; i < 3 * width * height; i++)
        pixels[i] = (guint8) (round % 3 == 0 ? 255 * (g_test_rand_int () & 1) : g_test_rand_int ());
      g_assert_true (sedd_encoder_good (&code));
      g_assert_true (slow_encoder_good (&code));
      cnc_sedd_blocks (width, height, &across, &down);
      count = (gsize) across * down * channels;
      a = g_new (gint16, count);
      b = g_new (gint16, count);
      encode_all (&code, pixels, width, height, FALSE, a);
      encode_all (&code, pixels, width, height, TRUE, b);
      g_assert_true (memcmp (a, b, count * sizeof *a) == 0);
    }
}

/* What could leave 32 bits is refused, and the largest that is taken does not: the sums are those of sedd_encode at its worst. */
static void
test_limits (void)
{
  gint16 first[SEDD_INPUTS], second[1] = { 32767 }, fine[1];
  gint32 zero = 0, most = G_MAXINT32 - 1 - 192 * 255 * 32767;
  guint8 white[192];
  SeddEncoder code = { 1, 1, 16, 0, 1, first, &zero, second, &zero };

  memset (white, 255, sizeof white);
  for (guint i = 0; i < SEDD_INPUTS; i++)
    first[i] = 32767;
  g_assert_true (sedd_encoder_good (&code));
  code.first_bias = &most;
  g_assert_true (sedd_encoder_good (&code));
  sedd_encode (&code, white, 24, 8, 8, fine, 1);
  g_assert_cmpint (fine[0], ==, 32767);
  most++;
  g_assert_false (sedd_encoder_good (&code));
  code.first_bias = &zero;
  most = G_MAXINT32 - 32767 * 24000;
  code.second_bias = &most;
  g_assert_false (sedd_encoder_good (&code));
  most = G_MININT32;
  g_assert_false (sedd_encoder_good (&code));
  code.second_bias = &zero;
  for (guint i = 0; i < 6; i++)
    {
      SeddEncoder bad = code;
      unsigned *const fields[] = { &bad.hidden, &bad.channels, &bad.first_shift, &bad.second_shift, &bad.slope, &bad.hidden };
      const unsigned values[] = { 0, 65, 0, 25, 16, 65 };

      *fields[i] = values[i];
      g_assert_false (sedd_encoder_good (&bad));
    }
}

static CncPicture *
make_picture (guint32 width, guint32 height, CncModel model, gboolean alpha)
{
  const CncFormat format = { model, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, alpha };
  CncPicture *picture = cnc_picture_new ();
  const guint channels = cnc_format_channels (&format);

  picture->raster = cnc_raster_new (width, height, &format, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i]
        = (guint8) (i / channels % width * 5 + i / channels / width * 3 + 50 * (i % channels) + (g_test_rand_int () & 15));
  if (model == CNC_MODEL_INDEXED)
    picture->colormap = g_bytes_new_take (g_memdup2 (sedd_picture, 768), 768);
  return picture;
}

/* The step is the finest that keeps to the bytes, also where it is guessed from a part first. */
static void
test_fit (void)
{
  static const guint32 sides[][2] = { { 16, 16 }, { 128, 128 }, { 300, 77 }, { 2048, 1600 } };
  g_autoptr (CncLatentTables) tables = codec_model_tables (SEDD_CHANNELS);

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autoptr (CncPicture) picture = make_picture (sides[i][0], sides[i][1], CNC_MODEL_RGB, FALSE);
      const gsize budget = cnc_sedd_budget (sides[i][0], sides[i][1]);
      g_autofree gint16 *fine = cnc_sedd_see (&sedd_code, picture->raster, NULL, NULL), *values = NULL;
      g_autoptr (GByteArray) coded = NULL;
      guint32 across, down;
      gsize count;
      guint step;

      cnc_sedd_blocks (sides[i][0], sides[i][1], &across, &down);
      count = (gsize) across * down * SEDD_CHANNELS;
      values = g_new (gint16, count);
      g_assert_cmpuint (budget, ==, MAX (256, sides[i][0] * sides[i][1] / 16));
      coded = cnc_sedd_fit (tables, fine, across, down, budget, values, &step, NULL, NULL);
      for (gsize k = 0; k < count; k++)
        g_assert_cmpint (values[k], ==, sedd_round (fine[k], step));
      if (coded->len + 1 > budget)
        g_assert_cmpuint (step, ==, SEDD_STEPS - 1);
      if (step > 0)
        {
          g_autoptr (GByteArray) finer = NULL;

          cnc_sedd_round (fine, count, step - 1, values);
          finer = cnc_latent_encode (tables, values, across, down, NULL, NULL);
          g_assert_cmpuint (finer->len + 1, >, budget);
        }
      cnc_sedd_round (fine, count, step, fine);
      g_assert_true (cnc_latent_decode (tables, coded->data, coded->len, across, down, values, NULL, NULL));
      g_assert_true (memcmp (values, fine, count * sizeof *values) == 0);
    }
}

static CncLock *
lock_for (const char *const *files, GError **error)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);

  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", folder, files[i]);

      g_assert_true (cnc_holder_recipients (path, keys, NULL));
    }
  return cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) keys->data, keys->len, error);
}

static CncRaster *
encrypt (const CncPicture *picture, const char *model, const char *const *files, double *psnr, char **notes, GError **error)
{
  g_autoptr (CncLock) lock = lock_for (files, error);
  const CncEncryptParams params
      = { .method = cnc_method_by_id ("sedd", NULL), .backend = backend, .model = model, .psnr = psnr, .notes = notes };

  g_assert_nonnull (lock);
  return cnc_encrypt (picture, lock, &params, error);
}

static CncPicture *
open_with (const CncRaster *carrier, const char *file, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%s", folder, file);
  g_autoptr (CncIdentity) identity = cnc_holder_identity (path, error);
  g_autoptr (CncSecret) secret = identity != NULL ? cnc_identity_open (identity, NULL, error) : NULL, key = NULL;
  const CncOpener opener = { .identity = secret };
  const CncDecryptParams params = { .backend = backend, .decoder = path };
  CncHeader header;

  g_assert_nonnull (secret);
  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error))
    return NULL;
  g_assert_cmpuint (header.method, ==, CNC_METHOD_SEDD);
  key = cnc_unlock (&header, &opener, error);
  return key != NULL ? cnc_decrypt (carrier, &header, key, &params, error) : NULL;
}

static void
assert_wrong (GError **error, gint code, const char *words)
{
  g_assert_error (*error, CNC_ERROR, code);
  g_assert_nonnull (strstr ((*error)->message, words));
  g_clear_error (error);
}

/* Every kind of picture, by the path of its pair: it comes back in its size with its alpha, and the quality that was told is the one that
 * came. */
static void
test_method (void)
{
  static const char *const files[] = { "pair.encoder.safetensors", NULL };
  static const CncModel models[] = { CNC_MODEL_RGB, CNC_MODEL_GREY, CNC_MODEL_INDEXED };
  g_autofree char *model = g_strdup_printf ("%s/%s", folder, files[0]);

  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (CncPicture) picture = make_picture (37 + i, 150 - 20 * i, models[i % 3], i >= 3), opened = NULL;
      g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, NULL), carrier = NULL;
      g_autoptr (GError) error = NULL;
      const guint channels = cnc_format_channels (&eight->format);
      double psnr = 0;

      carrier = encrypt (picture, i % 2 == 0 ? model : "pair", files, &psnr, NULL, &error);
      g_assert_no_error (error);
      opened = open_with (carrier, "pair.safetensors", &error);
      g_assert_no_error (error);
      g_assert_true (cnc_format_equal (&opened->raster->format, &eight->format));
      g_assert_cmpuint (opened->raster->width, ==, eight->width);
      g_assert_cmpuint (opened->raster->height, ==, eight->height);
      for (gsize p = 0; i >= 3 && p < (gsize) eight->width * eight->height; p++)
        g_assert_cmpuint (opened->raster->data[p * channels + channels - 1], ==, eight->data[p * channels + channels - 1]);
      g_assert_cmpfloat (psnr, >, 2);
      g_assert_cmpfloat (psnr, <, 60);
      g_assert_null (open_with (carrier, "other.safetensors", &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
    }
}

/* Two recipients: the second holds another pair, whose decoder does not fit; with the folder of the first it opens. */
static void
test_two (void)
{
  static const char *const files[] = { "pair.encoder.safetensors", "other.encoder.safetensors", NULL };
  g_autoptr (CncPicture) picture = make_picture (64, 64, CNC_MODEL_RGB, FALSE), opened = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, "pair", files, NULL, NULL, &error);

  g_assert_no_error (error);
  opened = open_with (carrier, "other.safetensors", &error);
  g_assert_no_error (error);
  g_unsetenv ("CNNCRYPT_MODEL_PATH");
  g_assert_null (open_with (carrier, "other.safetensors", &error));
  assert_wrong (&error, CNC_ERROR_MODEL, "decoder of the pair “pair”");
  g_clear_pointer (&opened, cnc_picture_free);
  opened = open_with (carrier, "pair.safetensors", &error);
  g_assert_no_error (error);
  g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
}

/* Without the decoder a picture can be encrypted, and that is said. */
static void
test_no_decoder (void)
{
  static const char *const files[] = { "lonely.encoder.safetensors", NULL };
  g_autofree char *decoder = g_strdup_printf ("%s/lonely.safetensors", folder), *away = g_strdup_printf ("%s/away", folder), *notes = NULL;
  g_autoptr (CncPicture) picture = make_picture (64, 64, CNC_MODEL_RGB, FALSE), opened = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  g_autoptr (GError) error = NULL;
  double psnr = 0;

  sedd_pair_write (folder, "lonely", 9);
  g_rename (decoder, away);
  carrier = encrypt (picture, "lonely", files, &psnr, &notes, &error);
  g_assert_no_error (error);
  g_assert_true (isnan (psnr));
  g_assert_nonnull (strstr (notes, "“lonely” is not on this computer"));
  opened = open_with (carrier, "away", &error);
  g_assert_no_error (error);
  g_unlink (away);
}

static void
test_refused (void)
{
  static const char *const files[] = { "pair.encoder.safetensors", NULL }, *const others[] = { "other.encoder.safetensors", NULL };
  g_autoptr (CncPicture) picture = make_picture (64, 64, CNC_MODEL_RGB, FALSE), small = make_picture (64, 15, CNC_MODEL_RGB, FALSE);
  const CncEncryptParams params = { .method = cnc_method_by_id ("sedd", NULL), .backend = backend, .model = "pair" };
  g_autofree char *decoder = g_strdup_printf ("%s/pair.safetensors", folder), *cut = g_strdup_printf ("%s/cut.safetensors", folder),
                  *bytes = NULL;
  guint8 raw[CNC_KEY_BYTES] = { 7 };
  g_autoptr (CncSecret) kek = cnc_secret_new_key (raw, NULL);
  g_autoptr (CncLock) lock = cnc_lock_new_kek (kek, NULL);
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_null (encrypt (small, "pair", files, NULL, NULL, &error));
  assert_wrong (&error, CNC_ERROR_TOO_SMALL, "at least 16 on each side");
  g_assert_null (encrypt (picture, "none", files, NULL, NULL, &error));
  assert_wrong (&error, CNC_ERROR_MODEL, "There is no pair “none”");
  g_assert_null (encrypt (picture, decoder, files, NULL, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (cnc_sedd_encoder_read (decoder, &error));
  assert_wrong (&error, CNC_ERROR_MODEL, "it is the decoder of a pair");
  g_assert_null (encrypt (picture, "pair", others, NULL, NULL, &error));
  assert_wrong (&error, CNC_ERROR_BAD_ARGUMENT, "own key is not among the recipients");
  g_assert_null (cnc_encrypt (picture, lock, &params, &error));
  assert_wrong (&error, CNC_ERROR_BAD_ARGUMENT, "without a passphrase");
  g_assert_true (g_file_get_contents (decoder, &bytes, &size, NULL));
  for (gsize n = 0; n < size; n += size / 7)
    {
      g_assert_true (g_file_set_contents (cut, bytes, (gssize) n, NULL));
      g_assert_null (cnc_sedd_decoder_read (cut, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      g_clear_error (&error);
      g_assert_null (cnc_sedd_encoder_read (cut, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      g_clear_error (&error);
    }
  g_unlink (cut);
}

/* Any byte of a body that is changed gives an error or another vector, never a crash; cut ones are refused. */
static void
test_bodies (void)
{
  g_autofree char *path = g_strdup_printf ("%s/pair.encoder.safetensors", folder);
  g_autoptr (CncSeddEncoder) encoder = cnc_sedd_encoder_read (path, NULL);
  g_autoptr (CncPicture) picture = make_picture (40, 24, CNC_MODEL_RGB, TRUE);
  CncRaster geometry;
  g_autoptr (GByteArray) body = cnc_sedd_pack (encoder, picture, &geometry, NULL, NULL);
  g_autoptr (CncRaster) raster = cnc_raster_new (40, 24, &geometry.format, NULL);
  g_autoptr (GError) error = NULL;
  const gsize vector = cnc_sedd_vector_bytes (body->data, body->len);

  g_assert_cmpuint (vector, >, 5);
  g_assert_cmpuint (vector, <=, 256);
  g_assert_true (cnc_sedd_verify (encoder, body->data, body->len, picture, NULL, NULL));
  g_assert_true (cnc_sedd_unpack (body->data, body->len, NULL, raster, backend, NULL, NULL));
  for (gsize n = 0; n < body->len; n += 1 + body->len / 40)
    {
      g_assert_false (cnc_sedd_unpack (body->data, n, NULL, raster, backend, NULL, &error));
      g_assert_true (g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED) || g_error_matches (error, CNC_ERROR, CNC_ERROR_MODEL));
      g_clear_error (&error);
    }
  for (gsize i = 0; i < body->len; i++)
    {
      body->data[i] ^= 0x40;
      if (i < 32)
        {
          g_assert_false (cnc_sedd_unpack (body->data, body->len, NULL, raster, backend, NULL, &error));
          assert_wrong (&error, CNC_ERROR_MODEL, "which is not here");
        }
      else if (i > 37 && i < 38 + vector)
        g_assert_false (cnc_sedd_verify (encoder, body->data, body->len, picture, NULL, NULL));
      body->data[i] ^= 0x40;
    }
}

/* Memory that is short at any place leaves an error and nothing else. */
static void
test_memory (void)
{
  static const char *const files[] = { "pair.encoder.safetensors", NULL };
  g_autoptr (CncPicture) picture = make_picture (40, 24, CNC_MODEL_GREY, TRUE);
  const CncEncryptParams params = { .method = cnc_method_by_id ("sedd", NULL), .backend = backend, .model = "pair" };

  for (guint i = 1;; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) carrier = NULL;
      g_autoptr (CncLock) lock = lock_for (files, NULL);
      guint calls;

      (void) cnc_alloc_fail_at (i);
      carrier = cnc_encrypt (picture, lock, &params, &error);
      calls = cnc_alloc_fail_at (0);
      if (carrier != NULL)
        break;
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      g_assert_cmpuint (calls, >=, i);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  backend = cnc_reference_backend_new ();
  folder = g_dir_make_tmp ("cnncrypt-pairs-XXXXXX", NULL);
  g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
  sedd_pair_write (folder, "pair", 3);
  sedd_pair_write (folder, "other", 4);
  g_test_add_func ("/sedd/encoder", test_encoder);
  g_test_add_func ("/sedd/compilers", test_compilers);
  g_test_add_func ("/sedd/limits", test_limits);
  g_test_add_func ("/sedd/fit", test_fit);
  g_test_add_func ("/sedd/method", test_method);
  g_test_add_func ("/sedd/two", test_two);
  g_test_add_func ("/sedd/no-decoder", test_no_decoder);
  g_test_add_func ("/sedd/refused", test_refused);
  g_test_add_func ("/sedd/bodies", test_bodies);
  g_test_add_func ("/sedd/memory", test_memory);
  status = g_test_run ();
  sedd_pair_remove (folder, "pair");
  sedd_pair_remove (folder, "other");
  sedd_pair_remove (folder, "lonely");
  g_rmdir (folder);
  g_free (folder);
  cnc_backend_free (backend);
  return status;
}
