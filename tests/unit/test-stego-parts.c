/* core/stego: places of the record, the order of samples, changes of a sample, resampling and compression, each alone. */
#include "stego-case.h"
#include "stego/exact.h"

static void
test_match (void)
{
  for (guint bits = 1; bits <= 2; bits++)
    for (guint v = 0; v < 256; v++)
      for (guint message = 0; message < 1u << bits; message++)
        {
          guint least = 256, up, down;

          for (guint w = 0; w < 256; w++)
            if ((w & ((1u << bits) - 1)) == message)
              least = MIN (least, (guint) ABS ((gint) w - (gint) v));
          up = cnc_stego_match ((guint8) v, message | 0xf8, bits, 0xff);
          down = cnc_stego_match ((guint8) v, message, bits, 0xfe);
          g_assert_cmpuint (up & ((1u << bits) - 1), ==, message);
          g_assert_cmpuint (down & ((1u << bits) - 1), ==, message);
          g_assert_cmpuint ((guint) ABS ((gint) up - (gint) v), ==, least);
          g_assert_cmpuint ((guint) ABS ((gint) down - (gint) v), ==, least);
          g_assert_cmpuint (up, >=, down);
          if (least == 1u << (bits - 1) && v >= 2 && v <= 253)
            g_assert_cmpuint (up, >, down);
        }
}

static void
test_places (void)
{
  static const guint32 sizes[][2]
      = { { 950, 1 }, { 1, 950 }, { 31, 31 }, { 42, 40 }, { 43, 43 }, { 44, 100 }, { 640, 480 }, { 4000, 3000 } };
  guint64 places[CNC_STEGO_RECORD_MAX_BITS];

  g_assert_false (cnc_stego_record_places (949, 1, places));
  g_assert_false (cnc_stego_record_places (1, 1, places));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const guint64 samples = 3ull * sizes[i][0] * sizes[i][1];
      g_autofree guint8 *seen = g_malloc0 (samples);

      g_assert_true (cnc_stego_record_places (sizes[i][0], sizes[i][1], places));
      g_assert_cmpuint (places[0] % 3, ==, 0);
      for (guint k = 0; k < CNC_STEGO_RECORD_MAX_BITS; k++)
        {
          g_assert_cmpuint (places[k], <, samples);
          g_assert_cmpuint (seen[places[k]]++, ==, 0);
          if (k > 0 && k < 8 * CNC_STEGO_SIGN_BYTES)
            g_assert_cmpuint (places[k], ==, places[k - 1] + 1);
        }
    }
}

/* All samples but those of the record, once each; the first places are anywhere, and others under another seed. */
static void
test_order (void)
{
  const guint32 width = 64, height = 48;
  const guint64 n = cnc_exact_samples (width, height), samples = 3 * width * height;
  guint64 places[CNC_STEGO_RECORD_MAX_BITS];
  guint8 seed[32] = { 0 };
  g_autofree guint8 *seen = g_malloc0 (samples);
  g_autofree guint32 *order = cnc_exact_order (width, height, seed, n, NULL, NULL), *part = NULL;
  double chi_square = 0;
  guint first[8] = { 0 };

  g_assert_cmpuint (n, ==, samples - CNC_STEGO_RECORD_MAX_BITS);
  g_assert_true (cnc_stego_record_places (width, height, places));
  for (guint i = 0; i < CNC_STEGO_RECORD_MAX_BITS; i++)
    seen[places[i]] = 1;
  for (guint64 i = 0; i < n; i++)
    g_assert_cmpuint (seen[order[i]]++, ==, 0);
  part = cnc_exact_order (width, height, seed, 100, NULL, NULL);
  g_assert_true (memcmp (part, order, 100 * sizeof *part) == 0);
  for (guint i = 0; i < 400; i++)
    {
      g_autofree guint32 *other = NULL;

      seed[0] = (guint8) i;
      seed[1] = (guint8) (i >> 8);
      other = cnc_exact_order (width, height, seed, 1, NULL, NULL);
      first[other[0] * 8ull / samples]++;
    }
  for (guint i = 0; i < 8; i++)
    chi_square += (first[i] - 50.0) * (first[i] - 50.0) / 50;
  g_assert_cmpfloat (chi_square, <, 24.3); /* 7 degrees of freedom, one in a thousand; the seeds are always the same */
}

