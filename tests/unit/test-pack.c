/* core/picture/pack.c: every format and odd size, against a slow reader written from format.md alone; damage; short memory. */
#include "picture/pack.h"

#include <zstd.h>

#include "base/error.h"
#include "base/memory.h"

typedef enum
{
  FILL_ZERO,
  FILL_NOISE,
  FILL_SMOOTH,
  FILL_STRIPES,
  FILL_FEW,       /* few values, large ones too */
  FILL_256_OR_SO, /* 256 values, but for one sample that makes it 257 */
  N_FILLS,
} Fill;

static guint64
noise (guint64 *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void
put_sample (guint8 *p, guint bytes, guint64 v)
{
  const guint8 b = (guint8) v;
  const guint16 s = (guint16) v;
  const guint32 i = (guint32) v;

  memcpy (p,
          bytes == 1   ? (gconstpointer) &b
          : bytes == 2 ? (gconstpointer) &s
          : bytes == 4 ? (gconstpointer) &i
                       : (gconstpointer) &v,
          bytes);
}

static guint64
get_sample (const guint8 *p, guint bytes)
{
  guint16 s;
  guint32 i;
  guint64 l;

  if (bytes == 1)
    return p[0];
  if (bytes == 2)
    {
      memcpy (&s, p, 2);
      return s;
    }
  if (bytes == 4)
    {
      memcpy (&i, p, 4);
      return i;
    }
  memcpy (&l, p, 8);
  return l;
}

static CncRaster *
make (guint32 width, guint32 height, const CncFormat *format, Fill fill)
{
  CncRaster *raster = cnc_raster_new (width, height, format, NULL);
  const guint channels = cnc_format_channels (format), bytes = cnc_format_sample_bytes (format);
  guint64 state = 0x9e3779b97f4a7c15u + width;
  guint8 *p;

  g_assert_nonnull (raster);
  p = raster->data;
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      for (guint c = 0; c < channels; c++, p += bytes)
        {
          guint64 v = 0;

          switch (fill)
            {
            case FILL_NOISE:
              v = noise (&state);
              break;
            case FILL_SMOOTH:
              v = ((guint64) (x * 3 + y * 5 + c * 40) << (8 * bytes - 8)) + (noise (&state) & 7);
              break;
            case FILL_STRIPES:
              v = (x / 3 + y / 5) % 2 ? G_MAXUINT64 : (guint64) c;
              break;
            case FILL_FEW:
              v = (noise (&state) % 5) * (G_MAXUINT64 / 4);
              break;
            case FILL_256_OR_SO:
              v = ((noise (&state) & 255) * G_GUINT64_CONSTANT (0x0101010101010101)) ^ (x == 96 && y == 20 ? 0x101 : 0);
              break;
            case FILL_ZERO:
            case N_FILLS:
            default:
              break;
            }
          put_sample (p, bytes, v);
        }
  return raster;
}

/* ---- the slow reader ---- */

static guint64
mask (guint bytes)
{
  return bytes == 8 ? G_MAXUINT64 : (G_GUINT64_CONSTANT (1) << (8 * bytes)) - 1;
}

static guint64
median_edge (guint64 left, guint64 up, guint64 corner, guint64 m)
{
  if (corner >= MAX (left, up))
    return MIN (left, up);
  if (corner <= MIN (left, up))
    return MAX (left, up);
  return (left + up - corner) & m;
}

/* The sample values of one band of the "predicted" kind, in the order x, y, channel; slowly. */
static void
slow_predicted (const guint8 *in, gsize size, guint width, guint rows, const CncFormat *format, guint64 *out)
{
  const guint channels = cnc_format_channels (format), bytes = cnc_format_sample_bytes (format);
  const guint64 m = mask (bytes), top = (m >> 1) + 1;
  const gsize plane = (gsize) width * rows;
  g_autofree guint64 *residual = g_new0 (guint64, plane * channels);
  const guint8 *p = in + 4 * channels * bytes;

  for (guint s = 0; s < channels * bytes; s++)
    {
      g_autofree guint8 *bytes_of_plane = g_malloc (plane);
      const guint32 length = cnc_get_u32 (in + 4 * s);

      if (length == plane)
        memcpy (bytes_of_plane, p, plane);
      else
        g_assert_cmpuint (ZSTD_decompress (bytes_of_plane, plane, p, length), ==, plane);
      p += length;
      for (gsize i = 0; i < plane; i++)
        residual[i * channels + s / bytes] = (residual[i * channels + s / bytes] << 8) | bytes_of_plane[i];
    }
  g_assert_cmpuint (p - in, ==, size);
  for (gsize i = 0; i < plane * channels; i++)
    if (bytes > 1)
      residual[i] = residual[i] & 1 ? ~(residual[i] >> 1) & m : residual[i] >> 1;
  for (guint y = 0; y < rows; y++)
    for (guint x = 0; x < width; x++)
      for (guint c = 0; c < channels; c++)
        {
          guint64 *at = &out[((gsize) y * width + x) * channels + c];
          const guint64 left = x > 0 ? at[-(gssize) channels] : 0;
          const guint64 up = y > 0 ? at[-(gssize) (channels * width)] : 0;
          guint64 prediction = left;

          if (y > 0)
            prediction = x == 0 ? up : median_edge (left, up, at[-(gssize) (channels * width) - (gssize) channels], m);
          *at = (prediction + residual[at - out]) & m;
        }
  if (channels >= 3)
    for (gsize i = 0; i < plane; i++)
      {
        guint64 *pixel = &out[i * channels];

        pixel[0] = (pixel[0] + pixel[1] + top) & m;
        /* The mean of two 64-bit numbers by halves. */
        pixel[2] = (pixel[2] + pixel[0] / 2 + pixel[1] / 2 + (pixel[0] & pixel[1] & 1) + top) & m;
      }
  if (format->sample >= CNC_SAMPLE_HALF)
    for (gsize i = 0; i < plane * channels; i++)
      out[i] = out[i] & top ? out[i] ^ top : ~out[i] & m;
}

static guint methods; /* bits of those that were met */

static void
slow_values (const guint8 *in, gsize size, guint width, guint rows, const CncFormat *format, guint64 *out)
{
  const CncFormat ranks = { format->model, CNC_SAMPLE_U8, format->curve, format->alpha };
  const guint channels = cnc_format_channels (format), bytes = cnc_format_sample_bytes (format);
  const guint8 *lists[2] = { in, in };
  const guint8 *p = in;

  for (guint l = 0; l < (format->alpha ? 2 : 1); l++)
    {
      lists[l] = p + 1;
      p += 1 + (p[0] + 1) * bytes;
    }
  slow_predicted (p, size - (gsize) (p - in), width, rows, &ranks, out);
  for (gsize i = 0; i < (gsize) width * rows * channels; i++)
    {
      const guint8 *list = lists[format->alpha && i % channels == channels - 1 ? 1 : 0];
      const guint64 rank = out[i];

      out[i] = 0;
      for (guint b = bytes; b-- > 0;)
        out[i] = (out[i] << 8) | list[rank * bytes + b];
    }
}

static void
check_slow (const CncRaster *raster, const GByteArray *packed)
{
  const guint channels = cnc_format_channels (&raster->format), bytes = cnc_format_sample_bytes (&raster->format);
  const gsize row_bytes = cnc_raster_row_bytes (raster);
  const guint rows = (guint) MAX (1048576 / row_bytes, 1);
  const guint bands = (raster->height + rows - 1) / rows;
  const guint8 *p = packed->data + 4 * bands;

  for (guint band = 0; band < bands; band++)
    {
      const guint32 length = cnc_get_u32 (packed->data + 4 * band);
      const guint n = MIN (rows, raster->height - band * rows);
      const guint8 *expected = raster->data + (gsize) band * rows * row_bytes;
      const gsize samples = (gsize) n * raster->width * channels;
      g_autofree guint64 *out = g_new0 (guint64, samples);
      g_autofree guint8 *plain = g_malloc (samples * bytes);

      methods |= 1u << p[0];
      if (p[0] == 1)
        slow_predicted (p + 1, length - 1, raster->width, n, &raster->format, out);
      else if (p[0] == 3)
        slow_values (p + 1, length - 1, raster->width, n, &raster->format, out);
      else
        {
          if (p[0] == 2)
            g_assert_cmpuint (ZSTD_decompress (plain, samples * bytes, p + 1, length - 1), ==, samples * bytes);
          else
            {
              g_assert_cmpuint (p[0], ==, 0);
              g_assert_cmpuint (length - 1, ==, samples * bytes);
              memcpy (plain, p + 1, length - 1);
            }
          for (gsize i = 0; i < samples; i++)
            for (guint b = bytes; b-- > 0;)
              out[i] = (out[i] << 8) | plain[i * bytes + b];
        }
      for (gsize i = 0; i < samples; i++)
        g_assert_cmphex (out[i], ==, get_sample (expected + i * bytes, bytes));
      p += length;
    }
  g_assert_cmpuint (p - packed->data, ==, packed->len);
}

static void
check_round_trip (guint32 width, guint32 height, const CncFormat *format, Fill fill, gboolean slow)
{
  g_autoptr (CncRaster) raster = make (width, height, format, fill);
  g_autoptr (CncRaster) back = make (width, height, format, FILL_ZERO);
  g_autoptr (GError) error = NULL;

  for (guint raw = 0; raw < 2; raw++)
    {
      g_autoptr (GByteArray) packed = cnc_pack (raster, raw, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (packed);
      if (raw)
        g_assert_cmpuint (packed->len, ==, cnc_raster_bytes (raster));
      memset (back->data, 0xaa, cnc_raster_bytes (back));
      g_assert_true (cnc_unpack (packed->data, packed->len, raw, back, NULL, &error));
      g_assert_true (memcmp (back->data, raster->data, cnc_raster_bytes (raster)) == 0);
      g_assert_true (cnc_pack_verify (packed->data, packed->len, raw, raster, NULL, &error));
      back->data[cnc_raster_bytes (back) - 1] ^= 1;
      g_assert_false (cnc_pack_verify (packed->data, packed->len, raw, back, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
      g_clear_error (&error);
      if (!raw && slow)
        check_slow (raster, packed);
    }
}

static void
test_formats (void)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 1, 9 }, { 9, 1 }, { 2, 2 }, { 13, 11 }, { 64, 3 }, { 97, 35 }, { 96, 36 } };

  for (guint model = 0; model < 3; model++)
    for (guint sample = 0; sample < 6; sample++)
      for (guint alpha = 0; alpha < 2; alpha++)
        for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
          for (guint fill = 0; fill < N_FILLS; fill++)
            {
              const CncFormat format = { (CncModel) model, (CncSample) sample, CNC_CURVE_PERCEPTUAL, (gboolean) alpha };

              if (cnc_format_valid (&format))
                check_round_trip (sizes[s][0], sizes[s][1], &format, (Fill) fill, TRUE);
            }
  g_assert_cmphex (methods, ==, 0xf);
}

/* Several bands; rows longer than a band; more bands than are in work at once. */
static void
test_bands (void)
{
  const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  const CncFormat rgba64 = { CNC_MODEL_RGB, CNC_SAMPLE_DOUBLE, CNC_CURVE_LINEAR, TRUE };
  const CncFormat grey16 = { CNC_MODEL_GREY, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE };

  check_round_trip (4001, 231, &rgb8, FILL_SMOOTH, TRUE);
  check_round_trip (34003, 3, &rgba64, FILL_SMOOTH, TRUE);
  check_round_trip (524288, 37, &grey16, FILL_FEW, FALSE);
}

static void
test_shrinks (void)
{
  const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) smooth = make (700, 600, &rgb8, FILL_SMOOTH);
  g_autoptr (CncRaster) noisy = make (700, 600, &rgb8, FILL_NOISE);
  g_autoptr (CncRaster) stripes = make (700, 600, &rgb8, FILL_STRIPES);
  g_autoptr (GByteArray) a = cnc_pack (smooth, FALSE, NULL, NULL);
  g_autoptr (GByteArray) b = cnc_pack (noisy, FALSE, NULL, NULL);
  g_autoptr (GByteArray) c = cnc_pack (stripes, FALSE, NULL, NULL);
  g_autoptr (GByteArray) d = cnc_pack (smooth, FALSE, NULL, NULL);

  g_assert_cmpuint (a->len, <, 700 * 600 * 3 / 100 * 55);
  g_assert_cmpuint (b->len, <=, 700 * 600 * 3 + 2 * 5);
  g_assert_cmpuint (c->len, <, 700 * 600 * 3 / 100);
  g_assert_cmpmem (a->data, a->len, d->data, d->len);
}

