/* core/nn/check.c: sizes and shapes that do not fit are told before they do harm. */
#include "nn/check.h"

#include "base/error.h"

#define TEXELS (CNC_CIPHER_MAX_SIDE * CNC_CIPHER_MAX_SIDE) /* that a texel buffer has on every Vulkan device */

static gboolean
bad (GError **error, const char *message)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, message);
  return FALSE;
}

static gboolean
fits (const CncBuffer *buffer, gsize word, gsize words)
{
  return word <= buffer->words && words <= buffer->words - word;
}

gboolean
cnc_check_size (gsize bytes, GError **error)
{
  if (bytes == 0 || bytes % 4 != 0)
    return bad (error, "A device buffer holds whole words of four bytes, at least one.");
  return TRUE;
}

gboolean
cnc_check_bytes (const CncBuffer *buffer, gsize offset, gsize bytes, GError **error)
{
  const gsize size = buffer->words * 4;

  if (offset % 4 != 0 || bytes % 4 != 0)
    return bad (error, "Device buffers are read and written in whole words of four bytes.");
  if (offset > size || bytes > size - offset)
    return bad (error, "The bytes to read or write reach past the end of the device buffer.");
  return TRUE;
}

gboolean
cnc_check_transfer (const CncBuffer *to, gsize to_word, const CncBuffer *from, gsize from_word, gsize words, GError **error)
{
  if (!fits (to, to_word, words) || !fits (from, from_word, words))
    return bad (error, "The words to work on reach past the end of a device buffer.");
  if (to == from && to_word < from_word + words && from_word < to_word + words)
    return bad (error, "Source and destination of a device operation overlap.");
  return TRUE;
}

gboolean
cnc_check_cipher (const CncCipherShape *shape, const CncBuffer *tables, gsize table_word, const CncBuffer *source, const CncBuffer *target,
                  const CncBuffer *result, GError **error)
{
  const guint32 w = shape->width, h = shape->height;

  if (w < 4 || w > CNC_CIPHER_MAX_SIDE || (w & (w - 1)) != 0 || h < 4 || h > CNC_CIPHER_MAX_SIDE)
    return bad (error, "A cipher round works on 4 to 256 columns, a power of two, and 4 to 256 rows.");
  if (source == target || source == result || target == result || tables == result)
    return bad (error, "A cipher round needs different buffers for its source, its target and its result.");
  if (!fits (source, 0, (gsize) w * h) || !fits (target, 0, (gsize) w * h) || !fits (result, 0, (gsize) w * h))
    return bad (error, "A cipher round was given a buffer smaller than its shape.");
  if (!fits (tables, table_word, cnc_cipher_table_words (shape)) || table_word + cnc_cipher_table_words (shape) > TEXELS)
    return bad (error, "The tables of a cipher round reach past the end of their buffer, or past what every device can read.");
  return TRUE;
}
