/* core/picture/raster.h: pixels in memory, in every format that GIMP 2.10 has.
 *
 * Layout: row-major, no row padding, samples interleaved (grey | red green blue | palette index, then alpha where there
 * is one), each sample in the machine's byte order.  No colour conversion is ever done here: bytes are bytes.
 * Thread-safety: reading is safe; a raster has no lock.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The numbers below are written into encrypted pictures (format.md): never renumber. */
typedef enum
{
  CNC_MODEL_GREY = 0,
  CNC_MODEL_RGB = 1,
  CNC_MODEL_INDEXED = 2, /* always CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL; alpha allowed */
} CncModel;

typedef enum
{
  CNC_SAMPLE_U8 = 0,
  CNC_SAMPLE_U16 = 1,
  CNC_SAMPLE_U32 = 2,
  CNC_SAMPLE_HALF = 3,
  CNC_SAMPLE_FLOAT = 4,
  CNC_SAMPLE_DOUBLE = 5,
} CncSample;

typedef enum
{
  CNC_CURVE_LINEAR = 0,
  CNC_CURVE_PERCEPTUAL = 1,
} CncCurve;

typedef struct
{
  CncModel model;
  CncSample sample;
  CncCurve curve;
  gboolean alpha;
} CncFormat;

typedef struct
{
  guint32 width;  /* pixels, >= 1 */
  guint32 height; /* pixels, >= 1 */
  CncFormat format;
  guint8 *data; /* width * height * cnc_format_pixel_bytes bytes, owned */
} CncRaster;

/* TRUE if the combination exists (known numbers, indexed only as u8 perceptual). */
gboolean cnc_format_valid (const CncFormat *format);
guint cnc_format_channels (const CncFormat *format);     /* 1..4 */
guint cnc_format_sample_bytes (const CncFormat *format); /* 1, 2, 4 or 8 */
guint cnc_format_pixel_bytes (const CncFormat *format);  /* channels * sample bytes */
gboolean cnc_format_equal (const CncFormat *a, const CncFormat *b);

/* The longest side accepted, GIMP's own limit. */
#define CNC_RASTER_MAX_SIDE 524288u

/* Pixels are not cleared.  Errors: CNC_ERROR_BAD_ARGUMENT (side 0 or over the limit, format that does not exist),
 * CNC_ERROR_NO_MEMORY.  Returns: (transfer full). */
CncRaster *cnc_raster_new (guint32 width, guint32 height, const CncFormat *format, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_raster_free (CncRaster *raster);
gsize cnc_raster_row_bytes (const CncRaster *raster);
gsize cnc_raster_bytes (const CncRaster *raster);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncRaster, cnc_raster_free)

G_END_DECLS
