/* core/seal/stream.h: the sealed stream, crypto_secretstream_xchacha20poly1305 in chunks of 64 KiB.
 *
 * The plaintext is pushed in parts of any size.  Chunks are cut every 65,536 bytes; the last one (1..65,536 bytes; the
 * plaintext is never empty) carries TAG_FINAL.  The additional data of every chunk is the header's tag.
 * Thread-safety: one stream, one thread.
 */
#pragma once

#include "base/task.h"
#include "picture/header.h"
#include "seal/secret.h"

G_BEGIN_DECLS

#define CNC_STREAM_CHUNK_BYTES 65536u
#define CNC_STREAM_OVERHEAD_BYTES 17u

/* Bytes of the sealed stream for a plaintext of that length (>= 1); 0 if that overflows. */
guint64 cnc_stream_length (guint64 plain);
/* The reverse; 0 if no plaintext gives that length. */
guint64 cnc_stream_plain_length (guint64 sealed);

typedef struct _CncSealer CncSealer;

/* stream_header: written before anything is pushed.  Then header fields can be completed and the tag made: it is handed in with
 * the first push. */
CncSealer *cnc_sealer_new (const CncSecret *file_key, guint8 stream_header[CNC_HEADER_STREAM_HEADER_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_sealer_start (CncSealer *sealer, const guint8 tag[CNC_HEADER_TAG_BYTES], guint8 *out, gsize out_size);
/* Errors: TOO_SMALL if out is full; CANCELLED. */
gboolean cnc_sealer_push (CncSealer *sealer, const guint8 *plain, gsize size, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Writes the final chunk; *written = bytes of out used in all. */
gboolean cnc_sealer_finish (CncSealer *sealer, gsize *written, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_sealer_free (CncSealer *sealer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncSealer, cnc_sealer_free)

/* Opens a whole stream into plain (cnc_stream_plain_length (size) bytes).  On any error plain is wiped: nothing is released before
 * the final tag.  Errors: DAMAGED, CANCELLED. */
gboolean cnc_stream_open (const CncSecret *file_key, const guint8 stream_header[CNC_HEADER_STREAM_HEADER_BYTES],
                          const guint8 tag[CNC_HEADER_TAG_BYTES], const guint8 *sealed, gsize size, guint8 *plain,
                          CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
