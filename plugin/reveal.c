/* Pictures that were hidden in an image, found again. */
#include "reveal.h"

#include "base/error.h"
#include "image.h"
#include "pixels.h"

void
reveal_found_free (RevealFound *found)
{
  if (found == NULL)
    return;
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    cnc_secret_free (found->key[i]);
  cnc_raster_free (found->picture);
  g_free (found);
}

/* Why the pixels of a drawable cannot be those that Hide made; NULL if they can. */
static const char *
impossible (gint32 drawable)
{
  if (gimp_drawable_is_indexed (drawable))
    return _ ("it has a palette");
  if (!gimp_drawable_is_rgb (drawable))
    return _ ("it is grey");
  return NULL;
}

static CncRaster *
read_picture (gint32 drawable, CncTask *task, GError **error)
{
  g_autoptr (GError) why = NULL;
  const char *reason = impossible (drawable);
  CncRaster *picture = NULL;

  if (reason == NULL)
    {
      picture = pixels_read_carrier (drawable, 0, 0, (guint) gimp_drawable_width (drawable), (guint) gimp_drawable_height (drawable), task,
                                     &why);
      if (picture != NULL)
        return picture;
      if (!g_error_matches (why, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
        {
          g_propagate_error (error, g_steal_pointer (&why));
          return NULL;
        }
      reason = _ ("it has true 16 bits or floating point, or is transparent in places");
    }
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED,
      "Nothing is hidden here: Hide makes opaque 8-bit RGB pictures, and this is none (%s). If it was converted after hiding, open the "
      "file as it was.",
      reason);
  return NULL;
}

RevealFound *
reveal_look (gint32 image, gint32 drawable, CncTask *task, GError **error)
{
  g_autoptr (RevealFound) found = g_new0 (RevealFound, 1);

  if (drawable == -1 || !gimp_item_is_valid (drawable) || gimp_item_get_image (drawable) != image || !gimp_item_is_layer (drawable))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "What is active is not a layer of this image; choose a layer in the Layers dialog.");
      return NULL;
    }
  found->picture = read_picture (drawable, task, error);
  if (found->picture == NULL || !cnc_stego_find (found->picture, &found->record, error))
    return NULL;
  return g_steal_pointer (&found);
}

RevealFound *
reveal_find (gint32 image, gint32 drawable, CncTask *task, GError **error)
{
  g_autoptr (RevealFound) found = reveal_look (image, drawable, task, error);

  return found != NULL && cnc_stego_record_ready (&found->record, error) ? g_steal_pointer (&found) : NULL;
}

char *
reveal_describe (const RevealFound *found)
{
  const CncStegoMode *mode = cnc_stego_mode_by_number (found->record.mode);
  const guint n = found->record.count;

  return g_strdup_printf (_ ("%s hidden in this picture (%s). %s"),
                          n == 1   ? _ ("One picture is")
                          : n == 2 ? _ ("Two pictures are")
                                   : _ ("Three pictures are"),
                          mode != NULL ? _ (mode->title) : _ ("unknown mode"),
                          n == 1 ? _ ("Its passphrase opens it as a new image.") : _ ("Each passphrase opens its own; one is enough."));
}

gboolean
reveal_unlock (RevealFound *found, const CncSecret *passphrase, guint *slot, GError **error)
{
  CncSecret *key = cnc_stego_unlock (&found->record, passphrase, slot, error);

  if (key == NULL)
    return FALSE;
  cnc_secret_free (found->key[*slot]);
  found->key[*slot] = key;
  return TRUE;
}

CncRaster *
reveal_secret (const RevealFound *found, guint slot, HostJob *job, GError **error)
{
  const CncStegoMode *mode = cnc_stego_mode_by_number (found->record.mode);
  CncRevealParams params = { .task = &job->progress.task };

  if (mode != NULL && mode->network)
    {
      params.backend = host_job_backend (job, cnc_stego_work (mode, (guint64) found->picture->width * found->picture->height), error);
      if (params.backend == NULL)
        return NULL;
    }
  return cnc_reveal (found->picture, &found->record, found->key[slot], slot, &params, error);
}

gboolean
reveal_run (const RevealFound *found, HostJob *job, GArray *images, char **note, GError **error)
{
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (GError) first = NULL;
  CncRaster *secrets[CNC_STEGO_MAX_SECRETS];
  GError *why[CNC_STEGO_MAX_SECRETS] = { NULL };

  /* All of them before the first image, which nobody knows but this process until it is shown. */
  for (guint slot = 0; slot < CNC_STEGO_MAX_SECRETS; slot++)
    secrets[slot] = found->key[slot] != NULL ? reveal_secret (found, slot, job, &why[slot]) : NULL;
  for (guint slot = 0; slot < CNC_STEGO_MAX_SECRETS; slot++)
    {
      gint32 image = -1;

      if (secrets[slot] != NULL)
        image = image_new_from_raster (secrets[slot], _ ("Revealed"), &job->progress.task, &why[slot]);
      g_clear_pointer (&secrets[slot], cnc_raster_free);
      if (image != -1)
        g_array_append_val (images, image);
      if (why[slot] == NULL)
        continue;
      g_string_append_printf (notes, _ ("%sThe hidden picture %u stays closed: %s"), notes->len > 0 ? "\n" : "", slot + 1,
                              why[slot]->message);
      if (first == NULL)
        first = g_steal_pointer (&why[slot]);
      g_clear_error (&why[slot]);
    }
  if (images->len == 0)
    {
      g_propagate_error (error, g_steal_pointer (&first));
      return FALSE;
    }
  *note = notes->len > 0 ? g_string_free (g_steal_pointer (&notes), FALSE) : NULL;
  return TRUE;
}
