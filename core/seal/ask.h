/* core/seal/ask.h: a passphrase typed at the terminal, without showing it.
 *
 * Thread-safety: one at a time; for programs, never for the plug-in.
 */
#pragma once

#include "seal/secret.h"

G_BEGIN_DECLS

/* Asks on the terminal that the program belongs to, whatever its input and output are.  prompt: what to ask for, "Passphrase of the new
 * identity".  twice: asks again, and compares.  Errors: BAD_ARGUMENT (there is no terminal; nothing typed; the two differ), CANCELLED (Ctrl+C, Ctrl+D), IO,
 * NO_MEMORY.  Returns: (transfer full) */
CncSecret *cnc_ask_passphrase (const char *prompt, gboolean twice, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
