/* core/nn/safetensors.c: the reader, see safetensors.h. */
#include "nn/safetensors.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

struct _CncSafetensors
{
  guint8 *data;
  gsize bytes;
  CncStoredTensor *tensors;
  guint count;
  GHashTable *by_name; /* name -> tensor */
  JsonNode *header;    /* holds the names and texts */
  JsonObject *texts;   /* (nullable), of header */
  guint8 sha256[CNC_SHA256_BYTES];
};

static const struct
{
  const char *name;
  guint bytes;
} dtypes[] = {
  [CNC_DTYPE_F32] = { "F32", 4 }, [CNC_DTYPE_I32] = { "I32", 4 }, [CNC_DTYPE_F16] = { "F16", 2 },
  [CNC_DTYPE_U16] = { "U16", 2 }, [CNC_DTYPE_U8] = { "U8", 1 },
};

static gboolean
bad (GError **error, const char *what, const char *name)
{
  if (name == NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "This is not a good model file: %s; get the file again.", what);
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "This is not a good model file: \"%s\" %s; get the file again.", name, what);
  return FALSE;
}

guint
cnc_dtype_bytes (CncDtype dtype)
{
  return dtypes[dtype].bytes;
}

/* IEEE 754 half precision; exact. */
static float
half_to_float (guint16 h)
{
  const guint exponent = (h >> 10) & 31, fraction = h & 1023;
  const float sign = (h & 0x8000) != 0 ? -1.0f : 1.0f;

  if (exponent == 31)
    return fraction != 0 ? NAN : sign * INFINITY;
  if (exponent == 0)
    return sign * ldexpf ((float) fraction, -24);
  return sign * ldexpf ((float) (fraction + 1024), (int) exponent - 25);
}

static float
float_at (const guint8 *p)
{
  const guint32 bits = cnc_get_u32 (p);
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static gboolean
all_finite (const CncStoredTensor *t)
{
  gboolean good = TRUE;

  /* All exponent bits set: infinite or not a number. */
  if (t->dtype == CNC_DTYPE_F32)
    for (gsize i = 0; i < t->count; i++)
      good = good && (cnc_get_u32 (t->data + 4 * i) & 0x7f800000u) != 0x7f800000u;
  else if (t->dtype == CNC_DTYPE_F16)
    for (gsize i = 0; i < t->count; i++)
      good = good && (cnc_get_u16 (t->data + 2 * i) & 0x7c00u) != 0x7c00u;
  return good;
}

/* The name of a tensor appears in messages and tables: printable ASCII only. */
static gboolean
good_name (const char *name)
{
  const gsize n = strlen (name);

  if (n == 0 || n > CNC_SAFETENSORS_MAX_NAME)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isgraph (name[i]) || name[i] == '"' || name[i] == '\\')
      return FALSE;
  return TRUE;
}

static gboolean
read_dtype (JsonObject *entry, CncStoredTensor *t, GError **error)
{
  const char *text = cnc_json_get_string (entry, "dtype", t->name, error);

  if (text == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (text, dtypes[i].name) == 0)
      {
        t->dtype = (CncDtype) i;
        return TRUE;
      }
  return bad (error, "has a type that models of cnncrypt do not use", t->name);
}

static gboolean
integer_at (JsonArray *array, guint index, gint64 maximum, gint64 *value)
{
  JsonNode *node = json_array_get_element (array, index);

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= 0 && *value <= maximum;
}

static gboolean
read_shape (JsonObject *entry, CncStoredTensor *t, GError **error)
{
  JsonArray *shape = cnc_json_get_array (entry, "shape", t->name, error);
  gint64 side;

  if (shape == NULL)
    return FALSE;
  if (json_array_get_length (shape) > CNC_SAFETENSORS_MAX_RANK)
    return bad (error, "has more than 8 dimensions", t->name);
  t->rank = json_array_get_length (shape);
  t->count = 1;
  for (guint i = 0; i < t->rank; i++)
    {
      if (!integer_at (shape, i, CNC_SAFETENSORS_MAX_SIDE, &side) || side == 0)
        return bad (error, "has a side that is not a whole number from 1 to 65536", t->name);
      t->sides[i] = (guint32) side;
      if (!g_size_checked_mul (&t->count, t->count, (gsize) side))
        return bad (error, "has too many values", t->name);
    }
  return TRUE;
}

