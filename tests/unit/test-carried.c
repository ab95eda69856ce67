/* core/stego/carried: a secret as coded bits: through clean and noisy places, too much noise, every refusal. */
#include "stego/carried.h"

#include "stego-case.h"

#define PLACES (24u * 1536u) /* of a picture of 384 x 256 */

static CncStegoRecord
case_record (void)
{
  CncStegoRecord record = { .width = 384, .height = 256, .mode = CNC_STEGO_ROBUST, .count = 1, .ops = 3, .memory_kib = 8192 };
  g_autoptr (CncSecret) key = case_key (9);
  const CncStegoInfo info = { .width = 300, .height = 200 };

  cnc_stego_record_finish (&record, (const CncSecret *[]){ key }, &info);
  return record;
}

static float *
carry (const CncRaster *secret, gsize places, CncHiddenSecret *told)
{
  const CncStegoRecord record = case_record ();
  g_autoptr (CncSecret) key = case_key (9);
  g_autoptr (GError) error = NULL;
  float *sent = g_new (float, places);

  memset (told, 0, sizeof *told);
  g_assert_true (cnc_carried_write (secret, key, &record, sent, places, told, NULL, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < places; i++)
    g_assert_true (sent[i] == 0.25f || sent[i] == -0.25f);
  return sent;
}

static CncRaster *
read_back (float *soft, gsize places, guint8 seed, GError **error)
{
  const CncStegoRecord record = case_record ();
  const CncStegoInfo info = { .width = 300, .height = 200 };
  g_autoptr (CncSecret) key = case_key (seed);

  return cnc_carried_read (soft, places, &info, key, &record, NULL, error);
}

static double
gaussian (GRand *draw)
{
  return sqrt (-2 * log (1 - g_rand_double (draw))) * cos (2 * G_PI * g_rand_double (draw));
}

/* What is expected of +-1 behind noise of that deviation. */
static float *
noisy (const float *sent, gsize places, double deviation)
{
  GRand *draw = g_rand_new_with_seed (1);
  float *soft = g_new (float, places);

  for (gsize i = 0; i < places; i++)
    soft[i] = (float) tanh ((4 * (double) sent[i] + deviation * gaussian (draw)) / (deviation * deviation));
  g_rand_free (draw);
  return soft;
}

/* Noise of deviation 1.2 leaves 0.35 bits a place, of which 0.2 are used; 2 leaves 0.17. */
static void
test_noise (void)
{
  static const double deviations[] = { 0.1, 0.7, 1.0, 1.2 };
  g_autoptr (CncRaster) secret = case_picture (300, 200, 3);
  CncHiddenSecret told;
  g_autofree float *sent = carry (secret, PLACES, &told);
  g_autoptr (GError) error = NULL;
  g_autofree float *lost = noisy (sent, PLACES, 2);

  g_assert_cmpuint (told.bytes, >, 600);
  g_assert_cmpuint (told.bytes, <=, cnc_carried_room (PLACES));
  for (guint i = 0; i < G_N_ELEMENTS (deviations); i++)
    {
      g_autofree float *soft = noisy (sent, PLACES, deviations[i]);
      g_autoptr (CncRaster) back = read_back (soft, PLACES, 9, &error);

      g_assert_no_error (error);
      g_assert_cmpfloat (cnc_rgb_psnr (secret, back), >, 20);
    }
  g_assert_null (read_back (lost, PLACES, 9, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
}

/* Two colours: fewer bytes without loss than any place for them has. */
static CncRaster *
simple_picture (void)
{
  CncRaster *raster = cnc_rgb_new (300, 200, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) (i / 3 % 300 < 150 ? 40 : 200);
  return raster;
}

/* What is small enough comes back bit for bit; the key of another opens nothing. */
static void
test_exact (void)
{
  g_autoptr (CncRaster) secret = simple_picture ();
  CncHiddenSecret told;
  g_autofree float *sent = NULL, *soft = NULL, *again = NULL;
  g_autoptr (CncRaster) back = NULL;
  g_autoptr (GError) error = NULL;

  sent = carry (secret, PLACES, &told);
  soft = noisy (sent, PLACES, 0.5);
  again = g_memdup2 (soft, PLACES * sizeof *soft);
  soft[5] = NAN;
  soft[6] = INFINITY;
  back = read_back (soft, PLACES, 9, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnc_raster_bytes (back), ==, cnc_raster_bytes (secret));
  g_assert_true (memcmp (back->data, secret->data, cnc_raster_bytes (secret)) == 0);
  g_assert_cmpuint (told.quality, ==, 0);
  g_assert_null (read_back (again, PLACES, 8, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
}

/* Streams of one segment and of several, of equal and of unequal segments, all places used. */
static void
test_sizes (void)
{
  g_autoptr (CncRaster) secret = case_picture (300, 200, 4);
  gsize before = 0;

  for (gsize places = 1; places < 200000; places += 1 + places / 9)
    {
      const gsize room = cnc_carried_room (places);

      g_assert_cmpuint (room, >=, before);
      g_assert_cmpuint (8 * room * CNC_CARRIED_RATE, <=, places);
      if (places > 10000)
        g_assert_cmpuint (8 * room * CNC_CARRIED_RATE, >, places * 98 / 100);
      before = room;
    }
  for (gsize places = 20600; places < 20680; places += 27) /* where a second segment begins */
    {
      CncHiddenSecret told;
      g_autofree float *sent = carry (secret, places, &told), *soft = noisy (sent, places, 0.8);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) back = read_back (soft, places, 9, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (back->width, ==, 300);
    }
}

static void
test_refused (void)
{
  const CncStegoRecord record = case_record ();
  const CncStegoInfo info = { .width = 300, .height = 200 };
  g_autoptr (CncSecret) key = case_key (9);
  g_autoptr (CncRaster) secret = case_picture (300, 200, 3), large = case_picture (3000, 2500, 3);
  g_autofree float *sent = g_new0 (float, PLACES);
  CncHiddenSecret told = { 0 };
  CncTask task = { 0 };
  static const gsize few[] = { 0, 1, 4, 69, 10240 };

  for (guint i = 0; i < G_N_ELEMENTS (few) + 1; i++)
    {
      const gsize places = i < G_N_ELEMENTS (few) ? few[i] : 12000;
      g_autoptr (GError) error = NULL;

      g_assert_false (cnc_carried_write (i < G_N_ELEMENTS (few) ? secret : large, key, &record, sent, places, &told, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
      if (i == G_N_ELEMENTS (few))
        continue;
      g_clear_error (&error);
      g_assert_null (cnc_carried_read (sent, places, &info, key, &record, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
    }
  cnc_task_cancel (&task);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      if (i == 0)
        g_assert_false (cnc_carried_write (secret, key, &record, sent, PLACES, &told, &task, &error));
      else
        g_assert_null (cnc_carried_read (sent, PLACES, &info, key, &record, &task, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
    }
}

/* Each allocation fails once, in writing and in reading. */
static void
test_no_memory (void)
{
  const CncStegoRecord record = case_record ();
  const CncStegoInfo info = { .width = 300, .height = 200 };
  g_autoptr (CncSecret) key = case_key (9);
  g_autoptr (CncRaster) secret = simple_picture (), back = NULL;
  g_autofree float *sent = g_new0 (float, PLACES), *soft = NULL;
  CncHiddenSecret told = { 0 };
  gboolean done = FALSE;
  guint failures[2] = { 0 };

  while (!done)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (++failures[0]);
      done = cnc_carried_write (secret, key, &record, sent, PLACES, &told, NULL, &error);
      cnc_alloc_fail_at (0);
      if (!done)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  soft = noisy (sent, PLACES, 0.1);
  while (back == NULL)
    {
      g_autofree float *read = g_memdup2 (soft, PLACES * sizeof *soft);
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (++failures[1]);
      back = cnc_carried_read (read, PLACES, &info, key, &record, NULL, &error);
      cnc_alloc_fail_at (0);
      if (back == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  g_assert_cmpuint (failures[0], >, 3);
  g_assert_cmpuint (failures[1], >, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/carried/noise", test_noise);
  g_test_add_func ("/carried/exact", test_exact);
  g_test_add_func ("/carried/sizes", test_sizes);
  g_test_add_func ("/carried/refused", test_refused);
  g_test_add_func ("/carried/no-memory", test_no_memory);
  return g_test_run ();
}
