/* GIMP images and layers to pictures and back. */
#include "image.h"

#include "base/error.h"
#include "metadata.h"
#include "pixels.h"
#include "progress.h"

/* TRUE if the layer, alone in an image of that size, looks exactly like its own pixels. */
static gboolean
is_plain (gint32 image, gint32 layer)
{
  const GimpLayerMode mode = gimp_layer_get_mode (layer);
  gint x, y;

  gimp_drawable_offsets (layer, &x, &y);
  return x == 0 && y == 0 && gimp_drawable_width (layer) == gimp_image_width (image)
         && gimp_drawable_height (layer) == gimp_image_height (image) && !gimp_item_is_group (layer)
         && gimp_layer_get_opacity (layer) >= 100.0 && (gimp_layer_get_mask (layer) == -1 || !gimp_layer_get_apply_mask (layer))
         && (mode == GIMP_LAYER_MODE_NORMAL || mode == GIMP_LAYER_MODE_NORMAL_LEGACY);
}

gint32
image_visible_drawable (gint32 image, gboolean *temporary, CncTask *task)
{
  gint n_layers = 0;
  g_autofree gint *layers = gimp_image_get_layers (image, &n_layers);
  gint32 only = -1;
  gint n_visible = 0;

  *temporary = FALSE;
  for (gint i = 0; i < n_layers; i++)
    if (gimp_item_get_visible (layers[i]))
      {
        only = layers[i];
        n_visible++;
      }
  if (n_visible == 1 && is_plain (image, only))
    return only;
  *temporary = TRUE;
  progress_hold (task);
  only = gimp_layer_new_from_visible (image, image, _ ("Visible"));
  if (only == -1)
    progress_release (task);
  return only;
}

void
image_drop_visible (gint32 drawable, CncTask *task)
{
  gimp_item_delete (drawable);
  progress_release (task);
}

/* What a plug-in for files had made of the file when somebody cancelled it, it alone knew of. */
static void
drop_half (const char *path, const gint *before, gint n_before)
{
  gint n_images = 0;
  g_autofree gint *images = gimp_image_list (&n_images);

  for (gint i = 0; i < n_images; i++)
    {
      g_autofree char *name = gimp_image_get_filename (images[i]);
      gboolean known = FALSE;

      for (gint k = 0; k < n_before; k++)
        known = known || before[k] == images[i];
      if (!known && g_strcmp0 (name, path) == 0)
        gimp_image_delete (images[i]);
    }
}

gint32
image_load (const char *path, CncTask *task, GError **error)
{
  gint n_before = 0;
  g_autofree gint *before = gimp_image_list (&n_before);
  gint32 image;

  progress_hold (task);
  image = gimp_file_load (GIMP_RUN_NONINTERACTIVE, path, path);
  if (image == -1)
    {
      g_autofree char *shown = g_filename_display_name (path);

      if (gimp_get_pdb_status () == GIMP_PDB_CANCEL)
        g_set_error (error, CNC_ERROR, CNC_ERROR_CANCELLED, "Cancelled; nothing was changed.");
      else
        g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "GIMP cannot open %s as a picture: %s", shown, gimp_get_pdb_error ());
      drop_half (path, before, n_before);
      progress_release (task);
    }
  return image;
}

void
image_drop (gint32 image, CncTask *task)
{
  gimp_image_delete (image);
  progress_release (task);
}

CncPicture *
image_read_visible (gint32 image, CncTask *task, GError **error)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  gboolean temporary;
  const gint32 drawable = image_visible_drawable (image, &temporary, task);

  if (drawable == -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "This image shows nothing that could be encrypted; it has no visible layer.");
      return NULL;
    }
  picture->source = CNC_SOURCE_IMAGE;
  if (!temporary)
    picture->name = gimp_item_get_name (drawable);
  metadata_collect_image (image, picture);
  picture->raster
      = pixels_read (drawable, 0, 0, (guint) gimp_drawable_width (drawable), (guint) gimp_drawable_height (drawable), task, error);
  if (temporary)
    image_drop_visible (drawable, task);
  return picture->raster != NULL ? g_steal_pointer (&picture) : NULL;
}

