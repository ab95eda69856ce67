/* core/stego/network.c: the arithmetic of message, keystream and transform against one computed here, and every refusal. */
#include "network-case.h"

static void
test_keystream (void)
{
  static const gsize lengths[] = { 1, 15, 4095, 4096, 4097, 3 * 4096 + 5 };
  g_autoptr (CncSecret) key = slot_key (1);
  guint8 seed[CNC_KEY_BYTES];

  cnc_subkey (key, CNC_SUBKEY_SLOT_FEATURES, seed);
  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++)
    {
      g_autofree float *zeros = g_new0 (float, lengths[l]), *numbers = g_new (float, lengths[l]);
      guint32 state = 7;

      cnc_network_lock (zeros, lengths[l], key);
      for (gsize i = 0; i < lengths[l]; i++)
        {
          g_assert_cmpfloat (zeros[i], ==, key_number (seed, i));
          numbers[i] = 0.45f * random_float (&state);
        }
      cnc_network_lock (numbers, lengths[l], key);
      for (gsize i = 0; i < lengths[l]; i++)
        g_assert_cmpfloat (fabsf (numbers[i]), <=, 0.5);
      cnc_network_unlock (numbers, lengths[l], key);
      state = 7;
      for (gsize i = 0; i < lengths[l]; i++)
        g_assert_cmpfloat_with_epsilon (numbers[i], 0.45f * random_float (&state), 1e-6);
    }
}

/* Every number of every slot that is used is what it has to be; no other key opens anything; the others stay. */
static void
test_arithmetic (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncRaster) cover = case_picture (205, 139, 4);
  const CncHideParams params = { .mode = cnn (), .backend = backend };
  CncRaster *secrets[SLOTS];

  for (gsize i = 0; i < cnc_raster_bytes (cover); i++)
    cover->data[i]
        = (guint8) (20 + cover->data[i] * 4 / 5); /* nothing near black and white: every number is as exact as rounding leaves it */
  for (guint i = 0; i < SLOTS; i++)
    secrets[i] = case_picture (90 + 71 * i, 301 - 80 * i, i);
  for (guint count = 1; count <= SLOTS; count++)
    {
      g_autoptr (CncStegoLock) lock = case_lock (count);
      g_autoptr (GError) error = NULL;
      CncHideReport report;
      g_autoptr (CncRaster) result = cnc_hide (cover, (const CncRaster *const *) secrets, count, lock, &params, &report, &error);
      const double share = (double) count * D / 192;

      g_assert_no_error (error);
      g_test_message ("%u secrets: cover %.2f dB", count, report.psnr);
      /* What is changed is spread evenly over a step, then rounded (a twelfth); the record's bits are one or nothing. */
      g_assert_cmpfloat_with_epsilon (report.psnr, 10 * log10 (65025 / (STEP * STEP / 12 * share + 1 / 12.0 + 0.02)), 0.3);
      for (guint i = 0; i < SLOTS; i++)
        {
          g_autoptr (CncSecret) right = slot_key ((guint8) (10 + i)), wrong = slot_key ((guint8) (11 + i));
          const Reading good = read_slot (result, secrets[i], i, STEP, right), bad = read_slot (result, secrets[i], i, STEP, wrong);

          g_test_message ("slot %u: off by %.4f, correlation %.3f; wrong key %.4f, %.3f", i, good.off, good.correlation, bad.off,
                          bad.correlation);
          g_assert_cmpfloat (fabs (bad.correlation), <, 0.06);
          g_assert_cmpfloat (bad.off, >, 0.27);
          if (i < count)
            {
              g_assert_cmpfloat (good.off, <, 0.027); /* sqrt (1 / 12) / 15 = 0.019 is rounding, 0.033 if colours are rounded alike */
              g_assert_cmpfloat (good.correlation, >, 0.85);
              continue;
            }
          g_assert_cmpfloat (good.off, >, 0.27);
          for (guint32 at = 0; at < 25 * 17; at++)
            for (guint k = 0; k < D; k++)
              g_assert_cmpfloat (fabs (coefficient (result, i, k, at % 25, at / 25) - coefficient (cover, i, k, at % 25, at / 25)), <, 2.5);
        }
      cnc_hide_report_clear (&report);
      for (guint32 y = 0; y < cover->height; y++) /* what no whole block fills */
        for (guint32 x = y < 136 ? 200 : 0; x < cover->width; x++)
          for (guint c = 0; c < 3; c++)
            g_assert_cmpint (abs (result->data[((gsize) y * 205 + x) * 3 + c] - cover->data[((gsize) y * 205 + x) * 3 + c]), <=, 1);
    }
  for (guint i = 0; i < SLOTS; i++)
    cnc_raster_free (secrets[i]);
}

