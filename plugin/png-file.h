/* plugin/png-file.h: PNG files, written without a byte that is not the picture, and PNG files compared with what
 * they should hold.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"
#include "picture/raster.h"

G_BEGIN_DECLS

/* Writes an opaque RGB8 raster: chunks IHDR, IDAT and IEND only.  noise: stored without compression, because noise does not compress.
 * The file must not exist.  Error: IO; the file is then removed again. */
gboolean png_file_write (const char *path, const CncRaster *raster, gboolean noise, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether PNG has the format: 8- or 16-bit perceptual grey or RGB, or a palette. */
gboolean png_file_can_hold (const CncFormat *format);

/* Reads the file from disk and compares every sample, and the palette if colormap is given (R G B bytes).  bare: no other chunks than
 * IHDR, IDAT and IEND either.  Errors: IO (cannot be read), DAMAGED (differs). */
gboolean png_file_compare (const char *path, const CncRaster *raster, GBytes *colormap, gboolean bare, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
