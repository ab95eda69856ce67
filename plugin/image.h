/* plugin/image.h: GIMP images and layers <-> CncPicture.
 *
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include <libgimp/gimp.h>

#include "base/task.h"
#include "picture/picture.h"

G_BEGIN_DECLS

/* The visible projection: the layer itself where one plain layer is all that is to be seen, else what GIMP renders.
 * Errors: BAD_ARGUMENT, NO_MEMORY. */
CncPicture *image_read_visible (gint32 image, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CncPicture *image_read_layer (gint32 image, gint32 layer, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A rectangle of a layer that becomes a picture of its own: with what image_read_layer takes along. */
CncPicture *image_read_part (gint32 image, gint32 layer, guint x, guint y, guint width, guint height, CncTask *task,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A rectangle of a layer of R'G'B' u8 pixels; an alpha channel that is opaque there is left out. */
CncPicture *image_read_region (gint32 layer, guint x, guint y, guint width, guint height, CncTask *task,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From here to its end the task's progress is held: nobody knows the image but this process, until the caller has made a display for it.
 *
 * A new image without display that holds exactly the picture; -1 on an error.  note: (out) (nullable) (transfer full): a sentence about
 * what could not be restored beside the pixels. */
gint32 image_new_from_picture (const CncPicture *picture, CncTask *task, char **note, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A new image without display, metadata, profile and parasites, that holds these pixels in one layer of that name; -1 on an error. */
gint32 image_new_from_raster (const CncRaster *raster, const char *name, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The drawable to read for the visible projection; *temporary: it goes with image_drop_visible, and until then the task's progress is held.  -1 if GIMP
 * makes none. */
gint32 image_visible_drawable (gint32 image, gboolean *temporary, CncTask *task) G_GNUC_WARN_UNUSED_RESULT;
void image_drop_visible (gint32 drawable, CncTask *task);

/* Any file that GIMP opens, as an image without display; it goes with image_drop, and until then the task's progress is held.  -1 on an error: IO,
 * CANCELLED. */
gint32 image_load (const char *path, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void image_drop (gint32 image, CncTask *task);

G_END_DECLS
