/* core/picture/convert.h: any raster as one of 8 bits a sample, perceptual, grey or R'G'B' (for methods and carriers).
 *
 * Samples are brought to 0..1 (integers divided by their largest value; floating point is cut off there, what is no number is 0), linear
 * ones go through the sRGB curve (IEC 61966-2-1), alpha does not; then rounded to the nearest of 256 steps.  Palettes become colours.
 * Thread-safety: safe.
 */
#pragma once

#include "picture/raster.h"

G_BEGIN_DECLS

/* What a format becomes. */
CncFormat cnc_convert_format (const CncFormat *from);

/* colormap: (nullable), of an indexed raster; places beyond its end are black.  Errors: NO_MEMORY.  Returns: (transfer full) */
CncRaster *cnc_convert_to_8_bit (const CncRaster *raster, GBytes *colormap, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
