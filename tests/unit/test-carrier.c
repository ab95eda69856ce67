/* tests/unit/test-carrier.c: headers of carriers as bytes, their keys, geometry, drawing and finding. */
#include "carrier-case.h"
#include "channel/strip.h"

#include <math.h>
#include <time.h>

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
  for (guint which = 0; which < 8; which++)
    {
      forged = header;
      forged.method = which == 0 ? 6 : which == 1 ? 0 : header.method;
      forged.levels = which == 2 ? 3 | 16 : which == 3 ? 3 | 8 : which == 4 ? 1 : header.levels;
      forged.recipients = which == 6 ? 33 : 0;
      forged.height = which == 5 ? 32 : header.height;
      if (which == 7)
        forged.levels |= 4; /* recipients, whose number is the cost */
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
        g_assert_true (cnc_carrier_height_for (width, (guint64) l.body_width * l.body_height, 0, &least));
        g_assert_cmpuint (least, ==, height);
        g_assert_true (cnc_carrier_height_for (width, (guint64) l.body_width * l.body_height + 1, 0, &least));
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

        g_assert_true (cnc_carrier_size_for (aspects[a], pixels, 0, &width, &height));
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
      assert_header (&carrier->header, &header);
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
        assert_header (&carrier->header, &header);
        g_assert_cmpuint (carrier->layout.body_width, ==, header.width);
      }
}

/* A landscape of waves, with some texture. */
static CncRaster *
scene (guint32 width, guint32 height)
{
  CncRaster *raster = case_grey (width, height);

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      raster->data[(gsize) y * width + x]
          = (guint8) (120 + 70 * sin (x * 0.02 + y * 0.011) + 30 * sin (x * 0.9) * cos (y * 0.7) + (x * 7 + y * 3) % 11);
  return raster;
}

static void
test_screenshot (void)
{
  g_autoptr (CncSecret) key = case_key (1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint which = 0; which < 8; which++)
      {
        CncCarrierHeader header = case_header (sizes[i][0], sizes[i][1], key);
        const guint32 x = 31 + 13 * which, y = 77 + 5 * i;
        g_autoptr (CncRaster) raster = NULL, turned = NULL, around = NULL;
        g_autoptr (CncCarrier) carrier = NULL;

        if (i % 2 != 0) /* as "restore" has it */
          {
            header.method = CNC_CARRIER_RESTORE;
            header.levels = 0;
            cnc_carrier_header_finish (&header, key, 640, 480);
          }
        raster = case_carrier (&header, i);
        turned = case_turn (raster, which >= 4, which % 4);
        around = scene (turned->width + 200, turned->height + 150);
        if (which % 2 != 0)
          memset (around->data, which == 1 ? 255 : 40, cnc_raster_bytes (around));
        case_paste (around, turned, x, y);
        case_noise (around, 6, 0.001, i);
        carrier = find (around);
        g_assert_cmpuint (carrier->x, ==, x);
        g_assert_cmpuint (carrier->y, ==, y);
        g_assert_cmpuint (carrier->width, ==, turned->width);
        g_assert_cmpuint (carrier->height, ==, turned->height);
        g_assert_cmpuint (carrier->turned, ==, which % 4 * 90);
        g_assert_cmpint (carrier->mirrored, ==, which >= 4);
        g_assert_false (carrier->scaled);
        assert_header (&carrier->header, &header);
      }
}

static char *
refused (const CncRaster *picture, CncErrorCode code)
{
  CncCarrier *carrier = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (cnc_carrier_find (picture, NULL, &carrier, NULL, &error));
  g_assert_null (carrier);
  if (!g_error_matches (error, CNC_ERROR, (gint) code))
    g_error ("code %d: %s", error->code, error->message);
  return g_strdup (error->message);
}

