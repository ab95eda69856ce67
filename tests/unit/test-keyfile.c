/* core/seal/keyfile, recipients: key files and sealed boxes against values made without libsodium (recipient-values.py), and every fault
 * they can have. */
#include "base/error.h"
#include "seal/keyfile.h"

#include "recipient-values.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#define CHEAP                                                                                                                              \
  {                                                                                                                                        \
    CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN                                                                                                \
  }

static char *folder;

static CncSecret *
key_of (const guint8 *bytes)
{
  g_autoptr (GError) error = NULL;
  CncSecret *key = cnc_secret_new_key (bytes, &error);

  g_assert_no_error (error);
  return key;
}

static char *
file_of (const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
assert_says (GError **error, CncErrorCode code, const char *says)
{
  g_assert_error (*error, CNC_ERROR, (gint) code);
  g_test_message ("%s", (*error)->message);
  if (strstr ((*error)->message, says) == NULL)
    g_error ("“%s” does not say “%s”", (*error)->message, says);
  g_clear_error (error);
}

static void
test_values (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) secret = key_of (value_secret), passphrase = NULL, opened = NULL, unlocked = NULL, wrong = NULL;
  g_autofree char *line = cnc_recipient_text (value_public), *fingerprint = cnc_recipient_fingerprint (value_public);
  g_autofree char *text = cnc_identity_text (secret, NULL, NULL, &error);
  g_autoptr (CncIdentity) open = cnc_identity_parse (value_open_line, &error), locked = cnc_identity_parse (value_locked_line, &error);
  guint8 key[CNC_PUBLIC_KEY_BYTES];

  cnc_public_key (secret, key);
  g_assert_cmpmem (key, sizeof key, value_public, sizeof value_public);
  g_assert_cmpstr (line, ==, value_public_line);
  g_assert_cmpuint (strlen (line), ==, 55);
  g_assert_cmpstr (fingerprint, ==, value_fingerprint);
  g_assert_cmpstr (text, ==, value_open_line);
  g_assert_true (cnc_recipient_parse (value_public_line, key, &error));
  g_assert_cmpmem (key, sizeof key, value_public, sizeof value_public);

  g_assert_false (cnc_identity_is_locked (open));
  opened = cnc_identity_open (open, NULL, &error);
  g_assert_cmpmem (cnc_secret_bytes (opened), CNC_KEY_BYTES, value_secret, CNC_KEY_BYTES);
  g_assert_true (cnc_identity_is_locked (locked));
  passphrase = cnc_secret_new_passphrase (value_passphrase, strlen (value_passphrase), &error);
  unlocked = cnc_identity_open (locked, passphrase, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (cnc_secret_bytes (unlocked), CNC_KEY_BYTES, value_secret, CNC_KEY_BYTES);

  wrong = cnc_secret_new_passphrase ("wrong", 5, &error);
  g_assert_null (cnc_identity_open (locked, wrong, &error));
  assert_says (&error, CNC_ERROR_WRONG_KEY, "passphrase of the identity is wrong");
  g_assert_null (cnc_identity_open (locked, NULL, &error));
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "locked");
}

/* A box that an independent writer sealed. */
static void
test_sealed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) secret = key_of (value_secret), other = key_of (value_other), key = NULL;
  guint8 bodies[2][CNC_STANZA_RECIPIENT_BYTES];
  const guint8 (*both)[CNC_STANZA_RECIPIENT_BYTES] = (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) bodies;

  memcpy (bodies[0], value_sealed, sizeof value_sealed);
  memcpy (bodies[1], value_sealed, sizeof value_sealed);
  bodies[0][79] ^= 1;
  key = cnc_recipients_open (both, 2, secret, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (cnc_secret_bytes (key), CNC_KEY_BYTES, value_file_key, CNC_KEY_BYTES);
  g_assert_null (cnc_recipients_open (both, 2, other, &error));
  assert_says (&error, CNC_ERROR_WRONG_KEY, "2 recipients");
  g_assert_null (cnc_recipients_open (both, 1, secret, &error));
  assert_says (&error, CNC_ERROR_WRONG_KEY, "somebody else");
}

/* Points by which everybody shares the same, of order 1, 2, 4 and 8, and their other spellings; and with the bit set that is not looked at.
 */
