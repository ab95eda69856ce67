/* core/seal/secret: what is accepted as a passphrase, where it is read from, and what is switched off around it. */
#include "base/error.h"
#include "base/memory.h"
#include "seal/secret.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void
assert_secret (CncSecret *secret, const char *want)
{
  g_assert_nonnull (secret);
  g_assert_cmpmem (cnc_secret_bytes (secret), (gint) cnc_secret_size (secret), want, (gint) strlen (want));
  cnc_secret_free (secret);
}

static void
test_init (void)
{
  g_autoptr (GError) error = NULL;
  struct rlimit core;

  g_assert_true (cnc_seal_init (&error));
  g_assert_true (cnc_seal_init (&error));
  g_assert_no_error (error);
  g_assert_cmpint (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0), ==, 0);
  g_assert_cmpint (getrlimit (RLIMIT_CORE, &core), ==, 0);
  g_assert_cmpuint (core.rlim_cur, ==, 0);
}

static void
test_passphrase (void)
{
  static const struct
  {
    const char *text;
    gssize length;    /* -1: up to the NUL */
    const char *want; /* NULL: refused */
  } cases[] = {
    { "correct horse", -1, "correct horse" },
    { " blanks stay ", -1, " blanks stay " },
    { "Gr\xc3\xb6\xc3\x9f"
      "e",
      -1,
      "Gr\xc3\xb6\xc3\x9f"
      "e" },
    { "Gro\xcc\x88\xc3\x9f"
      "e",
      -1,
      "Gr\xc3\xb6\xc3\x9f"
      "e" },                                          /* o, combining diaeresis */
    { "\xe2\x84\xab", -1, "\xc3\x85" },               /* Angstrom sign */
    { "q\xcc\x87\xcc\xa3", -1, "q\xcc\xa3\xcc\x87" }, /* marks in canonical order */
    { "\xef\xac\x81", -1, "\xef\xac\x81" },           /* the fi ligature stays: NFC, not NFKC */
    { "", -1, NULL },
    { "a\0b", 3, NULL },
    { "\xff\xfe", -1, NULL },
    { "\xc3", -1, NULL },
    { "\xed\xa0\x80", -1, NULL }, /* a surrogate */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      CncSecret *secret
          = cnc_secret_new_passphrase (cases[i].text, cases[i].length < 0 ? strlen (cases[i].text) : (gsize) cases[i].length, &error);

      if (cases[i].want != NULL)
        assert_secret (secret, cases[i].want);
      else
        {
          g_assert_null (secret);
          g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
        }
    }
}

