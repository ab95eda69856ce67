/* What happens round a procedure: a plug-in that is killed, a saved file that is checked, Undo. */
#include <string.h>
#include <unistd.h>

#include "checks.h"

#define PASS "env:CHECKS_PASSPHRASE"

static void
save (gint32 image, const char *path)
{
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, image, checks_layer (image), path, path);
}

static void
saved_files (void)
{
  const gint32 image = checks_image (80, 60, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 21);
  const gint32 encrypted = checks_encrypt (image, checks_layer (image), 0, PASS);
  g_autofree char *path = g_build_filename (g_getenv ("CHECKS_FOLDER"), "Käse 1.png", NULL);
  g_autofree char *jpeg = g_build_filename (g_getenv ("CHECKS_FOLDER"), "x.jpg", NULL);
  g_autofree char *found = NULL, *none = NULL, *changed = NULL, *lost = NULL;
  g_autofree char *bytes = NULL;
  gsize size = 0;
  gint32 opened;

  none = checks_file (encrypted);
  check (none == NULL && strstr (checks_error, "not saved") != NULL, "an image that was never saved");
  save (encrypted, path);
  opened = gimp_file_load (GIMP_RUN_NONINTERACTIVE, path, path);
  found = checks_file (opened);
  check (found != NULL && strstr (found, "Käse 1.png") != NULL && strstr (found, "as a file") != NULL,
         "a saved file is found good, and how to send it is told");
  gimp_image_scale (encrypted, gimp_image_width (encrypted), gimp_image_height (encrypted) + 1);
  save (encrypted, path);
  changed = checks_file (opened);
  check (changed == NULL && strstr (checks_error, "size") != NULL, "a file of another size");
  save (opened, jpeg);
  if (g_file_get_contents (jpeg, &bytes, &size, NULL))
    g_file_set_contents (path, bytes, (gssize) size, NULL);
  lost = checks_file (opened);
  check (lost == NULL, "a file that became a JPEG");
}

/* The desktop's small picture of a file must not show what was encrypted in it. */
static void
thumbnail (void)
{
  const gint32 image = checks_image (200, 200, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 51);
  g_autofree char *path = g_build_filename (g_getenv ("CHECKS_FOLDER"), "thumb.png", NULL);
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_MD5, uri, -1);
  g_autofree char *name = g_strconcat (sum, ".png", NULL);
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "thumbnails", "large", NULL);
  g_autofree char *file = g_build_filename (folder, name, NULL);
  gint32 opened;

  gimp_drawable_fill (checks_layer (image), GIMP_FILL_WHITE);
  save (image, path);
  opened = gimp_file_load (GIMP_RUN_NONINTERACTIVE, path, path);
  g_mkdir_with_parents (folder, 0700);
  g_file_set_contents (file, "small", -1, NULL);
  gimp_image_select_rectangle (opened, GIMP_CHANNEL_OP_REPLACE, 10, 10, 150, 150);
  check (checks_encrypt (opened, checks_layer (opened), 2, PASS) == opened && !g_file_test (file, G_FILE_TEST_EXISTS),
         "the desktop's thumbnail of a file that was encrypted in place is removed");
}

/* Without a display, there is nobody to ask. */
static void
repeat (void)
{
  const gint32 image = checks_image (70, 70, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 61);
  gint n = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-encrypt", &n, GIMP_PDB_INT32, GIMP_RUN_WITH_LAST_VALS, GIMP_PDB_IMAGE, image,
                                          GIMP_PDB_DRAWABLE, checks_layer (image), GIMP_PDB_INT32, 0, GIMP_PDB_STRING, "", GIMP_PDB_STRING,
                                          "", GIMP_PDB_STRING, "", GIMP_PDB_INT32, 0, GIMP_PDB_INT32, 0, GIMP_PDB_STRING, "",
                                          GIMP_PDB_STRING, "", GIMP_PDB_END);

  check (n == 2 && values[0].data.d_status == GIMP_PDB_EXECUTION_ERROR && strstr (values[1].data.d_string, "display") != NULL,
         "with the last values and no display, it is an error: no passphrase is remembered");
  gimp_destroy_params (values, n);
}

/* Kills the plug-in as GIMP's Cancel does, a moment after it has begun and long before it is done. */
static void
kill_soon (const char *delay)
{
  g_autofree char *script = g_strdup_printf (
      "for _ in $(seq 200); do p=$(pgrep -P %d -x cnncrypt) && break; sleep 0.05; done; sleep %s; kill -KILL $p", (int) getppid (), delay);
  char *argv[] = { (char *) "sh", (char *) "-c", script, NULL };

  g_spawn_async (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL);
}

static void
killed (void)
{
  const gint32 image = checks_image (6000, 6000, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 31);
  const gint32 layer = checks_layer (image);
  g_autoptr (GBytes) before = checks_pixels (layer);
  static const char *const delays[] = { "0.1", "0.5", "1.0" };

  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 0, 0, 6000, 6000);
  gimp_image_clean_all (image);
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      g_autoptr (GBytes) after = NULL;
      gint32 result;

      kill_soon (delays[i]);
      result = checks_encrypt (image, layer, 2, PASS);
      after = checks_pixels (layer);
      check (result == -1 && g_bytes_equal (before, after), "killed after %s s, the plug-in leaves the pixels as they were", delays[i]);
      check (!gimp_image_is_dirty (image), "and the image clean");
    }
}

void
checks_session (void)
{
  saved_files ();
  thumbnail ();
  repeat ();
  killed ();
}

static gboolean
becomes (gint32 layer, GBytes *want)
{
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GBytes) now = checks_pixels (layer);

      if (g_bytes_equal (now, want))
        return TRUE;
      g_usleep (200 * 1000);
    }
  return FALSE;
}

static void
press (const char *key)
{
  g_autofree char *script
      = g_strdup_printf ("w=$(xdotool search --onlyvisible --name 'GIMP$' | head -n 1); xdotool windowactivate --sync $w; "
                         "xdotool mousemove --window $w 400 300; xdotool key %s",
                         key);
  char *argv[] = { (char *) "sh", (char *) "-c", script, NULL };

  g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* Needs a display, a window manager and xdotool. */
void
checks_undo (void)
{
  const gint32 image = checks_image (400, 300, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 41);
  const gint32 layer = checks_layer (image);
  g_autoptr (GBytes) before = NULL, after = NULL;

  gimp_drawable_fill (layer, GIMP_FILL_WHITE);
  gimp_display_new (image);
  gimp_displays_flush ();
  g_usleep (3000 * 1000);
  gimp_image_select_ellipse (image, GIMP_CHANNEL_OP_REPLACE, 50, 50, 200, 200);
  before = checks_pixels (layer);
  check (checks_encrypt (image, layer, 2, PASS) == image, "a selection is encrypted in an image that is shown");
  after = checks_pixels (layer);
  gimp_displays_flush ();
  press ("ctrl+z");
  check (!g_bytes_equal (before, after) && becomes (layer, before), "one step of Undo brings all pixels back");
  check (!gimp_selection_is_empty (image), "and the selection is still there");
  press ("ctrl+y");
  check (becomes (layer, after), "one step of Redo encrypts again");
  check (checks_decrypt (image, layer, PASS) == image && becomes (layer, before), "Decrypt brings all pixels back, too");
  press ("ctrl+z");
  check (becomes (layer, after), "which is one step of Undo as well");
}
