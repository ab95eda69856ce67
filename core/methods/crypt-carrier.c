/* The methods whose encrypted picture is a grey carrier, behind crypt.h. */
#include "methods/crypt-carrier.h"

#include "base/error.h"
#include "channel/rs.h"

const CncMethodModel *
cnc_method_models (const CncMethod *method)
{
  static const CncMethodModel restore[] = {
    { "restore", N_ ("Photographs") },
    { "restore-mri", N_ ("Brain pictures, grey") },
    { NULL, NULL },
  };

  return method->number == CNC_CARRIER_RESTORE ? restore : NULL;
}

gboolean
cnc_carrier_ready (const CncMethod *method, const char *model, GError **error)
{
  g_autoptr (CncRs) code = cnc_rs_new (8, CNC_CARRIER_CODED_BYTES, CNC_CARRIER_CODED_BYTES - CNC_CARRIER_HEADER_BYTES, error);

  return code != NULL && (method->number != CNC_CARRIER_RESTORE || cnc_restore_ready (model, error));
}

CncWork
cnc_decrypt_carrier_work (const CncCarrier *carrier)
{
  static const guint8 none[CNC_CARRIER_MODEL_BYTES];

  if (memcmp (carrier->header.model, none, sizeof none) == 0)
    return CNC_WORK_LITTLE;
  return cnc_engine_work (CNC_WORK_NETWORK, (guint64) carrier->header.width * carrier->header.height);
}

static CncCarrierParams
carrier_params (const CncEncryptParams *params)
{
  return (CncCarrierParams){ .longest_side = params->longest_side,
                             .levels = params->levels,
                             .model = params->model,
                             .recipients = params->recipients,
                             .backend = params->backend,
                             .psnr = params->psnr,
                             .notes = params->notes,
                             .task = params->task };
}

CncRaster *
cnc_encrypt_carrier (const CncPicture *picture, const CncCarrierLock *lock, const CncEncryptParams *params, GError **error)
{
  const CncCarrierParams how = carrier_params (params);

  if (params->raw || params->region_width != 0 || params->region_height != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "What the method “%s” makes is a new picture of its own; it neither takes the place of a part of another nor leaves "
                   "pixels as they are.",
                   params->method->id);
      return NULL;
    }
  return params->method->number == CNC_CARRIER_SHARE ? cnc_share_encrypt (picture, lock, &how, error)
                                                     : cnc_restore_encrypt (picture, lock, &how, error);
}

gboolean
cnc_encrypt_expect (const CncPicture *picture, const CncEncryptParams *params, CncExpected *expected, GError **error)
{
  const CncCarrierParams how = carrier_params (params);
  CncRestoreExpected restored;

  g_return_val_if_fail (params->method->carrier, FALSE);
  if (params->method->number == CNC_CARRIER_RESTORE)
    {
      if (!cnc_restore_expect (picture, &how, &restored, error))
        return FALSE;
      *expected = (CncExpected){ restored.width, restored.height, restored.clean, restored.jpeg };
      return TRUE;
    }
  if (!cnc_share_expect (picture, how.longest_side, how.levels, how.recipients, &expected->width, &expected->height, &expected->psnr,
                         error))
    return FALSE;
  expected->worn = expected->psnr;
  return TRUE;
}

