/* core/seal/primitives.c: XChaCha20-Poly1305, X25519 and the checksum, with sizes checked. */
#include "seal/primitives.h"

#include <sodium.h>

G_STATIC_ASSERT (CNC_AEAD_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
G_STATIC_ASSERT (CNC_AEAD_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES);
G_STATIC_ASSERT (CNC_X25519_BYTES == crypto_scalarmult_BYTES && CNC_X25519_BYTES == crypto_scalarmult_SCALARBYTES);

gboolean
cnc_aead_seal (const guint8 key[32], const guint8 *nonce, gsize nonce_size, const guint8 *aad, gsize aad_size, const guint8 *plain,
               gsize size, guint8 *out)
{
  if (nonce_size != CNC_AEAD_NONCE_BYTES)
    return FALSE;
  return crypto_aead_xchacha20poly1305_ietf_encrypt (out, NULL, plain, size, aad, aad_size, NULL, nonce, key) == 0;
}

gboolean
cnc_aead_open (const guint8 key[32], const guint8 *nonce, gsize nonce_size, const guint8 *aad, gsize aad_size, const guint8 *sealed,
               gsize size, guint8 *out)
{
  if (size < CNC_AEAD_TAG_BYTES)
    return FALSE;
  if (nonce_size == CNC_AEAD_NONCE_BYTES
      && crypto_aead_xchacha20poly1305_ietf_decrypt (out, NULL, NULL, sealed, size, aad, aad_size, nonce, key) == 0)
    return TRUE;
  sodium_memzero (out, size - CNC_AEAD_TAG_BYTES);
  return FALSE;
}

gboolean
cnc_x25519 (const guint8 *secret, gsize secret_size, const guint8 *public_key, gsize public_size, guint8 shared[CNC_X25519_BYTES])
{
  /* libsodium refuses the points of low order that it knows; the result is looked at as well, so that nothing rests on that list. */
  if (secret_size == CNC_X25519_BYTES && public_size == CNC_X25519_BYTES && crypto_scalarmult (shared, secret, public_key) == 0
      && !sodium_is_zero (shared, CNC_X25519_BYTES))
    return TRUE;
  sodium_memzero (shared, CNC_X25519_BYTES);
  return FALSE;
}

void
cnc_checksum (const guint8 *data, gsize size, guint8 out[16])
{
  crypto_generichash (out, 16, data, size, NULL, 0);
}
