/* What is left in memory of a passphrase and of keys once they are freed: nothing.  The whole process is searched, as a core dump would be.
 */
#include "base/error.h"
#include "hygiene.h"
#include "methods/carrier.h"
#include "seal/keys.h"
#include "seal/stream.h"

/* "turnip-kayak-4071-glacier", each byte XOR MASK */
static const Masked passphrase_masked = { { 0x2e, 0x2f, 0x28, 0x34, 0x33, 0x2a, 0x77, 0x31, 0x3b, 0x23, 0x3b, 0x31, 0x77,
                                            0x6e, 0x6a, 0x6d, 0x6b, 0x77, 0x3d, 0x36, 0x3b, 0x39, 0x33, 0x3f, 0x28 },
                                          25 };

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

/* The keys of a carrier, masked, after it was made and opened again. */
static void
use_carrier (Masked *carrier_key, Masked *fill, Masked *size)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncSecret) kek = cnc_secret_new_key (NULL, NULL), key = cnc_carrier_key_from_kek (kek, NULL), unlocked = NULL;
  const CncCarrierLock lock = { .key = key, .params = cnc_kdf_complete (NULL) };
  const CncCarrierParams params = { 0 };
  g_autoptr (CncPicture) picture = cnc_picture_new (), back = NULL;
  g_autoptr (CncRaster) raster = NULL;
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (GError) error = NULL;
  guint8 subkey[CNC_KEY_BYTES];

  picture->raster = cnc_raster_new (200, 150, &format, &error);
  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i] = (guint8) (i / 7);
  *carrier_key = mask (cnc_secret_bytes (key), CNC_KEY_BYTES);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_FILL, subkey);
  *fill = mask (subkey, CNC_KEY_BYTES);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_SIZE, subkey);
  *size = mask (subkey, CNC_KEY_BYTES);
  cnc_wipe (subkey, sizeof subkey);
  raster = cnc_share_encrypt (picture, &lock, &params, &error);
  g_assert_no_error (error);
  g_assert_true (cnc_carrier_find (raster, NULL, &carrier, NULL, &error));
  unlocked = cnc_carrier_unlock_kek (&carrier->header, kek, &error);
  g_assert_no_error (error);
  back = cnc_share_decrypt (carrier, unlocked, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
test_carrier (void)
{
  Masked carrier_key, fill, size;

  if (WITH_ASAN)
    {
      g_test_skip ("the address sanitizer maps more memory than can be searched");
      return;
    }
  use_carrier (&carrier_key, &fill, &size);
  g_assert_cmpuint (search (&carrier_key), ==, 0);
  g_assert_cmpuint (search (&fill), ==, 0);
  g_assert_cmpuint (search (&size), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/hygiene/memory", test_memory);
  g_test_add_func ("/hygiene/carrier", test_carrier);
  return g_test_run ();
}
