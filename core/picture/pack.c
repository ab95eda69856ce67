/* core/picture/pack.c: lossless compression of a raster in bands (format.md, "The packed raster"). */
#include "picture/pack.h"

#include <zstd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "picture/predict.h"
#include "picture/values.h"

#define BAND_BYTES (1u << 20)
#define LENGTH_BYTES 4u /* of a length field */
#define MAX_SLOTS 16u   /* bands in work at once: bounds the memory */

/* Residuals of photographs have nothing to match, only to count: with a short table for long matches zstd falls for fewer of the chance ones
 * than at its own levels (Kodak's 24: 2.4 % smaller and 1.5 times as fast as level 1, which beats 3 and 6). */
#define RESIDUAL_MIN_MATCH 7
#define RESIDUAL_HASH_LOG 6
#define PLAIN_LEVEL 1

enum
{
  METHOD_STORED = 0,    /* the samples, little-endian */
  METHOD_PREDICTED = 1, /* lengths of the streams u32 each, then the streams: a byte plane each, zstd, or as it is if the length is the plane's */
  METHOD_PLAIN = 2,     /* one zstd frame of the samples, little-endian */
  METHOD_VALUES = 3,    /* lists of the values that samples take, then as METHOD_PREDICTED: the ranks in them, 8 bits each */
};

/* The scratch of one band in work. */
typedef struct
{
  guint8 *planes; /* a band's bytes */
  guint8 *out;    /* packing: the band's packed bytes; checking: its samples */
  guint8 *spare;  /* packing, within out: the same by another method */
  guint8 *scratch;
  CncPredict predict;
  ZSTD_CCtx *cctx;
  ZSTD_DCtx *dctx;
  gsize out_size;
  gboolean failed;
} Slot;

typedef struct
{
  const CncRaster *raster; /* packing and checking read it, unpacking writes its data */
  gsize row_bytes;
  guint rows;  /* of every band but the last */
  guint bands;
  guint first; /* the band of slot 0 */
  guint n_slots;
  Slot slots[MAX_SLOTS];
  const guint8 *table; /* unpacking: the lengths */
  gsize offsets[MAX_SLOTS];
  const guint8 *packed;
  gboolean verify;
} Job;

static guint
band_rows (const Job *job, guint band)
{
  return MIN (job->rows, job->raster->height - band * job->rows);
}

static guint8 *
band_data (const Job *job, guint band)
{
  return job->raster->data + (gsize) band * job->rows * job->row_bytes;
}

/* Samples between the machine's byte order and little-endian; its own inverse. */
static void
copy_little_endian (guint8 *out, const guint8 *in, gsize size, guint sample_bytes)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  (void) sample_bytes;
  memcpy (out, in, size);
#else
  for (gsize i = 0; i < size; i += sample_bytes)
    for (guint b = 0; b < sample_bytes; b++)
      out[i + b] = in[i + sample_bytes - 1 - b];
#endif
}

static void
job_clear (Job *job)
{
  for (guint i = 0; i < job->n_slots; i++)
    {
      g_free (job->slots[i].planes);
      g_free (job->slots[i].out);
      g_free (job->slots[i].scratch);
      ZSTD_freeCCtx (job->slots[i].cctx);
      ZSTD_freeDCtx (job->slots[i].dctx);
    }
}

static void
job_geometry (Job *job, const CncRaster *raster)
{
  memset (job, 0, sizeof *job);
  job->raster = raster;
  job->row_bytes = cnc_raster_row_bytes (raster);
  job->rows = (guint) MAX (BAND_BYTES / job->row_bytes, 1);
  job->bands = (raster->height + job->rows - 1) / job->rows;
}

