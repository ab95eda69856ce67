/* core/stego/stego.c: the modes, locks, hiding and revealing, see stego.h. */
#include "stego/stego.h"

#include "base/error.h"
#include "base/memory.h"
#include "stego/exact.h"
#include "stego/network.h"
#include "picture/pixels.h"
#include "stego/robust-record.h"

#include <math.h>

struct _CncStegoLock
{
  guint count;
  CncSecret *keys[CNC_STEGO_MAX_SECRETS];
  guint8 salt[CNC_STEGO_SALT_BYTES];
  CncKdfParams params;
  gboolean used;
};

static const CncStegoMode modes[] = {
  { "cnn", N_ ("Convolutional network"),
    N_ ("Full-size pictures that come back as good copies; the result must be kept without loss (PNG, TIFF, lossless WebP)."),
    CNC_STEGO_CNN, 3, TRUE, FALSE },
  { "robust", N_ ("Convolutional network, robust"),
    N_ ("One picture, less true to the original, that survives JPEG, noise and light blur, so the result may be sent as a photo."),
    CNC_STEGO_ROBUST, 1, TRUE, TRUE },
  { "exact", N_ ("Exact"),
    N_ ("Compressed and sealed in the lowest bits: small pictures come back bit for bit, large ones as well as they fit, and every change "
        "is "
        "noticed; the result must be kept without loss."),
    CNC_STEGO_EXACT, 3, FALSE, FALSE },
  { NULL, NULL, NULL, 0, 0, FALSE, FALSE },
};

const CncStegoMode *
cnc_stego_modes (void)
{
  return modes;
}

const CncStegoMode *
cnc_stego_mode_by_id (const char *id, GError **error)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  if (id == NULL || *id == '\0')
    return &modes[0];
  for (const CncStegoMode *m = modes; m->id != NULL; m++)
    {
      if (strcmp (m->id, id) == 0)
        return m;
      g_string_append_printf (ids, "%s%s", ids->len > 0 ? ", " : "", m->id);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no mode “%s” of hiding; choose one of: %s.", id, ids->str);
  return NULL;
}

const CncStegoMode *
cnc_stego_mode_by_number (guint number)
{
  for (const CncStegoMode *m = modes; m->id != NULL; m++)
    if (m->number == number)
      return m;
  return NULL;
}

gboolean
cnc_stego_mode_ready (const CncStegoMode *mode, GError **error)
{
  g_autoptr (CncNetwork) network = mode->network ? cnc_network_find (mode, NULL, error) : NULL;

  return !mode->network || network != NULL;
}

CncWork
cnc_stego_work (const CncStegoMode *mode, guint64 pixels)
{
  return mode->network ? cnc_engine_work (CNC_WORK_NETWORK, pixels) : CNC_WORK_LITTLE;
}

/* ---- locks ---- */

void
cnc_stego_lock_free (CncStegoLock *lock)
{
  if (lock == NULL)
    return;
  for (guint i = 0; i < lock->count; i++)
    cnc_secret_free (lock->keys[i]);
  g_free (lock);
}

static gboolean
check_count (guint count, guint most, GError **error)
{
  if (count >= 1 && count <= most)
    return TRUE;
  if (count == 0)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no picture to hide; choose one to three.");
  else if (most == 1)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "This mode hides one picture only, not %u; choose one, or another mode.", count);
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%u pictures are too many to hide in one; choose up to %u.", count, most);
  return FALSE;
}

static CncStegoLock *
lock_new (guint count, const guint8 salt[CNC_STEGO_SALT_BYTES], const CncKdfParams *params, GError **error)
{
  CncStegoLock *lock;

  if (!cnc_seal_init (error) || !check_count (count, CNC_STEGO_MAX_SECRETS, error))
    return NULL;
  lock = g_new0 (CncStegoLock, 1);
  lock->params = cnc_kdf_complete (params);
  if (salt != NULL)
    memcpy (lock->salt, salt, sizeof lock->salt);
  else
    cnc_random (lock->salt, sizeof lock->salt);
  return lock;
}