/* A header that says what its writer likes, for nobody has tried a key yet. */
static CncRaster *
case_forged (guint32 width, guint32 height, const CncCarrierHeader *header)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRs) code = cnc_strip_code (NULL);
  CncRaster *raster = cnc_raster_new (width, height, &format, NULL);
  guint8 bits[CNC_CARRIER_CELLS];
  CncCarrierLayout l;

  g_assert_true (cnc_carrier_layout (width, height, &l));
  cnc_strip_bits (code, header, bits);
  memset (raster->data, 128, cnc_raster_bytes (raster));
  for (guint r = 0; r < l.rows; r++)
    for (guint k = 0; k < l.cells; k++)
      for (guint32 y = cnc_carrier_edge (width, l.cells, r); y < cnc_carrier_edge (width, l.cells, r + 1); y++)
        for (guint32 x = cnc_carrier_edge (width, l.cells, k); x < cnc_carrier_edge (width, l.cells, k + 1); x++)
          raster->data[(gsize) y * width + x] = bits[(r * l.cells + k) % CNC_CARRIER_CELLS] != 0 ? 255 : 0;
  return raster;
}

static void
test_shrunk (void)
{
  static const guint32 claims[][2] = { { 8192, 6144 }, { 131072, 98304 }, { CNC_RASTER_MAX_SIDE, 393216 } };
  g_autoptr (CncSecret) key = case_key (1);

  for (guint i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      const CncCarrierHeader header = case_header (claims[i][0], claims[i][1], key);
      g_autoptr (CncRaster) raster = case_forged (512, 384, &header);
      g_autofree char *message = refused (raster, CNC_ERROR_DAMAGED);
      g_autofree char *size = g_strdup_printf ("scaled from %u × %u to 512 × 384 pixels", claims[i][0], claims[i][1]);

      g_assert_nonnull (strstr (message, size));
    }
}

/* Every other block is noise: as many parts as there can be, and a long row of them. */
static void
test_many_parts (void)
{
  const guint32 width = CNC_RASTER_MAX_SIDE, height = 128;
  g_autoptr (CncRaster) raster = case_grey (width, height);
  double seconds;
  clock_t start;

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      raster->data[(gsize) y * width + x] = (x / 8 + y / 8) % 2 != 0 ? 128 : (x + y) % 2 != 0 ? 255 : 0;
  start = clock ();
  g_free (refused (raster, CNC_ERROR_DAMAGED));
  seconds = (double) (clock () - start) / CLOCKS_PER_SEC;
  g_test_message ("%.2f s", seconds);
  g_assert_cmpfloat (seconds, <, 2);
}

/* Sixteen rectangles of noise among cells that are none of a strip: there are thousands of places where one could be. */
static void
test_many_rectangles (void)
{
  const guint32 width = 4000, height = 3000;
  g_autoptr (CncRaster) raster = case_grey (width, height);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  double seconds;
  clock_t start;

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      {
        const gboolean inside = x % 1000 >= 100 && x % 1000 < 900 && y % 750 >= 100 && y % 750 < 650;
        const guint32 cell = (x / 4 * 2654435761u ^ y / 4 * 40503u) >> 7;

        raster->data[(gsize) y * width + x] = ((inside ? g_rand_int (rand) : cell) & 1) != 0 ? 255 : 0;
      }
  start = clock ();
  g_free (refused (raster, CNC_ERROR_DAMAGED));
  seconds = (double) (clock () - start) / CLOCKS_PER_SEC;
  g_test_message ("%.2f s", seconds);
  g_assert_cmpfloat (seconds, <, 3);
}

