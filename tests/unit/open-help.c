/* tests/unit/open-help.c: what test-open works with. */
#include "open-help.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/engine.h"

char *passphrase_path;
char *run_out;
const char *encrypt_method;
static CncBackend *backend;
static CncSecret *passphrase;
static char *folder; /* everything is in it */

char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
empty_folder (const char *path, gboolean remove_it)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_file_test (file, G_FILE_TEST_IS_DIR))
        empty_folder (file, TRUE);
      else
        g_assert_cmpint (g_unlink (file), ==, 0);
    }
  if (remove_it)
    g_rmdir (path);
}

guint
files_in (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

char *
new_out (void)
{
  char *path = in_folder ("out-XXXXXX");

  g_assert_nonnull (g_mkdtemp (path));
  return path;
}

CncPicture *
make_picture (guint32 width, guint32 height, const CncFormat *format)
{
  CncPicture *picture = cnc_picture_new ();
  const guint channels = cnc_format_channels (format), bytes = cnc_format_sample_bytes (format);
  guint8 *p;

  picture->raster = cnc_raster_new (width, height, format, NULL);
  p = picture->raster->data;
  for (guint i = 0; i < width * height * channels * bytes; i++)
    p[i] = (guint8) (i / 7 + (guint) g_test_rand_int_range (0, 4));
  /* Colours under alpha 0 count too. */
  for (guint i = 0; format->alpha && i < width * height; i += 3)
    memset (p + (i * channels + channels - 1) * bytes, 0, bytes);
  if (format->model == CNC_MODEL_INDEXED)
    {
      guint8 map[768];

      for (guint i = 0; i < sizeof map; i++)
        map[i] = (guint8) (i * 5);
      picture->colormap = g_bytes_new (map, sizeof map);
    }
  return picture;
}

const guint8 *encrypt_for;

CncRaster *
encrypt (const CncPicture *picture, guint32 region_width, guint32 region_height)
{
  const CncKdfParams quick = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  CncEncryptParams params = {
    .method = cnc_method_by_id (encrypt_method, NULL), .backend = backend, .region_width = region_width, .region_height = region_height
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncLock) lock = encrypt_for != NULL ? cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) encrypt_for, 1, &error)
                                                 : cnc_lock_new_passphrase (passphrase, &quick, &error);
  CncRaster *carrier = NULL;

  g_assert_no_error (error);
  carrier = cnc_encrypt (picture, lock, &params, &error);
  g_assert_no_error (error);
  return carrier;
}

void
write_png (const CncRaster *raster, const char *path)
{
  const OpenFile file = { raster, NULL, 0, 0, NULL };
  g_autoptr (GError) error = NULL;
  gboolean refused;
  const int fd = g_open (path, O_CREAT | O_EXCL | O_WRONLY, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (open_png_write (fd, &file, &refused, &error));
  g_close (fd, NULL);
}

char *
write_carrier (const CncPicture *picture, const char *name)
{
  g_autoptr (CncRaster) carrier = encrypt (picture, 0, 0);
  char *path = in_folder (name);

  write_png (carrier, path);
  return path;
}

gboolean limit_size;

static void
child_setup (gpointer user_data)
{
  const struct rlimit limit = { 2000, 2000 };

  if (limit_size)
    {
      signal (SIGXFSZ, SIG_IGN);
      setrlimit (RLIMIT_FSIZE, &limit);
    }
}

gint
run (char **err, ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  gint status;
  va_list args;
  char *arg;

  g_ptr_array_add (argv, (gpointer) g_getenv ("CNNCRYPT_OPEN"));
  g_ptr_array_add (argv, (gpointer) "--device");
  g_ptr_array_add (argv, (gpointer) "cpu");
  va_start (args, err);
  while ((arg = va_arg (args, char *)) != NULL)
    g_ptr_array_add (argv, arg);
  va_end (args);
  g_ptr_array_add (argv, NULL);
  g_clear_pointer (&run_out, g_free);
  g_assert_true (g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, child_setup, NULL, &run_out, &said, &status, &error));
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  g_test_message ("%s%s", run_out, said);
  if (err != NULL)
    *err = g_steal_pointer (&said);
  return WEXITSTATUS (status);
}

gint
run_all (const char *out, GPtrArray *paths)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  const char *start[] = { g_getenv ("CNNCRYPT_OPEN"), "--device", "cpu", "--passphrase-file", passphrase_path, "--out", out };
  g_autoptr (GError) error = NULL;
  gint status;

  for (guint i = 0; i < G_N_ELEMENTS (start); i++)
    g_ptr_array_add (argv, (gpointer) start[i]);
  for (guint i = 0; i < paths->len; i++)
    g_ptr_array_add (argv, paths->pdata[i]);
  g_ptr_array_add (argv, NULL);
  g_assert_true (g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, &error));
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

void
assert_file (const char *path, const CncRaster *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) raster = open_load (path, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (raster->width, ==, expected->width);
  g_assert_cmpuint (raster->height, ==, expected->height);
  g_assert_cmpint (raster->format.model, ==, expected->format.model);
  g_assert_cmpint (raster->format.sample, ==, expected->format.sample);
  g_assert_cmpint (raster->format.alpha, ==, expected->format.alpha);
  g_assert_true (memcmp (raster->data, expected->data, cnc_raster_bytes (expected)) == 0);
}

void
help_start (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_seal_init (&error));
  open_load_init ();
  folder = g_dir_make_tmp ("cnncrypt-open-XXXXXX", &error);
  g_assert_no_error (error);
  passphrase_path = in_folder ("passphrase");
  g_assert_true (g_file_set_contents (passphrase_path, "correct horse\nignored\n", -1, NULL));
  passphrase = cnc_secret_new_passphrase ("correct horse", 13, &error);
  backend = cnc_engine_open ("cpu", CNC_WORK_LITTLE, NULL, &error);
  g_assert_no_error (error);
}

void
help_end (void)
{
  empty_folder (folder, TRUE);
  cnc_backend_free (backend);
  cnc_secret_free (passphrase);
  g_free (folder);
  g_free (passphrase_path);
  open_load_exit ();
}
