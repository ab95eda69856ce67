/* core/tools/open.h: the parts of cnncrypt-open: picture files in, picture files out.
 *
 * Not thread-safe: GEGL and the clean-up after a signal are the process's own.
 */
#pragma once

#include "picture/picture.h"

G_BEGIN_DECLS

/* ---- open-load.c: GEGL ---- */

void open_load_init (void);
void open_load_exit (void);

/* The pixels of a picture file as they stand in it: no colour conversion.  The kind of file is told by its bytes, not by its name.
 * Errors: IO (cannot be read, or no picture), NOT_ENCRYPTED (a pixel format that an encrypted picture never has), NO_MEMORY.
 * Returns: (transfer full) */
CncRaster *open_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The colour profile of linear light with sRGB's primaries, for TIFF files of pictures without a profile of their own. */
GBytes *open_linear_profile (void);

/* ---- open-png.c, open-tiff.c: the same two functions for each kind of file ---- */

/* What goes into a file. */
typedef struct
{
  const CncRaster *raster; /* indexed pictures were expanded to RGB before */
  GBytes *profile;         /* (nullable) */
  double x_resolution;     /* pixels an inch; 0: unknown */
  double y_resolution;
  const char *comment; /* (nullable) UTF-8 */
} OpenFile;

/* 8 or 16 bits of perceptual grey or RGB. */
gboolean open_png_can_hold (const CncFormat *format);

/* Writes to the file that is open for writing as fd, which stays open.  *profile_refused: the picture is not written because PNG does not
 * take its profile (then there is no error set and FALSE is returned).  Errors: IO, NO_MEMORY. */
gboolean open_png_write (int fd, const OpenFile *file, gboolean *profile_refused, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Reads the file and compares size, format, every sample, and the profile.  Errors: IO. */
gboolean open_png_compare (const char *path, const OpenFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Every format. */
gboolean open_tiff_write (int fd, const char *path, const OpenFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean open_tiff_compare (const char *path, const OpenFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- open-metadata.c ---- */

/* Puts EXIF, XMP and IPTC (CncPicture's metadata) into a finished PNG or TIFF file.  *lost: how many of the entries the file could not
 * take. On an error (IO) the file may be broken. */
gboolean open_metadata_write (const char *path, const char *text, guint *lost, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- open-save.c ---- */

/* From now on, SIGINT, SIGTERM and SIGHUP remove an unfinished file before they end the process. */
void open_save_init (void);

/* Writes DIR/STEM.png, or DIR/STEM.tif where PNG cannot hold the picture exactly; reads it back from disk and compares before it gets that
 * name.  Never replaces a file.  *made: (transfer full) the path.  *note: (transfer full) (nullable) a sentence on what the
 * file does not hold.  Errors: IO, NO_MEMORY; then nothing is left. */
gboolean open_save (const CncPicture *picture, const char *folder, const char *stem, char **made, char **note,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
