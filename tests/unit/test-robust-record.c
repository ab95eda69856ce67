/* core/stego: the code, the lattice and the record of mode robust: that it comes back after noise and blur, and every error. */
#include "convolve-values.h"
#include "seal/keys.h"
#include "seal/primitives.h"
#include "stego-case.h"
#include "stego/convolve.h"
#include "stego/lattice.h"
#include "stego/models.h"
#include "stego/robust-record.h"

#define SALT_BYTE 7

static void
case_record (CncStegoRecord *record, const CncRaster *cover, const CncSecret *key)
{
  const CncSecret *const keys[] = { key };
  const CncStegoInfo info = { .width = CNC_RASTER_MAX_SIDE, .height = 301 };

  memset (record, 0, sizeof *record);
  record->width = cover->width;
  record->height = cover->height;
  record->mode = CNC_STEGO_ROBUST;
  record->count = 1;
  record->ops = 3;
  record->memory_kib = 256 * 1024;
  memset (record->salt, SALT_BYTE, sizeof record->salt);
  memset (record->model, 0xa5, sizeof record->model);
  cnc_stego_record_finish (record, keys, &info);
}

/* (transfer full): the cover with a record in it. */
static CncRaster *
case_carrier (const CncRaster *cover, CncStegoRecord *record)
{
  g_autoptr (CncSecret) key = case_key (10);
  g_autoptr (GError) error = NULL;
  CncRaster *carrier = cnc_rgb_scale (cover, cover->width, cover->height, NULL, NULL);

  case_record (record, cover, key);
  g_assert_true (cnc_robust_record_embed (record, carrier->data, &error));
  g_assert_no_error (error);
  return carrier;
}

static void
must_come_back (const CncRaster *picture, const CncStegoRecord *record)
{
  CncStegoRecord back;
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_stego_find (picture, &back, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (&back, sizeof back, record, sizeof *record);
}

static void
must_fail (const CncRaster *picture, gint code, const char *says)
{
  CncStegoRecord back;
  g_autoptr (GError) error = NULL;

  g_assert_false (cnc_stego_find (picture, &back, &error));
  g_assert_error (error, CNC_ERROR, code);
  if (strstr (error->message, says) == NULL)
    g_error ("“%s” does not say “%s”", error->message, says);
}

/* ---- changes of a picture ---- */

/* (transfer full): sigma: of normal noise in each sample. */
static CncRaster *
noisy (const CncRaster *picture, double sigma)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (99);
  CncRaster *out = cnc_rgb_scale (picture, picture->width, picture->height, NULL, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (out); i++)
    {
      const double radius = sqrt (-2 * log (1 - g_rand_double (random))), angle = 2 * G_PI * g_rand_double (random);

      out->data[i] = (guint8) CLAMP (lrint (out->data[i] + sigma * radius * cos (angle)), 0, 255);
    }
  return out;
}

/* (transfer full): by a kernel of 1, side, 1 in both directions; its variance is 2 / (2 + side). */
static CncRaster *
blurred (const CncRaster *picture, guint side)
{
  CncRaster *out = cnc_rgb_new (picture->width, picture->height, NULL);

  for (gint y = 0; y < (gint) picture->height; y++)
    for (gint x = 0; x < (gint) picture->width; x++)
      for (guint c = 0; c < 3; c++)
        {
          guint sum = 0;

          for (gint dy = -1; dy <= 1; dy++)
            for (gint dx = -1; dx <= 1; dx++)
              {
                const gint sx = CLAMP (x + dx, 0, (gint) picture->width - 1), sy = CLAMP (y + dy, 0, (gint) picture->height - 1);

                sum += picture->data[((gsize) sy * picture->width + (guint) sx) * 3 + c] * (dx == 0 ? side : 1) * (dy == 0 ? side : 1);
              }
          out->data[((gsize) y * picture->width + (guint) x) * 3 + c]
              = (guint8) ((sum + (side + 2) * (side + 2) / 2) / ((side + 2) * (side + 2)));
        }
  return out;
}

