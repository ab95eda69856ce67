/* core/seal/primitives.h: the few primitives below the key schedule, as thin wrappers that check what libsodium leaves to the caller.
 *
 * keys.c uses nothing else for wrapping keys, so that published test vectors run through the code that is shipped.
 * Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_AEAD_NONCE_BYTES 24u
#define CNC_AEAD_TAG_BYTES 16u
#define CNC_X25519_BYTES 32u

/* XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).  out: size + CNC_AEAD_TAG_BYTES bytes, ciphertext then tag; may be plain.
 * FALSE, with nothing written, if nonce_size is not CNC_AEAD_NONCE_BYTES. */
gboolean cnc_aead_seal (const guint8 key[32], const guint8 *nonce, gsize nonce_size, const guint8 *aad, gsize aad_size, const guint8 *plain,
                        gsize size, guint8 *out) G_GNUC_WARN_UNUSED_RESULT;

/* The reverse.  size: with the tag; out: size - CNC_AEAD_TAG_BYTES bytes, zeroed on failure.  FALSE if nonce_size is wrong, size is
 * below CNC_AEAD_TAG_BYTES, or the tag does not match. */
gboolean cnc_aead_open (const guint8 key[32], const guint8 *nonce, gsize nonce_size, const guint8 *aad, gsize aad_size,
                        const guint8 *sealed, gsize size, guint8 *out) G_GNUC_WARN_UNUSED_RESULT;

/* X25519 (RFC 7748).  FALSE, with shared zeroed, if a size is not CNC_X25519_BYTES or the result is all zero (a point of low order,
 * RFC 7748 section 6.1). */
gboolean cnc_x25519 (const guint8 *secret, gsize secret_size, const guint8 *public_key, gsize public_size,
                     guint8 shared[CNC_X25519_BYTES]) G_GNUC_WARN_UNUSED_RESULT;

/* Unkeyed BLAKE2b with 16 bytes of output: the header's checksum over the bytes before it. */
void cnc_checksum (const guint8 *data, gsize size, guint8 out[16]);

G_END_DECLS
