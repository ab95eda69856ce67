/* core/methods/crypt.h: from a picture to an encrypted picture and back: what the plug-in, cnncrypt-open and the tests call.
 *
 * Order of a caller, so that Argon2id's memory is free again before pixels are loaded:
 *   encrypt: cnc_lock_new_* -> load the pixels -> cnc_encrypt (which also inverts its result and compares)
 *   decrypt: first bytes of the carrier -> cnc_header_read -> cnc_unlock -> load the carrier -> cnc_decrypt
 *            where that finds nothing: the picture -> cnc_find_carrier -> cnc_unlock_carrier -> cnc_decrypt_carrier
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "channel/carrier.h"
#include "engine/engine.h"
#include "picture/header.h"
#include "picture/picture.h"
#include "seal/keys.h"

G_BEGIN_DECLS

/* The methods in menus, in order; terminated by id NULL. */
typedef struct
{
  const char *id;      /* stable: "hybrid" */
  const char *title;   /* for menus: "Chaos + CNN" */
  const char *summary; /* one sentence: what it is, and what it promises */
  guint8 number;       /* in the header */
  gboolean lossless;
  gboolean carrier; /* what it makes is a grey carrier (channel/carrier.h), which JPEG does not destroy; always a new picture */
} CncMethod;

const CncMethod *cnc_methods (void);
/* id NULL: the default.  NULL with BAD_ARGUMENT, listing the ids, if there is none of that name. */
const CncMethod *cnc_method_by_id (const char *id, GError **error);

/* The method with that number in a header; NULL if there is none. */
const CncMethod *cnc_method_by_number (guint8 number);

/* The networks that come with a method that has several, in the order of menus, the default first; terminated by name NULL.  Any other file of such a
 * network may be named as well. */
typedef struct
{
  const char *name;  /* of the file */
  const char *title; /* what it was trained on: "Photographs" */
} CncMethodModel;

/* NULL: the method has none to choose from. */
const CncMethodModel *cnc_method_models (const CncMethod *method);

/* Whether the method can encrypt here, with that model where it has several (NULL: the default; of sedd any: a person brings the pair).  MODEL or NO_DEVICE, saying
 * what is missing, if not. */
gboolean cnc_method_ready (const CncMethod *method, const char *model, GError **error);

/* What a device has to do for a picture; see cnc_engine_open.  method NULL: the default. */
CncWork cnc_encrypt_work (const CncMethod *method, guint64 pixels);
CncWork cnc_decrypt_work (const CncHeader *header);
CncWork cnc_decrypt_carrier_work (const CncCarrier *carrier);

/* A fresh file key and the stanzas that wrap it. */
typedef struct _CncLock CncLock;