/* kek: (nullable): NULL hands an error on. */
static gboolean
lock_add (CncStegoLock *lock, const CncSecret *kek, GError **error)
{
  g_autoptr (CncSecret) key = kek != NULL ? cnc_stego_slot_key (kek, error) : NULL;

  if (key == NULL)
    return FALSE;
  for (guint i = 0; i < lock->count; i++)
    if (cnc_equal (cnc_secret_bytes (lock->keys[i]), cnc_secret_bytes (key), CNC_KEY_BYTES))
      {
        g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                     "Secrets %u and %u have the same passphrase; give each of them its own, or nobody could tell which one it opens.",
                     i + 1, lock->count + 1);
        return FALSE;
      }
  lock->keys[lock->count++] = g_steal_pointer (&key);
  return TRUE;
}

CncStegoLock *
cnc_stego_lock_new (const CncSecret *const *passphrases, guint count, const CncKdfParams *params, CncTask *task, GError **error)
{
  g_autoptr (CncStegoLock) lock = lock_new (count, NULL, params, error);

  if (lock == NULL)
    return NULL;
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (CncSecret) kek = NULL;

      cnc_task_progress (task, (double) i / count, "Deriving keys");
      if (!cnc_task_go_on (task, error))
        return NULL;
      kek = cnc_kek_new (passphrases[i], lock->salt, &lock->params, error);
      if (!lock_add (lock, kek, error))
        return NULL;
    }
  return g_steal_pointer (&lock);
}

CncStegoLock *
cnc_stego_lock_new_trial (guint count, GError **error)
{
  g_autoptr (CncStegoLock) lock = lock_new (count, NULL, NULL, error);

  for (guint i = 0; lock != NULL && i < count; i++)
    {
      g_autoptr (CncSecret) kek = cnc_secret_new_key (NULL, error);

      if (!lock_add (lock, kek, error))
        return NULL;
    }
  return g_steal_pointer (&lock);
}

CncStegoLock *
cnc_stego_lock_new_keks (const CncSecret *const *keks, guint count, const guint8 salt[CNC_STEGO_SALT_BYTES], GError **error)
{
  g_autoptr (CncStegoLock) lock = lock_new (count, salt, NULL, error);

  for (guint i = 0; lock != NULL && i < count; i++)
    if (!lock_add (lock, keks[i], error))
      return NULL;
  return g_steal_pointer (&lock);
}

/* ---- hiding ---- */

void
cnc_hide_report_clear (CncHideReport *report)
{
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    cnc_raster_free (report->secrets[i].features);
  memset (report, 0, sizeof *report);
}

static gboolean
check_hide (const CncRaster *cover, const CncRaster *const *secrets, guint count, const CncStegoLock *lock, const CncHideParams *params,
            const CncStegoMode *mode, GError **error)
{
  if (!check_count (count, mode->max_secrets, error) || !cnc_rgb_check (cover, "The cover", error))
    return FALSE;
  for (guint i = 0; i < count; i++)
    {
      char what[] = "Secret 1";

      what[sizeof what - 2] = (char) ('1' + i);
      if (!cnc_rgb_check (secrets[i], what, error))
        return FALSE;
    }
  if (count != lock->count)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There are %u passphrases for %u pictures; give one for each picture.",
                   lock->count, count);
      return FALSE;
    }
  if (lock->used)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "These keys have hidden pictures already; this is a fault of the program, please report it.");
      return FALSE;
    }
  if (params->bits > 2)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%u low bits of a sample cannot be taken; choose 1 or 2.", params->bits);
      return FALSE;
    }
  if (mode->network && params->backend == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "There is no device for the network; this is a fault of the program, please report it.");
      return FALSE;
    }
  return TRUE;
}

/* What was made is opened again by the way that a reader goes.  In the exact mode it has to give what the report promises; with networks
 * the report says what came back: a copy, which differs in the last place from device to device, so that there is nothing that it has to
 * equal. (That the message itself can be read was checked when it was written.) */
