/* core/tools/doctor-gimp.c: the doctor's look at GIMP: its version, and whether the plug-in lies where GIMP looks for it.
 *
 * Knows GIMP from outside only: its program, its folders, its rule that a plug-in is FOLDER/cnncrypt/cnncrypt.
 */
#include "tools/doctor.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define PLUGIN_NAME "cnncrypt"

/* What the program prints when asked for its version, NULL if it cannot be run. */
static char *
version_of (const char *program)
{
  const char *const argv[] = { program, "--version", NULL };
  g_autofree char *out = NULL;
  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, NULL, NULL) || out == NULL)
    return NULL;
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("[0-9]+\\.[0-9]+(\\.[0-9]+)?", 0, 0, NULL);
  return g_regex_match (regex, out, 0, &match) ? g_match_info_fetch (match, 0) : NULL;
}

static void
check_program (void)
{
  static const char *const names[] = { "gimp-console-2.10", "gimp-2.10", "gimp" };
  g_autofree char *other = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_find_program_in_path (names[i]);
      g_autofree char *version = path != NULL ? version_of (path) : NULL;
      if (version == NULL)
        continue;
      if (g_str_has_prefix (version, "2.10"))
        {
          doctor_say (DOCTOR_OK, "GIMP %s (%s)", version, path);
          return;
        }
      if (other == NULL)
        other = g_strdup (version);
    }
  if (other != NULL)
    doctor_say (DOCTOR_PROBLEM, "GIMP is version %s here; the plug-in is for GIMP 2.10 (cnncrypt-open works without GIMP).", other);
  else
    doctor_say (DOCTOR_PROBLEM, "GIMP was not found; install GIMP 2.10 (cnncrypt-open works without GIMP).");
}

static void
check_sandboxes (void)
{
  g_autofree char *own = g_build_filename (g_get_user_data_dir (), "flatpak", "app", "org.gimp.GIMP", NULL);
  const char *const folders[] = { "/var/lib/flatpak/app/org.gimp.GIMP", own, "/snap/gimp" };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    if (g_file_test (folders[i], G_FILE_TEST_IS_DIR))
      doctor_say (DOCTOR_NOTE, "There is also a GIMP from Flatpak or Snap (%s); it does not see the plug-in of this one.", folders[i]);
}

/* GIMP's own rule: GIMP2_DIRECTORY, absolute or below the home folder; else GIMP/2.10 in the configuration folder. */
static char *
profile_folder (void)
{
  const char *set = g_getenv ("GIMP2_DIRECTORY");
  if (set == NULL || *set == '\0')
    return g_build_filename (g_get_user_config_dir (), "GIMP", "2.10", NULL);
  return g_path_is_absolute (set) ? g_strdup (set) : g_build_filename (g_get_home_dir (), set, NULL);
}

/* Folders of plug-ins in which GIMP looks: the user's first.  (element-type filename) */
static GPtrArray *
plugin_folders (const char *profile)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (folders, g_build_filename (profile, "plug-ins", NULL));
  const char *const roots[] = { "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64" };
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      g_ptr_array_add (folders, g_build_filename (roots[i], "gimp", "2.0", "plug-ins", NULL));
      g_autoptr (GDir) dir = g_dir_open (roots[i], 0, NULL);
      for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
        if (g_str_has_suffix (name, "-linux-gnu"))
          g_ptr_array_add (folders, g_build_filename (roots[i], name, "gimp", "2.0", "plug-ins", NULL));
    }
  return folders;
}

static gboolean
same_file_content (const char *a, const char *b)
{
  g_autoptr (GMappedFile) map_a = g_mapped_file_new (a, FALSE, NULL);
  g_autoptr (GMappedFile) map_b = g_mapped_file_new (b, FALSE, NULL);
  if (map_a == NULL || map_b == NULL || g_mapped_file_get_length (map_a) != g_mapped_file_get_length (map_b))
    return FALSE;
  return memcmp (g_mapped_file_get_contents (map_a), g_mapped_file_get_contents (map_b), g_mapped_file_get_length (map_a)) == 0;
}

/* A plug-in that cannot find its libraries fails before main; started by hand it otherwise says that it wants GIMP.
 * Returns: (nullable) what the system said. */
static char *
why_not_starting (const char *plugin)
{
  const char *const argv[] = { plugin, NULL };
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;
  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &err, &status, &error))
    return g_strdup (error->message);
  if (strstr (err, "error while loading shared libraries") != NULL || strstr (err, "symbol lookup error") != NULL)
    return g_strstrip (g_steal_pointer (&err));
  return NULL;
}

