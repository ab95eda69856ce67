/* A fuzz target without libFuzzer: a GLib test that runs every file of a corpus, and each of them mutated.
 * Usage: replay FOLDER.  The mutations follow the test's seed, so a failure can be repeated. */
#include "fuzz.h"

#define MUTATIONS 100u
#define MAX_BYTES 40000u /* larger seeds are run as they are */

/* One to four small changes; the result may be shorter or longer. */
static GByteArray *
mutate (const guint8 *data, gsize size)
{
  static const guint8 values[] = { 0, 1, 0x7f, 0x80, 0xff };
  GByteArray *out = g_byte_array_new ();
  const guint changes = (guint) g_test_rand_int_range (1, 5);

  g_byte_array_append (out, data, (guint) size);
  for (guint i = 0; i < changes && out->len > 0; i++)
    {
      const guint cut = (guint) g_test_rand_int_range (1, 20);
      /* Heads are what is parsed. */
      const guint at = (guint) g_test_rand_int_range (0, (gint32) (g_test_rand_int_range (0, 2) ? out->len : MIN (out->len, 300)));

      switch (g_test_rand_int_range (0, 5))
        {
        case 0:
          out->data[at] ^= (guint8) (1 << g_test_rand_int_range (0, 8));
          break;
        case 1:
          out->data[at] = values[g_test_rand_int_range (0, G_N_ELEMENTS (values))];
          break;
        case 2:
          out->data[at] = (guint8) g_test_rand_int_range (0, 256);
          break;
        case 3:
          g_byte_array_remove_range (out, at, MIN (out->len - at, cut));
          break;
        default:
          g_byte_array_set_size (out, at + 1);
        }
    }
  return out;
}

static void
test_file (gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;
  gboolean ok = g_file_get_contents (data, &text, &size, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
  LLVMFuzzerTestOneInput ((const guint8 *) text, size);
  for (guint i = 0; i < MUTATIONS && size <= MAX_BYTES; i++)
    {
      g_autoptr (GByteArray) mutant = mutate ((const guint8 *) text, size);

      LLVMFuzzerTestOneInput (mutant->data, mutant->len);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GDir) dir = NULL;
  guint n = 0;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  dir = g_dir_open (argv[1], 0, NULL);
  g_assert_nonnull (dir);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_strdup_printf ("/fuzz/%s", name);

      g_test_add_data_func_full (path, g_build_filename (argv[1], name, NULL), test_file, g_free);
      n++;
    }
  g_assert_cmpuint (n, >, 0);
  return g_test_run ();
}
