/* models/train/data-files.c: idx, CIFAR-10, tar and picture files, see data.h. */
#include "data.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/memory.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gegl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE ((gsize) 2 << 30)
#define CIFAR_RECORD 3073u /* a label, then 32 x 32 bytes each of R, G and B */
#define MAX_PIXELS ((guint64) 1 << 28)

typedef struct archive Archive;

static void
archive_done (Archive *archive)
{
  archive_read_free (archive);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Archive, archive_done)

/* What the archive's current entry holds.  NULL: it is broken or too large. */
static GByteArray *
read_entry (Archive *archive)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 part[1 << 16];
  la_ssize_t n;

  while ((n = archive_read_data (archive, part, sizeof part)) > 0)
    {
      if (bytes->len + (gsize) n > MAX_FILE)
        return NULL;
      g_byte_array_append (bytes, part, (guint) n);
    }
  return n == 0 ? g_steal_pointer (&bytes) : NULL;
}

/* A whole file, unpacked if it is compressed. */
static GByteArray *
read_file (const char *path)
{
  g_autoptr (Archive) archive = archive_read_new ();
  struct archive_entry *entry;

  archive_read_support_filter_all (archive);
  archive_read_support_format_raw (archive);
  if (archive_read_open_filename (archive, path, 1 << 16) != ARCHIVE_OK || archive_read_next_header (archive, &entry) != ARCHIVE_OK)
    return NULL;
  return read_entry (archive);
}

static guint32
big_endian (const guint8 *p)
{
  return (guint32) p[0] << 24 | (guint32) p[1] << 16 | (guint32) p[2] << 8 | p[3];
}

static gboolean
wrong_channels (const TrainLoader *loader, const char *name, guint channels, GError **error)
{
  if (loader->data->channels == channels)
    return FALSE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s holds pictures of %u channels, but the network takes %u; give other data.",
               name, channels, loader->data->channels);
  return TRUE;
}

/* Records of the same size, one picture each behind skip bytes. */
static gboolean
add_records (TrainLoader *loader, const char *name, const guint8 *data, gsize count, gsize skip, guint32 width, guint32 height,
             GError **error)
{
  const gsize bytes = (gsize) width * height * loader->data->channels;

  for (gsize i = 0; i < count; i++)
    {
      g_autofree char *numbered = g_strdup_printf ("%s#%" G_GSIZE_FORMAT, name, i);
      guint8 *pixels = cnc_alloc (bytes, 1, "the pictures", error);

      if (pixels == NULL)
        return FALSE;
      memcpy (pixels, data + i * (skip + bytes) + skip, bytes);
      if (!train_loader_add (loader, numbered, width, height, pixels, error))
        return FALSE;
    }
  return TRUE;
}

/* yann.lecun.com/exdb/mnist: 00 00 08 03, then count, rows and columns as big-endian u32, then the bytes. */
static gboolean
load_idx (TrainLoader *loader, const char *path, const char *name, GError **error)
{
  g_autoptr (GByteArray) bytes = read_file (path);
  guint32 count, height, width;

  if (bytes == NULL || bytes->len < 16 || big_endian (bytes->data) != 0x803)
    {
      train_loader_skip (loader, name, "it is no idx file of pictures, or it is broken");
      return TRUE;
    }
  count = big_endian (bytes->data + 4);
  height = big_endian (bytes->data + 8);
  width = big_endian (bytes->data + 12);
  if (width == 0 || height == 0 || width > 4096 || height > 4096 || (bytes->len - 16) / ((gsize) width * height) < count)
    {
      train_loader_skip (loader, name, "it is shorter than it says");
      return TRUE;
    }
  if (wrong_channels (loader, name, 1, error))
    return FALSE;
  return add_records (loader, name, bytes->data + 16, count, 0, width, height, error);
}

static gboolean
load_cifar (TrainLoader *loader, const char *path, const char *name, GError **error)
{
  g_autoptr (GByteArray) bytes = read_file (path);

  if (bytes == NULL || bytes->len == 0 || bytes->len % CIFAR_RECORD != 0)
    {
      train_loader_skip (loader, name, "it is no binary file of CIFAR-10, or it is broken");
      return TRUE;
    }
  if (wrong_channels (loader, name, 3, error))
    return FALSE;
  return add_records (loader, name, bytes->data, bytes->len / CIFAR_RECORD, 1, 32, 32, error);
}

/* GEGL and the libraries below it tell of broken files on stderr; here a failure has one line, which is ours. */
static GeglBuffer *
load_quietly (const char *path, guint32 resize)
{
  const int saved = dup (STDERR_FILENO), null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  GeglNode *graph, *load, *scale, *sink;
  GeglBuffer *buffer = NULL;
  GeglRectangle box;

  fflush (stderr);
  if (saved >= 0 && null >= 0)
    dup2 (null, STDERR_FILENO);
  graph = gegl_node_new ();
  load = gegl_node_new_child (graph, "operation", "gegl:load", "path", path, NULL);
  sink = gegl_node_new_child (graph, "operation", "gegl:buffer-sink", "buffer", &buffer, "format", NULL, NULL);
  scale = gegl_node_new_child (graph, "operation", resize > 0 ? "gegl:scale-size" : "gegl:nop", NULL);
  if (resize > 0)
    gegl_node_set (scale, "x", (double) resize, "y", (double) resize, "sampler", GEGL_SAMPLER_CUBIC, NULL);
  gegl_node_link_many (load, scale, sink, NULL);
  box = gegl_node_get_bounding_box (load); /* nothing for a broken file */
  if (box.width > 0 && box.height > 0 && !gegl_rectangle_is_infinite_plane (&box))
    gegl_node_process (sink);
  g_object_unref (graph);
  fflush (stderr);
  if (saved >= 0)
    {
      dup2 (saved, STDERR_FILENO);
      close (saved);
    }
  if (null >= 0)
    close (null);
  return buffer;
}

