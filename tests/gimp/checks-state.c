/* What GIMP holds, written into a file: so that a script outside of GIMP can tell whether anything changed. */
#include <stdlib.h>

#include "checks.h"

static void
add_channels (GString *text, gint32 image)
{
  gint n_channels = 0, n_paths = 0;

  g_free (gimp_image_get_channels (image, &n_channels));
  g_free (gimp_image_get_vectors (image, &n_paths));
  g_string_append_printf (text, " channels %d paths %d", n_channels, n_paths);
}

static void
add_image (GString *text, gint32 image)
{
  gint n_layers = 0, x1, y1, x2, y2, empty;
  g_autofree gint *layers = gimp_image_get_layers (image, &n_layers);

  gimp_selection_bounds (image, &empty, &x1, &y1, &x2, &y2);
  g_string_append_printf (text, "image %d %dx%d %s layers", image, gimp_image_width (image), gimp_image_height (image),
                          gimp_image_is_dirty (image) ? "dirty" : "clean");
  for (gint i = 0; i < n_layers; i++)
    g_string_append_printf (text, " %d", layers[i]);
  add_channels (text, image);
  g_string_append_printf (text, " active %d selection %d,%d-%d,%d\n", gimp_image_get_active_layer (image), x1, y1, x2, y2);
}

static void
add_pixels (GString *text, gint32 image)
{
  gint n_layers = 0;
  g_autofree gint *layers = gimp_image_get_layers (image, &n_layers);

  for (gint i = 0; i < n_layers; i++)
    {
      g_autoptr (GBytes) pixels = checks_pixels (layers[i]);
      g_autofree char *sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, pixels);

      g_string_append_printf (text, "pixels %d %s\n", layers[i], sum);
    }
}

static int
ascending (gconstpointer a, gconstpointer b)
{
  return *(const gint *) a - *(const gint *) b;
}

gboolean
checks_state (gint32 image, const char *path)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gint n_images = 0;
  g_autofree gint *images = gimp_image_list (&n_images);

  qsort (images, (gsize) n_images, sizeof *images, ascending);
  for (gint i = 0; i < n_images; i++)
    add_image (text, images[i]);
  if (gimp_image_is_valid (image))
    add_pixels (text, image);
  return g_file_set_contents (path, text->str, (gssize) text->len, NULL);
}