static gboolean
slot_init (Slot *slot, const Job *job, gboolean packing, gsize out_bytes, GError **error)
{
  const CncFormat *format = &job->raster->format;
  CncPredict *p = &slot->predict;
  const guint sample_bytes = cnc_format_sample_bytes (format);
  const gsize scratch_row = cnc_predict_row_bytes (job->raster->width, sample_bytes);
  guint8 *row;

  p->width = job->raster->width;
  p->lanes = cnc_format_channels (format);
  p->sample_bytes = sample_bytes;
  p->floats = format->sample >= CNC_SAMPLE_HALF;
  slot->planes = cnc_alloc (job->rows, job->row_bytes, "compressing", error);
  slot->scratch = slot->planes != NULL ? cnc_alloc0 (3 * p->lanes, scratch_row, "compressing", error) : NULL;
  if (slot->scratch == NULL)
    return FALSE;
  row = slot->scratch;
  for (guint c = 0; c < p->lanes; c++, row += 3 * scratch_row)
    {
      p->rows[0][c] = row;
      p->rows[1][c] = row + scratch_row;
      p->residuals[c] = row + 2 * scratch_row;
    }
  if (out_bytes > 0)
    {
      slot->out = cnc_alloc (out_bytes, packing ? 2 : 1, "compressing", error);
      if (slot->out == NULL)
        return FALSE;
      slot->spare = packing ? slot->out + out_bytes : NULL;
    }
  if (packing)
    slot->cctx = ZSTD_createCCtx ();
  else
    slot->dctx = ZSTD_createDCtx ();
  if (slot->cctx == NULL && slot->dctx == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory for compressing; close other pictures.");
      return FALSE;
    }
  return TRUE;
}