gboolean
cnc_find_carrier (const CncRaster *picture, GBytes *colormap, CncCarrier **found, CncTask *task, GError **why)
{
  g_autoptr (GError) problem = NULL;

  if (*why != NULL && !g_error_matches (*why, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
    return FALSE;
  if (cnc_carrier_find (picture, colormap, found, task, &problem))
    {
      g_clear_error (why);
      return TRUE;
    }
  /* Of a colour picture, more can be told from the pixels that an exact one would have. */
  if (*why == NULL || picture->format.model != CNC_MODEL_RGB || !g_error_matches (problem, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
    {
      g_clear_error (why);
      g_propagate_error (why, g_steal_pointer (&problem));
    }
  return FALSE;
}

void
cnc_carrier_lock_header (const CncCarrierLock *lock, CncCarrierHeader *header)
{
  memcpy (header->salt, lock->salt, sizeof header->salt);
  header->recipients = (guint8) lock->recipients;
  header->ops = lock->recipients > 0 ? 0 : lock->params.ops;
  header->memory_kib = lock->recipients > 0 ? 0 : lock->params.memory_kib;
  if (lock->recipients > 0)
    cnc_hash (lock->keys[0], (gsize) lock->recipients * CNC_STANZA_RECIPIENT_BYTES, header->keys_hash);
}

CncSecret *
cnc_unlock_carrier (const CncCarrier *carrier, const CncOpener *opener, GError **error)
{
  const guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES] = (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) carrier->keys;
  g_autoptr (CncSecret) file_key = NULL;

  if (opener->identity == NULL)
    return cnc_carrier_unlock (&carrier->header, opener->passphrase, error);
  if (carrier->header.recipients == 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The picture was encrypted with a passphrase and not for recipients; open it with its passphrase.");
      return NULL;
    }
  file_key = cnc_recipients_open (keys, carrier->header.recipients, opener->identity, error);
  return file_key != NULL ? cnc_carrier_unlock_kek (&carrier->header, file_key, error) : NULL;
}

/* Roughly which quality of JPEG leaves errors of that strength in noise of all values. */
static const char *
strength_words (double strength)
{
  return strength < 1     ? _ ("as if it had not been compressed")
         : strength < 4   ? _ ("as JPEG of quality 90 or more does")
         : strength < 7.5 ? _ ("as JPEG of quality 85 does")
         : strength < 12  ? _ ("as JPEG of quality 75 does")
         : strength < 19  ? _ ("as JPEG of quality 60 does")
                          : _ ("more than JPEG of quality 50 does");
}

/* What was done to the picture as a whole, and undone. */
static char *
history_text (const CncCarrier *carrier)
{
  g_autofree char *scaled = cnc_carrier_history (carrier);
  g_autofree char *turned = carrier->turned != 0 ? g_strdup_printf (_ ("turned by %u°"), carrier->turned) : NULL;

  if (turned == NULL && !carrier->mirrored)
    return g_steal_pointer (&scaled);
  return g_strdup_printf (_ (" It had been %s%s%s.%s"), carrier->mirrored ? _ ("mirrored") : "",
                          carrier->mirrored && turned != NULL ? _ (" and ") : "", turned != NULL ? turned : "", scaled);
}

CncPicture *
cnc_decrypt_carrier (const CncCarrier *carrier, const CncSecret *key, const CncDecryptParams *params, char **story, GError **error)
{
  g_autofree char *history = history_text (carrier);
  CncRestoreChannel channel = { 0 };
  CncShareRepair repair = { 0 };
  CncPicture *picture;

  if (carrier->header.method == CNC_CARRIER_SHARE)
    picture = cnc_share_decrypt (carrier, key, params->backend, &repair, params->task, error);
  else
    picture = cnc_restore_decrypt (carrier, key, params->backend, &channel, params->task, error);
  if (picture == NULL || story == NULL)
    return picture;
  if (carrier->header.method == CNC_CARRIER_RESTORE)
    *story = g_strdup_printf (
        _ ("The way here changed its pixels by %.1f of 255 steps, %s; a network restored the picture from what was left. Nobody "
           "can tell whether somebody changed these pixels on purpose: only the header is authenticated.%s"),
        channel.strength, strength_words (channel.strength), history);
  else if (repair.repaired > 0)
    *story = g_strdup_printf (
        _ ("%u of %u blocks had errors and were repaired; the worst took %.0f %% of what a block bears. What came back is what "
           "was encrypted, to the last bit.%s"),
        repair.repaired, repair.blocks, 100 * repair.worst, history);
  else
    *story = g_strdup_printf (_ ("It arrived without an error.%s"), history);
  return picture;
}
