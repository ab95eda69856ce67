/* core/picture/header: reading trusts nothing, errors come in their order, regions are found where they are. */
#include "base/error.h"
#include "base/memory.h"
#include "picture/header.h"
#include "picture/raster.h"
#include "seal/keys.h"

#include <math.h>

#define AT_VERSION 7u
#define AT_WIDTH 8u
#define AT_HEIGHT 12u
#define AT_STREAM_LENGTH 16u
#define AT_LENGTH 24u
#define AT_METHOD 28u
#define AT_FLAGS 29u
#define AT_STANZAS 31u
#define AT_STANZA 32u

#define WIDTH 64u
#define HEIGHT 31u
#define STREAM 3000u

/* A header with one passphrase stanza (n_recipients 0) or so many recipients. */
static CncHeader
make (guint n_recipients, const CncSecret *kek, const CncSecret *file_key)
{
  CncHeader header
      = { .width = WIDTH, .height = HEIGHT, .stream_length = STREAM, .method = CNC_METHOD_HYBRID, .n_stanzas = MAX (n_recipients, 1) };
  g_autoptr (GError) error = NULL;
  guint8 salt[16] = { 5 };

  if (n_recipients == 0)
    g_assert_true (cnc_stanza_seal_kek (&header.stanzas[0], kek, salt, NULL, file_key, &error));
  for (guint i = 0; i < n_recipients; i++)
    {
      header.stanzas[i].type = CNC_STANZA_RECIPIENT;
      cnc_random (header.stanzas[i].body, CNC_STANZA_RECIPIENT_BYTES);
    }
  cnc_random (header.stream_header, sizeof header.stream_header);
  cnc_header_finish (&header, file_key);
  return header;
}

static void
assert_read (const guint8 *bytes, gsize size, guint32 width, guint32 height, gint code)
{
  g_autoptr (GError) error = NULL;
  CncHeader header;
  const gboolean ok = cnc_header_read (bytes, size, width, height, &header, &error);

  if (code < 0)
    {
      g_assert_no_error (error);
      g_assert_true (ok);
      return;
    }
  g_assert_false (ok);
  g_assert_error (error, CNC_ERROR, code);
}

