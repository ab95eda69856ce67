/* From an encrypted image back to the picture. */
#include "decrypt.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image.h"
#include "pixels.h"

static void
region_free (gpointer data)
{
  DecryptRegion *region = data;

  g_clear_error (&region->error);
  cnc_secret_free (region->key);
  g_free (region->decoder);
  cnc_carrier_free (region->carrier);
  g_free (region);
}

static DecryptRegion *
region_new (GPtrArray *regions, const CncRegion *box)
{
  DecryptRegion *region = g_new0 (DecryptRegion, 1);

  region->box = *box;
  g_ptr_array_add (regions, region);
  return region;
}

/* The first bytes of a region, gathered from the rows of a wider picture. */
static gsize
gather (const CncRaster *rows, const CncRegion *box, guint8 *out, gsize size)
{
  gsize have = 0;

  for (guint y = box->y; y < rows->height && y < box->y + box->height && have < size; y++)
    {
      const gsize part = MIN (size - have, (gsize) box->width * 3);

      memcpy (out + have, rows->data + ((gsize) y * rows->width + box->x) * 3, part);
      have += part;
    }
  return have;
}

gboolean
decrypt_read_header (const CncRaster *rows, const CncRegion *box, CncHeader *header, GError **error)
{
  guint8 first[CNC_HEADER_MAX_BYTES];
  const gsize have = gather (rows, box, first, sizeof first);

  return cnc_header_read (first, have, box->width, box->height, header, error) && cnc_header_check_sum (header, error);
}

/* A picture that is encrypted as a whole tells so in its first rows. */
static gboolean
find_whole (gint32 drawable, GPtrArray *regions, GError **error)
{
  const CncRegion box = { 0, 0, (guint) gimp_drawable_width (drawable), (guint) gimp_drawable_height (drawable) };
  const guint rows = MIN (box.height, (CNC_HEADER_MAX_BYTES + 3 * box.width - 1) / (3 * box.width));
  g_autoptr (CncRaster) strip = pixels_read_carrier (drawable, 0, 0, box.width, rows, NULL, error);
  CncHeader header;

  if (strip == NULL || !decrypt_read_header (strip, &box, &header, error))
    return FALSE;
  region_new (regions, &box)->header = header;
  return TRUE;
}

static gboolean
find_regions (gint32 drawable, GPtrArray *regions, CncTask *task, GError **error)
{
  const guint width = (guint) gimp_drawable_width (drawable), height = (guint) gimp_drawable_height (drawable);
  const CncFormat opaque = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) all = NULL;
  CncRegion boxes[CNC_MAX_REGIONS];
  guint n;

  if (pixels_is_rgb8 (drawable) && gimp_drawable_has_alpha (drawable))
    {
      /* The picture round an opaque region may be transparent: look at the colours alone. */
      g_autoptr (CncRaster) rgba = pixels_read (drawable, 0, 0, width, height, task, error);

      all = rgba != NULL ? cnc_raster_new (width, height, &opaque, error) : NULL;
      if (all == NULL)
        return FALSE;
      for (gsize i = 0; i < (gsize) width * height; i++)
        memcpy (all->data + 3 * i, rgba->data + 4 * i, 3);
    }
  else
    all = pixels_read_carrier (drawable, 0, 0, width, height, task, error);
  if (all == NULL)
    return FALSE;
  n = cnc_find_regions (all->data, width, height, boxes);
  for (guint i = 0; i < n; i++)
    {
      DecryptRegion *region = region_new (regions, &boxes[i]);

      if (!decrypt_read_header (all, &boxes[i], &region->header, &region->error))
        continue;
    }
  return TRUE;
}

