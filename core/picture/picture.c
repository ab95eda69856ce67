/* core/picture/picture.c: a picture with all that travels with it, and its info block (format.md, "The inner header"). */
#include "picture/picture.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"

/* The fixed start: width u32, height u32, model, sample, curve, alpha, source, raw u8, packed length u64. */
#define FIXED_BYTES 22u
#define FIELD_HEAD_BYTES 5u    /* tag u8, length u32 */
#define PARASITE_HEAD_BYTES 6u /* flags u32, name length u16 */

#define MAX_NAME_BYTES 65535u
#define MAX_BLOB_BYTES (64u * 1024u * 1024u)
#define MAX_PARASITES 1024u
#define MAX_INFO_BYTES (512u * 1024u * 1024u)

enum
{
  TAG_RESOLUTION = 1, /* x, y as IEEE 754 binary64, unit u32; absent if all are 0 */
  TAG_NAME = 2,
  TAG_PROFILE = 3,
  TAG_COLORMAP = 4,
  TAG_METADATA = 5,
  TAG_PARASITE = 6, /* flags u32, name length u16, name, data; the only one that repeats */
};

static void
parasite_free (gpointer data)
{
  CncParasite *parasite = data;

  if (parasite == NULL)
    return;
  g_free (parasite->name);
  g_clear_pointer (&parasite->data, g_bytes_unref);
  g_free (parasite);
}

CncPicture *
cnc_picture_new (void)
{
  CncPicture *picture = g_new0 (CncPicture, 1);

  picture->parasites = g_ptr_array_new_with_free_func (parasite_free);
  return picture;
}

void
cnc_picture_free (CncPicture *picture)
{
  if (picture == NULL)
    return;
  cnc_raster_free (picture->raster);
  g_free (picture->name);
  g_clear_pointer (&picture->profile, g_bytes_unref);
  g_clear_pointer (&picture->colormap, g_bytes_unref);
  g_free (picture->metadata);
  g_ptr_array_unref (picture->parasites);
  g_free (picture);
}

void
cnc_picture_add_parasite (CncPicture *picture, const char *name, guint32 flags, gconstpointer data, gsize size)
{
  CncParasite *parasite = g_new0 (CncParasite, 1);

  parasite->name = g_strdup (name);
  parasite->flags = flags;
  parasite->data = g_bytes_new (data, size);
  g_ptr_array_add (picture->parasites, parasite);
}

static guint64
double_bits (double v)
{
  guint64 bits;

  memcpy (&bits, &v, sizeof bits);
  return bits;
}

static double
bits_double (guint64 bits)
{
  double v;

  memcpy (&v, &bits, sizeof v);
  return v;
}

/* Positive zero counts as "not given"; negative zero, NaN and infinity never stand in a block. */
static gboolean
resolution_valid (double v)
{
  return isfinite (v) && v >= 0 && !signbit (v);
}

/* ---- writing ---- */

static gsize
checked_string (const char *what, const char *text, gsize max, GError **error, gboolean *ok)
{
  const gsize size = strlen (text);

  if (size > max || !g_utf8_validate (text, (gssize) size, NULL))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The picture's %s is too long or no valid text; remove it and try again.",
                   what);
      *ok = FALSE;
    }
  return size;
}

static gsize
checked_blob (const char *what, GBytes *blob, GError **error, gboolean *ok)
{
  const gsize size = g_bytes_get_size (blob);

  if (size > MAX_BLOB_BYTES)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "The picture's %s is larger than 64 MiB and cannot travel with it; remove it and try again.", what);
      *ok = FALSE;
    }
  return size;
}

static gboolean
colormap_valid (CncModel model, GBytes *colormap)
{
  gsize size;

  if (model != CNC_MODEL_INDEXED)
    return colormap == NULL;
  if (colormap == NULL)
    return FALSE;
  size = g_bytes_get_size (colormap);
  return size >= 3 && size <= 768 && size % 3 == 0;
}

