/* core/methods/sedd/vector.h: pictures <-> vectors <-> bytes of the method "sedd" (picture/format.md, "Method 3"), in whole numbers alone.
 *
 * A vector has `channels` numbers for each block of 8x8 pixels, channel by channel, blocks row by row.  All of them are rounded with one step; the encoder
 * takes the finest one with which the vector, range coded, keeps to its bytes.  Thread-safety: safe on different objects.
 */
#pragma once

#include "methods/sedd/pair.h"
#include "picture/raster.h"

#include "base/task.h"

G_BEGIN_DECLS

#define CNC_SEDD_MIN_SIDE 16u
#define CNC_SEDD_MIN_BYTES 256u

/* Bytes that the vector of a picture may take, its step included: a sixteenth of its pixels, 1,024 for 128x128. */
gsize cnc_sedd_budget (guint32 width, guint32 height);

/* Blocks along both sides. */
void cnc_sedd_blocks (guint32 width, guint32 height, guint32 *across, guint32 *down);

/* The numbers before they are rounded.  picture: 8 bits, perceptual, grey or R'G'B', with alpha or without; alpha is not looked at.  Errors: NO_MEMORY, CANCELLED.
 * Returns: (transfer full) channels * down * across */
gint16 *cnc_sedd_see (const SeddEncoder *code, const CncRaster *picture, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* values: may be fine itself. */
void cnc_sedd_round (const gint16 *fine, gsize count, guint step, gint16 *values);

/* The vector with the finest step that keeps to budget bytes, the byte of the step included; the coarsest if none does.  values: (out), of the size of fine; step: (out).
 * Errors: NO_MEMORY, CANCELLED.  Returns: (transfer full) the bytes of cnc_latent_encode */
GByteArray *cnc_sedd_fit (const CncLatentTables *tables, const gint16 *fine, guint32 across, guint32 down, gsize budget, gint16 *values, guint *step,
                          CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The step in units of the one that the encoder was trained for. */
float cnc_sedd_step (guint step);

G_END_DECLS