static void
test_length (void)
{
  g_autofree char *text = g_strnfill (5 * CNC_PASSPHRASE_MAX_BYTES, 'x');
  g_autoptr (GString) decomposed = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  CncSecret *secret = cnc_secret_new_passphrase (text, CNC_PASSPHRASE_MAX_BYTES, &error);

  g_assert_nonnull (secret);
  cnc_secret_free (secret);
  for (guint more = 1; more <= 4 * CNC_PASSPHRASE_MAX_BYTES; more += 2 * CNC_PASSPHRASE_MAX_BYTES - 1)
    {
      g_assert_null (cnc_secret_new_passphrase (text, CNC_PASSPHRASE_MAX_BYTES + more, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
      g_clear_error (&error);
    }
  /* What counts is the length after normalisation. */
  for (guint i = 0; i < CNC_PASSPHRASE_MAX_BYTES / 2; i++)
    g_string_append (decomposed, "e\xcc\x81");
  secret = cnc_secret_new_passphrase (decomposed->str, decomposed->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnc_secret_size (secret), ==, CNC_PASSPHRASE_MAX_BYTES);
  cnc_secret_free (secret);
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a name, \"quoted\"\n\xc3\xa9", NULL);
  g_autofree char *spec = g_strconcat ("file:", path, NULL);
  g_autofree char *folder_spec = g_strconcat ("file:", folder, NULL);
  g_autofree char *huge = g_strnfill (1 << 20, 'h');
  g_autofree char *fits = g_strnfill (CNC_PASSPHRASE_MAX_BYTES, 'f');
  g_autofree char *fits_line = g_strconcat (fits, "\r\nsecond", NULL);
  const struct
  {
    const char *text;
    const char *want; /* NULL: refused */
  } cases[] = {
    { "plain", "plain" },
    { "plain\n", "plain" },
    { "plain\r\n", "plain" },
    { "first\nsecond\n", "first" },
    { "first\r\nsecond\xff\r\n", "first" },
    { "a\rb\n", "a\rb" },
    { " blank \n", " blank " },
    { "e\xcc\x81\n", "\xc3\xa9" },
    { fits_line, fits },
    { "", NULL },
    { "\n", NULL },
    { "\r\n", NULL },
    { "\nsecond", NULL },
    { "\xff\xfe\n", NULL },
    { huge, NULL },
  };
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CncSecret *secret;

      g_assert_true (g_file_set_contents (path, cases[i].text, -1, NULL));
      secret = cnc_secret_new_from_spec (spec, &error);
      if (cases[i].want != NULL)
        {
          g_assert_no_error (error);
          assert_secret (secret, cases[i].want);
          continue;
        }
      g_assert_null (secret);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_true (g_file_set_contents (path, "a\0b\n", 4, NULL));
  g_assert_null (cnc_secret_new_from_spec (spec, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);

  g_unlink (path);
  g_assert_null (cnc_secret_new_from_spec (spec, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "a name"));
  g_clear_error (&error);
  g_assert_null (cnc_secret_new_from_spec (folder_spec, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (cnc_secret_new_from_spec ("file:/dev/zero", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_rmdir (folder);
}

static void
test_fd (void)
{
  static const char text[] = "one\r\ntwo\n";
  g_autofree char *spec = NULL;
  GError *error = NULL;
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], text, strlen (text)), ==, (gssize) strlen (text));
  close (ends[1]);
  spec = g_strdup_printf ("fd:%d", ends[0]);
  assert_secret (cnc_secret_new_from_spec (spec, &error), "one");
  /* The rest is left where it is. */
  assert_secret (cnc_secret_new_from_spec (spec, &error), "two");
  g_assert_null (cnc_secret_new_from_spec (spec, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  close (ends[0]);
  g_assert_null (cnc_secret_new_from_spec (spec, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
}

static void
test_env (void)
{
  GError *error = NULL;

  g_setenv ("CNC_TEST_SECRET", "value\r\nrest", TRUE);
  assert_secret (cnc_secret_new_from_spec ("env:CNC_TEST_SECRET", &error), "value");
  g_setenv ("CNC_TEST_SECRET", "", TRUE);
  g_assert_null (cnc_secret_new_from_spec ("env:CNC_TEST_SECRET", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_unsetenv ("CNC_TEST_SECRET");
  g_assert_null (cnc_secret_new_from_spec ("env:CNC_TEST_SECRET", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "CNC_TEST_SECRET"));
  g_clear_error (&error);
}

static void
test_spec (void)
{
  static const char *const bad[]
      = { "", "hunter2", "file:", "env:", "fd:", "fd:x", "fd:-1", "fd:1 ", "fd:4294967296", "File:/etc/hostname", "hunter2:x" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (cnc_secret_new_from_spec (bad[i], &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
      g_assert_null (strstr (error->message, "hunter2"));
    }
}

static void
test_key (void)
{
  static const guint8 bytes[CNC_KEY_BYTES] = { 1, 2, 3 };
  g_autoptr (CncSecret) fixed = cnc_secret_new_key (bytes, NULL);
  g_autoptr (CncSecret) a = cnc_secret_new_key (NULL, NULL);
  g_autoptr (CncSecret) b = cnc_secret_new_key (NULL, NULL);

  g_assert_cmpmem (cnc_secret_bytes (fixed), (gint) cnc_secret_size (fixed), bytes, sizeof bytes);
  g_assert_cmpuint (cnc_secret_size (a), ==, CNC_KEY_BYTES);
  g_assert_true (memcmp (cnc_secret_bytes (a), cnc_secret_bytes (b), CNC_KEY_BYTES) != 0);
  cnc_secret_free (NULL);
}

static void
test_no_memory (void)
{
  GError *error = NULL;

  cnc_alloc_fail_at (1);
  g_assert_null (cnc_secret_new_passphrase ("gr\xc3\xbcn", 5, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  g_clear_error (&error);
  cnc_alloc_fail_at (1);
  g_assert_null (cnc_secret_new_key (NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  g_clear_error (&error);
  /* Reading takes two: the line, then the passphrase. */
  g_setenv ("CNC_TEST_SECRET", "value", TRUE);
  for (guint i = 1; i <= 2; i++)
    {
      g_autofree char *path = NULL;
      g_autofree char *spec = NULL;
      const int fd = g_file_open_tmp ("cnncrypt-XXXXXX", &path, NULL);

      g_assert_cmpint (write (fd, "value\n", 6), ==, 6);
      close (fd);
      spec = g_strconcat ("file:", path, NULL);
      cnc_alloc_fail_at (i);
      g_assert_null (cnc_secret_new_from_spec (spec, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      g_clear_error (&error);
      g_unlink (path);
    }
  cnc_alloc_fail_at (0);
}

static void
test_wipe (void)
{
  guint8 bytes[64], zero[64] = { 0 };

  memset (bytes, 7, sizeof bytes);
  cnc_wipe (bytes, sizeof bytes);
  g_assert_cmpmem (bytes, sizeof bytes, zero, sizeof zero);
}

static void
test_bits (void)
{
  /* From weak to strong. */
  static const char *const order[] = { "",
                                       "a",
                                       "12345678",
                                       "aaaaaaaa",
                                       "password",
                                       "Tr0ub4dor&3",
                                       "correct horse battery staple",
                                       "turnip glacier 41 Violin, mustard-yellow kayak" };
  double before = -1.0;

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      const double bits = cnc_passphrase_bits (order[i]);

      g_assert_cmpfloat (bits, >, before);
      before = bits;
    }
  g_assert_cmpfloat (cnc_passphrase_bits ("password"), <, 25.0);
  g_assert_cmpfloat (cnc_passphrase_bits ("correct horse battery staple"), >, 45.0);
  g_assert_cmpfloat (cnc_passphrase_bits ("\xff"), ==, 0.0);
  g_assert_cmpfloat (cnc_passphrase_bits (NULL), ==, 0.0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/init", test_init);
  g_test_add_func ("/secret/passphrase", test_passphrase);
  g_test_add_func ("/secret/length", test_length);
  g_test_add_func ("/secret/file", test_file);
  g_test_add_func ("/secret/fd", test_fd);
  g_test_add_func ("/secret/env", test_env);
  g_test_add_func ("/secret/spec", test_spec);
  g_test_add_func ("/secret/key", test_key);
  g_test_add_func ("/secret/no-memory", test_no_memory);
  g_test_add_func ("/secret/wipe", test_wipe);
  g_test_add_func ("/secret/bits", test_bits);
  return g_test_run ();
}