/* Runs Argon2id.  params: (nullable). */
CncLock *cnc_lock_new_passphrase (const CncSecret *passphrase, const CncKdfParams *params, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* For recipients, 1 to CNC_RECIPIENTS_MAX; a key that is given twice counts once.  Errors: those of cnc_recipients_seal. */
CncLock *cnc_lock_new_recipients (const guint8 (*keys)[CNC_PUBLIC_KEY_BYTES], guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Tests: below the KDF, see cnc_stanza_seal_kek. */
CncLock *cnc_lock_new_kek (const CncSecret *kek, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_lock_free (CncLock *lock);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncLock, cnc_lock_free)

/* Checks the sum of a header that was read, and opens the file key: every "wrong passphrase" comes from here.  Errors: all of cnc_header_unlock, or
 * of cnc_header_unlock_identity. */
CncSecret *cnc_unlock (const CncHeader *header, const CncOpener *opener, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  const CncMethod *method; /* NULL: the default */
  CncBackend *backend;     /* required */
  gboolean raw;            /* do not compress (for the study of same-size pictures) */
  guint32 region_width;    /* both 0: a new picture.  Else the carrier has exactly this size (a region in place) */
  guint32 region_height;
  guint32 longest_side; /* methods with a carrier, as the next two: see CncCarrierParams */
  guint levels;
  const char *model; /* (nullable): also sedd, whose encoder file it names by its path, or by the name of a pair in the folders of models */
  guint recipients; /* for cnc_encrypt_expect: how many it is to be for; 0: a passphrase */
  double *psnr;  /* (nullable) (out): of a method that is not lossless, the quality of what will come back, in dB; infinity: every bit; NAN: the decoder is not here */
  char **notes;  /* (nullable) (out) (transfer full) (nullable): sentences about what was left out */
  CncTask *task; /* (nullable) */
} CncEncryptParams;

/* Encrypts, then decrypts what it made with the same file key and compares it with picture over all pixels; GPU_LOST if they differ
 * (nothing is returned). A method that is not lossless compares the whole numbers that it sealed, and works out psnr. One lock makes one
 * picture: BAD_ARGUMENT if it was used. Errors also: MODEL (the method's model is missing), TOO_SMALL (region; says how many bytes are
 * needed and there), NO_MEMORY, GPU_*, CANCELLED. Returns: (transfer full) an opaque RGB8 perceptual raster; of a method with a carrier a
 * grey one. */
CncRaster *cnc_encrypt (const CncPicture *picture, CncLock *lock, const CncEncryptParams *params, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A guess of the carrier's size before the work, from packing a sample of the rows; for dialogs. */
gboolean cnc_encrypt_estimate (const CncPicture *picture, gboolean raw, guint64 *carrier_bytes, GError **error);

/* For a method that is not lossless: what a part of a picture takes, in bytes without header and seal, and the PSNR in dB that it comes
 * back with.  Errors: those of cnc_encrypt. */
gboolean cnc_encrypt_sample (const CncMethod *method, const char *model, const CncPicture *sample, CncBackend *backend, guint64 *bytes,
                             double *psnr, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is to be expected of a method with a carrier. */
typedef struct
{
  guint32 width; /* of the carrier */
  guint32 height;
  double psnr; /* of what comes back from a way without errors, in dB; infinity: every bit */
  double worn; /* … from JPEG 75 in between; the same where errors are repaired */
} CncExpected;

/* From a sample of the picture.  params: those of cnc_encrypt; its method has a carrier; psnr and notes are not used.  Errors: those of
 * cnc_share_expect and cnc_restore_expect. */
gboolean cnc_encrypt_expect (const CncPicture *picture, const CncEncryptParams *params, CncExpected *expected,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  CncBackend *backend; /* required */
  CncTask *task;       /* (nullable) */
  const char *decoder; /* (nullable): a file that is looked at first for the decoder of a pair: the one that the identity came from */
} CncDecryptParams;

/* carrier: the whole opaque RGB8 raster; header: read from it and checked; file_key: from cnc_unlock.  Everything is verified (tag of
 * every chunk, fill, IV) before anything is returned.  Errors: DAMAGED, MODEL (naming the model that is missing), NO_MEMORY, GPU_*,
 * CANCELLED.  Returns: (transfer full) */
CncPicture *cnc_decrypt (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, const CncDecryptParams *params,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Looks for a carrier where nothing else that is encrypted was found.  why: (inout) (transfer full): what the search for the others said; where that
 * is not NOT_ENCRYPTED, nothing is looked for.  picture: any format; colormap: (nullable), of an indexed one.  FALSE with *why, which is then the error
 * that tells a person more. */
gboolean cnc_find_carrier (const CncRaster *picture, GBytes *colormap, CncCarrier **found, CncTask *task, GError **why) G_GNUC_WARN_UNUSED_RESULT;

/* The same as cnc_unlock for a carrier: its key.  Errors: KDF_REFUSED, NO_MEMORY, WRONG_KEY, BAD_ARGUMENT (an identity where a passphrase is needed, or the
 * reverse). */
CncSecret *cnc_unlock_carrier (const CncCarrier *carrier, const CncOpener *opener, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* key: from cnc_unlock_carrier.  story: (nullable) (out) (transfer full): sentences on what was done to the picture on its way, and what that means
 * for what comes back.  Errors: those of cnc_share_decrypt and cnc_restore_decrypt.  Returns: (transfer full) */
CncPicture *cnc_decrypt_carrier (const CncCarrier *carrier, const CncSecret *key, const CncDecryptParams *params, char **story,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Brings pixels that another program re-saved back to opaque RGB8: an added opaque alpha channel is dropped, 16-bit and 32-bit integer
 * samples that are all an 8-bit value repeated become 8-bit.  Sample values count, not the curve.  NULL with NOT_ENCRYPTED, saying
 * why, if the pixels cannot be those of an encrypted picture (grey, palette, transparency, floating point, true 16 bit).
 * raster: (transfer full), consumed also on an error; it is returned itself where nothing is to be done. */
CncRaster *cnc_carrier_normalise (CncRaster *raster, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
