/* core/seal/keys: the key schedule against values made without libsodium (seal-values.py), stanzas, limits, tampering. */
#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"

#include "seal-values.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#endif

#define AT_OPS 16u
#define AT_MEMORY 20u
#define AT_COMMITMENT 24u
#define AT_NONCE 56u

static CncSecret *
key_of (const guint8 *bytes)
{
  g_autoptr (GError) error = NULL;
  CncSecret *key = cnc_secret_new_key (bytes, &error);

  g_assert_no_error (error);
  return key;
}

static void
read_values (CncHeader *header)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_header_read (value_header, sizeof value_header, 0, 0, header, &error));
  g_assert_no_error (error);
}

static void
test_subkeys (void)
{
  static const struct
  {
    CncSubkey which;
    const guint8 *want;
  } cases[] = {
    { CNC_SUBKEY_HEADER, value_cc1_head }, { CNC_SUBKEY_STREAM, value_cc1_strm }, { CNC_SUBKEY_CHAOS, value_cc1_chao },
    { CNC_SUBKEY_CNN, value_cc1_cnn },     { CNC_SUBKEY_IV, value_cc1_iv },       { CNC_SUBKEY_FILL, value_cc1_fill },
  };
  g_autoptr (CncSecret) file_key = key_of (value_file_key);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint8 out[CNC_KEY_BYTES];

      cnc_subkey (file_key, cases[i].which, out);
      g_assert_cmpmem (out, sizeof out, cases[i].want, CNC_KEY_BYTES);
    }
}