static void
assert_reveals (const CncRaster *result, guint count, CncRaster **secrets, const CncHideReport *report, CncBackend *backend)
{
  const CncRevealParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  CncStegoRecord record;

  g_assert_true (cnc_stego_find (result, &record, &error));
  g_assert_true (cnc_stego_record_ready (&record, &error));
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (CncSecret) kek = case_key ((guint8) (10 + i));
      guint slot;
      g_autoptr (CncSecret) key = cnc_stego_unlock_kek (&record, kek, &slot, &error);
      g_autoptr (CncRaster) back = key != NULL ? cnc_reveal (result, &record, key, slot, &params, &error) : NULL;

      g_assert_no_error (error);
      g_assert_cmpuint (slot, ==, i);
      g_assert_cmpuint (back->width, ==, secrets[i]->width);
      g_assert_cmpuint (back->height, ==, secrets[i]->height);
      g_assert_cmpfloat (cnc_rgb_psnr (secrets[i], back), ==, report->secrets[i].psnr);
    }
}

/* A picture that the little network can show: grey, and smooth. */
static CncRaster *
grey_picture (guint32 width, guint32 height, guint seed)
{
  CncRaster *raster = cnc_rgb_new (width, height, NULL);

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      memset (raster->data + ((gsize) y * width + x) * 3, (guint8) (128 + 90 * sin (x * (3.0 + seed) / width) * cos (y * 4.0 / height)), 3);
  return raster;
}

static void
test_round_trip (void)
{
  static const guint32 sizes[][2] = { { 32, 32 }, { 33, 47 }, { 203, 141 }, { 512, 32 } };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  const CncHideParams params = { .mode = cnn (), .backend = backend };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      g_autoptr (CncRaster) cover = case_picture (sizes[s][0], sizes[s][1], 4);
      CncRaster *secrets[SLOTS];
      CncHideReport report;
      g_autoptr (CncRaster) result = NULL;
      g_autoptr (GError) error = NULL;
      /* In so small a picture the record moves nearly every sample, up or down by chance (0.3 dB): there the mean counts. */
      const guint turns = s == 0 ? 8 : 1;
      double psnr[SLOTS] = { 0 };

      for (guint i = 0; i < SLOTS; i++)
        secrets[i] = grey_picture (20 + 130 * i, 201 - 100 * i, i);
      for (guint t = 0; t < turns; t++)
        {
          g_autoptr (CncStegoLock) lock = case_lock (SLOTS);

          g_clear_pointer (&result, cnc_raster_free);
          result = cnc_hide (cover, (const CncRaster *const *) secrets, SLOTS, lock, &params, &report, &error);
          g_assert_no_error (error);
          for (guint i = 0; i < SLOTS; i++)
            psnr[i] += report.secrets[i].psnr / turns;
        }
      for (guint i = 0; i < SLOTS; i++)
        {
          g_assert_cmpfloat (psnr[i], >, 9.5); /* rounding to 8 bits is loud here: 32 * 0.019 in each of 16 of 192 coefficients */
          g_assert_cmpuint (report.secrets[i].width, ==, MIN (secrets[i]->width, sizes[s][0] / 8 * 8));
          g_assert_cmpuint (report.secrets[i].height, ==, MIN (secrets[i]->height, sizes[s][1] / 8 * 8));
          g_assert_null (report.secrets[i].features);
        }
      assert_reveals (result, SLOTS, secrets, &report, backend);
      for (guint i = 0; i < SLOTS; i++)
        cnc_raster_free (secrets[i]);
    }
}

