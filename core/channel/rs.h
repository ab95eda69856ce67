/* core/channel/rs.h: Reed-Solomon codes by libfec, which is opened at run time (format.md, "The codes").
 *
 * Symbols of 8 bits over GF(2^8) with x^8 + x^4 + x^3 + x^2 + 1, or of 11 bits over GF(2^11) with x^11 + x^2 + 1; the generator's roots are the powers
 * 1, 2, 3, ... of x; a code word shorter than 2^bits - 1 is one whose first symbols are 0 and left out.  Thread-safety: a code is read-only.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CncRs CncRs;

/* length: symbols of a code word with its parity, parity < length < 2^bits.  Errors: NO_DEVICE (libfec is not there), NO_MEMORY.  Returns: (transfer
 * full) */
CncRs *cnc_rs_new (guint bits, guint length, guint parity, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_rs_free (CncRs *rs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncRs, cnc_rs_free)

/* word: length symbols, each below 2^bits; the last parity of them are written. */
void cnc_rs_encode (const CncRs *rs, guint *word);

/* Repairs word in place where 2 * errors + n_erased <= parity.  erased: (nullable), places of word whose symbols are not to be trusted, n_erased <=
 * parity.  Returns n_erased + the errors elsewhere; -1 if word is beyond repair, and it is then as it was. */
gint cnc_rs_decode (const CncRs *rs, guint *word, const guint *erased, guint n_erased);

G_END_DECLS
