/* core/stego/carried.h: a secret as bits on places of a network, of which some are lost and many are doubtful (format.md, mode robust).
 *
 * It is compressed into what the places hold, sealed, and coded: constraint length 15 and five of the six coded bits a bit of the stream
 * (convolve.h), so that it comes back whole where noise leaves a third of what places could say.  Then nothing of it is lost; with more noise
 * nothing comes back.  Thread-safety: safe.
 */
#pragma once

#include "stego/stego.h"

G_BEGIN_DECLS

#define CNC_CARRIED_RATE 5u       /* places a bit */
#define CNC_CARRIED_SEGMENT 512u  /* bytes that are coded on their own, at most */
#define CNC_CARRIED_LEAST 256u    /* bytes of a stream that is worth it */

/* Bytes of the sealed stream that so many places carry. */
gsize cnc_carried_room (gsize places);

/* sent: (out) places of them, 1/4 for a bit that is 0, -1/4 for 1.  record: finished.  told: (inout) all but psnr of what comes back and features
 * is filled in.  Errors: TOO_SMALL, NO_MEMORY, CANCELLED. */
gboolean cnc_carried_write (const CncRaster *secret, const CncSecret *key, const CncStegoRecord *record, float *sent, gsize places,
                            CncHiddenSecret *told, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* soft: what was expected of each place, -1 (certainly 1) to 1 (certainly 0), 0 if nothing is known; changed.  Errors: DAMAGED (too much is lost),
 * NO_MEMORY, CANCELLED.  Returns: (transfer full) the secret at its own size */
CncRaster *cnc_carried_read (float *soft, gsize places, const CncStegoInfo *info, const CncSecret *key, const CncStegoRecord *record, CncTask *task,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
