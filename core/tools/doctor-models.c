/* core/tools/doctor-models.c: which model files are here, and whether those that were shipped are as they were. */
#include "cnc-config.h"
#include "methods/crypt.h"
#include "stego/stego.h"
#include "tools/doctor.h"

#include <gio/gio.h>
#include <string.h>

#define ENDING ".safetensors"

/* SHA-256 in hex; NULL with why it cannot be read.  Returns: (transfer full) */
static char *
hash_file (const char *path, gsize *bytes, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  g_autoptr (GBytes) data = file != NULL ? g_mapped_file_get_bytes (file) : NULL;

  if (data == NULL)
    return NULL;
  *bytes = g_bytes_get_size (data);
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, data);
}

static void
check_file (const char *folder, const char *name, GKeyFile *manifest)
{
  g_autofree char *base = g_strconcat (name, ENDING, NULL);
  g_autofree char *path = g_build_filename (folder, base, NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *wanted = g_key_file_get_string (manifest, name, "sha256", NULL);
  g_autoptr (GError) error = NULL;
  gsize bytes = 0;
  g_autofree char *hash = hash_file (path, &bytes, &error);

  if (hash == NULL)
    doctor_say (wanted != NULL ? DOCTOR_PROBLEM : DOCTOR_NOTE, "Model %s cannot be read: %s.%s", shown, error->message,
                wanted != NULL ? " Install cnncrypt again." : "");
  else if (wanted == NULL)
    doctor_say (DOCTOR_NOTE, "Model %s: not one that cnncrypt ships (SHA-256 %s)", shown, hash);
  else if (g_ascii_strcasecmp (hash, wanted) != 0)
    doctor_say (DOCTOR_PROBLEM, "Model %s is not the file that was shipped (SHA-256 %s, not %s): install cnncrypt again.", shown, hash,
                wanted);
  else
    doctor_say (DOCTOR_OK, "Model %s: %" G_GSIZE_FORMAT " KiB, as it was shipped (SHA-256 %.16s...)", shown, (bytes + 1023) / 1024, hash);
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The files that are there, and those that MANIFEST says should be.  Returns how many. */
static guint
check_folder (const char *folder)
{
  g_autoptr (GKeyFile) manifest = g_key_file_new ();
  g_autofree char *path = g_build_filename (folder, "MANIFEST", NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) listed = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_key_file_load_from_file (manifest, path, G_KEY_FILE_NONE, &error) && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    doctor_say (DOCTOR_PROBLEM, "The list of models %s cannot be read (%s): install cnncrypt again.", shown, error->message);
  listed = g_key_file_get_groups (manifest, NULL);
  for (guint i = 0; listed[i] != NULL; i++)
    g_ptr_array_add (names, g_strdup (listed[i]));
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    if (g_str_has_suffix (name, ENDING))
      {
        g_autofree char *stem = g_strndup (name, strlen (name) - strlen (ENDING));

        if (!g_strv_contains ((const char *const *) listed, stem))
          g_ptr_array_add (names, g_steal_pointer (&stem));
      }
  g_ptr_array_sort (names, by_name);
  for (guint i = 0; i < names->len; i++)
    check_file (folder, names->pdata[i], manifest);
  return names->len;
}

static void
check_method (const CncMethod *method)
{
  const CncMethodModel *models = cnc_method_models (method);
  guint i = 0;

  do
    {
      const char *model = models != NULL ? models[i].name : NULL;
      g_autofree char *name = i > 0 ? g_strdup_printf ("%s, %s", method->title, models[i].title) : g_strdup (method->title);
      g_autoptr (GError) error = NULL;

      if (cnc_method_ready (method, model, &error))
        doctor_say (DOCTOR_OK, "Method %s: ready", name);
      else
        doctor_say (DOCTOR_NOTE, "Method %s: %s", name, error->message);
    }
  while (models != NULL && models[++i].name != NULL);
}

void
doctor_check_models (void)
{
  const char *path = g_getenv ("CNNCRYPT_MODEL_PATH");
  g_autofree char *folders = g_strconcat (path != NULL ? path : "", ":", CNC_MODEL_DIR, NULL);
  g_auto (GStrv) parts = g_strsplit (folders, ":", -1);
  guint n = 0;

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      n += check_folder (parts[i]);
  if (n == 0)
    doctor_say (DOCTOR_OK, "Models: none here (looked for in %s%s)", CNC_MODEL_DIR, path != NULL ? " and CNNCRYPT_MODEL_PATH" : "");
  for (const CncMethod *method = cnc_methods (); method->id != NULL; method++)
    check_method (method);
  for (const CncStegoMode *mode = cnc_stego_modes (); mode->id != NULL; mode++)
    {
      g_autoptr (GError) error = NULL;

      if (cnc_stego_mode_ready (mode, &error))
        doctor_say (DOCTOR_OK, "Hide, %s: ready", mode->title);
      else
        doctor_say (DOCTOR_NOTE, "Hide, %s: %s", mode->title, error->message);
    }
}
