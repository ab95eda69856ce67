/* plugin/stages.h: a picture on its way through "Chaos + CNN", a layer of an image for each stage. */
#pragma once

#include "encrypt.h"

G_BEGIN_DECLS

#define STAGES_SIDE 1024u /* of a larger picture, the middle: what a layer does shows there as well, and memory stays small */

/* What is encrypted, as opaque RGB8; of a large picture the middle.  Read before anything is encrypted in place.  Errors: those of encrypt_possible,
 * NO_MEMORY.  Returns: (transfer full) */
CncRaster *stages_read (gint32 image, gint32 drawable, EncryptTarget target, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A new image without display and without a file; names and figures stand in the names of its layers, the plain picture is the lowest.  Its keys are
 * drawn for it alone.  -1 on an error: those of cnc_stages_make. */
gint32 stages_new_image (const CncRaster *plain, HostJob *job, GError **error);

G_END_DECLS