static void
check_one (const char *plugin, const char *built)
{
  if (!g_file_test (plugin, G_FILE_TEST_IS_EXECUTABLE))
    {
      doctor_say (DOCTOR_PROBLEM, "The plug-in %s may not be executed: run chmod +x on it, and look whether its disk is mounted \"noexec\".", plugin);
      return;
    }
  g_autofree char *why = why_not_starting (plugin);
  if (why != NULL)
    {
      doctor_say (DOCTOR_PROBLEM, "The plug-in %s does not start (%s): run install/quickstart.sh again.", plugin, why);
      return;
    }
  doctor_say (DOCTOR_OK, "Plug-in: %s", plugin);
  g_autofree char *folder = g_path_get_dirname (plugin);
  g_autofree char *dialogs = g_build_filename (folder, "cnncrypt-dialogs.so", NULL);
  if (!g_file_test (dialogs, G_FILE_TEST_EXISTS))
    doctor_say (DOCTOR_PROBLEM, "Its dialogs are missing (%s): run install/quickstart.sh again.", dialogs);
  if (built == NULL)
    return;
  if (same_file_content (plugin, built))
    doctor_say (DOCTOR_OK, "It is the one of this build (%s)", built);
  else
    doctor_say (DOCTOR_NOTE, "It is not the one of this build (%s): run install/quickstart.sh to install that.", built);
}

/* GIMP passes over these without a word: the program without a folder of its own name, or in a folder of another name. */
static void
check_misplaced (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *inside = g_build_filename (folder, name, PLUGIN_NAME, NULL);
      if (g_strcmp0 (name, PLUGIN_NAME) != 0 && g_file_test (inside, G_FILE_TEST_IS_REGULAR))
        doctor_say (DOCTOR_NOTE, "%s is ignored by GIMP: the folder must have the name " PLUGIN_NAME " too.", inside);
    }
  g_autofree char *bare = g_build_filename (folder, PLUGIN_NAME, NULL);
  if (g_file_test (bare, G_FILE_TEST_IS_REGULAR))
    doctor_say (DOCTOR_NOTE, "%s should lie in a folder of its own: %s/" PLUGIN_NAME ".", bare, bare);
}

/* GIMP writes what it found into pluginrc when it ends. */
static void
check_registered (const char *profile, const char *plugin)
{
  g_autofree char *path = g_build_filename (profile, "pluginrc", NULL);
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  if (strstr (text, "plug-in-cnncrypt-encrypt") != NULL)
    doctor_say (DOCTOR_OK, "GIMP knows the plug-in (%s)", path);
  else
    doctor_say (DOCTOR_NOTE, "GIMP has not started since %s was put there; start it (again) to see Filters > Crypto.", plugin);
}

void
doctor_check_gimp (const char *built)
{
  check_program ();
  check_sandboxes ();

  g_autofree char *profile = profile_folder ();
  g_autoptr (GPtrArray) folders = plugin_folders (profile);
  g_autofree char *first = NULL;
  guint found = 0;
  for (guint i = 0; i < folders->len; i++)
    {
      const char *folder = g_ptr_array_index (folders, i);
      g_autofree char *plugin = g_build_filename (folder, PLUGIN_NAME, PLUGIN_NAME, NULL);
      check_misplaced (folder);
      if (!g_file_test (plugin, G_FILE_TEST_IS_REGULAR))
        continue;
      check_one (plugin, found == 0 ? built : NULL);
      if (found++ == 0)
        first = g_steal_pointer (&plugin);
    }
  if (found == 0)
    {
      doctor_say (DOCTOR_PROBLEM, "The plug-in is not in GIMP's folder %s/" PLUGIN_NAME ": run install/quickstart.sh.", (const char *) g_ptr_array_index (folders, 0));
      return;
    }
  if (found > 1)
    doctor_say (DOCTOR_NOTE, "The plug-in is installed %u times; GIMP uses one of them: delete those that you do not want.", found);
  check_registered (profile, first);
  doctor_say (DOCTOR_NOTE, "GIMP itself leaves traces of pictures that you open: thumbnails in %s/thumbnails, names in %s/recently-used.xbel, "
              "rescued pictures in %s/backups.", g_get_user_cache_dir (), g_get_user_data_dir (), profile);
}
