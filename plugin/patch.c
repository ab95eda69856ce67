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

/* Everything slow comes first, into GIMP's shadow of the layer, which shows nowhere. */
static gboolean
fill_shadow (gint32 layer, CncRaster *const *fitted, const PixelsPatch *patches, guint n_patches)
{
  Tiles *shadow = tiles_open (layer, cnc_format_pixel_bytes (&fitted[0]->format), TRUE);

  if (shadow == NULL)
    return FALSE;
  for (guint i = 0; i < n_patches; i++)
    tiles_put (shadow, patches[i].x, patches[i].y, fitted[i]->width, fitted[i]->height, fitted[i]->data);
  tiles_close (shadow);
  return TRUE;
}

/* The short step: from the shadow into the layer, where the patches are. */
static gboolean
merge_shadow (gint32 image, gint32 layer, CncRaster *const *fitted, const PixelsPatch *patches, guint n_patches)
{
  gint left, top;
  gboolean done;
  Kept kept;

  gimp_drawable_offsets (layer, &left, &top);
  gimp_image_undo_group_start (image);
  open_up (image, layer, &kept);
  for (guint i = 0; i < n_patches; i++)
    gimp_image_select_rectangle (image, i == 0 ? GIMP_CHANNEL_OP_REPLACE : GIMP_CHANNEL_OP_ADD, left + (gint) patches[i].x,
                                 top + (gint) patches[i].y, fitted[i]->width, fitted[i]->height);
  done = gimp_drawable_merge_shadow (layer, TRUE);
  put_back (image, layer, &kept);
  gimp_image_undo_group_end (image);
  for (guint i = 0; i < n_patches; i++)
    gimp_drawable_update (layer, (gint) patches[i].x, (gint) patches[i].y, (gint) fitted[i]->width, (gint) fitted[i]->height);
  return done;
}

static gboolean
put_all (gint32 image, gint32 layer, CncRaster *const *fitted, const PixelsPatch *patches, guint n_patches)
{
  gboolean done = fill_shadow (layer, fitted, patches, n_patches);

  /* No more button that says Cancel: it kills, and what follows must not stop half-way. */
  gimp_progress_end ();
  done = done && merge_shadow (image, layer, fitted, patches, n_patches);
  for (guint i = 0; done && i < n_patches; i++)
    done = pixels_equal (layer, patches[i].x, patches[i].y, fitted[i]);
  return done;
}

static gboolean
refuse (gint32 layer, const char *format, GError **error)
{
  g_autofree char *name = gimp_item_get_name (layer);
  g_autofree char *quoted = g_strdup_printf ("“%s”", name);
  g_autoptr (GString) text = g_string_new (format);

  g_string_replace (text, "LAYER", quoted, 0);
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, text->str);
  return FALSE;
}

gboolean
pixels_patch (gint32 image, gint32 layer, const PixelsPatch *patches, guint n_patches, GError **error)
{
  g_autoptr (GPtrArray) fitted = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);
  g_autoptr (GPtrArray) old = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);
  const char *why = _ ("GIMP did not take the new pixels of the layer LAYER; it is as before. Use a new image instead.");
  gboolean alpha = gimp_drawable_has_alpha (layer), done = TRUE, added;

  if (!pixels_is_rgb8 (layer))
    return refuse (layer, _ ("The layer LAYER does not hold 8-bit perceptual RGB pixels; use a new image."), error);
  if (gimp_item_get_lock_content (layer))
    return refuse (layer, _ ("The pixels of the layer LAYER are locked; unlock them in the Layers dialog."), error);
  for (guint i = 0; i < n_patches; i++)
    alpha = alpha || patches[i].raster->format.alpha;
  added = alpha && !gimp_drawable_has_alpha (layer);
  for (guint i = 0; i < n_patches; i++)
    {
      CncRaster *raster = fit (patches[i].raster, alpha, error);

      if (raster == NULL)
        return FALSE;
      g_ptr_array_add (fitted, raster);
    }
  if (added)
    {
      gimp_progress_end (); /* as in put_all: from here on the layer is another */
      gimp_image_undo_group_start (image);
      done = gimp_layer_add_alpha (layer);
    }
  for (guint i = 0; done && i < n_patches; i++)
    {
      CncRaster *before = pixels_read (layer, patches[i].x, patches[i].y, patches[i].raster->width, patches[i].raster->height, NULL, NULL);

      done = before != NULL;
      if (done)
        g_ptr_array_add (old, before);
    }
  if (done && !put_all (image, layer, (CncRaster *const *) fitted->pdata, patches, n_patches))
    {
      done = FALSE;
      if (!put_all (image, layer, (CncRaster *const *) old->pdata, patches, n_patches))
        why = _ (
            "GIMP took only a part of the new pixels of the layer LAYER; bring it back with Edit → Undo, and use a new image instead.");
    }
  if (added)
    gimp_image_undo_group_end (image);
  return done ? TRUE : refuse (layer, why, error);
}
