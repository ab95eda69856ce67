/* core/stego: the exact mode from cover to secrets, every refusal, and every kind of damage. */
#include "stego-case.h"

static CncHideParams
exact (guint bits)
{
  return (CncHideParams){ .mode = cnc_stego_mode_by_id ("exact", NULL), .bits = bits };
}

static CncRaster *
hide (const CncRaster *cover, CncRaster **secrets, guint count, guint bits, CncHideReport *report, GError **error)
{
  const CncHideParams params = exact (bits);
  g_autoptr (CncStegoLock) lock = case_lock (count);

  return cnc_hide (cover, (const CncRaster *const *) secrets, count, lock, &params, report, error);
}

static CncRaster *
reveal (const CncRaster *picture, guint8 key_seed, guint *slot, GError **error)
{
  const CncRevealParams params = { 0 };
  CncStegoRecord record;
  g_autoptr (CncSecret) kek = case_key (key_seed), key = NULL;

  if (!cnc_stego_find (picture, &record, error))
    return NULL;
  key = cnc_stego_unlock_kek (&record, kek, slot, error);
  return key != NULL ? cnc_reveal (picture, &record, key, *slot, &params, error) : NULL;
}

static void
assert_fails (const CncRaster *picture, guint8 key_seed, CncErrorCode code)
{
  g_autoptr (GError) error = NULL;
  guint slot;
  g_autoptr (CncRaster) back = reveal (picture, key_seed, &slot, &error);

  g_assert_null (back);
  g_assert_error (error, CNC_ERROR, (gint) code);
  g_assert_true (g_str_has_suffix (error->message, "."));
}

