/* core/nn/reference.c: the "cpu" device, and the operations of the cipher in plain C: the oracle of the tests.  reference-*.c: networks.
 *
 * Rows are computed into short arrays with their neighbours laid beside them, so that the inner loops have no modulo and a
 * compiler turns them into vector instructions by itself.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "nn/reference.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#ifdef CNC_ONEDNN
#include "nn/onednn.h"
#endif

#define BAND_ROWS 16u         /* rows that one thread takes at a time */
#define BAND_WORDS (1u << 14) /* words likewise */
#define HIGH_BITS 0x80808080u /* the top bit of each of a word's four bytes */

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
  return ((CncCpuBuffer *) buffer)->data;
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

/* What a thread works with on its rows. */
typedef struct
{
  guint32 rows[3][CNC_CIPHER_MAX_SIDE + 2]; /* above, at and below, each with its last word before it and its first behind it */
  guint32 column_bias[CNC_CIPHER_HIDDEN][CNC_CIPHER_MAX_SIDE]; /* apart by c */
  guint32 there[CNC_CIPHER_MAX_SIDE];                          /* where the shuffle takes each word */
  guint32 out[CNC_CIPHER_MAX_SIDE];
} Scratch;

/* out[x] of one row. */
CNC_WIDE static void
network_row (guint32 width, const Tables *t, guint32 y, Scratch *restrict s)
{
  const guint32 *above = s->rows[0], *here = s->rows[1], *below = s->rows[2];

  for (guint32 x = 0; x < width; x++)
    {
      guint32 sum = 0;

      for (guint c = 0; c < CNC_CIPHER_HIDDEN; c++)
        {
          const guint32 *k = t->kernel + 9 * c;
          const guint32 acc = t->row_bias[4 * y + c] + s->column_bias[c][x] + k[0] * above[x] + k[1] * above[x + 1] + k[2] * above[x + 2]
                              + k[3] * here[x] + k[4] * here[x + 1] + k[5] * here[x + 2] + k[6] * below[x] + k[7] * below[x + 1]
                              + k[8] * below[x + 2];

          sum += t->mix[c] * leaky (acc);
        }
      s->out[x] = sum ^ sum >> 16;
    }
}

/* there[x] = y1 * width + x1 for the columns whose x1 = x + shift, or x + shift - width. */
CNC_WIDE static void
shuffle_row (const CncCipherShape *shape, const Tables *t, guint32 y, Scratch *restrict s)
{
  const guint32 w = shape->width, h = shape->height, shift = t->row_shift[y];

  for (guint part = 0; part < 2; part++)
    {
      const guint32 begin = part == 0 ? 0 : w - shift, end = part == 0 ? w - shift : w, move = part == 0 ? shift : shift - w;

      for (guint32 x = begin; x < end; x++)
        {
          const guint32 sum = y + t->column_shift[x + move];

          s->there[x] = (sum < h ? sum : sum - h) * w + x + move;
        }
    }
}

CNC_WIDE static void
add_row (guint32 width, const guint32 *target, Scratch *restrict s)
{
  for (guint32 x = 0; x < width; x++)
    s->out[x] = bytes_add (target[x], s->out[x]);
}

static void
round_row (const Round *r, guint32 y, Scratch *s)
{
  const guint32 w = r->shape.width, h = r->shape.height;
  const gsize here = (gsize) y * w;

  for (guint32 i = 0; i < 3; i++)
    {
      const guint32 *row = r->source + (gsize) ((y + h - 1 + i) % h) * w;

      s->rows[i][0] = row[w - 1];
      memcpy (s->rows[i] + 1, row, w * sizeof *row);
      s->rows[i][w + 1] = row[0];
    }
  network_row (w, &r->tables, y, s);
  shuffle_row (&r->shape, &r->tables, y, s);
  if (r->inverse)
    for (guint32 x = 0; x < w; x++)
      r->result[here + x] = bytes_subtract (r->target[s->there[x]], s->out[x]);
  else
    {
      add_row (w, r->target + here, s);
      for (guint32 x = 0; x < w; x++)
        r->result[s->there[x]] = s->out[x];
    }
}

static void
round_band (guint index, gpointer user_data)
{
  const Round *r = user_data;
  const guint32 end = MIN ((index + 1) * BAND_ROWS, r->shape.height);
  Scratch s;

  for (guint32 x = 0; x < r->shape.width; x++)
    for (guint c = 0; c < CNC_CIPHER_HIDDEN; c++)
      s.column_bias[c][x] = r->tables.column_bias[4 * x + c];
  for (guint32 y = index * BAND_ROWS; y < end; y++)
    round_row (r, y, &s);
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

typedef struct
{
  CncBackend base;
#ifdef CNC_ONEDNN
  gboolean wants_dnn; /* oneDNN has not been tried yet, or works; never in the reference */
  CncOneDnn *dnn;     /* NULL until it is wanted */
#endif
} CpuBackend;

static void
cpu_free (CncBackend *backend)
{
#ifdef CNC_ONEDNN
  cnc_onednn_free (((CpuBackend *) backend)->dnn);
#endif
  g_free (backend);
}

static CncBuffer *
cpu_buffer_new (CncBackend *backend, gsize bytes, GError **error)
{
  CncCpuBuffer *buffer;
  guint32 *data;

  if (!cnc_check_size (bytes, error))
    return NULL;
  data = cnc_alloc (bytes / 4, 4, "the cipher's buffers", error);
  if (data == NULL)
    return NULL;
  buffer = g_new (CncCpuBuffer, 1);
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
cpu_add_bytes (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, gboolean subtract,
               GError **error)
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

static gboolean
cpu_op (CncBackend *backend, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
#ifdef CNC_ONEDNN
  CpuBackend *cpu = (CpuBackend *) backend;
  gboolean done = FALSE;

  /* Not before the first network runs: ciphers do without it. */
  if (cpu->wants_dnn && cpu->dnn == NULL)
    {
      cpu->dnn = cnc_onednn_new ();
      cpu->wants_dnn = cpu->dnn != NULL;
    }
  if (cpu->dnn != NULL && !cnc_onednn_op (cpu->dnn, backend->half, op, in, n_in, out, n_out, &done, error))
    return FALSE;
  if (done)
    return TRUE;
#endif
  return cnc_reference_op (op, in, n_in, out, n_out, error);
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
  .op = cpu_op,
};

static CpuBackend *
cpu_new (void)
{
  CpuBackend *cpu = g_new0 (CpuBackend, 1);

  cpu->base.table = &cpu_table;
  cpu->base.info.kind = CNC_DEVICE_CPU;
  g_strlcpy (cpu->base.info.id, "cpu", sizeof cpu->base.info.id);
  g_strlcpy (cpu->base.info.name, "Processor (no Vulkan)", sizeof cpu->base.info.name);
  return cpu;
}

CncBackend *
cnc_reference_backend_new (void)
{
  return &cpu_new ()->base;
}

CncBackend *
cnc_cpu_backend_new (void)
{
  CpuBackend *cpu = cpu_new ();

#ifdef CNC_ONEDNN
  cpu->wants_dnn = TRUE;
#endif
  return &cpu->base;
}
