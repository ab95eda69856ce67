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

/* How a file is to be written, and what became of it. */
typedef struct
{
  gboolean png;         /* else TIFF */
  const char *metadata; /* (nullable) */
  gboolean profile_refused;
  guint lost; /* entries of the metadata */
} Attempt;

static gboolean
sync_file (const char *path, GError **error)
{
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0;

  if (ok && fsync (fd) != 0 && errno != EINVAL)
    ok = FALSE;
  if (!ok)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The result cannot be written: %s.", g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
write_file (const OpenFile *file, const char *folder, Attempt *attempt, char **temporary, GError **error)
{
  const int fd = new_file (folder, temporary, error);
  gboolean ok;

  if (fd < 0)
    return FALSE;
  ok = attempt->png ? open_png_write (fd, file, &attempt->profile_refused, error) : open_tiff_write (fd, *temporary, file, error);
  if (ok)
    give_permissions (fd);
  close (fd);
  return ok && (attempt->metadata == NULL || open_metadata_write (*temporary, attempt->metadata, &attempt->lost, error))
         && sync_file (*temporary, error)
         && (attempt->png ? open_png_compare (*temporary, file, error) : open_tiff_compare (*temporary, file, error));
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
save_file (const OpenFile *file, const char *folder, const char *stem, Attempt *attempt, char **made, GError **error)
{
  g_autofree char *name = g_strconcat (stem, attempt->png ? ".png" : ".tif", NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *temporary = NULL;
  gboolean ok;

  if (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    return exists (path, error);
  ok = write_file (file, folder, attempt, &temporary, error) && publish (temporary, path, error);
  if (!ok)
    discard (&temporary);
  set_unfinished (NULL);
  if (ok)
    *made = g_steal_pointer (&path);
  return ok;
}

/* Less and less of what is not pixels, until it can be written: without metadata that breaks the file, as TIFF if PNG does not take the
 * profile. */
static gboolean
save_what_goes (const OpenFile *file, const char *folder, const char *stem, Attempt *attempt, char **made, GError **error)
{
  for (;;)
    {
      g_autoptr (GError) problem = NULL;

      attempt->profile_refused = FALSE;
      if (save_file (file, folder, stem, attempt, made, &problem))
        return TRUE;
      if (attempt->profile_refused)
        attempt->png = FALSE;
      else if (attempt->metadata != NULL)
        attempt->metadata = NULL;
      else
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
    }
}

/* What GIMP notes about the file that a picture came from, and how it was shown: nobody misses it in another file. */
static gboolean
is_note_of_gimp (const char *name)
{
  static const char *const starts[]
      = { "gamma", "jpeg-", "png-", "tiff-", "webp-", "icc-profile", "gimp-image-", "gimp-metadata", "exif-data" };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    if (g_str_has_prefix (name, starts[i]))
      return TRUE;
  return FALSE;
}

/* The comment of the image, where it is one line of a file's text: GIMP ends it with a NUL. */
static char *
comment_of (const CncPicture *picture, gboolean *others)
{
  char *comment = NULL;

  *others = FALSE;
  for (guint i = 0; i < picture->parasites->len; i++)
    {
      const CncParasite *parasite = g_ptr_array_index (picture->parasites, i);
      gsize size;
      const char *data = g_bytes_get_data (parasite->data, &size);

      while (size > 0 && data[size - 1] == '\0')
        size--;
      if (comment == NULL && strcmp (parasite->name, "gimp-comment") == 0 && size > 0 && g_utf8_validate (data, (gssize) size, NULL))
        comment = g_strndup (data, size);
      else if (strcmp (parasite->name, "gimp-comment") != 0 && !is_note_of_gimp (parasite->name))
        *others = TRUE;
    }
  return comment;
}

gboolean
open_save (const CncPicture *picture, const char *folder, const char *stem, char **made, char **note, GError **error)
{
  g_autoptr (CncRaster) expanded = NULL;
  g_autoptr (GBytes) linear = NULL;
  gboolean others;
  g_autofree char *comment = comment_of (picture, &others);
  OpenFile file = { picture->raster, picture->profile, picture->x_resolution, picture->y_resolution, comment };
  Attempt attempt = { FALSE, picture->metadata, FALSE, 0 };

  *note = NULL;
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
  attempt.png = open_png_can_hold (&file.raster->format);
  if (!save_what_goes (&file, folder, stem, &attempt, made, error))
    return FALSE;
  if (attempt.metadata == NULL && picture->metadata != NULL)
    *note = g_strdup ("EXIF and XMP could not be written into it; Decrypt in GIMP gives them back");
  else if (attempt.lost > 0)
    *note = g_strdup_printf ("%u entries of EXIF or XMP could not be written into it; Decrypt in GIMP gives them back", attempt.lost);
  else if (others)
    *note = g_strdup ("data that GIMP attached to it is not in the file; Decrypt in GIMP gives it back");
  return TRUE;
}
