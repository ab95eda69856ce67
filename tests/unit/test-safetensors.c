/* core/nn/safetensors: a file that numpy wrote, one fault at a time, and what the writer writes. */
#include "base/error.h"
#include "base/memory.h"
#include "nn/json.h"
#include "nn/safetensors.h"

#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

#include "safetensors-numpy.h"

static void
test_numpy (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSafetensors) file = cnc_safetensors_parse (numpy_file, sizeof numpy_file, &error);
  g_autoptr (GString) digest = g_string_new (NULL);
  const CncStoredTensor *t;
  float values[6];

  g_assert_no_error (error);
  g_assert_cmpuint (cnc_safetensors_count (file), ==, 5);
  g_assert_cmpstr (cnc_safetensors_get (file, 0)->name, ==, "conv.weight");
  t = cnc_safetensors_find (file, "conv.weight");
  g_assert_cmpuint (t->rank, ==, 2);
  g_assert_cmpuint (t->sides[0], ==, 2);
  g_assert_cmpuint (t->sides[1], ==, 3);
  g_assert_true (cnc_stored_tensor_floats (t, values, &error));
  g_assert_cmpmem (values, sizeof values, numpy_weight, sizeof numpy_weight);
  t = cnc_safetensors_find (file, "half");
  g_assert_true (cnc_stored_tensor_floats (t, values, &error));
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat (values[i], ==, numpy_half[i]);
  t = cnc_safetensors_find (file, "table");
  g_assert_cmpint ((gint32) cnc_get_u32 (t->data), ==, -7);
  g_assert_cmpint ((gint32) cnc_get_u32 (t->data + 4), ==, G_MAXINT32);
  g_assert_false (cnc_stored_tensor_floats (t, values, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  t = cnc_safetensors_find (file, "counts");
  g_assert_cmpuint (cnc_get_u16 (t->data + 2), ==, 65535);
  t = cnc_safetensors_find (file, "flag");
  g_assert_cmpuint (t->rank, ==, 0);
  g_assert_cmpuint (t->data[0], ==, 200);
  g_assert_null (cnc_safetensors_find (file, "__metadata__"));
  g_assert_cmpstr (cnc_safetensors_metadata (file, "note"), ==, "gr\303\274\303\237e \"quoted\" \360\237\224\221");
  g_assert_null (cnc_safetensors_metadata (file, "graph"));
  for (guint i = 0; i < CNC_SHA256_BYTES; i++)
    g_string_append_printf (digest, "%02x", cnc_safetensors_sha256 (file)[i]);
  g_assert_cmpstr (digest->str, ==, numpy_sha256);
}

/* Every number of 16 bits comes back as itself; what lies between two of them goes to the nearer one, from the middle to the even one. */
static void
test_half (void)
{
  static float exact[0x7c00], asked[3 * 0x7bff], got[3 * 0x7bff];
  static guint16 bits[0x7c00];
  static const guint32 count = 0x7c00, more[] = { 0x7bff, 3 };
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (CncSafetensors) file = NULL, rounded = NULL;
  g_autoptr (GError) error = NULL;
  const float huge[] = { 1, 65520 };
  const guint32 two = 2;

  for (guint i = 0; i < count; i++)
    bits[i] = (guint16) i;
  g_assert_true (cnc_safetensors_writer_add (writer, "all", CNC_DTYPE_F16, 1, &count, bits, &error));
  bytes = cnc_safetensors_writer_finish (writer, &error);
  file = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
  g_assert_true (cnc_stored_tensor_floats (cnc_safetensors_find (file, "all"), exact, &error));
  for (guint i = 0; i + 1 < count; i++)
    {
      const float middle = (exact[i] + exact[i + 1]) / 2; /* exact: a float has more bits */

      asked[3 * i] = -nextafterf (middle, 0);
      asked[3 * i + 1] = middle;
      asked[3 * i + 2] = nextafterf (middle, 65536);
    }
  g_clear_pointer (&writer, cnc_safetensors_writer_free);
  g_clear_pointer (&bytes, g_bytes_unref);
  writer = cnc_safetensors_writer_new ();
  g_assert_true (cnc_safetensors_writer_add_floats (writer, "x", CNC_DTYPE_F16, 2, more, asked, &error));
  g_assert_false (cnc_safetensors_writer_add_floats (writer, "huge", CNC_DTYPE_F16, 1, &two, huge, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  bytes = cnc_safetensors_writer_finish (writer, &error);
  rounded = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
  g_assert_true (cnc_stored_tensor_floats (cnc_safetensors_find (rounded, "x"), got, &error));
  for (guint i = 0; i + 1 < count; i++)
    {
      g_assert_cmpfloat (got[3 * i], ==, -exact[i]);
      g_assert_cmpfloat (got[3 * i + 1], ==, exact[i + (i & 1)]);
      g_assert_cmpfloat (got[3 * i + 2], ==, exact[i + 1]);
    }
}

/* header and data_bytes zeros (byte 3 of which is at, so that floats can be made infinite) as a file. */
static gboolean
parse (const char *header, gsize data_bytes, guint8 fill, GError **error)
{
  const gsize n = strlen (header);
  g_autofree guint8 *bytes = g_malloc0 (8 + n + data_bytes);
  g_autoptr (CncSafetensors) file = NULL;

  cnc_put_u64 (bytes, n);
  memcpy (bytes + 8, header, n);
  memset (bytes + 8 + n, fill, data_bytes);
  file = cnc_safetensors_parse (bytes, 8 + n + data_bytes, error);
  return file != NULL;
}

#define ENTRY(dtype, shape, begin, end) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"
#define GOOD ENTRY ("F32", "[2]", "0", "8")

static const struct
{
  const char *name; /* of the fault; NULL where the file is good */
  const char *header;
  gsize bytes;
  guint8 fill;
} files[] = {
  { NULL, "{}", 0, 0 },
  { NULL, "{\"a\":" GOOD "}   ", 8, 0 },
  { NULL, "{\"__metadata__\":{},\"a\":" GOOD ",\"b\":" ENTRY ("U8", "[]", "8", "9") "}", 9, 255 - 128 },
  { NULL, "{\"b\":" ENTRY ("F16", "[1,1,1,1,1,1,1,3]", "8", "14") ",\"a\":" GOOD "}", 14, 0 },
  { "not an object", "[]", 0, 0 },
  { "blank before the header", " {}", 0, 0 },
  { "text behind the object", "{}{}", 0, 0 },
  { "bytes behind the last tensor", "{\"a\":" GOOD "}", 9, 0 },
  { "bytes and no tensor", "{}", 1, 0 },
  { "file too short", "{\"a\":" GOOD "}", 7, 0 },
  { "hole", "{\"a\":" GOOD ",\"b\":" ENTRY ("U8", "[1]", "9", "10") "}", 10, 0 },
  { "hole at the start", "{\"a\":" ENTRY ("F32", "[2]", "4", "12") "}", 12, 0 },
  { "overlap", "{\"a\":" GOOD ",\"b\":" ENTRY ("F32", "[2]", "4", "12") "}", 12, 0 },
  { "the same bytes twice", "{\"a\":" GOOD ",\"b\":" GOOD "}", 8, 0 },
  { "offsets reversed", "{\"a\":" ENTRY ("F32", "[2]", "8", "0") "}", 8, 0 },
  { "negative offset", "{\"a\":" ENTRY ("F32", "[2]", "-8", "0") "}", 8, 0 },
  { "offset beyond 2^63", "{\"a\":" ENTRY ("F32", "[2]", "0", "18446744073709551624") "}", 8, 0 },
  { "offset a fraction", "{\"a\":" ENTRY ("F32", "[2]", "0", "8.0") "}", 8, 0 },
  { "one offset", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, 0 },
  { "length is not that of the shape", "{\"a\":" ENTRY ("F32", "[3]", "0", "8") "}", 8, 0 },
  { "unknown type", "{\"a\":" ENTRY ("F64", "[1]", "0", "8") "}", 8, 0 },
  { "type is a number", "{\"a\":{\"dtype\":1,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, 0 },
  { "no type", "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, 0 },
  { "no shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, 0 },
  { "no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, 0 },
  { "unknown member", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8, 0 },
  { "tensor is a number", "{\"a\":1}", 0, 0 },
  { "shape is a text", "{\"a\":" ENTRY ("F32", "\"2\"", "0", "8") "}", 8, 0 },
  { "side 0", "{\"a\":" ENTRY ("F32", "[0]", "0", "0") "}", 0, 0 },
  { "negative side", "{\"a\":" ENTRY ("F32", "[-2]", "0", "8") "}", 8, 0 },
  { "side above 65536", "{\"a\":" ENTRY ("U8", "[65537]", "0", "65537") "}", 65537, 0 },
  { "nine dimensions", "{\"a\":" ENTRY ("U8", "[1,1,1,1,1,1,1,1,1]", "0", "1") "}", 1, 0 },
  { "product of the shape wraps to 0", "{\"a\":" ENTRY ("U8", "[65536,65536,65536,65536]", "0", "0") "}", 0, 0 },
  { "product times width wraps to 0", "{\"a\":" ENTRY ("F32", "[65536,65536,65536,16384]", "0", "0") "}", 0, 0 },
  { "octal side", "{\"a\":" ENTRY ("F32", "[02]", "0", "8") "}", 8, 0 },
  { "name twice", "{\"a\":" GOOD ",\"a\":" ENTRY ("U8", "[1]", "8", "9") "}", 9, 0 },
  { "name twice, once escaped", "{\"a\":" GOOD ",\"\\u0061\":" ENTRY ("U8", "[1]", "8", "9") "}", 9, 0 },
  { "shape twice", "{\"a\":{\"dtype\":\"F32\",\"shape\":[9],\"shape\":[2],\"data_offsets\":[0,8]}}", 8, 0 },
  { "empty name", "{\"\":" GOOD "}", 8, 0 },
  { "control character in a name", "{\"\\u001b[2J\":" GOOD "}", 8, 0 },
  { "zero in a name", "{\"a\\u0000b\":" GOOD "}", 8, 0 },
  { "bare control character", "{\"a\n\":" GOOD "}", 8, 0 },
  { "half a surrogate pair", "{\"__metadata__\":{\"a\":\"\\ud83d\"}}", 0, 0 },
  { "not UTF-8", "{\"__metadata__\":{\"a\":\"\xff\"}}", 0, 0 },
  { "text is a number", "{\"__metadata__\":{\"a\":1}}", 0, 0 },
  { "texts are a list", "{\"__metadata__\":[]}", 0, 0 },
  { "nesting five deep", "{\"a\":[[[[]]]]}", 0, 0 },
  { "comma at the end", "{\"a\":" GOOD ",}", 8, 0 },
  { "comment", "{/**/\"a\":" GOOD "}", 8, 0 },
  { "single quotes", "{'a':" GOOD "}", 8, 0 },
  { "end inside a string", "{\"a", 0, 0 },
  { "end inside an escape", "{\"a\\u00", 0, 0 },
  { "end behind a bracket", "{\"a\":[", 0, 0 },
  { "not a number (all bits)", "{\"a\":" GOOD "}", 8, 0xff },
  { "not a number in half precision", "{\"a\":" ENTRY ("F16", "[2]", "0", "4") "}", 4, 0x7c },
};

static void
test_faults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (GError) error = NULL;
      const gboolean good = parse (files[i].header, files[i].bytes, files[i].fill, &error);

      if (files[i].name == NULL)
        g_assert_no_error (error);
      else
        {
          g_test_message ("%s: %s", files[i].name, good ? "read" : error->message);
          g_assert_false (good);
          g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
        }
    }
}

static void
test_truncated (void)
{
  for (gsize n = 0; n < sizeof numpy_file; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncSafetensors) file = cnc_safetensors_parse (numpy_file, n, &error);

      g_assert_null (file);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
    }
}

/* A million open brackets: no recursion may follow them. */
static void
test_deep (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (CNC_JSON_MAX_BYTES + 2, '[');

  memcpy (text, "{\"a\":", 5);
  text[CNC_JSON_MAX_BYTES] = '\0';
  g_assert_false (parse (text, 0, 0, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  text[CNC_JSON_MAX_BYTES] = '[';
  text[CNC_JSON_MAX_BYTES + 1] = '\0';
  g_assert_false (parse (text, 0, 0, &error));
  g_assert_nonnull (strstr (error->message, "1 MiB"));
}

static void
test_many (void)
{
  for (guint n = CNC_SAFETENSORS_MAX_TENSORS; n <= CNC_SAFETENSORS_MAX_TENSORS + 1; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GString) header = g_string_new ("{");

      for (guint i = 0; i < n; i++)
        g_string_append_printf (header, "%s\"t%u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%u,%u]}", i > 0 ? "," : "", i, i,
                                i + 1);
      g_string_append (header, "}");
      g_assert_cmpint (parse (header->str, n, 0, &error), ==, n == CNC_SAFETENSORS_MAX_TENSORS);
    }
}

static void
test_memory (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSafetensors) file = NULL;

  cnc_alloc_fail_at (1);
  file = cnc_safetensors_parse (numpy_file, sizeof numpy_file, &error);
  cnc_alloc_fail_at (0);
  g_assert_null (file);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
}

static GBytes *
write_one (gboolean backwards)
{
  static const guint32 sides[] = { 2, 3 }, three[] = { 3 };
  static const float weights[6] = { 1, -2, 0.5f, 3e-40f, 5, -0.0f };
  static const guint16 counts[3] = { 1, 2, 65535 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  GBytes *bytes;

  for (guint i = 0; i < 3; i++)
    switch (backwards ? 2 - i : i)
      {
      case 0:
        cnc_safetensors_writer_text (writer, "graph", "{\"a\": \"\\\" \n\"}");
        g_assert_true (cnc_safetensors_writer_add (writer, "w", CNC_DTYPE_F32, 2, sides, weights, &error));
        break;
      case 1:
        g_assert_true (cnc_safetensors_writer_add (writer, "b", CNC_DTYPE_U16, 1, three, counts, &error));
        break;
      default:
        cnc_safetensors_writer_text (writer, "format", "pt");
        g_assert_true (cnc_safetensors_writer_add (writer, "a", CNC_DTYPE_F32, 0, NULL, weights, &error));
      }
  g_assert_false (cnc_safetensors_writer_add (writer, "a", CNC_DTYPE_F32, 0, NULL, weights, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (cnc_safetensors_writer_add (writer, "has blank", CNC_DTYPE_F32, 0, NULL, weights, NULL));
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_no_error (error);
  return bytes;
}

static void
test_writer (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) one = write_one (FALSE), other = write_one (TRUE);
  g_autoptr (CncSafetensors) file = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (one, &size);
  float values[6];

  g_assert_true (g_bytes_equal (one, other));
  g_assert_cmpuint (cnc_get_u64 (data) % 8, ==, 0);
  file = cnc_safetensors_parse (data, size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnc_safetensors_count (file), ==, 3);
  g_assert_cmpstr (cnc_safetensors_get (file, 0)->name, ==, "a");
  g_assert_cmpstr (cnc_safetensors_get (file, 2)->name, ==, "b");
  g_assert_cmpstr (cnc_safetensors_metadata (file, "graph"), ==, "{\"a\": \"\\\" \n\"}");
  g_assert_true (cnc_stored_tensor_floats (cnc_safetensors_find (file, "w"), values, &error));
  g_assert_cmpfloat (values[3], ==, 3e-40f);
  g_assert_true (signbit (values[5]));
}

static void
test_disk (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  g_autoptr (GBytes) bytes = write_one (FALSE);
  g_autoptr (CncSafetensors) file = NULL;

  g_assert_null (cnc_safetensors_read (path, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (cnc_safetensors_read ("/dev/null", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
  g_assert_true (cnc_file_replace (path, bytes, &error));
  file = cnc_safetensors_read (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cnc_safetensors_count (file), ==, 3);
  if (g_file_test ("/dev/full", G_FILE_TEST_EXISTS))
    {
      g_autofree char *partial = g_strconcat (path, ".partial", NULL);

      /* a full disk: the new file cannot be written, the old one stays */
      g_assert_cmpint (symlink ("/dev/full", partial), ==, 0);
      g_assert_false (cnc_file_replace (path, bytes, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
      cnc_safetensors_free (g_steal_pointer (&file));
      file = cnc_safetensors_read (path, NULL);
      g_assert_nonnull (file);
    }
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/safetensors/numpy", test_numpy);
  g_test_add_func ("/safetensors/half", test_half);
  g_test_add_func ("/safetensors/faults", test_faults);
  g_test_add_func ("/safetensors/truncated", test_truncated);
  g_test_add_func ("/safetensors/deep", test_deep);
  g_test_add_func ("/safetensors/many", test_many);
  g_test_add_func ("/safetensors/memory", test_memory);
  g_test_add_func ("/safetensors/writer", test_writer);
  g_test_add_func ("/safetensors/disk", test_disk);
  return g_test_run ();
}
