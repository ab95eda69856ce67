/* core/tools/open-load.c: picture files to rasters, by GEGL. */
#include "tools/open.h"

#include <fcntl.h>
#include <gegl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"

#define SNIFF_BYTES 16

void
open_load_init (void)
{
  cnc_parallel_sleepy_openmp ();
  gegl_init (NULL, NULL);
}

void
open_load_exit (void)
{
  gegl_exit ();
}

static void
no_picture (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO, "It is no picture that can be read, or it is cut off; ask for the file again.");
}

/* The name of the GEGL operation for a file that starts so; NULL if there is none. */
static const char *
loader_for (const guint8 *start, gsize size)
{
  static const struct
  {
    const char *magic;
    guint at;
    guint length;
    const char *loader;
  } kinds[] = {
    { "\x89PNG\r\n\x1a\n", 0, 8, "gegl:png-load" },
    { "II*\0", 0, 4, "gegl:tiff-load" },
    { "MM\0*", 0, 4, "gegl:tiff-load" },
    { "II+\0", 0, 4, "gegl:tiff-load" },
    { "MM\0+", 0, 4, "gegl:tiff-load" },
    { "WEBP", 8, 4, "gegl:webp-load" },
    { "P6", 0, 2, "gegl:ppm-load" },
    { "P3", 0, 2, "gegl:ppm-load" },
    { "P5", 0, 2, "gegl:ppm-load" },
    { "BM", 0, 2, "gegl:pixbuf-load" },
    { "GIF8", 0, 4, "gegl:gif-load" },
    { "\xff\xd8\xff", 0, 3, "gegl:jpg-load" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (size >= kinds[i].at + kinds[i].length && memcmp (start + kinds[i].at, kinds[i].magic, kinds[i].length) == 0)
      return gegl_has_operation (kinds[i].loader) ? kinds[i].loader : NULL;
  return NULL;
}

static const char *
loader_of (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &problem);
  guint8 start[SNIFF_BYTES];
  gsize size = 0;
  const char *loader;

  if (stream == NULL || !g_input_stream_read_all (G_INPUT_STREAM (stream), start, sizeof start, &size, NULL, &problem))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "It cannot be read: %s.", problem->message);
      return NULL;
    }
  loader = loader_for (start, size);
  if (loader == NULL)
    no_picture (error);
  return loader;
}

/* GEGL and the libraries below it tell of broken files on stderr, each in its own words; a failure has one line there, which is ours.
 * Returns what unmute takes. */
static int
mute (void)
{
  const int saved = dup (STDERR_FILENO), null = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  fflush (stderr);
  if (saved >= 0 && null >= 0)
    dup2 (null, STDERR_FILENO);
  if (null >= 0)
    close (null);
  return saved;
}

static void
unmute (int saved)
{
  if (saved < 0)
    return;
  fflush (stderr);
  dup2 (saved, STDERR_FILENO);
  close (saved);
}

static GeglBuffer *
load_buffer (const char *path, GError **error)
{
  const char *loader = loader_of (path, error);
  GeglBuffer *buffer = NULL;
  GeglNode *graph, *load, *sink;
  int saved;

  if (loader == NULL)
    return NULL;
  saved = mute ();
  graph = gegl_node_new ();
  load = gegl_node_new_child (graph, "operation", loader, "path", path, NULL);
  sink = gegl_node_new_child (graph, "operation", "gegl:buffer-sink", "buffer", &buffer, "format", NULL, NULL);
  gegl_node_link (load, sink);
  gegl_node_process (sink);
  g_object_unref (graph);
  unmute (saved);
  if (buffer == NULL || gegl_buffer_get_width (buffer) < 1 || gegl_buffer_get_height (buffer) < 1
      || gegl_rectangle_is_infinite_plane (gegl_buffer_get_extent (buffer)))
    {
      g_clear_object (&buffer);
      no_picture (error);
    }
  return buffer;
}

