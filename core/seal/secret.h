/* core/seal/secret.h: passphrases and keys in memory that is locked, guarded and wiped.
 *
 * Thread-safety: cnc_seal_init is safe; a secret is used by one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_KEY_BYTES 32u
#define CNC_PASSPHRASE_MAX_BYTES 4096u

/* A passphrase, normalised to NFC, or a 32-byte key.  Opaque; its memory comes from sodium_malloc. */
typedef struct _CncSecret CncSecret;

/* Must be called once before anything else of core/seal; repeated calls do nothing.  Also switches core dumps off for
 * this process.  Error: NO_DEVICE never; BAD_ARGUMENT if libsodium cannot start. */
gboolean cnc_seal_init (GError **error);

/* text: UTF-8, length bytes; it is not wiped.  Errors: BAD_ARGUMENT (empty, not UTF-8, longer than
 * CNC_PASSPHRASE_MAX_BYTES), NO_MEMORY. */
CncSecret *cnc_secret_new_passphrase (const char *text, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spec: "file:PATH" (PATH in the file system's encoding), "fd:N" or "env:NAME".  The first line without its line end
 * (LF or CR LF) is the passphrase; the rest is ignored.  Errors: BAD_ARGUMENT (unknown form, empty passphrase, unset
 * variable), IO (names the path). */
CncSecret *cnc_secret_new_from_spec (const char *spec, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* 32 bytes copied, or random ones if bytes is NULL. */
CncSecret *cnc_secret_new_key (const guint8 bytes[CNC_KEY_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cnc_secret_free (CncSecret *secret);
const guint8 *cnc_secret_bytes (const CncSecret *secret);
gsize cnc_secret_size (const CncSecret *secret);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncSecret, cnc_secret_free)

/* Sets size bytes to zero in a way the compiler keeps. */
void cnc_wipe (gpointer memory, gsize size);

/* A rough strength of a passphrase for a hint in dialogs: bits of guessing work, from its length, its kinds of
 * characters and its repetitions; no promise. */
double cnc_passphrase_bits (const char *utf8);

G_END_DECLS
