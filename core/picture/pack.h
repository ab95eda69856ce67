/* core/picture/pack.h: lossless compression of a raster, before it is sealed.
 *
 * Bands of whole rows, about 1 MiB each, are packed independently (so on all cores): colours are decorrelated, samples predicted from
 * their neighbours (MED predictor: Weinberger, Seroussi, Sapiro, LOCO-I, 1996), channels and significance bytes separated, and the residual
 * coded by zstd.  Samples of more than 8 bits that take few values go by their ranks; bands that do not shrink are stored.  The same zstd
 * gives the same bytes on every machine; any zstd reads them.  The layout stands in format.md. Memory beside input and output: a few MiB
 * for each band in work, at most 16 bands.  Thread-safety: safe.
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
gboolean cnc_unpack (const guint8 *packed, gsize size, gboolean raw, CncRaster *raster, CncTask *task,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Unpacks band by band beside the raster and compares, without a second raster in memory.  Errors: DAMAGED (differs). */
gboolean cnc_pack_verify (const guint8 *packed, gsize size, gboolean raw, const CncRaster *raster, CncTask *task,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