/* out_bytes: of each slot's out; 0: none. */
static gboolean
job_slots (Job *job, gboolean packing, gsize out_bytes, GError **error)
{
  const guint wanted = MIN (MIN (2 * cnc_parallel_width (), MAX_SLOTS), job->bands);

  for (guint i = 0; i < wanted; i++)
    {
      job->n_slots = i + 1;
      if (!slot_init (&job->slots[i], job, packing, out_bytes, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- packing ---- */

/* size bytes at in, as zstd or as they are, to out, which has room for either.  Returns the bytes used. */
static gsize
put_stream (ZSTD_CCtx *cctx, guint8 *out, const guint8 *in, gsize size)
{
  gsize used;

  /* None of these can fail: the values are within zstd's bounds. */
  ZSTD_CCtx_reset (cctx, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_strategy, ZSTD_fast);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_minMatch, RESIDUAL_MIN_MATCH);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_hashLog, RESIDUAL_HASH_LOG);
  used = ZSTD_compress2 (cctx, out, ZSTD_compressBound (size), in, size);
  if (!ZSTD_isError (used) && used < size)
    return used;
  memcpy (out, in, size);
  return size;
}

/* Room for the worst case of any method. */
static gsize
packed_band_bound (gsize raw, guint streams)
{
  return 1 + CNC_VALUES_TABLE_BYTES + streams * LENGTH_BYTES + raw + streams * (ZSTD_compressBound (raw / streams) - raw / streams);
}

/* Rows of samples to streams, after the at bytes that out holds already.  Returns the bytes used then. */
static gsize
pack_streams (Slot *slot, const CncPredict *p, const guint8 *data, guint rows, gsize at)
{
  const guint streams = p->lanes * p->sample_bytes;
  const gsize plane = (gsize) rows * p->width;
  guint8 *lengths = slot->out + at;
  gsize used = at + streams * LENGTH_BYTES;

  for (guint y = 0; y < rows; y++)
    cnc_predict_encode_row (p, data + (gsize) y * p->width * p->lanes * p->sample_bytes, y, slot->planes, plane);
  for (guint s = 0; s < streams; s++)
    {
      const gsize size = put_stream (slot->cctx, slot->out + used, slot->planes + s * plane, plane);

      cnc_put_u32 (lengths + s * LENGTH_BYTES, (guint32) size);
      used += size;
    }
  return used;
}

/* The same rows with samples of 8 bits. */
static CncPredict
ranks_predict (const CncPredict *predict)
{
  CncPredict ranks = *predict;

  ranks.sample_bytes = 1;
  ranks.floats = FALSE;
  return ranks;
}

static gsize
pack_predicted (Slot *slot, const guint8 *data, guint rows)
{
  const CncPredict *p = &slot->predict;
  CncValuesTable table;

  /* The ranks take the place of the other method's bytes for a while. */
  if (p->sample_bytes > 1 && cnc_values_collect (p, data, (gsize) rows * p->width, slot->spare, &table))
    {
      const CncPredict ranks = ranks_predict (p);

      slot->out[0] = METHOD_VALUES;
      return pack_streams (slot, &ranks, slot->spare, rows, 1 + cnc_values_write (p, &table, slot->out + 1));
    }
  slot->out[0] = METHOD_PREDICTED;
  return pack_streams (slot, p, data, rows, 1);
}

/* Graphics, text and palettes: repetition tells more than the neighbours.  Replaces what stands in out if that is longer. */
static gsize
pack_plain (Slot *slot, const guint8 *data, gsize raw, gsize best)
{
  const gsize bound = ZSTD_compressBound (raw);
  gsize used;

  copy_little_endian (slot->planes, data, raw, slot->predict.sample_bytes);
  used = ZSTD_compressCCtx (slot->cctx, slot->spare, bound, slot->planes, raw, PLAIN_LEVEL);
  if (ZSTD_isError (used) || used + 1 >= best)
    return best;
  slot->out[0] = METHOD_PLAIN;
  memcpy (slot->out + 1, slot->spare, used);
  return used + 1;
}

static void
pack_band (guint index, gpointer user_data)
{
  Job *job = user_data;
  Slot *slot = &job->slots[index];
  const guint band = job->first + index;
  const guint rows = band_rows (job, band);
  const guint8 *data = band_data (job, band);
  const gsize raw = rows * job->row_bytes;

  slot->out_size = pack_predicted (slot, data, rows);
  if (slot->out_size < raw / slot->predict.sample_bytes / 4 || job->raster->format.model == CNC_MODEL_INDEXED)
    slot->out_size = pack_plain (slot, data, raw, slot->out_size);
  if (slot->out_size > raw)
    {
      slot->out[0] = METHOD_STORED;
      copy_little_endian (slot->out + 1, data, raw, slot->predict.sample_bytes);
      slot->out_size = 1 + raw;
    }
}

static GByteArray *
take (guint8 *bytes, gsize size, GError **error)
{
  guint8 *smaller;

  if (size > G_MAXUINT32)
    {
      g_free (bytes);
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                           "The picture is too large: more than 4 GiB even when compressed; encrypt a part of it or scale it down.");
      return NULL;
    }
  smaller = g_try_realloc (bytes, MAX (size, 1));
  return g_byte_array_new_take (smaller != NULL ? smaller : bytes, size);
}

static GByteArray *
pack_raw (const CncRaster *raster, GError **error)
{
  const gsize size = cnc_raster_bytes (raster);
  guint8 *out = cnc_alloc (size, 1, "the picture's pixels", error);

  if (out == NULL)
    return NULL;
  copy_little_endian (out, raster->data, size, cnc_format_sample_bytes (&raster->format));
  return take (out, size, error);
}

static gboolean
pack_bands (Job *job, guint8 *out, gsize *size, CncTask *task, GError **error)
{
  gsize used = (gsize) job->bands * LENGTH_BYTES;

  for (job->first = 0; job->first < job->bands; job->first += job->n_slots)
    {
      const guint count = MIN (job->n_slots, job->bands - job->first);

      if (!cnc_task_go_on (task, error))
        return FALSE;
      cnc_task_progress (task, (double) job->first / job->bands, "Compressing");
      cnc_parallel_for (count, pack_band, job);
      for (guint i = 0; i < count; i++)
        {
          const Slot *slot = &job->slots[i];

          cnc_put_u32 (out + (gsize) (job->first + i) * LENGTH_BYTES, (guint32) slot->out_size);
          memcpy (out + used, slot->out, slot->out_size);
          used += slot->out_size;
        }
    }
  *size = used;
  return TRUE;
}

GByteArray *
cnc_pack (const CncRaster *raster, gboolean raw, CncTask *task, GError **error)
{
  g_autofree guint8 *out = NULL;
  Job job;
  gsize size = 0, most;
  gboolean ok = FALSE;

  if (!cnc_task_go_on (task, error))
    return NULL;
  if (raw)
    return pack_raw (raster, error);
  job_geometry (&job, raster);
  /* Room for every band stored.  The system gives pages only where they are written, so this costs what the result takes. */
  most = cnc_raster_bytes (raster) + (gsize) job.bands * (LENGTH_BYTES + 1);
  if (job_slots (&job, TRUE, packed_band_bound ((gsize) job.rows * job.row_bytes, cnc_format_pixel_bytes (&raster->format)), error))
    {
      out = cnc_alloc (most, 1, "the compressed picture", error);
      ok = out != NULL && pack_bands (&job, out, &size, task, error);
    }
  job_clear (&job);
  return ok ? take (g_steal_pointer (&out), size, error) : NULL;
}

/* ---- unpacking ---- */

static gboolean
damaged (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED, "The compressed picture inside is damaged; ask for the file again.");
  return FALSE;
}

