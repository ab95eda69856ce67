/* What the quality programs share, see common.h. */
#include "common.h"

#include "engine/engine.h"
#include "seal/keys.h"
#include "picture/pixels.h"

#include <gegl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void
quality_keys (guint64 seed, guint64 i, CncHybridKeys *keys)
{
  guint8 stream_seed[32] = "keys of the quality programs";

  memcpy (stream_seed + 24, &(guint64){ GUINT64_TO_LE (seed) }, 8);
  cnc_keystream (stream_seed, i * 128, keys->chaos, sizeof keys->chaos);
  cnc_keystream (stream_seed, i * 128 + 64, keys->cnn, sizeof keys->cnn);
  stream_seed[23] ^= 1;
  cnc_keystream (stream_seed, i * 64, keys->iv, sizeof keys->iv);
}

guint64
quality_random (guint64 seed, guint64 i, guint64 below)
{
  guint8 stream_seed[32] = "places of the quality programs", bytes[8];
  guint64 value;

  memcpy (stream_seed + 24, &(guint64){ GUINT64_TO_LE (seed) }, 8);
  cnc_keystream (stream_seed, i * 64, bytes, sizeof bytes);
  memcpy (&value, bytes, sizeof value);
  return GUINT64_FROM_LE (value) % below;
}

CncBackend *
quality_open (const char *choice)
{
  const char *named = g_getenv ("CNNCRYPT_DEVICE");
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  CncBackend *backend;

  if (choice == NULL)
    choice = named != NULL && *named != '\0' ? named : "cpu";
  backend = cnc_engine_open (choice, CNC_WORK_CIPHER, &note, &error);
  if (backend == NULL)
    {
      g_printerr ("%s\n", error->message);
      exit (2);
    }
  if (note != NULL)
    g_printerr ("%s\n", note);
  return backend;
}

int
quality_binomial_low (guint n, double p, double tail)
{
  double sum = 0.0;

  for (guint k = 0; k <= n; k++)
    {
      sum += exp (lgamma (n + 1.0) - lgamma (k + 1.0) - lgamma (n - k + 1.0) + k * log (p) + (n - k) * log1p (-p));
      if (sum > tail)
        return (int) k - 1;
    }
  return (int) n;
}

/* A number in 0..1 at each point of a lattice. */
static double
lattice (gint x, gint y, guint seed)
{
  guint32 h = (guint32) x * 0x8da6b343u ^ (guint32) y * 0xd8163841u ^ seed * 0xcb1ab31fu;

  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 12;
  h *= 0x297a2d39u;
  h ^= h >> 15;
  return h / 4294967296.0;
}

double
quality_smooth_noise (double x, double y, guint seed)
{
  const gint ix = (gint) floor (x), iy = (gint) floor (y);
  double u = x - ix, v = y - iy;

  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  return (1 - v) * ((1 - u) * lattice (ix, iy, seed) + u * lattice (ix + 1, iy, seed))
         + v * ((1 - u) * lattice (ix, iy + 1, seed) + u * lattice (ix + 1, iy + 1, seed));
}

static double
fractal (double x, double y, guint seed)
{
  double sum = 0.0, weight = 0.5;

  for (guint octave = 0; octave < 8; octave++, weight *= 0.55, x *= 2.03, y *= 2.03)
    sum += weight * quality_smooth_noise (x, y, seed + octave);
  return sum / 1.1;
}

/* Sky with clouds above three ranges of hills, the nearer the darker and rougher; a little grain, as a sensor has. */
void
quality_landscape (guint side, guint seed, guint8 *pixels)
{
  for (guint y = 0; y < side; y++)
    for (guint x = 0; x < side; x++)
      {
        const double u = (double) x / side, v = (double) y / side;
        double value = 200 - 60 * v + 70 * MAX (0.0, fractal (3 * u, 6 * v, seed) - 0.5);

        for (guint range = 0; range < 3; range++)
          {
            const double ridge = 0.35 + 0.2 * range + 0.35 * (fractal (2.5 * u, 0.5 + range, seed + 40 * range) - 0.5);

            if (v > ridge)
              value = 130 - 35.0 * range + (40 + 30.0 * range) * (fractal (8 * u, 12 * v, seed + 90 + range) - 0.5) - 25 * (v - ridge);
          }
        value += 4 * (lattice ((gint) x, (gint) y, seed + 7) - 0.5);
        pixels[y * side + x] = (guint8) CLAMP (value, 0, 255);
      }
}

static void
picture_free (gpointer data)
{
  QualityPicture *picture = data;

  g_free (picture->name);
  g_free (picture->pixels);
  g_free (picture);
}

static QualityPicture *
picture_new (const char *name, guint side, gboolean photograph)
{
  QualityPicture *picture = g_new0 (QualityPicture, 1);

  picture->name = g_strdup (name);
  picture->side = side;
  picture->photograph = photograph;
  picture->pixels = g_malloc0 ((gsize) side * side);
  return picture;
}

