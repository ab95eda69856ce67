/* core/nn/safetensors-write.c: the writer, see safetensors.h. */
#include "nn/safetensors.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/json.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

typedef struct
{
  char *name;
  CncDtype dtype;
  guint rank;
  guint32 sides[CNC_SAFETENSORS_MAX_RANK];
  gsize bytes;
  guint8 *data; /* little-endian */
} Entry;

struct _CncSafetensorsWriter
{
  GTree *texts;       /* key -> value, both owned */
  GPtrArray *entries; /* of Entry */
};

static const char *const dtype_names[]
    = { [CNC_DTYPE_F32] = "F32", [CNC_DTYPE_I32] = "I32", [CNC_DTYPE_F16] = "F16", [CNC_DTYPE_U16] = "U16", [CNC_DTYPE_U8] = "U8" };

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_free (entry->data);
  g_free (entry);
}

static int
compare_text (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (a, b);
}

CncSafetensorsWriter *
cnc_safetensors_writer_new (void)
{
  CncSafetensorsWriter *writer = g_new0 (CncSafetensorsWriter, 1);

  writer->texts = g_tree_new_full (compare_text, NULL, g_free, g_free);
  writer->entries = g_ptr_array_new_with_free_func (entry_free);
  return writer;
}

void
cnc_safetensors_writer_free (CncSafetensorsWriter *writer)
{
  if (writer == NULL)
    return;
  g_tree_unref (writer->texts);
  g_ptr_array_unref (writer->entries);
  g_free (writer);
}

void
cnc_safetensors_writer_text (CncSafetensorsWriter *writer, const char *key, const char *value)
{
  g_tree_insert (writer->texts, g_strdup (key), g_utf8_make_valid (value, -1));
}

static gboolean
refuse (GError **error, const char *name)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
               "The tensor \"%s\" cannot be stored: its name or its shape is not allowed in a model file.", name);
  return FALSE;
}

gboolean
cnc_safetensors_writer_add (CncSafetensorsWriter *writer, const char *name, CncDtype dtype, guint rank, const guint32 *sides,
                            gconstpointer values, GError **error)
{
  const guint width = cnc_dtype_bytes (dtype);
  gsize bytes = width;
  Entry *entry;
  guint8 *data;

  if (rank > CNC_SAFETENSORS_MAX_RANK || name[0] == '\0' || strlen (name) > CNC_SAFETENSORS_MAX_NAME || strcmp (name, "__metadata__") == 0
      || writer->entries->len == CNC_SAFETENSORS_MAX_TENSORS)
    return refuse (error, name);
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p) || *p == '"' || *p == '\\')
      return refuse (error, name);
  for (guint i = 0; i < writer->entries->len; i++)
    if (strcmp (((Entry *) writer->entries->pdata[i])->name, name) == 0)
      return refuse (error, name);
  for (guint i = 0; i < rank; i++)
    if (sides[i] == 0 || sides[i] > CNC_SAFETENSORS_MAX_SIDE || !g_size_checked_mul (&bytes, bytes, sides[i]))
      return refuse (error, name);
  data = cnc_alloc (bytes, 1, "the model", error);
  if (data == NULL)
    return FALSE;
  memcpy (data, values, bytes);
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    for (gsize i = 0; i < bytes; i += width)
      for (guint k = 0; k < width / 2; k++)
        {
          const guint8 low = data[i + k];

          data[i + k] = data[i + width - 1 - k];
          data[i + width - 1 - k] = low;
        }
  entry = g_new0 (Entry, 1);
  entry->name = g_strdup (name);
  entry->dtype = dtype;
  entry->rank = rank;
  for (guint i = 0; i < rank; i++)
    entry->sides[i] = sides[i];
  entry->bytes = bytes;
  entry->data = data;
  g_ptr_array_add (writer->entries, entry);
  return TRUE;
}

/* IEEE 754 binary16; 0x7c00 for what is too large. */
static guint16
half_of (float value)
{
  const float size = fabsf (value);
  const guint16 sign = signbit (value) ? 0x8000u : 0;
  int exponent;

  if (!(size < 65520.0f))
    return sign | 0x7c00u;
  if (size < 0x1p-14f) /* subnormal, or just the smallest normal number */
    return (guint16) (sign | (guint16) lrintf (ldexpf (size, 24)));
  (void) frexpf (size, &exponent);
  /* 1024 to 2048 of the last place; the hidden bit, and a carry, add to the exponent */
  return (guint16) (sign | (((guint32) (exponent + 13) << 10) + (guint32) lrintf (ldexpf (size, 11 - exponent))));
}