static gboolean
differs (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                       "The compressed picture is not the same as the original, so it was given up; try again, and test this machine's memory.");
  return FALSE;
}

static gboolean
get_stream (ZSTD_DCtx *dctx, guint8 *out, gsize size, const guint8 *in, gsize in_size)
{
  if (in_size > size)
    return FALSE;
  if (in_size == size)
    {
      memcpy (out, in, size);
      return TRUE;
    }
  return ZSTD_decompressDCtx (dctx, out, size, in, in_size) == size;
}

/* Streams to planes; they must take all of the size bytes. */
static gboolean
unpack_streams (Slot *slot, const CncPredict *p, guint rows, const guint8 *in, gsize size)
{
  const guint streams = p->lanes * p->sample_bytes;
  const gsize plane = (gsize) rows * p->width;
  gsize used = streams * LENGTH_BYTES;

  if (size < used)
    return FALSE;
  for (guint s = 0; s < streams; s++)
    {
      const gsize length = cnc_get_u32 (in + s * LENGTH_BYTES);

      if (length > size - used || !get_stream (slot->dctx, slot->planes + s * plane, plane, in + used, length))
        return FALSE;
      used += length;
    }
  return used == size;
}

static gboolean
unpack_predicted (Slot *slot, guint8 *out, guint rows, gsize row_bytes, const guint8 *in, gsize size)
{
  const CncPredict *p = &slot->predict;

  if (!unpack_streams (slot, p, rows, in, size))
    return FALSE;
  for (guint y = 0; y < rows; y++)
    cnc_predict_decode_row (p, out + y * row_bytes, y, slot->planes, (gsize) rows * p->width);
  return TRUE;
}

static gboolean
unpack_values (Slot *slot, guint8 *out, guint rows, gsize row_bytes, const guint8 *in, gsize size)
{
  const CncPredict *p = &slot->predict;
  const CncPredict ranks = ranks_predict (p);
  const gsize plane = (gsize) rows * p->width;
  guint8 *row;
  CncValuesTable table;
  gsize used;

  if (p->sample_bytes == 1)
    return FALSE;
  used = cnc_values_read (p, &table, in, size);
  if (used == 0 || !unpack_streams (slot, &ranks, rows, in + used, size - used))
    return FALSE;
  /* Ranks fill half of the planes at most. */
  row = slot->planes + p->lanes * plane;
  for (guint y = 0; y < rows; y++)
    {
      cnc_predict_decode_row (&ranks, row, y, slot->planes, plane);
      if (!cnc_values_expand_row (p, &table, row, out + y * row_bytes))
        return FALSE;
    }
  return TRUE;
}

