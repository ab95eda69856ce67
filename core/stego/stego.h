/* core/stego/stego.h: up to three pictures hidden inside one, each under its own passphrase: what the front ends and the tests call.
 *
 * Order of a caller:
 *   hide:   cnc_stego_lock_new -> load the pixels -> cnc_hide (which also reveals from its result and compares)
 *   reveal: load the picture -> cnc_stego_find -> for each passphrase: cnc_stego_unlock -> cnc_reveal
 * A preview before any passphrase is typed: cnc_stego_lock_new_trial -> cnc_hide.
 * Rasters are opaque 8-bit perceptual RGB in all of these: front ends flatten and convert (methods/crypt.h has cnc_carrier_normalise for
 * pictures that come back).  The record that says what a picture holds: record.h; every byte: format.md.
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "engine/engine.h"
#include "picture/raster.h"
#include "seal/keys.h"
#include "stego/record.h"

G_BEGIN_DECLS

/* The modes in menus, in order; terminated by id NULL. */
typedef struct
{
  const char *id;              /* stable: "cnn", "robust", "exact" */
  const char *title;           /* for menus: "Convolutional network" */
  const char *summary;         /* one sentence: what it is for */
  CncStegoModeNumber number;   /* in the record: CNC_STEGO_CNN, CNC_STEGO_ROBUST, CNC_STEGO_EXACT */
  guint max_secrets;           /* 1..CNC_STEGO_MAX_SECRETS */
  gboolean network;            /* needs a backend and a model */
  gboolean survives;           /* JPEG, noise and light blur; else the picture must be kept without loss */
} CncStegoMode;

const CncStegoMode *cnc_stego_modes (void);
/* id NULL or "": the default.  NULL with BAD_ARGUMENT, listing the ids, if there is none of that name. */
const CncStegoMode *cnc_stego_mode_by_id (const char *id, GError **error);
/* NULL if this cnncrypt does not know it. */
const CncStegoMode *cnc_stego_mode_by_number (guint number);

/* Whether the mode can hide here.  MODEL, saying what is missing, if not. */
gboolean cnc_stego_mode_ready (const CncStegoMode *mode, GError **error);

/* What a device has to do for a cover of that many pixels; see cnc_engine_open.  Only for modes with a network. */
CncWork cnc_stego_work (const CncStegoMode *mode, guint64 pixels);

/* ---- hiding ---- */

/* One salt, and one key from each passphrase: serves one picture. */
typedef struct _CncStegoLock CncStegoLock;

/* Runs Argon2id count times.  params: (nullable).  task: (nullable), asked between the runs.  Errors: BAD_ARGUMENT (none, more than
 * CNC_STEGO_MAX_SECRETS, the same passphrase twice), KDF_REFUSED, NO_MEMORY, CANCELLED.  (An empty passphrase is no CncSecret.) */
