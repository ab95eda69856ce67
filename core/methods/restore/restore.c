/* core/methods/restore/restore.c: the method "restore", from picture to carrier and back, see methods/carrier.h and core/channel/format.md.
 */
#include "methods/restore/restore.h"

#include "base/error.h"
#include "base/memory.h"
#include "picture/pixels.h"

#include <math.h>

/* A flat grey is never further off than 6 dB; what is, was not computed. */
#define LEAST_PSNR 5.0

static gboolean
run_init (CncRestoreRun *run, const CncRestore *model, CncBackend *backend, CncTask *task, GError **error)
{
  *run = (CncRestoreRun){ .model = model, .backend = backend, .task = task };
  run->weights = cnc_weights_new (backend, model->net, error);
  return run->weights != NULL;
}

static void
run_clear (CncRestoreRun *run)
{
  cnc_weights_free (run->weights);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CncRestoreRun, run_clear)

static guint8 *
body_of (const CncRaster *carrier, const CncRestorePlan *plan)
{
  return carrier->data + (gsize) plan->layout.body_y * carrier->width;
}

/* ---- encrypting ---- */

static CncRaster *
draw (const CncRestoreRun *run, const CncRestorePlan *plan, const CncRaster *picture, const CncCarrierLock *lock, const guint8 *values,
      GError **error)
{
  CncCarrierHeader header = { .method = CNC_CARRIER_RESTORE, .width = plan->carrier_width, .height = plan->carrier_height };
  CncRestoreSeeds seeds;
  g_autoptr (CncRaster) carrier = NULL;
  gboolean good;

  cnc_carrier_lock_header (lock, &header);
  cnc_restore_mark (run->model, header.model);
  cnc_carrier_header_finish (&header, lock->key, picture->width, picture->height);
  carrier = cnc_carrier_new (&header, error);
  if (carrier == NULL)
    return NULL;
  memcpy (body_of (carrier, plan), values, plan->places);
  cnc_restore_seeds (lock->key, &seeds);
  good = cnc_restore_lock (&seeds, body_of (carrier, plan), plan->places, run->task, error) && cnc_carrier_draw (carrier, &header, error)
         && cnc_carrier_draw_keys (carrier, &header, (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) lock->keys, error);
  cnc_wipe (&seeds, sizeof seeds);
  if (good)
    return g_steal_pointer (&carrier);
  cnc_wipe (carrier->data, cnc_raster_bytes (carrier));
  return NULL;
}

static gboolean
not_read (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_GPU_LOST,
      "The encrypted picture could not be read again, so it was thrown away; try again, on another device if there is one.");
  return FALSE;
}

/* As a reader does it, from the pixels on: header, values, picture. */
static gboolean
verify (const CncRestoreRun *run, const CncRestorePlan *plan, const CncRaster *picture, const CncRaster *carrier, const CncSecret *key,
        const guint8 *values, double *psnr, GError **error)
{
  g_autoptr (CncCarrier) found = NULL;
  g_autoptr (CncRaster) restored = NULL;
  g_autoptr (GError) problem = NULL;
  CncRestoreSeeds seeds;
  guint32 width, height;
  gboolean good;

  if (!cnc_carrier_find (carrier, NULL, &found, run->task, &problem))
    {
      /* What else can be wrong is not the user's picture. */
      if (!g_error_matches (problem, CNC_ERROR, CNC_ERROR_CANCELLED) && !g_error_matches (problem, CNC_ERROR, CNC_ERROR_NO_MEMORY))
        return not_read (error);
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (!cnc_carrier_header_open (&found->header, key, &width, &height, NULL) || width != picture->width || height != picture->height
      || found->layout.body_width != plan->layout.body_width || found->layout.body_height != plan->layout.body_height)
    return not_read (error);
  cnc_restore_seeds (key, &seeds);
  good = cnc_restore_unlock (&seeds, found->body, plan->places, run->task, error);
  cnc_wipe (&seeds, sizeof seeds);
  if (!good)
    return FALSE;
  good = memcmp (found->body, values, plan->places) == 0;
  cnc_wipe (found->body, plan->places);
  if (!good)
    return not_read (error);
  restored = cnc_restore_decode (run, plan, values, 0, width, height, error);
  if (restored == NULL)
    return FALSE;
  *psnr = cnc_restore_psnr (picture, restored);
  return *psnr >= LEAST_PSNR || not_read (error);
}

static void
note_scaled (const CncRestorePlan *plan, const CncRaster *picture, GString *notes)
{
  if (plan->width == picture->width && plan->height == picture->height)
    return;
  g_string_append_printf (notes, _ ("%sThe picture is sent with %u × %u pixels, and comes back at its own size."),
                          notes->len > 0 ? " " : "", plan->width, plan->height);
}

CncRaster *
cnc_restore_encrypt (const CncPicture *picture, const CncCarrierLock *lock, const CncCarrierParams *params, GError **error)
{
  g_autoptr (CncRestore) model = cnc_restore_find (params->model, error);
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (CncRaster) prepared = model != NULL ? cnc_restore_prepare (model, picture, notes, error) : NULL;
  g_auto (CncRestoreRun) run = { 0 };
  g_autoptr (CncRaster) carrier = NULL;
  g_autofree guint8 *values = NULL;
  CncRestorePlan plan;
  double psnr = 0;
  gboolean good;

  if (prepared == NULL
      || !cnc_restore_plan_for (model, prepared->width, prepared->height, params->longest_side, lock->recipients, &plan, error)
      || !run_init (&run, model, params->backend, params->task, error))
    return NULL;
  values = cnc_alloc (plan.places, 1, "what the network makes of the picture", error);
  if (values == NULL)
    return NULL;
  good = cnc_restore_encode (&run, &plan, prepared, values, error) && (carrier = draw (&run, &plan, prepared, lock, values, error)) != NULL
         && verify (&run, &plan, prepared, carrier, lock->key, values, &psnr, error);
  cnc_wipe (values, plan.places);
  if (!good)
    return NULL;
  note_scaled (&plan, prepared, notes);
  if (params->psnr != NULL)
    *params->psnr = psnr;
  if (params->notes != NULL)
    *params->notes = notes->len > 0 ? g_strdup (notes->str) : NULL;
  return g_steal_pointer (&carrier);
}

/* ---- decrypting ---- */

/* The plan that the header was made by; the key was right, so whoever made this had the passphrase; what it says is believed no more for
 * that. */
static gboolean
plan_of (const CncRestore *model, const CncCarrier *carrier, guint32 width, guint32 height, CncRestorePlan *plan, GError **error)
{
  const CncCarrierHeader *header = &carrier->header;

  if (header->method == CNC_CARRIER_RESTORE
      && cnc_restore_plan_for (model, width, height, MAX (header->width, header->height), header->recipients, plan, NULL)
      && plan->carrier_width == header->width && plan->carrier_height == header->height)
    return TRUE;
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
      "The header of this picture is not one that cnncrypt writes (a picture of %u × %u pixels in one of %u × %u); ask for the picture "
      "again.",
      width, height, header->width, header->height);
  return FALSE;
}