/* gegl:load draws the words of a failure instead of the picture: what looks like no picture file is not given to it. */
static gboolean
starts_like_a_picture (const char *path)
{
  static const char *const magic[] = { "\x89PNG", "\xff\xd8\xff", "II*", "MM", "RIFF", "P5", "P6", "P3", "BM", "GIF8" };
  guint8 start[4] = { 0 };
  FILE *file = fopen (path, "rbe");
  const gsize n = file != NULL ? fread (start, 1, sizeof start, file) : 0;

  if (file != NULL)
    fclose (file);
  for (guint i = 0; i < G_N_ELEMENTS (magic); i++)
    if (n >= strlen (magic[i]) && memcmp (start, magic[i], strlen (magic[i])) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
load_picture (TrainLoader *loader, const char *path, const char *name, GError **error)
{
  static gsize once;
  const guint32 channels = loader->data->channels;
  g_autoptr (GeglBuffer) buffer = NULL;
  g_autofree guint8 *pixels = NULL;
  guint8 *planes;
  int w, h;

  if (g_once_init_enter (&once))
    {
      cnc_parallel_sleepy_openmp ();
      gegl_init (NULL, NULL);
      g_once_init_leave (&once, 1);
    }
  buffer = starts_like_a_picture (path) ? load_quietly (path, loader->resize) : NULL;
  w = buffer != NULL ? gegl_buffer_get_width (buffer) : 0;
  h = buffer != NULL ? gegl_buffer_get_height (buffer) : 0;
  if (w < 1 || h < 1 || (guint64) w * (guint64) h > MAX_PIXELS)
    {
      train_loader_skip (loader, name, "it is no picture that can be read, or it is broken");
      return TRUE;
    }
  pixels = cnc_alloc ((gsize) w * (gsize) h, channels, "the pictures", error);
  planes = pixels != NULL ? cnc_alloc ((gsize) w * (gsize) h, channels, "the pictures", error) : NULL;
  if (planes == NULL)
    return FALSE;
  gegl_buffer_get (buffer, gegl_buffer_get_extent (buffer), 1.0, babl_format (channels == 1 ? "Y' u8" : "R'G'B' u8"), pixels,
                   GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (guint32 c = 0; c < channels; c++)
    for (gsize i = 0; i < (gsize) w * (gsize) h; i++)
      planes[c * (gsize) w * (gsize) h + i] = pixels[i * channels + c];
  return train_loader_add (loader, name, (guint32) w, (guint32) h, planes, error);
}

static gboolean
is_picture (const char *name)
{
  static const char *const endings[] = { ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".ppm", ".pgm", ".gif" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (lower, endings[i]))
      return TRUE;
  return FALSE;
}

/* One picture of a tar file, by way of a file of its own. */
static gboolean
load_member (TrainLoader *loader, Archive *archive, const char *name, GError **error)
{
  g_autoptr (GByteArray) bytes = read_entry (archive);
  g_autofree char *ending = g_strdup (strrchr (name, '.')), *lower = g_ascii_strdown (ending, -1),
                  *template = g_strconcat ("cnncrypt-train-XXXXXX", lower, NULL);
  g_autofree char *path = NULL;
  const int fd = bytes != NULL ? g_file_open_tmp (template, &path, error) : -1;
  gboolean good;

  if (bytes == NULL)
    {
      train_loader_skip (loader, name, "the tar file is broken there");
      return TRUE;
    }
  if (fd < 0)
    return FALSE;
  good = write (fd, bytes->data, bytes->len) == (gssize) bytes->len;
  close (fd);
  if (!good)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO, "The folder for temporary files is full; make room there or set TMPDIR.");
  good = good && load_picture (loader, path, name, error);
  g_unlink (path);
  return good;
}

static gboolean
load_tar (TrainLoader *loader, const char *path, const char *name, GError **error)
{
  g_autoptr (Archive) archive = archive_read_new ();
  struct archive_entry *entry;
  int status;

  archive_read_support_filter_all (archive);
  archive_read_support_format_tar (archive);
  if (archive_read_open_filename (archive, path, 1 << 16) != ARCHIVE_OK)
    {
      train_loader_skip (loader, name, "it is no tar file");
      return TRUE;
    }
  while ((status = archive_read_next_header (archive, &entry)) == ARCHIVE_OK)
    {
      const char *member = archive_entry_pathname (entry);

      if (member == NULL || archive_entry_filetype (entry) != AE_IFREG || !is_picture (member))
        continue;
      if (g_str_has_prefix (member, "./"))
        member += 2;
      if (train_loader_wants (loader, member) && !load_member (loader, archive, member, error))
        return FALSE;
    }
  if (status != ARCHIVE_EOF)
    train_loader_skip (loader, name, "the rest of it cannot be read");
  return TRUE;
}

gboolean
train_loader_file (TrainLoader *loader, const char *path, const char *name, GError **error)
{
  g_autofree char *plain = g_strdup (name);

  if (g_str_has_suffix (plain, ".gz") || g_str_has_suffix (plain, ".xz"))
    plain[strlen (plain) - 3] = '\0';
  if (g_str_has_suffix (plain, ".tar") || g_str_has_suffix (plain, ".tgz"))
    return load_tar (loader, path, name, error); /* the patterns are for what is in it */
  if (!train_loader_wants (loader, name))
    return TRUE;
  if (strstr (plain, "idx3-ubyte") != NULL)
    return load_idx (loader, path, name, error);
  if (g_str_has_suffix (plain, ".bin"))
    return load_cifar (loader, path, name, error);
  return !is_picture (name) || load_picture (loader, path, name, error);
}
