/* tests/unit/test-share.c: the method "share": pictures of all kinds through carriers, what is left out, what is repaired and what is
 * refused. */
#include <math.h>

#include "base/memory.h"
#include "carrier-case.h"
#include "channel/body.h"
#include "methods/carrier.h"
#include "picture/convert.h"

static CncPicture *
new_picture (guint32 width, guint32 height, CncModel model, CncSample sample, CncCurve curve, gboolean alpha)
{
  const CncFormat format = { model, sample, curve, alpha };
  CncPicture *picture = cnc_picture_new ();
  g_autoptr (GError) error = NULL;
  const guint channels = cnc_format_channels (&format), bytes = cnc_format_sample_bytes (&format);

  picture->raster = cnc_raster_new (width, height, &format, &error);
  g_assert_no_error (error);
  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      for (guint c = 0; c < channels; c++)
        {
          guint8 *p = picture->raster->data + (((gsize) y * width + x) * channels + c) * bytes;
          const guint8 value = alpha && c == channels - 1
                                   ? (guint8) (x / 32 % 4 * 85)
                                   : (guint8) (128 + 100 * sin (x * 0.05 * (c + 1)) * cos (y * 0.04) + 4 * ((x * 7 + y * 13) % 5));

          if (sample == CNC_SAMPLE_FLOAT)
            {
              const float f = (float) value / 255;

              memcpy (p, &f, sizeof f);
            }
          else
            memset (p, model == CNC_MODEL_INDEXED && c == 0 ? value % 16 : value, bytes);
        }
  if (model == CNC_MODEL_INDEXED)
    {
      guint8 colours[48];

      for (guint i = 0; i < sizeof colours; i++)
        colours[i] = (guint8) (5 * i);
      picture->colormap = g_bytes_new (colours, sizeof colours);
    }
  picture->x_resolution = picture->y_resolution = 300;
  picture->unit = 1;
  picture->name = g_strdup ("Hintergrund");
  return picture;
}

static CncCarrierLock
lock_of (const CncSecret *key)
{
  return (CncCarrierLock){ .key = key, .salt = { 1, 2, 3 }, .params = cnc_kdf_complete (NULL) };
}

static CncRaster *
encrypt (const CncPicture *picture, const CncSecret *key, guint levels, guint32 side, double *psnr, char **notes)
{
  const CncCarrierLock lock = lock_of (key);
  const CncCarrierParams params = { .longest_side = side, .levels = levels, .psnr = psnr, .notes = notes };
  g_autoptr (GError) error = NULL;
  CncRaster *carrier = cnc_share_encrypt (picture, &lock, &params, &error);

  g_assert_no_error (error);
  g_assert_nonnull (carrier);
  return carrier;
}

static CncPicture *
decrypt (const CncRaster *raster, const CncSecret *key, CncShareRepair *repair, GError **error)
{
  g_autoptr (CncCarrier) carrier = NULL;

  if (!cnc_carrier_find (raster, NULL, &carrier, NULL, error))
    return NULL;
  return cnc_share_decrypt (carrier, key, NULL, repair, NULL, error);
}

static void
assert_close (const CncPicture *before, const CncPicture *after, double psnr)
{
  g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (before->raster, before->colormap, NULL);
  const guint channels = cnc_format_channels (&eight->format), colours = channels >= 3 ? 3 : 1;
  const gsize pixels = (gsize) eight->width * eight->height;
  double sum = 0, count = 0, found;

  g_assert_true (cnc_format_equal (&eight->format, &after->raster->format));
  g_assert_cmpuint (eight->width, ==, after->raster->width);
  g_assert_cmpuint (eight->height, ==, after->raster->height);
  for (gsize i = 0; i < pixels; i++)
    for (guint c = 0; c < channels; c++)
      {
        const double d = eight->data[i * channels + c] - after->raster->data[i * channels + c];

        if (c >= colours && psnr < 20)
          continue; /* so little room that the sides were made smaller */
        if (c >= colours)
          g_assert_cmpfloat (d, ==, 0);
        else if (channels == colours || eight->data[i * channels + colours] != 0)
          {
            sum += d * d;
            count++;
          }
      }
  found = sum == 0 ? INFINITY : 10 * log10 (65025 * count / sum);
  if (isinf (psnr))
    g_assert_cmpfloat (sum, ==, 0);
  else if (colours == 3) /* grey ones gain a little where three colours become one again */
    g_assert_cmpfloat (fabs (found - psnr), <, 0.01);
  else
    g_assert_cmpfloat (found, >, psnr - 0.01);
}