static void
test_scale (void)
{
  static const guint32 sides[] = { 1, 2, 7, 50, 131 };
  g_autoptr (CncRaster) flat = cnc_rgb_new (50, 37, NULL), ramp = cnc_rgb_new (64, 8, NULL), twice = NULL,
                        smooth = case_picture (200, 150, 3), half = NULL, back = NULL;

  for (guint i = 0; i < 50 * 37; i++)
    memcpy (flat->data + 3 * i, (const guint8[]){ 0, 200, 255 }, 3);
  for (guint x = 0; x < G_N_ELEMENTS (sides); x++)
    for (guint y = 0; y < G_N_ELEMENTS (sides); y++)
      {
        g_autoptr (CncRaster) scaled = cnc_rgb_scale (flat, sides[x], sides[y], NULL, NULL);

        for (guint i = 0; i < sides[x] * sides[y]; i++)
          g_assert_true (scaled->data[3 * i] == 0 && scaled->data[3 * i + 1] == 200 && scaled->data[3 * i + 2] == 255);
      }
  for (guint i = 0; i < 64 * 8 * 3; i++)
    ramp->data[i] = (guint8) (i / 3 % 64 * 3 + 20);
  twice = cnc_rgb_scale (ramp, 128, 8, NULL, NULL);
  for (guint x = 10; x < 118; x++) /* pixel x has its centre at (x + 1/2) / 2 - 1/2 */
    g_assert_cmpfloat_with_epsilon (twice->data[3 * (3 * 128 + x)], 20 + 3 * ((x + 0.5) / 2 - 0.5), 0.8);
  half = cnc_rgb_scale (smooth, 100, 75, NULL, NULL);
  back = cnc_rgb_scale (half, 200, 150, NULL, NULL);
  g_assert_cmpfloat (cnc_rgb_psnr (smooth, back), >, 27); /* what is left is the grain */
}

static void
test_compress (void)
{
  g_autoptr (CncRaster) picture = case_picture (150, 110, 4);
  double before = 0;

  for (gsize room = 400; room < 60000; room *= 2)
    {
      CncCompressed kept = { 0 };
      g_autoptr (CncRaster) back = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (cnc_compress_to_fit (picture, room, NULL, &kept, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (kept.size, <=, room);
      back = cnc_decompress (kept.data, kept.size, 150, 110, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (cnc_rgb_psnr (picture, back), ==, kept.psnr);
      g_assert_cmpfloat (kept.psnr, >=, before);
      before = kept.psnr;
      cnc_compressed_clear (&kept);
    }
  {
    CncCompressed kept = { 0 };
    GError *error = NULL;

    g_assert_true (cnc_compress_exact (picture, 100000, NULL, &kept, NULL));
    g_assert_true (kept.lossless);
    cnc_compressed_clear (&kept);
    g_assert_true (cnc_compress_exact (picture, 100, NULL, &kept, NULL));
    g_assert_null (kept.data);
    g_assert_false (cnc_compress_to_fit (picture, 10, NULL, &kept, &error));
    g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
    g_clear_error (&error);
  }
}

/* What was embedded is found again as it was, whatever was in the pixels before. */
static void
test_record (void)
{
  g_autoptr (CncSecret) kek = case_key (1), key = cnc_stego_slot_key (kek, NULL), other = case_key (2);
  const CncSecret *const keys[] = { other, key, other };
  CncStegoInfo infos[3] = { 0 }, info;
  CncStegoRecord record = { .width = 60, .height = 40, .mode = CNC_STEGO_CNN, .count = 3, .ops = 3, .memory_kib = 65536, .model = { 1 } },
                 found;
  GError *error = NULL;
  guint slot;

  infos[1] = (CncStegoInfo){ { 9, 8, 7 }, 100, 200, 300, 400 };
  cnc_stego_record_finish (&record, keys, infos);
  for (guint fill = 0; fill < 256; fill += 51)
    {
      g_autoptr (CncRaster) picture = case_picture (60, 40, 5);

      if (fill > 0)
        memset (picture->data, (gint) fill, cnc_raster_bytes (picture));
      g_assert_true (cnc_stego_record_embed (&record, picture->data, NULL));
      g_assert_true (cnc_stego_record_extract (picture->data, 60, 40, &found, &error));
      g_assert_no_error (error);
      g_assert_true (memcmp (&found, &record, sizeof record) == 0);
    }
  g_assert_true (cnc_stego_record_open (&found, key, &slot, &info, NULL));
  g_assert_cmpuint (slot, ==, 1);
  g_assert_true (memcmp (info.positions, infos[1].positions, sizeof info.positions) == 0);
  g_assert_true (info.width == 100 && info.height == 200 && info.start == 300 && info.length == 400);
  g_assert_false (cnc_stego_record_open (&found, kek, &slot, &info, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  g_clear_error (&error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  g_test_add_func ("/stego/match", test_match);
  g_test_add_func ("/stego/places", test_places);
  g_test_add_func ("/stego/order", test_order);
  g_test_add_func ("/stego/scale", test_scale);
  g_test_add_func ("/stego/compress", test_compress);
  g_test_add_func ("/stego/record", test_record);
  return g_test_run ();
}
