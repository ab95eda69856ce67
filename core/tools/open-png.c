/* core/tools/open-png.c: PNG files by libpng, exact: no conversion, colours under alpha 0 kept. */
#include "tools/open.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

#define LEVEL 1 /* of zlib: 3 takes a third longer for 2 % */
#define METRES_AN_INCH 0.0254

gboolean
open_png_can_hold (const CncFormat *format)
{
  return format->model != CNC_MODEL_INDEXED && format->curve == CNC_CURVE_PERCEPTUAL
         && (format->sample == CNC_SAMPLE_U8 || format->sample == CNC_SAMPLE_U16);
}

static void
on_error (png_structp png, png_const_charp message)
{
  longjmp (png_jmpbuf (png), 1);
}

static void
on_warning (png_structp png, png_const_charp message)
{
}

static int
color_type (const CncFormat *format)
{
  return (format->model == CNC_MODEL_RGB ? PNG_COLOR_MASK_COLOR : 0) | (format->alpha ? PNG_COLOR_MASK_ALPHA : 0);
}

static int
bit_depth (const CncFormat *format)
{
  return format->sample == CNC_SAMPLE_U16 ? 16 : 8;
}

static gboolean
write_error (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO, "The result cannot be written; check that the disk has space left.");
  return FALSE;
}

static void
put_resolution (png_structp png, png_infop info, const OpenFile *file)
{
  const double x = round (file->x_resolution / METRES_AN_INCH), y = round (file->y_resolution / METRES_AN_INCH);

  if (x >= 1 && y >= 1 && x <= PNG_UINT_31_MAX && y <= PNG_UINT_31_MAX)
    png_set_pHYs (png, info, (png_uint_32) x, (png_uint_32) y, PNG_RESOLUTION_METER);
}

static void
put_profile (png_structp png, png_infop info, GBytes *profile)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (profile, &size);

  if (size > 0 && size <= G_MAXUINT32)
    png_set_iCCP (png, info, "ICC profile", PNG_COMPRESSION_TYPE_BASE, data, (png_uint_32) size);
}

static void
put_comment (png_structp png, png_infop info, const char *comment)
{
  png_text text = { 0 };

  /* The older kind where it will do: more programs read it. */
  text.compression = g_str_is_ascii (comment) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
  text.key = (png_charp) "Comment";
  text.text = (png_charp) comment;
  if (text.compression == PNG_TEXT_COMPRESSION_NONE)
    text.text_length = strlen (comment);
  else
    text.itxt_length = strlen (comment);
  png_set_text (png, info, &text, 1);
}

/* Where libpng jumps to on an error; nothing here needs a destructor. */
static gboolean
write_all (png_structp png, png_infop info, FILE *stream, const OpenFile *file, gboolean *profile_refused)
{
  const CncRaster *raster = file->raster;
  const gsize row_bytes = cnc_raster_row_bytes (raster);

  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;
  png_init_io (png, stream);
  png_set_user_limits (png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  /* A profile that libpng does not like is then left out, and not an error. */
  png_set_benign_errors (png, 1);
  png_set_compression_level (png, LEVEL);
  png_set_filter (png, 0, PNG_ALL_FILTERS);
  png_set_IHDR (png, info, raster->width, raster->height, bit_depth (&raster->format), color_type (&raster->format), PNG_INTERLACE_NONE,
                PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  put_resolution (png, info, file);
  if (file->profile != NULL)
    {
      put_profile (png, info, file->profile);
      if (png_get_valid (png, info, PNG_INFO_iCCP) == 0)
        {
          *profile_refused = TRUE;
          return FALSE;
        }
    }
  if (file->comment != NULL)
    put_comment (png, info, file->comment);
  png_write_info (png, info);
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  if (raster->format.sample == CNC_SAMPLE_U16)
    png_set_swap (png);
#endif
  for (guint32 y = 0; y < raster->height; y++)
    png_write_row (png, raster->data + y * row_bytes);
  png_write_end (png, info);
  return fflush (stream) == 0;
}

gboolean
open_png_write (int fd, const OpenFile *file, gboolean *profile_refused, GError **error)
{
  const int copy = dup (fd);
  FILE *stream = copy >= 0 ? fdopen (copy, "wb") : NULL;
  png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
  png_infop info = png != NULL ? png_create_info_struct (png) : NULL;
  gboolean done = FALSE;

  *profile_refused = FALSE;
  if (stream != NULL && info != NULL)
    done = write_all (png, info, stream, file, profile_refused);
  png_destroy_write_struct (&png, &info);
  if (stream != NULL)
    done = fclose (stream) == 0 && done;
  else if (copy >= 0)
    close (copy);
  return done || *profile_refused ? done : write_error (error);
}

static gboolean
same_profile (png_structp png, png_infop info, GBytes *profile)
{
  png_charp name;
  png_bytep data;
  png_uint_32 size;
  int compression;

  if (profile == NULL)
    return png_get_valid (png, info, PNG_INFO_iCCP) == 0;
  return png_get_iCCP (png, info, &name, &compression, &data, &size) != 0 && size == g_bytes_get_size (profile)
         && memcmp (data, g_bytes_get_data (profile, NULL), size) == 0;
}

static gboolean
compare_all (png_structp png, png_infop info, FILE *stream, const OpenFile *file, guint8 *row)
{
  const CncRaster *raster = file->raster;
  const gsize row_bytes = cnc_raster_row_bytes (raster);

  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;
  png_init_io (png, stream);
  png_set_user_limits (png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max (png, 0);
  png_read_info (png, info);
  if (png_get_image_width (png, info) != raster->width || png_get_image_height (png, info) != raster->height
      || png_get_color_type (png, info) != color_type (&raster->format) || png_get_bit_depth (png, info) != bit_depth (&raster->format)
      || png_get_interlace_type (png, info) != PNG_INTERLACE_NONE || png_get_rowbytes (png, info) != row_bytes
      || !same_profile (png, info, file->profile))
    return FALSE;
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  if (raster->format.sample == CNC_SAMPLE_U16)
    png_set_swap (png);
#endif
  for (guint32 y = 0; y < raster->height; y++)
    {
      png_read_row (png, row, NULL);
      if (memcmp (row, raster->data + y * row_bytes, row_bytes) != 0)
        return FALSE;
    }
  png_read_end (png, NULL);
  return TRUE;
}

gboolean
open_png_compare (const char *path, const OpenFile *file, GError **error)
{
  g_autofree guint8 *row = cnc_alloc (cnc_raster_row_bytes (file->raster), 1, "a row of the picture", error);
  FILE *stream;
  png_structp png;
  png_infop info;
  gboolean same = FALSE;

  if (row == NULL)
    return FALSE;
  stream = fopen (path, "rb");
  png = png_create_read_struct (PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
  info = png != NULL ? png_create_info_struct (png) : NULL;
  if (stream != NULL && info != NULL)
    same = compare_all (png, info, stream, file, row);
  png_destroy_read_struct (&png, &info, NULL);
  if (stream != NULL)
    fclose (stream);
  if (!same)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO,
                         "The result was written, but reads back differently; test the disk, and try another folder.");
  return same;
}
