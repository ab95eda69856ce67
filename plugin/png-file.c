/* PNG files: written bare, and compared.  libpng does the work. */
#include "png-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.h"
#include "base/memory.h"

#define ROWS_A_STEP 256u
/* Higher levels take seconds more for a hundredth less. */
#define PICTURE_LEVEL 4
#define IDAT_BYTES (1u << 20)

typedef struct
{
  png_structp png;
  png_infop info;
  FILE *file;
  char message[200];
} Png;

static void
on_error (png_structp png, png_const_charp text)
{
  Png *p = png_get_error_ptr (png);

  g_strlcpy (p->message, text, sizeof p->message);
  png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp text)
{
}

static gboolean
fail_io (const char *path, const char *doing, const char *why, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "%s cannot be %s: %s.", shown, doing, why);
  return FALSE;
}

static int
colour_type (const CncFormat *format)
{
  if (format->model == CNC_MODEL_INDEXED)
    return PNG_COLOR_TYPE_PALETTE;
  return (format->model == CNC_MODEL_RGB ? PNG_COLOR_MASK_COLOR : 0) | (format->alpha ? PNG_COLOR_MASK_ALPHA : 0);
}

/* libpng leaves by longjmp: what it may leave behind lives in *p, outside of this function. */
static gboolean
write_rows (Png *p, const CncRaster *raster, PngFileKind kind, CncTask *task)
{
  const gsize row = cnc_raster_row_bytes (raster);

  if (setjmp (png_jmpbuf (p->png)))
    return FALSE;
  png_init_io (p->png, p->file);
  png_set_compression_level (p->png, kind == PNG_FILE_PICTURE ? PICTURE_LEVEL : kind == PNG_FILE_LEVELS ? 1 : 0);
  if (kind == PNG_FILE_LEVELS)
    png_set_compression_strategy (p->png, Z_HUFFMAN_ONLY);
  png_set_filter (p->png, 0, kind == PNG_FILE_PICTURE ? PNG_ALL_FILTERS : PNG_FILTER_NONE);
  png_set_compression_buffer_size (p->png, IDAT_BYTES);
  png_set_IHDR (p->png, p->info, raster->width, raster->height, 8, colour_type (&raster->format), PNG_INTERLACE_NONE,
                PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info (p->png, p->info);
  for (guint32 y = 0; y < raster->height; y++)
    {
      png_write_row (p->png, raster->data + row * y);
      if (y % ROWS_A_STEP == 0)
        cnc_task_progress (task, (double) y / raster->height, "Writing the file");
    }
  png_write_end (p->png, NULL);
  return TRUE;
}

gboolean
png_file_write (const char *path, const CncRaster *raster, PngFileKind kind, CncTask *task, GError **error)
{
  Png p = { NULL, NULL, NULL, "" };
  gboolean written = FALSE;
  int saved_errno = 0;
  const int fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

  if (fd < 0)
    return fail_io (path, "written", g_strerror (errno), error);
  p.file = fdopen (fd, "wb");
  p.png = png_create_write_struct (PNG_LIBPNG_VER_STRING, &p, on_error, on_warning);
  p.info = p.png != NULL ? png_create_info_struct (p.png) : NULL;
  errno = 0;
  if (p.info != NULL)
    written = write_rows (&p, raster, kind, task) && fflush (p.file) == 0;
  saved_errno = errno;
  png_destroy_write_struct (&p.png, &p.info);
  if (fclose (p.file) != 0 && written)
    {
      written = FALSE;
      saved_errno = errno;
    }
  if (written)
    return TRUE;
  g_unlink (path);
  return fail_io (path, "written", saved_errno != 0 ? g_strerror (saved_errno) : p.message, error);
}

gboolean
png_file_can_hold (const CncFormat *format)
{
  return format->curve == CNC_CURVE_PERCEPTUAL && format->sample <= CNC_SAMPLE_U16;
}

/* FALSE if the file has a chunk that is neither IHDR nor IDAT nor IEND. */
static gboolean
is_bare (FILE *file)
{
  guint8 head[8];
  gboolean bare = fseek (file, 8, SEEK_SET) == 0;

  while (bare && fread (head, 1, sizeof head, file) == sizeof head)
    {
      const guint32 length = (guint32) head[0] << 24 | (guint32) head[1] << 16 | (guint32) head[2] << 8 | head[3];

      if (memcmp (head + 4, "IEND", 4) == 0)
        break;
      bare = (memcmp (head + 4, "IHDR", 4) == 0 || memcmp (head + 4, "IDAT", 4) == 0) && fseek (file, (long) length + 4, SEEK_CUR) == 0;
    }
  rewind (file);
  return bare;
}

static gboolean
same_palette (Png *p, GBytes *colormap)
{
  png_colorp palette;
  int n = 0;
  gsize size;
  const guint8 *want = g_bytes_get_data (colormap, &size);

  if (png_get_PLTE (p->png, p->info, &palette, &n) == 0 || (gsize) n * 3 < size)
    return FALSE;
  for (gsize i = 0; i < size / 3; i++)
    if (palette[i].red != want[3 * i] || palette[i].green != want[3 * i + 1] || palette[i].blue != want[3 * i + 2])
      return FALSE;
  return TRUE;
}

/* Sets *same; FALSE if libpng failed. */
static gboolean
compare_rows (Png *p, const CncRaster *raster, GBytes *colormap, guint8 *line, gsize line_bytes, CncTask *task, gboolean *same)
{
  const gsize row = cnc_raster_row_bytes (raster);
  const int depth = raster->format.sample == CNC_SAMPLE_U16 ? 16 : 8;

  if (setjmp (png_jmpbuf (p->png)))
    return FALSE;
  png_init_io (p->png, p->file);
  png_read_info (p->png, p->info);
  *same = png_get_image_width (p->png, p->info) == raster->width && png_get_image_height (p->png, p->info) == raster->height
          && png_get_color_type (p->png, p->info) == colour_type (&raster->format)
          && png_get_interlace_type (p->png, p->info) == PNG_INTERLACE_NONE
          && (raster->format.model == CNC_MODEL_INDEXED || png_get_bit_depth (p->png, p->info) == depth)
          && (colormap == NULL || same_palette (p, colormap)) && row <= line_bytes;
  png_set_packing (p->png);
  if (depth == 16 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
    png_set_swap (p->png);
  png_read_update_info (p->png, p->info);
  for (guint32 y = 0; *same && y < raster->height; y++)
    {
      png_read_row (p->png, line, NULL);
      *same = memcmp (line, raster->data + row * y, row) == 0;
      if (y % ROWS_A_STEP == 0)
        cnc_task_progress (task, (double) y / raster->height, "Reading the file back");
    }
  if (*same)
    png_read_end (p->png, NULL);
  return TRUE;
}

gboolean
png_file_compare (const char *path, const CncRaster *raster, GBytes *colormap, gboolean bare, CncTask *task, GError **error)
{
  Png p = { NULL, NULL, NULL, "" };
  /* A file that is not what it should be may have longer rows; it is refused before one is read. */
  const gsize line_bytes = cnc_raster_row_bytes (raster) + 64;
  g_autofree guint8 *line = cnc_alloc (line_bytes, 1, "reading the file back", error);
  gboolean read = FALSE, same = FALSE;

  if (line == NULL)
    return FALSE;
  p.file = g_fopen (path, "rbe");
  if (p.file == NULL)
    return fail_io (path, _ ("read back"), g_strerror (errno), error);
  setvbuf (p.file, NULL, _IOFBF, 1 << 20);
  if (!bare || is_bare (p.file))
    {
      p.png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &p, on_error, on_warning);
      p.info = p.png != NULL ? png_create_info_struct (p.png) : NULL;
      if (p.info != NULL)
        {
          png_set_user_limits (p.png, CNC_RASTER_MAX_SIDE, CNC_RASTER_MAX_SIDE);
          read = compare_rows (&p, raster, colormap, line, line_bytes, task, &same);
        }
      png_destroy_read_struct (&p.png, &p.info, NULL);
    }
  fclose (p.file);
  if (!read && *p.message != '\0')
    return fail_io (path, _ ("read back"), p.message, error);
  if (!same)
    {
      g_autofree char *shown = g_filename_display_name (path);

      g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED, "%s was written, but does not hold what it should; try another place.", shown);
    }
  return same;
}
