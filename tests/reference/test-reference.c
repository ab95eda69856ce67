/* tests/reference: the C reference against an independent implementation (cipher-values.py), and its errors. */
#include "cipher-case.h"
#include "cipher-values.h"
#include "base/memory.h"

static void
assert_digest (const guint32 *words, gsize count, const char *expected)
{
  g_autofree char *digest = NULL;

  g_assert_cmpint (G_BYTE_ORDER, ==, G_LITTLE_ENDIAN);
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) words, count * 4);
  g_assert_cmpstr (digest, ==, expected);
}

static void
test_values (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cipher_values); i++)
    {
      const CncCipherShape shape = { cipher_values[i].width, cipher_values[i].height };
      const gsize count = (gsize) shape.width * shape.height;
      g_autofree guint32 *source_words = case_words (11, count), *target_words = case_words (22, count);
      g_autofree guint32 *table_words = case_tables (77, &shape);
      CncBuffer *source = case_buffer (backend, source_words, count), *target = case_buffer (backend, target_words, count);
      CncBuffer *result = case_buffer (backend, NULL, count);
      CncBuffer *tables = case_buffer (backend, table_words, cnc_cipher_table_words (&shape));
      const char *expected[] = { cipher_values[i].forward, cipher_values[i].inverse, cipher_values[i].sum, cipher_values[i].difference };

      for (guint inverse = 0; inverse < 2; inverse++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree guint32 *words = NULL, *sum = NULL;

          g_assert_true (backend->table->cipher_round (backend, &shape, tables, 0, source, target, result, inverse != 0, &error));
          words = case_read (backend, result, count);
          assert_digest (words, count, expected[inverse]);
          g_assert_true (backend->table->copy (backend, result, 0, target, 0, count, &error));
          g_assert_true (backend->table->add_bytes (backend, result, 0, source, 0, count, inverse != 0, &error));
          sum = case_read (backend, result, count);
          assert_digest (sum, count, expected[2 + inverse]);
        }
      cnc_buffer_free (backend, source);
      cnc_buffer_free (backend, target);
      cnc_buffer_free (backend, result);
      cnc_buffer_free (backend, tables);
    }
}

static void
test_memory (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (GError) error = NULL;

  cnc_alloc_fail_at (1);
  g_assert_null (cnc_buffer_new (backend, 1024, &error));
  cnc_alloc_fail_at (0);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reference/values", test_values);
  g_test_add_func ("/reference/memory", test_memory);
  return g_test_run ();
}
