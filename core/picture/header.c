/* core/picture/header.c: the outer header as bytes and as a struct; where encrypted regions stand in a picture. */
#include "picture/header.h"

#include "base/error.h"
#include "base/memory.h"
#include "picture/raster.h"

#define BYTES_A_PIXEL 3u
#define FIXED_BYTES 32u /* up to and with the stanza count */
#define TAIL_BYTES (CNC_HEADER_STREAM_HEADER_BYTES + CNC_HEADER_CHECKSUM_BYTES + CNC_HEADER_TAG_BYTES)
#define STANZA_HEAD_BYTES 3u
#define VERSION_AT 7u /* the magic's last byte */

#define AT_WIDTH 8u
#define AT_HEIGHT 12u
#define AT_STREAM_LENGTH 16u
#define AT_HEADER_LENGTH 24u
#define AT_METHOD 28u
#define AT_FLAGS 29u
#define AT_STANZAS 31u

const guint8 CNC_HEADER_MAGIC[8] = { 'C', 'N', 'N', 'C', 'R', 'Y', 'P', 1 };

/* 0: no such type. */
static guint
stanza_bytes (guint8 type)
{
  switch (type)
    {
    case CNC_STANZA_PASSPHRASE:
      return CNC_STANZA_PASSPHRASE_BYTES;
    case CNC_STANZA_RECIPIENT:
      return CNC_STANZA_RECIPIENT_BYTES;
    default:
      return 0;
    }
}

gsize
cnc_header_checksum_offset (const CncHeader *header)
{
  gsize bytes = FIXED_BYTES + CNC_HEADER_STREAM_HEADER_BYTES;

  for (guint i = 0; i < header->n_stanzas; i++)
    bytes += STANZA_HEAD_BYTES + stanza_bytes (header->stanzas[i].type);
  return bytes;
}

gsize
cnc_header_tag_offset (const CncHeader *header)
{
  return cnc_header_checksum_offset (header) + CNC_HEADER_CHECKSUM_BYTES;
}

gsize
cnc_header_bytes (const CncHeader *header)
{
  return cnc_header_tag_offset (header) + CNC_HEADER_TAG_BYTES;
}

void
cnc_header_write (const CncHeader *header, guint8 *out)
{
  memcpy (out, CNC_HEADER_MAGIC, sizeof CNC_HEADER_MAGIC);
  cnc_put_u32 (out + AT_WIDTH, header->width);
  cnc_put_u32 (out + AT_HEIGHT, header->height);
  cnc_put_u64 (out + AT_STREAM_LENGTH, header->stream_length);
  cnc_put_u32 (out + AT_HEADER_LENGTH, (guint32) cnc_header_bytes (header));
  out[AT_METHOD] = header->method;
  cnc_put_u16 (out + AT_FLAGS, header->flags);
  out[AT_STANZAS] = (guint8) header->n_stanzas;
  out += FIXED_BYTES;
  for (guint i = 0; i < header->n_stanzas; i++)
    {
      const CncStanza *stanza = &header->stanzas[i];
      const guint bytes = stanza_bytes (stanza->type);

      out[0] = stanza->type;
      cnc_put_u16 (out + 1, (guint16) bytes);
      memcpy (out + STANZA_HEAD_BYTES, stanza->body, bytes);
      out += STANZA_HEAD_BYTES + bytes;
    }
  memcpy (out, header->stream_header, CNC_HEADER_STREAM_HEADER_BYTES);
  out += CNC_HEADER_STREAM_HEADER_BYTES;
  memcpy (out, header->checksum, CNC_HEADER_CHECKSUM_BYTES);
  memcpy (out + CNC_HEADER_CHECKSUM_BYTES, header->tag, CNC_HEADER_TAG_BYTES);
}

static gboolean bad_format (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
bad_format (GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
               "The picture's header is not one that cnncrypt writes (%s); the file was altered, ask for it again.", what);
  return FALSE;
}

static gboolean
newer (GError **error, const char *what, guint number)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_VERSION,
               "The picture was encrypted by a newer cnncrypt (%s %u is unknown here); install the newest version and try again.", what,
               number);
  return FALSE;
}

static gboolean
cut_off (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                       "The encrypted picture is cut off inside its header; ask for the file again, sent as a file and not as a photo.");
  return FALSE;
}

