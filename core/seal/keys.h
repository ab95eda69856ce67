/* core/seal/keys.h: passphrase -> file key -> subkeys; stanzas; header checksum and tag.
 *
 * Argon2id (RFC 9106), crypto_kdf (BLAKE2b), XChaCha20-Poly1305 and crypto_box_seal, all libsodium's; the derivation
 * stands in core/picture/format.md.  Thread-safety: safe; functions that run Argon2id block for its time.
 */
#pragma once

#include "picture/header.h"
#include "seal/recipients.h"
#include "seal/secret.h"

G_BEGIN_DECLS

#define CNC_KDF_OPS_MIN 1u
#define CNC_KDF_OPS_MAX 16u
#define CNC_KDF_MEMORY_KIB_MIN (64u * 1024u)
#define CNC_KDF_MEMORY_KIB_MAX (1024u * 1024u)

typedef struct
{
  guint32 ops;        /* 0: the default, 3 */
  guint32 memory_kib; /* 0: the default, 256 MiB */
} CncKdfParams;

typedef enum
{
  CNC_SUBKEY_HEADER,
  CNC_SUBKEY_STREAM,
  CNC_SUBKEY_CHAOS,
  CNC_SUBKEY_CNN,
  CNC_SUBKEY_IV,
  CNC_SUBKEY_FILL,
  /* Of hidden pictures (core/stego/format.md): the first is a child of a key-encryption key, the others of the slot's key. */
  CNC_SUBKEY_SLOT,
  CNC_SUBKEY_SLOT_COMMITMENT,
  CNC_SUBKEY_SLOT_INFO,
  CNC_SUBKEY_SLOT_FEATURES,
  /* Of grey carriers (core/channel/format.md): the first is a child of a key-encryption key, the others of the carrier's key. */
  CNC_SUBKEY_CARRIER,
  CNC_SUBKEY_CARRIER_COMMITMENT,
  CNC_SUBKEY_CARRIER_SIZE,
  CNC_SUBKEY_CARRIER_KEYSTREAM,
  CNC_SUBKEY_CARRIER_CHAOS,
  CNC_SUBKEY_CARRIER_FILL,
} CncSubkey;

/* Zeros, or NULL, replaced by the defaults. */
CncKdfParams cnc_kdf_complete (const CncKdfParams *params);

/* Passphrase and salt -> key-encryption key, by Argon2id.  params: complete.  Errors: KDF_REFUSED (outside the accepted range), NO_MEMORY.
 * Returns: (transfer full) */
CncSecret *cnc_kek_new (const CncSecret *passphrase, const guint8 salt[16], const CncKdfParams *params, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills the stanza with a fresh salt and nonce, wrapping file_key under the passphrase.  Runs Argon2id.
 * Errors: KDF_REFUSED (params outside the accepted range), NO_MEMORY. */
gboolean cnc_stanza_seal_passphrase (CncStanza *stanza, const CncSecret *passphrase, const CncKdfParams *params,
                                     const CncSecret *file_key, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Opens the file key of a header that was read and whose checksum was checked.  Runs Argon2id for a passphrase stanza, after
 * its cost was checked against the limits.  Errors: KDF_REFUSED (names the cost asked for), NO_MEMORY, WRONG_KEY (commitment
 * does not match), DAMAGED (commitment matches, the wrapped key does not open), BAD_FORMAT (passphrase stanza beside
 * another), BAD_ARGUMENT (the picture is for recipients, not for a passphrase).  Returns: (transfer full) the file key */
CncSecret *cnc_header_unlock (const CncHeader *header, const CncSecret *passphrase, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with a recipient's secret key.  Errors: those of cnc_recipients_open; BAD_FORMAT (passphrase stanza beside another), BAD_ARGUMENT (the
 * picture was encrypted with a passphrase).  Returns: (transfer full) the file key */
CncSecret *cnc_header_unlock_identity (const CncHeader *header, const CncSecret *identity, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Internal and for tests that need speed: the same below the KDF, with the key-encryption key given.  The limits of ops and
 * memory are checked all the same. */
gboolean cnc_stanza_seal_kek (CncStanza *stanza, const CncSecret *kek, const guint8 salt[16], const CncKdfParams *params,
                              const CncSecret *file_key, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CncSecret *cnc_header_unlock_kek (const CncHeader *header, const CncSecret *kek, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* out = crypto_kdf child of the file key. */
void cnc_subkey (const CncSecret *file_key, CncSubkey which, guint8 out[CNC_KEY_BYTES]);

/* header->checksum and header->tag from the other fields. */
void cnc_header_finish (CncHeader *header, const CncSecret *file_key);

/* Error: DAMAGED. */
gboolean cnc_header_check_sum (const CncHeader *header, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Constant time.  Error: DAMAGED. */
gboolean cnc_header_check_tag (const CncHeader *header, const CncSecret *file_key, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* out = BLAKE2b-256 with that key over the concatenation of n parts. */
void cnc_keyed_hash (const guint8 key[CNC_KEY_BYTES], const guint8 *const *parts, const gsize *sizes, guint n, guint8 out[32]);

/* Unkeyed BLAKE2b-256. */
void cnc_hash (const guint8 *data, gsize size, guint8 out[32]);

/* size bytes of the ChaCha20 keystream of seed (nonce zero), from byte offset on; offset must be a multiple of 64.  For key
 * schedules and fill: the same seed must never serve two purposes. */
void cnc_keystream (const guint8 seed[32], guint64 offset, guint8 *out, gsize size);

void cnc_random (gpointer out, gsize size);

/* Constant-time equality. */
gboolean cnc_equal (gconstpointer a, gconstpointer b, gsize size);

G_END_DECLS
