/* core/methods/lossy.h: what the lossy sealed methods share: how their bodies begin and end, and pixels out of networks.
 *
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "nn/safetensors.h"
#include "picture/picture.h"

G_BEGIN_DECLS

#define CNC_LOSSY_MAX_NAME 64u

/* FALSE, with DAMAGED. */
gboolean cnc_lossy_damaged (GError **error);

/* A body begins with the hash of the model file and its name, 1 to CNC_LOSSY_MAX_NAME bytes. */
void cnc_lossy_put_model (GByteArray *body, const guint8 sha256[CNC_SHA256_BYTES], const char *name);
/* name: (out), ends in 0.  Returns: how many bytes that is; 0: it is none. */
gsize cnc_lossy_get_model (const guint8 *body, gsize size, const guint8 **sha256, char name[CNC_LOSSY_MAX_NAME + 1]);

/* Alpha, exactly.  picture: 8 bits, with alpha. */
gboolean cnc_lossy_append_alpha (GByteArray *body, const CncRaster *picture, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_lossy_restore_alpha (const guint8 *packed, gsize size, CncRaster *raster, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A CncTileWrite whose user_data is a CncRaster: a rectangle of three planes of a network's output into its colours of 8 bits, as far as it lies inside;
 * grey is the mean of the three.  TRUE. */
gboolean cnc_lossy_write (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error);

/* PSNR in dB, at most 99, of the colours of two pictures of 8 bits of one format and size; alpha does not count. */
double cnc_lossy_psnr (const CncRaster *before, const CncRaster *after);

G_END_DECLS