/* Black and white have room for the message, too. */
static void
test_extremes (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  const CncHideParams params = { .mode = cnn (), .backend = backend };
  g_autoptr (CncRaster) cover = case_picture (160, 120, 4), secret = case_picture (100, 80, 5);
  const CncRaster *const secrets[] = { secret };

  for (guint white = 0; white < 2; white++)
    {
      g_autoptr (CncStegoLock) lock = case_lock (1);
      g_autoptr (CncSecret) key = slot_key (10);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) result = NULL;

      memset (cover->data, white ? 255 : 0, cnc_raster_bytes (cover));
      result = cnc_hide (cover, secrets, 1, lock, &params, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (read_slot (result, secret, 0, STEP, key).off, <, 0.06);
    }
}

/* The record in coefficients, and wide steps: noise destroys neither. */
static void
test_robust (void)
{
  g_autofree char *path = g_build_filename (folder, "hide-robust.safetensors", NULL);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  const CncHideParams params = { .mode = cnc_stego_mode_by_id ("robust", NULL), .backend = backend };
  const CncRevealParams reveal = { .backend = backend };
  g_autoptr (CncRaster) cover = case_picture (333, 290, 4), small = case_picture (250, 260, 4), secret = grey_picture (100, 80, 5),
                        result = NULL, back = NULL, refused = NULL;
  const CncRaster *const secrets[] = { secret };
  g_autoptr (CncStegoLock) lock = case_lock (1), other = case_lock (1);
  g_autoptr (CncSecret) kek = case_key (10), wrong = case_key (11), key = NULL;
  g_autoptr (GError) error = NULL;
  guint32 state = 3;
  CncHideReport report;
  CncStegoRecord record;
  guint slot = 9;

  write_model (path, ROBUST_GRAPH, ROBUST_AXIS, 1);
  result = cnc_hide (cover, secrets, 1, lock, &params, &report, &error);
  g_assert_no_error (error);
  g_test_message ("cover %.2f dB, secret %.2f dB", report.psnr, report.secrets[0].psnr);
  for (gsize i = 0; i < cnc_raster_bytes (result); i++)
    {
      const float value = (float) result->data[i] + 6 * random_float (&state); /* CLAMP takes its argument several times */

      result->data[i] = (guint8) CLAMP (value, 0, 255);
    }
  g_assert_true (cnc_stego_find (result, &record, &error));
  g_assert_cmpuint (record.mode, ==, CNC_STEGO_ROBUST);
  g_assert_null (cnc_stego_unlock_kek (&record, wrong, &slot, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
  g_clear_error (&error);
  key = cnc_stego_unlock_kek (&record, kek, &slot, &error);
  back = key != NULL ? cnc_reveal (result, &record, key, slot, &reveal, &error) : NULL;
  g_assert_no_error (error);
  g_assert_cmpuint (back->width, ==, 100);
  g_assert_cmpuint (back->height, ==, 80);
  g_test_message ("after noise %.2f dB", cnc_rgb_psnr (secret, back));
  g_assert_cmpfloat (report.secrets[0].psnr, >, 25);
  g_assert_cmpfloat (cnc_rgb_psnr (secret, back), ==, report.secrets[0].psnr);
  refused = cnc_hide (small, secrets, 1, other, &params, NULL, &error);
  g_assert_null (refused);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
  g_assert_true (g_unlink (path) == 0);
}

/* As cnc_hide calls it, with tiles of that size. */
static CncRaster *
hide_in_tiles (guint32 max_tile, const CncRaster *cover, CncRaster **secrets, guint count, CncBackend *backend, CncStegoRecord *record)
{
  g_autoptr (CncNetwork) n = network ();
  const CncNetworkRun run = { .network = n, .backend = backend, .max_tile = max_tile };
  CncRaster *result = cnc_rgb_scale (cover, cover->width, cover->height, NULL, NULL);
  CncSecret *keys[SLOTS];
  CncHideReport report = { 0 };
  g_autoptr (GError) error = NULL;

  *record = (CncStegoRecord){ .width = cover->width,
                              .height = cover->height,
                              .mode = CNC_STEGO_CNN,
                              .count = (guint8) count,
                              .ops = CNC_KDF_OPS_MIN,
                              .memory_kib = CNC_KDF_MEMORY_KIB_MIN };
  for (guint i = 0; i < count; i++)
    keys[i] = slot_key ((guint8) (10 + i));
  g_assert_true (
      cnc_network_hide (&run, cover, result, (const CncRaster *const *) secrets, (const CncSecret *const *) keys, record, &report, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < count; i++)
    cnc_secret_free (keys[i]);
  return result;
}

static void
test_tiles (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncRaster) cover = case_picture (300, 203, 4), a = case_picture (300, 200, 5), b = case_picture (100, 301, 6),
                        c = case_picture (31, 30, 7);
  CncRaster *secrets[] = { a, b, c }; /* all slots: what is not used gets fresh noise */
  CncStegoRecord record;
  g_autoptr (CncRaster) whole = hide_in_tiles (0, cover, secrets, SLOTS, backend, &record),
                        cut = hide_in_tiles (64, cover, secrets, SLOTS, backend, &record);
  g_autoptr (CncNetwork) n = network ();
  guint64 places[CNC_STEGO_RECORD_MAX_BITS];
  guint changed = 0;

  g_assert_true (cnc_stego_record_places (300, 203, places));
  for (guint i = 0; i < CNC_STEGO_RECORD_MAX_BITS; i++)
    {
      changed += whole->data[places[i]] != cut->data[places[i]] ? 1 : 0; /* a coin is tossed for each bit of the record */
      cut->data[places[i]] = whole->data[places[i]];
    }
  g_assert_cmpuint (changed, >, 0);
  g_assert_true (memcmp (whole->data, cut->data, cnc_raster_bytes (whole)) == 0);
  for (guint i = 0; i < SLOTS; i++)
    {
      const CncStegoInfo info = { .width = secrets[i]->width, .height = secrets[i]->height };
      const CncNetworkRun one = { .network = n, .backend = backend }, many = { .network = n, .backend = backend, .max_tile = 8 };
      g_autoptr (CncSecret) key = slot_key ((guint8) (10 + i));
      g_autoptr (CncRaster) back = cnc_network_reveal (&one, whole, &record, &info, key, i, NULL),
                            again = cnc_network_reveal (&many, whole, &record, &info, key, i, NULL);

      g_assert_true (memcmp (back->data, again->data, cnc_raster_bytes (back)) == 0);
    }
}

/* One flat colour has one feature, which stands in the first field of the mosaic; all others are grey. */
static void
test_insight (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  const CncHideParams params = { .mode = cnn (), .backend = backend, .insight = TRUE };
  g_autoptr (CncRaster) cover = case_picture (131, 96, 4), secret = case_picture (50, 50, 1), result = NULL;
  const CncRaster *const secrets[] = { secret };
  g_autoptr (CncStegoLock) lock = case_lock (1);
  g_autoptr (GError) error = NULL;
  CncHideReport report;

  memset (secret->data, 200, cnc_raster_bytes (secret));
  result = cnc_hide (cover, secrets, 1, lock, &params, &report, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report.secrets[0].features->width, ==, 131);
  g_assert_cmpuint (report.secrets[0].features->height, ==, 96);
  for (guint k = 0; k < D; k++)
    {
      const gsize at = ((gsize) (k / 4 * 24 + 12) * 131 + k % 4 * 131 / 4 + 16) * 3;
      const double feature = k == 0 ? sqrt (192) * 200 / 255 * DAMP : 0;

      for (guint c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (report.secrets[0].features->data[at + c], 255 * (feature + 0.5), 1.5);
    }
  cnc_hide_report_clear (&report);
}

static void
assert_refused (const CncRaster *cover, const CncRaster *secret, CncBackend *backend, CncErrorCode code, const char *says)
{
  const CncHideParams params = { .mode = cnn (), .backend = backend };
  g_autoptr (CncStegoLock) lock = case_lock (1);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) result = cnc_hide (cover, &secret, 1, lock, &params, NULL, &error);

  g_assert_null (result);
  g_assert_error (error, CNC_ERROR, (gint) code);
  if (strstr (error->message, says) == NULL)
    g_error ("“%s” does not say “%s”", error->message, says);
  g_assert_true (g_str_has_suffix (error->message, "."));
}

static void
test_refused (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncRaster) good = case_picture (64, 48, 1), narrow = case_picture (31, 400, 1), flat = case_picture (400, 31, 1),
                        wide = case_picture (1025, 10, 1), least = case_picture (72, 32, 1);
  g_autoptr (CncStegoLock) lock = case_lock (1);
  const CncHideParams params = { .mode = cnn (), .backend = backend };
  const CncRaster *const secrets[] = { wide };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) result = NULL;

  assert_refused (narrow, good, backend, CNC_ERROR_TOO_SMALL, "at least 32 × 32");
  assert_refused (flat, good, backend, CNC_ERROR_TOO_SMALL, "at least 32 × 32");
  assert_refused (good, wide, backend, CNC_ERROR_TOO_SMALL, "secret 1, with 1025 × 10 pixels");
  assert_refused (good, wide, backend, CNC_ERROR_TOO_SMALL, "a cover of at least 72 × 32");
  assert_refused (good, good, NULL, CNC_ERROR_BAD_ARGUMENT, "no device");
  result = cnc_hide (least, secrets, 1, lock, &params, NULL, &error); /* what the sentence said would do */
  g_assert_no_error (error);
}