/* The size of the whole block, after every check of the writer; 0 with BAD_ARGUMENT. */
static gsize
info_size (const CncPicture *picture, GError **error)
{
  gsize size = FIXED_BYTES;
  gboolean ok = TRUE;

  if (!cnc_format_valid (&picture->raster->format) || !colormap_valid (picture->raster->format.model, picture->colormap)
      || (guint) picture->source > CNC_SOURCE_REGION || !resolution_valid (picture->x_resolution)
      || !resolution_valid (picture->y_resolution))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The picture's format, palette or resolution contradict themselves; convert it to RGB and try again.");
      return 0;
    }
  if (picture->x_resolution != 0 || picture->y_resolution != 0 || picture->unit != 0)
    size += FIELD_HEAD_BYTES + 20;
  if (picture->name != NULL)
    size += FIELD_HEAD_BYTES + checked_string ("layer name", picture->name, MAX_NAME_BYTES, error, &ok);
  if (ok && picture->profile != NULL)
    size += FIELD_HEAD_BYTES + checked_blob ("colour profile", picture->profile, error, &ok);
  if (picture->colormap != NULL)
    size += FIELD_HEAD_BYTES + g_bytes_get_size (picture->colormap);
  if (ok && picture->metadata != NULL)
    size += FIELD_HEAD_BYTES + checked_string ("metadata (EXIF, XMP)", picture->metadata, MAX_BLOB_BYTES, error, &ok);
  for (guint i = 0; ok && i < picture->parasites->len; i++)
    {
      const CncParasite *parasite = g_ptr_array_index (picture->parasites, i);

      size += FIELD_HEAD_BYTES + PARASITE_HEAD_BYTES + checked_string ("parasite name", parasite->name, MAX_NAME_BYTES, error, &ok);
      if (ok)
        size += checked_blob ("attached data", parasite->data, error, &ok);
      if (ok && (i >= MAX_PARASITES || size > MAX_INFO_BYTES))
        {
          g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                               "Too much other data is attached to the picture (more than 1024 pieces or 512 MiB); remove some of it.");
          ok = FALSE;
        }
    }
  return ok ? size : 0;
}

static guint8 *
put_head (guint8 *p, guint8 tag, gsize size)
{
  p[0] = tag;
  cnc_put_u32 (p + 1, (guint32) size);
  return p + FIELD_HEAD_BYTES;
}

static guint8 *
put_field (guint8 *p, guint8 tag, gconstpointer data, gsize size)
{
  p = put_head (p, tag, size);
  if (size > 0)
    memcpy (p, data, size);
  return p + size;
}

static guint8 *
put_bytes (guint8 *p, guint8 tag, GBytes *bytes)
{
  gsize size;
  gconstpointer data;

  if (bytes == NULL)
    return p;
  data = g_bytes_get_data (bytes, &size);
  return put_field (p, tag, data, size);
}

static guint8 *
put_parasite (guint8 *p, const CncParasite *parasite)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (parasite->data, &size);
  const gsize name_size = strlen (parasite->name);

  p = put_head (p, TAG_PARASITE, PARASITE_HEAD_BYTES + name_size + size);
  cnc_put_u32 (p, parasite->flags);
  cnc_put_u16 (p + 4, (guint16) name_size);
  p += PARASITE_HEAD_BYTES;
  memcpy (p, parasite->name, name_size);
  p += name_size;
  if (size > 0)
    memcpy (p, data, size);
  return p + size;
}

