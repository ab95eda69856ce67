/* Opens every vector of carriers as a receiver would and compares with what their heads expect. */
#include "base/error.h"
#include "image.h"
#include "methods/carrier.h"

/* The least number of files: a forgotten folder is no success. */
#define VECTORS_MIN 20u

static const struct
{
  const char *name;
  gint code;
} outcomes[] = {
  { "not-encrypted", CNC_ERROR_NOT_ENCRYPTED }, { "bad-version", CNC_ERROR_BAD_VERSION }, { "bad-format", CNC_ERROR_BAD_FORMAT },
  { "wrong-key", CNC_ERROR_WRONG_KEY },         { "damaged", CNC_ERROR_DAMAGED },         { "kdf-refused", CNC_ERROR_KDF_REFUSED },
  { "model-missing", CNC_ERROR_MODEL },
};

static CncSecret *
unlock (const Vector *vector, const CncCarrierHeader *header, GError **error)
{
  g_autoptr (CncSecret) secret = NULL;
  guint8 bytes[CNC_KEY_BYTES];

  if (vector->kek == NULL)
    {
      secret = cnc_secret_new_passphrase ("one", 3, error);
      return cnc_carrier_unlock (header, secret, error);
    }
  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (vector->kek[2 * i]) << 4 | g_ascii_xdigit_value (vector->kek[2 * i + 1]));
  secret = cnc_secret_new_key (bytes, error);
  return cnc_carrier_unlock_kek (header, secret, error);
}

static void
test_vector (gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Vector) vector = vector_load (user_data, &error);
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncPicture) picture = NULL;

  g_assert_no_error (error);
  if (cnc_carrier_find (vector->image, NULL, &carrier, NULL, &error))
    key = unlock (vector, &carrier->header, &error);
  if (key != NULL)
    picture = cnc_share_decrypt (carrier, key, NULL, NULL, NULL, &error);
  if (g_str_equal (vector->expect, "success"))
    {
      g_assert_no_error (error);
      if (vector->payloads->len > 0)
        {
          g_autofree char *hash = vector_hash (picture->raster);

          g_assert_cmpstr (hash, ==, vector->payloads->pdata[0]);
        }
      return;
    }
  g_assert_null (picture);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    if (g_str_equal (vector->expect, outcomes[i].name))
      {
        g_assert_error (error, CNC_ERROR, outcomes[i].code);
        if (strstr (error->message, vector->message) == NULL)
          g_error ("“%s” does not say “%s”", error->message, vector->message);
        return;
      }
  g_error ("unknown outcome %s", vector->expect);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  folder = g_test_build_filename (G_TEST_DIST, "carriers", NULL);
  dir = g_dir_open (folder, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".cct"))
      {
        g_autofree char *path = g_strconcat ("/carriers/", name, NULL);

        path[strlen (path) - strlen (".cct")] = '\0';
        g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
        g_test_add_data_func (path, paths->pdata[paths->len - 1], test_vector);
      }
  g_assert_cmpuint (paths->len, >=, VECTORS_MIN);
  return g_test_run ();
}