/* The carrier holds header and stream, and is a picture. */
static gboolean
check_lengths (const CncHeader *header, guint32 length, GError **error)
{
  guint64 total;

  if (header->width < CNC_REGION_MIN_WIDTH || header->width > CNC_RASTER_MAX_SIDE || header->height == 0
      || header->height > CNC_RASTER_MAX_SIDE)
    return bad_format (error, "its size");
  if (length < FIXED_BYTES + TAIL_BYTES || length > CNC_HEADER_MAX_BYTES)
    return bad_format (error, "its length");
  if (header->stream_length == 0 || !g_uint64_checked_add (&total, header->stream_length, length)
      || total > (guint64) header->width * header->height * BYTES_A_PIXEL)
    return bad_format (error, "the length of the stream");
  return TRUE;
}

/* bytes: the stanzas, size bytes in all, which they must fill exactly.  *unknown: a type that version 1 does not know, or 0. */
static gboolean
read_stanzas (const guint8 *bytes, gsize size, guint count, CncHeader *header, guint *unknown, GError **error)
{
  guint passphrases = 0;

  *unknown = 0;
  if (count == 0)
    return bad_format (error, "it has no key");
  if (count > CNC_HEADER_MAX_STANZAS)
    return bad_format (error, "it has %u keys, and %u is the most", count, CNC_HEADER_MAX_STANZAS);
  for (guint i = 0; i < count; i++)
    {
      guint length, known;

      if (size < STANZA_HEAD_BYTES)
        return bad_format (error, "a key is cut off");
      known = stanza_bytes (bytes[0]);
      length = cnc_get_u16 (bytes + 1);
      if (known != 0 && length != known)
        return bad_format (error, "a %s's key of %u bytes instead of %u", bytes[0] == CNC_STANZA_RECIPIENT ? "recipient" : "passphrase",
                           length, known);
      if (length > size - STANZA_HEAD_BYTES)
        return bad_format (error, "a key is cut off");
      if (known != 0)
        {
          header->stanzas[i].type = bytes[0];
          memcpy (header->stanzas[i].body, bytes + STANZA_HEAD_BYTES, length);
          passphrases += bytes[0] == CNC_STANZA_PASSPHRASE;
        }
      else if (bytes[0] == 0)
        return bad_format (error, "the kind of a key");
      else
        *unknown = bytes[0];
      bytes += STANZA_HEAD_BYTES + length;
      size -= STANZA_HEAD_BYTES + length;
    }
  if (size != 0)
    return bad_format (error, "its length");
  if (passphrases > 1)
    return bad_format (error, "two passphrases");
  if (passphrases > 0 && count > 1)
    return bad_format (error, "a passphrase beside another key");
  header->n_stanzas = count;
  return TRUE;
}

/* Everything up to the number of stanzas, in the order of the errors that the header file promises. */
static gboolean
read_start (const guint8 *bytes, gsize size, guint32 expect_width, guint32 expect_height, CncHeader *header, GError **error)
{
  if (size < CNC_HEADER_START_BYTES || memcmp (bytes, CNC_HEADER_MAGIC, VERSION_AT) != 0)
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED,
          "This is not an encrypted picture, or another program changed its colours or its size; open the file as it was sent.");
      return FALSE;
    }
  if (bytes[VERSION_AT] != CNC_HEADER_MAGIC[VERSION_AT])
    return newer (error, "format version", bytes[VERSION_AT]);
  header->width = cnc_get_u32 (bytes + AT_WIDTH);
  header->height = cnc_get_u32 (bytes + AT_HEIGHT);
  header->stream_length = cnc_get_u64 (bytes + AT_STREAM_LENGTH);
  if (expect_width != 0 && expect_height != 0 && (header->width != expect_width || header->height != expect_height))
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_DAMAGED,
          "The encrypted picture was %u × %u pixels large and now is %u × %u: it was cropped or resized; ask for the file as it was saved.",
          header->width, header->height, expect_width, expect_height);
      return FALSE;
    }
  if (size < FIXED_BYTES)
    return cut_off (error);
  return TRUE;
}

gboolean
cnc_header_read (const guint8 *bytes, gsize size, guint32 expect_width, guint32 expect_height, CncHeader *header, GError **error)
{
  guint32 length;
  guint unknown;
  const guint8 *tail;

  memset (header, 0, sizeof *header);
  if (!read_start (bytes, size, expect_width, expect_height, header, error))
    return FALSE;
  length = cnc_get_u32 (bytes + AT_HEADER_LENGTH);
  if (length > size && length <= CNC_HEADER_MAX_BYTES)
    return cut_off (error);
  header->method = bytes[AT_METHOD];
  header->flags = cnc_get_u16 (bytes + AT_FLAGS);
  if (!check_lengths (header, length, error)
      || !read_stanzas (bytes + FIXED_BYTES, length - FIXED_BYTES - TAIL_BYTES, bytes[AT_STANZAS], header, &unknown, error))
    return FALSE;
  if (header->method < CNC_METHOD_HYBRID || header->method > CNC_METHOD_SEDD)
    return newer (error, "method", header->method);
  if (header->flags != 0)
    return newer (error, "flag", header->flags);
  if (unknown != 0)
    return newer (error, "kind of key", unknown);
  tail = bytes + length - TAIL_BYTES;
  memcpy (header->stream_header, tail, CNC_HEADER_STREAM_HEADER_BYTES);
  tail += CNC_HEADER_STREAM_HEADER_BYTES;
  memcpy (header->checksum, tail, CNC_HEADER_CHECKSUM_BYTES);
  memcpy (header->tag, tail + CNC_HEADER_CHECKSUM_BYTES, CNC_HEADER_TAG_BYTES);
  return TRUE;
}