static gboolean
check_strength (const CncCarrier *carrier, double strength, GError **error)
{
  g_autofree char *history = NULL;

  if (strength < CNC_RESTORE_WORST)
    return TRUE;
  history = cnc_carrier_history (carrier);
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "Nothing of this picture is left that could be restored: its pixels are off by %.0f of 255 steps (with %.0f it is all over; a "
      "strong JPEG has 30).%s Ask for it again, sent as a file.",
      strength, CNC_RESTORE_WORST, history);
  return FALSE;
}

static CncRaster *
open_body (const CncRestoreRun *run, const CncCarrier *carrier, const CncSecret *key, guint32 width, guint32 height,
           CncRestoreChannel *channel, GError **error)
{
  g_autofree guint8 *values = NULL;
  CncRaster *picture = NULL;
  CncRestoreSeeds seeds;
  CncRestorePlan plan;
  double strength;

  if (!plan_of (run->model, carrier, width, height, &plan, error))
    return NULL;
  values = cnc_alloc (plan.places, 1, "what the network restores the picture from", error);
  if (values == NULL)
    return NULL;
  memcpy (values, carrier->body, plan.places);
  cnc_restore_seeds (key, &seeds);
  if (cnc_restore_unlock (&seeds, values, plan.places, run->task, error))
    {
      strength = cnc_restore_strength (run->model, &plan, values);
      if (channel != NULL)
        channel->strength = strength;
      if (check_strength (carrier, strength, error))
        picture = cnc_restore_decode (run, &plan, values, strength, width, height, error);
    }
  cnc_wipe (&seeds, sizeof seeds);
  cnc_wipe (values, plan.places);
  return picture;
}

CncPicture *
cnc_restore_decrypt (const CncCarrier *carrier, const CncSecret *key, CncBackend *backend, CncRestoreChannel *channel, CncTask *task,
                     GError **error)
{
  g_autoptr (CncRestore) model = NULL;
  g_auto (CncRestoreRun) run = { 0 };
  CncRaster *raster;
  CncPicture *picture;
  guint32 width, height;

  if (!cnc_carrier_header_open (&carrier->header, key, &width, &height, error))
    return NULL;
  model = cnc_restore_find_mark (carrier->header.model, error);
  if (model == NULL || !run_init (&run, model, backend, task, error))
    return NULL;
  raster = open_body (&run, carrier, key, width, height, channel, error);
  if (raster == NULL)
    return NULL;
  picture = cnc_picture_new ();
  picture->raster = raster;
  return picture;
}

gboolean
cnc_restore_ready (const char *name, GError **error)
{
  g_autoptr (CncRestore) model = cnc_restore_find (name, error);

  return model != NULL;
}
