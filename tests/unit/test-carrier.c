/* tests/unit/test-carrier.c: headers of carriers as bytes, their keys, geometry, drawing and finding. */
#include "carrier-case.h"

#include <math.h>

static void
test_header (void)
{
  g_autoptr (CncSecret) key = case_key (7), other = case_key (8);
  const CncCarrierHeader header = case_header (768, 512, key);
  guint8 bytes[CNC_CARRIER_HEADER_BYTES], again[CNC_CARRIER_HEADER_BYTES];
  guint32 width, height;
  CncCarrierHeader back;
  g_autoptr (GError) error = NULL;

  cnc_carrier_header_write (&header, bytes);
  g_assert_true (cnc_carrier_header_read (bytes, &back, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (back.width, ==, 768);
  g_assert_cmpuint (back.height, ==, 512);
  g_assert_cmpuint (back.ops, ==, 3);
  g_assert_cmpuint (back.memory_kib, ==, 262144);
  cnc_carrier_header_write (&back, again);
  g_assert_cmpmem (bytes, sizeof bytes, again, sizeof again);
  g_assert_true (cnc_carrier_header_open (&back, key, &width, &height, &error));
  g_assert_cmpuint (width, ==, 640);
  g_assert_cmpuint (height, ==, 480);
  g_assert_false (cnc_carrier_header_open (&back, other, &width, &height, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  g_clear_error (&error);
  /* Any bit: no header, before any key is looked at. */
  for (guint i = 0; i < 8 * sizeof bytes; i++)
    {
      bytes[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (cnc_carrier_header_read (bytes, &back, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
      g_clear_error (&error);
      bytes[i / 8] ^= (guint8) (1 << i % 8);
    }
}

/* Somebody who sets the check right again is noticed by the commitment, wherever it was; unknown numbers are refused before. */
static void
test_forged (void)
{
  g_autoptr (CncSecret) key = case_key (7);
  const CncCarrierHeader header = case_header (768, 512, key);
  CncCarrierHeader forged = header;
  guint8 bytes[CNC_CARRIER_HEADER_BYTES];
  guint32 width, height;
  g_autoptr (GError) error = NULL;

  forged.height++;
  g_assert_false (cnc_carrier_header_open (&forged, key, &width, &height, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  g_clear_error (&error);
  for (guint which = 0; which < 6; which++)
    {
      forged = header;
      forged.method = which == 0 ? 6 : which == 1 ? 0 : header.method;
      forged.levels = which == 2 ? 3 | 4 : which == 3 ? 3 | 8 : which == 4 ? 1 : header.levels;
      forged.height = which == 5 ? 32 : header.height;
      cnc_carrier_header_write (&forged, bytes);
      g_assert_false (cnc_carrier_header_read (bytes, &forged, &error));
      g_assert_true (g_error_matches (error, CNC_ERROR, which < 4 ? CNC_ERROR_BAD_VERSION : CNC_ERROR_BAD_FORMAT));
      g_clear_error (&error);
    }
  forged = header;
  forged.memory_kib = 1024;
  g_assert_null (cnc_carrier_unlock (&forged, key, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
}

static void
test_layout (void)
{
  for (guint32 width = 1; width < 6000; width = width * 9 / 8 + 1)
    for (guint32 height = 1; height < 3000; height = height * 5 / 4 + 1)
      {
        CncCarrierLayout l;
        guint32 least;

        if (!cnc_carrier_layout (width, height, &l))
          {
            g_assert_true (width < CNC_CARRIER_MIN_WIDTH || height <= 570);
            continue;
          }
        g_assert_cmpuint (width / l.cells, >=, 4);
        g_assert_cmpuint (l.cells * l.rows, >=, CNC_CARRIER_CELLS);
        g_assert_cmpuint (2 * l.strip + l.body_height, ==, height);
        g_assert_cmpuint (l.body_y, ==, l.strip);
        g_assert_true (cnc_carrier_height_for (width, (guint64) l.body_width * l.body_height, &least));
        g_assert_cmpuint (least, ==, height);
        g_assert_true (cnc_carrier_height_for (width, (guint64) l.body_width * l.body_height + 1, &least));
        g_assert_cmpuint (least, ==, height + 1);
      }
}

static void
test_size_for (void)
{
  static const double aspects[] = { 0.2, 0.66, 1, 1.5, 3 };

  for (guint a = 0; a < G_N_ELEMENTS (aspects); a++)
    for (guint64 pixels = 100; pixels < 20000000; pixels *= 7)
      {
        guint32 width, height;
        CncCarrierLayout l;

        g_assert_true (cnc_carrier_size_for (aspects[a], pixels, &width, &height));
        g_assert_true (cnc_carrier_layout (width, height, &l));
        g_assert_cmpuint ((guint64) l.body_width * l.body_height, >=, pixels);
        g_assert_cmpuint ((guint64) l.body_width * (l.body_height - 1), <, pixels);
        if (pixels > 100000 && aspects[a] > 0.5)
          g_assert_cmpfloat (fabs ((double) width / height / aspects[a] - 1), <, 0.02);
      }
}

static CncCarrier *
find (const CncRaster *picture)
{
  CncCarrier *carrier = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_carrier_find (picture, NULL, &carrier, NULL, &error));
  g_assert_no_error (error);
  return carrier;
}

static void
assert_body (const CncCarrier *carrier, const CncRaster *raster)
{
  const CncCarrierLayout *l = &carrier->layout;

  g_assert_cmpuint (carrier->header.width, ==, raster->width);
  g_assert_cmpuint (carrier->header.height, ==, raster->height);
  g_assert_true (memcmp (carrier->body, raster->data + (gsize) l->body_y * raster->width, (gsize) l->body_width * l->body_height) == 0);
}

static const guint32 sizes[][2]
    = { { 64, 500 }, { 100, 333 }, { 255, 300 }, { 640, 480 }, { 768, 512 }, { 511, 1023 }, { 1281, 700 }, { 4100, 300 } };

static void
test_turned (void)
{
  g_autoptr (CncSecret) key = case_key (1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const CncCarrierHeader header = case_header (sizes[i][0], sizes[i][1], key);
      g_autoptr (CncRaster) raster = case_carrier (&header, i);

      for (guint which = 0; which < 8; which++)
        {
          g_autoptr (CncRaster) turned = case_turn (raster, which >= 4, which % 4);
          g_autoptr (CncCarrier) carrier = find (turned);

          assert_body (carrier, raster);
          g_assert_cmpuint (carrier->turned, ==, which % 4 * 90);
          g_assert_cmpint (carrier->mirrored, ==, which >= 4);
          g_assert_false (carrier->scaled);
          g_assert_cmpuint (carrier->width, ==, turned->width);
        }
    }
}

static void
test_noise (void)
{
  g_autoptr (CncSecret) key = case_key (1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const CncCarrierHeader header = case_header (sizes[i][0], sizes[i][1], key);
      g_autoptr (CncRaster) raster = case_carrier (&header, i);
      g_autoptr (CncCarrier) carrier = NULL;

      case_noise (raster, 40, 0.05, i);
      carrier = find (raster);
      assert_body (carrier, raster);
      g_assert_cmpmem (&carrier->header, sizeof header, &header, sizeof header);
    }
}

static void
test_scaled (void)
{
  static const double scales[] = { 0.4, 0.5, 0.61, 0.75, 0.9, 1.3, 2 };
  g_autoptr (CncSecret) key = case_key (1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint s = 0; s < G_N_ELEMENTS (scales); s++)
      {
        const CncCarrierHeader header = case_header (sizes[i][0], sizes[i][1], key);
        const guint32 width = (guint32) (header.width * scales[s] + 0.5), height = (guint32) (header.height * scales[s] + 0.5);
        g_autoptr (CncRaster) raster = case_carrier (&header, i), scaled = cnc_rgb_scale (raster, width, height, NULL, NULL);
        g_autoptr (CncCarrier) carrier = NULL;

        g_test_message ("%u x %u by %g", header.width, header.height, scales[s]);
        carrier = find (scaled);
        g_assert_true (carrier->scaled);
        g_assert_cmpmem (&carrier->header, sizeof header, &header, sizeof header);
        g_assert_cmpuint (carrier->layout.body_width, ==, header.width);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/carrier/header", test_header);
  g_test_add_func ("/carrier/forged", test_forged);
  g_test_add_func ("/carrier/layout", test_layout);
  g_test_add_func ("/carrier/size-for", test_size_for);
  g_test_add_func ("/carrier/turned", test_turned);
  g_test_add_func ("/carrier/noise", test_noise);
  g_test_add_func ("/carrier/scaled", test_scaled);
  return g_test_run ();
}
