/* core/seal/keyfile.h: key files: public keys that are sent to others, and identities that are kept.
 *
 * Text: one key a line, blank lines and lines that begin with # between them, white space around a line passed over, LF or CR LF, at most 64 KiB.
 *   cncpub1  + 48 characters: X25519 public key[32] || check[4]
 *   cncsec1  + 48 characters: X25519 secret key[32] || check[4]; an identity that is not locked
 *   cnclock1 + 176 characters: a passphrase stanza's body[128] (picture/format.md) with the secret key in the file key's place || check[4]
 * in base64url (RFC 4648) without padding; check: the first bytes of BLAKE2b, output of 16 bytes, no key, of all that stands before it in the line, the
 * name (cncpub1) as its 7 or 8 characters and the rest as bytes.  A file holds public keys, 1 to 32, or one identity.
 * Thread-safety: safe on different objects; functions that take a passphrase run Argon2id.
 */
#pragma once

#include "seal/keys.h"
#include "seal/recipients.h"

G_BEGIN_DECLS

#define CNC_KEY_FILE_MAX_BYTES 65536u

/* ---- public keys ---- */

/* "cncpub1…", 55 characters.  Returns: (transfer full) */
char *cnc_recipient_text (const guint8 key[CNC_PUBLIC_KEY_BYTES]);

/* What two people compare, by telephone: the first 10 bytes of BLAKE2b-256 of the key as hexadecimal digits in groups of four.  Returns: (transfer full) */
char *cnc_recipient_fingerprint (const guint8 key[CNC_PUBLIC_KEY_BYTES]);

/* text: a line, as above.  Errors: BAD_ARGUMENT (it is an identity), BAD_FORMAT (it is no key; its check fails: it was changed or mistyped),
 * BAD_VERSION. */
gboolean cnc_recipient_parse (const char *text, guint8 key[CNC_PUBLIC_KEY_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* keys: elements of CNC_PUBLIC_KEY_BYTES; those of the file are added.  Errors: those of cnc_recipient_parse, which then name file and line; IO;
 * BAD_FORMAT also for a file with no key, with more than CNC_RECIPIENTS_MAX, or that is too large. */
gboolean cnc_recipients_read (const char *path, GArray *keys, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- identities ---- */

typedef struct _CncIdentity CncIdentity;

/* text: a line, as above.  Errors: BAD_ARGUMENT (it is a public key), BAD_FORMAT, BAD_VERSION, NO_MEMORY.  Returns: (transfer full) */
CncIdentity *cnc_identity_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from a file; errors name file and line.  IO; BAD_FORMAT also for more than one identity. */
CncIdentity *cnc_identity_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_identity_free (CncIdentity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncIdentity, cnc_identity_free)

gboolean cnc_identity_is_locked (const CncIdentity *identity);

/* The secret key.  passphrase: (nullable), not looked at where the identity is not locked.  Errors: BAD_ARGUMENT (it is locked, and there is no
 * passphrase), WRONG_KEY, KDF_REFUSED, DAMAGED, NO_MEMORY.  Returns: (transfer full) */
CncSecret *cnc_identity_open (const CncIdentity *identity, const CncSecret *passphrase, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line of a secret key; locked, or as it is where passphrase is NULL: then wipe it after use.  params: (nullable).  Errors: KDF_REFUSED, NO_MEMORY.
 * Returns: (transfer full) */
char *cnc_identity_text (const CncSecret *secret, const CncSecret *passphrase, const CncKdfParams *params,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes a pair of keys and writes NAME.pub and NAME.identity (mode 0600).  Neither is written where one of them is there.  passphrase, params:
 * as above.  public_key: (out).  Errors: IO, and those of cnc_identity_text. */
gboolean cnc_keys_make (const char *name, const CncSecret *passphrase, const CncKdfParams *params, guint8 public_key[CNC_PUBLIC_KEY_BYTES],
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