static const char *const low_order[] = {
  "0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
unhex (const char *hex, guint8 out[32])
{
  for (guint i = 0; i < 32; i++)
    out[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
}

static void
test_low_order (void)
{
  g_autoptr (CncSecret) secret = key_of (value_secret), file_key = key_of (NULL);
  guint8 bodies[CNC_RECIPIENTS_MAX][CNC_STANZA_RECIPIENT_BYTES], keys[2][CNC_PUBLIC_KEY_BYTES];

  for (guint i = 0; i < 2 * G_N_ELEMENTS (low_order); i++)
    {
      g_autoptr (GError) error = NULL;

      memcpy (keys[0], value_public, sizeof keys[0]);
      unhex (low_order[i / 2], keys[1]);
      if (i % 2 != 0)
        keys[1][31] |= 0x80;
      g_assert_cmpuint (cnc_recipients_seal ((const guint8 (*)[32]) keys, 2, file_key, bodies, &error), ==, 0);
      assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "Recipient number 2");
      memcpy (bodies[0], value_sealed, sizeof value_sealed);
      memcpy (bodies[1], value_sealed, sizeof value_sealed);
      memcpy (bodies[1], keys[1], sizeof keys[1]);
      g_assert_null (cnc_recipients_open ((const guint8 (*)[80]) bodies, 2, secret, &error));
      assert_says (&error, CNC_ERROR_BAD_FORMAT, "key 2 of 2 has a point of low order");
    }
}

/* Each opens its own; one given twice counts once; no body tells whose it is, and the order is not that of the keys. */
static void
test_many (void)
{
  g_autoptr (CncSecret) file_key = key_of (NULL);
  CncSecret *secrets[CNC_RECIPIENTS_MAX + 1];
  guint8 keys[2 * CNC_RECIPIENTS_MAX][CNC_PUBLIC_KEY_BYTES], bodies[CNC_RECIPIENTS_MAX][CNC_STANZA_RECIPIENT_BYTES];
  const guint8 (*sealed)[CNC_STANZA_RECIPIENT_BYTES] = (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) bodies;
  g_autoptr (GError) error = NULL;
  guint in_place = 0;

  for (guint i = 0; i <= CNC_RECIPIENTS_MAX; i++)
    {
      secrets[i] = key_of (NULL);
      cnc_public_key (secrets[i], keys[i]);
    }
  g_assert_cmpuint (cnc_recipients_seal ((const guint8 (*)[32]) keys, 0, file_key, bodies, &error), ==, 0);
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "no recipient");
  g_assert_cmpuint (cnc_recipients_seal ((const guint8 (*)[32]) keys, CNC_RECIPIENTS_MAX + 1, file_key, bodies, &error), ==, 0);
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "33 recipients");
  for (guint i = CNC_RECIPIENTS_MAX; i < 2 * CNC_RECIPIENTS_MAX; i++)
    memcpy (keys[i], keys[i - CNC_RECIPIENTS_MAX], sizeof keys[i]);
  g_assert_cmpuint (cnc_recipients_seal ((const guint8 (*)[32]) keys, 2 * CNC_RECIPIENTS_MAX, file_key, bodies, &error), ==,
                    CNC_RECIPIENTS_MAX);
  g_assert_no_error (error);
  for (guint i = 0; i < CNC_RECIPIENTS_MAX; i++)
    {
      g_autoptr (CncSecret) key = cnc_recipients_open (sealed, CNC_RECIPIENTS_MAX, secrets[i], &error);
      g_autoptr (CncSecret) first = cnc_recipients_open (sealed + i, 1, secrets[i], NULL);

      g_assert_no_error (error);
      g_assert_cmpmem (cnc_secret_bytes (key), CNC_KEY_BYTES, cnc_secret_bytes (file_key), CNC_KEY_BYTES);
      in_place += first != NULL;
      for (guint j = 0; j < CNC_RECIPIENTS_MAX; j++)
        {
          g_assert_null (memmem (bodies, sizeof bodies, keys[j], 8));
          g_assert_true (i == j || memcmp (bodies[i], bodies[j], 32) != 0);
        }
    }
  /* One in 32 on average; 16 or more once in 10^14 times. */
  g_assert_cmpuint (in_place, <, 16);
  g_assert_null (cnc_recipients_open (sealed, CNC_RECIPIENTS_MAX, secrets[CNC_RECIPIENTS_MAX], &error));
  assert_says (&error, CNC_ERROR_WRONG_KEY, "32 recipients");
  for (guint i = 0; i <= CNC_RECIPIENTS_MAX; i++)
    cnc_secret_free (secrets[i]);
}