gboolean
cnc_safetensors_writer_add_floats (CncSafetensorsWriter *writer, const char *name, CncDtype dtype, guint rank, const guint32 *sides,
                                   const float *values, GError **error)
{
  g_autofree guint16 *halves = NULL;
  gsize count = 1;

  if (dtype == CNC_DTYPE_F32)
    return cnc_safetensors_writer_add (writer, name, dtype, rank, sides, values, error);
  for (guint i = 0; i < rank; i++)
    if (!g_size_checked_mul (&count, count, sides[i]))
      return refuse (error, name);
  halves = cnc_alloc (count, sizeof *halves, "the model", error);
  if (halves == NULL)
    return FALSE;
  for (gsize i = 0; i < count; i++)
    {
      halves[i] = half_of (values[i]);
      if ((halves[i] & 0x7c00u) == 0x7c00u)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "A weight of \"%s\" is too large for 16 bits; store the model in single precision.", name);
          return FALSE;
        }
    }
  return cnc_safetensors_writer_add (writer, name, dtype, rank, sides, halves, error);
}

/* Wide types first keeps every tensor aligned to its own width. */
static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = *(Entry *const *) a, *y = *(Entry *const *) b;
  const guint wx = cnc_dtype_bytes (x->dtype), wy = cnc_dtype_bytes (y->dtype);

  return wx != wy ? (wx > wy ? -1 : 1) : strcmp (x->name, y->name);
}

static gboolean
append_text (gpointer key, gpointer value, gpointer user_data)
{
  GString *header = user_data;

  if (header->str[header->len - 1] != '{')
    g_string_append_c (header, ',');
  cnc_json_append_string (header, key);
  g_string_append_c (header, ':');
  cnc_json_append_string (header, value);
  return FALSE;
}

static void
append_entry (GString *header, const Entry *entry, gsize begin)
{
  if (header->len > 1)
    g_string_append_c (header, ',');
  cnc_json_append_string (header, entry->name);
  g_string_append_printf (header, ":{\"dtype\":\"%s\",\"shape\":[", dtype_names[entry->dtype]);
  for (guint i = 0; i < entry->rank; i++)
    g_string_append_printf (header, i > 0 ? ",%u" : "%u", entry->sides[i]);
  g_string_append_printf (header, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", begin, begin + entry->bytes);
}

GBytes *
cnc_safetensors_writer_finish (CncSafetensorsWriter *writer, GError **error)
{
  g_autoptr (GString) header = g_string_new ("{");
  gsize total = 0, at;
  guint8 *file;

  g_ptr_array_sort (writer->entries, compare_entries);
  if (g_tree_nnodes (writer->texts) > 0)
    {
      g_string_append (header, "\"__metadata__\":{");
      g_tree_foreach (writer->texts, append_text, header);
      g_string_append_c (header, '}');
    }
  for (guint i = 0; i < writer->entries->len; i++)
    {
      const Entry *entry = writer->entries->pdata[i];

      append_entry (header, entry, total);
      total += entry->bytes;
    }
  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  if (header->len > CNC_SAFETENSORS_MAX_HEADER || total > CNC_SAFETENSORS_MAX_BYTES - 8 - header->len)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The model is larger than a model file can be (1 GiB, its description 1 MiB); make the network smaller.");
      return NULL;
    }
  file = cnc_alloc (8 + header->len + total, 1, "the model file", error);
  if (file == NULL)
    return NULL;
  cnc_put_u64 (file, header->len);
  memcpy (file + 8, header->str, header->len);
  at = 8 + header->len;
  for (guint i = 0; i < writer->entries->len; i++)
    {
      const Entry *entry = writer->entries->pdata[i];

      memcpy (file + at, entry->data, entry->bytes);
      at += entry->bytes;
    }
  return g_bytes_new_take (file, at);
}

/* All of it, then down to the disk. */
static gboolean
write_all (int fd, const guint8 *data, gsize bytes)
{
  while (bytes > 0)
    {
      const gssize n = write (fd, data, bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      bytes -= (gsize) n;
    }
  return fsync (fd) == 0;
}

gboolean
cnc_file_replace (const char *path, GBytes *bytes, GError **error)
{
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  const int fd = open (partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  gboolean good = fd >= 0 && write_all (fd, data, size);
  int why = errno;

  if (fd >= 0 && close (fd) != 0 && good)
    {
      good = FALSE;
      why = errno;
    }
  if (good && rename (partial, path) != 0)
    {
      good = FALSE;
      why = errno;
    }
  if (!good)
    {
      g_autofree char *shown = g_filename_display_name (path);

      if (fd >= 0)
        unlink (partial);
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "%s could not be written (%s); what was there before is untouched.", shown,
                   g_strerror (why));
    }
  return good;
}