/* (transfer full) */
static CncRaster *
cropped (const CncRaster *picture, guint32 left, guint32 top, guint32 width, guint32 height)
{
  CncRaster *out = cnc_rgb_new (width, height, NULL);

  for (guint32 y = 0; y < height; y++)
    memcpy (out->data + (gsize) y * width * 3, picture->data + ((gsize) (y + top) * picture->width + left) * 3, (gsize) width * 3);
  return out;
}

static void
fill (CncRaster *raster, guint8 red, guint8 green, guint8 blue)
{
  for (gsize i = 0; i < cnc_raster_bytes (raster); i += 3)
    {
      raster->data[i] = red;
      raster->data[i + 1] = green;
      raster->data[i + 2] = blue;
    }
}

/* ---- tests ---- */

static void
test_code (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (value_data); i++)
    {
      const guint size = sizeof value_data[i];
      guint8 coded[CNC_CONVOLVE_BITS (sizeof value_data[0])], back[sizeof value_data[0]];
      float soft[sizeof coded];
      guint wrong = 0;

      G_STATIC_ASSERT (sizeof coded == sizeof value_noisy[0]);
      cnc_convolve (value_data[i], size, coded);
      for (guint k = 0; k < sizeof coded; k++)
        {
          soft[k] = 127.5f - (float) value_noisy[i][k];
          wrong += (soft[k] < 0) != coded[k];
        }
      g_assert_cmpuint (wrong, >, 0);
      g_assert_cmpuint (wrong, <, sizeof coded * 2 / 5);
      g_assert_true (cnc_convolve_decode (soft, size, back, NULL));
      g_assert_cmpmem (back, size, value_decoded[i], size);
    }
}

