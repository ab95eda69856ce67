/* core/picture/pixels.h: 8-bit rasters: check, compare, resample, compress. */
#pragma once

#include "base/task.h"
#include "picture/raster.h"

G_BEGIN_DECLS

/* An opaque RGB8 raster in perceptual values; pixels not cleared.  Errors: those of cnc_raster_new. */
CncRaster *cnc_rgb_new (guint32 width, guint32 height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* what: "The cover", "Secret 1": the subject of the message.  Error: BAD_ARGUMENT if it is another kind of raster. */
gboolean cnc_rgb_check (const CncRaster *raster, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Peak 255, over the colours of all pixels, but of those that are seen at all where there is alpha; in dB, infinity if they are equal.  Both RGB, of
 * one size and format. */
double cnc_rgb_psnr (const CncRaster *a, const CncRaster *b);

/* raster: 8 bits, any channels.  By Lanczos' kernel of three lobes, widened where the picture gets smaller, in the values as they are.  Errors: NO_MEMORY, BAD_ARGUMENT,
 * CANCELLED.  Returns: (transfer full), a copy where the size is the same. */
CncRaster *cnc_rgb_scale (const CncRaster *raster, guint32 width, guint32 height, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- WebP ----
 * RGB rasters of 8 bits, with alpha or without.  Alpha is kept without loss, but where the sides are made smaller. */

typedef struct
{
  guint8 *data; /* (owned) */
  gsize size;
  gboolean lossless;
  guint quality; /* 0..100 where not lossless */
  guint32 width; /* pixels that it is kept with */
  guint32 height;
  double psnr; /* of what comes back at the picture's own size */
} CncCompressed;

void cnc_compressed_clear (CncCompressed *compressed);

/* Without loss, if that takes room bytes at most; else compressed->data stays NULL.  compressed: zeroed.  Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_compress_exact (const CncRaster *raster, gsize room, CncTask *task, CncCompressed *compressed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As good as room bytes allow: the highest quality, or fewer pixels where those come back better.  compressed: zeroed.  Errors: TOO_SMALL
 * (less than one pixel in CNC_COMPRESS_LEAST squared would be left), NO_MEMORY, CANCELLED. */
gboolean cnc_compress_to_fit (const CncRaster *raster, gsize room, CncTask *task, CncCompressed *compressed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define CNC_COMPRESS_LEAST 8u /* sides are not made smaller than by this */

/* Opens either, and brings it to its own size.  Error: DAMAGED (not WebP, or not of a size that cnc_compress_* writes for that own size),
 * NO_MEMORY, CANCELLED.  Returns: (transfer full) */
CncRaster *cnc_decompress (const guint8 *data, gsize size, guint32 width, guint32 height, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same with an alpha channel, opaque where the file has none. */
CncRaster *cnc_decompress_alpha (const guint8 *data, gsize size, guint32 width, guint32 height, CncTask *task,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
