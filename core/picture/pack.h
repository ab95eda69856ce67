/* core/picture/pack.h: lossless compression of a raster, before it is sealed.
 *
 * Bands of whole rows, about 1 MiB each, are packed independently (so on all cores): colours are decorrelated, samples
 * predicted from their neighbours (MED predictor: Weinberger, Seroussi, Sapiro, LOCO-I, 1996), channels and significance
 * bytes separated, and the residual coded by zstd.  Bands that do not shrink are stored.  The result is the same bytes on every machine.
 * The layout stands in format.md.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"
#include "picture/raster.h"

G_BEGIN_DECLS

/* raw: store the samples as they are (little-endian) with no band header at all, size = cnc_raster_bytes: for the study
 * of ciphers on same-size pictures.  Errors: NO_MEMORY, CANCELLED.  Returns: (transfer full) */
GByteArray *cnc_pack (const CncRaster *raster, gboolean raw, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills raster->data.  Errors: DAMAGED (the bytes are no packed raster of that geometry; never reads or writes out of
 * bounds, whatever they are), NO_MEMORY, CANCELLED. */
gboolean cnc_unpack (const guint8 *packed, gsize size, gboolean raw, CncRaster *raster, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Unpacks band by band beside the raster and compares, without a second raster in memory.  Errors: DAMAGED (differs). */
gboolean cnc_pack_verify (const guint8 *packed, gsize size, gboolean raw, const CncRaster *raster, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
