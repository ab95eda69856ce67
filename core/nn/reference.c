/* core/nn/reference.c: every operation of the backend table in plain C: the oracle of the tests and the "cpu" device.
 *
 * Rows are computed into short arrays with their neighbours laid beside them, so that the inner loops have no modulo and a
 * compiler turns them into vector instructions by itself.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "cnc-config.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "nn/check.h"

/* Where the linker can choose at start between two translations of one function, the wide one is used on CPUs that have it. */
#ifdef CNC_TARGET_CLONES
#define CNC_WIDE __attribute__ ((target_clones ("avx2", "default")))
#else
#define CNC_WIDE
#endif

#define BAND_ROWS 16u         /* rows that one thread takes at a time */
#define BAND_WORDS (1u << 14) /* words likewise */
#define HIGH_BITS 0x80808080u /* the top bit of each of a word's four bytes */

typedef struct
{
  CncBuffer base;
  guint32 *data;
} CpuBuffer;

/* The tables of one round, apart. */
typedef struct
{
  const guint32 *kernel, *mix, *row_bias, *column_bias, *row_shift, *column_shift;
} Tables;

typedef struct
{
  CncCipherShape shape;
  Tables tables;
  const guint32 *source;
  const guint32 *target;
  guint32 *result;
  gboolean inverse;
} Round;

typedef struct
{
  guint32 *to;
  const guint32 *from;
  gsize words;
  gboolean subtract;
} Addition;

static inline guint32 *
words_of (CncBuffer *buffer)
{
  return ((CpuBuffer *) buffer)->data;
}

/* Four bytes at once: the low seven bits of each are added as usual, which never carries out of a byte; the top bits by xor. */
static inline guint32
bytes_add (guint32 a, guint32 b)
{
  return ((a & ~HIGH_BITS) + (b & ~HIGH_BITS)) ^ ((a ^ b) & HIGH_BITS);
}

static inline guint32
bytes_subtract (guint32 a, guint32 b)
{
  return ((a | HIGH_BITS) - (b & ~HIGH_BITS)) ^ ((a ^ ~b) & HIGH_BITS);
}

/* acc as a signed number: itself, or if it is negative shifted right by 5 with the sign kept. */
static inline guint32
leaky (guint32 acc)
{
  return acc >> 31 != 0 ? ~(~acc >> 5) : acc;
}

/* out[x] of one row.  rows: the rows above, at and below, each with its last word before it and its first word behind it. */
CNC_WIDE static void
network_row (guint32 width, const guint32 rows[3][CNC_CIPHER_MAX_SIDE + 2], const Tables *t, guint32 y, guint32 *restrict out)
{
  guint32 acc[CNC_CIPHER_MAX_SIDE];

  for (guint32 x = 0; x < width; x++)
    out[x] = 0;
  for (guint c = 0; c < CNC_CIPHER_HIDDEN; c++)
    {
      const guint32 *k = t->kernel + 9 * c;
      const guint32 bias = t->row_bias[4 * y + c], mix = t->mix[c];

      for (guint32 x = 0; x < width; x++)
        acc[x] = bias + k[0] * rows[0][x] + k[1] * rows[0][x + 1] + k[2] * rows[0][x + 2] + k[3] * rows[1][x] + k[4] * rows[1][x + 1]
                 + k[5] * rows[1][x + 2] + k[6] * rows[2][x] + k[7] * rows[2][x + 1] + k[8] * rows[2][x + 2];
      for (guint32 x = 0; x < width; x++)
        out[x] += mix * leaky (acc[x] + t->column_bias[4 * x + c]);
    }
  for (guint32 x = 0; x < width; x++)
    out[x] ^= out[x] >> 16;
}

static void
round_row (const Round *r, guint32 y)
{
  const guint32 w = r->shape.width, h = r->shape.height;
  guint32 rows[3][CNC_CIPHER_MAX_SIDE + 2];
  guint32 out[CNC_CIPHER_MAX_SIDE];

  for (guint32 i = 0; i < 3; i++)
    {
      const guint32 *row = r->source + (gsize) ((y + h - 1 + i) % h) * w;

      rows[i][0] = row[w - 1];
      memcpy (rows[i] + 1, row, w * sizeof *row);
      rows[i][w + 1] = row[0];
    }
  network_row (w, (const guint32 (*)[CNC_CIPHER_MAX_SIDE + 2]) rows, &r->tables, y, out);
  for (guint32 x = 0; x < w; x++)
    {
      const guint32 x1 = (x + r->tables.row_shift[y]) & (w - 1);
      const guint32 sum = y + r->tables.column_shift[x1];
      const guint32 y1 = sum < h ? sum : sum - h;
      const gsize here = (gsize) y * w + x, there = (gsize) y1 * w + x1;

      if (r->inverse)
        r->result[here] = bytes_subtract (r->target[there], out[x]);
      else
        r->result[there] = bytes_add (r->target[here], out[x]);
    }
}

static void
round_band (guint index, gpointer user_data)
{
  const Round *r = user_data;
  const guint32 end = MIN ((index + 1) * BAND_ROWS, r->shape.height);

  for (guint32 y = index * BAND_ROWS; y < end; y++)
    round_row (r, y);
}