typedef struct
{
  CncSecret *kek, *file_key;
  CncHeader header;
  guint8 bytes[WIDTH * HEIGHT * 3]; /* a whole carrier */
  gsize size;                       /* of the header */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->kek = cnc_secret_new_key (NULL, NULL);
  f->file_key = cnc_secret_new_key (NULL, NULL);
  f->header = make (GPOINTER_TO_UINT (data), f->kek, f->file_key);
  cnc_random (f->bytes, sizeof f->bytes);
  cnc_header_write (&f->header, f->bytes);
  f->size = cnc_header_bytes (&f->header);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  cnc_secret_free (f->kek);
  cnc_secret_free (f->file_key);
}

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint8 again[CNC_HEADER_MAX_BYTES];
  CncHeader read;

  g_assert_true (cnc_header_read (f->bytes, sizeof f->bytes, WIDTH, HEIGHT, &read, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (&read, sizeof read, &f->header, sizeof f->header);
  cnc_header_write (&read, again);
  g_assert_cmpmem (again, (gint) cnc_header_bytes (&read), f->bytes, (gint) f->size);
  g_assert_true (cnc_header_check_sum (&read, &error));
  g_assert_true (cnc_header_check_tag (&read, f->file_key, &error));
  g_assert_cmpuint (cnc_header_checksum_offset (&read) + 48, ==, f->size);
  g_assert_cmpuint (cnc_header_tag_offset (&read) + 32, ==, f->size);
  /* Just the header is enough while the size is not known. */
  assert_read (f->bytes, f->size, 0, 0, -1);
}

/* No flipped bit of a header gets past reading, checksum and tag; what reading lets through re-serialises to what was read. */
static void
test_flips (Fixture *f, gconstpointer data)
{
  for (gsize bit = 0; bit < 8 * f->size; bit++)
    {
      g_autoptr (GError) error = NULL;
      guint8 again[CNC_HEADER_MAX_BYTES];
      CncHeader header;

      f->bytes[bit / 8] ^= (guint8) (1 << bit % 8);
      if (cnc_header_read (f->bytes, sizeof f->bytes, WIDTH, HEIGHT, &header, &error))
        {
          const gboolean in_tag = bit / 8 >= f->size - CNC_HEADER_TAG_BYTES;

          cnc_header_write (&header, again);
          g_assert_cmpmem (again, (gint) cnc_header_bytes (&header), f->bytes, (gint) f->size);
          /* The checksum covers everything but the tag, so "damaged" is known before the passphrase is asked for. */
          g_assert_true (cnc_header_check_sum (&header, &error) == in_tag);
          g_clear_error (&error);
          g_assert_false (cnc_header_check_tag (&header, f->file_key, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
        }
      else
        {
          const gsize at = bit / 8;

          if (at < AT_VERSION)
            g_assert_error (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED);
          else if (at < AT_WIDTH)
            g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_VERSION);
          else if (at < AT_STREAM_LENGTH)
            g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
          else
            g_assert_true (error->code == CNC_ERROR_BAD_FORMAT || error->code == CNC_ERROR_BAD_VERSION || error->code == CNC_ERROR_DAMAGED);
        }
      f->bytes[bit / 8] ^= (guint8) (1 << bit % 8);
    }
}

static void
test_cut (Fixture *f, gconstpointer data)
{
  for (gsize size = 0; size < f->size; size++)
    {
      /* A copy of that size, so that a sanitizer sees a read beyond it. */
      g_autofree guint8 *bytes = g_memdup2 (f->bytes, MAX (size, 1));

      assert_read (bytes, size, 0, 0, size < CNC_HEADER_START_BYTES ? CNC_ERROR_NOT_ENCRYPTED : CNC_ERROR_DAMAGED);
    }
}

static void
test_size (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  CncHeader header;

  assert_read (f->bytes, sizeof f->bytes, WIDTH, HEIGHT - 1, CNC_ERROR_DAMAGED);
  assert_read (f->bytes, sizeof f->bytes, WIDTH * 2, HEIGHT * 2, CNC_ERROR_DAMAGED);
  g_assert_false (cnc_header_read (f->bytes, sizeof f->bytes, 63, 30, &header, &error));
  g_assert_nonnull (strstr (error->message, "64 × 31"));
  g_assert_nonnull (strstr (error->message, "63 × 30"));
  /* Without the magic the size does not matter. */
  f->bytes[0] = 'X';
  assert_read (f->bytes, sizeof f->bytes, 1, 1, CNC_ERROR_NOT_ENCRYPTED);
}

typedef struct
{
  guint at, bytes; /* a field */
  guint64 value;
  gint code;
} Fault;

static void
run_faults (Fixture *f, const Fault *faults, guint n, guint32 width, guint32 height)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree guint8 *bytes = g_memdup2 (f->bytes, sizeof f->bytes);
      guint8 value[8];

      cnc_put_u64 (value, faults[i].value);
      memcpy (bytes + faults[i].at, value, faults[i].bytes);
      g_test_message ("%u bytes at %u = %" G_GUINT64_FORMAT, faults[i].bytes, faults[i].at, faults[i].value);
      assert_read (bytes, sizeof f->bytes, width, height, faults[i].code);
    }
}

