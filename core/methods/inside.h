/* core/methods/inside.h: what the sealed methods make of pixels, inside the same seal and layers.  Used by crypt.c alone. */
#pragma once

#include "methods/crypt.h"
#include "methods/payload.h"

G_BEGIN_DECLS

/* Whether the number is that of a sealed method whose pixels go through a network. */
gboolean cnc_inside_network (guint8 method);

/* The body of a picture.  geometry: (out) size and format of what comes back; its data is NULL where that is not picture's raster.  Returns: (transfer full) */
GByteArray *cnc_inside_pack (guint8 method, const CncPicture *picture, const CncEncryptParams *params, CncRaster *geometry,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Compares a body in the clear with the picture; fills *params->psnr of a method that is not lossless (NAN: there is no decoder here to tell it, which *params->notes says). */
gboolean cnc_inside_verify (guint8 method, const guint8 *body, gsize size, gboolean raw, const CncPicture *picture, const CncEncryptParams *params,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean cnc_inside_unpack (guint8 method, const CncPayload *payload, CncRaster *raster, const CncDecryptParams *params,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