/* geometry: the raster's width, height and format; its data is not looked at. */
static GByteArray *
write_info (const CncPicture *picture, guint64 packed_length, gboolean raw, const CncRaster *geometry, gsize size, GError **error)
{
  guint8 *block = cnc_alloc (size, 1, "the picture's metadata", error);
  guint8 *p = block;

  if (block == NULL)
    return NULL;
  cnc_put_u32 (p, geometry->width);
  cnc_put_u32 (p + 4, geometry->height);
  p[8] = (guint8) geometry->format.model;
  p[9] = (guint8) geometry->format.sample;
  p[10] = (guint8) geometry->format.curve;
  p[11] = geometry->format.alpha ? 1 : 0;
  p[12] = (guint8) picture->source;
  p[13] = raw ? 1 : 0;
  cnc_put_u64 (p + 14, packed_length);
  p += FIXED_BYTES;
  if (picture->x_resolution != 0 || picture->y_resolution != 0 || picture->unit != 0)
    {
      p = put_head (p, TAG_RESOLUTION, 20);
      cnc_put_u64 (p, double_bits (picture->x_resolution));
      cnc_put_u64 (p + 8, double_bits (picture->y_resolution));
      cnc_put_u32 (p + 16, picture->unit);
      p += 20;
    }
  if (picture->name != NULL)
    p = put_field (p, TAG_NAME, picture->name, strlen (picture->name));
  p = put_bytes (p, TAG_PROFILE, picture->profile);
  p = put_bytes (p, TAG_COLORMAP, picture->colormap);
  if (picture->metadata != NULL)
    p = put_field (p, TAG_METADATA, picture->metadata, strlen (picture->metadata));
  for (guint i = 0; i < picture->parasites->len; i++)
    p = put_parasite (p, g_ptr_array_index (picture->parasites, i));
  g_assert ((gsize) (p - block) == size);
  return g_byte_array_new_take (block, size);
}

GByteArray *
cnc_picture_write_info (const CncPicture *picture, guint64 packed_length, gboolean raw, GError **error)
{
  const gsize size = info_size (picture, error);

  return size > 0 ? write_info (picture, packed_length, raw, picture->raster, size, error) : NULL;
}

/* ---- reading ---- */

typedef struct
{
  const guint8 *p;
  const guint8 *end;
  guint last_tag;
} Reader;

static gboolean
bad (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                       "The encrypted picture describes itself in a way that this version does not know; install the newest cnncrypt.");
  return FALSE;
}

static char *
get_string (const guint8 *data, gsize size, GError **error)
{
  char *text;

  if (!g_utf8_validate ((const char *) data, (gssize) size, NULL))
    {
      bad (error);
      return NULL;
    }
  text = cnc_alloc (size + 1, 1, "the picture's metadata", error);
  if (text == NULL)
    return NULL;
  memcpy (text, data, size);
  text[size] = '\0';
  return text;
}

static GBytes *
get_bytes (const guint8 *data, gsize size, GError **error)
{
  guint8 *copy = cnc_alloc (size, 1, "the picture's metadata", error);

  if (copy == NULL)
    return NULL;
  if (size > 0)
    memcpy (copy, data, size);
  return g_bytes_new_take (copy, size);
}

static gboolean
read_parasite (CncPicture *picture, const guint8 *data, gsize size, GError **error)
{
  g_autofree char *name = NULL;
  GBytes *bytes;
  CncParasite *parasite;
  gsize name_size;

  if (size < PARASITE_HEAD_BYTES || picture->parasites->len >= MAX_PARASITES)
    return bad (error);
  name_size = cnc_get_u16 (data + 4);
  if (name_size > size - PARASITE_HEAD_BYTES || size - PARASITE_HEAD_BYTES - name_size > MAX_BLOB_BYTES)
    return bad (error);
  name = get_string (data + PARASITE_HEAD_BYTES, name_size, error);
  if (name == NULL)
    return FALSE;
  bytes = get_bytes (data + PARASITE_HEAD_BYTES + name_size, size - PARASITE_HEAD_BYTES - name_size, error);
  if (bytes == NULL)
    return FALSE;
  parasite = g_new0 (CncParasite, 1);
  parasite->name = g_steal_pointer (&name);
  parasite->flags = cnc_get_u32 (data);
  parasite->data = bytes;
  g_ptr_array_add (picture->parasites, parasite);
  return TRUE;
}

