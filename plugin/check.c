/* Was an encrypted picture, or one with secrets hidden in it, saved as it is? */
#include "check.h"

#include <string.h>

#include "base/error.h"
#include "decrypt.h"
#include "hide.h"
#include "image.h"
#include "pixels.h"
#include "progress.h"
#include "reveal.h"

/* The file that was written last, as far as GIMP knows. */
static char *
saved_uri (gint32 image)
{
  char *uri = gimp_image_get_exported_uri (image);

  if (uri == NULL)
    uri = gimp_image_get_xcf_uri (image);
  if (uri == NULL)
    uri = gimp_image_get_imported_uri (image);
  return uri;
}

/* Share of the pixels of a body that are read wrongly, up to which the code of the method share repairs them all with something to spare.
 */
#define REPAIRED 0.004

/* The share of pixels whose step of grey is another. */
static double
wrong_pixels (const CncCarrier *here, const CncCarrier *there)
{
  const gsize size = (gsize) here->layout.body_width * here->layout.body_height;
  const guint last = here->header.levels - 1u;
  gsize wrong = 0;

  for (gsize i = 0; i < size; i++)
    wrong += (here->body[i] * last + 127) / 255 != (there->body[i] * last + 127) / 255;
  return (double) wrong / (double) size;
}

/* A carrier may be changed by the file, which its receiver gets like that, but not too much.  Returns: (transfer full) (nullable) what to
 * say. */
static char *
compare_carrier (const CncCarrier *here, gint32 image, gint32 layer, CncTask *task, const char *name, GError **error)
{
  g_autoptr (GPtrArray) regions = decrypt_find (image, layer, task, error);
  const CncCarrier *there = regions != NULL ? ((const DecryptRegion *) regions->pdata[0])->carrier : NULL;
  double wrong;

  if (there == NULL || memcmp (here->header.commitment, there->header.commitment, sizeof here->header.commitment) != 0)
    {
      if (regions == NULL)
        g_prefix_error (error, "%s: ", name);
      else
        g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED, "%s holds another picture than the encrypted one here; export it again.", name);
      return NULL;
    }
  if (memcmp (here->body, there->body, (gsize) here->layout.body_width * here->layout.body_height) == 0)
    return g_strdup_printf (_ ("%s was read back from disk: it holds the encrypted picture exactly as it is here. %s"), name,
                            HOST_HOW_TO_SHARE);
  if (here->header.method != CNC_CARRIER_SHARE)
    return g_strdup_printf (
        _ ("%s was read back from disk: the passphrase will open it. Its pixels are not those that are here, and the picture will be "
           "softer for it; PNG keeps them."),
        name);
  wrong = wrong_pixels (here, there);
  if (wrong <= REPAIRED)
    return g_strdup_printf (
        _ ("%s was read back from disk: the passphrase will open it. %.3f %% of its pixels were changed too much, which will all be "
           "repaired; PNG keeps more in hand for the way. %s"),
        name, 100 * wrong, HOST_HOW_TO_SHARE);
  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "%s: %.1f %% of its pixels were changed too much, and that can probably not be repaired. Export it as PNG or with a higher "
               "quality, neither cropped nor scaled, and check again.",
               name, 100 * wrong);
  return NULL;
}

/* Every region of the open layer must stand in the saved one, byte for byte. */
static gboolean
compare (gint32 open, gint32 saved, GPtrArray *regions, CncTask *task, const char *name, GError **error)
{
  for (guint i = 0; i < regions->len; i++)
    {
      const DecryptRegion *region = regions->pdata[i];
      const CncRegion *box = &region->box;
      g_autoptr (CncRaster) here = NULL;
      g_autoptr (CncRaster) there = NULL;

      if (region->error != NULL)
        {
          g_propagate_error (error, g_error_copy (region->error));
          return FALSE;
        }
      here = pixels_read_carrier (open, box->x, box->y, box->width, box->height, task, error);
      there = here != NULL ? pixels_read_carrier (saved, box->x, box->y, box->width, box->height, task, error) : NULL;
      if (there == NULL)
        return FALSE;
      if (memcmp (here->data, there->data, cnc_raster_bytes (here)) != 0)
        {
          g_set_error (
              error, CNC_ERROR, CNC_ERROR_DAMAGED,
              "%s does not hold the encrypted pixels as they are here, and nobody could open it. Export the picture as PNG (JPEG and "
              "scaling destroy it), and check again.",
              name);
          return FALSE;
        }
    }
  return TRUE;
}

