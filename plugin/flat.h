/* plugin/flat.h: what an image, a layer or a file looks like, as opaque 8-bit RGB: covers and secrets of Hide.
 *
 * Other precisions, grey, palettes and colour profiles are converted by GIMP, in a copy; what is transparent stands on white.
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include <libgimp/gimp.h>

#include "base/task.h"
#include "picture/raster.h"

G_BEGIN_DECLS

/* The visible projection.  what: "The cover", the subject of what is said in notes: (nullable), a sentence appended for each thing that is
 * not as it was.  Errors: BAD_ARGUMENT, NO_MEMORY. */
CncRaster *flat_read_image (gint32 image, const char *what, GString *notes, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One layer (or group) alone, its mask applied, as if it were opaque and of normal mode. */
CncRaster *flat_read_layer (gint32 layer, const char *what, GString *notes, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Any file that GIMP opens.  Error also: IO. */
CncRaster *flat_read_file (const char *path, const char *what, GString *notes, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
