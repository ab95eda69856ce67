/* core/channel/band.h: the keys for recipients in a carrier: rows of black and white pixels between the strip at the top and the body (format.md, "The
 * recipient band").
 *
 * Each key is a code word of its own, a third of whose symbols may be wrong; all are spread over the band.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"
#include "picture/header.h"

G_BEGIN_DECLS

/* Rows of pixels for so many keys; 0 for none. */
guint32 cnc_key_band_rows (guint32 width, guint recipients);

/* pixels: (out) width * cnc_key_band_rows of them.  Errors: NO_DEVICE (libfec), NO_MEMORY. */
gboolean cnc_key_band_write (const guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES], guint recipients, guint8 *pixels, guint32 width,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The reverse.  keys: (out).  Errors: DAMAGED (says how many keys are beyond repair), NO_DEVICE, NO_MEMORY, CANCELLED. */
gboolean cnc_key_band_read (const guint8 *pixels, guint32 width, guint recipients, guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES], CncTask *task,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