static gboolean
read_field (CncPicture *picture, guint tag, const guint8 *data, gsize size, GError **error)
{
  switch (tag)
    {
    case TAG_RESOLUTION:
      if (size != 20)
        return bad (error);
      picture->x_resolution = bits_double (cnc_get_u64 (data));
      picture->y_resolution = bits_double (cnc_get_u64 (data + 8));
      picture->unit = cnc_get_u32 (data + 16);
      if (!resolution_valid (picture->x_resolution) || !resolution_valid (picture->y_resolution)
          || (picture->x_resolution == 0 && picture->y_resolution == 0 && picture->unit == 0))
        return bad (error);
      return TRUE;
    case TAG_NAME:
      picture->name = size <= MAX_NAME_BYTES ? get_string (data, size, error) : NULL;
      return picture->name != NULL || (size > MAX_NAME_BYTES && bad (error));
    case TAG_PROFILE:
      picture->profile = size <= MAX_BLOB_BYTES ? get_bytes (data, size, error) : NULL;
      return picture->profile != NULL || (size > MAX_BLOB_BYTES && bad (error));
    case TAG_COLORMAP:
      picture->colormap = size <= 768 ? get_bytes (data, size, error) : NULL;
      return picture->colormap != NULL || (size > 768 && bad (error));
    case TAG_METADATA:
      picture->metadata = size <= MAX_BLOB_BYTES ? get_string (data, size, error) : NULL;
      return picture->metadata != NULL || (size > MAX_BLOB_BYTES && bad (error));
    case TAG_PARASITE:
      return read_parasite (picture, data, size, error);
    default:
      return bad (error);
    }
}

static gboolean
read_fields (CncPicture *picture, Reader *reader, GError **error)
{
  while (reader->p < reader->end)
    {
      const gsize left = (gsize) (reader->end - reader->p);
      guint tag;
      gsize size;

      if (left < FIELD_HEAD_BYTES)
        return bad (error);
      tag = reader->p[0];
      size = cnc_get_u32 (reader->p + 1);
      if (size > left - FIELD_HEAD_BYTES || tag < reader->last_tag || (tag == reader->last_tag && tag != TAG_PARASITE))
        return bad (error);
      if (!read_field (picture, tag, reader->p + FIELD_HEAD_BYTES, size, error))
        return FALSE;
      reader->last_tag = tag;
      reader->p += FIELD_HEAD_BYTES + size;
    }
  return TRUE;
}

static gboolean
read_fixed (const guint8 *data, gsize size, CncPicture *picture, CncRaster *geometry, guint64 *packed_length, gboolean *raw)
{
  guint64 pixels;

  if (size < FIXED_BYTES || size > MAX_INFO_BYTES || data[11] > 1 || data[12] > CNC_SOURCE_REGION || data[13] > 1)
    return FALSE;
  geometry->width = cnc_get_u32 (data);
  geometry->height = cnc_get_u32 (data + 4);
  geometry->format.model = (CncModel) data[8];
  geometry->format.sample = (CncSample) data[9];
  geometry->format.curve = (CncCurve) data[10];
  geometry->format.alpha = data[11] == 1;
  picture->source = (CncSource) data[12];
  *raw = data[13] == 1;
  *packed_length = cnc_get_u64 (data + 14);
  if (geometry->width < 1 || geometry->width > CNC_RASTER_MAX_SIDE || geometry->height < 1 || geometry->height > CNC_RASTER_MAX_SIDE
      || !cnc_format_valid (&geometry->format) || *packed_length == 0)
    return FALSE;
  pixels = (guint64) geometry->width * geometry->height;
  return !*raw || *packed_length == pixels * cnc_format_pixel_bytes (&geometry->format);
}

CncPicture *
cnc_picture_read_info (const guint8 *data, gsize size, guint32 *width, guint32 *height, CncFormat *format, guint64 *packed_length,
                       gboolean *raw, GError **error)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  g_autoptr (GByteArray) again = NULL;
  CncRaster geometry = { 0 };
  Reader reader = { 0 };

  if (!read_fixed (data, size, picture, &geometry, packed_length, raw))
    {
      bad (error);
      return NULL;
    }
  reader.p = data + FIXED_BYTES;
  reader.end = data + size;
  if (!read_fields (picture, &reader, error))
    return NULL;
  if (!colormap_valid (geometry.format.model, picture->colormap))
    {
      bad (error);
      return NULL;
    }
  /* One picture, one block: whatever the checks above let through must be what the writer makes. */
  again = write_info (picture, *packed_length, *raw, &geometry, size, error);
  if (again == NULL)
    return NULL;
  if (memcmp (again->data, data, size) != 0)
    {
      bad (error);
      return NULL;
    }
  *width = geometry.width;
  *height = geometry.height;
  *format = geometry.format;
  return g_steal_pointer (&picture);
}
