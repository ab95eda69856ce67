/* core/methods/payload.h: what lies inside the seal: prologue, inner header, layered payload (format.md).  Used by crypt.c alone.
 *
 *   random[32] IV[32] info length u32, info, layered payload
 */
#pragma once

#include "base/task.h"
#include "nn/backend.h"
#include "picture/header.h"
#include "picture/picture.h"
#include "seal/secret.h"

G_BEGIN_DECLS

#define CNC_PROLOGUE_BYTES 68u

/* A payload in the clear, or on its way. */
typedef struct
{
  guint8 prologue[CNC_PROLOGUE_BYTES];
  GByteArray *info; /* of cnc_picture_write_info */
  guint8 *data;     /* packed raster (of the method), then zeros: enciphered by the layers in place */
  gsize length;     /* padded */
  gsize packed;     /* bytes of the packed raster in it */
  gboolean raw;     /* stored, not compressed */
} CncPayload;

/* Everything is wiped. */
void cnc_payload_clear (CncPayload *payload);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CncPayload, cnc_payload_clear)

/* Takes packed (transfer full, also on an error), what a method made of the pixels, pads it and draws the IV: payload->data is in the
 * clear, not layered yet. picture: its raster tells size and format of what comes back; its data is not looked at. */
gboolean cnc_payload_start (CncPayload *payload, const CncPicture *picture, GByteArray *packed, gboolean raw, const CncSecret *file_key,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Applies the layers of the method in place. */
gboolean cnc_payload_encipher (CncPayload *payload, const CncSecret *file_key, CncBackend *backend, CncTask *task,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes of the stream's plaintext. */
guint64 cnc_payload_plain_length (const CncPayload *payload);

/* Opens the stream of a carrier (its bytes from the header's end on), checks the fill, undoes the layers, checks the IV.
 * *picture: everything but the raster, whose geometry comes in *width, *height, *format.
 * Errors: DAMAGED, NO_MEMORY, GPU_LOST (the IV does not match what came out of the device), CANCELLED. */
gboolean cnc_payload_open (CncPayload *payload, const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key,
                           CncBackend *backend, CncPicture **picture, guint32 *width, guint32 *height, CncFormat *format, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The fill: size bytes of it, XORed into out (which is zero when the carrier is written). */
void cnc_payload_fill (const CncSecret *file_key, guint8 *out, gsize size);

G_END_DECLS