/* A grey carrier, in whatever another program made of it.  why: what the search for others said; see cnc_find_carrier. */
static gboolean
find_carrier (gint32 image, gint32 drawable, GPtrArray *regions, CncTask *task, GError **why)
{
  const CncRegion box = { 0, 0, (guint) gimp_drawable_width (drawable), (guint) gimp_drawable_height (drawable) };
  g_autoptr (CncRaster) picture = NULL;
  g_autoptr (GBytes) colormap = NULL;
  g_autoptr (GError) problem = NULL;
  CncCarrier *carrier = NULL;

  if (!g_error_matches (*why, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
    return FALSE;
  picture = pixels_read (drawable, 0, 0, box.width, box.height, task, &problem);
  if (picture == NULL)
    {
      g_clear_error (why);
      g_propagate_error (why, g_steal_pointer (&problem));
      return FALSE;
    }
  if (picture->format.model == CNC_MODEL_INDEXED)
    {
      gint colours = 0;
      guchar *map = gimp_image_get_colormap (image, &colours);

      colormap = g_bytes_new_take (map, (gsize) colours * 3);
    }
  cnc_task_progress (task, 0, "Looking for a carrier");
  if (!cnc_find_carrier (picture, colormap, &carrier, task, why))
    return FALSE;
  region_new (regions, &box)->carrier = carrier;
  return TRUE;
}

static void
name_layer (gint32 image, gint32 drawable, GError **error)
{
  gint n_layers = 0;

  g_free (gimp_image_get_layers (image, &n_layers));
  if (n_layers > 1)
    {
      g_autofree char *name = gimp_item_get_name (drawable);

      g_prefix_error (error, _ ("In the layer “%s”: "), name);
    }
}

GPtrArray *
decrypt_find (gint32 image, gint32 drawable, CncTask *task, GError **error)
{
  g_autoptr (GPtrArray) regions = g_ptr_array_new_with_free_func (region_free);
  g_autoptr (GError) whole = NULL;

  if (gimp_image_get_floating_sel (image) != -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is a floating selection; anchor it or make it a layer first.");
      return NULL;
    }
  if (drawable == -1 || !gimp_item_is_valid (drawable) || gimp_item_get_image (drawable) != image || !gimp_item_is_layer (drawable))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "What is active is not a layer of this image; choose a layer in the Layers dialog.");
      return NULL;
    }
  if (find_whole (drawable, regions, &whole))
    return g_steal_pointer (&regions);
  /* Its pixels could never be those of an encrypted region, unless what surrounds it is transparent. */
  if (gimp_drawable_is_rgb (drawable) && find_regions (drawable, regions, task, NULL) && regions->len > 0)
    return g_steal_pointer (&regions);
  if (find_carrier (image, drawable, regions, task, &whole))
    return g_steal_pointer (&regions);
  name_layer (image, drawable, &whole);
  g_propagate_error (error, g_steal_pointer (&whole));
  return NULL;
}

gboolean
decrypt_for_recipients (const DecryptRegion *region, guint *n)
{
  guint count = 0;

  if (region->carrier != NULL)
    count = region->carrier->header.recipients;
  else if (region->error == NULL && region->header.stanzas[0].type == CNC_STANZA_RECIPIENT)
    count = region->header.n_stanzas;
  if (n != NULL)
    *n = count;
  return count > 0;
}

