/* core/methods/crypt.h: from a picture to an encrypted picture and back: what the plug-in, cnncrypt-open and the tests call.
 *
 * Order of a caller, so that Argon2id's memory is free again before pixels are loaded:
 *   encrypt: cnc_lock_new_* -> load the pixels -> cnc_encrypt (which also inverts its result and compares)
 *   decrypt: first bytes of the carrier -> cnc_header_read -> cnc_unlock -> load the carrier -> cnc_decrypt
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
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
} CncMethod;

const CncMethod *cnc_methods (void);
/* id NULL: the default.  NULL with BAD_ARGUMENT, listing the ids, if there is none of that name. */
const CncMethod *cnc_method_by_id (const char *id, GError **error);

/* Whether the method can encrypt here.  MODEL, saying what is missing, if not. */
gboolean cnc_method_ready (const CncMethod *method, GError **error);

/* What a device has to do for a picture; see cnc_engine_open.  method NULL: the default. */
CncWork cnc_encrypt_work (const CncMethod *method, guint64 pixels);
CncWork cnc_decrypt_work (const CncHeader *header);

/* A fresh file key and the stanzas that wrap it. */
typedef struct _CncLock CncLock;

/* Runs Argon2id.  params: (nullable). */
CncLock *cnc_lock_new_passphrase (const CncSecret *passphrase, const CncKdfParams *params, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Tests: below the KDF, see cnc_stanza_seal_kek. */
CncLock *cnc_lock_new_kek (const CncSecret *kek, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_lock_free (CncLock *lock);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncLock, cnc_lock_free)

/* Reads the header from a carrier's first bytes (see cnc_header_read), checks its sum, and opens the file key: every "wrong
 * passphrase" comes from here.  Errors: all of cnc_header_read and cnc_header_unlock. */
CncSecret *cnc_unlock (const CncHeader *header, const CncSecret *passphrase, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  const CncMethod *method; /* NULL: the default */
  CncBackend *backend;     /* required */
  gboolean raw;            /* do not compress (for the study of same-size pictures) */
  guint32 region_width;    /* both 0: a new picture.  Else the carrier has exactly this size (a region in place) */
  guint32 region_height;
  double *psnr;  /* (nullable) (out): of a method that is not lossless, the quality of what will come back, in dB */
  CncTask *task; /* (nullable) */
} CncEncryptParams;

/* Encrypts, then decrypts what it made with the same file key and compares it with picture over all pixels; GPU_LOST if they differ
 * (nothing is returned). A method that is not lossless compares the whole numbers that it sealed, and works out psnr. One lock makes one
 * picture: BAD_ARGUMENT if it was used. Errors also: MODEL (the method's model is missing), TOO_SMALL (region; says how many bytes are
 * needed and there), NO_MEMORY, GPU_*, CANCELLED. Returns: (transfer full) an opaque RGB8 perceptual raster. */
CncRaster *cnc_encrypt (const CncPicture *picture, CncLock *lock, const CncEncryptParams *params, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A guess of the carrier's size before the work, from packing a sample of the rows; for dialogs. */
gboolean cnc_encrypt_estimate (const CncPicture *picture, gboolean raw, guint64 *carrier_bytes, GError **error);

/* For a method that is not lossless: what a part of a picture takes, in bytes without header and seal, and the PSNR in dB that it comes
 * back with.  Errors: those of cnc_encrypt. */
gboolean cnc_encrypt_sample (const CncMethod *method, const CncPicture *sample, CncBackend *backend, guint64 *bytes, double *psnr,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  CncBackend *backend; /* required */
  CncTask *task;       /* (nullable) */
} CncDecryptParams;

/* carrier: the whole opaque RGB8 raster; header: read from it and checked; file_key: from cnc_unlock.  Everything is verified (tag of
 * every chunk, fill, IV) before anything is returned.  Errors: DAMAGED, MODEL (naming the model that is missing), NO_MEMORY, GPU_*,
 * CANCELLED.  Returns: (transfer full) */
CncPicture *cnc_decrypt (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, const CncDecryptParams *params,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Brings pixels that another program re-saved back to opaque RGB8: an added opaque alpha channel is dropped, 16-bit and 32-bit integer
 * samples that are all an 8-bit value repeated become 8-bit.  Sample values count, not the curve.  NULL with NOT_ENCRYPTED, saying
 * why, if the pixels cannot be those of an encrypted picture (grey, palette, transparency, floating point, true 16 bit).
 * raster: (transfer full), consumed also on an error; it is returned itself where nothing is to be done. */
CncRaster *cnc_carrier_normalise (CncRaster *raster, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
