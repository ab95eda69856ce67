/* core/tools/open-tiff.c: TIFF files by libtiff, for every format of rasters, exact. */
#include "tools/open.h"

#include <tiffio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* Above this many bytes of pixels the file could pass TIFF's 4 GiB, so BigTIFF is written. */
#define CLASSIC_LIMIT G_GUINT64_CONSTANT (4000000000)
#define LEVEL 1 /* of zlib */

static gboolean
is_float (const CncFormat *format)
{
  return format->sample >= CNC_SAMPLE_HALF;
}

static gboolean
put_tags (TIFF *tiff, const OpenFile *file)
{
  const CncRaster *raster = file->raster;
  const CncFormat *format = &raster->format;
  const guint16 straight_alpha = EXTRASAMPLE_UNASSALPHA;
  gboolean ok;

  ok = TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, raster->width) && TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, raster->height)
       && TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 8 * cnc_format_sample_bytes (format))
       && TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, cnc_format_channels (format))
       && TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT, is_float (format) ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT)
       && TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, format->model == CNC_MODEL_RGB ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK)
       && TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) && TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT)
       && TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE) && TIFFSetField (tiff, TIFFTAG_ZIPQUALITY, LEVEL)
       && TIFFSetField (tiff, TIFFTAG_PREDICTOR, is_float (format) ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
  if (ok && format->alpha)
    ok = TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, &straight_alpha);
  if (ok && file->profile != NULL && g_bytes_get_size (file->profile) > 0)
    ok = TIFFSetField (tiff, TIFFTAG_ICCPROFILE, (guint32) g_bytes_get_size (file->profile), g_bytes_get_data (file->profile, NULL));
  if (ok && file->comment != NULL)
    ok = TIFFSetField (tiff, TIFFTAG_IMAGEDESCRIPTION, file->comment);
  if (ok && file->x_resolution > 0 && file->y_resolution > 0)
    ok = TIFFSetField (tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) && TIFFSetField (tiff, TIFFTAG_XRESOLUTION, file->x_resolution)
         && TIFFSetField (tiff, TIFFTAG_YRESOLUTION, file->y_resolution);
  return ok && TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize (tiff, 0));
}

gboolean
open_tiff_write (int fd, const char *path, const OpenFile *file, GError **error)
{
  const CncRaster *raster = file->raster;
  const gsize row_bytes = cnc_raster_row_bytes (raster);
  g_autofree guint8 *row = cnc_alloc (row_bytes, 1, "a row of the picture", error);
  const int copy = row != NULL ? dup (fd) : -1;
  TIFF *tiff;
  gboolean ok;

  if (row == NULL)
    return FALSE;
  TIFFSetErrorHandler (NULL);
  TIFFSetWarningHandler (NULL);
  tiff = copy >= 0 ? TIFFFdOpen (copy, path, (guint64) cnc_raster_bytes (raster) > CLASSIC_LIMIT ? "w8" : "w") : NULL;
  ok = tiff != NULL && put_tags (tiff, file);
  for (guint32 y = 0; ok && y < raster->height; y++)
    {
      /* The predictor works in the row that is handed in. */
      memcpy (row, raster->data + y * row_bytes, row_bytes);
      ok = TIFFWriteScanline (tiff, row, y, 0) >= 0;
    }
  ok = ok && TIFFFlush (tiff) != 0;
  if (tiff != NULL)
    TIFFClose (tiff);
  else if (copy >= 0)
    close (copy);
  if (!ok)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO, "The result cannot be written; check that the disk has space left.");
  return ok;
}

static gboolean
same_tags (TIFF *tiff, const OpenFile *file)
{
  const CncFormat *format = &file->raster->format;
  guint32 width = 0, height = 0, size = 0;
  guint16 bits = 0, channels = 0, kind = SAMPLEFORMAT_UINT, planar = 0, photometric = 0, n_extra = 0;
  guint16 *extra = NULL;
  gpointer data = NULL;
  gboolean profile;

  TIFFGetField (tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField (tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_SAMPLESPERPIXEL, &channels);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_SAMPLEFORMAT, &kind);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetField (tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_EXTRASAMPLES, &n_extra, &extra);
  profile = TIFFGetField (tiff, TIFFTAG_ICCPROFILE, &size, &data) != 0;
  return width == file->raster->width && height == file->raster->height && bits == 8 * cnc_format_sample_bytes (format)
         && channels == cnc_format_channels (format) && kind == (is_float (format) ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT)
         && planar == PLANARCONFIG_CONTIG && photometric == (format->model == CNC_MODEL_RGB ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK)
         && n_extra == (format->alpha ? 1 : 0) && (n_extra == 0 || extra[0] == EXTRASAMPLE_UNASSALPHA)
         && (profile ? file->profile != NULL && size == g_bytes_get_size (file->profile)
                           && memcmp (data, g_bytes_get_data (file->profile, NULL), size) == 0
                     : file->profile == NULL || g_bytes_get_size (file->profile) == 0);
}

gboolean
open_tiff_compare (const char *path, const OpenFile *file, GError **error)
{
  const gsize row_bytes = cnc_raster_row_bytes (file->raster);
  g_autofree guint8 *row = cnc_alloc (row_bytes, 1, "a row of the picture", error);
  TIFF *tiff;
  gboolean same;

  if (row == NULL)
    return FALSE;
  TIFFSetErrorHandler (NULL);
  TIFFSetWarningHandler (NULL);
  tiff = TIFFOpen (path, "r");
  same = tiff != NULL && same_tags (tiff, file) && (gsize) TIFFScanlineSize64 (tiff) == row_bytes;
  for (guint32 y = 0; same && y < file->raster->height; y++)
    same = TIFFReadScanline (tiff, row, y, 0) >= 0 && memcmp (row, file->raster->data + y * row_bytes, row_bytes) == 0;
  if (tiff != NULL)
    TIFFClose (tiff);
  if (!same)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO,
                         "The result was written, but reads back differently; test the disk, and try another folder.");
  return same;
}