static void
test_fields (Fixture *f, gconstpointer data)
{
  const guint room = WIDTH * HEIGHT * 3;
  const Fault known_size[] = {
    { AT_VERSION, 1, 0, CNC_ERROR_BAD_VERSION },
    { AT_VERSION, 1, 2, CNC_ERROR_BAD_VERSION },
    { AT_WIDTH, 4, 0x80000000u, CNC_ERROR_DAMAGED },
    { AT_STREAM_LENGTH, 8, 0, CNC_ERROR_BAD_FORMAT },
    { AT_STREAM_LENGTH, 8, room - f->size, -1 },
    { AT_STREAM_LENGTH, 8, room - f->size + 1, CNC_ERROR_BAD_FORMAT },
    { AT_STREAM_LENGTH, 8, G_MAXUINT64, CNC_ERROR_BAD_FORMAT },
    { AT_STREAM_LENGTH, 8, G_MAXUINT64 - f->size + 1, CNC_ERROR_BAD_FORMAT }, /* the sum would wrap to 0 */
    { AT_LENGTH, 4, 0, CNC_ERROR_BAD_FORMAT },
    { AT_LENGTH, 4, 103, CNC_ERROR_BAD_FORMAT },
    { AT_LENGTH, 4, 104, CNC_ERROR_BAD_FORMAT },
    { AT_LENGTH, 4, f->size - 1, CNC_ERROR_BAD_FORMAT },
    { AT_LENGTH, 4, f->size + 1, CNC_ERROR_BAD_FORMAT },
    { AT_LENGTH, 4, CNC_HEADER_MAX_BYTES + 1, CNC_ERROR_BAD_FORMAT },
    { AT_LENGTH, 4, G_MAXUINT32, CNC_ERROR_BAD_FORMAT },
    { AT_METHOD, 1, 0, CNC_ERROR_BAD_VERSION },
    { AT_METHOD, 1, CNC_METHOD_SEDD, -1 },
    { AT_METHOD, 1, CNC_METHOD_SEDD + 1, CNC_ERROR_BAD_VERSION },
    { AT_METHOD, 1, 255, CNC_ERROR_BAD_VERSION },
    { AT_FLAGS, 2, 1, CNC_ERROR_BAD_VERSION },
    { AT_FLAGS, 2, 0x8000, CNC_ERROR_BAD_VERSION },
    { AT_STANZAS, 1, 0, CNC_ERROR_BAD_FORMAT },
    { AT_STANZAS, 1, 2, CNC_ERROR_BAD_FORMAT },
    { AT_STANZAS, 1, 33, CNC_ERROR_BAD_FORMAT },
    { AT_STANZAS, 1, 255, CNC_ERROR_BAD_FORMAT },
    { AT_STANZA, 1, 0, CNC_ERROR_BAD_FORMAT },
    { AT_STANZA, 1, CNC_STANZA_RECIPIENT, CNC_ERROR_BAD_FORMAT }, /* of a passphrase's length */
    { AT_STANZA, 1, 3, CNC_ERROR_BAD_VERSION },
    { AT_STANZA + 1, 2, 0, CNC_ERROR_BAD_FORMAT },
    { AT_STANZA + 1, 2, 127, CNC_ERROR_BAD_FORMAT },
    { AT_STANZA + 1, 2, 129, CNC_ERROR_BAD_FORMAT },
    { AT_STANZA + 1, 2, 65535, CNC_ERROR_BAD_FORMAT },
    { AT_STANZA, 3, 3 | 127 << 8, CNC_ERROR_BAD_FORMAT }, /* unknown type, but the lengths do not add up either */
  };
  const Fault unknown_size[] = {
    { AT_WIDTH, 4, 0, CNC_ERROR_BAD_FORMAT },
    { AT_WIDTH, 4, CNC_REGION_MIN_WIDTH - 1, CNC_ERROR_BAD_FORMAT },
    { AT_WIDTH, 4, CNC_RASTER_MAX_SIDE, -1 },
    { AT_WIDTH, 4, CNC_RASTER_MAX_SIDE + 1, CNC_ERROR_BAD_FORMAT },
    { AT_HEIGHT, 4, 0, CNC_ERROR_BAD_FORMAT },
    { AT_HEIGHT, 4, 1, CNC_ERROR_BAD_FORMAT }, /* no room for the stream */
    { AT_HEIGHT, 4, CNC_RASTER_MAX_SIDE + 1, CNC_ERROR_BAD_FORMAT },
    { AT_WIDTH, 8, G_GUINT64_CONSTANT (0x8000000080000000), CNC_ERROR_BAD_FORMAT },
    { AT_WIDTH, 8, G_GUINT64_CONSTANT (0x0000ffff0000ffff), -1 },
    { AT_WIDTH, 8, G_MAXUINT64, CNC_ERROR_BAD_FORMAT },
  };

  run_faults (f, known_size, G_N_ELEMENTS (known_size), WIDTH, HEIGHT);
  run_faults (f, unknown_size, G_N_ELEMENTS (unknown_size), 0, 0);
}

