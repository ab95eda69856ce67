/* plugin/pixels.h: GIMP's drawables <-> CncRaster.
 *
 * Samples are taken as they are: a drawable's own format in both directions, never a conversion, whatever the colour profile.
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include <libgimp/gimp.h>

#include "base/task.h"
#include "picture/raster.h"

G_BEGIN_DECLS

/* The format of a drawable's pixels.  Error: BAD_ARGUMENT if GIMP has a precision that cnncrypt does not know. */
gboolean pixels_format (gint32 drawable, CncFormat *format, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* GIMP's precision for new images of that format. */
GimpPrecision pixels_precision (const CncFormat *format);

/* TRUE if the drawable holds R'G'B' u8, with or without alpha. */
gboolean pixels_is_rgb8 (gint32 drawable);

/* The rectangle in the drawable's own format; it must lie inside.  Errors: NO_MEMORY, BAD_ARGUMENT. */
CncRaster *pixels_read (gint32 drawable, guint x, guint y, guint width, guint height, CncTask *task,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The rectangle as opaque RGB8, if it can be the pixels of an encrypted picture (see cnc_carrier_normalise; floating point
 * is brought back, too).  Errors: NOT_ENCRYPTED, NO_MEMORY. */
CncRaster *pixels_read_carrier (gint32 drawable, guint x, guint y, guint width, guint height, CncTask *task,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes a whole raster to a drawable of the same size and format that no image shows yet.  Error: BAD_ARGUMENT. */
gboolean pixels_write (gint32 drawable, const CncRaster *raster, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if the rectangle at x, y holds exactly these pixels, in the same format. */
gboolean pixels_equal (gint32 drawable, guint x, guint y, const CncRaster *raster);

/* raster: R'G'B'A u8 (transfer full).  Without its alpha channel if that is opaque everywhere; in the same memory. */
CncRaster *pixels_drop_opaque_alpha (CncRaster *raster);

/* A patch that goes back into a layer in place. */
typedef struct
{
  guint x, y;              /* in the layer */
  const CncRaster *raster; /* R'G'B' u8, with or without alpha */
} PixelsPatch;

/* Puts patches into a layer of R'G'B' u8 pixels, whatever is selected or switched off, and reads them back.  The layer gets an alpha
 * channel where a patch needs one.  Selection, active components and active layer are as before.  One step of Undo.  Shows no progress any
 * more, so that nobody cancels half-way.  On an error the layer's pixels are as before. */
gboolean pixels_patch (gint32 image, gint32 layer, const PixelsPatch *patches, guint n_patches, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
