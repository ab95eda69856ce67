/* core/seal/recipients.h: file keys wrapped for the holders of X25519 keys (libsodium's crypto_box_seal), and opened by one of them.
 *
 * What is wrapped is anonymous: it does not say for whom it is, and each is tried.  So a key that is given twice is wrapped once, and the order is left
 * to chance.  Thread-safety: safe.
 */
#pragma once

#include "picture/header.h"
#include "seal/secret.h"

G_BEGIN_DECLS

#define CNC_PUBLIC_KEY_BYTES 32u
#define CNC_RECIPIENTS_MAX CNC_HEADER_MAX_STANZAS

/* What a person holds that opens pictures: one of the two, the other NULL; nothing is owned. */
typedef struct
{
  const CncSecret *passphrase;
  const CncSecret *identity; /* an X25519 secret key, of CNC_KEY_BYTES */
  const char *file;          /* (nullable): where the identity came from: the decoder of a pair holds more than that */
} CncOpener;

/* The public key of a secret one. */
void cnc_public_key (const CncSecret *secret, guint8 out[CNC_PUBLIC_KEY_BYTES]);

/* keys: 1 to CNC_RECIPIENTS_MAX of them when those given twice are left out; bodies: as many as there are keys then, in an order left to chance.
 * Returns how many; 0 with BAD_ARGUMENT: none, too many, or a point of low order, for which nothing can be kept secret (says which one). */
guint cnc_recipients_seal (const guint8 (*keys)[CNC_PUBLIC_KEY_BYTES], guint n, const CncSecret *file_key,
                           guint8 (*bodies)[CNC_STANZA_RECIPIENT_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Tries them all.  Errors: BAD_FORMAT (one of them has a point of low order for its sender's key), WRONG_KEY (none is for this identity), NO_MEMORY.
 * Returns: (transfer full) the file key */
CncSecret *cnc_recipients_open (const guint8 (*bodies)[CNC_STANZA_RECIPIENT_BYTES], guint n, const CncSecret *identity,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