/* A mode that survives JPEG has survived if its record is still found; all others need every pixel. */
static gboolean
compare_hidden (const RevealFound *found, gint32 saved, gint32 layer, CncTask *task, const char *name, GError **error)
{
  const CncStegoMode *mode = cnc_stego_mode_by_number (found->record.mode);
  g_autoptr (RevealFound) there = reveal_look (saved, layer, task, NULL);

  if (there != NULL
      && ((mode != NULL && mode->survives) || memcmp (found->picture->data, there->picture->data, cnc_raster_bytes (found->picture)) == 0))
    return TRUE;
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "%s does not hold the pixels as they are here, and what was hidden in them is lost there. Export the picture as PNG (JPEG and "
      "scaling destroy it), and check again.",
      name);
  return FALSE;
}

/* The open layer's regions, or what is hidden in it, against the saved layer.  Returns: (transfer full) (nullable) what to say. */
static char *
compare_layers (gint32 drawable, gint32 layer, GPtrArray *regions, const RevealFound *found, gint32 saved, CncTask *task, const char *name,
                GError **error)
{
  if (layer == -1 || gimp_drawable_width (layer) != gimp_drawable_width (drawable)
      || gimp_drawable_height (layer) != gimp_drawable_height (drawable))
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_DAMAGED,
          "%s has another size than the encrypted picture here, and nobody could open it. Export it as PNG, neither cropped nor scaled.",
          name);
      return NULL;
    }
  if (found != NULL)
    return compare_hidden (found, saved, layer, task, name, error)
               ? g_strdup_printf (_ ("%s was read back from disk: what is hidden in this picture is there as well."), name)
               : NULL;
  if (!compare (drawable, layer, regions, task, name, error))
    return NULL;
  return g_strdup_printf (
      _ ("%s was read back from disk: it holds %s exactly as %s, and the passphrase will open it. Send it as a file, not as a photo."),
      name, regions->len == 1 ? _ ("the encrypted picture") : _ ("all encrypted regions"),
      regions->len == 1 ? _ ("it is here") : _ ("they are here"));
}

char *
check_run (gint32 image, gint32 drawable, CncTask *task, GError **error)
{
  g_autofree char *uri = saved_uri (image);
  g_autoptr (GFile) file = uri != NULL ? g_file_new_for_uri (uri) : NULL;
  g_autofree char *name = file != NULL ? g_file_get_parse_name (file) : NULL;
  g_autofree char *path = NULL;
  g_autoptr (GPtrArray) regions = NULL;
  g_autoptr (RevealFound) found = NULL;
  const CncCarrier *carrier;
  gint32 saved, layer;
  char *report;

  found = reveal_look (image, drawable, task, NULL);
  if (found == NULL && hide_mode_of_image (image) != NULL)
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_DAMAGED,
          "Something was hidden in this image, but the active layer does not hold it any more: it was changed since, or is another layer. "
          "Choose the result's layer, undo, or hide again.");
      return NULL;
    }
  regions = found == NULL ? decrypt_find (image, drawable, task, error) : NULL;
  if (found == NULL && regions == NULL)
    return NULL;
  carrier = regions != NULL ? ((const DecryptRegion *) regions->pdata[0])->carrier : NULL;
  if (file == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "This image was not saved yet. %s Then check again.",
                   carrier != NULL ? HOST_HOW_TO_SHARE : HOST_HOW_TO_SEND);
      return NULL;
    }
  /* Plug-ins for files know paths; only for a file elsewhere is there nothing but its URI. */
  path = g_file_get_path (file);
  saved = image_load (path != NULL ? path : uri, task, error);
  if (saved == -1)
    return NULL;
  layer = gimp_image_get_active_layer (saved);
  report = carrier != NULL ? compare_carrier (carrier, saved, layer, task, name, error)
                           : compare_layers (drawable, layer, regions, found, saved, task, name, error);
  image_drop (saved, task);
  return report;
}
