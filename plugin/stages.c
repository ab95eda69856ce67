/* A picture on its way through "Chaos + CNN", a layer of an image for each stage. */
#include "stages.h"

#include <string.h>

#include "base/error.h"
#include "flat.h"
#include "image.h"
#include "measure/statistics.h"
#include "methods/hybrid/stages.h"
#include "picture/pixels.h"
#include "pixels.h"

static const CncMethod *
hybrid (void)
{
  return cnc_method_by_id ("hybrid", NULL);
}

CncRaster *
stages_read (gint32 image, gint32 drawable, EncryptTarget target, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) whole = NULL;
  CncRaster *part;
  gint x = 0, y = 0, width, height;
  guint32 w, h;

  if (!encrypt_possible (image, drawable, target, hybrid (), error))
    return NULL;
  whole = target == ENCRYPT_IMAGE ? flat_read_image (image, _ ("The picture"), NULL, task, error)
                                  : flat_read_layer (drawable, _ ("The layer"), NULL, task, error);
  if (whole == NULL)
    return NULL;
  width = (gint) whole->width;
  height = (gint) whole->height;
  if (target == ENCRYPT_SELECTION)
    gimp_drawable_mask_intersect (drawable, &x, &y, &width, &height);
  w = MIN ((guint32) width, STAGES_SIDE);
  h = MIN ((guint32) height, STAGES_SIDE);
  x += (width - (gint) w) / 2;
  y += (height - (gint) h) / 2;
  part = cnc_rgb_new (w, h, error);
  for (guint32 row = 0; part != NULL && row < h; row++)
    memcpy (part->data + (gsize) row * w * 3, whole->data + (((gsize) y + row) * whole->width + (gsize) x) * 3, (gsize) w * 3);
  return part;
}

/* "3. Chaos keystream alone: entropy 8.00, neighbours 0.00, 99.6 % changed" */
static char *
layer_name (guint stage, const CncRaster *raster, const CncRaster *plain)
{
  const gsize size = cnc_raster_bytes (raster);
  const CncDifference difference = cnc_statistics_difference (raster->data, plain->data, size);
  g_autofree guint32 *pairs = g_new0 (guint32, CNC_PAIRS);
  double correlation;

  for (guint c = 0; c < 3; c++)
    cnc_statistics_pairs (raster->data + c, 3, raster->width, raster->height, 0, raster->height, CNC_NEIGHBOUR_HORIZONTAL, pairs);
  correlation = cnc_pairs_correlation (pairs);
  if (correlation != correlation) /* one colour, or one column */
    correlation = 1;
  return g_strdup_printf (_ ("%u. %s: entropy %.2f, neighbours %.2f, %.1f %% changed"), stage + 1, cnc_stage_name ((CncStage) stage),
                          cnc_statistics_entropy (raster->data, size), correlation, 100 * difference.npcr);
}

static gboolean
add_layer (gint32 image, const CncRaster *raster, const char *name, CncTask *task, GError **error)
{
  const gint32 layer
      = gimp_layer_new (image, name, (gint) raster->width, (gint) raster->height, GIMP_RGB_IMAGE, 100.0, GIMP_LAYER_MODE_NORMAL);

  if (layer == -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "GIMP did not make a layer for a stage: %s", gimp_get_pdb_error ());
      return FALSE;
    }
  if (!pixels_write (layer, raster, task, error))
    {
      gimp_item_delete (layer);
      return FALSE;
    }
  return gimp_image_insert_layer (image, layer, -1, 0);
}

gint32
stages_new_image (const CncRaster *plain, HostJob *job, GError **error)
{
  CncTask *task = &job->progress.task;
  CncBackend *backend = host_job_backend (job, cnc_encrypt_work (hybrid (), (guint64) plain->width * plain->height), error);
  CncRaster *stages[CNC_N_STAGES] = { NULL };
  gint32 result = -1;
  gboolean good = TRUE;

  if (backend == NULL || !cnc_stages_make (plain, backend, stages, task, error))
    return -1;
  for (guint i = 0; i < CNC_N_STAGES && good; i++)
    {
      g_autofree char *name = layer_name (i, stages[i], plain);

      if (i == 0)
        result = image_new_from_raster (stages[i], name, task, error);
      if (i == 0 && result != -1)
        gimp_image_undo_disable (result);
      good = i == 0 ? result != -1 : add_layer (result, stages[i], name, task, error);
    }
  cnc_stages_clear (stages);
  if (result != -1)
    gimp_image_undo_enable (result);
  if (!good && result != -1)
    gimp_image_delete (result);
  return good ? result : -1;
}
