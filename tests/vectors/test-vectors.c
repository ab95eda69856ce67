/* Opens every vector as a receiver would, the committed ones and a freshly made set, and compares with what their heads expect. */
#include "base/error.h"
#include "image.h"
#include "make.h"
#include "methods/crypt.h"

#include <glib/gstdio.h>

static CncBackend *backend;

/* The least number of files: a forgotten folder is no success. */
#define VECTORS_MIN 100u

static const struct
{
  const char *name;
  gint code;
} outcomes[] = {
  { "success", -1 },
  { "not-encrypted", CNC_ERROR_NOT_ENCRYPTED },
  { "bad-version", CNC_ERROR_BAD_VERSION },
  { "bad-format", CNC_ERROR_BAD_FORMAT },
  { "wrong-key", CNC_ERROR_WRONG_KEY },
  { "damaged", CNC_ERROR_DAMAGED },
  { "kdf-refused", CNC_ERROR_KDF_REFUSED },
  { "bad-argument", CNC_ERROR_BAD_ARGUMENT },
  { "wrong-result", CNC_ERROR_GPU_LOST },
  { "model-missing", CNC_ERROR_MODEL },
};

static gint
outcome (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    if (strcmp (outcomes[i].name, name) == 0)
      return outcomes[i].code;
  g_error ("unknown outcome %s", name);
}

static GByteArray *
unhex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
    {
      const guint8 byte = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

      g_byte_array_append (bytes, &byte, 1);
    }
  return bytes;
}

/* identity: (nullable) hex of it, else the vector has another key. */
static CncSecret *
unlock (const Vector *vector, const char *identity, const CncHeader *header, GError **error)
{
  g_autoptr (GByteArray) bytes = unhex (identity != NULL ? identity : vector->kek != NULL ? vector->kek : vector->passphrase);
  g_autoptr (CncSecret) secret = NULL;
  CncOpener opener = { NULL, NULL };

  if (vector->passphrase != NULL)
    {
      secret = cnc_secret_new_passphrase ((const char *) bytes->data, bytes->len, error);
      opener.passphrase = secret;
      return secret != NULL ? cnc_unlock (header, &opener, error) : NULL;
    }
  g_assert_cmpuint (bytes->len, ==, CNC_KEY_BYTES);
  secret = cnc_secret_new_key (bytes->data, error);
  opener.identity = secret;
  if (identity != NULL)
    return secret != NULL ? cnc_unlock (header, &opener, error) : NULL;
  if (secret == NULL || !cnc_header_check_sum (header, error))
    return NULL;
  return cnc_header_unlock_kek (header, secret, error);
}

/* latents: of the hashes of what lossy carriers hold. */
static CncPicture *
open_carrier (const Vector *vector, const char *identity, const CncRaster *carrier, GPtrArray *latents, GError **error)
{
  const CncDecryptParams params = { .backend = backend };
  g_autoptr (CncSecret) key = NULL;
  CncPicture *picture;
  CncHeader header;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error))
    return NULL;
  key = unlock (vector, identity, &header, error);
  picture = key != NULL ? cnc_decrypt (carrier, &header, key, &params, error) : NULL;
  if (picture != NULL && header.method == CNC_METHOD_AUTOENCODER)
    {
      g_autofree char *path = g_build_filename (g_test_get_dir (G_TEST_DIST), "tiny.safetensors", NULL);

      g_ptr_array_add (latents, vector_latent (carrier, &header, key, backend, path));
    }
  if (picture != NULL && header.method == CNC_METHOD_SEDD)
    {
      g_autofree char *path = g_build_filename (g_test_get_dir (G_TEST_DIST), "pair.safetensors", NULL);

      g_ptr_array_add (latents, vector_numbers (carrier, &header, key, backend, path));
    }
  return picture;
}

static CncRaster *
cut_out (const CncRaster *from, const CncRegion *region)
{
  CncRaster *to = cnc_raster_new (region->width, region->height, &from->format, NULL);

  for (guint32 y = 0; y < region->height; y++)
    memcpy (to->data + y * cnc_raster_row_bytes (to), from->data + (region->y + y) * cnc_raster_row_bytes (from) + 3 * region->x,
            cnc_raster_row_bytes (to));
  return to;
}