static void
test_formats (void)
{
  static const struct
  {
    CncModel model;
    CncSample sample;
    CncCurve curve;
    gboolean alpha;
  } formats[] = {
    { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE },     { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE },
    { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE },    { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE },
    { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE }, { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE },
    { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE },    { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, FALSE },
  };
  g_autoptr (CncSecret) key = case_key (5);

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (guint levels = 2; levels <= 3; levels++)
      {
        g_autoptr (CncPicture) before = new_picture (320, 257, formats[i].model, formats[i].sample, formats[i].curve, formats[i].alpha),
                               after = NULL;
        double psnr = 0;
        g_autofree char *notes = NULL;
        g_autoptr (CncRaster) carrier = encrypt (before, key, levels, 0, &psnr, &notes);
        g_autoptr (GError) error = NULL;
        CncShareRepair repair;

        g_assert_cmpuint (carrier->width, ==, 320);
        g_assert_cmpuint (carrier->height, ==, 257);
        g_assert_null (notes);
        after = decrypt (carrier, key, &repair, &error);
        g_assert_no_error (error);
        g_test_message ("format %u, %u levels: %.2f dB", i, levels, psnr);
        g_assert_cmpfloat (psnr, >, formats[i].model == CNC_MODEL_INDEXED ? 8 : 25); /* indexed: these colours are noise */
        assert_close (before, after, psnr);
        g_assert_cmpfloat (after->x_resolution, ==, 300);
        g_assert_cmpstr (after->name, ==, "Hintergrund");
        g_assert_cmpuint (repair.repaired, ==, 0);
      }
}

static void
test_sizes (void)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 16, 16 }, { 40, 900 }, { 1500, 20 }, { 64, 64 }, { 100, 400 }, { 700, 500 } };
  g_autoptr (CncSecret) key = case_key (5);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncPicture) before = new_picture (sizes[i][0], sizes[i][1], CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE),
                             after = NULL;
      double psnr = 0;
      g_autoptr (CncRaster) carrier = encrypt (before, key, 0, 0, &psnr, NULL);
      g_autoptr (GError) error = NULL;

      after = decrypt (carrier, key, NULL, &error);
      g_assert_no_error (error);
      assert_close (before, after, psnr);
    }
}

