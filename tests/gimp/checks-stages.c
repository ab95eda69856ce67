/* A picture on its way through the layers: an image with one layer for each stage, and nothing else of it anywhere. */
#include <string.h>

#include "checks.h"

static gint32
stages (gint32 image, int target)
{
  gint n = 0;
  GimpParam *values
      = gimp_run_procedure ("plug-in-cnncrypt-stages", &n, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image,
                            GIMP_PDB_DRAWABLE, checks_layer (image), GIMP_PDB_INT32, target, GIMP_PDB_STRING, "cpu", GIMP_PDB_END);

  return checks_take (values, n);
}

/* The layers, the plain picture last as GIMP lists them. */
static gboolean
named (const gint *layers, gint n, const char *const *words)
{
  for (gint i = 0; i < n; i++)
    {
      g_autofree char *name = gimp_item_get_name (layers[n - 1 - i]), *start = g_strdup_printf ("%d. %s", i + 1, words[i]);

      if (!g_str_has_prefix (name, start) || strstr (name, "entropy") == NULL || strstr (name, "% changed") == NULL)
        return FALSE;
    }
  return TRUE;
}

void
checks_stages (void)
{
  static const char *const words[] = { "Plain", "Blocks", "Chaos", "Keystream", "Half", "All", "Sealed" };
  const gint32 image = checks_image (120, 90, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 31),
               deep = checks_image (40, 30, GIMP_GRAY, GIMP_PRECISION_U16_GAMMA, TRUE, 32),
               large = checks_image (1500, 1100, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 33);
  gint32 shown;
  gint n = 0;
  g_autofree gint *layers = NULL;
  g_autoptr (GBytes) plain = checks_pixels (checks_layer (image)), lowest = NULL, after = NULL;

  shown = stages (image, 0);
  layers = shown != -1 ? gimp_image_get_layers (shown, &n) : NULL;
  check (n == 7 && named (layers, n, words), "an image with a layer for each stage, names and figures in their names");
  lowest = n == 7 ? checks_pixels (layers[6]) : NULL;
  check (lowest != NULL && g_bytes_equal (lowest, plain), "the lowest is the picture");
  for (gint i = 0; i < n - 1; i++)
    {
      g_autoptr (GBytes) other = checks_pixels (layers[i]);

      check (!g_bytes_equal (other, plain), "layer %d is another", i);
    }
  after = checks_pixels (checks_layer (image));
  check (g_bytes_equal (after, plain), "the image is as it was");
  check (gimp_image_get_xcf_uri (shown) == NULL && gimp_image_get_imported_uri (shown) == NULL, "no file belongs to it");

  shown = stages (deep, 1);
  check (shown != -1 && gimp_image_width (shown) == 40 && gimp_image_height (shown) == 30,
         "grey of 16 bits with transparency is shown as well");
  shown = stages (large, 0);
  check (shown != -1 && gimp_image_width (shown) == 1024 && gimp_image_height (shown) == 1024, "of a large picture the middle is shown");
  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 30, 20, 50, 40);
  shown = stages (image, 2);
  check (shown != -1 && gimp_image_width (shown) == 50 && gimp_image_height (shown) == 40, "of a selection its box");
  gimp_selection_none (image);
  check (stages (image, 2) == -1 && strstr (checks_error, "selected") != NULL, "without a selection there is none");
  check (stages (image, 7) == -1 && strstr (checks_error, "target") != NULL, "a target that is none");
}