/* Whatever the bytes are: DAMAGED or a picture, never a crash (run under ASan). */
static void
test_damage (void)
{
  const CncFormat rgba16 = { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, TRUE };
  const CncFormat indexed = { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  guint64 state = 42;

  for (guint round = 0; round < 6; round++)
    {
      g_autoptr (CncRaster) raster = make (31, 23, round & 1 ? &indexed : &rgba16,
                                           round >= 4  ? FILL_256_OR_SO
                                           : round & 2 ? FILL_SMOOTH
                                                       : FILL_STRIPES);
      g_autoptr (GByteArray) packed = cnc_pack (raster, FALSE, NULL, NULL);

      for (gsize size = 0; size <= packed->len; size++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree guint8 *exact = g_malloc (MAX (size, 1));

          memcpy (exact, packed->data, size);
          g_assert_true (cnc_unpack (exact, size, FALSE, raster, NULL, &error) == (size == packed->len));
          if (size < packed->len)
            g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
        }
      for (guint i = 0; i < 1500; i++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree guint8 *copy = g_memdup2 (packed->data, packed->len);

          for (guint k = 0; k <= i % 3; k++)
            copy[noise (&state) % MIN (packed->len, i % 2 ? 40 : G_MAXUINT)] = (guint8) noise (&state);
          if (!cnc_unpack (copy, packed->len, FALSE, raster, NULL, &error))
            g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
        }
    }
}

static void
test_memory (void)
{
  const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) raster = make (3000, 350, &rgb8, FILL_SMOOTH);
  g_autoptr (GByteArray) packed = NULL;
  guint pack_calls, unpack_calls, verify_calls;

  cnc_alloc_fail_at (0);
  packed = cnc_pack (raster, FALSE, NULL, NULL);
  pack_calls = cnc_alloc_fail_at (0);
  g_assert_true (cnc_unpack (packed->data, packed->len, FALSE, raster, NULL, NULL));
  unpack_calls = cnc_alloc_fail_at (0);
  g_assert_true (cnc_pack_verify (packed->data, packed->len, FALSE, raster, NULL, NULL));
  verify_calls = cnc_alloc_fail_at (0);
  g_assert_cmpuint (pack_calls, >, 3);
  for (guint i = 1; i <= MAX (pack_calls, MAX (unpack_calls, verify_calls)); i++)
    {
      g_autoptr (GError) error = NULL;

      if (i <= pack_calls)
        {
          cnc_alloc_fail_at (i);
          g_assert_null (cnc_pack (raster, FALSE, NULL, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
          g_clear_error (&error);
        }
      if (i <= unpack_calls)
        {
          cnc_alloc_fail_at (i);
          g_assert_false (cnc_unpack (packed->data, packed->len, FALSE, raster, NULL, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
          g_clear_error (&error);
        }
      if (i <= verify_calls)
        {
          cnc_alloc_fail_at (i);
          g_assert_false (cnc_pack_verify (packed->data, packed->len, FALSE, raster, NULL, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
        }
    }
  {
    g_autoptr (GError) error = NULL;

    cnc_alloc_fail_at (1);
    g_assert_null (cnc_pack (raster, TRUE, NULL, &error));
    g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  }
  cnc_alloc_fail_at (0);
}

static void
cancel_soon (double done, const char *text, gpointer user_data)
{
  cnc_task_cancel (user_data);
}

static void
test_cancel (void)
{
  const CncFormat grey8 = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) raster = make (4096, 16 * 256 + 1, &grey8, FILL_STRIPES);
  g_autoptr (GByteArray) packed = cnc_pack (raster, FALSE, NULL, NULL);
  CncTask task = { cancel_soon, NULL, 0 };
  g_autoptr (GError) error = NULL;

  task.user_data = &task;
  if (g_get_num_processors () < 8)
    {
      g_assert_null (cnc_pack (raster, FALSE, &task, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
      g_clear_error (&error);
    }
  cnc_task_cancel (&task);
  g_assert_null (cnc_pack (raster, TRUE, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (cnc_unpack (packed->data, packed->len, FALSE, raster, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pack/formats", test_formats);
  g_test_add_func ("/pack/bands", test_bands);
  g_test_add_func ("/pack/shrinks", test_shrinks);
  g_test_add_func ("/pack/damage", test_damage);
  g_test_add_func ("/pack/memory", test_memory);
  g_test_add_func ("/pack/cancel", test_cancel);
  return g_test_run ();
}