static void
test_round_trip (void)
{
  g_autoptr (CncRaster) cover = case_picture (320, 200, 9);

  for (guint bits = 1; bits <= 2; bits++)
    for (guint count = 1; count <= 3; count++)
      {
        CncRaster *secrets[3];
        CncHideReport report;
        g_autoptr (GError) error = NULL;
        g_autoptr (CncRaster) result = NULL;

        for (guint i = 0; i < 3; i++)
          secrets[i] = case_picture (400 + 61 * i, 501 - 90 * i, i);
        result = hide (cover, secrets, count, bits, &report, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (report.n_secrets, ==, count);
        g_assert_cmpuint (report.bits, ==, bits);
        g_assert_cmpfloat (report.filled, <=, 1);
        g_assert_cmpfloat (report.filled, >, 0.5);
        /* 1/2 and 3/2 are the mean squared changes where all low bits are taken. */
        g_assert_cmpfloat_with_epsilon (report.psnr, 10 * log10 (255 * 255 / ((bits == 1 ? 0.5 : 1.5) * report.filled)), 0.1);
        for (guint i = 0; i < count; i++)
          {
            guint slot;
            g_autoptr (CncRaster) back = reveal (result, (guint8) (10 + i), &slot, &error);

            g_assert_no_error (error);
            g_assert_cmpuint (slot, ==, i);
            g_assert_cmpuint (back->width, ==, secrets[i]->width);
            g_assert_cmpuint (back->height, ==, secrets[i]->height);
            g_assert_cmpfloat (cnc_rgb_psnr (back, secrets[i]), ==, report.secrets[i].psnr);
            g_assert_cmpfloat (report.secrets[i].psnr, >, 24);
          }
        assert_fails (result, 9, CNC_ERROR_WRONG_KEY);
        assert_fails (result, (guint8) (10 + count), CNC_ERROR_WRONG_KEY);
        cnc_hide_report_clear (&report);
        for (guint i = 0; i < 3; i++)
          cnc_raster_free (secrets[i]);
      }
}

/* Small secrets come back bit for bit, and leave most of the cover alone; one bit is taken though two were allowed. */
static void
test_lossless (void)
{
  g_autoptr (CncRaster) cover = case_picture (500, 400, 1), one = case_picture (40, 30, 2), two = case_picture (1, 1, 3), result = NULL;
  CncRaster *secrets[] = { one, two };
  CncHideReport report;
  g_autoptr (GError) error = NULL;

  result = hide (cover, secrets, 2, 2, &report, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report.bits, ==, 1);
  g_assert_cmpfloat (report.filled, <, 0.1);
  g_assert_cmpfloat (report.psnr, >, 60);
  for (guint i = 0; i < 2; i++)
    {
      guint slot;
      g_autoptr (CncRaster) back = reveal (result, (guint8) (10 + i), &slot, &error);

      g_assert_no_error (error);
      g_assert_true (isinf (report.secrets[i].psnr));
      g_assert_cmpuint (cnc_raster_bytes (back), ==, cnc_raster_bytes (secrets[i]));
      g_assert_true (memcmp (back->data, secrets[i]->data, cnc_raster_bytes (back)) == 0);
    }
}

/* A secret that is kept with fewer pixels comes back at its own size; one small beside two large ones stays exact. */
static void
test_scaled (void)
{
  g_autoptr (CncRaster) cover = case_picture (120, 100, 1), large = case_picture (900, 700, 2), small = case_picture (16, 12, 3),
                        result = NULL, back = NULL;
  CncRaster *secrets[] = { large, small };
  CncHideReport report;
  g_autoptr (GError) error = NULL;
  guint slot;

  result = hide (cover, secrets, 2, 0, &report, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report.secrets[0].width, <, 900);
  g_assert_true (isinf (report.secrets[1].psnr));
  back = reveal (result, 10, &slot, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (back->width, ==, 900);
  g_assert_cmpuint (back->height, ==, 700);
  g_assert_cmpfloat (cnc_rgb_psnr (back, large), >, 25);
}

static void
assert_refused (const CncRaster *cover, CncRaster **secrets, guint count, guint bits, CncStegoLock *lock, CncErrorCode code,
                const char *says)
{
  const CncHideParams params = exact (bits);
  CncHideReport report = { .psnr = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) result = cnc_hide (cover, (const CncRaster *const *) secrets, count, lock, &params, &report, &error);

  g_assert_null (result);
  g_assert_error (error, CNC_ERROR, (gint) code);
  if (strstr (error->message, says) == NULL)
    g_error ("“%s” does not say “%s”", error->message, says);
  g_assert_cmpfloat (report.psnr, ==, 0);
}

static void
test_refused (void)
{
  const CncFormat alpha = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE },
                  deep = { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE },
                  grey = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE },
                  indexed = { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) cover = case_picture (100, 80, 1), tiny = case_picture (30, 31, 1), small = case_picture (32, 32, 1);
  g_autoptr (CncRaster) photo = case_picture (400, 300, 2), with_alpha = cnc_raster_new (9, 9, &alpha, NULL),
                        sixteen = cnc_raster_new (9, 9, &deep, NULL), gray = cnc_raster_new (9, 9, &grey, NULL),
                        palette = cnc_raster_new (9, 9, &indexed, NULL);
  g_autoptr (CncStegoLock) one = case_lock (1), two = case_lock (2), three = case_lock (3);
  CncRaster *secrets[] = { photo, with_alpha, sixteen, photo };

  assert_refused (cover, secrets, 0, 0, one, CNC_ERROR_BAD_ARGUMENT, "no picture to hide");
  assert_refused (cover, secrets, 4, 0, three, CNC_ERROR_BAD_ARGUMENT, "4 pictures are too many");
  assert_refused (cover, secrets, 1, 0, two, CNC_ERROR_BAD_ARGUMENT, "one for each picture");
  assert_refused (cover, secrets, 2, 0, two, CNC_ERROR_BAD_ARGUMENT, "Secret 2 has transparency");
  assert_refused (cover, secrets + 2, 1, 0, one, CNC_ERROR_BAD_ARGUMENT, "Secret 1 has another precision");
  assert_refused (gray, secrets, 1, 0, one, CNC_ERROR_BAD_ARGUMENT, "The cover is grey");
  assert_refused (palette, secrets, 1, 0, one, CNC_ERROR_BAD_ARGUMENT, "The cover has a palette");
  assert_refused (cover, secrets, 1, 3, one, CNC_ERROR_BAD_ARGUMENT, "low bits");
  assert_refused (tiny, secrets, 1, 0, one, CNC_ERROR_TOO_SMALL, "at least 950 pixels");
  g_clear_pointer (&one, cnc_stego_lock_free);
  one = case_lock (1);
  assert_refused (small, secrets, 1, 0, one, CNC_ERROR_TOO_SMALL, "secret 1, of 400 × 300 pixels");
  assert_refused (cover, secrets, 1, 0, one, CNC_ERROR_BAD_ARGUMENT, "already"); /* a lock serves once */
}

