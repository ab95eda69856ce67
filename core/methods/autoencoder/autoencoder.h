/* core/methods/autoencoder/autoencoder.h: the method "autoencoder": a picture as the latent of a trained network, range coded (format.md,
 * "Method 2").
 *
 * Lossy: what comes back has 8 bits a sample and looks like the picture.  The whole numbers of the latent come back exactly on every
 * machine; the pixels that a decoder computes from them may differ by one step between devices.  Alpha is kept exactly (of 8 bits).
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "methods/autoencoder/model.h"
#include "picture/picture.h"

G_BEGIN_DECLS

/* The body of a sealed picture.  picture: with its colormap where it is indexed.  geometry: (out) size and format of what will come back;
 * its data is NULL. The numbers are decoded again and compared before anything is returned.  Errors: MODEL, GPU_*, NO_MEMORY, CANCELLED.
 * Returns: (transfer full) */
GByteArray *cnc_autoencoder_pack (const CncAutoencoder *model, const CncPicture *picture, CncBackend *backend, CncRaster *geometry,
                                  CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills raster->data.  The model is looked for by the hash in the body.  Errors: MODEL (it is not here), DAMAGED, GPU_*, NO_MEMORY,
 * CANCELLED. */
gboolean cnc_autoencoder_unpack (const guint8 *body, gsize size, CncRaster *raster, CncBackend *backend, CncTask *task,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decodes the body and compares its colours with those of the picture: PSNR in dB, at most 99. */
gboolean cnc_autoencoder_quality (const guint8 *body, gsize size, const CncPicture *picture, CncBackend *backend, double *psnr,
                                  CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The two halves, for the trainer too.  values: channels * height * width of the latent, exact: before they are made whole numbers.  The
 * picture is 8-bit perceptual grey or RGB; its alpha is neither read nor written. */
gboolean cnc_autoencoder_encode (const CncAutoencoder *model, CncBackend *backend, const CncWeights *weights, const CncRaster *picture,
                                 float *exact, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_autoencoder_decode (const CncAutoencoder *model, CncBackend *backend, const CncWeights *weights, const gint16 *values,
                                 CncRaster *picture, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