/* data: where the values of all tensors begin, data_bytes: how many there are. */
static gboolean
read_entry (JsonObject *entry, CncStoredTensor *t, const guint8 *data, gsize data_bytes, GError **error)
{
  static const char *const known[] = { "dtype", "shape", "data_offsets", NULL };
  JsonArray *offsets;
  gint64 begin, end;
  gsize bytes;

  if (!cnc_json_only (entry, known, t->name, error) || !read_dtype (entry, t, error) || !read_shape (entry, t, error))
    return FALSE;
  offsets = cnc_json_get_array (entry, "data_offsets", t->name, error);
  if (offsets == NULL)
    return FALSE;
  if (json_array_get_length (offsets) != 2 || !integer_at (offsets, 0, G_MAXINT64, &begin) || !integer_at (offsets, 1, G_MAXINT64, &end))
    return bad (error, "has offsets that are not two whole numbers", t->name);
  if (begin > end || (guint64) end > data_bytes)
    return bad (error, "reaches past the end of the file", t->name);
  if (!g_size_checked_mul (&bytes, t->count, dtypes[t->dtype].bytes) || (guint64) (end - begin) != bytes)
    return bad (error, "has a length that is not that of its shape", t->name);
  t->data = data + begin;
  return TRUE;
}

static int
by_data (gconstpointer a, gconstpointer b)
{
  const CncStoredTensor *x = a, *y = b;

  return x->data < y->data ? -1 : x->data > y->data;
}

static gboolean
read_texts (CncSafetensors *file, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return bad (error, "its texts are not an object", NULL);
  file->texts = json_node_get_object (node);
  json_object_iter_init (&iter, file->texts);
  while (json_object_iter_next (&iter, NULL, &value))
    if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_STRING)
      return bad (error, "one of its texts is not a text", NULL);
  return TRUE;
}

static gboolean
read_tensors (CncSafetensors *file, gsize header_bytes, GError **error)
{
  const guint8 *data = file->data + 8 + header_bytes, *next = data;
  const gsize data_bytes = file->bytes - 8 - header_bytes;
  JsonObject *root = json_node_get_object (file->header);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (json_object_get_size (root) > CNC_SAFETENSORS_MAX_TENSORS + 1)
    return bad (error, "it has more than 4096 tensors", NULL);
  file->tensors = g_new0 (CncStoredTensor, json_object_get_size (root) + 1);
  json_object_iter_init_ordered (&iter, root);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (strcmp (name, "__metadata__") == 0)
      {
        if (!read_texts (file, node, error))
          return FALSE;
      }
    else
      {
        CncStoredTensor *t = &file->tensors[file->count];

        if (!good_name (name))
          return bad (error, "a tensor's name is empty, too long or not plain ASCII", NULL);
        if (!JSON_NODE_HOLDS_OBJECT (node))
          return bad (error, "is not described by an object", name);
        t->name = name;
        if (!read_entry (json_node_get_object (node), t, data, data_bytes, error))
          return FALSE;
        file->count++;
      }
  if (file->count > CNC_SAFETENSORS_MAX_TENSORS)
    return bad (error, "it has more than 4096 tensors", NULL);
  qsort (file->tensors, file->count, sizeof *file->tensors, by_data);
  for (guint i = 0; i < file->count; i++)
    {
      if (file->tensors[i].data != next)
        return bad (error, "begins before or behind the end of its neighbour", file->tensors[i].name);
      next += file->tensors[i].count * dtypes[file->tensors[i].dtype].bytes;
    }
  if (next != file->data + file->bytes)
    return bad (error, "bytes stand behind its last tensor", NULL);
  for (guint i = 0; i < file->count; i++)
    {
      if (!all_finite (&file->tensors[i]))
        return bad (error, "holds values that are infinite or not numbers", file->tensors[i].name);
      g_hash_table_insert (file->by_name, (gpointer) file->tensors[i].name, &file->tensors[i]);
    }
  return TRUE;
}

static gboolean
read_header (CncSafetensors *file, GError **error)
{
  guint64 bytes;

  if (file->bytes < 8)
    return bad (error, "it is shorter than its own header", NULL);
  bytes = cnc_get_u64 (file->data);
  if (bytes > CNC_SAFETENSORS_MAX_HEADER)
    return bad (error, "its header says that it is larger than 1 MiB", NULL);
  if (bytes > file->bytes - 8)
    return bad (error, "it is shorter than its own header", NULL);
  if (bytes == 0 || file->data[8] != '{')
    return bad (error, "its header does not begin with an opening brace", NULL);
  file->header = cnc_json_parse ((const char *) file->data + 8, (gsize) bytes, error);
  return file->header != NULL && read_tensors (file, (gsize) bytes, error);
}

