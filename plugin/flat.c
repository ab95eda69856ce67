/* What an image looks like, as opaque 8-bit RGB. */
#include "flat.h"

#include <string.h>

#include "base/error.h"
#include "image.h"
#include "pixels.h"
#include "progress.h"

/* TRUE if the image has a profile of its own that is not sRGB. */
static gboolean
has_foreign_profile (gint32 image)
{
  g_autoptr (GObject) profile = (GObject *) gimp_image_get_color_profile (image);
  g_autoptr (GObject) srgb = (GObject *) gimp_color_profile_new_rgb_srgb ();

  return profile != NULL && !gimp_color_profile_is_equal ((GimpColorProfile *) profile, (GimpColorProfile *) srgb);
}

static gboolean
is_rgb8 (gint32 image)
{
  return gimp_image_base_type (image) == GIMP_RGB && gimp_image_get_precision (image) == GIMP_PRECISION_U8_GAMMA
         && !has_foreign_profile (image);
}

static void
say (GString *notes, const char *what, const char *sentence)
{
  if (notes != NULL)
    g_string_append_printf (notes, "%s%s %s", notes->len > 0 ? " " : "", what, sentence);
}

/* Floating point in between, so that nothing is rounded twice. */
static gboolean
convert (gint32 image, const char *what, GString *notes, GError **error)
{
  const GimpImageBaseType base = gimp_image_base_type (image);
  const GimpPrecision precision = gimp_image_get_precision (image);
  const gboolean foreign = has_foreign_profile (image);
  gboolean done = base == GIMP_RGB || gimp_image_convert_rgb (image);

  if (done && foreign)
    {
      g_autoptr (GObject) srgb = (GObject *) gimp_color_profile_new_rgb_srgb ();

      done
          = (precision == GIMP_PRECISION_FLOAT_GAMMA || gimp_image_convert_precision (image, GIMP_PRECISION_FLOAT_GAMMA))
            && gimp_image_convert_color_profile (image, (GimpColorProfile *) srgb, GIMP_COLOR_RENDERING_INTENT_RELATIVE_COLORIMETRIC, TRUE);
    }
  if (done && gimp_image_get_precision (image) != GIMP_PRECISION_U8_GAMMA)
    done = gimp_image_convert_precision (image, GIMP_PRECISION_U8_GAMMA);
  if (!done)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s cannot be converted to 8-bit RGB: %s", what, gimp_get_pdb_error ());
      return FALSE;
    }
  if (base != GIMP_RGB)
    say (notes, what, base == GIMP_GRAY ? _ ("is grey and became RGB.") : _ ("has a palette and became RGB."));
  if (precision != GIMP_PRECISION_U8_GAMMA)
    say (notes, what, _ ("was converted to 8 bits a colour."));
  if (foreign)
    say (notes, what, _ ("was converted from its colour profile to sRGB."));
  return TRUE;
}

