/* core/picture/picture.h: a picture as a person means it: pixels, and all that travels with them.
 *
 * Everything here is sealed by encryption and given back by decryption, bit for bit.
 */
#pragma once

#include "picture/raster.h"

G_BEGIN_DECLS

/* What the raster was taken from; numbers are written into encrypted pictures. */
typedef enum
{
  CNC_SOURCE_IMAGE = 0,  /* the visible projection of a whole image */
  CNC_SOURCE_LAYER = 1,  /* one layer as it is */
  CNC_SOURCE_REGION = 2, /* the bounding box of a selection; the result went back in place */
} CncSource;

typedef struct
{
  char *name;    /* UTF-8, as GIMP names parasites */
  guint32 flags; /* as GIMP has them */
  GBytes *data;
} CncParasite;

typedef struct
{
  CncRaster *raster; /* never NULL in a complete picture */
  CncSource source;
  double x_resolution; /* pixels an inch; 0: unknown */
  double y_resolution;
  guint32 unit;         /* GIMP's unit number; 0 pixel, 1 inch, 2 mm */
  char *name;           /* (nullable) layer name, UTF-8 */
  GBytes *profile;      /* (nullable) ICC profile */
  GBytes *colormap;     /* (nullable) R G B bytes, 1..256 entries; only and always with CNC_MODEL_INDEXED */
  char *metadata;       /* (nullable) EXIF, XMP and IPTC as GIMP serialises them, UTF-8 */
  GPtrArray *parasites; /* of CncParasite, never NULL */
} CncPicture;

CncPicture *cnc_picture_new (void);
void cnc_picture_free (CncPicture *picture);
void cnc_picture_add_parasite (CncPicture *picture, const char *name, guint32 flags, gconstpointer data, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncPicture, cnc_picture_free)

/* Everything of the picture but its pixels, as one block: geometry, format, and the fields above (format.md, "The inner
 * header").  packed_length and raw (the samples were stored and not packed, see cnc_pack) are stored along.  Byte order little-endian,
 * canonical: one picture, one block.  Errors: BAD_ARGUMENT (something is too large to travel, the message says what), NO_MEMORY.
 * Returns: (transfer full) */
GByteArray *cnc_picture_write_info (const CncPicture *picture, guint64 packed_length, gboolean raw,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The reverse: a picture whose raster is NULL, with the raster's geometry in *width, *height, *format.  Trusts nothing:
 * lengths are checked, unknown fields refused, and re-writing must give the same bytes.
 * The out parameters are undefined on failure.  Errors: BAD_FORMAT, NO_MEMORY.  Returns: (transfer full) */
CncPicture *cnc_picture_read_info (const guint8 *data, gsize size, guint32 *width, guint32 *height, CncFormat *format,
                                   guint64 *packed_length, gboolean *raw, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