static void
test_bytes (void)
{
  g_autoptr (CncSecret) key = case_key (10), other = case_key (11);
  g_autoptr (CncRaster) cover = cnc_rgb_new (257, 300, NULL);
  g_autoptr (GError) error = NULL;
  CncStegoRecord record, back;
  CncStegoInfo info;
  guint8 bytes[CNC_ROBUST_BYTES], size[CNC_ROBUST_SIZE_BYTES];
  const guint8 head[] = { 1, 0xf2, 0xff, 0x3f, 0x00, 0x01, 0xb0, 0x12, 0x00, SALT_BYTE };
  const guint32 sides[] = { 1, 2, 255, 65536, CNC_RASTER_MAX_SIDE };
  guint32 width, height;
  guint slot;

  g_assert_cmpuint (CNC_ROBUST_BYTES, <=, 64);
  case_record (&record, cover, key);
  cnc_robust_record_write (&record, bytes);
  g_assert_cmpmem (bytes, sizeof head, head, sizeof head);
  g_assert_cmpuint (bytes[25], ==, 0xa5);
  g_assert_true (cnc_robust_record_read (bytes, 257, 300, &back, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (&back, sizeof back, &record, sizeof record);
  for (guint i = 0; i < 8 * sizeof bytes; i++)
    {
      bytes[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (cnc_robust_record_read (bytes, 257, 300, &back, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
      g_clear_error (&error);
      bytes[i / 8] ^= (guint8) (1 << i % 8);
    }
  g_assert_true (cnc_stego_record_open (&record, key, &slot, &info, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (slot, ==, 0);
  g_assert_cmpuint (info.width, ==, CNC_RASTER_MAX_SIDE);
  g_assert_cmpuint (info.height, ==, 301);
  g_assert_false (cnc_stego_record_open (&record, other, &slot, &info, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      cnc_robust_size_write (sides[i], sides[G_N_ELEMENTS (sides) - 1 - i], size);
      cnc_robust_size_read (size, &width, &height);
      g_assert_cmpuint (width, ==, sides[i]);
      g_assert_cmpuint (height, ==, sides[G_N_ELEMENTS (sides) - 1 - i]);
    }
  /* Whatever of the head is another, the passphrase does not open it. */
  for (guint i = 0; i < 5; i++)
    {
      CncStegoRecord changed = record;

      *(i == 0   ? &changed.salt[15]
        : i == 1 ? &changed.model[3]
        : i == 2 ? &changed.slots[0].masked[4]
        : i == 3 ? (guint8 *) &changed.width
                 : (guint8 *) &changed.ops)
          ^= 1;
      g_assert_false (cnc_stego_record_open (&changed, key, &slot, &info, NULL));
    }
}

static void
test_sizes (void)
{
  static const guint32 sizes[][2] = { { 256, 256 }, { 263, 257 }, { 64, 1024 }, { 1031, 71 }, { 8, 8192 }, { 768, 512 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncRaster) cover = case_picture (sizes[i][0], sizes[i][1], i + 1), carrier = NULL, noise = NULL, blur = NULL;
      CncStegoRecord record;

      carrier = case_carrier (cover, &record);
      g_assert_cmpfloat (cnc_rgb_psnr (cover, carrier), >, 43.0);
      for (guint32 y = 0; y < cover->height; y++)
        for (guint32 x = 0; x < cover->width; x++)
          if (x / 8 == cover->width / 8 || y / 8 == cover->height / 8)
            g_assert_true (memcmp (cover->data + ((gsize) y * cover->width + x) * 3, carrier->data + ((gsize) y * cover->width + x) * 3, 3)
                           == 0);
      must_come_back (carrier, &record);
      noise = noisy (carrier, 10);
      must_come_back (noise, &record);
      blur = blurred (carrier, 4);
      must_come_back (blur, &record);
    }
}

/* The same is added to all three channels, and only to two of the 64 coefficients. */
static void
test_untouched (void)
{
  g_autoptr (CncRaster) cover = case_picture (256, 256, 5), carrier = NULL;
  CncStegoRecord record;
  double energy[8][8] = { { 0 } }, rest = 0;

  carrier = case_carrier (cover, &record);
  for (guint block = 0; block < 1024; block++)
    for (guint v = 0; v < 8; v++)
      for (guint u = 0; u < 8; u++)
        {
          double sum = 0;

          for (guint y = 0; y < 8; y++)
            for (guint x = 0; x < 8; x++)
              {
                const gsize at = ((gsize) (block / 32 * 8 + y) * 256 + block % 32 * 8 + x) * 3;
                const gint change = carrier->data[at] - cover->data[at];

                if (carrier->data[at + 1] - cover->data[at + 1] != change || carrier->data[at + 2] - cover->data[at + 2] != change)
                  g_assert_true (carrier->data[at] % 255 == 0 || carrier->data[at + 1] % 255 == 0 || carrier->data[at + 2] % 255 == 0);
                sum += change * (u == 0 ? sqrt (0.125) : 0.5 * cos ((2 * x + 1) * u * G_PI / 16))
                       * (v == 0 ? sqrt (0.125) : 0.5 * cos ((2 * y + 1) * v * G_PI / 16));
              }
          energy[v][u] += sum * sum / 1024;
        }
  for (guint i = 0; i < 64; i++)
    if (i != 1 * 8 + 2 && i != 2 * 8 + 1)
      rest = MAX (rest, energy[i / 8][i % 8]);
  g_assert_cmpfloat (energy[1][2], >, 50);
  g_assert_cmpfloat (energy[2][1], >, 50);
  g_assert_cmpfloat (rest, <, 1);
}

static void
test_flat (void)
{
  static const guint8 colours[][3] = { { 0, 0, 0 }, { 255, 255, 255 }, { 128, 128, 128 }, { 255, 0, 0 }, { 2, 250, 128 }, { 0, 255, 255 } };

  for (guint i = 0; i < G_N_ELEMENTS (colours); i++)
    {
      g_autoptr (CncRaster) cover = cnc_rgb_new (256, 264, NULL), carrier = NULL, noise = NULL;
      CncStegoRecord record;

      fill (cover, colours[i][0], colours[i][1], colours[i][2]);
      must_fail (cover, CNC_ERROR_NOT_ENCRYPTED, "Nothing is hidden");
      carrier = case_carrier (cover, &record);
      must_come_back (carrier, &record);
      noise = noisy (carrier, 5);
      must_come_back (noise, &record);
    }
}

/* Nothing can be moved where black stands beside white, so the rest has to do. */
static void
test_extremes (void)
{
  g_autoptr (CncRaster) cover = case_picture (512, 512, 4), carrier = NULL;
  CncStegoRecord record;

  for (guint32 y = 0; y < 512; y++)
    for (guint32 x = 0; x < 512; x++)
      if (y < 128 || x > 400)
        memset (cover->data + ((gsize) y * 512 + x) * 3, (x + y) % 2 == 0 ? 0 : 255, 3);
  carrier = case_carrier (cover, &record);
  must_come_back (carrier, &record);
}

static void
test_small (void)
{
  static const guint32 sizes[][2] = { { 255, 256 }, { 256, 255 }, { 1, 1 }, { 7, 100000 } };
  g_autoptr (CncSecret) key = case_key (10);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncRaster) cover = cnc_rgb_new (sizes[i][0], sizes[i][1], NULL), copy = NULL;
      g_autoptr (GError) error = NULL;
      CncStegoRecord record;

      fill (cover, 90, 80, 70);
      copy = cnc_rgb_scale (cover, cover->width, cover->height, NULL, NULL);
      case_record (&record, cover, key);
      g_assert_false (cnc_robust_record_embed (&record, cover->data, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
      g_assert_nonnull (strstr (error->message, "256 × 256"));
      g_assert_true (memcmp (cover->data, copy->data, cnc_raster_bytes (copy)) == 0);
      must_fail (cover, CNC_ERROR_NOT_ENCRYPTED, "Nothing is hidden");
    }
}

static void
test_refused (void)
{
  g_autoptr (CncRaster) cover = case_picture (256, 256, 1);
  g_autoptr (CncSecret) key = case_key (10);

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;
      CncStegoRecord record;

      case_record (&record, cover, key);
      if (i == 0)
        record.mode = CNC_STEGO_CNN;
      else if (i == 1)
        record.count = 2;
      else if (i == 2)
        record.ops = 17;
      else
        record.memory_kib = 0;
      g_assert_false (cnc_robust_record_embed (&record, cover->data, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
    }
}

static void
test_cropped (void)
{
  static const guint32 crops[][4] = { { 0, 0, 500, 380 },   { 0, 0, 512, 300 },     { 8, 0, 504, 384 },  { 3, 0, 509, 384 },
                                      { 13, 59, 400, 300 }, { 250, 120, 200, 200 }, { 250, 120, 96, 96 } };
  g_autoptr (CncRaster) cover = case_picture (512, 384, 3), carrier = NULL;
  CncStegoRecord record;

  carrier = case_carrier (cover, &record);
  for (guint i = 0; i < G_N_ELEMENTS (crops); i++)
    {
      g_autoptr (CncRaster) part = cropped (carrier, crops[i][0], crops[i][1], crops[i][2], crops[i][3]), noise = noisy (part, 4);
      /* The last one has too few blocks for the sizes. */
      const char *says = i < 6 ? "512 × 384" : "cropped or moved";

      must_fail (part, CNC_ERROR_DAMAGED, says);
      must_fail (noise, CNC_ERROR_DAMAGED, says);
    }
}

static void
test_moved (void)
{
  g_autoptr (CncRaster) cover = case_picture (512, 384, 3), carrier = NULL, moved = NULL;
  CncStegoRecord record;

  carrier = case_carrier (cover, &record);
  moved = cnc_rgb_scale (carrier, 512, 384, NULL, NULL);
  memmove (moved->data + 21, carrier->data, cnc_raster_bytes (carrier) - 21);
  must_fail (moved, CNC_ERROR_DAMAGED, "cropped or moved");
}

static void
test_damaged (void)
{
  g_autoptr (CncRaster) cover = case_picture (512, 512, 3), carrier = NULL, noise = NULL, scaled = NULL;
  CncStegoRecord record;
  guint8 bytes[CNC_ROBUST_BYTES], coded[CNC_LATTICE_BITS];

  carrier = case_carrier (cover, &record);
  /* Nothing is left of half the bits, and the others say something else: noise does not do that, somebody who knows this file does. */
  cnc_robust_record_write (&record, bytes);
  bytes[20] ^= 4;
  cnc_convolve (bytes, sizeof bytes, coded);
  noise = cnc_rgb_scale (cover, 512, 512, NULL, NULL);
  cnc_lattice_write (noise->data, 512, 512, coded);
  must_fail (noise, CNC_ERROR_DAMAGED, "changed more than that survives");
  scaled = cnc_rgb_scale (carrier, 300, 300, NULL, NULL);
  must_fail (scaled, CNC_ERROR_NOT_ENCRYPTED, "resized");
}

/* A record with its check, of another version, or with numbers that Argon2id refuses. */
static void
test_versions (void)
{
  g_autoptr (CncRaster) cover = case_picture (256, 256, 3);
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("one", 3, NULL);
  CncStegoRecord record;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (CncRaster) carrier = case_carrier (cover, &record);
      guint8 bytes[CNC_ROBUST_BYTES], sum[CNC_STEGO_CHECKSUM_BYTES], coded[CNC_LATTICE_BITS];
      g_autoptr (GError) error = NULL;
      guint slot;

      cnc_robust_record_write (&record, bytes);
      if (i == 0)
        bytes[0] = 2;
      else
        bytes[3] = bytes[2] = bytes[1] = 0;
      cnc_checksum (bytes, sizeof bytes - CNC_ROBUST_CHECK_BYTES, sum);
      memcpy (bytes + sizeof bytes - CNC_ROBUST_CHECK_BYTES, sum, CNC_ROBUST_CHECK_BYTES);
      cnc_convolve (bytes, sizeof bytes, coded);
      cnc_lattice_write (carrier->data, 256, 256, coded);
      if (i == 0)
        must_fail (carrier, CNC_ERROR_BAD_VERSION, "newer cnncrypt (robust record 2");
      else
        {
          g_assert_true (cnc_stego_find (carrier, &record, NULL));
          g_assert_null (cnc_stego_unlock (&record, passphrase, &slot, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
        }
    }
}

/* Only the first bytes of the model's hash are known. */
static void
test_model (void)
{
  guint8 hash[CNC_STEGO_MODEL_BYTES] = { 0xde, 0xad, 0xbe, 0xef, 0x77 };
  g_autoptr (GError) error = NULL;

  g_assert_null (cnc_stego_model_find_hash (cnc_stego_mode_by_id ("robust", NULL), hash, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "SHA-256 deadbeef…)"));
}

static void
test_memory (void)
{
  g_autoptr (CncRaster) cover = case_picture (256, 256, 3), carrier = NULL;
  CncStegoRecord record, back;
  guint calls;

  carrier = case_carrier (cover, &record);
  for (guint i = 0; i < 2; i++)
    {
      const CncRaster *picture = i == 0 ? carrier : cover; /* the second one is searched, too */

      cnc_alloc_fail_at (0);
      g_assert_true (cnc_robust_record_extract (picture->data, 256, 256, &back, NULL) == (i == 0));
      calls = cnc_alloc_fail_at (0);
      g_assert_cmpuint (calls, >=, 3 + i);
      for (guint n = 1; n <= calls; n++)
        {
          g_autoptr (GError) error = NULL;

          cnc_alloc_fail_at (n);
          g_assert_false (cnc_robust_record_extract (picture->data, 256, 256, &back, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
          cnc_alloc_fail_at (0);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  g_test_add_func ("/robust-record/code", test_code);
  g_test_add_func ("/robust-record/bytes", test_bytes);
  g_test_add_func ("/robust-record/sizes", test_sizes);
  g_test_add_func ("/robust-record/untouched", test_untouched);
  g_test_add_func ("/robust-record/flat", test_flat);
  g_test_add_func ("/robust-record/extremes", test_extremes);
  g_test_add_func ("/robust-record/small", test_small);
  g_test_add_func ("/robust-record/refused", test_refused);
  g_test_add_func ("/robust-record/cropped", test_cropped);
  g_test_add_func ("/robust-record/moved", test_moved);
  g_test_add_func ("/robust-record/damaged", test_damaged);
  g_test_add_func ("/robust-record/versions", test_versions);
  g_test_add_func ("/robust-record/model", test_model);
  g_test_add_func ("/robust-record/memory", test_memory);
  return g_test_run ();
}