static void
test_cancelled (void)
{
  g_autoptr (CncSecret) key = case_key (1);
  const CncCarrierHeader header = case_header (768, 512, key);
  g_autoptr (CncRaster) raster = case_carrier (&header, 1), inside = case_part (raster, 100, 50, 500, 400);
  const CncRaster *pictures[] = { raster, inside };

  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    {
      g_autoptr (GError) error = NULL;
      CncCarrier *carrier = NULL;
      CncTask task = { 0 };

      cnc_task_cancel (&task);
      g_assert_false (cnc_carrier_find (pictures[i], NULL, &carrier, &task, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
      g_assert_null (carrier);
    }
}

static void
test_cropped (void)
{
  g_autoptr (CncSecret) key = case_key (1);
  const CncCarrierHeader header = case_header (768, 512, key);
  g_autoptr (CncRaster) raster = case_carrier (&header, 1);
  static const struct
  {
    guint32 x, y, width, height;
    gboolean told; /* both sizes */
  } parts[] = { { 0, 0, 768, 300, TRUE },  { 0, 100, 768, 412, TRUE },   { 0, 0, 700, 512, TRUE },
                { 68, 0, 700, 512, TRUE }, { 0, 0, 520, 400, TRUE },     { 200, 100, 568, 412, TRUE },
                { 0, 0, 767, 512, TRUE },  { 100, 50, 500, 400, FALSE }, { 100, 0, 300, 512, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (guint which = 0; which < 8; which += 3)
      {
        g_autoptr (CncRaster) part = case_part (raster, parts[i].x, parts[i].y, parts[i].width, parts[i].height);
        g_autoptr (CncRaster) turned = case_turn (part, which >= 4, which % 4);
        g_autofree char *message = refused (turned, CNC_ERROR_DAMAGED);
        g_autofree char *size = g_strdup_printf ("%u × %u of them", parts[i].width, parts[i].height);

        g_test_message ("%u %u: %s", i, which, message);
        g_assert_cmpint (strstr (message, "768 × 512") != NULL, ==, parts[i].told);
        g_assert_cmpint (strstr (message, size) != NULL, ==, parts[i].told);
        g_assert_nonnull (strstr (message, "cropped"));
      }
}

static void
test_several (void)
{
  g_autoptr (CncSecret) key = case_key (1);
  const CncCarrierHeader first = case_header (400, 300, key), second = case_header (300, 420, key);
  g_autoptr (CncRaster) a = case_carrier (&first, 1), b = case_carrier (&second, 2), together = scene (900, 700),
                        stacked = case_grey (400, 600);
  g_autofree char *message = NULL, *other = NULL;

  case_paste (together, a, 20, 30);
  case_paste (together, b, 500, 200);
  message = refused (together, CNC_ERROR_DAMAGED);
  g_assert_nonnull (strstr (message, "There are 2 encrypted pictures"));
  g_assert_nonnull (strstr (message, "400 × 300 pixels at (20, 30)"));
  g_assert_nonnull (strstr (message, "300 × 420 pixels at (500, 200)"));
  case_paste (stacked, a, 0, 0);
  case_paste (stacked, a, 0, 300);
  other = refused (stacked, CNC_ERROR_DAMAGED);
  g_assert_nonnull (strstr (other, "There are 2 encrypted pictures"));
}

static void
test_ordinary (void)
{
  g_autoptr (CncRaster) flat = case_grey (500, 400), board = case_grey (512, 512), waves = scene (1200, 800), large = scene (4000, 3000);
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) colours = cnc_raster_new (640, 480, &format, NULL), pixel = case_grey (1, 1), line = case_grey (3000, 1),
                        stripes = case_grey (120, 80);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  gint64 start;

  memset (flat->data, 77, cnc_raster_bytes (flat));
  for (gsize i = 0; i < cnc_raster_bytes (board); i++)
    board->data[i] = (i / 8 + i / (8 * 512)) % 2 != 0 ? 255 : 0;
  for (gsize i = 0; i < cnc_raster_bytes (colours); i++)
    colours->data[i] = (guint8) g_rand_int (rand);
  for (gsize i = 0; i < cnc_raster_bytes (stripes); i++) /* far from the rows above and below, near along the row */
    stripes->data[i] = (guint8) (51 * (i / 120) + g_rand_int (rand) % 4);
  memset (line->data, 5, 3000);
  pixel->data[0] = 1;
  g_free (refused (flat, CNC_ERROR_NOT_ENCRYPTED));
  g_free (refused (board, CNC_ERROR_NOT_ENCRYPTED));
  g_free (refused (waves, CNC_ERROR_NOT_ENCRYPTED));
  g_free (refused (colours, CNC_ERROR_NOT_ENCRYPTED)); /* what "hybrid" makes, after JPEG for instance */
  g_free (refused (stripes, CNC_ERROR_NOT_ENCRYPTED));
  g_free (refused (pixel, CNC_ERROR_NOT_ENCRYPTED));
  g_free (refused (line, CNC_ERROR_NOT_ENCRYPTED));
  start = g_get_monotonic_time ();
  g_free (refused (large, CNC_ERROR_NOT_ENCRYPTED));
  g_test_message ("12 megapixels: %.3f s", (double) (g_get_monotonic_time () - start) / 1e6);
}

/* Other programs make many things of a grey picture. */
static void
test_formats (void)
{
  g_autoptr (CncSecret) key = case_key (1);
  const CncCarrierHeader header = case_header (300, 200, key);
  g_autoptr (CncRaster) raster = case_carrier (&header, 1);
  static const CncFormat formats[] = {
    { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE },   { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE },
    { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE },   { CNC_MODEL_GREY, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE },
    { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_PERCEPTUAL, TRUE }, { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE }
  };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
    {
      const guint channels = cnc_format_channels (&formats[f]), bytes = cnc_format_sample_bytes (&formats[f]);
      g_autoptr (CncRaster) as = cnc_raster_new (300, 200, &formats[f], NULL);
      g_autoptr (GBytes) colormap = NULL;
      g_autoptr (CncCarrier) carrier = NULL;
      g_autoptr (GError) error = NULL;
      guint8 colours[768];

      for (guint i = 0; i < 768; i++)
        colours[i] = (guint8) (255 - i / 3);
      if (formats[f].model == CNC_MODEL_INDEXED)
        colormap = g_bytes_new (colours, sizeof colours);
      for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
        for (guint c = 0; c < channels; c++)
          {
            guint8 *p = as->data + (i * channels + c) * bytes;
            const guint8 value = formats[f].alpha && c == channels - 1 ? 255
                                 : colormap != NULL                    ? (guint8) (255 - raster->data[i])
                                                                       : raster->data[i];
            const float real = (float) value / 255;

            if (bytes == 4)
              memcpy (p, &real, 4);
            else
              memset (p, value, bytes);
          }
      g_assert_true (cnc_carrier_find (as, colormap, &carrier, NULL, &error));
      g_assert_no_error (error);
      assert_body (carrier, raster);
    }
}

/* What a header says that this version does not know is told as such, also when it is only found in a part of a picture. */
static void
test_newer (void)
{
  g_autoptr (CncSecret) key = case_key (1);
  CncCarrierHeader header = case_header (400, 300, key);
  g_autoptr (CncRaster) raster = NULL, around = scene (600, 500);

  header.levels = 3 | 8; /* the next flag */
  raster = case_carrier (&header, 1);
  g_free (refused (raster, CNC_ERROR_BAD_VERSION));
  case_paste (around, raster, 50, 60);
  g_free (refused (around, CNC_ERROR_BAD_VERSION));
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
  g_test_add_func ("/carrier/screenshot", test_screenshot);
  g_test_add_func ("/carrier/shrunk", test_shrunk);
  g_test_add_func ("/carrier/many-parts", test_many_parts);
  g_test_add_func ("/carrier/many-rectangles", test_many_rectangles);
  g_test_add_func ("/carrier/cancelled", test_cancelled);
  g_test_add_func ("/carrier/cropped", test_cropped);
  g_test_add_func ("/carrier/several", test_several);
  g_test_add_func ("/carrier/ordinary", test_ordinary);
  g_test_add_func ("/carrier/formats", test_formats);
  g_test_add_func ("/carrier/newer", test_newer);
  return g_test_run ();
}
