/* core/methods/share/compressed.h: a picture of 8 bits compressed into a given number of bytes, by WebP or by the network of "autoencoder" (used by
 * share.c alone).  Thread-safety: safe. */
#pragma once

#include "base/task.h"
#include "channel/carrier.h"
#include "nn/backend.h"
#include "picture/picture.h"

G_BEGIN_DECLS

typedef struct
{
  guint8 *data; /* (owned) */
  gsize size;
  guint8 model[CNC_CARRIER_MODEL_BYTES]; /* of the network's file; zeros: WebP */
  double psnr;                           /* of what comes back, in dB; infinity: every bit */
} CncShareCompressed;

void cnc_share_compressed_clear (CncShareCompressed *compressed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CncShareCompressed, cnc_share_compressed_clear)

/* The better of both where both fit.  eight: picture, as cnc_convert_to_8_bit makes it.  backend: (nullable), without it the network is not tried.
 * compressed: zeroed.  Errors: TOO_SMALL, GPU_*, NO_MEMORY, CANCELLED. */
gboolean cnc_share_compress (const CncPicture *picture, const CncRaster *eight, gsize room, CncBackend *backend, CncShareCompressed *compressed,
                             CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* format: of 8 bits.  Errors: DAMAGED, MODEL, GPU_*, NO_MEMORY, NO_DEVICE (a network, and backend is NULL), CANCELLED.  Returns: (transfer full) */
CncRaster *cnc_share_expand (const guint8 *data, gsize size, const guint8 model[CNC_CARRIER_MODEL_BYTES], guint32 width, guint32 height,
                             const CncFormat *format, CncBackend *backend, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* About what WebP would make of it, from parts of the picture.  room: bytes for the whole.  Errors: TOO_SMALL, NO_MEMORY. */
gboolean cnc_share_sample (const CncPicture *picture, gsize room, double *psnr, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
