/* core/chaos against values from tests/reference/chaos.py, and its inverses. */
#include "chaos/chaos.h"

#include "base/error.h"
#include "base/memory.h"
#include "chaos/logistic.h"

static void
fill_counted (guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + i / 256);
}

static void
check_words (const guint8 state[24], const guint32 expected[8])
{
  CncLogistic map;

  cnc_logistic_init (&map, state);
  for (guint i = 0; i < 8; i++)
    g_assert_cmphex (cnc_logistic_next (&map), ==, expected[i]);
}

static void
test_words (void)
{
  static const guint32 zeros[8] = { 0xfbf9ea47, 0x8d709004, 0x9f42c9c7, 0xce756e99, 0x96a3d822, 0x719f3d87, 0xcfd53103, 0x378a8e46 };
  static const guint32 ones[8] = { 0xe12d3250, 0xb85dcd15, 0x25c2d342, 0xc8cdfe9d, 0x2e614b2d, 0x7bced1af, 0xa1c68d5d, 0x65262e79 };
  static const guint32 counted[8] = { 0xb9ed18aa, 0xee47f570, 0x0edfaa36, 0xc1b1290e, 0xb32aa2ae, 0x63f2f090, 0x296b5e16, 0x32f617e6 };
  guint8 state[24] = { 0 };

  check_words (state, zeros);
  memset (state, 0xff, sizeof state);
  check_words (state, ones);
  for (guint8 i = 0; i < 24; i++)
    state[i] = i;
  check_words (state, counted);
}

static void
test_portable (void)
{
  static const guint64 edges[]
      = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, G_MAXUINT64 / 4 * 3, G_MAXUINT64 - 1, G_MAXUINT64 };
  guint64 x = 88172645463325252u;

  for (guint i = 0; i < G_N_ELEMENTS (edges); i++)
    g_assert_cmphex (cnc_logistic_map (edges[i]), ==, cnc_logistic_map_portable (edges[i]));
  for (guint i = 0; i < 100000; i++)
    {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      g_assert_cmphex (cnc_logistic_map (x), ==, cnc_logistic_map_portable (x));
    }
}

static void
test_keystream (void)
{
  const gsize size = 3 * CNC_LOGISTIC_CHUNK_BYTES + 5;
  g_autofree guint8 *data = g_malloc0 (size);
  g_autofree char *sum = NULL;
  guint8 states[4 * CNC_LOGISTIC_STATE_BYTES];

  fill_counted (states, sizeof states);
  g_assert_cmpuint (cnc_logistic_states (size), ==, 4);
  cnc_logistic_xor (states, data, size);
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, size);
  g_assert_cmpstr (sum, ==, "d2bf8120f22f06fc851cb3803637b6c1414cd117213d75fa2b76be40e488ffc2");
  cnc_logistic_xor (states, data, size);
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint (data[i], ==, 0);
}

/* A shorter stream is the start of a longer one, and no byte after the end is touched. */
static void
test_keystream_sizes (void)
{
  guint8 states[2 * CNC_LOGISTIC_STATE_BYTES];
  guint8 whole[64] = { 0 }, part[65];

  fill_counted (states, sizeof states);
  cnc_logistic_xor (states, whole, sizeof whole);
  for (gsize size = 0; size <= 64; size++)
    {
      memset (part, 0, sizeof part);
      cnc_logistic_xor (states, part, size);
      g_assert_true (memcmp (part, whole, size) == 0);
      for (gsize i = size; i < sizeof part; i++)
        g_assert_cmpuint (part[i], ==, 0);
    }
  g_assert_cmpuint (cnc_logistic_states (0), ==, 0);
  g_assert_cmpuint (cnc_logistic_states (1), ==, 1);
  g_assert_cmpuint (cnc_logistic_states (65536), ==, 1);
  g_assert_cmpuint (cnc_logistic_states (65537), ==, 2);
}

static void
test_permute (void)
{
  const gsize size = 64 * 1000 + 13;
  g_autofree guint8 *data = g_malloc (size);
  g_autofree char *sum = NULL;
  g_autoptr (GError) error = NULL;
  guint8 state[CNC_PERMUTE_STATE_BYTES];

  fill_counted (state, sizeof state);
  fill_counted (data, size);
  g_assert_true (cnc_permute_blocks (state, FALSE, data, size, &error));
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, size);
  g_assert_cmpstr (sum, ==, "fceb00226510b406a8da59fe8fd0682326dc1857076b03ac20b76a99dc522e64");
}

static void
test_permute_inverse (void)
{
  static const gsize sizes[] = { 0, 1, 63, 64, 65, 127, 128, 129, 64 * 15, 64 * 16, 64 * 17, 64 * 18 + 1, 64 * 333 + 63 };
  g_autoptr (GError) error = NULL;
  guint8 state[CNC_PERMUTE_STATE_BYTES];

  fill_counted (state, sizeof state);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree guint8 *data = g_malloc (sizes[i] + 1);
      g_autofree guint8 *plain = g_malloc (sizes[i] + 1);

      fill_counted (plain, sizes[i]);
      memcpy (data, plain, sizes[i]);
      g_assert_true (cnc_permute_blocks (state, FALSE, data, sizes[i], &error));
      if (sizes[i] >= 64 * 15)
        g_assert_true (memcmp (data, plain, sizes[i]) != 0);
      g_assert_true (cnc_permute_blocks (state, TRUE, data, sizes[i], &error));
      g_assert_true (memcmp (data, plain, sizes[i]) == 0);
    }
}

static void
test_permute_memory (void)
{
  g_autoptr (GError) error = NULL;
  guint8 state[CNC_PERMUTE_STATE_BYTES] = { 1 };
  guint8 data[640] = { 0 };

  for (guint inverse = 0; inverse < 2; inverse++)
    {
      cnc_alloc_fail_at (1);
      g_assert_false (cnc_permute_blocks (state, inverse, data, sizeof data, &error));
      cnc_alloc_fail_at (0);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      g_clear_error (&error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chaos/words", test_words);
  g_test_add_func ("/chaos/portable", test_portable);
  g_test_add_func ("/chaos/keystream", test_keystream);
  g_test_add_func ("/chaos/keystream-sizes", test_keystream_sizes);
  g_test_add_func ("/chaos/permute", test_permute);
  g_test_add_func ("/chaos/permute-inverse", test_permute_inverse);
  g_test_add_func ("/chaos/permute-memory", test_permute_memory);
  return g_test_run ();
}
