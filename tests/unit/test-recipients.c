/* Pictures for recipients, from lock to picture: each opens them, nobody else does, and nothing in them says for whom they are. */
#include "base/error.h"
#include "methods/crypt.h"

#define MANY CNC_RECIPIENTS_MAX

static CncBackend *backend;
static CncSecret *secrets[MANY + 1]; /* the last one is for nobody */
static guint8 keys[MANY + 1][CNC_PUBLIC_KEY_BYTES];

static CncPicture *
make_picture (void)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, TRUE };
  CncPicture *picture = cnc_picture_new ();

  picture->raster = cnc_raster_new (70, 41, &format, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i] = (guint8) (i / 64 + (gsize) g_test_rand_int_range (0, 3));
  return picture;
}

static CncRaster *
encrypt (const CncPicture *picture, guint n, GError **error)
{
  g_autoptr (CncLock) lock = cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) keys, n, error);
  const CncEncryptParams params = { .backend = backend };

  return lock != NULL ? cnc_encrypt (picture, lock, &params, error) : NULL;
}

static CncPicture *
open_with (const CncRaster *carrier, const CncOpener *opener, GError **error)
{
  const CncDecryptParams params = { .backend = backend };
  g_autoptr (CncSecret) key = NULL;
  CncHeader header;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error))
    return NULL;
  key = cnc_unlock (&header, opener, error);
  return key != NULL ? cnc_decrypt (carrier, &header, key, &params, error) : NULL;
}

static void
assert_refused (const CncRaster *carrier, const CncOpener *opener, CncErrorCode code, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (open_with (carrier, opener, &error));
  g_assert_error (error, CNC_ERROR, (gint) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, says));
}

/* n recipients: each opens it, exactly.  n: of user_data. */
static void
test_each (gconstpointer user_data)
{
  const guint n = GPOINTER_TO_UINT (user_data);
  g_autoptr (CncPicture) picture = make_picture ();
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, n, &error), again = encrypt (picture, n, &error);
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("p", 1, NULL);
  const CncOpener typed = { .passphrase = passphrase }, stranger = { .identity = secrets[MANY] };
  CncHeader header, other;

  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    {
      const CncOpener opener = { .identity = secrets[i] };
      g_autoptr (CncPicture) opened = open_with (carrier, &opener, &error);

      g_assert_no_error (error);
      g_assert_cmpmem (opened->raster->data, (gint) cnc_raster_bytes (opened->raster), picture->raster->data,
                       (gint) cnc_raster_bytes (picture->raster));
    }
  assert_refused (carrier, &stranger, CNC_ERROR_WRONG_KEY, n == 1 ? "somebody else" : "none of them");
  assert_refused (carrier, &typed, CNC_ERROR_BAD_ARGUMENT, "identity file");

  /* Nobody can tell from the picture for whom it is, nor whether two are for the same: no key nor any part of the keys stands in it, all
   * stanzas are new. */
  g_assert_true (cnc_header_read (carrier->data, cnc_raster_bytes (carrier), 0, 0, &header, &error));
  g_assert_true (cnc_header_read (again->data, cnc_raster_bytes (again), 0, 0, &other, &error));
  g_assert_cmpuint (header.n_stanzas, ==, n);
  for (guint i = 0; i < n; i++)
    {
      for (guint at = 0; at + 6 <= CNC_PUBLIC_KEY_BYTES; at++)
        g_assert_null (memmem (carrier->data, cnc_raster_bytes (carrier), keys[i] + at, 6));
      for (guint at = 0; at + 6 <= CNC_STANZA_RECIPIENT_BYTES; at++)
        g_assert_null (memmem (again->data, cnc_raster_bytes (again), header.stanzas[i].body + at, 6));
    }
  for (guint i = 0; i < n; i++)
    {
      guint opened = 0;

      /* What a recipient learns: which stanza is his own, and that others are there. */
      for (guint j = 0; j < n; j++)
        {
          g_autoptr (CncSecret) key
              = cnc_recipients_open ((const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) header.stanzas[j].body, 1, secrets[i], NULL);

          opened += key != NULL;
        }
      g_assert_cmpuint (opened, ==, 1);
    }
}

static void
test_numbers (void)
{
  g_autoptr (CncPicture) picture = make_picture ();
  g_autoptr (GError) error = NULL;

  g_assert_null (encrypt (picture, 0, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (encrypt (picture, MANY + 1, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

/* An identity where a passphrase is needed. */
static void
test_passphrase (void)
{
  const CncKdfParams cheap = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  g_autoptr (CncPicture) picture = make_picture ();
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("p", 1, NULL);
  g_autoptr (CncLock) lock = cnc_lock_new_passphrase (passphrase, &cheap, NULL);
  const CncEncryptParams params = { .backend = backend };
  const CncOpener opener = { .identity = secrets[0] };
  g_autoptr (CncRaster) carrier = cnc_encrypt (picture, lock, &params, NULL);

  assert_refused (carrier, &opener, CNC_ERROR_BAD_ARGUMENT, "with its passphrase");
}

/* The file key of another picture for the same person does not open this one: the tag. */
static void
test_swapped (void)
{
  g_autoptr (CncPicture) picture = make_picture ();
  g_autoptr (CncRaster) carrier = encrypt (picture, 2, NULL), another = encrypt (picture, 2, NULL);
  const CncOpener opener = { .identity = secrets[0] };
  CncHeader header, other;

  g_assert_true (cnc_header_read (carrier->data, cnc_raster_bytes (carrier), 0, 0, &header, NULL));
  g_assert_true (cnc_header_read (another->data, cnc_raster_bytes (another), 0, 0, &other, NULL));
  memcpy (header.stanzas, other.stanzas, sizeof header.stanzas);
  cnc_header_finish (&header, secrets[1]); /* the sum is right then, the tag is under some other key */
  cnc_header_write (&header, carrier->data);
  assert_refused (carrier, &opener, CNC_ERROR_DAMAGED, "altered");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  backend = cnc_engine_open ("cpu", CNC_WORK_LITTLE, NULL, NULL);
  for (guint i = 0; i <= MANY; i++)
    {
      secrets[i] = cnc_secret_new_key (NULL, NULL);
      cnc_public_key (secrets[i], keys[i]);
    }
  g_test_add_data_func ("/recipients/1", GUINT_TO_POINTER (1), test_each);
  g_test_add_data_func ("/recipients/2", GUINT_TO_POINTER (2), test_each);
  g_test_add_data_func ("/recipients/32", GUINT_TO_POINTER (32), test_each);
  g_test_add_func ("/recipients/numbers", test_numbers);
  g_test_add_func ("/recipients/passphrase", test_passphrase);
  g_test_add_func ("/recipients/swapped", test_swapped);
  status = g_test_run ();
  for (guint i = 0; i <= MANY; i++)
    cnc_secret_free (secrets[i]);
  cnc_backend_free (backend);
  return status;
}