/* Whoever has the key may write what he wants; none of it is believed. */
static void
test_bad_info (void)
{
  static const CncStegoInfo infos[] = {
    { .width = 0, .height = 8 },
    { .width = 8, .height = 0 },
    { .width = 16 * 64 + 1, .height = 8 },
    { .width = 8, .height = G_MAXUINT32 },
    { .width = 8, .height = 8, .start = 1 },
    { .width = 8, .height = 8, .length = 1 },
  };
  const CncStegoRecord record = { 0 };
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncNetwork) n = network ();
  g_autoptr (CncSecret) key = slot_key (10);
  g_autoptr (CncRaster) picture = case_picture (64, 48, 1), tiny = case_picture (64, 31, 1);
  const CncNetworkRun run = { .network = n, .backend = backend };

  for (guint i = 0; i < G_N_ELEMENTS (infos) + 2; i++)
    {
      const CncStegoInfo good = { .width = 16 * 64, .height = 16 * 48 };
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) secret = i < G_N_ELEMENTS (infos) ? cnc_network_reveal (&run, picture, &record, &infos[i], key, 0, &error)
                                                              : cnc_network_reveal (&run, i % 2 == 0 ? picture : tiny, &record, &good, key,
                                                                                    i % 2 == 0 ? 3 : 0, &error);

      g_assert_null (secret);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
    }
}

