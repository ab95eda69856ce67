/* core/nn/safetensors.h: model files (huggingface/safetensors, format version 1), read without trusting anything in them, and written.
 *
 * A file is the header's length (u64, little-endian), the header (one JSON object: name -> dtype, shape, data_offsets; "__metadata__" ->
 * texts), then the values, little-endian, row-major.  On top of the format's own rules this reader refuses headers above 1 MiB, more than
 * 4,096 tensors, ranks above 8, sides of 0 or above 65,536, types that no model here needs, values that are not finite, and anything that
 * stands nowhere in the header (holes, overlaps, bytes at the end). Thread-safety: a file is read-only once it was made and may be shared.
 * Errors: MODEL, NO_MEMORY, IO.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_SAFETENSORS_MAX_HEADER (1u << 20)
#define CNC_SAFETENSORS_MAX_TENSORS 4096u
#define CNC_SAFETENSORS_MAX_RANK 8u
#define CNC_SAFETENSORS_MAX_SIDE 65536u
#define CNC_SAFETENSORS_MAX_NAME 128u                            /* bytes of a tensor's name */
#define CNC_SAFETENSORS_MAX_BYTES (G_GUINT64_CONSTANT (1) << 30) /* of a whole file */
#define CNC_SHA256_BYTES 32u

typedef enum
{
  CNC_DTYPE_F32,
  CNC_DTYPE_I32,
  CNC_DTYPE_F16,
  CNC_DTYPE_U16,
  CNC_DTYPE_U8,
} CncDtype;

typedef struct
{
  const char *name;
  CncDtype dtype;
  guint rank; /* 0: a single value */
  guint32 sides[CNC_SAFETENSORS_MAX_RANK];
  gsize count;        /* values: the product of the sides */
  const guint8 *data; /* little-endian, any alignment */
} CncStoredTensor;

typedef struct _CncSafetensors CncSafetensors;

/* data: the whole file, copied if it is good. */
CncSafetensors *cnc_safetensors_parse (gconstpointer data, gsize bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the whole of a regular file into memory first, so that nobody can exchange it between the checks and the use. */
CncSafetensors *cnc_safetensors_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_safetensors_free (CncSafetensors *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncSafetensors, cnc_safetensors_free)

/* Tensors in the order of their data; what is returned belongs to file.  find, metadata: (nullable). */
guint cnc_safetensors_count (const CncSafetensors *file);
const CncStoredTensor *cnc_safetensors_get (const CncSafetensors *file, guint index);
const CncStoredTensor *cnc_safetensors_find (const CncSafetensors *file, const char *name);
const char *cnc_safetensors_metadata (const CncSafetensors *file, const char *key);

/* SHA-256 of the whole file: CNC_SHA256_BYTES bytes. */
const guint8 *cnc_safetensors_sha256 (const CncSafetensors *file);

/* F32 and F16 as floats; MODEL for another type. */
gboolean cnc_stored_tensor_floats (const CncStoredTensor *tensor, float *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;

guint cnc_dtype_bytes (CncDtype dtype);

/* The writer: same tensors and texts, same bytes, whatever the order in which they were handed in (wide types first, then by name; texts by
 * name).  Names and values are copied. */
typedef struct _CncSafetensorsWriter CncSafetensorsWriter;

CncSafetensorsWriter *cnc_safetensors_writer_new (void);
void cnc_safetensors_writer_free (CncSafetensorsWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncSafetensorsWriter, cnc_safetensors_writer_free)
void cnc_safetensors_writer_text (CncSafetensorsWriter *writer, const char *key, const char *value);

/* values: in the machine's order.  BAD_ARGUMENT for a name given twice and for what the reader would refuse. */
gboolean cnc_safetensors_writer_add (CncSafetensorsWriter *writer, const char *name, CncDtype dtype, guint rank, const guint32 *sides,
                                     gconstpointer values, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for floats, which are stored as dtype says: F32, or F16 rounded to the nearest (ties to even).  MODEL: a value is too large for
 * F16 (65520 and above). */
gboolean cnc_safetensors_writer_add_floats (CncSafetensorsWriter *writer, const char *name, CncDtype dtype, guint rank, const guint32 *sides,
                                            const float *values, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GBytes *cnc_safetensors_writer_finish (CncSafetensorsWriter *writer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes bytes beside path and renames, so that path is the old file or the new one at any time.  IO if it cannot (a full disk: the old one
 * stays). */
gboolean cnc_file_replace (const char *path, GBytes *bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
