/* core/nn/check.h: what every backend checks before it touches a buffer; for the files that implement a backend.
 *
 * Thread-safety: safe.
 */
#pragma once

#include "nn/backend.h"

G_BEGIN_DECLS

/* The first member of every backend's own buffer. */
struct _CncBuffer
{
  gsize words;
};

/* Each: FALSE with BAD_ARGUMENT, a sentence for whoever wrote the call. */
gboolean cnc_check_bytes (const CncBuffer *buffer, gsize offset, gsize bytes, GError **error);
gboolean cnc_check_size (gsize bytes, GError **error);
gboolean cnc_check_transfer (const CncBuffer *to, gsize to_word, const CncBuffer *from, gsize from_word, gsize words, GError **error);
gboolean cnc_check_cipher (const CncCipherShape *shape, const CncBuffer *tables, gsize table_word, const CncBuffer *source,
                           const CncBuffer *target, const CncBuffer *result, GError **error);

G_END_DECLS
