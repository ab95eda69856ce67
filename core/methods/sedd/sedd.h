/* core/methods/sedd/sedd.h: the method "sedd": a vector of whole numbers from a shallow public encoder, made into a picture by a deep decoder that only its
 * holder has (picture/format.md, "Method 3").
 *
 * Lossy: what comes back has 8 bits a sample and looks like the picture.  The vector comes back exactly on every machine, the pixels that a decoder computes from it
 * may differ by one step between devices.  Alpha is kept exactly (of 8 bits).  Encrypting needs the encoder file alone.
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "methods/sedd/pair.h"
#include "methods/sedd/vector.h"
#include "picture/picture.h"

G_BEGIN_DECLS

/* The body of a sealed picture.  picture: with its colormap where it is indexed.  geometry: (out) size and format of what will come back; its data is NULL.  The
 * vector is decoded again and compared before anything is returned.  Errors: TOO_SMALL (a side below CNC_SEDD_MIN_SIDE), GPU_LOST, NO_MEMORY, CANCELLED.
 * Returns: (transfer full) */
GByteArray *cnc_sedd_pack (const CncSeddEncoder *encoder, const CncPicture *picture, CncRaster *geometry, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills raster->data.  decoder: (nullable), the path of a file that is looked at first.  Errors: MODEL (the decoder is not here, or does not fit), DAMAGED,
 * GPU_*, NO_MEMORY, CANCELLED. */
gboolean cnc_sedd_unpack (const guint8 *body, gsize size, const char *decoder, CncRaster *raster, CncBackend *backend, CncTask *task,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Checks that the body holds the picture's vector, without the decoder.  Errors: GPU_LOST (it does not), NO_MEMORY, CANCELLED. */
gboolean cnc_sedd_verify (const CncSeddEncoder *encoder, const guint8 *body, gsize size, const CncPicture *picture, CncTask *task,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decodes the body and compares its colours with those of the picture: PSNR in dB, at most 99.  Errors: those of cnc_sedd_unpack. */
gboolean cnc_sedd_quality (const guint8 *body, gsize size, const char *decoder, const CncPicture *picture, CncBackend *backend, double *psnr,
                           CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The pictures of a vector: raster: 8 bits, perceptual, of the size that the vector was made for.  values: channels * down * across. */
gboolean cnc_sedd_decode (const CncSeddDecoder *decoder, CncBackend *backend, const CncWeights *weights, const gint16 *values, guint step,
                          CncRaster *raster, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes of the vector, its step included, in a body; 0: it is none. */
gsize cnc_sedd_vector_bytes (const guint8 *body, gsize size);

G_END_DECLS
