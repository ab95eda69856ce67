/* core/methods/autoencoder: range coder, tables and latents: exact, canonical, and safe against any bytes. */
#include "base/error.h"
#include "base/memory.h"
#include "codec-model.h"
#include "methods/autoencoder/range.h"

/* Slices of every size, the smallest and the largest in long runs, so that carries go through many bytes. */
static void
test_range (void)
{
  for (guint round = 0; round < 300; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (GArray) slices = g_array_new (FALSE, FALSE, sizeof (guint32));
      CncRangeEncoder encoder;
      CncRangeDecoder decoder;
      const guint n = round < 10 ? round : (guint) g_test_rand_int_range (1, 2000);

      cnc_range_encoder_init (&encoder, bytes);
      for (guint i = 0; i < n; i++)
        {
          const guint bits = round % 3 == 0 ? 16 : (guint) g_test_rand_int_range (1, 17);
          const guint32 total = 1u << bits;
          const guint32 start = round % 5 == 1 ? total - 1 : round % 5 == 2 ? 0 : (guint32) g_test_rand_int_range (0, (gint32) total);
          const guint32 size = round % 5 == 1   ? 1
                               : round % 5 == 2 ? total - (total > 2)
                                                : (guint32) g_test_rand_int_range (1, (gint32) (total - start) + 1);
          const guint32 slice[3] = { start, size, bits };

          g_array_append_vals (slices, slice, 3);
          cnc_range_encode (&encoder, start, size, bits);
        }
      cnc_range_encoder_finish (&encoder);
      cnc_range_decoder_init (&decoder, bytes->data, bytes->len);
      for (guint i = 0; i < n; i++)
        {
          const guint32 *slice = &g_array_index (slices, guint32, 3 * i);
          const guint32 at = cnc_range_decode (&decoder, slice[2]);

          g_assert_cmpuint (at, >=, slice[0]);
          g_assert_cmpuint (at, <, slice[0] + slice[1]);
          cnc_range_decode_take (&decoder, slice[0], slice[1]);
        }
      g_assert_true (cnc_range_decoder_good (&decoder));
    }
}

/* No more bytes than the probabilities say, but for 6 and the rounding of 32 bits. */
static void
test_range_size (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  CncRangeEncoder encoder;

  cnc_range_encoder_init (&encoder, bytes);
  for (guint i = 0; i < 80000; i++)
    cnc_range_encode (&encoder, i % 100 == 0 ? 0 : 656, i % 100 == 0 ? 656 : 64880, 16); /* 1 in 100: 0.0808 bits each */
  cnc_range_encoder_finish (&encoder);
  g_assert_cmpuint (bytes->len, >=, 806);
  g_assert_cmpuint (bytes->len, <=, 824);
}

static void
fill_values (gint16 *values, gsize n, guint kind)
{
  static const gint16 extremes[] = { G_MININT16, G_MAXINT16, 0, -1, 31, 32, -31, -32, 255, 256, -256 };

  for (gsize i = 0; i < n; i++)
    values[i] = kind == 0   ? 0
                : kind == 1 ? (gint16) g_test_rand_int_range (-3, 4)
                : kind == 2 ? (gint16) g_test_rand_int_range (-32768, 32768)
                : kind == 3 ? extremes[g_test_rand_int_range (0, G_N_ELEMENTS (extremes))]
                            : (gint16) (i % 61 == 0 ? g_test_rand_int_range (-500, 500) : g_test_rand_int_range (-1, 2));
}