/* The picture as a whole, else the regions in it.  opened: of CncPicture. */
static gboolean
open_vector (const Vector *vector, const char *identity, GPtrArray *opened, GPtrArray *latents, GError **error)
{
  g_autoptr (CncRaster) pixels = cnc_carrier_normalise (copy_raster (vector->image), error);
  CncRegion regions[CNC_MAX_REGIONS];
  CncHeader header;
  guint n;

  if (pixels == NULL)
    return FALSE;
  n = cnc_find_regions (pixels->data, pixels->width, pixels->height, regions);
  if (n == 0)
    {
      /* Must fail; for its reason. */
      g_assert_false (cnc_header_read (pixels->data, cnc_raster_bytes (pixels), pixels->width, pixels->height, &header, error));
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (CncRaster) carrier = cut_out (pixels, &regions[i]);
      CncPicture *picture = open_carrier (vector, identity, carrier, latents, error);

      if (picture == NULL)
        return FALSE;
      g_ptr_array_add (opened, picture);
    }
  return TRUE;
}

/* Colours may be one step off at one place in fifty; alpha is exact. */
static void
assert_about (const CncRaster *raster, const char *hex)
{
  g_autoptr (GByteArray) expected = unhex (hex);
  const guint channels = cnc_format_channels (&raster->format);
  guint off = 0;

  g_assert_cmpuint (expected->len, ==, cnc_raster_bytes (raster));
  for (guint i = 0; i < expected->len; i++)
    {
      const gint difference = ABS (expected->data[i] - raster->data[i]);

      g_assert_cmpint (difference, <=, raster->format.alpha && i % channels == channels - 1 ? 0 : 1);
      off += difference != 0;
    }
  g_assert_cmpuint (off, <=, 1 + expected->len / 50);
}

static void
judge (const Vector *vector, const char *identity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) opened = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_picture_free);
  g_autoptr (GPtrArray) latents = g_ptr_array_new_with_free_func (g_free);
  const gint code = outcome (vector->expect);

  if (open_vector (vector, identity, opened, latents, &error))
    {
      g_assert_cmpint (code, ==, -1);
      if (vector->about != NULL)
        {
          g_assert_cmpuint (opened->len, ==, 1);
          g_assert_cmpuint (latents->len, ==, 1);
          g_assert_cmpstr (vector->latent, ==, latents->pdata[0]);
          assert_about (((const CncPicture *) opened->pdata[0])->raster, vector->about);
          return;
        }
      g_assert_cmpuint (opened->len, ==, vector->payloads->len);
      for (guint i = 0; i < opened->len; i++)
        {
          const CncPicture *picture = opened->pdata[i];
          g_autofree char *hash = vector_hash (picture->raster);

          g_assert_cmpstr (hash, ==, vector->payloads->pdata[i]);
        }
      return;
    }
  if (code < 0)
    g_assert_no_error (error);
  g_assert_error (error, CNC_ERROR, code);
  g_assert_cmpuint (vector->payloads->len, ==, 0);
  /* A sentence for people. */
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_true (g_str_has_suffix (error->message, "."));
  if (vector->message != NULL && strstr (error->message, vector->message) == NULL)
    g_error ("“%s” does not say “%s”", error->message, vector->message);
}

static void
test_vector (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Vector) vector = vector_load (data, &error);

  g_assert_no_error (error);
  g_assert_nonnull (vector->comment);
  for (guint i = 0; i < vector->identities->len; i++)
    judge (vector, vector->identities->pdata[i]);
  if (vector->identities->len == 0)
    judge (vector, NULL);
}

/* Registers the vectors of a folder; returns how many. */
static guint
add_folder (const char *folder, const char *prefix)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = NULL;

      if (!g_str_has_suffix (name, ".cct"))
        continue;
      path = g_strdup_printf ("/vectors/%s/%.*s", prefix, (gint) strlen (name) - 4, name);
      g_test_add_data_func_full (path, g_build_filename (folder, name, NULL), test_vector, g_free);
      n++;
    }
  return n;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_autofree char *fresh = NULL;
  g_autoptr (GError) error = NULL;
  guint committed, made;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (&error));
  g_setenv ("CNNCRYPT_MODEL_PATH", g_test_get_dir (G_TEST_DIST), TRUE);
  backend = cnc_reference_backend_new ();
  committed = add_folder (g_test_get_dir (G_TEST_DIST), "committed");
  g_assert_cmpuint (committed, >=, VECTORS_MIN);
  fresh = g_dir_make_tmp ("cnncrypt-vectors-XXXXXX", &error);
  g_assert_no_error (error);
  make_vectors (fresh, g_test_get_dir (G_TEST_DIST), backend);
  made = add_folder (fresh, "made");
  g_assert_cmpuint (made, ==, committed);
  status = g_test_run ();
  remove_folder (fresh);
  cnc_backend_free (backend);
  return status;
}
