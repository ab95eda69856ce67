/* Carriers for recipients: the band with their keys under what happens on the way, and share and restore for 1 and 32 of them. */
#include "carrier-case.h"
#include "channel/band.h"
#include "methods/crypt.h"
#include "restore-help.h"

#define MANY CNC_RECIPIENTS_MAX
#define WIDTH 512u
#define HEIGHT 400u

static CncBackend *backend;
static CncSecret *secrets[MANY + 1]; /* the last one is for nobody */
static guint8 public_keys[MANY + 1][CNC_PUBLIC_KEY_BYTES];

static void
assert_says (GError **error, CncErrorCode code, const char *says)
{
  g_assert_error (*error, CNC_ERROR, (gint) code);
  if (strstr ((*error)->message, says) == NULL)
    g_error ("“%s” does not say “%s”", (*error)->message, says);
  g_clear_error (error);
}

/* ---- the band alone ---- */

static void
test_band (void)
{
  static const guint widths[] = { 64, 177, 1024, 5000 }, numbers[] = { 1, 2, 7, 32 };
  static const struct
  {
    double sigma, dropped;
    gboolean survives;
  } ways[]
      = { { 0, 0, TRUE }, { 25, 0, TRUE }, { 0, 0.03, TRUE }, { 25, 0.03, TRUE }, { 60, 0, TRUE }, { 0, 0.04, TRUE }, { 0, 0.5, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (widths) * G_N_ELEMENTS (numbers); i++)
    {
      const guint width = widths[i / G_N_ELEMENTS (numbers)], n = numbers[i % G_N_ELEMENTS (numbers)];
      const guint32 rows = cnc_key_band_rows (width, n);
      guint8 keys[MANY][CNC_STANZA_RECIPIENT_BYTES], again[MANY][CNC_STANZA_RECIPIENT_BYTES];
      g_autoptr (CncRaster) band = case_grey (width, rows);
      guint white = 0;

      g_assert_cmpuint ((guint64) rows * width, >=, 1947 * n);
      g_assert_cmpuint ((guint64) (rows - 1) * width, <, 1947 * n);
      /* Also keys that are anything but random. */
      if (i % 3 == 0)
        memset (keys, 0, sizeof keys);
      else
        cnc_random (keys, sizeof keys);
      g_assert_true (cnc_key_band_write ((const guint8 (*)[80]) keys, n, band->data, width, NULL));
      for (gsize k = 0; k < cnc_raster_bytes (band); k++)
        {
          g_assert_true (band->data[k] == 0 || band->data[k] == 255);
          white += band->data[k] == 255;
        }
      g_assert_cmpfloat_with_epsilon ((double) white / (double) cnc_raster_bytes (band), 0.5, 0.06);
      for (guint w = 0; w < G_N_ELEMENTS (ways); w++)
        {
          g_autoptr (CncRaster) worn = case_part (band, 0, 0, width, rows);
          g_autoptr (GError) error = NULL;
          gboolean good;

          case_noise (worn, ways[w].sigma, ways[w].dropped, 100 * i + w);
          good = cnc_key_band_read (worn->data, width, n, again, NULL, &error);
          if (!ways[w].survives)
            {
              g_assert_false (good);
              assert_says (&error, CNC_ERROR_DAMAGED, "cannot be repaired");
              continue;
            }
          g_assert_no_error (error);
          g_assert_cmpmem (again, (gint) (n * sizeof *again), keys, (gint) (n * sizeof *keys));
        }
    }
}

static void
test_layout (void)
{
  CncCarrierLayout plain, keyed;
  guint32 height, taller;

  g_assert_true (cnc_carrier_layout_for (WIDTH, HEIGHT, 0, &plain));
  g_assert_true (cnc_carrier_layout_for (WIDTH, HEIGHT, 32, &keyed));
  g_assert_cmpuint (keyed.body_y, ==, plain.body_y + (32 * 1947 + WIDTH - 1) / WIDTH);
  g_assert_cmpuint (keyed.body_y + keyed.body_height, ==, plain.body_y + plain.body_height);
  g_assert_false (cnc_carrier_layout_for (64, 64 + 2 * plain.strip, 32, &keyed));
  g_assert_true (cnc_carrier_height_for (WIDTH, 1000, 0, &height));
  g_assert_true (cnc_carrier_height_for (WIDTH, 1000, 32, &taller));
  g_assert_cmpuint (taller, ==, height + (32 * 1947 + WIDTH - 1) / WIDTH);
}

/* ---- whole pictures ---- */

static CncRaster *
encrypt_for (const CncPicture *picture, const char *method, guint32 longest_side, guint n, GError **error)
{
  const CncEncryptParams params = { .method = cnc_method_by_id (method, NULL), .backend = backend, .longest_side = longest_side };
  g_autoptr (CncLock) lock = cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) public_keys, n, error);

  return lock != NULL ? cnc_encrypt (picture, lock, &params, error) : NULL;
}

static CncPicture *
open_with (const CncRaster *raster, const CncOpener *opener, GError **error)
{
  const CncDecryptParams params = { backend, NULL };
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (CncSecret) key = NULL;

  if (!cnc_carrier_find (raster, NULL, &carrier, NULL, error))
    return NULL;
  key = cnc_unlock_carrier (carrier, opener, error);
  return key != NULL ? cnc_decrypt_carrier (carrier, key, &params, NULL, error) : NULL;
}

static void
assert_opens (const CncRaster *raster, const CncOpener *opener, const CncRaster *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncPicture) opened = open_with (raster, opener, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (opened->raster->data, (gint) cnc_raster_bytes (opened->raster), expected->data, (gint) cnc_raster_bytes (expected));
}