static void
test_latent (void)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 1, 9 }, { 9, 1 }, { 2, 2 }, { 17, 13 }, { 40, 30 } };

  for (guint channels = 1; channels <= 7; channels += 3)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (guint kind = 0; kind < 5; kind++)
        {
          g_autoptr (CncLatentTables) tables = codec_model_tables (channels);
          const gsize n = (gsize) sizes[s][0] * sizes[s][1] * channels;
          g_autofree gint16 *values = g_new (gint16, n), *back = g_new (gint16, n);
          g_autoptr (GByteArray) bytes = NULL;
          g_autoptr (GError) error = NULL;

          fill_values (values, n, kind);
          bytes = cnc_latent_encode (tables, values, sizes[s][0], sizes[s][1], NULL, &error);
          g_assert_no_error (error);
          g_assert_true (cnc_latent_decode (tables, bytes->data, bytes->len, sizes[s][0], sizes[s][1], back, NULL, &error));
          g_assert_no_error (error);
          g_assert_cmpint (memcmp (values, back, n * sizeof *values), ==, 0);
          /* One byte less and one byte more are noticed. */
          g_assert_false (cnc_latent_decode (tables, bytes->data, bytes->len - 1, sizes[s][0], sizes[s][1], back, NULL, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
          g_clear_error (&error);
          g_byte_array_append (bytes, (const guint8 *) "", 1);
          g_assert_false (cnc_latent_decode (tables, bytes->data, bytes->len, sizes[s][0], sizes[s][1], back, NULL, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
        }
}

static double
cost_of (const CncLatentTables *tables, const float *exact, const gint16 *values, gsize n, guint32 width, guint32 height, guint *bytes)
{
  g_autoptr (GByteArray) coded = cnc_latent_encode (tables, values, width, height, NULL, NULL);
  double squares = 0;

  for (gsize i = 0; i < n; i++)
    squares += ((double) exact[i] - values[i]) * ((double) exact[i] - values[i]);
  *bytes = coded->len;
  return 8.0 * coded->len + 6 / G_LN2 * squares;
}

/* Chosen whole numbers lie beside the exact ones, and cost less than the nearest: bits and loss together, and bits alone. */
static void
test_choose (void)
{
  enum
  {
    CHANNELS = 4,
    WIDTH = 40,
    HEIGHT = 30,
    COUNT = CHANNELS * WIDTH * HEIGHT
  };
  g_autoptr (CncLatentTables) tables = codec_model_tables (CHANNELS);
  g_autofree float *exact = g_new (float, COUNT);
  g_autofree gint16 *nearest = g_new (gint16, COUNT), *chosen = g_new (gint16, COUNT);
  guint nearest_bytes, chosen_bytes, changed = 0;
  double before, after;

  for (guint i = 0; i < COUNT; i++)
    {
      exact[i] = (float) (log (g_test_rand_double_range (1e-6, 1)) * (g_test_rand_bit () ? 0.7 : -0.7)); /* Laplacian */
      if (i % 997 == 5)
        exact[i] *= 1e9f;
      nearest[i] = cnc_latent_round (exact[i]);
    }
  g_assert_true (cnc_latent_choose (tables, exact, WIDTH, HEIGHT, chosen, NULL, NULL));
  for (guint i = 0; i < COUNT; i++)
    {
      g_assert_cmpint (ABS (chosen[i] - nearest[i]), <=, 1);
      changed += chosen[i] != nearest[i];
      if (i % 997 == 5)
        exact[i] = chosen[i];
    }
  before = cost_of (tables, exact, nearest, COUNT, WIDTH, HEIGHT, &nearest_bytes);
  after = cost_of (tables, exact, chosen, COUNT, WIDTH, HEIGHT, &chosen_bytes);
  g_test_message ("%u of %d changed, %u bytes -> %u, cost %.0f -> %.0f", changed, COUNT, nearest_bytes, chosen_bytes, before, after);
  g_assert_cmpuint (changed, >, 0);
  g_assert_cmpuint (chosen_bytes, <, nearest_bytes);
  g_assert_cmpfloat (after, <, before);
}

/* Any bytes: an error or numbers, never anything else. */
static void
test_garbage (void)
{
  g_autoptr (CncLatentTables) tables = codec_model_tables (4);
  gint16 values[4 * 12 * 9];
  g_autoptr (GByteArray) good = NULL;

  fill_values (values, G_N_ELEMENTS (values), 4);
  good = cnc_latent_encode (tables, values, 12, 9, NULL, NULL);
  for (guint i = 0; i < 4000; i++)
    {
      const gsize size = (gsize) g_test_rand_int_range (0, i % 2 == 0 ? (gint32) good->len + 1 : 400);
      g_autofree guint8 *bytes = g_malloc (size);
      g_autoptr (GError) error = NULL;

      for (gsize k = 0; k < size; k++)
        bytes[k] = i % 2 == 0 ? good->data[k] : (guint8) (k == 0 ? 0 : i % 7 == 1 ? 0xff : g_test_rand_int_range (0, 256));
      if (size > 0 && i % 2 == 0)
        bytes[g_test_rand_int_range (0, (gint32) size)] ^= (guint8) (1 << g_test_rand_int_range (0, 8));
      if (!cnc_latent_decode (tables, bytes, size, 12, 9, values, NULL, &error))
        g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
    }
}

/* A prediction that helps makes the bytes fewer: the tables are used. */
static void
test_context (void)
{
  g_autoptr (CncLatentTables) tables = codec_model_tables (1), flat = codec_model_tables (1);
  gint16 values[64 * 64];
  g_autoptr (GByteArray) a = NULL, b = NULL;

  memset (flat->mean, 0, (CNC_LATENT_OWN + 1) * sizeof *flat->mean);
  memset (flat->spread, 0, (CNC_LATENT_OWN + 1) * sizeof *flat->spread);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    values[i] = (gint16) (i / 64 / 4 + i % 64 / 3);
  a = cnc_latent_encode (tables, values, 64, 64, NULL, NULL);
  b = cnc_latent_encode (flat, values, 64, 64, NULL, NULL);
  g_assert_cmpuint (a->len * 10, <, b->len * 9);
}

static CncSafetensors *
store (const CncLatentTables *tables)
{
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (cnc_latent_tables_store (tables, writer, NULL));
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  return cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
}

static void
assert_refused (const CncLatentTables *tables, guint channels)
{
  g_autoptr (CncSafetensors) file = store (tables);
  g_autoptr (GError) error = NULL;

  g_assert_null (cnc_latent_tables_read (file, channels, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

static void
test_tables (void)
{
  g_autoptr (CncLatentTables) tables = codec_model_tables (3), read = NULL;
  g_autoptr (CncSafetensors) file = store (tables), again = NULL;

  read = cnc_latent_tables_read (file, 3, NULL);
  g_assert_nonnull (read);
  again = store (read);
  g_assert_cmpmem (cnc_safetensors_sha256 (file), CNC_SHA256_BYTES, cnc_safetensors_sha256 (again), CNC_SHA256_BYTES);
  assert_refused (tables, 4);
  tables->mean[3] = CNC_LATENT_MAX_WEIGHT + 1;
  assert_refused (tables, 3);
  tables->mean[3] = -CNC_LATENT_MAX_WEIGHT;
  tables->mean[CNC_LATENT_NEAR] = CNC_LATENT_MAX_CONSTANT + 1;
  assert_refused (tables, 3);
  tables->mean[CNC_LATENT_NEAR] = CNC_LATENT_MAX_CONSTANT;
  tables->limits[1] = -1;
  assert_refused (tables, 3);
  tables->limits[1] = 0;
  tables->starts[5] = tables->starts[4]; /* a frequency of 0 */
  assert_refused (tables, 3);
  tables->starts[5] = tables->starts[4] + 1;
  tables->starts[CNC_LATENT_SYMBOLS]--; /* a sum below 2^16 */
  assert_refused (tables, 3);
}

static void
test_no_memory (void)
{
  g_autoptr (CncLatentTables) tables = codec_model_tables (2);
  gint16 values[2 * 6 * 5] = { 1, 2, 3 };
  g_autoptr (GByteArray) bytes = NULL;
  guint calls;

  cnc_alloc_fail_at (0);
  bytes = cnc_latent_encode (tables, values, 6, 5, NULL, NULL);
  calls = cnc_alloc_fail_at (0);
  g_assert_cmpuint (calls, >, 0);
  for (guint i = 1; i <= calls; i++)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (i);
      g_assert_null (cnc_latent_encode (tables, values, 6, 5, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      g_clear_error (&error);
      cnc_alloc_fail_at (i);
      g_assert_false (cnc_latent_decode (tables, bytes->data, bytes->len, 6, 5, values, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  cnc_alloc_fail_at (0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latent/range", test_range);
  g_test_add_func ("/latent/range-size", test_range_size);
  g_test_add_func ("/latent/round-trip", test_latent);
  g_test_add_func ("/latent/choose", test_choose);
  g_test_add_func ("/latent/garbage", test_garbage);
  g_test_add_func ("/latent/context", test_context);
  g_test_add_func ("/latent/tables", test_tables);
  g_test_add_func ("/latent/no-memory", test_no_memory);
  return g_test_run ();
}