static void
test_faults (void)
{
  static const struct
  {
    const char *text; /* %s: the line of a public key */
    CncErrorCode code;
    const char *says;
  } cases[] = {
    { "", CNC_ERROR_BAD_FORMAT, "holds no key" },
    { "# only a comment\n\n", CNC_ERROR_BAD_FORMAT, "holds no key" },
    { "%s\nhello\n", CNC_ERROR_BAD_FORMAT, "line 2: this is no key" },
    { "\n\n%sA\n", CNC_ERROR_BAD_FORMAT, "line 3: this key was changed or mistyped" },
    { "cncpub1gI_4wsjI9memf42acU6BW4EhDN8nQXB5G_5lEXPNvDIPey6\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
    { "cncpub1gI_4wsjI9memf42acU6BW4EhDN8nQXB5G_5lEXPNvDIPey67\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
    { "cncpub1gI_4wsjI9memf42acU6BW4EhDN8nQXB5G_5lEXPNvDJPey68\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
    { "cncpub1gI/4wsjI9memf42acU6BW4EhDN8nQXB5G/5lEXPNvDIPey68\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
    { "cncpub1gI_4wsjI9memf42acU6BW4EhD N8nQXB5G_5lEXPNvDIPey68\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
    { "cncpub1\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
    { "CNCPUB1gI_4wsjI9memf42acU6BW4EhDN8nQXB5G_5lEXPNvDIPey68\n", CNC_ERROR_BAD_FORMAT, "is no key" },
    { "cncpub2gI_4wsjI9memf42acU6BW4EhDN8nQXB5G_5lEXPNvDIPey68\n", CNC_ERROR_BAD_VERSION, "newer" },
    { "%s # me\n", CNC_ERROR_BAD_FORMAT, "changed or mistyped" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
      g_autoptr (GString) text = g_string_new (cases[i].text);
      g_autofree char *path = NULL;
      g_autoptr (GError) error = NULL;

      g_string_replace (text, "%s", value_public_line, 0);
      path = file_of ("faulty", text->str);
      g_assert_false (cnc_recipients_read (path, keys, &error));
      g_assert_cmpuint (keys->len, ==, 0);
      assert_says (&error, cases[i].code, cases[i].says);
    }
}

static void
test_files (void)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  g_autoptr (GString) text = g_string_new ("\xef\xbb\xbf# two of them\r\n\r\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (CncIdentity) identity = NULL;
  g_autofree char *path = NULL, *own = NULL, *two = NULL, *large = NULL, *binary = g_build_filename (folder, "binary", NULL);
  g_autofree char *spaces = g_strnfill (CNC_KEY_FILE_MAX_BYTES + 1, ' ');
  guint8 key[32];

  g_string_append_printf (text, " \t%s  \r\n%s", value_public_line, value_public_line);
  path = file_of ("both.pub", text->str);
  g_assert_true (cnc_recipients_read (path, keys, &error));
  g_assert_cmpuint (keys->len, ==, 2);
  g_assert_cmpmem (keys->data + 32, 32, value_public, 32);
  g_string_truncate (text, 0);
  for (guint i = 0; i <= CNC_RECIPIENTS_MAX; i++)
    g_string_append_printf (text, "%s\n", value_public_line);
  g_free (path);
  path = file_of ("many.pub", text->str);
  g_assert_false (cnc_recipients_read (path, keys, &error));
  assert_says (&error, CNC_ERROR_BAD_FORMAT, "more keys than the 32");
  g_assert_cmpuint (keys->len, ==, 2);

  /* One where the other is asked for. */
  g_assert_null (cnc_identity_read (path, &error));
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "many.pub”, line 1: this is a public key");
  own = file_of ("own.identity", value_locked_line);
  g_assert_false (cnc_recipients_read (own, keys, &error));
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "own.identity”, line 1: this is an identity");
  g_assert_false (cnc_recipient_parse (value_open_line, key, &error));
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "This is an identity");
  g_assert_null (cnc_identity_parse (value_public_line, &error));
  assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "This is a public key");
  identity = cnc_identity_read (own, &error);
  g_assert_no_error (error);
  g_assert_true (cnc_identity_is_locked (identity));

  g_string_printf (text, "%s\n%s\n", value_locked_line, value_open_line);
  two = file_of ("two.identity", text->str);
  g_assert_null (cnc_identity_read (two, &error));
  assert_says (&error, CNC_ERROR_BAD_FORMAT, "line 2: this is a second identity");
  g_free (two);
  two = file_of ("none.identity", "# nothing\n");
  g_assert_null (cnc_identity_read (two, &error));
  assert_says (&error, CNC_ERROR_BAD_FORMAT, "holds no identity");
  large = file_of ("large.pub", spaces);
  g_assert_false (cnc_recipients_read (large, keys, &error));
  assert_says (&error, CNC_ERROR_BAD_FORMAT, "is no key file");
  g_assert_true (g_file_set_contents (binary, "\0\0", 2, NULL));
  g_assert_null (cnc_identity_read (binary, &error));
  assert_says (&error, CNC_ERROR_BAD_FORMAT, "is no key file");
  g_assert_null (cnc_identity_read ("/nowhere/at/all", &error));
  assert_says (&error, CNC_ERROR_IO, "/nowhere/at/all");
  g_assert_null (cnc_identity_read (folder, &error));
  assert_says (&error, CNC_ERROR_IO, "could not be read");
}

/* Locked identities that somebody changed, check and all. */
static void
test_altered (void)
{
  static const struct
  {
    const char *line;
    CncErrorCode code;
    const char *says;
  } cases[] = { { value_costly_line, CNC_ERROR_KDF_REFUSED, "identity file asks for" },
                { value_altered_line, CNC_ERROR_DAMAGED, "identity file was altered" } };
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase (value_passphrase, strlen (value_passphrase), NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncIdentity) identity = cnc_identity_parse (cases[i].line, &error);

      g_assert_no_error (error);
      g_assert_null (cnc_identity_open (identity, passphrase, &error));
      assert_says (&error, cases[i].code, cases[i].says);
    }
}

static void
test_make (void)
{
  const CncKdfParams cheap = CHEAP;
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("p", 1, NULL), secret = NULL;
  g_autofree char *name = g_build_filename (folder, "né w", NULL), *pub = g_strconcat (name, ".pub", NULL);
  g_autofree char *own = g_strconcat (name, ".identity", NULL), *before = NULL, *after = NULL;
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  g_autoptr (CncIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;
  guint8 key[CNC_PUBLIC_KEY_BYTES], again[CNC_PUBLIC_KEY_BYTES];
  GStatBuf st;

  g_assert_true (cnc_keys_make (name, passphrase, &cheap, key, &error));
  g_assert_no_error (error);
  g_assert_true (cnc_recipients_read (pub, keys, &error));
  g_assert_cmpuint (keys->len, ==, 1);
  g_assert_cmpmem (keys->data, CNC_PUBLIC_KEY_BYTES, key, sizeof key);
  g_assert_cmpint (g_stat (own, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
  identity = cnc_identity_read (own, &error);
  g_assert_no_error (error);
  secret = cnc_identity_open (identity, passphrase, &error);
  g_assert_no_error (error);
  cnc_public_key (secret, again);
  g_assert_cmpmem (again, sizeof again, key, sizeof key);

  /* Nothing is overwritten, and one alone is not written. */
  g_assert_true (g_file_get_contents (own, &before, NULL, NULL));
  g_assert_false (cnc_keys_make (name, NULL, NULL, key, &error));
  assert_says (&error, CNC_ERROR_IO, "is there already");
  g_assert_true (g_file_get_contents (own, &after, NULL, NULL));
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpint (g_unlink (own), ==, 0);
  g_assert_false (cnc_keys_make (name, NULL, NULL, key, &error));
  assert_says (&error, CNC_ERROR_IO, ".pub” is there already");
  g_assert_false (g_file_test (own, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  const char *name;
  GDir *dir;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  folder = g_dir_make_tmp ("cnncrypt-keyfile-XXXXXX", NULL);
  g_test_add_func ("/keyfile/values", test_values);
  g_test_add_func ("/keyfile/sealed", test_sealed);
  g_test_add_func ("/keyfile/low-order", test_low_order);
  g_test_add_func ("/keyfile/many", test_many);
  g_test_add_func ("/keyfile/faults", test_faults);
  g_test_add_func ("/keyfile/files", test_files);
  g_test_add_func ("/keyfile/altered", test_altered);
  g_test_add_func ("/keyfile/make", test_make);
  status = g_test_run ();
  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
  return status;
}
