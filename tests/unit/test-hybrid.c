/* core/methods/hybrid: geometry, exact inversion for every layer and length, chaining over segments, errors. */
#include "base/error.h"
#include "base/memory.h"
#include "methods/hybrid/hybrid.h"

static CncHybridKeys keys;

static void
test_geometry (void)
{
  const guint64 same_size[] = { 128, 65536, 196608, 262144, 786432, 524288, 1048576 };
  CncHybridGeometry g;

  for (guint i = 0; i < G_N_ELEMENTS (same_size); i++)
    g_assert_cmpuint (cnc_hybrid_padded_length (same_size[i]), ==, same_size[i]);
  for (guint64 n = 1; n < 40000000; n += 1 + n / 97)
    {
      const guint64 padded = cnc_hybrid_padded_length (n);

      cnc_hybrid_geometry (n, &g);
      g_assert_cmpuint (padded, >=, n);
      g_assert_cmpuint (cnc_hybrid_padded_length (padded), ==, padded);
      g_assert_cmpuint (g.shape.width & (g.shape.width - 1), ==, 0);
      g_assert_cmpuint (g.shape.width, >=, 4);
      g_assert_cmpuint (g.shape.height, >=, 4);
      g_assert_cmpuint (g.shape.width, <=, CNC_CIPHER_MAX_SIDE);
      g_assert_cmpuint (g.shape.height, <=, CNC_CIPHER_MAX_SIDE);
      /* at most one row a half and segment is added, or the smallest grid */
      g_assert_cmpuint (padded - n, <=, MAX (128, g.segments * 8 * (g.shape.width + 1)));
    }
}

static guint8 *
photo_like (gsize length)
{
  guint8 *data = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    data[i] = (guint8) (i / 300 + (i % 300) / 3 + g_test_rand_int_range (0, 4));
  return data;
}

static void
test_inversion (void)
{
  static const gsize lengths[] = { 1, 100, 128, 1000, 4097, 65536, 300000, 786432, 5000000, 9 * 524288 };
  static const CncLayers layers[] = { CNC_LAYER_PERMUTE, CNC_LAYER_LOGISTIC, CNC_LAYER_CNN, CNC_LAYER_ALL };
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();

  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++)
    for (guint k = 0; k < G_N_ELEMENTS (layers); k++)
      {
        const gsize length = (gsize) cnc_hybrid_padded_length (lengths[l]);
        g_autofree guint8 *plain = photo_like (length);
        g_autofree guint8 *data = g_memdup2 (plain, length);
        g_autoptr (GError) error = NULL;

        g_assert_true (cnc_hybrid_encipher (backend, &keys, layers[k], data, length, NULL, &error));
        g_assert_no_error (error);
        /* one block cannot move */
        if (layers[k] != CNC_LAYER_PERMUTE || length > 1000)
          g_assert_cmpint (memcmp (data, plain, length), !=, 0);
        g_assert_true (cnc_hybrid_decipher (backend, &keys, layers[k], data, length, NULL, &error));
        g_assert_no_error (error);
        g_assert_cmpint (memcmp (data, plain, length), ==, 0);
      }
}

static double
changed_bits (const guint8 *a, const guint8 *b, gsize length)
{
  guint64 bits = 0;

  for (gsize i = 0; i < length; i++)
    bits += (guint64) __builtin_popcount (a[i] ^ b[i]);
  return (double) bits / (double) (8 * length);
}

/* One bit changed in the first, a middle or the last of ten segments changes half of every other segment, by the CNN alone. */
static void
test_chaining (void)
{
  const gsize length = (gsize) cnc_hybrid_padded_length (10 * 524288);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autofree guint8 *first = photo_like (length);
  g_autofree guint8 *plain = g_memdup2 (first, length);
  const gsize places[] = { 0, 5 * 524288 + 77, length - 1 };

  g_assert_true (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_CNN, first, length, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree guint8 *second = g_memdup2 (plain, length);

      second[places[i]] ^= (guint8) (1u << (7 * i % 8));
      g_assert_true (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_CNN, second, length, NULL, NULL));
      for (gsize s = 0; s < length; s += 524288)
        g_assert_cmpfloat_with_epsilon (changed_bits (first + s, second + s, 524288), 0.5, 0.003);
    }
}

static void
cancel (double done, const char *text, gpointer user_data)
{
  cnc_task_cancel (user_data);
}

static void
test_errors (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const gsize length = (gsize) cnc_hybrid_padded_length (20 * 524288);
  g_autofree guint8 *data = g_malloc0 (length);
  g_autoptr (GError) error = NULL;
  CncTask task = { .progress = cancel, .user_data = &task };

  g_assert_false (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_ALL, data, 100, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_CNN, data, length, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

/* Every allocation made to fail once: an error each time, and the next try succeeds. */
static void
test_no_memory (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const gsize length = (gsize) cnc_hybrid_padded_length (5000);
  g_autofree guint8 *data = g_malloc0 (length);
  guint n;

  cnc_alloc_fail_at (0);
  g_assert_true (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_ALL, data, length, NULL, NULL));
  n = cnc_alloc_fail_at (0);
  g_assert_cmpuint (n, >=, 3);
  for (guint i = 1; i <= n; i++)
    {
      g_autoptr (GError) error = NULL;

      cnc_alloc_fail_at (i);
      g_assert_false (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_ALL, data, length, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
    }
  cnc_alloc_fail_at (0);
  g_assert_true (cnc_hybrid_encipher (backend, &keys, CNC_LAYER_ALL, data, length, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < sizeof keys; i++)
    ((guint8 *) &keys)[i] = (guint8) (i * 37 + 11);
  g_test_add_func ("/hybrid/geometry", test_geometry);
  g_test_add_func ("/hybrid/inversion", test_inversion);
  g_test_add_func ("/hybrid/chaining", test_chaining);
  g_test_add_func ("/hybrid/errors", test_errors);
  g_test_add_func ("/hybrid/no-memory", test_no_memory);
  return g_test_run ();
}