CncStegoLock *cnc_stego_lock_new (const CncSecret *const *passphrases, guint count, const CncKdfParams *params, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Random keys that nobody can type: for a preview whose result is thrown away.  Takes no time. */
CncStegoLock *cnc_stego_lock_new_trial (guint count, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Tests: below the KDF; salt: as the record will have it. */
CncStegoLock *cnc_stego_lock_new_keks (const CncSecret *const *keks, guint count, const guint8 salt[CNC_STEGO_SALT_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_stego_lock_free (CncStegoLock *lock);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncStegoLock, cnc_stego_lock_free)

typedef struct
{
  const CncStegoMode *mode; /* NULL: the default */
  CncBackend *backend;      /* required where the mode has a network, else not looked at */
  guint bits;               /* exact mode: low bits of a sample that may be taken, 1 or 2; 0: 1 */
  gboolean insight;         /* fill CncHideReport.secrets[].features where the mode has a network */
  CncTask *task;            /* (nullable) */
} CncHideParams;

/* How one secret will come back. */
typedef struct
{
  double psnr;         /* of R'G'B' in dB, measured on what comes back at its own size; infinity: every bit */
  guint64 bytes;       /* exact mode: compressed; else 0 */
  guint quality;       /* exact mode: of WebP, 0..100, where it was compressed with loss */
  guint32 width;       /* pixels that it is kept with; less than its own where it had to be scaled down */
  guint32 height;
  CncRaster *features; /* (owned) (nullable): prepared features as a picture of the cover's size, to look at; see CncHideParams.insight */
} CncHiddenSecret;

typedef struct
{
  double psnr;   /* of the cover, R'G'B' in dB */
  guint bits;    /* exact mode: low bits of a sample that were taken, 1 or 2; else 0 */
  double filled; /* exact mode: share of those bits that the secrets take, 0..1 */
  guint n_secrets;
  CncHiddenSecret secrets[CNC_STEGO_MAX_SECRETS];
} CncHideReport;

/* Frees what a report owns, not the report. */
void cnc_hide_report_clear (CncHideReport *report);

/* Hides count secrets, each of any size, in the cover; secret i is for passphrase i of the lock.  Then reveals them from what it made, with the
 * lock's keys, and compares.  report: (out) (nullable), to be cleared by the caller; empty on an error.  Errors: BAD_ARGUMENT (count is not that
 * of the lock, or more than the mode takes; a lock that was used; a raster that is not opaque 8-bit perceptual RGB; bits), TOO_SMALL (the
 * cover is too small for the record or for a secret; says how large it is and what would do), MODEL, NO_MEMORY, GPU_*, CANCELLED.
 * Returns: (transfer full) a raster of the cover's size and format. */
CncRaster *cnc_hide (const CncRaster *cover, const CncRaster *const *secrets, guint count, CncStegoLock *lock, const CncHideParams *params,
                     CncHideReport *report, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): |result - cover| * times, at most 255.  BAD_ARGUMENT if their sizes differ. */
CncRaster *cnc_stego_difference (const CncRaster *cover, const CncRaster *result, guint times, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- revealing ---- */

/* Looks for the record, before any Argon2id.  Errors, in this order: NOT_ENCRYPTED (nothing is hidden here, or what was hidden was destroyed
 * altogether: by JPEG, by scaling, by a conversion of colours), DAMAGED (cropped, or its canvas resized: names both sizes; or the record's
 * bits were changed), BAD_VERSION (made by a newer cnncrypt), BAD_FORMAT, BAD_ARGUMENT (raster is not opaque 8-bit RGB). */
gboolean cnc_stego_find (const CncRaster *picture, CncStegoRecord *record, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The key of the one secret that this passphrase opens, as many Argon2id as it takes (one).  slot: (out) its number, from 0.
 * Errors: KDF_REFUSED, NO_MEMORY, WRONG_KEY (no secret of this picture has this passphrase).  Returns: (transfer full) */
CncSecret *cnc_stego_unlock (const CncStegoRecord *record, const CncSecret *passphrase, guint *slot, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Tests: below the KDF. */
CncSecret *cnc_stego_unlock_kek (const CncStegoRecord *record, const CncSecret *kek, guint *slot, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the secrets of this record can be revealed here.  MODEL, naming the model that is missing. */
gboolean cnc_stego_record_ready (const CncStegoRecord *record, GError **error);

typedef struct
{
  CncBackend *backend; /* required where the record's mode has a network, else not looked at */
  CncTask *task;       /* (nullable) */
} CncRevealParams;

/* picture: the one in which record was found; key, slot: from cnc_stego_unlock.  Errors: DAMAGED (the passphrase is right, but the pixels
 * were changed after hiding; exact mode notices every bit), MODEL, NO_MEMORY, GPU_*, CANCELLED.
 * Returns: (transfer full) the secret at its own size. */
CncRaster *cnc_reveal (const CncRaster *picture, const CncStegoRecord *record, const CncSecret *key, guint slot, const CncRevealParams *params,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
