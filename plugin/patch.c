/* Pixels back into a layer that an image shows: the short step at the end of work in place.
 *
 * GIMP filters what a plug-in hands back through the selection, the alpha lock and the active colour channels, and refuses it for a
 * locked layer.  So all of these are set for the moment, and what arrived is compared. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "pixels.h"
#include "tiles.h"

static const GimpChannelType components[] = { GIMP_CHANNEL_RED, GIMP_CHANNEL_GREEN, GIMP_CHANNEL_BLUE, GIMP_CHANNEL_ALPHA };

typedef struct
{
  gint32 selection; /* a channel that keeps it, or -1 */
  gint32 active_layer;
  gint32 active_channel;
  gboolean lock_alpha;
  gboolean component[G_N_ELEMENTS (components)];
} Kept;

static void
open_up (gint32 image, gint32 layer, Kept *kept)
{
  kept->active_layer = gimp_image_get_active_layer (image);
  kept->active_channel = gimp_image_get_active_channel (image);
  kept->selection = gimp_selection_is_empty (image) ? -1 : gimp_selection_save (image);
  kept->lock_alpha = gimp_layer_get_lock_alpha (layer);
  if (kept->lock_alpha)
    gimp_layer_set_lock_alpha (layer, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (components); i++)
    {
      kept->component[i] = gimp_image_get_component_active (image, components[i]);
      if (!kept->component[i])
        gimp_image_set_component_active (image, components[i], TRUE);
    }
  gimp_context_push ();
  gimp_context_set_feather (FALSE);
  gimp_context_set_antialias (FALSE);
}

static void
put_back (gint32 image, gint32 layer, const Kept *kept)
{
  if (kept->selection != -1)
    {
      gimp_image_select_item (image, GIMP_CHANNEL_OP_REPLACE, kept->selection);
      gimp_image_remove_channel (image, kept->selection);
    }
  else
    gimp_selection_none (image);
  gimp_context_pop ();
  for (guint i = 0; i < G_N_ELEMENTS (components); i++)
    if (!kept->component[i])
      gimp_image_set_component_active (image, components[i], FALSE);
  if (kept->lock_alpha)
    gimp_layer_set_lock_alpha (layer, TRUE);
  if (kept->active_channel != -1)
    gimp_image_set_active_channel (image, kept->active_channel);
  else if (kept->active_layer != -1)
    gimp_image_set_active_layer (image, kept->active_layer);
}

/* The raster with an opaque alpha channel, or as it is, to fit the layer. */
static CncRaster *
fit (const CncRaster *raster, gboolean alpha, GError **error)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, alpha };
  CncRaster *fitted = cnc_raster_new (raster->width, raster->height, &format, error);
  const gsize pixels = (gsize) raster->width * raster->height;

  if (fitted == NULL)
    return NULL;
  if (raster->format.alpha == alpha)
    memcpy (fitted->data, raster->data, cnc_raster_bytes (raster));
  else
    for (gsize i = 0; i < pixels; i++)
      {
        memcpy (fitted->data + 4 * i, raster->data + 3 * i, 3);
        fitted->data[4 * i + 3] = 255;
      }
  return fitted;
}

static gboolean
put (gint32 image, gint32 layer, guint x, guint y, const CncRaster *raster)
{
  const gint width = (gint) raster->width, height = (gint) raster->height;
  Tiles *shadow;
  gint left, top;

  gimp_drawable_offsets (layer, &left, &top);
  if (!gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, left + (gint) x, top + (gint) y, width, height))
    return FALSE;
  shadow = tiles_open (layer, cnc_format_pixel_bytes (&raster->format), TRUE);
  if (shadow == NULL)
    return FALSE;
  tiles_put (shadow, x, y, raster->width, raster->height, raster->data);
  tiles_close (shadow);
  if (!gimp_drawable_merge_shadow (layer, TRUE))
    return FALSE;
  gimp_drawable_update (layer, (gint) x, (gint) y, width, height);
  return pixels_equal (layer, x, y, raster);
}

/* All patches, or none: on a failure the old pixels go back the same way. */
static gboolean
put_all (gint32 image, gint32 layer, CncRaster **fitted, const PixelsPatch *patches, guint n_patches, GError **error)
{
  g_autoptr (GPtrArray) old = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);

  for (guint i = 0; i < n_patches; i++)
    {
      CncRaster *before = pixels_read (layer, patches[i].x, patches[i].y, fitted[i]->width, fitted[i]->height, NULL, error);

      if (before == NULL)
        return FALSE;
      g_ptr_array_add (old, before);
    }
  for (guint i = 0; i < n_patches; i++)
    if (!put (image, layer, patches[i].x, patches[i].y, fitted[i]))
      {
        gboolean restored = TRUE;

        for (guint k = 0; k <= i; k++)
          restored = put (image, layer, patches[k].x, patches[k].y, old->pdata[k]) && restored;
        g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP did not take the new pixels of the layer “%s”; %s",
                     gimp_item_get_name (layer),
                     restored ? "nothing was changed. Encrypt into a new image instead."
                              : "undo this step with Edit → Undo, and encrypt into a new image instead.");
        return FALSE;
      }
  return TRUE;
}

gboolean
pixels_patch (gint32 image, gint32 layer, const PixelsPatch *patches, guint n_patches, GError **error)
{
  g_autoptr (GPtrArray) fitted = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);
  gboolean alpha = gimp_drawable_has_alpha (layer);
  gboolean done;
  Kept kept;

  if (!pixels_is_rgb8 (layer))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The layer does not hold 8-bit perceptual RGB pixels; use a new image.");
      return FALSE;
    }
  if (gimp_item_get_lock_content (layer))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The pixels of the layer “%s” are locked; unlock them in the Layers dialog.",
                   gimp_item_get_name (layer));
      return FALSE;
    }
  for (guint i = 0; i < n_patches; i++)
    alpha = alpha || patches[i].raster->format.alpha;
  for (guint i = 0; i < n_patches; i++)
    {
      CncRaster *raster = fit (patches[i].raster, alpha, error);

      if (raster == NULL)
        return FALSE;
      g_ptr_array_add (fitted, raster);
    }
  if (alpha && !gimp_drawable_has_alpha (layer) && !gimp_layer_add_alpha (layer))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "GIMP did not add an alpha channel to the layer “%s”.", gimp_item_get_name (layer));
      return FALSE;
    }
  open_up (image, layer, &kept);
  done = put_all (image, layer, (CncRaster **) fitted->pdata, patches, n_patches, error);
  put_back (image, layer, &kept);
  return done;
}