static void
test_locks (void)
{
  static const guint8 salt[CNC_STEGO_SALT_BYTES];
  const CncKdfParams dear = { 3, 2 * CNC_KDF_MEMORY_KIB_MAX };
  g_autoptr (CncSecret) a = case_key (1), b = case_key (2);
  const CncSecret *const same[] = { a, b, a }, *const four[] = { a, b, a, b };
  GError *error = NULL;

  g_assert_null (cnc_stego_lock_new_keks (same, 3, salt, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "Secrets 1 and 3 have the same passphrase"));
  g_clear_error (&error);
  g_assert_null (cnc_stego_lock_new_keks (four, 4, salt, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cnc_stego_lock_new_trial (0, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cnc_stego_lock_new (same, 1, &dear, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
  g_clear_error (&error);
  g_assert_null (cnc_secret_new_passphrase ("", 0, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
}

static void
test_passphrases (void)
{
  const CncKdfParams cheap = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  const CncHideParams params = exact (0);
  g_autoptr (CncSecret) one = cnc_secret_new_passphrase ("one", 3, NULL), two = cnc_secret_new_passphrase ("two", 3, NULL), key = NULL;
  const CncSecret *const both[] = { one, two }, *const same[] = { one, one };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncStegoLock) lock = cnc_stego_lock_new (both, 2, &cheap, NULL, &error), refused = NULL;
  g_autoptr (CncRaster) cover = case_picture (100, 100, 1), a = case_picture (20, 20, 2), b = case_picture (21, 20, 3), result = NULL;
  const CncRaster *const secrets[] = { a, b };
  CncStegoRecord record;
  guint slot = 9;

  g_assert_no_error (error);
  result = cnc_hide (cover, secrets, 2, lock, &params, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (cnc_stego_find (result, &record, &error));
  g_assert_cmpuint (record.ops, ==, cheap.ops);
  g_assert_cmpuint (record.memory_kib, ==, cheap.memory_kib);
  key = cnc_stego_unlock (&record, two, &slot, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (slot, ==, 1);
  record.ops = 0; /* no default for what a picture says */
  g_assert_null (cnc_stego_unlock (&record, two, &slot, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
  g_clear_error (&error);
  refused = cnc_stego_lock_new (same, 2, &cheap, NULL, &error);
  g_assert_null (refused);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

/* Two secrets that fill one bit of a small cover. */
static CncRaster *
filled (void)
{
  g_autoptr (CncRaster) cover = case_picture (64, 60, 1), a = case_picture (300, 200, 2), b = case_picture (200, 300, 3);
  CncRaster *secrets[] = { a, b }, *result = hide (cover, secrets, 2, 1, NULL, NULL);

  g_assert_nonnull (result);
  return result;
}

/* The lowest bit of every single sample: those of the record damage it (or hide it), each of the others one secret at most, and then the
 * other secret still opens. */
static void
test_every_bit (void)
{
  g_autoptr (CncRaster) result = filled ();
  const gsize samples = cnc_raster_bytes (result);
  guint64 places[CNC_STEGO_RECORD_MAX_BITS];
  g_autofree guint8 *in_record = g_malloc0 (samples);
  gsize harmless = 0, record_bits = 8 * CNC_STEGO_RECORD_BYTES (2);

  g_assert_true (cnc_stego_record_places (result->width, result->height, places));
  for (gsize i = 0; i < record_bits; i++)
    in_record[places[i]] = 1;
  for (gsize i = 0; i < samples; i += in_record[i] ? 7 : 3)
    {
      guint opened = 0, slot;

      result->data[i] ^= 1;
      for (guint8 key = 10; key < 12; key++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (CncRaster) back = reveal (result, key, &slot, &error);

          opened += back != NULL ? 1 : 0;
          if (back == NULL && !g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED))
            g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_VERSION); /* the version's own bits */
        }
      result->data[i] ^= 1;
      if (in_record[i])
        g_assert_cmpuint (opened, ==, 0);
      else
        g_assert_cmpuint (opened, >=, 1);
      harmless += opened == 2 ? 1 : 0;
    }
  g_assert_cmpuint (harmless, <, samples / 9);
}

static CncRaster *
part_of (const CncRaster *raster, guint32 x, guint32 y, guint32 width, guint32 height)
{
  CncRaster *part = case_picture (width, height, 77);

  for (guint32 row = 0; row < height && y + row < raster->height; row++)
    memcpy (part->data + (gsize) row * width * 3, raster->data + ((gsize) (y + row) * raster->width + x) * 3,
            MIN (width, raster->width - x) * 3);
  return part;
}

static void
test_resized (void)
{
  g_autoptr (CncRaster) result = filled (), cropped = part_of (result, 5, 7, 55, 50), larger = part_of (result, 0, 0, 90, 70),
                        top = part_of (result, 0, 0, 64, 20), doubled = cnc_rgb_scale (result, 128, 120, NULL, NULL);
  g_autoptr (GError) error = NULL;
  CncStegoRecord record;

  assert_fails (cropped, 10, CNC_ERROR_DAMAGED);
  assert_fails (larger, 10, CNC_ERROR_DAMAGED);
  assert_fails (top, 10, CNC_ERROR_NOT_ENCRYPTED);
  assert_fails (doubled, 10, CNC_ERROR_NOT_ENCRYPTED);
  g_assert_false (cnc_stego_find (cropped, &record, &error));
  g_assert_nonnull (strstr (error->message, "64 × 60"));
  g_assert_nonnull (strstr (error->message, "55 × 50"));
}

static void
test_nothing (void)
{
  static const guint32 sides[] = { 1, 2, 30, 31, 32, 64, 200 };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    for (guint fill = 0; fill < 3; fill++)
      {
        g_autoptr (CncRaster) picture = case_picture (sides[i], 1 + sides[i] / 2, i);

        if (fill > 0)
          memset (picture->data, fill == 1 ? 0 : 255, cnc_raster_bytes (picture));
        assert_fails (picture, 10, CNC_ERROR_NOT_ENCRYPTED);
      }
}

/* Each allocation fails once: an error, never half a result. */
static void
test_no_memory (void)
{
  const CncHideParams params = exact (1);
  const CncRevealParams none = { 0 };
  g_autoptr (CncRaster) cover = case_picture (80, 60, 1), secret = case_picture (120, 90, 2), result = NULL, back = NULL;
  g_autoptr (CncSecret) kek = case_key (10);
  const CncRaster *const secrets[] = { secret };
  guint n;

  for (n = 1; result == NULL; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncStegoLock) lock = case_lock (1);

      (void) cnc_alloc_fail_at (n);
      result = cnc_hide (cover, secrets, 1, lock, &params, NULL, &error);
      (void) cnc_alloc_fail_at (0);
      if (result == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      g_assert_cmpuint (n, <, 1000);
    }
  g_assert_cmpuint (n, >, 10);
  for (n = 1; back == NULL; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncSecret) key = NULL;
      CncStegoRecord record;
      guint slot;

      (void) cnc_alloc_fail_at (n);
      if (cnc_stego_find (result, &record, &error))
        key = cnc_stego_unlock_kek (&record, kek, &slot, &error);
      if (key != NULL)
        back = cnc_reveal (result, &record, key, slot, &none, &error);
      (void) cnc_alloc_fail_at (0);
      if (back == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  g_assert_cmpuint (n, >, 4);
}

static guint reports;

static void
cancel_at (double done, const char *text, gpointer user_data)
{
  if (reports-- == 0)
    cnc_task_cancel (user_data);
}

static void
test_cancelled (void)
{
  g_autoptr (CncRaster) cover = case_picture (80, 60, 1), secret = case_picture (120, 90, 2);
  const CncRaster *const secrets[] = { secret };

  for (guint at = 0; at < 4; at++)
    {
      CncTask task = { 0 };
      CncHideParams params = exact (1);
      g_autoptr (CncStegoLock) lock = case_lock (1);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) result = NULL;

      task = (CncTask){ cancel_at, &task, 0 };
      params.task = &task;
      reports = at;
      result = cnc_hide (cover, secrets, 1, lock, &params, NULL, &error);
      g_assert_null (result);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
    }
}

/* Modes with networks want a model, and say which. */
static void
test_modes (void)
{
  g_autoptr (CncRaster) cover = case_picture (80, 60, 1);
  const CncRaster *const secrets[] = { cover };
  GError *error = NULL;

  g_assert_null (cnc_stego_mode_by_id ("invisible", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  for (const CncStegoMode *mode = cnc_stego_modes (); mode->id != NULL; mode++)
    {
      g_assert_true (cnc_stego_mode_by_id (mode->id, NULL) == mode);
      g_assert_true (cnc_stego_mode_by_number (mode->number) == mode);
    }
  g_assert_true (cnc_stego_mode_ready (cnc_stego_mode_by_id ("exact", NULL), NULL));
  g_assert_null (cnc_stego_mode_by_number (4));
  {
    const CncHideParams params = { .mode = cnc_stego_mode_by_id ("robust", NULL) };
    g_autoptr (CncStegoLock) lock = case_lock (2);

    g_assert_null (cnc_hide (cover, secrets, 2, lock, &params, NULL, &error));
    g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
    g_clear_error (&error);
  }
}

static void
test_difference (void)
{
  g_autoptr (CncRaster) a = case_picture (7, 5, 1), b = case_picture (7, 5, 1), other = case_picture (5, 7, 1), d = NULL;
  GError *error = NULL;

  b->data[3] = (guint8) (a->data[3] + 2);
  b->data[4] = (guint8) (a->data[4] - 30);
  d = cnc_stego_difference (a, b, 10, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (d->data[3], ==, 20);
  g_assert_cmpuint (d->data[4], ==, 255);
  g_assert_cmpuint (d->data[5], ==, 0);
  g_assert_null (cnc_stego_difference (a, other, 10, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  g_test_add_func ("/stego/round-trip", test_round_trip);
  g_test_add_func ("/stego/lossless", test_lossless);
  g_test_add_func ("/stego/scaled", test_scaled);
  g_test_add_func ("/stego/refused", test_refused);
  g_test_add_func ("/stego/locks", test_locks);
  g_test_add_func ("/stego/passphrases", test_passphrases);
  g_test_add_func ("/stego/every-bit", test_every_bit);
  g_test_add_func ("/stego/resized", test_resized);
  g_test_add_func ("/stego/nothing", test_nothing);
  g_test_add_func ("/stego/no-memory", test_no_memory);
  g_test_add_func ("/stego/cancelled", test_cancelled);
  g_test_add_func ("/stego/modes", test_modes);
  g_test_add_func ("/stego/difference", test_difference);
  return g_test_run ();
}