static gboolean
unpack_one (Job *job, Slot *slot, guint band, guint8 *out, const guint8 *in, gsize size)
{
  const guint rows = band_rows (job, band);
  const gsize raw = rows * job->row_bytes;
  const guint sample_bytes = slot->predict.sample_bytes;

  if (size < 1)
    return FALSE;
  switch (in[0])
    {
    case METHOD_STORED:
      if (size - 1 != raw)
        return FALSE;
      copy_little_endian (out, in + 1, raw, sample_bytes);
      return TRUE;
    case METHOD_PREDICTED:
      return unpack_predicted (slot, out, rows, job->row_bytes, in + 1, size - 1);
    case METHOD_VALUES:
      return unpack_values (slot, out, rows, job->row_bytes, in + 1, size - 1);
    case METHOD_PLAIN:
      if (ZSTD_decompressDCtx (slot->dctx, slot->planes, raw, in + 1, size - 1) != raw)
        return FALSE;
      copy_little_endian (out, slot->planes, raw, sample_bytes);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
unpack_band (guint index, gpointer user_data)
{
  Job *job = user_data;
  Slot *slot = &job->slots[index];
  const guint band = job->first + index;
  const gsize size = cnc_get_u32 (job->table + (gsize) band * LENGTH_BYTES);
  guint8 *data = band_data (job, band);
  guint8 *out = job->verify ? slot->out : data;

  slot->failed = !unpack_one (job, slot, band, out, job->packed + job->offsets[index], size) ||
                 (job->verify && memcmp (out, data, band_rows (job, band) * job->row_bytes) != 0);
}

/* TRUE if the lengths in the table add up to the whole. */
static gboolean
check_table (const Job *job, gsize size)
{
  const gsize table = (gsize) job->bands * LENGTH_BYTES;
  gsize left;

  if (size < table)
    return FALSE;
  left = size - table;
  for (guint band = 0; band < job->bands; band++)
    {
      const gsize length = cnc_get_u32 (job->table + (gsize) band * LENGTH_BYTES);

      if (length > left)
        return FALSE;
      left -= length;
    }
  return left == 0;
}

static gboolean
unpack_bands (Job *job, CncTask *task, GError **error)
{
  gsize offset = (gsize) job->bands * LENGTH_BYTES;

  for (job->first = 0; job->first < job->bands; job->first += job->n_slots)
    {
      const guint count = MIN (job->n_slots, job->bands - job->first);

      if (!cnc_task_go_on (task, error))
        return FALSE;
      cnc_task_progress (task, (double) job->first / job->bands, job->verify ? "Checking" : "Decompressing");
      for (guint i = 0; i < count; i++)
        {
          job->offsets[i] = offset;
          offset += cnc_get_u32 (job->table + (gsize) (job->first + i) * LENGTH_BYTES);
        }
      cnc_parallel_for (count, unpack_band, job);
      for (guint i = 0; i < count; i++)
        if (job->slots[i].failed)
          return job->verify ? differs (error) : damaged (error);
    }
  return TRUE;
}

static gboolean
unpack_all (const guint8 *packed, gsize size, const CncRaster *raster, gboolean verify, CncTask *task, GError **error)
{
  Job job;
  gboolean ok;

  job_geometry (&job, raster);
  job.packed = job.table = packed;
  job.verify = verify;
  if (!check_table (&job, size))
    return verify ? differs (error) : damaged (error);
  ok = job_slots (&job, FALSE, verify ? (gsize) job.rows * job.row_bytes : 0, error) && unpack_bands (&job, task, error);
  job_clear (&job);
  return ok;
}

gboolean
cnc_unpack (const guint8 *packed, gsize size, gboolean raw, CncRaster *raster, CncTask *task, GError **error)
{
  if (!cnc_task_go_on (task, error))
    return FALSE;
  if (!raw)
    return unpack_all (packed, size, raster, FALSE, task, error);
  if (size != cnc_raster_bytes (raster))
    return damaged (error);
  copy_little_endian (raster->data, packed, size, cnc_format_sample_bytes (&raster->format));
  return TRUE;
}

gboolean
cnc_pack_verify (const guint8 *packed, gsize size, gboolean raw, const CncRaster *raster, CncTask *task, GError **error)
{
  gboolean same;

  if (!cnc_task_go_on (task, error))
    return FALSE;
  if (!raw)
    return unpack_all (packed, size, raster, TRUE, task, error);
  if (size != cnc_raster_bytes (raster))
    return differs (error);
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  same = memcmp (packed, raster->data, size) == 0;
#else
  same = TRUE;
  for (gsize i = 0; i < size && same; i += cnc_format_sample_bytes (&raster->format))
    {
      guint8 sample[8];

      copy_little_endian (sample, raster->data + i, cnc_format_sample_bytes (&raster->format), cnc_format_sample_bytes (&raster->format));
      same = memcmp (packed + i, sample, cnc_format_sample_bytes (&raster->format)) == 0;
    }
#endif
  return same || differs (error);
}