static gboolean
verify (const CncRaster *result, const CncRaster *const *secrets, const CncStegoLock *lock, const CncHideParams *params, gboolean network,
        CncHideReport *report, GError **error)
{
  CncStegoRecord record;

  cnc_task_progress (params->task, 0.85, "Checking");
  if (!cnc_stego_find (result, &record, error))
    return FALSE;
  for (guint i = 0; i < lock->count; i++)
    {
      const CncRevealParams reveal = { .backend = params->backend, .task = params->task };
      g_autoptr (CncRaster) back = cnc_reveal (result, &record, lock->keys[i], i, &reveal, error);

      if (back == NULL)
        return FALSE;
      if (network)
        report->secrets[i].psnr = cnc_rgb_psnr (secrets[i], back);
      else if (back->width != secrets[i]->width || back->height != secrets[i]->height
               || cnc_rgb_psnr (secrets[i], back) != report->secrets[i].psnr)
        {
          g_set_error (
              error, CNC_ERROR, CNC_ERROR_GPU_LOST,
              "What was hidden did not come back as it should (secret %u), so the result was thrown away; try again, on another device if "
              "there is one.",
              i + 1);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
hide_by_network (const CncStegoMode *mode, const CncRaster *cover, CncRaster *result, const CncRaster *const *secrets,
                 const CncStegoLock *lock, const CncHideParams *params, CncStegoRecord *record, CncHideReport *report, GError **error)
{
  g_autoptr (CncNetwork) network = cnc_network_find (mode, NULL, error);
  const CncNetworkRun run = { .network = network, .backend = params->backend, .insight = params->insight, .task = params->task };

  return network != NULL && cnc_network_hide (&run, cover, result, secrets, (const CncSecret *const *) lock->keys, record, report, error);
}

CncRaster *
cnc_hide (const CncRaster *cover, const CncRaster *const *secrets, guint count, CncStegoLock *lock, const CncHideParams *params,
          CncHideReport *report, GError **error)
{
  const CncStegoMode *mode = params->mode != NULL ? params->mode : &modes[0];
  CncHideReport made = { 0 };
  CncStegoRecord record = { 0 };
  g_autoptr (CncRaster) result = NULL;
  gboolean ok;

  if (report != NULL)
    memset (report, 0, sizeof *report);
  if (!check_hide (cover, secrets, count, lock, params, mode, error))
    return NULL;
  lock->used = TRUE;
  result = cnc_rgb_scale (cover, cover->width, cover->height, params->task, error);
  if (result == NULL)
    return NULL;
  record.width = cover->width;
  record.height = cover->height;
  record.mode = (guint8) mode->number;
  record.count = (guint8) count;
  record.ops = lock->params.ops;
  record.memory_kib = lock->params.memory_kib;
  memcpy (record.salt, lock->salt, sizeof record.salt);
  made.n_secrets = count;
  ok = mode->network
           ? hide_by_network (mode, cover, result, secrets, lock, params, &record, &made, error)
           : cnc_exact_hide (result, secrets, (const CncSecret *const *) lock->keys, params->bits, &record, &made, params->task, error);
  if (!ok || !verify (result, secrets, lock, params, mode->network, &made, error))
    {
      cnc_hide_report_clear (&made);
      return NULL;
    }
  made.psnr = cnc_rgb_psnr (cover, result);
  cnc_task_progress (params->task, 1, "Checking");
  if (report != NULL)
    *report = made;
  else
    cnc_hide_report_clear (&made);
  return g_steal_pointer (&result);
}

CncRaster *
cnc_stego_difference (const CncRaster *cover, const CncRaster *result, guint times, GError **error)
{
  g_autoptr (CncRaster) out = NULL;

  if (!cnc_rgb_check (cover, "The cover", error) || !cnc_rgb_check (result, "The result", error))
    return NULL;
  if (cover->width != result->width || cover->height != result->height)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "A picture of %u × %u pixels and one of %u × %u have no difference to show; take pictures of one size.", cover->width,
                   cover->height, result->width, result->height);
      return NULL;
    }
  out = cnc_rgb_new (cover->width, cover->height, error);
  for (gsize i = 0; out != NULL && i < cnc_raster_bytes (out); i++)
    out->data[i] = (guint8) MIN ((guint64) abs (result->data[i] - cover->data[i]) * times, 255);
  return g_steal_pointer (&out);
}

/* ---- revealing ---- */

gboolean
cnc_stego_find (const CncRaster *picture, CncStegoRecord *record, GError **error)
{
  g_autoptr (GError) none = NULL, problem = NULL;

  if (!cnc_seal_init (error) || !cnc_rgb_check (picture, "The picture", error))
    return FALSE;
  if (cnc_stego_record_extract (picture->data, picture->width, picture->height, record, &none))
    return TRUE;
  if (g_error_matches (none, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
    {
      if (cnc_robust_record_extract (picture->data, picture->width, picture->height, record, &problem))
        return TRUE;
      if (!g_error_matches (problem, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
    }
  g_propagate_error (error, g_steal_pointer (&none));
  return FALSE;
}

CncSecret *
cnc_stego_unlock_kek (const CncStegoRecord *record, const CncSecret *kek, guint *slot, GError **error)
{
  CncStegoInfo info;
  g_autoptr (CncSecret) key = NULL;
  gboolean ok;

  if (!cnc_seal_init (error))
    return NULL;
  key = cnc_stego_slot_key (kek, error);
  ok = key != NULL && cnc_stego_record_open (record, key, slot, &info, error);
  cnc_wipe (&info, sizeof info);
  return ok ? g_steal_pointer (&key) : NULL;
}

CncSecret *
cnc_stego_unlock (const CncStegoRecord *record, const CncSecret *passphrase, guint *slot, GError **error)
{
  const CncKdfParams params = { record->ops, record->memory_kib };
  g_autoptr (CncSecret) kek = cnc_kek_new (passphrase, record->salt, &params, error);

  return kek != NULL ? cnc_stego_unlock_kek (record, kek, slot, error) : NULL;
}

gboolean
cnc_stego_record_ready (const CncStegoRecord *record, GError **error)
{
  const CncStegoMode *mode = cnc_stego_mode_by_number (record->mode);
  g_autoptr (CncNetwork) network = mode->network ? cnc_network_find (mode, record->model, error) : NULL;

  return !mode->network || network != NULL;
}

static CncRaster *
reveal_by_network (const CncStegoMode *mode, const CncRaster *picture, const CncStegoRecord *record, const CncStegoInfo *info,
                   const CncSecret *key, guint slot, const CncRevealParams *params, GError **error)
{
  g_autoptr (CncNetwork) network = cnc_network_find (mode, record->model, error);
  const CncNetworkRun run = { .network = network, .backend = params->backend, .task = params->task };

  if (network == NULL)
    return NULL;
  if (params->backend == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "There is no device for the network; this is a fault of the program, please report it.");
      return NULL;
    }
  return cnc_network_reveal (&run, picture, record, info, key, slot, error);
}

CncRaster *
cnc_reveal (const CncRaster *picture, const CncStegoRecord *record, const CncSecret *key, guint slot, const CncRevealParams *params,
            GError **error)
{
  const CncStegoMode *mode = cnc_stego_mode_by_number (record->mode);
  CncStegoInfo info;
  CncRaster *secret;
  guint found;

  if (!cnc_rgb_check (picture, "The picture", error) || !cnc_stego_record_open (record, key, &found, &info, error))
    return NULL;
  if (found != slot || picture->width != record->width || picture->height != record->height)
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
          "The record is of another picture, or the key of another secret; this is a fault of the program, please report it.");
      return NULL;
    }
  secret = mode->network ? reveal_by_network (mode, picture, record, &info, key, slot, params, error)
                         : cnc_exact_reveal (picture, record, &info, key, params->task, error);
  cnc_wipe (&info, sizeof info);
  return secret;
}