/* A model that is not the picture's own is not taken in its place. */
static void
test_other_model (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  const CncRevealParams params = { .backend = backend };
  g_autoptr (CncRaster) cover = case_picture (64, 48, 1), result = NULL;
  CncRaster *secrets[] = { cover };
  g_autoptr (CncSecret) key = slot_key (10);
  g_autoptr (GError) error = NULL;
  g_autofree char *json = replaced (HIDE_GRAPH, "\"scale\":32", "\"scale\":33");
  CncStegoRecord record;

  result = hide_in_tiles (0, cover, secrets, 1, backend, &record);
  write_model (model_path, json, 0, 1);
  g_assert_true (cnc_stego_mode_ready (cnn (), &error));
  g_assert_false (cnc_stego_record_ready (&record, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  g_assert_null (cnc_reveal (result, &record, key, 0, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "SHA-256"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (model_path, "nothing of the kind", -1, NULL));
  g_assert_false (cnc_stego_mode_ready (cnn (), &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  write_model (model_path, HIDE_GRAPH, 0, 1);
  g_assert_true (cnc_stego_record_ready (&record, &error));
}

/* A device that computes wrong numbers is noticed before anybody trusts the result. */
static gboolean (*true_op) (CncBackend *, const CncOp *, const CncTensor *, guint, const CncTensor *, guint, GError **);

static gboolean
wrong_op (CncBackend *backend, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  CncOp changed = *op;

  if (op->kind == CNC_OP_AFFINE && op->scale == (float) (1 / 17.0))
    changed.scale *= 0.3f;
  return true_op (backend, &changed, in, n_in, out, n_out, error);
}

static void
test_wrong_device (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncRaster) cover = case_picture (64, 48, 1), secret = case_picture (64, 48, 2);
  static CncBackendTable table; /* there as long as the backend */

  table = *backend->table;
  true_op = table.op;
  table.op = wrong_op;
  backend->table = &table;
  assert_refused (cover, secret, backend, CNC_ERROR_GPU_LOST, "cannot be read");
}

static void
test_no_memory (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncHideParams params = { .mode = cnn (), .backend = backend, .insight = TRUE };
  g_autoptr (CncRaster) cover = case_picture (64, 48, 1), secret = case_picture (70, 40, 2), result = NULL;
  const CncRaster *const secrets[] = { secret };
  guint n;

  for (n = 1; result == NULL; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncStegoLock) lock = case_lock (1);
      CncHideReport report;

      (void) cnc_alloc_fail_at (n);
      result = cnc_hide (cover, secrets, 1, lock, &params, &report, &error);
      (void) cnc_alloc_fail_at (0);
      if (result == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      cnc_hide_report_clear (&report);
      g_assert_cmpuint (n, <, 1000);
    }
  g_assert_cmpuint (n, >, 20);
}

static guint reports;

static void
cancel_at (double done, const char *text, gpointer user_data)
{
  g_assert_cmpfloat (done, >=, 0);
  g_assert_cmpfloat (done, <=, 1);
  if (reports-- == 0)
    cnc_task_cancel (user_data);
}

static void
test_cancelled (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncRaster) cover = case_picture (80, 60, 1), secret = case_picture (120, 90, 2), result = NULL;
  const CncRaster *const secrets[] = { secret };
  guint at;

  for (at = 0; result == NULL; at++)
    {
      CncTask task = { 0 };
      CncHideParams params = { .mode = cnn (), .backend = backend, .task = &task };
      g_autoptr (CncStegoLock) lock = case_lock (1);
      g_autoptr (GError) error = NULL;

      task = (CncTask){ cancel_at, &task, 0 };
      reports = at;
      result = cnc_hide (cover, secrets, 1, lock, &params, NULL, &error);
      if (result == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
      g_assert_cmpuint (at, <, 100);
    }
  g_assert_cmpuint (at, >, 8); /* while preparing, reading the cover, hiding, checking, restoring */
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  models_make ();
  g_test_add_func ("/network/keystream", test_keystream);
  g_test_add_func ("/network/arithmetic", test_arithmetic);
  g_test_add_func ("/network/round-trip", test_round_trip);
  g_test_add_func ("/network/extremes", test_extremes);
  g_test_add_func ("/network/robust", test_robust);
  g_test_add_func ("/network/tiles", test_tiles);
  g_test_add_func ("/network/insight", test_insight);
  g_test_add_func ("/network/refused", test_refused);
  g_test_add_func ("/network/bad-info", test_bad_info);
  g_test_add_func ("/network/other-model", test_other_model);
  g_test_add_func ("/network/wrong-device", test_wrong_device);
  g_test_add_func ("/network/no-memory", test_no_memory);
  g_test_add_func ("/network/cancelled", test_cancelled);
  status = g_test_run ();
  models_remove ();
  return status;
}
