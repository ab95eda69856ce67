/* core/methods/holder.h: whom a picture is for and who opens it, from the files that people name: key files (seal/keyfile.h), and model files that carry
 * a key in their metadata: "recipient", the line of a public key, or "identity", that of an identity.
 *
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "seal/keyfile.h"

G_BEGIN_DECLS

/* Adds the public keys of a file to keys, whose elements are CNC_PUBLIC_KEY_BYTES.  Errors: those of cnc_recipients_read; of a model file MODEL and IO, and
 * BAD_ARGUMENT if it carries no public key.  */
gboolean cnc_holder_recipients (const char *path, GArray *keys, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The identity of a file.  Errors: those of cnc_identity_read; of a model file MODEL and IO, and BAD_ARGUMENT if it carries none.
 * Returns: (transfer full) */
CncIdentity *cnc_holder_identity (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
