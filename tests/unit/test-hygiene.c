/* What is left in memory of a passphrase and of keys once they are freed: nothing.  The whole process is searched, as a core dump would be.
 */
#include "base/error.h"
#include "seal/keys.h"
#include "seal/stream.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

#define MASK 0x5a
#define PART (1u << 20)

/* Secrets are kept masked here, so that the search does not find what it searches for. */
typedef struct
{
  guint8 bytes[32];
  gsize size;
} Masked;

/* "turnip-kayak-4071-glacier", each byte XOR MASK */
static const Masked passphrase_masked = { { 0x2e, 0x2f, 0x28, 0x34, 0x33, 0x2a, 0x77, 0x31, 0x3b, 0x23, 0x3b, 0x31, 0x77,
                                            0x6e, 0x6a, 0x6d, 0x6b, 0x77, 0x3d, 0x36, 0x3b, 0x39, 0x33, 0x3f, 0x28 },
                                          25 };

static guint
count_in (const guint8 *memory, gsize size, const Masked *masked)
{
  guint n = 0;

  for (gsize i = 0; i + masked->size <= size; i++)
    {
      gsize j = 0;

      while (j < masked->size && (memory[i + j] ^ MASK) == masked->bytes[j])
        j++;
      n += j == masked->size;
    }
  return n;
}

/* How often the secret stands in this process's memory; a page that cannot be read is passed over. */
static guint
search (const Masked *masked)
{
  g_autofree guint8 *part = g_malloc0 (PART);
  g_autofree char *maps = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;
  int fd;

  g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0), ==, 0);
  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  fd = g_open ("/proc/self/mem", O_RDONLY, 0);
  g_assert_cmpint (fd, >=, 0);
  lines = g_strsplit (maps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint64 from, to;

      if (sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", &from, &to) != 2 || strstr (lines[i], "[v") != NULL)
        continue;
      while (from < to)
        {
          const gssize got = pread (fd, part, (gsize) MIN (PART, to - from), (off_t) from);

          if (got > 0 && !(from <= (guintptr) part && (guintptr) part < from + (guint64) got))
            n += count_in (part, (gsize) got, masked);
          memset (part, 0, PART);
          /* A secret across the border of two parts would be missed: go on a little before it. */
          from += got <= 0 ? 4096 : got < 64 || from + (guint64) got == to ? (guint64) got : (guint64) got - 32;
        }
    }
  close (fd);
  g_assert_cmpint (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0), ==, 0);
  return n;
}

static Masked
mask (const guint8 *bytes, gsize size)
{
  Masked masked = { .size = size };

  for (gsize i = 0; i < size; i++)
    masked.bytes[i] = bytes[i] ^ MASK;
  return masked;
}

/* A file with the passphrase, written without leaving a copy. */
static char *
write_file (void)
{
  char *path = NULL;
  const int fd = g_file_open_tmp ("cnncrypt-XXXXXX", &path, NULL);

  for (gsize i = 0; i < passphrase_masked.size; i++)
    {
      const guint8 byte = passphrase_masked.bytes[i] ^ MASK;

      g_assert_cmpint (write (fd, &byte, 1), ==, 1);
    }
  close (fd);
  return path;
}

/* A whole life of the secrets: read, wrap, unlock, seal, open.  *file_key: the key, masked. */
static void
use_secrets (const char *spec, CncSecret **passphrase, Masked *file_key, Masked *stream_key)
{
  static const CncKdfParams cheap = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  static const guint8 plain[100] = { 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) key = cnc_secret_new_key (NULL, &error);
  g_autoptr (CncSecret) opened = NULL;
  g_autoptr (CncSealer) sealer = NULL;
  CncHeader header = { .width = 64, .height = 2, .stream_length = 117, .method = 1, .n_stanzas = 1 };
  guint8 subkey[CNC_KEY_BYTES], sealed[117], out[100];
  gsize written;

  *passphrase = cnc_secret_new_from_spec (spec, &error);
  g_assert_no_error (error);
  *file_key = mask (cnc_secret_bytes (key), CNC_KEY_BYTES);
  cnc_subkey (key, CNC_SUBKEY_STREAM, subkey);
  *stream_key = mask (subkey, CNC_KEY_BYTES);
  cnc_wipe (subkey, sizeof subkey);
  g_assert_true (cnc_stanza_seal_passphrase (&header.stanzas[0], *passphrase, &cheap, key, &error));
  sealer = cnc_sealer_new (key, header.stream_header, &error);
  cnc_header_finish (&header, key);
  cnc_sealer_start (sealer, header.tag, sealed, sizeof sealed);
  g_assert_true (cnc_sealer_push (sealer, plain, sizeof plain, NULL, &error));
  g_assert_true (cnc_sealer_finish (sealer, &written, &error));
  opened = cnc_header_unlock (&header, *passphrase, &error);
  g_assert_no_error (error);
  g_assert_true (cnc_stream_open (opened, header.stream_header, header.tag, sealed, sizeof sealed, out, NULL, &error));
}

static void
test_memory (void)
{
  g_autofree char *path = NULL;
  g_autofree char *spec = NULL;
  CncSecret *passphrase = NULL;
  Masked file_key, stream_key;

  if (WITH_ASAN)
    {
      g_test_skip ("the address sanitizer maps more memory than can be searched");
      return;
    }
  path = write_file ();
  spec = g_strconcat ("file:", path, NULL);
  g_assert_cmpuint (search (&passphrase_masked), ==, 0);
  use_secrets (spec, &passphrase, &file_key, &stream_key);
  g_unlink (path);
  /* The search finds what is there: exactly the one copy that is still in use. */
  g_assert_cmpuint (search (&passphrase_masked), ==, 1);
  cnc_secret_free (passphrase);
  g_assert_cmpuint (search (&passphrase_masked), ==, 0);
  g_assert_cmpuint (search (&file_key), ==, 0);
  g_assert_cmpuint (search (&stream_key), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/hygiene/memory", test_memory);
  return g_test_run ();
}
