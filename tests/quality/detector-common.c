/* tests/quality/detector-common.c: chance, and pictures cut and saved, see detector-data.h. */
#include "detector-data.h"

#include <gegl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

double
data_between (GRand *rand, double low, double high)
{
  return low + (high - low) * g_rand_double (rand);
}

gboolean
data_chance (GRand *rand, double p)
{
  return g_rand_double (rand) < p;
}

double
data_gaussian (GRand *rand)
{
  return sqrt (-2 * log (1 - g_rand_double (rand))) * cos (2 * G_PI * g_rand_double (rand));
}

guint8
data_byte (double value)
{
  return (guint8) lrint (CLAMP (value, 0, 255));
}

CncRaster *
data_rgb (guint32 width, guint32 height)
{
  g_autoptr (GError) error = NULL;
  CncRaster *raster = cnc_rgb_new (width, height, &error);

  if (raster == NULL)
    g_error ("%s", error->message);
  return raster;
}

CncRaster *
data_cut (const CncRaster *from, guint32 x, guint32 y, guint32 width, guint32 height)
{
  CncRaster *to = data_rgb (width, height);

  for (guint32 row = 0; row < height; row++)
    memcpy (to->data + (gsize) row * width * 3, from->data + ((gsize) (y + row) * from->width + x) * 3, (gsize) width * 3);
  return to;
}

CncRaster *
data_cut_any (const CncRaster *from, guint32 side, GRand *rand)
{
  const guint32 w = MIN (side, from->width), h = MIN (side, from->height);

  return data_cut (from, (guint32) g_rand_int_range (rand, 0, (gint32) (from->width - w + 1)),
                   (guint32) g_rand_int_range (rand, 0, (gint32) (from->height - h + 1)), w, h);
}

CncRaster *
data_mirror (const CncRaster *from, guint32 side)
{
  const guint32 w = from->width, h = from->height;
  CncRaster *to = data_rgb (MAX (w, side), MAX (h, side));

  for (guint32 y = 0; y < to->height; y++)
    for (guint32 x = 0; x < to->width; x++)
      {
        const guint32 u = x % (2 * w), v = y % (2 * h);

        memcpy (to->data + 3 * ((gsize) y * to->width + x),
                from->data + 3 * ((gsize) (v < h ? v : 2 * h - 1 - v) * w + (u < w ? u : 2 * w - 1 - u)), 3);
      }
  return to;
}

void
data_tone (CncRaster *raster, gboolean grey, double contrast, double shift)
{
  for (gsize i = 0; i < (gsize) raster->width * raster->height; i++)
    {
      guint8 *p = raster->data + 3 * i;
      const double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];

      for (guint c = 0; c < 3; c++)
        p[c] = data_byte (128 + shift + contrast * ((grey ? luma : p[c]) - 128));
    }
}

CncRaster *
data_jpeg (const CncRaster *from, guint quality)
{
  const GeglRectangle extent = { 0, 0, (gint) from->width, (gint) from->height };
  g_autoptr (GeglBuffer) buffer = gegl_buffer_new (&extent, babl_format ("R'G'B' u8"));
  g_autofree char *path = NULL;
  const int fd = g_file_open_tmp ("detector-XXXXXX.jpg", &path, NULL);
  GeglNode *graph = gegl_node_new ();
  GeglNode *source = gegl_node_new_child (graph, "operation", "gegl:buffer-source", "buffer", buffer, NULL);
  GeglNode *sink = gegl_node_new_child (graph, "operation", "gegl:jpg-save", "path", path, "quality", (int) quality, NULL);
  CncRaster *back;

  if (fd >= 0)
    close (fd);
  gegl_buffer_set (buffer, &extent, 0, NULL, from->data, GEGL_AUTO_ROWSTRIDE);
  gegl_node_link (source, sink);
  gegl_node_process (sink);
  g_object_unref (graph);
  back = quality_rgb (path);
  g_unlink (path);
  if (back == NULL)
    g_error ("no JPEG file can be written");
  return back;
}
