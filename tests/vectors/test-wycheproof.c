/* Wycheproof's X25519 and XChaCha20-Poly1305 cases and libsodium's own, through core/seal/primitives.c. */
#include "seal/primitives.h"
#include "seal/secret.h"

/* The columns of a table, without comments; each line's fields. */
typedef void (*CaseFunc) (char **fields, gpointer counts);

static GByteArray *
unhex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  if (strcmp (hex, "-") == 0)
    return bytes;
  g_assert_cmpuint (strlen (hex) % 2, ==, 0);
  for (; *hex != '\0'; hex += 2)
    {
      const gint high = g_ascii_xdigit_value (hex[0]), low = g_ascii_xdigit_value (hex[1]);
      const guint8 byte = (guint8) (high << 4 | low);

      g_assert_true (high >= 0 && low >= 0);
      g_byte_array_append (bytes, &byte, 1);
    }
  return bytes;
}

static void
assert_equal (const GByteArray *got, const GByteArray *want)
{
  g_assert_cmpmem (got->data, (gint) got->len, want->data, (gint) want->len);
}

static void
for_each (const char *name, guint n_fields, CaseFunc func, gpointer counts)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "wycheproof", name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = NULL;

      if (*lines[i] == '\0' || *lines[i] == '#')
        continue;
      fields = g_strsplit (lines[i], " ", -1);
      g_assert_cmpuint (g_strv_length (fields), ==, n_fields);
      func (fields, counts);
    }
}

typedef struct
{
  guint good, refused;
} Counts;

/* tcId result public private shared */
static void
x25519_case (char **fields, gpointer data)
{
  Counts *counts = data;
  g_autoptr (GByteArray) public_key = unhex (fields[2]);
  g_autoptr (GByteArray) secret = unhex (fields[3]);
  g_autoptr (GByteArray) want = unhex (fields[4]);
  guint8 shared[CNC_X25519_BYTES], any = 0;
  const gboolean ok = cnc_x25519 (secret->data, secret->len, public_key->data, public_key->len, shared);

  g_test_message ("tcId %s", fields[0]);
  for (guint i = 0; i < want->len; i++)
    any |= want->data[i];
  g_assert_cmpmem (shared, sizeof shared, want->data, (gint) want->len);
  g_assert_true (ok == (any != 0));
  counts->good += ok;
  counts->refused += !ok;
}

static void
test_x25519 (void)
{
  Counts counts = { 0 };

  for_each ("x25519.txt", 5, x25519_case, &counts);
  g_assert_cmpuint (counts.good + counts.refused, ==, 518);
  g_assert_cmpuint (counts.refused, >, 20);
}

/* tcId result key iv aad msg ct tag */
static void
aead_case (char **fields, gpointer data)
{
  Counts *counts = data;
  const gboolean valid = strcmp (fields[1], "valid") == 0;
  g_autoptr (GByteArray) key = unhex (fields[2]);
  g_autoptr (GByteArray) nonce = unhex (fields[3]);
  g_autoptr (GByteArray) aad = unhex (fields[4]);
  g_autoptr (GByteArray) plain = unhex (fields[5]);
  g_autoptr (GByteArray) sealed = unhex (fields[6]);
  g_autoptr (GByteArray) tag = unhex (fields[7]);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) opened = g_byte_array_new ();
  gboolean ok;

  g_test_message ("tcId %s", fields[0]);
  g_assert_cmpuint (key->len, ==, 32);
  g_byte_array_append (sealed, tag->data, tag->len);
  g_byte_array_set_size (out, plain->len + CNC_AEAD_TAG_BYTES);
  g_byte_array_set_size (opened, sealed->len - MIN (sealed->len, CNC_AEAD_TAG_BYTES));
  if (opened->len > 0)
    memset (opened->data, 0xa5, opened->len);

  ok = cnc_aead_open (key->data, nonce->data, nonce->len, aad->data, aad->len, sealed->data, sealed->len, opened->data);
  g_assert_true (ok == valid);
  if (ok)
    assert_equal (opened, plain);
  for (guint i = 0; i < opened->len && !ok; i++)
    g_assert_cmpuint (opened->data[i], ==, 0);

  ok = cnc_aead_seal (key->data, nonce->data, nonce->len, aad->data, aad->len, plain->data, plain->len, out->data);
  g_assert_true (ok == (nonce->len == CNC_AEAD_NONCE_BYTES));
  if (valid)
    assert_equal (out, sealed);
  else if (ok)
    g_assert_true (memcmp (out->data, sealed->data, sealed->len) != 0);
  counts->good += valid;
  counts->refused += !valid;
}