static void
test_longest_side (void)
{
  static const guint32 sides[] = { 400, 640, 1280, 2048 };
  g_autoptr (CncSecret) key = case_key (5);
  double last = 0;

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autoptr (CncPicture) before = new_picture (600, 450, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE), after = NULL;
      double psnr = 0, expected = 0;
      guint32 width, height;
      g_autoptr (CncRaster) carrier = encrypt (before, key, 3, sides[i], &psnr, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_cmpuint (carrier->width, ==, sides[i]);
      g_assert_cmpuint (carrier->height, ==, sides[i] * 3 / 4);
      g_assert_cmpfloat (psnr, >=, last);
      last = psnr;
      after = decrypt (carrier, key, NULL, &error);
      g_assert_no_error (error);
      assert_close (before, after, psnr);
      g_assert_true (cnc_share_expect (before, sides[i], 3, 0, &width, &height, &expected, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (width, ==, carrier->width);
      g_assert_cmpuint (height, ==, carrier->height);
      if (isfinite (psnr))
        g_assert_cmpfloat (fabs (expected - psnr), <, 3);
    }
  g_assert_true (isinf (last)); /* room enough for every bit */
}

static void
test_refused (void)
{
  g_autoptr (CncSecret) key = case_key (5), other = case_key (6);
  const CncCarrierLock lock = lock_of (key);
  g_autoptr (CncPicture) picture = new_picture (320, 240, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE);
  g_autoptr (CncRaster) carrier = encrypt (picture, key, 0, 0, NULL, NULL);
  CncCarrierParams params = { .longest_side = 50 };
  CncTask task = { .cancelled = 1 };
  g_autoptr (GError) error = NULL;

  g_assert_null (decrypt (carrier, other, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  g_clear_error (&error);
  g_assert_null (cnc_share_encrypt (picture, &lock, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
  g_clear_error (&error);
  params = (CncCarrierParams){ .levels = 4 };
  g_assert_null (cnc_share_encrypt (picture, &lock, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  params = (CncCarrierParams){ .longest_side = 10000000 };
  g_assert_null (cnc_share_encrypt (picture, &lock, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  params = (CncCarrierParams){ .task = &task };
  g_assert_null (cnc_share_encrypt (picture, &lock, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

/* Data that would take too much of the room stays behind, and that is said; what is small travels. */
static void
test_metadata (void)
{
  g_autoptr (CncSecret) key = case_key (5);
  g_autoptr (CncPicture) before = new_picture (400, 300, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE), after = NULL,
                         again = NULL;
  g_autofree guint8 *large = g_malloc0 (100000);
  g_autofree char *notes = NULL, *none = NULL;
  g_autoptr (CncRaster) carrier = NULL, second = NULL;
  g_autoptr (GError) error = NULL;

  before->metadata = g_strdup ("<x/>");
  before->profile = g_bytes_new (large, 500);
  cnc_picture_add_parasite (before, "gimp-comment", 1, "hello", 6);
  second = encrypt (before, key, 0, 0, NULL, &none);
  g_assert_null (none);
  again = decrypt (second, key, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->metadata, ==, "<x/>");
  g_assert_cmpuint (g_bytes_get_size (again->profile), ==, 500);
  g_assert_cmpuint (again->parasites->len, ==, 1);

  cnc_picture_add_parasite (before, "large", 1, large, 100000);
  carrier = encrypt (before, key, 0, 0, NULL, &notes);
  g_assert_nonnull (strstr (notes, "other plug-ins"));
  g_assert_null (strstr (notes, "profile"));
  after = decrypt (carrier, key, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (after->parasites->len, ==, 0);
  g_assert_cmpstr (after->metadata, ==, "<x/>");
}

/* Spots of any kind up to a few parts in a hundred are repaired, more is refused with the number of blocks; the header has nothing to do
 * with it. */
static void
test_repair (void)
{
  g_autoptr (CncSecret) key = case_key (5);
  g_autoptr (CncPicture) before = new_picture (512, 400, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE), after = NULL;
  double psnr;
  g_autoptr (CncRaster) carrier = encrypt (before, key, 0, 0, &psnr, NULL);
  g_autoptr (GError) error = NULL;
  CncShareRepair repair;

  for (guint y = 150; y < 230; y++) /* a logo of 80 x 80 pixels, 3.4 % of the body */
    memset (carrier->data + (gsize) y * 512 + 300, 90, 80);
  after = decrypt (carrier, key, &repair, &error);
  g_assert_no_error (error);
  assert_close (before, after, psnr);
  g_assert_cmpuint (repair.repaired, ==, repair.blocks);
  g_assert_cmpfloat (repair.wrong, >, 0.02);
  g_assert_cmpfloat (repair.worst, <=, 1);
  for (guint y = 50; y < 200; y++)
    memset (carrier->data + (gsize) y * 512 + 10, 90, 300);
  g_assert_null (decrypt (carrier, key, &repair, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
  g_assert_nonnull (strstr (error->message, "blocks"));
}

/* Each pixel a mixture with its eight neighbours. */
static void
blur (CncRaster *raster, gint own, gint side, gint corner)
{
  g_autofree guint8 *from = g_memdup2 (raster->data, cnc_raster_bytes (raster));
  const gsize w = raster->width;

  for (gsize y = 1; y + 1 < raster->height; y++)
    for (gsize x = 1; x + 1 < w; x++)
      {
        const guint8 *p = from + y * w + x;

        raster->data[y * w + x] = (guint8) ((own * p[0] + side * (p[1] + p[-1] + p[w] + *(p - w))
                                             + corner * (p[w + 1] + p[w - 1] + *(p - w + 1) + *(p - w - 1)) + 50)
                                            / 100);
      }
}

/* What ran into its neighbours comes back: blur, and scaling up; what was made smaller does not, and both sizes are told. */
static void
test_sharpened (void)
{
  static const double scales[] = { 1.15, 1.5, 2, 0.8 };
  g_autoptr (CncSecret) key = case_key (5);
  g_autoptr (CncPicture) before = new_picture (512, 384, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE);
  double psnr;

  for (guint levels = 2; levels <= 3; levels++)
    {
      g_autoptr (CncRaster) carrier = encrypt (before, key, levels, 0, &psnr, NULL),
                            blurred = cnc_rgb_scale (carrier, 512, 384, NULL, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncPicture) after = NULL;

      blur (blurred, 52, 9, 3);
      after = decrypt (blurred, key, NULL, &error);
      g_assert_no_error (error);
      assert_close (before, after, psnr);
      for (guint i = 0; i < G_N_ELEMENTS (scales); i++)
        {
          g_autoptr (CncRaster) scaled
              = cnc_rgb_scale (carrier, (guint32) (512 * scales[i] + 0.5), (guint32) (384 * scales[i] + 0.5), NULL, NULL);
          g_autoptr (CncPicture) again = decrypt (scaled, key, NULL, &error);

          if (scales[i] > 1)
            {
              g_assert_no_error (error);
              assert_close (before, again, psnr);
              continue;
            }
          g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
          g_assert_nonnull (strstr (error->message, "scaled from 512 × 384 to 410 × 307 pixels"));
        }
    }
}

/* Somebody without the key who writes another body that the code finds whole, or changes the bytes of this one. */
static void
test_forged (void)
{
  g_autoptr (CncSecret) key = case_key (5);
  g_autoptr (CncPicture) picture = new_picture (320, 240, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE);
  g_autoptr (CncRaster) raster = encrypt (picture, key, 0, 0, NULL, NULL);
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *bytes = NULL;
  CncBodyReport report;
  gsize room, pixels;

  g_assert_true (cnc_carrier_find (raster, NULL, &carrier, NULL, &error));
  pixels = (gsize) carrier->layout.body_width * carrier->layout.body_height;
  room = cnc_body_room (pixels, 3);
  bytes = g_malloc (room);
  g_assert_true (cnc_body_read (carrier->body, pixels, 3, bytes, &report, NULL, &error));
  for (gsize at = 0; at < room; at += at < 40 || at + 60 > room ? 1 : 997) /* every part: header of the stream, chunks, fill */
    {
      g_autoptr (CncPicture) opened = NULL;

      bytes[at] ^= 0x10;
      g_assert_true (cnc_body_write (bytes, 3, carrier->body, pixels, NULL, &error));
      opened = cnc_share_decrypt (carrier, key, NULL, NULL, NULL, &error);
      g_assert_null (opened);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
      g_clear_error (&error);
      bytes[at] ^= 0x10;
    }
}

/* The levels are equally frequent and do not depend on their neighbours. */
static void
test_even (void)
{
  g_autoptr (CncSecret) key = case_key (5);
  g_autoptr (CncPicture) picture = new_picture (700, 500, CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE);

  for (guint levels = 2; levels <= 3; levels++)
    {
      g_autoptr (CncRaster) raster = encrypt (picture, key, levels, 0, NULL, NULL);
      g_autoptr (CncCarrier) carrier = NULL;
      double pairs[9] = { 0 }, chi = 0, expected;
      gsize pixels;

      g_assert_true (cnc_carrier_find (raster, NULL, &carrier, NULL, NULL));
      pixels = (gsize) carrier->layout.body_width * carrier->layout.body_height;
      for (gsize i = 1; i < pixels; i++)
        pairs[carrier->body[i] / 127 * (levels - 1) / 2 * levels + carrier->body[i - 1] / 127 * (levels - 1) / 2]++;
      expected = (double) (pixels - 1) / (levels * levels);
      for (guint i = 0; i < levels * levels; i++)
        chi += (pairs[i] - expected) * (pairs[i] - expected) / expected;
      g_assert_cmpfloat (chi, <, 40); /* 8 degrees of freedom: once in 300,000 */
    }
}

/* Every allocation fails once. */
static void
test_no_memory (void)
{
  g_autoptr (CncSecret) key = case_key (5);
  const CncCarrierLock lock = lock_of (key);
  const CncCarrierParams params = { 0 };
  g_autoptr (CncPicture) before = new_picture (40, 30, CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE), after = NULL;
  g_autoptr (CncRaster) raster = NULL;
  guint failures[2] = { 0 };

  while (raster == NULL)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (++failures[0]);
      raster = cnc_share_encrypt (before, &lock, &params, &error);
      cnc_alloc_fail_at (0);
      if (raster == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  while (after == NULL)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (++failures[1]);
      after = decrypt (raster, key, NULL, &error);
      cnc_alloc_fail_at (0);
      if (after == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  g_assert_cmpuint (failures[0], >, 15);
  g_assert_cmpuint (failures[1], >, 8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/share/formats", test_formats);
  g_test_add_func ("/share/sizes", test_sizes);
  g_test_add_func ("/share/longest-side", test_longest_side);
  g_test_add_func ("/share/refused", test_refused);
  g_test_add_func ("/share/metadata", test_metadata);
  g_test_add_func ("/share/repair", test_repair);
  g_test_add_func ("/share/sharpened", test_sharpened);
  g_test_add_func ("/share/forged", test_forged);
  g_test_add_func ("/share/even", test_even);
  g_test_add_func ("/share/no-memory", test_no_memory);
  return g_test_run ();
}