/* raster: R'G'B' u8, with or without alpha (transfer full), consumed also where it is not returned. */
static CncRaster *
put_on_white (CncRaster *raster, const char *what, GString *notes)
{
  const gsize pixels = (gsize) raster->width * raster->height;
  gboolean transparent = FALSE;

  if (!raster->format.alpha)
    return raster;
  for (gsize i = 0; i < pixels; i++)
    {
      const guint alpha = raster->data[4 * i + 3];

      transparent = transparent || alpha != 255;
      for (gsize c = 0; c < 3; c++)
        raster->data[3 * i + c] = (guint8) ((raster->data[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  raster->format.alpha = FALSE;
  if (transparent)
    say (notes, what, _ ("has transparent parts, which were put on white: transparency is not kept."));
  return raster;
}

/* image is 8-bit RGB. */
static CncRaster *
read_rgb8 (gint32 image, const char *what, GString *notes, CncTask *task, GError **error)
{
  gboolean temporary;
  const gint32 drawable = image_visible_drawable (image, &temporary, task);
  CncRaster *raster;

  if (drawable == -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s shows nothing; it has no visible layer.", what);
      return NULL;
    }
  raster = pixels_read (drawable, 0, 0, (guint) gimp_drawable_width (drawable), (guint) gimp_drawable_height (drawable), task, error);
  if (temporary)
    image_drop_visible (drawable, task);
  return raster != NULL ? put_on_white (raster, what, notes) : NULL;
}

static CncRaster *
read_converted (gint32 copy, const char *what, GString *notes, CncTask *task, GError **error)
{
  gimp_image_undo_disable (copy);
  return convert (copy, what, notes, error) ? read_rgb8 (copy, what, notes, task, error) : NULL;
}

static gboolean
check_image (gint32 image, const char *what, GError **error)
{
  gint n_layers = 0;

  if (!gimp_image_is_valid (image))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s is no image that is open.", what);
      return FALSE;
    }
  if (gimp_image_get_floating_sel (image) != -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s has a floating selection; anchor it or make it a layer first.", what);
      return FALSE;
    }
  g_free (gimp_image_get_layers (image, &n_layers));
  if (n_layers == 0)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s has no layer.", what);
  return n_layers > 0;
}

CncRaster *
flat_read_image (gint32 image, const char *what, GString *notes, CncTask *task, GError **error)
{
  CncRaster *raster;
  gint32 copy;

  if (!check_image (image, what, error))
    return NULL;
  if (is_rgb8 (image))
    return read_rgb8 (image, what, notes, task, error);
  progress_hold (task);
  copy = gimp_image_duplicate (image);
  if (copy == -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "%s cannot be copied: %s", what, gimp_get_pdb_error ());
      progress_release (task);
      return NULL;
    }
  raster = read_converted (copy, what, notes, task, error);
  image_drop (copy, task);
  return raster;
}

/* An image that holds nothing but the layer. */
static gint32
lift (gint32 layer)
{
  const gint32 image = gimp_item_get_image (layer);
  g_autoptr (GObject) profile = (GObject *) gimp_image_get_color_profile (image);
  const gint32 fresh = gimp_image_new_with_precision (gimp_drawable_width (layer), gimp_drawable_height (layer),
                                                      gimp_image_base_type (image), gimp_image_get_precision (image));
  gint32 copy;

  if (fresh == -1)
    return -1;
  gimp_image_undo_disable (fresh);
  if (gimp_image_base_type (image) == GIMP_INDEXED)
    {
      gint colours = 0;
      g_autofree guchar *map = gimp_image_get_colormap (image, &colours);

      gimp_image_set_colormap (fresh, map, colours);
    }
  if (profile != NULL)
    gimp_image_set_color_profile (fresh, (GimpColorProfile *) profile);
  copy = gimp_layer_new_from_drawable (layer, fresh);
  if (copy == -1 || !gimp_image_insert_layer (fresh, copy, -1, 0))
    {
      gimp_image_delete (fresh);
      return -1;
    }
  gimp_layer_set_offsets (copy, 0, 0);
  gimp_layer_set_opacity (copy, 100.0);
  gimp_layer_set_mode (copy, GIMP_LAYER_MODE_NORMAL);
  gimp_item_set_visible (copy, TRUE);
  return fresh;
}

CncRaster *
flat_read_layer (gint32 layer, const char *what, GString *notes, CncTask *task, GError **error)
{
  CncRaster *raster;
  gint32 image;

  if (layer == -1 || !gimp_item_is_valid (layer) || !gimp_item_is_layer (layer))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s is no layer of an image that is open.", what);
      return NULL;
    }
  progress_hold (task);
  image = lift (layer);
  if (image == -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "%s cannot be copied: %s", what, gimp_get_pdb_error ());
      progress_release (task);
      return NULL;
    }
  raster = read_converted (image, what, notes, task, error);
  image_drop (image, task);
  return raster;
}

CncRaster *
flat_read_file (const char *path, const char *what, GString *notes, CncTask *task, GError **error)
{
  const gint32 image = image_load (path, task, error);
  CncRaster *raster;

  if (image == -1)
    return NULL;
  raster = check_image (image, what, error) ? read_converted (image, what, notes, task, error) : NULL;
  image_drop (image, task);
  return raster;
}