/* FALSE: a format that rasters do not have. */
static gboolean
format_of (const Babl *babl, CncFormat *format)
{
  static const struct
  {
    const char *name;
    CncModel model;
    CncCurve curve;
    gboolean alpha;
  } models[] = {
    { "R'G'B'", CNC_MODEL_RGB, CNC_CURVE_PERCEPTUAL, FALSE }, { "R'G'B'A", CNC_MODEL_RGB, CNC_CURVE_PERCEPTUAL, TRUE },
    { "R~G~B~", CNC_MODEL_RGB, CNC_CURVE_PERCEPTUAL, FALSE }, { "R~G~B~A", CNC_MODEL_RGB, CNC_CURVE_PERCEPTUAL, TRUE },
    { "RGB", CNC_MODEL_RGB, CNC_CURVE_LINEAR, FALSE },        { "RGBA", CNC_MODEL_RGB, CNC_CURVE_LINEAR, TRUE },
    { "Y'", CNC_MODEL_GREY, CNC_CURVE_PERCEPTUAL, FALSE },    { "Y'A", CNC_MODEL_GREY, CNC_CURVE_PERCEPTUAL, TRUE },
    { "Y~", CNC_MODEL_GREY, CNC_CURVE_PERCEPTUAL, FALSE },    { "Y~A", CNC_MODEL_GREY, CNC_CURVE_PERCEPTUAL, TRUE },
    { "Y", CNC_MODEL_GREY, CNC_CURVE_LINEAR, FALSE },         { "YA", CNC_MODEL_GREY, CNC_CURVE_LINEAR, TRUE },
  };
  static const struct
  {
    const char *name;
    CncSample sample;
  } samples[] = {
    { "u8", CNC_SAMPLE_U8 },     { "u16", CNC_SAMPLE_U16 },     { "u32", CNC_SAMPLE_U32 },
    { "half", CNC_SAMPLE_HALF }, { "float", CNC_SAMPLE_FLOAT }, { "double", CNC_SAMPLE_DOUBLE },
  };
  g_auto (GStrv) words = g_strsplit (babl_format_get_encoding (babl), " ", 2);

  if (g_strv_length (words) != 2)
    return FALSE;
  for (guint m = 0; m < G_N_ELEMENTS (models); m++)
    for (guint s = 0; s < G_N_ELEMENTS (samples); s++)
      if (strcmp (words[0], models[m].name) == 0 && strcmp (words[1], samples[s].name) == 0)
        {
          *format = (CncFormat){ models[m].model, samples[s].sample, models[m].curve, models[m].alpha };
          return TRUE;
        }
  return FALSE;
}

CncRaster *
open_load (const char *path, GError **error)
{
  g_autoptr (GeglBuffer) buffer = load_buffer (path, error);
  const Babl *babl;
  CncRaster *raster;
  CncFormat format;

  if (buffer == NULL)
    return NULL;
  babl = gegl_buffer_get_format (buffer);
  if (!format_of (babl, &format))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED, "This is no encrypted picture: those are grey or RGB.");
      return NULL;
    }
  raster = cnc_raster_new ((guint32) gegl_buffer_get_width (buffer), (guint32) gegl_buffer_get_height (buffer), &format, error);
  if (raster != NULL)
    gegl_buffer_get (buffer, NULL, 1.0, babl, raster->data, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return raster;
}

GBytes *
open_linear_profile (void)
{
  const Babl *srgb = babl_space ("sRGB");
  const Babl *linear = babl_trc ("linear");
  double xw, yw, xr, yr, xg, yg, xb, yb;
  const char *icc;
  int size = 0;

  babl_space_get (srgb, &xw, &yw, &xr, &yr, &xg, &yg, &xb, &yb, NULL, NULL, NULL);
  icc = babl_space_get_icc (
      babl_space_from_chromaticities (NULL, xw, yw, xr, yr, xg, yg, xb, yb, linear, linear, linear, BABL_SPACE_FLAG_NONE), &size);
  return icc != NULL && size > 0 ? g_bytes_new (icc, (gsize) size) : NULL;
}