gboolean
cnc_carrier_size (guint32 source_width, guint64 total, guint32 *width, guint32 *height, GError **error)
{
  const guint64 most = (guint64) CNC_RASTER_MAX_SIDE * CNC_RASTER_MAX_SIDE * BYTES_A_PIXEL;
  guint64 pixels, w = MAX (source_width, CNC_CARRIER_MIN_WIDTH);

  if (total == 0 || total > most || w > CNC_RASTER_MAX_SIDE)
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
          "The picture is too large: an encrypted picture may have %u pixels a side at most; encrypt a part of it or scale it down.",
          CNC_RASTER_MAX_SIDE);
      return FALSE;
    }
  pixels = (total + BYTES_A_PIXEL - 1) / BYTES_A_PIXEL;
  w = MAX (w, (pixels + CNC_RASTER_MAX_SIDE - 1) / CNC_RASTER_MAX_SIDE);
  *width = (guint32) w;
  *height = (guint32) ((pixels + w - 1) / w);
  return TRUE;
}

gboolean
cnc_carrier_size_compact (guint64 total, guint32 *width, guint32 *height, GError **error)
{
  const guint64 pixels = (MAX (total, 1) - 1) / BYTES_A_PIXEL + 1;
  guint64 side = 1, best;

  while (side * side < pixels && side < CNC_RASTER_MAX_SIDE)
    side++;
  side = MAX (side, CNC_CARRIER_MIN_WIDTH);
  if (!cnc_carrier_size ((guint32) side, total, width, height, error))
    return FALSE;
  best = (guint64) *width * *height;
  for (guint64 w = side - side / 4; w <= side + side / 4 && w <= CNC_RASTER_MAX_SIDE; w++)
    {
      const guint64 h = (pixels - 1) / w + 1;

      if (w < CNC_CARRIER_MIN_WIDTH || h > CNC_RASTER_MAX_SIDE || w * h >= best)
        continue;
      best = w * h;
      *width = (guint32) w;
      *height = (guint32) h;
    }
  return TRUE;
}

static gboolean
overlaps (const CncRegion *a, const CncRegion *b)
{
  return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

/* The region whose fixed start stands at pixel x, y of a picture of that size, if there can be one. */
static gboolean
region_at (const guint8 *start, guint32 x, guint32 y, guint32 width, guint32 height, CncRegion *region)
{
  guint64 stream_length;

  if (width - x < CNC_REGION_MIN_WIDTH)
    return FALSE; /* also: the magic runs on into the next row */
  *region = (CncRegion){ x, y, cnc_get_u32 (start + AT_WIDTH), cnc_get_u32 (start + AT_HEIGHT) };
  stream_length = cnc_get_u64 (start + AT_STREAM_LENGTH);
  return region->width >= CNC_REGION_MIN_WIDTH && region->width <= width - x && region->height > 0 && region->height <= height - y
         && stream_length > 0 && stream_length < (guint64) region->width * region->height * BYTES_A_PIXEL;
}

guint
cnc_find_regions (const guint8 *pixels, guint32 width, guint32 height, CncRegion regions[CNC_MAX_REGIONS])
{
  const gsize size = (gsize) width * height * BYTES_A_PIXEL;
  const guint8 *end = pixels + size, *p = pixels;
  guint n = 0;

  while (n < CNC_MAX_REGIONS && (p = memmem (p, (gsize) (end - p), CNC_HEADER_MAGIC, sizeof CNC_HEADER_MAGIC)) != NULL)
    {
      const gsize pixel = (gsize) (p - pixels) / BYTES_A_PIXEL;
      gboolean free_place = (gsize) (p - pixels) % BYTES_A_PIXEL == 0;

      if (free_place)
        free_place = region_at (p, (guint32) (pixel % width), (guint32) (pixel / width), width, height, &regions[n]);
      for (guint i = 0; i < n && free_place; i++)
        free_place = !overlaps (&regions[i], &regions[n]);
      n += free_place ? 1 : 0;
      p++;
    }
  return n;
}