CncPicture *
image_read_part (gint32 image, gint32 layer, guint x, guint y, guint width, guint height, CncTask *task, GError **error)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();

  picture->source = CNC_SOURCE_LAYER;
  picture->name = gimp_item_get_name (layer);
  metadata_collect_layer (image, layer, picture);
  picture->raster = pixels_read (layer, x, y, width, height, task, error);
  return picture->raster != NULL ? g_steal_pointer (&picture) : NULL;
}

CncPicture *
image_read_layer (gint32 image, gint32 layer, CncTask *task, GError **error)
{
  return image_read_part (image, layer, 0, 0, (guint) gimp_drawable_width (layer), (guint) gimp_drawable_height (layer), task, error);
}

CncPicture *
image_read_region (gint32 layer, guint x, guint y, guint width, guint height, CncTask *task, GError **error)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();

  picture->source = CNC_SOURCE_REGION;
  picture->raster = pixels_read (layer, x, y, width, height, task, error);
  if (picture->raster == NULL)
    return NULL;
  picture->raster = pixels_drop_opaque_alpha (g_steal_pointer (&picture->raster));
  return g_steal_pointer (&picture);
}

static gint32
new_image (const CncRaster *raster, const char *name, GBytes *colormap, gint32 *layer, CncTask *task, GError **error)
{
  static const GimpImageBaseType base[] = { GIMP_GRAY, GIMP_RGB, GIMP_INDEXED };
  static const GimpImageType plain[] = { GIMP_GRAY_IMAGE, GIMP_RGB_IMAGE, GIMP_INDEXED_IMAGE };
  static const GimpImageType alpha[] = { GIMP_GRAYA_IMAGE, GIMP_RGBA_IMAGE, GIMP_INDEXEDA_IMAGE };
  const gint width = (gint) raster->width, height = (gint) raster->height;
  const CncModel model = raster->format.model;
  gint32 image;

  progress_hold (task);
  image = gimp_image_new_with_precision (width, height, base[model], pixels_precision (&raster->format));
  if (image != -1)
    {
      gimp_image_undo_disable (image);
      if (colormap != NULL)
        {
          gsize size;
          const guint8 *map = g_bytes_get_data (colormap, &size);

          gimp_image_set_colormap (image, map, (gint) (size / 3));
        }
      *layer
          = gimp_layer_new (image, name, width, height, raster->format.alpha ? alpha[model] : plain[model], 100.0, GIMP_LAYER_MODE_NORMAL);
      if (*layer != -1)
        return image;
      gimp_image_delete (image);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "GIMP did not make a new image of %d×%d pixels: %s", width, height,
               gimp_get_pdb_error ());
  return -1;
}

gint32
image_new_from_picture (const CncPicture *picture, CncTask *task, char **note, GError **error)
{
  gint32 layer;
  const gint32 image
      = new_image (picture->raster, picture->name != NULL ? picture->name : _ ("Decrypted"), picture->colormap, &layer, task, error);

  if (image == -1)
    return -1;
  if (!pixels_write (layer, picture->raster, task, error))
    {
      gimp_image_delete (image);
      return -1;
    }
  gimp_image_insert_layer (image, layer, -1, 0);
  *note = metadata_restore (image, layer, picture);
  gimp_image_undo_enable (image);
  return image;
}

gint32
image_new_from_raster (const CncRaster *raster, const char *name, CncTask *task, GError **error)
{
  gint32 layer;
  const gint32 image = new_image (raster, name, NULL, &layer, task, error);

  if (image == -1)
    return -1;
  if (!pixels_write (layer, raster, task, error))
    {
      gimp_image_delete (image);
      return -1;
    }
  gimp_image_insert_layer (image, layer, -1, 0);
  metadata_clear (image);
  gimp_image_undo_enable (image);
  return image;
}