static void
test_stanzas (void)
{
  g_autoptr (CncSecret) kek = cnc_secret_new_key (NULL, NULL);
  g_autoptr (CncSecret) file_key = cnc_secret_new_key (NULL, NULL);
  CncHeader header = make (2, kek, file_key);
  g_autofree guint8 *bytes = g_malloc0 (WIDTH * HEIGHT * 3);
  guint8 salt[16] = { 5 };

  g_assert_true (cnc_stanza_seal_kek (&header.stanzas[1], kek, salt, NULL, file_key, NULL));
  cnc_header_finish (&header, file_key);
  cnc_header_write (&header, bytes);
  assert_read (bytes, WIDTH * HEIGHT * 3, WIDTH, HEIGHT, CNC_ERROR_BAD_FORMAT);
  header.stanzas[0] = header.stanzas[1];
  cnc_header_finish (&header, file_key);
  cnc_header_write (&header, bytes);
  assert_read (bytes, WIDTH * HEIGHT * 3, WIDTH, HEIGHT, CNC_ERROR_BAD_FORMAT);
}

static void
test_carrier_size (void)
{
  static const struct
  {
    guint32 source;
    guint64 total;
    guint32 width, height; /* 0: refused */
  } cases[] = {
    { 1, 1, 64, 1 },
    { 64, 192, 64, 1 },
    { 64, 193, 64, 2 },
    { 65, 195 * 7, 65, 7 },
    { 6000, 24000000, 6000, 1334 },
    { 1, (guint64) CNC_RASTER_MAX_SIDE * 192, 64, CNC_RASTER_MAX_SIDE },
    { 1, (guint64) CNC_RASTER_MAX_SIDE * 192 + 1, 65, 516223 }, /* wider rather than too high */
    { CNC_RASTER_MAX_SIDE, 1, CNC_RASTER_MAX_SIDE, 1 },
    { 1, (guint64) CNC_RASTER_MAX_SIDE * CNC_RASTER_MAX_SIDE * 3, CNC_RASTER_MAX_SIDE, CNC_RASTER_MAX_SIDE },
    { 1, (guint64) CNC_RASTER_MAX_SIDE * CNC_RASTER_MAX_SIDE * 3 + 1, 0, 0 },
    { 1, G_MAXUINT64, 0, 0 },
    { CNC_RASTER_MAX_SIDE + 1, 1, 0, 0 },
    { 1, 0, 0, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      guint32 width = 0, height = 0;
      const gboolean ok = cnc_carrier_size (cases[i].source, cases[i].total, &width, &height, &error);

      g_assert_true (ok == (cases[i].width != 0));
      g_assert_cmpuint (width, ==, cases[i].width);
      g_assert_cmpuint (height, ==, cases[i].height);
      if (!ok)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
    }
}

static void
put_start (guint8 *pixels, guint32 stride, guint32 x, guint32 y, guint32 width, guint32 height, guint64 length)
{
  guint8 *p = pixels + 3 * ((gsize) y * stride + x);

  memcpy (p, CNC_HEADER_MAGIC, 8);
  cnc_put_u32 (p + 8, width);
  cnc_put_u32 (p + 12, height);
  cnc_put_u64 (p + 16, length);
}

static void
test_regions (void)
{
  enum
  {
    W = 101,
    H = 60
  };
  g_autofree guint8 *pixels = g_malloc0 (W * H * 3);
  CncRegion regions[CNC_MAX_REGIONS];

  g_assert_cmpuint (cnc_find_regions (pixels, W, H, regions), ==, 0);
  put_start (pixels, W, 3, 2, 20, 10, 500);
  put_start (pixels, W, W - 8, H - 30, 8, 30, 700); /* in the corner */
  put_start (pixels, W, 30, 2, 40, 5, 40 * 5 * 3 - 1);
  g_assert_cmpuint (cnc_find_regions (pixels, W, H, regions), ==, 3);
  g_assert_cmpmem (&regions[0], sizeof (CncRegion), (&(CncRegion){ 3, 2, 20, 10 }), sizeof (CncRegion));
  g_assert_cmpmem (&regions[1], sizeof (CncRegion), (&(CncRegion){ 30, 2, 40, 5 }), sizeof (CncRegion));
  g_assert_cmpmem (&regions[2], sizeof (CncRegion), (&(CncRegion){ W - 8, H - 30, 8, 30 }), sizeof (CncRegion));

  /* None of these is one: leaves the picture, too narrow, empty, overlaps, longer than its pixels, wrapped over the row's end. */
  put_start (pixels, W, 60, 40, W - 60 + 1, 5, 100);
  put_start (pixels, W, 70, 50, 10, H - 50 + 1, 100);
  put_start (pixels, W, 0, 20, 7, 30, 100);
  put_start (pixels, W, 0, 22, G_MAXUINT32, 30, 100);
  put_start (pixels, W, 0, 24, 20, G_MAXUINT32, 100);
  put_start (pixels, W, 0, 26, 20, 0, 100);
  put_start (pixels, W, 10, 5, 20, 20, 100);
  put_start (pixels, W, 0, 28, 20, 10, 20 * 10 * 3);
  put_start (pixels, W, 0, 30, 20, 10, G_MAXUINT64);
  put_start (pixels, W, 0, 32, 20, 10, 0);
  put_start (pixels, W, W - 7, 40, 10, 10, 100);
  memcpy (pixels + 3 * (45 * W + 5) + 1, pixels + 3 * (2 * W + 3), 24); /* a good start, but not where a pixel begins */
  g_assert_cmpuint (cnc_find_regions (pixels, W, H, regions), ==, 3);

  /* A whole picture is a region too. */
  memset (pixels, 0, W * H * 3);
  put_start (pixels, W, 0, 0, W, H, 1000);
  g_assert_cmpuint (cnc_find_regions (pixels, W, H, regions), ==, 1);
}

static void
test_many_regions (void)
{
  enum
  {
    W = 800,
    H = 4
  };
  g_autofree guint8 *pixels = g_malloc0 (W * H * 3);
  CncRegion regions[CNC_MAX_REGIONS];

  for (guint i = 0; i < W / 8; i++)
    put_start (pixels, W, 8 * i, 0, 8, 4, 50);
  g_assert_cmpuint (cnc_find_regions (pixels, W, H, regions), ==, CNC_MAX_REGIONS);
  g_assert_cmpuint (regions[CNC_MAX_REGIONS - 1].x, ==, 8 * (CNC_MAX_REGIONS - 1));
  /* Smaller than a start. */
  g_assert_cmpuint (cnc_find_regions (pixels, 7, 1, regions), ==, 0);
  g_assert_cmpuint (cnc_find_regions (pixels, 1, 1, regions), ==, 0);
}

static void
test_carrier_size_compact (void)
{
  for (guint64 total = 1; total < 40000000; total += 1 + total / 7)
    {
      guint32 width, height;
      guint64 bytes;

      g_assert_true (cnc_carrier_size_compact (total, &width, &height, NULL));
      bytes = (guint64) width * height * 3;
      g_assert_cmpuint (width, >=, CNC_CARRIER_MIN_WIDTH);
      g_assert_cmpuint (bytes, >=, total);
      g_assert_cmpuint (bytes - total, <, 3 * width);
      if (total > 60000) /* some width near the square hardly leaves a gap */
        g_assert_cmpuint ((bytes - total) * 1000, <=, total);
      if (height > 80)
        g_assert_cmpfloat (ABS (log2 ((double) width / height)), <, 0.9);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add ("/header/round-trip", Fixture, NULL, set_up, test_round_trip, tear_down);
  g_test_add ("/header/round-trip-1-recipient", Fixture, GUINT_TO_POINTER (1), set_up, test_round_trip, tear_down);
  g_test_add ("/header/round-trip-32-recipients", Fixture, GUINT_TO_POINTER (32), set_up, test_round_trip, tear_down);
  g_test_add ("/header/flips", Fixture, NULL, set_up, test_flips, tear_down);
  g_test_add ("/header/flips-recipients", Fixture, GUINT_TO_POINTER (2), set_up, test_flips, tear_down);
  g_test_add ("/header/cut", Fixture, NULL, set_up, test_cut, tear_down);
  g_test_add ("/header/size", Fixture, NULL, set_up, test_size, tear_down);
  g_test_add ("/header/fields", Fixture, NULL, set_up, test_fields, tear_down);
  g_test_add_func ("/header/stanzas", test_stanzas);
  g_test_add_func ("/header/carrier-size", test_carrier_size);
  g_test_add_func ("/header/carrier-size-compact", test_carrier_size_compact);
  g_test_add_func ("/header/regions", test_regions);
  g_test_add_func ("/header/many-regions", test_many_regions);
  return g_test_run ();
}