CNC_WIDE static void
addition_words (guint32 *restrict to, const guint32 *restrict from, gsize words, gboolean subtract)
{
  if (subtract)
    for (gsize i = 0; i < words; i++)
      to[i] = bytes_subtract (to[i], from[i]);
  else
    for (gsize i = 0; i < words; i++)
      to[i] = bytes_add (to[i], from[i]);
}

static void
addition_band (guint index, gpointer user_data)
{
  const Addition *a = user_data;
  const gsize begin = (gsize) index * BAND_WORDS, end = MIN (begin + BAND_WORDS, a->words);

  addition_words (a->to + begin, a->from + begin, end - begin, a->subtract);
}

/* ---- the table ---- */

static void
cpu_free (CncBackend *backend)
{
  g_free (backend);
}

static CncBuffer *
cpu_buffer_new (CncBackend *backend, gsize bytes, GError **error)
{
  CpuBuffer *buffer;
  guint32 *data;

  if (!cnc_check_size (bytes, error))
    return NULL;
  data = cnc_alloc (bytes / 4, 4, "the cipher's buffers", error);
  if (data == NULL)
    return NULL;
  buffer = g_new (CpuBuffer, 1);
  buffer->base.words = bytes / 4;
  buffer->data = data;
  return &buffer->base;
}

static void
cpu_buffer_free (CncBackend *backend, CncBuffer *buffer)
{
  guint32 *data = words_of (buffer);

  /* It held picture data or key material; explicit_bzero is not dropped as a store to dead memory. */
  explicit_bzero (data, buffer->words * 4);
  g_free (data);
  g_free (buffer);
}

static gboolean
cpu_upload (CncBackend *backend, CncBuffer *buffer, gsize offset, gconstpointer data, gsize bytes, GError **error)
{
  if (!cnc_check_bytes (buffer, offset, bytes, error))
    return FALSE;
  if (bytes > 0)
    memcpy (words_of (buffer) + offset / 4, data, bytes);
  return TRUE;
}

static gboolean
cpu_download (CncBackend *backend, CncBuffer *buffer, gsize offset, gpointer data, gsize bytes, GError **error)
{
  if (!cnc_check_bytes (buffer, offset, bytes, error))
    return FALSE;
  if (bytes > 0)
    memcpy (data, words_of (buffer) + offset / 4, bytes);
  return TRUE;
}

static gboolean
cpu_finish (CncBackend *backend, GError **error)
{
  return TRUE;
}

static gboolean
cpu_copy (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, GError **error)
{
  if (!cnc_check_transfer (to, to_word, from, from_word, words, error))
    return FALSE;
  memcpy (words_of (to) + to_word, words_of (from) + from_word, words * 4);
  return TRUE;
}

static gboolean
cpu_add_bytes (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, gboolean subtract, GError **error)
{
  Addition a = { words_of (to) + to_word, words_of (from) + from_word, words, subtract };

  if (!cnc_check_transfer (to, to_word, from, from_word, words, error))
    return FALSE;
  cnc_parallel_for ((guint) ((words + BAND_WORDS - 1) / BAND_WORDS), addition_band, &a);
  return TRUE;
}

static gboolean
cpu_cipher_round (CncBackend *backend, const CncCipherShape *shape, CncBuffer *tables, gsize table_word, CncBuffer *source,
                  CncBuffer *target, CncBuffer *result, gboolean inverse, GError **error)
{
  Round r = { *shape, { 0 }, words_of (source), words_of (target), words_of (result), inverse };
  const guint32 *next;

  if (!cnc_check_cipher (shape, tables, table_word, source, target, result, error))
    return FALSE;
  next = words_of (tables) + table_word;
  r.tables.kernel = next;
  next += 9 * CNC_CIPHER_HIDDEN;
  r.tables.mix = next;
  next += CNC_CIPHER_HIDDEN;
  r.tables.row_bias = next;
  next += CNC_CIPHER_HIDDEN * shape->height;
  r.tables.column_bias = next;
  next += CNC_CIPHER_HIDDEN * shape->width;
  r.tables.row_shift = next;
  next += shape->height;
  r.tables.column_shift = next;
  cnc_parallel_for ((shape->height + BAND_ROWS - 1) / BAND_ROWS, round_band, &r);
  return TRUE;
}

static const CncBackendTable cpu_table = {
  .free = cpu_free,
  .buffer_new = cpu_buffer_new,
  .buffer_free = cpu_buffer_free,
  .upload = cpu_upload,
  .download = cpu_download,
  .finish = cpu_finish,
  .copy = cpu_copy,
  .add_bytes = cpu_add_bytes,
  .cipher_round = cpu_cipher_round,
};

CncBackend *
cnc_reference_backend_new (void)
{
  CncBackend *backend = g_new0 (CncBackend, 1);

  backend->table = &cpu_table;
  backend->info.kind = CNC_DEVICE_CPU;
  g_strlcpy (backend->info.id, "cpu", sizeof backend->info.id);
  g_strlcpy (backend->info.name, "Processor (no Vulkan)", sizeof backend->info.name);
  return backend;
}