/* What another passphrase or identity may help against. */
static gboolean
is_of_key (const GError *error)
{
  return g_error_matches (error, CNC_ERROR, CNC_ERROR_WRONG_KEY) || g_error_matches (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

gboolean
decrypt_unlock (GPtrArray *regions, const CncOpener *opener, CncTask *task, GError **error)
{
  g_autoptr (GError) first = NULL;
  guint opened = 0;

  for (guint i = 0; i < regions->len; i++)
    {
      DecryptRegion *region = regions->pdata[i];

      cnc_task_progress (task, (double) i / regions->len, opener->identity != NULL ? "Trying the identity" : "Trying the passphrase");
      if (region->key == NULL && (region->error == NULL || is_of_key (region->error)))
        {
          g_clear_error (&region->error);
          region->key = region->carrier != NULL ? cnc_unlock_carrier (region->carrier, opener, &region->error)
                                                : cnc_unlock (&region->header, opener, &region->error);
          if (region->key != NULL)
            region->decoder = g_strdup (opener->file);
        }
      if (region->key != NULL)
        opened++;
      else if (first == NULL
               || (!g_error_matches (first, CNC_ERROR, CNC_ERROR_WRONG_KEY)
                   && g_error_matches (region->error, CNC_ERROR, CNC_ERROR_WRONG_KEY)))
        {
          g_clear_error (&first);
          first = g_error_copy (region->error);
        }
    }
  if (opened == 0)
    g_propagate_error (error, g_steal_pointer (&first));
  return opened > 0;
}

/* Pixels -> picture, for one region that was unlocked.  story: see cnc_decrypt_carrier. */
static CncPicture *
open_region (gint32 drawable, DecryptRegion *region, HostJob *job, char **story, GError **error)
{
  CncTask *task = &job->progress.task;
  const CncWork work = region->carrier != NULL ? cnc_decrypt_carrier_work (region->carrier) : cnc_decrypt_work (&region->header);
  const CncDecryptParams params = { host_job_backend (job, work, error), task, region->decoder };
  g_autoptr (CncRaster) carrier = NULL;

  if (params.backend == NULL)
    return NULL;
  if (region->carrier != NULL)
    return cnc_decrypt_carrier (region->carrier, region->key, &params, story, error);
  carrier = pixels_read_carrier (drawable, region->box.x, region->box.y, region->box.width, region->box.height, task, error);
  return carrier != NULL ? cnc_decrypt (carrier, &region->header, region->key, &params, error) : NULL;
}

static void
add_note (GString *notes, char *note)
{
  if (note != NULL)
    g_string_append_printf (notes, "%s%s", notes->len > 0 ? "\n" : "", note);
  g_free (note);
}

/* In place where the picture was a selection and still fits; a new image otherwise. */
static gboolean
goes_in_place (gint32 drawable, const DecryptRegion *region, const CncPicture *picture)
{
  const CncRaster *raster = picture->raster;

  return region->carrier == NULL && picture->source == CNC_SOURCE_REGION && raster->width == region->box.width
         && raster->height == region->box.height && raster->format.model == CNC_MODEL_RGB && raster->format.sample == CNC_SAMPLE_U8
         && raster->format.curve == CNC_CURVE_PERCEPTUAL && pixels_is_rgb8 (drawable) && !gimp_item_is_group (drawable);
}

/* The pictures that are no patches of this layer, each as a new image. */
static void
make_images (GPtrArray *pictures, CncTask *task, GArray *images, GString *notes, GError **error)
{
  for (guint i = 0; i < pictures->len; i++)
    {
      char *lost = NULL;
      const gint32 fresh = image_new_from_picture (pictures->pdata[i], task, &lost, *error == NULL ? error : NULL);

      add_note (notes, lost);
      if (fresh != -1)
        g_array_append_val (images, fresh);
    }
}

gboolean
decrypt_run (gint32 image, gint32 drawable, GPtrArray *regions, HostJob *job, GArray *images, CncPicture **kept, char **note,
             GError **error)
{
  g_autoptr (GPtrArray) pictures = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_picture_free);
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_picture_free);
  g_autoptr (GArray) patches = g_array_new (FALSE, TRUE, sizeof (PixelsPatch));
  g_autoptr (GString) notes = g_string_new (NULL);
  GError *first = NULL;

  for (guint i = 0; i < regions->len; i++)
    {
      DecryptRegion *region = regions->pdata[i];
      char *story = NULL;
      CncPicture *picture = region->key != NULL ? open_region (drawable, region, job, &story, &region->error) : NULL;

      add_note (notes, story);
      if (picture == NULL)
        {
          if (first == NULL)
            first = g_error_copy (region->error);
          add_note (notes, g_strdup_printf (_ ("The encrypted region at %u, %u (%u×%u pixels) stays closed: %s"), region->box.x,
                                            region->box.y, region->box.width, region->box.height, region->error->message));
        }
      else if (goes_in_place (drawable, region, picture))
        {
          const PixelsPatch patch = { region->box.x, region->box.y, picture->raster };

          g_ptr_array_add (parts, picture);
          g_array_append_val (patches, patch);
        }
      else
        g_ptr_array_add (pictures, picture);
    }
  if (patches->len > 0)
    {
      if (pixels_patch (image, drawable, (const PixelsPatch *) patches->data, patches->len, first == NULL ? &first : NULL))
        g_array_append_val (images, image);
    }
  make_images (pictures, &job->progress.task, images, notes, &first);
  if (images->len == 0)
    {
      g_propagate_error (error, first);
      return FALSE;
    }
  g_clear_error (&first);
  if (kept != NULL && pictures->len > 0)
    *kept = g_ptr_array_steal_index (pictures, 0);
  *note = notes->len > 0 ? g_string_free (g_steal_pointer (&notes), FALSE) : NULL;
  return TRUE;
}
