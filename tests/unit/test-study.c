/* core/methods/study: each choice of layers there and back, keys that differ in one bit, and what the same key gives again. */
#include "base/error.h"
#include "engine/engine.h"
#include "methods/study.h"
#include "seal/keys.h"

#include <string.h>

static CncBackend *backend;

static guint
bits_apart (gconstpointer a, gconstpointer b, gsize size)
{
  const guint8 *p = a, *q = b;
  guint n = 0;

  for (gsize i = 0; i < size; i++)
    for (guint bit = 0; bit < 8; bit++)
      n += ((p[i] ^ q[i]) >> bit) & 1;
  return n;
}

static void
fill (guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i / 7 + i % 5);
}

static void
test_round_trip (gconstpointer data)
{
  static const gsize sizes[] = { 1, 63, 4096, 100003, 200000 };
  const CncStudyChoice *choice = data;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const gsize length = (gsize) cnc_study_padded_length (sizes[i]);
      g_autofree guint8 *plain = g_malloc0 (length), *a = NULL, *b = NULL;
      g_autoptr (GError) error = NULL;
      CncStudyKeys one, other;

      g_assert_cmpuint (length, >=, sizes[i]);
      fill (plain, sizes[i]);
      a = g_memdup2 (plain, length);
      b = g_memdup2 (plain, length);
      g_assert_true (cnc_study_keys (choice->layers, NULL, &one, &other, &error));
      g_assert_true (cnc_study_encipher (backend, &one, choice->layers, a, length, NULL, &error));
      g_assert_true (cnc_study_encipher (backend, &other, choice->layers, b, length, NULL, &error));
      g_assert_no_error (error);
      if (sizes[i] >= 4096)
        {
          g_assert_cmpuint (bits_apart (a, plain, length), >, 3 * length);
          g_assert_cmpuint (bits_apart (a, b, length), >, 3 * length);
        }
      /* with the other key first: that is not the way back */
      memcpy (b, a, length);
      g_assert_true (cnc_study_decipher (backend, &other, choice->layers, b, length, NULL, &error));
      if (sizes[i] >= 4096)
        g_assert_cmpuint (bits_apart (b, plain, length), >, 3 * length);
      g_assert_true (cnc_study_decipher (backend, &one, choice->layers, a, length, NULL, &error));
      g_assert_cmpint (memcmp (a, plain, length), ==, 0);
    }
}

static void
test_keys (void)
{
  const guint8 file_key[32] = { 1, 2, 3 };

  for (const CncStudyChoice *choice = cnc_study_choices (); choice->id != NULL; choice++)
    {
      CncStudyKeys one, other, again, fresh;

      g_assert_true (cnc_study_keys (choice->layers, file_key, &one, &other, NULL));
      g_assert_true (cnc_study_keys (choice->layers, file_key, &again, &fresh, NULL));
      g_assert_cmpmem (&one, sizeof one, &again, sizeof again);
      g_assert_cmpmem (&other, sizeof other, &fresh, sizeof fresh);
      g_assert_cmpmem (one.hybrid.iv, 32, other.hybrid.iv, 32);
      if (choice->layers == CNC_STUDY_ALL) /* all that follows from the file key */
        {
          g_assert_cmpuint (bits_apart (one.hybrid.chaos, other.hybrid.chaos, 32), >, 64);
          g_assert_cmpuint (bits_apart (one.hybrid.cnn, other.hybrid.cnn, 32), >, 64);
          g_assert_cmpuint (bits_apart (one.stream, other.stream, 32), >, 64);
        }
      else
        g_assert_cmpuint (bits_apart (&one, &other, sizeof one), ==, 1);
      g_assert_true (cnc_study_keys (choice->layers, NULL, &fresh, &other, NULL));
      g_assert_cmpuint (bits_apart (&one, &fresh, sizeof one), >, 256);
    }
}

static void
test_names (void)
{
  g_autoptr (GError) error = NULL;

  for (const CncStudyChoice *choice = cnc_study_choices (); choice->id != NULL; choice++)
    g_assert_true (cnc_study_choice_by_id (choice->id, NULL) == choice);
  g_assert_null (cnc_study_choice_by_id ("rot13", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "chaos"));
}

static void
test_cancel (void)
{
  const gsize length = (gsize) cnc_study_padded_length (100000);

  for (const CncStudyChoice *choice = cnc_study_choices (); choice->id != NULL; choice++)
    {
      g_autofree guint8 *data = g_malloc0 (length);
      g_autoptr (GError) error = NULL;
      CncTask task = { .cancelled = 1 };
      CncStudyKeys one, other;

      g_assert_true (cnc_study_keys (choice->layers, NULL, &one, &other, NULL));
      g_assert_false (cnc_study_encipher (backend, &one, choice->layers, data, length, &task, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (&error));
  backend = cnc_engine_open ("cpu", CNC_WORK_CIPHER, NULL, &error);
  g_assert_no_error (error);
  for (const CncStudyChoice *choice = cnc_study_choices (); choice->id != NULL; choice++)
    {
      g_autofree char *path = g_strconcat ("/study/round-trip/", choice->id, NULL);

      g_test_add_data_func (path, choice, test_round_trip);
    }
  g_test_add_func ("/study/keys", test_keys);
  g_test_add_func ("/study/names", test_names);
  g_test_add_func ("/study/cancel", test_cancel);
  status = g_test_run ();
  cnc_backend_free (backend);
  return status;
}
