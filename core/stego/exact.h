/* core/stego/exact.h: the mode "exact": compressed, sealed, in the low bits of samples in a keyed order (format.md). */
#pragma once

#include "stego/stego.h"

G_BEGIN_DECLS

/* pixels: (inout) the cover, to become the result.  record: size, count, KDF fields and salt are set; bits, slots and checksum are filled in.
 * keys: of the slots.  report: all but psnr is filled in.  Errors: TOO_SMALL, BAD_ARGUMENT (a cover of 2^32 samples), NO_MEMORY, CANCELLED. */
gboolean cnc_exact_hide (CncRaster *pixels, const CncRaster *const *secrets, const CncSecret *const *keys, guint bits, CncStegoRecord *record,
                         CncHideReport *report, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* info: what the key opened.  Errors: DAMAGED, NO_MEMORY, CANCELLED. */
CncRaster *cnc_exact_reveal (const CncRaster *picture, const CncStegoRecord *record, const CncStegoInfo *info, const CncSecret *key, CncTask *task,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Samples that can carry a secret; 0 if the picture is too small for the record. */
guint64 cnc_exact_samples (guint32 width, guint32 height);

/* (transfer full): n places of the order that the seed gives, from its first on; n <= cnc_exact_samples < 2^32.  The rest of the array holds the
 * other places.  Errors: NO_MEMORY, CANCELLED. */
guint32 *cnc_exact_order (guint32 width, guint32 height, const guint8 seed[CNC_STEGO_POSITION_BYTES], guint64 n, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