/* data: (transfer full). */
static CncSafetensors *
take (guint8 *data, gsize bytes, GError **error)
{
  g_autoptr (CncSafetensors) file = g_new0 (CncSafetensors, 1);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize digest = CNC_SHA256_BYTES;

  file->data = data;
  file->bytes = bytes;
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  if (!read_header (file, error))
    return NULL;
  for (gsize at = 0; at < bytes; at += 1u << 20)
    g_checksum_update (sum, data + at, (gssize) MIN (bytes - at, 1u << 20));
  g_checksum_get_digest (sum, file->sha256, &digest);
  return g_steal_pointer (&file);
}

CncSafetensors *
cnc_safetensors_parse (gconstpointer data, gsize bytes, GError **error)
{
  guint8 *copy = cnc_alloc (bytes, 1, "the model", error);

  if (copy == NULL)
    return NULL;
  if (bytes > 0)
    memcpy (copy, data, bytes);
  return take (copy, bytes, error);
}

static gboolean
cannot_read (GError **error, const char *path, const char *why)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The model file %s cannot be read: %s.", shown, why);
  return FALSE;
}

static gboolean
read_whole (FILE *stream, const char *path, guint8 **data, gsize *bytes, GError **error)
{
  struct stat info;

  if (fstat (fileno (stream), &info) != 0)
    return cannot_read (error, path, g_strerror (errno));
  if (!S_ISREG (info.st_mode))
    return cannot_read (error, path, "it is not a regular file");
  if ((guint64) info.st_size > CNC_SAFETENSORS_MAX_BYTES)
    return cannot_read (error, path, "it is larger than 1 GiB");
  *bytes = (gsize) info.st_size;
  *data = cnc_alloc (*bytes, 1, "the model", error);
  if (*data == NULL)
    return FALSE;
  if (fread (*data, 1, *bytes, stream) == *bytes && fgetc (stream) == EOF && !ferror (stream))
    return TRUE;
  g_clear_pointer (data, g_free);
  return cannot_read (error, path, "it changed while it was read, or the disk failed");
}

CncSafetensors *
cnc_safetensors_read (const char *path, GError **error)
{
  FILE *stream = fopen (path, "rbe");
  CncSafetensors *file;
  guint8 *data = NULL;
  gsize bytes = 0;
  gboolean good;

  if (stream == NULL)
    {
      cannot_read (error, path, g_strerror (errno));
      return NULL;
    }
  good = read_whole (stream, path, &data, &bytes, error);
  fclose (stream);
  if (!good)
    return NULL;
  file = take (data, bytes, error);
  if (file == NULL && error != NULL)
    {
      g_autofree char *shown = g_filename_display_name (path);

      g_prefix_error (error, "%s: ", shown);
    }
  return file;
}

void
cnc_safetensors_free (CncSafetensors *file)
{
  if (file == NULL)
    return;
  g_clear_pointer (&file->by_name, g_hash_table_unref);
  g_clear_pointer (&file->header, json_node_unref);
  g_free (file->tensors);
  g_free (file->data);
  g_free (file);
}

guint
cnc_safetensors_count (const CncSafetensors *file)
{
  return file->count;
}

const CncStoredTensor *
cnc_safetensors_get (const CncSafetensors *file, guint index)
{
  return &file->tensors[index];
}

const CncStoredTensor *
cnc_safetensors_find (const CncSafetensors *file, const char *name)
{
  return g_hash_table_lookup (file->by_name, name);
}

const char *
cnc_safetensors_metadata (const CncSafetensors *file, const char *key)
{
  return file->texts != NULL && json_object_has_member (file->texts, key) ? json_object_get_string_member (file->texts, key) : NULL;
}

const guint8 *
cnc_safetensors_sha256 (const CncSafetensors *file)
{
  return file->sha256;
}

gboolean
cnc_stored_tensor_floats (const CncStoredTensor *tensor, float *out, GError **error)
{
  if (tensor->dtype == CNC_DTYPE_F32)
    for (gsize i = 0; i < tensor->count; i++)
      out[i] = float_at (tensor->data + 4 * i);
  else if (tensor->dtype == CNC_DTYPE_F16)
    for (gsize i = 0; i < tensor->count; i++)
      out[i] = half_to_float (cnc_get_u16 (tensor->data + 2 * i));
  else
    return bad (error, "holds whole numbers where a network needs weights", tensor->name);
  return TRUE;
}