/* method: of user_data. */
static void
test_each (gconstpointer user_data)
{
  const char *method = user_data;
  static const guint numbers[] = { 1, 32 };
  g_autoptr (CncPicture) picture = colour_picture (WIDTH, HEIGHT);
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("p", 1, NULL);
  const CncOpener typed = { .passphrase = passphrase }, stranger = { .identity = secrets[MANY] };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      const guint n = numbers[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) carrier = encrypt_for (picture, method, 0, n, &error), turned = NULL, around = NULL;
      g_autoptr (CncPicture) first = NULL;
      CncOpener opener = { .identity = secrets[0] };

      g_assert_no_error (error);
      first = open_with (carrier, &opener, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (first->raster->width, ==, WIDTH);
      for (guint k = 1; k < n; k += 10)
        {
          opener.identity = secrets[k];
          assert_opens (carrier, &opener, first->raster);
        }
      turned = case_turn (carrier, TRUE, 1);
      assert_opens (turned, &opener, first->raster);
      around = case_grey (carrier->width + 90, carrier->height + 60);
      memset (around->data, 200, cnc_raster_bytes (around));
      case_paste (around, carrier, 41, 33);
      assert_opens (around, &opener, first->raster);
      g_assert_null (open_with (carrier, &stranger, &error));
      assert_says (&error, CNC_ERROR_WRONG_KEY, n == 1 ? "somebody else" : "none of them");
      g_assert_null (open_with (carrier, &typed, &error));
      assert_says (&error, CNC_ERROR_BAD_ARGUMENT, "identity file");
      /* No part of a public key stands in its pixels. */
      for (guint k = 0; k < n; k++)
        for (guint at = 0; at + 6 <= CNC_PUBLIC_KEY_BYTES; at++)
          g_assert_null (memmem (carrier->data, cnc_raster_bytes (carrier), public_keys[k] + at, 6));
    }
}

/* The keys of another picture for the same people, and one key exchanged: the commitment knows. */
static void
test_altered (void)
{
  g_autoptr (CncPicture) picture = colour_picture (WIDTH, HEIGHT);
  g_autoptr (CncRaster) carrier = encrypt_for (picture, "share", 0, 2, NULL), other = encrypt_for (picture, "share", 0, 2, NULL);
  g_autoptr (CncCarrier) found = NULL;
  g_autoptr (GError) error = NULL;
  const CncOpener opener = { .identity = secrets[0] };
  CncCarrierLayout layout;
  guint8 *band, keys[2][CNC_STANZA_RECIPIENT_BYTES];
  g_autoptr (CncSecret) first = NULL;

  g_assert_true (cnc_carrier_layout (carrier->width, carrier->height, &layout));
  g_assert_true (cnc_carrier_find (carrier, NULL, &found, NULL, &error));
  band = carrier->data + (gsize) layout.body_y * carrier->width;
  memcpy (keys, found->keys, sizeof keys);
  first = cnc_recipients_open ((const guint8 (*)[80]) keys, 1, secrets[0], NULL);
  cnc_random (keys[first != NULL], sizeof keys[0]); /* that of the other one */
  g_assert_true (cnc_key_band_write ((const guint8 (*)[80]) keys, 2, band, carrier->width, NULL));
  g_assert_null (open_with (carrier, &opener, &error));
  assert_says (&error, CNC_ERROR_DAMAGED, "keys of the recipients were altered");
  memcpy (band, other->data + (gsize) layout.body_y * other->width, (gsize) carrier->width * cnc_key_band_rows (carrier->width, 2));
  g_assert_null (open_with (carrier, &opener, &error));
  assert_says (&error, CNC_ERROR_DAMAGED, "keys of the recipients were altered");
  memset (band, 90, (gsize) carrier->width * cnc_key_band_rows (carrier->width, 2));
  g_assert_null (open_with (carrier, &opener, &error));
  assert_says (&error, CNC_ERROR_DAMAGED, "cannot be repaired");
}

/* Too small, and the least that would do, which then does. */
static void
test_sizes (void)
{
  static const char *const methods[] = { "share", "restore" };
  g_autoptr (CncPicture) picture = colour_picture (300, 200);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (methods); i++)
    {
      const char *method = methods[i / 2];
      const guint n = i % 2 != 0 ? MANY : 1;
      const CncOpener opener = { .identity = secrets[0] };
      g_autoptr (CncRaster) refused = NULL, made = NULL;
      g_autoptr (CncPicture) opened = NULL;
      g_autoptr (GError) error = NULL;
      guint least;

      refused = encrypt_for (picture, method, 70, n, &error);
      g_assert_null (refused);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
      g_test_message ("%s", error->message);
      g_assert_cmpint (sscanf (strstr (error->message, "hoose"), "%*[^0-9]%u", &least), ==, 1);
      g_clear_error (&error);
      made = encrypt_for (picture, method, least, n, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (MAX (made->width, made->height), <=, least);
      opened = open_with (made, &opener, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (opened->raster->width, ==, 300);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  models_make ();
  backend = cnc_reference_backend_new ();
  for (guint i = 0; i <= MANY; i++)
    {
      secrets[i] = cnc_secret_new_key (NULL, NULL);
      cnc_public_key (secrets[i], public_keys[i]);
    }
  g_test_add_func ("/carrier-keys/band", test_band);
  g_test_add_func ("/carrier-keys/layout", test_layout);
  g_test_add_data_func ("/carrier-keys/share", "share", test_each);
  g_test_add_data_func ("/carrier-keys/restore", "restore", test_each);
  g_test_add_func ("/carrier-keys/altered", test_altered);
  g_test_add_func ("/carrier-keys/sizes", test_sizes);
  status = g_test_run ();
  for (guint i = 0; i <= MANY; i++)
    cnc_secret_free (secrets[i]);
  cnc_backend_free (backend);
  models_remove ();
  return status;
}
