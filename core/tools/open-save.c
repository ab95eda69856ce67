/* core/tools/open-save.c: a decrypted picture into a file that is whole or not there. */
#include "tools/open.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_PATH_BYTES 4096

/* The file that must not stay behind; empty if there is none.  Read by the signal handler. */
static char unfinished[MAX_PATH_BYTES];

static void
on_signal (int number)
{
  if (unfinished[0] != '\0')
    unlink (unfinished);
  signal (number, SIG_DFL);
  raise (number);
}

void
open_save_init (void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action = { 0 };

  action.sa_handler = on_signal;
  sigemptyset (&action.sa_mask);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      struct sigaction before;

      /* What nohup and the like switched off stays off. */
      if (sigaction (numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction (numbers[i], &action, NULL);
    }
}

static void
set_unfinished (const char *path)
{
  sigset_t all, before;

  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &before);
  g_strlcpy (unfinished, path != NULL ? path : "", sizeof unfinished);
  sigprocmask (SIG_SETMASK, &before, NULL);
}

/* A new empty file in the folder, readable by nobody else yet.  Returns its descriptor, or -1. */
static int
new_file (const char *folder, char **path, GError **error)
{
  g_autofree char *name = g_build_filename (folder, ".cnncrypt-XXXXXX", NULL);
  int fd = -1;

  if (strlen (name) < sizeof unfinished)
    fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);
  else
    errno = ENAMETOOLONG;
  if (fd < 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The folder “%s” cannot be written to: %s.", folder, g_strerror (errno));
      return -1;
    }
  set_unfinished (name);
  *path = g_steal_pointer (&name);
  return fd;
}

static void
give_permissions (int fd)
{
  const mode_t mask = umask (0);

  umask (mask);
  if (fchmod (fd, 0666 & ~mask) != 0)
    return; /* a file system without permissions: nothing is lost */
}

static gboolean
exists (const char *path, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "“%s” exists already and is left alone; move it away or name another folder.", path);
  return FALSE;
}

/* Gives the finished file its name, which must be free. */
static gboolean
publish (const char *from, const char *to, GError **error)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  /* A file system that cannot do both in one step: a second name does it as safely, if it has those. */
  if ((errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) && link (from, to) == 0)
    {
      unlink (from);
      return TRUE;
    }
  if (errno == EEXIST)
    return exists (to, error);
  if (errno == EPERM || errno == ENOTSUP)
    {
      if (g_file_test (to, G_FILE_TEST_EXISTS) || g_file_test (to, G_FILE_TEST_IS_SYMLINK))
        return exists (to, error);
      if (g_rename (from, to) == 0)
        return TRUE;
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "“%s” cannot be written: %s.", to, g_strerror (errno));
  return FALSE;
}

/* Palette entries in the place of their numbers; numbers beyond the palette become black. */
static CncRaster *
expand (const CncPicture *picture, GError **error)
{
  const CncRaster *from = picture->raster;
  const guint alpha = from->format.alpha ? 1 : 0;
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, from->format.alpha };
  CncRaster *to = cnc_raster_new (from->width, from->height, &format, error);
  const gsize pixels = (gsize) from->width * from->height;
  guint8 colours[256][3] = { { 0 } };
  gsize size;
  gconstpointer colormap = g_bytes_get_data (picture->colormap, &size);

  if (to == NULL)
    return NULL;
  memcpy (colours, colormap, MIN (size, sizeof colours));
  for (gsize i = 0; i < pixels; i++)
    {
      const guint8 *in = from->data + i * (1 + alpha);
      guint8 *out = to->data + i * (3 + alpha);

      memcpy (out, colours[in[0]], 3);
      if (alpha)
        out[3] = in[1];
    }
  return to;
}

static gboolean
write_kind (const OpenFile *file, const char *folder, gboolean png, char **temporary, gboolean *profile_refused, GError **error)
{
  const int fd = new_file (folder, temporary, error);
  gboolean ok;

  if (fd < 0)
    return FALSE;
  *profile_refused = FALSE;
  ok = png ? open_png_write (fd, file, profile_refused, error) : open_tiff_write (fd, *temporary, file, error);
  if (ok && fsync (fd) != 0 && errno != EINVAL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The result cannot be written: %s.", g_strerror (errno));
      ok = FALSE;
    }
  if (ok)
    give_permissions (fd);
  close (fd);
  return ok && (png ? open_png_compare (*temporary, file, error) : open_tiff_compare (*temporary, file, error));
}

static void
discard (char **temporary)
{
  if (*temporary != NULL)
    g_unlink (*temporary);
  set_unfinished (NULL);
  g_clear_pointer (temporary, g_free);
}

static gboolean
save_kind (const OpenFile *file, gboolean png, const char *folder, const char *stem, char **made, gboolean *profile_refused, GError **error)
{
  g_autofree char *name = g_strconcat (stem, png ? ".png" : ".tif", NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *temporary = NULL;
  gboolean ok;

  *profile_refused = FALSE;
  if (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    return exists (path, error);
  ok = write_kind (file, folder, png, &temporary, profile_refused, error) && publish (temporary, path, error);
  if (!ok)
    discard (&temporary);
  set_unfinished (NULL);
  if (ok)
    *made = g_steal_pointer (&path);
  return ok;
}

gboolean
open_save (const CncPicture *picture, const char *folder, const char *stem, char **made, char **note, GError **error)
{
  g_autoptr (CncRaster) expanded = NULL;
  g_autoptr (GBytes) linear = NULL;
  OpenFile file = { picture->raster, picture->profile, picture->x_resolution, picture->y_resolution };
  gboolean png, refused = FALSE, ok;

  if (file.profile != NULL && g_bytes_get_size (file.profile) == 0)
    file.profile = NULL;
  if (picture->raster->format.model == CNC_MODEL_INDEXED)
    {
      expanded = expand (picture, error);
      if (expanded == NULL)
        return FALSE;
      file.raster = expanded;
    }
  if (file.profile == NULL && file.raster->format.curve == CNC_CURVE_LINEAR && file.raster->format.model == CNC_MODEL_RGB)
    file.profile = linear = open_linear_profile ();
  png = open_png_can_hold (&file.raster->format);
  ok = save_kind (&file, png, folder, stem, made, &refused, error);
  if (!ok && refused)
    ok = save_kind (&file, FALSE, folder, stem, made, &refused, error);
  *note = NULL;
  if (ok && (picture->metadata != NULL || picture->parasites->len > 0))
    *note = g_strdup ("EXIF, XMP and comments were not written; Decrypt in GIMP gives them back too");
  return ok;
}