static void
test_aead (void)
{
  Counts counts = { 0 };

  for_each ("xchacha20-poly1305.txt", 8, aead_case, &counts);
  g_assert_cmpuint (counts.good, ==, 220);
  g_assert_cmpuint (counts.refused, ==, 64);
}

/* Sizes that no key, nonce or sealed text has. */
static void
test_sizes (void)
{
  static const guint8 key[32] = { 1 }, bytes[64] = { 9 };
  guint8 out[64], zero[64] = { 0 };

  for (gsize size = 0; size <= 64; size++)
    {
      if (size != CNC_AEAD_NONCE_BYTES)
        g_assert_false (cnc_aead_seal (key, bytes, size, NULL, 0, bytes, 4, out));
      if (size < CNC_AEAD_TAG_BYTES)
        g_assert_false (cnc_aead_open (key, bytes, CNC_AEAD_NONCE_BYTES, NULL, 0, bytes, size, out));
      if (size == CNC_X25519_BYTES)
        continue;
      memset (out, 7, sizeof out);
      g_assert_false (cnc_x25519 (bytes, size, bytes, 32, out));
      g_assert_false (cnc_x25519 (bytes, 32, bytes, size, out));
      g_assert_cmpmem (out, 32, zero, 32);
    }
}

/* The case of libsodium's test/default/aead_xchacha20poly1305.c and the shared secret of scalarmult.c. */
static void
test_libsodium (void)
{
  static const char text[]
      = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  g_autoptr (GByteArray) key = unhex ("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  g_autoptr (GByteArray) nonce = unhex ("07000000404142434445464748494a4b4c4d4e4f50515253");
  g_autoptr (GByteArray) aad = unhex ("50515253c0c1c2c3c4c5c6c7");
  g_autoptr (GByteArray) want
      = unhex ("f8ebea4875044066fc162a0604e171feecfb3d20425248563bcfd5a155dcc47bbda70b86e5ab9b55002bd1274c02db35321acd7af8b2e2d25015e1"
               "36b7679458e9f43243bf719d639badb5feac03f80a19a96ef10cb1d15333a837b90946ba3854ee74da3f2585efc7e1e170e17e15e563e77601f4f8"
               "5cafa8e5877614e143e68420");
  g_autoptr (GByteArray) secret = unhex ("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  g_autoptr (GByteArray) public_key = unhex ("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  g_autoptr (GByteArray) shared = unhex ("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  g_autoptr (GByteArray) low_order = unhex ("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  guint8 out[sizeof text - 1 + CNC_AEAD_TAG_BYTES];

  g_assert_true (cnc_aead_seal (key->data, nonce->data, nonce->len, aad->data, aad->len, (const guint8 *) text, strlen (text), out));
  g_assert_cmpmem (out, sizeof out, want->data, (gint) want->len);
  g_assert_true (cnc_x25519 (secret->data, 32, public_key->data, 32, out));
  g_assert_cmpmem (out, 32, shared->data, 32);
  g_assert_false (cnc_x25519 (secret->data, 32, low_order->data, 32, out));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/wycheproof/x25519", test_x25519);
  g_test_add_func ("/wycheproof/xchacha20-poly1305", test_aead);
  g_test_add_func ("/wycheproof/sizes", test_sizes);
  g_test_add_func ("/wycheproof/libsodium", test_libsodium);
  return g_test_run ();
}
