/* core/stego/robust-record.h: the short record of mode robust: as bytes, and in coefficients that survive JPEG, noise and light blur (format.md).
 *
 * It carries what CncStegoRecord has, but for: the first CNC_ROBUST_MODEL_BYTES of the model's hash, CNC_ROBUST_COMMITMENT_BYTES of the commitment,
 * CNC_ROBUST_CHECK_BYTES of the checksum, and of what the key opens the secret's size alone.  In the struct, what is left out is zero.
 * Crops, scaling and rotation are not survived; a crop is noticed where enough is left.
 * Thread-safety: safe.
 */
#pragma once

#include "stego/record.h"

G_BEGIN_DECLS

#define CNC_ROBUST_SIZE_BYTES 5u /* width - 1 and height - 1 in 20 bits each */
#define CNC_ROBUST_MODEL_BYTES 4u
#define CNC_ROBUST_COMMITMENT_BYTES 16u
#define CNC_ROBUST_CHECK_BYTES 4u
#define CNC_ROBUST_HEAD_BYTES (1u + 3u + CNC_ROBUST_SIZE_BYTES + CNC_STEGO_SALT_BYTES + CNC_ROBUST_MODEL_BYTES) /* 29 */
#define CNC_ROBUST_BYTES (CNC_ROBUST_HEAD_BYTES + CNC_ROBUST_SIZE_BYTES + CNC_ROBUST_COMMITMENT_BYTES + CNC_ROBUST_CHECK_BYTES) /* 54 */
#define CNC_ROBUST_MIN_BLOCKS 1024u /* whole blocks of 8 x 8 pixels that a picture needs: 256 x 256 */

/* A width and a height, 1..CNC_RASTER_MAX_SIDE, as bytes and back. */
void cnc_robust_size_write (guint32 width, guint32 height, guint8 out[CNC_ROBUST_SIZE_BYTES]);
void cnc_robust_size_read (const guint8 bytes[CNC_ROBUST_SIZE_BYTES], guint32 *width, guint32 *height);

void cnc_robust_record_write (const CncStegoRecord *record, guint8 out[CNC_ROBUST_BYTES]);

/* The reverse; width, height: what the picture really measures.  Errors, in this order: DAMAGED (the check), BAD_VERSION, DAMAGED (of another
 * size: names both). */
gboolean cnc_robust_record_read (const guint8 bytes[CNC_ROBUST_BYTES], guint32 width, guint32 height, CncStegoRecord *record, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets the check, and what is not carried to zero.  Only for cnc_stego_record_finish. */
void cnc_robust_record_finish (CncStegoRecord *record);

/* Error: TOO_SMALL, saying what would do. */
gboolean cnc_robust_record_fits (guint32 width, guint32 height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Changes pixels (row-major opaque RGB8 of the record's size) so that they carry the record, which cnc_stego_record_finish has completed: two
 * coefficients of each whole block, by about 3 in mean squared error over all samples.  Errors: TOO_SMALL; BAD_ARGUMENT (of another mode, or with
 * numbers that no record has). */
gboolean cnc_robust_record_embed (const CncStegoRecord *record, guint8 *pixels, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Errors: NOT_ENCRYPTED, DAMAGED (cropped, with both sizes where they can be read; or something is there, but too many bits are wrong),
 * BAD_VERSION, NO_MEMORY. */
gboolean cnc_robust_record_extract (const guint8 *pixels, guint32 width, guint32 height, CncStegoRecord *record, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
