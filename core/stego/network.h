/* core/stego/network.h: the modes "cnn" and "robust": secrets hidden by networks in blocks of the cover (format.md).
 *
 * A model file holds one network with these values: secret -> features (prepared, a number a channel and block), cover and message -> stego
 * (what the blocks of the cover say is moved to message), cover -> spectrum (what they say), plain -> revealed (restored from features).
 * The network of the mode "robust" prepares and restores nothing, but was trained to be read behind JPEG, noise and blur: its message are the bits
 * of a compressed secret (carried.h), and from plain comes soft, how sure each of them is.
 * In between, here, features and a slot's keystream are added modulo 1: whoever has not the key sees numbers that are spread evenly whatever
 * the secret is.
 * Thread-safety: a network is read-only and may be shared.
 */
#pragma once

#include "nn/net.h"
#include "stego/stego.h"

G_BEGIN_DECLS

#define CNC_NETWORK_BLOCK 8u  /* sides of a block */
#define CNC_NETWORK_LEAST 32u /* sides of a cover, so that the record of any size fits */
#define CNC_NETWORK_SCALE 16u /* a secret's sides are at most so many times those of what the blocks fill */

typedef struct
{
  CncNet *net; /* folded; its file's hash is the record's */
  gboolean bits; /* it carries bits, not features */
  guint secret, features, message, stego, spectrum, plain, revealed, soft; /* values of the graph, those that it has */
  guint exact;    /* stego before it is rounded to 8 bits */
  guint carrier;  /* the picture that spectrum and stego are made of: the cover, behind what training limits it to */
  guint channels; /* of a slot */
  const float *rows; /* of the transform behind spectrum: orthonormal, of 3 x 8 x 8 numbers each */
  guint slots;    /* as many secrets at most */
  double step;    /* of 0..255: a coefficient of a block that is moved by it says the same */
} CncNetwork;

/* Errors: MODEL, naming the file and what is wrong; IO, NO_MEMORY. */
CncNetwork *cnc_network_read (const CncStegoMode *mode, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* sha256: (nullable): of the file; else the mode's own.  Errors: also those of models.h. */
CncNetwork *cnc_network_find (const CncStegoMode *mode, const guint8 *sha256, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_network_free (CncNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncNetwork, cnc_network_free)

/* How far from black and white the cover is kept, in 0..255, so that count secrets are not cut off there.  Bits bear more of that. */
guint cnc_network_margin (const CncNetwork *network, guint count);

typedef struct
{
  const CncNetwork *network;
  CncBackend *backend;
  gboolean insight; /* fill report->secrets[].features */
  guint32 max_tile; /* of cnc_tile_run; 0 but in tests */
  CncTask *task;    /* (nullable) */
} CncNetworkRun;

/* pixels: (inout) a copy of the cover, to become the result.  record: size, mode, count, KDF fields and salt are set; model, slots and checksum
 * are filled in.  keys: of the slots.  report: (inout) width, height and features of its secrets are filled in.  count of the record: at
 * most the network's slots.  Errors: TOO_SMALL, MODEL, NO_MEMORY, GPU_* (GPU_LOST also: what was written is not what can be read), CANCELLED. */
gboolean cnc_network_hide (const CncNetworkRun *run, const CncRaster *cover, CncRaster *pixels, const CncRaster *const *secrets,
                           const CncSecret *const *keys, CncStegoRecord *record, CncHideReport *report,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* info: what the key opened; slot: its number.  Errors: DAMAGED (mode robust), BAD_FORMAT (sizes and slots that nobody writes), NO_MEMORY, GPU_*, CANCELLED.
 * Returns: (transfer full) the secret at its own size */
CncRaster *cnc_network_reveal (const CncNetworkRun *run, const CncRaster *picture, const CncStegoRecord *record, const CncStegoInfo *info,
                               const CncSecret *key, guint slot, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Error: GPU_LOST: one of n values is no number.  For what a device gave. */
gboolean cnc_network_check_finite (const float *values, gsize n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the keystream ---- */

/* planes, in place: n numbers plus, or (unlock) minus, those of the slot's keystream from its beginning on, modulo 1 in [-1/2, 1/2). */
void cnc_network_lock (float *planes, gsize n, const CncSecret *key);
void cnc_network_unlock (float *planes, gsize n, const CncSecret *key);

G_END_DECLS
