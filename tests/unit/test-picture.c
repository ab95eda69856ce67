/* core/picture/raster.c and picture.c: formats, limits, and the info block. */
#include "picture/picture.h"

#include "base/error.h"
#include "base/memory.h"

static void
test_formats (void)
{
  guint valid = 0;

  for (guint model = 0; model < 4; model++)
    for (guint sample = 0; sample < 7; sample++)
      for (guint curve = 0; curve < 3; curve++)
        for (guint alpha = 0; alpha < 2; alpha++)
          {
            const CncFormat format = { (CncModel) model, (CncSample) sample, (CncCurve) curve, (gboolean) alpha };

            if (cnc_format_valid (&format))
              valid++;
          }
  /* grey and RGB: 6 samples, 2 curves, 2 alphas each; indexed: 2 alphas. */
  g_assert_cmpuint (valid, ==, 2 * 6 * 2 * 2 + 2);
}

static void
test_raster (void)
{
  const CncFormat rgba16 = { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_LINEAR, TRUE };
  const CncFormat indexed16 = { CNC_MODEL_INDEXED, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) raster = cnc_raster_new (3, 5, &rgba16, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (cnc_raster_row_bytes (raster), ==, 24);
  g_assert_cmpuint (cnc_raster_bytes (raster), ==, 120);
  g_assert_null (cnc_raster_new (0, 5, &rgba16, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cnc_raster_new (5, CNC_RASTER_MAX_SIDE + 1, &rgba16, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cnc_raster_new (5, 5, &indexed16, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  cnc_alloc_fail_at (1);
  g_assert_null (cnc_raster_new (5, 5, &rgba16, &error));
  cnc_alloc_fail_at (0);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
}

/* indexed: with a palette; full: with every field. */
static CncPicture *
sample_picture (gboolean indexed, gboolean full)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, TRUE };
  const CncFormat palette = { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncPicture *picture = cnc_picture_new ();

  picture->raster = cnc_raster_new (7, 9, indexed ? &palette : &rgb, NULL);
  g_assert_nonnull (picture->raster);
  if (indexed)
    picture->colormap = g_bytes_new ("abcdef", 6);
  if (full)
    {
      picture->source = CNC_SOURCE_LAYER;
      picture->x_resolution = 72.5;
      picture->y_resolution = 300;
      picture->unit = 2;
      picture->name = g_strdup ("Hintergrund ü");
      picture->profile = g_bytes_new ("\0profile", 8);
      picture->metadata = g_strdup ("<xml/>");
      cnc_picture_add_parasite (picture, "gimp-comment", 1, "hello", 5);
      cnc_picture_add_parasite (picture, "empty", 0xffffffffu, NULL, 0);
    }
  return picture;
}

static gboolean
bytes_same (GBytes *a, GBytes *b)
{
  return (a == NULL && b == NULL) || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

static void
check_round_trip (gboolean indexed, gboolean full)
{
  g_autoptr (CncPicture) picture = sample_picture (indexed, full);
  g_autoptr (CncPicture) back = NULL;
  g_autoptr (GByteArray) block = NULL;
  g_autoptr (GError) error = NULL;
  guint32 width, height;
  CncFormat format;
  guint64 packed;
  gboolean raw;

  block = cnc_picture_write_info (picture, 12345678901u, FALSE, &error);
  g_assert_no_error (error);
  back = cnc_picture_read_info (block->data, block->len, &width, &height, &format, &packed, &raw, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (width, ==, 7);
  g_assert_cmpuint (height, ==, 9);
  g_assert_true (cnc_format_equal (&format, &picture->raster->format));
  g_assert_cmpuint (packed, ==, 12345678901u);
  g_assert_false (raw);
  g_assert_null (back->raster);
  g_assert_cmpint (back->source, ==, picture->source);
  g_assert_cmpfloat (back->x_resolution, ==, picture->x_resolution);
  g_assert_cmpfloat (back->y_resolution, ==, picture->y_resolution);
  g_assert_cmpuint (back->unit, ==, picture->unit);
  g_assert_cmpstr (back->name, ==, picture->name);
  g_assert_cmpstr (back->metadata, ==, picture->metadata);
  g_assert_true (bytes_same (back->profile, picture->profile));
  g_assert_true (bytes_same (back->colormap, picture->colormap));
  g_assert_cmpuint (back->parasites->len, ==, picture->parasites->len);
  for (guint i = 0; i < back->parasites->len; i++)
    {
      const CncParasite *a = g_ptr_array_index (back->parasites, i);
      const CncParasite *b = g_ptr_array_index (picture->parasites, i);

      g_assert_cmpstr (a->name, ==, b->name);
      g_assert_cmpuint (a->flags, ==, b->flags);
      g_assert_true (g_bytes_equal (a->data, b->data));
    }
}

static void
test_info (void)
{
  for (guint i = 0; i < 4; i++)
    check_round_trip (i & 1, i & 2);
}

static void
test_info_raw (void)
{
  g_autoptr (CncPicture) picture = sample_picture (FALSE, FALSE);
  g_autoptr (CncPicture) back = NULL;
  g_autoptr (CncPicture) wrong = NULL;
  g_autoptr (GByteArray) block = NULL;
  g_autoptr (GError) error = NULL;
  guint32 width, height;
  CncFormat format;
  guint64 packed;
  gboolean raw;

  block = cnc_picture_write_info (picture, cnc_raster_bytes (picture->raster), TRUE, &error);
  back = cnc_picture_read_info (block->data, block->len, &width, &height, &format, &packed, &raw, &error);
  g_assert_no_error (error);
  g_assert_nonnull (back);
  g_assert_true (raw);
  block->data[14]++;
  wrong = cnc_picture_read_info (block->data, block->len, &width, &height, &format, &packed, &raw, &error);
  g_assert_null (wrong);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
}

/* The bytes of a small block, written down by hand from format.md. */
static void
test_info_bytes (void)
{
  static const guint8 expected[] = {
    7, 0,  0, 0, 9, 0,   0,   0,   2,   0,   1,   0,    0,    0, 0x39, 0x30, 0, 0, 0, 0,    0,    0,              /* fixed start */
    1, 20, 0, 0, 0, 0,   0,   0,   0,   0,   0,   0x52, 0x40, 0, 0,    0,    0, 0, 0, 0x52, 0x40, 1, 0,   0,   0, /* 72, 72, inch */
    4, 6,  0, 0, 0, 'a', 'b', 'c', 'd', 'e', 'f', 6,    10,   0, 0,    0,    3, 0, 0, 0,    1,    0, 'p', 'X', 'Y', 'Z',
  };
  g_autoptr (CncPicture) picture = sample_picture (TRUE, FALSE);
  g_autoptr (GByteArray) block = NULL;
  g_autoptr (GError) error = NULL;

  picture->x_resolution = picture->y_resolution = 72;
  picture->unit = 1;
  cnc_picture_add_parasite (picture, "p", 3, "XYZ", 3);
  block = cnc_picture_write_info (picture, 12345, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (block->data, block->len, expected, sizeof expected);
}

/* Whatever one byte is changed to, and wherever the block is cut: refused, or another block that re-writes to the same bytes (the reader
 * checks that itself). */
static void
test_info_damage (void)
{
  g_autoptr (CncPicture) picture = sample_picture (FALSE, TRUE);
  g_autoptr (GByteArray) block = NULL;
  g_autofree guint8 *copy = NULL;
  guint32 width, height;
  CncFormat format;
  guint64 packed;
  gboolean raw;

  block = cnc_picture_write_info (picture, 1000, FALSE, NULL);
  copy = g_malloc (block->len + 1);
  for (gsize size = 0; size <= block->len + 1; size++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *exact = g_malloc (MAX (size, 1));
      CncPicture *back;

      memcpy (copy, block->data, block->len);
      copy[block->len] = 0;
      memcpy (exact, copy, size);
      back = cnc_picture_read_info (exact, size, &width, &height, &format, &packed, &raw, &error);
      if (back == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
      if (size > block->len)
        g_assert_null (back);
      if (size == block->len)
        g_assert_nonnull (back);
      cnc_picture_free (back);
    }
  for (guint i = 0; i < block->len; i++)
    for (guint v = 0; v < 256; v++)
      {
        g_autoptr (GError) error = NULL;
        CncPicture *back;

        memcpy (copy, block->data, block->len);
        copy[i] = (guint8) v;
        back = cnc_picture_read_info (copy, block->len, &width, &height, &format, &packed, &raw, &error);
        if (back == NULL)
          g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
        cnc_picture_free (back);
      }
}

static void
test_info_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncPicture) no_palette = sample_picture (TRUE, FALSE);
  g_autoptr (CncPicture) many = sample_picture (FALSE, FALSE);
  g_autoptr (CncPicture) name = sample_picture (FALSE, FALSE);
  g_autoptr (CncPicture) infinite = sample_picture (FALSE, FALSE);

  g_clear_pointer (&no_palette->colormap, g_bytes_unref);
  g_assert_null (cnc_picture_write_info (no_palette, 1, FALSE, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  for (guint i = 0; i < 1025; i++)
    cnc_picture_add_parasite (many, "p", 0, "x", 1);
  g_assert_null (cnc_picture_write_info (many, 1, FALSE, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  name->name = g_strdup ("no UTF-8: \xff");
  g_assert_null (cnc_picture_write_info (name, 1, FALSE, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  infinite->x_resolution = 1e308 * 10;
  g_assert_null (cnc_picture_write_info (infinite, 1, FALSE, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

static void
test_info_memory (void)
{
  g_autoptr (CncPicture) picture = sample_picture (FALSE, TRUE);
  g_autoptr (GByteArray) block = cnc_picture_write_info (picture, 1000, FALSE, NULL);
  guint calls;
  guint32 width, height;
  CncFormat format;
  guint64 packed;
  gboolean raw;

  cnc_alloc_fail_at (0);
  cnc_picture_free (cnc_picture_read_info (block->data, block->len, &width, &height, &format, &packed, &raw, NULL));
  calls = cnc_alloc_fail_at (0);
  g_assert_cmpuint (calls, ==, 8);
  for (guint i = 1; i <= calls; i++)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (i);
      g_assert_null (cnc_picture_read_info (block->data, block->len, &width, &height, &format, &packed, &raw, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  {
    g_autoptr (GError) error = NULL;

    cnc_alloc_fail_at (1);
    g_assert_null (cnc_picture_write_info (picture, 1000, FALSE, &error));
    g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  }
  cnc_alloc_fail_at (0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture/formats", test_formats);
  g_test_add_func ("/picture/raster", test_raster);
  g_test_add_func ("/picture/info", test_info);
  g_test_add_func ("/picture/info-raw", test_info_raw);
  g_test_add_func ("/picture/info-bytes", test_info_bytes);
  g_test_add_func ("/picture/info-damage", test_info_damage);
  g_test_add_func ("/picture/info-refused", test_info_refused);
  g_test_add_func ("/picture/info-memory", test_info_memory);
  return g_test_run ();
}
