/* core/stego/sealed.h: a compressed secret as a sealed stream: header[24], then the chunks of seal/stream.h.  Thread-safety: safe. */
#pragma once

#include "base/task.h"
#include "stego/record.h"

G_BEGIN_DECLS

/* Bytes of the stream of so many with what stands before it; and the longest plaintext whose stream takes so many at most (0: none). */
guint64 cnc_sealed_bytes (guint64 plain);
guint64 cnc_sealed_room (guint64 sealed);

/* record: finished; the stream is bound to it.  out: cnc_sealed_bytes (size).  size >= 1.  Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_sealed_write (const guint8 *plain, gsize size, const CncSecret *key, const CncStegoRecord *record, guint8 *out, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* size: of sealed; one that cnc_sealed_bytes gives.  plain: cnc_sealed_room (size) bytes.  Errors: DAMAGED, CANCELLED. */
gboolean cnc_sealed_open (const guint8 *sealed, gsize size, const CncSecret *key, const CncStegoRecord *record, guint8 *plain, CncTask *task,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
