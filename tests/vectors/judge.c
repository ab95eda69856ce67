/* tests/vectors/judge.c: see judge.h. */
#include "judge.h"

#include "base/error.h"
#include "seal/keys.h"

static const struct
{
  const char *name;
  gint code;
} outcomes[] = {
  { "not-encrypted", CNC_ERROR_NOT_ENCRYPTED }, { "bad-version", CNC_ERROR_BAD_VERSION },   { "bad-format", CNC_ERROR_BAD_FORMAT },
  { "wrong-key", CNC_ERROR_WRONG_KEY },         { "damaged", CNC_ERROR_DAMAGED },           { "kdf-refused", CNC_ERROR_KDF_REFUSED },
  { "model-missing", CNC_ERROR_MODEL },         { "bad-argument", CNC_ERROR_BAD_ARGUMENT },
};

static CncSecret *
key_of (const char *hex)
{
  guint8 bytes[CNC_KEY_BYTES];

  if (hex == NULL)
    return NULL;
  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return cnc_secret_new_key (bytes, NULL);
}

CncSecret *
vector_kek (const Vector *vector)
{
  return key_of (vector->kek);
}

CncSecret *
vector_identity (const Vector *vector, guint i)
{
  return key_of (vector->identities->pdata[i]);
}

void
vector_judge (const Vector *vector, const CncRaster *opened, const GError *error)
{
  if (g_str_equal (vector->expect, "success"))
    {
      g_assert_no_error (error);
      if (vector->payloads->len > 0)
        {
          g_autofree char *hash = vector_hash (opened);

          g_assert_cmpstr (hash, ==, vector->payloads->pdata[0]);
        }
      return;
    }
  g_assert_null (opened);
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
vector_run (int argc, char **argv, const char *name, guint least, GTestDataFunc test)
{
  g_autofree char *folder = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *file;

  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  folder = g_test_build_filename (G_TEST_DIST, name, NULL);
  dir = g_dir_open (folder, 0, NULL);
  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (file, ".cct"))
      {
        g_autofree char *path = g_strdup_printf ("/%s/%s", name, file);

        path[strlen (path) - strlen (".cct")] = '\0';
        g_ptr_array_add (paths, g_build_filename (folder, file, NULL));
        g_test_add_data_func (path, paths->pdata[paths->len - 1], test);
      }
  g_assert_cmpuint (paths->len, >=, least);
  return g_test_run ();
}

static char *
line_of (const char *name, const CncSecret *key)
{
  GString *line = g_string_new (name);

  for (guint i = 0; i < CNC_KEY_BYTES; i++)
    g_string_append_printf (line, "%02x", cnc_secret_bytes (key)[i]);
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

void
vector_write (const char *folder, const char *name, const char *expect, const char *message, const CncSecret *kek, const CncRaster *payload,
              const CncRaster *image, const char *comment)
{
  g_autofree char *line = kek != NULL ? line_of ("kek: ", kek) : g_strdup ("passphrase: 6f6e65\n");

  vector_write_lines (folder, name, expect, message, line, payload, image, comment);
}

void
vector_write_for (const char *folder, const char *name, const char *expect, const char *message, CncSecret *const *identities, guint n,
                  const CncRaster *payload, const CncRaster *image, const char *comment)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *line = line_of ("identity: ", identities[i]);

      g_string_append (lines, line);
    }
  vector_write_lines (folder, name, expect, message, lines->str, payload, image, comment);
}

void
vector_write_lines (const char *folder, const char *name, const char *expect, const char *message, const char *key,
                    const CncRaster *payload, const CncRaster *image, const char *comment)
{
  g_autofree char *file = g_strconcat (name, ".cct", NULL), *path = g_build_filename (folder, file, NULL);
  g_autoptr (GString) head = g_string_new (NULL);

  g_string_append_printf (head, "expect: %s\n", expect);
  if (message != NULL)
    g_string_append_printf (head, "message: %s\n", message);
  if (payload != NULL)
    {
      g_autofree char *hash = vector_hash (payload);

      g_string_append_printf (head, "payload: %s\n", hash);
    }
  g_string_append_printf (head, "%scomment: %s\n", key, comment);
  if (!vector_save (path, head->str, image, NULL))
    g_error ("%s cannot be written", path);
}
