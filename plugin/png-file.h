/* plugin/png-file.h: PNG files, written without a byte that is not the picture, and PNG files compared with what
 * they should hold.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"
#include "picture/raster.h"

G_BEGIN_DECLS

/* What is to be expected of the pixels. */
typedef enum
{
  PNG_FILE_PICTURE,
  PNG_FILE_NOISE,  /* does not compress, and is stored */
  PNG_FILE_LEVELS, /* noise of few values: nothing repeats, but the values have short codes */
} PngFileKind;

/* Writes an opaque raster of 8 bits a sample, grey or RGB: chunks IHDR, IDAT and IEND only.  The file must not exist.  Error: IO; the file
 * is then removed again. */
gboolean png_file_write (const char *path, const CncRaster *raster, PngFileKind kind, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether PNG has the format: 8- or 16-bit perceptual grey or RGB, or a palette. */
gboolean png_file_can_hold (const CncFormat *format);

/* Reads the file from disk and compares every sample, and the palette if colormap is given (R G B bytes).  bare: no other chunks than
 * IHDR, IDAT and IEND either.  Errors: IO (cannot be read), DAMAGED (differs). */
gboolean png_file_compare (const char *path, const CncRaster *raster, GBytes *colormap, gboolean bare, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
