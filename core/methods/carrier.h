/* core/methods/carrier.h: the methods whose encrypted picture is a grey carrier (core/channel/carrier.h): "share" and "restore".
 *
 * What both have in common: what locks one, what a caller can choose, and from picture to carrier and back.  Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "channel/carrier.h"
#include "nn/backend.h"
#include "picture/picture.h"

G_BEGIN_DECLS

/* What locks one carrier: the header's salt, what Argon2id was asked for, and the carrier key that came out (cnc_carrier_key_new). */
typedef struct
{
  const CncSecret *key; /* (transfer none) */
  guint8 salt[CNC_CARRIER_SALT_BYTES];
  CncKdfParams params; /* complete */
  guint recipients;    /* 0: a passphrase; else params are not used, and key was made from a file key that is wrapped so often: */
  guint8 keys[CNC_RECIPIENTS_MAX][CNC_STANZA_RECIPIENT_BYTES];
} CncCarrierLock;

/* Sets what a header says of the lock. */
void cnc_carrier_lock_header (const CncCarrierLock *lock, CncCarrierHeader *header);

typedef struct
{
  guint32 longest_side; /* of the carrier, in pixels; 0: as many pixels as the picture */
  guint levels;         /* share: 3, or 2 for worse channels; 0: 3 */
  const char *model;    /* (nullable) restore: name of the model file; NULL: "restore" */
  guint recipients;     /* for what is expected; what is made has as many as the lock */
  CncBackend *backend;  /* share: (nullable), only WebP is tried without; restore: required */
  double *psnr;         /* (nullable) (out): what comes back from a channel without errors, in dB, infinity if every bit does */
  char **notes;         /* (nullable) (out) (transfer full): sentences about what was left out, NULL if nothing was */
  CncTask *task;        /* (nullable) */
} CncCarrierParams;

/* ---- share: exact on the other side of JPEG ---- */

/* Returns a grey carrier (8 bits, opaque) which was read again and compared.  Errors: TOO_SMALL (says what would do), BAD_ARGUMENT, MODEL, NO_DEVICE,
 * NO_MEMORY, GPU_*, CANCELLED.  (transfer full) */
CncRaster *cnc_share_encrypt (const CncPicture *picture, const CncCarrierLock *lock, const CncCarrierParams *params,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How much of its code a carrier used up; for messages. */
typedef struct
{
  guint blocks;   /* of the code */
  guint repaired; /* of them had errors */
  double wrong;   /* share of all symbols that were wrong, 0..1 */
  double worst;   /* of what a block bears, the largest share that one needed: 0..1 */
} CncShareRepair;

/* key: the carrier key, of cnc_carrier_unlock.  repair: (nullable) (out).  Errors: WRONG_KEY, DAMAGED (says how far it got), MODEL, BAD_FORMAT,
 * NO_MEMORY, GPU_*, CANCELLED.  Returns: (transfer full) */
CncPicture *cnc_share_decrypt (const CncCarrier *carrier, const CncSecret *key, CncBackend *backend, CncShareRepair *repair, CncTask *task,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What cnc_share_encrypt would make, from a sample of the picture, in less than half a second: the carrier's size, and about which PSNR comes
 * back (infinity: every bit).  longest_side, levels, recipients: as in CncCarrierParams.  Errors: TOO_SMALL, NO_MEMORY. */
gboolean cnc_share_expect (const CncPicture *picture, guint32 longest_side, guint levels, guint recipients, guint32 *width, guint32 *height, double *psnr,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- restore: gentle loss ---- */

/* Whether that model (NULL: "restore") is here and fits.  Errors: MODEL, IO, NO_MEMORY. */
gboolean cnc_restore_ready (const char *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for "restore"; read again, and restored on the device: GPU_LOST if that is no picture.  Errors: also MODEL.  (transfer full) */
CncRaster *cnc_restore_encrypt (const CncPicture *picture, const CncCarrierLock *lock, const CncCarrierParams *params,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the channel did, for messages. */
typedef struct
{
  double strength; /* of the channel's errors: standard deviation in steps of 1/255 */
} CncRestoreChannel;

/* channel: (nullable) (out).  Errors: WRONG_KEY, DAMAGED (nothing is left), MODEL, NO_MEMORY, GPU_*, CANCELLED.  Returns: (transfer full) */
CncPicture *cnc_restore_decrypt (const CncCarrier *carrier, const CncSecret *key, CncBackend *backend, CncRestoreChannel *channel, CncTask *task,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  guint32 width, height; /* of the carrier */
  double clean;          /* PSNR in dB: from a channel without errors */
  double jpeg;           /* ... through JPEG at quality 75, about */
} CncRestoreExpected;

/* What cnc_restore_encrypt with these params would make, tried on parts from all over the picture; psnr and notes of params are not used.  Takes the
 * network's time for 288 x 288 pixels at most, there once and back twice.  Errors: TOO_SMALL, MODEL, GPU_*, NO_MEMORY, CANCELLED. */
gboolean cnc_restore_expect (const CncPicture *picture, const CncCarrierParams *params, CncRestoreExpected *expected,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