/* A header that an independent writer made opens with the passphrase and with its key-encryption key. */
static void
test_values (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase (value_passphrase, strlen (value_passphrase), &error);
  g_autoptr (CncSecret) kek = key_of (value_kek);
  g_autoptr (CncSecret) wrong = cnc_secret_new_passphrase ("wrong", 5, &error);
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncSecret) by_kek = NULL;
  CncHeader header;

  read_values (&header);
  g_assert_true (cnc_header_check_sum (&header, &error));
  key = cnc_header_unlock (&header, passphrase, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (cnc_secret_bytes (key), CNC_KEY_BYTES, value_file_key, CNC_KEY_BYTES);
  by_kek = cnc_header_unlock_kek (&header, kek, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (cnc_secret_bytes (by_kek), CNC_KEY_BYTES, value_file_key, CNC_KEY_BYTES);
  g_assert_true (cnc_header_check_tag (&header, key, &error));
  g_assert_null (cnc_header_unlock (&header, wrong, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
}

static void
test_finish (void)
{
  g_autoptr (CncSecret) file_key = key_of (value_file_key);
  guint8 bytes[CNC_HEADER_MAX_BYTES];
  CncHeader header;

  read_values (&header);
  memset (header.checksum, 0, sizeof header.checksum);
  memset (header.tag, 0, sizeof header.tag);
  cnc_header_finish (&header, file_key);
  cnc_header_write (&header, bytes);
  g_assert_cmpmem (bytes, (gint) cnc_header_bytes (&header), value_header, sizeof value_header);
}

static void
test_keystream (void)
{
  guint8 out[sizeof value_keystream_0], parts[sizeof value_keystream_0];

  cnc_keystream (value_file_key, 0, out, sizeof out);
  g_assert_cmpmem (out, sizeof out, value_keystream_0, sizeof value_keystream_0);
  cnc_keystream (value_file_key, 0, parts, 64);
  cnc_keystream (value_file_key, 64, parts + 64, sizeof parts - 64);
  g_assert_cmpmem (parts, sizeof parts, out, sizeof out);
  /* Beyond 2^32 blocks. */
  cnc_keystream (value_file_key, (G_GUINT64_CONSTANT (4294967296) + 5) * 64, out, sizeof out);
  g_assert_cmpmem (out, sizeof out, value_keystream_far, sizeof value_keystream_far);
  cnc_keystream (value_file_key, 0, NULL, 0);
}

static void
test_hash (void)
{
  /* b2sum -l 256 of "abc" and of nothing. */
  static const guint8 abc[32] = { 0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72, 0x31, 0x71, 0xef, 0x3f, 0xee, 0x98, 0x57, 0x9b,
                                  0x94, 0x96, 0x4e, 0x3b, 0xb1, 0xcb, 0x3e, 0x42, 0x72, 0x62, 0xc8, 0xc0, 0x68, 0xd5, 0x23, 0x19 };
  static const guint8 none[32] = { 0x0e, 0x57, 0x51, 0xc0, 0x26, 0xe5, 0x43, 0xb2, 0xe8, 0xab, 0x2e, 0xb0, 0x60, 0x99, 0xda, 0xa1,
                                   0xd1, 0xe5, 0xdf, 0x47, 0x77, 0x8f, 0x77, 0x87, 0xfa, 0xab, 0x45, 0xcd, 0xf1, 0x2f, 0xe3, 0xa8 };
  guint8 out[32], whole[32], other[32];
  const guint8 *parts[] = { (const guint8 *) "a", (const guint8 *) "", (const guint8 *) "bc" }, *one = (const guint8 *) "abc";
  const gsize sizes[] = { 1, 0, 2 }, three = 3;

  cnc_hash ((const guint8 *) "abc", 3, out);
  g_assert_cmpmem (out, 32, abc, 32);
  cnc_hash ((const guint8 *) "", 0, out);
  g_assert_cmpmem (out, 32, none, 32);
  cnc_keyed_hash (value_kek, parts, sizes, 3, out);
  cnc_keyed_hash (value_kek, &one, &three, 1, whole);
  g_assert_cmpmem (out, 32, whole, 32);
  cnc_keyed_hash (value_file_key, &one, &three, 1, other);
  g_assert_false (cnc_equal (other, whole, 32));
  g_assert_true (cnc_equal (out, whole, 32));
}

static void
make (CncHeader *header, const CncSecret *kek, const CncSecret *file_key)
{
  g_autoptr (GError) error = NULL;

  memset (header, 0, sizeof *header);
  header->width = 64;
  header->height = 9;
  header->stream_length = 1000;
  header->method = CNC_METHOD_HYBRID;
  header->n_stanzas = 1;
  g_assert_true (cnc_stanza_seal_kek (&header->stanzas[0], kek, value_kek, NULL, file_key, &error));
  cnc_header_finish (header, file_key);
}

static void
test_round_trip (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) kek = key_of (NULL);
  g_autoptr (CncSecret) other = key_of (NULL);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  g_autoptr (CncSecret) opened = NULL;
  CncHeader header, again;

  make (&header, kek, file_key);
  make (&again, kek, file_key);
  g_assert_cmpuint (cnc_get_u32 (header.stanzas[0].body + AT_OPS), ==, 3);
  g_assert_cmpuint (cnc_get_u32 (header.stanzas[0].body + AT_MEMORY), ==, 256 * 1024);
  /* A fresh nonce each time. */
  g_assert_true (memcmp (header.stanzas[0].body + AT_NONCE, again.stanzas[0].body + AT_NONCE, 24) != 0);
  opened = cnc_header_unlock_kek (&header, kek, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (cnc_secret_bytes (opened), CNC_KEY_BYTES, cnc_secret_bytes (file_key), CNC_KEY_BYTES);
  g_assert_null (cnc_header_unlock_kek (&header, other, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
}

static void
test_passphrase (void)
{
  static const CncKdfParams cheap = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("na\xc3\xafve", 6, &error);
  g_autoptr (CncSecret) typed = cnc_secret_new_passphrase ("nai\xcc\x88ve", 7, &error);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  g_autoptr (CncSecret) opened = NULL;
  CncHeader header = { .n_stanzas = 1 };
  CncStanza again;

  g_assert_true (cnc_stanza_seal_passphrase (&header.stanzas[0], passphrase, &cheap, file_key, &error));
  g_assert_true (cnc_stanza_seal_passphrase (&again, passphrase, &cheap, file_key, &error));
  g_assert_true (memcmp (header.stanzas[0].body, again.body, 16) != 0);
  opened = cnc_header_unlock (&header, typed, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (cnc_secret_bytes (opened), CNC_KEY_BYTES, cnc_secret_bytes (file_key), CNC_KEY_BYTES);
}

/* Every bit of the stanza counts: the commitment notices the key, the wrap's additional data everything else. */
static void
test_flips (void)
{
  g_autoptr (CncSecret) kek = key_of (NULL);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  CncHeader header;

  make (&header, kek, file_key);
  for (guint bit = 0; bit < 8 * CNC_STANZA_PASSPHRASE_BYTES; bit++)
    {
      g_autoptr (GError) error = NULL;
      CncHeader bad = header;
      const guint at = bit / 8;

      bad.stanzas[0].body[at] ^= (guint8) (1 << bit % 8);
      g_assert_null (cnc_header_unlock_kek (&bad, kek, &error));
      if (at >= AT_COMMITMENT && at < AT_NONCE)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY);
      else if (at >= AT_OPS && at < AT_COMMITMENT)
        g_assert_true (g_error_matches (error, CNC_ERROR, CNC_ERROR_DAMAGED) || g_error_matches (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED));
      else
        g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
      g_assert_false (cnc_header_check_tag (&bad, file_key, NULL));
      g_assert_false (cnc_header_check_sum (&bad, NULL));
    }
}

static void
test_limits (void)
{
  static const struct
  {
    guint32 ops, memory_kib;
    const char *names; /* NULL: accepted */
  } cases[] = {
    { 1, 64 * 1024, NULL },
    { 16, 1024 * 1024, NULL },
    { 0, 64 * 1024, "0 passes" },
    { 17, 64 * 1024, "17 passes" },
    { G_MAXUINT32, 64 * 1024, "4294967295 passes" },
    { 3, 0, "over 0 MiB" },
    { 3, 8, "8 KiB" },
    { 3, 64 * 1024 - 1, "65535 KiB" },
    { 3, 1024 * 1024 + 1, "1048577 KiB" },
    { 3, 1024 * 1024 * 1024, "1048576 MiB" }, /* 1 TiB */
    { 3, G_MAXUINT32, "4294967295 KiB" },
  };
  g_autoptr (GError) ignored = NULL;
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("p", 1, &ignored);
  g_autoptr (CncSecret) kek = key_of (NULL);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  CncHeader header;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const CncKdfParams params = { cases[i].ops, cases[i].memory_kib };
      g_autoptr (GError) error = NULL;
      CncStanza stanza;
      const gint64 start = g_get_monotonic_time ();

      make (&header, kek, file_key);
      cnc_put_u32 (header.stanzas[0].body + AT_OPS, cases[i].ops);
      cnc_put_u32 (header.stanzas[0].body + AT_MEMORY, cases[i].memory_kib);
      g_assert_null (cnc_header_unlock_kek (&header, kek, &error));
      if (cases[i].names == NULL)
        {
          g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED); /* the cost is part of what is authenticated */
          continue;
        }
      g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
      g_assert_nonnull (strstr (error->message, cases[i].names));
      g_clear_error (&error);
      g_assert_null (cnc_header_unlock (&header, passphrase, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
      g_clear_error (&error);
      if (cases[i].ops == 0 || cases[i].memory_kib == 0)
        continue; /* as parameters they mean the default */
      g_assert_false (cnc_stanza_seal_passphrase (&stanza, passphrase, &params, file_key, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
      g_clear_error (&error);
      g_assert_false (cnc_stanza_seal_kek (&stanza, kek, value_kek, &params, file_key, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_KDF_REFUSED);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);
    }
}

static void
test_stanzas (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) kek = key_of (NULL);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  CncHeader header;

  make (&header, kek, file_key);
  header.n_stanzas = 0;
  g_assert_null (cnc_header_unlock_kek (&header, kek, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
  g_clear_error (&error);
  header.n_stanzas = 2;
  header.stanzas[1] = header.stanzas[0];
  g_assert_null (cnc_header_unlock_kek (&header, kek, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
  g_clear_error (&error);
  header.stanzas[0].type = CNC_STANZA_RECIPIENT;
  g_assert_null (cnc_header_unlock_kek (&header, kek, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
  g_clear_error (&error);
  header.stanzas[1].type = CNC_STANZA_RECIPIENT;
  g_assert_null (cnc_header_unlock_kek (&header, kek, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

static void
test_no_memory (void)
{
  g_autoptr (CncSecret) kek = key_of (NULL);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  g_autoptr (GError) error = NULL;
  CncHeader header;

  make (&header, kek, file_key);
  cnc_alloc_fail_at (1);
  g_assert_null (cnc_header_unlock_kek (&header, kek, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  cnc_alloc_fail_at (0);
}

/* Argon2id's own memory is libsodium's; a process with too little address space for it reads an error as well. */
static void
test_no_kdf_memory (void)
{
  static const CncKdfParams large = { 1, CNC_KDF_MEMORY_KIB_MAX };
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("p", 1, NULL);
  g_autoptr (CncSecret) file_key = key_of (NULL);
  pid_t child;
  int status;

#ifdef WITH_ASAN
  g_test_skip ("the address sanitizer needs the address space itself");
  return;
#endif
  child = fork ();
  if (child == 0)
    {
      const struct rlimit limit = { 512 << 20, 512 << 20 };
      g_autoptr (GError) error = NULL;
      CncStanza stanza;

      if (setrlimit (RLIMIT_AS, &limit) != 0)
        _exit (2);
      _exit (!cnc_stanza_seal_passphrase (&stanza, passphrase, &large, file_key, &error)
                     && g_error_matches (error, CNC_ERROR, CNC_ERROR_NO_MEMORY)
                 ? 0
                 : 1);
    }
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keys/subkeys", test_subkeys);
  g_test_add_func ("/keys/values", test_values);
  g_test_add_func ("/keys/finish", test_finish);
  g_test_add_func ("/keys/keystream", test_keystream);
  g_test_add_func ("/keys/hash", test_hash);
  g_test_add_func ("/keys/round-trip", test_round_trip);
  g_test_add_func ("/keys/passphrase", test_passphrase);
  g_test_add_func ("/keys/flips", test_flips);
  g_test_add_func ("/keys/limits", test_limits);
  g_test_add_func ("/keys/stanzas", test_stanzas);
  g_test_add_func ("/keys/no-memory", test_no_memory);
  g_test_add_func ("/keys/no-kdf-memory", test_no_kdf_memory);
  return g_test_run ();
}