/* Centred square of factor * side pixels a side, averaged. */
static void
reduce (GeglBuffer *buffer, guint side, guint factor, guint8 *pixels)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  const gint n = (gint) (side * factor);
  const GeglRectangle square = { extent->x + (extent->width - n) / 2, extent->y + (extent->height - n) / 2, n, n };
  g_autofree guint8 *all = g_malloc ((gsize) n * n);

  gegl_buffer_get (buffer, &square, 1.0, babl_format ("Y' u8"), all, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (guint y = 0; y < side; y++)
    for (guint x = 0; x < side; x++)
      {
        guint sum = 0;

        for (guint dy = 0; dy < factor; dy++)
          for (guint dx = 0; dx < factor; dx++)
            sum += all[(gsize) (y * factor + dy) * n + x * factor + dx];
        pixels[y * side + x] = (guint8) ((sum + factor * factor / 2) / (factor * factor));
      }
}

static GeglBuffer *
load_buffer (const char *path)
{
  GeglNode *graph = gegl_node_new ();
  GeglBuffer *buffer = NULL;
  GeglNode *source = gegl_node_new_child (graph, "operation", "gegl:load", "path", path, NULL);
  GeglNode *sink = gegl_node_new_child (graph, "operation", "gegl:buffer-sink", "buffer", &buffer, NULL);

  gegl_node_link (source, sink);
  gegl_node_process (sink);
  g_object_unref (graph);
  return buffer;
}

CncRaster *
quality_rgb (const char *path)
{
  g_autoptr (GeglBuffer) buffer = load_buffer (path);
  const GeglRectangle *extent = buffer != NULL ? gegl_buffer_get_extent (buffer) : NULL;
  CncRaster *raster = extent != NULL ? cnc_rgb_new ((guint32) extent->width, (guint32) extent->height, NULL) : NULL;

  if (raster != NULL)
    gegl_buffer_get (buffer, extent, 1.0, babl_format_with_space ("R'G'B' u8", gegl_buffer_get_format (buffer)), raster->data,
                     GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return raster;
}

gboolean
quality_save_png (const char *path, const CncRaster *raster)
{
  const GeglRectangle extent = { 0, 0, (gint) raster->width, (gint) raster->height };
  g_autoptr (GeglBuffer) buffer = gegl_buffer_new (&extent, babl_format ("R'G'B' u8"));
  GeglNode *graph = gegl_node_new ();
  GeglNode *source = gegl_node_new_child (graph, "operation", "gegl:buffer-source", "buffer", buffer, NULL);
  GeglNode *sink = gegl_node_new_child (graph, "operation", "gegl:png-save", "path", path, "compression", 1, "bitdepth", 8, NULL);

  gegl_buffer_set (buffer, &extent, 0, NULL, raster->data, GEGL_AUTO_ROWSTRIDE);
  gegl_node_link (source, sink);
  gegl_node_process (sink);
  g_object_unref (graph);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static QualityPicture *
load (const char *path, guint side)
{
  g_autoptr (GeglBuffer) buffer = load_buffer (path);
  const guint least = buffer != NULL ? (guint) MIN (gegl_buffer_get_width (buffer), gegl_buffer_get_height (buffer)) : 0;
  g_autofree char *name = g_path_get_basename (path);
  QualityPicture *picture;

  if (least < side)
    return NULL;
  picture = picture_new (name, side, TRUE);
  reduce (buffer, side, least / side, picture->pixels);
  return picture;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
quality_files (GPtrArray *files, const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const guint before = files->len;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".png") || g_str_has_suffix (name, ".jpg"))
      g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  if (files->len > before)
    qsort (files->pdata + before, files->len - before, sizeof *files->pdata, by_name);
}

static void
add_folder (GPtrArray *pictures, const char *folder, guint side, guint limit)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  quality_files (files, folder);
  for (guint i = 0; i < files->len && limit > 0; i++)
    {
      QualityPicture *picture = load (files->pdata[i], side);

      if (picture != NULL)
        {
          g_ptr_array_add (pictures, picture);
          limit--;
        }
    }
}

GPtrArray *
quality_pictures (guint side, const char *folders, guint limit)
{
  GPtrArray *pictures = g_ptr_array_new_with_free_func (picture_free);
  QualityPicture *picture = picture_new ("black", side, FALSE);

  g_ptr_array_add (pictures, picture);
  picture = picture_new ("white", side, FALSE);
  memset (picture->pixels, 255, (gsize) side * side);
  g_ptr_array_add (pictures, picture);
  picture = picture_new ("landscape (rendered)", side, TRUE);
  quality_landscape (side, 1, picture->pixels);
  g_ptr_array_add (pictures, picture);
  if (folders != NULL && *folders != '\0')
    {
      g_auto (GStrv) each = g_strsplit (folders, ":", -1);

      gegl_init (NULL, NULL);
      for (guint i = 0; each[i] != NULL; i++)
        add_folder (pictures, each[i], side, limit);
    }
  return pictures;
}
